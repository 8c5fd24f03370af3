/* Prices of the charge master (config/practice, `charges`), for encounters as JSON. */
#ifndef CLAIMWIRE_ENCOUNTER_PRICE_H
#define CLAIMWIRE_ENCOUNTER_PRICE_H

#include "common/encounter/practice.h"
#include <jansson.h>

/* practice_price of a line: mods is an array of texts, payer as the encounter says it, day
 * CCYY-MM-DD (what follows is not looked at). False when there is none; p may be NULL. */
bool price_of(const struct practice *p, phi_str code, const json_t *mods, phi_str payer,
              phi_str day, int64_t *cents);

#endif
