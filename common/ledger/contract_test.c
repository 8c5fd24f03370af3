#include "common/ledger/contract.h"
#include "tests/unit.h"
#include "common/util/date.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A contract from text, as a file in a folder of its own. */
static const struct contract *load(struct arena *a, const char *text)
{
    char dir[] = "/tmp/cw-contract-XXXXXX", path[64];
    struct buf error = {0};
    const struct contract *c = NULL;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/P.yaml", dir);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    if (!contracts_load(dir, a, &c, &error))
        fail_msg("%s", buf_cstr(&error));
    unlink(path);
    rmdir(dir);
    return c;
}

static struct facts_line line(const char *code, const char *m1, const char *m2, int64_t charge)
{
    struct facts_line l = {.code = phi_lit(code), .charge = charge, .units = 1000};
    date_parse(phi_lit("20260903"), &l.from);
    if (*m1)
        l.mods[l.mods_n++] = phi_lit(m1);
    if (*m2)
        l.mods[l.mods_n++] = phi_lit(m2);
    return l;
}

static int64_t price(const struct contract *c, struct facts_line *lines, uint32_t n, uint32_t i,
                     const char *place)
{
    struct priced p[8];
    struct facts f = {.lines = lines, .lines_n = n};
    contract_price(c, &f, phi_lit(place), p);
    return p[i].fee ? p[i].expected : -1;
}

static const char TEXT[] = "payer: P\n"
                           "factors: {\"50\": 150, \"80\": 16, AS: 13.6, \"52\": 75}\n"
                           "multiple: [100, 50, 25]\n"
                           "fees:\n"
                           "  - {code: \"A\", fee: 100.00, to: 2025-12-31}\n"
                           "  - {code: \"A\", fee: 110.00, from: 2026-01-01}\n"
                           "  - {code: \"A\", place: \"22\", fee: 80.00}\n"
                           "  - {code: \"A\", modifier: \"26\", fee: 40.00}\n"
                           "  - {code: \"S\", fee: 300.00, multiple: true}\n"
                           "  - {code: \"T\", fee: 200.00, multiple: true}\n"
                           "  - {code: \"U\", fee: 100.00, multiple: true}\n";

static void fee_by_day_place_and_modifier(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct contract *c = load(&a, TEXT);
    struct facts_line l = line("A", "", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, "11"), 11000);
    assert_int_equal(price(c, &l, 1, 0, "22"), 8000);
    date_parse(phi_lit("20251231"), &l.from);
    assert_int_equal(price(c, &l, 1, 0, "11"), 10000);
    l = line("A", "26", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, "22"), 4000); /* the modifier goes before the place */
    l = line("B", "", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, "11"), -1);
    arena_free(&a);
}

static void factors_units_and_lesser_of(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct contract *c = load(&a, TEXT);
    struct facts_line l = line("A", "50", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, ""), 16500);
    l = line("A", "AS", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, ""), 1496); /* 110.00 * 13.6 % */
    l = line("A", "50", "80", 50000);
    assert_int_equal(price(c, &l, 1, 0, ""), 2640); /* 165.00 * 16 % */
    l = line("A", "25", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, ""), 11000); /* 25 prices nothing */
    l = line("A", "TC", "", 50000);
    assert_int_equal(price(c, &l, 1, 0, ""), -1); /* TC would, and nobody says how */
    l = line("A", "", "", 50000);
    l.units = 2500;
    assert_int_equal(price(c, &l, 1, 0, ""), 27500);
    l.charge = 20000;
    assert_int_equal(price(c, &l, 1, 0, ""), 20000);
    arena_free(&a);
}

static void later_procedures_of_a_day(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct contract *c = load(&a, TEXT);
    struct facts_line l[] = {line("U", "51", "", 90000), line("S", "", "", 90000),
                             line("T", "51", "", 90000), line("A", "", "", 90000)};
    assert_int_equal(price(c, l, 4, 0, ""), 2500);  /* third: 25 % */
    assert_int_equal(price(c, l, 4, 1, ""), 30000); /* the dearest */
    assert_int_equal(price(c, l, 4, 2, ""), 10000); /* second: 50 % */
    assert_int_equal(price(c, l, 4, 3, ""), 11000); /* none of them */
    date_parse(phi_lit("20260904"), &l[1].from);    /* another day */
    assert_int_equal(price(c, l, 4, 2, ""), 20000);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fee_by_day_place_and_modifier),
                                       cmocka_unit_test(factors_units_and_lesser_of),
                                       cmocka_unit_test(later_procedures_of_a_day)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
