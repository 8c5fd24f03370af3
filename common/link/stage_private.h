/* The running skeleton from inside: shared by stage.c, options.c, filter.c and loop.c. */
#ifndef CLAIMWIRE_LINK_STAGE_PRIVATE_H
#define CLAIMWIRE_LINK_STAGE_PRIVATE_H

#include "common/link/birth.h"
#include "common/link/frame.h"
#include "common/link/pipeline.h"
#include "common/link/stage.h"

enum { STAGE_PORTS = 32, STAGE_COUNTERS = 64 };

/* One end of a port: where its frames go. The link's two forms (a pipe, a giver) and those that
 * come later are this one function. */
struct out_end {
    /* b is borrowed: who keeps it takes a reference. parent may be NULL. */
    void (*frame)(void *self, struct blob *b, struct birth *parent);
    void *self;
};
struct port {
    const char *name;
    struct blob *open; /* the frame being built, NULL between frames */
    struct out_end *ends;
    size_t ends_n;
    uint64_t records;
};
struct counter {
    const char *name;
    int64_t value;
};

/* Options that the skeleton gives every tool; settings of the same name in pipelines. */
enum common_opt {
    OPT_RUN,
    OPT_STAGE,
    OPT_REPLICA,
    OPT_REJECTS,
    OPT_PORT,
    OPT_CLOCK,
    OPT_WINDOW,
    OPT_HOLD,
    OPT_POISON,
    OPT_HANDLER_LIMIT,
    OPT_DRAIN_LIMIT,
    OPT_HEARTBEAT,
    OPT_LAST_WORDS,
    OPT_COMMON
};

struct stage {
    const struct stage_def *def;
    const char **values; /* of def->options */
    size_t options_n;
    const char *common[OPT_COMMON]; /* of the common options */
    const char **port_args;         /* NAME=PATH, NULL ends */
    size_t port_args_n;
    char *const *args;
    struct pipeline pipeline;
    const struct pipeline_stage *conf; /* NULL as a filter */
    const char *name;
    char process[96];
    char *home;
    int replica;
    struct clock clock;
    struct arena arena; /* of the turn */
    void *state;
    struct port ports[STAGE_PORTS]; /* those of def, then rejects */
    size_t ports_n;
    struct birth *parent; /* of what is emitted now */
    struct counter counters[STAGE_COUNTERS];
    size_t counters_n;
    uint64_t in, refused;
    uint32_t rows;      /* records since the last commit */
    int64_t rows_since; /* monotonic time of the first of them */
    int exit_code;      /* the worst so far */
    int64_t progress_done, progress_total;
    const char *progress_unit;
    /* what stage_frame() does in this form of running */
    void (*end_frame)(struct stage *s, uint64_t token);
    struct loop *loop; /* NULL as a filter */
};

/* Reads the command line into s; ends the process after --help and --describe, and with EXIT_USAGE
 * when it is wrong. */
void options_read(struct stage *s, int argc, char **argv);
/* Takes the settings of the pipeline for what the command line did not give. */
void options_settings(struct stage *s);
/* Value of a common option within [lo, hi]. */
long option_int(const struct stage *s, enum common_opt o);

/* One record through the handler. Non-zero: the stage is ill, end with this code. */
int stage_record(struct stage *s, const struct record *r);
/* Ends the open frames of all ports and hands them to their ends as children of s->parent. */
void stage_flush(struct stage *s);
/* Keeper: commits when anything is uncommitted. 0, or an exit code. */
int stage_commit(struct stage *s);
/* True when a keeper's group is full or has waited long enough. */
bool stage_commit_due(const struct stage *s);
struct port *stage_port(struct stage *s, const char *name);

/* The two forms of running; both return the exit code. */
int filter_run(struct stage *s);
int loop_run(struct stage *s);

#endif
