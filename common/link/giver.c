#include "common/link/giver_private.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <zmq.h>

enum { READ_TURN = 512, WINDOW_MAX = 1024, REFUSED_EVERY_US = 10000000 };

/* --- lists and the index by seq --- */

static void list_remove(struct held *f)
{
    struct held_list *l = f->list;
    *(f->prev ? &f->prev->next : &l->first) = f->next;
    *(f->next ? &f->next->prev : &l->last) = f->prev;
    f->prev = f->next = NULL;
    f->list = NULL;
}

static void list_append(struct held_list *l, struct held *f)
{
    f->list = l;
    f->prev = l->last;
    f->next = NULL;
    *(l->last ? &l->last->next : &l->first) = f;
    l->last = f;
}

static void list_prepend(struct held_list *l, struct held *f)
{
    f->list = l;
    f->next = l->first;
    f->prev = NULL;
    *(l->first ? &l->first->prev : &l->last) = f;
    l->first = f;
}

struct held *giver_find(struct giver *g, uint64_t seq)
{
    struct held *f = g->buckets[seq % SEQ_BUCKETS];
    while (f && f->seq != seq)
        f = f->same_bucket;
    return f;
}

struct held *giver_hold(struct giver *g, struct blob *b, struct birth *parent, bool in_front)
{
    struct held *f = xcalloc(1, sizeof *f);
    f->seq = ++g->seq;
    f->body = b;
    b->refs++;
    f->parent = parent;
    birth_add(parent);
    f->same_bucket = g->buckets[f->seq % SEQ_BUCKETS];
    g->buckets[f->seq % SEQ_BUCKETS] = f;
    g->held++;
    g->held_bytes += b->buf.len;
    (in_front ? list_prepend : list_append)(&g->pending, f);
    return f;
}

struct birth *giver_forget(struct giver *g, struct held *f)
{
    struct birth *parent = f->parent;
    struct held **at = &g->buckets[f->seq % SEQ_BUCKETS];
    while (*at != f)
        at = &(*at)->same_bucket;
    *at = f->same_bucket;
    list_remove(f);
    g->held--;
    g->held_bytes -= f->body->buf.len;
    g->outstanding -= f->given;
    blob_free(&f->body);
    free(f->blames);
    free(f);
    return parent;
}

void giver_complete(struct giver *g, struct held *f)
{
    g->counts.done++;
    g->counts.records_done += f->body->n;
    birth_drop(giver_forget(g, f));
}

void giver_frame(void *self, struct blob *b, struct birth *parent)
{
    giver_hold(self, b, parent, false);
}

/* --- sending --- */

