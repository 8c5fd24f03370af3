/*
 * split: an 837 set taken apart into claims while it is walked.
 *
 * Feed the segments of a `set` body (ISA GS ST ... SE) in order; when all came, each claim can be
 * written as the body of a `claim` record: ISA GS ST BHT 1000A 1000B, the loops 2000A, 2000B and
 * (of a dependent) 2000C that it stands in, and 2300 with all below it; canonical delimiters, no
 * newlines, no SE. A set that has canonical delimiters already is never copied but into the
 * claims.
 *
 * Only for sets that the guide accepts: the levels are told by HL03 alone.
 */
#ifndef CLAIMWIRE_EDI_SPLIT_H
#define CLAIMWIRE_EDI_SPLIT_H

#include "common/edi/scan.h"

struct split_range {
    uint64_t from, to; /* in the canonical text */
};
struct split_claim {
    struct split_range billing, subscriber, patient, claim; /* patient is empty: no 2000C */
    uint64_t off, len; /* of 2300 on, in the body as it was fed */
    uint32_t position; /* of CLM, ST is 1 */
    uint32_t hl[3];    /* of the HL of provider, subscriber, patient (0: none) */
    phi_str pcn;       /* CLM01, borrowed from the body */
};

struct split {
    phi_str body;
    struct split_claim *claim;
    uint32_t claims, room;
    uint64_t st_off; /* of ST in the body */
    struct split_range head;
    /* below: private */
    struct split_range billing, subscriber, patient;
    struct split_range *open; /* what the present segment belongs to */
    struct buf text;          /* canonical text, when the body is not */
    bool copying, in_claim, failed;
    uint32_t hl[3];
    uint64_t end, text_end; /* behind the latest segment: in the body, in the canonical text */
    uint32_t position;
    struct edi_delims d;
};

/* Begins with another body (borrowed until the next begin); keeps the memory. */
void split_begin(struct split *s, phi_str body);
/* The next segment of the body, ISA first. False when a value holds a canonical delimiter, so that
 * the set cannot be written with them; the rest is then ignored. */
bool split_segment(struct split *s, const struct edi_seg *seg, const struct edi_delims *d);
/* Appends the body of claim i (from 0). */
void split_write(const struct split *s, uint32_t i, struct buf *out);
void split_free(struct split *s);

#endif
