/* The head of an 835, and its provider level adjustments. */
#include "common/edi/remit_parts.h"
#include "common/util/money.h"

static phi_str trimmed(phi_str s)
{
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static bool head_bpr(struct payment *p, const struct edi_seg *seg, struct remit_fault *why)
{
    if (!money_parse(seg_el(seg, 2), &p->cents))
        return remit_fail(why, seg, 2, "the amount of the payment cannot be read");
    p->handling = seg_el(seg, 1);
    p->flag = seg_el(seg, 3);
    p->method = seg_el(seg, 4);
    p->format = seg_el(seg, 5);
    p->originator = seg_el(seg, 10);
    p->account = seg_el(seg, 15);
    p->date = remit_date_make(phi_lit("BPR"), seg_el(seg, 16));
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
        remit_push_ref(mem, &p->payee_refs, &p->payee_refs_n, seg);
    else if (p->payer_name.p)
        remit_push_ref(mem, &p->payer_refs, &p->payer_refs_n, seg);
    else
        remit_push_ref(mem, &p->refs, &p->refs_n, seg);
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
        p->production = remit_date_make(seg_el(seg, 1), seg_el(seg, 2));
    else if (seg_is(seg, "N1"))
        head_n1(p, seg);
    else if (seg_is(seg, "REF"))
        head_ref(p, seg, mem);
    head_settle(p);
    return true;
}

bool plb_segment(struct plb *p, const struct edi_seg *seg, const struct edi_delims *d, uint32_t k,
                 struct remit_fault *why)
{
    uint32_t e = 3 + 2 * k;
    phi_str what = seg_el(seg, e), amount = seg_el(seg, e + 1);
    *why = (struct remit_fault){.position = why->position};
    if (phi_empty(what) && phi_empty(amount))
        return false;
    if (phi_empty(what))
        return remit_fail(why, seg, e, "a provider adjustment has an amount but no reason");
    if (!money_parse(amount, &p->cents))
        return remit_fail(why, seg, e + 1, "the amount of a provider adjustment cannot be read");
    p->provider = seg_el(seg, 1);
    p->fiscal = remit_date_make(phi_lit("PLB"), seg_el(seg, 2));
    p->code = edi_part(what, d->comp, 1);
    p->reference = edi_part(what, d->comp, 2);
    return true;
}
