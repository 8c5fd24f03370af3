/* What lies in other stores of the run: inquiries, quarantine, files that submit holds, visits and
 * encounters that wait. */
#include "common/edi/claim.h"
#include "common/followup/gather.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

static struct store *open_in(const struct followup *f, const char *path,
                             const struct store_schema *schema)
{
    struct buf full = {0};
    buf_printf(&full, "%s/%s", f->run, path);
    struct store *s = store_open_ro(buf_cstr(&full), schema);
    buf_free(&full);
    return s;
}

/* ---- inquiries ---- */

struct askings askings_read(struct followup *f)
{
    static const struct store_schema schema = {"inquire"};
    struct askings x = {0};
    struct store *s = open_in(f, "inquire/inquire.db", &schema);
    if (!s)
        return x;
    size_t room = (size_t)store_int(s, "SELECT count(*) FROM inquiry", 0);
    x.v = arena_alloc(f->a, (room + 1) * sizeof *x.v);
    bool rows = store_int(s, "SELECT count(*) FROM pragma_table_info('inquiry') WHERE name='chain'",
                          0); /* a newer store */
    struct stmt *q = store_sql(s, rows ? "SELECT account,at,chain FROM inquiry ORDER BY account,at"
                                       : "SELECT account,at,0 FROM inquiry ORDER BY account,at");
    while (x.n < room && stmt_step(q)) {
        int64_t at = stmt_col_int(q, 1);
        if (at <= f->now_us)
            x.v[x.n++] = (struct asking){.chain = stmt_col_int(q, 2),
                                         .account = arena_phi(f->a, stmt_col_bytes(q, 0)),
                                         .at = at};
    }
    store_close(s);
    return x;
}

