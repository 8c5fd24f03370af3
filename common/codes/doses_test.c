/* Doses of a note by the HCPCS table: nearest name, units rounded up, what is no dose. */
#include "common/codes/doses.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct doses *table(struct codes **codes)
{
    static const char *const rows[][2] = {
        {"J3301", "Injection, triamcinolone acetonide, not otherwise specified, 10 mg"},
        {"J0696", "Injection, ceftriaxone sodium, per 250 mg"},
        {"J1644", "Injection, heparin sodium, per 1000 units"},
        {"J3420", "Injection, vitamin B-12 cyanocobalamin, up to 1,000 mcg"},
        {"J1094", "Injection, dexamethasone acetate, 1 mg"},
        {"J1100", "Injection, dexamethasone sodium phosphate, 1 mg"}};
    char dir[] = "/tmp/doses_test.XXXXXX", path[64];
    struct buf error = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/codes.cwt", dir);
    struct codes_build *b = codes_build_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(codes_build_add(b, DOSES_SYSTEM, phi_lit(rows[i][0]), (phi_str){"", 0}, 10000,
                                    CODES_NO_END, CODE_BILLABLE, 0, phi_lit(rows[i][1])));
    assert_int_equal(codes_build_write(b, path, &error), 0);
    codes_build_free(b);
    *codes = codes_open(path, &error);
    assert_non_null(*codes);
    unlink(path);
    rmdir(dir);
    struct doses *d = doses_new(*codes, 20000);
    assert_non_null(d);
    return d;
}

static void doses_make_units(void **state)
{
    static const struct {
        const char *note, *code;
        uint32_t units;
    } cases[] = {{"40 mg triamcinolone (Kenalog) into the knee", "J3301", 4},
                 {"Triamcinolone acetonide 45 mg.", "J3301", 5},
                 {"ceftriaxone 1 gram IM", "J0696", 4},
                 {"Ceftriaxone 0.5 g given", "J0696", 2},
                 {"heparin 5,000 units", "J1644", 5},
                 {"1000 mcg of cyanocobalamin", "J3420", 1},
                 {"triamcinolone injected", "J3301", 0},
                 {"triamcinolone 40 ml", "J3301", 0},
                 {"heparin 5 mg", "J1644", 0},
                 {"Triamcinolone. Took 40 mg", "J3301", 0},
                 {"triamcinolone 40 mg right, triamcinolone 80 mg left", "J3301", 0},
                 {"triamcinolone 40 mg right, triamcinolone 40 mg left", "J3301", 4},
                 {"triamcinolone 99999999999999999999 mg", "J3301", 0},
                 {"dexamethasone sodium phosphate 4 mg IV", "J1100", 4}};
    struct codes *codes;
    struct doses *d = table(&codes);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(doses_units(d, phi_lit(cases[i].note), phi_lit(cases[i].code)),
                         cases[i].units);
    doses_free(d);
    codes_close(codes);
}

static void a_dose_has_its_place_and_whether_it_was_given(void **state)
{
    struct codes *codes;
    struct doses *d = table(&codes);
    struct dose x[DOSES_MOST];
    (void)state;
    assert_int_equal(
        doses_find(d, phi_lit("Gave triamcinolone 40 mg IM. Heparin 5000 units at home."), x), 2);
    assert_int_equal(x[0].begin, 5);
    assert_int_equal(x[0].end, 24);
    assert_true(x[0].given);
    assert_false(x[1].given);
    assert_int_equal(doses_find(d, (phi_str){"", 0}, x), 0);
    assert_int_equal(doses_find(NULL, phi_lit("heparin 5 units"), x), 0);
    doses_free(d);
    codes_close(codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doses_make_units),
        cmocka_unit_test(a_dose_has_its_place_and_whether_it_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
