/* Where a claim stands, and whose it is at which hour: each expectation is counted by hand from the
 * timers of config/work. */
#include "common/followup/followup.h"
#include "common/util/clock.h"
#include "tests/unit.h"

static struct arena A;
static const struct queues *Q;

static int64_t at(const char *text)
{
    int64_t us;
    assert_true(time_parse(text, &us));
    return us;
}

static int setup(void **state)
{
    struct buf error = {0};
    (void)state;
    Q = queues_load("config/work", &A, &error);
    return Q ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&A);
    return 0;
}

/* 2026-09-01 is a Tuesday. */
static struct state_fact fact(enum state_event kind, const char *when)
{
    return (struct state_fact){.kind = kind,
                               .version = 1,
                               .rank = 1,
                               .at = at(when),
                               .frequency = '1',
                               .bytes = 7,
                               .phase = kind > 12 ? 3 : 0};
}

static struct report_claim claim_of(struct state_fact *f, size_t n, const struct state_money *m)
{
    struct report_claim c = {.chain = 1,
                             .service = 20697,
                             .open = m->receivable + m->denial,
                             .denied = m->denial,
                             .patient = m->patient};
    c.state = state_fold(f, n, m);
    c.facts = f;
    c.facts_n = n;
    c.payer[1] = phi_lit("SBX01");
    return c;
}

#define LIFE(...)                                                                                  \
    struct state_fact f[] = {fact(EV_BUILT, "2026-09-01T08:00:00Z"),                               \
                             fact(EV_EDITS_PASSED, "2026-09-01T08:00:00Z"), __VA_ARGS__};          \
    struct state_money money = {.receivable = 10000};                                              \
    struct report_claim c = claim_of(f, sizeof f / sizeof *f, &money)
#define SENT     fact(EV_BATCHED, "2026-09-01T09:00:00Z"), fact(EV_SENT, "2026-09-01T09:00:00Z")
#define TAKEN    SENT, fact(EV_SYNTAX_OK, "2026-09-01T10:00:00Z")
#define ACCEPTED TAKEN, fact(EV_ACCEPTED_BY_PAYER, "2026-09-02T10:00:00Z")

/* At `when` the claim is a person's under `code` since `since`. */
static struct watch person(const struct report_claim *c, const char *when, const char *code,
                           const char *since)
{
    struct watch w = watch_claim(c, &Q->timers, NULL, 0, at(when));
    assert_non_null(w.code);
    assert_string_equal(w.code, code);
    assert_int_equal(w.since, at(since));
    return w;
}

/* At `when` nobody has to do anything; at `next` somebody will, under `code`. */
static struct watch timer(const struct report_claim *c, const char *when, const char *next,
                          const char *code)
{
    struct watch w = watch_claim(c, &Q->timers, NULL, 0, at(when));
    assert_null(w.code);
    assert_string_equal(w.then, code);
    assert_int_equal(w.next, at(next));
    assert_false(w.ended);
    return w;
}

static void not_sent(void **state)
{
    (void)state;
    LIFE();
    timer(&c, "2026-09-02T07:59:59Z", "2026-09-02T08:00:00Z", "NOT_SENT");
    person(&c, "2026-09-02T08:00:00Z", "NOT_SENT", "2026-09-02T08:00:00Z");
}

static void no_999(void **state)
{
    (void)state;
    LIFE(SENT);
    timer(&c, "2026-09-02T08:59:59Z", "2026-09-02T09:00:00Z", "NO_ACK");
    person(&c, "2026-09-02T09:00:00Z", "NO_ACK", "2026-09-02T09:00:00Z");
}

/* Two work days behind Tuesday the first: the end of Thursday. It is asked for at once, then each week. */
static void no_277ca(void **state)
{
    (void)state;
    LIFE(TAKEN);
    timer(&c, "2026-09-03T23:59:59Z", "2026-09-04T00:00:00Z", "NO_CA");
    struct watch w = person(&c, "2026-09-04T12:00:00Z", "NO_CA", "2026-09-04T00:00:00Z");
    assert_int_equal(w.ask_us, at("2026-09-04T00:00:00Z"));
    assert_int_equal(w.ask_n, 1);
}

