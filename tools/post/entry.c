#include "tools/post/entry.h"
#include "common/util/date.h"
#include <stdio.h>
#include <stdlib.h>

void entry_write(struct buf *out, const struct entry_line *e)
{
    const struct {
        const char *key;
        phi_str value;
    } members[] = {{"account", e->account}, {"reference", e->reference}, {"origin", e->origin},
                   {"method", e->method},   {"from", e->from},           {"by", e->by},
                   {"reason", e->reason}};
    buf_printf(out, "{\"v\":\"post.v1\",\"what\":\"%s\",\"date\":\"%s\",\"cents\":%lld", e->what,
               e->date, (long long)e->cents);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (phi_empty(members[i].value))
            continue;
        buf_printf(out, ",\"%s\":", members[i].key);
        buf_json(out, members[i].value);
    }
    buf_puts(out, "}\n");
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
    return memchr(s.p ? s.p : "", '/', s.n) && slashed(s, out);
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

/* Up to the next '*' or the end of the segment. */
static phi_str element(const char **p, const char *end)
{
    const char *from = *p;
    while (*p < end && !strchr("*\\~/", **p))
        ++*p;
    phi_str v = phi_of(from, (size_t)(*p - from));
    if (*p < end && **p == '*')
        ++*p;
    else
        *p = end; /* the segment is over */
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    return v;
}

bool entry_trace(phi_str text, phi_str *trace, phi_str *origin)
{
    static const char mark[] = "TRN*1*";
    const char *end = text.p + text.n, *p = memmem(text.p, text.n, mark, sizeof mark - 1);
    if (!p)
        return false;
    p += sizeof mark - 1;
    *trace = element(&p, end);
    *origin = element(&p, end);
    return trace->n > 0;
}
