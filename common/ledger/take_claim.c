/* A claim comes: its chain, its charge, and the remits that waited for it. */
#include "common/ledger/parts.h"
#include <stdio.h>

int64_t service_key(struct ledger *l, int32_t from, int64_t charge)
{
    struct {
        int64_t charge, from;
    } in = {charge, from};
    struct rec_id id = seal_token(l->keys, "service", phi_of((const char *)&in, sizeof in));
    int64_t key;
    memcpy(&key, id.b, sizeof key);
    return key;
}

/* True when a names the payer of b, of another rank, and both are about one patient: what goes to the
 * next payer goes under that payer's member id. */
static bool next_in_line(const struct facts *a, const struct facts *b)
{
    bool named = false;
    for (uint32_t i = 0; i < a->others_n; i++)
        named |= a->others[i].rank == b->rank && phi_eq(a->others[i].payer, b->payer);
    return named && a->rank != b->rank && a->dob == b->dob && a->from == b->from &&
           phi_eq(a->last, b->last) && phi_eq(a->first, b->first);
}

/* A new version of a claim, and not another claim whose submitter counts in the same way: the same
 * account of the same biller for the same member; a replacement or void may have come first, or be
 * there to mend the member; another payer of the same claim knows the member by another number. */
static bool same_chain(const struct facts *a, const struct facts *b)
{
    bool mends =
        a->frequency == '7' || a->frequency == '8' || b->frequency == '7' || b->frequency == '8';
    return phi_eq(a->pcn, b->pcn) && phi_eq(a->billing, b->billing) &&
           (mends || phi_eq(a->member, b->member) || next_in_line(a, b) || next_in_line(b, a));
}

struct chain {
    int64_t no;      /* 0: none yet */
    bool imported;   /* one of its versions is */
    bool same_again; /* an original for this payer is there already */
};

static struct chain find_chain(struct ledger *l, const struct facts *f, phi_str key)
{
    struct chain chain = {0};
    struct stmt *q = store_sql(l->store, "SELECT no,chain,facts,imported FROM claim WHERE key=?1");
    stmt_text(q, 1, key);
    while (stmt_step(q)) {
        struct facts have;
        phi_str blob = stmt_col_bytes(q, 2);
        if (!facts_read(open_value(l, 'c', stmt_col_int(q, 0), blob), &l->arena, &have) ||
            !same_chain(f, &have))
            continue;
        chain.no = stmt_col_int(q, 1);
        chain.imported |= stmt_col_int(q, 3);
        chain.same_again |= f->frequency == '1' && have.frequency == '1' && f->rank == have.rank;
    }
    return chain;
}

/* What a chain bills: the charge of the latest version to the first payer, nothing when that one
 * is a void. Latest by the order of the source, not of arrival. */
static int64_t billed(struct ledger *l, phi_str key, int64_t chain)
{
    struct stmt *q = store_sql(
        l->store, "SELECT CASE frequency WHEN '8' THEN 0 ELSE charge END FROM claim JOIN event"
                  " USING(no) WHERE key=?1 AND chain=?2"
                  " ORDER BY rank,at DESC,seq DESC,pos DESC LIMIT 1");
    stmt_text(q, 1, key);
    stmt_int(q, 2, chain);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void insert(struct ledger *l, int64_t no, int64_t chain, const struct facts *f, phi_str key,
                   int64_t service)
{
    struct buf plain = {0};
    facts_write(&plain, f);
    buf_clear(&l->buf);
    seal_value(l, 'c', no, buf_view(&plain), &l->buf);
    struct stmt *q =
        store_sql(l->store, "INSERT INTO claim VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)");
    stmt_int(q, 1, no);
    stmt_int(q, 2, chain);
    stmt_text(q, 3, f->pcn);
    stmt_text(q, 4, key);
    stmt_text(q, 5, f->billing);
    stmt_text(q, 6, f->payer);
    stmt_int(q, 7, f->rank);
    stmt_text(q, 8, phi_of(&f->frequency, 1));
    stmt_int(q, 9, f->charge);
    stmt_int(q, 10, service);
    stmt_blob(q, 11, l->buf.p, l->buf.len);
    stmt_int(q, 12, l->importing);
    stmt_run(q);
    buf_free(&plain);
}

/* A claim of which any version was brought forward is billed against "opening", whichever came first. */
static void bill(struct ledger *l, int64_t no, int64_t subject, const struct chain *c,
                 int64_t before, int64_t after)
{
    struct posting p = {no, 0};
    bool opening = c->imported || l->importing;
    if (!c->no || opening == c->imported) {
        journal_bill(l, &p, subject, after - before, opening);
        return;
    }
    journal_bill(l, &p, subject, -before, c->imported);
    journal_bill(l, &p, subject, after, opening);
}

/* A claim that is known is not brought forward once more. */
static bool known_import(struct ledger *l, const struct record *r, const struct facts *f)
{
    char k[MATCH_KEY];
    phi_str key = phi_of(k, match_key(f->pcn, k));
    struct chain chain = find_chain(l, f, key);
    struct stmt *q = store_sql(l->store, "SELECT 1 FROM claim JOIN event USING(no) WHERE key=?1 AND"
                                         " id=?2");
    stmt_text(q, 1, key);
    stmt_id(q, 2, r->id);
    return chain.same_again && !stmt_step(q);
}

void add_claim(struct ledger *l, int64_t no, const struct facts *f)
{
    char k[MATCH_KEY];
    phi_str key = phi_of(k, match_key(f->pcn, k));
    int64_t service = service_key(l, f->from, f->charge);
    struct chain chain = find_chain(l, f, key);
    int64_t subject = chain.no ? chain.no : no;
    int64_t before = chain.no ? billed(l, key, subject) : 0;
    insert(l, no, subject, f, key, service);
    int64_t after = chain.no || f->frequency == '8' ? billed(l, key, subject) : f->charge;
    bill(l, no, subject, &chain, before, after);
    if (chain.no)
        remits_made_later(l, subject, f->rank, no);
    if (chain.same_again)
        exception_open(l, "DUP_HOLD", no, no, f->charge);
    posts_settle(l, key, no);
    if (l->waiting == 0)
        return;
    remits_settle(l, key, f->control, phi_of("", 0), no);
    remits_settle_answered(l, key, no);
    if (l->threshold <= 80)
        remits_settle_service(l, service, no);
}

enum ledger_result take_claim(struct ledger *l, const struct record *r, struct ledger_refusal *w)
{
    struct claim c;
    struct facts f;
    bool repeat;
    if (!claim_read(r->body, &c, &l->arena)) {
        w->rule = "LEDGER_CLAIM";
        snprintf(w->why, sizeof w->why, "the claim cannot be read at segment %u %s: %s",
                 c.fault.segment, c.fault.id, c.fault.why);
        return LEDGER_REFUSED;
    }
    facts_of_claim(&c, &l->arena, &f);
    if (l->importing && known_import(l, r, &f)) {
        w->rule = "IMPORT_KNOWN";
        snprintf(w->why, sizeof w->why,
                 "a claim with this account, biller, member and payer is in "
                 "the books already: it is not brought forward again");
        return LEDGER_REFUSED;
    }
    int64_t no = event_add(l, r, LEDGER_CLAIM, &repeat);
    if (repeat)
        return LEDGER_REPEAT;
    add_claim(l, no, &f);
    return LEDGER_NEW;
}
