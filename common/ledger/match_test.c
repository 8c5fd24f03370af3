/* Tiers of DOMAIN.md C.2 and the ways by which a line is found, each by a case that only it fits. */
#include "tests/unit.h"
#include "common/ledger/scene.h"
#include "common/ledger/match.h"

static struct arena mem;

#define LIT(s)                                                                                     \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

static struct facts_line lines[] = {
    {1, LIT("99213"), {LIT("25")}, 1, 15000, 1000, 20700, LIT("K1")},
    {2, LIT("87880"), {LIT("QW")}, 1, 4000, 1000, 20700, LIT("K2")},
    {3, LIT("80053"), {{0}}, 0, 6000, 1000, 20700, LIT("K3")},
};
static struct facts claim(void)
{
    return (struct facts){.pcn = phi_lit("0AB-123"),
                          .billing = phi_lit("2000000010"),
                          .payer = phi_lit("SBX01"),
                          .payer_name = phi_lit("SANDBOX HEALTH"),
                          .member = phi_lit("XYZ100200300"),
                          .last = phi_lit("TESTER"),
                          .first = phi_lit("ANNA"),
                          .rank = 1,
                          .frequency = '1',
                          .charge = 25000,
                          .from = 20700,
                          .thru = 20700,
                          .lines = lines,
                          .lines_n = 3};
}

/* A remit from its segments; 20700 is 2026-09-04. */
static struct remit remit(const char *payer, const char *clp)
{
    char body[4096];
    struct remit r;
    struct remit_fault why = {0};
    snprintf(body, sizeof body,
             "ISA*00*          *00*          *ZZ*SBX01          *ZZ*RVRBND         *260903*0900*^*"
             "00501*000000007*0*T*:~GS*HP*SBX01*RVRBND*20260903*0900*7*X*005010X221A1~"
             "ST*835*0001~BPR*I*1*C*ACH************20260905~TRN*1*T*1512345678~N1*PR*%s~"
             "%sLX*1~%s",
             payer, strstr(payer, "N1*PE") ? "" : "N1*PE*RIVERBEND*XX*2000000010~", clp);
    char *kept = arena_strdup(&mem, body);
    if (!remit_read(phi_lit(kept), &mem, &r, &why))
        die(2, "test remit at %u %s: %s", why.position, why.segment, why.text);
    return r;
}

#define WHO    "NM1*QC*1*TESTER*ANNA****MI*XYZ100200300~DTM*232*20260904~"
#define NOBODY "NM1*QC*1*OTHER*PERSON****MI*QQQ~DTM*232*20250101~"
#define SVC    "SVC*HC:99213:25*150*100~SVC*HC:87880:QW*40*40~SVC*HC:80053*60*60~"

