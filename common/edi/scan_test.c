#include "common/edi/scan.h"
#include "tests/unit.h"
#include "common/edi/scan_state.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ISA(elem, rep, version, comp, term)                                                        \
    "ISA" elem "00" elem "          " elem "00" elem "          " elem "ZZ" elem                   \
    "SENDER         " elem "ZZ" elem "RECEIVER       " elem "260901" elem                          \
    "0800" elem rep elem version elem "000000001" elem "0" elem "T" elem comp term
#define STAR  ISA("*", "^", "00501", ":", "~")
#define TAIL  "GE*1*1~IEA*1*000000001~"
#define SMALL STAR "GS*HC*A~ST*837*0001~SE*2*0001~" TAIL

/* Writes what a scan says as "ID@offset/elements ... !RULE(REPORT)@offset ... ." */
static void tell_segment(const struct edi_seg *seg, struct buf *out)
{
    buf_phi(out, seg_el(seg, 0));
    buf_printf(out, "@%d/%d ", (int)seg->off, (int)seg->n - 1);
}

/* batch: as many segments at once as there are, up to so many. */
static void tell(struct scan *s, scan_kernel *k, uint32_t batch, struct buf *out)
{
    struct edi_seg seg, many[8];
    enum scan_event ev;
    if (k)
        s->kernel = k;
    buf_clear(out);
    for (;;) {
        uint32_t n = batch ? scan_batch(s, many, batch) : 0;
        for (uint32_t i = 0; i < n; i++)
            tell_segment(&many[i], out);
        if (n)
            continue;
        if ((ev = scan_next(s, &seg)) == SCAN_END)
            break;
        if (ev == SCAN_FAULT) {
            const struct scan_fault *f = scan_fault(s);
            buf_printf(out, "!%s(%s)@%d ", f->rule, f->report, (int)f->off);
            continue;
        }
        tell_segment(&seg, out);
    }
    buf_puts(out, ".");
    scan_free(s);
}

static int file_of(phi_str text)
{
    char name[] = "/tmp/scan_test_XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool have_avx512(void)
{
    return __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2");
}

/* Holds a scan against what was written by hand: every kernel, memory and windows of all sizes. */
static void expect(phi_str text, const char *want)
{
    scan_kernel *kernels[] = {scan_portable, __builtin_cpu_supports("avx2") ? scan_avx2 : NULL,
                              have_avx512() ? scan_avx512 : NULL};
    const size_t windows[] = {1, 129, 150, 1000, 0};
    struct buf got = {0};
    for (size_t k = 0; k < 3; k++)
        for (uint32_t batch = 0; batch <= 8; batch += 4) {
            tell(scan_memory(text.p, text.n), kernels[k], batch, &got);
            assert_string_equal(buf_cstr(&got), want);
            for (size_t w = 0; w < 5; w++) {
                int fd = file_of(text);
                tell(scan_fd(fd, windows[w]), kernels[k], batch, &got);
                close(fd);
                assert_string_equal(buf_cstr(&got), want);
            }
        }
    buf_free(&got);
}

#define EXPECT(text, want) expect(phi_of(text, sizeof(text) - 1), want)

static void offsets_of_every_segment(void **state)
{
    (void)state;
    EXPECT(SMALL, "ISA@0/16 GS@106/2 ST@114/2 SE@126/2 GE@136/2 IEA@143/2 .");
}

static void line_ends_after_terminators(void **state)
{
    (void)state;
    EXPECT(STAR "\r\nGS*HC~\nGE*0*1~\r\n\r\nIEA*1*000000001~\n",
           "ISA@0/16 GS@108/1 GE@115/2 IEA@126/2 .");
}

static void blanks_behind_a_line_end(void **state)
{
    (void)state;
    EXPECT(STAR "\n  GS*HC~\r\n\t\t GE*0*1~\n \n IEA*1*000000001~\n  ",
           "ISA@0/16 GS@109/1 GE@120/2 IEA@131/2 .");
    EXPECT(ISA("*", "^", "00501", ":", "\n") "  GS*HC\n  IEA*1*000000001\n  ",
           "ISA@0/16 GS@108/1 IEA@116/2 .");
    /* a tab that parts elements is one, and blanks without a line end are the segment's */
    EXPECT(ISA("\t", "^", "00501", ":", "~") "\n\tHC~IEA\t1\t000000001~",
           "ISA@0/16 @107/1 IEA@111/2 .");
    EXPECT(STAR " GS*HC~IEA*1*000000001~", "ISA@0/16  GS@106/1 IEA@113/2 .");
}

static void end_of_file_mark_behind_an_interchange(void **state)
{
    (void)state;
    EXPECT(STAR "IEA*1*000000001~\r\n\x1a", "ISA@0/16 IEA@106/2 .");
    EXPECT(STAR "IEA*1*000000001~\x1a" STAR "IEA*1*000000001~\x1a\x1a",
           "ISA@0/16 IEA@106/2 ISA@123/16 IEA@229/2 .");
    EXPECT("\x1a" STAR "IEA*1*000000001~", "!S1-001(TA1:022)@0 ISA@1/16 IEA@107/2 .");
    EXPECT(STAR "GS*HC~\x1a", "ISA@0/16 GS@106/1 !S1-014(TA1:023)@112 .");
}

static void newline_is_the_terminator(void **state)
{
    (void)state;
    EXPECT(ISA("*", "^", "00501", ":", "\n") "GS*HC\nGE*0*1\n\nIEA*1*000000001\n",
           "ISA@0/16 GS@106/1 GE@112/2 IEA@120/2 .");
    EXPECT(ISA("*", "^", "00501", ":", "\r") "\nGS*HC\r\nIEA*1*000000001\r\n",
           "ISA@0/16 GS@107/1 IEA@114/2 .");
}

static void byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    EXPECT("\xef\xbb\xbf" SMALL, "ISA@3/16 GS@109/2 ST@117/2 SE@129/2 GE@139/2 IEA@146/2 .");
}

