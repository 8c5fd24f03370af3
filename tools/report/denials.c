/* Denials by root cause, and what no rule of ours foresaw. */
#include "common/util/conf.h"
#include "tools/report/report.h"
#include <stdlib.h>

/* "CO-197" is the reason 197. */
static phi_str reason_of(phi_str code)
{
    const char *dash = memchr(code.p, '-', code.n);
    return dash ? phi_of(dash + 1, (size_t)(code.p + code.n - dash - 1)) : code;
}

/* The folder of queues says which group a reason is of (docs/work.md). */
struct groups {
    const struct conf **denials;
    size_t n;
};

static struct groups groups_load(struct books *b)
{
    struct groups g = {0};
    struct buf error = {0};
    char **files = conf_files(b->queues, &b->mem);
    size_t n = 0;
    while (files && files[n])
        n++;
    g.denials = arena_alloc(&b->mem, (n + 1) * sizeof *g.denials);
    for (; files && *files; files++) {
        const struct conf *d = conf_get(conf_read(*files, &b->mem, &error), "denials");
        if (d)
            g.denials[g.n++] = d;
    }
    buf_free(&error);
    return g;
}

static phi_str group_of(const struct groups *g, phi_str code)
{
    phi_str reason = reason_of(code);
    for (size_t i = 0; i < g->n; i++)
        for (const struct conf *d = g->denials[i]->first; d; d = d->next)
            for (const struct conf *c = conf_get(d, "codes") ? conf_get(d, "codes")->first : NULL;
                 c; c = c->next)
                if (phi_is(reason, c->text))
                    return phi_lit(d->key);
    return phi_lit(phi_is(code, "WRITE-OFF") ? "given up" : "other");
}

/* ---- denials ---- */

static const struct col DENIAL_COLS[] = {
    {"payer", COL_TEXT},   {"group", COL_TEXT},   {"code", COL_TEXT}, {"lines", COL_COUNT},
    {"denied", COL_CENTS}, {"undone", COL_CENTS}, {"open", COL_CENTS}};

static void denials(struct books *b, struct table *t)
{
    struct groups g = groups_load(b);
    const phi_str all[] = {phi_lit("all"), phi_lit(""), phi_lit("")};
    struct row *total = table_row(t, all);
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        phi_str payer = phi_empty(k->c.payer[1]) ? k->payer : k->c.payer[1];
        for (size_t j = 0; j < k->moved_n; j++) {
            const struct moved *m = &k->moved[j];
            bool off = m->account == ACCOUNT_DENIAL && phi_is(m->code, "WRITE-OFF");
            bool reason = (m->account == ACCOUNT_RECEIVABLE || m->account == ACCOUNT_PATIENT) &&
                          report_denies(m->code);
            int64_t cents =
                off ? m->cents : -m->cents; /* the reason stands where it is taken from */
            if (!off && !reason)
                continue;
            const phi_str words[] = {payer, group_of(&g, m->code), m->code};
            struct row *to[] = {table_row(t, words), total};
            for (int n = 0; n < 2; n++) {
                cell_add(t, to[n], 3, cents > 0, m->event);
                cell_add(t, to[n], cents > 0 ? 4 : 5, labs(cents), m->event);
                cell_add(t, to[n], 6, cents, m->event);
            }
        }
    }
}

/* ---- missed edits ---- */

static const struct col MISSED_COLS[] = {{"payer", COL_TEXT},     {"answer", COL_TEXT},
                                         {"code", COL_TEXT},      {"missed", COL_COUNT},
                                         {"foreseen", COL_COUNT}, {"charged", COL_CENTS}};

struct foreseen {
    phi_str answer, codes;
    bool yes;
};

static void found(void *ctx, const char *rule, const char *report, bool refuses)
{
    struct foreseen *f = ctx;
    f->yes |= refuses || report_foresaw(f->answer, f->codes, rule, phi_lit(report));
}

