/*
 * NAME
 *     simulate - claims through their whole life against simulated payers, in virtual time
 *
 * SYNOPSIS
 *     claimwire simulate --run DIR [--claims N] [--days D] [--seed S] [--shuffle K] [--step DAYS]
 *                        [--check-every STEPS] [--kill N] [--payers N] [--pipeline FILE] [--start DAY]
 *                        [--json]
 *
 * DESCRIPTION
 *     An office bills N claims in all; they go through a shipped pipeline, by submit to the folders of
 *     simulated payers (payersim), whose answers fetch brings back. The days pass in steps, no one
 *     waits for them. How often claims are refused, rejected, denied, taken back, split, crossed over is
 *     the load mix of docs/simulate.md. After D days the house goes on until nothing comes any more.
 *
 *     Then the books are proved, as `claimwire prove --run DIR` does, and a summary is printed. What
 *     belongs to the simulation alone lies in DIR/simulate: payers/, script.yaml, wires/, log, and
 *     books.txt: each claim and each account, the same for every order of arrival.
 *
 * OPTIONS
 *     --run DIR          the run directory, which must be empty or not be there
 *     --claims N         claims in all (default 10000)
 *     --days D           days over which they come and are answered (default 90)
 *     --seed S           what happens to which claim (default 1)
 *     --shuffle K        order of arrival: claims of a day in another order, files up to six days
 *                        late and in another order; 0, the default: as they come
 *     --step DAYS        days that pass at once (default: a week, of short runs less)
 *     --check-every S    check everything at random moments as well, about every S steps (default 0:
 *                        at the end alone)
 *     --kill N           kill -9 N random processes on the way (default 0)
 *     --payers N         how many payers (default: one for 166 claims, from 6 to 60)
 *     --pipeline FILE    another pipeline with a stage submit (default pipelines/submitted.yaml)
 *     --start DAY        the first day (default 2026-01-05)
 *     --json             the summary as one JSON object
 *
 * EXIT STATUS
 *     0 done and proved; 1 a check failed; 64 wrong command line; 78 configuration; 111 a process
 *     failed, or the disk is full
 *
 * EXAMPLES
 *     claimwire simulate --claims 1000 --days 30 --seed 7 --run /tmp/house
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <dirent.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BAR = 30, CLOSING_STEPS = 60, DESK_EVERY = 3 };

static int usage(FILE *to)
{
    fputs("usage: claimwire simulate --run DIR [--claims N] [--days D] [--seed S] [--shuffle K]\n"
          "                          [--step DAYS] [--check-every STEPS] [--kill N] [--payers N]\n"
          "                          [--pipeline FILE] [--start DAY] [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* ---- command line ---- */

static bool number(const char *text, long least, long most, long *out)
{
    char *end;
    long n = strtol(text, &end, 10);
    *out = n;
    return *text && !*end && n >= least && n <= most;
}

struct number_option {
    const char *name;
    long least, most;
    long *to;
};

/* -1 when all is well, else the exit code. */
static int options(struct sim *s, int argc, char **argv)
{
    long seed = 1, shuffle = 0;
    const char *start = "2026-01-05", *run = getenv("CLAIMWIRE_RUN");
    const struct number_option numbers[] = {
        {"claims", 1, 10000000, &s->claims}, {"days", 1, 3650, &s->days},
        {"seed", 0, LONG_MAX, &seed},        {"shuffle", 0, LONG_MAX, &shuffle},
        {"step", 1, 365, &s->step},          {"check-every", 0, 10000, &s->checks},
        {"kill", 0, 100000, &s->kills},      {"payers", 1, SIM_MOST_PAYERS, &s->payers}};
    enum { NUMBERS = sizeof numbers / sizeof *numbers };
    struct option known[NUMBERS + 6] = {{"run", required_argument, NULL, 'r'},
                                        {"pipeline", required_argument, NULL, 'p'},
                                        {"start", required_argument, NULL, 's'},
                                        {"json", no_argument, NULL, 'j'},
                                        {"help", no_argument, NULL, 'h'}};
    int c, at;
    for (int i = 0; i < NUMBERS; i++)
        known[5 + i] = (struct option){numbers[i].name, required_argument, NULL, 1000 + i};
    while ((c = getopt_long(argc, argv, "h", known, &at)) != -1) {
        if (c == 'h')
            return usage(stdout);
        if (c == '?')
            return usage(stderr);
        if (c == 'j')
            s->json = true;
        else if (c < 1000)
            *(c == 'r' ? &run : c == 'p' ? &s->pipeline : &start) = optarg;
        else if (!number(optarg, numbers[c - 1000].least, numbers[c - 1000].most,
                         numbers[c - 1000].to))
            die(EXIT_USAGE, "option \"--%s\" is a number from %ld to %ld", numbers[c - 1000].name,
                numbers[c - 1000].least, numbers[c - 1000].most);
    }
    s->run = run;
    s->seed = (uint64_t)seed;
    s->shuffle = (uint64_t)shuffle;
    if (!time_parse(start, &s->start_us))
        die(EXIT_USAGE, "option \"--start\" is a day like 2026-01-05");
    return s->run && *s->run && optind == argc ? -1 : usage(stderr);
}

