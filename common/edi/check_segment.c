/*
 * Rules of level 2 about values of one segment together, which usage, codes and syntax notes do not
 * say: S2-011, S2-020, S2-023, S2-028 and S2-035 of DOMAIN.md B.2.
 */
#include "common/edi/check_int.h"
#include "common/util/money.h"

enum extra {
    EXTRA_NONE,
    EXTRA_SUBSCRIBER,
    EXTRA_POINTERS,
    EXTRA_ATTACHMENT,
    EXTRA_TRIOS,
    EXTRA_ADJUSTMENT
};

static const struct {
    const char *transaction, *loop, *segment; /* loop NULL: any */
    uint8_t extra;
} PLACES[] = {
    {"837", "2010BA", "NM1", EXTRA_SUBSCRIBER}, {"837", "2400", "SV1", EXTRA_POINTERS},
    {"837", NULL, "PWK", EXTRA_ATTACHMENT},     {"837", NULL, "CAS", EXTRA_TRIOS},
    {"835", NULL, "CAS", EXTRA_ADJUSTMENT},
};

uint8_t check_extra(const struct guide *g, const struct g_node *n)
{
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++)
        if (!n->loop && strcmp(PLACES[i].transaction, g->transaction) == 0 &&
            strcmp(PLACES[i].segment, n->id) == 0 &&
            (!PLACES[i].loop || strcmp(PLACES[i].loop, g->node[n->parent].id) == 0))
            return PLACES[i].extra;
    return EXTRA_NONE;
}

/* S2-011: a person who is insured has a member id. */
static void subscriber(struct check *c, const struct edi_seg *s)
{
    if (phi_is(seg_el(s, 2), "1") && !seg_el(s, 8).n && !seg_el(s, 9).n)
        check_find_el(c, "S2-011", SEV_TRANSACTION, "IK403:1", 9, 0, 67, phi_of("", 0),
                      "NM109 (member id) must be sent for a subscriber who is a person");
}

/* S2-020: pointers are 1 to 12, and none comes twice. */
static void pointers(struct check *c, const struct edi_seg *s)
{
    uint32_t seen = 0, v;
    for (uint32_t k = 1; k <= 4; k++) {
        phi_str p = seg_comp(s, &c->d, 7, k);
        if (!check_number(p, &v))
            continue;
        if (v < 1 || v > 12)
            check_find_el(c, "S2-020", SEV_TRANSACTION, "IK403:I6", 7, k, 1328, p,
                          "SV107-%u points to a diagnosis that cannot be: 1 to 12 are there", k);
        else if (seen >> v & 1)
            check_find_el(c, "S2-020", SEV_TRANSACTION, "IK403:I6", 7, k, 1328, p,
                          "SV107-%u points to a diagnosis that was pointed to before", k);
        seen |= v <= 12 ? 1u << v : 0;
    }
}

/* S2-023: what is sent apart from the claim is found by a number. */
static void attachment(struct check *c, const struct edi_seg *s)
{
    phi_str how = seg_el(s, 2);
    bool apart = phi_is(how, "BM") || phi_is(how, "EL") || phi_is(how, "EM") || phi_is(how, "FT") ||
                 phi_is(how, "FX");
    if (apart && !seg_el(s, 5).n && !seg_el(s, 6).n)
        check_find_el(
            c, "S2-023", SEV_TRANSACTION, "IK403:I9", 6, 0, 67, phi_of("", 0),
            "PWK06 (control number of the attachment) must be sent, with AC in PWK05, for "
            "what is mailed, faxed or sent as a file");
}

/* S2-028: reason, amount and quantity stand in trios one behind the other. */
static void trios(struct check *c, const struct edi_seg *s)
{
    uint32_t gap = 0;
    for (uint32_t i = 2; i < s->n && i <= 17; i += 3) {
        if (!seg_el(s, i).n && !gap)
            gap = i;
        if (seg_el(s, i).n && gap) {
            check_find_el(c, "S2-028", SEV_TRANSACTION, "IK403:2", gap, 0, 1034, phi_of("", 0),
                          "CAS%02u is empty, and an adjustment stands behind it: they stand one "
                          "behind the other",
                          gap);
            return;
        }
    }
}

/* S2-035: no amount is nothing, and no reason comes twice in a segment. */
static void adjustment(struct check *c, const struct edi_seg *s)
{
    for (uint32_t i = 2; i + 1 < s->n && i <= 17; i += 3) {
        int64_t cents;
        phi_str amount = seg_el(s, i + 1), reason = seg_el(s, i);
        bool twice = false;
        for (uint32_t k = 2; k < i; k += 3)
            twice |= reason.n && phi_eq(reason, seg_el(s, k));
        bool some = amount.n && amount.p[0] >= '1' && amount.p[0] <= '9';
        if (amount.n && !some && money_parse(amount, &cents) && cents == 0)
            check_find_el(c, "S2-035", SEV_WARNING, "IK403:I12", i + 1, 0, 782, amount,
                          "CAS%02u adjusts by nothing", i + 1);
        else if (twice)
            check_find_el(c, "S2-035", SEV_WARNING, "IK403:I12", i, 0, 1034, reason,
                          "CAS%02u gives a reason that was given before; their amounts are one", i);
    }
}

void check_extras(struct check *c, const struct edi_seg *s, uint8_t extra)
{
    if (c->faulted) /* one fault, one finding */
        return;
    switch ((enum extra)extra) {
    case EXTRA_SUBSCRIBER:
        subscriber(c, s);
        break;
    case EXTRA_POINTERS:
        pointers(c, s);
        break;
    case EXTRA_ATTACHMENT:
        attachment(c, s);
        break;
    case EXTRA_TRIOS:
        trios(c, s);
        break;
    case EXTRA_ADJUSTMENT:
        trios(c, s);
        adjustment(c, s);
        break;
    case EXTRA_NONE:
        break;
    }
}
