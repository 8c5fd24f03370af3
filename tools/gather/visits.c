#include "tools/gather/visits.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/gather/merge.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct visits {
    struct store *db;
    struct seal_keys *keys;
};

static const char *const migrations[] = {
    "CREATE TABLE visit(n INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE,"
    "  state INTEGER NOT NULL DEFAULT 0, came INTEGER NOT NULL, last INTEGER NOT NULL,"
    "  after INTEGER NOT NULL DEFAULT 0, missing TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX visit_state ON visit(state, n);"
    "CREATE TABLE part(id BLOB PRIMARY KEY, n INTEGER NOT NULL, late INTEGER NOT NULL DEFAULT 0,"
    "  record BLOB NOT NULL);"
    "CREATE INDEX part_visit ON part(n);",
    NULL};
static const struct store_schema schema = {"gather", migrations, 0};

const char *visit_state_name(enum visit_state s)
{
    static const char *const names[] = {"waiting", "complete", "leaving", "handed-on", "dropped"};
    return names[s];
}

struct visits *visits_open(const char *dir, const char *run_dir)
{
    struct visits *v = xcalloc(1, sizeof *v);
    struct buf path = {0};
    buf_printf(&path, "%s/gather.db", dir);
    v->db = store_open(buf_cstr(&path), &schema);
    v->keys = seal_open(run_dir);
    buf_free(&path);
    return v;
}

struct visits *visits_open_existing(const char *dir, const char *run_dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/gather.db", dir);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? visits_open(dir, run_dir) : NULL;
}

void visits_close(struct visits *v)
{
    if (!v)
        return;
    store_close(v->db);
    seal_close(v->keys);
    free(v);
}

