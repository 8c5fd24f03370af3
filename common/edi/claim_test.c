/* A claim is read to the last slice, and what is wrong with one is said by place. */
#include "common/edi/claim.h"
#include "common/util/date.h"
#include "tests/unit.h"
#include <stdlib.h>

#define ENVELOPE                                                                                   \
    "ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*"   \
    "000000007*0*T*:~GS*HC*RVRBND*CLRHOUSE*20260901*0800*7*X*005010X222A1~"
#define HEAD                                                                                       \
    "ST*837*0002*005010X222A1~BHT*0019*00*BATCH7*20260901*0800*CH~"                                \
    "NM1*41*2*RIVERBEND FAMILY MEDICINE*****46*RVRBND~PER*IC*DESK*TE*8015550100~"                  \
    "NM1*40*2*CLEARING HOUSE*****46*CLRHOUSE~"
#define BILLING                                                                                    \
    "HL*9**20*1~PRV*BI*PXC*207Q00000X~NM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~"       \
    "N3*1 MAIN ST~N4*RIVERTON*UT*840650001~REF*EI*001234567~NM1*87*2~N3*PO BOX 7~"                 \
    "N4*RIVERTON*UT*840650001~"
#define SUBSCRIBER                                                                                 \
    "HL*10*9*22*1~SBR*P**G1******CI~NM1*IL*1*TESTER*ANNA*Q***MI*XYZ100200300~N3*2 ELM~"            \
    "N4*RIVERTON*UT*84065~DMG*D8*19800229*F~NM1*PR*2*SANDBOX HEALTH*****PI*SBX01~REF*2U*77~"
#define PATIENT                                                                                    \
    "HL*11*10*23*0~PAT*19~NM1*QC*1*TESTER*BEN~N3*2 ELM~N4*RIVERTON*UT*84065~DMG*D8*20150607*M~"
#define CLAIM                                                                                      \
    "CLM*PCN001*190.5***11:B:7*Y*A*Y*Y~REF*G1*AU778~REF*F8*SB2600030~REF*D9*TRACE1~"               \
    "HI*ABK:J029*ABF:R05~NM1*82*1*HEALER*HUGH****XX*2000000028~REF*G2*NOT THIS~"                   \
    "SBR*S*18*******MB~AMT*D*92~NM1*IL*1*TESTER*CARL****MI*M55~NM1*PR*2*SECOND PAYER*****PI*"      \
    "SEX01~REF*F8*PA2600005~"                                                                      \
    "LX*1~SV1*HC:99213:25*150.5*UN*1***1:2~DTP*472*D8*20260903~REF*6R*L1~"                         \
    "LX*2~SV1*HC:87880:QW:59*40*UN*1.5*22**1~DTP*472*RD8*20260901-20260904~REF*6R*L2~"             \
    "NM1*82*1*OTHER*ONE****XX*2000000036~REF*6R*NOT THIS EITHER~"
#define WHOLE ENVELOPE HEAD BILLING SUBSCRIBER PATIENT CLAIM

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

#define SAME(slice, text)                                                                          \
    do {                                                                                           \
        phi_str s_ = (slice);                                                                      \
        assert_int_equal(s_.n, strlen(text));                                                      \
        assert_memory_equal(s_.p, text, s_.n);                                                     \
    } while (0)

static int32_t day(const char *s)
{
    int32_t d = 0;
    assert_true(date_parse(phi_lit(s), &d));
    return d;
}

static void reads_names_and_ids(void **state)
{
    (void)state;
    struct claim c;
    assert_true(claim_read(phi_lit(WHOLE), &c, &arena));
    SAME(c.isa_sender, "RVRBND");
    SAME(c.isa_control, "000000007");
    SAME(c.gs_control, "7");
    SAME(c.st_control, "0002");
    SAME(c.gs_version, "005010X222A1");
    assert_int_equal(c.usage, 'T');
    SAME(c.bht03, "BATCH7");
    SAME(c.purpose, "CH");
    SAME(c.submitter_id, "RVRBND");
    SAME(c.billing.npi, "2000000010");
    SAME(c.tax_id, "001234567");
    SAME(c.payer_id, "SBX01");
    SAME(c.payer, "SANDBOX HEALTH");
    SAME(c.subscriber.id, "XYZ100200300");
    SAME(c.subscriber.first, "ANNA");
    assert_int_equal(c.subscriber.dob, day("19800229"));
    assert_true(c.dependent);
    SAME(c.patient.first, "BEN");
    SAME(c.patient.id, "XYZ100200300");
    SAME(c.patient.sex, "M");
    assert_int_equal(c.patient.dob, day("20150607"));
    SAME(c.rank, "P");
    SAME(c.group, "G1");
    SAME(c.filing, "CI");
    SAME(c.relation, "19");
}

