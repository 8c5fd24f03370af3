#include "common/encounter/encounter.h"
#include "common/util/log.h"
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

/* Notes are read with the codes of their day of service. */
static void lexicon_of_day(struct encounter_coder *c, const json_t *draft)
{
    int32_t day;
    phi_str iso = get(json_object_get(draft, "dos"), "from");
    if (iso.n < 10 || !date_parse_iso(phi_of(iso.p, 10), &day) ||
        day == lexicon_day(c->coding->lexicon))
        return;
    struct lexicon *l = lexicon_open(c->codes, c->coding->stems, day);
    if (!l)
        return;
    lexicon_free(c->coding->lexicon);
    c->coding->lexicon = l;
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
        lexicon_of_day(c, draft);
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

/* The filing indicator of the first payer. */
static void ask_practice(const struct encounter_coder *c, json_t *draft)
{
    phi_str payer = get(json_array_get(json_object_get(draft, "cov"), 0), "payer");
    const struct payer *known = c->practice ? practice_payer(c->practice, payer) : NULL;
    if (known && *known->filing)
        json_object_set_new(draft, "payer", json_pack("{ss}", "filing", known->filing));
}

/* True when a line without a price was found that was not known before. */
static bool mark_prices(const struct encounter_coder *c, json_t *draft)
{
    bool news = false;
    json_t *l, *lines = json_object_get(draft, "lines");
    phi_str payer = get(json_array_get(json_object_get(draft, "cov"), 0), "payer");
    size_t i;
    json_array_foreach(lines, i, l)
    {
        const json_t *chg = json_object_get(l, "chg");
        bool amount = json_is_integer(chg) && json_integer_value(chg) > 0;
        int64_t cents;
        if (amount || !c->practice ||
            price_of(c->practice, get(l, get(l, "code").n ? "code" : "rev"),
                     json_object_get(l, "mods"), payer, get(l, "dos"), &cents))
            json_object_del(l, "unpriced");
        else if (!json_object_get(l, "unpriced"))
            news = json_object_set_new(l, "unpriced", json_true()) == 0;
    }
    return news;
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
                const struct remark *x = &out->findings.at[f];
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
static void forget_past(const struct coded *c, struct remark *f)
{
    json_t *o, *list = json_object_get(c->draft, *f->where == 'd' ? "dx" : "lines");
    size_t i;
    bool there = !*f->code;
    json_array_foreach(list, i, o) there |= phi_is(get(o, "code"), f->code);
    f->hold = f->hold && there;
}

/* Codes that nobody gave who may: a program's or a clerk's suggestions in the input. */
static void hold_suggested(const struct encounter_coder *c, struct coded *out)
{
    json_t *d, *list = json_object_get(out->draft, "dx");
    size_t i;
    (void)c;
    json_array_foreach(list, i, d)
    {
        phi_str by = get(d, "by");
        if (by.n && !phi_is(by, "physician") && !phi_is(by, "PHYSICIAN"))
            json_object_set_new(d, "suggested", json_true());
    }
}

static bool is_listed(phi_str accepted, const char *rule, const char *code)
{
    char key[64];
    size_t n = (size_t)snprintf(key, sizeof key, "%s/%s", rule, code);
    for (size_t i = 0; i + n <= accepted.n; i++)
        if ((i == 0 || accepted.p[i - 1] == ' ') && memcmp(accepted.p + i, key, n) == 0 &&
            (i + n == accepted.n || accepted.p[i + n] == ' '))
            return true;
    return false;
}

/* A code that the person put there ("*" for the rule) may be anything but invalid (C10). */
static bool is_accepted(phi_str accepted, const struct remark *f)
{
    return is_listed(accepted, f->rule, f->code) ||
           (*f->code && strncmp(f->rule, "C10-", 4) != 0 && is_listed(accepted, "*", f->code));
}

static void sum_up(struct coded *out, phi_str accepted)
{
    for (size_t i = 0; i < out->findings.n; i++) {
        struct remark *f = &out->findings.at[i];
        forget_past(out, f);
        f->hold = f->hold && !f->decided && !is_accepted(accepted, f);
        out->held |= f->hold;
        bool all =
            !*f->where && strcmp(f->kind, "unread") != 0 && strcmp(f->kind, "no_diagnosis") != 0;
        out->whole |= f->hold && (all || f->whole);
    }
    mark_status(out);
}

/* Its charges come only when the note is signed: the practice says so of the system. */
static bool is_signed_by_system(struct encounter_coder *c, const json_t *e)
{
    const json_t *sys = json_object_get(json_object_get(e, "src"), "sys");
    const json_t *is = json_object_get(e, "signed");
    return c->practice && (!is || json_is_null(is)) && json_is_string(sys) &&
           practice_signs(c->practice, phi_of(json_string_value(sys), json_string_length(sys)));
}

/* True for a signature of a day that has come nowhere yet. */
static bool signed_ahead(const struct encounter_coder *c, const json_t *draft)
{
    phi_str at = get(json_object_get(draft, "signed"), "at");
    int32_t day;
    return c->today && at.n >= 10 && date_parse_iso(phi_of(at.p, 10), &day) && day - 1 > c->today;
}

static bool code_it(struct encounter_coder *c, phi_str text, bool reviewed, phi_str accepted,
                    struct coded *out, struct buf *error)
{
    static const char *const ours[] = {"said",           "unread",       "payer",
                                       "signed_checked", "signed_ahead", "frozen"};
    json_error_t where;
    const char *why = "is no JSON";
    *out = (struct coded){0};
    json_t *e = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &where);
    for (size_t i = 0; json_is_object(e) && i < sizeof ours / sizeof *ours; i++)
        json_object_del(e, ours[i]); /* only we say these */
    out->draft = e ? crule_draft(e, &why) : NULL;
    if (!out->draft) {
        buf_puts(error, why);
        return false;
    }
    json_object_set_new(out->draft, "signed_checked", json_boolean(!is_signed_by_system(c, e)));
    json_object_set_new(out->draft, "signed_ahead", json_boolean(signed_ahead(c, out->draft)));
    json_object_set_new(out->draft, "frozen", json_boolean(reviewed));
    if (!reviewed)
        hold_suggested(c, out);
    ask_practice(c, out->draft);
    mark_prices(c, out->draft);
    read_note(c, out->draft);
    crules_run(c->rules, c->codes, out->draft, NULL, &out->findings);
    if (mark_prices(c, out->draft)) /* of lines that a rule put there or changed */
        crules_run(c->rules, c->codes, out->draft, NULL, &out->findings);
    sum_up(out, accepted);
    return true;
}

bool encounter_code(struct encounter_coder *c, phi_str text, struct coded *out, struct buf *error)
{
    return code_it(c, text, false, (phi_str){"", 0}, out, error);
}

bool encounter_code_reviewed(struct encounter_coder *c, phi_str text, phi_str accepted,
                             struct coded *out, struct buf *error)
{
    return code_it(c, text, true, accepted, out, error);
}

/* ---- what is billed ---- */

/* Place of the diagnosis with this number, from 1; 0: there is none. */
static json_int_t place_of(const json_t *dx, const json_t *number)
{
    const json_t *d;
    size_t i;
    json_array_foreach(dx, i,
                       d) if (json_equal(json_object_get(d, "n"), number)) return (json_int_t)i +
        1;
    return 0;
}

static json_t *pointers_of(const json_t *line, const json_t *dx)
{
    json_t *out = json_array(), *p, *list = json_object_get(line, "dx");
    size_t i;
    json_array_foreach(list, i, p)
    {
        json_int_t at = place_of(dx, p);
        if (at && json_array_size(out) < 4)
            json_array_append_new(out, json_integer(at));
    }
    for (json_int_t k = 1; json_array_size(list) == 0 && k <= 4; k++)
        if ((size_t)k <= json_array_size(dx))
            json_array_append_new(out, json_integer(k));
    if (json_array_size(out) == 0 && json_array_size(dx))
        json_array_append_new(out, json_integer(1));
    return out;
}

/* Rules read a first day on every line; billed are the days that the line had. */
static void own_days(json_t *line)
{
    json_t *own = json_object_get(line, "own_dos");
    if (!own)
        return;
    json_object_set(line, "dos", own);
    json_object_del(line, "own_dos");
}

void encounter_bill(const json_t *draft, struct buf *out)
{
    static const char *const ours[] = {"said",         "unread", "payer",   "signed_checked",
                                       "signed_ahead", "frozen", "setting", "age",
                                       "days_old",     "late"};
    static const char *const marks[] = {"status", "by", "suggested", "unpriced"};
    json_t *e = json_deep_copy(draft), *o, *dx = json_object_get(e, "dx");
    json_t *lines = json_object_get(e, "lines");
    size_t i;
    for (i = 0; i < sizeof ours / sizeof *ours; i++)
        json_object_del(e, ours[i]);
    json_array_foreach(lines, i, o)
    {
        own_days(o);
        json_object_set_new(o, "dx", pointers_of(o, dx));
        json_object_set_new(o, "ln", json_integer((json_int_t)i + 1));
        for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
            json_object_del(o, marks[k]);
    }
    json_array_foreach(dx, i, o)
    {
        json_object_set_new(o, "n", json_integer((json_int_t)i + 1));
        for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
            json_object_del(o, marks[k]);
    }
    char *s = json_dumps(e, JSON_COMPACT);
    buf_puts(out, s ? s : "");
    free(s);
    json_decref(e);
}

void remark_json(struct buf *out, const struct remark *f)
{
    buf_printf(out, "{\"rule\":\"%s\",\"kind\":\"%s\",\"where\":\"%s\",\"code\":", f->rule, f->kind,
               f->where);
    buf_json(out, phi_lit(f->code));
    buf_puts(out, ",\"other\":");
    buf_json(out, phi_lit(f->other));
    buf_printf(out, ",\"decided\":%s,\"hold\":%s,\"text\":", f->decided ? "true" : "false",
               f->hold ? "true" : "false");
    buf_json(out, phi_lit(f->text));
    buf_putc(out, '}');
}

void coded_free(struct coded *c)
{
    json_decref(c->draft);
    remarks_free(&c->findings);
}

/* Days that rules keep for the bill are not shown. */
static json_t *shown(const json_t *draft, const char *key)
{
    json_t *o, *v = json_deep_copy(json_object_get(draft, key));
    size_t i;
    json_array_foreach(v, i, o) json_object_del(o, "own_dos");
    return v;
}

static void put_member(struct buf *out, const json_t *draft, const char *key)
{
    json_t *v = shown(draft, key);
    char *s = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(v);
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
        remark_json(out, &c->findings.at[i]);
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
        const struct remark *f = &c->findings.at[i];
        buf_printf(out, "  %-8s %-9s %-9s %s\n", f->rule,
                   f->decided ? "done"
                   : f->hold  ? "hold"
                              : "look",
                   f->where, f->text);
    }
}
