/* What can be asked of values. A value that is absent or malformed gives no answer. */
#include "common/rules/rules_int.h"
#include <stdlib.h>

/* Values that are compared with each other: 999 lines of an institutional claim and some. */
enum { UNIQUE_MOST = 1024 };
static const struct value UNKNOWN = {0};

static struct value number(int64_t n)
{
    return (struct value){.known = true, .n = n};
}

/* --- patterns --- */

static void set_bits(struct class_of *c, unsigned char from, unsigned char to)
{
    for (unsigned b = from; b <= to && b < 128; b++)
        c->bits[b >> 6] |= 1ull << (b & 63);
}

/* One class at *p; false when it is none. */
static bool read_class(const char **p, const char *end, struct class_of *c)
{
    char k = *(*p)++;
    if (k == 'd' || k == 'w')
        set_bits(c, '0', '9');
    if (k == 'a' || k == 'w')
        set_bits(c, 'A', 'Z');
    if (k == '.')
        set_bits(c, ' ', '~');
    if (strchr("dwa.", k))
        return true;
    if (k != '[') {
        set_bits(c, (unsigned char)k, (unsigned char)k);
        return !strchr("]{}", k);
    }
    while (*p < end && **p != ']') {
        unsigned char from = (unsigned char)*(*p)++, to = from;
        if (end - *p > 2 && **p == '-' && (*p)[1] != ']') {
            to = (unsigned char)(*p)[1];
            *p += 2;
        }
        set_bits(c, from, to);
    }
    return *p < end && *(*p)++ == ']';
}

static bool read_count(const char **p, const char *end, uint8_t *n)
{
    unsigned v = 0;
    const char *from = *p;
    while (*p < end && **p >= '0' && **p <= '9' && v < 100)
        v = v * 10 + (unsigned)(*(*p)++ - '0');
    *n = (uint8_t)v;
    return *p > from && v <= 100;
}

bool pattern_read(phi_str text, struct pattern *out)
{
    const char *p = text.p, *end = text.p + text.n;
    memset(out, 0, sizeof *out);
    while (p < end) {
        if (out->n == sizeof out->part / sizeof *out->part)
            return false;
        struct class_of *c = &out->part[out->n++];
        c->min = c->max = 1;
        if (!read_class(&p, end, c))
            return false;
        if (p == end || *p != '{')
            continue;
        p++;
        if (!read_count(&p, end, &c->min))
            return false;
        c->max = c->min;
        if (p < end && *p == ',' && (p++, !read_count(&p, end, &c->max)))
            return false;
        if (p == end || *p++ != '}' || c->max < c->min)
            return false;
    }
    return out->n > 0;
}

bool pattern_fits(const struct pattern *t, phi_str v)
{
    size_t at = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct class_of *c = &t->part[i];
        uint32_t n = 0;
        while (n < c->max && at < v.n && (unsigned char)v.p[at] < 128 &&
               c->bits[(unsigned char)v.p[at] >> 6] >> (v.p[at] & 63) & 1) {
            at++;
            n++;
        }
        if (n < c->min)
            return false;
    }
    return at == v.n;
}

/* --- functions --- */

/* False when a bit tells at once that there is nothing of the path. */
static bool perhaps(const struct eval *e, uint16_t i)
{
    uint32_t n = (uint32_t)e->u->expr[i].n;
    const struct bound_path *b = &e->path[n];
    return e->u->path[n].var >= 0 || (b->mask & e->r->inst[e->level[b->depth]].mask);
}

static struct value f_exists(struct eval *e, const struct expr *x)
{
    if (!perhaps(e, x->arg[0]))
        return number(0);
    struct cursor k;
    struct hit h;
    cursor_open(&k, e, x->arg[0]);
    return number(cursor_next(&k, &h));
}

