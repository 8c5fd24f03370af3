#include "tests/unit.h"

#include "common/rules/rules_int.h"
#include "common/util/fs.h"

static void npi_digits(void **state)
{
    (void)state;
    /* 1234567893 is the published example; the others differ in one digit, or have no type. */
    assert_true(npi_good(phi_lit("1234567893")));
    assert_true(npi_good(phi_lit("2000000010")));
    assert_false(npi_good(phi_lit("1234567890")));
    assert_false(npi_good(phi_lit("1234567839")));
    assert_false(npi_good(phi_lit("123456789")));
    assert_false(npi_good(phi_lit("12345678930")));
    assert_false(npi_good(phi_lit("12345A7893")));
    assert_false(npi_good(phi_lit("3000000011")));
    assert_false(npi_good(phi_lit("")));
}

static bool fits(const char *pattern, const char *v)
{
    struct pattern p;
    assert_true(pattern_read(phi_lit(pattern), &p));
    return pattern_fits(&p, phi_lit(v));
}

static void patterns(void **state)
{
    (void)state;
    struct pattern p;
    assert_true(fits("ad[0-9A-Z]{1,5}", "J029"));
    assert_false(fits("ad[0-9A-Z]{1,5}", "J0"));
    assert_false(fits("ad[0-9A-Z]{1,5}", "J02.9"));
    assert_false(fits("ad[0-9A-Z]{1,5}", "J029A678"));
    assert_true(fits("d{5}", "84065"));
    assert_false(fits("d{5}", "8406"));
    assert_false(fits("d{5}", "840650"));
    assert_true(fits("[AC-E]X", "DX"));
    assert_false(fits("[AC-E]X", "BX"));
    assert_false(pattern_read(phi_lit("[AB"), &p));
    assert_false(pattern_read(phi_lit("d{3"), &p));
    assert_false(pattern_read(phi_lit("d{3,2}"), &p));
    assert_false(pattern_read(phi_lit(""), &p));
}

static const char HEAD[] = "rule S4-900\non 837P\nper claim\nseverity warning\nsource V1\n"
                           "text a text\n";

/* The rule with this end is refused with a message that begins and ends so. */
static void refused(const struct guide_set *g, const char *end, const char *where, const char *why)
{
    struct buf text = {0}, error = {0};
    buf_printf(&text, "%s%s\n", HEAD, end);
    struct rules *r = rules_parse(buf_view(&text), g, NULL, &error);
    if (r || strncmp(buf_cstr(&error), where, strlen(where)) != 0 || !strstr(buf_cstr(&error), why))
        fail_msg("\"%s\" gives \"%s\"", end, r ? "a rule" : buf_cstr(&error));
    buf_free(&text);
    buf_free(&error);
}

static void faults_say_where(void **state)
{
    struct guide_set *g = *state;
    refused(g, "need 2300/CLM-02 = ", "rule:7:", "is wanted here");
    refused(g, "need exists(2300/XYZ)", "rule:7:13: ", "no such segment or loop");
    refused(g, "need money(2300/CLM-02) = 2300/CLM-01", "rule:7:25: ", "a text and a number");
    refused(g, "need count(2400)", "rule:7:6: ", "a condition is wanted");
    refused(g, "need any(x in 2400: y-02 = 1)", "rule:7:21: ", "no such function or name");
    refused(g, "need code(nothing, 2300/CLM-01)", "rule:7:11: ", "no such code set");
    refused(g, "need matches(2300/CLM-01, \"[a\")", "rule:7:27: ", "a pattern");
    refused(g, "when exists(2300/CLM)\n  or or\nneed exists(2300/CLM)",
            "rule:8:6: ", "no such function");
    refused(g, "nead exists(2300/CLM)", "rule:7:1: ", "no such line");
    refused(g, "need exists(2300/CLM)\nneed exists(2300/CLM)", "rule:8:1: ", "said twice");
    refused(g, "when exists(2300/CLM)", "rule:1:1: ", "need, or by");
    refused(g, "by nobody", "rule:7:4: ", "says why");
    refused(g, "need exists(2300/CLM)\nfrom 2012-01-01", "rule:1:1: ", "dated");
    refused(g, "need exists(2300/CLM)\nfrom 2012-13-01", "rule:8:6: ", "a day is written");
    refused(g, "need exists(2300/CLM)\ndated 2300/DTP[01=454]-03\nfrom 2012-02-02\nto 2012-02-01",
            "rule:1:1: ", "to is before from");
    refused(g, "need exists(2300/CLM)\nfail clean.837", "rule:8:6: ", "below fixtures");
}

