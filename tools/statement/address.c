/* Where a patient lives, as the claim of the latest visit said it: 2010CA, else 2010BA. */
#include "common/edi/scan.h"
#include "common/ledger/source.h"
#include "tools/statement/statement.h"

static phi_str joined(struct arena *mem, phi_str city, phi_str state, phi_str zip)
{
    struct buf b = {0};
    buf_phi(&b, city);
    buf_puts(&b, city.n && state.n ? ", " : "");
    buf_phi(&b, state);
    buf_puts(&b, zip.n ? " " : "");
    buf_phi(&b, phi_of(zip.p, zip.n > 5 ? 5 : zip.n));
    if (zip.n == 9)
        buf_printf(&b, "-%.4s", zip.p + 5);
    phi_str out = arena_phi(mem, buf_view(&b));
    buf_free(&b);
    return out;
}

/* N3 and N4 behind NM1*IL, and behind NM1*QC where the patient is somebody else; before the claim. */
static struct address read_body(phi_str body, struct arena *mem)
{
    struct address a = {0};
    struct edi_seg seg;
    struct scan *s = scan_fragment(body.p, body.n);
    bool here = false;
    while (scan_next(s, &seg) == SCAN_SEG && !seg_is(&seg, "CLM")) {
        if (seg_is(&seg, "NM1"))
            here = phi_is(seg_el(&seg, 1), "IL") || phi_is(seg_el(&seg, 1), "QC");
        if (here && seg_is(&seg, "N3")) {
            a.street = arena_phi(mem, seg_el(&seg, 1));
            a.more = arena_phi(mem, seg_el(&seg, 2));
        }
        if (here && seg_is(&seg, "N4"))
            a.city = joined(mem, seg_el(&seg, 1), seg_el(&seg, 2), seg_el(&seg, 3));
    }
    scan_free(s);
    return a;
}

struct address address_of(struct ledger *l, const char *run, int64_t chain, struct arena *mem)
{
    struct life life;
    struct buf body = {0};
    struct address a = {0};
    if (life_read(l, chain, mem, &life))
        for (size_t i = life.versions_n; i-- > 0 && phi_empty(a.street);) {
            buf_clear(&body);
            if (source_body(run, &life.versions[i], &body))
                a = read_body(buf_view(&body), mem);
        }
    buf_free(&body);
    return a;
}
