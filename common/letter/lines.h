/* Inside letter: the lines of a letter that is filled in. */
#ifndef CLAIMWIRE_LETTER_LINES_H
#define CLAIMWIRE_LETTER_LINES_H

#include "common/letter/letter.h"

enum letter_kind { LETTER_EMPTY, LETTER_WORDS, LETTER_HEADING, LETTER_ADDRESS, LETTER_FIXED };

bool letter_line(phi_str text, size_t *at, phi_str *line);
enum letter_kind letter_kind_of(phi_str line);
/* Without the mark of its kind. */
phi_str letter_words(phi_str line);

#endif
