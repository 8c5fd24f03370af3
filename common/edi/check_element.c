/*
 * Elements of one segment against its guide: usage, repeats, components, characters, lengths,
 * types, dates, codes, syntax notes. An element gets one finding, the first that fits.
 */
#include "common/edi/check_int.h"
#include "common/util/date.h"
#include <emmintrin.h>

/* Where a value stands and what is asked of it. */
struct spot {
    const struct g_node *n;
    const struct g_elem *e;
    uint32_t el, comp;
};

static const char *label_of(const struct spot *p)
{
    return p->e->label ? p->e->label : "";
}

/* What only a warning is made of: empty ends and blanks, and what the guide says is noted. */
static enum severity gravity(const struct check *c, const struct spot *p, const char *rule,
                             phi_str bad)
{
    if (p->e->noted_codes && !p->e->narrowed && g_has(p->e->noted_codes, bad))
        return SEV_WARNING;
    if (strcmp(rule, "S1-044") == 0 || strcmp(rule, "S1-045") == 0)
        return SEV_WARNING;
    if (p->e->noted_short && bad.n < p->e->min && strcmp(rule, "S1-038") == 0)
        return SEV_WARNING;
    if (p->e->missing_noted && strcmp(rule, "S1-035") == 0)
        return SEV_WARNING;
    if (p->e->unwanted && strcmp(rule, "S2-001") == 0)
        return SEV_WARNING;
    if (p->n->noted || (p->el <= p->n->elems_n && p->n->elems[p->el - 1].noted))
        return SEV_WARNING;
    return c->g->noted_unused && strcmp(rule, "S2-001") == 0 ? SEV_WARNING : SEV_TRANSACTION;
}

static void fault(struct check *c, const struct spot *p, const char *rule, const char *report,
                  phi_str bad, const char *what)
{
    const char *l = label_of(p);
    char comp[8] = "";
    if (p->comp) {
        comp[0] = '-';
        comp[1] = (char)('0' + p->comp / 10);
        comp[2] = (char)('0' + p->comp % 10);
        if (p->comp < 10) {
            comp[1] = comp[2];
            comp[2] = 0;
        }
    }
    check_find_el(c, rule, gravity(c, p, rule, bad), report, p->el, p->comp, p->e->de, bad,
                  "%s%02u%s%s%s%s %s", p->n->id, p->el, comp, *l ? " (" : "", l, *l ? ")" : "",
                  what);
}

/* --- characters --- */

/* What a segment holds of the delimiters and of bytes outside of the extended set. The basic set
 * is looked at byte by byte, because few agree on it. Control bytes and 0x7f on are never good. */
static uint8_t bytes_of(const char *p, size_t n, const struct edi_delims *d)
{
    const __m128i comp = _mm_set1_epi8(d->comp), rep = _mm_set1_epi8(d->rep),
                  low = _mm_set1_epi8(' '), high = _mm_set1_epi8(0x7f);
    __m128i has_comp = _mm_setzero_si128(), has_rep = has_comp, bad = has_comp;
    char tail[16];
    for (size_t i = 0; i < n; i += 16) {
        __m128i v;
        if (n - i >= 16) {
            v = _mm_loadu_si128((const __m128i *)(p + i));
        } else if (n >= 16) { /* the last sixteen: some are looked at twice */
            v = _mm_loadu_si128((const __m128i *)(p + n - 16));
        } else {
            memset(tail, 'A', sizeof tail);
            memcpy(tail, p, n);
            v = _mm_loadu_si128((const __m128i *)tail);
        }
        has_comp = _mm_or_si128(has_comp, _mm_cmpeq_epi8(v, comp));
        has_rep = _mm_or_si128(has_rep, _mm_cmpeq_epi8(v, rep));
        /* Signed: bytes from 0x80 on are below the blank. */
        bad = _mm_or_si128(bad, _mm_or_si128(_mm_cmplt_epi8(v, low), _mm_cmpeq_epi8(v, high)));
    }
    return (uint8_t)((_mm_movemask_epi8(has_comp) ? BYTES_COMP : 0) |
                     (_mm_movemask_epi8(has_rep) && d->rep ? BYTES_REP : 0) |
                     (_mm_movemask_epi8(bad) ? BYTES_BAD : 0));
}

