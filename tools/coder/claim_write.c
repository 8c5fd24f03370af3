#include "tools/coder/claim_write.h"
#include "common/edi/write.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "tools/coder/pcn.h"
#include <stdio.h>

static const char VERSION[] = "005010X222A1";

struct out {
    struct edi_writer w;
    const struct enc *e;
    const struct practice *p;
    char pcn[PCN_SIZE];
    char usage;
    int64_t at_us;
    uint32_t control;
};

/* ---- pieces ---- */

static void blank(struct edi_writer *w, int n)
{
    while (n-- > 0)
        ew_lit(w, "");
}

/* NM1 of a person or an organisation, with an id when there is one. */
static void nm1(struct edi_writer *w, const char *code, bool person, phi_str last, phi_str first,
                phi_str middle, const char *id_kind, phi_str id)
{
    ew_begin(w, "NM1");
    ew_lit(w, code);
    ew_lit(w, person ? "1" : "2");
    ew_el(w, last);
    ew_el(w, first);
    ew_el(w, middle);
    blank(w, 2);
    ew_lit(w, id.n ? id_kind : "");
    ew_el(w, id);
    ew_end(w);
}

static const phi_str NONE = {"", 0};

static void address(struct edi_writer *w, const struct address *a)
{
    ew_begin(w, "N3");
    ew_el(w, a->line1);
    ew_el(w, a->line2);
    ew_end(w);
    ew_begin(w, "N4");
    ew_el(w, a->city);
    ew_el(w, a->state);
    ew_el(w, a->zip);
    ew_end(w);
}

static void dmg(struct edi_writer *w, const struct enc_person *p)
{
    char day[9];
    ew_begin(w, "DMG");
    ew_lit(w, "D8");
    ew_lit(w, date_ccyymmdd(p->dob, day));
    ew_el(w, p->sex);
    ew_end(w);
}

static void dtp(struct edi_writer *w, const char *code, int32_t from, int32_t thru)
{
    char a[9], b[9], range[20];
    date_ccyymmdd(from, a);
    date_ccyymmdd(thru, b);
    snprintf(range, sizeof range, "%s-%s", a, b);
    ew_seg(w, "DTP", code, from == thru ? "D8" : "RD8", from == thru ? a : range);
}

static void ref(struct edi_writer *w, const char *code, phi_str v)
{
    if (!v.n)
        return;
    ew_begin(w, "REF");
    ew_lit(w, code);
    ew_el(w, v);
    ew_end(w);
}

static void taxonomy(struct edi_writer *w, const char *role, const char *code)
{
    if (*code)
        ew_seg(w, "PRV", role, "PXC", code);
}

/* ---- loops ---- */

static void envelope(struct out *o)
{
    struct edi_writer *w = &o->w;
    char day[9], hour[5], control[12], usage[2] = {o->usage, 0};
    const char *us = practice_text(o->p, "office", "id");
    const char *to = practice_text(o->p, "clearinghouse", "id");
    ew_write_isa(w, &(struct ew_isa){practice_text(o->p, "office", "qualifier"), us,
                                     practice_text(o->p, "clearinghouse", "qualifier"), to, usage,
                                     "0", o->at_us, o->control});
    snprintf(control, sizeof control, "%u", o->control);
    ew_seg(w, "GS", "HC", us, to, time_ccyymmdd(o->at_us, day), time_hhmm(o->at_us, hour), control,
           "X", VERSION);
}

static void header(struct out *o)
{
    struct edi_writer *w = &o->w;
    char day[9], hour[5];
    w->segments = 0;
    ew_seg(w, "ST", "837", "0001", VERSION);
    ew_seg(w, "BHT", "0019", "00", o->pcn, time_ccyymmdd(o->at_us, day), time_hhmm(o->at_us, hour),
           "CH");
    nm1(w, "41", false, phi_lit(practice_text(o->p, "office", "name")), NONE, NONE, "46",
        phi_lit(practice_text(o->p, "office", "id")));
    ew_seg(w, "PER", "IC", practice_text(o->p, "office", "contact"), "TE",
           practice_text(o->p, "office", "phone"));
    nm1(w, "40", false, phi_lit(practice_text(o->p, "clearinghouse", "name")), NONE, NONE, "46",
        phi_lit(practice_text(o->p, "clearinghouse", "id")));
}

