/*
 * Guides as data: the .guide files of config/guides, one file a transaction and version, in the
 * text format of docs/guides.md, compiled at start into flat tables that check.h walks once per
 * transaction.
 */
#ifndef CLAIMWIRE_EDI_GUIDE_H
#define CLAIMWIRE_EDI_GUIDE_H

#include "common/util/arena.h"
#include "common/util/buf.h"

struct guide;     /* one transaction and version, compiled */
struct guide_set; /* all guides of a folder */

/* Loads every .guide file of dir with its dictionary (elements.dict, shapes.dict). On a fault in a
 * file returns NULL and puts "FILE:LINE:COLUMN: what" into error. */
struct guide_set *guides_load(const char *dir, struct buf *error);
void guides_free(struct guide_set *g);

/* The guide of this ST01 and version (GS08); aliases only where allow_alias. NULL: not known. */
const struct guide *guides_find(const struct guide_set *g, phi_str st01, phi_str version,
                                bool allow_alias);
/* Appends the known versions of st01 ("005010X222A1, ..."), all versions when st01 is empty. */
void guides_versions(const struct guide_set *g, phi_str st01, struct buf *out);

/* "837P", "837", "HC", "005010X222A1". */
const char *guide_name(const struct guide *g);
const char *guide_transaction(const struct guide *g);
const char *guide_group(const struct guide *g);
const char *guide_version(const struct guide *g);

#endif
