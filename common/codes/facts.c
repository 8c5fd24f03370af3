/* Tables of facts: CSV as RFC 4180 has it, and an index for each set of columns that rules ask. */
#include "common/codes/facts.h"
#include "common/util/arena.h"
#include "common/util/date.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum { COLUMNS = 40, FACT_BYTES = 1 << 30, NAME = 24 };

struct fact_table {
    char name[NAME];
    phi_str column[COLUMNS];
    uint32_t columns, rows, room;
    int from, to;  /* columns of that name, -1 */
    phi_str *cell; /* rows of columns */
    int32_t *day;  /* two a row, when there is a from or a to */
};

struct fact_index {
    struct fact_index *more;
    const struct fact_table *t;
    uint8_t column[FACT_KEYS];
    uint32_t columns, mask;
    uint32_t *head, *next; /* row and 1; 0: none */
};

struct facts {
    struct arena mem;
    struct fact_table **table;
    uint32_t tables;
    struct fact_index *index;
};

struct facts *facts_new(void)
{
    return xcalloc(1, sizeof(struct facts));
}

/* --- reading --- */

struct csv {
    struct facts *f;
    const char *path, *p, *end;
    uint32_t line;
    struct buf *error;
};

static bool complain(struct csv *c, const char *what)
{
    buf_printf(c->error, "%s:%u: %s", c->path, c->line, what);
    return false;
}

static phi_str trimmed(const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    while (end > p && end[-1] == ' ')
        end--;
    return phi_of(p, (size_t)(end - p));
}

/* "…" with "" for a quote; *p stands on the first quote. */
static bool quoted(struct csv *c, phi_str *out)
{
    struct buf b = {0};
    for (c->p++; c->p < c->end; c->p++) {
        if (*c->p == '"' && (c->p + 1 == c->end || c->p[1] != '"'))
            break;
        c->p += *c->p == '"';
        c->line += *c->p == '\n';
        buf_putc(&b, *c->p);
    }
    phi_str v = arena_phi(&c->f->mem, buf_view(&b));
    *out = trimmed(v.p, v.p + v.n);
    buf_free(&b);
    if (c->p == c->end)
        return complain(c, "a quote that does not end");
    c->p++;
    return true;
}

/* One cell; *last: the line ends behind it. */
static bool cell(struct csv *c, phi_str *out, bool *last)
{
    while (c->p < c->end && *c->p == ' ')
        c->p++;
    const char *from = c->p;
    if (c->p < c->end && *c->p == '"') {
        if (!quoted(c, out))
            return false;
        from = NULL;
    }
    const char *behind = c->p;
    while (c->p < c->end && *c->p != ',' && *c->p != '\n' && *c->p != '\r')
        c->p++;
    if (from)
        *out = trimmed(from, c->p);
    else if (trimmed(behind, c->p).n)
        return complain(c, "something stands behind a quote");
    *last = c->p == c->end || *c->p != ',';
    if (c->p < c->end && *c->p == '\r')
        c->p++;
    if (c->p < c->end)
        c->p++;
    return true;
}

/* The cells of one line; 0 on a fault or when there is nothing left. */
static uint32_t row(struct csv *c, phi_str *to, bool *good)
{
    uint32_t n = 0;
    bool last = false;
    while (c->p < c->end && (*c->p == '\n' || *c->p == '\r' || *c->p == '#')) {
        const char *q = memchr(c->p, '\n', (size_t)(c->end - c->p));
        c->p = q ? q + 1 : c->end;
        c->line++;
    }
    if (c->p == c->end)
        return 0;
    while (!last) {
        if (n == COLUMNS)
            *good = complain(c, "too many columns");
        if (n == COLUMNS || !(*good = cell(c, &to[n], &last)))
            return 0;
        n++;
    }
    return n;
}

static bool good_name(phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9' && i) &&
            !(s.p[i] == '_' && i))
            return false;
    return s.n > 0 && s.n < NAME;
}

