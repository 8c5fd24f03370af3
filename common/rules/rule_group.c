/*
 * Rules that go by the same few values. Most rules of a line ask for its procedure, its modifiers,
 * the place of service; a file has thousands of lines with the same of all these. Rules whose answer
 * comes from the values they read alone are put in groups, and which rules of a group fired is
 * remembered with a fingerprint of all that they read: where it comes again, only those are tried.
 *
 * The fingerprint is made while the segments come (group_take): each loop has one for each group,
 * over the elements that the group reads, with their numbers and lengths, of all segments in their
 * order. It has 64 bits and a key of its own in each process. Two different texts of one claim give
 * the same with a chance of 2^-64, and one place of the table is looked at for each trial: among
 * 10^12 trials a fault is passed over with a chance below one in ten million.
 */
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <sys/random.h>

enum { GROUP_SMALL = 2, GROUP_READS = 64, ELEMENTS = 63, STREAMS = 40 };

/* --- making --- */

/* Elements of a node that are read in the instance of a loop; bit 0: whether the segment is there. */
struct group_read {
    uint16_t node, top;
    uint64_t els;
};
struct gatherer {
    const struct bound_guide *b;
    const struct bound_rule *u;
    struct group_read in[GROUP_READS];
    uint32_t n;
    bool pure;
};

static void put_read(struct gatherer *k, uint16_t node, uint16_t top, uint64_t els)
{
    uint32_t i = 0;
    while (i < k->n && (k->in[i].node != node || k->in[i].top != top))
        i++;
    if (i == GROUP_READS) {
        k->pure = false;
        return;
    }
    if (i == k->n)
        k->in[k->n++] = (struct group_read){node, top, 1};
    k->in[i].els |= els;
}

static uint64_t elements(const struct path *p)
{
    uint64_t els = 1;
    for (unsigned i = p->el; i && i <= p->el_to; i += p->el_step ? p->el_step : 1)
        els |= 1ull << i;
    if (p->preds)
        els |= 1ull << p->pred_el;
    return els;
}

/* all: of a segment every element may be asked for. */
static void put_path(struct gatherer *k, uint16_t n, bool all)
{
    const struct path *p = &k->u->rule->path[n];
    const struct bound_path *to = &k->u->path[n];
    if (p->var >= 0) {
        k->pure &= !*p->seg && !*p->loop; /* a part of what is read already */
        return;
    }
    if (p->el_to > ELEMENTS || p->pred_el > ELEMENTS) {
        k->pure = false;
        return;
    }
    for (uint32_t i = 0; i < to->nodes; i++) {
        const struct g_node *g = &k->b->g->node[to->node[i]];
        uint16_t node = g->loop ? g->child : to->node[i];
        put_read(k, node, to->top, all && !p->el ? UINT64_MAX : elements(p));
    }
}

static void put_expr(struct gatherer *k, uint16_t i);

/* Functions whose answer comes from their arguments alone, and today(). */
static void put_call(struct gatherer *k, const struct expr *x)
{
    static const char *const pure[] = {"exists", "count",    "sum",    "unique",  "total",
                                       "money",  "quantity", "int",    "date",    "date_to",
                                       "today",  "len",      "npi",    "matches", "begins",
                                       "code",   "part",     "either", "years",   "listed"};
    bool known = false;
    for (size_t i = 0; i < sizeof pure / sizeof *pure; i++)
        known |= strcmp(pure[i], x->f->name) == 0;
    k->pure &= known;
    for (uint32_t i = 0; i < x->args && k->pure; i++)
        put_expr(k, x->arg[i]);
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
        put_path(k, (uint16_t)k->u->rule->expr[x->a].n, true);
        put_expr(k, x->b);
        return;
    default:
        put_expr(k, x->a);
        put_expr(k, x->b);
    }
}

static bool short_code(const struct g_elem *e)
{
    return !e->comps && (e->codes || e->max <= 3);
}

/* Free text, numbers, days, procedures: rules that read the same of these go together. A code has
 * few values, and so have some codes together. */
