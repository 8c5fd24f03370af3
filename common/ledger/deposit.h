/*
 * deposit: which bank deposit carries which payment (DOMAIN.md D.2). A pure function of what is in
 * the ledger, asked when it is wanted, so the order in which banks and payers speak does not matter.
 *
 *   tier 1   trace and its origin (TRN02, TRN03) are equal, and so is the amount
 *   tier 2   trace and amount
 *   tier 3   amount and origin, the dates at most three business days apart, one candidate on each
 *            side
 *
 * A deposit whose trace and origin name a payment of another amount is EFT_ERA_AMT; one that carries
 * no payment that has come is EFT_NO_ERA; a payment by transfer without a deposit four business days
 * after its date is ERA_NO_EFT, once any deposit has been read.
 */
#ifndef CLAIMWIRE_LEDGER_DEPOSIT_H
#define CLAIMWIRE_LEDGER_DEPOSIT_H

#include "common/ledger/ledger.h"

struct deposit_match {
    int64_t deposit, payment; /* rows; 0: none */
    int64_t cents;            /* of the deposit, of the payment where there is no deposit; of
                                 EFT_ERA_AMT the deposit less the payment */
    int tier;                 /* 0: not matched */
    const char *code;         /* the exception; NULL: matched, or still in time */
};
/* Every deposit, then every payment by transfer without one. */
void deposits_match(struct ledger *l, void (*each)(void *ctx, const struct deposit_match *m),
                    void *ctx);
/* Weekdays from a to b, days since 1970; negative when b is before a. */
int business_days(int32_t a, int32_t b);

#endif
