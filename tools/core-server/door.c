#include "tools/core-server/door.h"
#include "tools/core-server/wsdl.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <microhttpd.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SLOW_FACTOR = 10 };

/* One request while its body comes in. */
struct caller {
    struct buf body;
    bool too_large;
    int64_t begun_us;
};

/* ---- answering ---- */

static enum MHD_Result say(struct MHD_Connection *c, int status, const struct buf *type,
                           const struct buf *body)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        body->len, body->p ? body->p : (void *)(uintptr_t) "", MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    if (type && type->len)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type->p);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, POST");
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    enum MHD_Result rc = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result say_text(struct MHD_Connection *c, int status, const char *type,
                                const char *text)
{
    struct buf t = {0}, b = {0};
    buf_puts(&t, type);
    buf_cstr(&t);
    buf_puts(&b, text);
    enum MHD_Result rc = say(c, status, &t, &b);
    buf_free(&t);
    buf_free(&b);
    return rc;
}

static phi_str header(struct MHD_Connection *c, const char *name)
{
    const char *v = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
    return v ? phi_lit(v) : phi_of("", 0);
}

/* What nginx and the envelope say of who calls. */
static struct proof proof_of(struct MHD_Connection *c, const struct core_message *m)
{
    static const char scheme[] = "Bearer ";
    struct proof p = {.user = m->user, .password = m->password, .subject = {"", 0}};
    phi_str auth = header(c, MHD_HTTP_HEADER_AUTHORIZATION);
    p.bearer = phi_of("", 0);
    if (phi_is(header(c, "X-Client-Verify"), "SUCCESS"))
        p.subject = header(c, "X-Client-Subject");
    if (auth.n > sizeof scheme - 1 && strncasecmp(auth.p, scheme, sizeof scheme - 1) == 0)
        p.bearer = phi_of(auth.p + sizeof scheme - 1, auth.n - (sizeof scheme - 1));
    return p;
}

/* An answer that cannot stand in the form it was asked in is the payer's fault, not a crash. */
static enum MHD_Result say_message(struct MHD_Connection *c, enum core_form form, int status,
                                   const struct core_message *m)
{
    struct buf body = {0}, type = {0};
    if (!core_write(form, m, &body, &type)) {
        struct core_message none = *m;
        none.payload = none.length = none.sum = (phi_str){0};
        none.code = phi_lit("Receiver");
        none.type = phi_lit("CoreEnvelopeError");
        buf_clear(&body);
        buf_clear(&type);
        core_write(form, &none, &body, &type);
    }
    buf_cstr(&type);
    enum MHD_Result rc = say(c, status, &type, &body);
    buf_free(&body);
    buf_free(&type);
    return rc;
}

static enum MHD_Result answer(struct door *d, struct MHD_Connection *c, enum core_form form,
                              const struct core_message *m)
{
    struct arena mem = {0};
    struct core_message a;
    struct proof p = proof_of(c, m);
    int status = desk_answer(d->desk, form, m, &p, &mem, &a);
    enum MHD_Result rc = say_message(c, form, status, &a);
    arena_free(&mem);
    return rc;
}

static enum MHD_Result unreadable(struct MHD_Connection *c, enum core_form form, const char *why)
{
    struct arena mem = {0};
    struct core_message a, none = {0};
    desk_refuse(&none, form, "Sender", why, &mem, &a);
    enum MHD_Result rc = say_message(c, form, MHD_HTTP_BAD_REQUEST, &a);
    arena_free(&mem);
    return rc;
}

/* ---- the requests ---- */

