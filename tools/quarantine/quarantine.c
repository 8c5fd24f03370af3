/*
 * NAME
 *     quarantine - keeps what was refused, for a person to look at and to release
 *
 * SYNOPSIS
 *     claimwire quarantine list --run DIR [--stage NAME] [--json]
 *     claimwire quarantine show ID... --run DIR [--json] [--show]
 *     claimwire quarantine release ID... --run DIR [--override] [--reason TEXT] [--json]
 *     claimwire quarantine --run DIR
 *
 * DESCRIPTION
 *     As a stage it is a keeper: it takes whatever leaves by the `rejects` port of other stages (and
 *     records that killed the stages that had them in hand, rule POISON) and keeps each with its
 *     rule, its reason, the stage that refused it, its file and byte range. The record rests sealed.
 *     The same record refused by the same stage again changes nothing.
 *
 *     list shows what is there; show shows one record, by its number or the beginning of its id,
 *     and with --show its body too (which the audit log notes). release marks records; the keeper,
 *     running or when it runs next, hands each on once with its try count raised, through the port
 *     that has the name of the stage that refused it, or through port `release`. Without either it
 *     stays marked. A record that is refused again is held again. A claim that is held as a duplicate
 *     (DUP_HOLD) is released only with a reason, which stands in the audit log.
 *
 *     --override takes the rule that holds a claim upon oneself: it goes on though that rule is still
 *     broken (filed too late with leave of the payer, an enrollment that was promised). Only rules of
 *     levels 4 to 7 and a partner's own can be overridden, and only of a claim that is held alone.
 *     What other rules say holds it again. It needs a reason, which is kept with the record and stands
 *     in the audit log; it should name no patient.
 *
 * OPTIONS
 *     --run DIR   run directory (or CLAIMWIRE_RUN); the store is DIR/quarantine/quarantine.db
 *     --stage NAME
 *                 the quarantine that has this name in its pipeline (import-refused: what an import
 *                 could not load)
 *     --override  release although the rule that holds it is still broken
 *     --json      one JSON object a line
 *     --reason T  why it is released
 *     --show      values of patients: the body of the record
 *
 * EXIT STATUS
 *     0 done; 1 no such record, or it was released already; 64 wrong command line; 78
 *     configuration; 100 the input is no frames; 111 try again later
 *
 * EXAMPLES
 *     claimwire quarantine list --run run
 *     claimwire quarantine release 3 --run run
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/quarantine/cell.h"
#include <stdio.h>
#include <stdlib.h>

struct quarantine {
    struct cell *cell;
    int64_t *in_flight; /* rows handed on, not yet settled */
    size_t in_flight_n, in_flight_room;
    bool closing;    /* input is over: what is marked from now on leaves at the next start */
    bool stuck_said; /* that a marked record has nowhere to go was said */
};

static int start(struct stage *s, void **state)
{
    struct quarantine *q = xcalloc(1, sizeof *q);
    if (!stage_home(s))
        die(EXIT_USAGE, "option \"--run\" must be given");
    q->cell = cell_open(stage_home(s), stage_run_dir(s));
    *state = q;
    return 0;
}

static int take(struct stage *s, void *state, const struct record *r)
{
    struct quarantine *q = state;
    /* A tally that nobody refused says only how many claims follow it: nothing for a person. */
    if (record_is(r, "tally") && phi_empty(record_rule(r)))
        stage_count(s, "tallies", 1);
    else if (cell_keep(q->cell, r, clock_now(stage_clock(s))))
        stage_count(s, "kept", 1);
    else
        stage_count(s, "repeats", 1);
    return 0;
}

static int commit(struct stage *s, void *state)
{
    struct quarantine *q = state;
    (void)s;
    cell_commit(q->cell);
    return 0;
}

static bool flying(const struct quarantine *q, int64_t n)
{
    for (size_t i = 0; i < q->in_flight_n; i++)
        if (q->in_flight[i] == n)
            return true;
    return false;
}

static void fly(struct quarantine *q, int64_t n)
{
    if (q->in_flight_n == q->in_flight_room) {
        q->in_flight_room = q->in_flight_room * 2 + 16;
        q->in_flight = xrealloc(q->in_flight, q->in_flight_room * sizeof *q->in_flight);
    }
    q->in_flight[q->in_flight_n++] = n;
}

