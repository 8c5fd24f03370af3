/* The queue decides the same batches whatever the order of arrival. */
#include "tools/build837/queue.h"
#include "common/util/buf.h"
#include "tests/unit.h"
#include <stdlib.h>

static struct buf log_;

/* A batch as text: lane, then seq.pos of each claim, then the prefix. */
static void on_close(void *ctx, uint32_t lane, const struct entry *e, uint32_t n, uint64_t next)
{
    (void)ctx;
    buf_printf(&log_, "L%u:", lane);
    for (uint32_t i = 0; i < n; i++)
        buf_printf(&log_, " %u.%u", (unsigned)e[i].seq, e[i].pos);
    buf_printf(&log_, " <%u;", (unsigned)next);
}

static struct rec_id set_id(uint64_t seq)
{
    struct rec_id id = {{(uint8_t)(seq + 1)}};
    return id;
}

static int64_t row;

static void claim(struct queue *q, uint64_t seq, uint32_t pos, uint32_t lane, int64_t came)
{
    queue_claim(q, set_id(seq), (struct entry){++row, seq, pos, lane, 100, 0, came});
}

static void tally(struct queue *q, uint64_t seq, uint32_t of)
{
    queue_tally(q, set_id(seq), seq, of, 0);
}

static int fresh(void **state)
{
    (void)state;
    row = 0;
    buf_free(&log_);
    return 0;
}

/* Sets 0 (3 claims), 1 (none stand), 2 (2 claims); lanes 1 and 2. */
static const struct {
    uint64_t seq;
    uint32_t pos, lane;
    bool is_tally;
} EVENTS[] = {{0, 0, 1, false}, {0, 1, 2, false}, {0, 2, 1, false}, {0, 3, 0, true},
              {1, 0, 0, true},  {2, 0, 1, false}, {2, 1, 2, false}, {2, 2, 0, true}};
enum { EVENTS_N = sizeof EVENTS / sizeof *EVENTS };

static void any_order_of_arrival_gives_the_same_batches(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 500; round++) {
        int order[EVENTS_N];
        struct queue *q = queue_new(2, 0, on_close, NULL);
        buf_clear(&log_);
        for (int i = 0; i < EVENTS_N; i++)
            order[i] = i;
        for (int i = EVENTS_N - 1; i > 0; i--) {
            int k = rand() % (i + 1), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        for (int i = 0; i < EVENTS_N; i++) {
            int k = order[i];
            if (EVENTS[k].is_tally)
                tally(q, EVENTS[k].seq, EVENTS[k].pos);
            else
                claim(q, EVENTS[k].seq, EVENTS[k].pos, EVENTS[k].lane, 0);
            if (rand() % 2)
                queue_advance(q);
        }
        queue_advance(q);
        assert_int_equal(queue_waiting(q), 1);
        queue_finish(q);
        assert_string_equal(buf_cstr(&log_), "L1: 0.0 0.2 <1;L2: 0.1 2.1 <3;L1: 2.0 <3;");
        queue_free(q);
    }
}

static void nothing_passes_an_incomplete_set(void **state)
{
    (void)state;
    struct queue *q = queue_new(1, 0, on_close, NULL);
    claim(q, 1, 0, 1, 0);
    tally(q, 1, 1);
    claim(q, 0, 1, 1, 0);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "");
    tally(q, 0, 2);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "");
    claim(q, 0, 0, 1, 0);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "L1: 0.0 <1;L1: 0.1 <1;L1: 1.0 <2;");
    queue_free(q);
}

