/* One profile file: its lines, each held against the table of what may stand there. */
#include "common/edi/guide_lex.h"
#include "common/partner/profile_keys.h"
#include "common/util/date.h"
#include "common/util/fs.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
    struct profiles *s;
    struct profile *p;
    struct g_lex *x;
    const char *dir;     /* for files of lists; NULL */
    const char *section; /* "" above the first */
    const char *guide;
    uint32_t room;
};

bool profile_fault(const struct profile *p, const struct profile_entry *e, int i, struct buf *error,
                   const char *fmt, ...)
{
    char what[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    buf_printf(error, "%s:%d:%d: %s", p->file, e->line.line, i < 0 ? e->line.column : e->column[i],
               what);
    return false;
}

/* --- words --- */

static bool word_number(const char *s, int64_t lo, int64_t hi)
{
    int64_t v = 0;
    size_t n = strlen(s);
    if (n == 0 || n > 15 || strspn(s, "0123456789") != n)
        return false;
    for (; *s; s++)
        v = v * 10 + (*s - '0');
    return v >= lo && v <= hi;
}

static bool plain(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~' || strchr("*:^~", *s))
            return false;
    return true;
}

static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
            return true;
    return false;
}

static bool mark(const char *s)
{
    char c = *s;
    bool value = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return c > ' ' && c < 0x7f && !s[1] && !value && c != '.' && c != '-';
}

static bool is_day(const char *s, int32_t *day)
{
    char d[9] = "";
    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
        return false;
    memcpy(d, s, 4);
    memcpy(d + 4, s + 5, 2);
    memcpy(d + 6, s + 8, 2);
    return date_parse(phi_lit(d), day);
}

/* "16:30" */
static bool is_hour(const char *s, size_t n)
{
    char d[5] = "";
    if (n != 5 || s[2] != ':')
        return false;
    memcpy(d, s, 2);
    memcpy(d + 2, s + 3, 2);
    return time_valid(phi_lit(d));
}

/* A form of a value: d digit, a capital, w either, . any, [A-C], {n} or {n,m} behind one. */
static bool is_form(const char *s)
{
    bool before = false;
    for (; *s; s++) {
        if (*s == '[') {
            size_t n = strcspn(s, "]");
            if (n < 2 || !s[n])
                return false;
            s += n;
            before = true;
        } else if (*s == '{') {
            size_t n = strspn(s + 1, "0123456789,");
            if (!before || n == 0 || n > 5 || s[n + 1] != '}' || s[1] == ',' || s[n] == ',')
                return false;
            s += n + 1;
            before = false;
        } else if (*s == ']' || *s == '}') {
            return false;
        } else {
            before = true;
        }
    }
    return true;
}

/* --- what follows a key --- */

typedef bool take_fn(struct reader *r, struct profile_entry *e, struct buf *error);
#define FAIL(i, ...) return profile_fault(r->p, e, i, error, __VA_ARGS__)

static bool take_name(struct reader *r, struct profile_entry *e, struct buf *error)
{
    const char *n = e->line.word[0];
    if (strcmp(n, r->p->name) != 0)
        FAIL(0, "the file is that of partner \"%s\"", r->p->name);
    if (e->line.n > 2 || (e->line.n == 2 && strlen(e->line.word[1]) > 60))
        FAIL(1, "behind the name stands at most one label of 60 characters, in quotes");
    r->p->label = e->line.n == 2 ? e->line.word[1] : "";
    return true;
}

static bool take_texts(struct reader *r, struct profile_entry *e, struct buf *error)
{
    for (uint32_t i = 0; i < e->line.n; i++) {
        size_t n = strlen(e->line.word[i]);
        if ((int64_t)n < e->key->min || (int64_t)n > e->key->max)
            FAIL((int)i, "%s: %lld to %lld characters are wanted", e->line.key,
                 (long long)e->key->min, (long long)e->key->max);
        if (!plain(e->line.word[i]))
            FAIL((int)i, "%s holds a byte that cannot stand in a value (* : ^ ~)", e->line.key);
    }
    if (e->key->kind == LINE_TEXT && e->line.n != 1)
        FAIL(1, "%s takes one value (in quotes if it has blanks)", e->line.key);
    return true;
}

