#include "common/coding/lexicon.h"
#include "common/util/log.h"
#include <stdlib.h>

enum { NOT_ASKED = 0, NO_MEANING = 1, HINT_BITS = 1 << 21 };

struct slot {
    uint64_t key;
    uint32_t row;     /* first row of the key, from 1; 0: free */
    uint32_t meaning; /* NOT_ASKED, NO_MEANING, or number in meanings + 2 */
};
struct lexicon {
    const struct codes *table;
    struct stemmer *stems;
    int32_t day;
    struct code_system terms, codes;
    struct slot *slots;
    size_t mask;
    uint64_t *hints; /* a bit for every key: most words are no term, and this fits a cache */
    struct meaning *meaning; /* room for every key, so that none moves */
    uint32_t n;
    struct words words;
};

static uint64_t key_of(const char code[CODE_LEN])
{
    uint64_t k = 0;
    for (int i = 0; i < CODE_LEN; i++) {
        unsigned c = (unsigned char)code[i];
        k = k << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return k;
}

static struct slot *slot_of(struct lexicon *l, uint64_t key)
{
    size_t i = (key ^ key >> 31) & l->mask;
    while (l->slots[i].row && l->slots[i].key != key)
        i = (i + 1) & l->mask;
    return &l->slots[i];
}

static uint64_t *hint_of(const struct lexicon *l, uint64_t key, uint64_t *bit)
{
    uint64_t h = (key ^ key >> 23) & (HINT_BITS - 1);
    *bit = UINT64_C(1) << (h & 63);
    return &l->hints[h >> 6];
}

static void index_terms(struct lexicon *l)
{
    size_t keys = 0;
    uint64_t bit;
    l->hints = xcalloc(HINT_BITS / 64, sizeof *l->hints);
    for (l->mask = 1024; l->mask < 2 * (size_t)l->terms.n; l->mask *= 2)
        ;
    l->slots = xcalloc(l->mask--, sizeof *l->slots);
    for (uint32_t i = 0; i < l->terms.n; i++) {
        const struct code_row *r = &l->terms.rows[i];
        if (i && memcmp(r->code, r[-1].code, CODE_LEN) == 0)
            continue;
        uint64_t key = key_of(r->code);
        struct slot *s = slot_of(l, key);
        *s = (struct slot){key, i + 1, NOT_ASKED};
        *hint_of(l, key, &bit) |= bit;
        keys++;
    }
    l->meaning = xcalloc(keys + 1, sizeof *l->meaning);
}

struct lexicon *lexicon_open(const struct codes *table, struct stemmer *stems, int32_t day)
{
    struct lexicon *l = xcalloc(1, sizeof *l);
    l->table = table;
    l->stems = stems;
    l->day = day;
    if (!codes_system(table, LEXICON_SYSTEM, &l->terms) ||
        !codes_system(table, LEXICON_CODES, &l->codes)) {
        free(l);
        return NULL;
    }
    index_terms(l);
    return l;
}

void lexicon_free(struct lexicon *l)
{
    if (!l)
        return;
    words_free(&l->words);
    free(l->slots);
    free(l->hints);
    free(l->meaning);
    free(l);
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
    if (words->used == 1 && (m->term->value == TERM_INDEX || m->term->value == TERM_INCLUSION))
        return title_has(l, m->code, words->stem[0]);
    return true;
}

static uint32_t ask(struct lexicon *l, const struct slot *s, const struct word_bag *words)
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
    uint64_t key = word_bag_key(words), bit;
    if (!(*hint_of(l, key, &bit) & bit))
        return NULL;
    struct slot *s = slot_of(l, key);
    if (!s->row)
        return NULL;
    if (s->meaning == NOT_ASKED)
        s->meaning = ask(l, s, words);
    return s->meaning == NO_MEANING ? NULL : &l->meaning[s->meaning - 2];
}
