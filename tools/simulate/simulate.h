/*
 * simulate: N claims through their whole life in virtual time, by the shipped tools. What the parts
 * share.
 *
 * RUN/simulate has what belongs to the simulation alone: plan.yaml, wires/, script.yaml, payers/ (the
 * payers' folders), in/ (what waits to be taken in), books.txt.
 */
#ifndef CLAIMWIRE_SIMULATE_H
#define CLAIMWIRE_SIMULATE_H

#include "common/ledger/ledger.h"
#include "common/util/buf.h"

enum { SIM_MOST_PAYERS = 60, SIM_PATH = 4096 };
/* What a step consists of, one after the other. */
enum sim_phase { SIM_PAYERS, SIM_FETCH, SIM_BILL, SIM_PIPELINE, SIM_DESK, SIM_PHASES };
#define SIM_HOUR_US INT64_C(3600000000)
#define SIM_DAY_US  (24 * SIM_HOUR_US)

struct sim {
    /* what is asked for */
    long claims, days, step, payers, checks, kills;
    uint64_t seed, shuffle; /* shuffle 0: as it comes */
    const char *run, *pipeline;
    bool json, bar;
    int64_t start_us;
    /* as it goes */
    char home[SIM_PATH]; /* RUN/simulate */
    int64_t now_us;      /* the pipeline's clock */
    long day;            /* days since the start */
    long steps;          /* so far */
    long billed;         /* claims that were billed so far */
    uint64_t dice;       /* state of what falls in the order of the run: kills, moments of checks */
    char *done;          /* a flag a claim for each thing that the office does once */
    long *again; /* the day on which a claim went again after a 999 or TA1 refused it; 0: none */
    bool asked;  /* inquiries lie ready for the next run */
    struct mended *mended;
    size_t mended_n, mended_room;
    int64_t held_back, receipts; /* files that came days late; what patients paid */
    int64_t fetched, filed;      /* files that came from payers; that were taken in */
    int64_t busy_us;             /* machine's time, checks apart, */
    int64_t phase_us[SIM_PHASES], phase_from_us; /* and of it each phase; see sim_phase() */
    struct kill {
        long left, done;
        int64_t at_us; /* machine's time of the next; 0: none */
    } kill;
    struct sim_cost {
        char tool[32]; /* empty ends */
        int64_t times, wall_us, cpu_us;
    } costs[24];
    long checked; /* how often everything was checked */
};

/* ---- dice.c: chance by seed ---- */

/* 0 to n - 1, the same for the same seed, purpose and number. */
uint64_t dice_of(uint64_t seed, const char *purpose, uint64_t number, uint64_t n);
/* The next of a row of its own, 0 to n - 1. */
uint64_t dice_next(uint64_t *state, uint64_t n);

/* ---- mix.c: payers, script, wires, pipeline ---- */

/* Writes what the run needs under home. */
void mix_write(struct sim *s);
/* "SIM07" into out. */
const char *mix_payer(long n, char out[8]);

/* ---- claims.c: what the office bills ---- */

/* A claim that goes again: what was wrong with it is mended, or it goes as it was. */
struct mended {
    long number; /* of the claim */
    long day;    /* from this day on */
    bool mended;
};
/* The account number of claim n, and n of an account number; -1: it is none of ours. */
const char *claims_account(long n, char out[16]);
long claims_number(const char *account);
/* Writes the 837 of the claims from first to before `until`, and of mended ones that are due, into
 * in/. False when there was none. */
bool claims_bill(struct sim *s, long first, long until);
/* It goes again some days later: mended, or as it was. */
void claims_again(struct sim *s, long number, bool mended);
/* True when the patient of claim n has a second payer. */
bool claims_has_second(const struct sim *s, long n);

/* ---- child.c: processes ---- */

/* Runs a tool to its end; what it prints is appended to out (NULL: to the log of the simulation).
 * Killed ones are started again. Dies when it fails: no simulation goes on from there. ok: an exit code
 * besides 0 that is no failure. */
int child_run(struct sim *s, const char *const *argv, struct buf *out, int ok);
/* Adds to what a tool, or a stage of it as "run.NAME", has cost. */
void child_cost(struct sim *s, const char *tool, int64_t wall_us, int64_t cpu_us);
/* A tool beside others that do not write what it reads; with kills to come one after the other.
 * child_join() waits for its end and appends what it printed to out, unless out is NULL. ok: as in
 * child_run(). */
struct child_beside {
    const char *const *argv; /* lives until child_join() */
    int pid;
    char path[SIM_PATH + 32];
};
void child_beside(struct sim *s, const char *const *argv, struct child_beside *b);
void child_join(struct sim *s, struct child_beside *b, struct buf *out, int ok);
/* An argv of words; NULL ends. */
struct words {
    char **v;
    size_t n, room;
};
void words_add(struct words *w, const char *word);
void words_free(struct words *w);

/* ---- step.c: one step of virtual time ---- */

/* Brings what payers have, bills, takes everything in, lets the payers take what was sent. False when
 * nothing at all happened. */
bool step_go(struct sim *s);

/* A phase is over: the time since the last one was is its. */
void step_was(struct sim *s, enum sim_phase phase);

/* ---- desk.c: what people in the office do ---- */

/* Corrects what was denied, mends what was rejected, takes what patients pay. */
void desk_work(struct sim *s);

/* ---- check.c, summary.c, books.c ---- */

/* Proves the books, and that nothing waits without a timer or an owner. Returns what is wrong, each a
 * line in out. */
int check_all(struct sim *s, struct buf *out);
/* How often each kind of thing happened, by the payers' files; the caller frees it. */
struct json_t *kinds(const struct sim *s);
/* Prints where the claims are, where the money is, what is open, and how long it took: a table, or
 * with --json one object. */
void summary(struct sim *s, int failed);
/* The books in a form that no order of arrival changes: claims, accounts, exceptions. */
void books_write(struct sim *s, struct buf *out);

#endif
