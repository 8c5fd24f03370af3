/* Pairing the stores to a segment in vector registers makes whoever reads it at once wait. */
#ifndef __clang__
#pragma GCC optimize("no-tree-slp-vectorize")
#endif
#include "common/edi/scan_state.h"
#include "common/util/log.h"
#include <stdlib.h>

phi_str edi_part(phi_str el, char delim, uint32_t c)
{
    const char *p = el.p, *end = el.p + el.n;
    if (!delim)
        return c == 1 ? el : phi_of(end, 0);
    for (;;) {
        const char *cut = p < end ? memchr(p, delim, (size_t)(end - p)) : NULL;
        if (c <= 1)
            return c ? phi_of(p, (size_t)((cut ? cut : end) - p)) : phi_of(end, 0);
        if (!cut)
            return phi_of(end, 0);
        p = cut + 1;
        c--;
    }
}

uint32_t edi_parts(phi_str el, char delim)
{
    uint32_t n = 1;
    for (size_t i = 0; delim && i < el.n; i++)
        n += el.p[i] == delim;
    return n;
}

static struct scan *scan_new(int fd)
{
    struct scan *s = xcalloc(1, sizeof *s);
    s->fd = fd;
    s->kernel = scan_kernel_best();
    s->list_cap = SCAN_BLOCK + 64;
    s->list.at = xrealloc(NULL, s->list_cap * sizeof *s->list.at);
    s->list.ends = xrealloc(NULL, s->list_cap * sizeof *s->list.ends);
    return s;
}

struct scan *scan_memory(const char *p, size_t n)
{
    struct scan *s = scan_new(-1);
    s->base = p ? p : "";
    s->mem_n = n;
    s->avail = n < SCAN_PAYLOAD_MAX ? (uint32_t)n : SCAN_PAYLOAD_MAX;
    return s;
}

struct scan *scan_fragment(const char *p, size_t n)
{
    struct scan *s = scan_memory(p, n);
    s->fragment = true;
    return s;
}

struct scan *scan_fd(int fd, size_t window)
{
    struct scan *s = scan_new(fd);
    s->win_cap = window == 0 ? SCAN_WINDOW : window < SCAN_WINDOW_MIN ? SCAN_WINDOW_MIN : window;
    if (s->win_cap > SCAN_PAYLOAD_MAX)
        s->win_cap = SCAN_PAYLOAD_MAX;
    s->base = s->win = xrealloc(NULL, s->win_cap);
    return s;
}

void scan_free(struct scan *s)
{
    if (!s)
        return;
    free(s->list.at);
    free(s->list.ends);
    free(s->win);
    free(s);
}

const struct edi_delims *scan_delims(const struct scan *s)
{
    return &s->d;
}

const struct scan_fault *scan_fault(const struct scan *s)
{
    return &s->fault;
}

uint64_t scan_indented(const struct scan *s)
{
    return s->indented;
}

uint64_t scan_offset(const struct scan *s)
{
    return s->base_off + s->pos;
}

/* The input ended inside an interchange, between two segments. */
static enum scan_event ended(struct scan *s)
{
    s->inside = false;
    if (s->fragment && !s->error)
        return SCAN_END;
    s->error = 0;
    enum scan_event ev = scan_fail(s, s->base_off + s->pos, "S1-014", "TA1:023",
                                   "the input ends inside an interchange: no IEA");
    s->fault.segment = "IEA";
    return ev;
}

/* No terminator comes. */
static enum scan_event torn(struct scan *s)
{
    bool end = s->indexed == s->avail && s->avail - s->pos <= SCAN_SEGMENT_MAX;
    s->error = 0;
    enum scan_event ev =
        scan_fail(s, s->base_off + s->pos, "S1-014", "TA1:023",
                  end ? "the input ends inside a segment: no terminator"
                      : "no segment terminator within 16 MB; passed over to the next ISA");
    scan_resync(s, s->pos + 1);
    return ev;
}

static bool is_newline(char c)
{
    return c == '\n' || c == '\r';
}

/* A blank or tab before a segment, which delimits nothing. */
static bool indents(const struct scan *s, char c)
{
    return c == ' ' || (c == '\t' && c != s->d.elem && c != s->d.comp && c != s->d.term);
}

