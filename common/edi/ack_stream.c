#include "common/edi/ack_stream.h"
#include "common/edi/ack_277ca_parts.h"
#include "common/edi/ack_parts.h"
#include "common/util/clock.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

enum { OUT_FLUSH = 64 << 10 };

/* What is wrong with a claim. */
struct fault {
    uint32_t claim, order, position; /* claim 0: of the level that it stands in */
    char loop[8];
    char report[ACK_REPORT];
};

struct ack_stream {
    struct ack_gather g;
    struct arena head, provider, subscriber, patient, claim;
    struct spool aside; /* claims, one record each */
    struct buf record;
    uint32_t claims;
    struct fault *fault;
    uint32_t faults, room;
};

struct ack_stream *ack_stream_new(void)
{
    return xcalloc(1, sizeof(struct ack_stream));
}

void ack_stream_free(struct ack_stream *s)
{
    if (!s)
        return;
    ack_gather_free(&s->g);
    arena_free(&s->head);
    arena_free(&s->provider);
    arena_free(&s->subscriber);
    arena_free(&s->patient);
    arena_free(&s->claim);
    spool_free(&s->aside);
    buf_free(&s->record);
    free(s->fault);
    free(s);
}

/* --- a claim in short --- */

/* What a record begins with, looked at without the rest. */
struct record {
    int64_t charge;
    uint32_t size; /* of all */
    uint32_t lines;
    struct finding_claim at;
    bool provider, patient; /* another one than before: it stands behind this */
    char bill[4], from[ACK_DATE], thru[ACK_DATE];
};
struct line {
    int64_t charge;
    uint32_t number, position;
    char from[ACK_DATE], thru[ACK_DATE];
};

static inline void put(struct buf *b, phi_str v)
{
    uint16_t n = v.n < UINT16_MAX ? (uint16_t)v.n : UINT16_MAX;
    char *to = b->cap - b->len >= sizeof n + n ? b->p + b->len : buf_room(b, sizeof n + n);
    memcpy(to, &n, sizeof n);
    if (n)
        memcpy(to + sizeof n, v.p, n);
    b->len += sizeof n + n;
}

static phi_str get(const char **p)
{
    uint16_t n;
    memcpy(&n, *p, sizeof n);
    phi_str v = phi_of(*p + sizeof n, n);
    *p += sizeof n + n;
    return v;
}

static void put_party(struct buf *b, const struct ack_party *p)
{
    buf_putc(b, (char)p->person);
    put(b, p->last);
    put(b, p->first);
    put(b, p->middle);
    put(b, p->suffix);
    put(b, p->qual);
    put(b, p->id);
}

static struct ack_party get_party(const char **p)
{
    struct ack_party a = {.person = *(*p)++ != 0};
    a.last = get(p);
    a.first = get(p);
    a.middle = get(p);
    a.suffix = get(p);
    a.qual = get(p);
    a.id = get(p);
    return a;
}

static void put_line(struct buf *b, const struct ack_line *l)
{
    struct line h = {.charge = l->charge, .number = l->number, .position = l->position};
    memcpy(h.from, l->from, sizeof h.from);
    memcpy(h.thru, l->thru, sizeof h.thru);
    buf_add(b, &h, sizeof h);
    put(b, l->qualifier);
    put(b, l->code);
    for (uint32_t i = 0; i < ACK_MODIFIERS; i++)
        put(b, l->mods[i]);
    put(b, l->revenue);
    put(b, l->control);
}

static void get_line(const char **p, struct ack_line *l)
{
    struct line h;
    memcpy(&h, *p, sizeof h);
    *p += sizeof h;
    *l = (struct ack_line){.charge = h.charge, .number = h.number, .position = h.position};
    memcpy(l->from, h.from, sizeof h.from);
    memcpy(l->thru, h.thru, sizeof h.thru);
    l->qualifier = get(p);
    l->code = get(p);
    for (uint32_t i = 0; i < ACK_MODIFIERS; i++)
        l->mods[i] = get(p);
    l->revenue = get(p);
    l->control = get(p);
}

/* Puts the claim aside that has been gathered. */
static void set_aside(struct ack_stream *s)
{
    struct ack_gather *g = &s->g;
    const struct ack_claim *c = (const void *)g->claims.p;
    const struct ack_line *l = (const void *)g->lines.p;
    struct record h = {.charge = c->charge,
                       .lines = c->lines_n,
                       .provider = g->providers.len > 0,
                       .patient = g->patients.len > 0,
                       .at = *(const struct finding_claim *)(const void *)g->places.p};
    struct buf *b = &s->record;
    memcpy(h.bill, c->bill, sizeof h.bill);
    memcpy(h.from, c->from, sizeof h.from);
    memcpy(h.thru, c->thru, sizeof h.thru);
    buf_clear(b);
    buf_add(b, &h, sizeof h);
    if (h.provider)
        put_party(b, (const void *)g->providers.p);
    if (h.patient)
        put_party(b, (const void *)g->patients.p);
    put(b, c->pcn);
    put(b, c->trace);
    for (uint32_t i = 0; i < h.lines; i++)
        put_line(b, &l[i]);
    h.size = (uint32_t)b->len;
    memcpy(b->p, &h, sizeof h);
    spool_add(&s->aside, b->p, b->len);
    s->claims++;
    buf_clear(&g->claims);
    buf_clear(&g->places);
    buf_clear(&g->lines);
    buf_clear(&g->providers);
    buf_clear(&g->patients);
    arena_clear(&s->claim);
}

