/*
 * Lines and words of guide files, with their places. Private to guide_*.c.
 */
#ifndef CLAIMWIRE_EDI_GUIDE_LEX_H
#define CLAIMWIRE_EDI_GUIDE_LEX_H

#include "common/edi/guide_data.h"

enum { LEX_WORDS = 600, LEX_LINE = 16384 };

struct g_word {
    phi_str s; /* without the quotes of a label */
    bool quoted;
    int column; /* from 1 */
};

struct g_lex {
    const char *path;
    phi_str text;
    size_t at;      /* of the next line */
    int line;       /* of the words, from 1 */
    int level;      /* indentation of the line in steps of two blanks */
    int indent_col; /* column of the first word */
    struct g_word word[LEX_WORDS];
    int n;
    int next; /* the word to read next */
    struct buf *error;
    bool failed;
};

void lex_open(struct g_lex *x, const char *path, phi_str text, struct buf *error);
/* Goes to the next line that is not blank; false at the end or on a fault (x->failed). */
bool lex_line(struct g_lex *x);
/* The next word of the line and moves on; NULL at the end of the line. */
const struct g_word *lex_word(struct g_lex *x);
/* The next word without moving on. */
const struct g_word *lex_peek(struct g_lex *x);
/* Says "FILE:LINE:COLUMN: what" once, at the latest word (or at a given one). Returns false. */
bool lex_fail(struct g_lex *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool lex_fail_at(struct g_lex *x, int column, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A decimal number of s within [lo, hi]. */
bool lex_number(phi_str s, uint32_t lo, uint32_t hi, uint32_t *out);
/* Number of a data element; those of the envelope (I12) count from 61000. */
bool lex_de(phi_str s, uint32_t *out);
/* "MIN/MAX" */
bool lex_range(phi_str s, uint16_t *min, uint16_t *max);
/* True at the end of a list of values: no word, or one that says something else of an element. */
bool lex_ends_codes(const struct g_word *w);
/* Reads values up to the end of the line, an @SET, a label or a flag word; copies them to mem. */
const struct g_codes *lex_codes(struct g_lex *x, struct arena *mem);
/* A code list of these values. */
const struct g_codes *g_codes_make(struct arena *mem, const phi_str *v, uint32_t n);
/* Reads "P0304 R0203 ..." to the end of the line, appending to *notes. */
bool lex_notes(struct g_lex *x, struct arena *mem, struct g_note **notes, uint32_t *n);
/* Reads an element line whose first word is "05" or "05-1" or "02..12-1", into elems. */
bool lex_element(struct g_lex *x, struct guide_set *s, struct g_elem **elems, uint32_t *n);
/* Fills in what the dictionary says of every element. */
bool lex_resolve(struct g_lex *x, struct guide_set *s, struct g_elem *elems, uint32_t n);

#endif
