/* The 277CA of a payer about our batches, told to each submitter about its own. */
#include "common/edi/ack_parts.h"
#include "common/ledger/match.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/money.h"
#include "tools/mailbox/place.h"
#include <stdio.h>

#define VERSION "005010X214"
enum { STATUSES = 16 };

struct provider {
    phi_str names, more; /* NM1 of 2100C; TRN, STC and REF of 2200C */
    phi_str id;          /* NM109 of the first */
    bool tallied;        /* 2200C is there */
};
struct item { /* 2200D with its lines */
    uint32_t provider;
    phi_str patient, text; /* NM1 of 2100D; from TRN on */
    phi_str member, last, pcn;
    phi_str trace; /* REF*D9 */
    int64_t charge;
    int32_t from;
    bool accepted, judged, in_line;
    int64_t batch; /* 0: nobody's */
};
struct reading {
    struct placing *p;
    struct buf canonical;
    phi_str source; /* below HL*20 */
    phi_str bht03, status[STATUSES];
    uint32_t status_n;
    struct provider *providers;
    struct item *items;
    uint32_t providers_n, items_n;
    /* while reading */
    int level; /* 0 head, 1 source, 2 receiver, 3 provider, 4 patient */
    size_t mark;
    phi_str patient, member, last;
    bool in_claim, bad;
};

static void *grown(struct arena *a, void *list, uint32_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    void *q = arena_alloc(a, (n ? 2 * n : 1) * size);
    if (n)
        memcpy(q, list, n * size);
    return q;
}

/* The set with canonical delimiters and no newlines; false when a value holds one of them. */
static bool canonize(struct reading *r)
{
    struct edi_writer w = {.out = &r->canonical, .d = EDI_CANONICAL, .newline = ""};
    struct scan *s = scan_fragment(r->p->answer->body.p, r->p->answer->body.n);
    struct edi_seg seg;
    bool good = true;
    while (good && scan_next(s, &seg) == SCAN_SEG)
        good = ew_copy(&w, &seg, scan_delims(s));
    scan_free(s);
    return good;
}

/* ---- reading ---- */

static phi_str since(const struct reading *r, size_t end)
{
    return phi_of(r->canonical.p + r->mark, end - r->mark);
}

/* Its totals, if they came, are behind what counts. */
static void close_provider(struct provider *p, phi_str text)
{
    if (!p->tallied)
        p->names = text;
    else if (phi_empty(p->more))
        p->more = text;
}

/* What began at the mark ends before the present segment. */
static void close_text(struct reading *r, const struct edi_seg *seg)
{
    size_t at = seg->off;
    if (r->level == 1)
        r->source = since(r, at);
    else if (r->level == 3)
        close_provider(&r->providers[r->providers_n - 1], since(r, at));
    else if (r->level == 4 && r->in_claim)
        r->items[r->items_n - 1].text = since(r, at);
    else if (r->level == 4)
        r->patient = since(r, at);
}

static size_t behind(const struct edi_seg *seg)
{
    return seg->off + seg_bytes(seg).n + 1;
}

static void on_hl(struct reading *r, const struct edi_seg *seg)
{
    phi_str code = seg_el(seg, 3);
    close_text(r, seg);
    int level = phi_is(code, "20")   ? 1
                : phi_is(code, "21") ? 2
                : phi_is(code, "19") ? 3
                : phi_is(code, "PT") ? 4
                                     : 0;
    r->bad = r->bad || !level || (level == 2 && r->level >= 2) || level > r->level + 1;
    r->level = level;
    r->mark = behind(seg);
    r->in_claim = false;
    if (level != 3)
        return;
    r->providers = grown(r->p->arena, r->providers, r->providers_n, sizeof *r->providers);
    r->providers[r->providers_n++] =
        (struct provider){.names = {"", 0}, .more = {"", 0}, .id = {"", 0}};
}

static void on_nm1(struct reading *r, const struct edi_seg *seg)
{
    if (r->level == 3 && phi_empty(r->providers[r->providers_n - 1].id))
        r->providers[r->providers_n - 1].id = seg_el(seg, 9);
    if (r->level != 4 || !phi_is(seg_el(seg, 1), "QC"))
        return;
    r->last = seg_el(seg, 3);
    r->member = seg_el(seg, 9);
}

static void on_trn(struct reading *r, const struct edi_seg *seg)
{
    if (r->level == 2)
        r->bht03 = seg_el(seg, 2);
    if (r->level < 3)
        return;
    close_text(r, seg);
    r->mark = seg->off;
    if (r->level == 3) {
        r->providers[r->providers_n - 1].tallied = true;
        return;
    }
    r->in_claim = true;
    r->items = grown(r->p->arena, r->items, r->items_n, sizeof *r->items);
    r->items[r->items_n++] = (struct item){.provider = r->providers_n - 1,
                                           .patient = r->patient,
                                           .text = {"", 0},
                                           .member = r->member,
                                           .last = r->last,
                                           .pcn = seg_el(seg, 2),
                                           .from = CLAIM_NO_DATE,
                                           .accepted = true};
}

