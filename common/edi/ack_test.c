/* Tests of the answers: the 999 of scenario G02, shared IK3, told-apart codes, the TA1, the bodies
 * that verdicts travel in. Expected files are written by hand. */
#include "common/edi/check.h"
#include "common/edi/verdict.h"
#include <stdio.h>
#include "tests/unit.h"

/* 2026-09-01T08:05:00Z */
enum { AT_S = 1788249900 };

#define ISA_BACK(control)                                                                          \
    "ISA*00*          *00*          *ZZ*CLRHOUSE       *30*RVRBND         "                        \
    "*260901*0805*^*00501*" control "*0*T*:~\n"
#define GS_BACK(control) "GS*FA*CLR*RVB*20260901*0805*" control "*X*005010X231A1~\n"
#define ST               "ST*999*0001*005010X231A1~\n"

static const struct envelope_isa FROM = {.sender_qual = "30",
                                         .sender = "RVRBND",
                                         .receiver_qual = "ZZ",
                                         .receiver = "CLRHOUSE",
                                         .date = "260901",
                                         .time = "0800",
                                         .control = "000000905",
                                         .ack = "0",
                                         .usage = "T"};
static const struct envelope_gs GROUP = {.code = "HC",
                                         .sender = "RVB",
                                         .receiver = "CLR",
                                         .control = "905",
                                         .version = "005010X222A1",
                                         .sets = 2,
                                         .claimed = 2,
                                         .closed = true};
static const struct ack_opts OPTS = {
    .at_us = AT_S * INT64_C(1000000), .control = 17, .bad_values = true};

static void check_999(const struct ack_group *g, const struct ack_opts *o, const char *body,
                      const char *tail)
{
    struct buf out = {0}, want = {0};
    ack_write_999(&out, &FROM, g, o);
    buf_printf(&want, ISA_BACK("000000017") GS_BACK("17") ST "%s%sGE*1*17~\nIEA*1*000000017~\n",
               body, tail);
    assert_string_equal(buf_cstr(&out), buf_cstr(&want));
    buf_free(&out);
    buf_free(&want);
}

/* G02: the second set says 48 segments and has 47. */
static void half_a_batch_lost(void **state)
{
    (void)state;
    const struct ack_finding bad[] = {{.f = {.rule = "S1-026",
                                             .level = 1,
                                             .severity = SEV_TRANSACTION,
                                             .segment = "SE",
                                             .position = 47,
                                             .element = 1,
                                             .report = "IK502:4",
                                             .bad = {"48", 2}}}};
    const struct ack_set sets[] = {{.st01 = "837", .st02 = "0001", .st03 = "005010X222A1"},
                                   {"837", "0002", "005010X222A1", bad, 1}};
    struct ack_group g = {.gs = GROUP, .sets = sets, .sets_n = 2};
    check_999(&g, &OPTS,
              "AK1*HC*905*005010X222A1~\nAK2*837*0001*005010X222A1~\nIK5*A~\n"
              "AK2*837*0002*005010X222A1~\nIK5*R*4~\nAK9*P*2*2*1~\n",
              "SE*8*0001~\n");
}

