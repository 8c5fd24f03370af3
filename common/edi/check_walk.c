/*
 * The walk: where a segment stands in its guide, and the most likely reading of one that may not
 * stand where it does.
 *
 * A fault has several readings (a segment too many, one that is missing before it, a wrong
 * qualifier, a wrong order). Each is tried against the next few segments; the one after which
 * most of them fit is told, and the walk goes on from there. That is what keeps one fault at one
 * finding.
 */
#include "common/edi/check_int.h"
#include "common/edi/check_pick.h"

/* --- what came and what is missing --- */

static struct seen *seen_of(struct check *c, uint16_t node)
{
    struct seen *s = &c->seen[node];
    uint32_t in = c->instance[c->g->node[node].parent];
    if (s->stamp != in)
        *s = (struct seen){.stamp = in};
    return s;
}

/* A set of nothing but ST and SE lacks everything: the first of it is told. */
static bool empty_set(const struct check *c)
{
    return c->pos == 2 && c->seg && seg_is(c->seg, "SE") && c->held_n &&
           c->held[c->held_n - 1].missing != GUIDE_NONE;
}

static void need(struct check *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint16_t r = c->g->req[i];
        struct seen *s = &c->seen[r];
        if (s->stamp == c->instance[c->g->node[r].parent] && (s->n || s->guessed))
            continue;
        if (!empty_set(c))
            check_found_missing(c, r);
        seen_of(c, r)->guessed = true; /* told once */
    }
}

/* Counts a segment or loop that came; true when it is the first beyond its maximum. */
static bool count(struct check *c, uint16_t node, bool guess)
{
    const struct g_node *n = check_node(c, node);
    struct seen *s = seen_of(c, node);
    if (guess) {
        s->guessed = true;
        return false;
    }
    s->n++;
    if (!n->max || s->n <= n->max || s->told)
        return false;
    s->told = true;
    return true;
}

static uint16_t child_towards(const struct guide *g, uint16_t loop, uint16_t node)
{
    while (g->node[node].parent != loop)
        node = g->node[node].parent;
    return node;
}

/* Leaves loops until `common` is the loop of the walk; says what is missing in them and, in
 * `common`, before `to`, unless it is known that nothing is (`complete`). */
static void leave(struct check *c, uint16_t common, uint16_t to, bool complete)
{
    const struct guide *g = c->g;
    uint16_t cur = c->at, f = g->node[cur].parent;
    for (; f != common; cur = f, f = g->node[f].parent) {
        if (!complete)
            need(c, g->node[cur].req, g->node[cur].req_end);
        if (g->node[f].sid == c->hl_sid)
            check_hl_leave(c, &g->node[f]);
    }
    if (!complete && g->node[to].group > g->node[cur].group)
        need(c, g->node[cur].req, g->node[to].req);
}

static uint32_t lacking(const struct check *c, uint32_t from, uint32_t to)
{
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++) {
        uint16_t r = c->g->req[i];
        const struct seen *s = &c->seen[r];
        n += s->stamp != c->instance[c->g->node[r].parent] || !(s->n || s->guessed);
    }
    return n;
}

/* How many segments and loops would be missing after a move. */
static uint32_t lacks(const struct check *c, struct g_move m)
{
    const struct guide *g = c->g;
    uint16_t cur = c->at, f = g->node[cur].parent;
    uint16_t to = g->node[m.node].parent == m.common ? m.node : g->node[m.node].parent;
    uint32_t n = 0;
    for (; f != m.common; cur = f, f = g->node[f].parent)
        n += lacking(c, g->node[cur].req, g->node[cur].req_end);
    if (g->node[to].group > g->node[cur].group)
        n += lacking(c, g->node[cur].req, g->node[to].req);
    return n;
}

static inline bool any_lacking(const struct check *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint16_t r = c->g->req[i];
        const struct seen *s = &c->seen[r];
        if (s->stamp != c->instance[c->g->node[r].parent] || !(s->n || s->guessed))
            return true;
    }
    return false;
}

/* True when nothing would be missing after a move. */
static bool lacks_nothing(const struct check *c, struct g_move m)
{
    const struct g_node *node = c->g->node;
    uint16_t cur = c->at, f = node[cur].parent;
    for (; f != m.common; cur = f, f = node[f].parent)
        if (any_lacking(c, node[cur].req, node[cur].req_end))
            return false;
    const struct g_node *to = &node[m.node];
    if (to->parent != m.common)
        to = &node[to->parent];
    return to->group <= node[cur].group || !any_lacking(c, node[cur].req, to->req);
}

