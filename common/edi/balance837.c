/*
 * Level 3 of an 837: charges of the lines against the claim (S3-001 to S3-003), and what other
 * payers paid and adjusted (S3-004 to S3-009). A fault loses the claim, not the set.
 *
 * A claim with a fault of level 1 or 2 is not added up: its set is rejected anyway, and what does
 * not add up may follow from that fault.
 */
#include "common/edi/balance.h"
#include "common/util/log.h"
#include <stdlib.h>

enum { OTHERS = 10, PAYER_ID = 80 };

enum tag {
    TAG_NONE,
    TAG_CLOSE, /* the claim before ends: HL, SE */
    TAG_CLAIM,
    TAG_PATIENT_PAID,
    TAG_OTHER,
    TAG_OTHER_CAS,
    TAG_OTHER_PAID,
    TAG_OTHER_NOT_COVERED,
    TAG_OTHER_OWED,
    TAG_OTHER_PAYER,
    TAG_LINE,
    TAG_LINE_I,
    TAG_LINE_D,
    TAG_LINE_PAID,
    TAG_LINE_CAS
};

static const struct balance_place places[] = {
    {NULL, "HL", NULL, TAG_CLOSE},          {NULL, "SE", NULL, TAG_CLOSE},
    {"2300", "CLM", NULL, TAG_CLAIM},       {"2300", "AMT", "F5", TAG_PATIENT_PAID},
    {"2320", "SBR", NULL, TAG_OTHER},       {"2320", "CAS", NULL, TAG_OTHER_CAS},
    {"2320", "AMT", "D", TAG_OTHER_PAID},   {"2320", "AMT", "A8", TAG_OTHER_NOT_COVERED},
    {"2320", "AMT", "EAF", TAG_OTHER_OWED}, {"2330B", "NM1", NULL, TAG_OTHER_PAYER},
    {"2400", "SV1", NULL, TAG_LINE},        {"2400", "SV2", NULL, TAG_LINE_I},
    {"2400", "SV3", NULL, TAG_LINE_D},      {"2430", "SVD", NULL, TAG_LINE_PAID},
    {"2430", "CAS", NULL, TAG_LINE_CAS},
};

struct other {
    struct amount paid, not_covered, owed;
    int64_t cas, patient; /* patient: adjustments of group PR, of claim and lines */
    int64_t line_paid;
    uint32_t lines;
    size_t id_n;
    char id[PAYER_ID];
    bool adjusted;
};

/* A 2430: what one payer made of one line. */
struct adjudication {
    struct amount paid;
    int64_t charge, cas;
};

struct balance837 {
    bool open;
    uint32_t faults; /* of the set before the claim */
    struct amount charge, patient_paid;
    const char *rule;
    int64_t lines, line; /* sum of charges; charge of the present line */
    struct other other[OTHERS];
    uint32_t others;
    struct other *payer; /* of the present 2430, NULL: none of them */
    struct adjudication *adj;
    uint32_t adj_n, adj_cap;
};

struct balance837 *balance837_new(void)
{
    return xcalloc(1, sizeof(struct balance837));
}

void balance837_free(struct balance837 *b)
{
    if (b)
        free(b->adj);
    free(b);
}

void balance837_begin(struct balance837 *b)
{
    b->open = false;
    b->others = b->adj_n = 0;
}

uint8_t balance837_tag(const struct guide *g, const struct g_node *n)
{
    if (strcmp(g->transaction, "837") != 0)
        return TAG_NONE;
    return n ? balance_place_tag(g, n, places, sizeof places / sizeof *places) : TAG_CLOSE;
}

/* --- the rules, when all of a claim is known --- */

/* Each line at each payer: charge = paid + adjustments. */
static void lines_at_payers(struct check *c, struct balance837 *b, struct told *told)
{
    for (uint32_t i = 0; i < b->adj_n; i++) {
        const struct adjudication *a = &b->adj[i];
        int64_t diff = balance_add(a->charge, -balance_add(a->paid.cents, a->cas));
        if (diff == 0)
            continue;
        balance_tell(told, diff);
        balance_find(c, "S3-005", SEV_CLAIM, "277CA:A7:672", &a->paid,
                     "the charge of the line is not what the other payer paid and adjusted");
    }
}

