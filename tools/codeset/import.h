/*
 * Import of official code files into releases: TSV files of our own form, one a system and release,
 * in DIR/SYSTEM/RELEASE.tsv. `codeset compile` reads them all into DIR/codes.cwt.
 *
 * To add a layout: a line function here, a row in the table of import.c, a small file of our own
 * in tools/codeset/testdata and a line in codeset_test.sh.
 */
#ifndef CLAIMWIRE_CODESET_IMPORT_H
#define CLAIMWIRE_CODESET_IMPORT_H

#include "common/util/buf.h"
#include "common/util/date.h"

/* One import under way. */
struct import {
    const struct import_layout *layout;
    const char *system; /* where rows go unless the layout names systems itself */
    int32_t from, to;   /* days of the release, for layouts without dates of their own */
    struct import_sink *sink;
    const char *why;      /* set by a line function that refuses a line; static text */
    unsigned long line;   /* from 1 */
    unsigned long rows;   /* codes given to the sink */
    unsigned long passed; /* lines that hold no code (headings, disclaimers) */
    bool header_done;     /* delimited layouts: the first line has been read */
    int column[24];       /* delimited layouts: where each wanted column stands, -1 for nowhere */
    struct import_row *open;    /* fixed layouts: the row that continuation lines add to */
    struct term_path *path;     /* index layouts: the levels under way */
    struct xml_import *xml;     /* XML layouts: the parser under way */
    struct notes_import *notes; /* the same for the notes of the tabular list */
    struct pcs_import *pcs;     /* the same for the tables of ICD-10-PCS */
};

struct import_row {
    char system[24]; /* SYSTEM_LEN */
    struct buf code, pair, title;
    int32_t from, to;
    unsigned flags;
    int64_t value;
};

/* Takes a row; borrowed for the call. */
struct import_sink {
    bool (*row)(void *ctx, const struct import_row *r);
    void *ctx;
};

struct import_layout {
    const char *name;   /* "icd10-order" */
    const char *system; /* default system, NULL: --system must be given or lines say it */
    const char *help;
    bool (*line)(struct import *im, phi_str line); /* false: im->why says what is wrong */
    bool (*end)(struct import *im);                /* may be NULL */
    size_t longest;                                /* bytes of a line */
};
extern const struct import_layout import_layouts[]; /* ends with a NULL name */

/* Reads fd as this layout. 0; or -1 with "LINE: what" in error; nothing of the release is kept
 * then, as the caller writes it only on success. */
int import_read(struct import *im, int fd, struct buf *error);

/* For line functions. */
bool import_give(struct import *im, const struct import_row *r);
phi_str import_field(phi_str line, size_t from, size_t to); /* columns from 1, trimmed */
phi_str import_column(phi_str line, char delim, int n, struct buf *unquoted); /* from 0 */
void import_strip_dot(struct buf *code, phi_str with_dot);

bool import_icd_order(struct import *im, phi_str line);
bool import_hcpcs(struct import *im, phi_str line);
bool import_hcpcs_end(struct import *im);
bool import_addenda(struct import *im, phi_str line);
bool import_gem(struct import *im, phi_str line);
bool import_mce(struct import *im, phi_str line);
bool import_poa(struct import *im, phi_str line);
bool import_hcc(struct import *im, phi_str line);
bool import_ptp(struct import *im, phi_str line);
bool import_mue(struct import *im, phi_str line);
bool import_pfs(struct import *im, phi_str line);
bool import_addon(struct import *im, phi_str line);
bool import_lcd(struct import *im, phi_str line);
bool import_csv(struct import *im, phi_str line);
/* Terms that lead to codes, into TERMS_SYSTEM (common/coding/terms.h). */
bool import_index_csv(struct import *im, phi_str line);
bool import_neoplasm_csv(struct import *im, phi_str line);
bool import_terms_end(struct import *im); /* frees what the line functions keep */
bool import_xml(struct import *im, phi_str line);
bool import_xml_end(struct import *im);
bool import_notes(struct import *im, phi_str line);
bool import_notes_end(struct import *im);
bool import_pcs(struct import *im, phi_str line);
bool import_pcs_end(struct import *im);

#endif
