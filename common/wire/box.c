#include "common/wire/box.h"
#include "common/store/store.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <unistd.h>

struct box {
    struct store *db;
    char *dir; /* of the copies */
};

static const char *const migrations[] = {
    "CREATE TABLE box(n INTEGER PRIMARY KEY AUTOINCREMENT, partner TEXT NOT NULL,"
    "  name TEXT NOT NULL, file BLOB NOT NULL, bytes INTEGER NOT NULL,"
    "  state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,"
    "  next INTEGER NOT NULL DEFAULT 0, came INTEGER NOT NULL,"
    "  delivered INTEGER NOT NULL DEFAULT 0, rule TEXT NOT NULL DEFAULT '',"
    "  why TEXT NOT NULL DEFAULT '', told INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL,"
    "  UNIQUE(partner, name));"
    "CREATE INDEX box_state ON box(state, told, n);",
    "ALTER TABLE box ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;", NULL};
static const struct store_schema schema = {"submit", migrations, 0};

const char *box_state_name(enum box_state s)
{
    static const char *const names[] = {"waits", "goes", "delivered", "held"};
    return names[s];
}

static struct box *open_at(const char *dir, const char *db)
{
    struct box *b = xcalloc(1, sizeof *b);
    struct buf path = {0};
    buf_printf(&path, "%s/box", dir);
    b->dir = xstrdup(buf_cstr(&path));
    b->db = store_open(db, &schema);
    buf_free(&path);
    return b;
}

struct box *box_open_existing(const char *dir)
{
    struct buf db = {0};
    buf_printf(&db, "%s/submit.db", dir);
    struct box *b = access(buf_cstr(&db), F_OK) == 0 ? open_at(dir, buf_cstr(&db)) : NULL;
    buf_free(&db);
    return b;
}

struct box *box_open(const char *dir)
{
    struct buf db = {0}, copies = {0};
    buf_printf(&copies, "%s/box", dir);
    if (fs_mkdirs(buf_cstr(&copies)))
        die(111, "cannot make the folder \"%s\": %m", buf_cstr(&copies));
    buf_printf(&db, "%s/submit.db", dir);
    struct box *b = open_at(dir, buf_cstr(&db));
    stmt_run(store_sql(b->db, "UPDATE box SET state = 0 WHERE state = 1"));
    buf_free(&db);
    buf_free(&copies);
    return b;
}

void box_close(struct box *b)
{
    store_close(b->db);
    free(b->dir);
    free(b);
}

void box_commit(struct box *b)
{
    store_commit(b->db);
}

/* ---- rows ---- */

static phi_str slice_of(const struct digest *d)
{
    return phi_of((const char *)d->b, DIGEST_LEN);
}

static int known(struct box *b, phi_str partner, phi_str name, const struct digest *file)
{
    struct stmt *q = store_sql(b->db, "SELECT file FROM box WHERE partner = ?1 AND name = ?2");
    stmt_text(q, 1, partner);
    stmt_text(q, 2, name);
    return stmt_step(q) && phi_eq(stmt_col_bytes(q, 0), slice_of(file)) ? 0 : -1;
}

