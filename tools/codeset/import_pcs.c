/*
 * The official XML of the ICD-10-PCS tables (ICD10PCS.tabular: pcsTable with axes 1 to 3, pcsRow
 * with axes 4 to 7, each axis with its labels). A code is one value of every axis of one row: the
 * rows are multiplied out, so that a code is valid when it is found. A row that says how many codes
 * it holds (attribute codes) must hold as many.
 */
#include "common/codes/codes.h"
#include "common/util/log.h"
#include "tools/codeset/xml_feed.h"
#include <stdlib.h>

enum { AXES = 7, VALUES = 64, LABEL_LIMIT = 4096, PCS_CODES = 1 << 20 };

struct axis {
    int n;
    char code[VALUES];
    struct buf label[VALUES];
};
struct pcs_import {
    struct xml_feed feed; /* first */
    struct axis axis[AXES];
    int pos;       /* axis under way, 1 to 7; 0: none */
    bool label;    /* text belongs to the label of the axis' last value */
    bool row;      /* inside a pcsRow */
    long declared; /* codes that the row says it holds; -1: does not say */
};

static void refuse(struct pcs_import *x, const char *why)
{
    xml_feed_refuse(&x->feed, why);
}

static const char *attribute(const char **list, const char *name)
{
    for (; *list; list += 2)
        if (strcmp(list[0], name) == 0)
            return list[1];
    return NULL;
}

static void clear_axes(struct pcs_import *x, int from)
{
    for (int i = from; i < AXES; i++)
        x->axis[i].n = 0;
}

static void on_axis(struct pcs_import *x, const char *pos)
{
    if (!pos || strlen(pos) != 1 || *pos < '1' || *pos > '7' || x->row != (*pos > '3')) {
        refuse(x, "an axis has no place: 1 to 3 in a table, 4 to 7 in a row of it");
        return;
    }
    x->pos = *pos - '0';
    x->axis[x->pos - 1].n = 0;
}

static void on_label(struct pcs_import *x, const char *code)
{
    struct axis *a = &x->axis[x->pos - 1];
    if (!code || strlen(code) != 1 || a->n == VALUES) {
        refuse(x, "a label has no code of one character, or an axis has too many");
        return;
    }
    a->code[a->n] = *code;
    buf_clear(&a->label[a->n++]);
    x->label = true;
}

static void on_start(void *ctx, const char *name, const char **list)
{
    struct pcs_import *x = ctx;
    if (strcmp(name, "pcsTable") == 0) {
        clear_axes(x, 0);
    } else if (strcmp(name, "pcsRow") == 0) {
        const char *codes = attribute(list, "codes");
        clear_axes(x, 3);
        x->row = true;
        x->declared = codes ? strtol(codes, NULL, 10) : -1;
    } else if (strcmp(name, "axis") == 0) {
        on_axis(x, attribute(list, "pos"));
    } else if (strcmp(name, "label") == 0 && x->pos) {
        on_label(x, attribute(list, "code"));
    }
}

static void on_text(void *ctx, const char *s, int n)
{
    struct pcs_import *x = ctx;
    if (!x->label)
        return;
    struct axis *a = &x->axis[x->pos - 1];
    struct buf *b = &a->label[a->n - 1];
    if (b->len + (size_t)n > LABEL_LIMIT)
        refuse(x, "a label is longer than 4 KB");
    else
        buf_add(b, s, (size_t)n);
}

static bool give_code(struct pcs_import *x, const int at[AXES])
{
    struct import_row r = {
        .from = x->feed.im->from, .to = x->feed.im->to, .flags = CODE_BILLABLE, .value = 0};
    strncpy(r.system, x->feed.im->system, sizeof r.system - 1);
    for (int i = 0; i < AXES; i++) {
        buf_putc(&r.code, x->axis[i].code[at[i]]);
        buf_puts(&r.title, i ? ", " : "");
        buf_phi(&r.title, buf_view(&x->axis[i].label[at[i]]));
    }
    bool ok = import_give(x->feed.im, &r);
    buf_free(&r.code);
    buf_free(&r.title);
    return ok;
}

/* Steps to the next combination; false behind the last. */
static bool next(const struct pcs_import *x, int at[AXES])
{
    for (int i = AXES - 1; i >= 3; i--) {
        if (++at[i] < x->axis[i].n)
            return true;
        at[i] = 0;
    }
    return false;
}

static void end_row(struct pcs_import *x)
{
    int at[AXES] = {0};
    long codes = 1;
    for (int i = 0; i < AXES; i++) {
        codes *= i < 3 ? x->axis[i].n == 1 : x->axis[i].n;
        codes = codes > PCS_CODES ? 0 : codes;
    }
    x->row = false;
    if (codes == 0) {
        refuse(x, "a row has an axis without values, or more codes than there can be");
        return;
    }
    if (x->declared >= 0 && x->declared != codes) {
        refuse(x, "a row holds another number of codes than it says");
        return;
    }
    do {
        if (!give_code(x, at)) {
            refuse(x, "a code is not of seven characters");
            return;
        }
    } while (next(x, at));
}

static void on_end(void *ctx, const char *name)
{
    struct pcs_import *x = ctx;
    if (strcmp(name, "label") == 0)
        x->label = false;
    else if (strcmp(name, "axis") == 0)
        x->pos = 0;
    else if (strcmp(name, "pcsRow") == 0)
        end_row(x);
}

static void begin(struct import *im)
{
    struct pcs_import *x = xcalloc(1, sizeof *x);
    xml_feed_open(&x->feed, im, on_start, on_end, on_text);
    im->pcs = x;
}

bool import_pcs(struct import *im, phi_str line)
{
    if (!im->pcs)
        begin(im);
    return xml_feed_line(&im->pcs->feed, line);
}

bool import_pcs_end(struct import *im)
{
    struct pcs_import *x = im->pcs;
    if (!x)
        return true;
    bool ok = xml_feed_end(&x->feed);
    for (int i = 0; i < AXES; i++)
        for (int k = 0; k < VALUES; k++)
            buf_free(&x->axis[i].label[k]);
    free(x);
    im->pcs = NULL;
    return ok;
}
