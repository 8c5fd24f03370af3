#include "common/edi/scan_state.h"

/* Where the 16 elements of an ISA end; the widths are those of the standard (S1-003). */
static const uint8_t ISA_AT[17] = {3,  6,  17, 20, 31, 34,  50,  53, 69,
                                   76, 81, 83, 89, 99, 101, 103, 105};

enum scan_event scan_fail(struct scan *s, uint64_t off, const char *rule, const char *report,
                          const char *text)
{
    s->fault = (struct scan_fault){
        .off = off, .rule = rule, .report = report, .text = text, .isa = {"", 0}, .segment = ""};
    s->begun = true;
    return SCAN_FAULT;
}

/* Separators that stand in their places at p, from the first on: 16 when all do. */
static int isa_places(const char *p)
{
    int n = 0;
    while (n < 16 && p[ISA_AT[n]] == p[3])
        n++;
    return n;
}

static bool isa_plausible(const char *p)
{
    return memcmp(p, "ISA", 3) == 0 && isa_places(p) == 16;
}

bool isa_here(struct scan *s)
{
    return window_need(s, ISA_LEN) && isa_plausible(s->base + s->pos);
}

bool isa_inside(const struct scan *s, const uint32_t *at, uint32_t n, uint32_t *from)
{
    for (uint32_t i = 0; i + 16 < n; i++) {
        uint32_t k = 1, start = at[i] - 3;
        if (at[i] < s->pos + 3 || memcmp(s->base + start, "ISA", 3) != 0)
            continue;
        while (k < 16 && at[i + k] - start == ISA_AT[k])
            k++;
        *from = start;
        if (k == 16 && start > s->pos)
            return true;
    }
    return false;
}

/* Moves pos to the next plausible ISA, or to the end; false then. */
static bool seek_isa(struct scan *s)
{
    for (;;) {
        const char *p = s->base + s->pos;
        const char *hit = memmem(p, s->avail - s->pos, "ISA", 3);
        if (hit) {
            s->pos = (uint32_t)(hit - s->base);
            if (isa_here(s))
                return true;
            s->pos++;
            continue;
        }
        if (s->avail - s->pos > 2)
            s->pos = s->avail - 2;
        if (!window_more(s)) {
            s->pos = s->avail;
            return false;
        }
    }
}

void scan_resync(struct scan *s, uint32_t from)
{
    s->inside = false;
    s->pos = from;
    seek_isa(s);
}

/* DOMAIN S1-002: delimiters are no letters, digits or blanks. Line ends cannot part elements, as
 * those behind a terminator are passed over. */
static bool can_delimit(char c)
{
    return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             c == ' ');
}

/* ISA11 became the repetition separator with 00402; before it named a standard. */
static char repetition_of(const char *isa)
{
    bool has = memcmp(isa + 84, "00402", 5) >= 0 && isa[82] != 'U';
    return has ? isa[82] : 0;
}

/* Says which delimiter is wrong, and the element that it stands in; NULL when none is. */
static const char *delims_wrong(const struct edi_delims *d, const char **text, uint8_t *element)
{
    *element = 0;
    *text = "the element separator (ISA, byte 4) is a letter, a digit, a blank or a line end";
    if (!can_delimit(d->elem) || d->elem == '\n' || d->elem == '\r')
        return "TA1:026";
    *text =
        "the segment terminator (ISA, byte 106) is a letter, a digit or a blank, or is used for "
        "something else too";
    if (!can_delimit(d->term) || d->term == d->elem)
        return "TA1:004";
    *element = 16;
    *text = "the component separator (ISA16) is a letter, a digit or a blank, or is used for "
            "something else too";
    if (!can_delimit(d->comp) || d->comp == d->elem || d->comp == d->term)
        return "TA1:027";
    *element = 11;
    *text = "the repetition separator (ISA11) is a letter, a digit or a blank, or is used for "
            "something else too";
    if (d->rep &&
        (!can_delimit(d->rep) || d->rep == d->elem || d->rep == d->term || d->rep == d->comp))
        return "TA1:026";
    return NULL;
}

/* The bytes must stay where they are until the next call, which then looks for an ISA. */
static void isa_ill_made(struct scan *s, uint32_t len)
{
    s->fault.segment = "ISA";
    s->fault.isa = phi_of(s->base + s->pos, len);
    s->fault.at = s->special;
    s->pos += len;
    s->lost = true;
}

/* Bytes of an ISA whose elements have other widths than they should, with its terminator: so much
 * as stands before a GS, a TA1 or an IEA. 0 when it is none. Puts the ends of its elements. */
