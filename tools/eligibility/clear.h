/*
 * clear: whether an encounter may go on to be billed: who insures the patient (from the registrar where
 * the encounter says nothing or something else), whether that holds on the day of service, and whether
 * what was done is authorized. What is missing is asked for (270, 278).
 */
#ifndef CLAIMWIRE_ELIGIBILITY_CLEAR_H
#define CLAIMWIRE_ELIGIBILITY_CLEAR_H

#include "common/elig/auth.h"
#include "common/elig/gate.h"
#include "common/elig/words.h"

struct clear;
struct clear_opts {
    const char *run, *practice, *needs; /* folders */
    const struct words *words;          /* what to do about refusals */
    bool hold_unknown;                  /* what no answer says is held; else it goes on */
    int64_t fresh_us;
    int64_t before; /* days before the visit that an answer may be of */
};
/* Dies with EXIT_CONFIG when a folder cannot be read. cache is the caller's. */
struct clear *clear_open(const struct clear_opts *o, struct cache *cache);
void clear_close(struct clear *c);
/* Decides on a row of the gate: it is marked or held, in the open transaction of the cache. */
void clear_decide(struct clear *c, const struct gate_row *row, int64_t now_us);
/* What the decisions want to know goes into one file a payer (270), in the same transaction; written by
 * clear_write(), after the commit. */
void clear_ask(struct clear *c);
/* An answer about authorizations (278). */
void clear_take_278(struct clear *c, phi_str body, int64_t at_us);
void clear_commit(struct clear *c);
void clear_write(struct clear *c);

#endif
