/*
 * From the tree of a guide to the tables of the walk: segment id numbers, places (groups),
 * requirements, moves.
 */
#include "common/edi/guide_lex.h"
#include "common/util/log.h"

enum { MOVES_MAX = 4000000, TABLE_MAX = 4000000 };

static bool number_ids(struct guide *g, struct buf *error)
{
    for (uint32_t i = 1; i < g->nodes; i++) {
        struct g_node *n = &g->node[i];
        if (n->loop)
            continue;
        int sid = g_sid(g, phi_lit(n->id));
        if (sid < 0) {
            if (g->ids == GUIDE_IDS) {
                buf_printf(error, "%s:1:1: more than %d segment ids", g->path, GUIDE_IDS);
                return false;
            }
            sid = (int)g->ids++;
            memcpy(g->id[sid], n->id, 4);
            g->id_key[sid] = g_pack(phi_lit(n->id));
            uint32_t h = g_hash(g_pack(phi_lit(n->id)));
            while (g->id_slot[h])
                h = (h + 1) & 1023;
            g->id_slot[h] = (uint16_t)(sid + 1);
        }
        n->sid = (uint8_t)sid;
        for (uint32_t k = 0; k < n->elems_n; k++)
            if (n->elems[k].usage == 'M' || n->elems[k].usage == 'R')
                n->last_wanted = (uint8_t)(k + 1);
    }
    for (uint32_t i = 1; i < g->nodes; i++)
        if (g->node[i].loop)
            g->node[i].sid = g->node[g->node[i].child].sid;
    return true;
}

/* What tells the nodes of each segment id apart, when it is one and the same. */
static void list_told(struct guide *g)
{
    for (uint32_t i = 1; i < g->nodes; i++) {
        const struct g_node *n = &g->node[i];
        if (n->loop || !n->qual.element)
            continue;
        bool first = !g->told[n->sid].element;
        if (first) {
            g->told[n->sid].element = n->qual.element;
            g->told[n->sid].component = n->qual.component;
        }
        if (n->qual.codes->wide || g->told[n->sid].element != n->qual.element ||
            g->told[n->sid].component != n->qual.component)
            g->told[n->sid].element = 0xff;
    }
}

/* Neighbours that begin with the same segment share a place; the starter has its own. */
static void number_groups(struct guide *g)
{
    for (uint32_t l = 0; l < g->nodes; l++) {
        if (!g->node[l].loop)
            continue;
        uint16_t first = g->node[l].child, group = 0, before = first;
        for (uint16_t c = g->node[first].next; c != GUIDE_NONE; c = g->node[c].next) {
            if (before == first || g->node[c].sid != g->node[before].sid)
                group++;
            g->node[c].group = group;
            before = c;
        }
    }
    for (uint32_t i = g->nodes; i-- > 0;) {
        struct g_node *n = &g->node[i];
        n->end = n->end > i ? n->end : (uint16_t)(i + 1);
        if (i && n->end > g->node[n->parent].end)
            g->node[n->parent].end = n->end;
    }
}

static bool required(const struct g_node *n)
{
    return n->usage == 'M' || n->usage == 'R';
}

void g_guide_require(struct arena *mem, struct guide *g)
{
    uint16_t *req = arena_alloc(mem, g->nodes * sizeof *req);
    uint32_t n = 0;
    for (uint32_t l = 0; l < g->nodes; l++) {
        if (!g->node[l].loop)
            continue;
        uint16_t first = g->node[l].child;
        uint32_t from = n;
        for (uint16_t c = g->node[first].next; c != GUIDE_NONE; c = g->node[c].next)
            if (required(&g->node[c]))
                req[n++] = c;
        uint32_t k = from;
        for (uint16_t c = first; c != GUIDE_NONE; c = g->node[c].next) {
            while (k < n && g->node[req[k]].group < g->node[c].group)
                k++;
            g->node[c].req = k;
            g->node[c].req_end = n;
        }
    }
    g->req = req;
}

struct moves {
    struct g_move *move;
    uint8_t *sid;
    uint32_t n;
};

/* Those told apart by a qualifier first, and of these the ones with few values: they are the
 * quickest to try. */
static uint32_t effort(const struct g_node *n)
{
    return n->qual.element ? n->qual.codes->n : UINT32_MAX;
}

/* Puts a move among those of its group, which begin at `from`. */
static void put_move(const struct guide *g, struct moves *m, uint32_t from, struct g_move move)
{
    uint32_t i = m->n++;
    for (; i > from && effort(&g->node[m->move[i - 1].node]) > effort(&g->node[move.node]); i--) {
        m->move[i] = m->move[i - 1];
        m->sid[i] = m->sid[i - 1];
    }
    m->move[i] = move;
    m->sid[i] = g->node[move.node].sid;
}

/* Moves into the loop `frame` from its child `at`. */
static bool moves_in(const struct guide *g, uint16_t frame, uint16_t at, struct moves *m)
{
    uint16_t c = g->node[g->node[frame].child].next;
    while (c != GUIDE_NONE && g->node[c].group < g->node[at].group)
        c = g->node[c].next;
    while (c != GUIDE_NONE) {
        uint16_t group = g->node[c].group;
        uint32_t from = m->n;
        for (; c != GUIDE_NONE && g->node[c].group == group; c = g->node[c].next) {
            if (m->n == GUIDE_NODES)
                return false;
            put_move(g, m, from, (struct g_move){g->node[c].loop ? g->node[c].child : c, frame});
        }
    }
    return true;
}

