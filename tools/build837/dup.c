#include "tools/build837/dup.h"
#include "common/ledger/life.h"
#include "common/ledger/match.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <string.h>

static void field(struct buf *b, phi_str v)
{
    buf_phi(b, v);
    buf_putc(b, '\n');
}

static void line(struct buf *b, const struct claim_line *l)
{
    field(b, l->revenue);
    field(b, l->code);
    for (uint32_t i = 0; i < l->mods_n; i++)
        field(b, l->mods[i]);
    buf_printf(b, "%lld %lld %d %d\n", (long long)l->charge, (long long)l->units, l->from, l->thru);
    field(b, l->cavity);
}

/* Days first, so that the rows of a day lie together and not one a page; then 48 bits of a keyed hash
 * over what makes a service the same. */
static int64_t service_of(struct seal_keys *keys, const struct claim *c, struct buf *b)
{
    const struct claim_person *p = &c->patient;
    buf_clear(b);
    field(b, c->isa_sender);
    field(b, c->submitter_id);
    field(b, c->billing.npi);
    field(b, c->payer_id);
    field(b, c->subscriber.id);
    field(b, p->last);
    field(b, p->first);
    buf_printf(b, "%d %d %d %lld %d\n", p->dob, c->from, c->thru, (long long)c->charge,
               (int)c->kind);
    for (uint32_t i = 0; i < c->lines_n; i++)
        line(b, &c->lines[i]);
    struct rec_id id = seal_token(keys, "service sent", buf_view(b));
    int64_t low = 0, day = c->from == CLAIM_NO_DATE ? 0 : c->from & 0x7fff;
    memcpy(&low, id.b, 6);
    return day << 48 | low;
}

static bool is_void(const struct report_claim *c)
{
    return c->state.turn_a == A_VOIDED || c->state.turn_a == A_VOIDING;
}

/* Row of the version that this record became in the ledger; 0: it is not there. */
static int64_t version_of(struct ledger *l, phi_str account, struct rec_id id)
{
    struct stmt *q = store_sql(ledger_store(l), "SELECT c.no FROM claim c JOIN event e USING(no)"
                                                " WHERE c.key=?1 AND e.id=?2");
    char key[MATCH_KEY];
    stmt_text(q, 1, phi_of(key, match_key(account, key)));
    stmt_id(q, 2, id);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* That version was rejected by a TA1, 999 or 277CA. What came after it does not count: the ledger may
 * have the claim already that asks here. */
static bool is_rejected(const struct report_claim *c, int64_t version)
{
    bool back = false;
    for (size_t i = 0; i < c->facts_n; i++) {
        enum state_event k = c->facts[i].kind;
        back |=
            c->facts[i].version == version && (k == EV_FILE_REJECTED || k == EV_SET_REJECTED ||
                                               k == EV_REJECTED_HERE || k == EV_REJECTED_BY_PAYER);
    }
    return back;
}

/* The claim that went before under this account came back, or is void: it may go again. */
static bool came_back(const char *run, phi_str account, struct rec_id id)
{
    struct ledger *l = run ? ledger_open_ro(run, NULL) : NULL;
    int64_t chain[8];
    bool back = false;
    if (!l)
        return false;
    struct report *r = report_new(l);
    struct report_claim c;
    int64_t version = version_of(l, account, id);
    size_t n = life_find(l, account, chain, 8);
    for (size_t i = 0; version && i < n && i < 8; i++)
        back |= report_chain(r, chain[i], &c) && (is_rejected(&c, version) || is_void(&c));
    report_free(r);
    ledger_close(l);
    return back;
}

/* ---- what came lately ---- */

enum { LATE = 1 << 15, SLOTS = 2 * LATE };

struct dup {
    struct store *db;
    struct seal_keys *keys;
    uint32_t n;
    struct late {
        int64_t service, row; /* row 0: nothing here */
    } at[SLOTS];
};

/* The place of a service, or the empty one where it would be. */
static struct late *place(struct dup *d, int64_t service)
{
    uint64_t i = (uint64_t)service * UINT64_C(0x9e3779b97f4a7c15) >> 40 & (SLOTS - 1);
    while (d->at[i].row && d->at[i].service != service)
        i = (i + 1) & (SLOTS - 1);
    return &d->at[i];
}

static void remember(struct dup *d, int64_t service, int64_t row)
{
    struct late *l = place(d, service);
    d->n += l->row == 0;
    *l = (struct late){service, row};
}

struct dup *dup_new(struct store *db, struct seal_keys *keys)
{
    struct dup *d = xcalloc(1, sizeof *d);
    d->db = db;
    d->keys = keys;
    struct stmt *q = store_sql(db, "SELECT service,row FROM service_late ORDER BY row");
    while (stmt_step(q) && d->n < SLOTS - 1)
        remember(d, stmt_col_int(q, 0), stmt_col_int(q, 1));
    return d;
}

void dup_free(struct dup *d)
{
    free(d);
}

/* To their places, in order: each page of the large table is written once. */
static void settle(struct dup *d)
{
    stmt_run(store_sql(d->db, "INSERT OR REPLACE INTO service SELECT service,id,account"
                              " FROM service_late ORDER BY service,row"));
    stmt_run(store_sql(d->db, "DELETE FROM service_late"));
    memset(d->at, 0, sizeof d->at);
    d->n = 0;
}

static void note(struct dup *d, int64_t service, const struct record *r, const struct claim *c)
{
    if (d->n >= LATE)
        settle(d);
    struct stmt *q =
        store_sql(d->db, "INSERT INTO service_late (service,id,account) VALUES (?, ?, ?)");
    stmt_int(q, 1, service);
    stmt_id(q, 2, r->id);
    stmt_text(q, 3, c->pcn);
    stmt_run(q);
    remember(d, service, store_last_id(d->db));
}

/* The latest record of the service, positioned on its id and account; NULL: none. */
static struct stmt *latest(struct dup *d, int64_t service)
{
    struct late *l = place(d, service);
    struct stmt *q =
        store_sql(d->db, "SELECT id,account FROM service_late WHERE row=? AND service=?");
    stmt_int(q, 1, l->row);
    stmt_int(q, 2, service);
    if (l->row && stmt_step(q))
        return q;
    q = store_sql(d->db, "SELECT id,account FROM service WHERE service=?");
    stmt_int(q, 1, service);
    return stmt_step(q) ? q : NULL;
}

bool dup_holds(struct dup *d, const char *run, const struct record *r, const struct claim *c)
{
    struct buf b = {0};
    if (phi_is(c->frequency, "7") || phi_is(c->frequency, "8"))
        return false;
    int64_t service = service_of(d->keys, c, &b);
    bool held = false;
    store_begin(d->db);
    struct stmt *q = latest(d, service);
    if (q && !rec_id_eq(stmt_col_id(q, 0), r->id) &&
        !phi_is(record_note(r, "released"), "DUP_HOLD")) {
        struct rec_id before = stmt_col_id(q, 0);
        buf_clear(&b);
        buf_phi(&b, stmt_col_bytes(q, 1));
        held = !came_back(run, buf_view(&b), before);
    }
    if (!held)
        note(d, service, r, c);
    buf_free(&b);
    return held;
}
