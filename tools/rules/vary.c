/* A file with what is unrelated to a fault changed: names, ids, dates, amounts, order. */
#include "common/util/date.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/rules/edits.h"

#include <stdio.h>
#include <stdlib.h>

enum { ELEMENTS = 100 };

struct vary {
    uint64_t state;
    char map[256]; /* of letters and digits, each to one of its kind; 0 stays 0 */
    int64_t times; /* amounts */
    int32_t back;  /* days */
    const struct facts *facts;
    struct arena mem;
};

/* xorshift64* */
static uint32_t draw(struct vary *v, uint32_t below)
{
    v->state ^= v->state >> 12;
    v->state ^= v->state << 25;
    v->state ^= v->state >> 27;
    return (uint32_t)((v->state * 2685821657736338717ull) >> 33) % below;
}

static void shuffle(struct vary *v, const char *set)
{
    char to[32];
    size_t n = strlen(set);
    memcpy(to, set, n);
    for (size_t i = n; i-- > 1;) {
        size_t k = draw(v, (uint32_t)i + 1);
        char c = to[i];
        to[i] = to[k];
        to[k] = c;
    }
    for (size_t i = 0; i < n; i++)
        v->map[(unsigned char)set[i]] = to[i];
}

static void begin(struct vary *v, uint32_t seed, const struct facts *facts)
{
    v->state = 88172645463325252ull ^ ((uint64_t)seed * 0x9E3779B97F4A7C15ull);
    v->facts = facts;
    for (int i = 0; i < 256; i++)
        v->map[i] = (char)i;
    shuffle(v, "123456789");
    shuffle(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    /* Tables say amounts and days of this file: those stay. */
    v->times = facts ? 1 : 1 + (int64_t)draw(v, 3);
    v->back = facts ? 0 : (int32_t)draw(v, 6);
}

/* --- values --- */

/* Some table says this. */
static bool in_tables(const struct vary *v, phi_str s)
{
    return v->facts && facts_say(v->facts, s);
}

static phi_str spelled(struct vary *v, phi_str s)
{
    if (!s.n || in_tables(v, s))
        return s;
    char *p = arena_strndup(&v->mem, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        p[i] = v->map[(unsigned char)p[i]];
    return phi_of(p, s.n);
}

static phi_str amount(struct vary *v, phi_str s)
{
    struct buf b = {0};
    int64_t n;
    /* An amount that is written at length is at fault for its form. */
    if (s.n > 8 || !money_parse(s, &n))
        return s;
    money_x12(&b, n);
    bool plain = phi_eq(buf_view(&b), s);
    buf_clear(&b);
    money_x12(&b, n * v->times);
    phi_str out = plain ? arena_phi(&v->mem, buf_view(&b)) : s;
    buf_free(&b);
    return out;
}

/* Each day of 2026 that stands in s, earlier. */
static phi_str day(struct vary *v, phi_str s)
{
    char *p = arena_strndup(&v->mem, s.p, s.n), moved[9];
    int32_t d;
    for (size_t i = 0; i + 8 <= s.n; i++) {
        bool begins = i == 0 || p[i - 1] == '-' || p[i - 1] == ':';
        if (!begins || strncmp(p + i, "2026", 4) != 0 || !date_parse(phi_of(p + i, 8), &d))
            continue;
        memcpy(p + i, date_ccyymmdd(d - v->back, moved), 8);
        i += 7;
    }
    return phi_of(p, s.n);
}

/* "PO BOX 7" is looked at. */
static phi_str street(struct vary *v, phi_str s)
{
    return memmem(s.p, s.n, "BOX", 3) || memmem(s.p, s.n, "P O", 3) ? s : spelled(v, s);
}

static const struct {
    const char *begins;
    uint8_t from, to, step;
    phi_str (*change)(struct vary *v, phi_str s);
} places[] = {
    {"ISA*", 13, 13, 1, spelled},  {"IEA*", 2, 2, 1, spelled},    {"GS*", 6, 6, 1, spelled},
    {"GE*", 2, 2, 1, spelled},     {"ST*", 2, 2, 1, spelled},     {"SE*", 2, 2, 1, spelled},
    {"BHT*", 3, 3, 1, spelled},    {"TRN*", 2, 2, 1, spelled},    {"NM1*", 3, 5, 1, spelled},
    {"N1*", 2, 2, 1, spelled},     {"N3*", 1, 2, 1, street},      {"N4*", 1, 1, 1, spelled},
    {"PER*", 2, 2, 1, spelled},    {"NTE*", 2, 2, 1, spelled},    {"REF*EA*", 2, 2, 1, spelled},
    {"REF*6R*", 2, 2, 1, spelled}, {"REF*G1*", 2, 2, 1, spelled}, {"REF*F8*", 2, 2, 1, spelled},
    {"REF*1K*", 2, 2, 1, spelled}, {"REF*EJ*", 2, 2, 1, spelled}, {"REF*G2*", 2, 2, 1, spelled},
    {"REF*1L*", 2, 2, 1, spelled}, {"PWK*", 6, 6, 1, spelled},    {"CLM*", 1, 1, 1, spelled},
    {"CLP*", 1, 1, 1, spelled},    {"CLP*", 7, 7, 1, spelled},    {"CLM*", 2, 2, 1, amount},
    {"SV1*", 2, 2, 1, amount},     {"SV2*", 3, 3, 1, amount},     {"SV2*", 7, 7, 1, amount},
    {"SV3*", 2, 2, 1, amount},     {"AMT*", 2, 2, 1, amount},     {"SVD*", 2, 2, 1, amount},
    {"CAS*", 3, 18, 3, amount},    {"CLP*", 3, 5, 1, amount},     {"SVC*", 2, 3, 1, amount},
    {"BPR*", 2, 2, 1, amount},     {"PLB*", 4, 14, 2, amount},    {"TS3*", 5, 5, 1, amount},
    {"STC*", 4, 5, 1, amount},     {"DMG*", 2, 2, 1, day},        {"PAT*", 6, 6, 1, day},
    {"HI*", 1, 12, 1, day},        {"DTP*", 3, 3, 1, day},        {"DTM*", 2, 2, 1, day},
};

static void change(struct vary *v, const char *seg, phi_str *el, uint32_t n)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strncmp(seg, places[i].begins, strlen(places[i].begins)) == 0)
            for (uint32_t k = places[i].from; k <= places[i].to && k < n; k += places[i].step)
                el[k] = places[i].change(v, el[k]);
}

