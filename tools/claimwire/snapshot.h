/*
 * A run directory as it stood at one instant, taken while it works.
 *
 * All processes are stopped for some milliseconds: stores are opened with a read transaction (WAL:
 * what is in it stays readable), other files are linked or copied aside. Then the processes go on
 * and the bytes are copied out at leisure. What is taken is what a power cut at that instant would
 * have left, and from that the house goes on without loss: that is its design. An order of copying
 * without a stop would have to hold promises between every pair of stores; this holds all of them.
 */
#ifndef CLAIMWIRE_TOOLS_SNAPSHOT_H
#define CLAIMWIRE_TOOLS_SNAPSHOT_H

#include "common/util/buf.h"
#include <stdint.h>

/* One file of a copy. */
struct copied {
    char *path; /* below the run directory; owned */
    void *db;   /* a store held open at the instant; NULL for a plain file */
};
struct snapshot {
    const char *run_dir;
    char *aside; /* RUN/.backup-PID: plain files wait here */
    struct copied *files;
    size_t files_n;
    int64_t stopped_us; /* how long everything stood still */
};

/* Takes it. False with a sentence in error. */
bool snapshot_take(const char *run_dir, struct snapshot *out, struct buf *error);
/* Writes file i to path (made, 0600, synced). */
bool snapshot_write(const struct snapshot *s, size_t i, const char *path, struct buf *error);
void snapshot_free(struct snapshot *s);

/* Copies a plain file; mode 0600, synced. */
bool copy_file(const char *from, const char *to);

#endif
