/*
 * NAME
 *     explain - the life of a claim as facts in order, each with where it comes from
 *
 * SYNOPSIS
 *     claimwire explain CLAIM --run DIR [--show] [--json]
 *
 * DESCRIPTION
 *     CLAIM is an account number (CLM01) or the id of a claim record (32 hex digits). Prints what
 *     happened to it, in the order of the pipeline's clock: each version that came, each file that
 *     it left in, what the payer said when it was asked (277) or wants, each remittance that answered it
 *     with how it was matched, what each moved in the
 *     journal, and where the claim stands now. Every fact names the file, by the first digits of its
 *     digest, and the byte range in it; so that each number can be followed to its segment.
 *
 *     A claim that the validator refused is explained by its verdict. What was repaired in it before
 *     it was judged, because its sender's profile allows that, is a fact of its own.
 *
 * OPTIONS
 *     --run DIR  the run directory (else CLAIMWIRE_RUN)
 *     --show     also the segments themselves, out of the kept originals: they name the patient
 *     --json     one object a fact, with the whole digest
 *
 * EXIT STATUS
 *     0 the claim was found; 1 it was not; 64 wrong command line; 78 no such run
 *
 * EXAMPLES
 *     claimwire explain RB00030001 --run run
 */
#include "common/ledger/ask.h"
#include "common/ledger/report.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char SYNOPSIS[] = "claimwire explain CLAIM --run DIR [--show] [--json]\n";

struct fact {
    int64_t at, event;
    const char *kind;
    struct digest file;
    int64_t off, len;
    struct buf text;
};

struct life {
    struct ask a;
    struct fact *fact;
    size_t n;
};

static void money(struct buf *b, const char *before, int64_t cents)
{
    buf_puts(b, before);
    money_human(b, cents);
}

/* Columns 0 to 4 of q: event number, at, off, len, digest. */
static struct buf *fact_add(struct life *x, const char *kind, struct stmt *q)
{
    x->fact = xrealloc(x->fact, (x->n + 1) * sizeof *x->fact);
    struct fact *f = &x->fact[x->n++];
    *f = (struct fact){.event = stmt_col_int(q, 0),
                       .at = stmt_col_int(q, 1),
                       .off = stmt_col_int(q, 2),
                       .len = stmt_col_int(q, 3),
                       .kind = kind};
    phi_str d = stmt_col_bytes(q, 4);
    if (d.n == DIGEST_LEN)
        memcpy(f->file.b, d.p, DIGEST_LEN);
    return &f->text;
}

#define SOURCE "e.no,e.at,e.off,e.len,f.digest"
#define FROM_E " JOIN event e ON e.no=t.no JOIN file f ON f.no=e.file "

/* The file that a version left in. */
static void sent_facts(struct life *x, const struct sent_index *sent, struct rec_id id,
                       int64_t version)
{
    size_t n;
    const struct sent_entry *entry = sent_index_find(sent, id, &n);
    for (size_t i = 0; i < n; i++) {
        struct stmt *q = store_sql(
            ledger_store(x->a.l),
            "SELECT " SOURCE ",t.name,t.isa13,t.gs06,t.payer FROM sent t" FROM_E "WHERE t.no=?1");
        stmt_int(q, 1, entry[i].sent);
        if (!stmt_step(q))
            continue;
        struct buf *b = fact_add(x, "sent", q);
        buf_printf(b, "version in row %" PRId64 " sent in file ", version);
        buf_phi(b, stmt_col_bytes(q, 5));
        buf_puts(b, ", ISA13 ");
        buf_phi(b, stmt_col_bytes(q, 6));
        buf_puts(b, ", GS06 ");
        buf_phi(b, stmt_col_bytes(q, 7));
        buf_puts(b, ", to payer ");
        buf_phi(b, stmt_col_bytes(q, 8));
    }
}

static void repaired(void *ctx, int64_t verdict, const char *rule, const char *segment,
                     uint32_t position, uint32_t element, const char *text)
{
    struct life *x = ctx;
    struct stmt *q =
        store_sql(ledger_store(x->a.l), "SELECT " SOURCE " FROM verdict t" FROM_E "WHERE t.no=?1");
    stmt_int(q, 1, verdict);
    if (!stmt_step(q))
        return;
    buf_printf(fact_add(x, "repaired", q),
               "repaired as its sender's profile allows: %s%02u at segment %u of its set: %s"
               " (rule %s); the original bytes are kept",
               segment, element, position, text, rule);
}

