#include "common/util/buf.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

char *buf_room(struct buf *b, size_t more)
{
    if (b->cap - b->len < more) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap - b->len < more)
            cap *= 2;
        b->p = xrealloc(b->p, cap);
        b->cap = cap;
    }
    return b->p ? b->p + b->len : NULL; /* room for nothing in an empty one */
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(buf_room(b, n), p, n);
    b->len += n;
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->len++;
}

void buf_phi(struct buf *b, phi_str s)
{
    buf_add(b, s.p, s.n);
}

void buf_int(struct buf *b, int64_t v)
{
    char tmp[24];
    char *end = tmp + sizeof tmp, *p = end;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        *--p = '-';
    buf_add(b, p, (size_t)(end - p));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

/* Length of the valid UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    static const struct {
        unsigned char lo, hi, second_lo, second_hi, len;
    } form[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        if (p[0] < form[i].lo || p[0] > form[i].hi)
            continue;
        size_t len = form[i].len;
        if (len > n || (len > 1 && (p[1] < form[i].second_lo || p[1] > form[i].second_hi)))
            return 0;
        for (size_t k = 2; k < len; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return len;
    }
    return 0;
}

void buf_json(struct buf *b, phi_str s)
{
    buf_putc(b, '"');
    for (size_t i = 0; i < s.n;) {
        size_t plain = i; /* most of a text: copied at once */
        while (plain < s.n && s.p[plain] >= ' ' && s.p[plain] != '"' && s.p[plain] != '\\' &&
               s.p[plain] < 0x7f)
            plain++;
        buf_add(b, s.p + i, plain - i);
        if ((i = plain) == s.n)
            break;
        unsigned char c = (unsigned char)s.p[i];
        size_t len = utf8_len((const unsigned char *)s.p + i, s.n - i);
        if (len == 0)
            buf_puts(b, "\xef\xbf\xbd");
        else if (c == '"' || c == '\\')
            buf_putc(b, '\\'), buf_putc(b, (char)c);
        else if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else
            buf_add(b, s.p + i, len);
        i += len ? len : 1;
    }
    buf_putc(b, '"');
}

const char *buf_cstr(struct buf *b)
{
    *buf_room(b, 1) = 0;
    return b->p;
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}
