#include "common/elig/elig.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <stdlib.h>

struct reader {
    struct arena *a;
    elig_each *each;
    void *ctx;
    const struct edi_delims *d;
    struct elig_said s, above; /* above: subscriber's level and what stands over it */
    bool in_set, has, entity;  /* has: this level says something; entity: between LS and LE */
    uint32_t given, benefits_room, errors_room;
    char level; /* 0, 'A', 'B', 'C', 'D' */
    bool in_benefit;
    uint64_t begins;
};

static void *grown(struct arena *a, const void *old, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return (void *)(uintptr_t)old;
    *room = *room ? 2 * *room : 8;
    void *p = arena_alloc(a, *room * size);
    if (n)
        memcpy(p, old, n * size);
    return p;
}

static struct elig_person *person(struct reader *r)
{
    return r->level == 'D' ? &r->s.patient : &r->s.subscriber;
}

/* ---- levels ---- */

static void give(struct reader *r, uint64_t end)
{
    if (!r->has)
        return;
    r->s.number = r->given++;
    r->s.off = r->begins;
    r->s.len = end > r->begins ? end - r->begins : 0;
    r->each(r->ctx, &r->s);
    r->has = false;
}

static void clear_person(struct reader *r)
{
    r->s = r->above;
    r->s.benefits = NULL;
    r->s.benefits_n = r->benefits_room = 0;
    r->errors_room = 0; /* copied before the next is added */
    r->in_benefit = r->entity = r->has = false;
}

/* Another provider: nothing of the one before holds. */
static void leave_provider(struct reader *r, char was)
{
    if (was >= 'C')
        clear_person(r);
    while (r->s.errors_n && strcmp(r->s.errors[r->s.errors_n - 1].loop, "2100B") == 0)
        r->s.errors_n--;
    r->has = false;
}

static void on_hl(struct reader *r, const struct edi_seg *seg)
{
    static const struct {
        const char *code;
        char level;
    } levels[] = {{"20", 'A'}, {"21", 'B'}, {"22", 'C'}, {"23", 'D'}};
    char was = r->level;
    for (size_t i = 0; i < 4; i++)
        if (phi_is(seg_el(seg, 3), levels[i].code))
            r->level = levels[i].level;
    if (was >= 'C' || (was == 'B' && r->level <= 'B'))
        give(r, seg->off);
    if (was >= 'B' && r->level <= 'B')
        leave_provider(r, was);
    if (r->level == 'D' && was == 'C') /* the subscriber stays, what was said of him is said */
        r->above.subscriber = r->s.subscriber;
    if (r->level >= 'C' && was < 'C')
        r->above = r->s;
    if (r->level >= 'C')
        clear_person(r);
    if (r->level == 'C') {
        r->s.subscriber = (struct elig_person){0};
        r->s.relation = phi_lit("18");
    }
    r->s.subscriber_there = r->level >= 'C';
    r->s.dependent = r->level == 'D';
    r->begins = seg->off;
}

static void on_bht(struct reader *r, const struct edi_seg *seg)
{
    r->s.reference = seg_el(seg, 3);
    r->s.day = seg_el(seg, 4);
    r->s.time = seg_el(seg, 5);
}

static void on_trn(struct reader *r, const struct edi_seg *seg)
{
    bool ours = phi_is(seg_el(seg, 1), r->s.asks ? "1" : "2");
    if (r->level < 'C' || (!phi_empty(r->s.trace) && !ours))
        return;
    r->has = true;
    if (ours && phi_empty(r->s.trace)) {
        r->s.trace = seg_el(seg, 2);
        r->s.origin = seg_el(seg, 3);
    }
}

static void on_nm1(struct reader *r, const struct edi_seg *seg)
{
    if (r->entity || r->in_benefit)
        return;
    if (r->level == 'A') {
        r->s.payer_name = seg_el(seg, 3);
        r->s.payer_kind = seg_el(seg, 8);
        r->s.payer = seg_el(seg, 9);
    } else if (r->level == 'B') {
        r->s.provider_person = phi_is(seg_el(seg, 2), "1");
        r->s.provider_name = seg_el(seg, 3);
        r->s.provider_kind = seg_el(seg, 8);
        r->s.npi = seg_el(seg, 9);
    } else if (r->level) {
        struct elig_person *p = person(r);
        p->last = seg_el(seg, 3);
        p->first = seg_el(seg, 4);
        p->middle = seg_el(seg, 5);
        p->id = seg_el(seg, 9);
    }
}

static void on_n3(struct reader *r, const struct edi_seg *seg)
{
    if (r->level < 'C' || r->in_benefit)
        return;
    person(r)->line1 = seg_el(seg, 1);
    person(r)->line2 = seg_el(seg, 2);
}

