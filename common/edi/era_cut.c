#include "common/edi/era_cut.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <stdlib.h>

enum { PAIRS = 6 }; /* of a PLB */

enum part { HEAD, LX, SUMMARY, CLP, CLAIM, PLB, SE };

static enum part part_of(enum part before, const struct edi_seg *seg)
{
    static const struct {
        const char *id;
        enum part part;
    } starts[] = {{"LX", LX}, {"CLP", CLP}, {"PLB", PLB}, {"SE", SE}};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (seg_is(seg, starts[i].id))
            return starts[i].part;
    if (before == LX || before == SUMMARY)
        return SUMMARY;
    return before == CLP || before == CLAIM ? CLAIM : before;
}

/* ---- the first walk ---- */

struct era_walk {
    struct era_cut_ask ask;
    struct era_cut_fault fault;
    struct buf head, body; /* of the set; of the claim that is open */
    struct buf summary;    /* TS301 of the group */
    struct arena mem;
    enum part part;
    bool totals, open; /* the group has TS3 or TS2; a claim is open */
    uint32_t group;    /* share of the group's claims; ERA_NOBODY: none yet */
    uint32_t position, claim_at;
    uint64_t claim_off;
    int64_t paid, adjusted;
    uint32_t claims_room, adjustments_room;
    uint32_t top; /* above every owner so far, ERA_NOBODY aside */
};

void era_cut_begin(struct era_cut *c, const struct era_cut_ask *ask, phi_str isa_gs)
{
    *c = (struct era_cut){.walk = xcalloc(1, sizeof *c->walk)};
    c->walk->ask = *ask;
    c->walk->group = ERA_NOBODY;
    buf_phi(&c->walk->head, isa_gs);
}

static void out(struct era_walk *w, const char *rule, const char *segment, uint32_t position,
                uint64_t off, const char *text)
{
    if (w->fault.rule)
        return;
    w->fault = (struct era_cut_fault){.rule = rule, .text = text, .position = position, .off = off};
    memcpy(w->fault.segment, segment, strnlen(segment, 3));
}

static void keep(struct buf *b, const struct edi_seg *seg, const struct edi_delims *d)
{
    buf_phi(b, seg_bytes(seg));
    buf_putc(b, d->term);
}

static uint32_t share_of(struct era_cut *c, uint32_t owner)
{
    bool fresh = owner >= c->walk->top; /* owners in ascending order need no search */
    for (uint32_t i = fresh ? 0 : c->shares; i-- > 0;)
        if (c->share[i].owner == owner)
            return i;
    c->share = xrealloc(c->share, (c->shares + 1) * sizeof *c->share);
    c->share[c->shares] = (struct era_share){.owner = owner};
    if (fresh && owner != ERA_NOBODY)
        c->walk->top = owner + 1;
    return c->shares++;
}

static void push(uint32_t **list, uint32_t *n, uint32_t *room, uint32_t v)
{
    if (*n == *room) {
        *room = *room ? *room * 2 : 16;
        *list = xrealloc(*list, *room * sizeof **list);
    }
    (*list)[(*n)++] = v;
}

static void claim_ends(struct era_cut *c)
{
    struct era_walk *w = c->walk;
    struct remit r;
    struct remit_fault why = {0};
    if (!w->open)
        return;
    w->open = false;
    if (!remit_read(buf_view(&w->body), &w->mem, &r, &why)) {
        out(w, "ERA_UNREAD", "CLP", w->claim_at, w->claim_off, "a claim cannot be read");
    } else {
        uint32_t owner = w->ask.claim(w->ask.ctx, &r, buf_view(&w->summary));
        uint32_t i = share_of(c, owner);
        struct era_share *s = &c->share[i];
        s->claims++;
        if (!money_add(s->cents, r.paid, &s->cents) || !money_add(w->paid, r.paid, &w->paid))
            out(w, "S3-016", "CLP", w->claim_at, w->claim_off, "the payments are too large");
        if (w->totals && w->group != ERA_NOBODY && w->group != i)
            out(w, "ERA_SHARE", "CLP", w->claim_at, w->claim_off,
                "claims of several owners stand under one total (TS3 or TS2), which cannot be cut");
        w->group = i;
        push(&c->of_claim, &c->claims, &w->claims_room, i);
    }
    arena_clear(&w->mem);
}

/* A set without claims, with or without adjustments: it is of whom its head names. */
static void head_alone(struct era_cut *c)
{
    struct era_walk *w = c->walk;
    struct remit r = {0};
    struct remit_fault why = {0};
    if (!payment_read(buf_view(&w->head), &w->mem, &r.head, &why))
        out(w, "ERA_UNREAD", "BPR", 2, 0, "the head of the set cannot be read");
    else
        share_of(c, w->ask.claim(w->ask.ctx, &r, phi_lit("")));
}

static void bpr(struct era_cut *c, const struct edi_seg *seg)
{
    if (!money_parse(seg_el(seg, 2), &c->cents))
        out(c->walk, "ERA_UNREAD", "BPR", c->walk->position, seg->off,
            "the payment (BPR02) is no amount");
}

