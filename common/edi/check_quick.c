/*
 * A good segment, known at a glance. Nearly all are, so this is where the time of levels 1 and 2
 * goes: one pass over the bytes, one over the lengths of the elements, four at a time, and a look
 * at the values of those only that have codes, numbers, dates or components. Whatever is not
 * plainly good is left to check_element.c, which knows all the rules and says what is wrong.
 */
#include "common/edi/check_int.h"
#include "common/util/date.h"
#include <emmintrin.h>

/* Where a segment is read. */
struct look {
    const char *end; /* behind its terminator: bytes before it may be read */
    char comp;
    uint32_t comps; /* component delimiters in the elements that have components */
    phi_str form;   /* the latest DE 1250 */
};

/* What is in the bytes of a segment. */
struct bytes {
    uint32_t comps;
    bool other; /* repetition delimiters, characters that are not agreed */
    bool blank;
};

static inline uint32_t bits_in(uint32_t m)
{
    uint32_t n = 0;
    for (; m; m &= m - 1)
        n++;
    return n;
}

static inline void look_at_16(struct bytes *b, const char *p, const struct edi_delims *d,
                              uint32_t keep)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i comp = _mm_cmpeq_epi8(v, _mm_set1_epi8(d->comp));
    __m128i blank = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
    /* Signed: bytes from 0x80 on are below the blank. */
    __m128i other =
        _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
    other = _mm_or_si128(other, _mm_cmpeq_epi8(v, _mm_set1_epi8(d->rep)));
    b->comps += bits_in((uint32_t)_mm_movemask_epi8(comp) & keep);
    b->other |= _mm_movemask_epi8(other) != 0;
    b->blank |= _mm_movemask_epi8(blank) != 0;
}

/* Fewer than sixteen bytes. */
static __attribute__((noinline)) void look_at_few(struct bytes *b, const char *p, size_t n,
                                                  const struct edi_delims *d)
{
    char tail[16];
    memset(tail, 'A', sizeof tail);
    memcpy(tail, p, n);
    look_at_16(b, tail, d, (1u << n) - 1);
}

static inline struct bytes bytes_of(const char *p, size_t n, const struct edi_delims *d)
{
    struct bytes b = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        look_at_16(&b, p + i, d, 0xffff);
    if (i == n)
        return b;
    if (n >= 16) { /* the last sixteen; those that were looked at are not counted twice */
        look_at_16(&b, p + n - 16, d, 0xffffu << (16 - (n - i)) & 0xffff);
        return b;
    }
    look_at_few(&b, p, n, d);
    return b;
}

/* --- lengths --- */

/* Elements first to last, which is less than four behind it: bit i of *present when it is sent.
 * False when the length of one is not good. */
static inline bool few_lengths(const struct edi_seg *s, const struct g_quick *q, uint32_t first,
                               uint64_t *present)
{
    for (uint32_t i = first; i < s->n; i++) {
        int32_t len = (int32_t)(s->at[i] - s->at[i - 1]) - 1;
        if (!len)
            continue;
        *present |= 1ull << i;
        if (len < q->min[i - 1] || len > q->max[i - 1])
            return false;
    }
    return true;
}

/* Elements first to first + 3. */
static inline bool four_lengths(const struct edi_seg *s, const struct g_quick *q, uint32_t first,
                                uint64_t *present)
{
    const void *at = &s->at[first], *before = &s->at[first - 1], *low = &q->min[first - 1],
               *high = &q->max[first - 1];
    __m128i len = _mm_sub_epi32(_mm_loadu_si128(at), _mm_loadu_si128(before));
    len = _mm_sub_epi32(len, _mm_set1_epi32(1));
    __m128i none = _mm_cmpeq_epi32(len, _mm_setzero_si128());
    __m128i bad = _mm_or_si128(_mm_cmpgt_epi32(_mm_loadu_si128(low), len),
                               _mm_cmpgt_epi32(len, _mm_loadu_si128(high)));
    *present |= (uint64_t)((unsigned)_mm_movemask_ps(_mm_castsi128_ps(none)) ^ 15) << first;
    return _mm_movemask_epi8(_mm_andnot_si128(none, bad)) == 0;
}

static inline bool lengths(const struct edi_seg *s, const struct g_quick *q, uint64_t *present)
{
    *present = 0;
    if (s->n < 5)
        return few_lengths(s, q, 1, present);
    for (uint32_t i = 1; i + 4 <= s->n; i += 4)
        if (!four_lengths(s, q, i, present))
            return false;
    return four_lengths(s, q, s->n - 4, present);
}

/* --- values --- */

static inline uint64_t key_of(const struct look *l, phi_str v)
{
    uint64_t k;
    if ((size_t)(l->end - v.p) < sizeof k)
        return g_key(v.p, v.n);
    memcpy(&k, v.p, sizeof k);
    return k & UINT64_MAX >> (64 - 8 * v.n);
}

static inline bool code(const struct look *l, const struct g_codes *c, phi_str v)
{
    if (v.n > 8)
        return false;
    uint64_t k = key_of(l, v);
    uint32_t lo = 0, hi = c->n;
    while (hi - lo > 8) {
        uint32_t mid = (lo + hi) / 2;
        if (c->key[mid] <= k)
            lo = mid;
        else
            hi = mid;
    }
    for (; lo < hi; lo++)
        if (c->key[lo] == k)
            return true;
    return false;
}