static void on_n4(struct reader *r, const struct edi_seg *seg)
{
    if (r->level < 'C' || r->in_benefit)
        return;
    struct elig_person *p = person(r);
    p->city = seg_el(seg, 1);
    p->state = seg_el(seg, 2);
    p->zip = seg_el(seg, 3);
}

static void on_ref(struct reader *r, const struct edi_seg *seg)
{
    bool group = phi_is(seg_el(seg, 1), "6P");
    if (r->level < 'C' || r->in_benefit)
        return;
    if (group || (phi_is(seg_el(seg, 1), "1L") && phi_empty(person(r)->group)))
        person(r)->group = seg_el(seg, 2);
}

static void on_dmg(struct reader *r, const struct edi_seg *seg)
{
    if (r->level < 'C' || r->in_benefit)
        return;
    person(r)->dob = seg_el(seg, 2);
    person(r)->sex = seg_el(seg, 3);
}

static void on_ins(struct reader *r, const struct edi_seg *seg)
{
    if (r->level >= 'C' && !r->in_benefit)
        r->s.relation = seg_el(seg, 2);
}

/* Days of the plan or of coverage; a day in a benefit counts when the person has none. */
static void on_dtp(struct reader *r, const struct edi_seg *seg)
{
    static const char *const days[] = {"291", "346", "307", "356", "290", "472"};
    phi_str kind = seg_el(seg, 1), v = seg_el(seg, 3);
    if (r->level < 'C')
        return;
    if (phi_is(kind, "347") || phi_is(kind, "357"))
        r->s.ends = v;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        if (!phi_is(kind, days[i]) || !phi_empty(r->s.from))
            continue;
        bool range = phi_is(seg_el(seg, 2), "RD8");
        r->s.from = range ? edi_part(v, '-', 1) : v;
        r->s.to = range              ? edi_part(v, '-', 2)
                  : i == 0 || i == 5 ? v /* 291 alone: the day asked for */
                                     : (phi_str){"", 0};
    }
}

static void on_eq(struct reader *r, const struct edi_seg *seg)
{
    if (r->level < 'C')
        return;
    r->has = true;
    if (phi_empty(r->s.types))
        r->s.types = seg_el(seg, 1);
}

static void on_eb(struct reader *r, const struct edi_seg *seg)
{
    if (r->level < 'C')
        return;
    r->s.benefits =
        grown(r->a, r->s.benefits, r->s.benefits_n, &r->benefits_room, sizeof *r->s.benefits);
    struct elig_benefit *b = &r->s.benefits[r->s.benefits_n++];
    *b = (struct elig_benefit){.info = seg_el(seg, 1),
                               .level = seg_el(seg, 2),
                               .types = seg_el(seg, 3),
                               .rep = r->d->rep,
                               .insurance = seg_el(seg, 4),
                               .plan = seg_el(seg, 5),
                               .period = seg_el(seg, 6),
                               .quantity_kind = seg_el(seg, 9),
                               .quantity = seg_el(seg, 10),
                               .authorization = seg_el(seg, 11),
                               .network = seg_el(seg, 12),
                               .code = seg_comp(seg, r->d, 13, 2)};
    b->has_cents = money_parse(seg_el(seg, 7), &b->cents);
    b->has_part = quantity_parse(seg_el(seg, 8), &b->part);
    r->in_benefit = r->has = true;
}

static void on_msg(struct reader *r, const struct edi_seg *seg)
{
    if (r->in_benefit && phi_empty(r->s.benefits[r->s.benefits_n - 1].text))
        r->s.benefits[r->s.benefits_n - 1].text = seg_el(seg, 1);
}

static const char *loop_of(const struct reader *r, bool named)
{
    switch (r->level) {
    case 'B':
        return "2100B";
    case 'C':
        return r->in_benefit ? "2110C" : "2100C";
    case 'D':
        return r->in_benefit ? "2110D" : "2100D";
    default:
        return named ? "2100A" : "2000A";
    }
}

static void on_aaa(struct reader *r, const struct edi_seg *seg)
{
    const struct elig_error *old = r->s.errors;
    if (r->s.errors_n >= r->errors_room) {
        r->errors_room = 2 * r->s.errors_n + 4;
        r->s.errors = arena_alloc(r->a, r->errors_room * sizeof *r->s.errors);
        if (r->s.errors_n)
            memcpy(r->s.errors, old, r->s.errors_n * sizeof *old);
    }
    r->s.errors[r->s.errors_n++] = (struct elig_error){
        .loop = loop_of(r, !phi_empty(r->s.payer_name) || !phi_empty(r->s.payer)),
        .code = seg_el(seg, 3),
        .follow = seg_el(seg, 4)};
    r->has = true;
}

