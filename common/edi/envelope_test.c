#include "common/edi/envelope.h"
#include "tests/unit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include <stdio.h>
#include <stdlib.h>

/* A right interchange with two groups; tests change one thing in it. */
#define ISA                                                                                        \
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "                        \
    "*260901*0800*^*00501*000000001*0*T*:~"
#define GS   "GS*HC*SEND*RECV*20260901*0800*1*X*005010X222A1~"
#define SET  "ST*837*0001*005010X222A1~BHT*0019~SE*3*0001~"
#define G1   GS SET "ST*837*0002~SE*2*0002~GE*2*1~"
#define G2   "GS*HP*SEND*RECV*20260901*080000*2*X*005010X221A1~ST*835*0001~SE*2*0001~GE*1*2~"
#define IEA  "IEA*2*000000001~"
#define GOOD ISA G1 G2 IEA

static struct buf told;

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    (void)ctx;
    buf_printf(&told, "I%u(%s%s ", isa->number, isa->control, seg ? "" : "?");
}
static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    (void)ctx, (void)seg;
    buf_printf(&told, "G%u(%s ", gs->number, gs->control);
}
static void set_begin(void *ctx, const struct edi_seg *st)
{
    (void)ctx;
    buf_printf(&told, "S(%d ", (int)st->off);
}
static void segment(void *ctx, const struct edi_seg *seg)
{
    (void)ctx;
    buf_phi(&told, seg_el(seg, 0));
    buf_putc(&told, ' ');
}
static void set_end(void *ctx, uint64_t end)
{
    (void)ctx;
    buf_printf(&told, "S)%d ", (int)end);
}
static void gs_end(void *ctx, const struct envelope_gs *g)
{
    (void)ctx;
    buf_printf(&told, "G)%u/%u%s@%d-%d ", g->sets, g->claimed, g->closed ? "" : "!", (int)g->off,
               (int)g->end_off);
}
static void isa_end(void *ctx, const struct envelope_isa *i)
{
    (void)ctx;
    buf_printf(&told, "I)%u%s@%d-%d ", i->groups, i->closed ? "" : "!", (int)i->off,
               (int)i->end_off);
}

static const struct envelope_events EVENTS = {.isa_begin = isa_begin,
                                              .gs_begin = gs_begin,
                                              .set_begin = set_begin,
                                              .segment = segment,
                                              .set_end = set_end,
                                              .gs_end = gs_end,
                                              .isa_end = isa_end};

static void found(void *ctx, const struct finding *f)
{
    (void)ctx;
    assert_int_equal(f->level, 1);
    assert_true(f->text && f->text[0]);
    buf_printf(&told, "%s %s %s%d %s; ", f->rule, f->report, f->segment, f->element,
               f->severity == SEV_INTERCHANGE ? "I"
               : f->severity == SEV_GROUP     ? "G"
                                              : "w");
}

static const struct envelope_events FINDINGS = {.found = found};

static const char *read_all(const char *text, const struct envelope_opts *o,
                            const struct envelope_events *ev, int *rc)
{
    buf_clear(&told);
    struct scan *s = scan_memory(text, strlen(text));
    int got = envelope_read(s, o, ev, NULL);
    if (rc)
        *rc = got;
    scan_free(s);
    return buf_cstr(&told);
}

static const char *events_of(const char *text)
{
    return read_all(text, &(struct envelope_opts){0}, &EVENTS, NULL);
}

static const char *findings_of(const char *text)
{
    int rc;
    const char *said = read_all(text, &(struct envelope_opts){0}, &FINDINGS, &rc);
    assert_int_equal(rc, *said ? EXIT_FINDINGS : EXIT_DONE);
    return said;
}