static void several_interchanges_with_other_delimiters(void **state)
{
    (void)state;
    EXPECT(STAR
           "GS*HC~IEA*1*000000001~\n" ISA("|", "!", "00501", "^", "\x1d") "GS|A*B~|C\x1d"
                                                                          "IEA|1|000000001\x1d" STAR
                                                                          "IEA*0*000000001~",
           "ISA@0/16 GS@106/1 IEA@112/2 ISA@129/16 GS@235/2 IEA@245/2 ISA@261/16 IEA@367/2 .");
}

static void bytes_before_the_first_isa(void **state)
{
    (void)state;
    EXPECT("MEDICAL" SMALL,
           "!S1-001(TA1:022)@0 ISA@7/16 GS@113/2 ST@121/2 SE@133/2 GE@143/2 IEA@150/2 .");
    EXPECT("GS*HC*A~ISA*1~", "!S1-001(TA1:022)@0 .");
    EXPECT("", "!S1-001(TA1:022)@0 .");
    EXPECT(" \r\n", "!S1-001(TA1:022)@3 .");
}

static void garbage_between_interchanges(void **state)
{
    (void)state;
    EXPECT(STAR "IEA*0*000000001~\nxx ISA y\n" STAR "IEA*0*000000001~~",
           "ISA@0/16 IEA@106/2 !S1-014(TA1:023)@123 ISA@132/16 IEA@238/2 !S1-014(TA1:023)@254 .");
}

static void missing_iea(void **state)
{
    (void)state;
    EXPECT(STAR "GS*HC~\n", "ISA@0/16 GS@106/1 !S1-014(TA1:023)@113 .");
    EXPECT(STAR "GS*HC~" STAR "IEA*0*000000001~",
           "ISA@0/16 GS@106/1 !S1-014(TA1:023)@112 ISA@112/16 IEA@218/2 .");
    /* the second one's terminator is another, so its ISA has no end in the first one's eyes */
    EXPECT(STAR "GS*HC~" ISA("*", "^", "00501", ":", "\n") "IEA*0*000000001\n",
           "ISA@0/16 GS@106/1 !S1-014(TA1:023)@112 ISA@112/16 IEA@218/2 .");
}

static void ill_made_isa_inside_an_interchange(void **state)
{
    (void)state;
    EXPECT(STAR "GS*HC~ISA*00*short~" STAR "IEA*0*000000001~",
           "ISA@0/16 GS@106/1 !S1-014(TA1:023)@112 !S1-001(TA1:022)@112 ISA@125/16 IEA@231/2 .");
}

static void end_inside_a_segment(void **state)
{
    (void)state;
    EXPECT(STAR "GS*HC~IEA*1*000000001", "ISA@0/16 GS@106/1 !S1-014(TA1:023)@112 .");
}

