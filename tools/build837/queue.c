#include "tools/build837/queue.h"
#include "common/util/log.h"
#include <stdlib.h>

struct list {
    struct entry *e;
    uint32_t n, cap;
    uint64_t bytes; /* of all */
    struct queue_limit limit;
};
struct set {
    struct rec_id id;
    uint64_t seq;
    uint32_t of, gone;
    bool tallied;
    int64_t came_us; /* of what came first */
    struct list claims;
};
struct queue {
    uint32_t count;
    uint64_t next; /* every set below has been passed on */
    queue_close *close;
    queue_limits *limits; /* NULL: none */
    void *ctx;
    struct set **sets; /* ascending by (seq, id) */
    size_t sets_n, sets_cap;
    struct list *lanes;
    uint32_t lanes_n;
    uint64_t waiting;
};

static void add(struct list *l, struct entry e)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->e = xrealloc(l->e, l->cap * sizeof *l->e);
    }
    l->e[l->n++] = e;
    l->bytes += e.bytes;
}

struct queue *queue_new(uint32_t count, uint64_t next, queue_close *close, void *ctx)
{
    struct queue *q = xcalloc(1, sizeof *q);
    q->count = count;
    q->next = next;
    q->close = close;
    q->ctx = ctx;
    return q;
}

/* ---- sets ---- */

static int set_cmp(const struct set *s, uint64_t seq, struct rec_id id)
{
    return s->seq != seq ? (s->seq > seq) - (s->seq < seq) : memcmp(s->id.b, id.b, REC_ID_LEN);
}

static struct set *set_insert(struct queue *q, size_t at, uint64_t seq, struct rec_id id)
{
    struct set *s = xcalloc(1, sizeof *s);
    s->id = id;
    s->seq = seq;
    s->came_us = INT64_MAX;
    if (q->sets_n == q->sets_cap) {
        q->sets_cap = q->sets_cap ? q->sets_cap * 2 : 16;
        q->sets = xrealloc(q->sets, q->sets_cap * sizeof(void *));
    }
    memmove(q->sets + at + 1, q->sets + at, (q->sets_n - at) * sizeof *q->sets);
    q->sets[at] = s;
    q->sets_n++;
    return s;
}

