/* Claims of a dentist (837D): teeth, surfaces, areas of the mouth, orthodontic treatment. */
#include "tools/coder/claim_parts.h"
#include <stdio.h>

static void orthodontic(struct edi_writer *w, const struct enc_mouth *m)
{
    if (!m->ortho)
        return;
    if (m->was_placed)
        cw_dtp(w, "452", m->placed, m->placed);
    ew_begin(w, "DN1");
    ew_int(w, m->months);
    if (m->left)
        ew_int(w, m->left);
    ew_end(w);
}

/* Teeth missing (M), or to be extracted (E). */
static void teeth(struct edi_writer *w, const phi_str *list, uint32_t n, const char *how)
{
    for (uint32_t i = 0; i < n; i++) {
        ew_begin(w, "DN2");
        ew_el(w, list[i]);
        ew_lit(w, how);
        cw_blank(w, 3);
        ew_lit(w, "JP");
        ew_end(w);
    }
}

static void diagnoses(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    if (o->e->dx_n == 0)
        return;
    ew_begin(w, "HI");
    for (uint32_t i = 0; i < o->e->dx_n; i++) {
        ew_lit(w, i ? "ABF" : "ABK");
        ew_comp(w, o->e->dx[i]);
    }
    ew_end(w);
}

void claim_dental_2300(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    const struct enc *e = o->e;
    claim_clm(o);
    if (e->accident.n)
        cw_dtp(w, "439", e->accident_day, e->accident_day);
    orthodontic(w, e->mouth);
    teeth(w, e->mouth->gone, e->mouth->gone_n, "M");
    teeth(w, e->mouth->out, e->mouth->out_n, "E");
    cw_papers(o);
    if (e->paid) {
        ew_begin(w, "AMT");
        ew_lit(w, "F5");
        ew_money(w, e->paid);
        ew_end(w);
    }
    cw_ref(w, "F8", e->icn);
    cw_ref(w, "G1", e->auth);
    diagnoses(o);
    cw_named(w, "DN", &e->ref);
    if (e->rend != e->bill)
        cw_rendering(w, e->rend);
    cw_facility(w, e->facility);
    cw_named(w, "DQ", &e->sup);
}

/* ---- a line ---- */

static void list(struct edi_writer *w, const phi_str *codes, uint32_t n)
{
    ew_el(w, n ? codes[0] : CW_NONE);
    for (uint32_t i = 1; i < n; i++)
        ew_comp(w, codes[i]);
}

static void service(struct edi_writer *w, const struct enc_line *l)
{
    char n[12];
    ew_begin(w, "SV3");
    ew_lit(w, "AD");
    ew_comp(w, l->code);
    for (uint32_t i = 0; i < l->mods_n; i++)
        ew_comp(w, l->mods[i]);
    ew_money(w, l->cents);
    ew_el(w, l->pos);
    list(w, l->tooth->cavity, l->tooth->cavity_n);
    ew_el(w, l->tooth->prosthesis);
    ew_el(w, l->units_text);
    cw_blank(w, 4);
    for (uint32_t i = 0; i < l->pointers_n; i++) {
        snprintf(n, sizeof n, "%u", l->pointers[i]);
        if (i)
            ew_comp(w, phi_lit(n));
        else
            ew_lit(w, n);
    }
    ew_end(w);
}

static void tooth(struct edi_writer *w, const struct enc_tooth *t)
{
    ew_begin(w, "TOO");
    ew_lit(w, "JP");
    ew_el(w, t->tooth);
    for (size_t i = 0; i < t->surf.n; i++)
        if (i)
            ew_comp(w, phi_of(t->surf.p + i, 1));
        else
            ew_el(w, phi_of(t->surf.p, 1));
    ew_end(w);
}

void claim_dental_2400(struct claim_out *o, uint32_t i)
{
    struct edi_writer *w = &o->w;
    const struct enc_line *l = &o->e->lines[i];
    cw_lx(w, i);
    service(w, l);
    for (uint32_t k = 0; k < l->tooth->teeth_n; k++)
        tooth(w, &l->tooth->teeth[k]);
    cw_dtp(w, "472", l->from, l->thru);
    if (l->tooth->had_prior)
        cw_dtp(w, "441", l->tooth->prior, l->tooth->prior);
    cw_line_authorization(o, i);
    cw_line_control(o, i);
    if (l->rend) /* 2420A */
        cw_rendering(w, l->rend);
}
