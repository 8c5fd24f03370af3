#include "common/elig/words.h"
#include "common/util/money.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

bool words_load(struct words *w, const char *dir, struct arena *a, struct buf *error)
{
    static const char *const keys[] = {"benefits", "levels", "types", "periods", NULL};
    static const char *const others[] = {"refusals", "follow", NULL};
    struct buf path = {0};
    buf_printf(&path, "%s/words.yaml", dir);
    w->top = conf_read(buf_cstr(&path), a, error);
    buf_clear(&path);
    buf_printf(&path, "%s/refusals.yaml", dir);
    w->refusals = w->top ? conf_read(buf_cstr(&path), a, error) : NULL;
    buf_free(&path);
    return w->top && w->refusals && conf_is(w->top, CONF_MAP, error) &&
           conf_is(w->refusals, CONF_MAP, error) && conf_only(w->top, keys, error) &&
           conf_only(w->refusals, others, error);
}

/* ---- 271 to JSON ---- */

static const struct conf *entry(const struct conf *top, const char *table, phi_str code)
{
    char key[16];
    snprintf(key, sizeof key, "%.*s", (int)(code.n < 15 ? code.n : 15), code.n ? code.p : "");
    return conf_get(conf_get(top, table), key);
}

const char *words_fix(const struct words *w, phi_str code)
{
    return conf_text(entry(w->refusals, "refusals", code), "fix", "ask the payer");
}

/* The word for a code; the code itself where there is none. */
static phi_str word(const struct words *w, const char *table, phi_str code)
{
    const struct conf *c = entry(w->top, table, code);
    return c ? phi_lit(c->text) : code;
}

static void raw(struct buf *b, const char *key)
{
    char last = b->len ? b->p[b->len - 1] : '{';
    buf_printf(b, "%s\"%s\":", last == '{' ? "" : ",", key);
}

static void text(struct buf *b, const char *key, phi_str v)
{
    if (phi_empty(v))
        return;
    raw(b, key);
    buf_json(b, v);
}

/* 20260903 as 2026-09-03; anything else as it is. */
static void day(struct buf *b, const char *key, phi_str v)
{
    char ten[11];
    if (v.n == 8) {
        snprintf(ten, sizeof ten, "%.4s-%.2s-%.2s", v.p, v.p + 4, v.p + 6);
        v = phi_lit(ten);
    }
    text(b, key, v);
}

static const char *yes_no(phi_str v, const char *yes, const char *no, const char *not_applicable)
{
    return phi_is(v, "Y") ? yes : phi_is(v, "N") ? no : phi_is(v, "W") ? not_applicable : "unknown";
}

static void percent(struct buf *b, int64_t thousandths)
{
    raw(b, "percent");
    buf_printf(b, "\"%lld", (long long)(thousandths / 10));
    if (thousandths % 10)
        buf_printf(b, ".%lld", (long long)(thousandths % 10));
    buf_putc(b, '"');
}