static bool take_isa(struct reader *r, struct profile_entry *e, struct buf *error)
{
    static const char known[] = "01 14 20 27 28 29 30 33 ZZ";
    if (e->line.n != 2 || !listed(known, e->line.word[0]))
        FAIL(0, "%s takes a qualifier (%s) and an id", e->line.key, known);
    if (!*e->line.word[1] || strlen(e->line.word[1]) > 15 || !plain(e->line.word[1]))
        FAIL(1, "an interchange id has 1 to 15 plain characters");
    return true;
}

static bool take_choices(struct reader *r, struct profile_entry *e, struct buf *error)
{
    for (uint32_t i = 0; i < e->line.n; i++)
        if (!listed(e->key->choices, e->line.word[i]))
            FAIL((int)i, "%s is one of: %s", e->line.key, e->key->choices);
    if (e->key->kind == LINE_CHOICE && e->line.n != 1)
        FAIL(1, "%s takes one word", e->line.key);
    return true;
}

static bool take_number(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (e->line.n != 1 || !word_number(e->line.word[0], e->key->min, e->key->max))
        FAIL(0, "%s is a number from %lld to %lld", e->line.key, (long long)e->key->min,
             (long long)e->key->max);
    return true;
}

enum { NUMBERS_MOST = 8 };

static bool take_numbers(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (e->line.n < 1 || e->line.n > NUMBERS_MOST)
        FAIL(-1, "%s is one to %d numbers", e->line.key, NUMBERS_MOST);
    for (uint32_t i = 0; i < e->line.n; i++)
        if (!word_number(e->line.word[i], e->key->min, e->key->max))
            FAIL((int)i, "%s is a number from %lld to %lld", e->line.key, (long long)e->key->min,
                 (long long)e->key->max);
    return true;
}

static bool take_marks(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (e->line.n != 4)
        FAIL(0, "four marks are wanted: element, component, repetition, segment");
    for (uint32_t i = 0; i < 4; i++) {
        if (!mark(e->line.word[i]))
            FAIL((int)i, "a delimiter is one mark that is no letter, digit, point or hyphen");
        for (uint32_t k = 0; k < i; k++)
            if (*e->line.word[i] == *e->line.word[k])
                FAIL((int)i, "the delimiters are four different marks");
    }
    return true;
}

static bool take_pattern(struct reader *r, struct profile_entry *e, struct buf *error)
{
    for (uint32_t i = 0; i < e->line.n; i++)
        if (!*e->line.word[i] || strlen(e->line.word[i]) > 80 || !is_form(e->line.word[i]))
            FAIL((int)i, "a form is written with d a w . [A-C] {1,5} and plain characters");
    return true;
}

static bool read_path(struct reader *r, struct profile_entry *e, int i, struct buf *error)
{
    e->path = arena_alloc(&r->s->mem, sizeof *e->path);
    if (profile_path_read(phi_lit(e->line.word[i]), &r->s->mem, e->path))
        return true;
    FAIL(i, "a path is written LOOP, LOOP/SEGMENT[01=VALUE], LOOP/SEGMENT-02 or -02-1");
}

/* A loop of any guide, or "/", what stands in none. */
static bool known_loop(const struct guide_set *s, const char *id)
{
    bool known = !s || strcmp(id, "/") == 0;
    for (uint32_t i = 0; !known && i < s->guides; i++)
        for (uint32_t k = 1; !known && k < s->guide[i]->nodes; k++)
            known = s->guide[i]->node[k].loop && strcmp(s->guide[i]->node[k].id, id) == 0;
    return known;
}

static bool take_rule(struct reader *r, struct profile_entry *e, struct buf *error)
{
    const char *id = e->line.word[0];
    size_t n = strlen(id);
    if (n < 3 || n > 11 || strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != n)
        FAIL(0, "the id of a rule is wanted, such as S2-009");
    if (e->line.n > 2)
        FAIL(2, "behind the rule stands at most one path");
    if (e->line.n == 1)
        return true;
    if (!read_path(r, e, 1, error))
        return false;
    if (e->path->el || e->path->preds)
        FAIL(1, "the place of a rule is a loop or a segment, such as 2010AA/N4");
    if (!known_loop(r->s->guides, e->path->loop))
        FAIL(1, "no guide has a loop %s", e->path->loop);
    return true;
}

