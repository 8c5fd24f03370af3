/* Expressions: a small recursive descent over the grammar of docs/coding-rules.md. */
#include "common/crule/crule_int.h"
#include <ctype.h>

struct reader {
    const char *p, *end;
    struct arena *mem;
    const char *why;
    int depth;
};

static struct node *expression(struct reader *r);

static void blanks(struct reader *r)
{
    while (r->p < r->end && isspace((unsigned char)*r->p))
        r->p++;
}

static struct node *make(struct reader *r, enum node_kind kind, struct node *a, struct node *b)
{
    struct node *n = arena_alloc(r->mem, sizeof *n);
    n->kind = kind;
    n->a = a;
    n->b = b;
    return n;
}

static struct node *wrong(struct reader *r, const char *why)
{
    if (!r->why)
        r->why = why;
    r->p = r->end;
    return make(r, N_NUM, NULL, NULL);
}

static bool symbol(struct reader *r, const char *s)
{
    size_t n = strlen(s);
    blanks(r);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, s, n) != 0)
        return false;
    r->p += n;
    return true;
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static phi_str peek_name(struct reader *r)
{
    blanks(r);
    const char *p = r->p;
    if (p < r->end && isalpha((unsigned char)*p))
        while (p < r->end && name_char(*p))
            p++;
    return phi_of(r->p, (size_t)(p - r->p));
}

static bool word(struct reader *r, const char *w)
{
    phi_str n = peek_name(r);
    if (!phi_is(n, w))
        return false;
    r->p += n.n;
    return true;
}

static void push(struct reader *r, struct node *to, struct node *arg)
{
    struct node **more = arena_alloc(r->mem, ((size_t)to->n + 1) * sizeof *more);
    if (to->n)
        memcpy(more, to->args, (size_t)to->n * sizeof *more);
    more[to->n++] = arg;
    to->args = more;
}

static struct node *text_node(struct reader *r, phi_str s)
{
    struct node *n = make(r, N_TEXT, NULL, NULL);
    n->text = s;
    return n;
}

static struct node *quoted(struct reader *r)
{
    char q = *r->p++;
    const char *from = r->p;
    while (r->p < r->end && *r->p != q)
        r->p++;
    if (r->p == r->end)
        return wrong(r, "a quote is not closed");
    return text_node(r, phi_of(from, (size_t)(r->p++ - from)));
}

/* Items of in and within: bare words or quoted texts up to the parenthesis. */
static void items(struct reader *r, struct node *to)
{
    if (!symbol(r, "(")) {
        wrong(r, "a list in parentheses expected");
        return;
    }
    for (blanks(r); r->p < r->end && *r->p != ')'; blanks(r)) {
        const char *from = r->p;
        if (*r->p == '"' || *r->p == '\'') {
            push(r, to, quoted(r));
            continue;
        }
        while (r->p < r->end && !isspace((unsigned char)*r->p) && *r->p != ')')
            r->p++;
        push(r, to, text_node(r, phi_of(from, (size_t)(r->p - from))));
    }
    if (!symbol(r, ")"))
        wrong(r, "a parenthesis is not closed");
}

static struct node *call(struct reader *r, phi_str name)
{
    struct node *n = make(r, N_CALL, NULL, NULL);
    n->fn = crule_function(name);
    if (!n->fn)
        return wrong(r, "no function has this name");
    if (!symbol(r, ")")) {
        do
            push(r, n, expression(r));
        while (symbol(r, ","));
        if (!symbol(r, ")"))
            return wrong(r, "a parenthesis is not closed");
    }
    if (n->n < n->fn->least || n->n > n->fn->most)
        return wrong(r, "a function has too few or too many arguments");
    return n;
}

static bool is_quantifier(phi_str s)
{
    return phi_is(s, "any") || phi_is(s, "all") || phi_is(s, "count") || phi_is(s, "sum") ||
           phi_is(s, "first");
}

/* any(x in LIST: CONDITION) */
static struct node *quantifier(struct reader *r, phi_str which)
{
    struct node *n = make(r, N_QUANT, NULL, NULL);
    n->text = which;
    n->name = peek_name(r);
    r->p += n->name.n;
    if (n->name.n == 0 || !word(r, "in"))
        return wrong(r, "\"x in LIST: condition\" expected");
    n->a = expression(r);
    if (!symbol(r, ":"))
        return wrong(r, "a colon expected behind the list");
    n->b = expression(r);
    return symbol(r, ")") ? n : wrong(r, "a parenthesis is not closed");
}

