/*
 * Reads pipeline files with libyaml's documents, whose nodes know their line and column. Every
 * mapping is read through a table of its keys, so an unknown key or a wrong type is found in one
 * place. Graph checks (takers, cycles) are in pipeline_graph.c.
 */
#include "common/link/pipeline.h"
#include "common/link/pipeline_read.h"
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <yaml.h>

enum { FILE_LIMIT = 1 << 20, KEYS_LIMIT = 1000, REPLICAS_LIMIT = 64, NAME_LIMIT = 31 };

struct reader {
    yaml_document_t doc;
    struct pipeline *p;
    struct buf *error;
};

/* A key of a mapping: its name and what reads its value into `into`. */
struct key {
    const char *name;
    bool (*read)(struct reader *r, void *into, const yaml_node_t *value);
};

static struct pipeline_at at_of(const yaml_node_t *n)
{
    return (struct pipeline_at){(int)n->start_mark.line + 1, (int)n->start_mark.column + 1};
}

bool pipeline_fault(const struct pipeline *p, struct pipeline_at at, struct buf *error,
                    const char *fmt, ...)
{
    va_list ap;
    char text[512];
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_printf(error, "%s:%d:%d: %s", p->path, at.line, at.column, text);
    return false;
}
#define FAULT(r, node, ...) pipeline_fault((r)->p, at_of(node), (r)->error, __VA_ARGS__)

static const yaml_node_t *node_of(struct reader *r, int i)
{
    return yaml_document_get_node(&r->doc, i);
}

static const char *type_name(const yaml_node_t *n)
{
    return n->type == YAML_MAPPING_NODE    ? "a mapping"
           : n->type == YAML_SEQUENCE_NODE ? "a list"
                                           : "a single value";
}

static bool scalar(struct reader *r, const char **out, const yaml_node_t *n)
{
    if (n->type != YAML_SCALAR_NODE)
        return FAULT(r, n, "expected a single value here, found %s", type_name(n));
    if (memchr(n->data.scalar.value, 0, n->data.scalar.length))
        return FAULT(r, n, "a value may not hold a NUL byte");
    *out = arena_strndup(&r->p->arena, (const char *)n->data.scalar.value, n->data.scalar.length);
    return true;
}

static bool word(struct reader *r, const char **out, const yaml_node_t *n)
{
    if (!scalar(r, out, n))
        return false;
    return **out ? true : FAULT(r, n, "expected a value here, found nothing");
}

