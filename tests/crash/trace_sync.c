/*
 * A library to preload (LD_PRELOAD) that writes down, in the order in which they happen inside a
 * process: frames received ("F inst seq", or "E" when there is nothing to keep in it), frames sent
 * ("G inst seq"), syncs ("S") and acknowledgments of frames ("A inst seq").
 * tests/crash/trace_check.py holds the order against the promise: no acknowledgment leaves before
 * the sync it stands for. One file a process: $TRACE_DIR/COMMAND.PID. The command header is that of
 * docs/messages.md.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { CMD_FRAME = 3, CMD_ACK = 4, HEADER = 32 };

static int trace_fd = -1;

__attribute__((constructor)) static void open_trace(void)
{
    char path[512];
    const char *dir = getenv("TRACE_DIR");
    if (!dir)
        return;
    snprintf(path, sizeof path, "%s/%s.%d", dir, program_invocation_short_name, (int)getpid());
    trace_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const char *line, int n)
{
    if (trace_fd >= 0 && write(trace_fd, line, (size_t)n) < 0)
        abort();
}

static void note_seq(char what, uint64_t inst, uint64_t seq)
{
    char line[64];
    note(line, snprintf(line, sizeof line, "%c %016llx %llu\n", what, (unsigned long long)inst,
                        (unsigned long long)seq));
}

static uint64_t u64_at(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* How many records of a frame only count a set's claims (kind "tally"): a keeper of claims has
 * nothing to keep of them, and nothing to sync. */
static unsigned tallies(const unsigned char *p, size_t n)
{
    static const char kind[] = "\xa4kind\xa5tally";
    unsigned found = 0;
    for (const unsigned char *at = p;
         (at = memmem(at, n - (size_t)(at - p), kind, sizeof kind - 1)); at++)
        found++;
    return found;
}

static void look(const unsigned char *p, size_t n, bool sent)
{
    if (n < HEADER)
        return;
    unsigned records = p[2] | (unsigned)p[3] << 8;
    if (p[0] == CMD_FRAME)
        note_seq(sent ? 'G' : tallies(p, n) == records ? 'E' : 'F', u64_at(p + 8), u64_at(p + 16));
    if (p[0] != CMD_ACK || !sent)
        return;
    for (unsigned i = 0; i < records && HEADER + 8 * (i + 1) <= n; i++)
        note_seq('A', u64_at(p + 8), u64_at(p + HEADER + 8 * (size_t)i));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
    int rc = REAL(fsync)(fd);
    note("S\n", 2);
    return rc;
}

int fdatasync(int fd)
{
    int rc = REAL(fdatasync)(fd);
    note("S\n", 2);
    return rc;
}

int zmq_send(void *s, const void *p, size_t n, int flags)
{
    look(p, n, true);
    return REAL(zmq_send)(s, p, n, flags);
}

int zmq_msg_send(zmq_msg_t *m, void *s, int flags)
{
    look(zmq_msg_data(m), zmq_msg_size(m), true);
    return REAL(zmq_msg_send)(m, s, flags);
}

int zmq_recv(void *s, void *p, size_t n, int flags)
{
    int got = REAL(zmq_recv)(s, p, n, flags);
    if (got > 0)
        look(p, (size_t)got < n ? (size_t)got : n, false);
    return got;
}

int zmq_msg_recv(zmq_msg_t *m, void *s, int flags)
{
    int got = REAL(zmq_msg_recv)(m, s, flags);
    if (got > 0)
        look(zmq_msg_data(m), zmq_msg_size(m), false);
    return got;
}
