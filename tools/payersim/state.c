#include "tools/payersim/state.h"
#include "common/util/log.h"
#include <stdlib.h>

struct state {
    struct store *db;
};

static const char *const migrations[] = {
    "CREATE TABLE came(file BLOB NOT NULL, name TEXT NOT NULL, PRIMARY KEY(file, name))"
    "  WITHOUT ROWID;"
    "CREATE TABLE isa(payer TEXT NOT NULL, sender TEXT NOT NULL, control TEXT NOT NULL,"
    "  PRIMARY KEY(payer, sender, control)) WITHOUT ROWID;"
    "CREATE TABLE count(payer TEXT NOT NULL, what TEXT NOT NULL, n INTEGER NOT NULL,"
    "  PRIMARY KEY(payer, what)) WITHOUT ROWID;"
    "CREATE TABLE out(n INTEGER PRIMARY KEY, due INTEGER NOT NULL, payer TEXT NOT NULL,"
    "  name TEXT NOT NULL, body BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX out_due ON out(done, due, n);"
    "CREATE TABLE remit(n INTEGER PRIMARY KEY, due INTEGER NOT NULL, payer TEXT NOT NULL,"
    "  sender TEXT NOT NULL, gs_sender TEXT NOT NULL, usage TEXT NOT NULL, payee TEXT NOT NULL,"
    "  payee_name TEXT NOT NULL, tax TEXT NOT NULL, clp BLOB NOT NULL, account TEXT NOT NULL,"
    "  icn TEXT NOT NULL, paid INTEGER NOT NULL, interest INTEGER NOT NULL,"
    "  twice INTEGER NOT NULL, lie INTEGER NOT NULL, refund INTEGER NOT NULL,"
    "  payment INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX remit_due ON remit(payment, due, payer, payee, n);"
    "CREATE TABLE debt(n INTEGER PRIMARY KEY, payer TEXT NOT NULL, payee TEXT NOT NULL,"
    "  code TEXT NOT NULL, ref TEXT NOT NULL, refund INTEGER NOT NULL, left INTEGER NOT NULL);"
    "CREATE INDEX debt_open ON debt(payer, payee, n) WHERE left > 0;"
    "CREATE TABLE claim(n INTEGER PRIMARY KEY, payer TEXT NOT NULL, sender TEXT NOT NULL,"
    "  account TEXT NOT NULL, icn TEXT NOT NULL, reversal BLOB NOT NULL, paid INTEGER NOT NULL,"
    "  reversed INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX claim_account ON claim(payer, sender, account, n);",
    "CREATE INDEX remit_account ON remit(account);"
    "CREATE TABLE wanted(n INTEGER PRIMARY KEY, payer TEXT NOT NULL, sender TEXT NOT NULL,"
    "  account TEXT NOT NULL, gs_sender TEXT NOT NULL, icn TEXT NOT NULL, body BLOB NOT NULL,"
    "  came INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX wanted_account ON wanted(payer, sender, account) WHERE came = 0;",
    "CREATE INDEX claim_of_any ON claim(account);", /* of whichever payer */
    NULL};
static const struct store_schema schema = {"payersim", migrations, 0};

struct state *state_open(const char *path)
{
    struct state *s = xcalloc(1, sizeof *s);
    s->db = store_open(path, &schema);
    return s;
}

void state_close(struct state *s)
{
    store_close(s->db);
    free(s);
}

struct store *state_store(struct state *s)
{
    return s->db;
}

int64_t state_next(struct state *s, const char *payer, const char *what)
{
    struct stmt *q = store_sql(s->db, "INSERT INTO count VALUES(?1, ?2, 1) ON CONFLICT(payer, what)"
                                      " DO UPDATE SET n = n + 1 RETURNING n");
    stmt_text(q, 1, phi_lit(payer));
    stmt_text(q, 2, phi_lit(what));
    if (!stmt_step(q))
        BUG("a count gives no number");
    int64_t n = stmt_col_int(q, 0);
    stmt_step(q);
    return n;
}

