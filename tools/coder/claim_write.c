#include "tools/coder/claim_write.h"
#include "common/util/clock.h"
#include "tools/coder/claim_parts.h"
#include <stdio.h>

/* Loop 2300 up to 2310, and loop 2400, of a professional claim. */
static void loop_2300(struct claim_out *o);
static void loop_2400(struct claim_out *o, uint32_t i);

static const struct {
    const char *version;
    void (*claim)(struct claim_out *);          /* loop 2300 up to 2310 */
    void (*line)(struct claim_out *, uint32_t); /* loop 2400 */
} KINDS[] = {[ENC_PROFESSIONAL] = {"005010X222A1", loop_2300, loop_2400},
             [ENC_INSTITUTIONAL] = {"005010X223A2", claim_inst_2300, claim_inst_2400},
             [ENC_DENTAL] = {"005010X224A2", claim_dental_2300, claim_dental_2400}};

/* ---- loops ---- */

static void envelope(struct claim_out *o)
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
           "X", KINDS[o->e->kind].version);
}

static void header(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    char day[9], hour[5];
    w->segments = 0;
    ew_seg(w, "ST", "837", "0001", KINDS[o->e->kind].version);
    ew_seg(w, "BHT", "0019", "00", o->pcn, time_ccyymmdd(o->at_us, day), time_hhmm(o->at_us, hour),
           "CH");
    cw_nm1(w, "41", false, phi_lit(practice_text(o->p, "office", "name")), CW_NONE, CW_NONE, "46",
           phi_lit(practice_text(o->p, "office", "id")));
    ew_seg(w, "PER", "IC", practice_text(o->p, "office", "contact"), "TE",
           practice_text(o->p, "office", "phone"));
    cw_nm1(w, "40", false, phi_lit(practice_text(o->p, "clearinghouse", "name")), CW_NONE, CW_NONE,
           "46", phi_lit(practice_text(o->p, "clearinghouse", "id")));
}

static void loop_2000A(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct provider *b = o->e->bill;
    ew_seg(w, "HL", "1", "", "20", "1");
    cw_taxonomy(w, "BI", b->taxonomy);
    cw_nm1(w, "85", b->person, phi_lit(b->last), phi_lit(b->first), CW_NONE, "XX", phi_lit(b->npi));
    cw_address(w, &b->address);
    cw_ref(w, b->tax_kind, phi_lit(b->tax_id));
}

static void loop_2000B(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc_cover *c = &o->e->covers[0];
    ew_seg(w, "HL", "2", "1", "22", c->self ? "0" : "1");
    ew_begin(w, "SBR");
    ew_lit(w, "P");
    ew_lit(w, c->self ? "18" : "");
    ew_el(w, c->group);
    cw_blank(w, 5);
    ew_el(w, c->filing);
    ew_end(w);
    cw_nm1(w, "IL", true, c->sub.last, c->sub.first, c->sub.middle, "MI", c->member);
    cw_address(w, &c->sub.address);
    cw_dmg(w, &c->sub);
    cw_nm1(w, "PR", false, phi_lit(c->payer->name), CW_NONE, CW_NONE, c->payer->id_kind,
           phi_lit(c->payer->id));
}

static void loop_2000C(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc_person *p = &o->e->patient;
    if (o->e->covers[0].self)
        return;
    ew_seg(w, "HL", "3", "2", "23", "0");
    ew_begin(w, "PAT");
    ew_el(w, o->e->covers[0].relation);
    ew_end(w);
    cw_nm1(w, "QC", true, p->last, p->first, p->middle, "", CW_NONE);
    cw_address(w, &p->address);
    cw_dmg(w, p);
}

void claim_clm(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    ew_begin(w, "CLM");
    ew_lit(w, o->pcn);
    ew_money(w, e->total);
    cw_blank(w, 2);
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
        ew_comp(w, CW_NONE);
        ew_comp(w, CW_NONE);
        ew_comp(w, e->accident_state);
    }
    ew_end(w);
}

static void diagnoses(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    ew_begin(w, "HI");
    for (uint32_t i = 0; i < o->e->dx_n; i++) {
        ew_lit(w, i ? "ABF" : "ABK");
        ew_comp(w, o->e->dx[i]);
    }
    ew_end(w);
}

static void providers(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    cw_named(w, "DN", &e->ref);
    if (e->rend != e->bill) /* S4-016 */
        cw_rendering(w, e->rend);
    cw_facility(w, e->facility);
    cw_named(w, "DQ", &e->sup);
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

static void loop_2300(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    claim_clm(o);
    if (e->accident.n)
        cw_dtp(w, "439", e->accident_day, e->accident_day);
    cw_papers(o);
    if (e->paid) {
        ew_begin(w, "AMT");
        ew_lit(w, "F5");
        ew_money(w, e->paid);
        ew_end(w);
    }
    cw_ref(w, "G1", e->auth);
    cw_ref(w, "F8", e->icn);
    if (has_test(e))
        cw_ref(w, "X4", e->clia);
    diagnoses(o);
    providers(o);
}

/* The other coverages of the patient: who they are, and nothing of what they may pay. */
static void loop_2320(struct claim_out *o, const struct enc_cover *c)
{
    struct edi_writer *w = &o->w;
    static const char RANK[] = "PSTABCDEFGH";
    char rank[2] = {RANK[c->rank - 1], 0};
    ew_begin(w, "SBR");
    ew_lit(w, rank);
    ew_el(w, c->relation);
    ew_el(w, c->group);
    cw_blank(w, 5);
    ew_el(w, c->filing);
    ew_end(w);
    ew_seg(w, "OI", "", "", practice_text(o->p, "claims", "benefits"), "", "",
           practice_text(o->p, "claims", "release"));
    cw_nm1(w, "IL", true, c->sub.last, c->sub.first, c->sub.middle, "MI", c->member);
    cw_address(w, &c->sub.address);
    cw_nm1(w, "PR", false, phi_lit(c->payer->name), CW_NONE, CW_NONE, c->payer->id_kind,
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

static void loop_2400(struct claim_out *o, uint32_t i)
{
    struct edi_writer *w = &o->w;
    const struct enc_line *l = &o->e->lines[i];
    cw_lx(w, i);
    service(w, l);
    cw_dtp(w, "472", l->from, l->thru);
    cw_line_authorization(o, i);
    cw_line_control(o, i);
    cw_drug(w, l);
    if (l->rend) /* 2420A */
        cw_rendering(w, l->rend);
}

void claim_write(struct buf *out, const struct enc *e, const struct practice *p, char usage,
                 int64_t at_us, uint32_t control)
{
    struct claim_out o = {.w = {.out = out, .d = EDI_CANONICAL, .newline = ""},
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
    KINDS[e->kind].claim(&o);
    for (uint32_t i = 1; i < e->covers_n; i++)
        loop_2320(&o, &e->covers[i]);
    for (uint32_t i = 0; i < e->lines_n; i++)
        KINDS[e->kind].line(&o, i);
    ew_begin(&o.w, "SE");
    ew_int(&o.w, o.w.segments + 1);
    ew_lit(&o.w, "0001");
    ew_end(&o.w);
}
