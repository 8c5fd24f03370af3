/* A page as PDF (US Letter), with libharu and the fonts that every reader has. */
#include "common/util/money.h"
#include "tools/statement/statement.h"
#include <hpdf.h>
#include <setjmp.h>
#include <stdio.h>

enum { LEFT = 54, RIGHT = 558 };
static const int COLUMN[] = {246, 336, 410, 484, RIGHT}; /* right edges of the amounts */

struct sheet {
    HPDF_Doc doc;
    HPDF_Page page;
    HPDF_Font plain, bold;
    HPDF_REAL y;
    jmp_buf fault;
    unsigned long code;
};

static void on_fault(HPDF_STATUS code, HPDF_STATUS detail, void *data)
{
    struct sheet *s = data;
    (void)detail;
    s->code = code;
    longjmp(s->fault, 1);
}

/* The fonts have Latin letters: UTF-8 of them becomes one byte each, anything else a question mark. */
static const char *latin(phi_str in, char out[128])
{
    size_t n = 0;
    for (size_t i = 0; i < in.n && n < 127; i++) {
        unsigned char c = (unsigned char)in.p[i], d = i + 1 < in.n ? (unsigned char)in.p[i + 1] : 0;
        if ((c == 0xc2 || c == 0xc3) && (d & 0xc0) == 0x80) {
            out[n++] = (char)((c & 3) << 6 | (d & 0x3f));
            i++;
        } else if (c >= 0x80) {
            out[n++] = '?';
            while (i + 1 < in.n && ((unsigned char)in.p[i + 1] & 0xc0) == 0x80)
                i++;
        } else {
            out[n++] = c >= ' ' && c != 0x7f ? (char)c : '?';
        }
    }
    out[n] = 0;
    return out;
}

static void text(struct sheet *s, HPDF_Font font, int size, int x, const char *words)
{
    HPDF_Page_SetFontAndSize(s->page, font, (HPDF_REAL)size);
    HPDF_Page_BeginText(s->page);
    HPDF_Page_TextOut(s->page, (HPDF_REAL)x, s->y, words);
    HPDF_Page_EndText(s->page);
}

/* Ends at x. */
static void text_right(struct sheet *s, HPDF_Font font, int size, int x, const char *words)
{
    HPDF_Page_SetFontAndSize(s->page, font, (HPDF_REAL)size);
    HPDF_REAL w = HPDF_Page_TextWidth(s->page, words);
    HPDF_Page_BeginText(s->page);
    HPDF_Page_TextOut(s->page, (HPDF_REAL)x - w, s->y, words);
    HPDF_Page_EndText(s->page);
}

static void rule(struct sheet *s)
{
    HPDF_Page_SetLineWidth(s->page, 0.5f);
    HPDF_Page_MoveTo(s->page, LEFT, s->y);
    HPDF_Page_LineTo(s->page, RIGHT, s->y);
    HPDF_Page_Stroke(s->page);
}

static void amounts(struct sheet *s, HPDF_Font font, const struct visit *v)
{
    const int64_t cents[] = {v->billed, v->insurance, v->adjusted, v->received, v->due};
    for (int i = 0; i < 5; i++) {
        struct buf n = {0};
        money_human(&n, cents[i]);
        text_right(s, font, 10, COLUMN[i], buf_cstr(&n));
        buf_free(&n);
    }
}

static void sender(struct sheet *s, const struct page *p)
{
    char w[128];
    const phi_str lines[] = {p->from.name, p->from.street, p->from.city};
    s->y = 730;
    for (int i = 0; i < 3; i++) {
        if (phi_empty(lines[i]))
            continue;
        text(s, i ? s->plain : s->bold, i ? 10 : 13, LEFT, latin(lines[i], w));
        s->y -= 15;
    }
}

static void head(struct sheet *s, const struct page *p)
{
    char day[16], w[128], name[260];
    int n = snprintf(name, sizeof name, "%s ", latin(p->first, w));
    snprintf(name + n, sizeof name - (size_t)n, "%s", latin(p->last, w));
    sender(s, p);
    s->y = 730;
    text_right(s, s->bold, 13, RIGHT, "STATEMENT OF YOUR ACCOUNT");
    s->y -= 15;
    text_right(s, s->plain, 10, RIGHT, day_text(p->day, day));
    s->y = 650;
    text(s, s->plain, 11, LEFT, name + (*name == ' '));
    s->y = 590;
    static const char *const names[] = {"Billed", "Insurance paid", "Adjusted", "You paid",
                                        "You owe"};
    text(s, s->bold, 10, LEFT, "Visit");
    for (int i = 0; i < 5; i++)
        text_right(s, s->bold, 10, COLUMN[i], names[i]);
    s->y -= 6;
    rule(s);
    s->y -= 16;
}

static void row(struct sheet *s, const struct page *p, const struct visit *v)
{
    char day[16], w[128], line[300];
    if (phi_empty(v->account))
        snprintf(line, sizeof line, "%d earlier visits", p->more);
    text(s, s->plain, 10, LEFT, phi_empty(v->account) ? line : day_text(v->service, day));
    amounts(s, s->plain, v);
    s->y -= 11;
    if (!phi_empty(v->account)) {
        int n = snprintf(line, sizeof line, "Account %s", latin(v->account, w));
        if (!phi_empty(v->why))
            snprintf(line + n, sizeof line - (size_t)n, "; your part: %s", latin(v->why, w));
        text(s, s->plain, 8, LEFT, line);
    }
    s->y -= 15;
}

static void foot(struct sheet *s, const struct page *p)
{
    struct buf b = {0};
    char w[128];
    s->y += 6;
    rule(s);
    s->y -= 14;
    text(s, s->bold, 10, LEFT, "Total");
    amounts(s, s->bold, &p->sum);
    s->y -= 34;
    buf_puts(&b, "Please pay: $");
    money_human(&b, p->sum.due);
    text_right(s, s->bold, 14, RIGHT, buf_cstr(&b));
    s->y -= 20;
    if (p->sum.waiting > 0) {
        buf_clear(&b);
        buf_puts(&b, "Still with your insurance, not due from you now: $");
        money_human(&b, p->sum.waiting);
        text_right(s, s->plain, 10, RIGHT, buf_cstr(&b));
    }
    if (!phi_empty(p->from.phone)) {
        buf_clear(&b);
        buf_printf(&b, "Questions? Please call %s.", latin(p->from.phone, w));
        s->y = 60;
        text(s, s->plain, 10, LEFT, buf_cstr(&b));
    }
    buf_free(&b);
}

bool page_pdf(const char *path, const struct page *p, struct buf *error)
{
    struct sheet s = {0};
    s.doc = HPDF_New(on_fault, &s);
    if (!s.doc || setjmp(s.fault)) {
        buf_printf(error, "cannot make the PDF: libharu says %#lx", s.code);
        if (s.doc)
            HPDF_Free(s.doc);
        return false;
    }
    HPDF_SetCompressionMode(s.doc, HPDF_COMP_ALL);
    s.page = HPDF_AddPage(s.doc);
    HPDF_Page_SetSize(s.page, HPDF_PAGE_SIZE_LETTER, HPDF_PAGE_PORTRAIT);
    s.plain = HPDF_GetFont(s.doc, "Helvetica", "WinAnsiEncoding");
    s.bold = HPDF_GetFont(s.doc, "Helvetica-Bold", "WinAnsiEncoding");
    head(&s, p);
    for (int i = 0; i < p->visits; i++)
        row(&s, p, &p->visit[i]);
    foot(&s, p);
    HPDF_SaveToFile(s.doc, path);
    HPDF_Free(s.doc);
    return true;
}
