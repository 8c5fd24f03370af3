/* Answers to what we sent: every order of the records ends in the same transport states (DOMAIN
 * C.5, T), and answers to nothing that we sent are told (S2-041). */
#include "tests/unit.h"
#include "common/ledger/report.h"
#include "common/ledger/scene.h"

/* A file with two sets: claims a and b in the first, c in the second. */
static void sent(struct scene *s, struct rec_id a, struct rec_id b, struct rec_id c)
{
    char body[1024], hex[3][REC_ID_HEX];
    snprintf(body, sizeof body,
             "{\"name\":\"x.837\",\"file\":\"%064d\",\"isa13\":\"000000009\",\"gs06\":\"17\","
             "\"st02\":[\"0001\",\"0002\"],\"bht03\":[\"B9S1\",\"B9S2\"],\"set_claims\":[2,1],"
             "\"payer\":\"SBX01\",\"claims\":[\"%s\",\"%s\",\"%s\"]}",
             7, rec_id_hex(a, hex[0]), rec_id_hex(b, hex[1]), rec_id_hex(c, hex[2]));
    scene_file(s, "sent");
    scene_add(s, "sent", body);
}

static struct rec_id claim(struct scene *s, const char *pcn)
{
    return scene_claim(s, &(struct scene_bill){pcn, "SBX01", "190", "99213*190"})->id;
}

/* Three claims left in one file; what follows comes from another, an answer. */
static void three_sent(struct scene *s, const char *answer)
{
    scene_file(s, "837");
    struct rec_id a = claim(s, "RB1"), b = claim(s, "RB2"), c = claim(s, "RB3");
    sent(s, a, b, c);
    scene_file(s, answer);
}

#define ON_SET(st, yes, code)                                                                      \
    "{\"answer\":\"999\",\"of\":\"set\",\"accepted\":" yes ",\"code\":\"" code                     \
    "\",\"codes\":[],\"gs06\":\"17\",\"st02\":\"" st "\"}"
#define ON_CLAIM(pcn, batch, by, yes)                                                              \
    "{\"answer\":\"277CA\",\"of\":\"claim\",\"accepted\":" yes ",\"codes\":[\"A7:562:82\"],"       \
    "\"bht03\":\"" batch "\",\"pcn\":\"" pcn "\",\"by\":\"" by "\",\"charge\":19000}"

static enum transport transport_of(struct scene *s, const char *pcn)
{
    struct report *r = report_new(s->l);
    struct report_claim c;
    enum transport t = T_NONE;
    while (report_next(r, &c))
        if (phi_is(c.pcn, pcn))
            t = c.state.t;
    report_free(r);
    return t;
}

static int64_t off_by; /* of the last mismatch, cents */

static void count(void *ctx, const char *code, int64_t subject, int64_t cents, int64_t at_us)
{
    (void)subject, (void)at_us;
    *(int *)ctx += strcmp(code, "ACK_ORPHAN") == 0;
    if (strcmp(code, "ACK_MISMATCH") == 0)
        off_by = cents;
}

static int orphans(struct scene *s)
{
    int n = 0;
    report_exceptions(s->l, count, &n);
    return n;
}

static void half_lost(struct scene *s)
{
    off_by = 0;
    assert_int_equal(transport_of(s, "RB1"), T_ACCEPTED);
    assert_int_equal(transport_of(s, "RB2"), T_REJ_PAYER);
    assert_int_equal(transport_of(s, "RB3"), T_SET_REJ);
    assert_int_equal(orphans(s), 0);
    assert_int_equal(off_by, 0);
}
static void answers_move_what_was_sent(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "999");
    scene_add(&s, "ack", ON_SET("0001", "true", "A"));
    scene_add(&s, "ack", ON_SET("0002", "false", "R"));
    scene_add(&s, "ack",
              "{\"answer\":\"999\",\"of\":\"group\",\"accepted\":true,\"code\":\"P\","
              "\"gs06\":\"17\"}");
    scene_file(&s, "277");
    scene_add(&s, "ack", ON_CLAIM("RB1", "B9S1", "AY", "true"));
    scene_add(&s, "ack", ON_CLAIM("RB1", "B9S1", "PR", "true"));
    scene_add(&s, "ack", ON_CLAIM("RB2", "B9S1", "PR", "false"));
    scene_every_order(&s, 90, half_lost);
}

/* A group that is answered as a whole, without any set. */
static void syntax_ok(struct scene *s)
{
    assert_int_equal(transport_of(s, "RB1"), T_SYNTAX_OK);
    assert_int_equal(transport_of(s, "RB3"), T_SYNTAX_OK);
}
static void a_group_answered_as_a_whole(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "999");
    scene_add(&s, "ack",
              "{\"answer\":\"999\",\"of\":\"group\",\"accepted\":true,\"code\":\"A\","
              "\"gs06\":\"17\"}");
    scene_every_order(&s, 90, syntax_ok);
}

