/*
 * form: a claim as lists of segments, one a level, and the 837 set file that it is written to.
 */
#ifndef CLAIMWIRE_REBILL_FORM_H
#define CLAIMWIRE_REBILL_FORM_H

#include "common/edi/check.h"
#include "common/edi/claim.h"
#include "common/ledger/life.h"
#include "tools/rebill/segs.h"

struct form {
    phi_str isa, gs;                                       /* as they came, without terminators */
    struct segs head, billing, subscriber, patient, claim; /* levels without their HL */
    bool dependent;                                        /* there is a patient level */
};

/* Takes the body of a claim record apart. */
void form_read(const struct claim *c, struct arena *mem, struct form *out);

/*
 * cob: turns the claim that payer `rank` has answered into one for the next payer: that one's 2320
 * becomes the subscriber level, and the payer that has answered becomes a 2320 with what it paid and
 * left (AMT D, EAF), line by line (2430). answers: those of that payer that stand, in order. NULL, or
 * why it cannot be done, without any value.
 */
const char *form_next_payer(struct form *f, const struct claim *c, const struct life *life,
                            int rank);
/* True when the claim names a payer behind this one; *next is its rank. */
bool form_has_next(const struct claim *c, int rank, int *next);

/* Writes the set file: envelope numbers `control`, dated at_us. */
void form_write(const struct form *f, uint32_t control, int64_t at_us, struct buf *out);

#endif