static bool moves_from(const struct guide *g, uint16_t s, struct moves *m)
{
    m->n = 0;
    uint16_t at = s;
    for (uint16_t f = g->node[s].parent;; at = f, f = g->node[f].parent) {
        if (!moves_in(g, f, at, m))
            return false;
        if (f == 0)
            return true;
    }
}

/* Appends the moves by segment id, keeping their order; first[] gets where those of each id begin.
 * Returns how many there are by now. */
static uint32_t sort_moves(const struct moves *m, uint32_t ids, uint32_t total, uint32_t *first,
                           struct buf *all)
{
    uint32_t at[GUIDE_IDS] = {0};
    for (uint32_t i = 0; i < m->n; i++)
        at[m->sid[i]]++;
    for (uint32_t sid = 0, sum = 0; sid < ids; sid++) {
        uint32_t n = at[sid];
        at[sid] = sum;
        first[sid] = total + sum;
        sum += n;
    }
    struct g_move *to = (struct g_move *)buf_room(all, m->n * sizeof *to);
    for (uint32_t i = 0; i < m->n; i++)
        to[at[m->sid[i]]++] = m->move[i];
    all->len += m->n * sizeof *to;
    return total + m->n;
}

static bool list_moves(struct arena *mem, struct guide *g, struct buf *error)
{
    struct buf all = {0}, room = {0};
    struct moves m;
    if ((uint64_t)g->nodes * g->ids > TABLE_MAX) {
        buf_printf(error, "%s:1:1: the guide is too large", g->path);
        return false;
    }
    uint32_t *first = arena_alloc(mem, ((size_t)g->nodes * g->ids + 1) * sizeof *first);
    m.move = (struct g_move *)buf_room(&room, GUIDE_NODES * (sizeof *m.move + 1));
    m.sid = (uint8_t *)(m.move + GUIDE_NODES);
    uint32_t total = 0;
    bool ok = true;
    for (uint32_t s = 0; s < g->nodes && ok; s++) {
        m.n = 0;
        if (!g->node[s].loop)
            ok = moves_from(g, (uint16_t)s, &m) && total + m.n <= MOVES_MAX;
        if (ok)
            total = sort_moves(&m, g->ids, total, &first[(size_t)s * g->ids], &all);
    }
    first[(size_t)g->nodes * g->ids] = total;
    struct g_move *move = arena_alloc(mem, all.len + sizeof *move);
    if (all.len)
        memcpy(move, all.p, all.len);
    g->first = first;
    g->move = move;
    buf_free(&all);
    buf_free(&room);
    if (!ok)
        buf_printf(error, "%s:1:1: the guide is too large", g->path);
    return ok;
}

static void list_by_id(struct arena *mem, struct guide *g)
{
    uint16_t *of = arena_alloc(mem, g->nodes * sizeof *of);
    uint32_t *first = arena_alloc(mem, (g->ids + 1) * sizeof *first);
    uint32_t n = 0;
    for (uint32_t sid = 0; sid < g->ids; sid++) {
        first[sid] = n;
        for (uint32_t i = 1; i < g->nodes; i++)
            if (!g->node[i].loop && g->node[i].sid == sid)
                of[n++] = (uint16_t)i;
    }
    first[g->ids] = n;
    g->of_id = of;
    g->of_id_first = first;
}

/* A guide with fewer nodes cannot have too many moves, so that its tables wait until it is used. */
enum { NODES_AT_ONCE = 1900 };

bool g_guide_compile(struct guide_set *s, struct guide *g, struct buf *error)
{
    if (!number_ids(g, error))
        return false;
    list_told(g);
    number_groups(g);
    g_guide_require(&s->mem, g);
    list_by_id(&s->mem, g);
    if ((uint64_t)g->nodes * g->ids > TABLE_MAX) {
        buf_printf(error, "%s:1:1: the guide is too large", g->path);
        return false;
    }
    return g->nodes < NODES_AT_ONCE || list_moves(&s->mem, g, error);
}

static void list_quick(struct arena *mem, struct guide *g)
{
    for (uint32_t i = 1; i < g->nodes; i++)
        if (!g->node[i].loop) {
            g->node[i].tag = balance_tag(g, &g->node[i]);
            g->node[i].extra = check_extra(g, &g->node[i]);
            g->node[i].opens = !strcmp(g->node[i].id, "CLM") || !strcmp(g->node[i].id, "CLP");
            g_quick_make(mem, g, &g->node[i]);
        }
}

void g_guide_ready(const struct guide *guide)
{
    struct guide *g = (struct guide *)guide;
    struct arena *mem = &((struct guide_set *)g->set)->mem;
    struct buf error = {0};
    if (g->ready)
        return;
    if (!g->move && !list_moves(mem, g, &error))
        BUG("a guide that is not too large is too large");
    list_quick(mem, g);
    g->ready = true;
}