/* 0; EAGAIN: not now; EHOSTUNREACH: that connection is dead. */
static int send_to(struct giver *g, struct conn *c, const struct frame_header *h, phi_str body)
{
    zmq_msg_t id, m;
    g->awake = true; /* sending may take in what came, without a further sign of it */
    zmq_msg_init_size(&id, c->id_n);
    memcpy(zmq_msg_data(&id), c->id, c->id_n);
    if (zmq_msg_send(&id, g->socket, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        int err = errno; /* nothing more is sent after an identity that failed */
        zmq_msg_close(&id);
        return err;
    }
    if (zmq_msg_init_size(&m, FRAME_HEADER + body.n))
        die(EXIT_TRY_LATER, "out of memory");
    frame_header_write(zmq_msg_data(&m), h);
    if (body.n)
        memcpy((char *)zmq_msg_data(&m) + FRAME_HEADER, body.p, body.n);
    if (zmq_msg_send(&m, g->socket, ZMQ_DONTWAIT) < 0) {
        int err = errno;
        zmq_msg_close(&m);
        return err;
    }
    return 0;
}

/* What a connection held goes to the head of the queue, in its old order. blame: it was lost, not
 * left: what was not handled may be what killed it. */
static void release(struct giver *g, struct conn *c, bool blame)
{
    int64_t now = time_mono_us();
    while (c->frames.last) {
        struct held *f = c->frames.last;
        list_remove(f);
        list_prepend(&g->pending, f);
        if (!blame || f->ord < c->handled)
            continue;
        g->counts.deaths++;
        f->lost_to = c->taker;
        f->unexplained++;
        if (++f->losses >= 2) /* so that not every replica dies before the first is back */
            f->wait_until = now + (int64_t)g->o.last_words_ms * 1000;
        if (f->unexplained >= BREAKER_DEATHS)
            giver_stop(g, "CW-LNK-010", "a frame lost its taker too often: the link stops", f);
    }
}

static void gone(struct giver *g, struct conn *c, bool blame)
{
    release(g, c, blame);
    c->state = CONN_GONE;
}

static void sweep(struct giver *g)
{
    struct conn **at = &g->conns;
    while (*at) {
        struct conn *c = *at;
        if (c->state != CONN_GONE) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        free(c);
    }
}

static void send_plain(struct giver *g, struct conn *c, enum frame_cmd cmd)
{
    struct frame_header h = {.cmd = (uint8_t)cmd, .inst = g->inst, .sess = c->sess};
    if (send_to(g, c, &h, phi_of(NULL, 0)) == EHOSTUNREACH)
        gone(g, c, true);
}

/* --- connections --- */

static struct conn *conn_find(struct giver *g, const void *id, size_t n)
{
    for (struct conn *c = g->conns; c; c = c->next)
        if (c->state != CONN_GONE && c->id_n == n && memcmp(c->id, id, n) == 0)
            return c;
    return NULL;
}

/* Greets a connection as new: what it held is given to others. */
static void welcome(struct giver *g, struct conn *c)
{
    release(g, c, false);
    c->state = CONN_GREETED;
    c->sess = ++g->sess;
    c->sent = c->handled = c->window = 0;
    send_plain(g, c, CMD_WELCOME);
}

static void conn_new(struct giver *g, const void *id, size_t n)
{
    struct conn *c = xcalloc(1, sizeof *c);
    memcpy(c->id, id, n);
    c->id_n = n;
    c->next = g->conns;
    g->conns = c;
    welcome(g, c);
}

/* One link feeds replicas of one stage in one version with one configuration: else a repeat could
 * take another way. A different one is let in only when nothing is outstanding. */
static bool digest_fits(struct giver *g, const struct conn *c, const struct hello *h)
{
    bool others = g->outstanding > 0;
    if (g->digest_known && memcmp(&g->digest, &h->config, sizeof g->digest) == 0)
        return true;
    for (struct conn *o = g->conns; o; o = o->next)
        others |= o != c && o->state == CONN_READY && o->taker != h->taker;
    if (g->digest_known && others)
        return false;
    g->digest = h->config;
    g->digest_known = true;
    return true;
}

static void refuse(struct giver *g, struct conn *c)
{
    int64_t now = time_mono_us();
    c->state = CONN_REFUSED;
    if (g->refused_at && now - g->refused_at < REFUSED_EVERY_US)
        return;
    g->refused_at = now;
    log_error("CW-LNK-011",
              "a taker of another version or configuration is refused while frames of the first "
              "one are outstanding: drain the stage first",
              KV("link", (const char *)g->name));
}

static void on_hello(struct giver *g, struct conn *c, const struct frame_header *h, phi_str body)
{
    struct hello hello;
    if (h->inst != g->inst) { /* it asks to be greeted; once more is no new session */
        if (c->state == CONN_GREETED)
            send_plain(g, c, CMD_WELCOME);
        else
            welcome(g, c);
        return;
    }
    /* an answer to an older WELCOME: the answer to the newest is on its way. Answering it with yet
     * another one would go on for ever. */
    if (h->sess != c->sess || c->state != CONN_GREETED || !hello_read(body, &hello))
        return;
    for (struct conn *o = g->conns; o; o = o->next)
        if (o == c || o->state == CONN_GONE)
            continue;
        else if (o->taker == hello.taker)
            gone(g, o, false);
        else if (hello.last.taker && o->taker == hello.last.taker)
            gone(g, o, true); /* its successor is here before the loss was noticed */
    giver_blame(g, &hello.last);
    c->taker = hello.taker;
    c->sent = c->handled = 0;
    c->window = h->window > WINDOW_MAX ? WINDOW_MAX : h->window;
    if (digest_fits(g, c, &hello))
        c->state = CONN_READY;
    else
        refuse(g, c);
}

/* DONE is a fact, whoever says it and in whatever session. */
static void complete_seqs(struct giver *g, const struct frame_header *h, phi_str body)
{
    for (size_t i = 0; h->inst == g->inst && i < h->n; i++) {
        uint64_t seq;
        memcpy(&seq, body.p + 8 * i, 8);
        struct held *f = giver_find(g, seq);
        if (f)
            giver_complete(g, f);
    }
}

static void on_ack(struct giver *g, struct conn *c, const struct frame_header *h, phi_str body)
{
    complete_seqs(g, h, body);
    if (h->inst != g->inst || h->sess != c->sess || c->state != CONN_READY)
        return;
    if (h->handled - c->handled <= c->sent - c->handled) /* else it is not true */
        c->handled = h->handled;
    c->window = h->window > WINDOW_MAX ? WINDOW_MAX : h->window;
    if (c->window == 0) {
        c->state = CONN_DRAINING;
        send_plain(g, c, CMD_BYE);
    }
}

static void on_command(struct giver *g, struct conn *c, const char *p, size_t n)
{
    struct frame_header h;
    if (n == 0) { /* the probe of a connection that has just been made */
        welcome(g, c);
        return;
    }
    if (frame_header_read(p, n, &h)) /* torn or hostile: as if it had not come */
        return;
    phi_str body = phi_of(p + FRAME_HEADER, n - FRAME_HEADER);
    if (h.cmd == CMD_HELLO)
        on_hello(g, c, &h, body);
    else if (h.cmd == CMD_ACK)
        on_ack(g, c, &h, body);
    else if (h.cmd == CMD_BYE && h.sess == c->sess && h.inst == g->inst)
        gone(g, c, false);
}

static void on_message(struct giver *g, zmq_msg_t *id, zmq_msg_t *m)
{
    size_t n = zmq_msg_size(id);
    if (n == 0 || n > ID_MAX)
        return;
    struct conn *c = conn_find(g, zmq_msg_data(id), n);
    if (c) {
        on_command(g, c, zmq_msg_data(m), zmq_msg_size(m));
        return;
    }
    struct frame_header h;
    const char *p = zmq_msg_data(m);
    size_t len = zmq_msg_size(m);
    if (frame_header_read(p, len, &h) == NULL && h.cmd == CMD_ACK)
        complete_seqs(g, &h, phi_of(p + FRAME_HEADER, len - FRAME_HEADER));
    if (!(frame_header_read(p, len, &h) == NULL && h.cmd == CMD_BYE))
        conn_new(g, zmq_msg_data(id), n);
}

int giver_read(struct giver *g)
{
    int n = 0;
    for (; n < READ_TURN; n++) {
        zmq_msg_t id, m;
        zmq_msg_init(&id);
        zmq_msg_init(&m);
        bool more = zmq_msg_recv(&id, g->socket, ZMQ_DONTWAIT) >= 0;
        bool whole = more && zmq_msg_more(&id) && zmq_msg_recv(&m, g->socket, ZMQ_DONTWAIT) >= 0;
        if (whole && zmq_msg_more(&m)) { /* no command has more parts: passed over */
            whole = false;
            while (zmq_msg_more(&m) && zmq_msg_recv(&m, g->socket, ZMQ_DONTWAIT) >= 0)
                continue;
        }
        if (whole)
            on_message(g, &id, &m);
        zmq_msg_close(&id);
        zmq_msg_close(&m);
        if (!more) {
            g->awake = false;
            break;
        }
    }
    sweep(g);
    return n;
}

/* --- giving --- */

static struct conn *most_free(struct giver *g)
{
    struct conn *best = NULL;
    uint32_t most = 0;
    for (struct conn *c = g->conns; c; c = c->next) {
        uint32_t out = c->sent - c->handled;
        if (c->state == CONN_READY && c->window > out && c->window - out > most) {
            best = c;
            most = c->window - out;
        }
    }
    return best;
}

static struct held *next_pending(struct giver *g, int64_t now)
{
    struct held *f = g->pending.first;
    while (f && f->wait_until > now)
        f = f->next;
    return f;
}

/* 0 when f was sent to c. */
static int give_one(struct giver *g, struct conn *c, struct held *f)
{
    struct frame_header h = {
        .cmd = CMD_FRAME, .n = f->body->n, .inst = g->inst, .seq = f->seq, .sess = c->sess};
    int err = send_to(g, c, &h, blob_body(f->body));
    if (err)
        return err;
    g->counts.given++;
    g->counts.repeats += f->given;
    g->outstanding += !f->given;
    f->given = true;
    f->ord = c->sent++;
    list_remove(f);
    list_append(&c->frames, f);
    return 0;
}

int giver_give(struct giver *g)
{
    struct conn *c;
    struct held *f;
    int n = 0;
    if (!g->pending.first || g->stopped)
        return 0;
    int64_t now = time_mono_us();
    while (!g->stopped && (f = next_pending(g, now)) && (c = most_free(g))) {
        int err = give_one(g, c, f);
        if (err == EHOSTUNREACH)
            gone(g, c, true);
        else if (err)
            break;
        n++;
    }
    sweep(g);
    return n;
}

void giver_beat(struct giver *g)
{
    for (struct conn *c = g->conns; c; c = c->next) {
        if (c->state == CONN_REFUSED) /* it says HELLO again, and may be let in by now */
            welcome(g, c);
        else if (c->state != CONN_GONE)
            send_plain(g, c, CMD_BEAT);
    }
    sweep(g);
}

/* --- the whole --- */

static void set(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value))
        die(EXIT_CONFIG, "cannot set up a socket: %s", zmq_strerror(errno));
}

