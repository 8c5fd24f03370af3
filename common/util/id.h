/*
 * Record ids and digests. Both are BLAKE2b (libsodium crypto_generichash).
 *
 * Ids are lineage, not route: at the source an id is made of the digest of the file and the
 * position in it; where a record is split, a child's id is made of the parent's id and the child's
 * position in the parent. A re-run therefore gives the same ids, and keepers know a repeat.
 */
#ifndef CLAIMWIRE_UTIL_ID_H
#define CLAIMWIRE_UTIL_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { REC_ID_LEN = 16, REC_ID_HEX = 33, DIGEST_LEN = 32, DIGEST_HEX = 65 };

struct rec_id {
    uint8_t b[REC_ID_LEN];
};
struct digest {
    uint8_t b[DIGEST_LEN];
};

/* Digest of n bytes. */
struct digest digest_of(const void *p, size_t n);
/* Digest of a file read from its current position to its end; false with errno on a read error. */
bool digest_fd(int fd, struct digest *out);
/* Digest of a whole file, and how long it is (bytes: NULL when nobody asks); false with errno. */
bool digest_path(const char *path, struct digest *out, int64_t *bytes);
/* Digest of len bytes of a file from off on (pread); false with errno on a read error, EIO when the
 * file is shorter. */
bool digest_range(int fd, uint64_t off, uint64_t len, struct digest *out);
/* Id of the record at position `pos` (byte offset or line number) of the file with this digest. */
struct rec_id id_source(const struct digest *file, uint64_t pos);
/* Id of child number `pos` (its position in the parent, not the order of emission). */
struct rec_id id_child(struct rec_id parent, uint64_t pos);
/* 32 lower-case hex digits and a NUL into out; returns out. */
const char *rec_id_hex(struct rec_id id, char out[REC_ID_HEX]);
/* The trace that a claim goes out with (REF*D9, at most 20 characters) when it has none: "CW" and the
 * first eight bytes of its id. The same claim has the same trace for ever. */
enum { REC_TRACE = 19 };
const char *rec_id_trace(struct rec_id id, char out[REC_TRACE]);
/* Reads 32 hex digits; false when s is anything else. */
bool rec_id_parse(const char *s, size_t n, struct rec_id *out);
/* 64 hex digits and a NUL; returns out. */
const char *digest_hex(const struct digest *d, char out[DIGEST_HEX]);

static inline bool rec_id_eq(struct rec_id a, struct rec_id b)
{
    return memcmp(a.b, b.b, REC_ID_LEN) == 0;
}

#endif
