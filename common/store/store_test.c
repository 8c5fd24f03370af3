/* Tests of the store: kill-safety, migrations, reading while another writes, copies. */
#include "tests/unit.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const one[] = {"CREATE TABLE t(k INTEGER PRIMARY KEY, id BLOB UNIQUE, w TEXT)",
                                  NULL};
static const char *const two[] = {"CREATE TABLE t(k INTEGER PRIMARY KEY, id BLOB UNIQUE, w TEXT)",
                                  "ALTER TABLE t ADD COLUMN more INTEGER NOT NULL DEFAULT 7", NULL};
static const struct store_schema v1 = {"test", one}, v2 = {"test", two};
static char dir[64], path[96];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/cw-store-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/test.db", dir);
    return 0;
}

static int teardown(void **state)
{
    char cmd[128];
    (void)state;
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static void put(struct store *s, int64_t k)
{
    struct stmt *q = store_sql(s, "INSERT OR IGNORE INTO t(k) VALUES(?1)");
    stmt_int(q, 1, k);
    stmt_run(q);
}

static int64_t count(struct store *s)
{
    return store_int(s, "SELECT count(*) FROM t", -1);
}

static void values_come_back_as_they_went(void **state)
{
    (void)state;
    struct store *s = store_open(path, &v1);
    struct rec_id id = {{1, 2, 0, 255}};
    struct stmt *q = store_sql(s, "INSERT OR IGNORE INTO t(k,id,w) VALUES(?1,?2,?3)");
    stmt_int(q, 1, 9000000000000000000);
    stmt_id(q, 2, id);
    stmt_text(q, 3, phi_of("a\0b", 3));
    assert_int_equal(stmt_run(q), 1);
    q = store_sql(s, "INSERT OR IGNORE INTO t(id) VALUES(?1)");
    stmt_id(q, 1, id);
    assert_int_equal(stmt_run(q), 0); /* the unique id turns the repeat away */
    q = store_sql(s, "SELECT k,id,w,NULL FROM t");
    assert_true(stmt_step(q));
    assert_int_equal(stmt_col_int(q, 0), 9000000000000000000);
    assert_true(rec_id_eq(stmt_col_id(q, 1), id));
    assert_true(phi_eq(stmt_col_bytes(q, 2), phi_of("a\0b", 3)));
    assert_true(stmt_col_null(q, 3));
    assert_false(stmt_step(q));
    assert_int_equal(store_int(s, "SELECT k FROM t WHERE k=5", -3), -3);
    store_close(s);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void rollback_undoes_and_close_does_not_commit(void **state)
{
    (void)state;
    struct store *s = store_open(path, &v1);
    store_begin(s);
    put(s, 1);
    store_begin(s); /* already open: no error, the same transaction */
    store_rollback(s);
    store_begin(s);
    put(s, 2);
    store_commit(s);
    store_begin(s);
    put(s, 3);
    store_close(s);
    s = store_open(path, &v1);
    assert_int_equal(count(s), 1);
    assert_int_equal(store_int(s, "SELECT k FROM t", 0), 2);
    store_close(s);
}

/* The child commits rows one by one and says each on the pipe only after its commit. */
static _Noreturn void writer(int fd)
{
    struct store *s = store_open(path, &v1);
    for (int64_t k = 1;; k++) {
        store_begin(s);
        put(s, k);
        put(s, -k);
        store_commit(s);
        if (write(fd, &k, sizeof k) != sizeof k)
            _exit(1);
    }
}

static void a_kill_loses_nothing_committed_and_leaves_no_half(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        int fd[2];
        int64_t said = 0, k;
        assert_int_equal(pipe(fd), 0);
        pid_t pid = fork();
        if (pid == 0)
            writer(fd[1]);
        close(fd[1]);
        for (int i = 0; i < 20 + 13 * round; i++)
            assert_int_equal(read(fd[0], &said, sizeof said), sizeof said);
        kill(pid, SIGKILL);
        while (read(fd[0], &k, sizeof k) == sizeof k)
            said = k;
        close(fd[0]);
        waitpid(pid, NULL, 0);
        struct store *s = store_open(path, &v1);
        assert_true(store_int(s, "SELECT max(k) FROM t", 0) >= said);
        assert_int_equal(store_int(s, "SELECT sum(k) FROM t", -1), 0);
        assert_int_equal(store_int(s, "SELECT 2*max(k)-count(*) FROM t", -1), 0);
        store_close(s);
        unlink(path);
    }
}

/* Exit code of opening path with a schema in a process of its own. */
static int open_exit(const struct store_schema *schema, bool ro)
{
    int rc;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(99);
        struct store *s = ro ? store_open_ro(path, schema) : store_open(path, schema);
        _exit(s ? 0 : 9);
    }
    waitpid(pid, &rc, 0);
    return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static void migrations_go_forward_and_a_newer_schema_is_refused(void **state)
{
    (void)state;
    struct store *s = store_open(path, &v1);
    store_begin(s);
    put(s, 1);
    store_commit(s);
    store_close(s);
    assert_int_equal(open_exit(&v2, true), EXIT_CONFIG); /* older: only its keeper may move it */
    s = store_open(path, &v2);
    assert_int_equal(store_int(s, "SELECT more FROM t WHERE k=1", 0), 7);
    assert_int_equal(store_int(s, "PRAGMA user_version", 0), 2);
    store_close(s);
    assert_int_equal(open_exit(&v1, false), EXIT_CONFIG);
    assert_int_equal(open_exit(&v1, true), EXIT_CONFIG);
    assert_int_equal(open_exit(&v2, false), 0);
}

static void what_is_no_store_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_exit(&v1, true), 9); /* no file: NULL */
    FILE *f = fopen(path, "w");
    fputs("ISA*00*this is text and longer than a page header, so that it is read as one ......", f);
    fputs("...................................................................................", f);
    fclose(f);
    assert_int_equal(open_exit(&v1, false), EXIT_CONFIG);
}

static void a_reader_sees_whole_commits_while_another_writes(void **state)
{
    (void)state;
    struct store *w = store_open(path, &v1), *r = store_open_ro(path, &v1);
    assert_non_null(r);
    store_begin(w);
    put(w, 1);
    assert_int_equal(count(r), 0);
    store_commit(w);
    assert_int_equal(count(r), 1);
    store_close(r);
    store_close(w);
}

static void a_copy_is_consistent_while_another_writes(void **state)
{
    (void)state;
    char copy[128];
    struct buf error = {0};
    snprintf(copy, sizeof copy, "%s/copy.db", dir);
    struct store *w = store_open(path, &v1);
    store_begin(w);
    put(w, 1);
    store_commit(w);
    struct store *r = store_open_ro(path, &v1);
    store_begin(w);
    put(w, 2); /* not committed: must not be in the copy */
    assert_int_equal(store_copy(r, copy, &error), 0);
    assert_int_equal(store_copy(r, copy, &error), -1); /* never over a file that is there */
    assert_true(error.len > 0);
    store_commit(w);
    store_close(r);
    store_close(w);
    struct store *c = store_open(copy, &v1);
    assert_int_equal(count(c), 1);
    store_close(c);
    buf_free(&error);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(values_come_back_as_they_went),
        T(rollback_undoes_and_close_does_not_commit),
        T(a_kill_loses_nothing_committed_and_leaves_no_half),
        T(migrations_go_forward_and_a_newer_schema_is_refused),
        T(what_is_no_store_is_refused),
        T(a_reader_sees_whole_commits_while_another_writes),
        T(a_copy_is_consistent_while_another_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