/* Nothing is missing in a loop that should not be there. */
static void forgive(struct check *c, uint16_t first)
{
    const struct g_node *n = check_node(c, first);
    for (uint32_t i = n->req; i < n->req_end; i++)
        seen_of(c, c->g->req[i])->guessed = true;
}

/* Begins an instance of a loop. */
static void begin_loop(struct check *c, uint16_t loop, bool guess)
{
    bool over = count(c, loop, guess);
    c->instance[loop] = ++c->stamp;
    if (over) {
        c->at = loop;
        const struct g_node *n = check_node(c, loop);
        check_find(c, "S1-034", SEV_TRANSACTION, "IK304:4",
                   n->max == 1 ? "loop %s comes more often than once"
                               : "loop %s comes more often than %u times",
                   n->id, n->max);
        forgive(c, g_first(c->g, loop));
    }
    seen_of(c, g_first(c->g, loop))->n = 1;
}

static void too_many(struct check *c, const struct g_node *n)
{
    check_find(c, "S1-033", SEV_TRANSACTION, "IK304:5", "segment %s comes more often than %s",
               n->id, n->max == 1 ? "once" : "allowed here");
}

/* --- a segment where it may stand --- */

static void numbers(struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    if (n->sid == c->hl_sid)
        check_hl(c, s, &c->g->node[n->parent]);
    else if (n->sid == c->lx_sid)
        check_lx(c, s, &c->g->node[n->parent]);
    else if (n->sid == c->se_sid)
        check_se(c, s);
}

static void balance(struct check *c, const struct edi_seg *s, uint8_t tag)
{
    if (c->b837)
        balance837_segment(c, s, tag);
    else if (c->b835)
        balance835_segment(c, s, tag);
}

/* A segment as far as it takes to tell it from another that begins the same loop. */
static struct head head_of(const struct edi_seg *s)
{
    struct head h = {.n = s->at[s->n - 1] - s->start};
    memcpy(h.text, s->base + s->start, h.n < sizeof h.text ? h.n : sizeof h.text);
    return h;
}

/* The segment is at node `to`, of which `over` says that it came too often. */
static void arrive(struct check *c, const struct edi_seg *s, uint16_t to, bool over, bool stay)
{
    const struct g_node *n = check_node(c, to);
    uint16_t back = c->at;
    c->at = to;
    if (n->req < n->req_end && c->g->node[n->parent].child == to)
        c->opener = head_of(s);
    c->faults_before = c->faults;
    c->own_from = c->held_n;
    if (over)
        too_many(c, n);
    if (n->usage == 'N') {
        check_find(c, "S2-002", c->g->noted_unused ? SEV_WARNING : SEV_TRANSACTION, "IK304:I4",
                   "segment %s is not used by %s", n->id,
                   check_by_partner(c, to) ? "the partner's profile" : "the guide");
    } else {
        if (n->unwanted)
            check_find(c, "S2-002", SEV_WARNING, "IK304:I4",
                       "segment %s should not be sent, says the partner's profile", n->id);
        c->opening = n->tag && !over && n->opens;
        c->faulted = 0;
        c->rep = 0;
        c->print = 0;
        if ((n->sid != c->se_sid || !c->st_bad) && (c->guessing || !check_clean(c, s, n)))
            check_elements(c, s, n);
        if (n->extra)
            check_extras(c, s, n->extra);
        numbers(c, s, n);
        c->opening = false;
        if (n->tag && !over && !c->no_balance)
            balance(c, s, n->tag);
        if (c->wanted && c->wanted[to])
            c->o.watch->segment(c->o.watch->ctx, c, to, s);
    }
    if (stay)
        c->at = back;
}

/* A loop's first segment twice in a row, when the loop needs more than that: the segment is
 * doubled, not the loop. With other words it is the next loop, and the first lacks something. */
static bool doubled(struct check *c, const struct edi_seg *s, uint16_t to)
{
    const struct g_node *n = check_node(c, to);
    if (to != c->at || c->g->node[n->parent].child != to || n->parent == 0 || n->req == n->req_end)
        return false;
    struct head h = head_of(s);
    return !memcmp(&h, &c->opener, sizeof h);
}

