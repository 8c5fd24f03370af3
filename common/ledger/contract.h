/*
 * contract: what a payer owes for a service by the contract with it, and what it allowed
 * (DOMAIN.md C.9). One file a payer in config/contracts, YAML or CSV, named by the payer's id; their
 * form is in docs/reports.md.
 *
 *   expected of a line = fee (code, modifier, place, day) x units x factors of its modifiers, no more
 *                        than the charge where the contract says lesser-of
 *   allowed of a line  = AMT*B6 when sent, else SVC03 + PR + CO-253
 *   UNDERPAID            sum of expected - sum of allowed > max(1.00, 1 % of expected)
 *
 * A line that the contract has no fee for, or whose pricing modifier has no factor, and a line that
 * was denied are shown and not counted: nobody is accused by a guess.
 */
#ifndef CLAIMWIRE_LEDGER_CONTRACT_H
#define CLAIMWIRE_LEDGER_CONTRACT_H

#include "common/ledger/facts.h"
#include "common/ledger/ledger.h"

struct contract_fee {
    phi_str code, modifier, place; /* empty modifier, place: any */
    int32_t from, to;              /* days, both included; CLAIM_NO_DATE: open */
    int64_t cents;                 /* of one unit */
    bool multiple;                 /* later procedures of a day are reduced */
    const struct contract_fee *next;
};
struct contract_factor {
    phi_str modifier;
    int64_t hundredths; /* of a percent: 15000 is 150 % */
    const struct contract_factor *next;
};
struct contract {
    phi_str payer;
    bool lesser_of;
    int64_t tolerance, tolerance_rate; /* cents; hundredths of a percent of expected */
    const struct contract_fee *fees;
    const struct contract_factor *factors;
    int64_t multiple[8]; /* hundredths of a percent of the first, second ... procedure */
    int multiple_n;
    const struct contract *next;
};

/* CLAIMWIRE_CONTRACTS, else config/contracts of the program. */
const char *contracts_dir(void);
/* Reads every .yaml and .csv of a folder; one that is not there has none. On a fault false, and
 * "FILE:LINE: what" in error. Everything is in the arena. */
bool contracts_load(const char *dir, struct arena *a, const struct contract **out,
                    struct buf *error);
const struct contract *contract_of(const struct contract *list, phi_str payer);

/* One billed line under a contract. */
struct priced {
    const struct contract_fee *fee; /* NULL: none, or a modifier without a factor */
    int64_t expected;               /* cents */
    int64_t percent;                /* all factors together, hundredths of a percent */
    bool capped;                    /* at the charge */
};
/* Prices all lines of a claim; out has f->lines_n entries. */
void contract_price(const struct contract *c, const struct facts *f, phi_str place,
                    struct priced *out);

/* A line as it was paid, beside what was expected. */
struct underpaid_line {
    int64_t chain, event, version;  /* event: of the remittance */
    phi_str pcn, payer, code, note; /* note: "" counted, else why it is not */
    phi_str mods;                   /* as billed, "25 59" */
    int64_t fee, units, percent;    /* cents, thousandths, hundredths of a percent */
    bool capped;
    int64_t expected, allowed, paid;
};
/* A claim: sums of its counted lines. flagged: beyond the tolerance. */
struct underpaid_claim {
    int64_t chain, expected, allowed, tolerance, at_us;
    bool flagged;
    const struct underpaid_line *line;
    size_t lines_n;
};
/* Every claim that a payer with a contract answered, by standing remittances of its first payer. */
void underpaid_each(struct ledger *l, const struct contract *list,
                    void (*each)(void *ctx, const struct underpaid_claim *c), void *ctx);

#endif
