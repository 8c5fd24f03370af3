#include "common/util/id.h"
#include "common/util/log.h"
#include "tools/doctor/doctor.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *join(struct buf *b, const char *a, const char *c)
{
    buf_clear(b);
    buf_printf(b, "%s/%s", a, c);
    return buf_cstr(b);
}

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), w = strlen(with);
    return n >= w && strcmp(s + n - w, with) == 0;
}

/* Calls back for each plain file of RUN/dir, with its path below the run directory. */
static void each_file(struct doctor *d, const char *dir,
                      void (*each)(struct doctor *d, const char *path, const char *name, void *ctx),
                      void *ctx)
{
    struct buf full = {0}, path = {0};
    DIR *f = opendir(join(&full, d->run, dir));
    struct stat st;
    for (struct dirent *e; f && (e = readdir(f));)
        if (fstatat(dirfd(f), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
            d->looked++;
            each(d, join(&path, dir, e->d_name), e->d_name, ctx);
        }
    if (f)
        closedir(f);
    buf_free(&full);
    buf_free(&path);
}

/* ---- stores ---- */

/* Read-only; NULL when there is none, or (said) it cannot be opened. */
static sqlite3 *open_store(struct doctor *d, const char *path)
{
    struct buf full = {0};
    sqlite3 *db = NULL;
    if (access(join(&full, d->run, path), F_OK) == 0 &&
        sqlite3_open_v2(buf_cstr(&full), &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        doctor_say(d, ILL_PERSON, path, "the store cannot be opened: restore it from a backup");
        sqlite3_close(db);
        db = NULL;
    }
    buf_free(&full);
    return db;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    return sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK ? q : NULL;
}

static void check_store(struct doctor *d, const char *path, const char *name, void *ctx)
{
    (void)ctx;
    if (!ends(name, ".db"))
        return;
    sqlite3 *db = open_store(d, path);
    sqlite3_stmt *q = db ? ask(db, "PRAGMA quick_check(1)") : NULL;
    if (db && (!q || sqlite3_step(q) != SQLITE_ROW ||
               strcmp((const char *)sqlite3_column_text(q, 0), "ok") != 0))
        doctor_say(d, ILL_PERSON, path, "the store is damaged: restore it from a backup");
    sqlite3_finalize(q);
    sqlite3_close(db);
}

void check_stores(struct doctor *d, const char *dir)
{
    each_file(d, dir, check_store, NULL);
}

/* ---- spool ---- */

static bool digest_file(const struct doctor *d, const char *path, char hex[DIGEST_HEX])
{
    struct buf full = {0};
    struct digest v;
    bool good = digest_path(join(&full, d->run, path), &v, NULL);
    if (good)
        digest_hex(&v, hex);
    buf_free(&full);
    return good;
}

static bool is_digest(const char *name)
{
    return strlen(name) == DIGEST_HEX - 1 && strspn(name, "0123456789abcdef") == DIGEST_HEX - 1;
}

/* True when the store has a row with this digest. */
static bool has_digest(sqlite3 *db, const char *sql, const char *hex)
{
    sqlite3_stmt *q = ask(db, sql);
    bool found = false;
    if (q) {
        sqlite3_bind_text(q, 1, hex, -1, SQLITE_STATIC);
        found = sqlite3_step(q) == SQLITE_ROW;
    }
    sqlite3_finalize(q);
    return found;
}

static void check_original(struct doctor *d, const char *path, const char *name, void *db)
{
    char hex[DIGEST_HEX];
    if (!is_digest(name))
        doctor_put_aside(d, path, "half a file: its writer died before it was taken");
    else if (!digest_file(d, path, hex))
        doctor_say(d, ILL_PERSON, path, "the original cannot be read");
    else if (strcmp(hex, name) != 0)
        doctor_say(d, ILL_PERSON, path,
                   "the original was altered: its bytes are not those of its name");
    else if (!has_digest(db, "SELECT 1 FROM file WHERE lower(hex(digest)) = ?1", name))
        doctor_say(d, ILL_ITSELF, path, "stored and not yet taken: taken at the next start");
}

static void check_rows_of_spool(struct doctor *d, const char *dir, sqlite3 *db)
{
    struct buf path = {0}, full = {0};
    sqlite3_stmt *q = ask(db, "SELECT lower(hex(digest)) FROM file");
    while (q && sqlite3_step(q) == SQLITE_ROW) {
        buf_clear(&path);
        buf_printf(&path, "%s/spool/%s", dir, (const char *)sqlite3_column_text(q, 0));
        if (access(join(&full, d->run, buf_cstr(&path)), F_OK) != 0)
            doctor_say(d, ILL_PERSON, buf_cstr(&path),
                       "the original of a file that was taken is gone: restore it from a backup");
    }
    sqlite3_finalize(q);
    buf_free(&path);
    buf_free(&full);
}

void check_spool(struct doctor *d, const char *dir)
{
    struct buf path = {0};
    sqlite3 *db = open_store(d, join(&path, dir, "intake.db"));
    if (db) {
        each_file(d, join(&path, dir, "spool"), check_original, db);
        check_rows_of_spool(d, dir, db);
    }
    sqlite3_close(db);
    buf_free(&path);
}

/* ---- outbox ---- */

static void check_sealed(struct doctor *d, const char *path, const char *name, void *db)
{
    char hex[DIGEST_HEX];
    sqlite3_stmt *q = ask(db, "SELECT lower(hex(digest)) FROM batch WHERE name = ?1");
    if (ends(name, ".tmp") || name[0] == '.') {
        sqlite3_finalize(q);
        return; /* check_leftovers */
    }
    if (q)
        sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    if (!q || sqlite3_step(q) != SQLITE_ROW)
        doctor_say(d, ILL_PERSON, path, "a file that no sealed batch has: who put it here?");
    else if (!digest_file(d, path, hex) ||
             strcmp(hex, (const char *)sqlite3_column_text(q, 0)) != 0)
        doctor_say(d, ILL_PERSON, path, "the file was altered after it was sealed");
    sqlite3_finalize(q);
}

void check_outbox(struct doctor *d, const char *dir)
{
    struct buf path = {0};
    sqlite3 *db = open_store(d, join(&path, dir, "outbox.db"));
    if (db)
        each_file(d, join(&path, dir, "out"), check_sealed, db);
    sqlite3_close(db);
    buf_free(&path);
}

/* ---- submit ---- */

static void check_copy(struct doctor *d, const char *path, const char *name, void *db)
{
    if (ends(name, ".answer"))
        doctor_say(d, ILL_ITSELF, path, "an answer that came and is handed on with its row");
    else if (!is_digest(name))
        doctor_put_aside(d, path, "left behind by a transfer that died");
    else if (!has_digest(db, "SELECT 1 FROM box WHERE lower(hex(file)) = ?1", name))
        doctor_say(d, ILL_ITSELF, path, "a copy whose row was not written: its record comes again");
}

void check_submit(struct doctor *d, const char *dir)
{
    struct buf path = {0}, full = {0};
    sqlite3 *db = open_store(d, join(&path, dir, "submit.db"));
    sqlite3_stmt *q = db ? ask(db, "SELECT lower(hex(file)) FROM box WHERE told = 0") : NULL;
    if (db)
        each_file(d, join(&path, dir, "box"), check_copy, db);
    while (q && sqlite3_step(q) == SQLITE_ROW) {
        buf_clear(&path);
        buf_printf(&path, "%s/box/%s", dir, (const char *)sqlite3_column_text(q, 0));
        if (access(join(&full, d->run, buf_cstr(&path)), F_OK) != 0)
            doctor_say(d, ILL_PERSON, buf_cstr(&path),
                       "the copy of a file that is not delivered yet is gone");
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    buf_free(&path);
    buf_free(&full);
}

/* ---- leftovers and modes ---- */

static void check_leftover(struct doctor *d, const char *path, const char *name, void *ctx)
{
    (void)ctx;
    if (ends(name, ".tmp") || ends(name, ".part") || strstr(name, ".tmp."))
        doctor_put_aside(d, path, "half a file: its writer died, and writes it again");
}

void check_leftovers(struct doctor *d, const char *dir)
{
    static const char *const folders[] = {"", "out", "in", "progress"};
    struct buf path = {0};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        each_file(d, *folders[i] ? join(&path, dir, folders[i]) : dir, check_leftover, NULL);
    buf_free(&path);
}

void check_modes(struct doctor *d, const char *dir)
{
    struct buf full = {0};
    struct stat st;
    const char *path = *dir ? join(&full, d->run, dir) : d->run;
    if (lstat(path, &st) || !S_ISDIR(st.st_mode))
        path = NULL;
    if (path && (st.st_mode & 077)) {
        bool now = d->mend && !d->up && chmod(path, st.st_mode & 0700) == 0;
        doctor_say(d, now ? ILL_MENDED : ILL_MENDABLE, *dir ? dir : ".",
                   "others than its owner may look into this folder");
    }
    buf_free(&full);
}
