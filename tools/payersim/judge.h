/*
 * judge: what a payer says about one claim, as the text of a CLP with all below it. A pure function
 * of the claim and the script.
 */
#ifndef CLAIMWIRE_PAYERSIM_JUDGE_H
#define CLAIMWIRE_PAYERSIM_JUDGE_H

#include "tools/payersim/script.h"

enum { JUDGE_CAS = 4 };
struct judge_cas {
    const char *group, *reason;
    int64_t cents;
};
struct judge_line {
    const struct claim_line *l;
    int64_t allowed, paid, patient;
    struct judge_cas cas[JUDGE_CAS];
    int cas_n;
    const char *remark; /* NULL: none */
};
struct judgment {
    const struct claim *c;
    const char *status; /* CLP02 */
    phi_str account;    /* CLP01 */
    const char *icn;    /* CLP07 */
    struct judge_line *lines;
    uint32_t lines_n;
    int64_t charge, paid, patient, interest;
    const char *cross_name, *cross_id; /* NM1*TT; NULL: none */
};

/* How a claim is paid: by the fees, with copay, deductible and coinsurance, in order of the lines. As
 * a later payer: what the payers before left to the patient, and OA-23 for the rest. */
struct judgment judge_pay(const struct script_payer *p, const struct claim *c, const char *icn,
                          struct arena *a);
/* All lines denied. */
struct judgment judge_deny(const struct claim *c, const struct script_case *k, const char *icn,
                           struct arena *a);
/* Of a judgment: lines from..to alone, its own sums. */
struct judgment judge_part(const struct judgment *j, uint32_t from, uint32_t to);
/* The last line goes into the first: paid nothing, CO-97. */
void judge_bundle(struct judgment *j);
/* Pays only so much of what was paid (hundredths of a percent); the rest becomes contractual. */
void judge_less(struct judgment *j, int64_t percent);

/* Appends CLP ... ; reversed: status 22 and every amount negated. */
void judge_write(const struct judgment *j, bool reversed, struct buf *out);

#endif
