/* Paths of rules to the nodes of guides: once for each loop that a rule is tried in. */
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdlib.h>

static const struct {
    const char *name, *loop;
} scopes[] = {{"set", "/"},         {"provider", "2000A"},    {"subscriber", "2000B"},
              {"patient", "2000C"}, {"claim", "2300"},        {"line", "2400"},
              {"payer", "2320"},    {"adjudication", "2430"}, {"remit", "2100"},
              {"service", "2110"}};

static const char *scope_loop(const char *per)
{
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (strcmp(scopes[i].name, per) == 0)
            return scopes[i].loop;
    return per;
}

static bool named(const struct guide *g, uint16_t loop, const char *id)
{
    return strcmp(id, "/") == 0 ? loop == 0 : loop && strcmp(g->node[loop].id, id) == 0;
}

/* Some value that the path asks for is one that the guide tells this segment by. */
static bool may_qualify(const struct g_node *n, const struct path *p)
{
    if (!p->preds || n->qual.element != p->pred_el || n->qual.component != p->pred_comp)
        return true;
    for (uint32_t i = 0; i < p->preds; i++)
        if (g_has(n->qual.codes, p->pred[i]))
            return true;
    return false;
}

/* sid: number of the path's segment in this guide. */
static inline bool meant(const struct guide *g, uint16_t i, const struct path *p, int sid)
{
    const struct g_node *n = &g->node[i];
    if (n->usage == 'N' || n->loop != !*p->seg)
        return false;
    if (n->loop)
        return named(g, i, p->loop);
    return n->sid == sid && named(g, n->parent, p->loop) && may_qualify(n, p);
}

static bool holds(const struct guide *g, uint16_t loop, uint16_t node)
{
    return loop == 0 || (node >= loop && node < g->node[loop].end);
}

/* The deepest loop that holds both. */
static uint16_t common_loop(const struct guide *g, uint16_t node, uint16_t scope)
{
    uint16_t l = g->node[node].parent;
    while (l && !holds(g, l, scope))
        l = g->node[l].parent;
    return l;
}

static void want(struct bound_guide *b, uint16_t node)
{
    const struct guide *g = b->g;
    b->wanted[node] = 1;
    for (uint16_t l = g->node[node].loop ? node : g->node[node].parent; l && l != GUIDE_NONE;
         l = g->node[l].parent)
        b->wanted[g->node[l].child] = 1;
    if (g->node[node].loop)
        b->wanted[node] = 0;
}

/* Of the nodes that are meant those that are nearest to the scope. */
static void bind_path(struct rules *r, struct bound_guide *b, const struct path *p, uint16_t scope,
                      struct bound_path *to)
{
    const struct guide *g = b->g;
    uint16_t *node = arena_alloc(&r->mem, 64 * sizeof *node);
    to->node = node;
    int sid = *p->seg ? g_sid(g, phi_lit(p->seg)) : -1;
    for (uint16_t i = *p->seg && sid < 0 ? 0 : b->alike[*p->seg ? sid : GUIDE_IDS];
         i && to->nodes < 64; i = b->alike[GUIDE_IDS + 1 + i]) {
        if (!meant(g, i, p, sid))
            continue;
        uint16_t top = p->var >= 0 ? 0 : common_loop(g, i, scope);
        if (to->nodes && g->node[top].depth < g->node[to->top].depth)
            continue;
        if (to->nodes && g->node[top].depth > g->node[to->top].depth)
            to->nodes = 0;
        to->top = top;
        node[to->nodes++] = i;
    }
    to->depth = g->node[to->top].depth;
    for (uint32_t i = 0; i < to->nodes; i++)
        want(b, node[i]);
}

static void add_rule(struct rules *r, struct bound_guide *b, const struct rule *u, uint16_t scope,
                     bool *bound)
{
    struct bound_path *path = arena_alloc(&r->mem, (u->paths + 1) * sizeof *path);
    for (uint32_t k = 0; k < u->paths; k++) {
        const struct path *p = &u->path[k];
        if (p->var >= 0 && !*p->seg)
            bound[k] = true;
        else
            bind_path(r, b, p, scope, &path[k]);
        bound[k] |= path[k].nodes > 0;
    }
    if (scope)
        want(b, scope);
    if (!b->least || u->level < b->least)
        b->least = u->level;
    uint32_t n = b->ofs[scope];
    if ((n & (n - 1)) == 0) { /* full: twice the room */
        struct bound_rule *all = arena_alloc(&r->mem, (n ? n * 2 : 1) * sizeof *all);
        if (n)
            memcpy(all, b->of[scope], n * sizeof *all);
        b->of[scope] = all;
    }
    b->of[scope][b->ofs[scope]++] =
        (struct bound_rule){.rule = u,
                            .path = path,
                            .level = u->level,
                            .dated = u->dated && (u->from != INT32_MIN || u->to != INT32_MAX)};
}

