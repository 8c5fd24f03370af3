/* Profiles: what is read, what is refused and where, and what is laid over a guide. */
#include "common/partner/calendar.h"
#include "common/partner/terms.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>

static struct guide_set *guides;

static int start(void **state)
{
    struct buf error = {0};
    (void)state;
    guides = guides_load("config/guides", &error);
    if (!guides)
        fprintf(stderr, "%s\n", buf_cstr(&error));
    return guides ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    guides_free(guides);
    return 0;
}

static struct profiles *good(const char *text)
{
    struct buf error = {0};
    struct profiles *s = profiles_parse("acme", phi_lit(text), guides, &error);
    if (!s)
        fail_msg("%s", buf_cstr(&error));
    return s;
}

/* Refused, at that place, for a reason that says this. */
static void refused(const char *text, const char *place, const char *why)
{
    struct buf error = {0};
    struct profiles *s = profiles_parse("acme", phi_lit(text), guides, &error);
    const char *said = buf_cstr(&error);
    if (s || strncmp(said, place, strlen(place)) != 0 || !strstr(said, why))
        fail_msg("wanted \"%s ... %s\", got \"%s\"", place, why, said);
    profiles_free(s);
    buf_free(&error);
}

static void test_refused_with_its_place(void **state)
{
    (void)state;
    refused("", "acme.partner:1:1: ", "begins with");
    refused("payer A1\n", "acme.partner:1:1: ", "begins with");
    refused("partner other\n", "acme.partner:1:9: ", "acme");
    refused("partner acme\nlimit\n", "acme.partner:2:1: ", "no such section");
    refused("partner acme\nlimit\n", "acme.partner:2:1: ", "partner, payer, envelope, ");
    refused("partner acme\nrules\n  warn S1-040 2010AA/N4-02\n",
            "acme.partner:3:15: ", "a segment");
    refused("partner acme\nrules\n  warn S1-040 2300/REF[01=F8]\n",
            "acme.partner:3:15: ", "a segment");
    refused("partner acme\nrules\n  refuse S4-009 2399/REF\n", "acme.partner:3:17: ", "no guide");
    refused("partner acme\nlimits\n  claims 5\n", "acme.partner:3:3: ", "claims-per-set");
    refused("partner acme\nlimits\n  claims-per-set many\n", "acme.partner:3:18: ", "number");
    refused("partner acme\nlimits\n  claims-per-set 0\n", "acme.partner:3:18: ", "1 to");
    refused("partner acme\nlimits\n  claims-per-set\n", "acme.partner:3:3: ", "follow");
    refused("partner acme\n  payer A1\n", "acme.partner:2:3: ", "no section");
    refused("partner acme\nlimits\n    claims-per-set 1\n", "acme.partner:3:5: ", "two blanks");
    refused("partner acme\nlimits\n\tclaims-per-set 1\n", "acme.partner:3:1: ", "control");
    refused("partner acme\nwrite\n  delimiters * * ^ ~\n", "acme.partner:3:16: ", "different");
    refused("partner acme\nwrite\n  delimiters A : ^ ~\n", "acme.partner:3:14: ", "letter");
    refused("partner acme\nenvelope\n  id XX ACME\n", "acme.partner:3:6: ", "qualifier");
    refused("partner acme\nenvelope\n  id ZZ ACMEACMEACMEACME\n", "acme.partner:3:9: ", "15");
    refused("partner acme\nenvelope\n  usage X\n", "acme.partner:3:9: ", "T P");
    refused("partner acme\nenvelope\n  usage T\n  usage P\n", "acme.partner:4:3: ", "twice");
    refused("partner acme\nguide 999X\n", "acme.partner:2:7: ", "no guide");
    refused("partner acme\nguide 837P\n  require 2300-CLM\n", "acme.partner:3:11: ", "path");
    refused("partner acme\nguide 837P\n  require 2399/REF\n",
            "acme.partner:3:11: ", "no such loop");
    refused("partner acme\nguide 837P\n  require 2300/CLM-40\n",
            "acme.partner:3:11: ", "no such element");
    refused("partner acme\nguide 837P\n  forbid 2300/CLM-01\n", "acme.partner:3:10: ", "requires");
    refused("partner acme\nguide 837P\n  values 2300/CLM-06 Y Q\n",
            "acme.partner:3:24: ", "narrows");
    refused("partner acme\nguide 837P\n  length 2300/CLM-01 1/90\n", "acme.partner:3:22: ", "1 to");
    refused("partner acme\nguide 837P\n  values 2300/CLM-05-1 @x\n", "acme.partner:3:24: ", "list");
    refused("partner acme\nguide 837P\n  version 005010X223A2\n", "acme.partner:3:11: ", "own");
    refused("partner acme\ncalendar\n  holidays 2026-02-30\n", "acme.partner:3:12: ", "day");
    refused("partner acme\ncalendar\n  cut-off 25:00\n", "acme.partner:3:11: ", "hour");
    refused("partner acme\nclaims\n  member-id d{\n", "acme.partner:3:13: ", "form");
    refused("partner acme\nlists\n  places file /etc/passwd\n", "acme.partner:3:15: ", "folder");
}

