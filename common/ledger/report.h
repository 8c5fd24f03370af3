/*
 * report: what the ledger says about claims, for people and for proofs. Everything is derived from
 * the ledger's rows at the time of asking; no counter is kept beside it.
 */
#ifndef CLAIMWIRE_LEDGER_REPORT_H
#define CLAIMWIRE_LEDGER_REPORT_H

#include "common/edi/claim.h"
#include "common/ledger/claimstate.h"
#include "common/ledger/ledger.h"

/* Which sent file holds which claim. */
struct sent_entry {
    struct rec_id claim;
    int64_t sent; /* row of `sent` */
    uint32_t at;  /* place in the file, from 0 */
};
struct sent_index {
    struct sent_entry *entry; /* sorted by claim, then by row */
    size_t n;
};
void sent_index_load(struct ledger *l, struct sent_index *out);
/* First entry of a claim record, NULL when it was not sent; *n entries from there on. */
const struct sent_entry *sent_index_find(const struct sent_index *x, struct rec_id claim,
                                         size_t *n);
void sent_index_free(struct sent_index *x);

enum { REPORT_RANKS = 12 };
/* One claim with all its versions. charged = paid + received + adjusted + written_off + patient +
 * open. Cents. */
struct report_claim {
    int64_t chain;       /* row of its first version */
    phi_str pcn;         /* borrowed until the next claim is read */
    int64_t charged;     /* billed to the first payer */
    int64_t paid;        /* by all payers */
    int64_t received;    /* from the patient, less refunds */
    int64_t adjusted;    /* given up by contract, or settled by a payer before the first */
    int64_t written_off; /* by a person */
    int64_t patient;     /* left for the patient */
    int64_t open;        /* expected from a payer, denied and not given up, or over-paid */
    int64_t denied;      /* part of open */
    int versions, versions_sent;
    bool imported; /* brought forward from a system before this one */
    struct claim_state state;
    const struct state_fact *facts; /* what the state was folded from, in order; borrowed as pcn */
    size_t facts_n;
    /* Of the first version; borrowed as pcn. Who the patient is goes into letters only. */
    int32_t service;             /* first day of service, CLAIM_NO_DATE */
    phi_str billing;             /* NPI */
    phi_str member, last, first; /* the patient */
    int32_t dob;                 /* CLAIM_NO_DATE */
    phi_str payer[REPORT_RANKS]; /* [1] the first payer ...; empty: not known */
};

struct report;
struct report *report_new(struct ledger *l);
/* The next claim in the order in which claims came; false at the end. */
bool report_next(struct report *r, struct report_claim *out);
/* One claim by its row; false when there is none. */
bool report_chain(struct report *r, int64_t chain, struct report_claim *out);
const struct sent_index *report_sent(const struct report *r);
void report_free(struct report *r);

/* Sums over the whole ledger. Cents; signs as people say them. */
struct report_totals {
    int64_t cash;      /* BPR02 of all payments that have come */
    int64_t opening;   /* of cash: came before, and was brought forward (import) */
    int64_t claims;    /* posted to claims */
    int64_t unapplied; /* paid for claims that are not known, and reversals of unknown payments */
    int64_t ledger;    /* provider level adjustments, as they changed the cash */
    int64_t interest;
    int64_t in_transit;              /* of payments of which not everything has come */
    int64_t trial;                   /* sum of the journal: zero */
    int64_t payments, payments_open; /* how many; of how many a part is still to come */
};
void report_totals(struct ledger *l, struct report_totals *out);
/* True when cash is exactly the sum of what it was posted to, and the journal sums to zero. */
bool report_balanced(const struct report_totals *t);

/* Calls back for each exception that is open: its code, the row it is about, cents at risk, when it
 * was raised. Those that follow from balances (DENIAL, CREDIT_BAL, PLB_OPEN, ERA_DUP, ERA_TX_OUT)
 * from deposits (EFT_NO_ERA, EFT_ERA_AMT, ERA_NO_EFT), from contracts (UNDERPAID; see contract.h)
 * and from answers to nothing that we sent (ACK_ORPHAN) or with another charge (ACK_MISMATCH) are derived here. */
void report_exceptions(struct ledger *l,
                       void (*each)(void *ctx, const char *code, int64_t subject, int64_t cents,
                                    int64_t at_us),
                       void *ctx);

/* What was mended in the set of a claim before it was judged: of the claim with this ordinal and
 * above the claims. file, off: of the claim's event. */
void report_repairs(struct ledger *l, int64_t file, int64_t off, uint32_t ordinal,
                    void (*each)(void *ctx, int64_t verdict, const char *rule, const char *segment,
                                 uint32_t position, uint32_t element, const char *text),
                    void *ctx);
/* What rules said of the claim with this ordinal, and whether that refused it. file, off: of the
 * claim's event; report: as a finding has it, "277CA:A7:562:85". */
void report_findings(struct ledger *l, int64_t file, int64_t off, uint32_t ordinal,
                     void (*each)(void *ctx, const char *rule, const char *report, bool refuses),
                     void *ctx);
/* True when a journal row with this code ("CO-197") is a denial and not given up by contract. */
bool report_denies(phi_str code);
/* Claims that were refused before they came here, by the verdicts. unit: CLM01 as it came. */
void report_refused(struct ledger *l,
                    void (*each)(void *ctx, int64_t verdict, uint32_t ordinal, phi_str unit,
                                 const char *rule),
                    void *ctx);
/* The row of a valid version of a refused claim that came after it (at, seq: of the refused one), in
 * whatever file: the same account, biller, rank of payer, and member or patient. 0: none. */
int64_t report_came_again(struct ledger *l, const struct claim *refused, int64_t at, int64_t seq);
/* The same for what report_refused() tells, whose bytes are in the spool of the run; 0 as well when
 * they are not there or cannot be read as a claim. */
int64_t report_refused_again(struct ledger *l, const char *run, int64_t verdict, uint32_t ordinal,
                             phi_str unit);

#endif
