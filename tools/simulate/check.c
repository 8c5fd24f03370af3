/*
 * What must hold at any moment: the books are proved, nothing waits without a timer or an owner, and no
 * claim is silent for longer than config/simulate/silence.yaml allows unless it is on somebody's list.
 */
#include "common/ledger/report.h"
#include "common/util/clock.h"
#include "common/util/conf.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the work list, as the check needs it: accounts of what has an owner ---- */

struct owned {
    struct words accounts;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_list(struct owned *o, char *text, struct buf *wrong, int *faults)
{
    char *save = NULL;
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        json_t *row = json_loads(l, 0, NULL);
        const char *item = json_string_value(json_object_get(row, "item"));
        const char *role = json_string_value(json_object_get(row, "role"));
        const char *account = json_string_value(json_object_get(row, "claim"));
        if (item && (!role || !*role)) {
            buf_printf(wrong, "item %s has no role\n", item);
            ++*faults;
        }
        if (account && *account)
            words_add(&o->accounts, account);
        json_decref(row);
    }
    if (o->accounts.n)
        qsort(o->accounts.v, o->accounts.n, sizeof *o->accounts.v, by_bytes);
}

static bool has(const struct owned *o, const char *account)
{
    return o->accounts.n &&
           bsearch(&account, o->accounts.v, o->accounts.n, sizeof *o->accounts.v, by_bytes);
}

/* ---- silence ---- */

static const char *state_of(const struct claim_state *s)
{
    return s->a > A_WAITING ? adjudication_name(s->a) : transport_name(s->t);
}

static int64_t last_word(const struct report_claim *c)
{
    int64_t last = 0;
    for (size_t i = 0; i < c->facts_n; i++)
        last = c->facts[i].at > last ? c->facts[i].at : last;
    return last;
}

static int silent(struct sim *s, const struct conf *allowed, const struct owned *owned,
                  struct buf *wrong)
{
    struct ledger *l = ledger_open_ro(s->run, NULL);
    struct report *r = l ? report_new(l) : NULL;
    struct report_claim c;
    char account[64];
    int faults = 0;
    while (r && report_next(r, &c)) {
        const char *state = state_of(&c.state);
        int64_t days = strtol(conf_text(allowed, state, "0"), NULL, 10);
        snprintf(account, sizeof account, "%.*s", (int)c.pcn.n, c.pcn.p);
        if ((c.open == 0 && c.patient == 0) || has(owned, account) ||
            s->now_us - last_word(&c) <= days * SIM_DAY_US)
            continue;
        buf_printf(wrong, "claim %lld is %s and silent for %lld days, and nobody's\n",
                   (long long)c.chain, state,
                   (long long)((s->now_us - last_word(&c)) / SIM_DAY_US));
        faults++;
    }
    report_free(r);
    ledger_close(l);
    return faults;
}

static int silences(struct sim *s, struct buf *wrong)
{
    struct arena a = {0};
    struct buf error = {0}, list = {0};
    struct owned owned = {0};
    char now[TIME_TEXT];
    int faults = 0;
    const struct conf *top = conf_read(fs_shared("config/simulate/silence.yaml"), &a, &error);
    if (!conf_get(top, "silence"))
        die(EXIT_CONFIG, "%s", error.len ? buf_cstr(&error) : "silence: is not in silence.yaml");
    child_run(s,
              (const char *const[]){"claimwire", "work", "list", "--run", s->run, "--now",
                                    time_text(s->now_us, now), "--json", NULL},
              &list, 0);
    read_list(&owned, (char *)(uintptr_t)buf_cstr(&list), wrong, &faults);
    faults += silent(s, conf_get(top, "silence"), &owned, wrong);
    words_free(&owned.accounts);
    buf_free(&list);
    arena_free(&a);
    return faults;
}

/* ---- all ---- */

/* A tool that exits 1 when what it looks at is not so. */
static int holds(struct sim *s, const char *const *argv, struct buf *wrong)
{
    struct buf said = {0};
    int code = child_run(s, argv, &said, EXIT_FINDINGS);
    if (code)
        buf_phi(wrong, buf_view(&said));
    buf_free(&said);
    return code != 0;
}

int check_all(struct sim *s, struct buf *wrong)
{
    char now[TIME_TEXT];
    time_text(s->now_us, now);
    s->checked++;
    return holds(s, (const char *const[]){"claimwire", "prove", "--run", s->run, NULL}, wrong) +
           holds(s,
                 (const char *const[]){"claimwire", "work", "check", "--run", s->run, "--now", now,
                                       NULL},
                 wrong) +
           silences(s, wrong);
}
