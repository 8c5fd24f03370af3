#include "common/coding/lexicon.h"
#include "common/coding/lexicon_index.h"
#include "common/util/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
    uint64_t key;
    char code[CODE_LEN];
    uint32_t kind, label, label_len;
};
struct lexicon_build {
    struct entry *at;
    size_t n, cap;
    struct buf labels;
    struct stemmer *stems;
    struct words words;
    struct entry next; /* what the variants of the term under way have in common */
};

struct lexicon_build *lexicon_build_new(void)
{
    struct lexicon_build *b = xcalloc(1, sizeof *b);
    b->stems = stemmer_new();
    return b;
}

void lexicon_build_free(struct lexicon_build *b)
{
    free(b->at);
    buf_free(&b->labels);
    words_free(&b->words);
    stemmer_free(b->stems);
    free(b);
}

static void take_variant(void *ctx, phi_str text, bool alone)
{
    struct lexicon_build *b = ctx;
    unsigned used;
    words_read(b->stems, text, &b->words);
    uint64_t key = words_key(b->words.at, b->words.n, &used);
    if (used == 0 || used > LEXICON_WORDS || (used == 1 && !alone))
        return;
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 4096;
        b->at = xrealloc(b->at, b->cap * sizeof *b->at);
    }
    b->at[b->n] = b->next;
    b->at[b->n++].key = key;
}

void lexicon_build_term(struct lexicon_build *b, phi_str code, uint32_t value, phi_str stored)
{
    b->next = (struct entry){.kind = value & 255};
    if (code.n == 0 || code.n > CODE_LEN)
        return;
    memcpy(b->next.code, code.p, code.n);
    b->next.label = (uint32_t)b->labels.len;
    b->next.label_len = (uint32_t)stored.n;
    buf_phi(&b->labels, stored);
    terms_expand(stored, value, take_variant, b);
}

void lexicon_build_title(struct lexicon_build *b, phi_str code, uint16_t flags, phi_str title)
{
    if (flags & CODE_ENDS)
        return;
    /* of a family of seventh characters the initial encounter speaks for all */
    if (code.n == 7 && code.p[6] != 'A')
        return;
    lexicon_build_term(b, code, flags & CODE_BILLABLE ? TERM_TITLE : TERM_HEADING, title);
}

static int by_key(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int c = (a->key > b->key) - (a->key < b->key);
    c = c ? c : memcmp(a->code, b->code, CODE_LEN);
    c = c ? c : (a->kind > b->kind) - (a->kind < b->kind);
    return c ? c : (a->label > b->label) - (a->label < b->label);
}

void lexicon_build_add(struct lexicon_build *b, struct codes_build *table)
{
    char key[CODE_LEN + 1];
    struct lexicon_index index;
    uint32_t rows = 0;
    uint64_t last = 0;
    lexicon_index_new(&index, b->n);
    if (b->n)
        qsort(b->at, b->n, sizeof *b->at, by_key);
    for (size_t i = 0; i < b->n; i++) {
        const struct entry *e = &b->at[i];
        if (i && e->key == e[-1].key && memcmp(e->code, e[-1].code, CODE_LEN) == 0)
            continue;
        snprintf(key, sizeof key, "%016" PRIx64, e->key);
        if (!codes_build_add(table, LEXICON_SYSTEM, phi_of(key, CODE_LEN),
                             phi_of(e->code, strnlen(e->code, CODE_LEN)), 0, CODES_NO_END, 0,
                             e->kind, phi_of(b->labels.p + e->label, e->label_len)))
            continue;
        rows++; /* rows are sorted as they are here: by key in hexadecimal, then by code */
        if (rows == 1 || e->key != last)
            lexicon_index_put(&index, e->key, rows);
        last = e->key;
    }
    codes_build_blob(table, LEXICON_SYSTEM, phi_of((const char *)index.head, index.len));
    free(index.head);
}
