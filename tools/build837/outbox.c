#include "tools/build837/outbox.h"
#include "tools/build837/dup.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONTROL_MAX = 999999999, KNOWN = 256 };

static const char *const MIGRATIONS[] = {
    /* of NULL: no tally yet */
    "CREATE TABLE source (source INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " seq INTEGER NOT NULL, of INTEGER, came INTEGER NOT NULL) STRICT;"
    /* An id is made of the set's and of pos, so this is as unique as the id alone; but claims of a
     * set come together, and an index in their order is written a few pages at a time, where ids,
     * which are as good as random, would touch a page for nearly every claim. */
    "CREATE TABLE claim (row INTEGER PRIMARY KEY, source INTEGER NOT NULL, pos INTEGER NOT NULL,"
    " id BLOB NOT NULL, lane INTEGER NOT NULL, cents INTEGER NOT NULL, at INTEGER NOT NULL,"
    " came INTEGER NOT NULL, batch INTEGER, n INTEGER, UNIQUE (source, pos, id)) STRICT;"
    "CREATE TABLE body (row INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE lane (lane INTEGER PRIMARY KEY, payer TEXT NOT NULL, usage TEXT NOT NULL,"
    " purpose TEXT NOT NULL, version TEXT NOT NULL, UNIQUE (payer, usage, purpose, version))"
    " STRICT;"
    /* lo, hi: the range of claim rows that its members are in, so that no index is needed */
    "CREATE TABLE batch (batch INTEGER PRIMARY KEY, gs06 INTEGER NOT NULL, lane INTEGER NOT NULL,"
    " claims INTEGER NOT NULL, per_set INTEGER NOT NULL, cents INTEGER NOT NULL,"
    " at INTEGER NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL, terms TEXT NOT NULL,"
    " state INTEGER NOT NULL, name TEXT, digest BLOB, bytes INTEGER) STRICT;"
    "CREATE INDEX batch_open ON batch (state, batch) WHERE state < 2;"
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO counter VALUES ('isa13', 0), ('gs06', 0), ('next', 0)",
    /* claims that were refused or are held elsewhere: their sets do not wait for them */
    "CREATE TABLE gone (source INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY (source, pos))"
    " STRICT, WITHOUT ROWID;",
    DUP_TABLE, DUP_LATE, NULL};
/* Rows come in order and are large: larger pages are fewer writes (0.92 to 0.72 s of CPU a 42,000
 * claims, measured). */
enum { PAGE = 16384 };
static const struct store_schema SCHEMA = {"outbox", MIGRATIONS, PAGE};

struct lane {
    struct lane_key key;
};
struct outbox {
    struct store *db;
    struct seal_keys *keys;
    struct dup *dup;
    int64_t row;        /* the latest claim row */
    struct lane *lanes; /* by number, from 1 */
    uint32_t lanes_n;
    struct arena arena; /* the lanes' keys */
    struct known {
        struct rec_id id;
        int64_t source; /* 0: nothing here */
    } known[KNOWN];     /* sets of late, found by the first bits of the id */
    struct buf sealed;
};

static void lane_add(struct outbox *o, uint32_t number, const struct lane_key *k)
{
    if (number >= o->lanes_n) {
        o->lanes = xrealloc(o->lanes, (number + 1) * sizeof *o->lanes);
        memset(o->lanes + o->lanes_n, 0, (number + 1 - o->lanes_n) * sizeof *o->lanes);
        o->lanes_n = number + 1;
    }
    o->lanes[number].key =
        (struct lane_key){arena_phi(&o->arena, k->payer), k->usage,
                          arena_phi(&o->arena, k->purpose), arena_phi(&o->arena, k->version)};
}

static void lanes_load(struct outbox *o)
{
    struct stmt *q = store_sql(o->db, "SELECT lane, payer, usage, purpose, version FROM lane");
    while (stmt_step(q)) {
        phi_str usage = stmt_col_bytes(q, 2);
        struct lane_key k = {stmt_col_bytes(q, 1), usage.n ? *usage.p : 'P', stmt_col_bytes(q, 3),
                             stmt_col_bytes(q, 4)};
        lane_add(o, (uint32_t)stmt_col_int(q, 0), &k);
    }
}

