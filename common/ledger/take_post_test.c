/* Entries of people and banks, in every order: patient payments, refunds, write-offs, deposits (G10). */
#include "tests/unit.h"

#include "common/ledger/deposit.h"
#include "common/ledger/proof.h"
#include "common/ledger/report.h"
#include "common/ledger/scene.h"

#define SCENE(s)                                                                                   \
    struct scene s = {0};                                                                          \
    scene_file(&(s), "a")
#define POST(...) "{\"v\":\"post.v1\",\"date\":\"2026-09-05\"," __VA_ARGS__ "}"

static void proved(struct scene *s)
{
    struct proof_result r[PROOFS];
    proof_run(s->l, s->dir, true, r);
    for (int i = 0; i < PROOFS; i++)
        if (r[i].verdict == PROOF_BROKEN && strcmp(r[i].id, "originals") &&
            strcmp(r[i].id, "arrived") && strcmp(r[i].id, "files"))
            fail_msg("%s: %s", r[i].id, r[i].example);
}

static int64_t balance(struct scene *s, enum ledger_account a)
{
    return scene_claim_balance(s, "RB00010001", a);
}

static void bill_and_pay(struct scene *s)
{
    scene_file(s, "837");
    scene_claim(s, &(struct scene_bill){"RB00010001", "SBX01", "190", "99213*190"});
    scene_era(s, "835", "SBX01", "EFT0001", "86.5", "ACH");
    scene_payment(s, 1);
    scene_remit(s, "CLP*RB00010001*1*190*86.5*25*12*SB1~" SCENE_NM1
                   "SVC*HC:99213*190*86.5~CAS*CO*45*58.5*1*50*20~CAS*PR*3*25~");
    scene_file(s, "post");
}

static void paid_by_patient(struct scene *s)
{
    assert_int_equal(balance(s, ACCOUNT_PATIENT), 500);
    assert_int_equal(balance(s, ACCOUNT_RECEIPT), 2000);
    assert_int_equal(balance(s, ACCOUNT_DENIAL), 0);
    assert_int_equal(balance(s, ACCOUNT_WRITEOFF), 2000);
    assert_int_equal(scene_exceptions(s, "POST_UNMATCHED"), 0);
    proved(s);
}

static void patient_payment_refund_and_write_off(void **state)
{
    (void)state;
    SCENE(s);
    bill_and_pay(&s);
    scene_add(&s, "post",
              POST("\"what\":\"patient\",\"account\":\"RB00010001\",\"cents\":2500,"
                   "\"reference\":\"R-1\",\"method\":\"card\""));
    scene_add(&s, "post",
              POST("\"what\":\"refund\",\"account\":\"RB00010001\",\"cents\":500,"
                   "\"reference\":\"R-2\""));
    scene_add(
        &s, "post",
        POST("\"what\":\"write-off\",\"account\":\"RB00010001\",\"cents\":2000,"
             "\"reference\":\"W-1\",\"from\":\"denial\",\"by\":\"lead\",\"reason\":\"late\""));
    scene_every_order(&s, 90, paid_by_patient);
}

/* The same receipt in a second file of the office. */
static void paid_once(struct scene *s)
{
    assert_int_equal(balance(s, ACCOUNT_RECEIPT), 2500);
    assert_int_equal(balance(s, ACCOUNT_PATIENT), 0);
    proved(s);
}
static void the_same_entry_in_another_file_changes_nothing(void **state)
{
    (void)state;
    SCENE(s);
    bill_and_pay(&s);
    for (int i = 0; i < 2; i++) {
        scene_file(&s, i ? "again" : "post");
        scene_add(&s, "post",
                  POST("\"what\":\"patient\",\"account\":\"RB00010001\",\"cents\":2500,"
                       "\"reference\":\"R-1\""));
    }
    scene_every_order(&s, 90, paid_once);
}

static void one_waits(struct scene *s)
{
    assert_int_equal(scene_exceptions(s, "POST_UNMATCHED"), 1);
    assert_int_equal(scene_total(s, ACCOUNT_RECEIPT), 0);
    proved(s);
}
static void an_entry_for_an_unknown_account_waits_in_sight(void **state)
{
    (void)state;
    SCENE(s);
    bill_and_pay(&s);
    scene_add(&s, "post",
              POST("\"what\":\"patient\",\"account\":\"NOBODY\",\"cents\":2500,"
                   "\"reference\":\"R-1\""));
    scene_every_order(&s, 90, one_waits);
}

/* G10: 55.25 for an account number of the old system, and a person who knows whose it is. Its reversal
 * finds it too. */
