/* Tests of the balances and of the cut, on sets written by hand. */
#include "tools/remit835/era.h"
#include "tests/unit.h"

#define ISA                                                                                        \
    "ISA*00*          *00*          *ZZ*SBX01          *ZZ*RVRBND         *260903*0900*^*00501*"   \
    "000000007*0*T*:~GS*HP*SBX01*RVRBND*20260903*0900*7*X*005010X221A1~"
#define HEAD(paid)                                                                                 \
    ISA "ST*835*0001~BPR*I*" paid "*C*ACH************20260905~TRN*1*EFT0001*1512345678~"           \
        "N1*PR*SANDBOX HEALTH~N3*1 PAY ST~N4*COLUMBUS*OH*43215~PER*BL*HELP*TE*8005550100~"         \
        "N1*PE*RIVERBEND*XX*2000000010~"
#define ONE                                                                                        \
    "LX*1~CLP*A*1*190*86.5*25*12*C1~NM1*QC*1*DOE*JANE~"                                            \
    "SVC*HC:99213*150*70~CAS*CO*45*55~CAS*PR*3*25~SVC*HC:87880*40*16.5~CAS*CO*45*23.5~"
#define TWO "CLP*B*22*-50*-20*0*12*C2~CAS*CO*45*-30~NM1*QC*1*ROE*RICHARD~"

struct expected {
    const char *body, *rule, *detail, *segment;
    uint32_t position;
};

static void balanced_sets_pass(void **state)
{
    (void)state;
    static const char *const good[] = {
        HEAD("86.5") ONE "SE*17*0001~",
        HEAD("66.5") ONE TWO "SE*20*0001~",
        HEAD("96.5") ONE TWO "PLB*2000000010*20261231*FB:X*-40*L6*10~SE*21*0001~",
        HEAD("0") "SE*9*0001~",
        HEAD("0") "LX*1~" TWO "PLB*2000000010*20261231*WO:X*-20~SE*14*0001~",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct era_count n;
        struct era_fault f = {0};
        assert_true(era_check(phi_lit(good[i]), &n, &f));
    }
}

static void each_imbalance_is_named_and_placed(void **state)
{
    (void)state;
    static const struct expected t[] = {
        /* a line short by a cent; the claim is out by it too, and is not said again */
        {HEAD("86.49") "LX*1~CLP*A*1*190*86.49*25*12*C1~NM1*QC*1*DOE~SVC*HC:1*190*86.49~"
                       "CAS*CO*45*103.5~SE*13*1~",
         "ERA_LINE_OUT", "S3-012", "SVC", 12},
        {HEAD("86.5") "LX*1~CLP*A*1*190*86.5*25*12*C1~CAS*CO*45*103.49~SE*12*1~", "ERA_CLAIM_OUT",
         "S3-013", "CLP", 10},
        {HEAD("80") "LX*1~CLP*A*1*190*80*0*12*C1~CAS*CO*45*10~SVC*HC:1*90*80~CAS*CO*1*10~"
                    "CAS*CO*2*0~SVC*HC:2*90*0~CAS*CO*3*90~SE*17*1~",
         "ERA_CLAIM_OUT", "S3-014", "CLP", 10},
        {HEAD("86.51") ONE "SE*17*1~", "ERA_TX_OUT", "S3-016", "BPR", 2},
        {HEAD("86.5") ONE "PLB*2000000010*20261231*FB:X*10~SE*18*1~", "ERA_TX_OUT", "S3-016", "BPR",
         2},
        {HEAD("-20") "LX*1~" TWO "SE*13*1~", "ERA_NEG", "S3-017", "BPR", 2},
        {HEAD("86.5") "LX*1~CLP*A*1*190*8O*25~SE*1*1~", "ERA_UNREAD", "", "CLP", 10},
        {HEAD("86.5") ONE "PLB*2000000010*20261231*FB:X~SE*1*1~", "ERA_UNREAD", "", "PLB", 17},
        {ISA "ST*835*0001~SE*2*0001~", "ERA_UNREAD", "", "BPR", 2},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct era_count n;
        struct era_fault f = {0};
        assert_false(era_check(phi_lit(t[i].body), &n, &f));
        assert_string_equal(f.rule, t[i].rule);
        assert_string_equal(f.detail, t[i].detail);
        assert_string_equal(f.segment, t[i].segment);
        assert_int_equal(f.position, t[i].position);
    }
}

