/* Pieces of the reader of encounters that institutional and dental ones share with the rest. Every
 * reader returns false after saying what is wrong. */
#ifndef CLAIMWIRE_CODER_ENC_PARTS_H
#define CLAIMWIRE_CODER_ENC_PARTS_H

#include "tools/coder/enc_json.h"

/* True for n digits and nothing else. */
bool enc_digits(phi_str s, size_t n);
/* True when s is one of the words of list, which stand apart by one space. */
bool enc_one_of(phi_str s, const char *list);
/* A provider of the practice, by its NPI; must be there. */
bool enc_known(struct enc_reader *r, struct at at, const char *key, const struct provider **out);
/* A provider by NPI, or a stranger with its name; may be absent. */
bool enc_named(struct enc_reader *r, struct at at, const char *key, struct enc_named *out);
/* A diagnosis code, its point taken out; must be there. */
bool enc_dx_code(struct enc_reader *r, struct at at, const char *key, phi_str *out);

/* What kind of claim this object is: institutional with a bill type or a revenue code, dental with
 * "dent" or nothing but dental procedures, else professional. */
enum enc_kind enc_kind_of(const json_t *top);
/* Institutional: e->stay, e->freq and, of a line, rev and noncov. */
bool enc_read_stay(struct enc_reader *r, struct at top);
bool enc_read_revenue(struct enc_reader *r, struct at at, struct enc_line *l);
/* Dental: e->mouth and, of a line, tooth. */
bool enc_read_mouth(struct enc_reader *r, struct at top);
bool enc_read_tooth(struct enc_reader *r, struct at at, struct enc_line *l);

#endif
