/*
 * Conditions once more, flat: rules are tried for every claim and line, and most conditions ask
 * whether one value is another, is one of a few, is there, or comes before a day. Those are a few
 * words side by side, carried out without the tree; anything else is asked of the tree.
 */
#include "common/rules/rules_int.h"
#include "common/util/date.h"

enum { FLATS = 2 * EXPRS + 1 };

/* --- making --- */

struct maker {
    struct rules *rules;
    struct bound_guide *b;
    struct bound_rule *u;
    struct memo_key *keys;
    struct flat out[FLATS];
    uint16_t n;
};

static const struct expr *expr_at(const struct maker *k, uint16_t i)
{
    return &k->u->rule->expr[i];
}

static uint16_t add(struct maker *k, struct flat f)
{
    k->out[k->n] = f;
    return k->n++;
}

static uint16_t tree(struct maker *k, uint16_t i)
{
    return add(k, (struct flat){.op = FLAT_TREE, .n = i});
}

/* True when expression i is a path with one value that is remembered: f reads it. Or a variable:
 * its memo is 0, its depth the number of the variable. */
static bool value(const struct maker *k, uint16_t i, struct flat *f)
{
    const struct expr *x = expr_at(k, i);
    const struct path *v = x->op == OP_PATH ? &k->u->rule->path[x->n] : NULL;
    if (v && v->var >= 0 && !*v->seg && !*v->loop && !v->el) {
        f->memo = 0;
        f->depth = (uint8_t)v->var;
        return true;
    }
    if (x->op != OP_PATH || !k->u->path[x->n].memo)
        return false;
    const struct bound_path *p = &k->u->path[x->n];
    f->b = (uint16_t)x->n;
    f->memo = p->memo;
    f->depth = p->depth;
    f->node = p->node[0];
    f->mask = p->mask;
    return true;
}

static bool short_text(const struct expr *x)
{
    return (x->op == OP_TEXT || x->op == OP_NUMBER) && x->s.n <= 8;
}

static uint16_t make_truth(struct maker *k, uint16_t i);

/* date(either(v, w)): the day of the first that is there. */
static uint16_t make_first_day(struct maker *k, const struct expr *either, uint32_t arg, uint8_t op)
{
    struct flat f = {0};
    if (!value(k, either->arg[arg], &f) || !f.memo)
        return 0;
    f.op = op;
    uint16_t day = add(k, f), rest;
    if (arg + 1 == either->args)
        return day;
    if (!(rest = make_first_day(k, either, arg + 1, op)))
        return 0;
    return add(k, (struct flat){.op = FLAT_FIRST, .a = day, .b = rest});
}

/* What date() and date_to() make of a text; 0: nothing simple. */
static uint16_t make_day(struct maker *k, const struct expr *x, uint8_t op)
{
    const struct expr *v = expr_at(k, x->arg[0]);
    int32_t day;
    if (v->op == OP_TEXT && v->s.n == 8 && date_parse(v->s, &day))
        return add(k, (struct flat){.op = FLAT_NUMBER, .n = day});
    if (v->op == OP_CALL && strcmp(v->f->name, "either") == 0)
        return make_first_day(k, v, 0, op);
    return 0;
}

static uint16_t make_number(struct maker *k, uint16_t i)
{
    static const struct {
        const char *name;
        uint8_t op;
    } of_value[] = {
        {"date", FLAT_DAY}, {"date_to", FLAT_DAY_TO}, {"int", FLAT_INT}, {"money", FLAT_MONEY}};
    const struct expr *x = expr_at(k, i);
    struct flat f = {0};
    if (x->op == OP_NUMBER)
        return add(k, (struct flat){.op = FLAT_NUMBER, .n = x->n});
    if (x->op == OP_ADD || x->op == OP_SUB) {
        f.op = x->op == OP_ADD ? FLAT_ADD : FLAT_SUB;
        f.a = make_number(k, x->a);
        f.b = make_number(k, x->b);
        return add(k, f);
    }
    if (x->op != OP_CALL)
        return tree(k, i);
    if (strcmp(x->f->name, "today") == 0)
        return add(k, (struct flat){.op = FLAT_TODAY});
    for (size_t j = 0; x->args == 1 && j < sizeof of_value / sizeof *of_value; j++)
        if (strcmp(x->f->name, of_value[j].name) == 0 && value(k, x->arg[0], &f)) {
            f.op = of_value[j].op;
            return add(k, f);
        } else if (j < 2 && strcmp(x->f->name, of_value[j].name) == 0) {
            uint16_t day = make_day(k, x, of_value[j].op);
            return day ? day : tree(k, i);
        }
    return tree(k, i);
}

