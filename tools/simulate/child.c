/* Processes of the simulation; with --kill some of them die of it. */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_TRIES = 50, LOOK_US = 2000 };

void words_add(struct words *w, const char *word)
{
    if (w->n + 1 >= w->room) {
        w->room = w->room * 2 + 16;
        w->v = xrealloc(w->v, w->room * sizeof *w->v);
    }
    w->v[w->n++] = xstrdup(word);
    w->v[w->n] = NULL;
}

void words_free(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->v[i]);
    free(w->v);
    *w = (struct words){0};
}

/* The command beside this one. */
static const char *claimwire(void)
{
    static char path[PATH_MAX];
    ssize_t n = *path ? 0 : readlink("/proc/self/exe", path, sizeof path - 16);
    if (n < 0)
        die(EXIT_TRY_LATER, "cannot find the folder of this program: %m");
    if (n)
        strcpy(strrchr(path, '/'), "/claimwire");
    return path;
}

static _Noreturn void become(const struct sim *s, const char *const *argv, const char *out)
{
    char log[SIM_PATH + 32];
    snprintf(log, sizeof log, "%s/log", s->home);
    int err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), in = open("/dev/null", O_RDONLY);
    int to = out ? open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600) : err;
    if (err < 0 || to < 0 || in < 0 || dup2(in, 0) < 0 || dup2(to, 1) < 0 || dup2(err, 2) < 0)
        _exit(EXIT_TRY_LATER);
    execv(claimwire(), (char *const *)(uintptr_t)argv);
    _exit(EXIT_TRY_LATER);
}

/* ---- killing ---- */

/* The pids of the children of pid, and of their children, appended. */
static size_t family(pid_t pid, pid_t *list, size_t n, size_t room)
{
    char path[64];
    int child;
    size_t first = n;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "re");
    while (f && n < room && fscanf(f, "%d", &child) == 1)
        list[n++] = child;
    if (f)
        fclose(f);
    for (size_t i = first, m = n; i < m; i++)
        n = family(list[i], list, n, room);
    return n;
}

/* One of the processes that this simulation started: a stage, an upload, the supervisor. */
static void kill_one(struct sim *s, pid_t pid)
{
    pid_t list[256] = {pid};
    size_t n = family(pid, list, 1, 256);
    kill(list[dice_next(&s->dice, n)], SIGKILL);
    s->kill.left--;
    s->kill.done++;
    s->kill.at_us = time_mono_us() + 20000 + (int64_t)dice_next(&s->dice, 600000);
}

static int64_t cpu_us(const struct rusage *u)
{
    return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * INT64_C(1000000) + u->ru_utime.tv_usec +
           u->ru_stime.tv_usec;
}

void child_cost(struct sim *s, const char *tool, int64_t wall_us, int64_t cpu_us)
{
    struct sim_cost *c = s->costs;
    while (*c->tool && strcmp(c->tool, tool) != 0)
        c++;
    if (c == s->costs + sizeof s->costs / sizeof *s->costs - 1)
        return; /* the last stays empty: a pipeline of very many stages */
    snprintf(c->tool, sizeof c->tool, "%s", tool);
    c->times++;
    c->wall_us += wall_us;
    c->cpu_us += cpu_us;
}

static int wait_for(struct sim *s, pid_t pid, const char *tool)
{
    int status;
    pid_t got;
    int64_t began = time_mono_us();
    struct rusage u;
    while ((got = wait4(pid, &status, s->kill.left > 0 ? WNOHANG : 0, &u)) == 0) {
        if (time_mono_us() >= s->kill.at_us)
            kill_one(s, pid);
        usleep(LOOK_US);
    }
    if (got < 0)
        die(EXIT_TRY_LATER, "cannot wait for a process: %m");
    /* with all that it started */
    child_cost(s, tool, time_mono_us() - began, cpu_us(&u));
    return status;
}

/* ---- running ---- */

static pid_t start(struct sim *s, const char *const *argv, const char *out)
{
    pid_t pid = fork();
    if (pid < 0)
        die(EXIT_TRY_LATER, "cannot make a process: %m");
    if (pid == 0)
        become(s, argv, out);
    return pid;
}

static int ended(struct sim *s, const char *const *argv, int status, const char *path,
                 struct buf *out, int ok)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code && code != ok)
        die(EXIT_TRY_LATER, "`claimwire %s` ended with %d; see \"%s/log\"", argv[1], code, s->home);
    if (out && fs_read(path, INT_MAX, out))
        die(EXIT_TRY_LATER, "cannot read \"%s\": %m", path);
    return code;
}

static char *out_path(const struct sim *s, const char *name, char path[SIM_PATH + 32])
{
    snprintf(path, SIM_PATH + 32, "%s/%s", s->home, name);
    return path;
}

int child_run(struct sim *s, const char *const *argv, struct buf *out, int ok)
{
    char path[SIM_PATH + 32];
    int status = 0;
    out_path(s, "out", path);
    for (int i = 0; i < MOST_TRIES; i++) {
        long killed = s->kill.done;
        status = wait_for(s, start(s, argv, out ? path : NULL), argv[1]);
        if (s->kill.done == killed || status == 0)
            break; /* what was killed is called again, and goes on where it stopped */
    }
    return ended(s, argv, status, path, out, ok);
}

void child_beside(struct sim *s, const char *const *argv, struct child_beside *b)
{
    b->argv = argv;
    char name[32];
    snprintf(name, sizeof name, "beside-%s", argv[1]);
    b->pid = s->kill.left > 0 ? 0 : start(s, argv, out_path(s, name, b->path));
}

void child_join(struct sim *s, struct child_beside *b, struct buf *out, int ok)
{
    if (b->pid)
        ended(s, b->argv, wait_for(s, b->pid, b->argv[1]), b->path, out, ok);
    else
        child_run(s, b->argv, out, ok);
}
