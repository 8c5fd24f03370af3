/*
 * NAME
 *     fetch - brings what partners have for us into the folder that ingest watches
 *
 * SYNOPSIS
 *     claimwire fetch --run DIR [--wires DIR] [--into DIR] [--settle SECONDS] [--json] --once
 *     claimwire fetch --run DIR [--wires DIR] [--into DIR] [--settle SECONDS] [--every SECONDS]
 *
 * DESCRIPTION
 *     Looks at each wire under `fetch:` in config/wires (a folder, or SFTP with our key and the
 *     host's key pinned), brings each file that lies there once, and moves it to the archive there
 *     when the wire names one. Files come whole or not at all: under a hidden name first, compared
 *     with their manifest when there is one, synced, and then named PARTNER.NAME in the folder. A
 *     file without a manifest must keep its size for --settle seconds before it is taken.
 *
 *     Over CAQH CORE (HTTPS) each kind that the wire's `take` names is asked for until nothing of it
 *     waits; each batch is kept here as PARTNER.KIND.PAYLOADID.x12 before it is confirmed, and comes
 *     again when the confirmation was lost.
 *
 *     Names that begin with a point, end in .tmp or .manifest, or hold anything but letters, digits,
 *     points, dashes and underscores are left alone.
 *
 *     With --once each wire is looked at once, and what came is named on standard output. In a
 *     pipeline it is a source without ports that looks every --every seconds; a partner that fails
 *     is tried again after its retry-first seconds, the pause doubling.
 *
 * OPTIONS
 *     --wires DIR       how partners are reached (default config/wires)
 *     --into DIR        where files go (default RUN/fetch/in)
 *     --settle SECONDS  how long a file without a manifest must stand still (default 5)
 *     --every SECONDS   pause between two looks (default 60)
 *     --once            look once, then end
 *     --json            with --once: one JSON object a line
 *
 * EXIT STATUS
 *     0 done, 1 a partner could not be reached (--once), 64 usage, 78 configuration, 111 try later
 *
 * EXAMPLES
 *     claimwire fetch --run run --once
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/wire/hand.h"
#include "tools/fetch/round.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* One partner's turns. */
struct turn {
    const struct wire *from;
    struct hand hand;
    int64_t next_us; /* machine's time: waiting, not writing */
    int failures;
};

struct fetch {
    struct round round;
    struct wires *wires;
    struct turn *turns;
    size_t turns_n;
    int64_t every_us;
    struct arena arena;
    char *into;
};

static struct wires *load(const char *dir, struct arena *a)
{
    struct buf error = {0};
    struct wires *w = wires_load(dir, a, &error);
    if (!w)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    return w;
}

static char *into_dir(const char *given, const char *home)
{
    struct buf b = {0};
    if (given && *given)
        buf_puts(&b, given);
    else
        buf_printf(&b, "%s/in", home);
    if (fs_mkdirs(buf_cstr(&b)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&b));
    char *dir = xstrdup(buf_cstr(&b));
    buf_free(&b);
    return dir;
}

/* ---- as a stage ---- */

static int start(struct stage *s, void **state)
{
    struct fetch *f = xcalloc(1, sizeof *f);
    *state = f;
    if (!stage_home(s))
        die(EXIT_USAGE, "option \"--run\" must be given");
    if (stage_get(s, "once") || stage_get(s, "json"))
        die(EXIT_CONFIG, "\"once\" and \"json\" are not for a pipeline");
    f->wires = load(stage_get(s, "wires"), &f->arena);
    f->into = into_dir(stage_get(s, "into"), stage_home(s));
    f->every_us = stage_get_int(s, "every", 1, 86400) * 1000000LL;
    f->round = (struct round){
        .home = stage_home(s), .into = f->into, .settle = (int)stage_get_int(s, "settle", 0, 3600)};
    for (const struct wire *w = f->wires->fetch; w; w = w->next)
        f->turns_n++;
    f->turns = xcalloc(f->turns_n + 1, sizeof *f->turns);
    size_t i = 0;
    for (const struct wire *w = f->wires->fetch; w; w = w->next)
        f->turns[i++].from = w;
    return 0;
}

struct job {
    const struct round *round;
    const struct wire *from;
};

static enum wire_result do_round(void *ctx, struct wire_fault *fault)
{
    const struct job *j = ctx;
    return round_go(j->round, j->from, fault);
}

static int64_t pause_us(const struct fetch *f, const struct turn *t)
{
    int64_t p = t->from->retry_first;
    if (!t->failures)
        return f->every_us;
    for (int i = 1; i < t->failures && p < t->from->retry_most; i++)
        p *= 2;
    return (p < t->from->retry_most ? p : t->from->retry_most) * 1000000;
}

