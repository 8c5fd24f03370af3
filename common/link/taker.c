#include "common/link/taker.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GREET_US = 1000000,
    LINGER_MS = 500,
    ACK_SEQS = 60000,
    DONE_BATCH = 16,
    TELL_US = 1000,
    HUNG_UP = 3,
    GIVE_UP_US = 2000000
};

enum taker_state { TAKER_GREETING, TAKER_ON };
struct taker {
    struct taker_opts o;
    char *name, *process;
    void *socket, *monitor;
    enum taker_state state;
    uint64_t inst;
    uint32_t sess, handled;
    uint64_t *done; /* seqs whose DONE is not told yet */
    size_t done_n, done_cap;
    bool changed;  /* there is something to tell */
    uint32_t told; /* handled, as the giver knows it */
    int64_t told_us;
    int fd;
    bool awake; /* not read to its end since it was sent to, or told of */
    bool leaving, bye, connected, closed;
    const char *fault, *failed; /* to be told; of this socket */
    int64_t failed_us;
    int hung_up;
    bool keyed;    /* CURVE */
    uint32_t open; /* frames of this giver that are not DONE */
    int64_t asked_us;
};

static void set(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value))
        die(EXIT_CONFIG, "cannot set up a socket: %s", zmq_strerror(errno));
}

static void set_options(const struct taker *t)
{
    int64_t longest = FRAME_MAX;
    set(t->socket, ZMQ_PROBE_ROUTER, 1);
    set(t->socket, ZMQ_IMMEDIATE, 1);
    set(t->socket, ZMQ_SNDHWM, 2000);
    set(t->socket, ZMQ_RCVHWM, 2000);
    set(t->socket, ZMQ_SNDTIMEO, 0);
    set(t->socket, ZMQ_LINGER, LINGER_MS);
    set(t->socket, ZMQ_HEARTBEAT_IVL, t->o.heartbeat_ms / 5);
    set(t->socket, ZMQ_HEARTBEAT_TIMEOUT, t->o.heartbeat_ms);
    set(t->socket, ZMQ_RECONNECT_IVL, 20);
    set(t->socket, ZMQ_RECONNECT_IVL_MAX, 200);
    set(t->socket, ZMQ_HANDSHAKE_IVL, 2000);
    zmq_setsockopt(t->socket, ZMQ_MAXMSGSIZE, &longest, sizeof longest);
}

/* Connections that come, go or fail are told by libzmq itself: a wrong key would be retried for
 * ever in silence otherwise. */
static void monitor_open(struct taker *t, void *zmq)
{
    static int number;
    char address[64];
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    snprintf(address, sizeof address, "inproc://taker-%d", ++number);
    t->monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (!t->monitor || zmq_socket_monitor(t->socket, address, events) ||
        zmq_connect(t->monitor, address))
        die(EXIT_TRY_LATER, "cannot watch a socket: %s", zmq_strerror(errno));
    set(t->monitor, ZMQ_LINGER, 0);
}

/* A giver that does not have the key that we know cannot even say so: it hangs up. Once may be
 * chance (it died just then). */
static void on_event(struct taker *t, int event)
{
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || event == ZMQ_EVENT_DISCONNECTED)
        t->connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        t->fault = t->failed = NULL;
        t->hung_up = 0;
    } else if (!t->keyed)
        return;
    else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        t->failed = "the giver does not allow our key: it belongs in its keys/curve/takers";
    else if (t->failed)
        return;
    else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
             (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL && ++t->hung_up >= HUNG_UP))
        t->failed = "the giver's key is not the one in our keys/curve/givers";
    if (t->failed) {
        t->fault = t->failed;
        t->failed_us = t->failed_us ? t->failed_us : time_mono_us();
    }
}

static void monitor_read(struct taker *t)
{
    zmq_msg_t m;
    zmq_msg_init(&m);
    while (zmq_msg_recv(&m, t->monitor, ZMQ_DONTWAIT) >= 0) {
        uint16_t event = 0;
        if (!zmq_msg_more(&m) || zmq_msg_size(&m) < sizeof event)
            continue; /* the second part is the address */
        memcpy(&event, zmq_msg_data(&m), sizeof event);
        on_event(t, event);
    }
    zmq_msg_close(&m);
}

