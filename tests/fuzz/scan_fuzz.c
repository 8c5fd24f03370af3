/*
 * The scan: any bytes give the same segments and faults through every kernel, from memory and
 * through windows of a file; every segment is made of the bytes that stand at its offset; envelopes
 * that begin also end.
 */
#include "common/edi/envelope.h"
#include "common/edi/scan_state.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

static void tell_segment(struct buf *out, const struct scan *s, const struct edi_seg *seg,
                         const char *text, size_t n)
{
    const struct edi_delims *d = scan_delims(s);
    phi_str bytes = seg_bytes(seg);
    HOLDS(seg->n > 0 && seg->off + bytes.n < n);
    HOLDS(memcmp(bytes.p, text + seg->off, bytes.n) == 0);
    HOLDS(text[seg->off + bytes.n] == d->term);
    for (uint32_t i = 0; i < seg->n; i++) {
        phi_str el = seg_el(seg, i);
        HOLDS(el.p >= bytes.p && el.p + el.n <= bytes.p + bytes.n);
        HOLDS(el.p[el.n] == (i + 1 < seg->n ? d->elem : d->term));
    }
    buf_printf(out, "%llu+%zu/%u ", (unsigned long long)seg->off, bytes.n, seg->n);
}

/* Everything that a scan says, as text; checks each segment against the input on the way. */
static void tell(struct buf *out, struct scan *s, scan_kernel *k, const char *text, size_t n)
{
    struct edi_seg seg;
    enum scan_event ev;
    size_t events = 0;
    if (k)
        s->kernel = k;
    buf_clear(out);
    while ((ev = scan_next(s, &seg)) != SCAN_END) {
        HOLDS(++events <= n + 2);
        if (ev == SCAN_SEG)
            tell_segment(out, s, &seg, text, n);
        else
            buf_printf(out, "!%s@%llu ", scan_fault(s)->rule,
                       (unsigned long long)scan_fault(s)->off);
    }
    scan_free(s);
}

struct depth {
    int isa, gs, set;
};
static void isa_begin(void *c, const struct envelope_isa *i, const struct edi_seg *s)
{
    (void)i, (void)s;
    HOLDS(((struct depth *)c)->isa++ == 0);
}
static void gs_begin(void *c, const struct envelope_gs *g, const struct edi_seg *s)
{
    struct depth *d = c;
    (void)g, (void)s;
    HOLDS(d->isa == 1 && d->gs++ == 0);
}
static void set_begin(void *c, const struct edi_seg *s)
{
    struct depth *d = c;
    (void)s;
    HOLDS(d->gs == 1 && d->set++ == 0);
}
static void set_end(void *c, uint64_t off)
{
    (void)off;
    HOLDS(--((struct depth *)c)->set == 0);
}
static void gs_end(void *c, const struct envelope_gs *g)
{
    struct depth *d = c;
    (void)g;
    HOLDS(d->set == 0 && --d->gs == 0);
}
static void isa_end(void *c, const struct envelope_isa *i)
{
    struct depth *d = c;
    HOLDS(i->end_off >= i->off && d->gs == 0 && --d->isa == 0);
}

static void envelopes(const char *text, size_t n)
{
    static const struct envelope_events ev = {.isa_begin = isa_begin,
                                              .gs_begin = gs_begin,
                                              .set_begin = set_begin,
                                              .set_end = set_end,
                                              .gs_end = gs_end,
                                              .isa_end = isa_end};
    struct depth d = {0};
    struct scan *s = scan_memory(text, n);
    envelope_read(s, &(struct envelope_opts){0}, &ev, &d);
    scan_free(s);
    HOLDS(d.isa == 0 && d.gs == 0 && d.set == 0);
}

/* The same bytes through a window of a file. */
static void windowed(const struct buf *want, const char *text, size_t n, size_t window)
{
    struct buf got = {0};
    int fd = memfd_create("fuzz", 0);
    HOLDS(fd >= 0 && write(fd, text, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
    tell(&got, scan_fd(fd, window), NULL, text, n);
    close(fd);
    HOLDS(phi_eq(buf_view(&got), buf_view(want)));
    buf_free(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf want = {0}, got = {0};
    char *text = malloc(n ? n : 1); /* its own, so that a byte too far is seen */
    if (n)
        memcpy(text, p, n);
    tell(&want, scan_memory(text, n), scan_portable, text, n);
    tell(&got, scan_memory(text, n), NULL, text, n);
    HOLDS(phi_eq(buf_view(&got), buf_view(&want)));
    if (__builtin_cpu_supports("avx2")) {
        tell(&got, scan_memory(text, n), scan_avx2, text, n);
        HOLDS(phi_eq(buf_view(&got), buf_view(&want)));
    }
    windowed(&want, text, n, 128);
    windowed(&want, text, n, 1000);
    envelopes(text, n);
    buf_free(&want);
    buf_free(&got);
    free(text);
    return 0;
}
