/* paper: a remittance on paper, typed into a CSV, as an 835 (docs/posting.md), so that it goes through the
 * same checks as every other. */
#ifndef CLAIMWIRE_POST_PAPER_H
#define CLAIMWIRE_POST_PAPER_H

#include "common/util/buf.h"

struct paper_opts {
    const char *practice; /* folder: who we are, the payers */
    char usage;           /* ISA15 */
};
/* Appends one interchange for the file at path. An exit code; not EXIT_DONE: *error has where and why, and
 * nothing was appended. */
int paper_835(const struct paper_opts *o, const char *path, struct buf *out, struct buf *error);

#endif