/* Segments that say who pays a claim. */
static void want_payer(struct bound_guide *b)
{
    for (uint16_t i = 1; i < b->g->nodes && b->payers < 4; i++)
        if (!b->g->node[i].loop && strcmp(b->g->node[i].id, "NM1") == 0 &&
            strcmp(b->g->node[b->g->node[i].parent].id, "2010BB") == 0) {
            b->payer[b->payers++] = i;
            want(b, i);
        }
}

static int by_partner(const void *a, const void *b)
{
    const struct bound_rule *x = a, *y = b;
    const struct profile *p = x->rule->profile, *q = y->rule->profile;
    return (p > q) - (p < q);
}

/* Rules of all first, then those of each partner together. */
static void sort_partners(struct bound_guide *b)
{
    for (uint32_t s = 0; s < b->g->nodes; s++) {
        if (!b->ofs[s] || !b->of[s][b->ofs[s] - 1].rule->profile)
            continue;
        qsort(b->of[s], b->ofs[s], sizeof *b->of[s], by_partner);
    }
}

static bool bind_rule(struct rules *r, const struct rule *u, struct buf *error)
{
    bool bound[PATHS] = {0}, scoped = false;
    const char *loop = scope_loop(u->per);
    for (uint32_t k = 0; k < u->ons; k++) {
        bool known = false;
        for (uint32_t i = 0; i < r->bounds; i++) {
            struct bound_guide *b = &r->bound[i];
            if (strcmp(b->g->name, u->on_name[k]) != 0)
                continue;
            known = true;
            for (uint16_t n = 0; n < b->g->nodes; n++)
                if (b->g->node[n].loop && named(b->g, n, loop)) {
                    add_rule(r, b, u, n, bound);
                    scoped = true;
                }
        }
        if (!known)
            return rule_fault(&u->src, u->on_at[k], error, "there is no guide of this name");
    }
    if (!scoped)
        return rule_fault(&u->src, u->per_at, error, "the guide has no such loop");
    for (uint32_t k = 0; k < u->paths; k++)
        if (!bound[k])
            return rule_fault(&u->src, u->path[k].at, error,
                              "the guide has no such segment or loop");
    return true;
}

static bool same_value(const struct memo_key *k, const struct path *p, const struct bound_path *to)
{
    const struct path *q = k->path;
    if (q->el_to != p->el_to || q->comp_to != p->comp_to || q->el_step != p->el_step)
        return false;
    if (k->node != to->node[0] || k->top != to->top || q->el != p->el || q->comp != p->comp ||
        q->preds != p->preds ||
        (p->preds && (q->pred_el != p->pred_el || q->pred_comp != p->pred_comp)))
        return false;
    for (uint32_t i = 0; i < p->preds; i++)
        if (!phi_eq(q->pred[i], p->pred[i]))
            return false;
    return true;
}

static void set_mask(const struct bound_guide *b, struct bound_path *p)
{
    for (uint32_t m = 0; m < p->nodes; m++) {
        const struct g_node *g = &b->g->node[p->node[m]];
        p->mask |= (captures)1 << b->slot[g->loop ? g->child : p->node[m]];
    }
}

/* The same value of the same instance under one number. */
uint16_t memo_of(struct bound_guide *b, const struct path *p, const struct bound_path *to,
                 struct memo_key *keys)
{
    uint16_t i = 1;
    if (p->var >= 0 || to->nodes != 1 || !*p->seg)
        return 0;
    while (i <= b->memos && !same_value(&keys[i], p, to))
        i++;
    if (i == MEMOS)
        return 0;
    if (i > b->memos)
        keys[++b->memos] = (struct memo_key){p, to->node[0], to->top};
    return i;
}

/* Single values by themselves; of several, how many there are. */
static void set_memo(struct bound_guide *b, const struct path *p, struct bound_path *to,
                     struct memo_key *keys)
{
    bool single = p->el == p->el_to && p->comp == p->comp_to;
    *(single ? &to->memo : &to->count) = memo_of(b, p, to, keys);
}

static void set_needs(struct bound_rule *u)
{
    for (uint32_t j = 0; j < u->rule->paths && u->needs < RULE_NEEDS; j++) {
        if (!rule_needs(u->rule, j))
            continue;
        u->need[u->needs] = u->path[j].mask;
        u->need_depth[u->needs++] = u->path[j].depth;
    }
}

