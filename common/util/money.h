/*
 * Money is int64_t cents. No floating point touches it (tests/money_no_float.sh greps for that).
 * X12 type R amounts: optional leading minus, digits with at most one point, no plus, no exponent,
 * no thousands separator (DOMAIN S1-040); at most two decimals on money.
 */
#ifndef CLAIMWIRE_UTIL_MONEY_H
#define CLAIMWIRE_UTIL_MONEY_H

#include "common/util/buf.h"

/* Parses s into *cents. False when s is empty, not a number, has more than two significant
 * decimals, or exceeds +-9,000,000,000,000,000 cents; *cents is then unchanged. */
bool money_parse(phi_str s, int64_t *cents);
/* Appends cents as X12 writes them: no trailing zero decimals, no leading zero before the point
 * ("12", "12.5", ".05", "-3.1", "0"). */
void money_x12(struct buf *out, int64_t cents);
/* Appends cents for people: always two decimals, thousands separated ("1,234.50"). */
void money_human(struct buf *out, int64_t cents);
/* a + b into *sum; false on overflow. */
static inline bool money_add(int64_t a, int64_t b, int64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}
/* Quantities are int64_t thousandths; same syntax, three decimals. */
bool quantity_parse(phi_str s, int64_t *thousandths);

#endif
