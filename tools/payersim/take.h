/*
 * take: one file of a submitter: answered with TA1, 999 and 277CA, its claims judged, their
 * remittances planned. One transaction a file.
 */
#ifndef CLAIMWIRE_PAYERSIM_TAKE_H
#define CLAIMWIRE_PAYERSIM_TAKE_H

#include "common/edi/guide.h"
#include "tools/payersim/script.h"
#include "tools/payersim/state.h"

struct taker;
struct taker *taker_new(const struct script *script, struct state *state,
                        const struct guide_set *guides);
/* Takes the bytes of a file that lies with payer p. True when it was new; a file that was taken
 * under this name before changes nothing. */
bool taker_file(struct taker *t, const struct script_payer *p, const char *name, phi_str bytes,
                int64_t now);
void taker_free(struct taker *t);

#endif
