/*
 * met: which texts have come before, by a hash of 64 bits each, in a table that grows in small parts
 * by half or a third, and never beyond 32 MB (and half a megabyte while a part grows): 3.6 million
 * texts. The 2.2 million claims of a gigabyte take 24 MB.
 *
 * Two texts are taken for one when their hashes are the same: with 3.6 million of them that happens
 * once in three million runs (n^2 / 2^65).
 */
#ifndef CLAIMWIRE_RULES_MET_H
#define CLAIMWIRE_RULES_MET_H

#include <stdbool.h>
#include <stdint.h>

enum { MET_PARTS = 64, MET_PART_MOST = 1 << 16 };

/* Zero-initialise; met_free() at the end. */
struct met_set {
    uint64_t *slot[MET_PARTS]; /* tables with holes */
    uint32_t n[MET_PARTS], room[MET_PARTS];
};

enum met_answer { MET_NEW, MET_AGAIN, MET_FULL };

/* Remembers a hash. MET_FULL: it has not come before, or the table is full and it cannot be told. */
enum met_answer met_add(struct met_set *m, uint64_t hash);
/* Forgets all. */
void met_clear(struct met_set *m);
void met_free(struct met_set *m);

#endif
