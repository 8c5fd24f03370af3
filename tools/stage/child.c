#include "tools/stage/child.h"
#include "common/link/frame.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_AT_ONCE = 1 << 16 };

/* In the child: streams, signals as a program expects them, and the command. The errno of an exec
 * that failed goes up the pipe `fault`. */
static _Noreturn void become(char *const *command, int in, int out, int fault)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        execvp(command[0], command);
    int err = errno;
    if (write(fault, &err, sizeof err) != sizeof err)
        _exit(126);
    _exit(127);
}

bool child_start(struct child *c, char *const *command)
{
    int in[2], out[2], fault[2], err = 0;
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(fault, O_CLOEXEC))
        die(EXIT_TRY_LATER, "cannot make a pipe: %m");
    c->pid = fork();
    if (c->pid < 0)
        die(EXIT_TRY_LATER, "cannot start \"%s\": %m", command[0]);
    if (c->pid == 0)
        become(command, in[0], out[1], fault[1]);
    close(in[0]);
    close(out[1]);
    close(fault[1]);
    c->in = in[1];
    c->out = out[0];
    bool failed = read(fault[0], &err, sizeof err) == sizeof err;
    close(fault[0]);
    if (failed) {
        fprintf(stderr, "claimwire stage: cannot run \"%s\": %s\n", command[0], strerror(err));
        child_kill(c);
        return false;
    }
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    return true;
}

static void close_streams(struct child *c)
{
    if (c->in >= 0)
        close(c->in);
    if (c->out >= 0)
        close(c->out);
    c->in = c->out = -1;
}

bool child_alive(struct child *c)
{
    if (c->pid == 0)
        return false;
    if (waitpid(c->pid, NULL, WNOHANG) != c->pid)
        return true;
    c->pid = 0;
    close_streams(c);
    return false;
}

void child_kill(struct child *c)
{
    if (c->pid == 0)
        return;
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    c->pid = 0;
    close_streams(c);
}

/* Looks for the BYE of seq at the end of whole commands from *at on; *at is moved behind what is
 * whole. CHILD_SILENT: not there yet. */
static enum child_end find_bye(struct buf *out, size_t *at, uint64_t seq)
{
    while (out->len - *at >= 4) {
        uint32_t n;
        struct frame_header h;
        memcpy(&n, out->p + *at, 4);
        if (n < FRAME_HEADER || n > FRAME_MAX)
            return CHILD_BABBLED;
        if (out->len - *at - 4 < n)
            return CHILD_SILENT;
        if (frame_header_read(out->p + *at + 4, n, &h) ||
            (h.cmd != CMD_FRAME && (h.cmd != CMD_BYE || h.seq != seq)))
            return CHILD_BABBLED;
        if (h.cmd == CMD_BYE) {
            bool more = out->len > *at + 4 + n;
            out->len = *at;
            return more ? CHILD_BABBLED : CHILD_DONE;
        }
        *at += 4 + (size_t)n;
    }
    return CHILD_SILENT;
}

/* Writes what the pipe takes; false when the child has closed its end. */
static bool feed(struct child *c, const struct buf *command, size_t *sent)
{
    ssize_t n = write(c->in, command->p + *sent, command->len - *sent);
    if (n > 0)
        *sent += (size_t)n;
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Reads what there is; false at the end. */
static bool drink(struct child *c, struct buf *out)
{
    ssize_t n = read(c->out, buf_room(out, READ_AT_ONCE), READ_AT_ONCE);
    if (n > 0)
        out->len += (size_t)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

enum child_end child_turn(struct child *c, const struct buf *command, uint64_t seq, int limit_ms,
                          struct buf *out)
{
    int64_t until = time_mono_us() + 1000 * (int64_t)limit_ms;
    size_t sent = 0, at = 0;
    for (;;) {
        struct pollfd p[2] = {{c->out, POLLIN, 0}, {c->in, POLLOUT, 0}};
        int64_t left = (until - time_mono_us()) / 1000;
        if (left <= 0)
            return CHILD_SILENT;
        if (poll(p, sent < command->len ? 2 : 1, (int)left) <= 0)
            continue;
        if (p[1].revents && !feed(c, command, &sent))
            return CHILD_DIED;
        if (p[0].revents && !drink(c, out))
            return CHILD_DIED;
        enum child_end end = find_bye(out, &at, seq);
        if (end != CHILD_SILENT)
            return end;
    }
}

static void say_bye(struct child *c)
{
    struct frame_header h = {.cmd = CMD_BYE};
    char bye[4 + FRAME_HEADER];
    uint32_t n = FRAME_HEADER;
    memcpy(bye, &n, 4);
    frame_header_write(bye + 4, &h);
    if (write(c->in, bye, sizeof bye) != sizeof bye)
        log_debug("CW-STG-004", "the program took no BYE");
    close(c->in);
    c->in = -1;
}

int child_end(struct child *c, int limit_ms)
{
    int status = 0;
    if (!child_alive(c))
        return 0;
    say_bye(c);
    for (int ms = 0; ms < limit_ms; ms += 5) {
        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            c->pid = 0;
            close_streams(c);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        usleep(5000);
    }
    child_kill(c);
    return 128 + SIGKILL;
}
