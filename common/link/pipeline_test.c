/* Pipeline files: what is read, and where a fault is said to be. */
#include "common/link/pipeline.h"
#include "tests/unit.h"
#include <stdio.h>

static const char GOOD[] = "pipeline: house\n"
                           "clock: 2026-09-01T08:00:00Z\n"
                           "production: true\n"
                           "stages:\n"
                           "  ingest:\n"
                           "    to: {sets: validator, rejects: quarantine}\n"
                           "  validator:\n"
                           "    replicas: 3\n"
                           "    settings: {guides: config/guides, level: 3}\n"
                           "    to:\n"
                           "      claims: [audit, ledger]\n"
                           "      rejects: quarantine\n"
                           "  audit:\n"
                           "    command: [python3, a.py, --fast]\n"
                           "    to: {out: ledger, rejects: quarantine}\n"
                           "  ledger:\n"
                           "    tool: reconciler\n"
                           "  quarantine:\n";

static int parse(const char *text, struct pipeline *p, struct buf *error)
{
    return pipeline_parse("p.yaml", phi_lit(text), p, error);
}

static void a_good_file_is_read(void **state)
{
    (void)state;
    struct pipeline p;
    struct buf e = {0};
    assert_int_equal(parse(GOOD, &p, &e), 0);
    assert_string_equal(p.name, "house");
    assert_string_equal(p.path, "p.yaml");
    assert_int_equal(p.clock_us, 1788249600000000);
    assert_true(p.production);
    assert_int_equal(p.stages_n, 5);
    const struct pipeline_stage *v = pipeline_find(&p, "validator"),
                                *a = pipeline_find(&p, "audit");
    assert_string_equal(v->tool, "validator");
    assert_int_equal(v->replicas, 3);
    assert_int_equal(v->settings_n, 2);
    assert_string_equal(v->settings[1].key, "level");
    assert_string_equal(v->settings[1].value, "3");
    assert_int_equal(v->links_n, 3);
    assert_string_equal(v->links[1].port, "claims");
    assert_string_equal(v->links[1].to, "ledger");
    assert_int_equal(v->links[1].at.line, 11);
    assert_int_equal(v->links[1].at.column, 23);
    assert_null(a->tool);
    assert_string_equal(a->command[2], "--fast");
    assert_null(a->command[3]);
    assert_string_equal(pipeline_find(&p, "ledger")->tool, "reconciler");
    assert_int_equal(pipeline_find(&p, "quarantine")->replicas, 1);
    assert_null(pipeline_find(&p, "nobody"));
    pipeline_free(&p);
    assert_int_equal(parse("pipeline: a\nstages: {a: }\n", &p, &e), 0);
    assert_int_equal(p.clock_us, -1);
    pipeline_free(&p);
    buf_free(&e);
}

