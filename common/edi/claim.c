/*
 * Reading is one pass: the scan kernel gives the delimiters, a table says which segment is read in
 * which part of the body, and each reader takes the few elements that are wanted.
 */
#include "common/edi/claim.h"
#include "common/util/date.h"
#include "common/util/money.h"

enum part {
    IN_ENVELOPE = 1,
    IN_HEAD = 2,
    IN_BILLING = 4,
    IN_SUBSCRIBER = 8,
    IN_PATIENT = 16,
    IN_CLAIM = 32,
    IN_OTHER = 64,
    IN_LINE = 128
};

struct reader {
    struct claim *c;
    struct arena *arena;
    struct edi_seg seg;
    uint32_t position; /* ST is 1 */
    enum part part;
    phi_str nm; /* NM101 of the loop that we are in, empty above the first NM1 of the part */
    uint32_t at_st, at_billing, at_subscriber, at_patient, at_claim; /* offsets, 0: not there */
    uint32_t pos_billing, pos_subscriber, pos_patient, pos_claim;
    struct claim_line *lines;
    struct claim_other *others;
    phi_str *dx;
    struct claim_code *codes;
    struct claim_tooth *teeth; /* of the present line */
    uint32_t lines_cap, others_cap, dx_cap, codes_cap, teeth_cap;
    int32_t from, thru;     /* DTP*472 of the claim (837D) */
    int32_t bill, bill_end; /* DTP*434 */
};

static bool fault(struct reader *r, const char *rule, uint32_t element, const char *why)
{
    struct claim_fault *f = &r->c->fault;
    phi_str id = seg_el(&r->seg, 0);
    *f = (struct claim_fault){rule, why, "", r->position, element, r->seg.start};
    memcpy(f->id, id.p, id.n < 3 ? id.n : 3);
    return false;
}

static bool missing(struct reader *r, const char *why)
{
    r->c->fault = (struct claim_fault){"CLM_MISSING", why, "", r->position, 0, r->seg.start};
    return false;
}

static phi_str el(const struct reader *r, uint32_t i)
{
    return seg_el(&r->seg, i);
}

static phi_str part_of(phi_str v, uint32_t c)
{
    return edi_part(v, ':', c);
}

/* Makes room for one more element of an array in the arena; the old one is left behind. */
static void *more(struct arena *a, void *p, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    uint32_t to = *cap ? *cap * 2 : 4;
    void *q = arena_alloc(a, to * size);
    if (n)
        memcpy(q, p, n * size);
    *cap = to;
    return q;
}

static phi_str trimmed(phi_str s)
{
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static bool number_of(phi_str s, uint32_t *out)
{
    uint32_t v = 0;
    if (s.n == 0 || s.n > 9)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    }
    *out = v;
    return true;
}

/* ---- envelope and head ---- */

static bool read_isa(struct reader *r)
{
    r->c->isa_sender = trimmed(el(r, 6));
    r->c->isa_control = el(r, 13);
    r->c->usage = el(r, 15).n == 1 ? *el(r, 15).p : 'P';
    return true;
}

enum claim_kind claim_kind_of(phi_str gs08)
{
    static const char *const families[] = {"005010X222", "005010X223", "005010X224"};
    for (int i = 1; i < 3; i++)
        if (gs08.n >= 10 && memcmp(gs08.p, families[i], 10) == 0)
            return (enum claim_kind)i;
    return CLAIM_PROFESSIONAL;
}

static bool read_gs(struct reader *r)
{
    r->c->gs_control = el(r, 6);
    r->c->gs_version = el(r, 8);
    r->c->kind = claim_kind_of(el(r, 8));
    return true;
}

static bool read_st(struct reader *r)
{
    r->at_st = r->seg.start;
    r->position = 1;
    r->part = IN_HEAD;
    r->c->st_control = el(r, 2);
    return true;
}

