/* Cash, unapplied cash and the trial balance: sums over the journal. */
#include "tools/report/report.h"
#include <stdio.h>

static void both(struct table *t, phi_str name, int col, int64_t cents, int64_t event)
{
    phi_str all = phi_lit("all");
    cell_add(t, table_row(t, &name), col, cents, event);
    cell_add(t, table_row(t, &all), col, cents, event);
}

/* ---- cash ---- */

static const struct col CASH_COLS[] = {{"payer", COL_TEXT},     {"cash", COL_CENTS},
                                       {"claims", COL_CENTS},   {"unapplied", COL_CENTS},
                                       {"adjusted", COL_CENTS}, {"interest", COL_CENTS},
                                       {"to come", COL_CENTS}};

/* A payment's rows: cash is a debit, what it was shared out to are credits. */
static void cash(struct books *b, struct table *t)
{
    static const int column[ACCOUNTS] = {[ACCOUNT_CASH] = 1,
                                         [ACCOUNT_UNAPPLIED] = 3,
                                         [ACCOUNT_SUSPENSE] = 3,
                                         [ACCOUNT_CLEARING] = 6,
                                         [ACCOUNT_INTEREST] = 5};
    struct stmt *q =
        store_sql(ledger_store(b->l),
                  "SELECT p.payer,j.account,j.cents,j.event FROM journal j JOIN"
                  " payment p ON p.no=j.subject AND p.imported=0 ORDER BY p.no,j.event,j.k");
    while (stmt_step(q)) {
        int64_t a = stmt_col_int(q, 1), cents = stmt_col_int(q, 2);
        if (a > 0 && a < ACCOUNTS && column[a])
            both(t, stmt_col_bytes(q, 0), column[a], a == ACCOUNT_CASH ? cents : -cents,
                 stmt_col_int(q, 3));
    }
    q = store_sql(
        ledger_store(b->l),
        "SELECT p.payer,sum(j.cents),j.event FROM journal j JOIN remit m ON"
        " m.no=j.event JOIN payment p ON p.no=m.payment WHERE p.imported=0 AND j.code='PAY' AND"
        " j.account IN(5,7) GROUP BY j.event ORDER BY j.event");
    while (stmt_step(q))
        both(t, stmt_col_bytes(q, 0), 2, -stmt_col_int(q, 1), stmt_col_int(q, 2));
    q = store_sql(
        ledger_store(b->l),
        "SELECT p.payer,j.cents,j.event FROM journal j JOIN plb a ON a.no=j.event JOIN"
        " payment p ON p.no=a.payment WHERE p.imported=0 AND j.account=11 ORDER BY j.event");
    while (stmt_step(q))
        both(t, stmt_col_bytes(q, 0), 4, -stmt_col_int(q, 1), stmt_col_int(q, 2));
}

/* ---- unapplied ---- */

static const struct col UNAPPLIED_COLS[] = {{"payer", COL_TEXT},
                                            {"trace", COL_TEXT},
                                            {.name = "date", .kind = COL_TEXT, .day = true},
                                            {"remits", COL_COUNT},
                                            {"unapplied", COL_CENTS}};

static void unapplied(struct books *b, struct table *t)
{
    const phi_str all[] = {phi_lit("all"), phi_lit(""), phi_lit("")};
    struct stmt *q = store_sql(
        ledger_store(b->l),
        "SELECT p.payer,p.trace,p.date,j.event,sum(j.cents) FROM journal j JOIN payment p ON"
        " p.no=j.subject WHERE j.account IN(3,4) AND (SELECT sum(cents) FROM journal x WHERE"
        " x.subject=p.no AND x.account IN(3,4))<>0 GROUP BY j.subject,j.event ORDER BY 4");
    struct row *total = table_row(t, all);
    while (stmt_step(q)) {
        const phi_str words[] = {stmt_col_bytes(q, 0), stmt_col_bytes(q, 1), stmt_col_bytes(q, 2)};
        int64_t event = stmt_col_int(q, 3), cents = -stmt_col_int(q, 4);
        struct row *r = table_row(t, words);
        cell_add(t, r, 3, cents != 0, event);
        cell_add(t, r, 4, cents, event);
        cell_add(t, total, 3, cents != 0, event);
        cell_add(t, total, 4, cents, event);
    }
}

/* ---- trial balance ---- */

static const struct col TRIAL_COLS[] = {
    {"account", COL_TEXT}, {"debit", COL_CENTS}, {"credit", COL_CENTS}, {"balance", COL_CENTS}};

static void trial(struct books *b, struct table *t)
{
    struct stmt *q = store_sql(ledger_store(b->l),
                               "SELECT account,event,sum(CASE WHEN cents>0 THEN cents ELSE 0 END),"
                               "sum(CASE WHEN cents<0 THEN cents ELSE 0 END) FROM journal"
                               " GROUP BY account,event ORDER BY account,event");
    phi_str all = phi_lit("all");
    struct row *total = table_row(t, &all);
    while (stmt_step(q)) {
        char name[40];
        int64_t a = stmt_col_int(q, 0), event = stmt_col_int(q, 1);
        snprintf(name, sizeof name, "%02d %s", (int)a,
                 a > 0 && a < ACCOUNTS ? ledger_account_name((enum ledger_account)a) : "?");
        phi_str word = phi_lit(name);
        struct row *r = table_row(t, &word);
        int64_t debit = stmt_col_int(q, 2), credit = stmt_col_int(q, 3);
        for (int i = 0; i < 2; i++) {
            struct row *to = i ? total : r;
            cell_add(t, to, 1, debit, event);
            cell_add(t, to, 2, -credit, event);
            cell_add(t, to, 3, debit + credit, event);
        }
    }
}

#define N(cols) (sizeof(cols) / sizeof *(cols))
const struct report_kind MONEY[MONEY_N] = {
    {"cash", "what payers sent and what it was posted to", CASH_COLS, N(CASH_COLS), cash},
    {"unapplied", "cash for claims that are not known, and reversals of unknown payments",
     UNAPPLIED_COLS, N(UNAPPLIED_COLS), unapplied},
    {"trial-balance", "debits and credits of every account; the balances sum to zero", TRIAL_COLS,
     N(TRIAL_COLS), trial}};
