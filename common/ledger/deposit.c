#include "common/ledger/deposit.h"
#include "common/ledger/parts.h"
#include "common/util/date.h"
#include "common/util/log.h"
#include <stdlib.h>

enum { NEAR = 3, LATE = 4, EPOCH_WEEKDAY = 4 }; /* 1970-01-01 was a Thursday; Monday is 1 */

static bool weekend(int32_t day)
{
    int w = ((day % 7) + 7 + EPOCH_WEEKDAY) % 7;
    return w == 0 || w == 6;
}

int business_days(int32_t a, int32_t b)
{
    int n = 0, step = a <= b ? 1 : -1;
    for (int32_t d = a; d != b; d += step)
        n += weekend(d + (step > 0 ? 1 : 0)) ? 0 : step;
    return n;
}

/* A deposit as the bank says it, and what it was matched to. */
struct deposit {
    int64_t no, cents, payment, other; /* other: cents of the payment with its trace and origin */
    phi_str trace, origin;
    int32_t day;
    int tier;
};
struct work {
    struct ledger *l;
    struct deposit *list;
    size_t n;
    bool *taken; /* by number of the payment */
    int64_t most;
};

/* "2026-09-05" or "20260905"; INT32_MIN when it is neither. */
static int32_t day_of(phi_str s)
{
    char d[8];
    int32_t day = INT32_MIN;
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < sizeof d; i++)
        if (s.p[i] != '-')
            d[n++] = s.p[i];
    return n == sizeof d && date_parse(phi_of(d, n), &day) ? day : INT32_MIN;
}

/* In an order that does not depend on which came first. */
static void load(struct work *w)
{
    struct stmt *q = store_sql(
        w->l->store, "SELECT no,cents,reference,origin,date FROM post WHERE"
                     " what='deposit' AND again=0 ORDER BY date,reference,origin,cents,no");
    size_t room = 0;
    while (stmt_step(q)) {
        if (w->n == room) {
            room = room ? 2 * room : 64;
            w->list = xrealloc(w->list, room * sizeof *w->list);
        }
        w->list[w->n++] = (struct deposit){.no = stmt_col_int(q, 0),
                                           .cents = stmt_col_int(q, 1),
                                           .trace = arena_phi(&w->l->arena, stmt_col_bytes(q, 2)),
                                           .origin = arena_phi(&w->l->arena, stmt_col_bytes(q, 3)),
                                           .day = day_of(stmt_col_bytes(q, 4))};
    }
}

static void take(struct work *w, struct deposit *d, int64_t payment, int tier)
{
    d->payment = payment;
    d->tier = tier;
    w->taken[payment] = true;
}

/* Tiers 1 and 2; notes a payment that has the trace and another amount. */
static void by_trace(struct work *w, struct deposit *d, bool origin)
{
    struct stmt *q =
        store_sql(w->l->store, "SELECT no,cents,trace_origin FROM payment WHERE trace=?1 AND"
                               " head IS NOT NULL ORDER BY date,trace_origin,payer,cents");
    stmt_text(q, 1, d->trace);
    while (!d->payment && stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), cents = stmt_col_int(q, 1);
        bool same = phi_eq(stmt_col_bytes(q, 2), d->origin);
        if (w->taken[no] || (origin && !same))
            continue;
        if (cents == d->cents)
            take(w, d, no, origin ? 1 : 2);
        else if (same)
            d->other = cents;
    }
}

/* The only payment of this amount and origin near this day that nobody has; 0: none, or several. */
static int64_t near_payment(struct work *w, const struct deposit *d)
{
    int64_t found = 0, n = 0;
    struct stmt *q = store_sql(w->l->store, "SELECT no,date,trace_origin FROM payment WHERE"
                                            " cents=?1 AND head IS NOT NULL");
    stmt_int(q, 1, d->cents);
    while (stmt_step(q)) {
        int32_t day = day_of(stmt_col_bytes(q, 1));
        if (w->taken[stmt_col_int(q, 0)] || day == INT32_MIN || d->day == INT32_MIN ||
            abs(day - d->day) > 7 || abs(business_days(day, d->day)) > NEAR ||
            !phi_eq(stmt_col_bytes(q, 2), d->origin))
            continue;
        found = stmt_col_int(q, 0);
        n++;
    }
    return n == 1 ? found : 0;
}

static bool rival(const struct work *w, const struct deposit *d)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct deposit *o = &w->list[i];
        if (o != d && !o->payment && !o->other && o->cents == d->cents &&
            phi_eq(o->origin, d->origin) && llabs((int64_t)o->day - d->day) <= 14)
            return true;
    }
    return false;
}

static void match(struct work *w)
{
    for (size_t i = 0; i < w->n; i++)
        by_trace(w, &w->list[i], true);
    for (size_t i = 0; i < w->n; i++)
        if (!w->list[i].payment)
            by_trace(w, &w->list[i], false);
    for (size_t i = 0; i < w->n; i++) {
        struct deposit *d = &w->list[i];
        int64_t no = d->payment || d->other || rival(w, d) ? 0 : near_payment(w, d);
        if (no)
            take(w, d, no, 3);
    }
}

/* ---- what is missing ---- */

static int32_t latest_day(struct ledger *l)
{
    int64_t at = store_int(l->store, "SELECT max(at) FROM event", 0);
    return (int32_t)(at / 86400000000);
}

static void without_deposit(struct work *w, void (*each)(void *ctx, const struct deposit_match *m),
                            void *ctx)
{
    int32_t today = latest_day(w->l);
    struct stmt *q = store_sql(
        w->l->store, "SELECT no,cents,date FROM payment WHERE head IS NOT NULL AND"
                     " cents>0 AND imported=0 AND method IN ('ACH','FWT','BOP') ORDER BY no");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        int32_t day = day_of(stmt_col_bytes(q, 2));
        if (w->taken[no])
            continue;
        bool late = day != INT32_MIN && today > day &&
                    (today - day > 14 || business_days(day, today) >= LATE);
        each(ctx, &(struct deposit_match){.payment = no,
                                          .cents = stmt_col_int(q, 1),
                                          .code = late ? "ERA_NO_EFT" : NULL});
    }
}

void deposits_match(struct ledger *l, void (*each)(void *ctx, const struct deposit_match *m),
                    void *ctx)
{
    struct work w = {.l = l, .most = store_int(l->store, "SELECT max(no) FROM payment", 0)};
    load(&w);
    if (w.n) {
        w.taken = xcalloc((size_t)w.most + 1, sizeof *w.taken);
        match(&w);
        for (size_t i = 0; i < w.n; i++) {
            const struct deposit *d = &w.list[i];
            const char *code = d->payment ? NULL : d->other ? "EFT_ERA_AMT" : "EFT_NO_ERA";
            each(ctx, &(struct deposit_match){
                          d->no, d->payment,
                          d->other && !d->payment ? d->cents - d->other : d->cents, d->tier, code});
        }
        without_deposit(&w, each, ctx);
    }
    arena_clear(&l->arena);
    free(w.taken);
    free(w.list);
}
