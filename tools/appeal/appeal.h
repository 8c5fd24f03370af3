/* Inside appeal: what is known of the claim, and the proof that it was filed in time. */
#ifndef CLAIMWIRE_TOOLS_APPEAL_H
#define CLAIMWIRE_TOOLS_APPEAL_H

#include "common/followup/followup.h"
#include "common/ledger/life.h"
#include "common/letter/letter.h"
#include "common/letter/sender.h"

struct appeal {
    const struct followup *f;
    struct arena *a;
    const struct conf *office;  /* NULL: not given */
    struct life life;           /* of the claim */
    const struct item *item;    /* DENIAL or UNDERPAID; NULL: proof only */
    const struct looked *claim; /* of the claim */
    int level;                  /* of the appeal, from 1 */
    const char *by, *why;       /* "" where not given */
    bool proven;                /* by appeal_fields(): it was filed, and that can be shown */
};

enum { FIELDS_MOST = 40 };
/* The fields of templates; how many. Memory is the appeal's. */
size_t appeal_fields(struct appeal *p, struct letter_field out[FIELDS_MOST]);

/* What shows when the claim was filed, as lines of a fixed font: each file that it left in, and each
 * answer that accepted it. False when nothing accepted it: then there is no proof. */
bool proof_of_filing(struct appeal *p, struct buf *out);

/* "09/03/2026" of a day since 1970 or an instant; "" where there is none. */
phi_str appeal_day(struct appeal *p, int32_t day);

#endif
