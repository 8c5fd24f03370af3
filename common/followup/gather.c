/* What is open: exceptions of the ledger, refused claims, and silence. */
#include "common/followup/gather.h"
#include "common/ledger/parts.h"
#include "common/ledger/report.h"
#include "common/util/date.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

struct item *followup_add(struct followup *w, const char *code, int64_t subject, int64_t cents,
                          int64_t since)
{
    struct items *o = &w->items;
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
                       .letter = "appeal",
                       .cents = cents < 0 ? -cents : cents,
                       .since_us = since,
                       .due_us = since + q->within_us,
                       .again_us = q->again_us};
    snprintf(i->code, sizeof i->code, "%s", code);
    snprintf(i->id, sizeof i->id, "%s-%lld", code, (long long)subject);
    i->value = i->cents * q->worth / 100;
    return i;
}

/* ---- exceptions ---- */

static int64_t event_time(struct followup *w, int64_t no)
{
    struct stmt *q = store_sql(w->l->store, "SELECT at FROM event WHERE no=?1");
    stmt_int(q, 1, no);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* The claim that a row belongs to, a claim's own, a remit's, an entry's: its account and chain. */
static void claim_of(struct followup *w, int64_t row, struct item *i)
{
    struct stmt *q = store_sql(
        w->l->store,
        "SELECT pcn,chain FROM claim WHERE no=?1 UNION ALL SELECT pcn,coalesce(chain,0) FROM remit"
        " WHERE no=?1 UNION ALL SELECT account,coalesce(chain,0) FROM post WHERE no=?1"
        " UNION ALL SELECT pcn,0 FROM ack WHERE no=?1 LIMIT 1");
    stmt_int(q, 1, row);
    if (!stmt_step(q))
        return;
    i->claim = arena_phi(w->a, stmt_col_bytes(q, 0));
    i->chain = stmt_col_int(q, 1);
}

const struct profile *followup_profile(const struct followup *w, phi_str payer)
{
    return w->profiles && !phi_empty(payer) ? profiles_of_payer(w->profiles, payer) : NULL;
}

static int by_chain(const void *key, const void *v)
{
    int64_t chain = *(const int64_t *)key, have = ((const struct looked *)v)->chain;
    return (chain > have) - (chain < have);
}

/* Until when a decision of its payer can be appealed: by the payer and the level. */
static int64_t appeal_by(struct followup *w, int64_t chain, int64_t since)
{
    const struct looked *x =
        bsearch(&chain, w->claims.v, w->claims.n, sizeof *w->claims.v, by_chain);
    if (!x)
        return 0;
    struct timers t = timers_for(&w->q->timers, followup_profile(w, x->payer), w->a);
    const struct timer *a = &t.of[TIMER_APPEAL];
    return since + a->v[x->appeals < a->n ? x->appeals : a->n - 1];
}

/* Reasons that a payer gave for what it denied of a claim, the dearest first. */
static void denial(struct followup *w, struct item *i)
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
            i->letter = g->letter;
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
static int64_t answered(struct followup *w, int64_t chain)
{
    struct stmt *q = store_sql(
        w->l->store, "SELECT max(e.at) FROM remit r JOIN event e USING(no) WHERE chain=?1");
    stmt_int(q, 1, chain);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static bool came_back(const struct report_claim *c, int64_t version, int64_t until)
{
    for (size_t i = 0; i < c->facts_n; i++) {
        const struct state_fact *f = &c->facts[i];
        if (f->version == version && f->at <= until &&
            (f->kind == EV_FILE_REJECTED || f->kind == EV_SET_REJECTED))
            return true;
    }
    return false;
}

/* The claim in this row was sent again because the file or set of each version before it was rejected
 * whole (TA1, 999): that is no duplicate. */
static bool sent_back(struct followup *w, int64_t row)
{
    struct item at = {0};
    struct report_claim c;
    bool all = true, any = false;
    int64_t came = 0;
    claim_of(w, row, &at);
    if (!w->single)
        w->single = report_new(w->l);
    if (!report_chain(w->single, at.chain, &c))
        c.facts_n = 0;
    for (size_t i = 0; i < c.facts_n; i++)
        if (c.facts[i].version == row && c.facts[i].kind == EV_BUILT)
            came = c.facts[i].at;
    for (size_t i = 0; i < c.facts_n; i++) {
        const struct state_fact *f = &c.facts[i];
        if (f->kind != EV_BUILT || f->version == row || f->at > came)
            continue;
        any = true;
        all = all && came_back(&c, f->version, came);
    }
    return any && all;
}

static void exception(void *ctx, const char *code, int64_t subject, int64_t cents, int64_t at)
{
    struct followup *w = ctx;
    bool denied = strcmp(code, "DENIAL") == 0;
    if (strcmp(code, "DUP_HOLD") == 0 && sent_back(w, subject))
        return;
    int64_t since = at ? at : denied ? answered(w, subject) : event_time(w, subject);
    struct item *i = followup_add(w, code, subject, cents, since);
    if (strcmp(code, "PLB_OPEN") != 0) /* those are numbered by themselves */
        claim_of(w, subject, i);
    if (denied)
        denial(w, i);
    if ((denied || strcmp(code, "UNDERPAID") == 0) && i->chain)
        i->due_us = appeal_by(w, i->chain, since);
}

static void refused(void *ctx, int64_t verdict, uint32_t ordinal, phi_str unit, const char *rule)
{
    struct followup *w = ctx;
    if (report_refused_again(w->l, w->run, verdict, ordinal, unit))
        return; /* mended, and it went on */
    struct item *i = followup_add(w, "EDIT_HOLD", verdict, 0, event_time(w, verdict));
    snprintf(i->id, sizeof i->id, "EDIT_HOLD-%lld.%u", (long long)verdict, ordinal);
    i->claim = arena_phi(w->a, unit);
    i->reason = arena_phi(w->a, phi_lit(rule));
}

/* ---- claims ---- */

/* The last instant of a day CCYYMMDD (DTP*106 of a 277); 0: it is none. */
static int64_t end_of_day(phi_str day)
{
    int32_t n;
    return date_parse(day, &n) ? ((int64_t)n + 1) * 24 * 3600 * 1000000 - 1 : 0;
}

/* By when a payer wants what it has asked for since the claim waits for that; 0: it names no day. Of
 * several requests the first day; of one that came again under its number the day it names last. */
static int64_t wanted_by(struct followup *w, phi_str pcn, int64_t since)
{
    char key[MATCH_KEY];
    int64_t first = 0;
    struct stmt *q = store_sql(
        w->l->store, "SELECT a.due,max(e.at) FROM ack a JOIN event e USING(no) WHERE a.key<>'' AND"
                     " a.key=?1 AND a.pcn=?2 AND a.of='status' AND a.code LIKE 'R%' AND e.at>=?3"
                     " GROUP BY a.control");
    stmt_text(q, 1, phi_of(key, match_key(pcn, key)));
    stmt_text(q, 2, pcn);
    stmt_int(q, 3, since);
    while (stmt_step(q)) {
        int64_t by = end_of_day(stmt_col_bytes(q, 0));
        if (by && (!first || by < first))
            first = by;
    }
    return first;
}

static struct looked *look(struct followup *w, const struct report_claim *c)
{
    struct lookeds *o = &w->claims;
    if (o->n == o->room) {
        size_t room = o->room ? 2 * o->room : 256;
        struct looked *wider = arena_alloc(w->a, room * sizeof *wider);
        if (o->n)
            memcpy(wider, o->v, o->n * sizeof *wider);
        o->v = wider;
        o->room = room;
    }
    phi_str payer = watch_payer(c);
    const struct profile *p = followup_profile(w, payer);
    struct timers t = timers_for(&w->q->timers, p, w->a);
    const struct claim_state *s = &c->state;
    int64_t info = s->turn_a == A_INFO_NEEDED ? wanted_by(w, c->pcn, s->turn_since) : 0;
    o->v[o->n] = (struct looked){.chain = c->chain,
                                 .pcn = arena_phi(w->a, c->pcn),
                                 .payer = arena_phi(w->a, payer),
                                 .appeals = c->state.appeals,
                                 .open = c->open,
                                 .watch = watch_claim(c, &t, p, info, w->now_us)};
    return &o->v[o->n++];
}

enum { TIMELY_FROM = 60, TIMELY_HEAD = 95 };

void followup_timely(struct followup *w, int64_t chain, int64_t subject, phi_str claim,
                     int64_t cents, const struct watch *k)
{
    if (k->timely < TIMELY_FROM)
        return;
    int step = k->timely >= TIMELY_HEAD ? TIMELY_HEAD : k->timely >= 80 ? 80 : TIMELY_FROM;
    struct buf b = {0};
    struct item *i = followup_add(w, "TIMELY", subject, cents, w->now_us);
    if (!chain)
        snprintf(i->id, sizeof i->id, "TIMELY-q%lld", (long long)subject);
    buf_printf(&b, "%d%%", step);
    i->reason = arena_phi(w->a, buf_view(&b));
    buf_free(&b);
    i->since_us = k->limit_us - k->window_us / 100 * (100 - step);
    i->due_us = k->limit_us;
    i->head = step == TIMELY_HEAD;
    i->claim = claim;
    i->chain = chain;
}

static void claim(struct followup *w, const struct report_claim *c)
{
    const struct looked *x = look(w, c);
    const struct watch *k = &x->watch;
    followup_timely(w, x->chain, x->chain, x->pcn, x->open, k);
    if (!k->code)
        return;
    struct item *i = followup_add(w, k->code, c->chain, c->open ? c->open : c->patient, k->since);
    i->claim = x->pcn;
    i->chain = c->chain;
    i->reason = phi_lit(k->why);
    if (k->due)
        i->due_us = k->due;
}

/* ---- order ---- */

/* Worth more as its time runs out: up to twice as much. */
static int64_t score(const struct item *i, int64_t now)
{
    int64_t span = i->due_us - i->since_us, gone = now - i->since_us;
    int64_t percent = span <= 0 || gone >= span ? 100 : gone <= 0 ? 0 : gone / (span / 100 + 1);
    return i->value + i->value / 100 * percent;
}

static int place(const struct item *i, int64_t now)
{
    return i->head ? 0 : i->due_us <= now ? 1 : 2;
}

static int urgent(const void *pa, const void *pb, void *at)
{
    const struct item *a = pa, *b = pb;
    int64_t now = *(const int64_t *)at;
    if (place(a, now) != place(b, now))
        return place(a, now) - place(b, now);
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->due_us != b->due_us)
        return a->due_us < b->due_us ? -1 : 1;
    return strcmp(a->id, b->id);
}

void followup_gather(struct followup *w)
{
    struct report *r = report_new(w->l);
    struct report_claim c;
    w->items = (struct items){0};
    w->claims = (struct lookeds){0};
    struct askings asked = askings_read(w);
    while (report_next(r, &c)) {
        struct report_claim with = askings_into(&asked, &c, w->a);
        claim(w, &with);
    }
    report_free(r);
    report_exceptions(w->l, exception, w);
    report_refused(w->l, refused, w);
    stores_gather(w);
    cover_gather(w);
    for (size_t i = 0; i < w->items.n; i++)
        w->items.v[i].score = score(&w->items.v[i], w->now_us);
    if (w->items.n)
        qsort_r(w->items.v, w->items.n, sizeof *w->items.v, urgent, &w->now_us);
}
