/* Tests of the 277CA: scenario G02, faults of lines, many faults, levels that are shared; claims
 * gathered from sets of all kinds; what we write passes our own guide. Expected files are written
 * by hand. */
#include "common/edi/ack_277ca.h"
#include "common/edi/check.h"
#include "common/edi/verdict.h"
#include "tests/unit.h"

/* 2026-09-01T08:05:00Z */
enum { AT_S = 1788249900 };

#define ISA_BACK                                                                                   \
    "ISA*00*          *00*          *ZZ*CLRHOUSE       *30*RVRBND         "                        \
    "*260901*0805*^*00501*000000017*0*T*:~\n"
#define GS_BACK "GS*HN*CLR*RVB*20260901*0805*17*X*005010X214~\n"
#define TAIL    "IEA*1*000000017~\n"
#define HEAD                                                                                       \
    "ST*277*0001*005010X214~\nBHT*0085*08*000000017-0001*20260901*0805*TH~\nHL*1**20*1~\n"         \
    "NM1*AY*2*CLEARING HOUSE*****46*CLRHOUSE~\nTRN*1*000000017-0001~\nDTP*050*D8*20260901~\n"      \
    "DTP*009*D8*20260901~\nHL*2*1*21*1~\nNM1*41*2*RIVERBEND FAMILY MEDICINE*****46*RVRBND~\n"      \
    "TRN*2*B202609010001~\n"

static const struct envelope_isa FROM = {.sender_qual = "30",
                                         .sender = "RVRBND",
                                         .receiver_qual = "ZZ",
                                         .receiver = "CLRHOUSE",
                                         .control = "000000905",
                                         .usage = "T"};
static const struct envelope_gs GROUP = {.code = "HC", .sender = "RVB", .receiver = "CLR"};
static const struct ack_277ca_opts OPTS = {.at_us = AT_S * INT64_C(1000000), .control = 17};

#define S(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct ack_party CLINIC = {
    .last = S("RIVERBEND FAMILY MEDICINE"), .qual = S("XX"), .id = S("2000000010")};
static const struct ack_party PATIENTS[] = {
    {true, S("TESTER"), S("ANNA"), S("M"), S("JR"), S("MI"), S("XYZ100200300")},
    {true, S("SAMPLE"), S("BEN"), S(""), S(""), S("MI"), S("XYZ100200301")},
    {true, S("MODEL"), S("CARA"), S(""), S(""), S(""), S("")}};

static struct ack_batch batch_of(const struct ack_claim *claims, uint32_t n)
{
    return (struct ack_batch){
        .bht03 = S("B202609010001"),
        .date = "20260901",
        .submitter = {.last = S("RIVERBEND FAMILY MEDICINE"), .qual = S("46"), .id = S("RVRBND")},
        .receiver = {.last = S("CLEARING HOUSE"), .qual = S("46"), .id = S("CLRHOUSE")},
        .providers = &CLINIC,
        .providers_n = 1,
        .patients = PATIENTS,
        .patients_n = 3,
        .claims = claims,
        .claims_n = n};
}

/* --- our own guide --- */

static void found(void *ctx, const struct finding *f)
{
    ++*(int *)ctx;
    print_error("%s %s %s %u %u: %s\n", f->rule, f->loop, f->segment, f->position, f->element,
                f->text);
}

/* Findings of levels 1 to 3 in an answer. */
static int findings_in(phi_str text)
{
    struct buf error = {0};
    struct guide_set *guides = guides_load("config/guides", &error);
    int n = 0;
    assert_non_null(guides);
    const struct check_opts o = {.guides = guides, .extended_charset = true, .max_level = 3};
    struct check *c = check_new(&o, (struct finding_sink){found, &n});
    struct scan *s = scan_memory(text.p, text.n);
    struct edi_seg seg;
    bool in = false;
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "ST"))
            check_begin(c, scan_delims(s), phi_lit("HN"), phi_lit("005010X214")), in = true;
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

static struct ack_277ca_result expect(const struct ack_batch *b, uint32_t n,
                                      const struct ack_277ca_opts *o, const char *want)
{
    struct buf out = {0};
    struct ack_277ca_result r = ack_write_277ca(&out, &FROM, &GROUP, b, n, o);
    assert_string_equal(buf_cstr(&out), want);
    assert_int_equal(findings_in(buf_view(&out)), 0);
    buf_free(&out);
    return r;
}

/* --- writing --- */

