/*
 * Conditions in a scope. What is not known (a number that is absent) makes a comparison neither
 * true nor false; a rule fires only when its `when` is true and its `need` is false.
 */
#include "common/rules/rules_int.h"

phi_str hit_value(const struct rules_run *r, const struct hit *h)
{
    if (h->v.p)
        return h->v;
    phi_str v = row_el(r, &r->row[h->row], h->el);
    return h->comp ? edi_part(v, r->c->d.comp, h->comp) : v;
}

/* --- paths --- */

/* Rows of an instance; one that is open ends where the rows end. */
static void span(const struct rules_run *r, uint32_t inst, uint32_t *from, uint32_t *to)
{
    *from = r->inst[inst].from;
    *to = r->inst[inst].to == UINT32_MAX ? r->rows : r->inst[inst].to;
}

static bool has_node(const struct bound_path *b, uint16_t node)
{
    for (uint32_t i = 0; i < b->nodes; i++)
        if (b->node[i] == node)
            return true;
    return false;
}

/* Component c of an element, from the first on byte by byte: they are short. */
static inline phi_str part_of(phi_str v, char delim, uint32_t c)
{
    const char *p = v.p, *end = v.p + v.n;
    if (!delim)
        return edi_part(v, delim, c);
    for (;; p++, c--) {
        const char *cut = p;
        while (cut < end && *cut != delim)
            cut++;
        if (c <= 1)
            return phi_of(p, (size_t)(cut - p));
        if (cut == end)
            return phi_of(end, 0);
        p = cut;
    }
}

void cursor_open(struct cursor *k, struct eval *e, uint16_t path_expr)
{
    uint32_t n = (uint32_t)e->u->expr[path_expr].n;
    k->e = e;
    k->p = &e->u->path[n];
    k->b = &e->path[n];
    k->row = k->to = k->el = k->comp = 0;
    k->chained = k->in_row = false;
    k->simple =
        k->p->var < 0 && *k->p->seg && k->p->el && k->b->nodes == 1 && k->p->comp == k->p->comp_to;
    if (k->p->var >= 0) {
        k->base = e->var[k->p->var];
        k->row = k->base.from;
        k->to = k->base.to;
        k->inst = 0;
        return;
    }
    uint32_t in = k->inst = e->level[k->b->depth];
    if (k->b->mask & e->r->inst[in].mask)
        span(e->r, in, &k->row, &k->to);
}

static bool qualified(const struct rules_run *r, const struct path *p, const struct row *w)
{
    if (!p->preds)
        return true;
    phi_str v = row_el(r, w, p->pred_el);
    if (p->pred_comp)
        v = part_of(v, r->c->d.comp, p->pred_comp);
    uint64_t key = p->pred_key && v.n <= 8 ? g_key(v.p, v.n) : 0;
    for (uint32_t i = 0; i < p->preds; i++)
        if (p->pred_key ? v.n <= 8 && p->pred_key[i] == key : phi_eq(p->pred[i], v))
            return true;
    return false;
}

static bool wanted_here(const struct cursor *k, const struct row *w)
{
    if (!has_node(k->b, w->node))
        return false;
    return qualified(k->e->r, k->p, w);
}

/* The next component of the present element, up to the last that is asked for. */
static bool next_component(struct cursor *k, phi_str *v, char delim)
{
    if (!k->end || k->comp >= k->p->comp_to)
        return false;
    const char *cut = k->rest; /* they are short */
    while (cut < k->end && (*cut != delim || !delim))
        cut++;
    k->comp++;
    *v = phi_of(k->rest, (size_t)(cut - k->rest));
    if (cut < k->end)
        k->rest = cut + 1;
    else
        k->rest = k->end, k->end = NULL;
    return true;
}

/* The next element or component that is asked for and not empty; element 0: the segment. */
static bool next_value(struct cursor *k, struct hit *h, uint8_t el_from, uint8_t el_to,
                       uint8_t step)
{
    const struct path *p = k->p;
    const struct rules_run *r = k->e->r;
    const struct row *w = &r->row[h->row];
    for (; k->el <= el_to; k->el += step, k->comp = 0) {
        k->el = k->el < el_from ? el_from : k->el;
        phi_str whole = row_el(r, w, k->el);
        h->el = (uint8_t)k->el;
        if (!p->comp) {
            h->comp = 0;
            h->v = whole;
            if (whole.n == 0)
                continue;
            k->el += step;
            return true;
        }
        if (!k->comp) {
            k->rest = whole.p;
            k->end = whole.n ? whole.p + whole.n : NULL;
        }
        while (next_component(k, &h->v, r->c->d.comp))
            if (k->comp >= p->comp && h->v.n) {
                h->comp = (uint8_t)k->comp;
                return true;
            }
    }
    return false;
}

