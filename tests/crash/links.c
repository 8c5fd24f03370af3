/*
 * Links under kills, stalls and poison: what a pipeline does when its processes die. Each test is a
 * sentence of docs/messages.md; links_wire.c has those about what comes over the wire. Run without
 * arguments for the short form; LINKS_LONG=1 for the long one.
 */
#include "tests/crash/links_chain.h"
#include "tests/crash/links_tools.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool long_form(void)
{
    return getenv("LINKS_LONG") != NULL;
}

static void undisturbed_all_arrives_once_without_repeats(void **state)
{
    (void)state;
    chain_start(&here, "undisturbed", (struct chain){.count = 20000, .rate = 20000});
    chain_end(&here, 20000);
    assert_whole(&here, 20000);
    assert_int_equal(run_rows(&here, "q", "1"), 0);
    assert_int_equal(repeats(&here), 0);
    assert_int_equal(run_status(&here, "k1", 1, "finished"), 1);
    assert_int_equal(run_status(&here, "a", 1, "in") + run_status(&here, "a", 2, "in"), 20000);
    assert_true(run_status(&here, "a", 1, "in") > 2000 && run_status(&here, "a", 2, "in") > 2000);
}

/* Invariants 1 to 5: kill -9 at random over all eight, the source and the keepers included. */
static void random_kills_lose_nothing_and_double_nothing(void **state)
{
    long count = long_form() ? 600000 : 60000;
    int kills = 0, want = long_form() ? 200 : 25;
    struct digest calm;
    (void)state;
    chain_start(&here, "calm", (struct chain){.count = count});
    chain_end(&here, 120000);
    calm = run_digest(&here, "k1");
    chain_start(&here, "kills", (struct chain){.count = count, .rate = 30000});
    srand(getenv("LINKS_SEED") ? (unsigned)atoi(getenv("LINKS_SEED")) : 1);
    run_for(&here, 150);
    while (kills < want) {
        struct proc *p = &here.procs[rand() % here.n];
        if (run_proc(&here, "src", 1)->pid == 0 && run_proc(&here, "src", 1)->exit_code == 0)
            break;
        kills += p->pid > 0;
        run_signal(p, SIGKILL);
        run_for(&here, 10 + rand() % 100);
    }
    chain_end(&here, 120000);
    print_message("%d kills, %ld repeats absorbed by k1 since its last start\n", kills,
                  run_status(&here, "k1", 1, "repeats"));
    assert_true(kills >= want / 2);
    assert_int_equal(run_rows(&here, "q", "1"), 0);
    assert_whole(&here, count);
    assert_same(run_digest(&here, "k1"), calm);
    assert_same(run_digest(&here, "k2"), calm);
}

static void a_poison_record_ends_in_rejects_alone(void **state)
{
    (void)state;
    /* However late the dead come back: nobody else gets the frame before they have spoken. */
    chain_start(&here, "poison",
                (struct chain){
                    .count = 20000, .a_more = ", last_words: 60000", .b_more = ", poison: 5000"});
    chain_end(&here, 30000);
    assert_int_equal(run_proc(&here, "b", 1)->deaths + run_proc(&here, "b", 2)->deaths, 2);
    assert_int_equal(run_rows(&here, "q", "1"), 1);
    assert_int_equal(run_rows(&here, "q", "rule = 'POISON' AND substr(body, 1, 2) = x'8813'"), 1);
    assert_int_equal(run_rows(&here, "k1", "1"), expected_rows(20000) - 1);
    assert_int_equal(run_rows(&here, "k2", "1"), expected_rows(20000) - 1);
}

static void neighbours_that_are_all_poison_end_there_and_no_other(void **state)
{
    (void)state;
    chain_start(&here, "neighbours",
                (struct chain){.count = 5000, .b_more = ", poison: 1000, poison_to: 1002"});
    chain_end(&here, 30000);
    assert_int_equal(run_rows(&here, "q", "1"),
                     mill_outputs(1000) + mill_outputs(1001) + mill_outputs(1002));
    assert_int_equal(run_rows(&here, "k1", "1"), expected_rows(5000) - run_rows(&here, "q", "1"));
}

static void a_poison_record_inside_a_keepers_transaction(void **state)
{
    (void)state;
    chain_start(&here, "poison_keeper", (struct chain){.count = 5000, .k1_more = ", poison: 2000"});
    chain_end(&here, 30000);
    assert_int_equal(run_rows(&here, "q", "rule = 'POISON'"), 1);
    assert_int_equal(run_rows(&here, "k1", "1"), expected_rows(5000) - 1);
    assert_int_equal(run_rows(&here, "k2", "1"), expected_rows(5000)); /* fan-out is not atomic */
}

