/* A report as pages to print: US Letter lying down, the heads of the columns on each, "page n of m". */
#include "common/letter/paper.h"
#include "common/util/clock.h"
#include "tools/report/report.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDE = 792, HIGH = 612, MARGIN = 36, GAP = 10, LARGEST = 10, SMALLEST = 5, HEAD_LINES = 4 };

struct sheet {
    struct paper p;
    struct table *t;
    const char *what, *day;
    int size;     /* of letters, points */
    HPDF_REAL *w; /* of the columns, points */
    int lines;    /* that the heads of the columns take */
    int page, of; /* numbers of pages */
    size_t rows, on_page;
};

static HPDF_REAL width(struct sheet *s, HPDF_Font font, const char *words)
{
    HPDF_Page_SetFontAndSize(s->p.page, font, (HPDF_REAL)s->size);
    return HPDF_Page_TextWidth(s->p.page, words);
}

/* Word k of a column's name; each stands on a line of its own, what is left over on the last. False: none. */
static bool head_line(const char *name, int k, char out[PAPER_WORDS])
{
    for (; k > 0; k--) {
        name = strchr(name, ' ');
        if (!name++)
            return false;
    }
    snprintf(out, PAPER_WORDS, "%.*s", (int)strcspn(name, " "), name);
    return true;
}

static const char *cell_words(const struct sheet *s, const struct row *r, int i,
                              char out[PAPER_WORDS])
{
    struct buf b = {0};
    table_words(s->t, i, &r->cell[i], &b);
    paper_latin(buf_view(&b), out);
    buf_free(&b);
    return out;
}

/* A sum: "all" in the first column, or in the second below a first that is one of several. */
static bool of_all(const struct sheet *s, const struct row *r)
{
    for (int i = 0; i < s->t->n && i < 2; i++)
        if (s->t->col[i].kind == COL_TEXT && phi_is(r->cell[i].text, "all"))
            return true;
    return false;
}

/* The widths at this size of letters; returns their sum with the gaps. */
static HPDF_REAL measure(struct sheet *s)
{
    char words[PAPER_WORDS];
    HPDF_REAL sum = (s->t->n - 1) * GAP;
    for (int i = 0; i < s->t->n; i++) {
        HPDF_REAL w = 0, x;
        for (int k = 0; k < HEAD_LINES && head_line(s->t->col[i].name, k, words); k++) {
            w = (x = width(s, s->p.bold, words)) > w ? x : w;
            s->lines = k + 1 > s->lines ? k + 1 : s->lines;
        }
        for (const struct row *r = s->t->first; r; r = r->next)
            w = (x = width(s, s->p.bold, cell_words(s, r, i, words))) > w ? x : w;
        s->w[i] = w;
        sum += w;
    }
    return sum;
}

/* What does not fit at the smallest letters is taken from the widest columns of text. */
static void narrow(struct sheet *s, HPDF_REAL sum)
{
    while (sum > WIDE - 2 * MARGIN) {
        int widest = -1;
        for (int i = 0; i < s->t->n; i++)
            if (s->t->col[i].kind == COL_TEXT && (widest < 0 || s->w[i] > s->w[widest]))
                widest = i;
        if (widest < 0 || s->w[widest] < 20)
            return;
        s->w[widest] -= 1;
        sum -= 1;
    }
}

static void cut(struct sheet *s, HPDF_Font font, char words[PAPER_WORDS], HPDF_REAL room)
{
    static const char dots[] = "\x85"; /* an ellipsis of the encoding */
    size_t n = strlen(words);
    if (width(s, font, words) <= room + 0.5F)
        return;
    while (n && width(s, font, words) + width(s, font, dots) > room)
        words[--n] = 0;
    memcpy(words + n, dots, sizeof dots);
}

static void put(struct sheet *s, int i, HPDF_REAL x, HPDF_Font font, char words[PAPER_WORDS])
{
    if (s->t->col[i].kind != COL_TEXT) {
        paper_right(&s->p, font, s->size, (int)(x + s->w[i]), words);
        return;
    }
    cut(s, font, words, s->w[i]);
    paper_text(&s->p, font, s->size, (int)x, words);
}

static void rule(struct sheet *s)
{
    HPDF_Page_SetLineWidth(s->p.page, 0.5f);
    HPDF_Page_MoveTo(s->p.page, MARGIN, s->p.y);
    HPDF_Page_LineTo(s->p.page, WIDE - MARGIN, s->p.y);
    HPDF_Page_Stroke(s->p.page);
}