static phi_str id_slice(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

static phi_str get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

/* System, visit and patient: two patients under one number are two visits. */
static struct rec_id key_of(struct visits *v, const json_t *e, phi_str more)
{
    struct buf b = {0};
    buf_phi(&b, get(json_object_get(e, "src"), "sys"));
    buf_putc(&b, '\n');
    buf_phi(&b, get(e, "enc"));
    buf_putc(&b, '\n');
    buf_phi(&b, get(json_object_get(e, "pt"), "ref"));
    buf_putc(&b, '\n');
    buf_phi(&b, more);
    struct rec_id key = seal_token(v->keys, "visit", buf_view(&b));
    buf_free(&b);
    return key;
}

#define VISIT_COLUMNS "SELECT n, state, came, last, after, missing FROM visit "

static void read_visit(struct stmt *q, struct visit *out)
{
    *out = (struct visit){.n = stmt_col_int(q, 0),
                          .state = (enum visit_state)stmt_col_int(q, 1),
                          .came_us = stmt_col_int(q, 2),
                          .last_us = stmt_col_int(q, 3),
                          .after = stmt_col_int(q, 4)};
    phi_str missing = stmt_col_bytes(q, 5);
    snprintf(out->missing, sizeof out->missing, "%.*s", (int)missing.n, missing.n ? missing.p : "");
}

bool visits_next(struct visits *v, int64_t after, int state, struct visit *out)
{
    struct stmt *q = store_sql(v->db, state < 0 ? VISIT_COLUMNS "WHERE n > ?1 ORDER BY n LIMIT 1"
                                                : VISIT_COLUMNS
                                          "WHERE n > ?1 AND state = ?2 ORDER BY n LIMIT 1");
    stmt_int(q, 1, after);
    if (state >= 0)
        stmt_int(q, 2, state);
    bool found = stmt_step(q);
    if (found)
        read_visit(q, out);
    return found;
}

static bool find(struct visits *v, struct rec_id key, struct visit *out)
{
    struct stmt *q = store_sql(v->db, VISIT_COLUMNS "WHERE key = ?1");
    stmt_id(q, 1, key);
    bool found = stmt_step(q);
    if (found)
        read_visit(q, out);
    return found;
}

static void make(struct visits *v, struct rec_id key, int64_t now_us, int64_t after,
                 struct visit *out)
{
    struct stmt *q =
        store_sql(v->db, "INSERT INTO visit(key, came, last, after) VALUES(?1, ?2, ?2, ?3)");
    stmt_id(q, 1, key);
    stmt_int(q, 2, now_us);
    stmt_int(q, 3, after);
    stmt_run(q);
    *out = (struct visit){
        .n = store_last_id(v->db), .came_us = now_us, .last_us = now_us, .after = after};
}

static bool insert_part(struct visits *v, const struct record *r)
{
    struct buf plain = {0}, sealed = {0};
    record_write(&plain, r);
    seal(v->keys, buf_view(&plain), id_slice(&r->id), &sealed);
    struct stmt *q =
        store_sql(v->db, "INSERT OR IGNORE INTO part(id, n, record) VALUES(?1, 0, ?2)");
    stmt_id(q, 1, r->id);
    stmt_blob(q, 2, sealed.p, sealed.len);
    bool is_new = stmt_run(q) > 0;
    buf_free(&plain);
    buf_free(&sealed);
    return is_new;
}

static void belongs(struct visits *v, struct rec_id part, int64_t n, bool late)
{
    struct stmt *q = store_sql(v->db, "UPDATE part SET n = ?2, late = ?3 WHERE id = ?1");
    stmt_id(q, 1, part);
    stmt_int(q, 2, n);
    stmt_int(q, 3, late);
    stmt_run(q);
}

void visits_state(struct visits *v, int64_t n, enum visit_state state)
{
    store_begin(v->db);
    struct stmt *q = store_sql(v->db, "UPDATE visit SET state = ?2 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, state);
    stmt_run(q);
}

/* ---- what a visit is made of ---- */

enum { PARTS_MOST = 64 };

static struct record open_record(struct visits *v, struct stmt *q, struct arena *mem)
{
    struct buf plain = {0};
    struct record r;
    const char *why;
    struct rec_id id = stmt_col_id(q, 0);
    if (!unseal(v->keys, stmt_col_bytes(q, 1), id_slice(&id), &plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "gather.db");
    phi_str kept = arena_phi(mem, buf_view(&plain));
    buf_free(&plain);
    if (record_read(kept.p, kept.n, &r, &why) == 0)
        BUG("a record that was kept cannot be read");
    return r;
}

/* Messages of visit n that are not late; the record of its first charges goes to *carrier, so that the
 * claim is the same in whatever order they came. */
static size_t load(struct visits *v, int64_t n, bool charges, struct merge_part *part, size_t used,
                   struct arena *mem, struct record *carrier)
{
    struct stmt *q =
        store_sql(v->db, "SELECT id, record FROM part WHERE n = ?1 AND late = 0 ORDER BY rowid");
    stmt_int(q, 1, n);
    for (bool found = false, any = false; used < PARTS_MOST && stmt_step(q); any = true) {
        struct record r = open_record(v, q, mem);
        json_error_t where;
        part[used] = (struct merge_part){json_loadb(r.body.p, r.body.n, 0, &where), r.seq, charges};
        if (!part[used].enc)
            BUG("an encounter that was kept cannot be read");
        bool has = json_array_size(json_object_get(part[used++].enc, "lines")) > 0;
        if (carrier && (!any || (has && !found)))
            *carrier = r;
        found |= has;
    }
    return used;
}

json_t *visits_joined(struct visits *v, const struct visit *x, struct arena *mem, struct record *r)
{
    struct merge_part part[PARTS_MOST];
    size_t n = load(v, x->n, true, part, 0, mem, r);
    if (x->after)
        n = load(v, x->after, false, part, n, mem, NULL);
    if (n == 0)
        BUG("a visit without a message");
    json_t *e = merge_parts(part, n);
    if (x->after)
        json_object_set_new(e, "late", json_true());
    while (n-- > 0)
        json_decref(part[n].enc);
    return e;
}

int64_t visits_late(struct visits *v, int64_t n)
{
    struct stmt *q = store_sql(v->db, "SELECT count(*) FROM part WHERE n = ?1 AND late = 1");
    stmt_int(q, 1, n);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* ---- one more message ---- */

static void look(struct visits *v, const struct visit *x, int64_t now_us, visits_signs *signs,
                 const void *ctx)
{
    struct arena mem = {0};
    struct buf missing = {0};
    json_t *e = visits_joined(v, x, &mem, NULL);
    merge_missing(e, signs(ctx, get(json_object_get(e, "src"), "sys")), &missing);
    struct stmt *q =
        store_sql(v->db, "UPDATE visit SET state = ?2, last = ?3, missing = ?4 WHERE n = ?1");
    stmt_int(q, 1, x->n);
    stmt_int(q, 2, missing.len ? VISIT_WAITING : VISIT_COMPLETE);
    stmt_int(q, 3, now_us);
    stmt_text(q, 4, buf_view(&missing));
    stmt_run(q);
    json_decref(e);
    buf_free(&missing);
    arena_free(&mem);
}

bool visits_keep(struct visits *v, const struct record *r, json_t *part, int64_t now_us,
                 visits_signs *signs, const void *ctx)
{
    struct visit x;
    struct rec_id key = key_of(v, part, (phi_str){"", 0});
    store_begin(v->db);
    if (!insert_part(v, r))
        return false;
    bool known = find(v, key, &x);
    if (!known)
        make(v, key, now_us, 0, &x);
    bool late = known && x.state >= VISIT_FROZEN;
    if (late && json_array_size(json_object_get(part, "lines")) > 0) {
        /* charges of a visit that has gone: once more what was known, with these lines alone */
        make(v, key_of(v, part, id_slice(&r->id)), now_us, x.n, &x);
        late = false;
    }
    belongs(v, r->id, x.n, late);
    if (!late)
        look(v, &x, now_us, signs, ctx);
    return true;
}

void visits_commit(struct visits *v)
{
    kill_point("gather.commit.before");
    store_commit(v->db);
    kill_point("gather.commit.after");
}
