/*
 * buf: bytes that grow. Zero-initialise (struct buf b = {0}), buf_free() at the end.
 * Invariants: len <= cap; p is NULL only when cap is 0. Running out of memory ends the process
 * (a tool's death is safe by design).
 */
#ifndef CLAIMWIRE_UTIL_BUF_H
#define CLAIMWIRE_UTIL_BUF_H

#include "common/util/phi.h"
#include <stdarg.h>
#include <stdint.h>

struct buf {
    char *p;
    size_t len, cap;
};

/* Makes room for at least more further bytes and returns the place where they go. */
char *buf_room(struct buf *b, size_t more);
/* Appends n bytes. */
void buf_add(struct buf *b, const void *p, size_t n);
/* Appends a C string. */
void buf_puts(struct buf *b, const char *s);
/* Appends one byte. */
void buf_putc(struct buf *b, char c);
/* Appends a slice. */
void buf_phi(struct buf *b, phi_str s);
/* Appends a decimal integer. */
void buf_int(struct buf *b, int64_t v);
/* Appends printf text (for messages and tests; X12 is written by common/edi/write). */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void buf_json(struct buf *b, phi_str s);
/* Appends a NUL that len does not count, and returns the bytes as a C string; never NULL. */
const char *buf_cstr(struct buf *b);
/* Forgets the content and keeps the memory. */
static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}
/* The content as a slice; borrowed until the next call that grows b. */
static inline phi_str buf_view(const struct buf *b)
{
    return phi_of(b->p, b->len);
}
/* Releases the memory and zeroes *b. */
void buf_free(struct buf *b);

#endif
