/* While a set is walked: rows and instances, and the rules of each loop that ends. */
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdlib.h>

static struct inst *top(struct rules_run *r)
{
    return &r->inst[r->open[r->opens - 1]];
}

/* --- findings --- */

static uint32_t data_element(const struct g_node *n, const struct hit *h)
{
    if (!h->el || h->el > n->elems_n)
        return 0;
    const struct g_elem *e = &n->elems[h->el - 1];
    if (h->comp && h->comp <= e->comps)
        return e->comp[h->comp - 1].de;
    return e->de;
}

/* What the profile of the payer makes of it; that of the sender is seen to by the walk. */
static enum severity rule_severity(const struct rule *u, const struct profile *payer,
                                   const struct check *c, const struct g_node *n)
{
    enum severity s = u->profiled ? u->checked : u->severity;
    if (!payer)
        return s;
    const char *loop = n->parent ? check_node(c, n->parent)->id : "";
    return profile_severity(payer, u->id, loop, n->id, s);
}

/* A value, or a component of it, with a blank at its end is told already (S1-045): no list has it. */
static bool blank_edged(phi_str v, char comp)
{
    bool edge = true; /* behind a separator */
    for (size_t i = 0; i < v.n; i++) {
        bool last = i + 1 == v.n || v.p[i + 1] == comp;
        if (v.p[i] == ' ' && (edge || last))
            return true;
        edge = v.p[i] == comp;
    }
    return false;
}

static void tell(struct rules_run *r, const struct rule *u, const struct hit *h)
{
    struct check *c = r->c;
    const struct row *w = &r->row[h->row];
    const struct g_node *n = check_node(c, w->node);
    phi_str v = h->el ? hit_value(r, h) : phi_of("", 0);
    uint64_t off = w->off;
    if (blank_edged(v, c->d.comp))
        return;
    if (h->el)
        off += (uint64_t)(row_el(r, w, h->el).p - (r->bytes.p + w->bytes));
    uint64_t faulted = c->faulted;
    uint16_t rep = c->rep;
    c->rep = 0;
    c->about = w->node;
    enum severity sev = rule_severity(u, r->payer, c, n);
    struct finding *f = check_find_el(c, u->id, sev, u->report, h->el, h->comp, data_element(n, h),
                                      v, "%s", u->text);
    c->about = GUIDE_NONE;
    c->faulted = faulted;
    c->rep = rep;
    if (!f)
        return;
    f->level = u->level;
    check_move(c, f, w->pos, off, n->id, check_node(c, n->parent));
    if (n->parent == 0)
        f->loop[0] = 0;
    const struct inst *claim = r->unit ? &r->inst[r->open[r->unit]] : NULL;
    f->claim = claim && h->row >= claim->from ? r->claim : 0;
}

static bool sound(const struct rules_run *r, uint32_t inst)
{
    for (;; inst = r->inst[inst].parent) {
        if (r->inst[inst].marred)
            return false;
        if (!inst)
            return true;
    }
}

static inline bool may_fire(const struct bound_rule *u, const captures *there)
{
    for (uint32_t i = 0; i < u->needs; i++)
        if (!(u->need[i] & there[u->need_depth[i]]))
            return false;
    return true;
}

/* The profile of the payer of the claim at hand. */
static const struct profile *payer_of(const struct rules_run *r)
{
    for (uint32_t i = 0; i < r->b->payers; i++) {
        uint32_t row = r->last[r->b->payer[i]];
        if (row)
            return profiles_of_payer(r->rules->profiles, row_el(r, &r->row[row - 1], 9));
    }
    return NULL;
}

/* The first rule of that partner, or of a later one. */
static uint32_t first_of(const struct bound_rule *of, uint32_t n, const struct profile *p)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (of[mid].rule->profile < p)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* An instance that rules are tried in. */
struct trial {
    struct eval e;
    const captures *there; /* what came in the instances that hold it, by depth */
};

/* True when it fires; it is known that it may. */
static bool fires(struct rules_run *r, const struct bound_rule *u, struct trial *t)
{
    struct eval *e = &t->e;
    e->u = u->rule;
    e->path = u->path;
    if ((u->dated && !rule_in_force(e)) ||
        (u->flat_when && flat_truth(e, u->flat, u->flat_when) != YES))
        return false;
    e->placed = false;
    if (flat_truth(e, u->flat, u->flat_need) != NO)
        return false;
    struct hit at = rule_place(e);
    tell(r, u->rule, &at);
    return true;
}

