/*
 * ack_277ca: the 277CA (005010X214) that answers the claims of accepted 837 sets: one interchange
 * with one group HN, one transaction set for each 837 set. Pure functions, as in ack.h.
 *
 * What is said (DOMAIN.md B.1): a claim without faults is A1:19 (received; as a payer A2:20,
 * accepted for processing) with WQ; one with faults is U with the category and status of each, up
 * to three in an STC, further ones in further STC. Faults of a line stand in 2220D, and the claim
 * then has A3:247. QTY 90/AA and AMT YU/YY of the batch, QTY QA/QC and AMT YU/YY of each billing
 * provider are counted from the claims written below them; what is zero is left out with its
 * amount.
 */
#ifndef CLAIMWIRE_EDI_ACK_277CA_H
#define CLAIMWIRE_EDI_ACK_277CA_H

#include "common/edi/ack_claims.h"

struct ack_277ca_opts {
    int64_t at_us;    /* received and processed, UTC */
    uint32_t control; /* ISA13 and GS06 of the answer, 1 to 999999999; BHT03 is made of it */
    bool payer;       /* we answer as the payer, not as a clearinghouse */
};

/* What it came to, over all sets. */
struct ack_277ca_result {
    uint32_t sets, accepted, rejected; /* sets and claims */
    int64_t accepted_cents, rejected_cents;
};

/* Appends the interchange, addressed back as ack_write_999 does. Batches without claims are passed
 * over; when none is left nothing is written, and sets is 0. */
struct ack_277ca_result ack_write_277ca(struct buf *out, const struct envelope_isa *to,
                                        const struct envelope_gs *gs,
                                        const struct ack_batch *batches, uint32_t n,
                                        const struct ack_277ca_opts *o);

#endif