static struct value f_count(struct eval *e, const struct expr *x)
{
    struct cursor k;
    struct hit h;
    int64_t n = 0;
    const struct bound_path *b = &e->path[e->u->expr[x->arg[0]].n];
    if (!perhaps(e, x->arg[0]))
        return number(0);
    const struct inst *in = b->count ? &e->r->inst[e->level[b->depth]] : NULL;
    struct memo *m = &e->r->memo[b->count];
    if (in && m->serial == in->serial)
        return number((int64_t)m->key);
    for (cursor_open(&k, e, x->arg[0]); cursor_next(&k, &h);)
        n++;
    if (in && in->to != UINT32_MAX)
        *m = (struct memo){.serial = in->serial, .key = (uint64_t)n};
    return number(n);
}

static struct value f_sum(struct eval *e, const struct expr *x)
{
    struct cursor k;
    struct hit h;
    int64_t sum = 0, v;
    for (cursor_open(&k, e, x->arg[0]); cursor_next(&k, &h);) {
        if (!money_parse(hit_value(e->r, &h), &v) || !money_add(sum, v, &sum))
            return UNKNOWN;
    }
    return number(sum);
}

/* Whole numbers; what stands behind a point is no whole number. */
static struct value f_total(struct eval *e, const struct expr *x)
{
    struct cursor k;
    struct hit h;
    int64_t sum = 0, v;
    for (cursor_open(&k, e, x->arg[0]); cursor_next(&k, &h);) {
        if (!quantity_parse(hit_value(e->r, &h), &v) || v % 1000)
            return UNKNOWN;
        if (!money_add(sum, v / 1000, &sum))
            return UNKNOWN;
    }
    return number(sum);
}

static uint64_t last_bytes(phi_str v)
{
    uint64_t w;
    if (v.n < 8)
        return g_key(v.p, v.n);
    memcpy(&w, v.p + v.n - 8, 8);
    return w;
}

static struct value f_unique(struct eval *e, const struct expr *x)
{
    struct cursor k;
    struct hit h;
    phi_str seen[UNIQUE_MOST], v;
    uint32_t n = 0;
    uint64_t key[UNIQUE_MOST]; /* their last bytes, which differ where numbers are counted up */
    for (cursor_open(&k, e, x->arg[0]); k.simple ? cursor_value(&k, &v) : cursor_next(&k, &h);) {
        if (!k.simple)
            v = hit_value(e->r, &h);
        uint64_t own = last_bytes(v);
        for (uint32_t i = 0; i < n; i++)
            if (key[i] == own && phi_eq(seen[i], v)) {
                e->place = k.simple ? cursor_hit(&k, v) : h;
                e->placed = true;
                return number(0);
            }
        if (n < UNIQUE_MOST) {
            key[n] = own;
            seen[n++] = v;
        }
    }
    return number(1);
}

static struct value f_money(struct eval *e, const struct expr *x)
{
    int64_t v;
    return money_parse(eval_text(e, x->arg[0]), &v) ? number(v) : UNKNOWN;
}

static struct value f_quantity(struct eval *e, const struct expr *x)
{
    int64_t v;
    return quantity_parse(eval_text(e, x->arg[0]), &v) ? number(v) : UNKNOWN;
}

static struct value f_int(struct eval *e, const struct expr *x)
{
    phi_str s = eval_text(e, x->arg[0]);
    int64_t v = 0;
    if (!s.n || s.n > 15)
        return UNKNOWN;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return UNKNOWN;
        v = v * 10 + (s.p[i] - '0');
    }
    return number(v);
}

/* The day of "20260101", of its start when it is a range or has a time behind it. */
static struct value f_date(struct eval *e, const struct expr *x)
{
    int32_t d;
    return rule_day(e->r, eval_text(e, x->arg[0]), &d) ? number(d) : UNKNOWN;
}

static struct value f_date_to(struct eval *e, const struct expr *x)
{
    phi_str s = eval_text(e, x->arg[0]);
    int32_t d;
    const char *to = s.n > 8 ? memchr(s.p, '-', s.n) : NULL;
    if (to)
        s = phi_of(to + 1, (size_t)(s.p + s.n - to - 1));
    return rule_day(e->r, s, &d) ? number(d) : UNKNOWN;
}

static struct value f_today(struct eval *e, const struct expr *x)
{
    (void)x;
    return e->r->now_us ? number(e->r->now_us / 86400000000) : UNKNOWN;
}