/* Whether its level is looked at. */
static inline bool within(const struct rules_run *r, const struct bound_rule *u)
{
    const struct rule *w = u->rule;
    return !r->max_level || u->level <= r->max_level ||
           (r->profiles && (w->profiled || w->partner || w->laid));
}

static void try_rule(struct rules_run *r, const struct bound_rule *u, struct trial *t)
{
    /* The walk has in its guide what the profile of the sender says. */
    bool laid = u->rule->laid && u->rule->profile == r->sender;
    if (within(r, u) && may_fire(u, t->there) && !laid)
        fires(r, u, t);
}

static inline void want_rule(uint64_t *wanted, uint32_t rule)
{
    wanted[rule / 64] |= 1ull << rule % 64;
}

/* Whether a rule can fire where so much came. */
static bool may_ever(const struct bound_rule *u, const captures *there)
{
    uint32_t absent = 0;
    for (uint32_t i = 0; i < u->rule->paths; i++)
        absent |= (uint32_t) !(u->path[i].mask & there[u->path[i].depth]) << i;
    return rule_may_fire(u->rule, absent);
}

static __attribute__((noinline)) void find_may(struct rules_run *r, const captures *there,
                                               uint16_t loop, struct may_met *m)
{
    const struct rule_groups *s = &r->b->groups[loop];
    const struct bound_rule *of = r->b->of[loop];
    size_t depths = r->b->g->node[loop].depth + 1u;
    memset(m, 0, sizeof *m);
    m->b = depths > MAY_DEPTHS ? NULL : r->b;
    m->loop = loop;
    memcpy(m->there, there, m->b ? depths * sizeof *there : 0);
    for (uint32_t i = 0; i < s->all && i < 64 * LOOP_WORDS; i++)
        if (within(r, &of[i]) && may_ever(&of[i], there))
            want_rule(m->rules, i);
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < s->group[i].rules; k++) {
            uint32_t rule = s->group[i].rule[k];
            m->groups |= (uint32_t)(m->rules[rule / 64] >> rule % 64 & 1) << i;
        }
    for (uint32_t w = 0; w < LOOP_WORDS; w++)
        m->rest[w] = m->rules[w] & s->rest[w];
}

/* The rules and groups that may fire in an instance: that goes by what came in those that hold it. */
static const struct may_met *may_of(struct rules_run *r, const struct trial *t, uint16_t loop)
{
    const captures *asked = r->b->groups[loop].asked;
    captures there[GUIDE_DEPTH + 2];
    size_t depths = r->b->g->node[loop].depth + 1u;
    uint64_t h = loop;
    for (size_t i = 0; i < depths; i++) {
        there[i] = t->there[i] & asked[i];
        h = ((h ^ (uint64_t)there[i]) * 0x9e3779b97f4a7c15 ^ (uint64_t)(there[i] >> 64)) *
            0xd6e8feb86659fd93;
        h ^= h >> 32;
    }
    struct may_met *m = &r->may[h * 0x9e3779b97f4a7c15 >> (64 - MAYS_BITS)];
    if (m->b != r->b || m->loop != loop || memcmp(m->there, there, depths * sizeof *there) != 0)
        find_may(r, there, loop, m);
    return m;
}

/* The rules of a group, or those of them that fired with the same values before. */
static void want_group(struct rules_run *r, const struct rule_group *g, struct group_try *at,
                       uint64_t *wanted)
{
    const struct group_met *met = group_known(r, g, at);
    for (uint64_t m = met ? met->fired : 0; m; m &= m - 1)
        want_rule(wanted, g->rule[__builtin_ctzll(m)]);
    for (uint32_t i = 0; !met && i < g->rules; i++)
        want_rule(wanted, g->rule[i]);
}