/* Passes over CR and LF, and blanks behind them; a line end that is the terminator itself (an empty
 * line) has an entry in the index, which goes with it. False at the end of input. */
static bool skip_newlines(struct scan *s)
{
    bool line = s->pos && is_newline(s->base[s->pos - 1]);
    for (;;) {
        if (s->pos == s->avail && !window_more(s))
            return false;
        char c = s->base[s->pos];
        if (line && indents(s, c)) {
            s->indented = s->indented ? s->indented : s->base_off + s->pos;
            s->pos++;
            continue;
        }
        if (!is_newline(c))
            return true;
        line = true;
        if (c == s->d.term && s->indexed <= s->pos)
            window_skip(s, s->pos + 1);
        else if (c == s->d.term)
            s->next++, s->next_end++, s->pos++;
        else
            s->pos++;
    }
}

/* Reads the digits of p[0..n); false unless it is a number up to SCAN_PAYLOAD_MAX. */
static bool payload_length(phi_str digits, uint32_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9' || v > SCAN_PAYLOAD_MAX)
            return false;
        v = v * 10 + (uint64_t)(digits.p[i] - '0');
    }
    *out = (uint32_t)v;
    return digits.n > 0 && v <= SCAN_PAYLOAD_MAX;
}

static enum scan_event payload_fault(struct scan *s, const char *text)
{
    enum scan_event ev = scan_fail(s, s->base_off + s->pos, "S1-014", "TA1:024", text);
    scan_resync(s, s->pos + 3);
    return ev;
}

/* Length of the head of a BIN or BDS up to and with the separator before its payload, with the
 * separators' places from pos on in s->special. 0 when there is no such head. */
static uint32_t payload_head(struct scan *s, uint32_t separators)
{
    uint32_t i = 0, k = 0;
    for (; k < separators && i < 64 && window_need(s, i + 1); i++) {
        char c = s->base[s->pos + i];
        if (c == s->d.term)
            return 0;
        if (c == s->d.elem)
            s->special[k++] = i;
    }
    return k == separators ? i : 0;
}

/* BIN*LENGTH*DATA, BDS*FILTER*LENGTH*DATA: DATA may contain anything. False when the segment is
 * none of that form and its elements are to be read like any other's. */
static bool payload(struct scan *s, struct edi_seg *seg, uint32_t separators, enum scan_event *ev)
{
    uint32_t head = payload_head(s, separators), len;
    if (!head)
        return false;
    uint32_t from = s->special[separators - 2] + 1;
    phi_str digits = phi_of(s->base + s->pos + from, head - 1 - from);
    *ev = SCAN_FAULT;
    if (!payload_length(digits, &len))
        payload_fault(s, "the length before binary data is no number up to 1 GB");
    else if (!window_need(s, (size_t)head + len + 1))
        payload_fault(s, "the input ends inside binary data of the length given");
    else if (s->base[s->pos + head + len] != s->d.term)
        payload_fault(s, "binary data do not end where their length says");
    else {
        for (uint32_t i = 0; i < separators; i++)
            s->special[i] += s->pos;
        s->special[separators] = s->pos + head + len;
        *seg = (struct edi_seg){s->base, s->special, s->pos, separators + 1, s->base_off + s->pos};
        window_skip(s, s->pos + head + len + 1);
        *ev = SCAN_SEG;
    }
    return true;
}

/* Segments that begin with I or B are looked at before their end is searched for: an ISA may bring
 * other delimiters, a payload may contain the terminator. True when *ev is the answer. */
static bool special(struct scan *s, struct edi_seg *seg, enum scan_event *ev)
{
    if (!window_need(s, 4))
        return false;
    const char *p = s->base + s->pos;
    if (memcmp(p, "ISA", 3) == 0) {
        /* one that is ill made is an ISA all the same */
        bool own = p[3] == s->d.elem || p[3] == s->d.term;
        if (!own && !isa_here(s))
            return false;
        s->inside = false;
        *ev = scan_fail(s, s->base_off + s->pos, "S1-014", "TA1:023",
                        "an ISA comes before the IEA of the interchange before it");
        s->fault.segment = "IEA";
        return true;
    }
    if (memcmp(p, "IEA", 3) == 0 && (p[3] == s->d.elem || p[3] == s->d.term))
        s->inside = false;
    if (p[3] == s->d.elem && memcmp(p, "BIN", 3) == 0)
        return payload(s, seg, 2, ev);
    if (p[3] == s->d.elem && memcmp(p, "BDS", 3) == 0)
        return payload(s, seg, 3, ev);
    return false;
}

