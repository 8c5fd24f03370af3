/* The folder of wires: who is reached how. */
#include "common/util/conf.h"
#include "common/util/date.h"
#include "common/wire/wire_int.h"
#include <errno.h>
#include <stdlib.h>

/* A key, where it goes, which kind of wire must have it. */
enum need { MAY, MUST, MUST_SFTP };
static const struct field {
    const char *key;
    size_t at;
    bool number;
    enum need need;
    int lo, hi, fallback; /* of a number */
} FIELDS[] = {
    {"dir", offsetof(struct wire, dir), false, MUST, 0, 0, 0},
    {"archive", offsetof(struct wire, archive), false, MAY, 0, 0, 0},
    {"host", offsetof(struct wire, host), false, MUST_SFTP, 0, 0, 0},
    {"user", offsetof(struct wire, user), false, MUST_SFTP, 0, 0, 0},
    {"key", offsetof(struct wire, key), false, MUST_SFTP, 0, 0, 0},
    {"host-key", offsetof(struct wire, host_key), false, MUST_SFTP, 0, 0, 0},
    {"port", offsetof(struct wire, port), true, MAY, 1, 65535, 22},
    {"timeout", offsetof(struct wire, timeout), true, MAY, 1, 3600, 60},
    {"retry-first", offsetof(struct wire, retry_first), true, MAY, 1, 86400, 90},
    {"retry-most", offsetof(struct wire, retry_most), true, MAY, 1, 604800, 3600},
    {"trip", offsetof(struct wire, trip), true, MAY, 1, 1000, 5},
};
enum { FIELDS_N = sizeof FIELDS / sizeof *FIELDS };
static const char *const KEYS[] = {"by",      "usage",       "manifest",   "dir",      "archive",
                                   "host",    "user",        "key",        "host-key", "port",
                                   "timeout", "retry-first", "retry-most", "trip",     NULL};

static bool read_number(const struct conf *c, const struct field *f, int *to, struct buf *error)
{
    char *end;
    errno = 0;
    long v = strtol(c->text, &end, 10);
    if (errno || end == c->text || *end || v < f->lo || v > f->hi)
        return conf_fault(c, error, "\"%s\" must be a number from %d to %d", f->key, f->lo, f->hi);
    *to = (int)v;
    return true;
}

static bool read_field(const struct conf *map, const struct field *f, struct wire *w,
                       struct buf *error)
{
    const struct conf *c = conf_get(map, f->key);
    char *base = (char *)w;
    if (!c) {
        if (f->number)
            memcpy(base + f->at, &f->fallback, sizeof f->fallback);
        bool missing = f->need == MUST || (f->need == MUST_SFTP && w->by == WIRE_SFTP);
        return !missing || conf_fault(map, error, "\"%s\" is missing", f->key);
    }
    if (!conf_is(c, CONF_VALUE, error))
        return false;
    if (f->need == MUST_SFTP && w->by != WIRE_SFTP)
        return conf_fault(c, error, "\"%s\" belongs to by: sftp", f->key);
    if (f->number)
        return read_number(c, f, (int *)(void *)(base + f->at), error);
    if (!*c->text)
        return conf_fault(c, error, "\"%s\" is empty", f->key);
    memcpy(base + f->at, &c->text, sizeof c->text);
    return true;
}

/* The word of key is one of words; *at is which. */
static bool one_of(const struct conf *map, const char *key, const char *const *words, int *at,
                   struct buf *error)
{
    const struct conf *c = conf_get(map, key);
    if (!c)
        return true;
    for (*at = 0; words[*at]; ++*at)
        if (strcmp(words[*at], c->text) == 0)
            return true;
    conf_fault(c, error, "\"%s\" must be", key);
    for (int i = 0; words[i]; i++)
        buf_printf(error, "%s %s", i ? " or" : "", words[i]);
    return false;
}

static bool check_wire(const struct conf *map, const struct wire *w, struct buf *error)
{
    if (w->by == WIRE_SFTP && strncmp(w->host_key, "SHA256:", 7) != 0)
        return conf_fault(conf_get(map, "host-key"), error,
                          "the host key is \"SHA256:...\", as `ssh-keygen -l` prints it");
    if (w->usage == 'P' && w->retry_first < 90 && w->by == WIRE_SFTP)
        return conf_fault(map, error,
                          "nothing is sent again before 90 s in production (CORE); less is for "
                          "usage: T");
    return w->retry_most >= w->retry_first ||
           conf_fault(map, error, "\"retry-most\" is less than \"retry-first\"");
}

static bool read_wire(const struct conf *map, struct wire *w, struct buf *error)
{
    static const char *const by[] = {"folder", "sftp", NULL}, *const usage[] = {"P", "T", NULL},
                             *const yes[] = {"false", "true", NULL};
    int kind = -1, use = 0, manifest = 1;
    if (!conf_is(map, CONF_MAP, error) || !conf_only(map, KEYS, error) ||
        !one_of(map, "by", by, &kind, error) || !one_of(map, "usage", usage, &use, error) ||
        !one_of(map, "manifest", yes, &manifest, error))
        return false;
    if (kind < 0)
        return conf_fault(map, error, "\"by\" is missing: folder or sftp");
    w->partner = map->key;
    w->by = (enum wire_by)kind;
    w->usage = *usage[use];
    w->manifest = manifest;
    for (int i = 0; i < FIELDS_N; i++)
        if (!read_field(map, &FIELDS[i], w, error))
            return false;
    return check_wire(map, w, error);
}

static bool read_side(const struct conf *side, struct wire **list, struct arena *a,
                      struct buf *error)
{
    if (!side)
        return true;
    if (!conf_is(side, CONF_MAP, error))
        return false;
    for (const struct conf *c = side->first; c; c = c->next) {
        struct wire **end = list, *w = arena_alloc(a, sizeof *w);
        for (; *end; end = &(*end)->next)
            if (strcmp((*end)->partner, c->key) == 0)
                return conf_fault(c, error, "there is a wire for \"%s\" already", c->key);
        if (!read_wire(c, w, error))
            return false;
        *end = w;
    }
    return true;
}

struct wires *wires_load(const char *dir, struct arena *a, struct buf *error)
{
    static const char *const sides[] = {"submit", "fetch", NULL};
    struct wires *w = arena_alloc(a, sizeof *w);
    char **files = conf_files(dir, a);
    if (!files) {
        buf_printf(error, "cannot read the folder of wires \"%s\": %s", dir, strerror(errno));
        return NULL;
    }
    for (; *files; files++) {
        const struct conf *top = conf_read(*files, a, error);
        if (!top || !conf_is(top, CONF_MAP, error) || !conf_only(top, sides, error) ||
            !read_side(conf_get(top, "submit"), &w->submit, a, error) ||
            !read_side(conf_get(top, "fetch"), &w->fetch, a, error))
            return NULL;
    }
    return w;
}

const struct wire *wire_to(const struct wires *w, const char *partner, size_t n)
{
    for (const struct wire *i = w->submit; i; i = i->next)
        if (strlen(i->partner) == n && memcmp(i->partner, partner, n) == 0)
            return i;
    return NULL;
}