/* Rules of all partners, in their order: those of groups whose values came before are left out. */
static void try_all(struct rules_run *r, struct trial *t, uint16_t loop)
{
    const struct rule_groups *s = &r->b->groups[loop];
    const struct bound_rule *of = r->b->of[loop];
    const struct may_met *may = may_of(r, t, loop);
    struct group_try at[GROUPS];
    uint64_t wanted[LOOP_WORDS], fired[LOOP_WORDS] = {0};
    memcpy(wanted, may->rest, sizeof wanted);
    group_look(&t->e, s->group, may->groups, at);
    for (uint32_t m = may->groups; m; m &= m - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(m);
        want_group(r, &s->group[i], &at[i], wanted);
    }
    for (uint32_t w = 0; w < LOOP_WORDS; w++)
        for (uint64_t m = wanted[w] & may->rules[w]; m; m &= m - 1)
            if (fires(r, &of[64 * w + (uint32_t)__builtin_ctzll(m)], t))
                fired[w] |= m & -m;
    for (uint32_t i = 64 * LOOP_WORDS; i < s->all; i++)
        try_rule(r, &of[i], t);
    for (uint32_t m = may->groups; m; m &= m - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(m);
        if (at[i].to)
            group_tried(&s->group[i], &at[i], fired);
    }
}

static void try_partner(struct rules_run *r, struct trial *t, const struct profile *p)
{
    uint16_t loop = r->inst[t->e.inst].loop;
    const struct bound_rule *of = r->b->of[loop];
    for (uint32_t i = first_of(of, r->b->ofs[loop], p);
         i < r->b->ofs[loop] && of[i].rule->profile == p; i++)
        try_rule(r, &of[i], t);
}

static void try_rules(struct rules_run *r, uint32_t inst)
{
    const struct guide *g = r->b->g;
    uint16_t loop = r->inst[inst].loop;
    uint32_t level[GUIDE_DEPTH + 2], depth = g->node[loop].depth;
    captures there[GUIDE_DEPTH + 2]; /* what came in the instances that hold this one */
    if (!r->b->ofs[loop] || r->inst[inst].from >= r->rows || !sound(r, inst))
        return;
    for (uint32_t i = 0; i <= depth; i++)
        level[i] = 0;
    for (uint32_t i = inst; i; i = r->inst[i].parent)
        level[g->node[r->inst[i].loop].depth] = i;
    for (uint32_t i = 0; i <= depth; i++)
        there[i] = r->inst[level[i]].mask;
    struct trial t;
    t.there = there;
    t.e.r = r;
    t.e.inst = inst;
    t.e.level = level;
    try_all(r, &t, loop);
    if (r->payer)
        try_partner(r, &t, r->payer);
    if (r->sender && r->sender != r->payer)
        try_partner(r, &t, r->sender);
}

/* --- instances --- */

static void drop(struct rules_run *r, uint32_t inst)
{
    uint32_t from = r->inst[inst].from;
    if (from < r->rows) {
        r->bytes.len = r->row[from].bytes;
        r->ats.len = r->row[from].at * sizeof(uint32_t);
    }
    for (uint32_t i = from; i < r->rows; i++) {
        r->last[r->row[i].node] = 0;
        if (r->first[r->row[i].node] > from)
            r->first[r->row[i].node] = 0;
    }
    r->rows = from;
    r->insts = inst;
}

/* Instances that hold the innermost one have what it has. */
static void hand_up(struct rules_run *r)
{
    for (uint32_t i = r->opens; --i > 0;)
        r->inst[r->open[i - 1]].mask |= r->inst[r->open[i]].mask;
}

static void close_top(struct rules_run *r)
{
    uint32_t at = r->opens - 1, inst = r->open[at];
    uint16_t loop = r->inst[inst].loop;
    hand_up(r);
    r->inst[inst].to = r->rows;
    if (r->unit && at == r->unit) {
        r->payer = r->b->payers ? payer_of(r) : NULL;
        for (uint32_t i = inst; i < r->insts; i++)
            try_rules(r, i);
        r->unit = 0;
        r->payer = NULL;
    } else if (!r->unit) {
        try_rules(r, inst);
    }
    r->opens--;
    if (r->b->pops[loop])
        drop(r, inst);
}

static void begin(struct rules_run *r, uint16_t loop)
{
    if (r->insts == r->inst_cap) {
        r->inst_cap = r->inst_cap ? r->inst_cap * 2 : 64;
        r->inst = xrealloc(r->inst, r->inst_cap * sizeof *r->inst);
    }
    if (r->opens == sizeof r->open / sizeof *r->open)
        return;
    r->inst[r->insts] = (struct inst){.parent = r->opens ? r->open[r->opens - 1] : 0,
                                      .serial = ++r->serial,
                                      .from = r->rows,
                                      .to = UINT32_MAX,
                                      .loop = loop};
    group_begin(r, r->insts);
    r->open[r->opens++] = r->insts++;
    if (r->b->unit[loop] && !r->unit) {
        r->unit = r->opens - 1;
        r->claim = r->c->r.claims;
    }
}

