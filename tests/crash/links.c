/*
 * Links under kills. Each test is a sentence of docs/messages.md. Run without arguments for the
 * short form; LINKS_LONG=1 for the long one.
 */
#include "tests/unit.h"

#include "common/link/frame.h"
#include "common/link/hello.h"
#include "common/util/clock.h"
#include "tests/crash/links_run.h"
#include "tests/crash/links_tools.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

/* source -> a (2) -> b (2) -> k1 and k2, all rejects -> q */
static const char chain_yaml[] = "pipeline: chain\n"
                                 "stages:\n"
                                 "  src:\n"
                                 "    tool: numbers\n"
                                 "    settings: {count: %ld, rate: %ld, hold: %d}\n"
                                 "    to: {numbers: a, rejects: q}\n"
                                 "  a:\n"
                                 "    tool: mill\n"
                                 "    replicas: 2\n"
                                 "    settings: {window: %d, hold: %d}\n"
                                 "    to: {numbers: b, rejects: q}\n"
                                 "  b:\n"
                                 "    tool: mill\n"
                                 "    replicas: 2\n"
                                 "    settings: {plain: true, window: %d, hold: %d%s}\n"
                                 "    to: {numbers: [k1, k2], rejects: q}\n"
                                 "  k1:\n"
                                 "    tool: chest\n"
                                 "    settings: {heartbeat: 2000%s}\n"
                                 "    to: {rejects: q}\n"
                                 "  k2:\n"
                                 "    tool: chest\n"
                                 "    to: {rejects: q}\n"
                                 "  q:\n"
                                 "    tool: chest\n";

struct chain {
    long count, rate;
    int window, hold;
    const char *b_more, *k1_more; /* further settings, beginning with ", " */
};

static long expected_rows(long count)
{
    long n = 0;
    for (long i = 0; i < count; i++)
        n += mill_outputs(i);
    return n;
}

static void chain_start(struct run *r, const char *name, struct chain c)
{
    char yaml[4096];
    int w = c.window ? c.window : 4, h = c.hold ? c.hold : 64;
    snprintf(yaml, sizeof yaml, chain_yaml, c.count, c.rate, h, w, h, w, h,
             c.b_more ? c.b_more : "", c.k1_more ? c.k1_more : "");
    run_new(r, name, yaml);
    run_start(r, "src", "numbers", 1);
    run_start(r, "a", "mill", 1);
    run_start(r, "a", "mill", 2);
    run_start(r, "b", "mill", 1);
    run_start(r, "b", "mill", 2);
    run_start(r, "k1", "chest", 1);
    run_start(r, "k2", "chest", 1);
    run_start(r, "q", "chest", 1);
}

/* The source has ended because all is DONE; the rest is asked to finish. */
static void chain_end(struct run *r, int ms)
{
    assert_true(run_until_ended(r, run_proc(r, "src", 1), ms));
    assert_true(run_finish(r, "a b k1 k2 q"));
}

static void assert_whole(const struct run *r, long count)
{
    assert_int_equal(run_rows(r, "k1", "1"), expected_rows(count));
    assert_int_equal(run_rows(r, "k2", "1"), expected_rows(count));
}

static void assert_same(struct digest a, struct digest b)
{
    assert_memory_equal(a.b, b.b, sizeof a.b);
}

static long repeats(const struct run *r)
{
    return run_status(r, "src", 1, "repeats") + run_status(r, "a", 1, "repeats") +
           run_status(r, "a", 2, "repeats") + run_status(r, "b", 1, "repeats") +
           run_status(r, "b", 2, "repeats") + run_status(r, "k1", 1, "repeats") +
           run_status(r, "k2", 1, "repeats");
}

static bool long_form(void)
{
    return getenv("LINKS_LONG") != NULL;
}

/* One run at a time; its processes end with its test, however that ends. */
static struct run r;

static int teardown(void **state)
{
    (void)state;
    run_end(&r);
    return 0;
}

