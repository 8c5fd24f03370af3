/* Rule files: a word that says what follows, and it. A line that begins with a blank goes on with
 * the one before; # begins a comment. */
#include "common/crule/crule_int.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { RULE_FILE_MOST = 1 << 20 };

struct entry {
    struct crules *all;
    struct crule *u;
    const char *path;
    int line;
    phi_str text; /* behind the key */
    struct buf *error;
};

static bool complain(struct entry *e, const char *what)
{
    buf_printf(e->error, "%s:%d: %s", e->path, e->line, what);
    return false;
}

static phi_str trim(phi_str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = phi_of(s.p + 1, s.n - 1);
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
        s.n--;
    return s;
}

static const char *kept(struct entry *e, phi_str s)
{
    return arena_strndup(&e->all->mem, s.p, s.n);
}

static bool take_expr(struct entry *e, phi_str text, struct node **out)
{
    const char *why;
    *out = crule_expr(arena_phi(&e->all->mem, text), &e->all->mem, &why);
    return *out || complain(e, why);
}

static bool take_day(struct entry *e, int32_t *out)
{
    return crule_day(e->text, out) || complain(e, "a date CCYY-MM-DD expected");
}

static bool take_per(struct entry *e)
{
    static const char *const names[] = {"encounter", "dx", "dx pair", "line", "line pair"};
    for (int i = 0; i < SCOPES; i++)
        if (phi_is(e->text, names[i])) {
            e->u->per = (enum scope_kind)i;
            return true;
        }
    return complain(e, "per: encounter, dx, dx pair, line or line pair");
}

static bool take_decides(struct entry *e)
{
    e->u->decides = phi_is(e->text, "rule");
    return e->u->decides || phi_is(e->text, "person") || complain(e, "decides: rule or person");
}

/* "Bill {x.code} in place of {d.code}" */
static bool take_advice(struct entry *e)
{
    struct crule *u = e->u;
    if (u->advice)
        return complain(e, "do: stands twice in this rule");
    phi_str s = arena_phi(&e->all->mem, e->text);
    struct piece *p = arena_alloc(&e->all->mem, (s.n + 1) * sizeof *p);
    u->advice = p;
    while (s.n) {
        const char *open = memchr(s.p, '{', s.n);
        size_t n = open ? (size_t)(open - s.p) : s.n;
        p->words = phi_of(s.p, n);
        s = phi_of(s.p + n, s.n - n);
        if (s.n) {
            const char *close = memchr(s.p, '}', s.n);
            if (!close)
                return complain(e, "a brace is not closed");
            if (!take_expr(e, phi_of(s.p + 1, (size_t)(close - s.p) - 1), &p->value))
                return false;
            n = (size_t)(close - s.p) + 1;
            s = phi_of(s.p + n, s.n - n);
        }
        p++;
        u->advice_n++;
    }
    return true;
}

static phi_str first_word(phi_str *s)
{
    *s = trim(*s);
    size_t n = 0;
    while (n < s->n && s->p[n] != ' ' && s->p[n] != '\n')
        n++;
    phi_str w = phi_of(s->p, n);
    *s = trim(phi_of(s->p + n, s->n - n));
    return w;
}

/* The first word, blanks within parentheses being part of it. */
static phi_str first_term(phi_str *s)
{
    size_t n = 0;
    int depth = 0;
    for (*s = trim(*s); n < s->n && (depth || (s->p[n] != ' ' && s->p[n] != '\n')); n++)
        depth += (s->p[n] == '(') - (s->p[n] == ')');
    phi_str w = phi_of(s->p, n);
    *s = trim(phi_of(s->p + n, s->n - n));
    return w;
}

/* VERB TARGET VALUE, where VALUE is the rest; "; " parts several changes. */
static bool take_one_change(struct entry *e, phi_str s)
{
    static const struct {
        const char *name;
        bool target, value;
    } verbs[CHANGES] = {{"code", true, true},   {"mod", true, true},     {"unmod", true, true},
                        {"units", true, true},  {"drop", true, false},   {"first", true, false},
                        {"before", true, true}, {"add-dx", false, true}, {"add-line", true, true},
                        {"split", true, true},  {"poa", true, true}};
    struct change c = {0};
    phi_str verb = first_word(&s);
    int v = 0;
    while (v < CHANGES && !phi_is(verb, verbs[v].name))
        v++;
    if (v == CHANGES)
        return complain(e, "unknown change");
    c.verb = (enum change_verb)v;
    if (verbs[v].target && !take_expr(e, first_term(&s), &c.target))
        return false;
    if (verbs[v].value != (s.n > 0))
        return complain(e, "a change has too few or too many words");
    const char *units = c.verb == CH_ADD_LINE ? memmem(s.p, s.n, " units ", 7) : NULL;
    if (units) {
        phi_str more = phi_of(units + 7, (size_t)(s.p + s.n - units) - 7);
        if (!take_expr(e, more, &c.more))
            return false;
        s.n = (size_t)(units - s.p);
    }
    if (s.n && !take_expr(e, s, &c.value))
        return false;
    struct change *list = arena_alloc(&e->all->mem, (e->u->changes_n + 1) * sizeof *list);
    if (e->u->changes_n)
        memcpy(list, e->u->changes, e->u->changes_n * sizeof *list);
    list[e->u->changes_n++] = c;
    e->u->changes = list;
    return true;
}