static void set_masks(struct rules *r, struct bound_guide *b)
{
    uint8_t n = 0;
    struct memo_key keys[MEMOS];
    for (uint32_t i = 0; i < b->g->nodes; i++)
        if (b->wanted[i])
            b->slot[i] = n++ % CAPTURES;
    for (uint16_t s = 0; s < b->g->nodes; s++) {
        for (uint32_t k = 0; k < b->ofs[s]; k++) {
            struct bound_rule *u = &b->of[s][k];
            for (uint32_t j = 0; j < u->rule->paths; j++) {
                struct bound_path *p = (struct bound_path *)&u->path[j];
                set_mask(b, p);
                set_memo(b, &u->rule->path[j], p, keys);
            }
            set_needs(u);
            flat_make(r, b, u, keys);
            group_rule(r, b, s, u);
        }
        if (b->ofs[s])
            group_rest(r, b, s);
    }
    for (uint16_t s = 0; s < b->g->nodes; s++)
        b->prints = b->streams[s] > b->prints ? b->streams[s] : b->prints;
}

static void set_loops(struct bound_guide *b)
{
    const struct guide *g = b->g;
    bool is837 = strcmp(g->transaction, "837") == 0, is835 = strcmp(g->transaction, "835") == 0;
    for (uint32_t i = 1; i < g->nodes; i++) {
        const struct g_node *n = &g->node[i];
        if (!n->loop && is837 && strcmp(n->id, "CLM") == 0)
            b->claim[b->claim[0] != 0] = (uint16_t)i;
        if (!n->loop)
            continue;
        b->unit[i] = (is837 && !strcmp(n->id, "2300")) || (is835 && !strcmp(n->id, "2100"));
        b->pops[i] = b->unit[i] || (is837 && !strcmp(g->node[n->child].id, "HL")) ||
                     (is835 && !strcmp(n->id, "2000"));
        /* That a claim ends has to be seen also when no rule reads what comes next. */
        if (b->pops[i] || (is835 && n->parent == 0))
            b->wanted[n->child] = 1;
    }
}

/* Those of partners, or those of all. */
static bool bind_folders(struct rules *r, bool partners, struct buf *error)
{
    for (uint32_t i = 0; i < r->n; i++) {
        const struct rule *u = r->rule[i];
        bool wanted = !r->only_profiled || u->profiled || u->partner;
        bool mine = (u->partner != NULL) == partners && (!u->partner || r->profiles);
        if (u->need && !u->waits && wanted && mine && !bind_rule(r, u, error))
            return false;
    }
    return true;
}

/* Chains of the segments of an id, and of the loops, in the order of the guide. */
static void chain_alike(struct rules *r, struct bound_guide *b)
{
    const struct guide *g = b->g;
    b->alike = arena_alloc(&r->mem, (GUIDE_IDS + 1 + g->nodes) * sizeof *b->alike);
    for (uint16_t i = g->nodes; i-- > 1;) {
        uint16_t *first = &b->alike[g->node[i].loop ? GUIDE_IDS : g->node[i].sid];
        b->alike[GUIDE_IDS + 1 + i] = *first;
        *first = i;
    }
}

bool rules_bind(struct rules *r, struct buf *error)
{
    r->bound = arena_alloc(&r->mem, (r->guides->guides + 1) * sizeof *r->bound);
    for (uint32_t i = 0; i < r->guides->guides; i++) {
        struct bound_guide *b = &r->bound[r->bounds++];
        const struct guide *g = b->g = r->guides->guide[i];
        b->wanted = arena_alloc(&r->mem, g->nodes);
        b->slot = arena_alloc(&r->mem, g->nodes);
        b->of = arena_alloc(&r->mem, g->nodes * sizeof *b->of);
        b->ofs = arena_alloc(&r->mem, g->nodes * sizeof *b->ofs);
        b->groups = arena_alloc(&r->mem, g->nodes * sizeof *b->groups);
        b->taps = arena_alloc(&r->mem, g->nodes * sizeof *b->taps);
        b->tapped = arena_alloc(&r->mem, g->nodes * sizeof *b->tapped);
        b->tap_n = arena_alloc(&r->mem, g->nodes * sizeof *b->tap_n);
        b->streams = arena_alloc(&r->mem, g->nodes);
        b->unit = arena_alloc(&r->mem, g->nodes);
        b->pops = arena_alloc(&r->mem, g->nodes);
        chain_alike(r, b);
    }
    if (!bind_folders(r, false, error) || !bind_folders(r, true, error))
        return false;
    for (uint32_t i = 0; i < r->laids; i++)
        if (!bind_rule(r, r->laid[i], error))
            return false;
    for (uint32_t i = 0; i < r->bounds && profiles_count(r->profiles); i++) {
        want_payer(&r->bound[i]);
        sort_partners(&r->bound[i]);
    }
    for (uint32_t i = 0; i < r->bounds; i++) {
        set_loops(&r->bound[i]);
        /* Of claims and payments there are millions: nothing is kept of them for the sake of a
         * warning at the levels that the walk itself carries out. */
        bool many = strcmp(r->bound[i].g->transaction, "837") == 0 ||
                    strcmp(r->bound[i].g->transaction, "835") == 0;
        if (many && r->bound[i].least && r->bound[i].least < 4)
            r->bound[i].least = 4;
        set_masks(r, &r->bound[i]);
    }
    return true;
}
