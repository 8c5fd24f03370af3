#include "common/coding/learn.h"
#include "common/util/log.h"
#include <stdlib.h>

enum { ROUNDS = 12, RATE_SHIFT = 5 };

struct note {
    phi_str text;
    uint32_t first_code, codes; /* in learn.note_codes */
};
struct use {
    uint64_t hash;
    uint32_t note;
    bool term;
};
struct sample {
    uint32_t note;
    uint8_t value[MODEL_PARTS];
    bool right;
    int score;
};
struct learn {
    struct lexicon *lexicon;
    struct stemmer *stems;
    struct context_rules *rules;
    struct note *notes;
    size_t notes_n, notes_cap;
    struct model_code *stated; /* codes of all notes, one after the other */
    size_t stated_n, stated_cap;
    uint32_t *note_codes; /* the same as numbers of model codes */
    struct use *uses;
    size_t uses_n, uses_cap;
    struct sample *samples;
    size_t samples_n, samples_cap;
    struct words words;
    struct mentions mentions;
    struct context context;
    struct model_work work;
};

#define GROW(x, array)                                                                             \
    do {                                                                                           \
        if ((x)->array##_n == (x)->array##_cap) {                                                  \
            (x)->array##_cap = (x)->array##_cap ? (x)->array##_cap * 2 : 1024;                     \
            (x)->array = xrealloc((x)->array, (x)->array##_cap * sizeof *(x)->array);              \
        }                                                                                          \
    } while (0)

struct learn *learn_new(struct lexicon *l, struct stemmer *stems, struct context_rules *rules)
{
    struct learn *x = xcalloc(1, sizeof *x);
    x->lexicon = l;
    x->stems = stems;
    x->rules = rules;
    return x;
}

void learn_free(struct learn *x)
{
    free(x->notes);
    free(x->stated);
    free(x->note_codes);
    free(x->uses);
    free(x->samples);
    words_free(&x->words);
    mentions_free(&x->mentions);
    context_free(&x->context);
    model_work_free(&x->work);
    free(x);
}

void learn_note(struct learn *x, phi_str text, const phi_str *codes, size_t n)
{
    GROW(x, notes);
    struct note *note = &x->notes[x->notes_n++];
    *note = (struct note){text, (uint32_t)x->stated_n, 0};
    for (size_t i = 0; i < n; i++) {
        if (codes[i].n == 0 || codes[i].n > CODE_LEN)
            continue;
        GROW(x, stated);
        struct model_code *c = &x->stated[x->stated_n++];
        *c = (struct model_code){.notes = 1};
        memcpy(c->code, codes[i].p, codes[i].n);
        note->codes++;
    }
}

static void read_note(struct learn *x, const struct note *n)
{
    words_read(x->stems, n->text, &x->words);
    mentions_find(x->lexicon, &x->words, &x->mentions);
    context_read(x->rules, n->text, &x->words, &x->context);
}

static int by_code(const void *x, const void *y)
{
    const struct model_code *a = x, *b = y;
    return memcmp(a->code, b->code, CODE_LEN);
}

static void number_codes(struct learn *x, struct model *m, struct model_header *h)
{
    struct model_code *codes = xcalloc(x->stated_n + 1, sizeof *codes);
    uint32_t n = 0;
    memcpy(codes, x->stated, x->stated_n * sizeof *codes);
    qsort(codes, x->stated_n, sizeof *codes, by_code);
    for (size_t i = 0; i < x->stated_n; i++)
        if (n && by_code(&codes[n - 1], &codes[i]) == 0)
            codes[n - 1].notes++;
        else
            codes[n++] = codes[i];
    h->codes = n;
    m->codes = codes;
    x->note_codes = xcalloc(x->stated_n + 1, sizeof *x->note_codes);
    for (size_t i = 0; i < x->stated_n; i++)
        x->note_codes[i] = model_code(m, x->stated[i].code);
}

static int by_use(const void *x, const void *y)
{
    const struct use *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->note > b->note) - (a->note < b->note);
}

static void collect_uses(struct learn *x)
{
    struct grams g = {0};
    for (uint32_t i = 0; i < x->notes_n; i++) {
        read_note(x, &x->notes[i]);
        grams_read(&x->words, &x->mentions, &g);
        for (size_t k = 0; k < g.n; k++) {
            GROW(x, uses);
            x->uses[x->uses_n++] = (struct use){g.at[k].hash, i, g.at[k].length == GRAM_TERM};
        }
    }
    if (x->uses_n)
        qsort(x->uses, x->uses_n, sizeof *x->uses, by_use);
    grams_free(&g);
}

/* What notes of one gram had in common. */
struct tally {
    uint32_t *notes, *seen, n; /* [codes]; codes seen */
};

static void add_gram(struct learn *x, const struct use *use, uint32_t n, struct tally *t,
                     struct buf *grams, struct buf *pairs)
{
    struct model_gram g = {use->hash, n, (uint32_t)(pairs->len / sizeof(struct model_pair))};
    t->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct note *note = &x->notes[use[i].note];
        for (uint32_t k = 0; k < note->codes; k++) {
            uint32_t code = x->note_codes[note->first_code + k];
            if (t->notes[code]++ == 0)
                t->seen[t->n++] = code;
        }
    }
    for (uint32_t i = 0; i < t->n; i++) {
        struct model_pair p = {t->seen[i], t->notes[t->seen[i]]};
        t->notes[p.code] = 0;
        if (p.notes >= MODEL_LEAST && model_speaks(p.notes, n - 1))
            buf_add(pairs, &p, sizeof p);
    }
    /* words that speak for no code are not kept; how often a term was used counts by itself */
    if (use->term || pairs->len / sizeof(struct model_pair) > g.pair)
        buf_add(grams, &g, sizeof g);
}

