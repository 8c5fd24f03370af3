/* What is agreed with the partner of an interchange, as check and envelope want it. */
#ifndef CLAIMWIRE_PARTNER_TERMS_H
#define CLAIMWIRE_PARTNER_TERMS_H

#include "common/edi/check.h"
#include "common/edi/envelope.h"
#include "common/partner/profile.h"

/* The partner of an interchange: who sends it, else who it is for, NULL: neither has a profile. */
const struct profile *profiles_of_isa(const struct profiles *s, const struct envelope_isa *isa);
/* For envelope_opts: ctx is the profiles. */
struct envelope_terms profiles_agreed(void *ctx, const struct envelope_isa *isa);
struct envelope_terms profile_envelope(const struct profile *p);
/* For check_agree(). p NULL: nothing is agreed. */
struct check_terms profile_terms(const struct profile *p);

#endif
