/* Takes a run directory as it stands at one instant. */
#include "tools/claimwire/snapshot.h"
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/claimwire/super.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 8, TRIES = 50, RETRY_US = 20 * 1000 };

bool copy_file(const char *from, const char *to)
{
    enum { PIECE = 1 << 20 };
    struct buf b = {0};
    ssize_t n = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC), err;
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = out >= 0;
    while (ok && (n = read(in, buf_room(&b, PIECE), PIECE)) > 0)
        ok = fs_write_all(out, b.p, (size_t)n) == 0;
    ok = ok && n == 0 && fsync(out) == 0;
    err = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    buf_free(&b);
    errno = err;
    return ok;
}

static bool ends(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* What a process makes anew, and what belongs to a store that is copied as a store. */
static bool passed_over(const char *path)
{
    static const char *const folders[] = {"links", "log", "status", "control", "supervisor.lock"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t n = strlen(folders[i]);
        if (strncmp(path, folders[i], n) == 0 && (path[n] == '/' || !path[n]))
            return true;
    }
    return ends(path, "-wal") || ends(path, "-shm") || ends(path, "-journal") || ends(path, ".tmp");
}

/* Written once and then only renamed or removed, so a link holds the bytes. */
static bool is_immutable(const char *path)
{
    return strstr(path, "/spool/") || strstr(path, "/out/");
}

static bool fault(struct buf *error, const char *what, const char *path)
{
    buf_printf(error, "cannot %s \"%s\": %s", what, path, strerror(errno));
    return false;
}

static bool hold_store(const char *path, void **db, struct buf *error)
{
    sqlite3 *d = NULL;
    int rc = sqlite3_open_v2(path, &d, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(d, "BEGIN; SELECT count(*) FROM sqlite_schema;", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        *db = d;
        return true;
    }
    sqlite3_close(d);
    if (rc == SQLITE_BUSY)
        errno = EAGAIN;
    else
        buf_printf(error, "cannot read the store \"%s\": %s", path, sqlite3_errstr(rc));
    return false;
}

static bool set_aside(const struct snapshot *s, const char *from, const char *path,
                      struct buf *error)
{
    char to[PATH_MAX];
    snprintf(to, sizeof to, "%s/%zu", s->aside, s->files_n);
    if (is_immutable(path) && link(from, to) == 0)
        return true;
    if (copy_file(from, to))
        return true;
    return errno == ENOENT ? true : fault(error, "copy", path); /* removed meanwhile: not there */
}

static bool take_file(struct snapshot *s, const char *from, const char *path, struct buf *error)
{
    void *db = NULL;
    if (ends(path, ".db") ? !hold_store(from, &db, error) : !set_aside(s, from, path, error))
        return false;
    s->files = xrealloc(s->files, (s->files_n + 1) * sizeof *s->files);
    s->files[s->files_n++] = (struct copied){xstrdup(path), db};
    return true;
}

static bool walk(struct snapshot *s, const char *below, int depth, struct buf *error)
{
    char dir[PATH_MAX], path[PATH_MAX], from[PATH_MAX];
    struct stat st;
    struct dirent *e;
    bool ok = true;
    snprintf(dir, sizeof dir, "%s%s%s", s->run_dir, *below ? "/" : "", below);
    DIR *d = opendir(dir);
    if (!d)
        return fault(error, "list", dir);
    while (ok && (e = readdir(d))) {
        if (*e->d_name == '.')
            continue;
        if (snprintf(path, sizeof path, "%s%s%s", below, *below ? "/" : "", e->d_name) >=
                (int)sizeof path ||
            snprintf(from, sizeof from, "%s/%s", s->run_dir, path) >= (int)sizeof from) {
            errno = ENAMETOOLONG;
            ok = fault(error, "copy", dir);
        } else if (!passed_over(path) && lstat(from, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                ok = depth < DEPTH ? walk(s, path, depth + 1, error)
                                   : (errno = ELOOP, fault(error, "follow", path));
            else if (S_ISREG(st.st_mode))
                ok = take_file(s, from, path, error);
        }
    }
    closedir(d);
    return ok;
}

static void forget(struct snapshot *s)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < s->files_n; i++) {
        snprintf(path, sizeof path, "%s/%zu", s->aside, i);
        unlink(path);
        sqlite3_close(s->files[i].db);
        free(s->files[i].path);
    }
    snprintf(path, sizeof path, "%s/%zu", s->aside, s->files_n);
    unlink(path);
    s->files_n = 0;
}

/* With the supervisor's help when one is there; else under its lock, so that none starts. */
static bool take_stopped(struct snapshot *s, struct buf *error)
{
    struct buf answer = {0};
    char lock[PATH_MAX];
    int fd = -1;
    bool up = control_ask(s->run_dir, "hold", &answer) == EXIT_DONE, ok;
    if (!up) {
        snprintf(lock, sizeof lock, "%s/supervisor.lock", s->run_dir);
        fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
            ok = fault(error, "hold", s->run_dir);
            goto out;
        }
    }
    int64_t start = time_mono_us();
    errno = 0;
    ok = walk(s, "", 0, error);
    int err = errno;
    buf_clear(&answer);
    if (up && control_ask(s->run_dir, "go", &answer) != EXIT_DONE && ok) {
        buf_puts(error, "the processes were not held long enough");
        ok = false;
    }
    s->stopped_us = time_mono_us() - start;
    errno = err;
out:
    if (fd >= 0)
        close(fd);
    buf_free(&answer);
    return ok;
}

bool snapshot_take(const char *run_dir, struct snapshot *out, struct buf *error)
{
    struct buf aside = {0};
    *out = (struct snapshot){.run_dir = run_dir};
    buf_printf(&aside, "%s/.backup-%d", run_dir, (int)getpid());
    buf_cstr(&aside);
    out->aside = aside.p;
    if (mkdir(out->aside, 0700) < 0)
        return fault(error, "make the folder", out->aside);
    bool ok = take_stopped(out, error);
    /* A store may be busy for a moment (a process was stopped in the middle of a checkpoint). */
    for (int i = 0; i < TRIES && !ok && !error->len; i++) {
        forget(out);
        usleep(RETRY_US);
        ok = take_stopped(out, error);
    }
    if (!ok && !error->len)
        buf_puts(error, "a store stays busy; try again later");
    return ok;
}

static bool write_store(void *from, const char *path, struct buf *error)
{
    sqlite3 *to = NULL;
    int rc = sqlite3_open(path, &to);
    sqlite3_backup *b = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (b) {
        rc = sqlite3_backup_step(b, -1);
        sqlite3_backup_finish(b);
    }
    sqlite3_close(to);
    if (rc != SQLITE_DONE)
        buf_printf(error, "cannot write the store \"%s\": %s", path, sqlite3_errstr(rc));
    return rc == SQLITE_DONE;
}

bool snapshot_write(const struct snapshot *s, size_t i, const char *path, struct buf *error)
{
    char from[PATH_MAX];
    if (s->files[i].db)
        return write_store(s->files[i].db, path, error);
    snprintf(from, sizeof from, "%s/%zu", s->aside, i);
    return copy_file(from, path) || errno == ENOENT || fault(error, "write", path);
}

void snapshot_free(struct snapshot *s)
{
    if (s->aside) {
        forget(s);
        rmdir(s->aside);
    }
    free(s->files);
    free(s->aside);
    *s = (struct snapshot){0};
}
