#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A writer waits this long for another before it gives up (a copy or a checkpoint at work). */
enum { BUSY_MS = 10000 };
/* Bytes in the log before they are moved to the file: fewer moves of the same hot page. */
enum { WAL_BYTES = 32 << 20 };

struct stmt {
    const char *sql; /* the key: its address */
    sqlite3_stmt *q;
    struct store *store;
    struct stmt *next;
};

enum { STMT_SLOTS = 256 };
struct store {
    const char *name;
    sqlite3 *db;
    bool open; /* a transaction */
    struct stmt *slots[STMT_SLOTS];
};

/* Ends the tool: what was uncommitted has not been acknowledged, so nothing is lost. sqlite's
 * fixed text for the code is said and not its message, which might quote a value. */
static _Noreturn void fault(const struct store *s, const char *sql, int rc)
{
    int code = rc & 0xff;
    if (code == SQLITE_ERROR || code == SQLITE_MISUSE || code == SQLITE_CONSTRAINT ||
        code == SQLITE_RANGE || code == SQLITE_MISMATCH) {
        log_error("CW-STO-001", "statement refused by its own schema", KV("store", s->name),
                  KV("statement", sql), KV("code", rc));
        BUG("a statement and its schema disagree");
    }
    die(code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? EXIT_CONFIG : EXIT_TRY_LATER,
        "cannot run \"%s\" on the store \"%s\": %s", sql, s->name, sqlite3_errstr(rc));
}

static void exec(struct store *s, const char *sql)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        fault(s, sql, sqlite3_extended_errcode(s->db));
}

static int64_t pragma_int(struct store *s, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    if (rc != SQLITE_ROW)
        fault(s, sql, rc);
    int64_t v = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return v;
}

static int64_t version_known(const struct store_schema *schema)
{
    int64_t n = 0;
    while (schema->migrations[n])
        n++;
    return n;
}

static void refuse_newer(const char *path, int64_t have, int64_t known)
{
    if (have > known)
        die(EXIT_CONFIG,
            "cannot use the store \"%s\": its schema is version %lld and this program knows %lld; "
            "use the newer program",
            path, (long long)have, (long long)known);
}

/* One migration, one transaction. The version is read again inside it: two keepers may start at
 * the same instant. */
static void migrate_one(struct store *s, const struct store_schema *schema, int64_t from)
{
    char sql[48];
    exec(s, "BEGIN IMMEDIATE");
    if (pragma_int(s, "PRAGMA user_version") == from) {
        exec(s, schema->migrations[from]);
        sqlite3_snprintf(sizeof sql, sql, "PRAGMA user_version=%lld", (long long)from + 1);
        exec(s, sql);
    }
    exec(s, "COMMIT");
}

static struct store *open_db(const char *path, const struct store_schema *schema, int flags)
{
    struct store *s = xcalloc(1, sizeof *s);
    s->name = schema->name;
    /* nobody reads SQLite's count of its memory, which costs a lock at each piece; refused, and
     * without harm, when a store is open already */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        die(EXIT_TRY_LATER, "cannot open the store \"%s\": %s", path, sqlite3_errstr(rc));
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return s;
}

/* SQLite makes files by the umask; a store holds PHI and is made for its owner alone. */
static void make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        die(EXIT_TRY_LATER, "cannot make the store \"%s\": %m", path);
    close(fd);
    if (fs_sync_parent(path))
        die(EXIT_TRY_LATER, "cannot make the store \"%s\" durable: %m", path);
}

/* Takes effect only while there is nothing in the file. */
static void set_page_size(struct store *s, const struct store_schema *schema)
{
    char sql[48];
    if (!schema->page_size)
        return;
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA page_size=%d", schema->page_size);
    exec(s, sql);
}

static void set_checkpoint(struct store *s)
{
    char sql[64];
    int64_t page = pragma_int(s, "PRAGMA page_size");
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA wal_autocheckpoint=%lld", WAL_BYTES / page);
    exec(s, sql);
}

