/*
 * MessagePack, as much as headers need: a writer into a buf, and a bounds-checked reader that
 * copies nothing. A reader that met anything wrong sets `bad` and returns empty values from then
 * on, so callers check once at the end.
 */
#ifndef CLAIMWIRE_LINK_MP_H
#define CLAIMWIRE_LINK_MP_H

#include "common/util/buf.h"

struct mp {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct mp mp_of(phi_str s)
{
    return (struct mp){(const uint8_t *)s.p, (const uint8_t *)s.p + s.n, false};
}
/* Number of pairs of the map that begins here. */
uint32_t mp_map(struct mp *m);
/* A string, or bytes. Borrowed. */
phi_str mp_str(struct mp *m);
phi_str mp_bin(struct mp *m);
/* A string or bytes, whichever it is. */
phi_str mp_bytes(struct mp *m);
/* An integer >= 0 that is at most max. */
uint64_t mp_uint(struct mp *m, uint64_t max);
/* An integer within int64_t. */
int64_t mp_int(struct mp *m);
/* Passes over one value of any type, however deep. */
void mp_skip(struct mp *m);

void mp_put_str(struct buf *out, phi_str s);
void mp_put_bin(struct buf *out, phi_str s);
void mp_put_uint(struct buf *out, uint64_t v);
void mp_put_int(struct buf *out, int64_t v);

#endif
