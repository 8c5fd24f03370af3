/*
 * desk: the store of review: one row for each encounter that a person must look at, and every
 * decision with who made it, when and why. Records, codes that were put in place of others, and
 * reasons rest sealed.
 */
#ifndef CLAIMWIRE_REVIEW_DESK_H
#define CLAIMWIRE_REVIEW_DESK_H

#include "common/link/record.h"
#include <jansson.h>

enum desk_state { DESK_HELD, DESK_MARKED, DESK_RELEASED, DESK_REJECTED };
const char *desk_state_name(enum desk_state s);

struct desk;
struct desk_row {
    int64_t n; /* number for people, from 1 */
    struct rec_id id;
    enum desk_state state;
    int64_t came_us;
    uint32_t tries;
};
struct decision {
    int64_t at_us;
    phi_str coder, verb, target; /* "accept", "dx 2" */
    phi_str value, reason;       /* code or text; why */
};

struct desk *desk_open(const char *dir, const char *run_dir);
struct desk *desk_open_existing(const char *dir, const char *run_dir);
/* Keeps a record of kind review, in the open transaction; 1 when that changed anything. One that
 * comes back is held again. */
int desk_keep(struct desk *d, const struct record *r, int64_t now_us);
void desk_commit(struct desk *d);
/* The row with the smallest number above `after` (state < 0: any); false when there is none. */
bool desk_next(struct desk *d, int64_t after, int state, struct desk_row *out);
bool desk_row(struct desk *d, int64_t n, struct desk_row *out);
/* The record as it came; dies when it does not open. */
void desk_record(struct desk *d, int64_t n, struct arena *mem, struct record *out);
/* Adds a decision and sets the state, durable together when it returns. */
void desk_decide(struct desk *d, int64_t n, const struct decision *x, enum desk_state state);
/* Decision number k of a row (from 0) into the arena; false behind the last. */
bool desk_decision(struct desk *d, int64_t n, int k, struct arena *mem, struct decision *out);
/* Notes that a marked row was handed on and settled; in the open transaction. */
void desk_released(struct desk *d, int64_t n);
void desk_close(struct desk *d);

/* What a record's body holds, with its decisions carried out. */
struct case_file {
    json_t *body;        /* {"enc","draft","findings"} */
    json_t *draft;       /* of it: as decided so far */
    struct buf accepted; /* "RULE/CODE ..." of what a person has decided */
    int open;            /* findings that hold and are not decided */
    int queries;         /* questions to the physician without an answer */
};
bool case_open(struct desk *d, int64_t n, struct case_file *out);
/* Carries one decision out on the case; false with a reason when it does not fit. */
bool case_apply(struct case_file *c, const struct decision *x, const char **why);
void case_close(struct case_file *c);

/* claimwire review list|show|...; -1 when argv asks for none of them. */
int review_command(int argc, char **argv);

#endif
