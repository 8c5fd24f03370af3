/*
 * Notes of the tabular list (Excludes1 and 2, code first, use additional code, code also) and its
 * seventh characters, as systems of the code table.
 *
 * NOTES_SYSTEM: code is who has the note: a code, a heading ("E10"), or the range of a section or
 * chapter ("A00-A09"); the note holds for everything below. pair is the digit of the kind and a code,
 * heading or range that the note names ("1E11", "1P36.0-..." as "1P360-P361"), or "*" where it
 * names none. value is the kind, with NOTE_IF_APPLICABLE; title is the note as printed.
 * SEVENTH_SYSTEM: code is a code or heading, pair the character, title its meaning.
 */
#ifndef CLAIMWIRE_CODES_NOTES_H
#define CLAIMWIRE_CODES_NOTES_H

#include "common/codes/codes.h"

#define NOTES_SYSTEM   "icd10cm-notes"
#define SEVENTH_SYSTEM "icd10cm-seventh"
enum note_kind {
    NOTE_EXCLUDES1 = 1,
    NOTE_EXCLUDES2,
    NOTE_CODE_FIRST,
    NOTE_USE_ADDITIONAL,
    NOTE_CODE_ALSO,
    NOTE_KINDS,
    NOTE_IF_APPLICABLE = 256 /* added: the note says "if applicable", "if known" or "any" */
};

/* True when code lies in what: a code or heading that begins it, or a range of headings. Codes are
 * without points. */
bool code_within(phi_str code, phi_str what);

struct codes_notes; /* the notes of a table on one day, ready to be asked */
/* NULL when the table has none. Borrows the table. */
struct codes_notes *codes_notes_new(const struct codes *c, int32_t day);
void codes_notes_free(struct codes_notes *n);
/* Calls take for every note of this kind that holds for the code, the nearest heading first;
 * target is empty where the note names no code. Stops when take says false. */
typedef bool note_fn(void *ctx, const struct code_row *note, phi_str target);
void codes_notes_of(const struct codes_notes *n, phi_str code, enum note_kind kind, note_fn *take,
                    void *ctx);
/* The note of a by which b is excluded, named first, used in addition ...; NULL when none names it.
 */
const struct code_row *codes_note_naming(const struct codes_notes *n, phi_str a,
                                         enum note_kind kind, phi_str b);
/* The nearest heading of code (or itself) that defines seventh characters; empty when there is
 * none. */
phi_str codes_seventh_owner(const struct codes *c, phi_str code, int32_t day);

#endif
