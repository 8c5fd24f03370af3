/* The money of the scenarios: every order of the records, each record twice, ends in the balances
 * that were written down by hand from the scenario's story. */
#include "tests/unit.h"
#include "common/ledger/report.h"
#include "common/ledger/scene.h"

#define SCENE(name)     struct scene name = {0}
#define B(pcn, account) scene_claim_balance(s, pcn, ACCOUNT_##account)
#define T(account)      scene_total(s, ACCOUNT_##account)

static int64_t all_rows(struct scene *s)
{
    return store_int(ledger_store(s->l), "SELECT total(cents)+0 FROM journal", -1);
}

/* Holds in every scene: the journal sums to zero, and no payment is left half shared out. */
static void books(struct scene *s)
{
    assert_int_equal(all_rows(s), 0);
    assert_int_equal(T(CLEARING), 0);
    assert_int_equal(T(SUSPENSE), 0);
}

static void g01(struct scene *s)
{
    books(s);
    assert_int_equal(B("RB00010001", RECEIVABLE), 0);
    assert_int_equal(B("RB00010001", PATIENT), 2500);
    assert_int_equal(B("RB00010001", CONTRACTUAL), 7850);
    assert_int_equal(scene_paid(s, "RB00010001"), 8650);
    assert_int_equal(T(CASH), 8650);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 0);
    assert_int_equal(scene_exceptions(s, "ERA_LINE_UNMATCHED"), 0);
}
static void g01_clean_office_visit(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00010001", "SBX01", "190", "99213*150/87880:QW*40"});
    scene_era(&s, "835", "SBX01", "EFT0001", "86.5", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00010001*1*190*86.5*25*12*SB2600001~" SCENE_NM1
                    "SVC*HC:99213*150*70~CAS*CO*45*55~CAS*PR*3*25~REF*6R*RB00010001L1~"
                    "SVC*HC:87880:QW*40*16.5~CAS*CO*45*23.5~");
    scene_every_order(&s, 90, g01);
}

static void g03_denied(struct scene *s)
{
    books(s);
    assert_int_equal(B("RB00030001", DENIAL), 120000);
    assert_int_equal(B("RB00030001", RECEIVABLE), 0);
    assert_int_equal(B("RB00030001", PATIENT), 0);
}
static void g03(struct scene *s)
{
    books(s);
    assert_int_equal(B("RB00030001", CHARGES), -120000); /* two versions, billed once */
    assert_int_equal(B("RB00030001", DENIAL), 0);
    assert_int_equal(B("RB00030001", RECEIVABLE), 0);
    assert_int_equal(B("RB00030001", PATIENT), 10308);
    assert_int_equal(B("RB00030001", CONTRACTUAL), 68462);
    assert_int_equal(scene_paid(s, "RB00030001"), 41230);
    assert_int_equal(T(CASH), 41230);
    assert_int_equal(scene_exceptions(s, "ERA_REV_UNMATCHED"), 0);
}
static void g03_denied_corrected_paid(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        SCENE(s);
        scene_file(&s, "837a");
        scene_claim(&s, &(struct scene_bill){"RB00030001", "SBX01", "1200", "70551*1200"});
        scene_era(&s, "835a", "SBX01", "NOP0003", "0", "NON");
        scene_payment(&s, 1);
        scene_remit(&s, "CLP*RB00030001*1*1200*0**12*SB2600030~" SCENE_NM1
                        "SVC*HC:70551*1200*0~CAS*CO*197*1200~");
        if (whole) {
            scene_file(&s, "837b");
            scene_claim(&s, &(struct scene_bill){"RB00030001", "SBX01", "1200", "70551*1200", "P",
                                                 "7", "REF*F8*SB2600030~REF*G1*AU778~"});
            scene_era(&s, "835b", "SBX01", "EFT0031", "412.3", "ACH");
            scene_payment(&s, 2);
            scene_remit(&s, "CLP*RB00030001*22*-1200*0**12*SB2600030~" SCENE_NM1
                            "SVC*HC:70551*-1200*0~CAS*CO*197*-1200~");
            scene_remit(&s, "CLP*RB00030001*1*1200*412.3*103.08*12*SB2600031~" SCENE_NM1
                            "SVC*HC:70551*1200*412.3~CAS*CO*45*684.62~CAS*PR*2*103.08~");
        }
        scene_every_order(&s, 90, whole ? g03 : g03_denied);
    }
}

