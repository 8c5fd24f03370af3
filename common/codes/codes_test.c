/* Tests of the compiled code tables: dates, versions side by side, pairs, damage. */
#include "common/codes/codes_file.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "tests/unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/codes_test.XXXXXX";
static char path[64];

static int32_t day(const char *ccyymmdd)
{
    int32_t d = 0;
    assert_true(date_parse(phi_lit(ccyymmdd), &d));
    return d;
}

static void add(struct codes_build *b, const char *sys, const char *code, const char *pair,
                const char *from, const char *to, unsigned flags, uint32_t value, const char *title)
{
    assert_true(codes_build_add(b, sys, phi_lit(code), phi_lit(pair), day(from),
                                to ? day(to) : CODES_NO_END, (uint16_t)flags, value,
                                phi_lit(title)));
}

static struct codes *small_table(void)
{
    struct codes_build *b = codes_build_new();
    struct buf err = {0};
    add(b, "icd10cm", "J029", "", "20221001", "20230930", CODE_BILLABLE, 0, "sore throat");
    add(b, "icd10cm", "J029", "", "20231001", "20240930", CODE_BILLABLE, 0, "sore throat");
    add(b, "icd10cm", "R51", "", "20151001", "20200930", CODE_BILLABLE, 0, "head pain");
    add(b, "icd10cm", "R51", "", "20201001", NULL, 0, 0, "head pain");
    add(b, "icd10cm", "R519", "", "20201001", NULL, CODE_BILLABLE, 0, "head pain, not specified");
    add(b, "ptp", "AAAA1", "BBBB2", "20200101", "20221231", 1 << 8, 0, "");
    add(b, "mue", "AAAA1", "", "20200101", NULL, 3 << 8, 12, "");
    assert_int_equal(codes_build_write(b, path, &err), 0);
    codes_build_free(b);
    struct codes *c = codes_open(path, &err);
    assert_non_null(c);
    buf_free(&err);
    return c;
}

static void a_code_is_found_by_its_date(void **state)
{
    (void)state;
    struct codes *c = small_table();
    const phi_str none = {"", 0};
    const struct code_row *r = codes_find(c, "icd10cm", phi_lit("R51"), none, day("20200930"));
    assert_true(r && (r->flags & CODE_BILLABLE));
    r = codes_find(c, "icd10cm", phi_lit("R51"), none, day("20201001"));
    assert_true(r && !(r->flags & CODE_BILLABLE));
    assert_null(codes_find(c, "icd10cm", phi_lit("R519"), none, day("20200930")));
    assert_true(codes_known(c, "icd10cm", phi_lit("R519")));
    assert_false(codes_known(c, "icd10cm", phi_lit("ZZZ")));
    assert_null(codes_find(c, "nosuch", phi_lit("R51"), none, 0));
    assert_true(codes_verify(c));
    codes_close(c);
}

static void versions_that_continue_are_one_row(void **state)
{
    (void)state;
    struct codes *c = small_table();
    struct code_system s;
    assert_true(codes_system(c, "icd10cm", &s));
    assert_int_equal(s.n, 4);
    const struct code_row *r =
        codes_find(c, "icd10cm", phi_lit("J029"), phi_lit(""), day("20240930"));
    assert_non_null(r);
    assert_int_equal(r->from, day("20221001"));
    assert_true(phi_is(codes_title(c, r), "sore throat"));
    codes_close(c);
}

static void an_addenda_line_ends_a_code(void **state)
{
    (void)state;
    struct codes_build *b = codes_build_new();
    struct buf err = {0};
    add(b, "s", "A", "", "20200101", NULL, CODE_BILLABLE, 0, "leaf");
    add(b, "s", "A", "", "20221001", NULL, 0, 0, "now a heading");
    add(b, "s", "A", "", "20221001", NULL, CODE_ENDS, 0, "");
    assert_int_equal(codes_build_write(b, path, &err), 0);
    codes_build_free(b);
    struct codes *c = codes_open(path, &err);
    const phi_str none = {"", 0};
    assert_true(codes_find(c, "s", phi_lit("A"), none, day("20220930"))->flags & CODE_BILLABLE);
    assert_false(codes_find(c, "s", phi_lit("A"), none, day("20221001"))->flags & CODE_BILLABLE);
    codes_close(c);
    buf_free(&err);
}

