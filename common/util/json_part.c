#include "common/util/json_part.h"
#include <string.h>

static size_t blanks(phi_str t, size_t i)
{
    while (i < t.n && (t.p[i] == ' ' || t.p[i] == '\t' || t.p[i] == '\n' || t.p[i] == '\r'))
        i++;
    return i;
}

/* Behind the closing quote of the string that opens at i; the end of the text when it has none. */
static size_t string_end(phi_str t, size_t i)
{
    while (++i < t.n && t.p[i] != '"')
        i += t.p[i] == '\\';
    return i < t.n ? i + 1 : t.n;
}

/* Behind the value that begins at i. */
static size_t value_end(phi_str t, size_t i)
{
    size_t depth = 0;
    while (i < t.n) {
        char c = t.p[i];
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            break;
        if (c == '"') {
            i = string_end(t, i);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        i++;
    }
    return i;
}

phi_str json_part(phi_str text, const char *key)
{
    phi_str found = {"", 0};
    size_t n = strlen(key), i = blanks(text, 0);
    if (i == text.n || text.p[i] != '{')
        return found;
    for (i = blanks(text, i + 1); i < text.n && text.p[i] == '"';) {
        size_t name = i + 1, end = string_end(text, i);
        i = blanks(text, end);
        if (i == text.n || text.p[i] != ':')
            break;
        size_t from = blanks(text, i + 1), to = value_end(text, from);
        i = to;
        while (to > from && blanks(text, to - 1) >= to)
            to--;
        if (end - 1 - name == n && memcmp(text.p + name, key, n) == 0)
            found = phi_of(text.p + from, to - from);
        i = i < text.n && text.p[i] == ',' ? blanks(text, i + 1) : text.n;
    }
    return found;
}
