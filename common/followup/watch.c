/* What one claim waits for: the timers of DOMAIN C.5 and C.6 over where the claim stands. */
#include "common/followup/followup.h"
#include "common/edi/claim.h"
#include "common/partner/calendar.h"

static const int64_t DAY_US = 86400LL * 1000000;

struct looking {
    const struct report_claim *c;
    const struct timers *t;
    const struct profile *p;
    int64_t info_us, now;
    struct watch *w;
};

static int64_t span(const struct looking *k, enum timer_kind kind)
{
    return k->t->of[kind].v[0];
}

/* It is a person's from `at` on; before that it waits for it. */
static void person_at(struct looking *k, const char *code, int64_t at, const char *why)
{
    if (k->now >= at) {
        k->w->code = code;
        k->w->since = at;
        k->w->why = why;
    } else if (!k->w->next || at < k->w->next) {
        k->w->next = at;
        k->w->then = code;
    }
}

/* The end of the n-th work day of the payer behind an instant (default: Monday to Friday). */
static int64_t work_days(const struct looking *k, int64_t from, int64_t span_us)
{
    int32_t day = calendar_counts_for(k->p, from);
    int32_t end = calendar_work_days(k->p, day, (int32_t)(span_us / DAY_US)) + 1;
    return end * DAY_US - calendar_offset(k->p, end * DAY_US) * 60000000LL;
}

/* ---- events ---- */

static int64_t latest(const struct report_claim *c, enum state_event from, enum state_event to,
                      int64_t after)
{
    int64_t at = 0;
    for (size_t i = 0; i < c->facts_n; i++)
        if (c->facts[i].kind >= from && c->facts[i].kind <= to && c->facts[i].at >= after &&
            c->facts[i].at > at)
            at = c->facts[i].at;
    return at;
}

static int asked(const struct report_claim *c, int64_t after, int64_t before)
{
    int n = 0;
    for (size_t i = 0; i < c->facts_n; i++)
        n += c->facts[i].kind == EV_ASKED && c->facts[i].at >= after && c->facts[i].at < before;
    return n;
}

/* ---- rejected ---- */

static const struct {
    enum transport t;
    const char *code;
} REJECTED[] = {{T_FILE_REJ, "FILE_REJ"},   {T_SET_REJ, "SET_REJ"},    {T_REJ_CH, "CH_REJ"},
                {T_REJ_PAYER, "PAYER_REJ"}, {T_REJ_LATE, "PAYER_REJ"}, {T_HELD, "EDIT_HOLD"}};

static bool rejected(struct looking *k)
{
    for (size_t i = 0; i < sizeof REJECTED / sizeof *REJECTED; i++)
        if (REJECTED[i].t == k->c->state.t) {
            person_at(k, REJECTED[i].code, k->c->state.t_since, "");
            return true;
        }
    return false;
}

/* ---- the payer is asked ---- */

/* When the n-th inquiry (from 0) goes, counted from `base`. */
static int64_t ask_time(const struct looking *k, int64_t base, int n)
{
    const struct timer *t = &k->t->of[TIMER_STATUS];
    if (n < t->n)
        return base + t->v[n];
    return base + t->v[t->n - 1] + (n - t->n + 1) * span(k, TIMER_STATUS_AGAIN);
}

/* A 276 goes at each of its times, unless the payer spoke since the time before: then that one is
 * left out. What was asked and not answered is a person's. */
static void ask(struct looking *k, int64_t base)
{
    int most = (int)k->t->of[TIMER_STATUS_MOST].v[0], n = 0;
    while (n < most && ask_time(k, base, n) <= k->now)
        n++;
    int64_t heard = latest(k->c, EV_PENDED, EV_LOST, base);
    int64_t last = latest(k->c, EV_ASKED, EV_ASKED, base);
    if (n > 0 && last < ask_time(k, base, n - 1) && heard < ask_time(k, base, n - 1)) {
        k->w->ask_us = ask_time(k, base, n - 1);
        k->w->ask_n = asked(k->c, base, INT64_MAX) + 1;
        person_at(k, "STATUS_DUE", k->w->ask_us, "");
        return;
    }
    if (last > heard)
        person_at(k, "STATUS_DUE", work_days(k, last, span(k, TIMER_ANSWER)), "asked, no answer");
    if (!k->w->code && n < most)
        person_at(k, "STATUS_DUE", ask_time(k, base, n), "");
}

/* Accepted, or the payer said that it has the claim. */
static void payers_turn(struct looking *k)
{
    const struct claim_state *s = &k->c->state;
    bool pended = s->turn_a == A_PENDED;
    int64_t base = s->t == T_ACCEPTED || s->t == T_REJ_LATE ? s->t_since : s->turn_since;
    struct due due = calendar_due(k->p, base);
    int64_t remit = due.counts_us + DAY_US + span(k, TIMER_REMIT);
    ask(k, base);
    if (pended)
        remit = s->turn_since + span(k, TIMER_PENDED);
    if (k->now >= remit || !k->w->code)
        person_at(k, pended ? "PENDED" : "NO_REMIT", remit, "");
}

