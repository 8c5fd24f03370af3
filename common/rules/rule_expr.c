/* Conditions: from their text to a flat list of operations. */
#include "common/rules/rules_int.h"
#include <stdio.h>
#include <stdlib.h>

enum token { END, WORD, NUMBER, MONEY, QUOTED, SIGN };

struct reader {
    struct rules *rules;
    struct rule *u;
    const char *p, *end;
    struct buf *error;
    enum token t;
    phi_str s; /* of the token, without quotes */
    const char *at;
    phi_str var[VARS]; /* names in scope */
    uint16_t var_path[VARS];
    int vars, depth;
    bool failed;
};

static uint16_t fail(struct reader *x, const char *at, const char *what)
{
    if (!x->failed)
        rule_fault(&x->u->src, at, x->error, "%s", what);
    x->failed = true;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static void skip(struct reader *x)
{
    for (; x->p < x->end; x->p++) {
        if (*x->p == '#')
            while (x->p + 1 < x->end && x->p[1] != '\n')
                x->p++;
        else if (*x->p != ' ' && *x->p != '\n' && *x->p != '\r')
            return;
    }
}

/* A path is one token: up to a blank, a comma or a bracket outside of [ ]. */
static const char *word_end(const char *p, const char *end)
{
    bool in = false;
    for (; p < end; p++) {
        if (*p == '[' || *p == ']')
            in = *p == '[';
        else if (!in && !is_word(*p) && !strchr("/-.", *p))
            break;
    }
    return p;
}

static void next(struct reader *x)
{
    skip(x);
    x->at = x->p;
    x->t = END;
    if (x->p == x->end)
        return;
    char c = *x->p;
    const char *e = x->p + 1;
    if (c == '"') {
        while (e < x->end && *e != '"' && *e != '\n')
            e++;
        x->t = QUOTED;
        x->s = phi_of(x->p + 1, (size_t)(e - x->p - 1));
        if (e == x->end || *e != '"')
            fail(x, x->at, "a quote that does not end");
        x->p = e < x->end ? e + 1 : e;
        return;
    }
    if (is_word(c) || c == '/' || c == '$') {
        e = word_end(e, x->end);
        bool number = true;
        for (const char *q = x->p; q < e; q++)
            number &= is_digit(*q);
        x->t = c == '$' ? MONEY : number ? NUMBER : WORD;
    } else {
        x->t = SIGN;
        if ((c == '<' || c == '>' || c == '!') && e < x->end && *e == '=')
            e++;
    }
    x->s = phi_of(x->p, (size_t)(e - x->p));
    x->p = e;
}

static bool is(const struct reader *x, const char *s)
{
    return (x->t == SIGN || x->t == WORD) && phi_is(x->s, s);
}

static bool accept(struct reader *x, const char *s)
{
    if (!is(x, s))
        return false;
    next(x);
    return true;
}

static bool expect(struct reader *x, const char *s)
{
    if (accept(x, s))
        return true;
    char what[40];
    snprintf(what, sizeof what, "\"%s\" is wanted here", s);
    fail(x, x->at, what);
    return false;
}

static uint16_t emit(struct reader *x, struct expr e)
{
    if (x->u->exprs == EXPRS)
        return fail(x, x->at, "the conditions of the rule are too long");
    x->u->expr[x->u->exprs] = e;
    return (uint16_t)x->u->exprs++;
}

static struct expr *of(struct reader *x, uint16_t i)
{
    return &x->u->expr[i];
}

/* --- paths --- */

/* Reads "05", "03..18", "03..18/3" at *p. */
static bool range(const char **p, const char *end, uint8_t *a, uint8_t *b, uint8_t *step)
{
    uint8_t *to[] = {a, b, step};
    static const char *const before[] = {"", "..", "/"};
    for (int i = 0; i < (step ? 3 : 2); i++) {
        size_t n = strlen(before[i]);
        if ((size_t)(end - *p) < n || memcmp(*p, before[i], n) != 0)
            break;
        *p += n;
        unsigned v = 0;
        const char *from = *p;
        while (*p < end && is_digit(**p) && v < 100)
            v = v * 10 + (unsigned)(*(*p)++ - '0');
        if (*p == from || v == 0 || v > GUIDE_ELEMENTS)
            return false;
        *to[i] = (uint8_t)v;
    }
    if (!*b)
        *b = *a;
    return *b >= *a;
}

/* "[01-1=ABK|BK]" at *p. */
static bool predicate(struct reader *x, struct path *h, const char **p, const char *end)
{
    uint8_t none = 0;
    phi_str v[40];
    (*p)++;
    if (!range(p, end, &h->pred_el, &none, NULL))
        return false;
    none = 0;
    if (*p < end && **p == '-') {
        (*p)++;
        if (!range(p, end, &h->pred_comp, &none, NULL))
            return false;
    }
    if (*p == end || **p != '=')
        return false;
    do {
        const char *from = ++*p;
        while (*p < end && **p != '|' && **p != ']')
            (*p)++;
        if (*p == end || *p == from || h->preds == 40)
            return false;
        v[h->preds++] = phi_of(from, (size_t)(*p - from));
    } while (**p == '|');
    (*p)++;
    h->pred = arena_alloc(&x->rules->mem, h->preds * sizeof *v);
    memcpy(h->pred, v, h->preds * sizeof *v);
    return true;
}

/* Name up to something that is no letter or digit; false when it has no room. */
static bool name(const char **p, const char *end, char *to, size_t room)
{
    size_t n = 0;
    while (*p + n < end && is_word((*p)[n]))
        n++;
    if (n >= room)
        return false;
    memcpy(to, *p, n);
    to[n] = 0;
    *p += n;
    return true;
}

static int var_of(const struct reader *x, phi_str word)
{
    size_t n = 0;
    while (n < word.n && is_word(word.p[n]))
        n++;
    for (int i = x->vars; i-- > 0;)
        if (phi_eq(x->var[i], phi_of(word.p, n)))
            return i;
    return -1;
}

/* Loop and segment. One word is a segment of the set when it has a slash before it, else a loop. */
static bool path_names(struct reader *x, struct path *h, const char **p, const char *end)
{
    char first[12] = "", second[12] = "", third[12] = "";
    h->var = var_of(x, x->s);
    if (!name(p, end, first, sizeof first))
        return false;
    bool more = *p < end && **p == '/';
    if (more && (++*p, !name(p, end, second, sizeof second) || !*second))
        return false;
    bool most = *p < end && **p == '/' && h->var >= 0;
    if (most && (++*p, !name(p, end, third, sizeof third) || !*third))
        return false;
    if (h->var >= 0) {
        snprintf(h->loop, sizeof h->loop, "%s", most ? second : "");
        snprintf(first, sizeof first, "%s", most ? third : second);
    } else {
        snprintf(h->loop, sizeof h->loop, "%s", *first ? first : "/");
        snprintf(first, sizeof first, "%s", second);
    }
    if (h->var >= 0 && *first && !*h->loop)
        memcpy(h->loop, x->u->path[x->var_path[h->var]].loop, sizeof h->loop);
    snprintf(h->seg, sizeof h->seg, "%.3s", first);
    return strlen(first) <= 3;
}

static uint16_t path(struct reader *x)
{
    struct path h = {.at = x->at};
    const char *p = x->s.p, *end = x->s.p + x->s.n;
    bool good = path_names(x, &h, &p, end);
    if (good && p < end && *p == '[')
        good = predicate(x, &h, &p, end);
    h.el_step = 1;
    if (good && p < end && *p == '-') {
        p++;
        good = range(&p, end, &h.el, &h.el_to, &h.el_step);
    }
    if (good && p < end && *p == '-') {
        p++;
        good = range(&p, end, &h.comp, &h.comp_to, NULL);
    }
    if (!good || p != end)
        return fail(x, p, "a path is written LOOP/SEGMENT[01=VALUE]-02 (or -02..05, -02-1)");
    if (x->u->paths == PATHS)
        return fail(x, x->at, "too many paths in one rule");
    x->u->path[x->u->paths] = h;
    next(x);
    return emit(x, (struct expr){.op = OP_PATH, .kind = KIND_TEXT, .n = x->u->paths++});
}

/* --- operands --- */

static uint16_t condition(struct reader *x);
static uint16_t term(struct reader *x);

static uint16_t number(struct reader *x)
{
    struct expr e = {.op = OP_NUMBER, .kind = KIND_NUMBER, .s = x->s, .both = x->t == NUMBER};
    if (x->t == MONEY) {
        if (!money_parse(phi_of(x->s.p + 1, x->s.n - 1), &e.n))
            return fail(x, x->at, "an amount is written $12.50");
    } else {
        if (x->s.n > 15)
            return fail(x, x->at, "the number is too long");
        for (size_t i = 0; i < x->s.n; i++)
            e.n = e.n * 10 + (x->s.p[i] - '0');
    }
    next(x);
    return emit(x, e);
}

/* any(x in PATH: condition) */
static uint16_t quantified(struct reader *x, enum op op)
{
    if (!expect(x, "("))
        return 0;
    phi_str v = x->s;
    if (x->t != WORD || x->vars == VARS || !(*v.p >= 'a' && *v.p <= 'z'))
        return fail(x, x->at, "a name in small letters is wanted here");
    next(x);
    if (!expect(x, "in") || (x->t != WORD && x->t != NUMBER))
        return fail(x, x->at, "a path is wanted here");
    uint16_t over = path(x);
    if (x->failed || !expect(x, ":"))
        return 0;
    int slot = x->vars++;
    x->var[slot] = v;
    x->var_path[slot] = (uint16_t)of(x, over)->n;
    uint16_t c = condition(x);
    x->vars--;
    if (x->failed || !expect(x, ")"))
        return 0;
    return emit(
        x, (struct expr){
               .op = (uint8_t)op, .kind = KIND_TRUTH, .a = over, .b = c, .var = (uint8_t)slot});
}

static bool code_set(struct reader *x, struct expr *e)
{
    if (x->t != WORD)
        return fail(x, x->at, "the name of a code set is wanted here");
    e->list = list_find(x->rules, x->s);
    e->s = phi_lit(arena_strndup(&x->rules->mem, x->s.p, x->s.n));
    static const char *const systems[] = {"icd10cm", "icd10pcs", "hcpcs", "mue"};
    bool table = false;
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        table |= phi_is(x->s, systems[i]);
    if (!e->list && !table)
        return fail(x, x->at, "there is no such code set");
    next(x);
    return true;
}

static bool pattern(struct reader *x, struct expr *e)
{
    struct pattern *p = arena_alloc(&x->rules->mem, sizeof *p);
    if (x->t != QUOTED || !pattern_read(x->s, p))
        return fail(x, x->at, "a pattern in quotes is wanted here (d a w . [..] {1,5})");
    e->pattern = p;
    next(x);
    return true;
}

/* "limits lines-per-claim" */
static bool profile_key(struct reader *x, struct expr *e)
{
    const char *blank = x->t == QUOTED && x->s.n ? memchr(x->s.p, ' ', x->s.n) : NULL;
    if (!blank)
        return fail(x, x->at, "section and key of a profile are wanted here, in quotes");
    size_t n = (size_t)(blank - x->s.p);
    char *section = arena_strndup(&x->rules->mem, x->s.p, n);
    char *key = arena_strndup(&x->rules->mem, blank + 1, x->s.n - n - 1);
    if (!profile_knows(section, key))
        return fail(x, x->at, "a profile has no such line");
    x->u->profiled = true;
    e->section = section;
    e->key = key;
    next(x);
    return true;
}

static bool argument(struct reader *x, struct expr *e, char kind)
{
    if (kind == 's')
        return code_set(x, e);
    if (kind == 'k')
        return profile_key(x, e);
    if (kind == 'm')
        return pattern(x, e);
    const char *at = x->at;
    uint16_t a = kind == 'p' && (x->t == WORD || x->t == NUMBER) ? path(x) : term(x);
    if (x->failed)
        return false;
    if (kind == 'p' && of(x, a)->op != OP_PATH)
        return fail(x, at, "a path is wanted here");
    if (kind == 'v' && of(x, a)->kind != KIND_TEXT && !of(x, a)->both)
        return fail(x, at, "a value is wanted here");
    if (kind == 'n' && of(x, a)->kind != KIND_NUMBER)
        return fail(x, at, "a number is wanted here");
    e->arg[e->args++] = a;
    return true;
}

/* --- tables of facts --- */

static void wait_for(struct reader *x, phi_str table)
{
    rule_waits(x->rules, x->u, table);
}

static bool column_of(struct reader *x, struct lookup *l, phi_str name, uint8_t *column)
{
    int n = l->table ? fact_column(l->table, name) : 0;
    if (n < 0) { /* a user's table has what the user knows */
        struct buf b = {0};
        buf_add(&b, l->name.p, l->name.n);
        buf_putc(&b, '.');
        buf_add(&b, name.p, name.n);
        wait_for(x, buf_view(&b));
        buf_free(&b);
        n = 0;
    }
    *column = (uint8_t)n;
    return true;
}

/* "table" or "table.column". */
static bool table_of(struct reader *x, struct lookup *l, bool with_column)
{
    const char *dot = x->t == WORD ? memchr(x->s.p, '.', x->s.n) : NULL;
    if (x->t != WORD || !dot == with_column || !(*x->s.p >= 'a' && *x->s.p <= 'z'))
        return fail(x, x->at,
                    with_column ? "a table and its column are wanted here: table.column"
                                : "the name of a table of facts is wanted here");
    phi_str name = dot ? phi_of(x->s.p, (size_t)(dot - x->s.p)) : x->s;
    l->name = name;
    l->table = facts_table(x->rules->facts, name);
    if (!l->table)
        wait_for(x, name);
    if (dot && !column_of(x, l, phi_of(dot + 1, x->s.n - name.n - 1), &l->column))
        return false;
    next(x);
    return true;
}

/* What kind of number an expression gives. */
static enum unit unit_of(struct reader *x, uint16_t i)
{
    static const struct {
        const char *name;
        enum unit unit;
    } units[] = {{"date", UNIT_DAY},         {"date_to", UNIT_DAY}, {"today", UNIT_DAY},
                 {"money", UNIT_MONEY},      {"sum", UNIT_MONEY},   {"charged", UNIT_MONEY},
                 {"quantity", UNIT_QUANTITY}};
    const struct expr *e = of(x, i);
    if (e->op == OP_ADD || e->op == OP_SUB) {
        enum unit a = unit_of(x, e->a);
        return a == UNIT_INT ? unit_of(x, e->b) : a;
    }
    if (e->op == OP_NUMBER)
        return e->both ? UNIT_INT : UNIT_MONEY;
    for (size_t k = 0; e->op == OP_CALL && k < sizeof units / sizeof *units; k++)
        if (strcmp(e->f->name, units[k].name) == 0)
            return units[k].unit;
    return UNIT_INT;
}

static bool comparison_sign(struct reader *x, enum op *op);
static uint16_t text(struct reader *x);
static bool values(struct reader *x, const phi_str **in, uint32_t *n);

static bool fact_test(struct reader *x, struct lookup *l, uint8_t column, enum op op)
{
    if (l->tests == FACT_KEYS)
        return fail(x, x->at, "too much is asked of a table");
    struct fact_test *t = &l->test[l->tests++];
    *t = (struct fact_test){.op = (uint8_t)op, .column = column};
    if (op == OP_IN)
        return values(x, &t->in, &t->in_n);
    /* Here a word in small letters is a value, as in status=active. */
    bool word =
        x->t == WORD && *x->s.p >= 'a' && *x->s.p <= 'z' && !func_find(x->s) && var_of(x, x->s) < 0;
    t->with = word ? text(x) : term(x);
    if (x->failed)
        return false;
    const struct expr *e = of(x, t->with);
    t->text = e->kind == KIND_TEXT || (e->both && (op == OP_EQ || op == OP_NE));
    t->unit = (uint8_t)unit_of(x, t->with);
    if (e->kind == KIND_TRUTH)
        return fail(x, x->at, "conditions cannot be compared");
    if (!t->text || op != OP_EQ || l->keys == FACT_KEYS)
        return true;
    l->key_column[l->keys] = column;
    l->key[l->keys++] = t->with;
    l->tests--;
    return true;
}

/* column=value, column in (...), on=day */
static bool asked(struct reader *x, struct lookup *l)
{
    phi_str name = x->s;
    uint8_t column = 0;
    enum op op;
    if (x->t != WORD)
        return fail(x, x->at, "the name of a column is wanted here");
    bool on = phi_is(name, "on");
    next(x);
    if (!comparison_sign(x, &op) || (on && op != OP_EQ))
        return fail(x, x->at, "a comparison is wanted here: column=value");
    if (!on)
        return column_of(x, l, name, &column) && fact_test(x, l, column, op);
    const char *at = x->at;
    l->on = term(x);
    if (!x->failed && of(x, l->on)->kind != KIND_NUMBER)
        return fail(x, at, "a day is wanted here: date(...)");
    return !x->failed;
}

static uint16_t lookup(struct reader *x, struct expr e)
{
    struct lookup *l = arena_alloc(&x->rules->mem, sizeof *l);
    if (!table_of(x, l, *e.f->args == 'c'))
        return 0;
    while (accept(x, ","))
        if (!asked(x, l))
            return 0;
    if (!expect(x, ")"))
        return 0;
    if (l->table && l->keys)
        l->index = fact_index_of(x->rules->facts, (struct fact_table *)(uintptr_t)l->table,
                                 l->key_column, l->keys);
    e.look = l;
    return emit(x, e);
}

static uint16_t call(struct reader *x, const struct func *f)
{
    struct expr e = {.op = OP_CALL, .kind = (uint8_t)f->kind, .f = f};
    next(x);
    if (!expect(x, "("))
        return 0;
    if (*f->args == 't' || *f->args == 'c')
        return lookup(x, e);
    for (const char *k = f->args; *k; k++) {
        if (k[1] == '?' && is(x, ")"))
            break;
        if (k != f->args && !expect(x, ","))
            return 0;
        if (!argument(x, &e, *k))
            return 0;
        k += k[1] == '?';
    }
    return expect(x, ")") ? emit(x, e) : 0;
}

static uint16_t text(struct reader *x)
{
    struct expr e = {.op = OP_TEXT, .kind = KIND_TEXT, .s = x->s};
    next(x);
    return emit(x, e);
}

static uint16_t primary(struct reader *x)
{
    if (x->t == NUMBER || x->t == MONEY)
        return number(x);
    if (x->t == QUOTED)
        return text(x);
    if (accept(x, "(")) {
        uint16_t c = condition(x);
        return expect(x, ")") ? c : 0;
    }
    if (x->t != WORD)
        return fail(x, x->at, "a path, a value or a condition is wanted here");
    if (is(x, "any") || is(x, "all")) {
        enum op op = is(x, "any") ? OP_ANY : OP_ALL;
        next(x);
        return quantified(x, op);
    }
    const struct func *f = var_of(x, x->s) < 0 ? func_find(x->s) : NULL;
    if (f)
        return call(x, f);
    if (*x->s.p >= 'a' && *x->s.p <= 'z' && var_of(x, x->s) < 0)
        return fail(x, x->at, "no such function or name");
    if (var_of(x, x->s) < 0 && !memchr(x->s.p, '/', x->s.n))
        return text(x); /* a loop has no value of its own */
    return path(x);
}

static uint16_t term(struct reader *x)
{
    uint16_t a = primary(x);
    while (!x->failed && (is(x, "+") || is(x, "-"))) {
        const char *at = x->at;
        enum op op = is(x, "+") ? OP_ADD : OP_SUB;
        next(x);
        uint16_t b = primary(x);
        if (x->failed)
            return 0;
        if (of(x, a)->kind != KIND_NUMBER || of(x, b)->kind != KIND_NUMBER)
            return fail(x, at, "only numbers can be added");
        a = emit(x, (struct expr){.op = (uint8_t)op, .kind = KIND_NUMBER, .a = a, .b = b});
    }
    return a;
}

/* (7 8 "X Y") */
static bool values(struct reader *x, const phi_str **in, uint32_t *n)
{
    phi_str v[80];
    if (!expect(x, "("))
        return false;
    for (*n = 0; x->t == WORD || x->t == NUMBER || x->t == QUOTED; next(x)) {
        if (*n == 80)
            return fail(x, x->at, "too many values");
        v[(*n)++] = x->s;
    }
    if (!expect(x, ")"))
        return false;
    phi_str *all = arena_alloc(&x->rules->mem, (*n + 1) * sizeof *all);
    memcpy(all, v, *n * sizeof *all);
    *in = all;
    return true;
}

/* a in (7 8 "X Y") */
static uint16_t in_list(struct reader *x, uint16_t a)
{
    const phi_str *in;
    uint32_t n;
    if (of(x, a)->kind != KIND_TEXT)
        return fail(x, x->at, "only a value can be in a list");
    if (!values(x, &in, &n))
        return 0;
    return emit(x, (struct expr){.op = OP_IN, .kind = KIND_TRUTH, .a = a, .in = in, .in_n = n});
}

static uint16_t compare(struct reader *x, uint16_t a, enum op op)
{
    const char *at = x->at;
    next(x);
    uint16_t b = term(x);
    if (x->failed)
        return 0;
    struct expr *l = of(x, a), *r = of(x, b);
    bool text = l->kind == KIND_TEXT || r->kind == KIND_TEXT;
    if (text && !((l->kind == KIND_TEXT || l->both) && (r->kind == KIND_TEXT || r->both)))
        return fail(x, at, "a text and a number are compared (money, int, date make a number)");
    if (l->kind == KIND_TRUTH || r->kind == KIND_TRUTH)
        return fail(x, at, "conditions cannot be compared");
    return emit(x, (struct expr){.op = (uint8_t)op, .kind = KIND_TRUTH, .a = a, .b = b, .n = text});
}

static const struct {
    const char *sign;
    enum op op;
} signs[] = {{"=", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {"<=", OP_LE}, {">", OP_GT}, {">=", OP_GE}};

/* A sign or "in", gone over when it is one. */
static bool comparison_sign(struct reader *x, enum op *op)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (accept(x, signs[i].sign)) {
            *op = signs[i].op;
            return true;
        }
    *op = OP_IN;
    return accept(x, "in");
}

static uint16_t comparison(struct reader *x)
{
    uint16_t a = term(x);
    if (x->failed)
        return 0;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (is(x, signs[i].sign))
            return compare(x, a, signs[i].op);
    if (accept(x, "in"))
        return in_list(x, a);
    return a;
}

static uint16_t truth(struct reader *x, uint16_t a)
{
    if (!x->failed && of(x, a)->kind != KIND_TRUTH)
        return fail(x, x->at, "a condition is wanted here");
    return a;
}

static uint16_t negation(struct reader *x)
{
    if (++x->depth > DEPTH)
        return fail(x, x->at, "too deep");
    uint16_t a;
    if (accept(x, "not")) {
        a = truth(x, negation(x));
        a = x->failed ? 0 : emit(x, (struct expr){.op = OP_NOT, .kind = KIND_TRUTH, .a = a});
    } else {
        a = comparison(x);
    }
    x->depth--;
    return a;
}

static uint16_t chain(struct reader *x, const char *word, enum op op,
                      uint16_t (*below)(struct reader *x))
{
    uint16_t a = below(x);
    while (!x->failed && is(x, word)) {
        truth(x, a);
        next(x);
        uint16_t b = x->failed ? 0 : truth(x, below(x));
        if (!x->failed)
            a = emit(x, (struct expr){.op = (uint8_t)op, .kind = KIND_TRUTH, .a = a, .b = b});
    }
    return x->failed ? 0 : a;
}

static uint16_t conjunction(struct reader *x)
{
    return chain(x, "and", OP_AND, negation);
}

static uint16_t condition(struct reader *x)
{
    return chain(x, "or", OP_OR, conjunction);
}

static struct reader open_at(struct rules *r, struct rule *u, const char *p, const char *end,
                             struct buf *error)
{
    struct reader x = {.rules = r, .u = u, .p = p, .end = end, .error = error};
    next(&x);
    return x;
}

uint16_t expr_read(struct rules *r, struct rule *u, const char *p, const char *end, enum kind want,
                   struct buf *error)
{
    struct reader x = open_at(r, u, p, end, error);
    uint16_t a = condition(&x);
    if (!x.failed && x.t != END)
        return fail(&x, x.at, "the condition should end here");
    if (!x.failed && of(&x, a)->kind != want)
        return fail(&x, p, "a condition is wanted here");
    return x.failed ? 0 : a;
}

uint16_t path_read(struct rules *r, struct rule *u, const char *p, const char *end,
                   struct buf *error)
{
    struct reader x = open_at(r, u, p, end, error);
    if (x.t != WORD && x.t != NUMBER)
        return fail(&x, x.at, "a path is wanted here");
    uint16_t a = path(&x);
    if (!x.failed && x.t != END)
        return fail(&x, x.at, "the path should end here");
    return x.failed ? 0 : a;
}
