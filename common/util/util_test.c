/* Tests of the general floor: money, dates, times, buffers, ids. */
#include "common/util/arena.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/id.h"
#include "common/util/money.h"
#include "tests/unit.h"

static void money_parses_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int64_t cents;
    } good[] = {
        {"0", 0},       {"12", 1200}, {"12.5", 1250}, {".05", 5},      {"-3.1", -310},
        {"1.500", 150}, {"-.01", -1}, {"12.", 1200},  {"007.10", 710}, {"99999999.99", 9999999999},
        {"-0", 0}};
    static const char *const bad[] = {"",      "-",  ".",  "1,000", "+1",    "1e3",
                                      "1.005", " 1", "1 ", "--1",   "1.2.3", "99999999999999999999",
                                      "0x10"};
    int64_t v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(money_parse(phi_lit(good[i].in), &v));
        assert_int_equal(v, good[i].cents);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(money_parse(phi_lit(bad[i]), &v));
}

static void money_is_written_as_x12_and_for_people(void **state)
{
    (void)state;
    static const struct {
        int64_t cents;
        const char *x12, *human;
    } t[] = {{0, "0", "0.00"},
             {5, ".05", "0.05"},
             {-5, "-.05", "-0.05"},
             {1250, "12.5", "12.50"},
             {1200, "12", "12.00"},
             {-310, "-3.1", "-3.10"},
             {123456789, "1234567.89", "1,234,567.89"},
             {100000, "1000", "1,000.00"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct buf b = {0};
        money_x12(&b, t[i].cents);
        assert_string_equal(buf_cstr(&b), t[i].x12);
        buf_clear(&b);
        money_human(&b, t[i].cents);
        assert_string_equal(buf_cstr(&b), t[i].human);
        buf_free(&b);
    }
}

static void dates_are_real_days(void **state)
{
    (void)state;
    static const char *const bad[] = {"20230229", "20231301", "20230001", "20230100", "2023010",
                                      "2023O101", "17991231", "22000101", ""};
    char out[9];
    int32_t d;
    assert_true(date_parse(phi_lit("19700101"), &d));
    assert_int_equal(d, 0);
    assert_true(date_parse(phi_lit("20240229"), &d));
    assert_string_equal(date_ccyymmdd(d, out), "20240229");
    for (int32_t k = -60000; k < 80000; k += 17) {
        assert_true(date_parse(phi_lit(date_ccyymmdd(k, out)), &d));
        assert_int_equal(d, k);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(date_parse(phi_lit(bad[i]), &d));
    assert_true(date_parse_yymmdd(phi_lit("260115"), &d));
    assert_string_equal(date_ccyymmdd(d, out), "20260115");
}

static void times_read_and_write(void **state)
{
    (void)state;
    char text[TIME_TEXT], hhmm[5];
    int64_t us;
    assert_true(time_parse("2026-09-01T08:05:09.25Z", &us));
    assert_string_equal(time_text(us, text), "2026-09-01T08:05:09.250000Z");
    assert_string_equal(time_hhmm(us, hhmm), "0805");
    assert_false(time_parse("2026-09-01T25:00:00Z", &us));
    assert_false(time_parse("yesterday", &us));
    assert_true(time_valid(phi_lit("2359")) && time_valid(phi_lit("23595999")));
    assert_false(time_valid(phi_lit("2400")) || time_valid(phi_lit("12345")));
    struct clock c = {us};
    clock_set(&c, us - 1);
    assert_int_equal(clock_now(&c), us);
}

static void buffers_grow_and_escape(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 1000; i++)
        buf_int(&b, i);
    assert_int_equal(b.len, 2890);
    buf_clear(&b);
    buf_int(&b, INT64_MIN);
    assert_string_equal(buf_cstr(&b), "-9223372036854775808");
    buf_clear(&b);
    buf_json(&b, phi_of("a\"\\\n\xc3\xa9\xff\xc0\xaf", 9));
    assert_string_equal(buf_cstr(&b),
                        "\"a\\\"\\\\\\u000a\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    buf_free(&b);
}

static void ids_are_lineage(void **state)
{
    (void)state;
    struct digest d = digest_of("abc", 3), e = digest_of("abd", 3);
    struct rec_id a = id_source(&d, 7), back;
    char hex[REC_ID_HEX];
    assert_true(rec_id_eq(a, id_source(&d, 7)));
    assert_false(rec_id_eq(a, id_source(&d, 8)) || rec_id_eq(a, id_source(&e, 7)));
    assert_false(rec_id_eq(id_child(a, 0), id_child(a, 1)));
    rec_id_hex(a, hex);
    assert_true(rec_id_parse(hex, strlen(hex), &back) && rec_id_eq(a, back));
    assert_false(rec_id_parse(hex, 31, &back));
}

static void arena_pieces_stay(void **state)
{
    (void)state;
    struct arena a = {0};
    char *first = arena_strdup(&a, "first");
    for (int i = 0; i < 100000; i++)
        arena_alloc(&a, 33);
    assert_string_equal(first, "first");
    char *big = arena_alloc(&a, 1 << 20);
    big[(1 << 20) - 1] = 1;
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(money_parses_exactly),
                                       cmocka_unit_test(money_is_written_as_x12_and_for_people),
                                       cmocka_unit_test(dates_are_real_days),
                                       cmocka_unit_test(times_read_and_write),
                                       cmocka_unit_test(buffers_grow_and_escape),
                                       cmocka_unit_test(ids_are_lineage),
                                       cmocka_unit_test(arena_pieces_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
