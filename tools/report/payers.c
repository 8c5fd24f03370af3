/* The payer scorecard (DOMAIN.md C.9). */
#include "tools/report/report.h"

#define DAY_US INT64_C(86400000000)

enum { PAYER, SENT, ACK, ACK90, PAY, PAY90, REMITS, AUTO, RATE, INTEREST, OUT, COPIES };
static const struct col CARD_COLS[] = {{"payer", COL_TEXT},
                                       {"sent", COL_COUNT},
                                       {"277CA median", COL_DAYS, .rank = 50},
                                       {"277CA p90", COL_DAYS, .rank = 90},
                                       {"paid median", COL_DAYS, .rank = 50},
                                       {"paid p90", COL_DAYS, .rank = 90},
                                       {"remits", COL_COUNT},
                                       {"matched", COL_COUNT},
                                       {"auto-match", COL_RATE, AUTO, REMITS, 10000},
                                       {"interest", COL_CENTS},
                                       {"out of balance", COL_COUNT},
                                       {"sent twice", COL_COUNT}};

static void tally(struct table *t, phi_str payer, int col, int64_t amount, int64_t event)
{
    phi_str all = phi_lit("all");
    cell_add(t, table_row(t, &payer), col, amount, event);
    cell_add(t, table_row(t, &all), col, amount, event);
}

static void days(struct table *t, phi_str payer, int col, const struct moment *from,
                 const struct moment *to)
{
    phi_str all = phi_lit("all");
    if (!from->event || !to->event)
        return;
    for (int i = 0; i < 2; i++) {
        int64_t v = (to->us - from->us) / (DAY_US / 100);
        cell_value(t, table_row(t, &payer), col + i, v, to->event);
        cell_value(t, table_row(t, &all), col + i, v, to->event);
    }
}

/* One column from a statement: payer, amount, event. */
static void rows(struct table *t, int col, struct stmt *q)
{
    while (stmt_step(q))
        tally(t, stmt_col_bytes(q, 0), col, stmt_col_int(q, 1), stmt_col_int(q, 2));
}

static void scorecard(struct books *b, struct table *t)
{
    struct store *s = ledger_store(b->l);
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        phi_str first = phi_empty(k->c.payer[1]) ? k->payer : k->c.payer[1];
        if (k->sent.event)
            tally(t, first, SENT, 1, k->sent.event);
        days(t, first, ACK, &k->sent, &k->accepted);
        days(t, first, PAY, &k->sent, &k->paid);
    }
    rows(t, REMITS,
         store_sql(s, "SELECT p.payer,1,m.no FROM remit m JOIN payment p ON"
                      " p.no=m.payment ORDER BY m.no"));
    rows(t, AUTO,
         store_sql(s, "SELECT p.payer,1,m.no FROM remit m JOIN payment p ON"
                      " p.no=m.payment WHERE m.chain IS NOT NULL ORDER BY m.no"));
    rows(t, INTEREST,
         store_sql(s, "SELECT p.payer,-j.cents,j.event FROM journal j JOIN payment p"
                      " ON p.no=j.subject WHERE j.account=12 ORDER BY j.event"));
    rows(t, OUT,
         store_sql(s, "SELECT payer,1,head FROM payment p WHERE head IS NOT NULL AND"
                      " parts=(SELECT count(*) FROM remit WHERE payment=p.no)+(SELECT count(*) FROM"
                      " plb WHERE payment=p.no) AND (SELECT sum(cents) FROM journal WHERE"
                      " subject=p.no AND account=2)<>0 ORDER BY p.no"));
    rows(t, COPIES,
         store_sql(s, "SELECT p.payer,1,min(c.no) FROM copy c JOIN payment p ON"
                      " p.no=c.payment GROUP BY c.payment,c.origin ORDER BY 3"));
}

const struct report_kind PAYERS[PAYERS_N] = {
    {"scorecard", "each payer: its delays, remittances, interest, balance", CARD_COLS,
     sizeof CARD_COLS / sizeof *CARD_COLS, scorecard}};
