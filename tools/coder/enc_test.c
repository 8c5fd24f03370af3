/* An encounter becomes a claim written down here by hand; each fault is refused by rule and path. */
#include "tools/coder/enc.h"
#include "common/edi/claim.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "tests/unit.h"
#include "tools/coder/claim_write.h"
#include "tools/coder/pcn.h"
#include <stdio.h>
#include <stdlib.h>

#define PT                                                                                         \
    "\"pt\":{\"last\":\"Tester\",\"first\":\"Anna\",\"dob\":\"1980-02-29\",\"sex\":\"F\","         \
    "\"addr\":"                                                                                    \
    "{\"l1\":\"1 Main St\",\"city\":\"Riverton\",\"st\":\"UT\",\"zip\":\"840650001\"}}"
#define SUB                                                                                        \
    "{\"last\":\"TESTER\",\"first\":\"CARL\",\"dob\":\"1955-01-02\",\"sex\":\"M\",\"addr\":"       \
    "{\"l1\":\"7 OAK\",\"city\":\"RIVERTON\",\"st\":\"UT\",\"zip\":\"84065\"}}"
#define COV                                                                                        \
    "\"cov\":[{\"rank\":1,\"payer\":\"SBX01\",\"member\":\"XYZ100200300\",\"group\":\"G1\","       \
    "\"rel\":\"18\",\"sbr09\":\"CI\"}]"
#define PROV "\"prov\":{\"bill\":\"2000000010\",\"rend\":\"2000000028\",\"ref\":null,\"sup\":null}"
#define DOS  "\"dos\":{\"from\":\"2026-09-03\",\"thru\":\"2026-09-03\"}"
#define DX   "\"dx\":[{\"n\":1,\"code\":\"J02.9\",\"by\":\"physician\"}]"
#define LINES                                                                                      \
    "\"lines\":[{\"ln\":1,\"code\":\"99213\",\"mods\":[],\"units\":1,\"chg\":15000,\"dx\":[1]},"   \
    "{\"ln\":2,\"code\":\"87880\",\"mods\":[\"QW\"],\"units\":1,\"dx\":[1],\"ndc\":null}]"
#define SIGNED "\"signed\":{\"by\":\"2000000028\",\"at\":\"2026-09-03T17:10:00-06:00\"}"
#define FRONT                                                                                      \
    "{\"v\":\"enc.v1\",\"enc\":\"E-1001\",\"src\":{\"sys\":\"ehr1\"},"                             \
    "\"facility\":{\"npi\":\"2000000010\",\"pos\":\"11\"},"
#define ENC(pt, cov, prov, dos, dx, lines, sig)                                                    \
    FRONT pt "," cov "," prov "," dos "," dx "," lines "," sig "}"

enum { TODAY = 20706 }; /* 2026-09-10 */
static struct arena arena;
static struct practice *practice;

