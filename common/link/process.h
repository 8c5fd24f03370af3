/*
 * A process and its runner: what `claimwire up` and `run` expect of every tool, and what
 * stage_main() gives them. The same text stands in docs/messages.md.
 *
 * Asking.   claimwire-TOOL --describe prints one JSON object and exits 0:
 *             {"name":"validator","kind":"stage","version":"1","ports":["claims","verdicts"],
 *              "options":[{"name":"guides","fallback":"config/guides","help":"...","flag":false}]}
 *           An option that is a number has "least" and "most" too, one with a choice of words
 *           "words":"yes no".
 *           kind is source, stage or keeper; fallback is null when there is none; "rejects" need
 *           not be among the ports; "may_ports" are ports that a pipeline may leave out;
 *           "open_ports":true: it also has every port that its pipeline names.
 * Starting. claimwire-TOOL --run DIR --stage STAGE --replica N [FILE...]
 *           N counts from 1. Everything else (settings, links, clock, command) it reads from
 *           DIR/pipeline.yaml. The working folder is the runner's, so that relative settings mean
 *           the same for all. A stage with `command:` is started as claimwire-stage. FILE: only to
 *           sources of `claimwire run`; given again at a restart, so the same file twice must be a
 *           no-op. stdin is /dev/null, stdout and stderr are DIR/log/STAGE.N.log (appended).
 *           A process whose lock is still held by its predecessor exits with EXIT_TRY_LATER.
 * Status.   DIR/status/STAGE.N.json, replaced by rename every second, at every change of state
 *           (at most ten times a second) and once just before a clean exit:
 *             {"stage":"validator","replica":1,"pid":4711,"kind":"stage","state":"running",
 *              "in":1200,"out":{"claims":60000,"rejects":3},"refused":3,"open":12,
 *              "done":1188,"total":1200,"unit":"bytes","counts":{"sets":1200}}
 *           state: running (handlers of signals are in place), draining, finishing, stopped (said
 *           just before a clean exit). in and out count records of this process since its start;
 *           open: frames in hand or given and not DONE, so 0 means that it owes nothing.
 *           done, total, unit: only of sources, for the progress bar. counts: stage_count().
 * Ending.   SIGTERM: drain (docs/messages.md), exit 0; what is undone stays on the source's disk.
 *           SIGUSR1: end of input. A source takes in what it was given as FILE, gives everything it
 *           holds and exits 0 once all of it is DONE. Others: the givers before it have ended;
 *           finish() is called, what it emits is given and DONE, then exit 0. May come twice.
 *           SIGHUP: read DIR/pipeline.yaml again for `connect:`; replicas may change at any time. The
 *           status is written again at once.
 * Exit.     0 ended as asked. 64, 78, 100: the runner gives up at once (a restart cannot mend it).
 *           Anything else, and a death by a signal: restarted after 50 ms to 2 s.
 */
#ifndef CLAIMWIRE_LINK_PROCESS_H
#define CLAIMWIRE_LINK_PROCESS_H

#include "common/util/buf.h"
#include <stdint.h>

/* A status file as read. Absent numbers are 0, absent words "". */
struct process_status {
    char state[16], kind[8];
    int pid;
    int64_t in, out, refused, open; /* out: the sum over all ports */
    int64_t done, total;
    struct buf json; /* the whole object as it was written, on one line */
};

/* Reads DIR/status/STAGE.N.json. False when there is none or it is not JSON; *out is then zero.
 * Free out->json with buf_free(). */
bool process_status_read(const char *run_dir, const char *stage, int replica,
                         struct process_status *out);

#endif
