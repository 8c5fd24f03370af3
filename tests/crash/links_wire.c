/*
 * Links over the wire: tcp with CURVE, bytes of strangers, and takers that speak the protocol by
 * hand, so that its rules are seen from outside. Each test is a sentence of docs/messages.md.
 */
#include "tests/crash/links_chain.h"

#include "common/link/frame.h"
#include "common/link/hello.h"
#include "common/util/clock.h"
#include "tests/crash/links_tools.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

/* --- tcp --- */

static struct run east; /* the other host: takes over tcp */

static int teardown_both(void **state)
{
    run_end(&east);
    return links_teardown(state);
}

static void copy_key(const struct run *from, const struct run *to, const char *as)
{
    char command[1024];
    snprintf(command, sizeof command,
             "mkdir -p %s/keys/curve/takers %s/keys/curve/givers &&"
             " cp %s/keys/curve/own.public '%s/keys/curve/%s'",
             to->dir, to->dir, from->dir, to->dir, as);
    assert_int_equal(system(command), 0);
}

static int tcp_port(void)
{
    return 20000 + (int)(getpid() % 20000);
}

/* west: src listens; east: k connects. Both make their keys at first use. */
static void start_two_hosts(const char *name)
{
    char yaml[1024], where[64];
    snprintf(yaml, sizeof yaml,
             "pipeline: west\nstages:\n"
             "  src: {tool: numbers, settings: {count: 20000, rate: 15000}, curve: true,"
             " listen: 'tcp://127.0.0.1:%d', to: {numbers: k, rejects: q}}\n"
             "  q: {tool: chest}\n",
             tcp_port());
    snprintf(where, sizeof where, "%s_west", name);
    run_new(&here, where, yaml);
    snprintf(yaml, sizeof yaml,
             "pipeline: east\nstages:\n"
             "  k: {tool: chest, curve: true, connect: ['tcp://127.0.0.1:%d'], to: {rejects: q}}\n"
             "  q: {tool: chest}\n",
             tcp_port());
    snprintf(where, sizeof where, "%s_east", name);
    run_new(&east, where, yaml);
    run_start(&here, "src", "numbers", 1);
    run_start(&east, "k", "chest", 1);
    run_for(&here, 400);
    assert_true(run_log_tells(&east, "k", 1, "CW-LNK-042")); /* it does not know the giver's key */
}

static void giver_key_name(char out[64])
{
    snprintf(out, 64, "givers/127.0.0.1:%d.public", tcp_port());
}

static void over_tcp_with_curve_all_arrives_also_with_kills(void **state)
{
    char as[64];
    (void)state;
    start_two_hosts("tcp");
    copy_key(&east, &here, "takers/east.public");
    giver_key_name(as);
    copy_key(&here, &east, as); /* found at the next look, without a restart */
    run_for(&here, 800);
    run_signal(run_proc(&east, "k", 1), SIGKILL);
    run_for(&east, 300);
    run_signal(run_proc(&here, "src", 1), SIGKILL);
    run_for(&here, 300);
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 20000));
    assert_int_equal(run_rows(&east, "k", "1"), 20000);
    assert_true(run_finish(&east, "k"));
}

static void a_key_that_is_not_on_the_list_is_a_loud_error_on_both_sides(void **state)
{
    char as[64];
    (void)state;
    start_two_hosts("tcp_list");
    copy_key(&here, &here, "takers/somebody.public");
    giver_key_name(as);
    copy_key(&here, &east, as);
    run_for(&here, 2000);
    assert_true(run_log_tells(&here, "src", 1, "CW-LNK-040"));
    assert_true(run_log_tells(&east, "k", 1, "does not allow our key"));
    assert_int_equal(run_rows(&east, "k", "1"), 0);
    copy_key(&east, &here, "takers/east.public"); /* the list is read anew for each connection */
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 20000));
    assert_int_equal(run_rows(&east, "k", "1"), 20000);
}

static void a_giver_with_another_key_is_a_loud_error(void **state)
{
    char as[64];
    (void)state;
    start_two_hosts("tcp_giver");
    copy_key(&east, &here, "takers/east.public");
    giver_key_name(as);
    copy_key(&east, &east, as); /* not the giver's */
    run_for(&here, 2500);
    assert_true(run_log_tells(&east, "k", 1, "the giver's key is not the one"));
    assert_int_equal(run_rows(&east, "k", "1"), 0);
    run_signal(run_proc(&here, "src", 1), SIGTERM);
    assert_int_equal(run_status(&here, "src", 1, "given"), 0);
}

