/*
 * claim: one claim of an 837P, 837I or 837D, read from the body of a `claim` record
 * (docs/architecture.md): ISA GS ST BHT, 1000A, 1000B, 2000A, 2000B, 2000C where the patient is a
 * dependent, 2300 and all below it; canonical delimiters, no newlines, no SE, GE, IEA.
 *
 * Every phi_str borrows from the body; arrays live in the arena that the caller gave. Money is
 * cents, quantities are thousandths, dates are days since 1970-01-01 (common/util/date.h).
 */
#ifndef CLAIMWIRE_EDI_CLAIM_H
#define CLAIMWIRE_EDI_CLAIM_H

#include "common/edi/scan.h"
#include "common/util/arena.h"

/* A date that is not there. */
#define CLAIM_NO_DATE INT32_MIN

enum { CLAIM_MODIFIERS = 4, CLAIM_POINTERS = 4 };

/* Who the claim is from: the guide family of its GS08. */
enum claim_kind {
    CLAIM_PROFESSIONAL,  /* 005010X222, and any other that is not named below */
    CLAIM_INSTITUTIONAL, /* 005010X223 */
    CLAIM_DENTAL         /* 005010X224 */
};

/* TOO of a dental line. */
struct claim_tooth {
    phi_str code;     /* TOO02 */
    phi_str surfaces; /* TOO03 as sent: "M:O" */
};

/* One entry of an HI. */
struct claim_code {
    phi_str qualifier, code; /* C022-1, -2: "BH", "11" */
    int32_t from, thru;      /* C022-4 with D8 or RD8; CLAIM_NO_DATE */
    int64_t amount;          /* C022-5, cents; 0 when there is none */
    phi_str present;         /* C022-9: present on admission */
};

/* 2400: SV1, SV2 or SV3 with its LX, TOO, DTP*472 and REF*6R. */
struct claim_line {
    uint32_t number;               /* LX01 */
    phi_str revenue;               /* SV201; empty but in an 837I */
    phi_str qualifier, code;       /* SV101-1, -2: "HC", "99213"; an 837I may do without */
    phi_str mods[CLAIM_MODIFIERS]; /* SV101-3 to -6; mods_n of them, no gaps */
    uint32_t mods_n;
    int64_t charge;                    /* SV102, SV203, SV302, cents */
    phi_str unit;                      /* SV103: UN or MJ; SV204: UN or DA; empty in an 837D */
    int64_t units;                     /* SV104, SV205, SV306 (1 when empty), thousandths */
    int64_t not_covered;               /* SV207, cents */
    phi_str place;                     /* SV105, SV303, empty when as the claim's */
    phi_str cavity;                    /* SV304 as sent: "10:20" */
    uint32_t pointers[CLAIM_POINTERS]; /* SV107, SV311, from 1 */
    uint32_t pointers_n;
    const struct claim_tooth *teeth;
    uint32_t teeth_n;
    int32_t from, thru; /* DTP*472 (of an 837D else the claim's); one day for a D8; CLAIM_NO_DATE */
    phi_str control;    /* REF*6R */
    uint32_t segment;   /* position of its LX in the body, ST is 1 */
};

/* 2010BA or 2010CA, or the other subscriber of 2330A. */
struct claim_person {
    phi_str last, first, middle; /* NM103 to NM105 */
    phi_str id;                  /* NM109: member id; empty for a dependent */
    int32_t dob;                 /* DMG02, CLAIM_NO_DATE when there is none */
    phi_str sex;                 /* DMG03 */
};

/* 2320: another payer of this claim. */
struct claim_other {
    phi_str rank;                   /* SBR01 */
    phi_str relation;               /* SBR02 */
    phi_str filing;                 /* SBR09 */
    phi_str payer, payer_id;        /* 2330B NM103, NM109 */
    phi_str control;                /* 2330B REF*F8 */
    struct claim_person subscriber; /* 2330A */
    int64_t paid;                   /* AMT*D, cents; 0 when absent */
    bool paid_given;
};

/* A provider by NM1: NM103 to NM105 and, when NM108 is XX, its NPI. */
struct claim_provider {
    phi_str last, first, npi;
};

/* What is wrong with a body. No value of it. */
struct claim_fault {
    const char *rule; /* "CLM_BODY", "CLM_MISSING", "CLM_VALUE" */
    const char *why;  /* sentence in the user's terms; static */
    char id[4];       /* segment id, "" when the segment is missing */
    uint32_t segment; /* position in the body, ST is 1; 0 before it */
    uint32_t element; /* 0: the segment itself */
    size_t off;       /* of the segment in the body */
};