/* A file that is rejected as such, and one that is only accepted (which says nothing new). */
static void file_lost(struct scene *s)
{
    assert_int_equal(transport_of(s, "RB1"), T_FILE_REJ);
    assert_int_equal(orphans(s), 1);
}
static void still_sent(struct scene *s)
{
    struct report_claim c;
    struct report *r = report_new(s->l);
    int n = 0;
    while (report_next(r, &c)) {
        assert_int_equal(c.state.t, T_SENT);
        n++;
    }
    assert_int_equal(n, 3);
    report_free(r);
}

static void an_interchange_is_rejected(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "ta1");
#define ON_FILE(isa13, yes)                                                                        \
    "{\"answer\":\"TA1\",\"of\":\"interchange\",\"accepted\":" yes ",\"codes\":[\"001\"],"         \
    "\"isa13\":\"" isa13 "\"}"
    scene_add(&s, "ack", ON_FILE("000000009", "true"));
    scene_add(&s, "ack", ON_FILE("000000009", "false"));
    scene_add(&s, "ack", ON_FILE("000000010", "false"));
    scene_every_order(&s, 90, file_lost);
    /* it came twice, says the receiver: the first copy stands */
    struct scene twice = {0};
    three_sent(&twice, "ta1");
    scene_add(&twice, "ack",
              "{\"answer\":\"TA1\",\"of\":\"interchange\",\"accepted\":false,\"codes\":[\"025\"],"
              "\"isa13\":\"000000009\"}");
    scene_every_order(&twice, 90, still_sent);
}

/* S3-027: 191.00 is answered where 190.00 was sent; the answer counts, and is told. */
static void another_charge(struct scene *s)
{
    off_by = 0;
    assert_int_equal(orphans(s), 0);
    assert_int_equal(off_by, 100);
    assert_int_equal(transport_of(s, "RB1"), T_AT_PAYER);
}
static void an_answer_with_another_charge(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "277");
    scene_add(&s, "ack",
              "{\"answer\":\"277CA\",\"of\":\"claim\",\"accepted\":true,\"bht03\":\"B9S1\","
              "\"pcn\":\"RB1\",\"by\":\"AY\",\"charge\":19100}");
    scene_every_order(&s, 90, another_charge);
}

/* Another group, a set that the group does not have, another account, another batch: none of them
 * moves the claim. */
static void nobody(struct scene *s)
{
    assert_int_equal(transport_of(s, "RB1"), T_SENT);
    assert_int_equal(orphans(s), 4);
}
static void answers_to_nothing_are_told(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "999");
    scene_add(&s, "ack",
              "{\"answer\":\"999\",\"of\":\"group\",\"accepted\":false,\"code\":\"R\","
              "\"gs06\":\"18\"}");
    scene_add(&s, "ack", ON_SET("0009", "false", "R"));
    scene_file(&s, "277");
    scene_add(&s, "ack", ON_CLAIM("RB8", "B9S1", "PR", "false"));
    scene_add(&s, "ack", ON_CLAIM("RB1", "B8S1", "PR", "false"));
    scene_every_order(&s, 90, nobody);
}

static void count_rejected(void *ctx, const char *code, int64_t subject, int64_t cents, int64_t at)
{
    int *n = ctx;
    (void)subject, (void)cents, (void)at;
    *n += strcmp(code, "OUT_REJ") == 0 ? 1 : 0;
    *n += strcmp(code, "ACK_ORPHAN") == 0 ? 100 : 0;
}

/* A 999 to inquiries: nothing of claims; one that rejects is told once a file. */
static void an_inquiry_that_is_rejected_is_told(void **state)
{
    (void)state;
    struct scene s = {0};
    struct ledger_refusal why;
    static const char *const said[] = {
        "{\"answer\":\"999\",\"of\":\"outgoing\",\"accepted\":true,\"gs06\":\"300000001\"}",
        "{\"answer\":\"999\",\"of\":\"outgoing\",\"accepted\":false,\"gs06\":\"300000002\","
        "\"st02\":\"0001\"}",
        "{\"answer\":\"999\",\"of\":\"outgoing\",\"accepted\":false,\"gs06\":\"300000002\"}",
        "{\"answer\":\"TA1\",\"of\":\"outgoing\",\"accepted\":false,\"isa13\":\"200000009\"}"};
    int n = 0;
    scene_open(&s, 90);
    scene_file(&s, "999");
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_int_equal(ledger_take(s.l, scene_add(&s, "ack", said[i]), &why), LEDGER_NEW);
    ledger_commit(s.l);
    report_exceptions(s.l, count_rejected, &n);
    assert_int_equal(n, 2);
    scene_close(&s);
    arena_free(&s.mem);
}

