/* The books in a form that no order of arrival changes. */
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends the lines of text, sorted. */
static void sorted(struct buf *text, struct buf *out)
{
    struct words lines = {0};
    char *save = NULL;
    for (char *l = strtok_r((char *)(uintptr_t)buf_cstr(text), "\n", &save); l;
         l = strtok_r(NULL, "\n", &save))
        words_add(&lines, l);
    if (lines.n)
        qsort(lines.v, lines.n, sizeof *lines.v, by_bytes);
    for (size_t i = 0; i < lines.n; i++)
        buf_printf(out, "%s\n", lines.v[i]);
    words_free(&lines);
}

static void accounts(struct ledger *l, struct buf *out)
{
    struct stmt *q =
        store_sql(ledger_store(l), "SELECT account, sum(cents) FROM journal GROUP BY account");
    while (stmt_step(q))
        buf_printf(out, "account %s %lld\n",
                   ledger_account_name((enum ledger_account)stmt_col_int(q, 0)),
                   (long long)stmt_col_int(q, 1));
}

void books_write(struct sim *s, struct buf *out)
{
    struct buf text = {0};
    child_run(s, (const char *const[]){"claimwire", "claims", "--run", s->run, "--json", NULL},
              &text, 0);
    sorted(&text, out);
    struct ledger *l = ledger_open_ro(s->run, NULL);
    if (!l)
        die(EXIT_CONFIG, "no ledger is in \"%s\"", s->run);
    accounts(l, out);
    ledger_close(l);
    buf_free(&text);
}