static void g04(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00040001"), 12792);
    assert_int_equal(B("RB00040001", CONTRACTUAL), 12208);
    assert_int_equal(B("RB00040001", PATIENT), 0);
    assert_int_equal(B("RB00040001", RECEIVABLE), 0);
    assert_int_equal(scene_exceptions(s, "COB_PRIOR_OUT"), 0);
    assert_int_equal(scene_exceptions(s, "COB_PATIENT_OUT"), 0);
}
static void g04_crossover(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00040001", "MCREX", "250", "99215*250"});
    scene_era(&s, "835a", "MCREX", "MCR0004", "101.92", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00040001*19*250*101.92*26*MB*MC2600004~" SCENE_NM1
                    "NM1*TT*2*MEDIGAP*****PI*MGX01~"
                    "SVC*HC:99215*250*101.92~CAS*CO*45*120**253*2.08~CAS*PR*2*26~");
    scene_era(&s, "835b", "MGX01", "MGP0004", "26", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00040001*2*250*26**12*MG2600004~" SCENE_NM1
                    "SVC*HC:99215*250*26~CAS*OA*23*224~");
    scene_every_order(&s, 90, g04);
}

/* What the second payer left is the third's to answer once the second has forwarded it, and nobody's
 * once it has. */
static void forwarded_again(struct scene *s, bool third)
{
    struct report_claim c;
    struct report *r = report_new(s->l);
    books(s);
    assert_true(report_next(r, &c));
    assert_int_equal(c.paid, third ? 22500 : 20000);
    assert_int_equal(c.patient, 0);
    assert_int_equal(c.open, third ? 0 : 2500);
    assert_int_equal(c.state.b, third ? B_ZERO : B_PAYER);
    if (!third)
        assert_int_equal(c.state.rank, 3);
    report_free(r);
}
static void third_waits(struct scene *s)
{
    forwarded_again(s, false);
}
static void third_answered(struct scene *s)
{
    forwarded_again(s, true);
}
static void a_second_payer_forwards_to_a_third(void **state)
{
    (void)state;
    for (int third = 0; third < 2; third++) {
        SCENE(s);
        scene_file(&s, "837");
        scene_claim(&s, &(struct scene_bill){"RB00140001", "SBX01", "250", "99215*250"});
        scene_era(&s, "835a", "SBX01", "T1", "180", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s, "CLP*RB00140001*19*250*180*45*12*A1~" SCENE_NM1
                        "SVC*HC:99215*250*180~CAS*CO*45*25~CAS*PR*2*45~");
        scene_era(&s, "835b", "SBX02", "T2", "20", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s, "CLP*RB00140001*20*250*20*25*12*B1~" SCENE_NM1
                        "SVC*HC:99215*250*20~CAS*OA*23*205~CAS*PR*2*25~");
        if (third) {
            scene_era(&s, "835c", "SBX03", "T3", "25", "ACH");
            scene_payment(&s, 1);
            scene_remit(&s, "CLP*RB00140001*3*250*25**12*C1~" SCENE_NM1
                            "SVC*HC:99215*250*25~CAS*OA*23*225~");
        }
        scene_every_order(&s, 30, third ? third_answered : third_waits);
    }
}

