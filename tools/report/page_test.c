/* A long report takes several pages: the heads stand on each, no row is lost; what is too wide is cut with
 * an ellipsis and never runs into its neighbour; letters with accents are those letters. */
#include "tests/unit.h"
#include "tools/report/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 200, TEXT = 1 << 18 };

static char read_back[TEXT];

static void draw(struct table *t)
{
    struct buf error = {0};
    char path[64];
    snprintf(path, sizeof path, "/tmp/page_test.%d.pdf", getpid());
    assert_true(table_pdf(t, "what it is", INT64_C(1793000000000000), path, &error));
    char command[128];
    snprintf(command, sizeof command, "pdftotext -layout -enc UTF-8 %s -", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(read_back, 1, TEXT - 1, f);
    read_back[n] = 0;
    int rc = pclose(f);
    unlink(path);
    if (rc)
        skip(); /* there is no pdftotext */
}

static int count(const char *what)
{
    int n = 0;
    for (const char *p = read_back; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static void many_rows_take_pages(void **state)
{
    static const struct col col[] = {{.name = "payer", .kind = COL_TEXT}, {"sum owed", COL_CENTS}};
    struct table t = {.name = "long-one", .col = col, .n = 2};
    char name[16];
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        snprintf(name, sizeof name, "PAY%04d", i);
        phi_str word = arena_phi(&t.mem, phi_lit(name));
        cell_add(&t, table_row(&t, &word), 1, 100 * i + 7, 0);
    }
    table_finish(&t);
    draw(&t);
    int pages = count("\f");
    assert_in_range(pages, 5, 7); /* 200 rows of 14 points on about 460 */
    assert_int_equal(count("payer"), pages);
    assert_int_equal(count("PAY0"), ROWS);
    assert_int_equal(count("Long one"), pages);
    snprintf(name, sizeof name, "of %d", pages);
    assert_int_equal(count(name), pages);
    table_free(&t);
}

static void wide_text_is_cut_and_numbers_are_whole(void **state)
{
    static const struct col col[] = {{.name = "first", .kind = COL_TEXT},
                                     {.name = "second", .kind = COL_TEXT},
                                     {"cents", COL_CENTS}};
    struct table t = {.name = "wide", .col = col, .n = 3};
    static char wide[400];
    (void)state;
    memset(wide, 'W', sizeof wide);
    const phi_str words[] = {phi_of(wide, sizeof wide), phi_lit("Jos\xc3\xa9 M\xc3\xbcller")};
    cell_add(&t, table_row(&t, words), 2, INT64_C(123456789012), 0);
    table_finish(&t);
    draw(&t);
    assert_int_equal(count("1,234,567,890.12"), 1);
    assert_int_equal(count("Jos\xc3\xa9 M\xc3\xbcller"), 1);
    assert_int_equal(count("W\xe2\x80\xa6"), 1);
    table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_rows_take_pages),
                                       cmocka_unit_test(wide_text_is_cut_and_numbers_are_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
