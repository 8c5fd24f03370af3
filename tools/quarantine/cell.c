#include "tools/quarantine/cell.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <unistd.h>

struct cell {
    struct store *db;
    struct seal_keys *keys;
};

static const char *const migrations[] = {
    "CREATE TABLE cell(n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL, kind TEXT NOT NULL,"
    "  refused_by TEXT NOT NULL, rule TEXT NOT NULL, why TEXT NOT NULL, usage TEXT NOT NULL,"
    "  tries INTEGER NOT NULL, at INTEGER NOT NULL, came INTEGER NOT NULL,"
    "  released INTEGER NOT NULL DEFAULT 0, file BLOB NOT NULL, off INTEGER NOT NULL,"
    "  len INTEGER NOT NULL, seg INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,"
    "  marked INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL, UNIQUE(id, kind, refused_by));"
    "CREATE INDEX cell_state ON cell(state, n);",
    /* rules that a person takes upon themselves, parted by blanks, and why */
    "ALTER TABLE cell ADD COLUMN over TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE cell ADD COLUMN reason TEXT NOT NULL DEFAULT '';",
    NULL};
static const struct store_schema schema = {"quarantine", migrations};

const char *cell_state_name(enum cell_state s)
{
    static const char *const names[] = {"held", "marked", "released"};
    return names[s];
}

struct cell *cell_open(const char *dir, const char *run_dir)
{
    struct cell *c = xcalloc(1, sizeof *c);
    struct buf path = {0};
    buf_printf(&path, "%s/quarantine.db", dir);
    c->db = store_open(buf_cstr(&path), &schema);
    c->keys = seal_open(run_dir);
    buf_free(&path);
    return c;
}

struct cell *cell_open_existing(const char *dir, const char *run_dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/quarantine.db", dir);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? cell_open(dir, run_dir) : NULL;
}

