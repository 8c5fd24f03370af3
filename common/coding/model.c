#include "common/coding/model.h"
#include "common/util/log.h"
#include <stdlib.h>

uint32_t model_code(const struct model *m, const char code[CODE_LEN])
{
    uint32_t lo = 0, hi = m->head->codes;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(m->codes[mid].code, code, CODE_LEN);
        if (c == 0)
            return mid;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return UINT32_MAX;
}

static uint64_t hint_of(const struct model *m, uint64_t hash)
{
    return hash >> 20 & (8 * (m->mask + 1) - 1);
}

/* How surely a code follows from a gram, in thousandths. */
static uint16_t sureness(uint32_t hits, uint32_t notes)
{
    return (uint16_t)(hits * 1000 / (notes + 1));
}

static void index_voices(struct model *m)
{
    uint32_t n = 0;
    m->voices = xcalloc(m->head->pairs + 1u, sizeof *m->voices);
    m->voice = xcalloc(m->head->grams + 1u, sizeof *m->voice);
    for (uint32_t g = 0; g < m->head->grams; g++) {
        const struct model_gram *of = &m->grams[g];
        m->voice[g] = n;
        for (uint32_t p = of->pair; of->notes >= MODEL_LEAST && p < of[1].pair; p++) {
            uint32_t hits = m->pairs[p].notes;
            if (model_speaks(hits, of->notes))
                m->voices[n++] =
                    (struct model_voice){m->pairs[p].code, sureness(hits, of->notes),
                                         (uint16_t)(hits > UINT16_MAX ? UINT16_MAX : hits)};
        }
    }
    m->voice[m->head->grams] = n;
}

void model_index(struct model *m)
{
    uint64_t n = 64;
    index_voices(m);
    while (n < 2 * (uint64_t)m->head->grams)
        n *= 2;
    m->mask = n - 1;
    m->slots = xcalloc(n, sizeof *m->slots);
    m->hints = xcalloc(n / 8, sizeof *m->hints);
    for (uint32_t g = 0; g < m->head->grams; g++) {
        uint64_t i = m->grams[g].hash & m->mask, h = hint_of(m, m->grams[g].hash);
        while (m->slots[i])
            i = (i + 1) & m->mask;
        m->slots[i] = g + 1;
        m->hints[h >> 6] |= UINT64_C(1) << (h & 63);
    }
}

void model_index_free(struct model *m)
{
    free(m->slots);
    free(m->hints);
    free(m->voices);
    free(m->voice);
    m->voices = NULL;
    m->voice = NULL;
    m->slots = NULL;
    m->hints = NULL;
}

static const struct model_gram *find_gram(const struct model *m, uint64_t hash)
{
    uint64_t h = hint_of(m, hash);
    if (!(m->hints[h >> 6] >> (h & 63) & 1))
        return NULL;
    for (uint64_t i = hash & m->mask; m->slots[i]; i = (i + 1) & m->mask)
        if (m->grams[m->slots[i] - 1].hash == hash)
            return &m->grams[m->slots[i] - 1];
    return NULL;
}

static bool note_has(const struct model_note *note, uint32_t code)
{
    for (uint32_t i = 0; i < note->n; i++)
        if (note->codes[i] == code)
            return true;
    return false;
}

static struct candidate *new_candidate(struct model_work *k, const struct code_row *row,
                                       uint32_t code)
{
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 256;
        k->at = xrealloc(k->at, k->cap * sizeof *k->at);
    }
    k->at[k->n] = (struct candidate){.row = row, .code = code, .miss = MODEL_ONE};
    return &k->at[k->n++];
}

/* The candidate of a code of the model; NULL when the day's code set has nothing for it. */
static struct candidate *for_model_code(const struct model *m, const struct lexicon *l,
                                        struct model_work *k, uint32_t code)
{
    if (k->place[code])
        return &k->at[k->place[code] - 1];
    const char *c = m->codes[code].code;
    if (!k->asked[code])
        k->row[code] = lexicon_code(l, phi_of(c, strnlen(c, CODE_LEN)));
    k->asked[code] = true;
    if (!k->row[code])
        return NULL;
    struct candidate *x = new_candidate(k, k->row[code], code);
    k->place[code] = (uint32_t)k->n;
    return x;
}

