/*
 * partners: who we are to payers, and how each payer wants its files (config/partners).
 *
 * What a file needs of it is its terms: a list of texts that is frozen into the batch when it is
 * sealed, so that a file rendered again after a crash is the same bytes, whatever was changed in
 * the configuration meanwhile.
 */
#ifndef CLAIMWIRE_BUILD837_PARTNERS_H
#define CLAIMWIRE_BUILD837_PARTNERS_H

#include "common/edi/scan.h"
#include "common/partner/profile.h"
#include "common/util/arena.h"

enum term {
    T_US_QUAL,    /* ISA05 */
    T_US_ID,      /* ISA06 */
    T_US_GS,      /* GS02 */
    T_US_ETIN,    /* 1000A NM109 */
    T_US_NAME,    /* 1000A NM103 */
    T_US_CONTACT, /* PER02 */
    T_US_PHONE,   /* PER04 */
    T_QUAL,       /* ISA07 */
    T_ID,         /* ISA08 */
    T_GS,         /* GS03 */
    T_ETIN,       /* 1000B NM109 */
    T_NAME,       /* 1000B NM103; "": the payer's name in the first claim */
    T_VERSION,    /* GS08, ST03 */
    T_DELIMS,     /* element, component, repetition, terminator */
    T_NEWLINE,    /* after each terminator */
    T_PURPOSE,    /* BHT06 */
    T_USAGE,      /* ISA15 */
    T_CASE,       /* "upper": letters of values become capitals; "": as they are */
    T_REFS,       /* order of the REF of a claim, "G1 F8"; "": as they came */
    TERMS
};
struct terms {
    const char *t[TERMS];
};

struct partners;
/* Reads every .yaml of dir, and the profiles beside them (NAME.partner); a payer is listed in one of
 * both; all memory but that of the profiles is the arena's. NULL, with the reason in error, when a file
 * is wrong or no file says who we are. */
struct partners *partners_load(const char *dir, struct arena *a, struct buf *error);
void partners_free(struct partners *p); /* the profiles; the rest is the arena's */
/* The payer's profile, NULL: it has none. */
const struct profile *partners_profile(const struct partners *p, phi_str payer);
/* What its profile limits: 0 where nothing is said. */
struct file_limits {
    uint32_t claims, per_set; /* in a file; in a set */
    uint64_t bytes;
};
struct file_limits partners_limits(const struct partners *p, phi_str payer, uint32_t per_set);
/* Terms for a payer; one that is not listed is its own receiver, under its payer id. */
struct terms partners_terms(const struct partners *p, phi_str payer, struct arena *a);
/* "T" or "P" when only claims of that usage may go to this payer, else "". */
const char *partners_usage(const struct partners *p, phi_str payer);
/* Delimiters of the payer's files; EDI_CANONICAL's when it is not listed. */
struct edi_delims partners_delims(const struct partners *p, phi_str payer);

/* One text for the batch row and back; unpack returns false on anything else. */
void terms_pack(const struct terms *t, struct buf *out);
bool terms_unpack(phi_str packed, struct terms *out, struct arena *a);

#endif
