/* Services that went before are known, however many came, and after a new start; those of others are not. */
#include "tools/build837/dup.h"
#include "common/util/buf.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MANY = 40000 }; /* more than are kept in the order in which they came (32,768) */

static const char *const TABLES[] = {DUP_TABLE, DUP_LATE, NULL};
static const struct store_schema SCHEMA = {"outbox", TABLES, 0};
static char dir[] = "/tmp/dup_test.XXXXXX";
static char path[sizeof dir + 16];
static struct store *db;
static struct seal_keys *keys;
static struct dup *known;

static void open_all(void)
{
    db = store_open(path, &SCHEMA);
    keys = seal_open(dir);
    known = dup_new(db, keys);
}

static void close_all(void)
{
    store_commit(db);
    dup_free(known);
    seal_close(keys);
    store_close(db);
}

/* Asks of member number n, in the record of this number. */
static bool held(uint32_t n, uint32_t record)
{
    char member[16], account[16];
    snprintf(member, sizeof member, "M%u", n);
    snprintf(account, sizeof account, "A%u", record);
    struct record r = {0};
    struct claim c = {0};
    memcpy(r.id.b, &record, sizeof record);
    c.subscriber.id = phi_of(member, strlen(member));
    c.pcn = phi_of(account, strlen(account));
    c.from = c.thru = (int32_t)(20000 + n % 7);
    c.frequency = phi_lit("1");
    return dup_holds(known, NULL, &r, &c);
}

static void known_after_many_and_after_a_start(void **state)
{
    (void)state;
    open_all();
    for (uint32_t n = 1; n <= MANY; n++)
        assert_false(held(n, n));
    assert_true(held(1, MANY + 1));         /* went to its place with the others */
    assert_true(held(MANY, MANY + 2));      /* came lately */
    assert_false(held(MANY, MANY));         /* the same record again */
    assert_false(held(MANY + 9, MANY + 3)); /* nobody's before */
    close_all();
    open_all();
    for (uint32_t n = 1; n <= MANY; n += 97)
        assert_true(held(n, MANY + 4));
    assert_true(held(MANY + 9, MANY + 4));
    close_all();
}

/* What was undone was not sent. */
static void undone_is_unknown(void **state)
{
    (void)state;
    open_all();
    assert_false(held(MANY + 50, 1));
    store_rollback(db);
    assert_false(held(MANY + 50, 2));
    assert_true(held(MANY + 50, 3));
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_after_many_and_after_a_start),
        cmocka_unit_test(undone_is_unknown),
    };
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/outbox.db", dir);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    char cmd[sizeof dir + 16];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd) ? 1 : rc;
}