static void a_handler_that_hangs_is_a_death_like_any_other(void **state)
{
    (void)state;
    chain_start(&here, "hang",
                (struct chain){.count = 2000, .b_more = ", hang: 700, handler_limit: 400"});
    chain_end(&here, 30000);
    assert_int_equal(run_rows(&here, "q", "rule = 'POISON'"), 1);
    assert_int_equal(run_rows(&here, "k1", "1"), expected_rows(2000) - 1);
}

/* A keeper whose disk is full ends by exit(), again and again at the same record: nothing is
 * condemned, no link stops, and when there is room all of it is there. */
static void a_fault_that_is_not_the_records_condemns_nothing(void **state)
{
    (void)state;
    chain_start(&here, "falter", (struct chain){.count = 3000, .k1_more = ", falter: 100"});
    chain_end(&here, 30000);
    assert_int_equal(run_proc(&here, "k1", 1)->deaths, 12);
    assert_int_equal(run_rows(&here, "q", "1"), 0);
    assert_whole(&here, 3000);
}

static void an_ill_stage_trips_the_breaker_and_nothing_is_lost(void **state)
{
    (void)state;
    chain_start(&here, "breaker", (struct chain){.count = 2000, .b_more = ", broken: true"});
    run_for(&here, 4000);
    bool told = false;
    for (int i = 0; i < 200 && !told; i++) {
        told = run_log_has(&here, "a", 1, "CW-LNK-012") ||
               run_log_has(&here, "a", 2, "CW-LNK-012") ||
               run_log_has(&here, "a", 1, "CW-LNK-010") || run_log_has(&here, "a", 2, "CW-LNK-010");
        run_for(&here, 100);
    }
    assert_true(told);
    assert_true(run_rows(&here, "q", "1") <= 10); /* five a link */
    assert_int_equal(run_rows(&here, "k1", "1"), 0);
}

/* Invariant 7 */
static void hold_1_and_window_1_finishes(void **state)
{
    (void)state;
    chain_start(&here, "one", (struct chain){.count = 3000, .hold = 1, .window = 1});
    chain_end(&here, 30000);
    assert_whole(&here, 3000);
    assert_int_equal(repeats(&here), 0);
}

/* Invariant 6 */
static void a_replica_added_while_running_takes_part_without_repeats(void **state)
{
    (void)state;
    chain_start(&here, "added", (struct chain){.count = 30000, .rate = 20000});
    run_for(&here, 300);
    run_start(&here, "a", "mill", 3);
    run_start(&here, "b", "mill", 3);
    chain_end(&here, 30000);
    assert_whole(&here, 30000);
    assert_true(run_status(&here, "a", 3, "in") > 1000);
    assert_true(run_status(&here, "b", 3, "in") > 1000);
    assert_int_equal(repeats(&here) + run_status(&here, "a", 3, "repeats"), 0);
}

/* Invariant 6 */
static void a_replica_drained_by_sigterm_costs_no_repeats(void **state)
{
    (void)state;
    chain_start(&here, "drained", (struct chain){.count = 30000, .rate = 20000});
    run_for(&here, 300);
    run_signal(run_proc(&here, "a", 1), SIGTERM);
    run_signal(run_proc(&here, "b", 2), SIGTERM);
    assert_true(run_until_ended(&here, run_proc(&here, "a", 1), 2000));
    assert_true(run_until_ended(&here, run_proc(&here, "b", 2), 2000));
    assert_true(run_proc(&here, "src", 1)->pid > 0);
    chain_end(&here, 30000);
    assert_whole(&here, 30000);
    assert_int_equal(repeats(&here), 0);
}

static void a_keeper_drained_by_sigterm_does_not_finish(void **state)
{
    (void)state;
    chain_start(&here, "keeper_drained", (struct chain){.count = 20000, .rate = 20000});
    run_for(&here, 300);
    run_signal(run_proc(&here, "k1", 1), SIGTERM);
    assert_true(run_until_ended(&here, run_proc(&here, "k1", 1), 2000));
    assert_int_equal(run_status(&here, "k1", 1, "finished"), 0);
    run_start(&here, "k1", "chest", 1);
    chain_end(&here, 30000);
    assert_whole(&here, 20000);
    assert_int_equal(repeats(&here), 0);
}

