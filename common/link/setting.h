/* What a setting may be, and whether a value is that. Shared by the tools, which say it of their
 * options, and by `claimwire check`, which reads it from `--describe`. */
#ifndef CLAIMWIRE_LINK_SETTING_H
#define CLAIMWIRE_LINK_SETTING_H

#include "common/util/buf.h"

struct setting_kind {
    bool flag;         /* true or false */
    long least, most;  /* most > 0: a whole number within them */
    const char *words; /* one of these, parted by blanks; NULL: anything */
};

/* True when the value is of this kind; else appends what it should be ("a number from 1 to 7"). */
bool setting_fits(const struct setting_kind *k, const char *value, struct buf *what);
/* Reads a whole number within the bounds. */
bool setting_number(const char *text, long least, long most, long *out);

#endif
