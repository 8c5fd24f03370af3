/* A wire over CAQH CORE: a file becomes an envelope, the answer a fault or a file. */
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "common/wire/core.h"
#include "common/wire/wire_int.h"
#include <inttypes.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MOST = 512 << 20, BATCH_FACTOR = 10 };

/* One exchange with a partner. */
struct call {
    const struct wire *w;
    enum core_form form;
    struct arena mem;
    struct buf body, type, url, password, token;
    struct http_reply reply;
    struct core_message answer;
    struct wire_fault *fault;
};

static void call_free(struct call *c)
{
    secret_wipe(&c->body);
    secret_wipe(&c->password);
    secret_wipe(&c->token);
    buf_free(&c->type);
    buf_free(&c->url);
    http_reply_free(&c->reply);
    arena_free(&c->mem);
}

static enum core_form form_of(const struct wire *w)
{
    return w->by == WIRE_CORE_MIME ? CORE_MIME : w->by == WIRE_CORE_SOAP ? CORE_SOAP : CORE_REST;
}

/* The host has no time now, and may say when it will have. */
static enum wire_result busy(struct wire_fault *f, const char *who, const struct http_reply *r)
{
    if (r->retry_after <= 0)
        return wire_fail(f, WIRE_LATER, "NET_HTTP", "%s answered %ld", who, r->status);
    wire_fail(f, WIRE_LATER, "NET_HTTP", "%s answered %ld, and asks to wait %" PRId64 " s%s", who,
              r->status, r->retry_after,
              r->retry_after > WIRE_ASKED_MOST ? ", of which a day is waited" : "");
    f->asked = r->retry_after;
    return WIRE_LATER;
}

/* ---- who we are ---- */

static enum wire_result read_token(struct call *c, const struct http_reply *r)
{
    json_t *o = json_loadb(r->body.p ? r->body.p : "", r->body.len, 0, NULL);
    const char *token = json_string_value(json_object_get(o, "access_token"));
    enum wire_result rc = WIRE_DONE;
    if (r->status >= 500 || r->status == 429)
        rc = busy(c->fault, "the giver of tokens", r);
    else if (r->status != 200)
        rc = wire_fail(c->fault, WIRE_WRONG, "CORE_TOKEN",
                       "the giver of tokens does not take who we say we are (%ld)", r->status);
    else if (!token || !*token || strpbrk(token, "\r\n"))
        rc = wire_fail(c->fault, WIRE_WRONG, "CORE_TOKEN", "the giver of tokens gave none");
    else
        buf_puts(&c->token, token);
    json_decref(o);
    return rc;
}

/* OAuth 2.0, client credentials (RFC 6749, 4.4): a token for this exchange. */
static enum wire_result get_token(struct call *c)
{
    struct buf secret = {0};
    struct http_reply r = {0};
    enum wire_result rc = secret_read(c->w->secret, &secret, c->fault);
    struct http_ask ask = {.url = c->w->token,
                           .type = "application/x-www-form-urlencoded",
                           .body = phi_lit("grant_type=client_credentials"),
                           .user = c->w->client,
                           .password = buf_cstr(&secret),
                           .total = c->w->timeout};
    if (rc == WIRE_DONE)
        rc = http_do(c->w, &ask, &r, c->fault);
    if (rc == WIRE_DONE)
        rc = read_token(c, &r);
    http_reply_free(&r);
    secret_wipe(&secret);
    return rc;
}

/* ---- asking ---- */

/* The fields that every request has. */
static void fill(struct call *c, struct core_message *m, int64_t now_us)
{
    char t[TIME_TEXT];
    time_text(now_us, t);
    m->time = arena_phi(&c->mem, phi_lit(t));
    m->sender = phi_lit(c->w->sender);
    m->receiver = phi_lit(c->w->receiver);
    m->version = phi_lit(core_version(c->form));
    if (c->w->user) {
        m->user = phi_lit(c->w->user);
        m->password = buf_view(&c->password);
    }
}

