/* The links of a process: its sockets under RUN/links, its lock, its page. */
#include "common/link/loop.h"
#include "common/link/curve.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

enum { IPC_PATH_MAX = 100, HOLD_BYTES = 16 << 20, SAY_AGAIN_US = 10000000 };

/* The endpoint of a socket file; a path that is too long for the kernel goes by the folder's
 * descriptor. */
static char *endpoint_of(const struct loop *l, const char *name)
{
    struct buf b = {0};
    if (strlen(l->links) + strlen(name) + 1 <= IPC_PATH_MAX)
        buf_printf(&b, "ipc://%s/%s", l->links, name);
    else
        buf_printf(&b, "ipc:///proc/self/fd/%d/%s", l->links_fd, name);
    char *out = xstrdup(buf_cstr(&b));
    if (strlen(out) - 6 > IPC_PATH_MAX + 7)
        die(EXIT_CONFIG, "the socket \"%s\" has too long a name", name);
    buf_free(&b);
    return out;
}

/* Two processes of one name would steal each other's sockets in silence. */
static void lock(const struct loop *l)
{
    char name[160];
    snprintf(name, sizeof name, "lock.%s@%d", l->s->name, l->s->replica);
    int fd = openat(l->links_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        die(EXIT_TRY_LATER, "cannot make \"%s/%s\": %m", l->links, name);
    if (flock(fd, LOCK_EX | LOCK_NB))
        die(EXIT_TRY_LATER, "another process runs as \"%s\" (%s/%s is locked)", l->s->process,
            l->links, name);
}

static void open_page(struct loop *l)
{
    struct buf path = {0};
    buf_printf(&path, "%s/hands", l->links);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make \"%s\": %m", buf_cstr(&path));
    buf_printf(&path, "/%s@%d", l->s->name, l->s->replica);
    hands_open(buf_cstr(&path), l->instance, (int)option_int(l->s, OPT_HANDLER_LIMIT), &l->last);
    buf_free(&path);
}

/* What decides which outputs a record has: the tool, its major version, its settings. Not what only
 * tunes the link. */
static void digest_config(struct loop *l)
{
    static const char *const tuning[] = {"window",        "hold",        "poison_deaths",
                                         "handler_limit", "drain_limit", "heartbeat",
                                         "last_words"};
    const struct pipeline_stage *c = l->s->conf;
    struct buf b = {0};
    buf_printf(&b, "%s\n%s\n", l->s->def->name, l->s->def->version ? l->s->def->version : "1");
    for (size_t i = 0; i < c->settings_n; i++) {
        bool tunes = false;
        for (size_t k = 0; k < sizeof tuning / sizeof tuning[0]; k++)
            tunes |= strcmp(tuning[k], c->settings[i].key) == 0;
        if (!tunes)
            buf_printf(&b, "%s=%s\n", c->settings[i].key, c->settings[i].value);
    }
    for (size_t i = 0; c->command && c->command[i]; i++)
        buf_printf(&b, "%s\n", c->command[i]);
    l->config = digest_of(b.p, b.len);
    buf_free(&b);
}

/* A record that killed its takers goes to our own rejects, as a child of its frame's parent. */
static void condemned(void *ctx, const struct record *r, uint32_t deaths, struct birth *parent)
{
    struct out_link *o = ctx;
    struct stage *s = o->loop->s;
    struct record out = *r;
    struct birth *was = s->parent;
    char number[16];
    snprintf(number, sizeof number, "%u", deaths);
    record_note_set(&out, "rule", phi_lit("POISON"), &s->arena);
    record_note_set(&out, "why", phi_lit("it was in hand when its takers died"), &s->arena);
    record_note_set(&out, "stage", phi_lit(o->conf->to), &s->arena);
    record_note_set(&out, "deaths", phi_lit(number), &s->arena);
    s->parent = parent;
    stage_emit(s, "rejects", &out);
    stage_flush(s);
    s->parent = was;
    arena_clear(&s->arena);
}

/* Without a link for rejects nothing can be condemned. */
static bool has_rejects(const struct pipeline_stage *c)
{
    for (size_t i = 0; i < c->links_n; i++)
        if (strcmp(c->links[i].port, "rejects") == 0)
            return true;
    return false;
}

/* The one link of a listening stage whose taker is not in this file. */
static bool leaves_host(const struct stage *s, const struct pipeline_link *link)
{
    return s->conf->listen && !pipeline_find(&s->pipeline, link->to);
}