/* buf_room() without a call where there is room; what has no memory yet has no room either. */
static inline char *room(struct buf *b, size_t more)
{
    return b->cap - b->len >= more ? b->p + b->len : buf_room(b, more);
}

/* memcpy() of a few words, without a call. */
static inline void copy_short(char *to, const char *from, size_t n)
{
    if (n < 8 || n > 128) {
        memcpy(to, from, n);
        return;
    }
    uint64_t tail;
    memcpy(&tail, from + n - 8, 8);
    for (size_t i = 0; i + 8 < n; i += 8)
        memcpy(to + i, from + i, 8);
    memcpy(to + n - 8, &tail, 8);
}

static void keep(struct rules_run *r, uint16_t node, const struct edi_seg *s)
{
    if (r->rows == r->row_cap) {
        r->row_cap = r->row_cap ? r->row_cap * 2 : 64;
        r->row = xrealloc(r->row, r->row_cap * sizeof *r->row);
    }
    phi_str all = seg_bytes(s);
    if (r->last[node])
        r->row[r->last[node] - 1].next = r->rows;
    if (!r->first[node])
        r->first[node] = r->rows + 1;
    r->last[node] = r->rows + 1;
    struct row *w = &r->row[r->rows++];
    *w = (struct row){.off = s->off,
                      .pos = r->c->pos,
                      .bytes = (uint32_t)r->bytes.len,
                      .at = (uint32_t)(r->ats.len / sizeof(uint32_t)),
                      .start = s->start,
                      .node = node,
                      .n = (uint16_t)s->n};
    copy_short(room(&r->bytes, all.n + 8), all.p, all.n); /* group_take() reads a little beyond */
    r->bytes.len += all.n;
    copy_short(room(&r->ats, s->n * sizeof *s->at + 1), (const char *)s->at, s->n * sizeof *s->at);
    r->ats.len += s->n * sizeof *s->at;
    if (r->b->taps[node])
        group_take(r, w);
    int64_t charge;
    if ((node == r->b->claim[0] || node == r->b->claim[1]) && r->charged != INT64_MIN)
        r->charged = money_parse(seg_el(s, 2), &charge) && money_add(r->charged, charge, &charge)
                         ? charge
                         : INT64_MIN;
    top(r)->mask |= (captures)1 << r->b->slot[node];
}

static void mark(struct rules_run *r, uint32_t open)
{
    const struct guide *g = r->b->g;
    for (uint32_t i = open + 1; i-- > 0;) {
        struct inst *in = &r->inst[r->open[i]];
        const struct g_node *n = &g->node[in->loop];
        in->marred = true;
        if (n->parent == 0 || r->b->unit[in->loop] || r->b->pops[in->loop] ||
            strcmp(g->node[n->child].id, "HL") == 0)
            return;
    }
}

/* The innermost open loop that had begun at that position. */
static uint32_t open_at(const struct rules_run *r, uint32_t position)
{
    uint32_t i = r->opens - 1;
    while (i && r->row[r->inst[r->open[i]].from].pos > position)
        i--;
    return i;
}

/* A loop without its first segment, or an order that is not the guide's: what belongs to what in
 * this set is a guess. */
static bool disorder(const struct rules_run *r, const struct held_finding *h)
{
    const struct guide *g = r->b->g;
    if (strcmp(h->f.rule, "S1-031") == 0)
        return true;
    return h->missing != GUIDE_NONE && !g->node[h->missing].loop &&
           g->node[g->node[h->missing].parent].child == h->missing;
}

/* Takes back what rules said of the claim before and this one. */
static void retract(struct rules_run *r)
{
    struct check *c = r->c;
    r->inst[0].marred = true;
    for (uint32_t i = 0; i < c->held_n; i++) {
        struct held_finding *h = &c->held[i];
        if (h->gone || h->f.level < 4 || h->f.claim + 1 < c->r.claims)
            continue;
        h->gone = true;
        c->r.findings--;
    }
}

/* Lays the faults that were found since the last time to loops: what lies before the present
 * segment to those that were open there, what it has itself (`own`) to those that are open now. */