/* Slices of the body, whole segments with their terminators; each begins where the last ends. */
struct claim_parts {
    phi_str envelope;   /* ISA GS */
    phi_str head;       /* ST BHT 1000A 1000B */
    phi_str billing;    /* 2000A: HL*..20, PRV, CUR, 2010AA, 2010AB, 2010AC */
    phi_str subscriber; /* 2000B: HL*..22, SBR, PAT, 2010BA, 2010BB */
    phi_str patient;    /* 2000C: HL*..23, PAT, 2010CA; empty: patient is subscriber */
    phi_str claim;      /* 2300 on */
    phi_str billing_hl, subscriber_hl, patient_hl; /* the HL at the start of each */
    uint32_t claim_segments;                       /* segments in each part */
    uint32_t billing_segments, subscriber_segments, patient_segments;
};

struct claim {
    enum claim_kind kind;
    /* envelope and head */
    phi_str isa_sender;                          /* ISA06, trimmed */
    phi_str isa_control, gs_control, st_control; /* ISA13, GS06, ST02 of the set it came in */
    phi_str gs_version;                          /* GS08 */
    char usage;                                  /* ISA15 */
    phi_str bht03;                               /* the submitter's batch */
    phi_str purpose;                             /* BHT06: CH, RP, 31 */
    phi_str submitter, submitter_id;             /* 1000A NM103, NM109 */
    /* 2000A */
    struct claim_provider billing; /* 2010AA */
    phi_str tax_id;                /* 2010AA REF*EI or REF*SY */
    /* 2000B, 2000C */
    phi_str rank;                            /* SBR01: P, S, T ... */
    phi_str group;                           /* SBR03 */
    phi_str filing;                          /* SBR09 */
    phi_str relation;                        /* SBR02, else PAT01 */
    struct claim_person subscriber, patient; /* patient has the subscriber's id when it has none */
    phi_str payer, payer_id;                 /* 2010BB NM103, NM109 */
    bool dependent;                          /* there is a 2000C */
    /* 2300 */
    phi_str pcn;           /* CLM01 */
    int64_t charge;        /* CLM02, cents */
    phi_str place;         /* CLM05-1 */
    phi_str frequency;     /* CLM05-3: 1, 7, 8 */
    int32_t from, thru;    /* DTP*434; else earliest and latest line date; CLAIM_NO_DATE */
    phi_str trace;         /* REF*D9: clearinghouse's */
    phi_str payer_control; /* REF*F8: of the claim that this replaces */
    phi_str authorization; /* REF*G1 */
    struct claim_provider rendering; /* NM1*82 of the claim */
    const phi_str *dx;               /* HI with ABK, BK, ABF, BF, in order; codes as sent */
    uint32_t dx_n;
    const struct claim_code *codes; /* every entry of every HI, in order */
    uint32_t codes_n;
    /* of an 837I */
    phi_str admission_type, admission_source, patient_status; /* CL101 to CL103 */
    int32_t admitted;                                         /* DTP*435, CLAIM_NO_DATE */
    struct claim_provider attending, operating;               /* NM1*71, NM1*72 */
    const struct claim_line *lines;
    uint32_t lines_n;
    const struct claim_other *others;
    uint32_t others_n;

    struct claim_parts parts;
    struct claim_fault fault; /* set when claim_read() returned false */
};

/*
 * Reads a body. True: everything above is filled in (what the claim does not have is empty).
 * False: out->fault says where and why; the other members are not to be used. A claim must have
 * ISA, GS, ST, BHT, 1000A NM1, 2010AA, 2010BA, 2010BB with an id, CLM with an account and a charge,
 * and at least one line with a charge. No rule of the guide beyond that is looked at: that was
 * check.h's work.
 */
bool claim_read(phi_str body, struct claim *out, struct arena *a);

/* The first HI entry with one of these qualifiers ("ABJ BJ"); NULL when there is none. */
const struct claim_code *claim_code_of(const struct claim *c, const char *qualifiers);
/* The guide family of a GS08. */
enum claim_kind claim_kind_of(phi_str gs08);

/* Sum of the line charges; false on overflow. */
bool claim_line_sum(const struct claim *c, int64_t *cents);

#endif
