/*
 * The skeleton of every tool: one definition, one call.
 *
 *   int main(int argc, char **argv) { return stage_main(argc, argv, &validator); }
 *
 * To add a stage, four things to do:
 *   1. a folder tools/NAME with NAME.c: the man page as its first comment, a struct stage_def, main
 *   2. its settings in the `options` table (they are command line options and pipeline keys alike)
 *   3. its out ports in `ports`; "rejects" is always there and need not be listed
 *   4. a line in README.md and a NAME_test.c or NAME_test.sh beside it
 *
 * The same binary runs in a pipeline (started by the runner with --run DIR --stage NAME --replica
 * N; its links and settings are in DIR/pipeline.yaml) and as a filter (frames on stdin and stdout).
 * A handler cannot tell which. Everything runs on one thread.
 *
 * As a filter: all ports go to stdout together, records being told apart by their kinds, but for
 * those named with --port NAME=PATH; refused records go to --rejects FILE, and without it they are
 * named on stderr and the exit code is 1 or more. A keeper at the end of a pipe (stdout is a
 * terminal) drops what it would hand on. Input that ends without its end mark (BYE) exits 100, and
 * finish() is not called.
 *
 * In a pipeline two signals end a process:
 *   SIGTERM  drain: take no more, hand on what is in hand, commit, wait until all that was given is
 *            acknowledged (30 s at most: setting drain_limit), exit 0. finish() is not called: a
 *            batch that is open stays open in the store.
 *   SIGUSR1  input is over: the same, then finish(), then pull() until it has nothing, wait until
 *            all is acknowledged, exit with what finish() returned.
 * A source whose pull() returned -1 does by itself what SIGUSR1 asks for.
 */
#ifndef CLAIMWIRE_LINK_STAGE_H
#define CLAIMWIRE_LINK_STAGE_H

#include "common/link/record.h"
#include "common/util/clock.h"

enum stage_kind {
    STAGE_SOURCE, /* holds each record on disk until everything born from it is acknowledged */
    STAGE_PASS,   /* keeps nothing */
    STAGE_KEEPER  /* commits, then acknowledges; the same record twice changes nothing */
};

struct stage; /* the running skeleton */

/* An option: --name VALUE, or `name: value` in the pipeline file. */
struct stage_opt {
    const char *name;
    const char *fallback; /* value when not given; NULL: the option must be given or may be unset */
    const char *help;     /* one line */
    bool flag;            /* takes no value */
    long least, most;     /* most > 0: it is a whole number within them */
    const char *words;    /* it is one of these, parted by blanks; NULL: anything */
};

struct stage_def {
    const char *name;
    enum stage_kind kind;
    const char *version;      /* major version of its outputs; part of the HELLO digest */
    const char *const *ports; /* out ports, first is the default, NULL ends; may be NULL */
    /* Further ports, which a pipeline may leave out: ask stage_leads() before emitting. NULL ends;
     * may be NULL. */
    const char *const *may_ports;
    const struct stage_opt *options; /* ends with an entry whose name is NULL; may be NULL */
    /* The tool has the ports that the pipeline gives it (and, as a filter, "release"); none of them
     * need be there. See stage_leads(). */
    bool open_ports;
    /* Kinds that record() takes, NULL ends; NULL: all of them. As a filter, records of other kinds
     * are passed on untouched; in a pipeline they are refused (rule KIND). */
    const char *const *kinds;
    /* What the words behind the options are, for --help ("FILE..."). Only sources may do without.
     */
    const char *args;

