/* The claims of a ledger as reports need them: each with its moments and its money. */
#include "common/util/log.h"
#include "tools/report/report.h"
#include <stdlib.h>

static void note(struct moment *m, const struct state_fact *f)
{
    if (!m->event)
        *m = (struct moment){f->at, f->event};
}

static bool is_answer(enum state_event k)
{
    return k >= EV_PAID && k <= EV_PATIENT_ONLY;
}

/* Since when the owner of the balance is: the payer's turn begins when the claim is sent to it, or
 * with what the payer before it answered; the patient's with the last answer. */
static struct moment owned_since(const struct book *k)
{
    struct moment m = {0};
    const struct report_claim *c = &k->c;
    for (size_t i = 0; i < c->facts_n; i++) {
        const struct state_fact *f = &c->facts[i];
        bool first = c->state.b == B_PAYER && c->state.rank <= 1;
        if (first ? f->kind == EV_SENT && !m.event : is_answer(f->kind) || f->kind == EV_REVERSED)
            if (c->state.b != B_PAYER || first || f->rank < c->state.rank)
                m = (struct moment){f->at, f->event};
        if (first && f->kind == EV_REVERSED && c->state.a == A_REVERSED)
            m = (struct moment){f->at, f->event};
    }
    return m.event ? m : k->came;
}

static void moments(struct book *k)
{
    for (size_t i = 0; i < k->c.facts_n; i++) {
        const struct state_fact *f = &k->c.facts[i];
        if (f->kind == EV_BUILT)
            note(&k->came, f);
        if (f->kind == EV_SENT)
            note(&k->sent, f);
        if (f->kind == EV_ACCEPTED_BY_PAYER || f->kind == EV_ACCEPTED_HERE)
            note(&k->accepted, f);
        if (is_answer(f->kind))
            note(&k->answered, f);
        if (f->kind == EV_PAID || f->kind == EV_PARTIAL)
            note(&k->paid, f);
    }
    k->owned = owned_since(k);
}

static void copy_facts(struct books *b, struct book *k)
{
    struct report_claim *c = &k->c;
    size_t size = c->facts_n * sizeof *c->facts;
    struct state_fact *f = arena_alloc(&b->mem, size + 1);
    if (size)
        memcpy(f, c->facts, size);
    c->facts = f;
    phi_str *const words[] = {&c->pcn, &c->billing, &c->member, &c->last, &c->first};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *words[i] = arena_phi(&b->mem, *words[i]);
    for (int i = 0; i < REPORT_RANKS; i++)
        c->payer[i] = arena_phi(&b->mem, c->payer[i]);
    int rank = c->state.b == B_PAYER && c->state.rank < REPORT_RANKS ? c->state.rank : 1;
    for (int i = rank; i > 0 && phi_empty(k->payer); i--)
        k->payer = c->payer[i];
    for (int i = rank; i < REPORT_RANKS && phi_empty(k->payer); i++)
        k->payer = c->payer[i];
    if (phi_empty(k->payer))
        k->payer = phi_lit("?");
}

static void journal(struct books *b, struct book *k)
{
    struct stmt *q = store_sql(ledger_store(b->l), "SELECT event,account,cents,code FROM journal"
                                                   " WHERE subject=?1 ORDER BY event,k");
    stmt_int(q, 1, k->c.chain);
    size_t cap = 0;
    while (stmt_step(q)) {
        if (k->moved_n == cap) {
            struct moved *more = arena_alloc(&b->mem, (cap = cap ? 2 * cap : 8) * sizeof *more);
            if (k->moved_n)
                memcpy(more, k->moved, k->moved_n * sizeof *more);
            k->moved = more;
        }
        k->moved[k->moved_n++] = (struct moved){stmt_col_int(q, 0), stmt_col_int(q, 2),
                                                (enum ledger_account)stmt_col_int(q, 1),
                                                arena_phi(&b->mem, stmt_col_bytes(q, 3))};
    }
}

void books_load(struct books *b, struct ledger *l)
{
    struct report_claim c;
    struct report *r = report_new(l);
    size_t cap = 0;
    b->l = l;
    while (report_next(r, &c)) {
        if (b->n == cap)
            b->claim = xrealloc(b->claim, (cap = cap ? 2 * cap : 256) * sizeof *b->claim);
        struct book *k = &b->claim[b->n++];
        *k = (struct book){.c = c};
        copy_facts(b, k);
        journal(b, k);
        moments(k);
    }
    report_free(r);
}

void books_free(struct books *b)
{
    free(b->claim);
    arena_free(&b->mem);
}

int64_t book_sum(const struct book *k, enum ledger_account a)
{
    int64_t sum = 0;
    for (size_t i = 0; i < k->moved_n; i++)
        sum += k->moved[i].account == a ? k->moved[i].cents : 0;
    return sum;
}

bool book_has(const struct book *k, enum state_event kind)
{
    for (size_t i = 0; i < k->c.facts_n; i++)
        if (k->c.facts[i].kind == kind)
            return true;
    return false;
}

int64_t book_first_denied(struct books *b, const struct book *k)
{
    int64_t cents = 0;
    struct stmt *q = store_sql(
        ledger_store(b->l),
        "SELECT sum(j.cents) FROM journal j JOIN remit m ON m.no=j.event WHERE j.subject=?1 AND"
        " account=6 AND j.cents>0 AND m.reverses IS NULL AND m.payment="
        "(SELECT payment FROM remit WHERE no=?2)");
    stmt_int(q, 1, k->c.chain);
    stmt_int(q, 2, k->answered.event);
    if (k->answered.event && stmt_step(q))
        cents = stmt_col_int(q, 0);
    return cents;
}
