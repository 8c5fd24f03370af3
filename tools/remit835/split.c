/* One 835 cut into the bodies of its records. */
#include "common/edi/write.h"
#include "tools/remit835/era.h"

/* A cut in progress. */
struct cut {
    struct buf head, lx, body; /* texts of the head, of the LX in force, of the piece */
    struct edi_writer w;
    enum era_part part;
    uint32_t position;
    uint64_t st_off, end;   /* offset of the ST in the body; end of the latest segment */
    struct era_piece piece; /* open when kind is set */
    uint32_t claims, adjustments;
    bool payment_given;
    void (*give)(void *ctx, const struct era_piece *p);
    void *ctx;
};

/* Signs of numbers as delimiters: changed into others they would change amounts. */
static bool cuts_numbers(const struct edi_delims *d)
{
    return d->comp == '-' || d->comp == '.' || d->rep == '-' || d->rep == '.';
}

/* Records travel with canonical delimiters; where a value holds one of them, with the sender's. */
static struct edi_delims delims_for(phi_str body)
{
    struct buf scratch = {0};
    struct edi_writer w = {.out = &scratch, .d = EDI_CANONICAL, .newline = ""};
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    bool fits = true;
    while (fits && scan_next(s, &seg) == SCAN_SEG) {
        buf_clear(&scratch);
        fits = ew_copy(&w, &seg, scan_delims(s));
    }
    fits = fits && !cuts_numbers(scan_delims(s));
    struct edi_delims d = fits ? EDI_CANONICAL : *scan_delims(s);
    scan_free(s);
    buf_free(&scratch);
    return d;
}

static void copy_to(struct cut *c, struct buf *to, const struct edi_seg *seg,
                    const struct edi_delims *d)
{
    c->w.out = to;
    ew_copy(&c->w, seg, d);
}

static void open_piece(struct cut *c, const char *kind, uint32_t ordinal, uint64_t off)
{
    buf_clear(&c->body);
    buf_phi(&c->body, buf_view(&c->head));
    c->piece = (struct era_piece){
        .kind = kind, .ordinal = ordinal, .position = c->position, .off = off - c->st_off};
}

static void close_piece(struct cut *c)
{
    if (!c->piece.kind)
        return;
    c->piece.len = c->end - c->st_off - c->piece.off;
    c->piece.body = buf_view(&c->body);
    c->give(c->ctx, &c->piece);
    c->piece.kind = NULL;
}

/* The payment is whole when its head is: BPR is its first own segment, position 2. */
static void give_payment(struct cut *c)
{
    if (c->payment_given)
        return;
    c->payment_given = true;
    open_piece(c, "payment", 0, c->st_off);
    c->piece.position = 2;
    close_piece(c);
}

/* The bytes of a value with its component separator changed. Not by the writer, which ends the
 * tool on a stray delimiter: that would be right for our own values, not for a payer's. */
static void put_value(struct cut *c, phi_str v, const struct edi_delims *d)
{
    buf_putc(&c->body, c->w.d.elem);
    for (size_t i = 0; i < v.n; i++)
        buf_putc(&c->body, v.p[i] == d->comp ? c->w.d.comp : v.p[i]);
}

/* PLB01, PLB02 and pair k alone. */
static void write_adjustment(struct cut *c, const struct edi_seg *seg, const struct edi_delims *d,
                             uint32_t k)
{
    const uint32_t elements[] = {1, 2, 3 + 2 * k, 4 + 2 * k};
    buf_puts(&c->body, "PLB");
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        put_value(c, seg_el(seg, elements[i]), d);
    buf_putc(&c->body, c->w.d.term);
}

static void give_adjustments(struct cut *c, const struct edi_seg *seg, const struct edi_delims *d)
{
    for (uint32_t k = 0; k < 6; k++) {
        if (phi_empty(seg_el(seg, 3 + 2 * k)))
            continue;
        open_piece(c, "plb", c->adjustments++, seg->off);
        write_adjustment(c, seg, d, k);
        close_piece(c);
    }
}

static void cut_segment(struct cut *c, const struct edi_seg *seg, const struct edi_delims *d)
{
    c->part = era_part(c->part, seg);
    if (c->part == ERA_HEAD) {
        copy_to(c, &c->head, seg, d);
        return;
    }
    give_payment(c);
    if (c->part != ERA_CLAIM)
        close_piece(c);
    if (c->part == ERA_LX) {
        buf_clear(&c->lx);
        copy_to(c, &c->lx, seg, d);
    } else if (c->part == ERA_CLP) {
        open_piece(c, "remit", c->claims++, seg->off);
        buf_phi(&c->body, buf_view(&c->lx));
    }
    if (c->part == ERA_CLP || c->part == ERA_CLAIM)
        copy_to(c, &c->body, seg, d);
}

void era_split(phi_str body, void (*give)(void *ctx, const struct era_piece *p), void *ctx)
{
    struct cut c = {.w = {.d = delims_for(body), .newline = ""}, .give = give, .ctx = ctx};
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "ST"))
            c.st_off = seg.off;
        if (c.position || seg_is(&seg, "ST"))
            c.position++;
        cut_segment(&c, &seg, scan_delims(s));
        c.end = seg.off + seg_bytes(&seg).n + 1; /* with its terminator */
        if (c.part == ERA_PLB)
            give_adjustments(&c, &seg, scan_delims(s));
    }
    give_payment(&c);
    close_piece(&c);
    scan_free(s);
    buf_free(&c.head);
    buf_free(&c.lx);
    buf_free(&c.body);
}
