#include "common/edi/ack_claims.h"
#include "common/util/money.h"
#include <stdlib.h>

void ack_gather_begin(struct ack_gather *g, struct arena *mem, const struct edi_delims *d)
{
    struct buf claims = g->claims, lines = g->lines, providers = g->providers, pats = g->patients;
    struct buf places = g->places;
    buf_clear(&places);
    buf_clear(&claims);
    buf_clear(&lines);
    buf_clear(&providers);
    buf_clear(&pats);
    *g = (struct ack_gather){.mem = mem,
                             .d = *d,
                             .of_provider = mem,
                             .of_subscriber = mem,
                             .of_patient = mem,
                             .of_claim = mem,
                             .into = mem,
                             .places = places,
                             .claims = claims,
                             .lines = lines,
                             .providers = providers,
                             .patients = pats};
}

void ack_gather_free(struct ack_gather *g)
{
    buf_free(&g->places);
    buf_free(&g->claims);
    buf_free(&g->lines);
    buf_free(&g->providers);
    buf_free(&g->patients);
}

/* Part v of the present segment, which is copied once. */
static phi_str keep(struct ack_gather *g, phi_str v)
{
    if (phi_empty(v))
        return (phi_str){"", 0};
    if (!g->copy.p)
        g->copy = arena_phi(g->into, g->seg);
    return phi_of(g->copy.p + (v.p - g->seg.p), v.n);
}

static struct ack_party party(struct ack_gather *g, const struct edi_seg *s)
{
    return (struct ack_party){.person = phi_is(seg_el(s, 2), "1"),
                              .last = keep(g, seg_el(s, 3)),
                              .first = keep(g, seg_el(s, 4)),
                              .middle = keep(g, seg_el(s, 5)),
                              .suffix = keep(g, seg_el(s, 7)),
                              .qual = keep(g, seg_el(s, 8)),
                              .id = keep(g, seg_el(s, 9))};
}

static struct ack_claim *claim_now(struct ack_gather *g)
{
    return (struct ack_claim *)(void *)(g->claims.p + g->claims.len) - 1;
}

static struct ack_line *line_now(struct ack_gather *g)
{
    return (struct ack_line *)(void *)(g->lines.p + g->lines.len) - 1;
}

static uint32_t count_of(const struct buf *b, size_t size)
{
    return (uint32_t)(b->len / size);
}

/* --- segments --- */

static void take_bht(struct ack_gather *g, const struct edi_seg *s)
{
    phi_str date = seg_el(s, 4);
    g->b.bht03 = keep(g, seg_el(s, 3));
    if (date.n == ACK_DATE - 1)
        memcpy(g->b.date, date.p, date.n);
}

static void take_hl(struct ack_gather *g, const struct edi_seg *s)
{
    phi_str code = seg_el(s, 3);
    g->in_claim = g->in_line = g->billing = false;
    g->level = phi_is(code, "20") ? '2' : phi_is(code, "22") ? 's' : 'p';
    g->hl[g->level == '2' ? 0 : g->level == 's' ? 1 : 2] = g->position;
    if (g->level != 'p')
        g->hl[2] = 0;
    if (g->level == '2') {
        g->provider = (struct ack_party){0};
        g->provider_new = true;
    }
    if (g->level != 'p')
        g->subscriber = (struct ack_party){0};
    g->patient = g->subscriber;
    g->patient_new = true;
}

/* A dependent has no id of its own: the subscriber's stands for it. */
static void take_dependent(struct ack_gather *g, const struct edi_seg *s)
{
    g->patient = party(g, s);
    if (phi_empty(g->patient.id)) {
        g->patient.qual = g->subscriber.qual;
        g->patient.id = g->subscriber.id;
    }
}

