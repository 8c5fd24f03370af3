/* What is open: exceptions of the ledger, refused claims, and silence. */
#include "common/ledger/deposit.h"
#include "common/ledger/parts.h"
#include "common/ledger/report.h"
#include "common/util/log.h"
#include "tools/work/work.h"
#include <stdio.h>
#include <stdlib.h>

static const int64_t DAY_US = 86400LL * 1000000;

struct work {
    struct ledger *l;
    const struct queues *q;
    int64_t now;
    struct arena *a;
    struct items *out;
};

static struct item *add(struct work *w, const char *code, int64_t subject, int64_t cents,
                        int64_t since)
{
    struct items *o = w->out;
    const struct queue *q = queue_of(w->q, code);
    if (o->n == o->room) {
        size_t room = o->room ? 2 * o->room : 64;
        struct item *wider = arena_alloc(w->a, room * sizeof *wider);
        if (o->n)
            memcpy(wider, o->v, o->n * sizeof *wider);
        o->v = wider;
        o->room = room;
    }
    struct item *i = &o->v[o->n++];
    *i = (struct item){.subject = subject,
                       .role = q->role,
                       .next = q->next,
                       .group = "",
                       .recipe = "",
                       .cents = cents < 0 ? -cents : cents,
                       .since_us = since,
                       .due_us = since + q->within_us};
    snprintf(i->code, sizeof i->code, "%s", code);
    snprintf(i->id, sizeof i->id, "%s-%lld", code, (long long)subject);
    i->value = i->cents * q->worth / 100;
    return i;
}

/* ---- exceptions ---- */

