/*
 * conf: a YAML file of configuration as a tree whose nodes know their line and column, so that
 * every complaint about a setting says where it stands. Anchors and tags are not used.
 */
#ifndef CLAIMWIRE_UTIL_CONF_H
#define CLAIMWIRE_UTIL_CONF_H

#include "common/util/arena.h"
#include "common/util/buf.h"

enum conf_kind { CONF_VALUE, CONF_LIST, CONF_MAP };

struct conf {
    enum conf_kind kind;
    const char *key;  /* in a map, else NULL */
    const char *text; /* of a value; "" otherwise */
    int line, column; /* from 1 */
    const char *path; /* the file */
    struct conf *first, *next;
    size_t n; /* children */
};

/* Reads a file (at most 16 MB, 64 levels); everything is in the arena. On a fault returns NULL and
 * appends "FILE:LINE:COLUMN: what". A key given twice in one map is a fault. */
struct conf *conf_read(const char *path, struct arena *a, struct buf *error);
/* The same for text that is in memory; path is what complaints name. */
struct conf *conf_parse(const char *path, phi_str text, struct arena *a, struct buf *error);
/* Child of a map by key; NULL when there is none or m is NULL or no map. */
const struct conf *conf_get(const struct conf *m, const char *key);
/* Text of a child value; fallback when it is absent. A list or map there reads as absent. */
const char *conf_text(const struct conf *m, const char *key, const char *fallback);
/* Appends "FILE:LINE:COLUMN: what" of a node; returns false. */
bool conf_fault(const struct conf *at, struct buf *error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* True when c has this kind, else a fault that says what was wanted ("a list", ...). */
bool conf_is(const struct conf *c, enum conf_kind kind, struct buf *error);
/* True when every key of the map is among keys (NULL ends), else a fault. */
bool conf_only(const struct conf *m, const char *const *keys, struct buf *error);
/* Names of the .yaml files of a folder, sorted, as paths in the arena; NULL ends. NULL with errno
 * when the folder cannot be read. */
char **conf_files(const char *dir, struct arena *a);

#endif
