/*
 * A clean file with something changed in it: the fixtures of the rules.
 *
 * Edits are parted by " ; ". A segment is named by how it begins ("REF*F8"), the second of that
 * kind by "#2" behind it:
 *     set SEGMENT|3=VALUE|5-2=VALUE    elements and components; "2=" empties
 *     put SEGMENT|TEXT                 the whole segment anew
 *     del SEGMENT, dup SEGMENT         away with it; once more behind itself
 *     cut SEGMENT|SEGMENT              away with all from the first to before the second
 *     before SEGMENT|TEXT, after SEGMENT|TEXT   a new segment
 *     move SEGMENT|SEGMENT             the first goes before the second
 *     keep                             SE01, GE01 and IEA01 stay as they were
 * Counts are mended behind the edits.
 */
#ifndef CLAIMWIRE_TOOLS_RULES_EDITS_H
#define CLAIMWIRE_TOOLS_RULES_EDITS_H

#include "common/util/arena.h"
#include "common/util/buf.h"

/* Appends base with the edits made (delimiters * : ~) to out; false with a reason in error. */
bool edits_apply(phi_str base, const char *edits, struct buf *out, struct buf *error);

/* Appends the file with what no rule looks at changed: names of people and towns, and the length of
 * the claim numbers. */
void edits_vary(phi_str base, struct buf *out);

#endif