/* Invariant 8: k1's givers have a heartbeat of 2 s only on the taker's side; b's handler takes
 * 2.5 s a frame, the timeout of its link is 1 s. */
static void a_handler_longer_than_the_heartbeat_is_no_death(void **state)
{
    (void)state;
    run_new(&here, "slow",
            "pipeline: slow\nstages:\n"
            "  src: {tool: numbers, settings: {count: 128, heartbeat: 1000},"
            " to: {numbers: b, rejects: k}}\n"
            "  b: {tool: mill, settings: {plain: true, slow: 25000, heartbeat: 1000},"
            " to: {numbers: k, rejects: k}}\n"
            "  k: {tool: chest}\n");
    run_start(&here, "src", "numbers", 1);
    run_start(&here, "b", "mill", 1);
    run_start(&here, "k", "chest", 1);
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 20000));
    assert_int_equal(run_rows(&here, "k", "1"), 128);
    assert_int_equal(run_status(&here, "src", 1, "deaths"), 0);
    assert_int_equal(run_status(&here, "src", 1, "repeats"), 0);
    assert_true(run_finish(&here, "b k"));
}

static void a_stalled_taker_comes_back_and_nothing_is_lost(void **state)
{
    (void)state;
    chain_start(&here, "stalled", (struct chain){.count = 20000, .rate = 10000});
    run_for(&here, 300);
    run_signal(run_proc(&here, "b", 1), SIGSTOP);
    run_signal(run_proc(&here, "k2", 1), SIGSTOP);
    run_for(&here, 1200);
    run_signal(run_proc(&here, "b", 1), SIGCONT);
    run_signal(run_proc(&here, "k2", 1), SIGCONT);
    chain_end(&here, 30000);
    assert_whole(&here, 20000);
}

/* Invariant 9 */
static void memory_does_not_grow_behind_a_stopped_keeper(void **state)
{
    (void)state;
    chain_start(&here, "backpressure", (struct chain){.count = 400000});
    run_for(&here, 300);
    run_signal(run_proc(&here, "k2", 1), SIGSTOP);
    run_for(&here, 1500);
    long early = run_resident_kb(run_proc(&here, "b", 1)), in = run_status(&here, "a", 1, "in");
    run_for(&here, 1500);
    assert_true(run_resident_kb(run_proc(&here, "b", 1)) <= early + 1024);
    assert_true(run_resident_kb(run_proc(&here, "src", 1)) < 64 * 1024);
    assert_int_equal(run_status(&here, "a", 1, "in"), in); /* it reached the source */
    assert_true(in < 200000);
}

/* Invariant 1: the source hears of DONE only when both keepers have committed. */
static void done_is_said_only_when_every_keeper_has_committed(void **state)
{
    (void)state;
    chain_start(&here, "done", (struct chain){.count = 20000});
    run_signal(run_proc(&here, "k2", 1), SIGSTOP);
    for (int i = 0; i < 80 && run_rows(&here, "k1", "1") <= 1000; i++)
        run_for(&here, 250);
    assert_true(run_rows(&here, "k1", "1") > 1000);
    assert_int_equal(run_status(&here, "src", 1, "done"), 0);
    run_signal(run_proc(&here, "k2", 1), SIGCONT);
    chain_end(&here, 30000);
    assert_whole(&here, 20000);
}

/* Fixtures never reach the store of a production pipeline. */
static void a_production_keeper_refuses_test_records(void **state)
{
    (void)state;
    run_new(&here, "production",
            "pipeline: production\nproduction: true\nstages:\n"
            "  src: {tool: numbers, settings: {count: 500}, to: {numbers: k, rejects: q}}\n"
            "  k: {tool: chest, to: {rejects: q}}\n"
            "  q: {tool: chest}\n");
    run_start(&here, "src", "numbers", 1);
    run_start(&here, "k", "chest", 1);
    run_start(&here, "q", "chest", 1);
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 20000));
    assert_true(run_finish(&here, "k q"));
    assert_int_equal(run_rows(&here, "k", "1"), 0);
    assert_int_equal(run_rows(&here, "q", "rule = 'USAGE_T'"), 500);
}

static void a_kind_that_a_stage_does_not_take_is_refused(void **state)
{
    (void)state;
    run_new(&here, "kinds",
            "pipeline: kinds\nstages:\n"
            "  src: {tool: numbers, settings: {count: 500}, to: {numbers: a, rejects: q}}\n"
            "  a: {tool: letters, to: {letters: k, rejects: q}}\n"
            "  k: {tool: chest, to: {rejects: q}}\n"
            "  q: {tool: chest}\n");
    run_start(&here, "src", "numbers", 1);
    run_start(&here, "a", "letters", 1);
    run_start(&here, "k", "chest", 1);
    run_start(&here, "q", "chest", 1);
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 20000));
    assert_int_equal(run_rows(&here, "q", "rule = 'KIND'"), 500);
}

