/*
 * life: one claim with every version that came and every answer that stands, read out of the ledger
 * for those who build the next version of it (tools/rebill).
 */
#ifndef CLAIMWIRE_LEDGER_LIFE_H
#define CLAIMWIRE_LEDGER_LIFE_H

#include "common/edi/remit.h"
#include "common/ledger/facts.h"
#include "common/ledger/ledger.h"
#include "common/ledger/report.h"

struct life_version {
    int64_t no, at;     /* its row; pipeline time in microseconds */
    struct digest file; /* the file it came in, */
    int64_t off, pos;   /* the place of its CLM there, its number in its set from 0 */
    struct rec_id id;
    struct facts facts;
    phi_str sent;     /* name of the file that it left in; empty: it did not leave */
    uint32_t sent_at; /* its place in that file, from 0 */
    phi_str accepted; /* REF*1K of the payer's 277CA; empty: none */
};
struct life_answer {
    int64_t no, at, version; /* its row, time, and the version that it answers */
    int rank;                /* of the payer that answers, from 1 */
    bool reversal;           /* CLP02 22 */
    bool stands;             /* no reversal, and not taken back */
    struct rec_id id;
    struct remit remit;
};
struct life {
    int64_t chain;
    struct life_version *versions; /* in order of time */
    struct life_answer *answers;
    size_t versions_n, answers_n;
    struct report_claim now; /* where it stands */
};

/* Rows of the claims with this account number (CLM01), `room` at most; how many there are. */
size_t life_find(struct ledger *l, phi_str account, int64_t *chain, size_t room);
/* The claim of this account: the one in row `row` where that is not 0 (several submitters can have the
 * same account number), else the only one. 0: none, and *why says it. */
int64_t life_choose(struct ledger *l, phi_str account, int64_t row, const char **why);
/* A row as people type it (--claim); 0 when it is none. */
int64_t life_row(const char *text);
/* Reads one; everything lives in mem. False when there is no such claim. */
bool life_read(struct ledger *l, int64_t chain, struct arena *mem, struct life *out);

#endif
