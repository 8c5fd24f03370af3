/* Inside followup: items from other places than the ledger's claims. */
#ifndef CLAIMWIRE_FOLLOWUP_GATHER_H
#define CLAIMWIRE_FOLLOWUP_GATHER_H

#include "common/followup/followup.h"
#include "common/link/record.h"

/* A new item of a code; its role, deadline and worth are the queue's. */
struct item *followup_add(struct followup *f, const char *code, int64_t subject, int64_t cents,
                          int64_t since);
const struct profile *followup_profile(const struct followup *f, phi_str payer);
/* An item of a claim that is not filed while its time runs out: at 60, 80 and 95 percent of it.
 * chain 0: it lies in quarantine under number `subject`. */
void followup_timely(struct followup *w, int64_t chain, int64_t subject, phi_str claim,
                     int64_t cents, const struct watch *k);

/* ---- stores.c ---- */

/* When a payer was asked about a claim (RUN/inquire/inquire.db). */
struct asking {
    int64_t chain; /* the claim's row; 0: not kept then */
    phi_str account;
    int64_t at;
};
struct askings {
    struct asking *v; /* by account, then time */
    size_t n;
};
struct askings askings_read(struct followup *f);
/* c with its inquiries among its facts; memory is a's. */
struct report_claim askings_into(const struct askings *x, const struct report_claim *c,
                                 struct arena *a);
/* What lies in quarantine, and files that cannot go out. What is refused by our own edits is in the
 * items already; it gets its money and its time to file. */
void stores_gather(struct followup *f);
/* ---- held_set.c ---- */

struct held_set {
    int64_t cents; /* charges of its claims, or what its payment pays (BPR02) */
    bool again;    /* each of its claims came later in another set, and went on */
};
/* Looks into the record of a set that is held. What cannot be read counts for nothing. */
void held_set_look(struct followup *f, const struct record *r, struct held_set *h);
/* cover.c: encounters that wait for coverage or authorization, and authorizations that are pended. */
void cover_gather(struct followup *f);

#endif
