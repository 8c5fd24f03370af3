/* What happens when a file has arrived at the partner. */
#ifndef CLAIMWIRE_SUBMIT_DELIVER_H
#define CLAIMWIRE_SUBMIT_DELIVER_H

#include "common/wire/box.h"

/* Puts the answer of a row, if there is one, into the folder `answers` as PARTNER.NAME.answer, then
 * says that the row is delivered. A death in between does both again and changes nothing. Dies with
 * EXIT_TRY_LATER when the folder cannot be written. */
void deliver(struct box *b, const struct box_row *row, const char *answers, int64_t now_us);
/* The name that an answer gets, into out. */
void answer_name(const struct box_row *row, struct buf *out);

#endif
