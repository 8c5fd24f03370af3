/*
 * Words of a clinical text: where they stand, in which sentence, and what they are matched by.
 *
 * A word has two keys. `stem` is a hash of its English Snowball stem, so that "infections" and
 * "infected" meet in terms of several words, as do "renal" and "kidney"; `plain` is a hash of its singular, used for terms of
 * one word, where stems would take "prostatitis" for "prostate". Stop words have no keys: they
 * carry no meaning in a term (of, the, unspecified ...).
 */
#ifndef CLAIMWIRE_CODING_WORDS_H
#define CLAIMWIRE_CODING_WORDS_H

#include "common/util/arena.h"
#include <stdint.h>

struct word {
    uint32_t begin, end; /* byte offsets in the text */
    uint32_t sentence;   /* number of its sentence, from 0 */
    bool stop;
    uint64_t stem, plain;
};

struct words {
    struct word *at;
    size_t n, cap;
};

struct stemmer; /* libstemmer with a memory of the words it has seen */
struct stemmer *stemmer_new(void);
void stemmer_free(struct stemmer *s);

/* Takes text apart; w is emptied first and keeps its memory. Sentences end at . ; : ! ? and line
 * ends, but not at a point between digits, nor where a line goes on with a small letter. Bytes outside ASCII letters and digits part words. */
void words_read(struct stemmer *s, phi_str text, struct words *w);
void words_free(struct words *w);

/* The words of a term as a bag without stop words: order and repeats do not matter. */
enum { BAG_WORDS = 16 }; /* more of them are not kept apart */
struct word_bag {
    uint64_t sum, plain, stem[BAG_WORDS];
    unsigned used;
};
/* Adds a word unless it is a stop word or in the bag. */
void word_bag_add(struct word_bag *b, const struct word *w);
/* Key of the bag: of one word by `plain`, of several by `stem`; 0 when it is empty. */
uint64_t word_bag_key(const struct word_bag *b);
/* The key of at[0..n); *used: words that count. */
uint64_t words_key(const struct word *at, size_t n, unsigned *used);

#endif
