/*
 * Sources: where publishers keep their files, and what becomes of them
 * (config/codes/sources.yaml; see the comments in it).
 */
#ifndef CLAIMWIRE_CODESET_SOURCES_H
#define CLAIMWIRE_CODESET_SOURCES_H

#include "common/util/conf.h"
#include "tools/codeset/import.h"

struct source_import { /* a file of the archive that becomes a release */
    const char *file;  /* pattern of its name, without folders, capitals or not */
    const struct import_layout *layout;
    const char *system, *release; /* system NULL: the layout's */
    int32_t from, to;
    struct source_import *next;
};
struct source {
    const char *name, *url, *sha256; /* sha256 NULL: not stated, so the first download's is kept */
    struct source_import *imports;
    struct source *next;
};

/* Reads the file; all memory is the arena's. False with "FILE:LINE:COLUMN: what" in error. */
bool sources_read(const char *path, struct arena *a, struct source **out, struct buf *error);

#endif