static void add_query(struct call *c, const char *name, phi_str value)
{
    buf_putc(&c->url, strchr(c->w->url, '?') || c->url.len > strlen(c->w->url) ? '&' : '?');
    buf_printf(&c->url, "%s=", name);
    http_escape(arena_strndup(&c->mem, value.p, value.n), &c->url);
}

/* REST asks for a batch with GET: the fields are the query. */
static void as_query(struct call *c, const struct core_message *m)
{
    add_query(c, "PayloadType", m->type);
    add_query(c, "ProcessingMode", m->mode);
    add_query(c, "PayloadID", m->id);
    add_query(c, "TimeStamp", m->time);
    add_query(c, "SenderID", m->sender);
    add_query(c, "ReceiverID", m->receiver);
    add_query(c, "CORERuleVersion", m->version);
}

/* What the status says when no envelope does. */
static enum wire_result status_fault(struct call *c)
{
    long s = c->reply.status;
    const struct buf *b = &c->reply.body;
    static const char sign[] = "SSL certificate";
    if (s == 400 && b->len && memmem(b->p, b->len, sign, sizeof sign - 1))
        return wire_fail(c->fault, WIRE_WRONG, "NET_CLIENT_CERT",
                         "the host does not take our client certificate, or misses one");
    if (s == 401 || s == 403 || s == 407)
        return wire_fail(c->fault, WIRE_WRONG, "CORE_UNAUTHORIZED",
                         "the partner does not take who we say we are (%ld)", s);
    if (s == 413)
        return wire_fail(c->fault, WIRE_WRONG, "CORE_TOO_LARGE",
                         "the file is larger than the partner takes (413)");
    if (s >= 500 || s == 408 || s == 425 || s == 429)
        return busy(c->fault, "the host", &c->reply);
    if (s >= 200 && s < 300)
        return wire_fail(c->fault, WIRE_LATER, "CORE_ANSWER",
                         "the host answered something that is no CORE envelope");
    return wire_fail(c->fault, WIRE_WRONG, "CORE_REFUSED", "the host answered %ld", s);
}

static enum wire_result read_reply(struct call *c)
{
    enum core_form form;
    const char *why, *field;
    if (!core_read(buf_view(&c->reply.type), buf_view(&c->reply.body), &c->mem, &form, &c->answer,
                   &why) ||
        !c->answer.answer || !c->answer.code.n)
        return status_fault(c);
    struct core_meaning m = core_meaning(c->answer.code, &field);
    if (m.rule)
        return wire_fail(c->fault, m.later ? WIRE_LATER : WIRE_WRONG, m.rule, "%s%s%s", m.why,
                         *field ? ": " : "", field);
    return c->reply.status >= 200 && c->reply.status < 300 ? WIRE_DONE : status_fault(c);
}

static enum wire_result prepare(struct call *c)
{
    enum wire_result rc = WIRE_DONE;
    c->form = form_of(c->w);
    buf_puts(&c->url, c->w->url);
    if (c->w->password)
        rc = secret_read(c->w->password, &c->password, c->fault);
    return rc == WIRE_DONE && c->w->token ? get_token(c) : rc;
}

/* A token may run out between its giving and its use: a 401 has it fetched anew, once, and the same
 * bytes asked again. The host has refused the first unread (RFC 6750, 3.1): this is no resend. */
static enum wire_result exchange(struct call *c, struct http_ask *ask)
{
    enum wire_result rc = http_do(c->w, ask, &c->reply, c->fault);
    if (rc != WIRE_DONE || c->reply.status != 401 || !c->token.len)
        return rc;
    http_reply_free(&c->reply);
    secret_wipe(&c->token);
    if ((rc = get_token(c)) != WIRE_DONE)
        return rc;
    ask->bearer = buf_cstr(&c->token);
    return http_do(c->w, ask, &c->reply, c->fault);
}

