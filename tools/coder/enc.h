/*
 * enc: an encounter (enc.v1, one JSON object) read into plain structures, and joined with what the
 * practice knows. Every value that goes into a claim has been checked by then: length, characters,
 * dates, money. Slices and lists are the arena's.
 *
 *   {"v":"enc.v1","enc":"E-1001","src":{"sys":"ehr1"},
 *    "facility":{"npi":"...","pos":"11","loc":"name of the place, for what the practice knows of it"},
 *    "pt":{"last":"..","first":"..","middle":"..","dob":"1980-02-29","sex":"F","addr":{"l1","l2",
 *          "city","st","zip"}},
 *    "cov":[{"rank":1,"payer":"SBX01","member":"..","group":"..","rel":"18","sbr09":"CI",
 *            "sub":{person as pt, where rel is not 18}}],
 *    "prov":{"bill":NPI,"rend":NPI,"ref":NPI or {"npi","last","first"},"sup":the same},
 *    "dos":{"from":"2026-09-03","thru":"2026-09-03"},
 *    "accident":{"cause":"AA","state":"UT","date":".."}, "auth":["..."], "paid":cents,
 *    "freq":"1", "icn":"..", "attach":[{"type":"OZ","way":"EL","number":"ACN-1"}],
 *    "dx":[{"n":1,"code":"J029","by":"physician"}],
 *    "lines":[{"ln":1,"code":"99213","mods":[],"units":1,"unit":"UN","chg":15000,"dx":[1],
 *              "pos":"11","dos":"2026-09-03","rend":NPI,"auth":"..","ndc":{"code","qty","unit"}}],
 *    "signed":{"by":NPI,"at":"..."}}
 *
 * A bill of an institution (837I) has `inst` with its bill type, its lines revenue codes:
 *
 *    "inst":{"tob":"111","admit":{"date","hour":"09","type":"1","src":"1"},
 *            "discharge":{"hour":"11","status":"01"},
 *            "att":NPI or {"npi","last","first"},"op":the same,"other_op":the same,
 *            "adm_dx":"R1011","reason":["R509"],"drg":"470",
 *            "pcs":[{"code":"0FT44ZZ","date":".."}],"occ":[{"code":"11","date":".."}],
 *            "span":[{"code":"70","from":"..","thru":".."}],"cond":["02"],
 *            "val":[{"code":"80","n":3} or {"code":"A1","cents":12345}]},
 *    "dx":[{...,"poa":"Y"}], "lines":[{...,"rev":"0120","unit":"DA","noncov":cents}]
 *
 * One of a dentist (837D) has procedures D0000 to D9999 alone (or "dent"):
 *
 *    "dent":{"ortho":{"months":24,"left":18,"placed":".."},"missing":["1"],"out":["16"]},
 *    "lines":[{...,"teeth":[{"tooth":"3","surf":"MO"}],"cavity":["20"],"prosthesis":"R",
 *              "prior":".."}]
 *
 * Money is whole cents, units are a whole number or a text like "1.5", dates are CCYY-MM-DD. Keys
 * that are not named here are left alone.
 */
#ifndef CLAIMWIRE_CODER_ENC_H
#define CLAIMWIRE_CODER_ENC_H

#include "common/encounter/practice.h"

enum {
    ENC_DX = 12,
    ENC_DX_DENTAL = 4,
    ENC_DX_INST = 37, /* the principal one, 24 others, 12 external causes */
    ENC_LINES = 50,
    ENC_LINES_INST = 999,
    ENC_MODS = 4,
    ENC_POINTERS = 4,
    ENC_COVERS = 11,
    ENC_REASONS = 3,
    ENC_EVENTS = 24,
    ENC_TEETH = 32,
    ENC_SURFACES = 5,
    ENC_CAVITIES = 5,
    ENC_PAPERS = 10
};
enum enc_kind { ENC_PROFESSIONAL, ENC_INSTITUTIONAL, ENC_DENTAL };