static void g05(struct scene *s)
{
    books(s);
    assert_int_equal(B("RB00050001", PATIENT), 1500);
    assert_int_equal(B("RB00050001", RECEIVABLE), 0);
    assert_int_equal(B("RB00050001", CONTRACTUAL), 11500);
    assert_int_equal(B("RB00050001", CHARGES), -28000); /* sent to two payers, billed once */
    assert_int_equal(scene_paid(s, "RB00050001"), 15000);
    assert_int_equal(scene_exceptions(s, "COB_PRIOR_OUT"), 0);
    assert_int_equal(scene_exceptions(s, "COB_PATIENT_OUT"), 0);
}
static void g05_out(struct scene *s)
{
    books(s);
    assert_int_equal(scene_exceptions(s, "COB_PRIOR_OUT"), 1);
}
static void g05_secondary(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        SCENE(s);
        scene_file(&s, "837a");
        scene_claim(&s, &(struct scene_bill){"RB00050001", "PAX01", "280", "99214*220/93000*60"});
        scene_era(&s, "835a", "PAX01", "PRI0005", "92", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s, "CLP*RB00050001*1*280*92*73*12*PA2600005~" SCENE_NM1
                        "SVC*HC:99214*220*72~CAS*CO*45*80~CAS*PR*1*50**2*18~"
                        "SVC*HC:93000*60*20~CAS*CO*45*35~CAS*PR*2*5~");
        scene_file(&s, "837b");
        scene_claim(&s,
                    &(struct scene_bill){"RB00050001", "SEX01", "280", "99214*220/93000*60", "S"});
        scene_era(&s, "835b", "SEX01", "SEC0005", "58", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s, wrong ? "CLP*RB00050001*2*280*58*15*12*SE2600005~" SCENE_NM1
                                "SVC*HC:99214*220*53~CAS*OA*23*150~CAS*PR*3*15~CAS*CO*45*2~"
                                "SVC*HC:93000*60*5~CAS*OA*23*55~"
                              : "CLP*RB00050001*2*280*58*15*12*SE2600005~" SCENE_NM1
                                "SVC*HC:99214*220*53~CAS*OA*23*152~CAS*PR*3*15~"
                                "SVC*HC:93000*60*5~CAS*OA*23*55~");
        scene_every_order(&s, 90, wrong ? g05_out : g05);
    }
}

static void g06(struct scene *s)
{
    books(s);
    assert_int_equal(T(CASH), 47000);
    assert_int_equal(scene_paid(s, "RB00060001"), 18000);
    assert_int_equal(scene_paid(s, "RB00060002"), 9000);
    assert_int_equal(scene_paid(s, "RB00060003"), 20000);
    assert_int_equal(B("RB00060001", CONTRACTUAL), 32000);
    assert_int_equal(B("RB00060001", RECEIVABLE), 0);
    assert_int_equal(T(ITEM), 0);
    assert_int_equal(store_int(ledger_store(s->l), "SELECT count(*) FROM item", 0), 1);
}
static void g06_takeback_larger_than_the_cheque(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00060001", "SBX01", "500", "20610*500"});
    scene_claim(&s, &(struct scene_bill){"RB00060002", "SBX01", "140", "99213*140"});
    scene_claim(&s, &(struct scene_bill){"RB00060003", "SBX01", "260", "99214*260"});
    scene_era(&s, "835a", "SBX01", "EFT0060", "300", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00060001*1*500*300**12*SB2600060~" SCENE_NM1
                    "SVC*HC:20610*500*300~CAS*CO*45*200~");
    scene_era(&s, "835b", "SBX01", "EFT0061", "0", "NON");
    scene_payment(&s, 4);
    scene_remit(&s, "CLP*RB00060001*22*-500*-300**12*SB2600060~" SCENE_NM1
                    "SVC*HC:20610*-500*-300~CAS*CO*45*-200~");
    scene_remit(&s, "CLP*RB00060001*1*500*180**12*SB2600061~" SCENE_NM1
                    "SVC*HC:20610*500*180~CAS*CO*45*320~");
    scene_remit(&s, "CLP*RB00060002*1*140*90**12*SB2600062~" SCENE_NM1
                    "SVC*HC:99213*140*90~CAS*CO*45*50~");
    scene_plb(&s, "PLB*2000000010*20261231*FB:EFT0061*-30~");
    scene_era(&s, "835c", "SBX01", "EFT0062", "170", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00060003*1*260*200**12*SB2600063~" SCENE_NM1
                    "SVC*HC:99214*260*200~CAS*CO*45*60~");
    scene_plb(&s, "PLB*2000000010*20261231*FB:eft-0061*30~");
    scene_every_order(&s, 90, g06);
}

