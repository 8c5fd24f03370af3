/* Carrying rules out. */
#include "common/crule/crule_int.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 6, FINDINGS_MOST = 400 };

void remarks_free(struct remarks *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->at[i].text);
    free(f->at);
    *f = (struct remarks){0};
}

static void put(char *out, size_t size, phi_str s)
{
    size_t n = s.n < size - 1 ? s.n : size - 1;
    memcpy(out, s.p, n);
    out[n] = 0;
}

static void where_is(struct run *r, const json_t *o, char *out, size_t size)
{
    static const char *const lists[] = {"dx", "lines"}, *const names[] = {"dx", "line"};
    for (size_t k = 0; k < 2; k++) {
        json_t *x, *list = json_object_get(r->draft, lists[k]);
        size_t i;
        json_array_foreach(list, i, x) if (x == o)
            snprintf(out, size, "%s %u", names[k], (unsigned)i + 1);
    }
}

static void advice(struct run *r, const struct crule *u, struct buf *out)
{
    buf_puts(out, u->text);
    buf_puts(out, ": ");
    for (size_t i = 0; i < u->advice_n; i++) {
        buf_phi(out, u->advice[i].words);
        if (u->advice[i].value)
            buf_phi(out, crule_text(r, crule_eval(r, u->advice[i].value)));
    }
}

static bool said_before(const struct remarks *out, const struct remark *f)
{
    for (size_t i = 0; i < out->n; i++)
        if (out->at[i].rule == f->rule && strcmp(out->at[i].code, f->code) == 0 &&
            strcmp(out->at[i].other, f->other) == 0 &&
            (f->decided || strcmp(out->at[i].where, f->where) == 0))
            return true;
    return false;
}

static void add(struct run *r, const struct crule *u, const json_t *a, const json_t *b,
                struct remarks *out)
{
    struct remark f = {.rule = u->id, .kind = u->kind, .decided = u->decides};
    struct buf text = {0};
    where_is(r, a, f.where, sizeof f.where);
    put(f.code, sizeof f.code, crule_get(a, "code"));
    put(f.other, sizeof f.other,
        b          ? crule_get(b, "code")
        : u->about ? crule_text(r, crule_eval(r, u->about))
                   : phi_lit(""));
    struct value hold = u->hold_if ? crule_eval(r, u->hold_if) : value_num(0);
    f.hold = crule_true(hold);
    f.whole = hold.kind == V_NUM && hold.num > 1;
    if (said_before(out, &f) || out->n == FINDINGS_MOST)
        return;
    advice(r, u, &text);
    f.text = xstrdup(buf_cstr(&text));
    buf_free(&text);
    if (out->n == out->cap) {
        out->cap = out->cap ? out->cap * 2 : 16;
        out->at = xrealloc(out->at, out->cap * sizeof *out->at);
    }
    out->at[out->n++] = f;
}

/* Tries a rule on what is bound; true when it changed the draft. */
static bool try_rule(struct run *r, const struct crule *u, const json_t *a, const json_t *b,
                     struct remarks *out)
{
    bool changed = false;
    if ((u->when && !crule_true(crule_eval(r, u->when))) ||
        (u->need && crule_true(crule_eval(r, u->need))))
        return false;
    add(r, u, a, b, out);
    for (size_t i = 0; i < u->changes_n; i++)
        changed |= crule_change(r, &u->changes[i]);
    return changed;
}

static bool try_on(struct run *r, const struct crule *u, json_t *a, json_t *b, const char *first,
                   struct remarks *out)
{
    struct binding one = {phi_lit(first), {.kind = V_JSON, .json = a}, NULL};
    struct binding two = {phi_lit("b"), {.kind = V_JSON, .json = b}, &one};
    r->top = b ? &two : &one;
    bool changed = try_rule(r, u, a, b, out);
    r->top = NULL;
    return changed;
}

static bool singles(struct run *r, const struct crule *u, json_t *list, const char *name,
                    struct remarks *out)
{
    json_t *x;
    size_t i;
    json_array_foreach(list, i, x) if (try_on(r, u, x, NULL, name, out)) return true;
    return false;
}

static bool pairs(struct run *r, const struct crule *u, json_t *list, struct remarks *out)
{
    json_t *x, *y;
    size_t i, k;
    json_array_foreach(list, i, x) json_array_foreach(list, k, y)
    {
        if (i != k && try_on(r, u, x, y, "a", out))
            return true;
    }
    return false;
}

/* One pass; true when the rule changed the draft (it stops there, as lists have moved). */
static bool pass(struct run *r, const struct crule *u, struct remarks *out)
{
    json_t *dx = json_object_get(r->draft, "dx"), *lines = json_object_get(r->draft, "lines");
    switch (u->per) {
    case PER_DX:
        return singles(r, u, dx, "d", out);
    case PER_DX_PAIR:
        return pairs(r, u, dx, out);
    case PER_LINE:
        return singles(r, u, lines, "l", out);
    case PER_LINE_PAIR:
        return pairs(r, u, lines, out);
    default:
        return try_rule(r, u, NULL, NULL, out);
    }
}

static bool in_force(const struct run *r, const struct crule *u, const char *only)
{
    phi_str setting = crule_get(r->draft, "setting");
    if (u->decides && json_is_true(json_object_get(r->draft, "frozen")))
        return false; /* a person has decided */
    return r->day >= u->from && r->day <= u->to && (!only || strcmp(only, u->id) == 0) &&
           (!u->setting || phi_is(setting, u->setting));
}

void crules_run(const struct crules *rules, const struct codes *codes, json_t *draft,
                const char *only, struct remarks *out)
{
    struct run r = {.rules = rules, .codes = codes, .draft = draft};
    phi_str note = crule_get(json_object_get(draft, "note"), "text");
    crule_day(crule_get(json_object_get(draft, "dos"), "from"), &r.day);
    for (size_t i = 0; i < note.n; i++)
        buf_putc(&r.low, (char)tolower((unsigned char)note.p[i]));
    r.notes = codes_notes_new(codes, r.day);
    for (int round = 0, changed = 1; round < ROUNDS && changed; round++) {
        changed = 0;
        for (uint32_t i = 0; i < rules->n; i++)
            for (int again = 0; again < 20 && in_force(&r, &rules->rules[i], only); again++) {
                if (!pass(&r, &rules->rules[i], out))
                    break;
                changed = 1;
            }
    }
    codes_notes_free(r.notes);
    doses_free(r.doses);
    buf_free(&r.low);
    arena_free(&r.mem);
}
