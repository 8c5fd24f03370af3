/*
 * A tool as a filter: frames on stdin and stdout. A pipe has no way back, so there is no window and
 * no acknowledgment: the promise is the exit status of the whole pipe.
 */
#include "common/link/stage_private.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_AT_ONCE = 1 << 18, TICK_MS = 100, PULL_MS = 20 };

/* A pipe or file that frames are written to. */
struct pipe_out {
    int fd;
    const char *path;
    uint64_t seq;
    struct pipe_out *next;
};

struct filter {
    struct stage *s;
    struct pipe_out *outs; /* stdout is the last */
    struct buf in;
    size_t at;       /* what of in was read */
    uint64_t offset; /* of `at` in the stream */
    bool complete;   /* the last command was BYE */
    int64_t ticked_us;
};
static struct filter filter;

static void write_or_die(struct pipe_out *o, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t w = write(o->fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            die(EXIT_TRY_LATER, "cannot write frames to \"%s\": %m", o->path);
        at += w;
        n -= (size_t)w;
    }
}

/* Writes the length and the header into the room in front of the records, and all of it at once. */
static void pipe_frame(void *self, struct blob *b, struct birth *parent)
{
    struct pipe_out *o = self;
    struct frame_header h = {.cmd = CMD_FRAME, .n = b->n, .seq = ++o->seq};
    uint32_t n = (uint32_t)(b->buf.len - 4);
    (void)parent;
    memcpy(b->buf.p, &n, 4);
    frame_header_write(b->buf.p + 4, &h);
    write_or_die(o, b->buf.p, b->buf.len);
}

static void pipe_bye(struct pipe_out *o)
{
    struct frame_header h = {.cmd = CMD_BYE, .seq = o->seq};
    char out[4 + FRAME_HEADER];
    uint32_t n = FRAME_HEADER;
    memcpy(out, &n, 4);
    frame_header_write(out + 4, &h);
    write_or_die(o, out, sizeof out);
    if (o->fd != STDOUT_FILENO && fsync(o->fd) && errno != EINVAL && errno != EROFS)
        die(EXIT_TRY_LATER, "cannot sync \"%s\": %m", o->path);
}

static struct pipe_out *out_open(const char *path)
{
    struct pipe_out *o = xcalloc(1, sizeof *o);
    o->path = path;
    o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (o->fd < 0)
        die(EXIT_USAGE, "cannot write \"%s\": %m", path);
    o->next = filter.outs;
    filter.outs = o;
    return o;
}

static void bind_port(struct port *p, struct pipe_out *o)
{
    p->ends = xcalloc(1, sizeof *p->ends);
    p->ends[0] = (struct out_end){pipe_frame, o};
    p->ends_n = 1;
}

/* --port NAME=PATH */
static void bind_named(struct stage *s, const char *arg)
{
    const char *equals = strchr(arg, '=');
    char name[64] = "";
    if (!equals || equals[1] == 0 || (size_t)(equals - arg) >= sizeof name)
        die(EXIT_USAGE, "option \"--port\" is NAME=PATH, not \"%s\"", arg);
    memcpy(name, arg, (size_t)(equals - arg));
    struct port *p = stage_port(s, name);
    if (!p)
        die(EXIT_USAGE, "claimwire %s has no port \"%s\"", s->def->name, name);
    if (p->ends_n)
        die(EXIT_USAGE, "port \"%s\" is bound twice", name);
    if (strcmp(equals + 1, "-") == 0)
        return;
    bind_port(p, out_open(equals + 1));
}

static void bind_ports(struct stage *s)
{
    struct port *rejects = &s->ports[s->ports_n - 1];
    bool drop = isatty(STDOUT_FILENO);
    for (size_t i = 0; i < s->port_args_n; i++)
        bind_named(s, s->port_args[i]);
    if (s->common[OPT_REJECTS]) {
        if (rejects->ends_n)
            die(EXIT_USAGE, "port \"rejects\" is bound twice");
        bind_port(rejects, out_open(s->common[OPT_REJECTS]));
    }
    if (drop && s->def->kind != STAGE_KEEPER && s->ports_n > 1)
        die(EXIT_USAGE, "stdout is a terminal: frames are bytes for another tool or a file");
    if (drop)
        return;
    struct pipe_out *o = xcalloc(1, sizeof *o);
    *o = (struct pipe_out){.fd = STDOUT_FILENO, .path = "stdout", .next = filter.outs};
    filter.outs = o;
    for (size_t i = 0; i + 1 < s->ports_n; i++)
        if (s->ports[i].ends_n == 0)
            bind_port(&s->ports[i], o);
}

static void filter_end_frame(struct stage *s, uint64_t token)
{
    (void)token;
    stage_flush(s);
    arena_clear(&s->arena);
}

static void tick(struct filter *f)
{
    int64_t now = time_mono_us();
    if (now - f->ticked_us < TICK_MS * 1000)
        return;
    f->ticked_us = now;
    if (f->s->def->tick)
        f->s->def->tick(f->s, f->s->state);
}

