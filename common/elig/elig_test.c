#include "common/elig/elig.h"
#include "tests/unit.h"

#define ISA                                                                                        \
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*OFFICE         "                        \
    "*260909*0800*^*00501*000000001*0*T*:~GS*HB*PAYER*OFFICE*20260909*0800*1*X*005010X279A1~"
#define TOP                                                                                        \
    "ST*271*0001*005010X279A1~BHT*0022*11*REF1*20260909*0801~HL*1**20*1~"                          \
    "NM1*PR*2*SANDBOX*****PI*SBX01~"
#define PROVIDER "HL*2*1*21*1~NM1*1P*2*RIVERBEND*****XX*2000000010~"
#define END_SET  "SE*9*0001~"

struct seen {
    struct elig_said s[4];
    struct elig_benefit b[8];
    struct elig_error e[4][4];
    uint32_t n;
};

static void keep(void *ctx, const struct elig_said *s)
{
    struct seen *k = ctx;
    k->s[k->n] = *s;
    for (uint32_t i = 0; i < s->benefits_n && i < 8; i++)
        k->b[i] = s->benefits[i];
    for (uint32_t i = 0; i < s->errors_n && i < 4; i++)
        k->e[k->n][i] = s->errors[i];
    k->n++;
}

static void read_it(const char *text, struct seen *k, struct arena *a, uint32_t want)
{
    *k = (struct seen){0};
    assert_int_equal(elig_read(phi_lit(text), a, keep, k), want);
    assert_int_equal(k->n, want);
}

static void benefits_of_a_subscriber(void **state)
{
    struct arena a = {0};
    struct seen k;
    (void)state;
    read_it(ISA TOP PROVIDER
            "HL*3*2*22*0~TRN*1*THEIRS*9PAYER00001~TRN*2*E1*9OFFICE0000~"
            "NM1*IL*1*TESTER*ANNA****MI*XYZ1~REF*6P*G77~DMG*D8*19800229*F~"
            "DTP*291*RD8*20260101-20261231~EB*1**30^98**PPO~EB*C*IND*30***29*400.5*****Y~"
            "EB*A*IND*98*****.125***Y*W~MSG*CALL "
            "FIRST~LS*2120~NM1*PR*2*OTHER*****PI*O1~LE*2120~" END_SET,
            &k, &a, 1);
    const struct elig_said *s = &k.s[0];
    assert_true(phi_is(s->trace, "E1") && phi_is(s->origin, "9OFFICE0000"));
    assert_true(phi_is(s->payer, "SBX01") && phi_is(s->npi, "2000000010"));
    assert_true(phi_is(s->subscriber.id, "XYZ1") && phi_is(s->subscriber.last, "TESTER"));
    assert_true(phi_is(s->subscriber.group, "G77") && phi_is(s->relation, "18"));
    assert_true(phi_is(s->from, "20260101") && phi_is(s->to, "20261231"));
    assert_int_equal(s->benefits_n, 3);
    assert_true(k.b[1].has_cents && k.b[1].cents == 40050 && phi_is(k.b[1].network, "Y"));
    assert_true(k.b[2].has_part && k.b[2].part == 125 && phi_is(k.b[2].authorization, "Y"));
    assert_true(phi_is(k.b[2].text, "CALL FIRST"));
    assert_int_equal(elig_status(s), ELIG_ACTIVE);
    arena_free(&a);
}

