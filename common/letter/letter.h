/*
 * letter: letters from templates that are plain text (config/letters/NAME.letter).
 *
 *   # a comment
 *   = A HEADING
 *   A paragraph of one or more lines, with {fields}; paragraphs are parted by an empty line.
 *     A line that begins with a blank stays as it is, in a fixed font (tables).
 *   | Lines of an address stay one under the other.
 *
 * A field whose value has several lines stands alone on its line. A paragraph, an address line or a
 * heading that holds nothing but fields which are empty is left out.
 */
#ifndef CLAIMWIRE_LETTER_LETTER_H
#define CLAIMWIRE_LETTER_LETTER_H

#include "common/util/arena.h"
#include "common/util/buf.h"

struct letter_field {
    const char *name; /* "patient" */
    phi_str value;    /* may be empty; '\n' parts lines */
};

/* Fills in a template; path is what complaints name. False with "PATH:LINE: what" for a field that
 * does not exist or a brace that does not close. The result is in the form of a template still,
 * without fields; it is what is kept, and what the two below make pages of. */
bool letter_fill(const char *path, phi_str text, const struct letter_field *fields, size_t n,
                 struct buf *out, struct buf *error);
/* As plain text of 78 columns. */
void letter_text(phi_str filled, struct buf *out);
/* As PDF (paper.h). False with a sentence. */
bool letter_pdf(const char *path, phi_str filled, struct buf *error);

#endif
