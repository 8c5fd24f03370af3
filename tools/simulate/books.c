/*
 * The books in a form that no order of arrival changes: no number that is counted, no hour. Payers see
 * another order of claims too, and so pay them together otherwise: how many payments there are, when
 * they take back what they are owed, and how they number what they do not know, is theirs. What they
 * have taken back is less cash and less in the payer ledger: the two are told as one sum.
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void each_line(struct buf *text, void (*each)(struct words *, const char *),
                      struct words *to)
{
    char *save = NULL;
    for (char *l = strtok_r((char *)(uintptr_t)buf_cstr(text), "\n", &save); l;
         l = strtok_r(NULL, "\n", &save))
        each(to, l);
}

/* A claim that was refused is told with the place of it in the file: that is cut off. */
static void claim(struct words *to, const char *line)
{
    struct buf b = {0};
    if (strncmp(line, "{\"total\"", 8) == 0)
        return; /* counts payments, which the payers make as they please; money is in the accounts */
    const char *place = strstr(line, ",\"verdict\"");
    buf_add(&b, line, place ? (size_t)(place - line) : strlen(line));
    words_add(to, buf_cstr(&b));
    buf_free(&b);
}

/* An item by its code, its claim, its reason and its money. */
static void item(struct words *to, const char *line)
{
    json_t *o = json_loads(line, 0, NULL);
    const char *code = json_string_value(json_object_get(o, "code"));
    struct buf b = {0};
    static const char *const what[] = {"claim", "reason"};
    buf_printf(&b, "item %s %lld", code ? code : "",
               (long long)json_integer_value(json_object_get(o, "cents")));
    for (int i = 0; i < 2; i++) {
        const char *v = json_string_value(json_object_get(o, what[i]));
        buf_printf(&b, " %s", v && strncmp(v, "ZZ-UNKNOWN", 10) ? v : "");
    }
    if (code && strcmp(code, "ERA_DUP") != 0 && strcmp(code, "PLB_OPEN") != 0)
        words_add(to, buf_cstr(&b));
    buf_free(&b);
    json_decref(o);
}

/* What belongs to no single claim. */
static void accounts(struct ledger *l, struct words *to)
{
    char line[80];
    struct stmt *q = store_sql(
        ledger_store(l), "SELECT CASE account WHEN 11 THEN 1 ELSE account END, sum(cents) FROM"
                         " journal GROUP BY 1 HAVING sum(cents)<>0");
    while (stmt_step(q)) {
        snprintf(line, sizeof line, "account %s %lld",
                 ledger_account_name((enum ledger_account)stmt_col_int(q, 0)),
                 (long long)stmt_col_int(q, 1));
        words_add(to, line);
    }
}

void books_write(struct sim *s, struct buf *out)
{
    struct buf claims = {0}, items = {0};
    struct words lines = {0};
    char now[TIME_TEXT];
    child_run(s, (const char *const[]){"claimwire", "claims", "--run", s->run, "--json", NULL},
              &claims, 0);
    each_line(&claims, claim, &lines);
    child_run(s,
              (const char *const[]){"claimwire", "work", "list", "--run", s->run, "--now",
                                    time_text(s->start_us + (s->days + 400) * SIM_DAY_US, now),
                                    "--json", NULL},
              &items, 0);
    each_line(&items, item, &lines);
    struct ledger *l = ledger_open_ro(s->run, NULL);
    if (!l)
        die(EXIT_CONFIG, "no ledger is in \"%s\"", s->run);
    accounts(l, &lines);
    ledger_close(l);
    qsort(lines.v, lines.n, sizeof *lines.v, by_bytes);
    for (size_t i = 0; i < lines.n; i++)
        buf_printf(out, "%s\n", lines.v[i]);
    words_free(&lines);
    buf_free(&claims);
    buf_free(&items);
}