static bool wide(const struct g_node *n, uint32_t el)
{
    const struct g_elem *e = el && el <= n->elems_n ? &n->elems[el - 1] : NULL;
    if (!e || (!e->comps && short_code(e)))
        return false;
    for (uint32_t i = 0; i < e->comps; i++)
        if (!short_code(&e->comp[i]) && e->comp[i].usage != 'N')
            return true;
    return !e->comps;
}

/* The wide elements of a read; composites alike that follow each other (HI) are one. */
static uint64_t wide_of(const struct bound_guide *b, const struct group_read *in)
{
    const struct g_node *n = &b->g->node[in->node];
    uint64_t out = 0;
    for (uint32_t el = 1; el <= n->elems_n && el <= ELEMENTS; el++) {
        uint32_t first = el;
        while (first > 1 && n->elems[first - 1].comps > 3 &&
               n->elems[first - 2].de == n->elems[first - 1].de &&
               n->elems[first - 2].comps == n->elems[first - 1].comps)
            first--;
        if (in->els >> el & 1 && wide(n, el))
            out |= 1ull << first;
    }
    return out;
}

static bool within(const struct bound_guide *b, const struct group_read *x, uint32_t xs,
                   const struct group_read *y, uint32_t ys)
{
    for (uint32_t i = 0; i < xs; i++) {
        uint64_t left = wide_of(b, &x[i]);
        for (uint32_t j = 0; j < ys; j++)
            if (y[j].node == x[i].node && y[j].top == x[i].top)
                left &= ~wide_of(b, &y[j]);
        if (left)
            return false;
    }
    return true;
}

/* The group of those that read the same wide values; one that is new, when there is none. */
static uint32_t group_for(const struct bound_guide *b, const struct rule_groups *s,
                          const struct gatherer *k)
{
    uint32_t i = 0;
    for (; i < s->n; i++)
        if (s->group[i].rules < GROUP_RULES &&
            within(b, k->in, k->n, s->group[i].in, s->group[i].ins) &&
            within(b, s->group[i].in, s->group[i].ins, k->in, k->n))
            break;
    return i;
}

/* Adds what is read to a group; false when there is no room. */
static bool widen(struct rule_group *g, const struct group_read *in, uint32_t n, uint32_t rules)
{
    struct gatherer all = {.n = g->ins, .pure = g->rules + rules <= GROUP_RULES};
    memcpy(all.in, g->in, g->ins * sizeof *g->in);
    for (uint32_t i = 0; i < n; i++)
        put_read(&all, in[i].node, in[i].top, in[i].els);
    if (!all.pure)
        return false;
    memcpy(g->in, all.in, all.n * sizeof *all.in);
    g->ins = all.n;
    g->rules += rules;
    return true;
}

static void join(struct rules *r, struct bound_guide *b, uint16_t loop, struct gatherer *k,
                 struct bound_rule *u)
{
    struct rule_groups *s = &b->groups[loop];
    uint32_t i = group_for(b, s, k);
    if (i == GROUPS)
        return;
    if (!s->group)
        s->group = arena_alloc(&r->mem, GROUPS * sizeof *s->group);
    if (i == s->n)
        s->group[s->n++] =
            (struct rule_group){.in = arena_alloc(&r->mem, GROUP_READS * sizeof *k->in)};
    if (widen(&s->group[i], k->in, k->n, 1))
        u->group = (uint8_t)(i + 1);
}

void group_rule(struct rules *r, struct bound_guide *b, uint16_t loop, struct bound_rule *u)
{
    struct gatherer k = {.b = b, .u = u, .pure = true};
    const struct rule *w = u->rule;
    if (w->partner || w->laid || w->profile || w->profiled || w->lua.n ||
        u - b->of[loop] >= 64 * LOOP_WORDS)
        return;
    if (w->dated)
        put_expr(&k, w->dated);
    if (w->when)
        put_expr(&k, w->when);
    put_expr(&k, w->need);
    if (k.pure && k.n)
        join(r, b, loop, &k, u);
}

static uint32_t wides(const struct bound_guide *b, const struct rule_group *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->ins; i++)
        n += wide_of(b, &g->in[i]) != 0;
    return n;
}

/* The other group that reads all wide values of group i and the fewest beyond them; that with the
 * most rules when it reads none. */
