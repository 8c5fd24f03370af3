/*
 * What people in the office do: they look at the work list and at what patients owe, some weeks apart.
 * A denial that can be corrected goes again once, as a replacement with an authorization; of what was
 * refused or rejected half goes again, mended; seven patients of ten pay. By the seed and the claim, so
 * that it is the same whenever they look.
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { CORRECTED = 1, MENDED = 2, PAID = 4 };

struct desk {
    struct sim *s;
    struct words correct; /* a command line */
    struct buf receipts;  /* CSV */
};

static const char *text(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

/* Calls each with every line of what a tool prints with --json. */
static void lines(struct desk *d, struct buf *out, void (*each)(struct desk *, const json_t *))
{
    char *save = NULL;
    for (char *l = strtok_r((char *)(uintptr_t)buf_cstr(out), "\n", &save); l;
         l = strtok_r(NULL, "\n", &save)) {
        json_t *o = json_loads(l, 0, NULL);
        each(d, o);
        json_decref(o);
    }
    buf_free(out);
}

/* True once for each claim and act. */
static bool first_time(struct sim *s, long n, int act)
{
    bool first = n >= 0 && n < s->claims && !(s->done[n] & act);
    if (first)
        s->done[n] |= (char)act;
    return first;
}

static void work_item(struct desk *d, const json_t *o)
{
    static const char *const mends[] = {"EDIT_HOLD", "PAYER_REJ", "SET_REJ", NULL};
    const char *code = text(o, "code"), *account = text(o, "claim");
    long n = claims_number(account);
    if (strcmp(code, "DENIAL") == 0 && strcmp(text(o, "recipe"), "correct and resend") == 0 &&
        first_time(d->s, n, CORRECTED))
        words_add(&d->correct, account);
    for (const char *const *m = mends; *m; m++)
        if (strcmp(code, *m) == 0 && first_time(d->s, n, MENDED) &&
            (*code == 'S' || dice_of(d->s->seed, "mend", (uint64_t)n, 2)))
            claims_mend(d->s, n);
}

static void claim(struct desk *d, const json_t *o)
{
    const char *account = text(o, "claim"), *state = text(o, "state");
    long n = claims_number(account);
    json_int_t owes = json_integer_value(json_object_get(o, "patient"));
    size_t len = strlen(state);
    char day[TIME_TEXT];
    if (owes <= 0 || len < 9 || strcmp(state + len - 9, ", patient") != 0 || n < 0 ||
        dice_of(d->s->seed, "patient", (uint64_t)n, 10) >= 7 || !first_time(d->s, n, PAID))
        return;
    time_text(d->s->now_us, day);
    buf_printf(&d->receipts, "%s,%lld.%02lld,%.10s,R-%ld,card\n", account, (long long)owes / 100,
               (long long)owes % 100, day, n);
}

/* What is done now comes in with the next step. */
static void correct(struct desk *d, const char *now, const char *into)
{
    static const char *const rest[] = {"--by",  "billing",      "--reason", "authorization found",
                                       "--set", "REF*G1=AU778", "--run",    NULL};
    if (d->correct.n == 3)
        return;
    for (const char *const *w = rest; *w; w++)
        words_add(&d->correct, *w);
    words_add(&d->correct, d->s->run);
    words_add(&d->correct, "--now");
    words_add(&d->correct, now);
    words_add(&d->correct, "--into");
    words_add(&d->correct, into);
    child_run(d->s, (const char *const *)(uintptr_t)d->correct.v, NULL, 0);
}

static void receive(struct desk *d, const char *into)
{
    char path[SIM_PATH + 32];
    struct buf file = {0};
    if (!d->receipts.len)
        return;
    buf_puts(&file, "account,amount,date,reference,method\n");
    buf_phi(&file, buf_view(&d->receipts));
    snprintf(path, sizeof path, "%s/receipts.csv", d->s->home);
    if (fs_replace(path, file.p, file.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
    child_run(
        d->s,
        (const char *const[]){"claimwire", "post", "patient", "--csv", path, "--into", into, NULL},
        NULL, 0);
    buf_free(&file);
}

/* What is open, and what patients owe. */
static void read_both(struct desk *d, const char *now)
{
    const char *run = d->s->run;
    struct child_beside owed;
    struct buf items = {0}, claims = {0};
    child_beside(d->s, (const char *const[]){"claimwire", "claims", "--run", run, "--json", NULL},
                 &owed);
    child_run(d->s,
              (const char *const[]){"claimwire", "work", "list", "--run", run, "--now", now,
                                    "--json", NULL},
              &items, 0);
    lines(d, &items, work_item);
    child_join(d->s, &owed, &claims);
    lines(d, &claims, claim);
}

void desk_work(struct sim *s)
{
    struct desk d = {.s = s};
    char now[TIME_TEXT], into[SIM_PATH + 32];
    if (!s->done)
        s->done = xcalloc((size_t)s->claims, 1);
    time_text(s->now_us, now);
    snprintf(into, sizeof into, "%s/in", s->home);
    words_add(&d.correct, "claimwire");
    words_add(&d.correct, "rebill");
    words_add(&d.correct, "correct");
    read_both(&d, now);
    correct(&d, now, into);
    receive(&d, into);
    words_free(&d.correct);
    buf_free(&d.receipts);
}