/* 999 and no 277CA: the item comes first, then it is asked for. */
static void no_ca(struct looking *k)
{
    int64_t late = work_days(k, k->c->state.t_since, span(k, TIMER_CA));
    int most = (int)k->t->of[TIMER_STATUS_MOST].v[0];
    person_at(k, "NO_CA", late, "");
    if (!k->w->code)
        return;
    int64_t n = (k->now - late) / span(k, TIMER_STATUS_AGAIN);
    int64_t at = late + (n < most ? n : most - 1) * span(k, TIMER_STATUS_AGAIN);
    if (!asked(k->c, at, INT64_MAX)) {
        k->w->ask_us = at;
        k->w->ask_n = asked(k->c, k->c->state.t_since, INT64_MAX) + 1;
    }
}

/* What the payer said last decides; each is a person's after its time. */
static const struct {
    enum adjudication a;
    const char *code;
    int timer; /* -1: at once */
} SAID[] = {{A_LOST, "LOST", -1},
            {A_INFO_NEEDED, "RFAI", -1},
            {A_FINAL, "FINAL_NO_REMIT", TIMER_FINAL},
            {A_APPEAL, "APPEAL_OPEN", TIMER_APPEAL_ANSWER},
            {A_REVERSED, "REST_MISSING", TIMER_REST}};

static bool said(struct looking *k)
{
    const struct claim_state *s = &k->c->state;
    for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++) {
        if (SAID[i].a != s->turn_a)
            continue;
        int64_t wait = SAID[i].timer < 0 ? 0 : span(k, (enum timer_kind)SAID[i].timer);
        person_at(k, SAID[i].code, s->turn_since + wait, "");
        if (s->turn_a == A_INFO_NEEDED)
            k->w->due = k->info_us ? k->info_us : s->turn_since + span(k, TIMER_INFORMATION);
        return true;
    }
    return false;
}

static void awaits(struct looking *k)
{
    const struct claim_state *s = &k->c->state;
    if (rejected(k) || said(k))
        return;
    if (s->turn_a == A_PENDED || s->t == T_ACCEPTED)
        payers_turn(k);
    else if (s->t == T_SENT)
        person_at(k, "NO_ACK", s->t_since + span(k, TIMER_ACK), "");
    else if (s->t == T_SYNTAX_OK || s->t == T_AT_PAYER)
        no_ca(k);
    else
        person_at(k, "NOT_SENT", s->t_since + span(k, TIMER_SEND), "");
}

/* ---- answered ---- */

static void answered(struct looking *k)
{
    const struct report_claim *c = k->c;
    const struct claim_state *s = &c->state;
    int64_t last = latest(c, EV_PAID, EV_REVERSED, 0);
    if (c->denied > 0 || c->open < 0 || c->patient < 0)
        k->w->elsewhere = true; /* DENIAL, CREDIT_BAL */
    else if (s->next && s->crossed)
        person_at(k, "CROSS_MISSING", last + span(k, TIMER_CROSSOVER), "");
    else if (s->next)
        person_at(k, "SECONDARY_DUE", last, "");
    else if (c->open > 0)
        person_at(k, "REST_MISSING", last + span(k, TIMER_REST), "");
    else if (c->patient > 0)
        person_at(k, "PATIENT_DUE", latest(c, EV_PAID, EV_PATIENT_PAID, 0) + span(k, TIMER_PATIENT),
                  "");
    else
        k->w->ended = true;
}

/* ---- time to file ---- */

/* Filed is what a payer or its clearinghouse has accepted; before that the time runs. */
static void file_in_time(struct looking *k)
{
    const struct claim_state *s = &k->c->state;
    int64_t days = span(k, TIMER_TIMELY) / DAY_US, from = (int64_t)k->c->service * DAY_US;
    bool filed = s->t == T_AT_PAYER || s->t == T_ACCEPTED || s->turn_a != A_NONE;
    if (filed || s->turn > 1 || k->c->service == CLAIM_NO_DATE || days <= 0)
        return;
    k->w->window_us = days * DAY_US;
    k->w->limit_us = from + (days + 1) * DAY_US - 1000000;
    int64_t gone = (k->now - from) / (days * DAY_US / 100);
    k->w->timely = gone < 0 ? 0 : gone > 100 ? 100 : (int)gone;
}

phi_str watch_payer(const struct report_claim *c)
{
    int rank = c->state.turn;
    return rank > 0 && rank < REPORT_RANKS ? c->payer[rank] : (phi_str){"", 0};
}

struct watch watch_claim(const struct report_claim *c, const struct timers *t,
                         const struct profile *p, int64_t info_us, int64_t now_us)
{
    struct watch w = {.why = ""};
    struct looking k = {c, t, p, info_us, now_us, &w};
    w.heard_us = latest(c, 0, STATE_EVENTS - 1, 0);
    if (state_awaits(c->state.turn_a)) {
        awaits(&k);
        file_in_time(&k);
    } else {
        answered(&k);
    }
    return w;
}