/* Labor Day (a holiday of the payer) and a weekend do not count; its midnight is in its own zone. */
static void no_277ca_by_the_payers_calendar(void **state)
{
    struct buf error = {0};
    (void)state;
    struct profiles *s =
        profiles_parse("slow",
                       phi_lit("partner slow \"Slow\"\npayer SLW01\ncalendar\n  zone mountain\n"
                               "  holidays 2026-09-07\n  277ca-days 4\n"),
                       NULL, &error);
    assert_non_null(s);
    LIFE(TAKEN);
    struct timers t = timers_for(&Q->timers, profiles_at(s, 0), &A);
    assert_non_null(strstr(t.of[TIMER_CA].source, ":6"));
    /* from Tuesday: Wed, Thu, Fri, Tue the eighth; its end in Denver is 06:00 of the ninth in UTC */
    struct watch w = watch_claim(&c, &t, profiles_at(s, 0), 0, at("2026-09-09T05:59:59Z"));
    assert_null(w.code);
    assert_int_equal(w.next, at("2026-09-09T06:00:00Z"));
    w = watch_claim(&c, &t, profiles_at(s, 0), 0, at("2026-09-09T06:00:00Z"));
    assert_string_equal(w.code, "NO_CA");
    profiles_free(s);
}

static void status_is_asked(void **state)
{
    (void)state;
    LIFE(ACCEPTED);
    timer(&c, "2026-09-16T09:59:59Z", "2026-09-16T10:00:00Z", "STATUS_DUE");
    struct watch w = person(&c, "2026-09-16T10:00:00Z", "STATUS_DUE", "2026-09-16T10:00:00Z");
    assert_int_equal(w.ask_us, at("2026-09-16T10:00:00Z"));
    assert_int_equal(w.ask_n, 1);
}

/* Asked on day 14: two work days for the answer, then it is a person's; asked again on day 21. */
static void status_again(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_ASKED, "2026-09-16T10:00:00Z"));
    timer(&c, "2026-09-16T10:00:01Z", "2026-09-19T00:00:00Z", "STATUS_DUE");
    struct watch w = person(&c, "2026-09-20T00:00:00Z", "STATUS_DUE", "2026-09-19T00:00:00Z");
    assert_string_equal(w.why, "asked, no answer");
    assert_int_equal(w.ask_us, 0);
    w = person(&c, "2026-09-23T10:00:00Z", "STATUS_DUE", "2026-09-23T10:00:00Z");
    assert_int_equal(w.ask_us, at("2026-09-23T10:00:00Z"));
    assert_int_equal(w.ask_n, 2);
}

/* The payer answered between: it is not asked at the time that is past, but at the next. */
static void heard(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_PENDED, "2026-09-17T10:00:00Z"));
    struct watch w = timer(&c, "2026-09-18T00:00:00Z", "2026-09-23T10:00:00Z", "STATUS_DUE");
    assert_int_equal(w.ask_us, 0);
    person(&c, "2026-10-17T10:00:00Z", "PENDED", "2026-10-17T10:00:00Z");
}

static void inquiries_are_bounded(void **state)
{
    (void)state;
    LIFE(ACCEPTED);
    /* days 14, 21, 30, 37, 44, 51, 58, 65: the eighth is the last */
    struct watch w = watch_claim(&c, &Q->timers, NULL, 0, at("2027-06-01T00:00:00Z"));
    assert_int_equal(w.ask_us, at("2026-11-06T10:00:00Z"));
}

static void and_then_a_person_calls(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_ASKED, "2026-11-06T10:00:00Z"));
    struct watch w = watch_claim(&c, &Q->timers, NULL, 0, at("2027-06-01T00:00:00Z"));
    assert_int_equal(w.ask_us, 0);
    assert_string_equal(w.code, "NO_REMIT");
}

static void no_remittance(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_ASKED, "2026-09-30T10:00:00Z"));
    /* counts for Wednesday the second; its end and 30 days */
    person(&c, "2026-10-03T00:00:00Z", "NO_REMIT", "2026-10-03T00:00:00Z");
}