static void undisturbed_all_arrives_once_without_repeats(void **state)
{
    (void)state;
    chain_start(&r, "undisturbed", (struct chain){.count = 20000});
    chain_end(&r, 20000);
    assert_whole(&r, 20000);
    assert_int_equal(run_rows(&r, "q", "1"), 0);
    assert_int_equal(repeats(&r), 0);
    assert_int_equal(run_status(&r, "k1", 1, "finished"), 1);
    assert_int_equal(run_status(&r, "a", 1, "in") + run_status(&r, "a", 2, "in"), 20000);
    assert_true(run_status(&r, "a", 1, "in") > 2000 && run_status(&r, "a", 2, "in") > 2000);
}

/* Invariants 1 to 5: kill -9 at random over all eight, the source and the keepers included. */
static void random_kills_lose_nothing_and_double_nothing(void **state)
{
    long count = long_form() ? 600000 : 60000;
    int kills = 0, want = long_form() ? 200 : 25;
    struct digest calm;
    (void)state;
    chain_start(&r, "calm", (struct chain){.count = count});
    chain_end(&r, 120000);
    calm = run_digest(&r, "k1");
    chain_start(&r, "kills", (struct chain){.count = count, .rate = 30000});
    srand(getenv("LINKS_SEED") ? (unsigned)atoi(getenv("LINKS_SEED")) : 1);
    run_for(&r, 150);
    while (kills < want) {
        struct proc *p = &r.procs[rand() % r.n];
        if (run_proc(&r, "src", 1)->pid == 0 && run_proc(&r, "src", 1)->exit_code == 0)
            break;
        kills += p->pid > 0;
        run_signal(p, SIGKILL);
        run_for(&r, 10 + rand() % 100);
    }
    chain_end(&r, 120000);
    print_message("%d kills, %ld repeats absorbed by k1 since its last start\n", kills,
                  run_status(&r, "k1", 1, "repeats"));
    assert_true(kills >= want / 2);
    assert_int_equal(run_rows(&r, "q", "1"), 0);
    assert_whole(&r, count);
    assert_same(run_digest(&r, "k1"), calm);
    assert_same(run_digest(&r, "k2"), calm);
}

static void a_poison_record_ends_in_rejects_alone(void **state)
{
    (void)state;
    chain_start(&r, "poison", (struct chain){.count = 20000, .b_more = ", poison: 5000"});
    chain_end(&r, 30000);
    assert_int_equal(run_proc(&r, "b", 1)->deaths + run_proc(&r, "b", 2)->deaths, 2);
    assert_int_equal(run_rows(&r, "q", "1"), 1);
    assert_int_equal(run_rows(&r, "q", "rule = 'POISON' AND substr(body, 1, 2) = x'8813'"), 1);
    assert_int_equal(run_rows(&r, "k1", "1"), expected_rows(20000) - 1);
    assert_int_equal(run_rows(&r, "k2", "1"), expected_rows(20000) - 1);
}

static void neighbours_that_are_all_poison_end_there_and_no_other(void **state)
{
    (void)state;
    chain_start(&r, "neighbours",
                (struct chain){.count = 5000, .b_more = ", poison: 1000, poison_to: 1002"});
    chain_end(&r, 30000);
    assert_int_equal(run_rows(&r, "q", "1"),
                     mill_outputs(1000) + mill_outputs(1001) + mill_outputs(1002));
    assert_int_equal(run_rows(&r, "k1", "1"), expected_rows(5000) - run_rows(&r, "q", "1"));
}

static void a_poison_record_inside_a_keepers_transaction(void **state)
{
    (void)state;
    chain_start(&r, "poison_keeper", (struct chain){.count = 5000, .k1_more = ", poison: 2000"});
    chain_end(&r, 30000);
    assert_int_equal(run_rows(&r, "q", "rule = 'POISON'"), 1);
    assert_int_equal(run_rows(&r, "k1", "1"), expected_rows(5000) - 1);
    assert_int_equal(run_rows(&r, "k2", "1"), expected_rows(5000)); /* fan-out is not atomic */
}