static bool take_change(struct entry *e)
{
    phi_str s = e->text;
    for (;;) {
        const char *semi = memmem(s.p, s.n, "; ", 2);
        if (!take_one_change(e, phi_of(s.p, semi ? (size_t)(semi - s.p) : s.n)))
            return false;
        if (!semi)
            return true;
        s = phi_of(semi + 2, (size_t)(s.p + s.n - semi) - 2);
    }
}

/* {encounter} [gives SHORT FORM] */
static bool take_fixture(struct entry *e, bool fail)
{
    struct crule_fixture f = {.fail = fail, .line = e->line, .gives = ""};
    const char *gives = memmem(e->text.p, e->text.n, "} gives ", 8);
    phi_str enc = e->text;
    if (gives) {
        enc.n = (size_t)(gives - enc.p) + 1;
        f.gives = kept(e, trim(phi_of(gives + 8, (size_t)(e->text.p + e->text.n - gives) - 8)));
    }
    f.encounter = kept(e, enc);
    struct crule_fixture *list = arena_alloc(&e->all->mem, (e->u->fixtures_n + 1u) * sizeof *list);
    if (e->u->fixtures_n)
        memcpy(list, e->u->fixtures, e->u->fixtures_n * sizeof *list);
    list[e->u->fixtures_n++] = f;
    e->u->fixtures = list;
    return true;
}

static bool take_entry(struct entry *e, phi_str key)
{
    struct crule *u = e->u;
    const struct {
        const char *key;
        const char **text;
    } texts[] = {
        {"kind", &u->kind}, {"text", &u->text}, {"source", &u->source}, {"setting", &u->setting}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (phi_is(key, texts[i].key)) {
            *texts[i].text = kept(e, e->text);
            return true;
        }
    if (phi_is(key, "from"))
        return take_day(e, &u->from);
    if (phi_is(key, "to"))
        return take_day(e, &u->to);
    if (phi_is(key, "per"))
        return take_per(e);
    if (phi_is(key, "decides"))
        return take_decides(e);
    if (phi_is(key, "hold"))
        return take_expr(e, e->text, &u->hold_if);
    if (phi_is(key, "when"))
        return take_expr(e, e->text, &u->when);
    if (phi_is(key, "need"))
        return take_expr(e, e->text, &u->need);
    if (phi_is(key, "about"))
        return take_expr(e, e->text, &u->about);
    if (phi_is(key, "do"))
        return take_advice(e);
    if (phi_is(key, "change"))
        return take_change(e);
    if (phi_is(key, "pass") || phi_is(key, "fail"))
        return take_fixture(e, phi_is(key, "fail"));
    return complain(e, "unknown word at the beginning of a line");
}

static bool complete(struct entry *e)
{
    const struct crule *u = e->u;
    if (!u)
        return true;
    if (!u->kind || !u->text || !u->source || !u->from || (!u->when && !u->need) || !u->advice)
        return complain(e, "the rule above lacks kind, text, source, from, when or do");
    if (u->changes_n && !u->decides)
        return complain(e, "only a rule that decides may change the draft (decides rule)");
    return true;
}

static struct crule *new_rule(struct crules *r)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        r->rules = xrealloc(r->rules, r->cap * sizeof *r->rules);
    }
    r->rules[r->n] = (struct crule){.to = CODES_NO_END};
    return &r->rules[r->n++];
}

/* End of the logical line that begins at p: the next line that does not begin with a blank. */
static const char *line_end(const char *p, const char *end)
{
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        p = nl ? nl + 1 : end;
        if (p == end || (*p != ' ' && *p != '\t'))
            return p;
    }
    return end;
}

bool crule_read_text(struct crules *r, const char *path, phi_str text, struct buf *error)
{
    struct entry e = {.all = r, .path = arena_strdup(&r->mem, path), .line = 1, .error = error};
    const char *end = text.p + text.n;
    for (const char *p = text.p, *next; p < end; p = next) {
        next = line_end(p, end);
        phi_str line = phi_of(p, (size_t)(next - p)), key;
        if (*p != '#' && trim(line).n) {
            key = first_word(&line);
            e.text = line;
            if (phi_is(key, "rule")) {
                if (!complete(&e))
                    return false;
                e.u = new_rule(r);
                e.u->id = kept(&e, line);
                e.u->path = e.path;
            } else if (!e.u) {
                return complain(&e, "a file begins with \"rule ID\"");
            } else if (!take_entry(&e, key)) {
                return false;
            }
        }
        for (const char *c = p; c < next; c++)
            e.line += *c == '\n';
    }
    return complete(&e);
}