static bool basic(unsigned char b)
{
    return (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
           (b && strchr(" !\"&'()*+,-./:;?=", b));
}

static bool good_bytes(const struct check *c, phi_str v)
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char b = (unsigned char)v.p[i];
        if (b < ' ' || b >= 0x7f || (!c->o.extended_charset && !basic(b)))
            return false;
    }
    return true;
}

/* --- types --- */

/* N: digits with an optional minus. R: with at most one point as well. Gives the digits, which
 * are the length that counts, and those behind the point. */
static bool number_form(phi_str v, bool point, size_t *count, size_t *decimals)
{
    size_t i = v.n && v.p[0] == '-', k = 0;
    bool seen = false;
    *decimals = 0;
    for (; i < v.n; i++) {
        if ((unsigned char)(v.p[i] - '0') <= 9) {
            k++;
            *decimals += seen;
        } else if (v.p[i] == '.' && point && !seen) {
            seen = true;
        } else {
            return false;
        }
    }
    *count = k;
    return k > 0;
}

static bool range_of(phi_str v, size_t half)
{
    int32_t a, b;
    if (v.n != 2 * half + 1 || v.p[half] != '-')
        return false;
    phi_str from = phi_of(v.p, half), to = phi_of(v.p + half + 1, half);
    return half == 8 ? date_parse(from, &a) && date_parse(to, &b) && a <= b
                     : date_parse_yymmdd(from, &a) && date_parse_yymmdd(to, &b) && a <= b;
}

static bool date_time(phi_str v, size_t time)
{
    int32_t day;
    return v.n == 8 + time && date_parse(phi_of(v.p, 8), &day) && time_valid(phi_of(v.p + 8, time));
}

bool check_date_form(phi_str form, phi_str v, bool *time)
{
    int32_t day;
    *time = false;
    if (phi_is(form, "D8"))
        return date_parse(v, &day);
    if (phi_is(form, "RD8"))
        return range_of(v, 8);
    if (phi_is(form, "DT"))
        return date_time(v, 4);
    if (phi_is(form, "D6"))
        return date_parse_yymmdd(v, &day);
    if (phi_is(form, "RD6"))
        return range_of(v, 6);
    if (phi_is(form, "RDT") && v.n == 25)
        return v.p[12] == '-' && date_time(phi_of(v.p, 12), 4) &&
               date_time(phi_of(v.p + 13, 12), 4);
    if (phi_is(form, "TM")) {
        *time = true;
        return v.n == 4 && time_valid(v);
    }
    return true;
}

/* A claim number that the standard would take but the guide does not has a rule of its own. */
static const char *rule_of_length(const struct check *c, const struct g_elem *e, size_t n)
{
    const struct g_dict *d = e->de == 1028 ? g_dict_find(c->g->set, e->de) : NULL;
    return d && n <= d->max ? "S2-016" : "S1-038";
}

static bool too_long(struct check *c, const struct spot *p, phi_str v, size_t n)
{
    if (n > p->e->max && p->e->type != TYPE_B) /* a document is as long as it is */
        fault(c, p, rule_of_length(c, p->e, n), "IK403:5", v, "is longer than allowed");
    else if (n < p->e->min)
        fault(c, p, "S1-038", "IK403:4", v, "is shorter than allowed");
    else
        return false;
    return true;
}

/* An amount has at most two decimals. One of a claim has at most ten digits and is negative in CAS
 * only; what others pay or add up may be more. */
static void money(struct check *c, const struct spot *p, phi_str v, size_t n, size_t decimals)
{
    bool claim = strcmp(c->g->transaction, "837") == 0;
    if (decimals > 2)
        fault(c, p, "S2-017", "IK403:I12", v, "is an amount with more than two decimals");
    else if (claim && n > 10)
        fault(c, p, "S2-017", "IK403:5", v, "is an amount of more than ten digits");
    else if (claim && v.p[0] == '-' && strcmp(p->n->id, "CAS") != 0)
        fault(c, p, "S2-017", "IK403:I12", v, "is negative, which only an adjustment may be");
}

