/* The three balances of an 835. */
#include "common/util/money.h"
#include "tools/remit835/era.h"

enum era_part era_part(enum era_part before, const struct edi_seg *seg)
{
    static const struct {
        const char *id;
        enum era_part part;
    } starts[] = {{"LX", ERA_LX},   {"TS3", ERA_GROUP}, {"TS2", ERA_GROUP}, {"CLP", ERA_CLP},
                  {"PLB", ERA_PLB}, {"SE", ERA_SE},     {"ISA", ERA_HEAD}};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (seg_is(seg, starts[i].id))
            return starts[i].part;
    if (before == ERA_HEAD)
        return ERA_HEAD;
    return before == ERA_CLP || before == ERA_CLAIM ? ERA_CLAIM : ERA_GROUP;
}

static bool out(struct era_fault *f, const char *rule, const char *detail, const char *segment,
                uint32_t position, const char *text)
{
    *f = (struct era_fault){.rule = rule, .detail = detail, .position = position, .text = text};
    memcpy(f->segment, segment, strnlen(segment, sizeof f->segment - 1));
    return false;
}

/* True when a - b == c, overflow counting as not. */
static bool minus_is(int64_t a, int64_t b, int64_t c)
{
    int64_t d;
    return !__builtin_sub_overflow(a, b, &d) && d == c;
}

static bool line_balances(const struct remit_line *l, uint32_t position, struct era_fault *f)
{
    int64_t cas;
    if (!remit_cas_sum(l->cas, l->cas_n, &cas) || !minus_is(l->charge, cas, l->paid))
        return out(f, "ERA_LINE_OUT", "S3-012", "SVC", position + l->seg,
                   "charge of the line less its adjustments is not what was paid for it");
    return true;
}

/* Sums over the lines of a claim. */
struct line_sums {
    int64_t charge, paid, cas;
};

static bool sum_lines(const struct remit *r, struct line_sums *s)
{
    *s = (struct line_sums){0};
    for (uint32_t i = 0; i < r->lines_n; i++)
        if (!money_add(s->charge, r->lines[i].charge, &s->charge) ||
            !money_add(s->paid, r->lines[i].paid, &s->paid))
            return false;
    return remit_lines_cas_sum(r, &s->cas);
}

bool era_claim_balances(const struct remit *r, uint32_t position, struct era_fault *f)
{
    struct line_sums s;
    int64_t cas, all;
    for (uint32_t i = 0; i < r->lines_n; i++)
        if (!line_balances(&r->lines[i], position, f))
            return false;
    if (!sum_lines(r, &s) || !remit_cas_sum(r->cas, r->cas_n, &cas) || !money_add(cas, s.cas, &all))
        return out(f, "ERA_CLAIM_OUT", "S3-013", "CLP", position,
                   "the amounts of the claim are too large to be summed");
    if (!minus_is(r->charge, all, r->paid))
        return out(f, "ERA_CLAIM_OUT", "S3-013", "CLP", position,
                   "charge of the claim less all adjustments is not what was paid for it");
    if (r->lines_n && s.charge != r->charge)
        return out(f, "ERA_CLAIM_OUT", "S3-014", "CLP", position,
                   "charges of the lines do not sum to the charge of the claim");
    if (r->lines_n && !minus_is(s.paid, cas, r->paid))
        return out(f, "ERA_CLAIM_OUT", "S3-015", "CLP", position,
                   "payments of the lines less the adjustments of the claim are not its payment");
    return true;
}

/* State of a walk through a whole set; one claim at a time is in memory. */
struct walk {
    struct arena head_mem, mem;
    struct payment head;
    struct remit claim;
    enum era_part part;
    uint8_t rank; /* how far the set is, see in_order() */
    uint32_t position, claim_at, bpr_at;
    int64_t paid, adjusted; /* sums of CLP04 and of PLB amounts */
    struct era_count *count;
    struct era_fault *fault;
};

static bool unread(struct walk *w, const struct remit_fault *why)
{
    return out(w->fault, "ERA_UNREAD", "", why->segment, w->position,
               why->text ? why->text : "the segment cannot be read");
}

static bool claim_ends(struct walk *w)
{
    if (w->claim.segments == 0)
        return true;
    w->count->claims++;
    bool ok = era_claim_balances(&w->claim, w->claim_at, w->fault);
    if (ok && !money_add(w->paid, w->claim.paid, &w->paid))
        ok = out(w->fault, "ERA_TX_OUT", "S3-016", "CLP", w->claim_at,
                 "the payments are too large to be summed");
    arena_clear(&w->mem);
    w->claim = (struct remit){0};
    return ok;
}