static void age_closes_over_gaps(void **state)
{
    (void)state;
    struct queue *q = queue_new(10, 0, on_close, NULL);
    claim(q, 1, 0, 2, 50); /* set 0 never comes */
    claim(q, 1, 1, 1, 50);
    claim(q, 5, 0, 1, 90);
    queue_age(q, 49);
    assert_string_equal(buf_cstr(&log_), "");
    queue_age(q, 50);
    assert_string_equal(buf_cstr(&log_), "L2: 1.0 <2;L1: 1.1 <2;");
    assert_int_equal(queue_waiting(q), 1);
    claim(q, 0, 0, 1, 100); /* comes after all, and waits for nobody */
    queue_advance(q);
    buf_clear(&log_);
    queue_finish(q);
    assert_string_equal(buf_cstr(&log_), "L1: 0.0 5.0 <6;");
    queue_free(q);
}

static void begins_again_where_the_store_says(void **state)
{
    (void)state;
    /* Set 0 was passed on, its claims 0 and 1 are in a batch; 2 and set 1 wait. */
    struct queue *q = queue_new(2, 1, on_close, NULL);
    claim(q, 1, 0, 1, 0);
    claim(q, 0, 2, 1, 0);
    tally(q, 1, 1);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "L1: 0.2 1.0 <2;");
    queue_free(q);
}

static void two_sources_may_count_alike(void **state)
{
    (void)state;
    struct queue *q = queue_new(10, 0, on_close, NULL);
    struct rec_id other = {{0xee}};
    claim(q, 0, 0, 1, 0);
    queue_claim(q, other, (struct entry){99, 0, 0, 1, 100, 0, 0});
    tally(q, 0, 1);
    queue_advance(q);
    assert_int_equal(queue_waiting(q), 2);
    queue_tally(q, other, 0, 1, 0);
    queue_finish(q);
    assert_string_equal(buf_cstr(&log_), "L1: 0.0 0.0 <1;");
    queue_free(q);
}

static struct queue_limit limits(void *ctx, uint32_t lane)
{
    (void)ctx;
    return lane == 1 ? (struct queue_limit){2, 0} : (struct queue_limit){0, 250};
}

/* Lane 1 takes two claims in a file, lane 2 takes 250 bytes; each claim is 100. */
static void a_lane_is_closed_at_its_own_limit(void **state)
{
    (void)state;
    struct queue *q = queue_new(100, 0, on_close, NULL);
    queue_limit(q, limits);
    for (uint32_t i = 0; i < 5; i++)
        queue_claim(q, set_id(0), (struct entry){++row, 0, i, 1, 100, 0, 0, 100});
    for (uint32_t i = 5; i < 10; i++)
        queue_claim(q, set_id(0), (struct entry){++row, 0, i, 2, 100, 0, 0, 100});
    tally(q, 0, 10);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "L1: 0.0 0.1 <1;L1: 0.2 0.3 <1;L2: 0.5 0.6 <1;"
                                         "L2: 0.7 0.8 <1;");
    queue_finish(q);
    assert_non_null(strstr(buf_cstr(&log_), "L1: 0.4 <1;L2: 0.9 <1;"));
    queue_free(q);
}

/* A set does not wait for a claim that is refused or held. */
static void a_held_claim_stops_nothing(void **state)
{
    (void)state;
    struct queue *q = queue_new(2, 0, on_close, NULL);
    claim(q, 0, 0, 1, 0);
    claim(q, 0, 2, 1, 0);
    tally(q, 0, 3);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "");
    queue_gone(q, set_id(0), 0, 1);
    queue_advance(q);
    assert_string_equal(buf_cstr(&log_), "L1: 0.0 0.2 <1;");
    queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_order_of_arrival_gives_the_same_batches, fresh, fresh),
        cmocka_unit_test_setup_teardown(nothing_passes_an_incomplete_set, fresh, fresh),
        cmocka_unit_test_setup_teardown(age_closes_over_gaps, fresh, fresh),
        cmocka_unit_test_setup_teardown(begins_again_where_the_store_says, fresh, fresh),
        cmocka_unit_test_setup_teardown(two_sources_may_count_alike, fresh, fresh),
        cmocka_unit_test_setup_teardown(a_lane_is_closed_at_its_own_limit, fresh, fresh),
        cmocka_unit_test_setup_teardown(a_held_claim_stops_nothing, fresh, fresh)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
