/* Encounters of a hospital and of a dentist become claims written down here by hand; what an 837I
 * or 837D must have and is missing is refused by path. */
#include "common/util/clock.h"
#include "tests/unit.h"
#include "tools/coder/claim_write.h"
#include "tools/coder/pcn.h"
#include <stdio.h>

#define FRONT                                                                                      \
    "{\"v\":\"enc.v1\",\"enc\":\"E-1\",\"src\":{\"sys\":\"h\"},\"pt\":{\"last\":\"Tester\","       \
    "\"first\":\"Anna\",\"dob\":\"1950-02-28\",\"sex\":\"F\",\"addr\":{\"l1\":\"12 "               \
    "Elm\",\"city\":"                                                                              \
    "\"Riverton\",\"st\":\"UT\",\"zip\":\"84065\"}},\"cov\":[{\"rank\":1,\"payer\":\"SBX01\","     \
    "\"member\":\"X1\",\"rel\":\"18\"}],\"dos\":{\"from\":\"2026-08-01\",\"thru\":\"2026-08-04\"}" \
    ","                                                                                            \
    "\"signed\":{\"by\":\"2000000028\",\"at\":\"2026-08-05\"},"
#define HOUSE                                                                                      \
    "\"facility\":{\"npi\":\"2000000044\"},\"prov\":{\"bill\":\"2000000044\",\"ref\":{\"npi\":"    \
    "\"1234567893\",\"last\":\"Far\",\"first\":\"Fay\"}},"
#define INST                                                                                       \
    "\"inst\":{\"tob\":\"0117\",\"admit\":{\"date\":\"2026-07-31\",\"hour\":\"23:15\",\"type\":"   \
    "\"1\",\"src\":\"1\"},\"discharge\":{\"hour\":\"11\",\"status\":\"01\"},\"att\":{\"npi\":"     \
    "\"1234567893\",\"last\":\"Far\",\"first\":\"Fay\"},\"op\":\"2000000036\",\"other_op\":"       \
    "\"2000000028\",\"adm_dx\":\"S72.001A\",\"drg\":\"470\",\"pcs\":[{\"code\":\"0SR90JZ\","       \
    "\"date\":\"2026-08-02\"},{\"code\":\"0HQ0XZZ\",\"date\":\"2026-08-03\"}],\"occ\":[{\"code\":" \
    "\"05\",\"date\":\"2026-07-31\"}],\"span\":[{\"code\":\"71\",\"from\":\"2026-06-01\","         \
    "\"thru\":"                                                                                    \
    "\"2026-06-05\"}],\"cond\":[\"07\",\"40\"],\"val\":[{\"code\":\"80\",\"n\":3},{\"code\":"      \
    "\"A1\","                                                                                      \
    "\"cents\":10050}]},\"icn\":\"SB9\",\"auth\":[\"AU1\"],"
#define DX                                                                                         \
    "\"dx\":[{\"n\":1,\"code\":\"S72001A\",\"poa\":\"Y\"},{\"n\":2,\"code\":\"W010XXA\",\"poa\":"  \
    "\"Y\"},{\"n\":3,\"code\":\"I10\",\"poa\":\"W\"},{\"n\":4,\"code\":\"Z370\",\"poa\":\"1\"}],"
#define LINES                                                                                      \
    "\"lines\":[{\"ln\":1,\"rev\":\"120\",\"units\":3,\"unit\":\"DA\",\"chg\":150000000},"         \
    "{\"ln\":2,\"rev\":\"0636\",\"code\":\"j1885\",\"mods\":[\"JZ\"],\"units\":2,\"chg\":2000,"    \
    "\"noncov\":500,\"dos\":\"2026-08-02\",\"ndc\":{\"code\":\"00409379501\",\"qty\":\"2\","       \
    "\"unit\":\"ML\"}},{\"ln\":3,\"rev\":\"0023\",\"code\":\"1AFKS\",\"units\":1,\"chg\":100,"     \
    "\"dos\":{\"from\":\"2026-08-01\",\"thru\":\"2026-08-03\"}}]}"
#define STAY FRONT HOUSE INST DX LINES
#define MOUTH                                                                                      \
    "\"facility\":{\"npi\":\"2000000010\",\"pos\":\"11\"},\"prov\":{\"bill\":\"2000000010\","      \
    "\"rend\":\"2000000028\"},\"paid\":2500,\"dent\":{\"ortho\":{\"months\":24,\"left\":18,"       \
    "\"placed\":\"2026-06-01\"},\"missing\":[\"16\"],\"out\":[\"1\",\"A\"]},"
