/*
 * Services: what a note says was done or handed out, as codes that are only ever suggested.
 *
 * Procedures (ICD-10-PCS) are found by the terms of its index ("Appendectomy"), and by operation and body
 * part as the titles have them ("Resection of Appendix"); the words for approach, side, device in the same
 * sentence choose among the codes that begin alike. Supplies and services of HCPCS level II are found by
 * the head of their title ("Walker, folding, wheeled"), supplies only where the sentence says that they
 * were handed out; the rest of the title chooses. What is denied, planned, of the past, or of another
 * person gives nothing. Drugs by dose are in common/codes/doses.h.
 */
#ifndef CLAIMWIRE_CODING_SERVICES_H
#define CLAIMWIRE_CODING_SERVICES_H

#include "common/coding/propose.h"

#define PCS_CODES  "icd10pcs"
#define PCS_TABLES "icd10pcs-tables"
#define PCS_INDEX  "icd10pcs-index"
#define HCPCS      "hcpcs"

struct services;
/* Terms of the day's tables: HCPCS, and with procedures ICD-10-PCS as well. NULL when there are none.
 * Borrows table and stemmer. */
struct services *services_new(const struct codes *table, struct stemmer *stems, int32_t day,
                              bool procedures);
void services_free(struct services *s);

struct service {
    const struct code_row *row;
    const struct code_row *term; /* row whose title led to it */
    uint32_t begin, end;         /* bytes of the evidence in the note */
    bool procedure;
};
enum { SERVICES_MOST = 24 };
/* Services of a note whose words and context c holds (as propose() leaves it), in its order, each code
 * once; how many. */
size_t services_find(const struct services *s, const struct coding *c, phi_str note,
                     struct service out[SERVICES_MOST]);

#endif
