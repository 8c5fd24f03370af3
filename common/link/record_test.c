#include "tests/unit.h"

#include "common/link/frame.h"
#include "common/link/mp.h"
#include <stdlib.h>

static struct rec_id id_of(uint8_t b)
{
    struct rec_id id;
    memset(id.b, b, sizeof id.b);
    return id;
}

static struct record small(void)
{
    struct record r = {.id = id_of(1),
                       .root = id_of(1),
                       .schema = 1,
                       .usage = 'P',
                       .at_us = 200,
                       .body = phi_of("ST*835", 6)};
    strcpy(r.kind, "set");
    return r;
}

/* docs/messages.md, by hand */
static void a_small_record_is_these_bytes(void **state)
{
    static const char wire[] = "\x2f\0\0\0\x06\0\0\0"
                               "\xde\0\x05"
                               "\xa2id\xc4\x10\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
                               "\xa4kind\xa3set"
                               "\xa1v\1"
                               "\xa3use\xa1P"
                               "\xa2"
                               "at\xcc\xc8"
                               "ST*835";
    struct record r = small();
    struct buf b = {0};
    (void)state;
    record_write(&b, &r);
    assert_int_equal(b.len, sizeof wire - 1);
    assert_memory_equal(b.p, wire, b.len);
    buf_free(&b);
}

static void every_field_comes_back(void **state)
{
    struct record r = {.id = id_of(1),
                       .root = id_of(2),
                       .parent = id_of(3),
                       .schema = 65535,
                       .usage = 'T',
                       .tries = 70000,
                       .at_us = -5,
                       .off = UINT64_MAX,
                       .len = 1 << 20,
                       .seg = 12,
                       .seq = 300,
                       .pos = 4000000000u,
                       .of = 7,
                       .lane = phi_lit("payer 1"),
                       .trace = phi_lit("00-ab-cd-01"),
                       .body = phi_of("\0\1", 2)};
    struct record back;
    struct buf b = {0};
    const char *why;
    (void)state;
    memset(r.file.b, 9, sizeof r.file.b);
    strcpy(r.kind, "claim.v2_x-3456");
    record_write(&b, &r);
    assert_int_equal(record_read(b.p, b.len, &back, &why), b.len);
    assert_memory_equal(&back, &r, offsetof(struct record, lane));
    assert_true(phi_eq(back.lane, r.lane) && phi_eq(back.trace, r.trace));
    assert_true(phi_eq(back.body, r.body));
    assert_int_equal(back.extra_n, 0);
    buf_free(&b);
}

/* Torn at every length: refused, and not a byte behind the end is read (run with SAN for that). */
static void a_torn_record_is_refused(void **state)
{
    struct record r = small(), back;
    struct buf b = {0};
    const char *why;
    (void)state;
    record_write(&b, &r);
    for (size_t n = 0; n < b.len; n++) {
        char *exact = malloc(n ? n : 1);
        memcpy(exact, b.p, n);
        assert_int_equal(record_read(exact, n, &back, &why), 0);
        assert_non_null(why);
        free(exact);
    }
    buf_free(&b);
}

/* Every byte of the header damaged in turn: refused or read, never a crash. */
static void a_damaged_header_never_crashes(void **state)
{
    struct record r = small(), back;
    struct buf b = {0};
    const char *why;
    (void)state;
    record_write(&b, &r);
    for (size_t i = 0; i < b.len; i++)
        for (int v = 0; v < 256; v++) {
            char was = b.p[i];
            b.p[i] = (char)v;
            record_read(b.p, b.len, &back, &why);
            b.p[i] = was;
        }
    buf_free(&b);
}

static size_t wire_of(struct buf *out, const char *header, size_t n)
{
    uint32_t lens[2] = {(uint32_t)n, 0};
    buf_clear(out);
    buf_add(out, lens, 8);
    buf_add(out, header, n);
    return out->len;
}
#define ID "\xa2id\xc4\x10\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *header;
        size_t n;
        const char *why;
    } cases[] = {
#define CASE(h, w) {h, sizeof(h) - 1, w}
        CASE("\x81" ID, "a record needs an id and a kind"),
        CASE("\x81\xa4kind\xa3set", "a record needs an id and a kind"),
        CASE("\x82" ID "\xa4kind\x05", "a header value has the wrong type or length"),
        CASE("\x82" ID "\xa4kind\xa3SET", "a header value has the wrong type or length"),
        CASE("\x83" ID "\xa4kind\xa3set\xa4kind\xa3set", "a header key stands twice"),
        CASE("\x82" ID "\xa4kind\xa3set\xc0",
             "the header is not the MessagePack map that its length says"),
        CASE("\x93\1\2\3", "the header is not the MessagePack map that its length says"),
        CASE("\x83" ID "\xa4kind\xa3set\xa1v\xce\0\1\0\0",
             "the header is not the MessagePack map that its length says"),
#undef CASE
    };
    struct buf b = {0};
    struct record r;
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = wire_of(&b, cases[i].header, cases[i].n);
        assert_int_equal(record_read(b.p, n, &r, &why), 0);
        assert_string_equal(why, cases[i].why);
    }
    buf_free(&b);
}