static void a_taker_without_curve_gets_nothing(void **state)
{
    void *zmq = zmq_ctx_new(), *raw = zmq_socket(zmq, ZMQ_DEALER);
    int one = 1, zero = 0, limit = 1000;
    char endpoint[64], in[64];
    (void)state;
    start_two_hosts("tcp_plain");
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", tcp_port());
    zmq_setsockopt(raw, ZMQ_PROBE_ROUTER, &one, sizeof one);
    zmq_setsockopt(raw, ZMQ_RCVTIMEO, &limit, sizeof limit);
    zmq_setsockopt(raw, ZMQ_LINGER, &zero, sizeof zero);
    zmq_connect(raw, endpoint);
    assert_int_equal(zmq_recv(raw, in, sizeof in, 0), -1);
    assert_int_equal(run_proc(&here, "src", 1)->deaths, 0);
    zmq_close(raw);
    zmq_ctx_term(zmq);
}

/* Invariant 11: what comes is shorter, longer, of other types and numbers than it should be. */
static void shout(void *socket, unsigned seed)
{
    char junk[200];
    srand(seed);
    for (int i = 0; i < 3000; i++) {
        size_t n = (size_t)rand() % sizeof junk;
        for (size_t k = 0; k < n; k++)
            junk[k] = (char)rand();
        if (n >= 2 && i % 2) { /* half of it looks like commands */
            junk[0] = (char)(1 + rand() % 6);
            junk[1] = 1;
            memset(junk + 2, 0, n < 16 ? 0 : 2);
        }
        zmq_send(socket, junk, n, i % 7 == 0 ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT);
        if (i % 100 == 0)
            usleep(1000);
    }
    zmq_send(socket, "", 0, ZMQ_DONTWAIT);
}

static void hostile_bytes_never_crash_a_giver(void **state)
{
    void *zmq = zmq_ctx_new(), *raw = zmq_socket(zmq, ZMQ_DEALER);
    int linger = 0;
    char endpoint[200];
    (void)state;
    chain_start(&here, "hostile", (struct chain){.count = 20000, .rate = 15000});
    run_for(&here, 300);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/links/src.numbers.a@1", here.dir);
    zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(raw, endpoint), 0);
    for (unsigned seed = 1; seed <= 5; seed++)
        shout(raw, seed);
    chain_end(&here, 30000);
    zmq_close(raw);
    zmq_ctx_term(zmq);
    assert_int_equal(run_proc(&here, "src", 1)->deaths, 0);
    assert_whole(&here, 20000);
}

/* A bare DEALER that speaks just enough: HELLO, then FRAMEs, then what the test wants. */
static void command(void *socket, struct frame_header h, const void *body, size_t n)
{
    char out[512];
    frame_header_write(out, &h);
    if (n)
        memcpy(out + FRAME_HEADER, body, n);
    zmq_send(socket, out, FRAME_HEADER + n, 0);
}

static struct frame_header next_command(void *socket, enum frame_cmd cmd)
{
    static char in[1 << 20];
    struct frame_header h = {0};
    while (h.cmd != cmd) {
        int n = zmq_recv(socket, in, sizeof in, 0);
        assert_true(n >= FRAME_HEADER);
        assert_null(frame_header_read(in, (size_t)n, &h));
    }
    return h;
}

static void *bare_taker(void *zmq, const char *link)
{
    void *socket = zmq_socket(zmq, ZMQ_DEALER);
    int one = 1, limit = 5000;
    char endpoint[200];
    zmq_setsockopt(socket, ZMQ_PROBE_ROUTER, &one, sizeof one);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/links/%s", here.dir, link);
    zmq_connect(socket, endpoint);
    return socket;
}

static struct frame_header say_hello(void *socket, uint64_t taker, uint32_t window, int version)
{
    struct hello hello = {.taker = taker, .name = phi_lit("bare")};
    struct buf b = {0};
    hello.config.b[0] = (uint8_t)version;
    struct frame_header w = next_command(socket, CMD_WELCOME);
    w.cmd = CMD_HELLO;
    w.window = window;
    hello_write(&b, &hello);
    command(socket, w, b.p, b.len);
    buf_free(&b);
    return w;
}

static void start_source_alone(const char *name)
{
    run_new(&here, name,
            "pipeline: bare\nstages:\n"
            "  src: {tool: numbers, settings: {count: 64000}, to: {numbers: a, rejects: a}}\n"
            "  a: {tool: chest}\n");
    run_start(&here, "src", "numbers", 1);
    run_for(&here, 200);
}