static void g07(struct scene *s)
{
    books(s);
    assert_int_equal(T(CASH), 73550); /* 240 + 400 + 35.50 + 60 */
    assert_int_equal(scene_paid(s, "RB00070001"), 15000);
    assert_int_equal(T(ITEM), 0);
    assert_int_equal(store_int(ledger_store(s->l),
                               "SELECT count(*) FROM item i WHERE (SELECT sum(cents) FROM journal"
                               " WHERE subject=i.no AND account=11)<>0",
                               -1),
                     0); /* each closed by itself: WO by WO, the cheque by its 72 */
    assert_int_equal(store_int(ledger_store(s->l), "SELECT count(*) FROM item", 0), 2);
}
static void g07_delayed_recoupment_and_refund_by_cheque(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00070001", "SBX01", "320", "99204*320"});
    scene_claim(&s, &(struct scene_bill){"RB00070002", "SBX01", "520", "11104*520"});
    scene_claim(&s, &(struct scene_bill){"RB00070003", "SBX01", "180", "99213*180"});
    scene_claim(&s, &(struct scene_bill){"RB00070004", "SBX01", "100", "99212*100"});
    scene_era(&s, "835a", "SBX01", "EFT0070", "240", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00070001*1*320*240**12*PB2600070~" SCENE_NM1
                    "SVC*HC:99204*320*240~CAS*CO*45*80~");
    scene_era(&s, "835b", "SBX01", "EFT0071", "400", "ACH");
    scene_payment(&s, 4);
    scene_remit(&s, "CLP*RB00070001*22*-320*-240**12*PB2600070~" SCENE_NM1
                    "SVC*HC:99204*-320*-240~CAS*CO*45*-80~");
    scene_remit(&s, "CLP*RB00070001*1*320*150**12*PB2600071~" SCENE_NM1
                    "SVC*HC:99204*320*150~CAS*CO*45*170~");
    scene_remit(&s, "CLP*RB00070002*1*520*400**12*PB2600072~" SCENE_NM1
                    "SVC*HC:11104*520*400~CAS*CO*45*120~");
    scene_plb(&s, "PLB*2000000010*20261231*WO:PB2600070*-90~");
    scene_era(&s, "835c", "SBX01", "EFT0072", "35.5", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00070003*1*180*125.5**12*PB2600073~" SCENE_NM1
                    "SVC*HC:99213*180*125.5~CAS*CO*45*54.5~");
    scene_plb(&s, "PLB*2000000010*20261231*WO:PB2600070*90~");
    scene_era(&s, "835d", "SBX01", "EFT0073", "60", "ACH");
    scene_payment(&s, 3);
    scene_remit(&s, "CLP*RB00070004*1*100*60**12*PB2600074~" SCENE_NM1
                    "SVC*HC:99212*100*60~CAS*CO*45*40~");
    scene_plb(&s, "PLB*2000000010*20261231*WO:PB2600075*90~");
    scene_plb(&s, "PLB*2000000010*20261231*72:PB2600075*-90~");
    scene_every_order(&s, 90, g07);
}

static void g08(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00080001"), 980000);
    assert_int_equal(T(INTEREST), -4215);
    assert_int_equal(T(CASH), 984215);
    assert_int_equal(B("RB00080001", PATIENT), 160000);
    assert_int_equal(B("RB00080001", CONTRACTUAL), 705000);
    assert_int_equal(B("RB00080001", RECEIVABLE), 0);
}
static void g08_claim_level_only_with_interest(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00080001", "HPX01", "18450", "99999*18450"});
    scene_era(&s, "835", "HPX01", "EFT0080", "9842.15", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00080001*1*18450*9800*1600*12*HP2600080~CAS*CO*45*7050~"
                    "CAS*PR*1*1600~" SCENE_NM1 "AMT*I*42.15~");
    scene_plb(&s, "PLB*2000000044*20261231*L6:RB00080001*-42.15~");
    scene_every_order(&s, 90, g08);
}