static bool header(struct csv *c, struct fact_table *t)
{
    phi_str name[COLUMNS];
    bool good = true;
    c->line = 1;
    uint32_t n = row(c, name, &good);
    if (!n)
        return good ? complain(c, "the first line names the columns") : false;
    for (uint32_t i = 0; i < n; i++) {
        if (!good_name(name[i]))
            return complain(c, "a column is named with small letters, digits and _");
        for (uint32_t k = 0; k < i; k++)
            if (phi_eq(name[i], name[k]))
                return complain(c, "two columns have the same name");
    }
    if (t->columns) {
        bool same = n == t->columns;
        for (uint32_t i = 0; same && i < n; i++)
            same = phi_eq(name[i], t->column[i]);
        return same || complain(c, "the columns are others than in the folder before");
    }
    memcpy(t->column, name, n * sizeof *name);
    t->columns = n;
    t->from = fact_column(t, phi_lit("from"));
    t->to = fact_column(t, phi_lit("to"));
    return true;
}

static bool days(struct csv *c, struct fact_table *t, const phi_str *v, int32_t *day)
{
    day[0] = INT32_MIN + 1;
    day[1] = INT32_MAX;
    if ((t->from >= 0 && v[t->from].n && !fact_day(v[t->from], &day[0])) ||
        (t->to >= 0 && v[t->to].n && !fact_day(v[t->to], &day[1])))
        return complain(c, "a day is written 2026-01-31 or 20260131");
    return true;
}

static bool take_row(struct csv *c, struct fact_table *t, const phi_str *v, uint32_t n)
{
    if (n != t->columns)
        return complain(c, "the line has not as many values as there are columns");
    if (t->rows == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->cell = xrealloc(t->cell, (size_t)t->room * t->columns * sizeof *t->cell);
        t->day = xrealloc(t->day, (size_t)t->room * 2 * sizeof *t->day);
    }
    memcpy(&t->cell[(size_t)t->rows * t->columns], v, n * sizeof *v);
    return days(c, t, v, &t->day[2 * (size_t)t->rows++]);
}

static struct fact_table *table_for(struct facts *f, const char *name)
{
    struct fact_table *t = facts_table(f, phi_lit(name));
    if (t)
        return t;
    f->table = xrealloc(f->table, (f->tables + 1) * sizeof(struct fact_table *));
    t = f->table[f->tables++] = xcalloc(1, sizeof *t);
    memcpy(t->name, name, strlen(name) + 1);
    t->from = t->to = -1;
    return t;
}

bool facts_add(struct facts *f, const char *name, const char *path, phi_str csv, struct buf *error)
{
    struct csv c = {.f = f, .path = path, .line = 1, .error = error};
    phi_str text = arena_phi(&f->mem, csv), v[COLUMNS];
    bool good = true;
    uint32_t n;
    if (!good_name(phi_lit(name)))
        return complain(&c, "a table is named with small letters, digits and _");
    if (f->index)
        return complain(&c, "a table cannot be added when rules have been loaded");
    if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
        text = phi_of(text.p + 3, text.n - 3);
    c.p = text.p;
    c.end = text.p + text.n;
    struct fact_table *t = table_for(f, name);
    if (!header(&c, t))
        return false;
    for (c.line++; (n = row(&c, v, &good)) != 0; c.line++)
        if (!take_row(&c, t, v, n))
            return false;
    return good;
}

static int is_csv(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && d->d_name[0] != '.' && strcmp(d->d_name + n - 4, ".csv") == 0;
}

static bool take_file(struct facts *f, const char *dir, const char *file, struct buf *error)
{
    struct buf path = {0}, text = {0}, name = {0};
    buf_printf(&path, "%s/%s", dir, file);
    buf_add(&name, file, strlen(file) - 4);
    bool good = fs_read(buf_cstr(&path), FACT_BYTES, &text) == 0;
    if (!good)
        buf_printf(error, "%s: %s", buf_cstr(&path), strerror(errno));
    good = good && facts_add(f, buf_cstr(&name), buf_cstr(&path), buf_view(&text), error);
    buf_free(&path);
    buf_free(&text);
    buf_free(&name);
    return good;
}

static bool folder(struct facts *f, const char *dir, struct buf *error)
{
    struct dirent **d;
    int n = scandir(dir, &d, is_csv, alphasort);
    if (n < 0) {
        buf_printf(error, "%s: %s", dir, strerror(errno));
        return false;
    }
    bool good = true;
    for (int i = 0; i < n; i++) {
        good = good && take_file(f, dir, d[i]->d_name, error);
        free(d[i]);
    }
    free(d);
    return good;
}

