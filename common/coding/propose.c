#include "common/coding/propose.h"
#include "common/coding/combine.h"
#include "common/util/log.h"
#include <stdlib.h>

/* What a mention is worth by the kind of its term, in thousandths. */
static const int kind_score[TERM_KINDS] = {
    [TERM_TITLE] = 600, [TERM_INDEX] = 450,   [TERM_INCLUSION] = 450, [TERM_NEOPLASM] = 400,
    [TERM_DRUG] = 400,  [TERM_HEADING] = 350, [TERM_OWN] = 650,       [TERM_SEE] = 300};

static struct proposal *new_proposal(struct proposals *p, const struct code_row *code)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 32;
        p->at = xrealloc(p->at, p->cap * sizeof *p->at);
    }
    p->at[p->n] = (struct proposal){.code = code};
    return &p->at[p->n++];
}

static struct proposal *for_code(struct proposals *p, const struct code_row *code)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i].code == code)
            return &p->at[i];
    return new_proposal(p, code);
}

/* A longer term says more, up to 100 thousandths a word. */
static int mention_score(const struct mention *m)
{
    int words = m->words > 4 ? 4 : (int)m->words;
    return kind_score[m->meaning->term->value % TERM_KINDS] + 50 * (words - 1);
}

/* True when the setting lets a mention in this context stand for a code at all. */
static bool counts(const struct coding *c, unsigned context)
{
    return c->setting == SETTING_MENTIONS ||
           !(context & (CONTEXT_NEGATED | CONTEXT_FAMILY | CONTEXT_HYPOTHETICAL));
}

static bool only_suggested(const struct coding *c, unsigned context)
{
    if (c->setting == SETTING_MENTIONS)
        return false;
    return context & CONTEXT_HISTORY ||
           (context & CONTEXT_UNCERTAIN && c->setting == SETTING_OUTPATIENT);
}

static void add_mention(struct coding *c, const struct mention *m, struct proposals *out)
{
    unsigned context = context_of(&c->context, m->first, m->last);
    if (!m->meaning->sure || !counts(c, context))
        return;
    struct proposal *p = for_code(out, m->meaning->code);
    int score = mention_score(m);
    bool better = p->mentions == 0 || only_suggested(c, context) < only_suggested(c, p->context) ||
                  (only_suggested(c, context) == only_suggested(c, p->context) && score > p->score);
    if (better)
        *p = (struct proposal){.code = p->code,
                               .begin = m->begin,
                               .end = m->end,
                               .score = score,
                               .assigned = !only_suggested(c, context),
                               .term = m->meaning->term,
                               .context = context,
                               .mentions = p->mentions};
    p->mentions++;
}

static int by_score(const void *x, const void *y)
{
    const struct proposal *a = x, *b = y;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Below this chance in thousandths a learned code is not worth a line. */
enum { LEARNED_FLOOR = 10 };

static void add_candidate(struct coding *c, const struct candidate *x, struct proposals *out)
{
    static const struct model_note new_note = {0};
    uint8_t value[MODEL_PARTS];
    const struct mention *m = x->mention;
    model_values(c->model, &c->work, x, &new_note, value);
    int score = model_score(c->model->head->weight, value);
    uint32_t first = m ? m->first : x->first, last = m ? m->last : x->last;
    unsigned context = context_of(&c->context, first, last);
    if (score < LEARNED_FLOOR || !counts(c, context))
        return;
    uint32_t *said = &c->work.said[lexicon_number(c->lexicon, x->row)];
    struct proposal *p = *said ? &out->at[*said - 1] : new_proposal(out, x->row);
    *said = *said ? *said : (uint32_t)out->n;
    if (p->mentions && p->score >= score)
        return;
    *p = (struct proposal){.code = x->row,
                           .begin = c->words.at[first].begin,
                           .end = c->words.at[last].end,
                           .score = score,
                           .assigned = score >= c->model->head->threshold &&
                                       !only_suggested(c, context) &&
                                       (m || c->setting == SETTING_MENTIONS),
                           .term = m ? m->meaning->term : NULL,
                           .context = context,
                           .mentions = x->mentions ? x->mentions : 1};
}

static void propose_learned(struct coding *c, struct proposals *out)
{
    static const struct model_note new_note = {0};
    model_candidates(c->model, c->lexicon, &c->words, &c->mentions, &c->context, &new_note,
                     &c->work);
    for (size_t i = 0; i < c->work.n; i++)
        add_candidate(c, &c->work.at[i], out);
    for (size_t i = 0; i < out->n; i++)
        c->work.said[lexicon_number(c->lexicon, out->at[i].code)] = 0;
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_score);
}

static void find(struct coding *c, phi_str note, struct proposals *out)
{
    out->n = 0;
    words_read(c->stems, note, &c->words);
    mentions_find(c->lexicon, &c->words, &c->mentions);
    context_read(c->rules, note, &c->words, &c->context);
    if (c->model) {
        propose_learned(c, out);
        return;
    }
    for (size_t i = 0; i < c->mentions.n; i++)
        add_mention(c, &c->mentions.at[i], out);
    for (size_t i = 0; i < out->n; i++) { /* what is said again is meant */
        unsigned again = out->at[i].mentions - 1;
        out->at[i].score += 40 * (int)(again > 4 ? 4 : again);
    }
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_score);
}

void propose(struct coding *c, phi_str note, struct proposals *out)
{
    find(c, note, out);
    if (c->setting != SETTING_MENTIONS && out->n > 1)
        combine(c, note, out);
}

void coding_free(struct coding *c)
{
    words_free(&c->words);
    mentions_free(&c->mentions);
    context_free(&c->context);
    model_work_free(&c->work);
    free(c->vocabulary.stem);
    c->vocabulary = (struct vocabulary){0};
}

void proposals_free(struct proposals *p)
{
    free(p->at);
    *p = (struct proposals){0};
}