static inline __attribute__((always_inline)) void go(struct check *c, const struct edi_seg *s,
                                                     struct g_move m, bool complete)
{
    const struct g_node *n = check_node(c, m.node);
    if (n->parent == m.common) {
        if (!complete || c->g->node[c->at].parent != m.common)
            leave(c, m.common, m.node, complete);
        arrive(c, s, m.node, count(c, m.node, false), false);
    } else if (doubled(c, s, m.node)) {
        too_many(c, n);
    } else {
        if (!complete || c->g->node[c->at].parent != m.common)
            leave(c, m.common, n->parent, complete);
        begin_loop(c, n->parent, false);
        arrive(c, s, m.node, false, false);
    }
}

/* In the loop that does not belong here? */
static bool in_ghost(struct check *c, const struct edi_seg *s, uint32_t sid)
{
    if (c->ghost == GUIDE_NONE)
        return false;
    const struct guide *g = c->g;
    const uint32_t *k = &g->first[(size_t)c->ghost * g->ids + sid];
    uint16_t loop = g->node[c->ghost].parent;
    for (uint32_t i = k[0]; i < k[1]; i++)
        if (g->move[i].common >= loop && g->move[i].common < g->node[loop].end &&
            qualified(c, s, &g->node[g->move[i].node])) {
            c->ghost = g->move[i].node;
            return true;
        }
    return false;
}

/* The first segment of a loop comes behind the one that it should stand before. */
static void late_start(struct check *c, const struct edi_seg *s)
{
    uint16_t first = c->late, back = c->at;
    c->late = GUIDE_NONE;
    /* What stands below it has begun to be added up already. */
    c->no_balance = check_node(c, first)->parent != check_node(c, c->at)->parent;
    arrive(c, s, first, false, true);
    c->no_balance = false;
    c->at = first;
    check_find(c, "S1-031", SEV_TRANSACTION, "IK304:7",
               "segment %s comes too late: its loop begins with it", check_node(c, first)->id);
    c->at = back;
}

/* What was found missing at the segment before this one, when this is it: the two are swapped. */
static struct held_finding *missed(struct check *c, const struct edi_seg *s, uint32_t sid)
{
    for (uint32_t i = c->held_n; i-- > 0 && c->held[i].f.position + 1 >= c->pos;) {
        struct held_finding *h = &c->held[i];
        if (h->gone || h->missing == GUIDE_NONE || h->f.position + 1 != c->pos)
            continue;
        const struct g_node *n = check_node(c, h->missing);
        const struct g_node *first = n->loop ? check_node(c, n->child) : n;
        if (first->sid == (int)sid && first->sid != c->hl_sid && qualified(c, s, first))
            return h;
    }
    return NULL;
}

/* It comes too late, and that is all that is wrong. */
static void late_segment(struct check *c, const struct edi_seg *s, struct held_finding *h)
{
    uint16_t back = c->at;
    const struct g_node *n = check_node(c, h->missing);
    h->gone = true;
    c->r.findings--;
    c->faults -= h->f.severity >= SEV_TRANSACTION;
    arrive(c, s, n->loop ? n->child : h->missing, false, false);
    check_find(c, "S1-031", SEV_TRANSACTION, "IK304:7",
               "segment %s comes too late: it stands before the one that comes before it",
               check_node(c, c->at)->id);
    c->at = back;
}

/* Number of the segment's id; its terminator is a byte that may be read as well. */
static inline int sid_of(const struct guide *g, const struct edi_seg *s)
{
    uint32_t n = s->at[0] - s->start;
    const unsigned char *p = (const unsigned char *)s->base + s->start;
    if (n != 2 && n != 3)
        return g_sid(g, seg_el(s, 0));
    uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (n == 3 ? (uint32_t)p[2] << 16 : 0);
    for (uint32_t h = g_hash(k);; h = (h + 1) & 1023) {
        uint16_t sid = g->id_slot[h];
        if (!sid)
            return -1;
        if (g->id_key[sid - 1] == k)
            return sid - 1;
    }
}