#define T SEV_TRANSACTION
static const struct ack_finding MANY[] = {
    {.f = {.severity = T,
           .segment = "SV1",
           .position = 30,
           .loop = "2400",
           .element = 1,
           .component = 2,
           .data_element = 234,
           .report = "IK403:7",
           .bad = {"9921X", 5}},
     .unit = {"PCN1", 4}},
    {.f = {.severity = T,
           .segment = "CLM",
           .position = 22,
           .loop = "2300",
           .element = 5,
           .component = 3,
           .data_element = 1325,
           .report = "IK403:I6",
           .bad = {"x*", 2}},
     .unit = {"PCN1", 4}},
    {.f = {.severity = T,
           .segment = "SV1",
           .position = 30,
           .loop = "2400",
           .element = 4,
           .data_element = 380,
           .report = "IK403:2"},
     .unit = {"PCN1", 4}},
    {.f = {.severity = T, .segment = "N3", .position = 9, .loop = "2010AA", .report = "IK304:I8"}},
    {.f = {.severity = T, .segment = "REF", .position = 25, .loop = "2300", .report = "IK304:I9"},
     .unit = {"PCN1", 4},
     .trigger = {"CLM", "2300", 22, 5, 3}},
    {.f = {.severity = T,
           .segment = "HI",
           .position = 28,
           .loop = "2300",
           .element = 1,
           .component = 2,
           .repetition = 3,
           .data_element = 1271,
           .report = "IK403:6"}},
    {.f = {.severity = SEV_CLAIM, .segment = "CLM", .position = 22, .report = "277CA:A7:178"}},
    {.f = {.severity = SEV_WARNING,
           .segment = "PER",
           .position = 5,
           .report = "IK403:6",
           .element = 2,
           .data_element = 93,
           .bad = {" A", 2}}},
};

/* Two faults of one SV1 share its IK3; I codes give I5, base codes 5; a value that may not stand
 * in the answer is left out. */
static void several_findings_one_segment(void **state)
{
    (void)state;
    struct ack_set set = {"837", "0001", "", MANY, 8};
    struct ack_group g = {.gs = GROUP, .sets = &set, .sets_n = 1};
    g.gs.sets = g.gs.claimed = 1;
    check_999(&g, &OPTS,
              "AK1*HC*905*005010X222A1~\nAK2*837*0001~\n"
              "IK3*N3*9*2010*I8~\n"
              "IK3*CLM*22*2300*8~\nCTX*CLM01:PCN1~\nIK4*5:3*1325*I6~\n"
              "IK3*REF*25*2300*I9~\nCTX*SITUATIONAL TRIGGER*CLM*22*2300*5:3~\nCTX*CLM01:PCN1~\n"
              "IK3*HI*28*2300*8~\nIK4*1:2:3*1271*6~\n"
              "IK3*SV1*30*2400*8~\nCTX*CLM01:PCN1~\nIK4*1:2*234*7*9921X~\nIK4*4*380*2~\n"
              "IK5*R*I5*5~\nAK9*R*1*1*0~\n",
              "SE*19*0001~\n");
}

static void found(void *ctx, const struct finding *f)
{
    fprintf(stderr, "%s %u %u-%u %s %s\n", f->segment, f->position, f->element, f->component,
            f->rule, f->text);
    ++*(int *)ctx;
}

/* Findings of our own guide in the 999 of a text. */
static int findings_of_999(phi_str text)
{
    struct buf error = {0};
    struct guide_set *guides = guides_load("config/guides", &error);
    int n = 0;
    assert_non_null(guides);
    const struct check_opts o = {.guides = guides};
    struct check *c = check_new(&o, (struct finding_sink){found, &n});
    struct scan *s = scan_memory(text.p, text.n);
    struct edi_seg seg;
    bool in = false;
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "ST"))
            check_begin(c, scan_delims(s), phi_lit("FA"), phi_lit("005010X231A1")), in = true;
        if (in)
            check_segment(c, &seg);
        if (seg_is(&seg, "SE"))
            n += !check_end(c).accepted, in = false;
    }
    scan_free(s);
    check_free(c);
    guides_free(guides);
    buf_free(&error);
    return n;
}

/* What we send passes what we check: the answers above, by the guide of the 999. */
static void our_999_passes_our_guide(void **state)
{
    (void)state;
    struct ack_set sets[] = {{"837", "0001", "", MANY, 8},
                             {.st01 = "837", .st02 = "0002", .st03 = "005010X222A1"}};
    const struct finding f = {.severity = SEV_GROUP, .report = "AK905:5"};
    struct ack_group some = {.gs = GROUP, .sets = sets, .sets_n = 2};
    struct ack_group lost = {.gs = GROUP, .findings = &f, .findings_n = 1};
    struct buf out = {0};
    ack_write_999(&out, &FROM, &some, &OPTS);
    assert_int_equal(findings_of_999(buf_view(&out)), 0);
    buf_clear(&out);
    ack_write_999(&out, &FROM, &lost, &OPTS);
    assert_int_equal(findings_of_999(buf_view(&out)), 0);
    buf_free(&out);
}

