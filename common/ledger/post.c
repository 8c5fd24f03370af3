/* What a CLP does to the journal. */
#include "common/ledger/parts.h"

#define PAY phi_lit("PAY")

/* Rows of one CLP: each paid or adjusted amount leaves the pool (receivable, or what the earlier
 * payer left) with its line and code; the other side is one row an account. */
struct poster {
    struct ledger *l;
    struct posting p;
    int64_t chain;
    enum ledger_account pool;
    bool later;
    int64_t to[ACCOUNTS];
};

/* "CO-45" into out. */
static phi_str cas_code(const struct remit_cas *c, char out[16])
{
    struct {
        char *at;
        size_t room;
    } w = {out, 15};
    const phi_str parts[] = {c->group, phi_lit("-"), c->reason};
    for (size_t i = 0; i < 3; i++) {
        size_t n = parts[i].n < w.room ? parts[i].n : w.room;
        if (n)
            memcpy(w.at, parts[i].p, n);
        w.at += n;
        w.room -= n;
    }
    return phi_of(out, (size_t)(w.at - out));
}

static void post_cas(struct poster *x, const struct remit_cas *cas, uint32_t n, uint32_t line)
{
    char code[16];
    for (uint32_t i = 0; i < n; i++) {
        enum ledger_account a = cas_account(cas[i].group, cas[i].reason);
        if (x->later && (a == ACCOUNT_PRIOR || a == ACCOUNT_PATIENT))
            continue; /* said about what the pool already is: compared in check_payers() */
        journal_add(x->l, &x->p, x->chain, x->pool, -cas[i].cents, line, cas_code(&cas[i], code));
        x->to[a] += cas[i].cents;
    }
}

static void post_lines(struct poster *x, const struct remit *r, const struct line_match *lines)
{
    int64_t rest = r->paid;
    for (uint32_t i = 0; i < r->lines_n; i++) {
        const struct remit_line *s = &r->lines[i];
        uint32_t lx = lines ? lines[i].lx : 0;
        journal_add(x->l, &x->p, x->chain, x->pool, -s->paid, lx, PAY);
        post_cas(x, s->cas, s->cas_n, lx);
        rest -= s->paid;
    }
    post_cas(x, r->cas, r->cas_n, 0);
    journal_add(x->l, &x->p, x->chain, x->pool, -rest, 0, PAY); /* claim level adjustments */
}

/* Cents of this CLP leave clearing, or the place where they were parked. */
static struct posting take_cents(struct ledger *l, const struct remit_row *row)
{
    struct posting p = {row->no, row->parked ? journal_next(l, row->payment, row->no) : 0};
    enum ledger_account from = !row->parked                        ? ACCOUNT_CLEARING
                               : match_is_reversal(row->r->status) ? ACCOUNT_SUSPENSE
                                                                   : ACCOUNT_UNAPPLIED;
    journal_add(l, &p, row->payment, from, row->r->paid, 0, PAY);
    return p;
}

static void say_lines(struct ledger *l, const struct remit_row *row, const struct line_match *lines)
{
    int64_t lost = 0;
    bool any = false;
    for (uint32_t i = 0; lines && i < row->r->lines_n; i++) {
        if (lines[i].how != LINE_NONE)
            continue;
        lost += row->r->lines[i].paid;
        any = true;
    }
    if (any)
        exception_open(l, "ERA_LINE_UNMATCHED", row->no, row->no, lost);
}

/* The side of the claim: what leaves the pool and where it goes. */
static void post_claim(struct ledger *l, struct posting p, const struct remit_row *row,
                       const struct decision *d)
{
    static const enum ledger_account order[] = {ACCOUNT_CONTRACTUAL, ACCOUNT_DENIAL,
                                                ACCOUNT_PATIENT, ACCOUNT_PRIOR};
    struct poster x = {.l = l,
                       .p = p,
                       .chain = d->chain,
                       .pool = d->later ? ACCOUNT_PATIENT : ACCOUNT_RECEIVABLE,
                       .later = d->later};
    if (phi_is(row->r->status, "23") || phi_is(row->r->status, "25")) {
        /* forwarded, or only foretold: nothing is settled by it */
        journal_add(l, &x.p, d->chain, x.pool, -row->r->paid, 0, PAY);
        return;
    }
    post_lines(&x, row->r, d->lines);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        journal_add(l, &x.p, d->chain, order[i], x.to[order[i]], 0, phi_of("", 0));
}

struct undo {
    enum ledger_account a;
    int64_t cents;
    uint32_t line;
    phi_str code;
};

/* The rows that event `of` has on this claim, negated, in event p. */
static void post_inverse(struct ledger *l, struct posting *p, int64_t chain, int64_t of)
{
    struct undo *rows = NULL;
    size_t n = 0;
    struct stmt *q = store_sql(l->store, "SELECT account,cents,line,code FROM journal"
                                         " WHERE subject=?1 AND event=?2 ORDER BY k");
    stmt_int(q, 1, chain);
    stmt_int(q, 2, of);
    while (stmt_step(q)) {
        if ((n & (n - 1)) == 0) { /* doubled at each power of two */
            struct undo *more = arena_alloc(&l->arena, (n ? 2 * n : 1) * sizeof *rows);
            if (n)
                memcpy(more, rows, n * sizeof *rows);
            rows = more;
        }
        rows[n++] =
            (struct undo){(enum ledger_account)stmt_col_int(q, 0), -stmt_col_int(q, 1),
                          (uint32_t)stmt_col_int(q, 2), arena_phi(&l->arena, stmt_col_bytes(q, 3))};
    }
    for (size_t i = 0; i < n; i++)
        journal_add(l, p, chain, rows[i].a, rows[i].cents, rows[i].line, rows[i].code);
}

