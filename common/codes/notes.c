#include "common/codes/notes.h"
#include "common/util/log.h"
#include <stdlib.h>

struct codes_notes {
    const struct codes *codes;
    int32_t day;
    struct code_system rows;
    const struct code_row **ranges; /* notes of sections and chapters */
    size_t ranges_n;
};

static phi_str text_of(const char field[CODE_LEN])
{
    return phi_of(field, strnlen(field, CODE_LEN));
}

static bool begins(phi_str s, phi_str with)
{
    return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

bool code_within(phi_str code, phi_str what)
{
    const char *dash = what.n ? memchr(what.p, '-', what.n) : NULL;
    if (!dash)
        return what.n && begins(code, what);
    phi_str from = phi_of(what.p, (size_t)(dash - what.p));
    phi_str to = phi_of(dash + 1, what.n - from.n - 1);
    phi_str head = phi_of(code.p, code.n < to.n ? code.n : to.n);
    return phi_cmp(phi_of(code.p, code.n < from.n ? code.n : from.n), from) >= 0 &&
           phi_cmp(head, to) <= 0 && head.n == to.n;
}

struct codes_notes *codes_notes_new(const struct codes *c, int32_t day)
{
    struct code_system rows;
    if (!c || !codes_system(c, NOTES_SYSTEM, &rows))
        return NULL;
    struct codes_notes *n = xcalloc(1, sizeof *n);
    *n = (struct codes_notes){.codes = c, .day = day, .rows = rows};
    for (uint32_t i = 0; i < rows.n; i++)
        if (memchr(rows.rows[i].code, '-', CODE_LEN)) {
            n->ranges = xrealloc(n->ranges, (n->ranges_n + 1) * sizeof *n->ranges);
            n->ranges[n->ranges_n++] = &rows.rows[i];
        }
    return n;
}

void codes_notes_free(struct codes_notes *n)
{
    if (n)
        free(n->ranges);
    free(n);
}

static uint32_t first_of(const struct code_system *s, phi_str code)
{
    uint32_t lo = 0, hi = s->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (phi_cmp(text_of(s->rows[mid].code), code) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct asked {
    const struct codes_notes *n;
    unsigned kind;
    note_fn *take;
    void *ctx;
};

static bool offer(const struct asked *a, const struct code_row *r)
{
    phi_str pair = text_of(r->pair);
    if ((r->value & 255) != a->kind || r->from > a->n->day || r->to < a->n->day || pair.n < 2)
        return true;
    phi_str target = phi_of(pair.p + 1, pair.n - 1);
    return a->take(a->ctx, r, *target.p == '*' ? (phi_str){"", 0} : target);
}

void codes_notes_of(const struct codes_notes *n, phi_str code, enum note_kind kind, note_fn *take,
                    void *ctx)
{
    struct asked a = {n, (unsigned)kind, take, ctx};
    for (phi_str owner = code; n && owner.n >= 3; owner.n--)
        for (uint32_t i = first_of(&n->rows, owner);
             i < n->rows.n && phi_eq(text_of(n->rows.rows[i].code), owner); i++)
            if (!offer(&a, &n->rows.rows[i]))
                return;
    for (size_t i = 0; n && i < n->ranges_n; i++)
        if (code_within(code, text_of(n->ranges[i]->code)) && !offer(&a, n->ranges[i]))
            return;
}

struct naming {
    phi_str code;
    const struct code_row *found;
};

static bool names_it(void *ctx, const struct code_row *note, phi_str target)
{
    struct naming *x = ctx;
    if (target.n && code_within(x->code, target))
        x->found = note;
    return x->found == NULL;
}

const struct code_row *codes_note_naming(const struct codes_notes *n, phi_str a,
                                         enum note_kind kind, phi_str b)
{
    struct naming x = {b, NULL};
    codes_notes_of(n, a, kind, names_it, &x);
    return x.found;
}

phi_str codes_seventh_owner(const struct codes *c, phi_str code, int32_t day)
{
    struct code_system s;
    if (!c || !codes_system(c, SEVENTH_SYSTEM, &s))
        return (phi_str){"", 0};
    for (phi_str owner = phi_of(code.p, code.n < 6 ? code.n : 6); owner.n >= 3; owner.n--)
        for (uint32_t i = first_of(&s, owner); i < s.n && phi_eq(text_of(s.rows[i].code), owner);
             i++)
            if (s.rows[i].from <= day && day <= s.rows[i].to)
                return owner;
    return (phi_str){"", 0};
}