/* Keys that this program does not know pass through, of any type, wherever they stand. */
static void unknown_keys_pass_through(void **state)
{
    static const char header[] = "\x85" ID "\xa4kind\xa3set"
                                 "\xa3new\x92\x01\x81\xa1x\xc3"
                                 "\xa3seq\x07"
                                 "\xa4rule\xa6S1-001";
    struct buf b = {0}, out = {0};
    struct record r, back;
    const char *why;
    (void)state;
    size_t n = wire_of(&b, header, sizeof header - 1);
    assert_int_equal(record_read(b.p, n, &r, &why), n);
    assert_int_equal(r.seq, 7);
    assert_true(phi_is(record_note(&r, "rule"), "S1-001"));
    assert_true(phi_empty(record_note(&r, "seq")));
    r.seq = 8;
    record_write(&out, &r);
    assert_int_equal(record_read(out.p, out.len, &back, &why), out.len);
    assert_int_equal(back.seq, 8);
    assert_int_equal(back.extra_n, 2);
    assert_true(phi_eq(back.extra, phi_of("\xa3new\x92\x01\x81\xa1x\xc3\xa4rule\xa6S1-001", 22)));
    buf_free(&b);
    buf_free(&out);
}

static void a_note_is_set_and_replaced(void **state)
{
    struct arena a = {0};
    struct record r = small();
    (void)state;
    record_note_set(&r, "rule", phi_lit("A"), &a);
    record_note_set(&r, "why", phi_lit("because"), &a);
    record_note_set(&r, "rule", phi_lit("B"), &a);
    assert_int_equal(r.extra_n, 2);
    assert_true(phi_is(record_note(&r, "rule"), "B"));
    assert_true(phi_is(record_note(&r, "why"), "because"));
    assert_true(phi_empty(record_note(&r, "stage")));
    arena_free(&a);
}

static void a_child_descends(void **state)
{
    struct record p = small();
    (void)state;
    p.seq = 5;
    struct record c = record_child(&p, "claim", 3);
    assert_true(rec_id_eq(c.id, id_child(p.id, 3)));
    assert_true(rec_id_eq(c.parent, p.id) && rec_id_eq(c.root, p.id));
    assert_int_equal(c.pos, 3);
    assert_int_equal(c.seq, 5);
    assert_true(phi_empty(c.body) && record_is(&c, "claim"));
}

static void a_deep_value_does_not_exhaust_the_stack(void **state)
{
    struct buf b = {0};
    (void)state;
    memset(buf_room(&b, 1 << 20), 0x91, 1 << 20);
    b.len = 1 << 20;
    struct mp m = mp_of(buf_view(&b));
    mp_skip(&m);
    assert_true(m.bad);
    buf_free(&b);
}

static void a_frame_is_as_long_as_its_records(void **state)
{
    struct record r = small(), back;
    struct buf b = {0};
    (void)state;
    record_write(&b, &r);
    record_write(&b, &r);
    struct frame_walk w = frame_walk(buf_view(&b), 2);
    assert_true(frame_next(&w, &back) && frame_next(&w, &back));
    assert_false(frame_next(&w, &back));
    assert_null(w.why);
    w = frame_walk(buf_view(&b), 1);
    assert_true(frame_next(&w, &back));
    assert_false(frame_next(&w, &back));
    assert_non_null(w.why);
    w = frame_walk(buf_view(&b), 3);
    assert_true(frame_next(&w, &back) && frame_next(&w, &back));
    assert_false(frame_next(&w, &back));
    assert_non_null(w.why);
    buf_free(&b);
}

static void hostile_commands_are_refused(void **state)
{
    struct frame_header h = {.cmd = CMD_ACK, .n = 2}, out;
    char p[FRAME_HEADER + 16] = {0};
    (void)state;
    frame_header_write(p, &h);
    assert_null(frame_header_read(p, sizeof p, &out));
    assert_non_null(frame_header_read(p, sizeof p - 1, &out)); /* fewer seqs than it says */
    assert_non_null(frame_header_read(p, 0, &out));
    assert_non_null(frame_header_read(p, 31, &out));
    p[1] = 2;
    assert_non_null(frame_header_read(p, sizeof p, &out)); /* another version */
    for (int cmd = 0; cmd < 256; cmd++) {
        h.cmd = (uint8_t)cmd;
        frame_header_write(p, &h);
        bool known = cmd >= CMD_WELCOME && cmd <= CMD_BYE;
        assert_int_equal(frame_header_read(p, sizeof p, &out) == NULL, known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_record_is_these_bytes),
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(a_torn_record_is_refused),
        cmocka_unit_test(a_damaged_header_never_crashes),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(unknown_keys_pass_through),
        cmocka_unit_test(a_note_is_set_and_replaced),
        cmocka_unit_test(a_child_descends),
        cmocka_unit_test(a_deep_value_does_not_exhaust_the_stack),
        cmocka_unit_test(a_frame_is_as_long_as_its_records),
        cmocka_unit_test(hostile_commands_are_refused),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
