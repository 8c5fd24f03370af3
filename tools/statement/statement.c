/*
 * NAME
 *     statement - what patients owe, as a page for each
 *
 * SYNOPSIS
 *     claimwire statement --run DIR [--account A | --all] [--out DIR] [--pdf] [--now TIME]
 *                         [--practice FILE]
 *
 * DESCRIPTION
 *     Writes a page a patient: each visit that leaves the patient something or that the patient paid
 *     for, with what was billed, what insurance paid, what was adjusted, what the patient paid and
 *     owes. What a patient owes is what the last payer in order left (PR), less what came in: with
 *     a second insurance not the first one's share, and not the sum. While a payer that is known has
 *     not answered, nothing is due; it is shown as still with the insurance.
 *
 *     --account is the page of one account alone, also when nothing is owed. --all is every patient
 *     who owes something. Visits beyond fourteen are summed in one row.
 *
 *     The patient's address is the one of the claim of the latest visit, where its bytes are in the
 *     run.
 *
 *     The pages name patients; nothing else does, and the audit log notes the account of each.
 *
 * OPTIONS
 *     --run DIR        the run directory (else CLAIMWIRE_RUN)
 *     --account A      the account number (CLM01)
 *     --all            every patient who owes something (also when neither is given)
 *     --out DIR        a file a page there, named by the account; else on standard output
 *     --pdf            as PDF, US Letter; needs --out
 *     --now TIME       the day of the statement (else today)
 *     --practice FILE  whose statement it is: names and addresses by NPI, as claimwire coder's
 *
 * EXIT STATUS
 *     0 written; 1 no such account; 64 wrong command line; 78 no such run or practice;
 *     111 a page cannot be written
 *
 * EXAMPLES
 *     claimwire statement --run run --account RB-1001
 *     claimwire statement --run run --all --pdf --out letters --practice config/practice/demo.yaml
 */
#include "tools/statement/statement.h"
#include "common/edi/claim.h"
#include "common/ledger/report.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/conf.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char SYNOPSIS[] =
    "usage: claimwire statement --run DIR [--account A | --all] [--out DIR] [--pdf] [--now TIME]\n"
    "                           [--practice FILE]\n";

struct owing { /* a claim, and whose it is */
    phi_str member, last, first, billing;
    int32_t dob;
    struct visit visit;
    int64_t chain;
};
struct job {
    const char *run, *account, *out, *now_text, *practice;
    bool all, pdf;
    int32_t day;
    struct ledger *l;
    struct owing *claim;
    size_t n;
    const struct conf *office;
    struct arena mem;
};

/* ---- what is owed ---- */

/* "copay 25.00, deductible 50.00": by the first payer's reasons, where they are what is owed. With a
 * later payer's answer they are not, and then nothing is said. */
static phi_str why(struct job *j, const struct report_claim *c)
{
    static const struct {
        const char *code, *word;
    } reason[] = {{"PR-1", "deductible"}, {"PR-2", "coinsurance"}, {"PR-3", "copay"}};
    struct buf b = {0};
    int64_t named = 0;
    struct stmt *q = store_sql(ledger_store(j->l),
                               "SELECT code,-sum(cents) FROM journal WHERE subject=?1 AND"
                               " account=5 AND code LIKE 'PR-%' GROUP BY code ORDER BY code");
    stmt_int(q, 1, c->chain);
    while (stmt_step(q)) {
        int64_t cents = stmt_col_int(q, 1);
        named += cents;
        for (size_t i = 0; cents && i < sizeof reason / sizeof *reason; i++)
            if (phi_is(stmt_col_bytes(q, 0), reason[i].code)) {
                buf_printf(&b, "%s%s ", b.len ? ", " : "", reason[i].word);
                money_human(&b, cents);
            }
    }
    bool all = named == c->patient + c->received && b.len > 0;
    phi_str out = all ? arena_phi(&j->mem, buf_view(&b)) : (phi_str){"", 0};
    buf_free(&b);
    return out;
}

static bool wanted(const struct job *j, const struct report_claim *c)
{
    if (j->account)
        return phi_is(c->pcn, j->account);
    return c->patient != 0 || c->received != 0;
}

static void take(struct job *j, const struct report_claim *c)
{
    j->claim = xrealloc(j->claim, (j->n + 1) * sizeof *j->claim);
    struct owing *o = &j->claim[j->n++];
    *o = (struct owing){.member = arena_phi(&j->mem, c->member),
                        .last = arena_phi(&j->mem, c->last),
                        .first = arena_phi(&j->mem, c->first),
                        .billing = arena_phi(&j->mem, c->billing),
                        .dob = c->dob,
                        .chain = c->chain};
    o->visit = (struct visit){.account = arena_phi(&j->mem, c->pcn),
                              .service = c->service,
                              .billed = c->charged,
                              .insurance = c->paid,
                              .adjusted = c->adjusted + c->written_off,
                              .received = c->received,
                              .waiting = c->open,
                              .due = c->patient};
    o->visit.why = why(j, c);
}

static void gather(struct job *j)
{
    struct report_claim c;
    struct report *r = report_new(j->l);
    while (report_next(r, &c))
        if (wanted(j, &c))
            take(j, &c);
    report_free(r);
}

static int same_patient(const struct owing *a, const struct owing *b)
{
    int c = phi_cmp(a->last, b->last);
    c = c ? c : phi_cmp(a->first, b->first);
    c = c ? c : (a->dob > b->dob) - (a->dob < b->dob);
    c = c ? c : phi_cmp(a->member, b->member);
    return c ? c : phi_cmp(a->billing, b->billing);
}