static bool take_path(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (e->line.n > 2 || (e->line.n == 2 && strcmp(e->line.word[1], "warn") != 0))
        FAIL(1, "behind the path stands nothing, or \"warn\"");
    return read_path(r, e, 0, error);
}

static bool needs_element(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (!read_path(r, e, 0, error))
        return false;
    if (!e->path->el)
        FAIL(0, "the path of an element is wanted, such as 2300/CLM-05-3");
    return true;
}

static bool take_values(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (e->line.n < 2)
        FAIL(-1, "values takes a path and the values");
    return needs_element(r, e, error);
}

static bool take_range(struct reader *r, struct profile_entry *e, struct buf *error)
{
    uint16_t lo, hi;
    if (e->line.n != 2 || !lex_range(phi_lit(e->line.word[1]), &lo, &hi))
        FAIL((int)e->line.n > 1, "length takes a path and MIN/MAX");
    return needs_element(r, e, error);
}

static bool take_times(struct reader *r, struct profile_entry *e, struct buf *error)
{
    if (e->line.n != 2 || !word_number(e->line.word[1], 1, 60000))
        FAIL((int)e->line.n > 1, "repeat takes a path and a number");
    if (!read_path(r, e, 0, error))
        return false;
    if (e->path->el)
        FAIL(0, "the path of a loop or segment is wanted");
    return true;
}

static bool take_days(struct reader *r, struct profile_entry *e, struct buf *error)
{
    int32_t day;
    for (uint32_t i = 0; i < e->line.n; i++)
        if (!is_day(e->line.word[i], &day))
            FAIL((int)i, "a day is written 2026-12-25");
    return true;
}

static bool take_time(struct reader *r, struct profile_entry *e, struct buf *error)
{
    const char *w = e->line.word[0];
    bool range = e->key->kind == LINE_HOURS;
    bool good = e->line.n == 1 && is_hour(w, range ? strcspn(w, "-") : strlen(w));
    if (good && range)
        good = w[5] == '-' && is_hour(w + 6, strlen(w + 6)) && memcmp(w, w + 6, 5) < 0;
    if (!good)
        FAIL(0, range ? "hours are written 06:00-22:00" : "an hour is written 16:30");
    return true;
}

static bool take_week(struct reader *r, struct profile_entry *e, struct buf *error)
{
    for (uint32_t i = 0; i < e->line.n; i++)
        if (!listed("mon tue wed thu fri sat sun", e->line.word[i]))
            FAIL((int)i, "days of the week are mon tue wed thu fri sat sun");
    return true;
}

/* --- lists --- */

static int by_value(const void *a, const void *b)
{
    const phi_str *x = a, *y = b;
    return phi_cmp(*x, *y);
}

/* The words of a file's lines: one value a line, # begins a comment. */
static bool list_file(struct reader *r, struct profile_entry *e, struct profile_list *l,
                      struct buf *error)
{
    struct buf path = {0}, text = {0};
    const char *name = e->line.word[1];
    if (!r->dir || strchr(name, '/') || *name == '.')
        FAIL(1, "the file of a list lies in the folder of the partner");
    buf_printf(&path, "%s/%s/%s", r->dir, r->p->name, name);
    bool good = fs_read(buf_cstr(&path), 64 << 20, &text) == 0;
    if (!good)
        profile_fault(r->p, e, 1, error, "cannot read %s: %s", buf_cstr(&path), strerror(errno));
    phi_str all = arena_phi(&r->s->mem, buf_view(&text));
    size_t lines = 1;
    for (size_t i = 0; i < all.n; i++)
        lines += all.p[i] == '\n';
    phi_str *v = arena_alloc(&r->s->mem, lines * sizeof *v);
    for (size_t at = 0; good && at < all.n;) {
        size_t to = at, n;
        while (to < all.n && all.p[to] != '\n')
            to++;
        for (n = 0; at + n < to && all.p[at + n] > ' ' && all.p[at + n] != '#'; n++)
            ;
        if (n)
            v[l->n++] = phi_of(all.p + at, n);
        at = to + 1;
    }
    l->value = v;
    buf_free(&path);
    buf_free(&text);
    return good;
}

