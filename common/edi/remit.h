/*
 * remit: an 835 read into plain structures, and nothing judged.
 *
 * Three bodies come from tools/remit835 (docs/architecture.md, Records): `payment` (the head of the
 * set), `remit` (head, LX and one CLP with all below it) and `plb` (head and one PLB with one
 * adjustment). Each has a reader here; the readers by segment serve whole sets as well.
 *
 * Slices borrow from the body; lists live in the caller's arena. Money is int64_t cents, quantities
 * int64_t thousandths, dates also as days since 1970 (date.h). Signs stand as the payer sent them:
 * a positive CAS or PLB amount lowers the payment.
 *
 * A field that the posting of money needs and that cannot be read (no amount, an amount that is no
 * amount, a CAS reason without its amount) is a fault: false, and where and why in `why`. What is
 * merely against the guide is not looked at here; check.h says that.
 */
#ifndef CLAIMWIRE_EDI_REMIT_H
#define CLAIMWIRE_EDI_REMIT_H

#include "common/edi/scan.h"
#include "common/util/arena.h"

/* Where reading stopped and why. text is static and carries no value. */
struct remit_fault {
    char segment[4];   /* "CAS" */
    uint32_t position; /* of the segment in the body, ST is 1 */
    uint32_t element;  /* 0: the segment itself */
    const char *text;
};

struct remit_ref { /* REF */
    phi_str qual, value;
};
struct remit_date {      /* DTM */
    phi_str qual, value; /* CCYYMMDD as sent */
    int32_t days;        /* since 1970-01-01; REMIT_NO_DATE when value is no date */
};
#define REMIT_NO_DATE INT32_MIN
struct remit_amount { /* AMT; or QTY, then in thousandths */
    phi_str qual;
    int64_t value;
};
struct remit_name { /* NM1 */
    phi_str entity, type, last, first, middle, suffix, id_qual, id;
};
struct remit_remark { /* LQ; MIA and MOA remarks have qual "HE" */
    phi_str qual, code;
};
struct remit_cas { /* one trio of a CAS */
    uint32_t seg;  /* of its CAS, counted from the CLP, which is 0 */
    uint8_t trio;  /* 1 to 6: which of the CAS */
    phi_str group; /* CO CR OA PI PR */
    phi_str reason;
    int64_t cents;
    int64_t qty; /* thousandths, 0 when not sent */
    bool has_qty;
};

/* BPR, TRN, DTM 405 and loops 1000A and 1000B. */
struct payment {
    phi_str isa_sender, isa_receiver, isa_control, usage; /* ISA06 08 13 15, trimmed */
    phi_str gs_control, st_control;                       /* GS06, ST02 */
    phi_str handling, flag, method, format;               /* BPR01 03 04 05 */
    int64_t cents;                                        /* BPR02 */
    phi_str originator, account;                          /* BPR10, BPR15 */
    struct remit_date date;                               /* BPR16; qual is "BPR" */
    phi_str trace, trace_origin, trace_more;              /* TRN02 03 04 */
    struct remit_date production;                         /* DTM 405, else no date */
    phi_str payer_name, payer_qual, payer_id;             /* 1000A N102 N103 N104 */
    phi_str payer_number;                                 /* first of REF 2U, N104, BPR10, TRN03 */
    phi_str payee_name, payee_qual, payee_id;             /* 1000B N102 N103 N104 */
    phi_str payee_npi;                                /* N104 with XX, else REF HPI, else none */
    phi_str payee_tax;                                /* N104 with FI, else REF TJ, else none */
    struct remit_ref *payer_refs, *payee_refs, *refs; /* refs: REF EV and F2 of the head */
    uint32_t payer_refs_n, payee_refs_n, refs_n;
};

/* One SVC with what stands below it. */
struct remit_line {
    uint32_t seg;                /* of the SVC, counted from the CLP, which is 0 */
    phi_str qual, code, mods[4]; /* SVC01 */
    uint32_t mods_n;
    int64_t charge, paid; /* SVC02, SVC03 */
    phi_str revenue;      /* SVC04 */
    int64_t units;        /* SVC05, thousandths; 1000 when not sent, as the guide says */
    bool has_units;
    phi_str billed_qual, billed_code, billed_mods[4]; /* SVC06: what was billed, when it differs */
    uint32_t billed_mods_n;
    int64_t billed_units;       /* SVC07, thousandths, 0 when not sent */
    phi_str control;            /* REF 6R, "" when not sent */
    struct remit_date from, to; /* DTM 472, or 150 and 151; no date when not sent */
    int64_t allowed;            /* AMT B6 */
    bool has_allowed;
    struct remit_date *dates;
    struct remit_cas *cas;
    struct remit_ref *refs;
    struct remit_amount *amts, *qtys;
    struct remit_remark *remarks; /* LQ */
    uint32_t dates_n, cas_n, refs_n, amts_n, qtys_n, remarks_n;
};