/* FAMILY,PATIENT,CODE,LEVEL,MINUTES,FROM,TO; "-" for no patient and for no end. */
static bool em_line(const char *s, struct em_row *row)
{
    char from[11], to[11];
    if (sscanf(s, "%23[a-z_],%3[a-z-],%7[A-Z0-9],%d,%d,%10[0-9-],%10[0-9-]", row->family,
               row->patient, row->code, &row->level, &row->minutes, from, to) != 7)
        return false;
    row->to = INT32_MAX;
    if (*row->patient == '-')
        *row->patient = 0;
    return crule_day(phi_lit(from), &row->from) &&
           (strcmp(to, "-") == 0 || crule_day(phi_lit(to), &row->to));
}

bool crule_read_em(struct crules *r, const char *path, struct buf *error)
{
    struct buf text = {0};
    int line = 0;
    bool ok = fs_read(path, RULE_FILE_MOST, &text) == 0;
    if (!ok)
        buf_printf(error, "cannot read \"%s\": %s", path, strerror(errno));
    char *save = NULL;
    for (char *s = ok ? strtok_r((char *)(uintptr_t)buf_cstr(&text), "\n", &save) : NULL; s;
         s = strtok_r(NULL, "\n", &save)) {
        struct em_row row = {0};
        line++;
        if (*s == '#' || *s == 0)
            continue;
        if (!em_line(s, &row)) {
            buf_printf(error, "%s:%d: family,patient,code,level,minutes,from,to expected", path,
                       line);
            ok = false;
            break;
        }
        r->em = xrealloc(r->em, (r->em_n + 1) * sizeof *r->em);
        r->em[r->em_n++] = row;
    }
    buf_free(&text);
    return ok;
}

static int by_id(const void *a, const void *b)
{
    const struct crule *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static bool sorted(struct crules *r, struct buf *error)
{
    if (r->n)
        qsort(r->rules, r->n, sizeof *r->rules, by_id);
    for (uint32_t i = 1; i < r->n; i++)
        if (strcmp(r->rules[i].id, r->rules[i - 1].id) == 0) {
            buf_printf(error, "%s:1: rule %s stands twice", r->rules[i].path, r->rules[i].id);
            return false;
        }
    return true;
}

static int rule_files(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".rule") == 0;
}

struct crules *crules_load(const char *dir, struct buf *error)
{
    struct crules *r = xcalloc(1, sizeof *r);
    struct dirent **list = NULL;
    char path[PATH_MAX];
    int n = scandir(dir, &list, rule_files, alphasort);
    bool ok = n > 0;
    if (!ok)
        buf_printf(error, "no rules in \"%s\"", dir);
    for (int i = 0; i < n; i++) {
        struct buf text = {0};
        snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
        if (ok && fs_read(path, RULE_FILE_MOST, &text)) {
            buf_printf(error, "cannot read \"%s\": %s", path, strerror(errno));
            ok = false;
        }
        ok = ok && crule_read_text(r, path, buf_view(&text), error);
        buf_free(&text);
        free(list[i]);
    }
    free(list);
    snprintf(path, sizeof path, "%s/em.csv", dir);
    if (ok && crule_read_em(r, path, error) && sorted(r, error))
        return r;
    crules_free(r);
    return NULL;
}

struct crules *crules_parse(phi_str text, struct buf *error)
{
    struct crules *r = xcalloc(1, sizeof *r);
    if (crule_read_text(r, "text", text, error) && sorted(r, error))
        return r;
    crules_free(r);
    return NULL;
}

void crules_free(struct crules *r)
{
    if (!r)
        return;
    arena_free(&r->mem);
    free(r->rules);
    free(r->em);
    free(r);
}

uint32_t crules_count(const struct crules *r)
{
    return r->n;
}

struct crule_info crules_at(const struct crules *r, uint32_t i)
{
    const struct crule *u = &r->rules[i];
    return (struct crule_info){.id = u->id,
                               .kind = u->kind,
                               .text = u->text,
                               .source = u->source,
                               .path = u->path,
                               .decides = u->decides,
                               .from = u->from,
                               .to = u->to,
                               .fixtures = u->fixtures_n};
}

struct crule_fixture crules_fixture(const struct crules *r, uint32_t i, uint32_t k)
{
    return r->rules[i].fixtures[k];
}
