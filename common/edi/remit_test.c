/* Tests of the 835 readers: every field a posting needs, faults with their place. */
#include "common/edi/remit.h"
#include "tests/unit.h"

#define ISA                                                                                        \
    "ISA*00*          *00*          *ZZ*SBX01          *ZZ*RVRBND         *260903*0900*^*00501*"   \
    "000000007*0*T*:~"
#define HEAD                                                                                       \
    ISA "GS*HP*SBX01*RVRBND*20260903*0900*7*X*005010X221A1~ST*835*0001~"                           \
        "BPR*I*86.5*C*ACH*CCP*01*021000021*DA*1*1512345678**01*021000021*DA*2*20260905~"           \
        "TRN*1*EFT0001*1512345678~REF*EV*RVRBND~DTM*405*20260903~"                                 \
        "N1*PR*SANDBOX HEALTH*XV*SBX01~N3*1 PAY ST~N4*COLUMBUS*OH*43215~REF*2U*SB001~"             \
        "N1*PE*RIVERBEND FAMILY MEDICINE*XX*2000000010~REF*TJ*001234567~"
#define CLAIM                                                                                      \
    "LX*1~CLP*PCN1*1*190*86.5*25*12*SB2600001*11*1~CAS*OA*23*-1.5**94*1.5*2~"                      \
    "NM1*QC*1*DOE*JANE****MI*M1~NM1*74*1**JANET~MOA***MA01*N130~REF*F8*OLD7~REF*EA*MR1~"           \
    "DTM*050*20260902~AMT*AU*166.5~"                                                               \
    "SVC*HC:99213:25:GT*150*70**2*HC:99214*3~DTM*472*20260901~CAS*CO*45*55~CAS*PR*3*25~"           \
    "REF*6R*L1~AMT*B6*95~LQ*HE*N1~"                                                                \
    "SVC*HC:87880*40*16.5~DTM*150*20260830~DTM*151*20260831~CAS*CO*45*23.5*1~"

static phi_str word(const char *s)
{
    return phi_lit(s);
}
#define assert_phi(got, want) assert_true(phi_is(got, want))

static void the_head_is_read(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct payment p;
    assert_true(payment_read(word(HEAD), &mem, &p, NULL));
    assert_int_equal(p.cents, 8650);
    assert_phi(p.handling, "I");
    assert_phi(p.flag, "C");
    assert_phi(p.method, "ACH");
    assert_phi(p.date.value, "20260905");
    assert_int_equal(p.date.days, 20701);
    assert_phi(p.trace, "EFT0001");
    assert_phi(p.trace_origin, "1512345678");
    assert_int_equal(p.production.days, 20699);
    assert_phi(p.payer_name, "SANDBOX HEALTH");
    assert_phi(p.payer_id, "SBX01");
    assert_phi(p.payer_number, "SB001");
    assert_phi(p.payee_id, "2000000010");
    assert_phi(p.payee_npi, "2000000010");
    assert_phi(p.payee_tax, "001234567");
    assert_phi(p.isa_sender, "SBX01");
    assert_phi(p.isa_control, "000000007");
    assert_phi(p.usage, "T");
    assert_phi(p.gs_control, "7");
    assert_phi(p.st_control, "0001");
    assert_int_equal(p.refs_n, 1);
    arena_free(&mem);
}

static void a_claim_is_read(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct remit r;
    int64_t cents;
    int32_t from, to;
    assert_true(remit_read(word(HEAD CLAIM), &mem, &r, NULL));
    assert_phi(r.head.trace, "EFT0001");
    assert_phi(r.lx, "1");
    assert_phi(r.account, "PCN1");
    assert_phi(r.status, "1");
    assert_int_equal(r.charge, 19000);
    assert_int_equal(r.paid, 8650);
    assert_true(r.has_patient);
    assert_int_equal(r.patient, 2500);
    assert_phi(r.filing, "12");
    assert_phi(r.payer_control, "SB2600001");
    assert_phi(r.place, "11");
    assert_phi(r.frequency, "1");
    assert_int_equal(r.cas_n, 2);
    assert_phi(r.cas[0].group, "OA");
    assert_phi(r.cas[0].reason, "23");
    assert_int_equal(r.cas[0].cents, -150);
    assert_false(r.cas[0].has_qty);
    assert_phi(r.cas[1].reason, "94");
    assert_int_equal(r.cas[1].qty, 2000);
    assert_int_equal(r.cas[1].trio, 2);
    assert_int_equal(r.cas[1].seg, 1);
    assert_phi(remit_name_of(&r, "QC")->id, "M1");
    assert_phi(remit_name_of(&r, "74")->first, "JANET");
    assert_null(remit_name_of(&r, "TT"));
    assert_int_equal(r.remarks_n, 2);
    assert_phi(r.remarks[1].code, "N130");
    assert_phi(remit_ref_of(r.refs, r.refs_n, "F8"), "OLD7");
    assert_true(phi_empty(remit_ref_of(r.refs, r.refs_n, "6P")));
    assert_true(remit_amount_of(r.amts, r.amts_n, "AU", &cents));
    assert_int_equal(cents, 16650);
    assert_int_equal(r.segments, 20);
    remit_service_dates(&r, &from, &to);
    assert_int_equal(from, 20695); /* 2026-08-30 */
    assert_int_equal(to, 20697);   /* 2026-09-01 */
    arena_free(&mem);
}

