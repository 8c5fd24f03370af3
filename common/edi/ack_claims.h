/*
 * ack_claims: the claims of one 837 set as an acknowledgment names them, gathered while the set is
 * walked: number, charge, dates, lines, who sent them, for whom, about whom; and what was found
 * wrong with each. ack_277ca.h writes them down, verdict.h carries them from stage to stage.
 *
 * Everything lives in the arena that the caller gave. Bodies hold values of patients.
 */
#ifndef CLAIMWIRE_EDI_ACK_CLAIMS_H
#define CLAIMWIRE_EDI_ACK_CLAIMS_H

#include "common/edi/ack.h"
#include "common/util/arena.h"

enum { ACK_MODIFIERS = 4, ACK_REPORT = 21, ACK_DATE = 9 };
/* ack_fault.line of a fault of the claim itself. */
#define ACK_NO_LINE UINT32_MAX

/* Somebody as NM1 names them. */
struct ack_party {
    bool person;                         /* NM102 is 1 */
    phi_str last, first, middle, suffix; /* NM103 04 05 07 */
    phi_str qual, id; /* NM108 09; of a provider without them FI and the tax id */
};

/* 2400 of the 837. */
struct ack_line {
    uint32_t number;   /* LX01 */
    uint32_t position; /* of its LX, ST is 1 */
    phi_str qualifier, code, mods[ACK_MODIFIERS], revenue;
    int64_t charge;                      /* cents */
    phi_str control;                     /* REF*6R */
    char from[ACK_DATE], thru[ACK_DATE]; /* DTP*472, CCYYMMDD; "" where not sent */
};

/* One thing that is wrong. */
struct ack_fault {
    char report[ACK_REPORT]; /* "A7:562:82": category, status, entity where there is one */
    uint32_t line;           /* index into the claim's lines, or ACK_NO_LINE */
};

struct ack_claim {
    phi_str pcn;                         /* CLM01 */
    int64_t charge;                      /* CLM02, cents */
    phi_str trace;                       /* REF*D9 */
    phi_str control;                     /* REF*1K: the payer's number for it; a payer gives one */
    char bill[4];                        /* bill type of an 837I: CLM05-1 and -3; else "" */
    char from[ACK_DATE], thru[ACK_DATE]; /* of service: DTP*434, else earliest and latest 472 */
    uint32_t provider, patient;          /* indices into the batch's; claims that follow each other
                                            share them when the 837 has them in one loop */
    const struct ack_line *lines;        /* all, or (from a verdict) those with a fault */
    uint32_t lines_n;
    const struct ack_fault *faults; /* none: the claim is accepted */
    uint32_t faults_n;
};

/* One transaction set. */
struct ack_batch {
    phi_str bht03;
    char date[ACK_DATE];                  /* BHT04 */
    struct ack_party submitter, receiver; /* 1000A, 1000B */
    const struct ack_party *providers, *patients;
    uint32_t providers_n, patients_n;
    const struct ack_claim *claims; /* in the order of the file */
    uint32_t claims_n;
};

/* Gathers; zeroed is ready. One serves any number of sets. */
struct ack_gather {
    /* private */
    struct arena *mem;
    struct edi_delims d;
    uint32_t position;
    struct ack_batch b;
    struct ack_party provider, subscriber, patient;
    bool provider_new, patient_new, in_claim, in_line, billing, statement;
    struct arena *of_provider, *of_subscriber, *of_patient, *of_claim; /* mem, or what is emptied
                                                                          when theirs ends */
    struct arena *into; /* that the present segment is copied into */
    phi_str seg, copy;  /* the present segment, and its copy */
    char level;         /* of the present HL: '2' for 20, 's' for 22, 'p' for 23, 0 above */
    uint32_t hl[3];     /* positions of the present levels */
    struct buf places;  /* a struct finding_claim for each claim */
    struct buf claims, lines, providers, patients;
};

/* A set begins; what is gathered is copied into mem. */
void ack_gather_begin(struct ack_gather *g, struct arena *mem, const struct edi_delims *d);
/* The next segment, ST first. */
void ack_gather_segment(struct ack_gather *g, const struct edi_seg *seg);
/* The set is over: its claims with those of the findings that are of severity claim. A report
 * without a 277CA code is said as A7:21 (something is missing or invalid). */
struct ack_batch ack_gather_end(struct ack_gather *g, const struct ack_finding *f, uint32_t n);
void ack_gather_free(struct ack_gather *g);
/* What a report says in the 277CA: "277CA:A7:562:82" gives "A7:562:82", any other A7:21. */
void ack_report_of(const struct finding *f, char out[ACK_REPORT]);
/* The line of the claim that a finding stands in, ACK_NO_LINE: the claim itself. */
uint32_t ack_line_of(const struct ack_claim *c, const char *loop, uint32_t position);

#endif
