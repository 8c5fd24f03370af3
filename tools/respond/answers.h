/*
 * answers: what respond keeps: interchanges and groups that are owed an answer, verdicts of their
 * sets, and the control number of each answer.
 *
 * A verdict belongs to the group of the same file in whose byte range it stands, so it matters
 * neither which replica it came through nor whether it came before its group. An answer's control
 * number is taken when its group or interchange is first seen: 1 + the number that the source gave
 * to its first set for a 999, 500,000,001 + that for a TA1. So it is the same in every run; if that
 * number is taken already (two sources), the next free one. None is used twice. A 277CA is written
 * together with the 999 of its group and has that number + 250,000,000.
 */
#ifndef CLAIMWIRE_TOOLS_RESPOND_ANSWERS_H
#define CLAIMWIRE_TOOLS_RESPOND_ANSWERS_H

#include "common/edi/verdict.h"
#include "common/link/record.h"
#include "common/partner/terms.h"

struct answers;

/* How answers are written. */
struct answer_opts {
    const char *out; /* folder */
    bool bad_values, warnings, no_set_list;
    bool claims, payer;              /* 277CA as well; we answer as the payer */
    const struct profiles *profiles; /* what senders want to be answered; NULL: none says */
};

/* dir holds respond.db, run_dir the keys. Never NULL. */
struct answers *answers_open(const char *dir, const char *run_dir, const struct answer_opts *o);
/* Each takes a record whose body was read already; a repeat changes nothing. In the open
 * transaction; durable after answers_commit(). */
void answers_isa(struct answers *a, const struct record *r, const struct verdict_isa *i);
void answers_group(struct answers *a, const struct record *r, const struct verdict_group *g);
void answers_verdict(struct answers *a, const struct record *r);
/* Commits, then writes each answer that has become complete, then notes that it is written. Called
 * at start as well: what a dead process left unwritten is written now, with the same bytes. */
void answers_commit(struct answers *a);
/* Groups that still wait for verdicts. */
int64_t answers_open_groups(struct answers *a);
/* Answers written since the last call. */
int64_t answers_written(struct answers *a);
void answers_close(struct answers *a);

#endif