static uint16_t make_compared(struct maker *k, uint16_t i)
{
    const struct expr *x = expr_at(k, i);
    struct flat f = {0};
    if (!x->n) {
        f.op = FLAT_ORDER;
        f.size = x->op;
        f.a = make_number(k, x->a);
        f.b = make_number(k, x->b);
        return add(k, f);
    }
    bool swap = short_text(expr_at(k, x->a));
    const struct expr *text = expr_at(k, swap ? x->a : x->b);
    if ((x->op != OP_EQ && x->op != OP_NE) || !short_text(text) ||
        !value(k, swap ? x->b : x->a, &f))
        return tree(k, i);
    f.op = x->op == OP_EQ ? FLAT_IS : FLAT_IS_NOT;
    if (!f.memo)
        f.op = f.op == FLAT_IS ? FLAT_VAR_IS : FLAT_VAR_IS_NOT;
    f.size = (uint32_t)text->s.n;
    f.key = g_key(text->s.p, text->s.n);
    return add(k, f);
}

static uint16_t make_in(struct maker *k, uint16_t i)
{
    const struct expr *x = expr_at(k, i);
    struct flat f = {.op = FLAT_IN, .size = x->in_n};
    uint64_t *keys = arena_alloc(&k->rules->mem, (x->in_n + 1) * sizeof *keys);
    for (uint32_t j = 0; j < x->in_n; j++) {
        if (x->in[j].n > 8)
            return tree(k, i);
        keys[j] = g_key(x->in[j].p, x->in[j].n);
    }
    if (!value(k, x->a, &f))
        return tree(k, i);
    f.op = f.memo ? FLAT_IN : FLAT_VAR_IN;
    f.keys = keys;
    return add(k, f);
}

/* The condition asks nothing but the text of that variable. */
static bool plain(const struct flat *f, uint8_t var)
{
    bool of_var = f->op == FLAT_VAR_IS || f->op == FLAT_VAR_IS_NOT || f->op == FLAT_VAR_IN ||
                  ((f->op == FLAT_FITS || f->op == FLAT_NPI) && !f->memo);
    return of_var && f->depth == var;
}

/* any() and all() with a flat condition; size: it is plain. */
static uint16_t make_each(struct maker *k, uint16_t i)
{
    const struct expr *x = expr_at(k, i);
    if (x->op != OP_ANY && x->op != OP_ALL)
        return tree(k, i);
    struct flat f = {.op = x->op == OP_ANY ? FLAT_ANY : FLAT_ALL, .b = x->a, .depth = x->var};
    f.a = make_truth(k, x->b);
    f.size = plain(&k->out[f.a], x->var);
    return add(k, f);
}

/* Where there is nothing of a path, any() is false, and all() and unique() are true: that is seen
 * before anything is looked for. A path of several components is empty when nothing stands from
 * the first of them on. */
