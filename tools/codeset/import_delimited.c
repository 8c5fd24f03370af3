/* Layouts with delimiters: each names the columns it wants by their headings. */
#include "common/codes/codes.h"
#include "tools/codeset/import.h"
#include <ctype.h>

/* What may stand in a delimited layout; the order of import.column. */
enum column {
    C_CODE,
    C_PAIR,
    C_FROM,
    C_TO,
    C_FLAGS,
    C_VALUE,
    C_TITLE,
    C_LIST,
    C_INDICATOR,
    COLUMNS,
    C_CUSTOM = COLUMNS /* what a layout finds by itself stands behind */
};

struct delimited {
    char delim;
    const char *heading[COLUMNS]; /* accepted headings, '|' between alternatives, NULL: none */
    bool headed;                  /* false: columns stand where `fixed` says */
    int fixed[COLUMNS];
};

/* Headings are compared without case, blanks and punctuation. */
static bool heading_is(phi_str s, const char *want)
{
    for (;;) {
        size_t i = 0;
        for (; *want && *want != '|'; want++) {
            while (i < s.n && !isalnum((unsigned char)s.p[i]))
                i++;
            if (i >= s.n || tolower((unsigned char)s.p[i]) != *want)
                break;
            i++;
        }
        while (i < s.n && !isalnum((unsigned char)s.p[i]))
            i++;
        if ((*want == 0 || *want == '|') && i == s.n)
            return true;
        while (*want && *want != '|')
            want++;
        if (!*want++)
            return false;
    }
}

static bool read_headings(struct import *im, const struct delimited *d, phi_str line)
{
    struct buf cell = {0};
    bool any = false;
    for (int c = 0; c < COLUMNS; c++)
        im->column[c] = -1;
    for (int k = 0; k < 64; k++) {
        phi_str h = import_column(line, d->delim, k, &cell);
        for (int c = 0; c < COLUMNS; c++)
            if (d->heading[c] && im->column[c] < 0 && heading_is(h, d->heading[c])) {
                im->column[c] = k;
                any |= c == C_CODE;
                break;
            }
    }
    buf_free(&cell);
    im->passed++;
    return any;
}

static phi_str get(struct import *im, const struct delimited *d, phi_str line, enum column c,
                   struct buf *cell)
{
    int k = d->headed ? im->column[c] : d->fixed[c];
    buf_clear(cell);
    return k < 0 ? (phi_str){"", 0} : import_column(line, d->delim, k, cell);
}

/* CCYYMMDD, CCYY-MM-DD or MM/DD/CCYY; an empty cell or "*" keeps *day. */
static bool read_day(phi_str s, int32_t *day)
{
    char d[8];
    size_t n = 0;
    if (s.n == 0 || phi_is(s, "*"))
        return true;
    bool us = s.n == 10 && s.p[2] == '/';
    for (size_t i = 0; i < s.n; i++)
        if (isdigit((unsigned char)s.p[i])) {
            if (n == 8)
                return false;
            d[n++] = s.p[i];
        }
    if (us && n == 8) {
        char t[8] = {d[4], d[5], d[6], d[7], d[0], d[1], d[2], d[3]};
        memcpy(d, t, 8);
    }
    return n == 8 && date_parse(phi_of(d, 8), day);
}

static bool read_number(phi_str s, int64_t *out)
{
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i]) || v > 100000000)
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    if (s.n)
        *out = v;
    return true;
}

/* A system name made of a list's name: lower case, other characters become '-'. */
static void list_system(char out[SYSTEM_LEN], const char *prefix, phi_str list)
{
    size_t n = strlen(prefix);
    memcpy(out, prefix, n + 1);
    for (size_t i = 0; i < list.n && n < SYSTEM_LEN - 1; i++) {
        char c = (char)tolower((unsigned char)list.p[i]);
        if (isalnum((unsigned char)c) || out[n - 1] != '-')
            out[n++] = isalnum((unsigned char)c) ? c : '-';
    }
    out[n] = 0;
}

