/*
 * Level 3 of an 835: lines, claims, the whole payment (S3-012 to S3-020, S3-022 to S3-024). What
 * does not balance is an exception for a person, never a rejection: money must not be hidden by an
 * answer about syntax. Positive CAS and PLB amounts lower the payment.
 *
 * Inner faults are told first, and the same difference further out is not told again: a wrong
 * SVC02 puts the line, the claim and perhaps the payment out, and is one fault.
 */
#include "common/edi/balance.h"
#include "common/util/log.h"
#include <stdlib.h>

enum tag {
    TAG_NONE,
    TAG_PAYMENT,
    TAG_GROUP,
    TAG_GROUP_SUM,
    TAG_CLAIM,
    TAG_CLAIM_CAS,
    TAG_INTEREST,
    TAG_LINE,
    TAG_LINE_CAS,
    TAG_PROVIDER,
    TAG_END
};

static const struct balance_place places[] = {
    {"", "BPR", NULL, TAG_PAYMENT},       {"2000", "LX", NULL, TAG_GROUP},
    {"2000", "TS3", NULL, TAG_GROUP_SUM}, {"2100", "CLP", NULL, TAG_CLAIM},
    {"2100", "CAS", NULL, TAG_CLAIM_CAS}, {"2100", "AMT", NULL, TAG_INTEREST},
    {"2110", "SVC", NULL, TAG_LINE},      {"2110", "CAS", NULL, TAG_LINE_CAS},
    {"", "PLB", NULL, TAG_PROVIDER},      {"", "SE", NULL, TAG_END},
};

/* Claims of one LX against its TS3. */
struct group_sum {
    struct amount charge, count;
    int64_t charged;
    uint32_t claims, said, faults;
    bool given;
};

struct line {
    bool open;
    struct amount charge, paid;
    int64_t cas;
    int64_t units, adjusted_units; /* thousandths */
    struct amount units_at;
    bool has_units, has_sent; /* SVC05, SVC07 */
    int64_t sent;
};

struct claim {
    bool open;
    bool other_status; /* a reversal */
    struct amount charge, paid, patient;
    int64_t cas, line_cas, line_charge, line_paid, owed;
    uint32_t lines, faults;
    bool estimate;
};

struct balance835 {
    struct amount payment, method;
    bool none; /* BPR04 is NON */
    struct group_sum group;
    struct claim claim;
    struct line line;
    struct told told; /* of the present claim */
    int64_t paid, provider, interest, interest_plb;
    int64_t explained; /* what claims that are out already tell of the difference of the payment */
    bool any_interest, any_interest_plb;
    struct amount interest_at;
};

struct balance835 *balance835_new(void)
{
    return xcalloc(1, sizeof(struct balance835));
}

void balance835_free(struct balance835 *b)
{
    free(b);
}

void balance835_begin(struct balance835 *b)
{
    memset(b, 0, sizeof *b);
}

uint8_t balance835_tag(const struct guide *g, const struct g_node *n)
{
    if (strcmp(g->transaction, "835") != 0)
        return TAG_NONE;
    return n ? balance_place_tag(g, n, places, sizeof places / sizeof *places) : TAG_END;
}

static int64_t less(int64_t a, int64_t b)
{
    return balance_add(a, b == INT64_MIN ? INT64_MAX : -b);
}

/* --- when a line, a claim, a group, the set is known --- */

static void close_line(struct check *c, struct balance835 *b)
{
    struct line *l = &b->line;
    if (!l->open)
        return;
    l->open = false;
    if (c->faults_before != b->claim.faults)
        return;
    int64_t diff = less(less(l->charge.cents, l->cas), l->paid.cents);
    if (diff) {
        balance_tell(&b->told, diff);
        balance_excuse(&b->told, l->charge.cents); /* the whole line may be one too many */
        balance_excuse(&b->told, l->paid.cents);
        check_drop(c, "S2-035", l->paid.pos);
        balance_find(c, "S3-012", SEV_EXCEPTION, "ERA_LINE_OUT", &l->paid,
                     "the charge of the line less its adjustments is not what was paid for it");
    }
    if (l->has_units && l->has_sent && l->adjusted_units &&
        less(l->sent, l->adjusted_units) != l->units)
        balance_find(c, "S3-024", SEV_WARNING, "", &l->units_at,
                     "the units sent less the units adjusted are not the units paid");
}

