/* RUN/control: a socket that takes one line and answers; its first word is an exit code. */
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "tools/claimwire/super.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE = 256, WAIT_S = 2 };

/* The address goes by the folder's descriptor: a run directory may be deeper than sun_path. */
static int address(const char *run_dir, struct sockaddr_un *a)
{
    int dir = open(run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/control", dir);
    return dir;
}

int control_listen(const char *run_dir)
{
    struct sockaddr_un a;
    int dir = address(run_dir, &a);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (dir < 0 || fd < 0)
        return -1;
    unlink(a.sun_path); /* the lock is ours, so whoever left it is gone */
    int rc = bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 16) < 0;
    close(dir);
    if (rc) {
        close(fd);
        return -1;
    }
    return fd;
}

void control_close(const char *run_dir, int fd)
{
    struct sockaddr_un a;
    int dir = address(run_dir, &a);
    if (dir >= 0) {
        unlink(a.sun_path);
        close(dir);
    }
    close(fd);
}

static void answer_scale(struct super *s, const char *line, struct buf *out)
{
    char stage[64];
    int n;
    struct buf error = {0};
    if (sscanf(line, "scale %63s %d", stage, &n) != 2)
        buf_printf(out, "%d scale needs a stage and a number\n", EXIT_USAGE);
    else if (procs_scale(s, stage, n, &error))
        buf_printf(out, "%d\n", EXIT_DONE);
    else
        buf_printf(out, "%d %s\n", EXIT_USAGE, buf_cstr(&error));
    buf_free(&error);
}

static void answer(struct super *s, const char *line, struct buf *out)
{
    if (strncmp(line, "status", 6) == 0) {
        buf_printf(out, "%d ", EXIT_DONE);
        status_json(s, out);
    } else if (strncmp(line, "scale ", 6) == 0) {
        answer_scale(s, line, out);
    } else if (strncmp(line, "hold", 4) == 0) {
        procs_hold(s);
        buf_printf(out, "%d\n", EXIT_DONE);
    } else if (strncmp(line, "go", 2) == 0) {
        buf_printf(out, "%d\n", procs_go(s) ? EXIT_DONE : EXIT_TRY_LATER);
    } else if (strncmp(line, "finish", 6) == 0) {
        super_end(s, SIGUSR1);
        buf_printf(out, "%d\n", EXIT_DONE);
    } else if (strncmp(line, "down", 4) == 0) {
        super_end(s, SIGTERM);
        buf_printf(out, "%d\n", EXIT_DONE);
    } else {
        buf_printf(out, "%d unknown word\n", EXIT_USAGE);
    }
}

static size_t read_line(int fd, char line[LINE])
{
    struct timeval limit = {.tv_sec = WAIT_S};
    size_t n = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    while (n < LINE - 1 && !memchr(line, '\n', n)) {
        ssize_t r = read(fd, line + n, LINE - 1 - n);
        if (r <= 0)
            break;
        n += (size_t)r;
    }
    line[n] = 0;
    return n;
}

void control_serve(struct super *s)
{
    char line[LINE];
    int fd;
    while ((fd = accept4(s->control_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct buf out = {0};
        if (read_line(fd, line)) {
            answer(s, line, &out);
            fs_write_all(fd, out.p, out.len);
        }
        buf_free(&out);
        close(fd);
    }
}

int control_ask(const char *run_dir, const char *line, struct buf *out)
{
    struct sockaddr_un a;
    struct buf text = {0};
    int dir = address(run_dir, &a), rc = EXIT_FINDINGS;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t n;
    if (dir < 0 || fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        if (errno == EACCES)
            buf_printf(out, "cannot ask what runs in \"%s\": %s", run_dir, strerror(errno));
        else
            buf_printf(out,
                       dir < 0 ? "there is no run directory \"%s\"" : "no pipeline is up in \"%s\"",
                       run_dir);
    } else {
        buf_printf(&text, "%s\n", line);
        fs_write_all(fd, text.p, text.len);
        buf_clear(&text);
        while ((n = read(fd, buf_room(&text, 4096), 4096)) > 0)
            text.len += (size_t)n;
        char *end;
        rc = (int)strtol(buf_cstr(&text), &end, 10);
        if (text.len)
            buf_puts(out, *end == ' ' ? end + 1 : end);
        else
            rc = EXIT_TRY_LATER, buf_puts(out, "the supervisor does not answer");
    }
    if (dir >= 0)
        close(dir);
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    return rc;
}

static void process_json(struct super *s, const struct proc *p, struct buf *out)
{
    struct process_status st;
    proc_numbers(s, p, &st);
    buf_printf(out,
               "{\"stage\":\"%s\",\"tool\":\"%s\",\"replica\":%d,\"pid\":%d,\"state\":\"%s\","
               "\"seconds\":%lld,\"restarts\":%d,\"in\":%lld,\"out\":%lld,\"refused\":%lld,"
               "\"open\":%lld,\"status\":%s}",
               p->stage->name, p->stage->command ? "stage" : p->stage->tool, p->replica,
               (int)p->pid,
               p->pid     ? p->ready ? st.state : "starting"
               : p->ended ? "ended"
                          : "waiting",
               p->pid ? (long long)(time_mono_us() - p->started_us) / 1000000 : 0LL, p->restarts,
               (long long)st.in, (long long)st.out, (long long)st.refused, (long long)st.open,
               st.json.len ? buf_cstr(&st.json) : "null");
    buf_free(&st.json);
}

void status_json(struct super *s, struct buf *out)
{
    buf_printf(out,
               "{\"pipeline\":\"%s\",\"state\":\"%s\",\"supervisor\":%d,\"disk_full\":%s,"
               "\"processes\":[",
               s->plan->pipeline.name, s->mode == SUPER_UP ? "up" : "ending", (int)getpid(),
               s->no_room ? "true" : "false");
    for (size_t i = 0; i < s->procs_n; i++) {
        if (i)
            buf_putc(out, ',');
        process_json(s, &s->procs[i], out);
    }
    buf_puts(out, "]}\n");
}
