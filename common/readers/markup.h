/* markup: the words of narrative XHTML: marks are dropped, ends of blocks become line ends, the five
 * entities of XML and numbers become characters. Any bytes are taken. */
#ifndef CLAIMWIRE_READERS_MARKUP_H
#define CLAIMWIRE_READERS_MARKUP_H

#include "common/util/buf.h"

void markup_text(phi_str s, struct buf *out);

#endif
