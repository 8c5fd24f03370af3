/* Tests of sealing: what was altered, moved or sealed with a lost key does not open. */
#include "tests/unit.h"
#include "common/store/seal.h"
#include "common/util/exits.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static int setup(void **state)
{
    (void)state;
    unsetenv("CLAIMWIRE_KEYS");
    strcpy(dir, "/tmp/cw-seal-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char cmd[128];
    (void)state;
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static const char text[] = "NM1*IL*1*TESTER*ANNA****MI*XYZ100200300";

static void opens_only_whole_and_in_its_place(void **state)
{
    (void)state;
    struct seal_keys *k = seal_open(dir);
    struct buf a = {0}, out = {0};
    seal(k, phi_lit(text), phi_lit("row 1"), &a);
    assert_int_equal(a.len, strlen(text) + SEAL_OVERHEAD);
    assert_null(memmem(a.p, a.len, "TESTER", 6));
    assert_true(unseal(k, buf_view(&a), phi_lit("row 1"), &out));
    assert_true(phi_is(buf_view(&out), text));
    buf_clear(&out);
    assert_false(unseal(k, buf_view(&a), phi_lit("row 2"), &out)); /* moved */
    for (size_t i = 0; i < a.len; i++) {                           /* altered, wherever it is */
        a.p[i] ^= 1;
        assert_false(unseal(k, buf_view(&a), phi_lit("row 1"), &out));
        a.p[i] ^= 1;
    }
    for (size_t n = 0; n < a.len; n++) /* cut short */
        assert_false(unseal(k, phi_of(a.p, n), phi_lit("row 1"), &out));
    assert_int_equal(out.len, 0);
    buf_free(&a);
    buf_free(&out);
    seal_close(k);
}

static void the_same_bytes_seal_differently(void **state)
{
    (void)state;
    struct seal_keys *k = seal_open(dir);
    struct buf a = {0}, b = {0};
    seal(k, phi_lit(text), phi_lit(""), &a);
    seal(k, phi_lit(text), phi_lit(""), &b);
    assert_false(phi_eq(buf_view(&a), buf_view(&b)));
    buf_free(&a);
    buf_free(&b);
    seal_close(k);
}

static void a_rotated_key_still_opens_and_the_new_one_seals(void **state)
{
    (void)state;
    struct seal_keys *k = seal_open(dir), *other = seal_open(dir);
    struct buf a = {0}, b = {0}, out = {0};
    struct rec_id t = seal_token(k, "member", phi_lit("XYZ100200300"));
    seal(k, phi_lit("old"), phi_lit("w"), &a);
    assert_int_equal(seal_rotate(k), 0);
    seal(k, phi_lit("new"), phi_lit("w"), &b);
    assert_memory_not_equal(a.p + 3, b.p + 3, 8);
    assert_true(unseal(k, buf_view(&a), phi_lit("w"), &out));
    assert_true(unseal(other, buf_view(&b), phi_lit("w"), &out)); /* finds the new key by itself */
    assert_true(phi_is(buf_view(&out), "oldnew"));
    assert_true(rec_id_eq(t, seal_token(k, "member", phi_lit("XYZ100200300"))));
    seal_close(k);
    k = seal_open(dir);
    buf_clear(&a);
    seal(k, phi_lit("again"), phi_lit("w"), &a);
    assert_memory_equal(a.p + 3, b.p + 3, 8); /* after a restart the newest seals */
    assert_true(rec_id_eq(t, seal_token(k, "member", phi_lit("XYZ100200300"))));
    seal_close(k);
    seal_close(other);
    buf_free(&a);
    buf_free(&b);
    buf_free(&out);
}

static void without_its_key_nothing_opens(void **state)
{
    (void)state;
    char cmd[160];
    struct buf a = {0}, out = {0};
    struct seal_keys *k = seal_open(dir);
    seal(k, phi_lit("old"), phi_lit("w"), &a);
    struct rec_id t = seal_token(k, "member", phi_lit("1"));
    seal_close(k);
    snprintf(cmd, sizeof cmd, "rm '%s'/keys/*.key", dir);
    assert_int_equal(system(cmd), 0);
    k = seal_open(dir);
    assert_false(unseal(k, buf_view(&a), phi_lit("w"), &out));
    assert_false(rec_id_eq(t, seal_token(k, "member", phi_lit("1"))));
    seal_close(k);
    buf_free(&a);
}

static void tokens_tell_kinds_and_values_apart(void **state)
{
    (void)state;
    struct seal_keys *k = seal_open(dir);
    struct rec_id a = seal_token(k, "member", phi_lit("1"));
    assert_true(rec_id_eq(a, seal_token(k, "member", phi_lit("1"))));
    assert_false(rec_id_eq(a, seal_token(k, "member", phi_lit("2"))));
    assert_false(rec_id_eq(a, seal_token(k, "name", phi_lit("1"))));
    seal_close(k);
}

static int open_exit(void)
{
    int rc;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(99);
        seal_open(dir);
        _exit(0);
    }
    waitpid(pid, &rc, 0);
    return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static void a_folder_open_to_others_or_an_altered_key_is_refused(void **state)
{
    (void)state;
    char cmd[192], keys[96];
    assert_int_equal(open_exit(), 0);
    snprintf(keys, sizeof keys, "%s/keys", dir);
    struct stat st;
    assert_int_equal(stat(keys, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(chmod(keys, 0755), 0);
    assert_int_equal(open_exit(), EXIT_CONFIG);
    assert_int_equal(chmod(keys, 0700), 0);
    assert_int_equal(open_exit(), 0);
    snprintf(cmd, sizeof cmd,
             "for f in '%s'/seal-*.key; do printf xxxxxxxx | dd of=$f conv=notrunc 2>/dev/null;"
             " done",
             keys);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(open_exit(), EXIT_CONFIG);
}

static void the_folder_can_be_named(void **state)
{
    (void)state;
    char keys[96];
    snprintf(keys, sizeof keys, "%s/elsewhere", dir);
    setenv("CLAIMWIRE_KEYS", keys, 1);
    seal_close(seal_open("/nonexistent"));
    unsetenv("CLAIMWIRE_KEYS");
    assert_int_equal(access(keys, F_OK), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(opens_only_whole_and_in_its_place),
        T(the_same_bytes_seal_differently),
        T(a_rotated_key_still_opens_and_the_new_one_seals),
        T(without_its_key_nothing_opens),
        T(tokens_tell_kinds_and_values_apart),
        T(a_folder_open_to_others_or_an_altered_key_is_refused),
        T(the_folder_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