static void each_tier_by_the_case_that_only_it_fits(void **state)
{
    (void)state;
    static const struct {
        const char *payer, *clp;
        bool control_known;
        int64_t group;
        int tier, confidence;
    } t[] = {
        /* 1: account, payer, charge; the member does not matter then */
        {"SANDBOX HEALTH", "CLP*0AB-123*1*250*200**12*C~" NOBODY SVC, false, 0, 1, 100},
        {"X~REF*2U*SBX01", "CLP*0AB-123*1*250*200**12*C~" NOBODY SVC, false, 0, 1, 100},
        /* 1: several CLPs that together are the charge */
        {"SANDBOX HEALTH", "CLP*0AB-123*1*100*90**12*C~" NOBODY, false, 25000, 1, 100},
        /* 2: a part of the claim */
        {"SANDBOX HEALTH",
         "CLP*0AB-123*1*190*140**12*C~" NOBODY "SVC*HC:99213:25*150*100~SVC*HC:87880:QW*40*40~",
         false, 0, 2, 95},
        /* not 2: a line that was not billed, nobody that we know */
        {"SANDBOX HEALTH", "CLP*0AB-123*1*190*140**12*C~" NOBODY "SVC*HC:99999*190*140~", false, 0,
         7, 0},
        /* 3: the payer changed the account and is unknown, member and date agree */
        {"ANOTHER NAME", "CLP*ab123*1*250*200**12*C~" WHO SVC, false, 0, 3, 90},
        {"ANOTHER NAME", "CLP*ab123*1*240*200**12*C~" WHO, false, 0, 3, 70},
        /* not 3: another member */
        {"ANOTHER NAME", "CLP*ab123*1*250*200**12*C~" NOBODY SVC, false, 0, 7, 0},
        /* 4: a control number seen with this claim before */
        {"ANOTHER NAME", "CLP*ZZZ*1*240*200**12*C~" NOBODY SVC, true, 0, 4, 90},
        /* 5: member, date, charge */
        {"ANOTHER NAME", "CLP*ZZZ*1*250*200**12*C~" WHO SVC, false, 0, 5, 80},
        {"ANOTHER NAME", "CLP*ZZZ*1*251*200**12*C~" WHO SVC, false, 0, 7, 0},
        /* 6: name, date, charge, codes */
        {"ANOTHER NAME",
         "CLP*ZZZ*1*250*200**12*C~NM1*QC*1*tester*anna****MI*WRONG~"
         "DTM*232*20260904~" SVC,
         false, 0, 6, 60},
        {"ANOTHER NAME",
         "CLP*ZZZ*1*250*200**12*C~NM1*QC*1*tester*anna****MI*WRONG~"
         "DTM*232*20260904~SVC*HC:99999*250*200~",
         false, 0, 7, 0},
        /* the account of another house: nobody and nothing but the number agrees */
        {"SANDBOX HEALTH",
         "CLP*0AB-123*1*250*200**12*C~" NOBODY "NM1*82*1*H*H****XX*2000000028~" SVC, false, 0, 1,
         100}, /* but its payee is the claim's provider */
        {"SANDBOX HEALTH~N1*PE*OTHER*XX*2000000028~REF*TJ*1",
         "CLP*0AB-123*1*250*200**12*C~" NOBODY SVC, false, 0, 7, 0},
        {"SANDBOX HEALTH~N1*PE*OTHER*XX*2000000028~REF*TJ*1",
         "CLP*0AB-123*1*250*200**12*C~" WHO SVC, false, 0, 1, 100},
        /* a later payer need not be known: the first one forwarded the claim */
        {"MEDIGAP", "CLP*0AB-123*2*250*50**12*C~" NOBODY SVC, false, 0, 1, 100},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct facts f = claim();
        struct line_match lm[8];
        struct remit r = remit(t[i].payer, t[i].clp);
        struct match m =
            match_claim(&f, &r, t[i].control_known, t[i].group ? t[i].group : r.charge, lm);
        if (m.tier != t[i].tier || m.confidence != t[i].confidence)
            fail_msg("case %zu: tier %d at %d", i, m.tier, m.confidence);
    }
}

