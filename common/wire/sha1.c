#include "common/wire/sha1.h"
#include <sodium.h>
#include <stdint.h>

enum { BLOCK = 64, WORDS = 5 };

static uint32_t turn(uint32_t v, int by)
{
    return v << by | v >> (32 - by);
}

static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5A827999;
    if (round >= 40 && round < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + (round < 40 ? 0x6ED9EBA1 : 0xCA62C1D6);
}

static void block(uint32_t h[WORDS], const unsigned char *p)
{
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    for (int i = 16; i < 80; i++)
        w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t t = turn(a, 5) + mix(i, b, c, d) + e + w[i];
        e = d;
        d = c;
        c = turn(b, 30);
        b = a;
        a = t;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

static void big_endian(unsigned char *to, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, v >>= 8)
        to[i] = (unsigned char)v;
}

void sha1_hex(phi_str s, char out[SHA1_HEX])
{
    uint32_t h[WORDS] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char last[2 * BLOCK] = {0}, digest[4 * WORDS];
    size_t at = 0;
    for (; s.n - at >= BLOCK; at += BLOCK)
        block(h, (const unsigned char *)s.p + at);
    size_t rest = s.n - at, end = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    if (rest)
        memcpy(last, s.p + at, rest);
    last[rest] = 0x80;
    big_endian(last + end - 8, (uint64_t)s.n * 8, 8);
    for (size_t i = 0; i < end; i += BLOCK)
        block(h, last + i);
    for (size_t i = 0; i < WORDS; i++)
        big_endian(digest + 4 * i, h[i], 4);
    sodium_bin2hex(out, SHA1_HEX, digest, sizeof digest);
}