static uint16_t make_guard(struct maker *k, uint16_t i, uint16_t path, bool empty)
{
    uint16_t n = (uint16_t)expr_at(k, path)->n;
    const struct path *p = &k->u->rule->path[n];
    const struct bound_path *to = &k->u->path[n];
    /* Values of one kind are gone through as soon as one of them is found. */
    bool each = expr_at(k, i)->op != OP_CALL && to->nodes == 1 && p->comp == p->comp_to;
    if (p->var >= 0 || !p->el || p->el != p->el_to || each)
        return make_each(k, i);
    struct flat f = {.op = FLAT_GUARD, .size = empty, .b = n, .depth = to->depth, .mask = to->mask};
    struct path *all = arena_alloc(&k->rules->mem, sizeof *all);
    *all = *p;
    if (p->comp != p->comp_to)
        all->comp_to = UINT8_MAX;
    f.memo = memo_of(k->b, all, to, k->keys);
    f.path = all;
    if (!f.memo)
        return make_each(k, i);
    f.node = to->node[0];
    f.a = make_each(k, i);
    return add(k, f);
}

static uint16_t make_listed(struct maker *k, uint16_t i)
{
    const struct expr *x = expr_at(k, i);
    struct flat f = {.op = FLAT_LISTED, .list = x->list};
    struct code_system known;
    const struct codes *t = k->rules->codes;
    if (!x->list && (!t || !codes_system(t, x->s.p, &known)))
        return add(k, (struct flat){.op = FLAT_UNKNOWN});
    if (!x->list && (x->args < 2 || !value(k, x->arg[0], &f)))
        return tree(k, i);
    if (!x->list) {
        f.op = FLAT_CODE;
        f.size = i;
        f.a = make_number(k, x->arg[1]);
        return add(k, f);
    }
    if (!value(k, x->arg[0], &f))
        return tree(k, i);
    f.a = x->args > 1 ? make_number(k, x->arg[1]) : 0;
    return add(k, f);
}

static uint16_t make_call(struct maker *k, uint16_t i)
{
    const struct expr *x = expr_at(k, i);
    const char *name = x->f->name;
    struct flat f = {0};
    if (strcmp(name, "code") == 0)
        return make_listed(k, i);
    if (strcmp(name, "unique") == 0)
        return make_guard(k, i, x->arg[0], true);
    f.op = strcmp(name, "exists") == 0    ? FLAT_THERE
           : strcmp(name, "matches") == 0 ? FLAT_FITS
           : strcmp(name, "npi") == 0     ? FLAT_NPI
                                          : FLAT_TREE;
    if (f.op == FLAT_TREE || !value(k, x->arg[0], &f) || (f.op == FLAT_THERE && !f.memo))
        return tree(k, i);
    f.pattern = x->pattern;
    return add(k, f);
}

static uint16_t make_truth(struct maker *k, uint16_t i)
{
    const struct expr *x = expr_at(k, i);
    struct flat f = {0};
    switch ((enum op)x->op) {
    case OP_AND:
    case OP_OR:
        f.op = x->op == OP_AND ? FLAT_AND : FLAT_OR;
        f.a = make_truth(k, x->a);
        f.b = make_truth(k, x->b);
        return add(k, f);
    case OP_NOT:
        f.op = FLAT_NOT;
        f.a = make_truth(k, x->a);
        return add(k, f);
    case OP_IN:
        return make_in(k, i);
    case OP_ANY:
    case OP_ALL:
        return make_guard(k, i, x->a, x->op == OP_ALL);
    case OP_CALL:
        return make_call(k, i);
    case OP_ADD:
    case OP_SUB:
    case OP_PATH:
    case OP_TEXT:
    case OP_NUMBER:
        return tree(k, i);
    default:
        return make_compared(k, i);
    }
}

void flat_make(struct rules *r, struct bound_guide *b, struct bound_rule *u, struct memo_key *keys)
{
    static const struct flat none = {.op = FLAT_TREE};
    struct maker k;
    k.rules = r;
    k.b = b;
    k.u = u;
    k.keys = keys;
    k.n = 1; /* number 0 is none */
    k.out[0] = none;
    u->flat_when = u->rule->when ? make_truth(&k, u->rule->when) : 0;
    u->flat_need = make_truth(&k, u->rule->need);
    struct flat *all = arena_alloc(&r->mem, k.n * sizeof *all);
    memcpy(all, k.out, k.n * sizeof *all);
    u->flat = all;
}

/* --- carrying out --- */

static const struct memo EMPTY = {0};

