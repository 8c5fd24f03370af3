/* What a process says about itself: RUN/status/STAGE.N.json, form in docs/messages.md. */
#include "common/link/loop.h"
#include "common/util/fs.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void number(struct buf *b, const char *key, uint64_t v)
{
    buf_printf(b, ",\"%s\":%llu", key, (unsigned long long)v);
}

static void word(struct buf *b, const char *key, const char *v)
{
    buf_printf(b, ",\"%s\":", key);
    buf_json(b, phi_lit(v));
}

static void ports(struct buf *b, const struct stage *s)
{
    buf_puts(b, ",\"out\":{");
    for (size_t i = 0; i < s->ports_n; i++)
        buf_printf(b, "%s\"%s\":%llu", i ? "," : "", s->ports[i].name,
                   (unsigned long long)s->ports[i].records);
    buf_puts(b, "}");
}

/* Givers on other hosts that we do not even try, for want of their key. */
static void unknown_givers(struct buf *b, const struct loop *l, bool first)
{
    const char *const *e = l->connect;
    for (; e && *e; e++) {
        bool tried = false;
        for (size_t i = 0; i < l->takers_n; i++)
            tried |= strcmp(taker_name(l->takers[i]), *e) == 0;
        if (tried)
            continue;
        buf_puts(b, first ? "{\"name\":" : ",{\"name\":");
        buf_json(b, phi_lit(*e));
        buf_puts(b, ",\"connected\":0,\"open\":0");
        word(b, "fault", "its key is not known: it belongs in keys/curve/givers");
        buf_puts(b, "}");
        first = false;
    }
}

static void links(struct buf *b, const struct loop *l)
{
    buf_puts(b, ",\"links\":[");
    for (size_t i = 0; i < l->outs_n; i++) {
        const struct giver *g = l->outs[i].giver;
        const struct giver_counts *c = giver_counts(g);
        buf_printf(b, "%s{\"port\":\"%s\",\"to\":\"%s\"", i ? "," : "", l->outs[i].conf->port,
                   l->outs[i].conf->to);
        number(b, "takers", giver_takers(g));
        number(b, "held", giver_held(g));
        number(b, "given", c->given);
        number(b, "done", c->done);
        number(b, "repeats", c->repeats);
        number(b, "deaths", c->deaths);
        number(b, "condemned", c->condemned);
        buf_puts(b, giver_stopped(g) ? ",\"stopped\":true}" : ",\"stopped\":false}");
    }
    buf_puts(b, "],\"givers\":[");
    for (size_t i = 0; i < l->takers_n; i++) {
        buf_puts(b, i ? ",{\"name\":" : "{\"name\":");
        buf_json(b, phi_lit(taker_name(l->takers[i])));
        number(b, "connected", taker_connected(l->takers[i]));
        number(b, "open", taker_open_frames(l->takers[i]));
        if (taker_fault(l->takers[i]))
            word(b, "fault", taker_fault(l->takers[i]));
        buf_puts(b, "}");
    }
    unknown_givers(b, l, l->takers_n == 0);
    buf_puts(b, "]");
}

static void counts(struct buf *b, const struct stage *s)
{
    buf_puts(b, ",\"counts\":{");
    for (size_t i = 0; i < s->counters_n; i++)
        buf_printf(b, "%s\"%s\":%lld", i ? "," : "", s->counters[i].name,
                   (long long)s->counters[i].value);
    buf_puts(b, "}");
}

static void text(struct buf *b, const struct loop *l)
{
    static const char *const states[] = {"running", "draining", "finishing", "finishing",
                                         "stopped"};
    static const char *const kinds[] = {"source", "stage", "keeper"};
    const struct stage *s = l->s;
    const char *state = states[l->phase];
    if (l->finishing && l->phase == PHASE_LEAVE)
        state = "finishing";
    else if (!l->finishing && l->phase == PHASE_WAIT)
        state = "draining";
    buf_puts(b, "{\"stage\":");
    buf_json(b, phi_lit(s->name));
    number(b, "replica", (uint64_t)s->replica);
    number(b, "pid", (uint64_t)getpid());
    word(b, "tool", s->def->name);
    word(b, "kind", kinds[s->def->kind]);
    word(b, "state", state);
    number(b, "in", s->in);
    ports(b, s);
    number(b, "refused", s->refused);
    number(b, "open", loop_open_frames(l));
    if (s->progress_unit) {
        number(b, "done", (uint64_t)s->progress_done);
        number(b, "total", (uint64_t)s->progress_total);
        word(b, "unit", s->progress_unit);
    }
    counts(b, s);
    links(b, l);
    buf_puts(b, "}\n");
}

/* Not synced: it says how things are, and after a power cut they are not. */
void status_write(const struct loop *l)
{
    struct buf dir = {0}, path = {0}, tmp = {0}, b = {0};
    buf_printf(&dir, "%s/status", l->s->common[OPT_RUN]);
    buf_printf(&path, "%s/%s.json", buf_cstr(&dir), l->s->process);
    buf_printf(&tmp, "%s.tmp", buf_cstr(&path));
    text(&b, l);
    fs_mkdirs(dir.p);
    int fd = open(tmp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        bool whole = fs_write_all(fd, b.p, b.len) == 0;
        close(fd);
        if (!whole || rename(tmp.p, path.p))
            unlink(tmp.p);
    }
    buf_free(&dir);
    buf_free(&path);
    buf_free(&tmp);
    buf_free(&b);
}
