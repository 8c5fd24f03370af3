#include "common/readers/csv.h"
#include "common/readers/enc_out.h"
#include "common/readers/hl7.h"
#include "common/readers/json_text.h"
#include "common/readers/markup.h"
#include "common/readers/xml_tree.h"
#include "tests/unit.h"
#include <stdlib.h>

static void test_tell(void **state)
{
    (void)state;
    assert_int_equal(reader_tell(phi_lit("MSH|^~\\&|")), READER_HL7);
    assert_int_equal(reader_tell(phi_lit("\vMSH|^~\\&|")), READER_HL7);
    assert_int_equal(reader_tell(phi_lit("FHS|^~\\&|")), READER_HL7);
    assert_int_equal(reader_tell(phi_lit(" {\"resourceType\":\"Bundle\"}")), READER_FHIR);
    assert_int_equal(reader_tell(phi_lit("{\"v\":\"enc.v1\"}")), READER_NONE);
    assert_int_equal(reader_tell(phi_lit("{\"note\":\"\\\"resourceType\\\"\"}")), READER_NONE);
    assert_int_equal(reader_tell(phi_lit("<?xml version=\"1.0\"?><ClinicalDocument/>")),
                     READER_CCDA);
    assert_int_equal(reader_tell(phi_of("<\0C\0l\0", 6)), READER_CCDA);
    assert_int_equal(reader_tell(phi_lit("last,enc,\"code\"\n")), READER_CSV);
    assert_int_equal(reader_tell(phi_lit("encounter,codes\n")), READER_NONE);
    assert_int_equal(reader_tell(phi_lit("ISA*00*")), READER_NONE);
    assert_int_equal(reader_tell(phi_lit("")), READER_NONE);
}

static void test_text(void **state)
{
    (void)state;
    assert_null(reader_not_text(phi_lit("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80")));
    assert_non_null(reader_not_text(phi_lit("caf\xE9")));
    assert_non_null(reader_not_text(phi_lit("\xC0\xAF")));         /* longer form of '/' */
    assert_non_null(reader_not_text(phi_lit("\xED\xA0\x80")));     /* surrogate */
    assert_non_null(reader_not_text(phi_lit("\xF4\x90\x80\x80"))); /* beyond Unicode */
    assert_non_null(reader_not_text(phi_lit("cut \xE2\x82")));
    assert_non_null(reader_not_text(
        phi_lit("\xB9\xB9\xB9\xB9\xB9\xB9\xB9\xB9\xB9\xB9\xB9\xB9"))); /* no first byte */
    assert_non_null(reader_not_text(phi_of("a\0b", 3)));
    assert_non_null(reader_not_text(phi_lit("\xFF\xFE")));
}

static void time_is(const char *in, const char *want)
{
    char out[40] = "";
    assert_int_equal(enc_out_time(phi_lit(in), out), want != NULL);
    if (want)
        assert_string_equal(out, want);
}

static void test_times(void **state)
{
    (void)state;
    time_is("20260903171000-0600", "2026-09-03T17:10:00-06:00");
    time_is("202609031710", "2026-09-03T17:10:00");
    time_is("20260903171000.1234+0000", "2026-09-03T17:10:00+00:00");
    time_is("2026-09-03T17:10:00Z", "2026-09-03T17:10:00Z");
    time_is("2026-09-03T17:10:00.5-06:00", "2026-09-03T17:10:00-06:00");
    time_is("20260903", "2026-09-03T00:00:00");
    time_is("2026090317100", NULL);
    time_is("20260903251000", NULL);
    time_is("20260230", NULL);
    time_is("20260903171000-6", NULL);
    time_is("20260903171000x", NULL);
    time_is("", NULL);
}

static void money_is(const char *in, int64_t want)
{
    json_t *o = json_object();
    assert_int_equal(enc_out_put_money(o, "chg", phi_lit(in)), want >= -1);
    if (want >= 0)
        assert_int_equal(json_integer_value(json_object_get(o, "chg")), want);
    if (want == -1)
        assert_true(json_is_null(json_object_get(o, "chg")));
    json_decref(o);
}

static void test_money(void **state)
{
    (void)state;
    money_is("150", 15000);
    money_is("150.00", 15000);
    money_is(".05", 5);
    money_is("0.00", 0);
    money_is("", -1);
    money_is("-1", -2);
    money_is("1.005", -2);
    money_is("1e2", -2);
    money_is("$150", -2);
    money_is("1,500", -2);
    money_is("99999999999999999999", -2);
}

static void test_json_text(void **state)
{
    struct buf out = {0};
    size_t at;
    (void)state;
    assert_null(
        json_text(phi_lit("{\"a\":150.00,\"b\":[1,-2,1e5],\"c\":\"1.5 \\\" 2.5\"}"), &out, &at));
    assert_string_equal(buf_cstr(&out),
                        "{\"a\":\"150.00\",\"b\":[1,-2,\"1e5\"],\"c\":\"1.5 \\\" 2.5\"}");
    buf_clear(&out);
    assert_null(json_text(phi_lit("12345678901234567890"), &out, &at));
    assert_string_equal(buf_cstr(&out), "\"12345678901234567890\"");
    buf_free(&out);
}

