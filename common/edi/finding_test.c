/* Tests of how findings are written. */
#include <stdio.h>
#include "common/edi/finding.h"
#include "tests/unit.h"

static const struct finding SAMPLE = {.rule = "S1-038",
                                      .level = 1,
                                      .severity = SEV_TRANSACTION,
                                      .loop = "2010AA",
                                      .segment = "N4",
                                      .position = 10,
                                      .element = 3,
                                      .offset = 512,
                                      .report = "IK403:5",
                                      .text = "N403 is longer than allowed",
                                      .bad = {"331010001999", 12}};

static void json_has_the_keys_of_the_interface_and_no_value(void **state)
{
    (void)state;
    struct buf b = {0};
    finding_json(&b, "a\"b.edi", &SAMPLE);
    assert_string_equal(
        buf_cstr(&b),
        "{\"file\":\"a\\\"b.edi\",\"offset\":512,\"loop\":\"2010AA\",\"segment\":\"N4\","
        "\"position\":10,\"element\":\"3\",\"level\":1,\"rule\":\"S1-038\","
        "\"severity\":\"transaction\",\"report\":\"IK403:5\","
        "\"text\":\"N403 is longer than allowed\"}\n");
    buf_free(&b);
}

static void text_is_one_line_with_place_and_reason(void **state)
{
    (void)state;
    struct buf b = {0};
    finding_text(&b, "a.edi", &SAMPLE, false);
    assert_string_equal(buf_cstr(&b), "a.edi:512: transaction S1-038: 2010AA N403 at segment 10: "
                                      "N403 is longer than allowed [IK403:5]\n");
    buf_clear(&b);
    finding_text(&b, "a.edi", &SAMPLE, true);
    assert_non_null(strstr(buf_cstr(&b), "\033[31mtransaction\033[0m"));
    buf_free(&b);
}

static void an_element_is_said_as_far_as_it_goes(void **state)
{
    (void)state;
    static const struct {
        uint16_t e, c, r;
        const char *text;
    } t[] = {{0, 0, 0, ""}, {3, 0, 0, "3"}, {1, 2, 0, "1.2"}, {2, 1, 3, "2.1.3"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct finding f = {.element = t[i].e, .component = t[i].c, .repetition = t[i].r};
        struct buf b = {0};
        finding_element(&b, &f);
        assert_string_equal(buf_cstr(&b), t[i].text);
        buf_free(&b);
    }
}

static void severities_have_names(void **state)
{
    (void)state;
    enum severity s;
    for (int i = SEV_WARNING; i <= SEV_INTERCHANGE; i++) {
        assert_true(severity_parse(severity_name((enum severity)i), &s));
        assert_int_equal(s, i);
    }
    assert_false(severity_parse("grave", &s));
}

static bool hits(const char *loop, uint32_t claim, uint32_t position, const struct finding_claim *c)
{
    struct finding f = {.severity = SEV_CLAIM, .claim = claim, .position = position};
    snprintf(f.loop, sizeof f.loop, "%s", loop);
    return finding_hits(&f, c);
}

/* Providers at 5 and 40, a subscriber at 12 with a claim at 20, its patient at 22 with one at 26. */
static void a_level_takes_its_claims_with_it(void **state)
{
    (void)state;
    const struct finding_claim own = {{5, 12, 0}, 20, 1}, child = {{5, 12, 22}, 26, 2},
                               other = {{40, 44, 0}, 50, 3};
    assert_true(hits("2300", 1, 21, &own) && !hits("2300", 1, 21, &child));
    assert_true(hits("2010AA", 0, 8, &own) && hits("2010AA", 0, 8, &child));
    assert_false(hits("2010AA", 0, 8, &other));
    assert_true(hits("2010AA", 0, 42, &other) && !hits("2010AA", 0, 42, &own));
    assert_true(hits("2010BA", 0, 14, &own) && hits("2010BA", 0, 14, &child));
    assert_true(hits("2010CA", 0, 23, &child) && !hits("2010CA", 0, 23, &own));
    assert_true(hits("1000A", 0, 3, &other) && hits("", 0, 2, &own));
    struct finding grave = {.severity = SEV_WARNING, .claim = 1};
    assert_false(finding_hits(&grave, &own));
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(a_level_takes_its_claims_with_it),
        cmocka_unit_test(json_has_the_keys_of_the_interface_and_no_value),
        cmocka_unit_test(text_is_one_line_with_place_and_reason),
        cmocka_unit_test(an_element_is_said_as_far_as_it_goes),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(t, NULL, NULL);
}
