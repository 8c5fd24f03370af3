#include "common/intake/intake.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const MIGRATIONS[] = {
    "CREATE TABLE file (number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
    " name TEXT NOT NULL, bytes INTEGER NOT NULL, at INTEGER NOT NULL, seq0 INTEGER NOT NULL,"
    " seqs INTEGER NOT NULL, frames INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX file_open ON file (number) WHERE done = 0;"
    "CREATE TABLE interchange (key BLOB PRIMARY KEY, file INTEGER NOT NULL, off INTEGER NOT NULL,"
    " digest BLOB NOT NULL) WITHOUT ROWID;",
    NULL};
static const struct store_schema SCHEMA = {"intake", MIGRATIONS};

enum { MARK_MOST = 64 }; /* files that wait to be marked together */

struct intake {
    char *home;
    int lock;
    struct store *db;
    uint64_t number; /* of the file whose plan is being made */
    uint64_t *ended; /* files that are done and not yet marked */
    size_t ended_n, ended_room;
};

static char *path_in(const struct intake *k, const char *folder, const char *name, struct buf *b)
{
    buf_clear(b);
    buf_printf(b, "%s/%s%s%s", k->home, folder, *name ? "/" : "", name);
    buf_cstr(b);
    return b->p;
}

static void make_folder(const struct intake *k, const char *folder)
{
    struct buf b = {0};
    if (fs_mkdirs(path_in(k, folder, "", &b)) || fs_sync_parent(b.p))
        die(EXIT_TRY_LATER, "cannot make folder \"%s\": %s", b.p, strerror(errno));
    buf_free(&b);
}

static void take_lock(struct intake *k)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/lock", k->home);
    k->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (k->lock < 0 || flock(k->lock, LOCK_EX | LOCK_NB))
        die(EXIT_TRY_LATER, "cannot lock \"%s\": %s", path,
            errno == EWOULDBLOCK ? "another ingest works here" : strerror(errno));
}

static bool is_open(struct intake *k, uint64_t number)
{
    struct stmt *q = store_sql(k->db, "SELECT count(*) FROM file WHERE number = ?1 AND done = 0");
    stmt_int(q, 1, (int64_t)number);
    return stmt_step(q) && stmt_col_int(q, 0) > 0;
}

/* Removes the progress of files that are done: the process died between the two. */
static void sweep_progress(struct intake *k)
{
    struct buf b = {0};
    DIR *dir = opendir(path_in(k, "progress", "", &b));
    struct dirent *e;
    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.' && !is_open(k, strtoull(e->d_name, NULL, 10)))
            unlink(path_in(k, "progress", e->d_name, &b));
    if (dir)
        closedir(dir);
    store_commit(k->db); /* ends the reading */
    buf_free(&b);
}

struct intake *intake_open(const char *home)
{
    static struct intake *opened; /* still held when the process ends in here */
    struct intake *k = opened = xcalloc(1, sizeof *k);
    struct buf b = {0};
    k->home = xstrdup(home);
    make_folder(k, "spool");
    make_folder(k, "progress");
    take_lock(k);
    unlink(path_in(k, "spool", ".tmp", &b));
    k->db = store_open(path_in(k, "intake.db", "", &b), &SCHEMA);
    sweep_progress(k);
    buf_free(&b);
    return k;
}

void intake_close(struct intake *k)
{
    if (!k)
        return;
    intake_mark(k);
    store_close(k->db);
    close(k->lock);
    free(k->ended);
    free(k->home);
    free(k);
}

uint64_t intake_files(struct intake *k)
{
    return (uint64_t)store_int(k->db, "SELECT max(number) FROM file", 0);
}

/* Number of the file with these bytes, 0 when it was never taken. */
static uint64_t known(struct intake *k, const struct digest *d)
{
    static const char sql[] = "SELECT number FROM file WHERE digest = ?1";
    struct stmt *q = store_sql(k->db, sql);
    stmt_blob(q, 1, d->b, DIGEST_LEN);
    uint64_t n = stmt_step(q) ? (uint64_t)stmt_col_int(q, 0) : 0;
    store_sql(k->db, sql); /* ends the reading */
    return n;
}

