/*
 * NAME
 *     review - keeps encounters that a person must code, with every decision
 *
 * SYNOPSIS
 *     claimwire review list --run DIR [--json]
 *     claimwire review show ID --run DIR [--json] [--show]
 *     claimwire review accept ID [RULE|"dx N"|"line N"] --coder WHO --reason TEXT --run DIR [--practice DIR]
 *     claimwire review replace ID "dx N"|"line N" CODE --coder WHO --reason TEXT --run DIR
 *     claimwire review add ID CODE --coder WHO --reason TEXT --run DIR
 *     claimwire review reject ID ["dx N"|"line N"] --coder WHO --reason TEXT --run DIR
 *     claimwire review query ID QUESTION --coder WHO --run DIR
 *     claimwire review answer ID ANSWER --by NPI --run DIR
 *     claimwire review export FOLDER --run DIR
 *     claimwire review --run DIR
 *
 * DESCRIPTION
 *     As a stage it is a keeper: it takes what leaves the coder by the port review, and keeps each
 *     encounter with its draft and what the rules found, sealed. The same words behind `claimwire
 *     code review` do the same.
 *
 *     list shows what waits; show shows the draft and the findings, and with --show the note and the
 *     reasons too (which the audit log notes). accept takes the draft as it stands for one finding,
 *     or for all; replace puts another code in place ("99213-25x2" for a line); add adds a diagnosis;
 *     reject takes one off, or, without a place, the whole encounter: it is not billed. query is a
 *     question to the physician: nothing leaves before answer, whose text becomes an addendum of the
 *     note. When nothing holds any more the encounter goes back to the coder, which looks at it once
 *     more: rules decide nothing then, and only what is new is held.
 *
 *     Who decides is in coders.csv of the practice (id,name,credential,expires): nobody else may,
 *     and nobody whose credential has expired. An answer is given by a provider.
 *
 *     export writes the notes that were decided, and a table of their codes, for `claimwire code
 *     train`. The notes are patients' records.
 *
 * OPTIONS
 *     --run DIR        run directory (or CLAIMWIRE_RUN); the store is DIR/review/review.db
 *     --practice DIR   the office's own facts (default config/practice)
 *     --coder WHO      id of the coder who decides
 *     --by NPI         who answers
 *     --reason TEXT    why
 *     --json           one JSON object a line
 *     --show           values of patients
 *
 * EXIT STATUS
 *     0 done; 1 no such encounter, or it is decided; 64 wrong command line, unknown coder, expired
 *     credential; 78 configuration; 100 the input is no frames; 111 try again later
 *
 * EXAMPLES
 *     claimwire review list --run run
 *     claimwire review replace 3 "dx 1" J0390 --coder C01 --reason "the note says tonsillitis" --run run
 */
#include "common/encounter/encounter.h"
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/review/desk.h"
#include <stdio.h>
#include <stdlib.h>

enum { FLYING = 64 };

struct review {
    struct desk *desk;
    int64_t flying[FLYING]; /* rows handed on, not yet settled */
    size_t flying_n;
    bool closing;
};

static int start(struct stage *s, void **state)
{
    struct review *v = xcalloc(1, sizeof *v);
    if (!stage_home(s))
        die(EXIT_USAGE, "option \"--run\" must be given");
    v->desk = desk_open(stage_home(s), stage_run_dir(s));
    *state = v;
    return 0;
}

static int take(struct stage *s, void *state, const struct record *r)
{
    struct review *v = state;
    bool kept = desk_keep(v->desk, r, clock_now(stage_clock(s)));
    stage_count(s, kept ? "kept" : "repeats", 1);
    return 0;
}

static int commit(struct stage *s, void *state)
{
    struct review *v = state;
    (void)s;
    desk_commit(v->desk);
    return 0;
}

static bool is_flying(const struct review *v, int64_t n)
{
    for (size_t i = 0; i < v->flying_n; i++)
        if (v->flying[i] == n)
            return true;
    return false;
}

/* The encounter as decided goes back to the coder, which looks at it once more. */
static void give(struct stage *s, struct review *v, int64_t n)
{
    struct arena mem = {0};
    struct record r;
    struct case_file c;
    struct buf body = {0};
    desk_record(v->desk, n, &mem, &r);
    if (!case_open(v->desk, n, &c))
        BUG("a case that was kept cannot be read");
    encounter_bill(c.draft, &body);
    r.tries++;
    r.body = buf_view(&body);
    memcpy(r.kind, "enc", sizeof "enc");
    record_note_set(&r, "reviewed", buf_view(&c.accepted), &mem);
    kill_point("review.release.before");
    stage_emit(s, "encounters", &r);
    stage_frame(s, (uint64_t)n);
    kill_point("review.release.after");
    stage_count(s, "released", 1);
    v->flying[v->flying_n++] = n;
    case_close(&c);
    buf_free(&body);
    arena_free(&mem);
}

static void settle_filter(struct review *v)
{
    for (size_t i = 0; i < v->flying_n; i++)
        desk_released(v->desk, v->flying[i]);
    v->flying_n = 0;
    desk_commit(v->desk);
}

static int pull(struct stage *s, void *state)
{
    struct review *v = state;
    struct desk_row row = {0};
    while (!v->closing && v->flying_n < FLYING && stage_leads(s, "encounters") &&
           desk_next(v->desk, row.n, DESK_MARKED, &row)) {
        if (is_flying(v, row.n))
            continue;
        give(s, v, row.n);
        if (stage_is_filter(s))
            settle_filter(v);
        return 1;
    }
    return 0;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct review *v = state;
    (void)s;
    desk_released(v->desk, (int64_t)token);
    for (size_t i = 0; i < v->flying_n; i++)
        if (v->flying[i] == (int64_t)token)
            v->flying[i--] = v->flying[--v->flying_n];
}

static int finish(struct stage *s, void *state)
{
    struct review *v = state;
    v->closing = !stage_is_filter(s);
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct review *v = state;
    (void)s;
    desk_close(v->desk);
    free(v);
}

static const struct stage_def review = {.name = "review",
                                        .kind = STAGE_KEEPER,
                                        .version = "1",
                                        .ports = (const char *const[]){"encounters", NULL},
                                        .kinds = (const char *const[]){"review", NULL},
                                        .start = start,
                                        .record = take,
                                        .commit = commit,
                                        .pull = pull,
                                        .done = done,
                                        .finish = finish,
                                        .stop = stop};

int main(int argc, char **argv)
{
    log_open("review");
    int code = review_command(argc, argv);
    return code >= 0 ? code : stage_main(argc, argv, &review);
}