static void number(struct check *c, const struct spot *p, phi_str v)
{
    if (p->e->de == 96)
        return; /* SE01: check_se() says what is wrong with the count */
    size_t n, decimals;
    bool real = p->e->type == TYPE_R;
    if (!number_form(v, real, &n, &decimals))
        fault(c, p, "S1-040", "IK403:6", v,
              real ? "is no number: digits, one point and a leading minus are all that may stand "
                     "there"
                   : "is no whole number");
    else if (!too_long(c, p, v, n) && p->e->money)
        money(c, p, v, n, decimals);
}

/* The values that may stand here, as far as they fit a sentence. */
static const char *allowed(struct check *c, const struct g_codes *k)
{
    buf_clear(&c->text);
    for (uint32_t i = 0; i < k->n && i < 12; i++) {
        buf_puts(&c->text, i ? " " : "");
        buf_phi(&c->text, k->said[i]);
    }
    if (k->n > 12)
        buf_puts(&c->text, " ...");
    return buf_cstr(&c->text);
}

static void code(struct check *c, const struct spot *p, phi_str v)
{
    if (c->guessing && p->el != p->n->qual.element)
        return; /* the list of another kind of this segment, perhaps */
    bool known = p->e->narrowed || g_knows_code(c->g->set, p->e->de, v);
    char what[200] = "";
    const char *list = allowed(c, p->e->codes);
    strcat(what, known ? "has a value that is not allowed here" : "has a value that nobody knows");
    if (!c->guessing) {
        strcat(what, "; allowed: ");
        strncat(what, list, sizeof what - strlen(what) - 1);
    }
    fault(c, p, known ? "S2-003" : "S1-042", known ? "IK403:I6" : "IK403:7", v, what);
}

static void text(struct check *c, const struct spot *p, phi_str v)
{
    if (too_long(c, p, v, v.n))
        return;
    if (p->e->codes && !g_has(p->e->codes, v)) {
        code(c, p, v);
        return;
    }
    if (p->e->de == 1251 && c->date_form.n) {
        bool time;
        if (!check_date_form(c->date_form, v, &time)) {
            fault(c, p, "S1-041", time ? "IK403:9" : "IK403:8", v,
                  time ? "is no time of the form that the qualifier says"
                       : "is no date of the form that the qualifier says");
            return;
        }
    } else if (p->e->de == 1250) {
        c->date_form = v;
    }
    if (p->e->type != TYPE_B && (v.p[0] == ' ' || v.p[v.n - 1] == ' '))
        fault(c, p, "S1-045", "IK403:6", v, "begins or ends with a blank");
}

static void date(struct check *c, const struct spot *p, phi_str v)
{
    int32_t day;
    if (v.n == 8 ? !date_parse(v, &day) : v.n != 6 || p->e->min > 6 || !date_parse_yymmdd(v, &day))
        fault(c, p, "S1-041", "IK403:8", v,
              p->e->max == 6 ? "is no date of the calendar (YYMMDD)"
                             : "is no date of the calendar (CCYYMMDD)");
}

static void clock(struct check *c, const struct spot *p, phi_str v)
{
    if (!time_valid(v) || v.n > p->e->max)
        fault(c, p, "S1-041", "IK403:9", v, "is no time (HHMM)");
}

static void simple(struct check *c, const struct spot *p, phi_str v)
{
    if ((c->bytes & BYTES_BAD) && p->e->type != TYPE_B && !good_bytes(c, v)) {
        fault(c, p, "S1-039", "IK403:6", v, "has a character that is not agreed");
        return;
    }
    switch (p->e->type) {
    case TYPE_N:
    case TYPE_R:
        number(c, p, v);
        break;
    case TYPE_DT:
        date(c, p, v);
        break;
    case TYPE_TM:
        clock(c, p, v);
        break;
    case TYPE_NONE:
        break;
    default:
        text(c, p, v);
    }
}

/* --- at a glance --- */

/* Digits with at most one point and two decimals, within the lengths, ten digits at most. */
static inline bool fast_number(const struct g_elem *e, phi_str v)
{
    size_t i = 0, digits, point = v.n;
    if (v.n > 11)
        return false;
    for (; i < v.n; i++) {
        if ((unsigned char)(v.p[i] - '0') <= 9)
            continue;
        if (v.p[i] != '.' || point != v.n || e->type == TYPE_N)
            return false;
        point = i;
    }
    digits = v.n - (point != v.n);
    return digits >= e->min && digits <= e->max && digits && digits <= 10 && v.n - point <= 3;
}