struct store *store_open(const char *path, const struct store_schema *schema)
{
    make_private(path);
    struct store *s = open_db(path, schema, SQLITE_OPEN_READWRITE);
    int64_t known = version_known(schema), have = pragma_int(s, "PRAGMA user_version");
    refuse_newer(path, have, known);
    set_page_size(s, schema);
    exec(s, "PRAGMA journal_mode=WAL");
    exec(s, "PRAGMA synchronous=FULL");
    set_checkpoint(s);
    exec(s, "PRAGMA journal_size_limit=67108864");
    exec(s, "PRAGMA cache_size=-32768");
    exec(s, "PRAGMA temp_store=MEMORY");
    exec(s, "PRAGMA trusted_schema=OFF");
    for (; have < known; have++)
        migrate_one(s, schema, have);
    return s;
}

/* A store on a file system that cannot be written (a mounted copy) and that nobody has open: SQLite
 * must be told that it does not change, else it wants to make a file beside it. */
static struct store *open_still(const char *path, const struct store_schema *schema)
{
    char part[PATH_MAX];
    struct buf uri = {0};
    struct stat st;
    struct store *s = NULL;
    snprintf(part, sizeof part, "%s-wal", path);
    if (access(path, W_OK) == 0 || errno != EROFS || (stat(part, &st) == 0 && st.st_size))
        return NULL;
    buf_puts(&uri, "file:");
    for (const char *c = path; *c; c++)
        strchr("%?#", *c) ? buf_printf(&uri, "%%%02x", *c) : buf_putc(&uri, *c);
    buf_puts(&uri, "?immutable=1");
    s = open_db(buf_cstr(&uri), schema, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    buf_free(&uri);
    return s;
}

struct store *store_open_ro(const char *path, const struct store_schema *schema)
{
    if (access(path, F_OK) != 0)
        return NULL;
    struct store *s = open_still(path, schema);
    if (!s)
        s = open_db(path, schema, SQLITE_OPEN_READONLY);
    exec(s, "PRAGMA cache_size=-32768");
    int64_t have = pragma_int(s, "PRAGMA user_version");
    int64_t known = schema->migrations ? version_known(schema) : have;
    refuse_newer(path, have, known);
    if (have == 0) { /* just being made by its keeper: nothing is in it yet */
        store_close(s);
        return NULL;
    }
    if (have < known)
        die(EXIT_CONFIG,
            "cannot read the store \"%s\": its schema is version %lld and this program needs %lld; "
            "start its keeper once",
            path, (long long)have, (long long)known);
    return s;
}

void store_begin(struct store *s)
{
    if (s->open)
        return;
    exec(s, "BEGIN IMMEDIATE");
    s->open = true;
}

void store_begin_read(struct store *s)
{
    if (s->open)
        return;
    exec(s, "BEGIN");
    s->open = true;
}

/* A query that was left in the middle would hold its snapshot open and the log would grow. */
static void reset_all(struct store *s)
{
    for (sqlite3_stmt *q = NULL; (q = sqlite3_next_stmt(s->db, q));)
        if (sqlite3_stmt_busy(q))
            sqlite3_reset(q);
}

void store_commit(struct store *s)
{
    reset_all(s);
    if (!s->open)
        return;
    exec(s, "COMMIT");
    s->open = false;
}

void store_rollback(struct store *s)
{
    reset_all(s);
    if (!s->open)
        return;
    exec(s, "ROLLBACK");
    s->open = false;
}

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (!b)
        return sqlite3_errcode(to);
    int rc = sqlite3_backup_step(b, -1); /* all at once: one snapshot of the log */
    sqlite3_backup_finish(b);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0)
        close(fd);
    return rc ? rc : fs_sync_parent(path);
}