static int64_t event_time(struct work *w, int64_t no)
{
    struct stmt *q = store_sql(w->l->store, "SELECT at FROM event WHERE no=?1");
    stmt_int(q, 1, no);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* Account of the claim that a row belongs to: a claim's own, a remit's, an entry's. */
static phi_str account_of(struct work *w, int64_t row)
{
    struct stmt *q = store_sql(
        w->l->store, "SELECT pcn FROM claim WHERE no=?1 UNION ALL SELECT pcn FROM remit WHERE no=?1"
                     " UNION ALL SELECT account FROM post WHERE no=?1 LIMIT 1");
    stmt_int(q, 1, row);
    return stmt_step(q) ? arena_phi(w->a, stmt_col_bytes(q, 0)) : (phi_str){"", 0};
}

/* Reasons that a payer gave for what it denied of a claim, the dearest first. */
static void denial(struct work *w, struct item *i)
{
    struct buf reasons = {0};
    struct stmt *q =
        store_sql(w->l->store, "SELECT code,-sum(cents) FROM journal WHERE subject=?1 AND account"
                               " IN (5,7) AND code LIKE '%-%' GROUP BY code HAVING sum(cents)<0"
                               " ORDER BY 2 DESC,1");
    stmt_int(q, 1, i->subject);
    while (stmt_step(q)) {
        phi_str code = stmt_col_bytes(q, 0);
        const char *dash = memchr(code.p, '-', code.n);
        if (!dash)
            continue;
        phi_str group = phi_of(code.p, (size_t)(dash - code.p));
        phi_str carc = phi_of(dash + 1, code.n - group.n - 1);
        if (cas_account(group, carc) != ACCOUNT_DENIAL)
            continue;
        const struct denial_group *g = denial_group_of(w->q, carc);
        if (g && !*i->group) {
            i->group = g->name;
            i->recipe = g->recipe;
            i->next = g->next;
            i->value = i->cents * g->worth / 100;
        }
        buf_puts(&reasons, reasons.len ? "," : "");
        buf_phi(&reasons, code);
    }
    i->reason = arena_phi(w->a, buf_view(&reasons));
    buf_free(&reasons);
    if (!*i->group)
        i->group = "other";
}

/* When the latest remittance of a claim came. */
static int64_t answered(struct work *w, int64_t chain)
{
    struct stmt *q = store_sql(
        w->l->store, "SELECT max(e.at) FROM remit r JOIN event e USING(no) WHERE chain=?1");
    stmt_int(q, 1, chain);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void exception(void *ctx, const char *code, int64_t subject, int64_t cents, int64_t at)
{
    struct work *w = ctx;
    bool denied = strcmp(code, "DENIAL") == 0;
    int64_t since = at ? at : denied ? answered(w, subject) : event_time(w, subject);
    struct item *i = add(w, code, subject, cents, since);
    i->claim = account_of(w, subject);
    if (denied)
        denial(w, i);
}

static void refused(void *ctx, int64_t verdict, uint32_t ordinal, phi_str unit, const char *rule)
{
    struct work *w = ctx;
    struct item *i = add(w, "EDIT_HOLD", verdict, 0, event_time(w, verdict));
    snprintf(i->id, sizeof i->id, "EDIT_HOLD-%lld.%u", (long long)verdict, ordinal);
    i->claim = arena_phi(w->a, unit);
    i->reason = arena_phi(w->a, phi_lit(rule));
}

/* ---- claims: rejected, silent ---- */

/* Rejected: by the state that transport is in. */
static const struct {
    enum transport t;
    const char *code;
} REJECTED[] = {{T_FILE_REJ, "FILE_REJ"},   {T_SET_REJ, "SET_REJ"},    {T_REJ_CH, "CH_REJ"},
                {T_REJ_PAYER, "PAYER_REJ"}, {T_REJ_LATE, "PAYER_REJ"}, {T_HELD, "EDIT_HOLD"}};

static const char *rejected(enum transport t)
{
    for (size_t i = 0; i < sizeof REJECTED / sizeof *REJECTED; i++)
        if (REJECTED[i].t == t)
            return REJECTED[i].code;
    return NULL;
}

static int32_t day(int64_t us)
{
    return (int32_t)(us / DAY_US);
}

/* Which silence has lasted too long; *since: when the item arose. NULL: none. */
static const char *silent(const struct work *w, const struct claim_state *s, int64_t *since)
{
    const struct timers *t = &w->q->timers;
    int64_t now = w->now;
    if (s->a == A_INFO_NEEDED) {
        *since = s->a_since;
        return "INFO_NEEDED";
    }
    if (s->a == A_LOST) {
        *since = s->a_since;
        return "LOST";
    }
    if (s->a == A_FINAL) { /* the remittance may take its time */
        *since = s->a_since + t->remit;
        return now > *since ? "FINAL_NO_REMIT" : NULL;
    }
    if (s->a > A_PENDED) /* answered */
        return NULL;
    *since = s->t_since;
    if (s->t == T_SENT && now - s->t_since > t->ack) {
        *since += t->ack;
        return "NO_ACK";
    }
    if ((s->t == T_SYNTAX_OK || s->t == T_AT_PAYER) && day(now) - day(s->t_since) < 60 &&
        business_days(day(s->t_since), day(now)) <= t->ca_days)
        return NULL;
    if (s->t == T_SYNTAX_OK || s->t == T_AT_PAYER) {
        *since += t->ca_days * DAY_US;
        return "NO_CA";
    }
    if (s->t == T_ACCEPTED && now - s->t_since > t->status) {
        int64_t over = now - s->t_since - t->status; /* and again, each week */
        *since += t->status + over / t->status_again * t->status_again;
        return "STATUS_DUE";
    }
    return NULL;
}

static void claim(struct work *w, const struct report_claim *c)
{
    int64_t since = c->state.t_since;
    const char *code = rejected(c->state.t);
    struct item *i;
    if (code && c->state.a <= A_PENDED)
        i = add(w, code, c->chain, c->open, since);
    else if (c->state.crossed && c->state.b == B_PAYER && c->state.rank > 1 &&
             w->now - c->state.a_since > w->q->timers.crossover)
        i = add(w, "CROSS_MISSING", c->chain, c->open, c->state.a_since + w->q->timers.crossover);
    else if ((code = silent(w, &c->state, &since)))
        i = add(w, code, c->chain, c->open, since);
    else
        return;
    i->claim = arena_phi(w->a, c->pcn);
}

/* ---- order ---- */

static int64_t late(const struct item *i, int64_t now)
{
    return i->due_us <= now;
}

static int urgent(const void *pa, const void *pb, void *at)
{
    const struct item *a = pa, *b = pb;
    int64_t now = *(const int64_t *)at;
    if (late(a, now) != late(b, now))
        return late(a, now) ? -1 : 1;
    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    if (a->due_us != b->due_us)
        return a->due_us < b->due_us ? -1 : 1;
    return strcmp(a->id, b->id);
}

void gather(struct ledger *l, const char *run, const struct queues *q, int64_t now_us,
            struct arena *a, struct items *out)
{
    struct work w = {l, q, now_us, a, out};
    struct report *r = report_new(l);
    struct report_claim c;
    (void)run;
    *out = (struct items){0};
    report_exceptions(l, exception, &w);
    report_refused(l, refused, &w);
    while (report_next(r, &c))
        claim(&w, &c);
    report_free(r);
    if (out->n)
        qsort_r(out->v, out->n, sizeof *out->v, urgent, &now_us);
}