static void said_by_the_payer(void **state)
{
    (void)state;
    {
        LIFE(ACCEPTED, fact(EV_INFO_WANTED, "2026-09-10T10:00:00Z"));
        struct watch w = person(&c, "2026-09-10T10:00:00Z", "RFAI", "2026-09-10T10:00:00Z");
        assert_int_equal(w.due, at("2026-10-10T10:00:00Z"));
        w = watch_claim(&c, &Q->timers, NULL, at("2026-09-25T00:00:00Z"),
                        at("2026-09-11T00:00:00Z"));
        assert_int_equal(w.due, at("2026-09-25T00:00:00Z")); /* the payer's own day */
    }
    {
        LIFE(ACCEPTED, fact(EV_LOST, "2026-09-17T10:00:00Z"));
        person(&c, "2026-09-17T10:00:00Z", "LOST", "2026-09-17T10:00:00Z");
    }
    {
        LIFE(ACCEPTED, fact(EV_FINAL, "2026-09-17T10:00:00Z"));
        timer(&c, "2026-09-27T09:59:59Z", "2026-09-27T10:00:00Z", "FINAL_NO_REMIT");
        person(&c, "2026-09-27T10:00:00Z", "FINAL_NO_REMIT", "2026-09-27T10:00:00Z");
    }
    {
        LIFE(SENT, fact(EV_REJECTED_BY_PAYER, "2026-09-02T10:00:00Z"));
        person(&c, "2026-09-02T10:00:00Z", "PAYER_REJ", "2026-09-02T10:00:00Z");
    }
}

/* A part was answered: the rest has 14 days. */
static void the_rest(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_PAID, "2026-09-15T10:00:00Z"));
    timer(&c, "2026-09-16T00:00:00Z", "2026-09-29T10:00:00Z", "REST_MISSING");
    person(&c, "2026-09-29T10:00:00Z", "REST_MISSING", "2026-09-29T10:00:00Z");
}

static void appealed(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_DENIED, "2026-09-15T10:00:00Z"),
         fact(EV_USER_APPEAL, "2026-09-20T10:00:00Z"));
    assert_int_equal(c.state.appeals, 1);
    timer(&c, "2026-09-21T00:00:00Z", "2026-11-19T10:00:00Z", "APPEAL_OPEN");
    person(&c, "2026-11-19T10:00:00Z", "APPEAL_OPEN", "2026-11-19T10:00:00Z");
}

/* A corrected claim is on its way: its own silence counts, not the answer before. */
static void corrected(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_DENIED, "2026-09-15T10:00:00Z"));
    struct state_fact g[16];
    memcpy(g, f, sizeof f);
    size_t n = sizeof f / sizeof *f;
    const enum state_event again[] = {EV_BUILT, EV_EDITS_PASSED, EV_BATCHED, EV_SENT};
    for (size_t i = 0; i < 4; i++) {
        g[n] = fact(again[i], "2026-09-20T10:00:00Z");
        g[n].version = 2;
        g[n].bytes = 8;
        g[n].control = true;
        g[n++].frequency = '7';
    }
    c = claim_of(g, n, &money);
    timer(&c, "2026-09-21T09:59:59Z", "2026-09-21T10:00:00Z", "NO_ACK");
    person(&c, "2026-09-21T10:00:00Z", "NO_ACK", "2026-09-21T10:00:00Z");
}

/* What is left is for a second payer, who was not billed. */
static void the_next_payer(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_PAID, "2026-09-15T10:00:00Z"));
    struct state_money left = {.patient = 2500, .next_payer = true};
    c = claim_of(f, sizeof f / sizeof *f, &left);
    c.open = 2500;
    c.patient = 0;
    person(&c, "2026-09-15T10:00:00Z", "SECONDARY_DUE", "2026-09-15T10:00:00Z");
    struct state_fact g[16];
    memcpy(g, f, sizeof f);
    g[sizeof f / sizeof *f] = fact(EV_FORWARDED, "2026-09-15T10:00:00Z");
    c = claim_of(g, sizeof f / sizeof *f + 1, &left);
    c.open = 2500;
    c.patient = 0;
    timer(&c, "2026-09-16T00:00:00Z", "2026-10-15T10:00:00Z", "CROSS_MISSING");
}