static void on_stc(struct reading *r, const struct edi_seg *seg)
{
    if (r->level == 2 && r->status_n < STATUSES)
        r->status[r->status_n++] = seg_bytes(seg);
    if (r->level != 4 || !r->in_claim)
        return;
    struct item *i = &r->items[r->items_n - 1];
    if (i->in_line)
        return;
    i->accepted = i->accepted && phi_is(seg_el(seg, 3), "WQ");
    if (!i->judged)
        money_parse(seg_el(seg, 4), &i->charge);
    i->judged = true;
}

static void on_dtp(struct reading *r, const struct edi_seg *seg)
{
    phi_str v = seg_el(seg, 3);
    if (r->level == 4 && r->in_claim && !r->items[r->items_n - 1].in_line && v.n >= 8)
        date_parse(phi_of(v.p, 8), &r->items[r->items_n - 1].from);
}

static void on_ref(struct reading *r, const struct edi_seg *seg)
{
    struct item *i = r->items_n ? &r->items[r->items_n - 1] : NULL;
    if (r->level == 4 && r->in_claim && i && !i->in_line && phi_is(seg_el(seg, 1), "D9"))
        i->trace = seg_el(seg, 2);
}

static void on_svc(struct reading *r, const struct edi_seg *seg)
{
    (void)seg;
    if (r->level == 4 && r->in_claim)
        r->items[r->items_n - 1].in_line = true;
}

/* Totals of a provider are counted anew: what stands before them ends here. */
static void on_total(struct reading *r, const struct edi_seg *seg)
{
    if (r->level == 3)
        close_provider(&r->providers[r->providers_n - 1], since(r, seg->off));
}

static void on_se(struct reading *r, const struct edi_seg *seg)
{
    close_text(r, seg);
    r->level = 0;
}

static bool read_277ca(struct reading *r)
{
    static const struct {
        const char *id;
        void (*on)(struct reading *r, const struct edi_seg *seg);
    } takers[] = {{"HL", on_hl},     {"NM1", on_nm1}, {"TRN", on_trn}, {"STC", on_stc},
                  {"DTP", on_dtp},   {"SVC", on_svc}, {"REF", on_ref}, {"QTY", on_total},
                  {"AMT", on_total}, {"SE", on_se}};
    struct scan *s = scan_fragment(r->canonical.p, r->canonical.len);
    struct edi_seg seg;
    while (!r->bad && scan_next(s, &seg) == SCAN_SEG)
        for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
            if (seg_is(&seg, takers[i].id))
                takers[i].on(r, &seg);
    scan_free(s);
    return !r->bad && r->source.n && r->bht03.n;
}

/* ---- whose ---- */

struct keyed {
    struct box_claim *c;
    char key[MATCH_KEY];
    size_t n;
};

/* How much of the item is the claim's; the account is equal already. Our number of the claim says
 * it all. */
static int fits(const struct reading *r, const struct item *i, const struct box_claim *c)
{
    char trace[REC_TRACE];
    const struct facts *f = &c->facts;
    return 32 * phi_is(i->trace, rec_id_trace(c->id, trace)) +
           8 * phi_eq(r->providers[i->provider].id, f->billing) +
           8 * match_same_word(i->member, f->member) + 4 * match_same_word(i->last, f->last) +
           4 * (i->charge == f->charge) + 2 * (i->from != CLAIM_NO_DATE && i->from == f->from) +
           phi_eq(i->pcn, f->pcn);
}

/* The claim of our batch that fits best; of those alike the first that has no answer yet. */
static void find(struct reading *r, struct item *i, struct keyed *k, uint32_t n)
{
    char key[MATCH_KEY];
    size_t len = match_key(i->pcn, key);
    struct box_claim *best = NULL;
    int most = -1;
    for (uint32_t x = 0; x < n; x++) {
        if (k[x].n != len || memcmp(k[x].key, key, len) != 0)
            continue;
        int s = 2 * fits(r, i, k[x].c) + !k[x].c->used;
        if (s > most) {
            most = s;
            best = k[x].c;
        }
    }
    if (!best)
        return;
    best->used = true;
    i->batch = best->batch;
}

static bool find_all(struct reading *r, struct box_claim *c, uint32_t n)
{
    struct keyed *k = arena_alloc(r->p->arena, (n + 1) * sizeof *k);
    bool all = true;
    for (uint32_t i = 0; i < n; i++) {
        k[i].c = &c[i];
        k[i].n = match_key(c[i].facts.pcn, k[i].key);
    }
    for (uint32_t i = 0; i < r->items_n; i++) {
        find(r, &r->items[i], k, n);
        all = all && r->items[i].batch;
    }
    return all;
}

