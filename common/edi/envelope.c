#include "common/edi/envelope_parts.h"
#include "common/util/exits.h"
#include <stdlib.h>

/* Segments read at once: what is read of them is still in the first cache. */
enum { BATCH = 32 };

#define TELL(r, call, ...)                                                                         \
    do {                                                                                           \
        if ((r)->ev->call)                                                                         \
            (r)->ev->call((r)->ctx, __VA_ARGS__);                                                  \
    } while (0)

/* What the partner's profile makes of it; what is refused here is lost as a whole. */
static enum severity agreed(const struct envelope_reader *r, const struct finding *f)
{
    enum severity s = r->t.severity(r->t.ctx, f->rule, "", f->segment, f->severity);
    return s == SEV_CLAIM ? SEV_INTERCHANGE : s;
}

void envelope_found(struct envelope_reader *r, const struct edi_seg *seg, uint64_t off,
                    const struct envelope_fault *f)
{
    struct finding out = {.level = 1,
                          .severity = f->severity,
                          .element = f->element,
                          .data_element = f->data_element,
                          .offset = seg ? seg->off : off,
                          .text = f->text};
    ENVELOPE_COPY(out.rule, phi_lit(f->rule));
    ENVELOPE_COPY(out.report, phi_lit(f->report));
    if (seg)
        ENVELOPE_COPY(out.segment, seg_el(seg, 0));
    if (seg && f->element && f->element < seg->n)
        out.offset += (uint64_t)(seg_el(seg, f->element).p - (seg->base + seg->start));
    if (!seg && f->missing)
        ENVELOPE_COPY(out.segment, phi_lit(f->missing));
    if (seg && f->element)
        out.bad = seg_el(seg, f->element);
    if (r->t.severity)
        out.severity = agreed(r, &out);
    if (out.severity != SEV_WARNING)
        r->rc = EXIT_FINDINGS;
    TELL(r, found, &out);
}

void envelope_copy(char *to, size_t size, phi_str v)
{
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    size_t n = v.n < size - 1 ? v.n : size - 1;
    if (n)
        memcpy(to, v.p, n);
    to[n] = 0;
}

bool envelope_number(phi_str v, size_t max, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9' || v.n > max)
            return false;
        *out = *out * 10 + (uint64_t)(v.p[i] - '0');
    }
    return v.n > 0;
}

static void end_set(struct envelope_reader *r)
{
    if (!r->in_set)
        return;
    r->in_set = false;
    TELL(r, set_end, r->end_off);
}

static void end_gs(struct envelope_reader *r)
{
    if (!r->in_gs)
        return;
    r->in_gs = false;
    r->gs.end_off = r->end_off;
    TELL(r, gs_end, &r->gs);
}

/* S7-009 */
static void over_limits(struct envelope_reader *r)
{
    const char *what = NULL;
    if (r->t.sets && r->sets > r->t.sets)
        what = "the interchange has more transaction sets than were agreed";
    else if (r->t.bytes && r->end_off - r->isa.off > r->t.bytes)
        what = "the interchange has more bytes than were agreed";
    if (what)
        envelope_found(
            r, NULL, r->isa.off,
            &(struct envelope_fault){"S7-009", "TA1:024", what, SEV_INTERCHANGE, .missing = "ISA"});
}

static void end_isa(struct envelope_reader *r)
{
    if (!r->in_isa)
        return;
    over_limits(r);
    r->in_isa = false;
    r->isa.end_off = r->end_off;
    if (scan_indented(r->s))
        envelope_found(r, NULL, scan_indented(r->s),
                       &(struct envelope_fault){"S1-045", "",
                                                "segments are indented; the blanks before them are "
                                                "passed over",
                                                SEV_WARNING});
    TELL(r, isa_end, &r->isa);
}

/* Segments that stand where only envelopes may: said once for a run of them. */
static void stray(struct envelope_reader *r, const struct edi_seg *seg)
{
    if (r->stray)
        return;
    r->stray = true;
    if (r->in_gs) {
        r->gs_strays = true;
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-015", "AK905:5",
                                                "segments stand in the group outside of any "
                                                "transaction set",
                                                SEV_GROUP});
        return;
    }
    r->isa_strays = true;
    envelope_found(r, seg, 0,
                   &(struct envelope_fault){"S1-015", "TA1:024",
                                            "segments stand in the interchange outside of any "
                                            "functional group",
                                            SEV_INTERCHANGE});
}

