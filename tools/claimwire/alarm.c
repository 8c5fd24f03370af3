/* What the status of a process says that a person must know: links that stopped, keys that are wrong. */
#include "common/util/clock.h"
#include "common/util/log.h"
#include "tools/claimwire/super.h"
#include <jansson.h>

enum { LOOK_US = 1000 * 1000 };

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

size_t alarms_of(const json_t *status, struct buf *out)
{
    const json_t *e;
    size_t i, n = 0;
    json_array_foreach(json_object_get(status, "links"), i,
                       e) if (json_is_true(json_object_get(e, "stopped")))
    {
        buf_printf(out,
                   "%s: the link from port \"%s\" to \"%s\" has stopped: record after "
                   "record kills its takers\n",
                   text_of(status, "stage"), text_of(e, "port"), text_of(e, "to"));
        n++;
    }
    json_array_foreach(json_object_get(status, "givers"), i, e) if (*text_of(e, "fault"))
        buf_printf(out, "%s: no way to %s: %s\n", text_of(status, "stage"), text_of(e, "name"),
                   text_of(e, "fault"));
    return n;
}

/* True when a link of p has stopped; says it in the log, once a life of p. */
static bool stopped(const struct super *s, struct proc *p)
{
    struct process_status st;
    struct buf text = {0};
    bool yes = false;
    if (p->pid && process_status_read(s->run_dir, p->stage->name, p->replica, &st)) {
        json_t *o = st.pid == p->pid ? json_loadb(st.json.p, st.json.len, 0, NULL) : NULL;
        yes = o && alarms_of(o, &text) > 0;
        json_decref(o);
        buf_free(&st.json);
    }
    if (yes && p->alarmed != p->pid) {
        p->alarmed = p->pid;
        log_error("CW-RUN-008", "a link has stopped: record after record kills its takers",
                  KV("stage", p->stage->name), KV("replica", p->replica));
    }
    buf_free(&text);
    return yes;
}

bool super_alarm(struct super *s)
{
    int64_t now = time_mono_us();
    bool any = false;
    if (now - s->looked_us < LOOK_US)
        return false;
    s->looked_us = now;
    for (size_t i = 0; i < s->procs_n; i++)
        any |= stopped(s, &s->procs[i]);
    return any;
}
