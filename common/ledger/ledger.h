/*
 * ledger: where every claim and every cent is. The reconciler's store, and what prove, explain,
 * claims and backup read.
 *
 * What is written once and never changed: events (one a record, with its file, byte range and
 * time), claims, remits, payments, provider level adjustments, journal rows. A remit that found
 * its claim later than it came gets its claim written in then; that is the only change.
 *
 * Every journal row stands in the transaction of the event that caused it, and the rows of an event
 * sum to zero: money moves, it never appears. Account balances are sums over the journal and are
 * kept nowhere else. What is posted for a CLP depends on that CLP and its claim alone, never on
 * what was posted before it; so the records may come in any order and the books end the same.
 *
 *   claim comes        receivable +charge            charges -charge
 *   payment comes      cash +BPR02                   clearing (of the payment) -BPR02
 *   CLP, claim known   clearing +CLP04               receivable -CLP04
 *     each CAS         contractual/denial/patient +  receivable -
 *   CLP, claim unknown clearing +CLP04               unapplied -CLP04, and back when it is found
 *   reversal           the rows of the CLP it takes back, negated; parked in suspense until it comes
 *   patient pays       receipts +cents               patient -cents (a refund the other way)
 *   write-off          written off +cents            receivable, denial or patient -cents
 *   claim, payment or interest of an import: "opening" in place of charges, cash, interest
 *   PLB                clearing -amount              ledger item (payer, provider, code, reference)
 *                                                    or interest +amount
 *
 * So a payment's clearing account is zero exactly when all of it has come (DOMAIN.md C.8, 1).
 * A later payer's CLP takes what it pays out of what the earlier left to the patient; what it says
 * about the earlier payers (OA-23) and about the patient is compared, not posted.
 */
#ifndef CLAIMWIRE_LEDGER_LEDGER_H
#define CLAIMWIRE_LEDGER_LEDGER_H

#include "common/link/record.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/arena.h"

struct ledger;

enum ledger_account {
    ACCOUNT_CASH = 1,    /* per payment: what the payer says it sends */
    ACCOUNT_CLEARING,    /* per payment: sent and not yet shared out */
    ACCOUNT_UNAPPLIED,   /* per payment: paid for a claim that is not known (yet) */
    ACCOUNT_SUSPENSE,    /* per payment: reversals whose original is not known (yet) */
    ACCOUNT_RECEIVABLE,  /* per claim: the payer's turn */
    ACCOUNT_DENIAL,      /* per claim: denied and not given up */
    ACCOUNT_PATIENT,     /* per claim: left for the patient or the next payer */
    ACCOUNT_CHARGES,     /* per claim: what was billed (income) */
    ACCOUNT_CONTRACTUAL, /* per claim: given up by contract */
    ACCOUNT_PRIOR,       /* per claim: settled by a payer before the first that we bill */
    ACCOUNT_ITEM,        /* per payer ledger item */
    ACCOUNT_INTEREST,    /* per payment (income) */
    ACCOUNT_RECEIPT,     /* per claim: what the patient paid, less refunds */
    ACCOUNT_WRITEOFF,    /* per claim: given up by a person */
    ACCOUNT_OPENING,     /* per claim and payment: brought forward from a system before this one */
    ACCOUNTS             /* one more than the last */
};
/* "receivable" ... */
const char *ledger_account_name(enum ledger_account a);

/* What a row of `event` stands for; the numbers are stored. */
enum ledger_kind {
    LEDGER_CLAIM = 1,
    LEDGER_VERDICT,
    LEDGER_SENT,
    LEDGER_PAYMENT,
    LEDGER_REMIT,
    LEDGER_PLB,
    LEDGER_ACK,
    LEDGER_POST
};
/* "claim", "verdict", ... as in record.kind; NULL when k is none. */
const char *ledger_kind_name(int k);

enum ledger_result {
    LEDGER_NEW,    /* taken: its effect is in the open transaction */
    LEDGER_REPEAT, /* known by its id: nothing changed */
    LEDGER_REFUSED /* cannot be read as what it says it is; see struct ledger_refusal */
};
struct ledger_refusal {
    const char *rule; /* "LEDGER_CLAIM" ...: stable */
    char why[200];    /* a sentence without any value */
};

/* Opens or makes RUN/STAGE/ledger.db. A CLP is posted by the program when its match has at least
 * this confidence (percent, DOMAIN.md C.2); below it waits for a person. Dies when it cannot. */
struct ledger *ledger_open(const char *run_dir, const char *stage, int threshold);
/* Read-only; NULL when there is none. stage NULL: the one under RUN that has a ledger.db. */
struct ledger *ledger_open_ro(const char *run_dir, const char *stage);
/* The same record twice, by id and kind, changes nothing. */
enum ledger_result ledger_take(struct ledger *l, const struct record *r,
                               struct ledger_refusal *why);
/* From here on claims and payments are those of a system before this one: they are marked, stand against
 * the account "opening" instead of charges, cash and interest, and a claim that is known is refused. */
void ledger_importing(struct ledger *l, bool on);
/* Makes everything since the last commit durable. */
void ledger_commit(struct ledger *l);
void ledger_close(struct ledger *l);

/* For readers. */
struct store *ledger_store(struct ledger *l);
struct seal_keys *ledger_keys(struct ledger *l);
extern const struct store_schema LEDGER_SCHEMA;

#endif
