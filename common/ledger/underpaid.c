/* What payers allowed, line by line, beside what their contracts say. Asked when it is wanted. */
#include "common/ledger/contract.h"
#include "common/ledger/parts.h"
#include "common/util/log.h"
#include <stdlib.h>

/* A claim that is being put together from its remittances. */
struct gathering {
    struct ledger *l;
    const struct contract *list, *contract;
    struct arena mem; /* lines of one claim */
    struct underpaid_claim claim;
    struct underpaid_line *line;
    size_t cap;
    void (*each)(void *ctx, const struct underpaid_claim *c);
    void *ctx;
};

static void emit(struct gathering *g)
{
    struct underpaid_claim *c = &g->claim;
    if (c->chain && c->lines_n) {
        c->line = g->line;
        for (size_t i = 0; i < c->lines_n; i++)
            if (phi_empty(g->line[i].note)) {
                c->expected += g->line[i].expected;
                c->allowed += g->line[i].allowed;
            }
        int64_t rate = (int64_t)((__int128)c->expected * g->contract->tolerance_rate / 10000);
        c->tolerance = rate > g->contract->tolerance ? rate : g->contract->tolerance;
        c->flagged = c->expected - c->allowed > c->tolerance;
        g->each(g->ctx, c);
    }
    arena_clear(&g->mem);
    g->line = NULL;
    g->cap = 0;
    g->claim = (struct underpaid_claim){0};
}

static struct underpaid_line *line_add(struct gathering *g)
{
    if (g->claim.lines_n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 8;
        struct underpaid_line *more = arena_alloc(&g->mem, cap * sizeof *more);
        if (g->claim.lines_n)
            memcpy(more, g->line, g->claim.lines_n * sizeof *more);
        g->line = more;
        g->cap = cap;
    }
    return &g->line[g->claim.lines_n++];
}

/* AMT*B6, else what was paid, what the patient owes and what sequestration took. */
static int64_t allowed_of(const struct remit_line *s)
{
    int64_t cents = s->paid;
    for (uint32_t i = 0; i < s->cas_n; i++)
        if (phi_is(s->cas[i].group, "PR") ||
            (phi_is(s->cas[i].group, "CO") && phi_is(s->cas[i].reason, "253")))
            cents += s->cas[i].cents;
    return s->has_allowed ? s->allowed : cents;
}

static bool denied(const struct remit_line *s)
{
    for (uint32_t i = 0; i < s->cas_n; i++)
        if (s->paid == 0 && cas_account(s->cas[i].group, s->cas[i].reason) == ACCOUNT_DENIAL)
            return true;
    return false;
}

static phi_str mods_of(struct gathering *g, const struct facts_line *b)
{
    struct buf w = {0};
    for (uint32_t i = 0; i < b->mods_n; i++) {
        buf_puts(&w, i ? " " : "");
        buf_phi(&w, b->mods[i]);
    }
    phi_str out = arena_phi(&g->mem, buf_view(&w));
    buf_free(&w);
    return out;
}

static const char *why_not(const struct remit_line *s, const struct priced *p, enum line_how how)
{
    if (!p)
        return "no billed line";
    if (denied(s))
        return "denied";
    if (!p->fee)
        return "no fee";
    return how == LINE_BUNDLED || how == LINE_UNBUNDLED ? line_how_name(how) : "";
}

static void compare(struct gathering *g, const struct underpaid_line *about, const struct facts *f,
                    const struct remit *r)
{
    struct line_match *m = arena_alloc(&g->l->arena, (r->lines_n + 1) * sizeof *m);
    struct priced *p = arena_alloc(&g->l->arena, (f->lines_n + 1) * sizeof *p);
    match_lines(f, r, m);
    contract_price(g->contract, f, r->place, p);
    for (uint32_t i = 0; i < r->lines_n; i++) {
        const struct remit_line *s = &r->lines[i];
        uint32_t k = 0;
        while (k < f->lines_n && (m[i].lx == 0 || f->lines[k].lx != m[i].lx))
            k++;
        bool found = k < f->lines_n;
        struct underpaid_line *n = line_add(g);
        *n = *about;
        n->code = arena_phi(&g->mem, found ? f->lines[k].code : s->code);
        n->note = phi_lit(why_not(s, found ? &p[k] : NULL, m[i].how));
        n->allowed = allowed_of(s);
        n->paid = s->paid;
        if (!found || !p[k].fee)
            continue;
        n->mods = mods_of(g, &f->lines[k]);
        n->fee = p[k].fee->cents;
        n->units = f->lines[k].units ? f->lines[k].units : 1000;
        n->percent = p[k].percent;
        n->capped = p[k].capped;
        n->expected = p[k].expected;
    }
}

void underpaid_each(struct ledger *l, const struct contract *list,
                    void (*each)(void *ctx, const struct underpaid_claim *c), void *ctx)
{
    struct gathering g = {.l = l, .list = list, .each = each, .ctx = ctx};
    if (!list)
        return;
    struct stmt *q = store_sql(
        l->store, "SELECT m.no,m.chain,m.version,m.body,c.facts,c.payer,c.pcn,e.at,p.payer FROM"
                  " remit m JOIN claim c ON c.no=m.version JOIN event e ON e.no=m.no JOIN payment"
                  " p ON p.no=m.payment WHERE m.chain IS NOT NULL AND NOT coalesce(m.later,0) AND"
                  " m.reverses IS NULL AND m.status IN('1','19') AND NOT EXISTS(SELECT 1 FROM"
                  " remit x WHERE x.reverses=m.no) ORDER BY m.chain,m.no");
    while (stmt_step(q)) {
        struct facts f;
        struct remit r;
        const struct contract *k = contract_of(list, stmt_col_bytes(q, 5));
        k = k ? k : contract_of(list, stmt_col_bytes(q, 8));
        if (!k)
            continue;
        if (g.claim.chain != stmt_col_int(q, 1) || g.contract != k)
            emit(&g);
        g.contract = k;
        g.claim.chain = stmt_col_int(q, 1);
        g.claim.at_us = stmt_col_int(q, 7);
        struct underpaid_line about = {.chain = g.claim.chain,
                                       .event = stmt_col_int(q, 0),
                                       .version = stmt_col_int(q, 2),
                                       .payer = arena_phi(&g.mem, stmt_col_bytes(q, 5)),
                                       .pcn = arena_phi(&g.mem, stmt_col_bytes(q, 6))};
        phi_str body = open_value(l, 'r', about.event, stmt_col_bytes(q, 3));
        phi_str facts = open_value(l, 'c', about.version, stmt_col_bytes(q, 4));
        if (remit_read(body, &l->arena, &r, NULL) && facts_read(facts, &l->arena, &f))
            compare(&g, &about, &f, &r);
        arena_clear(&l->arena);
    }
    emit(&g);
    arena_free(&g.mem);
}
