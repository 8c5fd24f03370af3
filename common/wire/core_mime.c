/* CORE as MIME: a form, one part a field; and what MTOM needs of multipart bodies. */
#include "common/wire/core_int.h"
#include <stdio.h>
#include <strings.h>

enum { BOUNDARY_MOST = 70, FIELD_MOST = 1000 };

/* ---- headers ---- */

static phi_str trim(phi_str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
        s.n--;
    return s;
}

static phi_str header_line(phi_str headers, const char *name)
{
    size_t n = strlen(name);
    const char *p = headers.p, *end = p + headers.n;
    while (headers.n && p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((stop ? stop : end) - p);
        if (len > n && p[n] == ':' && strncasecmp(p, name, n) == 0)
            return trim(phi_of(p + n + 1, len - n - 1));
        p = stop ? stop + 1 : end;
    }
    return phi_of("", 0);
}

phi_str core_header(phi_str headers, const char *name)
{
    phi_str v = header_line(headers, name);
    const char *semi = v.n ? memchr(v.p, ';', v.n) : NULL;
    return semi ? trim(phi_of(v.p, (size_t)(semi - v.p))) : v;
}

/* The value that begins at p: a quoted string (no escapes: none of our fields needs them) or a token. */
static phi_str value_at(const char *p, const char *end)
{
    const char *stop;
    if (p < end && *p == '"') {
        stop = memchr(p + 1, '"', (size_t)(end - p - 1));
        return stop ? phi_of(p + 1, (size_t)(stop - p - 1)) : phi_of("", 0);
    }
    stop = memchr(p, ';', (size_t)(end - p));
    return trim(phi_of(p, (size_t)((stop ? stop : end) - p)));
}

phi_str core_param(phi_str value, const char *name)
{
    size_t n = strlen(name);
    const char *end = value.p + value.n;
    bool quoted = false;
    for (const char *p = value.p; value.n && p < end; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (quoted || *p != ';')
            continue;
        const char *q = p + 1;
        while (q < end && (*q == ' ' || *q == '\t'))
            q++;
        if ((size_t)(end - q) > n && strncasecmp(q, name, n) == 0 && q[n] == '=')
            return value_at(q + n + 1, end);
    }
    return phi_of("", 0);
}

/* ---- parts ---- */

/* The next line that begins with "--boundary"; NULL when there is none. */
static const char *find_line(const char *p, const char *end, const char *begin,
                             const struct buf *mark)
{
    while (p < end && (p = memmem(p, (size_t)(end - p), mark->p, mark->len))) {
        if (p == begin || p[-1] == '\n')
            return p;
        p++;
    }
    return NULL;
}

/* Headers and body of what lies between two boundaries. */
static bool cut_part(phi_str text, struct core_part *out)
{
    const char *p = text.p, *end = p + text.n;
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            return false;
        bool blank = stop == p || (stop == p + 1 && *p == '\r');
        if (blank) {
            out->headers = phi_of(text.p, (size_t)(p - text.p));
            out->body = phi_of(stop + 1, (size_t)(end - stop - 1));
            return true;
        }
        p = stop + 1;
    }
    return false;
}

static phi_str without_line_end(const char *p, const char *end)
{
    if (end > p && end[-1] == '\n')
        end--;
    if (end > p && end[-1] == '\r')
        end--;
    return phi_of(p, (size_t)(end - p));
}

static bool cut_all(phi_str body, const struct buf *mark, struct core_parts *out, const char **why)
{
    const char *end = body.p + body.n, *at = find_line(body.p, end, body.p, mark), *next;
    *why = "no line of the body is the boundary of its Content-Type";
    for (; at; at = next) {
        at += mark->len;
        if (end - at >= 2 && at[0] == '-' && at[1] == '-')
            return true;
        const char *line = memchr(at, '\n', (size_t)(end - at));
        next = line ? find_line(line + 1, end, body.p, mark) : NULL;
        *why = "the last boundary is missing: the body is cut off";
        if (!next)
            return false;
        *why = "a part has no blank line behind its headers";
        if (!cut_part(without_line_end(line + 1, next), &out->v[out->n]))
            return false;
        *why = "it has more than 63 parts";
        if (++out->n == CORE_PARTS)
            return false;
    }
    return false;
}

