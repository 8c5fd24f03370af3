/*
 * place: whose an answer of a payer is, and what is put for whom. Each function looks at one answer
 * and, when everything in it has an owner (or `force` says that there is nothing to wait for),
 * puts the files that it becomes and returns true. Nothing is committed here.
 */
#ifndef CLAIMWIRE_TOOLS_MAILBOX_PLACE_H
#define CLAIMWIRE_TOOLS_MAILBOX_PLACE_H

#include "common/edi/write.h"
#include "tools/mailbox/box.h"

struct placing {
    struct box *box;
    const struct box_answer *answer;
    struct arena *arena;
    bool force;        /* what has no owner by now goes to BOX_UNPLACED */
    uint32_t unplaced; /* out: how often */
    const char *why;   /* out: rule or word, why something is unplaced; static */
};

/* 837 groups that were sent: one 999 for each group of a submitter that has claims in them. */
bool place_999(struct placing *p);
/* One 277CA for each group of a submitter, a set for each of its batches, totals counted anew. */
bool place_277ca(struct placing *p);
/* One 835 for each submitter, balanced (common/edi/era_cut.h). */
bool place_835(struct placing *p);

/* The whole answer as it came, for a person. */
void place_unplaced(struct placing *p, const char *kind, const char *why);
/* Puts bytes into the mailbox of a batch's submitter. */
void place_put(struct placing *p, const struct box_batch *to, uint32_t number, const char *kind,
               phi_str bytes);
/* True when batches came in one group of one interchange of one submitter. */
bool place_same_group(const struct box_batch *a, const struct box_batch *b);

#endif
