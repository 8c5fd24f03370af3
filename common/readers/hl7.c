#include "common/readers/hl7.h"
#include "common/util/clock.h"
#include <ctype.h>
#include <stdio.h>

static bool seg_end(char c)
{
    return c == '\r' || c == '\n';
}

/* The segment at *from, which moves behind it and its end. */
static phi_str next_seg(phi_str s, size_t *from)
{
    size_t b = *from, e = b;
    while (e < s.n && !seg_end(s.p[e]))
        e++;
    *from = e;
    while (*from < s.n && seg_end(s.p[*from]))
        ++*from;
    return phi_of(s.p + b, e - b);
}

/* MLLP's frame characters around a message, as some systems leave them in files. */
static phi_str unframe(phi_str s)
{
    while (s.n && strchr("\v\r\n", s.p[0]))
        s = phi_of(s.p + 1, s.n - 1);
    while (s.n && strchr("\v\034\r\n", s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool form_fault(struct hl7 *m, const char *where, const char *why)
{
    m->rule = "HL7_FORM";
    snprintf(m->where, sizeof m->where, "%s", where);
    m->why = why;
    return false;
}

/* MSH-1 and MSH-2: four characters (five since 2.7), all different, none of them a letter. */
static bool read_delims(struct hl7 *m, phi_str msh)
{
    char *to[] = {&m->field, &m->comp, &m->rep, &m->esc, &m->sub};
    if (msh.n < 9 || memcmp(msh.p, "MSH", 3) != 0)
        return form_fault(m, "MSH", "is missing or shorter than its delimiters");
    for (size_t i = 0; i < 5; i++) {
        char c = msh.p[3 + i];
        if (isalnum((unsigned char)c) || (unsigned char)c <= ' ' || (unsigned char)c >= 127 ||
            memchr(msh.p + 3, c, i))
            return form_fault(m, i ? "MSH-2" : "MSH-1", "has no five different delimiters");
        *to[i] = c;
    }
    if (msh.p[8] != m->field && (msh.n < 10 || msh.p[9] != m->field))
        return form_fault(m, "MSH-2", "is longer than five characters");
    return true;
}

bool hl7_parse(struct hl7 *m, phi_str unit, struct arena *a)
{
    *m = (struct hl7){.a = a};
    phi_str s = unframe(unit);
    size_t at = 0, probe = 0;
    if (!read_delims(m, next_seg(s, &probe)))
        return false;
    m->segs = arena_alloc(a, HL7_SEGMENTS * sizeof *m->segs);
    while (at < s.n) {
        phi_str seg = next_seg(s, &at);
        if (m->n == HL7_SEGMENTS)
            return form_fault(m, "message", "has more than 5,000 segments");
        bool name = seg.n >= 3 && (seg.n == 3 || seg.p[3] == m->field);
        for (size_t i = 0; name && i < 3; i++)
            name = isupper((unsigned char)seg.p[i]) || isdigit((unsigned char)seg.p[i]);
        if (!name)
            return form_fault(m, "message", "has a line that is no segment");
        for (size_t i = 0; i < seg.n; i++)
            if ((unsigned char)seg.p[i] < ' ' && seg.p[i] != '\t')
                return form_fault(m, "message", "has control characters");
        m->segs[m->n++] = seg;
    }
    return true;
}

/* Number of the segment among those of its name, from 1. */
static int nth(const struct hl7 *m, size_t seg)
{
    int n = 0;
    for (size_t i = 0; i <= seg; i++)
        n += memcmp(m->segs[i].p, m->segs[seg].p, 3) == 0;
    return n;
}

void hl7_fault(struct hl7 *m, const char *rule, size_t seg, struct hl7_at at, const char *why)
{
    char rep[16] = "", comp[16] = "";
    if (m->rule)
        return;
    m->rule = rule;
    m->why = why;
    if (seg >= m->n) {
        snprintf(m->where, sizeof m->where, "message");
        return;
    }
    if (at.rep)
        snprintf(rep, sizeof rep, "~%d", at.rep + 1);
    if (at.comp > 1)
        snprintf(comp, sizeof comp, ".%d", at.comp);
    if (at.field)
        snprintf(m->where, sizeof m->where, "%.3s(%d)-%d%s%s", m->segs[seg].p, nth(m, seg),
                 at.field, rep, comp);
    else
        snprintf(m->where, sizeof m->where, "%.3s(%d)", m->segs[seg].p, nth(m, seg));
}

bool hl7_is(const struct hl7 *m, size_t seg, const char *name)
{
    return seg < m->n && memcmp(m->segs[seg].p, name, 3) == 0;
}

size_t hl7_find(const struct hl7 *m, const char *name, size_t from)
{
    while (from < m->n && !hl7_is(m, from, name))
        from++;
    return from;
}

/* Piece n (from 0) of s between separators. */
static phi_str piece(phi_str s, char sep, int n)
{
    const char *p = s.p, *end = s.p + s.n;
    for (; n > 0; n--) {
        const char *q = p ? memchr(p, sep, (size_t)(end - p)) : NULL;
        if (!q)
            return phi_of("", 0);
        p = q + 1;
    }
    const char *q = p ? memchr(p, sep, (size_t)(end - p)) : NULL;
    return phi_of(p, (size_t)((q ? q : end) - p));
}

static phi_str raw(const struct hl7 *m, size_t seg, int field)
{
    if (seg >= m->n)
        return phi_of("", 0);
    /* MSH-1 is the separator itself */
    return piece(m->segs[seg], m->field, hl7_is(m, seg, "MSH") ? field - 1 : field);
}

int hl7_reps(const struct hl7 *m, size_t seg, int field)
{
    phi_str v = raw(m, seg, field);
    int n = v.n > 0;
    for (size_t i = 0; i < v.n; i++)
        n += v.p[i] == m->rep;
    return n;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One escape between two marks, e without them. False when it is none that is known. */
static bool unescape(const struct hl7 *m, phi_str e, char *out, size_t *n)
{
    static const char letters[] = "FSTRE";
    const char marks[] = {m->field, m->comp, m->sub, m->rep, m->esc};
    const char *l = e.n == 1 ? memchr(letters, e.p[0], 5) : NULL;
    if (l)
        out[(*n)++] = marks[l - letters];
    else if (phi_is(e, ".br") || phi_is(e, ".sp"))
        out[(*n)++] = '\n';
    else if (phi_is(e, "H") || phi_is(e, "N"))
        ; /* bold on and off */
    else if (e.n >= 3 && e.p[0] == 'X' && e.n % 2 == 1) {
        for (size_t i = 1; i < e.n; i += 2) {
            int c = hex(e.p[i]) * 16 + hex(e.p[i + 1]);
            if (hex(e.p[i]) < 0 || hex(e.p[i + 1]) < 0 || c > 126 ||
                (c < ' ' && c != '\r' && c != '\n' && c != '\t'))
                return false;
            if (c != '\r')
                out[(*n)++] = (char)c;
        }
    } else
        return false;
    return true;
}

phi_str hl7_value(struct hl7 *m, size_t seg, struct hl7_at at, size_t max)
{
    phi_str v = raw(m, seg, at.field);
    if (!v.n || phi_is(v, "\"\""))
        return phi_of("", 0);
    v = piece(v, m->rep, at.rep);
    if (at.comp)
        v = piece(piece(v, m->comp, at.comp - 1), m->sub, at.sub ? at.sub - 1 : 0);
    if (v.n > (max ? max : READER_FIELD_MAX)) {
        hl7_fault(m, "HL7_FIELD", seg, at, "is longer than a value may be");
        return phi_of("", 0);
    }
    if (phi_is(v, "\"\""))
        return phi_of("", 0);
    if (!v.n || !memchr(v.p, m->esc, v.n))
        return v;
    char *out = arena_alloc(m->a, v.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++) {
        const char *end = v.p[i] == m->esc ? memchr(v.p + i + 1, m->esc, v.n - i - 1) : NULL;
        if (v.p[i] != m->esc) {
            out[n++] = v.p[i];
            continue;
        }
        if (!end || !unescape(m, phi_of(v.p + i + 1, (size_t)(end - v.p) - i - 1), out, &n)) {
            hl7_fault(m, "HL7_FIELD", seg, at, "has an escape that is not known");
            return phi_of("", 0);
        }
        i = (size_t)(end - v.p);
    }
    return phi_of(out, n);
}

phi_str hl7_get(struct hl7 *m, size_t seg, int field, int comp)
{
    return hl7_value(m, seg, (struct hl7_at){field, 0, comp, 0}, 0);
}

void hl7_read(phi_str unit, struct arena *a, struct reader_items *out)
{
    struct hl7 m;
    size_t before = out->n;
    if (hl7_parse(&m, unit, a))
        hl7_map(&m, out);
    if (m.rule) {
        out->n = before;
        reader_refuse(out, a, m.rule, "%s: %s", m.where, m.why);
    }
}

/* ---- files ---- */

struct cutting {
    phi_str file;
    struct arena *a;
    struct reader_units *out;
    bool in_batch, in_file;
    long batch, batches, all; /* messages since BHS, batches, messages since FHS */
};

/* MSH-3, 4 and 10 name a message; what stands behind MSH is compared. */
static void name_unit(struct cutting *c, struct reader_unit *u)
{
    struct hl7 m;
    size_t at = 0;
    struct arena mem = {0};
    phi_str unit = phi_of(c->file.p + u->off, u->len);
    u->key = phi_of("", 0);
    if (hl7_parse(&m, unit, &mem) && hl7_get(&m, 0, 10, 1).n) {
        struct buf key = {0};
        buf_puts(&key, "hl7\x1f");
        buf_phi(&key, hl7_get(&m, 0, 3, 1));
        buf_putc(&key, '\x1f');
        buf_phi(&key, hl7_get(&m, 0, 4, 1));
        buf_putc(&key, '\x1f');
        buf_phi(&key, hl7_get(&m, 0, 10, 1));
        u->key = arena_phi(c->a, buf_view(&key));
        buf_free(&key);
        while (at < unit.n && strchr("\v\r\n", unit.p[at]))
            at++;
        next_seg(unit, &at);
        u->body_off = u->off + at;
    }
    arena_free(&mem);
}

static void told(struct cutting *c, uint64_t off, uint64_t len, const char *why)
{
    struct reader_unit *u = reader_unit_add(c->out, c->a);
    *u = (struct reader_unit){.off = off, .len = len, .rule = "HL7_BATCH", .why = why};
}

/* BTS-1 and FTS-1 say how many messages and batches there are; an empty count says nothing. */
static bool counts(phi_str seg, long is)
{
    long n = 0;
    phi_str v = seg.n > 3 ? piece(seg, seg.p[3], 1) : phi_of("", 0);
    if (!v.n)
        return true;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9' || n > 100000000)
            return false;
        n = n * 10 + (v.p[i] - '0');
    }
    return n == is;
}

static void envelope(struct cutting *c, phi_str seg, uint64_t off)
{
    const char *why = NULL;
    if (memcmp(seg.p, "FHS", 3) == 0) {
        why = c->in_file ? "FHS: the file before it has no FTS" : NULL;
        c->in_file = true;
        c->batches = 0;
    } else if (memcmp(seg.p, "BHS", 3) == 0) {
        why = c->in_batch ? "BHS: the batch before it has no BTS" : NULL;
        c->in_batch = true;
        c->batch = 0;
        c->batches++;
    } else if (memcmp(seg.p, "BTS", 3) == 0) {
        why = !c->in_batch             ? "BTS: no BHS stands before it"
              : !counts(seg, c->batch) ? "BTS-1: is not the number of messages in the batch"
                                       : NULL;
        c->in_batch = false;
    } else {
        why = !c->in_file                ? "FTS: no FHS stands before it"
              : !counts(seg, c->batches) ? "FTS-1: is not the number of batches in the file"
                                         : NULL;
        c->in_file = false;
    }
    if (why)
        told(c, off, seg.n, why);
}

static bool one_of(phi_str seg, const char *names)
{
    for (const char *n = names; *n; n += 4)
        if (seg.n >= 3 && memcmp(seg.p, n, 3) == 0)
            return true;
    return false;
}

void hl7_cut(phi_str file, struct arena *a, struct reader_units *out)
{
    struct cutting c = {.file = file, .a = a, .out = out};
    struct reader_unit *u = NULL;
    for (size_t at = 0; at < file.n;) {
        size_t from = at;
        while (from < file.n && strchr("\v\034\r\n", file.p[from]) && file.p[from])
            from++;
        at = from;
        phi_str seg = next_seg(file, &at);
        if (one_of(seg, "MSH FHS BHS BTS FTS ") && u) {
            u->len = from - u->off;
            name_unit(&c, u);
            u = NULL;
        }
        if (one_of(seg, "MSH ")) {
            u = reader_unit_add(out, a);
            u->off = from;
            c.batch++;
        } else if (one_of(seg, "FHS BHS BTS FTS "))
            envelope(&c, seg, from);
        else if (!u && seg.n)
            told(&c, from, seg.n, "a line stands outside of any message");
    }
    if (u) {
        u->len = file.n - u->off;
        name_unit(&c, u);
        if (!strchr("\r\n\034", file.p[file.n - 1]) || !file.p[file.n - 1]) {
            u->rule = "HL7_FORM";
            u->why = "the last segment of the file has no end (CR): the message may be cut off";
        }
    }
    if (c.in_batch || c.in_file)
        told(&c, file.n, 0, "the file ends before its BTS or FTS: it may be cut off");
}

/* ---- answers ---- */

bool hl7_is_one(phi_str bytes)
{
    struct arena mem = {0};
    struct reader_units units = {0};
    hl7_cut(bytes, &mem, &units);
    bool one = units.n == 1 && !units.v[0].rule;
    arena_free(&mem);
    return one;
}

enum hl7_answer hl7_judge(phi_str message, struct arena *a, const char **why)
{
    struct reader_items items = {0};
    *why = "";
    if (!hl7_is_one(message)) {
        *why = "a frame holds one message, from MSH on";
        return HL7_AR;
    }
    reader_read(READER_HL7, message, a, &items);
    for (size_t i = 0; i < items.n; i++)
        if (items.v[i].rule) {
            *why = items.v[i].why;
            return strcmp(items.v[i].rule, "HL7_FIELD") == 0 ? HL7_AE : HL7_AR;
        }
    return HL7_AA;
}

/* A header field of the message as it came (still escaped), "" when there is none. */
static phi_str header(phi_str msh, char sep, int field)
{
    phi_str v = piece(msh, sep, field - 1);
    return v.n <= READER_FIELD_MAX ? v : phi_of("", 0);
}

void hl7_ack(phi_str message, enum hl7_answer answer, const char *why, int64_t now_us,
             uint64_t number, struct buf *out)
{
    static const char *const codes[] = {"AA", "AE", "AR"};
    struct hl7 m = {0};
    size_t at = 0;
    phi_str s = unframe(message), msh = next_seg(s, &at);
    bool good = !reader_not_text(msh) && read_delims(&m, msh);
    char sep = good ? m.field : '|', stamp[TIME_TEXT];
    phi_str enc = good ? piece(msh, sep, 1) : phi_lit("^~\\&");
    if (!good)
        msh = phi_of("", 0);

    time_text(now_us, stamp); /* 2026-09-03T17:10:00.000000Z */
    buf_printf(out, "MSH%c", sep);
    buf_phi(out, enc);
    for (int from = 5; from != 0; from = from == 5 ? 6 : from == 6 ? 3 : from == 3 ? 4 : 0) {
        buf_putc(out, sep);
        buf_phi(out, header(msh, sep, from));
    }
    buf_printf(out, "%c%.4s%.2s%.2s%.2s%.2s%.2s+0000%c%cACK", sep, stamp, stamp + 5, stamp + 8,
               stamp + 11, stamp + 14, stamp + 17, sep, sep);
    phi_str event = piece(header(msh, sep, 9), good ? m.comp : '^', 1);
    if (event.n) {
        buf_putc(out, good ? m.comp : '^');
        buf_phi(out, event);
    }
    buf_printf(out, "%cCW%llu%c", sep, (unsigned long long)number, sep);
    buf_phi(out, header(msh, sep, 11).n ? header(msh, sep, 11) : phi_lit("P"));
    buf_putc(out, sep);
    buf_phi(out, header(msh, sep, 12).n ? header(msh, sep, 12) : phi_lit("2.5.1"));
    buf_printf(out, "\rMSA%c%s%c", sep, codes[answer], sep);
    buf_phi(out, header(msh, sep, 10));
    if (answer != HL7_AA) {
        buf_putc(out, sep);
        for (const char *w = why; *w; w++) /* our own words, but delimiters may be odd */
            buf_putc(out, good && (*w == m.field || *w == m.comp || *w == m.rep || *w == m.esc ||
                                   *w == m.sub)
                              ? ' '
                              : *w);
    }
    buf_putc(out, '\r');
}
