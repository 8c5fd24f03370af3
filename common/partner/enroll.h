/*
 * The registry of enrollments: which biller may send which transactions to which payer, from when.
 * enrollments.csv beside the profiles, columns payer,npi,tax_id,transaction,status,from,to; an empty
 * npi or tax_id is anybody's. A payer that stands in the registry takes claims from those who are
 * enrolled alone; so does one whose profile says `enrollment required`. One whose profile says
 * `enrollment free` takes them from all.
 */
#ifndef CLAIMWIRE_PARTNER_ENROLL_H
#define CLAIMWIRE_PARTNER_ENROLL_H

#include "common/partner/profile.h"
#include <stdint.h>

struct enrollments;
/* Reads DIR/enrollments.csv; no file is an empty registry. On a fault returns NULL and appends
 * "FILE:LINE: what". */
struct enrollments *enrollments_load(const char *dir, struct buf *error);
void enrollments_free(struct enrollments *e);

enum enrolled {
    ENROLLED,           /* or nothing is asked for */
    ENROLLED_NOT,       /* the pair is not in the registry */
    ENROLLED_NOT_YET,   /* it is, but its status is not active */
    ENROLLED_OTHER_DAYS /* it is active, on other days than this */
};
/* Asks for a biller (npi, tax_id), a payer id, a guide ("837P"; a row that says 837 holds for it)
 * and a day since 1970. p: the profile of the payer, NULL: it has none. */
enum enrolled enrollments_ask(const struct enrollments *e, const struct profile *p, phi_str payer,
                              phi_str npi, phi_str tax_id, const char *guide, int32_t day);
/* A sentence about it, for the person who is to mend it. */
const char *enrolled_text(enum enrolled x);

#endif
