/*
 * check: nothing waits without a timer or an owner. Every claim of the ledger is ended (nothing is
 * left), or has an open item, or has a timer that runs out later than now; and none without an item
 * has been silent longer than the longest silence that is allowed (timer `silent`).
 */
#ifndef CLAIMWIRE_WORK_CHECK_H
#define CLAIMWIRE_WORK_CHECK_H

#include "common/followup/followup.h"

struct check_fault {
    int64_t chain, cents;
    phi_str claim;
    const char *what;
};
struct checked {
    size_t claims, ended, timed, owned;
    struct check_fault *fault;
    size_t n, room;
};
/* Of what was gathered, with what people did filled in (desk_look). Memory is a's. */
void check_all(const struct followup *f, struct checked *out, struct arena *a);

#endif
