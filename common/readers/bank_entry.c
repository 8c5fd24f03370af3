/* What the forms of a bank have in common. */
#include "common/readers/bank.h"
#include "common/util/date.h"
#include <ctype.h>
#include <stdio.h>

void entry_write(struct buf *out, const struct entry_line *e)
{
    const struct {
        const char *key;
        phi_str value;
    } members[] = {{"account", e->account}, {"reference", e->reference}, {"origin", e->origin},
                   {"method", e->method},   {"from", e->from},           {"by", e->by},
                   {"reason", e->reason}};
    buf_puts(out, "{\"v\":\"post.v1\",\"what\":");
    buf_json(out, e->what);
    buf_printf(out, ",\"date\":\"%s\",\"cents\":%lld", e->date, (long long)e->cents);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (phi_empty(members[i].value))
            continue;
        buf_printf(out, ",\"%s\":", members[i].key);
        buf_json(out, members[i].value);
    }
    buf_putc(out, '}');
}

static bool from_days(phi_str eight, char out[11])
{
    int32_t days;
    if (!date_parse(eight, &days))
        return false;
    snprintf(out, 11, "%.4s-%.2s-%.2s", eight.p, eight.p + 4, eight.p + 6);
    return true;
}

/* "9/5/2026" */
static bool slashed(phi_str s, char out[11])
{
    char text[16], eight[12];
    unsigned month, day, year;
    if (s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    if (sscanf(text, "%2u/%2u/%4u", &month, &day, &year) != 3 || year < 1900 || year > 9999)
        return false;
    snprintf(eight, sizeof eight, "%04u%02u%02u", year, month % 100, day % 100);
    return from_days(phi_of(eight, 8), out);
}

bool entry_date(phi_str s, char out[11])
{
    char eight[8];
    int32_t days;
    if (s.n == 8 && !memchr(s.p, '/', 8))
        return from_days(s, out);
    if (s.n == 6 && date_parse_yymmdd(s, &days)) {
        char text[9];
        return from_days(phi_of(date_ccyymmdd(days, text), 8), out);
    }
    if (s.n == 10 && s.p[4] == '-' && s.p[7] == '-') {
        memcpy(eight, s.p, 4);
        memcpy(eight + 4, s.p + 5, 2);
        memcpy(eight + 6, s.p + 8, 2);
        return from_days(phi_of(eight, 8), out);
    }
    return s.n && memchr(s.p, '/', s.n) && slashed(s, out);
}

bool entry_digits(phi_str s, int64_t *v)
{
    *v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || *v > 100000000000000)
            return false;
        *v = *v * 10 + (s.p[i] - '0');
    }
    return s.n > 0;
}

bool entry_next_line(phi_str file, size_t *at, phi_str *line)
{
    if (*at >= file.n)
        return false;
    const char *from = file.p + *at, *end = memchr(from, '\n', file.n - *at);
    size_t n = end ? (size_t)(end - from) : file.n - *at;
    *at += n + 1;
    while (n && (from[n - 1] == '\r' || from[n - 1] == ' '))
        n--;
    *line = phi_of(from, n);
    return true;
}

/* An element of a TRN that begins at *at; behind it when it is not the last of its segment. */
static phi_str element(phi_str text, size_t *at, char separator, char terminator)
{
    size_t from = *at, n;
    while (*at < text.n && text.p[*at] != separator && text.p[*at] != terminator &&
           !strchr("\\~/\r\n", text.p[*at]))
        ++*at;
    n = *at - from;
    *at = *at < text.n && text.p[*at] == separator ? *at + 1 : text.n;
    while (n && text.p[from + n - 1] == ' ')
        n--;
    return phi_of(text.p + from, n);
}

bool entry_trace(phi_str text, phi_str *trace, phi_str *origin)
{
    enum { ISA_LEN = 106 };
    bool whole = text.n >= ISA_LEN && memcmp(text.p, "ISA", 3) == 0; /* CTX carries all of it */
    char terminator = whole ? text.p[ISA_LEN - 1] : '~';
    for (size_t i = 0; i + 6 < text.n; i++) {
        char s = text.p[i + 3];
        if (memcmp(text.p + i, "TRN", 3) != 0 || isalnum((unsigned char)s) || s == ' ' ||
            text.p[i + 4] != '1' || text.p[i + 5] != s ||
            (i > 0 && isalnum((unsigned char)text.p[i - 1])))
            continue;
        size_t at = i + 6;
        *trace = element(text, &at, s, terminator);
        *origin = element(text, &at, s, terminator);
        return trace->n > 0;
    }
    return false;
}

bool bank_wrong(struct bank_fault *f, int line, const char *why)
{
    *f = (struct bank_fault){line, why};
    return false;
}