static enum MHD_Result post(struct door *d, struct MHD_Connection *c, const struct caller *x)
{
    struct arena mem = {0};
    struct core_message m;
    enum core_form form;
    const char *why;
    enum MHD_Result rc;
    phi_str type = header(c, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (!core_read(type, buf_view(&x->body), &mem, &form, &m, &why))
        rc = unreadable(c, form, why);
    else if (m.answer)
        rc = unreadable(c, form, "this is an answer, and nobody asked");
    else
        rc = answer(d, c, form, &m);
    arena_free(&mem);
    return rc;
}

static phi_str query(struct MHD_Connection *c, const char *name)
{
    const char *v = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
    return v ? phi_lit(v) : (phi_str){0};
}

/* REST picks up with GET; only what picks up may come so. */
static enum MHD_Result get(struct door *d, struct MHD_Connection *c)
{
    struct core_message m = {.type = query(c, "PayloadType"),
                             .mode = query(c, "ProcessingMode"),
                             .id = query(c, "PayloadID"),
                             .time = query(c, "TimeStamp"),
                             .sender = query(c, "SenderID"),
                             .receiver = query(c, "ReceiverID"),
                             .version = query(c, "CORERuleVersion")};
    if (!m.type.p && !m.sender.p)
        return say_text(c, MHD_HTTP_NOT_FOUND, "text/plain", "not found\n");
    m.act = CORE_PICK;
    return answer(d, c, CORE_REST, &m);
}

static enum MHD_Result give_token(struct door *d, struct MHD_Connection *c, const struct caller *x)
{
    static const char grant[] = "grant_type=client_credentials";
    char *secret = NULL, *id = MHD_basic_auth_get_username_password(c, &secret);
    struct buf body = {0};
    bool asked = x->body.len && memmem(x->body.p, x->body.len, grant, sizeof grant - 1);
    bool good = asked && id && secret && desk_token(d->desk, id, secret, &body);
    enum MHD_Result rc = good     ? say_text(c, MHD_HTTP_OK, "application/json", buf_cstr(&body))
                         : !asked ? say_text(c, MHD_HTTP_BAD_REQUEST, "application/json",
                                             "{\"error\":\"unsupported_grant_type\"}")
                                  : say_text(c, MHD_HTTP_UNAUTHORIZED, "application/json",
                                             "{\"error\":\"invalid_client\"}");
    if (secret)
        sodium_memzero(secret, strlen(secret));
    MHD_free(secret);
    MHD_free(id);
    if (body.p)
        sodium_memzero(body.p, body.cap);
    buf_free(&body);
    return rc;
}

/* ?wsdl, with or without a value. */
static bool asks_wsdl(struct MHD_Connection *c)
{
    const char *value;
    size_t n;
    return MHD_lookup_connection_value_n(c, MHD_GET_ARGUMENT_KIND, "wsdl", 4, &value, &n) ==
               MHD_YES ||
           MHD_lookup_connection_value_n(c, MHD_GET_ARGUMENT_KIND, "WSDL", 4, &value, &n) ==
               MHD_YES;
}

static enum MHD_Result give_wsdl(struct MHD_Connection *c)
{
    struct buf b = {0};
    wsdl_write(&b, MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host"));
    enum MHD_Result rc = say_text(c, MHD_HTTP_OK, "text/xml; charset=utf-8", buf_cstr(&b));
    buf_free(&b);
    return rc;
}

static enum MHD_Result whole(struct door *d, struct MHD_Connection *c, const char *url,
                             const char *method, const struct caller *x)
{
    bool is_get = strcmp(method, "GET") == 0, is_post = strcmp(method, "POST") == 0;
    if (x->too_large)
        return say_text(c, MHD_HTTP_CONTENT_TOO_LARGE, "text/plain", "the body is too large\n");
    if (is_get && asks_wsdl(c))
        return give_wsdl(c);
    if (is_get && strcmp(url, "/live") == 0)
        return say_text(c, MHD_HTTP_OK, "text/plain", "ok\n");
    if (is_post && strcmp(url, "/token") == 0)
        return give_token(d, c, x);
    if (is_get)
        return get(d, c);
    return is_post ? post(d, c, x)
                   : say_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", "GET or POST\n");
}

/* ---- libmicrohttpd ---- */

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
    struct door *d = ctx;
    struct caller *x = *state;
    (void)version;
    if (!x) {
        *state = x = xcalloc(1, sizeof *x);
        x->begun_us = time_mono_us();
        return MHD_YES;
    }
    if (time_mono_us() - x->begun_us > d->slow * SLOW_FACTOR * 1000000LL)
        return MHD_NO;
    if (!*n)
        return whole(d, c, url, method, x);
    if (x->body.len + *n > (size_t)d->most)
        x->too_large = true;
    if (!x->too_large)
        buf_add(&x->body, data, *n);
    *n = 0;
    return MHD_YES;
}

static void on_end(void *ctx, struct MHD_Connection *c, void **state,
                   enum MHD_RequestTerminationCode why)
{
    struct caller *x = *state;
    (void)ctx, (void)c, (void)why;
    if (!x)
        return;
    buf_free(&x->body);
    free(x);
    *state = NULL;
}

static int listen_at(const struct door *d)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)d->port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int yes = 1, fd = socket(d->socket ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;
    if (d->socket && strlen(d->socket) >= sizeof un.sun_path)
        die(EXIT_USAGE, "the path of the socket is too long: \"%s\"", d->socket);
    if (d->socket) {
        memcpy(un.sun_path, d->socket, strlen(d->socket) + 1);
        unlink(d->socket);
        rc = bind(fd, (struct sockaddr *)&un, sizeof un) || chmod(d->socket, 0660);
    } else {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        rc = bind(fd, (struct sockaddr *)&in, sizeof in);
    }
    if (fd < 0 || rc || listen(fd, SOMAXCONN))
        die(EXIT_TRY_LATER, "cannot listen: %m");
    return fd;
}

static void say_where(const struct door *d, int fd)
{
    struct sockaddr_in in = {0};
    socklen_t n = sizeof in;
    if (d->socket) {
        printf("listens %s\n", d->socket);
    } else {
        getsockname(fd, (struct sockaddr *)&in, &n);
        printf("listens 127.0.0.1:%d\n", ntohs(in.sin_port));
    }
    fflush(stdout);
}

void door_open(struct door *d, struct desk *desk)
{
    int fd = listen_at(d);
    d->desk = desk;
    d->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
        NULL, on_request, d, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)d->slow, MHD_OPTION_CONNECTION_LIMIT, (unsigned)d->connections,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (!d->daemon)
        die(EXIT_TRY_LATER, "cannot serve HTTP: %m");
    say_where(d, fd);
}

void door_close(struct door *d)
{
    MHD_stop_daemon(d->daemon);
    if (d->socket)
        unlink(d->socket);
}