static uint32_t holder_of(const struct bound_guide *b, const struct rule_groups *s, uint32_t i)
{
    const struct rule_group *g = s->group;
    bool narrow = !wides(b, &g[i]);
    uint32_t at = s->n;
    for (uint32_t j = 0; j < s->n; j++)
        if (j != i && g[j].rules && within(b, g[i].in, g[i].ins, g[j].in, g[j].ins) &&
            (at == s->n ||
             (narrow ? g[j].rules > g[at].rules : wides(b, &g[j]) < wides(b, &g[at]))))
            at = j;
    return at;
}

/* Small groups go to others that read as much and more: each is one thing more to look up. */
static void merge_small(struct bound_guide *b, uint16_t loop)
{
    struct rule_groups *s = &b->groups[loop];
    for (uint32_t i = 0; i < s->n; i++) {
        struct rule_group *g = &s->group[i];
        uint32_t to = g->rules <= GROUP_SMALL ? holder_of(b, s, i) : s->n;
        if (to == s->n || !widen(&s->group[to], g->in, g->ins, g->rules))
            continue;
        for (uint32_t j = 0; j < b->ofs[loop]; j++)
            if (b->of[loop][j].group == i + 1)
                b->of[loop][j].group = (uint8_t)(to + 1);
        g->rules = 0;
    }
}

/* A segment that a rule needs is not always there. */
static bool seldom(const struct bound_guide *b, const struct bound_rule *u)
{
    for (uint32_t i = 0; i < u->rule->paths; i++) {
        const struct g_node *n = u->path[i].nodes ? &b->g->node[u->path[i].node[0]] : NULL;
        bool often = n && !n->loop && n->usage == 'R' && n->parent == u->path[i].top;
        if (n && !often && rule_needs(u->rule, i))
            return true;
    }
    return false;
}

/* A condition about each of several values takes longer than to look it up. */
static bool long_to_try(const struct bound_rule *u)
{
    enum op op = (enum op)u->rule->expr[u->rule->need].op;
    return !u->rule->when && (op == OP_ALL || op == OP_ANY);
}

/* A rule by itself that is seldom tried is as soon tried as it is looked up. */
static void drop_single(struct bound_guide *b, uint16_t loop)
{
    struct rule_groups *s = &b->groups[loop];
    uint32_t n = 0;
    for (uint32_t i = 1; i <= s->n; i++) {
        bool stays = s->group[i - 1].rules > 1, none = !s->group[i - 1].rules;
        for (uint32_t j = 0; j < b->ofs[loop]; j++)
            stays |= b->of[loop][j].group == i &&
                     (!seldom(b, &b->of[loop][j]) || long_to_try(&b->of[loop][j]));
        for (uint32_t j = 0; j < b->ofs[loop]; j++)
            if (b->of[loop][j].group == i)
                b->of[loop][j].group = (uint8_t)(stays ? n + 1 : 0);
        if (stays && !none)
            s->group[n++] = s->group[i - 1];
    }
    s->n = n;
    for (uint32_t i = 0; i < n; i++)
        s->group[i].rules = 0; /* they are counted anew */
}

/* A fingerprint of the group in each loop that it reads of, and what goes into it. */
static bool make_streams(struct rules *r, struct bound_guide *b, struct rule_group *g)
{
    uint8_t stream[GROUP_READS];
    g->part = arena_alloc(&r->mem, g->ins * sizeof *g->part);
    for (uint32_t i = 0; i < g->ins; i++) {
        uint16_t top = g->in[i].top;
        uint32_t j = 0;
        while (j < i && g->in[j].top != top)
            j++;
        if (j == i && b->streams[top] == STREAMS)
            return false;
        stream[i] = j < i ? stream[j] : b->streams[top]++;
        if (j == i)
            g->part[g->parts++] = (struct group_part){top, b->g->node[top].depth, stream[i]};
        struct group_tap tap = {g->in[i].els & ~1ull, NULL, top, b->g->node[top].depth, stream[i]};
        struct group_tap *kept = arena_alloc(&r->mem, sizeof *kept);
        *kept = tap;
        kept->next = b->taps[g->in[i].node];
        b->tapped[g->in[i].node] |= tap.els;
        b->taps[g->in[i].node] = kept;
        b->tap_n[g->in[i].node]++;
    }
    return true;
}

