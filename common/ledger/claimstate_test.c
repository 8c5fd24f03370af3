/* The three machines: their moves, the guards of DOMAIN.md C.5, and any order of arrival. */
#include "tests/unit.h"
#include "common/ledger/claimstate.h"
#include <string.h>

static const struct state_money nothing = {0};

static struct claim_state fold(const struct state_fact *facts, size_t n,
                               const struct state_money *m)
{
    struct state_fact copy[32];
    memcpy(copy, facts, n * sizeof *facts);
    return state_fold(copy, n, m);
}

#define FOLD(f, m) fold(f, sizeof(f) / sizeof *(f), m)

static void a_clean_claim_goes_all_the_way(void **state)
{
    (void)state;
    const struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                                   {EV_EDITS_PASSED, 1, 1, 20},
                                   {EV_BATCHED, 1, 1, 30},
                                   {EV_SENT, 1, 1, 40, .bytes = 7},
                                   {EV_SYNTAX_OK, 1, 1, 50},
                                   {EV_ACCEPTED_HERE, 1, 1, 60},
                                   {EV_ACCEPTED_BY_PAYER, 1, 1, 70},
                                   {EV_PAID, 1, 1, 80}};
    static const enum transport t[] = {T_BUILT,     T_READY,    T_BATCHED,  T_SENT,
                                       T_SYNTAX_OK, T_AT_PAYER, T_ACCEPTED, T_ACCEPTED};
    for (size_t n = 1; n <= 8; n++)
        assert_int_equal(fold(f, n, &nothing).t, t[n - 1]);
    assert_int_equal(fold(f, 7, &nothing).a, A_WAITING);
    const struct state_money m = {.patient = 2500};
    struct claim_state s = FOLD(f, &m);
    assert_int_equal(s.a, A_PAID);
    assert_int_equal(s.b, B_PATIENT);
    assert_int_equal(s.broken, 0);
    assert_int_equal(s.ignored, 0);
    const struct state_money due = {.receivable = 19000};
    assert_int_equal(fold(f, 3, &due).b, B_UNBILLED);
    assert_int_equal(fold(f, 4, &due).b, B_PAYER);
    const struct state_money over = {.receivable = -100};
    assert_int_equal(FOLD(f, &over).b, B_CREDIT);
    const struct state_money next = {.patient = 7300, .next_payer = true};
    s = FOLD(f, &next);
    assert_int_equal(s.b, B_PAYER);
    assert_int_equal(s.rank, 2);
    assert_int_equal(FOLD(f, &nothing).b, B_ZERO);
}

/* What it refused a payer does not find: it is rejected, in either order. */
static void refused_is_not_lost(void **state)
{
    (void)state;
    for (int64_t refused = 60; refused <= 80; refused += 20) {
        const struct state_fact f[] = {
            {EV_BUILT, 1, 1, 10, .frequency = '1'}, {EV_EDITS_PASSED, 1, 1, 20},
            {EV_SENT, 1, 1, 40, .bytes = 7},        {EV_SYNTAX_OK, 1, 1, 50},
            {EV_REJECTED_BY_PAYER, 1, 1, refused},  {EV_LOST, 1, 1, 70}};
        struct claim_state s = FOLD(f, &nothing);
        assert_int_equal(s.t, T_REJ_PAYER);
        assert_int_equal(s.a, A_NONE);
        assert_int_equal(s.turn_a, A_NONE);
        const struct state_fact never[] = {f[0], f[1], f[2], f[3], f[5]};
        assert_int_equal(FOLD(never, &nothing).turn_a, A_LOST);
    }
}

static void rejections_hold_the_version_and_a_late_one_is_seen(void **state)
{
    (void)state;
    const struct state_fact set[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                                     {EV_EDITS_PASSED, 1, 1, 20},
                                     {EV_SENT, 1, 1, 40, .bytes = 7},
                                     {EV_SET_REJECTED, 1, 1, 50}};
    assert_int_equal(FOLD(set, &nothing).t, T_SET_REJ);
    const struct state_fact late[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                                      {EV_EDITS_PASSED, 1, 1, 20},
                                      {EV_SENT, 1, 1, 40, .bytes = 7},
                                      {EV_ACCEPTED_BY_PAYER, 1, 1, 50},
                                      {EV_REJECTED_BY_PAYER, 1, 1, 60}};
    assert_int_equal(FOLD(late, &nothing).t, T_REJ_LATE);
}