static void test_found_by_id_and_payer(void **state)
{
    (void)state;
    struct profiles *s = good("partner acme \"Acme\"\npayer AC1 AC2\npayer AC3\n"
                              "envelope\n  id ZZ ACMEISA\nlimits\n  claims-per-set 7\n");
    const struct profile *p = profiles_at(s, 0);
    assert_ptr_equal(profiles_of_payer(s, phi_lit("AC3")), p);
    assert_null(profiles_of_payer(s, phi_lit("AC")));
    assert_ptr_equal(profiles_of_id(s, phi_lit("ZZ"), phi_lit("ACMEISA        ")), p);
    assert_null(profiles_of_id(s, phi_lit("30"), phi_lit("ACMEISA")));
    assert_int_equal(profile_number(p, "limits", "claims-per-set", 0), 7);
    assert_int_equal(profile_number(p, "limits", "claims-per-file", 9), 9);
    assert_string_equal(profile_label(p), "Acme");
    assert_null(profile_guides(p));
    profiles_free(s);
}

static void test_warn_is_for_its_place(void **state)
{
    (void)state;
    struct profiles *s = good("partner acme\nrules\n  warn S2-009 2010AA/N4\n  warn S1-040\n"
                              "  refuse S4-009\n");
    const struct profile *p = profiles_at(s, 0);
    assert_int_equal(profile_severity(p, "S2-009", "2010AA", "N4", SEV_TRANSACTION), SEV_WARNING);
    assert_int_equal(profile_severity(p, "S2-009", "2010BA", "N4", SEV_TRANSACTION),
                     SEV_TRANSACTION);
    assert_int_equal(profile_severity(p, "S1-040", "2300", "CLM", SEV_TRANSACTION), SEV_WARNING);
    assert_int_equal(profile_severity(p, "S4-009", "2300", "CLM", SEV_WARNING), SEV_CLAIM);
    profiles_free(s);
}

/* --- the walk --- */

struct told {
    uint32_t n;
    char all[400];
};

static void tell(void *ctx, const struct finding *f)
{
    struct told *t = ctx;
    size_t at = strlen(t->all);
    snprintf(t->all + at, sizeof t->all - at, "%s %s %s/%s-%u %d;", f->rule, f->report, f->loop,
             f->segment, f->element, f->severity);
    t->n++;
}

static const char SET[] =
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260908*0800*^*00501*"
    "000000001*0*T*:~GS*HC*A*B*20260908*0800*1*X*005010X222A1~ST*837*0001*005010X222A1~"
    "BHT*0019*00*1*20260908*0800*CH~NM1*41*2*ACME*****46*AC~PER*IC*DESK*TE*8015550100~"
    "NM1*40*2*BETA*****46*BT~HL*1**20*1~NM1*85*2*ACME CLINIC*****XX*2000000010~N3*1 MAIN ST~"
    "N4*RIVERTON*UT*840650001~REF*EI*001234567~HL*2*1*22*0~SBR*P*18*G1******CI~"
    "NM1*IL*1*TESTER*ANNA****MI*XYZ1~N3*12 ELM~N4*RIVERTON*UT*840650001~DMG*D8*19800229*F~"
    "NM1*PR*2*BETA*****PI*BT~CLM*C1*50***11:B:1*Y*A*Y*Y~HI*ABK:J029~LX*1~"
    "SV1*HC:99213*50*UN*1***1~DTP*472*D8*20260903~SE*23*0001~";