/* ---- writing ---- */

struct tally {
    uint32_t n[2];
    int64_t cents[2];
};

static void put_text(struct edi_writer *w, phi_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        buf_putc(w->out, text.p[i]);
        if (text.p[i] != '~')
            continue;
        buf_puts(w->out, w->newline);
        w->segments++;
    }
}

static void put_hl(struct edi_writer *w, uint32_t n, uint32_t parent, const char *code,
                   const char *child)
{
    ew_begin(w, "HL");
    ew_int(w, n);
    if (parent)
        ew_int(w, parent);
    else
        ew_lit(w, "");
    ew_lit(w, code);
    ew_lit(w, child);
    ew_end(w);
}

/* STC of more than one claim: its sum is that of this submitter's. */
static void put_status(struct edi_writer *w, phi_str stc, int64_t cents)
{
    struct buf amount = {0};
    uint32_t n = edi_parts(stc, '*');
    money_x12(&amount, cents);
    for (uint32_t i = 1; i <= n; i++) {
        if (i > 1)
            buf_putc(w->out, '*');
        bool sum = i == 5 && !phi_empty(edi_part(stc, '*', i));
        buf_phi(w->out, sum ? buf_view(&amount) : edi_part(stc, '*', i));
    }
    buf_putc(w->out, '~');
    buf_puts(w->out, w->newline);
    w->segments++;
    buf_free(&amount);
}

/* TRN, STC and REF of a provider, sums of STC anew. */
static void put_provider_text(struct edi_writer *w, phi_str text, int64_t cents)
{
    for (size_t from = 0, i = 0; i < text.n; i++) {
        if (text.p[i] != '~')
            continue;
        phi_str seg = phi_of(text.p + from, i - from);
        if (seg.n > 4 && memcmp(seg.p, "STC*", 4) == 0)
            put_status(w, seg, cents);
        else
            put_text(w, phi_of(seg.p, seg.n + 1));
        from = i + 1;
    }
}

static void put_tally(struct edi_writer *w, const struct tally *t, const char *const qty[2])
{
    static const char *const amt[] = {"YU", "YY"};
    for (int i = 0; i < 2; i++)
        if (t->n[i]) {
            ew_begin(w, "QTY");
            ew_lit(w, qty[i]);
            ew_int(w, t->n[i]);
            ew_end(w);
        }
    for (int i = 0; i < 2; i++)
        if (t->n[i]) {
            ew_begin(w, "AMT");
            ew_lit(w, amt[i]);
            ew_money(w, t->cents[i]);
            ew_end(w);
        }
}

static void count(struct tally *t, bool accepted, int64_t cents)
{
    t->n[!accepted]++;
    t->cents[!accepted] += cents;
}

static void put_head(struct reading *r, struct edi_writer *w, const char *st02, uint32_t control)
{
    char day[9], time[5], ref[32];
    snprintf(ref, sizeof ref, "%09u-%s", control, st02);
    ew_seg(w, "ST", "277", st02, VERSION);
    ew_seg(w, "BHT", "0085", "08", ref, time_ccyymmdd(r->p->answer->at, day),
           time_hhmm(r->p->answer->at, time), "TH");
    put_hl(w, 1, 0, "20", "1");
    put_text(w, r->source);
}

static void put_receiver(struct reading *r, struct edi_writer *w, const struct box_batch *b,
                         const struct tally *t, bool children)
{
    static const char *const qty[] = {"90", "AA"};
    put_hl(w, 2, 1, "21", children ? "1" : "0");
    put_text(w, b->submitter);
    ew_begin(w, "TRN");
    ew_lit(w, "2");
    ew_el(w, b->bht03);
    ew_end(w);
    for (uint32_t i = 0; i < r->status_n; i++)
        put_status(w, r->status[i], t->cents[0] + t->cents[1]);
    put_tally(w, t, qty);
}

/* One provider's claims of this batch, from item i on; returns the first of another provider. */
static uint32_t put_provider(struct reading *r, struct edi_writer *w, int64_t batch, uint32_t i,
                             uint32_t *hl)
{
    static const char *const qty[] = {"QA", "QC"};
    const struct provider *p = &r->providers[r->items[i].provider];
    struct tally t = {0};
    uint32_t end = i, own = ++*hl;
    phi_str about = {NULL, 0};
    for (; end < r->items_n && r->items[end].provider == r->items[i].provider; end++)
        if (r->items[end].batch == batch)
            count(&t, r->items[end].accepted, r->items[end].charge);
    put_hl(w, own, 2, "19", "1");
    put_text(w, p->names);
    if (p->tallied) {
        put_provider_text(w, p->more, t.cents[0] + t.cents[1]);
        put_tally(w, &t, qty);
    }
    for (; i < end; i++) {
        if (r->items[i].batch != batch)
            continue;
        if (r->items[i].patient.p != about.p) {
            about = r->items[i].patient;
            put_hl(w, ++*hl, own, "PT", "");
            put_text(w, about);
        }
        put_text(w, r->items[i].text);
    }
    return end;
}