void group_rest(struct rules *r, struct bound_guide *b, uint16_t loop)
{
    struct rule_groups *s = &b->groups[loop];
    s->asked = arena_alloc(&r->mem, (b->g->node[loop].depth + 1u) * sizeof *s->asked);
    for (uint32_t i = 0; i < b->ofs[loop]; i++)
        for (uint32_t k = 0; k < b->of[loop][i].rule->paths; k++)
            if (b->of[loop][i].rule->path[k].var < 0)
                s->asked[b->of[loop][i].path[k].depth] |= b->of[loop][i].path[k].mask;
    merge_small(b, loop);
    drop_single(b, loop);
    for (uint32_t i = 0; i < s->n; i++) {
        s->group[i].number = ++b->group_n;
        s->group[i].off = !make_streams(r, b, &s->group[i]);
    }
    for (; s->all < b->ofs[loop] && !b->of[loop][s->all].rule->partner; s->all++) {
        uint8_t group = b->of[loop][s->all].group;
        if (group && !s->group[group - 1].off)
            s->group[group - 1].rule[s->group[group - 1].rules++] = (uint16_t)s->all;
        else if (s->all < 64 * LOOP_WORDS)
            s->rest[s->all / 64] |= 1ull << s->all % 64;
    }
}

/* --- carrying out --- */

static inline uint64_t mixed(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15;
    return h ^ h >> 32;
}

/* Of an element: its number, length, and bytes; p may be read 8 bytes beyond its end. */
static inline uint64_t of_element(uint64_t seed, uint32_t el, const char *p, size_t n)
{
    uint64_t w, h = mixed(seed, (uint64_t)n << 8 | el);
    for (; n > 8; n -= 8, p += 8) {
        memcpy(&w, p, 8);
        h = mixed(h, w);
    }
    memcpy(&w, p, 8);
    return mixed(h, w & UINT64_MAX >> (64 - 8 * n));
}

static __attribute__((noinline, cold)) uint32_t open_of(const struct rules_run *r, uint16_t loop)
{
    uint32_t i = r->opens;
    while (i-- > 0 && r->open_loop[i] != loop)
        ;
    return i;
}

/* The fingerprint in the instance of a loop that is open, NULL. */
static inline uint64_t *stream_of(struct rules_run *r, const struct group_tap *t)
{
    uint32_t i = t->depth;
    if (i >= r->opens || r->open_loop[i] != t->top)
        i = open_of(r, t->top);
    return i < r->opens ? &r->prints[r->open_prints[i] + t->stream] : NULL;
}

/* Hashes of the elements that are sent and read, by number; bits of them. */
static uint64_t take_elements(const struct rules_run *r, const struct row *w, uint64_t *of)
{
    const char *base = r->bytes.p + w->bytes - w->start;
    const uint32_t *at = (const uint32_t *)(const void *)r->ats.p + w->at;
    uint64_t sent = w->n > ELEMENTS ? UINT64_MAX : (1ull << w->n) - 1, there = 0;
    for (uint64_t m = r->b->tapped[w->node] & sent; m; m &= m - 1) {
        uint32_t el = (uint32_t)__builtin_ctzll(m), from = at[el - 1] + 1;
        if (at[el] == from)
            continue;
        of[el] = of_element(r->print_seed, el, base + from, at[el] - from);
        there |= 1ull << el;
    }
    return there;
}

/* Of what a tap reads in a row. Hashes of elements have their numbers in them: they are added up. */
static inline uint64_t of_tap(const struct group_tap *t, uint64_t own, uint64_t there,
                              const uint64_t *of)
{
    for (uint64_t m = t->els & there; m; m &= m - 1)
        own += of[__builtin_ctzll(m)];
    return own;
}

static inline void put_print(struct rules_run *r, const struct group_tap *t, uint64_t h)
{
    uint64_t *print = stream_of(r, t);
    if (print)
        *print = mixed(*print, h);
}

