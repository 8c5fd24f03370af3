/*
 * Combination codes: two conditions of one note that the index joins.
 *
 * A path of the index that goes through "with", "in" or "due to" ("Diabetes > type 2 > with > chronic
 * kidney disease"), or a title that does, has the words of both conditions. Where two proposals have
 * them between them, the code of the path is proposed instead of the first, with the words of both as
 * evidence. "With" and "in" are taken as a link that is presumed (ICD-10-CM guidelines I.A.15), unless the
 * note says that there is none; "due to" must be said between the two.
 */
#ifndef CLAIMWIRE_CODING_COMBINE_H
#define CLAIMWIRE_CODING_COMBINE_H

#include "common/coding/propose.h"

/* Adds the combination codes of the proposals of a note whose words c holds, and takes away what they
 * replace. */
void combine(struct coding *c, phi_str note, struct proposals *p);

#endif
