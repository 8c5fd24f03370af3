/*
 * NAME
 *     gather - joins the messages of one visit into one encounter
 *
 * SYNOPSIS
 *     claimwire gather list --run DIR [--all] [--json]
 *     claimwire gather drop N --reason TEXT --run DIR
 *     claimwire gather --run DIR [--practice DIR] [--settle SECONDS]
 *
 * DESCRIPTION
 *     Many systems send a visit in pieces: its registration (ADT^A04, A08), its note (MDM^T02), its
 *     charges (DFT^P03), in any order. As a stage gather is a keeper between ingest and coder: it
 *     keeps each piece, sealed, and hands the encounter on when it has charges, a signature, a
 *     coverage and a patient. A system whose charges come only when the note is signed (`systems` of
 *     the practice) needs no signature. Encounters of other forms pass.
 *
 *     Pieces belong together when system (MSH-3), visit number (PV1-19, else the account PID-18) and
 *     patient (PID-3) are the same. What the charges say stays; the newest registration fills in what
 *     they leave out, then the note's message. Notes follow each other, and so do the lines and
 *     diagnoses of several messages of charges. The same message again changes nothing.
 *
 *     A visit that is complete leaves when nothing more of it came for --settle seconds, or at the end
 *     of the input. Charges that come later make an encounter of their own, with everything else as it
 *     was, which a person looks at first (rule C90-010). Other messages that come later are kept, and
 *     shown as late.
 *
 *     list shows what waits and for what, no values of patients; with --all also what was handed on.
 *     drop ends the waiting of a visit that will not be billed.
 *
 * OPTIONS
 *     --run DIR         run directory (or CLAIMWIRE_RUN); the store is DIR/gather/gather.db
 *     --practice DIR    the office's own facts (default config/practice)
 *     --settle SECONDS  quiet time before a complete visit leaves, 0 to 3600 (default 2)
 *     --all             list: also what was handed on or dropped
 *     --reason TEXT     drop: why
 *     --json            one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 no such visit, or it does not wait; 64 wrong command line; 78 configuration; 100 the
 *     input is no frames; 111 try again later
 *
 * EXAMPLES
 *     claimwire gather list --run run
 */
#include "common/encounter/practice.h"
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/gather/command.h"
#include "tools/gather/visits.h"
#include <stdlib.h>

enum { FLYING = 64 };

struct gather {
    struct visits *visits;
    struct arena mem;
    struct practice *practice;
    int64_t settle_us;
    int64_t flying[FLYING]; /* visits handed on, not yet settled */
    size_t flying_n;
    bool closing;
};

static bool signs(const void *ctx, phi_str system)
{
    return practice_signs(((const struct gather *)ctx)->practice, system);
}

