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
    uint32_t *out = list->ends + list->ends_n;
    for (size_t i = from; i < list->n; i++) {
        *out = (uint32_t)i;
        out += base[list->at[i]] == term;
    }
    list->ends_n = (size_t)(out - list->ends);
}
