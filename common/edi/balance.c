/* Which balance takes what from a guide: by transaction. */
#include "common/edi/check_int.h"

uint8_t balance_tag(const struct guide *g, const struct g_node *n)
{
    uint8_t tag = balance837_tag(g, n);
    return tag ? tag : balance835_tag(g, n);
}