struct outbox *outbox_open(const char *dir, const char *keys_dir)
{
    char path[PATH_MAX];
    struct outbox *o = xcalloc(1, sizeof *o);
    if (snprintf(path, sizeof path, "%s/outbox.db", dir) >= (int)sizeof path)
        die(EXIT_USAGE, "cannot use the folder \"%s\": the path is too long", dir);
    o->db = store_open(path, &SCHEMA);
    o->keys = seal_open(keys_dir);
    o->row = store_int(o->db, "SELECT max(row) FROM claim", 0);
    o->dup = dup_new(o->db, o->keys);
    lanes_load(o);
    return o;
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    dup_free(o->dup);
    store_close(o->db);
    seal_close(o->keys);
    arena_free(&o->arena);
    buf_free(&o->sealed);
    free(o->lanes);
    free(o);
}

void outbox_commit(struct outbox *o)
{
    kill_point("build837.insert.before");
    store_commit(o->db);
    kill_point("build837.insert.after");
}

static bool lane_is(const struct lane_key *a, const struct lane_key *b)
{
    return a->usage == b->usage && phi_eq(a->payer, b->payer) && phi_eq(a->purpose, b->purpose) &&
           phi_eq(a->version, b->version);
}

uint32_t outbox_lane(struct outbox *o, const struct lane_key *key)
{
    for (uint32_t i = 1; i < o->lanes_n; i++)
        if (lane_is(&o->lanes[i].key, key))
            return i;
    uint32_t number = o->lanes_n ? o->lanes_n : 1;
    store_begin(o->db);
    struct stmt *q = store_sql(o->db, "INSERT INTO lane VALUES (?, ?, ?, ?, ?)");
    stmt_int(q, 1, number);
    stmt_text(q, 2, key->payer);
    stmt_text(q, 3, phi_of(&key->usage, 1));
    stmt_text(q, 4, key->purpose);
    stmt_text(q, 5, key->version);
    stmt_run(q);
    lane_add(o, number, key);
    return number;
}

phi_str outbox_lane_payer(const struct outbox *o, uint32_t lane)
{
    return lane < o->lanes_n ? o->lanes[lane].key.payer : phi_of("", 0);
}

/* ---- what comes ---- */

