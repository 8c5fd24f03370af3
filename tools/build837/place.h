/* place: puts a file where others look for it, whole or not at all, with kill points. */
#ifndef CLAIMWIRE_BUILD837_PLACE_H
#define CLAIMWIRE_BUILD837_PLACE_H

#include "common/util/buf.h"

/* DIR/NAME holds exactly these bytes when it returns, durably; dies with EXIT_TRY_LATER when the
 * disk does not let it. Until the rename there is only DIR/.NAME.tmp, which a later call replaces. */
void place_file(const char *dir, const char *name, phi_str bytes);
/* Zeroes what was in b and releases it: b held claims in clear. */
void buf_wipe(struct buf *b);

#endif