#define CHAIR                                                                                      \
    "\"dx\":[{\"n\":1,\"code\":\"K029\"}],\"lines\":[{\"ln\":1,\"code\":\"d2392\",\"units\":1,"    \
    "\"chg\":19000,\"dx\":[1],\"teeth\":[{\"tooth\":\"3\",\"surf\":\"MO\"},{\"tooth\":\"4\"}]},"   \
    "{\"ln\":2,\"code\":\"D5213\",\"units\":1,\"chg\":50000,\"cavity\":[\"10\",\"20\"],"           \
    "\"prosthesis\":\"R\",\"prior\":\"2019-01-02\",\"dos\":\"2026-08-03\"}]}"
#define DENTAL FRONT MOUTH CHAIR

enum { TODAY = 20706 }; /* 2026-09-10 */
static struct arena arena;
static struct practice *practice;

static int load(void **state)
{
    (void)state;
    struct buf e = {0};
    practice = practice_load("config/practice", &arena, &e);
    buf_free(&e);
    return practice ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* From CLM to SE; the account number is written as PCN. */
static const char *made(const char *body, const char *version)
{
    struct enc *e = arena_alloc(&arena, sizeof *e);
    struct enc_fault f;
    struct buf out = {0};
    char pcn[PCN_SIZE];
    int64_t at = 0;
    if (!enc_read(phi_lit(body), practice, TODAY, &arena, e, &f))
        fail_msg("%s %s %s", f.rule, f.path, f.why);
    assert_true(time_parse("2026-08-06T08:00:00Z", &at));
    claim_write(&out, e, practice, 'T', at, 7);
    pcn_make("RVRBND", phi_lit("h"), phi_lit("E-1"), pcn);
    char *text = arena_strndup(&arena, out.p, out.len), *p;
    buf_free(&out);
    assert_non_null(strstr(text, version));
    while ((p = strstr(text, pcn))) {
        memcpy(p, "PCN", 3);
        memmove(p + 3, p + PCN_LEN, strlen(p + PCN_LEN) + 1);
    }
    return strstr(text, "CLM*");
}

static void writes_a_stay(void **state)
{
    (void)state;
    assert_string_equal(
        made(STAY, "~ST*837*0001*005010X223A2~"),
        "CLM*PCN*1500021***11:A:7**A*Y*Y~DTP*096*TM*1100~DTP*434*RD8*20260801-20260804~"
        "DTP*435*DT*202607312315~CL1*1*1*01~REF*G1*AU1~REF*F8*SB9~HI*ABK:S72001A:::::::Y~"
        "HI*ABJ:S72001A~HI*ABN:W010XXA:::::::Y~HI*DR:470~HI*ABF:I10:::::::W*ABF:Z370~"
        "HI*BBR:0SR90JZ:D8:20260802~HI*BBQ:0HQ0XZZ:D8:20260803~HI*BI:71:RD8:20260601-20260605~"
        "HI*BH:05:D8:20260731~HI*BE:80:::3*BE:A1:::100.5~HI*BG:07*BG:40~"
        "NM1*71*1*FAR*FAY****XX*1234567893~NM1*72*1*MENDER*MARK****XX*2000000036~"
        "NM1*ZZ*1*HEALER*HELEN****XX*2000000028~LX*1~SV2*0120**1500000*DA*3~REF*6R*PCNL1~LX*2~"
        "SV2*0636*HC:J1885:JZ*20*UN*2**5~DTP*472*D8*20260802~REF*6R*PCNL2~"
        "LIN**N4*00409379501~CTP****2*ML~LX*3~SV2*0023*HP:1AFKS*1*UN*1~"
        "DTP*472*RD8*20260801-20260803~REF*6R*PCNL3~SE*53*0001~");
}

static void writes_an_outpatient_visit(void **state)
{
    (void)state;
    assert_string_equal(
        made(FRONT
             "\"prov\":{\"bill\":\"2000000044\",\"rend\":\"2000000036\"},\"paid\":2500,\"inst\":{"
             "\"tob\":\"131\",\"admit\":{\"type\":\"1\"},\"discharge\":{\"status\":\"01\"},"
             "\"att\":\"2000000028\",\"reason\":[\"R50.9\"]},\"dx\":[{\"n\":1,\"code\":\"J029\","
             "\"poa\":\"Y\"}],\"lines\":[{\"ln\":1,\"rev\":\"0450\",\"code\":\"99283\",\"units\":1,"
             "\"chg\":40000,\"dos\":\"2026-08-01\"},{\"ln\":2,\"rev\":\"0250\",\"units\":1,"
             "\"chg\":100}]}",
             "*X*005010X223A2~"),
        "CLM*PCN*401***13:A:1**A*Y*Y~DTP*434*RD8*20260801-20260804~CL1*1**01~HI*ABK:J029~"
        "HI*APR:R509~HI*BE:FC:::25~NM1*71*1*HEALER*HELEN****XX*2000000028~PRV*AT*PXC*207Q00000X~"
        "NM1*82*1*MENDER*MARK****XX*2000000036~LX*1~SV2*0450*HC:99283*400*UN*1~"
        "DTP*472*D8*20260801~REF*6R*PCNL1~LX*2~SV2*0250**1*UN*1~DTP*472*RD8*20260801-20260804~"
        "REF*6R*PCNL2~SE*36*0001~");
}

static void writes_a_dental_claim(void **state)
{
    (void)state;
    assert_string_equal(
        made(DENTAL, "~ST*837*0001*005010X224A2~"),
        "CLM*PCN*690***11:B:1*Y*A*Y*Y~DTP*452*D8*20260601~DN1*24*18~DN2*16*M****JP~"
        "DN2*1*E****JP~DN2*A*E****JP~AMT*F5*25~HI*ABK:K029~"
        "NM1*82*1*HEALER*HELEN****XX*2000000028~PRV*PE*PXC*207Q00000X~LX*1~"
        "SV3*AD:D2392*190****1*****1~TOO*JP*3*M:O~TOO*JP*4~DTP*472*RD8*20260801-20260804~"
        "REF*6R*PCNL1~LX*2~SV3*AD:D5213*500**10:20*R*1~DTP*472*D8*20260803~DTP*441*D8*20190102~"
        "REF*6R*PCNL2~SE*40*0001~");
}

/* One change each, made by cutting a piece out of a good encounter and putting another in. */
static const struct bad {
    const char *cut, *put, *rule, *path;
} BAD_STAY[] = {
    {"\"inst\":{", "\"inst\":\"111\",\"x\":{", "ENC_VALUE", "inst"},
    {"\"tob\":\"0117\"", "\"tob\":null", "ENC_MISSING", "inst.tob"},
    {"\"tob\":\"0117\"", "\"tob\":\"11\"", "ENC_VALUE", "inst.tob"},
    {"\"tob\":\"0117\"", "\"tob\":\"1117\"", "ENC_VALUE", "inst.tob"},
    {"\"tob\":\"0117\"", "\"tob\":\"111\"", "ENC_VALUE", "icn"},
    {"\"tob\":\"0117\"", "\"tob\":\"112\"", "ENC_VALUE", "inst.discharge.status"},
    {"\"icn\":\"SB9\"", "\"icn\":null", "ENC_VALUE", "icn"},
    {"\"icn\":\"SB9\"", "\"icn\":\"SB9\",\"freq\":\"8\"", "ENC_VALUE", "freq"},
    {"\"date\":\"2026-07-31\",\"hour\"", "\"hour\"", "ENC_MISSING", "inst.admit.date"},
    {"\"date\":\"2026-07-31\",\"hour\"", "\"date\":\"2026-08-05\",\"hour\"", "ENC_DATE",
     "inst.admit.date"},
    {"23:15", "24:15", "ENC_DATE", "inst.admit.hour"},
    {"23:15", "9", "ENC_DATE", "inst.admit.hour"},
    {"23:15", "23155", "ENC_DATE", "inst.admit.hour"},
    {"\"type\":\"1\"", "\"type\":null", "ENC_MISSING", "inst.admit.type"},
    {"\"src\":\"1\"", "\"src\":\"\"", "ENC_MISSING", "inst.admit.src"},
    {"\"status\":\"01\"", "\"status\":null", "ENC_MISSING", "inst.discharge.status"},
    {"\"status\":\"01\"", "\"status\":\"1A\"", "ENC_VALUE", "inst.discharge.status"},
    {"\"att\":", "\"atx\":", "ENC_MISSING", "inst.att"},
    {"\"op\":\"2000000036\"", "\"op\":null", "ENC_MISSING", "inst.op"},
    {"\"op\":\"2000000036\"", "\"op\":\"2000000010\"", "ENC_PROVIDER", "inst.op"},
    {"\"op\":\"2000000036\"", "\"op\":\"2000000051\"", "ENC_PROVIDER", "inst.op"},
    {"\"adm_dx\":\"S72.001A\"", "\"adm_dx\":null", "ENC_MISSING", "inst.adm_dx"},
    {"\"adm_dx\":\"S72.001A\"", "\"adm_dx\":\"S7*\"", "ENC_VALUE", "inst.adm_dx"},
    {"0SR90JZ", "0SR90J-", "ENC_VALUE", "inst.pcs[0].code"},
    {"\"date\":\"2026-08-02\"", "\"date\":null", "ENC_MISSING", "inst.pcs[0].date"},
    {"\"thru\":\"2026-06-05\"", "\"thru\":\"2026-05-05\"", "ENC_DATE", "inst.span[0].thru"},
    {"\"07\"", "7", "ENC_VALUE", "inst.cond[0]"},
    {"[\"07\",\"40\"]", "\"07\"", "ENC_VALUE", "inst.cond"},
    {"\"n\":3", "\"n\":\"3\"", "ENC_VALUE", "inst.val[0].n"},
    {"\"cents\":10050", "\"cents\":100.5", "ENC_MONEY", "inst.val[1].cents"},
    {"\"poa\":\"W\"", "\"poa\":\"X\"", "ENC_VALUE", "dx[2].poa"},
    {"\"rev\":\"120\"", "\"rev\":null", "ENC_MISSING", "lines[0].rev"},
    {"\"rev\":\"120\"", "\"rev\":\"12A\"", "ENC_LINE", "lines[0].rev"},
    {"\"unit\":\"DA\"", "\"unit\":\"MJ\"", "ENC_LINE", "lines[0].unit"},
    {"\"chg\":150000000", "\"chg\":0", "CODE_REVIEW", "lines[0].chg"},
    {"\"bill\":\"2000000044\"", "\"bill\":\"2000000028\"", "ENC_PROVIDER", "prov.bill"},
    {"\"icn\":\"SB9\"", "\"icn\":\"SB9\",\"accident\":{\"cause\":\"OA\",\"date\":\"2026-07-31\"}",
     NULL, NULL},
    {"\"code\":\"05\"", "\"code\":\"11\"", NULL, NULL},
};
static const struct bad BAD_MOUTH[] = {
    {"d2392", "99213", "ENC_LINE", "lines[0].code"},
    {"\"tooth\":\"3\"", "\"tooth\":\"33\"", "ENC_LINE", "lines[0].teeth[0].tooth"},
    {"\"tooth\":\"3\"", "\"tooth\":null", "ENC_MISSING", "lines[0].teeth[0].tooth"},
    {"\"surf\":\"MO\"", "\"surf\":\"MX\"", "ENC_LINE", "lines[0].teeth[0].surf"},
    {"\"surf\":\"MO\"", "\"surf\":\"MM\"", "ENC_LINE", "lines[0].teeth[0].surf"},
    {"\"prior\":\"2019-01-02\"", "\"prior\":null", "ENC_MISSING", "lines[1].prior"},
    {"\"prosthesis\":\"R\"", "\"prosthesis\":\"X\"", "ENC_LINE", "lines[1].prosthesis"},
    {"[\"10\",\"20\"]", "\"10\"", "ENC_VALUE", "lines[1].cavity"},
    {"\"missing\":[\"16\"]", "\"missing\":[\"Z\"]", "ENC_VALUE", "dent.missing"},
    {"\"months\":24", "\"months\":0", "ENC_VALUE", "dent.ortho.months"},
    {"\"dx\":[1]", "\"dx\":[2]", "ENC_LINE", "lines[0].dx"},
    {"\"rend\":\"2000000028\"", "\"rend\":null", "ENC_MISSING", "prov.rend"},
    {"\"dx\":[{\"n\":1,\"code\":\"K029\"}],\"lines\":[{\"ln\":1,\"code\":\"d2392\",\"units\":1,"
     "\"chg\":19000,\"dx\":[1],",
     "\"dx\":[],\"lines\":[{\"ln\":1,\"code\":\"d2392\",\"units\":1,\"chg\":19000,", NULL, NULL},
};

static void refuse(const char *good, const struct bad *bad, size_t n)
{
    for (; n > 0; n--, bad++) {
        struct enc *e = arena_alloc(&arena, sizeof *e);
        struct enc_fault f = {0};
        struct buf b = {0};
        const char *at = strstr(good, bad->cut);
        if (!at)
            fail_msg("%s", bad->cut);
        buf_add(&b, good, (size_t)(at - good));
        buf_puts(&b, bad->put);
        buf_puts(&b, at + strlen(bad->cut));
        bool taken = enc_read(buf_view(&b), practice, TODAY, &arena, e, &f);
        if (taken != !bad->rule)
            fail_msg("%s: %s %s %s", bad->put, taken ? "taken" : f.rule, f.path, f.why);
        if (bad->rule) {
            assert_string_equal(f.rule, bad->rule);
            assert_string_equal(f.path, bad->path);
        }
        buf_free(&b);
    }
}

static void refuses_by_rule_and_path(void **state)
{
    (void)state;
    refuse(STAY, BAD_STAY, sizeof BAD_STAY / sizeof *BAD_STAY);
    refuse(DENTAL, BAD_MOUTH, sizeof BAD_MOUTH / sizeof *BAD_MOUTH);
}

/* A car accident is an occurrence with its day. */
static void an_accident_is_told_by_an_occurrence(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"\"code\":\"05\"", "\"code\":\"11\"", "ENC_MISSING", "inst.occ"},
        {"\"state\":\"UT\"", "\"state\":null", "ENC_MISSING", "accident.state"},
        {"\"code\":\"05\"", "\"code\":\"01\"", NULL, NULL}};
    refuse(
        FRONT HOUSE
        "\"accident\":{\"cause\":\"AA\",\"state\":\"UT\",\"date\":\"2026-07-31\"}," INST DX LINES,
        bad, 3);
}

