/* run: cheque runs (835 and EFT) and the writing out of what is due. */
#ifndef CLAIMWIRE_PAYERSIM_RUN_H
#define CLAIMWIRE_PAYERSIM_RUN_H

#include "tools/payersim/script.h"
#include "tools/payersim/state.h"

/* Makes every cheque run that is due at now: plans its 835 and its EFT file. */
void run_cheques(struct state *s, const struct script *script, int64_t now);

#endif