/* G02: of three claims the third has a rendering provider whose NPI is wrong. */
static void half_a_batch_lost(void **state)
{
    (void)state;
    static const struct ack_fault npi = {"A7:562:82", ACK_NO_LINE};
    const struct ack_claim claims[] = {
        {.pcn = S("RVR1"), .charge = 24000, .from = "20260901", .thru = "20260901"},
        {.pcn = S("RVR2"),
         .charge = 22000,
         .from = "20260830",
         .thru = "20260901",
         .patient = 1,
         .trace = S("TR9")},
        {.pcn = S("RVR3"),
         .charge = 18000,
         .from = "20260901",
         .thru = "20260901",
         .patient = 2,
         .faults = &npi,
         .faults_n = 1}};
    struct ack_batch b = batch_of(claims, 3);
    struct ack_277ca_result r =
        expect(&b, 1, &OPTS,
               ISA_BACK GS_BACK HEAD
               "STC*A1:19:AY*20260901*WQ*640~\nQTY*90*2~\nQTY*AA*1~\nAMT*YU*460~\nAMT*YY*180~\n"
               "HL*3*2*19*1~\nNM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~\nTRN*1*0~\n"
               "QTY*QA*2~\nQTY*QC*1~\nAMT*YU*460~\nAMT*YY*180~\n"
               "HL*4*3*PT~\nNM1*QC*1*TESTER*ANNA*M**JR*MI*XYZ100200300~\n"
               "TRN*2*RVR1~\nSTC*A1:19:40*20260901*WQ*240~\nDTP*472*D8*20260901~\n"
               "HL*5*3*PT~\nNM1*QC*1*SAMPLE*BEN****MI*XYZ100200301~\n"
               "TRN*2*RVR2~\nSTC*A1:19:40*20260901*WQ*220~\nREF*D9*TR9~\n"
               "DTP*472*RD8*20260830-20260901~\n"
               "HL*6*3*PT~\nNM1*QC*1*MODEL*CARA****MI*UNKNOWN~\n"
               "TRN*2*RVR3~\nSTC*A7:562:82*20260901*U*180~\nDTP*472*D8*20260901~\n"
               "SE*39*0001~\nGE*1*17~\n" TAIL);
    assert_int_equal(r.sets, 1);
    assert_int_equal(r.accepted, 2);
    assert_int_equal(r.rejected, 1);
    assert_int_equal(r.accepted_cents, 46000);
    assert_int_equal(r.rejected_cents, 18000);
}

/* Faults of lines stand below their line, with A3:247 at the claim; four faults of a claim take two
 * STC; two claims of one patient share its level. */
static void faults_of_lines_and_many_faults(void **state)
{
    (void)state;
    static const struct ack_line lines[] = {
        {.number = 1, .qualifier = S("HC"), .code = S("99213"), .charge = 15000},
        {.number = 2,
         .qualifier = S("HC"),
         .code = S("87880"),
         .mods = {S("QW"), S("59")},
         .charge = 3050,
         .control = S("L-2"),
         .from = "20260901",
         .thru = "20260901"},
        {.number = 3, .revenue = S("0450"), .charge = 100}};
    static const struct ack_fault one[] = {{"A7:454", 1}, {"A8:507", 2}, {"A8:455", 2}};
    static const struct ack_fault many[] = {{"A7:255", ACK_NO_LINE},
                                            {"A7:562:85", ACK_NO_LINE},
                                            {"A6:464", ACK_NO_LINE},
                                            {"A7:178", ACK_NO_LINE},
                                            {"A7:454", 0}};
    const struct ack_claim claims[] = {{.pcn = S("C1"),
                                        .charge = 18150,
                                        .lines = lines,
                                        .lines_n = 3,
                                        .faults = one,
                                        .faults_n = 3,
                                        .from = "20260901",
                                        .thru = "20260901",
                                        .bill = "111"},
                                       {.pcn = S("C2*"),
                                        .charge = 5,
                                        .lines = lines,
                                        .lines_n = 1,
                                        .faults = many,
                                        .faults_n = 5}};
    struct ack_batch b = batch_of(claims, 2);
    expect(&b, 1, &OPTS,
           ISA_BACK GS_BACK HEAD
           "STC*A1:19:AY*20260901*WQ*181.55~\nQTY*AA*2~\nAMT*YY*181.55~\n"
           "HL*3*2*19*1~\nNM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~\nTRN*1*0~\n"
           "QTY*QC*2~\nAMT*YY*181.55~\n"
           "HL*4*3*PT~\nNM1*QC*1*TESTER*ANNA*M**JR*MI*XYZ100200300~\n"
           "TRN*2*C1~\nSTC*A3:247*20260901*U*181.5~\nREF*BLT*111~\nDTP*472*D8*20260901~\n"
           "SVC*HC:87880:QW:59*30.5~\nSTC*A7:454*20260901*U~\nREF*FJ*L-2~\nDTP*472*D8*20260901~\n"
           "SVC*NU:0450*1~\nSTC*A8:507*20260901*U*******A8:455~\nREF*FJ*3~\n"
           "TRN*2*C2.~\n"
           "STC*A7:255*20260901*U*.05******A7:562:85*A6:464~\n"
           "STC*A7:178*20260901*U*.05******A3:247~\nDTP*472*D8*20260901~\n"
           "SVC*HC:99213*150~\nSTC*A7:454*20260901*U~\nREF*FJ*1~\n"
           "SE*39*0001~\nGE*1*17~\n" TAIL);
}