static struct candidate *for_row(const struct model *m, struct model_work *k,
                                 const struct code_row *row)
{
    uint32_t code = model_code(m, row->code);
    if (code != UINT32_MAX && k->place[code])
        return &k->at[k->place[code] - 1];
    if (code == UINT32_MAX)
        for (size_t i = 0; i < k->n; i++)
            if (k->at[i].row == row)
                return &k->at[i];
    struct candidate *x = new_candidate(k, row, code);
    if (code != UINT32_MAX)
        k->place[code] = (uint32_t)k->n;
    return x;
}

static void testify(struct candidate *c, const struct gram *g, uint16_t sure, uint16_t hits)
{
    if (sure > c->best[g->length]) {
        c->best[g->length] = sure;
        c->best_notes[g->length] = hits;
    }
    if (sure > c->evidence || (sure == c->evidence && g->last - g->first > c->last - c->first)) {
        c->evidence = sure;
        c->first = g->first;
        c->last = g->last;
    }
    c->miss = c->miss * (1000 - sure) / 1000;
    c->support++;
}

/* The same when the note under way is among those that the gram was learned from. */
static void hear_left_out(const struct model *m, const struct lexicon *l, const struct gram *g,
                          const struct model_gram *known, const struct model_note *note,
                          struct model_work *k)
{
    uint32_t notes = known->notes - 1;
    for (uint32_t p = known->pair; notes >= MODEL_LEAST && p < known[1].pair; p++) {
        const struct model_pair *pair = &m->pairs[p];
        uint32_t hits = pair->notes - note_has(note, pair->code);
        if (!model_speaks(hits, notes))
            continue;
        struct candidate *c = for_model_code(m, l, k, pair->code);
        if (c)
            testify(c, g, sureness(hits, notes), (uint16_t)(hits > UINT16_MAX ? UINT16_MAX : hits));
    }
}

/* A gram speaks for the codes of the notes that used it; the note left out is taken off. */
static void hear_gram(const struct model *m, const struct lexicon *l, const struct gram *g,
                      const struct model_note *note, struct model_work *k)
{
    const struct model_gram *known = find_gram(m, g->hash);
    if (!known || k->heard[known - m->grams] == k->note)
        return;
    k->heard[known - m->grams] = k->note;
    if (note->left_out) {
        hear_left_out(m, l, g, known, note, k);
        return;
    }
    const uint32_t *of = &m->voice[known - m->grams];
    for (uint32_t v = of[0]; v < of[1]; v++) {
        struct candidate *c = for_model_code(m, l, k, m->voices[v].code);
        if (c)
            testify(c, g, m->voices[v].sure, m->voices[v].hits);
    }
}

static void hear_term(const struct model *m, struct candidate *c, const struct meaning *meaning,
                      const struct model_note *note)
{
    const struct model_gram *known = find_gram(m, gram_of_term(meaning));
    if (!known || known->notes < (uint32_t)MODEL_LEAST + note->left_out)
        return;
    c->term_notes = known->notes - note->left_out;
    for (uint32_t p = known->pair; p < known[1].pair; p++)
        if (m->pairs[p].code == c->code)
            c->term_hits = m->pairs[p].notes - (note->left_out && note_has(note, c->code));
    if (c->term_hits < MODEL_LEAST)
        c->term_hits = 0;
}

static void hear_mention(const struct model *m, const struct mention *x, const struct context *said,
                         const struct model_note *note, struct model_work *k)
{
    struct candidate *c = for_row(m, k, x->meaning->code);
    const struct mention *best = c->mention;
    c->mentions++;
    c->negated |= context_of(said, x->first, x->last) & CONTEXT_NEGATED;
    if (best && (best->words > x->words || (best->words == x->words &&
                                            best->meaning->term->value <= x->meaning->term->value)))
        return;
    c->mention = x;
    c->term_notes = c->term_hits = 0;
    hear_term(m, c, x->meaning, note);
}

static uint64_t *stem_bit(struct model_work *k, uint64_t stem, uint64_t *bit)
{
    *bit = UINT64_C(1) << (stem & 63);
    return &k->stems[stem >> 6 & 1023];
}