static void loop_2000A(struct out *o)
{
    struct edi_writer *w = &o->w;
    const struct provider *b = o->e->bill;
    ew_seg(w, "HL", "1", "", "20", "1");
    taxonomy(w, "BI", b->taxonomy);
    nm1(w, "85", b->person, phi_lit(b->last), phi_lit(b->first), NONE, "XX", phi_lit(b->npi));
    address(w, &b->address);
    ref(w, b->tax_kind, phi_lit(b->tax_id));
}

static void loop_2000B(struct out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc_cover *c = &o->e->covers[0];
    ew_seg(w, "HL", "2", "1", "22", c->self ? "0" : "1");
    ew_begin(w, "SBR");
    ew_lit(w, "P");
    ew_lit(w, c->self ? "18" : "");
    ew_el(w, c->group);
    blank(w, 5);
    ew_el(w, c->filing);
    ew_end(w);
    nm1(w, "IL", true, c->sub.last, c->sub.first, c->sub.middle, "MI", c->member);
    address(w, &c->sub.address);
    dmg(w, &c->sub);
    nm1(w, "PR", false, phi_lit(c->payer->name), NONE, NONE, c->payer->id_kind,
        phi_lit(c->payer->id));
}

static void loop_2000C(struct out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc_person *p = &o->e->patient;
    if (o->e->covers[0].self)
        return;
    ew_seg(w, "HL", "3", "2", "23", "0");
    ew_begin(w, "PAT");
    ew_el(w, o->e->covers[0].relation);
    ew_end(w);
    nm1(w, "QC", true, p->last, p->first, p->middle, "", NONE);
    address(w, &p->address);
    dmg(w, p);
}

static void clm(struct out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    ew_begin(w, "CLM");
    ew_lit(w, o->pcn);
    ew_money(w, e->total);
    blank(w, 2);
    ew_el(w, e->place);
    ew_comp(w, phi_lit("B"));
    ew_comp(w, e->freq);
    ew_lit(w, practice_text(o->p, "claims", "signature"));
    ew_lit(w, practice_text(o->p, "claims", "assignment"));
    ew_lit(w, practice_text(o->p, "claims", "benefits"));
    ew_lit(w, practice_text(o->p, "claims", "release"));
    ew_lit(w, "");
    ew_el(w, e->accident);
    if (e->accident_state.n) {
        ew_comp(w, NONE);
        ew_comp(w, NONE);
        ew_comp(w, e->accident_state);
    }
    ew_end(w);
}

static void diagnoses(struct out *o)
{
    struct edi_writer *w = &o->w;
    ew_begin(w, "HI");
    for (uint32_t i = 0; i < o->e->dx_n; i++) {
        ew_lit(w, i ? "ABF" : "ABK");
        ew_comp(w, o->e->dx[i]);
    }
    ew_end(w);
}

static void named(struct edi_writer *w, const char *code, const struct enc_named *n)
{
    if (n->npi.n)
        nm1(w, code, n->person, n->last, n->first, NONE, "XX", n->npi);
}

static void rendering(struct edi_writer *w, const struct provider *p)
{
    nm1(w, "82", p->person, phi_lit(p->last), phi_lit(p->first), NONE, "XX", phi_lit(p->npi));
    taxonomy(w, "PE", p->taxonomy);
}

static void providers(struct out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    named(w, "DN", &e->ref);
    if (e->rend != e->bill) /* S4-016 */
        rendering(w, e->rend);
    if (e->facility) {
        nm1(w, "77", false, phi_lit(e->facility->last), NONE, NONE, "XX",
            phi_lit(e->facility->npi));
        address(w, &e->facility->address);
    }
    named(w, "DQ", &e->sup);
}

/* Tests of a laboratory: CPT 80047 to 89398, or what is marked as waived. */
static bool is_test(const struct enc_line *l)
{
    for (uint32_t i = 0; i < l->mods_n; i++)
        if (phi_is(l->mods[i], "QW"))
            return true;
    return l->code.n == 5 && phi_cmp(l->code, phi_lit("80047")) >= 0 &&
           phi_cmp(l->code, phi_lit("89398")) <= 0;
}

static bool has_test(const struct enc *e)
{
    for (uint32_t i = 0; i < e->lines_n; i++)
        if (is_test(&e->lines[i]))
            return true;
    return false;
}

