#include "tests/unit.h"

#include "common/rules/rules_int.h"
#include "common/util/fs.h"
#include <stdio.h>

static struct guide_set *guides;
static struct buf claim; /* of five claims */

struct told {
    uint32_t own, stopped, at_claims;
    enum severity severity;
    char text[300];
};

static void found(void *ctx, const struct finding *f)
{
    struct told *t = ctx;
    bool stop = strcmp(f->report, "RULE_STOPPED") == 0;
    t->own += !stop;
    t->stopped += stop;
    t->at_claims += stop && f->claim != 0;
    if (stop) {
        t->severity = f->severity;
        snprintf(t->text, sizeof t->text, "%s", f->text);
    }
}

/* The set of five claims, so many times. */
static void walk(struct rules_run *run, int sets, struct told *t)
{
    struct check_opts o = {
        .guides = guides, .extended_charset = true, .watch = rules_run_watch(run)};
    struct check *c = check_new(&o, (struct finding_sink){found, t});
    for (int i = 0; i < sets; i++) {
        struct scan *s = scan_memory(claim.p, claim.len);
        struct edi_seg seg;
        for (bool in = false; scan_next(s, &seg) == SCAN_SEG;) {
            if (seg_is(&seg, "ST"))
                check_begin(c, scan_delims(s), phi_lit("HC"), phi_lit("005010X222A1"));
            in |= seg_is(&seg, "ST");
            if (in)
                check_segment(c, &seg);
            if (seg_is(&seg, "SE"))
                in = (check_end(c), false);
        }
        scan_free(s);
    }
    check_free(c);
}

static const char HEAD[] = "rule P-001\nlevel 7\non 837P\nper claim\nseverity claim\nsource V1\n"
                           "text a text\n"
                           "reads total 2300/CLM-02\nreads codes 2400/SV1-01\n"
                           "reads lines 2400/SV1\nreads none 2300/CN1-01\n";

static struct rules *rule(const char *lua, struct buf *error)
{
    struct buf text = {0};
    buf_printf(&text, "%slua\n  %s\n", HEAD, lua);
    struct rules *r = rules_parse(buf_view(&text), guides, NULL, error);
    buf_free(&text);
    return r;
}

static struct told tried(const char *lua, int sets)
{
    struct told t = {0};
    struct buf error = {0};
    struct rules *r = rule(lua, &error);
    if (!r)
        fail_msg("%s: %s", lua, buf_cstr(&error));
    struct rules_run *run = rules_run_new(r, 0, 1800000000000000);
    walk(run, sets, &t);
    rules_run_free(run);
    rules_free(r);
    buf_free(&error);
    return t;
}

static void what_a_rule_reads(void **state)
{
    (void)state;
    assert_int_equal(tried("return true", 1).own, 0);
    assert_int_equal(tried("return false", 1).own, 5);
    /* 190, 1345.50, 280, 180 and 100 dollars; 2, 3, 2, 1 and 1 lines */
    assert_int_equal(tried("return money(total[1]) < 28000", 1).own, 2);
    assert_int_equal(tried("return #lines < 3", 1).own, 1);
    assert_int_equal(tried("return #none == 0 and none[1] == nil", 1).own, 0);
    assert_int_equal(tried("return part(codes[1], 2) ~= '99213'", 1).own, 2);
    assert_int_equal(tried("for i, l in ipairs(lines) do if l[3] ~= 'UN' then return false end end "
                           "return true",
                           1)
                         .own,
                     0);
    assert_int_equal(tried("local n = 0 for _, l in ipairs(lines) do n = n + money(l[2]) end "
                           "return n == money(total[1])",
                           1)
                         .own,
                     0);
    assert_int_equal(tried("return today() == 20833 and date('20270115') == 20833", 1).own, 0);
    assert_int_equal(tried("return money('x') == nil and money('1.5') == 150 and "
                           "quantity('1.5') == 1500 and date('20260231') == nil and "
                           "npi('2000000010') and not npi('2000000011') and "
                           "fits('A12', 'ad{2}') and not fits('A1', 'ad{2}')",
                           1)
                         .own,
                     0);
    assert_int_equal(tried("return total[1]:sub(1, 1):upper():len() == 1", 1).own, 0);
}

