/*
 * Inside of scan: the kernels, one file an instruction set, and the list that they fill.
 */
#ifndef CLAIMWIRE_EDI_SCAN_KERNEL_H
#define CLAIMWIRE_EDI_SCAN_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* Positions of delimiters, ascending. Bit i of ends is set when entry i is a terminator: with it
 * the end of a segment is one shift and one count of zeros, and no byte is looked at twice. Bits
 * from n to the end of the word behind the last one are zero. */
struct scan_list {
    uint32_t *at;
    uint64_t *ends; /* NULL: not wanted */
    size_t n;
};

/* Appends bias + the position of every elem or term in p[0..n). list->at has room for n + 64 more
 * entries, list->ends for (list->n + n) / 64 + 3 words. Never reads past p + n. */
typedef void scan_kernel(const char *p, size_t n, char elem, char term, uint32_t bias,
                         struct scan_list *list);

scan_kernel scan_avx512, scan_avx2, scan_portable;
/* The best kernel of this machine that CLAIMWIRE_SIMD allows. */
scan_kernel *scan_kernel_best(void);
/* Sets the bits of entries [from, list->n): base[at[i]] == term. For kernels without PEXT. */
void scan_mark_ends(struct scan_list *list, size_t from, const char *base, char term);

#endif
