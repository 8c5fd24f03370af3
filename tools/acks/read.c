#include "tools/acks/read.h"
#include <stdlib.h>

/* The body while it is read, and the answer that is open. */
struct reading {
    const struct ack_reader *to;
    struct ack_said a, group; /* group: the 999's own, told at its end */
    struct edi_delims d;
    bool open, is_999, is_277ca;
    uint32_t position, n;
    uint64_t st_off; /* of the ST in the body */
};

/* The open answer is whole: it ends where the present segment begins. */
static void tell(struct reading *r, struct ack_said *a, uint64_t end)
{
    a->ordinal = r->n++;
    a->len = end - r->st_off - a->off;
    a->comp = r->d.comp;
    r->to->said(r->to->ctx, a);
}

static void close_claim(struct reading *r, uint64_t end)
{
    if (r->open)
        tell(r, &r->a, end);
    r->open = false;
}

static void open_at(struct reading *r, struct ack_said *a, const struct edi_seg *s)
{
    a->position = r->position;
    a->off = s->off - r->st_off;
    a->codes_n = 0;
}

static void add_code(struct ack_said *a, phi_str code)
{
    for (uint32_t i = 0; i < a->codes_n; i++)
        if (phi_eq(a->codes[i], code))
            return;
    if (!phi_empty(code) && a->codes_n < ACK_CODES)
        a->codes[a->codes_n++] = code;
}

static uint64_t behind(const struct edi_seg *s)
{
    return s->off + seg_bytes(s).n + 1;
}

/* --- 999 --- */

static void take_ak1(struct reading *r, const struct edi_seg *s)
{
    r->group = (struct ack_said){.answer = "999", .of = "group", .gs06 = seg_el(s, 2)};
    open_at(r, &r->group, s);
}

static void take_ak2(struct reading *r, const struct edi_seg *s)
{
    r->a = r->group;
    r->a.of = "set";
    r->a.st02 = seg_el(s, 2);
    open_at(r, &r->a, s);
    r->open = true;
}

/* A accepted, E accepted with errors noted, P accepted in part (said of each set). */
static void judged(struct ack_said *a, const struct edi_seg *s, uint32_t first)
{
    a->code = seg_el(s, 1);
    a->accepted = phi_is(a->code, "A") || phi_is(a->code, "E") || phi_is(a->code, "P");
    for (uint32_t i = first; i < s->n; i++)
        add_code(a, seg_el(s, i));
}

static void take_ik5(struct reading *r, const struct edi_seg *s)
{
    if (!r->open)
        return;
    judged(&r->a, s, 2);
    close_claim(r, behind(s));
}

static void take_ak9(struct reading *r, const struct edi_seg *s)
{
    if (!r->group.answer)
        return;
    judged(&r->group, s, 5);
    tell(r, &r->group, behind(s));
    r->group.answer = NULL;
}

/* --- 277CA --- */

static void take_hl(struct reading *r, const struct edi_seg *s)
{
    close_claim(r, s->off);
    if (phi_is(seg_el(s, 3), "20"))
        r->a = (struct ack_said){.answer = "277CA", .of = "claim"};
}

static void take_nm1(struct reading *r, const struct edi_seg *s)
{
    if (phi_empty(r->a.by))
        r->a.by = seg_el(s, 1);
}

/* TRN*2 stands for the batch above the providers, and for a claim below a patient. */
static void take_trn(struct reading *r, const struct edi_seg *s)
{
    close_claim(r, s->off);
    if (!r->a.answer || !phi_is(seg_el(s, 1), "2"))
        return;
    if (phi_empty(r->a.bht03)) {
        r->a.bht03 = seg_el(s, 2);
        return;
    }
    r->a.pcn = seg_el(s, 2);
    r->a.control = r->a.trace = r->a.code = r->a.charge = (phi_str){"", 0};
    r->a.accepted = false;
    open_at(r, &r->a, s);
    r->open = true;
}

/* A claim is accepted when all that is said of it is; a line's status has no STC04. */
static void take_stc(struct reading *r, const struct edi_seg *s)
{
    static const uint32_t composites[] = {1, 10, 11};
    if (!r->open)
        return;
    bool first = phi_empty(r->a.code), accepted = phi_is(seg_el(s, 3), "WQ");
    if (first || !accepted)
        r->a.code = seg_el(s, 3);
    if (first)
        r->a.charge = seg_el(s, 4);
    r->a.accepted = accepted && (first || r->a.accepted);
    for (size_t i = 0; i < sizeof composites / sizeof *composites; i++)
        add_code(&r->a, seg_el(s, composites[i]));
}

static void take_ref(struct reading *r, const struct edi_seg *s)
{
    if (r->open && phi_is(seg_el(s, 1), "1K"))
        r->a.control = seg_el(s, 2);
    else if (r->open && phi_is(seg_el(s, 1), "D9"))
        r->a.trace = seg_el(s, 2);
}

static void take_se(struct reading *r, const struct edi_seg *s)
{
    close_claim(r, s->off);
}

/* --- both --- */

struct taker {
    const char *id;
    void (*take)(struct reading *r, const struct edi_seg *s);
};
static const struct taker of_999[] = {
    {"AK1", take_ak1}, {"AK2", take_ak2}, {"IK5", take_ik5}, {"AK9", take_ak9}, {0}};
static const struct taker of_277ca[] = {{"HL", take_hl},
                                        {"NM1", take_nm1},
                                        {"TRN", take_trn},
                                        {"STC", take_stc},
                                        {"REF", take_ref},
                                        {"SE", take_se},
                                        {0}};

static void take(struct reading *r, const struct edi_seg *s)
{
    if (seg_is(s, "GS"))
        r->is_277ca = phi_is(seg_el(s, 1), "HN") && phi_is(seg_el(s, 8), "005010X214");
    if (seg_is(s, "ST")) {
        r->is_999 = phi_is(seg_el(s, 1), "999");
        r->position = 0;
        r->st_off = s->off;
    }
    r->position++;
    const struct taker *t = r->is_999 ? of_999 : r->is_277ca ? of_277ca : NULL;
    for (; t && t->id; t++)
        if (seg_is(s, t->id)) {
            t->take(r, s);
            return;
        }
}

uint32_t ack_read(phi_str body, const struct ack_reader *to)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct reading r = {.to = to};
    struct edi_seg seg;
    while (scan_next(s, &seg) == SCAN_SEG) {
        r.d = *scan_delims(s);
        take(&r, &seg);
    }
    scan_free(s);
    return r.n;
}