/* Text with the first `from` changed to `to`. */
static const char *with(const char *text, const char *from, const char *to)
{
    static char space[2][4096];
    static int turn;
    char *out = space[turn ^= 1];
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(out, sizeof space[0], "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

#define ONE(from, to, want) assert_string_equal(findings_of(with(GOOD, from, to)), want)

static void a_right_file_is_taken_apart(void **state)
{
    (void)state;
    assert_string_equal(events_of(GOOD),
                        "I0(000000001 G0(1 S(153 ST BHT SE S)197 S(197 ST SE S)219 G)2/2@106-226 "
                        "G1(2 S(275 ST SE S)297 G)1/1@226-304 I)2@0-320 ");
    assert_string_equal(findings_of(GOOD), "");
}

static void s1_006_sender_and_receiver(void **state)
{
    (void)state;
    ONE("SENDER         ", "               ", "S1-006 TA1:006 ISA6 I; ");
    ONE("RECEIVER       ", "               ", "S1-006 TA1:008 ISA8 I; ");
}

static void s1_004_authorization_and_security(void **state)
{
    (void)state;
    ONE("ISA*00*", "ISA*02*", "S1-004 TA1:010 ISA1 I; ");
    ONE("          *00", "\001         *00", "S1-004 TA1:011 ISA2 I; ");
    ONE(" *00* ", " *09* ", "S1-004 TA1:012 ISA3 I; ");
    ONE("          *ZZ", "        \t *ZZ", "S1-004 TA1:013 ISA4 I; ");
}

static void s1_005_qualifiers(void **state)
{
    (void)state;
    ONE("*ZZ*SENDER", "*QQ*SENDER", "S1-005 TA1:005 ISA5 I; ");
    ONE("*ZZ*RECEIVER", "*zz*RECEIVER", "S1-005 TA1:007 ISA7 I; ");
}

static void s1_007_date_and_time(void **state)
{
    (void)state;
    ONE("*260901*0800*^", "*260931*0800*^", "S1-007 TA1:014 ISA9 I; ");
    ONE("*260901*0800*^", "*260901*2400*^", "S1-007 TA1:015 ISA10 I; ");
    struct envelope_opts o = {0};
    assert_true(time_parse("2026-08-31T12:00:00Z", &o.now_us));
    assert_string_equal(read_all(GOOD, &o, &FINDINGS, NULL), "");
    assert_true(time_parse("2026-08-30T23:59:59Z", &o.now_us));
    assert_string_equal(read_all(GOOD, &o, &FINDINGS, NULL), "S1-007 TA1:014 ISA9 I; ");
}

static void s1_008_versions(void **state)
{
    (void)state;
    ONE("*00501*", "*00801*", "S1-008 TA1:017 ISA12 I; ");
    struct envelope_opts o = {.versions = "00401 00801"};
    assert_string_equal(read_all(GOOD, &o, &FINDINGS, NULL), "S1-008 TA1:017 ISA12 I; ");
    o.versions = "00401 00501";
    assert_string_equal(read_all(GOOD, &o, &FINDINGS, NULL), "");
}

static void s1_002_isa11_of_old_is_a_warning(void **state)
{
    (void)state;
    int rc;
    assert_string_equal(
        read_all(with(GOOD, "*^*", "*U*"), &(struct envelope_opts){0}, &FINDINGS, &rc),
        "S1-002 TA1:026 ISA11 w; ");
    assert_int_equal(rc, EXIT_DONE);
}

static void s1_009_control_number(void **state)
{
    (void)state;
    assert_string_equal(findings_of(with(ISA "IEA*0*000000000~", "*000000001*", "*000000000*")),
                        "S1-009 TA1:018 ISA13 I; ");
    assert_string_equal(findings_of(with(ISA "IEA*0*000000002~", "*000000001*", "*000000000*")),
                        "S1-009 TA1:018 ISA13 I; ");
    assert_string_equal(findings_of(with(ISA "IEA*0*00000000A~", "*000000001*", "*00000000A*")),
                        "S1-009 TA1:018 ISA13 I; ");
}

static void s1_011_ack_and_usage(void **state)
{
    (void)state;
    ONE("*0*T*:", "*2*T*:", "S1-011 TA1:019 ISA14 I; ");
    ONE("*0*T*:", "*0*X*:", "S1-011 TA1:020 ISA15 I; ");
}

static void s1_012_s1_013_trailer_of_the_interchange(void **state)
{
    (void)state;
    ONE("IEA*2", "IEA*3", "S1-012 TA1:021 IEA1 I; ");
    ONE("IEA*2", "IEA*", "S1-012 TA1:021 IEA1 I; ");
    ONE("IEA*2*000000001", "IEA*2*000000002", "S1-013 TA1:001 IEA2 I; ");
}

static void s1_014_cut_off(void **state)
{
    (void)state;
    assert_string_equal(findings_of(ISA GS SET), "S1-014 TA1:023 IEA0 I; ");
    assert_string_equal(findings_of(ISA GS "ST*837*0001~BH"), "S1-014 TA1:023 0 I; ");
    assert_string_equal(events_of(ISA GS "ST*837*0001~BH"),
                        "I0(000000001 G0(1 S(153 ST S)165 G)1/0!@106-165 I)1!@0-165 ");
    assert_string_equal(findings_of(ISA GS SET GOOD), "S1-014 TA1:023 IEA0 I; ");
    assert_string_equal(findings_of(GOOD "junk\n" GOOD), "S1-014 TA1:023 0 I; ");
}

static void s1_045_indented_segments_are_said_once(void **state)
{
    (void)state;
    int rc;
    const char *text =
        with(with(GOOD, "~ST*837*0001", "~\n   ST*837*0001"), "~SE*3", "~\r\n\tSE*3");
    assert_string_equal(read_all(text, &(struct envelope_opts){0}, &FINDINGS, &rc),
                        "S1-045  0 w; ");
    assert_int_equal(rc, EXIT_DONE);
}

static void s1_015_segments_outside_of_everything(void **state)
{
    (void)state;
    ONE("GE*2*1~", "GE*2*1~REF*A~REF*B~", "S1-015 TA1:024 REF0 I; ");
    ONE("GE*1*2~", "GE*1*2~TA1*000000001~", "S1-015 TA1:024 TA10 I; ");
    assert_string_equal(findings_of(ISA "TA1*000000007*260901*0800*A*000~IEA*0*000000001~"), "");
    assert_string_equal(events_of(ISA "TA1*000000007*260901*0800*A*000~IEA*0*000000001~"),
                        "I0(000000001 TA1 I)0@0-154 ");
    /* no GS: neither the sets, nor the GE, nor IEA01 are said again */
    ONE(GS, "", "S1-015 TA1:024 ST0 I; ");
    /* no ST: GE01 does not agree, because of that */
    ONE("ST*837*0002~", "", "S1-015 AK905:5 SE0 G; ");
}

static void s1_016_s1_017_group_and_version(void **state)
{
    (void)state;
    struct buf error = {0};
    struct guide_set *g = guides_load("config/guides", &error);
    if (!g)
        fail_msg("%s", buf_cstr(&error));
    struct envelope_opts o = {.guides = g};
    assert_string_equal(read_all(GOOD, &o, &FINDINGS, NULL), "");
    assert_string_equal(read_all(with(GOOD, "GS*HC", "GS*HP"), &o, &FINDINGS, NULL),
                        "S1-016 AK905:1 GS1 G; ");
    assert_string_equal(read_all(with(GOOD, "GS*HC", "GS*XX"), &o, &FINDINGS, NULL),
                        "S1-016 AK905:1 GS1 G; ");
    assert_string_equal(
        read_all(with(GOOD, "*1*X*005010X222A1", "*1*X*004010X098A1"), &o, &FINDINGS, NULL),
        "S1-017 AK905:2 GS8 G; ");
    const char *alias = with(GOOD, "*1*X*005010X222A1", "*1*X*005010X222");
    assert_string_equal(read_all(alias, &o, &FINDINGS, NULL), "S1-017 AK905:2 GS8 G; ");
    o.allow_alias = true;
    assert_string_equal(read_all(alias, &o, &FINDINGS, NULL), "");
    guides_free(g);
    buf_free(&error);
}

static char last_text[200];
static void keep_text(void *ctx, const struct finding *f)
{
    (void)ctx;
    if (strcmp(f->rule, "S1-017") == 0)
        snprintf(last_text, sizeof last_text, "%s", f->text);
}

static void s1_017_says_which_versions_are_known(void **state)
{
    (void)state;
    struct buf error = {0};
    struct guide_set *g = guides_load("config/guides", &error);
    struct envelope_opts o = {.guides = g};
    struct envelope_events ev = {.found = keep_text};
    const char *old =
        with(with(GOOD, "*00501*", "*00401*"), "*1*X*005010X222A1", "*1*X*004010X098A1");
    read_all(old, &o, &ev, NULL);
    assert_non_null(strstr(last_text, "005010X222A1"));
    guides_free(g);
    buf_free(&error);
}

static void s1_018_group_control_number(void **state)
{
    (void)state;
    ONE("0800*1*X", "0800*A*X", "S1-018 AK905:6 GS6 G; ");
    assert_string_equal(
        findings_of(with(with(GOOD, "080000*2*X", "080000*01*X"), "GE*1*2~", "GE*1*1~")),
        "S1-018 AK905:19 GS6 G; ");
}

static void s1_018_control_number_repeats_among_many(void **state)
{
    (void)state;
    struct buf t = {0};
    buf_puts(&t, ISA);
    for (int i = 0; i < 1000; i++)
        buf_printf(&t, "GS*HC*A*B*20260901*0800*%d*X*V~ST*837*0001~SE*2*0001~GE*1*%d~",
                   i == 999 ? 17 : i * 64, i == 999 ? 17 : i * 64);
    buf_puts(&t, "GS*HC*A*B*20260901*0800*640*X*V~ST*837*0001~SE*2*0001~GE*1*640~"
                 "IEA*1001*000000001~");
    assert_string_equal(findings_of(buf_cstr(&t)), "S1-018 AK905:19 GS6 G; ");
    buf_free(&t);
}

static void s1_019_s1_020_trailer_of_the_group(void **state)
{
    (void)state;
    ONE("GE*2*1~", "GE*2*3~", "S1-019 AK905:4 GE2 G; ");
    ONE("GE*2*1~", "GE*2*0001~", "");
    ONE("GE*2*1~", "GE*1*1~", "S1-020 AK905:5 GE1 G; ");
    ONE("GE*2*1~", "GE*x*1~", "S1-020 AK905:5 GE1 G; ");
}

static void s1_020_a_group_without_a_set(void **state)
{
    (void)state;
    static const char group[] = ISA "GS*HC*A*B*20260901*0800*1*X*V~%sGE*%s*1~IEA*1*000000001~";
    char t[400];
    snprintf(t, sizeof t, group, "", "0");
    assert_string_equal(findings_of(t), "S1-020 AK905:5 GE1 G; ");
    snprintf(t, sizeof t, group, "", "1");
    assert_string_equal(findings_of(t), "S1-020 AK905:5 GE1 G; ");
    snprintf(t, sizeof t, group, "ST*837*0001~SE*2*0001~", "1");
    assert_string_equal(findings_of(t), "");
}

static void s1_021_missing_ge(void **state)
{
    (void)state;
    ONE("GE*2*1~", "", "S1-021 AK905:3 GE0 G; ");
    ONE("GE*1*2~", "", "S1-021 AK905:3 GE0 G; ");
    assert_string_equal(events_of(with(GOOD, "GE*2*1~", "")),
                        "I0(000000001 G0(1 S(153 ST BHT SE S)197 S(197 ST SE S)219 G)2/0!@106-219 "
                        "G1(2 S(268 ST SE S)290 G)1/1@219-297 I)2@0-313 ");
}

static void s1_022_date_time_and_agency(void **state)
{
    (void)state;
    ONE("*20260901*0800*1", "*20260231*0800*1", "S1-022 AK9:R GS4 G; ");
    ONE("*20260901*0800*1", "*20260901*0860*1", "S1-022 AK9:R GS5 G; ");
    ONE("*1*X*", "*1*T*", "S1-022 AK9:R GS7 G; ");
}

static void sets_that_are_cut_are_handed_over(void **state)
{
    (void)state;
    /* no SE: that is for the check of the set to say */
    ONE("SE*3*0001~", "", "");
    assert_string_equal(events_of(ISA GS "ST*837*0001~BHT~ST*837*0002~GE*2*1~IEA*1*000000001~"),
                        "I0(000000001 G0(1 S(153 ST BHT S)169 S(169 ST S)181 G)2/2@106-188 "
                        "I)1@0-204 ");
    assert_string_equal(events_of(ISA GS "ST*837*0001~BHT~IEA*1*000000001~"),
                        "I0(000000001 G0(1 S(153 ST BHT S)169 G)1/0!@106-169 I)1@0-185 ");
}

static void delimiters_that_cannot_be(void **state)
{
    (void)state;
    const char *text = with(GOOD, ":~GS", "~~GS");
    assert_string_equal(findings_of(text), "S1-002 TA1:027 ISA16 I; ");
    assert_string_equal(events_of(text), "I0(000000001? I)0!@0-106 ");
}

/* Enough can be read of it for a TA1; nothing of what follows is. */
static void an_isa_of_other_widths(void **state)
{
    (void)state;
    const char *text = with(GOOD, "SENDER         ", "SENDER");
    assert_string_equal(findings_of(text), "S1-001 TA1:022 ISA0 I; ");
    assert_string_equal(events_of(text), "I0(000000001? I)0!@0-97 ");
    ONE("*260901*0800*^", "*2609010*800*^", "S1-003 TA1:022 ISA0 I; ");
}

static void elements_that_do_not_exist(void **state)
{
    (void)state;
    ONE("IEA*2*000000001", "IEA*2*000000001*X", "S1-036 TA1:024 IEA3 I; ");
    ONE("GE*2*1", "GE*2*1*X", "S1-036 AK9:R GE3 G; ");
    ONE("X*005010X222A1~", "X*005010X222A1*Y~", "S1-036 AK9:R GS9 G; ");
    ONE("*SEND*RECV", "**RECV", "S1-022 AK9:R GS2 G; ");
    ONE("*SEND*RECV", "*SEND*RECEIVEROFTOOMANY", "S1-022 AK9:R GS3 G; ");
    ONE("*00501*", "*00401*", "S1-008 TA1:017 ISA12 I; ");
}

static void no_interchange_is_unreadable(void **state)
{
    (void)state;
    int rc;
    assert_string_equal(read_all("hello", &(struct envelope_opts){0}, &FINDINGS, &rc),
                        "S1-001 TA1:022 0 I; ");
    assert_int_equal(rc, EXIT_UNREADABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_file_is_taken_apart),
        cmocka_unit_test(s1_006_sender_and_receiver),
        cmocka_unit_test(s1_002_isa11_of_old_is_a_warning),
        cmocka_unit_test(s1_004_authorization_and_security),
        cmocka_unit_test(s1_005_qualifiers),
        cmocka_unit_test(s1_007_date_and_time),
        cmocka_unit_test(s1_008_versions),
        cmocka_unit_test(s1_009_control_number),
        cmocka_unit_test(s1_011_ack_and_usage),
        cmocka_unit_test(s1_012_s1_013_trailer_of_the_interchange),
        cmocka_unit_test(s1_014_cut_off),
        cmocka_unit_test(s1_045_indented_segments_are_said_once),
        cmocka_unit_test(s1_015_segments_outside_of_everything),
        cmocka_unit_test(s1_016_s1_017_group_and_version),
        cmocka_unit_test(s1_017_says_which_versions_are_known),
        cmocka_unit_test(s1_018_group_control_number),
        cmocka_unit_test(s1_018_control_number_repeats_among_many),
        cmocka_unit_test(s1_019_s1_020_trailer_of_the_group),
        cmocka_unit_test(s1_020_a_group_without_a_set),
        cmocka_unit_test(s1_021_missing_ge),
        cmocka_unit_test(s1_022_date_time_and_agency),
        cmocka_unit_test(sets_that_are_cut_are_handed_over),
        cmocka_unit_test(delimiters_that_cannot_be),
        cmocka_unit_test(an_isa_of_other_widths),
        cmocka_unit_test(elements_that_do_not_exist),
        cmocka_unit_test(no_interchange_is_unreadable),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&told);
    return rc;
}