/* Names become parts of file names, so they are kept plain. */
static bool name(struct reader *r, const char **out, const yaml_node_t *n)
{
    if (!word(r, out, n))
        return false;
    size_t len = strlen(*out);
    if (len > NAME_LIMIT || strspn(*out, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len ||
        **out == '-')
        return FAULT(r, n, "a name is 1 to %d of a-z 0-9 _ - and does not begin with -: \"%.40s\"",
                     NAME_LIMIT, *out);
    return true;
}

static bool boolean(struct reader *r, bool *out, const yaml_node_t *n)
{
    const char *s = NULL;
    if (!scalar(r, &s, n))
        return false;
    *out = strcmp(s, "true") == 0;
    return *out || strcmp(s, "false") == 0 ? true : FAULT(r, n, "expected true or false");
}

/* Number of entries of a mapping or list after checking its type and that no key stands twice. */
static bool mapping(struct reader *r, const yaml_node_t *n, size_t *count)
{
    if (n->type != YAML_MAPPING_NODE)
        return FAULT(r, n, "expected a mapping here, found %s", type_name(n));
    yaml_node_pair_t *from = n->data.mapping.pairs.start, *to = n->data.mapping.pairs.top;
    *count = (size_t)(to - from);
    if (*count > KEYS_LIMIT)
        return FAULT(r, n, "more than %d keys in one mapping", KEYS_LIMIT);
    for (yaml_node_pair_t *a = from; a < to; a++) {
        const yaml_node_t *k = node_of(r, a->key);
        if (k->type != YAML_SCALAR_NODE)
            return FAULT(r, k, "a key must be a single value, found %s", type_name(k));
        for (yaml_node_pair_t *b = from; b < a; b++) {
            const yaml_node_t *o = node_of(r, b->key);
            if (k->data.scalar.length == o->data.scalar.length &&
                !memcmp(k->data.scalar.value, o->data.scalar.value, k->data.scalar.length))
                return FAULT(r, k, "\"%.40s\" stands twice, first in line %d",
                             (const char *)k->data.scalar.value, at_of(o).line);
        }
    }
    return true;
}

static bool read_key(struct reader *r, const struct key *keys, void *into, yaml_node_pair_t *pair)
{
    const yaml_node_t *k = node_of(r, pair->key);
    const char *s = NULL;
    if (!word(r, &s, k))
        return false;
    for (const struct key *e = keys; e->name; e++)
        if (strcmp(e->name, s) == 0)
            return e->read(r, into, node_of(r, pair->value));
    struct buf known = {0};
    for (const struct key *e = keys; e->name; e++)
        buf_printf(&known, "%s%s", e == keys ? "" : ", ", e->name);
    FAULT(r, k, "unknown key \"%.40s\", known here: %s", s, buf_cstr(&known));
    buf_free(&known);
    return false;
}

static bool read_keys(struct reader *r, const struct key *keys, void *into, const yaml_node_t *n)
{
    size_t count;
    if (!mapping(r, n, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_key(r, keys, into, &n->data.mapping.pairs.start[i]))
            return false;
    return true;
}

/* A list of words, or one word, as a NULL-ended array. */
static bool words(struct reader *r, const char ***out, const yaml_node_t *n)
{
    bool one = n->type == YAML_SCALAR_NODE;
    if (n->type == YAML_MAPPING_NODE)
        return FAULT(r, n, "expected a list here, found a mapping");
    size_t count = one ? 1 : (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    if (count == 0)
        return FAULT(r, n, "the list is empty");
    *out = arena_alloc(&r->p->arena, (count + 1) * sizeof **out);
    for (size_t i = 0; i < count; i++)
        if (!word(r, &(*out)[i], one ? n : node_of(r, n->data.sequence.items.start[i])))
            return false;
    return true;
}

static bool read_tool(struct reader *r, void *into, const yaml_node_t *v)
{
    return name(r, &((struct pipeline_stage *)into)->tool, v);
}

static bool read_command(struct reader *r, void *into, const yaml_node_t *v)
{
    struct pipeline_stage *s = into;
    const char **list;
    if (v->type != YAML_SEQUENCE_NODE)
        return FAULT(r, v, "a command is a list of words, found %s", type_name(v));
    if (!words(r, &list, v))
        return false;
    s->command = (char **)list;
    return true;
}

static bool read_replicas(struct reader *r, void *into, const yaml_node_t *v)
{
    const char *s = NULL;
    if (!word(r, &s, v))
        return false;
    char *end;
    errno = 0;
    long n = strtol(s, &end, 10);
    if (errno || *end || n < 1 || n > REPLICAS_LIMIT)
        return FAULT(r, v, "replicas is a number from 1 to %d", REPLICAS_LIMIT);
    ((struct pipeline_stage *)into)->replicas = (int)n;
    return true;
}

static bool read_settings(struct reader *r, void *into, const yaml_node_t *v)
{
    struct pipeline_stage *s = into;
    if (!mapping(r, v, &s->settings_n))
        return false;
    s->settings = arena_alloc(&r->p->arena, (s->settings_n + 1) * sizeof *s->settings);
    for (size_t i = 0; i < s->settings_n; i++) {
        const yaml_node_t *k = node_of(r, v->data.mapping.pairs.start[i].key);
        s->settings[i].at = at_of(k);
        if (!name(r, &s->settings[i].key, k) ||
            !scalar(r, &s->settings[i].value, node_of(r, v->data.mapping.pairs.start[i].value)))
            return false;
    }
    return true;
}

static bool add_link(struct reader *r, struct pipeline_stage *s, const char *port,
                     const yaml_node_t *to)
{
    struct pipeline_link *l = &s->links[s->links_n];
    l->port = port;
    l->at = at_of(to);
    if (!name(r, &l->to, to))
        return false;
    for (size_t i = 0; i < s->links_n; i++)
        if (!strcmp(s->links[i].port, port) && !strcmp(s->links[i].to, l->to))
            return FAULT(r, to, "port \"%s\" leads to \"%s\" twice", port, l->to);
    s->links_n++;
    return true;
}

static bool read_port(struct reader *r, struct pipeline_stage *s, yaml_node_pair_t *pair)
{
    const yaml_node_t *v = node_of(r, pair->value);
    const char *port;
    if (!name(r, &port, node_of(r, pair->key)))
        return false;
    if (v->type == YAML_SCALAR_NODE)
        return add_link(r, s, port, v);
    if (v->type != YAML_SEQUENCE_NODE)
        return FAULT(r, v, "a port leads to a stage or a list of stages, found %s", type_name(v));
    if (v->data.sequence.items.start == v->data.sequence.items.top)
        return FAULT(r, v, "port \"%s\" leads nowhere", port);
    for (yaml_node_item_t *i = v->data.sequence.items.start; i < v->data.sequence.items.top; i++)
        if (!add_link(r, s, port, node_of(r, *i)))
            return false;
    return true;
}

static bool read_to(struct reader *r, void *into, const yaml_node_t *v)
{
    struct pipeline_stage *s = into;
    size_t ports, room = 0;
    if (!mapping(r, v, &ports))
        return false;
    for (size_t i = 0; i < ports; i++) {
        const yaml_node_t *to = node_of(r, v->data.mapping.pairs.start[i].value);
        room += to->type == YAML_SEQUENCE_NODE
                    ? (size_t)(to->data.sequence.items.top - to->data.sequence.items.start)
                    : 1;
    }
    if (room > KEYS_LIMIT)
        return FAULT(r, v, "more than %d links", KEYS_LIMIT);
    s->links = arena_alloc(&r->p->arena, (room + 1) * sizeof *s->links);
    for (size_t i = 0; i < ports; i++)
        if (!read_port(r, s, &v->data.mapping.pairs.start[i]))
            return false;
    return true;
}

static bool endpoint(struct reader *r, const char *s, const yaml_node_t *v)
{
    const char *host = s + 6, *port = strncmp(s, "tcp://", 6) ? NULL : strrchr(host, ':');
    if (!port || port == host || !port[1] || strspn(port + 1, "0123456789") != strlen(port + 1))
        return FAULT(r, v, "expected tcp://HOST:PORT, found \"%.60s\"", s);
    return true;
}

static bool read_listen(struct reader *r, void *into, const yaml_node_t *v)
{
    struct pipeline_stage *s = into;
    return word(r, &s->listen, v) && endpoint(r, s->listen, v);
}

static bool read_connect(struct reader *r, void *into, const yaml_node_t *v)
{
    const char **list;
    if (!words(r, &list, v))
        return false;
    for (size_t i = 0; list[i]; i++)
        if (!endpoint(r, list[i], v))
            return false;
    ((struct pipeline_stage *)into)->connect = list;
    return true;
}

static bool read_curve(struct reader *r, void *into, const yaml_node_t *v)
{
    return boolean(r, &((struct pipeline_stage *)into)->curve, v);
}

static const struct key STAGE_KEYS[] = {
    {"tool", read_tool},         {"command", read_command}, {"replicas", read_replicas},
    {"settings", read_settings}, {"to", read_to},           {"listen", read_listen},
    {"connect", read_connect},   {"curve", read_curve},     {0}};

static bool read_stage(struct reader *r, struct pipeline_stage *s, yaml_node_pair_t *pair)
{
    const yaml_node_t *k = node_of(r, pair->key), *v = node_of(r, pair->value);
    s->at = at_of(k);
    s->replicas = 1;
    if (!name(r, &s->name, k))
        return false;
    bool empty = v->type == YAML_SCALAR_NODE && v->data.scalar.length == 0;
    if (!empty && !read_keys(r, STAGE_KEYS, s, v))
        return false;
    if (s->command && s->tool)
        return FAULT(r, k, "stage \"%s\" has both a tool and a command", s->name);
    if (!s->command && !s->tool)
        s->tool = s->name;
    if ((s->listen || s->connect) && !s->curve)
        return FAULT(r, k, "stage \"%s\" uses tcp without curve: true", s->name);
    return true;
}

static bool read_stages(struct reader *r, void *into, const yaml_node_t *v)
{
    struct pipeline *p = into;
    if (!mapping(r, v, &p->stages_n))
        return false;
    if (!p->stages_n)
        return FAULT(r, v, "a pipeline needs at least one stage");
    p->stages = arena_alloc(&p->arena, p->stages_n * sizeof *p->stages);
    for (size_t i = 0; i < p->stages_n; i++)
        if (!read_stage(r, &p->stages[i], &v->data.mapping.pairs.start[i]))
            return false;
    return true;
}

static bool read_name(struct reader *r, void *into, const yaml_node_t *v)
{
    return name(r, &((struct pipeline *)into)->name, v);
}

static bool read_clock(struct reader *r, void *into, const yaml_node_t *v)
{
    const char *s = NULL;
    if (!word(r, &s, v))
        return false;
    return time_parse(s, &((struct pipeline *)into)->clock_us)
               ? true
               : FAULT(r, v, "expected a time such as 2026-09-01T08:00:00Z");
}

static bool read_production(struct reader *r, void *into, const yaml_node_t *v)
{
    return boolean(r, &((struct pipeline *)into)->production, v);
}

static const struct key TOP_KEYS[] = {{"pipeline", read_name},
                                      {"clock", read_clock},
                                      {"production", read_production},
                                      {"stages", read_stages},
                                      {0}};

static bool read_top(struct reader *r)
{
    const yaml_node_t *top = yaml_document_get_root_node(&r->doc);
    struct pipeline_at start = {1, 1};
    if (!top)
        return pipeline_fault(r->p, start, r->error, "the file is empty");
    if (!read_keys(r, TOP_KEYS, r->p, top))
        return false;
    if (!r->p->name)
        return FAULT(r, top, "the key \"pipeline\" (its name) is missing");
    if (!r->p->stages)
        return FAULT(r, top, "the key \"stages\" is missing");
    return pipeline_graph_check(r->p, r->error);
}

static bool not_yaml(struct pipeline *p, const yaml_parser_t *y, struct buf *error)
{
    struct pipeline_at at = {(int)y->problem_mark.line + 1, (int)y->problem_mark.column + 1};
    return pipeline_fault(p, at, error, "not YAML: %s", y->problem ? y->problem : "bad bytes");
}

/* What stands behind the first document would be read by nobody. */
static bool only_document(struct pipeline *p, yaml_parser_t *y, struct buf *error)
{
    yaml_document_t next;
    if (!yaml_parser_load(y, &next))
        return not_yaml(p, y, error);
    const yaml_node_t *top = yaml_document_get_root_node(&next);
    struct pipeline_at at = {0};
    if (top)
        at = (struct pipeline_at){(int)top->start_mark.line + 1, (int)top->start_mark.column + 1};
    yaml_document_delete(&next);
    return !top || pipeline_fault(p, at, error, "a second document: a file holds one pipeline");
}

int pipeline_parse(const char *path, phi_str text, struct pipeline *out, struct buf *error)
{
    *out = (struct pipeline){.clock_us = -1};
    out->path = arena_strdup(&out->arena, path);
    struct reader r = {.p = out, .error = error};
    yaml_parser_t y;
    if (!yaml_parser_initialize(&y))
        BUG("yaml_parser_initialize failed");
    yaml_parser_set_input_string(&y, (const unsigned char *)(text.p ? text.p : ""), text.n);
    bool ok = yaml_parser_load(&y, &r.doc);
    if (ok) {
        ok = read_top(&r);
        yaml_document_delete(&r.doc);
        ok = ok && only_document(out, &y, error);
    } else {
        not_yaml(out, &y, error);
    }
    yaml_parser_delete(&y);
    if (!ok)
        pipeline_free(out);
    return ok ? 0 : -1;
}

int pipeline_read(const char *path, struct pipeline *out, struct buf *error)
{
    struct buf text = {0};
    int rc = -1;
    *out = (struct pipeline){.clock_us = -1};
    if (fs_read(path, FILE_LIMIT, &text) < 0)
        buf_printf(error, "%s:1:1: cannot read the file: %s", path, strerror(errno));
    else
        rc = pipeline_parse(path, buf_view(&text), out, error);
    buf_free(&text);
    return rc;
}

const struct pipeline_stage *pipeline_find(const struct pipeline *p, const char *stage)
{
    for (size_t i = 0; i < p->stages_n; i++)
        if (strcmp(p->stages[i].name, stage) == 0)
            return &p->stages[i];
    return NULL;
}

void pipeline_free(struct pipeline *p)
{
    arena_free(&p->arena);
    *p = (struct pipeline){.clock_us = -1};
}
