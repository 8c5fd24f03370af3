/*
 * Doses: drugs that HCPCS bills by amount ("Injection, ketorolac tromethamine, per 15 mg"), found in
 * a note by name and dose. Where several rows have the drug, the one with most of its words in the
 * sentence is taken.
 */
#ifndef CLAIMWIRE_CODES_DOSES_H
#define CLAIMWIRE_CODES_DOSES_H

#include "common/codes/codes.h"

#define DOSES_SYSTEM "hcpcs"

struct doses;
/* The drugs of the day's HCPCS table; NULL when there is none. Borrows the table. */
struct doses *doses_new(const struct codes *table, int32_t day);
void doses_free(struct doses *d);

struct dose {
    const struct code_row *row;
    uint32_t begin, end; /* bytes of name and amount in the note */
    uint32_t units;      /* of the row that the amount makes, rounded up */
    bool given;          /* the sentence says that it was injected, infused or given */
};
enum { DOSES_MOST = 16 };
/* Doses that a note states, in its order; at most DOSES_MOST. */
size_t doses_find(const struct doses *d, phi_str note, struct dose out[DOSES_MOST]);
/* Units of this code that the note's dose of its drug makes; 0 when it states none, or several that
 * differ. */
uint32_t doses_units(const struct doses *d, phi_str note, phi_str code);

#endif
