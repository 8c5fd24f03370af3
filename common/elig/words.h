/* words: what a payer said, as JSON with words for its codes, and that as text for a person. The
 * words are tables: config/eligibility/words.yaml and refusals.yaml. */
#ifndef CLAIMWIRE_ELIG_WORDS_H
#define CLAIMWIRE_ELIG_WORDS_H

#include "common/elig/elig.h"
#include "common/util/conf.h"

struct words {
    const struct conf *top, *refusals;
};
/* False with FILE:LINE:COLUMN in error. */
bool words_load(struct words *w, const char *dir, struct arena *a, struct buf *error);
/* One JSON object, without newline. asked: the inquiry as JSON, for what the answer does not say;
 * empty: not known. */
void words_json(const struct words *w, const struct elig_said *s, phi_str trace, phi_str asked,
                struct buf *out);
/* Some lines for people from such an object; head is put before it (a date, "latest"). */
void words_text(phi_str json, const char *head, struct buf *out);
/* What to do about a refusal (AAA03), of a 271 or a 278. */
const char *words_fix(const struct words *w, phi_str code);
/* Appends the text of one member of such an object. */
void words_field(phi_str json, const char *key, struct buf *out);

#endif