static void recalled_is_a_warning(void **state)
{
    struct guide_set *g = *state;
    struct buf error = {0};
    struct rules *r = rules_parse(phi_lit("rule S4-900\non 837P\nper claim\nseverity claim\n"
                                          "source recalled\ntext a text\n"
                                          "need exists(2300/CLM)\n"),
                                  g, NULL, &error);
    assert_null(r);
    assert_non_null(strstr(buf_cstr(&error), "warning until it is checked"));
    buf_free(&error);
}

static void a_good_rule(void **state)
{
    struct guide_set *g = *state;
    struct buf error = {0}, text = {0};
    buf_printf(&text, "%s%s", HEAD,
               "need all(x in 2400/SV1-07-1..4: int(x) <= count(2300/HI-01..12)) and\n"
               "    (sum(2300/AMT[01=F5]-02) <= money(2300/CLM-02) or 2300/CLM-06 in (Y N))\n"
               "pass 837p/clean.837 keep\n");
    struct rules *r = rules_parse(buf_view(&text), g, NULL, &error);
    if (!r)
        fail_msg("%s", buf_cstr(&error));
    assert_non_null(r);
    assert_int_equal(rules_count(r), 1);
    assert_int_equal(rules_at(r, 0).level, 4);
    assert_int_equal(rules_at(r, 0).severity, SEV_WARNING);
    assert_int_equal(rules_at(r, 0).fixtures, 1);
    assert_int_equal(rules_fixture(r, 0, 0).line, 9);
    rules_free(r);
    buf_free(&text);
    buf_free(&error);
}

static void counted(void *ctx, const struct finding *f)
{
    uint32_t *n = ctx;
    *n += f->level > 0;
}

/* The findings of a walk. */
static uint32_t walked(const struct guide_set *g, struct rules_run *run, phi_str claim)
{
    struct check_opts o = {.guides = g, .extended_charset = true, .watch = rules_run_watch(run)};
    uint32_t n = 0;
    struct check *c = check_new(&o, (struct finding_sink){counted, &n});
    struct scan *s = scan_memory(claim.p, claim.n);
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
    check_free(c);
    return n;
}

/* What a rule with this need (and what stands behind it) says of a claim that is clean: whether it
 * fires. Tables: one of payers and one of authorizations. */
static bool fires(const struct guide_set *g, const char *need)
{
    struct buf error = {0}, text = {0}, claim = {0};
    struct facts *f = facts_new();
    assert_true(facts_add(f, "payers", "payers.csv",
                          phi_lit("id,name,frequencies,mask,days,least\n"
                                  "EX001,\"Example, One\",1|7,ad{8},30,100.00\n"
                                  "EX002,Two,1 8,,x,\n"),
                          &error));
    assert_true(facts_add(f, "auths", "auths.csv",
                          phi_lit("payer,code,from,to\nEX001,99213,2026-01-01,2026-01-31\n"
                                  "EX001,99213,20260301,\n"),
                          &error));
    buf_printf(&text, "%s%s\n", HEAD, need);
    struct rules *r = rules_parse(buf_view(&text), g, f, &error);
    if (!r)
        fail_msg("%s", buf_cstr(&error));
    assert_null(rules_at(r, 0).waits);
    assert_int_equal(fs_read("fixtures/837p/clean.837", 1 << 20, &claim), 0);
    struct rules_run *run = rules_run_new(r, 0, 1800000000000000);
    uint32_t n = walked(g, run, buf_view(&claim));
    rules_run_free(run);
    rules_free(r);
    facts_free(f);
    buf_free(&text);
    buf_free(&claim);
    buf_free(&error);
    return n > 0;
}

