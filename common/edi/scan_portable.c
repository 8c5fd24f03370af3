#include "common/edi/scan_kernel.h"

/* Without branches: every position is written, the place moves on only behind a delimiter. Four
 * bytes a turn, because one a turn is bound by the loop and not by the memory. */
void scan_portable(const char *p, size_t n, char elem, char term, uint32_t bias,
                   struct scan_list *list)
{
    uint32_t *out = list->at + list->n;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        uint32_t at = bias + (uint32_t)i;
        for (uint32_t k = 0; k < 4; k++) {
            *out = at + k;
            out += (p[i + k] == elem) | (p[i + k] == term);
        }
    }
    for (; i < n; i++) {
        *out = bias + (uint32_t)i;
        out += (p[i] == elem) | (p[i] == term);
    }
    size_t from = list->n;
    list->n = (size_t)(out - list->at);
    if (list->ends)
        scan_mark_ends(list, from, p - bias, term);
}

void scan_mark_ends(struct scan_list *list, size_t from, const char *base, char term)
{
    size_t w = from / 64, k = from;
    uint64_t word = from % 64 ? list->ends[w] & ((UINT64_C(1) << from % 64) - 1) : 0;
    while (k < list->n) {
        size_t stop = (w + 1) * 64 < list->n ? (w + 1) * 64 : list->n;
        for (; k < stop; k++)
            word |= (uint64_t)(base[list->at[k]] == term) << k % 64;
        if (k % 64 == 0) {
            list->ends[w++] = word;
            word = 0;
        }
    }
    list->ends[w] = word;
    list->ends[w + 1] = 0;
}