bool check_step(struct check *c, const struct edi_seg *s)
{
    int sid;
    const struct g_move *m = pick_next(c, s, &sid);
    if (!m && (sid = sid_of(c->g, s)) < 0)
        return false;
    if (c->late != GUIDE_NONE) {
        late_start(c, s);
        return true;
    }
    if (check_node(c, c->at)->sid == sid && doubled(c, s, c->at)) {
        too_many(c, check_node(c, c->at));
        return true;
    }
    if (!m)
        m = pick_again(c, s, (uint32_t)sid);
    struct held_finding *h = NULL;
    if (c->held_n && (!m || c->g->node[m->node].usage == 'N'))
        h = missed(c, s, (uint32_t)sid);
    if (h) {
        late_segment(c, s, h);
        return true;
    }
    if (!m)
        return in_ghost(c, s, (uint32_t)sid);
    bool complete = lacks_nothing(c, *m);
    if (!complete && sid != c->se_sid && c->g->node[m->node].usage != 'N' &&
        !doubled(c, s, m->node))
        return false; /* it may stand here, but perhaps it is what is wrong */
    c->ghost = GUIDE_NONE;
    go(c, s, *m, complete);
    return true;
}

/* --- a segment where it may not stand --- */

enum reading { WRONG_QUALIFIER, WRONG_ORDER, START_LATE, START_MISSING, NOT_HERE };

struct option {
    enum reading reading;
    uint16_t node, common;
    int32_t ill;  /* how badly its elements fit, between readings of the same cost */
    int32_t cost; /* twice the findings that it would give, with segments behind that do not fit */
};

/* Required siblings that a move from place `from` to place `to` of one loop passes by. */
static uint32_t passed(const struct guide *g, uint16_t from, uint16_t to, bool all)
{
    uint32_t n = 0, end = all ? g->node[from].req_end : g->node[to].req;
    for (uint32_t i = g->node[from].req; i < end; i++)
        n += g->node[g->req[i]].group > g->node[from].group;
    return n;
}

/* Required segments and loops that a move passes by, as far as the places alone tell. */
static uint32_t passed_by(const struct guide *g, uint16_t at, struct g_move m)
{
    uint32_t n = 0;
    uint16_t cur = at, f = g->node[at].parent;
    for (; f != m.common; cur = f, f = g->node[f].parent)
        n += passed(g, cur, cur, true);
    uint16_t to = child_towards(g, m.common, m.node);
    if (g->node[to].group > g->node[cur].group)
        n += passed(g, cur, to, false);
    for (uint16_t k = m.node; k != to; k = g->node[k].parent)
        n += passed(g, g->node[g->node[k].parent].child, k, false);
    return n;
}

/* How many of the segments that wait (from number `first` on) do not fit when the walk goes on
 * from node. */
static uint32_t misfits(const struct check *c, uint16_t at, uint32_t first)
{
    uint32_t n = 0;
    for (uint32_t i = first; i < c->queued; i++) {
        const struct edi_seg *s = &c->queue[i].seg;
        int sid = g_sid(c->g, seg_el(s, 0));
        if (sid < 0)
            continue;
        const struct g_move *m = pick(c, s, at, (uint32_t)sid, false);
        if (!m || c->g->node[m->node].usage == 'N') {
            n += 2;
            continue;
        }
        n += passed_by(c->g, at, *m);
        at = m->node;
    }
    return n;
}

/* Loops entered between common and node without their first segment. */
static uint32_t starts_missing(const struct guide *g, struct g_move m)
{
    uint32_t n = 0;
    uint16_t below = m.node;
    for (uint16_t l = g->node[below].parent; l != m.common; below = l, l = g->node[l].parent)
        n += g->node[l].child != below;
    return n;
}

static bool is_starter(const struct guide *g, uint16_t node)
{
    return node && g->node[g->node[node].parent].child == node;
}

/* The next segment is the first one of the loop that lacks it: the two are swapped. */
static bool starter_follows(const struct check *c, struct g_move m)
{
    if (c->queued < 2)
        return false;
    uint16_t below = m.node, loop = c->g->node[below].parent;
    for (; loop != m.common && c->g->node[loop].child == below; loop = c->g->node[loop].parent)
        below = loop;
    const struct edi_seg *next = &c->queue[1].seg;
    const struct g_node *first = check_node(c, g_first(c->g, loop));
    return g_sid(c->g, seg_el(next, 0)) == first->sid && qualified(c, next, first);
}