static bool read_bht(struct reader *r)
{
    r->c->bht03 = el(r, 3);
    r->c->purpose = el(r, 6);
    return true;
}

/* ---- levels ---- */

static bool read_hl(struct reader *r)
{
    static const struct {
        const char *code;
        enum part from, to;
    } level[] = {{"20", IN_HEAD, IN_BILLING},
                 {"22", IN_BILLING, IN_SUBSCRIBER},
                 {"23", IN_SUBSCRIBER, IN_PATIENT}};
    uint32_t *at[] = {&r->at_billing, &r->at_subscriber, &r->at_patient};
    uint32_t *pos[] = {&r->pos_billing, &r->pos_subscriber, &r->pos_patient};
    struct claim_parts *p = &r->c->parts;
    phi_str *hl[] = {&p->billing_hl, &p->subscriber_hl, &p->patient_hl};
    for (int i = 0; i < 3; i++) {
        if (!phi_is(el(r, 3), level[i].code))
            continue;
        if (r->part != level[i].from)
            return fault(r, "CLM_BODY", 3, "hierarchical level out of order, or given twice");
        r->part = level[i].to;
        r->nm.n = 0;
        *at[i] = r->seg.start;
        *pos[i] = r->position;
        *hl[i] = phi_of(r->seg.base + r->seg.start, seg_bytes(&r->seg).n + 1);
        return true;
    }
    return fault(r, "CLM_BODY", 3, "hierarchical level is not one of 20, 22, 23");
}

static bool read_clm(struct reader *r)
{
    struct claim *c = r->c;
    if (r->part != IN_SUBSCRIBER && r->part != IN_PATIENT)
        return fault(r, "CLM_BODY", 0, "claim stands outside of a subscriber, or is the second");
    r->part = IN_CLAIM;
    r->nm.n = 0;
    r->at_claim = r->seg.start;
    r->pos_claim = r->position;
    c->pcn = el(r, 1);
    c->place = part_of(el(r, 5), 1);
    c->frequency = part_of(el(r, 5), 3);
    if (phi_empty(c->pcn))
        return fault(r, "CLM_VALUE", 1, "claim has no account number");
    if (!money_parse(el(r, 2), &c->charge))
        return fault(r, "CLM_VALUE", 2, "charge of the claim is no amount");
    return true;
}

/* ---- names ---- */

static struct claim_person person(const struct reader *r)
{
    return (struct claim_person){el(r, 3), el(r, 4), el(r, 5), el(r, 9), CLAIM_NO_DATE, {0}};
}

static struct claim_provider provider(const struct reader *r)
{
    phi_str none = {el(r, 3).p, 0};
    return (struct claim_provider){el(r, 3), el(r, 4), phi_is(el(r, 8), "XX") ? el(r, 9) : none};
}

static struct claim_other *other_now(struct reader *r)
{
    return &r->others[r->c->others_n - 1];
}

static void name_in_other(struct reader *r)
{
    struct claim_other *o = other_now(r);
    if (phi_is(r->nm, "IL")) {
        o->subscriber = person(r);
    } else if (phi_is(r->nm, "PR")) {
        o->payer = el(r, 3);
        o->payer_id = el(r, 9);
    }
}

static void name_in_claim(struct reader *r)
{
    struct claim *c = r->c;
    struct claim_provider *to = phi_is(r->nm, "82")   ? &c->rendering
                                : phi_is(r->nm, "71") ? &c->attending
                                : phi_is(r->nm, "72") ? &c->operating
                                                      : NULL;
    if (to)
        *to = provider(r);
}

