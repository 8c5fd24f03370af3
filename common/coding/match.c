#include "common/coding/match.h"
#include "common/util/log.h"
#include <stdlib.h>

static void push(struct mentions *m, const struct mention *x)
{
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 64;
        m->at = xrealloc(m->at, m->cap * sizeof *m->at);
    }
    m->at[m->n++] = *x;
}

/* The longest term that begins with word i; meaning is NULL when there is none. */
static struct mention longest_at(struct lexicon *l, const struct words *w, size_t i)
{
    struct word_bag bag = {0};
    struct mention best = {0};
    unsigned counted = 0;
    for (size_t k = i; k < w->n && w->at[k].sentence == w->at[i].sentence; k++) {
        if (w->at[k].stop)
            continue;
        if (++counted > MATCH_WINDOW)
            break;
        word_bag_add(&bag, &w->at[k]);
        const struct meaning *m = lexicon_find(l, &bag);
        if (m)
            best = (struct mention){m,       (uint32_t)i, (uint32_t)k, w->at[i].begin, w->at[k].end,
                                    bag.used};
    }
    return best;
}

void mentions_find(struct lexicon *l, const struct words *w, struct mentions *out)
{
    out->n = 0;
    for (size_t i = 0; i < w->n;) {
        struct mention m = {0};
        if (!w->at[i].stop)
            m = longest_at(l, w, i);
        if (m.meaning)
            push(out, &m);
        i = m.meaning ? m.last + 1 : i + 1;
    }
}

void mentions_free(struct mentions *m)
{
    free(m->at);
    *m = (struct mentions){0};
}
