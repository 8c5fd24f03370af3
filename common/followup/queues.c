/* config/work: queues, denial groups, timers. */
#include "common/followup/followup.h"
#include <errno.h>
#include <stdlib.h>

static bool span(const struct conf *c, int64_t *us, struct buf *error)
{
    char *end;
    long n = strtol(c->text, &end, 10);
    int64_t unit = strcmp(end, "d") == 0 ? 86400 : strcmp(end, "h") == 0 ? 3600 : 0;
    if (end == c->text || n < 0 || n > 100000 || !unit)
        return conf_fault(c, error, "\"%s\" is a span of time like 14d or 24h", c->key);
    *us = n * unit * 1000000;
    return true;
}

static bool percent(const struct conf *c, int64_t *v, struct buf *error)
{
    char *end;
    *v = strtol(c->text, &end, 10);
    return (end != c->text && !*end && *v >= 0 && *v <= 100) ||
           conf_fault(c, error, "\"%s\" is a percentage from 0 to 100", c->key);
}

static bool read_queue(const struct conf *c, struct queue *q, struct buf *error)
{
    static const char *const keys[] = {"role", "within", "worth", "do", "again", NULL};
    if (!conf_is(c, CONF_MAP, error) || !conf_only(c, keys, error))
        return false;
    for (int i = 0; i < 4; i++)
        if (!conf_get(c, keys[i]))
            return conf_fault(c, error, "\"%s\" is missing", keys[i]);
    const struct conf *again = conf_get(c, "again");
    if (again && !span(again, &q->again_us, error))
        return false;
    q->code = c->key;
    q->role = conf_text(c, "role", "");
    q->next = conf_text(c, "do", "");
    if (strlen(q->code) >= sizeof((struct item *)0)->code)
        return conf_fault(c, error, "the code has more than 23 characters");
    return span(conf_get(c, "within"), &q->within_us, error) &&
           percent(conf_get(c, "worth"), &q->worth, error);
}

static bool read_group(const struct conf *c, struct denial_group *g, struct buf *error)
{
    static const char *const keys[] = {"codes", "recipe", "worth", "do", "letter", NULL};
    if (!conf_is(c, CONF_MAP, error) || !conf_only(c, keys, error))
        return false;
    for (int i = 0; i < 4; i++)
        if (!conf_get(c, keys[i]))
            return conf_fault(c, error, "\"%s\" is missing", keys[i]);
    g->letter = conf_text(c, "letter", "appeal");
    const struct conf *codes = conf_get(c, "codes");
    if (!conf_is(codes, CONF_LIST, error))
        return false;
    g->name = c->key;
    g->recipe = conf_text(c, "recipe", "");
    g->next = conf_text(c, "do", "");
    for (const struct conf *k = codes->first; k; k = k->next) {
        if (g->codes_n == (int)(sizeof g->codes / sizeof *g->codes))
            return conf_fault(k, error, "a group has at most 32 codes");
        g->codes[g->codes_n++] = k->text;
    }
    return percent(conf_get(c, "worth"), &g->worth, error);
}

/* Every timer must be there: what has none would wait for ever. */
static bool read_timers(const struct conf *c, struct timers *t, struct arena *a, struct buf *error)
{
    const char *names[TIMERS + 1] = {0};
    for (int k = 0; k < TIMERS; k++)
        names[k] = timer_name(k);
    if (!conf_is(c, CONF_MAP, error) || !conf_only(c, names, error))
        return false;
    for (int k = 0; k < TIMERS; k++) {
        const struct conf *v = conf_get(c, names[k]);
        if (!v)
            return conf_fault(c, error, "\"%s\" is missing", names[k]);
        if (!timer_read(k, v, t, a, error))
            return false;
    }
    return true;
}

static bool read_file(const struct conf *top, struct queues *q, struct arena *a, struct buf *error)
{
    static const char *const keys[] = {"queues", "denials", "timers", NULL};
    const struct conf *queues = conf_get(top, "queues"), *denials = conf_get(top, "denials"),
                      *timers = conf_get(top, "timers");
    if (!conf_is(top, CONF_MAP, error) || !conf_only(top, keys, error) ||
        (queues && !conf_is(queues, CONF_MAP, error)) ||
        (denials && !conf_is(denials, CONF_MAP, error)))
        return false;
    for (const struct conf *c = queues ? queues->first : NULL; c; c = c->next) {
        struct queue *n = arena_alloc(a, sizeof *n);
        if (!read_queue(c, n, error))
            return false;
        n->more = q->list;
        q->list = n;
    }
    for (const struct conf *c = denials ? denials->first : NULL; c; c = c->next) {
        struct denial_group *n = arena_alloc(a, sizeof *n);
        if (!read_group(c, n, error))
            return false;
        n->more = q->denials;
        q->denials = n;
    }
    return !timers || read_timers(timers, &q->timers, a, error);
}

struct queues *queues_load(const char *dir, struct arena *a, struct buf *error)
{
    struct queues *q = arena_alloc(a, sizeof *q);
    char **files = conf_files(dir, a);
    if (!files) {
        buf_printf(error, "cannot read the folder of queues \"%s\": %s", dir, strerror(errno));
        return NULL;
    }
    for (; *files; files++) {
        const struct conf *top = conf_read(*files, a, error);
        if (!top || !read_file(top, q, a, error))
            return NULL;
    }
    if (q->list && q->timers.of[TIMER_SILENT].n)
        return q;
    buf_printf(error, "the folder of queues \"%s\" names no queues and timers", dir);
    return NULL;
}

const struct queue *queue_of(const struct queues *q, const char *code)
{
    static const struct queue unnamed = {
        "", "engineer", "name this code in config/work", 0, 14 * 86400000000, 50, NULL};
    for (const struct queue *i = q->list; i; i = i->more)
        if (strcmp(i->code, code) == 0)
            return i;
    return &unnamed;
}

const struct denial_group *denial_group_of(const struct queues *q, phi_str carc)
{
    for (const struct denial_group *g = q->denials; g; g = g->more)
        for (int i = 0; i < g->codes_n; i++)
            if (phi_is(carc, g->codes[i]))
                return g;
    return NULL;
}
