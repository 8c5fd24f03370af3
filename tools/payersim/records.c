/* Records: asked for with a 277 (005010X213), brought by a 275. */
#include "common/util/clock.h"
#include "common/util/date.h"
#include "tools/payersim/sets.h"
#include <stdio.h>

#define VERSION "005010X213"

static void heads(struct edi_writer *w, struct sets *to, const struct records_wish *x,
                  struct arena *a)
{
    char day[9], hour[5], reference[48];
    const struct claim *c = x->c;
    int hl = 0;
    snprintf(reference, sizeof reference, "RFAI%s", x->icn);
    sets_begin(w, to, "277", VERSION);
    ew_seg(w, "BHT", "0085", "48", reference, time_ccyymmdd(x->at_us, day),
           time_hhmm(x->at_us, hour), "RQ");
    outgoing_hl(w, &hl, 0, "20", "1");
    outgoing_name(w, "PR", "2", phi_lit(x->p->name), phi_of("", 0), "PI", phi_lit(x->p->id));
    ew_seg(w, "PER", "IC", "ATTACHMENTS", "TE", "8005550102");
    outgoing_hl(w, &hl, 1, "21", "1");
    outgoing_name(w, "41", "2", sets_clean(a, c->submitter), phi_of("", 0), "46",
                  sets_clean(a, c->submitter_id));
    outgoing_hl(w, &hl, 2, "19", "1");
    outgoing_name(w, "1P", phi_empty(c->billing.first) ? "2" : "1", sets_clean(a, c->billing.last),
                  sets_clean(a, c->billing.first), "XX", sets_clean(a, c->billing.npi));
    outgoing_hl(w, &hl, 3, "PT", "");
    outgoing_name(w, "QC", "1", sets_clean(a, c->patient.last), sets_clean(a, c->patient.first),
                  "MI", sets_clean(a, c->subscriber.id));
}

void records_set(struct sets *to, const struct records_wish *x)
{
    struct edi_writer w = {.out = &to->text, .d = EDI_CANONICAL};
    struct arena a = {0};
    char day[9], from[9], thru[9];
    const struct claim *c = x->c;
    heads(&w, to, x, &a);
    ew_seg(&w, "TRN", "1", x->icn);
    ew_begin(&w, "STC");
    ew_lit(&w, "R4");
    ew_comp(&w, phi_lit(x->k->loinc));
    ew_comp(&w, phi_of("", 0));
    ew_comp(&w, phi_lit("LOI"));
    ew_lit(&w, time_ccyymmdd(x->at_us, day));
    ew_lit(&w, "");
    ew_money(&w, c->charge);
    ew_end(&w);
    outgoing_pair(&w, "REF", "EJ", sets_clean(&a, c->pcn));
    if (c->from != CLAIM_NO_DATE)
        outgoing_dtp(&w, "472", phi_lit(date_ccyymmdd(c->from, from)),
                     phi_lit(date_ccyymmdd(c->thru, thru)));
    ew_seg(&w, "DTP", "106", "D8", time_ccyymmdd(x->at_us + x->k->by_us, day));
    ew_seg(&w, "PWK", "OZ", "EL");
    outgoing_se(&w, (int)to->n);
    arena_free(&a);
}

void records_read(phi_str body,
                  void (*each)(void *ctx, phi_str account, bool asked, phi_str number), void *ctx)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    phi_str account = {"", 0};
    while (scan_next(s, &seg) == SCAN_SEG)
        if (seg_is(&seg, "REF") && phi_is(seg_el(&seg, 1), "EJ"))
            account = seg_el(&seg, 2);
        else if (seg_is(&seg, "TRN"))
            each(ctx, account, phi_is(seg_el(&seg, 1), "2"), seg_el(&seg, 2));
    scan_free(s);
}