static enum wire_result ask_partner(struct call *c, const struct core_message *m)
{
    bool get = c->form == CORE_REST && m->act == CORE_PICK;
    struct http_ask ask = {.total = m->act == CORE_REAL_TIME ? c->w->timeout
                                                             : c->w->timeout * BATCH_FACTOR,
                           .bearer = c->token.len ? buf_cstr(&c->token) : NULL};
    if (get)
        as_query(c, m);
    else if (!core_write(c->form, m, &c->body, &c->type))
        return wire_fail(c->fault, WIRE_WRONG, "CORE_PAYLOAD",
                         "the file has bytes that cannot stand in a SOAP message; send it as "
                         "core-mime, or with mode: batch");
    ask.url = buf_cstr(&c->url);
    ask.type = get ? NULL : buf_cstr(&c->type);
    ask.body = buf_view(&c->body);
    kill_point("wire.post.before");
    enum wire_result rc = exchange(c, &ask);
    kill_point("wire.post.after");
    return rc == WIRE_DONE ? read_reply(c) : rc;
}

/* What came is whole: its length and sum are what the answer says. */
static enum wire_result check_payload(struct call *c)
{
    char sum[CORE_SUM], length[24];
    const struct core_message *m = &c->answer;
    snprintf(length, sizeof length, "%zu", m->payload.n);
    core_sum(m->sum.n == CORE_SUM - 1 ? CORE_REST : CORE_MIME, m->payload, sum);
    if ((m->sum.n && !core_same_word(m->sum, sum)) || (m->length.n && !phi_is(m->length, length)))
        return wire_fail(c->fault, WIRE_LATER, "NET_TORN",
                         "the file that came is not what its envelope says");
    return WIRE_DONE;
}

static enum wire_result write_payload(struct call *c, const char *path)
{
    enum wire_result rc = check_payload(c);
    if (rc == WIRE_DONE && fs_replace(path, c->answer.payload.p, c->answer.payload.n))
        rc = wire_fail(c->fault, WIRE_LATER, "NET_LOCAL", "what came cannot be kept: %s",
                       strerror(errno));
    return rc;
}

/* ---- the three acts ---- */

static bool in_real_time(const struct wire *w, const struct core_kind *k)
{
    return w->mode == WIRE_REAL_TIME || (w->mode == WIRE_AUTO && k->question && k->sets == 1);
}

static enum wire_result post(struct call *c, const char *name, phi_str file,
                             const struct core_kind *k, int64_t now_us)
{
    struct digest d = digest_of(file.p, file.n);
    char id[CORE_ID], sum[CORE_SUM], length[24];
    bool real_time = in_real_time(c->w, k);
    core_id(c->w->partner, name, &d, id);
    core_sum(c->form, file, sum);
    snprintf(length, sizeof length, "%zu", file.n);
    struct core_message m = {.act = real_time ? CORE_REAL_TIME : CORE_SUBMIT,
                             .type = phi_lit(k->type),
                             .mode = phi_lit(real_time ? "RealTime" : "Batch"),
                             .id = phi_lit(id),
                             .payload = file};
    if (!real_time) {
        m.length = phi_lit(length);
        m.sum = phi_lit(sum);
    }
    fill(c, &m, now_us);
    return ask_partner(c, &m);
}

enum wire_result core_put(const struct wire *to, const char *name, const char *path,
                          const char *answer, int64_t now_us, struct wire_fault *f)
{
    struct call c = {.w = to, .fault = f};
    struct buf file = {0};
    struct core_kind k;
    enum wire_result rc = WIRE_DONE;
    if (fs_read(path, FILE_MOST, &file))
        rc = wire_fail(f, WIRE_LATER, "NET_LOCAL", "our copy of the file cannot be read: %s",
                       strerror(errno));
    else if (!core_kind_of(buf_view(&file), &k) || !*k.type)
        rc =
            wire_fail(f, WIRE_WRONG, "CORE_PAYLOAD", "the file is no X12 that CORE has a name for");
    if (rc == WIRE_DONE)
        rc = prepare(&c);
    if (rc == WIRE_DONE)
        rc = post(&c, name, buf_view(&file), &k, now_us);
    if (rc == WIRE_DONE && in_real_time(to, &k) && c.answer.payload.n)
        rc = write_payload(&c, answer);
    else if (rc == WIRE_DONE && in_real_time(to, &k))
        rc = wire_fail(f, WIRE_LATER, "CORE_ANSWER", "the answer of a real-time message is empty");
    call_free(&c);
    buf_free(&file);
    return rc;
}

