#include "common/edi/write.h"
#include "common/util/clock.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <stdio.h>

const struct edi_delims EDI_CANONICAL = {'*', ':', '^', '~'};

static bool is_delim(const struct edi_delims *d, char c)
{
    return c == d->elem || c == d->comp || c == d->term || (d->rep && c == d->rep);
}

static bool same_delims(const struct edi_delims *a, const struct edi_delims *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Nearly all that is written has the delimiters that records travel with. */
static bool holds_delim(const struct edi_delims *d, phi_str v)
{
    static const bool canonical[256] = {['*'] = 1, [':'] = 1, ['^'] = 1, ['~'] = 1};
    if (same_delims(d, &EDI_CANONICAL)) {
        unsigned held = 0;
        for (size_t i = 0; i < v.n; i++)
            held |= canonical[(unsigned char)v.p[i]];
        return held != 0;
    }
    for (size_t i = 0; i < v.n; i++)
        if (is_delim(d, v.p[i]))
            return true;
    return false;
}

/* buf_room() without a call where there is room. */
static inline char *room(struct buf *b, size_t more)
{
    return b->p && b->cap - b->len >= more ? b->p + b->len : buf_room(b, more);
}

/* Writes the separators held back: nothing follows an empty element but the terminator, so it and
 * its separator wait until something does. */
static void flush(struct edi_writer *w)
{
    char *to = room(w->out, (size_t)w->pending + w->comps);
    w->out->len += (size_t)w->pending + w->comps;
    for (; w->pending; w->pending--)
        *to++ = w->d.elem;
    for (; w->comps; w->comps--)
        *to++ = w->d.comp;
}

static void put(struct edi_writer *w, phi_str v)
{
    if (phi_empty(v))
        return;
    if (holds_delim(&w->d, v))
        BUG("a value with a delimiter in it reached the X12 writer");
    flush(w);
    memcpy(room(w->out, v.n), v.p, v.n);
    w->out->len += v.n;
}

void ew_begin(struct edi_writer *w, const char *id)
{
    w->pending = w->comps = 0;
    put(w, phi_lit(id));
}

void ew_el(struct edi_writer *w, phi_str v)
{
    w->comps = 0;
    w->pending++;
    put(w, v);
}

void ew_lit(struct edi_writer *w, const char *v)
{
    ew_el(w, phi_lit(v));
}

void ew_int(struct edi_writer *w, int64_t v)
{
    char text[24];
    struct buf b = {.p = text, .cap = sizeof text};
    buf_int(&b, v);
    ew_el(w, buf_view(&b));
}

void ew_money(struct edi_writer *w, int64_t cents)
{
    char text[32];
    struct buf b = {.p = text, .cap = sizeof text};
    money_x12(&b, cents);
    ew_el(w, buf_view(&b));
}

void ew_comp(struct edi_writer *w, phi_str v)
{
    w->comps++;
    put(w, v);
}

void ew_rep(struct edi_writer *w, phi_str v)
{
    w->comps = 0;
    flush(w);
    if (!w->d.rep)
        BUG("an element repeats where the version has no repetition separator");
    buf_putc(w->out, w->d.rep);
    put(w, v);
}

void ew_end(struct edi_writer *w)
{
    w->pending = w->comps = 0;
    buf_putc(w->out, w->d.term);
    if (w->newline)
        buf_puts(w->out, w->newline);
    w->segments++;
}

void ew_seg_list(struct edi_writer *w, const char *id, const char *const *els)
{
    ew_begin(w, id);
    for (; *els; els++)
        ew_lit(w, *els);
    ew_end(w);
}

/* The byte that stands for c in the writer's delimiters, -1 when a value holds one of them. */
static int translate(const struct edi_writer *w, const struct edi_delims *from, char c)
{
    if (c == from->comp)
        return (unsigned char)w->d.comp;
    if (from->rep && c == from->rep)
        return w->d.rep ? (unsigned char)w->d.rep : -1;
    return is_delim(&w->d, c) ? -1 : (unsigned char)c;
}

/* Appends element i in the writer's delimiters. */
static bool copy_element(struct edi_writer *w, phi_str v, const struct edi_delims *from)
{
    char *to = buf_room(w->out, v.n);
    for (size_t i = 0; i < v.n; i++) {
        int c = translate(w, from, v.p[i]);
        if (c < 0)
            return false;
        to[i] = (char)c;
    }
    w->out->len += v.n;
    return true;
}

/* ISA11 and ISA16 name the delimiters, so they cannot be copied. */
static phi_str isa_element(struct edi_writer *w, const struct edi_seg *seg,
                           const struct edi_delims *from, uint32_t i)
{
    if (i == 16)
        return phi_of(&w->d.comp, 1);
    if (i == 11 && (w->d.rep || from->rep))
        return w->d.rep ? phi_of(&w->d.rep, 1) : phi_of("U", 1);
    return seg_el(seg, i);
}

/* Length-counted payloads go as they are. */
static bool is_payload(const struct edi_seg *seg, uint32_t i)
{
    return (i == 2 && seg_is(seg, "BIN")) || (i == 3 && seg_is(seg, "BDS"));
}

bool ew_copy(struct edi_writer *w, const struct edi_seg *seg, const struct edi_delims *from)
{
    size_t start = w->out->len;
    bool same = same_delims(&w->d, from), isa = seg_is(seg, "ISA"), good = true;
    if (same)
        buf_phi(w->out, seg_bytes(seg));
    for (uint32_t i = 0; !same && good && i < seg->n; i++) {
        if (i)
            buf_putc(w->out, w->d.elem);
        phi_str v = isa ? isa_element(w, seg, from, i) : seg_el(seg, i);
        if (is_payload(seg, i) || (isa && (i == 11 || i == 16)))
            buf_phi(w->out, v);
        else
            good = copy_element(w, v, from);
    }
    if (!good) {
        w->out->len = start;
        return false;
    }
    ew_end(w);
    return true;
}

/* An element at its width, blanks behind; longer values are the caller's fault. */
static void fixed(struct edi_writer *w, const char *v, size_t width)
{
    size_t n = v ? strlen(v) : 0;
    if (n > width || holds_delim(&w->d, phi_of(v, n)))
        BUG("an ISA element does not fit its width or holds a delimiter");
    buf_putc(w->out, w->d.elem);
    buf_add(w->out, v, n);
    for (; n < width; n++)
        buf_putc(w->out, ' ');
}

void ew_write_isa(struct edi_writer *w, const struct ew_isa *isa)
{
    char ymd[9], hhmm[5], control[11], rep[2] = {w->d.rep ? w->d.rep : 'U', 0};
    if (isa->control == 0 || isa->control > 999999999)
        BUG("an interchange control number out of range");
    snprintf(control, sizeof control, "%09u", isa->control);
    time_ccyymmdd(isa->at_us, ymd);
    time_hhmm(isa->at_us, hhmm);
    buf_puts(w->out, "ISA");
    fixed(w, "00", 2);
    fixed(w, "", 10);
    fixed(w, "00", 2);
    fixed(w, "", 10);
    fixed(w, isa->sender_qual, 2);
    fixed(w, isa->sender, 15);
    fixed(w, isa->receiver_qual, 2);
    fixed(w, isa->receiver, 15);
    fixed(w, ymd + 2, 6);
    fixed(w, hhmm, 4);
    buf_putc(w->out, w->d.elem);
    buf_puts(w->out, rep);
    fixed(w, w->d.rep ? "00501" : "00401", 5);
    fixed(w, control, 9);
    fixed(w, isa->ack ? isa->ack : "0", 1);
    fixed(w, isa->usage, 1);
    buf_putc(w->out, w->d.elem);
    buf_putc(w->out, w->d.comp);
    ew_end(w);
}