static void what_is_no_answer_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{\"answer\":\"999\",\"of\":\"set\",\"gs06\":\"1\",\"st02\":\"1\"}",
        "{\"answer\":\"999\",\"of\":\"set\",\"gs06\":\"1\",\"accepted\":true}",
        "{\"answer\":\"277CA\",\"of\":\"claim\",\"accepted\":true}",
        "{\"answer\":\"TA1\",\"of\":\"interchange\",\"accepted\":true}",
        "{\"of\":\"group\",\"gs06\":\"1\",\"accepted\":true}"};
    struct scene s = {0};
    struct ledger_refusal why;
    scene_open(&s, 90);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct record *r = scene_add(&s, "ack", bad[i]);
        assert_int_equal(ledger_take(s.l, r, &why), LEDGER_REFUSED);
        assert_string_equal(why.rule, "LEDGER_ACK");
    }
    ledger_commit(s.l);
    scene_close(&s);
    arena_free(&s.mem);
}

#define STATUS(pcn, code)                                                                          \
    "{\"answer\":\"277\",\"of\":\"status\",\"accepted\":true,\"code\":\"" code                     \
    "\",\"codes\":[],\"pcn\":\"" pcn "\",\"trace\":\"Q1\",\"by\":\"PR\",\"charge\":19000}"

static enum adjudication adjudication_of(struct scene *s, const char *pcn)
{
    struct report *r = report_new(s->l);
    struct report_claim c;
    enum adjudication a = A_NONE;
    while (report_next(r, &c))
        if (phi_is(c.pcn, pcn))
            a = c.state.a;
    report_free(r);
    return a;
}

static void count_code(void *ctx, const char *code, int64_t subject, int64_t cents, int64_t at_us)
{
    (void)subject, (void)cents, (void)at_us;
    *(int *)ctx += strcmp(code, "RESP_ORPHAN") == 0;
}

/* DOMAIN C.5, A: P pends, R wants something, F is decided and waits for the remittance, D0 and A4 are
 * not found, which a person looks at. */
static void inquired(struct scene *s)
{
    int lost = 0;
    assert_int_equal(adjudication_of(s, "RB1"), A_PENDED);
    assert_int_equal(adjudication_of(s, "RB2"), A_INFO_NEEDED);
    assert_int_equal(adjudication_of(s, "RB3"), A_FINAL);
    assert_int_equal(adjudication_of(s, "RB4"), A_LOST);
    assert_int_equal(adjudication_of(s, "RB5"), A_LOST);
    assert_int_equal(adjudication_of(s, "RB6"), A_PAID);
    assert_int_equal(orphans(s), 0);
    report_exceptions(s->l, count_code, &lost);
    assert_int_equal(lost, 1);
}
static void a_status_moves_the_adjudication(void **state)
{
    (void)state;
    struct scene s = {0};
    scene_file(&s, "837");
    struct rec_id a = claim(&s, "RB1"), b = claim(&s, "RB2"), c = claim(&s, "RB3");
    claim(&s, "RB4");
    claim(&s, "RB5");
    claim(&s, "RB6");
    sent(&s, a, b, c);
    scene_file(&s, "277");
    scene_add(&s, "ack", STATUS("RB1", "P1"));
    scene_add(&s, "ack", STATUS("RB2", "R4"));
    scene_add(&s, "ack", STATUS("RB3", "F1"));
    scene_add(&s, "ack", STATUS("RB4", "D0"));
    scene_add(&s, "ack", STATUS("RB5", "A4"));
    scene_add(&s, "ack", STATUS("RB6", "F1"));
    scene_era(&s, "835", "SBX01", "EFT1", "150", "ACH");
    scene_payment(&s, 1);
    scene_remit(&s, "CLP*RB6*1*190*150**12*C6~" SCENE_NM1 "SVC*HC:99213*190*150~CAS*CO*45*40~");
    scene_file(&s, "277B");
    scene_add(&s, "ack", STATUS("NOBODYS", "P1"));
    scene_add(&s, "ack",
              "{\"answer\":\"271\",\"of\":\"eligibility\",\"accepted\":true,"
              "\"code\":\"1\",\"codes\":[\"1\"],\"trace\":\"T1\"}");
    scene_every_order(&s, 90, inquired);
}

/* Tier 4 (DOMAIN C.2): the account comes back garbled and nobody's name, with the number that the
 * payer gave when it took the claim. RB1 by a 277CA, RB2 by a 277; of RB3 another payer gave it. */