/* A second original that is held is not where the claim is; once the first is rejected it is. */
static void a_duplicate_that_is_held_does_not_hide_the_claim(void **state)
{
    (void)state;
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_EDITS_PASSED, 1, 1, 11},
                             {EV_BATCHED, 1, 1, 12},
                             {EV_SENT, 1, 1, 13, .bytes = 7},
                             {EV_BUILT, 2, 1, 20, .frequency = '1'},
                             {EV_EDITS_PASSED, 2, 1, 21},
                             {EV_SYNTAX_OK, 1, 1, 30}};
    assert_int_equal(FOLD(f, &nothing).t, T_SYNTAX_OK);
    assert_int_equal(FOLD(f, &nothing).t_since, 30);
    f[6].kind = EV_REJECTED_BY_PAYER;
    assert_int_equal(FOLD(f, &nothing).t, T_READY);
    struct state_fact released[] = {f[0],
                                    f[1],
                                    f[2],
                                    f[3],
                                    f[4],
                                    f[5],
                                    {EV_BATCHED, 2, 1, 40},
                                    {EV_SENT, 2, 1, 41, .bytes = 8}};
    assert_int_equal(FOLD(released, &nothing).t_since, 41);
}

static void a_version_is_not_sent_twice_with_other_bytes(void **state)
{
    (void)state;
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_EDITS_PASSED, 1, 1, 20},
                             {EV_SENT, 1, 1, 40, .bytes = 7},
                             {EV_SENT, 1, 1, 50, .bytes = 7}};
    assert_int_equal(FOLD(f, &nothing).broken, 0); /* the same file said twice is one fact */
    f[3].bytes = 8;
    assert_int_equal(FOLD(f, &nothing).broken, GUARD_SENT_TWICE);
    f[3].version = 2; /* another version may be another file */
    assert_int_equal(FOLD(f, &nothing).broken, 0);
}

static void a_replacement_needs_the_payers_control_number(void **state)
{
    (void)state;
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_DENIED, 1, 1, 20},
                             {EV_BUILT, 2, 1, 30, .frequency = '7', .control = true},
                             {EV_EDITS_PASSED, 2, 1, 31}};
    struct claim_state s = FOLD(f, &nothing);
    assert_int_equal(s.broken, 0);
    assert_int_equal(s.a, A_CORRECTING);
    assert_int_equal(s.t, T_READY);
    f[2].control = false;
    s = FOLD(f, &nothing);
    assert_int_equal(s.broken, GUARD_NO_CONTROL);
    assert_int_equal(s.t, T_HELD);
    assert_int_equal(s.a, A_DENIED);
}

static void a_secondary_waits_for_the_primary(void **state)
{
    (void)state;
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_PAID, 1, 1, 20},
                             {EV_BUILT, 2, 2, 30, .frequency = '1'}};
    assert_int_equal(FOLD(f, &nothing).broken, 0);
    f[1].kind = EV_REVERSED;
    assert_int_equal(FOLD(f, &nothing).broken, GUARD_SECONDARY_EARLY);
    f[1].at = 40; /* the primary answers only later */
    f[1].kind = EV_PAID;
    assert_int_equal(FOLD(f, &nothing).broken, GUARD_SECONDARY_EARLY);
}

static void void_and_replacement_are_not_both_open(void **state)
{
    (void)state;
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_PAID, 1, 1, 20},
                             {EV_BUILT, 2, 1, 30, .frequency = '8', .control = true},
                             {EV_BUILT, 3, 1, 40, .frequency = '7', .control = true}};
    assert_int_equal(FOLD(f, &nothing).broken, GUARD_VOID_AND_REPLACE);
    assert_int_equal(fold(f, 3, &nothing).broken, 0);
    assert_int_equal(fold(f, 3, &nothing).a, A_VOIDING);
    f[3] = (struct state_fact){EV_REVERSED, 2, 1, 40};
    assert_int_equal(FOLD(f, &nothing).a, A_VOIDED);
}

