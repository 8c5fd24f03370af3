/*
 * holding: the files that a source has in hand, those being given and those given and not yet done,
 * each until everything born from it is acknowledged. The one way in which ingest and replay hand
 * files on.
 */
#ifndef CLAIMWIRE_INTAKE_HOLDING_H
#define CLAIMWIRE_INTAKE_HOLDING_H

#include "common/intake/give.h"
#include "common/partner/profile.h"

struct holding {
    struct intake *k;          /* NULL without a run directory */
    struct guide_set *guides;  /* NULL: groups are not looked at */
    struct profiles *profiles; /* of partners; NULL: none */
    struct plan_opts o;
    struct giver giver;
    struct in_hand **hands; /* owned */
    size_t hands_n;
    struct in_hand *giving; /* one of them, or NULL */
    uint64_t resumed;       /* the highest number among those taken up so far */
    uint64_t bytes_total;   /* of all files taken up */
    uint64_t bytes_done;    /* of those that are done, whole */
    uint64_t records;       /* given */
};

/* Opens the store in the stage's home, if it has one, and the guides of the options guides, versions
 * and alias, and the profiles of the option partners. forced: usage of every record, 0: as the file says. Dies with EXIT_CONFIG. */
void holding_open(struct holding *h, struct stage *s, char forced);
/* A file to give; what it holds is the holding's from here on. */
void holding_add(struct holding *h, const struct in_hand *file);
bool holding_has(const struct holding *h, uint64_t number);
/* Gives the next frame of the file being given. 1; 0: it was given whole, and none is being given;
 * -1 with errno: it cannot be read. */
int holding_give(struct holding *h);
/* The frame of this token is done. */
void holding_done(struct holding *h, uint64_t token);
/* Bytes done, those of files in hand as far as their frames are. */
uint64_t holding_progress(const struct holding *h);
/* Everything given is done: for filters, that have no way back. */
void holding_finish(struct holding *h);
void holding_close(struct holding *h);

/* A path without its folders: enough for people, and short. */
const char *holding_name(const char *path);

#endif