static void pairs_and_values_are_kept(void **state)
{
    (void)state;
    struct codes *c = small_table();
    const struct code_row *r =
        codes_find(c, "ptp", phi_lit("AAAA1"), phi_lit("BBBB2"), day("20210505"));
    assert_true(r && code_indicator(r->flags) == 1);
    assert_null(codes_find(c, "ptp", phi_lit("BBBB2"), phi_lit("AAAA1"), day("20210505")));
    r = codes_find(c, "mue", phi_lit("AAAA1"), phi_lit(""), day("20250101"));
    assert_true(r && r->value == 12 && code_indicator(r->flags) == 3);
    codes_close(c);
}

static void contradicting_rows_are_refused_and_the_old_file_stays(void **state)
{
    (void)state;
    codes_close(small_table());
    struct codes_build *b = codes_build_new();
    struct buf err = {0};
    add(b, "icd10cm", "X1", "", "20200101", "20201231", CODE_BILLABLE, 0, "one");
    add(b, "icd10cm", "X1", "", "20200601", "20210101", 0, 0, "two");
    assert_int_equal(codes_build_write(b, path, &err), EXIT_CONFIG);
    assert_non_null(strstr(buf_cstr(&err), "X1"));
    codes_build_free(b);
    struct codes *c = codes_open(path, &err);
    assert_true(c && codes_known(c, "icd10cm", phi_lit("J029")));
    codes_close(c);
    buf_free(&err);
}

/* Every cut and every altered byte, wherever it stands, is noticed at open. */
static void damage_is_refused(void **state)
{
    (void)state;
    struct buf whole = {0}, err = {0};
    codes_close(small_table());
    assert_int_equal(fs_read(path, 1 << 20, &whole), 0);
    for (size_t cut = 0; cut < whole.len; cut += 13) {
        assert_int_equal(fs_replace(path, whole.p, cut), 0);
        assert_null(codes_open(path, &err));
    }
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, whole.p, whole.len, 0), whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        char bad = (char)(whole.p[i] ^ 1 << i % 8);
        assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
        buf_clear(&err);
        assert_null(codes_open(path, &err));
        assert_non_null(strstr(buf_cstr(&err), path));
        assert_int_equal(pwrite(fd, &whole.p[i], 1, (off_t)i), 1);
    }
    struct codes *c = codes_open(path, &err);
    assert_true(c && codes_verify(c));
    codes_close(c);
    close(fd);
    buf_free(&whole);
    buf_free(&err);
}

/* Rows that changed places, a block of zeros: what a sum that only adds would not see. */
static void the_sum_knows_places_and_lengths(void **state)
{
    (void)state;
    char a[200], b[200];
    for (int i = 0; i < 200; i++)
        a[i] = b[i] = (char)(i * 37);
    for (size_t n = 0; n < sizeof a; n++)
        assert_int_not_equal(codes_sum(a, n), codes_sum(a, n + 1));
    memcpy(b, a + 64, 64);
    memcpy(b + 64, a, 64);
    assert_int_not_equal(codes_sum(a, 200), codes_sum(b, 200));
    memset(a, 0, sizeof a);
    assert_int_not_equal(codes_sum(a, 128), codes_sum(a, 192));
}

static void codes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct codes_build *b = codes_build_new();
    const phi_str none = {"", 0};
    assert_false(codes_build_add(b, "s", none, none, 0, 1, 0, 0, none));
    assert_false(codes_build_add(b, "s", phi_lit("12345678901234567"), none, 0, 1, 0, 0, none));
    assert_false(codes_build_add(b, "s", phi_lit("A B"), none, 0, 1, 0, 0, none));
    assert_false(codes_build_add(b, "s", phi_lit("A"), none, 2, 1, 0, 0, none));
    codes_build_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_found_by_its_date),
        cmocka_unit_test(versions_that_continue_are_one_row),
        cmocka_unit_test(an_addenda_line_ends_a_code),
        cmocka_unit_test(pairs_and_values_are_kept),
        cmocka_unit_test(contradicting_rows_are_refused_and_the_old_file_stays),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(the_sum_knows_places_and_lengths),
        cmocka_unit_test(codes_that_do_not_fit_are_refused)};
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/codes.cwt", dir);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(dir);
    return failed;
}