struct taker *taker_open(void *zmq, const char *endpoint, const struct taker_opts *opts,
                         void (*setup)(void *socket, void *ctx), void *ctx)
{
    struct taker *t = xcalloc(1, sizeof *t);
    t->o = *opts;
    t->name = xstrdup(opts->name);
    t->process = xstrdup(opts->process);
    t->socket = zmq_socket(zmq, ZMQ_DEALER);
    if (!t->socket)
        die(EXIT_TRY_LATER, "cannot make a socket: %s", zmq_strerror(errno));
    set_options(t);
    t->fault = opts->fault;
    t->keyed = setup != NULL;
    if (setup)
        setup(t->socket, ctx);
    monitor_open(t, zmq);
    if (zmq_connect(t->socket, endpoint))
        die(EXIT_CONFIG, "cannot connect to \"%s\": %s", endpoint, zmq_strerror(errno));
    size_t n = sizeof t->fd;
    if (zmq_getsockopt(t->socket, ZMQ_FD, &t->fd, &n))
        die(EXIT_TRY_LATER, "cannot watch a socket: %s", zmq_strerror(errno));
    t->awake = true;
    t->asked_us = time_mono_us();
    return t;
}

int taker_fd(const struct taker *t)
{
    return t->fd;
}

void taker_wake(struct taker *t)
{
    t->awake = true;
}

bool taker_awake(const struct taker *t)
{
    return t->awake;
}

const char *taker_name(const struct taker *t)
{
    return t->name;
}

/* False when it could not be sent (nobody there, or no room): the caller keeps it. */
static bool send_command(struct taker *t, const struct frame_header *h, const void *body, size_t n)
{
    zmq_msg_t m;
    t->awake = true; /* sending may take in what came, without a further sign of it */
    if (zmq_msg_init_size(&m, FRAME_HEADER + n))
        die(EXIT_TRY_LATER, "out of memory");
    frame_header_write(zmq_msg_data(&m), h);
    if (n)
        memcpy((char *)zmq_msg_data(&m) + FRAME_HEADER, body, n);
    if (zmq_msg_send(&m, t->socket, ZMQ_DONTWAIT) >= 0)
        return true;
    zmq_msg_close(&m);
    return false;
}

static void send_hello(struct taker *t)
{
    struct frame_header h = {
        .cmd = CMD_HELLO, .inst = t->inst, .sess = t->sess, .window = t->leaving ? 0 : t->o.window};
    struct hello hello = {t->o.instance, t->o.last, t->o.config, phi_lit(t->process)};
    struct buf b = {0};
    hello_write(&b, &hello);
    if (send_command(t, &h, b.p, b.len))
        t->state = t->inst ? TAKER_ON : TAKER_GREETING;
    t->asked_us = time_mono_us();
    buf_free(&b);
}

static void on_welcome(struct taker *t, const struct frame_header *h)
{
    if (t->state == TAKER_ON && t->inst == h->inst && t->sess == h->sess)
        return; /* greeted twice in one session */
    t->state = TAKER_GREETING;
    t->inst = h->inst;
    t->sess = h->sess;
    t->handled = t->told = 0;
    t->done_n = 0;
    t->connected = true;
    t->bye = false;
    t->changed = t->leaving; /* one who leaves says so again */
    send_hello(t);
}

static void in_frame_closed(struct birth *b)
{
    struct in_frame *f = (struct in_frame *)b;
    struct taker *t = f->from;
    t->open--;
    if (!t->closed && f->inst == t->inst) {
        if (t->done_n == t->done_cap) {
            t->done_cap = t->done_cap ? 2 * t->done_cap : 64;
            t->done = xrealloc(t->done, t->done_cap * sizeof *t->done);
        }
        t->done[t->done_n++] = f->seq;
        t->changed = true;
    }
    if (t->closed && t->open == 0) {
        free(t->done);
        free(t);
    }
    free(f);
}

static struct in_frame *in_frame_of(struct taker *t, const struct frame_header *h, zmq_msg_t *m)
{
    struct in_frame *f = xcalloc(1, sizeof *f);
    f->birth = (struct birth){1, in_frame_closed};
    f->from = t;
    f->inst = h->inst;
    f->seq = h->seq;
    f->sess = h->sess;
    f->n = h->n;
    zmq_msg_init(&f->msg);
    zmq_msg_move(&f->msg, m);
    f->body =
        phi_of((char *)zmq_msg_data(&f->msg) + FRAME_HEADER, zmq_msg_size(&f->msg) - FRAME_HEADER);
    t->open++;
    return f;
}