static void ended(struct stage *s, struct fetch *f, struct turn *t, const struct hand_word *word)
{
    t->failures = word->result == WIRE_DONE ? 0 : t->failures + 1;
    t->next_us = time_mono_us() + pause_us(f, t);
    stage_count(s, word->result == WIRE_DONE ? "looks" : "failed", 1);
    if (word->result != WIRE_DONE)
        log_warn("CW-FET-001", word->fault.why, KV("rule", word->fault.rule),
                 KV("partner", t->from->partner), KV("failures", t->failures));
}

static void tick(struct stage *s, void *state)
{
    struct fetch *f = state;
    struct hand_word word;
    f->round.now_us = clock_now(stage_clock(s));
    for (size_t i = 0; i < f->turns_n; i++) {
        struct turn *t = &f->turns[i];
        struct job job = {&f->round, t->from};
        if (t->hand.pid && hand_ended(&t->hand, false, &word))
            ended(s, f, t, &word);
        if (!t->hand.pid && time_mono_us() >= t->next_us)
            hand_start(&t->hand, do_round, &job);
    }
}

static int pull(struct stage *s, void *state)
{
    (void)s;
    (void)state;
    return 0; /* files travel by the folder, not by a link */
}

static void stop(struct stage *s, void *state)
{
    struct fetch *f = state;
    (void)s;
    for (size_t i = 0; i < f->turns_n; i++)
        hand_stop(&f->turns[i].hand);
    arena_free(&f->arena);
    free(f->turns);
    free(f->into);
    free(f);
}

static const struct stage_opt options[] = {
    {"wires", "config/wires", "how partners are reached", false},
    {"into", NULL, "where files go (default: RUN/fetch/in)", false},
    {"settle", "5", "seconds that a file without a manifest must stand still", false},
    {"every", "60", "seconds between two looks", false},
    {"once", NULL, "look once, name what came, and end", true},
    {"json", NULL, "with --once: one JSON object a line", true},
    {NULL, NULL, NULL, false}};
static const struct stage_def fetch = {.name = "fetch",
                                       .kind = STAGE_SOURCE,
                                       .version = "1",
                                       .options = options,
                                       .start = start,
                                       .pull = pull,
                                       .tick = tick,
                                       .stop = stop};

/* ---- once, for a person or a script ---- */

struct once {
    const char *run, *wires, *into;
    int settle;
    bool json, once;
};

static void say_came(void *ctx, const struct wire *from, const char *name, int64_t bytes)
{
    const struct once *o = ctx;
    if (o->json)
        printf("{\"partner\":\"%s\",\"name\":\"%s\",\"bytes\":%lld}\n", from->partner, name,
               (long long)bytes);
    else
        printf("%-12s %9lld  %s\n", from->partner, (long long)bytes, name);
    fflush(stdout);
}

static int look_once(const struct once *o)
{
    struct arena a = {0};
    struct buf home = {0};
    int code = EXIT_DONE;
    buf_printf(&home, "%s/fetch", o->run);
    char *into = into_dir(o->into, buf_cstr(&home));
    struct round r = {buf_cstr(&home),      into, o->settle, time_wall_us(), say_came,
                      (void *)(uintptr_t)o, NULL};
    if (fs_mkdirs(r.home))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", r.home);
    const struct wires *w = load(o->wires, &a);
    r.db = round_open(r.home);
    for (const struct wire *from = w->fetch; from; from = from->next) {
        struct wire_fault fault;
        if (round_go(&r, from, &fault) == WIRE_DONE)
            continue;
        fprintf(stderr, "fetch: %s: %s: %s\n", from->partner, fault.rule, fault.why);
        code = EXIT_FINDINGS;
    }
    store_close(r.db);
    free(into);
    buf_free(&home);
    arena_free(&a);
    return code;
}

/* Fills in *o; false when the line does not ask for --once (the skeleton reads it then). */
static bool asks_once(int argc, char **argv, struct once *o)
{
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"wires", required_argument, NULL, 'w'},
                                          {"into", required_argument, NULL, 'i'},
                                          {"settle", required_argument, NULL, 's'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"once", no_argument, NULL, 'o'},
                                          {0}};
    int c;
    *o = (struct once){.run = getenv("CLAIMWIRE_RUN"), .wires = "config/wires", .settle = 5};
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'r':
            o->run = optarg;
            break;
        case 'w':
            o->wires = optarg;
            break;
        case 'i':
            o->into = optarg;
            break;
        case 's':
            o->settle = atoi(optarg);
            break;
        case 'j':
            o->json = true;
            break;
        case 'o':
            o->once = true;
            break;
        default:
            optind = 1;
            return false;
        }
    }
    optind = 1;
    return o->once && o->run;
}

int main(int argc, char **argv)
{
    struct once o;
    log_open("fetch");
    return asks_once(argc, argv, &o) ? look_once(&o) : stage_main(argc, argv, &fetch);
}
