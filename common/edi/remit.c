#include "common/edi/remit.h"
#include "common/util/date.h"
#include "common/util/money.h"

/* Lists grow by doubling inside the arena: a list is full when its length is a power of two. */
static void *list_push(struct arena *mem, void *list, uint32_t *n, size_t size)
{
    uint32_t len = *n;
    char *p = list;
    if ((len & (len - 1)) == 0) {
        p = arena_alloc(mem, size * (len ? 2 * (size_t)len : 1));
        if (len)
            memcpy(p, list, size * len);
    }
    *n = len + 1;
    return p;
}
/* The new, zeroed last entry of list of n entries. */
#define PUSH(mem, list, n) ((list) = list_push(mem, list, &(n), sizeof *(list)), &(list)[(n)-1])

static bool fault(struct remit_fault *why, const struct edi_seg *seg, uint32_t element,
                  const char *text)
{
    if (!why)
        return false;
    phi_str id = seg_el(seg, 0);
    size_t n = id.n < sizeof why->segment - 1 ? id.n : sizeof why->segment - 1;
    memcpy(why->segment, id.p, n);
    why->segment[n] = 0;
    why->element = element;
    why->text = text;
    return false;
}

static phi_str trimmed(phi_str s)
{
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static struct remit_date date_of(phi_str qual, phi_str value)
{
    struct remit_date d = {qual, value, REMIT_NO_DATE};
    int32_t days;
    if (date_parse(value, &days))
        d.days = days;
    return d;
}

static struct remit_date no_date(void)
{
    return (struct remit_date){.days = REMIT_NO_DATE};
}

static void ref_push(struct arena *mem, struct remit_ref **list, uint32_t *n,
                     const struct edi_seg *seg)
{
    *list = list_push(mem, *list, n, sizeof **list);
    (*list)[*n - 1] = (struct remit_ref){seg_el(seg, 1), seg_el(seg, 2)};
}

/* --- The head of a set -------------------------------------------------------------------- */

static bool head_bpr(struct payment *p, const struct edi_seg *seg, struct remit_fault *why)
{
    if (!money_parse(seg_el(seg, 2), &p->cents))
        return fault(why, seg, 2, "the amount of the payment cannot be read");
    p->handling = seg_el(seg, 1);
    p->flag = seg_el(seg, 3);
    p->method = seg_el(seg, 4);
    p->format = seg_el(seg, 5);
    p->originator = seg_el(seg, 10);
    p->account = seg_el(seg, 15);
    p->date = date_of(phi_lit("BPR"), seg_el(seg, 16));
    return true;
}

static void head_trn(struct payment *p, const struct edi_seg *seg)
{
    p->trace = seg_el(seg, 2);
    p->trace_origin = seg_el(seg, 3);
    p->trace_more = seg_el(seg, 4);
}

static void head_n1(struct payment *p, const struct edi_seg *seg)
{
    if (phi_is(seg_el(seg, 1), "PR")) {
        p->payer_name = seg_el(seg, 2);
        p->payer_qual = seg_el(seg, 3);
        p->payer_id = seg_el(seg, 4);
    } else if (phi_is(seg_el(seg, 1), "PE")) {
        p->payee_name = seg_el(seg, 2);
        p->payee_qual = seg_el(seg, 3);
        p->payee_id = seg_el(seg, 4);
    }
}

static void head_ref(struct payment *p, const struct edi_seg *seg, struct arena *mem)
{
    if (p->payee_name.p) /* set by N1, be it empty */
        ref_push(mem, &p->payee_refs, &p->payee_refs_n, seg);
    else if (p->payer_name.p)
        ref_push(mem, &p->payer_refs, &p->payer_refs_n, seg);
    else
        ref_push(mem, &p->refs, &p->refs_n, seg);
}

static void head_isa(struct payment *p, const struct edi_seg *seg)
{
    p->isa_sender = trimmed(seg_el(seg, 6));
    p->isa_receiver = trimmed(seg_el(seg, 8));
    p->isa_control = trimmed(seg_el(seg, 13));
    p->usage = trimmed(seg_el(seg, 15));
}

/* What several places may say is settled again whenever one of them was read. */
static void head_settle(struct payment *p)
{
    phi_str number = remit_ref_of(p->payer_refs, p->payer_refs_n, "2U");
    if (phi_empty(number))
        number = p->payer_id;
    if (phi_empty(number))
        number = p->originator;
    p->payer_number = phi_empty(number) ? p->trace_origin : number;
    p->payee_npi = phi_is(p->payee_qual, "XX")
                       ? p->payee_id
                       : remit_ref_of(p->payee_refs, p->payee_refs_n, "HPI");
    p->payee_tax = phi_is(p->payee_qual, "FI") ? p->payee_id
                                               : remit_ref_of(p->payee_refs, p->payee_refs_n, "TJ");
}

bool payment_segment(struct payment *p, const struct edi_seg *seg, const struct edi_delims *d,
                     struct arena *mem, struct remit_fault *why)
{
    (void)d;
    if (seg_is(seg, "ISA"))
        head_isa(p, seg);
    else if (seg_is(seg, "GS"))
        p->gs_control = seg_el(seg, 6);
    else if (seg_is(seg, "ST"))
        p->st_control = seg_el(seg, 2);
    else if (seg_is(seg, "BPR") && !head_bpr(p, seg, why))
        return false;
    else if (seg_is(seg, "TRN"))
        head_trn(p, seg);
    else if (seg_is(seg, "DTM") && phi_is(seg_el(seg, 1), "405"))
        p->production = date_of(seg_el(seg, 1), seg_el(seg, 2));
    else if (seg_is(seg, "N1"))
        head_n1(p, seg);
    else if (seg_is(seg, "REF"))
        head_ref(p, seg, mem);
    head_settle(p);
    return true;
}

/* --- What claims and lines have alike ------------------------------------------------------- */

static bool cas_segment(struct arena *mem, struct remit_cas **list, uint32_t *n,
                        const struct edi_seg *seg, uint32_t at, struct remit_fault *why)
{
    for (uint32_t trio = 1, e = 2; trio <= 6; trio++, e += 3) {
        struct remit_cas c = {.seg = at, .trio = (uint8_t)trio, .group = seg_el(seg, 1)};
        phi_str amount = seg_el(seg, e + 1), qty = seg_el(seg, e + 2);
        c.reason = seg_el(seg, e);
        if (phi_empty(c.reason) && phi_empty(amount) && phi_empty(qty))
            continue;
        if (phi_empty(c.reason))
            return fault(why, seg, e, "an adjustment has an amount but no reason");
        if (!money_parse(amount, &c.cents))
            return fault(why, seg, e + 1, "the amount of an adjustment cannot be read");
        c.has_qty = !phi_empty(qty);
        if (c.has_qty && !quantity_parse(qty, &c.qty))
            return fault(why, seg, e + 2, "the quantity of an adjustment cannot be read");
        *list = list_push(mem, *list, n, sizeof **list);
        (*list)[*n - 1] = c;
    }
    return true;
}

static bool amount_segment(struct arena *mem, struct remit_amount **list, uint32_t *n,
                           const struct edi_seg *seg, struct remit_fault *why)
{
    struct remit_amount a = {.qual = seg_el(seg, 1)};
    bool money = seg_is(seg, "AMT");
    if (money ? !money_parse(seg_el(seg, 2), &a.value) : !quantity_parse(seg_el(seg, 2), &a.value))
        return fault(why, seg, 2, "an amount or quantity cannot be read");
    *list = list_push(mem, *list, n, sizeof **list);
    (*list)[*n - 1] = a;
    return true;
}

static void date_segment(struct arena *mem, struct remit_date **list, uint32_t *n,
                         const struct edi_seg *seg)
{
    *list = list_push(mem, *list, n, sizeof **list);
    (*list)[*n - 1] = date_of(seg_el(seg, 1), seg_el(seg, 2));
}

/* --- Lines ---------------------------------------------------------------------------------- */

/* Procedure composite: qualifier, code, up to four modifiers. */
static void procedure(phi_str el, char comp, phi_str *qual, phi_str *code, phi_str mods[4],
                      uint32_t *mods_n)
{
    *qual = edi_part(el, comp, 1);
    *code = edi_part(el, comp, 2);
    *mods_n = 0;
    for (uint32_t c = 3; c <= 6; c++) {
        phi_str m = edi_part(el, comp, c);
        if (!phi_empty(m))
            mods[(*mods_n)++] = m;
    }
}

static bool line_units(struct remit_line *l, const struct edi_seg *seg, struct remit_fault *why)
{
    l->units = 1000;
    l->has_units = !phi_empty(seg_el(seg, 5));
    if (l->has_units && !quantity_parse(seg_el(seg, 5), &l->units))
        return fault(why, seg, 5, "the units of a line cannot be read");
    if (!phi_empty(seg_el(seg, 7)) && !quantity_parse(seg_el(seg, 7), &l->billed_units))
        return fault(why, seg, 7, "the billed units of a line cannot be read");
    return true;
}

static bool line_begin(struct remit *r, const struct edi_seg *seg, const struct edi_delims *d,
                       struct arena *mem, struct remit_fault *why)
{
    struct remit_line *l = PUSH(mem, r->lines, r->lines_n);
    *l = (struct remit_line){.seg = r->segments, .from = no_date(), .to = no_date()};
    if (!money_parse(seg_el(seg, 2), &l->charge))
        return fault(why, seg, 2, "the charge of a line cannot be read");
    if (!phi_empty(seg_el(seg, 3)) && !money_parse(seg_el(seg, 3), &l->paid))
        return fault(why, seg, 3, "the payment of a line cannot be read");
    procedure(seg_el(seg, 1), d->comp, &l->qual, &l->code, l->mods, &l->mods_n);
    procedure(seg_el(seg, 6), d->comp, &l->billed_qual, &l->billed_code, l->billed_mods,
              &l->billed_mods_n);
    l->revenue = seg_el(seg, 4);
    return line_units(l, seg, why);
}

static void line_date(struct remit_line *l, const struct edi_seg *seg, struct arena *mem)
{
    date_segment(mem, &l->dates, &l->dates_n, seg);
    const struct remit_date *got = &l->dates[l->dates_n - 1];
    if (phi_is(got->qual, "472"))
        l->from = l->to = *got;
    else if (phi_is(got->qual, "150"))
        l->from = *got;
    else if (phi_is(got->qual, "151"))
        l->to = *got;
    if (l->to.days == REMIT_NO_DATE)
        l->to = l->from;
}

static bool line_segment(struct remit *r, const struct edi_seg *seg, struct arena *mem,
                         struct remit_fault *why)
{
    struct remit_line *l = &r->lines[r->lines_n - 1];
    if (seg_is(seg, "CAS"))
        return cas_segment(mem, &l->cas, &l->cas_n, seg, r->segments, why);
    if (seg_is(seg, "QTY"))
        return amount_segment(mem, &l->qtys, &l->qtys_n, seg, why);
    if (seg_is(seg, "AMT")) {
        if (!amount_segment(mem, &l->amts, &l->amts_n, seg, why))
            return false;
        l->has_allowed = remit_amount_of(l->amts, l->amts_n, "B6", &l->allowed);
    } else if (seg_is(seg, "DTM")) {
        line_date(l, seg, mem);
    } else if (seg_is(seg, "REF")) {
        ref_push(mem, &l->refs, &l->refs_n, seg);
        l->control = remit_ref_of(l->refs, l->refs_n, "6R");
    } else if (seg_is(seg, "LQ")) {
        *PUSH(mem, l->remarks, l->remarks_n) =
            (struct remit_remark){seg_el(seg, 1), seg_el(seg, 2)};
    }
    return true;
}

/* --- Claims --------------------------------------------------------------------------------- */

static bool claim_begin(struct remit *r, const struct edi_seg *seg, struct remit_fault *why)
{
    if (!money_parse(seg_el(seg, 3), &r->charge))
        return fault(why, seg, 3, "the charge of a claim cannot be read");
    if (!money_parse(seg_el(seg, 4), &r->paid))
        return fault(why, seg, 4, "the payment of a claim cannot be read");
    r->has_patient = !phi_empty(seg_el(seg, 5));
    if (r->has_patient && !money_parse(seg_el(seg, 5), &r->patient))
        return fault(why, seg, 5, "the patient's share of a claim cannot be read");
    r->account = seg_el(seg, 1);
    r->status = seg_el(seg, 2);
    r->filing = seg_el(seg, 6);
    r->payer_control = seg_el(seg, 7);
    r->place = seg_el(seg, 8);
    r->frequency = seg_el(seg, 9);
    r->drg = seg_el(seg, 11);
    return true;
}

/* MIA05 and MIA20 to 23, MOA03 to 07 are remark codes. */
static void remarks_segment(struct remit *r, const struct edi_seg *seg, struct arena *mem)
{
    static const uint8_t mia[] = {5, 20, 21, 22, 23}, moa[] = {3, 4, 5, 6, 7};
    const uint8_t *at = seg_is(seg, "MIA") ? mia : moa;
    for (size_t i = 0; i < sizeof mia; i++) {
        phi_str code = seg_el(seg, at[i]);
        if (!phi_empty(code))
            *PUSH(mem, r->remarks, r->remarks_n) = (struct remit_remark){phi_lit("HE"), code};
    }
}

static void name_segment(struct remit *r, const struct edi_seg *seg, struct arena *mem)
{
    *PUSH(mem, r->names, r->names_n) = (struct remit_name){
        .entity = seg_el(seg, 1),
        .type = seg_el(seg, 2),
        .last = seg_el(seg, 3),
        .first = seg_el(seg, 4),
        .middle = seg_el(seg, 5),
        .suffix = seg_el(seg, 7),
        .id_qual = seg_el(seg, 8),
        .id = seg_el(seg, 9),
    };
}

static bool claim_segment(struct remit *r, const struct edi_seg *seg, struct arena *mem,
                          struct remit_fault *why)
{
    if (seg_is(seg, "CAS"))
        return cas_segment(mem, &r->cas, &r->cas_n, seg, r->segments, why);
    if (seg_is(seg, "AMT"))
        return amount_segment(mem, &r->amts, &r->amts_n, seg, why);
    if (seg_is(seg, "QTY"))
        return amount_segment(mem, &r->qtys, &r->qtys_n, seg, why);
    if (seg_is(seg, "NM1"))
        name_segment(r, seg, mem);
    else if (seg_is(seg, "MIA") || seg_is(seg, "MOA"))
        remarks_segment(r, seg, mem);
    else if (seg_is(seg, "REF"))
        ref_push(mem, &r->refs, &r->refs_n, seg);
    else if (seg_is(seg, "DTM"))
        date_segment(mem, &r->dates, &r->dates_n, seg);
    return true;
}

bool remit_segment(struct remit *r, const struct edi_seg *seg, const struct edi_delims *d,
                   struct arena *mem, struct remit_fault *why)
{
    bool ok;
    if (r->segments == 0)
        ok = claim_begin(r, seg, why);
    else if (seg_is(seg, "SVC"))
        ok = line_begin(r, seg, d, mem, why);
    else
        ok = r->lines_n ? line_segment(r, seg, mem, why) : claim_segment(r, seg, mem, why);
    r->segments++;
    return ok;
}

/* --- Provider level adjustments ------------------------------------------------------------- */

bool plb_segment(struct plb *p, const struct edi_seg *seg, const struct edi_delims *d, uint32_t k,
                 struct remit_fault *why)
{
    uint32_t e = 3 + 2 * k;
    phi_str what = seg_el(seg, e), amount = seg_el(seg, e + 1);
    *why = (struct remit_fault){.position = why->position};
    if (phi_empty(what) && phi_empty(amount))
        return false;
    if (phi_empty(what))
        return fault(why, seg, e, "a provider adjustment has an amount but no reason");
    if (!money_parse(amount, &p->cents))
        return fault(why, seg, e + 1, "the amount of a provider adjustment cannot be read");
    p->provider = seg_el(seg, 1);
    p->fiscal = date_of(phi_lit("PLB"), seg_el(seg, 2));
    p->code = edi_part(what, d->comp, 1);
    p->reference = edi_part(what, d->comp, 2);
    return true;
}

/* --- Bodies --------------------------------------------------------------------------------- */

/* What a body is read into; the parts that its kind has not are NULL. */
struct reading {
    struct payment *head;
    struct remit *remit;
    struct plb *plb;
    struct arena *mem;
    struct remit_fault why;
    uint32_t position;
    bool paid, found; /* BPR seen; CLP or PLB seen */
};

static bool reading_segment(struct reading *g, const struct edi_seg *seg,
                            const struct edi_delims *d)
{
    if (seg_is(seg, "CLP") && g->remit && !g->found)
        return g->found = true, remit_segment(g->remit, seg, d, g->mem, &g->why);
    if (g->found && g->remit) {
        if (seg_is(seg, "CLP"))
            return fault(&g->why, seg, 0, "a remittance record has more than one CLP");
        return seg_is(seg, "SE") || remit_segment(g->remit, seg, d, g->mem, &g->why);
    }
    if (seg_is(seg, "PLB") && g->plb && !g->found) {
        g->plb->seg = g->position;
        g->found = plb_segment(g->plb, seg, d, 0, &g->why);
        return g->found;
    }
    if (seg_is(seg, "LX") && g->remit)
        g->remit->lx = seg_el(seg, 1);
    g->paid = g->paid || seg_is(seg, "BPR");
    return payment_segment(g->head, seg, d, g->mem, &g->why);
}

static bool reading_fail(struct reading *g, const char *text)
{
    if (!g->why.text)
        g->why.text = text;
    g->why.position = g->position;
    return false;
}

static bool reading_run(struct reading *g, struct scan *s)
{
    struct edi_seg seg;
    enum scan_event ev;
    while ((ev = scan_next(s, &seg)) == SCAN_SEG) {
        if (g->position || seg_is(&seg, "ST"))
            g->position++;
        if (!reading_segment(g, &seg, scan_delims(s)))
            return reading_fail(g, "the segment cannot be read");
    }
    if (ev == SCAN_FAULT)
        return reading_fail(g, scan_fault(s)->text);
    if (!g->paid)
        return reading_fail(g, "the body has no BPR");
    if ((g->remit || g->plb) && !g->found)
        return reading_fail(g, g->remit ? "the body has no CLP" : "the body has no PLB");
    return true;
}

static bool read_body(struct reading *g, phi_str body, struct remit_fault *why)
{
    g->head->date = g->head->production = no_date();
    struct scan *s = scan_fragment(body.p, body.n);
    bool ok = reading_run(g, s);
    scan_free(s);
    if (!ok && why)
        *why = g->why;
    return ok;
}

bool payment_read(phi_str body, struct arena *mem, struct payment *out, struct remit_fault *why)
{
    *out = (struct payment){0};
    return read_body(&(struct reading){.head = out, .mem = mem}, body, why);
}

bool remit_read(phi_str body, struct arena *mem, struct remit *out, struct remit_fault *why)
{
    *out = (struct remit){0};
    return read_body(&(struct reading){.head = &out->head, .remit = out, .mem = mem}, body, why);
}

bool plb_read(phi_str body, struct arena *mem, struct plb *out, struct remit_fault *why)
{
    *out = (struct plb){.fiscal = no_date()};
    return read_body(&(struct reading){.head = &out->head, .plb = out, .mem = mem}, body, why);
}

/* --- Looking things up ---------------------------------------------------------------------- */

phi_str remit_ref_of(const struct remit_ref *refs, uint32_t n, const char *qual)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_is(refs[i].qual, qual))
            return refs[i].value;
    return (phi_str){0};
}