static size_t first_of(const struct askings *x, phi_str account)
{
    size_t lo = 0, hi = x->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (phi_cmp(x->v[mid].account, account) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct report_claim askings_into(const struct askings *x, const struct report_claim *c,
                                 struct arena *a)
{
    struct report_claim out = *c;
    size_t from = first_of(x, c->pcn), n = 0, own = 0;
    while (from + n < x->n && phi_eq(x->v[from + n].account, c->pcn))
        n++;
    if (!n)
        return out;
    struct state_fact *all = arena_alloc(a, (c->facts_n + n) * sizeof *all);
    memcpy(all, c->facts, c->facts_n * sizeof *all);
    for (size_t i = 0; i < n; i++) /* another submitter's claim can have the same account number */
        if (!x->v[from + i].chain || x->v[from + i].chain == c->chain)
            all[c->facts_n + own++] =
                (struct state_fact){.kind = EV_ASKED, .at = x->v[from + i].at};
    out.facts = all;
    out.facts_n += own;
    return out;
}

/* ---- quarantine ---- */

/* What a record in quarantine is to people, by what it is and the rule that holds it. */
static const struct {
    const char *kind, *rule; /* rule NULL: any */
    const char *code;
} CELLS[] = {{"claim", "DUP_HOLD", "DUP_HOLD"},
             {"claim", NULL, "EDIT_HOLD"},
             {"set", NULL, "SET_HELD"},
             {NULL, NULL, "HELD"}};

static const char *cell_code(phi_str kind, phi_str rule)
{
    size_t i = 0;
    while (CELLS[i].kind &&
           (!phi_is(kind, CELLS[i].kind) || (CELLS[i].rule && !phi_is(rule, CELLS[i].rule))))
        i++;
    return CELLS[i].code;
}

/* The record in a cell; false when it does not open. Slices are in the arena. */
static bool cell_record(struct followup *f, struct stmt *q, struct record *r)
{
    struct rec_id id = stmt_col_id(q, 4);
    struct buf plain = {0};
    const char *why;
    bool good = false;
    if (unseal(ledger_keys(f->l), stmt_col_bytes(q, 5), phi_of((const char *)id.b, REC_ID_LEN),
               &plain)) {
        phi_str kept = arena_phi(f->a, buf_view(&plain));
        good = record_read(kept.p, kept.n, r, &why);
    }
    buf_free(&plain);
    return good;
}

/* The claim in a cell; false when it is none or does not open. *again: a valid version of it came
 * later and went on. */
static bool cell_claim(struct followup *f, struct stmt *q, struct claim *c, bool *again)
{
    struct record r;
    bool good = cell_record(f, q, &r) && claim_read(r.body, c, f->a);
    if (good)
        *again = report_came_again(f->l, c, r.at_us, (int64_t)r.seq);
    return good;
}

/* A set: its money, unless what was in it came again and went on. */
static void held_set(struct followup *f, struct stmt *q, const char *code, phi_str rule)
{
    int64_t n = stmt_col_int(q, 0);
    struct held_set h = {0};
    struct record r;
    if (f->l && cell_record(f, q, &r))
        held_set_look(f, &r, &h);
    if (h.again)
        return;
    struct item *i = followup_add(f, code, n, h.cents, stmt_col_int(q, 3));
    snprintf(i->id, sizeof i->id, "%s-q%lld", i->code, (long long)n);
    i->reason = rule;
}

/* The item of a claim that our edits refused, which the verdict told of. */
static struct item *refused(struct followup *f, phi_str account)
{
    for (size_t i = 0; i < f->items.n; i++)
        if (strcmp(f->items.v[i].code, "EDIT_HOLD") == 0 && !f->items.v[i].chain &&
            !f->items.v[i].cents && phi_eq(f->items.v[i].claim, account))
            return &f->items.v[i];
    return NULL;
}

/* The item of a duplicate that the books tell of too: it is one matter, and its money counts once. */
static struct item *doubled(struct followup *f, const struct claim *c)
{
    for (size_t i = 0; i < f->items.n; i++)
        if (strcmp(f->items.v[i].code, "DUP_HOLD") == 0 && !f->items.v[i].reason.n &&
            f->items.v[i].cents == c->charge && phi_eq(f->items.v[i].claim, c->pcn))
            return &f->items.v[i];
    return NULL;
}

static void worth(struct followup *f, struct item *i, const struct claim *c)
{
    i->claim = c->pcn;
    i->cents = c->charge;
    i->value = i->cents * queue_of(f->q, i->code)->worth / 100;
}

/* The time to file runs while a claim lies here. */
static void runs_out(struct followup *f, int64_t n, const struct claim *c)
{
    const struct profile *p = followup_profile(f, c->payer_id);
    struct timers t = timers_for(&f->q->timers, p, f->a);
    struct report_claim held = {.service = c->from, .state = {.turn = 1}};
    struct watch w = watch_claim(&held, &t, p, 0, f->now_us);
    bool replaces = phi_is(c->frequency, "7") || phi_is(c->frequency, "8");
    if (!replaces)
        followup_timely(f, 0, n, c->pcn, c->charge, &w);
}

static void cell(struct followup *f, struct stmt *q)
{
    int64_t n = stmt_col_int(q, 0);
    phi_str kind = stmt_col_bytes(q, 1), rule = arena_phi(f->a, stmt_col_bytes(q, 2));
    struct claim c;
    const char *code = cell_code(kind, rule);
    if (phi_is(kind, "set")) {
        held_set(f, q, code, rule);
        return;
    }
    bool again = false, claim = phi_is(kind, "claim") && f->l && cell_claim(f, q, &c, &again);
    if (again && strcmp(code, "EDIT_HOLD") == 0)
        return;
    struct item *i = claim ? refused(f, c.pcn) : NULL;
    if (!i) {
        i = claim && strcmp(code, "DUP_HOLD") == 0 ? doubled(f, &c) : NULL;
        if (!i)
            i = followup_add(f, code, n, 0, stmt_col_int(q, 3));
        snprintf(i->id, sizeof i->id, "%s-q%lld", i->code, (long long)n);
        i->reason = rule;
    }
    if (!claim)
        return;
    worth(f, i, &c);
    runs_out(f, n, &c);
}

static void quarantine(struct followup *f)
{
    static const struct store_schema schema = {"quarantine"};
    struct store *s = open_in(f, "quarantine/quarantine.db", &schema);
    if (!s)
        return;
    struct stmt *q =
        store_sql(s, "SELECT n,kind,rule,came,id,record FROM cell WHERE state=0 ORDER BY n");
    while (stmt_step(q))
        cell(f, q);
    store_close(s);
}

/* ---- submit ---- */

static void held_files(struct followup *f)
{
    static const struct store_schema schema = {"submit"};
    struct store *s = open_in(f, "submit/submit.db", &schema);
    if (!s)
        return;
    struct stmt *q = store_sql(s, "SELECT n,rule,came FROM box WHERE state=3 ORDER BY n");
    while (stmt_step(q)) {
        struct item *i = followup_add(f, "FILE_HELD", stmt_col_int(q, 0), 0, stmt_col_int(q, 2));
        i->reason = arena_phi(f->a, stmt_col_bytes(q, 1));
    }
    store_close(s);
}

/* ---- visits that are not whole, encounters that a person must code ---- */

static void waiting(struct followup *f, const char *name, const char *sql, const char *code)
{
    struct store_schema schema = {.name = name};
    struct buf path = {0};
    buf_printf(&path, "%s/%s.db", name, name);
    struct store *s = open_in(f, buf_cstr(&path), &schema);
    buf_free(&path);
    if (!s)
        return;
    struct stmt *q = store_sql(s, sql);
    while (stmt_step(q)) {
        struct item *i = followup_add(f, code, stmt_col_int(q, 0), 0, stmt_col_int(q, 1));
        i->reason = arena_phi(f->a, stmt_col_bytes(q, 2));
    }
    store_close(s);
}

void stores_gather(struct followup *f)
{
    quarantine(f);
    waiting(f, "gather", "SELECT n,last,missing FROM visit WHERE state=0 ORDER BY n",
            "VISIT_PARTS");
    waiting(f, "review", "SELECT n,came,'' FROM item WHERE state=0 ORDER BY n", "CODING");
    held_files(f);
}