/* A rule said the same of the version that was sent, or refused it and somebody overrode that. */
static bool foreseen(struct books *b, int64_t version, const char *answer, phi_str codes)
{
    struct foreseen f = {.answer = phi_lit(answer), .codes = codes};
    struct stmt *q = store_sql(ledger_store(b->l), "SELECT file,off,pos FROM event WHERE no=?1");
    stmt_int(q, 1, version);
    if (!stmt_step(q))
        return false;
    int64_t file = stmt_col_int(q, 0), off = stmt_col_int(q, 1), pos = stmt_col_int(q, 2);
    report_findings(b->l, file, off, (uint32_t)pos + 1, found, &f);
    return f.yes;
}

static void missed_row(struct books *b, struct table *t, const struct book *k, const char *answer,
                       phi_str code, int64_t version, int64_t event)
{
    const phi_str words[] = {phi_empty(k->c.payer[1]) ? k->payer : k->c.payer[1], phi_lit(answer),
                             code};
    const phi_str all[] = {phi_lit("all"), phi_lit(""), phi_lit("")};
    int col = foreseen(b, version, answer, code) ? 4 : 3;
    struct row *to[] = {table_row(t, words), table_row(t, all)};
    for (int i = 0; i < 2; i++) {
        cell_add(t, to[i], col, 1, event);
        if (col == 3)
            cell_add(t, to[i], 5, k->c.charged, event);
    }
}

static void rejects(struct books *b, struct table *t, const struct book *k)
{
    for (size_t i = 0; i < k->c.facts_n; i++) {
        const struct state_fact *f = &k->c.facts[i];
        if (f->kind != EV_SET_REJECTED && f->kind != EV_REJECTED_HERE &&
            f->kind != EV_REJECTED_BY_PAYER && f->kind != EV_FILE_REJECTED)
            continue;
        struct stmt *q =
            store_sql(ledger_store(b->l), "SELECT answer,code,codes FROM ack WHERE no=?1");
        stmt_int(q, 1, f->event);
        if (!stmt_step(q))
            continue;
        phi_str codes =
            arena_phi(&b->mem, stmt_col_bytes(q, phi_empty(stmt_col_bytes(q, 2)) ? 1 : 2));
        const char *answer = arena_strndup(&b->mem, stmt_col_bytes(q, 0).p, stmt_col_bytes(q, 0).n);
        missed_row(b, t, k, answer, codes, f->version, f->event);
    }
}

/* Each reason of each remittance once; what was taken back counts as well: it came. */
static void refusals(struct books *b, struct table *t, const struct book *k)
{
    struct stmt *q =
        store_sql(ledger_store(b->l),
                  "SELECT j.event,j.code,m.version FROM journal j JOIN remit m ON m.no=j.event"
                  " WHERE j.subject=?1 AND j.account IN(5,7) AND j.cents<0 AND m.reverses IS NULL"
                  " GROUP BY j.event,j.code ORDER BY j.event");
    stmt_int(q, 1, k->c.chain);
    struct {
        int64_t event, version;
        phi_str code;
    } list[64];
    int n = 0;
    while (n < 64 && stmt_step(q)) {
        if (!report_denies(stmt_col_bytes(q, 1)))
            continue;
        list[n].event = stmt_col_int(q, 0);
        list[n].code = arena_phi(&b->mem, stmt_col_bytes(q, 1));
        list[n++].version = stmt_col_int(q, 2);
    }
    for (int i = 0; i < n; i++)
        missed_row(b, t, k, "835", list[i].code, list[i].version, list[i].event);
}

static void missed(struct books *b, struct table *t)
{
    const phi_str all[] = {phi_lit("all"), phi_lit(""), phi_lit("")};
    table_row(t, all);
    for (size_t i = 0; i < b->n; i++) {
        rejects(b, t, &b->claim[i]);
        refusals(b, t, &b->claim[i]);
    }
}

#define N(cols) (sizeof(cols) / sizeof *(cols))
const struct report_kind DENIALS[DENIALS_N] = {
    {"denials", "denied lines by payer, root cause and reason", DENIAL_COLS, N(DENIAL_COLS),
     denials},
    {"missed-edits", "rejections and denials that no rule had foreseen", MISSED_COLS,
     N(MISSED_COLS), missed}};
