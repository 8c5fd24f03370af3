/*
 * intake: what a source that takes files keeps on disk, in its home RUN/NAME (ingest, replay).
 *
 *   spool/HEX        each file as it came, under its digest
 *   intake.db        which files were taken, in which order, and which interchanges they held
 *   progress/NUMBER  one byte a frame of a file in hand: 1 when everything born from it is done.
 *                    Mapped, never synced: it can only be late, which means repeats, never loss
 *   lock             held by the one ingest that works here
 *
 * Taking a file has two atomic acts: the rename into the spool (the bytes are ours and durable) and
 * the commit in intake.db (its numbers are fixed). A file that is in the spool and not in the
 * database was cut off between the two and is taken at the next start.
 */
#ifndef CLAIMWIRE_INTAKE_INTAKE_H
#define CLAIMWIRE_INTAKE_INTAKE_H

#include "common/intake/plan.h"

struct intake;

/* A file that is being handed on. */
struct in_hand {
    uint64_t number; /* from 1; also without a run directory */
    struct digest digest;
    int64_t at_us; /* when it was taken, by the pipeline's clock */
    uint64_t seq0; /* number of its first set */
    uint64_t bytes;
    int fd; /* the original; -1 once everything is given */
    struct plan plan;
    size_t next; /* frame to be given next */
    size_t frames, done;
    uint8_t *progress; /* NULL without a run directory or frames */
};

enum intake_result {
    INTAKE_TAKEN,
    INTAKE_AGAIN, /* the same bytes were taken before; digest and number say which */
    INTAKE_FAILED /* errno; nothing of the file is left */
};

/* Opens or makes the folder; dies with EXIT_TRY_LATER when another process holds it. */
struct intake *intake_open(const char *home);
/* Stores what fd holds and takes it in. name is remembered for people. o->seen is set here. */
enum intake_result intake_take(struct intake *k, const char *name, int fd, int64_t now_us,
                               const struct plan_opts *o, struct in_hand *out);
/* Goes on with the unfinished file of the lowest number above `after`. 1, 0 when there is none, -1
 * with errno. Dies with EXIT_CONFIG when other options now give other sets. */
int intake_resume(struct intake *k, uint64_t after, const struct plan_opts *o, struct in_hand *out);
/* Opens for giving once more a file that was taken before (number). As intake_resume(). */
int intake_repeat(struct intake *k, uint64_t number, const struct plan_opts *o,
                  struct in_hand *out);
/* Path of a file that is stored and was never taken; false when there is none. */
bool intake_orphan(struct intake *k, struct buf *path);
/* Notes that a frame is done; true when it was the last one of the file. */
bool intake_done(struct in_hand *h, size_t frame);
/* Notes that the whole file is done. It is written with the next ones, by intake_mark(): a death before
 * that finds all frames of it done in its progress. */
void intake_finish(struct intake *k, struct in_hand *h);
/* Marks what is done, in one transaction; at the end and whenever there is nothing else to do. */
void intake_mark(struct intake *k);
/* Files taken so far. */
uint64_t intake_files(struct intake *k);
/* Releases what a file in hand holds. */
void in_hand_free(struct in_hand *h);
void intake_close(struct intake *k);

#endif
