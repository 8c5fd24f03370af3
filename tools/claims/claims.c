/*
 * NAME
 *     claims - one row a claim: what came in, what became of it, and whether the books balance
 *
 * SYNOPSIS
 *     claimwire claims --run DIR [--json] [--exceptions] [--life]
 *
 * DESCRIPTION
 *     Reads the ledger of a run and prints a table: the claim by its account number, what was
 *     charged (in), whether it was found valid and sent, what payers paid, what was adjusted away,
 *     what is left to the patient, what is still open with a payer, and where it stands. A claim
 *     that the validator refused has a row with the rule that it broke. Then the totals, and a line
 *     that says whether every cent of every payment is accounted for.
 *
 *     in = paid + adjusted + patient + open, on every row.
 *
 *     With --life a row says how far each claim is: coded here from an encounter, submitted, followed up
 *     (asked about with a 276 that was answered, corrected, documents sent), paid, open.
 *
 * OPTIONS
 *     --run DIR     the run directory (else CLAIMWIRE_RUN)
 *     --json        one object a claim, then one with the totals; amounts in cents
 *     --life        coded, submitted, followed up, paid, open
 *     --exceptions  also what waits for a person: code, row, cents at risk
 *
 * EXIT STATUS
 *     0 the books balance; 1 they do not; 64 wrong command line; 78 no such run
 *
 * EXAMPLES
 *     claimwire claims --run run
 *     claimwire claims --run run --json | jq 'select(.open > 0) | .claim'
 */
#include "common/ledger/ask.h"
#include "common/ledger/match.h"
#include "common/ledger/report.h"
#include "common/util/exits.h"
#include "common/util/money.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

static const char SYNOPSIS[] = "claimwire claims --run DIR [--json] [--exceptions] [--life]\n";

struct table {
    bool json, life;
    const char *run;
    struct ledger *l;
    struct buf line;
    struct report_claim sum; /* totals */
    int64_t claims, validated, sent, refused, sets_refused, exceptions, at_risk;
};

/* A number of cents, right in a column. */
static void cell(struct buf *b, int64_t cents)
{
    struct buf n = {0};
    money_human(&n, cents);
    buf_printf(b, " %12s", buf_cstr(&n));
    buf_free(&n);
}

static void amounts(struct buf *b, const struct report_claim *c)
{
    cell(b, c->paid + c->received); /* by payers, by the patient */
    cell(b, c->adjusted + c->written_off);
    cell(b, c->patient);
    cell(b, c->open);
}

static void flush(struct table *t)
{
    if (t->line.len)
        fwrite(t->line.p, 1, t->line.len, stdout);
    buf_clear(&t->line);
}

/* An account number cut to its column; control characters never reach a terminal. */
static void name_cell(struct buf *b, phi_str s, int width)
{
    for (int i = 0; i < width; i++) {
        char c = i < (int)s.n ? s.p[i] : ' ';
        buf_putc(b, c >= ' ' && c != 0x7f ? c : '?');
    }
}

static void json_claim(struct buf *b, const struct report_claim *c)
{
    char text[64];
    buf_puts(b, "{\"claim\":");
    buf_json(b, c->pcn);
    buf_printf(
        b,
        ",\"in\":%" PRId64 ",\"validated\":true,\"sent\":%s,\"versions\":%d,\"paid\":%" PRId64
        ",\"adjusted\":%" PRId64 ",\"patient\":%" PRId64 ",\"open\":%" PRId64 ",\"denied\":%" PRId64
        ",\"received\":%" PRId64 ",\"written_off\":%" PRId64 ",\"imported\":%s,\"state\":\"%s\"}\n",
        c->charged, c->versions_sent ? "true" : "false", c->versions, c->paid, c->adjusted,
        c->patient, c->open, c->denied, c->received, c->written_off, c->imported ? "true" : "false",
        state_text(&c->state, text));
}

static void text_claim(struct buf *b, const struct report_claim *c)
{
    char text[64];
    name_cell(b, c->pcn, 20);
    cell(b, c->charged);
    buf_printf(b, "  yes       %-4s", c->versions_sent ? "yes" : "no");
    amounts(b, c);
    buf_printf(b, "  %s%s\n", state_text(&c->state, text), c->imported ? ", imported" : "");
}

/* ---- how far it is ---- */