static bool read_nm1(struct reader *r)
{
    struct claim *c = r->c;
    r->nm = el(r, 1);
    if (r->part == IN_HEAD && phi_is(r->nm, "41")) {
        c->submitter = el(r, 3);
        c->submitter_id = el(r, 9);
    } else if (r->part == IN_BILLING && phi_is(r->nm, "85")) {
        c->billing = provider(r);
    } else if (r->part == IN_SUBSCRIBER && phi_is(r->nm, "IL")) {
        c->subscriber = person(r);
    } else if (r->part == IN_SUBSCRIBER && phi_is(r->nm, "PR")) {
        c->payer = el(r, 3);
        c->payer_id = el(r, 9);
    } else if (r->part == IN_PATIENT && phi_is(r->nm, "QC")) {
        c->patient = person(r);
    } else if (r->part == IN_CLAIM) {
        name_in_claim(r);
    } else if (r->part == IN_OTHER) {
        name_in_other(r);
    }
    return true;
}

static bool read_dmg(struct reader *r)
{
    struct claim_person *p = r->part == IN_SUBSCRIBER ? &r->c->subscriber : &r->c->patient;
    if (!phi_empty(el(r, 2)) && !date_parse(el(r, 2), &p->dob))
        return fault(r, "CLM_VALUE", 2, "birth date is no date");
    p->sex = el(r, 3);
    return true;
}

/* ---- other segments ---- */

static bool read_sbr(struct reader *r)
{
    struct claim *c = r->c;
    if (r->part == IN_SUBSCRIBER) {
        c->rank = el(r, 1);
        c->relation = el(r, 2);
        c->group = el(r, 3);
        c->filing = el(r, 9);
        return true;
    }
    if (r->part == IN_LINE)
        return fault(r, "CLM_BODY", 0, "other payer stands below a service line");
    r->others = more(r->arena, r->others, c->others_n, &r->others_cap, sizeof *r->others);
    struct claim_other *o = &r->others[c->others_n++];
    *o = (struct claim_other){.rank = el(r, 1), .relation = el(r, 2), .filing = el(r, 9)};
    o->subscriber.dob = CLAIM_NO_DATE;
    r->part = IN_OTHER;
    r->nm.n = 0;
    return true;
}

static bool read_pat(struct reader *r)
{
    if (r->part == IN_PATIENT)
        r->c->relation = el(r, 1);
    return true;
}

static bool read_amt(struct reader *r)
{
    struct claim_other *o = other_now(r);
    if (!phi_is(el(r, 1), "D"))
        return true;
    o->paid_given = true;
    return money_parse(el(r, 2), &o->paid) ||
           fault(r, "CLM_VALUE", 2, "amount that the other payer paid is no amount");
}

static bool read_ref(struct reader *r)
{
    struct claim *c = r->c;
    phi_str q = el(r, 1), v = el(r, 2);
    if (r->part == IN_BILLING && phi_is(r->nm, "85") && (phi_is(q, "EI") || phi_is(q, "SY"))) {
        c->tax_id = v;
    } else if (r->part == IN_CLAIM && r->nm.n == 0) {
        phi_str *to = phi_is(q, "D9")   ? &c->trace
                      : phi_is(q, "F8") ? &c->payer_control
                      : phi_is(q, "G1") ? &c->authorization
                                        : NULL;
        if (to)
            *to = v;
    } else if (r->part == IN_OTHER && phi_is(r->nm, "PR") && phi_is(q, "F8")) {
        other_now(r)->control = v;
    } else if (r->part == IN_LINE && r->nm.n == 0 && phi_is(q, "6R")) {
        r->lines[c->lines_n - 1].control = v;
    }
    return true;
}

/* D8, RD8 or DT (a day and an hour) as a first and a last day; false when it is none of them. */
static bool days_of(phi_str form, phi_str v, int32_t *from, int32_t *thru)
{
    if (phi_is(form, "RD8"))
        return v.n == 17 && v.p[8] == '-' && date_parse(phi_of(v.p, 8), from) &&
               date_parse(phi_of(v.p + 9, 8), thru);
    bool hour = phi_is(form, "DT") && v.n > 8;
    if (!date_parse(hour ? phi_of(v.p, 8) : v, from))
        return false;
    *thru = *from;
    return true;
}