    /* Before the first record. Reads options with stage_get(). Returns state in *state, or an exit
     * code (EXIT_CONFIG ...) after saying why with die()-like text on stderr. */
    int (*start)(struct stage *s, void **state);
    /* One record in. Emit with stage_emit(); refuse with stage_refuse(). Returning non-zero means
     * that the stage itself is ill (exit code): the record is given again elsewhere. Emitting in
     * record(), pull() and finish() only: what is emitted in tick() or commit() has no parent. */
    int (*record)(struct stage *s, void *state, const struct record *r);
    /* Keeper: make everything since the last commit durable. Called when the input is drained, at
     * 1,000 records or 10 ms. Only after it returns 0 are the frames acknowledged. */
    int (*commit)(struct stage *s, void *state);
    /* Source (and a keeper that releases): called while every out link has room; emits any number
     * of records and ends each frame with stage_frame(). Returns 1 when it has given something,
     * 0 when there is nothing to give now, -1 when it is finished for good, or an exit code >= 64.
     */
    int (*pull)(struct stage *s, void *state);
    /* The frame that stage_frame() named by token is DONE: everything born from it is committed.
     * Never called as a filter: a pipe has no way back. */
    void (*done)(struct stage *s, void *state, uint64_t token);
    /* About every 100 ms, for timers. May be NULL. */
    void (*tick)(struct stage *s, void *state);
    /* End of input: as a filter after BYE, in a pipeline when drained. A keeper closes what is open
     * (a batch that is not full). Its emissions still go out. Returns an exit code. */
    int (*finish)(struct stage *s, void *state);
    void (*stop)(struct stage *s, void *state); /* frees state */
};

int stage_main(int argc, char **argv, const struct stage_def *def);

/* Value of an option, NULL when unset. */
const char *stage_get(const struct stage *s, const char *name);
/* True when a flag is set (--FLAG, or FLAG: true in the pipeline). */
bool stage_on(const struct stage *s, const char *flag);
/* Value of an option that is a number within its bounds. */
long stage_number(const struct stage *s, const char *name);
/* The same for an option that does not say its bounds: dies when it is not within [lo, hi]. */
long stage_get_int(const struct stage *s, const char *name, long lo, long hi);
/* Words behind the options (files for ingest), NULL ends. */
char *const *stage_args(const struct stage *s);
/* Of `claimwire stage`: the program to run, NULL ends; from the pipeline file or the words behind
 * the stage's name. NULL when there is none. */
char *const *stage_command(struct stage *s);
/* Its settings that are no options, as environment variables CLAIMWIRE_NAME. */
void stage_settings_to_env(const struct stage *s);
/* Run directory, NULL when running as a bare filter without --run. */
const char *stage_run_dir(const struct stage *s);
/* Directory for this stage's own store under the run directory (made when missing): RUN/NAME;
 * NULL without a run directory. */
const char *stage_home(struct stage *s);
/* Name of the stage in the pipeline ("validator"), of this process ("validator.2"). */
const char *stage_name(const struct stage *s);
const char *stage_process(const struct stage *s);
struct clock *stage_clock(struct stage *s);
/* True when running as a filter on stdin and stdout. */
bool stage_is_filter(const struct stage *s);

/* Hands r on through a port (copied before return). */
void stage_emit(struct stage *s, const char *port, const struct record *r);
/* True when there is such a port and it leads somewhere. */
bool stage_leads(struct stage *s, const char *port);
/* Source: ends the frame of what was emitted since the last call; token comes back in done(). */
void stage_frame(struct stage *s, uint64_t token);
/* Hands r to the rejects port with the reason: kind stays, header gains "rule", "why" and "stage".
 * rule is a stable code ("S3-001", "ERA_TX_OUT", "ENC_UNSIGNED"); why is a sentence without any
 * value of the record. */
void stage_refuse(struct stage *s, const struct record *r, const char *rule, const char *why);
/* Adds a string pair to r->extra, allocated in the turn's arena (freed when the handler returns).
 */
void stage_note(struct stage *s, struct record *r, const char *key, phi_str value);
/* Memory that lives until the handler returns. */
struct arena *stage_arena(struct stage *s);
/* Counters for status and metrics: static names, no values of records. */
void stage_count(struct stage *s, const char *name, int64_t more);
/* Source: how far it is, for the progress bar. unit ("bytes") is static. */
void stage_progress(struct stage *s, int64_t done, int64_t total, const char *unit);

#endif
