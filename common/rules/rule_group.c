/*
 * Rules that go by the same few values. Most rules of a line ask for its procedure, its modifiers,
 * the place of service; a file has thousands of lines with the same of all these. Rules that read
 * nothing but such values are put in groups, and the values that a group came out clean with are
 * remembered, to the byte: where they come again, none of its rules can fire.
 */
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdlib.h>

enum { INPUTS = 48, THERE_MOST = 64 };

/* --- making --- */

struct gatherer {
    const struct bound_guide *b;
    const struct bound_rule *u;
    struct group_input in[INPUTS];
    uint32_t n, there;
    bool pure;
};

static bool same_input(const struct group_input *a, const struct group_input *b)
{
    return a->kind == b->kind && a->depth == b->depth && a->memo == b->memo && a->node == b->node &&
           a->el == b->el;
}

static void put_input(struct gatherer *k, struct group_input in)
{
    for (uint32_t i = 0; i < k->n; i++)
        if (same_input(&k->in[i], &in))
            return;
    if (k->n == INPUTS || (in.kind == INPUT_THERE && k->there == THERE_MOST)) {
        k->pure = false;
        return;
    }
    k->there += in.kind == INPUT_THERE;
    k->in[k->n++] = in;
}

/* An element as it stands, of the only segment of its node. */
static void put_element(struct gatherer *k, const struct bound_path *to, uint8_t el)
{
    put_input(k, (struct group_input){.kind = INPUT_ELEMENT,
                                      .depth = to->depth,
                                      .node = to->node[0],
                                      .el = el,
                                      .mask = to->mask});
}

/* All values of a path: of one element, where only one segment can have it. */
static void put_all(struct gatherer *k, uint16_t i)
{
    const struct expr *x = &k->u->rule->expr[i];
    const struct path *p = &k->u->rule->path[x->n];
    const struct bound_path *to = &k->u->path[x->n];
    if (x->op != OP_PATH || p->var >= 0 || !*p->seg || to->nodes != 1 || p->el != p->el_to) {
        k->pure = false;
        return;
    }
    put_element(k, to, p->el);
    if (p->preds)
        put_element(k, to, p->pred_el);
}

/* there: only whether there is anything matters. */
static void put_path(struct gatherer *k, uint16_t n, bool there)
{
    const struct path *p = &k->u->rule->path[n];
    const struct bound_path *to = &k->u->path[n];
    if (p->var >= 0 && !*p->seg && !*p->loop)
        return;
    if (p->var >= 0 || !*p->seg || to->nodes != 1 || p->el != p->el_to) {
        k->pure = false;
        return;
    }
    if (to->memo) {
        put_input(k, (struct group_input){.kind = there ? INPUT_THERE : INPUT_VALUE,
                                          .depth = to->depth,
                                          .memo = to->memo,
                                          .node = to->node[0],
                                          .el = p->el,
                                          .mask = to->mask,
                                          .path = p,
                                          .to = to});
        return;
    }
    k->pure = false;
}

/* What a function answers about the segments of a path. */
static void put_ask(struct gatherer *k, const struct expr *x)
{
    const struct path *p = &k->u->rule->path[k->u->rule->expr[x->arg[0]].n];
    k->pure &= p->var < 0 && *p->seg;
    if (k->pure)
        put_input(k, (struct group_input){
                         .kind = INPUT_ASK, .paths = k->u->path, .rule = k->u->rule, .ask = x});
}

/* exists() of one value that is remembered; else it is asked. */
static void put_exists(struct gatherer *k, const struct expr *x)
{
    uint16_t n = (uint16_t)k->u->rule->expr[x->arg[0]].n;
    if (k->u->path[n].memo)
        put_path(k, n, true);
    else
        put_ask(k, x);
}

static bool is_path(const struct expr *x)
{
    return x->op == OP_PATH;
}

static bool is_nothing(const struct expr *x)
{
    return x->op == OP_TEXT && x->s.n == 0;
}

static void put_expr(struct gatherer *k, uint16_t i);