static void g09(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00090001"), 19500);
    assert_int_equal(B("RB00090001", CONTRACTUAL), 26000);
    assert_int_equal(B("RB00090001", DENIAL), 20000); /* CO-97: a person accepts it, nobody else */
    assert_int_equal(B("RB00090001", PATIENT), 2000);
    assert_int_equal(B("RB00090001", RECEIVABLE), 0);
    assert_int_equal(T(UNAPPLIED), 0);
    assert_int_equal(scene_exceptions(s, "ERA_LINE_UNMATCHED"), 0);
}
static void g09_split_and_bundled(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(
        &s, &(struct scene_bill){"RB00090001", "SBX01", "675", "11042*300/97597*200/99213:25*175"});
    scene_era(&s, "835", "SBX01", "EFT0090", "195", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00090001*1*500*120**12*SB2600090~" SCENE_NM1
                    "SVC*HC:11042*300*120~CAS*CO*45*180~SVC*HC:97597*200*0~CAS*CO*97*200~");
    scene_remit(&s, "CLP*RB00090001*1*175*75*20*12*SB2600091~" SCENE_NM1
                    "SVC*HC:99213*175*75~CAS*CO*45*80~CAS*PR*3*20~"); /* payer drops the 25 */
    scene_every_order(&s, 90, g09);
}

static void g10(struct scene *s)
{
    books(s);
    assert_int_equal(T(CASH), 146725);
    assert_int_equal(scene_paid(s, "RB00100001"), 41200);
    assert_int_equal(scene_paid(s, "RB00100002"), 100000);
    assert_int_equal(T(UNAPPLIED), -5525);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 1);
    assert_int_equal(store_int(ledger_store(s->l), "SELECT count(*) FROM copy", 0), 2);
    assert_int_equal(store_int(ledger_store(s->l), "SELECT count(*) FROM payment", 0), 2);
}
/* DOMAIN C.7: the trace and the amount of a known payment under another date wait for a person. */
static void a_payment_that_may_be_known_waits_until_it_is_released(void **state)
{
    (void)state;
    static const char clp[] =
        "CLP*RB00100001*1*600*412**12*SB2600100~" SCENE_NM1 "SVC*HC:99215*600*412~CAS*CO*45*188~";
    struct ledger_refusal why;
    SCENE(s);
    scene_open(&s, 90);
    scene_era(&s, "835a", "SBX01", "EFT0100", "412", "ACH");
    struct record *first = scene_payment(&s, 1), *remit = scene_remit(&s, clp);
    assert_int_equal(ledger_take(s.l, first, &why), LEDGER_NEW);
    assert_int_equal(ledger_take(s.l, remit, &why), LEDGER_NEW);
    scene_era(&s, "835 of another day", "SBX01", "EFT0100", "412", "ACH");
    char *date = strstr(s.head, "20260905~");
    memcpy(date, "20260907", 8);
    first = scene_payment(&s, 1);
    remit = scene_remit(&s, clp);
    assert_int_equal(ledger_take(s.l, remit, &why), LEDGER_REFUSED);
    assert_string_equal(why.rule, "ERA_DUP");
    assert_int_equal(ledger_take(s.l, first, &why), LEDGER_REFUSED);
    assert_int_equal(scene_total(&s, ACCOUNT_CASH), 41200);
    first->tries = 1;
    assert_int_equal(ledger_take(s.l, first, &why), LEDGER_NEW);
    assert_int_equal(scene_total(&s, ACCOUNT_CASH), 82400);
    assert_int_equal(ledger_take(s.l, remit, &why), LEDGER_NEW); /* of a payment that is known */
    scene_era(&s, "835 of another amount", "SBX01", "EFT0100", "413", "ACH");
    assert_int_equal(ledger_take(s.l, scene_payment(&s, 0), &why), LEDGER_NEW);
    scene_close(&s);
    arena_free(&s.mem);
}