static void tell_claim(struct check *c, struct balance835 *b, const char *rule, int64_t diff,
                       const struct amount *at, const char *text)
{
    if (balance_explained(&b->told, diff))
        return;
    balance_tell(&b->told, diff);
    check_drop(c, "S2-035", at->pos);
    balance_find(c, rule, SEV_EXCEPTION, "ERA_CLAIM_OUT", at, text);
}

static void claim_warnings(struct check *c, struct balance835 *b)
{
    struct claim *k = &b->claim;
    if (k->patient.given && !k->other_status &&
        !balance_explained(&b->told, less(k->patient.cents, k->owed)))
        balance_find(c, "S3-019", SEV_WARNING, "", &k->patient,
                     "what the patient owes (CLP05) is not the sum of the adjustments of group PR");
    if (k->estimate && k->paid.cents)
        balance_find(c, "S3-020", SEV_WARNING, "", &k->paid, "a predetermination pays nothing");
}

static void close_claim(struct check *c, struct balance835 *b)
{
    struct claim *k = &b->claim;
    close_line(c, b);
    if (!k->open)
        return;
    k->open = false;
    if (c->faults_before != k->faults)
        return;
    int64_t all = less(less(less(k->charge.cents, k->cas), k->line_cas), k->paid.cents);
    int64_t charges = less(k->line_charge, k->charge.cents);
    int64_t by_lines = less(less(k->line_paid, k->cas), k->paid.cents);
    /* With lines that balance, two of these say the third. All three out: a line is missing. */
    bool line_missing = k->lines && !b->told.n && all && charges && by_lines;
    if (!line_missing)
        tell_claim(c, b, "S3-013", all, &k->paid,
                   "the charge of the claim less all adjustments is not what was paid for it");
    if (k->lines)
        tell_claim(c, b, "S3-014", charges, &k->charge,
                   "the charge of the claim is not the sum of its lines");
    if (k->lines && !line_missing)
        tell_claim(c, b, "S3-015", by_lines, &k->paid,
                   "the payments of the lines less the adjustments of the claim are not what was "
                   "paid for it");
    if (line_missing) {
        balance_tell(&b->told, all);
        balance_tell(&b->told, by_lines);
    }
    b->explained = balance_add(b->explained, k->lines ? by_lines : all);
    claim_warnings(c, b);
}

static void close_group(struct check *c, struct balance835 *b)
{
    struct group_sum *g = &b->group;
    if (!g->given)
        return;
    g->given = false;
    if (c->faults_before != g->faults)
        return; /* a claim may have been lost by them */
    if (g->said != g->claims)
        balance_find(c, "S3-022", SEV_WARNING, "", &g->count,
                     "TS304 does not count the claims that follow");
    else if (g->charge.given && g->charge.cents != g->charged)
        balance_find(c, "S3-022", SEV_WARNING, "", &g->charge,
                     "TS305 is not the sum of the charges that follow");
}

static void close_set(struct check *c, struct balance835 *b)
{
    close_claim(c, b);
    close_group(c, b);
    if (c->faults_before || !b->payment.given)
        return;
    int64_t diff = less(less(b->paid, b->provider), b->payment.cents);
    if (b->payment.cents < 0)
        balance_find(c, "S3-017", SEV_EXCEPTION, "ERA_NEG", &b->payment,
                     "the payment is less than nothing; a PLB carries the rest forward");
    bool out = diff && diff != b->explained && -diff != b->explained;
    if (out && b->payment.cents >= 0)
        balance_find(c, "S3-016", SEV_EXCEPTION, "ERA_TX_OUT", &b->payment,
                     "the payment is not the sum of the claims less the provider's adjustments");
    if (b->none != (b->payment.cents == 0))
        balance_find(c, "S3-018", SEV_WARNING, "", &b->method,
                     "BPR04 is NON exactly when nothing is paid");
    /* Told at the claim: the PLB is bound to the payment by S3-016, so the claim's note is wrong. */
    if (!out && b->any_interest && b->any_interest_plb && balance_add(b->interest, b->interest_plb))
        balance_find(c, "S3-023", SEV_WARNING, "", &b->interest_at,
                     "the interest of the claims is not what the PLB pays as interest");
}

/* --- taking in --- */