static void put_set(struct reading *r, struct edi_writer *w, const struct box_batch *b,
                    const struct tally *t, uint32_t number, uint32_t control)
{
    char st02[12];
    uint32_t hl = 2;
    snprintf(st02, sizeof st02, "%04u", number);
    w->segments = 0;
    put_head(r, w, st02, control);
    put_receiver(r, w, b, t, r->items_n > 0);
    for (uint32_t i = 0; i < r->items_n;) {
        if (r->items[i].batch == b->no)
            i = put_provider(r, w, b->no, i, &hl);
        else
            i++;
    }
    ew_begin(w, "SE");
    ew_int(w, w->segments + 1);
    ew_lit(w, st02);
    ew_end(w);
}

struct put {
    struct box_batch batch;
    struct tally t;
    bool done;
};
struct puts {
    struct put *list;
    uint32_t n;
};

static void put_add(struct reading *r, struct puts *p, int64_t batch, bool accepted, int64_t cents)
{
    uint32_t i = 0;
    while (i < p->n && p->list[i].batch.no != batch)
        i++;
    if (i == p->n) {
        p->list = grown(r->p->arena, p->list, p->n, sizeof *p->list);
        p->list[p->n] = (struct put){.done = false};
        box_batch_of(r->p->box, batch, r->p->arena, &p->list[p->n++].batch);
    }
    count(&p->list[i].t, accepted, cents);
}

/* One interchange: the batches from number i on that came in one group. */
static void put_group(struct reading *r, struct puts *p, uint32_t i)
{
    struct buf out = {0};
    struct edi_writer w = {.out = &out, .d = EDI_CANONICAL, .newline = "\n"};
    const struct box_batch *to = &p->list[i].batch;
    struct ack_opts o = {.at_us = r->p->answer->at, .control = box_number(r->p->box)};
    uint32_t n = 0;
    ack_isa(&w, &to->isa, &o);
    ack_gs(&w, &to->gs, "HN", VERSION, &o);
    for (; i < p->n; i++) {
        if (p->list[i].done || !place_same_group(to, &p->list[i].batch))
            continue;
        p->list[i].done = true;
        put_set(r, &w, &p->list[i].batch, &p->list[i].t, ++n, o.control);
    }
    ack_ge(&w, n, &o);
    ack_iea(&w, 1, &o);
    place_put(r->p, to, o.control, "277ca", buf_view(&out));
    buf_free(&out);
}

/* Who gets something: whose claims are named, or all of the batch when it was judged as a whole. */
static struct puts puts_of(struct reading *r, struct box_claim *c, uint32_t n)
{
    struct puts p = {0};
    for (uint32_t i = 0; i < r->items_n; i++)
        if (r->items[i].batch)
            put_add(r, &p, r->items[i].batch, r->items[i].accepted, r->items[i].charge);
    bool taken = r->status_n && phi_is(edi_part(r->status[0], '*', 4), "WQ");
    for (uint32_t i = 0; i < n && r->items_n == 0; i++)
        put_add(r, &p, c[i].batch, taken, c[i].facts.charge);
    return p;
}

static bool place(struct reading *r)
{
    struct placing *p = r->p;
    uint32_t n = 0;
    if (!canonize(r) || !read_277ca(r)) {
        place_unplaced(p, "277ca", "it cannot be taken apart");
        return true;
    }
    int64_t set = box_set_of_bht03(p->box, r->bht03);
    struct box_claim *c = set ? box_claims_of_set(p->box, set, true, p->arena, &n) : NULL;
    bool all = set && (r->items_n ? find_all(r, c, n) : box_set_whole(p->box, set));
    if (!all && !p->force)
        return false;
    struct puts puts = puts_of(r, c, n);
    for (uint32_t i = 0; i < puts.n; i++)
        if (!puts.list[i].done)
            put_group(r, &puts, i);
    if (!all)
        place_unplaced(p, "277ca",
                       set ? "it names claims that were not sent in that batch"
                           : "it answers no batch that was sent");
    return true;
}

bool place_277ca(struct placing *p)
{
    struct reading r = {.p = p, .source = {"", 0}, .bht03 = {"", 0}, .patient = {"", 0}};
    bool decided = place(&r);
    buf_free(&r.canonical);
    return decided;
}