static bool fill(struct import *im, const struct delimited *d, phi_str line, struct import_row *r)
{
    struct buf cell = {0};
    int64_t indicator = 0, flags = 0;
    import_strip_dot(&r->code, get(im, d, line, C_CODE, &cell));
    import_strip_dot(&r->pair, get(im, d, line, C_PAIR, &cell));
    buf_phi(&r->title, get(im, d, line, C_TITLE, &cell));
    bool ok = read_day(get(im, d, line, C_FROM, &cell), &r->from) &&
              read_day(get(im, d, line, C_TO, &cell), &r->to);
    if (!ok)
        im->why = "a date is not of the form CCYYMMDD, CCYY-MM-DD or MM/DD/CCYY";
    phi_str ind = get(im, d, line, C_INDICATOR, &cell);
    ok = ok && (read_number(phi_of(ind.p, ind.n > 1 ? 1 : ind.n), &indicator));
    ok = ok && read_number(get(im, d, line, C_FLAGS, &cell), &flags) &&
         read_number(get(im, d, line, C_VALUE, &cell), &r->value);
    if (!ok && !im->why)
        im->why = "a number is not a whole number";
    r->flags |= (unsigned)flags | (unsigned)indicator << 8;
    buf_free(&cell);
    return ok;
}

static bool delimited_line(struct import *im, const struct delimited *d, const char *list_prefix,
                           unsigned flags, phi_str line)
{
    struct import_row r = {.from = im->from, .to = im->to, .flags = flags};
    struct buf cell = {0};
    if (d->headed && !im->header_done) {
        im->header_done = read_headings(im, d, line);
        if (!im->header_done && im->line > 20)
            im->why = "no heading line among the first 20 names a code column";
        return im->why == NULL;
    }
    if (list_prefix)
        list_system(r.system, list_prefix, get(im, d, line, C_LIST, &cell));
    else
        strncpy(r.system, im->system, sizeof r.system - 1);
    bool ok = fill(im, d, line, &r);
    if (ok && r.code.len == 0)
        im->passed++; /* copyright lines and blanks of the publishers' sheets */
    else
        ok = ok && import_give(im, &r);
    buf_free(&r.code);
    buf_free(&r.pair);
    buf_free(&r.title);
    buf_free(&cell);
    return ok;
}

#define HEADINGS(...)                                                                              \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

bool import_mce(struct import *im, phi_str line)
{
    static const struct delimited d = {
        '\t', HEADINGS([C_CODE] = "icdcode", [C_TITLE] = "icddesc", [C_LIST] = "mceedittype"),
        true};
    return delimited_line(im, &d, "mce-", 0, line);
}

bool import_poa(struct import *im, phi_str line)
{
    static const struct delimited d = {
        '\t', HEADINGS([C_CODE] = "poaexemptcode|code", [C_TITLE] = "description"), true};
    return delimited_line(im, &d, NULL, 0, line);
}

bool import_hcc(struct import *im, phi_str line)
{
    static const struct delimited d = {
        ',', HEADINGS([C_CODE] = "diagnosiscode", [C_PAIR] = "cc", [C_LIST] = "modelname"), true};
    return delimited_line(im, &d, "", 0, line);
}

#define PTP_COLUMNS                                                                                \
    {                                                                                              \
        [C_CODE] = 0, [C_PAIR] = 1, [C_FROM] = 3, [C_TO] = 4, [C_INDICATOR] = 5, [C_TITLE] = 6,    \
        [C_FLAGS] = -1, [C_VALUE] = -1, [C_LIST] = -1                                              \
    }

/* Columns as published, parted by tabs or commas: column 1, column 2, in existence before 1996, effective, deletion,
 * modifier indicator, rationale. */
bool import_ptp(struct import *im, phi_str line)
{
    static const struct delimited tabs = {.delim = '\t', .fixed = PTP_COLUMNS};
    static const struct delimited commas = {.delim = ',', .fixed = PTP_COLUMNS};
    const struct delimited *d = line.n && memchr(line.p, '\t', line.n) ? &tabs : &commas;
    struct buf cell = {0};
    phi_str second = import_column(line, d->delim, 1, &cell);
    bool heading = second.n != 5;
    buf_free(&cell);
    if (heading) {
        im->passed++;
        return true;
    }
    return delimited_line(im, d, NULL, 0, line);
}