/* ---- start ---- */

static bool empty(const char *path)
{
    DIR *d = opendir(path);
    bool any = false;
    for (struct dirent *e; d && !any && (e = readdir(d));)
        any = e->d_name[0] != '.';
    if (d)
        closedir(d);
    return !any;
}

static void defaults(struct sim *s)
{
    if (!s->step)
        s->step = s->days >= 42 ? 7 : s->days >= 12 ? 3 : 1;
    if (!s->payers)
        s->payers = s->claims / 166 < 6 ? 6 : s->claims / 166 > 60 ? 60 : s->claims / 166;
    s->start_us += 18 * SIM_HOUR_US;
    s->dice = s->seed * 31 + s->shuffle;
    s->kill.left = s->kills;
    s->kill.at_us = time_mono_us() + 100000;
    s->bar = isatty(2);
}

/* Paths are kept in files that are read elsewhere, so they are whole. */
static void open_run(struct sim *s)
{
    static char run[PATH_MAX];
    if (fs_mkdirs(s->run) || !realpath(s->run, run))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", s->run);
    if (!empty(run))
        die(EXIT_USAGE, "\"%s\" is not empty: a simulation begins with a house of its own", s->run);
    if (strlen(run) > SIM_PATH - 64)
        die(EXIT_USAGE, "the path of the run directory is too long");
    s->run = run;
    snprintf(s->home, sizeof s->home, "%.*s/simulate", SIM_PATH - 64, run);
    if (fs_mkdirs(s->home))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", s->home);
    mix_write(s);
}

/* ---- the days ---- */

static void draw(const struct sim *s)
{
    long part = s->day < s->days ? s->day * BAR / s->days : BAR;
    if (s->bar)
        fprintf(stderr, "\r[%.*s%*s] day %ld of %ld  %ld claims billed  %lld s ", (int)part,
                "##############################", (int)(BAR - part), "", s->day, s->days, s->billed,
                (long long)s->busy_us / 1000000);
}

static bool one_step(struct sim *s)
{
    int64_t began = s->phase_from_us = time_mono_us();
    bool any = step_go(s);
    if (s->steps++ % DESK_EVERY == 0)
        desk_work(s);
    step_was(s, SIM_DESK);
    s->busy_us += time_mono_us() - began;
    draw(s);
    return any;
}

/* Returns how many checks failed. */
static int go(struct sim *s, struct buf *wrong)
{
    int failed = 0, quiet = 0;
    for (; s->day <= s->days && !failed; s->day += s->step) {
        one_step(s);
        if (s->checks && dice_next(&s->dice, (uint64_t)s->checks) == 0)
            failed += check_all(s, wrong);
    }
    for (int i = 0; i < CLOSING_STEPS && quiet < 2 * DESK_EVERY && !failed;
         i++, s->day += s->step * 2)
        quiet = one_step(s) ? 0 : quiet + 1;
    return failed ? failed : check_all(s, wrong);
}

/* ---- end ---- */

static void keep_books(struct sim *s)
{
    struct buf b = {0};
    char path[SIM_PATH + 32];
    books_write(s, &b);
    snprintf(path, sizeof path, "%s/books.txt", s->home);
    if (fs_replace(path, b.p, b.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
    buf_free(&b);
}

int main(int argc, char **argv)
{
    struct sim s = {.claims = 10000, .days = 90, .pipeline = fs_shared("pipelines/submitted.yaml")};
    struct buf wrong = {0};
    log_open("simulate");
    int code = options(&s, argc, argv);
    if (code >= 0)
        return code;
    defaults(&s);
    open_run(&s);
    int failed = go(&s, &wrong);
    keep_books(&s);
    if (s.bar)
        fputs("\r\033[K", stderr);
    summary(&s, failed);
    if (failed)
        fputs(buf_cstr(&wrong), stderr);
    return failed ? EXIT_FINDINGS : EXIT_DONE;
}
