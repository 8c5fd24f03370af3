/*
 * NAME
 *     inquire - asks payers what became of claims (276)
 *
 * SYNOPSIS
 *     claimwire inquire --run DIR ACCOUNT... [--again] [--into DIR] [--now TIME] [--practice DIR] [--json]
 *     claimwire inquire --run DIR --claims FILE [...]
 *     claimwire inquire --run DIR --open [...]
 *     claimwire inquire list --run DIR [--json]
 *
 * DESCRIPTION
 *     Builds a status inquiry (005010X212) for each claim that is named by its account number (CLM01),
 *     on the command line, or one a line in a file ("-": standard input), or for all that were sent and
 *     are neither rejected nor decided (--open). Each is a set of its own; one file goes to each payer.
 *     The inquiry names the claim as the payer knows it: the payer's own number (REF*1K) of its 277CA
 *     or of what it answered before, account, charge, days of service, type of bill.
 *
 *     Files are written to RUN/inquire/out, where `submit` takes them (docs/wires.md), or to --into.
 *     Numbers are never given twice; a file that a death left unwritten is written by the next call.
 *     A claim that was asked about in the last 24 hours is not asked about again without --again. The
 *     answer (277) comes back through `fetch`, `acks` and the ledger.
 *
 *     list prints what was asked: trace, claim, payer, when.
 *
 * OPTIONS
 *     --claim ROW     which, where several have this account number: the row that explain prints
 *     --claims FILE   accounts, one a line
 *     --open          every claim that waits for a payer
 *     --again         ask although it was asked within a day
 *     --into DIR      folder to write to (default RUN/inquire/out)
 *     --practice DIR  who we are (default config/practice)
 *     --now TIME      the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --json          one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 a claim is not known, or cannot be asked about; 64 usage; 78 configuration; 111 try again
 *     later
 *
 * EXAMPLES
 *     claimwire inquire --run run --open
 *     claimwire inquire --run run RB-1001 --now 2026-10-15
 */
#include "common/ledger/life.h"
#include "common/ledger/source.h"
#include "common/outgoing/outgoing.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION "005010X212"
static const int64_t DAY_US = 86400LL * 1000000;
enum { FILE_MOST = 1 << 28 };

static const char *const migrations[] = {
    OUTGOING_TABLE
    "CREATE TABLE inquiry(n INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL,"
    "  account TEXT NOT NULL, payer TEXT NOT NULL, at INTEGER NOT NULL);"
    "CREATE INDEX inquiry_account ON inquiry(account, n);",
    /* the claim's row in the ledger: two submitters can have the same account number; 0: not kept yet */
    "ALTER TABLE inquiry ADD COLUMN chain INTEGER NOT NULL DEFAULT 0;", NULL};
static const struct store_schema schema = {"inquire", migrations, 0};

/* One claim to ask about. */
struct question {
    struct claim c;
    int64_t chain;   /* its row in the ledger */
    phi_str control; /* the payer's number of it; empty: none */
    phi_str sent;    /* name of the file that it left in */
    char trace[24];
};
struct command {
    const char *run, *claims, *into, *practice, *now_text;
    bool open, again, json;
    int64_t row; /* --claim */
    char **words;
    int words_n, faults;
    int64_t now;
    struct arena a;
    struct ledger *l;
    struct store *db;
    struct seal_keys *keys;
    struct question **list;
    size_t n, room;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire inquire --run DIR ACCOUNT...|--claims FILE|--open [--again] [--into "
          "DIR]\n"
          "           [--practice DIR] [--now TIME] [--json]\n"
          "       claimwire inquire list --run DIR [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static void fault(struct command *c, phi_str account, const char *why)
{
    fprintf(stderr, "inquire: \"%.*s\": %s\n", (int)(account.n < 40 ? account.n : 40), account.p,
            why);
    c->faults++;
}

/* ---- which claims ---- */

static bool asked_lately(struct command *c, phi_str account, int64_t chain)
{
    struct stmt *q =
        store_sql(c->db, "SELECT 1 FROM inquiry WHERE account=?1 AND at>?2 AND chain IN (0,?3)");
    stmt_int(q, 3, chain);
    stmt_text(q, 1, account);
    stmt_int(q, 2, c->now - DAY_US);
    return stmt_step(q);
}

/* The version that the payer whose turn it is has. */
static const struct life_version *version_of(const struct life *l)
{
    const struct life_version *v = NULL;
    for (size_t i = 0; i < l->versions_n; i++)
        if (!phi_empty(l->versions[i].sent) &&
            (!v || l->versions[i].facts.rank == l->now.state.rank))
            v = &l->versions[i];
    return v;
}

static phi_str control_of(const struct life *l, const struct life_version *v)
{
    for (size_t i = l->answers_n; i-- > 0;)
        if (l->answers[i].version == v->no && !phi_empty(l->answers[i].remit.payer_control))
            return l->answers[i].remit.payer_control;
    return v->accepted;
}

static void add(struct command *c, const struct question *q)
{
    if (c->n == c->room) {
        c->room = c->room ? 2 * c->room : 16;
        c->list = xrealloc(c->list, c->room * sizeof *c->list);
    }
    struct question *one = arena_alloc(&c->a, sizeof *one);
    *one = *q;
    c->list[c->n++] = one;
}

static bool named_already(const struct command *c, int64_t chain)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i]->chain == chain)
            return true;
    return false;
}

