/* The lines of a rule file: a word that says what follows, and it. A line that begins with a blank
 * goes on with the one before. */
#include "common/rules/rules_int.h"
#include <stdio.h>
#include <stdlib.h>

bool rule_fault(const struct source *s, const char *at, struct buf *error, const char *fmt, ...)
{
    int line = 1, column = 1;
    for (const char *p = s->text.p; p < at && p < s->text.p + s->text.n; p++, column++)
        if (*p == '\n') {
            line++;
            column = 0;
        }
    buf_printf(error, "%s:%d:%d: ", s->file, line, column);
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_puts(error, text);
    return false;
}

void rule_waits(struct rules *r, struct rule *u, phi_str table)
{
    struct buf b = {0};
    size_t n = table.n;
    for (const char *p = u->waits; p && *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, table.p, n) == 0)
            return;
    if (u->waits)
        buf_printf(&b, "%s ", u->waits);
    buf_add(&b, table.p, table.n);
    u->waits = arena_strndup(&r->mem, b.p, b.len);
    buf_free(&b);
}

/* One logical line. */
struct entry {
    struct rules *rules;
    struct rule *u;
    const char *key, *p, *end; /* p: behind the key */
    struct buf *error;
};

static char *words(struct entry *e)
{
    return arena_strndup(&e->rules->mem, e->p, (size_t)(e->end - e->p));
}

static bool complain(struct entry *e, const char *what)
{
    return rule_fault(&e->u->src, e->p, e->error, "%s", what);
}

static bool take_id(struct entry *e)
{
    const char *id = e->u->id = words(e);
    size_t n = strlen(id);
    if (n < 3 || n > 11 || strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != n)
        return complain(e, "an id has 3 to 11 capital letters, digits and hyphens");
    if (id[0] == 'S' && id[1] >= '1' && id[1] <= '7')
        e->u->level = (uint8_t)(id[1] - '0');
    return true;
}

static bool take_level(struct entry *e)
{
    if (e->end - e->p != 1 || *e->p < '1' || *e->p > '7')
        return complain(e, "a level is a number from 1 to 7");
    if (e->u->level && e->u->level != *e->p - '0')
        return complain(e, "the id says another level");
    e->u->level = (uint8_t)(*e->p - '0');
    return true;
}

static bool take_on(struct entry *e)
{
    struct rule *u = e->u;
    u->on = words(e);
    for (const char *p = e->p; p < e->end;) {
        const char *from = p;
        while (p < e->end && *p != ' ')
            p++;
        if (u->ons == GUIDES_OF_RULE)
            return complain(e, "too many transactions");
        u->on_at[u->ons] = from;
        u->on_name[u->ons++] = arena_strndup(&e->rules->mem, from, (size_t)(p - from));
        while (p < e->end && *p == ' ')
            p++;
    }
    return true;
}

static bool take_per(struct entry *e)
{
    e->u->per = words(e);
    e->u->per_at = e->p;
    return true;
}

static bool take_partner(struct entry *e)
{
    e->u->partner = words(e);
    e->u->partner_at = e->p;
    return true;
}

/* "transaction", or "transaction or warning": all that it may be told with, the first in general. */
static bool take_severity(struct entry *e)
{
    enum severity one;
    e->u->has_severity = true;
    for (char *w = words(e), * or ; w; w = or) {
        or = strstr(w, " or ");
        if (or) {
            * or = 0;
            or += 4;
        }
        if (!severity_parse(w, &one))
            return complain(e, "a severity is warning, exception, claim, transaction, group or "
                               "interchange");
        if (!e->u->severities)
            e->u->severity = one;
        e->u->severities |= (uint8_t)(1u << one);
    }
    return true;
}

static bool take_checked(struct entry *e)
{
    e->u->has_checked = true;
    return severity_parse(words(e), &e->u->checked) ||
           complain(e,
                    "a severity is warning, exception, claim, transaction, group or interchange");
}