static phi_str id_slice(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

static phi_str or_else(phi_str s, const char *fallback)
{
    return phi_empty(s) ? phi_lit(fallback) : s;
}

/* The record comes back after a release: the same row is held again, with what it says now. A
 * repeat (no further try) leaves the row alone, whatever its state. */
#define KEEP_SQL                                                                                   \
    "INSERT INTO cell(id, kind, refused_by, rule, why, usage, tries, at, came, file, off, len,"    \
    " seg, record) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"            \
    " ON CONFLICT(id, kind, refused_by) DO UPDATE SET state = 0, tries = excluded.tries,"          \
    " rule = excluded.rule, why = excluded.why, came = excluded.came, record = excluded.record"    \
    " WHERE excluded.tries > cell.tries"

int cell_keep(struct cell *c, const struct record *r, int64_t now_us)
{
    struct buf plain = {0}, sealed = {0};
    record_write(&plain, r);
    seal(c->keys, buf_view(&plain), id_slice(&r->id), &sealed);
    store_begin(c->db);
    struct stmt *q = store_sql(c->db, KEEP_SQL);
    stmt_id(q, 1, r->id);
    stmt_text(q, 2, phi_lit(r->kind));
    stmt_text(q, 3, or_else(record_refused_by(r), "-"));
    stmt_text(q, 4, or_else(record_rule(r), "SENT_HERE"));
    stmt_text(q, 5, or_else(record_why(r), "the pipeline sends records of this kind here"));
    stmt_text(q, 6, phi_of(&r->usage, r->usage != 0));
    stmt_int(q, 7, r->tries);
    stmt_int(q, 8, r->at_us);
    stmt_int(q, 9, now_us);
    stmt_blob(q, 10, r->file.b, DIGEST_LEN);
    stmt_int(q, 11, (int64_t)r->off);
    stmt_int(q, 12, (int64_t)r->len);
    stmt_int(q, 13, r->seg);
    stmt_blob(q, 14, sealed.p, sealed.len);
    int changed = stmt_run(q);
    buf_free(&plain);
    buf_free(&sealed);
    return changed;
}

void cell_commit(struct cell *c)
{
    kill_point("quarantine.commit.before");
    store_commit(c->db);
    kill_point("quarantine.commit.after");
}

int cell_mark(struct cell *c, int64_t n, int64_t now_us, const char *override)
{
    store_begin(c->db);
    struct stmt *q = store_sql(c->db, "SELECT state FROM cell WHERE n = ?1");
    stmt_int(q, 1, n);
    int result = !stmt_step(q) ? -1 : stmt_col_int(q, 0) == CELL_HELD;
    q = store_sql(c->db, "UPDATE cell SET state = 1, marked = ?2 WHERE n = ?1 AND state = 0");
    stmt_int(q, 1, n);
    stmt_int(q, 2, now_us);
    stmt_run(q);
    if (result == 1 && override) {
        q = store_sql(c->db, "UPDATE cell SET over = trim(over || ' ' || rule), reason = ?2"
                             " WHERE n = ?1");
        stmt_int(q, 1, n);
        stmt_text(q, 2, phi_lit(override));
        stmt_run(q);
    }
    kill_point("quarantine.mark.before");
    store_commit(c->db);
    kill_point("quarantine.mark.after");
    return result;
}

/* Only a row that is still marked: the record may have come back before it was settled. */
void cell_released(struct cell *c, int64_t n, int64_t now_us)
{
    store_begin(c->db);
    struct stmt *q =
        store_sql(c->db, "UPDATE cell SET state = 2, released = ?2 WHERE n = ?1 AND state = 1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, now_us);
    stmt_run(q);
}

static phi_str text(struct stmt *q, int col, struct arena *mem)
{
    return arena_phi(mem, stmt_col_bytes(q, col));
}

static void row_read(struct stmt *q, struct arena *mem, struct cell_row *out)
{
    phi_str usage = stmt_col_bytes(q, 6), file = stmt_col_bytes(q, 11);
    *out = (struct cell_row){.n = stmt_col_int(q, 0),
                             .id = stmt_col_id(q, 1),
                             .kind = text(q, 2, mem),
                             .refused_by = text(q, 3, mem),
                             .rule = text(q, 4, mem),
                             .why = text(q, 5, mem),
                             .usage = usage.n ? usage.p[0] : 0,
                             .tries = (uint32_t)stmt_col_int(q, 7),
                             .at_us = stmt_col_int(q, 8),
                             .came_us = stmt_col_int(q, 9),
                             .released_us = stmt_col_int(q, 10),
                             .off = (uint64_t)stmt_col_int(q, 12),
                             .len = (uint64_t)stmt_col_int(q, 13),
                             .seg = (uint32_t)stmt_col_int(q, 14),
                             .state = (enum cell_state)stmt_col_int(q, 15),
                             .over = text(q, 16, mem),
                             .reason = text(q, 17, mem)};
    if (file.n == DIGEST_LEN)
        memcpy(out->file.b, file.p, DIGEST_LEN);
}

#define ROW_SQL                                                                                    \
    "SELECT n, id, kind, refused_by, rule, why, usage, tries, at, came, released, file, off, len," \
    " seg, state, over, reason FROM cell WHERE n > ?1"

bool cell_next(struct cell *c, int64_t after, int state, struct arena *mem, struct cell_row *out)
{
    struct stmt *q = store_sql(c->db, state < 0 ? ROW_SQL " ORDER BY n LIMIT 1"
                                                : ROW_SQL " AND state = ?2 ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    if (state >= 0)
        stmt_int(q, 2, state);
    bool found = stmt_step(q);
    if (found)
        row_read(q, mem, out);
    return found;
}

int64_t cell_find(struct cell *c, const char *name)
{
    char *end;
    int64_t n = strtoll(name, &end, 10);
    struct stmt *q;
    if (*end == 0 && strlen(name) < 8) {
        q = store_sql(c->db, "SELECT n FROM cell WHERE n = ?1");
        stmt_int(q, 1, n);
        return stmt_step(q) ? n : 0;
    }
    if (strlen(name) < 8 || strspn(name, "0123456789abcdef") != strlen(name))
        return 0;
    q = store_sql(c->db, "SELECT n FROM cell WHERE substr(lower(hex(id)), 1, length(?1)) = ?1"
                         " ORDER BY n");
    stmt_text(q, 1, phi_lit(name));
    if (!stmt_step(q))
        return 0;
    n = stmt_col_int(q, 0);
    return stmt_step(q) ? -1 : n;
}

void cell_record(struct cell *c, int64_t n, struct arena *mem, struct record *out)
{
    struct stmt *q = store_sql(c->db, "SELECT id, record FROM cell WHERE n = ?1");
    struct buf plain = {0};
    const char *why;
    stmt_int(q, 1, n);
    if (!stmt_step(q))
        BUG("a row of the quarantine is gone");
    struct rec_id id = stmt_col_id(q, 0);
    if (!unseal(c->keys, stmt_col_bytes(q, 1), id_slice(&id), &plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "quarantine.db");
    phi_str kept = arena_phi(mem, buf_view(&plain));
    buf_free(&plain);
    if (record_read(kept.p, kept.n, out, &why) == 0)
        BUG("a record that was kept cannot be read");
}

int64_t cell_held(struct cell *c)
{
    return store_int(c->db, "SELECT count(*) FROM cell WHERE state < 2", 0);
}

void cell_close(struct cell *c)
{
    if (!c)
        return;
    store_close(c->db);
    seal_close(c->keys);
    free(c);
}