/* An entry that is no diagnosis is carried as it came: its values were the validator's to judge. */
static void keep_code(struct reader *r, phi_str v)
{
    struct claim *c = r->c;
    r->codes = more(r->arena, r->codes, c->codes_n, &r->codes_cap, sizeof *r->codes);
    struct claim_code *k = &r->codes[c->codes_n++];
    *k = (struct claim_code){.qualifier = part_of(v, 1),
                             .code = part_of(v, 2),
                             .from = CLAIM_NO_DATE,
                             .thru = CLAIM_NO_DATE,
                             .present = part_of(v, 9)};
    if (!days_of(part_of(v, 3), part_of(v, 4), &k->from, &k->thru))
        k->from = k->thru = CLAIM_NO_DATE;
    money_parse(part_of(v, 5), &k->amount);
}

static bool read_hi(struct reader *r)
{
    static const char *const wanted[] = {"ABK", "BK", "ABF", "BF"};
    struct claim *c = r->c;
    for (uint32_t i = 1; i < r->seg.n; i++) {
        phi_str q = part_of(el(r, i), 1);
        if (phi_empty(q))
            continue;
        keep_code(r, el(r, i));
        for (int k = 0; k < 4; k++) {
            if (!phi_is(q, wanted[k]))
                continue;
            r->dx = more(r->arena, r->dx, c->dx_n, &r->dx_cap, sizeof *r->dx);
            r->dx[c->dx_n++] = part_of(el(r, i), 2);
            break;
        }
    }
    return true;
}

static bool read_cl1(struct reader *r)
{
    r->c->admission_type = el(r, 1);
    r->c->admission_source = el(r, 2);
    r->c->patient_status = el(r, 3);
    return true;
}

static bool claim_date(struct reader *r)
{
    static const struct {
        const char *qualifier, *why;
    } said[] = {{"434", "statement date is no date"},
                {"435", "admission date is no date"},
                {"472", "service date is no date"}};
    int32_t none,
        *at[][2] = {{&r->bill, &r->bill_end}, {&r->c->admitted, &none}, {&r->from, &r->thru}};
    if (r->nm.n)
        return true;
    for (int i = 0; i < 3; i++)
        if (phi_is(el(r, 1), said[i].qualifier))
            return days_of(el(r, 2), el(r, 3), at[i][0], at[i][1]) ||
                   fault(r, "CLM_VALUE", 3, said[i].why);
    return true;
}

/* ---- lines ---- */

static bool read_lx(struct reader *r)
{
    struct claim *c = r->c;
    r->part = IN_LINE;
    r->nm.n = 0;
    r->lines = more(r->arena, r->lines, c->lines_n, &r->lines_cap, sizeof *r->lines);
    struct claim_line *l = &r->lines[c->lines_n++];
    *l = (struct claim_line){.from = CLAIM_NO_DATE, .thru = CLAIM_NO_DATE};
    l->segment = r->position;
    r->teeth = NULL;
    r->teeth_cap = 0;
    return number_of(el(r, 1), &l->number) || fault(r, "CLM_VALUE", 1, "line number is no number");
}

/* Where the parts of a service stand; 0: nowhere. */
struct service {
    uint32_t revenue, code, charge, unit, units, place, cavity, pointers, not_covered;
    bool coded; /* there must be a procedure code */
};

static bool service_code(struct reader *r, const struct service *at, struct claim_line *l)
{
    phi_str proc = el(r, at->code);
    if (!phi_empty(l->code) || !phi_empty(l->revenue))
        return fault(r, "CLM_BODY", 0, "service line has a second SV1, SV2 or SV3");
    if (at->revenue && phi_empty(l->revenue = el(r, at->revenue)))
        return fault(r, "CLM_VALUE", at->revenue, "service line has no revenue code");
    l->qualifier = part_of(proc, 1);
    l->code = part_of(proc, 2);
    if (at->coded && phi_empty(l->code))
        return fault(r, "CLM_VALUE", at->code, "service line has no procedure code");
    for (uint32_t i = 0; i < CLAIM_MODIFIERS; i++) {
        phi_str m = part_of(proc, 3 + i);
        if (!phi_empty(m))
            l->mods[l->mods_n++] = m;
    }
    return true;
}