/* True when the value is plainly good. All rules are in the slow path; this only spares it. */
static inline bool fast(const struct check *c, const struct g_elem *e, phi_str v)
{
    if (c->bytes && (c->bytes != BYTES_COMP || (e->fast && memchr(v.p, c->d.comp, v.n))))
        return false;
    switch ((enum guide_fast)e->fast) {
    case FAST_TEXT:
        return v.n >= e->min && v.n <= e->max && v.p[0] != ' ' && v.p[v.n - 1] != ' ';
    case FAST_CODE:
        return v.n >= e->min && v.n <= e->max && v.n <= 8 && g_has(e->codes, v) && v.p[0] != ' ' &&
               v.p[v.n - 1] != ' ';
    case FAST_NUMBER:
        return fast_number(e, v);
    case FAST_NOT:
        break;
    }
    return false;
}

/* --- syntax notes --- */

/* The element to name when a note does not hold. */
static uint32_t broken(const struct g_note *k, uint64_t present)
{
    uint32_t first_missing = 0, second_present = 0, count = 0;
    for (uint32_t i = 0; i < k->n; i++) {
        bool is = present >> k->el[i] & 1;
        count += is;
        if (!is && !first_missing && (i || k->kind == 'P' || k->kind == 'R'))
            first_missing = k->el[i];
        if (is && count == 2)
            second_present = k->el[i];
    }
    return k->kind == 'E' ? second_present : first_missing;
}

static void notes(struct check *c, const struct g_node *n, const struct g_elem *e, uint32_t el,
                  uint32_t elems, const struct g_note *k, uint32_t many, uint64_t present,
                  uint64_t *faulted)
{
    for (uint32_t i = 0; i < many; i++) {
        if (check_note_holds(&k[i], present) || (*faulted & k[i].bits))
            continue;
        uint32_t at = broken(&k[i], present);
        *faulted |= k[i].bits;
        struct g_elem none = {0};
        const struct g_elem *one = at <= elems ? &e[at - 1] : &none;
        struct spot p = {n, one, el ? el : at, el ? at : 0};
        char name[24];
        size_t w = 0;
        name[w++] = k[i].kind;
        for (uint32_t m = 0; m < k[i].n; m++) {
            name[w++] = (char)('0' + k[i].el[m] / 10);
            name[w++] = (char)('0' + k[i].el[m] % 10);
        }
        name[w] = 0;
        char what[120] = "breaks the syntax note ";
        strcat(what, name);
        strcat(what, k[i].kind == 'E'   ? ": only one of these may be sent"
                     : k[i].kind == 'R' ? ": one of these must be sent"
                     : k[i].kind == 'P' ? ": these are sent together or not at all"
                                        : ": it must be sent with the first");
        fault(c, &p, "S1-043", k[i].kind == 'E' ? "IK403:10" : "IK403:2", phi_of("", 0), what);
    }
}

/* --- composites, repeats --- */

static bool wanted(const struct g_elem *e)
{
    return e->usage == 'R' || e->usage == 'M';
}

static bool blank(phi_str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != ' ')
            return false;
    return true;
}

/* Of an element that may not be sent: who says so. */
static const char *unused(const struct check *c, const struct spot *p)
{
    const struct guide *b = c->g->base;
    const struct g_node *n = b ? &b->node[p->n - c->g->node] : p->n;
    const struct g_elem *e = &n->elems[p->el - 1];
    if (p->comp)
        e = &e->comp[p->comp - 1];
    return e->usage == 'N' ? "is not used by the guide" : "is not used by the partner's profile";
}

/* It is good in itself (nothing was found since `before`), but a partner would rather not have it. */
static void unwanted(struct check *c, const struct spot *p, phi_str v, uint32_t before)
{
    if (p->e->unwanted && c->order == before)
        fault(c, p, "S2-001", "IK403:I10", v, "should not be sent");
}

static void component(struct check *c, const struct spot *p, phi_str v, uint64_t *present)
{
    uint32_t before = c->order;
    if (!v.n || (v.p[0] == ' ' && blank(v) && wanted(p->e))) {
        if (wanted(p->e))
            fault(c, p, "S1-035", "IK403:1", v, "must be sent");
        return;
    }
    *present |= 1ull << p->comp;
    if (!c->bytes || c->bytes == BYTES_COMP) {
        /* The component delimiter is not in it: it was cut there. */
        uint8_t bytes = c->bytes;
        c->bytes = 0;
        bool good = fast(c, p->e, v);
        c->bytes = bytes;
        if (good)
            return;
    }
    if (p->e->usage == 'N')
        fault(c, p, "S2-001", "IK403:I10", v, unused(c, p));
    else
        simple(c, p, v);
    unwanted(c, p, v, before);
}

