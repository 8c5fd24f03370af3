/*
 * NAME
 *     eligibility - asks payers who is insured and for what, and reads what they answer
 *
 * SYNOPSIS
 *     claimwire eligibility ask --run DIR [ENCOUNTERS...] [--payer P --member M --last L --first F
 *         --dob D --npi N --date D] [--type T] [--batch] [--again] [--fresh DAYS] [--now TIME]
 *         [--usage P|T] [--practice DIR] [--json]
 *     claimwire eligibility read FILE... [--run DIR] [--now TIME] [--words DIR] [--json]
 *     claimwire eligibility show --run DIR MEMBER|TRACE [--all] [--json]
 *     claimwire eligibility facts --run DIR
 *     claimwire eligibility held --run DIR [--all] [--json]
 *     claimwire eligibility release NUMBER --as WHO --why TEXT --run DIR
 *     claimwire eligibility [--words DIR] [--practice DIR] [--needs DIR] [--unknown hold|pass]
 *         [--fresh DAYS] [--run DIR] < frames
 *
 * DESCRIPTION
 *     `ask` makes 270 inquiries (005010X279A1) of encounters (enc.v1, one a line: every coverage of
 *     each), or of one person named by options, and writes them into RUN/eligibility/out, one file a
 *     payer: a set for each inquiry, or with --batch one set for all those of a provider. What was
 *     answered for the same payer, patient and day in the last --fresh days is not asked again, nor
 *     what was asked within a day and is not answered. Control numbers and traces are never given
 *     twice; a file that a death left unwritten is written by the next `ask`.
 *
 *     `read` reads 271 files into benefits that a person can read: active or not, plan, copay,
 *     coinsurance, deductible and what is left of it, network, prior authorization, by service type.
 *     A refusal (AAA) comes with what to fix and by whom (config/eligibility/refusals.yaml). With
 *     --run it is kept as well, by payer, member and day. In a pipeline the tool is a keeper that takes
 *     the 271 sets from the port `answers` of `validator`.
 *
 *     In front of the coder it is a gate as well: it takes encounters and hands on, through port
 *     encounters, those whose coverage holds on the day of service and whose services are authorized
 *     where their payer wants that (config/clearance). Member, group, relation and subscriber are taken from
 *     the registrar where the encounter lacks or contradicts them, the authorization number from what the
 *     payer certified; each with its origin. What is not known is asked (270, 278), and the encounter
 *     is held until an answer comes or a person releases it; a tally says so downstream. `held` lists
 *     what is held and why; --all also what went on, with what was taken from where.
 *
 *     `show` prints what is kept of a member or a trace: the latest for each payer, patient and day,
 *     with --all every one. `facts` writes the table `eligibility` for the rules (docs/rules.md) from
 *     the latest answers. Whoever looks is noted in RUN/audit.log. Members, names and answers lie
 *     sealed in RUN/eligibility/eligibility.db.
 *
 * OPTIONS
 *     --payer P ... --date D  one inquiry: payer and provider as in config/practice, days as 2026-09-03
 *     --type T        service type asked for (default 30, the whole plan)
 *     --batch         one set for all inquiries of a provider, instead of one each
 *     --again         asks although the answer is fresh
 *     --fresh DAYS    how old an answer may be (default 7)
 *     --before DAYS   how many days before the visit an answer may be of (default 1; of the gate)
 *     --usage P|T     ISA15 (default T)
 *     --practice DIR  the office's own facts (default config/practice)
 *     --words DIR     words for codes, and what to do about refusals (default config/eligibility)
 *     --needs DIR     which payers want an authorization for what (default config/clearance)
 *     --unknown hold|pass  of the gate: what to do when nothing is known (default hold)
 *     --as WHO --why TEXT  who releases an encounter, and why; noted in RUN/audit.log
 *     --now TIME      the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --json          one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 something was refused, cannot be asked, or is not known; 64 usage; 78 configuration;
 *     100 a file is no 271; 111 try again later
 *
 * EXAMPLES
 *     claimwire eligibility ask --run run fixtures/encounters/day.jsonl
 *     claimwire eligibility read fixtures/271/clean.271
 */
