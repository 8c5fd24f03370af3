/* Tests of taking sets apart into claims. */
#include "common/edi/split.h"
#include "tests/unit.h"
#include <stdlib.h>

#define ISA                                                                                        \
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260115*0930*^*00501*"   \
    "000000001*0*T*:~"
#define GS   "GS*HC*SENDER*RECEIVER*20260115*0930*1*X*005010X222A1~"
#define HEAD "ST*837*0001~BHT*0019~NM1*41~NM1*40~"
#define BILL "HL*1**20*1~NM1*85~"
#define SUB1 "HL*2*1*22*0~SBR*P~NM1*IL~NM1*PR~"
#define CLM1 "CLM*A*1~HI*ABK:J069~LX*1~SV1*HC:99213*1~"
#define CLM2 "CLM*B*2~HI*ABK:J069~LX*1~SV1*HC:99213*2~"
#define SUB2 "HL*3*1*22*1~SBR*S~NM1*IL~NM1*PR~"
#define PAT2 "HL*4*3*23*0~PAT*19~NM1*QC~"
#define CLM3 "CLM*C*3~HI*ABK:J069~LX*1~SV1*HC:99213*3~"
#define BIL2 "HL*5**20*1~NM1*85*2~"
#define SUB3 "HL*6*5*22*0~SBR*P*18~NM1*IL~NM1*PR~"
#define CLM4 "CLM*D*4~HI*ABK:J069~LX*1~SV1*HC:99213*4~"
#define SET  HEAD BILL SUB1 CLM1 CLM2 SUB2 PAT2 CLM3 BIL2 SUB3 CLM4 "SE*99*0001~"

static const char *const bodies[] = {
    ISA GS HEAD BILL SUB1 CLM1,
    ISA GS HEAD BILL SUB1 CLM2,
    ISA GS HEAD BILL SUB2 PAT2 CLM3,
    ISA GS HEAD BIL2 SUB3 CLM4,
};

static bool feed(struct split *s, phi_str text)
{
    struct scan *in = scan_fragment(text.p, text.n);
    struct edi_seg seg;
    bool ok = true;
    split_begin(s, text);
    while (scan_next(in, &seg) == SCAN_SEG)
        ok = split_segment(s, &seg, scan_delims(in)) && ok;
    scan_free(in);
    return ok;
}

static void four_claims(const struct split *s)
{
    struct buf b = {0};
    assert_int_equal(s->claims, 4);
    for (uint32_t i = 0; i < 4; i++) {
        buf_clear(&b);
        split_write(s, i, &b);
        assert_string_equal(buf_cstr(&b), bodies[i]);
    }
    buf_free(&b);
}

static void a_claim_gets_the_loops_that_it_stands_in(void **state)
{
    (void)state;
    static const char text[] = ISA GS SET;
    struct split s = {0};
    assert_true(feed(&s, phi_lit(text)));
    assert_false(s.copying);
    four_claims(&s);
    assert_int_equal(s.claim[0].off, strlen(ISA GS HEAD BILL SUB1));
    assert_int_equal(s.claim[0].len, strlen(CLM1));
    assert_int_equal(s.claim[0].position, 11);
    assert_int_equal(s.claim[2].position, 26);
    assert_int_equal(s.claim[3].len, strlen(CLM4));
    assert_int_equal(s.st_off, strlen(ISA GS));
    assert_true(phi_is(s.claim[2].pcn, "C"));
    split_free(&s);
}

/* The same with a newline behind every segment, and with other delimiters. */
static char *changed(const char *text, const char *from, const char *to, bool lines)
{
    char *out = malloc(strlen(text) * 2 + 1), *w = out;
    for (const char *p = text; *p; p++) {
        const char *at = strchr(from, *p);
        *w++ = at ? to[at - from] : *p;
        if (lines && *p == '~')
            *w++ = '\n';
    }
    *w = 0;
    return out;
}

static void newlines_and_other_delimiters_are_made_canonical(void **state)
{
    (void)state;
    struct split s = {0};
    char *lines = changed(ISA GS SET, "", "", true);
    char *other = changed(ISA GS SET, "*:^~", "|>!\n", false);
    assert_true(feed(&s, phi_lit(lines)));
    assert_true(s.copying);
    four_claims(&s);
    assert_int_equal(s.claim[0].off, strstr(lines, "CLM*A") - lines);
    assert_int_equal(s.claim[0].len, strlen(CLM1) + 3);
    assert_true(feed(&s, phi_lit(other)));
    four_claims(&s);
    split_free(&s);
    free(lines);
    free(other);
}

static void a_value_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    struct split s = {0};
    char *other = changed(ISA GS SET, "*:^~", "|>!\n", false);
    *strstr(other, "PAT|19") = '*';
    assert_false(feed(&s, phi_lit(other)));
    /* and the next set is none the worse for it */
    assert_true(feed(&s, phi_lit(ISA GS SET)));
    four_claims(&s);
    split_free(&s);
    free(other);
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(a_claim_gets_the_loops_that_it_stands_in),
        cmocka_unit_test(newlines_and_other_delimiters_are_made_canonical),
        cmocka_unit_test(a_value_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(t, NULL, NULL);
}