static void composite(struct check *c, const struct spot *at, phi_str v)
{
    const struct g_elem *e = at->e;
    const char *p = v.p, *end = v.p + v.n;
    uint64_t present = 0, faulted = 0, outer = c->faulted;
    uint32_t i = 0;
    c->faulted = 0;
    for (bool more = true; more && i < e->comps; i++) {
        const char *stop = memchr(p, c->d.comp, (size_t)(end - p));
        more = stop != NULL;
        if (!stop)
            stop = end;
        struct spot sub = {at->n, &e->comp[i], at->el, i + 1};
        uint32_t before = c->order;
        component(c, &sub, phi_of(p, (size_t)(stop - p)), &present);
        if (c->order != before)
            faulted |= 1ull << (i + 1);
        p = more ? stop + 1 : end + 1;
    }
    if (p <= end) {
        struct spot sub = {at->n, e, at->el, e->comps + 1};
        bool empty = true;
        for (const char *q = p; q < end; q++)
            empty &= *q == c->d.comp;
        if (empty)
            fault(c, &sub, "S1-044", "IK403:13", phi_of("", 0), "ends in empty components");
        else
            fault(c, &sub, "S1-037", "IK403:13", v, "has more components than there are");
    } else if (v.n && end[-1] == c->d.comp && !(faulted >> i & 1)) {
        struct spot sub = {at->n, e, at->el, 0};
        fault(c, &sub, "S1-044", "IK403:13", phi_of("", 0), "ends in empty components");
    }
    /* One value that is no first component: perhaps parted by something else, and one fault. */
    bool torn = i == 1 && (faulted & 2);
    for (; i < e->comps && !torn; i++) {
        struct spot sub = {at->n, &e->comp[i], at->el, i + 1};
        if (wanted(sub.e)) {
            fault(c, &sub, "S1-035", "IK403:1", phi_of("", 0), "must be sent");
            faulted |= ~0ull << (i + 1); /* it ends too early: one fault */
            break;
        }
    }
    if (e->composite && e->composite->notes_n)
        notes(c, at->n, e->comp, at->el, e->comps, e->composite->notes, e->composite->notes_n,
              present, &faulted);
    c->faulted = outer | (c->faulted ? 1ull << at->el : 0);
}

static void one(struct check *c, const struct spot *p, phi_str v)
{
    if (p->e->comps)
        composite(c, p, v);
    else if ((c->bytes & BYTES_COMP) && p->e->type != TYPE_B && memchr(v.p, c->d.comp, v.n))
        fault(c, p, "S1-037", "IK403:13", v, "has components but is a simple element");
    else
        simple(c, p, v);
}

static void repeated(struct check *c, const struct spot *p, phi_str v)
{
    const char *from = v.p, *end = v.p + v.n;
    if (p->e->repeat == 1) {
        fault(c, p, "S1-037", "IK403:12", v, "is repeated and may not be");
        return;
    }
    c->rep = 1;
    for (;; c->rep++) {
        const char *stop = memchr(from, c->d.rep, (size_t)(end - from));
        if (p->e->repeat && c->rep > p->e->repeat) {
            fault(c, p, "S1-037", "IK403:12", v, "is repeated more often than allowed");
            break;
        }
        phi_str r = phi_of(from, (size_t)((stop ? stop : end) - from));
        if (r.n)
            one(c, p, r);
        if (!stop || c->rep == UINT16_MAX)
            break;
        from = stop + 1;
    }
    c->rep = 0;
}

static void element(struct check *c, const struct g_node *n, uint32_t i, phi_str v)
{
    struct spot p = {n, &n->elems[i - 1], i, 0};
    uint32_t before = c->order;
    if (v.p[0] == ' ' && wanted(p.e) && blank(v))
        fault(c, &p, "S1-035", "IK403:1", v, "must be sent, and holds blanks only");
    else if (p.e->usage == 'N')
        fault(c, &p, "S2-001", "IK403:I10", v, unused(c, &p));
    else if ((c->bytes & BYTES_REP) && p.e->type != TYPE_B && memchr(v.p, c->d.rep, v.n))
        repeated(c, &p, v);
    else
        one(c, &p, v);
    unwanted(c, &p, v, before);
}

