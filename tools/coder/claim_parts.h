/* Pieces of the writer of claims that its kinds share. cw_* append whole segments. */
#ifndef CLAIMWIRE_CODER_CLAIM_PARTS_H
#define CLAIMWIRE_CODER_CLAIM_PARTS_H

#include "common/edi/write.h"
#include "tools/coder/enc.h"
#include "tools/coder/pcn.h"

struct claim_out {
    struct edi_writer w;
    const struct enc *e;
    const struct practice *p;
    char pcn[PCN_SIZE];
    char usage;
    int64_t at_us;
    uint32_t control;
};
extern const phi_str CW_NONE; /* an empty text */

/* n empty elements. */
void cw_blank(struct edi_writer *w, int n);
/* NM1 of a person or an organisation, with an id when there is one. */
void cw_nm1(struct edi_writer *w, const char *code, bool person, phi_str last, phi_str first,
            phi_str middle, const char *id_kind, phi_str id);
/* N3 and N4. */
void cw_address(struct edi_writer *w, const struct address *a);
void cw_dmg(struct edi_writer *w, const struct enc_person *p);
/* One day, or a range. */
void cw_dtp(struct edi_writer *w, const char *code, int32_t from, int32_t thru);
/* Nothing when v is empty. */
void cw_ref(struct edi_writer *w, const char *code, phi_str v);
/* PWK of each document that the encounter announces. */
void cw_papers(struct claim_out *o);
/* PRV; nothing when there is no code. */
void cw_taxonomy(struct edi_writer *w, const char *role, const char *code);
/* NM1 of a provider that the encounter names; nothing when there is none. */
void cw_named(struct edi_writer *w, const char *code, const struct enc_named *n);
/* NM1*82 and its PRV. */
void cw_rendering(struct edi_writer *w, const struct provider *p);
/* NM1*77 with its address; nothing when the services were at the biller's. */
void cw_facility(struct edi_writer *w, const struct provider *p);
/* LX of line i, from 0. */
void cw_lx(struct edi_writer *w, uint32_t i);
/* REF*6R: account number, L, number of the line. */
/* 2400 REF G1, where the line has another authorization than the claim (837P, 837D). */
void cw_line_authorization(struct claim_out *o, uint32_t i);
void cw_line_control(struct claim_out *o, uint32_t i);
/* LIN and CTP of a drug; nothing when the line has none. */
void cw_drug(struct edi_writer *w, const struct enc_line *l);

/* Loop 2300 up to its providers, and one line, of the kinds that are not professional. */
void claim_inst_2300(struct claim_out *o);
void claim_inst_2400(struct claim_out *o, uint32_t i);
void claim_dental_2300(struct claim_out *o);
void claim_dental_2400(struct claim_out *o, uint32_t i);
/* CLM as professional and dental claims have it. */
void claim_clm(struct claim_out *o);

#endif