static void loop_2300(struct out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    clm(o);
    if (e->accident.n)
        dtp(w, "439", e->accident_day, e->accident_day);
    if (e->paid) {
        ew_begin(w, "AMT");
        ew_lit(w, "F5");
        ew_money(w, e->paid);
        ew_end(w);
    }
    ref(w, "G1", e->auth);
    ref(w, "F8", e->icn);
    if (has_test(e))
        ref(w, "X4", e->clia);
    diagnoses(o);
    providers(o);
}

/* The other coverages of the patient: who they are, and nothing of what they may pay. */
static void loop_2320(struct out *o, const struct enc_cover *c)
{
    struct edi_writer *w = &o->w;
    static const char RANK[] = "PSTABCDEFGH";
    char rank[2] = {RANK[c->rank - 1], 0};
    ew_begin(w, "SBR");
    ew_lit(w, rank);
    ew_el(w, c->relation);
    ew_el(w, c->group);
    blank(w, 5);
    ew_el(w, c->filing);
    ew_end(w);
    ew_seg(w, "OI", "", "", practice_text(o->p, "claims", "benefits"), "", "",
           practice_text(o->p, "claims", "release"));
    nm1(w, "IL", true, c->sub.last, c->sub.first, c->sub.middle, "MI", c->member);
    address(w, &c->sub.address);
    nm1(w, "PR", false, phi_lit(c->payer->name), NONE, NONE, c->payer->id_kind,
        phi_lit(c->payer->id));
}

static void service(struct edi_writer *w, const struct enc_line *l)
{
    char n[12];
    ew_begin(w, "SV1");
    ew_lit(w, "HC");
    ew_comp(w, l->code);
    for (uint32_t i = 0; i < l->mods_n; i++)
        ew_comp(w, l->mods[i]);
    ew_money(w, l->cents);
    ew_el(w, l->unit);
    ew_el(w, l->units_text);
    ew_el(w, l->pos);
    ew_lit(w, "");
    for (uint32_t i = 0; i < l->pointers_n; i++) {
        snprintf(n, sizeof n, "%u", l->pointers[i]);
        if (i)
            ew_comp(w, phi_lit(n));
        else
            ew_lit(w, n);
    }
    ew_end(w);
}

static void drug(struct edi_writer *w, const struct enc_line *l)
{
    if (!l->ndc.n)
        return;
    ew_begin(w, "LIN");
    ew_lit(w, "");
    ew_lit(w, "N4");
    ew_el(w, l->ndc);
    ew_end(w);
    ew_begin(w, "CTP");
    blank(w, 3);
    ew_el(w, l->ndc_qty);
    ew_el(w, l->ndc_unit);
    ew_end(w);
}

static void loop_2400(struct out *o, uint32_t i)
{
    struct edi_writer *w = &o->w;
    const struct enc_line *l = &o->e->lines[i];
    char control[PCN_SIZE + 12];
    ew_begin(w, "LX");
    ew_int(w, i + 1);
    ew_end(w);
    service(w, l);
    dtp(w, "472", l->from, l->thru);
    snprintf(control, sizeof control, "%sL%u", o->pcn, i + 1);
    ref(w, "6R", phi_lit(control));
    drug(w, l);
    if (l->rend) /* 2420A */
        rendering(w, l->rend);
}

void claim_write(struct buf *out, const struct enc *e, const struct practice *p, char usage,
                 int64_t at_us, uint32_t control)
{
    struct out o = {.w = {.out = out, .d = EDI_CANONICAL, .newline = ""},
                    .e = e,
                    .p = p,
                    .usage = usage,
                    .at_us = at_us,
                    .control = control};
    pcn_make(practice_text(p, "office", "id"), e->system, e->id, o.pcn);
    envelope(&o);
    header(&o);
    loop_2000A(&o);
    loop_2000B(&o);
    loop_2000C(&o);
    loop_2300(&o);
    for (uint32_t i = 1; i < e->covers_n; i++)
        loop_2320(&o, &e->covers[i]);
    for (uint32_t i = 0; i < e->lines_n; i++)
        loop_2400(&o, i);
    ew_begin(&o.w, "SE");
    ew_int(&o.w, o.w.segments + 1);
    ew_lit(&o.w, "0001");
    ew_end(&o.w);
}