/* A sender broke off in the middle of a segment, and another interchange follows at once. */
static __attribute__((noinline)) bool broken_off(struct scan *s, uint32_t next, uint32_t n)
{
    uint32_t from;
    if (!isa_inside(s, s->list.at + next, n, &from))
        return false;
    scan_fail(s, s->base_off + s->pos, "S1-014", "TA1:023",
              "an ISA begins inside this segment: the interchange before it is broken off");
    scan_resync(s, from);
    return true;
}

/* Hands out the segment at pos, whose end is in the list. */
static inline enum scan_event hand_out(struct scan *s, struct edi_seg *seg)
{
    uint32_t end = s->list.ends[s->next_end], next = (uint32_t)s->next, pos = s->pos;
    const uint32_t *at = s->list.at;
    if (__builtin_expect(end + 1 - next > 17, 0) && broken_off(s, next, end + 1 - next))
        return SCAN_FAULT;
    s->next_end++;
    s->next = end + 1;
    s->pos = at[end] + 1;
    seg->n = end + 1 - next;
    seg->base = s->base;
    seg->at = at + next;
    seg->off = s->base_off + pos;
    seg->start = pos;
    return SCAN_SEG;
}

static enum scan_event next_slowly(struct scan *s, struct edi_seg *seg)
{
    enum scan_event ev;
    if (!s->inside)
        return scan_outside(s, seg);
    if (!skip_newlines(s))
        return ended(s);
    char c = s->base[s->pos];
    if ((c == 'I' || c == 'B') && special(s, seg, &ev))
        return ev;
    if (s->next_end == s->list.ends_n && !window_find_end(s))
        return torn(s);
    return hand_out(s, seg);
}

/* First bytes of what scan_next() does not decide by itself. */
static const uint8_t LOOK_AT[256] = {
    ['I'] = 1, ['B'] = 1, ['\n'] = 1, ['\r'] = 1, [' '] = 1, ['\t'] = 1};

/* The common case has no call and no loop in it: a segment whose end is known, at most one line end
 * before it, and neither ISA, IEA, BIN nor BDS. */
enum scan_event scan_next(struct scan *s, struct edi_seg *seg)
{
    if (!s->inside || s->next_end >= s->list.ends_n || s->pos + 1 >= s->avail)
        return next_slowly(s, seg);
    const char *p = s->base + s->pos;
    if (*p == '\n' && s->d.term != '\n') {
        p++;
        s->pos++;
    }
    if (LOOK_AT[(unsigned char)*p])
        return next_slowly(s, seg);
    return hand_out(s, seg);
}

uint32_t scan_batch(struct scan *s, struct edi_seg *seg, uint32_t most)
{
    const char *base = s->base;
    const uint32_t *at = s->list.at, *ends = s->list.ends;
    size_t left = s->list.ends_n - s->next_end;
    uint32_t n = left < most ? (uint32_t)left : most, next = (uint32_t)s->next, pos = s->pos, i = 0;
    uint64_t off = s->base_off;
    if (!s->inside)
        return 0;
    /* The end of each is known, so there is at least one byte more. */
    for (ends += s->next_end; i < n; i++, seg++) {
        uint32_t end = ends[i], many = end + 1 - next;
        pos += base[pos] == '\n' && at[end] != pos;
        if (LOOK_AT[(unsigned char)base[pos]] || many > 17)
            break;
        seg->base = base;
        seg->at = at + next;
        seg->start = pos;
        seg->n = many;
        seg->off = off + pos;
        next = end + 1;
        pos = at[end] + 1;
    }
    s->next = next;
    s->next_end += i;
    s->pos = pos;
    return i;
}
