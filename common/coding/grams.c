#include "common/coding/grams.h"
#include "common/util/log.h"
#include <stdlib.h>

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static void push(struct grams *g, const struct gram *x)
{
    if (g->n == g->cap) {
        g->cap = g->cap ? g->cap * 2 : 2048;
        g->at = xrealloc(g->at, g->cap * sizeof *g->at);
    }
    g->at[g->n++] = *x;
}

static int by_hash(const void *x, const void *y)
{
    const struct gram *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

static void keep_each_once(struct grams *g)
{
    size_t kept = 0;
    if (g->n)
        qsort(g->at, g->n, sizeof *g->at, by_hash);
    for (size_t i = 0; i < g->n; i++)
        if (kept == 0 || g->at[kept - 1].hash != g->at[i].hash)
            g->at[kept++] = g->at[i];
    g->n = kept;
}

static void grams_at(const struct words *w, size_t i, struct grams *out)
{
    uint64_t h = 0;
    uint8_t length = 0;
    for (size_t k = i; k < w->n && w->at[k].sentence == w->at[i].sentence; k++) {
        if (w->at[k].stop)
            continue;
        h = mix(h, w->at[k].stem);
        push(out, &(struct gram){h, (uint32_t)i, (uint32_t)k, ++length});
        if (length == GRAM_LONGEST)
            return;
    }
}

/* By the words of the term, not its number: tables are compiled anew. */
uint64_t gram_of_term(const struct meaning *m)
{
    uint64_t a, b;
    memcpy(&a, m->term->code, sizeof a);
    memcpy(&b, m->term->code + sizeof a, sizeof b);
    return mix(mix(1, a), b);
}

void grams_list(const struct words *w, const struct mentions *m, struct grams *out)
{
    out->n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (!w->at[i].stop)
            grams_at(w, i, out);
    for (size_t i = 0; i < m->n; i++)
        push(out, &(struct gram){gram_of_term(m->at[i].meaning), m->at[i].first, m->at[i].last,
                                 GRAM_TERM});
}

void grams_read(const struct words *w, const struct mentions *m, struct grams *out)
{
    grams_list(w, m, out);
    keep_each_once(out);
}

void grams_free(struct grams *g)
{
    free(g->at);
    *g = (struct grams){0};
}
