#include "tools/code/encounter.h"
#include "common/util/conf.h"
#include "common/util/log.h"
#include "tools/code/rules_cmd.h"
#include <stdio.h>
#include <stdlib.h>

static phi_str get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

static phi_str code_of(const struct code_row *r)
{
    return phi_of(r->code, strnlen(r->code, CODE_LEN));
}

/* ---- what the note says ---- */

static json_t *said_object(const struct encounter_coder *c, const struct assessed *a)
{
    json_t *o = json_object();
    phi_str code = code_of(a->code);
    phi_str term = a->term ? codes_title(c->codes, a->term) : phi_lit("");
    json_object_set_new(o, "code", json_stringn(code.p, code.n));
    json_object_set_new(o, "sure", json_boolean(a->sure));
    json_object_set_new(o, "uncertain", json_boolean(a->context & CONTEXT_UNCERTAIN));
    json_object_set_new(o, "history", json_boolean(a->context & CONTEXT_HISTORY));
    json_object_set_new(o, "family", json_boolean(a->context & CONTEXT_FAMILY));
    json_object_set_new(o, "negated",
                        json_boolean(a->context & (CONTEXT_NEGATED | CONTEXT_HYPOTHETICAL)));
    json_object_set_new(o, "begin", json_integer(a->begin));
    json_object_set_new(o, "end", json_integer(a->end));
    json_t *why = json_stringn(term.p, term.n);
    json_object_set_new(o, "why", why ? why : json_string("learned"));
    return o;
}

/* Codes without a number of their own go behind the physician's. */
static void add_dx(json_t *draft, phi_str code)
{
    json_t *d, *list = json_object_get(draft, "dx");
    json_int_t n = 0;
    size_t i;
    json_array_foreach(list, i, d)
    {
        json_int_t k = json_integer_value(json_object_get(d, "n"));
        n = k > n ? k : n;
        if (phi_eq(get(d, "code"), code))
            return;
    }
    d = json_object();
    json_object_set_new(d, "n", json_integer(n + 1));
    json_object_set_new(d, "code", json_stringn(code.p, code.n));
    json_object_set_new(d, "by", json_string("note"));
    json_array_append_new(list, d);
}

/* Diagnoses that the physician listed in words only are what the note must say. */
static bool drop_bare(json_t *draft)
{
    json_t *list = json_object_get(draft, "dx");
    for (size_t i = json_array_size(list); i-- > 0;)
        if (get(json_array_get(list, i), "code").n == 0)
            json_array_remove(list, i);
    return json_array_size(list) == 0;
}

static void read_note(struct encounter_coder *c, json_t *draft)
{
    struct assessments a = {0};
    json_t *said = json_array();
    phi_str note = get(json_object_get(draft, "note"), "text");
    bool open = drop_bare(draft);
    if (c->coding && note.n) {
        bool inpatient = phi_is(get(draft, "setting"), "inpatient");
        c->coding->setting = inpatient ? SETTING_INPATIENT : SETTING_OUTPATIENT;
        assess(c->coding, note, &a);
    }
    for (size_t i = 0; i < a.n; i++) {
        json_array_append_new(said, said_object(c, &a.at[i]));
        if (open && a.at[i].sure)
            add_dx(draft, code_of(a.at[i].code));
    }
    if (!json_object_get(draft, "said"))
        json_object_set(draft, "said", said);
    json_object_set_new(draft, "unread", json_integer(open ? (json_int_t)a.unread : 0));
    json_decref(said);
    assessments_free(&a);
}

/* ---- what the office knows ---- */

/* The filing indicator of the first payer, and lines without any amount. */
static void ask_practice(const struct encounter_coder *c, json_t *draft)
{
    struct arena mem = {0};
    struct buf error = {0};
    char key[64] = "";
    phi_str payer = get(json_array_get(json_object_get(draft, "cov"), 0), "payer");
    if (payer.n < sizeof key)
        memcpy(key, payer.p, payer.n);
    char **files = c->practice ? conf_files(c->practice, &mem) : NULL;
    for (; files && *files; files++) {
        const struct conf *top = conf_read(*files, &mem, &error);
        const char *f = conf_text(conf_get(conf_get(top, "payers"), key), "filing", NULL);
        if (f)
            json_object_set_new(draft, "payer", json_pack("{ss}", "filing", f));
    }
    buf_free(&error);
    arena_free(&mem);
}

static bool has_price(const struct encounter_coder *c, const json_t *line)
{
    struct arena mem = {0};
    struct buf error = {0};
    bool found = false;
    char code[32] = "";
    phi_str s = get(line, "code");
    if (s.n < sizeof code)
        memcpy(code, s.p, s.n);
    char **files = c->practice ? conf_files(c->practice, &mem) : NULL;
    for (; files && *files; files++) {
        const struct conf *list = conf_get(conf_read(*files, &mem, &error), "charges");
        for (const struct conf *p = list ? list->first : NULL; p; p = p->next)
            found |= strcmp(conf_text(p, "code", ""), code) == 0;
    }
    buf_free(&error);
    arena_free(&mem);
    return found;
}

