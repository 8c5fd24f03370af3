#include "common/readers/markup.h"
#include <ctype.h>
#include <stdlib.h>

static bool is_block(phi_str tag)
{
    static const char *const names[] = {"p",  "div", "br", "li", "tr", "td", "th",
                                        "h1", "h2",  "h3", "h4", "ul", "ol", "table"};
    if (tag.n && tag.p[0] == '/')
        tag = phi_of(tag.p + 1, tag.n - 1);
    size_t n = 0;
    while (n < tag.n && tag.p[n] != ' ' && tag.p[n] != '/')
        n++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (phi_is(phi_of(tag.p, n), names[i]))
            return true;
    return false;
}

static void add_utf8(struct buf *out, unsigned long c)
{
    if (c < 0x80)
        buf_putc(out, (char)c);
    else if (c < 0x800) {
        buf_putc(out, (char)(0xC0 | c >> 6));
        buf_putc(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_putc(out, (char)(0xE0 | c >> 12));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_putc(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_putc(out, (char)(0xF0 | c >> 18));
        buf_putc(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_putc(out, (char)(0x80 | (c & 0x3F)));
    }
}

static void add_entity(struct buf *out, phi_str name)
{
    static const struct {
        const char *name;
        char c;
    } known[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                 {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}};
    char digits[12] = "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (phi_is(name, known[i].name)) {
            buf_putc(out, known[i].c);
            return;
        }
    if (name.n < 2 || name.n > 9 || name.p[0] != '#')
        return;
    bool hex = name.p[1] == 'x';
    memcpy(digits, name.p + 1 + hex, name.n - 1 - hex);
    unsigned long c = strtoul(digits, NULL, hex ? 16 : 10);
    if (c >= ' ' && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF))
        add_utf8(out, c);
}

static void add_end(struct buf *out, size_t from)
{
    while (out->len > from && out->p[out->len - 1] == ' ')
        out->len--;
    if (out->len > from && out->p[out->len - 1] != '\n')
        buf_putc(out, '\n');
}

void markup_text(phi_str s, struct buf *out)
{
    size_t from = out->len;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool tag = c == '<' && i + 1 < s.n &&
                   (isalpha((unsigned char)s.p[i + 1]) || s.p[i + 1] == '/' || s.p[i + 1] == '!');
        const char *end = tag        ? memchr(s.p + i, '>', s.n - i)
                          : c == '&' ? memchr(s.p + i, ';', s.n - i < 12 ? s.n - i : 12)
                                     : NULL;
        phi_str in = end ? phi_of(s.p + i + 1, (size_t)(end - s.p) - i - 1) : phi_of("", 0);
        if (c == '<' && end && is_block(in))
            add_end(out, from);
        else if (c == '&' && end)
            add_entity(out, in);
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            if (out->len > from && out->p[out->len - 1] != ' ' && out->p[out->len - 1] != '\n')
                buf_putc(out, ' ');
        } else if (!end)
            buf_putc(out, c);
        if (end)
            i = (size_t)(end - s.p);
    }
    while (out->len > from && out->p[out->len - 1] == ' ')
        out->len--;
}
