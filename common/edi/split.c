#include "common/edi/split.h"
#include "common/edi/write.h"
#include "common/util/log.h"
#include <stdlib.h>

void split_begin(struct split *s, phi_str body)
{
    s->body = body;
    s->claims = 0;
    s->st_off = s->end = s->text_end = 0;
    s->head = s->billing = s->subscriber = s->patient = (struct split_range){0};
    s->open = &s->head;
    s->copying = s->in_claim = s->failed = false;
    s->position = 0;
    buf_clear(&s->text);
}

void split_free(struct split *s)
{
    free(s->claim);
    buf_free(&s->text);
    memset(s, 0, sizeof *s);
}

static bool canonical(const struct edi_delims *d)
{
    return d->elem == EDI_CANONICAL.elem && d->comp == EDI_CANONICAL.comp &&
           d->rep == EDI_CANONICAL.rep && d->term == EDI_CANONICAL.term;
}

/* From here on the text is copied; what came so far was canonical. */
static void start_copying(struct split *s)
{
    s->copying = true;
    buf_clear(&s->text);
    if (s->text_end)
        buf_add(&s->text, s->body.p, s->text_end);
}

static bool copy(struct split *s, const struct edi_seg *seg)
{
    struct edi_writer w = {.out = &s->text, .d = EDI_CANONICAL, .newline = ""};
    return ew_copy(&w, seg, &s->d);
}

/* Brings the segment into the canonical text; gives its range there. */
static bool take(struct split *s, const struct edi_seg *seg, struct split_range *at)
{
    uint64_t after = seg->off + seg_bytes(seg).n + 1;
    if (!s->copying && (seg->off != s->end || after > s->body.n))
        start_copying(s);
    at->from = s->text_end;
    if (s->copying && !copy(s, seg))
        return false;
    s->text_end = at->to = s->copying ? s->text.len : after;
    s->end = after;
    return true;
}

static void level(struct split *s, const struct edi_seg *seg, uint64_t from)
{
    phi_str code = seg_el(seg, 3);
    struct split_range *r = phi_is(code, "20")   ? &s->billing
                            : phi_is(code, "22") ? &s->subscriber
                                                 : &s->patient;
    s->hl[r == &s->billing ? 0 : r == &s->subscriber ? 1 : 2] = s->position;
    if (r != &s->patient)
        s->hl[2] = 0;
    if (r == &s->billing)
        s->subscriber = (struct split_range){0};
    if (r != &s->patient)
        s->patient = (struct split_range){0};
    r->from = r->to = from;
    s->open = r;
    s->in_claim = false;
}

static void claim(struct split *s, const struct edi_seg *seg, uint64_t from)
{
    if (s->claims == s->room) {
        s->room = s->room ? s->room * 2 : 256;
        s->claim = xrealloc(s->claim, s->room * sizeof *s->claim);
    }
    struct split_claim *c = &s->claim[s->claims++];
    *c = (struct split_claim){.billing = s->billing,
                              .subscriber = s->subscriber,
                              .patient = s->patient,
                              .claim = {from, from},
                              .off = seg->off,
                              .position = s->position,
                              .hl = {s->hl[0], s->hl[1], s->hl[2]},
                              .pcn = seg_el(seg, 1)};
    s->in_claim = true;
}

bool split_segment(struct split *s, const struct edi_seg *seg, const struct edi_delims *d)
{
    struct split_range at;
    phi_str id = seg_el(seg, 0);
    if (s->failed)
        return false;
    if (s->end == 0) {
        s->d = *d;
        if (!canonical(d))
            start_copying(s);
    }
    s->failed = !take(s, seg, &at);
    if (s->failed)
        return false;
    if (id.n == 2 && id.p[0] == 'S' && id.p[1] == 'T') {
        s->st_off = seg->off;
        s->position = 0;
    }
    s->position++;
    if (id.n == 2 && id.p[0] == 'H' && id.p[1] == 'L')
        level(s, seg, at.from);
    else if (id.n == 3 && memcmp(id.p, "CLM", 3) == 0)
        claim(s, seg, at.from);
    else if (id.n == 2 && id.p[0] == 'S' && id.p[1] == 'E')
        return true;
    if (s->in_claim) {
        struct split_claim *c = &s->claim[s->claims - 1];
        c->claim.to = at.to;
        c->len = s->end - c->off;
    } else {
        s->open->to = at.to;
    }
    return true;
}

void split_write(const struct split *s, uint32_t i, struct buf *out)
{
    const struct split_claim *c = &s->claim[i];
    const char *text = s->copying ? s->text.p : s->body.p;
    const struct split_range *part[] = {&s->head, &c->billing, &c->subscriber, &c->patient,
                                        &c->claim};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++)
        if (part[k]->to > part[k]->from)
            buf_add(out, text + part[k]->from, part[k]->to - part[k]->from);
}
