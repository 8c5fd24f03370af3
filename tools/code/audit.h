/* claimwire code audit: what was billed against what is documented. */
#ifndef CLAIMWIRE_CODE_AUDIT_H
#define CLAIMWIRE_CODE_AUDIT_H

#include "common/encounter/encounter.h"

/* Encounters of the files as they were billed. keep: a file in which the accuracy of each coder is
 * kept (NULL: none); an encounter audited again replaces what it had. An exit code: 1 when there are
 * differences. */
int audit_files(struct encounter_coder *c, char **file, int files, const char *keep, bool json);

#endif
