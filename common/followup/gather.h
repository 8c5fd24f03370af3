/* Inside followup: items from other places than the ledger's claims. */
#ifndef CLAIMWIRE_FOLLOWUP_GATHER_H
#define CLAIMWIRE_FOLLOWUP_GATHER_H

#include "common/followup/followup.h"

/* A new item of a code; its role, deadline and worth are the queue's. */
struct item *followup_add(struct followup *f, const char *code, int64_t subject, int64_t cents,
                          int64_t since);
/* stores.c: what lies in quarantine, and files that cannot go out. */
void stores_gather(struct followup *f);

#endif
