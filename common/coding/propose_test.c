#include "common/coding/propose.h"
#include "tests/unit.h"
#include <stdlib.h>
#include <unistd.h>

/* A made-up code set: Q1 was split on day 100; Q2 is a heading. */
static const struct {
    const char *code, *title;
    int32_t from, to;
    bool billable;
} set[] = {{"Q10", "Wamble", 0, 99, true},
           {"Q10", "Wamble", 100, INT32_MAX, false},
           {"Q101", "Wamble, right", 100, INT32_MAX, true},
           {"Q109", "Wamble, unspecified", 100, INT32_MAX, true},
           {"Q20", "Grype of foot", 0, INT32_MAX, false},
           {"Q201", "Grype of foot, left", 0, INT32_MAX, true},
           {"Q209", "Grype of foot, unspecified", 0, INT32_MAX, true},
           {"V01", "Struck by made-up animal", 0, INT32_MAX, true}};

static char path[] = "/tmp/propose_test.XXXXXX";
static struct codes *table;
static struct stemmer *stems;
static struct coding c;
static struct proposals out;

static void make_table(void)
{
    struct codes_build *b = codes_build_new();
    struct lexicon_build *l = lexicon_build_new();
    struct buf error = {0};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        uint16_t flags = set[i].billable ? CODE_BILLABLE : 0;
        assert_true(codes_build_add(b, LEXICON_CODES, phi_lit(set[i].code), (phi_str){0},
                                    set[i].from, set[i].to, flags, 0, phi_lit(set[i].title)));
        lexicon_build_title(l, phi_lit(set[i].code), flags, phi_lit(set[i].title));
    }
    lexicon_build_term(l, phi_lit("Q20"), TERM_INDEX, phi_lit("Grype, gryping > pedal"));
    lexicon_build_term(l, phi_lit("Q201"), TERM_INDEX, phi_lit("Blue"));
    lexicon_build_term(l, phi_lit("V01"), TERM_OWN, phi_lit("bitten"));
    lexicon_build_term(l, phi_lit("Q101"), TERM_OWN, phi_lit("wamble of the day"));
    lexicon_build_term(l, phi_lit("Q201"), TERM_TITLE, phi_lit("wamble day"));
    lexicon_build_add(l, b);
    assert_int_equal(codes_build_write(b, path, &error), 0);
    lexicon_build_free(l);
    codes_build_free(b);
    table = codes_open(path, &error);
    assert_non_null(table);
}

static void on_day(int32_t day)
{
    lexicon_free(c.lexicon);
    c.lexicon = lexicon_open(table, stems, day);
    assert_non_null(c.lexicon);
}

/* The codes of a note, best first, '?' behind those that are only suggested. */
static const char *codes(enum coding_setting setting, const char *note)
{
    static struct buf b;
    buf_clear(&b);
    c.setting = setting;
    propose(&c, phi_lit(note), &out);
    for (size_t i = 0; i < out.n; i++)
        buf_printf(&b, "%s%.*s%s", i ? " " : "", CODE_LEN, out.at[i].code->code,
                   out.at[i].assigned ? "" : "?");
    return buf_cstr(&b);
}

static void the_longest_term_wins_and_has_its_place(void **state)
{
    (void)state;
    on_day(200);
    assert_string_equal(codes(SETTING_MENTIONS, "A grype of the left foot, and a wamble."),
                        "Q201 Q109");
    assert_int_equal(out.at[0].begin, 2);
    assert_int_equal(out.at[0].end, 24);
}

static void codes_are_those_of_the_day(void **state)
{
    (void)state;
    on_day(50);
    assert_string_equal(codes(SETTING_MENTIONS, "wamble"), "Q10");
    assert_string_equal(codes(SETTING_MENTIONS, "wamble, right"), "Q10");
    on_day(100);
    assert_string_equal(codes(SETTING_MENTIONS, "wamble"), "Q109");
    on_day(-5);
    assert_string_equal(codes(SETTING_MENTIONS, "wamble"), "");
}

static void headings_and_index_lead_to_the_unspecified_leaf(void **state)
{
    (void)state;
    on_day(200);
    assert_string_equal(codes(SETTING_MENTIONS, "gryping, pedal"), "Q209");
    assert_true(out.at[0].term->value == TERM_INDEX);
}

static void weak_evidence_gives_no_code(void **state)
{
    (void)state;
    on_day(200);
    assert_string_equal(codes(SETTING_MENTIONS, "a blue shirt"), ""); /* not in the title */
    assert_string_equal(codes(SETTING_MENTIONS, "struck by made-up animal"), "");
    assert_string_equal(codes(SETTING_MENTIONS, "grype. foot"), ""); /* two sentences */
}

static void own_names_are_believed_and_come_first(void **state)
{
    (void)state;
    on_day(200);
    assert_string_equal(codes(SETTING_MENTIONS, "was bitten"), "V01");
    assert_string_equal(codes(SETTING_MENTIONS, "a wamble of the day"), "Q101");
}

static void settings_decide_about_context(void **state)
{
    (void)state;
    on_day(200);
    assert_string_equal(codes(SETTING_MENTIONS, "No wamble."), "Q109");
    assert_string_equal(codes(SETTING_OUTPATIENT, "No wamble."), "");
    assert_string_equal(codes(SETTING_OUTPATIENT, "Her mother had wamble."), "");
    assert_string_equal(codes(SETTING_OUTPATIENT, "Return if wamble occurs."), "");
    assert_string_equal(codes(SETTING_OUTPATIENT, "Probable wamble."), "Q109?");
    assert_string_equal(codes(SETTING_INPATIENT, "Probable wamble."), "Q109");
    assert_string_equal(codes(SETTING_INPATIENT, "History of wamble."), "Q109?");
    assert_string_equal(codes(SETTING_OUTPATIENT, "Probable wamble. Later: wamble."), "Q109");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_term_wins_and_has_its_place),
        cmocka_unit_test(codes_are_those_of_the_day),
        cmocka_unit_test(headings_and_index_lead_to_the_unspecified_leaf),
        cmocka_unit_test(weak_evidence_gives_no_code),
        cmocka_unit_test(own_names_are_believed_and_come_first),
        cmocka_unit_test(settings_decide_about_context),
    };
    stems = stemmer_new();
    c.stems = stems;
    c.rules = context_rules_new(stems);
    close(mkstemp(path));
    make_table();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    coding_free(&c);
    proposals_free(&out);
    lexicon_free(c.lexicon);
    context_rules_free(c.rules);
    stemmer_free(stems);
    codes_close(table);
    return rc;
}