/* What is written of claims is the same when they came in a verdict, of which only the lines with
 * faults travel; a verdict that points to nobody is not read. */
static void claims_travel_in_verdicts(void **state)
{
    (void)state;
    static const struct ack_line lines[] = {{.number = 1, .code = S("1"), .charge = 1},
                                            {.number = 2,
                                             .qualifier = S("HC"),
                                             .code = S("87880"),
                                             .mods = {S("QW")},
                                             .charge = 3050,
                                             .from = "20260901",
                                             .thru = "20260902"},
                                            {.number = 3, .revenue = S("0450"), .control = S("Q")}};
    static const struct ack_fault faults[] = {
        {"A7:454", 2}, {"A7:562:82", ACK_NO_LINE}, {"A7:455", 1}};
    const struct ack_claim claims[] = {{.pcn = S("A\"1"), .charge = 100, .bill = "111"},
                                       {.pcn = S("B"),
                                        .charge = 3051,
                                        .patient = 1,
                                        .trace = S("T"),
                                        .lines = lines,
                                        .lines_n = 3,
                                        .faults = faults,
                                        .faults_n = 3}};
    struct ack_batch b = batch_of(claims, 2);
    const struct verdict v = {.set = {.st01 = "837"}, .accepted = true, .batch = &b};
    struct verdict r;
    struct arena mem = {0};
    struct buf body = {0}, want = {0}, out = {0};
    verdict_write(&body, &v);
    assert_true(verdict_read(buf_view(&body), &mem, &r));
    assert_non_null(r.batch);
    assert_int_equal(r.batch->claims[1].lines_n, 2);
    ack_write_277ca(&want, &FROM, &GROUP, &b, 1, &OPTS);
    ack_write_277ca(&out, &FROM, &GROUP, r.batch, 1, &OPTS);
    assert_string_equal(buf_cstr(&out), buf_cstr(&want));
    buf_clear(&body);
    b.patients_n = 1;
    verdict_write(&body, &v);
    assert_false(verdict_read(buf_view(&body), &mem, &r));
    assert_false(verdict_read(
        phi_lit("{\"accepted\":true,\"findings\":[],\"batch\":{\"claims\":[{}]}}"), &mem, &r));
    assert_false(verdict_read(phi_lit("{\"accepted\":true,\"findings\":[],\"batch\":{\"date\":"
                                      "\"2026*901\"}}"),
                              &mem, &r));
    buf_free(&body);
    buf_free(&want);
    buf_free(&out);
    arena_free(&mem);
}

/* As the payer; a batch without claims is passed over; each other has its own set. */
static void sets_and_roles(void **state)
{
    (void)state;
    static const struct ack_277ca_opts payer = {
        .at_us = AT_S * INT64_C(1000000), .control = 17, .payer = true};
    const struct ack_claim claim = {
        .pcn = S("P1"), .charge = 100, .from = "20260901", .thru = "20260901"};
    struct ack_batch b[] = {batch_of(&claim, 1), batch_of(&claim, 0), batch_of(&claim, 1)};
#define PAID(n, count)                                                                             \
    "ST*277*000" n "*005010X214~\nBHT*0085*08*000000017-000" n "*20260901*0805*TH~\nHL*1**20*1~\n" \
    "NM1*PR*2*CLEARING HOUSE*****46*CLRHOUSE~\nTRN*1*000000017-000" n                              \
    "~\nDTP*050*D8*20260901~\nDTP*009*D8*20260901~\nHL*2*1*21*1~\n"                                \
    "NM1*41*2*RIVERBEND FAMILY MEDICINE*****46*RVRBND~\nTRN*2*B202609010001~\n"                    \
    "STC*A1:19:PR*20260901*WQ*1~\nQTY*90*1~\nAMT*YU*1~\n"                                          \
    "HL*3*2*19*1~\nNM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~\nTRN*1*0~\n"              \
    "QTY*QA*1~\nAMT*YU*1~\nHL*4*3*PT~\nNM1*QC*1*TESTER*ANNA*M**JR*MI*XYZ100200300~\n"              \
    "TRN*2*P1~\nSTC*A2:20*20260901*WQ*1~\nDTP*472*D8*20260901~\nSE*" count "*000" n "~\n"
    struct ack_277ca_result r =
        expect(b, 3, &payer, ISA_BACK GS_BACK PAID("1", "24") PAID("2", "24") "GE*2*17~\n" TAIL);
    assert_int_equal(r.sets, 2);
    struct buf out = {0};
    assert_int_equal(ack_write_277ca(&out, &FROM, &GROUP, &b[1], 1, &OPTS).sets, 0);
    assert_int_equal(out.len, 0);
}

