/* The journal against its events, and each row of money against the journal. */
#include "common/ledger/proof_parts.h"
#include "common/ledger/deposit.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

#define LL(v) ((long long)(v))

/* An id and kind with the event that has it, to find two alike. */
struct twin {
    struct rec_id id;
    int64_t kind, no;
};

static int twin_cmp(const void *pa, const void *pb)
{
    const struct twin *a = pa, *b = pb;
    int c = memcmp(a->id.b, b->id.b, REC_ID_LEN);
    if (c == 0)
        c = (a->kind > b->kind) - (a->kind < b->kind);
    return c ? c : (a->no > b->no) - (a->no < b->no);
}

static void find_twins(struct proof *p, struct twin *t, size_t n)
{
    char where[160];
    qsort(t, n, sizeof *t, twin_cmp);
    for (size_t i = 1; i < n; i++)
        if (rec_id_eq(t[i].id, t[i - 1].id) && t[i].kind == t[i - 1].kind)
            proof_broken(p, "11", t[i].no, 0, "%s has the id of event %lld",
                         proof_place(p, t[i].no, where), LL(t[i - 1].no));
    proof_of(p, "11")->checked = (int64_t)n;
}

void proof_events(struct proof *p)
{
    struct twin *t = xcalloc((size_t)p->last + 1, sizeof *t);
    size_t n = 0;
    struct stmt *q = store_sql(p->l->store, "SELECT no,kind,id FROM event ORDER BY no");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), kind = stmt_col_int(q, 1);
        if (no <= 0 || no > p->last)
            continue;
        p->ev[no].kind = ledger_kind_name((int)kind) ? (uint8_t)kind : 0;
        t[n++] = (struct twin){stmt_col_id(q, 2), kind, no};
    }
    find_twins(p, t, n);
    free(t);
}

/* Each event has the row that it brought, each row its event. */
static void match_rows(struct proof *p)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store, "SELECT no,1 FROM claim UNION ALL SELECT no,2 FROM verdict UNION ALL"
                     " SELECT no,3 FROM sent UNION ALL SELECT head,4 FROM payment WHERE head IS NOT"
                     " NULL UNION ALL SELECT no,5 FROM remit UNION ALL SELECT no,6 FROM plb"
                     " UNION ALL SELECT no,7 FROM ack UNION ALL SELECT no,8 FROM post UNION ALL "
                     "SELECT no,0 FROM copy");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), kind = stmt_col_int(q, 1);
        struct proof_event *e = proof_event(p, no);
        if (!e || (kind && e->kind != kind))
            proof_broken(p, "4", no, 0, "row %lld of kind %s has no event it came from", LL(no),
                         kind ? ledger_kind_name((int)kind) : "copy");
        else
            e->has_row = true;
    }
    for (int64_t no = 1; no <= p->last; no++)
        if (p->ev[no].kind && !p->ev[no].has_row && !p->ev[no].tainted)
            proof_broken(p, "4", no, 0, "%s has no effect: the row that it brought is gone",
                         proof_place(p, no, where));
}

static void count_row(struct proof_event *e, int64_t account, int64_t cents, bool pay)
{
    e->sum += cents;
    if (account == ACCOUNT_CLEARING)
        e->clear += cents;
    if (account == ACCOUNT_UNAPPLIED || account == ACCOUNT_SUSPENSE)
        e->parked += cents;
    if (pay && (account == ACCOUNT_RECEIVABLE || account == ACCOUNT_PATIENT))
        e->pay += cents;
}

void proof_journal(struct proof *p)
{
    char where[160];
    int64_t *rows = &proof_of(p, "4")->checked;
    struct stmt *q = store_sql(p->l->store, "SELECT subject,event,account,cents,code='PAY',k,"
                                            "code='BILLED' AND line<>0 FROM journal");
    while (stmt_step(q)) {
        int64_t subject = stmt_col_int(q, 0), no = stmt_col_int(q, 1);
        struct proof_event *e = proof_event(p, no);
        ++*rows;
        if (!e)
            proof_broken(p, "4", subject, 0,
                         "journal row (%lld, %lld, %lld) names an event that is not there",
                         LL(subject), LL(no), LL(stmt_col_int(q, 5)));
        else if (stmt_col_int(q, 6))
            proof_broken(p, "4", subject, no, "what event %lld bills stands on a line", LL(no));
        else
            count_row(e, stmt_col_int(q, 2), stmt_col_int(q, 3), stmt_col_int(q, 4));
    }
    match_rows(p);
    for (int64_t no = 1; no <= p->last; no++) {
        proof_of(p, "15")->checked += p->ev[no].kind > 0;
        if (p->ev[no].sum && !p->ev[no].tainted)
            proof_broken(p, "15", no, 0, "the journal rows of %s sum to %lld cents and not to zero",
                         proof_place(p, no, where), LL(p->ev[no].sum));
    }
    /* what an event that is out touched is not looked at again */
    q = store_sql(p->l->store, "SELECT DISTINCT subject,event FROM journal");
    while (proof_of(p, "15")->broken + proof_of(p, "4")->broken > 0 && stmt_step(q))
        if (proof_tainted(p, stmt_col_int(q, 1)) && proof_event(p, stmt_col_int(q, 0)))
            p->ev[stmt_col_int(q, 0)].tainted = true;
}

