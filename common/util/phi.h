/*
 * phi_str: bytes that came from outside and may be about a patient.
 *
 * Every element of an X12 segment and every value of an encounter is a phi_str. It is a type of
 * its own so that no log call accepts it: KV() in log.h has no branch for it and does not compile.
 * It is a borrowed slice: it ends with the buffer it points into, and no NUL ends it.
 */
#ifndef CLAIMWIRE_UTIL_PHI_H
#define CLAIMWIRE_UTIL_PHI_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct phi_str {
    const char *p;
    size_t n;
} phi_str;

/* Wraps n bytes at p; borrows them. */
static inline phi_str phi_of(const char *p, size_t n)
{
    return (phi_str){p, n};
}

/* Wraps a C string; borrows it. */
static inline phi_str phi_lit(const char *s)
{
    return (phi_str){s, strlen(s)};
}

static inline bool phi_empty(phi_str s)
{
    return s.n == 0;
}

static inline bool phi_eq(phi_str a, phi_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* True when the bytes are exactly the C string lit. */
static inline bool phi_is(phi_str s, const char *lit)
{
    return s.n == strlen(lit) && (s.n == 0 || memcmp(s.p, lit, s.n) == 0);
}

/* Like memcmp, the shorter first when one begins the other. */
static inline int phi_cmp(phi_str a, phi_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

#endif
