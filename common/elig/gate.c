#include "common/elig/gate.h"
#include "common/util/exits.h"
#include "common/util/log.h"

const char *gate_state_name(enum gate_state s)
{
    static const char *const names[] = {"new", "marked", "released", "held"};
    return names[s];
}

static phi_str id_slice(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

int gate_keep(struct cache *c, const struct record *r, int64_t now_us)
{
    struct buf plain = {0}, sealed = {0};
    record_write(&plain, r);
    seal(cache_keys(c), buf_view(&plain), id_slice(&r->id), &sealed);
    store_begin(cache_store(c));
    struct stmt *q = store_sql(cache_store(c), "INSERT OR IGNORE INTO gate(id, tries, came, record)"
                                               " VALUES(?1, ?2, ?3, ?4)");
    stmt_id(q, 1, r->id);
    stmt_int(q, 2, r->tries);
    stmt_int(q, 3, now_us);
    stmt_blob(q, 4, sealed.p, sealed.len);
    int fresh = stmt_run(q);
    buf_free(&plain);
    buf_free(&sealed);
    return fresh;
}

#define ROW                                                                                        \
    "SELECT n, state, came, since, cents, forced, told, code, why, payer, origin FROM gate"        \
    " WHERE n>?1 "

static bool read_row(struct stmt *q, struct arena *a, struct gate_row *out)
{
    if (!stmt_step(q))
        return false;
    *out = (struct gate_row){.n = stmt_col_int(q, 0),
                             .state = (enum gate_state)stmt_col_int(q, 1),
                             .came_us = stmt_col_int(q, 2),
                             .since_us = stmt_col_int(q, 3),
                             .cents = stmt_col_int(q, 4),
                             .forced = stmt_col_int(q, 5) != 0,
                             .told = (int)stmt_col_int(q, 6),
                             .code = arena_phi(a, stmt_col_bytes(q, 7)),
                             .why = arena_phi(a, stmt_col_bytes(q, 8)),
                             .payer = arena_phi(a, stmt_col_bytes(q, 9)),
                             .origin = arena_phi(a, stmt_col_bytes(q, 10))};
    return true;
}

bool gate_next(struct cache *c, int64_t after, int state, struct arena *a, struct gate_row *out)
{
    struct stmt *q = state < 0 ? store_sql(cache_store(c), ROW "ORDER BY n LIMIT 1")
                               : store_sql(cache_store(c), ROW "AND state=?2 ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    if (state >= 0)
        stmt_int(q, 2, state);
    return read_row(q, a, out);
}

bool gate_untold(struct cache *c, int64_t after, struct arena *a, struct gate_row *out)
{
    struct stmt *q = store_sql(cache_store(c), ROW "AND state=3 AND told=1 ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    return read_row(q, a, out);
}

static phi_str opened(struct cache *c, phi_str blob, const struct rec_id *id, struct arena *a)
{
    struct buf plain = {0};
    if (!unseal(cache_keys(c), blob, id_slice(id), &plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "eligibility.db");
    phi_str out = arena_phi(a, buf_view(&plain));
    buf_free(&plain);
    return out;
}

void gate_record(struct cache *c, int64_t n, bool decided, struct arena *a, struct record *out)
{
    struct stmt *q = store_sql(cache_store(c), "SELECT id, record, body FROM gate WHERE n=?1");
    const char *why;
    stmt_int(q, 1, n);
    if (!stmt_step(q))
        BUG("a row of the gate is gone");
    struct rec_id id = stmt_col_id(q, 0);
    phi_str kept = opened(c, stmt_col_bytes(q, 1), &id, a);
    phi_str body = decided && !stmt_col_null(q, 2) ? opened(c, stmt_col_bytes(q, 2), &id, a)
                                                   : (phi_str){"", 0};
    if (record_read(kept.p, kept.n, out, &why) == 0)
        BUG("a record that was kept cannot be read");
    if (body.n)
        out->body = body;
}

void gate_pass(struct cache *c, int64_t n, phi_str body, phi_str payer, const char *origin)
{
    struct buf sealed = {0};
    struct stmt *q = store_sql(cache_store(c), "SELECT id FROM gate WHERE n=?1");
    stmt_int(q, 1, n);
    if (!stmt_step(q))
        BUG("a row of the gate is gone");
    struct rec_id id = stmt_col_id(q, 0);
    seal(cache_keys(c), body, id_slice(&id), &sealed);
    q = store_sql(cache_store(c), "UPDATE gate SET state=1, body=?2, payer=?3, origin=?4, code='',"
                                  " why='' WHERE n=?1");
    stmt_int(q, 1, n);
    stmt_blob(q, 2, sealed.p, sealed.len);
    stmt_text(q, 3, payer);
    stmt_text(q, 4, phi_lit(origin));
    stmt_run(q);
    buf_free(&sealed);
}

void gate_hold(struct cache *c, int64_t n, const char *code, const char *why, phi_str payer,
               int64_t cents, int64_t now_us)
{
    struct stmt *q = store_sql(
        cache_store(c), "UPDATE gate SET state=3, since=CASE WHEN code=?2 THEN since ELSE ?6 END,"
                        " code=?2, why=?3, payer=?4, cents=?5, told=max(told,1) WHERE n=?1");
    stmt_int(q, 1, n);
    stmt_text(q, 2, phi_lit(code));
    stmt_text(q, 3, phi_lit(why));
    stmt_text(q, 4, payer);
    stmt_int(q, 5, cents);
    stmt_int(q, 6, now_us);
    stmt_run(q);
}

static int change(struct cache *c, struct stmt *q, int64_t n)
{
    (void)c;
    stmt_int(q, 1, n);
    return stmt_run(q);
}

void gate_told(struct cache *c, int64_t n)
{
    store_begin(cache_store(c));
    change(c, store_sql(cache_store(c), "UPDATE gate SET told=2 WHERE n=?1"), n);
}

void gate_released(struct cache *c, int64_t n)
{
    store_begin(cache_store(c));
    change(c, store_sql(cache_store(c), "UPDATE gate SET state=2 WHERE n=?1 AND state=1"), n);
}

int gate_again(struct cache *c)
{
    store_begin(cache_store(c));
    return stmt_run(store_sql(cache_store(c), "UPDATE gate SET state=0 WHERE state=3"));
}

bool gate_force(struct cache *c, int64_t n)
{
    store_begin(cache_store(c));
    int held = change(
        c, store_sql(cache_store(c), "UPDATE gate SET state=0, forced=1 WHERE n=?1 AND state=3"),
        n);
    store_commit(cache_store(c));
    return held == 1;
}

void gate_each_held(const char *run, void (*each)(void *ctx, const struct gate_row *r), void *ctx)
{
    struct cache *c = cache_open_ro(run);
    struct arena a = {0};
    struct gate_row row = {0};
    while (c && gate_next(c, row.n, GATE_HELD, &a, &row))
        each(ctx, &row);
    arena_free(&a);
    cache_close(c);
}
