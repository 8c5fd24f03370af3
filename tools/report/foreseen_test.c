/* What counts as foreseen: the same fault, not any word about the same claim. */
#include "tools/report/report.h"
#include "tests/unit.h"

static const struct {
    const char *answer, *codes, *rule, *report;
    bool foreseen;
} CASES[] = {
    {"277CA", "A7:562:85", "S5-001", "277CA:A7:562:85", true},
    {"277CA", "A3:562:85", "S5-001", "277CA:A7:562:85", true}, /* how grave is the payer's matter */
    {"277CA", "A7:562", "S5-001", "277CA:A7:562:85", true},    /* it does not say of whom */
    {"277CA", "A7:562:82", "S5-001", "277CA:A7:562:85", false}, /* of somebody else */
    {"277CA", "A7:562:85", "S6-005", "277CA:A6:630", false},    /* warned of something else */
    {"277CA", "A7:21 A7:630", "S6-005", "277CA:A6:630", true},  /* one of two */
    {"277CA", "A7", "S6-005", "277CA:A6:630", false},
    {"277CA", "", "S6-005", "277CA:A6:630", false},
    {"999", "5", "S6-005", "277CA:A6:630", false},
    {"835", "CO-197", "S6-020", "277CA:A7:252", true},
    {"835", "CO-197", "S6-005", "277CA:A6:630", false},
    {"835", "CO-16", "S6-005", "277CA:A6:630", false}, /* a reason that says nothing */
    {"835", "CO-29", "S7-008", "TIMELY", true},
    {"835", "CO-97", "S6-011", "277CA:A7:454", true}, /* a pair that is edited */
    {"835", "CO-97", "S5-007", "277CA:A7:454", false},
    {"835", "OA-18", "S7-007", "277CA:A3:78", true},
    {"835", "CO-4", "S5-009", "277CA:A7:453", true},
    {"835", "CO-45", "S5-009", "277CA:A7:453", false},
    {"835", "197", "S6-020", "277CA:A7:252", false}, /* no reason without its group */
};

static void test_foreseen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        if (report_foresaw(phi_lit(CASES[i].answer), phi_lit(CASES[i].codes), CASES[i].rule,
                           phi_lit(CASES[i].report)) != CASES[i].foreseen)
            fail_msg("case %zu: %s by %s", i + 1, CASES[i].codes, CASES[i].report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_foreseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