static void take_nm1(struct ack_gather *g, const struct edi_seg *s)
{
    phi_str who = seg_el(s, 1);
    if (g->in_claim)
        return;
    g->billing = g->level == '2' && phi_is(who, "85");
    if (!g->level && phi_is(who, "41"))
        g->b.submitter = party(g, s);
    else if (!g->level && phi_is(who, "40"))
        g->b.receiver = party(g, s);
    else if (g->billing)
        g->provider = party(g, s);
    else if (g->level == 's' && phi_is(who, "IL"))
        g->subscriber = g->patient = party(g, s);
    else if (g->level == 'p' && phi_is(who, "QC"))
        take_dependent(g, s);
}

static void take_clm(struct ack_gather *g, const struct edi_seg *s)
{
    g->into = g->of_claim;
    struct ack_claim c = {.pcn = keep(g, seg_el(s, 1))};
    phi_str place = seg_comp(s, &g->d, 5, 1), kind = seg_comp(s, &g->d, 5, 2),
            frequency = seg_comp(s, &g->d, 5, 3);
    if (g->provider_new)
        buf_add(&g->providers, &g->provider, sizeof g->provider);
    if (g->patient_new || g->provider_new)
        buf_add(&g->patients, &g->patient, sizeof g->patient);
    g->provider_new = g->patient_new = g->statement = g->in_line = false;
    g->in_claim = true;
    c.provider = count_of(&g->providers, sizeof g->provider) - 1;
    c.patient = count_of(&g->patients, sizeof g->patient) - 1;
    money_parse(seg_el(s, 2), &c.charge);
    if (phi_is(kind, "A") && place.n == 2 && frequency.n == 1) {
        memcpy(c.bill, place.p, 2);
        c.bill[2] = *frequency.p;
    }
    buf_add(&g->claims, &c, sizeof c);
    struct finding_claim at = {
        {g->hl[0], g->hl[1], g->hl[2]}, g->position, count_of(&g->claims, sizeof c)};
    buf_add(&g->places, &at, sizeof at);
}

static void take_lx(struct ack_gather *g, const struct edi_seg *s)
{
    static const struct ack_line none = {0};
    int64_t number = 0;
    if (!g->in_claim)
        return;
    g->in_line = true;
    buf_add(&g->lines, &none, sizeof none);
    line_now(g)->position = g->position;
    if (quantity_parse(seg_el(s, 1), &number))
        line_now(g)->number = (uint32_t)(number / 1000);
    claim_now(g)->lines_n++;
}

/* Where the three kinds of claim have what they say of a service. */
struct service {
    uint8_t composite, charge, revenue;
};
/* SV1, SV2, SV3. */
static const struct service services[] = {{1, 2, 0}, {2, 3, 1}, {1, 2, 0}};

/* The first n components of v; empty where there are fewer. */
static void cut(phi_str v, char delim, phi_str *part, uint32_t n)
{
    const char *p = v.p, *end = v.p + v.n;
    for (uint32_t i = 0; i < n; i++) {
        const char *stop = p;
        while (stop < end && *stop != delim)
            stop++;
        part[i] = phi_of(p, (size_t)(stop - p));
        p = stop < end ? stop + 1 : end;
    }
}

static void take_service(struct ack_gather *g, const struct edi_seg *s, const struct service *k)
{
    phi_str what = seg_el(s, k->composite);
    if (!g->in_line)
        return;
    struct ack_line *l = line_now(g);
    phi_str part[2 + ACK_MODIFIERS];
    cut(what, g->d.comp, part, 2 + ACK_MODIFIERS);
    l->qualifier = keep(g, part[0]);
    l->code = keep(g, part[1]);
    for (uint32_t i = 0; i < ACK_MODIFIERS; i++)
        l->mods[i] = keep(g, part[2 + i]);
    l->revenue = k->revenue ? keep(g, seg_el(s, k->revenue)) : (phi_str){"", 0};
    money_parse(seg_el(s, k->charge), &l->charge);
}

