/*
 * The floor of the scan: reads FILE and writes the offset of every delimiter, with the same SIMD
 * as common/edi/scan and nothing else: no window, no segments, no faults. The scan as a whole
 * process is measured against this (make bench).
 *
 * usage: scan_floor FILE [avx512|avx2|portable]   prints one line of JSON
 */
#include <fcntl.h>
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256 << 10 };

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt"))) static size_t
offsets_avx512(const char *p, size_t n, char elem, char term, uint32_t *out)
{
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++)
        bytes[i] = (uint8_t)i;
    __m512i e = _mm512_set1_epi8(elem), t = _mm512_set1_epi8(term);
    __m512i iota = _mm512_loadu_si512(bytes);
    uint32_t *start = out;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t here = n - i < 64 ? (UINT64_C(1) << (n - i)) - 1 : ~UINT64_C(0);
        __m512i v = _mm512_maskz_loadu_epi8(here, p + i);
        uint64_t m =
            _mm512_mask_cmpeq_epi8_mask(here, v, e) | _mm512_mask_cmpeq_epi8_mask(here, v, t);
        __m512i where = _mm512_maskz_compress_epi8(m, iota), at = _mm512_set1_epi32((int)i);
        unsigned count = (unsigned)_mm_popcnt_u64(m);
        for (unsigned k = 0; k < count; k += 16) {
            __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(where));
            _mm512_storeu_si512(out + k, _mm512_add_epi32(wide, at));
            where = _mm512_alignr_epi64(where, where, 2);
        }
        out += count;
    }
    return (size_t)(out - start);
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t
offsets_avx2(const char *p, size_t n, char elem, char term, uint32_t *out)
{
    __m256i e = _mm256_set1_epi8(elem), t = _mm256_set1_epi8(term);
    uint32_t *start = out;
    for (size_t i = 0; i + 32 <= n; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(p + i));
        uint32_t m = (uint32_t)_mm256_movemask_epi8(
            _mm256_or_si256(_mm256_cmpeq_epi8(v, e), _mm256_cmpeq_epi8(v, t)));
        uint32_t *end = out + _mm_popcnt_u32(m);
        for (; m; m = _blsr_u32(m))
            *out++ = (uint32_t)i + _tzcnt_u32(m);
        out = end;
    }
    for (size_t i = n & ~(size_t)31; i < n; i++)
        if (p[i] == elem || p[i] == term)
            *out++ = (uint32_t)i;
    return (size_t)(out - start);
}

static size_t offsets_portable(const char *p, size_t n, char elem, char term, uint32_t *out)
{
    uint32_t *start = out;
    for (size_t i = 0; i < n; i++) {
        *out = (uint32_t)i;
        out += (p[i] == elem) | (p[i] == term);
    }
    return (size_t)(out - start);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    const char *simd = argc > 2 ? argv[2] : "avx512";
    size_t (*offsets)(const char *, size_t, char, char, uint32_t *) = offsets_avx512;
    if (strcmp(simd, "avx512") == 0 && !__builtin_cpu_supports("avx512vbmi2"))
        simd = "avx2";
    if (strcmp(simd, "avx2") == 0)
        offsets = offsets_avx2;
    if (strcmp(simd, "portable") == 0 || !__builtin_cpu_supports("avx2"))
        offsets = offsets_portable;
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0) {
        fprintf(stderr, "usage: scan_floor FILE [avx512|avx2|portable]\n");
        return 64;
    }
    char *chunk = malloc(CHUNK);
    uint32_t *out = malloc((CHUNK + 64) * sizeof *out);
    double start = now();
    size_t bytes = 0, found = 0;
    ssize_t n;
    while ((n = read(fd, chunk, CHUNK)) > 0) {
        found += offsets(chunk, (size_t)n, '*', '~', out);
        bytes += (size_t)n;
    }
    double s = now() - start;
    printf("{\"bench\":\"scan_floor\",\"simd\":\"%s\",\"bytes\":%zu,\"offsets\":%zu,\"seconds\":"
           "%.6f,\"gb_s\":%.3f}\n",
           simd, bytes, found, s, (double)bytes / s / 1e9);
    free(chunk);
    free(out);
    return 0;
}