bool import_mue(struct import *im, phi_str line)
{
    static const struct delimited d = {
        ',',
        HEADINGS([C_CODE] = "hcpcscptcode|code", [C_TITLE] = "muerationale",
                 [C_VALUE] = ("practitionerservicesmuevalues|outpatienthospitalservicesmuevalues|"
                              "dmesupplierservicesmuevalues|value"),
                 [C_INDICATOR] = "mueadjudicationindicator|mai"),
        true};
    return delimited_line(im, &d, NULL, 0, line);
}

/* The indicators that coding rules ask for, as words of the title: "global=010 pctc=0 mult=2 ...". */
static void pfs_words(struct import *im, phi_str line, struct buf *title)
{
    static const char *const names[] = {"global", "pctc",   "mult", "bilat",
                                        "asst",   "cosurg", "team"};
    struct buf cell = {0};
    for (int i = 0; i < 7; i++) {
        phi_str v = im->column[C_CUSTOM + i] < 0
                        ? (phi_str){"", 0}
                        : import_column(line, ',', im->column[C_CUSTOM + i], &cell);
        if (v.n == 0)
            continue;
        buf_printf(title, "%s%s=", title->len ? " " : "", names[i]);
        buf_phi(title, v);
    }
    buf_free(&cell);
}

static bool pfs_headings(struct import *im, phi_str line)
{
    static const char *const wanted[] = {"hcpcs|code",          "mod",      "globaldays|globdays",
                                         "pctcind|pctc",        "multproc", "bilatsurg",
                                         "asstsurg|assistsurg", "cosurg",   "teamsurg"};
    struct buf cell = {0};
    im->passed++;
    for (int i = 0; i < 9; i++) {
        int *at = i == 0   ? &im->column[C_CODE]
                  : i == 1 ? &im->column[C_PAIR]
                           : &im->column[C_CUSTOM + i - 2];
        *at = -1;
        for (int k = 0; k < 64 && *at < 0; k++)
            if (heading_is(import_column(line, ',', k, &cell), wanted[i]))
                *at = k;
    }
    buf_free(&cell);
    return im->column[C_CODE] >= 0 && im->column[C_CUSTOM] >= 0;
}

bool import_pfs(struct import *im, phi_str line)
{
    struct import_row r = {.from = im->from, .to = im->to};
    struct buf cell = {0};
    if (!im->header_done) {
        im->header_done = pfs_headings(im, line);
        if (!im->header_done && im->line > 20)
            im->why = "no heading line among the first 20 names a code and its global days";
        return im->why == NULL;
    }
    strncpy(r.system, im->system, sizeof r.system - 1);
    buf_phi(&r.code, import_column(line, ',', im->column[C_CODE], &cell));
    if (im->column[C_PAIR] >= 0)
        buf_phi(&r.pair, import_column(line, ',', im->column[C_PAIR], &cell));
    pfs_words(im, line, &r.title);
    bool ok = true;
    if (r.code.len)
        ok = import_give(im, &r);
    else
        im->passed++;
    buf_free(&r.code);
    buf_free(&r.pair);
    buf_free(&r.title);
    buf_free(&cell);
    return ok;
}

bool import_addon(struct import *im, phi_str line)
{
    static const struct delimited d = {
        ',',
        HEADINGS([C_CODE] = "addoncode|code", [C_PAIR] = "primarycode|pair",
                 [C_FROM] = "effectivedate|from", [C_TO] = "deletiondate|to"),
        true};
    return delimited_line(im, &d, NULL, 0, line);
}

bool import_lcd(struct import *im, phi_str line)
{
    static const struct delimited d = {
        ',',
        HEADINGS([C_CODE] = "procedure|hcpcs|hcpccode|code",
                 [C_PAIR] = "diagnosis|icd10|icd10code|covereddiagnosis",
                 [C_FROM] = "from|effective|effectivedate", [C_TO] = "to|end|enddate",
                 [C_TITLE] = "article"),
        true};
    return delimited_line(im, &d, NULL, 0, line);
}

bool import_csv(struct import *im, phi_str line)
{
    static const struct delimited d = {
        ',',
        HEADINGS([C_CODE] = "code", [C_PAIR] = "pair", [C_FROM] = "from", [C_TO] = "to",
                 [C_FLAGS] = "flags", [C_VALUE] = "value", [C_TITLE] = "title|description"),
        true};
    unsigned flags = im->header_done && im->column[C_FLAGS] < 0 ? CODE_BILLABLE : 0;
    return delimited_line(im, &d, NULL, flags, line);
}
