/* Guide files as lines of words. */
#include "common/edi/guide_lex.h"
#include <stdio.h>
#include <stdlib.h>

void lex_open(struct g_lex *x, const char *path, phi_str text, struct buf *error)
{
    x->path = path;
    x->text = text;
    x->at = 0;
    x->line = x->n = x->next = x->level = 0;
    x->indent_col = 1;
    x->error = error;
    x->failed = false;
}

static bool fail_v(struct g_lex *x, int column, const char *fmt, va_list ap)
{
    char what[400];
    if (!x->failed) {
        vsnprintf(what, sizeof what, fmt, ap);
        buf_printf(x->error, "%s:%d:%d: %s", x->path, x->line, column, what);
    }
    x->failed = true;
    return false;
}

bool lex_fail_at(struct g_lex *x, int column, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fail_v(x, column, fmt, ap);
    va_end(ap);
    return false;
}

bool lex_fail(struct g_lex *x, const char *fmt, ...)
{
    int at = x->next ? x->next - 1 : 0;
    va_list ap;
    va_start(ap, fmt);
    fail_v(x, at < x->n ? x->word[at].column : x->indent_col, fmt, ap);
    va_end(ap);
    return false;
}

/* One word of line from *i on; false on a fault. */
static bool cut_word(struct g_lex *x, phi_str line, size_t *i)
{
    if (x->n == LEX_WORDS)
        return lex_fail_at(x, (int)*i + 1, "more than %d words on a line", LEX_WORDS);
    struct g_word *w = &x->word[x->n];
    size_t from = *i;
    w->column = (int)from + 1;
    w->quoted = line.p[from] == '"';
    if (w->quoted) {
        const char *end = memchr(line.p + from + 1, '"', line.n - from - 1);
        if (!end)
            return lex_fail_at(x, w->column, "a label without its closing quote");
        w->s = phi_of(line.p + from + 1, (size_t)(end - line.p) - from - 1);
        *i = (size_t)(end - line.p) + 1;
    } else {
        while (*i < line.n && line.p[*i] != ' ')
            (*i)++;
        w->s = phi_of(line.p + from, *i - from);
    }
    x->n++;
    return true;
}

static bool cut_line(struct g_lex *x, phi_str line)
{
    size_t i = 0;
    x->n = x->next = 0;
    for (size_t k = 0; k < line.n; k++)
        if ((unsigned char)line.p[k] < ' ' || line.p[k] == 0x7f)
            return lex_fail_at(x, (int)k + 1, "a control character (tabs do not indent)");
    while (i < line.n && line.p[i] == ' ')
        i++;
    x->indent_col = (int)i + 1;
    if (i < line.n && line.p[i] != '#' && i % 2)
        return lex_fail_at(x, (int)i + 1, "indentation is in steps of two blanks");
    x->level = (int)(i / 2);
    while (i < line.n) {
        if (line.p[i] == ' ')
            i++;
        else if (line.p[i] == '#')
            break;
        else if (!cut_word(x, line, &i))
            return false;
    }
    return true;
}

bool lex_line(struct g_lex *x)
{
    while (!x->failed && x->at < x->text.n) {
        const char *p = x->text.p + x->at;
        size_t left = x->text.n - x->at;
        const char *nl = memchr(p, '\n', left);
        size_t n = nl ? (size_t)(nl - p) : left;
        x->at += n + 1;
        x->line++;
        if (n && p[n - 1] == '\r')
            n--;
        if (n > LEX_LINE)
            return lex_fail_at(x, 1, "a line of more than %d characters", LEX_LINE);
        if (!cut_line(x, phi_of(p, n)))
            return false;
        if (x->n)
            return true;
    }
    return false;
}

const struct g_word *lex_peek(struct g_lex *x)
{
    return x->next < x->n ? &x->word[x->next] : NULL;
}

const struct g_word *lex_word(struct g_lex *x)
{
    return x->next < x->n ? &x->word[x->next++] : NULL;
}

bool lex_number(phi_str s, uint32_t lo, uint32_t hi, uint32_t *out)
{
    uint32_t v = 0;
    if (s.n == 0 || s.n > 8)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    }
    *out = v;
    return v >= lo && v <= hi;
}

bool lex_de(phi_str s, uint32_t *out)
{
    if (s.n != 3 || s.p[0] != 'I')
        return lex_number(s, 1, 60999, out);
    bool ok = lex_number(phi_of(s.p + 1, 2), 1, 99, out);
    *out += 61000;
    return ok;
}