static void short_isa(void **state)
{
    (void)state;
    EXPECT("ISA*00**00**12*Sender*12*Receiver*010821*1548*U*00401*000000020*0*T*:~GS*HS~"
           "IEA*1*000000020~",
           "!S1-001(TA1:022)@0 .");
    EXPECT("ISA*00*~", "!S1-001(TA1:022)@0 .");
    EXPECT("ISA*00*~" SMALL,
           "!S1-001(TA1:022)@0 ISA@8/16 GS@114/2 ST@122/2 SE@134/2 GE@144/2 IEA@151/2 .");
}

static void isa_element_of_wrong_width(void **state)
{
    (void)state;
    /* ISA02 one byte short, ISA04 one too long: 106 bytes all the same */
    EXPECT("ISA*00*         *00*           *ZZ*SENDER         *ZZ*RECEIVER       *260901*0800*^*"
           "00501*000000001*0*T*:~IEA*0*000000001~",
           "!S1-003(TA1:022)@0 .");
}

static void broken_off_in_a_segment(void **state)
{
    (void)state;
    EXPECT(STAR "GS*HC~NM1*85*" STAR "IEA*0*000000001~",
           "ISA@0/16 GS@106/1 !S1-014(TA1:023)@112 ISA@119/16 IEA@225/2 .");
    EXPECT(STAR "GS*HC~NM1*85*ISA*2*3*4*5*6*7*8*9*10*11*12*13*14*15*16*17~IEA*0*000000001~",
           "ISA@0/16 GS@106/1 NM1@112/18 IEA@163/2 .");
}

static void equal_delimiters(void **state)
{
    (void)state;
    EXPECT(ISA("*", "^", "00501", "*", "~") "IEA*0*000000001~", "!S1-002(TA1:027)@104 .");
    EXPECT(ISA("*", "^", "00501", "~", "~") "IEA*0*000000001~", "!S1-002(TA1:027)@104 .");
    EXPECT(ISA("*", ":", "00501", ":", "~") "IEA*0*000000001~", "!S1-002(TA1:026)@82 .");
    EXPECT(ISA("*", "^", "00501", ":", "G") "S*HC", "!S1-002(TA1:004)@0 .");
    EXPECT(ISA("*", "^", "00501", ":", "5") STAR "IEA*0*000000001~",
           "!S1-002(TA1:004)@0 ISA@106/16 IEA@212/2 .");
}

static void fault_of_delimiters_has_the_isa(void **state)
{
    (void)state;
    const char *text = ISA("*", "^", "00501", "~", "~") "IEA*0*000000001~";
    struct scan *s = scan_memory(text, strlen(text));
    struct edi_seg seg;
    assert_int_equal(scan_next(s, &seg), SCAN_FAULT);
    assert_int_equal(scan_fault(s)->isa.n, 106);
    assert_memory_equal(scan_fault(s)->isa.p + 90, "000000001", 9);
    scan_free(s);
}

static char rep_of(const char *text)
{
    struct scan *s = scan_memory(text, strlen(text));
    struct edi_seg seg;
    assert_int_equal(scan_next(s, &seg), SCAN_SEG);
    char rep = scan_delims(s)->rep;
    scan_free(s);
    return rep;
}

static void repetition_only_where_the_version_has_it(void **state)
{
    (void)state;
    assert_int_equal(rep_of(STAR), '^');
    assert_int_equal(rep_of(ISA("*", "U", "00401", ":", "~")), 0);
    assert_int_equal(rep_of(ISA("*", "^", "00401", ":", "~")), 0);
    assert_int_equal(rep_of(ISA("*", "U", "00501", ":", "~")), 0);
}

static void counted_payloads_hold_delimiters(void **state)
{
    (void)state;
    EXPECT(STAR "BIN*13*a~*IEA*1~\r\nb~~SE*2~IEA*0*000000001~",
           "ISA@0/16 BIN@106/2 SE@127/1 IEA@132/2 .");
    EXPECT(STAR "BDS*ASC*6*ISA*~~~GE*0~IEA*0*000000001~",
           "ISA@0/16 BDS@106/3 GE@123/1 IEA@128/2 .");
    EXPECT(STAR "BIN*0*~IEA*0*000000001~", "ISA@0/16 BIN@106/2 IEA@113/2 .");
}