static void one_chain(struct command *c, phi_str account, int64_t chain)
{
    struct question q = {.chain = chain};
    struct life life;
    struct buf body = {0};
    if (!life_read(c->l, chain, &c->a, &life)) {
        fault(c, account, "the ledger's rows of this claim cannot be read");
        return;
    }
    const struct life_version *v = version_of(&life);
    if (!v) {
        fault(c, account, "it was not sent to anybody yet");
        return;
    }
    bool there = source_body(c->run, v, &body);
    phi_str text = arena_phi(&c->a, buf_view(&body));
    buf_free(&body);
    if (!there || !claim_read(text, &q.c, &c->a)) {
        fault(c, account, "the bytes of this claim are not in this run");
        return;
    }
    q.control = arena_phi(&c->a, control_of(&life, v));
    q.sent = arena_phi(&c->a, v->sent);
    add(c, &q);
}

/* row: of the claim that is meant; 0: the only one of this account. */
static void one_account(struct command *c, phi_str account, int64_t row)
{
    const char *why = NULL;
    int64_t chain = life_choose(c->l, account, row, &why);
    if (!chain)
        fault(c, account, why);
    else if (!c->again && asked_lately(c, account, chain))
        fprintf(stderr, "inquire: \"%.*s\" was asked about within a day: not again\n",
                (int)account.n, account.p);
    else if (!named_already(c, chain))
        one_chain(c, account, chain);
}

static bool waits(const struct report_claim *r)
{
    return r->versions_sent && r->state.a <= A_PENDED && r->state.t >= T_SENT &&
           r->state.t != T_FILE_REJ && r->state.t != T_SET_REJ && r->state.t != T_REJ_CH &&
           r->state.t != T_REJ_PAYER && r->state.t != T_REJ_LATE;
}

static void all_open(struct command *c)
{
    struct report *r = c->l ? report_new(c->l) : NULL;
    struct report_claim row;
    struct open_claim {
        phi_str account;
        int64_t row;
    } *list = NULL;
    size_t n = 0, room = 0;
    while (r && report_next(r, &row)) {
        if (!waits(&row))
            continue;
        if (n == room)
            list = xrealloc(list, (room = 2 * room + 64) * sizeof *list);
        list[n++] = (struct open_claim){arena_phi(&c->a, row.pcn), row.chain};
    }
    if (r)
        report_free(r);
    for (size_t i = 0; i < n; i++)
        one_account(c, list[i].account, list[i].row);
    free(list);
}

static void from_file(struct command *c)
{
    struct buf text = {0};
    const char *path = strcmp(c->claims, "-") == 0 ? "/dev/stdin" : c->claims;
    if (fs_read(path, FILE_MOST, &text))
        die(EXIT_USAGE, "cannot read \"%s\": %m", c->claims);
    for (phi_str rest = buf_view(&text); rest.n;) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        phi_str word = phi_of(rest.p, n && rest.p[n - 1] == '\r' ? n - 1 : n);
        if (word.n)
            one_account(c, arena_phi(&c->a, word), 0);
        n += end != NULL;
        rest = phi_of(rest.p + n, rest.n - n);
    }
    buf_free(&text);
}

