/*
 * script: how the payers of a simulation behave, read from YAML.
 *
 *   seed: 7
 *   payers:
 *     SBX01: {name: SANDBOX HEALTH, tax: "1512345678", after: {835: 14d}, rate: 60, copay: 25.00}
 *   cases:
 *     - {when: {code: "70551", authorization: false}, deny: {group: CO, reason: "197"}}
 *     - {when: {chance: 9}, deny: {group: CO, reason: "16", remark: N290}}
 *
 * For each claim the first case that fits says what happens; a claim that no case fits is paid by
 * the payer's fees. Chance is in percent and falls by seed and claim, so a run is the same again.
 */
#ifndef CLAIMWIRE_PAYERSIM_SCRIPT_H
#define CLAIMWIRE_PAYERSIM_SCRIPT_H

#include "common/edi/claim.h"
#include "common/util/conf.h"

/* Microseconds after a file arrived. */
struct script_delays {
    int64_t answer_999, answer_277ca, pay, eft, answer_271, answer_277, answer_278;
};

struct script_fee {
    const char *code, *modifier; /* modifier "": any */
    int64_t cents;
    struct script_fee *next;
};

struct script_payer {
    const char *id, *name, *isa, *qualifier, *tax;
    struct script_delays after;
    int64_t cycle_us;          /* cheque runs are this far apart; 0: as each claim is due */
    int64_t rate;              /* hundredths of a percent of the charge, where there is no fee */
    int64_t copay, deductible; /* cents a claim */
    int64_t coinsurance;       /* hundredths of a percent of the allowed amount */
    int64_t left;              /* of the deductible, as a 271 says it; -1: all of it */
    const char *icn;       /* its control numbers of claims begin so; the first two letters of id */
    const char *plan;      /* EB05 of its 271 */
    const char *authorize; /* service type that needs prior authorization; NULL: none */
    const char *recoup;    /* FB, WO: how a negative sum is carried */
    bool silent_277ca, silent_999, ta1, twice; /* habits */
    int64_t reject_set, reject_file; /* this set (file) of claims, and each 200th after it, is
                                        refused by 999 (TA1), whatever is in it; 0: none */
    struct script_fee *fees;
    struct script_payer *next;
};

/* True when the n-th is one of those that `first` says (reject_set, reject_file). */
bool script_refuses(int64_t first, int64_t n);

/* What cases are about. */
enum script_about { SCRIPT_CLAIM, SCRIPT_COVER, SCRIPT_STATUS, SCRIPT_REVIEW };
enum script_act {
    ACT_PAY,        /* by the fees */
    ACT_REJECT,     /* in the 277CA: `report` */
    ACT_DENY,       /* group, reason, remark */
    ACT_NEVER,      /* accepted, and nothing more is heard */
    ACT_LATE,       /* paid `after` later with interest */
    ACT_SPLIT,      /* two CLPs */
    ACT_BUNDLE,     /* the last line is in the first: CO-97 */
    ACT_TAKE_BACK,  /* paid; `after` later reversed and paid less (`percent` of it) */
    ACT_REFUND,     /* the same, and the provider sends a cheque (72) */
    ACT_TWICE,      /* the remittance comes again under another ISA13 */
    ACT_UNKNOWN,    /* answered under an account number that nobody has */
    ACT_UNBALANCED, /* the first remittance lies by one dollar; the right one follows */
    ACT_CROSS,      /* CLP02 19; payer `to` answers as the second */
    ACT_REQUEST,    /* records are asked for (277), and paid when they come (275) */
    /* of inquiries about coverage (270) */
    ACT_INACTIVE, /* no coverage on that day */
    ACT_REFUSE,   /* AAA: reason, follow */
    ACT_MUTE,     /* no 271 is written */
    /* of inquiries about claims (276) */
    ACT_STATUS,   /* `report` instead of what the books say */
    ACT_MUTE_277, /* no 277 is written */
    /* of requests for prior authorization (278) */
    ACT_CERTIFY,       /* HCR A1: all units */
    ACT_CERTIFY_PART,  /* A2: `units` of them */
    ACT_MODIFY,        /* A6: the same, otherwise than asked */
    ACT_NOT_CERTIFIED, /* A3: reason */
    ACT_PEND,          /* A4; `after` later decided: `then` */
    ACT_CONTACT,       /* CT: call the payer */
    ACT_NOT_NEEDED,    /* NA: no authorization is needed */
    ACT_REFUSE_278,    /* AAA: reason, follow */
    ACT_MUTE_278       /* no answer is written */
};

struct script_case {
    /* when: empty or negative means any */
    const char *payer, *pcn, *code, *patient;
    int authorization; /* -1 any, 0 the claim has none, 1 it has one */
    int frequency;     /* 0 any, '1', '7', '8' */
    int64_t chance;    /* hundredths of a percent; 10000: always */
    /* what */
    enum script_act act;
    enum script_about about;
    const char *group, *reason, *remark, *report, *to, *follow, *then, *loinc, *units;
    int64_t after_us, percent; /* hundredths of a percent */
    int64_t by_us; /* request: how long the records may take; certify: how long it holds */
    int number;    /* of the case, from 1 */
    struct script_case *next;
};

struct script {
    int64_t seed;
    struct script_payer *payers;
    struct script_case *cases;
};

/* NULL with "FILE:LINE:COLUMN: what" in error; all memory is the arena's. */
struct script *script_load(const char *path, struct arena *a, struct buf *error);
const struct script_payer *script_payer(const struct script *s, phi_str id);
/* The first case that fits; NULL: none. */
const struct script_case *script_case(const struct script *s, const struct script_payer *p,
                                      const struct claim *c);
/* The same of an inquiry (270, 276) or a request (278), of which payer, patient (the member), pcn (the
 * trace; of a 276 the account) and the codes of the lines are looked at. */
const struct script_case *script_case_of(const struct script *s, enum script_about about,
                                         const struct script_payer *p, const struct claim *c);
/* Where a 271 says this AAA03: 'A' at the payer, 'B' at the provider, 'S' at the subscriber, 'P' at the
 * patient, whoever that is; 0: not known. */
char script_refusal_place(const char *reason);
/* The allowed amount of a line, never above its charge. */
int64_t script_allowed(const struct script_payer *p, const struct claim_line *l);

#endif
