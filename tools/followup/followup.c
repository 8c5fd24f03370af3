/*
 * NAME
 *     followup - one round of the follow-up: asks payers that are silent, and says what a person must do
 *
 * SYNOPSIS
 *     claimwire followup --run DIR [--now TIME] [--into DIR] [--practice DIR] [--queues DIR]
 *                        [--partners DIR] [--dry] [--json]
 *
 * DESCRIPTION
 *     Looks at every claim of a run (docs/work.md). Where a payer has been silent for as long as its
 *     profile allows, or 277CA do not come, it is asked for the status: the claims are named to
 *     `claimwire inquire`, which builds the 276 files. Each claim is asked for at the times of its
 *     payer (days 14, 21, 30 after acceptance, then weekly, eight times), once for each time, and not
 *     when the payer spoke since the time before. A time that was missed is not made up for: one
 *     inquiry goes for all that are past.
 *
 *     Then it prints what is a person's, by code and role, and fails when anything waits without a timer
 *     or an owner. It is meant to be called each hour or day (cron, a systemd timer); a second call at
 *     the same hour does nothing.
 *
 * OPTIONS
 *     --run DIR       the run directory (else CLAIMWIRE_RUN)
 *     --now TIME      the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --into DIR      folder for the 276 files (default RUN/inquire/out, where submit takes them)
 *     --practice DIR  who we are, for inquire
 *     --queues DIR    queues and timers (default config/work)
 *     --partners DIR  profiles of payers (default config/partners; none: without)
 *     --dry           says who would be asked, and asks nobody
 *     --json          one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 something waits without a timer or an owner, or a claim cannot be asked about; 64 wrong
 *     command line; 78 configuration; 111 try again later
 *
 * EXAMPLES
 *     claimwire followup --run run
 *     claimwire followup --run run --now 2026-10-15 --dry
 */
#include "common/followup/followup.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    const char *run, *now_text, *into, *practice, *queues, *partners;
    bool dry, json;
    int64_t now;
    struct arena a;
    struct followup f;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire followup --run DIR [--now TIME] [--into DIR] [--practice DIR]\n"
          "                          [--queues DIR] [--partners DIR] [--dry] [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* ---- asking ---- */

static void say_asked(const struct command *c, const struct looked *x)
{
    struct buf b = {0};
    char t[TIME_TEXT];
    time_text(x->watch.ask_us, t);
    if (c->json) {
        buf_puts(&b, "{\"ask\":");
        buf_json(&b, x->pcn);
        buf_puts(&b, ",\"payer\":");
        buf_json(&b, x->payer);
        buf_printf(&b, ",\"time\":%d,\"due\":\"%s\",\"cents\":%" PRId64 "}", x->watch.ask_n, t,
                   x->open);
    } else {
        buf_puts(&b, "ask       ");
        buf_phi(&b, x->pcn);
        buf_puts(&b, " of ");
        buf_phi(&b, x->payer);
        buf_printf(&b, ", time %d, due %.16s", x->watch.ask_n, t);
    }
    puts(buf_cstr(&b));
    buf_free(&b);
}

/* The accounts to ask about, one a line; how many. */
static size_t due(const struct command *c, struct buf *accounts)
{
    size_t n = 0;
    for (size_t i = 0; i < c->f.claims.n; i++) {
        const struct looked *x = &c->f.claims.v[i];
        if (!x->watch.ask_us)
            continue;
        say_asked(c, x);
        buf_phi(accounts, x->pcn);
        buf_putc(accounts, '\n');
        n++;
    }
    return n;
}

static _Noreturn void become_inquire(const struct command *c, const char *list)
{
    char path[PATH_MAX], now[TIME_TEXT];
    const char *argv[16] = {"inquire", "--run", c->run, "--claims", list, "--now"};
    int n = 6;
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 32);
    if (len < 0)
        _exit(EXIT_TRY_LATER);
    path[len] = 0;
    strcpy(strrchr(path, '/'), "/claimwire-inquire");
    argv[n++] = time_text(c->now, now);
    if (c->into)
        argv[n++] = "--into", argv[n++] = c->into;
    if (c->practice)
        argv[n++] = "--practice", argv[n++] = c->practice;
    dup2(STDERR_FILENO, STDOUT_FILENO); /* ours says what was asked */
    execv(path, (char *const *)(uintptr_t)argv);
    _exit(EXIT_TRY_LATER);
}

