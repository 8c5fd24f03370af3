#include "common/wire/hand.h"
#include "common/util/fs.h"
#include "common/wire/wire_int.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Never returns: no handler of the parent's may run in here. */
static _Noreturn void child(int fd, enum wire_result (*act)(void *, struct wire_fault *), void *ctx,
                            pid_t parent)
{
    struct hand_word word = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (getppid() != parent)
        _exit(1);
    word.result = act(ctx, &word.fault);
    _exit(fs_write_all(fd, &word, sizeof word) ? 1 : 0);
}

bool hand_start(struct hand *h, enum wire_result (*act)(void *ctx, struct wire_fault *f), void *ctx)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC))
        return false;
    pid_t pid = fork();
    if (pid == 0)
        child(ends[1], act, ctx, parent);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    h->pid = pid;
    h->fd = ends[0];
    return true;
}

static bool read_word(int fd, struct hand_word *word)
{
    char *to = (char *)word;
    size_t got = 0;
    ssize_t n;
    while (got < sizeof *word && (n = read(fd, to + got, sizeof *word - got)) != 0) {
        if (n < 0 && errno != EINTR)
            return false;
        got += n > 0 ? (size_t)n : 0;
    }
    return got == sizeof *word;
}

bool hand_ended(struct hand *h, bool wait, struct hand_word *word)
{
    int status;
    pid_t rc;
    do
        rc = waitpid(h->pid, &status, wait ? 0 : WNOHANG);
    while (rc < 0 && errno == EINTR);
    if (rc == 0)
        return false;
    if (!read_word(h->fd, word))
        word->result =
            wire_fail(&word->fault, WIRE_LATER, "NET_DIED", "the transfer ended without a word");
    close(h->fd);
    h->pid = 0;
    return true;
}

void hand_stop(struct hand *h)
{
    if (!h->pid)
        return;
    kill(h->pid, SIGKILL);
    waitpid(h->pid, NULL, 0);
    close(h->fd);
    h->pid = 0;
}
