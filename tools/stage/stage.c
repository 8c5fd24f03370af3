/*
 * NAME
 *     stage - a stage in another language
 *
 * SYNOPSIS
 *     claimwire stage [OPTION]... NAME -- COMMAND [WORD]...
 *
 * DESCRIPTION
 *     Runs COMMAND as a stage: a program that reads frames on its standard input and writes frames
 *     on its standard output, in the form of docs/messages.md ("Streams"). It speaks the link for
 *     the program and looks after it: a record at which the program dies twice, or is silent for
 *     longer than child_limit, is refused with rule CHILD, and no other. A program that dies five
 *     times without taking anything is ill, and the harness ends, so that nothing is refused for
 *     its fault.
 *
 *     In a pipeline file such a stage has `command: [COMMAND, WORD]` in place of `tool:`; its
 *     settings reach the program as environment variables CLAIMWIRE_NAME.
 *
 *     A record that the program writes leaves by the port that its key "port" names, and without
 *     one by the first ("out"). With port "rejects" and keys "rule" and "why" it is refused.
 *
 * OPTIONS
 *     --child_limit MS   how long the program may take for one record (20000)
 *     --help             all options
 *
 * EXIT STATUS
 *     0 done; 1 something was refused and there is no --rejects FILE; 64 wrong use; 78 COMMAND
 *     cannot be run; 100 the input is not a whole stream of frames; 111 the program is ill.
 *
 * EXAMPLES
 *     claimwire ingest a.837 | claimwire stage audit -- python3 fixtures/stages/audit.py >a.frames
 */
#include "tools/stage/child.h"
#include "common/link/frame.h"
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

enum { ILL_DEATHS = 5 };

struct harness {
    struct child child;
    struct buf in, out; /* the command for the child; what it answered */
    uint64_t seq;
    int deaths_in_a_row;
    int limit_ms;
};

static int harness_start(struct stage *s, void **state)
{
    struct harness *h = xcalloc(1, sizeof *h);
    char *const *command = stage_command(s);
    *state = h;
    if (!command || !command[0]) {
        fprintf(stderr, "claimwire stage: there is no command (claimwire stage NAME -- COMMAND)\n");
        return EXIT_USAGE;
    }
    h->limit_ms = (int)stage_number(s, "child_limit");
    stage_settings_to_env(s);
    return child_start(&h->child, command) ? 0 : EXIT_CONFIG;
}

/* The record as a FRAME of one. */
static void frame_of(struct harness *h, const struct record *r)
{
    struct frame_header f = {.cmd = CMD_FRAME, .n = 1, .seq = ++h->seq};
    buf_clear(&h->in);
    buf_room(&h->in, BLOB_FRONT);
    h->in.len = BLOB_FRONT;
    record_write(&h->in, r);
    uint32_t n = (uint32_t)(h->in.len - 4);
    memcpy(h->in.p, &n, 4);
    frame_header_write(h->in.p + 4, &f);
}

static void emit(struct stage *s, struct record *r)
{
    char port[64] = "out";
    phi_str named = record_note(r, "port");
    if (named.n && named.n < sizeof port) {
        memcpy(port, named.p, named.n);
        port[named.n] = 0;
    }
    record_note_set(r, "port", phi_of("", 0), stage_arena(s));
    if (strcmp(port, "rejects") == 0) {
        phi_str rule = record_rule(r), why = record_why(r);
        stage_refuse(s, r, rule.n ? arena_strndup(stage_arena(s), rule.p, rule.n) : "CHILD_REFUSED",
                     why.n ? arena_strndup(stage_arena(s), why.p, why.n)
                           : "refused by the program");
    } else if (stage_is_filter(s) || stage_leads(s, port))
        stage_emit(s, stage_is_filter(s) ? "out" : port, r);
    else
        stage_refuse(s, r, "CHILD_PORT", "the program sent it to a port that leads nowhere");
}

/* Hands on what the child answered; false when that is no frame. Nothing is handed on before all
 * of it was read. */
static bool outputs(struct stage *s, const struct buf *out, bool hand_on)
{
    for (size_t at = 0; at < out->len;) {
        uint32_t n;
        struct frame_header f;
        struct record r;
        memcpy(&n, out->p + at, 4);
        if (frame_header_read(out->p + at + 4, n, &f) || f.cmd != CMD_FRAME)
            return false;
        struct frame_walk w =
            frame_walk(phi_of(out->p + at + 4 + FRAME_HEADER, n - FRAME_HEADER), f.n);
        while (frame_next(&w, &r))
            if (hand_on)
                emit(s, &r);
        if (w.why)
            return false;
        at += 4 + (size_t)n;
    }
    return true;
}

/* One try. CHILD_DONE: handled. */
static enum child_end try_once(struct stage *s, struct harness *h)
{
    if (!child_alive(&h->child) && !child_start(&h->child, stage_command(s)))
        return CHILD_DIED;
    buf_clear(&h->out);
    enum child_end end = child_turn(&h->child, &h->in, h->seq, h->limit_ms, &h->out);
    if (end == CHILD_DONE && !outputs(s, &h->out, false))
        end = CHILD_BABBLED;
    if (end == CHILD_DONE) {
        outputs(s, &h->out, true);
        h->deaths_in_a_row = 0;
        return end;
    }
    child_kill(&h->child);
    stage_count(s, "child_deaths", 1);
    h->deaths_in_a_row++;
    return end;
}

static int harness_record(struct stage *s, void *state, const struct record *r)
{
    static const char *const whys[] = {
        [CHILD_DIED] = "the program of this stage dies of it",
        [CHILD_SILENT] = "the program of this stage does not come to an end with it",
        [CHILD_BABBLED] = "what the program of this stage answers to it is no frame"};
    struct harness *h = state;
    frame_of(h, r);
    enum child_end end = try_once(s, h);
    if (end != CHILD_DONE && end != CHILD_SILENT) /* silence had its time; a death may be chance */
        end = try_once(s, h);
    if (end == CHILD_DONE)
        return 0;
    if (h->deaths_in_a_row >= ILL_DEATHS) {
        log_error("CW-STG-001", "the program dies of everything: it is ill",
                  KV("stage", stage_name(s)), KV("deaths", h->deaths_in_a_row));
        return EXIT_TRY_LATER;
    }
    log_warn("CW-STG-002", whys[end], KV("stage", stage_name(s)), KV("id", r->id));
    stage_refuse(s, r, "CHILD", whys[end]);
    return 0;
}

static int harness_finish(struct stage *s, void *state)
{
    struct harness *h = state;
    int rc = child_end(&h->child, h->limit_ms);
    if (rc)
        log_error("CW-STG-003", "the program ended with an error", KV("stage", stage_name(s)),
                  KV("status", rc));
    return rc ? EXIT_TRY_LATER : 0;
}

static void harness_stop(struct stage *s, void *state)
{
    struct harness *h = state;
    (void)s;
    child_end(&h->child, 1000);
    buf_free(&h->in);
    buf_free(&h->out);
    free(h);
}

static const struct stage_def harness_def = {
    .name = "stage",
    .kind = STAGE_PASS,
    .version = "1",
    .ports = (const char *const[]){"out", NULL},
    .open_ports = true,
    .args = "NAME -- COMMAND [WORD]...",
    .options = (const struct stage_opt[]){{"child_limit", "20000",
                                           "ms that the program may take for one record", false, 1,
                                           86400000},
                                          {0}},
    .start = harness_start,
    .record = harness_record,
    .finish = harness_finish,
    .stop = harness_stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &harness_def);
}