/* The set, made when it is new. The latest set is asked for most, so it is looked at first. */
static struct set *set_of(struct queue *q, uint64_t seq, struct rec_id id)
{
    size_t lo = 0, hi = q->sets_n;
    if (hi && set_cmp(q->sets[hi - 1], seq, id) == 0)
        return q->sets[hi - 1];
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = set_cmp(q->sets[mid], seq, id);
        if (c == 0)
            return q->sets[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return set_insert(q, lo, seq, id);
}

static bool complete(const struct set *s)
{
    return s->tallied && s->claims.n + s->gone >= s->of;
}

void queue_limit(struct queue *q, queue_limits *limits)
{
    q->limits = limits;
}

void queue_gone(struct queue *q, struct rec_id id, uint64_t seq, uint32_t n)
{
    if (seq >= q->next)
        set_of(q, seq, id)->gone += n;
}

void queue_claim(struct queue *q, struct rec_id id, struct entry e)
{
    struct set *s = set_of(q, e.seq, id);
    if (e.came_us < s->came_us)
        s->came_us = e.came_us;
    add(&s->claims, e);
    q->waiting++;
}

void queue_tally(struct queue *q, struct rec_id id, uint64_t seq, uint32_t of, int64_t came_us)
{
    if (seq < q->next && of == 0)
        return;
    struct set *s = set_of(q, seq, id);
    if (came_us < s->came_us)
        s->came_us = came_us;
    s->of = of;
    s->tallied = true;
}

/* ---- lanes ---- */

static struct list *lane(struct queue *q, uint32_t i)
{
    if (i >= q->lanes_n) {
        q->lanes = xrealloc(q->lanes, (i + 1) * sizeof *q->lanes);
        memset(q->lanes + q->lanes_n, 0, (i + 1 - q->lanes_n) * sizeof *q->lanes);
        for (uint32_t k = q->lanes_n; q->limits && k <= i; k++)
            q->lanes[k].limit = q->limits(q->ctx, k);
        q->lanes_n = i + 1;
    }
    return &q->lanes[i];
}

static void close_lane(struct queue *q, uint32_t i)
{
    struct list *l = lane(q, i);
    q->close(q->ctx, i, l->e, l->n, q->next);
    q->waiting -= l->n;
    l->n = 0;
    l->bytes = 0;
}

/* A claim to its lane, which is closed when it is full, or before it would be too large. */
static void to_lane(struct queue *q, struct entry e)
{
    struct list *l = lane(q, e.lane);
    if (l->n && l->limit.bytes && l->bytes + e.bytes > l->limit.bytes)
        close_lane(q, e.lane);
    add(l, e);
    if (l->n >= q->count || (l->limit.claims && l->n >= l->limit.claims))
        close_lane(q, e.lane);
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->pos != y->pos)
        return x->pos < y->pos ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Passes on the claims of a set, which then is gone. The prefix is moved first, because what a
 * lane that fills up here stores must say that the rest of this set is on its way. */
static void pass_on(struct queue *q, struct set *s)
{
    if (s->seq >= q->next)
        q->next = s->seq + 1;
    if (s->claims.n)
        qsort(s->claims.e, s->claims.n, sizeof *s->claims.e, by_place);
    for (uint32_t i = 0; i < s->claims.n; i++)
        to_lane(q, s->claims.e[i]);
    free(s->claims.e);
    free(s);
}

static void drop_first(struct queue *q, size_t n)
{
    if (n == 0)
        return;
    q->sets_n -= n;
    memmove(q->sets, q->sets + n, q->sets_n * sizeof *q->sets);
}

/* A set below the prefix belongs to a gap that was given up, or to another source that counts for
 * itself: it waits for nobody. */
static bool ready(const struct queue *q, size_t i)
{
    const struct set *s = q->sets[i];
    if (s->seq < q->next)
        return true;
    if (s->seq > q->next || !complete(s))
        return false;
    for (; i < q->sets_n && q->sets[i]->seq == s->seq; i++) /* two sources, one number */
        if (!complete(q->sets[i]))
            return false;
    return true;
}

void queue_advance(struct queue *q)
{
    size_t n = 0;
    for (; n < q->sets_n && ready(q, n); n++)
        pass_on(q, q->sets[n]);
    drop_first(q, n);
}

/* ---- closing ---- */

static int64_t oldest(const struct list *l)
{
    int64_t t = INT64_MAX;
    for (uint32_t i = 0; i < l->n; i++)
        t = l->e[i].came_us < t ? l->e[i].came_us : t;
    return t;
}

static bool first_before(const struct entry *a, const struct entry *b)
{
    return a->seq != b->seq   ? a->seq < b->seq
           : a->pos != b->pos ? a->pos < b->pos
                              : a->row < b->row;
}

/* Closes lanes with something that came by then; the lane whose first claim stands first goes
 * first, so that control numbers do not depend on which lane was seen first. */
static void close_old_lanes(struct queue *q, int64_t limit_us)
{
    for (;;) {
        const struct entry *best = NULL;
        for (uint32_t i = 0; i < q->lanes_n; i++) {
            const struct list *l = &q->lanes[i];
            if (l->n && oldest(l) <= limit_us && (!best || first_before(l->e, best)))
                best = l->e;
        }
        if (!best)
            return;
        close_lane(q, best->lane);
    }
}

void queue_age(struct queue *q, int64_t limit_us)
{
    size_t upto = 0;
    for (size_t i = 0; i < q->sets_n; i++)
        if (q->sets[i]->came_us <= limit_us)
            upto = i + 1;
    for (size_t i = 0; i < upto; i++)
        pass_on(q, q->sets[i]);
    drop_first(q, upto);
    queue_advance(q);
    close_old_lanes(q, limit_us);
}

void queue_finish(struct queue *q)
{
    queue_age(q, INT64_MAX);
}

uint64_t queue_waiting(const struct queue *q)
{
    return q->waiting;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->sets_n; i++) {
        free(q->sets[i]->claims.e);
        free(q->sets[i]);
    }
    for (uint32_t i = 0; i < q->lanes_n; i++)
        free(q->lanes[i].e);
    free(q->sets);
    free(q->lanes);
    free(q);
}
