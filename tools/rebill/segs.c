#include "tools/rebill/segs.h"
#include "common/edi/scan.h"
#include <stdio.h>

void segs_insert(struct segs *s, size_t i, phi_str seg)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        phi_str *more = arena_alloc(s->mem, room * sizeof *more);
        if (s->n)
            memcpy(more, s->at, s->n * sizeof *more);
        s->at = more;
        s->room = room;
    }
    memmove(s->at + i + 1, s->at + i, (s->n - i) * sizeof *s->at);
    s->at[i] = seg;
    s->n++;
}

void segs_add(struct segs *s, phi_str seg)
{
    segs_insert(s, s->n, seg);
}

void segs_add_text(struct segs *s, phi_str text)
{
    for (const char *p = text.p, *end = text.p + text.n; p < end;) {
        const char *term = memchr(p, '~', (size_t)(end - p));
        size_t n = term ? (size_t)(term - p) : (size_t)(end - p);
        if (n)
            segs_add(s, phi_of(p, n));
        p += n + 1;
    }
}

static phi_str trimmed(phi_str seg)
{
    while (seg.n && (seg.p[seg.n - 1] == '*' || seg.p[seg.n - 1] == ':'))
        seg.n--;
    return seg;
}

void segs_addf(struct segs *s, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    segs_add(s, trimmed(phi_of(arena_strndup(s->mem, text, len), len)));
}

void segs_remove(struct segs *s, size_t i)
{
    memmove(s->at + i, s->at + i + 1, (s->n - i - 1) * sizeof *s->at);
    s->n--;
}

phi_str seg_text_el(phi_str seg, uint32_t e)
{
    return edi_part(seg, '*', e + 1);
}

bool seg_text_is(phi_str seg, const char *id, const char *qualifier)
{
    return phi_is(seg_text_el(seg, 0), id) &&
           (!qualifier || phi_is(edi_part(seg_text_el(seg, 1), ':', 1), qualifier));
}

bool segs_is(const struct segs *s, size_t i, const char *id, const char *qualifier)
{
    return i < s->n && seg_text_is(s->at[i], id, qualifier);
}

static void put_parts(struct buf *out, phi_str from, char delim, uint32_t n, uint32_t at,
                      phi_str value)
{
    uint32_t parts = edi_parts(from, delim);
    for (uint32_t i = 1; i <= (parts > n ? parts : n); i++) {
        if (i > 1)
            buf_putc(out, delim);
        buf_phi(out, i == at ? value : edi_part(from, delim, i));
    }
}

phi_str seg_text_set(struct arena *mem, phi_str seg, uint32_t e, uint32_t c, phi_str value)
{
    struct buf el = {0}, out = {0};
    if (c)
        put_parts(&el, seg_text_el(seg, e), ':', c, c, value);
    else
        buf_phi(&el, value);
    put_parts(&out, seg, '*', e + 1, e + 1, trimmed(buf_view(&el)));
    phi_str made = arena_phi(mem, trimmed(buf_view(&out)));
    buf_free(&el);
    buf_free(&out);
    return made;
}

void segs_write(const struct segs *s, struct buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        buf_phi(out, s->at[i]);
        buf_putc(out, '~');
    }
}
