#include "tools/codeset/import.h"
#include "common/codes/codes.h"
#include "common/coding/terms.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Rows are short; XML may stand in one line. */
enum { LINE = 8192, MARKUP = 1 << 28 };

const struct import_layout import_layouts[] = {
    {"icd10cm-order", "icd10cm", "ICD-10-CM order file (fixed columns)", import_icd_order, NULL,
     LINE},
    {"icd10pcs-order", "icd10pcs", "ICD-10-PCS order file (fixed columns)", import_icd_order, NULL,
     LINE},
    {"icd10pcs-tables", "icd10pcs-tables", "ICD-10-PCS tables (XML): the codes that can be built",
     import_pcs, import_pcs_end, MARKUP},
    {"icd10cm-addenda", "icd10cm", "ICD-10-CM addenda: added, deleted, revised lines",
     import_addenda, NULL, LINE},
    {"hcpcs", "hcpcs", "HCPCS contractor file (320 columns)", import_hcpcs, import_hcpcs_end, LINE},
    {"gem", NULL, "general equivalence mapping: source, target, five flags", import_gem, NULL,
     LINE},
    {"mce", NULL, "Medicare Code Editor lists, one system a list (mce-...)", import_mce, NULL,
     LINE},
    {"poa-exempt", "poa-exempt", "codes without present-on-admission indicator", import_poa, NULL,
     LINE},
    {"hcc", NULL, "diagnosis to HCC, one system a model (hcc-...)", import_hcc, NULL, LINE},
    {"ncci-ptp", "ptp", "NCCI procedure-to-procedure pairs", import_ptp, NULL, LINE},
    {"ncci-mue", "mue", "NCCI medically unlikely edits", import_mue, NULL, LINE},
    {"ncci-addon", "addon", "NCCI add-on codes and their primaries", import_addon, NULL, LINE},
    {"pfs", "pfs", "physician fee schedule indicators", import_pfs, NULL, LINE},
    {"coverage", "coverage", "LCD and NCD articles: procedure, covered diagnosis", import_lcd, NULL,
     LINE},
    {"csv", NULL, "a list of your own: code,title[,pair][,from][,to][,flags][,value]", import_csv,
     NULL, LINE},
    {"icd10cm-index", TERMS_SYSTEM, "ICD-10-CM alphabetic index or external cause index (XML)",
     import_xml, import_xml_end, MARKUP},
    {"icd10cm-neoplasm", TERMS_SYSTEM, "ICD-10-CM table of neoplasms (XML)", import_xml,
     import_xml_end, MARKUP},
    {"icd10cm-drug", TERMS_SYSTEM, "ICD-10-CM table of drugs and chemicals (XML)", import_xml,
     import_xml_end, MARKUP},
    {"icd10cm-tabular", TERMS_SYSTEM, "ICD-10-CM tabular list: inclusion terms (XML)", import_xml,
     import_xml_end, MARKUP},
    {"icd10cm-notes", "icd10cm-notes",
     "ICD-10-CM tabular list: excludes, code first, seventh characters (XML)", import_notes,
     import_notes_end, MARKUP},
    {"icd10pcs-index", "icd10pcs-index", "ICD-10-PCS index (XML): procedures by their names",
     import_xml, import_xml_end, MARKUP},
    {"icd10cm-index-csv", TERMS_SYSTEM, "the index flattened: Level,Term,NonEssModif,Code",
     import_index_csv, import_terms_end, LINE},
    {"icd10cm-neoplasm-csv", TERMS_SYSTEM, "the neoplasm table flattened", import_neoplasm_csv,
     import_terms_end, LINE},
    {0}};

phi_str import_field(phi_str line, size_t from, size_t to)
{
    if (line.n < from)
        return (phi_str){"", 0};
    size_t a = from - 1, b = to < line.n ? to : line.n;
    while (a < b && line.p[a] == ' ')
        a++;
    while (b > a && (line.p[b - 1] == ' ' || line.p[b - 1] == '\t'))
        b--;
    return phi_of(line.p + a, b - a);
}

void import_strip_dot(struct buf *code, phi_str with_dot)
{
    buf_clear(code);
    for (size_t i = 0; i < with_dot.n; i++)
        if (with_dot.p[i] != '.')
            buf_putc(code, with_dot.p[i]);
}

/* Length of the quoted field at p with its quotes; its text goes to out. */
static size_t quoted(phi_str line, size_t at, struct buf *out)
{
    size_t i = at + 1;
    for (; i < line.n; i++) {
        if (line.p[i] == '"' && i + 1 < line.n && line.p[i + 1] == '"')
            i++;
        else if (line.p[i] == '"')
            return i + 1 - at;
        buf_putc(out, line.p[i]);
    }
    return i - at;
}

phi_str import_column(phi_str line, char delim, int n, struct buf *unquoted)
{
    size_t at = 0;
    for (int k = 0;; k++) {
        size_t end = at;
        buf_clear(unquoted);
        if (at < line.n && line.p[at] == '"') {
            end += quoted(line, at, unquoted);
        } else {
            while (end < line.n && line.p[end] != delim)
                end++;
            if (k == n)
                buf_add(unquoted, line.p + at, end - at);
        }
        if (k == n)
            return import_field(buf_view(unquoted), 1, unquoted->len);
        while (end < line.n && line.p[end] != delim)
            end++;
        if (end >= line.n)
            return (phi_str){"", 0};
        at = end + 1;
    }
}

bool import_give(struct import *im, const struct import_row *r)
{
    if (r->code.len == 0 || r->code.len > CODE_LEN || r->pair.len > CODE_LEN) {
        im->why = "a code is empty or too long";
        return false;
    }
    if (r->from > r->to) {
        im->why = "the row ends before it begins";
        return false;
    }
    if (!im->sink->row(im->sink->ctx, r)) {
        im->why = "the code holds a character that no code has";
        return false;
    }
    im->rows++;
    return true;
}

/* Ends a line at LF, leaving out CR and a byte order mark. */
static bool one_line(struct import *im, phi_str line)
{
    im->line++;
    if (im->line == 1 && line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
        line = phi_of(line.p + 3, line.n - 3);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n == 0) {
        im->passed++;
        return true;
    }
    return im->layout->line(im, line);
}

static bool all_lines(struct import *im, phi_str text)
{
    size_t at = 0;
    while (at < text.n) {
        const char *nl = memchr(text.p + at, '\n', text.n - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.n;
        if (end - at > im->layout->longest) {
            im->why = im->layout->longest == LINE ? "a line is longer than 8,192 bytes"
                                                  : "a line is longer than 256 MB";
            im->line++;
            return false;
        }
        if (!one_line(im, phi_of(text.p + at, end - at)))
            return false;
        at = end + 1;
    }
    return true;
}

/* The end is told in any case: layouts free there what they keep. */
static bool whole_text(struct import *im, phi_str text)
{
    bool ok = all_lines(im, text);
    return (!im->layout->end || im->layout->end(im)) && ok;
}

int import_read(struct import *im, int fd, struct buf *error)
{
    struct buf text = {0};
    ssize_t n;
    while ((n = read(fd, buf_room(&text, 1 << 20), 1 << 20)) > 0)
        text.len += (size_t)n;
    bool ok = n == 0;
    if (!ok)
        buf_printf(error, "cannot read: %s", strerror(errno));
    else if (!(ok = whole_text(im, buf_view(&text))))
        buf_printf(error, "line %lu: %s", im->line, im->why);
    else if (im->rows == 0 && !(ok = false))
        buf_printf(error, "no line of it is of layout %s", im->layout->name);
    buf_free(&text);
    return ok ? 0 : -1;
}
