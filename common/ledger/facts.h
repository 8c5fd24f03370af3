/*
 * facts: what the ledger keeps of a claim in order to match remittances to it: who, when, how much,
 * line by line. They travel sealed (common/store/seal.h) in a compact form of their own; the whole
 * claim stands in the spool under its file's digest and byte range.
 */
#ifndef CLAIMWIRE_LEDGER_FACTS_H
#define CLAIMWIRE_LEDGER_FACTS_H

#include "common/edi/claim.h"
#include "common/util/arena.h"
#include <stdint.h>

enum { FACTS_MODS = 4 };

struct facts_line {
    uint32_t lx;
    phi_str code, mods[FACTS_MODS];
    uint32_t mods_n;
    int64_t charge, units; /* cents, thousandths */
    int32_t from;          /* days; CLAIM_NO_DATE */
    phi_str control;       /* REF*6R */
    phi_str revenue;       /* of a hospital\'s line */
};

struct facts_other { /* another payer of the claim */
    int rank;
    phi_str payer;
};

struct facts {
    phi_str pcn, submitter, billing, payer, payer_name;
    phi_str member, last, first; /* member id of the subscriber; the patient's name */
    phi_str control;             /* REF*F8 of a replacement or void */
    int rank;                    /* 1 primary, 2 secondary, 3 tertiary: the payer it was sent to */
    char frequency;              /* CLM05-3 */
    char kind;                   /* P, I or D: which 837 */
    int64_t charge;
    int32_t from, thru, dob; /* days; CLAIM_NO_DATE */
    struct facts_line *lines;
    struct facts_other *others;
    uint32_t lines_n, others_n;
};

/* Facts of a claim that was read; slices borrow from it, lists live in mem. */
void facts_of_claim(const struct claim *c, struct arena *mem, struct facts *out);
/* Appends the compact form. */
void facts_write(struct buf *out, const struct facts *f);
/* Reads it; slices borrow from bytes. False when the bytes are torn. */
bool facts_read(phi_str bytes, struct arena *mem, struct facts *out);
/* 1 for P, 2 for S, 3 for T, n for A to H in X12's order, 1 for anything else. */
int facts_rank(phi_str sbr01);

#endif