/* --- a set comes --- */

void ack_stream_begin(struct ack_stream *s, const struct edi_delims *d)
{
    arena_clear(&s->head);
    arena_clear(&s->provider);
    arena_clear(&s->subscriber);
    arena_clear(&s->patient);
    arena_clear(&s->claim);
    ack_gather_begin(&s->g, &s->head, d);
    s->g.of_provider = &s->provider;
    s->g.of_subscriber = &s->subscriber;
    s->g.of_patient = &s->patient;
    s->g.of_claim = &s->claim;
    spool_cut(&s->aside, 0);
    s->claims = s->faults = 0;
}

/* A level ends, and with it those who stand below it. */
static void forget(struct ack_stream *s, phi_str code)
{
    arena_clear(&s->patient);
    if (phi_is(code, "20") || phi_is(code, "22"))
        arena_clear(&s->subscriber);
    if (phi_is(code, "20"))
        arena_clear(&s->provider);
}

void ack_stream_segment(struct ack_stream *s, const struct edi_seg *seg)
{
    char first = seg->base[seg->start];
    bool hl = first == 'H' && seg_is(seg, "HL");
    if (s->g.claims.len &&
        (hl || (first == 'C' && seg_is(seg, "CLM")) || (first == 'S' && seg_is(seg, "SE"))))
        set_aside(s);
    if (hl)
        forget(s, seg_el(seg, 3));
    ack_gather_segment(&s->g, seg);
}

static struct fault *new_fault(struct ack_stream *s)
{
    if (s->faults == s->room) {
        s->room = s->room ? s->room * 2 : 64;
        s->fault = xrealloc(s->fault, s->room * sizeof *s->fault);
    }
    return &s->fault[s->faults++];
}

void ack_stream_found(struct ack_stream *s, const struct finding *f)
{
    if (f->severity != SEV_CLAIM)
        return;
    uint32_t order = s->faults;
    struct fault *to = new_fault(s);
    *to = (struct fault){.claim = f->claim, .order = order, .position = f->position};
    memcpy(to->loop, f->loop, sizeof to->loop - 1);
    ack_report_of(f, to->report);
}

/* --- a set is over --- */

static int by_claim(const void *a, const void *b)
{
    const struct fault *x = a, *y = b;
    if (x->claim != y->claim)
        return x->claim < y->claim ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Where claims are read, and the faults of those behind it. */
struct place {
    struct spool_reader in;
    uint64_t at;
    uint32_t claim, fault; /* number of the claim before; first fault that is not of one before */
};

static void read_record(struct place *p, struct record *h)
{
    memcpy(h, spool_at(&p->in, p->at, sizeof *h), sizeof *h);
}

/* Passes over a claim; how many faults it has. */
static uint32_t pass(const struct ack_stream *s, struct place *p, const struct record *h)
{
    uint32_t from = p->fault;
    p->at += h->size;
    p->claim++;
    while (p->fault < s->faults && s->fault[p->fault].claim <= p->claim)
        p->fault++;
    return p->fault - from;
}

static bool level_hits(const struct fault *f, const struct finding_claim *c)
{
    struct finding as = {.severity = SEV_CLAIM, .position = f->position};
    memcpy(as.loop, f->loop, sizeof f->loop);
    return finding_hits(&as, c);
}

/* Gives the faults of levels to the claims that stand below them. */
static void spread(struct ack_stream *s)
{
    uint32_t own = s->faults, levels = 0;
    struct place p = {.in.of = &s->aside};
    struct record h;
    for (uint32_t i = 0; i < own; i++)
        levels += !s->fault[i].claim;
    for (; levels && p.claim < s->claims; p.at += h.size) {
        read_record(&p, &h);
        h.at.ordinal = ++p.claim;
        for (uint32_t i = 0; i < own; i++)
            if (!s->fault[i].claim && level_hits(&s->fault[i], &h.at)) {
                struct fault f = s->fault[i];
                f.claim = h.at.ordinal;
                *new_fault(s) = f;
            }
    }
    spool_reader_free(&p.in);
    for (uint32_t i = 0; i < own; i++)
        if (!s->fault[i].claim)
            s->fault[i].claim = UINT32_MAX; /* no claim of its own */
}

/* Counts up to the end, or up to another provider than that of the first claim. */
static struct ca_tally count(const struct ack_stream *s, struct place *p, bool one_provider)
{
    struct ca_tally t = {0};
    struct record h;
    for (bool first = true; p->claim < s->claims; first = false) {
        read_record(p, &h);
        if (one_provider && h.provider && !first)
            break;
        bool bad = pass(s, p, &h) > 0;
        t.n[bad]++;
        t.cents[bad] += h.charge;
    }
    return t;
}

/* Writes the claim at p with its faults. ahead: where the next provider begins. */
static void write_claim(struct ack_stream *s, struct ca *c, struct place *p, struct place *ahead)
{
    struct record h;
    read_record(p, &h);
    const char *in = spool_at(&p->in, p->at, h.size) + sizeof h;
    if (h.provider) {
        struct ack_party party = get_party(&in);
        struct ca_tally t = count(s, ahead, true);
        ca_provider(c, &party, &t);
    }
    if (h.patient) {
        struct ack_party party = get_party(&in);
        ca_patient(c, &party);
    }
    struct ack_claim k = {.charge = h.charge, .lines_n = h.lines};
    memcpy(k.bill, h.bill, sizeof k.bill);
    memcpy(k.from, h.from, sizeof k.from);
    memcpy(k.thru, h.thru, sizeof k.thru);
    k.pcn = get(&in);
    k.trace = get(&in);
    uint32_t first = p->fault, n = pass(s, p, &h);
    struct ack_line *line = n ? arena_alloc(&s->claim, (h.lines + 1) * sizeof *line) : NULL;
    struct ack_fault *fault = n ? arena_alloc(&s->claim, n * sizeof *fault) : NULL;
    for (uint32_t i = 0; n && i < h.lines; i++)
        get_line(&in, &line[i]);
    k.lines = line;
    k.lines_n = n ? h.lines : 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct fault *f = &s->fault[first + i];
        memcpy(fault[i].report, f->report, sizeof f->report);
        fault[i].line = ack_line_of(&k, f->loop, f->position);
    }
    k.faults = fault;
    k.faults_n = n;
    ca_claim(c, &k);
    if (n)
        arena_clear(&s->claim);
}