bool core_parts_read(phi_str content_type, phi_str body, struct core_parts *out, const char **why)
{
    phi_str b = core_param(content_type, "boundary");
    struct buf mark = {0};
    out->n = 0;
    if (!b.n || b.n > BOUNDARY_MOST) {
        *why = "the Content-Type names no boundary";
        return false;
    }
    buf_puts(&mark, "--");
    buf_phi(&mark, b);
    bool good = cut_all(body, &mark, out, why);
    buf_free(&mark);
    return good;
}

void core_boundary(const struct core_message *m, struct buf *out)
{
    for (int i = 0;; i++) {
        buf_clear(out);
        buf_printf(out, "claimwire-%.*s-%d", (int)(m->id.n < 40 ? m->id.n : 40), m->id.p, i);
        if (!m->payload.n || !memmem(m->payload.p, m->payload.n, out->p, out->len))
            return;
    }
}

/* ---- the form ---- */

static phi_str *field_named(struct core_message *m, phi_str name)
{
    if (phi_is(name, "Payload"))
        return &m->payload;
    for (int i = 0; i < CORE_FIELDS_N; i++)
        if (phi_is(name, CORE_FIELDS[i].name))
            return core_at(m, &CORE_FIELDS[i]);
    return NULL;
}

static bool take_part(const struct core_part *p, struct arena *a, struct core_message *out,
                      const char **why)
{
    phi_str name = core_param(header_line(p->headers, "Content-Disposition"), "name");
    phi_str *to = field_named(out, name), body = p->body;
    if (!to)
        return true; /* a field of their own */
    *why = "a field stands there twice";
    if (to->p)
        return false;
    *why = "a field is longer than 1,000 bytes";
    if (to != &out->payload && body.n > FIELD_MOST)
        return false;
    *why = "a part is said to be base64 and is not";
    if (core_same_word(core_header(p->headers, "Content-Transfer-Encoding"), "base64"))
        return core_base64(body, a, to);
    *to = body.p ? body : phi_of("", 0);
    return true;
}

bool core_mime_read(phi_str content_type, phi_str body, struct arena *a, struct core_message *out,
                    const char **why)
{
    struct core_parts parts;
    if (!core_parts_read(content_type, body, &parts, why))
        return false;
    for (size_t i = 0; i < parts.n; i++)
        if (!take_part(&parts.v[i], a, out, why))
            return false;
    out->answer = out->code.p != NULL;
    core_act_of(out->type, out->mode, &out->act);
    return true;
}

static void write_part(struct buf *b, const struct buf *boundary, const char *name, phi_str value)
{
    buf_puts(b, "--");
    buf_phi(b, buf_view(boundary));
    buf_printf(b, "\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", name);
    buf_phi(b, value);
    buf_puts(b, "\r\n");
}

void core_mime_write(const struct core_message *m, struct buf *body, struct buf *content_type)
{
    struct buf boundary = {0};
    core_boundary(m, &boundary);
    for (int i = 0; i < CORE_FIELDS_N; i++) {
        phi_str v = *core_at(m, &CORE_FIELDS[i]);
        if (v.p)
            write_part(body, &boundary, CORE_FIELDS[i].name, v);
    }
    if (m->payload.p)
        write_part(body, &boundary, "Payload", m->payload);
    buf_puts(body, "--");
    buf_phi(body, buf_view(&boundary));
    buf_puts(body, "--\r\n");
    buf_puts(content_type, "multipart/form-data; boundary=");
    buf_phi(content_type, buf_view(&boundary));
    buf_free(&boundary);
}