/* One CLP with what stands below it. */
struct remit {
    struct payment head;
    phi_str lx;                    /* LX01, "" when there is none */
    phi_str account;               /* CLP01: the patient control number, as it came back */
    phi_str status;                /* CLP02: 1 2 3 4 19 20 21 22 23 25 */
    int64_t charge, paid, patient; /* CLP03 04 05; patient is 0 when not sent */
    bool has_patient;
    phi_str filing;           /* CLP06 */
    phi_str payer_control;    /* CLP07 */
    phi_str place, frequency; /* CLP08 CLP09 */
    phi_str drg;              /* CLP11 */
    struct remit_name *names; /* QC IL 74 82 TT PR GB; see remit_name_of() */
    struct remit_ref *refs;   /* F8 6P EA 1L ... */
    struct remit_date *dates; /* 232 233 050 036 */
    struct remit_amount *amts, *qtys;
    struct remit_cas *cas;        /* at claim level only */
    struct remit_remark *remarks; /* of MIA and MOA */
    struct remit_line *lines;
    uint32_t names_n, refs_n, dates_n, amts_n, qtys_n, cas_n, remarks_n, lines_n;
    uint32_t segments; /* of the CLP loop, CLP and all below */
};

/* One provider level adjustment. */
struct plb {
    struct payment head;
    uint32_t seg;             /* position of the PLB in the body or set, ST is 1 */
    phi_str provider;         /* PLB01 */
    struct remit_date fiscal; /* PLB02; qual is "PLB" */
    phi_str code, reference;  /* PLB03-1, PLB03-2 (05-1 ... in a whole set) */
    int64_t cents;            /* PLB04 */
};

/* Bodies of records. out is zeroed first. `why` may be NULL. */
bool payment_read(phi_str body, struct arena *mem, struct payment *out, struct remit_fault *why);
bool remit_read(phi_str body, struct arena *mem, struct remit *out, struct remit_fault *why);
bool plb_read(phi_str body, struct arena *mem, struct plb *out, struct remit_fault *why);

/* By segment, for whoever walks a whole set. Segments that say nothing to the structure are passed
 * over. A seg's bytes must outlive the structure (a scan over memory). */
bool payment_segment(struct payment *p, const struct edi_seg *seg, const struct edi_delims *d,
                     struct arena *mem, struct remit_fault *why);
/* CLP first. */
bool remit_segment(struct remit *r, const struct edi_seg *seg, const struct edi_delims *d,
                   struct arena *mem, struct remit_fault *why);
/* Adjustment k (0 is PLB03/04) of a PLB segment; false with why->text == NULL when there is no
 * such pair, with a reason when it cannot be read. why must not be NULL. */
bool plb_segment(struct plb *p, const struct edi_seg *seg, const struct edi_delims *d, uint32_t k,
                 struct remit_fault *why);

/* Value of the first REF with this qualifier, "" when there is none. */
phi_str remit_ref_of(const struct remit_ref *refs, uint32_t n, const char *qual);
/* The first NM1 with this entity code, NULL when there is none. */
const struct remit_name *remit_name_of(const struct remit *r, const char *entity);
/* The first DTM with this qualifier, NULL when there is none. */
const struct remit_date *remit_date_of(const struct remit_date *dates, uint32_t n,
                                       const char *qual);
/* The first AMT with this qualifier: true and *cents. */
bool remit_amount_of(const struct remit_amount *amts, uint32_t n, const char *qual, int64_t *cents);
/* Service dates of the claim: DTM 232 and 233, else the earliest and latest of its lines, else no
 * date. `to` is `from` when only one was sent. */
void remit_service_dates(const struct remit *r, int32_t *from, int32_t *to);
/* Sums of trios: of claim level alone, and of all lines; false on overflow. */
bool remit_cas_sum(const struct remit_cas *cas, uint32_t n, int64_t *cents);
bool remit_lines_cas_sum(const struct remit *r, int64_t *cents);

#endif
