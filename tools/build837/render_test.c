/* A file is written by hand here first, and render() must give the same bytes. */
#include "tools/build837/render.h"
#include "common/util/clock.h"
#include "tests/unit.h"
#include <stdlib.h>

#define IN_HEAD                                                                                    \
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*US             *260831*0700*^*00501*"   \
    "000000099*0*T*:~GS*HC*SENDER*US*20260831*0700*99*X*005010X222A1~ST*837*0044*005010X222A1~"    \
    "BHT*0019*00*THEIRS*20260831*0700*CH~NM1*41*2*THEM*****46*SENDER~PER*IC*X*TE*1~"               \
    "NM1*40*2*US*****46*US~"
#define BILL_A "PRV*BI*PXC*207Q00000X~NM1*85*2*GROUP A*****XX*2000000010~REF*EI*001234567~"
#define BILL_B "NM1*85*2*GROUP B*****XX*2000000028~REF*EI*001234568~"
#define SUB_1  "SBR*P*18*G1******CI~NM1*IL*1*TESTER*ANNA****MI*M1~NM1*PR*2*SANDBOX*****PI*SBX01~"
#define SUB_2  "SBR*P**G1******CI~NM1*IL*1*TESTER*BEN****MI*M2~NM1*PR*2*SANDBOX*****PI*SBX01~"
#define PAT_2  "PAT*19~NM1*QC*1*TESTER*CARLA~"
#define CLM(n) "CLM*" n "*10***11:B:1*Y*A*Y*Y~HI*ABK:J029~LX*1~SV1*HC:99213*10*UN*1***1~"

static const char *const BODIES[] = {
    IN_HEAD "HL*7**20*1~" BILL_A "HL*8*7*22*0~" SUB_1 CLM("C0"),
    IN_HEAD "HL*1**20*1~" BILL_B "HL*2*1*22*0~" SUB_1 CLM("C1"),
    IN_HEAD "HL*3**20*1~" BILL_A "HL*4*3*22*1~" SUB_2 "HL*5*4*23*0~" PAT_2 CLM("C2"),
    IN_HEAD "HL*1**20*1~" BILL_A "HL*9*1*22*0~" SUB_1 CLM("C3"),
};
#define OUT_SET(st, n, body)                                                                       \
    "ST*837*" st "*005010X222A1~BHT*0019*00*B000000012S" st "*20260901*0930*CH~"                   \
    "NM1*41*2*DEMO*****46*ETINUS~PER*IC*DESK*TE*8015550100~NM1*40*2*SANDBOX*****46*SBX01~" body    \
    "SE*" n "*" st "~"
#define OUT_ENVELOPE(body, sets)                                                                   \
    "ISA*00*          *00*          *ZZ*OURID          *ZZ*SBX01          *260901*0930*^*00501*"   \
    "000000012*0*T*:~GS*HC*OURGS*SBX01*20260901*0930*34*X*005010X222A1~" body "GE*" sets           \
    "*34~IEA*1*000000012~"

static struct batch batch_of(uint32_t claims, uint32_t per_set)
{
    struct batch b = {.number = 12,
                      .gs06 = 34,
                      .claims = claims,
                      .per_set = per_set,
                      .cents = claims * 1000,
                      .payer = phi_lit("SBX01")};
    const char *const t[TERMS] = {
        "ZZ", "OURID", "OURGS", "ETINUS", "DEMO", "DESK",         "8015550100",
        "ZZ", "SBX01", "SBX01", "SBX01",  "",     "005010X222A1", "*:^~",
        "",   "CH",    "T",     "",       ""};
    memcpy(b.terms.t, t, sizeof t);
    assert_true(time_parse("2026-09-01T09:30:00Z", &b.at_us));
    return b;
}

static void check(struct batch *b, const char *const *bodies, const char *want)
{
    struct buf out = {0};
    phi_str *s = calloc(b->claims, sizeof *s);
    for (uint32_t i = 0; i < b->claims; i++)
        s[i] = phi_lit(bodies[i]);
    bool good = render(&(struct render){b, s}, &out);
    free(s);
    if (want) {
        assert_true(good);
        assert_string_equal(buf_cstr(&out), want);
    } else {
        assert_false(good);
    }
    buf_free(&out);
}

static void groups_and_numbers_anew(void **state)
{
    (void)state;
    struct batch b = batch_of(4, 5000);
    check(&b, BODIES,
          OUT_ENVELOPE(OUT_SET("0001", "44",
                               "HL*1**20*1~" BILL_A "HL*2*1*22*0~" SUB_1 CLM("C0")
                                   CLM("C3") "HL*3*1*22*1~" SUB_2 "HL*4*3*23*0~" PAT_2 CLM(
                                       "C2") "HL*5**20*1~" BILL_B "HL*6*5*22*0~" SUB_1 CLM("C1")),
                       "1"));
}

