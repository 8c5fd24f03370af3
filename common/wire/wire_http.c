/* One exchange over HTTPS by libcurl: the CA pinned, our client certificate, bounded in time and size.
 * Proxies of the environment are used as libcurl does; redirects are not followed. */
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "common/wire/wire_int.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPLY_MOST = 512 << 20, SECRET_MOST = 4096, X509_EXPIRED = 10, X509_NOT_YET = 9 };

/* ---- secrets ---- */

enum wire_result secret_read(const char *path, struct buf *out, struct wire_fault *f)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wire_fail(f, WIRE_WRONG, "NET_SECRET", "a file of a secret cannot be read: %s",
                         strerror(errno));
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    bool ours = good && !(st.st_mode & 077) && (st.st_uid == geteuid() || st.st_uid == 0);
    ssize_t n = ours ? read(fd, buf_room(out, SECRET_MOST), SECRET_MOST) : 0;
    close(fd);
    if (!ours)
        return wire_fail(f, WIRE_WRONG, "NET_SECRET",
                         "a file of a secret may be read by others (chmod 600), or is no file");
    out->len += n > 0 ? (size_t)n : 0;
    while (out->len && (out->p[out->len - 1] == '\n' || out->p[out->len - 1] == '\r'))
        out->len--;
    if (!out->len || memchr(out->p, '\0', out->len))
        return wire_fail(f, WIRE_WRONG, "NET_SECRET", "a file of a secret holds none");
    buf_cstr(out);
    return WIRE_DONE;
}

void secret_wipe(struct buf *b)
{
    if (b->p)
        sodium_memzero(b->p, b->cap);
    buf_free(b);
}

/* ---- what went wrong ---- */

static const struct meaning {
    CURLcode code;
    enum wire_result result;
    const char *rule, *why;
} MEANINGS[] = {
    {CURLE_PEER_FAILED_VERIFICATION, WIRE_WRONG, "NET_CERT",
     "the host's certificate is not from the pinned CA, or not for this host"},
    {CURLE_SSL_CACERT_BADFILE, WIRE_WRONG, "NET_OUR_CERT", "the file of the CA cannot be used"},
    {CURLE_SSL_CERTPROBLEM, WIRE_WRONG, "NET_OUR_CERT",
     "our certificate or its key cannot be used"},
    {CURLE_OPERATION_TIMEDOUT, WIRE_LATER, "NET_TIMEOUT", "no whole answer came in time"},
    {CURLE_COULDNT_CONNECT, WIRE_LATER, "NET_DOWN", "the host does not answer"},
    {CURLE_COULDNT_RESOLVE_HOST, WIRE_LATER, "NET_DOWN", "the name of the host is not known"},
    {CURLE_SEND_ERROR, WIRE_LATER, "NET_CUT", "the connection ended before the answer was whole"},
    {CURLE_RECV_ERROR, WIRE_LATER, "NET_CUT", "the connection ended before the answer was whole"},
    {CURLE_GOT_NOTHING, WIRE_LATER, "NET_CUT", "the connection ended before the answer was whole"},
    {CURLE_PARTIAL_FILE, WIRE_LATER, "NET_CUT", "the connection ended before the answer was whole"},
    {CURLE_WRITE_ERROR, WIRE_LATER, "NET_HTTP", "the answer is larger than 512 MB"},
};

static enum wire_result meaning(CURL *c, CURLcode code, struct wire_fault *f)
{
    long verdict = 0;
    curl_easy_getinfo(c, CURLINFO_SSL_VERIFYRESULT, &verdict);
    if (code == CURLE_PEER_FAILED_VERIFICATION &&
        (verdict == X509_EXPIRED || verdict == X509_NOT_YET))
        return wire_fail(f, WIRE_LATER, "NET_CERT_EXPIRED",
                         "the host's certificate has run out: the partner must renew it");
    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++)
        if (MEANINGS[i].code == code)
            return wire_fail(f, MEANINGS[i].result, MEANINGS[i].rule, "%s", MEANINGS[i].why);
    return wire_fail(f, WIRE_LATER, "NET_HTTP", "https: %s", curl_easy_strerror(code));
}

