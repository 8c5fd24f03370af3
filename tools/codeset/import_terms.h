/* The levels of an index under way, shared by the CSV and XML readers. */
#ifndef CLAIMWIRE_CODESET_IMPORT_TERMS_H
#define CLAIMWIRE_CODESET_IMPORT_TERMS_H

#include "tools/codeset/import.h"

enum { TERM_LEVELS = 12 };
struct term_path {
    struct buf level[TERM_LEVELS]; /* as printed, modifiers in parentheses behind */
    int n;
};
/* Replaces what stands at this level and forgets what is deeper; false when it is too deep. */
bool term_path_set(struct term_path *p, int level, phi_str term, phi_str modifiers);
void term_path_free(struct term_path *p);
/* Gives a row of TERMS_SYSTEM: the path so far leads to this code. A code that is none ("-" of a
 * table's empty cell) gives no row. */
/* Gives a row of TERMS_SYSTEM that is a cross reference of the path so far ("see", "see also"). */
bool term_refer(struct import *im, const struct term_path *p, phi_str target);
bool term_give(struct import *im, const struct term_path *p, phi_str code, uint32_t value);

#endif