#define NUMBERED(pcn, batch, yes, control)                                                         \
    "{\"answer\":\"277CA\",\"of\":\"claim\",\"accepted\":" yes ",\"codes\":[],"                    \
    "\"bht03\":\"" batch "\",\"pcn\":\"" pcn "\",\"by\":\"PR\",\"control\":\"" control             \
    "\",\"charge\":19000}"

static void pay_garbled_as(struct scene *s, const char *file, const char *payer,
                           const char *control, int status)
{
    char clp[256];
    snprintf(clp, sizeof clp,
             "CLP*GARBLED*%d*190*150**12*%s~NM1*QC*1*X*Y~SVC*HC:99213*190*150~CAS*CO*45*40~",
             status, control);
    scene_era(s, file, payer, file, "150", "ACH");
    scene_payment(s, 1);
    scene_remit(s, clp);
}

static void pay_garbled(struct scene *s, const char *file, const char *payer, const char *control)
{
    pay_garbled_as(s, file, payer, control, 1);
}

static void found_by_answer(struct scene *s)
{
    assert_int_equal(scene_paid(s, "RB1"), 15000);
    assert_int_equal(scene_paid(s, "RB2"), 15000);
    assert_int_equal(scene_paid(s, "RB3"), 0);
    assert_int_equal(scene_total(s, ACCOUNT_UNAPPLIED), -15000);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 1);
}
static void a_number_that_an_answer_gave_names_the_claim(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "277");
    scene_add(&s, "ack", NUMBERED("RB1", "B9S1", "true", "ICN1"));
    scene_add(
        &s, "ack",
        "{\"answer\":\"277\",\"of\":\"status\",\"accepted\":true,\"code\":\"P1\",\"codes\":[],"
        "\"pcn\":\"RB2\",\"trace\":\"Q1\",\"by\":\"PR\",\"control\":\"ICN2\",\"charge\":19000}");
    scene_add(&s, "ack", NUMBERED("RB3", "B9S2", "true", "ICN3"));
    pay_garbled(&s, "835A", "SBX01", "ICN1");
    pay_garbled(&s, "835B", "SBX01", "ICN2");
    pay_garbled(&s, "835C", "OTHR9", "ICN3");
    scene_every_order(&s, 90, found_by_answer);
}

/* Payers count alike: a second payer's number is not that of the claim to which another payer gave the
 * same one, although a second payer need not be named on the claim. */
static void second_of_nobody(struct scene *s)
{
    assert_int_equal(scene_paid(s, "RB1"), 0);
    assert_int_equal(scene_total(s, ACCOUNT_UNAPPLIED), -15000);
}
static void a_second_payers_number_is_its_own(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "277");
    scene_add(&s, "ack", NUMBERED("RB1", "B9S1", "true", "ICN1"));
    pay_garbled_as(&s, "835A", "OTHR9", "ICN1", 2);
    scene_every_order(&s, 90, second_of_nobody);
}

/* A number in a rejection, in the answer to a batch that is not ours, and none at all: a person
 * decides. */
static void not_found_by_answer(struct scene *s)
{
    assert_int_equal(scene_total(s, ACCOUNT_UNAPPLIED), -45000);
    assert_int_equal(scene_exceptions(s, "ERA_UNMATCHED"), 3);
}
static void a_number_that_means_nothing_names_no_claim(void **state)
{
    (void)state;
    struct scene s = {0};
    three_sent(&s, "277");
    scene_add(&s, "ack", NUMBERED("RB1", "B9S1", "false", "ICN1"));
    scene_add(&s, "ack", NUMBERED("RB2", "B9S7", "true", "ICN2"));
    scene_add(&s, "ack", NUMBERED("RB3", "B9S2", "true", ""));
    pay_garbled(&s, "835A", "SBX01", "ICN1");
    pay_garbled(&s, "835B", "SBX01", "ICN2");
    pay_garbled(&s, "835C", "SBX01", "");
    scene_every_order(&s, 90, not_found_by_answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_move_what_was_sent),
        cmocka_unit_test(a_status_moves_the_adjudication),
        cmocka_unit_test(a_number_that_an_answer_gave_names_the_claim),
        cmocka_unit_test(a_second_payers_number_is_its_own),
        cmocka_unit_test(a_number_that_means_nothing_names_no_claim),
        cmocka_unit_test(a_group_answered_as_a_whole),
        cmocka_unit_test(an_interchange_is_rejected),
        cmocka_unit_test(an_answer_with_another_charge),
        cmocka_unit_test(answers_to_nothing_are_told),
        cmocka_unit_test(an_inquiry_that_is_rejected_is_told),
        cmocka_unit_test(what_is_no_answer_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