void remit_post_as_later(struct ledger *l, const struct remit_row *row, const struct decision *d)
{
    struct posting p = {row->no, journal_next(l, d->chain, row->no)};
    post_inverse(l, &p, d->chain, row->no);
    post_claim(l, p, row, d);
}

void remit_reverse_again(struct ledger *l, int64_t reversal, int64_t original, int64_t chain)
{
    struct posting p = {reversal, journal_next(l, chain, reversal)};
    post_inverse(l, &p, chain, reversal);
    post_inverse(l, &p, chain, original);
}

void remit_post(struct ledger *l, const struct remit_row *row, const struct decision *d)
{
    struct posting p = take_cents(l, row);
    if (d->original) {
        post_inverse(l, &p, d->chain, d->original);
    } else {
        post_claim(l, p, row, d);
        say_lines(l, row, d->lines);
    }
    check_payers(l, d->chain, row->no);
}

void remit_park(struct ledger *l, const struct remit_row *row)
{
    bool back = match_is_reversal(row->r->status);
    struct posting p = {row->no, 0};
    journal_add(l, &p, row->payment, ACCOUNT_CLEARING, row->r->paid, 0, PAY);
    journal_add(l, &p, row->payment, back ? ACCOUNT_SUSPENSE : ACCOUNT_UNAPPLIED, -row->r->paid, 0,
                PAY);
    exception_open(l, back ? "ERA_REV_UNMATCHED" : "ERA_UNMATCHED", row->no, row->no, row->r->paid);
}

/* The payers of a claim as their standing CLPs say it. */
struct payer_view {
    int64_t patient[12], prior[12], charge[12], billed[12];
    bool there[12];
    int last;
};

static void view_payers(struct ledger *l, int64_t chain, struct payer_view *v)
{
    struct stmt *q = store_sql(
        l->store, "SELECT r.status,r.patient,r.prior,r.charge,c.charge FROM remit r JOIN claim c ON"
                  " c.no=r.version WHERE r.chain=?1 AND r.status<>'22' AND r.status<>'23' AND"
                  " r.status<>'25' AND" /* of three words in brackets SQLite makes a table */
                  " NOT EXISTS(SELECT 1 FROM remit x WHERE x.reverses=r.no)");
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        int rank = match_rank(stmt_col_bytes(q, 0));
        rank = rank ? rank : 1;
        v->there[rank] = true;
        v->patient[rank] += stmt_col_int(q, 1);
        v->prior[rank] += stmt_col_int(q, 2);
        v->charge[rank] += stmt_col_int(q, 3);
        int64_t billed = stmt_col_int(q, 4);
        v->billed[rank] = billed > v->billed[rank] ? billed : v->billed[rank];
        v->last = rank > v->last ? rank : v->last;
    }
}

/* What the payers left to the patient, whatever was paid or given up of it since. */
static int64_t left_to_patient(struct ledger *l, int64_t chain)
{
    struct stmt *q = store_sql(l->store, "SELECT sum(cents) FROM journal WHERE subject=?1 AND"
                                         " account=7 AND code NOT IN ('RECEIPT','WRITE-OFF')");
    stmt_int(q, 1, chain);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void say(struct ledger *l, const char *code, int64_t chain, int64_t event, int64_t off)
{
    if (off)
        exception_open(l, code, chain, event, off);
    else
        exception_close(l, code, chain, event);
}

void payers_differ(struct ledger *l, int64_t chain, struct payers_off *off)
{
    struct payer_view v = {0};
    *off = (struct payers_off){0};
    view_payers(l, chain, &v);
    for (int k = 1; k <= v.last; k++) {
        if (v.charge[k] > v.billed[k])
            off->over += v.charge[k] - v.billed[k];
        else if (v.charge[k] < v.billed[k] && v.there[k])
            off->under += v.billed[k] - v.charge[k];
        if (k > 1 && v.there[k] && v.there[k - 1])
            off->prior += v.prior[k] - (v.charge[k] - v.patient[k - 1]);
    }
    if (v.last >= 2 && v.there[v.last - 1])
        off->patient = left_to_patient(l, chain) - v.patient[v.last];
}

void check_payers(struct ledger *l, int64_t chain, int64_t event)
{
    struct payers_off off;
    struct stmt *q = store_sql(l->store, "SELECT count(*) FROM remit WHERE chain=?1");
    stmt_int(q, 1, chain);
    if (!stmt_step(q) || stmt_col_int(q, 0) < 2) /* one CLP cannot differ from another */
        return;
    payers_differ(l, chain, &off);
    say(l, "COB_PRIOR_OUT", chain, event, off.prior);
    say(l, "COB_PATIENT_OUT", chain, event, off.patient);
    say(l, "ERA_CLAIM_OVER", chain, event, off.over);
}
