/*
 * round: what lies with one partner is brought here, each file once.
 *
 * A file comes under a hidden name, is synced, noted in fetch.db, given its name in the folder that
 * ingest watches, and only then moved to the archive there. A death in between begins the round
 * again: what is noted with the same bytes is not brought again.
 */
#ifndef CLAIMWIRE_FETCH_ROUND_H
#define CLAIMWIRE_FETCH_ROUND_H

#include "common/store/store.h"
#include "common/wire/wire.h"

struct round {
    const char *home; /* of fetch.db */
    const char *into; /* where files go */
    int settle;       /* seconds that a file without a manifest must keep its size */
    int64_t now_us;   /* pipeline's clock */
    /* A file came; name is the one in `into`. May be NULL. */
    void (*came)(void *ctx, const struct wire *from, const char *name, int64_t bytes);
    void *ctx;
    struct store *db; /* round_open(); NULL: each look opens it by itself */
};
/* Opens fetch.db for many looks of one process. Dies when it cannot. */
struct store *round_open(const char *home);

/* Blocks. The first fault ends it; files brought before it stay. */
enum wire_result round_go(const struct round *r, const struct wire *from, struct wire_fault *f);

#endif