/* Where a record goes back to: the port that has the name of who refused it, else `release`. */
static const char *way_back(struct stage *s, const struct cell_row *row, struct arena *mem)
{
    const char *refuser = arena_strndup(mem, row->refused_by.p, row->refused_by.n);
    if (strcmp(refuser, "rejects") != 0 && stage_leads(s, refuser))
        return refuser;
    return stage_leads(s, "release") ? "release" : NULL;
}

static void give(struct stage *s, struct quarantine *q, const struct cell_row *row,
                 const char *port, struct arena *mem)
{
    struct record r;
    cell_record(q->cell, row->n, mem, &r);
    r.tries++;
    if (phi_is(row->rule, "DUP_HOLD")) /* what a person has said is no duplicate is none */
        record_note_set(&r, "released", row->rule, mem);
    record_note_set(&r, "rule", (phi_str){0}, mem);
    record_note_set(&r, "why", (phi_str){0}, mem);
    record_note_set(&r, "stage", (phi_str){0}, mem);
    record_note_set(&r, "deaths", (phi_str){0}, mem);
    if (row->over.n)
        record_note_set(&r, "override", row->over, mem);
    kill_point("quarantine.release.before");
    stage_emit(s, port, &r);
    stage_frame(s, (uint64_t)row->n);
    kill_point("quarantine.release.after");
    stage_count(s, "released", 1);
    fly(q, row->n);
}

/* As a filter nobody says DONE: what was given to the pipe is settled as well as it can be. */
static void settle_filter(struct stage *s, struct quarantine *q)
{
    for (size_t i = 0; i < q->in_flight_n; i++)
        cell_released(q->cell, q->in_flight[i], clock_now(stage_clock(s)));
    q->in_flight_n = 0;
    cell_commit(q->cell);
}

static void say_stuck(struct quarantine *q, const struct cell_row *row)
{
    if (!q->stuck_said)
        log_warn("CW-QUA-001", "a record is marked for release and no port leads back",
                 KV("record", row->id));
    q->stuck_said = true;
}

static int pull(struct stage *s, void *state)
{
    struct quarantine *q = state;
    struct arena mem = {0};
    struct cell_row row = {0};
    int given = 0;
    while (!given && !q->closing && cell_next(q->cell, row.n, CELL_MARKED, &mem, &row)) {
        if (flying(q, row.n))
            continue;
        const char *port = way_back(s, &row, &mem);
        if (!port) {
            say_stuck(q, &row);
            continue;
        }
        give(s, q, &row, port, &mem);
        given = 1;
    }
    arena_free(&mem);
    if (given && stage_is_filter(s))
        settle_filter(s, q);
    return given;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct quarantine *q = state;
    cell_released(q->cell, (int64_t)token, clock_now(stage_clock(s)));
    for (size_t i = 0; i < q->in_flight_n; i++)
        if (q->in_flight[i] == (int64_t)token)
            q->in_flight[i--] = q->in_flight[--q->in_flight_n];
}

static int finish(struct stage *s, void *state)
{
    struct quarantine *q = state;
    int64_t held = cell_held(q->cell);
    q->closing = !stage_is_filter(s);
    if (held)
        log_info("CW-QUA-002", "records are in quarantine", KV("records", held));
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct quarantine *q = state;
    (void)s;
    cell_close(q->cell);
    free(q->in_flight);
    free(q);
}

static const struct stage_def quarantine = {.name = "quarantine",
                                            .kind = STAGE_KEEPER,
                                            .version = "1",
                                            .open_ports = true,
                                            .start = start,
                                            .record = take,
                                            .commit = commit,
                                            .pull = pull,
                                            .done = done,
                                            .finish = finish,
                                            .stop = stop};

int main(int argc, char **argv)
{
    log_open("quarantine");
    int code = quarantine_command(argc, argv);
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        puts("usage: claimwire quarantine list|show|release [ID...] --run DIR [--stage NAME] "
             "[--json] [--show] [--override] [--reason TEXT]");
    return code >= 0 ? code : stage_main(argc, argv, &quarantine);
}
