/* pcn: account numbers (CLM01) that come back in every answer. DOMAIN C.1. */
#ifndef CLAIMWIRE_CODER_PCN_H
#define CLAIMWIRE_CODER_PCN_H

#include "common/util/phi.h"

enum { PCN_LEN = 17, PCN_SIZE = PCN_LEN + 1 };

/* 16 characters [0-9A-Z] made of the office's id, the system and the encounter's name (BLAKE2b), and
 * a check character (ISO 7064 MOD 37,36); out gets a NUL. The same encounter has the same number
 * for ever, so a replacement points at the same account. */
void pcn_make(const char *office, phi_str system, phi_str encounter, char out[PCN_SIZE]);
/* True for 17 characters whose check character is right. */
bool pcn_valid(phi_str s);

#endif
