/* claimwire code rules list|test|why, and claimwire code check. */
#ifndef CLAIMWIRE_CODE_RULES_CMD_H
#define CLAIMWIRE_CODE_RULES_CMD_H

#include "common/crule/crule.h"

/* word[0] is list, test or why. An exit code. */
int rules_command(const struct crules *rules, const struct codes *codes, char **word, int n,
                  bool json);

#endif