/* It comes once, right behind the start of its loop, and the walk stands in a loop below. */
static bool behind_start(const struct check *c, uint16_t node)
{
    const struct g_node *n = check_node(c, node);
    const struct g_node *first = check_node(c, c->g->node[n->parent].child);
    return first->next == node && n->max == 1 && n->group != first->group &&
           (n->next == GUIDE_NONE || check_node(c, n->next)->group != n->group) &&
           c->g->node[c->at].parent != n->parent;
}

/* 1 when the move begins a loop anew to reach a segment that its present instance still lacks:
 * then the segment is rather late than the loop without its start, unless it could only have come
 * right behind that start and whole loops have come since (-1). */
static int32_t again(const struct check *c, struct g_move m)
{
    uint16_t loop = c->g->node[m.node].parent;
    bool lacks =
        loop != m.common && c->at >= loop && c->at < c->g->node[loop].end && !check_seen(c, m.node);
    return !lacks ? 0 : behind_start(c, m.node) ? -1 : 1;
}

/* How many elements of s, but for the one that should tell it from others, node does not want so. */
static int32_t ill_fit(const struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    int32_t bad = 0;
    for (uint32_t i = 1; i <= n->elems_n; i++) {
        const struct g_elem *e = &n->elems[i - 1];
        phi_str v = seg_el(s, i);
        if (i == n->qual.element)
            continue;
        bad += v.n ? e->usage == 'N' || (e->codes && !e->comps && !g_has(e->codes, v))
                   : e->usage == 'M' || e->usage == 'R';
        for (uint32_t k = 0; v.n && k < e->comps; k++)
            bad += e->comp[k].usage == 'N' && seg_comp(s, &c->d, i, k + 1).n;
    }
    return bad;
}

/* Looks at one reading: node reached by way of the loop `common`. False when there is no such. */
static bool weigh(const struct check *c, const struct edi_seg *s, struct g_move m, struct option *o)
{
    const struct guide *g = c->g;
    uint16_t to = child_towards(g, m.common, m.node), at = child_towards(g, m.common, c->at);
    bool fits = qualified(c, s, &g->node[m.node]);
    uint32_t starts = starts_missing(g, m);
    *o = (struct option){.node = m.node, .common = m.common};
    if (to == g->node[m.common].child)
        return false;
    if (g->node[to].group < g->node[at].group) {
        /* What the guide does not use is not looked for in loops that are left already. */
        if (!fits || starts || (g->node[m.node].usage == 'N' && g->node[c->at].parent != m.common))
            return false;
        o->reading = WRONG_ORDER;
        o->cost = 2 * (int32_t)(1 + misfits(c, is_starter(g, m.node) ? m.node : c->at, 1)) - 1;
        o->cost -= g->node[m.node].parent == g->node[c->at].parent && !check_seen(c, m.node);
        o->cost += g->node[m.node].max && check_seen(c, m.node) >= g->node[m.node].max ? 2 : 0;
        return true;
    }
    if (g->node[m.node].usage == 'N' || fits == (starts == 0))
        return false;
    o->reading = fits ? START_MISSING : WRONG_QUALIFIER;
    uint16_t max = g->node[to].max;
    bool full = max && check_seen(c, to) >= max;
    bool late = fits && starts == 1 && starter_follows(c, m);
    if (late)
        o->reading = START_LATE;
    /* An unknown segment right before it stands for the one that is missing. */
    bool told = c->stray && c->stray + 1 == c->pos && starts == 1;
    o->cost = 2 * ((int32_t)((fits ? starts - told : 1) + full + passed_by(g, c->at, m) +
                             misfits(c, m.node, 1 + late)) +
                   (late ? again(c, m) > 0 : again(c, m)));
    /* That it begins a loop which is required and has not come speaks for it. */
    bool due = starts == 1 && strchr("RM", g->node[to].usage) && !check_seen(c, to);
    o->cost -= due ? 2 : late;
    if (!fits)
        o->ill = 2 * ill_fit(c, s, &g->node[m.node]) -
                 (strchr("RM", g->node[to].usage) && !check_seen(c, to));
    return true;
}