static void a_denial_is_given_up_by_a_person_only(void **state)
{
    (void)state;
    const struct state_money m = {.denial = 120000};
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_DENIED, 1, 1, 20},
                             {EV_USER_WRITE_OFF, 1, 1, 30}};
    assert_int_equal(FOLD(f, &m).b, B_WRITE_OFF);
    for (enum state_event e = 0; e < STATE_EVENTS; e++) { /* no other event does it */
        f[2].kind = e;
        if (e != EV_USER_WRITE_OFF)
            assert_int_not_equal(FOLD(f, &m).b, B_WRITE_OFF);
    }
    f[1].kind = EV_PAID;
    f[2].kind = EV_USER_WRITE_OFF; /* what is not denied cannot be given up */
    assert_int_not_equal(FOLD(f, &m).b, B_WRITE_OFF);
}

/* What was paid below the contract is appealed as a denial is; the payer's next answer ends it. */
static void an_underpaid_claim_is_appealed(void **state)
{
    (void)state;
    struct state_fact f[] = {{EV_BUILT, 1, 1, 10, .frequency = '1'},
                             {EV_PAID, 1, 1, 20},
                             {EV_USER_APPEAL, 1, 1, 30},
                             {EV_REVERSED, 1, 1, 40},
                             {EV_PAID, 1, 1, 50}};
    assert_int_equal(fold(f, 2, &nothing).a, A_PAID);
    assert_int_equal(fold(f, 3, &nothing).a, A_APPEAL);
    assert_int_equal(fold(f, 3, &nothing).appeals, 1);
    assert_int_equal(FOLD(f, &nothing).a, A_PAID);
    f[1].kind = EV_ACCEPTED_BY_PAYER; /* what is not answered is not appealed */
    assert_int_not_equal(fold(f, 3, &nothing).a, A_APPEAL);
}

/* 500 histories of random events: however they arrive the state is one, and states stay legal. */
static void any_order_of_arrival_gives_one_state(void **state)
{
    (void)state;
    uint64_t seed = 42;
#define NEXT (seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17)
    for (int round = 0; round < 500; round++) {
        struct state_fact f[16];
        const struct state_money m = {.receivable = round % 3 * 100, .denial = round % 5 * 10};
        for (int i = 0; i < 16; i++) {
            NEXT;
            f[i] = (struct state_fact){.kind = (enum state_event)(seed % STATE_EVENTS),
                                       .version = (int64_t)(seed >> 8 & 1) + 1,
                                       .rank = (int)(seed >> 12 & 1) + 1,
                                       .at = (int64_t)(seed >> 16 & 7),
                                       .tie = (uint64_t)i,
                                       .bytes = seed >> 24 & 3,
                                       .frequency = "178"[(seed >> 32) % 3],
                                       .control = seed >> 36 & 1};
        }
        f[0] = (struct state_fact){EV_BUILT, 1, 1, 0, .tie = 0, .frequency = '1'};
        struct claim_state first = FOLD(f, &m);
        for (int k = 0; k < 20; k++) {
            for (int i = 15; i > 0; i--) {
                int j = (int)(NEXT % (unsigned)(i + 1));
                struct state_fact t = f[i];
                f[i] = f[j];
                f[j] = t;
            }
            struct claim_state s = FOLD(f, &m);
            assert_memory_equal(&s, &first, sizeof s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_claim_goes_all_the_way),
        cmocka_unit_test(refused_is_not_lost),
        cmocka_unit_test(rejections_hold_the_version_and_a_late_one_is_seen),
        cmocka_unit_test(a_duplicate_that_is_held_does_not_hide_the_claim),
        cmocka_unit_test(a_version_is_not_sent_twice_with_other_bytes),
        cmocka_unit_test(a_replacement_needs_the_payers_control_number),
        cmocka_unit_test(a_secondary_waits_for_the_primary),
        cmocka_unit_test(void_and_replacement_are_not_both_open),
        cmocka_unit_test(a_denial_is_given_up_by_a_person_only),
        cmocka_unit_test(an_underpaid_claim_is_appealed),
        cmocka_unit_test(any_order_of_arrival_gives_one_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
