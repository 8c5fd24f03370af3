/* The folder of wires: who is reached how. */
#include "common/util/conf.h"
#include "common/util/date.h"
#include "common/wire/wire_int.h"
#include <errno.h>
#include <stdlib.h>

/* Kinds of wires, as bits. */
enum {
    FOLDER = 1 << WIRE_FOLDER,
    SFTP = 1 << WIRE_SFTP,
    REST = 1 << WIRE_CORE_REST,
    CORE = 1 << WIRE_CORE_MIME | 1 << WIRE_CORE_SOAP | REST,
    FILES = FOLDER | SFTP,
    ALL = FILES | CORE
};
/* A key, where it goes, which kinds may have it and which must. */
static const struct field {
    const char *key;
    size_t at;
    bool number;
    int may, must;
    int lo, hi, fallback; /* of a number */
} FIELDS[] = {
    {"dir", offsetof(struct wire, dir), false, FILES, FILES, 0, 0, 0},
    {"archive", offsetof(struct wire, archive), false, FILES, 0, 0, 0, 0},
    {"host", offsetof(struct wire, host), false, SFTP, SFTP, 0, 0, 0},
    {"user", offsetof(struct wire, user), false, SFTP | CORE, SFTP, 0, 0, 0},
    {"key", offsetof(struct wire, key), false, SFTP | CORE, SFTP, 0, 0, 0},
    {"host-key", offsetof(struct wire, host_key), false, SFTP, SFTP, 0, 0, 0},
    {"url", offsetof(struct wire, url), false, CORE, CORE, 0, 0, 0},
    {"ca", offsetof(struct wire, ca), false, CORE, 0, 0, 0, 0},
    {"cert", offsetof(struct wire, cert), false, CORE, 0, 0, 0, 0},
    {"password", offsetof(struct wire, password), false, CORE, 0, 0, 0, 0},
    {"token", offsetof(struct wire, token), false, REST, 0, 0, 0, 0},
    {"client", offsetof(struct wire, client), false, REST, 0, 0, 0, 0},
    {"secret", offsetof(struct wire, secret), false, REST, 0, 0, 0, 0},
    {"sender", offsetof(struct wire, sender), false, CORE, CORE, 0, 0, 0},
    {"receiver", offsetof(struct wire, receiver), false, CORE, CORE, 0, 0, 0},
    {"take", offsetof(struct wire, take), false, CORE, 0, 0, 0, 0},
    {"port", offsetof(struct wire, port), true, SFTP | FOLDER, 0, 1, 65535, 22},
    {"timeout", offsetof(struct wire, timeout), true, ALL, 0, 1, 3600, 60},
    {"retry-first", offsetof(struct wire, retry_first), true, ALL, 0, 1, 86400, 90},
    {"retry-most", offsetof(struct wire, retry_most), true, ALL, 0, 1, 604800, 3600},
    {"trip", offsetof(struct wire, trip), true, ALL, 0, 1, 1000, 5},
};
enum { FIELDS_N = sizeof FIELDS / sizeof *FIELDS };
static const char *const KEYS[] = {
    "by",      "usage",       "manifest",   "mode", "dir",      "archive",  "host",
    "user",    "key",         "url",        "ca",   "cert",     "password", "token",
    "client",  "secret",      "sender",     "take", "receiver", "port",     "host-key",
    "timeout", "retry-first", "retry-most", "trip", NULL};
static const char *const BY[] = {"folder", "sftp", "core-mime", "core-soap", "core-rest", NULL};

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
        return !(f->must & 1 << w->by) || conf_fault(map, error, "\"%s\" is missing", f->key);
    }
    if (!conf_is(c, CONF_VALUE, error))
        return false;
    if (!(f->may & 1 << w->by))
        return conf_fault(c, error, "\"%s\" does not belong to by: %s", f->key, BY[w->by]);
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

/* Plain HTTP is for tests on this machine alone. */
static bool check_url(const struct conf *map, const char *key, const char *url, char usage,
                      struct buf *error)
{
    static const char *const here[] = {"http://127.0.0.1:", "http://localhost:"};
    if (!url || strncmp(url, "https://", 8) == 0)
        return true;
    for (size_t i = 0; usage == 'T' && i < sizeof here / sizeof *here; i++)
        if (strncmp(url, here[i], strlen(here[i])) == 0)
            return true;
    return conf_fault(conf_get(map, key), error, "\"%s\" must begin with https://", key);
}

static bool check_core(const struct conf *map, const struct wire *w, struct buf *error)
{
    bool oauth = w->token || w->client || w->secret;
    if (!check_url(map, "url", w->url, w->usage, error) ||
        !check_url(map, "token", w->token, w->usage, error))
        return false;
    if (w->take && w->take[strspn(w->take, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789_ ")])
        return conf_fault(conf_get(map, "take"), error,
                          "\"take\" is a list of kinds parted by blanks: \"TA1 999 277CA 835\"");
    if (!w->user != !w->password)
        return conf_fault(map, error, "\"user\" and \"password\" (a file) belong together");
    if (!w->cert != !w->key)
        return conf_fault(map, error, "\"cert\" and \"key\" belong together");
    if (oauth && !(w->token && w->client && w->secret))
        return conf_fault(map, error, "\"token\", \"client\" and \"secret\" belong together");
    if (!w->user && !w->cert && !oauth)
        return conf_fault(map, error,
                          "nothing says who we are: user and password, cert and key, or token");
    return w->by != WIRE_CORE_REST || w->usage != 'P' || (w->cert && oauth) ||
           conf_fault(map, error, "REST in production wants a client certificate and a token");
}

static bool check_wire(const struct conf *map, const struct wire *w, struct buf *error)
{
    if (w->by == WIRE_SFTP && strncmp(w->host_key, "SHA256:", 7) != 0)
        return conf_fault(conf_get(map, "host-key"), error,
                          "the host key is \"SHA256:...\", as `ssh-keygen -l` prints it");
    if (w->usage == 'P' && w->retry_first < 90 && w->by != WIRE_FOLDER)
        return conf_fault(map, error,
                          "nothing is sent again before 90 s in production (CORE); less is for "
                          "usage: T");
    if (w->retry_most < w->retry_first)
        return conf_fault(map, error, "\"retry-most\" is less than \"retry-first\"");
    return !wire_is_core(w) || check_core(map, w, error);
}

static bool read_wire(const struct conf *map, struct wire *w, struct buf *error)
{
    static const char *const usage[] = {"P", "T", NULL}, *const yes[] = {"false", "true", NULL},
                             *const mode[] = {"auto", "real-time", "batch", NULL};
    int kind = -1, use = 0, manifest = 1, how = WIRE_AUTO;
    if (!conf_is(map, CONF_MAP, error) || !conf_only(map, KEYS, error) ||
        !one_of(map, "by", BY, &kind, error) || !one_of(map, "usage", usage, &use, error) ||
        !one_of(map, "manifest", yes, &manifest, error) || !one_of(map, "mode", mode, &how, error))
        return false;
    if (kind < 0)
        return conf_fault(map, error, "\"by\" is missing: folder, sftp or core-...");
    w->partner = map->key;
    w->by = (enum wire_by)kind;
    w->usage = *usage[use];
    w->manifest = manifest && !wire_is_core(w);
    w->mode = (enum wire_mode)how;
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