/* ---- 276 ---- */

struct writing {
    struct edi_writer w;
    const struct office *o;
    int hl, sets;
    int64_t at_us;
};

static phi_str day(int32_t d, char out[9])
{
    return d == CLAIM_NO_DATE ? phi_of("", 0) : phi_lit(date_ccyymmdd(d, out));
}

static void birth(struct writing *x, const struct claim_person *p)
{
    char dob[9];
    if (p->dob == CLAIM_NO_DATE)
        return;
    ew_begin(&x->w, "DMG");
    ew_lit(&x->w, "D8");
    ew_el(&x->w, day(p->dob, dob));
    ew_el(&x->w, phi_is(p->sex, "F") || phi_is(p->sex, "M") ? p->sex : phi_of("", 0));
    ew_end(&x->w);
}

static void heads(struct writing *x, const struct question *q)
{
    char st02[12], on[9], hour[5];
    const struct claim *c = &q->c;
    snprintf(st02, sizeof st02, "%04d", ++x->sets);
    x->w.segments = 0;
    x->hl = 0;
    ew_seg(&x->w, "ST", "276", st02, VERSION);
    ew_seg(&x->w, "BHT", "0010", "13", q->trace, time_ccyymmdd(x->at_us, on),
           time_hhmm(x->at_us, hour));
    outgoing_hl(&x->w, &x->hl, 0, "20", "1");
    outgoing_name(&x->w, "PR", "2", c->payer, phi_of("", 0), "PI", c->payer_id);
    outgoing_hl(&x->w, &x->hl, 1, "21", "1");
    outgoing_name(&x->w, "41", "2", c->submitter, phi_of("", 0), "46", phi_lit(x->o->id));
    outgoing_hl(&x->w, &x->hl, 2, "19", "1");
    outgoing_name(&x->w, "1P", phi_empty(c->billing.first) ? "2" : "1", c->billing.last,
                  c->billing.first, phi_empty(c->billing.npi) ? "FI" : "XX",
                  phi_empty(c->billing.npi) ? c->tax_id : c->billing.npi);
}

static void asked_for(struct writing *x, const struct question *q)
{
    char from[9], thru[9], bill[8];
    const struct claim *c = &q->c;
    ew_seg(&x->w, "TRN", "1", q->trace);
    outgoing_pair(&x->w, "REF", "1K", q->control);
    if (c->kind == CLAIM_INSTITUTIONAL && c->place.n == 2) {
        memcpy(bill, c->place.p, 2);
        bill[2] = c->frequency.n ? *c->frequency.p : '1';
        bill[3] = 0;
        ew_seg(&x->w, "REF", "BLT", bill);
    }
    outgoing_pair(&x->w, "REF", "6P", c->group);
    outgoing_pair(&x->w, "REF", "EJ", c->pcn);
    outgoing_pair(&x->w, "REF", "D9", c->trace);
    ew_begin(&x->w, "AMT");
    ew_lit(&x->w, "T3");
    ew_money(&x->w, c->charge);
    ew_end(&x->w);
    outgoing_dtp(&x->w, "472", day(c->from, from), day(c->thru, thru));
}

static void one_set(struct writing *x, const struct question *q)
{
    const struct claim *c = &q->c;
    heads(x, q);
    outgoing_hl(&x->w, &x->hl, 3, "22", c->dependent ? "1" : "0");
    if (!c->dependent)
        birth(x, &c->subscriber);
    outgoing_name(&x->w, "IL", "1", c->subscriber.last, c->subscriber.first, "MI",
                  c->subscriber.id);
    if (c->dependent) {
        outgoing_hl(&x->w, &x->hl, 4, "23", "");
        birth(x, &c->patient);
        outgoing_name(&x->w, "QC", "1", c->patient.last, c->patient.first, "", phi_of("", 0));
    }
    asked_for(x, q);
    outgoing_se(&x->w, x->sets);
}

