/*
 * outbox: build837's store, outbox.db. What came, which batch it is in, and how far each batch is.
 *
 *   source   one row a set: its seq, and from its tally how many claims of it stand
 *   claim    one row a claim, unique, so a repeat changes nothing; batch NULL: it waits
 *   body     the claim's X12, sealed; bound to the id
 *   lane     payer, usage, purpose and version whose claims may share a file
 *   batch    one row a file: control numbers, terms, state
 *   counter  control numbers and the prefix of sets that has been passed on
 *
 * A batch is sealed (members, control numbers, terms) in one transaction; everything after that is
 * a function of these rows.
 */
#ifndef CLAIMWIRE_BUILD837_OUTBOX_H
#define CLAIMWIRE_BUILD837_OUTBOX_H

#include "common/link/record.h"
#include "common/util/arena.h"
#include "tools/build837/partners.h"
#include "common/edi/claim.h"
#include "tools/build837/queue.h"

enum batch_state { BATCH_SEALED, BATCH_RENDERED, BATCH_RELEASED };

struct batch {
    int64_t number; /* of the row, and ISA13 */
    uint32_t gs06;
    uint32_t claims, per_set; /* per_set: at most so many claims in one ST */
    int64_t cents;            /* sum of the claims' charges */
    int64_t at_us;            /* greatest `at` of its claims: the date in ISA, GS, BHT */
    enum batch_state state;
    phi_str payer; /* payer id */
    struct terms terms;
    phi_str name; /* file name, once rendered */
    struct digest digest;
    int64_t bytes;
};
/* Members in the order of the file, 0 to n - 1. */
struct members {
    uint32_t n;
    struct rec_id *ids;
    phi_str *bodies;
};
struct lane_key {
    phi_str payer;
    char usage;      /* P, T */
    phi_str purpose; /* BHT06 */
    phi_str version; /* GS08 of the guide family */
};

struct outbox;
/* Opens DIR/outbox.db; keys_dir is the run directory whose keys seal. */
struct outbox *outbox_open(const char *dir, const char *keys_dir);
void outbox_close(struct outbox *o);
/* Commits what was written since the last commit. */
void outbox_commit(struct outbox *o);

/* Number of the lane with this key, made when it is new. */
uint32_t outbox_lane(struct outbox *o, const struct lane_key *key);
/* Payer of a lane; empty when there is none of this number. */
phi_str outbox_lane_payer(const struct outbox *o, uint32_t lane);
/* True when the service of this claim went before and nobody has released it (dup.h); else it is noted
 * as gone, in the open transaction. */
bool outbox_duplicate(struct outbox *o, const char *run, const struct record *r,
                      const struct claim *c);
/* The claim is refused: its set is not to wait for it. False: that is known. */
bool outbox_gone(struct outbox *o, const struct record *r, int64_t came_us);
/* Inserts a claim; *e gets what the queue wants. False: it is here already. */
bool outbox_claim(struct outbox *o, const struct record *r, uint32_t lane, int64_t cents,
                  int64_t came_us, struct entry *e);
/* Inserts a tally (r->parent is the set). False: it is here already. */
bool outbox_tally(struct outbox *o, const struct record *r, int64_t came_us);

/* The prefix that was stored with the latest sealed batch. */
uint64_t outbox_next(struct outbox *o);
/* Puts everything that is in no batch into the queue. */
void outbox_load(struct outbox *o, struct queue *q);
/* Seals a batch in one transaction, together with what is not committed yet; returns its number. */
int64_t outbox_seal(struct outbox *o, const struct partners *p, const struct entry *e, uint32_t n,
                    uint64_t next, uint32_t per_set);
/* The first batch after `after` in state `s`, strings in the arena; false when there is none. */
bool outbox_batch(struct outbox *o, enum batch_state s, int64_t after, struct batch *out,
                  struct arena *a);
/* Its members; bodies only when wanted, unsealed into plain (dies when a blob was altered). */
struct members outbox_members(struct outbox *o, const struct batch *b, struct buf *plain,
                              struct arena *a);
/* The file stands; committed on return. */
void outbox_rendered(struct outbox *o, const struct batch *b);
/* Its `sent` record is acknowledged; committed with the next commit. */
void outbox_released(struct outbox *o, int64_t number);

#endif