/* As group_take(), and remembers what the taps read, if there is a place for it. */
static __attribute__((noinline)) void take_anew(struct rules_run *r, const struct row *w,
                                                struct row_taken *to)
{
    uint64_t of[ELEMENTS + 1], there = take_elements(r, w, of);
    uint64_t own = mixed(r->print_seed, (uint64_t)w->node << 8 | 0xff);
    uint32_t n = 0;
    for (const struct group_tap *t = r->b->taps[w->node]; t; t = t->next, n++) {
        uint64_t h = of_tap(t, own, there, of);
        put_print(r, t, h);
        if (to && n < ROW_TAPS)
            to->of[n] = h;
    }
}

void group_take(struct rules_run *r, const struct row *w)
{
    const struct group_tap *t = r->b->taps[w->node];
    uint64_t print = r->c->print ^ r->print_seed;
    struct row_taken *known = &r->taken[print >> (64 - TAKEN_BITS)];
    if (!r->c->print || r->b->tap_n[w->node] > ROW_TAPS) {
        take_anew(r, w, NULL);
        return;
    }
    if (known->print != print) {
        known->print = print;
        take_anew(r, w, known);
        return;
    }
    for (const uint64_t *h = known->of; t; t = t->next)
        put_print(r, t, *h++);
}

void group_begin(struct rules_run *r, uint32_t inst)
{
    uint32_t n = r->b->prints;
    r->open_loop[r->opens] = r->inst[inst].loop;
    r->open_prints[r->opens] = inst * n;
    if ((inst + 1) * (size_t)n > r->print_room) {
        r->print_room = 2 * (inst + 1) * (size_t)n;
        r->prints = xrealloc(r->prints, r->print_room * sizeof *r->prints);
    }
    if (n)
        memset(&r->prints[inst * n], 0, r->b->streams[r->inst[inst].loop] * sizeof *r->prints);
}

/* Delimiters and the day are read as well. */
void group_set(struct rules_run *r)
{
    while (!r->print_key)
        if (getrandom(&r->print_key, sizeof r->print_key, 0) != sizeof r->print_key)
            r->print_key = 0;
    r->print_seed = mixed(r->print_key,
                          (uint64_t)(unsigned char)r->c->d.comp << 8 | (unsigned char)r->c->d.rep);
    r->print_seed = mixed(r->print_seed, (uint64_t)(r->now_us / 86400000000));
    if (!r->clean) {
        r->clean = xcalloc(1u << GROUP_BITS, sizeof *r->clean);
        r->taken = xcalloc(1u << TAKEN_BITS, sizeof *r->taken);
    }
    if (r->lucks <= r->b->group_n) {
        r->lucks = r->b->group_n + 1;
        r->luck = xrealloc(r->luck, r->lucks * sizeof *r->luck);
        memset(r->luck, 0, r->lucks * sizeof *r->luck);
    }
}

static inline void look(const struct eval *e, struct rules_run *r, const struct rule_group *g,
                        struct group_try *t)
{
    struct group_luck *luck = &r->luck[g->number];
    t->to = NULL;
    if (luck->rest) {
        luck->rest--;
        return;
    }
    if (++luck->tries == GROUP_TRIAL) { /* values that never come again are not worth the search */
        luck->rest = luck->found < GROUP_TRIAL / 4 ? 16 * GROUP_TRIAL : 0;
        luck->tries = luck->found = 0;
    }
    uint64_t h = mixed(r->print_seed, (uintptr_t)g);
    for (uint32_t i = 0; i < g->parts; i++) {
        const struct group_part *p = &g->part[i];
        uint32_t inst = e->level[p->depth];
        if (r->inst[inst].loop != p->top)
            return;
        h = mixed(h, r->prints[inst * r->b->prints + p->stream]);
    }
    t->print = h;
    t->to = &r->clean[h >> (64 - GROUP_BITS)];
    __builtin_prefetch(t->to);
}

void group_look(struct eval *e, const struct rule_group *group, uint32_t groups,
                struct group_try *to)
{
    for (uint32_t m = groups; m; m &= m - 1)
        look(e, e->r, &group[__builtin_ctz(m)], &to[__builtin_ctz(m)]);
}

void group_tried(const struct rule_group *g, const struct group_try *t, const uint64_t *fired)
{
    uint64_t own = 0;
    for (uint32_t i = 0; i < g->rules; i++)
        own |= (fired[g->rule[i] / 64] >> g->rule[i] % 64 & 1) << i;
    *t->to = (struct group_met){g, own, t->print};
}