static void a_handler_that_hangs_is_a_death_like_any_other(void **state)
{
    (void)state;
    chain_start(&r, "hang",
                (struct chain){.count = 2000, .b_more = ", hang: 700, handler_limit: 400"});
    chain_end(&r, 30000);
    assert_int_equal(run_rows(&r, "q", "rule = 'POISON'"), 1);
    assert_int_equal(run_rows(&r, "k1", "1"), expected_rows(2000) - 1);
}

/* A keeper whose disk is full ends by exit(), again and again at the same record: nothing is
 * condemned, no link stops, and when there is room all of it is there. */
static void a_fault_that_is_not_the_records_condemns_nothing(void **state)
{
    (void)state;
    chain_start(&r, "falter", (struct chain){.count = 3000, .k1_more = ", falter: 100"});
    chain_end(&r, 30000);
    assert_int_equal(run_proc(&r, "k1", 1)->deaths, 12);
    assert_int_equal(run_rows(&r, "q", "1"), 0);
    assert_whole(&r, 3000);
}

static void an_ill_stage_trips_the_breaker_and_nothing_is_lost(void **state)
{
    (void)state;
    chain_start(&r, "breaker", (struct chain){.count = 2000, .b_more = ", broken: true"});
    run_for(&r, 4000);
    assert_true(run_log_has(&r, "a", 1, "CW-LNK-012") || run_log_has(&r, "a", 2, "CW-LNK-012") ||
                run_log_has(&r, "a", 1, "CW-LNK-010") || run_log_has(&r, "a", 2, "CW-LNK-010"));
    assert_true(run_rows(&r, "q", "1") <= 10); /* five a link */
    assert_int_equal(run_rows(&r, "k1", "1"), 0);
}

/* Invariant 7 */
static void hold_1_and_window_1_finishes(void **state)
{
    (void)state;
    chain_start(&r, "one", (struct chain){.count = 3000, .hold = 1, .window = 1});
    chain_end(&r, 30000);
    assert_whole(&r, 3000);
    assert_int_equal(repeats(&r), 0);
}

/* Invariant 6 */
static void a_replica_added_while_running_takes_part_without_repeats(void **state)
{
    (void)state;
    chain_start(&r, "added", (struct chain){.count = 30000, .rate = 20000});
    run_for(&r, 300);
    run_start(&r, "a", "mill", 3);
    run_start(&r, "b", "mill", 3);
    chain_end(&r, 30000);
    assert_whole(&r, 30000);
    assert_true(run_status(&r, "a", 3, "in") > 1000);
    assert_true(run_status(&r, "b", 3, "in") > 1000);
    assert_int_equal(repeats(&r) + run_status(&r, "a", 3, "repeats"), 0);
}

/* Invariant 6 */
static void a_replica_drained_by_sigterm_costs_no_repeats(void **state)
{
    (void)state;
    chain_start(&r, "drained", (struct chain){.count = 30000, .rate = 20000});
    run_for(&r, 300);
    run_signal(run_proc(&r, "a", 1), SIGTERM);
    run_signal(run_proc(&r, "b", 2), SIGTERM);
    assert_true(run_until_ended(&r, run_proc(&r, "a", 1), 2000));
    assert_true(run_until_ended(&r, run_proc(&r, "b", 2), 2000));
    assert_true(run_proc(&r, "src", 1)->pid > 0);
    chain_end(&r, 30000);
    assert_whole(&r, 30000);
    assert_int_equal(repeats(&r), 0);
}

static void a_keeper_drained_by_sigterm_does_not_finish(void **state)
{
    (void)state;
    chain_start(&r, "keeper_drained", (struct chain){.count = 20000, .rate = 20000});
    run_for(&r, 300);
    run_signal(run_proc(&r, "k1", 1), SIGTERM);
    assert_true(run_until_ended(&r, run_proc(&r, "k1", 1), 2000));
    assert_int_equal(run_status(&r, "k1", 1, "finished"), 0);
    run_start(&r, "k1", "chest", 1);
    chain_end(&r, 30000);
    assert_whole(&r, 20000);
    assert_int_equal(repeats(&r), 0);
}