static bool service_pointers(struct reader *r, uint32_t element, struct claim_line *l)
{
    phi_str to = el(r, element);
    for (uint32_t i = 0; i < CLAIM_POINTERS && !phi_empty(to); i++) {
        phi_str p = part_of(to, i + 1);
        if (phi_empty(p))
            break;
        if (!number_of(p, &l->pointers[l->pointers_n++]))
            return fault(r, "CLM_VALUE", element, "diagnosis pointer is no number");
    }
    return true;
}

static bool read_service(struct reader *r, const struct service *at)
{
    struct claim_line *l = &r->lines[r->c->lines_n - 1];
    if (!service_code(r, at, l))
        return false;
    if (!money_parse(el(r, at->charge), &l->charge))
        return fault(r, "CLM_VALUE", at->charge, "charge of the line is no amount");
    if (!phi_empty(el(r, at->units)) && !quantity_parse(el(r, at->units), &l->units))
        return fault(r, "CLM_VALUE", at->units, "units of the line are no number");
    if (at->unit)
        l->unit = el(r, at->unit);
    if (at->place)
        l->place = el(r, at->place);
    if (at->cavity)
        l->cavity = el(r, at->cavity);
    if (at->not_covered && !phi_empty(el(r, at->not_covered)) &&
        !money_parse(el(r, at->not_covered), &l->not_covered))
        return fault(r, "CLM_VALUE", at->not_covered, "amount not covered is no amount");
    return !at->pointers || service_pointers(r, at->pointers, l);
}

static bool read_sv1(struct reader *r)
{
    static const struct service at = {
        .code = 1, .charge = 2, .unit = 3, .units = 4, .place = 5, .pointers = 7, .coded = true};
    return read_service(r, &at);
}

static bool read_sv2(struct reader *r)
{
    static const struct service at = {
        .revenue = 1, .code = 2, .charge = 3, .unit = 4, .units = 5, .not_covered = 7};
    return read_service(r, &at);
}

/* A dental service without a quantity is one. */
static bool read_sv3(struct reader *r)
{
    static const struct service at = {
        .code = 1, .charge = 2, .place = 3, .cavity = 4, .units = 6, .pointers = 11, .coded = true};
    struct claim_line *l = &r->lines[r->c->lines_n - 1];
    if (!read_service(r, &at))
        return false;
    if (phi_empty(el(r, at.units)))
        l->units = 1000;
    return true;
}

static bool read_too(struct reader *r)
{
    struct claim_line *l = &r->lines[r->c->lines_n - 1];
    r->teeth = more(r->arena, r->teeth, l->teeth_n, &r->teeth_cap, sizeof *r->teeth);
    r->teeth[l->teeth_n++] = (struct claim_tooth){el(r, 2), el(r, 3)};
    l->teeth = r->teeth;
    return true;
}

static bool read_dtp(struct reader *r)
{
    if (r->part == IN_CLAIM)
        return claim_date(r);
    struct claim_line *l = &r->lines[r->c->lines_n - 1];
    if (!phi_is(el(r, 1), "472") || r->nm.n)
        return true;
    return days_of(el(r, 2), el(r, 3), &l->from, &l->thru) ||
           fault(r, "CLM_VALUE", 3, "service date is no date");
}

/* 2430 begins with SVD; what is below it is another payer's word about the line. */
static bool read_svd(struct reader *r)
{
    r->nm = el(r, 0);
    return true;
}