static phi_str id_bytes(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

static void body_insert(struct outbox *o, int64_t row, const struct record *r)
{
    struct stmt *q = store_sql(o->db, "INSERT INTO body VALUES (?, ?)");
    buf_clear(&o->sealed);
    seal(o->keys, r->body, id_bytes(&r->id), &o->sealed);
    stmt_int(q, 1, row);
    stmt_blob(q, 2, o->sealed.p, o->sealed.len);
    stmt_run(q);
}

static int64_t source_insert(struct outbox *o, const struct record *r, int64_t came_us)
{
    struct stmt *q = store_sql(o->db, "INSERT INTO source (id, seq, came) VALUES (?, ?, ?)"
                                      " ON CONFLICT DO UPDATE SET seq = seq RETURNING source");
    stmt_id(q, 1, r->parent);
    stmt_int(q, 2, (int64_t)r->seq);
    stmt_int(q, 3, came_us);
    int64_t number = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    while (stmt_step(q))
        ;
    return number;
}

/* Number of the set that r is a child of, made when it is new. */
static int64_t source_of(struct outbox *o, const struct record *r, int64_t came_us)
{
    struct known *k = &o->known[r->parent.b[0] % KNOWN];
    if (k->source && rec_id_eq(k->id, r->parent))
        return k->source;
    *k = (struct known){r->parent, source_insert(o, r, came_us)};
    return k->source;
}

bool outbox_claim(struct outbox *o, const struct record *r, uint32_t lane, int64_t cents,
                  int64_t came_us, struct entry *e)
{
    store_begin(o->db);
    int64_t source = source_of(o, r, came_us);
    struct stmt *q = store_sql(o->db, "INSERT OR IGNORE INTO claim VALUES"
                                      " (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)");
    *e = (struct entry){o->row + 1, r->seq,   r->pos,  lane,
                        cents,      r->at_us, came_us, (uint32_t)(r->body.n + SEAL_OVERHEAD)};
    stmt_int(q, 1, e->row);
    stmt_int(q, 2, source);
    stmt_int(q, 3, r->pos);
    stmt_id(q, 4, r->id);
    stmt_int(q, 5, lane);
    stmt_int(q, 6, cents);
    stmt_int(q, 7, r->at_us);
    stmt_int(q, 8, came_us);
    if (stmt_run(q) == 0)
        return false;
    o->row++;
    body_insert(o, e->row, r);
    return true;
}

bool outbox_duplicate(struct outbox *o, const char *run, const struct record *r,
                      const struct claim *c)
{
    return dup_holds(o->dup, run, r, c);
}

bool outbox_gone(struct outbox *o, const struct record *r, int64_t came_us)
{
    store_begin(o->db);
    int64_t source = source_of(o, r, came_us);
    struct stmt *q = store_sql(o->db, "INSERT OR IGNORE INTO gone VALUES (?, ?)");
    stmt_int(q, 1, source);
    stmt_int(q, 2, r->pos);
    return stmt_run(q) > 0;
}

bool outbox_tally(struct outbox *o, const struct record *r, int64_t came_us)
{
    store_begin(o->db);
    int64_t source = source_of(o, r, came_us);
    /* Of a set that was refused and released, claims stand after all. */
    struct stmt *q = store_sql(o->db, "UPDATE source SET of = ?1 WHERE source = ?2 AND"
                                      " (of IS NULL OR (of = 0 AND ?1 > 0))");
    stmt_int(q, 1, r->of);
    stmt_int(q, 2, source);
    return stmt_run(q) > 0;
}

/* ---- starting again ---- */

uint64_t outbox_next(struct outbox *o)
{
    return (uint64_t)store_int(o->db, "SELECT value FROM counter WHERE name = 'next'", 0);
}

void outbox_load(struct outbox *o, struct queue *q)
{
    struct stmt *s = store_sql(o->db, "SELECT row, source.id, seq, pos, lane, cents, at,"
                                      " claim.came, length(sealed) FROM claim JOIN source"
                                      " USING (source) JOIN body USING (row)"
                                      " WHERE batch IS NULL");
    while (stmt_step(s))
        queue_claim(q, stmt_col_id(s, 1),
                    (struct entry){stmt_col_int(s, 0), (uint64_t)stmt_col_int(s, 2),
                                   (uint32_t)stmt_col_int(s, 3), (uint32_t)stmt_col_int(s, 4),
                                   stmt_col_int(s, 5), stmt_col_int(s, 6), stmt_col_int(s, 7),
                                   (uint32_t)stmt_col_int(s, 8)});
    s = store_sql(o->db, "SELECT id, seq, count(*) FROM gone JOIN source USING (source)"
                         " WHERE seq >= (SELECT value FROM counter WHERE name = 'next')"
                         " GROUP BY source");
    while (stmt_step(s))
        queue_gone(q, stmt_col_id(s, 0), (uint64_t)stmt_col_int(s, 1),
                   (uint32_t)stmt_col_int(s, 2));
    s = store_sql(o->db, "SELECT id, seq, of, came FROM source WHERE of IS NOT NULL AND seq >="
                         " (SELECT value FROM counter WHERE name = 'next')");
    while (stmt_step(s))
        queue_tally(q, stmt_col_id(s, 0), (uint64_t)stmt_col_int(s, 1),
                    (uint32_t)stmt_col_int(s, 2), stmt_col_int(s, 3));
}

/* ---- sealing ---- */

static uint32_t counter_up(struct outbox *o, const char *name)
{
    struct stmt *q = store_sql(o->db, "UPDATE counter SET value = value + 1 WHERE name = ?"
                                      " RETURNING value");
    stmt_text(q, 1, phi_lit(name));
    if (!stmt_step(q))
        BUG("a counter is missing");
    int64_t v = stmt_col_int(q, 0);
    while (stmt_step(q))
        ;
    if (v > CONTROL_MAX) /* begin again only by hand: a number is never used twice */
        die(EXIT_CONFIG, "cannot seal a batch: control numbers \"%s\" are used up", name);
    return (uint32_t)v;
}

static void mark_members(struct outbox *o, int64_t batch, const struct entry *e, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct stmt *q = store_sql(o->db, "UPDATE claim SET batch = ?, n = ?"
                                          " WHERE row = ? AND batch IS NULL");
        stmt_int(q, 1, batch);
        stmt_int(q, 2, i);
        stmt_int(q, 3, e[i].row);
        if (stmt_run(q) != 1)
            BUG("a claim would be in two batches");
    }
}

