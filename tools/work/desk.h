/* desk: what people did with the items: RUN/work/work.db. Acts are added and never changed;
 * what a person wrote is sealed. */
#ifndef CLAIMWIRE_WORK_DESK_H
#define CLAIMWIRE_WORK_DESK_H

#include "common/followup/followup.h"

struct desk;
/* Makes it when there is none; run stays the caller's while the desk is open. */
struct desk *desk_open(const char *run);
/* NULL when there is none. */
struct desk *desk_open_ro(const char *run);
void desk_close(struct desk *d);

/* act: "take", "note", "resolve", "reopen". */
void desk_act(struct desk *d, const char *item, const char *act, const char *who, const char *text,
              int64_t now_us);
/* Fills in who has an item, whether it is resolved, and until when. An item that arose again after it
 * was resolved (its `since` is later) is open again, and so is one whose cause still lasts when its
 * queue's `again` is over: what is resolved and not mended is not forgotten. */
void desk_look(struct desk *d, struct item *i, int64_t now_us, struct arena *a);
/* Calls back for each act on an item, oldest first. */
void desk_acts(struct desk *d, const char *item,
               void (*each)(void *ctx, int64_t at_us, phi_str act, phi_str who, phi_str text),
               void *ctx);

#endif