static void take_ref(struct ack_gather *g, const struct edi_seg *s)
{
    phi_str kind = seg_el(s, 1);
    if (g->in_line && phi_is(kind, "6R"))
        line_now(g)->control = keep(g, seg_el(s, 2));
    else if (g->in_claim && !g->in_line && phi_is(kind, "D9"))
        claim_now(g)->trace = keep(g, seg_el(s, 2));
    else if (g->billing && phi_empty(g->provider.id) &&
             (phi_is(kind, "EI") || phi_is(kind, "SY"))) {
        g->provider.qual = (phi_str){"FI", 2};
        g->provider.id = keep(g, seg_el(s, 2));
    }
}

/* Eight bytes as a number that is in their order. */
static inline uint64_t in_order(const char *day)
{
    uint64_t w;
    _Static_assert(sizeof w == ACK_DATE - 1, "a day has eight digits");
    memcpy(&w, day, sizeof w);
    return __builtin_bswap64(w);
}

/* Widens from..thru by one day. */
static inline void widen(char *from, char *thru, const char *day)
{
    uint64_t w = in_order(day);
    if (!*from || w < in_order(from))
        memcpy(from, day, ACK_DATE - 1);
    if (!*thru || w > in_order(thru))
        memcpy(thru, day, ACK_DATE - 1);
}

static void take_dtp(struct ack_gather *g, const struct edi_seg *s)
{
    enum { DAY = ACK_DATE - 1, RANGE = 2 * DAY + 1 };
    phi_str kind = seg_el(s, 1), v = seg_el(s, 3);
    bool statement = phi_is(kind, "434");
    if (!g->in_claim || (!statement && !phi_is(kind, "472")) || (v.n != DAY && v.n < RANGE))
        return;
    struct ack_claim *c = claim_now(g);
    const char *last = v.n == DAY ? v.p : v.p + DAY + 1;
    if (g->in_line && !statement) {
        widen(line_now(g)->from, line_now(g)->thru, v.p);
        if (last != v.p)
            widen(line_now(g)->from, line_now(g)->thru, last);
    }
    if (g->statement)
        return;
    g->statement = statement;
    widen(c->from, c->thru, v.p);
    if (last != v.p)
        widen(c->from, c->thru, last);
}

static struct arena *place_of(const struct ack_gather *g)
{
    if (g->in_claim)
        return g->of_claim;
    return g->level == '2'   ? g->of_provider
           : g->level == 's' ? g->of_subscriber
           : g->level == 'p' ? g->of_patient
                             : g->mem;
}

/* A segment id of two or three letters as a number. */
#define ID2(a, b)    ((a) | (b) << 8)
#define ID3(a, b, c) (ID2(a, b) | (c) << 16)

/* Before anything is taken from a segment. */
static inline void begin_taking(struct ack_gather *g, const struct edi_seg *seg)
{
    g->seg = seg_bytes(seg);
    g->copy.p = NULL;
    g->into = place_of(g);
}

typedef void take_fn(struct ack_gather *g, const struct edi_seg *seg);

static void take_sv(struct ack_gather *g, const struct edi_seg *seg)
{
    take_service(g, seg, &services[seg->base[seg->start + 2] - '1']);
}

/* Who takes from segments of this id; NULL: nobody. */
static inline take_fn *taker(int id)
{
    switch (id) {
    case ID2('L', 'X'):
        return take_lx;
    case ID3('D', 'T', 'P'):
        return take_dtp;
    case ID3('R', 'E', 'F'):
        return take_ref;
    case ID3('N', 'M', '1'):
        return take_nm1;
    case ID2('H', 'L'):
        return take_hl;
    case ID3('C', 'L', 'M'):
        return take_clm;
    case ID3('B', 'H', 'T'):
        return take_bht;
    case ID3('S', 'V', '1'):
    case ID3('S', 'V', '2'):
    case ID3('S', 'V', '3'):
        return take_sv;
    default:
        return NULL;
    }
}

