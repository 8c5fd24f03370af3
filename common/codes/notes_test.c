/* Notes of the tabular list: which codes a heading or range holds, whose note speaks of what. */
#include "common/codes/notes.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool within(const char *code, const char *what)
{
    return code_within(phi_lit(code), phi_lit(what));
}

static void headings_and_ranges(void **state)
{
    (void)state;
    assert_true(within("E1165", "E11") && within("E11", "E11"));
    assert_false(within("E1165", "E10") || within("E1", "E11") || within("E11", ""));
    assert_true(within("E0821", "E08-E13") && within("E139", "E08-E13"));
    assert_false(within("E14", "E08-E13") || within("E079", "E08-E13") || within("F08", "E08-E13"));
    assert_true(within("P361", "P360-P361") && within("99213", "99202-99215"));
    assert_false(within("P362", "P360-P361") || within("99221", "99202-99215"));
    assert_true(within("O9A11", "O00-O9A"));
}

static void add(struct codes_build *b, const char *code, const char *pair, uint32_t value)
{
    assert_true(codes_build_add(b, NOTES_SYSTEM, phi_lit(code), phi_lit(pair), 10000, CODES_NO_END,
                                0, value, phi_lit("a note")));
}

static void a_note_holds_for_everything_below(void **state)
{
    (void)state;
    char dir[] = "/tmp/notes_test.XXXXXX", path[64];
    struct buf error = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/codes.cwt", dir);
    struct codes_build *b = codes_build_new();
    add(b, "E11", "1E10", NOTE_EXCLUDES1);
    add(b, "A00-B99", "2J00-J22", NOTE_EXCLUDES2);
    assert_int_equal(codes_build_write(b, path, &error), 0);
    codes_build_free(b);
    struct codes *c = codes_open(path, &error);
    struct codes_notes *n = codes_notes_new(c, 20000), *before = codes_notes_new(c, 9999);
    assert_non_null(codes_note_naming(n, phi_lit("E1165"), NOTE_EXCLUDES1, phi_lit("E109")));
    assert_null(codes_note_naming(n, phi_lit("E1165"), NOTE_EXCLUDES2, phi_lit("E109")));
    assert_null(codes_note_naming(n, phi_lit("E109"), NOTE_EXCLUDES1, phi_lit("E1165")));
    assert_non_null(codes_note_naming(n, phi_lit("A090"), NOTE_EXCLUDES2, phi_lit("J189")));
    assert_null(codes_note_naming(before, phi_lit("E1165"), NOTE_EXCLUDES1, phi_lit("E109")));
    codes_notes_free(n);
    codes_notes_free(before);
    codes_close(c);
    unlink(path);
    rmdir(dir);
    buf_free(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(headings_and_ranges),
                                       cmocka_unit_test(a_note_holds_for_everything_below)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