/* What came in was no X12: the claim was made here. */
static bool coded_here(struct table *t, int64_t chain)
{
    char path[PATH_MAX], hex[DIGEST_HEX], head[3] = "";
    struct digest d;
    struct stmt *q = store_sql(ledger_store(t->l), "SELECT f.digest FROM event e JOIN file f ON"
                                                   " f.no=e.file WHERE e.no=?1");
    stmt_int(q, 1, chain);
    if (!stmt_step(q) || stmt_col_bytes(q, 0).n != DIGEST_LEN)
        return false;
    memcpy(d.b, stmt_col_bytes(q, 0).p, DIGEST_LEN);
    snprintf(path, sizeof path, "%s/ingest/spool/%s", t->run, digest_hex(&d, hex));
    FILE *f = fopen(path, "re");
    bool read = f && fread(head, 1, sizeof head, f) == sizeof head;
    if (f)
        fclose(f);
    return read && memcmp(head, "ISA", 3) != 0;
}

/* Answers of a kind to what was asked about the claim. */
static int64_t answers(struct table *t, phi_str pcn, const char *of)
{
    char key[MATCH_KEY];
    struct stmt *q = store_sql(ledger_store(t->l), "SELECT count(*) FROM ack WHERE key=?1 AND"
                                                   " key<>'' AND pcn=?2 AND of=?3");
    stmt_text(q, 1, phi_of(key, match_key(pcn, key)));
    stmt_text(q, 2, pcn);
    stmt_text(q, 3, phi_lit(of));
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void life_row(struct table *t, const struct report_claim *c)
{
    struct buf *b = &t->line, how = {0};
    char text[64];
    int64_t asked = answers(t, c->pcn, "status"), sent = answers(t, c->pcn, "attachment");
    bool coded = coded_here(t, c->chain);
    if (t->json) {
        buf_puts(b, "{\"claim\":");
        buf_json(b, c->pcn);
        buf_printf(b,
                   ",\"coded\":%s,\"submitted\":%s,\"asked\":%" PRId64 ",\"corrected\":%d"
                   ",\"documents\":%" PRId64 ",\"paid\":%" PRId64 ",\"open\":%" PRId64
                   ",\"state\":\"%s\"}\n",
                   coded ? "true" : "false", c->versions_sent ? "true" : "false", asked,
                   c->versions - 1, sent, c->paid, c->open, state_text(&c->state, text));
        return;
    }
    if (asked)
        buf_printf(&how, "asked %" PRId64, asked);
    if (c->versions > 1)
        buf_printf(&how, "%scorrected %d", how.len ? ", " : "", c->versions - 1);
    if (sent)
        buf_printf(&how, "%sdocuments %" PRId64, how.len ? ", " : "", sent);
    name_cell(b, c->pcn, 20);
    buf_printf(b, "  %-5s  %-9s  %-24s", coded ? "yes" : "no", c->versions_sent ? "yes" : "no",
               how.len ? buf_cstr(&how) : "-");
    cell(b, c->paid + c->received);
    cell(b, c->open);
    buf_printf(b, "  %s\n", state_text(&c->state, text));
    buf_free(&how);
}

static void claim_row(struct table *t, const struct report_claim *c)
{
    t->claims++;
    t->sent += c->versions_sent > 0;
    t->sum.charged += c->charged;
    t->sum.paid += c->paid;
    t->sum.adjusted += c->adjusted;
    t->sum.received += c->received;
    t->sum.written_off += c->written_off;
    t->sum.patient += c->patient;
    t->sum.open += c->open;
    if (t->life)
        life_row(t, c);
    else if (t->json)
        json_claim(&t->line, c);
    else
        text_claim(&t->line, c);
    if (t->line.len > 1 << 16)
        flush(t);
}

static void refused_row(void *ctx, int64_t verdict, uint32_t ordinal, phi_str unit,
                        const char *rule)
{
    struct table *t = ctx;
    t->refused++;
    if (t->json) {
        buf_puts(&t->line, "{\"claim\":");
        buf_json(&t->line, unit);
        buf_printf(&t->line,
                   ",\"validated\":false,\"rule\":\"%s\",\"verdict\":%" PRId64 ",\"ordinal\":%u}\n",
                   rule, verdict, ordinal);
    } else {
        name_cell(&t->line, unit, 20);
        buf_printf(&t->line, " %12s  no: %s\n", "-", rule);
    }
}

static void exception_row(void *ctx, const char *code, int64_t subject, int64_t cents, int64_t at)
{
    struct table *t = ctx;
    (void)at;
    t->exceptions++;
    t->at_risk += cents < 0 ? -cents : cents;
    if (t->json) {
        buf_printf(&t->line, "{\"exception\":\"%s\",\"row\":%" PRId64 ",\"cents\":%" PRId64 "}\n",
                   code, subject, cents);
    } else {
        buf_printf(&t->line, "%-20s row %-8" PRId64, code, subject);
        cell(&t->line, cents);
        buf_putc(&t->line, '\n');
    }
}

static void json_total(struct table *t, const struct report_totals *x)
{
    buf_printf(&t->line,
               "{\"total\":{\"claims\":%" PRId64 ",\"sent\":%" PRId64 ",\"refused\":%" PRId64
               ",\"sets_refused\":%" PRId64 ",\"in\":%" PRId64 ",\"paid\":%" PRId64
               ",\"adjusted\":%" PRId64 ",\"patient\":%" PRId64 ",\"open\":%" PRId64
               ",\"payments\":%" PRId64 ",\"payments_open\":%" PRId64 ",\"cash\":%" PRId64
               ",\"unapplied\":%" PRId64 ",\"payer_ledger\":%" PRId64 ",\"interest\":%" PRId64
               ",\"in_transit\":%" PRId64 ",\"opening\":%" PRId64 ",\"balanced\":%s}}\n",
               t->claims, t->sent, t->refused, t->sets_refused, t->sum.charged, t->sum.paid,
               t->sum.adjusted, t->sum.patient, t->sum.open, x->payments, x->payments_open, x->cash,
               x->unapplied, x->ledger, x->interest, x->in_transit, x->opening,
               report_balanced(x) ? "true" : "false");
}

static void money_word(struct buf *b, const char *before, int64_t cents)
{
    buf_puts(b, before);
    money_human(b, cents);
}

static void text_total(struct table *t, const struct report_totals *x)
{
    struct buf *b = &t->line;
    if (t->life) {
        buf_printf(b, "%-20.20s  %-5s  %-9" PRId64 "  %-24s", "total", "", t->sent, "");
        cell(b, t->sum.paid + t->sum.received);
        cell(b, t->sum.open);
        buf_putc(b, '\n');
        return;
    }
    buf_printf(b, "%-20.20s", "total");
    cell(b, t->sum.charged);
    buf_printf(b, "  %-8" PRId64 "  %-4" PRId64, t->claims, t->sent);
    amounts(b, &t->sum);
    buf_putc(b, '\n');
    if (t->refused || t->sets_refused)
        buf_printf(b, "refused: %" PRId64 " claims alone, %" PRId64 " whole sets\n", t->refused,
                   t->sets_refused);
    buf_printf(b, "%s: %" PRId64 " payments",
               report_balanced(x) ? "the books balance" : "THE BOOKS DO NOT BALANCE", x->payments);
    money_word(b, ", cash ", x->cash);
    if (x->opening)
        money_word(b, " (brought forward ", x->opening), buf_putc(b, ')');
    money_word(b, " = claims ", x->claims);
    money_word(b, " + payer ledger ", x->ledger);
    money_word(b, " + interest ", x->interest);
    money_word(b, " + unapplied ", x->unapplied);
    if (x->in_transit || x->payments_open)
        money_word(b, " + still to come ", x->in_transit);
    buf_putc(b, '\n');
}

static void head(struct table *t)
{
    if (t->life) {
        buf_printf(&t->line, "%-20s  coded  submitted  %-24s %12s %12s  state\n", "claim",
                   "followed up", "paid", "open");
        return;
    }
    buf_printf(&t->line, "%-20s %12s  validated sent %12s %12s %12s %12s  state\n", "claim", "in",
               "paid", "adjusted", "patient", "open");
}

int main(int argc, char **argv)
{
    struct ask a;
    struct report_claim c;
    struct report_totals x = {0};
    ask(argc, argv, "claims", SYNOPSIS, "json exceptions life", 0, &a);
    struct table t = {.json = a.json, .life = a.life, .run = a.run, .l = a.l};
    if (!a.json)
        head(&t);
    if (a.l) {
        struct report *r = report_new(a.l);
        while (report_next(r, &c))
            claim_row(&t, &c);
        report_refused(a.l, refused_row, &t);
        t.sets_refused =
            store_int(ledger_store(a.l), "SELECT count(*) FROM judged WHERE accepted=0", 0);
        if (a.exceptions)
            report_exceptions(a.l, exception_row, &t);
        report_totals(a.l, &x);
        report_free(r);
        ledger_close(a.l);
    }
    if (a.json)
        json_total(&t, &x);
    else
        text_total(&t, &x);
    flush(&t);
    buf_free(&t.line);
    return report_balanced(&x) ? EXIT_DONE : EXIT_FINDINGS;
}
