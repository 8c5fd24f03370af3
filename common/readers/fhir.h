/*
 * fhir: a FHIR R4 Bundle by its resources. References are followed by fullUrl, by Type/id and into
 * `contained`. Lookups never fail: what is absent is NULL or "". The first fault is kept with its
 * path, as in hl7.h.
 */
#ifndef CLAIMWIRE_READERS_FHIR_H
#define CLAIMWIRE_READERS_FHIR_H

#include "common/readers/reader.h"
#include <jansson.h>

enum { FHIR_ENTRIES = 10000 };

struct fhir {
    struct arena *a;
    const json_t *bundle, *entries;
    json_t *index;    /* name to place in entries */
    size_t encounter; /* entry whose encounter is being mapped */
    const char *rule; /* the first fault */
    char where[160];
    const char *why;
};
/* A resource of the bundle; index tells its place, for faults. */
struct fhir_res {
    const json_t *r; /* NULL: none */
    size_t index;
};

void fhir_fault(struct fhir *f, struct fhir_res r, const char *path, const char *why);
/* Member by a path of names and places: "code.coding.0.code". NULL when absent. */
const json_t *fhir_at(const json_t *o, const char *path);
/* A text (or a number as its text) at a path; "" when absent. Longer than a value may be: a fault
 * of the encounter, and "". */
phi_str fhir_text(struct fhir *f, const json_t *o, const char *path);
/* Entry i of the bundle. */
struct fhir_res fhir_entry(const struct fhir *f, size_t i);
bool fhir_is(struct fhir_res r, const char *type);
/* What a Reference means, from within `from`. */
struct fhir_res fhir_follow(const struct fhir *f, struct fhir_res from, const json_t *reference);
/* NPI of a Practitioner, PractitionerRole, Organization or Location, or of the reference itself. */
phi_str fhir_npi(struct fhir *f, struct fhir_res from, const json_t *reference);
/* The code of the first coding whose system is in the list (blank separated); "" when none is. */
phi_str fhir_code(struct fhir *f, const json_t *concept, const char *systems, size_t min,
                  size_t max);
/* Words of a CodeableConcept: its text, else the display of a coding. */
phi_str fhir_words(struct fhir *f, const json_t *concept);

/* Maps the encounter at f->encounter into e (fhir_map.c). */
void fhir_map(struct fhir *f, json_t *e);
/* Note and signature of the encounter (fhir_note.c). */
void fhir_note(struct fhir *f, struct fhir_res encounter, json_t *e);

#endif