int box_keep(struct box *b, phi_str partner, phi_str name, const struct record *r, int64_t now_us)
{
    struct buf wire = {0};
    record_write(&wire, r);
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO box(partner, name, file, bytes, came,"
                                      " record) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    stmt_text(q, 1, partner);
    stmt_text(q, 2, name);
    stmt_blob(q, 3, r->file.b, DIGEST_LEN);
    stmt_int(q, 4, (int64_t)r->len);
    stmt_int(q, 5, now_us);
    stmt_blob(q, 6, wire.p, wire.len);
    int made = stmt_run(q);
    buf_free(&wire);
    return made ? 1 : known(b, partner, name, &r->file);
}

int64_t box_keep_plain(struct box *b, phi_str partner, phi_str name, const struct digest *file,
                       int64_t bytes, int64_t now_us)
{
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO box(partner, name, file, bytes, came,"
                                      " record) VALUES(?1, ?2, ?3, ?4, ?5, x'')");
    stmt_text(q, 1, partner);
    stmt_text(q, 2, name);
    stmt_blob(q, 3, file->b, DIGEST_LEN);
    stmt_int(q, 4, bytes);
    stmt_int(q, 5, now_us);
    return stmt_run(q) ? store_last_id(b->db) : 0;
}

bool box_is_plain(struct box *b, int64_t n)
{
    struct stmt *q = store_sql(b->db, "SELECT length(record) FROM box WHERE n = ?1");
    stmt_int(q, 1, n);
    return stmt_step(q) && stmt_col_int(q, 0) == 0;
}

static void fill(struct stmt *q, struct arena *a, struct box_row *out)
{
    *out = (struct box_row){.n = stmt_col_int(q, 0),
                            .state = (enum box_state)stmt_col_int(q, 1),
                            .partner = arena_phi(a, stmt_col_bytes(q, 2)),
                            .name = arena_phi(a, stmt_col_bytes(q, 3)),
                            .bytes = stmt_col_int(q, 5),
                            .tries = stmt_col_int(q, 6),
                            .next_us = stmt_col_int(q, 7),
                            .came_us = stmt_col_int(q, 8),
                            .delivered_us = stmt_col_int(q, 9),
                            .rule = arena_phi(a, stmt_col_bytes(q, 10)),
                            .why = arena_phi(a, stmt_col_bytes(q, 11)),
                            .told = stmt_col_int(q, 12),
                            .gone_us = stmt_col_int(q, 13)};
    phi_str d = stmt_col_bytes(q, 4);
    if (d.n == DIGEST_LEN)
        memcpy(out->file.b, d.p, DIGEST_LEN);
}

#define COLUMNS                                                                                    \
    "SELECT n, state, partner, name, file, bytes, tries, next, came, delivered, rule, why, told,"  \
    " gone FROM box "

bool box_row(struct box *b, int64_t n, struct arena *a, struct box_row *out)
{
    struct stmt *q = store_sql(b->db, COLUMNS "WHERE n = ?1");
    stmt_int(q, 1, n);
    if (!stmt_step(q))
        return false;
    fill(q, a, out);
    return true;
}

bool box_named(struct box *b, phi_str partner, phi_str name, struct arena *a, struct box_row *out)
{
    struct stmt *q = store_sql(b->db, COLUMNS "WHERE partner = ?1 AND name = ?2");
    stmt_text(q, 1, partner);
    stmt_text(q, 2, name);
    if (!stmt_step(q))
        return false;
    fill(q, a, out);
    return true;
}

bool box_next(struct box *b, int64_t after, int state, struct arena *a, struct box_row *out)
{
    struct stmt *q =
        store_sql(b->db, COLUMNS "WHERE n > ?1 AND (?2 < 0 OR state = ?2) ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    stmt_int(q, 2, state);
    if (!stmt_step(q))
        return false;
    fill(q, a, out);
    return true;
}

bool box_untold(struct box *b, int64_t after, struct arena *a, struct box_row *out)
{
    struct stmt *q = store_sql(b->db, COLUMNS "WHERE state = 2 AND told = 0 AND n > ?1"
                                              " ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    if (!stmt_step(q))
        return false;
    fill(q, a, out);
    return true;
}

bool box_due(struct box *b, int64_t now_us,
             bool (*may_go)(void *ctx, phi_str partner, int64_t gone_us, int64_t tries), void *ctx,
             struct arena *a, struct box_row *out)
{
    struct stmt *q =
        store_sql(b->db, COLUMNS "WHERE state = 0 AND told = 0 AND next <= ?1 ORDER BY n");
    stmt_int(q, 1, now_us);
    while (stmt_step(q)) {
        if (!may_go(ctx, stmt_col_bytes(q, 2), stmt_col_int(q, 13), stmt_col_int(q, 6)))
            continue;
        fill(q, a, out);
        store_sql(b->db, COLUMNS "WHERE state = 0 AND told = 0 AND next <= ?1 ORDER BY n");
        return true;
    }
    return false;
}

int64_t box_find(struct box *b, phi_str partner, phi_str name)
{
    struct stmt *q = store_sql(b->db, "SELECT n FROM box WHERE partner = ?1 AND name = ?2");
    stmt_text(q, 1, partner);
    stmt_text(q, 2, name);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

void box_path(const struct box *b, const struct digest *file, struct buf *out)
{
    char hex[DIGEST_HEX];
    buf_printf(out, "%s/%s", b->dir, digest_hex(file, hex));
}

void box_answer_path(const struct box *b, const struct box_row *row, struct buf *out)
{
    box_path(b, &row->file, out);
    buf_printf(out, ".%lld.answer", (long long)row->n);
}

bool box_record(struct box *b, int64_t n, struct arena *a, struct record *out)
{
    const char *why;
    struct stmt *q = store_sql(b->db, "SELECT record FROM box WHERE n = ?1");
    stmt_int(q, 1, n);
    if (!stmt_step(q))
        return false;
    phi_str wire = arena_phi(a, stmt_col_bytes(q, 0));
    return record_read(wire.p, wire.n, out, &why) != 0;
}

/* ---- what happens to a row; each is an act of its own ---- */

void box_going(struct box *b, int64_t n, int64_t now_us)
{
    store_begin(b->db);
    struct stmt *q =
        store_sql(b->db, "UPDATE box SET state = 1, tries = tries + 1, gone = ?2 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, now_us);
    stmt_run(q);
    store_commit(b->db);
}

void box_delivered(struct box *b, int64_t n, int64_t now_us)
{
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "UPDATE box SET state = 2, delivered = ?2, rule = '',"
                                      " why = '' WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, now_us);
    stmt_run(q);
    kill_point("submit.delivered.before");
    store_commit(b->db);
    kill_point("submit.delivered.after");
}

void box_failed(struct box *b, int64_t n, bool held, int64_t next_us, const char *rule,
                const char *why)
{
    store_begin(b->db);
    struct stmt *q =
        store_sql(b->db, "UPDATE box SET state = ?2, next = ?3, rule = ?4, why = ?5 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, held ? BOX_HELD : BOX_WAITS);
    stmt_int(q, 3, next_us);
    stmt_text(q, 4, phi_lit(rule));
    stmt_text(q, 5, phi_lit(why));
    stmt_run(q);
    store_commit(b->db);
}

/* The same bytes may be on their way to another partner. */
static bool wanted(struct box *b, const struct digest *file)
{
    struct stmt *q = store_sql(b->db, "SELECT 1 FROM box WHERE told = 0 AND file = ?1");
    stmt_blob(q, 1, file->b, DIGEST_LEN);
    return stmt_step(q);
}

void box_told(struct box *b, int64_t n)
{
    struct arena a = {0};
    struct box_row row;
    struct buf path = {0};
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "UPDATE box SET told = 1 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_run(q);
    store_commit(b->db);
    if (box_row(b, n, &a, &row) && !wanted(b, &row.file)) {
        box_path(b, &row.file, &path);
        unlink(buf_cstr(&path));
    }
    buf_free(&path);
    arena_free(&a);
}

bool box_retry(struct box *b, int64_t n)
{
    store_begin(b->db);
    struct stmt *q = store_sql(
        b->db, "UPDATE box SET state = 0, next = 0, tries = 0 WHERE n = ?1 AND state IN (0, 3)");
    stmt_int(q, 1, n);
    int changed = stmt_run(q);
    store_commit(b->db);
    return changed == 1;
}