/* Which segment is read where. A segment that is not here is carried and not looked at. */
static const struct {
    const char id[4];
    unsigned parts;
    bool (*read)(struct reader *r);
} READERS[] = {
    {"REF", IN_BILLING | IN_CLAIM | IN_OTHER | IN_LINE, read_ref},
    {"NM1", ~0u, read_nm1},
    {"LX", IN_CLAIM | IN_OTHER | IN_LINE, read_lx},
    {"SV1", IN_LINE, read_sv1},
    {"DTP", IN_CLAIM | IN_LINE, read_dtp},
    {"SV2", IN_LINE, read_sv2},
    {"SV3", IN_LINE, read_sv3},
    {"TOO", IN_LINE, read_too},
    {"CL1", IN_CLAIM, read_cl1},
    {"HI", IN_CLAIM, read_hi},
    {"DMG", IN_SUBSCRIBER | IN_PATIENT, read_dmg},
    {"HL", ~0u, read_hl},
    {"SBR", IN_SUBSCRIBER | IN_CLAIM | IN_OTHER | IN_LINE, read_sbr},
    {"PAT", IN_PATIENT, read_pat},
    {"CLM", ~0u, read_clm},
    {"AMT", IN_OTHER, read_amt},
    {"SVD", IN_LINE, read_svd},
    {"ISA", IN_ENVELOPE, read_isa},
    {"GS", IN_ENVELOPE, read_gs},
    {"ST", IN_ENVELOPE, read_st},
    {"BHT", IN_HEAD, read_bht},
};

static bool read_segment(struct reader *r)
{
    phi_str id = seg_el(&r->seg, 0);
    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++) {
        const char *want = READERS[i].id;
        if (id.p[0] == want[0] && phi_is(id, want))
            return (READERS[i].parts & r->part) == 0 || READERS[i].read(r);
    }
    return true;
}

/* ---- the whole ---- */

static bool walk(struct reader *r, phi_str body)
{
    uint32_t *at = arena_alloc(r->arena, (body.n + 64) * sizeof *at);
    size_t n = scan_index(body.p, body.n, '*', '~', at);
    uint32_t start = 0;
    r->seg = (struct edi_seg){.base = body.p, .at = at};
    for (size_t i = 0, first = 0; i < n; i++) {
        if (body.p[at[i]] != '~')
            continue;
        r->seg = (struct edi_seg){body.p, at + first, start, (uint32_t)(i + 1 - first), start};
        if (at[first] == start)
            return fault(r, "CLM_BODY", 0, "segment has no id");
        r->position += r->part != IN_ENVELOPE;
        if (!read_segment(r))
            return false;
        first = i + 1;
        start = at[i] + 1;
    }
    if (start != body.n)
        return fault(r, "CLM_BODY", 0, "body does not end with a segment terminator");
    return true;
}

static void cut_parts(struct reader *r, phi_str body)
{
    struct claim_parts *p = &r->c->parts;
    uint32_t patient = r->at_patient ? r->at_patient : r->at_claim;
    uint32_t pos_patient = r->at_patient ? r->pos_patient : r->pos_claim;
    p->envelope = phi_of(body.p, r->at_st);
    p->head = phi_of(body.p + r->at_st, r->at_billing - r->at_st);
    p->billing = phi_of(body.p + r->at_billing, r->at_subscriber - r->at_billing);
    p->subscriber = phi_of(body.p + r->at_subscriber, patient - r->at_subscriber);
    p->patient = phi_of(body.p + patient, r->at_claim - patient);
    p->claim = phi_of(body.p + r->at_claim, body.n - r->at_claim);
    p->billing_segments = r->pos_subscriber - r->pos_billing;
    p->subscriber_segments = pos_patient - r->pos_subscriber;
    p->patient_segments = r->pos_claim - pos_patient;
    p->claim_segments = r->position + 1 - r->pos_claim;
}

