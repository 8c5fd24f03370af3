/*
 * Which of the moves of a guide a segment takes: those from where the walk stands, by its id and by
 * the value that tells segments of one id apart. For check_walk.c alone, into which it is compiled.
 */
#ifndef CLAIMWIRE_EDI_CHECK_PICK_H
#define CLAIMWIRE_EDI_CHECK_PICK_H

#include "common/edi/check_int.h"

/* A value that tells segments of one id apart, kept from one node to the next. */
struct told_by {
    uint8_t element, component;
    phi_str v;
    uint64_t key;
};

static __attribute__((noinline)) void read_told(const struct check *c, const struct edi_seg *s,
                                                const struct g_qual *q, struct told_by *t)
{
    t->element = q->element;
    t->component = q->component;
    t->v = seg_el(s, q->element);
    if (q->component)
        t->v = edi_part(t->v, c->d.comp, q->component);
    t->key = g_key(t->v.p, t->v.n);
}

static inline __attribute__((always_inline)) bool told_apart(const struct check *c,
                                                             const struct edi_seg *s,
                                                             const struct g_node *n,
                                                             struct told_by *t)
{
    const struct g_qual *q = &n->qual;
    if (!q->element)
        return true;
    if (q->element != t->element || q->component != t->component)
        read_told(c, s, q, t);
    if (q->codes->wide || !t->key)
        return t->v.n && g_has(q->codes, t->v);
    for (uint32_t i = 0; i < q->codes->n; i++)
        if (q->codes->key[i] == t->key)
            return true;
    return false;
}

static bool qualified(const struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    struct told_by t = {0};
    return told_apart(c, s, n, &t);
}

/* The node that a move counts: the loop when it begins one. */
static uint16_t counted(const struct guide *g, struct g_move m)
{
    return g->node[m.node].parent == m.common ? m.node : g->node[m.node].parent;
}

/* The first move that fits: with room if there is one, to a segment that is used if there is one. */
static const struct g_move *pick(const struct check *c, const struct edi_seg *s, uint16_t at,
                                 uint32_t sid, bool room)
{
    const struct guide *g = c->g;
    const uint32_t *k = &g->first[(size_t)at * g->ids + sid];
    const struct g_move *full = NULL, *unused = NULL;
    struct told_by t = {0};
    for (uint32_t i = k[0]; i < k[1]; i++) {
        const struct g_move *m = &g->move[i];
        const struct g_node *n = &g->node[m->node];
        if (!told_apart(c, s, n, &t))
            continue;
        if (n->usage == 'N') {
            unused = unused ? unused : m;
            continue;
        }
        if (!room)
            return m;
        uint16_t of = counted(g, *m);
        uint16_t max = g->node[of].max;
        if (!max || check_seen(c, of) < max || g->node[of].parent != m->common)
            return m;
        full = full ? full : m;
    }
    return full ? full : unused;
}

/* The qualifier of a segment whose nodes are all told apart by the same; 0: none, or none of up to
 * 8 bytes. */
static inline uint64_t qualifier(const struct check *c, const struct edi_seg *s, uint32_t sid)
{
    phi_str v = seg_el(s, c->g->told[sid].element);
    if (c->g->told[sid].component > 1)
        v = edi_part(v, c->d.comp, c->g->told[sid].component);
    else if (c->g->told[sid].component)
        for (size_t i = 0; i < v.n; i++)
            if (v.p[i] == c->d.comp)
                v.n = i;
    return v.n <= 8 ? g_key(v.p, v.n) : 0;
}

static inline bool has_room(const struct check *c, const struct g_move *m)
{
    const struct guide *g = c->g;
    uint16_t of = counted(g, *m), max = g->node[of].max;
    return !max || check_seen(c, of) < max || g->node[of].parent != m->common;
}

/* The first 8 bytes of a segment, 0 behind its end; 0 of one of less than 4. */
static inline uint64_t first_bytes(const struct edi_seg *s)
{
    const char *p = s->base + s->start;
    uint32_t n = s->at[s->n - 1] - s->start, low, high;
    uint64_t w;
    if (n >= 8) {
        memcpy(&w, p, 8);
        return w;
    }
    if (n < 4)
        return 0;
    memcpy(&low, p, 4);
    memcpy(&high, p + n - 4, 4);
    return low | (uint64_t)high << (8 * (n - 4));
}

/* The move that was taken here last, when the segment begins as it did then; else NULL. */
static inline const struct g_move *pick_next(const struct check *c, const struct edi_seg *s,
                                             int *sid)
{
    const struct next_move *x = &c->next[c->at];
    if (!x->mask || (first_bytes(s) & x->mask) != x->head)
        return NULL;
    const struct g_move *m = &c->g->move[x->move];
    *sid = x->sid;
    return has_room(c, m) ? m : NULL;
}

/* Remembers a move that follows from the first 8 bytes: an id that has no qualifier, or one in
 * element 1, with the delimiter behind it. */
static __attribute__((noinline)) void keep_next(struct check *c, const struct edi_seg *s,
                                                const struct g_move *m, uint32_t sid)
{
    const struct guide *g = c->g;
    uint32_t n = s->at[0] - s->start, most = s->at[s->n - 1] - s->start;
    if (g->told[sid].element > 1 || g->told[sid].component > 1 || s->n < 2)
        return;
    if (g->told[sid].element) {
        const char *p = s->base + s->start;
        uint32_t end = s->at[1] - s->start;
        for (n++; n < end && !(g->told[sid].component && p[n] == c->d.comp); n++)
            ;
    }
    if (n >= 8 || n >= most) /* what ends a segment is no byte of it */
        return;
    uint64_t mask = UINT64_MAX >> (56 - 8 * n);
    c->next[c->at] =
        (struct next_move){first_bytes(s) & mask, mask, (uint32_t)(m - g->move), (uint8_t)sid};
}

/* The same as pick() with room. Which move the qualifier fits first depends on nothing else, so it
 * is looked for once. */
static inline const struct g_move *pick_again(struct check *c, const struct edi_seg *s,
                                              uint32_t sid)
{
    const struct guide *g = c->g;
    uint64_t key = 0;
    if (g->told[sid].element == 0xff)
        return pick(c, s, c->at, sid, true);
    if (g->told[sid].element && !(key = qualifier(c, s, sid)))
        return pick(c, s, c->at, sid, true);
    uint64_t h = (key ^ (uint64_t)c->at << 40 ^ (uint64_t)sid << 32) * 0x9e3779b97f4a7c15;
    struct picked *p = &c->picked[h >> 55];
    if (p->first && p->key == key && p->at == c->at && p->sid == sid) {
        const struct g_move *m = &g->move[p->first - 1];
        if (g->node[m->node].usage != 'N' && has_room(c, m)) {
            keep_next(c, s, m, sid);
            return m;
        }
        return pick(c, s, c->at, sid, true);
    }
    const struct g_move *m = pick(c, s, c->at, sid, false);
    if (!m)
        return NULL;
    if (g->node[m->node].usage != 'N')
        *p = (struct picked){key, (uint32_t)(m - g->move) + 1, c->at, (uint8_t)sid};
    return pick(c, s, c->at, sid, true);
}

#endif