static void each_line_by_the_way_that_only_it_fits(void **state)
{
    (void)state;
    static const struct {
        const char *svc;
        uint32_t lx[3];
        enum line_how how[3];
        bool all;
    } t[] = {
        {"SVC*HC:00000*150*1~REF*6R*K1~", {1}, {LINE_CONTROL}, true},
        {"SVC*HC:99213:25*150*1~DTM*472*20260904~", {1}, {LINE_EXACT}, true},
        {"SVC*HC:99214*150*1***HC:99213:25~", {1}, {LINE_RECODED}, true},
        {"SVC*HC:99213*150*1~", {1}, {LINE_SOFT}, true},
        {"SVC*HC:00000*100*1~", {2}, {LINE_BUNDLED}, false}, /* 40 and 60 */
        {"SVC*HC:99213:25*100*1~SVC*HC:99213:25*50*1~",
         {1, 1},
         {LINE_UNBUNDLED, LINE_UNBUNDLED},
         true},
        {"SVC*HC:00000*149*1~REF*6R*K1~", {1}, {LINE_CHARGE}, false},
        {"SVC*HC:00000*149*1~", {0}, {LINE_NONE}, false},
        {"SVC*HC:99213:25*150*1~DTM*472*20260905~", {0}, {LINE_NONE}, false}, /* another day */
        /* two that could be one: each billed line is used once */
        {"SVC*HC:80053*60*1~SVC*HC:80053*60*1~", {3, 0}, {LINE_EXACT, LINE_NONE}, false},
        /* the control number goes before the order */
        {"SVC*HC:99213*40*1~REF*6R*K2~SVC*HC:87880:QW*40*1~",
         {2, 0},
         {LINE_CONTROL, LINE_NONE},
         false},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char clp[512];
        struct facts f = claim();
        struct line_match lm[8];
        snprintf(clp, sizeof clp, "CLP*0AB-123*1*1*1**12*C~" NOBODY "%s", t[i].svc);
        struct remit r = remit("SANDBOX HEALTH", clp);
        bool all = match_lines(&f, &r, lm);
        for (uint32_t k = 0; k < r.lines_n; k++)
            if (lm[k].lx != t[i].lx[k] || lm[k].how != t[i].how[k])
                fail_msg("case %zu line %u: lx %u, %s", i, k, lm[k].lx, line_how_name(lm[k].how));
        assert_int_equal(all, t[i].all);
    }
}

static void modifiers_match_in_any_order(void **state)
{
    (void)state;
    struct facts f = claim();
    struct facts_line two = {1, LIT("97110"), {LIT("GP"), LIT("59")}, 2, 100, 1000, 20700, LIT("")};
    struct line_match lm[2];
    f.lines = &two;
    f.lines_n = 1;
    struct remit r = remit("X", "CLP*A*1*1*1**12*C~" NOBODY "SVC*HC:97110:59:GP*1*1~");
    assert_true(match_lines(&f, &r, lm));
    assert_int_equal(lm[0].how, LINE_EXACT);
}

static void a_key_is_what_payers_leave_of_an_account(void **state)
{
    (void)state;
    static const struct {
        const char *pcn, *key;
    } t[] = {{"RB00010001", "RB00010001"},
             {"rb-0001.0001 ", "RB00010001"},
             {"0000123A", "123A"},
             {"ABCDEFGHIJKLMNOPQRST", "ABCDEFGHIJKLMNOPQ"},
             {"000", ""},
             {"-", ""}};
    char out[MATCH_KEY];
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        size_t n = match_key(phi_lit(t[i].pcn), out);
        assert_true(phi_is(phi_of(out, n), t[i].key));
    }
    assert_true(match_same_word(phi_lit("00a-1"), phi_lit("A1")));
    assert_false(match_same_word(phi_lit("A1"), phi_lit("A12")));
    assert_false(match_same_word(phi_lit(""), phi_lit("")));
}

