/*
 * arena: many small pieces of memory, freed together. Pieces never move, so pointers into an
 * arena hold until arena_clear() or arena_free().
 */
#ifndef CLAIMWIRE_UTIL_ARENA_H
#define CLAIMWIRE_UTIL_ARENA_H

#include "common/util/phi.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
};

/* Returns n zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t n);
/* Copies n bytes and ends them with a NUL. */
char *arena_strndup(struct arena *a, const char *p, size_t n);
/* Copies a C string. */
char *arena_strdup(struct arena *a, const char *s);
/* Copies a slice, so that it lives as long as the arena. */
phi_str arena_phi(struct arena *a, phi_str s);
/* Forgets every piece, keeps one block for reuse. */
void arena_clear(struct arena *a);
/* Releases everything and zeroes *a. */
void arena_free(struct arena *a);

#endif