static void a_bad_file_is_refused_with_its_place(void **state)
{
    (void)state;
#define S "pipeline: a\nstages:\n"
    static const struct {
        const char *text, *place, *what;
    } t[] = {
        {"", "1:1", "empty"},
        {"pipeline: [a\n", "2:1", "not YAML"},
        {"- a\n", "1:1", "expected a mapping"},
        {"pipeline: a\n", "1:1", "\"stages\" is missing"},
        {"stages: {a: }\n", "1:1", "its name"},
        {"pipeline: a\nstages: {}\n", "2:9", "at least one stage"},
        {"pipeline: a\nstagse: {}\n", "2:1", "unknown key \"stagse\""},
        {"pipeline: [a]\n", "1:11", "expected a single value"},
        {"pipeline: A b\n", "1:11", "a name is"},
        {"pipeline: a\nclock: noon\nstages: {a: }\n", "2:8", "expected a time"},
        {"pipeline: a\nproduction: yes\nstages: {a: }\n", "2:13", "true or false"},
        {S "  a:\n    rejects: b\n", "4:5", "unknown key \"rejects\""},
        {S "  a:\n    replicas: 0\n", "4:15", "from 1 to"},
        {S "  a:\n    replicas: many\n", "4:15", "from 1 to"},
        {S "  a:\n    replicas: 99999999999999999999\n", "4:15", "from 1 to"},
        {S "  a:\n    settings: [x]\n", "4:15", "expected a mapping here, found a list"},
        {S "  a:\n    settings: {x: [1, 2]}\n", "4:19", "expected a single value"},
        {S "  a:\n    command: run me\n", "4:14", "list of words"},
        {S "  a:\n    command: []\n", "4:14", "empty"},
        {S "  a:\n    tool: a\n    command: [b]\n", "3:3", "both a tool and a command"},
        {S "  a:\n    to: {out: b}\n", "4:15", "which is no stage of this file"},
        {S "  a:\n    to: {out: []}\n  b:\n", "4:15", "leads nowhere"},
        {S "  a:\n    to: {out: {b: c}}\n  b:\n", "4:15", "a stage or a list of stages"},
        {S "  a:\n    to: {out: [b, b]}\n  b:\n", "4:19", "twice"},
        {S "  a:\n  b:\n  a:\n", "5:3", "\"a\" stands twice, first in line 3"},
        {S "  a:\n    replicas: 1\n    replicas: 2\n", "5:5", "stands twice"},
        {S "  ../a:\n", "3:3", "a name is"},
        {S "  -a:\n", "3:3", "a name is"},
        {S "  a:\n    listen: tcp://*:7001\n    to: {out: b}\n", "3:3", "without curve"},
        {S "  a:\n    listen: ipc://x\n    curve: true\n", "4:13", "tcp://HOST:PORT"},
        {S "  a:\n    listen: tcp://h:1\n    curve: true\n    to: {out: b}\n  b:\n", "3:3",
         "none of its links"},
        {S "  a:\n    listen: tcp://h:1\n    curve: true\n    to: {out: [b, c]}\n", "6:19",
         "serves \"b\" already"},
        {S "  a:\n    command: [x]\n    to: {out: b}\n  b:\n    command: [y]\n    to: {out: a}\n",
         "8:15", "closes a cycle"},
        {S "  a:\n    command: [x]\n    to: {out: a}\n", "5:15", "closes a cycle"},
        {"pipeline: \"a\\0b\"\n", "1:11", "NUL"},
        {S "  a:\n---\npipeline: b\n", "5:1", "second document"},
        {S "  a:\n--- [\n", "5:1", "not YAML"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pipeline p;
        struct buf e = {0};
        char place[64];
        snprintf(place, sizeof place, "p.yaml:%s: ", t[i].place);
        assert_int_equal(parse(t[i].text, &p, &e), -1);
        if (strncmp(buf_cstr(&e), place, strlen(place)) || !strstr(buf_cstr(&e), t[i].what))
            fail_msg("file %zu: expected \"%s\" at %s, got: %s", i, t[i].what, place, buf_cstr(&e));
        assert_null(p.stages);
        buf_free(&e);
    }
}

static bool keeps_k(void *ctx, const struct pipeline_stage *s)
{
    (void)ctx;
    return *s->name == 'k';
}

static void a_cycle_must_pass_through_a_keeper(void **state)
{
    (void)state;
    struct pipeline p;
    struct buf e = {0};
    assert_int_equal(parse(S "  a: {to: {out: k}}\n  k: {to: {out: a}}\n", &p, &e), 0);
    assert_int_equal(pipeline_cycle(&p, keeps_k, NULL, &e), 0);
    pipeline_free(&p);
    assert_int_equal(
        parse(S "  k: {to: {out: a}}\n  a: {to: {out: b}}\n  b: {to: {x: [k, a]}}\n", &p, &e), 0);
    assert_int_equal(pipeline_cycle(&p, keeps_k, NULL, &e), -1);
    assert_int_equal(strncmp(buf_cstr(&e), "p.yaml:5:19: ", 13), 0);
    pipeline_free(&p);
    buf_free(&e);
}

static void between_hosts_one_link_leaves_the_file(void **state)
{
    (void)state;
    struct pipeline p;
    struct buf e = {0};
    assert_int_equal(parse(S "  a:\n    listen: tcp://10.0.0.1:7001\n    curve: true\n"
                             "    to: {out: b, rejects: q}\n  q:\n",
                           &p, &e),
                     0);
    assert_string_equal(p.stages[0].listen, "tcp://10.0.0.1:7001");
    pipeline_free(&p);
    assert_int_equal(
        parse(S "  b:\n    connect: [tcp://h:1, tcp://h:2]\n    curve: true\n", &p, &e), 0);
    assert_string_equal(p.stages[0].connect[1], "tcp://h:2");
    assert_null(p.stages[0].connect[2]);
    pipeline_free(&p);
    buf_free(&e);
}

static void a_missing_file_is_said(void **state)
{
    (void)state;
    struct pipeline p;
    struct buf e = {0};
    assert_int_equal(pipeline_read("build/no-such.yaml", &p, &e), -1);
    assert_string_equal(buf_cstr(&e),
                        "build/no-such.yaml:1:1: cannot read the file: No such file or directory");
    buf_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_good_file_is_read),
                                       cmocka_unit_test(a_bad_file_is_refused_with_its_place),
                                       cmocka_unit_test(a_cycle_must_pass_through_a_keeper),
                                       cmocka_unit_test(between_hosts_one_link_leaves_the_file),
                                       cmocka_unit_test(a_missing_file_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