/* The hour of discharge belongs to a bill that ends the stay. */
static void a_last_bill_has_the_hour_of_discharge(void **state)
{
    (void)state;
    static const struct bad last[] = {
        {"\"tob\":\"0117\",", "\"tob\":\"111\",", "ENC_VALUE", "icn"},
        {"\"hour\":\"11\"", "\"hour\":null", NULL, NULL}}; /* 117: it may be left out */
    refuse(STAY, last, 2);
    static const struct bad first[] = {
        {"\"discharge\":{\"hour\":\"11\",", "\"discharge\":{", "ENC_MISSING",
         "inst.discharge.hour"},
        {"\"status\":\"01\"", "\"status\":\"30\"", "ENC_VALUE", "inst.discharge.status"}};
    struct buf b = {0};
    const char *at = strstr(STAY, "0117"), *icn = strstr(STAY, "\"icn\":\"SB9\",");
    buf_add(&b, STAY, (size_t)(at - STAY));
    buf_puts(&b, "0111");
    buf_add(&b, at + 4, (size_t)(icn - at - 4));
    buf_puts(&b, icn + strlen("\"icn\":\"SB9\","));
    refuse(buf_cstr(&b), first, 2);
    buf_free(&b);
}

static void survives_any_cut(void **state)
{
    (void)state;
    static const char *const good[] = {STAY, DENTAL};
    for (int k = 0; k < 2; k++)
        for (size_t n = 0; n < strlen(good[k]); n++) {
            struct arena a = {0};
            struct enc e;
            struct enc_fault f;
            assert_false(enc_read(phi_of(good[k], n), practice, TODAY, &a, &e, &f));
            arena_free(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_a_stay),
                                       cmocka_unit_test(writes_an_outpatient_visit),
                                       cmocka_unit_test(writes_a_dental_claim),
                                       cmocka_unit_test(refuses_by_rule_and_path),
                                       cmocka_unit_test(an_accident_is_told_by_an_occurrence),
                                       cmocka_unit_test(a_last_bill_has_the_hour_of_discharge),
                                       cmocka_unit_test(survives_any_cut)};
    return cmocka_run_group_tests(tests, load, drop);
}
