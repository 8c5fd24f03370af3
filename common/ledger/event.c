/* Events: one row a record, and how a repeat is known. */
#include "common/ledger/parts.h"

static int64_t file_number(struct ledger *l, const struct digest *d)
{
    if (l->file_no && memcmp(d->b, l->file.b, DIGEST_LEN) == 0)
        return l->file_no;
    struct stmt *q = store_sql(l->store, "INSERT OR IGNORE INTO file(digest) VALUES(?1)");
    stmt_blob(q, 1, d->b, DIGEST_LEN);
    stmt_run(q);
    q = store_sql(l->store, "SELECT no FROM file WHERE digest=?1");
    stmt_blob(q, 1, d->b, DIGEST_LEN);
    stmt_step(q);
    l->file_no = stmt_col_int(q, 0);
    l->file = *d;
    return l->file_no;
}

static int insert(struct ledger *l, const struct record *r, enum ledger_kind kind, int64_t file,
                  int n)
{
    struct stmt *q = store_sql(
        l->store, "INSERT OR IGNORE INTO event(file,off,pos,kind,n,len,seg,seq,at,id,parent)"
                  " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)");
    stmt_int(q, 1, file);
    stmt_int(q, 2, (int64_t)r->off);
    stmt_int(q, 3, r->pos);
    stmt_int(q, 4, kind);
    stmt_int(q, 5, n);
    stmt_int(q, 6, (int64_t)r->len);
    stmt_int(q, 7, r->seg);
    stmt_int(q, 8, (int64_t)r->seq);
    stmt_int(q, 9, r->at_us);
    stmt_id(q, 10, r->id);
    stmt_id(q, 11, r->parent);
    return stmt_run(q);
}

static int64_t known(struct ledger *l, const struct record *r, enum ledger_kind kind, int64_t file,
                     int n, struct rec_id *id)
{
    struct stmt *q = store_sql(
        l->store,
        "SELECT no,id FROM event WHERE file=?1 AND off=?2 AND pos=?3 AND kind=?4 AND n=?5");
    stmt_int(q, 1, file);
    stmt_int(q, 2, (int64_t)r->off);
    stmt_int(q, 3, r->pos);
    stmt_int(q, 4, kind);
    stmt_int(q, 5, n);
    stmt_step(q);
    *id = stmt_col_id(q, 1);
    return stmt_col_int(q, 0);
}

/* Two records that say they stand at one place and have different ids are two records: the second
 * gets the next n. (A stage in another language may leave the place out.) */
int64_t event_add(struct ledger *l, const struct record *r, enum ledger_kind kind, bool *repeat)
{
    int64_t file = file_number(l, &r->file), no;
    struct rec_id id;
    for (int n = 0;; n++) {
        *repeat = false;
        if (insert(l, r, kind, file, n))
            return store_last_id(l->store);
        no = known(l, r, kind, file, n, &id);
        *repeat = rec_id_eq(id, r->id);
        if (*repeat)
            return no;
    }
}
