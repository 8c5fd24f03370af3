/* The table of what may stand in a profile. */
#ifndef CLAIMWIRE_PARTNER_PROFILE_KEYS_H
#define CLAIMWIRE_PARTNER_PROFILE_KEYS_H

#include "common/partner/profile_int.h"

/* The key `word` of a section ("" above the first); NULL when there is none. */
const struct profile_key *profile_key_find(const char *section, phi_str word);
/* The section of that name, NULL when there is none. */
const char *profile_section_find(phi_str word);
/* Appends the keys of a section, or (NULL) the sections, parted by commas. */
void profile_known(const char *section, struct buf *out);

#endif
