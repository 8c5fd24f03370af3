#include "common/coding/lexicon.h"
#include "common/coding/lexicon_index.h"
#include "common/util/log.h"
#include <stdlib.h>

enum { NOT_ASKED = 0, NO_MEANING = 1 };

struct lexicon {
    const struct codes *table;
    struct stemmer *stems;
    int32_t day;
    struct code_system terms, codes;
    struct lexicon_index index; /* in the map */
    uint32_t *known;            /* by id of the key: NOT_ASKED, NO_MEANING, number in meaning + 2 */
    struct meaning *meaning;    /* room for every key, so that none moves */
    uint32_t n;
    struct words words;
};

struct lexicon *lexicon_open(const struct codes *table, struct stemmer *stems, int32_t day)
{
    struct lexicon *l = xcalloc(1, sizeof *l);
    l->table = table;
    l->stems = stems;
    l->day = day;
    if (!codes_system(table, LEXICON_SYSTEM, &l->terms) ||
        !codes_system(table, LEXICON_CODES, &l->codes) ||
        !lexicon_index_open(&l->index, codes_blob(table, LEXICON_SYSTEM))) {
        free(l);
        return NULL;
    }
    /* pages of these are touched when a note uses a term, not before */
    l->known = xcalloc(l->index.head->keys + 1, sizeof *l->known);
    l->meaning = xcalloc(l->index.head->keys + 1, sizeof *l->meaning);
    return l;
}

void lexicon_free(struct lexicon *l)
{
    if (!l)
        return;
    words_free(&l->words);
    free(l->known);
    free(l->meaning);
    free(l);
}

uint32_t lexicon_codes(const struct lexicon *l)
{
    return l->codes.n;
}

uint32_t lexicon_number(const struct lexicon *l, const struct code_row *code)
{
    return (uint32_t)(code - l->codes.rows);
}

int32_t lexicon_day(const struct lexicon *l)
{
    return l->day;
}

struct stemmer *lexicon_stems(const struct lexicon *l)
{
    return l->stems;
}

const struct codes *lexicon_table(const struct lexicon *l)
{
    return l->table;
}

static phi_str code_of(const struct code_row *r)
{
    return phi_of(r->code, strnlen(r->code, CODE_LEN));
}

static bool begins(const struct code_row *r, phi_str with)
{
    return memcmp(r->code, with.p, with.n) == 0;
}

