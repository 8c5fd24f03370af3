#include "common/readers/bank.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>

struct seen {
    int n;
    int64_t cents;
    char reference[40], origin[40];
};

static void see(void *ctx, const struct entry_line *e, phi_str part)
{
    struct seen *s = ctx;
    s->n++;
    s->cents += e->cents;
    snprintf(s->reference, sizeof s->reference, "%.*s", (int)e->reference.n, e->reference.p);
    snprintf(s->origin, sizeof s->origin, "%.*s", (int)e->origin.n, e->origin.p);
    assert_true(part.n > 3);
}

static bool read_text(const char *text, struct seen *s, struct bank_fault *f)
{
    const struct bank_sink to = {see, s};
    *s = (struct seen){0};
    *f = (struct bank_fault){0};
    return bank_deposits(phi_lit(text), &to, f);
}

static void trace_is(const char *text, const char *trace, const char *origin)
{
    phi_str t = phi_lit(""), o = phi_lit("");
    assert_int_equal(entry_trace(phi_lit(text), &t, &o), trace != NULL);
    if (trace) {
        assert_true(phi_is(t, trace));
        assert_true(phi_is(o, origin));
    }
}

static void traces_with_any_delimiters(void **state)
{
    (void)state;
    trace_is("TRN*1*E1*1512345678\\", "E1", "1512345678");
    trace_is("TRN*1*E1*1512345678~", "E1", "1512345678");
    trace_is("RMR|x~TRN|1|E 1|15~", "E 1", "15");
    trace_is("TRN*1*E1", "E1", "");
    trace_is("TRN*1**1512345678\\", NULL, NULL);
    trace_is("TRN*2*E1*1512345678\\", NULL, NULL);
    trace_is("PATRN*1*E1*1\\", NULL, NULL);
    trace_is("TRN*1", NULL, NULL);
    trace_is("", NULL, NULL);
}

static void days(void **state)
{
    char out[11];
    (void)state;
    assert_true(entry_date(phi_lit("9/5/2026"), out));
    assert_string_equal(out, "2026-09-05");
    assert_true(entry_date(phi_lit("260905"), out));
    assert_string_equal(out, "2026-09-05");
    assert_false(entry_date(phi_lit("2026-02-30"), out));
    assert_false(entry_date(phi_lit(""), out));
    assert_false(entry_date((phi_str){0}, out));
}

static void columns_of_a_bank(void **state)
{
    struct seen s;
    struct bank_fault f;
    (void)state;
    assert_true(read_text("Date,Amount,Reference,Origin\n2026-09-05,\"1,000.50\",T1,99\n"
                          "2026-09-05,(5.00),T2,99\n",
                          &s, &f));
    assert_int_equal(s.n, 1);
    assert_int_equal(s.cents, 100050);
    assert_true(read_text("\xEF\xBB\xBFPosting Date,Description,Debit,Credit\n"
                          "09/05/2026,PAY TRN*1*T7*15~,,7.00\n09/05/2026,fee,1.00,\n",
                          &s, &f));
    assert_int_equal(s.n, 1);
    assert_string_equal(s.reference, "T7");
    assert_string_equal(s.origin, "15");
    assert_false(read_text("date,reference\n", &s, &f));
    assert_int_equal(f.line, 1);
    assert_false(read_text("date,amount,reference\n2026-09-05,7,\n", &s, &f));
    assert_int_equal(f.line, 2);
    assert_false(read_text("", &s, &f));
}

static void told_by_the_first_bytes(void **state)
{
    (void)state;
    assert_int_equal(reader_tell(phi_lit("101 222000111")), READER_BANK);
    assert_int_equal(reader_tell(phi_lit("01,222000111,X,")), READER_BANK);
    assert_int_equal(reader_tell(phi_lit("date,amount,reference\n")), READER_BANK);
    assert_int_equal(reader_tell(phi_lit("Date,Description,Credit\n")), READER_BANK);
    assert_int_equal(reader_tell(phi_lit("enc,code,date,amount,reference\n")), READER_CSV);
    assert_int_equal(reader_tell(phi_lit("date,amount\n")), READER_NONE);
    assert_int_equal(reader_by_name("bank"), READER_BANK);
}

/* One entry of 10.00, and a control record that says it; both may be made wrong. */
static void nacha_text(char out[1000], const char *entry, const char *batch)
{
    snprintf(out, 1000,
             "101 222000111\n5220%-36s1512345678CCDHCCLAIMPMT      260917   1\n%s\n%s\n"
             "9000001000001%08d%010d%012d%012d\n",
             "PAYER", entry, batch, 1, 22200011, 0, 1000);
}

static void nacha_is(const char *entry, const char *batch, int n, int line)
{
    struct seen s;
    struct bank_fault f;
    char text[1000];
    nacha_text(text, entry, batch);
    assert_int_equal(read_text(text, &s, &f), line == 0);
    assert_int_equal(f.line, line);
    if (line == 0)
        assert_int_equal(s.n, n);
}

static void totals_of_a_batch(void **state)
{
    static const char entry[] = "62222200011198765            0000001000";
    static const char batch[] = "82200000010022200011000000000000000000001000";
    (void)state;
    nacha_is(entry, batch, 1, 0);
    nacha_is("63222200011198765            0000001000", batch, 1, 0); /* savings */
    nacha_is(entry, "82200000020022200011000000000000000000001000", 0, 4);
    nacha_is(entry, "82200000010022200011000000000000000000001001", 0, 4);
    nacha_is("62722200011198765            0000001000", batch, 0, 4); /* a debit */
    nacha_is("622222000111             000000100x", batch, 0, 3);
    nacha_is("705TRN*1*X*1\\", batch, 0, 3);
    nacha_is(entry, "x", 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(traces_with_any_delimiters),
                                       cmocka_unit_test(days), cmocka_unit_test(columns_of_a_bank),
                                       cmocka_unit_test(told_by_the_first_bytes),
                                       cmocka_unit_test(totals_of_a_batch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
