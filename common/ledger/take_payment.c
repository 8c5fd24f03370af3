/* Payments and provider level adjustments. */
#include "common/ledger/parts.h"
#include <stdio.h>

static bool head_is(struct ledger *l, const struct rec_id *key, const struct record *r,
                    int64_t *payment)
{
    if (!l->payment.no || !rec_id_eq(l->payment.key, *key)) {
        struct stmt *q = store_sql(l->store, "SELECT no,origin FROM payment WHERE key=?1");
        stmt_id(q, 1, *key);
        if (!stmt_step(q))
            return false;
        l->payment.key = *key;
        l->payment.no = stmt_col_int(q, 0);
        l->payment.origin = stmt_col_id(q, 1);
    }
    *payment = rec_id_eq(l->payment.origin, r->parent) ? l->payment.no : -l->payment.no;
    return true;
}

/* DOMAIN.md C.8, 11: (TRN02, TRN03, BPR02, BPR16, payer id) names a payment. */
struct rec_id payment_key(const struct payment *h)
{
    struct buf b = {0};
    struct rec_id id;
    const phi_str words[] = {h->trace, h->trace_origin, h->date.value, h->payer_number};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        buf_phi(&b, words[i]);
        buf_putc(&b, '\n');
    }
    buf_int(&b, h->cents);
    struct digest d = digest_of(b.p, b.len);
    memcpy(id.b, d.b, sizeof id.b);
    buf_free(&b);
    return id;
}

static void payment_insert(struct ledger *l, const struct record *r, const struct payment *h,
                           struct rec_id key, int64_t no)
{
    struct stmt *q = store_sql(l->store, "INSERT INTO payment(no,key,origin,trace,trace_origin,"
                                         "payer,payer_name,payee,method,date,cents,imported)"
                                         " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)");
    stmt_int(q, 1, no);
    stmt_id(q, 2, key);
    stmt_id(q, 3, r->parent);
    stmt_text(q, 4, h->trace);
    stmt_text(q, 5, h->trace_origin);
    stmt_text(q, 6, h->payer_number);
    stmt_text(q, 7, h->payer_name);
    stmt_text(q, 8, h->payee_npi);
    stmt_text(q, 9, h->method);
    stmt_text(q, 10, h->date.value);
    stmt_int(q, 11, h->cents);
    stmt_int(q, 12, l->importing);
    stmt_run(q);
}

bool payment_suspect(struct ledger *l, const struct record *r, const struct payment *h,
                     struct ledger_refusal *w)
{
    struct rec_id key = payment_key(h);
    int64_t known;
    if (r->tries || head_is(l, &key, r, &known))
        return false;
    struct stmt *q = store_sql(l->store, "SELECT date<>?4 FROM payment WHERE trace=?1 AND"
                                         " trace_origin=?2 AND cents=?3");
    stmt_text(q, 1, h->trace);
    stmt_text(q, 2, h->trace_origin);
    stmt_int(q, 3, h->cents);
    stmt_text(q, 4, h->date.value);
    if (!stmt_step(q))
        return false;
    w->rule = "ERA_DUP";
    snprintf(w->why, sizeof w->why,
             "a payment with this trace and amount is known under another %s; released, it is "
             "posted as a payment of its own",
             stmt_col_int(q, 0) ? "date" : "payer");
    return true;
}

int64_t payment_find(struct ledger *l, const struct record *r, const struct payment *head,
                     int64_t event)
{
    struct rec_id key = payment_key(head);
    int64_t payment;
    if (!head_is(l, &key, r, &payment)) {
        payment_insert(l, r, head, key, event);
        return event;
    }
    if (payment > 0)
        return payment;
    struct stmt *q = store_sql(l->store, "INSERT INTO copy(no,payment,origin) VALUES(?1,?2,?3)");
    stmt_int(q, 1, event);
    stmt_int(q, 2, -payment);
    stmt_id(q, 3, r->parent);
    stmt_run(q);
    body_keep(l, event, r);
    return -1;
}

static bool brought_forward(struct ledger *l, int64_t payment)
{
    struct stmt *q = store_sql(l->store, "SELECT imported FROM payment WHERE no=?1");
    stmt_int(q, 1, payment);
    return stmt_step(q) && stmt_col_int(q, 0);
}

