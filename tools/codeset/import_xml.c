/*
 * The official XML of ICD-10-CM: alphabetic and external cause index, neoplasm and drug tables
 * (ICD10CM.index: letter, mainTerm, term@level with title, code, cell@col) and inclusion terms of
 * the tabular list (diag with name and inclusionTerm/note). A document type declaration is refused:
 * none of these files has one, and entities are what bombs are made of.
 */
#include "common/coding/terms.h"
#include "common/util/log.h"
#include "tools/codeset/import_terms.h"
#include "tools/codeset/xml_feed.h"
#include <stdlib.h>

enum { DEPTH = 40, TEXT_LIMIT = 1 << 14 };

enum element { OTHER, TERM, TITLE, NEMOD, CODE, CELL, DIAG, NAME, INCLUSION, NOTE, SEE };

struct xml_import {
    struct xml_feed feed; /* first */
    enum element open[DEPTH];
    int depth, level, column;
    struct buf title, modifiers, text;
    struct buf name[DEPTH]; /* codes of the diag elements that are open */
    int names;
    struct term_path path;
};

static enum element element_of(const char *name)
{
    static const struct {
        const char *name;
        enum element e;
    } known[] = {{"mainTerm", TERM}, {"term", TERM},
                 {"title", TITLE},   {"nemod", NEMOD},
                 {"code", CODE},     {"cell", CELL},
                 {"diag", DIAG},     {"name", NAME},
                 {"note", NOTE},     {"inclusionTerm", INCLUSION},
                 {"codes", CODE},    {"tab", CODE},
                 {"see", SEE},       {"seeAlso", SEE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].e;
    return OTHER;
}

static void refuse(struct xml_import *x, const char *why)
{
    xml_feed_refuse(&x->feed, why);
}

static enum element parent(const struct xml_import *x)
{
    return x->depth ? x->open[x->depth - 1] : OTHER;
}

static void on_start(void *ctx, const char *name, const char **attribute)
{
    struct xml_import *x = ctx;
    enum element e = element_of(name);
    if (x->depth == DEPTH) {
        refuse(x, "elements are nested deeper than in any of these files");
        return;
    }
    if (e == TERM && x->path.n > x->level++) /* a term may have no title of its own */
        x->path.n = x->level - 1;
    if (e == DIAG)
        buf_clear(&x->name[x->names++]);
    if (e == CELL)
        x->column = attribute[0] && strcmp(attribute[0], "col") == 0 ? attribute[1][0] - '0' : 0;
    if (e == TITLE) {
        buf_clear(&x->title);
        buf_clear(&x->modifiers);
    } else if (e != NEMOD) {
        buf_clear(&x->text);
    }
    x->open[x->depth++] = e;
}

static void on_text(void *ctx, const char *s, int n)
{
    struct xml_import *x = ctx;
    struct buf *b = parent(x) == TITLE ? &x->title : parent(x) == NEMOD ? &x->modifiers : &x->text;
    if (b->len + (size_t)n > TEXT_LIMIT)
        refuse(x, "a text is longer than 16 KB");
    else
        buf_add(b, s, (size_t)n);
}

/* The index of procedures says the codes of what it refers to. */
static bool pcs(const struct xml_import *x)
{
    return strcmp(x->feed.im->layout->name, "icd10pcs-index") == 0;
}

static void give(struct xml_import *x, phi_str code, uint32_t value)
{
    if (!term_give(x->feed.im, &x->path, code, value))
        refuse(x, "a code is longer than any code");
}

/* Values of cells are by column: 2 to 7. */
static void end_cell(struct xml_import *x)
{
    bool drugs = strcmp(x->feed.im->layout->name, "icd10cm-drug") == 0;
    if (x->column >= 2 && x->column <= 7)
        give(x, buf_view(&x->text),
             term_value(drugs ? TERM_DRUG : TERM_NEOPLASM, (unsigned)x->column));
}

static void end_title(struct xml_import *x)
{
    if (x->level && parent(x) == TERM &&
        !term_path_set(&x->path, x->level - 1, import_field(buf_view(&x->title), 1, x->title.len),
                       buf_view(&x->modifiers)))
        refuse(x, "an index path has more than 12 levels");
}

static void end_note(struct xml_import *x)
{
    if (parent(x) != INCLUSION || x->names == 0)
        return;
    term_path_set(&x->path, 0, buf_view(&x->text), (phi_str){0});
    give(x, buf_view(&x->name[x->names - 1]), term_value(TERM_INCLUSION, 0));
}

static void on_end(void *ctx, const char *name)
{
    struct xml_import *x = ctx;
    (void)name;
    enum element e = x->open[--x->depth];
    if (e == TITLE)
        end_title(x);
    else if (e == CODE && x->level)
        give(x, buf_view(&x->text), term_value(TERM_INDEX, 0));
    else if (e == SEE && x->level && !pcs(x) &&
             !term_refer(x->feed.im, &x->path, buf_view(&x->text)))
        refuse(x, "a cross reference is no row");
    else if (e == CELL && x->level)
        end_cell(x);
    else if (e == NOTE)
        end_note(x);
    else if (e == NAME && x->names && parent(x) == DIAG)
        buf_phi(&x->name[x->names - 1], buf_view(&x->text));
    x->level -= e == TERM;
    x->names -= e == DIAG;
}

static void begin(struct import *im)
{
    struct xml_import *x = xcalloc(1, sizeof *x);
    xml_feed_open(&x->feed, im, on_start, on_end, on_text);
    im->xml = x;
}

bool import_xml(struct import *im, phi_str line)
{
    if (!im->xml)
        begin(im);
    return xml_feed_line(&im->xml->feed, line);
}

bool import_xml_end(struct import *im)
{
    struct xml_import *x = im->xml;
    if (!x)
        return true;
    bool ok = xml_feed_end(&x->feed);
    term_path_free(&x->path);
    buf_free(&x->title);
    buf_free(&x->modifiers);
    buf_free(&x->text);
    for (int i = 0; i < DEPTH; i++)
        buf_free(&x->name[i]);
    free(x);
    im->xml = NULL;
    return ok;
}
