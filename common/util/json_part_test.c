#include "common/util/json_part.h"
#include "tests/unit.h"

static void is(const char *text, const char *key, const char *want)
{
    phi_str got = json_part(phi_lit(text), key);
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void members_are_found(void **state)
{
    (void)state;
    is("{\"a\":1,\"b\":[1,{\"c\":2}],\"c\":\"x\"}", "a", "1");
    is("{\"a\":1,\"b\":[1,{\"c\":2}],\"c\":\"x\"}", "b", "[1,{\"c\":2}]");
    is("{\"a\":1,\"b\":[1,{\"c\":2}],\"c\":\"x\"}", "c", "\"x\"");
    is(" {\n \"a\" : [ 1 ] ,\t\"b\" : true \n} ", "a", "[ 1 ]");
    is(" {\n \"a\" : [ 1 ] ,\t\"b\" : true \n} ", "b", "true");
    is("{\"a\":1,\"a\":2}", "a", "2");
}

static void only_at_the_top(void **state)
{
    (void)state;
    is("{\"x\":{\"a\":1}}", "a", "");
    is("{\"x\":\"a\",\"y\":\"\\\"a\\\":1\",\"a\":3}", "a", "3");
    is("{\"x\":\"}]\\\\\",\"a\":\"\\\\\\\"\"}", "a", "\"\\\\\\\"\"");
    is("{\"aa\":1}", "a", "");
    is("[\"a\",1]", "a", "");
}

/* Cut anywhere: never beyond the end, and what is found lies within. */
static void cut_text_is_safe(void **state)
{
    (void)state;
    static const char text[] = " {\"a\" : [1,\"\\\"]\"], \"b\":{\"a\":\"\\\\\"} , \"a\":null } ";
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = test_malloc(n + 1); /* a byte beyond the end is an error of the sanitizer */
        memcpy(copy, text, n);
        phi_str got = json_part(phi_of(copy, n), "a");
        assert_true(got.n == 0 || (got.p >= copy && got.p + got.n <= copy + n));
        test_free(copy);
    }
    is("", "a", "");
    is("{", "a", "");
    is("{\"a\":", "a", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(members_are_found),
                                       cmocka_unit_test(only_at_the_top),
                                       cmocka_unit_test(cut_text_is_safe)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
