/* The loop of the supervisor, and how a pipeline ends. */
#include "tools/claimwire/super.h"
#include "common/util/clock.h"
#include "common/util/log.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    ASK_AGAIN_US = 500 * 1000,
    DRAIN_LIMIT_US = 35 * 1000 * 1000, /* a process gives up draining after 30 s by itself */
    HURRY_LIMIT_US = 5 * 1000 * 1000,  /* when the pipeline cannot go on anyhow */
    TURN_MS = 50,
    SHORT_TURN_MS = 4 /* while somebody waits for a start or an end */
};

static void block_signals(struct super *s)
{
    static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        sigaddset(&set, taken[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0)
        die(EXIT_TRY_LATER, "cannot watch for signals: %s", strerror(errno));
}

int super_open(struct super *s, const char *pipeline, const char *run_dir, const char *clock)
{
    s->run_dir = run_dir;
    s->lock_fd = s->control_fd = s->signal_fd = -1;
    s->plan = xcalloc(1, sizeof *s->plan);
    int rc = rundir_prepare(s, pipeline, clock);
    if (rc == EXIT_DONE)
        procs_make(s);
    else
        super_close(s);
    return rc;
}

void super_end(struct super *s, int how)
{
    if (s->mode == SUPER_ENDED || (s->mode == SUPER_ENDING && s->how == SIGTERM))
        return;
    if (s->mode == SUPER_UP)
        s->at = 0;
    s->mode = SUPER_ENDING;
    s->how = how;
    s->stage_since_us = s->end_since_us = time_mono_us();
    for (size_t i = 0; i < s->procs_n; i++)
        s->procs[i].asked_us = 0;
}

bool super_ready(const struct super *s)
{
    for (size_t i = 0; i < s->procs_n; i++)
        if (!s->procs[i].ready && !s->procs[i].ended)
            return false;
    return true;
}

static void ask(struct proc *p, int how)
{
    int64_t now = time_mono_us();
    if (!p->pid || (how != SIGTERM && !p->ready) || now - p->asked_us < ASK_AGAIN_US)
        return;
    p->asked_us = now;
    kill(p->pid, how);
}

static void kill_late(struct super *s, struct proc *p, int64_t limit)
{
    if (!p->pid || time_mono_us() - s->stage_since_us < limit)
        return;
    log_error("CW-RUN-005", "a process does not end and is killed", KV("stage", p->stage->name),
              KV("replica", p->replica));
    kill(p->pid, SIGKILL);
}

/* Asks everybody at once: the pipeline cannot go on, and what is in hand is held at the sources. */
static bool end_all(struct super *s)
{
    bool gone = true;
    for (size_t i = 0; i < s->procs_n; i++) {
        struct proc *p = &s->procs[i];
        ask(p, SIGTERM);
        kill_late(s, p, HURRY_LIMIT_US);
        gone &= p->pid == 0;
    }
    return gone;
}

static bool end_stage(struct super *s, const struct pipeline_stage *stage)
{
    bool gone = true;
    for (size_t i = 0; i < s->procs_n; i++) {
        struct proc *p = &s->procs[i];
        if (p->stage != stage)
            continue;
        ask(p, s->how);
        if (s->how == SIGTERM) {
            kill_late(s, p, DRAIN_LIMIT_US);
            p->ended |= p->pid == 0;
        }
        gone &= p->ended;
    }
    return gone;
}

static void go_on_ending(struct super *s)
{
    if (s->code != EXIT_DONE) {
        if (end_all(s))
            s->mode = SUPER_ENDED;
        return;
    }
    size_t n = s->plan->pipeline.stages_n;
    while (s->at < n && (s->how != SIGUSR1 || super_given_back(s)) &&
           end_stage(s, &s->plan->pipeline.stages[s->plan->order[s->at]])) {
        s->at++;
        s->stage_since_us = time_mono_us();
    }
    if (s->at == n)
        s->mode = SUPER_ENDED;
}

static void end_leaving(struct super *s)
{
    for (size_t i = 0; i < s->procs_n; i++)
        if (s->procs[i].leaving)
            ask(&s->procs[i], SIGTERM);
}

static void read_signals(struct super *s)
{
    struct signalfd_siginfo si;
    while (read(s->signal_fd, &si, sizeof si) == (ssize_t)sizeof si) {
        if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT) {
            s->interrupted = true;
            super_end(s, SIGTERM);
        }
        for (size_t i = 0; i < s->procs_n && si.ssi_signo == SIGHUP; i++)
            if (s->procs[i].pid && s->procs[i].ready)
                kill(s->procs[i].pid, SIGHUP);
    }
}

static void wait_a_turn(struct super *s)
{
    struct pollfd fds[2] = {{.fd = s->signal_fd, .events = POLLIN},
                            {.fd = s->control_fd, .events = POLLIN}};
    poll(fds, 2, s->mode == SUPER_UP && super_ready(s) ? TURN_MS : SHORT_TURN_MS);
    read_signals(s);
    if (fds[1].revents & POLLIN)
        control_serve(s);
}

int super_loop(struct super *s)
{
    block_signals(s);
    s->control_fd = control_listen(s->run_dir);
    if (s->control_fd < 0)
        die(EXIT_TRY_LATER, "cannot listen at \"%s/control\": %s", s->run_dir, strerror(errno));
    orphans_end(s);
    while (s->mode != SUPER_ENDED) {
        procs_start_due(s);
        wait_a_turn(s);
        procs_reap(s);
        procs_watch(s);
        procs_hold_limit(s);
        super_room_again(s);
        if (s->mode == SUPER_ENDING)
            go_on_ending(s);
        end_leaving(s);
        if (s->turn)
            s->turn(s, s->ctx);
    }
    return s->code;
}

void super_close(struct super *s)
{
    if (s->control_fd >= 0)
        control_close(s->run_dir, s->control_fd);
    if (s->signal_fd >= 0)
        close(s->signal_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    if (s->plan)
        plan_free(s->plan);
    free(s->plan);
    free(s->procs);
    *s = (struct super){.lock_fd = -1, .control_fd = -1, .signal_fd = -1};
}
