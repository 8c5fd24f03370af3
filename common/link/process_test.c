/* Status files are read as the header says, and nothing else is believed. */
#include "common/link/process.h"
#include "common/util/fs.h"
#include "tests/unit.h"
#include <stdio.h>
#include <unistd.h>

static void write_status(const char *text)
{
    assert_int_equal(fs_mkdirs("build/tmp/process/status"), 0);
    assert_int_equal(fs_replace("build/tmp/process/status/a.2.json", text, strlen(text)), 0);
}

static void a_status_is_read(void **state)
{
    (void)state;
    struct process_status s;
    write_status("{\"stage\":\"a\",\"pid\":7,\"kind\":\"source\",\"state\":\"running\",\"in\":5,"
                 "\"out\":{\"x\":3,\"rejects\":4},\"refused\":4,\"open\":2,\"done\":10,"
                 "\"total\":20,\"new\":[1]}");
    assert_true(process_status_read("build/tmp/process", "a", 2, &s));
    assert_string_equal(s.state, "running");
    assert_string_equal(s.kind, "source");
    assert_int_equal(s.pid, 7);
    assert_int_equal(s.in, 5);
    assert_int_equal(s.out, 7);
    assert_int_equal(s.refused, 4);
    assert_int_equal(s.open, 2);
    assert_int_equal(s.done, 10);
    assert_int_equal(s.total, 20);
    assert_non_null(strstr(buf_cstr(&s.json), "\"new\":[1]"));
    buf_free(&s.json);
}

static void what_is_no_status_is_refused(void **state)
{
    (void)state;
    struct process_status s;
    static const char *const bad[] = {"", "{", "[1]", "{\"pid\":1} x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_status(bad[i]);
        assert_false(process_status_read("build/tmp/process", "a", 2, &s));
        assert_int_equal(s.pid, 0);
    }
    unlink("build/tmp/process/status/a.2.json");
    assert_false(process_status_read("build/tmp/process", "a", 2, &s));
    write_status("{\"pid\":\"7\",\"out\":3,\"state\":{}}");
    assert_true(process_status_read("build/tmp/process", "a", 2, &s));
    assert_int_equal(s.pid, 0);
    assert_int_equal(s.out, 0);
    assert_string_equal(s.state, "");
    buf_free(&s.json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_status_is_read),
                                       cmocka_unit_test(what_is_no_status_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
