/*
 * Floor of the links: a bare PUSH and PULL chain of the same shape (a source, three stages, a
 * counting sink; 64 records of 700 B a frame; each stage makes a new frame of the records of the
 * old one). Nothing is acknowledged and nothing kept: a kill loses what is under way.
 *
 * usage: links_floor DIR RECORDS     prints {"records_s": ...}
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { ID = 16, BODY = 700, RECORD = ID + BODY, FRAME = 64, STEPS = 5, HWM = 64 };

static void *open_end(void *zmq, int type, const char *dir, int n)
{
    void *socket = zmq_socket(zmq, type);
    char end[512];
    int hwm = HWM;
    snprintf(end, sizeof end, "ipc://%s/link%d", dir, n);
    zmq_setsockopt(socket, type == ZMQ_PUSH ? ZMQ_SNDHWM : ZMQ_RCVHWM, &hwm, sizeof hwm);
    if ((type == ZMQ_PULL ? zmq_bind : zmq_connect)(socket, end))
        die(EXIT_TRY_LATER, "links_floor: \"%s\": %s", end, zmq_strerror(errno));
    return socket;
}

static void source(void *out, long count)
{
    static char body[BODY];
    for (long i = 0; i < count;) {
        zmq_msg_t m;
        long n = count - i < FRAME ? count - i : FRAME;
        zmq_msg_init_size(&m, (size_t)n * RECORD);
        char *p = zmq_msg_data(&m);
        for (long k = 0; k < n; k++, i++, p += RECORD) {
            memcpy(p, &i, sizeof i);
            memcpy(p + ID, body, BODY);
        }
        zmq_msg_send(&m, out, 0);
    }
}

static void stage(void *in, void *out, long count)
{
    while (count > 0) {
        zmq_msg_t a, b;
        zmq_msg_init(&a);
        zmq_msg_recv(&a, in, 0);
        size_t n = zmq_msg_size(&a) / RECORD;
        zmq_msg_init_size(&b, n * RECORD);
        for (size_t k = 0; k < n; k++)
            memcpy((char *)zmq_msg_data(&b) + k * RECORD, (char *)zmq_msg_data(&a) + k * RECORD,
                   RECORD);
        zmq_msg_close(&a);
        zmq_msg_send(&b, out, 0);
        count -= (long)n;
    }
}

static void sink(void *in, long count)
{
    int64_t from = 0;
    for (long got = 0; got < count;) {
        zmq_msg_t a;
        zmq_msg_init(&a);
        zmq_msg_recv(&a, in, 0);
        got += (long)(zmq_msg_size(&a) / RECORD);
        zmq_msg_close(&a);
        from = from ? from : time_mono_us();
    }
    printf("{\"records_s\": %lld}\n",
           (long long)count * 1000000 / (long long)(time_mono_us() - from + 1));
    fflush(stdout);
}

static void run_step(const char *dir, int step, long count)
{
    void *zmq = zmq_ctx_new();
    void *in = step > 0 ? open_end(zmq, ZMQ_PULL, dir, step) : NULL;
    void *out = step < STEPS - 1 ? open_end(zmq, ZMQ_PUSH, dir, step + 1) : NULL;
    if (step == 0)
        source(out, count);
    else if (step < STEPS - 1)
        stage(in, out, count);
    else
        sink(in, count);
    if (in)
        zmq_close(in);
    if (out)
        zmq_close(out);
    zmq_ctx_term(zmq);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die(EXIT_USAGE, "usage: links_floor DIR RECORDS");
    for (int step = STEPS - 1; step >= 0; step--)
        if (fork() == 0) {
            run_step(argv[1], step, atol(argv[2]));
            return 0;
        }
    while (wait(NULL) > 0)
        continue;
    return 0;
}
