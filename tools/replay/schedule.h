/*
 * schedule: which files are played, in which order, at which virtual time.
 *
 * A folder with a file traffic.tsv plays what its lines say: TIME, a tab, FILE (relative to the
 * folder); '#' begins a comment; times do not go backwards. Without one, all plain files of the
 * folder are played in the order of the bytes of their names, `step` apart; names that begin with a
 * point or end in .md, .tsv or .tmp are passed over. A file that is named itself is played alone.
 */
#ifndef CLAIMWIRE_TOOLS_REPLAY_SCHEDULE_H
#define CLAIMWIRE_TOOLS_REPLAY_SCHEDULE_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include <stdint.h>

struct scheduled {
    const char *path;
    int64_t at_us;
};
struct schedule {
    struct scheduled *files;
    size_t n, room;
    int64_t next_us, step_us; /* virtual time of the next file that has none of its own */
    struct arena arena;
};

/* Appends what a folder or file gives. -1 with a message in error ("FILE:LINE: what"). */
int schedule_add(struct schedule *s, const char *path, struct buf *error);
void schedule_free(struct schedule *s);

#endif
