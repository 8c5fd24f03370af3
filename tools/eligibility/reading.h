/* reading: answers (271) taken to paper, to the store, or both. */
#ifndef CLAIMWIRE_ELIGIBILITY_READING_H
#define CLAIMWIRE_ELIGIBILITY_READING_H

#include "common/elig/cache.h"
#include "common/elig/words.h"
#include "common/link/stage.h"

struct reading {
    const struct words *words;
    struct cache *cache; /* NULL: nothing is kept */
    int64_t now_us;
    bool json;
    phi_str bytes;
    struct digest file;
    uint64_t off;    /* of the bytes in the file */
    struct buf *out; /* NULL: nothing is said */
    uint32_t answers, refused;
};
/* For elig_read() and elig_read_file(); ctx is a reading. */
void reading_take(void *ctx, const struct elig_said *s);
/* Loads the words or dies with EXIT_CONFIG. dir NULL: config/eligibility. */
void reading_words(struct words *w, const char *dir, struct arena *a);

/* The stage: keeper.c. */
extern const struct stage_def eligibility_stage;

#endif