/* How each kind is asked for; a word with an underscore is a type of the partner's own. */
static const char *type_for(const char *kind)
{
    static const char *const types[][2] = {{"TA1", "X12_TA1_RetrievalRequest_00501X231A1"},
                                           {"999", "X12_999_RetrievalRequest_005010X231A1"},
                                           {"271", "X12_005010_Request_Batch_Results_271"},
                                           {"277", "X12_005010_Request_Batch_Results_277"},
                                           {"278", "X12_005010_Request_Batch_Results_278"},
                                           {"277CA", "X12_277CA_Request_005010X214"},
                                           {"277RFAI", "X12_277RFAI_Request_005010X213"},
                                           {"835", "X12_835_Request_005010X221A1"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i][0], kind) == 0)
            return types[i][1];
    return kind;
}

/* An id for a message that carries nothing: of the moment. */
static void id_of_moment(const struct wire *w, const char *what, int64_t now_us, char out[CORE_ID])
{
    struct digest d = digest_of(&now_us, sizeof now_us);
    core_id(w->partner, what, &d, out);
}

static void name_batch(struct call *c, struct wire_batch *out)
{
    struct core_kind k;
    const struct core_message *m = &c->answer;
    char id[80] = "";
    for (size_t i = 0; i < m->id.n && i < sizeof id - 1; i++)
        id[i] = memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                       m->id.p[i], 64)
                    ? m->id.p[i]
                    : '_';
    bool known = core_kind_of(m->payload, &k) && *k.about;
    snprintf(out->name, sizeof out->name, "%s.%s.x12", known ? k.about : "batch", id);
    snprintf(out->id, sizeof out->id, "%.*s", (int)m->id.n, m->id.p);
    snprintf(out->type, sizeof out->type, "%.*s", (int)m->type.n, m->type.p);
}

enum wire_result wire_pick(const struct wire *from, const char *kind, int64_t now_us,
                           const char *path, struct wire_batch *out, struct wire_fault *f)
{
    struct call c = {.w = from, .fault = f};
    char id[CORE_ID];
    enum wire_result rc = prepare(&c);
    struct core_message m = {
        .act = CORE_PICK, .type = phi_lit(type_for(kind)), .mode = phi_lit("Batch")};
    *out = (struct wire_batch){""};
    id_of_moment(from, kind, now_us, id);
    m.id = phi_lit(id);
    if (rc == WIRE_DONE) {
        fill(&c, &m, now_us);
        rc = ask_partner(&c, &m);
    }
    if (rc == WIRE_DONE && c.answer.payload.n) {
        rc = write_payload(&c, path);
        name_batch(&c, out);
    }
    call_free(&c);
    return rc;
}

enum wire_result wire_confirm(const struct wire *from, const struct wire_batch *b, int64_t now_us,
                              struct wire_fault *f)
{
    struct call c = {.w = from, .fault = f};
    struct core_message m = {.act = CORE_CONFIRM,
                             .type = phi_lit("X12_BatchReceiptConfirmation"),
                             .mode = phi_lit("Batch"),
                             .id = phi_lit(b->id)};
    enum wire_result rc = prepare(&c);
    if (rc == WIRE_DONE) {
        fill(&c, &m, now_us);
        rc = ask_partner(&c, &m);
    }
    call_free(&c);
    return rc;
}