static int ask(struct command *c)
{
    struct buf accounts = {0}, path = {0};
    int status = 0;
    if (!due(c, &accounts) || c->dry) {
        buf_free(&accounts);
        return EXIT_DONE;
    }
    buf_printf(&path, "%s/followup", c->run);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_puts(&path, "/ask");
    if (fs_replace(buf_cstr(&path), accounts.p, accounts.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", buf_cstr(&path));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        become_inquire(c, buf_cstr(&path));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        die(EXIT_TRY_LATER, "cannot start claimwire inquire: %m");
    buf_free(&accounts);
    buf_free(&path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TRY_LATER;
}

/* ---- what is a person's ---- */

struct sum {
    const char *code, *role;
    size_t n, late;
    int64_t cents;
};

static int by_code(const void *pa, const void *pb)
{
    return strcmp(((const struct sum *)pa)->code, ((const struct sum *)pb)->code);
}

static size_t sums(const struct command *c, struct sum *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < c->f.items.n; i++) {
        const struct item *x = &c->f.items.v[i];
        size_t k = 0;
        while (k < n && strcmp(out[k].code, x->code) != 0)
            k++;
        if (k == room)
            continue;
        if (k == n)
            out[n++] = (struct sum){.code = x->code, .role = x->role};
        out[k].n++;
        out[k].late += x->due_us <= c->now;
        out[k].cents += x->cents;
    }
    qsort(out, n, sizeof *out, by_code);
    return n;
}

static void say_items(const struct command *c)
{
    struct sum s[128];
    size_t n = sums(c, s, sizeof s / sizeof *s);
    for (size_t i = 0; i < n; i++) {
        struct buf m = {0};
        money_human(&m, s[i].cents);
        if (c->json)
            printf("{\"code\":\"%s\",\"role\":\"%s\",\"items\":%zu,\"late\":%zu,\"cents\":%" PRId64
                   "}\n",
                   s[i].code, s[i].role, s[i].n, s[i].late, s[i].cents);
        else
            printf("%-19s %-12s %6zu, late %6zu %14s\n", s[i].code, s[i].role, s[i].n, s[i].late,
                   buf_cstr(&m));
        buf_free(&m);
    }
}

/* Claims that are not ended, nobody's and on no timer. */
static size_t forgotten(const struct command *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->f.claims.n; i++) {
        const struct watch *w = &c->f.claims.v[i].watch;
        n += !w->code && !w->ended && !w->elsewhere && w->next <= c->now;
    }
    if (n)
        fprintf(stderr,
                "followup: %zu claims wait without a timer or an owner: claimwire work check\n", n);
    return n;
}

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {
        {"run", required_argument, NULL, 'r'},    {"now", required_argument, NULL, 'n'},
        {"into", required_argument, NULL, 'i'},   {"practice", required_argument, NULL, 'p'},
        {"queues", required_argument, NULL, 'q'}, {"partners", required_argument, NULL, 'e'},
        {"dry", no_argument, NULL, 'd'},          {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {0}};
    const char **const to[] = {['r'] = &c->run,      ['n'] = &c->now_text, ['i'] = &c->into,
                               ['p'] = &c->practice, ['q'] = &c->queues,   ['e'] = &c->partners};
    int o;
    while ((o = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (o == '?')
            return false;
        if (o == 'h')
            exit(usage(stdout));
        if (o == 'd' || o == 'j')
            *(o == 'd' ? &c->dry : &c->json) = true;
        else
            *to[o] = optarg;
    }
    return optind == argc && c->run && *c->run;
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"),
                        .now = time_wall_us(),
                        .queues = fs_shared("config/work"),
                        .partners = fs_shared("config/partners")};
    log_open("followup");
    if (!options(&c, argc, argv))
        return usage(stderr);
    if (c.now_text && !time_parse(c.now_text, &c.now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    followup_open(&c.f, c.run, c.queues, c.partners, c.now, &c.a);
    int code = ask(&c);
    say_items(&c);
    if (forgotten(&c))
        code = exit_worse(code, EXIT_FINDINGS);
    followup_close(&c.f);
    arena_free(&c.a);
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    return code;
}