/* The cheaper; then the plainer; then the one nearer to where the walk stands. */
static bool better(const struct check *c, const struct option *a, const struct option *b)
{
    if (a->cost != b->cost || a->reading != b->reading)
        return a->cost != b->cost ? a->cost < b->cost : a->reading < b->reading;
    if (a->ill != b->ill)
        return a->ill < b->ill;
    return b->common != GUIDE_NONE &&
           check_node(c, a->common)->depth > check_node(c, b->common)->depth;
}

/* Nodes of the id and the ways to them: by way of each loop that the walk stands in. */
static struct option best_reading(const struct check *c, const struct edi_seg *s, uint32_t sid)
{
    const struct guide *g = c->g;
    struct option best = {NOT_HERE, GUIDE_NONE, 0, 0, 2 * (1 + (int32_t)misfits(c, c->at, 1))}, o;
    for (uint32_t i = g->of_id_first[sid]; i < g->of_id_first[sid + 1]; i++) {
        uint16_t node = g->of_id[i];
        for (uint16_t l = g->node[node].parent; l != GUIDE_NONE; l = g->node[l].parent)
            if (c->at >= l && c->at < g->node[l].end && weigh(c, s, (struct g_move){node, l}, &o) &&
                better(c, &o, &best))
                best = o;
    }
    return best;
}

static void unexpected(struct check *c, const struct edi_seg *s, uint32_t sid)
{
    const struct guide *g = c->g;
    check_find(c, "S1-031", SEV_TRANSACTION, "IK304:2", "segment %s is not expected here",
               g->id[sid]);
    bool amounts = false;
    for (uint32_t i = g->of_id_first[sid]; i < g->of_id_first[sid + 1]; i++)
        amounts |= g->node[g->of_id[i]].tag != 0;
    if (amounts)
        check_unbalance(c);
    for (uint32_t i = g->of_id_first[sid]; i < g->of_id_first[sid + 1]; i++)
        if (is_starter(g, g->of_id[i]) && qualified(c, s, &g->node[g->of_id[i]])) {
            c->ghost = g->of_id[i];
            return;
        }
}

/* What follows goes on from the segment that comes late: the ones before it came too early, and may
 * come again. */
static void came_early(struct check *c, uint16_t from, uint16_t to)
{
    const struct guide *g = c->g;
    for (uint16_t k = from; k != GUIDE_NONE && g->node[k].group <= g->node[to].group;
         k = g->node[k].next)
        if (g->node[k].group > g->node[from].group && check_seen(c, k)) {
            struct seen *s = seen_of(c, k);
            s->n = 0;
            s->guessed = true;
        }
}

static void out_of_order(struct check *c, const struct edi_seg *s, const struct option *o)
{
    const struct g_node *n = check_node(c, o->node);
    bool start = is_starter(c->g, o->node);
    if (n->usage == 'N') {
        arrive(c, s, o->node, false, true);
        return;
    }
    uint16_t of = start ? n->parent : o->node;
    check_take_back(c, of);
    if (start) {
        /* Its loop goes on from here; what stands behind it in the guide may come again. */
        uint16_t cur = c->at;
        while (c->g->node[cur].parent != o->common)
            cur = c->g->node[cur].parent;
        leave(c, o->common, cur, false);
        count(c, of, false);
        c->instance[of] = ++c->stamp;
        seen_of(c, o->node)->n = 1;
    } else {
        count(c, o->node, false);
    }
    arrive(c, s, o->node, false, !start);
    uint16_t on = c->at;
    c->at = o->node;
    check_find(c, "S1-031", SEV_TRANSACTION, "IK304:7",
               "segment %s comes too late: it stands before others of its loop", n->id);
    if (start || n->parent != c->g->node[on].parent || misfits(c, o->node, 1) >= misfits(c, on, 1))
        c->at = on;
    else
        came_early(c, o->node, on);
}

/* Enters the loops from common down to node, saying which first segments are missing. */
static void enter_without_start(struct check *c, const struct option *o, bool late)
{
    const struct guide *g = c->g;
    uint16_t path[GUIDE_DEPTH + 2];
    uint32_t n = 0;
    for (uint16_t k = o->node; k != o->common; k = g->node[k].parent)
        path[n++] = k;
    leave(c, o->common, path[n - 1], false);
    while (n > 1) {
        uint16_t loop = path[--n], next = path[n - 1], first = g->node[loop].child;
        uint32_t before = c->r.findings;
        begin_loop(c, loop, false);
        c->at = first;
        if (next != first && c->r.findings == before) {
            if (late)
                c->late = first;
            else
                check_found_missing(c, first);
            if (!late && g->node[loop].sid == c->hl_sid)
                check_hl_missing(c, &g->node[loop]);
            else if (!late && g->node[loop].sid == c->lx_sid)
                c->lx_last[g->node[loop].depth]++;
            need(c, g->node[first].req, g->node[next].req);
        }
    }
}

