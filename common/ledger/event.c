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

/* What an event row says, as numbers: the mark is over these bytes. */
struct marked {
    struct digest file;
    struct rec_id id, parent;
    int64_t off, pos, kind, n, len, seg, seq, at;
};

int64_t event_mark(struct ledger *l, const struct record *r, int kind, int64_t n)
{
    int64_t mark;
    const struct marked m = {r->file, r->id,           r->parent, (int64_t)r->off, r->pos,  kind,
                             n,       (int64_t)r->len, r->seg,    (int64_t)r->seq, r->at_us};
    struct rec_id id = seal_token(l->keys, "event", phi_of((const char *)&m, sizeof m));
    memcpy(&mark, id.b, sizeof mark);
    return mark;
}

static int insert(struct ledger *l, const struct record *r, enum ledger_kind kind, int64_t file,
                  int n)
{
    struct stmt *q = store_sql(
        l->store, "INSERT OR IGNORE INTO event(file,off,pos,kind,n,len,seg,seq,at,id,parent,"
                  "mark) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)");
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
    stmt_int(
        q, 12,
        event_mark(l, r, kind | (kind == LEDGER_CLAIM && l->importing ? EVENT_IMPORTED : 0), n));
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

void body_keep(struct ledger *l, int64_t no, const struct record *r)
{
    struct buf plain = {0};
    buf_add(&plain, &r->of, sizeof r->of);
    buf_phi(&plain, r->body);
    buf_clear(&l->buf);
    seal_value(l, 'b', no, buf_view(&plain), &l->buf);
    struct stmt *q = store_sql(l->store, "INSERT INTO body VALUES(?1,?2)");
    stmt_int(q, 1, no);
    stmt_blob(q, 2, l->buf.p, l->buf.len);
    stmt_run(q);
    buf_free(&plain);
}

bool body_open(struct ledger *l, int64_t no, struct record *r)
{
    struct stmt *q = store_sql(l->store, "SELECT body FROM body WHERE no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return false;
    phi_str plain = open_value(l, 'b', no, stmt_col_bytes(q, 0));
    if (plain.n < sizeof r->of)
        return false;
    memcpy(&r->of, plain.p, sizeof r->of);
    r->body = phi_of(plain.p + sizeof r->of, plain.n - sizeof r->of);
    return true;
}