static __attribute__((noinline, cold)) const struct memo *find_value(struct eval *e,
                                                                     const struct flat *f)
{
    phi_str v;
    memo_fill(e, f->op == FLAT_GUARD ? f->path : &e->u->path[f->b], &e->path[f->b], f->memo, &v);
    return &e->r->memo[f->memo];
}

static inline __attribute__((always_inline)) const struct memo *read_value(struct eval *e,
                                                                           const struct flat *f)
{
    struct rules_run *r = e->r;
    const struct inst *in = &r->inst[e->level[f->depth]];
    if (!(f->mask & in->mask))
        return &EMPTY;
    const struct memo *m = &r->memo[f->memo];
    return __builtin_expect(memo_good(r, m, in, f->node), 1) ? m : find_value(e, f);
}

/* The text that f reads. */
static inline phi_str text_of(struct eval *e, const struct flat *f)
{
    if (!f->memo)
        return hit_value(e->r, &e->var[f->depth]);
    const struct memo *m = read_value(e, f);
    return m->n ? phi_of(e->r->bytes.p + m->from, m->n) : phi_of("", 0);
}

static bool whole_number(phi_str s, int64_t *n)
{
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *n = v;
    return s.n && s.n <= 15;
}

static bool day_of(struct eval *e, phi_str s, bool last, int64_t *n)
{
    int32_t day = 0;
    const char *to = last && s.n > 8 ? memchr(s.p, '-', s.n) : NULL;
    if (to)
        s = phi_of(to + 1, (size_t)(s.p + s.n - to - 1));
    bool good = rule_day(e->r, s, &day);
    *n = day;
    return good;
}

/* The day of a value that is remembered is found once. */
static bool day_known(struct eval *e, const struct flat *f, int64_t *n)
{
    bool last = f->op == FLAT_DAY_TO;
    if (!f->memo)
        return day_of(e, text_of(e, f), last, n);
    const struct memo *m = read_value(e, f);
    if (!m->n)
        return false;
    if (m->read[last] == DAY_UNREAD) {
        bool good = day_of(e, phi_of(e->r->bytes.p + m->from, m->n), last, n);
        struct memo *to = &e->r->memo[f->memo];
        to->day[last] = (int32_t)*n;
        to->read[last] = good ? DAY_GOOD : DAY_BAD;
        if (m->n <= 8) { /* one day, which is its last as well */
            to->day[!last] = to->day[last];
            to->read[!last] = to->read[last];
        }
    }
    *n = m->day[last];
    return m->read[last] == DAY_GOOD;
}

static bool number_of(struct eval *e, const struct flat *all, uint16_t i, int64_t *n)
{
    const struct flat *f = &all[i];
    int64_t a, b;
    switch ((enum flat_op)f->op) {
    case FLAT_NUMBER:
        *n = f->n;
        return true;
    case FLAT_TODAY:
        *n = e->r->now_us / 86400000000;
        return e->r->now_us != 0;
    case FLAT_DAY:
    case FLAT_DAY_TO:
        return day_known(e, f, n);
    case FLAT_FIRST:
        return number_of(e, all, read_value(e, &all[f->a])->n ? f->a : f->b, n);
    case FLAT_INT:
        return whole_number(text_of(e, f), n);
    case FLAT_MONEY:
        return money_parse(text_of(e, f), n);
    case FLAT_ADD:
        return number_of(e, all, f->a, &a) && number_of(e, all, f->b, &b) &&
               !__builtin_add_overflow(a, b, n);
    case FLAT_SUB:
        return number_of(e, all, f->a, &a) && number_of(e, all, f->b, &b) &&
               !__builtin_sub_overflow(a, b, n);
    default: {
        struct value v = eval_expr(e, (uint16_t)f->n);
        *n = v.n;
        return v.known;
    }
    }
}

static bool among(const struct flat *f, uint64_t key, size_t n)
{
    if (n > 8)
        return false;
    for (uint32_t i = 0; i < f->size; i++)
        if (f->keys[i] == key)
            return true;
    return false;
}

