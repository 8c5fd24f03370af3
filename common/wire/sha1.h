/* SHA-1 (FIPS 180-4), because CORE vC2.2.0 asks for it as CheckSum: against damage on the way, not
 * against anybody. Everything else here is BLAKE2b or SHA-256. */
#ifndef CLAIMWIRE_WIRE_SHA1_H
#define CLAIMWIRE_WIRE_SHA1_H

#include "common/util/phi.h"

enum { SHA1_HEX = 41 };
/* Lower case hex of the digest of bytes into out. */
void sha1_hex(phi_str bytes, char out[SHA1_HEX]);

#endif