static bool plb_counts(struct walk *w, const struct edi_seg *seg, const struct edi_delims *d)
{
    for (uint32_t k = 0; k < 6; k++) {
        struct remit_fault why = {0};
        struct plb p;
        if (plb_segment(&p, seg, d, k, &why)) {
            w->count->adjustments++;
            if (!money_add(w->adjusted, p.cents, &w->adjusted))
                return out(w->fault, "ERA_TX_OUT", "S3-016", "PLB", w->position,
                           "the adjustments are too large to be summed");
        } else if (why.text) {
            return unread(w, &why);
        }
    }
    return true;
}

/* Head, claims, provider adjustments, SE: in this order, with one BPR before all that is money. */
static bool in_order(struct walk *w, const struct edi_seg *seg)
{
    static const uint8_t rank[] = {[ERA_HEAD] = 0,  [ERA_LX] = 1,  [ERA_GROUP] = 1, [ERA_CLP] = 1,
                                   [ERA_CLAIM] = 1, [ERA_PLB] = 2, [ERA_SE] = 3};
    uint8_t before = w->rank;
    bool envelope = seg_is(seg, "ISA") || seg_is(seg, "GS") || seg_is(seg, "ST");
    bool bpr = seg_is(seg, "BPR");
    w->rank = rank[w->part];
    if (w->rank && !w->bpr_at)
        return out(w->fault, "ERA_UNREAD", "", "BPR", w->position, "the set has no BPR");
    if (w->rank >= before && before < rank[ERA_SE] && !(envelope && w->position > 1) &&
        !(bpr && (w->bpr_at || w->rank)))
        return true;
    return out(w->fault, "ERA_UNREAD", "", "", w->position,
               "the segments of the set are not in the order of an 835");
}

static bool walk_segment(struct walk *w, const struct edi_seg *seg, const struct edi_delims *d)
{
    struct remit_fault why = {0};
    w->part = era_part(w->part, seg);
    if (!in_order(w, seg))
        return false;
    if (w->part == ERA_CLAIM)
        return remit_segment(&w->claim, seg, d, &w->mem, &why) || unread(w, &why);
    if (!claim_ends(w))
        return false;
    if (w->part == ERA_CLP) {
        w->claim_at = w->position;
        return remit_segment(&w->claim, seg, d, &w->mem, &why) || unread(w, &why);
    }
    if (w->part == ERA_PLB)
        return plb_counts(w, seg, d);
    if (seg_is(seg, "BPR"))
        w->bpr_at = w->position;
    return w->part != ERA_HEAD || payment_segment(&w->head, seg, d, &w->head_mem, &why) ||
           unread(w, &why);
}

static bool transaction_balances(struct walk *w)
{
    if (!w->bpr_at)
        return out(w->fault, "ERA_UNREAD", "", "BPR", 2, "the set has no BPR");
    if (w->head.cents < 0)
        return out(w->fault, "ERA_NEG", "S3-017", "BPR", w->bpr_at,
                   "the payment is negative; a forward balance should have brought it to zero");
    if (!minus_is(w->paid, w->adjusted, w->head.cents))
        return out(w->fault, "ERA_TX_OUT", "S3-016", "BPR", w->bpr_at,
                   "payments of the claims less provider adjustments are not the payment");
    return true;
}

static bool walk(struct walk *w, struct scan *s)
{
    struct edi_seg seg;
    enum scan_event ev;
    while ((ev = scan_next(s, &seg)) == SCAN_SEG) {
        if (w->position || seg_is(&seg, "ST"))
            w->position++;
        if (!walk_segment(w, &seg, scan_delims(s)))
            return false;
    }
    if (ev == SCAN_FAULT)
        return out(w->fault, "ERA_UNREAD", "", "", w->position, scan_fault(s)->text);
    return claim_ends(w) && transaction_balances(w);
}

bool era_check(phi_str body, struct era_count *count, struct era_fault *f)
{
    *count = (struct era_count){0};
    struct walk w = {.count = count, .fault = f};
    struct scan *s = scan_fragment(body.p, body.n);
    bool ok = walk(&w, s);
    scan_free(s);
    arena_free(&w.mem);
    arena_free(&w.head_mem);
    return ok;
}