static int socket_fd(void *socket)
{
    int fd = -1;
    size_t n = sizeof fd;
    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &n))
        die(EXIT_TRY_LATER, "cannot watch a socket: %s", zmq_strerror(errno));
    return fd;
}

static void set_options(const struct giver *g)
{
    int64_t longest = FRAME_MAX;
    set(g->socket, ZMQ_ROUTER_MANDATORY, 1);
    set(g->socket, ZMQ_SNDHWM, 2000);
    set(g->socket, ZMQ_RCVHWM, 2000);
    set(g->socket, ZMQ_SNDTIMEO, 0);
    set(g->socket, ZMQ_LINGER, 0);
    set(g->socket, ZMQ_HEARTBEAT_IVL, g->o.heartbeat_ms / 5);
    set(g->socket, ZMQ_HEARTBEAT_TIMEOUT, g->o.heartbeat_ms);
    zmq_setsockopt(g->socket, ZMQ_MAXMSGSIZE, &longest, sizeof longest);
}

struct giver *giver_open(void *zmq, const char *endpoint, const struct giver_opts *opts)
{
    struct giver *g = xcalloc(1, sizeof *g);
    g->o = *opts;
    g->name = xstrdup(opts->name);
    if (getrandom(&g->inst, sizeof g->inst, 0) != sizeof g->inst)
        die(EXIT_TRY_LATER, "no random numbers: %m");
    g->inst |= 1; /* 0 says "none yet" in a HELLO */
    g->socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (!g->socket)
        die(EXIT_TRY_LATER, "cannot make a socket: %s", zmq_strerror(errno));
    set_options(g);
    g->fd = socket_fd(g->socket);
    g->awake = true;
    if (endpoint && giver_bind(g, endpoint))
        die(EXIT_CONFIG, "cannot listen on \"%s\": %s", endpoint, zmq_strerror(errno));
    return g;
}

