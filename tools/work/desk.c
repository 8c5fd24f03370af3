#include "tools/work/desk.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct desk {
    struct store *db;
    const char *run;
};

static const char *const migrations[] = {
    "CREATE TABLE act(n INTEGER PRIMARY KEY, item TEXT NOT NULL, act TEXT NOT NULL,"
    "  who TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL);"
    "CREATE INDEX act_item ON act(item, n);",
    NULL};
static const struct store_schema schema = {"work", migrations, 0};

struct desk *desk_open(const char *run)
{
    struct buf dir = {0};
    buf_printf(&dir, "%s/work", run);
    if (fs_mkdirs(buf_cstr(&dir)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&dir));
    buf_puts(&dir, "/work.db");
    struct desk *d = xcalloc(1, sizeof *d);
    d->run = run;
    d->db = store_open(buf_cstr(&dir), &schema);
    buf_free(&dir);
    return d;
}

struct desk *desk_open_ro(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/work/work.db", run);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? desk_open(run) : NULL;
}

void desk_close(struct desk *d)
{
    if (!d)
        return;
    store_close(d->db);
    free(d);
}

/* What a person writes may name a patient: it is sealed, bound to its item. */
static void bind_words(struct desk *d, struct stmt *q, int i, const char *item, const char *text,
                       struct buf *sealed)
{
    struct seal_keys *keys = seal_open(d->run);
    seal(keys, phi_lit(text), phi_lit(item), sealed);
    seal_close(keys);
    stmt_blob(q, i, sealed->p, sealed->len);
}

void desk_act(struct desk *d, const char *item, const char *act, const char *who, const char *text,
              int64_t now_us)
{
    struct buf sealed = {0};
    store_begin(d->db);
    struct stmt *q =
        store_sql(d->db, "INSERT INTO act(item,act,who,text,at) VALUES(?1,?2,?3,?4,?5)");
    stmt_text(q, 1, phi_lit(item));
    stmt_text(q, 2, phi_lit(act));
    stmt_text(q, 3, phi_lit(who));
    if (*text)
        bind_words(d, q, 4, item, text, &sealed);
    else
        stmt_text(q, 4, phi_lit(""));
    stmt_int(q, 5, now_us);
    stmt_run(q);
    store_commit(d->db);
    buf_free(&sealed);
}

/* Resolved, until it arises again or its cause has lasted too long after that. */
static void resolve(struct item *i, int64_t at, int64_t now_us)
{
    i->returns_us = i->again_us ? at + i->again_us : 0;
    i->resolved = at >= i->since_us && (!i->returns_us || now_us < i->returns_us);
}

void desk_look(struct desk *d, struct item *i, int64_t now_us, struct arena *a)
{
    struct stmt *q =
        store_sql(d->db, "SELECT act,who,at FROM act WHERE item=?1 AND at<=?2 ORDER BY n");
    stmt_text(q, 1, phi_lit(i->id));
    stmt_int(q, 2, now_us);
    while (stmt_step(q)) {
        phi_str act = stmt_col_bytes(q, 0);
        if (phi_is(act, "take"))
            i->owner = arena_phi(a, stmt_col_bytes(q, 1));
        if (phi_is(act, "resolve"))
            resolve(i, stmt_col_int(q, 2), now_us);
        if (phi_is(act, "reopen"))
            i->resolved = false;
    }
    if (!i->resolved)
        i->returns_us = 0;
}

static phi_str words_of(struct seal_keys *keys, const char *item, phi_str blob, struct buf *plain)
{
    buf_clear(plain);
    if (!unseal(keys, blob, phi_lit(item), plain))
        die(EXIT_CONFIG, "a note on \"%s\" does not open: altered, or its key is missing", item);
    return buf_view(plain);
}

void desk_acts(struct desk *d, const char *item,
               void (*each)(void *ctx, int64_t at_us, phi_str act, phi_str who, phi_str text),
               void *ctx)
{
    struct seal_keys *keys = NULL;
    struct buf plain = {0};
    /* a text that is no blob was written before they were sealed */
    struct stmt *q = store_sql(
        d->db, "SELECT at,act,who,text,typeof(text)='blob' FROM act WHERE item=?1 ORDER BY n");
    stmt_text(q, 1, phi_lit(item));
    while (stmt_step(q)) {
        bool sealed = stmt_col_int(q, 4);
        if (sealed && !keys)
            keys = seal_open(d->run);
        phi_str text = stmt_col_bytes(q, 3);
        each(ctx, stmt_col_int(q, 0), stmt_col_bytes(q, 1), stmt_col_bytes(q, 2),
             sealed ? words_of(keys, item, text, &plain) : text);
    }
    if (keys)
        seal_close(keys);
    buf_free(&plain);
}
