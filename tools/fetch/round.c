#include "tools/fetch/round.h"
#include "common/store/store.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const migrations[] = {
    "CREATE TABLE came(n INTEGER PRIMARY KEY, partner TEXT NOT NULL, name TEXT NOT NULL,"
    "  file BLOB NOT NULL, bytes INTEGER NOT NULL, at INTEGER NOT NULL, as_name TEXT NOT NULL,"
    "  UNIQUE(partner, name, file));"
    "CREATE TABLE seen(partner TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,"
    "  since INTEGER NOT NULL, PRIMARY KEY(partner, name)) WITHOUT ROWID;",
    NULL};
static const struct store_schema schema = {"fetch", migrations, 0};

struct work {
    const struct round *r;
    const struct wire *from;
    struct store *db;
    struct wire_fault *fault;
};

static enum wire_result ours(struct work *w, const char *what)
{
    snprintf(w->fault->rule, sizeof w->fault->rule, "NET_LOCAL");
    snprintf(w->fault->why, sizeof w->fault->why, "%s: %s", what, strerror(errno));
    return WIRE_LATER;
}

/* ---- has it come to rest? ---- */

/* Since when the file has had this size, machine time; noted when it is new or has changed. */
static int64_t still_since(struct work *w, const struct wire_file *f)
{
    int64_t now = time(NULL);
    struct stmt *q = store_sql(
        w->db, "INSERT INTO seen VALUES(?1, ?2, ?3, ?4) ON CONFLICT(partner, name) DO UPDATE SET"
               " since = CASE WHEN bytes = excluded.bytes THEN since ELSE excluded.since END,"
               " bytes = excluded.bytes RETURNING since");
    stmt_text(q, 1, phi_lit(w->from->partner));
    stmt_text(q, 2, phi_lit(f->name));
    stmt_int(q, 3, f->bytes);
    stmt_int(q, 4, now);
    return stmt_step(q) ? stmt_col_int(q, 0) : now;
}

/* A file that stays there after it was brought is not brought again while it has the same size. */
static bool stays(struct work *w, const struct wire_file *f)
{
    struct stmt *q =
        store_sql(w->db, "SELECT 1 FROM came WHERE partner = ?1 AND name = ?2 AND bytes = ?3");
    stmt_text(q, 1, phi_lit(w->from->partner));
    stmt_text(q, 2, phi_lit(f->name));
    stmt_int(q, 3, f->bytes);
    return !w->from->archive && stmt_step(q);
}

/* ---- one file ---- */

static bool known(struct work *w, const char *name, const struct digest *d)
{
    struct stmt *q =
        store_sql(w->db, "SELECT 1 FROM came WHERE partner = ?1 AND name = ?2 AND file = ?3");
    stmt_text(q, 1, phi_lit(w->from->partner));
    stmt_text(q, 2, phi_lit(name));
    stmt_blob(q, 3, d->b, DIGEST_LEN);
    return stmt_step(q);
}

/* Moves part to PARTNER.NAME, or to PARTNER.NAME.2 ... when another file has that name; the same bytes
 * may lie there, named by a round that died before it noted them. */
static bool name_here(struct work *w, const char *name, const char *part, const struct digest *d,
                      struct buf *as)
{
    struct buf path = {0};
    struct digest there;
    int64_t bytes;
    bool good = false, tried = false;
    for (int i = 1; !good && (!tried || errno == EEXIST); i++) {
        tried = true;
        buf_clear(as);
        buf_clear(&path);
        buf_printf(as, i == 1 ? "%s.%s" : "%s.%s.%d", w->from->partner, name, i);
        buf_printf(&path, "%s/%s", w->r->into, buf_cstr(as));
        good = renameat2(AT_FDCWD, part, AT_FDCWD, buf_cstr(&path), RENAME_NOREPLACE) == 0;
        if (!good && errno == EEXIST && digest_path(buf_cstr(&path), &there, &bytes)) {
            good = memcmp(there.b, d->b, DIGEST_LEN) == 0;
            errno = EEXIST;
        }
    }
    good = good && fs_sync_parent(buf_cstr(&path)) == 0;
    buf_free(&path);
    return good;
}