static void reads_the_claim_and_its_lines(void **state)
{
    (void)state;
    struct claim c;
    int64_t sum;
    assert_true(claim_read(phi_lit(WHOLE), &c, &arena));
    SAME(c.pcn, "PCN001");
    assert_int_equal(c.charge, 19050);
    assert_true(claim_line_sum(&c, &sum));
    assert_int_equal(sum, 19050);
    SAME(c.place, "11");
    SAME(c.frequency, "7");
    SAME(c.authorization, "AU778");
    SAME(c.payer_control, "SB2600030");
    SAME(c.trace, "TRACE1");
    SAME(c.rendering.npi, "2000000028");
    assert_int_equal(c.dx_n, 2);
    SAME(c.dx[1], "R05");
    assert_int_equal(c.lines_n, 2);
    SAME(c.lines[0].code, "99213");
    assert_int_equal(c.lines[0].pointers_n, 2);
    assert_int_equal(c.lines[0].pointers[1], 2);
    assert_int_equal(c.lines[1].number, 2);
    SAME(c.lines[1].qualifier, "HC");
    assert_int_equal(c.lines[1].mods_n, 2);
    SAME(c.lines[1].mods[1], "59");
    assert_int_equal(c.lines[1].units, 1500);
    assert_int_equal(c.lines[1].charge, 4000);
    SAME(c.lines[1].place, "22");
    SAME(c.lines[1].control, "L2");
    assert_int_equal(c.lines[1].thru, day("20260904"));
    assert_int_equal(c.from, day("20260901"));
    assert_int_equal(c.thru, day("20260904"));
}

static void reads_other_payers(void **state)
{
    (void)state;
    struct claim c;
    assert_true(claim_read(phi_lit(WHOLE), &c, &arena));
    assert_int_equal(c.others_n, 1);
    SAME(c.others[0].rank, "S");
    SAME(c.others[0].payer_id, "SEX01");
    SAME(c.others[0].control, "PA2600005");
    SAME(c.others[0].subscriber.id, "M55");
    assert_true(c.others[0].paid_given);
    assert_int_equal(c.others[0].paid, 9200);
}

static void cuts_the_body_into_parts(void **state)
{
    (void)state;
    struct claim c;
    assert_true(claim_read(phi_lit(WHOLE), &c, &arena));
    SAME(c.parts.envelope, ENVELOPE);
    SAME(c.parts.head, HEAD);
    SAME(c.parts.billing, BILLING);
    SAME(c.parts.billing_hl, "HL*9**20*1~");
    SAME(c.parts.subscriber, SUBSCRIBER);
    SAME(c.parts.subscriber_hl, "HL*10*9*22*1~");
    SAME(c.parts.patient, PATIENT);
    SAME(c.parts.patient_hl, "HL*11*10*23*0~");
    SAME(c.parts.claim, CLAIM);
    assert_int_equal(c.parts.billing_segments, 9);
    assert_int_equal(c.parts.subscriber_segments, 8);
    assert_int_equal(c.parts.patient_segments, 6);
    assert_int_equal(c.parts.claim_segments, 22);
    assert_true(claim_read(phi_lit(ENVELOPE HEAD BILLING SUBSCRIBER CLAIM), &c, &arena));
    assert_false(c.dependent);
    SAME(c.parts.patient, "");
    SAME(c.parts.subscriber, SUBSCRIBER);
    SAME(c.patient.first, "ANNA");
    assert_int_equal(c.parts.patient_segments, 0);
}