static int load(void **state)
{
    (void)state;
    struct buf e = {0};
    practice = practice_load("config/practice", &arena, &e);
    if (!practice)
        printf("%s\n", buf_cstr(&e));
    buf_free(&e);
    return practice ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* The set made of body; the account number is written as PCN. */
static const char *made(const char *body)
{
    struct enc *e = arena_alloc(&arena, sizeof *e);
    struct enc_fault f;
    struct buf out = {0};
    char pcn[PCN_SIZE];
    int64_t at = 0;
    if (!enc_read(phi_lit(body), practice, TODAY, &arena, e, &f))
        fail_msg("%s %s %s", f.rule, f.path, f.why);
    assert_true(time_parse("2026-09-04T08:00:00Z", &at));
    claim_write(&out, e, practice, 'T', at, 7);
    pcn_make("RVRBND", phi_lit("ehr1"), phi_lit("E-1001"), pcn);
    char *text = arena_strndup(&arena, out.p, out.len), *p;
    buf_free(&out);
    while ((p = strstr(text, pcn))) {
        memcpy(p, "PCN", 3);
        memmove(p + 3, p + PCN_LEN, strlen(p + PCN_LEN) + 1);
    }
    return text;
}

#define SET_HEAD                                                                                   \
    "ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260904*0800*^*00501*"   \
    "000000007*0*T*:~GS*HC*RVRBND*CLRHOUSE*20260904*0800*7*X*005010X222A1~"                        \
    "ST*837*0001*005010X222A1~BHT*0019*00*PCN*20260904*0800*CH~"                                   \
    "NM1*41*2*RIVERBEND FAMILY MEDICINE*****46*RVRBND~PER*IC*BILLING OFFICE*TE*8015550100~"        \
    "NM1*40*2*DEMO CLEARINGHOUSE*****46*CLRHOUSE~HL*1**20*1~PRV*BI*PXC*207Q00000X~"                \
    "NM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~N3*1 MAIN ST~N4*RIVERTON*UT*840650001~"  \
    "REF*EI*001234567~"
#define SET_ANNA  "N3*1 MAIN ST~N4*RIVERTON*UT*840650001~DMG*D8*19800229*F~"
#define SET_CARL  "N3*7 OAK~N4*RIVERTON*UT*84065~DMG*D8*19550102*M~"
#define SET_CLAIM "HI*ABK:J029~NM1*82*1*HEALER*HELEN****XX*2000000028~PRV*PE*PXC*207Q00000X~"
#define SET_LINES                                                                                  \
    "LX*1~SV1*HC:99213*150*UN*1***1~DTP*472*D8*20260903~REF*6R*PCNL1~"                             \
    "LX*2~SV1*HC:87880:QW*40*UN*1***1~DTP*472*D8*20260903~REF*6R*PCNL2~"

static void writes_the_office_visit(void **state)
{
    (void)state;
    assert_string_equal(
        made(ENC(PT, COV, PROV, DOS, DX, LINES, SIGNED)), SET_HEAD
        "HL*2*1*22*0~SBR*P*18*G1******CI~NM1*IL*1*TESTER*ANNA****MI*XYZ100200300~" SET_ANNA
        "NM1*PR*2*SANDBOX HEALTH*****PI*SBX01~CLM*PCN*190***11:B:1*Y*A*Y*Y~" SET_CLAIM SET_LINES
        "SE*31*0001~");
}

static void writes_a_dependent_with_a_second_payer(void **state)
{
    (void)state;
    assert_string_equal(
        made(ENC(PT,
                 "\"cov\":[{\"rank\":2,\"payer\":\"SEX01\",\"member\":\"S22\",\"rel\":\"18\"},"
                 "{\"rank\":1,\"payer\":\"SBX01\",\"member\":\"XYZ1\",\"rel\":\"19\",\"sub\":" SUB
                 "}]",
                 PROV, DOS, DX, LINES, SIGNED)),
        SET_HEAD "HL*2*1*22*1~SBR*P********CI~NM1*IL*1*TESTER*CARL****MI*XYZ1~" SET_CARL
                 "NM1*PR*2*SANDBOX HEALTH*****PI*SBX01~HL*3*2*23*0~PAT*19~"
                 "NM1*QC*1*TESTER*ANNA~" SET_ANNA "CLM*PCN*190***11:B:1*Y*A*Y*Y~" SET_CLAIM
                 "SBR*S*18*******CI~OI***Y***Y~NM1*IL*1*TESTER*ANNA****MI*S22~N3*1 MAIN ST~"
                 "N4*RIVERTON*UT*840650001~NM1*PR*2*SECOND ECHO*****PI*SEX01~" SET_LINES
                 "SE*43*0001~");
}

static void writes_what_applies_now_and_then(void **state)
{
    (void)state;
    const char *set = made(
        FRONT PT
        "," COV ","
        "\"prov\":{\"bill\":\"2000000010\",\"rend\":\"2000000010\",\"ref\":{\"npi\":"
        "\"1234567893\",\"last\":\"Far\",\"first\":\"Fay\"}},\"auth\":[\"AU778\"],\"paid\":2500,"
        "\"accident\":{\"cause\":\"AA\",\"state\":\"UT\",\"date\":\"2026-09-01\"},\"freq\":\"7\","
        "\"icn\":\"SB26\",\"dos\":{\"from\":\"2026-09-01\",\"thru\":\"2026-09-03\"}," DX ","
        "\"lines\":[{\"ln\":1,\"code\":\"J1885\",\"units\":\"1.5\",\"chg\":1050,\"dx\":[1],"
        "\"pos\":\"12\",\"ndc\":{\"code\":\"00409379501\",\"qty\":\"2\",\"unit\":\"ML\"}},"
        "{\"ln\":2,\"code\":\"99213\",\"units\":2,\"chg\":0,\"dx\":[1],\"dos\":\"2026-09-02\"}]"
        "," SIGNED "}");
    assert_non_null(strstr(set, "CLM*PCN*310.5***11:B:7*Y*A*Y*Y**AA:::UT~DTP*439*D8*20260901~"
                                "AMT*F5*25~REF*G1*AU778~REF*F8*SB26~HI*ABK:J029~"
                                "NM1*DN*1*FAR*FAY****XX*1234567893~LX*1~"
                                "SV1*HC:J1885*10.5*UN*1.5*12**1~DTP*472*RD8*20260901-20260903~"
                                "REF*6R*PCNL1~LIN**N4*00409379501~CTP****2*ML~LX*2~"
                                "SV1*HC:99213*300*UN*2***1~DTP*472*D8*20260902~REF*6R*PCNL2~SE*"));
}

static void what_it_writes_can_be_read(void **state)
{
    (void)state;
    struct claim c;
    int64_t sum;
    char *set = arena_strdup(&arena, made(ENC(PT, COV, PROV, DOS, DX, LINES, SIGNED)));
    *strstr(set, "SE*31") = 0;
    assert_true(claim_read(phi_lit(set), &c, &arena));
    assert_true(claim_line_sum(&c, &sum) && sum == c.charge && sum == 19000);
}

/* One change each, made by cutting a piece out of the good encounter and putting another in. */
static void refuses_by_rule_and_path(void **state)
{
    (void)state;
    static const struct {
        const char *cut, *put, *rule, *path;
    } bad[] = {
        {"\"signed\"", "\"unsigned\"", "ENC_UNSIGNED", "signed"},
        {"\"by\":\"2000000028\"", "\"by\":null", "ENC_UNSIGNED", "signed"},
        {"\"by\":\"2000000028\"", "\"by\":\"2000000051\"", "ENC_UNSIGNED", "signed.by"},
        {"2026-09-03T17", "2026-09-02T17", "ENC_UNSIGNED", "signed.at"},
        {"2026-09-03T17", "2030-09-03T17", "ENC_UNSIGNED", "signed.at"},
        {"\"thru\":\"2026-09-03\"", "\"thru\":\"2026-09-04\"", "ENC_UNSIGNED", "signed.at"},
        {"2026-09-03T17", "yesterday", "ENC_DATE", "signed.at"},
        {"\"bill\":\"2000000010\"", "\"bill\":\"2000000051\"", "ENC_PROVIDER", "prov.bill"},
        {"\"bill\":\"2000000010\"", "\"bill\":\"2000000028\"", "ENC_PROVIDER", "prov.bill"},
        {"\"rend\":\"2000000028\"", "\"rend\":null", "ENC_MISSING", "prov.rend"},
        {"\"npi\":\"2000000010\"", "\"npi\":\"2000000028\"", "ENC_PROVIDER", "facility.npi"},
        {"SBX01", "NOONE", "ENC_PAYER", "cov[0].payer"},
        {"\"rank\":1", "\"rank\":2", "ENC_COVERAGE", "cov"},
        {"\"rel\":\"18\"", "\"rel\":\"01\"", "ENC_COVERAGE", "cov[0].sub"},
        {"\"rel\":\"18\"", "\"rel\":\"99\"", "ENC_COVERAGE", "cov[0].rel"},
        {COV, "\"cov\":[]", "ENC_COVERAGE", "cov"},
        {DX, "\"dx\":[]", "ENC_DX", "dx"},
        {"J02.9", "J0-29", "ENC_DX", "dx[0].code"},
        {"physician", "engine", "CODE_REVIEW", "dx[0].by"},
        {LINES, "\"lines\":[]", "ENC_LINE", "lines"},
        {"\"code\":\"87880\"", "\"code\":\"99999\"", "CODE_REVIEW", "lines[1].chg"},
        {"\"chg\":15000", "\"chg\":150.0", "ENC_MONEY", "lines[0].chg"},
        {"\"chg\":15000", "\"chg\":-1", "ENC_MONEY", "lines[0].chg"},
        {"\"chg\":15000", "\"chg\":\"150\"", "ENC_MONEY", "lines[0].chg"},
        {"\"units\":1,\"chg\"", "\"units\":1.5,\"chg\"", "ENC_LINE", "lines[0].units"},
        {"\"chg\":15000,\"dx\":[1]", "\"chg\":15000,\"dx\":[2]", "ENC_LINE", "lines[0].dx"},
        {"1980-02-29", "1981-02-29", "ENC_DATE", "pt.dob"},
        {"\"thru\":\"2026-09-03\"", "\"thru\":\"2026-09-02\"", "ENC_DATE", "dos.thru"},
        {"\"last\":\"Tester\"", "\"last\":\"Tes*ter\"", "ENC_VALUE", "pt.last"},
        {"\"last\":\"Tester\"", "\"last\":\"T\xc3\xa9ster\"", "ENC_VALUE", "pt.last"},
        {"\"sex\":\"F\"", "\"sex\":\"X\"", "ENC_VALUE", "pt.sex"},
        {"840650001", "8406", "ENC_VALUE", "pt.addr.zip"},
        {"enc.v1", "enc.v2", "ENC_JSON", "v"},
        {"{\"v\"", "[{\"v\"", "ENC_JSON", ""},
        {"\"enc\":\"E-1001\"", "\"enc\":\"\"", "ENC_MISSING", "enc"},
    };
    const char *good = ENC(PT, COV, PROV, DOS, DX, LINES, SIGNED);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct enc *e = arena_alloc(&arena, sizeof *e);
        struct enc_fault f;
        struct buf b = {0};
        const char *at = strstr(good, bad[i].cut);
        assert_non_null(at);
        buf_add(&b, good, (size_t)(at - good));
        buf_puts(&b, bad[i].put);
        buf_puts(&b, at + strlen(bad[i].cut));
        if (enc_read(buf_view(&b), practice, TODAY, &arena, e, &f))
            fail_msg("%s was taken", bad[i].put);
        assert_string_equal(f.rule, bad[i].rule);
        assert_string_equal(f.path, bad[i].path);
        assert_true(strlen(f.why) > 5);
        buf_free(&b);
    }
}