/* First row whose code is not before s. */
static uint32_t lower_bound(const struct code_system *c, phi_str s)
{
    uint32_t lo = 0, hi = c->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (phi_cmp(code_of(&c->rows[mid]), s) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool says_unspecified(const struct lexicon *l, const struct code_row *r)
{
    phi_str t = codes_title(l->table, r);
    return memmem(t.p, t.n, "nspecified", 10) != NULL;
}

/* How well a child stands for its heading: unspecified, best at the end in 9; initial encounter;
 * else the first. */
static int stands_for(const struct lexicon *l, const struct code_row *r)
{
    phi_str c = code_of(r);
    if (says_unspecified(l, r))
        return c.p[c.n - 1] == '9' ? 3 : 2;
    return c.p[c.n - 1] == 'A' ? 1 : 0;
}

static const struct code_row *best_child(const struct lexicon *l, phi_str heading)
{
    const struct code_row *best = NULL, *child = NULL;
    for (uint32_t i = lower_bound(&l->codes, heading);
         i < l->codes.n && begins(&l->codes.rows[i], heading); i++) {
        const struct code_row *r = &l->codes.rows[i];
        if (r->from > l->day || r->to < l->day || code_of(r).n == heading.n ||
            (child && begins(r, code_of(child))))
            continue;
        child = r;
        if (!best || stands_for(l, r) > stands_for(l, best) || stands_for(l, r) == 3)
            best = r;
    }
    return best;
}

static const struct code_row *leaf_of(const struct lexicon *l, const struct code_row *r)
{
    for (int depth = 0; r && !(r->flags & CODE_BILLABLE) && depth < 6; depth++)
        r = best_child(l, code_of(r));
    return r && r->flags & CODE_BILLABLE ? r : NULL;
}

const struct code_row *lexicon_code(const struct lexicon *l, phi_str code)
{
    const struct code_row *r = codes_find(l->table, LEXICON_CODES, code, (phi_str){0}, l->day);
    if (r)
        return leaf_of(l, r);
    while (!r && code.n > 3) {
        code.n--; /* a code split since: what it was split from, if that was billable */
        r = codes_find(l->table, LEXICON_CODES, code, (phi_str){0}, l->day);
    }
    return r && r->flags & CODE_BILLABLE ? r : NULL;
}

/* The office's own names come first, then the kinds in their order. */
static int rank(const struct meaning *m)
{
    return m->term->value == TERM_OWN ? -1 : (int)m->term->value;
}

static bool better(const struct meaning *a, const struct meaning *b)
{
    phi_str x = code_of(a->code), y = code_of(b->code);
    if (rank(a) != rank(b))
        return rank(a) < rank(b);
    return x.n != y.n ? x.n < y.n : phi_cmp(x, y) < 0;
}

/* True when a word of this stem stands in the title of the code. */
static bool title_has(struct lexicon *l, const struct code_row *code, uint64_t stem)
{
    words_read(l->stems, codes_title(l->table, code), &l->words);
    for (size_t i = 0; i < l->words.n; i++)
        if (!l->words.at[i].stop && l->words.at[i].stem == stem)
            return true;
    return false;
}

/* External causes and encounters are not said by the words for them: a fall in a history is no
 * claim about its cause, an examination no encounter for it. Z80 to Z99 are states of the patient;
 * one word is too little for those. A single word of the index must be one of the title's. */
static bool is_sure(struct lexicon *l, const struct meaning *m, const struct word_bag *words)
{
    const char *c = m->code->code;
    if (m->term->value == TERM_OWN)
        return true;
    if (*c >= 'V' && *c <= 'Y')
        return false;
    if (*c == 'Z' && (c[1] < '8' || words->used == 1))
        return false;
    if (words->used == 1 && (m->term->value == TERM_INDEX || m->term->value == TERM_INCLUSION ||
                             m->term->value == TERM_SEE))
        return title_has(l, m->code, words->stem[0]);
    /* what is referred to has other words: one of them must be the title's all the same */
    bool said = m->term->value != TERM_SEE;
    for (unsigned i = 0; i < words->used && i < BAG_WORDS && !said; i++)
        said = title_has(l, m->code, words->stem[i]);
    return said;
}

static uint32_t ask(struct lexicon *l, const struct lexicon_slot *s, const struct word_bag *words)
{
    struct meaning best = {0};
    const struct code_row *r = &l->terms.rows[s->row - 1], *end = l->terms.rows + l->terms.n;
    for (const struct code_row *first = r; r < end && memcmp(r->code, first->code, CODE_LEN) == 0;
         r++) {
        struct meaning m = {.term = r,
                            .code = lexicon_code(l, phi_of(r->pair, strnlen(r->pair, CODE_LEN)))};
        if (m.code && (!best.code || better(&m, &best)))
            best = m;
    }
    if (!best.code)
        return NO_MEANING;
    best.id = s->row - 1;
    best.sure = is_sure(l, &best, words);
    l->meaning[l->n] = best;
    return l->n++ + 2;
}

const struct meaning *lexicon_find(struct lexicon *l, const struct word_bag *words)
{
    const struct lexicon_slot *s = lexicon_index_find(&l->index, word_bag_key(words));
    if (!s || s->row > l->terms.n || s->id >= l->index.head->keys)
        return NULL;
    uint32_t *known = &l->known[s->id];
    if (*known == NOT_ASKED)
        *known = ask(l, s, words);
    return *known == NO_MEANING ? NULL : &l->meaning[*known - 2];
}
