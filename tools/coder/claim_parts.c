#include "tools/coder/claim_parts.h"
#include "common/util/date.h"
#include <stdio.h>

void cw_blank(struct edi_writer *w, int n)
{
    while (n-- > 0)
        ew_lit(w, "");
}

/* NM1 of a person or an organisation, with an id when there is one. */
void cw_nm1(struct edi_writer *w, const char *code, bool person, phi_str last, phi_str first,
            phi_str middle, const char *id_kind, phi_str id)
{
    ew_begin(w, "NM1");
    ew_lit(w, code);
    ew_lit(w, person ? "1" : "2");
    ew_el(w, last);
    ew_el(w, first);
    ew_el(w, middle);
    cw_blank(w, 2);
    ew_lit(w, id.n ? id_kind : "");
    ew_el(w, id);
    ew_end(w);
}

const phi_str CW_NONE = {"", 0};

void cw_address(struct edi_writer *w, const struct address *a)
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

void cw_dmg(struct edi_writer *w, const struct enc_person *p)
{
    char day[9];
    ew_begin(w, "DMG");
    ew_lit(w, "D8");
    ew_lit(w, date_ccyymmdd(p->dob, day));
    ew_el(w, p->sex);
    ew_end(w);
}

void cw_dtp(struct edi_writer *w, const char *code, int32_t from, int32_t thru)
{
    char a[9], b[9], range[20];
    date_ccyymmdd(from, a);
    date_ccyymmdd(thru, b);
    snprintf(range, sizeof range, "%s-%s", a, b);
    ew_seg(w, "DTP", code, from == thru ? "D8" : "RD8", from == thru ? a : range);
}

void cw_ref(struct edi_writer *w, const char *code, phi_str v)
{
    if (!v.n)
        return;
    ew_begin(w, "REF");
    ew_lit(w, code);
    ew_el(w, v);
    ew_end(w);
}

void cw_taxonomy(struct edi_writer *w, const char *role, const char *code)
{
    if (*code)
        ew_seg(w, "PRV", role, "PXC", code);
}

void cw_named(struct edi_writer *w, const char *code, const struct enc_named *n)
{
    if (n->npi.n)
        cw_nm1(w, code, n->person, n->last, n->first, CW_NONE, "XX", n->npi);
}

void cw_rendering(struct edi_writer *w, const struct provider *p)
{
    cw_nm1(w, "82", p->person, phi_lit(p->last), phi_lit(p->first), CW_NONE, "XX", phi_lit(p->npi));
    cw_taxonomy(w, "PE", p->taxonomy);
}

void cw_facility(struct edi_writer *w, const struct provider *p)
{
    if (!p)
        return;
    cw_nm1(w, "77", false, phi_lit(p->last), CW_NONE, CW_NONE, "XX", phi_lit(p->npi));
    cw_address(w, &p->address);
}

void cw_lx(struct edi_writer *w, uint32_t i)
{
    ew_begin(w, "LX");
    ew_int(w, i + 1);
    ew_end(w);
}

void cw_line_authorization(struct claim_out *o, uint32_t i)
{
    phi_str auth = o->e->lines[i].auth;
    if (!phi_eq(auth, o->e->auth)) /* said only when it differs */
        cw_ref(&o->w, "G1", auth);
}

void cw_line_control(struct claim_out *o, uint32_t i)
{
    char control[PCN_SIZE + 12];
    snprintf(control, sizeof control, "%sL%u", o->pcn, i + 1);
    cw_ref(&o->w, "6R", phi_lit(control));
}

void cw_drug(struct edi_writer *w, const struct enc_line *l)
{
    if (!l->ndc.n)
        return;
    ew_begin(w, "LIN");
    ew_lit(w, "");
    ew_lit(w, "N4");
    ew_el(w, l->ndc);
    ew_end(w);
    ew_begin(w, "CTP");
    cw_blank(w, 3);
    ew_el(w, l->ndc_qty);
    ew_el(w, l->ndc_unit);
    ew_end(w);
}

void cw_papers(struct claim_out *o)
{
    struct edi_writer *w = &o->w;
    for (uint32_t i = 0; i < o->e->papers_n; i++) {
        ew_begin(w, "PWK");
        ew_el(w, o->e->papers[i].type);
        ew_el(w, o->e->papers[i].way);
        cw_blank(w, 2);
        ew_lit(w, "AC");
        ew_el(w, o->e->papers[i].number);
        ew_end(w);
    }
}