/* 6: an adjustment, its rows, and the item it belongs to. */
static void check_plbs(struct proof *p)
{
    char where[160];
    struct stmt *q =
        store_sql(p->l->store,
                  "SELECT b.no,b.payment,b.cents,(SELECT sum(cents) FROM journal WHERE"
                  " subject=coalesce(b.item,b.payment) AND event=b.no AND account IN (11,12,15)),"
                  " b.item IS NULL OR i.provider=b.provider AND i.payer=y.payer AND"
                  " i.family=CASE b.code WHEN '72' THEN 'WO' ELSE b.code END FROM plb b"
                  " LEFT JOIN item i ON i.no=b.item LEFT JOIN payment y ON y.no=b.payment");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        proof_of(p, "6")->checked++;
        if (proof_tainted(p, no))
            continue;
        if (stmt_col_int(q, 2) != stmt_col_int(q, 3))
            proof_broken(p, "6", no, stmt_col_int(q, 1),
                         "%s says %lld cents and the payer ledger has %lld",
                         proof_place(p, no, where), LL(stmt_col_int(q, 2)), LL(stmt_col_int(q, 3)));
        else if (!stmt_col_int(q, 4))
            proof_broken(p, "6", no, stmt_col_int(q, 1),
                         "%s stands on an item of another payer, provider or code",
                         proof_place(p, no, where));
    }
}

/* 7, and the part of 1 that is about one CLP: where its cents are. */
static void check_remits(struct proof *p)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store, "SELECT no,payment,chain,paid,status='22',reverses FROM remit ORDER BY no");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), payment = stmt_col_int(q, 1), paid = stmt_col_int(q, 3);
        bool placed = !stmt_col_null(q, 2);
        struct proof_event *e = proof_event(p, no);
        proof_of(p, "7")->checked++;
        if (!e || e->tainted)
            continue;
        if (-e->pay != (placed ? paid : 0))
            proof_broken(p, "7", no, payment,
                         "%s: the claim was paid %lld cents by lines and %lld in all",
                         proof_place(p, no, where), LL(-e->pay), LL(placed ? paid : 0));
        else if (e->clear != paid || -e->parked != (placed ? 0 : paid))
            proof_broken(p, "1", no, payment, "the cents of %s are not in exactly one place",
                         proof_place(p, no, where));
        else if (placed && stmt_col_int(q, 4) && stmt_col_null(q, 5))
            proof_broken(p, "5", no, stmt_col_int(q, 2), "%s is a reversal of nothing",
                         proof_place(p, no, where));
    }
}

/* 5: a pair of a reversal and its original. */
static void check_pair(struct proof *p, int64_t chain, int64_t back, int64_t original)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store, "SELECT line,code,sum(cents) FROM journal WHERE subject=?1 AND event IN"
                     " (?2,?3) GROUP BY account,line,code HAVING sum(cents)<>0 LIMIT 1");
    stmt_int(q, 1, chain);
    stmt_int(q, 2, back);
    stmt_int(q, 3, original);
    if (!stmt_step(q))
        return;
    int64_t line = stmt_col_int(q, 0), cents = stmt_col_int(q, 2);
    proof_broken(p, "5", chain, 0, "%s leaves %lld cents of event %lld on line %lld",
                 proof_place(p, back, where), LL(cents), LL(original), LL(line));
}

static void check_pairs(struct proof *p)
{
    struct stmt *q = store_sql(p->l->store, "SELECT no,reverses,chain FROM remit WHERE reverses IS"
                                            " NOT NULL");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), original = stmt_col_int(q, 1), chain = stmt_col_int(q, 2);
        proof_of(p, "5")->checked++;
        if (!proof_tainted(p, no) && !proof_tainted(p, original) && !proof_tainted(p, chain))
            check_pair(p, chain, no, original);
    }
}

/* 1: BPR02 is what its CLPs and adjustments come to, once all of them are there. 2: and it is what
 * the journal took in for it. */
static void check_payment(struct proof *p, struct stmt *q)
{
    char where[160];
    int64_t no = stmt_col_int(q, 0), cents = stmt_col_int(q, 1), parts = stmt_col_int(q, 3);
    bool head = !stmt_col_null(q, 2);
    int64_t n = stmt_col_int(q, 4), come = stmt_col_int(q, 5);
    proof_of(p, "1")->checked++;
    proof_of(p, "2")->checked++;
    if (proof_tainted(p, no))
        return;
    if (head && n > parts)
        proof_broken(p, "1", no, 0, "payment %lld has %lld parts and says that it has %lld", LL(no),
                     LL(n), LL(parts));
    else if (head && n == parts && come != cents)
        proof_broken(p, "1", no, 0,
                     "payment %lld, %s: it is %lld cents, its claims less its adjustments %lld",
                     LL(no), proof_place(p, stmt_col_int(q, 2), where), LL(cents), LL(come));
    else if (stmt_col_int(q, 6) != (head ? cents : 0))
        proof_broken(p, "2", no, 0, "payment %lld, %s: it is %lld cents, the journal took in %lld",
                     LL(no), proof_place(p, head ? stmt_col_int(q, 2) : no, where), LL(cents),
                     LL(stmt_col_int(q, 6)));
}

