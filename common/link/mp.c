#include "common/link/mp.h"

/* Takes n bytes; NULL and bad when there are not so many. */
static inline const uint8_t *take(struct mp *m, size_t n)
{
    const uint8_t *at = m->p;
    if (m->bad || (size_t)(m->end - at) < n) {
        m->bad = true;
        return NULL;
    }
    m->p += n;
    return at;
}

/* A big-endian number of 1, 2, 4 or 8 bytes. */
static uint64_t big(struct mp *m, size_t n)
{
    const uint8_t *at = take(m, n);
    uint64_t v = 0;
    if (!at)
        return 0;
    memcpy((char *)&v + 8 - n, at, n);
    return __builtin_bswap64(v);
}

static inline int type(struct mp *m)
{
    const uint8_t *at = take(m, 1);
    return at ? *at : -1;
}

static phi_str bytes(struct mp *m, uint64_t n)
{
    const uint8_t *at = take(m, n);
    return at ? phi_of((const char *)at, n) : phi_of("", 0);
}

static phi_str wrong(struct mp *m)
{
    m->bad = true;
    return phi_of("", 0);
}

uint32_t mp_map(struct mp *m)
{
    int t = type(m);
    if (t >= 0x80 && t <= 0x8f)
        return (uint32_t)(t & 15);
    if (t == 0xde || t == 0xdf)
        return (uint32_t)big(m, t == 0xde ? 2 : 4);
    m->bad = true;
    return 0;
}

static phi_str str_of(struct mp *m, int t)
{
    if (t >= 0xa0 && t <= 0xbf)
        return bytes(m, (uint64_t)(t & 31));
    if (t >= 0xd9 && t <= 0xdb)
        return bytes(m, big(m, (size_t)1 << (t - 0xd9)));
    return wrong(m);
}

static phi_str bin_of(struct mp *m, int t)
{
    if (t >= 0xc4 && t <= 0xc6)
        return bytes(m, big(m, (size_t)1 << (t - 0xc4)));
    return wrong(m);
}

phi_str mp_str(struct mp *m)
{
    return str_of(m, type(m));
}

phi_str mp_bin(struct mp *m)
{
    return bin_of(m, type(m));
}

phi_str mp_bytes(struct mp *m)
{
    int t = type(m);
    return t >= 0xc4 && t <= 0xc6 ? bin_of(m, t) : str_of(m, t);
}

uint64_t mp_uint(struct mp *m, uint64_t max)
{
    int t = type(m);
    uint64_t v = 0;
    if (t >= 0 && t <= 0x7f)
        v = (uint64_t)t;
    else if (t >= 0xcc && t <= 0xcf)
        v = big(m, (size_t)1 << (t - 0xcc));
    else
        m->bad = true;
    if (v > max)
        m->bad = true;
    return m->bad ? 0 : v;
}

int64_t mp_int(struct mp *m)
{
    int t = m->p < m->end ? *m->p : -1;
    if (t >= 0xe0 && t <= 0xff) {
        m->p++;
        return (int8_t)t;
    }
    if (t < 0xd0 || t > 0xd3)
        return (int64_t)mp_uint(m, INT64_MAX);
    m->p++;
    switch (t) {
    case 0xd0:
        return (int8_t)big(m, 1);
    case 0xd1:
        return (int16_t)big(m, 2);
    case 0xd2:
        return (int32_t)big(m, 4);
    default:
        return (int64_t)big(m, 8);
    }
}

/* How many values a container of this type holds; 0 for none. *is says whether it is one. */
static uint64_t members(struct mp *m, int t, bool *is)
{
    *is = true;
    if (t >= 0x80 && t <= 0x8f)
        return 2 * (uint64_t)(t & 15);
    if (t >= 0x90 && t <= 0x9f)
        return (uint64_t)(t & 15);
    if (t == 0xdc || t == 0xdd)
        return big(m, t == 0xdc ? 2 : 4);
    if (t == 0xde || t == 0xdf)
        return 2 * big(m, t == 0xde ? 2 : 4);
    *is = false;
    return 0;
}

static void skip_scalar(struct mp *m, int t)
{
    static const uint8_t fixed[] = {/* ca */ 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17};
    if (t < 0 || t == 0xc1)
        m->bad = true;
    else if (t <= 0x7f || t >= 0xe0 || t == 0xc0 || t == 0xc2 || t == 0xc3)
        return;
    else if (t <= 0xbf || (t >= 0xd9 && t <= 0xdb))
        str_of(m, t);
    else if (t <= 0xc6)
        bin_of(m, t);
    else if (t <= 0xc9)
        bytes(m, big(m, (size_t)1 << (t - 0xc7)) + 1);
    else
        bytes(m, fixed[t - 0xca]);
}

void mp_skip(struct mp *m)
{
    /* counts what is still to be passed over; each value is at least a byte, so this ends */
    for (uint64_t left = 1; left > 0 && !m->bad; left--) {
        bool container;
        int t = type(m);
        uint64_t n = members(m, t, &container);
        if (!container)
            skip_scalar(m, t);
        if (n > (uint64_t)(m->end - m->p))
            m->bad = true;
        left += n;
    }
}

/* Type byte and n bytes of v, big-endian. */
static void put(struct buf *out, int t, uint64_t v, int n)
{
    char *at = buf_room(out, 9);
    at[0] = (char)t;
    for (int i = n; i > 0; i--, v >>= 8)
        at[i] = (char)v;
    out->len += (size_t)n + 1;
}

/* The narrowest of the types first, first + 1, ... (1, 2, 4, 8 bytes) that holds v. */
static void put_narrow(struct buf *out, int first, uint64_t v)
{
    int width = v > UINT32_MAX ? 3 : v > UINT16_MAX ? 2 : v > UINT8_MAX ? 1 : 0;
    put(out, first + width, v, 1 << width);
}

void mp_put_str(struct buf *out, phi_str s)
{
    if (s.n < 32)
        put(out, 0xa0 | (int)s.n, 0, 0);
    else
        put_narrow(out, 0xd9, s.n);
    buf_phi(out, s);
}

void mp_put_bin(struct buf *out, phi_str s)
{
    put_narrow(out, 0xc4, s.n);
    buf_phi(out, s);
}

void mp_put_uint(struct buf *out, uint64_t v)
{
    if (v < 128)
        put(out, (int)v, 0, 0);
    else
        put_narrow(out, 0xcc, v);
}

void mp_put_int(struct buf *out, int64_t v)
{
    if (v >= 0)
        mp_put_uint(out, (uint64_t)v);
    else
        put(out, 0xd3, (uint64_t)v, 8);
}
