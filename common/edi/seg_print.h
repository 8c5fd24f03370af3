/*
 * Fingerprints of segments. What was found out about a segment (that it is plainly good, what rules
 * read of it) holds for the same bytes in the same place: a file has thousands of them.
 *
 * A fingerprint has 64 bits and a secret key of the process, so that nobody can write two texts that
 * have the same; two different texts of a file have it with a chance of 2^-64.
 */
#ifndef CLAIMWIRE_EDI_SEG_PRINT_H
#define CLAIMWIRE_EDI_SEG_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

struct print_key {
    uint64_t k[3]; /* all 0: not made yet */
};

/* Makes the key of this process where there is none yet. */
static inline void print_key_make(struct print_key *key)
{
    while (!key->k[0])
        if (getrandom(key, sizeof *key, 0) != sizeof *key)
            key->k[0] = 0;
}

/* Both halves of the product. */
static inline uint64_t print_fold(uint64_t a, uint64_t b)
{
    __uint128_t m = (__uint128_t)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t print_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* The word of 1 to 7 bytes, together with n they are told apart. */
static inline uint64_t print_few(const char *p, size_t n)
{
    uint32_t a = 0, b = 0;
    if (n >= 4) {
        memcpy(&a, p, 4);
        memcpy(&b, p + n - 4, 4);
        return a | (uint64_t)b << 32;
    }
    const unsigned char *u = (const unsigned char *)p;
    return n ? (uint64_t)u[0] | (uint64_t)u[n / 2] << 8 | (uint64_t)u[n - 1] << 16 : 0;
}

/* The fingerprint of n bytes in the place that `in` stands for; never 0. Reads no byte beyond. */
static inline uint64_t seg_print(const struct print_key *key, uint64_t in, const char *p, size_t n)
{
    uint64_t h = print_fold(in ^ key->k[0], n ^ key->k[1]);
    const char *end = p + n;
    for (; end - p > 16; p += 16)
        h = print_fold(print_word(p) ^ key->k[2], print_word(p + 8) ^ h);
    if (n >= 16)
        h = print_fold(print_word(end - 16) ^ key->k[2], print_word(end - 8) ^ h);
    else if (n >= 8)
        h = print_fold(print_word(p) ^ key->k[2], print_word(end - 8) ^ h);
    else
        h = print_fold(print_few(p, n) ^ key->k[2], key->k[1] ^ h);
    h = print_fold(h ^ key->k[0], key->k[1]);
    return h ? h : 1;
}

#endif