/* --- gathering --- */

static struct ack_batch gather(struct ack_gather *g, struct arena *mem, const char *set,
                               const struct ack_finding *f, uint32_t n)
{
    static const char isa[] = "ISA*00*          *00*          *ZZ*A              *ZZ*B            "
                              "  *260115*0930*^*00501*000000001*0*T*:~";
    struct buf text = {0};
    struct edi_seg seg;
    buf_printf(&text, "%s%s", isa, set);
    struct scan *in = scan_fragment(text.p, text.len);
    assert_int_equal(scan_next(in, &seg), SCAN_SEG);
    ack_gather_begin(g, mem, scan_delims(in));
    while (scan_next(in, &seg) == SCAN_SEG)
        ack_gather_segment(g, &seg);
    scan_free(in);
    buf_free(&text);
    return ack_gather_end(g, f, n);
}

#define START "ST*837*0001~BHT*0019*00*BATCH7*20260901*0800*CH~"
#define ENDS  "NM1*41*1*SENDER*SUE****46*S1~NM1*40*2*TAKER*****46*T1~"

/* Levels are shared as far as the 837 shares them; a provider without NPI is known by its tax id, a
 * dependent by the id of its subscriber; other insured persons are nobody here. */
static void levels_of_a_set(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct ack_gather g = {0};
    struct ack_batch b =
        gather(&g, &mem,
               START ENDS
               "HL*1**20*1~NM1*85*1*SOLO*SAM~REF*EI*001234567~NM1*87*2~REF*EI*999999999~"
               "HL*2*1*22*1~SBR*P~NM1*IL*1*FIRST*ANN****MI*M1~CLM*A*10~REF*D9*TRACE~NM1*IL*1*OTHER~"
               "LX*1~SV1*HC:99213*10*UN*1~DTP*472*D8*20260102~REF*D9*NOT~REF*6R*AL1~CLM*B*20.5~"
               "HL*3*2*23*0~PAT*19~NM1*QC*1*CHILD*CAL~CLM*C*30~"
               "HL*4**20*1~NM1*85*2*GROUP*****XX*2000000010~REF*EI*001234567~"
               "HL*5*4*22*0~NM1*IL*1*SECOND~CLM*D*40~SE*1*0001~",
               NULL, 0);
    static const struct {
        const char *pcn;
        int64_t charge;
        uint32_t provider, patient;
    } want[] = {{"A", 1000, 0, 0}, {"B", 2050, 0, 0}, {"C", 3000, 0, 1}, {"D", 4000, 1, 2}};
    assert_int_equal(b.claims_n, 4);
    for (int i = 0; i < 4; i++) {
        assert_true(phi_is(b.claims[i].pcn, want[i].pcn));
        assert_int_equal(b.claims[i].charge, want[i].charge);
        assert_int_equal(b.claims[i].provider, want[i].provider);
        assert_int_equal(b.claims[i].patient, want[i].patient);
        assert_int_equal(b.claims[i].faults_n, 0);
    }
    assert_true(phi_is(b.bht03, "BATCH7") && phi_is(b.submitter.first, "SUE"));
    assert_true(b.submitter.person && phi_is(b.receiver.id, "T1"));
    assert_string_equal(b.date, "20260901");
    assert_int_equal(b.providers_n, 2);
    assert_true(phi_is(b.providers[0].qual, "FI") && phi_is(b.providers[0].id, "001234567"));
    assert_true(phi_is(b.providers[1].qual, "XX") && phi_is(b.providers[1].id, "2000000010"));
    assert_int_equal(b.patients_n, 3);
    assert_true(phi_is(b.patients[1].last, "CHILD") && phi_is(b.patients[1].id, "M1"));
    assert_true(phi_is(b.claims[0].trace, "TRACE") && phi_empty(b.claims[1].trace));
    assert_true(phi_is(b.claims[0].lines[0].control, "AL1"));
    assert_int_equal(b.claims[0].lines[0].position, 16);
    ack_gather_free(&g);
    arena_free(&mem);
}