static void lines_are_read(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct remit r;
    int64_t sum;
    assert_true(remit_read(word(HEAD CLAIM), &mem, &r, NULL));
    assert_int_equal(r.lines_n, 2);
    const struct remit_line *a = &r.lines[0], *b = &r.lines[1];
    assert_phi(a->qual, "HC");
    assert_phi(a->code, "99213");
    assert_int_equal(a->mods_n, 2);
    assert_phi(a->mods[1], "GT");
    assert_int_equal(a->charge, 15000);
    assert_int_equal(a->paid, 7000);
    assert_int_equal(a->units, 2000);
    assert_phi(a->billed_code, "99214");
    assert_int_equal(a->billed_units, 3000);
    assert_phi(a->control, "L1");
    assert_int_equal(a->from.days, 20697);
    assert_int_equal(a->to.days, 20697);
    assert_true(a->has_allowed);
    assert_int_equal(a->allowed, 9500);
    assert_int_equal(a->cas_n, 2);
    assert_phi(a->cas[1].group, "PR");
    assert_int_equal(a->seg, 9);
    assert_int_equal(a->remarks_n, 1);
    assert_phi(a->remarks[0].code, "N1");
    assert_int_equal(b->units, 1000);
    assert_false(b->has_units || b->has_allowed);
    assert_int_equal(b->from.days, 20695);
    assert_int_equal(b->to.days, 20696);
    assert_int_equal(b->cas[0].qty, 1000);
    assert_true(remit_lines_cas_sum(&r, &sum));
    assert_int_equal(sum, 10350);
    assert_true(remit_cas_sum(r.cas, r.cas_n, &sum));
    assert_int_equal(sum, 0);
    arena_free(&mem);
}

static void a_provider_adjustment_is_read(void **state)
{
    (void)state;
    struct arena mem = {0};
    struct plb p;
    assert_true(plb_read(word(HEAD "PLB*2000000010*20261231*FB:EFT0061*-30~"), &mem, &p, NULL));
    assert_phi(p.provider, "2000000010");
    assert_phi(p.fiscal.value, "20261231");
    assert_phi(p.code, "FB");
    assert_phi(p.reference, "EFT0061");
    assert_int_equal(p.cents, -3000);
    assert_phi(p.head.trace, "EFT0001");
    assert_int_equal(p.seg, 12);
    arena_free(&mem);
}

/* Each body lacks one thing that money needs. */
static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *body, *segment;
        uint32_t position, element;
    } t[] = {
        {HEAD "CLP*A*1*10*1O*~", "CLP", 12, 4},
        {HEAD "CLP*A*1**10~", "CLP", 12, 3},
        {HEAD "CLP*A*1*10*10~CAS*CO*45*~", "CAS", 13, 3},
        {HEAD "CLP*A*1*10*10~CAS*CO**5~", "CAS", 13, 2},
        {HEAD "CLP*A*1*10*10~CAS*CO*45*1**46*2*x~", "CAS", 13, 7},
        {HEAD "CLP*A*1*10*10~NM1*QC*1~SVC*HC:1*10.001*10~", "SVC", 14, 2},
        {HEAD "CLP*A*1*10*10~AMT*AU~", "AMT", 13, 2},
        {ISA "GS*HP~ST*835*0001~BPR*I*1,000~", "BPR", 2, 2},
        {HEAD, "", 11, 0},
        {HEAD "CLP*A*1*10*10~CLP*B*1*10*10~", "CLP", 13, 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct arena mem = {0};
        struct remit r;
        struct remit_fault why = {0};
        assert_false(remit_read(word(t[i].body), &mem, &r, &why));
        assert_string_equal(why.segment, t[i].segment);
        assert_int_equal(why.position, t[i].position);
        assert_int_equal(why.element, t[i].element);
        assert_non_null(why.text);
        arena_free(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_is_read), cmocka_unit_test(a_claim_is_read),
        cmocka_unit_test(lines_are_read), cmocka_unit_test(a_provider_adjustment_is_read),
        cmocka_unit_test(what_cannot_be_read_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