static bool take_list(struct reader *r, struct profile_entry *e, struct buf *error)
{
    struct profile *p = r->p;
    struct profile_list l = {.name = e->line.key};
    size_t n = strlen(l.name);
    if (n > 31 || strspn(l.name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
        FAIL(-1, "the name of a list is small letters, digits and hyphens");
    if (profile_list(p, phi_lit(l.name)))
        FAIL(-1, "the list \"%s\" stands twice", l.name);
    if (strcmp(e->line.word[0], "file") == 0) {
        if (e->line.n != 2)
            FAIL(0, "behind \"file\" stands the name of a file");
        if (!list_file(r, e, &l, error))
            return false;
    } else {
        phi_str *v = arena_alloc(&r->s->mem, e->line.n * sizeof *v);
        for (; l.n < e->line.n; l.n++)
            v[l.n] = phi_lit(e->line.word[l.n]);
        l.value = v;
    }
    qsort((void *)l.value, l.n, sizeof *l.value, by_value);
    struct profile_list *all = arena_alloc(&r->s->mem, (p->lists + 1) * sizeof *all);
    if (p->lists)
        memcpy(all, p->list, p->lists * sizeof *all);
    all[p->lists++] = l;
    p->list = all;
    return true;
}

static take_fn *const TAKE[] = {
    [LINE_NAME] = take_name,     [LINE_TEXT] = take_texts,     [LINE_TEXTS] = take_texts,
    [LINE_ISA] = take_isa,       [LINE_CHOICE] = take_choices, [LINE_CHOICES] = take_choices,
    [LINE_NUMBER] = take_number, [LINE_MARKS] = take_marks,    [LINE_PATTERN] = take_pattern,
    [LINE_RULE] = take_rule,     [LINE_PATH] = take_path,      [LINE_VALUES] = take_values,
    [LINE_RANGE] = take_range,   [LINE_TIMES] = take_times,    [LINE_LIST] = take_list,
    [LINE_DAYS] = take_days,     [LINE_TIME] = take_time,      [LINE_HOURS] = take_time,
    [LINE_WEEK] = take_week,     [LINE_NUMBERS] = take_numbers};

/* --- lines --- */

static struct profile_entry *add_entry(struct reader *r)
{
    struct profile *p = r->p;
    if (p->entries == r->room) {
        uint32_t room = r->room ? r->room * 2 : 32;
        struct profile_entry *all = arena_alloc(&r->s->mem, room * sizeof *all);
        if (p->entries)
            memcpy(all, p->entry, p->entries * sizeof *all);
        p->entry = all;
        r->room = room;
    }
    return &p->entry[p->entries++];
}

static bool before(const struct reader *r, const struct profile_entry *e)
{
    for (uint32_t i = 0; i + 1 < r->p->entries; i++) {
        const struct profile_entry *o = &r->p->entry[i];
        bool same_guide =
            o->line.guide == e->line.guide ||
            (o->line.guide && e->line.guide && strcmp(o->line.guide, e->line.guide) == 0);
        if (o->key == e->key && same_guide && strcmp(o->line.key, e->line.key) == 0)
            return true;
    }
    return false;
}

static bool take_line(struct reader *r, struct buf *error)
{
    struct g_lex *x = r->x;
    const struct g_word *w = lex_word(x);
    const struct profile_key *key = profile_key_find(r->section, w->s);
    if (!key) {
        struct buf known = {0};
        profile_known(r->section, &known);
        lex_fail(x, "no such line here; known are %s", buf_cstr(&known));
        buf_free(&known);
        return false;
    }
    struct profile_entry *e = add_entry(r);
    uint32_t n = (uint32_t)(x->n - x->next);
    const char **word = arena_alloc(&r->s->mem, (n + 1) * sizeof *word);
    int *column = arena_alloc(&r->s->mem, (n + 1) * sizeof *column);
    *e = (struct profile_entry){.key = key, .column = column};
    e->line = (struct profile_line){.section = key->section,
                                    .key = arena_strndup(&r->s->mem, w->s.p, w->s.n),
                                    .guide = r->guide,
                                    .word = word,
                                    .line = x->line,
                                    .column = w->column,
                                    .says = key->says};
    if (!n)
        return profile_fault(r->p, e, -1, error, "something has to follow");
    column[n] = x->word[x->n - 1].column;
    for (const struct g_word *v; (v = lex_word(x)); e->line.n++) {
        word[e->line.n] = arena_strndup(&r->s->mem, v->s.p, v->s.n);
        column[e->line.n] = v->column;
    }
    if (!key->many && before(r, e))
        return profile_fault(r->p, e, -1, error, "%s stands twice", e->line.key);
    return TAKE[key->kind](r, e, error);
}

static bool take_section(struct reader *r)
{
    struct g_lex *x = r->x;
    const struct g_word *w = lex_word(x);
    const char *section = profile_section_find(w->s);
    if (!section) {
        struct buf known = {0};
        profile_known(NULL, &known);
        lex_fail(x, "no such section; known are partner, payer, %s", buf_cstr(&known));
        buf_free(&known);
        return false;
    }
    r->section = section;
    r->guide = NULL;
    if (strcmp(section, "guide") == 0) {
        const struct g_word *g = lex_word(x);
        if (!g)
            return lex_fail(x, "the name of a guide has to follow, such as 837P");
        bool known = !r->s->guides;
        for (uint32_t i = 0; !known && i < r->s->guides->guides; i++)
            known = phi_is(g->s, r->s->guides->guide[i]->name);
        if (!known)
            return lex_fail(x, "there is no guide of this name");
        r->guide = arena_strndup(&r->s->mem, g->s.p, g->s.n);
    }
    return !lex_word(x) || lex_fail(x, "nothing follows the name of a section");
}

static bool take(struct reader *r, struct buf *error)
{
    struct g_lex *x = r->x;
    bool top = phi_is(lex_peek(x)->s, "partner") || phi_is(lex_peek(x)->s, "payer");
    if (x->level > 1)
        return lex_fail_at(x, x->indent_col, "settings stand two blanks inside their section");
    if (x->level == 0) {
        if (!r->p->entries && !phi_is(lex_peek(x)->s, "partner"))
            return lex_fail_at(x, x->indent_col, "a profile begins with \"partner\" and its name");
        if (!top)
            return take_section(r);
        r->section = "";
        r->guide = NULL;
        return take_line(r, error);
    }
    if (!*r->section)
        return lex_fail_at(x, x->indent_col, "indented, but the line above is no section");
    return take_line(r, error);
}

/* What words say of each other, when all lines are read. */
static bool whole(struct reader *r, struct buf *error)
{
    struct profile *p = r->p;
    for (uint32_t i = 0; i < p->entries; i++) {
        struct profile_entry *e = &p->entry[i];
        bool values = e->key->kind == LINE_VALUES;
        bool roster = strcmp(e->line.key, "rendering") == 0 && !strcmp(e->line.section, "claims");
        const char *w = values ? e->line.word[1] : roster ? e->line.word[0] : "";
        if (roster && (*w != '@' || e->line.n != 1))
            return profile_fault(p, e, 0, error, "rendering takes the name of a list, as @roster");
        if (*w == '@' && !profile_list(p, phi_lit(w + 1)))
            return profile_fault(p, e, values, error, "the profile has no list of this name");
        if (*w == '@' && values && e->line.n != 2)
            return profile_fault(p, e, 2, error, "nothing follows the name of a list");
    }
    return true;
}

struct profile *profile_read(struct profiles *s, const char *name, const char *path,
                             const char *dir, phi_str text, struct buf *error)
{
    struct profile *p = arena_alloc(&s->mem, sizeof *p);
    struct g_lex *x = arena_alloc(&s->mem, sizeof *x);
    struct reader r = {.s = s, .p = p, .x = x, .dir = dir, .section = ""};
    p->name = arena_strdup(&s->mem, name);
    p->file = arena_strdup(&s->mem, path);
    p->label = "";
    lex_open(x, p->file, text, error);
    bool good = true;
    while (good && lex_line(x))
        good = take(&r, error);
    good = good && !x->failed;
    if (good && !p->entries) {
        x->line = x->line ? x->line : 1;
        good = lex_fail_at(x, 1, "a profile begins with \"partner\" and its name");
    }
    return good && whole(&r, error) ? p : NULL;
}