/* A body larger than a frame travels alone; hold counts its bytes. */
static void large_records_pass_and_hold_counts_bytes(void **state)
{
    (void)state;
    run_new(&here, "large",
            "pipeline: large\nstages:\n"
            "  src: {tool: numbers, settings: {count: 24, body: 6000000, frame: 8},"
            " to: {numbers: a, rejects: k}}\n"
            "  a: {tool: mill, settings: {plain: true}, to: {numbers: k, rejects: k}}\n"
            "  k: {tool: chest}\n");
    run_start(&here, "src", "numbers", 1);
    run_start(&here, "a", "mill", 1);
    run_for(&here, 1500);
    assert_true(run_status(&here, "a", 1, "held") <=
                8); /* three would do for 16 MB, and a turn's */
    run_start(&here, "k", "chest", 1);
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 30000));
    assert_int_equal(run_rows(&here, "k", "length(body) = 6000000"), 24);
}

/* Invariant 10 */
static void ids_do_not_depend_on_the_replicas(void **state)
{
    struct digest one;
    (void)state;
    chain_start(&here, "replicas_1", (struct chain){.count = 5000});
    run_proc(&here, "a", 2)->keep_down = run_proc(&here, "b", 2)->keep_down = true;
    run_signal(run_proc(&here, "a", 2), SIGKILL);
    run_signal(run_proc(&here, "b", 2), SIGKILL);
    chain_end(&here, 20000);
    one = run_digest(&here, "k1");
    assert_whole(&here, 5000);
    chain_start(&here, "replicas_3", (struct chain){.count = 5000});
    run_start(&here, "a", "mill", 3);
    run_start(&here, "b", "mill", 3);
    chain_end(&here, 20000);
    assert_same(run_digest(&here, "k2"), one);
}

static void a_second_process_of_one_name_is_turned_away(void **state)
{
    (void)state;
    chain_start(&here, "lock", (struct chain){.count = 5000, .rate = 5000});
    run_for(&here, 200);
    struct proc *again = run_start(&here, "a", "mill", 1);
    again->keep_down = true;
    run_for(&here, 500);
    assert_int_equal(again->exit_code, 111);
    chain_end(&here, 20000);
    assert_whole(&here, 5000);
    assert_int_equal(repeats(&here), 0);
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
    run_new(&here, "docs",
            "pipeline: docs\nstages:\n"
            "  src: {tool: numbers, settings: {count: 12000, rate: 8000},"
            " to: {numbers: audit, rejects: q}}\n"
            "  audit: {command: [/usr/bin/python3, fixtures/stages/audit.py], replicas: 2,"
            " settings: {level: 2}, to: {out: stamp, rejects: q}}\n"
            "  stamp: {replicas: 2, settings: {by: desk}, to: {out: k1, rejects: q}}\n"
            "  k1: {tool: chest, to: {rejects: q}}\n"
            "  q: {tool: chest}\n");
    run_start(&here, "src", "numbers", 1);
    run_start(&here, "audit", harness, 1);
    run_start(&here, "audit", harness, 2);
    run_start(&here, "stamp", stamp, 1);
    run_start(&here, "stamp", stamp, 2);
    run_start(&here, "k1", "chest", 1);
    run_start(&here, "q", "chest", 1);
    run_for(&here, 400);
    srand(3);
    for (int kills = 0; kills < 12; kills++) {
        if (kills % 3 == 0)
            run_kill_child(run_proc(&here, "audit", 1 + kills / 3 % 2));
        else
            run_signal(&here.procs[rand() % here.n], SIGKILL);
        run_for(&here, 30 + rand() % 100);
    }
    assert_true(run_until_ended(&here, run_proc(&here, "src", 1), 30000));
    assert_true(run_finish(&here, "audit stamp k1 q"));
    assert_int_equal(run_rows(&here, "q", "1"), 0);
    assert_int_equal(run_rows(&here, "k1", "1"), count);
}

int main(int argc, char **argv)
{
    int rc = links_tool_main(argc, argv);
#define T(f) cmocka_unit_test_teardown(f, links_teardown)
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
        T(the_stages_of_the_docs_run_in_a_pipeline_under_kills),
    };
    if (rc >= 0)
        return rc;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