/* Functions whose answer comes from their arguments alone. */
static void put_call(struct gatherer *k, const struct expr *x)
{
    static const char *const pure[] = {"either", "part", "len",  "begins", "matches",
                                       "npi",    "int",  "code", "unique", "listed"};
    bool known = false;
    if (strcmp(x->f->name, "exists") == 0 || strcmp(x->f->name, "count") == 0) {
        if (x->f->name[0] == 'e')
            put_exists(k, x);
        else
            put_ask(k, x);
        return;
    }
    for (size_t i = 0; i < sizeof pure / sizeof *pure; i++)
        known |= strcmp(pure[i], x->f->name) == 0;
    k->pure &= known;
    bool all = strcmp(x->f->name, "unique") == 0;
    for (uint32_t i = 0; i < x->args && k->pure; i++) {
        if (all)
            put_all(k, x->arg[i]);
        else
            put_expr(k, x->arg[i]);
    }
}

static void put_compared(struct gatherer *k, const struct expr *x)
{
    const struct expr *a = &k->u->rule->expr[x->a], *b = &k->u->rule->expr[x->b];
    bool there = x->n && (x->op == OP_EQ || x->op == OP_NE);
    if (there && is_path(a) && is_nothing(b))
        put_path(k, (uint16_t)a->n, true);
    else if (there && is_path(b) && is_nothing(a))
        put_path(k, (uint16_t)b->n, true);
    else {
        put_expr(k, x->a);
        put_expr(k, x->b);
    }
}

static void put_expr(struct gatherer *k, uint16_t i)
{
    const struct expr *x = &k->u->rule->expr[i];
    if (!k->pure)
        return;
    switch ((enum op)x->op) {
    case OP_TEXT:
    case OP_NUMBER:
        return;
    case OP_PATH:
        put_path(k, (uint16_t)x->n, false);
        return;
    case OP_CALL:
        put_call(k, x);
        return;
    case OP_NOT:
    case OP_IN:
        put_expr(k, x->a);
        return;
    case OP_ANY:
    case OP_ALL:
        put_all(k, x->a);
        put_expr(k, x->b);
        return;
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        put_compared(k, x);
        return;
    default:
        put_expr(k, x->a);
        put_expr(k, x->b);
    }
}

/* Free text, numbers of people: rules that read the same of these go together, and those that read
 * none. A code has few values. */
static bool wide(const struct bound_guide *b, const struct group_input *in)
{
    const struct g_node *n = &b->g->node[in->node];
    if (in->kind == INPUT_THERE || in->kind == INPUT_ASK || !in->el)
        return false;
    const struct g_elem *e = in->el <= n->elems_n ? &n->elems[in->el - 1] : NULL;
    return !e || e->comps > 0 || (!e->codes && e->max > 3);
}

static bool holds_wide(const struct bound_guide *b, const struct group_input *all, uint32_t n,
                       const struct group_input *in)
{
    for (uint32_t i = 0; i < n; i++)
        if (wide(b, &all[i]) && all[i].node == in->node && all[i].el == in->el)
            return true;
    return false;
}

static bool within(const struct bound_guide *b, const struct group_input *x, uint32_t xs,
                   const struct group_input *y, uint32_t ys)
{
    for (uint32_t i = 0; i < xs; i++)
        if (wide(b, &x[i]) && !holds_wide(b, y, ys, &x[i]))
            return false;
    return true;
}

/* Puts the rule into the group of those that read the same wide values, when there is room. */
static void join(struct rules *r, struct bound_guide *b, uint16_t loop, struct gatherer *k,
                 struct bound_rule *u)
{
    struct rule_groups *s = &b->groups[loop];
    uint32_t i = 0;
    for (; i < s->n; i++)
        if (s->group[i].rules < GROUP_RULES && within(b, k->in, k->n, s->group[i].in, s->group[i].ins) &&
            within(b, s->group[i].in, s->group[i].ins, k->in, k->n))
            break;
    if (i == GROUPS)
        return;
    if (!s->group)
        s->group = arena_alloc(&r->mem, GROUPS * sizeof *s->group);
    struct rule_group *g = &s->group[i];
    struct gatherer all = *k;
    if (i == s->n) {
        *g = (struct rule_group){.in = arena_alloc(&r->mem, INPUTS * sizeof *g->in)};
        s->n++;
    }
    for (uint32_t j = 0; j < g->ins; j++)
        put_input(&all, g->in[j]);
    if (!all.pure)
        return;
    memcpy(g->in, all.in, all.n * sizeof *all.in);
    g->ins = all.n;
    g->rules++;
    u->group = (uint8_t)(i + 1);
}