static struct value f_len(struct eval *e, const struct expr *x)
{
    return number((int64_t)eval_text(e, x->arg[0]).n);
}

static struct value f_npi(struct eval *e, const struct expr *x)
{
    return number(npi_good(eval_text(e, x->arg[0])));
}

static struct value f_matches(struct eval *e, const struct expr *x)
{
    return number(pattern_fits(x->pattern, eval_text(e, x->arg[0])));
}

static struct value f_begins(struct eval *e, const struct expr *x)
{
    phi_str s = eval_text(e, x->arg[0]), b = eval_text(e, x->arg[1]);
    return number(s.n >= b.n && memcmp(s.p, b.p, b.n) == 0);
}

/* Without a date any day will do. */
void rule_unlisted(struct rules_run *r, const char *system)
{
    enum { MOST = sizeof r->unlisted / sizeof *r->unlisted };
    for (int i = 0; i < MOST; i++) {
        if (r->unlisted[i] && strcmp(r->unlisted[i], system) == 0)
            return;
        if (!r->unlisted[i]) {
            r->unlisted[i] = system;
            return;
        }
    }
}

const char *rules_run_unlisted(const struct rules_run *r, uint32_t i)
{
    return i < sizeof r->unlisted / sizeof *r->unlisted ? r->unlisted[i] : NULL;
}

static struct value f_code(struct eval *e, const struct expr *x)
{
    phi_str v = eval_text(e, x->arg[0]);
    struct value day = {0};
    if (x->args > 1 && !(day = eval_expr(e, x->arg[1])).known)
        return UNKNOWN;
    if (x->list)
        return number(list_has(x->list, v, day.known ? (int32_t)day.n : INT32_MIN));
    const struct codes *t = e->r->rules->codes;
    struct code_system known;
    if (!t || !codes_system(t, x->s.p, &known))
        return UNKNOWN;
    if (e->r->rules->starter && !codes_known(t, x->s.p, v)) {
        rule_unlisted(e->r, x->s.p);
        return UNKNOWN;
    }
    return number(day.known ? codes_find(t, x->s.p, v, phi_of("", 0), (int32_t)day.n) != NULL
                            : codes_known(t, x->s.p, v));
}

static struct value f_part(struct eval *e, const struct expr *x)
{
    phi_str s = eval_text(e, x->arg[0]);
    int64_t from = eval_expr(e, x->arg[1]).n, n = eval_expr(e, x->arg[2]).n;
    struct value v = {.known = true, .s = phi_of("", 0)};
    if (from >= 1 && (size_t)from <= s.n) {
        size_t left = s.n - (size_t)from + 1;
        v.s = phi_of(s.p + from - 1, (size_t)n < left ? (size_t)n : left);
    }
    return v;
}

/* --- what the profile of the partner says: the payer of the claim, or who sent the set --- */

static const struct profile *partner(const struct eval *e)
{
    return e->r->payer ? e->r->payer : e->r->sender;
}

static struct value f_profile(struct eval *e, const struct expr *x)
{
    const char *w = profile_word(partner(e), x->section, x->key, NULL);
    return (struct value){.known = w != NULL, .s = phi_lit(w ? w : "")};
}

static struct value f_profiled(struct eval *e, const struct expr *x)
{
    return number(profile_get(partner(e), x->section, x->key) != NULL);
}

/* The words of the line, or the list that it names. */
static struct value f_profile_has(struct eval *e, const struct expr *x)
{
    const struct profile *p = partner(e);
    phi_str v = eval_text(e, x->arg[0]);
    const char *w = profile_word(p, x->section, x->key, "");
    const struct profile_list *l = strcmp(x->section, "lists") == 0
                                       ? profile_list(p, phi_lit(x->key))
                                   : *w == '@' ? profile_list(p, phi_lit(w + 1))
                                               : NULL;
    return number(l ? profile_list_has(l, v) : profile_says(p, x->section, x->key, v));
}