static void says_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *body, *rule, *id;
        uint32_t segment, element;
    } bad[] = {
        {"", "CLM_BODY", "ISA", 0, 0},
        {ENVELOPE HEAD BILLING SUBSCRIBER "CLM*A*1,5~LX*1~", "CLM_VALUE", "CLM", 23, 2},
        {ENVELOPE HEAD BILLING SUBSCRIBER "CLM**15~LX*1~", "CLM_VALUE", "CLM", 23, 1},
        {ENVELOPE HEAD BILLING SUBSCRIBER "CLM*A*15~", "CLM_MISSING", "", 23, 0},
        {ENVELOPE HEAD BILLING SUBSCRIBER "CLM*A*15~LX*1~", "CLM_MISSING", "", 24, 0},
        {ENVELOPE HEAD BILLING SUBSCRIBER "CLM*A*1~LX*1~SV1*HC:1*x~", "CLM_VALUE", "SV1", 25, 2},
        {ENVELOPE HEAD BILLING SUBSCRIBER "CLM*A*1~LX*1~SV1*HC:1:A1:A2:A3:A4*1~SV1*HC:2:A5*1~",
         "CLM_BODY", "SV1", 26, 0},
        {ENVELOPE HEAD BILLING SUBSCRIBER CLAIM "CLM*B*1~", "CLM_BODY", "CLM", 45, 0},
        {ENVELOPE HEAD BILLING CLAIM, "CLM_BODY", "CLM", 15, 0},
        {ENVELOPE HEAD SUBSCRIBER CLAIM, "CLM_BODY", "HL", 6, 3},
        {ENVELOPE HEAD BILLING SUBSCRIBER CLAIM "REF*A", "CLM_BODY", "REF", 44, 0},
        {ENVELOPE HEAD BILLING SUBSCRIBER CLAIM "~", "CLM_BODY", "", 44, 0},
        {ENVELOPE HEAD BILLING SUBSCRIBER PATIENT, "CLM_MISSING", "", 28, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct claim c;
        assert_false(claim_read(phi_lit(bad[i].body), &c, &arena));
        assert_string_equal(c.fault.rule, bad[i].rule);
        assert_non_null(c.fault.why);
        assert_string_equal(c.fault.id, bad[i].id);
        assert_int_equal(c.fault.segment, bad[i].segment);
        assert_int_equal(c.fault.element, bad[i].element);
    }
}

static void survives_any_cut_of_a_body(void **state)
{
    (void)state;
    struct claim c;
    size_t n = strlen(WHOLE);
    for (size_t k = 0; k < n; k++) {
        char *copy = malloc(k ? k : 1);
        memcpy(copy, WHOLE, k);
        claim_read(phi_of(copy, k), &c, &arena);
        free(copy);
        arena_clear(&arena);
    }
}

#define HOSPITAL                                                                                   \
    "ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*"   \
    "000000007*0*T*:~GS*HC*RVRBND*CLRHOUSE*20260901*0800*7*X*005010X223A2~" HEAD BILLING           \
    "HL*10*9*22*0~SBR*P*18*G1******CI~NM1*IL*1*TESTER*ANNA****MI*XYZ1~DMG*D8*19800229*F~"          \
    "NM1*PR*2*SANDBOX*****PI*SBX01~"
#define STAY                                                                                       \
    "CLM*IN-1*5400***11:A:1**A*Y*Y~DTP*096*TM*1100~DTP*434*RD8*20260801-20260804~"                 \
    "DTP*435*DT*202608010900~CL1*1*2*01~REF*D9*TR9~HI*ABK:S72001A:::::::Y~HI*ABJ:R509~"            \
    "HI*ABF:I10:::::::N*ABF:E119:::::::Y~HI*BBR:0SR90JZ:D8:20260802~"                              \
    "HI*BH:11:D8:20260731*BI:70:RD8:20260701-20260705~HI*BE:80:::3*BE:A1:::125.5~HI*BG:C5~"        \
    "NM1*71*1*ATTENDER*ADA****XX*2000000028~DTP*472*D8*19990101~"                                  \
    "NM1*72*1*OPERATOR*OTTO****XX*2000000036~LX*1~SV2*0120**3000*DA*3**20.5~"                      \
    "LX*2~SV2*0450*HC:99283:25:59*2400*UN*1~DTP*472*D8*20260802~REF*6R*H2~"

static void reads_a_hospital_bill(void **state)
{
    (void)state;
    struct claim c;
    assert_true(claim_read(phi_lit(HOSPITAL STAY), &c, &arena));
    assert_int_equal(c.kind, CLAIM_INSTITUTIONAL);
    assert_int_equal(c.from, day("20260801")); /* the bill's own dates, not those of its lines */
    assert_int_equal(c.thru, day("20260804"));
    assert_int_equal(c.admitted, day("20260801"));
    SAME(c.admission_type, "1");
    SAME(c.admission_source, "2");
    SAME(c.patient_status, "01");
    SAME(c.attending.npi, "2000000028");
    SAME(c.operating.last, "OPERATOR");
    assert_int_equal(c.dx_n, 3);
    SAME(c.dx[2], "E119");
    assert_int_equal(c.codes_n, 10);
    SAME(claim_code_of(&c, "BJ ABJ")->code, "R509");
    SAME(claim_code_of(&c, "ABF")->present, "N");
    assert_int_equal(claim_code_of(&c, "BBR")->from, day("20260802"));
    assert_int_equal(claim_code_of(&c, "BI")->thru, day("20260705"));
    assert_int_equal(c.codes[8].amount, 12550);
    SAME(claim_code_of(&c, "BG")->code, "C5");
    assert_null(claim_code_of(&c, "ABN"));
    assert_int_equal(c.lines_n, 2);
    SAME(c.lines[0].revenue, "0120");
    SAME(c.lines[0].code, "");
    SAME(c.lines[0].unit, "DA");
    assert_int_equal(c.lines[0].units, 3000);
    assert_int_equal(c.lines[0].not_covered, 2050);
    assert_int_equal(c.lines[0].from, CLAIM_NO_DATE);
    SAME(c.lines[1].code, "99283");
    assert_int_equal(c.lines[1].mods_n, 2);
    assert_int_equal(c.lines[1].charge, 240000);
    SAME(c.lines[1].control, "H2");
}