bool add_payment(struct ledger *l, const struct record *rec, int64_t no, const struct payment *h)
{
    int64_t payment = payment_find(l, rec, h, no);
    if (payment < 0)
        return false;
    struct stmt *q = store_sql(l->store, "UPDATE payment SET head=?2,parts=?3 WHERE no=?1");
    stmt_int(q, 1, payment);
    stmt_int(q, 2, no);
    stmt_int(q, 3, rec->of);
    stmt_run(q);
    struct posting p = {no, 0};
    bool opening = brought_forward(l, payment);
    journal_add(l, &p, payment, opening ? ACCOUNT_OPENING : ACCOUNT_CASH, h->cents, 0,
                phi_lit("BPR"));
    journal_add(l, &p, payment, ACCOUNT_CLEARING, -h->cents, 0, phi_lit("BPR"));
    return true;
}

enum ledger_result take_payment(struct ledger *l, const struct record *rec,
                                struct ledger_refusal *w)
{
    struct payment h;
    struct remit_fault f = {0};
    bool repeat;
    if (!payment_read(rec->body, &l->arena, &h, &f))
        return refuse_remit(w, "LEDGER_PAYMENT", "head of a payment", &f);
    if (payment_suspect(l, rec, &h, w))
        return LEDGER_REFUSED;
    int64_t no = event_add(l, rec, LEDGER_PAYMENT, &repeat);
    if (repeat)
        return LEDGER_REPEAT;
    if (add_payment(l, rec, no, &h))
        body_keep(l, no, rec);
    return LEDGER_NEW;
}

/* Codes whose items settle each other: a refund by cheque (72) answers a withholding (WO). */
static phi_str plb_family(phi_str code)
{
    return phi_is(code, "72") ? phi_lit("WO") : code;
}

static int64_t item_find(struct ledger *l, const struct plb *p, int64_t event)
{
    char ref[64];
    size_t n = 0;
    for (size_t i = 0; i < p->reference.n && n < sizeof ref; i++) {
        unsigned char c = (unsigned char)p->reference.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
            ref[n++] = (char)c;
        else if (c >= 'a' && c <= 'z')
            ref[n++] = (char)(c - 32);
    }
    const phi_str key[] = {p->head.payer_number, p->provider, plb_family(p->code), phi_of(ref, n)};
    struct stmt *q = store_sql(
        l->store,
        "INSERT OR IGNORE INTO item(no,payer,provider,family,ref) VALUES(?1,?2,?3,?4,?5)");
    stmt_int(q, 1, event);
    for (int i = 0; i < 4; i++)
        stmt_text(q, i + 2, key[i]);
    if (stmt_run(q))
        return event;
    q = store_sql(l->store,
                  "SELECT no FROM item WHERE payer=?1 AND provider=?2 AND family=?3 AND ref=?4");
    for (int i = 0; i < 4; i++)
        stmt_text(q, i + 1, key[i]);
    stmt_step(q);
    return stmt_col_int(q, 0);
}

bool add_plb(struct ledger *l, const struct record *rec, int64_t no, const struct plb *p)
{
    struct posting x = {no, 0};
    int64_t payment = payment_find(l, rec, &p->head, no);
    if (payment < 0)
        return false;
    bool interest = phi_is(p->code, "L6");
    int64_t item = interest ? 0 : item_find(l, p, no);
    struct stmt *q = store_sql(l->store, "INSERT INTO plb VALUES(?1,?2,?3,?4,?5,?6,?7)");
    stmt_int(q, 1, no);
    stmt_int(q, 2, payment);
    if (item)
        stmt_int(q, 3, item);
    stmt_text(q, 4, p->provider);
    stmt_text(q, 5, p->code);
    stmt_text(q, 6, p->reference);
    stmt_int(q, 7, p->cents);
    stmt_run(q);
    journal_add(l, &x, payment, ACCOUNT_CLEARING, -p->cents, 0, p->code);
    enum ledger_account to = item                          ? ACCOUNT_ITEM
                             : brought_forward(l, payment) ? ACCOUNT_OPENING
                                                           : ACCOUNT_INTEREST;
    journal_add(l, &x, item ? item : payment, to, p->cents, 0, p->code);
    return true;
}

enum ledger_result take_plb(struct ledger *l, const struct record *rec, struct ledger_refusal *w)
{
    struct plb p;
    struct remit_fault f = {0};
    bool repeat;
    if (!plb_read(rec->body, &l->arena, &p, &f))
        return refuse_remit(w, "LEDGER_PLB", "provider level adjustment", &f);
    if (payment_suspect(l, rec, &p.head, w))
        return LEDGER_REFUSED;
    int64_t no = event_add(l, rec, LEDGER_PLB, &repeat);
    if (repeat)
        return LEDGER_REPEAT;
    if (add_plb(l, rec, no, &p))
        body_keep(l, no, rec);
    return LEDGER_NEW;
}
