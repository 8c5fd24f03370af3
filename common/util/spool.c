#include "common/util/spool.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { IN_MEMORY = 4 << 20, WINDOW = 256 << 10 };

static _Noreturn void no_room(void)
{
    die(EXIT_TRY_LATER, "no room for what has to be kept in between (TMPDIR): %s", strerror(errno));
}

static void open_file(struct spool *s)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        no_room();
    s->fd = fd + 1;
}

static void file(struct spool *s)
{
    if (!s->fd)
        open_file(s);
    size_t n = 0;
    while (n < s->mem.len) {
        ssize_t k = pwrite(s->fd - 1, s->mem.p + n, s->mem.len - n, (off_t)(s->filed + n));
        if (k < 0 && errno != EINTR)
            no_room();
        n += k > 0 ? (size_t)k : 0;
    }
    s->filed += s->mem.len;
    buf_clear(&s->mem);
}

void spool_add(struct spool *s, const void *p, size_t n)
{
    if (s->mem.len && s->mem.len + n > IN_MEMORY)
        file(s);
    buf_add(&s->mem, p, n);
}

void spool_cut(struct spool *s, uint64_t len)
{
    if (len >= s->filed) {
        if (len < spool_len(s))
            s->mem.len = (size_t)(len - s->filed);
        return;
    }
    s->filed = len;
    buf_clear(&s->mem);
}

static void read_file(const struct spool *s, uint64_t at, char *to, size_t n)
{
    while (n) {
        ssize_t k = pread(s->fd - 1, to, n, (off_t)at);
        if (k <= 0 && errno != EINTR)
            no_room();
        if (k <= 0)
            continue;
        to += k;
        at += (uint64_t)k;
        n -= (size_t)k;
    }
}

int spool_write(struct spool *s, int fd)
{
    struct spool_reader r = {.of = s};
    int rc = 0;
    for (uint64_t at = 0; at < s->filed && !rc;) {
        size_t n = s->filed - at < WINDOW ? (size_t)(s->filed - at) : WINDOW;
        rc = fs_write_all(fd, spool_at(&r, at, n), n);
        at += n;
    }
    spool_reader_free(&r);
    return rc ? rc : fs_write_all(fd, s->mem.p, s->mem.len);
}

void spool_free(struct spool *s)
{
    if (s->fd)
        close(s->fd - 1);
    buf_free(&s->mem);
    *s = (struct spool){0};
}

/* Fills the window with n bytes from `at` on, and what follows them. */
static void fill(struct spool_reader *r, uint64_t at, size_t n)
{
    const struct spool *s = r->of;
    uint64_t left = spool_len(s) - at;
    size_t want = n > WINDOW ? n : left < WINDOW ? (size_t)left : WINDOW;
    size_t filed = at >= s->filed ? 0 : s->filed - at < want ? (size_t)(s->filed - at) : want;
    buf_clear(&r->window);
    char *to = buf_room(&r->window, want);
    read_file(s, at, to, filed);
    if (want > filed)
        memcpy(to + filed, s->mem.p + (at + filed - s->filed), want - filed);
    r->window.len = want;
    r->from = at;
}

const char *spool_at(struct spool_reader *r, uint64_t at, size_t n)
{
    const struct spool *s = r->of;
    if (at + n > spool_len(s))
        BUG("a spool is read beyond its end");
    if (at >= s->filed)
        return s->mem.p ? s->mem.p + (at - s->filed) : "";
    if (at < r->from || at + n > r->from + r->window.len)
        fill(r, at, n);
    return r->window.p + (at - r->from);
}

void spool_reader_free(struct spool_reader *r)
{
    buf_free(&r->window);
}