static void walk(const struct profile *p, struct told *t, const char *gs08)
{
    struct check *c =
        check_new(&(struct check_opts){.guides = guides}, (struct finding_sink){tell, t});
    struct check_terms terms = profile_terms(p);
    struct scan *s = scan_fragment(SET, sizeof SET - 1);
    struct edi_seg seg;
    bool in = false;
    *t = (struct told){0};
    check_agree(c, &terms);
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "ST")) {
            check_begin(c, scan_delims(s), phi_lit("HC"), phi_lit(gs08));
            in = true;
        }
        if (in)
            check_segment(c, &seg);
    }
    check_end(c);
    scan_free(s);
    check_free(c);
}

/* Each line of a profile makes one finding of a clean set, and the set is clean again without. */
static void test_laid_over_the_walk(void **state)
{
    (void)state;
    static const struct {
        const char *line, *told;
    } cases[] = {
        {"require 2310B", "S2-004 IK304:I7 2310B/NM1-0 3;"},
        {"require 2310B warn", "S2-004 IK304:I7 2310B/NM1-0 0;"},
        {"require 2300/REF[01=G1] warn", "S2-004 IK304:I8 2300/REF-0 0;"},
        {"require 2300/CLM-10 warn", "IK403:1 2300/CLM-10 0;"},
        {"require 2010BA/NM1-05 warn", "IK403:1 2010BA/NM1-5 0;"},
        {"require 2400/SV1-01-3 warn", "IK403:1 2400/SV1-1 0;"},
        {"forbid 2010BA/DMG warn", "S2-002 IK304:I4 2010BA/DMG-0 0;"},
        {"forbid 2000B/SBR-03 warn", "S2-001 IK403:I10 2000B/SBR-3 0;"},
        {"require 2300/REF[01=G1]", "S2-004 IK304:I8 2300/REF-0 3;"},
        {"require 2000A/PRV", "S2-004 IK304:I8 2000A/PRV-0 3;"},
        {"require 2300/CLM-10", "IK403:1 2300/CLM-10 3;"},
        {"require 2010BA/NM1-05", "IK403:1 2010BA/NM1-5 3;"},
        {"forbid 2010BA/DMG", "S2-002 IK304:I4 2010BA/DMG-0 3;"},
        {"forbid 2000B/SBR-03", "S2-001 IK403:I10 2000B/SBR-3 3;"},
        {"values 2300/CLM-05-1 12 22", "IK403:I6 2300/CLM-5 3;"},
        {"values 2000B/SBR-09 MB MC", "IK403:I6 2000B/SBR-9 3;"},
        {"length 2010BA/NM1-09 9/12", "IK403:4 2010BA/NM1-9 3;"},
        {"length 2300/CLM-01 1/1", "IK403:5 2300/CLM-1 3;"},
    };
    struct told t;
    walk(NULL, &t, "005010X222A1");
    assert_string_equal(t.all, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "partner acme\nguide 837P\n  %s\n", cases[i].line);
        struct profiles *s = good(text);
        walk(profiles_at(s, 0), &t, "005010X222A1");
        if (t.n != 1 || !strstr(t.all, cases[i].told))
            fail_msg("%s: wanted \"%s\", got \"%s\"", cases[i].line, cases[i].told, t.all);
        profiles_free(s);
        walk(NULL, &t, "005010X222A1");
        assert_string_equal(t.all, "");
    }
}

static void test_versions_that_were_agreed(void **state)
{
    (void)state;
    struct told t;
    struct profiles *s = good("partner acme\nguide 837P\n  version 005010X222A2\n");
    walk(NULL, &t, "005010X222A2");
    assert_int_equal(t.n, 1);
    walk(profiles_at(s, 0), &t, "005010X222A2");
    assert_null(strstr(t.all, "S1-017"));
    profiles_free(s);
}

static void test_relaxed(void **state)
{
    (void)state;
    struct told t;
    struct profiles *s = good("partner acme\nguide 837P\n  require 2310B\nrules\n"
                              "  warn S2-004 2310B\n");
    walk(profiles_at(s, 0), &t, "005010X222A1");
    assert_string_equal(t.all, "S2-004 IK304:I7 2310B/NM1-0 0;");
    profiles_free(s);
}

static void test_claims_per_set(void **state)
{
    (void)state;
    struct told t;
    struct profiles *s = good("partner acme\nlimits\n  claims-per-set 1\n");
    walk(profiles_at(s, 0), &t, "005010X222A1");
    assert_string_equal(t.all, "");
    profiles_free(s);
}

/* --- differences --- */

static void count(void *ctx, const struct profile_difference *d)
{
    struct buf *b = ctx;
    buf_printf(b, "%s %s %s%s%s;", d->section, d->key, d->subject, d->a ? " a" : "",
               d->b ? " b" : "");
}

