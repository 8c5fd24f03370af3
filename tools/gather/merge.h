/* merge: one encounter of the messages of a visit. */
#ifndef CLAIMWIRE_GATHER_MERGE_H
#define CLAIMWIRE_GATHER_MERGE_H

#include "common/util/buf.h"
#include <jansson.h>

/* A message of a visit: enc.v1, and its place in the order of arrival. */
struct merge_part {
    json_t *enc;
    uint64_t seq;
    bool charges; /* its lines count: false for what was billed before */
};
/* Puts the parts together, whatever order they are in: charges first, then the newest registration,
 * then the note; what the first says stays, the others fill in. Diagnoses and lines of several
 * messages follow each other; notes too. The result is the caller's. */
json_t *merge_parts(struct merge_part *part, size_t n);
/* What is missing before it can be billed ("charges", "signature", "coverage", "patient"), parted by
 * blanks; empty when nothing is. signs: charges of this system come only when the note is signed. */
void merge_missing(const json_t *e, bool signs, struct buf *out);

#endif
