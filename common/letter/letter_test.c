/* Letters: fields, what is left out, what a value cannot do, and how lines flow. */
#include "common/letter/letter.h"
#include "tests/unit.h"

static const struct letter_field FIELDS[] = {{"name", {"ANNA TESTER", 11}},
                                             {"none", {"", 0}},
                                             {"evil", {"x\n= FORGED\n| y", 14}},
                                             {"brace", {"{name}", 6}},
                                             {"table", {"  a  1\n  b  2", 13}}};
enum { FIELDS_N = sizeof FIELDS / sizeof *FIELDS };

static void fills(const char *template, const char *want)
{
    struct buf out = {0}, error = {0};
    assert_true(letter_fill("t", phi_lit(template), FIELDS, FIELDS_N, &out, &error));
    assert_string_equal(buf_cstr(&out), want);
    buf_free(&out);
    buf_free(&error);
}

static void refuses(const char *template, const char *want)
{
    struct buf out = {0}, error = {0};
    assert_false(letter_fill("t", phi_lit(template), FIELDS, FIELDS_N, &out, &error));
    assert_string_equal(buf_cstr(&error), want);
    buf_free(&out);
    buf_free(&error);
}

static void fields(void **state)
{
    (void)state;
    fills("# not seen\nDear {name},\n", "Dear ANNA TESTER,\n");
    fills("| {none}\n| {name}\n", "| ANNA TESTER\n");
    fills("a\n\n{none}\n\nb\n", "a\n\nb\n");
    fills("{table}\nend\n", "  a  1\n  b  2\nend\n");
    fills("", "");
    refuses("a\n{nobody}\n", "t:2: a field that is not known: \"nobody\"");
    refuses("a {name\n", "t:1: a brace that does not close");
}

/* What a patient or payer wrote cannot become a heading, an address line or a field. */
static void values_are_values(void **state)
{
    (void)state;
    fills("Dear {evil}.\n", "Dear x = FORGED | y.\n");
    fills("{brace}\n", "{name}\n");
}

static void flows(void **state)
{
    struct buf out = {0};
    (void)state;
    letter_text(phi_lit("= HEAD\n\none two\nthree\n\n  fixed   line\n| at once\n"), &out);
    assert_string_equal(buf_cstr(&out), "HEAD\n\none two three\n\n  fixed   line\nat once\n");
    buf_clear(&out);
    /* 39 words of one letter and 39 blanks are 78 columns with the 40th word on the next line */
    char words[200], *at = words;
    for (int i = 0; i < 40; i++)
        *at++ = 'w', *at++ = ' ';
    at[-1] = 0;
    letter_text(phi_lit(words), &out);
    assert_int_equal((const char *)memchr(out.p, '\n', out.len) - out.p, 77);
    assert_int_equal(out.len, 80);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(values_are_values),
        cmocka_unit_test(flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
