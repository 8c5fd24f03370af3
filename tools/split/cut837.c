#include "tools/split/cut837.h"
#include "common/util/money.h"

enum { HEAD, BILLING, SUBSCRIBER, PATIENT, CLAIM, PARTS };
enum { CLAIMS_MOST = 100 }; /* S2-018: CLM under one subscriber or patient */

void cut837_begin(struct cut837 *c, const struct edi_delims *d)
{
    for (int i = 0; i < PARTS; i++) {
        buf_clear(&c->text[i]);
        c->segments[i] = 0;
    }
    struct buf *const ids[] = {&c->st02, &c->payer, &c->npi, &c->tin, &c->nm101};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        buf_clear(ids[i]);
    c->at = HEAD;
    c->d = *d;
}

void cut837_free(struct cut837 *c)
{
    struct buf *const ids[] = {&c->st02, &c->payer, &c->npi, &c->tin, &c->nm101};
    for (int i = 0; i < PARTS; i++)
        buf_free(&c->text[i]);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        buf_free(ids[i]);
}

static void set(struct buf *b, phi_str v)
{
    buf_clear(b);
    buf_phi(b, v);
}

static void claim_ends(struct cut837 *c)
{
    if (c->at != CLAIM)
        return;
    c->claim(c->ctx, &(struct cut_claim){.head = buf_view(&c->text[HEAD]),
                                         .billing = buf_view(&c->text[BILLING]),
                                         .subscriber = buf_view(&c->text[SUBSCRIBER]),
                                         .patient = buf_view(&c->text[PATIENT]),
                                         .claim = buf_view(&c->text[CLAIM]),
                                         .head_segments = c->segments[HEAD],
                                         .billing_segments = c->segments[BILLING],
                                         .subscriber_segments = c->segments[SUBSCRIBER],
                                         .patient_segments = c->segments[PATIENT],
                                         .segments = c->segments[CLAIM],
                                         .st02 = buf_view(&c->st02),
                                         .payer = buf_view(&c->payer),
                                         .npi = buf_view(&c->npi),
                                         .tin = buf_view(&c->tin),
                                         .cents = c->cents,
                                         .d = c->d});
}

/* A level begins: it and what is below it are new. */
static void level(struct cut837 *c, const struct edi_seg *seg)
{
    phi_str code = seg_el(seg, 3);
    int at = phi_is(code, "20")   ? BILLING
             : phi_is(code, "22") ? SUBSCRIBER
             : phi_is(code, "23") ? PATIENT
                                  : CLAIM;
    bool under = at == BILLING || c->segments[at == CLAIM ? CLAIM : at - 1];
    if (at == CLAIM || !under)
        c->fault(c->ctx, seg->off, "a hierarchical level of an 837 is out of order or unknown");
    for (int i = at; i < PARTS; i++) {
        buf_clear(&c->text[i]);
        c->segments[i] = 0;
    }
    if (at == BILLING) {
        buf_clear(&c->npi);
        buf_clear(&c->tin);
    }
    if (at <= SUBSCRIBER)
        buf_clear(&c->payer);
    buf_clear(&c->nm101);
    c->at = at;
    c->segments[at] = 1;
}

static void claim_begins(struct cut837 *c, const struct edi_seg *seg)
{
    if (c->at == HEAD || c->at == BILLING || (c->at == CLAIM && !c->segments[SUBSCRIBER]))
        c->fault(c->ctx, seg->off, "a claim of an 837 stands outside of a subscriber");
    if (!money_parse(seg_el(seg, 2), &c->cents))
        c->fault(c->ctx, seg->off, "the charge of a claim (CLM02) is no amount");
    buf_clear(&c->text[CLAIM]);
    c->segments[CLAIM] = 0;
    c->at = CLAIM;
}