static bool take_report(struct entry *e)
{
    const char *p = e->p;
    if (e->end - p > 21 && !memchr(p, '|', (size_t)(e->end - p)))
        return complain(e, "a report has at most 21 characters, as in \"277CA A7:562:85\"");
    char *to = words(e);
    for (char *from = to; from;
         from = strchr(from, '|')) { /* one blank in each of several reports */
        char *blank = strchr(from, ' ');
        if (!blank)
            break;
        *blank = ':';
        from = blank;
    }
    e->u->report = to;
    return true;
}

static bool take_source(struct entry *e)
{
    e->u->origin = words(e);
    return true;
}

/* A text that goes on in the next line is one line to who reads it. */
static const char *one_line(const char *text)
{
    for (char *p = strchr(text, '\n'); p; p = strchr(p, '\n'))
        memmove(p, p + 1, strlen(p)); /* the line behind it begins with a blank */
    return text;
}

static bool take_text(struct entry *e)
{
    e->u->text = one_line(words(e));
    return true;
}

static bool take_by(struct entry *e)
{
    char *w = words(e), *blank = strchr(w, ' ');
    if (blank) {
        *blank = 0;
        e->u->why = blank + 1;
    }
    e->u->by = w;
    if (strcmp(w, "nobody") == 0 && !e->u->why)
        return complain(e, "who says \"by nobody\" says why");
    return true;
}

static bool take_day(struct entry *e, int32_t *day)
{
    char digits[9] = "";
    if (e->end - e->p == 10 && e->p[4] == '-' && e->p[7] == '-') {
        memcpy(digits, e->p, 4);
        memcpy(digits + 4, e->p + 5, 2);
        memcpy(digits + 6, e->p + 8, 2);
    }
    return date_parse(phi_lit(digits), day) || complain(e, "a day is written 2012-01-31");
}

static bool take_from(struct entry *e)
{
    return take_day(e, &e->u->from);
}

static bool take_to(struct entry *e)
{
    return take_day(e, &e->u->to);
}

static bool take_path(struct entry *e, uint16_t *to)
{
    return (*to = path_read(e->rules, e->u, e->p, e->end, e->error)) != 0;
}

static bool take_at(struct entry *e)
{
    return take_path(e, &e->u->at);
}

static bool take_dated(struct entry *e)
{
    return take_path(e, &e->u->dated);
}

static bool take_when(struct entry *e)
{
    return (e->u->when = expr_read(e->rules, e->u, e->p, e->end, KIND_TRUTH, e->error)) != 0;
}

static bool take_need(struct entry *e)
{
    if (e->u->lua.n)
        return complain(e, "a rule has either need or lua");
    return (e->u->need = expr_read(e->rules, e->u, e->p, e->end, KIND_TRUTH, e->error)) != 0;
}