static void adjustment(struct era_cut *c, const struct plb *p, uint64_t off)
{
    struct era_walk *w = c->walk;
    uint32_t owner = w->ask.adjustment(w->ask.ctx, p);
    if (owner == ERA_NOBODY) {
        out(w, "ERA_SHARE", "PLB", w->position, off,
            "it cannot be said whose provider adjustment this is");
        return;
    }
    uint32_t i = share_of(c, owner);
    struct era_share *s = &c->share[i];
    s->adjustments++;
    if (__builtin_sub_overflow(s->cents, p->cents, &s->cents) ||
        !money_add(w->adjusted, p->cents, &w->adjusted))
        out(w, "S3-016", "PLB", w->position, off, "the adjustments are too large");
    push(&c->of_adjustment, &c->adjustments, &w->adjustments_room, i);
}

static void plb(struct era_cut *c, const struct edi_seg *seg, const struct edi_delims *d)
{
    struct era_walk *w = c->walk;
    if (c->shares == 0)
        head_alone(c);
    for (uint32_t k = 0; k < PAIRS; k++) {
        struct remit_fault why = {0};
        struct plb p = {0};
        if (plb_segment(&p, seg, d, k, &why))
            adjustment(c, &p, seg->off);
        else if (why.text)
            out(w, "ERA_UNREAD", "PLB", w->position, seg->off, "an adjustment cannot be read");
    }
}

static void new_group(struct era_walk *w)
{
    w->group = ERA_NOBODY;
    w->totals = false;
    buf_clear(&w->summary);
}

static void summary(struct era_walk *w, const struct edi_seg *seg)
{
    w->totals = w->totals || seg_is(seg, "TS3") || seg_is(seg, "TS2");
    if (seg_is(seg, "TS3"))
        buf_phi(&w->summary, seg_el(seg, 1));
}

static void claim_begins(struct era_walk *w, const struct edi_seg *seg)
{
    w->open = true;
    w->claim_at = w->position;
    w->claim_off = seg->off;
    buf_clear(&w->body);
    buf_phi(&w->body, buf_view(&w->head));
}

void era_cut_segment(struct era_cut *c, const struct edi_seg *seg, const struct edi_delims *d)
{
    struct era_walk *w = c->walk;
    if (w->position || seg_is(seg, "ST"))
        w->position++;
    w->part = part_of(w->part, seg);
    if (w->part != CLAIM)
        claim_ends(c);
    if (w->part == HEAD)
        keep(&w->head, seg, d);
    if (w->part == HEAD && seg_is(seg, "BPR"))
        bpr(c, seg);
    if (w->part == LX)
        new_group(w);
    else if (w->part == SUMMARY)
        summary(w, seg);
    else if (w->part == CLP)
        claim_begins(w, seg);
    else if (w->part == PLB)
        plb(c, seg, d);
    if (w->part == CLP || w->part == CLAIM)
        keep(&w->body, seg, d);
}

bool era_cut_end(struct era_cut *c, struct era_cut_fault *f)
{
    struct era_walk *w = c->walk;
    int64_t sum;
    claim_ends(c);
    if (c->shares == 0 && !w->fault.rule)
        head_alone(c);
    if (__builtin_sub_overflow(w->paid, w->adjusted, &sum) || sum != c->cents)
        out(w, "S3-016", "BPR", 2, 0,
            "payments of the claims less provider adjustments are not the payment (BPR02)");
    for (uint32_t i = 0; i < c->shares; i++)
        if (c->share[i].cents < 0)
            out(w, "S3-017", "BPR", 2, 0,
                "the part of one owner would be a negative payment: more is taken from it than its "
                "claims in this set bring");
    *f = w->fault;
    bool good = !w->fault.rule;
    buf_free(&w->head);
    buf_free(&w->body);
    buf_free(&w->summary);
    arena_free(&w->mem);
    free(w);
    c->walk = NULL;
    return good;
}

void era_cut_free(struct era_cut *c)
{
    free(c->share);
    free(c->of_claim);
    free(c->of_adjustment);
    *c = (struct era_cut){0};
}

/* ---- the second walk ---- */

void era_put_begin(struct era_put *p)
{
    p->numbers = xcalloc(p->cut->shares + 1, sizeof *p->numbers);
    p->has_lx = xcalloc(p->cut->shares + 1, sizeof *p->has_lx);
    p->head = true;
    p->in_group = p->in_claim = false;
    p->claim = p->adjustment = p->at = 0;
    p->lx = (struct buf){0};
}

void era_put_end(struct era_put *p)
{
    free(p->numbers);
    free(p->has_lx);
    buf_free(&p->lx);
}

static void put_newline(struct edi_writer *w)
{
    if (w->newline)
        buf_puts(w->out, w->newline);
}

/* The bytes as they came. */
static void copy(struct edi_writer *w, const struct edi_seg *seg)
{
    buf_phi(w->out, seg_bytes(seg));
    buf_putc(w->out, w->d.term);
    put_newline(w);
    w->segments++;
}

