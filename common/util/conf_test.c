/* Configuration is read as a tree, and every complaint says file, line and column. */
#include "common/util/conf.h"
#include "common/util/fs.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/conf_test.XXXXXX";

static struct conf *read_text(const char *text, struct arena *a, struct buf *error)
{
    char path[64];
    snprintf(path, sizeof path, "%s/a.yaml", dir);
    assert_int_equal(fs_replace(path, text, strlen(text)), 0);
    buf_clear(error);
    return conf_read(path, a, error);
}

static void reads_a_tree(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf e = {0};
    struct conf *c = read_text("us: {id: X, name: \"A B\"}\nlist:\n  - 1\n  - two\n", &a, &e);
    assert_non_null(c);
    assert_string_equal(conf_text(conf_get(c, "us"), "name", ""), "A B");
    assert_string_equal(conf_text(conf_get(c, "us"), "none", "-"), "-");
    assert_int_equal(conf_get(c, "list")->n, 2);
    assert_string_equal(conf_get(c, "list")->first->next->text, "two");
    assert_int_equal(conf_get(c, "list")->first->next->line, 4);
    assert_int_equal(conf_get(c, "list")->first->next->column, 5);
    assert_null(conf_get(NULL, "x"));
    buf_free(&e);
    arena_free(&a);
}

static void says_where_a_fault_is(void **state)
{
    (void)state;
    static const struct {
        const char *text, *end;
    } bad[] = {{"a: 1\na: 2\n", ":2:1: this key stands here twice"},
               {"a: [1\n", NULL},
               {"", ":1:1: the file is empty"},
               {"a: &x 1\nb: *x\n", ":2:4: aliases are not used here"},
               {"[1]: 2\n", ":1:1: a key must be a single value"}};
    struct arena a = {0};
    struct buf e = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(read_text(bad[i].text, &a, &e));
        assert_true(e.len > 0);
        if (bad[i].end)
            assert_non_null(strstr(buf_cstr(&e), bad[i].end));
    }
    struct conf *c = read_text("good: 1\n  \nbed: 2\n", &a, &e);
    assert_false(conf_only(c, (const char *const[]){"good", "bad", NULL}, &e));
    assert_non_null(strstr(buf_cstr(&e), "a.yaml:3:6: unknown key \"bed\""));
    buf_free(&e);
    arena_free(&a);
}

static void lists_the_files_of_a_folder(void **state)
{
    (void)state;
    struct arena a = {0};
    char path[64];
    snprintf(path, sizeof path, "%s/b.txt", dir);
    assert_int_equal(fs_replace(path, "", 0), 0);
    char **f = conf_files(dir, &a);
    assert_non_null(strstr(f[0], "/a.yaml"));
    assert_null(f[1]);
    assert_null(conf_files("/does/not/exist", &a));
    arena_free(&a);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    (void)state;
    char cmd[64];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_a_tree),
                                       cmocka_unit_test(says_where_a_fault_is),
                                       cmocka_unit_test(lists_the_files_of_a_folder)};
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
