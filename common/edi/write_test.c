#include "common/edi/write.h"
#include "tests/unit.h"
#include "common/util/clock.h"
#include "common/util/fs.h"
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static struct buf out;
static struct edi_writer star(void)
{
    buf_clear(&out);
    return (struct edi_writer){.out = &out, .d = EDI_CANONICAL};
}

static void trailing_empty_parts_are_left_out(void **state)
{
    (void)state;
    struct edi_writer w = star();
    ew_begin(&w, "SV1");
    ew_lit(&w, "HC");
    ew_comp(&w, phi_lit("99213"));
    ew_comp(&w, phi_lit(""));
    ew_comp(&w, phi_lit("25"));
    ew_comp(&w, phi_lit(""));
    ew_money(&w, 12550);
    ew_lit(&w, "");
    ew_int(&w, -7);
    ew_lit(&w, "");
    ew_comp(&w, phi_lit(""));
    ew_lit(&w, "");
    ew_end(&w);
    assert_string_equal(buf_cstr(&out), "SV1*HC:99213::25*125.5**-7~");
    assert_int_equal(w.segments, 1);
}

static void first_component_may_be_empty(void **state)
{
    (void)state;
    struct edi_writer w = star();
    ew_begin(&w, "HI");
    ew_lit(&w, "");
    ew_lit(&w, "");
    ew_comp(&w, phi_lit("x"));
    ew_rep(&w, phi_lit("y"));
    ew_end(&w);
    assert_string_equal(buf_cstr(&out), "HI**:x^y~");
}

static void segments_from_strings_with_newline(void **state)
{
    (void)state;
    struct edi_writer w = star();
    w.newline = "\r\n";
    ew_seg(&w, "ST", "837", "0001", "");
    ew_seg(&w, "LE");
    assert_string_equal(buf_cstr(&out), "ST*837*0001~\r\nLE~\r\n");
    assert_int_equal(w.segments, 2);
}

static void isa_is_106_bytes(void **state)
{
    (void)state;
    struct edi_writer w = star();
    int64_t at;
    assert_true(time_parse("2026-09-01T08:00:00Z", &at));
    struct ew_isa isa = {"ZZ", "RVRBND", "30", "CLRHOUSE", "T", "1", at, 42};
    ew_write_isa(&w, &isa);
    assert_string_equal(buf_cstr(&out),
                        "ISA*00*          *00*          *ZZ*RVRBND         *30*CLRHOUSE       "
                        "*260901*0800*^*00501*000000042*1*T*:~");
    assert_int_equal(out.len, 106);
}

/* Scans text and copies every segment with the writer. */
static bool copy_all(const char *text, struct edi_writer *w)
{
    struct scan *s = scan_fragment(text, strlen(text));
    struct edi_seg seg;
    bool good = true;
    while (good && scan_next(s, &seg) == SCAN_SEG)
        good = ew_copy(w, &seg, scan_delims(s));
    scan_free(s);
    return good;
}

#define HEAD "ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*"
#define BAR  "ISA|00|          |00|          |ZZ|RVRBND         |ZZ|CLRHOUSE       |260901|0800|"

static void copy_with_the_same_delimiters_is_exact(void **state)
{
    (void)state;
    const char *text = HEAD "^*00501*000000001*0*T*:~SV1*HC:1::**~N3*~~BIN*3*~*:~IEA*0*000000001~";
    struct edi_writer w = star();
    assert_true(copy_all(text, &w));
    assert_string_equal(buf_cstr(&out), text);
}

static void copy_changes_delimiters(void **state)
{
    (void)state;
    struct edi_writer w = star();
    assert_true(copy_all(BAR "!|00501|000000001|0|T|>\\SV1|HC>1!2||\\BIN|3|>!~\\", &w));
    assert_string_equal(buf_cstr(&out), HEAD "^*00501*000000001*0*T*:~SV1*HC:1^2**~BIN*3*>!~~");
}

static void copy_refuses_a_value_with_a_delimiter(void **state)
{
    (void)state;
    struct edi_writer w = star();
    assert_false(copy_all(BAR "!|00501|000000001|0|T|>\\N3|A*B\\", &w));
    assert_string_equal(buf_cstr(&out), HEAD "^*00501*000000001*0*T*:~");
}

/* Writes the file again from the elements that the scan found; bytes between segments are copied.
 */
static void round_trip(const char *path, size_t *segments)
{
    struct buf in = {0}, back = {0};
    assert_int_equal(fs_read(path, 64 << 20, &in), 0);
    struct scan *s = scan_memory(in.p, in.len);
    struct edi_seg seg;
    enum scan_event ev;
    while ((ev = scan_next(s, &seg)) != SCAN_END) {
        if (ev != SCAN_SEG)
            continue;
        buf_add(&back, in.p + back.len, seg.off - back.len);
        struct edi_writer w = {.out = &back, .d = *scan_delims(s)};
        size_t start = back.len;
        assert_true(ew_copy(&w, &seg, &w.d));
        back.len = start;
        for (uint32_t i = 0; i < seg.n; i++) {
            buf_phi(&back, seg_el(&seg, i));
            buf_putc(&back, i + 1 < seg.n ? w.d.elem : w.d.term);
        }
        ++*segments;
    }
    buf_add(&back, in.p + back.len, in.len - back.len);
    assert_int_equal(in.len, back.len);
    assert_memory_equal(in.p, back.p, in.len);
    scan_free(s);
    buf_free(&in);
    buf_free(&back);
}

static void public_files_come_back_byte_for_byte(void **state)
{
    (void)state;
    const char *shared = getenv("SHARED");
    struct buf pattern = {0};
    glob_t g;
    buf_printf(&pattern, "%s/corpus/files/*", shared ? shared : "../shared");
    if (glob(buf_cstr(&pattern), 0, NULL, &g)) {
        buf_free(&pattern);
        skip();
    }
    size_t segments = 0;
    for (size_t i = 0; i < g.gl_pathc; i++)
        round_trip(g.gl_pathv[i], &segments);
    assert_true(segments > 30000);
    globfree(&g);
    buf_free(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailing_empty_parts_are_left_out),
        cmocka_unit_test(first_component_may_be_empty),
        cmocka_unit_test(segments_from_strings_with_newline),
        cmocka_unit_test(isa_is_106_bytes),
        cmocka_unit_test(copy_with_the_same_delimiters_is_exact),
        cmocka_unit_test(copy_changes_delimiters),
        cmocka_unit_test(copy_refuses_a_value_with_a_delimiter),
        cmocka_unit_test(public_files_come_back_byte_for_byte),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&out);
    return rc;
}