static uint32_t isa_of_other_widths(struct scan *s)
{
    enum { MOST = 300 };
    window_need(s, MOST);
    const char *p = s->base + s->pos;
    uint32_t n = 0, left = s->avail - s->pos < MOST ? s->avail - s->pos : MOST, i = 3;
    if (left < 4 || !can_delimit(p[3]))
        return 0;
    for (; i < left && n < 16; i++)
        if (p[i] == p[3])
            s->special[n++] = i;
    uint32_t end = i + 1, next = end + 1; /* one byte, ISA16, then the terminator */
    if (n < 16 || next + 4 > left || !can_delimit(p[end]) || p[end] == p[3])
        return 0;
    s->special[16] = end;
    while (next + 4 < left && (p[next] == '\n' || p[next] == '\r'))
        next++;
    bool goes_on = (memcmp(p + next, "GS", 2) == 0 && p[next + 2] == p[3]) ||
                   ((memcmp(p + next, "TA1", 3) == 0 || memcmp(p + next, "IEA", 3) == 0) &&
                    p[next + 3] == p[3]);
    return goes_on ? end + 1 : 0;
}

static enum scan_event isa_misplaced(struct scan *s)
{
    uint32_t len = isa_of_other_widths(s);
    const char *p = s->base + s->pos;
    size_t n = 0, left = s->avail - s->pos, i = 3;
    for (; i < left && n < 16; i++)
        n += p[i] == p[3];
    bool length = n < 16 || i != 104;
    enum scan_event ev = scan_fail(
        s, s->base_off + s->pos, length ? "S1-001" : "S1-003", "TA1:022",
        length ? "the ISA is not 106 bytes long with its terminator; passed over to the next ISA"
               : "an ISA element does not have its fixed width; passed over to the next ISA");
    s->fault.segment = "ISA";
    if (len)
        isa_ill_made(s, len);
    else
        scan_resync(s, s->pos + 3);
    return ev;
}

static enum scan_event isa_ill_delimited(struct scan *s, const char *report, const char *text,
                                         uint8_t element)
{
    enum scan_event ev = scan_fail(s, s->base_off + s->pos, "S1-002", report, text);
    s->fault.element = element;
    if (element)
        s->fault.off += ISA_AT[element - 1] + 1;
    for (int i = 0; i < 17; i++)
        s->special[i] = ISA_AT[i];
    isa_ill_made(s, ISA_LEN);
    return ev;
}

static enum scan_event open_isa(struct scan *s, struct edi_seg *seg)
{
    if (!isa_here(s))
        return isa_misplaced(s);
    const char *p = s->base + s->pos, *text, *report;
    uint8_t element;
    struct edi_delims d = {p[3], p[104], repetition_of(p), p[105]};
    if ((report = delims_wrong(&d, &text, &element)))
        return isa_ill_delimited(s, report, text, element);
    uint32_t start = s->pos;
    bool same = d.elem == s->d.elem && d.term == s->d.term;
    s->d = d;
    s->indented = 0;
    for (int i = 0; i < 17; i++)
        s->special[i] = start + ISA_AT[i];
    *seg = (struct edi_seg){s->base, s->special, start, 17, s->base_off + start};
    window_skip(s, start + ISA_LEN);
    if (!same)
        window_reindex(s);
    s->inside = s->begun = true;
    return SCAN_SEG;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Behind an IEA a Ctrl-Z is blank too: the end-of-file mark of DOS, which old systems still write. */
static bool skip_blanks(struct scan *s)
{
    while (window_need(s, 1)) {
        if (!is_blank(s->base[s->pos]) && !(s->begun && s->base[s->pos] == 0x1a))
            return true;
        s->pos++;
    }
    return false;
}

static enum scan_event junk(struct scan *s)
{
    bool first = !s->begun;
    uint64_t off = s->base_off + s->pos;
    bool found = seek_isa(s);
    if (first && !found)
        return scan_fail(s, off, "S1-001", "TA1:022",
                         "no ISA anywhere: this is no X12 interchange");
    if (first)
        return scan_fail(s, off, "S1-001", "TA1:022",
                         "bytes before the first ISA that belong to no interchange; passed over");
    return scan_fail(s, off, "S1-014", "TA1:023",
                     "bytes behind an IEA that belong to no interchange; passed over");
}

static enum scan_event at_end(struct scan *s)
{
    if (s->error) {
        s->error = 0;
        return scan_fail(s, s->base_off + s->pos, "S1-014", "TA1:023",
                         "the input cannot be read on");
    }
    if (s->begun)
        return SCAN_END;
    return scan_fail(s, s->base_off + s->pos, "S1-001", "TA1:022",
                     "no ISA: the input is empty or blank");
}

enum scan_event scan_outside(struct scan *s, struct edi_seg *seg)
{
    if (s->lost) {
        s->lost = false;
        scan_resync(s, s->pos);
    }
    if (s->base_off == 0 && s->pos == 0 && window_need(s, 3) &&
        memcmp(s->base, "\xef\xbb\xbf", 3) == 0)
        s->pos = 3;
    if (!skip_blanks(s))
        return at_end(s);
    if (window_need(s, 3) && memcmp(s->base + s->pos, "ISA", 3) == 0)
        return open_isa(s, seg);
    return junk(s);
}
