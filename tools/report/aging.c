/* Aging: what is open, by how long it has been, on three clocks (DOMAIN.md C.6). */
#include "common/edi/claim.h"
#include "common/util/clock.h"
#include "tools/report/report.h"
#include <stdio.h>

#define DAY_US INT64_C(86400000000)

enum { CLOCK, BY, NAME, B0, NO_DATE = B0 + 6, TOTAL, CREDITS, COLS };
static const struct col AGING_COLS[] = {
    {"clock", COL_TEXT},     {"by", COL_TEXT},       {"name", COL_TEXT},    {"0-30", COL_CENTS},
    {"31-60", COL_CENTS},    {"61-90", COL_CENTS},   {"91-120", COL_CENTS}, {"121-180", COL_CENTS},
    {"over 180", COL_CENTS}, {"no date", COL_CENTS}, {"total", COL_CENTS},  {"credits", COL_CENTS}};

/* Column of an age in whole days; what is dated ahead is young. */
static int bucket(int64_t days)
{
    static const int ends[] = {30, 60, 90, 120, 180};
    for (int i = 0; i < 5; i++)
        if (days <= ends[i])
            return B0 + i;
    return B0 + 5;
}

/* A part of what a claim leaves open: with one owner, on some accounts. */
struct part {
    const struct book *k;
    int64_t cents;
    unsigned accounts;
    char owner[24];
    struct moment owned;
};

/* When: the instant that the clock counts from; false when that has not come. */
static bool since(const struct part *p, int clock, int64_t *us)
{
    const struct book *k = p->k;
    if (clock == 0)
        *us = (int64_t)k->c.service * DAY_US;
    else
        *us = clock == 1 ? k->accepted.us : p->owned.us;
    return clock == 0 ? k->c.service != CLAIM_NO_DATE
                      : (clock == 1 ? k->accepted.event : p->owned.event) != 0;
}

static void post(struct table *t, const phi_str words[3], const struct part *p, int col)
{
    struct row *r = table_row(t, words);
    for (size_t i = 0; i < p->k->moved_n; i++) {
        const struct moved *m = &p->k->moved[i];
        if (!(p->accounts >> m->account & 1))
            continue;
        cell_add(t, r, col, m->cents, m->event);
        if (col != CREDITS)
            cell_add(t, r, TOTAL, m->cents, m->event);
    }
}

static void age(struct books *b, struct table *t, const struct part *p)
{
    static const char *const clocks[] = {"service", "accepted", "owner"};
    if (!p->cents)
        return;
    for (int clock = 0; clock < 3; clock++) {
        int64_t us = 0;
        int col = since(p, clock, &us) ? bucket(b->now / DAY_US - us / DAY_US) : NO_DATE;
        if (p->cents < 0)
            col = CREDITS;
        const struct {
            const char *by;
            phi_str name;
        } by[] = {{"payer", p->k->payer},
                  {"provider", p->k->c.billing},
                  {"owner", phi_lit(p->owner)},
                  {"all", phi_lit("all")}};
        for (size_t i = 0; i < sizeof by / sizeof *by; i++)
            post(t, (phi_str[]){phi_lit(clocks[clock]), phi_lit(by[i].by), by[i].name}, p, col);
    }
}

#define BIT(a) (1u << (a))

static void aging(struct books *b, struct table *t)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct book *k = &b->claim[i];
        const struct report_claim *c = &k->c;
        bool waits = c->patient == 0; /* what is left to the patient is the next payer's turn */
        struct part open = {k, c->open,
                            BIT(ACCOUNT_RECEIVABLE) | BIT(ACCOUNT_DENIAL) |
                                (waits ? BIT(ACCOUNT_PATIENT) : 0),
                            "", k->owned};
        struct part patient = {k, c->patient, BIT(ACCOUNT_PATIENT), "patient", k->owned};
        for (size_t f = 0; f < c->facts_n; f++)
            if (c->facts[f].kind >= EV_PAID && c->facts[f].kind <= EV_PATIENT_ONLY)
                patient.owned = (struct moment){c->facts[f].at, c->facts[f].event};
        if (c->open < 0)
            snprintf(open.owner, sizeof open.owner, "credit");
        else if (c->state.b == B_UNBILLED)
            snprintf(open.owner, sizeof open.owner, "unbilled");
        else
            snprintf(open.owner, sizeof open.owner, "payer %d", c->state.rank);
        age(b, t, &open);
        age(b, t, &patient);
    }
}

const struct report_kind AGING[AGING_N] = {
    {"aging", "what is open, by age: since service, first acceptance, and the owner's turn",
     AGING_COLS, COLS, aging}};
