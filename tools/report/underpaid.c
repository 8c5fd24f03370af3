/* What payers allowed against their contracts, with the computation of each line. */
#include "common/ledger/contract.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/report/report.h"
#include <stdio.h>

enum { CLAIM, PAYER, CODE, MODS, HOW, FEE, UNITS, PERCENT, EXPECTED, ALLOWED, GAP, UNDER };
static const struct col UNDER_COLS[] = {
    {"claim", COL_TEXT},     {"payer", COL_TEXT},     {"code", COL_TEXT},
    {"modifiers", COL_TEXT}, {"how", COL_TEXT},       {"fee", COL_CENTS},
    {"units", COL_NUMBER},   {"percent", COL_NUMBER}, {"expected", COL_CENTS},
    {"allowed", COL_CENTS},  {"gap", COL_CENTS},      {"underpaid", COL_CENTS}};

struct filling {
    struct table *t;
    struct row *all;
};

static void line(struct filling *x, const struct underpaid_line *n)
{
    const char *how = !phi_empty(n->note) ? n->note.p
                      : n->capped         ? "fee x units x factors, no more than the charge"
                                          : "fee x units x factors";
    const phi_str words[] = {n->pcn, n->payer, n->code, n->mods, phi_lit(how)};
    struct row *r = table_new(x->t, words);
    cell_add(x->t, r, FEE, n->fee, n->version);
    cell_add(x->t, r, UNITS, n->units / 10, n->version);
    cell_add(x->t, r, PERCENT, n->percent, n->version);
    cell_add(x->t, r, ALLOWED, n->allowed, n->event);
    if (!phi_empty(n->note))
        return;
    cell_add(x->t, r, EXPECTED, n->expected, n->version);
    cell_add(x->t, r, GAP, n->expected - n->allowed, n->event);
}

static void claim(void *ctx, const struct underpaid_claim *c)
{
    struct filling *x = ctx;
    for (size_t i = 0; i < c->lines_n; i++)
        line(x, &c->line[i]);
    int64_t event = c->line[0].event, gap = c->expected - c->allowed;
    const phi_str words[] = {c->line[0].pcn, c->line[0].payer, phi_lit("sum"), phi_lit(""),
                             phi_lit(c->flagged ? "UNDERPAID"
                                     : gap > 0  ? "within tolerance"
                                                : "as agreed")};
    struct row *to[] = {table_new(x->t, words), x->all};
    for (int i = 0; i < 2; i++) {
        cell_add(x->t, to[i], EXPECTED, c->expected, event);
        cell_add(x->t, to[i], ALLOWED, c->allowed, event);
        cell_add(x->t, to[i], GAP, gap, event);
        cell_add(x->t, to[i], UNDER, c->flagged ? gap : 0, event);
    }
}

static void underpaid(struct books *b, struct table *t)
{
    const struct contract *list;
    struct buf error = {0};
    if (!contracts_load(b->contracts, &b->mem, &list, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    const phi_str all[] = {phi_lit("all"), phi_lit(""), phi_lit(""), phi_lit(""), phi_lit("")};
    struct filling x = {t, table_row(t, all)};
    underpaid_each(b->l, list, claim, &x);
}

const struct report_kind CONTRACT[CONTRACT_N] = {
    {"underpaid", "what payers allowed against their contracts, line by line", UNDER_COLS,
     sizeof UNDER_COLS / sizeof *UNDER_COLS, underpaid}};