/* x-1, x-02: from a variable that is an element, or a segment. */
static bool next_of_var(struct cursor *k, struct hit *h)
{
    const struct path *p = k->p;
    *h = k->base;
    if (p->el)
        h->v.p = NULL;
    if (!p->el || k->base.loop) {
        bool first = k->row < k->to;
        k->row = k->to;
        return first;
    }
    if (!h->el)
        return next_value(k, h, p->el, p->el_to, p->el_step);
    while (k->comp < p->el || k->comp <= p->el_to) {
        k->comp = k->comp < p->el ? p->el : k->comp;
        h->comp = (uint8_t)k->comp++;
        h->v.p = NULL;
        if (hit_value(k->e->r, h).n)
            return true;
    }
    return false;
}

/* Loops: the instances within the rows of the scope. */
static bool next_loop(struct cursor *k, struct hit *h)
{
    const struct rules_run *r = k->e->r;
    while (++k->inst < r->insts) {
        const struct inst *in = &r->inst[k->inst];
        uint32_t from, to;
        span(r, k->inst, &from, &to);
        if (from < k->row || from >= k->to || !has_node(k->b, in->loop))
            continue;
        *h = (struct hit){.from = from, .to = to, .row = from, .loop = true};
        return true;
    }
    return false;
}

/* Goes on to the next row that may be meant. */
static void step(struct cursor *k)
{
    const struct row *w = &k->e->r->row[k->row];
    k->row = k->chained ? (w->next ? w->next : k->to) : k->row + 1;
    k->el = k->comp = 0;
    k->in_row = false;
}

/* From the present row on the next one that is meant. */
static bool find_row(struct cursor *k)
{
    const struct row *row = k->e->r->row;
    if (!k->chained && k->b->nodes == 1) {
        uint16_t node = k->b->node[0];
        uint32_t first = k->e->r->first[node];
        if (first > k->row)
            k->row = first - 1 < k->to ? first - 1 : k->to;
        else
            while (k->row < k->to && row[k->row].node != node)
                k->row++;
        k->chained = true;
    }
    for (; k->row < k->to; step(k))
        if (k->chained ? qualified(k->e->r, k->p, &row[k->row]) : wanted_here(k, &row[k->row]))
            return true;
    return false;
}

/* Elements, or one component of each, of the segments of one node. */
bool cursor_value(struct cursor *k, phi_str *v)
{
    const struct path *p = k->p;
    const struct rules_run *r = k->e->r;
    for (; k->in_row || find_row(k); step(k)) {
        const struct row *w = &r->row[k->row];
        uint32_t last = p->el_to < w->n ? p->el_to : w->n - 1u;
        k->in_row = true;
        for (k->el = k->el < p->el ? p->el : k->el; k->el <= last; k->el += p->el_step) {
            *v = row_el(r, w, k->el);
            if (p->comp && v->n)
                *v = part_of(*v, r->c->d.comp, p->comp);
            if (!v->n)
                continue;
            k->el += p->el_step;
            return true;
        }
    }
    return false;
}

struct hit cursor_hit(const struct cursor *k, phi_str v)
{
    return (struct hit){.from = k->row,
                        .to = k->row + 1,
                        .row = k->row,
                        .el = (uint8_t)(k->el - k->p->el_step),
                        .comp = k->p->comp,
                        .v = v};
}

static bool next_simple(struct cursor *k, struct hit *h)
{
    phi_str v;
    if (!cursor_value(k, &v))
        return false;
    *h = cursor_hit(k, v);
    return true;
}

bool cursor_next(struct cursor *k, struct hit *h)
{
    const struct path *p = k->p;
    if (k->simple)
        return next_simple(k, h);
    if (p->var >= 0 && !*p->seg && !*p->loop)
        return next_of_var(k, h);
    if (!*p->seg)
        return k->to && next_loop(k, h);
    for (; k->in_row || find_row(k); step(k)) {
        k->in_row = true;
        *h = (struct hit){.from = k->row, .to = k->row + 1, .row = k->row};
        if (!p->el) {
            step(k);
            return true;
        }
        uint32_t last = k->e->r->row[k->row].n - 1u;
        if (next_value(k, h, p->el, p->el_to < last ? p->el_to : (uint8_t)last, p->el_step))
            return true;
    }
    return false;
}

