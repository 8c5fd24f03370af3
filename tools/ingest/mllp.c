#include "tools/ingest/mllp.h"
#include "common/readers/reader.h"
#include "common/util/buf.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PEERS = 64,
    BLOCK = 1 << 16,
    ANSWER_MS = 5000,
    IDLE_US = 600 * 1000000, /* a connection that says nothing for ten minutes is closed */
    VT = 0x0B,
    FS = 0x1C,
    CR = 0x0D
};

struct peer {
    int fd;
    struct buf in;
    size_t used; /* bytes of `in` that belong to the message at hand */
    size_t seen; /* bytes in which no end was found */
    bool ended;  /* it will send no more */
    int64_t heard_us;
};
struct mllp {
    int listener;
    struct peer peers[PEERS];
    size_t n, turn;
    struct peer *at; /* whose message is in hand */
    uint64_t number;
};

static void split(const char *where, char *host, size_t room, char *port, size_t port_room)
{
    const char *colon = strrchr(where, ':');
    size_t n = colon ? (size_t)(colon - where) : 0;
    const char *from = where;
    if (n > 2 && where[0] == '[' && where[n - 1] == ']')
        from++, n -= 2;
    if (!colon || n == 0 || n >= room || !colon[1] || strlen(colon + 1) >= port_room)
        die(EXIT_USAGE, "--mllp \"%s\": expected HOST:PORT, like 127.0.0.1:2575", where);
    memcpy(host, from, n);
    host[n] = 0;
    strcpy(port, colon + 1);
}

struct mllp *mllp_open(const char *where)
{
    char host[256], port[16];
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    struct mllp *m = xcalloc(1, sizeof *m);
    int one = 1;
    split(where, host, sizeof host, port, sizeof port);
    int rc = getaddrinfo(host, port, &want, &found);
    if (rc)
        die(EXIT_CONFIG, "cannot listen at \"%s\": %s", where, gai_strerror(rc));
    m->listener =
        socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, found->ai_protocol);
    if (m->listener < 0 || setsockopt(m->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        bind(m->listener, found->ai_addr, found->ai_addrlen) || listen(m->listener, PEERS))
        die(EXIT_CONFIG, "cannot listen at \"%s\": %s", where, strerror(errno));
    freeaddrinfo(found);
    m->number = (uint64_t)time_wall_us();
    log_info("CW-ING-020", "listening for HL7 messages", KV("at", where));
    return m;
}

static void drop(struct mllp *m, struct peer *p)
{
    close(p->fd);
    buf_free(&p->in);
    *p = m->peers[--m->n];
    m->peers[m->n] = (struct peer){0};
}

static void welcome(struct mllp *m)
{
    int fd;
    while (m->n < PEERS &&
           (fd = accept4(m->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        m->peers[m->n++] = (struct peer){.fd = fd, .heard_us = time_mono_us()};
}

/* A message of more than 16 MB, or bytes that begin none, end the connection: there is no place at
 * which the next message could be found for certain. */
static bool sound(const struct peer *p)
{
    return p->in.len <= READER_UNIT_MAX + BLOCK && (p->in.len == 0 || p->in.p[0] == VT);
}

/* Line ends between frames mean nothing. */
static void skip_ends(struct peer *p)
{
    size_t n = 0;
    while (n < p->in.len && (p->in.p[n] == CR || p->in.p[n] == '\n'))
        n++;
    if (n)
        memmove(p->in.p, p->in.p + n, p->in.len -= n);
}

static void hear(struct peer *p)
{
    ssize_t n;
    while (p->in.len <= READER_UNIT_MAX && (n = read(p->fd, buf_room(&p->in, BLOCK), BLOCK)) != 0) {
        if (n < 0) {
            p->ended = errno != EAGAIN && errno != EINTR;
            return;
        }
        p->in.len += (size_t)n;
        p->heard_us = time_mono_us();
    }
    p->ended = p->in.len <= READER_UNIT_MAX;
}

/* FS CR behind the VT. Where the last segment has no end of its own the FS is it. */
static bool whole(struct peer *p, phi_str *message)
{
    for (size_t i = p->seen > 1 ? p->seen - 1 : 1; i + 1 < p->in.len; i++)
        if (p->in.p[i] == FS && p->in.p[i + 1] == CR) {
            bool ends = p->in.p[i - 1] == CR || p->in.p[i - 1] == '\n';
            *message = phi_of(p->in.p + 1, i - ends);
            p->used = i + 2;
            return true;
        }
    p->seen = p->in.len;
    return false;
}

bool mllp_next(struct mllp *m, phi_str *message)
{
    welcome(m);
    for (size_t tries = m->n; tries > 0 && m->n > 0; tries--) {
        struct peer *p = &m->peers[m->turn++ % m->n];
        if (!p->ended)
            hear(p);
        skip_ends(p);
        if (sound(p) && p->in.len && whole(p, message)) {
            m->at = p;
            return true;
        }
        bool idle = time_mono_us() - p->heard_us > IDLE_US;
        if (!sound(p) || p->ended || idle) {
            if (p->in.len)
                log_warn("CW-ING-021", "an HL7 connection ended within a message, or sent none",
                         KV("bytes", p->in.len));
            drop(m, p);
        }
    }
    return false;
}

static bool send_all(int fd, const char *s, size_t n)
{
    int64_t until = time_mono_us() + ANSWER_MS * 1000;
    while (n) {
        ssize_t sent = send(fd, s, n, MSG_NOSIGNAL);
        if (sent > 0) {
            s += sent;
            n -= (size_t)sent;
            continue;
        }
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if ((errno != EAGAIN && errno != EINTR) || time_mono_us() > until ||
            poll(&wait, 1, 100) < 0)
            return false;
    }
    return true;
}

void mllp_answer(struct mllp *m, phi_str ack)
{
    struct peer *p = m->at;
    struct buf b = {0};
    buf_putc(&b, VT);
    buf_phi(&b, ack);
    buf_putc(&b, FS);
    buf_putc(&b, CR);
    bool sent = send_all(p->fd, b.p, b.len);
    buf_free(&b);
    memmove(p->in.p, p->in.p + p->used, p->in.len -= p->used);
    p->used = p->seen = 0;
    m->at = NULL;
    if (!sent) {
        log_warn("CW-ING-022", "an answer could not be sent; the message is kept");
        drop(m, p);
    }
}

uint64_t mllp_number(struct mllp *m)
{
    return m->number++;
}

int mllp_file(phi_str message)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    if (fd >= 0 && fs_write_all(fd, message.p, message.n)) {
        close(fd);
        return -1;
    }
    return fd;
}

void mllp_free(struct mllp *m)
{
    if (!m)
        return;
    while (m->n)
        drop(m, &m->peers[0]);
    close(m->listener);
    free(m);
}