#define DENTIST                                                                                    \
    "ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*"   \
    "000000007*0*T*:~GS*HC*RVRBND*CLRHOUSE*20260901*0800*7*X*005010X224A2~" HEAD BILLING           \
    "HL*10*9*22*0~SBR*P*18*G1******CI~NM1*IL*1*TESTER*ANNA****MI*XYZ1~DMG*D8*19800229*F~"          \
    "NM1*PR*2*SANDBOX*****PI*SBX01~CLM*D-1*290***11:B:1*Y*A*Y*Y~DTP*472*D8*20260903~HI*ABK:K029~"  \
    "LX*1~SV3*AD:D2392*190*12*10:20**2*****1:2~TOO*JP*3*M:O~TOO*JP*4~LX*2~SV3*AD:D1110*100~"       \
    "DTP*472*D8*20260905~REF*6R*K2~"

static void reads_a_dental_bill(void **state)
{
    (void)state;
    struct claim c;
    assert_true(claim_read(phi_lit(DENTIST), &c, &arena));
    assert_int_equal(c.kind, CLAIM_DENTAL);
    assert_int_equal(c.lines_n, 2);
    SAME(c.lines[0].qualifier, "AD");
    SAME(c.lines[0].code, "D2392");
    assert_int_equal(c.lines[0].units, 2000);
    SAME(c.lines[0].place, "12");
    SAME(c.lines[0].cavity, "10:20");
    assert_int_equal(c.lines[0].pointers_n, 2);
    assert_int_equal(c.lines[0].teeth_n, 2);
    SAME(c.lines[0].teeth[0].code, "3");
    SAME(c.lines[0].teeth[0].surfaces, "M:O");
    SAME(c.lines[0].teeth[1].code, "4");
    assert_int_equal(c.lines[0].from, day("20260903")); /* the claim's, the line has none */
    assert_int_equal(c.lines[1].from, day("20260905"));
    assert_int_equal(c.lines[1].units, 1000);
    assert_int_equal(c.lines[1].teeth_n, 0);
    assert_int_equal(c.from, day("20260903"));
    assert_int_equal(c.thru, day("20260905"));
}

static void says_what_is_wrong_with_other_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *body, *rule, *id;
        uint32_t element;
    } bad[] = {
        {HOSPITAL "CLM*A*1~DTP*434*RD8*20260801~LX*1~SV2*0120**1~", "CLM_VALUE", "DTP", 3},
        {HOSPITAL "CLM*A*1~LX*1~SV2**HC:1*1~", "CLM_VALUE", "SV2", 1},
        {HOSPITAL "CLM*A*1~LX*1~SV2*0120**1,5~", "CLM_VALUE", "SV2", 3},
        {HOSPITAL "CLM*A*1~LX*1~SV2*0120**1*DA*x~", "CLM_VALUE", "SV2", 5},
        {HOSPITAL "CLM*A*1~LX*1~SV2*0120**1~SV2*0121**1~", "CLM_BODY", "SV2", 0},
        {HOSPITAL "CLM*A*1~LX*1~SV3**1~", "CLM_VALUE", "SV3", 1},
        {HOSPITAL "CLM*A*1~LX*1~SV3*AD:D1*1****z~", "CLM_VALUE", "SV3", 6},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct claim c;
        assert_false(claim_read(phi_lit(bad[i].body), &c, &arena));
        assert_string_equal(c.fault.rule, bad[i].rule);
        assert_string_equal(c.fault.id, bad[i].id);
        assert_int_equal(c.fault.element, bad[i].element);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(reads_names_and_ids, clear),
        cmocka_unit_test_teardown(reads_the_claim_and_its_lines, clear),
        cmocka_unit_test_teardown(reads_other_payers, clear),
        cmocka_unit_test_teardown(cuts_the_body_into_parts, clear),
        cmocka_unit_test_teardown(says_what_is_wrong_and_where, clear),
        cmocka_unit_test_teardown(reads_a_hospital_bill, clear),
        cmocka_unit_test_teardown(reads_a_dental_bill, clear),
        cmocka_unit_test_teardown(says_what_is_wrong_with_other_kinds, clear),
        cmocka_unit_test_teardown(survives_any_cut_of_a_body, clear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