/* Invariants 2 and 3, seen from outside: never more than the window, then never more than hold. */
static void window_and_hold_are_kept_and_a_seq_is_never_used_twice(void **state)
{
    void *zmq = zmq_ctx_new();
    uint64_t last = 0;
    (void)state;
    start_source_alone("window");
    void *socket = bare_taker(zmq, "src.numbers.a@1");
    struct frame_header w = say_hello(socket, 7, 3, 1);
    for (uint32_t got = 1; got <= 64; got++) {
        struct frame_header f = next_command(socket, CMD_FRAME);
        assert_true(f.seq > last);
        last = f.seq;
        if (got % 3 == 0) { /* handled three, DONE none */
            struct frame_header more;
            int limit = 150;
            run_for(&here, 20);
            zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
            char in[FRAME_HEADER];
            while (zmq_recv(socket, in, sizeof in, ZMQ_DONTWAIT) >= 0)
                if (frame_header_read(in, FRAME_HEADER, &more) == NULL)
                    assert_int_not_equal(more.cmd, CMD_FRAME);
            limit = 5000;
            zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
            w.cmd = CMD_ACK;
            w.handled = got;
            w.window = 3;
            command(socket, w, NULL, 0);
        }
    }
    run_for(&here, 1300);
    assert_int_equal(run_status(&here, "src", 1, "held"), 64);
    assert_int_equal(run_status(&here, "src", 1, "given"), 64);
    assert_int_equal(run_status(&here, "src", 1, "done"), 0);
    for (int twice = 0; twice < 2; twice++) { /* the second time is a no-op */
        w.n = 1;
        command(socket, w, &last, 8);
    }
    run_for(&here, 1300);
    assert_int_equal(run_status(&here, "src", 1, "done"), 1);
    zmq_close(socket);
    zmq_ctx_term(zmq);
}

/* Invariant 4 */
static void what_a_lost_taker_held_is_given_again(void **state)
{
    void *zmq = zmq_ctx_new();
    int linger = 0;
    (void)state;
    start_source_alone("lost");
    void *first = bare_taker(zmq, "src.numbers.a@1");
    say_hello(first, 7, 4, 1);
    uint64_t seqs[4];
    for (int i = 0; i < 4; i++)
        seqs[i] = next_command(first, CMD_FRAME).seq;
    zmq_setsockopt(first, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close(first);
    void *second = bare_taker(zmq, "src.numbers.a@1");
    say_hello(second, 8, 4, 1);
    run_for(&here, 300);
    for (int i = 0; i < 4; i++)
        assert_true(next_command(second, CMD_FRAME).seq <= seqs[3] + 4);
    run_for(&here, 1300);
    assert_true(run_status(&here, "src", 1, "deaths") == 4);
    zmq_setsockopt(second, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close(second);
    zmq_ctx_term(zmq);
}

static void a_taker_of_another_version_waits_until_nothing_is_outstanding(void **state)
{
    void *zmq = zmq_ctx_new();
    int limit = 500;
    (void)state;
    start_source_alone("version");
    void *old = bare_taker(zmq, "src.numbers.a@1"), *new = bare_taker(zmq, "src.numbers.a@1");
    struct frame_header w = say_hello(old, 7, 1, 1);
    uint64_t seq = next_command(old, CMD_FRAME).seq;
    say_hello(new, 8, 4, 2);
    zmq_setsockopt(new, ZMQ_RCVTIMEO, &limit, sizeof limit);
    struct frame_header h;
    char in[1 << 16];
    int64_t until = time_mono_us() + 500000;
    while (time_mono_us() < until)
        if (zmq_recv(new, in, sizeof in, 0) >= 0 && !frame_header_read(in, FRAME_HEADER, &h))
            assert_int_not_equal(h.cmd, CMD_FRAME);
    assert_true(run_log_tells(&here, "src", 1, "CW-LNK-011"));
    w.cmd = CMD_ACK; /* the old one does its frame and leaves */
    w.n = 1;
    w.handled = 1;
    w.window = 0;
    command(old, w, &seq, 8);
    next_command(old, CMD_BYE);
    w.cmd = CMD_BYE;
    w.n = 0;
    command(old, w, NULL, 0);
    limit = 5000;
    zmq_setsockopt(new, ZMQ_RCVTIMEO, &limit, sizeof limit);
    command(new, (struct frame_header){.cmd = CMD_HELLO}, NULL, 0); /* makes it say WELCOME */
    say_hello(new, 8, 4, 2);
    assert_true(next_command(new, CMD_FRAME).seq > 0);
    limit = 0;
    zmq_setsockopt(new, ZMQ_LINGER, &limit, sizeof limit);
    zmq_setsockopt(old, ZMQ_LINGER, &limit, sizeof limit);
    zmq_close(old);
    zmq_close(new);
    zmq_ctx_term(zmq);
}

int main(int argc, char **argv)
{
    int rc = links_tool_main(argc, argv);
#define T(f) cmocka_unit_test_teardown(f, links_teardown)
    const struct CMUnitTest tests[] = {
        T(hostile_bytes_never_crash_a_giver),
        T(window_and_hold_are_kept_and_a_seq_is_never_used_twice),
        T(what_a_lost_taker_held_is_given_again),
        T(a_taker_of_another_version_waits_until_nothing_is_outstanding),
        cmocka_unit_test_teardown(over_tcp_with_curve_all_arrives_also_with_kills, teardown_both),
        cmocka_unit_test_teardown(a_key_that_is_not_on_the_list_is_a_loud_error_on_both_sides,
                                  teardown_both),
        cmocka_unit_test_teardown(a_giver_with_another_key_is_a_loud_error, teardown_both),
        cmocka_unit_test_teardown(a_taker_without_curve_gets_nothing, teardown_both),
    };
    if (rc >= 0)
        return rc;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("links over the wire", tests, NULL, NULL);
}