const struct remit_name *remit_name_of(const struct remit *r, const char *entity)
{
    for (uint32_t i = 0; i < r->names_n; i++)
        if (phi_is(r->names[i].entity, entity))
            return &r->names[i];
    return NULL;
}

const struct remit_date *remit_date_of(const struct remit_date *dates, uint32_t n, const char *qual)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_is(dates[i].qual, qual))
            return &dates[i];
    return NULL;
}

bool remit_amount_of(const struct remit_amount *amts, uint32_t n, const char *qual, int64_t *cents)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_is(amts[i].qual, qual))
            return *cents = amts[i].value, true;
    return false;
}

static void line_span(const struct remit *r, int32_t *from, int32_t *to)
{
    for (uint32_t i = 0; i < r->lines_n; i++) {
        const struct remit_line *l = &r->lines[i];
        if (l->from.days != REMIT_NO_DATE && (*from == REMIT_NO_DATE || l->from.days < *from))
            *from = l->from.days;
        if (l->to.days > *to) /* REMIT_NO_DATE is below every date */
            *to = l->to.days;
    }
}

void remit_service_dates(const struct remit *r, int32_t *from, int32_t *to)
{
    const struct remit_date *a = remit_date_of(r->dates, r->dates_n, "232");
    const struct remit_date *b = remit_date_of(r->dates, r->dates_n, "233");
    *from = a ? a->days : REMIT_NO_DATE;
    *to = b ? b->days : REMIT_NO_DATE;
    if (*from == REMIT_NO_DATE && *to == REMIT_NO_DATE)
        line_span(r, from, to);
    if (*to == REMIT_NO_DATE)
        *to = *from;
    if (*from == REMIT_NO_DATE)
        *from = *to;
}

bool remit_cas_sum(const struct remit_cas *cas, uint32_t n, int64_t *cents)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!money_add(sum, cas[i].cents, &sum))
            return false;
    *cents = sum;
    return true;
}

bool remit_lines_cas_sum(const struct remit *r, int64_t *cents)
{
    int64_t sum = 0, one;
    for (uint32_t i = 0; i < r->lines_n; i++)
        if (!remit_cas_sum(r->lines[i].cas, r->lines[i].cas_n, &one) || !money_add(sum, one, &sum))
            return false;
    *cents = sum;
    return true;
}