/* ---- keeping ---- */

static void note(struct command *c, struct question *q, int64_t file)
{
    struct stmt *s =
        store_sql(c->db, "INSERT INTO inquiry(file,account,payer,at,chain) VALUES(?1,?2,?3,?4,?5)");
    stmt_int(s, 5, q->chain);
    stmt_int(s, 1, file);
    stmt_text(s, 2, q->c.pcn);
    stmt_text(s, 3, q->c.payer_id);
    stmt_int(s, 4, c->now);
    stmt_run(s);
    snprintf(q->trace, sizeof q->trace, "Q%09lld", (long long)store_last_id(c->db));
}

static void say_question(const struct command *c, const struct question *q)
{
    struct buf b = {0};
    if (c->json) {
        buf_printf(&b, "{\"trace\":\"%s\",\"claim\":", q->trace);
        buf_json(&b, q->c.pcn);
        buf_puts(&b, ",\"payer\":");
        buf_json(&b, q->c.payer_id);
        buf_puts(&b, "}");
    } else {
        buf_printf(&b, "ask      %s  %-12.*s %.*s", q->trace, (int)q->c.payer_id.n, q->c.payer_id.p,
                   (int)q->c.pcn.n, q->c.pcn.p);
    }
    puts(buf_cstr(&b));
    buf_free(&b);
}

/* One file: everything for one payer and one usage. */
static void one_file(struct command *c, const struct office *office, struct question **q, size_t n)
{
    struct buf body = {0};
    struct office as_sent = *office, *o = &as_sent;
    outgoing_as_sent(o, c->run, q[0]->sent, &c->a);
    store_begin(c->db);
    int64_t file = outgoing_new(c->db);
    uint32_t control = outgoing_control(OUTGOING_276, file);
    struct writing x = {.w = {.out = &body, .d = EDI_CANONICAL}, .o = o, .at_us = c->now};
    outgoing_begin(&x.w, o, "HR", VERSION, q[0]->c.usage, c->now, control);
    for (size_t i = 0; i < n; i++) {
        note(c, q[i], file);
        one_set(&x, q[i]);
        say_question(c, q[i]);
    }
    outgoing_end(&x.w, x.sets, control);
    outgoing_keep(c->db, c->keys, file, q[0]->c.payer_id, buf_view(&body));
    kill_point("inquire.commit.before");
    store_commit(c->db);
    kill_point("inquire.commit.after");
    buf_free(&body);
}

static int by_payer(const void *a, const void *b)
{
    const struct question *x = *(struct question *const *)a, *y = *(struct question *const *)b;
    int by = phi_cmp(x->c.payer_id, y->c.payer_id);
    if (!by)
        by = x->c.usage - y->c.usage;
    return by ? by : phi_cmp(x->c.pcn, y->c.pcn);
}

static bool together(const struct question *a, const struct question *b)
{
    return phi_eq(a->c.payer_id, b->c.payer_id) && a->c.usage == b->c.usage;
}

static void say_file(void *ctx, const char *name)
{
    const struct command *c = ctx;
    const char *in = c->into ? c->into : "";
    printf(c->json ? "{\"wrote\":\"%s%s%s\"}\n" : "wrote    %s%s%s\n", c->into ? in : c->run,
           c->into ? "/" : "/inquire/out/", name);
}

static void write_files(struct command *c)
{
    struct buf dir = {0};
    if (c->into)
        buf_puts(&dir, c->into);
    else
        buf_printf(&dir, "%s/inquire/out", c->run);
    outgoing_write(
        c->db, c->keys,
        &(struct outgoing_to){buf_cstr(&dir), "276", "inquire.write.after", say_file, c});
    buf_free(&dir);
}

