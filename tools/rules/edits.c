#include "tools/rules/edits.h"

#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

enum { SEGMENTS = 4000, ELEMENTS = 100 };

struct file {
    struct arena mem;
    char *seg[SEGMENTS];
    uint32_t n;
    bool keep;
    struct buf *error;
};

static bool fail(struct file *f, const char *what, const char *which)
{
    buf_printf(f->error, "%s \"%s\"", what, which);
    return false;
}

static void split(struct file *f, phi_str text)
{
    const char *p = text.p, *end = p + text.n;
    while (p < end && f->n < SEGMENTS) {
        while (p < end && (*p == '\n' || *p == '\r'))
            p++;
        const char *q = p < end ? memchr(p, '~', (size_t)(end - p)) : NULL;
        q = q ? q : end;
        if (q > p)
            f->seg[f->n++] = arena_strndup(&f->mem, p, (size_t)(q - p));
        p = q + 1;
    }
}

/* Index of the segment that is named; -1 and a reason when it is none or not the only one. */
static int find(struct file *f, const char *name)
{
    const char *hash = strrchr(name, '#');
    size_t n = hash ? (size_t)(hash - name) : strlen(name);
    int nth = hash ? atoi(hash + 1) : 0, hits = 0, at = -1;
    for (uint32_t i = 0; i < f->n; i++)
        if (strncmp(f->seg[i], name, n) == 0 && (++hits == nth || (!nth && hits == 1)))
            at = (int)i;
    if (at < 0 || (!nth && hits != 1)) {
        fail(f, at < 0 ? "there is no segment" : "more than one segment is", name);
        return -1;
    }
    return at;
}

static bool insert(struct file *f, uint32_t at, const char *text)
{
    if (f->n == SEGMENTS)
        return fail(f, "too many segments at", text);
    memmove(&f->seg[at + 1], &f->seg[at], (f->n++ - at) * sizeof *f->seg);
    f->seg[at] = arena_strdup(&f->mem, text);
    return true;
}

static void erase(struct file *f, uint32_t from, uint32_t to)
{
    memmove(&f->seg[from], &f->seg[to], (f->n - to) * sizeof *f->seg);
    f->n -= to - from;
}

/* Part number n (from 1) of text, cut by c, becomes value. */
static char *replaced(struct file *f, const char *text, char c, int n, const char *value)
{
    struct buf b = {0};
    int part = 1;
    for (const char *p = text;; p++) {
        const char *end = strchr(p, c);
        if (part == n)
            buf_puts(&b, value);
        else
            buf_add(&b, p, end ? (size_t)(end - p) : strlen(p));
        if (!end)
            break;
        buf_putc(&b, c);
        p = end;
        part++;
    }
    for (; part < n; part++) {
        buf_putc(&b, c);
        if (part + 1 == n)
            buf_puts(&b, value);
    }
    while (b.len && b.p[b.len - 1] == c)
        b.len--;
    char *out = arena_strdup(&f->mem, buf_cstr(&b));
    buf_free(&b);
    return out;
}

static const char *part_of(struct file *f, const char *text, char c, int n)
{
    for (; n > 1; n--) {
        text = strchr(text, c);
        if (!text)
            return "";
        text++;
    }
    const char *end = strchr(text, c);
    return end ? arena_strndup(&f->mem, text, (size_t)(end - text)) : text;
}

static bool set(struct file *f, int at, char *changes)
{
    char *save = NULL;
    for (char *w = strtok_r(changes, "|", &save); w; w = strtok_r(NULL, "|", &save)) {
        char *value = strchr(w, '=');
        if (!value)
            return fail(f, "no = in", w);
        *value++ = 0;
        char *dash = strchr(w, '-');
        int el = atoi(w) + 1;
        if (dash)
            value = replaced(f, part_of(f, f->seg[at], '*', el), ':', atoi(dash + 1), value);
        f->seg[at] = replaced(f, f->seg[at], '*', el, value);
    }
    return true;
}

/* Copy number k of a segment: lines count on, claims and lines have numbers of their own. */
static char *copied(struct file *f, char *seg, int k)
{
    char n[24];
    if (strncmp(seg, "LX*", 3) == 0) {
        snprintf(n, sizeof n, "%d", atoi(seg + 3) + k);
        return replaced(f, seg, '*', 2, n);
    }
    int el = strncmp(seg, "CLM*", 4) == 0 ? 2 : strncmp(seg, "REF*6R*", 7) == 0 ? 3 : 0;
    if (!el)
        return seg;
    struct buf b = {0};
    buf_printf(&b, "%sN%d", part_of(f, seg, '*', el), k);
    seg = replaced(f, seg, '*', el, buf_cstr(&b));
    buf_free(&b);
    return seg;
}