/* What was mended before each version was judged. */
static void repair_facts(struct life *x, int64_t chain)
{
    struct place {
        int64_t file, off, pos;
    } *at = NULL;
    size_t n = 0;
    struct stmt *q = store_sql(ledger_store(x->a.l),
                               "SELECT e.file,e.off,e.pos FROM claim c JOIN claim t ON t.key=c.key"
                               " AND t.chain=c.no JOIN event e ON e.no=t.no WHERE c.no=?1");
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        at = xrealloc(at, (n + 1) * sizeof *at);
        at[n++] = (struct place){stmt_col_int(q, 0), stmt_col_int(q, 1), stmt_col_int(q, 2)};
    }
    for (size_t i = 0; i < n; i++)
        report_repairs(x->a.l, at[i].file, at[i].off, (uint32_t)at[i].pos + 1, repaired, x);
    free(at);
}

static const char *frequency_word(phi_str f)
{
    return phi_is(f, "7") ? "replacement" : phi_is(f, "8") ? "void" : "original";
}

static void version_facts(struct life *x, const struct sent_index *sent, int64_t chain)
{
    struct stmt *q = store_sql(
        ledger_store(x->a.l),
        "SELECT " SOURCE ",t.charge,t.payer,t.rank,t.frequency,e.id FROM claim"
        " c JOIN claim t ON t.key=c.key AND t.chain=c.no" FROM_E "WHERE c.no=?1 ORDER BY t.no");
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        struct buf *b = fact_add(x, "claim", q);
        int64_t no = stmt_col_int(q, 0);
        money(b, "came in and was found valid: ", stmt_col_int(q, 5));
        buf_puts(b, " to payer ");
        buf_phi(b, stmt_col_bytes(q, 6));
        buf_printf(b, " (payer %" PRId64 "), %s", stmt_col_int(q, 7),
                   frequency_word(stmt_col_bytes(q, 8)));
        sent_facts(x, sent, stmt_col_id(q, 9), no);
    }
}

/* " denial +1,200.00": what an event moved on a claim. */
static void moves(struct life *x, struct buf *b, int64_t chain, int64_t event)
{
    struct stmt *q = store_sql(
        ledger_store(x->a.l), "SELECT account,sum(cents) FROM journal WHERE subject=?1 AND event=?2"
                              " GROUP BY account HAVING sum(cents)<>0 ORDER BY account");
    stmt_int(q, 1, chain);
    stmt_int(q, 2, event);
    for (int n = 0; stmt_step(q); n++) {
        int64_t cents = stmt_col_int(q, 1);
        buf_printf(b, "%s%s %s", n ? ", " : "; moves ",
                   ledger_account_name((enum ledger_account)stmt_col_int(q, 0)),
                   cents > 0 ? "+" : "");
        money_human(b, cents);
    }
}

static void tier_word(struct buf *b, int64_t tier, bool reversal)
{
    static const char *const how[] = {"as a reversal",
                                      "by account number and charge",
                                      "by account number and lines (a part of the claim)",
                                      "by account number as the payer changed it, member and date",
                                      "by payer control number",
                                      "by member, date and charge",
                                      "by name, date, charge and codes"};
    buf_printf(b, "; matched %s", how[reversal || tier < 0 || tier > 6 ? 0 : tier]);
}

static void remit_facts(struct life *x, int64_t chain)
{
    struct stmt *q = store_sql(
        ledger_store(x->a.l), "SELECT " SOURCE ",t.status,t.charge,t.paid,t.patient,t.tier,p.trace,"
                              "t.reverses,t.control,p.payer FROM remit t" FROM_E
                              "JOIN payment p ON p.no=t.payment WHERE t.chain=?1 ORDER BY t.no");
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        struct buf *b = fact_add(x, "remit", q);
        bool reversal = !stmt_col_null(q, 11);
        buf_puts(b, "answered by payer ");
        buf_phi(b, stmt_col_bytes(q, 13));
        buf_puts(b, " in payment ");
        buf_phi(b, stmt_col_bytes(q, 10));
        buf_puts(b, ", control number ");
        buf_phi(b, stmt_col_bytes(q, 12));
        buf_puts(b, ": status ");
        buf_phi(b, stmt_col_bytes(q, 5));
        money(b, ", charge ", stmt_col_int(q, 6));
        money(b, ", paid ", stmt_col_int(q, 7));
        money(b, ", patient ", stmt_col_int(q, 8));
        tier_word(b, stmt_col_int(q, 9), reversal);
        if (reversal)
            buf_printf(b, " of event %" PRId64, stmt_col_int(q, 11));
        moves(x, b, chain, stmt_col_int(q, 0));
    }
}

