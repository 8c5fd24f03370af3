/*
 * named: whether a reason that a person types says who a record is about. A reason stands in the audit
 * log, which is read by more people than the record is: a name, an id or a day of birth stays out of it.
 */
#ifndef CLAIMWIRE_UTIL_NAMED_H
#define CLAIMWIRE_UTIL_NAMED_H

#include "common/util/phi.h"

/* True when `value` stands in text as words of its own, whatever its case. Of fewer than three bytes:
 * never, two letters say nothing ("Li" is in every second sentence). */
bool named_word(const char *text, phi_str value);
/* True when the day YYYYMMDD (dashes do no harm) stands in text: 19800301, 1980-03-01 or 03/01/1980. */
bool named_day(const char *text, phi_str day);
/*
 * True when text names a person that body is about. Body is a record's: canonical segments (* : ^ ~), of
 * which the insured, the patient, the corrected insured (NM1 IL, QC, 74; 03, 04 and 09), the day of
 * birth (DMG02) and the social security number (REF SY) count, or the JSON of an encounter (last, first,
 * dob, ref, member at any depth of pt and cov). Anything else names nobody.
 */
bool named_in(const char *text, phi_str body);

#endif
