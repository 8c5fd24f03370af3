/*
 * The lexicon: every term of a code set by the words it is made of, in the mapped code table.
 *
 * `codeset compile` builds it from the titles of the code set and from the terms of index, tabular
 * list and neoplasm table (see terms.h). In the table it is system LEXICON_SYSTEM: code is the key
 * of the words (words.h) in hexadecimal, pair the code the term leads to, value the kind of term,
 * title the term as printed. The code a term leads to may be a heading or of another year: it is
 * brought to a billable code of the day asked for when a note first uses the term.
 */
#ifndef CLAIMWIRE_CODING_LEXICON_H
#define CLAIMWIRE_CODING_LEXICON_H

#include "common/codes/codes.h"
#include "common/coding/terms.h"
#include "common/coding/words.h"

#define LEXICON_SYSTEM "icd10cm-lexicon"
#define LEXICON_CODES  "icd10cm"
enum { LEXICON_WORDS = 8 }; /* longest term, in words that count */

/* Making one. */
struct lexicon_build;
struct lexicon_build *lexicon_build_new(void);
/* A row of the code set: its title is a term. */
void lexicon_build_title(struct lexicon_build *b, phi_str code, uint16_t flags, phi_str title);
/* A row of TERMS_SYSTEM. */
void lexicon_build_term(struct lexicon_build *b, phi_str code, uint32_t value, phi_str stored);
/* Adds the rows to the table under construction. */
void lexicon_build_add(struct lexicon_build *b, struct codes_build *table);
void lexicon_build_free(struct lexicon_build *b);

/* Using one. */
struct lexicon;
/* What words mean on the day. Borrowed from the lexicon. */
struct meaning {
    const struct code_row *code; /* billable on the day */
    const struct code_row *term; /* row of the lexicon: title is the term, value its kind */
    uint32_t id;                 /* of the term in this table, from 0 */
    bool sure;                   /* worth proposing without further evidence */
};
/* The lexicon of a table for one day; NULL when the table has none. Borrows table and stemmer. */
struct lexicon *lexicon_open(const struct codes *table, struct stemmer *stems, int32_t day);
/* The meaning of the words in a bag; NULL when no term has them or none leads to a code of the
 * day. */
const struct meaning *lexicon_find(struct lexicon *l, const struct word_bag *words);
/* A code as stated (heading, other year) as a billable code of the day; NULL when there is none. */
const struct code_row *lexicon_code(const struct lexicon *l, phi_str code);
/* Rows of the code set, and the number of one of them. */
uint32_t lexicon_codes(const struct lexicon *l);
uint32_t lexicon_number(const struct lexicon *l, const struct code_row *code);
int32_t lexicon_day(const struct lexicon *l);
struct stemmer *lexicon_stems(const struct lexicon *l);
const struct codes *lexicon_table(const struct lexicon *l);
void lexicon_free(struct lexicon *l);

#endif
