#include "common/partner/repair.h"
#include "common/util/date.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

struct mending {
    struct repaired *out;
    phi_str body;
    struct edi_delims d;
    bool blanks, upper, zeros, mmddyyyy, yymmdd;
    uint64_t copied; /* of the body */
    uint32_t position, claim, claims;
    char st02[10];
    const char *rule, *what; /* of the latest change */
    struct buf value, part;
};

static bool says(const struct profile *p, const char *key)
{
    return strcmp(profile_word(p, "repair", key, "no"), "yes") == 0;
}

bool repair_allowed(const struct profile *p)
{
    return says(p, "trailing-blanks") || says(p, "upper-case") || says(p, "leading-zeros") ||
           profile_get(p, "repair", "dates") != NULL;
}

/* --- single values --- */

static void changed(struct mending *m, const char *rule, const char *what)
{
    m->rule = rule;
    m->what = what;
}

/* Every part of the value without blanks behind it. */
static void blanks(struct mending *m, struct buf *v)
{
    size_t to = 0;
    for (size_t i = 0; i < v->len; i++) {
        bool end = v->p[i] == m->d.comp || (m->d.rep && v->p[i] == m->d.rep);
        while (end && to && v->p[to - 1] == ' ')
            to--;
        v->p[to++] = v->p[i];
    }
    while (to && v->p[to - 1] == ' ')
        to--;
    if (to != v->len)
        changed(m, "S1-045", "blanks behind a value taken away");
    v->len = to;
}

static void upper(struct mending *m, struct buf *v)
{
    bool any = false;
    for (size_t i = 0; i < v->len; i++)
        if (v->p[i] >= 'a' && v->p[i] <= 'z') {
            v->p[i] = (char)(v->p[i] - 'a' + 'A');
            any = true;
        }
    if (any)
        changed(m, "S1-039", "small letters made capitals");
}

/* CCYYMMDD of a date in another form that was agreed; false when it is none of them, or good. */
static bool date(const struct mending *m, phi_str v, char out[9])
{
    int32_t day;
    char turned[9] = "";
    if (date_parse(v, &day))
        return false;
    if (m->yymmdd && date_parse_yymmdd(v, &day)) {
        date_ccyymmdd(day, out);
        return true;
    }
    if (!m->mmddyyyy || v.n != 8)
        return false;
    memcpy(turned, v.p + 4, 4);
    memcpy(turned + 4, v.p, 4);
    memcpy(out, turned, 9);
    return date_parse(phi_lit(turned), &day);
}

/* A date, or two with a hyphen between. */
static void dates(struct mending *m, struct buf *v, bool range)
{
    char a[9] = "", b[9] = "";
    phi_str all = buf_view(v);
    const char *dash = range && all.n ? memchr(all.p, '-', all.n) : NULL;
    phi_str first = dash ? phi_of(all.p, (size_t)(dash - all.p)) : all;
    phi_str last = dash ? phi_of(dash + 1, all.n - first.n - 1) : phi_of("", 0);
    bool x = date(m, first, a), y = dash && date(m, last, b);
    if (!x && !y)
        return;
    buf_clear(&m->part);
    buf_phi(&m->part, x ? phi_lit(a) : first);
    if (dash)
        buf_putc(&m->part, '-');
    if (dash)
        buf_phi(&m->part, y ? phi_lit(b) : last);
    buf_clear(v);
    buf_add(v, m->part.p, m->part.len);
    changed(m, "S1-041", "date written CCYYMMDD");
}

/* --- elements --- */

/* Elements that are dates by themselves (data element 373). */
static bool is_date(const struct edi_seg *s, uint32_t i)
{
    static const struct {
        char id[4];
        uint32_t el;
    } known[] = {{"BHT", 4}, {"DTM", 2}, {"BPR", 16}, {"PLB", 2}, {"BGN", 3}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].el == i && seg_is(s, known[k].id))
            return true;
    return false;
}

/* What is an address of the net stays as it is. */
static bool has_case(const struct edi_seg *s, uint32_t i)
{
    phi_str before = seg_el(s, i - 1);
    return seg_is(s, "PER") && (phi_is(before, "EM") || phi_is(before, "UR"));
}

static uint64_t place(const struct edi_seg *s, uint32_t i)
{
    return s->off + (uint64_t)(seg_el(s, i).p - (s->base + s->start));
}

static void note(struct mending *m, const struct edi_seg *s, uint32_t i)
{
    struct repaired *r = m->out;
    if (r->n == r->room) {
        r->room = r->room ? r->room * 2 : 16;
        r->list = xrealloc(r->list, r->room * sizeof *r->list);
    }
    struct verdict_repair *n = &r->list[r->n++];
    *n = (struct verdict_repair){.position = m->position,
                                 .element = (uint16_t)i,
                                 .claim = m->claim,
                                 .offset = place(s, i),
                                 .what = m->what};
    snprintf(n->rule, sizeof n->rule, "%s", m->rule);
    phi_str id = seg_el(s, 0);
    snprintf(n->segment, sizeof n->segment, "%.*s", (int)(id.n < 3 ? id.n : 3), id.p);
}