static void begin_answer(struct edi_writer *w, const struct ack_stream_out *out)
{
    struct ack_opts o = {.at_us = out->opts.at_us, .control = out->opts.control};
    ack_isa(w, out->isa, &o);
    ack_gs(w, out->gs, "HN", CA_VERSION, &o);
}

static void flush(struct buf *b, struct spool *to, size_t least)
{
    if (b->len < least)
        return;
    spool_add(to, b->p, b->len);
    buf_clear(b);
}

static void write_set(struct ack_stream *s, struct ca *c, struct ack_stream_out *out)
{
    struct place all = {.in.of = &s->aside}, ahead = {.in.of = &s->aside},
                 at = {.in.of = &s->aside};
    struct ca_tally t = count(s, &all, false);
    char st02[12], segments[12];
    snprintf(st02, sizeof st02, "%04u", ++out->result.sets);
    time_ccyymmdd(c->o->at_us, c->day);
    c->w.segments = 0;
    ca_head(c, st02);
    ca_submitter(c, &t);
    while (at.claim < s->claims) {
        write_claim(s, c, &at, &ahead);
        flush(c->w.out, out->to, OUT_FLUSH);
    }
    snprintf(segments, sizeof segments, "%u", c->w.segments + 1);
    ew_seg(&c->w, "SE", segments, st02);
    out->result.accepted += t.n[0];
    out->result.rejected += t.n[1];
    out->result.accepted_cents += t.cents[0];
    out->result.rejected_cents += t.cents[1];
    spool_reader_free(&all.in);
    spool_reader_free(&ahead.in);
    spool_reader_free(&at.in);
}

void ack_stream_write(struct ack_stream *s, struct ack_stream_out *out)
{
    struct buf text = {0};
    struct ca c = {
        .w = {.out = &text, .d = EDI_CANONICAL, .newline = "\n"}, .b = &s->g.b, .o = &out->opts};
    if (s->g.claims.len) /* the set was cut off */
        set_aside(s);
    if (!s->claims)
        return;
    spread(s);
    if (s->faults > 1)
        qsort(s->fault, s->faults, sizeof *s->fault, by_claim);
    if (!out->result.sets)
        begin_answer(&c.w, out);
    write_set(s, &c, out);
    flush(&text, out->to, 0);
    buf_free(&text);
}

void ack_stream_end(struct ack_stream_out *out)
{
    struct buf text = {0};
    struct edi_writer w = {.out = &text, .d = EDI_CANONICAL, .newline = "\n"};
    struct ack_opts o = {.at_us = out->opts.at_us, .control = out->opts.control};
    if (!out->result.sets)
        return;
    ack_ge(&w, out->result.sets, &o);
    ack_iea(&w, 1, &o);
    flush(&text, out->to, 0);
    buf_free(&text);
}
