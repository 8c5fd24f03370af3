/* Repairs: only what the profile names, each said with its rule and place, offsets kept. */
#include "common/partner/repair.h"
#include "tests/unit.h"

#define HEAD                                                                                       \
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260908*0800*^*00501*"   \
    "000000001*0*T*:~GS*HC*A*B*20260908*0800*1*X*005010X222A1~"

static const char CAME[] = HEAD "ST*837*0001~BHT*0019*00*1*09082026*0800*CH~NM1*41*2*Acme  *****46*"
                                "AC ~PER*IC*DESK*EM*Desk@Acme~CLM*c1*50***11 :B:1 ~DTP*472*D8*"
                                "260903~DTP*434*RD8*09012026-09032026~SE*7*1~GE*1*1~";

static struct profiles *allow(const char *lines)
{
    struct buf text = {0}, error = {0};
    buf_printf(&text, "partner acme\nrepair\n%s", lines);
    struct profiles *s = profiles_parse("acme", buf_view(&text), NULL, &error);
    if (!s)
        fail_msg("%s", buf_cstr(&error));
    buf_free(&text);
    return s;
}

/* Each repair as "RULE SEGMENT-ELEMENT at POSITION claim N;". */
static void mended(const char *lines, const char *body, const char *list)
{
    struct profiles *s = allow(lines);
    struct repaired r = {0};
    struct buf said = {0};
    assert_true(repair_body(profiles_at(s, 0), phi_lit(CAME), &r));
    for (uint32_t i = 0; i < r.n; i++)
        buf_printf(&said, "%s %s-%u at %u claim %u;", r.list[i].rule, r.list[i].segment,
                   r.list[i].element, r.list[i].position, r.list[i].claim);
    assert_string_equal(buf_cstr(&r.body), body);
    assert_string_equal(buf_cstr(&said), list);
    buf_free(&said);
    repair_free(&r);
    profiles_free(s);
}

static void test_blanks(void **state)
{
    (void)state;
    mended("  trailing-blanks yes\n",
           HEAD "ST*837*0001~BHT*0019*00*1*09082026*0800*CH~NM1*41*2*Acme*****46*AC~"
                "PER*IC*DESK*EM*Desk@Acme~CLM*c1*50***11:B:1~DTP*472*D8*260903~"
                "DTP*434*RD8*09012026-09032026~SE*7*1~GE*1*1~",
           "S1-045 NM1-3 at 3 claim 0;S1-045 NM1-9 at 3 claim 0;S1-045 CLM-5 at 5 claim 1;");
}

static void test_case(void **state)
{
    (void)state;
    mended("  upper-case yes\n",
           HEAD "ST*837*0001~BHT*0019*00*1*09082026*0800*CH~NM1*41*2*ACME  *****46*AC ~"
                "PER*IC*DESK*EM*Desk@Acme~CLM*C1*50***11 :B:1 ~DTP*472*D8*260903~"
                "DTP*434*RD8*09012026-09032026~SE*7*1~GE*1*1~",
           "S1-039 NM1-3 at 3 claim 0;S1-039 CLM-1 at 5 claim 1;");
}

static void test_dates(void **state)
{
    (void)state;
    mended("  dates MMDDYYYY\n",
           HEAD "ST*837*0001~BHT*0019*00*1*20260908*0800*CH~NM1*41*2*Acme  *****46*AC ~"
                "PER*IC*DESK*EM*Desk@Acme~CLM*c1*50***11 :B:1 ~DTP*472*D8*260903~"
                "DTP*434*RD8*20260901-20260903~SE*7*1~GE*1*1~",
           "S1-041 BHT-4 at 2 claim 0;S1-041 DTP-3 at 7 claim 1;");
    mended("  dates YYMMDD\n",
           HEAD "ST*837*0001~BHT*0019*00*1*09082026*0800*CH~NM1*41*2*Acme  *****46*AC ~"
                "PER*IC*DESK*EM*Desk@Acme~CLM*c1*50***11 :B:1 ~DTP*472*D8*20260903~"
                "DTP*434*RD8*09012026-09032026~SE*7*1~GE*1*1~",
           "S1-041 DTP-3 at 6 claim 1;");
}

static void test_zeros(void **state)
{
    (void)state;
    mended("  leading-zeros yes\n",
           HEAD "ST*837*0001~BHT*0019*00*1*09082026*0800*CH~NM1*41*2*Acme  *****46*AC ~"
                "PER*IC*DESK*EM*Desk@Acme~CLM*c1*50***11 :B:1 ~DTP*472*D8*260903~"
                "DTP*434*RD8*09012026-09032026~SE*7*0001~GE*1*1~",
           "S1-025 SE-2 at 8 claim 1;");
}

static void test_nothing_without_the_profiles_word(void **state)
{
    (void)state;
    struct profiles *s = allow("  upper-case no\n");
    struct repaired r = {0};
    assert_false(repair_allowed(profiles_at(s, 0)));
    assert_false(repair_allowed(NULL));
    assert_false(repair_body(profiles_at(s, 0), phi_lit(CAME), &r));
    assert_int_equal(r.n, 0);
    repair_free(&r);
    profiles_free(s);
}

/* Every segment of the copy is found again where it stood. */
static void test_offsets_are_those_of_what_came(void **state)
{
    (void)state;
    struct profiles *s =
        allow("  trailing-blanks yes\n  dates MMDDYYYY YYMMDD\n  leading-zeros yes\n");
    struct repaired r = {0};
    assert_true(repair_body(profiles_at(s, 0), phi_lit(CAME), &r));
    static const char *const begin[] = {"ST*837",  "BHT*",    "NM1*", "PER*", "CLM*",
                                        "DTP*472", "DTP*434", "SE*",  "GE*"};
    const char *copy = buf_cstr(&r.body);
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
        uint64_t here = (uint64_t)(strstr(copy, begin[i]) - copy);
        assert_int_equal(repair_origin(&r, here), (uint64_t)(strstr(CAME, begin[i]) - CAME));
    }
    repair_free(&r);
    profiles_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_blanks),
                                       cmocka_unit_test(test_case),
                                       cmocka_unit_test(test_dates),
                                       cmocka_unit_test(test_zeros),
                                       cmocka_unit_test(test_nothing_without_the_profiles_word),
                                       cmocka_unit_test(test_offsets_are_those_of_what_came)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