static void charges(struct check *c, struct balance837 *b, struct told *told)
{
    int64_t diff = balance_add(b->charge.cents, -b->lines);
    if (!b->rule || balance_explained(told, diff))
        return;
    balance_tell(told, diff);
    balance_find(c, b->rule, SEV_CLAIM, "277CA:A7:178", &b->charge,
                 "the charge of the claim is not the sum of its lines");
}

/* S3-008 is a rule that nobody has looked up in a licensed guide, and a public claim that others take
 * breaks it: it is told, and what the payer did pay is balanced like that of any other. */
static void not_covered(struct check *c, const struct balance837 *b, const struct other *o)
{
    if (o->not_covered.cents != b->charge.cents)
        balance_find(c, "S3-008", SEV_WARNING, "", &o->not_covered,
                     "an amount that is not covered is the whole charge of the claim");
    else if (o->paid.given || o->adjusted || o->lines)
        balance_find(c, "S3-008", SEV_WARNING, "", &o->not_covered,
                     "a payer to whom nothing was sent has neither paid nor adjusted");
}

static void other_payer(struct check *c, const struct balance837 *b, const struct other *o,
                        struct told *told)
{
    if (o->not_covered.given)
        not_covered(c, b, o);
    if (o->paid.given && o->lines) {
        int64_t diff = balance_add(o->paid.cents, balance_add(o->cas, -o->line_paid));
        if (!balance_explained(told, diff)) {
            balance_tell(told, diff);
            balance_find(c, "S3-004", SEV_CLAIM, "277CA:A7:672", &o->paid,
                         "what the other payer paid is not the sum of its lines less its "
                         "adjustments of the claim");
        }
    } else if (o->paid.given) {
        int64_t diff = balance_add(b->charge.cents, -balance_add(o->paid.cents, o->cas));
        if (!balance_explained(told, diff)) {
            balance_tell(told, diff);
            balance_find(c, "S3-006", SEV_CLAIM, "277CA:A7:672", &o->paid,
                         "the charge of the claim is not what the other payer paid and adjusted");
        }
    }
    if (o->owed.given && !told->n && o->owed.cents != o->patient)
        balance_find(c, "S3-007", SEV_WARNING, "", &o->owed,
                     "what the patient still owes is not the sum of the adjustments of group PR");
}

static void close_claim(struct check *c, struct balance837 *b)
{
    struct told told = {0};
    if (!b->open)
        return;
    b->open = false;
    if (c->faults_before != b->faults)
        return;
    lines_at_payers(c, b, &told);
    charges(c, b, &told);
    for (uint32_t i = 0; i < b->others; i++)
        other_payer(c, b, &b->other[i], &told);
    if (b->patient_paid.given && b->patient_paid.cents > b->charge.cents && !told.n)
        balance_find(c, "S3-009", SEV_WARNING, "", &b->patient_paid,
                     "the patient paid more than the charge of the claim");
}

/* --- taking in --- */

static void open_claim(struct check *c, struct balance837 *b, const struct edi_seg *s)
{
    c->r.claims++;
    c->claim_loop = check_node(c, c->at)->parent;
    b->open = true;
    b->faults = c->faults_before;
    b->charge = balance_amount(c, s, 2);
    b->patient_paid.given = false;
    b->rule = NULL;
    b->lines = b->line = 0;
    b->others = b->adj_n = 0;
    b->payer = NULL;
    if (!b->charge.given)
        b->open = false;
}

static void take_line(struct check *c, struct balance837 *b, const struct edi_seg *s, uint32_t el,
                      const char *rule)
{
    (void)c;
    b->line = 0;
    b->rule = rule;
    balance_money(seg_el(s, el), &b->line);
    b->lines = balance_add(b->lines, b->line);
    b->payer = NULL;
}