void group_rule(struct rules *r, struct bound_guide *b, uint16_t loop, struct bound_rule *u)
{
    struct gatherer k = {.b = b, .u = u, .pure = true};
    const struct rule *w = u->rule;
    if (w->dated || w->partner || w->laid || w->profile || w->profiled || w->lua.n ||
        u - b->of[loop] >= 64 * LOOP_WORDS)
        return;
    if (w->when)
        put_expr(&k, w->when);
    put_expr(&k, w->need);
    if (k.pure && k.n)
        join(r, b, loop, &k, u);
}

/* The rule goes through several values. */
static bool costly(const struct rule *u)
{
    for (uint32_t i = 1; i < u->exprs; i++) {
        const struct expr *x = &u->expr[i];
        if (x->op == OP_ANY || x->op == OP_ALL ||
            (x->op == OP_CALL && strcmp(x->f->name, "unique") == 0))
            return true;
    }
    return false;
}

/* A rule by itself is as soon tried as its values are looked up, when it asks for little. */
static void drop_single(struct bound_guide *b, uint16_t loop)
{
    struct rule_groups *s = &b->groups[loop];
    uint32_t n = 0;
    for (uint32_t i = 1; i <= s->n; i++) {
        uint32_t rules = 0;
        for (uint32_t j = 0; j < b->ofs[loop]; j++)
            if (b->of[loop][j].group == i)
                rules += 1 + (s->group[i - 1].ins <= 3 && costly(b->of[loop][j].rule));
        for (uint32_t j = 0; j < b->ofs[loop]; j++)
            if (b->of[loop][j].group == i)
                b->of[loop][j].group = (uint8_t)(rules > 1 ? n + 1 : 0);
        if (rules > 1)
            s->group[n++] = s->group[i - 1];
    }
    s->n = n;
    for (uint32_t i = 0; i < n; i++)
        s->group[i].rules = 0; /* they are counted anew */
}

void group_rest(struct bound_guide *b, uint16_t loop)
{
    struct rule_groups *s = &b->groups[loop];
    drop_single(b, loop);
    for (; s->all < b->ofs[loop] && !b->of[loop][s->all].rule->partner; s->all++)
        if (!b->of[loop][s->all].group && s->all < 64 * LOOP_WORDS)
            s->rest[s->all / 64] |= 1ull << s->all % 64;
    for (uint32_t i = 0; i < s->n; i++)
        s->group[i].number = ++b->group_n;
    for (uint32_t i = 0; i < s->all; i++)
        if (b->of[loop][i].group) {
            struct rule_group *g = &s->group[b->of[loop][i].group - 1];
            g->rule[g->rules++] = (uint16_t)i;
        }
}

/* --- carrying out --- */

struct words {
    uint64_t w[GROUP_WORDS];
    uint32_t n;
    bool good;
};

/* The length stands in the highest byte; of 8 bytes and more before the bytes. */
static inline void put_text(struct words *k, const char *p, uint32_t n)
{
    if (n < 8) {
        if (k->n == GROUP_WORDS) {
            k->good = false;
            return;
        }
        k->w[k->n++] = g_key(p, n) | (uint64_t)n << 56;
        return;
    }
    uint32_t more = (n + 7) / 8;
    if (n > 64 || k->n + more + 1 > GROUP_WORDS) {
        k->good = false;
        return;
    }
    k->w[k->n++] = (uint64_t)n << 56;
    k->w[k->n + more - 1] = 0;
    memcpy(&k->w[k->n], p, n);
    k->n += more;
}

