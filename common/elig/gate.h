/*
 * gate: encounters that wait for their coverage or their authorization before they are billed. A table
 * of RUN/eligibility/eligibility.db; the encounter as it came and as it goes on are sealed. What goes
 * on is decided once, in one transaction, so that a repeat after a death gives the same claim.
 */
#ifndef CLAIMWIRE_ELIG_GATE_H
#define CLAIMWIRE_ELIG_GATE_H

#include "common/elig/cache.h"
#include "common/link/record.h"

#define GATE_TABLE                                                                                 \
    "CREATE TABLE gate(n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"              \
    "  state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL, came INTEGER NOT NULL,"           \
    "  since INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '',"                           \
    "  why TEXT NOT NULL DEFAULT '', payer TEXT NOT NULL DEFAULT '',"                              \
    "  cents INTEGER NOT NULL DEFAULT 0, origin TEXT NOT NULL DEFAULT '',"                         \
    "  forced INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL,"  \
    "  body BLOB);"                                                                                \
    "CREATE INDEX gate_state ON gate(state, n);"

enum gate_state { GATE_NEW, GATE_MARKED, GATE_RELEASED, GATE_HELD };
const char *gate_state_name(enum gate_state s);

struct gate_row {
    int64_t n, came_us, since_us, cents;
    enum gate_state state;
    bool forced;           /* a person released it */
    int told;              /* that it is held: 0 nobody has to know, 1 owed, 2 told */
    phi_str code, why;     /* of a held one: "ELIG_INACTIVE" and what to do */
    phi_str payer, origin; /* origin: what was taken from where, one a line */
};
/* Keeps an encounter, in the open transaction; 1 when it is new. */
int gate_keep(struct cache *c, const struct record *r, int64_t now_us);
/* The row with the smallest number above after in this state (-1: any); strings are a's. */
bool gate_next(struct cache *c, int64_t after, int state, struct arena *a, struct gate_row *out);
/* The next that is held and of which nobody downstream was told. */
bool gate_untold(struct cache *c, int64_t after, struct arena *a, struct gate_row *out);
/* The record as it came; with decided, as it goes on. Dies when it does not open. */
void gate_record(struct cache *c, int64_t n, bool decided, struct arena *a, struct record *out);
/* Decisions, each in the open transaction. */
void gate_pass(struct cache *c, int64_t n, phi_str body, phi_str payer, const char *origin);
void gate_hold(struct cache *c, int64_t n, const char *code, const char *why, phi_str payer,
               int64_t cents, int64_t now_us);
void gate_told(struct cache *c, int64_t n);
void gate_released(struct cache *c, int64_t n);
/* All that is held is looked at again: something new is known. Returns how many. */
int gate_again(struct cache *c);
/* A person lets it go on; false when it is not held. Durable when it returns. */
bool gate_force(struct cache *c, int64_t n);

/* Of a run, read only, for lists: each held row; nothing when there is no such store. */
void gate_each_held(const char *run, void (*each)(void *ctx, const struct gate_row *r), void *ctx);

#endif
