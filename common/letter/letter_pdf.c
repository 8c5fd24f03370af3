/* A letter on pages. */
#include "common/letter/lines.h"
#include "common/letter/paper.h"
#include <stdio.h>
#include <string.h>

enum { SIZE = 11, LEADING = 15, HEADING = 13, FIXED = 9, FIXED_LEADING = 12 };

struct pages {
    struct paper *p;
    char line[PAPER_WORDS * 2]; /* the line of words that is being filled */
    size_t n;
    int number; /* of the page, from 1 */
};

static void next_page(struct pages *g)
{
    char words[32];
    paper_page(g->p);
    snprintf(words, sizeof words, "page %d", ++g->number);
    g->p->y = 36;
    paper_right(g->p, g->p->plain, 9, PAPER_RIGHT, words);
    g->p->y = PAPER_TOP;
}

static void down(struct pages *g, int by)
{
    g->p->y -= (HPDF_REAL)by;
    if (g->p->y < PAPER_BOTTOM)
        next_page(g);
}

/* Lines that stand one under the other stay on one page. */
static void keep_together(struct pages *g, phi_str filled, size_t at)
{
    phi_str line;
    int lines = 1;
    while (letter_line(filled, &at, &line) && letter_kind_of(line) == LETTER_ADDRESS)
        lines++;
    if (g->p->y - (HPDF_REAL)(lines * LEADING) < PAPER_BOTTOM)
        next_page(g);
}

/* The paragraph before a block of address lines goes with it: a closing never stands alone on a page.
 * What is too long to be kept whole is parted as it comes. */
static void keep_with_closing(struct pages *g, phi_str filled, size_t at, phi_str line)
{
    enum {
        PER_LINE = 80,
        MOST = 20
    }; /* letters on a line of Helvetica 11, rather few; lines kept */
    size_t letters = line.n;
    int closing = 0;
    for (enum letter_kind k = LETTER_WORDS; letter_line(filled, &at, &line);) {
        enum letter_kind before = k;
        k = letter_kind_of(line);
        if (k == LETTER_WORDS && before == LETTER_WORDS)
            letters += line.n + 1;
        else if (k == LETTER_ADDRESS)
            closing++;
        else if (k != LETTER_EMPTY || closing)
            break;
    }
    int lines = (int)(letters / PER_LINE) + 2 + closing;
    if (closing && lines <= MOST && g->p->y - (HPDF_REAL)(lines * LEADING) < PAPER_BOTTOM)
        next_page(g);
}

static void flush(struct pages *g)
{
    if (!g->n)
        return;
    g->line[g->n] = 0;
    paper_text(g->p, g->p->plain, SIZE, PAPER_LEFT, g->line);
    down(g, LEADING);
    g->n = 0;
}

static bool fits(struct pages *g, const char *word, size_t n)
{
    char trial[sizeof g->line];
    if (g->n + n + 2 >= sizeof trial)
        return false;
    memcpy(trial, g->line, g->n);
    trial[g->n] = ' ';
    memcpy(trial + g->n + 1, word, n);
    trial[g->n + 1 + n] = 0;
    HPDF_Page_SetFontAndSize(g->p->page, g->p->plain, SIZE);
    return HPDF_Page_TextWidth(g->p->page, trial) <= PAPER_RIGHT - PAPER_LEFT;
}

static void words(struct pages *g, phi_str line)
{
    char w[PAPER_WORDS];
    for (size_t i = 0; i < line.n;) {
        const char *end = memchr(line.p + i, ' ', line.n - i);
        size_t bytes = end ? (size_t)(end - line.p) - i : line.n - i;
        size_t n = strlen(paper_latin(phi_of(line.p + i, bytes), w));
        i += bytes + 1;
        if (!n)
            continue;
        if (g->n && !fits(g, w, n))
            flush(g);
        if (g->n)
            g->line[g->n++] = ' ';
        memcpy(g->line + g->n, w, n);
        g->n += n;
    }
}

static void one_line(struct pages *g, phi_str line)
{
    char latin[PAPER_WORDS];
    enum letter_kind k = letter_kind_of(line);
    if (k == LETTER_WORDS) {
        words(g, line);
        return;
    }
    flush(g);
    const char *w = paper_latin(letter_words(line), latin);
    if (k == LETTER_HEADING)
        paper_text(g->p, g->p->bold, HEADING, PAPER_LEFT, w);
    else if (k == LETTER_FIXED)
        paper_text(g->p, g->p->fixed, FIXED, PAPER_LEFT, w);
    else if (k == LETTER_ADDRESS)
        paper_text(g->p, g->p->plain, SIZE, PAPER_LEFT, w);
    down(g, k == LETTER_FIXED ? FIXED_LEADING : k == LETTER_HEADING ? LEADING + 5 : LEADING);
}

static void all(struct pages *g, phi_str filled)
{
    enum letter_kind before = LETTER_EMPTY;
    phi_str line;
    for (size_t at = 0; letter_line(filled, &at, &line);) {
        enum letter_kind k = letter_kind_of(line);
        if (k == LETTER_ADDRESS && before != k) {
            flush(g);
            keep_together(g, filled, at);
        }
        if (k == LETTER_WORDS && before != k)
            keep_with_closing(g, filled, at, line);
        one_line(g, line);
        before = k;
    }
    flush(g);
}

bool letter_pdf(const char *path, phi_str filled, struct buf *error)
{
    struct paper p;
    struct pages g = {.p = &p, .number = 1};
    if (!paper_begin(&p) || setjmp(p.fault))
        return paper_failed(&p, error);
    all(&g, filled);
    paper_end(&p, path);
    return true;
}
