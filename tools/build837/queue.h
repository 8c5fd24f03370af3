/*
 * queue: which claims are ready for a batch, and in which order. Memory only; the store has the
 * facts, and a queue filled again from the store after a crash decides the same.
 *
 * Claims wait in their set. A set is complete when its tally says `of` and so many are there. Sets
 * are passed on in the order of seq, only over complete prefixes, and inside a set by pos; so the
 * order of arrival changes nothing. Passed on, a claim stands in its lane (one payer, one usage,
 * one purpose, one version), and a lane that reaches the count is closed there and then.
 */
#ifndef CLAIMWIRE_BUILD837_QUEUE_H
#define CLAIMWIRE_BUILD837_QUEUE_H

#include "common/util/id.h"
#include <stdbool.h>

struct entry {
    int64_t row; /* in the store */
    uint64_t seq;
    uint32_t pos, lane;
    int64_t cents;
    int64_t at_us;   /* the record's */
    int64_t came_us; /* when it came here, by the pipeline's clock */
    uint32_t bytes;  /* what it adds to a file at most */
};
/* Where a lane is closed before the count: at most so many claims or bytes; 0: no limit. */
struct queue_limit {
    uint32_t claims;
    uint64_t bytes;
};
typedef struct queue_limit queue_limits(void *ctx, uint32_t lane);

struct queue;
/* Closes a batch of these claims. next is the seq below which every set has been passed on: it must
 * be stored in the same transaction. */
typedef void queue_close(void *ctx, uint32_t lane, const struct entry *e, uint32_t n,
                         uint64_t next);

/* count: claims that close a batch. next: as it was last given to close, 0 at first. */
struct queue *queue_new(uint32_t count, uint64_t next, queue_close *close, void *ctx);
/* Asked once for each lane, with the ctx of close. Before anything is passed on. */
void queue_limit(struct queue *q, queue_limits *limits);
/* A claim of the set will not come: it was refused, or is held elsewhere. */
void queue_gone(struct queue *q, struct rec_id set, uint64_t seq, uint32_t n);
/* A claim of the set with this id. */
void queue_claim(struct queue *q, struct rec_id set, struct entry e);
/* The set has `of` claims that stand. */
void queue_tally(struct queue *q, struct rec_id set, uint64_t seq, uint32_t of, int64_t came_us);
/* Passes on what is complete; closes lanes that are full. Call when what came is committed. */
void queue_advance(struct queue *q);
/* Closes what came at or before limit_us: sets are passed on over gaps, lanes closed unfilled. */
void queue_age(struct queue *q, int64_t limit_us);
/* The same for everything. */
void queue_finish(struct queue *q);
/* Claims that wait, in sets and in lanes. */
uint64_t queue_waiting(const struct queue *q);
void queue_free(struct queue *q);

#endif