static void ids(struct cut837 *c, const struct edi_seg *seg)
{
    if (seg_is(seg, "NM1")) {
        set(&c->nm101, seg_el(seg, 1));
        if (c->at == BILLING && phi_is(seg_el(seg, 1), "85") && phi_is(seg_el(seg, 8), "XX"))
            set(&c->npi, seg_el(seg, 9));
        if (c->at == SUBSCRIBER && phi_is(seg_el(seg, 1), "PR"))
            set(&c->payer, seg_el(seg, 9));
    } else if (c->at == BILLING && seg_is(seg, "REF") && phi_is(buf_view(&c->nm101), "85") &&
               (phi_is(seg_el(seg, 1), "EI") || phi_is(seg_el(seg, 1), "SY"))) {
        set(&c->tin, seg_el(seg, 2));
    }
}

void cut837_segment(struct cut837 *c, const struct edi_seg *seg)
{
    bool hl = seg_is(seg, "HL"), clm = seg_is(seg, "CLM"), se = seg_is(seg, "SE");
    if (hl || clm || se)
        claim_ends(c);
    if (se)
        return;
    if (seg_is(seg, "ST"))
        set(&c->st02, seg_el(seg, 2));
    if (hl) {
        level(c, seg);
        return;
    }
    if (clm)
        claim_begins(c, seg);
    ids(c, seg);
    struct buf *b = &c->text[c->at];
    buf_phi(b, seg_bytes(seg));
    buf_putc(b, c->d.term);
    buf_puts(b, c->newline);
    c->segments[c->at]++;
}

/* ---- writing ---- */

static void put(struct part *q, phi_str text, uint32_t segments)
{
    buf_phi(&q->bytes, text);
    q->w.segments += segments;
}

static uint32_t put_hl(struct part *q, uint32_t parent, const char *code, bool child)
{
    char elem = q->w.d.elem;
    buf_puts(&q->bytes, "HL");
    buf_putc(&q->bytes, elem);
    buf_int(&q->bytes, ++q->hl);
    buf_putc(&q->bytes, elem);
    if (parent)
        buf_int(&q->bytes, parent);
    buf_putc(&q->bytes, elem);
    buf_puts(&q->bytes, code);
    buf_putc(&q->bytes, elem);
    buf_puts(&q->bytes, child ? "1" : "0");
    buf_putc(&q->bytes, q->w.d.term);
    buf_puts(&q->bytes, q->w.newline);
    return q->hl;
}

static void begin(struct parts *p, struct part *q, const struct cut_claim *c)
{
    set(&q->st02, c->st02);
    q->w.segments = 0;
    q->hl = 0;
    buf_clear(&q->billing);
    part_in_set(p, q);
    put(q, c->head, c->head_segments);
}

static void put_levels(struct part *q, const struct cut_claim *c)
{
    bool child = c->patient.n > 0, full = q->on_patient >= CLAIMS_MOST;
    bool billing = q->hl == 0 || !phi_eq(buf_view(&q->billing), c->billing);
    if (billing) {
        q->hl_billing = put_hl(q, 0, "20", true);
        put(q, c->billing, c->billing_segments);
        set(&q->billing, c->billing);
    }
    bool subscriber = billing || child != q->dependents || (full && !child) ||
                      !phi_eq(buf_view(&q->subscriber), c->subscriber);
    if (subscriber) {
        q->hl_subscriber = put_hl(q, q->hl_billing, "22", child);
        put(q, c->subscriber, c->subscriber_segments);
        set(&q->subscriber, c->subscriber);
        q->dependents = child;
        q->on_patient = 0;
    }
    if (!child || (!subscriber && !full && phi_eq(buf_view(&q->patient), c->patient)))
        return;
    put_hl(q, q->hl_subscriber, "23", false);
    put(q, c->patient, c->patient_segments);
    set(&q->patient, c->patient);
    q->on_patient = 0;
}

void cut837_write(struct parts *p, struct part *q, const struct cut_claim *c)
{
    if (!q->in_st)
        begin(p, q, c);
    put_levels(q, c);
    put(q, c->claim, c->segments);
    q->on_patient++;
    q->claims++;
    q->cents += c->cents;
    part_settle(p, q);
}
