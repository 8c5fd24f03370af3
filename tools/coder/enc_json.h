/* Reading JSON fields with their paths: every reader returns false after saying what is wrong. */
#ifndef CLAIMWIRE_CODER_ENC_JSON_H
#define CLAIMWIRE_CODER_ENC_JSON_H

#include "tools/coder/enc.h"
#include <jansson.h>

struct enc_reader {
    const struct practice *practice;
    int32_t today;
    struct arena *arena;
    struct enc *e;
    struct enc_fault *fault;
};
/* A place in the document: an object and its path. */
struct at {
    const json_t *o;
    const char *path; /* "" at the top */
};

bool enc_fail(struct enc_reader *r, const char *rule, struct at at, const char *key,
              const char *why);
/* The member `key` as a place of its own; o is NULL when it is absent or null. */
struct at enc_at(struct enc_reader *r, struct at at, const char *key);
/* Element i of an array. */
struct at enc_item(struct enc_reader *r, struct at array, size_t i);
/* A text of X12's basic set, lower case made upper; absent or null gives an empty one, which is
 * wrong when min > 0. */
bool enc_text(struct enc_reader *r, struct at at, const char *key, size_t min, size_t max,
              phi_str *out);
/* As before, but may be absent even with min > 0. */
bool enc_maybe(struct enc_reader *r, struct at at, const char *key, size_t min, size_t max,
               phi_str *out);
/* A date CCYY-MM-DD. */
bool enc_date(struct enc_reader *r, struct at at, const char *key, int32_t *out);
/* A whole number from lo to hi. */
bool enc_int(struct enc_reader *r, struct at at, const char *key, int64_t lo, int64_t hi,
             const char *rule, int64_t *out);
/* True when the member is neither absent nor null. */
bool enc_has(struct at at, const char *key);

#endif