static void lines_of_a_hospital_match_by_revenue_code_and_procedure(void **state)
{
    (void)state;
    struct facts f = claim();
    struct facts_line stay[] = {
        {1, LIT(""), {{0}}, 0, 300000, 3000, CLAIM_NO_DATE, LIT(""), LIT("0120")},
        {2, LIT("99283"), {{0}}, 0, 40000, 1000, 20700, LIT(""), LIT("0450")},
        {3, LIT("99283"), {{0}}, 0, 40000, 1000, 20700, LIT(""), LIT("0456")},
        {4, LIT(""), {{0}}, 0, 5000, 1000, CLAIM_NO_DATE, LIT(""), LIT("0250")},
    };
    static const struct {
        const char *svc;
        uint32_t lx;
        enum line_how how;
    } t[] = {{"SVC*NU:0120*3000*2000**3~", 1, LINE_EXACT}, /* revenue code alone, in SVC01 */
             {"SVC*NU:0250*50*50~", 4, LINE_EXACT},
             {"SVC*NU:0251*50*50~", 0, LINE_NONE}, /* another revenue code */
             {"SVC*HC:99283*400*300*0456~", 3, LINE_EXACT},
             {"SVC*HC:99283*400*300*0450~", 2, LINE_EXACT},
             {"SVC*HC:99283*400*300~", 2, LINE_EXACT}, /* none said: the first that fits */
             {"SVC*HC:99283*400*300*0459~", 0, LINE_NONE}};
    f.lines = stay;
    f.lines_n = 4;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char clp[200];
        struct line_match lm[1];
        snprintf(clp, sizeof clp, "CLP*A*1*1*1**12*C~" NOBODY "%s", t[i].svc);
        struct remit r = remit("X", clp);
        match_lines(&f, &r, lm);
        assert_int_equal(lm[0].lx, t[i].lx);
        assert_int_equal(lm[0].how, t[i].how);
    }
}

/* Facts of ledgers from before there were other kinds of claims: no kind, no revenue codes. */
static void facts_of_the_first_form_are_read(void **state)
{
    (void)state;
    static const char old[] = "\2"
                              "\2A"
                              "\0\0\0\0\0\0\0\0" /* form 1, nine words, the first "A" */
                              "\2"
                              "\142"
                              "\310\1"
                              "\2\4\6" /* rank 1, '1', 100, days 1 2 3 */
                              "\2"
                              "\2"
                              "\2X"
                              "\0"
                              "\310\1"
                              "\2\2\0" /* one line: LX 1, X, 100 ... */
                              "\0";    /* no other payer */
    struct facts got;
    assert_true(facts_read(phi_of(old, sizeof old - 1), &mem, &got));
    assert_int_equal(got.kind, 'P');
    assert_int_equal(got.charge, 100);
    assert_int_equal(got.lines_n, 1);
    assert_true(phi_is(got.lines[0].code, "X"));
    assert_true(phi_empty(got.lines[0].revenue));
}

static void facts_survive_the_form_they_are_kept_in(void **state)
{
    (void)state;
    struct facts f = claim(), got;
    struct facts_other other = {2, LIT("SEX01")};
    struct buf b = {0};
    f.others = &other;
    f.others_n = 1;
    f.dob = CLAIM_NO_DATE;
    f.kind = 'I';
    f.charge = -9000000000000000;
    facts_write(&b, &f);
    assert_true(facts_read(buf_view(&b), &mem, &got));
    assert_true(phi_is(got.pcn, "0AB-123"));
    assert_true(phi_is(got.first, "ANNA"));
    assert_int_equal(got.dob, CLAIM_NO_DATE);
    assert_int_equal(got.kind, 'I');
    assert_int_equal(got.charge, -9000000000000000);
    assert_int_equal(got.lines_n, 3);
    assert_true(phi_is(got.lines[1].mods[0], "QW"));
    assert_int_equal(got.others[0].rank, 2);
    for (size_t n = 0; n < b.len; n++) /* torn anywhere: refused, never read past */
        assert_false(facts_read(phi_of(memcpy(arena_alloc(&mem, n + 1), b.p, n), n), &mem, &got));
    buf_free(&b);
}

static int clear(void **state)
{
    (void)state;
    arena_free(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tier_by_the_case_that_only_it_fits),
        cmocka_unit_test(each_line_by_the_way_that_only_it_fits),
        cmocka_unit_test(modifiers_match_in_any_order),
        cmocka_unit_test(a_key_is_what_payers_leave_of_an_account),
        cmocka_unit_test(lines_of_a_hospital_match_by_revenue_code_and_procedure),
        cmocka_unit_test(facts_of_the_first_form_are_read),
        cmocka_unit_test(facts_survive_the_form_they_are_kept_in),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