/* --- expressions --- */

/* Looks for the value of a path that is remembered: one element or component of the segments of a
 * node, the first that is not empty. */
static void find_first(struct eval *e, const struct path *p, const struct bound_path *b,
                       uint32_t in, phi_str *v)
{
    const struct rules_run *r = e->r;
    uint32_t from, to;
    span(r, in, &from, &to);
    uint32_t first = r->first[b->node[0]];
    if (first > from)
        from = first - 1 < to ? first - 1 : to;
    else
        while (from < to && r->row[from].node != b->node[0])
            from++;
    for (; from < to; from = r->row[from].next ? r->row[from].next : to) {
        if (p->preds && !qualified(r, p, &r->row[from]))
            continue;
        phi_str el = *v = row_el(r, &r->row[from], p->el);
        if (p->comp)
            *v = part_of(el, r->c->d.comp, p->comp);
        if (v->n && p->comp_to != p->comp) /* all from there on */
            v->n = (size_t)(el.p + el.n - v->p);
        if (v->n)
            return;
    }
    *v = phi_of("", 0);
}

void memo_fill(struct eval *e, const struct path *p, const struct bound_path *b, uint16_t number,
               phi_str *v)
{
    struct rules_run *r = e->r;
    uint32_t in = e->level[b->depth];
    const struct inst *inst = &r->inst[in];
    find_first(e, p, b, in, v);
    r->memo[number] = (struct memo){.serial = inst->serial,
                                    .from = v->n ? (uint32_t)(v->p - r->bytes.p) : 0,
                                    .n = (uint32_t)v->n,
                                    .key = v->n <= 8 ? g_key(v->p, v->n) : 0,
                                    .last = r->last[b->node[0]]};
}

static bool first_value(struct eval *e, const struct path *p, const struct bound_path *b,
                        phi_str *v)
{
    struct rules_run *r = e->r;
    if (!b->memo)
        return false;
    const struct inst *inst = &r->inst[e->level[b->depth]];
    const struct memo *m = &r->memo[b->memo];
    if (!(b->mask & inst->mask))
        *v = phi_of("", 0);
    else if (memo_good(r, m, inst, b->node[0]))
        *v = phi_of(r->bytes.p + m->from, m->n);
    else
        memo_fill(e, p, b, b->memo, v);
    return true;
}

phi_str eval_text(struct eval *e, uint16_t i)
{
    const struct expr *x = &e->u->expr[i];
    phi_str v;
    if (x->op == OP_PATH && first_value(e, &e->u->path[x->n], &e->path[x->n], &v))
        return v;
    if (x->op == OP_PATH) {
        struct cursor k;
        struct hit h;
        cursor_open(&k, e, i);
        return cursor_next(&k, &h) ? hit_value(e->r, &h) : phi_of("", 0);
    }
    if (x->op == OP_TEXT || x->op == OP_NUMBER)
        return x->s;
    return eval_expr(e, i).s;
}

static struct value truth(bool known, bool t)
{
    return (struct value){.known = known, .n = t};
}

bool ordered(enum op op, int64_t d)
{
    switch (op) {
    case OP_EQ:
        return d == 0;
    case OP_NE:
        return d != 0;
    case OP_LT:
        return d < 0;
    case OP_LE:
        return d <= 0;
    case OP_GT:
        return d > 0;
    default:
        return d >= 0;
    }
}

static enum truth compared(struct eval *e, const struct expr *x)
{
    if (x->n) {
        phi_str a = eval_text(e, x->a), b = eval_text(e, x->b);
        if (x->op == OP_EQ || x->op == OP_NE)
            return phi_eq(a, b) == (x->op == OP_EQ);
        return ordered(x->op, phi_cmp(a, b));
    }
    struct value a = eval_expr(e, x->a);
    if (!a.known)
        return NOT_KNOWN;
    struct value b = eval_expr(e, x->b);
    return b.known ? ordered(x->op, (a.n > b.n) - (a.n < b.n)) : NOT_KNOWN;
}

static enum truth in_list(struct eval *e, const struct expr *x)
{
    phi_str v = eval_text(e, x->a);
    for (uint32_t i = 0; i < x->in_n; i++)
        if (x->in[i].n == v.n && phi_eq(x->in[i], v))
            return YES;
    return NO;
}

