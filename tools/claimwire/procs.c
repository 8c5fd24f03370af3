/* The processes of a supervisor: started, seen dying, started again, scaled. */
#include "common/util/clock.h"
#include "common/util/log.h"
#include "tools/claimwire/super.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BACKOFF_MIN_US = 50 * 1000,
    BACKOFF_MAX_US = 2 * 1000 * 1000,
    QUICK_US = 2 * 1000 * 1000, /* a life shorter than this is a quick death */
    QUICK_LIMIT = 20,           /* so many in a row: it cannot be kept up */
    HOLD_LIMIT_US = 10 * 1000 * 1000
};

static struct proc *add(struct super *s, const struct pipeline_stage *stage, int replica)
{
    s->procs = xrealloc(s->procs, (s->procs_n + 1) * sizeof *s->procs);
    s->procs[s->procs_n] = (struct proc){.stage = stage, .replica = replica, .exit_code = -1};
    return &s->procs[s->procs_n++];
}

void procs_make(struct super *s)
{
    for (size_t i = 0; i < s->plan->pipeline.stages_n; i++) {
        const struct pipeline_stage *stage = &s->plan->pipeline.stages[i];
        bool scalable = plan_info(s->plan, stage)->kind == TOOL_PASS;
        int n = scalable ? rundir_scale_of(s, stage) : 1;
        for (int k = 1; k <= n; k++)
            add(s, stage, k);
    }
}

/* The files go to the first source of the pipeline file. */
static bool gets_files(const struct super *s, const struct proc *p)
{
    for (size_t i = 0; i < s->plan->pipeline.stages_n; i++)
        if (s->plan->info[i].kind == TOOL_SOURCE)
            return s->files && p->stage == &s->plan->pipeline.stages[i];
    return false;
}

static void redirect(const struct super *s, const struct proc *p)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/log/%s.%d.log", s->run_dir, p->stage->name, p->replica);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || null < 0)
        _exit(EXIT_TRY_LATER);
    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
}

/* In the child. A supervisor that dies takes its processes along, gently: they drain. */
static _Noreturn void become(const struct super *s, const struct proc *p, pid_t parent)
{
    char replica[16];
    size_t n = 0, files = 0;
    sigset_t none;
    while (gets_files(s, p) && s->files[files])
        files++;
    const char **argv = xcalloc(files + 9, sizeof *argv);
    const char *tool = p->stage->command ? "stage" : p->stage->tool;
    snprintf(replica, sizeof replica, "%d", p->replica);
    const char *const head[] = {tool,           "--run",     s->run_dir, "--stage",
                                p->stage->name, "--replica", replica};
    for (; n < sizeof head / sizeof *head; n++)
        argv[n] = head[n];
    if (files)
        argv[n++] = "--";
    for (size_t i = 0; i < files; i++)
        argv[n++] = s->files[i];
    redirect(s, p);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_TRY_LATER);
    _exit(tool_exec(tool, (char **)argv));
}

static void start(struct super *s, struct proc *p)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(s, p, parent);
    p->started_us = time_mono_us();
    p->ready = false;
    p->asked_us = 0;
    if (pid < 0) {
        log_error("CW-RUN-001", "cannot start a process", KV("stage", p->stage->name),
                  KV("errno", errno));
        p->next_us = p->started_us + BACKOFF_MAX_US;
        return;
    }
    p->pid = pid;
}

static void kill_all(const struct super *s, int sig)
{
    for (size_t i = 0; i < s->procs_n; i++)
        if (s->procs[i].pid)
            kill(s->procs[i].pid, sig);
}

void procs_hold(struct super *s)
{
    s->held_us = time_mono_us();
    kill_all(s, SIGSTOP);
    /* A signal is on its way until its process says so. */
    for (size_t i = 0; i < s->procs_n; i++) {
        siginfo_t si;
        if (s->procs[i].pid)
            waitid(P_PID, (id_t)s->procs[i].pid, &si, WSTOPPED | WEXITED | WNOWAIT);
    }
}

bool procs_go(struct super *s)
{
    bool held = s->held_us != 0;
    kill_all(s, SIGCONT);
    s->held_us = 0;
    return held;
}

void procs_hold_limit(struct super *s)
{
    if (s->held_us && time_mono_us() - s->held_us > HOLD_LIMIT_US) {
        log_warn("CW-RUN-007", "processes were held too long for a copy and go on");
        procs_go(s);
    }
}

void procs_start_due(struct super *s)
{
    int64_t now = time_mono_us();
    if (s->held_us)
        return;
    for (size_t i = 0; i < s->procs_n; i++) {
        struct proc *p = &s->procs[i];
        if (!p->pid && !p->ended && !p->leaving && now >= p->next_us && s->code == EXIT_DONE)
            start(s, p);
    }
}

/* Keeps the numbers of a life that is over. */
static void remember(const struct super *s, struct proc *p)
{
    struct process_status st;
    if (process_status_read(s->run_dir, p->stage->name, p->replica, &st) && st.pid == p->pid) {
        p->in += st.in;
        p->out += st.out;
        p->refused += st.refused;
    }
    buf_free(&st.json);
}

void proc_numbers(const struct super *s, const struct proc *p, struct process_status *now)
{
    bool alive = process_status_read(s->run_dir, p->stage->name, p->replica, now) && p->pid &&
                 now->pid == p->pid;
    if (!alive) {
        buf_free(&now->json);
        *now = (struct process_status){0};
    }
    now->in += p->in;
    now->out += p->out;
    now->refused += p->refused;
}

/* Begins the end of a pipeline that cannot go on, for the reason that the process's log tells. */
static void give_up(struct super *s, const struct proc *p, int code)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%d", p->stage->name, p->replica);
    rundir_show_log(s->run_dir, name);
    s->code = code;
    super_end(s, SIGTERM);
}

