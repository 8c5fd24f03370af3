#include "tests/unit.h"

#include "common/rules/rules_int.h"

static void npi_digits(void **state)
{
    (void)state;
    /* 1234567893 is the published example; the others differ in one digit, or have no type. */
    assert_true(npi_good(phi_lit("1234567893")));
    assert_true(npi_good(phi_lit("2000000010")));
    assert_false(npi_good(phi_lit("1234567890")));
    assert_false(npi_good(phi_lit("1234567839")));
    assert_false(npi_good(phi_lit("123456789")));
    assert_false(npi_good(phi_lit("12345678930")));
    assert_false(npi_good(phi_lit("12345A7893")));
    assert_false(npi_good(phi_lit("3000000011")));
    assert_false(npi_good(phi_lit("")));
}

static bool fits(const char *pattern, const char *v)
{
    struct pattern p;
    assert_true(pattern_read(phi_lit(pattern), &p));
    return pattern_fits(&p, phi_lit(v));
}

static void patterns(void **state)
{
    (void)state;
    struct pattern p;
    assert_true(fits("ad[0-9A-Z]{1,5}", "J029"));
    assert_false(fits("ad[0-9A-Z]{1,5}", "J0"));
    assert_false(fits("ad[0-9A-Z]{1,5}", "J02.9"));
    assert_false(fits("ad[0-9A-Z]{1,5}", "J029A678"));
    assert_true(fits("d{5}", "84065"));
    assert_false(fits("d{5}", "8406"));
    assert_false(fits("d{5}", "840650"));
    assert_true(fits("[AC-E]X", "DX"));
    assert_false(fits("[AC-E]X", "BX"));
    assert_false(pattern_read(phi_lit("[AB"), &p));
    assert_false(pattern_read(phi_lit("d{3"), &p));
    assert_false(pattern_read(phi_lit("d{3,2}"), &p));
    assert_false(pattern_read(phi_lit(""), &p));
}

static const char HEAD[] = "rule S4-900\non 837P\nper claim\nseverity warning\nsource V1\n"
                           "text a text\n";

/* The rule with this end is refused with a message that begins and ends so. */
static void refused(const struct guide_set *g, const char *end, const char *where, const char *why)
{
    struct buf text = {0}, error = {0};
    buf_printf(&text, "%s%s\n", HEAD, end);
    struct rules *r = rules_parse(buf_view(&text), g, &error);
    if (r || strncmp(buf_cstr(&error), where, strlen(where)) != 0 || !strstr(buf_cstr(&error), why))
        fail_msg("\"%s\" gives \"%s\"", end, r ? "a rule" : buf_cstr(&error));
    buf_free(&text);
    buf_free(&error);
}

static void faults_say_where(void **state)
{
    struct guide_set *g = *state;
    refused(g, "need 2300/CLM-02 = ", "rule:7:", "is wanted here");
    refused(g, "need exists(2300/XYZ)", "rule:7:13: ", "no such segment or loop");
    refused(g, "need money(2300/CLM-02) = 2300/CLM-01", "rule:7:25: ", "a text and a number");
    refused(g, "need count(2400)", "rule:7:6: ", "a condition is wanted");
    refused(g, "need any(x in 2400: y-02 = 1)", "rule:7:21: ", "no such function or name");
    refused(g, "need code(nothing, 2300/CLM-01)", "rule:7:11: ", "no such code set");
    refused(g, "need matches(2300/CLM-01, \"[a\")", "rule:7:27: ", "a pattern");
    refused(g, "when exists(2300/CLM)\n  or or\nneed exists(2300/CLM)",
            "rule:8:6: ", "no such function");
    refused(g, "nead exists(2300/CLM)", "rule:7:1: ", "no such line");
    refused(g, "need exists(2300/CLM)\nneed exists(2300/CLM)", "rule:8:1: ", "said twice");
    refused(g, "when exists(2300/CLM)", "rule:1:1: ", "either need or by");
    refused(g, "by nobody", "rule:7:4: ", "says why");
    refused(g, "need exists(2300/CLM)\nfrom 2012-01-01", "rule:1:1: ", "dated");
    refused(g, "need exists(2300/CLM)\nfrom 2012-13-01", "rule:8:6: ", "a day is written");
    refused(g, "need exists(2300/CLM)\nfail clean.837", "rule:8:6: ", "below fixtures");
}

static void recalled_is_a_warning(void **state)
{
    struct guide_set *g = *state;
    struct buf error = {0};
    struct rules *r = rules_parse(phi_lit("rule S4-900\non 837P\nper claim\nseverity claim\n"
                                          "source recalled\ntext a text\n"
                                          "need exists(2300/CLM)\n"),
                                  g, &error);
    assert_null(r);
    assert_non_null(strstr(buf_cstr(&error), "warning until it is checked"));
    buf_free(&error);
}

static void a_good_rule(void **state)
{
    struct guide_set *g = *state;
    struct buf error = {0}, text = {0};
    buf_printf(&text, "%s%s", HEAD,
               "need all(x in 2400/SV1-07-1..4: int(x) <= count(2300/HI-01..12)) and\n"
               "    (sum(2300/AMT[01=F5]-02) <= money(2300/CLM-02) or 2300/CLM-06 in (Y N))\n"
               "pass 837p/clean.837 keep\n");
    struct rules *r = rules_parse(buf_view(&text), g, &error);
    if (!r)
        fail_msg("%s", buf_cstr(&error));
    assert_non_null(r);
    assert_int_equal(rules_count(r), 1);
    assert_int_equal(rules_at(r, 0).level, 4);
    assert_int_equal(rules_at(r, 0).severity, SEV_WARNING);
    assert_int_equal(rules_at(r, 0).fixtures, 1);
    assert_int_equal(rules_fixture(r, 0, 0).line, 9);
    rules_free(r);
    buf_free(&text);
    buf_free(&error);
}

static int load(void **state)
{
    struct buf error = {0};
    *state = guides_load("config/guides", &error);
    return *state ? 0 : -1;
}

static int unload(void **state)
{
    guides_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(npi_digits), cmocka_unit_test(patterns),
                                       cmocka_unit_test(faults_say_where),
                                       cmocka_unit_test(recalled_is_a_warning),
                                       cmocka_unit_test(a_good_rule)};
    return cmocka_run_group_tests(tests, load, unload);
}
