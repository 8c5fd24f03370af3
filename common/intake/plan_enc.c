/* The first pass over encounters: enc.v1, one JSON object a line. */
#include "common/intake/plan.h"
#include <errno.h>
#include <jansson.h>
#include <unistd.h>

bool plan_is_encounter(phi_str line, int *column)
{
    json_error_t e = {0};
    json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &e);
    bool good = json_is_object(j);
    *column = j ? 1 : e.column;
    json_decref(j);
    return good;
}

char plan_encounter_usage(phi_str line)
{
    json_t *j = json_loadb(line.p, line.n, 0, NULL);
    const char *u = json_string_value(json_object_get(j, "usage"));
    char usage = u && strcmp(u, "T") == 0 ? 'T' : 'P';
    json_decref(j);
    return usage;
}

/* An entry of a person or a bank (docs/posting.md), and no encounter. */
static bool is_entry(phi_str line)
{
    static const char mark[] = "\"post.v1\"";
    if (!memmem(line.p, line.n, mark, sizeof mark - 1)) /* the common case reads nothing */
        return false;
    json_t *j = json_loadb(line.p, line.n, 0, NULL);
    const char *v = json_string_value(json_object_get(j, "v"));
    bool entry = v && strcmp(v, "post.v1") == 0;
    json_decref(j);
    return entry;
}

static bool is_blank(phi_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (!strchr(" \t\r", line.p[i]) || line.p[i] == 0)
            return false;
    return true;
}

static void add_line(struct plan *p, phi_str line, uint64_t off, uint32_t number)
{
    int column;
    if (is_blank(line))
        return;
    bool good = plan_is_encounter(line, &column);
    p->refused += !good;
    plan_add(p, !good ? ITEM_BAD_ENC : is_entry(line) ? ITEM_POST : ITEM_ENC, off, line.n, number);
}

/* A line longer than allowed is passed over piece by piece, so that it needs no memory. */
struct lines {
    struct plan *p;
    struct buf b;
    uint64_t off;      /* of b.p[0] in the file */
    uint64_t long_off; /* where the line that is passed over begins */
    bool is_long;
    size_t seen; /* bytes of b without a line end */
    uint32_t number;
};

static void line_end(struct lines *l, size_t from, size_t end)
{
    l->number++;
    if (!l->is_long) {
        add_line(l->p, phi_of(l->b.p + from, end - from), l->off + from, l->number);
        return;
    }
    l->is_long = false;
    l->p->refused++;
    plan_add(l->p, ITEM_BAD_ENC, l->long_off, 0, l->number);
}

static void lines_in(struct lines *l)
{
    size_t from = 0;
    for (char *nl; (nl = memchr(l->b.p + l->seen, '\n', l->b.len - l->seen)); l->seen = from) {
        line_end(l, from, (size_t)(nl - l->b.p));
        from = (size_t)(nl - l->b.p) + 1;
    }
    if (l->b.len - from > PLAN_LINE_MAX) {
        if (!l->is_long)
            l->long_off = l->off + from;
        l->is_long = true;
        from = l->b.len;
    }
    memmove(l->b.p, l->b.p + from, l->b.len - from);
    l->b.len -= from;
    l->off += from;
    l->seen = l->b.len;
}

int plan_read_encounters(struct plan *p, int fd)
{
    struct lines l = {.p = p};
    ssize_t n;
    while ((n = read(fd, buf_room(&l.b, 1 << 18), 1 << 18)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        l.b.len += (size_t)n;
        lines_in(&l);
    }
    if (n == 0 && (l.b.len || l.is_long))
        line_end(&l, 0, l.b.len);
    int err = errno;
    buf_free(&l.b);
    errno = err;
    return n == 0 ? 0 : -1;
}