static void types(const struct words *w, struct buf *b, const struct elig_benefit *e)
{
    uint32_t n = phi_empty(e->types) ? 0 : edi_parts(e->types, e->rep);
    raw(b, "types");
    buf_putc(b, '[');
    for (uint32_t i = 1; i <= n; i++) {
        phi_str code = e->rep ? edi_part(e->types, e->rep, i) : e->types;
        buf_puts(b, i > 1 ? ",{" : "{");
        text(b, "code", code);
        text(b, "means", word(w, "types", code));
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void benefit(const struct words *w, struct buf *b, const struct elig_benefit *e)
{
    bool left = phi_is(e->period, "29") || phi_is(e->period, "33");
    buf_putc(b, '{');
    text(b, "code", e->info);
    text(b, "means", word(w, "benefits", e->info));
    if (left) {
        raw(b, "left");
        buf_puts(b, "true");
    }
    types(w, b, e);
    text(b, "level", word(w, "levels", e->level));
    text(b, "plan", e->plan);
    text(b, "insurance", e->insurance);
    text(b, "period", word(w, "periods", e->period));
    if (e->has_cents) {
        raw(b, "cents");
        buf_int(b, e->cents);
    }
    if (e->has_part)
        percent(b, e->part);
    text(b, "quantity_kind", e->quantity_kind);
    text(b, "quantity", e->quantity);
    text(b, "procedure", e->code);
    if (!phi_empty(e->network))
        text(b, "network", phi_lit(yes_no(e->network, "in", "out", "in and out")));
    if (!phi_empty(e->authorization))
        text(b, "authorization",
             phi_lit(yes_no(e->authorization, "needed", "not needed", "not applicable")));
    text(b, "text", e->text);
    buf_putc(b, '}');
}

static void refusal(const struct words *w, struct buf *b, const struct elig_error *e)
{
    const struct conf *c = entry(w->refusals, "refusals", e->code);
    const struct conf *f = entry(w->refusals, "follow", e->follow);
    buf_putc(b, '{');
    text(b, "code", e->code);
    text(b, "at", phi_lit(e->loop));
    text(b, "means",
         phi_lit(conf_text(c, "means", "refused for a reason that is not in our table")));
    text(b, "fix", phi_lit(conf_text(c, "fix", "ask the payer")));
    text(b, "role", phi_lit(conf_text(c, "role", "biller")));
    text(b, "again", phi_lit(conf_text(c, "again", "corrected")));
    text(b, "follow", e->follow);
    text(b, "follow_means", f ? phi_lit(f->text) : (phi_str){"", 0});
    buf_putc(b, '}');
}

static phi_str of_asked(const json_t *asked, const char *key, phi_str v)
{
    const json_t *k = json_object_get(asked, key);
    return phi_empty(v) && json_is_string(k) ? phi_of(json_string_value(k), json_string_length(k))
                                             : v;
}

static void who(struct buf *b, const struct elig_said *s, const json_t *asked)
{
    const struct elig_person *p = elig_person(s);
    static const phi_str none = {"", 0};
    text(b, "payer", of_asked(asked, "payer", none).n ? of_asked(asked, "payer", none) : s->payer);
    text(b, "payer_name", of_asked(asked, "payer_name", s->payer_name));
    text(b, "npi", of_asked(asked, "npi", s->npi));
    text(b, "member", of_asked(asked, "member", s->subscriber.id));
    phi_str said = s->subscriber.id, was = of_asked(asked, "member", none);
    if (!phi_empty(was) && !phi_eq(was, said))
        text(b, "asked_member", was);
    text(b, "last", of_asked(asked, "last", p->last));
    text(b, "first", of_asked(asked, "first", p->first));
    day(b, "dob", of_asked(asked, "dob", p->dob));
    text(b, "sex", of_asked(asked, "sex", p->sex));
    text(b, "relation",
         s->subscriber_there && !(s->dependent && phi_empty(s->relation))
             ? s->relation
             : of_asked(asked, "relation", none));
    text(b, "group", phi_empty(p->group) ? s->subscriber.group : p->group);
    day(b, "asked_for", of_asked(asked, "day", none));
}

static phi_str plan_of(const struct elig_said *s)
{
    for (uint32_t i = 0; i < s->benefits_n; i++)
        if (!phi_empty(s->benefits[i].plan))
            return s->benefits[i].plan;
    return (phi_str){"", 0};
}

void words_json(const struct words *w, const struct elig_said *s, phi_str trace, phi_str asked,
                struct buf *out)
{
    json_t *a = phi_empty(asked) ? NULL : json_loadb(asked.p, asked.n, 0, NULL);
    buf_putc(out, '{');
    text(out, "trace", trace);
    text(out, "status", phi_lit(elig_status_name(elig_status(s))));
    who(out, s, a);
    day(out, "from", s->from);
    day(out, "to", phi_empty(s->ends) ? s->to : s->ends);
    text(out, "plan", plan_of(s));
    day(out, "answered", s->day);
    raw(out, "errors");
    buf_putc(out, '[');
    for (uint32_t i = 0; i < s->errors_n; i++) {
        buf_puts(out, i ? "," : "");
        refusal(w, out, &s->errors[i]);
    }
    buf_putc(out, ']');
    raw(out, "benefits");
    buf_putc(out, '[');
    for (uint32_t i = 0; i < s->benefits_n; i++) {
        buf_puts(out, i ? "," : "");
        benefit(w, out, &s->benefits[i]);
    }
    buf_puts(out, "]}");
    json_decref(a);
}

/* ---- JSON to text ---- */

static const char *str(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

/* Control bytes of a payer never reach a terminal. */
static void clean(struct buf *b, const char *s)
{
    for (; *s; s++)
        buf_putc(b, (unsigned char)*s < ' ' || *s == 127 ? '?' : *s);
}

static void say(struct buf *b, const char *before, const char *v)
{
    if (!*v)
        return;
    buf_puts(b, before);
    clean(b, v);
}

static void text_types(const json_t *e, struct buf *b)
{
    const json_t *list = json_object_get(e, "types");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        say(b, i ? ", " : "; ", str(t, "means"));
        if (strcmp(str(t, "means"), str(t, "code")) != 0) {
            say(b, " (", str(t, "code"));
            buf_putc(b, ')');
        }
    }
}

static void text_benefit(const json_t *e, struct buf *b)
{
    const json_t *cents = json_object_get(e, "cents");
    bool left = json_is_true(json_object_get(e, "left"));
    buf_puts(b, "    ");
    clean(b, str(e, "means"));
    buf_puts(b, left ? " left" : "");
    if (cents) {
        buf_putc(b, ' ');
        money_human(b, json_integer_value(cents));
    }
    say(b, " ", str(e, "percent"));
    buf_puts(b, *str(e, "percent") ? " %" : "");
    if (!left)
        say(b, " a ", str(e, "period"));
    say(b, ", ", str(e, "quantity"));
    say(b, " ", str(e, "quantity_kind"));
    say(b, ", ", str(e, "level"));
    text_types(e, b);
    say(b, "; procedure ", str(e, "procedure"));
    say(b, "; network: ", str(e, "network"));
    if (strcmp(str(e, "authorization"), "needed") == 0)
        buf_puts(b, "; PRIOR AUTHORIZATION NEEDED");
    else
        say(b, "; prior authorization ", str(e, "authorization"));
    say(b, "; \"", str(e, "text"));
    buf_puts(b, *str(e, "text") ? "\"\n" : "\n");
}

static void text_refusal(const json_t *e, struct buf *b)
{
    say(b, "    AAA ", str(e, "code"));
    say(b, " at ", str(e, "at"));
    say(b, ": ", str(e, "means"));
    say(b, "\n      to do (", str(e, "role"));
    say(b, "): ", str(e, "fix"));
    say(b, "\n      the payer says: ", str(e, "follow_means"));
    buf_putc(b, '\n');
}

void words_text(phi_str json, const char *head, struct buf *out)
{
    json_t *o = json_loadb(json.p, json.n, 0, NULL);
    const json_t *errors = json_object_get(o, "errors"), *list = json_object_get(o, "benefits");
    clean(out, *str(o, "trace") ? str(o, "trace") : "(not ours)");
    say(out, "  ", str(o, "payer"));
    say(out, " ", str(o, "payer_name"));
    say(out, "  member ", str(o, "member"));
    say(out, "  ", str(o, "last"));
    say(out, ", ", str(o, "first"));
    say(out, "  born ", str(o, "dob"));
    say(out, "\n  ", *str(o, "asked_for") ? str(o, "asked_for") : str(o, "from"));
    say(out, ": ", str(o, "status"));
    say(out, ", plan ", str(o, "plan"));
    say(out, ", group ", str(o, "group"));
    say(out, "; said on ", str(o, "answered"));
    buf_puts(out, head);
    buf_putc(out, '\n');
    for (size_t i = 0; i < json_array_size(errors); i++)
        text_refusal(json_array_get(errors, i), out);
    for (size_t i = 0; i < json_array_size(list); i++)
        text_benefit(json_array_get(list, i), out);
    json_decref(o);
}

void words_field(phi_str json, const char *key, struct buf *out)
{
    json_t *o = json_loadb(json.p, json.n, 0, NULL);
    buf_puts(out, str(o, key));
    json_decref(o);
}
