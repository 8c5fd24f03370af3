#include "common/edi/remit_parts.h"
#include "common/util/date.h"
#include "common/util/money.h"

void *remit_push(struct arena *mem, void *list, uint32_t *n, size_t size)
{
    uint32_t len = *n;
    char *p = list;
    if ((len & (len - 1)) == 0) {
        p = arena_alloc(mem, size * (len ? 2 * (size_t)len : 1));
        if (len)
            memcpy(p, list, size * len);
    }
    *n = len + 1;
    return p;
}
bool remit_fail(struct remit_fault *why, const struct edi_seg *seg, uint32_t element,
                const char *text)
{
    if (!why)
        return false;
    phi_str id = seg_el(seg, 0);
    size_t n = id.n < sizeof why->segment - 1 ? id.n : sizeof why->segment - 1;
    memcpy(why->segment, id.p, n);
    why->segment[n] = 0;
    why->element = element;
    why->text = text;
    return false;
}

struct remit_date remit_date_make(phi_str qual, phi_str value)
{
    struct remit_date d = {qual, value, REMIT_NO_DATE};
    int32_t days;
    if (date_parse(value, &days))
        d.days = days;
    return d;
}

void remit_push_ref(struct arena *mem, struct remit_ref **list, uint32_t *n,
                    const struct edi_seg *seg)
{
    *list = remit_push(mem, *list, n, sizeof **list);
    (*list)[*n - 1] = (struct remit_ref){seg_el(seg, 1), seg_el(seg, 2)};
}

/* What a body is read into; the parts that its kind has not are NULL. */
struct reading {
    struct payment *head;
    struct remit *remit;
    struct plb *plb;
    struct arena *mem;
    struct remit_fault why;
    uint32_t position;
    bool paid, found; /* BPR seen; CLP or PLB seen */
};

static bool reading_segment(struct reading *g, const struct edi_seg *seg,
                            const struct edi_delims *d)
{
    if (seg_is(seg, "CLP") && g->remit && !g->found)
        return g->found = true, remit_segment(g->remit, seg, d, g->mem, &g->why);
    if (g->found && g->remit) {
        if (seg_is(seg, "CLP"))
            return remit_fail(&g->why, seg, 0, "a remittance record has more than one CLP");
        return seg_is(seg, "SE") || remit_segment(g->remit, seg, d, g->mem, &g->why);
    }
    if (seg_is(seg, "PLB") && g->plb && !g->found) {
        g->plb->seg = g->position;
        g->found = plb_segment(g->plb, seg, d, 0, &g->why);
        return g->found;
    }
    if (seg_is(seg, "LX") && g->remit)
        g->remit->lx = seg_el(seg, 1);
    g->paid = g->paid || seg_is(seg, "BPR");
    return payment_segment(g->head, seg, d, g->mem, &g->why);
}

static bool reading_fail(struct reading *g, const char *text)
{
    if (!g->why.text)
        g->why.text = text;
    g->why.position = g->position;
    return false;
}

static bool reading_run(struct reading *g, struct scan *s)
{
    struct edi_seg seg;
    enum scan_event ev;
    while ((ev = scan_next(s, &seg)) == SCAN_SEG) {
        if (g->position || seg_is(&seg, "ST"))
            g->position++;
        if (!reading_segment(g, &seg, scan_delims(s)))
            return reading_fail(g, "the segment cannot be read");
    }
    if (ev == SCAN_FAULT)
        return reading_fail(g, scan_fault(s)->text);
    if (!g->paid)
        return reading_fail(g, "the body has no BPR");
    if ((g->remit || g->plb) && !g->found)
        return reading_fail(g, g->remit ? "the body has no CLP" : "the body has no PLB");
    return true;
}

static bool read_body(struct reading *g, phi_str body, struct remit_fault *why)
{
    g->head->date = g->head->production = remit_no_date();
    struct scan *s = scan_fragment(body.p, body.n);
    bool ok = reading_run(g, s);
    scan_free(s);
    if (!ok && why)
        *why = g->why;
    return ok;
}

bool payment_read(phi_str body, struct arena *mem, struct payment *out, struct remit_fault *why)
{
    *out = (struct payment){0};
    return read_body(&(struct reading){.head = out, .mem = mem}, body, why);
}

bool remit_read(phi_str body, struct arena *mem, struct remit *out, struct remit_fault *why)
{
    *out = (struct remit){0};
    return read_body(&(struct reading){.head = &out->head, .remit = out, .mem = mem}, body, why);
}

bool plb_read(phi_str body, struct arena *mem, struct plb *out, struct remit_fault *why)
{
    *out = (struct plb){.fiscal = remit_no_date()};
    return read_body(&(struct reading){.head = &out->head, .plb = out, .mem = mem}, body, why);
}

phi_str remit_ref_of(const struct remit_ref *refs, uint32_t n, const char *qual)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_is(refs[i].qual, qual))
            return refs[i].value;
    return (phi_str){0};
}

const struct remit_name *remit_name_of(const struct remit *r, const char *entity)
{
    for (uint32_t i = 0; i < r->names_n; i++)
        if (phi_is(r->names[i].entity, entity))
            return &r->names[i];
    return NULL;
}

const struct remit_date *remit_date_of(const struct remit_date *dates, uint32_t n, const char *qual)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_is(dates[i].qual, qual))
            return &dates[i];
    return NULL;
}

bool remit_amount_of(const struct remit_amount *amts, uint32_t n, const char *qual, int64_t *cents)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_is(amts[i].qual, qual))
            return *cents = amts[i].value, true;
    return false;
}

static void line_span(const struct remit *r, int32_t *from, int32_t *to)
{
    for (uint32_t i = 0; i < r->lines_n; i++) {
        const struct remit_line *l = &r->lines[i];
        if (l->from.days != REMIT_NO_DATE && (*from == REMIT_NO_DATE || l->from.days < *from))
            *from = l->from.days;
        if (l->to.days > *to) /* REMIT_NO_DATE is below every date */
            *to = l->to.days;
    }
}

void remit_service_dates(const struct remit *r, int32_t *from, int32_t *to)
{
    const struct remit_date *a = remit_date_of(r->dates, r->dates_n, "232");
    const struct remit_date *b = remit_date_of(r->dates, r->dates_n, "233");
    *from = a ? a->days : REMIT_NO_DATE;
    *to = b ? b->days : REMIT_NO_DATE;
    if (*from == REMIT_NO_DATE && *to == REMIT_NO_DATE)
        line_span(r, from, to);
    if (*to == REMIT_NO_DATE)
        *to = *from;
    if (*from == REMIT_NO_DATE)
        *from = *to;
}

bool remit_cas_sum(const struct remit_cas *cas, uint32_t n, int64_t *cents)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!money_add(sum, cas[i].cents, &sum))
            return false;
    *cents = sum;
    return true;
}

bool remit_lines_cas_sum(const struct remit *r, int64_t *cents)
{
    int64_t sum = 0, one;
    for (uint32_t i = 0; i < r->lines_n; i++)
        if (!remit_cas_sum(r->lines[i].cas, r->lines[i].cas_n, &one) || !money_add(sum, one, &sum))
            return false;
    *cents = sum;
    return true;
}
