/*
 * work: what waits for a person, gathered from the books each time it is asked for. Nothing is kept
 * but what people did: who has an item, notes, what was resolved and why (desk.h).
 */
#ifndef CLAIMWIRE_WORK_WORK_H
#define CLAIMWIRE_WORK_WORK_H

#include "common/ledger/ledger.h"
#include "common/util/conf.h"

/* How items of a code are handled (config/work). */
struct queue {
    const char *code, *role, *next; /* next: best action */
    int64_t within_us;
    int64_t worth; /* percent of the money that is usually saved */
    struct queue *more;
};
struct denial_group {
    const char *name, *recipe, *next;
    int64_t worth;
    const char *codes[32];
    int codes_n;
    struct denial_group *more;
};
struct timers {
    int64_t ack, status, status_again, remit, crossover; /* microseconds */
    int ca_days;                                         /* business days */
};
struct queues {
    struct queue *list;
    struct denial_group *denials;
    struct timers timers;
};
/* NULL with "FILE:LINE:COLUMN: what". */
struct queues *queues_load(const char *dir, struct arena *a, struct buf *error);
/* Never NULL: a code that no queue names is an engineer's, at once. */
const struct queue *queue_of(const struct queues *q, const char *code);
const struct denial_group *denial_group_of(const struct queues *q, phi_str carc);

/* One item. */
struct item {
    char id[48]; /* "DENIAL-17": the same as long as it is open */
    char code[24];
    int64_t subject; /* row of the claim, remit, payment, entry ... that it is about */
    phi_str claim;   /* CLM01 of the claim it is about; empty: none */
    phi_str reason;  /* denial: reason codes, with commas */
    const char *role, *group, *recipe, *next;
    int64_t cents; /* at risk, never below 0 */
    int64_t value; /* cents that doing it is worth: at risk by what is usually saved */
    int64_t since_us, due_us;
    phi_str owner; /* who took it; empty: nobody */
    bool resolved;
};
struct items {
    struct item *v;
    size_t n, room;
};

/* Everything that is open at now_us, most urgent first: what is late before what is not, then by
 * value. Memory is a's. run: run directory, for quarantine and submit. */
void gather(struct ledger *l, const char *run, const struct queues *q, int64_t now_us,
            struct arena *a, struct items *out);

#endif
