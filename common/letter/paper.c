#include "common/letter/paper.h"

static void on_fault(HPDF_STATUS code, HPDF_STATUS detail, void *data)
{
    struct paper *p = data;
    (void)detail;
    p->code = code;
    longjmp(p->fault, 1);
}

bool paper_begin(struct paper *p)
{
    *p = (struct paper){0};
    if (setjmp(p->fault))
        return false;
    p->doc = HPDF_New(on_fault, p);
    if (!p->doc)
        return false;
    HPDF_SetCompressionMode(p->doc, HPDF_COMP_ALL);
    p->plain = HPDF_GetFont(p->doc, "Helvetica", "WinAnsiEncoding");
    p->bold = HPDF_GetFont(p->doc, "Helvetica-Bold", "WinAnsiEncoding");
    p->fixed = HPDF_GetFont(p->doc, "Courier", "WinAnsiEncoding");
    paper_page(p);
    return true;
}

bool paper_failed(struct paper *p, struct buf *error)
{
    buf_printf(error, "cannot make the PDF: libharu says %#lx", p->code);
    if (p->doc)
        HPDF_Free(p->doc);
    return false;
}

void paper_page(struct paper *p)
{
    p->page = HPDF_AddPage(p->doc);
    HPDF_Page_SetSize(p->page, HPDF_PAGE_SIZE_LETTER, HPDF_PAGE_PORTRAIT);
    p->y = PAPER_TOP;
}

void paper_end(struct paper *p, const char *path)
{
    HPDF_SaveToFile(p->doc, path);
    HPDF_Free(p->doc);
}

void paper_text(struct paper *p, HPDF_Font font, int size, int x, const char *words)
{
    HPDF_Page_SetFontAndSize(p->page, font, (HPDF_REAL)size);
    HPDF_Page_BeginText(p->page);
    HPDF_Page_TextOut(p->page, (HPDF_REAL)x, p->y, words);
    HPDF_Page_EndText(p->page);
}

void paper_right(struct paper *p, HPDF_Font font, int size, int x, const char *words)
{
    HPDF_Page_SetFontAndSize(p->page, font, (HPDF_REAL)size);
    HPDF_REAL w = HPDF_Page_TextWidth(p->page, words);
    HPDF_Page_BeginText(p->page);
    HPDF_Page_TextOut(p->page, (HPDF_REAL)x - w, p->y, words);
    HPDF_Page_EndText(p->page);
}

void paper_rule(struct paper *p)
{
    HPDF_Page_SetLineWidth(p->page, 0.5f);
    HPDF_Page_MoveTo(p->page, PAPER_LEFT, p->y);
    HPDF_Page_LineTo(p->page, PAPER_RIGHT, p->y);
    HPDF_Page_Stroke(p->page);
}

const char *paper_latin(phi_str in, char out[PAPER_WORDS])
{
    size_t n = 0;
    for (size_t i = 0; i < in.n && n < PAPER_WORDS - 1; i++) {
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