/* Elements behind the last that the guide knows, and empty ones at the end. */
static void behind(struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    struct g_elem none = {0};
    struct spot p = {n, &none, n->elems_n + 1u, 0};
    for (uint32_t i = n->elems_n + 1u; i < s->n; i++) {
        phi_str v = seg_el(s, i);
        if (!v.n)
            continue;
        p.el = i;
        fault(c, &p, "S1-036", "IK403:3", v, "does not exist: the segment has fewer elements");
        return;
    }
    p.el = s->n - 1;
    if (s->n > 1 && !seg_el(s, s->n - 1).n && !(c->faulted >> (p.el & 63) & 1))
        fault(c, &p, "S1-044", "IK403:3", phi_of("", 0),
              "is empty, and so is all behind it: "
              "separators at the end");
}

/* The element in which another segment begins, because the terminator between them is missing: it
 * ends in that one's id. 0 when there is none. */
static uint32_t run_together(const struct check *c, const struct edi_seg *s)
{
    if (!seg_el(s, s->n - 1).n)
        return 0; /* separators at the end, and nothing behind them */
    for (uint32_t i = 1; i + 1 < s->n; i++) {
        phi_str v = seg_el(s, i);
        for (size_t k = 2; k <= 3; k++)
            if (v.n > k && g_sid(c->g, phi_of(v.p + v.n - k, k)) >= 0)
                return i;
    }
    return 0;
}

/* Two segments in one: what the first has too much and what is missing behind it is one fault. */
static bool terminator_missing(struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    struct g_elem none = {0};
    struct spot p = {n, &none, n->elems_n + 1u, 0};
    if (!run_together(c, s))
        return false;
    fault(c, &p, "S1-036", "IK403:3", phi_of("", 0),
          "does not exist: the segment has fewer elements. Perhaps its terminator is missing, and "
          "the next segment follows in it");
    c->stray = c->pos;
    c->stray_at = c->at;
    c->stray_stamp = c->stamp;
    c->run_together++;
    return true;
}

void check_elements(struct check *c, const struct edi_seg *s, const struct g_node *n)
{
    phi_str all = seg_bytes(s);
    uint64_t present = 0;
    uint32_t most = s->n - 1 < n->elems_n ? s->n - 1 : n->elems_n;
    uint32_t from = s->n ? s->at[0] + 1 : 0;
    c->faulted = 0;
    c->rep = 0;
    c->date_form.n = 0;
    if (s->n - 1 > n->elems_n && terminator_missing(c, s, n))
        return;
    c->bytes = bytes_of(all.p, all.n, &c->d);
    if (!c->o.extended_charset)
        c->bytes |= BYTES_BAD;
    for (uint32_t i = 1; i <= most; i++) {
        phi_str v = phi_of(s->base + from, s->at[i] - from);
        from = s->at[i] + 1;
        if (v.n) {
            present |= 1ull << i;
            if (!fast(c, &n->elems[i - 1], v))
                element(c, n, i, v);
        } else if (wanted(&n->elems[i - 1])) {
            struct spot p = {n, &n->elems[i - 1], i, 0};
            fault(c, &p, "S1-035", "IK403:1", v, "must be sent");
        }
    }
    bool cut = false;
    for (uint32_t i = most + 1; i <= n->last_wanted && !cut; i++)
        if ((cut = wanted(&n->elems[i - 1]))) {
            struct spot p = {n, &n->elems[i - 1], i, 0};
            fault(c, &p, "S1-035", "IK403:1", phi_of("", 0),
                  "must be sent; the segment ends before it");
        }
    if (s->n - 1 > n->elems_n || (s->n > 1 && s->at[s->n - 1] == s->at[s->n - 2] + 1))
        behind(c, s, n);
    if (n->notes_n && !cut) {
        uint64_t faulted = c->faulted;
        notes(c, n, n->elems, 0, n->elems_n, n->notes, n->notes_n, present, &faulted);
    }
}