static void read_title(struct lexicon *l, struct model_work *k, const struct code_row *row,
                       struct title_stems *t)
{
    words_read(lexicon_stems(l), codes_title(lexicon_table(l), row), &k->title);
    *t = (struct title_stems){.at = (uint32_t)k->stem_n, .read = true};
    for (size_t i = 0; i < k->title.n; i++)
        if (!k->title.at[i].stop) {
            if (k->stem_n == k->stem_cap) {
                k->stem_cap = k->stem_cap ? k->stem_cap * 2 : 4096;
                k->stem = xrealloc(k->stem, k->stem_cap * sizeof *k->stem);
            }
            k->stem[k->stem_n++] = k->title.at[i].stem;
            t->n++;
        }
}

static uint8_t title_in_note(struct lexicon *l, struct model_work *k, const struct code_row *row)
{
    uint64_t bit;
    struct title_stems *t = &k->titles[lexicon_number(l, row)];
    if (!t->read)
        read_title(l, k, row, t);
    unsigned all = t->n, found = 0;
    for (size_t i = 0; i < t->n; i++)
        found += (*stem_bit(k, k->stem[t->at + i], &bit) & bit) != 0;
    all = all > 7 ? 7 : all;
    found = found > all ? all : found;
    return (uint8_t)(all * 8 + found);
}

static void compare_titles(struct lexicon *l, const struct words *w, struct model_work *k)
{
    uint64_t bit;
    memset(k->stems, 0, sizeof k->stems);
    for (size_t i = 0; i < w->n; i++)
        *stem_bit(k, w->at[i].stem, &bit) |= bit;
    for (size_t i = 0; i < k->n; i++)
        k->at[i].title = title_in_note(l, k, k->at[i].row);
}

static uint32_t strength(const struct candidate *c)
{
    return (MODEL_ONE - c->miss) / 16 + (c->mention && c->mention->meaning->sure ? 600 : 0);
}

/* A place for every three characters that a category may have. */
static uint32_t category_place(const struct candidate *c)
{
    const char *x = c->row->code;
    return (x[0] & 63u) << 12 | (x[1] & 63u) << 6 | (x[2] & 63u);
}

/* Joins the candidates of each category in a ring. */
static void find_rivals(struct model_work *k)
{
    for (size_t i = 0; i < k->n; i++) {
        struct candidate *c = &k->at[i];
        uint32_t *newest = &k->category[category_place(c)];
        struct candidate *last = *newest ? &k->at[*newest - 1] : c;
        c->strength = strength(c);
        c->rival = last == c ? (uint32_t)i + 1 : last->rival;
        last->rival = *newest = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < k->n; i++)
        k->category[category_place(&k->at[i])] = 0;
}

static void work_begin(const struct model *m, struct lexicon *l, struct model_work *k)
{
    k->place = xcalloc(m->head->codes + 1, sizeof *k->place);
    k->row = xcalloc(m->head->codes + 1, sizeof *k->row);
    k->asked = xcalloc(m->head->codes + 1, sizeof *k->asked);
    k->category = xcalloc(MODEL_CATEGORIES, sizeof *k->category);
    k->heard = xcalloc(m->head->grams + 1, sizeof *k->heard);
    k->titles = xcalloc(lexicon_codes(l) + 1, sizeof *k->titles);
    k->said = xcalloc(lexicon_codes(l) + 1, sizeof *k->said);
}

void model_candidates(const struct model *m, struct lexicon *l, const struct words *w,
                      const struct mentions *mentions, const struct context *context,
                      const struct model_note *note, struct model_work *k)
{
    k->n = 0;
    if (!k->place)
        work_begin(m, l, k);
    k->note++;
    grams_list(w, mentions, &k->grams);
    for (size_t i = 0; i < k->grams.n; i++)
        hear_gram(m, l, &k->grams.at[i], note, k);
    for (size_t i = 0; i < mentions->n; i++)
        hear_mention(m, &mentions->at[i], context, note, k);
    compare_titles(l, w, k);
    find_rivals(k);
    for (size_t i = 0; i < k->n; i++)
        if (k->at[i].code != UINT32_MAX)
            k->place[k->at[i].code] = 0;
}