/* Invariant 8: k1's givers have a heartbeat of 2 s only on the taker's side; b's handler takes
 * 2.5 s a frame, the timeout of its link is 1 s. */
static void a_handler_longer_than_the_heartbeat_is_no_death(void **state)
{
    (void)state;
    run_new(&r, "slow",
            "pipeline: slow\nstages:\n"
            "  src: {tool: numbers, settings: {count: 128, heartbeat: 1000},"
            " to: {numbers: b, rejects: k}}\n"
            "  b: {tool: mill, settings: {plain: true, slow: 25000, heartbeat: 1000},"
            " to: {numbers: k, rejects: k}}\n"
            "  k: {tool: chest}\n");
    run_start(&r, "src", "numbers", 1);
    run_start(&r, "b", "mill", 1);
    run_start(&r, "k", "chest", 1);
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 20000));
    assert_int_equal(run_rows(&r, "k", "1"), 128);
    assert_int_equal(run_status(&r, "src", 1, "deaths"), 0);
    assert_int_equal(run_status(&r, "src", 1, "repeats"), 0);
    assert_true(run_finish(&r, "b k"));
}

static void a_stalled_taker_comes_back_and_nothing_is_lost(void **state)
{
    (void)state;
    chain_start(&r, "stalled", (struct chain){.count = 20000, .rate = 10000});
    run_for(&r, 300);
    run_signal(run_proc(&r, "b", 1), SIGSTOP);
    run_signal(run_proc(&r, "k2", 1), SIGSTOP);
    run_for(&r, 1200);
    run_signal(run_proc(&r, "b", 1), SIGCONT);
    run_signal(run_proc(&r, "k2", 1), SIGCONT);
    chain_end(&r, 30000);
    assert_whole(&r, 20000);
}

/* Invariant 9 */
static void memory_does_not_grow_behind_a_stopped_keeper(void **state)
{
    (void)state;
    chain_start(&r, "backpressure", (struct chain){.count = 400000});
    run_for(&r, 300);
    run_signal(run_proc(&r, "k2", 1), SIGSTOP);
    run_for(&r, 1500);
    long early = run_resident_kb(run_proc(&r, "b", 1)), in = run_status(&r, "a", 1, "in");
    run_for(&r, 1500);
    assert_true(run_resident_kb(run_proc(&r, "b", 1)) <= early + 1024);
    assert_true(run_resident_kb(run_proc(&r, "src", 1)) < 64 * 1024);
    assert_int_equal(run_status(&r, "a", 1, "in"), in); /* it reached the source */
    assert_true(in < 200000);
}

/* Invariant 1: the source hears of DONE only when both keepers have committed. */
static void done_is_said_only_when_every_keeper_has_committed(void **state)
{
    (void)state;
    chain_start(&r, "done", (struct chain){.count = 20000});
    run_signal(run_proc(&r, "k2", 1), SIGSTOP);
    run_for(&r, 2500);
    assert_true(run_rows(&r, "k1", "1") > 1000);
    assert_int_equal(run_status(&r, "src", 1, "done"), 0);
    run_signal(run_proc(&r, "k2", 1), SIGCONT);
    chain_end(&r, 30000);
    assert_whole(&r, 20000);
}

/* Fixtures never reach the store of a production pipeline. */
static void a_production_keeper_refuses_test_records(void **state)
{
    (void)state;
    run_new(&r, "production",
            "pipeline: production\nproduction: true\nstages:\n"
            "  src: {tool: numbers, settings: {count: 500}, to: {numbers: k, rejects: q}}\n"
            "  k: {tool: chest, to: {rejects: q}}\n"
            "  q: {tool: chest}\n");
    run_start(&r, "src", "numbers", 1);
    run_start(&r, "k", "chest", 1);
    run_start(&r, "q", "chest", 1);
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 20000));
    assert_true(run_finish(&r, "k q"));
    assert_int_equal(run_rows(&r, "k", "1"), 0);
    assert_int_equal(run_rows(&r, "q", "rule = 'USAGE_T'"), 500);
}

