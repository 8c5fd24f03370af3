/* What claimwire code prints of a note: a JSON object a code, or the note with marks. */
#ifndef CLAIMWIRE_CODE_REPORT_H
#define CLAIMWIRE_CODE_REPORT_H

#include "common/coding/services.h"
#include "common/codes/doses.h"
#include "common/coding/propose.h"

/* One JSON object and newline a proposal. */
void report_json(const struct coding *c, const char *file, phi_str note, const struct proposals *p,
                 struct buf *out);
/* The note with [evidence]{CODE} where codes come from, then a list of them with their reasons. */
void report_text(const struct coding *c, const char *file, phi_str note, const struct proposals *p,
                 struct buf *out);

/* Appends the drugs that the note's doses suggest; doses may be NULL. */
void report_doses(const struct coding *c, const char *file, phi_str note, const struct doses *doses,
                  bool text, struct buf *out);

/* What was done or handed out, suggested only (common/coding/services.h). */
void report_services(const struct coding *c, const char *file, phi_str note,
                     const struct services *services, bool text, struct buf *out);

#endif
