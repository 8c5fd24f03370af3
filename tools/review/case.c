/* A case: the draft of an encounter with a person's decisions carried out on it. Decisions name what
 * the draft shows when they are made ("dx 2"), so they are carried out in their order. */
#include "common/util/log.h"
#include "tools/review/desk.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static phi_str get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

/* "dx 2" or "line 1": the list and the place in it; NULL when it names nothing that is there. */
static json_t *target_of(const struct case_file *c, phi_str target, size_t *at)
{
    bool dx = target.n > 3 && memcmp(target.p, "dx ", 3) == 0;
    bool line = target.n > 5 && memcmp(target.p, "line ", 5) == 0;
    char *end, number[12] = "";
    size_t skip = dx ? 3 : 5;
    if ((!dx && !line) || target.n - skip >= sizeof number)
        return NULL;
    memcpy(number, target.p + skip, target.n - skip);
    long n = strtol(number, &end, 10);
    json_t *list = json_object_get(c->draft, dx ? "dx" : "lines");
    if (*end || n < 1 || (size_t)n > json_array_size(list))
        return NULL;
    *at = (size_t)n - 1;
    return list;
}

static void settle(struct case_file *c, json_t *finding)
{
    if (!json_is_true(json_object_get(finding, "hold")))
        return;
    json_object_set_new(finding, "hold", json_false());
    c->open--;
}

/* Findings about this code, or about this place, are decided. */
static void settle_about(struct case_file *c, phi_str code, phi_str where)
{
    json_t *f, *list = json_object_get(c->body, "findings");
    size_t i;
    json_array_foreach(list, i, f) if ((code.n && phi_eq(get(f, "code"), code)) ||
                                       (code.n && phi_eq(get(f, "other"), code)) ||
                                       (where.n && phi_eq(get(f, "where"), where))) settle(c, f);
}

/* A code that a person put there is not asked about again. */
static void entered(struct case_file *c, phi_str code)
{
    buf_puts(&c->accepted, c->accepted.len ? " */" : "*/");
    buf_phi(&c->accepted, code);
}

static bool letters_and_digits(phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isupper((unsigned char)s.p[i]) && !isdigit((unsigned char)s.p[i]))
            return false;
    return true;
}

static bool a_code(phi_str s)
{
    return s.n >= 3 && s.n <= 7 && letters_and_digits(s);
}

/* "99213-25-GTx2" in place of a line's code, modifiers and units. */
static bool replace_line(json_t *line, phi_str s, const char **why)
{
    json_t *mods = json_array();
    size_t n = 0;
    while (n < s.n && s.p[n] != '-' && s.p[n] != 'x')
        n++;
    phi_str code = phi_of(s.p, n);
    long units = 1;
    while (n + 2 < s.n && s.p[n] == '-' && letters_and_digits(phi_of(s.p + n + 1, 2))) {
        json_array_append_new(mods, json_stringn(s.p + n + 1, 2));
        n += 3;
    }
    if (n + 1 < s.n && s.p[n] == 'x') {
        for (units = 0, n++; n < s.n && isdigit((unsigned char)s.p[n]) && units < 100000; n++)
            units = units * 10 + (s.p[n] - '0');
    }
    if (!a_code(code) || n != s.n || units < 1 || json_array_size(mods) > 4) {
        json_decref(mods);
        *why = "a line is written CODE[-MODIFIER...][xUNITS]";
        return false;
    }
    json_object_set_new(line, "code", json_stringn(code.p, code.n));
    json_object_set_new(line, "mods", mods);
    json_object_set_new(line, "units", json_integer(units));
    return true;
}

static bool replace(struct case_file *c, const struct decision *x, const char **why)
{
    size_t at;
    json_t *list = target_of(c, x->target, &at);
    if (!list) {
        *why = "there is no such diagnosis or line";
        return false;
    }
    json_t *o = json_array_get(list, at);
    struct buf was = {0};
    buf_phi(&was, get(o, "code"));
    bool dx = x->target.p[0] == 'd';
    if (dx && !a_code(x->value)) {
        *why = "a diagnosis code has 3 to 7 capital letters and digits, no point";
        buf_free(&was);
        return false;
    }
    bool good = dx || replace_line(o, x->value, why);
    if (dx)
        json_object_set_new(o, "code", json_stringn(x->value.p, x->value.n));
    if (good) {
        settle_about(c, buf_view(&was), x->target);
        entered(c, get(o, "code"));
    }
    buf_free(&was);
    return good;
}

