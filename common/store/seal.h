/*
 * Sealing: PHI at rest is XChaCha20-Poly1305 (libsodium), the key's id beside each blob.
 *
 * Keys live in RUN/keys (mode 0700), made at first use, or in the folder that CLAIMWIRE_KEYS
 * names; they are locked in memory and wiped at the end. The newest key seals, all of them open.
 * Form: "CW1" | key id 8 bytes | nonce 24 bytes | ciphertext with its tag. `what` is bound in as
 * associated data, so that a blob moved to another row does not open.
 */
#ifndef CLAIMWIRE_STORE_SEAL_H
#define CLAIMWIRE_STORE_SEAL_H

#include "common/util/buf.h"
#include "common/util/id.h"

enum { SEAL_OVERHEAD = 3 + 8 + 24 + 16 };

struct seal_keys;
/* Opens the keys of a run directory, making the first one; dies with EXIT_CONFIG when it cannot. */
struct seal_keys *seal_open(const char *run_dir);
/* Appends the sealed form of the bytes to out. */
void seal(struct seal_keys *k, phi_str plain, phi_str what, struct buf *out);
/* Appends the plain bytes to out; false when the blob was altered, moved or its key is missing. */
bool unseal(struct seal_keys *k, phi_str blob, phi_str what, struct buf *out);
/* Keyed hash for lookups by a value that must not stand in clear (member id, name). 16 bytes. */
struct rec_id seal_token(struct seal_keys *k, const char *what, phi_str value);
/* Makes a new sealing key; older ones still open. */
int seal_rotate(struct seal_keys *k);
void seal_close(struct seal_keys *k);

#endif
