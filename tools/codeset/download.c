/* One file over HTTP, going on where an earlier try was cut. */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/codeset/fetch.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t FILE_MOST = INT64_C(4) << 30;

struct transfer {
    const struct download *d;
    CURL *curl;
    int fd, disk_error;
    int64_t had, got, range_from; /* bytes before, bytes now, first byte of a 206 (-1: not said) */
    bool begun, too_big, wrong_range, bar;
    char etag[256], modified[64], sent[256]; /* sent: the validator in If-Range */
    int64_t drawn_us;
};

static void copy_header(char *out, size_t size, const char *p, size_t n)
{
    while (n && (*p == ' ' || *p == '\t'))
        p++, n--;
    while (n && (p[n - 1] == '\r' || p[n - 1] == '\n' || p[n - 1] == ' '))
        n--;
    snprintf(out, size, "%.*s", n < size ? (int)n : 0, p);
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    n *= size;
    if (n > 5 && strncasecmp(p, "HTTP/", 5) == 0) { /* a new answer, behind a redirect */
        *t->etag = *t->modified = 0;
        t->range_from = -1;
    } else if (n > 5 && strncasecmp(p, "ETag:", 5) == 0) {
        copy_header(t->etag, sizeof t->etag, p + 5, n - 5);
    } else if (n > 14 && strncasecmp(p, "Last-Modified:", 14) == 0) {
        copy_header(t->modified, sizeof t->modified, p + 14, n - 14);
    } else if (n > 14 && strncasecmp(p, "Content-Range:", 14) == 0) {
        char range[64];
        copy_header(range, sizeof range, p + 14, n - 14);
        t->range_from = strncasecmp(range, "bytes ", 6) ? -1 : strtoll(range + 6, NULL, 10);
    }
    return n;
}

/* What names this version of the file; "" when the server does not say. */
static const char *validator_of(const struct transfer *t)
{
    return *t->etag && strncmp(t->etag, "W/", 2) != 0 ? t->etag : t->modified;
}

/* The first bytes: a part is gone on with, or a whole begins. */
static bool begin(struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    t->begun = true;
    if (status == 206) {
        t->wrong_range = t->range_from != t->had;
        return !t->wrong_range;
    }
    t->had = 0;
    const char *v = validator_of(t);
    if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0 ||
        fs_replace(t->d->validator, v, strlen(v)))
        t->disk_error = errno;
    return !t->disk_error;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    n *= size;
    if (!t->begun && !begin(t))
        return 0;
    t->too_big = t->had + t->got + (int64_t)n > FILE_MOST;
    if (t->too_big)
        return 0;
    if (fs_write_all(t->fd, p, n)) {
        t->disk_error = errno;
        return 0;
    }
    t->got += (int64_t)n;
    return n;
}

static int on_progress(void *ctx, curl_off_t all, curl_off_t now, curl_off_t up_all, curl_off_t up)
{
    struct transfer *t = ctx;
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    (void)up_all, (void)up;
    int64_t total = t->had + all, done = t->had + now, us = time_mono_us();
    if (!t->bar || all <= 0 || (us - t->drawn_us < 100000 && done < total))
        return 0;
    t->drawn_us = us;
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < done * WIDTH / total ? '#' : '.';
    bar[WIDTH] = 0;
    fprintf(stderr, "\r%s [%s] %3d %%  %lld of %lld KB", t->d->name, bar, (int)(done * 100 / total),
            (long long)(done / 1024), (long long)(total / 1024));
    return 0;
}

static void set_up(struct transfer *t, struct curl_slist **headers)
{
    char line[320];
    CURL *c = t->curl;
    curl_easy_setopt(c, CURLOPT_URL, t->d->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 10L); /* bytes a second, for a minute: hung */
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "claimwire-codeset");
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    if (t->had > 0) {
        snprintf(line, sizeof line, "Range: bytes=%lld-", (long long)t->had);
        *headers = curl_slist_append(*headers, line);
    }
    if (t->had > 0 && *t->sent) {
        snprintf(line, sizeof line, "If-Range: %s", t->sent);
        *headers = curl_slist_append(*headers, line);
    }
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, *headers);
}