static void test_json_entries(void **state)
{
    static const char text[] = "{\"link\":[{\"a\":1}],\"entry\" : [ {\"r\":{\"entry\":[{}]}}, "
                               "{\"x\":\"}]\"} ],\"z\":[{}]}";
    struct arena a = {0};
    size_t n;
    (void)state;
    phi_str *e = json_entries(phi_lit(text), &a, &n);
    assert_int_equal(n, 2);
    assert_true(phi_is(e[0], "{\"r\":{\"entry\":[{}]}}"));
    assert_true(phi_is(e[1], "{\"x\":\"}]\"}"));
    arena_free(&a);
}

static void test_markup(void **state)
{
    struct buf out = {0};
    (void)state;
    markup_text(phi_lit("<div><p>a  b &amp;\n c</p><ul><li>d&#233;</li><li>&lt;e&gt;</li></ul>"
                        "<b>f</b>g <br/>h &unknown; & i < j</div>"),
                &out);
    assert_string_equal(buf_cstr(&out), "a b & c\nd\xC3\xA9\n<e>\nfg\nh & i < j\n");
    buf_free(&out);
}

static void test_two_encounters(void **state)
{
    static const char bundle[] =
        "{\"resourceType\":\"Bundle\",\"entry\":["
        "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"}},"
        "{\"resource\":{\"resourceType\":\"Encounter\",\"id\":\"one\",\"status\":\"finished\","
        "\"subject\":{\"reference\":\"http://x.example/fhir/Patient/p\"}}},"
        "{\"resource\":{\"resourceType\":\"Encounter\",\"id\":\"two\",\"status\":\"planned\","
        "\"subject\":{\"reference\":\"Patient/p\"}}}]}";
    struct arena a = {0};
    struct reader_items items = {0};
    (void)state;
    reader_read(READER_FHIR, phi_lit(bundle), &a, &items);
    assert_int_equal(items.n, 2);
    assert_null(items.v[0].rule);
    assert_non_null(memmem(items.v[0].json.p, items.v[0].json.n, "\"enc\":\"one\"", 11));
    assert_string_equal(items.v[1].rule, "FHIR_FIELD");
    assert_string_equal(items.v[1].why, "entry[2].resource.status: is not finished");
    /* each is a record of its own place */
    assert_true(items.v[0].part.p < items.v[1].part.p);
    assert_int_equal(items.v[1].part.p[0], '{');
    arena_free(&a);
}

/* A note behind the table, by its name; lengths that lie are no container. */
static void test_container(void **state)
{
    struct csv_notes notes;
    phi_str table, text;
    (void)state;
    assert_true(
        csv_open(phi_lit(CSV_MAGIC "9\nenc,code\n5 a.note\nhello3 b.note\nyou"), &table, &notes));
    assert_true(phi_is(table, "enc,code\n"));
    assert_true(csv_note(&notes, phi_lit("b.note"), &text) && phi_is(text, "you"));
    assert_false(csv_note(&notes, phi_lit("c.note"), &text));
    assert_false(csv_open(phi_lit(CSV_MAGIC "90\nenc,code\n"), &table, &notes));
    assert_false(csv_open(phi_lit(CSV_MAGIC), &table, &notes));
}

static void test_ack_of_nonsense(void **state)
{
    struct buf ack = {0};
    (void)state;
    hl7_ack(phi_lit("hello"), HL7_AR, "why", 0, 7, &ack);
    assert_string_equal(buf_cstr(&ack), "MSH|^~\\&|||||19700101000000+0000||ACK|CW7|P|2.5.1\r"
                                        "MSA|AR||why\r");
    buf_free(&ack);
}

static void test_xml(void **state)
{
    struct arena a = {0};
    unsigned long line;
    const char *why;
    (void)state;
    struct xml *x = xml_read(phi_lit("<h:a xmlns:h='u' h:k='v'><b>1</b><c><b>2</b>"
                                     "<b>3</b></c></h:a>"),
                             &a, &line, &why);
    assert_non_null(x);
    assert_string_equal(x->name, "a");
    assert_true(phi_is(xml_attr(x, "k"), "v"));
    assert_true(phi_is(xml_text(xml_at(x, "c/b"), &a), "2"));
    assert_true(phi_is(xml_text(xml_again(xml_at(x, "c/b")), &a), "3"));
    assert_null(xml_at(x, "c/d/e"));
    assert_null(xml_read(phi_lit("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>"), &a, &line, &why));
    assert_non_null(strstr(why, "DOCTYPE"));
    assert_null(xml_read(phi_lit("<a>&nosuch;</a>"), &a, &line, &why));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tell),      cmocka_unit_test(test_text),
        cmocka_unit_test(test_times),     cmocka_unit_test(test_money),
        cmocka_unit_test(test_json_text), cmocka_unit_test(test_json_entries),
        cmocka_unit_test(test_markup),    cmocka_unit_test(test_two_encounters),
        cmocka_unit_test(test_container), cmocka_unit_test(test_ack_of_nonsense),
        cmocka_unit_test(test_xml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
