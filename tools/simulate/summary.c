/* What came of it, for people or as one JSON object. */
#include "common/util/clock.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/simulate/simulate.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Adds n to the member `key` of o. */
static void more(json_t *o, const char *key, json_int_t n)
{
    json_object_set_new(o, key, json_integer(json_integer_value(json_object_get(o, key)) + n));
}

/* Counts the values of `key` in what a tool prints, an object a line. */
static json_t *count(struct sim *s, const char *const *argv, const char *key)
{
    struct buf out = {0};
    char *save = NULL;
    json_t *counts = json_object();
    child_run(s, argv, &out, 0);
    for (char *l = strtok_r((char *)(uintptr_t)buf_cstr(&out), "\n", &save); l;
         l = strtok_r(NULL, "\n", &save)) {
        json_t *row = json_loads(l, 0, NULL);
        const char *value = json_string_value(json_object_get(row, key));
        if (value)
            more(counts, value, 1);
        else if (json_object_get(row, "validated"))
            more(counts, "refused", 1);
        json_decref(row);
    }
    buf_free(&out);
    return counts;
}

static json_t *money(struct sim *s)
{
    json_t *accounts = json_object();
    struct ledger *l = ledger_open_ro(s->run, NULL);
    if (!l)
        die(78, "no ledger is in \"%s\"", s->run);
    struct stmt *q =
        store_sql(ledger_store(l), "SELECT account,sum(cents) FROM journal GROUP BY 1");
    while (stmt_step(q))
        more(accounts, ledger_account_name((enum ledger_account)stmt_col_int(q, 0)),
             stmt_col_int(q, 1));
    ledger_close(l);
    return accounts;
}

static json_int_t per_second(const struct sim *s)
{
    return s->busy_us ? s->claims * INT64_C(1000000) / s->busy_us : 0;
}

static json_t *phases(const struct sim *s)
{
    static const char *const names[SIM_PHASES] = {"payers answer", "fetch", "bill", "pipeline",
                                                  "desk"};
    json_t *o = json_object();
    for (int i = 0; i < SIM_PHASES; i++)
        json_object_set_new(o, names[i], json_integer(s->phase_us[i] / 1000));
    return o;
}

static json_t *gathered(struct sim *s, int failed)
{
    char now[TIME_TEXT];
    time_text(s->now_us, now);
    json_t *tools = json_object(), *o = json_object();
    for (const struct sim_cost *c = s->costs; *c->tool; c++)
        json_object_set_new(tools, c->tool,
                            json_pack("{s:I,s:I,s:I}", "times", (json_int_t)c->times, "ms",
                                      (json_int_t)c->wall_us / 1000, "processor_ms",
                                      (json_int_t)c->cpu_us / 1000));
    json_object_set_new(o, "claims", json_integer(s->claims));
    json_object_set_new(o, "days", json_integer(s->now_us / SIM_DAY_US - s->start_us / SIM_DAY_US));
    json_object_set_new(o, "seed", json_integer((json_int_t)s->seed));
    json_object_set_new(o, "ms", json_integer(s->busy_us / 1000));
    json_object_set_new(o, "claims_s", json_integer(per_second(s)));
    json_object_set_new(o, "files", json_integer(s->filed));
    json_object_set_new(o, "killed", json_integer(s->kill.done));
    json_object_set_new(o, "checks", json_integer(s->checked));
    json_object_set_new(o, "failed", json_integer(failed));
    json_object_set_new(o, "phases", phases(s));
    json_object_set_new(o, "tools", tools);
    json_object_set_new(
        o, "states",
        count(s, (const char *const[]){"claimwire", "claims", "--run", s->run, "--json", NULL},
              "state"));
    json_object_set_new(o, "items",
                        count(s,
                              (const char *const[]){"claimwire", "work", "list", "--run", s->run,
                                                    "--now", now, "--json", NULL},
                              "code"));
    json_object_set_new(o, "kinds", kinds(s));
    json_object_set_new(o, "accounts", money(s));
    return o;
}

static void table(const char *title, const json_t *counts, bool cents)
{
    const char *key;
    json_t *v;
    printf("%s\n", title);
    json_object_foreach((json_t *)(uintptr_t)counts, key, v)
    {
        struct buf b = {0};
        if (cents)
            money_human(&b, json_integer_value(v));
        else
            buf_int(&b, json_integer_value(v));
        printf("  %-40s %16s\n", key, buf_cstr(&b));
        buf_free(&b);
    }
}

static void people(const struct sim *s, json_t *o, int failed)
{
    const char *key;
    json_t *v;
    table("claims", json_object_get(o, "states"), false);
    table("what payers saw and said", json_object_get(o, "kinds"), false);
    table("money", json_object_get(o, "accounts"), true);
    table("open for people", json_object_get(o, "items"), false);
    table("milliseconds of the days, by phase", json_object_get(o, "phases"), false);
    printf("tools\n");
    json_object_foreach(json_object_get(o, "tools"), key, v)
        printf("  %-12s %6lld times %9lld ms %9lld ms of the processors\n", key,
               (long long)json_integer_value(json_object_get(v, "times")),
               (long long)json_integer_value(json_object_get(v, "ms")),
               (long long)json_integer_value(json_object_get(v, "processor_ms")));
    printf(
        "%ld claims over %lld days, %lld files, %ld processes killed, in %lld ms: %lld claims/s; "
        "%ld checks, %s\n",
        s->claims, (long long)json_integer_value(json_object_get(o, "days")), (long long)s->filed,
        s->kill.done, (long long)s->busy_us / 1000, (long long)per_second(s), s->checked,
        failed ? "NOT PROVEN" : "proved");
}

void summary(struct sim *s, int failed)
{
    json_t *o = gathered(s, failed);
    char *text = json_dumps(o, JSON_COMPACT);
    if (s->json)
        puts(text);
    else
        people(s, o, failed);
    free(text);
    json_decref(o);
}