/* Digits, perhaps a minus before them, with at most one point and two behind it. */
static inline bool number(const struct g_glance *q, phi_str v)
{
    size_t i = 0, point = v.n;
    if (v.n > 11)
        return false;
    if (v.p[0] == '-' && q->minus)
        v.p++, v.n--, point--;
    for (; i < v.n; i++) {
        if ((unsigned char)(v.p[i] - '0') <= 9)
            continue;
        if (v.p[i] != '.' || point != v.n || q->whole)
            return false;
        point = i;
    }
    size_t digits = v.n - (point != v.n);
    return digits && digits <= 10 && digits >= q->digits_min && digits <= q->digits_max &&
           v.n - point <= 3;
}

/* CCYYMMDD, the days up to 28 at once. */
static inline bool day(phi_str v)
{
    uint64_t k;
    int32_t out;
    if (v.n != 8)
        return false;
    memcpy(&k, v.p, 8);
    if ((k & 0xf0f0f0f0f0f0f0f0) != 0x3030303030303030 ||
        ((k + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) != 0x3030303030303030)
        return false;
    uint32_t month = (uint32_t)(v.p[4] - '0') * 10 + (uint32_t)(v.p[5] - '0');
    uint32_t of_month = (uint32_t)(v.p[6] - '0') * 10 + (uint32_t)(v.p[7] - '0');
    bool near = (v.p[0] == '2' && v.p[1] == '0') || (v.p[0] == '1' && v.p[1] == '9');
    if (near && month - 1 < 12 && of_month - 1 < 28)
        return true;
    return date_parse(v, &out);
}

static inline bool formed(const struct look *l, phi_str v)
{
    bool time;
    if (!l->form.n || (l->form.n == 2 && l->form.p[0] == 'D' && l->form.p[1] == '8'))
        return !l->form.n || day(v);
    return check_date_form(l->form, v, &time);
}

/* The rarer ones. */
static __attribute__((noinline)) bool seldom(struct look *l, const struct g_glance *q, phi_str v)
{
    switch ((enum quick_kind)q->kind) {
    case QUICK_WIDE:
        return g_has(q->codes, v);
    case QUICK_DATE:
        return day(v);
    case QUICK_FORM:
        l->form = v;
        return !q->codes || g_has(q->codes, v);
    case QUICK_FORMED:
        return formed(l, v);
    default:
        return false;
    }
}

static inline __attribute__((always_inline)) bool plain(struct look *l, const struct g_glance *q,
                                                        const char *p, size_t n)
{
    if (q->kind == QUICK_LENGTH)
        return true;
    if (q->kind == QUICK_CODE)
        return code(l, q->codes, phi_of(p, n));
    return q->kind == QUICK_NUMBER ? number(q, phi_of(p, n)) : seldom(l, q, phi_of(p, n));
}

static bool notes_hold(const struct g_note *k, uint32_t n, uint64_t present)
{
    for (uint32_t i = 0; i < n; i++)
        if (!check_note_holds(&k[i], present))
            return false;
    return true;
}

/* Components from the first to the last that is sent; none behind it is wanted. */
static __attribute__((noinline, no_stack_protector)) bool
composite(struct look *l, const struct g_glance *e, const char *p, const char *end)
{
    uint32_t present = 0, i = 0;
    for (; p <= end; i++) {
        const char *stop = p;
        if (i == e->comps)
            return false;
        while (stop < end && *stop != l->comp)
            stop++;
        const struct g_glance *q = &e->comp[i];
        int32_t n = (int32_t)(stop - p);
        if (n) {
            present |= 2u << i;
            if (n < q->min || n > q->max || !plain(l, q, p, (size_t)n))
                return false;
        }
        p = stop + 1;
    }
    l->comps += i - 1;
    return end[-1] != l->comp && !(e->comps_wanted & ~present) &&
           notes_hold(e->notes, e->notes_n, present);
}

/* What begins or ends with a blank, anywhere. */
static bool blank_at_end(const struct edi_seg *s)
{
    for (uint32_t i = 1; i < s->n; i++)
        if (s->base[s->at[i - 1] + 1] == ' ' || s->base[s->at[i] - 1] == ' ')
            return true;
    return false;
}

/* No array lies on this stack, and a guard costs as much as an element. */
__attribute__((no_stack_protector)) bool check_quick(struct check *c, const struct edi_seg *s,
                                                     const struct g_node *n)
{
    const struct g_quick *q = n->quick;
    phi_str all = seg_bytes(s);
    uint64_t present;
    if (!c->o.extended_charset || s->n - 1 > n->elems_n || !lengths(s, q, &present) ||
        (s->n > 1 && !(present >> (s->n - 1))))
        return false;
    struct bytes b = bytes_of(all.p, all.n, &c->d);
    if (b.other || (b.blank && (b.comps || blank_at_end(s))))
        return false;
    uint64_t *known = &c->together[c->at];
    if (present != *known && ((q->wanted & ~present) || !notes_hold(n->notes, n->notes_n, present)))
        return false;
    *known = present;
    struct look l = {.end = all.p + all.n + 1, .comp = c->d.comp};
    for (uint64_t m = present & q->looked_at; m; m &= m - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(m);
        const struct g_glance *e = &q->glance[i - 1];
        const char *p = s->base + s->at[i - 1] + 1, *end = s->base + s->at[i];
        if (e->kind == QUICK_COMPOSITE ? !composite(&l, e, p, end)
                                       : !plain(&l, e, p, (size_t)(end - p)))
            return false;
    }
    return l.comps == b.comps;
}

/* What is good goes by the bytes, the delimiters and the place alone. */
bool check_clean(struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    phi_str all = seg_bytes(s);
    c->print = seg_print(&c->key, c->in ^ c->at, all.p, all.n);
    uint64_t *known = &c->clean[c->print >> (64 - CLEAN_BITS)];
    if (*known == c->print)
        return true;
    if (!check_quick(c, s, n))
        return false;
    *known = c->print;
    return true;
}