static void begin_isa(struct envelope_reader *r, const struct edi_seg *seg)
{
    const struct {
        uint32_t i;
        char *to;
        size_t size;
    } part[] = {
        {5, r->isa.sender_qual, sizeof r->isa.sender_qual},
        {6, r->isa.sender, sizeof r->isa.sender},
        {7, r->isa.receiver_qual, sizeof r->isa.receiver_qual},
        {8, r->isa.receiver, sizeof r->isa.receiver},
        {9, r->isa.date, sizeof r->isa.date},
        {10, r->isa.time, sizeof r->isa.time},
        {12, r->isa.version, sizeof r->isa.version},
        {13, r->isa.control, sizeof r->isa.control},
        {14, r->isa.ack, sizeof r->isa.ack},
        {15, r->isa.usage, sizeof r->isa.usage},
    };
    r->isa = (struct envelope_isa){.off = seg->off, .number = r->isas++};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++)
        envelope_copy(part[k].to, part[k].size, seg_el(seg, part[k].i));
    r->in_isa = true;
    r->sets = 0;
    r->t = r->o->agreed ? r->o->agreed(r->o->agreed_ctx, &r->isa) : (struct envelope_terms){0};
    r->had_gs = r->isa_strays = r->stray = r->isa_release = false;
    envelope_numbers_clear(&r->gs06);
}

static void on_isa(struct envelope_reader *r, const struct edi_seg *seg)
{
    begin_isa(r, seg);
    r->isa.delims = *scan_delims(r->s);
    TELL(r, isa_begin, &r->isa, seg);
    envelope_check_isa(r, seg);
}

/* An ISA that is ill made: enough of it is known for a TA1. */
static void on_lost_isa(struct envelope_reader *r, const struct scan_fault *f)
{
    uint64_t off = scan_offset(r->s) - f->isa.n;
    struct edi_seg seg = {f->isa.p, f->at, 0, 17, off};
    begin_isa(r, &seg);
    r->isa.delims =
        (struct edi_delims){f->isa.p[3], f->isa.p[f->at[16] - 1], 0, f->isa.p[f->at[16]]};
    r->end_off = off + f->isa.n;
    TELL(r, isa_begin, &r->isa, NULL);
}

static void on_fault(struct envelope_reader *r)
{
    const struct scan_fault *f = scan_fault(r->s);
    if (f->isa.n)
        on_lost_isa(r, f);
    envelope_found(r, NULL, f->off,
                   &(struct envelope_fault){.rule = f->rule,
                                            .report = f->report,
                                            .text = f->text,
                                            .severity = SEV_INTERCHANGE,
                                            .element = f->element,
                                            .missing = f->segment});
    end_set(r);
    end_gs(r);
    end_isa(r);
}

static void missing_ge(struct envelope_reader *r, const struct edi_seg *seg)
{
    end_set(r);
    if (!r->in_gs)
        return;
    envelope_found(r, NULL, seg->off,
                   &(struct envelope_fault){"S1-021", "AK905:3", "the functional group has no GE",
                                            SEV_GROUP, .missing = "GE"});
    end_gs(r);
}

static void on_gs(struct envelope_reader *r, const struct edi_seg *seg)
{
    missing_ge(r, seg);
    struct envelope_gs *g = &r->gs;
    *g = (struct envelope_gs){.off = seg->off, .number = r->groups++};
    ENVELOPE_COPY(g->code, seg_el(seg, 1));
    ENVELOPE_COPY(g->sender, seg_el(seg, 2));
    ENVELOPE_COPY(g->receiver, seg_el(seg, 3));
    ENVELOPE_COPY(g->date, seg_el(seg, 4));
    ENVELOPE_COPY(g->time, seg_el(seg, 5));
    ENVELOPE_COPY(g->control, seg_el(seg, 6));
    ENVELOPE_COPY(g->agency, seg_el(seg, 7));
    ENVELOPE_COPY(g->version, seg_el(seg, 8));
    r->in_gs = r->had_gs = true;
    envelope_numbers_clear(&r->st02);
    r->gs_strays = r->stray = false;
    r->isa.groups++;
    TELL(r, gs_begin, g, seg);
    envelope_check_gs(r, seg);
    envelope_check_release(r, seg);
}

static void on_ge(struct envelope_reader *r, const struct edi_seg *seg)
{
    end_set(r);
    if (!r->in_gs) {
        stray(r, seg);
        return;
    }
    uint64_t claimed;
    r->gs.closed = true;
    if (envelope_number(seg_el(seg, 1), 6, &claimed))
        r->gs.claimed = (uint32_t)claimed;
    envelope_check_ge(r, seg);
    r->end_off = seg->off + seg_bytes(seg).n + 1;
    r->stray = false;
    end_gs(r);
}