static void note(struct work *w, const char *name, const struct digest *d, int64_t bytes,
                 const char *as)
{
    struct stmt *q = store_sql(w->db, "INSERT INTO came(partner, name, file, bytes, at, as_name)"
                                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    stmt_text(q, 1, phi_lit(w->from->partner));
    stmt_text(q, 2, phi_lit(name));
    stmt_blob(q, 3, d->b, DIGEST_LEN);
    stmt_int(q, 4, bytes);
    stmt_int(q, 5, w->r->now_us);
    stmt_text(q, 6, phi_lit(as));
    stmt_run(q);
}

/* The name is given before the row is durable: a death in between gives the same bytes again under
 * the same name, which ingest knows. The other way round a file could be noted and never come. */
static enum wire_result keep(struct work *w, const char *name, const char *part)
{
    struct digest d;
    int64_t bytes;
    struct buf as = {0};
    bool good = digest_path(part, &d, &bytes);
    store_begin(w->db);
    if (good && !known(w, name, &d)) {
        kill_point("fetch.rename.before");
        good = name_here(w, name, part, &d, &as);
        kill_point("fetch.rename.after");
        if (good)
            note(w, name, &d, bytes, buf_cstr(&as));
        if (good && w->r->came)
            w->r->came(w->r->ctx, w->from, buf_cstr(&as), bytes);
    }
    store_commit(w->db);
    kill_point("fetch.noted.after");
    unlink(part);
    buf_free(&as);
    return good ? WIRE_DONE : ours(w, "the file that came cannot be kept");
}

static enum wire_result bring(struct work *w, const struct wire_file *f)
{
    struct buf part = {0};
    buf_printf(&part, "%s/.%s.%s.part", w->r->into, w->from->partner, f->name);
    enum wire_result rc = wire_get(w->from, f->name, buf_cstr(&part), w->fault);
    if (rc == WIRE_DONE)
        rc = keep(w, f->name, buf_cstr(&part));
    buf_free(&part);
    if (rc == WIRE_DONE)
        rc = wire_archive(w->from, f->name, w->fault);
    return rc;
}

/* A file that is torn waits for the next round and holds up no other. */
static enum wire_result bring_all(struct work *w, const struct wire_file *list, size_t n)
{
    enum wire_result rc = WIRE_DONE;
    for (size_t i = 0; i < n && rc == WIRE_DONE; i++) {
        if (stays(w, &list[i]) ||
            (w->r->settle && time(NULL) - still_since(w, &list[i]) < w->r->settle))
            continue;
        rc = bring(w, &list[i]);
        if (rc == WIRE_LATER && strcmp(w->fault->rule, "NET_TORN") == 0)
            rc = WIRE_DONE;
    }
    return rc;
}

/* ---- over CORE: asked for kind by kind, confirmed when it lies here ---- */

enum { PICKS_MOST = 10000 }; /* of one kind in one round */

static enum wire_result pick_one(struct work *w, const char *kind, struct wire_batch *b)
{
    struct buf part = {0};
    char last[sizeof b->id];
    memcpy(last, b->id, sizeof last);
    buf_printf(&part, "%s/.%s.%s.part", w->r->into, w->from->partner, kind);
    enum wire_result rc = wire_pick(w->from, kind, w->r->now_us, buf_cstr(&part), b, w->fault);
    if (rc == WIRE_DONE && *b->name) {
        rc = keep(w, b->name, buf_cstr(&part));
        if (rc == WIRE_DONE)
            rc = wire_confirm(w->from, b, w->r->now_us, w->fault);
        if (strcmp(b->id, last) == 0)
            *b->name = '\0'; /* given again although confirmed: the rest of its kind next time */
    }
    buf_free(&part);
    return rc;
}

static enum wire_result pick_all(struct work *w)
{
    char kinds[256];
    enum wire_result rc = WIRE_DONE;
    snprintf(kinds, sizeof kinds, "%s",
             w->from->take ? w->from->take : "TA1 999 277CA 271 277 278 835");
    for (char *save, *k = strtok_r(kinds, " ", &save); k && rc == WIRE_DONE;
         k = strtok_r(NULL, " ", &save)) {
        struct wire_batch b = {"x"};
        for (int i = 0; *b.name && i < PICKS_MOST && rc == WIRE_DONE; i++)
            rc = pick_one(w, k, &b);
    }
    return rc;
}

/* ---- a look at one partner ---- */

static enum wire_result look(struct work *w)
{
    struct wire_file *list = NULL;
    size_t n;
    if (wire_is_core(w->from))
        return pick_all(w);
    enum wire_result rc = wire_list(w->from, &list, &n, w->fault);
    if (rc == WIRE_DONE)
        rc = bring_all(w, list, n);
    free(list);
    return rc;
}

struct store *round_open(const char *home)
{
    struct buf path = {0};
    buf_printf(&path, "%s/fetch.db", home);
    struct store *db = store_open(buf_cstr(&path), &schema);
    buf_free(&path);
    return db;
}

enum wire_result round_go(const struct round *r, const struct wire *from, struct wire_fault *f)
{
    struct work w = {r, from, r->db ? r->db : round_open(r->home), f};
    enum wire_result rc = look(&w);
    if (r->db)
        store_commit(r->db); /* what was seen there is kept, whatever comes of the next */
    else
        store_close(w.db);
    return rc;
}