static void g10_unknown_account_and_the_same_835_again(void **state)
{
    (void)state;
    static const char again[] =
        "CLP*RB00100001*1*600*412**12*SB2600100~" SCENE_NM1 "SVC*HC:99215*600*412~CAS*CO*45*188~";
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00100001", "SBX01", "600", "99215*600"});
    scene_claim(&s, &(struct scene_bill){"RB00100002", "SBX01", "1400", "29881*1400"});
    for (int copy = 0; copy < 2; copy++) { /* under another ISA13: another file */
        scene_era(&s, copy ? "835 again" : "835a", "SBX01", "EFT0100", "412", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s, again);
    }
    scene_era(&s, "835b", "SBX01", "EFT0101", "1055.25", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00100002*1*1400*1000**12*SB2600101~" SCENE_NM1
                    "SVC*HC:29881*1400*1000~CAS*CO*45*400~");
    scene_remit(&s, "CLP*ZZ-UNKNOWN-7*1*90*55.25**12*SB2600102~"
                    "NM1*QC*1*OTHER*PERSON****MI*QQQ~DTM*232*20250101~"
                    "SVC*HC:99213*90*55.25~CAS*CO*45*34.75~");
    scene_every_order(&s, 90, g10);
}

static void g12(struct scene *s)
{
    books(s);
    assert_int_equal(T(CASH), 30000);              /* 110 + 190 */
    assert_int_equal(B("RB00120001", CHARGES), 0); /* void: nothing is billed */
    assert_int_equal(B("RB00120001", RECEIVABLE), 0);
    assert_int_equal(B("RB00120001", CONTRACTUAL), 0);
    assert_int_equal(scene_paid(s, "RB00120001"), 0);
    assert_int_equal(scene_paid(s, "RB00120002"), 30000);
}
static void g12_void_for_the_wrong_member(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00120001", "SBX01", "180", "99213*180"});
    scene_claim(&s, &(struct scene_bill){"RB00120002", "SBX01", "400", "99205*400"});
    scene_era(&s, "835a", "SBX01", "EFT0120", "110", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00120001*1*180*110**12*SB2600120~" SCENE_NM1
                    "SVC*HC:99213*180*110~CAS*CO*45*70~");
    scene_file(&s, "837b");
    scene_claim(&s, &(struct scene_bill){"RB00120001", "SBX01", "180", "99213*180", "P", "8",
                                         "REF*F8*SB2600120~"});
    scene_era(&s, "835b", "SBX01", "EFT0121", "190", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00120001*22*-180*-110**12*SB2600120~" SCENE_NM1
                    "SVC*HC:99213*-180*-110~CAS*CO*45*-70~");
    scene_remit(&s, "CLP*RB00120002*1*400*300**12*SB2600121~" SCENE_NM1
                    "SVC*HC:99205*400*300~CAS*CO*45*100~");
    scene_every_order(&s, 90, g12);
}

/* A payer that garbles the account of one half: it is known by the control number of the other. */
static void tier4(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00200001"), 20000);
    assert_int_equal(T(UNAPPLIED), 0);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 0);
}
static void a_control_number_seen_before_names_the_claim(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00200001", "SBX01", "250", "99213*190/80053*60"});
    scene_era(&s, "835", "SBX01", "EFT0200", "200", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00200001*1*190*150**12*SB99~" SCENE_NM1
                    "SVC*HC:99213*190*150~CAS*CO*45*40~");
    scene_remit(&s, "CLP*GARBLED*1*60*50**12*SB99~NM1*QC*1*X*Y~"
                    "SVC*HC:80053*60*50~CAS*CO*45*10~");
    scene_every_order(&s, 90, tier4);
}

/* Two payers that count alike: a number of the one says nothing about claims of the other. */
static void two_payers(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00220001"), 15000);
    assert_int_equal(scene_paid(s, "RB00220002"), 5000);
    assert_int_equal(T(UNAPPLIED), 0);
}
static void two_payers_may_count_alike(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00220001", "SBX01", "190", "99213*190"});
    scene_claim(&s, &(struct scene_bill){"RB00220002", "PAX01", "60", "80053*60"});
    scene_era(&s, "835a", "SBX01", "EFT0220", "150", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00220001*1*190*150**12*SB99~" SCENE_NM1
                    "SVC*HC:99213*190*150~CAS*CO*45*40~");
    scene_era(&s, "835b", "PAX01", "EFT0221", "50", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s,
                "CLP*RB00220002*1*60*50**12*SB99~" SCENE_NM1 "SVC*HC:80053*60*50~CAS*CO*45*10~");
    scene_every_order(&s, 90, two_payers);
}

