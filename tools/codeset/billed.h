/*
 * Codes that claims used: read from 837 files, or from all that lie below a folder (a run
 * directory).
 */
#ifndef CLAIMWIRE_CODESET_BILLED_H
#define CLAIMWIRE_CODESET_BILLED_H

#include "common/util/buf.h"

enum billed_kind { BILLED_DIAGNOSIS, BILLED_INPATIENT, BILLED_SERVICE };

struct billed_code {
    uint32_t claims;
    int64_t
        cents; /* of the claims with this diagnosis or inpatient procedure; of the lines with this
                      service or modifier */
};
struct billed;
/* Reads path; every file below it when it is a folder, as far as it is X12. NULL with a message in
 * error when there is no claim in it or an interchange is broken. */
struct billed *billed_read(const char *path, struct buf *error);
void billed_free(struct billed *b);
/* NULL when no claim used the code. */
const struct billed_code *billed_find(const struct billed *b, enum billed_kind kind, phi_str code);
/* How many claims were read. */
uint32_t billed_claims(const struct billed *b);

#endif
