/* Reads the status file of a process. Its writer is the skeleton. */
#include "common/link/process.h"
#include "common/util/fs.h"
#include <jansson.h>
#include <limits.h>
#include <stdio.h>

enum { STATUS_LIMIT = 1 << 20 };

static int64_t number(const json_t *o, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(o, key));
}

static void copy_word(const json_t *o, const char *key, char *out, size_t room)
{
    const char *s = json_string_value(json_object_get(o, key));
    snprintf(out, room, "%s", s ? s : "");
}

static int64_t sum_of(json_t *o)
{
    int64_t sum = 0;
    const char *key;
    json_t *v;
    json_object_foreach(o, key, v) sum += (int64_t)json_integer_value(v);
    return sum;
}

static void take(json_t *o, struct process_status *out)
{
    copy_word(o, "state", out->state, sizeof out->state);
    copy_word(o, "kind", out->kind, sizeof out->kind);
    out->pid = (int)number(o, "pid");
    out->in = number(o, "in");
    out->out = sum_of(json_object_get(o, "out"));
    out->refused = number(o, "refused");
    out->open = number(o, "open");
    out->done = number(o, "done");
    out->total = number(o, "total");
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    buf_puts(&out->json, text ? text : "{}");
    free(text);
}

bool process_status_read(const char *run_dir, const char *stage, int replica,
                         struct process_status *out)
{
    char path[PATH_MAX];
    struct buf text = {0};
    json_t *o = NULL;
    *out = (struct process_status){0};
    if (snprintf(path, sizeof path, "%s/status/%s.%d.json", run_dir, stage, replica) <
            (int)sizeof path &&
        fs_read(path, STATUS_LIMIT, &text) == 0)
        o = json_loadb(text.p ? text.p : "", text.len, 0, NULL);
    buf_free(&text);
    bool ok = json_is_object(o);
    if (ok)
        take(o, out);
    json_decref(o);
    return ok;
}