static void wrong_qualifier(struct check *c, const struct edi_seg *s, const struct option *o)
{
    const struct guide *g = c->g;
    const struct g_node *n = check_node(c, o->node);
    uint32_t before = c->r.findings;
    if (n->parent == o->common) {
        leave(c, o->common, o->node, false);
        count(c, o->node, true);
    } else {
        leave(c, o->common, n->parent, false);
        begin_loop(c, n->parent, true);
    }
    c->guessing = true;
    arrive(c, s, o->node, false, false);
    c->guessing = false;
    if (c->r.findings != before &&
        ((c->faulted >> n->qual.element & 1) || !seg_el(s, n->qual.element).n))
        return;
    const struct g_elem *e = &n->elems[n->qual.element - 1];
    phi_str v = seg_el(s, n->qual.element);
    uint32_t de = n->qual.component ? e->comp[n->qual.component - 1].de : e->de;
    bool known = g_knows_code(
        g->set, de, n->qual.component ? seg_comp(s, &c->d, n->qual.element, n->qual.component) : v);
    bool noted = e->noted_codes && !n->qual.component && g_has(e->noted_codes, v);
    check_find_el(c, known ? "S2-003" : "S1-042", noted ? SEV_WARNING : SEV_TRANSACTION,
                  known ? "IK403:I6" : "IK403:7", n->qual.element, n->qual.component, de, v,
                  "%s%02u has a value that is not allowed here", n->id, n->qual.element);
}

/* The segment may stand here, but others are missing before it. It is told that it does not belong
 * here only when what follows speaks clearly for that. */
static bool fits_best(const struct check *c, struct g_move m)
{
    uint32_t here = 2 * lacks(c, m) + misfits(c, m.node, 1);
    return here <= 2 * (1 + misfits(c, c->at, 1)) + 2;
}

void check_misfit(struct check *c, const struct edi_seg *s)
{
    phi_str id = seg_el(s, 0);
    int sid = g_sid(c->g, id);
    if (!id.n && s->n == 1) {
        c->empty++;
        check_find(c, "S1-029", SEV_TRANSACTION, "IK304:1",
                   "an empty segment: its terminator comes twice");
        return;
    }
    if (sid < 0) {
        bool known = g_knows_segment(c->g->set, id);
        check_find(c, known ? "S1-030" : "S1-029", SEV_TRANSACTION, known ? "IK304:6" : "IK304:1",
                   known ? "this segment is not part of a %s" : "nobody knows this segment%s",
                   known ? c->g->name : "");
        c->stray = c->pos;
        c->stray_at = c->at;
        c->stray_stamp = c->stamp;
        return;
    }
    const struct g_move *m = pick(c, s, c->at, (uint32_t)sid, true);
    if (m && fits_best(c, *m)) {
        c->ghost = GUIDE_NONE;
        go(c, s, *m, false);
        return;
    }
    struct option o = {NOT_HERE, GUIDE_NONE, 0, 0, 0};
    if (!m)
        o = best_reading(c, s, (uint32_t)sid);
    switch (o.reading) {
    case NOT_HERE:
        unexpected(c, s, (uint32_t)sid);
        break;
    case WRONG_ORDER:
        out_of_order(c, s, &o);
        break;
    case START_LATE:
    case START_MISSING:
        enter_without_start(c, &o, o.reading == START_LATE);
        arrive(c, s, o.node, is_starter(c->g, o.node) ? false : count(c, o.node, false), false);
        break;
    case WRONG_QUALIFIER:
        wrong_qualifier(c, s, &o);
    }
}

/* The ST has come: the walk stands on it. */
void check_enter_set(struct check *c)
{
    c->at = c->g->node[0].child;
    c->instance[0] = ++c->stamp;
    seen_of(c, c->at)->n = 1;
}
