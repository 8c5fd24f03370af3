/* A small runner for the link tests: starts the tiny tools, kills them, starts them again, looks
 * into their stores. */
#ifndef CLAIMWIRE_TESTS_CRASH_LINKS_RUN_H
#define CLAIMWIRE_TESTS_CRASH_LINKS_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "common/util/id.h"
#include <sys/types.h>

struct proc {
    char stage[16], tool[64]; /* a tool with a slash is a program of its own */
    int replica;
    pid_t pid;     /* 0: not running */
    int exit_code; /* of its end: 1000 + signal for a death */
    int deaths;    /* ends that were not exit 0 */
    bool keep_down;
};
struct run {
    char dir[128];
    struct proc procs[32];
    int n;
};

/* A fresh run directory with this pipeline; %s-free YAML. */
void run_new(struct run *r, const char *name, const char *yaml);
struct proc *run_start(struct run *r, const char *stage, const char *tool, int replica);
struct proc *run_proc(struct run *r, const char *stage, int replica);
/* Notices ends; starts again what did not exit 0. */
void run_mind(struct run *r);
/* Minds until the process has exited 0, at most so long. */
bool run_until_ended(struct run *r, struct proc *p, int ms);
/* Minds for so long. */
void run_for(struct run *r, int ms);
void run_signal(struct proc *p, int sig);
/* Kills the first child of the process, if it has one. */
void run_kill_child(const struct proc *p);
/* SIGUSR1 to the replicas of each stage in this order ("a b k1"); true when all exited 0. */
bool run_finish(struct run *r, const char *stages);
/* Kills what still runs. */
void run_end(struct run *r);

/* A number of RUN/status/STAGE.N.json: the sum of all "key":NUMBER in it; -1: no such file. */
long run_status(const struct run *r, const char *stage, int replica, const char *key);
/* Rows of the store, rows with this rule ("" for those without), number of a row. */
long run_rows(const struct run *r, const char *stage, const char *where);
/* Digest over (id, root, body) of all rows in the order of ids. */
struct digest run_digest(const struct run *r, const char *stage);
/* Resident KB of a process. */
long run_resident_kb(const struct proc *p);
/* True when the log of the process has this text. */
bool run_log_has(const struct run *r, const char *stage, int replica, const char *text);
/* Waits until it has, 20 s at most. */
bool run_log_tells(struct run *r, const char *stage, int replica, const char *text);

#endif