/* 0, 1, 2, 3 for 3 and 4, 4 for 5 to 8, ... at most `most`. */
static uint8_t scale(uint32_t n, uint8_t most)
{
    uint8_t v = 0;
    for (uint32_t limit = 0; n > limit && v < most; limit = limit < 2 ? limit + 1 : limit * 2)
        v++;
    return v;
}

/* How surely, in tenths, and how often: 0 for never. */
static uint8_t surely(uint32_t thousandths, uint32_t notes)
{
    uint32_t tenth = thousandths / 100 > 9 ? 9 : thousandths / 100;
    uint8_t often = (uint8_t)(notes <= 2 ? 0 : notes <= 4 ? 1 : notes <= 9 ? 2 : 3);
    return thousandths ? (uint8_t)(1 + tenth * 4 + often) : 0;
}

static uint8_t term_value_of(const struct candidate *c)
{
    if (!c->mention)
        return 0;
    if (c->term_notes == 0)
        return 1;
    return (uint8_t)(2 + c->term_hits * 10 / (c->term_notes + 1) * 5 + scale(c->term_notes / 3, 4));
}

static uint8_t lexicon_value(const struct candidate *c)
{
    if (!c->mention)
        return 0;
    uint32_t words = c->mention->words > 4 ? 4 : c->mention->words;
    const struct meaning *m = c->mention->meaning;
    return (uint8_t)(1 + (m->term->value % TERM_KINDS * 4 + words - 1) * 2 + m->sure);
}

/* Alone in its category, first of several, second, or behind. */
static uint8_t rival_value(const struct model_work *k, const struct candidate *c)
{
    uint8_t better = 0, others = 0;
    for (const struct candidate *x = &k->at[c->rival - 1]; x != c; x = &k->at[x->rival - 1]) {
        others = 1;
        better +=
            better < 3 && (x->strength > c->strength || (x->strength == c->strength && x < c));
    }
    return (uint8_t)(others + better);
}

void model_values(const struct model *m, const struct model_work *k, const struct candidate *c,
                  const struct model_note *note, uint8_t value[MODEL_PARTS])
{
    uint32_t common = c->code == UINT32_MAX ? 0 : m->codes[c->code].notes;
    common -= common && note->left_out && note_has(note, c->code);
    value[PART_TERM] = term_value_of(c);
    for (int i = 1; i < GRAM_CLASSES; i++)
        value[PART_GRAM1 + i - 1] = surely(c->best[i], c->best_notes[i]);
    value[PART_TOGETHER] = (uint8_t)((MODEL_ONE - c->miss) / 4096);
    value[PART_SUPPORT] = scale(c->support, 9);
    value[PART_LEXICON] = lexicon_value(c);
    value[PART_MENTIONS] = (uint8_t)((c->mentions > 3 ? 3 : c->mentions) * 2 + c->negated);
    value[PART_COMMON] = scale(common, 9);
    value[PART_RIVAL] = rival_value(k, c);
    value[PART_TITLE] = c->title;
    value[PART_CHAPTER] = (uint8_t)(c->row->code[0] - 'A') % 26;
}

int model_logistic(int64_t x)
{
    /* 4096 / (1 + e^-x) at x = 0, 0.5, ... 8; straight lines between */
    static const int at[] = {2048, 2550, 2994, 3349, 3608, 3785, 3902, 3976, 4022,
                             4051, 4069, 4079, 4086, 4090, 4092, 4094, 4095};
    const int64_t step = MODEL_ONE / 2;
    if (x < 0)
        return 4096 - model_logistic(-x);
    if (x >= 16 * step)
        return at[16];
    int64_t i = x / step;
    return at[i] + (int)((at[i + 1] - at[i]) * (x - i * step) / step);
}

int model_score(const int32_t weight[MODEL_PARTS][PART_VALUES], const uint8_t value[MODEL_PARTS])
{
    int64_t sum = 0;
    for (int i = 0; i < MODEL_PARTS; i++)
        sum += weight[i][value[i]];
    return model_logistic(sum) * 1000 / 4096;
}

void model_work_free(struct model_work *w)
{
    free(w->at);
    free(w->place);
    words_free(&w->title);
    free(w->titles);
    free(w->stem);
    free(w->said);
    free(w->heard);
    free(w->category);
    free(w->row);
    free(w->asked);
    grams_free(&w->grams);
    *w = (struct model_work){0};
}