static void blame(struct rules_run *r, bool own)
{
    struct check *c = r->c;
    r->held = r->held <= c->held_n ? r->held : 0;
    for (uint32_t i = r->held; i < c->held_n; i++) {
        const struct held_finding *h = &c->held[i];
        if (disorder(r, h))
            retract(r);
        bool its = i >= c->own_from && h->f.position >= c->pos;
        if (!h->gone && h->f.severity > SEV_WARNING && h->f.level < 4 && its == own)
            mark(r, its || h->f.position >= c->pos ? r->opens - 1 : open_at(r, h->f.position));
    }
    if (own)
        r->held = c->held_n;
}

/* --- what the walk calls --- */

static const uint8_t *set_begins(void *ctx, struct check *c, const struct guide *g)
{
    struct rules_run *r = ctx;
    r->b = NULL;
    for (uint32_t i = 0; i < r->rules->bounds; i++)
        if (r->rules->bound[i].g == (g->base ? g->base : g))
            r->b = &r->rules->bound[i];
    if (!r->b || !r->b->least || (r->max_level && r->max_level < r->b->least && !r->profiles))
        return NULL;
    r->c = c;
    r->rows = r->insts = r->opens = r->unit = r->held = 0;
    r->bytes.len = r->ats.len = 0;
    r->charged = 0;
    lua_run_set(r->lua);
    r->seens = 0;
    if (!r->remembers)
        met_clear(&r->met);
    r->set++;
    if (r->lasts < g->nodes) {
        r->last = xrealloc(r->last, g->nodes * sizeof *r->last);
        r->first = xrealloc(r->first, g->nodes * sizeof *r->first);
        r->lasts = g->nodes;
    }
    if (r->memos <= r->b->memos) {
        r->memos = r->b->memos + 1u;
        r->memo = xrealloc(r->memo, r->memos * sizeof *r->memo);
        memset(r->memo, 0, r->memos * sizeof *r->memo);
    }
    group_set(r);
    memset(r->last, 0, g->nodes * sizeof *r->last);
    memset(r->first, 0, g->nodes * sizeof *r->first);
    begin(r, 0);
    return r->b->wanted;
}

static void segment(void *ctx, struct check *c, uint16_t node, const struct edi_seg *s)
{
    struct rules_run *r = ctx;
    const struct guide *g = r->b->g;
    uint16_t loop = g->node[node].parent;
    bool first = loop && g->node[loop].child == node;
    bool faults = r->held != c->held_n;
    if (faults)
        blame(r, false);
    while (r->opens > 1) {
        uint16_t l = top(r)->loop;
        if (loop >= l && loop < g->node[l].end && !(first && l == loop))
            break;
        close_top(r);
    }
    if (first)
        begin(r, loop);
    keep(r, node, s);
    if (faults)
        blame(r, true);
    r->held = c->held_n;
}

static void set_ends(void *ctx, struct check *c)
{
    struct rules_run *r = ctx;
    (void)c;
    blame(r, false);
    while (r->opens)
        close_top(r);
}

struct rules_run *rules_run_new(const struct rules *rules, uint8_t max_level, int64_t now_us)
{
    struct rules_run *r = xcalloc(1, sizeof *r);
    r->rules = rules;
    r->max_level = max_level;
    r->now_us = now_us;
    r->watch = (struct check_watch){r, set_begins, segment, set_ends};
    return r;
}

const struct check_watch *rules_run_watch(struct rules_run *r)
{
    return &r->watch;
}

void rules_run_profiles(struct rules_run *r)
{
    r->profiles = true;
}

void rules_run_today(struct rules_run *r, int64_t now_us)
{
    r->now_us = now_us;
}

void rules_run_sender(struct rules_run *r, const struct profile *p)
{
    r->sender = p;
}

void rules_run_remembers(struct rules_run *r)
{
    r->remembers = true;
}

void rules_run_free(struct rules_run *r)
{
    if (!r)
        return;
    free(r->row);
    free(r->inst);
    free(r->last);
    free(r->first);
    free(r->memo);
    free(r->clean);
    free(r->taken);
    free(r->luck);
    free(r->prints);
    lua_run_free(r->lua);
    free(r->seen);
    met_free(&r->met);
    buf_free(&r->bytes);
    buf_free(&r->ats);
    free(r);
}
