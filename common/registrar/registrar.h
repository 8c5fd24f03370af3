/*
 * registrar, first form: who the patients are and how they are insured, from what encounters, payers
 * (271, 835) and people have said. Nothing is overwritten: each value of each field is kept with where
 * it came from, since when it holds, and who changed it why. RUN/registrar/registrar.db; values are
 * sealed, and found again by keyed hashes.
 *
 * Two encounters are about the same patient when last name, first name and date of birth are the same;
 * a remittance when member id and first name are. (Better matching is not this form's business.)
 */
#ifndef CLAIMWIRE_REGISTRAR_REGISTRAR_H
#define CLAIMWIRE_REGISTRAR_REGISTRAR_H

#include "common/util/buf.h"
#include "common/util/id.h"

struct registrar;
struct registrar *registrar_open(const char *run);
/* NULL: there is none. */
struct registrar *registrar_open_existing(const char *run);
void registrar_close(struct registrar *r);
void registrar_commit(struct registrar *r);

/* Where a value comes from. */
struct origin {
    const char *source; /* "enc", "271", "835", "person" */
    struct digest file;
    uint64_t off, len; /* bytes of the file */
    int64_t at_us;
    phi_str who, why; /* of a person */
};
/* The patient of this name and day of birth (CCYYMMDD); made when make is set, else 0. */
int64_t registrar_patient(struct registrar *r, phi_str last, phi_str first, phi_str dob, bool make);
/* The patient with this member id and first name, and the payer it is a member of (appended to
 * payer, may be NULL); 0: none. */
int64_t registrar_member(struct registrar *r, phi_str member, phi_str first, struct buf *payer);
/* Says that a field of the patient (payer empty) or of his coverage by a payer has this value from a
 * day on (CCYYMMDD; to empty: open). True when that was new; the same value again, or an empty one,
 * changes nothing. */
bool registrar_say(struct registrar *r, int64_t patient, phi_str payer, const char *field,
                   phi_str value, phi_str from, phi_str to, const struct origin *o);
/* True for a field that registrar_say() knows; coverage: one of a coverage. */
bool registrar_field(const char *field, bool coverage);

/* Patients by a name ("TESTER", "TESTER ANNA"), a member id or a reference of the sender. */
size_t registrar_find(struct registrar *r, phi_str words, int64_t *patients, size_t most);
bool registrar_known(struct registrar *r, int64_t patient);
struct registrar_value {
    phi_str payer, field, value, from, to, source, file_hex, who, why;
    int64_t n, at_us, off, len;
    bool present; /* it is what holds now */
};
/* Every value ever said, oldest first. */
void registrar_values(struct registrar *r, int64_t patient,
                      void (*each)(void *ctx, const struct registrar_value *v), void *ctx);

#endif
