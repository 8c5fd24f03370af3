#include "tools/review/desk.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <unistd.h>

struct desk {
    struct store *db;
    struct seal_keys *keys;
};

static const char *const migrations[] = {
    "CREATE TABLE item(n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
    "  state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL, came INTEGER NOT NULL,"
    "  record BLOB NOT NULL);"
    "CREATE INDEX item_state ON item(state, n);"
    "CREATE TABLE decision(k INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL,"
    "  tries INTEGER NOT NULL, at INTEGER NOT NULL, coder TEXT NOT NULL, verb TEXT NOT NULL,"
    "  target TEXT NOT NULL, value BLOB NOT NULL, reason BLOB NOT NULL);"
    "CREATE INDEX decision_item ON decision(n, k);",
    NULL};
static const struct store_schema schema = {"review", migrations};

const char *desk_state_name(enum desk_state s)
{
    static const char *const names[] = {"held", "marked", "released", "rejected"};
    return names[s];
}

struct desk *desk_open(const char *dir, const char *run_dir)
{
    struct desk *d = xcalloc(1, sizeof *d);
    struct buf path = {0};
    buf_printf(&path, "%s/review.db", dir);
    d->db = store_open(buf_cstr(&path), &schema);
    d->keys = seal_open(run_dir);
    buf_free(&path);
    return d;
}

struct desk *desk_open_existing(const char *dir, const char *run_dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/review.db", dir);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? desk_open(dir, run_dir) : NULL;
}

static phi_str id_slice(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

/* A repeat leaves the row alone; a record that was released and held anew is held again. */
#define KEEP_SQL                                                                                   \
    "INSERT INTO item(id, tries, came, record) VALUES(?1, ?2, ?3, ?4)"                             \
    " ON CONFLICT(id) DO UPDATE SET state = 0, tries = excluded.tries, came = excluded.came,"      \
    " record = excluded.record WHERE excluded.tries > item.tries"

int desk_keep(struct desk *d, const struct record *r, int64_t now_us)
{
    struct buf plain = {0}, sealed = {0};
    record_write(&plain, r);
    seal(d->keys, buf_view(&plain), id_slice(&r->id), &sealed);
    store_begin(d->db);
    struct stmt *q = store_sql(d->db, KEEP_SQL);
    stmt_id(q, 1, r->id);
    stmt_int(q, 2, r->tries);
    stmt_int(q, 3, now_us);
    stmt_blob(q, 4, sealed.p, sealed.len);
    int changed = stmt_run(q);
    buf_free(&plain);
    buf_free(&sealed);
    return changed;
}

void desk_commit(struct desk *d)
{
    kill_point("review.commit.before");
    store_commit(d->db);
    kill_point("review.commit.after");
}

static void row_read(struct stmt *q, struct desk_row *out)
{
    *out = (struct desk_row){.n = stmt_col_int(q, 0),
                             .id = stmt_col_id(q, 1),
                             .state = (enum desk_state)stmt_col_int(q, 2),
                             .tries = (uint32_t)stmt_col_int(q, 3),
                             .came_us = stmt_col_int(q, 4)};
}

#define ROW_SQL "SELECT n, id, state, tries, came FROM item WHERE n > ?1"

bool desk_next(struct desk *d, int64_t after, int state, struct desk_row *out)
{
    struct stmt *q = store_sql(d->db, state < 0 ? ROW_SQL " ORDER BY n LIMIT 1"
                                                : ROW_SQL " AND state = ?2 ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    if (state >= 0)
        stmt_int(q, 2, state);
    bool found = stmt_step(q);
    if (found)
        row_read(q, out);
    return found;
}

bool desk_row(struct desk *d, int64_t n, struct desk_row *out)
{
    return n > 0 && desk_next(d, n - 1, -1, out) && out->n == n;
}

void desk_record(struct desk *d, int64_t n, struct arena *mem, struct record *out)
{
    struct stmt *q = store_sql(d->db, "SELECT id, record FROM item WHERE n = ?1");
    struct buf plain = {0};
    const char *why;
    stmt_int(q, 1, n);
    if (!stmt_step(q))
        BUG("a row of the review is gone");
    struct rec_id id = stmt_col_id(q, 0);
    if (!unseal(d->keys, stmt_col_bytes(q, 1), id_slice(&id), &plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "review.db");
    phi_str kept = arena_phi(mem, buf_view(&plain));
    buf_free(&plain);
    if (record_read(kept.p, kept.n, out, &why) == 0)
        BUG("a record that was kept cannot be read");
}

static void bind_sealed(struct desk *d, struct stmt *q, int i, phi_str s, struct buf *room)
{
    seal(d->keys, s, phi_lit("decision"), room);
    stmt_blob(q, i, room->p, room->len);
}

void desk_decide(struct desk *d, int64_t n, const struct decision *x, enum desk_state state)
{
    struct buf value = {0}, reason = {0};
    store_begin(d->db);
    struct stmt *q = store_sql(
        d->db, "INSERT INTO decision(n, tries, at, coder, verb, target, value, reason)"
               " VALUES(?1, (SELECT tries FROM item WHERE n = ?1), ?2, ?3, ?4, ?5, ?6, ?7)");
    stmt_int(q, 1, n);
    stmt_int(q, 2, x->at_us);
    stmt_text(q, 3, x->coder);
    stmt_text(q, 4, x->verb);
    stmt_text(q, 5, x->target);
    bind_sealed(d, q, 6, x->value, &value);
    bind_sealed(d, q, 7, x->reason, &reason);
    stmt_run(q);
    q = store_sql(d->db, "UPDATE item SET state = ?2 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, state);
    stmt_run(q);
    kill_point("review.decide.before");
    store_commit(d->db);
    kill_point("review.decide.after");
    buf_free(&value);
    buf_free(&reason);
}

static phi_str opened(struct desk *d, struct stmt *q, int col, struct arena *mem)
{
    struct buf plain = {0};
    if (!unseal(d->keys, stmt_col_bytes(q, col), phi_lit("decision"), &plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "review.db");
    phi_str s = arena_phi(mem, buf_view(&plain));
    buf_free(&plain);
    return s;
}

bool desk_decision(struct desk *d, int64_t n, int k, struct arena *mem, struct decision *out)
{
    struct stmt *q =
        store_sql(d->db, "SELECT at, coder, verb, target, value, reason FROM decision"
                         " WHERE n = ?1 AND tries = (SELECT tries FROM item WHERE n = ?1)"
                         " ORDER BY k LIMIT 1 OFFSET ?2");
    stmt_int(q, 1, n);
    stmt_int(q, 2, k);
    if (!stmt_step(q))
        return false;
    *out = (struct decision){.at_us = stmt_col_int(q, 0),
                             .coder = arena_phi(mem, stmt_col_bytes(q, 1)),
                             .verb = arena_phi(mem, stmt_col_bytes(q, 2)),
                             .target = arena_phi(mem, stmt_col_bytes(q, 3)),
                             .value = opened(d, q, 4, mem),
                             .reason = opened(d, q, 5, mem)};
    return true;
}

void desk_released(struct desk *d, int64_t n)
{
    store_begin(d->db);
    struct stmt *q = store_sql(d->db, "UPDATE item SET state = 2 WHERE n = ?1 AND state = 1");
    stmt_int(q, 1, n);
    stmt_run(q);
}

void desk_close(struct desk *d)
{
    if (!d)
        return;
    store_close(d->db);
    seal_close(d->keys);
    free(d);
}
