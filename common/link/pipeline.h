/*
 * Pipeline files: YAML that names stages, replicas, settings and where each port leads.
 *
 *   pipeline: clearinghouse
 *   clock: 2026-09-01T08:00:00Z      # optional: the pipeline's clock stands here
 *   production: false                # true: a sink refuses records of usage T
 *   stages:
 *     validator:
 *       tool: validator              # default: the stage's name
 *       replicas: 3                  # default 1
 *       settings: {guides: config/guides}
 *       to: {claims: [build837, reconciler], verdicts: respond, rejects: quarantine}
 *     audit:
 *       command: [python3, fixtures/stages/audit.py]   # a stage in another language
 *       to: {out: build837, rejects: quarantine}
 *
 * Between hosts: the giver has `listen: tcp://HOST:PORT`, and exactly one of its links leads to a
 * stage that is not in its file; the taker, in the other host's file, has `connect:
 * [tcp://HOST:PORT]`. Both need `curve: true`.
 */
#ifndef CLAIMWIRE_LINK_PIPELINE_H
#define CLAIMWIRE_LINK_PIPELINE_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include <stdint.h>

struct pipeline_at {
    int line, column; /* from 1 */
};
struct pipeline_setting {
    const char *key, *value;
    struct pipeline_at at;
};
/* One link: a port of a stage to one taker stage. Fan-out is several links of one port. */
struct pipeline_link {
    const char *port, *to;
    struct pipeline_at at;
};
struct pipeline_stage {
    const char *name, *tool;
    char **command; /* NULL ends; NULL when it is one of our tools */
    int replicas;
    const char *listen; /* giver side: tcp endpoint it binds, NULL for ipc */
    bool curve;
    const char *const *connect; /* taker side: tcp endpoints of givers on other hosts; NULL ends */
    struct pipeline_setting *settings;
    size_t settings_n;
    struct pipeline_link *links;
    size_t links_n;
    struct pipeline_at at;
};
struct pipeline {
    const char *name, *path;
    int64_t clock_us; /* -1: the machine's */
    bool production;
    struct pipeline_stage *stages;
    size_t stages_n;
    struct arena arena; /* owns everything above */
};

/* Reads and checks a file by itself (unknown keys, taker that does not exist, two names alike,
 * cycle of stages). On a fault returns -1 and appends "FILE:LINE:COLUMN: what" to error. */
int pipeline_read(const char *path, struct pipeline *out, struct buf *error);
/* The same from memory; path is only for messages. text is borrowed for the call. */
int pipeline_parse(const char *path, phi_str text, struct pipeline *out, struct buf *error);
/* Refuses a cycle made only of stages for which keeps() is false; -1 and a line in error. With the
 * kinds that the tools tell (`--describe`) this is exact; pipeline_read() alone knows only that a
 * command never keeps. */
int pipeline_cycle(const struct pipeline *p,
                   bool (*keeps)(void *ctx, const struct pipeline_stage *s), void *ctx,
                   struct buf *error);
const struct pipeline_stage *pipeline_find(const struct pipeline *p, const char *stage);
void pipeline_free(struct pipeline *p);

#endif
