/* A kill point kills at the named place, at the visit asked for, and nowhere else. */
#include "common/util/killpoint.h"
#include "tests/unit.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs three visits of two points in a child; returns how it ended (100 + visits, or -signal). */
static int child(const char *at)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (at)
            setenv("CLAIMWIRE_KILL_AT", at, 1);
        else
            unsetenv("CLAIMWIRE_KILL_AT");
        kill_point("a.b.before");
        kill_point("a.b.after");
        kill_point("a.b.after");
        _exit(103);
    }
    int st;
    waitpid(pid, &st, 0);
    return WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st);
}

static void dies_only_where_named(void **state)
{
    (void)state;
    assert_int_equal(child(NULL), 103);
    assert_int_equal(child(""), 103);
    assert_int_equal(child("a.b"), 103);
    assert_int_equal(child("a.b.before"), -SIGKILL);
    assert_int_equal(child("a.b.before:2"), 103);
    assert_int_equal(child("a.b.after:2"), -SIGKILL);
    assert_int_equal(child("a.b.after:3"), 103);
}

static void dies_once_where_a_file_says_so(void **state)
{
    (void)state;
    char dir[] = "/tmp/killpoint_test.XXXXXX", at[64];
    assert_non_null(mkdtemp(dir));
    snprintf(at, sizeof at, "a.b.after:2@%s/died", dir);
    assert_int_equal(child(at), -SIGKILL);
    assert_int_equal(child(at), 103);
    snprintf(at, sizeof at, "%s/died", dir);
    assert_int_equal(unlink(at), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dies_only_where_named),
                                       cmocka_unit_test(dies_once_where_a_file_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
