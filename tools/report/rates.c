/* Rates and lags of DOMAIN.md C.9, by payer. */
#include "common/edi/claim.h"
#include "tools/report/report.h"

#define DAY_US  INT64_C(86400000000)
#define PERCENT 10000 /* hundredths of a percent */

static struct row *of(struct table *t, phi_str name)
{
    return table_row(t, &name);
}

/* To the row of the payer and to the row of all. */
static void tally(struct table *t, phi_str payer, int col, int64_t amount, int64_t event)
{
    cell_add(t, of(t, payer), col, amount, event);
    cell_add(t, of(t, phi_lit("all")), col, amount, event);
}

/* Cents of an account, each row by its event; sign 1 or -1. from: of events since then. */
static void tally_account(struct table *t, const struct book *k, int col, enum ledger_account a,
                          int sign)
{
    for (size_t i = 0; i < k->moved_n; i++)
        if (k->moved[i].account == a)
            tally(t, k->payer, col, sign * k->moved[i].cents, k->moved[i].event);
}

/* ---- clean claims ---- */

static const struct col CLEAN_COLS[] = {{"of", COL_TEXT},
                                        {"built", COL_COUNT},
                                        {"passed", COL_COUNT},
                                        {"rate", COL_RATE, 2, 1, PERCENT}};

/* The first verdict on each set; a set that was refused has no clean claim. Which payer a refused
 * claim was for is not in the books. */
static void clean(struct books *b, struct table *t)
{
    struct row *all = of(t, phi_lit("all"));
    struct stmt *q = store_sql(
        ledger_store(b->l), "SELECT v.no,v.claims,CASE accepted WHEN 1 THEN v.claims-v.refused ELSE"
                            " 0 END FROM verdict v JOIN event e USING(no) WHERE e.n=0 AND"
                            " v.st01='837' ORDER BY v.no");
    while (stmt_step(q)) {
        cell_add(t, all, 1, stmt_col_int(q, 1), stmt_col_int(q, 0));
        cell_add(t, all, 2, stmt_col_int(q, 2), stmt_col_int(q, 0));
    }
}

/* ---- first pass ---- */

static const struct col FIRST_COLS[] = {
    {"payer", COL_TEXT},        {"sent", COL_COUNT},      {"accepted", COL_COUNT},
    {"rejected", COL_COUNT},    {"no answer", COL_COUNT}, {"acceptance", COL_RATE, 2, 1, PERCENT},
    {"adjudicated", COL_COUNT}, {"resolved", COL_COUNT},  {"resolution", COL_RATE, 7, 6, PERCENT}};

static bool rejected(enum state_event k)
{
    return k == EV_FILE_REJECTED || k == EV_SET_REJECTED || k == EV_REJECTED_HERE ||
           k == EV_REJECTED_BY_PAYER;
}

static const struct state_fact *first_reject(const struct book *k)
{
    for (size_t i = 0; i < k->c.facts_n; i++)
        if (rejected(k->c.facts[i].kind))
            return &k->c.facts[i];
    return NULL;
}

static const struct state_fact *first_answer(const struct book *k)
{
    for (size_t i = 0; i < k->c.facts_n; i++)
        if (k->c.facts[i].event == k->answered.event && k->c.facts[i].kind >= EV_PAID &&
            k->c.facts[i].kind <= EV_PATIENT_ONLY)
            return &k->c.facts[i];
    return NULL;
}

static void first_pass(struct books *b, struct table *t)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        const struct state_fact *no = first_reject(k), *a = first_answer(k);
        if (k->sent.event) {
            int64_t yes = k->accepted.event ? k->accepted.event : k->answered.event;
            tally(t, k->payer, 1, 1, k->sent.event);
            tally(t, k->payer, no ? 3 : yes ? 2 : 4, 1, no ? no->event : yes ? yes : k->sent.event);
        }
        if (!a)
            continue;
        bool whole = (a->kind == EV_PAID || a->kind == EV_PATIENT_ONLY) && !book_first_denied(b, k);
        tally(t, k->payer, 6, 1, a->event);
        tally(t, k->payer, 7, whole, a->event);
    }
}

/* ---- denials ---- */

static const struct col DENIED_COLS[] = {{"payer", COL_TEXT},
                                         {"adjudicated", COL_COUNT},
                                         {"charged", COL_CENTS},
                                         {"denied first", COL_COUNT},
                                         {"denied first cents", COL_CENTS},
                                         {"denied now", COL_COUNT},
                                         {"denied now cents", COL_CENTS},
                                         {"initial claims", COL_RATE, 3, 1, PERCENT},
                                         {"initial money", COL_RATE, 4, 2, PERCENT},
                                         {"final claims", COL_RATE, 5, 1, PERCENT},
                                         {"final money", COL_RATE, 6, 2, PERCENT}};

static void denied_first(struct books *b, struct table *t, const struct book *k)
{
    if (!book_first_denied(b, k))
        return;
    struct stmt *q = store_sql(
        ledger_store(b->l),
        "SELECT j.event,j.cents FROM journal j JOIN remit m ON m.no=j.event WHERE j.subject=?1 AND"
        " account=6 AND j.cents>0 AND m.reverses IS NULL AND m.payment="
        "(SELECT payment FROM remit WHERE no=?2)");
    stmt_int(q, 1, k->c.chain);
    stmt_int(q, 2, k->answered.event);
    while (stmt_step(q))
        tally(t, k->payer, 4, stmt_col_int(q, 1), stmt_col_int(q, 0));
    tally(t, k->payer, 3, 1, k->answered.event);
}