static int ask(struct command *c)
{
    struct office o = {0};
    struct buf error = {0};
    if (c->open + (c->claims != NULL) + (c->words_n > 0) != 1)
        return usage(stderr);
    if (!office_read(&o, c->practice ? c->practice : fs_shared("config/practice"), &c->a, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    c->l = ledger_open_ro(c->run, NULL);
    if (c->open)
        all_open(c);
    else if (c->claims)
        from_file(c);
    for (int i = 0; i < c->words_n; i++)
        one_account(c, phi_lit(c->words[i]), c->row);
    if (c->n)
        qsort(c->list, c->n, sizeof *c->list, by_payer);
    for (size_t i = 0, from = 0; i < c->n; i++)
        if (i + 1 == c->n || !together(c->list[i], c->list[i + 1])) {
            one_file(c, &o, c->list + from, i + 1 - from);
            from = i + 1;
        }
    write_files(c);
    return c->faults ? EXIT_FINDINGS : EXIT_DONE;
}

static int list(struct command *c)
{
    struct buf b = {0};
    char t[TIME_TEXT];
    struct stmt *q = store_sql(c->db, "SELECT n,account,payer,at,chain FROM inquiry ORDER BY n");
    if (c->words_n != 1 || c->open || c->claims)
        return usage(stderr);
    for (; stmt_step(q); buf_clear(&b)) {
        phi_str account = stmt_col_bytes(q, 1), payer = stmt_col_bytes(q, 2);
        time_text(stmt_col_int(q, 3), t);
        if (c->json) {
            buf_printf(&b, "{\"trace\":\"Q%09lld\",\"claim\":", (long long)stmt_col_int(q, 0));
            buf_json(&b, account);
            buf_puts(&b, ",\"payer\":");
            buf_json(&b, payer);
            buf_printf(&b, ",\"asked\":\"%s\",\"row\":%lld}", t, (long long)stmt_col_int(q, 4));
        } else {
            buf_printf(&b, "Q%09lld  %.19s  %-12.*s %.*s", (long long)stmt_col_int(q, 0), t,
                       (int)payer.n, payer.p, (int)account.n, account.p);
        }
        puts(buf_cstr(&b));
    }
    buf_free(&b);
    return EXIT_DONE;
}

/* ---- main ---- */

static int options(struct command *c, int argc, char **argv)
{
    enum { OPEN = 1, AGAIN, JSON };
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"claims", required_argument, NULL, 'c'},
                                          {"into", required_argument, NULL, 'i'},
                                          {"practice", required_argument, NULL, 'p'},
                                          {"now", required_argument, NULL, 'n'},
                                          {"open", no_argument, NULL, OPEN},
                                          {"again", no_argument, NULL, AGAIN},
                                          {"json", no_argument, NULL, JSON},
                                          {"help", no_argument, NULL, 'h'},
                                          {"claim", required_argument, NULL, 'C'},
                                          {0}};
    const char *row = NULL;
    const char **const word[] = {['C'] = &row,     ['r'] = &c->run,      ['c'] = &c->claims,
                                 ['i'] = &c->into, ['p'] = &c->practice, ['n'] = &c->now_text};
    bool *const flag[] = {[OPEN] = &c->open, [AGAIN] = &c->again, [JSON] = &c->json};
    int k;
    while ((k = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (k == 'h' || k == '?')
            return usage(k == 'h' ? stdout : stderr);
        if (k <= JSON)
            *flag[k] = true;
        else
            *word[k] = optarg;
    }
    c->words = argv + optind;
    c->words_n = argc - optind;
    if (c->now_text && !time_parse(c->now_text, &c->now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    if (row && (!(c->row = life_row(row)) || c->words_n != 1))
        return usage(stderr);
    return c->run && *c->run ? -1 : usage(stderr);
}

static void open_store(struct command *c)
{
    struct stat st;
    struct buf path = {0};
    if (stat(c->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "there is no run directory \"%s\"", c->run);
    buf_printf(&path, "%s/inquire", c->run);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_puts(&path, "/inquire.db");
    c->db = store_open(buf_cstr(&path), &schema);
    c->keys = seal_open(c->run);
    buf_free(&path);
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"), .now = time_wall_us()};
    log_open("inquire");
    int code = options(&c, argc, argv);
    if (code >= 0)
        return code;
    open_store(&c);
    code = c.words_n && strcmp(c.words[0], "list") == 0 ? list(&c) : ask(&c);
    if (c.l)
        ledger_close(c.l);
    store_close(c.db);
    seal_close(c.keys);
    free(c.list);
    arena_free(&c.a);
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    return code;
}