static int copy_all(int from, int to)
{
    static char block[1 << 18];
    ssize_t n;
    while ((n = read(from, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || fs_write_all(to, block, (size_t)n))
            return -1;
    }
    return 0;
}

/* Copies fd to spool/.tmp, durable, its digest in *d. Returns an open descriptor of it, or -1 with
 * errno and nothing left. */
static int spool_copy(struct intake *k, int fd, struct digest *d)
{
    struct buf b = {0};
    int out = open(path_in(k, "spool", ".tmp", &b), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = out >= 0 && copy_all(fd, out) == 0 && fsync(out) == 0 &&
                lseek(out, 0, SEEK_SET) == 0 && digest_fd(out, d);
    int err = errno;
    if (!good && out >= 0) {
        close(out);
        unlink(b.p);
        out = -1;
    }
    buf_free(&b);
    errno = err;
    return out;
}

/* Gives the copy its name in the spool. */
static int spool_name(struct intake *k, const struct digest *d)
{
    struct buf from = {0}, to = {0};
    char hex[DIGEST_HEX];
    path_in(k, "spool", ".tmp", &from);
    path_in(k, "spool", digest_hex(d, hex), &to);
    kill_point("ingest.spool.before");
    int rc = rename(from.p, to.p) || fs_sync_parent(to.p) ? -1 : 0;
    kill_point("ingest.spool.after");
    int err = errno;
    if (rc) {
        unlink(from.p);
        unlink(to.p);
    }
    buf_free(&from);
    buf_free(&to);
    errno = err;
    return rc;
}

/* Leaves nothing of a file that could not be taken. */
static void forget(struct intake *k, const struct in_hand *h)
{
    struct buf b = {0};
    char hex[DIGEST_HEX], name[24];
    snprintf(name, sizeof name, "%llu", (unsigned long long)h->number);
    unlink(path_in(k, "progress", name, &b));
    unlink(path_in(k, "spool", digest_hex(&h->digest, hex), &b));
    buf_free(&b);
}

static int spool_open(struct intake *k, const struct digest *d)
{
    struct buf b = {0};
    char hex[DIGEST_HEX];
    int fd = open(path_in(k, "spool", digest_hex(d, hex), &b), O_RDONLY | O_CLOEXEC);
    int err = errno;
    buf_free(&b);
    errno = err;
    return fd;
}

/* DOMAIN S1-010, inside the transaction that takes the file: what it says is what is kept. Made
 * again at a restart, it meets its own rows and says the same. */
static enum plan_seen seen(void *ctx, const char *key, uint64_t off, const struct digest *d)
{
    struct intake *k = ctx;
    struct stmt *q = store_sql(k->db, "SELECT file, off, digest FROM interchange WHERE key = ?1");
    stmt_blob(q, 1, key, strlen(key));
    if (stmt_step(q)) {
        phi_str was = stmt_col_bytes(q, 2);
        bool same = was.n == DIGEST_LEN && memcmp(was.p, d->b, DIGEST_LEN) == 0;
        bool self =
            (uint64_t)stmt_col_int(q, 0) == k->number && (uint64_t)stmt_col_int(q, 1) == off;
        return self ? SEEN_NEW : same ? SEEN_AGAIN : SEEN_OTHER;
    }
    q = store_sql(k->db,
                  "INSERT INTO interchange (key, file, off, digest) VALUES (?1, ?2, ?3, ?4)");
    stmt_blob(q, 1, key, strlen(key));
    stmt_int(q, 2, (int64_t)k->number);
    stmt_int(q, 3, (int64_t)off);
    stmt_blob(q, 4, d->b, DIGEST_LEN);
    stmt_run(q);
    return SEEN_NEW;
}

static int make_plan(struct intake *k, const struct plan_opts *o, struct in_hand *h)
{
    struct plan_opts mine = *o;
    mine.envelope.now_us = h->at_us;
    mine.seen = seen;
    mine.ctx = k;
    k->number = h->number;
    if (plan_read(&h->plan, h->fd, &mine))
        return -1;
    h->frames = h->plan.frames_n;
    return 0;
}

/* Maps the progress of a file, making it when it is missing or of another size. */
static int open_progress(struct intake *k, struct in_hand *h)
{
    struct buf b = {0};
    char name[24];
    struct stat st;
    if (h->frames == 0)
        return 0;
    snprintf(name, sizeof name, "%llu", (unsigned long long)h->number);
    int fd = open(path_in(k, "progress", name, &b), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    buf_free(&b);
    if (fd < 0 || fstat(fd, &st))
        return -1;
    bool fresh = (size_t)st.st_size != h->frames;
    /* allocated, because a page that has no place on a full disk kills whoever writes to it */
    int err = fresh && ftruncate(fd, 0) ? errno : posix_fallocate(fd, 0, (off_t)h->frames);
    if (!err)
        h->progress = mmap(NULL, h->frames, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!err && h->progress == MAP_FAILED) {
        err = errno;
        h->progress = NULL;
    }
    close(fd);
    for (size_t i = 0; !err && i < h->frames; i++)
        h->done += h->progress[i] != 0;
    errno = err;
    return err ? -1 : 0;
}

static void insert_file(struct intake *k, const char *name, const struct in_hand *h)
{
    struct stmt *q =
        store_sql(k->db, "INSERT INTO file (number, digest, name, bytes, at, seq0, seqs, frames)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    stmt_int(q, 1, (int64_t)h->number);
    stmt_blob(q, 2, h->digest.b, DIGEST_LEN);
    stmt_text(q, 3, phi_lit(name));
    stmt_int(q, 4, (int64_t)h->bytes);
    stmt_int(q, 5, h->at_us);
    stmt_int(q, 6, (int64_t)h->seq0);
    stmt_int(q, 7, h->plan.seqs);
    stmt_int(q, 8, (int64_t)h->frames);
    stmt_run(q);
}

/* The second atomic act: numbers, interchanges and the file in one transaction. */
static enum intake_result enter(struct intake *k, const char *name, const struct plan_opts *o,
                                struct in_hand *h)
{
    struct stat st;
    store_begin(k->db);
    h->number = intake_files(k) + 1;
    h->seq0 =
        (uint64_t)store_int(k->db, "SELECT seq0 + seqs FROM file ORDER BY number DESC LIMIT 1", 0);
    if (fstat(h->fd, &st) || make_plan(k, o, h) || open_progress(k, h)) {
        int err = errno;
        store_rollback(k->db);
        in_hand_free(h);
        forget(k, h);
        errno = err;
        return INTAKE_FAILED;
    }
    h->bytes = (uint64_t)st.st_size;
    insert_file(k, name, h);
    kill_point("ingest.take.before");
    store_commit(k->db);
    kill_point("ingest.take.after");
    return INTAKE_TAKEN;
}

/* True when fd is a file whose bytes were taken before: then nothing need be copied. */
static bool known_file(struct intake *k, int fd, struct in_hand *out)
{
    if (lseek(fd, 0, SEEK_SET) != 0)
        return false;
    bool read = digest_fd(fd, &out->digest);
    lseek(fd, 0, SEEK_SET);
    return read && (out->number = known(k, &out->digest)) != 0;
}

enum intake_result intake_take(struct intake *k, const char *name, int fd, int64_t now_us,
                               const struct plan_opts *o, struct in_hand *out)
{
    *out = (struct in_hand){.at_us = now_us, .fd = -1};
    if (known_file(k, fd, out))
        return INTAKE_AGAIN;
    out->fd = spool_copy(k, fd, &out->digest);
    if (out->fd < 0)
        return INTAKE_FAILED;
    if ((out->number = known(k, &out->digest)) != 0) {
        struct buf b = {0};
        unlink(path_in(k, "spool", ".tmp", &b));
        buf_free(&b);
        in_hand_free(out);
        return INTAKE_AGAIN;
    }
    if (spool_name(k, &out->digest)) {
        int err = errno;
        in_hand_free(out);
        errno = err;
        return INTAKE_FAILED;
    }
    return enter(k, name, o, out);
}

/* Reads the row at hand into out; the columns are those of intake_resume(). */
static int64_t read_row(struct stmt *q, struct in_hand *out)
{
    *out = (struct in_hand){.number = (uint64_t)stmt_col_int(q, 0),
                            .bytes = (uint64_t)stmt_col_int(q, 2),
                            .at_us = stmt_col_int(q, 3),
                            .seq0 = (uint64_t)stmt_col_int(q, 4),
                            .fd = -1};
    phi_str d = stmt_col_bytes(q, 1);
    if (d.n == DIGEST_LEN)
        memcpy(out->digest.b, d.p, DIGEST_LEN);
    return stmt_col_int(q, 5);
}

static int reopen(struct intake *k, int64_t seqs, const struct plan_opts *o, struct in_hand *out)
{
    out->fd = spool_open(k, &out->digest);
    store_begin(k->db); /* undone below: what it would write is there already */
    int rc = out->fd < 0 ? -1 : make_plan(k, o, out);
    int err = errno;
    store_rollback(k->db);
    if (rc == 0 && out->plan.seqs != seqs)
        die(EXIT_CONFIG,
            "file %llu was taken with %lld sets and would now give %u: its guides or settings were "
            "changed while it was in hand; finish it with the old ones",
            (unsigned long long)out->number, (long long)seqs, out->plan.seqs);
    errno = err;
    return rc;
}

int intake_resume(struct intake *k, uint64_t after, const struct plan_opts *o, struct in_hand *out)
{
    struct stmt *q = store_sql(k->db, "SELECT number, digest, bytes, at, seq0, seqs FROM file"
                                      " WHERE done = 0 AND number > ?1 ORDER BY number LIMIT 1");
    stmt_int(q, 1, (int64_t)after);
    if (!stmt_step(q))
        return 0;
    int64_t seqs = read_row(q, out);
    return reopen(k, seqs, o, out) || open_progress(k, out) ? -1 : 1;
}

int intake_repeat(struct intake *k, uint64_t number, const struct plan_opts *o, struct in_hand *out)
{
    struct stmt *q = store_sql(k->db, "SELECT number, digest, bytes, at, seq0, seqs FROM file"
                                      " WHERE number = ?1");
    stmt_int(q, 1, (int64_t)number);
    if (!stmt_step(q))
        return 0;
    int64_t seqs = read_row(q, out);
    return reopen(k, seqs, o, out) ? -1 : 1;
}

static bool is_digest(const char *name)
{
    return strlen(name) == DIGEST_HEX - 1 && strspn(name, "0123456789abcdef") == DIGEST_HEX - 1;
}

static bool taken_name(struct intake *k, const char *hex)
{
    struct digest d;
    for (int i = 0; i < DIGEST_LEN; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
        d.b[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return known(k, &d) != 0;
}

bool intake_orphan(struct intake *k, struct buf *path)
{
    bool found = false;
    DIR *dir = opendir(path_in(k, "spool", "", path));
    struct dirent *e;
    while (dir && !found && (e = readdir(dir)))
        if (is_digest(e->d_name) && !taken_name(k, e->d_name)) {
            path_in(k, "spool", e->d_name, path);
            found = true;
        }
    if (dir)
        closedir(dir);
    return found;
}

bool intake_done(struct in_hand *h, size_t frame)
{
    if (frame >= h->frames || !h->progress || h->progress[frame])
        return false;
    kill_point("ingest.done.before");
    h->progress[frame] = 1;
    kill_point("ingest.done.after");
    return ++h->done == h->frames;
}

void intake_finish(struct intake *k, struct in_hand *h)
{
    if (k->ended_n == k->ended_room) {
        k->ended_room = k->ended_room * 2 + 64;
        k->ended = xrealloc(k->ended, k->ended_room * sizeof *k->ended);
    }
    k->ended[k->ended_n++] = h->number;
    if (k->ended_n == MARK_MOST)
        intake_mark(k);
}

void intake_mark(struct intake *k)
{
    if (!k->ended_n)
        return;
    kill_point("ingest.finish.before");
    store_begin(k->db);
    for (size_t i = 0; i < k->ended_n; i++) {
        struct stmt *q = store_sql(k->db, "UPDATE file SET done = 1 WHERE number = ?1");
        stmt_int(q, 1, (int64_t)k->ended[i]);
        stmt_run(q);
    }
    store_commit(k->db);
    kill_point("ingest.finish.after");
    struct buf b = {0};
    char name[24];
    for (size_t i = 0; i < k->ended_n; i++) {
        snprintf(name, sizeof name, "%llu", (unsigned long long)k->ended[i]);
        unlink(path_in(k, "progress", name, &b));
    }
    buf_free(&b);
    k->ended_n = 0;
}

void in_hand_free(struct in_hand *h)
{
    if (h->fd >= 0)
        close(h->fd);
    if (h->progress)
        munmap(h->progress, h->frames);
    plan_free(&h->plan);
    h->fd = -1;
    h->progress = NULL;
}