static int unreadable(const struct filter *f, const char *why)
{
    log_error("CW-LNK-002", "stdin does not hold frames", KV("why", why), KV("offset", f->offset));
    return EXIT_UNREADABLE;
}

static int frame_in(struct filter *f, phi_str body, uint16_t n)
{
    struct frame_walk w = frame_walk(body, n);
    struct record r;
    int rc = 0;
    while (rc == 0 && frame_next(&w, &r))
        rc = stage_record(f->s, &r);
    if (rc == 0 && w.why)
        return unreadable(f, w.why);
    stage_flush(f->s);
    return rc;
}

/* One command of n bytes at p. */
static int command_in(struct filter *f, const char *p, size_t n)
{
    struct frame_header h;
    const char *why = frame_header_read(p, n, &h);
    if (why)
        return unreadable(f, why);
    f->complete = h.cmd == CMD_BYE;
    if (h.cmd == CMD_FRAME)
        return frame_in(f, phi_of(p + FRAME_HEADER, n - FRAME_HEADER), h.n);
    return h.cmd == CMD_BYE ? 0 : unreadable(f, "only FRAME and BYE stand in a stream");
}

/* Everything whole in the buffer. */
static int commands_in(struct filter *f)
{
    int rc = 0;
    while (rc == 0 && f->in.len - f->at >= 4) {
        uint32_t n;
        memcpy(&n, f->in.p + f->at, 4);
        if (n < FRAME_HEADER || n > FRAME_MAX)
            return unreadable(f, "a length that no command has");
        if (f->in.len - f->at - 4 < n)
            break;
        rc = command_in(f, f->in.p + f->at + 4, n);
        f->at += 4 + (size_t)n;
        f->offset += 4 + (uint64_t)n;
        if (rc == 0 && f->s->def->kind == STAGE_KEEPER && stage_commit_due(f->s))
            rc = stage_commit(f->s);
        tick(f);
    }
    memmove(f->in.p, f->in.p + f->at, f->in.len - f->at);
    f->in.len -= f->at;
    f->at = 0;
    return rc;
}

/* Waits for input; commits when there is none for now. 1: there is input. */
static int wait_input(struct filter *f, int *rc)
{
    struct pollfd p = {STDIN_FILENO, POLLIN, 0};
    if (poll(&p, 1, 0) == 1)
        return 1;
    if (f->s->def->kind == STAGE_KEEPER && (*rc = stage_commit(f->s)) != 0)
        return 0;
    int n = poll(&p, 1, TICK_MS);
    tick(f);
    return n == 1;
}

static int input_run(struct filter *f)
{
    int rc = 0;
    ssize_t n = 1;
    if (isatty(STDIN_FILENO))
        die(EXIT_USAGE, "stdin is a terminal: claimwire %s reads frames (see --help)",
            f->s->def->name);
    buf_room(&f->in, READ_AT_ONCE);
    while (rc == 0 && n > 0) {
        if (!wait_input(f, &rc))
            continue;
        n = read(STDIN_FILENO, buf_room(&f->in, READ_AT_ONCE), READ_AT_ONCE);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            die(EXIT_TRY_LATER, "cannot read stdin: %m");
        else
            f->in.len += (size_t)n;
        rc = commands_in(f);
    }
    if (rc == 0 && (!f->complete || f->in.len))
        return unreadable(f, "it ends without its end mark: the tool before this one failed");
    return rc;
}

/* Pulls until there is nothing more. A source that only has nothing for now is asked again. */
static int pull_run(struct filter *f, bool until_empty)
{
    struct stage *s = f->s;
    for (;;) {
        int rc = s->def->pull(s, s->state);
        stage_flush(s);
        arena_clear(&s->arena);
        tick(f);
        if (rc >= EXIT_USAGE)
            return rc;
        if (rc < 0 || (rc == 0 && until_empty))
            return 0;
        if (rc == 0)
            poll(NULL, 0, PULL_MS);
    }
}

static int finish(struct filter *f)
{
    struct stage *s = f->s;
    int rc = stage_commit(s);
    if (rc == 0 && s->def->finish) {
        int end = s->def->finish(s, s->state);
        stage_flush(s);
        if (end >= EXIT_USAGE)
            return end;
        s->exit_code = exit_worse(s->exit_code, end);
    }
    if (rc == 0 && s->def->kind == STAGE_KEEPER) {
        s->rows = 1; /* what finish() did is to be durable as well */
        rc = stage_commit(s);
    }
    if (rc == 0 && s->def->pull && s->def->kind != STAGE_SOURCE)
        rc = pull_run(f, true);
    return rc;
}

int filter_run(struct stage *s)
{
    filter.s = s;
    s->end_frame = filter_end_frame;
    bind_ports(s);
    int rc = s->def->start ? s->def->start(s, &s->state) : 0;
    if (rc)
        return rc;
    rc = s->def->kind == STAGE_SOURCE ? pull_run(&filter, false) : input_run(&filter);
    if (rc == 0)
        rc = finish(&filter);
    if (rc)
        return rc;
    for (struct pipe_out *o = filter.outs; o; o = o->next)
        pipe_bye(o);
    return s->exit_code;
}
