/* The same files on other days: an answer and its taking back may come in any order, long after each
 * other, and the claim stands where it stands. */
#include "tests/unit.h"

#include "common/ledger/proof.h"
#include "common/ledger/report.h"
#include "common/ledger/scene.h"

#define SCENE(s)                                                                                   \
    struct scene s = {0};                                                                          \
    scene_file(&(s), "a")

enum { FILES = 4, ORDERS = 24 };

static struct claim_state state_of(struct scene *s, const char *pcn)
{
    struct report *r = report_new(s->l);
    struct report_claim c;
    struct claim_state found = {0};
    while (report_next(r, &c))
        if (phi_is(c.pcn, pcn))
            found = c.state;
    report_free(r);
    return found;
}

static void proved(struct scene *s)
{
    struct proof_result r[PROOFS];
    proof_run(s->l, s->dir, true, r);
    for (int i = 0; i < PROOFS; i++)
        if (r[i].verdict == PROOF_BROKEN && strcmp(r[i].id, "originals") &&
            strcmp(r[i].id, "arrived") && strcmp(r[i].id, "files"))
            fail_msg("%s: %s", r[i].id, r[i].example);
}

/* The number of the file of record i, from 0, in the order of the scene. */
static int file_of(const struct scene *s, int i)
{
    int n = 0;
    for (int k = 1; k <= i; k++)
        n += memcmp(&s->rec[k].file, &s->rec[k - 1].file, sizeof s->rec[k].file) != 0;
    return n;
}

/* Permutation number `which` of 0..FILES-1. */
static void arrange(int which, int to[FILES])
{
    int left[FILES] = {0, 1, 2, 3};
    for (int n = FILES; n > 0; n--) {
        int k = which % n;
        which /= n;
        to[FILES - n] = left[k];
        memmove(&left[k], &left[k + 1], (size_t)(n - k - 1) * sizeof *left);
    }
}

static int place_of(const int files[FILES], int file)
{
    int i = 0;
    while (files[i] != file)
        i++;
    return i;
}

static bool in_order(const int files[FILES], const char *kept)
{
    for (; kept[0] && kept[1]; kept++)
        if (place_of(files, kept[0] - '0') > place_of(files, kept[1] - '0'))
            return false;
    return true;
}

/* Plays the files in every order in which these (as digits) come one behind the other, each on a day
 * of its own. */
static void on_other_days(struct scene *s, const char *kept, void (*check)(struct scene *))
{
    int order[SCENE_MAX], files[FILES];
    for (int which = 0; which < ORDERS; which++) {
        int n = 0;
        arrange(which, files);
        if (!in_order(files, kept))
            continue;
        for (int f = 0; f < FILES; f++)
            for (int i = 0; i < s->n; i++)
                if (file_of(s, i) == files[f]) {
                    s->rec[i].at_us = SCENE_DAY + (int64_t)f * 86400 * 1000000 + i;
                    order[n++] = i;
                }
        assert_int_equal(n, s->n);
        scene_open(s, 90);
        scene_play(s, order);
        check(s);
        scene_play(s, order);
        check(s);
        scene_close(s);
    }
    arena_free(&s->mem);
}

static void denied(struct scene *s)
{
    struct claim_state c = state_of(s, "RB00030001");
    assert_string_equal(adjudication_name(c.a), adjudication_name(A_DENIED));
    assert_int_equal(scene_paid(s, "RB00030001"), 0);
    assert_int_equal(scene_claim_balance(s, "RB00030001", ACCOUNT_DENIAL), 18000);
    assert_int_equal(scene_exceptions(s, "ERA_REV_UNMATCHED"), 0);
    proved(s);
}
static void paid_taken_back_and_denied(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00030001", "SBX01", "180", "99213*180"});
    scene_era(&s, "835a", "SBX01", "EFT0300", "110", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00030001*1*180*110**12*SB2600300~" SCENE_NM1
                    "SVC*HC:99213*180*110~CAS*CO*45*70~");
    scene_era(&s, "835b", "SBX01", "EFT0301", "-110", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00030001*22*-180*-110**12*SB2600300~" SCENE_NM1
                    "SVC*HC:99213*-180*-110~CAS*CO*45*-70~");
    scene_remit(&s, "CLP*RB00030001*4*180*0**12*SB2600301~" SCENE_NM1
                    "SVC*HC:99213*180*0~CAS*CO*50*180~");
    scene_era(&s, "835c", "SBX01", "EFT0302", "50", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*NOBODY*1*60*50**12*SB2600399~NM1*QC*1*OTHER*PERSON****MI*QQQ~"
                    "DTM*232*20250101~SVC*HC:99212*60*50~CAS*CO*45*10~");
    on_other_days(&s, "", denied);
}

static void nothing_left(struct scene *s)
{
    struct claim_state c = state_of(s, "RB00120001");
    assert_string_equal(adjudication_name(c.a), adjudication_name(A_VOIDED));
    assert_int_equal(scene_claim_balance(s, "RB00120001", ACCOUNT_CHARGES), 0);
    assert_int_equal(scene_claim_balance(s, "RB00120001", ACCOUNT_RECEIVABLE), 0);
    assert_int_equal(scene_claim_balance(s, "RB00120001", ACCOUNT_CONTRACTUAL), 0);
    assert_int_equal(scene_paid(s, "RB00120001"), 0);
    assert_int_equal(scene_total(s, ACCOUNT_UNAPPLIED), 0);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 0);
    assert_int_equal(scene_exceptions(s, "ERA_REV_UNMATCHED"), 0);
    proved(s);
}
static void the_answer_to_a_voided_claim_comes_behind_its_taking_back(void **state)
{
    (void)state;
    SCENE(s);
    scene_file(&s, "837");
    scene_claim(&s, &(struct scene_bill){"RB00120001", "SBX01", "180", "99213*180"});
    scene_claim(&s, &(struct scene_bill){"RB00120001", "SBX01", "180", "99213*180", "P", "8",
                                         "REF*F8*SB2600120~"});
    scene_era(&s, "835a", "SBX01", "EFT0120", "110", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00120001*1*180*110**12*SB2600120~" SCENE_NM1
                    "SVC*HC:99213*180*110~CAS*CO*45*70~");
    scene_era(&s, "835b", "SBX01", "EFT0121", "-170", "ACH");
    scene_payment(&s, 2);
    scene_remit(&s, "CLP*RB00120001*22*-180*-110**12*SB2600120~" SCENE_NM1
                    "SVC*HC:99213*-180*-110~CAS*CO*45*-70~");
    scene_remit(&s, "CLP*RB00120001*22*-180*-60**12*SB2600121~" SCENE_NM1
                    "SVC*HC:99213*-180*-60~CAS*CO*45*-120~");
    scene_era(&s, "835c", "SBX01", "EFT0122", "60", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB00120001*1*180*60**12*SB2600121~" SCENE_NM1
                    "SVC*HC:99213*180*60~CAS*CO*45*120~");
    on_other_days(&s, "02", nothing_left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paid_taken_back_and_denied),
        cmocka_unit_test(the_answer_to_a_voided_claim_comes_behind_its_taking_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