struct enc_person {
    phi_str last, first, middle, sex;
    int32_t dob;
    struct address address;
};
struct enc_cover {
    int rank; /* 1: primary */
    const struct payer *payer;
    phi_str member, group, relation, filing;
    bool self;             /* relation 18 */
    struct enc_person sub; /* the subscriber; the patient when self */
};
struct enc_paper { /* PWK01, PWK02, PWK06 */
    phi_str type, way, number;
};
struct enc_named { /* a provider by its NPI, from the practice or from the encounter */
    phi_str npi, last, first;
    bool person;
};
/* A code of a stay: procedure or occurrence with its day, span with two, value with an amount. */
struct enc_event {
    phi_str code;
    int32_t from, thru;
    phi_str amount;
};
struct enc_events {
    struct enc_event at[ENC_EVENTS];
    uint32_t n;
};
struct enc_stay {
    phi_str type;                              /* first two digits of the bill type */
    phi_str admit_hour, admit_type, admit_src; /* hour: HHMM; empty: not said */
    phi_str leave_hour, status;
    int32_t admit_day;
    bool admitted;                      /* there is an admit_day */
    struct enc_named att, op, other_op; /* npi empty: none */
    phi_str adm_dx, reason[ENC_REASONS], drg;
    uint32_t reason_n;
    struct enc_events pcs, occ, span, cond, val;
};
struct enc_tooth {
    phi_str tooth, surf; /* surfaces one behind the other: "MO" */
};
struct enc_dental { /* what a line says of the mouth */
    struct enc_tooth teeth[ENC_TEETH];
    phi_str cavity[ENC_CAVITIES], prosthesis; /* I first placed, R replaced */
    uint32_t teeth_n, cavity_n;
    int32_t prior; /* day of the one before */
    bool had_prior;
};
struct enc_mouth { /* what a dental claim says of it; money and months of no treatment are 0 */
    int64_t months, left;
    int32_t placed;
    bool ortho, was_placed;
    phi_str gone[ENC_TEETH]; /* teeth missing, */
    phi_str out[ENC_TEETH];  /* and to be extracted */
    uint32_t gone_n, out_n;
};
struct enc_line {
    phi_str code, mods[ENC_MODS], unit, pos, units_text;
    uint32_t mods_n, pointers[ENC_POINTERS], pointers_n; /* pointers: places in dx, from 1 */
    int64_t units;                                       /* thousandths */
    int64_t cents;
    int32_t from, thru;
    phi_str ndc, ndc_qty, ndc_unit; /* ndc empty: none */
    const struct provider *rend;    /* NULL: the claim's */
    phi_str auth;                   /* authorization, where it is not the claim's; empty: none */
    phi_str rev;                    /* revenue code, four digits */
    int64_t noncov;                 /* cents not covered */
    bool own_days;                  /* the line has a day of its own */
    const struct enc_dental *tooth; /* NULL but in a dental claim */
};
struct enc {
    enum enc_kind kind;
    const struct enc_stay *stay;   /* institutional */
    const struct enc_mouth *mouth; /* dental */
    phi_str id, system;
    phi_str place;                                 /* CLM05-1 */
    const struct provider *bill, *rend, *facility; /* facility NULL: where the biller is; rend NULL:
                                                      an institution says none */
    struct enc_named ref, sup;                     /* npi empty: none */
    struct enc_person patient;
    struct enc_cover covers[ENC_COVERS]; /* ascending by rank, the first has rank 1 */
    uint32_t covers_n;
    int32_t from, thru;
    phi_str accident, accident_state; /* CLM11-1; empty: none */
    int32_t accident_day;
    phi_str auth, freq, icn;
    struct enc_paper papers[ENC_PAPERS]; /* documents that will be sent beside the claim */
    uint32_t papers_n;
    phi_str clia; /* of the laboratory, where a line is a test; empty: none */
    int64_t paid, total;
    phi_str dx[ENC_DX_INST], poa[ENC_DX_INST]; /* poa empty: not said */
    uint32_t dx_n;
    struct enc_line *lines;
    uint32_t lines_n;
};
/* What is wrong: rule, path of the field, reason; no value. */
struct enc_fault {
    const char *rule; /* "ENC_JSON", "ENC_MISSING", "ENC_VALUE", "ENC_DATE", "ENC_MONEY",
                         "ENC_UNSIGNED", "ENC_PROVIDER", "ENC_PAYER", "ENC_COVERAGE", "ENC_DX",
                         "ENC_LINE", "CODE_REVIEW" */
    char path[64];
    const char *why;
};

/* Reads body, which came on day `today` (of UTC; a signature may be of the day behind it, where it is
 * that day already). False, with *fault, when it cannot become a claim. */
bool enc_read(phi_str body, const struct practice *p, int32_t today, struct arena *a,
              struct enc *out, struct enc_fault *fault);

#endif
