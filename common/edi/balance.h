/*
 * What the balances of 837 and 835 share: places of amounts, and findings about them.
 *
 * A wrong amount puts every sum above it out by the same difference. Differences that were told
 * are kept, and one that they explain is not told again.
 */
#ifndef CLAIMWIRE_EDI_BALANCE_H
#define CLAIMWIRE_EDI_BALANCE_H

#include "common/edi/check_int.h"
#include "common/util/money.h"

/* Where an amount stands. */
struct amount {
    int64_t cents;
    bool given;
    uint32_t pos;  /* of its segment */
    uint64_t off;  /* of the element */
    uint16_t node; /* of the segment in the guide */
    uint8_t el;
};

/* Differences told so far in a claim or set. */
struct told {
    int64_t diff[32];
    uint32_t n;
    int64_t sum;
};

/* Like money_parse(), quicker for what is usual. */
bool balance_money(phi_str s, int64_t *cents);
/* Reads element el of the present segment; absent or bad is 0 and not given. */
struct amount balance_amount(const struct check *c, const struct edi_seg *s, uint32_t el);
/* Sum of the CAS amounts (03, 06 ... 18) of a segment. */
int64_t balance_cas(const struct edi_seg *s);
/* a + b; at the limits of 64 bits it stays there, which no other sum will equal. */
int64_t balance_add(int64_t a, int64_t b);
/* True when diff is 0 or is explained by what was told. */
bool balance_explained(const struct told *t, int64_t diff);
void balance_tell(struct told *t, int64_t diff);
/* A difference that would only be the same fault again, without counting to the sum. */
void balance_excuse(struct told *t, int64_t diff);
/* A finding at an amount. */
void balance_find(struct check *c, const char *rule, enum severity sev, const char *report,
                  const struct amount *at, const char *text);

/* A tag by loop, segment and (unless NULL) a value of its `when`. */
struct balance_place {
    const char *loop, *segment, *value;
    uint8_t tag;
};
uint8_t balance_place_tag(const struct guide *g, const struct g_node *n,
                          const struct balance_place *t, size_t many);

#endif
