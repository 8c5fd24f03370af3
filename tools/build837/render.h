/*
 * render: from the members of a sealed batch to the bytes of its file. A pure function: no clock,
 * no store, no configuration.
 *
 * Claims are grouped by billing provider (2000A), subscriber (2000B) and patient (2000C), groups in
 * the order of their first claim; two levels are one when all their bytes but the HL are the same.
 * HL01, HL02 and HL04 are written anew, everything else of a claim goes out segment for segment.
 */
#ifndef CLAIMWIRE_BUILD837_RENDER_H
#define CLAIMWIRE_BUILD837_RENDER_H

#include "tools/build837/outbox.h"

/* S2-018: so many CLM stand under one subscriber or patient at most; then the level is repeated. */
enum { CLAIMS_PER_PATIENT = 100 };

/* What a file is made of, beside its bodies. */
struct render {
    const struct batch *batch;
    const phi_str *bodies; /* batch->claims of them, in order */
};
/* Appends the file. False when a body is no claim or the charges are not batch->cents (S3-028):
 * the store was altered. */
bool render(const struct render *r, struct buf *out);
/* True when every byte can stand as a value in an envelope: printable, no canonical delimiter. */
bool render_plain(phi_str v);
/* Name of the file: payer, ISA13, ".837". */
void render_name(const struct batch *b, struct buf *out);
/* ST02 ("0001") and BHT03 of the set with this number from 0. */
void render_st02(uint32_t set, char out[10]);
void render_bht03(const struct batch *b, uint32_t set, char out[31]);
/* Number of sets in the file, and of claims in set number i. */
uint32_t render_sets(const struct batch *b);
uint32_t render_set_claims(const struct batch *b, uint32_t i);

#endif