static void test_differences(void **state)
{
    (void)state;
    struct buf out = {0};
    struct profiles *a = good("partner acme\npayer A1\nlimits\n  claims-per-set 5\nguide 837P\n"
                              "  require 2310B\n  forbid 2300/K3\n");
    struct profiles *b = good("partner acme\npayer A1\nlimits\n  claims-per-set 6\nguide 837P\n"
                              "  require 2310B\nrules\n  warn S2-009\n");
    assert_int_equal(profile_diff(profiles_at(a, 0), profiles_at(b, 0), count, &out), 3);
    assert_string_equal(buf_cstr(&out),
                        "limits claims-per-set  a b;guide forbid 2300/K3 a;rules warn S2-009 b;");
    buf_clear(&out);
    assert_int_equal(profile_diff(profiles_at(a, 0), profiles_at(a, 0), count, &out), 0);
    buf_free(&out);
    profiles_free(a);
    profiles_free(b);
}

/* What is shown can be read, and is the same profile. */
static void test_shown_is_a_profile(void **state)
{
    (void)state;
    struct buf out = {0}, again = {0};
    struct profiles *a = good("partner acme \"A C\" # x\npayer A1\nlists\n  l 1 2\nguide 837P\n"
                              "  values 2300/CLM-05-1 @l\nenvelope\n  name \"ACME INC\"\n");
    profile_write(profiles_at(a, 0), &out);
    struct profiles *b = good(buf_cstr(&out));
    profile_write(profiles_at(b, 0), &again);
    assert_string_equal(buf_cstr(&out), buf_cstr(&again));
    assert_int_equal(profile_diff(profiles_at(a, 0), profiles_at(b, 0), count, &again), 0);
    buf_free(&out);
    buf_free(&again);
    profiles_free(a);
    profiles_free(b);
}

/* --- calendar --- */

static const char *local(const struct profile *p, const char *utc, char out[TIME_TEXT])
{
    int64_t us = 0;
    assert_true(time_parse(utc, &us));
    return calendar_local_text(p, us, out);
}

static void test_calendar(void **state)
{
    (void)state;
    char t[TIME_TEXT];
    struct profiles *s = good("partner acme\ncalendar\n  zone eastern\n  cut-off 17:00\n"
                              "  holidays 2026-11-26\n  hours 06:00-22:00\n");
    const struct profile *p = profiles_at(s, 0);
    assert_string_equal(local(p, "2026-03-08T06:59:00Z", t), "2026-03-08T01:59-05:00");
    assert_string_equal(local(p, "2026-03-08T07:00:00Z", t), "2026-03-08T03:00-04:00");
    assert_string_equal(local(p, "2026-11-01T05:59:00Z", t), "2026-11-01T01:59-04:00");
    assert_string_equal(local(p, "2026-11-01T06:00:00Z", t), "2026-11-01T01:00-05:00");
    int64_t us;
    assert_true(time_parse("2026-11-25T21:59:00Z", &us)); /* Wednesday, 16:59 */
    assert_string_equal(calendar_local_text(p, calendar_due(p, us).counts_us, t),
                        "2026-11-25T00:00-05:00");
    assert_true(time_parse("2026-11-25T22:00:00Z", &us)); /* 17:00; Thursday is a holiday */
    assert_string_equal(calendar_local_text(p, calendar_due(p, us).counts_us, t),
                        "2026-11-27T00:00-05:00");
    assert_string_equal(calendar_local_text(p, calendar_due(p, us).claims_us, t),
                        "2026-12-02T00:00-05:00");
    assert_true(calendar_open(p, us));
    assert_true(time_parse("2026-11-26T03:00:00Z", &us));
    assert_false(calendar_open(p, us));
    profiles_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused_with_its_place),
                                       cmocka_unit_test(test_found_by_id_and_payer),
                                       cmocka_unit_test(test_warn_is_for_its_place),
                                       cmocka_unit_test(test_laid_over_the_walk),
                                       cmocka_unit_test(test_versions_that_were_agreed),
                                       cmocka_unit_test(test_relaxed),
                                       cmocka_unit_test(test_claims_per_set),
                                       cmocka_unit_test(test_differences),
                                       cmocka_unit_test(test_shown_is_a_profile),
                                       cmocka_unit_test(test_calendar)};
    return cmocka_run_group_tests(tests, start, stop);
}
