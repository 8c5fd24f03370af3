/* One CLP with all below it. */
#include "common/edi/remit_parts.h"
#include "common/util/money.h"

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
            return remit_fail(why, seg, e, "an adjustment has an amount but no reason");
        if (!money_parse(amount, &c.cents))
            return remit_fail(why, seg, e + 1, "the amount of an adjustment cannot be read");
        c.has_qty = !phi_empty(qty);
        if (c.has_qty && !quantity_parse(qty, &c.qty))
            return remit_fail(why, seg, e + 2, "the quantity of an adjustment cannot be read");
        *list = remit_push(mem, *list, n, sizeof **list);
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
        return remit_fail(why, seg, 2, "an amount or quantity cannot be read");
    *list = remit_push(mem, *list, n, sizeof **list);
    (*list)[*n - 1] = a;
    return true;
}

static void date_segment(struct arena *mem, struct remit_date **list, uint32_t *n,
                         const struct edi_seg *seg)
{
    *list = remit_push(mem, *list, n, sizeof **list);
    (*list)[*n - 1] = remit_date_make(seg_el(seg, 1), seg_el(seg, 2));
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
        return remit_fail(why, seg, 5, "the units of a line cannot be read");
    if (!phi_empty(seg_el(seg, 7)) && !quantity_parse(seg_el(seg, 7), &l->billed_units))
        return remit_fail(why, seg, 7, "the billed units of a line cannot be read");
    return true;
}

static bool line_begin(struct remit *r, const struct edi_seg *seg, const struct edi_delims *d,
                       struct arena *mem, struct remit_fault *why)
{
    struct remit_line *l = PUSH(mem, r->lines, r->lines_n);
    *l = (struct remit_line){.seg = r->segments, .from = remit_no_date(), .to = remit_no_date()};
    if (!money_parse(seg_el(seg, 2), &l->charge))
        return remit_fail(why, seg, 2, "the charge of a line cannot be read");
    if (!phi_empty(seg_el(seg, 3)) && !money_parse(seg_el(seg, 3), &l->paid))
        return remit_fail(why, seg, 3, "the payment of a line cannot be read");
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
        remit_push_ref(mem, &l->refs, &l->refs_n, seg);
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
        return remit_fail(why, seg, 3, "the charge of a claim cannot be read");
    if (!money_parse(seg_el(seg, 4), &r->paid))
        return remit_fail(why, seg, 4, "the payment of a claim cannot be read");
    r->has_patient = !phi_empty(seg_el(seg, 5));
    if (r->has_patient && !money_parse(seg_el(seg, 5), &r->patient))
        return remit_fail(why, seg, 5, "the patient's share of a claim cannot be read");
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
        remit_push_ref(mem, &r->refs, &r->refs_n, seg);
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