/* The claim is of 190.00 on 2026-01-05 (its first line) to EX001. */
static void facts_are_asked(void **state)
{
    struct guide_set *g = *state;
    assert_false(fires(g, "need row(payers, id=EX001)"));
    assert_true(fires(g, "need row(payers, id=EX003)"));
    assert_true(fires(g, "need row(payers, id=EX001, name=Two)"));
    assert_false(fires(g, "need row(payers, id=EX001, name=\"Example, One\")"));
    assert_false(fires(g, "need row(payers, id in (EX009 EX002))"));
    assert_true(fires(g, "need row(payers, id in (EX009 EX008))"));
    assert_false(fires(g, "need rows(payers) = 2"));
    assert_false(fires(g, "need fact(payers.name, id=EX002) = Two"));
    assert_false(fires(g, "need fact(payers.name, id=EX003) = \"\""));
    assert_false(fires(g, "need listed(7, fact(payers.frequencies, id=EX001))"));
    assert_true(fires(g, "need listed(8, fact(payers.frequencies, id=EX001))"));
    assert_false(fires(g, "need listed(8, fact(payers.frequencies, id=EX002))"));
    assert_false(fires(g, "need like(A12345678, fact(payers.mask, id=EX001))"));
    assert_true(fires(g, "need like(A1234567, fact(payers.mask, id=EX001))"));
    /* No mask: no answer, and nothing follows. */
    assert_false(fires(g, "need like(A1234567, fact(payers.mask, id=EX002))"));
    /* Numbers in a table, by what they are compared with. */
    assert_false(fires(g, "need row(payers, least=$100)"));
    assert_true(fires(g, "need row(payers, least>money(2300/CLM-02))"));
    assert_false(fires(g, "need row(payers, least<money(2300/CLM-02) + $9999)"));
    assert_false(fires(g, "need row(payers, days>=30)"));
    assert_true(fires(g, "need row(payers, days>30)"));
}

static void facts_hold_on_days(void **state)
{
    struct guide_set *g = *state;
    assert_false(fires(g, "need row(auths, payer=EX001, code=99213)"));
    assert_false(fires(g, "need row(auths, payer=EX001, on=date(20260131))"));
    assert_true(fires(g, "need row(auths, payer=EX001, on=date(20260201))"));
    assert_false(fires(g, "need row(auths, payer=EX001, on=date(20300301))"));
    assert_true(fires(g, "need row(auths, payer=EX001, on=date(20251231))"));
    assert_true(fires(g, "need row(auths, from=date(20260131))"));
    assert_false(fires(g, "need row(auths, from=date(20260101))"));
    /* A day that is not known: no answer. */
    assert_false(fires(g, "need row(auths, payer=EX009, on=date(2300/CLM-01))"));
    /* The date of service that the rule goes by. */
    assert_false(fires(g, "dated 2400/DTP[01=472]-03\nneed row(auths, payer=EX001)"));
    assert_true(fires(g, "dated 2010CA/DMG-02\nneed row(auths, payer=EX001)"));
}

static void faults_of_lookups(void **state)
{
    struct guide_set *g = *state;
    struct buf error = {0};
    refused(g, "need row(2300/CLM-01)", "rule:7:10: ", "a table of facts");
    refused(g, "need row(payers, 7=1)", "rule:7:18: ", "name of a column");
    refused(g, "need row(payers, id)", "rule:7:20: ", "a comparison");
    refused(g, "need fact(payers, id=1) = 1", "rule:7:11: ", "table.column");
    refused(g, "need row(payers, on=2300/CLM-01)", "rule:7:21: ", "a day");
    struct facts *f = facts_new();
    assert_true(facts_add(f, "payers", "p.csv", phi_lit("id,name\n"), &error));
    struct buf text = {0};
    buf_printf(&text, "%sneed row(payers, code=1)\n", HEAD);
    struct rules *waiting = rules_parse(buf_view(&text), g, f, &error);
    assert_non_null(waiting);
    assert_string_equal(rules_at(waiting, 0).waits, "payers.code");
    rules_free(waiting);
    /* A table that is not there: the rule is good, and waits for it. */
    buf_clear(&text);
    buf_printf(&text, "%sneed row(rivers, code=1) or row(payers, id=1) or row(rivers)\n", HEAD);
    struct rules *r = rules_parse(buf_view(&text), g, f, &error);
    assert_non_null(r);
    assert_string_equal(rules_at(r, 0).waits, "rivers");
    rules_free(r);
    facts_free(f);
    buf_free(&text);
    buf_free(&error);
}

static int load(void **state)
{
    struct buf error = {0};
    *state = guides_load("config/guides", &error);
    return *state ? 0 : -1;
}

static int unload(void **state)
{
    guides_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npi_digits),         cmocka_unit_test(patterns),
        cmocka_unit_test(faults_say_where),   cmocka_unit_test(recalled_is_a_warning),
        cmocka_unit_test(a_good_rule),        cmocka_unit_test(facts_are_asked),
        cmocka_unit_test(facts_hold_on_days), cmocka_unit_test(faults_of_lookups)};
    return cmocka_run_group_tests(tests, load, unload);
}
