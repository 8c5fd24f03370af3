/*
 * The supervisor: starts the processes of a plan, keeps them up, ends them in order, and answers
 * at RUN/control. One thread, one loop. What a process owes it stands in common/link/process.h.
 *
 * Invariants: a process is asked to end only after its status file shows its own pid (its signal
 * handlers are in place then); stages end in plan order, the next when all of the one before have
 * exited; a process that was not asked to end is started again.
 */
#ifndef CLAIMWIRE_TOOLS_SUPER_H
#define CLAIMWIRE_TOOLS_SUPER_H

#include "common/link/process.h"
#include "tools/claimwire/parts.h"
#include <jansson.h>
#include <sys/types.h>

struct proc {
    const struct pipeline_stage *stage;
    int replica;
    pid_t pid;                             /* 0: not running */
    int64_t started_us, next_us, asked_us; /* monotonic; next_us: start it then */
    int64_t hup_us;                        /* when it was asked for its status */
    int quick;                             /* deaths in a row that came soon after the start */
    int restarts, exit_code;               /* exit_code: of the last end; 128 + signal */
    bool ready;                            /* its status file shows this pid */
    bool leaving;                          /* scaled away: asked to end, not started again */
    bool ended;                            /* ended as asked */
    pid_t alarmed;                         /* the life of which an alarm was told */
    int64_t in, out, refused;              /* of its earlier lives */
    int64_t cpu_us;                        /* processor of its earlier lives */
};

enum super_mode { SUPER_UP, SUPER_ENDING, SUPER_ENDED };

struct super {
    struct plan *plan;
    const char *run_dir;
    char *const *files; /* for the source, NULL ends; may be NULL */
    struct proc *procs;
    size_t procs_n;
    enum super_mode mode;
    int how;   /* signal that asks for the end: SIGTERM drains, SIGUSR1 finishes */
    size_t at; /* place in the plan's order of the stage that is ending */
    int64_t stage_since_us;
    int64_t end_since_us; /* when the end began */
    int code;             /* why it gave up, EXIT_DONE otherwise */
    bool interrupted;
    bool no_room;      /* the disk of the run directory was full when a process last died */
    int64_t held_us;   /* when all processes were stopped for a copy; 0: they are not */
    int64_t looked_us; /* when alarms were looked for */
    int lock_fd, control_fd, signal_fd;
    /* Called after every turn of the loop; may be NULL. */
    void (*turn)(struct super *s, void *ctx);
    void *ctx;
};

/* Makes the run directory, takes its lock, writes RUN/pipeline.yaml (with this clock unless NULL),
 * reads the plan from it and checks it. On a fault says so on stderr and returns an exit code. */
int super_open(struct super *s, const char *pipeline, const char *run_dir, const char *clock);
/* Runs until everything has ended. Returns s->code. */
int super_loop(struct super *s);
/* Begins the end: SIGTERM drains, SIGUSR1 finishes. A finish may be turned into a drain. */
void super_end(struct super *s, int how);
/* True when every process has said that it runs. */
bool super_ready(const struct super *s);
void super_close(struct super *s);

/* super_back.c: nobody who ends later still owes the stage whose turn it is a release. */
bool super_given_back(struct super *s);

/* super_room.c: p has died. True when the disk is full, which is said once, and which ends a run
 * after some tries. */
bool super_no_room(struct super *s, const struct proc *p);
void super_room_again(struct super *s); /* notices when there is space again */

/* procs.c */
void procs_make(struct super *s);
void procs_start_due(struct super *s);
void procs_reap(struct super *s);
void procs_watch(struct super *s); /* notices who is ready */
/* Sets the number of processes of a stage; false with a sentence in error. */
bool procs_scale(struct super *s, const char *stage, int n, struct buf *error);
/* Stops every process where it stands, for at most HOLD_LIMIT_US; procs_go() lets them go on and
 * says whether they had stood still until then. */
void procs_hold(struct super *s);
bool procs_go(struct super *s);
void procs_hold_limit(struct super *s);
/* Numbers of a process over all its lives; its present status in *now (free now->json). */
void proc_numbers(const struct super *s, const struct proc *p, struct process_status *now);

/* orphans.c */
/* Ends the processes that a killed supervisor of this run directory left behind. */
void orphans_end(const struct super *s);

/* alarm.c */
/* Appends what a status object says that a person must know, one line each; returns how many of
 * its links have stopped. */
size_t alarms_of(const json_t *status, struct buf *out);
/* Looks once a second whether a link has stopped, and tells it in the log. True when one has: what
 * is before it waits until the stage behind it is mended and the pipeline is started again. */
bool super_alarm(struct super *s);

/* rundir.c */
int rundir_prepare(struct super *s, const char *pipeline, const char *clock);
int rundir_scale_of(const struct super *s, const struct pipeline_stage *stage);
int rundir_save_scale(const struct super *s);
/* After an import that ended well: other pipelines may start again. */
void rundir_import_ended(const struct super *s);
/* The --run option or CLAIMWIRE_RUN; exits 64 with the synopsis when there is neither. */
const char *rundir_named(const char *option, const char *synopsis);
/* Prints the last lines of RUN/log/NAME.log on stderr. */
void rundir_show_log(const char *run_dir, const char *name);

/* control.c */
int control_listen(const char *run_dir);
/* Closes it and takes the socket away; only while the lock of the supervisor is held. */
void control_close(const char *run_dir, int fd);
void control_serve(struct super *s);
/* Sends one line to the supervisor of a run directory and appends its answer. EXIT_DONE, the exit
 * code that it answered with, or EXIT_FINDINGS with a sentence when none is there. */
int control_ask(const char *run_dir, const char *line, struct buf *answer);
void status_json(struct super *s, struct buf *out);

#endif