static void on_ls(struct reader *r, const struct edi_seg *seg)
{
    (void)seg;
    r->entity = true;
}

static void on_le(struct reader *r, const struct edi_seg *seg)
{
    (void)seg;
    r->entity = false;
}

static const struct {
    const char *id;
    void (*take)(struct reader *r, const struct edi_seg *seg);
} SEGMENTS[] = {{"HL", on_hl},   {"BHT", on_bht}, {"TRN", on_trn}, {"NM1", on_nm1},
                {"N3", on_n3},   {"N4", on_n4},   {"REF", on_ref}, {"DMG", on_dmg},
                {"INS", on_ins}, {"DTP", on_dtp}, {"EQ", on_eq},   {"EB", on_eb},
                {"MSG", on_msg}, {"AAA", on_aaa}, {"LS", on_ls},   {"LE", on_le}};

/* ---- a set ---- */

static void begin_set(struct reader *r, const struct edi_seg *seg)
{
    phi_str st = seg_el(seg, 1);
    r->in_set = phi_is(st, "270") || phi_is(st, "271");
    r->s = r->above = (struct elig_said){.asks = phi_is(st, "270")};
    r->benefits_room = r->errors_room = 0;
    r->level = 0;
    r->in_benefit = r->entity = r->has = false;
    r->begins = seg->off;
}

static void take(struct reader *r, const struct edi_seg *seg)
{
    if (seg_is(seg, "ST")) {
        begin_set(r, seg);
        return;
    }
    if (!r->in_set)
        return;
    if (seg_is(seg, "SE") || seg_is(seg, "GE") || seg_is(seg, "IEA") || seg_is(seg, "ISA")) {
        if (seg_is(seg, "SE")) /* what is cut off says nothing */
            give(r, seg->off);
        r->in_set = false;
        return;
    }
    for (size_t i = 0; i < sizeof SEGMENTS / sizeof *SEGMENTS; i++)
        if (seg_is(seg, SEGMENTS[i].id)) {
            SEGMENTS[i].take(r, seg);
            return;
        }
}

static uint32_t read_all(struct scan *s, struct arena *a, elig_each *each, void *ctx)
{
    struct reader r = {.a = a, .each = each, .ctx = ctx};
    struct edi_seg seg;
    enum scan_event e;
    while ((e = scan_next(s, &seg)) != SCAN_END) {
        if (e != SCAN_SEG)
            continue;
        r.d = scan_delims(s);
        take(&r, &seg);
    }
    scan_free(s);
    return r.given;
}

uint32_t elig_read(phi_str body, struct arena *a, elig_each *each, void *ctx)
{
    return read_all(scan_fragment(body.p, body.n), a, each, ctx);
}

uint32_t elig_read_file(phi_str bytes, struct arena *a, elig_each *each, void *ctx)
{
    return read_all(scan_memory(bytes.p, bytes.n), a, each, ctx);
}

/* ---- what it comes to ---- */

const char *elig_status_name(enum elig_status s)
{
    static const char *const names[] = {"active", "inactive", "refused", "unknown"};
    return names[s];
}

static bool whole_plan(const struct elig_benefit *b)
{
    for (uint32_t i = 1; i <= edi_parts(b->types, b->rep); i++) {
        phi_str t = b->rep ? edi_part(b->types, b->rep, i) : b->types;
        if (phi_is(t, "30") || phi_empty(t))
            return true;
    }
    return false;
}

/* EB01 1 to 5: some kind of active coverage; 6 to 8: none. */
static enum elig_status of_benefit(const struct elig_benefit *b)
{
    if (b->info.n != 1)
        return ELIG_UNKNOWN;
    return *b->info.p >= '1' && *b->info.p <= '5'   ? ELIG_ACTIVE
           : *b->info.p >= '6' && *b->info.p <= '8' ? ELIG_INACTIVE
                                                    : ELIG_UNKNOWN;
}

enum elig_status elig_status(const struct elig_said *s)
{
    enum elig_status any = ELIG_UNKNOWN, whole = ELIG_UNKNOWN;
    for (uint32_t i = 0; i < s->benefits_n; i++) {
        enum elig_status one = of_benefit(&s->benefits[i]);
        if (one == ELIG_UNKNOWN)
            continue;
        if (any != ELIG_ACTIVE)
            any = one;
        if (whole_plan(&s->benefits[i]) && whole != ELIG_ACTIVE)
            whole = one;
    }
    if (whole != ELIG_UNKNOWN)
        return whole;
    if (any != ELIG_UNKNOWN)
        return any;
    return s->errors_n ? ELIG_REFUSED : ELIG_UNKNOWN;
}