/* Replica N listens on PORT + N - 1. */
static void listen_tcp(struct loop *l, struct out_link *o)
{
    const struct stage *s = l->s;
    const char *colon = strrchr(s->conf->listen, ':');
    char endpoint[300];
    if (!s->conf->curve || !colon)
        die(EXIT_CONFIG, "%s:%d:%d: tcp without curve: true", s->pipeline.path, s->conf->at.line,
            s->conf->at.column);
    snprintf(endpoint, sizeof endpoint, "%.*s:%ld", (int)(colon - s->conf->listen), s->conf->listen,
             strtol(colon + 1, NULL, 10) + s->replica - 1);
    curve_server(giver_socket(o->giver), l->keys);
    if (giver_bind(o->giver, endpoint))
        die(EXIT_TRY_LATER, "cannot listen on \"%s\": %s", endpoint, zmq_strerror(errno));
    log_info("CW-LNK-041", "listening", KV("endpoint", (const char *)endpoint));
}

static void link_open(struct loop *l, struct out_link *o)
{
    struct stage *s = l->s;
    struct port *p = stage_port(s, o->conf->port);
    char name[256];
    if (!p)
        die(EXIT_CONFIG, "%s:%d:%d: tool %s has no port \"%s\"", s->pipeline.path, o->conf->at.line,
            o->conf->at.column, s->def->name, o->conf->port);
    snprintf(name, sizeof name, "%s.%s.%s@%d", s->name, o->conf->port, o->conf->to, s->replica);
    struct giver_opts opts = {.name = name,
                              .hold = (uint32_t)option_int(s, OPT_HOLD),
                              .hold_bytes = HOLD_BYTES,
                              .poison_deaths = (uint32_t)option_int(s, OPT_POISON),
                              .heartbeat_ms = (int)option_int(s, OPT_HEARTBEAT),
                              .last_words_ms = (int)option_int(s, OPT_LAST_WORDS),
                              .condemn = condemned,
                              .ctx = o};
    if (strcmp(o->conf->port, "rejects") == 0 || !has_rejects(s->conf))
        opts.condemn = NULL;
    if (leaves_host(s, o->conf)) {
        o->giver = giver_open(l->zmq, NULL, &opts);
        listen_tcp(l, o);
    } else {
        char *endpoint = endpoint_of(l, name);
        o->giver = giver_open(l->zmq, endpoint, &opts);
        free(endpoint);
    }
    p->ends = xrealloc(p->ends, (p->ends_n + 1) * sizeof *p->ends);
    p->ends[p->ends_n++] = (struct out_end){giver_frame, o->giver};
}

void links_open(struct loop *l)
{
    struct buf path = {0};
    struct stage *s = l->s;
    buf_printf(&path, "%s/links", s->common[OPT_RUN]);
    l->links = xstrdup(buf_cstr(&path));
    buf_free(&path);
    if (fs_mkdirs(l->links))
        die(EXIT_TRY_LATER, "cannot make folder \"%s\": %m", l->links);
    l->links_fd = open(l->links, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->links_fd < 0)
        die(EXIT_TRY_LATER, "cannot open folder \"%s\": %m", l->links);
    lock(l);
    if (getrandom(&l->instance, sizeof l->instance, 0) != sizeof l->instance)
        die(EXIT_TRY_LATER, "no random numbers: %m");
    open_page(l);
    digest_config(l);
    /* Frames are freed by another thread than the one that made them: without this the allocator
     * gives their pages back and takes them again, frame by frame. */
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_MMAP_THRESHOLD, 8 << 20);
    l->zmq = zmq_ctx_new();
    if (s->conf->curve) {
        l->keys = xcalloc(1, sizeof *l->keys);
        curve_open(l->keys, s->common[OPT_RUN]);
        if (s->conf->listen)
            zap_start(l->zmq, l->keys);
    }
    l->connect = s->conf->connect;
    l->outs_n = s->conf->links_n;
    l->outs = xcalloc(l->outs_n, sizeof *l->outs);
    for (size_t i = 0; i < l->outs_n; i++) {
        l->outs[i] = (struct out_link){.loop = l, .conf = &s->conf->links[i]};
        link_open(l, &l->outs[i]);
    }
    if (l->outs_n && !has_rejects(s->conf))
        log_warn("CW-LNK-032", "no port \"rejects\": a record that kills its takers stops the link",
                 KV("stage", s->name));
}

/* --- givers --- */

struct giver_key {
    const struct curve_keys *keys;
    char key[CURVE_KEY];
    const char *fault; /* of the last try */
};

static void use_key(void *socket, void *ctx)
{
    const struct giver_key *k = ctx;
    curve_client(socket, k->keys, k->key);
}

/* key: what the giver must have; NULL on this host. */
static void add_taker(struct loop *l, const char *name, const char *endpoint, struct giver_key *key)
{
    struct stage *s = l->s;
    long window = s->def->kind == STAGE_KEEPER ? 16 : 8;
    struct taker_opts opts = {
        .name = name,
        .process = s->process,
        .instance = l->instance,
        .window = (uint32_t)(s->common[OPT_WINDOW] ? option_int(s, OPT_WINDOW) : window),
        .heartbeat_ms = (int)option_int(s, OPT_HEARTBEAT),
        .config = l->config,
        .last = l->last,
        .fault = key ? key->fault : NULL};
    l->takers = xrealloc(l->takers, (l->takers_n + 1) * sizeof *l->takers);
    struct taker *t = taker_open(l->zmq, endpoint, &opts, key ? use_key : NULL, key);
    l->takers[l->takers_n++] = t;
    if (l->phase != PHASE_RUN)
        taker_leave(t);
}

