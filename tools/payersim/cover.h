/* cover: what a payer says to inquiries about coverage: the 271 to a group of 270 sets. */
#ifndef CLAIMWIRE_PAYERSIM_COVER_H
#define CLAIMWIRE_PAYERSIM_COVER_H

#include "common/edi/envelope.h"
#include "tools/payersim/script.h"

/* Sets of one group; zero-initialise, cover_free() at the end. */
struct cover {
    struct buf sets;
    uint32_t n; /* ST to SE in it */
};
/* Answers one 270 (ISA GS ST ... SE): each person by the first case that fits (inactive, aaa), or
 * as covered by the payer's copay, deductible and coinsurance. at_us: the day of the answer. */
void cover_set(struct cover *c, const struct script *s, const struct script_payer *p, phi_str body,
               const char *sender, int64_t at_us);
/* The whole interchange to `out`, and c is empty again; nothing when nobody was asked about. */
bool cover_write(struct cover *c, struct buf *out, const struct envelope_isa *isa,
                 const struct envelope_gs *gs, int64_t at_us, uint32_t control);
void cover_free(struct cover *c);

#endif