/* What a cut gave, bodies copied. */
struct given {
    struct era_piece piece[8];
    char body[8][1024];
    size_t n;
};

static void give(void *ctx, const struct era_piece *p)
{
    struct given *g = ctx;
    assert_true(g->n < 8 && p->body.n < sizeof g->body[0]);
    g->piece[g->n] = *p;
    memcpy(g->body[g->n], p->body.p, p->body.n);
    g->body[g->n++][p->body.n] = 0;
}

static void a_set_is_cut_into_records(void **state)
{
    (void)state;
    static const char set[] =
        HEAD("96.5") ONE TWO "PLB*2000000010*20261231*FB:X*-40*L6*10~SE*21*0001~";
    static const char *const bodies[] = {HEAD("96.5"), HEAD("96.5") ONE, HEAD("96.5") "LX*1~" TWO,
                                         HEAD("96.5") "PLB*2000000010*20261231*FB:X*-40~",
                                         HEAD("96.5") "PLB*2000000010*20261231*L6*10~"};
    static const char *const kinds[] = {"payment", "remit", "remit", "plb", "plb"};
    static const uint32_t positions[] = {2, 10, 17, 20, 20}, ordinals[] = {0, 0, 1, 0, 1};
    struct given g = {0};
    era_split(phi_lit(set), give, &g);
    assert_int_equal(g.n, 5);
    const char *st = strstr(set, "ST*835");
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(g.piece[i].kind, kinds[i]);
        assert_string_equal(g.body[i], bodies[i]);
        assert_int_equal(g.piece[i].position, positions[i]);
        assert_int_equal(g.piece[i].ordinal, ordinals[i]);
    }
    assert_int_equal(g.piece[0].off, 0);
    assert_int_equal(g.piece[0].len, strstr(set, "LX*1") - st);
    assert_int_equal(g.piece[1].off, strstr(set, "CLP*A") - st);
    assert_int_equal(g.piece[1].len, strstr(set, "CLP*B") - strstr(set, "CLP*A"));
    assert_int_equal(g.piece[2].len, strlen(TWO));
    assert_int_equal(g.piece[4].off, strstr(set, "PLB*") - st);
}

/* Other delimiters become canonical; where a value holds a canonical one, they stay. */
static void delimiters_become_canonical(void **state)
{
    (void)state;
    char set[4096], want[] = HEAD("66.5") "LX*1~" TWO;
    struct given g = {0}, h = {0};
    const char *text = HEAD("66.5") ONE TWO "PLB*9*20261231*FB:X*1~SE*21*0001~";
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        set[i] = text[i] == '*' ? '|' : text[i] == ':' ? '>' : text[i] == '~' ? '!' : text[i];
    era_split(phi_of(set, n), give, &g);
    assert_int_equal(g.n, 4);
    assert_string_equal(g.body[2], want);
    assert_string_equal(strstr(g.body[3], "PLB"), "PLB*9*20261231*FB:X*1~");
    for (char *p = set; p < set + n; p++)
        if (memcmp(p, "JANE", 4) == 0)
            p[1] = '*';
    era_split(phi_of(set, n), give, &h);
    assert_int_equal(h.n, 4);
    assert_non_null(strstr(h.body[1], "J*NE"));
    assert_string_equal(strstr(h.body[3], "PLB"), "PLB|9|20261231|FB>X|1!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_sets_pass), cmocka_unit_test(each_imbalance_is_named_and_placed),
        cmocka_unit_test(a_set_is_cut_into_records), cmocka_unit_test(delimiters_become_canonical)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
