/* Notes as files. */
#ifndef CLAIMWIRE_CODE_NOTE_H
#define CLAIMWIRE_CODE_NOTE_H

#include "common/util/arena.h"
#include "common/util/buf.h"

enum { NOTE_MOST_MB = 16, ENCOUNTERS_MOST_MB = 1024 };

/* Reads text (no UTF-16, no zero byte) of at most most_mb MB ("-": standard input) into text, which is emptied first; an
 * exit code, after a line on standard error when it is not 0. */
int read_text(const char *path, int most_mb, struct buf *text);
/* The names with every folder replaced by the files in it, sorted, without hidden ones; *n of them,
 * in the arena. */
char **expand_folders(struct arena *a, char **name, int *n);

#endif
