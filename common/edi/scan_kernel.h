/*
 * Inside of scan: the kernels, one file an instruction set, and the list that they fill.
 */
#ifndef CLAIMWIRE_EDI_SCAN_KERNEL_H
#define CLAIMWIRE_EDI_SCAN_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* Positions of delimiters, ascending, and which of them are terminators. With the second list the
 * end of a segment is read and not searched for: no byte is looked at twice, no branch depends on
 * how many elements a segment has, and one segment does not wait for the one before it. */
struct scan_list {
    uint32_t *at;
    uint32_t *ends; /* entries of at that are terminators; NULL: not wanted */
    size_t n, ends_n;
};

/* Appends bias + the position of every elem or term in p[0..n). list->at and list->ends
 * have room for n + 64 more entries. Never reads past p + n. */
typedef void scan_kernel(const char *p, size_t n, char elem, char term, uint32_t bias,
                         struct scan_list *list);

scan_kernel scan_avx512, scan_avx2, scan_portable;
/* The best kernel of this machine that CLAIMWIRE_SIMD allows. */
scan_kernel *scan_kernel_best(void);
/* Adds those of the entries [from, list->n) with base[at[i]] == term to ends. */
void scan_mark_ends(struct scan_list *list, size_t from, const char *base, char term);

#endif