static int start(struct stage *s, void **state)
{
    struct gather *g = xcalloc(1, sizeof *g);
    struct buf error = {0};
    if (!stage_home(s))
        die(EXIT_USAGE, "option \"--run\" must be given");
    if (!(g->practice = practice_read(fs_shared(stage_get(s, "practice")), &g->mem, &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    g->settle_us = stage_number(s, "settle") * 1000000;
    g->visits = visits_open(stage_home(s), stage_run_dir(s));
    *state = g;
    return 0;
}

/* A message of HL7 says so; encounters of other forms, and enc.v1 itself, are whole. */
static bool is_piece(const json_t *e)
{
    static const char *const events[] = {"DFT^P03", "ADT^A04", "ADT^A08", "MDM^T02"};
    const char *event = json_string_value(json_object_get(json_object_get(e, "src"), "event"));
    bool piece = false;
    for (size_t i = 0; event && i < sizeof events / sizeof *events; i++)
        piece |= strcmp(event, events[i]) == 0;
    return piece && json_is_string(json_object_get(e, "enc"));
}

static int take(struct stage *s, void *state, const struct record *r)
{
    struct gather *g = state;
    json_error_t where;
    json_t *e = json_loadb(r->body.p ? r->body.p : "", r->body.n, 0, &where);
    if (!is_piece(e) || r->tries > 0) {
        stage_emit(s, "encounters", r);
        json_decref(e);
        return 0;
    }
    bool kept = visits_keep(g->visits, r, e, clock_now(stage_clock(s)), signs, g);
    stage_count(s, kept ? "kept" : "repeats", 1);
    json_decref(e);
    struct record tally = record_child(r, "tally", 0); /* nobody waits for its place in the order */
    stage_emit(s, "tallies", &tally);
    return 0;
}

static int commit(struct stage *s, void *state)
{
    struct gather *g = state;
    (void)s;
    visits_commit(g->visits);
    return 0;
}

static bool is_flying(const struct gather *g, int64_t n)
{
    for (size_t i = 0; i < g->flying_n; i++)
        if (g->flying[i] == n)
            return true;
    return false;
}

static void give(struct stage *s, struct gather *g, const struct visit *x)
{
    struct arena mem = {0};
    struct record r;
    json_t *e = visits_joined(g->visits, x, &mem, &r);
    char *body = json_dumps(e, JSON_COMPACT);
    r.tries++;
    r.body = phi_lit(body);
    kill_point("gather.release.before");
    stage_emit(s, "encounters", &r);
    stage_frame(s, (uint64_t)x->n);
    kill_point("gather.release.after");
    stage_count(s, "joined", 1);
    g->flying[g->flying_n++] = x->n;
    free(body);
    json_decref(e);
    arena_free(&mem);
}

/* What a visit is made of is settled, and durable, before it leaves. */
static void freeze(struct stage *s, struct gather *g)
{
    struct visit x = {0};
    int64_t now = clock_now(stage_clock(s));
    bool any = false;
    while (visits_next(g->visits, x.n, VISIT_COMPLETE, &x))
        if (g->closing || now - x.last_us >= g->settle_us) {
            visits_state(g->visits, x.n, VISIT_FROZEN);
            any = true;
        }
    if (any)
        visits_commit(g->visits);
}

static int pull(struct stage *s, void *state)
{
    struct gather *g = state;
    struct visit x = {0};
    freeze(s, g);
    while (g->flying_n < FLYING && visits_next(g->visits, x.n, VISIT_FROZEN, &x)) {
        if (is_flying(g, x.n))
            continue;
        give(s, g, &x);
        if (stage_is_filter(s)) {
            visits_state(g->visits, x.n, VISIT_GIVEN);
            visits_commit(g->visits);
            g->flying_n = 0;
        }
        return 1;
    }
    return 0;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct gather *g = state;
    (void)s;
    visits_state(g->visits, (int64_t)token, VISIT_GIVEN);
    for (size_t i = 0; i < g->flying_n; i++)
        if (g->flying[i] == (int64_t)token)
            g->flying[i--] = g->flying[--g->flying_n];
}

static int finish(struct stage *s, void *state)
{
    struct gather *g = state;
    (void)s;
    g->closing = true;
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct gather *g = state;
    (void)s;
    visits_close(g->visits);
    arena_free(&g->mem);
    free(g);
}

static const struct stage_def gather = {
    .name = "gather",
    .kind = STAGE_KEEPER,
    .version = "1",
    .ports = (const char *const[]){"encounters", "tallies", NULL},
    .kinds = (const char *const[]){"enc", NULL},
    .options =
        (const struct stage_opt[]){
            {"practice", "config/practice", "the office's own facts", false, 0, 0, NULL},
            {"settle", "2", "quiet seconds before a complete visit leaves", false, 0, 3600, NULL},
            {NULL}},
    .start = start,
    .record = take,
    .commit = commit,
    .pull = pull,
    .done = done,
    .finish = finish,
    .stop = stop};

int main(int argc, char **argv)
{
    log_open("gather");
    int code = gather_command(argc, argv);
    return code >= 0 ? code : stage_main(argc, argv, &gather);
}