static bool known(const struct loop *l, const char *name)
{
    for (size_t i = 0; i < l->takers_n; i++)
        if (strcmp(taker_name(l->takers[i]), name) == 0)
            return true;
    return false;
}

/* GIVER.PORT.TAKER@N with us as the taker. */
static bool is_for_us(const struct loop *l, const char *file)
{
    const char *at = strrchr(file, '@');
    size_t n = strlen(l->s->name);
    if (!at || (size_t)(at - file) < n + 4 || strncmp(file, "lock.", 5) == 0)
        return false;
    return memcmp(at - n, l->s->name, n) == 0 && at[-(long)n - 1] == '.' &&
           strspn(at + 1, "0123456789") == strlen(at + 1);
}

static void forget_ended(struct loop *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->takers_n; i++)
        if (taker_over(l->takers[i]))
            taker_close(&l->takers[i]);
        else
            l->takers[kept++] = l->takers[i];
    l->takers_n = kept;
}

/* What cannot mend itself is said again and again, not only once. */
static bool say_again(int64_t *said)
{
    int64_t now = time_mono_us();
    if (*said && now - *said < SAY_AGAIN_US)
        return false;
    *said = now;
    return true;
}

/* Takes the taker of this endpoint away when it gave up; returns what it failed of. */
static const char *take_failed(struct loop *l, const char *endpoint)
{
    for (size_t i = 0; i < l->takers_n; i++) {
        const char *fault = taker_fault(l->takers[i]);
        if (strcmp(taker_name(l->takers[i]), endpoint) != 0 || !taker_gave_up(l->takers[i]))
            continue;
        taker_close(&l->takers[i]);
        l->takers[i] = l->takers[--l->takers_n];
        return fault;
    }
    return NULL;
}

/* Givers on other hosts. One whose key is not known yet is tried again at the next look. */
static void scan_tcp(struct loop *l)
{
    static int64_t said;
    struct giver_key key = {.keys = l->keys};
    const char *const *e = l->connect;
    for (; l->keys && e && *e; e++) {
        key.fault = take_failed(l, *e);
        if (known(l, *e))
            continue;
        if (curve_giver_key(l->keys, *e, key.key))
            add_taker(l, *e, *e, &key);
        else if (say_again(&said))
            log_error("CW-LNK-042", "the key of a giver is not known: it belongs in the folder",
                      KV("endpoint", *e), KV("folder", (const char *)l->keys->dir),
                      KV("file", "givers/HOST:PORT.public"));
    }
}

static void say_faults(struct loop *l)
{
    static int64_t said;
    for (size_t i = 0; i < l->takers_n; i++)
        if (taker_fault(l->takers[i]) && say_again(&said))
            log_error("CW-LNK-043", taker_fault(l->takers[i]),
                      KV("giver", taker_name(l->takers[i])));
}

void links_scan(struct loop *l)
{
    DIR *d = opendir(l->links);
    struct dirent *e;
    forget_ended(l);
    while (d && (e = readdir(d))) {
        if (!is_for_us(l, e->d_name) || known(l, e->d_name))
            continue;
        char *endpoint = endpoint_of(l, e->d_name);
        add_taker(l, e->d_name, endpoint, NULL);
        free(endpoint);
    }
    if (d)
        closedir(d);
    scan_tcp(l);
    say_faults(l);
}

void links_reload(struct loop *l)
{
    struct pipeline again;
    struct buf error = {0};
    const struct pipeline_stage *conf = NULL;
    if (pipeline_read(l->s->pipeline.path, &again, &error) == 0)
        conf = pipeline_find(&again, l->s->name);
    if (!conf)
        log_error("CW-LNK-044", "the pipeline file cannot be read again: the old one stays",
                  KV("why", buf_cstr(&error)));
    else
        l->connect = conf->connect; /* its memory stays: a reload is rare */
    buf_free(&error);
    links_scan(l);
}

void links_close(struct loop *l)
{
    for (size_t i = 0; i < l->takers_n; i++)
        taker_close(&l->takers[i]);
    for (size_t i = 0; i < l->outs_n; i++) {
        char *file = xstrdup(giver_name(l->outs[i].giver));
        giver_close(&l->outs[i].giver);
        unlinkat(l->links_fd, file, 0);
        free(file);
    }
    l->takers_n = l->outs_n = 0;
    zmq_ctx_term(l->zmq);
}