static void settled(void **state)
{
    (void)state;
    LIFE(ACCEPTED, fact(EV_PAID, "2026-09-15T10:00:00Z"));
    struct state_money left = {.patient = 2500};
    c = claim_of(f, sizeof f / sizeof *f, &left);
    timer(&c, "2026-09-16T00:00:00Z", "2026-12-14T10:00:00Z", "PATIENT_DUE");
    c = claim_of(f, sizeof f / sizeof *f, &(struct state_money){0});
    assert_true(watch_claim(&c, &Q->timers, NULL, 0, at("2027-09-16T00:00:00Z")).ended);
    struct state_money denied = {.denial = 2500};
    c = claim_of(f, sizeof f / sizeof *f, &denied);
    struct watch w = watch_claim(&c, &Q->timers, NULL, 0, at("2027-09-16T00:00:00Z"));
    assert_true(w.elsewhere && !w.ended && !w.code);
}

/* Service on 2026-09-01, 90 days to file: gone on 2026-12-01. */
static void time_to_file(void **state)
{
    (void)state;
    {
        LIFE(SENT, fact(EV_REJECTED_HERE, "2026-09-02T10:00:00Z"));
        struct watch w = watch_claim(&c, &Q->timers, NULL, 0, at("2026-10-25T00:00:00Z"));
        assert_int_equal(w.timely, 60);
        assert_int_equal(w.limit_us, at("2026-11-30T23:59:59Z"));
        assert_int_equal(watch_claim(&c, &Q->timers, NULL, 0, at("2027-10-25T00:00:00Z")).timely,
                         100);
    }
    {
        LIFE(ACCEPTED); /* filed */
        assert_int_equal(watch_claim(&c, &Q->timers, NULL, 0, at("2026-11-25T00:00:00Z")).timely,
                         0);
    }
}

/* Every claim that the fold can make waits for something, is somebody's, or is ended. */
static void nothing_is_forgotten(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 30000; round++) {
        struct state_fact f[9];
        size_t n = 2 + (size_t)(round % 8);
        for (size_t i = 0; i < n; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            f[i] = fact(i ? (enum state_event)(seed % STATE_EVENTS) : EV_BUILT,
                        "2026-09-01T08:00:00Z");
            f[i].rank = 1 + (int)(seed >> 20) % 2 * (i > 0);
            f[i].version = f[i].rank;
            f[i].control = true;
            f[i].frequency = "178"[(seed >> 24) % 3];
            f[i].at += (int64_t)(seed >> 30 & 0xff) * 3600000000;
        }
        struct state_money m = {(int64_t)(seed >> 40) % 3 * 100, (int64_t)(seed >> 42) % 2 * 100,
                                (int64_t)(seed >> 44) % 2 * 100, (seed >> 46) & 1};
        struct report_claim c = claim_of(f, n, &m);
        if (m.next_payer) {
            c.open += m.patient;
            c.patient = 0;
        }
        for (int day = 0; day < 400; day += 37) {
            int64_t now = at("2026-09-01T08:00:00Z") + day * 86400000000LL;
            struct watch w = watch_claim(&c, &Q->timers, NULL, 0, now);
            assert_true(w.code || w.next > now || w.ended || w.elsewhere);
            assert_true(!w.code || *queue_of(Q, w.code)->code); /* a queue of its own */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_sent),
        cmocka_unit_test(no_999),
        cmocka_unit_test(no_277ca),
        cmocka_unit_test(no_277ca_by_the_payers_calendar),
        cmocka_unit_test(status_is_asked),
        cmocka_unit_test(status_again),
        cmocka_unit_test(heard),
        cmocka_unit_test(inquiries_are_bounded),
        cmocka_unit_test(and_then_a_person_calls),
        cmocka_unit_test(no_remittance),
        cmocka_unit_test(said_by_the_payer),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(appealed),
        cmocka_unit_test(corrected),
        cmocka_unit_test(the_next_payer),
        cmocka_unit_test(settled),
        cmocka_unit_test(time_to_file),
        cmocka_unit_test(nothing_is_forgotten),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