static void a_dependent_and_then_another_subscriber(void **state)
{
    struct arena a = {0};
    struct seen k;
    (void)state;
    read_it(ISA TOP PROVIDER
            "HL*3*2*22*1~NM1*IL*1*SAMPLE*CARLA****MI*PAX1~HL*4*3*23*0~TRN*2*E2*9OFFICE0000~"
            "NM1*03*1*SAMPLE*BEN~DMG*D8*20150607*M~INS*N*19~EB*6**30~"
            "HL*5*2*22*0~TRN*2*E3*9OFFICE0000~NM1*IL*1*MOCK*DORA****MI*M3~AAA*N**72*C~" END_SET,
            &k, &a, 2);
    assert_true(k.s[0].dependent && phi_is(elig_person(&k.s[0])->first, "BEN"));
    assert_true(phi_is(k.s[0].subscriber.id, "PAX1") && phi_is(k.s[0].relation, "19"));
    assert_int_equal(elig_status(&k.s[0]), ELIG_INACTIVE);
    assert_false(k.s[1].dependent);
    assert_true(phi_is(k.s[1].trace, "E3") && phi_is(k.s[1].subscriber.last, "MOCK"));
    assert_int_equal(elig_status(&k.s[1]), ELIG_REFUSED);
    assert_string_equal(k.e[1][0].loop, "2100C");
    assert_true(phi_is(k.e[1][0].code, "72") && phi_is(k.e[1][0].follow, "C"));
    arena_free(&a);
}

static void refused_above_the_person(void **state)
{
    struct arena a = {0};
    struct seen k;
    (void)state;
    read_it(ISA TOP "AAA*Y**42*R~" END_SET, &k, &a, 1);
    assert_false(k.s[0].subscriber_there);
    assert_true(phi_is(k.s[0].reference, "REF1"));
    assert_string_equal(k.e[0][0].loop, "2100A");
    assert_int_equal(elig_status(&k.s[0]), ELIG_REFUSED);
    read_it(ISA TOP PROVIDER "AAA*N**43*C~HL*3*1*21*1~NM1*1P*2*B*****XX*2000000028~"
                             "HL*4*3*22*0~TRN*2*E9*X~NM1*IL*1*A*B****MI*C~EB*1**30~" END_SET,
            &k, &a, 2);
    assert_string_equal(k.e[0][0].loop, "2100B");
    assert_int_equal(k.s[1].errors_n, 0);
    assert_true(phi_is(k.s[1].npi, "2000000028"));
    arena_free(&a);
}

static void dental_ended_but_the_plan_is_active(void **state)
{
    struct arena a = {0};
    struct seen k;
    (void)state;
    read_it(ISA TOP PROVIDER
            "HL*3*2*22*0~TRN*2*E1*X~NM1*IL*1*A*B****MI*C~EB*6**35~EB*1**30~" END_SET,
            &k, &a, 1);
    assert_int_equal(elig_status(&k.s[0]), ELIG_ACTIVE);
    read_it(ISA TOP PROVIDER
            "HL*3*2*22*0~TRN*2*E1*X~NM1*IL*1*A*B****MI*C~EB*1**35~EB*6**30~" END_SET,
            &k, &a, 1);
    assert_int_equal(elig_status(&k.s[0]), ELIG_INACTIVE);
    arena_free(&a);
}

static void an_inquiry_and_what_is_neither(void **state)
{
    struct arena a = {0};
    struct seen k;
    (void)state;
    read_it(
        ISA
        "ST*270*0001*005010X279A1~BHT*0022*13*Q1*20260909*0801~HL*1**20*1~"
        "NM1*PR*2*SANDBOX*****PI*SBX01~" PROVIDER
        "HL*3*2*22*0~TRN*1*E1*9OFFICE0000~NM1*IL*1*A*B****MI*C~DTP*291*D8*20260903~EQ*30~" END_SET,
        &k, &a, 1);
    assert_true(k.s[0].asks && phi_is(k.s[0].trace, "E1") && phi_is(k.s[0].from, "20260903"));
    assert_true(phi_is(k.s[0].types, "30"));
    read_it(ISA "ST*999*0001~AK1*HC*1~SE*3*0001~", &k, &a, 0);
    read_it("", &k, &a, 0);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(benefits_of_a_subscriber),
        cmocka_unit_test(a_dependent_and_then_another_subscriber),
        cmocka_unit_test(refused_above_the_person),
        cmocka_unit_test(dental_ended_but_the_plan_is_active),
        cmocka_unit_test(an_inquiry_and_what_is_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
