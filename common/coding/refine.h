/*
 * Refining: an item of an assessment ("Sprain of left ankle, initial encounter") says more than the term
 * that was found in it. Among the codes of the term's category the one is looked for whose title says
 * what the item says: side, site, stage, trimester, episode. Every word of the title must be in the item
 * (words for "unspecified" and what only says what is not there need not), and every word of the item in
 * the title or the term.
 */
#ifndef CLAIMWIRE_CODING_REFINE_H
#define CLAIMWIRE_CODING_REFINE_H

#include "common/coding/propose.h"

/* The one code that says what the item says; NULL when there is none, or several. p: the mention it begins
 * with; c->words are the item's. */
const struct code_row *refine(struct coding *c, phi_str item, const struct proposal *p);
/* True when the code's seventh character says initial encounter and the note speaks of a later one. */
bool refine_later_visit(const struct code_row *code, phi_str note);

/* The item with blanks in place of the words for side and episode. */
void refine_bare(phi_str item, struct buf *out);
enum { REFINE_DENIED = 8 };
/* Stems of what stands behind "without", "no" or "not" in a text; how many. */
size_t refine_denied(struct coding *c, phi_str text, uint64_t stems[REFINE_DENIED]);
bool refine_among(const uint64_t *stems, size_t n, uint64_t stem);

#endif
