/* A set that is held whole: the money in it, and whether its claims came again and went on. */
#include "common/edi/balance.h"
#include "common/edi/claim.h"
#include "common/edi/split.h"
#include "common/followup/gather.h"

/* BPR02 of an 835: what waits to be posted. */
static void paid(const struct edi_seg *seg, struct held_set *h)
{
    int64_t cents;
    if (seg_is(seg, "BPR") && balance_money(seg_el(seg, 2), &cents))
        h->cents += cents;
}

static void claims(struct followup *f, const struct split *s, const struct record *r,
                   struct held_set *h)
{
    struct buf body = {0};
    struct claim c;
    h->again = s->claims > 0;
    for (uint32_t i = 0; i < s->claims; i++) {
        buf_clear(&body);
        split_write(s, i, &body);
        if (!claim_read(buf_view(&body), &c, f->a)) {
            h->again = false;
            continue;
        }
        h->cents += c.charge;
        h->again = h->again && report_came_again(f->l, &c, r->at_us, (int64_t)r->seq);
    }
    buf_free(&body);
}

void held_set_look(struct followup *f, const struct record *r, struct held_set *h)
{
    struct scan *s = scan_fragment(r->body.p, r->body.n);
    struct split split = {0};
    struct edi_seg seg;
    *h = (struct held_set){0};
    split_begin(&split, r->body);
    for (enum scan_event e; (e = scan_next(s, &seg)) != SCAN_END && e != SCAN_FAULT;) {
        paid(&seg, h);
        if (!split_segment(&split, &seg, scan_delims(s)))
            break;
    }
    claims(f, &split, r, h);
    split_free(&split);
    scan_free(s);
}