/* ---- one exchange ---- */

struct sending {
    phi_str rest;
    bool begun;
};

/* The first half, then the rest: so that a death in mid-send can be tried with small files as well. */
static size_t give(char *to, size_t size, size_t n, void *ctx)
{
    struct sending *s = ctx;
    size_t room = size * n, part = s->begun ? s->rest.n : (s->rest.n + 1) / 2;
    if (s->begun)
        kill_point("wire.post.mid");
    s->begun = true;
    part = part < room ? part : room;
    if (part)
        memcpy(to, s->rest.p, part);
    s->rest = phi_of(s->rest.p + part, s->rest.n - part);
    return part;
}

static int rewind_body(void *ctx, curl_off_t at, int origin)
{
    (void)ctx, (void)at, (void)origin;
    return CURL_SEEKFUNC_FAIL; /* nothing is sent a second time behind our back */
}

static size_t keep(char *p, size_t size, size_t n, void *to)
{
    struct buf *b = to;
    if (b->len + size * n > REPLY_MOST)
        return 0;
    buf_add(b, p, size * n);
    return size * n;
}

static struct curl_slist *headers(const struct http_ask *ask)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    struct buf line = {0};
    if (ask->type) {
        buf_printf(&line, "Content-Type: %s", ask->type);
        list = curl_slist_append(list, buf_cstr(&line));
        buf_clear(&line);
    }
    if (ask->bearer) {
        buf_printf(&line, "Authorization: Bearer %s", ask->bearer);
        list = curl_slist_append(list, buf_cstr(&line));
    }
    secret_wipe(&line);
    return list;
}

static void set_tls(CURL *c, const struct wire *w)
{
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (w->ca) {
        curl_easy_setopt(c, CURLOPT_CAINFO, w->ca);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
    if (w->cert) {
        curl_easy_setopt(c, CURLOPT_SSLCERT, w->cert);
        curl_easy_setopt(c, CURLOPT_SSLKEY, w->key);
    }
}

static void set_up(CURL *c, const struct wire *w, const struct http_ask *ask)
{
    curl_easy_setopt(c, CURLOPT_URL, ask->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, w->usage == 'T' ? "http,https" : "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)(w->timeout < 30 ? w->timeout : 30));
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)w->timeout);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)ask->total);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set_tls(c, w);
    if (ask->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, ask->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, ask->password);
    }
}

static enum wire_result perform(CURL *c, const struct http_ask *ask, struct http_reply *r,
                                struct wire_fault *f)
{
    struct sending s = {ask->body, false};
    struct curl_slist *list = headers(ask);
    char *type = NULL;
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    if (ask->type) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.n);
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(c, CURLOPT_READDATA, &s);
        curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_body);
    }
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &r->body);
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &r->status);
    curl_off_t after = 0;
    r->retry_after = curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &after) ? 0 : after;
    if (curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
        buf_puts(&r->type, type);
    enum wire_result rc = code == CURLE_OK ? WIRE_DONE : meaning(c, code, f);
    curl_slist_free_all(list);
    return rc;
}

enum wire_result http_do(const struct wire *w, const struct http_ask *ask, struct http_reply *r,
                         struct wire_fault *f)
{
    struct buf key = {0};
    enum wire_result rc = w->key ? secret_read(w->key, &key, f) : WIRE_DONE;
    secret_wipe(&key);
    if (rc != WIRE_DONE)
        return rc;
    CURL *c = curl_easy_init();
    if (!c)
        BUG("libcurl gives no handle");
    set_up(c, w, ask);
    rc = perform(c, ask, r, f);
    curl_easy_cleanup(c);
    return rc;
}

void http_reply_free(struct http_reply *r)
{
    buf_free(&r->type);
    secret_wipe(&r->body);
}

void http_escape(const char *s, struct buf *out)
{
    char *e = curl_easy_escape(NULL, s, 0);
    buf_puts(out, e ? e : "");
    curl_free(e);
}