static void tier5_posted(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00210001"), 8000);
    assert_int_equal(T(UNAPPLIED), 0);
}
static void tier5_waits(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00210001"), 0);
    assert_int_equal(T(UNAPPLIED), -8000);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 1);
}
static void nothing_is_posted_below_the_threshold(void **state)
{
    (void)state;
    for (int threshold = 80; threshold <= 90; threshold += 10) {
        SCENE(s);
        scene_file(&s, "837");
        scene_claim(&s, &(struct scene_bill){"RB00210001", "SBX01", "100", "99213*100"});
        scene_era(&s, "835", "SBX01", "EFT0210", "80", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s,
                    "CLP*LOST*1*100*80**12*SB77~" SCENE_NM1 "SVC*HC:99213*100*80~CAS*CO*45*20~");
        scene_every_order(&s, threshold, threshold == 80 ? tier5_posted : tier5_waits);
    }
}

/* Two submitters count alike. */
static void twins(struct scene *s)
{
    books(s);
    struct stmt *q = store_sql(ledger_store(s->l),
                               "SELECT -sum(j.cents) FROM journal j JOIN claim c ON c.no=j.subject"
                               " WHERE j.code='PAY' AND c.charge=30000");
    assert_true(stmt_step(q));
    assert_int_equal(stmt_col_int(q, 0), 20000);
    assert_int_equal(scene_paid(s, "1"), 20000);
    assert_int_equal(store_int(ledger_store(s->l), "SELECT count(DISTINCT chain) FROM claim", 0),
                     2);
}
static void twins_alike(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "1"), 0); /* a person decides: tier 7 */
    assert_int_equal(T(UNAPPLIED), -20000);
}
static void one_account_number_of_two_patients(void **state)
{
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        SCENE(s);
        scene_file(&s, "837a");
        scene_claim(&s, &(struct scene_bill){"1", "SBX01", "300", "99213*300"});
        scene_file(&s, "837b");
        scene_claim(&s,
                    &(struct scene_bill){"1", "SBX01", alike ? "300" : "200",
                                         alike ? "99213*300" : "99213*200", .member = "OTHER99"});
        if (!alike) { /* where nothing tells them apart a remit that comes between cannot know */
            scene_era(&s, "835", "SBX01", "EFT0220", "200", "ACH");
            scene_payment(&s, 1);
            scene_remit(&s,
                        "CLP*1*1*300*200**12*SB1~" SCENE_NM1 "SVC*HC:99213*300*200~CAS*CO*45*100~");
            scene_every_order(&s, 90, twins);
            continue;
        }
        scene_era(&s, "835", "SBX01", "EFT0220", "200", "ACH");
        scene_payment(&s, 1);
        scene_remit(&s, "CLP*1*1*300*200**12*SB1~NM1*QC*1*X*Y~"
                        "SVC*HC:99213*300*200~CAS*CO*45*100~");
        scene_open(&s, 90);
        scene_play(&s, NULL);
        twins_alike(&s);
        scene_close(&s);
        arena_free(&s.mem);
    }
}