#include "common/link/stage.h"
#include "common/outgoing/outgoing.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/named.h"
#include "common/util/money.h"
#include "common/elig/cache.h"
#include "common/elig/words.h"
#include "tools/eligibility/clear.h"
#include "tools/eligibility/reading.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MOST = 1 << 30 };
static const int64_t DAY_US = 86400LL * 1000000;

struct command {
    const char *run, *payer, *member, *last, *first, *dob, *npi, *date, *type, *fresh_text, *usage,
        *practice, *words_dir, *now_text, *who, *why;
    bool batch, again, json, all;
    char **files;
    int files_n, faults, refused;
    int64_t now;
    struct arena a;
    struct words words;
    struct cache *cache; /* NULL: nothing is kept */
};

static int usage(FILE *to)
{
    fputs("usage: claimwire eligibility ask --run DIR [ENCOUNTERS...] [--payer P --member M --last "
          "L\n"
          "           --first F --dob D --npi N --date D] [--type T] [--batch] [--again]\n"
          "           [--fresh DAYS] [--now TIME] [--usage P|T] [--practice DIR] [--json]\n"
          "       claimwire eligibility read FILE... [--run DIR] [--now TIME] [--words DIR] "
          "[--json]\n"
          "       claimwire eligibility show --run DIR MEMBER|TRACE [--all] [--json]\n"
          "       claimwire eligibility facts --run DIR\n"
          "       claimwire eligibility held --run DIR [--all] [--json]\n"
          "       claimwire eligibility release NUMBER --as WHO --why TEXT --run DIR\n"
          "       claimwire eligibility [--words DIR] [--practice DIR] [--needs DIR] "
          "[--unknown hold|pass]\n"
          "           [--fresh DAYS] [--run DIR] < frames\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static void put(struct buf *b)
{
    if (b->len && fwrite(b->p, 1, b->len, stdout) != b->len)
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    buf_clear(b);
}

static int ended(int code)
{
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    return code;
}

static void need_run(const struct command *c)
{
    struct stat st;
    if (!c->run)
        exit(usage(stderr));
    if (stat(c->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_USAGE, "there is no run directory \"%s\"", c->run);
}

/* ---- ask ---- */

static void fault(void *ctx, const char *where, const char *what)
{
    struct command *c = ctx;
    fprintf(stderr, "eligibility: %s: %s\n", where, what);
    c->faults++;
}

static bool option(struct command *c, const char *name, const char *value, size_t most,
                   phi_str *out)
{
    if (value && office_text(phi_lit(value), most, &c->a, out))
        return true;
    fault(c, name, value ? "empty, too long, or with characters that X12 has not" : "is missing");
    return false;
}

static bool option_day(struct command *c, const char *name, const char *value, phi_str *out)
{
    if (value && office_day(phi_lit(value), &c->a, out))
        return true;
    fault(c, name, value ? "no day like 2026-09-03" : "is missing");
    return false;
}

static void one_question(struct command *c, const struct office *o, struct questions *qs)
{
    struct question q = {.types = c->type};
    int before = c->faults; /* every fault is told, not only the first */
    option(c, "--member", c->member, 80, &q.member);
    option(c, "--last", c->last, 60, &q.subscriber.last);
    option(c, "--first", c->first, 35, &q.subscriber.first);
    option_day(c, "--dob", c->dob, &q.subscriber.dob);
    option_day(c, "--date", c->date, &q.day);
    if (!c->payer || !office_payer(o, phi_lit(c->payer), &q.payer))
        fault(c, "--payer", c->payer ? "not among the payers of the practice" : "is missing");
    if (!c->npi || !office_provider(o, phi_lit(c->npi), &q.provider))
        fault(c, "--npi", c->npi ? "not among the providers of the practice" : "is missing");
    if (c->faults == before && q.member.n < 2)
        fault(c, "--member", "it has at least 2 characters");
    if (c->faults == before)
        *ask_add(qs) = q;
}

static void gather(struct command *c, const struct office *o, struct questions *qs)
{
    for (int i = 0; i < c->files_n; i++) {
        struct buf text = {0};
        if (fs_read(c->files[i], FILE_MOST, &text))
            die(EXIT_USAGE, "cannot read \"%s\": %m", c->files[i]);
        ask_encounters(c->files[i], buf_view(&text), o, c->type, &c->a, qs, fault, c);
        buf_free(&text);
    }
    if (c->payer || c->member || c->last || c->first || c->dob || c->npi || c->date)
        one_question(c, o, qs);
    else if (!c->files_n)
        exit(usage(stderr));
}

static void say_question(struct command *c, const struct question *q, const char *what)
{
    if (c->json)
        printf("{\"inquiry\":\"%s\",\"trace\":\"%s\",\"payer\":\"%s\",\"day\":\"%.8s\"}\n", what,
               q->trace, q->payer.id, q->day.p);
    else
        printf("%-8s %-11s %-12s %.4s-%.2s-%.2s\n", what, *q->trace ? q->trace : "-", q->payer.id,
               q->day.p, q->day.p + 4, q->day.p + 6);
}

static void say_file(void *ctx, const char *name)
{
    const struct command *c = ctx;
    printf(c->json ? "{\"wrote\":\"%s/eligibility/out/%s\"}\n" : "wrote    %s/eligibility/out/%s\n",
           c->run, name);
}

static int by_payer(const void *x, const void *y)
{
    const struct question *a = *(struct question *const *)x, *b = *(struct question *const *)y;
    int by = strcmp(a->payer.id, b->payer.id);
    if (!by)
        by = strcmp(a->provider.npi, b->provider.npi);
    return by ? by : (a > b) - (a < b);
}

/* The same person, payer and day twice in one call is one inquiry. */
static bool same(const struct question *a, const struct question *b)
{
    const struct ask_person *x = a->dependent ? &a->patient : &a->subscriber;
    const struct ask_person *y = b->dependent ? &b->patient : &b->subscriber;
    return strcmp(a->payer.id, b->payer.id) == 0 && phi_eq(a->member, b->member) &&
           phi_eq(a->day, b->day) && phi_eq(x->first, y->first) && phi_eq(x->dob, y->dob);
}

static size_t to_ask(struct command *c, struct questions *qs, struct question **list,
                     int64_t fresh_us)
{
    static const char *const words[] = {"ask", "fresh", "asked"};
    size_t n = 0;
    for (size_t i = 0; i < qs->n; i++) {
        enum known k = c->again ? KNOWN_NOT : cache_known(c->cache, &qs->v[i], c->now, fresh_us);
        for (size_t j = 0; j < n && k == KNOWN_NOT; j++)
            k = same(list[j], &qs->v[i]) ? KNOWN_ASKED : KNOWN_NOT;
        if (k == KNOWN_NOT)
            list[n++] = &qs->v[i];
        else
            say_question(c, &qs->v[i], words[k]);
    }
    qsort(list, n, sizeof *list, by_payer);
    return n;
}

static void send(struct command *c, const struct office *o, struct question **q, size_t n)
{
    struct buf body = {0};
    int64_t file = cache_ask(c->cache, q, n, c->batch, c->now);
    ask_write(&body, o, q, n, c->batch, *c->usage, c->now, outgoing_control(OUTGOING_270, file));
    cache_file(c->cache, file, phi_lit(q[0]->payer.id), buf_view(&body));
    cache_commit(c->cache);
    for (size_t i = 0; i < n; i++)
        say_question(c, q[i], "ask");
    buf_free(&body);
}

static int64_t fresh_days(const struct command *c)
{
    char *end;
    long days = strtol(c->fresh_text, &end, 10);
    if (*end || end == c->fresh_text || days < 0 || days > 3650)
        die(EXIT_USAGE, "--fresh is a number of days from 0 to 3650");
    return days * DAY_US;
}

static int ask(struct command *c)
{
    struct office o = {0};
    struct questions qs = {0};
    struct buf error = {0}, dir = {0};
    int64_t fresh_us = fresh_days(c);
    phi_str type;
    if (strcmp(c->usage, "P") != 0 && strcmp(c->usage, "T") != 0)
        die(EXIT_USAGE, "--usage is P or T");
    if (!office_text(phi_lit(c->type), 2, &c->a, &type))
        die(EXIT_USAGE, "--type is a service type code of one or two characters");
    c->type = type.p;
    need_run(c);
    if (!office_read(&o, c->practice ? c->practice : fs_shared("config/practice"), &c->a, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    gather(c, &o, &qs);
    c->cache = cache_open(c->run);
    struct question **list = xcalloc(qs.n + 1, sizeof *list);
    size_t n = to_ask(c, &qs, list, fresh_us);
    for (size_t i = 0, from = 0; i < n; i++)
        if (i + 1 == n || strcmp(list[i]->payer.id, list[i + 1]->payer.id) != 0) {
            send(c, &o, list + from, i + 1 - from);
            from = i + 1;
        }
    buf_printf(&dir, "%s/eligibility/out", c->run);
    cache_write(c->cache, buf_cstr(&dir), say_file, c);
    free(list);
    free(qs.v);
    buf_free(&dir);
    buf_free(&error);
    return c->faults ? EXIT_FINDINGS : EXIT_DONE;
}

/* ---- read ---- */

static int read_one(struct command *c, const char *path)
{
    struct buf bytes = {0}, out = {0};
    struct reading r = {
        .words = &c->words, .cache = c->cache, .now_us = c->now, .json = c->json, .out = &out};
    if (fs_read(path, FILE_MOST, &bytes))
        die(EXIT_USAGE, "cannot read \"%s\": %m", path);
    r.bytes = buf_view(&bytes);
    r.file = digest_of(bytes.p, bytes.len);
    elig_read_file(r.bytes, &c->a, reading_take, &r);
    if (c->cache)
        cache_commit(c->cache);
    put(&out);
    if (!r.answers)
        fprintf(stderr, "eligibility: %s: no 271 is in it, or it is cut off\n", path);
    c->refused += (int)r.refused;
    buf_free(&bytes);
    buf_free(&out);
    arena_clear(&c->a);
    return r.answers ? EXIT_DONE : EXIT_UNREADABLE;
}

static int read_files(struct command *c)
{
    struct arena own = {0};
    int code = EXIT_DONE;
    if (!c->files_n)
        return usage(stderr);
    reading_words(&c->words, c->words_dir, &own);
    if (c->run) {
        need_run(c);
        c->cache = cache_open(c->run);
        audit(c->run, "eligibility", "read", c->files[0]);
    }
    for (int i = 0; i < c->files_n; i++)
        code = exit_worse(code, read_one(c, c->files[i]));
    arena_free(&own);
    return exit_worse(code, c->refused ? EXIT_FINDINGS : EXIT_DONE);
}

/* ---- show, facts ---- */

static void show_one(void *ctx, const struct cached *k)
{
    struct command *c = ctx;
    struct buf b = {0};
    if (k->latest || c->all) {
        if (c->json) {
            buf_add(&b, k->json.p, k->json.n - 1);
            buf_printf(&b, ",\"latest\":%s}\n", k->latest ? "true" : "false");
        } else {
            words_text(k->json, k->latest ? "" : "  (another answer came later)", &b);
        }
        put(&b);
    }
    buf_free(&b);
}

static void show_waiting(void *ctx, const char *trace, phi_str payer, phi_str day, int64_t at_us)
{
    const struct command *c = ctx;
    char t[TIME_TEXT];
    time_text(at_us, t);
    printf(c->json
               ? "{\"trace\":\"%s\",\"status\":\"asked\",\"payer\":\"%.*s\",\"asked_for\":\"%.8s\","
                 "\"asked\":\"%.10s\"}\n"
               : "%s  %.*s  for %.8s: asked on %.10s, no answer yet\n",
           trace, (int)payer.n, payer.p, day.p, t);
}

static int show(struct command *c)
{
    if (c->files_n != 1)
        return usage(stderr);
    need_run(c);
    audit(c->run, "eligibility", "show", "a member or trace");
    c->cache = cache_open_existing(c->run);
    size_t n = 0;
    if (c->cache) {
        n = cache_find(c->cache, phi_lit(c->files[0]), show_one, c);
        n += cache_open_inquiries(c->cache, phi_lit(c->files[0]), show_waiting, c);
    }
    if (!n)
        fprintf(stderr, "eligibility: nothing is known by this member or trace\n");
    return n ? EXIT_DONE : EXIT_FINDINGS;
}

static void cell(struct buf *b, const char *v)
{
    buf_putc(b, '"');
    for (; *v; v++) {
        if (*v == '"')
            buf_putc(b, '"');
        buf_putc(b, *v);
    }
    buf_putc(b, '"');
}

static void fact(void *ctx, const struct cached *k)
{
    static const char *const columns[] = {"payer",    "member", "last",     "first", "dob",
                                          "relation", "status", "answered", "from",  "to"};
    struct buf *b = ctx;
    if (!k->latest || phi_is(k->status, "refused") || phi_is(k->status, "unknown"))
        return;
    phi_str days[] = {k->from, k->to};
    struct buf t = {0};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        buf_clear(&t);
        buf_puts(b, i ? "," : "");
        if (i >= 8)
            buf_phi(&t, days[i - 8]);
        else
            words_field(k->json, columns[i], &t);
        cell(b, buf_cstr(&t));
    }
    buf_putc(b, '\n');
    buf_free(&t);
}

static int facts(struct command *c)
{
    struct buf b = {0};
    if (c->files_n)
        return usage(stderr);
    need_run(c);
    audit(c->run, "eligibility", "facts", "all");
    c->cache = cache_open_existing(c->run);
    buf_puts(&b, "payer,member,last,first,birth,relation,status,answered,from,to\n");
    if (c->cache)
        cache_find(c->cache, phi_lit(""), fact, &b);
    put(&b);
    buf_free(&b);
    return EXIT_DONE;
}

/* ---- what is held ---- */

static void held_row(const struct command *c, const struct gate_row *r)
{
    struct buf b = {0}, money = {0};
    char t[TIME_TEXT];
    time_text(r->state == GATE_HELD ? r->since_us : r->came_us, t);
    money_human(&money, r->cents);
    if (c->json) {
        buf_printf(&b,
                   "{\"number\":%lld,\"state\":\"%s\",\"since\":\"%s\",\"code\":", (long long)r->n,
                   gate_state_name(r->state), t);
        buf_json(&b, r->code);
        buf_puts(&b, ",\"why\":");
        buf_json(&b, r->why);
        buf_puts(&b, ",\"payer\":");
        buf_json(&b, r->payer);
        buf_printf(&b, ",\"cents\":%lld,\"released_by_person\":%s,\"origin\":", (long long)r->cents,
                   r->forced ? "true" : "false");
        buf_json(&b, r->origin);
        buf_puts(&b, "}");
    } else {
        buf_printf(&b, "%5lld  %-8s %.10s  %-12.*s %11s  %.*s%s%.*s%.*s", (long long)r->n,
                   gate_state_name(r->state), t, (int)r->payer.n, r->payer.p, buf_cstr(&money),
                   (int)r->code.n, r->code.p, r->code.n ? ": " : "", (int)r->why.n, r->why.p,
                   (int)r->origin.n, r->origin.p);
    }
    puts(buf_cstr(&b));
    buf_free(&b);
    buf_free(&money);
}

static int held(struct command *c)
{
    struct gate_row r = {0};
    if (c->files_n)
        return usage(stderr);
    need_run(c);
    c->cache = cache_open_existing(c->run);
    while (c->cache && gate_next(c->cache, r.n, c->all ? -1 : GATE_HELD, &c->a, &r))
        held_row(c, &r);
    return EXIT_DONE;
}

/* Whether a reason names who the encounter is about: the audit log is read by more people than that. */
static bool names_patient(struct command *c, long long n, const char *why)
{
    struct gate_row r = {0};
    struct record rec;
    if (!c->cache || !gate_next(c->cache, n - 1, -1, &c->a, &r) || r.n != n)
        return false;
    gate_record(c->cache, n, false, &c->a, &rec);
    return named_in(why, rec.body);
}

static int release(struct command *c)
{
    char *end = NULL;
    long long n = c->files_n == 1 ? strtoll(c->files[0], &end, 10) : 0;
    if (c->files_n != 1 || end == c->files[0] || *end || !c->who || !*c->who || !c->why || !*c->why)
        return usage(stderr);
    need_run(c);
    c->cache = cache_open_existing(c->run);
    if (names_patient(c, n, c->why)) {
        fputs("eligibility: --why names the patient, and it stands in the audit log: say it "
              "without\n",
              stderr);
        return EXIT_USAGE;
    }
    struct buf note = {0};
    buf_printf(&note, "%lld by %s: %s", n, c->who, c->why);
    audit(c->run, "eligibility", "release", buf_cstr(&note));
    buf_free(&note);
    if (!c->cache || !gate_force(c->cache, n)) {
        fprintf(stderr, "eligibility: no encounter %lld is held\n", n);
        return EXIT_FINDINGS;
    }
    printf("%lld is released\n", n);
    return EXIT_DONE;
}

/* ---- main ---- */

/* -1 when all is well, else the exit code. */
static int options(struct command *c, int argc, char **argv)
{
    enum { BATCH = 1, AGAIN, JSON, ALL };
    static const struct option known[] = {
        {"run", required_argument, NULL, 'r'},    {"payer", required_argument, NULL, 'p'},
        {"member", required_argument, NULL, 'm'}, {"last", required_argument, NULL, 'l'},
        {"first", required_argument, NULL, 'f'},  {"dob", required_argument, NULL, 'b'},
        {"npi", required_argument, NULL, 'n'},    {"date", required_argument, NULL, 'd'},
        {"type", required_argument, NULL, 't'},   {"fresh", required_argument, NULL, 'F'},
        {"usage", required_argument, NULL, 'u'},  {"practice", required_argument, NULL, 'P'},
        {"words", required_argument, NULL, 'w'},  {"now", required_argument, NULL, 'N'},
        {"as", required_argument, NULL, 'A'},     {"why", required_argument, NULL, 'W'},
        {"batch", no_argument, NULL, BATCH},      {"again", no_argument, NULL, AGAIN},
        {"json", no_argument, NULL, JSON},        {"all", no_argument, NULL, ALL},
        {"help", no_argument, NULL, 'h'},         {0}};
    const char **const word[] = {
        ['r'] = &c->run,       ['p'] = &c->payer,      ['m'] = &c->member, ['l'] = &c->last,
        ['f'] = &c->first,     ['b'] = &c->dob,        ['n'] = &c->npi,    ['d'] = &c->date,
        ['t'] = &c->type,      ['F'] = &c->fresh_text, ['u'] = &c->usage,  ['P'] = &c->practice,
        ['w'] = &c->words_dir, ['N'] = &c->now_text,   ['A'] = &c->who,    ['W'] = &c->why};
    bool *const flag[] = {
        [BATCH] = &c->batch, [AGAIN] = &c->again, [JSON] = &c->json, [ALL] = &c->all};
    int k;
    while ((k = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (k == 'h' || k == '?')
            return usage(k == 'h' ? stdout : stderr);
        if (k <= ALL)
            *flag[k] = true;
        else
            *word[k] = optarg;
    }
    c->files = argv + optind;
    c->files_n = argc - optind;
    return -1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct command *c);
    } verbs[] = {{"ask", ask},     {"read", read_files}, {"show", show},
                 {"facts", facts}, {"held", held},       {"release", release}};
    struct command c = {
        .run = getenv("CLAIMWIRE_RUN"), .type = "30", .fresh_text = "7", .usage = "T"};
    if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        return ended(usage(stdout));
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[1], verbs[i].name) != 0)
            continue;
        log_open("eligibility");
        c.now = time_wall_us();
        int code = options(&c, argc - 1, argv + 1);
        if (code >= 0)
            return code;
        if (c.now_text && !time_parse(c.now_text, &c.now))
            die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
        code = ended(verbs[i].run(&c));
        cache_close(c.cache);
        arena_free(&c.a);
        return code;
    }
    return stage_main(argc, argv, &eligibility_stage);
}