/* Of a payer that was asked (277), or that asks for something: categories as X12 508 has them. */
static const char *status_word(phi_str code)
{
    static const char *const words[][2] = {{"A4", "not found"},   {"D0", "not found"},
                                           {"A", "acknowledged"}, {"P", "pending"},
                                           {"F", "finished"},     {"R", "more information wanted"},
                                           {"E", "cannot answer"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i][0]);
        if (code.n >= n && memcmp(code.p, words[i][0], n) == 0)
            return words[i][1];
    }
    return "status";
}

static void status_text(struct buf *b, struct stmt *q)
{
    if (phi_is(stmt_col_bytes(q, 5), "attachment")) {
        buf_puts(b, stmt_col_int(q, 10) ? "the payer has taken a document (275)"
                                        : "the payer has refused a document (275)");
    } else {
        buf_printf(b, "status from the payer (277): %s, ", status_word(stmt_col_bytes(q, 6)));
        buf_phi(b, stmt_col_bytes(q, 7));
    }
    static const char *const before[] = {", control number ", ", due "};
    for (int i = 0; i < 2; i++) {
        phi_str v = stmt_col_bytes(q, 8 + i);
        if (v.n) {
            buf_puts(b, before[i]);
            buf_phi(b, v);
        }
    }
}

static void status_facts(struct life *x, int64_t chain)
{
    struct stmt *q = store_sql(ledger_store(x->a.l),
                               "SELECT " SOURCE ",t.of,t.code,t.codes,t.control,t.due,t.accepted"
                               " FROM ack t" FROM_E "WHERE t.of IN('status','attachment') AND"
                               " t.key<>'' AND EXISTS(SELECT 1 FROM claim c WHERE c.chain=?1 AND"
                               " c.key=t.key AND c.pcn=t.pcn) ORDER BY t.no");
    stmt_int(q, 1, chain);
    while (stmt_step(q))
        status_text(fact_add(x, "status", q), q);
}

static int by_time(const void *pa, const void *pb)
{
    const struct fact *a = pa, *b = pb;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->event > b->event) - (a->event < b->event);
}

/* The bytes of a fact, one segment a line. Originals are in the spool, sent files in out/. */
static void show(struct life *x, const struct fact *f)
{
    char path[PATH_MAX], hex[DIGEST_HEX];
    struct buf b = {0};
    snprintf(path, sizeof path, "%s/ingest/spool/%s", x->a.run, digest_hex(&f->file, hex));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || f->len > 1 << 20) {
        puts("        (the original is not in this run)");
    } else {
        char *at = buf_room(&b, (size_t)f->len);
        ssize_t n = pread(fd, at, (size_t)f->len, f->off);
        for (ssize_t i = 0, from = 0; i < n; i++) {
            if (at[i] != '~' && i + 1 < n)
                continue;
            printf("        %.*s\n", (int)(i + 1 - from), at + from);
            for (from = i + 1; from < n && (at[from] == '\n' || at[from] == '\r'); from++)
                i = from;
        }
    }
    if (fd >= 0)
        close(fd);
    buf_free(&b);
}

static void print_fact(struct life *x, struct fact *f)
{
    char when[TIME_TEXT], hex[DIGEST_HEX];
    time_text(f->at, when);
    digest_hex(&f->file, hex);
    if (x->a.json) {
        struct buf b = {0};
        buf_printf(&b,
                   "{\"at\":\"%s\",\"fact\":\"%s\",\"event\":%" PRId64
                   ",\"file\":\"%s\",\"off\":%" PRId64 ",\"len\":%" PRId64 ",\"text\":",
                   when, f->kind, f->event, hex, f->off, f->len);
        buf_json(&b, buf_view(&f->text));
        printf("%s}\n", buf_cstr(&b));
        buf_free(&b);
        return;
    }
    printf("  %s  %s\n      event %" PRId64 ", file %.16s, bytes %" PRId64 " to %" PRId64 "\n",
           when, buf_cstr(&f->text), f->event, hex, f->off, f->off + f->len);
    if (x->a.show && strcmp(f->kind, "sent") != 0)
        show(x, f);
}

