/* segs: canonical segments (* : ^ ~) as a list that can be changed. Everything lives in an arena. */
#ifndef CLAIMWIRE_REBILL_SEGS_H
#define CLAIMWIRE_REBILL_SEGS_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include <stdint.h>

struct segs {
    phi_str *at; /* without their terminators */
    size_t n, room;
    struct arena *mem;
};

/* Appends the segments of text. */
void segs_add_text(struct segs *s, phi_str text);
void segs_add(struct segs *s, phi_str seg);
/* Appends a segment that printf makes; trailing empty elements are left out. */
void segs_addf(struct segs *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void segs_insert(struct segs *s, size_t i, phi_str seg);
void segs_remove(struct segs *s, size_t i);
/* True when segment i is an `id`; and, qualifier not NULL, its first element is that. */
bool segs_is(const struct segs *s, size_t i, const char *id, const char *qualifier);
bool seg_text_is(phi_str seg, const char *id, const char *qualifier);
/* Element e (0 is the id) of a segment; empty when there is none. */
phi_str seg_text_el(phi_str seg, uint32_t e);
/* The segment with element e (component c, 0: the whole element) changed. */
phi_str seg_text_set(struct arena *mem, phi_str seg, uint32_t e, uint32_t c, phi_str value);
/* Appends all with their terminators. */
void segs_write(const struct segs *s, struct buf *out);

#endif
