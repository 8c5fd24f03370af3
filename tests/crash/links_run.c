#include "tests/crash/links_run.h"
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void path_of(const struct run *r, char out[256], const char *fmt, const char *stage, int n)
{
    int len = snprintf(out, 256, "%s/", r->dir);
    snprintf(out + len, 256 - (size_t)len, fmt, stage, n);
}

void run_new(struct run *r, const char *name, const char *yaml)
{
    char text[512];
    memset(r, 0, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "build/tmp/links/%s", name);
    snprintf(text, sizeof text, "rm -rf %s", r->dir);
    if (system(text) || fs_mkdirs(r->dir))
        die(1, "cannot make %s", r->dir);
    snprintf(text, sizeof text, "%s/log", r->dir);
    fs_mkdirs(text);
    snprintf(text, sizeof text, "%s/pipeline.yaml", r->dir);
    if (fs_replace(text, yaml, strlen(yaml)))
        die(1, "cannot write %s", text);
}

static void spawn(struct run *r, struct proc *p)
{
    char log[256], number[16];
    path_of(r, log, "log/%s.%d.log", p->stage, p->replica);
    snprintf(number, sizeof number, "%d", p->replica);
    p->pid = fork();
    if (p->pid)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    dup2(open("/dev/null", O_RDONLY), 0);
    closefrom(3);
    if (strchr(p->tool, '/'))
        execl(p->tool, p->tool, "--run", r->dir, "--stage", p->stage, "--replica", number,
              (char *)NULL);
    execl("/proc/self/exe", "links", p->tool, "--run", r->dir, "--stage", p->stage, "--replica",
          number, (char *)NULL);
    _exit(99);
}

struct proc *run_start(struct run *r, const char *stage, const char *tool, int replica)
{
    struct proc *p = &r->procs[r->n++];
    snprintf(p->stage, sizeof p->stage, "%s", stage);
    snprintf(p->tool, sizeof p->tool, "%s", tool);
    p->replica = replica;
    spawn(r, p);
    return p;
}

struct proc *run_proc(struct run *r, const char *stage, int replica)
{
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->procs[i].stage, stage) == 0 && r->procs[i].replica == replica)
            return &r->procs[i];
    BUG("no such process");
}

void run_mind(struct run *r)
{
    for (int i = 0; i < r->n; i++) {
        struct proc *p = &r->procs[i];
        int status;
        if (p->pid <= 0 || waitpid(p->pid, &status, WNOHANG) != p->pid)
            continue;
        p->pid = 0;
        p->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
        p->deaths += p->exit_code != 0;
        if (p->exit_code != 0 && !p->keep_down)
            spawn(r, p);
    }
}

bool run_until_ended(struct run *r, struct proc *p, int ms)
{
    int64_t until = time_mono_us() + 1000 * (int64_t)ms;
    while (p->pid && time_mono_us() < until) {
        usleep(2000);
        run_mind(r);
    }
    return p->pid == 0 && p->exit_code == 0;
}

void run_for(struct run *r, int ms)
{
    int64_t until = time_mono_us() + 1000 * (int64_t)ms;
    while (time_mono_us() < until) {
        usleep(2000);
        run_mind(r);
    }
}

void run_signal(struct proc *p, int sig)
{
    if (p->pid > 0)
        kill(p->pid, sig);
}

void run_kill_child(const struct proc *p)
{
    char path[64];
    struct buf b = {0};
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)p->pid, (int)p->pid);
    long child = fs_read(path, 4096, &b) == 0 ? strtol(buf_cstr(&b), NULL, 10) : 0;
    if (child > 0)
        kill((pid_t)child, SIGKILL);
    buf_free(&b);
}

static bool finish_stage(struct run *r, const char *stage)
{
    bool all = true;
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->procs[i].stage, stage) == 0)
            run_signal(&r->procs[i], SIGUSR1);
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->procs[i].stage, stage) == 0 && !r->procs[i].keep_down &&
            !run_until_ended(r, &r->procs[i], 10000)) {
            fprintf(stderr, "%s.%d did not finish (%d)\n", stage, r->procs[i].replica,
                    r->procs[i].exit_code);
            all = false;
        }
    return all;
}

bool run_finish(struct run *r, const char *stages)
{
    char *copy = xstrdup(stages);
    bool all = true;
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        all &= finish_stage(r, w);
    free(copy);
    return all;
}

void run_end(struct run *r)
{
    for (int i = 0; i < r->n; i++) {
        struct proc *p = &r->procs[i];
        if (p->pid <= 0)
            continue;
        kill(p->pid, SIGKILL);
        kill(p->pid, SIGCONT);
        waitpid(p->pid, NULL, 0);
        p->pid = 0;
    }
}

long run_status(const struct run *r, const char *stage, int replica, const char *key)
{
    char path[256], quoted[64];
    struct buf b = {0};
    long sum = 0;
    path_of(r, path, "status/%s.%d.json", stage, replica);
    if (fs_read(path, 1 << 20, &b))
        return -1;
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    for (const char *at = strstr(buf_cstr(&b), quoted); at; at = strstr(at + 1, quoted))
        sum += strtol(at + strlen(quoted), NULL, 10);
    buf_free(&b);
    return sum;
}

static sqlite3 *chest_open(const struct run *r, const char *stage)
{
    char path[256];
    sqlite3 *db = NULL;
    path_of(r, path, "%s/chest.db", stage, 0);
    if (access(path, F_OK) || sqlite3_open(path, &db) != SQLITE_OK)
        return NULL;
    sqlite3_busy_timeout(db, 5000);
    return db;
}

long run_rows(const struct run *r, const char *stage, const char *where)
{
    sqlite3 *db = chest_open(r, stage);
    sqlite3_stmt *q = NULL;
    char text[256];
    long n = 0;
    snprintf(text, sizeof text, "SELECT count(*) FROM chest WHERE %s", where);
    if (db && sqlite3_prepare_v2(db, text, -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        n = (long)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

struct digest run_digest(const struct run *r, const char *stage)
{
    sqlite3 *db = chest_open(r, stage);
    sqlite3_stmt *q = NULL;
    struct buf all = {0};
    if (db && sqlite3_prepare_v2(db, "SELECT id, root, body FROM chest ORDER BY id", -1, &q,
                                 NULL) == SQLITE_OK)
        while (sqlite3_step(q) == SQLITE_ROW)
            for (int c = 0; c < 3; c++)
                buf_add(&all, sqlite3_column_blob(q, c), (size_t)sqlite3_column_bytes(q, c));
    sqlite3_finalize(q);
    sqlite3_close(db);
    struct digest d = digest_of(all.p, all.len);
    buf_free(&all);
    return d;
}

long run_resident_kb(const struct proc *p)
{
    char path[64];
    struct buf b = {0};
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    if (fs_read(path, 1 << 20, &b))
        return -1;
    const char *at = strstr(buf_cstr(&b), "VmRSS:");
    long kb = at ? strtol(at + 6, NULL, 10) : -1;
    buf_free(&b);
    return kb;
}

bool run_log_tells(struct run *r, const char *stage, int replica, const char *text)
{
    for (int i = 0; i < 200 && !run_log_has(r, stage, replica, text); i++)
        run_for(r, 100);
    return run_log_has(r, stage, replica, text);
}

bool run_log_has(const struct run *r, const char *stage, int replica, const char *text)
{
    char path[256];
    struct buf b = {0};
    path_of(r, path, "log/%s.%d.log", stage, replica);
    bool has = fs_read(path, 64 << 20, &b) == 0 && strstr(buf_cstr(&b), text);
    buf_free(&b);
    return has;
}