/* What a batch is made of: sums and ranges of its members. */
static struct batch summed(const struct entry *e, uint32_t n, int64_t *lo, int64_t *hi)
{
    struct batch b = {.claims = n, .at_us = INT64_MIN};
    *lo = INT64_MAX;
    *hi = 0;
    for (uint32_t i = 0; i < n; i++) {
        *lo = e[i].row < *lo ? e[i].row : *lo;
        *hi = e[i].row > *hi ? e[i].row : *hi;
        b.at_us = e[i].at_us > b.at_us ? e[i].at_us : b.at_us;
        if (__builtin_add_overflow(b.cents, e[i].cents, &b.cents))
            die(EXIT_CONFIG, "cannot seal a batch: the sum of its charges is too large");
    }
    return b;
}

static struct terms terms_of(struct outbox *o, const struct partners *p, uint32_t lane,
                             struct arena *a)
{
    const struct lane_key *k = &o->lanes[lane].key;
    struct terms t = partners_terms(p, k->payer, a);
    t.t[T_USAGE] = arena_strndup(a, &k->usage, 1);
    t.t[T_PURPOSE] = arena_strndup(a, k->purpose.p, k->purpose.n);
    if (k->version.n)
        t.t[T_VERSION] = arena_strndup(a, k->version.p, k->version.n);
    return t;
}

static void batch_insert(struct outbox *o, const struct batch *b, uint32_t lane, int64_t lo,
                         int64_t hi, const struct terms *t)
{
    struct buf packed = {0};
    terms_pack(t, &packed);
    struct stmt *q = store_sql(o->db, "INSERT INTO batch VALUES"
                                      " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL, NULL)");
    const int64_t v[] = {b->number, b->gs06,  lane, b->claims, b->per_set,
                         b->cents,  b->at_us, lo,   hi};
    for (int i = 0; i < 9; i++)
        stmt_int(q, i + 1, v[i]);
    stmt_text(q, 10, buf_view(&packed));
    stmt_run(q);
    buf_free(&packed);
}

static void next_set(struct outbox *o, uint64_t next)
{
    struct stmt *q = store_sql(o->db, "UPDATE counter SET value = ? WHERE name = 'next'");
    stmt_int(q, 1, (int64_t)next);
    stmt_run(q);
}

int64_t outbox_seal(struct outbox *o, const struct partners *p, const struct entry *e, uint32_t n,
                    uint64_t next, uint32_t per_set)
{
    struct arena a = {0};
    int64_t lo, hi;
    struct batch b = summed(e, n, &lo, &hi);
    struct terms t = terms_of(o, p, e[0].lane, &a);
    store_begin(o->db);
    b.number = counter_up(o, "isa13");
    b.gs06 = counter_up(o, "gs06");
    b.per_set = per_set;
    batch_insert(o, &b, e[0].lane, lo, hi, &t);
    mark_members(o, b.number, e, n);
    next_set(o, next);
    kill_point("build837.seal.before");
    store_commit(o->db);
    kill_point("build837.seal.after");
    arena_free(&a);
    return b.number;
}

/* ---- batches ---- */