bool lex_range(phi_str s, uint16_t *min, uint16_t *max)
{
    uint32_t a, b;
    const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
    if (!slash)
        return false;
    size_t n = (size_t)(slash - s.p);
    if (!lex_number(phi_of(s.p, n), 0, 60000, &a) ||
        !lex_number(phi_of(slash + 1, s.n - n - 1), a ? a : 1, 60000, &b))
        return false;
    *min = (uint16_t)a;
    *max = (uint16_t)b;
    return true;
}

struct sorted {
    uint64_t key;
    phi_str text;
};
static int by_key(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    return x->key == y->key ? phi_cmp(x->text, y->text) : x->key < y->key ? -1 : 1;
}

/* A copy of a value as it was written: "_" stands for a blank, which parts values. */
static phi_str value_of(struct arena *mem, phi_str v)
{
    phi_str copy = arena_phi(mem, v);
    for (size_t i = 0; i < copy.n; i++)
        if (copy.p[i] == '_')
            ((char *)copy.p)[i] = ' ';
    return copy;
}

const struct g_codes *g_codes_make(struct arena *mem, const phi_str *v, uint32_t n)
{
    struct g_codes *c = arena_alloc(mem, sizeof *c);
    uint64_t *key = arena_alloc(mem, (n + 1) * sizeof *key);
    phi_str *text = arena_alloc(mem, (n + 1) * sizeof *text);
    phi_str *said = arena_alloc(mem, (n + 1) * sizeof *said);
    struct sorted *s = arena_alloc(mem, (n + 1) * sizeof *s);
    for (uint32_t i = 0; i < n; i++) {
        said[i] = value_of(mem, v[i]);
        s[i] = (struct sorted){g_key(said[i].p, said[i].n), said[i]};
        c->wide |= v[i].n > 8;
    }
    uint32_t sorted = 1;
    while (sorted < n && by_key(&s[sorted - 1], &s[sorted]) < 0)
        sorted++;
    if (sorted < n) /* long lists mostly are in order as they stand */
        qsort(s, n, sizeof *s, by_key);
    for (uint32_t i = 0; i < n; i++) {
        key[i] = s[i].key;
        text[i] = s[i].text;
    }
    c->key = key;
    c->text = text;
    c->said = said;
    c->n = n;
    return c;
}

bool lex_ends_codes(const struct g_word *w)
{
    return !w || w->quoted || phi_is(w->s, "=") || w->s.p[0] == '@' || phi_is(w->s, "money") ||
           phi_is(w->s, "noted") || phi_is(w->s, "repeat") || phi_is(w->s, "len");
}

const struct g_codes *lex_codes(struct g_lex *x, struct arena *mem)
{
    phi_str v[LEX_WORDS];
    uint32_t n = 0;
    bool ascends = true; /* so far: then none can be there twice */
    for (const struct g_word *w; !lex_ends_codes(w = lex_peek(x));) {
        ascends = ascends && (!n || phi_cmp(v[n - 1], w->s) < 0);
        for (uint32_t i = ascends ? n : 0; i < n; i++)
            if (phi_eq(v[i], w->s)) {
                lex_fail_at(x, w->column, "the value is listed twice");
                return NULL;
            }
        v[n++] = lex_word(x)->s;
    }
    if (!n) {
        lex_fail(x, "\"=\" without values");
        return NULL;
    }
    return g_codes_make(mem, v, n);
}

static bool parse_note(struct g_lex *x, phi_str s, struct g_note *out)
{
    memset(out, 0, sizeof *out);
    out->kind = s.n ? s.p[0] : 0;
    if (s.n < 5 || s.n % 2 == 0 || !strchr("PRECL", out->kind) ||
        (s.n - 1) / 2 > GUIDE_NOTE_ELEMENTS)
        return lex_fail(x, "not a syntax note; it looks like P0304");
    for (size_t i = 1; i < s.n; i += 2) {
        uint32_t e;
        if (!lex_number(phi_of(s.p + i, 2), 1, GUIDE_ELEMENTS, &e))
            return lex_fail(x, "not a syntax note; it looks like P0304");
        out->el[out->n++] = (uint8_t)e;
        out->bits |= 1ull << e;
    }
    return true;
}

bool lex_notes(struct g_lex *x, struct arena *mem, struct g_note **notes, uint32_t *n)
{
    int words = x->n - x->next;
    if (words <= 0)
        return lex_fail(x, "\"note\" needs syntax notes such as P0304");
    struct g_note *all = arena_alloc(mem, (*n + (uint32_t)words) * sizeof *all);
    if (*n)
        memcpy(all, *notes, *n * sizeof *all);
    for (const struct g_word *w; (w = lex_word(x));)
        if (!parse_note(x, w->s, &all[(*n)++]))
            return false;
    *notes = all;
    return true;
}