/* Opens the unfinished file where it ends, or empty when it cannot be gone on with. */
static bool open_part(struct transfer *t)
{
    struct buf v = {0};
    struct stat st;
    t->fd = open(t->d->part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (t->fd < 0 || fstat(t->fd, &st))
        return false;
    if (fs_read(t->d->validator, sizeof t->sent - 1, &v) == 0)
        snprintf(t->sent, sizeof t->sent, "%s", buf_cstr(&v));
    buf_free(&v);
    t->had = *t->sent || t->d->may_resume ? st.st_size : 0;
    return ftruncate(t->fd, t->had) == 0 && lseek(t->fd, t->had, SEEK_SET) >= 0;
}

static bool passing(CURLcode rc, long status)
{
    return rc == CURLE_PARTIAL_FILE || rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR ||
           rc == CURLE_GOT_NOTHING || rc == CURLE_COULDNT_CONNECT ||
           rc == CURLE_OPERATION_TIMEDOUT || rc == CURLE_COULDNT_RESOLVE_HOST ||
           (rc == CURLE_HTTP_RETURNED_ERROR && status >= 500);
}

enum outcome { WHOLE, AGAIN, ANEW, GIVE_UP };

/* What one connection came to; why it was not the whole file in error. */
static enum outcome outcome(struct transfer *t, CURLcode rc, struct buf *error)
{
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    buf_clear(error);
    if (t->disk_error) {
        buf_printf(error, "cannot write \"%s\": %s", t->d->part, strerror(t->disk_error));
        return GIVE_UP;
    }
    if (t->too_big) {
        buf_printf(error, "\"%s\" is larger than 4 GB", t->d->url);
        return GIVE_UP;
    }
    if (rc == CURLE_OK && !t->begun && begin(t)) /* an empty file */
        return WHOLE;
    if (rc == CURLE_OK)
        return WHOLE;
    buf_printf(error, "\"%s\": %s", t->d->url, curl_easy_strerror(rc));
    if (status >= 400)
        buf_printf(error, " (status %ld)", status);
    if (t->wrong_range || (status == 416 && t->had))
        return ANEW;
    return passing(rc, status) ? AGAIN : GIVE_UP;
}

static enum outcome connect_once(const struct download *d, int64_t *bytes, struct buf *error)
{
    struct transfer t = {.d = d, .range_from = -1, .bar = isatty(STDERR_FILENO)};
    struct curl_slist *headers = NULL;
    enum outcome end = GIVE_UP;
    if (!open_part(&t)) {
        buf_printf(error, "cannot write \"%s\": %s", d->part, strerror(errno));
    } else if ((t.curl = curl_easy_init())) {
        set_up(&t, &headers);
        end = outcome(&t, curl_easy_perform(t.curl), error);
        if (end == WHOLE && fsync(t.fd)) {
            buf_printf(error, "cannot write \"%s\": %s", d->part, strerror(errno));
            end = GIVE_UP;
        }
        if (t.bar && t.drawn_us)
            fputs("\r\033[K", stderr);
    }
    *bytes = t.had + t.got;
    if (end == ANEW && t.fd >= 0 && ftruncate(t.fd, 0))
        end = GIVE_UP;
    curl_slist_free_all(headers);
    curl_easy_cleanup(t.curl);
    if (t.fd >= 0)
        close(t.fd);
    return end;
}

int download_run(const struct download *d, struct buf *error)
{
    int64_t bytes = 0;
    enum outcome end = AGAIN;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int i = 0; i < d->tries && (end == AGAIN || end == ANEW); i++) {
        if (i && end == AGAIN)
            usleep(500000);
        buf_clear(error);
        end = connect_once(d, &bytes, error);
    }
    curl_global_cleanup();
    if (end == AGAIN)
        buf_printf(error, "; %lld bytes are here, the same command goes on behind them",
                   (long long)bytes);
    return end == WHOLE ? EXIT_DONE : EXIT_TRY_LATER;
}