/* Blanks around an id are a fault of their own, not another payer. */
static phi_str trimmed(phi_str v)
{
    while (v.n && v.p[0] == ' ')
        v.p++, v.n--;
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    return v;
}

static void take_payer(struct balance837 *b, const struct edi_seg *s)
{
    phi_str id = trimmed(seg_el(s, 9));
    if (!b->others || id.n > PAYER_ID)
        return;
    struct other *o = &b->other[b->others - 1];
    memcpy(o->id, id.p, id.n);
    o->id_n = id.n;
}

static struct other *payer_of(struct balance837 *b, phi_str id)
{
    for (uint32_t i = 0; i < b->others; i++)
        if (phi_eq(id, phi_of(b->other[i].id, b->other[i].id_n)))
            return &b->other[i];
    return NULL;
}

static void take_line_paid(struct check *c, struct balance837 *b, const struct edi_seg *s)
{
    if (b->adj_n == b->adj_cap) {
        b->adj_cap = b->adj_cap ? b->adj_cap * 2 : 16;
        b->adj = xrealloc(b->adj, b->adj_cap * sizeof *b->adj);
    }
    struct adjudication *a = &b->adj[b->adj_n++];
    *a = (struct adjudication){.paid = balance_amount(c, s, 2), .charge = b->line};
    b->payer = payer_of(b, trimmed(seg_el(s, 1)));
    if (b->payer) {
        b->payer->lines++;
        b->payer->line_paid = balance_add(b->payer->line_paid, a->paid.cents);
    }
}

static void take_other(struct balance837 *b)
{
    if (b->others < OTHERS)
        memset(&b->other[b->others++], 0, sizeof *b->other);
}

static void take_cas(struct balance837 *b, const struct edi_seg *s, bool line)
{
    struct other *o = line ? b->payer : b->others ? &b->other[b->others - 1] : NULL;
    int64_t sum = balance_cas(s);
    if (line && b->adj_n)
        b->adj[b->adj_n - 1].cas = balance_add(b->adj[b->adj_n - 1].cas, sum);
    if (!o)
        return;
    o->adjusted = true;
    if (!line)
        o->cas = balance_add(o->cas, sum);
    if (phi_is(seg_el(s, 1), "PR"))
        o->patient = balance_add(o->patient, sum);
}

static void take_amount(struct check *c, struct balance837 *b, const struct edi_seg *s, uint8_t tag)
{
    struct amount a = balance_amount(c, s, 2);
    if (!b->others)
        return;
    struct other *o = &b->other[b->others - 1];
    if (tag == TAG_OTHER_PAID)
        o->paid = a;
    else if (tag == TAG_OTHER_OWED)
        o->owed = a;
    else
        o->not_covered = a;
}

void balance837_segment(struct check *c, const struct edi_seg *s, uint8_t tag)
{
    struct balance837 *b = c->b837;
    switch ((enum tag)tag) {
    case TAG_CLOSE:
        close_claim(c, b);
        c->claim_loop = GUIDE_NONE;
        break;
    case TAG_CLAIM:
        close_claim(c, b);
        open_claim(c, b, s);
        break;
    case TAG_PATIENT_PAID:
        b->patient_paid = balance_amount(c, s, 2);
        break;
    case TAG_OTHER:
        take_other(b);
        break;
    case TAG_OTHER_CAS:
    case TAG_LINE_CAS:
        take_cas(b, s, tag == TAG_LINE_CAS);
        break;
    case TAG_OTHER_PAID:
    case TAG_OTHER_NOT_COVERED:
    case TAG_OTHER_OWED:
        take_amount(c, b, s, tag);
        break;
    case TAG_OTHER_PAYER:
        take_payer(b, s);
        break;
    case TAG_LINE:
        take_line(c, b, s, 2, "S3-001");
        break;
    case TAG_LINE_I:
        take_line(c, b, s, 3, "S3-002");
        break;
    case TAG_LINE_D:
        take_line(c, b, s, 2, "S3-003");
        break;
    case TAG_LINE_PAID:
        take_line_paid(c, b, s);
        break;
    case TAG_NONE:
        break;
    }
}
