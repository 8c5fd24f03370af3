/*
 * Grams: what a note consists of, as far as learning looks at it: runs of one to four words that
 * count, in order and within a sentence, and the terms of the lexicon that it uses. Only hashes are
 * kept: a model made of grams holds no text of any note.
 */
#ifndef CLAIMWIRE_CODING_GRAMS_H
#define CLAIMWIRE_CODING_GRAMS_H

#include "common/coding/match.h"

enum { GRAM_TERM = 0, GRAM_LONGEST = 4, GRAM_CLASSES = 5 };

struct gram {
    uint64_t hash;
    uint32_t first, last; /* words where it stands first */
    uint8_t length;       /* 1 to 4 words; GRAM_TERM: a term of the lexicon */
};
struct grams {
    struct gram *at;
    size_t n, cap;
};
/* All grams in the order of the note, then its terms; out is emptied first. */
void grams_list(const struct words *w, const struct mentions *m, struct grams *out);
/* The same sorted by hash, each once, where it stands first. */
void grams_read(const struct words *w, const struct mentions *m, struct grams *out);
/* Hash of the gram that stands for a term. */
uint64_t gram_of_term(const struct meaning *m);
void grams_free(struct grams *g);

#endif
