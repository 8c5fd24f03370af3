#include "tools/mailbox/place.h"

/* ISA and GS of the body have their trailers missing. */
static void close_body(phi_str body, struct buf *out)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    char isa13[16] = "", gs06[16] = "";
    buf_phi(out, body);
    while (scan_next(s, &seg) == SCAN_SEG && !seg_is(&seg, "ST")) {
        phi_str v = seg_is(&seg, "ISA") ? seg_el(&seg, 13) : seg_el(&seg, 6);
        char *to = seg_is(&seg, "ISA") ? isa13 : gs06;
        size_t n = v.n < 15 ? v.n : 15;
        memcpy(to, v.p, n);
        to[n] = 0;
    }
    const struct edi_delims *d = scan_delims(s);
    buf_printf(out, "GE%c1%c%s%cIEA%c1%c%s%c", d->elem, d->elem, gs06, d->term, d->elem, d->elem,
               isa13, d->term);
    scan_free(s);
}

void place_unplaced(struct placing *p, const char *kind, const char *why)
{
    struct buf out = {0};
    close_body(p->answer->body, &out);
    box_put(p->box, p->answer->id, box_number(p->box), phi_lit(BOX_UNPLACED), kind, buf_view(&out));
    buf_free(&out);
    p->unplaced++;
    p->why = why;
}

void place_put(struct placing *p, const struct box_batch *to, uint32_t number, const char *kind,
               phi_str bytes)
{
    struct buf folder = {0};
    box_folder(&to->isa, &folder);
    box_put(p->box, p->answer->id, number, buf_view(&folder), kind, bytes);
    buf_free(&folder);
}

bool place_same_group(const struct box_batch *a, const struct box_batch *b)
{
    return strcmp(a->isa.sender_qual, b->isa.sender_qual) == 0 &&
           strcmp(a->isa.sender, b->isa.sender) == 0 &&
           strcmp(a->isa.receiver, b->isa.receiver) == 0 &&
           strcmp(a->isa.control, b->isa.control) == 0 && strcmp(a->gs.control, b->gs.control) == 0;
}