/* The three kinds of claim: services, dates, bill type. */
static void services_and_dates(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct ack_gather g = {0};
    struct ack_batch b =
        gather(&g, &mem,
               START "HL*1**20*1~HL*2*1*22*0~"
                     "CLM*I*900***11:A:4~DTP*434*RD8*20260105-20260109~LX*1~SV2*0120**900*DA*4~"
                     "DTP*472*D8*20260101~LX*2~SV2*0300*HC:80053:QW*1.5*UN*1~"
                     "CLM*P*7***11:B:1~LX*1~SV1*HC:99213:25:59*7~DTP*472*RD8*20260203-20260204~"
                     "LX*2~DTP*472*D8*20260201~CLM*D*8***11:B:1~LX*1~SV3*AD:D0120*8~",
               NULL, 0);
    const struct ack_claim *c = b.claims;
    assert_int_equal(b.claims_n, 3);
    assert_string_equal(c[0].bill, "114");
    assert_string_equal(c[1].bill, "");
    assert_string_equal(c[0].from, "20260105");
    assert_string_equal(c[0].thru, "20260109");
    assert_string_equal(c[1].from, "20260201");
    assert_string_equal(c[1].thru, "20260204");
    assert_string_equal(c[2].from, "");
    assert_int_equal(c[0].lines_n, 2);
    assert_true(phi_is(c[0].lines[0].revenue, "0120") && phi_empty(c[0].lines[0].code));
    assert_int_equal(c[0].lines[0].charge, 90000);
    assert_true(phi_is(c[0].lines[1].code, "80053") && phi_is(c[0].lines[1].mods[0], "QW"));
    assert_true(phi_is(c[1].lines[0].mods[1], "59"));
    assert_int_equal(c[1].lines[1].number, 2);
    assert_true(phi_is(c[2].lines[0].qualifier, "AD") && phi_is(c[2].lines[0].code, "D0120"));
    ack_gather_free(&g);
    arena_free(&mem);
}

/* Findings go to their claims and, below 2400, to their lines; those that lose no claim to none. */
static void findings_find_their_claims(void **state)
{
    (void)state;
    static const struct ack_finding f[] = {
        {.f = {.severity = SEV_CLAIM,
               .claim = 2,
               .loop = "2430",
               .position = 13,
               .report = "277CA:A7:672"}},
        {.f = {.severity = SEV_CLAIM,
               .claim = 1,
               .loop = "2300",
               .position = 5,
               .report = "277CA:A7:562:82"}},
        {.f = {.severity = SEV_WARNING, .claim = 1, .report = "277CA:A7:1"}},
        {.f = {.severity = SEV_CLAIM, .claim = 2, .loop = "2300", .position = 9, .report = ""}},
        {.f = {.severity = SEV_CLAIM, .claim = 9, .report = "277CA:A7:1"}}};
    struct arena mem = {0};
    struct ack_gather g = {0};
    for (int again = 0; again < 2; again++) {
        struct ack_batch b =
            gather(&g, &mem,
                   START "HL*1**20*1~HL*2*1*22*0~CLM*A*1~LX*1~SV1*HC:1*1~HI*X~"
                         "CLM*B*2~LX*1~SV1*HC:1*1~LX*2~SV1*HC:2*1~SVD*X~LX*3~SV1*HC:3*1~",
                   f, 5);
        assert_int_equal(b.claims_n, 2);
        assert_int_equal(b.claims[0].faults_n, 1);
        assert_string_equal(b.claims[0].faults[0].report, "A7:562:82");
        assert_int_equal(b.claims[0].faults[0].line, ACK_NO_LINE);
        assert_int_equal(b.claims[1].faults_n, 2);
        assert_string_equal(b.claims[1].faults[0].report, "A7:672");
        assert_int_equal(b.claims[1].faults[0].line, 1);
        assert_string_equal(b.claims[1].faults[1].report, "A7:21");
        assert_int_equal(b.claims[1].faults[1].line, ACK_NO_LINE);
    }
    ack_gather_free(&g);
    arena_free(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(half_a_batch_lost),
                                       cmocka_unit_test(faults_of_lines_and_many_faults),
                                       cmocka_unit_test(claims_travel_in_verdicts),
                                       cmocka_unit_test(sets_and_roles),
                                       cmocka_unit_test(levels_of_a_set),
                                       cmocka_unit_test(services_and_dates),
                                       cmocka_unit_test(findings_find_their_claims)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
