/*
 * X12 scan: from bytes to segments with the offset of every element, copying nothing.
 *
 * Delimiters come from the ISA of each interchange. A scan over memory borrows it; a scan over a
 * file descriptor reads through a window (a few MB), so files may be larger than memory; a segment
 * is valid until the next scan_next() call. BIN (01) and BDS (02) payloads are length-counted and
 * may contain delimiter bytes. CR and LF after a terminator belong to nobody and are passed over, and
 * so are blanks and tabs behind such a line end (a file that someone indented to read it).
 *
 * What is wrong with the bytes themselves (no ISA, garbage between interchanges, an end inside an
 * interchange) is a fault: offset, rule and reason, and the scan goes on at the next ISA if there
 * is one. Never a crash, never a silent skip.
 */
#ifndef CLAIMWIRE_EDI_SCAN_H
#define CLAIMWIRE_EDI_SCAN_H

#include "common/util/buf.h"

/* Delimiters of an interchange; rep is 0 where there is none (ISA12 before 00402, or ISA11 = 'U',
 * which old software still writes at 00501). */
struct edi_delims {
    char elem, comp, rep, term;
};

/* One segment, borrowed. Element 0 is the segment id. */
struct edi_seg {
    const char *base;   /* what `at` and `start` count from */
    const uint32_t *at; /* at[i]: position of the delimiter that ends element i */
    uint32_t start;     /* position of the first byte of the segment id */
    uint32_t n;         /* elements, with the id: 1 for "SE~" */
    uint64_t off;       /* offset of the first byte in the file or memory scanned */
};

/* Element i (0 is the id); empty when the segment has none. Borrowed. */
static inline phi_str seg_el(const struct edi_seg *s, uint32_t i)
{
    if (i >= s->n)
        return (phi_str){s->base + s->at[s->n - 1], 0};
    uint32_t from = i ? s->at[i - 1] + 1 : s->start;
    return (phi_str){s->base + from, s->at[i] - from};
}
/* Component c (1 is the first) of a composite or repeating value; empty when there is none. */
phi_str edi_part(phi_str el, char delim, uint32_t c);
/* Number of parts that delim cuts el into (1 when delim does not occur or is 0). */
uint32_t edi_parts(phi_str el, char delim);
/* Component c of element i. */
static inline phi_str seg_comp(const struct edi_seg *s, const struct edi_delims *d, uint32_t i,
                               uint32_t c)
{
    return edi_part(seg_el(s, i), d->comp, c);
}
/* Bytes of the segment without its terminator. */
static inline phi_str seg_bytes(const struct edi_seg *s)
{
    return (phi_str){s->base + s->start, s->at[s->n - 1] - s->start};
}
/* True when the segment id is the C string id. */
static inline bool seg_is(const struct edi_seg *s, const char *id)
{
    return phi_is(seg_el(s, 0), id);
}

/* What is wrong with the bytes. */
struct scan_fault {
    uint64_t off;        /* where */
    const char *rule;    /* "S1-001" ... of DOMAIN.md B.2 */
    const char *report;  /* "TA1:022" ... */
    const char *text;    /* why, in the user's terms; static */
    phi_str isa;         /* an ISA with its terminator that is ill made, but of which enough can be
                           read for a TA1; else empty. Borrowed until the next call */
    const uint32_t *at;  /* the ends of its 17 elements, counted from isa.p */
    const char *segment; /* that the fault is about: "ISA", "IEA"; empty: none */
    uint8_t element;     /* of it, 0: the whole */
};

enum scan_event {
    SCAN_END,  /* no more bytes */
    SCAN_SEG,  /* a segment, also ISA and IEA */
    SCAN_FAULT /* see scan_fault(); the scan may go on */
};

struct scan;
/* Scans n bytes at p, which must outlive the scan. Never NULL. */
struct scan *scan_memory(const char *p, size_t n);
/* Scans fd from its present position through a window of `window` bytes (0: the default, 256 KB,
 * which stays in the second-level cache). A segment longer than the window makes it grow: up to
 * 1 GB for a length-counted payload, 16 MB for any other; more is a fault. */
struct scan *scan_fd(int fd, size_t window);
/* For bodies that begin with a copied ISA (records): the same as scan_memory, but an end without
 * IEA is no fault. */
struct scan *scan_fragment(const char *p, size_t n);
enum scan_event scan_next(struct scan *s, struct edi_seg *seg);
/* The next segments, `most` at the utmost, as far as they lie in the window and are neither the
 * first nor the last of an interchange nor binary: they all hold until the next call. 0 when it is
 * scan_next() that has to go on, which says so at an end or a fault as well. */
uint32_t scan_batch(struct scan *s, struct edi_seg *seg, uint32_t most);
/* Delimiters of the interchange of the latest segment. */
const struct edi_delims *scan_delims(const struct scan *s);
/* The latest fault. */
const struct scan_fault *scan_fault(const struct scan *s);
/* Offset of the first blanks before a segment of this interchange; 0: there were none. */
uint64_t scan_indented(const struct scan *s);
/* Bytes read so far (for a progress bar). */
uint64_t scan_offset(const struct scan *s);
void scan_free(struct scan *s);

/*
 * The kernel alone: writes the positions of every byte that equals elem or term among p[0..n) to
 * out, ascending, and returns how many. out must have room for n + 64 entries. n < 4 GB. The best
 * of AVX-512 (VBMI2), AVX2 and portable code is chosen once, at first use; CLAIMWIRE_SIMD=avx2 or
 * =portable in the environment forbids the better ones (tests).
 */
size_t scan_index(const char *p, size_t n, char elem, char term, uint32_t *out);

#endif