int giver_bind(struct giver *g, const char *endpoint)
{
    return zmq_bind(g->socket, endpoint);
}

void *giver_socket(struct giver *g)
{
    return g->socket;
}

int giver_fd(const struct giver *g)
{
    return g->fd;
}

void giver_wake(struct giver *g)
{
    g->awake = true;
}

bool giver_awake(const struct giver *g)
{
    return g->awake;
}

/* Always at least one frame, however large. */
bool giver_full(const struct giver *g)
{
    return g->held >= g->o.hold || g->held_bytes >= g->o.hold_bytes;
}

size_t giver_held(const struct giver *g)
{
    return g->held;
}

size_t giver_takers(const struct giver *g)
{
    size_t n = 0;
    for (const struct conn *c = g->conns; c; c = c->next)
        n += c->state == CONN_READY;
    return n;
}

bool giver_stopped(const struct giver *g)
{
    return g->stopped;
}

const char *giver_name(const struct giver *g)
{
    return g->name;
}

const struct giver_counts *giver_counts(const struct giver *g)
{
    return &g->counts;
}

void giver_close(struct giver **at)
{
    struct giver *g = *at;
    *at = NULL;
    for (struct conn *c = g->conns; c; c = c->next) {
        send_plain(g, c, CMD_BYE);
        gone(g, c, false);
    }
    sweep(g);
    while (g->pending.first)
        giver_forget(g, g->pending.first);
    set(g->socket, ZMQ_LINGER, 500);
    zmq_close(g->socket);
    free(g->name);
    free(g);
}
