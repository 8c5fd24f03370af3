/*
 * act: what may be rebilled (DOMAIN.md C.5), and the memory of what was: RUN/rebill/rebill.db. The
 * same act on the same standing of a claim is one act: it gives the same bytes again, however often it
 * is asked for; another act on that standing is refused.
 */
#ifndef CLAIMWIRE_REBILL_ACT_H
#define CLAIMWIRE_REBILL_ACT_H

#include "common/ledger/life.h"
#include "common/store/store.h"

enum act_kind { ACT_CORRECT, ACT_VOID, ACT_SECONDARY };

struct act_wish {
    enum act_kind kind;
    const char *payer;       /* NULL: the one that answered last */
    const char *by, *reason; /* reason NULL: none was given */
    bool by_hand;            /* a secondary although the claim crossed over */
    bool instead;            /* the act before on this standing is forgotten */
    int64_t now_us;
    phi_str changes; /* as they were asked for, to tell acts apart */
};
/* What it is built from. */
struct act_basis {
    const struct life_version *version; /* the one that was adjudicated, or accepted */
    const struct life_answer *answer;   /* NULL: not answered yet */
    int rank;
    phi_str control; /* the payer's number of it */
};

/* NULL when it may be done, with the basis filled in; else why not, for people. */
const char *act_may(const struct life *life, const struct act_wish *w, struct act_basis *out);

struct act_entry {
    int64_t number; /* of this run, from 1 */
    int64_t at_us;  /* when it was asked for first */
    bool again;     /* it was there already */
};
/* What this run has done so far; made when it is not there. Dies when it cannot. store_close() it. */
struct store *act_store(const char *run);
/* Notes the act, or finds the one that was noted. NULL, or why not. Durable when it returns. */
const char *act_note(struct store *s, const struct life *life, const struct act_wish *w,
                     const struct act_basis *b, struct act_entry *out);

#endif
