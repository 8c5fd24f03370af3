/* /live and /ready on loopback, for whoever watches the house: HTTP, one request a connection. */
#include "tools/claimwire/health.h"
#include "common/util/log.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BACKLOG = 16, REQUEST_MOST = 1024, SLOW_US = 100000, A_TURN = 8 };

int health_listen(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, BACKLOG)) {
        int err = errno;
        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

/* Why the house is not ready, a line a reason; empty: it is. */
static void reasons(const struct super *s, struct buf *out)
{
    if (s->mode != SUPER_UP)
        buf_puts(out, "the house is going down\n");
    if (s->no_room)
        buf_puts(out, "the disk of the run directory is full\n");
    if (s->held_us)
        buf_puts(out, "all processes are held for a copy\n");
    for (size_t i = 0; i < s->procs_n; i++) {
        const struct proc *p = &s->procs[i];
        if ((p->pid && p->ready) || p->ended) /* a source that had no more to give */
            continue;
        buf_printf(out, "%s.%d does not run%s\n", p->stage->name, p->replica,
                   p->restarts ? ": it is started again" : " yet");
    }
}

static void answer(int fd, int code, const char *word, const struct buf *body)
{
    struct buf b = {0};
    buf_printf(&b,
               "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
               "Connection: close\r\n\r\n",
               code, word, body->len);
    buf_phi(&b, buf_view(body));
    if (send(fd, b.p, b.len, MSG_NOSIGNAL) < 0)
        log_debug("CW-RUN-020", "whoever asked for the health has gone");
    buf_free(&b);
}

static void serve(const struct super *s, int fd)
{
    struct timeval slow = {.tv_usec = SLOW_US}; /* nobody holds up the house */
    char request[REQUEST_MOST + 1];
    struct buf body = {0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &slow, sizeof slow);
    ssize_t n = recv(fd, request, REQUEST_MOST, 0);
    request[n > 0 ? n : 0] = 0;
    if (strncmp(request, "GET /live ", 10) == 0) {
        buf_puts(&body, "live\n");
        answer(fd, 200, "OK", &body);
    } else if (strncmp(request, "GET /ready ", 11) == 0) {
        reasons(s, &body);
        bool ready = body.len == 0;
        if (ready)
            buf_puts(&body, "ready\n");
        answer(fd, ready ? 200 : 503, ready ? "OK" : "Service Unavailable", &body);
    } else {
        buf_puts(&body, "GET /live or GET /ready\n");
        answer(fd, 404, "Not Found", &body);
    }
    buf_free(&body);
}

void health_serve(const struct super *s, int listener)
{
    for (int i = 0; listener >= 0 && i < A_TURN; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        serve(s, fd);
        close(fd);
    }
}