static void heads(struct sheet *s)
{
    char words[PAPER_WORDS];
    for (int k = 0; k < s->lines; k++, s->p.y -= (HPDF_REAL)s->size + 1) {
        HPDF_REAL x = MARGIN;
        for (int i = 0; i < s->t->n; x += s->w[i++] + GAP) {
            int n = 0;
            while (head_line(s->t->col[i].name, n, words))
                n++;
            if (head_line(s->t->col[i].name, k - (s->lines - n), words) && k >= s->lines - n)
                put(s, i, x, s->p.bold, words);
        }
    }
    s->p.y += (HPDF_REAL)s->size - 3;
    rule(s);
    s->p.y -= (HPDF_REAL)s->size + 4;
}

static void begin_page(struct sheet *s)
{
    char words[PAPER_WORDS];
    if (s->page++)
        paper_page(&s->p);
    HPDF_Page_SetSize(s->p.page, HPDF_PAGE_SIZE_LETTER, HPDF_PAGE_LANDSCAPE);
    s->p.y = 26;
    snprintf(words, sizeof words, "page %d of %d", s->page, s->of);
    paper_right(&s->p, s->p.plain, 8, WIDE - MARGIN, words);
    snprintf(words, sizeof words, "report %s", s->t->name);
    paper_text(&s->p, s->p.plain, 8, MARGIN, words);
    s->p.y = HIGH - 50;
    snprintf(words, sizeof words, "%c%s", s->t->name[0] - 'a' + 'A', s->t->name + 1);
    for (char *c = words; *c; c++)
        *c = (char)(*c == '-' ? ' ' : *c);
    paper_text(&s->p, s->p.bold, 16, MARGIN, words);
    snprintf(words, sizeof words, "as of %s", s->day);
    paper_right(&s->p, s->p.plain, 10, WIDE - MARGIN, words);
    s->p.y -= 16;
    paper_text(&s->p, s->p.plain, 10, MARGIN, s->what);
    s->p.y -= 26;
    heads(s);
}

static void row(struct sheet *s, const struct row *r)
{
    char words[PAPER_WORDS];
    HPDF_Font font = of_all(s, r) ? s->p.bold : s->p.plain;
    HPDF_REAL x = MARGIN;
    for (int i = 0; i < s->t->n; x += s->w[i++] + GAP) {
        cell_words(s, r, i, words);
        put(s, i, x, font, words);
    }
    s->p.y -= (HPDF_REAL)s->size + 4;
}

static void lay_out(struct sheet *s)
{
    HPDF_REAL sum;
    s->size = LARGEST;
    while ((sum = measure(s)) > WIDE - 2 * MARGIN && s->size > SMALLEST)
        s->size--;
    narrow(s, sum);
    for (const struct row *r = s->t->first; r; r = r->next)
        s->rows++;
    s->on_page = (size_t)((HIGH - 50 - 42 - 50 - s->lines * (s->size + 1)) / (s->size + 4));
    s->of = s->rows ? (int)((s->rows + s->on_page - 1) / s->on_page) : 1;
}

static void fill(struct sheet *s)
{
    size_t k = 0;
    if (!s->rows) {
        begin_page(s);
        paper_text(&s->p, s->p.plain, 10, MARGIN, "There is nothing to report.");
    }
    for (const struct row *r = s->t->first; r; r = r->next) {
        if (k++ % s->on_page == 0)
            begin_page(s);
        row(s, r);
    }
}

bool table_pdf(struct table *t, const char *what, int64_t now, const char *path, struct buf *error)
{
    static struct sheet s; /* not on the stack: it is read behind setjmp */
    char day[TIME_TEXT], shown[16], half[4096];
    mode_t mask = umask(077);
    time_text(now, day);
    snprintf(shown, sizeof shown, "%.2s/%.2s/%.4s", day + 5, day + 8, day);
    snprintf(half, sizeof half, "%s.half", path);
    s = (struct sheet){.t = t, .what = what, .day = shown};
    s.w = arena_alloc(&t->mem, (size_t)t->n * sizeof *s.w);
    if (!paper_begin(&s.p) || setjmp(s.p.fault)) {
        umask(mask);
        unlink(half);
        return paper_failed(&s.p, error);
    }
    lay_out(&s);
    fill(&s);
    paper_end(&s.p, half);
    umask(mask);
    if (rename(half, path) == 0)
        return true;
    buf_printf(error, "cannot write \"%s\": %s", path, strerror(errno));
    unlink(half);
    return false;
}