static struct node *path(struct reader *r, phi_str name)
{
    struct node *n = make(r, N_PATH, NULL, NULL);
    n->text = name;
    while (r->p + 1 < r->end && *r->p == '.' && isalpha((unsigned char)r->p[1])) {
        r->p++;
        phi_str key = peek_name(r);
        r->p += key.n;
        push(r, n, text_node(r, arena_phi(r->mem, key)));
    }
    return n;
}

static struct node *primary(struct reader *r)
{
    blanks(r);
    if (++r->depth > 60 || r->p == r->end)
        return wrong(r, r->depth > 60 ? "too deep" : "the expression ends too early");
    struct node *n;
    if (*r->p == '"' || *r->p == '\'') {
        n = quoted(r);
    } else if (isdigit((unsigned char)*r->p)) {
        n = make(r, N_NUM, NULL, NULL);
        while (r->p < r->end && isdigit((unsigned char)*r->p) && n->num < INT32_MAX)
            n->num = n->num * 10 + (*r->p++ - '0');
    } else if (symbol(r, "(")) {
        n = expression(r);
        if (!symbol(r, ")"))
            n = wrong(r, "a parenthesis is not closed");
    } else {
        phi_str name = peek_name(r);
        r->p += name.n;
        if (name.n == 0)
            n = wrong(r, "a value expected");
        else if (symbol(r, "("))
            n = is_quantifier(name) ? quantifier(r, name) : call(r, name);
        else
            n = path(r, name);
    }
    while (n->kind == N_QUANT && r->p + 1 < r->end && *r->p == '.' &&
           isalpha((unsigned char)r->p[1])) {
        r->p++;
        phi_str key = peek_name(r);
        r->p += key.n;
        n = make(r, N_MEMBER, n, NULL);
        n->text = arena_phi(r->mem, key);
    }
    r->depth--;
    return n;
}

static struct node *sum(struct reader *r)
{
    struct node *n = primary(r);
    for (;;) {
        if (symbol(r, "+"))
            n = make(r, N_ADD, n, primary(r));
        else if (symbol(r, "-"))
            n = make(r, N_SUB, n, primary(r));
        else if (symbol(r, "*"))
            n = make(r, N_MUL, n, primary(r));
        else
            return n;
    }
}

static struct node *comparison(struct reader *r)
{
    static const struct {
        const char *s;
        enum node_kind kind;
    } ops[] = {{"!=", N_NE}, {"<=", N_LE}, {">=", N_GE}, {"=", N_EQ}, {"<", N_LT}, {">", N_GT}};
    struct node *n = sum(r);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (symbol(r, ops[i].s))
            return make(r, ops[i].kind, n, sum(r));
    bool within = word(r, "within");
    if (within || word(r, "in")) {
        n = make(r, within ? N_WITHIN : N_IN, n, NULL);
        items(r, n);
    } else if (word(r, "has")) {
        n = make(r, N_HAS, n, sum(r));
    }
    return n;
}

static struct node *negation(struct reader *r)
{
    if (word(r, "not")) {
        if (++r->depth > 60)
            return wrong(r, "too deep");
        struct node *n = make(r, N_NOT, negation(r), NULL);
        r->depth--;
        return n;
    }
    return comparison(r);
}

static struct node *conjunction(struct reader *r)
{
    struct node *n = negation(r);
    while (word(r, "and"))
        n = make(r, N_AND, n, negation(r));
    return n;
}

static struct node *expression(struct reader *r)
{
    if (++r->depth > 60)
        return wrong(r, "too deep");
    struct node *n = conjunction(r);
    while (word(r, "or"))
        n = make(r, N_OR, n, conjunction(r));
    r->depth--;
    return n;
}

struct node *crule_expr(phi_str text, struct arena *mem, const char **why)
{
    struct reader r = {text.p, text.p + text.n, mem, NULL, 0};
    struct node *n = expression(&r);
    blanks(&r);
    if (!r.why && r.p != r.end)
        r.why = "something is left behind the expression";
    *why = r.why;
    return r.why ? NULL : n;
}
