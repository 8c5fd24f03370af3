/* What an item of the assessment says becomes one code of its category: side, episode, trimester, stage, with
 * or without; doubt and what is done about it are told apart. All words are made up. */
#include "common/coding/assess.h"
#include "tests/unit.h"
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *code, *title;
    bool billable;
} set[] = {
    {"S901", "Twist of grelp", false},
    {"S90101A", "Twist of unspecified band of right grelp, initial encounter", true},
    {"S90101D", "Twist of unspecified band of right grelp, subsequent encounter", true},
    {"S90101S", "Twist of unspecified band of right grelp, sequela", true},
    {"S90102A", "Twist of unspecified band of left grelp, initial encounter", true},
    {"S90102D", "Twist of unspecified band of left grelp, subsequent encounter", true},
    {"S90109A", "Twist of unspecified band of unspecified grelp, initial encounter", true},
    {"S92", "Crack of fump", false},
    {"S921XXA", "Crack of right fump, initial encounter for closed crack", true},
    {"S921XXB", "Crack of right fump, initial encounter for open crack", true},
    {"S921XXD", "Crack of right fump, subsequent encounter for closed crack with routine healing",
     true},
    {"S921XXG", "Crack of right fump, subsequent encounter for closed crack with delayed healing",
     true},
    {"O30", "Wamble in pregnancy", false},
    {"O301", "Wamble in pregnancy, first trimester", true},
    {"O302", "Wamble in pregnancy, second trimester", true},
    {"O309", "Wamble in pregnancy, unspecified trimester", true},
    {"N18", "Slow fump", false},
    {"N181", "Slow fump, stage 1", true},
    {"N183", "Slow fump, stage 3 (moderate)", true},
    {"N189", "Slow fump, unspecified", true},
    {"N300", "Acute frabitis without snirk", true},
    {"N301", "Acute frabitis with snirk", true},
    {"M10", "Idle glout", false},
    {"M100", "Idle glout, unspecified site", true},
    {"M107", "Idle glout, right ankle and foot", true},
    {"R11", "Hoast", true},
    {"R12", "Ipple", true}};

static char path[] = "/tmp/assess_test.XXXXXX";
static struct codes *table;
static struct coding c;
static struct assessments out;

static void make_table(void)
{
    struct codes_build *b = codes_build_new();
    struct lexicon_build *l = lexicon_build_new();
    struct buf error = {0};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        uint16_t flags = set[i].billable ? CODE_BILLABLE : 0;
        assert_true(codes_build_add(b, LEXICON_CODES, phi_lit(set[i].code), (phi_str){0}, 0,
                                    INT32_MAX, flags, 0, phi_lit(set[i].title)));
        lexicon_build_title(l, phi_lit(set[i].code), flags, phi_lit(set[i].title));
    }
    lexicon_build_add(l, b);
    assert_int_equal(codes_build_write(b, path, &error), 0);
    lexicon_build_free(l);
    codes_build_free(b);
    table = codes_open(path, &error);
    assert_non_null(table);
    c.lexicon = lexicon_open(table, c.stems, 1000);
    assert_non_null(c.lexicon);
}

/* Sure codes of a note, then how many items were not understood. */
static const char *sure(const char *note)
{
    static struct buf b;
    buf_clear(&b);
    assess(&c, phi_lit(note), &out);
    for (size_t i = 0; i < out.n; i++)
        if (out.at[i].sure)
            buf_printf(&b, "%.*s ", CODE_LEN, out.at[i].code->code);
    buf_printf(&b, "%zu", out.unread);
    return buf_cstr(&b);
}

static void an_item_says_side_and_site(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Twist of left grelp"), "S90102A 0");
    assert_string_equal(sure("Dx: Idle glout of right foot"), "M107 0");
    assert_string_equal(sure("Dx: Idle glout"), "M100 0");
    assert_string_equal(sure("Dx: Idle glout of left foot"), "1"); /* no such code */
}

static void an_item_says_the_episode(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Twist of right grelp, initial encounter"), "S90101A 0");
    assert_string_equal(sure("Dx: Twist of right grelp, subsequent encounter"), "S90101D 0");
    assert_string_equal(sure("Dx: Twist of right grelp, sequela"), "S90101S 0");
    assert_string_equal(sure("Dx: Crack of right fump"), "S921XXA 0");
    assert_string_equal(sure("Dx: Open crack of right fump"), "S921XXB 0");
    assert_string_equal(
        sure("Dx: Closed crack of right fump, subsequent encounter, routine healing"), "S921XXD 0");
    assert_string_equal(sure("Dx: Crack of right fump, delayed healing"), "S921XXG 0");
    assert_string_equal(sure("Cast check.\nDx: Crack of right fump"), "1"); /* which visit is it */
}