/* A note signed in the evening of one day is signed when it is the next day elsewhere; not later. */
static void a_signature_may_not_be_ahead(void **state)
{
    (void)state;
    const char *good = ENC(PT, COV, PROV, DOS, DX, LINES, SIGNED);
    int32_t day;
    assert_true(date_parse(phi_lit("20260903"), &day));
    for (int before = 0; before < 4; before++) {
        struct enc *e = arena_alloc(&arena, sizeof *e);
        struct enc_fault f;
        bool taken = enc_read(phi_lit(good), practice, day - before, &arena, e, &f);
        assert_int_equal(taken, before < 2);
        assert_true(taken || strstr(f.why, "has not come"));
    }
}

static void survives_any_cut_of_an_encounter(void **state)
{
    (void)state;
    const char *good = ENC(PT, COV, PROV, DOS, DX, LINES, SIGNED);
    for (size_t n = 0; n < strlen(good); n++) {
        struct arena a = {0};
        struct enc e;
        struct enc_fault f;
        char *copy = malloc(n ? n : 1);
        memcpy(copy, good, n);
        assert_false(enc_read(phi_of(copy, n), practice, TODAY, &a, &e, &f));
        free(copy);
        arena_free(&a);
    }
}

static void account_numbers_check_themselves(void **state)
{
    (void)state;
    char a[PCN_SIZE], b[PCN_SIZE];
    pcn_make("RVRBND", phi_lit("ehr1"), phi_lit("E-1001"), a);
    pcn_make("RVRBND", phi_lit("ehr1"), phi_lit("E-1001"), b);
    assert_string_equal(a, b);
    assert_true(pcn_valid(phi_lit(a)));
    for (int i = 0; i < PCN_LEN; i++) {
        memcpy(b, a, sizeof b);
        b[i] = b[i] == 'Z' ? 'Y' : b[i] == '9' ? '8' : (char)(b[i] + 1);
        assert_false(pcn_valid(phi_lit(b)));
    }
    pcn_make("RVRBND", phi_lit("ehr1E"), phi_lit("-1001"), b);
    assert_string_not_equal(a, b);
    assert_false(pcn_valid(phi_lit("")));
}

