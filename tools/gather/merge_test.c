/* One encounter of the messages of a visit, whatever order they are in. */
#include "tools/gather/merge.h"
#include "tests/unit.h"
#include <stdlib.h>

static json_t *enc(const char *text)
{
    json_t *e = json_loads(text, 0, NULL);
    assert_non_null(e);
    return e;
}

static const char *const three[] = {
    "{\"src\":{\"sys\":\"S\",\"event\":\"DFT^P03\"},\"pt\":{\"last\":\"A\",\"dob\":null},\"cov\":[]"
    ","
    "\"dx\":[{\"n\":1,\"code\":\"I10\"}],\"lines\":[{\"ln\":1,\"code\":\"99213\",\"dx\":[1]}],"
    "\"note\":null,\"signed\":null}",
    "{\"src\":{\"sys\":\"S\",\"event\":\"ADT^A04\"},\"pt\":{\"last\":\"A\",\"dob\":\"1980-02-29\"},"
    "\"cov\":[{\"payer\":\"P\"}],\"dx\":[{\"n\":1,\"code\":\"R51\"}],\"lines\":[],\"note\":null,"
    "\"signed\":null}",
    "{\"src\":{\"sys\":\"S\",\"event\":\"MDM^T02\"},\"pt\":{\"last\":\"A\"},\"cov\":[],\"dx\":[],"
    "\"lines\":[],\"note\":{\"text\":\"one\"},\"signed\":{\"by\":\"2000000028\"}}"};

static char *joined(const int *order, int n)
{
    struct merge_part part[4];
    for (int i = 0; i < n; i++)
        part[i] = (struct merge_part){enc(three[order[i]]), (uint64_t)i, true};
    json_t *e = merge_parts(part, (size_t)n);
    char *s = json_dumps(e, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(e);
    for (int i = 0; i < n; i++)
        json_decref(part[i].enc);
    return s;
}

static void any_order_is_the_same(void **state)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    char *first = joined(orders[0], 3);
    (void)state;
    assert_string_equal(
        first, "{\"cov\":[{\"payer\":\"P\"}],\"dx\":[{\"code\":\"I10\",\"n\":1}],"
               "\"lines\":[{\"code\":\"99213\",\"dx\":[1],\"ln\":1}],\"note\":{\"text\":\"one\"},"
               "\"pt\":{\"dob\":\"1980-02-29\",\"last\":\"A\"},\"signed\":{\"by\":\"2000000028\"},"
               "\"src\":{\"event\":\"DFT^P03\",\"sys\":\"S\"}}");
    for (int i = 1; i < 6; i++) {
        char *other = joined(orders[i], 3);
        assert_string_equal(first, other);
        free(other);
    }
    free(first);
}

static void the_newest_registration_speaks_and_lines_follow(void **state)
{
    struct merge_part part[] = {
        {enc("{\"src\":{\"event\":\"ADT^A04\"},\"cov\":[{\"payer\":\"OLD\"}]}"), 1, true},
        {enc("{\"src\":{\"event\":\"ADT^A08\"},\"cov\":[{\"payer\":\"NEW\"}]}"), 2, true},
        {enc("{\"src\":{\"event\":\"DFT^P03\"},\"dx\":[{\"n\":1,\"code\":\"I10\"}],\"lines\":[{"
             "\"code\":\"A\","
             "\"dx\":[1]}]}"),
         3, true},
        {enc("{\"src\":{\"event\":\"DFT^P03\"},\"dx\":[{\"n\":1,\"code\":\"R51\"},{\"n\":2,"
             "\"code\":\"I10\"}],"
             "\"lines\":[{\"code\":\"B\",\"dx\":[1,2]}]}"),
         4, true},
        {enc("{\"src\":{\"event\":\"DFT^P03\"},\"lines\":[{\"code\":\"GONE\"}]}"), 0, false}};
    (void)state;
    json_t *e = merge_parts(part, 5);
    char *s = json_dumps(e, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(strstr(s, "\"cov\":[{\"payer\":\"NEW\"}]"));
    assert_non_null(strstr(
        s,
        "\"lines\":[{\"code\":\"A\",\"dx\":[1],\"ln\":1},{\"code\":\"B\",\"dx\":[2,1],\"ln\":2}]"));
    assert_null(strstr(s, "GONE"));
    free(s);
    json_decref(e);
    for (int i = 0; i < 5; i++)
        json_decref(part[i].enc);
}

static void what_is_missing_is_named(void **state)
{
    struct buf b = {0};
    json_t *e = enc(three[0]);
    (void)state;
    merge_missing(e, false, &b);
    assert_string_equal(buf_cstr(&b), "signature coverage patient");
    buf_clear(&b);
    merge_missing(e, true, &b);
    assert_string_equal(buf_cstr(&b), "coverage patient");
    json_decref(e);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_is_the_same),
        cmocka_unit_test(the_newest_registration_speaks_and_lines_follow),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
