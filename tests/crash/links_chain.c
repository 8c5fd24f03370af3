#include "tests/crash/links_chain.h"
#include "tests/crash/links_tools.h"
#include <stdio.h>

struct run here;

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
                                 "    settings: {window: %d, hold: %d%s}\n"
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

long expected_rows(long count)
{
    long n = 0;
    for (long i = 0; i < count; i++)
        n += mill_outputs(i);
    return n;
}

void chain_start(struct run *r, const char *name, struct chain c)
{
    char yaml[4096];
    int w = c.window ? c.window : 4, h = c.hold ? c.hold : 64;
    snprintf(yaml, sizeof yaml, chain_yaml, c.count, c.rate, h, w, h, c.a_more ? c.a_more : "", w,
             h, c.b_more ? c.b_more : "", c.k1_more ? c.k1_more : "");
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
void chain_end(struct run *r, int ms)
{
    assert_true(run_until_ended(r, run_proc(r, "src", 1), ms));
    assert_true(run_finish(r, "a b k1 k2 q"));
}

void assert_whole(const struct run *r, long count)
{
    assert_int_equal(run_rows(r, "k1", "1"), expected_rows(count));
    assert_int_equal(run_rows(r, "k2", "1"), expected_rows(count));
}

void assert_same(struct digest a, struct digest b)
{
    assert_memory_equal(a.b, b.b, sizeof a.b);
}

long repeats(const struct run *r)
{
    return run_status(r, "src", 1, "repeats") + run_status(r, "a", 1, "repeats") +
           run_status(r, "a", 2, "repeats") + run_status(r, "b", 1, "repeats") +
           run_status(r, "b", 2, "repeats") + run_status(r, "k1", 1, "repeats") +
           run_status(r, "k2", 1, "repeats");
}

int links_teardown(void **state)
{
    (void)state;
    run_end(&here);
    return 0;
}