static void bad_values_can_be_kept_back(void **state)
{
    (void)state;
    struct ack_opts o = OPTS;
    struct ack_set set = {"837", "0001", "", MANY, 1};
    struct ack_group g = {.gs = GROUP, .sets = &set, .sets_n = 1};
    g.gs.sets = g.gs.claimed = 1;
    o.bad_values = false;
    check_999(&g, &o,
              "AK1*HC*905*005010X222A1~\nAK2*837*0001~\n"
              "IK3*SV1*30*2400*8~\nCTX*CLM01:PCN1~\nIK4*1:2*234*7~\nIK5*R*5~\nAK9*R*1*1*0~\n",
              "SE*9*0001~\n");
}

/* Warnings are silent unless asked for; then the set and the group are E. Claims are not here. */
static void warnings_when_asked_for(void **state)
{
    (void)state;
    struct ack_opts o = OPTS;
    struct ack_set set = {"837", "0001", "", MANY + 6, 2};
    struct ack_group g = {.gs = GROUP, .sets = &set, .sets_n = 1};
    g.gs.sets = g.gs.claimed = 1;
    check_999(&g, &o, "AK1*HC*905*005010X222A1~\nAK2*837*0001~\nIK5*A~\nAK9*A*1*1*1~\n",
              "SE*6*0001~\n");
    o.warnings = true;
    check_999(&g, &o,
              "AK1*HC*905*005010X222A1~\nAK2*837*0001~\nIK3*PER*5**8~\nIK4*2*93*6* A~\nIK5*E*5~\n"
              "AK9*E*1*1*1~\n",
              "SE*8*0001~\n");
}

static void a_group_that_is_lost(void **state)
{
    (void)state;
    const struct finding f[] = {{.severity = SEV_GROUP, .report = "AK905:5"},
                                {.severity = SEV_GROUP, .report = "AK905:4"}};
    struct ack_group g = {.gs = GROUP, .findings = f, .findings_n = 2};
    g.gs.claimed = 3;
    check_999(&g, &OPTS, "AK1*HC*905*005010X222A1~\nAK9*R*3*2*0*5*4~\n", "SE*4*0001~\n");
}

static void check_ta1(const struct envelope_isa *isa, const struct finding *f, uint32_t n,
                      const char *want, char code)
{
    struct buf out = {0};
    struct ack_opts o = OPTS;
    o.control = 500000001;
    assert_int_equal(ack_write_ta1(&out, isa, f, n, &o).code, code);
    assert_string_equal(buf_cstr(&out), want);
    buf_free(&out);
}

static void the_ta1(void **state)
{
    (void)state;
    const struct finding f[] = {{.severity = SEV_WARNING, .report = "TA1:014"},
                                {.severity = SEV_INTERCHANGE, .report = "TA1:001"}};
    check_ta1(&FROM, f, 0,
              ISA_BACK("500000001") "TA1*000000905*260901*0800*A*000~\nIEA*0*500000001~\n", 'A');
    check_ta1(&FROM, f, 2,
              ISA_BACK("500000001") "TA1*000000905*260901*0800*R*001~\nIEA*0*500000001~\n", 'R');
    struct envelope_isa asks = FROM;
    asks.ack[0] = '1';
    assert_true(ack_owes_ta1(&asks, f, 1));
    assert_true(ack_owes_ta1(&FROM, f, 2));
    assert_false(ack_owes_ta1(&FROM, f, 1));
}