static void print_facts(struct life *x)
{
    if (x->n)
        qsort(x->fact, x->n, sizeof *x->fact, by_time);
    for (size_t i = 0; i < x->n; i++) {
        print_fact(x, &x->fact[i]);
        buf_free(&x->fact[i].text);
    }
    free(x->fact);
    x->fact = NULL;
    x->n = 0;
}

static void print_state(struct life *x, const struct report_claim *c)
{
    char text[64];
    struct buf b = {0};
    if (x->a.json) {
        printf("{\"state\":\"%s\",\"in\":%" PRId64 ",\"paid\":%" PRId64 ",\"adjusted\":%" PRId64
               ",\"patient\":%" PRId64 ",\"open\":%" PRId64 "}\n",
               state_text(&c->state, text), c->charged, c->paid, c->adjusted, c->patient, c->open);
        return;
    }
    money(&b, "  now: ", c->charged);
    money(&b, " charged = ", c->paid);
    money(&b, " paid + ", c->adjusted);
    money(&b, " adjusted + ", c->patient);
    money(&b, " patient + ", c->open);
    printf("%s open; %s\n", buf_cstr(&b), state_text(&c->state, text));
    buf_free(&b);
}

/* Refused claims, by the verdicts of their sets. */
struct refusals {
    struct life *x;
    phi_str name;
    int found;
};

static void refused(void *ctx, int64_t verdict, uint32_t ordinal, phi_str unit, const char *rule)
{
    struct refusals *r = ctx;
    if (!phi_eq(unit, r->name))
        return;
    struct stmt *q = store_sql(ledger_store(r->x->a.l),
                               "SELECT " SOURCE " FROM verdict t" FROM_E "WHERE t.no=?1");
    stmt_int(q, 1, verdict);
    if (!stmt_step(q))
        return;
    r->found++;
    buf_printf(fact_add(r->x, "refused", q),
               "refused by the validator: claim %u of its set breaks rule %s", ordinal, rule);
}

static int explain_chain(struct life *x, struct report *r, int64_t chain)
{
    struct report_claim c;
    if (!report_chain(r, chain, &c))
        return 0;
    if (!x->a.json)
        printf("claim in row %" PRId64 ", %d version%s\n", chain, c.versions,
               c.versions == 1 ? "" : "s");
    repair_facts(x, chain);
    version_facts(x, report_sent(r), chain);
    status_facts(x, chain);
    remit_facts(x, chain);
    print_facts(x);
    print_state(x, &c);
    return 1;
}

/* Chains that the word names; at most room of them. */
static int find_chains(struct life *x, const char *word, int64_t *chain, int room)
{
    struct rec_id id;
    int n = 0;
    bool is_id = rec_id_parse(word, strlen(word), &id);
    struct stmt *q =
        is_id ? store_sql(ledger_store(x->a.l), "SELECT DISTINCT c.chain FROM claim c JOIN event e"
                                                " ON e.no=c.no WHERE e.id=?1")
              : store_sql(ledger_store(x->a.l),
                          "SELECT DISTINCT chain FROM claim WHERE pcn=?1 ORDER BY chain");
    if (is_id)
        stmt_id(q, 1, id);
    else
        stmt_text(q, 1, phi_lit(word));
    while (n < room && stmt_step(q))
        chain[n++] = stmt_col_int(q, 0);
    return n;
}

int main(int argc, char **argv)
{
    struct life x = {0};
    int64_t chain[64];
    ask(argc, argv, "explain", SYNOPSIS, "json show", 1, &x.a);
    int n = 0, found = 0;
    if (x.a.l) {
        struct report *r = report_new(x.a.l);
        n = find_chains(&x, x.a.words[0], chain, 64);
        if (x.a.show && n)
            audit(x.a.run, "explain", "show", x.a.words[0]);
        for (int i = 0; i < n; i++)
            found += explain_chain(&x, r, chain[i]);
        struct refusals f = {&x, phi_lit(x.a.words[0]), 0};
        report_refused(x.a.l, refused, &f);
        print_facts(&x);
        found += f.found;
        report_free(r);
        ledger_close(x.a.l);
    }
    if (!found)
        fputs("explain: this run knows no claim of that number\n", stderr);
    return found ? EXIT_DONE : EXIT_FINDINGS;
}
