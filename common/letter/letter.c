#include "common/letter/letter.h"
#include "common/letter/lines.h"
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 78 };

bool letter_line(phi_str text, size_t *at, phi_str *line)
{
    if (*at >= text.n)
        return false;
    const char *from = text.p + *at, *end = memchr(from, '\n', text.n - *at);
    size_t n = end ? (size_t)(end - from) : text.n - *at;
    *at += n + 1;
    if (n && from[n - 1] == '\r')
        n--;
    *line = phi_of(from, n);
    return true;
}

enum letter_kind letter_kind_of(phi_str line)
{
    if (!line.n)
        return LETTER_EMPTY;
    switch (*line.p) {
    case '=':
        return LETTER_HEADING;
    case '|':
        return LETTER_ADDRESS;
    case ' ':
        return LETTER_FIXED;
    }
    return LETTER_WORDS;
}

phi_str letter_words(phi_str line)
{
    enum letter_kind k = letter_kind_of(line);
    size_t skip = 0;
    if (k == LETTER_HEADING || k == LETTER_ADDRESS)
        for (skip = 1; skip < line.n && line.p[skip] == ' ';)
            skip++;
    return phi_of(line.p + skip, line.n - skip);
}

/* ---- filling in ---- */

struct filling {
    const char *path;
    int line;
    const struct letter_field *fields;
    size_t n;
    struct buf *error;
};

static bool fault(const struct filling *f, const char *what, phi_str name)
{
    buf_printf(f->error, "%s:%d: %s", f->path, f->line, what);
    if (name.n)
        buf_printf(f->error, " \"%.*s\"", (int)(name.n < 40 ? name.n : 40), name.p);
    return false;
}

static const struct letter_field *field_of(const struct filling *f, phi_str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (phi_is(name, f->fields[i].name))
            return &f->fields[i];
    return NULL;
}

/* Values come from patients and payers: none of their bytes may become a line of ours. */
static void put_value(struct buf *out, phi_str v, bool lines)
{
    for (size_t i = 0; i < v.n; i++)
        buf_putc(out, v.p[i] == '\n' && lines         ? '\n'
                      : (v.p[i] >= 0 && v.p[i] < ' ') ? ' '
                                                      : v.p[i]);
}

/* A line that is one field of several lines gets all of them, as they are. */
static bool whole_line(const struct filling *f, phi_str line, struct buf *out)
{
    if (line.n < 3 || line.p[0] != '{' || memchr(line.p, '}', line.n) != line.p + line.n - 1)
        return false;
    const struct letter_field *v = field_of(f, phi_of(line.p + 1, line.n - 2));
    if (!v || !memchr(v->value.p ? v->value.p : "", '\n', v->value.n))
        return false;
    put_value(out, v->value, true);
    buf_putc(out, '\n');
    return true;
}

/* What is left out leaves no hole. */
static bool hole(phi_str line, const struct buf *out)
{
    return !line.n && (out->len < 2 || memcmp(out->p + out->len - 2, "\n\n", 2) == 0);
}

static bool fill_line(const struct filling *f, phi_str line, struct buf *out)
{
    bool fields = false, values = false, words = false;
    size_t from = out->len;
    if (whole_line(f, line, out))
        return true;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '{') {
            words |= line.p[i] != ' ' && !(i == 0 && strchr("|=", line.p[i])) && line.p[i] != ',';
            buf_putc(out, line.p[i]);
            continue;
        }
        const char *end = memchr(line.p + i, '}', line.n - i);
        if (!end)
            return fault(f, "a brace that does not close", phi_lit(""));
        phi_str name = phi_of(line.p + i + 1, (size_t)(end - line.p) - i - 1);
        const struct letter_field *v = field_of(f, name);
        if (!v)
            return fault(f, "a field that is not known:", name);
        fields = true;
        values |= v->value.n > 0;
        put_value(out, v->value, false);
        i = (size_t)(end - line.p);
    }
    if (fields && !values && !words)
        out->len = from; /* nothing to say */
    else
        buf_putc(out, '\n');
    return true;
}

bool letter_fill(const char *path, phi_str text, const struct letter_field *fields, size_t n,
                 struct buf *out, struct buf *error)
{
    struct filling f = {path, 0, fields, n, error};
    phi_str line;
    for (size_t at = 0; letter_line(text, &at, &line);) {
        f.line++;
        if ((line.n && *line.p == '#') || hole(line, out))
            continue;
        if (!fill_line(&f, line, out))
            return false;
    }
    return true;
}

/* ---- as text ---- */

struct flow {
    struct buf *out;
    size_t column; /* 0: at the beginning of a line */
};

static void end_line(struct flow *w)
{
    if (w->column)
        buf_putc(w->out, '\n');
    w->column = 0;
}

static void put_words(struct flow *w, phi_str line)
{
    for (size_t i = 0; i < line.n;) {
        size_t n = 0;
        while (i + n < line.n && line.p[i + n] != ' ')
            n++;
        if (n && w->column && w->column + 1 + n > COLUMNS)
            end_line(w);
        if (n && w->column) {
            buf_putc(w->out, ' ');
            w->column++;
        }
        buf_phi(w->out, phi_of(line.p + i, n));
        w->column += n;
        i += n + 1;
    }
}

void letter_text(phi_str filled, struct buf *out)
{
    struct flow w = {out, 0};
    phi_str line;
    for (size_t at = 0; letter_line(filled, &at, &line);) {
        enum letter_kind k = letter_kind_of(line);
        if (k == LETTER_WORDS) {
            put_words(&w, line);
            continue;
        }
        end_line(&w);
        buf_phi(out, letter_words(line));
        buf_putc(out, '\n');
    }
    end_line(&w);
}
