#include "common/util/conf.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { FILE_LIMIT = 16 << 20, LEVEL_LIMIT = 64 };

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct buf *error;
    const char *path;
};

bool conf_fault(const struct conf *at, struct buf *error, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_printf(error, "%s:%d:%d: %s", at->path, at->line, at->column, text);
    return false;
}

static struct conf *fault_at(struct reader *r, yaml_mark_t m, const char *why)
{
    buf_printf(r->error, "%s:%d:%d: %s", r->path, (int)m.line + 1, (int)m.column + 1, why);
    return NULL;
}

/* The next event; false after saying what is wrong with the text. */
static bool next(struct reader *r, yaml_event_t *e)
{
    if (yaml_parser_parse(&r->parser, e))
        return true;
    fault_at(r, r->parser.problem_mark, r->parser.problem ? r->parser.problem : "unreadable YAML");
    return false;
}

static struct conf *node(struct reader *r, const yaml_event_t *e, enum conf_kind kind)
{
    struct conf *c = arena_alloc(r->arena, sizeof *c);
    *c = (struct conf){.kind = kind,
                       .text = "",
                       .line = (int)e->start_mark.line + 1,
                       .column = (int)e->start_mark.column + 1,
                       .path = r->path};
    return c;
}

static struct conf *value(struct reader *r, const yaml_event_t *e)
{
    struct conf *c = node(r, e, CONF_VALUE);
    if (memchr(e->data.scalar.value, 0, e->data.scalar.length))
        return fault_at(r, e->start_mark, "a value may not hold a NUL byte");
    c->text = arena_strndup(r->arena, (const char *)e->data.scalar.value, e->data.scalar.length);
    return c;
}

static struct conf *tree(struct reader *r, yaml_event_t *e, int level);

/* Reads one key into *key. */
static bool read_key(struct reader *r, struct conf *map, yaml_event_t *e, const char **key)
{
    if (e->type != YAML_SCALAR_EVENT) {
        fault_at(r, e->start_mark, "a key must be a single value");
        return false;
    }
    *key = arena_strndup(r->arena, (const char *)e->data.scalar.value, e->data.scalar.length);
    if (!conf_get(map, *key))
        return true;
    fault_at(r, e->start_mark, "this key stands here twice");
    return false;
}

static struct conf *children(struct reader *r, struct conf *of, yaml_event_type_t end, int level)
{
    struct conf **to = &of->first;
    for (;;) {
        yaml_event_t e;
        const char *key = NULL;
        if (!next(r, &e))
            return NULL;
        bool ok = true, over = e.type == end;
        if (!over && of->kind == CONF_MAP) {
            ok = read_key(r, of, &e, &key);
            yaml_event_delete(&e);
            if (!ok || !next(r, &e))
                return NULL;
        }
        if (over) {
            yaml_event_delete(&e);
            return of;
        }
        struct conf *c = tree(r, &e, level + 1);
        yaml_event_delete(&e);
        if (!c)
            return NULL;
        c->key = key;
        *to = c;
        to = &c->next;
        of->n++;
    }
}

static struct conf *tree(struct reader *r, yaml_event_t *e, int level)
{
    if (level > LEVEL_LIMIT)
        return fault_at(r, e->start_mark, "too many levels");
    if (e->type == YAML_SCALAR_EVENT)
        return value(r, e);
    if (e->type == YAML_SEQUENCE_START_EVENT)
        return children(r, node(r, e, CONF_LIST), YAML_SEQUENCE_END_EVENT, level);
    if (e->type == YAML_MAPPING_START_EVENT)
        return children(r, node(r, e, CONF_MAP), YAML_MAPPING_END_EVENT, level);
    return fault_at(r, e->start_mark, "aliases are not used here");
}

/* Skips the events before the first node; an empty file has none. */
static struct conf *document(struct reader *r)
{
    for (;;) {
        yaml_event_t e;
        if (!next(r, &e))
            return NULL;
        bool before = e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_START_EVENT;
        struct conf *c = NULL;
        if (e.type == YAML_STREAM_END_EVENT)
            fault_at(r, e.start_mark, "the file is empty");
        else if (!before)
            c = tree(r, &e, 0);
        yaml_event_delete(&e);
        if (!before)
            return c;
    }
}

struct conf *conf_parse(const char *path, phi_str text, struct arena *a, struct buf *error)
{
    struct reader r = {.arena = a, .error = error, .path = arena_strdup(a, path)};
    if (!yaml_parser_initialize(&r.parser))
        die(111, "cannot get memory to read \"%s\"", path);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
    struct conf *c = document(&r);
    yaml_parser_delete(&r.parser);
    return c;
}

struct conf *conf_read(const char *path, struct arena *a, struct buf *error)
{
    struct buf text = {0};
    struct conf *c = NULL;
    if (fs_read(path, FILE_LIMIT, &text))
        buf_printf(error, "%s:1:1: cannot read this file: %s", path, strerror(errno));
    else
        c = conf_parse(path, buf_view(&text), a, error);
    buf_free(&text);
    return c;
}

const struct conf *conf_get(const struct conf *m, const char *key)
{
    if (!m || m->kind != CONF_MAP)
        return NULL;
    for (const struct conf *c = m->first; c; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}

const char *conf_text(const struct conf *m, const char *key, const char *fallback)
{
    const struct conf *c = conf_get(m, key);
    return c && c->kind == CONF_VALUE ? c->text : fallback;
}

bool conf_is(const struct conf *c, enum conf_kind kind, struct buf *error)
{
    static const char *const name[] = {"a single value", "a list", "a mapping"};
    return c->kind == kind ||
           conf_fault(c, error, "expected %s here, found %s", name[kind], name[c->kind]);
}

bool conf_only(const struct conf *m, const char *const *keys, struct buf *error)
{
    if (!conf_is(m, CONF_MAP, error))
        return false;
    for (const struct conf *c = m->first; c; c = c->next) {
        const char *const *k = keys;
        while (*k && strcmp(*k, c->key) != 0)
            k++;
        if (!*k)
            return conf_fault(c, error, "unknown key \"%s\"", c->key);
    }
    return true;
}

static int is_yaml(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

char **conf_files(const char *dir, struct arena *a)
{
    struct dirent **found;
    int n = scandir(dir, &found, is_yaml, alphasort);
    if (n < 0)
        return NULL;
    char **out = arena_alloc(a, ((size_t)n + 1) * sizeof *out);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(dir) + strlen(found[i]->d_name) + 2;
        out[i] = arena_alloc(a, len);
        snprintf(out[i], len, "%s/%s", dir, found[i]->d_name);
        free(found[i]);
    }
    free(found);
    return out;
}