static void payload_of_a_wrong_length(void **state)
{
    (void)state;
    EXPECT(STAR "BIN*4*abc~IEA*0*000000001~", "ISA@0/16 !S1-014(TA1:024)@106 .");
    EXPECT(STAR "BIN*99999*abc~IEA*0*000000001~", "ISA@0/16 !S1-014(TA1:024)@106 .");
    EXPECT(STAR "BIN*x*abc~IEA*0*000000001~" STAR "IEA*0*000000001~",
           "ISA@0/16 !S1-014(TA1:024)@106 ISA@132/16 IEA@238/2 .");
    /* without a payload it is a segment like others: the check says what is missing */
    EXPECT(STAR "BIN*4~IEA*0*000000001~", "ISA@0/16 BIN@106/1 IEA@112/2 .");
}

static void payload_bytes_are_exact(void **state)
{
    (void)state;
    struct buf text = {0};
    enum { LEN = 70000 };
    buf_puts(&text, STAR);
    buf_printf(&text, "BIN*%d*", LEN);
    for (int i = 0; i < LEN; i++)
        buf_putc(&text, "~*:IEA\n"[i % 7]);
    buf_puts(&text, "~IEA*0*000000001~");
    for (size_t window = 128; window < 200000; window *= 3) {
        int fd = file_of(buf_view(&text));
        struct scan *s = scan_fd(fd, window);
        struct edi_seg seg;
        assert_int_equal(scan_next(s, &seg), SCAN_SEG);
        assert_int_equal(scan_next(s, &seg), SCAN_SEG);
        assert_int_equal(seg_el(&seg, 2).n, LEN);
        assert_memory_equal(seg_el(&seg, 2).p, text.p + 116, LEN);
        assert_int_equal(scan_next(s, &seg), SCAN_SEG);
        assert_true(seg_is(&seg, "IEA"));
        assert_int_equal(scan_next(s, &seg), SCAN_END);
        scan_free(s);
        close(fd);
    }
    buf_free(&text);
}

static void segment_longer_than_the_window(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_puts(&text, STAR "N*");
    for (int i = 0; i < 3000; i++)
        buf_puts(&text, i % 100 ? "aaaaaaaaaa*" : "*");
    buf_puts(&text, "~IEA*0*000000001~");
    expect(buf_view(&text), "ISA@0/16 N@106/3001 IEA@32809/2 .");
    buf_free(&text);
}

static void terminator_that_never_comes(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_puts(&text, STAR "NTE*");
    while (text.len < 18u << 20)
        buf_puts(&text, "no end ");
    buf_puts(&text, SMALL);
    struct buf got = {0};
    tell(scan_memory(text.p, text.len), NULL, 0, &got);
    assert_memory_equal(buf_cstr(&got), "ISA@0/16 !S1-014(TA1:023)@106 ISA@18874", 39);
    int fd = file_of(buf_view(&text));
    struct buf again = {0};
    tell(scan_fd(fd, 0), NULL, 0, &again);
    assert_string_equal(buf_cstr(&again), buf_cstr(&got));
    close(fd);
    buf_free(&again);
    buf_free(&got);
    buf_free(&text);
}

static void fragment_needs_no_iea(void **state)
{
    (void)state;
    struct buf got = {0};
    const char *text = STAR "GS*HC~ST*837*0001~SE*2*0001~";
    tell(scan_fragment(text, strlen(text)), NULL, 0, &got);
    assert_string_equal(buf_cstr(&got), "ISA@0/16 GS@106/1 ST@112/2 SE@124/2 .");
    text = STAR "GS*HC";
    tell(scan_fragment(text, strlen(text)), NULL, 0, &got);
    assert_string_equal(buf_cstr(&got), "ISA@0/16 !S1-014(TA1:023)@106 .");
    buf_free(&got);
}

static void elements_and_components(void **state)
{
    (void)state;
    const char *text = STAR "SV1*HC:99213:25**1~";
    struct scan *s = scan_fragment(text, strlen(text));
    struct edi_seg seg;
    assert_int_equal(scan_next(s, &seg), SCAN_SEG);
    assert_true(phi_is(seg_el(&seg, 13), "000000001"));
    assert_true(phi_is(seg_el(&seg, 16), ":"));
    assert_int_equal(scan_next(s, &seg), SCAN_SEG);
    const struct edi_delims *d = scan_delims(s);
    assert_true(phi_is(seg_comp(&seg, d, 1, 2), "99213"));
    assert_true(phi_empty(seg_comp(&seg, d, 1, 4)));
    assert_true(phi_empty(seg_el(&seg, 2)));
    assert_true(phi_is(seg_el(&seg, 3), "1"));
    assert_true(phi_empty(seg_el(&seg, 9)));
    assert_true(phi_is(seg_bytes(&seg), "SV1*HC:99213:25**1"));
    scan_free(s);
}