static void mapped(struct scene *s)
{
    assert_int_equal(scene_total(s, ACCOUNT_UNAPPLIED), 0);
    assert_int_equal(scene_total(s, ACCOUNT_SUSPENSE), 0);
    assert_int_equal(scene_paid(s, "RB00100004"), 5525);
    assert_int_equal(scene_claim_balance(s, "RB00100004", ACCOUNT_CONTRACTUAL), 3475);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 0);
    assert_int_equal(scene_exceptions(s, "ERA_REV_UNMATCHED"), 0);
    proved(s);
}
static void a_person_says_whose_a_number_is(void **state)
{
    static const char clp[] = "CLP*ZZ-UNKNOWN-7*%s*%s90*%s55.25*0*12*SB2600102~" SCENE_NM1
                              "SVC*HC:99213*%s90*%s55.25~CAS*CO*45*%s34.75~";
    char there[400], back[400], again[400];
    (void)state;
    SCENE(s);
    snprintf(there, sizeof there, clp, "1", "", "", "", "", "");
    snprintf(back, sizeof back, clp, "22", "-", "-", "-", "-", "-");
    snprintf(again, sizeof again, clp, "1", "", "", "", "", "");
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00100004", "SBX01", "90", "99213*90"});
    scene_era(&s, "835", "SBX01", "EFT0101", "55.25", "ACH");
    scene_payment(&s, 3);
    scene_remit(&s, there);
    scene_remit(&s, back);
    scene_remit(&s, again);
    scene_file(&s, "post");
    scene_add(&s, "post",
              POST("\"what\":\"match\",\"account\":\"RB00100004\",\"reference\":"
                   "\"ZZ-UNKNOWN-7\",\"by\":\"poster\",\"reason\":\"old number\""));
    scene_every_order(&s, 90, mapped);
}

static void a_number_is_given_to_one_account(void **state)
{
    struct ledger_refusal why;
    (void)state;
    SCENE(s);
    scene_open(&s, 90);
    scene_file(&s, "post");
#define MATCH(account)                                                                             \
    POST("\"what\":\"match\",\"account\":\"" account "\",\"reference\":\"ZZ-7\",\"by\":\"me\","    \
         "\"reason\":\"seen\"")
    assert_int_equal(ledger_take(s.l, scene_add(&s, "post", MATCH("A")), &why), LEDGER_NEW);
    assert_int_equal(ledger_take(s.l, scene_add(&s, "post", MATCH("A")), &why), LEDGER_NEW);
    assert_int_equal(ledger_take(s.l, scene_add(&s, "post", MATCH("B")), &why), LEDGER_REFUSED);
    assert_non_null(strstr(why.why, "another account"));
    ledger_commit(s.l);
    scene_close(&s);
    arena_free(&s.mem);
}

static void what_an_entry_must_say(void **state)
{
    static const struct {
        const char *body, *says;
    } bad[] = {
        {"{}", "post.v1"},
        {"not json", "post.v1"},
        {POST("\"what\":\"gift\",\"cents\":1,\"reference\":\"x\""), "what"},
        {POST("\"what\":\"deposit\",\"cents\":0,\"reference\":\"x\""), "cents"},
        {POST("\"what\":\"deposit\",\"cents\":-5,\"reference\":\"x\""), "cents"},
        {POST("\"what\":\"deposit\",\"cents\":1.5,\"reference\":\"x\""), "cents"},
        {POST("\"what\":\"deposit\",\"cents\":5"), "reference"},
        {POST("\"what\":\"patient\",\"cents\":5,\"reference\":\"x\""), "account"},
        {POST("\"what\":\"match\",\"account\":\"A\",\"reference\":\"x\""), "match needs"},
        {POST("\"what\":\"match\",\"account\":\"A\",\"reference\":\"x\",\"cents\":5"), "cents"},
        {POST("\"what\":\"write-off\",\"account\":\"A\",\"cents\":5,\"reference\":\"x\""),
         "write-off"},
        {"{\"v\":\"post.v1\",\"what\":\"deposit\",\"cents\":5,\"reference\":\"x\",\"date\":"
         "\"soon\"}",
         "date"},
    };
    (void)state;
    SCENE(s);
    scene_open(&s, 90);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ledger_refusal why;
        struct record *r = scene_add(&s, "post", bad[i].body);
        assert_int_equal(ledger_take(s.l, r, &why), LEDGER_REFUSED);
        assert_string_equal(why.rule, "LEDGER_POST");
        if (!strstr(why.why, bad[i].says))
            fail_msg("%s: %s", bad[i].body, why.why);
    }
    scene_close(&s);
    arena_free(&s.mem);
}

/* ---- G10 ---- */

struct seen {
    int matched, no_era, no_eft, amount;
    int64_t no_era_cents, no_eft_cents, amount_cents;
    int tier;
};
static void see(void *ctx, const struct deposit_match *m)
{
    struct seen *x = ctx;
    if (m->deposit && m->payment) {
        x->matched++;
        x->tier = m->tier;
    }
    if (m->code && strcmp(m->code, "EFT_NO_ERA") == 0) {
        x->no_era++;
        x->no_era_cents += m->cents;
    }
    if (m->code && strcmp(m->code, "ERA_NO_EFT") == 0) {
        x->no_eft++;
        x->no_eft_cents += m->cents;
    }
    if (m->code && strcmp(m->code, "EFT_ERA_AMT") == 0) {
        x->amount++;
        x->amount_cents += m->cents;
    }
}