static inline void put_number(struct words *k, uint64_t n)
{
    if (k->n == GROUP_WORDS)
        k->good = false;
    else
        k->w[k->n++] = n;
}

/* The one row of the node in the instance; false when there are several. */
static bool only_row(const struct rules_run *r, const struct inst *in, uint16_t node,
                     const struct row **out)
{
    uint32_t to = in->to == UINT32_MAX ? r->rows : in->to, i = r->first[node];
    i = i > in->from ? i - 1 : in->from;
    while (i < to && r->row[i].node != node)
        i++;
    *out = i < to ? &r->row[i] : NULL;
    return i >= to || !r->row[i].next || r->row[i].next >= to;
}

static inline void put_row(struct rules_run *r, const struct inst *in, const struct group_input *x,
                           struct words *k)
{
    const struct row *w = NULL;
    if (x->mask & in->mask)
        k->good &= only_row(r, in, x->node, &w);
    if (!k->good)
        return;
    phi_str v = w ? row_el(r, w, x->el) : phi_of("", 0);
    put_text(k, v.p, (uint32_t)v.n);
}

static void words_of(struct eval *e, const struct rule_group *g, struct words *k)
{
    struct rules_run *r = e->r;
    uint64_t there = 0;
    k->n = 1;
    k->good = true;
    for (uint32_t i = 0; i < g->ins && k->good; i++) {
        const struct group_input *x = &g->in[i];
        const struct inst *in = &r->inst[e->level[x->depth]];
        if (x->kind == INPUT_ASK) {
            e->u = x->rule;
            e->path = x->paths;
            put_number(k, (uint64_t)x->ask->f->call(e, x->ask).n);
            continue;
        }
        if (x->kind == INPUT_ELEMENT) {
            put_row(r, in, x, k);
            continue;
        }
        const struct memo *m = &r->memo[x->memo];
        bool some = (x->mask & in->mask) != 0;
        phi_str v;
        if (some && !memo_good(r, m, in, x->node))
            memo_fill(e, x->path, x->to, x->memo, &v);
        if (x->kind == INPUT_THERE)
            there = there << 1 | (some && m->n);
        else
            put_text(k, r->bytes.p + (some ? m->from : 0), some ? m->n : 0);
    }
    k->w[0] = there;
}

static uint64_t hash_of(const struct words *k)
{
    uint64_t h = k->n;
    for (uint32_t i = 0; i < k->n; i++) {
        h = (h ^ k->w[i]) * 0x9e3779b97f4a7c15;
        h ^= h >> 29;
    }
    return h * 0x9e3779b97f4a7c15;
}

const struct group_met *group_known(struct eval *e, const struct rule_group *g, struct group_try *t)
{
    struct words k;
    struct rules_run *r = e->r;
    struct group_luck *luck = &r->luck[g->number];
    t->to = NULL;
    if (luck->rest) {
        luck->rest--;
        return NULL;
    }
    if (++luck->tries == GROUP_TRIAL) { /* values that never come again are not worth the search */
        luck->rest = luck->found < GROUP_TRIAL / 3 ? 16 * GROUP_TRIAL : 0;
        luck->tries = luck->found = 0;
    }
    words_of(e, g, &k);
    if (!k.good)
        return NULL;
    struct group_met *m =
        &r->clean[(hash_of(&k) ^ g->number * 0x9e3779b97f4a7c15) >> (64 - GROUP_BITS)];
    if (m->of == g && m->n == k.n && memcmp(m->w, k.w, k.n * sizeof *k.w) == 0) {
        luck->found++;
        return m;
    }
    /* It is met when its rules have been tried: until then nothing. */
    m->of = NULL;
    m->n = k.n;
    memcpy(m->w, k.w, k.n * sizeof *k.w);
    t->to = m;
    return NULL;
}

void group_tried(const struct rule_group *g, const struct group_try *t, const uint64_t *fired)
{
    uint64_t own = 0;
    for (uint32_t i = 0; i < g->rules; i++)
        own |= (fired[g->rule[i] / 64] >> g->rule[i] % 64 & 1) << i;
    t->to->of = g;
    t->to->fired = own;
}