/* Where a code that was found is remembered. */
static struct code_met *met_at(struct rules_run *r, const void *of, uint64_t key)
{
    return &r->code[(key ^ (uintptr_t)of) * 0x9e3779b97f4a7c15 >> (64 - CODES_MET_BITS)];
}

static bool met_before(const struct code_met *m, const void *of, uint64_t key, int64_t day)
{
    return m->of == of && m->key == key && day >= m->from && day <= m->to;
}

/* pattern_fits() of short texts, which looks at each once. */
static bool fits(struct rules_run *r, const struct pattern *t, phi_str v)
{
    if (!v.n || v.n > 8)
        return pattern_fits(t, v);
    uint64_t key = g_key(v.p, v.n);
    struct code_met *m = met_at(r, t, key);
    if (m->of != t || m->key != key || m->to != (int32_t)v.n)
        *m = (struct code_met){key, t, pattern_fits(t, v), (int32_t)v.n};
    return m->from;
}

/* npi_good(), which looks at each once. */
static bool npi(struct rules_run *r, phi_str v)
{
    uint64_t key;
    uint16_t tail;
    if (v.n != 10)
        return false;
    memcpy(&key, v.p, 8);
    memcpy(&tail, v.p + 8, 2);
    struct npi_met *m = &r->npi[(key ^ tail) * 0x9e3779b97f4a7c15 >> (64 - NPIS_MET_BITS)];
    if (!m->met || m->key != key || m->tail != tail)
        *m = (struct npi_met){.key = key, .tail = tail, .met = true, .good = npi_good(v)};
    return m->good;
}

/* A question about a text. */
static enum truth of_text(struct rules_run *r, const struct flat *f, phi_str v)
{
    if (f->op == FLAT_FITS)
        return fits(r, f->pattern, v);
    if (f->op == FLAT_NPI)
        return npi(r, v);
    uint64_t key = v.n <= 8 ? g_key(v.p, v.n) : 0;
    if (f->op == FLAT_VAR_IN)
        return among(f, key, v.n);
    return (v.n == f->size && key == f->key) == (f->op == FLAT_VAR_IS);
}

static enum truth of_hit(struct eval *e, const struct flat *all, const struct flat *f, struct hit h)
{
    e->var[f->depth] = h;
    return flat_truth(e, all, f->a);
}

/* any: true as soon as one is; all: false as soon as one is, which is then the place. */
static __attribute__((noinline)) enum truth each(struct eval *e, const struct flat *all,
                                                 const struct flat *f)
{
    enum truth decides = f->op == FLAT_ANY ? YES : NO, other = f->op == FLAT_ANY ? NO : YES;
    bool known = true;
    struct cursor k;
    struct hit h;
    phi_str v;
    uint32_t path = (uint32_t)e->u->expr[f->b].n;
    const struct bound_path *b = &e->path[path];
    if (e->u->path[path].var < 0 && !(b->mask & e->r->inst[e->level[b->depth]].mask))
        return other;
    for (cursor_open(&k, e, f->b); k.simple ? cursor_value(&k, &v) : cursor_next(&k, &h);) {
        enum truth t = k.simple && f->size ? of_text(e->r, &all[f->a], v)
                                           : of_hit(e, all, f, k.simple ? cursor_hit(&k, v) : h);
        known &= t != NOT_KNOWN;
        if (t != decides)
            continue;
        if (decides == NO && !e->placed) {
            e->place = k.simple ? cursor_hit(&k, v) : h;
            e->placed = true;
        }
        return decides;
    }
    return known ? other : NOT_KNOWN;
}

