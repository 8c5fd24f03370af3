/*
 * What people in the office do: they look at the work list and at what patients owe, some weeks apart.
 * A denial that can be corrected goes again once, as a replacement with an authorization; of what was
 * refused or rejected half goes again, mended; what was lost with its file or set (TA1, 999) goes again as
 * it was; what is left for a second payer is billed to it; one claim in 200 is void; seven patients of
 * ten pay; payers that say nothing are asked. By the seed and the claim, so that it is the same whenever
 * they look.
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { CORRECTED = 1, MENDED = 2, PAID = 4, SECONDED = 8, VOIDED = 16, PATIENCE = 20 };

struct desk {
    struct sim *s;
    struct words correct, second, cancel; /* command lines */
    struct buf receipts;                  /* CSV */
};

static const char *text(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

/* Number of the claim that a line is about, without reading the whole of it; -1: none of ours. */
static long number_in(const char *line)
{
    static const char key[] = "\"claim\":\"";
    const char *at = strstr(line, key), *end = at ? strchr(at + strlen(key), '"') : NULL;
    char account[16];
    if (!end || (size_t)(end - at) - strlen(key) >= sizeof account)
        return -1;
    snprintf(account, sizeof account, "%.*s", (int)(end - at - (int)strlen(key)), at + strlen(key));
    return claims_number(account);
}

/* Calls each with every line of what a tool prints with --json that something may be done about: most
 * are as they were, and to read JSON takes longer than all else here. */
static void lines(struct desk *d, struct buf *out, bool (*open)(struct desk *, const char *),
                  void (*each)(struct desk *, const json_t *))
{
    char *save = NULL;
    for (char *l = strtok_r((char *)(uintptr_t)buf_cstr(out), "\n", &save); l;
         l = strtok_r(NULL, "\n", &save)) {
        if (!open(d, l))
            continue;
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

/* Lost with its set or file: the version that was in it goes again, with new numbers around it. */
static void lost(struct desk *d, long n, const char *account)
{
    struct sim *s = d->s;
    if (n < 0 || n >= s->claims || (s->again[n] && s->day - s->again[n] < PATIENCE))
        return;
    s->again[n] = s->day;
    if (s->done[n] & VOIDED)
        words_add(&d->cancel, account);
    else if (s->done[n] & SECONDED)
        words_add(&d->second, account);
    else if (s->done[n] & CORRECTED)
        words_add(&d->correct, account);
    else
        claims_again(s, n, s->done[n] & MENDED);
}

static bool item_open(struct desk *d, const char *line)
{
    static const struct {
        const char *mark;
        int act; /* done once; 0: again and again */
    } codes[] = {{"\"code\":\"SET_REJ\"", 0},
                 {"\"code\":\"FILE_REJ\"", 0},
                 {"\"code\":\"SECONDARY_DUE\"", SECONDED},
                 {"\"code\":\"DENIAL\"", CORRECTED},
                 {"\"code\":\"EDIT_HOLD\"", MENDED},
                 {"\"code\":\"PAYER_REJ\"", MENDED}};
    long n = number_in(line);
    if (n < 0 || n >= d->s->claims)
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strstr(line, codes[i].mark))
            return !(d->s->done[n] & codes[i].act);
    return false;
}

static void work_item(struct desk *d, const json_t *o)
{
    const char *code = text(o, "code"), *account = text(o, "claim");
    long n = claims_number(account);
    if (strcmp(code, "SET_REJ") == 0 || strcmp(code, "FILE_REJ") == 0)
        lost(d, n, account);
    if (strcmp(code, "SECONDARY_DUE") == 0 && first_time(d->s, n, SECONDED))
        words_add(&d->second, account);
    if (strcmp(code, "DENIAL") == 0 && strcmp(text(o, "recipe"), "correct and resend") == 0 &&
        n >= 0 && n < d->s->claims && !(d->s->done[n] & SECONDED) && first_time(d->s, n, CORRECTED))
        words_add(&d->correct, account);
    if ((strcmp(code, "EDIT_HOLD") == 0 || strcmp(code, "PAYER_REJ") == 0) && n >= 0 &&
        dice_of(d->s->seed, "mend", (uint64_t)n, 2) && first_time(d->s, n, MENDED))
        claims_again(d->s, n, true);
}

/* Billed for the wrong patient, as turns out when it is paid. */
static bool wrong_patient(const struct sim *s, long n)
{
    return dice_of(s->seed, "void", (uint64_t)n, 200) == 0 && !claims_has_second(s, n);
}

static bool claim_open(struct desk *d, const char *line)
{
    long n = number_in(line);
    if (n < 0 || n >= d->s->claims)
        return false;
    return wrong_patient(d->s, n) ? !(d->s->done[n] & VOIDED) && strstr(line, ", paid, ")
                                  : !(d->s->done[n] & PAID) && strstr(line, ", patient\"");
}

static void claim(struct desk *d, const json_t *o)
{
    const char *account = text(o, "claim"), *state = text(o, "state");
    long n = claims_number(account);
    json_int_t owes = json_integer_value(json_object_get(o, "patient"));
    size_t len = strlen(state);
    char day[TIME_TEXT];
    if (n >= 0 && wrong_patient(d->s, n)) {
        if (strstr(state, ", paid, ") && first_time(d->s, n, VOIDED))
            words_add(&d->cancel, account);
        return;
    }
    if (owes <= 0 || len < 9 || strcmp(state + len - 9, ", patient") != 0 || n < 0 ||
        dice_of(d->s->seed, "patient", (uint64_t)n, 10) >= 7 || !first_time(d->s, n, PAID))
        return;
    time_text(d->s->now_us, day);
    d->s->receipts++;
    buf_printf(&d->receipts, "%s,%lld.%02lld,%.10s,R-%ld,card\n", account, (long long)owes / 100,
               (long long)owes % 100, day, n);
}

static void rebill_begin(struct words *w, const char *what)
{
    words_add(w, "claimwire");
    words_add(w, "rebill");
    words_add(w, what);
}

/* What is done now comes in with the next step. What may not be built stays on the list. */
static void rebill(struct desk *d, struct words *w, const char *const *rest, const char *now,
                   const char *into)
{
    const char *const all[] = {"--by", "billing", "--run", d->s->run, "--now",
                               now,    "--into",  into,    NULL};
    if (w->n > 3) {
        for (; *rest; rest++)
            words_add(w, *rest);
        for (const char *const *a = all; *a; a++)
            words_add(w, *a);
        child_run(d->s, (const char *const *)(uintptr_t)w->v, NULL, EXIT_FINDINGS);
    }
    words_free(w);
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
    lines(d, &items, item_open, work_item);
    child_join(d->s, &owed, &claims, 0);
    lines(d, &claims, claim_open, claim);
}

void desk_work(struct sim *s)
{
    struct desk d = {.s = s};
    char now[TIME_TEXT], into[SIM_PATH + 32];
    static const char *const found[] = {"--reason", "authorization found", "--set", "REF*G1=AU778",
                                        NULL};
    static const char *const wrong[] = {"--reason", "wrong patient", NULL};
    if (!s->done) {
        s->done = xcalloc((size_t)s->claims, 1);
        s->again = xcalloc((size_t)s->claims, sizeof *s->again);
    }
    time_text(s->now_us, now);
    /* Payers that are silent are asked meanwhile; the next run brings it to them. */
    const char *const ask[] = {"claimwire", "followup", "--run", s->run, "--now", now, NULL};
    struct child_beside asking;
    child_beside(s, ask, &asking);
    snprintf(into, sizeof into, "%s/in", s->home);
    rebill_begin(&d.correct, "correct");
    rebill_begin(&d.second, "secondary");
    rebill_begin(&d.cancel, "void");
    read_both(&d, now);
    rebill(&d, &d.correct, found, now, into);
    rebill(&d, &d.second, wrong + 2, now, into);
    rebill(&d, &d.cancel, wrong, now, into);
    receive(&d, into);
    child_join(s, &asking, NULL, EXIT_FINDINGS);
    s->asked = true;
    buf_free(&d.receipts);
}
