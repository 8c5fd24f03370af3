/* Notes as files. */
#ifndef CLAIMWIRE_CODE_NOTE_H
#define CLAIMWIRE_CODE_NOTE_H

#include "common/util/arena.h"
#include "common/util/buf.h"

/* Reads a note of at most 16 MB ("-": standard input) into note, which is emptied first; an exit
 * code, after a line on standard error when it is not 0. */
int read_note(const char *path, struct buf *note);
/* The names with every folder replaced by the files in it, sorted, without hidden ones; *n of them,
 * in the arena. */
char **expand_folders(struct arena *a, char **name, int *n);

#endif