static void on_iea(struct envelope_reader *r, const struct edi_seg *seg)
{
    missing_ge(r, seg);
    r->isa.closed = true;
    envelope_check_iea(r, seg);
    r->end_off = seg->off + seg_bytes(seg).n + 1;
    end_isa(r);
}

/* Control numbers have at most nine characters; eight are a key, with digits nine as well. Longer
 * ones are wrong by themselves. */
static bool st02_new(struct envelope_reader *r, phi_str v)
{
    uint64_t key = 0;
    if (v.n == 0 || v.n > 9)
        return true;
    if (v.n == 9) {
        if (!envelope_number(v, 9, &key))
            return true;
        key |= UINT64_C(1) << 63;
    } else {
        memcpy(&key, v.p, v.n);
    }
    return envelope_number_add(&r->st02, key);
}

static void on_st(struct envelope_reader *r, const struct edi_seg *seg)
{
    end_set(r);
    if (!r->in_gs) {
        stray(r, seg);
        return;
    }
    r->gs.sets++;
    r->sets++;
    r->in_set = true;
    r->stray = false;
    TELL(r, set_begin, seg);
    if (!st02_new(r, seg_el(seg, 2)))
        TELL(r, set_again, seg);
    TELL(r, segment, seg);
}

static void on_se(struct envelope_reader *r, const struct edi_seg *seg)
{
    if (!r->in_set) {
        stray(r, seg);
        return;
    }
    TELL(r, segment, seg);
    r->end_off = seg->off + seg_bytes(seg).n + 1;
    end_set(r);
}

/* TA1 segments stand before the first group. */
static void on_other(struct envelope_reader *r, const struct edi_seg *seg)
{
    if (!r->had_gs && seg_is(seg, "TA1")) {
        envelope_check_ta1(r, seg);
        TELL(r, segment, seg);
    } else {
        stray(r, seg);
    }
}

static const struct {
    char id[4];
    void (*on)(struct envelope_reader *r, const struct edi_seg *seg);
} ENVELOPES[] = {{"ST", on_st}, {"SE", on_se},   {"GS", on_gs},
                 {"GE", on_ge}, {"ISA", on_isa}, {"IEA", on_iea}};

/* True when the segment is one of an envelope. */
static __attribute__((noinline)) bool on_envelope(struct envelope_reader *r,
                                                  const struct edi_seg *seg)
{
    for (size_t i = 0; i < sizeof ENVELOPES / sizeof *ENVELOPES; i++)
        if (seg_is(seg, ENVELOPES[i].id)) {
            ENVELOPES[i].on(r, seg);
            return true;
        }
    return false;
}

static inline void on_segment(struct envelope_reader *r, const struct edi_seg *seg)
{
    const char *id = seg->base + seg->start; /* there is a terminator behind it */
    bool maybe = *id == 'S' ? id[1] == 'T' || id[1] == 'E' : *id == 'G' || *id == 'I';
    if (maybe && on_envelope(r, seg))
        return;
    if (r->in_set)
        TELL(r, segment, seg);
    else
        on_other(r, seg);
}

static inline void one_segment(struct envelope_reader *r, const struct edi_seg *seg)
{
    on_segment(r, seg);
    r->end_off = seg->off + seg_bytes(seg).n + 1;
}

int envelope_read(struct scan *s, const struct envelope_opts *o, const struct envelope_events *ev,
                  void *ctx)
{
    struct envelope_reader r = {.s = s, .o = o, .ev = ev, .ctx = ctx};
    struct edi_seg seg[BATCH];
    enum scan_event e;
    for (uint32_t n;;) {
        n = scan_batch(s, seg, BATCH);
        for (uint32_t i = 0; i < n; i++)
            one_segment(&r, &seg[i]);
        if (n)
            continue;
        if ((e = scan_next(s, seg)) == SCAN_END)
            break;
        if (e == SCAN_FAULT)
            on_fault(&r);
        else
            one_segment(&r, seg);
    }
    /* a fragment may end anywhere */
    end_set(&r);
    end_gs(&r);
    end_isa(&r);
    free(r.gs06.place);
    free(r.st02.place);
    buf_free(&r.text);
    return r.isas == 0 ? EXIT_UNREADABLE : r.rc;
}
