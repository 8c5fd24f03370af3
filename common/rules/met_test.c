#include "tests/unit.h"
#include "common/rules/met.h"

/* Account numbers that stand side by side, as those of a practice do. */
static uint64_t number(uint32_t i)
{
    return UINT64_C(14695981039346656037) ^ (uint64_t)i * 1099511628211u;
}

static uint64_t bytes(const struct met_set *m)
{
    uint64_t n = 0;
    for (int i = 0; i < MET_PARTS; i++)
        n += m->room[i] * sizeof **m->slot;
    return n;
}

static void a_number_is_met_again_500000_numbers_later(void **state)
{
    enum { APART = 500000 };
    struct met_set m = {0};
    (void)state;
    for (uint32_t i = 0; i < APART; i++)
        assert_int_equal(met_add(&m, number(i)), MET_NEW);
    for (uint32_t i = 0; i < APART; i += 999)
        assert_int_equal(met_add(&m, number(i)), MET_AGAIN);
    assert_int_equal(met_add(&m, number(APART)), MET_NEW);
    assert_true(bytes(&m) <= 8 << 20);
    met_free(&m);
}

/* As many as there are claims in a gigabyte. */
static void a_gigabyte_of_claims_takes_24_megabytes(void **state)
{
    enum { CLAIMS = 2200000 };
    struct met_set m = {0};
    (void)state;
    for (uint32_t i = 0; i < CLAIMS; i++)
        assert_int_equal(met_add(&m, number(i)), MET_NEW);
    for (uint32_t i = 0; i < CLAIMS; i += 9999)
        assert_int_equal(met_add(&m, number(i)), MET_AGAIN);
    assert_int_equal(bytes(&m), 24 << 20);
    met_free(&m);
}

static void it_never_grows_beyond_its_bound(void **state)
{
    enum { MANY = 4500000, SURE = 3500000 };
    struct met_set m = {0};
    uint32_t full = 0;
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        enum met_answer a = met_add(&m, number(i));
        assert_int_not_equal(a, MET_AGAIN);
        full += a == MET_FULL;
        assert_true(i >= SURE || a == MET_NEW);
    }
    assert_true(full > 0);
    assert_int_equal(bytes(&m), 32 << 20);
    assert_int_equal(met_add(&m, number(17)), MET_AGAIN); /* what it knows it still knows */
    met_free(&m);
}

static void cleared_it_knows_nothing(void **state)
{
    struct met_set m = {0};
    (void)state;
    assert_int_equal(met_add(&m, 0), MET_NEW);
    assert_int_equal(met_add(&m, 0), MET_AGAIN);
    met_clear(&m);
    assert_int_equal(met_add(&m, 0), MET_NEW);
    met_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_met_again_500000_numbers_later),
        cmocka_unit_test(a_gigabyte_of_claims_takes_24_megabytes),
        cmocka_unit_test(it_never_grows_beyond_its_bound),
        cmocka_unit_test(cleared_it_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