static void a_kind_that_a_stage_does_not_take_is_refused(void **state)
{
    (void)state;
    run_new(&r, "kinds",
            "pipeline: kinds\nstages:\n"
            "  src: {tool: numbers, settings: {count: 500}, to: {numbers: a, rejects: q}}\n"
            "  a: {tool: letters, to: {letters: k, rejects: q}}\n"
            "  k: {tool: chest, to: {rejects: q}}\n"
            "  q: {tool: chest}\n");
    run_start(&r, "src", "numbers", 1);
    run_start(&r, "a", "letters", 1);
    run_start(&r, "k", "chest", 1);
    run_start(&r, "q", "chest", 1);
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 20000));
    assert_int_equal(run_rows(&r, "q", "rule = 'KIND'"), 500);
}

/* A body larger than a frame travels alone; hold counts its bytes. */
static void large_records_pass_and_hold_counts_bytes(void **state)
{
    (void)state;
    run_new(&r, "large",
            "pipeline: large\nstages:\n"
            "  src: {tool: numbers, settings: {count: 24, body: 6000000, frame: 8},"
            " to: {numbers: a, rejects: k}}\n"
            "  a: {tool: mill, settings: {plain: true}, to: {numbers: k, rejects: k}}\n"
            "  k: {tool: chest}\n");
    run_start(&r, "src", "numbers", 1);
    run_start(&r, "a", "mill", 1);
    run_for(&r, 1500);
    assert_true(run_status(&r, "a", 1, "held") <= 8); /* three would do for 16 MB, and a turn's */
    run_start(&r, "k", "chest", 1);
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 30000));
    assert_int_equal(run_rows(&r, "k", "length(body) = 6000000"), 24);
}

/* Invariant 10 */
static void ids_do_not_depend_on_the_replicas(void **state)
{
    struct digest one;
    (void)state;
    chain_start(&r, "replicas_1", (struct chain){.count = 5000});
    run_proc(&r, "a", 2)->keep_down = run_proc(&r, "b", 2)->keep_down = true;
    run_signal(run_proc(&r, "a", 2), SIGKILL);
    run_signal(run_proc(&r, "b", 2), SIGKILL);
    chain_end(&r, 20000);
    one = run_digest(&r, "k1");
    assert_whole(&r, 5000);
    chain_start(&r, "replicas_3", (struct chain){.count = 5000});
    run_start(&r, "a", "mill", 3);
    run_start(&r, "b", "mill", 3);
    chain_end(&r, 20000);
    assert_same(run_digest(&r, "k2"), one);
}

static void a_second_process_of_one_name_is_turned_away(void **state)
{
    (void)state;
    chain_start(&r, "lock", (struct chain){.count = 5000, .rate = 5000});
    run_for(&r, 200);
    struct proc *again = run_start(&r, "a", "mill", 1);
    again->keep_down = true;
    run_for(&r, 500);
    assert_int_equal(again->exit_code, 111);
    chain_end(&r, 20000);
    assert_whole(&r, 5000);
    assert_int_equal(repeats(&r), 0);
}

/* --- tcp --- */

static struct run east; /* the other host: takes over tcp */

static int teardown_both(void **state)
{
    run_end(&east);
    return teardown(state);
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
    run_new(&r, where, yaml);
    snprintf(yaml, sizeof yaml,
             "pipeline: east\nstages:\n"
             "  k: {tool: chest, curve: true, connect: ['tcp://127.0.0.1:%d'], to: {rejects: q}}\n"
             "  q: {tool: chest}\n",
             tcp_port());
    snprintf(where, sizeof where, "%s_east", name);
    run_new(&east, where, yaml);
    run_start(&r, "src", "numbers", 1);
    run_start(&east, "k", "chest", 1);
    run_for(&r, 400);
    assert_true(run_log_has(&east, "k", 1, "CW-LNK-042")); /* it does not know the giver's key */
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
    copy_key(&east, &r, "takers/east.public");
    giver_key_name(as);
    copy_key(&r, &east, as); /* found at the next look, without a restart */
    run_for(&r, 800);
    run_signal(run_proc(&east, "k", 1), SIGKILL);
    run_for(&east, 300);
    run_signal(run_proc(&r, "src", 1), SIGKILL);
    run_for(&r, 300);
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 20000));
    assert_int_equal(run_rows(&east, "k", "1"), 20000);
    assert_true(run_finish(&east, "k"));
}

