#include "common/edi/scan.h"
#include "common/edi/scan_kernel.h"
#include <stdlib.h>

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

static scan_kernel *choose(void)
{
    const char *limit = getenv("CLAIMWIRE_SIMD");
    bool portable = limit && strcmp(limit, "portable") == 0;
    bool avx2 = limit && strcmp(limit, "avx2") == 0;
    __builtin_cpu_init();
    if (!portable && !avx2 && has_avx512())
        return scan_avx512;
    return !portable && has_avx2() ? scan_avx2 : scan_portable;
}

scan_kernel *scan_kernel_best(void)
{
    static scan_kernel *best;
    if (!best)
        best = choose();
    return best;
}

size_t scan_index(const char *p, size_t n, char elem, char term, uint32_t *out)
{
    struct scan_list list = {.at = out};
    scan_kernel_best()(p, n, elem, term, 0, &list);
    return list.n;
}
