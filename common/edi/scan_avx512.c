#include "common/edi/scan_kernel.h"
#include <immintrin.h>
#include <stdbool.h>

#define TARGET                                                                                     \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))
#define INLINE TARGET static inline __attribute__((always_inline))

/* 16 byte numbers in the low lane of v become positions. */
INLINE void store16(uint32_t *out, __m512i v, __m512i at)
{
    __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(v));
    _mm512_storeu_si512(out, _mm512_add_epi32(wide, at));
}

/* X12 has 10 to 20 delimiters in 64 bytes, so two stores are made without asking. */
INLINE uint32_t *positions(uint64_t m, unsigned count, __m512i iota, uint32_t at, uint32_t *out)
{
    __m512i where = _mm512_maskz_compress_epi8(m, iota), base = _mm512_set1_epi32((int)at);
    store16(out, where, base);
    store16(out + 16, _mm512_castsi128_si512(_mm512_extracti32x4_epi32(where, 1)), base);
    if (__builtin_expect(count > 32, 0)) {
        store16(out + 32, _mm512_castsi128_si512(_mm512_extracti32x4_epi32(where, 2)), base);
        store16(out + 48, _mm512_castsi128_si512(_mm512_extracti32x4_epi32(where, 3)), base);
    }
    return out + count;
}

INLINE __m512i iota64(void)
{
    static const uint8_t n[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                  32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    return _mm512_loadu_si512(n);
}

/* Terminators are few: 16 of them in 64 bytes are segments of three bytes. */
INLINE uint32_t *terminators(uint64_t ends, uint64_t m, __m512i iota, uint32_t entry, uint32_t *out)
{
    uint64_t which = _pext_u64(ends, m);
    unsigned count = (unsigned)_mm_popcnt_u64(which);
    __m512i where = _mm512_maskz_compress_epi8(which, iota);
    __m512i base = _mm512_set1_epi32((int)entry);
    store16(out, where, base);
    if (__builtin_expect(count > 16, 0)) {
        store16(out + 16, _mm512_castsi128_si512(_mm512_extracti32x4_epi32(where, 1)), base);
        store16(out + 32, _mm512_castsi128_si512(_mm512_extracti32x4_epi32(where, 2)), base);
        store16(out + 48, _mm512_castsi128_si512(_mm512_extracti32x4_epi32(where, 3)), base);
    }
    return out + count;
}

INLINE void run(const char *p, size_t n, char elem, char term, uint32_t bias,
                struct scan_list *list, bool wanted)
{
    __m512i e = _mm512_set1_epi8(elem), t = _mm512_set1_epi8(term), iota = iota64();
    uint32_t *out = list->at + list->n, *last = wanted ? list->ends + list->ends_n : NULL;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t here = n - i < 64 ? (UINT64_C(1) << (n - i)) - 1 : ~UINT64_C(0);
        __m512i v = _mm512_maskz_loadu_epi8(here, p + i);
        uint64_t ends = _mm512_mask_cmpeq_epi8_mask(here, v, t);
        uint64_t m = ends | _mm512_mask_cmpeq_epi8_mask(here, v, e);
        if (wanted)
            last = terminators(ends, m, iota, (uint32_t)(out - list->at), last);
        out = positions(m, (unsigned)_mm_popcnt_u64(m), iota, bias + (uint32_t)i, out);
    }
    list->n = (size_t)(out - list->at);
    if (wanted)
        list->ends_n = (size_t)(last - list->ends);
}

TARGET void scan_avx512(const char *p, size_t n, char elem, char term, uint32_t bias,
                        struct scan_list *list)
{
    if (list->ends)
        run(p, n, elem, term, bias, list, true);
    else
        run(p, n, elem, term, bias, list, false);
}