/* What would let a rule out, or let it go on for ever, is not there. */
static void nothing_else_is_there(void **state)
{
    (void)state;
    static const char *const names[] = {
        "io",     "os",           "load",           "loadstring",   "dofile",    "require",
        "debug",  "package",      "collectgarbage", "setmetatable", "pcall",     "xpcall",
        "print",  "getmetatable", "rawset",         "rawget",       "coroutine", "error",
        "string", "table",        "math",           "utf8",         "pairs",     "next",
        "_G",     "rawequal",     "rawlen",         "assert",       "warn",      "loadfile"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char lua[64];
        snprintf(lua, sizeof lua, "return %s == nil", names[i]);
        struct told t = tried(lua, 1);
        if (t.own || t.stopped)
            fail_msg("%s is there", names[i]);
    }
    static const char *const methods[] = {"rep",  "find",   "match", "gmatch", "gsub",
                                          "dump", "format", "pack",  "unpack", "char"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        char lua[64];
        snprintf(lua, sizeof lua, "return (''). %s == nil", methods[i]);
        struct told t = tried(lua, 1);
        if (t.own || t.stopped)
            fail_msg("a string has %s", methods[i]);
    }
}

/* Stopped once a set, told of the rule and not of a claim, and no claim is blamed. */
static void stopped(const char *lua, const char *why)
{
    struct told t = tried(lua, 2);
    if (t.own || t.stopped != 2 || t.at_claims || t.severity != SEV_EXCEPTION ||
        !strstr(t.text, why) || !strstr(t.text, "P-001"))
        fail_msg("%s: %u findings, %u times stopped: %s", lua, t.own, t.stopped, t.text);
}

static void what_runs_away_is_stopped(void **state)
{
    (void)state;
    stopped("while true do end", "more steps");
    stopped("local function f() return f() end return f()", "more steps");
    stopped("local s = 'x' while true do s = s .. s end", "more memory");
    stopped("local t = {} while true do t[#t + 1] = {} end", "more memory");
    stopped("local s = total[1] for i = 1, 20 do s = s .. s end return true", "more memory");
    stopped("local function f() return 1 + f() end return f()", "stopped");
    stopped("return", "neither true nor false");
    stopped("return 1", "neither true nor false");
    stopped("return total.x.y", "an error");
    stopped("local a\n  a = 1\n  return total.x.y", ":15)");
    stopped("while true do end", ":13)");
    stopped("return money(nothing.of.this)", "an error");
    stopped("return fits('A', '[')", "an error");
    stopped("return listed('nothing', 'A')", "an error");
}

static void nothing_stays(void **state)
{
    (void)state;
    assert_int_equal(tried("local first = n == nil n = 1 return first", 3).own, 0);
    assert_int_equal(tried("local first = ipairs ipairs = nil return first ~= nil", 3).own, 0);
    assert_int_equal(tried("total[1] = nil return true", 2).own, 0);
}

static void refused(const char *lua, const char *where, const char *why)
{
    struct buf error = {0};
    struct rules *r = rule(lua, &error);
    if (r || strncmp(buf_cstr(&error), where, strlen(where)) != 0 || !strstr(buf_cstr(&error), why))
        fail_msg("%s: %s", lua, r ? "read" : buf_cstr(&error));
    buf_free(&error);
}

static void faults_say_where(void **state)
{
    (void)state;
    refused("return (", "rule:13:", "Lua: ");
    refused("local x = 1\n\n  return x x", "rule:15:", "Lua: ");
    refused("\x1bLua", "rule:13:", "Lua: ");
    struct buf error = {0}, text = {0};
    buf_printf(&text, "%sneed exists(2300/CLM)\nlua\n  return true\n", HEAD);
    assert_null(rules_parse(buf_view(&text), guides, NULL, &error));
    assert_non_null(strstr(buf_cstr(&error), "either need or lua"));
    buf_clear(&text);
    buf_clear(&error);
    buf_printf(&text, "%sreads Total 2300/CLM-02\nlua\n  return true\n", HEAD);
    assert_null(rules_parse(buf_view(&text), guides, NULL, &error));
    assert_non_null(strstr(buf_cstr(&error), "rule:12:7: a name in small letters"));
    buf_free(&text);
    buf_free(&error);
}

static int load(void **state)
{
    struct buf error = {0};
    (void)state;
    guides = guides_load("config/guides", &error);
    return guides && fs_read("fixtures/837p/clean.837", 1 << 20, &claim) == 0 ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    guides_free(guides);
    buf_free(&claim);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_rule_reads), cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(what_runs_away_is_stopped), cmocka_unit_test(nothing_stays),
        cmocka_unit_test(faults_say_where)};
    return cmocka_run_group_tests(tests, load, unload);
}
