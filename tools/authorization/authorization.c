/*
 * NAME
 *     authorization - asks payers for prior authorization, and says what they have certified
 *
 * SYNOPSIS
 *     claimwire authorization ask --run DIR ENCOUNTERS... [--code C[,C...]] [--again] [--now TIME]
 *         [--practice DIR] [--json]
 *     claimwire authorization read FILE... --run DIR [--now TIME]
 *     claimwire authorization add --run DIR --payer P --member M --first F --dob D --code C
 *         --number N [--units U] [--from D] [--to D] --as WHO [--now TIME] [--practice DIR]
 *     claimwire authorization list --run DIR [--now TIME] [--json]
 *     claimwire authorization show MEMBER --run DIR [--now TIME] [--json]
 *
 * DESCRIPTION
 *     `ask` makes a request for review (278, 005010X217) of each encounter (enc.v1, one a line): of the
 *     services that --code names, else of all, for the patient's first coverage. Files are written to
 *     RUN/authorization/out, one a payer, where `submit` takes them. What was asked within a day, or is
 *     pended, is not asked again without --again. (In a pipeline the gate asks by itself for what
 *     config/clearance lists: claimwire eligibility.)
 *
 *     `read` keeps what payers answer (278 with HCR or AAA); in a pipeline the stage `eligibility` does.
 *     A later answer stands in place of an earlier one, by the payer's date. `add` keeps one that came by
 *     telephone or portal.
 *
 *     `list` says of every service that was asked for where it stands: asked, pended, certified (A1), in
 *     part (A2), modified (A6), denied (A3), call the payer (CT), not needed (NA), refused (AAA);
 *     under which number, how many units, how many of them are used, from when until when; expired
 *     and used up by --now. `show` adds whom it is about, and is noted in RUN/audit.log.
 *
 *     The number goes onto the claim (REF*G1) when procedure, day and units fit.
 *
 * OPTIONS
 *     --code C        procedures to ask for, with commas
 *     --again         ask although the same was asked
 *     --payer P ... --to D  one authorization: payer as in config/practice, days as 2026-09-03
 *     --units U       how many; left out: any number
 *     --as WHO        who was told
 *     --practice DIR  the office's own facts (default config/practice)
 *     --now TIME      the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --json          one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 something cannot be asked, or is not known; 64 usage; 78 configuration; 100 a file is no
 *     answer to a request; 111 try again later
 *
 * EXAMPLES
 *     claimwire authorization ask --run run fixtures/encounters/day.jsonl --code 99213
 *     claimwire authorization list --run run
 */
#include "common/elig/auth.h"
#include "common/elig/cache.h"
#include "common/outgoing/outgoing.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MOST = 1 << 30 };