static void parts(void **state)
{
    (void)state;
    assert_int_equal(edi_parts(phi_lit(""), ':'), 1);
    assert_int_equal(edi_parts(phi_lit("a:b:"), ':'), 3);
    assert_int_equal(edi_parts(phi_lit("a:b"), 0), 1);
    assert_true(phi_is(edi_part(phi_lit("a:b:"), ':', 2), "b"));
    assert_true(phi_is(edi_part(phi_lit("a:b:"), ':', 3), ""));
    assert_true(phi_is(edi_part(phi_lit("a:b"), 0, 1), "a:b"));
    assert_true(phi_is(edi_part(phi_lit("a"), ':', 2), ""));
}

/* Every kernel against the plain loop, at all lengths and alignments. */
static void kernels_agree_with_the_plain_loop(void **state)
{
    (void)state;
    static char text[600];
    static uint32_t at[700];
    static uint32_t ends[700];
    scan_kernel *kernels[] = {scan_portable, __builtin_cpu_supports("avx2") ? scan_avx2 : NULL,
                              have_avx512() ? scan_avx512 : NULL};
    srand(7);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "*~abcdefgh\0\xff"[rand() % (i < 300 ? 3 : 12)];
    for (size_t k = 0; k < 3; k++)
        for (size_t from = 0; kernels[k] && from < 70; from += 3)
            for (size_t n = 0; n + from <= sizeof text; n += 1 + n / 90) {
                struct scan_list l = {at, ends, 3, 1};
                size_t e = 1;
                kernels[k](text + from, n, '*', '~', 1000 + (uint32_t)from, &l);
                size_t j = 3;
                for (size_t i = from; i < from + n; i++) {
                    if (text[i] != '*' && text[i] != '~')
                        continue;
                    assert_int_equal(at[j], 1000 + i);
                    if (text[i] == '~')
                        assert_int_equal(ends[e++], j);
                    j++;
                }
                assert_int_equal(l.n, j);
                assert_int_equal(l.ends_n, e);
            }
}

static void index_lists_positions(void **state)
{
    (void)state;
    uint32_t out[7 + 64];
    assert_int_equal(scan_index("a*b~*c~", 7, '*', '~', out), 4);
    assert_int_equal(out[0], 1);
    assert_int_equal(out[3], 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_of_every_segment),
        cmocka_unit_test(line_ends_after_terminators),
        cmocka_unit_test(blanks_behind_a_line_end),
        cmocka_unit_test(end_of_file_mark_behind_an_interchange),
        cmocka_unit_test(newline_is_the_terminator),
        cmocka_unit_test(byte_order_mark_is_passed_over),
        cmocka_unit_test(several_interchanges_with_other_delimiters),
        cmocka_unit_test(bytes_before_the_first_isa),
        cmocka_unit_test(garbage_between_interchanges),
        cmocka_unit_test(missing_iea),
        cmocka_unit_test(ill_made_isa_inside_an_interchange),
        cmocka_unit_test(end_inside_a_segment),
        cmocka_unit_test(short_isa),
        cmocka_unit_test(isa_element_of_wrong_width),
        cmocka_unit_test(broken_off_in_a_segment),
        cmocka_unit_test(equal_delimiters),
        cmocka_unit_test(fault_of_delimiters_has_the_isa),
        cmocka_unit_test(repetition_only_where_the_version_has_it),
        cmocka_unit_test(counted_payloads_hold_delimiters),
        cmocka_unit_test(payload_of_a_wrong_length),
        cmocka_unit_test(payload_bytes_are_exact),
        cmocka_unit_test(segment_longer_than_the_window),
        cmocka_unit_test(terminator_that_never_comes),
        cmocka_unit_test(fragment_needs_no_iea),
        cmocka_unit_test(elements_and_components),
        cmocka_unit_test(parts),
        cmocka_unit_test(kernels_agree_with_the_plain_loop),
        cmocka_unit_test(index_lists_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
