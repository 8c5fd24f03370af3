/* enc_out: making an enc.v1 object. Keys stand in one order, so that the same encounter gives the
 * same bytes; what is not known is null. */
#ifndef CLAIMWIRE_READERS_ENC_OUT_H
#define CLAIMWIRE_READERS_ENC_OUT_H

#include "common/readers/reader.h"
#include <jansson.h>

/* An encounter of which nothing is known. */
json_t *enc_out_new(void);
/* A person: last, first, middle, dob, sex, addr; with a ref in front when asked. */
json_t *enc_out_person(bool ref);
/* A coverage: rank, payer, member, group, rel. */
json_t *enc_out_cover(int rank);
/* A line: ln, code, mods, units, chg, dx, ndc. */
json_t *enc_out_line(size_t ln);
/* Sets key to a text; to null when it is empty. */
void enc_out_put(json_t *o, const char *key, phi_str v);
/* Sets key to a diagnosis code without its point. */
void enc_out_code(json_t *o, const char *key, phi_str code);
/* Adds a diagnosis, unless its code is there; its number, from 1. Points and blanks are dropped from
 * the code; without code it is always new. */
json_int_t enc_out_dx(json_t *e, phi_str code, phi_str text, phi_str poa);
/* A provider by NPI, with name when there is one, else the bare NPI; null without NPI. */
json_t *enc_out_named(phi_str npi, phi_str last, phi_str first);
/* "20260903..." or "2026-09-03..." to "2026-09-03"; false when it is no date. */
bool enc_out_date(phi_str v, char out[11]);
/* A date set under key, null when empty; false when it is no date. */
bool enc_out_put_date(json_t *o, const char *key, phi_str v);
/* HL7 or ISO time to an ISO one ("2026-09-03T17:10:00-06:00"); false when it is none. */
bool enc_out_time(phi_str v, char out[40]);
/* An amount like "150.00" set as whole cents; null when empty; false when it is no amount, below 0
 * or of parts of a cent. */
bool enc_out_put_money(json_t *o, const char *key, phi_str v);
/* Units: a whole number, or the text of one with decimals; false when it is neither. */
bool enc_out_put_units(json_t *line, phi_str v);
/* The digits of a ZIP. */
phi_str enc_out_zip(phi_str v, struct arena *a);
/* X12 relationship (SBR02) of a word of HL7 table 0063, of FHIR's subscriber-relationship or of
 * HL7's RoleCode; "" when it is none of them. */
const char *enc_out_relation(phi_str word);
/* Writes e and gives it; drops e. */
void enc_out_give(json_t *e, bool test, struct arena *a, struct reader_items *out);

#endif
