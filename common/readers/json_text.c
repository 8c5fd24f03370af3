#include "common/readers/json_text.h"
#include "common/readers/reader.h"

enum { SHORT_INTEGER = 15 }; /* digits that surely fit */

static bool number_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static void add_number(phi_str n, struct buf *out)
{
    bool plain = n.n <= SHORT_INTEGER;
    for (size_t i = 0; i < n.n; i++)
        plain = plain && ((n.p[i] >= '0' && n.p[i] <= '9') || (i == 0 && n.p[i] == '-'));
    if (!plain)
        buf_putc(out, '"');
    buf_phi(out, n);
    if (!plain)
        buf_putc(out, '"');
}

/* End of the text that begins at i, behind its quote; s.n when it has none. */
static size_t text_end(phi_str s, size_t i)
{
    for (i++; i < s.n && s.p[i] != '"'; i++)
        if (s.p[i] == '\\')
            i++;
    return i < s.n ? i + 1 : s.n;
}

const char *json_text(phi_str s, struct buf *out, size_t *at)
{
    int depth = 0;
    for (size_t i = 0; i < s.n;) {
        size_t from = *at = i;
        char c = s.p[i];
        if (c == '"') {
            i = text_end(s, i);
            if (i - from > JSON_TEXT_MAX)
                return "a text is longer than 2 MB";
            buf_add(out, s.p + from, i - from);
        } else if ((c >= '0' && c <= '9') || c == '-') {
            while (i < s.n && number_byte(s.p[i]))
                i++;
            if (i - from > 40)
                return "a number is longer than 40 characters";
            add_number(phi_of(s.p + from, i - from), out);
        } else {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            if (depth > READER_DEPTH_MAX)
                return "it is nested deeper than 64";
            buf_putc(out, c);
            i++;
        }
    }
    return NULL;
}

/* True when the text before the '[' at i is "entry": . */
static bool is_entry_list(phi_str s, size_t i)
{
    static const char key[] = "\"entry\"";
    while (i > 0 && (s.p[i - 1] == ' ' || s.p[i - 1] == '\n' || s.p[i - 1] == '\r' ||
                     s.p[i - 1] == '\t' || s.p[i - 1] == ':'))
        i--;
    return i >= sizeof key - 1 && memcmp(s.p + i - (sizeof key - 1), key, sizeof key - 1) == 0;
}

static void add_span(phi_str **list, size_t *n, size_t *cap, phi_str span, struct arena *a)
{
    if (*n == *cap) {
        phi_str *more = arena_alloc(a, (*cap = *cap * 2 + 16) * sizeof *more);
        if (*n)
            memcpy(more, *list, *n * sizeof *more);
        *list = more;
    }
    (*list)[(*n)++] = span;
}

phi_str *json_entries(phi_str s, struct arena *a, size_t *n)
{
    phi_str *list = NULL;
    size_t cap = 0, from = 0;
    int depth = 0;
    bool inside = false;
    *n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"')
            i = text_end(s, i) - 1;
        else if (c == '{' || c == '[') {
            if (++depth == 2 && c == '[')
                inside = is_entry_list(s, i);
            if (depth == 3)
                from = i;
        } else if (c == '}' || c == ']') {
            if (inside && depth == 3)
                add_span(&list, n, &cap, phi_of(s.p + from, i + 1 - from), a);
            if (depth-- == 2)
                inside = false;
        }
    }
    return list;
}
