#include "tests/unit.h"

#include "common/codes/facts.h"

static void cells(void **state)
{
    (void)state;
    struct buf error = {0};
    struct facts *f = facts_new();
    assert_true(facts_add(f, "payers", "p.csv",
                          phi_lit("\xEF\xBB\xBFid,name\r\n# a remark\r\n\r\nA, x y \r\n"
                                  "B,\"x \"\"y\"\", z\"\r\nA,\r\nC,\"two\nlines\""),
                          &error));
    struct fact_table *t = facts_table(f, phi_lit("payers"));
    assert_non_null(t);
    assert_null(facts_table(f, phi_lit("payer")));
    assert_int_equal(fact_rows(t), 4);
    assert_int_equal(fact_column(t, phi_lit("name")), 1);
    assert_int_equal(fact_column(t, phi_lit("names")), -1);
    assert_true(phi_is(fact_cell(t, 0, 1), "x y"));
    assert_true(phi_is(fact_cell(t, 1, 1), "x \"y\", z"));
    assert_true(phi_is(fact_cell(t, 2, 1), ""));
    assert_true(phi_is(fact_cell(t, 3, 1), "two\nlines"));
    uint8_t first = 0;
    const struct fact_index *x = fact_index_of(f, t, &first, 1);
    assert_ptr_equal(x, fact_index_of(f, t, &first, 1));
    phi_str a = phi_lit("A"), none = phi_lit("D");
    assert_int_equal(fact_find(x, &a, UINT32_MAX), 0);
    assert_int_equal(fact_find(x, &a, 0), 2);
    assert_int_equal(fact_find(x, &a, 2), UINT32_MAX);
    assert_int_equal(fact_find(x, &none, UINT32_MAX), UINT32_MAX);
    facts_free(f);
    buf_free(&error);
}

/* Two columns are one key only together: "A","BC" is not "AB","C". */
static void keys_of_two(void **state)
{
    (void)state;
    struct buf error = {0};
    struct facts *f = facts_new();
    assert_true(facts_add(f, "t", "t.csv", phi_lit("a,b\nA,BC\nAB,C\n"), &error));
    const uint8_t both[] = {1, 0};
    const struct fact_index *x = fact_index_of(f, facts_table(f, phi_lit("t")), both, 2);
    phi_str key[] = {phi_lit("C"), phi_lit("AB")};
    assert_int_equal(fact_find(x, key, UINT32_MAX), 1);
    assert_int_equal(fact_find(x, key, 1), UINT32_MAX);
    facts_free(f);
}

static void refused(const char *name, const char *csv, const char *why)
{
    struct buf error = {0};
    struct facts *f = facts_new();
    bool good = facts_add(f, name, "t.csv", phi_lit(csv), &error);
    if (good || strcmp(buf_cstr(&error), why) != 0)
        fail_msg("\"%s\" gives \"%s\"", csv, good ? "a table" : buf_cstr(&error));
    facts_free(f);
    buf_free(&error);
}

static void faults_say_where(void **state)
{
    (void)state;
    refused("t", "", "t.csv:1: the first line names the columns");
    refused("t", "a,A\n", "t.csv:1: a column is named with small letters, digits and _");
    refused("t", "a,b,a\n", "t.csv:1: two columns have the same name");
    refused("T", "a\n", "t.csv:1: a table is named with small letters, digits and _");
    refused("t", "a,b\n1,2\n\n3\n",
            "t.csv:4: the line has not as many values as there are columns");
    refused("t", "a,b\n1,2,3\n", "t.csv:2: the line has not as many values as there are columns");
    refused("t", "a,from\n1,2026-01-32\n", "t.csv:2: a day is written 2026-01-31 or 20260131");
    refused("t", "a\n\"b\n", "t.csv:3: a quote that does not end");
    refused("t", "a\n\"b\"c\n", "t.csv:2: something stands behind a quote");
}

static void days(void **state)
{
    (void)state;
    struct buf error = {0};
    struct facts *f = facts_new();
    int32_t day;
    assert_true(
        facts_add(f, "t", "t.csv", phi_lit("a,from,to\n1,2026-01-02,20260103\n2,,\n"), &error));
    struct fact_table *t = facts_table(f, phi_lit("t"));
    assert_true(fact_day(phi_lit("2026-01-01"), &day));
    assert_false(fact_holds(t, 0, day));
    assert_true(fact_holds(t, 0, day + 1));
    assert_true(fact_holds(t, 0, day + 2));
    assert_false(fact_holds(t, 0, day + 3));
    assert_true(fact_holds(t, 1, day));
    assert_true(fact_holds(t, 0, INT32_MIN));
    assert_false(fact_day(phi_lit("2026/01/01"), &day));
    assert_false(fact_day(phi_lit(""), &day));
    facts_free(f);
}

/* The same table in two folders, or twice: the rows of both, under one header. */
static void two_of_a_name(void **state)
{
    (void)state;
    struct buf error = {0};
    struct facts *f = facts_new();
    assert_true(facts_add(f, "t", "1/t.csv", phi_lit("a,b\n1,2\n"), &error));
    assert_true(facts_add(f, "t", "2/t.csv", phi_lit("a,b\n3,4\n"), &error));
    assert_int_equal(fact_rows(facts_table(f, phi_lit("t"))), 2);
    assert_false(facts_add(f, "t", "3/t.csv", phi_lit("a,c\n"), &error));
    assert_string_equal(buf_cstr(&error),
                        "3/t.csv:1: the columns are others than in the folder before");
    buf_clear(&error);
    assert_false(facts_load(f, "/nowhere/at/all", &error));
    assert_string_equal(buf_cstr(&error), "/nowhere/at/all: No such file or directory");
    facts_free(f);
    buf_free(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells), cmocka_unit_test(keys_of_two),
                                       cmocka_unit_test(faults_say_where), cmocka_unit_test(days),
                                       cmocka_unit_test(two_of_a_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
