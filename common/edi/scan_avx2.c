#include "common/edi/scan_kernel.h"
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,bmi,popcnt")))

/* Delimiters among the 64 bytes at p, one bit each. */
TARGET static inline uint64_t mask_of(const char *p, __m256i elem, __m256i term)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(p + 32));
    a = _mm256_or_si256(_mm256_cmpeq_epi8(a, elem), _mm256_cmpeq_epi8(a, term));
    b = _mm256_or_si256(_mm256_cmpeq_epi8(b, elem), _mm256_cmpeq_epi8(b, term));
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

/* Writes the positions of the set bits eight at a time: too many, but without a branch for each. */
TARGET static inline uint32_t *positions(uint64_t m, uint32_t at, uint32_t *out)
{
    uint32_t *end = out + _mm_popcnt_u64(m);
    do {
        for (int k = 0; k < 8; k++) {
            *out++ = at + (uint32_t)_tzcnt_u64(m);
            m = _blsr_u64(m);
        }
    } while (m);
    return end;
}

TARGET void scan_avx2(const char *p, size_t n, char elem, char term, uint32_t bias,
                      struct scan_list *list)
{
    __m256i e = _mm256_set1_epi8(elem), t = _mm256_set1_epi8(term);
    uint32_t *out = list->at + list->n;
    size_t i = 0, from = list->n;
    for (; i + 64 <= n; i += 64)
        out = positions(mask_of(p + i, e, t), bias + (uint32_t)i, out);
    if (i < n) {
        char tail[64] = {0};
        memcpy(tail, p + i, n - i);
        uint64_t m = mask_of(tail, e, t) & ((UINT64_C(1) << (n - i)) - 1);
        out = positions(m, bias + (uint32_t)i, out);
    }
    list->n = (size_t)(out - list->at);
    if (list->ends)
        scan_mark_ends(list, from, p - bias, term);
}