static void mark_prices(const struct encounter_coder *c, json_t *draft)
{
    json_t *l, *lines = json_object_get(draft, "lines");
    size_t i;
    json_array_foreach(lines, i, l)
    {
        const json_t *chg = json_object_get(l, "chg");
        bool amount = json_is_integer(chg) && json_integer_value(chg) > 0;
        if (!amount && c->practice && !has_price(c, l))
            json_object_set_new(l, "unpriced", json_true());
    }
}

/* ---- the result ---- */

static void mark_status(struct coded *out)
{
    static const char *const lists[] = {"dx", "lines"}, *const names[] = {"dx", "line"};
    for (int k = 0; k < 2; k++) {
        json_t *o, *list = json_object_get(out->draft, lists[k]);
        size_t i;
        json_array_foreach(list, i, o)
        {
            bool open = out->whole;
            char where[32];
            snprintf(where, sizeof where, "%s %zu", names[k], i + 1);
            for (size_t f = 0; f < out->findings.n; f++) {
                const struct finding *x = &out->findings.at[f];
                phi_str code = get(o, "code");
                open |= x->hold && !x->decided &&
                        (strcmp(x->where, where) == 0 ||
                         (*x->other && phi_is(code, x->other) && *x->where == *names[k]));
            }
            json_object_set_new(o, "status", json_string(open ? "suggested" : "assigned"));
        }
    }
}

/* Holds that the draft outlived: what a rule said of a code that is no longer there. */
static void forget_past(const struct coded *c, struct finding *f)
{
    json_t *o, *list = json_object_get(c->draft, *f->where == 'd' ? "dx" : "lines");
    size_t i;
    bool there = !*f->code;
    json_array_foreach(list, i, o) there |= phi_is(get(o, "code"), f->code);
    f->hold = f->hold && there;
}

bool encounter_code(struct encounter_coder *c, phi_str text, struct coded *out, struct buf *error)
{
    json_error_t where;
    const char *why = "is no JSON";
    *out = (struct coded){0};
    json_t *e = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &where);
    out->draft = e ? crule_draft(e, &why) : NULL;
    if (!out->draft) {
        buf_puts(error, why);
        return false;
    }
    json_object_set_new(out->draft, "signed_checked", json_true());
    ask_practice(c, out->draft);
    mark_prices(c, out->draft);
    read_note(c, out->draft);
    crules_run(c->rules, c->codes, out->draft, NULL, &out->findings);
    for (size_t i = 0; i < out->findings.n; i++) {
        forget_past(out, &out->findings.at[i]);
        const struct finding *f = &out->findings.at[i];
        out->held |= f->hold && !f->decided;
        out->whole |= f->hold && !f->decided && !*f->where && strcmp(f->kind, "unread") != 0 &&
                      strcmp(f->kind, "no_diagnosis") != 0;
        out->whole |= f->hold && strcmp(f->kind, "sex_conflict") == 0;
    }
    mark_status(out);
    return true;
}

void coded_free(struct coded *c)
{
    json_decref(c->draft);
    findings_free(&c->findings);
}

static void put_member(struct buf *out, const json_t *draft, const char *key)
{
    char *s = json_dumps(json_object_get(draft, key), JSON_COMPACT | JSON_ENCODE_ANY);
    buf_printf(out, "\"%s\":%s,", key, s ? s : "null");
    free(s);
}

void coded_json(const struct coded *c, struct buf *out)
{
    static const char *const members[] = {"enc", "setting", "dx", "lines", "said"};
    buf_printf(out, "{\"held\":%s,", c->held ? "true" : "false");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        put_member(out, c->draft, members[i]);
    buf_puts(out, "\"findings\":[");
    for (size_t i = 0; i < c->findings.n; i++) {
        buf_puts(out, i ? "," : "");
        finding_json(out, &c->findings.at[i]);
    }
    buf_puts(out, "]}\n");
}

void coded_text(const struct coded *c, struct buf *out)
{
    buf_phi(out, get(c->draft, "enc"));
    buf_printf(out, "%s\n  ", c->held ? "  HELD: a person decides" : "");
    crule_short(c->draft, out);
    buf_putc(out, '\n');
    for (size_t i = 0; i < c->findings.n; i++) {
        const struct finding *f = &c->findings.at[i];
        buf_printf(out, "  %-8s %-9s %-9s %s\n", f->rule,
                   f->decided ? "done"
                   : f->hold  ? "hold"
                              : "look",
                   f->where, f->text);
    }
}
