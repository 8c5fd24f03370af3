#include "common/outgoing/documents.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

struct documents {
    struct store *db;
    struct seal_keys *keys;
};

static const char *const migrations[] = {
    OUTGOING_TABLE
    "CREATE TABLE document(n INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL,"
    "  account TEXT NOT NULL, payer TEXT NOT NULL, number TEXT NOT NULL, form TEXT NOT NULL,"
    "  asked INTEGER NOT NULL, bytes INTEGER NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL);"
    "CREATE INDEX document_account ON document(account, number);"
    "CREATE INDEX document_file ON document(file);"
    "CREATE TABLE count(n INTEGER NOT NULL); INSERT INTO count VALUES(0);",
    NULL};
static const struct store_schema schema = {"attach", migrations, 0};

static struct documents *opened(struct store *db, const char *run)
{
    struct documents *d = xcalloc(1, sizeof *d);
    d->db = db;
    d->keys = seal_open(run);
    return d;
}

struct documents *documents_open(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/attach", run);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_puts(&path, "/attach.db");
    struct documents *d = opened(store_open(buf_cstr(&path), &schema), run);
    buf_free(&path);
    return d;
}

struct documents *documents_open_ro(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/attach/attach.db", run);
    struct store *db = store_open_ro(buf_cstr(&path), &schema);
    buf_free(&path);
    return db ? opened(db, run) : NULL;
}

void documents_close(struct documents *d)
{
    if (!d)
        return;
    store_close(d->db);
    seal_close(d->keys);
    free(d);
}

bool documents_known(struct documents *d, const struct document *x)
{
    struct stmt *q = store_sql(d->db, "SELECT 1 FROM document WHERE account=?1 AND number=?2 AND"
                                      " digest=?3");
    stmt_text(q, 1, x->account);
    stmt_text(q, 2, x->number);
    stmt_blob(q, 3, x->digest.b, DIGEST_LEN);
    return stmt_step(q);
}

int64_t documents_count(struct documents *d, phi_str account, phi_str number)
{
    struct stmt *q =
        store_sql(d->db, "SELECT count(*) FROM document WHERE account=?1 AND number=?2");
    stmt_text(q, 1, account);
    stmt_text(q, 2, number);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

void documents_number(struct documents *d, char out[24])
{
    store_begin(d->db);
    stmt_run(store_sql(d->db, "UPDATE count SET n=n+1"));
    snprintf(out, 24, "ATT%09lld", (long long)store_int(d->db, "SELECT n FROM count", 0));
}

int64_t documents_begin(struct documents *d)
{
    store_begin(d->db);
    return outgoing_new(d->db);
}

void documents_keep(struct documents *d, const struct document *x, phi_str body)
{
    struct stmt *q =
        store_sql(d->db, "INSERT INTO document(file,account,payer,number,form,asked,bytes,digest,"
                         "at) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)");
    stmt_int(q, 1, x->file);
    stmt_text(q, 2, x->account);
    stmt_text(q, 3, x->payer);
    stmt_text(q, 4, x->number);
    stmt_text(q, 5, x->form);
    stmt_int(q, 6, x->asked);
    stmt_int(q, 7, x->bytes);
    stmt_blob(q, 8, x->digest.b, DIGEST_LEN);
    stmt_int(q, 9, x->at_us);
    stmt_run(q);
    outgoing_keep(d->db, d->keys, x->file, x->payer, body);
}

void documents_commit(struct documents *d)
{
    kill_point("attach.commit.before");
    store_commit(d->db);
    kill_point("attach.commit.after");
}

int documents_write(struct documents *d, const char *run, void (*say)(void *ctx, const char *name),
                    void *ctx)
{
    struct buf dir = {0};
    buf_printf(&dir, "%s/attach/out", run);
    int n = outgoing_write(
        d->db, d->keys,
        &(struct outgoing_to){buf_cstr(&dir), "275", "attach.write.after", say, ctx});
    buf_free(&dir);
    return n;
}

void documents_each(struct documents *d, int64_t control,
                    void (*each)(void *ctx, const struct document *x), void *ctx)
{
    struct buf name = {0};
    struct stmt *q =
        store_sql(d->db, "SELECT n,file,account,payer,number,form,asked,bytes,digest,at FROM"
                         " document WHERE ?1=0 OR file=?1 ORDER BY n");
    stmt_int(q, 1, control ? control - OUTGOING_275 : 0);
    for (; stmt_step(q); buf_clear(&name)) {
        struct document x = {.n = stmt_col_int(q, 0),
                             .file = stmt_col_int(q, 1),
                             .account = stmt_col_bytes(q, 2),
                             .payer = stmt_col_bytes(q, 3),
                             .number = stmt_col_bytes(q, 4),
                             .form = stmt_col_bytes(q, 5),
                             .asked = stmt_col_int(q, 6) != 0,
                             .bytes = stmt_col_int(q, 7),
                             .at_us = stmt_col_int(q, 9)};
        memcpy(x.digest.b, stmt_col_bytes(q, 8).p, DIGEST_LEN);
        outgoing_file_name(&name, x.payer, x.file, "275");
        x.name = buf_view(&name);
        each(ctx, &x);
    }
    buf_free(&name);
}