/* One of the forms of the line, and of the lines like it. */
static struct value f_profile_fits(struct eval *e, const struct expr *x)
{
    const struct profile *p = partner(e);
    phi_str v = eval_text(e, x->arg[0]);
    struct pattern t;
    for (uint32_t i = 0; p && i < profile_lines(p); i++) {
        const struct profile_line *l = profile_line(p, i);
        if (strcmp(l->section, x->section) != 0 || strcmp(l->key, x->key) != 0)
            continue;
        for (uint32_t k = 0; k < l->n; k++)
            if (pattern_read(phi_lit(l->word[k]), &t) && pattern_fits(&t, v))
                return number(1);
    }
    return number(0);
}

/* The first of these that is not empty. */
static struct value f_either(struct eval *e, const struct expr *x)
{
    struct value v = {.known = true, .s = phi_of("", 0)};
    for (uint32_t i = 0; i < x->args && !v.s.n; i++)
        v.s = eval_text(e, x->arg[i]);
    return v;
}

/* Whole years from one day to another, as people count their age. */
static struct value f_years(struct eval *e, const struct expr *x)
{
    struct value a = eval_expr(e, x->arg[0]), b = eval_expr(e, x->arg[1]);
    char from[9], to[9];
    if (!a.known || !b.known)
        return UNKNOWN;
    date_ccyymmdd((int32_t)a.n, from);
    date_ccyymmdd((int32_t)b.n, to);
    return number((atoi(to) - atoi(from)) / 10000);
}

static const struct func funcs[] = {
    {"profile", "k", KIND_TEXT, f_profile},
    {"profiled", "k", KIND_TRUTH, f_profiled},
    {"profile_has", "kv", KIND_TRUTH, f_profile_has},
    {"profile_fits", "kv", KIND_TRUTH, f_profile_fits},
    {"exists", "p", KIND_TRUTH, f_exists},
    {"count", "p", KIND_NUMBER, f_count},
    {"sum", "p", KIND_NUMBER, f_sum},
    {"unique", "p", KIND_TRUTH, f_unique},
    {"total", "p", KIND_NUMBER, f_total},
    {"money", "v", KIND_NUMBER, f_money},
    {"quantity", "v", KIND_NUMBER, f_quantity},
    {"int", "v", KIND_NUMBER, f_int},
    {"date", "v", KIND_NUMBER, f_date},
    {"date_to", "v", KIND_NUMBER, f_date_to},
    {"today", "", KIND_NUMBER, f_today},
    {"len", "v", KIND_NUMBER, f_len},
    {"npi", "v", KIND_TRUTH, f_npi},
    {"matches", "vm", KIND_TRUTH, f_matches},
    {"begins", "vv", KIND_TRUTH, f_begins},
    {"code", "svn?", KIND_TRUTH, f_code},
    {"part", "vnn", KIND_TEXT, f_part},
    {"either", "vvv?", KIND_TEXT, f_either},
    {"years", "nn", KIND_NUMBER, f_years},
    {"claims", "", KIND_NUMBER, f_claims},
    {"charged", "", KIND_NUMBER, f_charged},
    {"separator", "", KIND_TEXT, f_separator},
    {"first", "v", KIND_TRUTH, f_first},
    {"steady", "vv", KIND_TRUTH, f_steady},
    {"fresh", "vvv?", KIND_TRUTH, f_fresh},
    {"row", "t", KIND_TRUTH, f_row},
    {"rows", "t", KIND_NUMBER, f_rows},
    {"fact", "c", KIND_TEXT, f_fact},
    {"listed", "vv", KIND_TRUTH, f_listed},
    {"like", "vv", KIND_TRUTH, f_like},
};

uint16_t lua_need(struct rule *u, phi_str text)
{
    static const struct func lua = {"lua", "", KIND_TRUTH, f_lua};
    u->lua = text;
    if (u->exprs == EXPRS)
        return 0;
    u->expr[u->exprs] = (struct expr){.op = OP_CALL, .kind = KIND_TRUTH, .f = &lua};
    return (uint16_t)u->exprs++;
}

const struct func *func_find(phi_str name)
{
    for (size_t i = 0; i < sizeof funcs / sizeof *funcs; i++)
        if (phi_is(name, funcs[i].name))
            return &funcs[i];
    return NULL;
}