static void a_key_that_is_not_on_the_list_is_a_loud_error_on_both_sides(void **state)
{
    char as[64];
    (void)state;
    start_two_hosts("tcp_list");
    copy_key(&r, &r, "takers/somebody.public");
    giver_key_name(as);
    copy_key(&r, &east, as);
    run_for(&r, 2000);
    assert_true(run_log_has(&r, "src", 1, "CW-LNK-040"));
    assert_true(run_log_has(&east, "k", 1, "does not allow our key"));
    assert_int_equal(run_rows(&east, "k", "1"), 0);
    copy_key(&east, &r, "takers/east.public"); /* the list is read anew for each connection */
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 20000));
    assert_int_equal(run_rows(&east, "k", "1"), 20000);
}

static void a_giver_with_another_key_is_a_loud_error(void **state)
{
    char as[64];
    (void)state;
    start_two_hosts("tcp_giver");
    copy_key(&east, &r, "takers/east.public");
    giver_key_name(as);
    copy_key(&east, &east, as); /* not the giver's */
    run_for(&r, 2500);
    assert_true(run_log_has(&east, "k", 1, "the giver's key is not the one"));
    assert_int_equal(run_rows(&east, "k", "1"), 0);
    run_signal(run_proc(&r, "src", 1), SIGTERM);
    assert_int_equal(run_status(&r, "src", 1, "given"), 0);
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
    assert_int_equal(run_proc(&r, "src", 1)->deaths, 0);
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
    chain_start(&r, "hostile", (struct chain){.count = 20000, .rate = 15000});
    run_for(&r, 300);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/links/src.numbers.a@1", r.dir);
    zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(raw, endpoint), 0);
    for (unsigned seed = 1; seed <= 5; seed++)
        shout(raw, seed);
    chain_end(&r, 30000);
    zmq_close(raw);
    zmq_ctx_term(zmq);
    assert_int_equal(run_proc(&r, "src", 1)->deaths, 0);
    assert_whole(&r, 20000);
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
    snprintf(endpoint, sizeof endpoint, "ipc://%s/links/%s", r.dir, link);
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
    run_new(&r, name,
            "pipeline: bare\nstages:\n"
            "  src: {tool: numbers, settings: {count: 64000}, to: {numbers: a, rejects: a}}\n"
            "  a: {tool: chest}\n");
    run_start(&r, "src", "numbers", 1);
    run_for(&r, 200);
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
            run_for(&r, 20);
            zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
            char in[FRAME_HEADER];
            int n;
            while ((n = zmq_recv(socket, in, sizeof in, ZMQ_DONTWAIT)) >= 0)
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
    run_for(&r, 1300);
    assert_int_equal(run_status(&r, "src", 1, "held"), 64);
    assert_int_equal(run_status(&r, "src", 1, "given"), 64);
    assert_int_equal(run_status(&r, "src", 1, "done"), 0);
    for (int twice = 0; twice < 2; twice++) { /* the second time is a no-op */
        w.n = 1;
        command(socket, w, &last, 8);
    }
    run_for(&r, 1300);
    assert_int_equal(run_status(&r, "src", 1, "done"), 1);
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
    run_for(&r, 300);
    for (int i = 0; i < 4; i++)
        assert_true(next_command(second, CMD_FRAME).seq <= seqs[3] + 4);
    run_for(&r, 1300);
    assert_true(run_status(&r, "src", 1, "deaths") == 4);
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
    assert_true(run_log_has(&r, "src", 1, "CW-LNK-011"));
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