static void an_item_says_trimester_and_stage(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Wamble in pregnancy, second trimester"), "O302 0");
    assert_string_equal(sure("Dx: Slow fump, stage 3"), "N183 0");
    assert_string_equal(sure("Dx: Slow fump stage 2"), "1");
}

static void with_and_without_are_not_the_same(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Acute frabitis with snirk"), "N301 0");
    assert_string_equal(sure("Dx: Acute frabitis without snirk"), "N300 0");
}

static void what_is_done_and_what_is_doubted(void **state)
{
    (void)state;
    assert_string_equal(sure("A/P:\n1. Hoast - continue syrup\n2. Ipple: start drops"),
                        "R11 R12 0");
    assert_string_equal(sure("Dx: Hoast, Ipple"), "R11 R12 0");
    assert_string_equal(sure("Dx: Hoast, possible ipple"), "R11 0"); /* guideline IV.H */
    assert_string_equal(sure("Dx: Hoast. Ipple ruled out."), "R11 0");
    assert_string_equal(sure("Dx: Hoast vs. ipple"), "0");
    assert_string_equal(sure("Dx: Ipple?"), "0");
    assert_string_equal(sure("Dx: Hoast, something else"), "1");
    assert_string_equal(sure("Dx: Hoast, rule out zorble"), "R11 0"); /* a word nobody knows */
    assert_string_equal(sure("Dx: Hoast, possibly ipple"), "R11 0");
    assert_string_equal(sure("A: Hoast.\nP: Ipple drops"), "R11 0");
    assert_string_equal(sure("A/P\nHoast: syrup, and walks\nIpple: drops"),
                        "2"); /* a small table: neither is sure */
    assert_string_equal(sure("A/P\nHoast: continue syrup\nIpple: start drops"), "R11 R12 0");
    assert_string_equal(sure("A/P\nHoast: continue syrup\nAllergies: ipple"), "R11 0");
    assert_string_equal(sure("Dx: Twist of grelp: left"), "S90102A 0"); /* it says more of it */
    c.setting = SETTING_INPATIENT; /* there a doubt at discharge counts: a person decides */
    assert_string_equal(sure("Discharge diagnoses: Ipple?"), "1");
    c.setting = SETTING_OUTPATIENT;
}

/* What is over is no diagnosis of today: a person decides. */
static void what_is_over_is_not_sure(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Hoast"), "R11 0");
    assert_string_equal(sure("Dx: Hoast, resolved"), "1");
    assert_string_equal(sure("Dx: Hoast - gone"), "1");
    assert_string_equal(sure("Dx: Resolved hoast"), "1");
    assert_string_equal(sure("Dx: Hoast, in remission"), "1"); /* its title knows none */
    assert_string_equal(sure("Dx: Childhood hoast"), "1");
    assert_string_equal(sure("Dx: Hoast - none"), "1");
    assert_string_equal(sure("A/P\n1. Hoast: cured, continue syrup\n2. Ipple"), "R12 1");
}

/* What is short for the past, for another person, for absence. */
static void what_is_short_for_another_time(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Hx of hoast"), "1");
    assert_string_equal(sure("Dx: Hoast hx"), "1");
    assert_string_equal(sure("Dx: FHx hoast"), "1");
    assert_string_equal(sure("Dx: Hoast. Mom: ipple"), "R11 1");
    assert_string_equal(sure("Dx: (-) hoast"), "1");
    assert_string_equal(sure("Dx: Hoast: neg"), "1");
}

/* A letter that stands alone says more than the term, to which it is an article. */
static void a_lone_letter_is_no_article(void **state)
{
    (void)state;
    assert_string_equal(sure("Dx: Hoast A"), "1");
    assert_string_equal(sure("Dx: a hoast"), "R11 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_says_side_and_site),
        cmocka_unit_test(an_item_says_the_episode),
        cmocka_unit_test(an_item_says_trimester_and_stage),
        cmocka_unit_test(with_and_without_are_not_the_same),
        cmocka_unit_test(what_is_done_and_what_is_doubted),
        cmocka_unit_test(what_is_over_is_not_sure),
        cmocka_unit_test(what_is_short_for_another_time),
        cmocka_unit_test(a_lone_letter_is_no_article),
    };
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    c.stems = stemmer_new();
    c.rules = context_rules_new(c.stems);
    c.setting = SETTING_OUTPATIENT;
    make_table();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    assessments_free(&out);
    coding_free(&c);
    lexicon_free(c.lexicon);
    context_rules_free(c.rules);
    stemmer_free(c.stems);
    codes_close(table);
    unlink(path);
    return rc;
}
