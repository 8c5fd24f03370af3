/* The stage: keeper of answers, and gate in front of the coder; see eligibility.c. */
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/eligibility/clear.h"
#include "tools/eligibility/reading.h"
#include <stdlib.h>

static const int64_t DAY_US = 86400LL * 1000000;

enum { FLYING = 64 };

struct keeper {
    struct words words;
    struct cache *cache;
    struct arena a;
    struct clear *clear;
    int64_t flying[FLYING]; /* tokens handed on, not yet settled */
    size_t flying_n;
    bool again; /* something new is known */
};

static int begin(struct stage *s, void **state)
{
    struct keeper *k = xcalloc(1, sizeof *k);
    const char *run = stage_run_dir(s);
    if (!run)
        die(EXIT_USAGE, "as a stage it needs --run DIR");
    reading_words(&k->words, stage_get(s, "words"), &k->a);
    k->cache = cache_open(run);
    struct clear_opts o = {.run = run,
                           .words = &k->words,
                           .practice = fs_shared(stage_get(s, "practice")),
                           .needs = fs_shared(stage_get(s, "needs")),
                           .hold_unknown = strcmp(stage_get(s, "unknown"), "hold") == 0,
                           .fresh_us = stage_number(s, "fresh") * DAY_US,
                           .before = stage_number(s, "before")};
    k->clear = clear_open(&o, k->cache);
    gate_again(k->cache);
    cache_commit(k->cache);
    clear_write(k->clear);
    *state = k;
    return 0;
}

static int take(struct stage *s, void *state, const struct record *r)
{
    struct keeper *k = state;
    if (record_is(r, "enc")) {
        stage_count(s, gate_keep(k->cache, r, clock_now(stage_clock(s))) ? "kept" : "repeats", 1);
        return 0;
    }
    struct reading reading = {.words = &k->words,
                              .cache = k->cache,
                              .now_us = r->at_us,
                              .bytes = r->body,
                              .file = r->file,
                              .off = r->off};
    elig_read(r->body, stage_arena(s), reading_take, &reading);
    clear_take_278(k->clear, r->body, r->at_us);
    stage_count(s, "answers", reading.answers);
    stage_count(s, "refused", reading.refused);
    k->again = true;
    return 0;
}

static int commit(struct stage *s, void *state)
{
    struct keeper *k = state;
    (void)s;
    clear_commit(k->clear);
    if (k->again)
        gate_again(k->cache);
    k->again = false;
    cache_commit(k->cache);
    return 0;
}

static bool is_flying(const struct keeper *k, int64_t token)
{
    for (size_t i = 0; i < k->flying_n; i++)
        if (k->flying[i] == token)
            return true;
    return false;
}

static void fly(struct stage *s, struct keeper *k, int64_t token)
{
    stage_frame(s, (uint64_t)token);
    k->flying[k->flying_n++] = token;
}

/* An encounter goes on; one that was held comes as released anew, for its place was given up. */
static void give(struct stage *s, struct keeper *k, const struct gate_row *row)
{
    struct record r;
    struct arena *a = stage_arena(s);
    gate_record(k->cache, row->n, true, a, &r);
    r.tries += row->told > 0;
    if (!phi_empty(row->origin))
        record_note_set(&r, "coverage", row->origin, a);
    kill_point("eligibility.release.before");
    stage_emit(s, "encounters", &r);
    fly(s, k, row->n * 2);
    kill_point("eligibility.release.after");
    stage_count(s, "released", 1);
}

/* Nobody downstream waits for the place of one that is held. */
static void tell_held(struct stage *s, struct keeper *k, const struct gate_row *row)
{
    struct record r;
    gate_record(k->cache, row->n, false, stage_arena(s), &r);
    struct record tally = record_child(&r, "tally", 0);
    stage_emit(s, "tallies", &tally);
    fly(s, k, row->n * 2 + 1);
    stage_count(s, "held", 1);
}

static bool decide(struct stage *s, struct keeper *k)
{
    struct gate_row row = {0};
    bool any = false;
    struct arena *a = stage_arena(s);
    while (gate_next(k->cache, row.n, GATE_NEW, a, &row)) {
        clear_decide(k->clear, &row, clock_now(stage_clock(s)));
        any = true;
    }
    if (!any)
        return false;
    clear_ask(k->clear);
    clear_commit(k->clear);
    kill_point("eligibility.decide.before");
    cache_commit(k->cache);
    kill_point("eligibility.decide.after");
    clear_write(k->clear);
    return true;
}

static int pull(struct stage *s, void *state)
{
    struct keeper *k = state;
    struct gate_row row = {0};
    struct arena *a = stage_arena(s);
    if (!stage_leads(s, "encounters") || stage_is_filter(s))
        return 0;
    decide(s, k);
    while (k->flying_n < FLYING && gate_next(k->cache, row.n, GATE_MARKED, a, &row))
        if (!is_flying(k, row.n * 2)) {
            give(s, k, &row);
            return 1;
        }
    row.n = 0;
    while (k->flying_n < FLYING && gate_untold(k->cache, row.n, a, &row))
        if (!is_flying(k, row.n * 2 + 1)) {
            tell_held(s, k, &row);
            return 1;
        }
    return 0;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct keeper *k = state;
    (void)s;
    if (token % 2)
        gate_told(k->cache, (int64_t)(token / 2));
    else
        gate_released(k->cache, (int64_t)(token / 2));
    for (size_t i = 0; i < k->flying_n; i++)
        if (k->flying[i] == (int64_t)token)
            k->flying[i--] = k->flying[--k->flying_n];
}

static void stop(struct stage *s, void *state)
{
    struct keeper *k = state;
    (void)s;
    clear_close(k->clear);
    cache_close(k->cache);
    arena_free(&k->a);
    free(k);
}

static const char *const kinds[] = {"set", "enc", NULL};
static const struct stage_opt stage_options[] = {
    {"words", "config/eligibility", "words for codes, and what to do about refusals", false, 0, 0,
     NULL},
    {"practice", "config/practice", "the office's own facts", false, 0, 0, NULL},
    {"needs", "config/clearance", "which payers want what before a claim", false, 0, 0, NULL},
    {"unknown", "hold", "coverage of which nothing is known: hold, or pass", false, 0, 0,
     "hold pass"},
    {"fresh", "7", "days that an answer is good for before a claim goes out", false, 0, 3650, NULL},
    {"before", "1", "days before the visit that an answer may be of", false, 0, 3650, NULL},
    {0}};
const struct stage_def eligibility_stage = {
    .name = "eligibility",
    .kind = STAGE_KEEPER,
    .version = "1",
    .may_ports = (const char *const[]){"encounters", "tallies", NULL},
    .options = stage_options,
    .kinds = kinds,
    .start = begin,
    .record = take,
    .commit = commit,
    .pull = pull,
    .done = done,
    .stop = stop};
