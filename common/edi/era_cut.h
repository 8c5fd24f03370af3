/*
 * era_cut: one 835 set cut into a set for each owner of its claims, each of which balances.
 *
 * Two walks over the set. The first asks for the owner of each CLP and of each provider adjustment
 * and sums what is theirs; it refuses what cannot be cut without breaking a balance:
 *
 *   - the set does not balance as it stands (S3-016),
 *   - a part would be a negative payment (S3-017): its adjustments take more than its claims bring,
 *   - claims of one LX group that has totals (TS3, TS2) have several owners,
 *   - an adjustment has no owner.
 *
 * The second writes: each owner gets the head (payer, payee, TRN) as it came, its own claims under
 * LX numbers from 1, its own adjustments, BPR02 = its CLP04 less its PLB, and SE01. The sum of all
 * BPR02 is that of the set. TRN01 to TRN04 stay in every part, for the money came as one transfer
 * under that trace: who reassociates adds the parts up. A part of 0.00 of a set that paid something
 * says BPR01 H and BPR04 NON, without accounts.
 */
#ifndef CLAIMWIRE_EDI_ERA_CUT_H
#define CLAIMWIRE_EDI_ERA_CUT_H

#include "common/edi/remit.h"
#include "common/edi/write.h"

/* Answer to a question for an owner: nobody. Owners are numbers of the caller's. */
#define ERA_NOBODY UINT32_MAX

struct era_cut_ask {
    /* Owner of a claim; summary is TS301 of its LX group, "" when there is none. */
    uint32_t (*claim)(void *ctx, const struct remit *r, phi_str summary);
    /* Owner of an adjustment; asked behind all claims. ERA_NOBODY refuses the set. */
    uint32_t (*adjustment)(void *ctx, const struct plb *p);
    void *ctx;
};

/* What one owner gets. */
struct era_share {
    uint32_t owner, claims, adjustments;
    int64_t cents; /* BPR02 */
};
struct era_cut_fault {
    const char *rule; /* "S3-016", "ERA_SHARE" ... */
    const char *text; /* a sentence without any value */
    char segment[4];
    uint32_t position; /* in the set, ST is 1 */
    uint64_t off;
};

struct era_cut {
    struct era_share *share; /* in the order in which owners were met */
    uint32_t shares;
    uint32_t claims, adjustments; /* of the whole set */
    int64_t cents;                /* BPR02 of the whole set */
    /* private: index into share for each claim, for each adjustment */
    uint32_t *of_claim, *of_adjustment;
    struct era_walk *walk;
};

/* First walk: begin, every segment from ISA (or ST, when isa_gs says what came before it: the bytes
 * of an ISA and a GS with these delimiters) to SE, end. False at the end: *f says why; cut has to be
 * freed all the same. Segments may be those of a window. */
void era_cut_begin(struct era_cut *c, const struct era_cut_ask *ask, phi_str isa_gs);
void era_cut_segment(struct era_cut *c, const struct edi_seg *seg, const struct edi_delims *d);
bool era_cut_end(struct era_cut *c, struct era_cut_fault *f);
void era_cut_free(struct era_cut *c);

/* Second walk, ST to SE. to(ctx, i) gives the writer of share[i], with the delimiters of the set;
 * its `segments` is set here. */
struct era_put {
    const struct era_cut *cut;
    struct edi_writer *(*to)(void *ctx, uint32_t share);
    void *ctx;
    /* private */
    struct buf lx; /* LX and what stands between it and its first claim */
    uint32_t claim, adjustment, at;
    uint32_t *numbers; /* LX01 of each share */
    bool *has_lx;      /* the present group was begun there */
    bool head, in_claim, in_group;
};
void era_put_begin(struct era_put *p);
void era_put_segment(struct era_put *p, const struct edi_seg *seg, const struct edi_delims *d);
void era_put_end(struct era_put *p);

#endif