/* What a hostile sender wrote into its envelope cannot break the answer. */
static void echoes_are_cleaned(void **state)
{
    (void)state;
    struct ack_set set = {.st01 = "837", .st02 = "~1*"};
    struct ack_group g = {.gs = GROUP, .sets = &set, .sets_n = 1};
    memcpy(g.gs.control, "9*5", 4);
    g.gs.sets = g.gs.claimed = 1;
    check_999(&g, &OPTS, "AK1*HC*95*005010X222A1~\nAK2*837*.1.~\nIK5*A~\nAK9*A*1*1*1~\n",
              "SE*6*0001~\n");
}

static void verdicts_travel_whole(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct buf b = {0};
    struct verdict v = {.set = {"837", "0002", "005010X222A1", MANY, 8},
                        .gs08 = "005010X222A1",
                        .segments = 47,
                        .claims = 2},
                   w;
    verdict_write(&b, &v);
    assert_true(verdict_read(buf_view(&b), &mem, &w));
    assert_false(w.accepted);
    assert_int_equal(w.segments, 47);
    assert_string_equal(w.set.st02, "0002");
    assert_int_equal(w.set.findings_n, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct ack_finding *a = &MANY[i], *r = &w.set.findings[i];
        assert_int_equal(a->f.severity, r->f.severity);
        assert_string_equal(a->f.report, r->f.report);
        assert_string_equal(a->f.loop, r->f.loop);
        assert_int_equal(a->f.component, r->f.component);
        assert_int_equal(a->f.repetition, r->f.repetition);
        assert_int_equal(a->f.data_element, r->f.data_element);
        assert_true(phi_eq(a->f.bad, r->f.bad) && phi_eq(a->unit, r->unit));
        assert_string_equal(a->trigger.segment, r->trigger.segment);
        assert_int_equal(a->trigger.component, r->trigger.component);
    }
    buf_free(&b);
    arena_free(&mem);
}

static void groups_and_interchanges_travel_whole(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct buf b = {0};
    struct finding f = {.severity = SEV_GROUP, .report = "AK905:5", .rule = "S1-020"};
    struct verdict_group g = {FROM, GROUP, 2, &f, 1}, h;
    struct verdict_isa i = {FROM, &f, 1, {"000000905", "R", "001"}}, k;
    verdict_group_write(&b, &g);
    assert_true(verdict_group_read(buf_view(&b), &mem, &h));
    assert_memory_equal(&h.gs, &g.gs, sizeof g.gs);
    assert_memory_equal(&h.isa, &g.isa, sizeof g.isa);
    assert_int_equal(h.forwarded, 2);
    assert_string_equal(h.findings[0].report, "AK905:5");
    buf_clear(&b);
    verdict_isa_write(&b, &i);
    assert_true(verdict_isa_read(buf_view(&b), &mem, &k));
    assert_memory_equal(&k.isa, &i.isa, sizeof i.isa);
    assert_memory_equal(&k.ta1, &i.ta1, sizeof i.ta1);
    assert_false(verdict_read(buf_view(&b), &mem, &(struct verdict){0}));
    assert_false(verdict_group_read(buf_view(&b), &mem, &h));
    assert_false(verdict_isa_read(phi_lit("{\"isa\":"), &mem, &k));
    assert_false(verdict_read(phi_lit("[]"), &mem, &(struct verdict){0}));
    buf_free(&b);
    arena_free(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(half_a_batch_lost),
                                       cmocka_unit_test(several_findings_one_segment),
                                       cmocka_unit_test(our_999_passes_our_guide),
                                       cmocka_unit_test(bad_values_can_be_kept_back),
                                       cmocka_unit_test(warnings_when_asked_for),
                                       cmocka_unit_test(a_group_that_is_lost),
                                       cmocka_unit_test(the_ta1),
                                       cmocka_unit_test(echoes_are_cleaned),
                                       cmocka_unit_test(verdicts_travel_whole),
                                       cmocka_unit_test(groups_and_interchanges_travel_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
