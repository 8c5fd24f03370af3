#include "tools/coder/pcn.h"
#include <sodium.h>

static const char LETTERS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int value_of(char c)
{
    const char *p = c ? strchr(LETTERS, c) : NULL;
    return p ? (int)(p - LETTERS) : -1;
}

/* ISO 7064 MOD 37,36: finds every single wrong character and nearly every swap of neighbours. */
static int check_value(const char *s, size_t n)
{
    int p = 36;
    for (size_t i = 0; i < n; i++) {
        int sum = (p + value_of(s[i])) % 36;
        p = (sum ? sum : 36) * 2 % 37;
    }
    return (37 - p) % 36;
}

static void hash_part(crypto_generichash_state *st, const char *p, size_t n)
{
    unsigned char len[4] = {(unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16),
                            (unsigned char)(n >> 24)};
    crypto_generichash_update(st, len, sizeof len);
    crypto_generichash_update(st, (const unsigned char *)(n ? p : ""), n);
}

void pcn_make(const char *office, phi_str system, phi_str encounter, char out[PCN_SIZE])
{
    crypto_generichash_state st;
    unsigned char h[32];
    crypto_generichash_init(&st, NULL, 0, sizeof h);
    hash_part(&st, office, strlen(office));
    hash_part(&st, system.p, system.n);
    hash_part(&st, encounter.p, encounter.n);
    crypto_generichash_final(&st, h, sizeof h);
    for (int i = 0; i < PCN_LEN - 1; i++) /* two bytes a letter: the bias is below one in 1,800 */
        out[i] = LETTERS[(h[2 * i] << 8 | h[2 * i + 1]) % 36];
    out[PCN_LEN - 1] = LETTERS[check_value(out, PCN_LEN - 1)];
    out[PCN_LEN] = 0;
}

bool pcn_valid(phi_str s)
{
    if (s.n != PCN_LEN)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (value_of(s.p[i]) < 0)
            return false;
    return value_of(s.p[PCN_LEN - 1]) == check_value(s.p, PCN_LEN - 1);
}
