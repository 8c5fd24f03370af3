/*
 * Own lists of code values: NAME.list, a code a line, perhaps the days on which it may be used
 * (2012-01-01..2020-12-31, either side may be left out), perhaps a label in our own words.
 */
#include "common/rules/rules_int.h"
#include "common/util/fs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

const struct code_list *list_find(const struct rules *r, phi_str name)
{
    for (uint32_t i = 0; i < r->lists; i++)
        if (phi_is(name, r->list[i].name))
            return &r->list[i];
    return NULL;
}

static int by_code(const void *a, const void *b)
{
    const struct list_row *x = a, *y = b;
    return phi_cmp(x->code, y->code);
}

const struct list_row *list_row(const struct code_list *l, phi_str code, int32_t day)
{
    uint32_t lo = 0, hi = l->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (phi_cmp(l->row[mid].code, code) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < l->n && phi_eq(l->row[lo].code, code); lo++)
        if (day == INT32_MIN || (day >= l->row[lo].from && day <= l->row[lo].to))
            return &l->row[lo];
    return NULL;
}

bool list_has(const struct code_list *l, phi_str code, int32_t day)
{
    return list_row(l, code, day) != NULL;
}

/* "2012-01-31" at p; false when it is no day. */
static bool day_at(const char *p, const char *end, int32_t *day)
{
    char digits[9] = "";
    if (end - p < 10 || p[4] != '-' || p[7] != '-')
        return false;
    memcpy(digits, p, 4);
    memcpy(digits + 4, p + 5, 2);
    memcpy(digits + 6, p + 8, 2);
    return date_parse(phi_lit(digits), day);
}

/* A line of a list; false with *at where it is wrong. */
static bool take_line(const char *p, const char *end, struct list_row *row, const char **at)
{
    const char *q = p;
    while (q < end && *q != ' ')
        q++;
    *row = (struct list_row){phi_of(p, (size_t)(q - p)), INT32_MIN + 1, INT32_MAX};
    while (q < end && *q == ' ')
        q++;
    *at = q;
    const char *dots = q;
    while (dots + 1 < end && *dots != ' ' && *dots != '"' && !(dots[0] == '.' && dots[1] == '.'))
        dots++;
    if (q == end || *q == '"')
        return true;
    if (dots + 1 >= end || dots[0] != '.')
        return false;
    if (dots > q && !day_at(q, end, &row->from))
        return false;
    return dots + 2 >= end || dots[2] == ' ' || day_at(dots + 2, end, &row->to);
}

static bool take_list(struct rules *r, const char *path, const char *name, size_t len,
                      struct buf *error)
{
    struct buf text = {0};
    if (fs_read(path, 8 << 20, &text)) {
        buf_printf(error, "%s: %s", path, strerror(errno));
        buf_free(&text);
        return false;
    }
    struct source s = {path, arena_phi(&r->mem, buf_view(&text))};
    buf_free(&text);
    uint32_t lines = 1;
    for (size_t i = 0; i < s.text.n; i++)
        lines += s.text.p[i] == '\n';
    struct code_list *l = &r->list[r->lists++];
    l->name = arena_strndup(&r->mem, name, len);
    l->row = arena_alloc(&r->mem, lines * sizeof *l->row);
    const char *end = s.text.p + s.text.n, *at;
    for (const char *p = s.text.p, *q; p < end; p = q + 1) {
        q = memchr(p, '\n', (size_t)(end - p));
        q = q ? q : end;
        if (q == p || *p == '#')
            continue;
        if (!take_line(p, q, &l->row[l->n++], &at))
            return rule_fault(&s, at, error, "days are written 2012-01-01..2020-12-31");
    }
    qsort(l->row, l->n, sizeof *l->row, by_code);
    return true;
}

static int is_list(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".list") == 0;
}

bool lists_read(struct rules *r, const char *dir, struct buf *error)
{
    struct dirent **d;
    int n = dir ? scandir(dir, &d, is_list, alphasort) : -1;
    bool good = true;
    if (n < 0)
        return true;
    r->list = arena_alloc(&r->mem, (size_t)(n + 1) * sizeof *r->list);
    for (int i = 0; i < n; i++) {
        struct buf path = {0};
        buf_printf(&path, "%s/%s", dir, d[i]->d_name);
        good = good && take_list(r, buf_cstr(&path), d[i]->d_name, strlen(d[i]->d_name) - 5, error);
        buf_free(&path);
        free(d[i]);
    }
    free(d);
    return good;
}