int store_copy(struct store *s, const char *path, struct buf *error)
{
    sqlite3 *to = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        buf_printf(error, "cannot make the copy \"%s\": %m", path);
        return -1;
    }
    close(fd);
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = copy_pages(s->db, to);
    sqlite3_close(to);
    if (rc == SQLITE_OK && sync_file(path) == 0)
        return 0;
    buf_printf(error, "cannot copy the store \"%s\" to \"%s\": %s", s->name, path,
               rc ? sqlite3_errstr(rc) : "cannot make it durable");
    unlink(path);
    return -1;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    for (int i = 0; i < STMT_SLOTS; i++) {
        for (struct stmt *q = s->slots[i], *next; q; q = next) {
            next = q->next;
            sqlite3_finalize(q->q);
            free(q);
        }
    }
    sqlite3_close(s->db);
    free(s);
}

static struct stmt *prepare(struct store *s, const char *sql, struct stmt **slot)
{
    struct stmt *q = xcalloc(1, sizeof *q);
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->q, NULL);
    if (rc != SQLITE_OK)
        fault(s, sql, rc);
    q->sql = sql;
    q->store = s;
    q->next = *slot;
    return *slot = q;
}

struct stmt *store_sql(struct store *s, const char *sql)
{
    struct stmt **slot = &s->slots[((uintptr_t)sql >> 3) * 2654435761u >> 8 & (STMT_SLOTS - 1)];
    for (struct stmt *q = *slot; q; q = q->next) {
        if (q->sql == sql) {
            sqlite3_reset(q->q);
            sqlite3_clear_bindings(q->q);
            return q;
        }
    }
    return prepare(s, sql, slot);
}

static void bound(struct stmt *q, int rc)
{
    if (rc != SQLITE_OK)
        fault(q->store, q->sql, rc);
}

void stmt_int(struct stmt *q, int i, int64_t v)
{
    bound(q, sqlite3_bind_int64(q->q, i, v));
}

void stmt_text(struct stmt *q, int i, phi_str v)
{
    bound(q, sqlite3_bind_text64(q->q, i, v.n ? v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8));
}

void stmt_blob(struct stmt *q, int i, const void *p, size_t n)
{
    bound(q, sqlite3_bind_blob64(q->q, i, n ? p : "", n, SQLITE_STATIC));
}

void stmt_id(struct stmt *q, int i, struct rec_id id)
{
    bound(q, sqlite3_bind_blob(q->q, i, id.b, REC_ID_LEN, SQLITE_TRANSIENT));
}

void stmt_null(struct stmt *q, int i)
{
    bound(q, sqlite3_bind_null(q->q, i));
}

bool stmt_step(struct stmt *q)
{
    int rc = sqlite3_step(q->q);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        fault(q->store, q->sql, rc);
    sqlite3_reset(q->q);
    return false;
}

int stmt_run(struct stmt *q)
{
    int64_t before = sqlite3_total_changes64(q->store->db);
    while (stmt_step(q))
        ;
    return (int)(sqlite3_total_changes64(q->store->db) - before);
}

int64_t stmt_col_int(struct stmt *q, int c)
{
    return sqlite3_column_int64(q->q, c);
}

phi_str stmt_col_bytes(struct stmt *q, int c)
{
    const void *p = sqlite3_column_blob(q->q, c);
    return phi_of(p, (size_t)sqlite3_column_bytes(q->q, c));
}

struct rec_id stmt_col_id(struct stmt *q, int c)
{
    struct rec_id id = {{0}};
    phi_str v = stmt_col_bytes(q, c);
    if (v.n == REC_ID_LEN)
        memcpy(id.b, v.p, REC_ID_LEN);
    return id;
}

bool stmt_col_null(struct stmt *q, int c)
{
    return sqlite3_column_type(q->q, c) == SQLITE_NULL;
}

int64_t store_last_id(const struct store *s)
{
    return sqlite3_last_insert_rowid(s->db);
}

int64_t store_int(struct store *s, const char *sql, int64_t fallback)
{
    struct stmt *q = store_sql(s, sql);
    int64_t v = stmt_step(q) ? stmt_col_int(q, 0) : fallback;
    sqlite3_reset(q->q);
    return v;
}
