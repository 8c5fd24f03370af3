#include "common/util/money.h"

static const int64_t LIMIT = INT64_C(9000000000000000);

/* Nearly all amounts: some digits, or these with a point and no more places than are kept. */
static inline bool plain_parse(phi_str s, int decimals, int64_t *out)
{
    const char *p = s.p, *end = s.p + s.n;
    int64_t v = 0;
    if (s.n > 12)
        return false;
    for (; p < end && (unsigned char)(*p - '0') <= 9; p++)
        v = v * 10 + (*p - '0');
    if (p == s.p || (p < end && (*p != '.' || end - p > decimals + 1)))
        return false;
    for (p += p < end; p < end; p++, decimals--) {
        if ((unsigned char)(*p - '0') > 9)
            return false;
        v = v * 10 + (*p - '0');
    }
    for (; decimals > 0; decimals--)
        v *= 10;
    *out = v;
    return true;
}

/* Fixed point with `decimals` places; further decimals are accepted only when they are zeros. */
static bool fixed_parse(phi_str s, int decimals, int64_t *out)
{
    size_t i = 0;
    bool minus = s.n > 0 && s.p[0] == '-';
    int64_t v = 0;
    int seen = 0, places = -1;
    for (i = minus; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        seen++;
        if (places >= decimals) {
            if (c != '0')
                return false;
            continue;
        }
        v = v * 10 + (c - '0');
        if (v > LIMIT)
            return false;
        places += places >= 0;
    }
    if (!seen)
        return false;
    for (int p = places < 0 ? 0 : places; p < decimals; p++)
        v *= 10;
    if (v > LIMIT)
        return false;
    *out = minus ? -v : v;
    return true;
}

bool money_parse(phi_str s, int64_t *cents)
{
    return plain_parse(s, 2, cents) || fixed_parse(s, 2, cents);
}

bool quantity_parse(phi_str s, int64_t *thousandths)
{
    return plain_parse(s, 3, thousandths) || fixed_parse(s, 3, thousandths);
}

void money_x12(struct buf *out, int64_t cents)
{
    uint64_t u = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
    unsigned frac = (unsigned)(u % 100);
    if (cents < 0)
        buf_putc(out, '-');
    if (u >= 100 || frac == 0)
        buf_int(out, (int64_t)(u / 100));
    if (frac == 0)
        return;
    buf_putc(out, '.');
    buf_putc(out, (char)('0' + frac / 10));
    if (frac % 10)
        buf_putc(out, (char)('0' + frac % 10));
}

void money_human(struct buf *out, int64_t cents)
{
    uint64_t u = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
    char digits[32];
    int n = 0;
    for (uint64_t whole = u / 100; whole || n == 0; whole /= 10)
        digits[n++] = (char)('0' + whole % 10);
    if (cents < 0)
        buf_putc(out, '-');
    while (n--) {
        buf_putc(out, digits[n]);
        if (n && n % 3 == 0)
            buf_putc(out, ',');
    }
    buf_printf(out, ".%02u", (unsigned)(u % 100));
}
