/* Wires as data: what is refused, and when a file may go again. */
#include "common/wire/wire.h"
#include "common/util/fs.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct wire core(int first, int most, char usage)
{
    return (struct wire){
        .by = WIRE_CORE_SOAP, .usage = usage, .retry_first = first, .retry_most = most};
}

/* Never sooner than 90 s, never more than five in any 15 minutes, whatever the wire says. */
static void the_limits_of_core_hold_in_production(void **state)
{
    const int settings[][2] = {{90, 90}, {90, 3600}, {100, 120}, {200, 200}, {90, 224}};
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        for (int open = 0; open < 2; open++) {
            struct wire w = core(settings[i][0], settings[i][1], 'P');
            int64_t sent[40] = {0};
            for (int k = 1; k < 40; k++) {
                sent[k] = sent[k - 1] + wire_pause(&w, k, open);
                assert_true(sent[k] - sent[k - 1] >= 90);
                if (k >= 5)
                    assert_true(sent[k] - sent[k - 5] >= 900);
            }
        }
}

static void pauses_double_up_to_the_longest(void **state)
{
    struct wire w = {.by = WIRE_SFTP, .usage = 'P', .retry_first = 90, .retry_most = 600};
    (void)state;
    assert_int_equal(wire_pause(&w, 1, false), 90);
    assert_int_equal(wire_pause(&w, 2, false), 180);
    assert_int_equal(wire_pause(&w, 4, false), 600);
    assert_int_equal(wire_pause(&w, 1, true), 600);
    assert_int_equal(wire_least_pause(&w), 0);
    w = core(1, 2, 'T');
    assert_int_equal(wire_pause(&w, 9, false), 2);
    assert_int_equal(wire_least_pause(&w), 0);
    w = core(90, 3600, 'P');
    assert_int_equal(wire_least_pause(&w), 90);
    assert_int_equal(wire_pause(&w, 1, false), 90);
    assert_int_equal(wire_pause(&w, 2, false), 225);
    assert_int_equal(wire_pause(&w, 4, false), 720);
}

#define GOOD "by: core-soap, url: \"https://h/\", sender: A, receiver: B, "
static void a_wire_of_core_that_cannot_be_is_refused(void **state)
{
    static const char *const bad[][2] = {
        {"by: core-soap, sender: A, receiver: B, user: u, password: p", "\"url\" is missing"},
        {GOOD "user: u", "\"user\" and \"password\""},
        {GOOD "cert: c", "\"cert\" and \"key\""},
        {"by: core-soap, url: \"https://h/\", sender: A, receiver: B", "who we are"},
        {GOOD "user: u, password: p, dir: in", "\"dir\" does not belong"},
        {GOOD "user: u, password: p, token: \"https://t/\"", "\"token\" does not belong"},
        {GOOD "user: u, password: p, retry-first: 10", "90 s"},
        {GOOD "user: u, password: p, mode: sometimes", "\"mode\" must be"},
        {GOOD "user: u, password: p, take: \"../x\"", "\"take\" is a list"},
        {"by: core-mime, url: \"http://h/\", usage: T, sender: A, receiver: B, user: u, password: "
         "p",
         "https://"},
        {"by: core-mime, url: \"http://127.0.0.1:1/\", sender: A, receiver: B, user: u, password: "
         "p",
         "https://"},
        {"by: core-rest, url: \"https://h/\", sender: A, receiver: B, cert: c, key: k",
         "certificate and a token"},
        {"by: core-rest, url: \"https://h/\", sender: A, receiver: B, token: \"https://t\"",
         "belong together"},
        {"by: folder, dir: d, url: \"https://h/\"", "\"url\" does not belong"},
    };
    char dir[] = "/tmp/wire_testXXXXXX";
    (void)state;
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct buf path = {0}, text = {0}, error = {0};
        buf_printf(&path, "%s/w.yaml", dir);
        buf_printf(&text, "submit:\n  X: {%s}\n", bad[i][0]);
        assert_int_equal(fs_replace(buf_cstr(&path), text.p, text.len), 0);
        if (wires_load(dir, &a, &error) || !strstr(buf_cstr(&error), bad[i][1]) ||
            !strstr(buf_cstr(&error), "w.yaml:2:"))
            fail_msg("%s: %s", bad[i][0], buf_cstr(&error));
        unlink(buf_cstr(&path));
        buf_free(&path);
        buf_free(&text);
        buf_free(&error);
        arena_free(&a);
    }
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limits_of_core_hold_in_production),
        cmocka_unit_test(pauses_double_up_to_the_longest),
        cmocka_unit_test(a_wire_of_core_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