/* What is denied now, or was given up while it was. */
static void denied_now(struct table *t, const struct book *k)
{
    int64_t sum = 0;
    for (size_t i = 0; i < k->moved_n; i++)
        if (k->moved[i].account == ACCOUNT_DENIAL && !phi_is(k->moved[i].code, "WRITE-OFF")) {
            tally(t, k->payer, 6, k->moved[i].cents, k->moved[i].event);
            sum += k->moved[i].cents;
        }
    tally(t, k->payer, 5, sum > 0, k->answered.event);
}

static void denial_rate(struct books *b, struct table *t)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        if (!k->answered.event)
            continue;
        tally(t, k->payer, 1, 1, k->answered.event);
        tally_account(t, k, 2, ACCOUNT_CHARGES, -1);
        denied_first(b, t, k);
        denied_now(t, k);
    }
}

/* ---- days in A/R ---- */

static const struct col DAYS_COLS[] = {{"payer", COL_TEXT},
                                       {"receivable", COL_CENTS},
                                       {"credits", COL_CENTS},
                                       {"charges of 90 days", COL_CENTS},
                                       {"days", COL_DAYS, 1, 3, 9000},
                                       {"over 90 days", COL_CENTS},
                                       {"over 90", COL_RATE, 5, 1, PERCENT}};

static void days_in_ar(struct books *b, struct table *t)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        int64_t all = k->c.open + k->c.patient;
        bool old = k->c.service != CLAIM_NO_DATE && b->now / DAY_US - k->c.service > 90;
        for (size_t j = 0; j < k->moved_n; j++) {
            const struct moved *m = &k->moved[j];
            bool ar = m->account == ACCOUNT_RECEIVABLE || m->account == ACCOUNT_DENIAL ||
                      m->account == ACCOUNT_PATIENT;
            if (ar && all)
                tally(t, k->payer, all > 0 ? 1 : 2, m->cents, m->event);
            if (ar && all > 0 && old)
                tally(t, k->payer, 5, m->cents, m->event);
            if (m->account == ACCOUNT_CHARGES && k->came.us > b->now - 90 * DAY_US &&
                k->came.us <= b->now)
                tally(t, k->payer, 3, -m->cents, m->event);
        }
    }
}

/* ---- net collection ---- */

static const struct col NET_COLS[] = {
    {"payer", COL_TEXT},        {"charges", COL_CENTS},
    {"contractual", COL_CENTS}, {"collectable", COL_CENTS},
    {"payers", COL_CENTS},      {"patients", COL_CENTS},
    {"collected", COL_CENTS},   {"rate", COL_RATE, 6, 3, PERCENT}};

static void net_collection(struct books *b, struct table *t)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        for (size_t j = 0; j < k->moved_n; j++) {
            const struct moved *m = &k->moved[j];
            if (m->account == ACCOUNT_CHARGES) {
                tally(t, k->payer, 1, -m->cents, m->event);
                tally(t, k->payer, 3, -m->cents, m->event);
            } else if (m->account == ACCOUNT_CONTRACTUAL || m->account == ACCOUNT_PRIOR) {
                tally(t, k->payer, 2, m->cents, m->event);
                tally(t, k->payer, 3, -m->cents, m->event);
            } else if (m->account == ACCOUNT_RECEIPT || phi_is(m->code, "PAY")) {
                bool patient = m->account == ACCOUNT_RECEIPT;
                int64_t cents = patient ? m->cents : -m->cents;
                tally(t, k->payer, patient ? 5 : 4, cents, m->event);
                tally(t, k->payer, 6, cents, m->event);
            }
        }
    }
}

/* ---- lags ---- */

#define LAG(name)                                                                                  \
    {name " median", COL_DAYS, .rank = 50},                                                        \
    {                                                                                              \
        name " p90", COL_DAYS, .rank = 90                                                          \
    }
static const struct col LAG_COLS[] = {
    {"payer", COL_TEXT}, LAG("charge"), LAG("submit"), LAG("ack"), LAG("pay")};

static void lag(struct table *t, const struct book *k, int col, int64_t from_us,
                const struct moment *to, bool known)
{
    if (!known || !to->event)
        return;
    int64_t v = (to->us - from_us) / (DAY_US / 100);
    for (int i = 0; i < 2; i++) {
        cell_value(t, of(t, k->payer), col + i, v, to->event);
        cell_value(t, of(t, phi_lit("all")), col + i, v, to->event);
    }
}

/* Service to books, books to payer, payer's answer to the file, payer's money. */
static void lags(struct books *b, struct table *t)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        lag(t, k, 1, (int64_t)k->c.service * DAY_US, &k->came, k->c.service != CLAIM_NO_DATE);
        lag(t, k, 3, k->came.us, &k->sent, k->came.event);
        lag(t, k, 5, k->sent.us, &k->accepted, k->sent.event);
        lag(t, k, 7, k->sent.us, &k->paid, k->sent.event);
    }
}

#define N(cols) (sizeof(cols) / sizeof *(cols))
const struct report_kind RATES[RATES_N] = {
    {"clean-claims", "claims that passed our edits at once, of those built", CLEAN_COLS,
     N(CLEAN_COLS), clean},
    {"first-pass", "accepted without a reject; paid or left to the patient by the first answer",
     FIRST_COLS, N(FIRST_COLS), first_pass},
    {"denial-rate", "denied by the first answer and now, claims and money", DENIED_COLS,
     N(DENIED_COLS), denial_rate},
    {"days-in-ar", "days of charges that are open; what is open over 90 days", DAYS_COLS,
     N(DAYS_COLS), days_in_ar},
    {"net-collection", "collected, of what contracts leave of the charges", NET_COLS, N(NET_COLS),
     net_collection},
    {"lags", "days from service to books, to the payer, to its answer, to its money", LAG_COLS,
     N(LAG_COLS), lags}};
