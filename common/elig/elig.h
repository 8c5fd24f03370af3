/*
 * elig: a 270 or 271 set read into plain structures, person by person, and nothing judged but
 * whether somebody is insured.
 *
 * Slices borrow from the body, lists live in the caller's arena. Codes stand as they were sent
 * (X12 005010X279A1); words for them are the business of whoever shows them.
 */
#ifndef CLAIMWIRE_ELIG_ELIG_H
#define CLAIMWIRE_ELIG_ELIG_H

#include "common/edi/scan.h"
#include "common/util/arena.h"

struct elig_person {
    phi_str last, first, middle, id, dob, sex; /* NM103 04 05 09, DMG02 03 */
    phi_str line1, line2, city, state, zip;
    phi_str group; /* REF 6P, else REF 1L */
};
/* AAA: why nothing is said. */
struct elig_error {
    const char *loop; /* "2000A", "2100A", "2100B", "2100C", "2100D", "2110C", "2110D" */
    phi_str code, follow;
};
/* EB with the MSG and DTP below it. */
struct elig_benefit {
    phi_str info, level, types, insurance, plan, period; /* EB01 to EB06; types may repeat */
    char rep;                                            /* what parts them; 0: nothing */
    bool has_cents, has_part;
    int64_t cents;                   /* EB07 */
    int64_t part;                    /* EB08, the share of the patient in thousandths */
    phi_str quantity_kind, quantity; /* EB09, EB10 */
    phi_str authorization, network;  /* EB11, EB12: Y, N, U, W */
    phi_str code;                    /* EB13-2 */
    phi_str text;                    /* the first MSG */
};
struct elig_said {
    bool asks;         /* a 270 */
    phi_str reference; /* BHT03 */
    phi_str day, time; /* BHT04, BHT05 */
    phi_str trace;     /* TRN02 of the 270; of a 271 the one that is ours (TRN01 2) */
    phi_str origin;    /* TRN03 of it */
    phi_str payer_name, payer_kind, payer; /* 2100A NM103, NM108, NM109 */
    phi_str provider_name, provider_kind, npi;
    bool provider_person;
    bool subscriber_there; /* false: refused above the subscriber */
    bool dependent;        /* it is about `patient`, whose subscriber is `subscriber` */
    struct elig_person subscriber, patient; /* patient: of the dependent only */
    phi_str relation;                       /* INS02; "18" of a subscriber */
    phi_str from, to;                       /* day asked for, or days of the plan: CCYYMMDD */
    phi_str ends;                           /* last day of coverage as sent alone (DTP 347, 357) */
    phi_str types;                          /* EQ01 of the first EQ */
    struct elig_benefit *benefits;
    struct elig_error *errors; /* those above the person first */
    uint32_t benefits_n, errors_n;
    uint32_t number;   /* in the set, from 0 */
    uint64_t off, len; /* bytes in the body, from its HL (from ST when there is none) */
};
/* Borrowed for the call. */
typedef void elig_each(void *ctx, const struct elig_said *s);

enum elig_status { ELIG_ACTIVE, ELIG_INACTIVE, ELIG_REFUSED, ELIG_UNKNOWN };
const char *elig_status_name(enum elig_status s);
/* By EB01 of the whole plan (service type 30), else of any; refused: only AAA came. */
enum elig_status elig_status(const struct elig_said *s);
/* The person that it is about. */
static inline const struct elig_person *elig_person(const struct elig_said *s)
{
    return s->dependent ? &s->patient : &s->subscriber;
}

/* Reads a body ISA GS ST ... SE. Returns how many were handed over: 0 when it is no 270 or 271, or
 * says nothing. */
uint32_t elig_read(phi_str body, struct arena *a, elig_each *each, void *ctx);
/* Reads every set 270 and 271 of a whole file. off and len count from the file's beginning. */
uint32_t elig_read_file(phi_str bytes, struct arena *a, elig_each *each, void *ctx);

#endif
