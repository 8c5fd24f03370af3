/* The form of a table file: header, directory, then per system rows and hash index, then strings,
 * then blobs.
 * Little endian; a file of the other byte order is refused by the mark. */
#ifndef CLAIMWIRE_CODES_CODES_FILE_H
#define CLAIMWIRE_CODES_CODES_FILE_H

#include "common/codes/codes.h"
#include "common/util/id.h"

#define CODES_MAGIC "CWCODES"
enum { CODES_BYTE_ORDER = 0x01020304, CODES_BLOBS = 4 };

struct codes_blob {
    char name[SYSTEM_LEN];
    uint64_t at, len; /* in the file */
};
struct codes_header {
    char magic[8];
    uint32_t version, order;
    uint64_t length; /* of the whole file */
    uint64_t strings, strings_len;
    uint32_t systems, pad;
    struct codes_blob blob[CODES_BLOBS]; /* empty name: none */
    struct digest directory; /* of this header with both digests zero, and the directory */
    struct digest content;   /* of all bytes behind the directory */
    uint64_t sum;            /* codes_sum of the same bytes: what every open compares */
};
struct codes_dir {
    char name[SYSTEM_LEN];
    uint64_t rows, index; /* offsets in the file */
    uint32_t n, slots;    /* rows; slots of the index, a power of two */
};

/* Key of a row in the index. */
static inline uint64_t codes_hash(const char code[CODE_LEN], const char pair[CODE_LEN])
{
    uint64_t w[4], h = UINT64_C(0x9e3779b97f4a7c15);
    memcpy(w, code, CODE_LEN);
    memcpy(w + 2, pair, CODE_LEN);
    for (int i = 0; i < 4; i++) {
        h ^= w[i];
        h *= UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    return h;
}
/* Digest of header (digests taken as zero) and directory. */
struct digest codes_directory_digest(const struct codes_header *h, const struct codes_dir *d);
/* A sum that reads 90 MB in some 12 ms, where a digest takes ten times as long. Every change within
 * eight aligned bytes changes it for certain (each step can be undone), any other but for one in
 * 2^64; it is there against damage, not against somebody who means to deceive. */
uint64_t codes_sum(const char *p, size_t n);
/* Zero-pads a code; false when it does not fit or is empty and must not be. */
bool codes_key(phi_str s, bool may_be_empty, char out[CODE_LEN]);

#endif
