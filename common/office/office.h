/* office: what is the office's own in an inquiry or a document: sender, receiver, names of payers and providers
 * (config/practice). Values have been checked: they can be written. */
#ifndef CLAIMWIRE_OFFICE_OFFICE_H
#define CLAIMWIRE_OFFICE_OFFICE_H

#include "common/util/conf.h"

struct office {
    const struct conf **files; /* NULL ends */
    const char *id, *qualifier, *to, *to_qualifier;
    char origin[11]; /* TRN03: 9 and the id, as wide as it must be */
};
struct office_payer {
    const char *name, *id, *kind; /* NM103, NM109, NM108 */
};
struct office_provider {
    const char *npi, *name, *first; /* first "": an organisation */
};
/* Everything is the arena's. False with the reason in error. */
bool office_read(struct office *o, const char *dir, struct arena *a, struct buf *error);
/* By the name that encounters use, or by its id. False: not known. */
bool office_payer(const struct office *o, phi_str key, struct office_payer *out);
bool office_provider(const struct office *o, phi_str npi, struct office_provider *out);

/* The text as a question has it: upper case, without blanks around it, at most `most` bytes.
 * False when it is empty, too long or has bytes that X12's basic set has not. */
bool office_text(phi_str in, size_t most, struct arena *a, phi_str *out);
/* 2026-09-03 or 20260903. */
bool office_day(phi_str in, struct arena *a, phi_str *out);

#endif
