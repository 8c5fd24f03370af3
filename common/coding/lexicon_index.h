/*
 * The index of a lexicon, made when a table is compiled and read from the map: a bit for every key,
 * as most words of a note are no term and the bits fit a cache, and an open hash of keys.
 * Layout: struct lexicon_head, hint words, slots.
 */
#ifndef CLAIMWIRE_CODING_LEXICON_INDEX_H
#define CLAIMWIRE_CODING_LEXICON_INDEX_H

#include "common/util/phi.h"
#include <stdint.h>

enum { LEXICON_HINT_BITS = 1 << 21 };

struct lexicon_slot {
    uint64_t key;
    uint32_t row; /* first row of the key, from 1; 0: free */
    uint32_t id;  /* of the key, from 0 */
};
struct lexicon_head {
    uint64_t hint_bits, slots; /* powers of two */
    uint64_t keys;
};
struct lexicon_index {
    struct lexicon_head *head;
    const uint64_t *hints;
    const struct lexicon_slot *slots;
    size_t len; /* bytes from head on */
};

/* An empty index for at most n keys; head is the caller's to free. */
void lexicon_index_new(struct lexicon_index *x, size_t n);
/* Adds a key that is not in it yet. */
void lexicon_index_put(struct lexicon_index *x, uint64_t key, uint32_t row);
/* An index as it stands in the table file; false when it is none of n rows. */
bool lexicon_index_open(struct lexicon_index *x, phi_str bytes);
/* NULL when the key is not in it. */
const struct lexicon_slot *lexicon_index_find(const struct lexicon_index *x, uint64_t key);

#endif