static void check_payments(struct proof *p)
{
    struct stmt *q = store_sql(
        p->l->store,
        "SELECT no,cents,head,parts,(SELECT count(*) FROM remit WHERE payment=p.no)+(SELECT"
        " count(*) FROM plb WHERE payment=p.no),(SELECT coalesce(sum(paid),0) FROM remit WHERE"
        " payment=p.no)-(SELECT coalesce(sum(cents),0) FROM plb WHERE payment=p.no),(SELECT"
        " coalesce(sum(cents),0) FROM journal WHERE subject=p.no AND account IN (1,15) AND "
        "code='BPR') FROM payment p");
    while (stmt_step(q))
        check_payment(p, q);
}

/* 10: each deposit is one payment's cents, and no payment is in two; what carries none is told. */
struct deposits {
    struct proof *p;
    int64_t n, deposited, paid, alone;
};

static int64_t cents_of(struct proof *p, int64_t payment)
{
    struct stmt *q = store_sql(p->l->store, "SELECT cents FROM payment WHERE no=?1");
    stmt_int(q, 1, payment);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void add_deposit(void *ctx, const struct deposit_match *m)
{
    struct deposits *d = ctx;
    if (!m->deposit)
        return;
    struct stmt *q = store_sql(d->p->l->store, "SELECT cents FROM post WHERE no=?1");
    stmt_int(q, 1, m->deposit);
    int64_t cents = stmt_step(q) ? stmt_col_int(q, 0) : 0, said = post_cents(d->p->l, m->deposit);
    char where[160];
    if (said != cents && !proof_tainted(d->p, m->deposit))
        proof_broken(d->p, "10", m->deposit, 0, "%s is %lld cents and the bank said %lld",
                     proof_place(d->p, m->deposit, where), LL(cents), LL(said));
    d->n++;
    d->deposited += cents;
    if (m->payment)
        d->paid += cents_of(d->p, m->payment);
    else
        d->alone += cents;
}

/* 11: of entries that say the same, one has an effect; 4: it is found by its account. */
static void check_entry_rows(struct proof *p)
{
    char where[160], k[MATCH_KEY];
    struct stmt *q = store_sql(
        p->l->store, "SELECT max(no) FROM post GROUP BY reference,what,account,origin,date,pool,"
                     "cents HAVING sum(again=0)<>1");
    while (stmt_step(q))
        if (!proof_tainted(p, stmt_col_int(q, 0)))
            proof_broken(p, "11", stmt_col_int(q, 0), 0,
                         "of the entries like that of %s not exactly one counts",
                         proof_place(p, stmt_col_int(q, 0), where));
    q = store_sql(p->l->store, "SELECT no,account,key,again=0 AND what<>'deposit' FROM post");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        phi_str want = phi_of(k, stmt_col_int(q, 3) ? match_key(stmt_col_bytes(q, 1), k) : 0);
        if (!phi_eq(stmt_col_bytes(q, 2), want) && !proof_tainted(p, no))
            proof_broken(p, "4", no, 0, "%s is kept under another account than it names",
                         proof_place(p, no, where));
    }
}

/* What an entry moved is what its row says: 4. */
static void check_entries(struct proof *p)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store, "SELECT no,chain,CASE WHEN chain IS NULL THEN 0 WHEN what='refund' THEN -cents"
                     " ELSE cents END,(SELECT coalesce(sum(cents),0) FROM journal WHERE"
                     " subject=post.chain AND event=post.no AND account IN (13,14)) FROM post");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), says = stmt_col_int(q, 2), moved = stmt_col_int(q, 3);
        if (says != moved && !proof_tainted(p, no))
            proof_broken(p, "4", no, stmt_col_int(q, 1), "%s is %lld cents and moved %lld",
                         proof_place(p, no, where), LL(says), LL(moved));
    }
}

static void check_deposits(struct proof *p)
{
    struct deposits d = {.p = p};
    struct proof_result *r = proof_of(p, "10");
    deposits_match(p->l, add_deposit, &d);
    r->checked = d.n;
    if (!d.n) {
        r->verdict = PROOF_NOT_APPLICABLE;
        snprintf(r->example, sizeof r->example, "no bank deposits have been read");
    } else if (d.deposited != d.paid + d.alone) {
        proof_broken(p, "10", 0, 0,
                     "deposits are %lld cents; the payments they carry %lld, those that carry none"
                     " %lld",
                     LL(d.deposited), LL(d.paid), LL(d.alone));
    }
}

void proof_rows(struct proof *p)
{
    check_entries(p);
    check_deposits(p);
    check_plbs(p);
    check_remits(p);
    check_pairs(p);
    check_payments(p);
    check_entry_rows(p);
}
