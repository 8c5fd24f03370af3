/*
 * visits: the store of gather: a row a visit, a row a message of it. Bodies rest sealed; a visit is
 * known by a keyed hash of system, visit number and patient.
 */
#ifndef CLAIMWIRE_GATHER_VISITS_H
#define CLAIMWIRE_GATHER_VISITS_H

#include "common/link/record.h"
#include <jansson.h>

enum visit_state {
    VISIT_WAITING,  /* something is missing */
    VISIT_COMPLETE, /* to be handed on when it is quiet */
    VISIT_FROZEN,   /* what comes now is late */
    VISIT_GIVEN,
    VISIT_DROPPED /* by a person */
};
const char *visit_state_name(enum visit_state s);

struct visits;
struct visit {
    int64_t n; /* number for people, from 1 */
    enum visit_state state;
    int64_t came_us, last_us; /* first and last message */
    int64_t after;            /* visit that was handed on before these charges came; 0: none */
    char missing[48];         /* what it waits for, parted by blanks */
};

/* Opens DIR/gather.db, or makes it. */
struct visits *visits_open(const char *dir, const char *run_dir);
struct visits *visits_open_existing(const char *dir, const char *run_dir);
void visits_close(struct visits *v);
/* Whether the office says that a system's charges come only when the note is signed. */
typedef bool visits_signs(const void *ctx, phi_str system);
/* Keeps a message of a visit in the open transaction; false when it was kept before. */
bool visits_keep(struct visits *v, const struct record *r, json_t *part, int64_t now_us,
                 visits_signs *signs, const void *ctx);
void visits_commit(struct visits *v);
/* The visit with the smallest number above `after` (state < 0: any); false when there is none. */
bool visits_next(struct visits *v, int64_t after, int state, struct visit *out);
/* Sets the state, in the open transaction. */
void visits_state(struct visits *v, int64_t n, enum visit_state state);
/* Messages of the visit that came behind its freezing. */
int64_t visits_late(struct visits *v, int64_t n);
/* The joined encounter (the caller's), and the record of its first message when r is not NULL. */
json_t *visits_joined(struct visits *v, const struct visit *x, struct arena *mem, struct record *r);

#endif