static void put_el(struct edi_writer *w, phi_str v)
{
    buf_putc(w->out, w->d.elem);
    buf_phi(w->out, v);
}

static void end_seg(struct edi_writer *w)
{
    buf_putc(w->out, w->d.term);
    put_newline(w);
    w->segments++;
}

/* BPR with another amount; without money no way of payment. */
static void put_bpr(struct edi_writer *w, const struct edi_seg *seg, int64_t cents, int64_t whole)
{
    struct buf amount = {0};
    bool none = cents == 0 && whole != 0;
    money_x12(&amount, cents);
    buf_puts(w->out, "BPR");
    for (uint32_t i = 1; i < seg->n; i++) {
        bool account = i >= 5 && i <= 15;
        put_el(w, i == 2            ? buf_view(&amount)
                  : none && i == 1  ? phi_lit("H")
                  : none && i == 4  ? phi_lit("NON")
                  : none && account ? phi_lit("")
                                    : seg_el(seg, i));
    }
    end_seg(w);
    buf_free(&amount);
}

static void put_head(struct era_put *p, const struct edi_seg *seg)
{
    for (uint32_t i = 0; i < p->cut->shares; i++) {
        struct edi_writer *w = p->to(p->ctx, i);
        if (seg_is(seg, "ST"))
            w->segments = 0;
        if (seg_is(seg, "BPR") && p->cut->shares > 1)
            put_bpr(w, seg, p->cut->share[i].cents, p->cut->cents);
        else
            copy(w, seg);
    }
}

static void put_se(struct era_put *p, const struct edi_seg *seg)
{
    for (uint32_t i = 0; i < p->cut->shares; i++) {
        struct edi_writer *w = p->to(p->ctx, i);
        buf_puts(w->out, "SE");
        buf_putc(w->out, w->d.elem);
        buf_int(w->out, w->segments + 1);
        put_el(w, seg_el(seg, 2));
        end_seg(w);
    }
}

/* A group begins: LX and totals wait for the first claim that needs them. */
static void hold_group(struct era_put *p, const struct edi_seg *seg, const struct edi_delims *d)
{
    if (seg_is(seg, "LX")) {
        buf_clear(&p->lx);
        memset(p->has_lx, 0, p->cut->shares * sizeof *p->has_lx);
        p->in_group = true;
        return;
    }
    keep(&p->lx, seg, d);
}

/* LX with a number of the share's own, and the totals behind it. */
static void put_group(struct era_put *p, struct edi_writer *w, uint32_t i)
{
    if (!p->in_group || p->has_lx[i])
        return;
    p->has_lx[i] = true;
    buf_puts(w->out, "LX");
    buf_putc(w->out, w->d.elem);
    buf_int(w->out, ++p->numbers[i]);
    end_seg(w);
    for (size_t k = 0; k < p->lx.len; k++) {
        buf_putc(w->out, p->lx.p[k]);
        if (p->lx.p[k] != w->d.term)
            continue;
        put_newline(w);
        w->segments++;
    }
}

/* PLB01, PLB02 and those pairs that are this share's. */
static void put_pairs(struct era_put *p, const struct edi_seg *seg, const uint32_t *of, uint32_t i)
{
    struct edi_writer *w = NULL;
    for (uint32_t k = 0, n = 0; k < PAIRS; k++) {
        if (phi_empty(seg_el(seg, 3 + 2 * k)) || of[n++] != i)
            continue;
        if (!w) {
            w = p->to(p->ctx, i);
            buf_puts(w->out, "PLB");
            put_el(w, seg_el(seg, 1));
            put_el(w, seg_el(seg, 2));
        }
        put_el(w, seg_el(seg, 3 + 2 * k));
        put_el(w, seg_el(seg, 4 + 2 * k));
    }
    if (w)
        end_seg(w);
}

static void put_plb(struct era_put *p, const struct edi_seg *seg)
{
    const uint32_t *of = p->cut->of_adjustment + p->adjustment;
    uint32_t n = 0;
    for (uint32_t k = 0; k < PAIRS; k++)
        n += !phi_empty(seg_el(seg, 3 + 2 * k));
    for (uint32_t i = 0; i < p->cut->shares && n; i++)
        put_pairs(p, seg, of, i);
    p->adjustment += n;
}

void era_put_segment(struct era_put *p, const struct edi_seg *seg, const struct edi_delims *d)
{
    enum part before = p->head ? HEAD : p->in_claim ? CLAIM : p->in_group ? SUMMARY : PLB;
    enum part part = part_of(before, seg);
    p->head = part == HEAD;
    p->in_claim = part == CLP || part == CLAIM;
    if (part == HEAD)
        put_head(p, seg);
    else if (part == LX || part == SUMMARY)
        hold_group(p, seg, d);
    else if (part == PLB)
        put_plb(p, seg);
    else if (part == SE)
        put_se(p, seg);
    if (part == CLP) {
        p->at = p->cut->of_claim[p->claim++];
        put_group(p, p->to(p->ctx, p->at), p->at);
    }
    if (p->in_claim)
        copy(p->to(p->ctx, p->at), seg);
}
