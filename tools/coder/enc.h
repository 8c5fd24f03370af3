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
 *    "freq":"1", "icn":"..",
 *    "dx":[{"n":1,"code":"J029","by":"physician"}],
 *    "lines":[{"ln":1,"code":"99213","mods":[],"units":1,"unit":"UN","chg":15000,"dx":[1],
 *              "pos":"11","dos":"2026-09-03","rend":NPI,"ndc":{"code","qty","unit"}}],
 *    "signed":{"by":NPI,"at":"..."}}
 *
 * Money is whole cents, units are a whole number or a text like "1.5", dates are CCYY-MM-DD. Keys
 * that are not named here are left alone.
 */
#ifndef CLAIMWIRE_CODER_ENC_H
#define CLAIMWIRE_CODER_ENC_H

#include "tools/coder/practice.h"

enum { ENC_DX = 12, ENC_LINES = 50, ENC_MODS = 4, ENC_POINTERS = 4, ENC_COVERS = 11 };

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
struct enc_named { /* a provider by its NPI, from the practice or from the encounter */
    phi_str npi, last, first;
    bool person;
};
struct enc_line {
    phi_str code, mods[ENC_MODS], unit, pos, units_text;
    uint32_t mods_n, pointers[ENC_POINTERS], pointers_n; /* pointers: places in dx, from 1 */
    int64_t units;                                       /* thousandths */
    int64_t cents;
    int32_t from, thru;
    phi_str ndc, ndc_qty, ndc_unit; /* ndc empty: none */
    const struct provider *rend;    /* NULL: the claim's */
};
struct enc {
    phi_str id, system;
    phi_str place;                                 /* CLM05-1 */
    const struct provider *bill, *rend, *facility; /* facility NULL: where the biller is */
    struct enc_named ref, sup;                     /* npi empty: none */
    struct enc_person patient;
    struct enc_cover covers[ENC_COVERS]; /* ascending by rank, the first has rank 1 */
    uint32_t covers_n;
    int32_t from, thru;
    phi_str accident, accident_state; /* CLM11-1; empty: none */
    int32_t accident_day;
    phi_str auth, freq, icn;
    phi_str clia; /* of the laboratory, where a line is a test; empty: none */
    int64_t paid, total;
    phi_str dx[ENC_DX];
    uint32_t dx_n;
    struct enc_line lines[ENC_LINES];
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

/* Reads body. False, with *fault, when it cannot become a claim. */
bool enc_read(phi_str body, const struct practice *p, struct arena *a, struct enc *out,
              struct enc_fault *fault);

#endif