struct command {
    const char *run, *codes, *payer, *member, *first, *dob, *code, *number, *units, *from, *to,
        *who, *practice, *now_text;
    bool again, json, shows;
    char **words;
    int words_n, faults, answers;
    int64_t now;
    char today[9];
    struct arena a;
    struct office office;
    struct auth *auth;
    struct auth_ask **list;
    size_t n, room;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire authorization ask --run DIR ENCOUNTERS... [--code C[,C...]] [--again]\n"
          "           [--now TIME] [--practice DIR] [--json]\n"
          "       claimwire authorization read FILE... --run DIR [--now TIME]\n"
          "       claimwire authorization add --run DIR --payer P --member M --first F --dob D\n"
          "           --code C --number N [--units U] [--from D] [--to D] --as WHO [--now TIME]\n"
          "           [--practice DIR]\n"
          "       claimwire authorization list --run DIR [--now TIME] [--json]\n"
          "       claimwire authorization show MEMBER --run DIR [--now TIME] [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static void fault(void *ctx, const char *where, const char *what)
{
    struct command *c = ctx;
    fprintf(stderr, "authorization: %s: %s\n", where, what);
    c->faults++;
}

static void load_office(struct command *c)
{
    struct buf error = {0};
    const char *dir = c->practice ? c->practice : fs_shared("config/practice");
    if (!office_read(&c->office, dir, &c->a, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
}

/* ---- ask ---- */

static bool code_wanted(const void *ctx, phi_str code)
{
    const struct command *c = ctx;
    const char *at = c->codes;
    while (at && *at) {
        size_t n = strcspn(at, ",");
        if (n == code.n && memcmp(at, code.p, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return !c->codes;
}

static const json_t *first_coverage(const json_t *enc)
{
    const json_t *best = NULL, *v;
    size_t i;
    json_array_foreach(json_object_get(enc, "cov"), i,
                       v) if (!best || json_integer_value(json_object_get(v, "rank")) <
                                           json_integer_value(json_object_get(best, "rank"))) best =
        v;
    return best;
}

struct at {
    struct command *c;
    char where[300];
};

static void fault_at(void *ctx, const char *where, const char *what)
{
    const struct at *at = ctx;
    (void)where;
    fault(at->c, at->where, what);
}

static void one_encounter(struct command *c, struct at *at, phi_str line)
{
    struct auth_ask *k = arena_alloc(&c->a, sizeof *k);
    json_t *enc = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    const char *v = json_string_value(json_object_get(enc, "v"));
    if (!v || strcmp(v, "enc.v1") != 0)
        fault_at(at, "", "no encounter (enc.v1)");
    else if (!first_coverage(enc))
        fault_at(at, "", "cov: the encounter names no coverage");
    else if (ask_coverage(enc, first_coverage(enc), &c->office, "30", &c->a, fault_at, at, &k->q)) {
        if (!auth_of_encounter(enc, code_wanted, c, &c->a, k)) {
            if (!c->codes)
                fault_at(at, "", "lines: no service that a request can name");
        } else if (!c->again && auth_waits(c->auth, k, c->now)) {
            printf(c->json ? "{\"request\":\"waits\",\"payer\":\"%s\"}\n"
                           : "waits    -           %s\n",
                   k->q.payer.id);
        } else {
            if (c->n == c->room)
                c->list = xrealloc(c->list, (c->room = 2 * c->room + 16) * sizeof *c->list);
            c->list[c->n++] = k;
        }
    }
    json_decref(enc);
}

static void gather(struct command *c, const char *path)
{
    struct buf text = {0};
    struct at at = {.c = c};
    size_t number = 0;
    if (fs_read(path, FILE_MOST, &text))
        die(EXIT_USAGE, "cannot read \"%s\": %m", path);
    for (phi_str rest = buf_view(&text); rest.n;) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n, blank = 0;
        while (blank < n && isspace((unsigned char)rest.p[blank]))
            blank++;
        snprintf(at.where, sizeof at.where, "%.200s:%zu", path, ++number);
        if (blank < n)
            one_encounter(c, &at, phi_of(rest.p, n));
        n += end != NULL;
        rest = phi_of(rest.p + n, rest.n - n);
    }
    if (!number)
        fault(c, path, "it is empty");
    buf_free(&text);
}

static int by_payer(const void *x, const void *y)
{
    const struct auth_ask *a = *(struct auth_ask *const *)x, *b = *(struct auth_ask *const *)y;
    int by = strcmp(a->q.payer.id, b->q.payer.id);
    return by ? by : a->usage - b->usage;
}

static void say_file(void *ctx, const char *name)
{
    const struct command *c = ctx;
    printf(c->json ? "{\"wrote\":\"%s/authorization/out/%s\"}\n"
                   : "wrote    %s/authorization/out/%s\n",
           c->run, name);
}

static void send(struct command *c, struct auth_ask **k, size_t n)
{
    auth_request(c->auth, &c->office, k, n, c->now);
    auth_commit(c->auth);
    for (size_t i = 0; i < n; i++)
        printf(c->json ? "{\"request\":\"A%09lld\",\"payer\":\"%s\",\"services\":%u}\n"
                       : "ask      A%09lld  %-12s %u services\n",
               (long long)k[i]->n, k[i]->q.payer.id, k[i]->services_n);
}

static int ask(struct command *c)
{
    if (!c->words_n)
        return usage(stderr);
    load_office(c);
    c->auth = auth_open(c->run);
    for (int i = 0; i < c->words_n; i++)
        gather(c, c->words[i]);
    if (c->n)
        qsort(c->list, c->n, sizeof *c->list, by_payer);
    for (size_t i = 0, from = 0; i < c->n; i++)
        if (i + 1 == c->n || by_payer(&c->list[i], &c->list[i + 1]) != 0) {
            send(c, c->list + from, i + 1 - from);
            from = i + 1;
        }
    auth_write_files(c->auth, c->run, say_file, c);
    return c->faults ? EXIT_FINDINGS : EXIT_DONE;
}

/* ---- read, add ---- */

static void said(void *ctx, const struct auth_said *s)
{
    struct command *c = ctx;
    c->answers++;
    if (!auth_take(c->auth, s, c->now))
        c->faults++;
}

static int read_files(struct command *c)
{
    int code = EXIT_DONE;
    if (!c->words_n)
        return usage(stderr);
    c->auth = auth_open(c->run);
    for (int i = 0; i < c->words_n; i++) {
        struct buf text = {0};
        if (fs_read(c->words[i], FILE_MOST, &text))
            die(EXIT_USAGE, "cannot read \"%s\": %m", c->words[i]);
        c->answers = 0;
        auth_read(buf_view(&text), said, c);
        if (!c->answers) {
            fprintf(stderr, "authorization: %s: no answer to a request (278) is in it\n",
                    c->words[i]);
            code = EXIT_UNREADABLE;
        }
        buf_free(&text);
    }
    auth_commit(c->auth);
    if (c->faults)
        fprintf(stderr, "authorization: %d answers are to no request of ours\n", c->faults);
    return exit_worse(code, c->faults ? EXIT_FINDINGS : EXIT_DONE);
}

static bool need(struct command *c, const char *name, const char *v, size_t most, phi_str *out)
{
    if (v && office_text(phi_lit(v), most, &c->a, out))
        return true;
    fault(c, name, v ? "empty, too long, or with characters that X12 has not" : "is missing");
    return false;
}

static bool need_day(struct command *c, const char *name, const char *v, phi_str *out)
{
    if (!v || office_day(phi_lit(v), &c->a, out))
        return true;
    fault(c, name, "no day like 2026-09-03");
    return false;
}

static int add(struct command *c)
{
    struct question q = {.types = "30"};
    struct auth_entry e = {.q = &q, .from = phi_lit(""), .to = phi_lit("")};
    struct buf note = {0};
    if (c->words_n || !c->who || !*c->who)
        return usage(stderr);
    load_office(c);
    bool good = need(c, "--member", c->member, 80, &q.member) &
                need(c, "--first", c->first, 35, &q.subscriber.first) &
                need(c, "--dob", c->dob, 10, &q.subscriber.dob) &
                need(c, "--code", c->code, 48, &e.code) &
                need(c, "--number", c->number, 50, &e.number) &
                need_day(c, "--from", c->from, &e.from) & need_day(c, "--to", c->to, &e.to);
    if (good && !office_day(phi_lit(c->dob), &c->a, &q.subscriber.dob)) {
        fault(c, "--dob", "no day like 1980-02-29");
        good = false;
    }
    if (!c->payer || !office_payer(&c->office, phi_lit(c->payer), &q.payer)) {
        fault(c, "--payer", c->payer ? "not among the payers of the practice" : "is missing");
        good = false;
    }
    if (c->units && (!quantity_parse(phi_lit(c->units), &e.units) || e.units <= 0)) {
        fault(c, "--units", "no number above 0");
        good = false;
    }
    if (!good)
        return EXIT_USAGE;
    q.day = phi_lit(c->today);
    q.subscriber.last = phi_lit("");
    c->auth = auth_open(c->run);
    buf_printf(&note, "an authorization, told to %s", c->who);
    audit(c->run, "authorization", "add", buf_cstr(&note));
    buf_free(&note);
    auth_add(c->auth, &e, c->now);
    auth_commit(c->auth);
    puts("added");
    return EXIT_DONE;
}

/* ---- list, show ---- */

/* Thousandths as a number; "any" below zero. */
static void units_text(int64_t n, struct buf *b)
{
    if (n < 0) {
        buf_puts(b, "any");
        return;
    }
    buf_printf(b, "%lld", (long long)(n / 1000));
    if (n % 1000)
        buf_printf(b, ".%03lld", (long long)(n % 1000));
}

static const char *standing(const struct command *c, const struct auth_row *r)
{
    const char *word = auth_word(r->hcr);
    bool certified = phi_is(r->hcr, "A1") || phi_is(r->hcr, "A2") || phi_is(r->hcr, "A6");
    if (certified && r->to.n && phi_cmp(r->to, phi_lit(c->today)) < 0)
        return "expired";
    return certified && r->units >= 0 && r->used >= r->units ? "used up" : word;
}

static void field(struct buf *b, const char *key, phi_str v)
{
    buf_printf(b, ",\"%s\":", key);
    buf_json(b, v);
}

static void json_row(struct command *c, const struct auth_row *r, struct buf *b)
{
    buf_printf(b, "{\"number\":%lld,\"request\":\"A%09lld\",\"standing\":\"%s\"", (long long)r->n,
               (long long)r->request, standing(c, r));
    field(b, "payer", r->payer);
    field(b, "code", r->code);
    field(b, "decision", r->hcr);
    field(b, "authorization", r->number);
    field(b, "reason", r->reason);
    field(b, "day", r->day);
    field(b, "from", r->from);
    field(b, "to", r->to);
    buf_printf(b, ",\"asked\":%lld,\"units\":%lld,\"used\":%lld", (long long)r->asked,
               (long long)r->units, (long long)r->used);
    if (c->shows) {
        buf_puts(b, ",\"about\":");
        auth_about(c->auth, r->request, b);
    }
    buf_putc(b, '}');
}

static void text_row(struct command *c, const struct auth_row *r, struct buf *b)
{
    buf_printf(b, "%5lld  A%09lld  %-12.*s %-6.*s %-18s %-14.*s ", (long long)r->n,
               (long long)r->request, (int)r->payer.n, r->payer.p, (int)r->code.n, r->code.p,
               standing(c, r), (int)r->number.n, r->number.p);
    units_text(r->used, b);
    buf_puts(b, " of ");
    units_text(r->hcr.n ? r->units : r->asked, b);
    if (r->to.n)
        buf_printf(b, "  %.*s to %.*s", (int)r->from.n, r->from.p, (int)r->to.n, r->to.p);
    if (r->reason.n)
        buf_printf(b, "  reason %.*s", (int)r->reason.n, r->reason.p);
    if (c->shows) {
        buf_puts(b, "\n       ");
        auth_about(c->auth, r->request, b);
    }
}

static void row(void *ctx, const struct auth_row *r)
{
    struct command *c = ctx;
    struct buf b = {0};
    if (c->json)
        json_row(c, r, &b);
    else
        text_row(c, r, &b);
    puts(buf_cstr(&b));
    buf_free(&b);
}

static int list(struct command *c)
{
    if (c->words_n)
        return usage(stderr);
    c->auth = auth_open_existing(c->run);
    if (c->auth)
        auth_rows(c->auth, phi_of("", 0), row, c);
    return EXIT_DONE;
}

static int show(struct command *c)
{
    if (c->words_n != 1 || !*c->words[0])
        return usage(stderr);
    c->shows = true;
    audit(c->run, "authorization", "show", "a member");
    c->auth = auth_open_existing(c->run);
    if (c->auth && auth_rows(c->auth, phi_lit(c->words[0]), row, c))
        return EXIT_DONE;
    fprintf(stderr, "authorization: nothing is known by this member\n");
    return EXIT_FINDINGS;
}

/* ---- main ---- */

static int options(struct command *c, int argc, char **argv)
{
    enum { AGAIN = 1, JSON };
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"payer", required_argument, NULL, 'p'},
                                          {"member", required_argument, NULL, 'm'},
                                          {"first", required_argument, NULL, 'f'},
                                          {"dob", required_argument, NULL, 'b'},
                                          {"code", required_argument, NULL, 'c'},
                                          {"number", required_argument, NULL, 'n'},
                                          {"units", required_argument, NULL, 'u'},
                                          {"from", required_argument, NULL, 'F'},
                                          {"to", required_argument, NULL, 'T'},
                                          {"as", required_argument, NULL, 'A'},
                                          {"practice", required_argument, NULL, 'P'},
                                          {"now", required_argument, NULL, 'N'},
                                          {"again", no_argument, NULL, AGAIN},
                                          {"json", no_argument, NULL, JSON},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    const char **const word[] = {
        ['r'] = &c->run,     ['p'] = &c->payer, ['m'] = &c->member, ['f'] = &c->first,
        ['b'] = &c->dob,     ['c'] = &c->code,  ['n'] = &c->number, ['u'] = &c->units,
        ['F'] = &c->from,    ['T'] = &c->to,    ['A'] = &c->who,    ['P'] = &c->practice,
        ['N'] = &c->now_text};
    int k;
    while ((k = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (k == 'h' || k == '?')
            return usage(k == 'h' ? stdout : stderr);
        if (k == AGAIN)
            c->again = true;
        else if (k == JSON)
            c->json = true;
        else
            *word[k] = optarg;
    }
    c->words = argv + optind;
    c->words_n = argc - optind;
    c->codes = c->code;
    if (c->now_text && !time_parse(c->now_text, &c->now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    time_ccyymmdd(c->now, c->today);
    struct stat st;
    if (!c->run || !*c->run)
        return usage(stderr);
    if (stat(c->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "there is no run directory \"%s\"", c->run);
    return -1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct command *c);
    } verbs[] = {{"ask", ask}, {"read", read_files}, {"add", add}, {"list", list}, {"show", show}};
    struct command c = {.run = getenv("CLAIMWIRE_RUN"), .now = time_wall_us()};
    log_open("authorization");
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        return usage(stdout);
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, argv[1]) != 0)
            continue;
        int code = options(&c, argc - 1, argv + 1);
        code = code >= 0 ? code : verbs[i].run(&c);
        auth_close(c.auth);
        free(c.list);
        arena_free(&c.a);
        if (fflush(stdout) || ferror(stdout))
            die(EXIT_TRY_LATER, "cannot write the report: %m");
        return code;
    }
    return usage(stderr);
}
