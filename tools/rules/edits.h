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
 *     many N|SEGMENT|SEGMENT           all from the first to before the second N times more, with LX01,
 *                                      CLM01 and the line's number (REF*6R) going on
 *     keep                             SE01, GE01 and IEA01 stay as they were
 * Counts are mended behind the edits.
 */
#ifndef CLAIMWIRE_TOOLS_RULES_EDITS_H
#define CLAIMWIRE_TOOLS_RULES_EDITS_H

#include "common/codes/facts.h"
#include "common/util/arena.h"
#include "common/util/buf.h"

/* Appends base with the edits made (delimiters * : ~) to out; false with a reason in error. */
bool edits_apply(phi_str base, const char *edits, struct buf *out, struct buf *error);

/* Appends the file with what has nothing to do with its faults changed, the same for the same seed:
 * names, places and numbers by which things are told apart (letter for letter, so that what was
 * equal stays equal, and as long), days of service (all of them some days earlier), amounts (all of
 * them some times as much), the order of segments of one kind, and, every fourth time, the delimiters. What a table of facts (NULL:
 * none) says stays. */
void edits_vary(phi_str base, uint32_t seed, const struct facts *facts, struct buf *out);

#endif