void ack_gather_segment(struct ack_gather *g, const struct edi_seg *seg)
{
    const char *p = seg->base + seg->start;
    uint32_t n = seg->at[0] - seg->start;
    g->position++;
    /* Parties of a claim are nobody's in an answer. */
    if (n < 2 || n > 3 || (g->in_claim && p[0] == 'N'))
        return;
    int id = ID2((unsigned char)p[0], (unsigned char)p[1]);
    if (n == 3)
        id |= (unsigned char)p[2] << 16;
    take_fn *take = taker(id);
    if (!take)
        return;
    begin_taking(g, seg);
    take(g, seg);
}

/* --- the end --- */

/* "277CA:A7:562:82" gives "A7:562:82". */
void ack_report_of(const struct finding *f, char out[ACK_REPORT])
{
    static const char ours[] = "277CA:";
    bool said = strncmp(f->report, ours, sizeof ours - 1) == 0;
    const char *code = said ? f->report + sizeof ours - 1 : "A7:21";
    size_t n = strnlen(code, ACK_REPORT - 1);
    memcpy(out, code, n);
    out[n] = 0;
}

/* The line that a finding below 2400 stands in: the last that begins before it. */
uint32_t ack_line_of(const struct ack_claim *c, const char *loop, uint32_t position)
{
    uint32_t line = ACK_NO_LINE;
    if (strncmp(loop, "24", 2) != 0)
        return line;
    for (uint32_t i = 0; i < c->lines_n && c->lines[i].position <= position; i++)
        line = i;
    return line;
}

/* Calls `to` with each claim that finding f loses, of those below which it stands. */
static void each_lost(struct ack_gather *g, struct ack_claim *c, uint32_t n,
                      const struct finding *f,
                      void (*to)(struct ack_claim *c, const struct finding *f))
{
    const struct finding_claim *at = (const struct finding_claim *)(const void *)g->places.p;
    uint32_t from = f->claim ? f->claim - 1 : 0, end = f->claim ? f->claim : n;
    for (uint32_t i = from; f->severity == SEV_CLAIM && i < end && i < n; i++)
        if (finding_hits(f, &at[i]))
            to(&c[i], f);
}

static void count_fault(struct ack_claim *c, const struct finding *f)
{
    (void)f;
    c->faults_n++;
}

static void add_fault(struct ack_claim *c, const struct finding *f)
{
    struct ack_fault *fault = (struct ack_fault *)(uintptr_t)&c->faults[c->faults_n++];
    ack_report_of(f, fault->report);
    fault->line = ack_line_of(c, f->loop, f->position);
}

/* Hands each claim its faults; they come in any order, and are told in the order they came. */
static void faults(struct ack_gather *g, struct ack_claim *c, uint32_t n,
                   const struct ack_finding *f, uint32_t f_n)
{
    for (uint32_t i = 0; i < f_n; i++)
        each_lost(g, c, n, &f[i].f, count_fault);
    for (uint32_t i = 0; i < n; i++) {
        if (c[i].faults_n)
            c[i].faults = arena_alloc(g->mem, c[i].faults_n * sizeof *c[i].faults);
        c[i].faults_n = 0;
    }
    for (uint32_t i = 0; i < f_n; i++)
        each_lost(g, c, n, &f[i].f, add_fault);
}

static void *moved(struct ack_gather *g, const struct buf *b)
{
    void *to = arena_alloc(g->mem, b->len + 1);
    if (b->len)
        memcpy(to, b->p, b->len);
    return to;
}

struct ack_batch ack_gather_end(struct ack_gather *g, const struct ack_finding *f, uint32_t n)
{
    struct ack_batch b = g->b;
    struct ack_claim *c = moved(g, &g->claims);
    const struct ack_line *line = moved(g, &g->lines);
    b.claims_n = count_of(&g->claims, sizeof *c);
    b.providers_n = count_of(&g->providers, sizeof *b.providers);
    b.patients_n = count_of(&g->patients, sizeof *b.patients);
    b.providers = moved(g, &g->providers);
    b.patients = moved(g, &g->patients);
    for (uint32_t i = 0; i < b.claims_n; line += c[i++].lines_n)
        c[i].lines = line;
    faults(g, c, b.claims_n, f, n);
    b.claims = c;
    return b;
}