static void write(struct vary *v, const char *seg, size_t len, struct buf *out)
{
    phi_str el[ELEMENTS];
    uint32_t n = 0;
    const char *p = seg, *end = seg + len;
    for (const char *q = p; q <= end && n < ELEMENTS; q++)
        if (q == end || *q == '*') {
            el[n++] = phi_of(p, (size_t)(q - p));
            p = q + 1;
        }
    if (p <= end && n == ELEMENTS) { /* more than there can be */
        buf_add(out, seg, len);
        return;
    }
    change(v, seg, el, n);
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, '*');
        buf_add(out, el[i].p, el[i].n);
    }
}

/* Two segments of one kind with different qualifiers, whose order means nothing. */
static bool may_swap(const char *a, size_t an, const char *b, size_t bn)
{
    static const char *const kinds[] = {"REF*", "AMT*", "DTP*"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (an > 7 && bn > 7 && memcmp(a, kinds[i], 4) == 0 && memcmp(b, kinds[i], 4) == 0)
            return memcmp(a + 4, b + 4, 3) != 0;
    return false;
}

/* Every fourth time with other bytes between elements and segments. */
static void delimit(uint32_t seed, struct buf *out, size_t from)
{
    for (size_t i = from; seed % 4 == 3 && i < out->len; i++)
        out->p[i] = out->p[i] == '*' ? '|' : out->p[i] == '~' ? '\x1d' : out->p[i];
}

void edits_vary(phi_str base, uint32_t seed, const struct facts *facts, struct buf *out)
{
    struct vary v = {0};
    size_t began = out->len;
    const char *p = base.p, *end = p + base.n;
    begin(&v, seed, facts);
    while (p < end) {
        const char *q = memchr(p, '~', (size_t)(end - p));
        q = q ? q : end;
        const char *next = q + 1 < end && q[1] == '\n' ? q + 2 : end;
        const char *r = next < end ? memchr(next, '~', (size_t)(end - next)) : NULL;
        if (r && draw(&v, 2) && may_swap(p, (size_t)(q - p), next, (size_t)(r - next))) {
            write(&v, next, (size_t)(r - next), out);
            buf_puts(out, "~\n");
            write(&v, p, (size_t)(q - p), out);
            p = r;
        } else {
            write(&v, p, (size_t)(q - p), out);
            p = q;
        }
        while (p < end && (*p == '~' || *p == '\n'))
            buf_putc(out, *p++);
    }
    delimit(seed, out, began);
    arena_free(&v.mem);
}