static void cuts_into_sets(void **state)
{
    (void)state;
    struct batch b = batch_of(4, 3);
    assert_int_equal(render_sets(&b), 2);
    assert_int_equal(render_set_claims(&b, 1), 1);
    check(&b, BODIES,
          OUT_ENVELOPE(
              OUT_SET("0001", "40",
                      "HL*1**20*1~" BILL_A
                      "HL*2*1*22*0~" SUB_1 CLM("C0") "HL*3*1*22*1~" SUB_2 "HL*4*3*23*0~" PAT_2 CLM(
                          "C2") "HL*5**20*1~" BILL_B "HL*6*5*22*0~" SUB_1 CLM("C1"))
                  OUT_SET("0002", "18", "HL*1**20*1~" BILL_A "HL*2*1*22*0~" SUB_1 CLM("C3")),
              "2"));
}

static void writes_the_payers_delimiters(void **state)
{
    (void)state;
    struct batch b = batch_of(1, 5000);
    struct buf out = {0};
    phi_str s = phi_lit(BODIES[0]);
    b.terms.t[T_DELIMS] = "|>!'";
    b.terms.t[T_NEWLINE] = "\r\n";
    assert_true(render(&(struct render){&b, &s}, &out));
    assert_non_null(strstr(buf_cstr(&out), "|260901|0930|!|00501|000000012|0|T|>'\r\nGS|HC|"));
    assert_non_null(strstr(buf_cstr(&out), "CLM|C0|10|||11>B>1|Y|A|Y|Y'\r\nHI|ABK>J029'\r\n"));
    assert_non_null(strstr(buf_cstr(&out), "IEA|1|000000012'\r\n"));
    assert_null(strchr(buf_cstr(&out), '*'));
    buf_free(&out);
}

/* S2-018: 100 CLM under one patient at most; S3-028: the file holds what was sealed. */
static void repeats_a_full_level(void **state)
{
    (void)state;
    struct batch b = batch_of(201, 5000);
    struct buf out = {0};
    phi_str s[201];
    for (int i = 0; i < 201; i++)
        s[i] = phi_lit(BODIES[0]);
    assert_true(render(&(struct render){&b, s}, &out));
    int levels = 0, in_level = 0, most = 0;
    for (const char *p = buf_cstr(&out); (p = strchr(p, '~')); p++) {
        if (strncmp(p, "~HL*", 4) == 0) {
            levels += strstr(p, "*22*0~") == strchr(p + 4, '*') + 2;
            in_level = 0;
        }
        in_level += strncmp(p, "~CLM*", 5) == 0;
        most = in_level > most ? in_level : most;
    }
    assert_int_equal(levels, 3);
    assert_int_equal(most, 100);
    buf_free(&out);
}

static void refuses_what_was_not_sealed(void **state)
{
    (void)state;
    struct batch b = batch_of(4, 5000);
    b.cents++;
    check(&b, BODIES, NULL);
    b = batch_of(1, 5000);
    check(&b, (const char *const[]){"ISA*"}, NULL);
}

static void names_are_plain(void **state)
{
    (void)state;
    struct batch b = batch_of(1, 1);
    struct buf out = {0};
    b.payer = phi_lit("../A b");
    render_name(&b, &out);
    assert_string_equal(buf_cstr(&out), "___A_b-000000012.837");
    buf_free(&out);
}

/* The order of the REF of a claim and capitals, as a profile may want them; REF of lines stay. */
static void orders_refs_and_writes_capitals(void **state)
{
    (void)state;
    static const char body[] =
        IN_HEAD "HL*1**20*1~" BILL_A "HL*2*1*22*0~" SUB_1 "CLM*c9*10***11:B:1*Y*A*Y*Y~"
                "REF*EA*m1~REF*G1*a1~REF*D9*t1~HI*ABK:J029~LX*1~SV1*HC:99213*10*UN*1***1~"
                "REF*6R*l1~REF*G1*a2~";
    struct batch b = batch_of(1, 10);
    struct buf out = {0};
    phi_str bodies[] = {phi_of(body, sizeof body - 1)};
    b.terms.t[T_REFS] = "G1 D9";
    b.terms.t[T_CASE] = "upper";
    assert_true(render(&(struct render){&b, bodies}, &out));
    assert_non_null(strstr(buf_cstr(&out), "CLM*C9*10***11:B:1*Y*A*Y*Y~REF*G1*A1~REF*D9*T1~"
                                           "REF*EA*M1~HI*ABK:J029~LX*1~"
                                           "SV1*HC:99213*10*UN*1***1~REF*6R*L1~REF*G1*A2~SE*"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups_and_numbers_anew),
                                       cmocka_unit_test(cuts_into_sets),
                                       cmocka_unit_test(writes_the_payers_delimiters),
                                       cmocka_unit_test(repeats_a_full_level),
                                       cmocka_unit_test(refuses_what_was_not_sealed),
                                       cmocka_unit_test(orders_refs_and_writes_capitals),
                                       cmocka_unit_test(names_are_plain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