/* any: true as soon as one is; all: false as soon as one is, which is then the place. */
static enum truth quantified(struct eval *e, const struct expr *x)
{
    enum truth decides = x->op == OP_ANY ? YES : NO, other = x->op == OP_ANY ? NO : YES;
    bool known = true;
    struct cursor k;
    struct hit h;
    uint32_t path = (uint32_t)e->u->expr[x->a].n;
    const struct bound_path *b = &e->path[path];
    if (e->u->path[path].var < 0 && !(b->mask & e->r->inst[e->level[b->depth]].mask))
        return other;
    for (cursor_open(&k, e, x->a); cursor_next(&k, &h);) {
        e->var[x->var] = h;
        enum truth v = truth_of(e, x->b);
        known &= v != NOT_KNOWN;
        if (v != decides)
            continue;
        if (decides == NO && !e->placed) {
            e->place = h;
            e->placed = true;
        }
        return decides;
    }
    return known ? other : NOT_KNOWN;
}

/* Kleene: false and unknown is false, true or unknown is true. */
static enum truth joined(struct eval *e, const struct expr *x)
{
    enum truth decides = x->op == OP_OR ? YES : NO;
    enum truth a = truth_of(e, x->a);
    if (a == decides)
        return a;
    enum truth b = truth_of(e, x->b);
    if (b == decides)
        return b;
    return a == NOT_KNOWN || b == NOT_KNOWN ? NOT_KNOWN : decides == YES ? NO : YES;
}

enum truth truth_of(struct eval *e, uint16_t i)
{
    static const enum truth opposite[] = {YES, NO, NOT_KNOWN};
    const struct expr *x = &e->u->expr[i];
    switch ((enum op)x->op) {
    case OP_OR:
    case OP_AND:
        return joined(e, x);
    case OP_NOT:
        return opposite[truth_of(e, x->a)];
    case OP_IN:
        return in_list(e, x);
    case OP_ANY:
    case OP_ALL:
        return quantified(e, x);
    case OP_ADD:
    case OP_SUB:
    case OP_PATH:
    case OP_TEXT:
    case OP_NUMBER:
    case OP_CALL: {
        struct value v = eval_expr(e, i);
        return !v.known ? NOT_KNOWN : v.n != 0;
    }
    default:
        return compared(e, x);
    }
}

static struct value added(struct eval *e, const struct expr *x)
{
    struct value a = eval_expr(e, x->a), b = eval_expr(e, x->b);
    struct value v = {.known = a.known && b.known};
    bool over = x->op == OP_ADD ? __builtin_add_overflow(a.n, b.n, &v.n)
                                : __builtin_sub_overflow(a.n, b.n, &v.n);
    v.known &= !over;
    return v;
}

struct value eval_expr(struct eval *e, uint16_t i)
{
    const struct expr *x = &e->u->expr[i];
    switch ((enum op)x->op) {
    case OP_ADD:
    case OP_SUB:
        return added(e, x);
    case OP_PATH:
    case OP_TEXT:
        return (struct value){.known = true, .s = eval_text(e, i)};
    case OP_NUMBER:
        return (struct value){.known = true, .n = x->n, .s = x->s};
    case OP_CALL:
        return x->f->call(e, x);
    default: {
        enum truth t = truth_of(e, i);
        return truth(t != NOT_KNOWN, t == YES);
    }
    }
}

bool rule_day(struct rules_run *r, phi_str s, int32_t *day)
{
    uint64_t key;
    if (s.n < 8)
        return false;
    memcpy(&key, s.p, 8);
    struct day_read *d = &r->days[key * 0x9e3779b97f4a7c15 >> 56];
    if (d->key != key || !key) {
        d->key = key;
        d->good = date_parse(phi_of(s.p, 8), &d->day);
    }
    *day = d->day;
    return d->good;
}

struct value eval_dated(struct eval *e)
{
    int32_t day;
    if (!e->u->dated)
        return truth(false, false);
    bool known = rule_day(e->r, eval_text(e, e->u->dated), &day);
    return (struct value){.known = known, .n = known ? day : 0};
}

bool rule_in_force(struct eval *e)
{
    const struct rule *u = e->u;
    if (!u->dated || (u->from == INT32_MIN && u->to == INT32_MAX))
        return true;
    struct value day = eval_dated(e);
    return day.known && day.n >= u->from && day.n <= u->to;
}

struct hit rule_place(struct eval *e)
{
    struct hit at = {.row = e->r->inst[e->inst].from}, found;
    struct cursor k;
    if (!e->u->at)
        return e->placed ? e->place : at;
    cursor_open(&k, e, e->u->at);
    return cursor_next(&k, &found) ? found : at;
}
