#include "tools/acks/read.h"
#include <stdlib.h>

struct taker;

/* The body while it is read, and the answer that is open. */
struct reading {
    const struct ack_reader *to;
    struct ack_said a, group; /* group: the 999's own, told at its end */
    struct edi_delims d;
    const struct taker *takers; /* of this kind of set; NULL: it answers nothing */
    bool is_277ca;
    bool open, patient; /* patient: below a level of one */
    uint32_t position, n;
    uint64_t st_off; /* of the ST in the body */
};

static const struct taker *of_review(void);

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
    bool silent = r->takers == of_review() && phi_empty(r->a.code);
    if (r->open && !silent)
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
    bool claims = phi_is(seg_el(s, 1), "HC");
    r->group = (struct ack_said){.answer = "999",
                                 .of = claims ? "group" : "outgoing",
                                 .group = seg_el(s, 1),
                                 .gs06 = seg_el(s, 2)};
    open_at(r, &r->group, s);
}

static void take_ak2(struct reading *r, const struct edi_seg *s)
{
    r->a = r->group;
    r->a.of = phi_is(r->group.group, "HC") ? "set" : "outgoing";
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

/* --- 277: the status of a claim that was asked for, or what a payer wants to know of it --- */

static void status_hl(struct reading *r, const struct edi_seg *s)
{
    phi_str level = seg_el(s, 3);
    close_claim(r, s->off);
    r->patient = phi_is(level, "22") || phi_is(level, "23") || phi_is(level, "PT");
    if (phi_is(level, "20"))
        r->a = (struct ack_said){.answer = "277", .of = "status", .bht03 = r->a.bht03};
}

static void take_bht(struct reading *r, const struct edi_seg *s)
{
    r->a.bht03 = seg_el(s, 3);
}

static void status_trn(struct reading *r, const struct edi_seg *s)
{
    close_claim(r, s->off);
    if (!r->patient || !r->a.answer)
        return;
    r->a.trace = seg_el(s, 2);
    r->a.pcn = r->a.control = r->a.code = r->a.charge = r->a.due = (phi_str){"", 0};
    if (phi_is(seg_el(s, 1), "1")) /* the payer asks, and names the claim by its own number */
        r->a.control = r->a.trace;
    open_at(r, &r->a, s);
    r->open = true;
}

/* What it came to: A, F, P, R answer for the claim; A3 to A8, D and E say that there is no answer. */
static void status_stc(struct reading *r, const struct edi_seg *s)
{
    static const uint32_t composites[] = {1, 10, 11};
    if (!r->open)
        return;
    if (phi_empty(r->a.code)) {
        phi_str c = edi_part(seg_el(s, 1), r->d.comp, 1);
        r->a.code = c;
        r->a.charge = seg_el(s, 4);
        r->a.accepted =
            c.n == 2 && c.p[0] != 'D' && c.p[0] != 'E' && (c.p[0] != 'A' || c.p[1] < '3');
    }
    for (size_t i = 0; i < sizeof composites / sizeof *composites; i++)
        add_code(&r->a, seg_el(s, composites[i]));
}

static void status_ref(struct reading *r, const struct edi_seg *s)
{
    if (r->open && phi_is(seg_el(s, 1), "EJ"))
        r->a.pcn = seg_el(s, 2);
    else if (r->open && phi_is(seg_el(s, 1), "1K"))
        r->a.control = seg_el(s, 2);
}

static void status_dtp(struct reading *r, const struct edi_seg *s)
{
    if (r->open && phi_is(seg_el(s, 1), "106"))
        r->a.due = seg_el(s, 3);
}

/* --- 278: what is certified; the tool `authorization` reads more of it --- */

static void review_hl(struct reading *r, const struct edi_seg *s)
{
    phi_str level = seg_el(s, 3);
    if (phi_is(level, "SS"))
        return;
    close_claim(r, s->off);
    if (phi_is(level, "20"))
        r->a = (struct ack_said){.answer = "278", .of = "review", .bht03 = r->a.bht03};
    if (phi_is(level, "20") || phi_is(level, "EV")) {
        r->a.trace = r->a.code = (phi_str){"", 0};
        open_at(r, &r->a, s);
        r->open = true;
    }
}

static void review_trn(struct reading *r, const struct edi_seg *s)
{
    if (r->open && phi_empty(r->a.trace) && phi_is(seg_el(s, 1), "2"))
        r->a.trace = seg_el(s, 2);
}

static void review_hcr(struct reading *r, const struct edi_seg *s)
{
    phi_str code = seg_el(s, 1);
    if (!r->open || !phi_empty(r->a.code))
        return;
    r->a.code = code;
    r->a.accepted =
        phi_is(code, "A1") || phi_is(code, "A2") || phi_is(code, "A6") || phi_is(code, "NA");
    add_code(&r->a, seg_el(s, 3));
}

static void review_aaa(struct reading *r, const struct edi_seg *s)
{
    if (r->open && phi_empty(r->a.code))
        r->a.code = seg_el(s, 3);
    if (r->open)
        add_code(&r->a, seg_el(s, 3));
}

/* --- 271: what is covered, kept for who asks later --- */

static void cover_hl(struct reading *r, const struct edi_seg *s)
{
    phi_str level = seg_el(s, 3);
    close_claim(r, s->off);
    if (phi_is(level, "20"))
        r->a = (struct ack_said){.answer = "271", .of = "eligibility", .bht03 = r->a.bht03};
    if (!r->a.answer || !(phi_is(level, "22") || phi_is(level, "23")))
        return;
    r->a.trace = r->a.code = (phi_str){"", 0};
    r->a.accepted = true;
    open_at(r, &r->a, s);
    r->open = true;
}

/* Of several traces the one that we gave is told by TRN01: 2. */
static void cover_trn(struct reading *r, const struct edi_seg *s)
{
    if (r->open && (phi_empty(r->a.trace) || phi_is(seg_el(s, 1), "2")))
        r->a.trace = seg_el(s, 2);
}

static void cover_code(struct reading *r, phi_str code, bool refused)
{
    if (!r->open)
        return;
    if (phi_empty(r->a.code) || (refused && r->a.accepted))
        r->a.code = code;
    r->a.accepted = r->a.accepted && !refused;
    add_code(&r->a, code);
}

static void cover_eb(struct reading *r, const struct edi_seg *s)
{
    cover_code(r, seg_el(s, 1), false);
}

static void cover_aaa(struct reading *r, const struct edi_seg *s)
{
    cover_code(r, seg_el(s, 3), true);
}

/* --- all --- */

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

static const struct taker of_277[] = {{"BHT", take_bht},   {"HL", status_hl},   {"NM1", take_nm1},
                                      {"TRN", status_trn}, {"STC", status_stc}, {"REF", status_ref},
                                      {"DTP", status_dtp}, {"SE", take_se},     {0}};
static const struct taker of_278[] = {{"BHT", take_bht},
                                      {"HL", review_hl},
                                      {"TRN", review_trn},
                                      {"HCR", review_hcr},
                                      {"AAA", review_aaa},
                                      {"SE", take_se},
                                      {0}};
static const struct taker of_271[] = {
    {"BHT", take_bht}, {"HL", cover_hl},   {"NM1", take_nm1}, {"TRN", cover_trn},
    {"EB", cover_eb},  {"AAA", cover_aaa}, {"SE", take_se},   {0}};

static const struct taker *of_review(void)
{
    return of_278;
}

/* A 277 is told by its version: an acknowledgment of claims, or an answer to who asked. */
static const struct taker *takers_of(phi_str st01, bool is_277ca)
{
    return phi_is(st01, "999")    ? of_999
           : phi_is(st01, "271")  ? of_271
           : phi_is(st01, "278")  ? of_278
           : !phi_is(st01, "277") ? NULL
           : is_277ca             ? of_277ca
                                  : of_277;
}

static void take(struct reading *r, const struct edi_seg *s)
{
    if (seg_is(s, "GS"))
        r->is_277ca = phi_is(seg_el(s, 1), "HN") && phi_is(seg_el(s, 8), "005010X214");
    if (seg_is(s, "ST")) {
        r->takers = takers_of(seg_el(s, 1), r->is_277ca);
        r->position = 0;
        r->st_off = s->off;
    }
    r->position++;
    for (const struct taker *t = r->takers; t && t->id; t++)
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