/* docs/writing-a-stage.md: its Python stage and its C stage in a pipeline, under kills of all
 * processes and of the Python programs themselves. */
static void the_stages_of_the_docs_run_in_a_pipeline_under_kills(void **state)
{
    const char *stamp = getenv("STAMP"), *harness = getenv("HARNESS");
    long count = 12000;
    (void)state;
    if (!stamp || !harness || access("/usr/bin/python3", X_OK))
        skip();
    run_new(&r, "docs",
            "pipeline: docs\nstages:\n"
            "  src: {tool: numbers, settings: {count: 12000, rate: 8000},"
            " to: {numbers: audit, rejects: q}}\n"
            "  audit: {command: [/usr/bin/python3, fixtures/stages/audit.py], replicas: 2,"
            " settings: {level: 2}, to: {out: stamp, rejects: q}}\n"
            "  stamp: {replicas: 2, settings: {by: desk}, to: {out: k1, rejects: q}}\n"
            "  k1: {tool: chest, to: {rejects: q}}\n"
            "  q: {tool: chest}\n");
    run_start(&r, "src", "numbers", 1);
    run_start(&r, "audit", harness, 1);
    run_start(&r, "audit", harness, 2);
    run_start(&r, "stamp", stamp, 1);
    run_start(&r, "stamp", stamp, 2);
    run_start(&r, "k1", "chest", 1);
    run_start(&r, "q", "chest", 1);
    run_for(&r, 400);
    srand(3);
    for (int kills = 0; kills < 12; kills++) {
        if (kills % 3 == 0)
            run_kill_child(run_proc(&r, "audit", 1 + kills / 3 % 2));
        else
            run_signal(&r.procs[rand() % r.n], SIGKILL);
        run_for(&r, 30 + rand() % 100);
    }
    assert_true(run_until_ended(&r, run_proc(&r, "src", 1), 30000));
    assert_true(run_finish(&r, "audit stamp k1 q"));
    assert_int_equal(run_rows(&r, "q", "1"), 0);
    assert_int_equal(run_rows(&r, "k1", "1"), count);
}

int main(int argc, char **argv)
{
    int rc = links_tool_main(argc, argv);
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(undisturbed_all_arrives_once_without_repeats),
        T(random_kills_lose_nothing_and_double_nothing),
        T(a_poison_record_ends_in_rejects_alone),
        T(neighbours_that_are_all_poison_end_there_and_no_other),
        T(a_poison_record_inside_a_keepers_transaction),
        T(a_handler_that_hangs_is_a_death_like_any_other),
        T(a_fault_that_is_not_the_records_condemns_nothing),
        T(an_ill_stage_trips_the_breaker_and_nothing_is_lost),
        T(hold_1_and_window_1_finishes),
        T(a_replica_added_while_running_takes_part_without_repeats),
        T(a_replica_drained_by_sigterm_costs_no_repeats),
        T(a_keeper_drained_by_sigterm_does_not_finish),
        T(a_handler_longer_than_the_heartbeat_is_no_death),
        T(a_stalled_taker_comes_back_and_nothing_is_lost),
        T(memory_does_not_grow_behind_a_stopped_keeper),
        T(done_is_said_only_when_every_keeper_has_committed),
        T(a_production_keeper_refuses_test_records),
        T(a_kind_that_a_stage_does_not_take_is_refused),
        T(large_records_pass_and_hold_counts_bytes),
        T(ids_do_not_depend_on_the_replicas),
        T(a_second_process_of_one_name_is_turned_away),
        T(hostile_bytes_never_crash_a_giver),
        T(window_and_hold_are_kept_and_a_seq_is_never_used_twice),
        T(what_a_lost_taker_held_is_given_again),
        T(a_taker_of_another_version_waits_until_nothing_is_outstanding),
        T(the_stages_of_the_docs_run_in_a_pipeline_under_kills),
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
    return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
