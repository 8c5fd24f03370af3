#include "common/ledger/source.h"
#include "common/edi/claim.h"
#include "common/edi/split.h"
#include "common/util/fs.h"
#include <limits.h>
#include <stdio.h>

enum { FILE_MOST = 1 << 30 };

/* Which claim of a file is wanted. */
struct want {
    uint64_t off;  /* lies in its set; UINT64_MAX: any set */
    int64_t pos;   /* its number in the set; -1: by `nth` */
    uint32_t nth;  /* its number in the file */
    phi_str pcn;   /* what it must be called */
    uint32_t seen; /* claims of the sets before */
};

struct walk {
    struct buf isa, gs, set; /* set: ISA GS ST ... SE, as they came */
    uint64_t st_off;
    bool in_set;
};

static void add(struct buf *b, const struct edi_seg *seg, const struct edi_delims *d)
{
    buf_phi(b, seg_bytes(seg));
    buf_putc(b, d->term);
}

static bool same_account(phi_str body, phi_str pcn)
{
    struct arena mem = {0};
    struct claim c;
    bool same = claim_read(body, &c, &mem) && phi_eq(c.pcn, pcn);
    arena_free(&mem);
    return same;
}

static bool take_set(phi_str set, struct want *w, struct buf *out)
{
    struct split sp = {0};
    struct edi_seg seg;
    struct scan *s = scan_fragment(set.p, set.n);
    size_t from = out->len;
    bool found = false;
    split_begin(&sp, set);
    while (scan_next(s, &seg) == SCAN_SEG && split_segment(&sp, &seg, scan_delims(s)))
        ;
    uint64_t i = w->pos >= 0 ? (uint64_t)w->pos : (uint64_t)w->nth - w->seen;
    if (!sp.failed && (w->pos >= 0 || w->nth >= w->seen) && i < sp.claims) {
        split_write(&sp, (uint32_t)i, out);
        found = same_account(phi_of(out->p + from, out->len - from), w->pcn);
        if (!found)
            out->len = from;
    }
    w->seen += sp.claims;
    scan_free(s);
    split_free(&sp);
    return found;
}

/* True when the set that ends here had the claim. */
static bool one(struct walk *x, const struct edi_seg *seg, const struct edi_delims *d,
                struct want *w, struct buf *out)
{
    if (seg_is(seg, "ISA")) {
        buf_clear(&x->isa);
        add(&x->isa, seg, d);
    } else if (seg_is(seg, "GS")) {
        buf_clear(&x->gs);
        add(&x->gs, seg, d);
    } else if (seg_is(seg, "ST")) {
        buf_clear(&x->set);
        buf_phi(&x->set, buf_view(&x->isa));
        buf_phi(&x->set, buf_view(&x->gs));
        x->st_off = seg->off;
        x->in_set = phi_is(seg_el(seg, 1), "837");
    }
    if (!x->in_set)
        return false;
    add(&x->set, seg, d);
    if (!seg_is(seg, "SE"))
        return false;
    x->in_set = false;
    bool here = w->off == UINT64_MAX || (w->off >= x->st_off && w->off <= seg->off);
    return here && take_set(buf_view(&x->set), w, out);
}

static bool from_file(const char *path, struct want w, struct buf *out)
{
    struct buf file = {0};
    struct walk x = {0};
    struct edi_seg seg;
    bool found = false;
    if (fs_read(path, FILE_MOST, &file) == 0 && file.len) {
        struct scan *s = scan_memory(file.p, file.len);
        for (enum scan_event e; !found && (e = scan_next(s, &seg)) != SCAN_END;)
            found = e == SCAN_SEG && one(&x, &seg, scan_delims(s), &w, out);
        scan_free(s);
    }
    buf_free(&file);
    buf_free(&x.isa);
    buf_free(&x.gs);
    buf_free(&x.set);
    return found;
}

/* The number that we gave this version when it left (REF*D9) is not the next one's. */
static void drop_trace(struct buf *b, size_t from, struct rec_id id)
{
    char seg[40], trace[REC_TRACE];
    int n = snprintf(seg, sizeof seg, "~REF*D9*%s~", rec_id_trace(id, trace)) - 1;
    char *p = memmem(b->p + from, b->len - from, seg, (size_t)n + 1);
    if (!p)
        return;
    memmove(p, p + n, (size_t)(b->p + b->len - (p + n)));
    b->len -= (size_t)n;
}

bool source_body(const char *run, const struct life_version *v, struct buf *out)
{
    char path[PATH_MAX], hex[DIGEST_HEX];
    snprintf(path, sizeof path, "%s/ingest/spool/%s", run, digest_hex(&v->file, hex));
    struct want w = {.off = (uint64_t)v->off, .pos = v->pos, .pcn = v->facts.pcn};
    if (from_file(path, w, out))
        return true;
    if (v->sent.n == 0 || memchr(v->sent.p, '/', v->sent.n))
        return false;
    snprintf(path, sizeof path, "%s/build837/out/%.*s", run, (int)v->sent.n, v->sent.p);
    w = (struct want){.off = UINT64_MAX, .pos = -1, .nth = v->sent_at, .pcn = v->facts.pcn};
    size_t from = out->len;
    if (!from_file(path, w, out))
        return false;
    drop_trace(out, from, v->id);
    return true;
}