static void over(struct scene *s)
{
    books(s);
    assert_int_equal(scene_exceptions(s, "ERA_CLAIM_OVER"), 1);
    assert_int_equal(scene_exceptions(s, "DUP_HOLD"), 1);
    assert_int_equal(B("RB00230001", CHARGES), -10000);    /* billed once */
    assert_int_equal(B("RB00230001", RECEIVABLE), -10000); /* paid twice: a credit */
}
static void what_came_or_was_paid_twice_is_said(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00230001", "SBX01", "100", "99213*100"});
    scene_file(&s, "837 again");
    scene_claim(&s, &(struct scene_bill){"RB00230001", "SBX01", "100", "99213*100"});
    scene_era(&s, "835a", "SBX01", "EFT0230", "80", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s,
                "CLP*RB00230001*1*100*80**12*SB1~" SCENE_NM1 "SVC*HC:99213*100*80~CAS*CO*45*20~");
    scene_era(&s, "835b", "SBX01", "EFT0231", "80", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s,
                "CLP*RB00230001*1*100*80**12*SB2~" SCENE_NM1 "SVC*HC:99213*100*80~CAS*CO*45*20~");
    scene_every_order(&s, 90, over);
}

static void voided(struct scene *s)
{
    books(s);
    assert_int_equal(scene_paid(s, "RB00240001"), 0);
    assert_int_equal(T(UNAPPLIED), -11000);
}
static void nothing_is_posted_to_a_voided_claim(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00240001", "SBX01", "180", "99213*180"});
    scene_claim(&s, &(struct scene_bill){"RB00240001", "SBX01", "180", "99213*180", "P", "8",
                                         "REF*F8*SB1~"});
    scene_era(&s, "835a", "SBX01", "EFT0240", "0", "NON");
    scene_payment(&s, 2);
    scene_remit(&s,
                "CLP*RB00240001*1*180*110**12*SB1~" SCENE_NM1 "SVC*HC:99213*180*110~CAS*CO*45*70~");
    scene_remit(&s, "CLP*RB00240001*22*-180*-110**12*SB1~" SCENE_NM1
                    "SVC*HC:99213*-180*-110~CAS*CO*45*-70~");
    scene_era(&s, "835b", "SBX01", "EFT0241", "110", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s,
                "CLP*RB00240001*1*180*110**12*SB2~" SCENE_NM1 "SVC*HC:99213*180*110~CAS*CO*45*70~");
    scene_open(&s, 90);
    scene_play(&s, NULL);
    voided(&s);
    scene_close(&s);
    arena_free(&s.mem);
}

static void two_records_at_one_place_are_two(void **state)
{
    (void)state;
    SCENE(s);
    struct ledger_refusal why;
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"A1", "SBX01", "100", "99213*100"});
    scene_claim(&s, &(struct scene_bill){"A2", "SBX01", "100", "99213*100"});
    s.rec[1].off = s.rec[0].off;
    s.rec[1].pos = s.rec[0].pos;
    scene_open(&s, 90);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 2; i++)
            assert_int_equal(ledger_take(s.l, &s.rec[i], &why), round ? LEDGER_REPEAT : LEDGER_NEW);
    assert_int_equal(store_int(ledger_store(s.l), "SELECT count(*) FROM claim", 0), 2);
    scene_close(&s);
    arena_free(&s.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(g01_clean_office_visit),
        cmocka_unit_test(g03_denied_corrected_paid),
        cmocka_unit_test(g04_crossover),
        cmocka_unit_test(a_second_payer_forwards_to_a_third),
        cmocka_unit_test(g05_secondary),
        cmocka_unit_test(g06_takeback_larger_than_the_cheque),
        cmocka_unit_test(g07_delayed_recoupment_and_refund_by_cheque),
        cmocka_unit_test(g08_claim_level_only_with_interest),
        cmocka_unit_test(g09_split_and_bundled),
        cmocka_unit_test(a_payment_that_may_be_known_waits_until_it_is_released),
        cmocka_unit_test(g10_unknown_account_and_the_same_835_again),
        cmocka_unit_test(g12_void_for_the_wrong_member),
        cmocka_unit_test(a_control_number_seen_before_names_the_claim),
        cmocka_unit_test(two_payers_may_count_alike),
        cmocka_unit_test(nothing_is_posted_below_the_threshold),
        cmocka_unit_test(one_account_number_of_two_patients),
        cmocka_unit_test(what_came_or_was_paid_twice_is_said),
        cmocka_unit_test(nothing_is_posted_to_a_voided_claim),
        cmocka_unit_test(two_records_at_one_place_are_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