/* Answers one command; returns the frame when it is one of this giver's present instance. */
static struct in_frame *on_command(struct taker *t, zmq_msg_t *m)
{
    struct frame_header h;
    const char *why = frame_header_read(zmq_msg_data(m), zmq_msg_size(m), &h);
    if (why) {
        log_warn("CW-LNK-021", "a command from a giver is passed over", KV("why", why),
                 KV("link", (const char *)t->name));
        return NULL;
    }
    if (h.cmd == CMD_WELCOME)
        on_welcome(t, &h);
    else if (h.cmd == CMD_BYE && h.inst == t->inst)
        t->bye = true;
    else if (h.cmd == CMD_FRAME && t->inst && h.inst == t->inst)
        return in_frame_of(t, &h, m);
    return NULL;
}

struct in_frame *taker_next(struct taker *t)
{
    struct in_frame *f = NULL;
    zmq_msg_t m;
    zmq_msg_init(&m);
    while (!f && (t->awake = zmq_msg_recv(&m, t->socket, ZMQ_DONTWAIT) >= 0))
        f = on_command(t, &m);
    zmq_msg_close(&m);
    return f;
}

void taker_handled(struct in_frame *f)
{
    struct taker *t = f->from;
    zmq_msg_close(&f->msg);
    f->body = phi_of(NULL, 0);
    if (t->closed || f->inst != t->inst || f->sess != t->sess)
        return;
    t->handled++;
    t->changed = true;
}

/* Half a window, many DONEs, or nothing more to come that could go with it: less would only cost
 * wake-ups. What is not worth a message waits for a millisecond. */
static bool worth_a_message(const struct taker *t, bool idle)
{
    if (2 * (t->handled - t->told) >= t->o.window || t->done_n >= DONE_BATCH || t->leaving)
        return true;
    return idle && (t->open == 0 || time_mono_us() - t->told_us >= TELL_US);
}

void taker_flush(struct taker *t, bool idle)
{
    if (!t->changed || t->state != TAKER_ON || !worth_a_message(t, idle))
        return;
    size_t n = t->done_n < ACK_SEQS ? t->done_n : ACK_SEQS;
    struct frame_header h = {.cmd = CMD_ACK,
                             .n = (uint16_t)n,
                             .inst = t->inst,
                             .sess = t->sess,
                             .handled = t->handled,
                             .window = t->leaving ? 0 : t->o.window};
    if (!send_command(t, &h, t->done, n * sizeof *t->done))
        return; /* kept; a WELCOME empties the list */
    if (t->done_n > n)
        memmove(t->done, t->done + n, (t->done_n - n) * sizeof *t->done);
    t->done_n -= n;
    t->changed = t->done_n > 0;
    t->told = t->handled;
    t->told_us = time_mono_us();
}

void taker_tick(struct taker *t)
{
    monitor_read(t);
    if (!t->connected)
        t->state = TAKER_GREETING;
    if (t->state == TAKER_GREETING && t->connected && time_mono_us() - t->asked_us > GREET_US) {
        t->inst = 0; /* makes the giver answer with WELCOME */
        send_hello(t);
    }
}

void taker_leave(struct taker *t)
{
    t->changed |= !t->leaving;
    t->leaving = true;
}

bool taker_ended(const struct taker *t)
{
    return t->bye || !t->connected;
}

bool taker_over(const struct taker *t)
{
    return t->bye && !t->connected && t->open == 0;
}

bool taker_untold(const struct taker *t)
{
    return t->changed && t->state == TAKER_ON;
}

uint32_t taker_open_frames(const struct taker *t)
{
    return t->open;
}

bool taker_connected(const struct taker *t)
{
    return t->connected && t->state == TAKER_ON;
}

const char *taker_fault(const struct taker *t)
{
    return t->fault;
}

bool taker_gave_up(const struct taker *t)
{
    return t->failed && time_mono_us() - t->failed_us > GIVE_UP_US;
}

void taker_close(struct taker **at)
{
    struct taker *t = *at;
    *at = NULL;
    t->leaving = true;
    taker_flush(t, true);
    struct frame_header h = {.cmd = CMD_BYE, .inst = t->inst, .sess = t->sess};
    if (t->state == TAKER_ON)
        send_command(t, &h, NULL, 0);
    zmq_socket_monitor(t->socket, NULL, 0);
    zmq_close(t->monitor);
    zmq_close(t->socket);
    free(t->name);
    free(t->process);
    t->closed = true;
    if (t->open == 0) {
        free(t->done);
        free(t);
    }
}