static enum truth coded(struct eval *e, const struct flat *all, const struct flat *f)
{
    const struct expr *x = &e->u->expr[f->size];
    const struct codes *t = e->r->rules->codes;
    phi_str v = text_of(e, f);
    int64_t day;
    if (!number_of(e, all, f->a, &day))
        return NOT_KNOWN;
    uint64_t key = v.n <= 8 ? g_key(v.p, v.n) : 0;
    struct code_met *m = met_at(e->r, x->s.p, key);
    if (key && met_before(m, x->s.p, key, day))
        return YES;
    const struct code_row *row = codes_find(t, x->s.p, v, phi_of("", 0), (int32_t)day);
    if (!row && e->r->rules->starter && !codes_known(t, x->s.p, v)) {
        rule_unlisted(e->r, x->s.p);
        return NOT_KNOWN;
    }
    if (!row)
        return NO;
    if (key)
        *m = (struct code_met){key, x->s.p, row->from, row->to};
    return YES;
}

static enum truth listed(struct eval *e, const struct flat *all, const struct flat *f)
{
    int64_t day = INT32_MIN;
    if (f->a && !number_of(e, all, f->a, &day))
        return NOT_KNOWN;
    phi_str v = text_of(e, f);
    uint64_t key = f->a && v.n <= 8 ? g_key(v.p, v.n) : 0;
    struct code_met *m = met_at(e->r, f->list, key);
    if (key && met_before(m, f->list, key, day))
        return YES;
    const struct list_row *row = list_row(f->list, v, (int32_t)day);
    if (row && key)
        *m = (struct code_met){key, f->list, row->from, row->to};
    return row != NULL;
}

static enum truth order(struct eval *e, const struct flat *all, const struct flat *f)
{
    int64_t a, b;
    if (!number_of(e, all, f->a, &a) || !number_of(e, all, f->b, &b))
        return NOT_KNOWN;
    return ordered((enum op)f->size, (a > b) - (a < b));
}

/* Kleene: a chain is decided by the first that decides; false and unknown is false. */
static enum truth chain(struct eval *e, const struct flat *all, const struct flat *f)
{
    enum truth decides = f->op == FLAT_OR ? YES : NO, out = f->op == FLAT_OR ? NO : YES;
    enum truth a = flat_truth(e, all, f->a);
    if (a == decides)
        return a;
    enum truth b = flat_truth(e, all, f->b);
    return b == decides ? b : a == NOT_KNOWN || b == NOT_KNOWN ? NOT_KNOWN : out;
}

/* What is not a question about one remembered value. */
static __attribute__((noinline)) enum truth deeper(struct eval *e, const struct flat *all,
                                                   const struct flat *f)
{
    static const enum truth opposite[] = {YES, NO, NOT_KNOWN};
    switch ((enum flat_op)f->op) {
    case FLAT_AND:
    case FLAT_OR:
        return chain(e, all, f);
    case FLAT_NOT:
        return opposite[flat_truth(e, all, f->a)];
    case FLAT_UNKNOWN:
        return NOT_KNOWN;
    case FLAT_FITS:
    case FLAT_NPI:
        return of_text(e->r, f, text_of(e, f));
    case FLAT_CODE:
        return coded(e, all, f);
    case FLAT_LISTED:
        return listed(e, all, f);
    case FLAT_ORDER:
        return order(e, all, f);
    case FLAT_ANY:
    case FLAT_ALL:
        return each(e, all, f);
    case FLAT_VAR_IS:
    case FLAT_VAR_IS_NOT:
    case FLAT_VAR_IN:
        return of_text(e->r, f, hit_value(e->r, &e->var[f->depth]));
    default:
        return truth_of(e, (uint16_t)f->n);
    }
}

__attribute__((no_stack_protector)) enum truth flat_truth(struct eval *e, const struct flat *all,
                                                          uint16_t i)
{
    const struct flat *f = &all[i];
    if (f->op > FLAT_GUARD)
        return deeper(e, all, f);
    const struct memo *m = read_value(e, f);
    switch ((enum flat_op)f->op) {
    case FLAT_IS:
        return m->n == f->size && m->key == f->key;
    case FLAT_IS_NOT:
        return m->n != f->size || m->key != f->key;
    case FLAT_IN:
        return among(f, m->key, m->n);
    case FLAT_THERE:
        return m->n != 0;
    default: /* FLAT_GUARD */
        return m->n ? deeper(e, all, &all[f->a]) : (enum truth)f->size;
    }
}
