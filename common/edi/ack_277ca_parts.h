/* Inside of the 277CA: its pieces, for those who write it from what they hold (ack_277ca.c) and
 * from what they have put aside (ack_stream.c). */
#ifndef CLAIMWIRE_EDI_ACK_277CA_PARTS_H
#define CLAIMWIRE_EDI_ACK_277CA_PARTS_H

#include "common/edi/ack_277ca.h"

#define CA_VERSION "005010X214"

/* One transaction set while it is written. */
struct ca {
    struct edi_writer w;
    const struct ack_batch *b; /* who sent what to whom, and when; its claims are not looked at */
    const struct ack_277ca_opts *o;
    uint32_t hl;
    uint32_t level; /* HL01 of the present provider */
    char day[9];
};

/* Counts with their sums, of accepted and of rejected claims. */
struct ca_tally {
    uint32_t n[2];
    int64_t cents[2];
};

/* In this order: head (ST to the source), submitter, and for each provider its patients, each with
 * its claims. SE is left to the caller. */
void ca_head(struct ca *c, const char *number);
void ca_submitter(struct ca *c, const struct ca_tally *t);
void ca_provider(struct ca *c, const struct ack_party *p, const struct ca_tally *t);
void ca_patient(struct ca *c, const struct ack_party *p);
void ca_claim(struct ca *c, const struct ack_claim *k);

#endif