static void again_later(struct super *s, struct proc *p)
{
    int64_t now = time_mono_us();
    bool killed = p->exit_code == 128 + SIGKILL; /* from outside: says nothing about the process */
    p->quick = !killed && now - p->started_us < QUICK_US ? p->quick + 1 : 0;
    if (killed)
        unsetenv("CLAIMWIRE_KILL_AT"); /* a kill point is visited once (common/util/killpoint.h) */
    int64_t wait = BACKOFF_MIN_US;
    for (int i = 1; i < p->quick && wait < BACKOFF_MAX_US; i++)
        wait *= 2;
    p->next_us = now + (wait < BACKOFF_MAX_US ? wait : BACKOFF_MAX_US);
    p->restarts++;
    if (!super_no_room(s, p) && p->quick >= QUICK_LIMIT && s->code == EXIT_DONE) {
        log_error("CW-RUN-003", "a process cannot be kept up", KV("stage", p->stage->name),
                  KV("replica", p->replica), KV("exit", p->exit_code));
        give_up(s, p, EXIT_TRY_LATER);
    }
}

static bool hopeless(int code)
{
    return code == EXIT_USAGE || code == EXIT_CONFIG || code == EXIT_UNREADABLE;
}

/* A source that watches a folder, or listens, is never done by itself; one that does not is done when it has
 * given what it had. */
static bool watches(const struct pipeline_stage *stage)
{
    for (size_t i = 0; i < stage->settings_n; i++)
        if (strcmp(stage->settings[i].key, "watch") == 0 ||
            strcmp(stage->settings[i].key, "mllp") == 0)
            return true;
    return false;
}

/* While the pipeline drains, the stages behind the one that is ending are still needed. */
static bool is_ending(const struct super *s, const struct proc *p)
{
    bool done = p->exit_code == EXIT_DONE;
    if (p->leaving || s->code != EXIT_DONE)
        return true;
    if ((s->files || !watches(p->stage)) && done &&
        plan_info(s->plan, p->stage)->kind == TOOL_SOURCE)
        return true; /* it has seen to all that it was given */
    if (s->mode == SUPER_UP)
        return false;
    if (s->how == SIGUSR1)
        return p->asked_us && done;
    for (size_t i = 0; i <= s->at; i++)
        if (p->stage == &s->plan->pipeline.stages[s->plan->order[i]])
            return true;
    return false;
}

static void died(struct super *s, struct proc *p, int status)
{
    p->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    remember(s, p);
    p->pid = 0;
    if (hopeless(p->exit_code) && s->code == EXIT_DONE) {
        log_error("CW-RUN-002", "a process cannot run with what it was given",
                  KV("stage", p->stage->name), KV("replica", p->replica), KV("exit", p->exit_code));
        give_up(s, p, p->exit_code);
    }
    if (is_ending(s, p)) {
        p->ended = true;
        return;
    }
    log_warn("CW-RUN-004", "a process ended and is started again", KV("stage", p->stage->name),
             KV("replica", p->replica), KV("exit", p->exit_code));
    again_later(s, p);
}

static void forget_left(struct super *s)
{
    char path[PATH_MAX];
    size_t kept = 0;
    for (size_t i = 0; i < s->procs_n; i++) {
        struct proc *p = &s->procs[i];
        if (!p->leaving || !p->ended) {
            s->procs[kept++] = *p;
            continue;
        }
        snprintf(path, sizeof path, "%s/status/%s.%d.json", s->run_dir, p->stage->name, p->replica);
        unlink(path);
    }
    s->procs_n = kept;
}

static int64_t microseconds(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

void procs_reap(struct super *s)
{
    int status;
    pid_t pid;
    struct rusage used;
    while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0)
        for (size_t i = 0; i < s->procs_n; i++)
            if (s->procs[i].pid == pid) {
                s->procs[i].cpu_us += microseconds(used.ru_utime) + microseconds(used.ru_stime);
                died(s, &s->procs[i], status);
            }
    forget_left(s);
}

void procs_watch(struct super *s)
{
    for (size_t i = 0; i < s->procs_n; i++) {
        struct proc *p = &s->procs[i];
        struct process_status st;
        if (!p->pid || p->ready)
            continue;
        p->ready =
            process_status_read(s->run_dir, p->stage->name, p->replica, &st) && st.pid == p->pid;
        buf_free(&st.json);
    }
}

bool procs_scale(struct super *s, const char *stage, int n, struct buf *error)
{
    const struct pipeline_stage *st = pipeline_find(&s->plan->pipeline, stage);
    bool seen[65] = {0};
    if (!st || plan_info(s->plan, st)->kind != TOOL_PASS || n < 1 || n > 64 ||
        s->mode != SUPER_UP) {
        buf_printf(error,
                   !st                   ? "there is no stage \"%s\""
                   : s->mode != SUPER_UP ? "the pipeline is ending (\"%s\")"
                   : n < 1 || n > 64     ? "a stage has 1 to 64 processes (\"%s\")"
                                         : "\"%s\" runs as one process",
                   stage);
        return false;
    }
    for (size_t i = 0; i < s->procs_n; i++) {
        struct proc *p = &s->procs[i];
        if (p->stage != st)
            continue;
        seen[p->replica] = true;
        p->leaving = p->replica > n;
        if (!p->pid && p->leaving)
            p->ended = true;
    }
    for (int k = 1; k <= n; k++)
        if (!seen[k])
            add(s, st, k);
    return rundir_save_scale(s) == 0 || (buf_puts(error, "cannot write RUN/scale"), false);
}
