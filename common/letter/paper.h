/*
 * paper: pages as PDF (US Letter), with libharu and the fonts that every reader has. A program that
 * uses it links with -lhpdf (LDLIBS_NAME in the Makefile).
 */
#ifndef CLAIMWIRE_LETTER_PAPER_H
#define CLAIMWIRE_LETTER_PAPER_H

#include "common/util/buf.h"
#include <hpdf.h>
#include <setjmp.h>

enum { PAPER_LEFT = 54, PAPER_RIGHT = 558, PAPER_TOP = 730, PAPER_BOTTOM = 60, PAPER_WORDS = 512 };

struct paper {
    HPDF_Doc doc;
    HPDF_Page page;
    HPDF_Font plain, bold, fixed;
    HPDF_REAL y; /* of the next line, from the bottom, points */
    jmp_buf fault;
    unsigned long code;
};

/* Begins a document with an empty page. What libharu cannot do comes back by longjmp to p->fault:
 *     if (!paper_begin(&p) || setjmp(p.fault)) return paper_failed(&p, error);
 * False when there is no memory. */
bool paper_begin(struct paper *p);
/* Says why, frees; returns false. */
bool paper_failed(struct paper *p, struct buf *error);
/* Writes the file and frees. */
void paper_end(struct paper *p, const char *path);
void paper_page(struct paper *p);

/* At x on the line p->y; paper_right() ends there. Words are in the encoding of paper_latin(). */
void paper_text(struct paper *p, HPDF_Font font, int size, int x, const char *words);
void paper_right(struct paper *p, HPDF_Font font, int size, int x, const char *words);
void paper_rule(struct paper *p);
/* The fonts have Latin letters: UTF-8 of them becomes one byte each, anything else a question mark.
 * Cut to the room of out. Returns out. */
const char *paper_latin(phi_str in, char out[PAPER_WORDS]);

#endif
