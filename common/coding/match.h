/*
 * Mentions: where a note uses a term of the lexicon. The longest term at a word wins, and the words
 * of a mention belong to no other. A term's words may stand in any order but not apart, and not
 * across the end of a sentence.
 */
#ifndef CLAIMWIRE_CODING_MATCH_H
#define CLAIMWIRE_CODING_MATCH_H

#include "common/coding/lexicon.h"

enum { MATCH_WINDOW = 7 }; /* words that count, from the first to the last of a mention */

struct mention {
    const struct meaning *meaning;
    uint32_t first, last; /* numbers of its first and last word */
    uint32_t begin, end;  /* bytes in the note */
    uint32_t words;       /* words that count */
};
struct mentions {
    struct mention *at;
    size_t n, cap;
};
/* All mentions in a text that words_read() took apart; out is emptied first. */
void mentions_find(struct lexicon *l, const struct words *w, struct mentions *out);
void mentions_free(struct mentions *m);

#endif