static void take_claim(struct check *c, struct balance835 *b, const struct edi_seg *s)
{
    phi_str status = seg_el(s, 2);
    c->r.claims++;
    c->claim_loop = check_node(c, c->at)->parent;
    memset(&b->told, 0, sizeof b->told);
    b->claim = (struct claim){.open = true, .faults = c->faults_before};
    b->claim.other_status = phi_is(status, "22");
    b->claim.estimate = phi_is(status, "25");
    b->claim.charge = balance_amount(c, s, 3);
    b->claim.paid = balance_amount(c, s, 4);
    b->claim.patient = balance_amount(c, s, 5);
    b->paid = balance_add(b->paid, b->claim.paid.cents);
    b->group.claims++;
    b->group.charged = balance_add(b->group.charged, b->claim.charge.cents);
}

static void take_line(struct check *c, struct balance835 *b, const struct edi_seg *s)
{
    struct line *l = &b->line;
    *l = (struct line){.open = true};
    l->charge = balance_amount(c, s, 2);
    l->paid = balance_amount(c, s, 3);
    l->units_at = balance_amount(c, s, 5);
    l->has_sent = seg_el(s, 7).n && quantity_parse(seg_el(s, 7), &l->sent);
    l->has_units = l->has_sent && quantity_parse(seg_el(s, 5), &l->units);
    b->claim.lines++;
    b->claim.line_charge = balance_add(b->claim.line_charge, l->charge.cents);
    b->claim.line_paid = balance_add(b->claim.line_paid, l->paid.cents);
}

static void take_cas(struct balance835 *b, const struct edi_seg *s, bool line)
{
    int64_t sum = balance_cas(s), units;
    if (phi_is(seg_el(s, 1), "PR"))
        b->claim.owed = balance_add(b->claim.owed, sum);
    if (!line) {
        b->claim.cas = balance_add(b->claim.cas, sum);
        return;
    }
    b->line.cas = balance_add(b->line.cas, sum);
    b->claim.line_cas = balance_add(b->claim.line_cas, sum);
    for (uint32_t i = 4; i < s->n && i <= 19; i += 3)
        if (quantity_parse(seg_el(s, i), &units))
            b->line.adjusted_units = balance_add(b->line.adjusted_units, units);
}

static void take_group_sum(struct check *c, struct balance835 *b, const struct edi_seg *s)
{
    struct group_sum *g = &b->group;
    *g = (struct group_sum){.charge = balance_amount(c, s, 5), .count = balance_amount(c, s, 4)};
    g->given = check_number(seg_el(s, 4), &g->said);
    g->faults = c->faults_before;
}

static void take_provider(struct check *c, struct balance835 *b, const struct edi_seg *s)
{
    int64_t v;
    for (uint32_t i = 4; i < s->n && i <= 14; i += 2) {
        if (!balance_money(seg_el(s, i), &v))
            continue;
        b->provider = balance_add(b->provider, v);
        if (phi_is(seg_comp(s, &c->d, i - 1, 1), "L6")) {
            b->any_interest_plb = true;
            b->interest_plb = balance_add(b->interest_plb, v);
        }
    }
}

static void take_interest(struct check *c, struct balance835 *b, const struct edi_seg *s)
{
    if (!phi_is(seg_el(s, 1), "I"))
        return;
    struct amount a = balance_amount(c, s, 2);
    if (!b->any_interest)
        b->interest_at = a;
    b->any_interest = true;
    b->interest = balance_add(b->interest, a.cents);
}

static void leave_claims(struct check *c, struct balance835 *b)
{
    close_claim(c, b);
    close_group(c, b);
    c->claim_loop = GUIDE_NONE;
}

void balance835_segment(struct check *c, const struct edi_seg *s, uint8_t tag)
{
    struct balance835 *b = c->b835;
    switch ((enum tag)tag) {
    case TAG_PAYMENT:
        b->payment = balance_amount(c, s, 2);
        b->method = balance_amount(c, s, 4);
        b->none = phi_is(seg_el(s, 4), "NON");
        break;
    case TAG_GROUP:
        leave_claims(c, b);
        break;
    case TAG_GROUP_SUM:
        take_group_sum(c, b, s);
        break;
    case TAG_CLAIM:
        close_claim(c, b);
        take_claim(c, b, s);
        break;
    case TAG_CLAIM_CAS:
    case TAG_LINE_CAS:
        take_cas(b, s, tag == TAG_LINE_CAS);
        break;
    case TAG_INTEREST:
        take_interest(c, b, s);
        break;
    case TAG_LINE:
        close_line(c, b);
        take_line(c, b, s);
        break;
    case TAG_PROVIDER:
        leave_claims(c, b);
        take_provider(c, b, s);
        break;
    case TAG_END:
        leave_claims(c, b);
        close_set(c, b);
        break;
    case TAG_NONE:
        break;
    }
}