static void bank_day(struct scene *s)
{
    struct seen x = {0};
    deposits_match(s->l, see, &x);
    assert_int_equal(x.matched, 1);
    assert_int_equal(x.tier, 1);
    assert_int_equal(x.no_era, 1);
    assert_int_equal(x.no_era_cents, 8800);
    assert_int_equal(x.no_eft, 1);
    assert_int_equal(x.no_eft_cents, 105525);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 1);
    proved(s);
}

static void g10_bank_day(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00100001", "SBX01", "600", "99215*600"});
    scene_claim(&s, &(struct scene_bill){"RB00100002", "SBX01", "1400", "29881*1400"});
    scene_era(&s, "835a", "SBX01", "EFT0100", "412", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00100001*1*600*412**12*SB2600100~" SCENE_NM1
                    "SVC*HC:99215*600*412~CAS*CO*45*188~");
    scene_era(&s, "835b", "SBX01", "EFT0101", "1055.25", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00100002*1*1400*1000**12*SB2600101~" SCENE_NM1
                    "SVC*HC:29881*1400*1000~CAS*CO*45*400~");
    scene_remit(&s, "CLP*ZZ-UNKNOWN-7*1*90*55.25**12*SB2600102~NM1*QC*1*NOBODY*NO~"
                    "SVC*HC:99213*90*55.25~CAS*CO*45*34.75~");
    scene_file(&s, "bank");
    scene_add(&s, "post",
              POST("\"what\":\"deposit\",\"cents\":41200,\"reference\":\"EFT0100\","
                   "\"origin\":\"1512345678\""));
    scene_add(&s, "post",
              POST("\"what\":\"deposit\",\"cents\":8800,\"reference\":\"EFT0102\","
                   "\"origin\":\"1512345678\""));
    /* the payment's date is the 5th, a Saturday: the fourth business day after it is the 10th */
    s.rec[s.n - 1].at_us = SCENE_DAY + 9LL * 86400000000;
    scene_every_order(&s, 90, bank_day);
}

static void amounts_differ(struct scene *s)
{
    struct seen x = {0};
    deposits_match(s->l, see, &x);
    assert_int_equal(x.matched, 0);
    assert_int_equal(x.amount, 1);
    assert_int_equal(x.amount_cents, -100);
    proved(s);
}
static void a_deposit_of_another_amount_is_told(void **state)
{
    (void)state;
    SCENE(s);
    bill_and_pay(&s);
    scene_add(&s, "post",
              POST("\"what\":\"deposit\",\"cents\":8550,\"reference\":\"EFT0001\","
                   "\"origin\":\"1512345678\""));
    scene_every_order(&s, 90, amounts_differ);
}

static void found_by_amount(struct scene *s)
{
    struct seen x = {0};
    deposits_match(s->l, see, &x);
    assert_int_equal(x.matched, 1);
    assert_int_equal(x.tier, 3);
    proved(s);
}
static void a_deposit_without_its_trace_is_found_by_amount_and_day(void **state)
{
    (void)state;
    SCENE(s);
    bill_and_pay(&s);
    scene_add(&s, "post",
              POST("\"what\":\"deposit\",\"cents\":8650,\"reference\":\"STATEMENT 17\","
                   "\"origin\":\"1512345678\""));
    scene_every_order(&s, 90, found_by_amount);
}

static void business_days_leave_weekends_out(void **state)
{
    (void)state;
    /* 2026-09-04 is a Friday; days since 1970 */
    const int32_t friday = 20700;
    assert_int_equal(business_days(friday, friday), 0);
    assert_int_equal(business_days(friday, friday + 1), 0);
    assert_int_equal(business_days(friday, friday + 3), 1);
    assert_int_equal(business_days(friday, friday + 7), 5);
    assert_int_equal(business_days(friday + 3, friday), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patient_payment_refund_and_write_off),
        cmocka_unit_test(the_same_entry_in_another_file_changes_nothing),
        cmocka_unit_test(a_person_says_whose_a_number_is),
        cmocka_unit_test(a_number_is_given_to_one_account),
        cmocka_unit_test(an_entry_for_an_unknown_account_waits_in_sight),
        cmocka_unit_test(what_an_entry_must_say),
        cmocka_unit_test(g10_bank_day),
        cmocka_unit_test(a_deposit_of_another_amount_is_told),
        cmocka_unit_test(a_deposit_without_its_trace_is_found_by_amount_and_day),
        cmocka_unit_test(business_days_leave_weekends_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