/* NAME PATH */
static bool take_reads(struct entry *e)
{
    struct rule *u = e->u;
    const char *p = e->p;
    while (p < e->end && *p != ' ')
        p++;
    if (u->reads == READS)
        return complain(e, "too many values are read");
    struct rule_read *to = &u->read[u->reads++];
    to->name = arena_strndup(&e->rules->mem, e->p, (size_t)(p - e->p));
    if (!(*e->p >= 'a' && *e->p <= 'z') ||
        strspn(to->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(to->name))
        return complain(e, "a name in small letters and a path are wanted here");
    e->p = p;
    to->path = path_read(e->rules, u, p, e->end, e->error);
    if (!to->path)
        return false;
    const struct path *h = &u->path[u->expr[to->path].n];
    return *h->seg || complain(e, "a segment or a value is read, not a loop");
}

static bool take_lua(struct entry *e)
{
    char why[160];
    int line = 1;
    phi_str text = phi_of(e->p, (size_t)(e->end - e->p));
    if (e->u->need)
        return complain(e, "a rule has either need or lua");
    if (!lua_check(text, &line, why, sizeof why)) {
        while (line > 1 && e->p < e->end)
            line -= *e->p++ == '\n';
        return complain(e, why);
    }
    e->u->need = lua_need(e->u, text);
    return true;
}

static bool take_fixture(struct entry *e)
{
    struct rule *u = e->u;
    struct fixture *f = arena_alloc(&e->rules->mem, (u->fixtures + 1) * sizeof *f);
    if (u->fixtures)
        memcpy(f, u->fixture, u->fixtures * sizeof *f);
    u->fixture = f;
    f += u->fixtures++;
    f->fail = *e->key == 'f';
    f->line = 1;
    for (const char *p = u->src.text.p; p < e->key; p++)
        f->line += *p == '\n';
    char *w = words(e), *blank = strchr(w, ' ');
    f->edits = "";
    if (blank) {
        *blank = 0;
        f->edits = blank + 1;
    }
    f->base = w;
    return strchr(w, '/') || complain(e, "a fixture names a file below fixtures first");
}

static bool take_facts(struct entry *e)
{
    e->u->facts = words(e);
    return strspn(e->u->facts, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(e->u->facts) ||
           complain(e, "facts names a folder below fixtures/facts");
}

/* Tables that whoever carries the rule out asks. */
static bool take_asks(struct entry *e)
{
    for (const char *p = e->p, *q; p < e->end; p = q + 1) {
        q = memchr(p, ' ', (size_t)(e->end - p));
        q = q ? q : e->end;
        if (q > p && !facts_table(e->rules->facts, phi_of(p, (size_t)(q - p))))
            rule_waits(e->rules, e->u, phi_of(p, (size_t)(q - p)));
    }
    return true;
}

static const struct {
    const char *key;
    bool (*take)(struct entry *e);
    bool again;
} keys[] = {
    {"rule", take_id},
    {"level", take_level},
    {"on", take_on},
    {"per", take_per},
    {"severity", take_severity},
    {"severity-when-checked", take_checked},
    {"report", take_report},
    {"source", take_source},
    {"text", take_text},
    {"by", take_by},
    {"from", take_from},
    {"to", take_to},
    {"at", take_at},
    {"dated", take_dated},
    {"when", take_when},
    {"need", take_need},
    {"partner", take_partner},
    {"pass", take_fixture, true},
    {"fail", take_fixture, true},
    {"facts", take_facts},
    {"asks", take_asks},
    {"reads", take_reads, true},
    {"lua", take_lua},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool take(struct entry *e, uint32_t *seen)
{
    size_t n = 0;
    while (e->key + n < e->end && e->key[n] != ' ' && e->key[n] != '\n')
        n++;
    e->p = e->key + n;
    while (e->p < e->end && (*e->p == ' ' || *e->p == '\n'))
        e->p++;
    for (int i = 0; i < KEYS; i++) {
        if (strlen(keys[i].key) != n || memcmp(keys[i].key, e->key, n) != 0)
            continue;
        if (*seen >> i & 1 && !keys[i].again)
            return rule_fault(&e->u->src, e->key, e->error, "%s is said twice", keys[i].key);
        if (i && !(*seen & 1))
            return rule_fault(&e->u->src, e->key, e->error, "a rule begins with its id");
        *seen |= 1u << i;
        return e->p < e->end ? keys[i].take(e) : complain(e, "something has to follow");
    }
    return rule_fault(&e->u->src, e->key, e->error, "no such line in a rule");
}

/* The end of the logical line that begins at p; *next: behind it. */
static const char *line_end(const char *p, const char *end, const char **next)
{
    const char *q = p;
    do {
        while (q < end && *q != '\n')
            q++;
        *next = q < end ? q + 1 : end;
        const char *more = *next; /* empty lines within */
        while (more < end && *more == '\n')
            more++;
        if (more == end || *more != ' ')
            break;
        *next = q = more;
    } while (q < end);
    while (q > p && (q[-1] == ' ' || q[-1] == '\r' || q[-1] == '\n'))
        q--;
    return q;
}

static bool whole(struct rule *u, struct buf *error)
{
    const char *at = u->src.text.p;
    if (!u->id || !u->level || !u->on || !u->text || !u->origin || !u->has_severity)
        return rule_fault(&u->src, at, error,
                          "a rule has an id, a level, on, severity, source and text");
    if (!u->need && !u->by)
        return rule_fault(&u->src, at, error, "a rule has need, or by, or both");
    if (u->need && !u->per)
        return rule_fault(&u->src, at, error, "a rule with need says per what it is tried");
    if ((u->from != INT32_MIN || u->to != INT32_MAX) && !u->dated)
        return rule_fault(&u->src, at, error, "from and to need the date they go by: dated");
    if (u->from > u->to)
        return rule_fault(&u->src, at, error,
                          "to is before from: the rule would never be in force");
    if (u->need && (u->severities & (u->severities - 1) || strchr(u->report ? u->report : "", '|')))
        return rule_fault(&u->src, at, error,
                          "only who carries a rule out otherwise can choose between two reports");
    if (!u->has_checked)
        u->checked = u->severity;
    if (!u->report)
        u->report = "";
    if (u->level >= 4 && u->severity > SEV_WARNING && strcmp(u->origin, "recalled") == 0)
        return rule_fault(&u->src, at, error,
                          "a rule that is only recalled is a warning until it is checked");
    return true;
}

/* A rule is read into room for the largest one, and kept in as little as it needs: what is tried for
 * every claim should lie close together. */
static void take_room(struct rules *r, struct rule *u)
{
    if (!r->expr_room) {
        r->expr_room = arena_alloc(&r->mem, EXPRS * sizeof *r->expr_room);
        r->path_room = arena_alloc(&r->mem, PATHS * sizeof *r->path_room);
    }
    u->expr = r->expr_room;
    u->path = r->path_room;
}

static void set_keys(struct rules *r, struct path *p)
{
    uint64_t *key = arena_alloc(&r->mem, (p->preds + 1) * sizeof *key);
    p->pred_key = key;
    for (uint32_t i = 0; i < p->preds; i++) {
        key[i] = g_key(p->pred[i].p, p->pred[i].n);
        if (p->pred[i].n > 8)
            p->pred_key = NULL;
    }
}

static void leave_room(struct rules *r, struct rule *u)
{
    struct expr *expr = arena_alloc(&r->mem, u->exprs * sizeof *expr);
    struct path *path = arena_alloc(&r->mem, (u->paths + 1) * sizeof *path);
    memcpy(expr, u->expr, u->exprs * sizeof *expr);
    memcpy(path, u->path, u->paths * sizeof *path);
    for (uint32_t i = 0; i < u->paths; i++)
        set_keys(r, &path[i]);
    memset(u->expr, 0, u->exprs * sizeof *expr);
    memset(u->path, 0, u->paths * sizeof *path);
    u->expr = expr;
    u->path = path;
}

struct rule *rule_read(struct rules *r, const char *file, phi_str text, struct buf *error)
{
    struct rule *u = arena_alloc(&r->mem, sizeof *u);
    struct entry e = {.rules = r, .u = u, .error = error};
    const char *end = text.p + text.n, *next;
    uint32_t seen = 0;
    u->src = (struct source){arena_strdup(&r->mem, file), text};
    u->from = INT32_MIN;
    u->to = INT32_MAX;
    u->exprs = 1;
    take_room(r, u);
    for (const char *p = text.p; p < end; p = next) {
        e.key = p;
        e.end = line_end(p, end, &next);
        if (e.end == p || *p == '#')
            continue;
        if (!take(&e, &seen))
            return NULL;
    }
    leave_room(r, u);
    return whole(u, error) ? u : NULL;
}
