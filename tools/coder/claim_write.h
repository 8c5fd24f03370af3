/* claim_write: an encounter as a transaction set 837P, 837I or 837D of one claim. */
#ifndef CLAIMWIRE_CODER_CLAIM_WRITE_H
#define CLAIMWIRE_CODER_CLAIM_WRITE_H

#include "tools/coder/enc.h"

/* Appends ISA GS ST ... SE in canonical delimiters. usage is 'P' or 'T', at_us stands in ISA, GS and
 * BHT, control (1 to 999999999) in ISA13 and GS06. */
void claim_write(struct buf *out, const struct enc *e, const struct practice *p, char usage,
                 int64_t at_us, uint32_t control);

#endif