void state_plan_file(struct state *s, const char *payer, const char *name, phi_str body,
                     int64_t due)
{
    struct stmt *q =
        store_sql(s->db, "INSERT INTO out(due, payer, name, body) VALUES(?1, ?2, ?3, ?4)");
    stmt_int(q, 1, due);
    stmt_text(q, 2, phi_lit(payer));
    stmt_text(q, 3, phi_lit(name));
    stmt_blob(q, 4, body.p, body.n);
    stmt_run(q);
}

/* ---- remittances ---- */

void state_plan_remit(struct state *s, const struct planned *p)
{
    struct stmt *q = store_sql(
        s->db,
        "INSERT INTO remit(due, payer, sender, gs_sender, usage, payee, payee_name, tax, clp,"
        " account, icn, paid, interest, twice, lie, refund)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
    const phi_str text[] = {p->payer, p->sender,     p->gs_sender, phi_of(&p->usage, 1),
                            p->payee, p->payee_name, p->tax};
    stmt_int(q, 1, p->due);
    for (int i = 0; i < 7; i++)
        stmt_text(q, 2 + i, text[i]);
    stmt_blob(q, 9, p->clp.p, p->clp.n);
    stmt_text(q, 10, p->account);
    stmt_text(q, 11, p->icn);
    const int64_t number[] = {p->paid, p->interest, p->twice, p->lie, p->refund};
    for (int i = 0; i < 5; i++)
        stmt_int(q, 12 + i, number[i]);
    stmt_run(q);
}

#define REMIT                                                                                      \
    "SELECT n, due, payer, sender, gs_sender, usage, payee, payee_name, tax, clp, account, icn,"   \
    " paid, interest, twice, lie, refund FROM remit "

static void fill(struct stmt *q, struct arena *a, struct planned *p)
{
    *p = (struct planned){.n = stmt_col_int(q, 0), .due = stmt_col_int(q, 1)};
    phi_str *const text[] = {&p->payer, &p->sender, &p->gs_sender};
    for (int i = 0; i < 3; i++)
        *text[i] = arena_phi(a, stmt_col_bytes(q, 2 + i));
    phi_str usage = stmt_col_bytes(q, 5);
    p->usage = usage.n ? *usage.p : 'T';
    phi_str *const more[] = {&p->payee, &p->payee_name, &p->tax, &p->clp, &p->account, &p->icn};
    for (int i = 0; i < 6; i++)
        *more[i] = arena_phi(a, stmt_col_bytes(q, 6 + i));
    int64_t *const number[] = {&p->paid, &p->interest, &p->twice, &p->lie, &p->refund};
    for (int i = 0; i < 5; i++)
        *number[i] = stmt_col_int(q, 12 + i);
}

bool state_run_due(struct state *s, int64_t now, struct arena *a, struct planned *first)
{
    struct stmt *q = store_sql(s->db, REMIT "WHERE payment = 0 AND due <= ?1"
                                            " ORDER BY due, payer, payee, sender, n LIMIT 1");
    stmt_int(q, 1, now);
    if (!stmt_step(q))
        return false;
    fill(q, a, first);
    return true;
}

size_t state_run(struct state *s, const struct planned *first, struct arena *a,
                 struct planned **list)
{
    struct stmt *q =
        store_sql(s->db, REMIT "WHERE payment = 0 AND due = ?1 AND payer = ?2 AND payee = ?3"
                               " AND sender = ?4 ORDER BY n");
    size_t n = 0, room = 16;
    stmt_int(q, 1, first->due);
    stmt_text(q, 2, first->payer);
    stmt_text(q, 3, first->payee);
    stmt_text(q, 4, first->sender);
    *list = arena_alloc(a, room * sizeof **list);
    while (stmt_step(q)) {
        if (n == room) {
            struct planned *wider = arena_alloc(a, 2 * room * sizeof *wider);
            memcpy(wider, *list, room * sizeof *wider);
            *list = wider;
            room *= 2;
        }
        fill(q, a, &(*list)[n++]);
    }
    return n;
}

void state_paid(struct state *s, int64_t n, int64_t payment)
{
    struct stmt *q = store_sql(s->db, "UPDATE remit SET payment = ?2 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, payment);
    stmt_run(q);
}

/* ---- debts ---- */

void state_owe(struct state *s, phi_str payer, phi_str payee, const struct debt *d)
{
    struct stmt *q = store_sql(s->db, "INSERT INTO debt(payer, payee, code, ref, refund, left)"
                                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    stmt_text(q, 1, payer);
    stmt_text(q, 2, payee);
    stmt_text(q, 3, d->code);
    stmt_text(q, 4, d->ref);
    stmt_int(q, 5, d->refund);
    stmt_int(q, 6, d->left);
    stmt_run(q);
}

size_t state_debts(struct state *s, phi_str payer, phi_str payee, struct arena *a,
                   struct debt **list)
{
    enum { MOST = 16 }; /* more are taken in the next run */
    struct stmt *q =
        store_sql(s->db, "SELECT n, code, ref, refund, left FROM debt"
                         " WHERE payer = ?1 AND payee = ?2 AND left > 0 ORDER BY n LIMIT 16");
    size_t n = 0;
    *list = arena_alloc(a, MOST * sizeof **list);
    stmt_text(q, 1, payer);
    stmt_text(q, 2, payee);
    while (n < MOST && stmt_step(q)) {
        (*list)[n] = (struct debt){.n = stmt_col_int(q, 0),
                                   .code = arena_phi(a, stmt_col_bytes(q, 1)),
                                   .ref = arena_phi(a, stmt_col_bytes(q, 2)),
                                   .refund = stmt_col_int(q, 3),
                                   .left = stmt_col_int(q, 4)};
        n++;
    }
    return n;
}

void state_settle(struct state *s, int64_t n, int64_t cents)
{
    struct stmt *q = store_sql(s->db, "UPDATE debt SET left = left - ?2 WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_int(q, 2, cents);
    stmt_run(q);
}

/* ---- claims ---- */

void state_claim(struct state *s, phi_str payer, phi_str sender, phi_str account, phi_str icn,
                 phi_str reversal, int64_t paid)
{
    struct stmt *q =
        store_sql(s->db, "INSERT INTO claim(payer, sender, account, icn, reversal, paid)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    stmt_text(q, 1, payer);
    stmt_text(q, 2, sender);
    stmt_text(q, 3, account);
    stmt_text(q, 4, icn);
    stmt_blob(q, 5, reversal.p, reversal.n);
    stmt_int(q, 6, paid);
    stmt_run(q);
}

/* ---- what is known of a claim ---- */

static struct stmt *of_claim(struct stmt *q, phi_str payer, phi_str sender, phi_str account)
{
    stmt_text(q, 1, payer);
    stmt_text(q, 2, sender);
    stmt_text(q, 3, account);
    return q;
}

void state_silent(struct state *s, phi_str payer, phi_str sender, phi_str account, phi_str icn)
{
    struct stmt *q =
        of_claim(store_sql(s->db, "INSERT INTO claim(payer, sender, account, icn, reversal, paid,"
                                  " reversed) VALUES(?1, ?2, ?3, ?4, x'', 0, 1)"),
                 payer, sender, account);
    stmt_text(q, 4, icn);
    stmt_run(q);
}

void state_status(struct state *s, phi_str payer, phi_str sender, phi_str account, int64_t now,
                  struct arena *a, struct status *out)
{
    struct stmt *q = of_claim(store_sql(s->db, "SELECT icn FROM claim WHERE payer = ?1 AND"
                                               " sender = ?2 AND account = ?3 ORDER BY n DESC"),
                              payer, sender, account);
    *out = (struct status){.known = stmt_step(q)};
    if (!out->known)
        return;
    out->icn = arena_phi(a, stmt_col_bytes(q, 0));
    q = of_claim(store_sql(s->db, "SELECT 1 FROM wanted WHERE payer = ?1 AND sender = ?2 AND"
                                  " account = ?3 AND came = 0"),
                 payer, sender, account);
    out->records = stmt_step(q);
    q = of_claim(store_sql(s->db, "SELECT count(*), sum(paid), max(due) FROM remit WHERE payer = ?1"
                                  " AND sender = ?2 AND account = ?3 AND due <= ?4"),
                 payer, sender, account);
    stmt_int(q, 4, now);
    if (stmt_step(q) && stmt_col_int(q, 0)) {
        out->decided = true;
        out->paid = stmt_col_int(q, 1);
        out->decided_us = stmt_col_int(q, 2);
    }
}

void state_want(struct state *s, phi_str payer, phi_str sender, phi_str account,
                const struct wanted *w)
{
    struct stmt *q =
        of_claim(store_sql(s->db, "INSERT INTO wanted(payer, sender, account, gs_sender, icn, body)"
                                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
                 payer, sender, account);
    stmt_text(q, 4, w->gs_sender);
    stmt_text(q, 5, w->icn);
    stmt_blob(q, 6, w->body.p, w->body.n);
    stmt_run(q);
}

bool state_came(struct state *s, phi_str payer, phi_str sender, phi_str account, struct arena *a,
                struct wanted *out)
{
    struct stmt *q = of_claim(store_sql(s->db, "UPDATE wanted SET came = 1 WHERE n = (SELECT min(n)"
                                               " FROM wanted WHERE payer = ?1 AND sender = ?2 AND"
                                               " account = ?3 AND came = 0)"
                                               " RETURNING n, gs_sender, icn, body"),
                              payer, sender, account);
    if (!stmt_step(q))
        return false;
    *out = (struct wanted){.n = stmt_col_int(q, 0),
                           .gs_sender = arena_phi(a, stmt_col_bytes(q, 1)),
                           .icn = arena_phi(a, stmt_col_bytes(q, 2)),
                           .body = arena_phi(a, stmt_col_bytes(q, 3))};
    stmt_step(q);
    return true;
}

bool state_earlier(struct state *s, phi_str payer, phi_str sender, phi_str account, struct arena *a,
                   struct earlier *out)
{
    struct stmt *q =
        store_sql(s->db, "UPDATE claim SET reversed = 1 WHERE n ="
                         " (SELECT max(n) FROM claim INDEXED BY claim_of_any"
                         "  WHERE (payer = ?1 OR ?1 = '') AND sender = ?2 AND account = ?3"
                         "  AND reversed = 0)"
                         " RETURNING n, paid, reversal, icn, payer");
    stmt_text(q, 1, payer);
    stmt_text(q, 2, sender);
    stmt_text(q, 3, account);
    if (!stmt_step(q))
        return false;
    *out = (struct earlier){.n = stmt_col_int(q, 0),
                            .paid = stmt_col_int(q, 1),
                            .reversal = arena_phi(a, stmt_col_bytes(q, 2)),
                            .icn = arena_phi(a, stmt_col_bytes(q, 3)),
                            .payer = arena_phi(a, stmt_col_bytes(q, 4))};
    stmt_step(q);
    return true;
}

int64_t state_last(struct state *s, phi_str payer, phi_str sender, phi_str account)
{
    /* By the account: all that is not paid yet are many. */
    struct stmt *q = of_claim(store_sql(s->db, "SELECT coalesce(max(due), 0) FROM remit"
                                               " INDEXED BY remit_account WHERE"
                                               " payer = ?1 AND sender = ?2 AND account = ?3"
                                               " AND payment = 0"),
                              payer, sender, account);
    int64_t last = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    stmt_step(q);
    return last;
}