static void shift(struct repaired *r, int64_t ahead)
{
    if (r->shifts == r->shift_room) {
        r->shift_room = r->shift_room ? r->shift_room * 2 : 16;
        r->shift = xrealloc(r->shift, r->shift_room * sizeof *r->shift);
    }
    r->shift[r->shifts++] = (struct repair_shift){r->body.len, ahead};
}

/* Puts the value in place of element i. */
static void replace(struct mending *m, const struct edi_seg *s, uint32_t i)
{
    uint64_t at = place(s, i);
    note(m, s, i);
    buf_add(&m->out->body, m->body.p + m->copied, at - m->copied);
    buf_add(&m->out->body, m->value.p, m->value.len);
    m->copied = at + seg_el(s, i).n;
    shift(m->out, (int64_t)m->copied - (int64_t)m->out->body.len);
}

static void element(struct mending *m, const struct edi_seg *s, uint32_t i)
{
    phi_str v = seg_el(s, i), before = seg_el(s, i - 1);
    bool range = phi_is(before, "RD8");
    m->rule = NULL;
    buf_clear(&m->value);
    buf_phi(&m->value, v);
    if (m->blanks)
        blanks(m, &m->value);
    if (m->upper && !has_case(s, i))
        upper(m, &m->value);
    if ((m->mmddyyyy || m->yymmdd) && (range || phi_is(before, "D8") || is_date(s, i)))
        dates(m, &m->value, range);
    if (m->rule)
        replace(m, s, i);
}

/* SE02 that is ST02 but for zeros before it. */
static void trailer(struct mending *m, const struct edi_seg *s)
{
    phi_str a = phi_lit(m->st02), b = seg_el(s, 2);
    if (phi_eq(a, b) || b.n > 9)
        return;
    while (a.n > 1 && *a.p == '0')
        a = phi_of(a.p + 1, a.n - 1);
    while (b.n > 1 && *b.p == '0')
        b = phi_of(b.p + 1, b.n - 1);
    if (!b.n || !phi_eq(a, b))
        return;
    buf_clear(&m->value);
    buf_puts(&m->value, m->st02);
    changed(m, "S1-025", "zeros before the control number as in ST02");
    replace(m, s, 2);
}

static void segment(struct mending *m, const struct edi_seg *s)
{
    if (seg_is(s, "ST")) {
        phi_str st02 = seg_el(s, 2);
        snprintf(m->st02, sizeof m->st02, "%.*s", (int)(st02.n < 9 ? st02.n : 9), st02.p);
        m->position = m->claims = m->claim = 0;
    }
    m->position++;
    if (seg_is(s, "HL"))
        m->claim = 0;
    if (seg_is(s, "CLM") || seg_is(s, "CLP"))
        m->claim = ++m->claims;
    if (seg_is(s, "BIN") || seg_is(s, "BDS"))
        return; /* a payload is counted in bytes */
    if (m->zeros && seg_is(s, "SE"))
        trailer(m, s);
    for (uint32_t i = 1; i < s->n && !seg_is(s, "SE") && !seg_is(s, "ST"); i++)
        if (seg_el(s, i).n)
            element(m, s, i);
}

bool repair_body(const struct profile *p, phi_str body, struct repaired *out)
{
    struct mending m = {.out = out,
                        .body = body,
                        .blanks = says(p, "trailing-blanks"),
                        .upper = says(p, "upper-case"),
                        .zeros = says(p, "leading-zeros"),
                        .mmddyyyy = profile_says(p, "repair", "dates", phi_lit("MMDDYYYY")),
                        .yymmdd = profile_says(p, "repair", "dates", phi_lit("YYMMDD"))};
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    bool in = false;
    buf_clear(&out->body);
    out->n = out->shifts = 0;
    while (scan_next(s, &seg) == SCAN_SEG) {
        in = in || seg_is(&seg, "ST");
        m.d = *scan_delims(s);
        if (in)
            segment(&m, &seg);
        in = in && !seg_is(&seg, "SE");
    }
    scan_free(s);
    if (out->n)
        buf_add(&out->body, body.p + m.copied, body.n - m.copied);
    buf_free(&m.value);
    buf_free(&m.part);
    return out->n > 0;
}

uint64_t repair_origin(const struct repaired *r, uint64_t off)
{
    uint32_t lo = 0, hi = r->shifts;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (r->shift[mid].at <= off)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? (uint64_t)((int64_t)off + r->shift[lo - 1].ahead) : off;
}

void repair_free(struct repaired *r)
{
    buf_free(&r->body);
    free(r->list);
    free(r->shift);
    *r = (struct repaired){0};
}