/* N|FROM|TO: the segments from FROM to before TO another N times. */
static bool many(struct file *f, char *text)
{
    char *save = NULL, *times = strtok_r(text, "|", &save), *a = strtok_r(NULL, "|", &save),
         *b = strtok_r(NULL, "|", &save);
    int n = times ? atoi(times) : 0;
    if (n < 1 || !b)
        return fail(f, "no copies are asked for:", text);
    int from = find(f, a), to = from < 0 ? -1 : find(f, b);
    if (to < 0)
        return false;
    /* What a line begins with starts anew in each copied claim. */
    bool lines = strncmp(f->seg[from], "LX*", 3) == 0;
    if (to <= from || f->n + (uint32_t)(n * (to - from)) > SEGMENTS)
        return fail(f, "too many copies of", a);
    for (int k = 1; k <= n; k++)
        for (int i = from; i < to; i++) {
            bool as_is = strncmp(f->seg[i], "LX*", 3) == 0 && !lines;
            insert(f, (uint32_t)(to + (k - 1) * (to - from) + i - from),
                   as_is ? f->seg[i] : copied(f, f->seg[i], k));
        }
    return true;
}

static bool edit(struct file *f, char *text)
{
    while (*text == ' ' || *text == '\n')
        text++;
    if (strncmp(text, "keep", 4) == 0)
        return f->keep = true;
    if (strncmp(text, "many ", 5) == 0)
        return many(f, text + 5);
    char *name = strchr(text, ' ');
    if (!name)
        return fail(f, "not an edit:", text);
    *name++ = 0;
    char *more = strchr(name, '|');
    if (more)
        *more++ = 0;
    int at = find(f, name);
    if (at < 0)
        return false;
    if (strcmp(text, "del") == 0) {
        erase(f, (uint32_t)at, (uint32_t)at + 1);
        return true;
    }
    if (strcmp(text, "dup") == 0)
        return insert(f, (uint32_t)at + 1, f->seg[at]);
    if (!more)
        return fail(f, "something has to follow", name);
    if (strcmp(text, "set") == 0)
        return set(f, at, more);
    if (strcmp(text, "put") == 0) {
        f->seg[at] = arena_strdup(&f->mem, more);
        return true;
    }
    if (strcmp(text, "before") == 0 || strcmp(text, "after") == 0)
        return insert(f, (uint32_t)at + (*text == 'a'), more);
    int to = find(f, more);
    if (to < 0)
        return false;
    if (strcmp(text, "cut") == 0 && to > at) {
        erase(f, (uint32_t)at, (uint32_t)to);
        return true;
    }
    if (strcmp(text, "move") == 0) {
        char *moved = f->seg[at];
        erase(f, (uint32_t)at, (uint32_t)at + 1);
        return insert(f, (uint32_t)(to > at ? to - 1 : to), moved);
    }
    return fail(f, "no such edit:", text);
}

static void mend(struct file *f)
{
    uint32_t st = 0, sets = 0, groups = 0;
    char n[12];
    for (uint32_t i = 0; i < f->n; i++) {
        const char *s = f->seg[i];
        bool se = strncmp(s, "SE*", 3) == 0, ge = strncmp(s, "GE*", 3) == 0;
        bool iea = strncmp(s, "IEA*", 4) == 0;
        if (strncmp(s, "ST*", 3) == 0)
            st = i;
        sets += strncmp(s, "ST*", 3) == 0;
        groups += strncmp(s, "GS*", 3) == 0;
        if (!se && !ge && !iea)
            continue;
        snprintf(n, sizeof n, "%u", se ? i - st + 1 : ge ? sets : groups);
        f->seg[i] = replaced(f, s, '*', 2, n);
        sets = ge ? 0 : sets;
        groups = iea ? 0 : groups;
    }
}

bool edits_apply(phi_str base, const char *edits, struct buf *out, struct buf *error)
{
    struct file *f = xcalloc(1, sizeof *f);
    bool good = true;
    f->error = error;
    split(f, base);
    char *text = arena_strdup(&f->mem, edits);
    for (char *p = text; good && p && *p;) {
        char *next = strstr(p, " ; ");
        if (next) {
            *next = 0;
            next += 3;
        }
        good = edit(f, p);
        p = next;
    }
    if (good && !f->keep)
        mend(f);
    for (uint32_t i = 0; good && i < f->n; i++) {
        buf_puts(out, f->seg[i]);
        buf_puts(out, "~\n");
    }
    arena_free(&f->mem);
    free(f);
    return good;
}
