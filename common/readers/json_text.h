/*
 * json_text: JSON made ready for a parser that would turn decimals into floating point: numbers
 * that are no short integers become texts ("150.00"), so that money stays what was written. Depth
 * and length of texts are bounded before anything is built.
 */
#ifndef CLAIMWIRE_READERS_JSON_TEXT_H
#define CLAIMWIRE_READERS_JSON_TEXT_H

#include "common/util/arena.h"
#include "common/util/buf.h"

enum { JSON_TEXT_MAX = 2 << 20 }; /* bytes of one text: a note of 1 MB in base 64 */

/* Appends the rewritten JSON. NULL, or what is wrong, with the offset of it in *at. Whether it is
 * JSON is for the parser to say. */
const char *json_text(phi_str s, struct buf *out, size_t *at);

/* Where the elements of the array "entry" of the outermost object stand, in the arena; NULL with *n
 * 0 when there is none. The text is JSON. */
phi_str *json_entries(phi_str s, struct arena *a, size_t *n);

#endif