bool outbox_batch(struct outbox *o, enum batch_state s, int64_t after, struct batch *out,
                  struct arena *a)
{
    struct stmt *q = store_sql(
        o->db, "SELECT batch, gs06, claims, per_set, cents, batch.at, payer, terms, name, digest,"
               " bytes FROM batch JOIN lane USING (lane) WHERE state = ? AND state < 2 AND"
               " batch > ? ORDER BY batch LIMIT 1");
    stmt_int(q, 1, s);
    stmt_int(q, 2, after);
    if (!stmt_step(q))
        return false;
    *out = (struct batch){.number = stmt_col_int(q, 0),
                          .gs06 = (uint32_t)stmt_col_int(q, 1),
                          .claims = (uint32_t)stmt_col_int(q, 2),
                          .per_set = (uint32_t)stmt_col_int(q, 3),
                          .cents = stmt_col_int(q, 4),
                          .at_us = stmt_col_int(q, 5),
                          .state = s,
                          .payer = arena_phi(a, stmt_col_bytes(q, 6)),
                          .name = arena_phi(a, stmt_col_bytes(q, 8)),
                          .bytes = stmt_col_int(q, 10)};
    if (!terms_unpack(stmt_col_bytes(q, 7), &out->terms, a))
        die(EXIT_CONFIG, "cannot read the terms of batch %lld", (long long)out->number);
    phi_str d = stmt_col_bytes(q, 9);
    if (d.n == DIGEST_LEN)
        memcpy(out->digest.b, d.p, DIGEST_LEN);
    while (stmt_step(q))
        ;
    return true;
}

static void open_body(struct outbox *o, struct stmt *q, struct rec_id id, struct buf *plain)
{
    if (!unseal(o->keys, stmt_col_bytes(q, 2), id_bytes(&id), plain))
        die(EXIT_CONFIG, "cannot open a sealed claim of the outbox: it was altered, or its key is "
                         "missing");
}

/* Bodies are collected in one buffer, which moves while it grows; so lengths first, then slices. */
static struct members members_new(const struct batch *b, struct arena *a)
{
    struct members m = {.n = b->claims};
    m.ids = arena_alloc(a, m.n * sizeof *m.ids);
    m.bodies = arena_alloc(a, m.n * sizeof *m.bodies);
    return m;
}

struct members outbox_members(struct outbox *o, const struct batch *b, struct buf *plain,
                              struct arena *a)
{
    static const char IDS[] =
        "SELECT n, id FROM batch CROSS JOIN claim WHERE batch.batch = ?1 AND claim.batch = ?1 AND"
        " claim.row BETWEEN lo AND hi";
    static const char BODIES[] =
        "SELECT n, id, sealed FROM batch CROSS JOIN claim CROSS JOIN body USING (row)"
        " WHERE batch.batch = ?1 AND claim.batch = ?1 AND claim.row BETWEEN lo AND hi";
    struct members m = members_new(b, a);
    struct stmt *q = plain ? store_sql(o->db, BODIES) : store_sql(o->db, IDS);
    uint32_t found = 0;
    size_t *from = arena_alloc(a, m.n * sizeof *from);
    stmt_int(q, 1, b->number);
    for (; stmt_step(q); found++) {
        uint32_t n = (uint32_t)stmt_col_int(q, 0);
        if (n >= m.n)
            BUG("a batch has members that it does not count");
        m.ids[n] = stmt_col_id(q, 1);
        if (!plain)
            continue;
        from[n] = plain->len;
        open_body(o, q, m.ids[n], plain);
        m.bodies[n].n = plain->len - from[n];
    }
    if (found != m.n)
        BUG("a batch lacks members");
    for (uint32_t i = 0; plain && i < m.n; i++)
        m.bodies[i].p = plain->p + from[i];
    return m;
}

void outbox_rendered(struct outbox *o, const struct batch *b)
{
    struct stmt *q = store_sql(o->db, "UPDATE batch SET state = 1, name = ?, digest = ?, bytes = ?"
                                      " WHERE batch = ?");
    store_begin(o->db);
    stmt_text(q, 1, b->name);
    stmt_blob(q, 2, b->digest.b, DIGEST_LEN);
    stmt_int(q, 3, b->bytes);
    stmt_int(q, 4, b->number);
    stmt_run(q);
    kill_point("build837.rendered.before");
    store_commit(o->db);
    kill_point("build837.rendered.after");
}

void outbox_released(struct outbox *o, int64_t number)
{
    struct stmt *q = store_sql(o->db, "UPDATE batch SET state = 2 WHERE batch = ?");
    store_begin(o->db);
    stmt_int(q, 1, number);
    stmt_run(q);
}
