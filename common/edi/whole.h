/*
 * whole: reads a file whose parts are to be moved elsewhere (tools/split, tools/join) and says
 * whether it is whole: every envelope closed, every count and control number right, SE01 and SE02
 * too. What is not whole must not be moved: its faults would be written over with right counts.
 */
#ifndef CLAIMWIRE_EDI_WHOLE_H
#define CLAIMWIRE_EDI_WHOLE_H

#include "common/edi/envelope.h"

/* The first fault, and how many there are. */
struct whole_fault {
    char rule[12];
    uint64_t off;
    char text[300]; /* a sentence without any value */
    uint32_t faults;
};

/* Reads fd from its beginning, calling ev (whose `found` is not used). False: *f says why, and ev
 * may have been called for a part of the file. */
bool whole_read(int fd, const struct envelope_events *ev, void *ctx, struct whole_fault *f);
/* Notes a fault of the caller's own; the first one of all is kept. */
void whole_fault_add(struct whole_fault *f, const char *rule, uint64_t off, const char *text);
/* An open descriptor on the file that can be read more than once: a pipe ("-" is stdin) is copied
 * into a file without a name first. -1 with errno. */
int whole_open(const char *path);

#endif
