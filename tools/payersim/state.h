/*
 * state: what the payers of a simulation know and will say, in one SQLite file. Everything that a
 * file gives birth to is planned in the transaction that takes it in: its answers with their hour,
 * its remittances with the hour of their cheque run. What is due is then written out, and marked.
 */
#ifndef CLAIMWIRE_PAYERSIM_STATE_H
#define CLAIMWIRE_PAYERSIM_STATE_H

#include "common/store/store.h"
#include "common/util/arena.h"

/* One CLP that waits for its cheque run. */
struct planned {
    int64_t n, due;
    phi_str payer, sender, gs_sender; /* to whom the 835 is addressed */
    char usage;                       /* ISA15 */
    phi_str payee, payee_name, tax;   /* NPI, N102, REF*TJ */
    phi_str clp;                      /* text */
    phi_str account, icn;
    int64_t paid, interest;
    int64_t twice, lie, refund; /* flags */
};

/* What a payee owes a payer. */
struct debt {
    int64_t n, left;
    phi_str code, ref;
    int64_t refund; /* settled by a cheque of the provider */
};

struct state;
struct state *state_open(const char *path);
void state_close(struct state *s);
struct store *state_store(struct state *s);

/* The next number of a count: from 1. */
int64_t state_next(struct state *s, const char *payer, const char *what);
/* Plans a file to be written at `due`. */
void state_plan_file(struct state *s, const char *payer, const char *name, phi_str body,
                     int64_t due);
void state_plan_remit(struct state *s, const struct planned *p);

/* The earliest cheque run that is due at now: payer, payee, sender; false when there is none. */
bool state_run_due(struct state *s, int64_t now, struct arena *a, struct planned *first);
/* Its CLPs, in order of arrival; the caller frees nothing (arena). */
size_t state_run(struct state *s, const struct planned *first, struct arena *a,
                 struct planned **list);
void state_paid(struct state *s, int64_t n, int64_t payment);

void state_owe(struct state *s, phi_str payer, phi_str payee, const struct debt *d);
/* Open debts of a payee, in order. */
size_t state_debts(struct state *s, phi_str payer, phi_str payee, struct arena *a,
                   struct debt **list);
void state_settle(struct state *s, int64_t n, int64_t cents);

/* The claim that a replacement or a void speaks of: text of its reversal and what it paid. */
struct earlier {
    int64_t n, paid;
    phi_str reversal, icn, payer;
};
void state_claim(struct state *s, phi_str payer, phi_str sender, phi_str account, phi_str icn,
                 phi_str reversal, int64_t paid);
/* A claim that was accepted and of which nothing was decided yet. */
void state_silent(struct state *s, phi_str payer, phi_str sender, phi_str account, phi_str icn);
/* What a payer can say of a claim when it is asked. */
struct status {
    bool known, decided, records; /* records: they were asked for and have not come */
    phi_str icn;
    int64_t paid, decided_us;
};
void state_status(struct state *s, phi_str payer, phi_str sender, phi_str account, int64_t now,
                  struct arena *a, struct status *out);
/* A claim that waits for records: its text, to be judged when they come. */
struct wanted {
    int64_t n;
    phi_str gs_sender, icn, body;
};
void state_want(struct state *s, phi_str payer, phi_str sender, phi_str account,
                const struct wanted *w);
/* The one that waits under this account; marks it as come. */
bool state_came(struct state *s, phi_str payer, phi_str sender, phi_str account, struct arena *a,
                struct wanted *out);
/* The latest that was not reversed yet, of any payer when none is named; marks it as reversed. */
bool state_earlier(struct state *s, phi_str payer, phi_str sender, phi_str account, struct arena *a,
                   struct earlier *out);
/* The hour of the last remittance that is planned of an account and not paid yet; 0: none is. */
int64_t state_last(struct state *s, phi_str payer, phi_str sender, phi_str account);

#endif
