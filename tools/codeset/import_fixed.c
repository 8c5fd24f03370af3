/* Layouts with fixed columns. Column numbers are those of the publishers' record layouts. */
#include "common/codes/codes.h"
#include "tools/codeset/import.h"
#include <stdlib.h>

static void row_clear(struct import_row *r)
{
    buf_clear(&r->code);
    buf_clear(&r->pair);
    buf_clear(&r->title);
    r->flags = 0;
    r->value = 0;
}

static void row_free(struct import_row *r)
{
    buf_free(&r->code);
    buf_free(&r->pair);
    buf_free(&r->title);
}

static bool digits(phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* Order file: 1-5 number, 7-13 code, 15 flag 0 heading or 1 billable, 17-76 short, 78 on long. */
bool import_icd_order(struct import *im, phi_str line)
{
    struct import_row r = {.from = im->from, .to = im->to};
    phi_str flag = import_field(line, 15, 15), code = import_field(line, 7, 13);
    if (!digits(import_field(line, 1, 5)) || !(phi_is(flag, "0") || phi_is(flag, "1")) ||
        line.n < 17) {
        im->why = "not an order line: number in 1-5, code in 7-13, 0 or 1 in 15";
        return false;
    }
    strncpy(r.system, im->system, sizeof r.system - 1);
    buf_phi(&r.code, code);
    buf_phi(&r.title, import_field(line, 78, line.n));
    r.flags = phi_is(flag, "1") ? CODE_BILLABLE : 0;
    bool ok = import_give(im, &r);
    row_free(&r);
    return ok;
}

/* Addenda: label to column 13, then flag, code, short, long. The counts at the end have no label.
 */
bool import_addenda(struct import *im, phi_str line)
{
    struct import_row r = {.from = im->from, .to = im->to};
    phi_str label = import_field(line, 1, 13);
    bool gone = phi_is(label, "Delete:");
    if (!gone && !phi_is(label, "Add:") && !phi_is(label, "Revise to:")) {
        im->passed++;
        return true;
    }
    strncpy(r.system, im->system, sizeof r.system - 1);
    buf_phi(&r.code, import_field(line, 16, 23));
    buf_phi(&r.title, import_field(line, 85, line.n));
    r.flags = phi_is(import_field(line, 14, 14), "1") ? CODE_BILLABLE : 0;
    if (gone)
        r.flags = CODE_ENDS;
    bool ok = import_give(im, &r);
    row_free(&r);
    return ok;
}

static bool give_open(struct import *im)
{
    bool ok = !im->open || im->open->code.len == 0 || import_give(im, im->open);
    if (im->open)
        row_clear(im->open);
    return ok;
}

static int32_t date_or(phi_str s, int32_t fallback)
{
    int32_t d;
    return date_parse(s, &d) ? d : fallback;
}

/* Contractor file: 1-5 code (4-5 modifier), 11 record id 3 or 7 first, 4 or 8 continued, 12-91
 * long title, 269-276 added, 285-292 ended. */
bool import_hcpcs(struct import *im, phi_str line)
{
    phi_str kind = import_field(line, 11, 11);
    bool first = phi_is(kind, "3") || phi_is(kind, "7");
    bool more = phi_is(kind, "4") || phi_is(kind, "8");
    if ((!first && !more) || !digits(import_field(line, 6, 10))) {
        im->passed++;
        return true;
    }
    if (!im->open)
        im->open = calloc(1, sizeof *im->open);
    struct import_row *r = im->open;
    phi_str title = import_field(line, 12, 91);
    if (more) {
        buf_putc(&r->title, ' ');
        buf_phi(&r->title, title);
        return true;
    }
    if (!give_open(im))
        return false;
    strncpy(r->system, im->system, sizeof r->system - 1);
    buf_phi(&r->code, import_field(line, 1, 5));
    buf_phi(&r->title, title);
    r->flags = phi_is(kind, "7") ? CODE_MODIFIER : CODE_BILLABLE;
    r->from = date_or(import_field(line, 269, 276), im->from);
    r->to = date_or(import_field(line, 285, 292), CODES_NO_END);
    return true;
}

bool import_hcpcs_end(struct import *im)
{
    bool ok = give_open(im);
    if (im->open)
        row_free(im->open);
    free(im->open);
    im->open = NULL;
    return ok;
}

/* GEM: source, target, five flags (approximate, no map, combination, scenario, choice list). */
/* Word k of a line whose columns are parted by blanks: the two directions of the mapping have codes of
 * different widths. */
static phi_str gem_word(phi_str line, int k)
{
    size_t i = 0;
    for (;; k--) {
        while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\r'))
            i++;
        size_t from = i;
        while (i < line.n && line.p[i] != ' ' && line.p[i] != '\r')
            i++;
        if (k == 0 || i == line.n)
            return k ? phi_of("", 0) : phi_of(line.p + from, i - from);
    }
}

bool import_gem(struct import *im, phi_str line)
{
    struct import_row r = {.from = im->from, .to = im->to};
    phi_str from = gem_word(line, 0), to = gem_word(line, 1), flags = gem_word(line, 2);
    if (!digits(flags) || flags.n != 5) {
        im->why = "not a mapping line: source, target and five flags expected";
        return false;
    }
    strncpy(r.system, im->system, sizeof r.system - 1);
    buf_phi(&r.code, from);
    buf_phi(&r.pair, to);
    for (size_t i = 0; i < 5; i++)
        r.value = r.value * 10 + (flags.p[i] - '0');
    bool ok = import_give(im, &r);
    row_free(&r);
    return ok;
}
