/* A reason that names the patient is seen; one that names the payer, a code or an account is not. */
#include "common/util/named.h"
#include "tests/unit.h"

static const char CLAIM[] =
    "CLM*RB0003*240***11:B:1*Y*A*Y*Y~NM1*IL*1*Quillfeather*Ada*B***MI*ZK55120091~"
    "DMG*D8*19800301*F~REF*SY*900112233~NM1*QC*1*Li*Jo~"
    "NM1*82*1*Marten*Olive****XX*2000000010~NM1*PR*2*Harbor Mutual*****PI*77001~";
static const char ENCOUNTER[] = "{\"id\":\"E1\",\"pt\":{\"last\":\"Quillfeather\",\"first\":"
                                "\"Ada\",\"dob\":\"1980-03-01\",\"ref\":"
                                "\"MRN-4471\"},\"cov\":[{\"member\":\"ZK55120091\",\"sub\":{"
                                "\"last\":\"Tamsin\",\"first\":\"Roe\"}}]}";

static void a_claim_is_named(void **state)
{
    static const struct {
        const char *text;
        bool named;
    } cases[] = {{"quillfeather called", true},
                 {"ADA called", true},
                 {"card of ZK55120091, seen", true},
                 {"born 19800301", true},
                 {"born 1980-03-01", true},
                 {"born 03/01/1980.", true},
                 {"ssn 900112233", true},
                 {"authorization found", false},
                 {"Adamant payer", false},       /* inside another word */
                 {"Jo said Li is right", false}, /* two letters say nothing */
                 {"Dr Marten agreed", false},    /* of the practice */
                 {"Harbor Mutual agreed", false},
                 {"RB0003 was seen on 2026-03-01", false},
                 {"call 198003011", false},
                 {"", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (named_in(cases[i].text, phi_lit(CLAIM)) != cases[i].named)
            fail_msg("case %zu", i);
}

static void an_encounter_is_named(void **state)
{
    static const char *const named[] = {
        "Ada",        "QUILLFEATHER", "mrn-4471",          "1980-03-01",
        "03/01/1980", "ZK55120091",   "Tamsin is covered", "roe"};
    (void)state;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (!named_in(named[i], phi_lit(ENCOUNTER)))
            fail_msg("case %zu", i);
    assert_false(named_in("coverage confirmed by telephone", phi_lit(ENCOUNTER)));
}

static void what_is_neither_names_nobody(void **state)
{
    (void)state;
    assert_false(named_in("anything", phi_lit("")));
    assert_false(named_in("anything", phi_lit("{broken")));
    assert_false(named_in("anything", phi_lit("NM1")));
    assert_false(named_in("IL", phi_lit("NM1*IL~~")));
    assert_false(named_in(NULL, phi_lit(CLAIM)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_claim_is_named),
                                       cmocka_unit_test(an_encounter_is_named),
                                       cmocka_unit_test(what_is_neither_names_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