/* By patient; the latest visit first. */
static int by_patient(const void *pa, const void *pb)
{
    const struct owing *a = pa, *b = pb;
    int c = same_patient(a, b);
    c = c ? c : (b->visit.service > a->visit.service) - (b->visit.service < a->visit.service);
    return c ? c : (a->chain > b->chain) - (a->chain < b->chain);
}

/* ---- pages ---- */

static void sum_up(struct visit *to, const struct visit *v)
{
    to->billed += v->billed;
    to->insurance += v->insurance;
    to->adjusted += v->adjusted;
    to->received += v->received;
    to->waiting += v->waiting > 0 ? v->waiting : 0;
    to->due += v->due;
}

static void emit(struct job *j, const struct page *p, const struct owing *o)
{
    char path[PATH_MAX], name[64];
    struct buf b = {0};
    size_t n = o->visit.account.n < 40 ? o->visit.account.n : 40, k = 0;
    for (; k < n; k++) {
        char c = o->visit.account.p[k];
        bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-';
        name[k] = plain ? c : '_';
    }
    name[k] = 0;
    for (const struct owing *each = o; each < j->claim + j->n && !same_patient(o, each); each++) {
        snprintf(path, sizeof path, "%.*s", (int)each->visit.account.n, each->visit.account.p);
        audit(j->run, "statement", j->pdf ? "pdf" : "text", path);
    }
    if (j->out && snprintf(path, sizeof path, "%s/statement-%lld-%s.%s", j->out,
                           (long long)o->chain, name, j->pdf ? "pdf" : "txt") >= PATH_MAX)
        die(EXIT_USAGE, "--out: the path is too long");
    if (j->pdf) {
        if (!page_pdf(path, p, &b))
            die(EXIT_TRY_LATER, "%s", buf_cstr(&b));
        chmod(path, 0600);
    } else {
        page_text(&b, p);
        if (!j->out)
            printf("%s\f", buf_cstr(&b));
        else if (fs_replace(path, b.p, b.len))
            die(EXIT_TRY_LATER, "cannot write a statement in \"%s\": %m", j->out);
    }
    if (j->out)
        puts(path);
    buf_free(&b);
}

/* The claims from o on that are of one patient; returns how many. */
static size_t page_of(struct job *j, const struct owing *o, struct page *p)
{
    size_t n = 0, left = (size_t)(j->claim + j->n - o);
    *p = (struct page){.first = o->first,
                       .last = o->last,
                       .day = j->day,
                       .from = sender_of(j->office, o->billing, &j->mem),
                       .at = address_of(j->l, j->run, o->chain, &j->mem)};
    while (n < left && !same_patient(o, &o[n]))
        sum_up(&p->sum, &o[n++].visit);
    for (size_t i = 0; i < n; i++) {
        if (n > PAGE_ROWS && i >= PAGE_ROWS - 1) {
            sum_up(&p->visit[PAGE_ROWS - 1], &o[i].visit);
            p->visits = PAGE_ROWS;
            p->more++;
        } else {
            p->visit[p->visits++] = o[i].visit;
        }
    }
    return n;
}

static void pages(struct job *j)
{
    struct page p;
    if (j->n)
        qsort(j->claim, j->n, sizeof *j->claim, by_patient);
    for (size_t i = 0; i < j->n;) {
        size_t n = page_of(j, &j->claim[i], &p);
        if (j->account || p.sum.due > 0)
            emit(j, &p, &j->claim[i]);
        i += n;
    }
}

/* ---- command line ---- */

static int usage(FILE *to)
{
    fputs(SYNOPSIS, to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static bool options(struct job *j, int argc, char **argv)
{
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"account", required_argument, NULL, 'a'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"now", required_argument, NULL, 'n'},
                                          {"practice", required_argument, NULL, 'p'},
                                          {"all", no_argument, NULL, 'A'},
                                          {"pdf", no_argument, NULL, 'P'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    const char **const to[] = {['r'] = &j->run,
                               ['a'] = &j->account,
                               ['o'] = &j->out,
                               ['n'] = &j->now_text,
                               ['p'] = &j->practice};
    int o;
    while ((o = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (o == '?')
            return false;
        if (o == 'h')
            exit(usage(stdout));
        if (o == 'A' || o == 'P')
            *(o == 'A' ? &j->all : &j->pdf) = true;
        else
            *to[o] = optarg;
    }
    return optind == argc && !(j->all && j->account) && !(j->pdf && !j->out);
}

static void prepare(struct job *j)
{
    struct stat st;
    struct buf error = {0};
    int64_t now = time_wall_us();
    if (j->now_text && !time_parse(j->now_text, &now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    j->day = (int32_t)(now / INT64_C(86400000000));
    if (stat(j->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", j->run);
    if (j->practice && !(j->office = conf_read(j->practice, &j->mem, &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    if (j->out && fs_mkdirs(j->out))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", j->out);
    j->l = ledger_open_ro(j->run, NULL);
}

int main(int argc, char **argv)
{
    struct job j = {.run = getenv("CLAIMWIRE_RUN")};
    log_open("statement");
    if (!options(&j, argc, argv))
        return usage(stderr);
    if (!j.run || !*j.run) {
        fprintf(stderr, "statement: which run directory? give --run DIR\n");
        return usage(stderr);
    }
    prepare(&j);
    if (j.l)
        gather(&j);
    pages(&j);
    size_t found = j.n;
    ledger_close(j.l);
    free(j.claim);
    arena_free(&j.mem);
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write the statement: %m");
    if (j.account && !found)
        fputs("statement: this run knows no claim of that account\n", stderr);
    return j.account && !found ? EXIT_FINDINGS : EXIT_DONE;
}
