/*
 * Releases: what was imported, in our own form: DIR/SYSTEM/RELEASE.tsv with the columns
 * code, pair, from, to, flags, value, title (dates CCYY-MM-DD, an open end empty).
 * `compile` joins all of them into DIR/codes.cwt. A release is replaced as a whole by rename.
 */
#ifndef CLAIMWIRE_CODESET_RELEASE_H
#define CLAIMWIRE_CODESET_RELEASE_H

#include "common/codes/codes.h"
#include "tools/codeset/import.h"

/* Collects rows by system. */
struct release;
struct release *release_new(void);
struct import_sink release_sink(struct release *r);
/* Writes every system's rows as DIR/SYSTEM/name.tsv. 0, or -1 with a message in error. */
int release_write(struct release *r, const char *dir, const char *name, struct buf *error);
void release_free(struct release *r);

/* Reads path ("-": standard input) as im says (layout, system, from, to) and writes it as releases
 * of that name; im->rows and the like are filled in. An exit code, with the reason in error. */
int release_import(struct import *im, const char *path, const char *dir, const char *name,
                   struct buf *error);

/* Compiles all releases under dir into dir/codes.cwt. EXIT_DONE, or with "FILE:LINE: what" EXIT_CONFIG
 * (a release cannot be used) or EXIT_TRY_LATER (a file cannot be read or written now). */
int release_compile(const char *dir, struct buf *error);
/* Appends CCYY-MM-DD, nothing for CODES_NO_END. */
void release_day(struct buf *out, int32_t day);
/* Reads CCYY-MM-DD; empty gives CODES_NO_END. */
bool release_day_parse(phi_str s, int32_t *day);

#endif
