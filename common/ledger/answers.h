/* Answers to what was sent, as a report asks for them: those of a set once for all its claims, those of
 * an account once for all versions of its claim. Inside the ledger. */
#ifndef CLAIMWIRE_LEDGER_ANSWERS_H
#define CLAIMWIRE_LEDGER_ANSWERS_H

#include "common/ledger/ledger.h"

/* A row of ack and when it came. */
struct answer {
    int64_t no, at;
    phi_str of, who, code, bht03, trace;
    bool accepted;
};
struct answers {
    struct answer *v;
    size_t n;
};

/* The set of a sent file that a claim is in. */
struct set_answers {
    int64_t sent;      /* row of the file */
    uint32_t from, to; /* places in the file of its claims: from <= at < to */
    phi_str bht03;
    struct answers set;  /* to the set; to its group where nothing says more */
    struct answers file; /* that the file is rejected */
};

struct answers_kept;
struct answers_kept *answers_new(struct ledger *l);
void answers_free(struct answers_kept *k);
/* Of the claim at this place (from 0) of a sent file. Borrowed until the next is asked for. */
const struct set_answers *answers_of_set(struct answers_kept *k, int64_t sent, uint32_t at);
/* About a claim under this account number. Borrowed until another is asked for. */
const struct answers *answers_of_account(struct answers_kept *k, phi_str pcn);

#endif
