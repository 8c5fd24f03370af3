/* Claims of an institution (837I): the stay in CLM, DTP, CL1 and HI, lines by revenue code. */
#include "common/util/date.h"
#include "common/util/money.h"
#include "tools/coder/claim_parts.h"
#include <stdio.h>

/* ---- HI ---- */

enum { HI_CODES = 12 };

/* One HI after another, twelve codes each. */
struct hi {
    struct edi_writer *w;
    const char *kind;
    uint32_t n;
};

static void hi_next(struct hi *h, phi_str code)
{
    if (h->n % HI_CODES == 0) {
        if (h->n)
            ew_end(h->w);
        ew_begin(h->w, "HI");
    }
    h->n++;
    ew_lit(h->w, h->kind);
    ew_comp(h->w, code);
}

static void hi_end(struct hi *h)
{
    if (h->n)
        ew_end(h->w);
}

/* Components left empty, from 3 up to the one before `at`. */
static void skip_to(struct edi_writer *w, int at)
{
    for (int i = 3; i < at; i++)
        ew_comp(w, CW_NONE);
}

/* What was there on admission is said of inpatients only (S4-033). */
static bool says_poa(const struct enc *e)
{
    static const char *const types[] = {"11", "12", "18", "21", "22", "28", "41",
                                        "65", "66", "81", "82", "84", "86", "89"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (phi_is(e->stay->type, types[i]))
            return true;
    return false;
}

/* External causes: V00 to Y99. */
static bool is_cause(phi_str code)
{
    return code.n && code.p[0] >= 'V' && code.p[0] <= 'Y';
}

static void diagnosis(struct claim_out *o, struct hi *h, uint32_t i)
{
    hi_next(h, o->e->dx[i]);
    if (!o->e->poa[i].n || !says_poa(o->e))
        return;
    skip_to(h->w, 9);
    ew_comp(h->w, o->e->poa[i]);
}

/* Other diagnoses (cause false), or external causes. */
static void others(struct claim_out *o, bool cause)
{
    struct hi h = {&o->w, cause ? "ABN" : "ABF", 0};
    for (uint32_t i = 1; i < o->e->dx_n; i++)
        if (is_cause(o->e->dx[i]) == cause)
            diagnosis(o, &h, i);
    hi_end(&h);
}

static void plain(struct claim_out *o, const char *kind, const phi_str *codes, uint32_t n)
{
    struct hi h = {&o->w, kind, 0};
    for (uint32_t i = 0; i < n; i++)
        if (codes[i].n)
            hi_next(&h, codes[i]);
    hi_end(&h);
}

/* Codes with a day, or with a first and a last one. */
static void dated(struct claim_out *o, const char *kind, const struct enc_event *at, uint32_t n)
{
    struct hi h = {&o->w, kind, 0};
    bool span = strcmp(kind, "BI") == 0;
    char a[9], b[9], range[20];
    for (uint32_t i = 0; i < n; i++) {
        date_ccyymmdd(at[i].from, a);
        hi_next(&h, at[i].code);
        ew_comp(h.w, phi_lit(span ? "RD8" : "D8"));
        snprintf(range, sizeof range, "%s%s%s", a, span ? "-" : "",
                 span ? date_ccyymmdd(at[i].thru, b) : "");
        ew_comp(h.w, phi_lit(range));
    }
    hi_end(&h);
}

static void values(struct claim_out *o)
{
    const struct enc_events *v = &o->e->stay->val;
    struct hi h = {&o->w, "BE", 0};
    for (uint32_t i = 0; i < v->n; i++) {
        hi_next(&h, v->at[i].code);
        skip_to(h.w, 5);
        ew_comp(h.w, v->at[i].amount);
    }
    if (o->e->paid) { /* paid by the patient */
        struct buf b = {0};
        money_x12(&b, o->e->paid);
        hi_next(&h, phi_lit("FC"));
        skip_to(h.w, 5);
        ew_comp(h.w, buf_view(&b));
        buf_free(&b);
    }
    hi_end(&h);
}

static void conditions(struct claim_out *o)
{
    const struct enc_events *c = &o->e->stay->cond;
    struct hi h = {&o->w, "BG", 0};
    for (uint32_t i = 0; i < c->n; i++)
        hi_next(&h, c->at[i].code);
    hi_end(&h);
}

static void codes(struct claim_out *o)
{
    const struct enc_stay *s = o->e->stay;
    struct hi principal = {&o->w, "ABK", 0};
    diagnosis(o, &principal, 0);
    hi_end(&principal);
    plain(o, "ABJ", &s->adm_dx, 1);
    plain(o, "APR", s->reason, s->reason_n);
    others(o, true);
    plain(o, "DR", &s->drg, 1);
    others(o, false);
    dated(o, "BBR", s->pcs.at, s->pcs.n ? 1 : 0);
    dated(o, "BBQ", s->pcs.at + 1, s->pcs.n ? s->pcs.n - 1 : 0);
    dated(o, "BI", s->span.at, s->span.n);
    dated(o, "BH", s->occ.at, s->occ.n);
    values(o);
    conditions(o);
}

/* ---- the claim ---- */

static void clm(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    ew_begin(w, "CLM");
    ew_lit(w, o->pcn);
    ew_money(w, o->e->total);
    cw_blank(w, 2);
    ew_el(w, o->e->stay->type);
    ew_comp(w, phi_lit("A"));
    ew_comp(w, o->e->freq);
    ew_lit(w, "");
    ew_lit(w, practice_text(o->p, "claims", "assignment"));
    ew_lit(w, practice_text(o->p, "claims", "benefits"));
    ew_lit(w, practice_text(o->p, "claims", "release"));
    ew_end(w);
}

static void days(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    char a[9], b[9], text[20];
    if (e->stay->leave_hour.n) {
        ew_begin(w, "DTP");
        ew_lit(w, "096");
        ew_lit(w, "TM");
        ew_el(w, e->stay->leave_hour);
        ew_end(w);
    }
    snprintf(text, sizeof text, "%s-%s", date_ccyymmdd(e->from, a), date_ccyymmdd(e->thru, b));
    ew_seg(w, "DTP", "434", "RD8", text);
    if (!e->stay->admitted)
        return;
    snprintf(text, sizeof text, "%s%.4s", date_ccyymmdd(e->stay->admit_day, a),
             e->stay->admit_hour.n ? e->stay->admit_hour.p : "");
    ew_seg(w, "DTP", "435", e->stay->admit_hour.n ? "DT" : "D8", text);
}

static void cl1(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    ew_begin(w, "CL1");
    ew_el(w, o->e->stay->admit_type);
    ew_el(w, o->e->stay->admit_src);
    ew_el(w, o->e->stay->status);
    ew_end(w);
}

static void attending(struct claim_out *o)
{
    const struct enc_named *a = &o->e->stay->att;
    const struct provider *known = practice_provider(o->p, a->npi);
    cw_named(&o->w, "71", a);
    if (known)
        cw_taxonomy(&o->w, "AT", known->taxonomy);
}

static void providers(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    attending(o);
    cw_named(w, "72", &e->stay->op);
    cw_named(w, "ZZ", &e->stay->other_op);
    /* said when it is a person, and another than who attended */
    if (e->rend && e->rend->person && !phi_is(e->stay->att.npi, e->rend->npi))
        cw_nm1(w, "82", true, phi_lit(e->rend->last), phi_lit(e->rend->first), CW_NONE, "XX",
               phi_lit(e->rend->npi));
    cw_facility(w, e->facility);
    if (!phi_eq(e->ref.npi, e->stay->att.npi))
        cw_named(w, "DN", &e->ref);
}

void claim_inst_2300(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    clm(o);
    days(o);
    cl1(o);
    cw_papers(o);
    cw_ref(w, "G1", o->e->auth);
    cw_ref(w, "F8", o->e->icn);
    cw_ref(w, "LU", o->e->accident_state);
    codes(o);
    providers(o);
}

/* ---- a line ---- */

static void service(struct edi_writer *w, const struct enc_line *l)
{
    bool group = phi_is(l->rev, "0022") || phi_is(l->rev, "0023") || phi_is(l->rev, "0024");
    ew_begin(w, "SV2");
    ew_el(w, l->rev);
    ew_lit(w, !l->code.n ? "" : group ? "HP" : "HC"); /* S5-020 */
    if (l->code.n)
        ew_comp(w, l->code);
    for (uint32_t i = 0; l->code.n && i < l->mods_n; i++)
        ew_comp(w, l->mods[i]);
    ew_money(w, l->cents);
    ew_el(w, l->unit);
    ew_el(w, l->units_text);
    ew_lit(w, "");
    if (l->noncov)
        ew_money(w, l->noncov);
    ew_end(w);
}

void claim_inst_2400(struct claim_out *o, uint32_t i)
{
    struct edi_writer *w = &o->w;
    const struct enc_line *l = &o->e->lines[i];
    static const char *const stays[] = {"11", "18", "21"};
    bool stay = false;
    for (size_t k = 0; k < sizeof stays / sizeof *stays; k++)
        stay |= phi_is(o->e->stay->type, stays[k]);
    cw_lx(w, i);
    service(w, l);
    if (!stay || l->own_days) /* a stay's lines may be of all its days */
        cw_dtp(w, "472", l->from, l->thru);
    cw_line_control(o, i);
    cw_drug(w, l);
    if (l->rend && l->rend->person) /* 2420C */
        cw_nm1(w, "82", true, phi_lit(l->rend->last), phi_lit(l->rend->first), CW_NONE, "XX",
               phi_lit(l->rend->npi));
}