static bool all_there(struct reader *r)
{
    struct claim *c = r->c;
    if (!r->at_st || !r->at_billing || !r->at_subscriber || !r->at_claim)
        return missing(r, "ST, a hierarchical level or the claim itself is missing");
    if (phi_empty(c->gs_control) || phi_empty(c->bht03))
        return missing(r, "GS or BHT is missing or has no reference");
    if (phi_empty(c->billing.last) || phi_empty(c->subscriber.last))
        return missing(r, "billing provider or subscriber has no name");
    if (phi_empty(c->payer_id))
        return missing(r, "payer has no id");
    if (c->dependent && phi_empty(c->patient.last))
        return missing(r, "dependent patient has no name");
    if (c->lines_n == 0)
        return missing(r, "claim has no service line");
    for (uint32_t i = 0; i < c->lines_n; i++)
        if (phi_empty(r->lines[i].code) && phi_empty(r->lines[i].revenue))
            return missing(r, "service line has no SV1, SV2 or SV3");
    return true;
}

/* The dates of the claim: the bill's own, else what its lines span. */
static void settle_dates(struct reader *r)
{
    struct claim *c = r->c;
    for (uint32_t i = 0; i < c->lines_n; i++) {
        struct claim_line *l = &r->lines[i];
        if (l->from == CLAIM_NO_DATE && c->kind == CLAIM_DENTAL) {
            l->from = r->from;
            l->thru = r->thru;
        }
        if (l->from == CLAIM_NO_DATE)
            continue;
        if (c->from == CLAIM_NO_DATE || l->from < c->from)
            c->from = l->from;
        if (l->thru > c->thru)
            c->thru = l->thru;
    }
    if (r->bill == CLAIM_NO_DATE)
        return;
    c->from = r->bill;
    c->thru = r->bill_end;
}

static void settle(struct reader *r)
{
    struct claim *c = r->c;
    settle_dates(r);
    c->lines = r->lines;
    c->others = r->others;
    c->dx = r->dx;
    c->codes = r->codes;
    if (!c->dependent)
        c->patient = c->subscriber;
    else if (phi_empty(c->patient.id))
        c->patient.id = c->subscriber.id;
}

bool claim_read(phi_str body, struct claim *out, struct arena *a)
{
    struct reader r = {.c = out,
                       .arena = a,
                       .part = IN_ENVELOPE,
                       .from = CLAIM_NO_DATE,
                       .thru = CLAIM_NO_DATE,
                       .bill = CLAIM_NO_DATE,
                       .bill_end = CLAIM_NO_DATE};
    *out = (struct claim){.from = CLAIM_NO_DATE, .thru = CLAIM_NO_DATE, .admitted = CLAIM_NO_DATE};
    out->subscriber.dob = out->patient.dob = CLAIM_NO_DATE;
    if (body.n < 106 || memcmp(body.p, "ISA*", 4) != 0 || body.p[104] != ':' ||
        body.p[105] != '~' || body.n > UINT32_MAX / 8) {
        out->fault = (struct claim_fault){
            "CLM_BODY", "body does not begin with a canonical ISA", "ISA", 0, 0, 0};
        return false;
    }
    if (!walk(&r, body))
        return false;
    out->dependent = r.at_patient != 0;
    if (!all_there(&r))
        return false;
    cut_parts(&r, body);
    settle(&r);
    return true;
}

const struct claim_code *claim_code_of(const struct claim *c, const char *qualifiers)
{
    phi_str list = phi_lit(qualifiers);
    for (uint32_t i = 0; i < c->codes_n; i++)
        for (uint32_t k = 1; k <= edi_parts(list, ' '); k++)
            if (phi_eq(c->codes[i].qualifier, edi_part(list, ' ', k)))
                return &c->codes[i];
    return NULL;
}

bool claim_line_sum(const struct claim *c, int64_t *cents)
{
    *cents = 0;
    for (uint32_t i = 0; i < c->lines_n; i++)
        if (!money_add(*cents, c->lines[i].charge, cents))
            return false;
    return true;
}