static void count_grams(struct learn *x, struct model *m, struct model_header *h, struct buf *grams,
                        struct buf *pairs)
{
    struct tally t = {xcalloc(h->codes + 1, sizeof *t.notes), xcalloc(h->codes + 1, sizeof *t.seen),
                      0};
    for (size_t i = 0, n; i < x->uses_n; i += n) {
        for (n = 1; i + n < x->uses_n && x->uses[i + n].hash == x->uses[i].hash; n++)
            ;
        if (n >= MODEL_LEAST)
            add_gram(x, &x->uses[i], (uint32_t)n, &t, grams, pairs);
    }
    h->grams = (uint32_t)(grams->len / sizeof(struct model_gram));
    h->pairs = (uint32_t)(pairs->len / sizeof(struct model_pair));
    buf_add(grams, &(struct model_gram){UINT64_MAX, 0, h->pairs}, sizeof(struct model_gram));
    m->grams = (const void *)grams->p;
    m->pairs = (const void *)(pairs->p ? pairs->p : "");
    free(t.notes);
    free(t.seen);
}

static void sample_note(struct learn *x, const struct model *m, uint32_t i)
{
    const struct note *n = &x->notes[i];
    struct model_note self = {true, x->note_codes + n->first_code, n->codes};
    read_note(x, n);
    model_candidates(m, x->lexicon, &x->words, &x->mentions, &x->context, &self, &x->work);
    for (size_t k = 0; k < x->work.n; k++) {
        GROW(x, samples);
        struct sample *s = &x->samples[x->samples_n++];
        const struct candidate *c = &x->work.at[k];
        *s = (struct sample){.note = i};
        model_values(m, &x->work, c, &self, s->value);
        for (uint32_t j = 0; j < n->codes; j++)
            s->right |= self.codes[j] == c->code;
    }
}

static void fit(struct learn *x, struct model_header *h)
{
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < x->samples_n; i++) {
            /* a stride that meets all samples of a count prime to it, in a mixed order */
            const struct sample *s = &x->samples[i * UINT64_C(7919) % x->samples_n];
            int64_t sum = 0;
            for (int p = 0; p < MODEL_PARTS; p++)
                sum += h->weight[p][s->value[p]];
            int off = (s->right ? 4096 : 0) - model_logistic(sum);
            int step = off * (MODEL_ONE / 4096) / (1 << (RATE_SHIFT + round / 3));
            for (int p = 0; p < MODEL_PARTS; p++)
                h->weight[p][s->value[p]] += step;
        }
}

static int by_score(const void *x, const void *y)
{
    const struct sample *a = x, *b = y;
    return (a->score < b->score) - (a->score > b->score);
}

/* The threshold with the best F1: 2 hits / (given + wanted). It is never above one half: a code that
 * is right more often than not always adds to F1. */
static void set_threshold(struct learn *x, struct model_header *h, struct learn_result *out)
{
    uint64_t hits = 0, best = 0;
    for (size_t i = 0; i < x->samples_n; i++)
        x->samples[i].score =
            model_score((const int32_t(*)[PART_VALUES])h->weight, x->samples[i].value);
    if (x->samples_n)
        qsort(x->samples, x->samples_n, sizeof *x->samples, by_score);
    h->threshold = 500;
    for (size_t i = 0; i < x->samples_n; i++) {
        hits += x->samples[i].right;
        uint64_t f1 = 2000 * hits / (i + 1 + x->stated_n);
        if (f1 > best && (i + 1 == x->samples_n || x->samples[i + 1].score < x->samples[i].score)) {
            best = f1;
            h->threshold = x->samples[i].score < 500 ? x->samples[i].score : 500;
        }
    }
    out->f1 = (int)best;
    out->threshold = h->threshold;
}

int learn_model(struct learn *x, const char *path, struct learn_result *out, struct buf *error)
{
    struct model_header *h = xcalloc(1, sizeof *h);
    struct model m = {.head = h};
    struct buf grams = {0}, pairs = {0};
    int rc = -1;
    if (x->stated_n == 0) {
        buf_puts(error, "no note has a code: nothing can be learned");
        free(h);
        return -1;
    }
    h->notes = (uint32_t)x->notes_n;
    number_codes(x, &m, h);
    collect_uses(x);
    count_grams(x, &m, h, &grams, &pairs);
    model_index(&m);
    for (uint32_t i = 0; i < x->notes_n; i++)
        sample_note(x, &m, i);
    fit(x, h);
    set_threshold(x, h, out);
    out->notes = h->notes;
    out->codes = h->codes;
    out->grams = h->grams;
    out->pairs = h->pairs;
    rc = model_write(&m, path, error);
    model_index_free(&m);
    free((void *)(uintptr_t)m.codes);
    buf_free(&grams);
    buf_free(&pairs);
    free(h);
    return rc;
}
