/* The journal: rows of (subject, event, k), clustered by the claim, payment or item they are about,
 * so that a balance is read from neighbouring rows. */
#include "common/ledger/parts.h"

void journal_add(struct ledger *l, struct posting *p, int64_t subject, enum ledger_account a,
                 int64_t cents, uint32_t line, phi_str code)
{
    if (cents == 0)
        return;
    struct stmt *q = store_sql(l->store, "INSERT INTO journal VALUES(?1,?2,?3,?4,?5,?6,?7)");
    stmt_int(q, 1, subject);
    stmt_int(q, 2, p->event);
    stmt_int(q, 3, p->k++);
    stmt_int(q, 4, a);
    stmt_int(q, 5, cents);
    stmt_int(q, 6, line);
    stmt_text(q, 7, code);
    stmt_run(q);
}

void journal_bill(struct ledger *l, struct posting *p, int64_t chain, int64_t cents, bool opening)
{
    if (cents == 0)
        return;
    struct stmt *q = store_sql(l->store, "INSERT INTO journal VALUES(?1,?2,?4,5,?3,0,'BILLED'),"
                                         "(?1,?2,?4+1,?5,-?3,0,'BILLED')"); /* 5: receivable */
    stmt_int(q, 1, chain);
    stmt_int(q, 2, p->event);
    stmt_int(q, 3, cents);
    stmt_int(q, 4, p->k);
    stmt_int(q, 5, opening ? ACCOUNT_OPENING : ACCOUNT_CHARGES);
    p->k += 2;
    stmt_run(q);
}

int journal_next(struct ledger *l, int64_t subject, int64_t event)
{
    struct stmt *q =
        store_sql(l->store, "SELECT max(k) FROM journal WHERE subject=?1 AND event=?2");
    stmt_int(q, 1, subject);
    stmt_int(q, 2, event);
    return stmt_step(q) && !stmt_col_null(q, 0) ? (int)stmt_col_int(q, 0) + 1 : 0;
}

/* CO and PI reasons that a contract gives up for good; every other CO or PI reason is a denial that
 * somebody has to look at (DOMAIN.md C.3). */
static const char *const contractual[] = {
    "24",  /* covered by a capitation agreement */
    "44",  /* prompt-pay discount */
    "45",  /* above the fee schedule */
    "59",  /* multiple procedure rules */
    "104", /* managed care withholding */
    "131", /* negotiated discount */
    "237", /* penalty by law or rule */
    "253", /* sequestration */
};

enum ledger_account cas_account(phi_str group, phi_str reason)
{
    if (phi_is(group, "PR"))
        return ACCOUNT_PATIENT;
    if (phi_is(group, "OA") && phi_is(reason, "23"))
        return ACCOUNT_PRIOR;
    if (phi_is(group, "CO") || phi_is(group, "PI"))
        for (size_t i = 0; i < sizeof contractual / sizeof *contractual; i++)
            if (phi_is(reason, contractual[i]))
                return ACCOUNT_CONTRACTUAL;
    return ACCOUNT_DENIAL;
}

void exception_open(struct ledger *l, const char *code, int64_t subject, int64_t event,
                    int64_t cents)
{
    struct stmt *q = store_sql(l->store, "INSERT INTO exception(code,subject,event,cents)"
                                         " VALUES(?1,?2,?3,?4) ON CONFLICT(code,subject) DO UPDATE"
                                         " SET closed=NULL,cents=excluded.cents");
    stmt_text(q, 1, phi_lit(code));
    stmt_int(q, 2, subject);
    stmt_int(q, 3, event);
    stmt_int(q, 4, cents);
    stmt_run(q);
}

void exception_close(struct ledger *l, const char *code, int64_t subject, int64_t event)
{
    struct stmt *q = store_sql(
        l->store, "UPDATE exception SET closed=?3 WHERE code=?1 AND subject=?2 AND closed IS NULL");
    stmt_text(q, 1, phi_lit(code));
    stmt_int(q, 2, subject);
    stmt_int(q, 3, event);
    stmt_run(q);
}
