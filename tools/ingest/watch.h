/*
 * watch: a folder whose files are taken in when they stand still. A file is ready when its size and
 * time of change were the same for `settle` milliseconds. Names that begin with a point or end in
 * .tmp, and whatever is no plain file, are not looked at. Files stay where they are; one that
 * changes is offered again.
 */
#ifndef CLAIMWIRE_INGEST_WATCH_H
#define CLAIMWIRE_INGEST_WATCH_H

#include "common/util/buf.h"

struct watch;
struct watch *watch_new(const char *dir, long settle_ms);
/* Path of the next file that is ready, in order of names; false when there is none for now. The
 * folder is read at most four times a second. *err is errno of a folder that cannot be read, else 0. */
bool watch_next(struct watch *w, struct buf *path, int *err);
void watch_free(struct watch *w);

#endif
