/*
 * Terms of a code set as its publisher prints them, and the variants that a note may use.
 *
 * A stored term is one line of text: the levels of an index path joined by " > ", each level as
 * printed, with alternatives at commas ("Abdomen, abdominal") and non-essential modifiers in
 * parentheses ("Abasia (-astasia) (hysterical)"). Titles and inclusion terms have one level.
 */
#ifndef CLAIMWIRE_CODING_TERMS_H
#define CLAIMWIRE_CODING_TERMS_H

#include "common/util/buf.h"

/* Where a term was printed; also its rank: a lower kind is preferred for the same words. */
enum term_kind {
    TERM_TITLE,
    TERM_INDEX,
    TERM_INCLUSION,
    TERM_NEOPLASM,
    TERM_HEADING, /* title of a code that is not billable */
    TERM_DRUG,    /* drug table: a drug with what it did */
    TERM_OWN,     /* an office's own name for a code: believed as it stands, before all others */
    TERM_SEE,     /* a cross reference of the index ("see", "see also"), followed: believed last */
    TERM_KINDS
};
/* Value of a row of system TERMS_SYSTEM: kind, and for tables the column it stood in (2 to 7:
 * malignant primary, secondary, in situ, benign, uncertain, unspecified; of drugs poisoning by
 * accident, intent, assault, undetermined, adverse effect, underdosing). */
#define TERMS_SYSTEM "icd10cm-terms"
/* A cross reference is stored as kind TERM_SEE, code TERM_REFERENCE, and "path => what it refers to". */
#define TERM_REFERENCE "SEE"
#define TERM_REFERS    " => "
static inline uint32_t term_value(enum term_kind kind, unsigned column)
{
    return (uint32_t)kind | column << 8;
}

/* Takes a variant: words to be found in a note. alone: it may be matched when it is one word. */
typedef void term_variant_fn(void *ctx, phi_str words, bool alone);

/* Calls take for every variant of a stored term. Index paths give the products of their
 * alternatives (at most 24) and one variant a modifier (at most 12); a table's column adds the
 * words for its behaviour. */
void terms_expand(phi_str stored, uint32_t value, term_variant_fn *take, void *ctx);
/* Appends s without what no note says: "unspecified", ", initial encounter" ... */
void terms_clean(phi_str s, struct buf *out);

#endif
