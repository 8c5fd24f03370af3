/*
 * cut837: the claims of 837 sets one by one, each with the loops that it stands in, and a claim
 * written into a set of its own tree. Bytes stay as they came but for HL01, HL02, HL04 and SE01.
 */
#ifndef CLAIMWIRE_TOOLS_SPLIT_CUT837_H
#define CLAIMWIRE_TOOLS_SPLIT_CUT837_H

#include "tools/split/parts.h"

/* One claim; all borrowed for the call. Texts are whole segments, each with its terminator and
 * newline; a level is without its HL. */
struct cut_claim {
    phi_str head;                         /* ST to the segment before the first HL */
    phi_str billing, subscriber, patient; /* patient is empty when the subscriber is the patient */
    phi_str claim;
    uint32_t head_segments, billing_segments, subscriber_segments, patient_segments, segments;
    phi_str st02, payer, npi, tin; /* 2010BB NM109, 2010AA NM109 with XX, REF EI or SY */
    int64_t cents;                 /* CLM02 */
    struct edi_delims d;
};
struct cut837 {
    void (*claim)(void *ctx, const struct cut_claim *c);
    /* The set cannot be cut. */
    void (*fault)(void *ctx, uint64_t off, const char *text);
    void *ctx;
    const char *newline;
    /* private */
    struct buf text[5];
    uint32_t segments[5];
    struct buf st02, payer, npi, tin, nm101;
    int at;
    int64_t cents;
    struct edi_delims d;
};

void cut837_begin(struct cut837 *c, const struct edi_delims *d);
void cut837_segment(struct cut837 *c, const struct edi_seg *seg);
void cut837_free(struct cut837 *c);
/* Writes the claim into the part, with ST when it is the first there, and its levels where they are
 * not those of the claim before. */
void cut837_write(struct parts *p, struct part *q, const struct cut_claim *c);

#endif