bool facts_load(struct facts *f, const char *dirs, struct buf *error)
{
    bool good = true;
    for (const char *p = dirs; good && p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL)
        good = folder(f, arena_strndup(&f->mem, p, strcspn(p, ":")), error);
    return good;
}

void facts_free(struct facts *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->tables; i++) {
        free(f->table[i]->cell);
        free(f->table[i]->day);
        free(f->table[i]);
    }
    free(f->table);
    arena_free(&f->mem);
    free(f);
}

/* --- asking --- */

bool fact_day(phi_str s, int32_t *day)
{
    char digits[9];
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return date_parse(s, day);
    memcpy(digits, s.p, 4);
    memcpy(digits + 4, s.p + 5, 2);
    memcpy(digits + 6, s.p + 8, 2);
    return date_parse(phi_of(digits, 8), day);
}

struct fact_table *facts_table(const struct facts *f, phi_str name)
{
    for (uint32_t i = 0; f && i < f->tables; i++)
        if (phi_is(name, f->table[i]->name))
            return f->table[i];
    return NULL;
}

int fact_column(const struct fact_table *t, phi_str name)
{
    for (uint32_t i = 0; i < t->columns; i++)
        if (phi_eq(t->column[i], name))
            return (int)i;
    return -1;
}

uint32_t fact_rows(const struct fact_table *t)
{
    return t->rows;
}

phi_str fact_cell(const struct fact_table *t, uint32_t r, uint32_t column)
{
    return t->cell[(size_t)r * t->columns + column];
}

bool fact_holds(const struct fact_table *t, uint32_t r, int32_t day)
{
    if (day == INT32_MIN)
        return true;
    return day >= t->day[2 * (size_t)r] && day <= t->day[2 * (size_t)r + 1];
}

bool facts_say(const struct facts *f, phi_str s)
{
    for (uint32_t i = 0; i < f->tables; i++) {
        const struct fact_table *t = f->table[i];
        for (size_t k = 0; k < (size_t)t->rows * t->columns; k++)
            if (phi_eq(t->cell[k], s))
                return true;
    }
    return false;
}

/* FNV-1a over the values, each with its end. */
static uint32_t hash_of(phi_str v, uint32_t h)
{
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ (unsigned char)v.p[i]) * 16777619u;
    return (h ^ 0x1fu) * 16777619u;
}

static uint32_t row_hash(const struct fact_index *x, uint32_t r)
{
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < x->columns; i++)
        h = hash_of(fact_cell(x->t, r, x->column[i]), h);
    return h;
}

const struct fact_index *fact_index_of(struct facts *f, struct fact_table *t, const uint8_t *column,
                                       uint32_t columns)
{
    for (const struct fact_index *x = f->index; x; x = x->more)
        if (x->t == t && x->columns == columns && memcmp(x->column, column, columns) == 0)
            return x;
    struct fact_index *x = arena_alloc(&f->mem, sizeof *x);
    uint32_t slots = 8;
    while (slots < t->rows * 2 && slots < 1u << 31)
        slots *= 2;
    *x = (struct fact_index){.more = f->index, .t = t, .columns = columns, .mask = slots - 1};
    memcpy(x->column, column, columns);
    x->head = arena_alloc(&f->mem, slots * sizeof *x->head);
    x->next = arena_alloc(&f->mem, (t->rows + 1) * sizeof *x->next);
    for (uint32_t r = t->rows; r-- > 0;) {
        uint32_t *slot = &x->head[row_hash(x, r) & x->mask];
        x->next[r] = *slot;
        *slot = r + 1;
    }
    return f->index = x;
}

uint32_t fact_find(const struct fact_index *x, const phi_str *key, uint32_t after)
{
    uint32_t h = 2166136261u, r;
    if (after != UINT32_MAX) {
        r = x->next[after];
    } else {
        for (uint32_t i = 0; i < x->columns; i++)
            h = hash_of(key[i], h);
        r = x->head[h & x->mask];
    }
    for (; r; r = x->next[r - 1]) {
        bool same = true;
        for (uint32_t i = 0; same && i < x->columns; i++)
            same = phi_eq(fact_cell(x->t, r - 1, x->column[i]), key[i]);
        if (same)
            return r - 1;
    }
    return UINT32_MAX;
}