static void prices_by_payer_modifier_and_day(void **state)
{
    (void)state;
    static const struct {
        const char *code, *mod, *payer;
        int32_t day;
        int64_t cents;
    } t[] = {{"99213", "", "SBX01", 20700, 15000}, {"99213", "25", "MCREX", 20700, 14000},
             {"87880", "", "SBX01", 20700, 3500},  {"87880", "QW", "SBX01", 20700, 4000},
             {"99213", "", "SBX01", 20453, -1},    {"00000", "", "SBX01", 20700, -1}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        int64_t cents = -1;
        phi_str mod = phi_lit(t[i].mod);
        bool found =
            practice_price(practice, phi_lit(t[i].code), &mod, mod.n > 0,
                           practice_payer(practice, phi_lit(t[i].payer)), t[i].day, &cents);
        assert_int_equal(found, t[i].cents >= 0);
        assert_int_equal(cents, t[i].cents);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_the_office_visit),
                                       cmocka_unit_test(writes_a_dependent_with_a_second_payer),
                                       cmocka_unit_test(writes_what_applies_now_and_then),
                                       cmocka_unit_test(what_it_writes_can_be_read),
                                       cmocka_unit_test(refuses_by_rule_and_path),
                                       cmocka_unit_test(a_signature_may_not_be_ahead),
                                       cmocka_unit_test(survives_any_cut_of_an_encounter),
                                       cmocka_unit_test(account_numbers_check_themselves),
                                       cmocka_unit_test(prices_by_payer_modifier_and_day)};
    return cmocka_run_group_tests(tests, load, drop);
}
