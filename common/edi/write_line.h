/*
 * write_line: segments of an answer that has hundreds of thousands of them, with canonical
 * delimiters and a newline, each written at once into room that was made for it. Bytes of a value
 * that cannot stand in the answer become points, and its blanks at both ends are left out. Empty
 * elements and components at the end are left out.
 */
#ifndef CLAIMWIRE_EDI_WRITE_LINE_H
#define CLAIMWIRE_EDI_WRITE_LINE_H

#include "common/util/buf.h"

enum { LINE_VALUE = 256, LINE_PARTS = 24, LINE_ROOM = LINE_PARTS * (LINE_VALUE + 1) + 8 };

struct line {
    struct buf *out;
    char *p;    /* behind what is written */
    char *el;   /* behind the last component of the present element that is not empty */
    char *last; /* behind the last value of the segment */
};

/* Starts a segment; at most LINE_PARTS elements and components follow. */
static inline struct line line_begin(struct buf *out, const char *id)
{
    char *p = out->cap - out->len >= LINE_ROOM ? out->p + out->len : buf_room(out, LINE_ROOM);
    for (; *id; id++)
        *p++ = *id;
    return (struct line){out, p, p, p};
}

static inline void line_put(struct line *l, phi_str v)
{
    static const bool bad[256] = {
        [0 ... 0x1f] = true, ['*'] = true, [':'] = true, ['^'] = true, ['~' ... 0xff] = true};
    size_t n = v.n < LINE_VALUE ? v.n : LINE_VALUE;
    char *p = l->p;
    for (size_t i = 0; i < n; i++) {
        char c = v.p[i];
        p[i] = bad[(unsigned char)c] ? '.' : c;
    }
    l->p += n;
    if (n)
        l->el = l->last = l->p;
}

/* The value without blanks around it; when nothing is left, other. */
static inline phi_str line_trim(phi_str v, phi_str other)
{
    for (; v.n && v.p[v.n - 1] == ' '; v.n--)
        ;
    for (; v.n && v.p[0] == ' '; v.n--)
        v.p++;
    return v.n ? v : other;
}

/* The next element. */
static inline void line_el(struct line *l, phi_str v)
{
    l->p = l->el;
    *l->p++ = '*';
    l->el = l->p;
    line_put(l, line_trim(v, (phi_str){"", 0}));
}

/* The same; other when it is empty. */
static inline void line_or(struct line *l, phi_str v, const char *other)
{
    line_el(l, line_trim(v, phi_lit(other)));
}

/* The next component of the element. */
static inline void line_comp(struct line *l, phi_str v)
{
    *l->p++ = ':';
    line_put(l, line_trim(v, (phi_str){"", 0}));
}

/* An element of our own, up to 16 bytes long, which is good as it is. */
static inline void line_lit(struct line *l, const char *v)
{
    char *p = l->el;
    *p++ = '*';
    l->el = p;
    if (*v) {
        do
            *p++ = *v++;
        while (*v);
        l->el = l->last = p;
    }
    l->p = p;
}

static inline void line_int(struct line *l, uint64_t v)
{
    char text[24], *at = text + sizeof text - 1;
    *at = 0;
    do
        *--at = (char)('0' + v % 10);
    while (v /= 10);
    line_lit(l, at);
}

static inline void line_end(struct line *l)
{
    l->last[0] = '~';
    l->last[1] = '\n';
    l->out->len = (size_t)(l->last + 2 - l->out->p);
}

#endif
