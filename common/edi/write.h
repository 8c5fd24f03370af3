/*
 * Writing X12: segments into a buffer, with the delimiters of the partner.
 * Trailing empty elements and components are left out. A value that holds a delimiter is a BUG of
 * the caller: values are checked where they come in.
 */
#ifndef CLAIMWIRE_EDI_WRITE_H
#define CLAIMWIRE_EDI_WRITE_H

#include "common/edi/scan.h"

/* The delimiters that records travel with: * : ^ ~ */
extern const struct edi_delims EDI_CANONICAL;

struct edi_writer {
    struct buf *out;
    struct edi_delims d;
    const char *newline; /* after each terminator: NULL, "", "\n" or "\r\n" */
    uint32_t segments;   /* written so far; reset it at ST */
    uint32_t pending;    /* separators held back: of empty elements, */
    uint32_t comps;      /* and of empty components in the open one */
};

/* Starts a segment. */
void ew_begin(struct edi_writer *w, const char *id);
/* Appends the next element. */
void ew_el(struct edi_writer *w, phi_str v);
void ew_lit(struct edi_writer *w, const char *v);
void ew_int(struct edi_writer *w, int64_t v);
void ew_money(struct edi_writer *w, int64_t cents);
/* Appends the next component of the element that the last ew_el/ew_lit began. */
void ew_comp(struct edi_writer *w, phi_str v);
/* Appends a further repetition of the element that the last ew_el/ew_lit began. */
void ew_rep(struct edi_writer *w, phi_str v);
/* Ends the segment. */
void ew_end(struct edi_writer *w);
/* A whole segment from C strings, fewer than EW_SEG_MAX: ew_seg(w, "ST", "837", "0001", version). */
enum { EW_SEG_MAX = 32 };
#define ew_seg(w, id, ...) ew_seg_list(w, id, (const char *const[EW_SEG_MAX]){__VA_ARGS__})
void ew_seg_list(struct edi_writer *w, const char *id, const char *const *els);
/* Copies a scanned segment, changing its delimiters from `from` to the writer's; with the same
 * delimiters byte for byte. ISA11 and ISA16 become the writer's, binary payloads stay as they are.
 * False (and nothing written) when a value holds one of the writer's delimiters. */
bool ew_copy(struct edi_writer *w, const struct edi_seg *seg, const struct edi_delims *from);
/* ISA with every element at its width; ids are padded. control is 1 to 999999999. */
struct ew_isa {
    const char *sender_qual, *sender, *receiver_qual, *receiver, *usage, *ack;
    int64_t at_us;
    uint32_t control;
};
void ew_write_isa(struct edi_writer *w, const struct ew_isa *isa);

#endif
