/* Prices of the charge master (config/practice, `charges`), for encounters as JSON. */
#ifndef CLAIMWIRE_ENCOUNTER_PRICE_H
#define CLAIMWIRE_ENCOUNTER_PRICE_H

#include "common/util/phi.h"
#include <jansson.h>
#include <stdint.h>

struct price_list; /* every charge of the folder's files */
/* NULL when the folder has none. */
struct price_list *price_list_read(const char *dir);
void price_list_free(struct price_list *p);
/* Price of one unit in cents on a day; false when there is none. As the coder prices: one for the
 * payer beats one for all, then one with a modifier of the line, then the latest. */
bool price_of(const struct price_list *p, phi_str code, const json_t *mods, phi_str payer,
              phi_str day, int64_t *cents);
/* Filing indicator of a payer ("MB"), "" when it is not known. Borrowed from the list. */
const char *price_list_filing(const struct price_list *p, phi_str payer);

#endif