static bool reject(struct case_file *c, const struct decision *x, const char **why)
{
    size_t at;
    json_t *list = target_of(c, x->target, &at);
    if (x->target.n == 0)
        return true; /* the whole encounter: its state says it */
    if (!list) {
        *why = "there is no such diagnosis or line";
        return false;
    }
    struct buf was = {0};
    buf_phi(&was, get(json_array_get(list, at), "code"));
    json_array_remove(list, at);
    settle_about(c, buf_view(&was), x->target);
    buf_free(&was);
    return true;
}

/* accept RULE, accept "dx 2", or accept everything. */
static bool accept(struct case_file *c, const struct decision *x, const char **why)
{
    json_t *f, *list = json_object_get(c->body, "findings");
    size_t i;
    bool any = x->target.n == 0;
    json_array_foreach(list, i, f)
    {
        bool mine = x->target.n == 0 || phi_eq(get(f, "rule"), x->target) ||
                    phi_eq(get(f, "where"), x->target);
        any |= mine;
        if (mine)
            settle(c, f);
    }
    if (!any)
        *why = "no finding has this rule or place";
    return any;
}

static bool add(struct case_file *c, const struct decision *x, const char **why)
{
    json_t *d, *dx = json_object_get(c->draft, "dx");
    json_int_t n = 0;
    size_t i;
    json_array_foreach(dx, i, d)
    {
        json_int_t k = json_integer_value(json_object_get(d, "n"));
        n = k > n ? k : n;
        if (phi_eq(get(d, "code"), x->value)) {
            *why = "this diagnosis is there already";
            return false;
        }
    }
    if (!a_code(x->value)) {
        *why = "a diagnosis code has 3 to 7 capital letters and digits, no point";
        return false;
    }
    d = json_object();
    json_object_set_new(d, "n", json_integer(n + 1));
    json_object_set_new(d, "code", json_stringn(x->value.p, x->value.n));
    json_array_append_new(dx, d);
    entered(c, x->value);
    return true;
}

/* The physician's answer belongs to the record: an addendum with its date and author. */
static bool answer(struct case_file *c, const struct decision *x, const char **why)
{
    json_t *note = json_object_get(c->draft, "note");
    struct buf text = {0};
    if (c->queries == 0) {
        *why = "there is no open question";
        return false;
    }
    c->queries--;
    if (!json_is_object(note)) {
        note = json_object();
        json_object_set_new(c->draft, "note", note);
    }
    buf_phi(&text, get(note, "text"));
    buf_puts(&text, "\nADDENDUM (");
    buf_phi(&text, x->coder);
    buf_puts(&text, "): ");
    buf_phi(&text, x->value);
    buf_puts(&text, "\n");
    json_t *s = json_stringn(text.p, text.len);
    if (s)
        json_object_set_new(note, "text", s);
    buf_free(&text);
    return s != NULL;
}

bool case_apply(struct case_file *c, const struct decision *x, const char **why)
{
    static const struct {
        const char *verb;
        bool (*apply)(struct case_file *, const struct decision *, const char **);
    } verbs[] = {{"accept", accept},
                 {"replace", replace},
                 {"reject", reject},
                 {"add", add},
                 {"answer", answer}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (phi_is(x->verb, verbs[i].verb))
            return verbs[i].apply(c, x, why);
    c->queries += phi_is(x->verb, "query");
    return true;
}

/* What holds, once more, and "RULE/CODE" of everything that was found: the coder looks only at what
 * is new when it sees the encounter again. */
static void count(struct case_file *c)
{
    json_t *f, *list = json_object_get(c->body, "findings");
    size_t i;
    json_array_foreach(list, i, f)
    {
        c->open += json_is_true(json_object_get(f, "hold"));
        buf_puts(&c->accepted, i ? " " : "");
        buf_phi(&c->accepted, get(f, "rule"));
        buf_putc(&c->accepted, '/');
        buf_phi(&c->accepted, get(f, "code"));
    }
}

bool case_open(struct desk *d, int64_t n, struct case_file *out)
{
    struct arena mem = {0};
    struct record r;
    struct decision x;
    json_error_t where;
    const char *why;
    *out = (struct case_file){0};
    desk_record(d, n, &mem, &r);
    out->body = json_loadb(r.body.p, r.body.n, 0, &where);
    out->draft = json_object_get(out->body, "draft");
    bool good = json_is_object(out->draft);
    if (good)
        count(out);
    for (int k = 0; good && desk_decision(d, n, k, &mem, &x); k++)
        case_apply(out, &x, &why);
    arena_free(&mem);
    if (!good)
        case_close(out);
    return good;
}

void case_close(struct case_file *c)
{
    json_decref(c->body);
    buf_free(&c->accepted);
    *c = (struct case_file){0};
}
