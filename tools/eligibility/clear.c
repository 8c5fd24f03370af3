#include "tools/eligibility/clear.h"
#include "common/outgoing/outgoing.h"
#include "common/registrar/registrar.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t DAY_US = 86400LL * 1000000;

struct clear {
    struct clear_opts o;
    struct cache *cache;
    struct auth *auth;
    struct registrar *registrar; /* NULL: none yet */
    struct office office;
    const struct conf *payers[16]; /* `payers` of the files of needs */
    int payers_n;
    struct arena own, mem; /* mem: of one encounter */
    bool asked;
    int64_t now_us;
    struct pending { /* questions of encounters that are decided, not yet in a file */
        struct question *q;
        char usage;
    } * questions;
    size_t questions_n, questions_room;
    struct arena asking;
};

/* ---- opening ---- */

static void read_needs(struct clear *c)
{
    struct buf error = {0};
    char **paths = conf_files(c->o.needs, &c->own);
    if (!paths)
        die(EXIT_CONFIG, "cannot read the folder \"%s\": %s", c->o.needs, strerror(errno));
    for (; *paths && c->payers_n < 16; paths++) {
        const struct conf *top = conf_read(*paths, &c->own, &error);
        const struct conf *p = conf_get(top, "payers");
        bool good = top && (!p || conf_is(p, CONF_MAP, &error));
        for (const struct conf *k = good && p ? p->first : NULL; k && good; k = k->next) {
            static const char *const keys[] = {"ask", "authorize", NULL};
            const struct conf *codes = conf_get(k, "authorize");
            good = conf_is(k, CONF_MAP, &error) && conf_only(k, keys, &error) &&
                   (!codes || conf_is(codes, CONF_LIST, &error));
        }
        if (!good)
            die(EXIT_CONFIG, "%s", buf_cstr(&error));
        if (p)
            c->payers[c->payers_n++] = p;
    }
}

struct clear *clear_open(const struct clear_opts *o, struct cache *cache)
{
    struct clear *c = xcalloc(1, sizeof *c);
    struct buf error = {0};
    c->o = *o;
    c->cache = cache;
    if (!office_read(&c->office, o->practice, &c->own, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    read_needs(c);
    c->auth = auth_open(o->run);
    c->asked = true; /* a death may have left files unwritten */
    return c;
}

void clear_close(struct clear *c)
{
    if (!c)
        return;
    auth_close(c->auth);
    if (c->registrar)
        registrar_close(c->registrar);
    arena_free(&c->own);
    arena_free(&c->mem);
    arena_free(&c->asking);
    free(c->questions);
    free(c);
}

/* ---- what a payer wants ---- */

static const struct conf *needs_of(const struct clear *c, phi_str payer, const char *id)
{
    for (int i = 0; i < c->payers_n; i++)
        for (const struct conf *k = c->payers[i]->first; k; k = k->next)
            if (phi_is(payer, k->key) || strcmp(k->key, id) == 0)
                return k;
    return NULL;
}

static bool is_asked(const struct conf *needs)
{
    return strcmp(conf_text(needs, "ask", "yes"), "no") != 0;
}

static bool code_listed(const void *needs, phi_str code)
{
    const struct conf *list = conf_get(needs, "authorize");
    for (const struct conf *k = list ? list->first : NULL; k; k = k->next)
        if (phi_is(code, k->text))
            return true;
    return false;
}

static bool any_code(const void *ctx, phi_str code)
{
    (void)ctx, (void)code;
    return true;
}

/* ---- one encounter ---- */

struct looking {
    struct clear *c;
    const struct gate_row *row;
    struct record r;
    json_t *enc, *cov;
    struct question q;
    const struct conf *needs;
    phi_str payer;     /* id, for the row */
    int64_t cents;     /* charged */
    struct buf origin; /* what was taken from where */
    const char *code;  /* why it is held; NULL: it is not */
    const char *cover; /* put before what is said of a coverage after the first */
    char why[300];
    char fault_payer[81]; /* of the coverage that holds it */
};

static phi_str text(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v))
                             : (phi_str){"", 0};
}

static void set(json_t *o, const char *key, phi_str v)
{
    json_object_set_new(o, key, json_stringn(v.p, v.n));
}

static void hold(struct looking *l, const char *code, const char *why)
{
    if (l->code)
        return;
    l->code = code;
    snprintf(l->why, sizeof l->why, "%s", why);
}

/* ---- from the registrar ---- */

/* The best word of somebody else about a field of a coverage on the day of service. */
struct word {
    struct looking *l;
    const char *field;
    char day[9];
    struct buf value, payer, origin;
    int64_t person;
    char from[9];
    bool any; /* encounters count as well: this one says nothing */
};

static bool of_this_payer(const struct word *w, phi_str payer)
{
    phi_str named = text(w->l->cov, "payer");
    struct office_payer p;
    return phi_empty(named) || phi_eq(payer, named) ||
           (office_payer(&w->l->c->office, named, &p) && phi_is(payer, p.id));
}

static bool better(const struct word *w, const struct registrar_value *v, bool person)
{
    char from[9];
    snprintf(from, sizeof from, "%.*s", (int)v->from.n, v->from.n ? v->from.p : "");
    return !w->value.len || person > w->person ||
           (person == w->person && strcmp(from, w->from) >= 0);
}

static void look_at(void *ctx, const struct registrar_value *v)
{
    struct word *w = ctx;
    char t[TIME_TEXT];
    bool person = phi_is(v->source, "person"), own = phi_is(v->source, "enc");
    bool holds = (phi_empty(v->from) || phi_cmp(v->from, phi_lit(w->day)) <= 0) &&
                 (phi_empty(v->to) || phi_cmp(v->to, phi_lit(w->day)) >= 0);
    if (!phi_is(v->field, w->field) || !of_this_payer(w, v->payer))
        return;
    if (w->any ? !holds && !own : own || (!person && !holds))
        return;
    /* a payer's word about an earlier visit is not held against a later encounter */
    if (!w->any && !person && v->at_us < w->l->r.at_us && !phi_is(v->from, w->day))
        return;
    if (!better(w, v, person))
        return;
    struct buf *const to[] = {&w->value, &w->payer, &w->origin};
    for (int i = 0; i < 3; i++)
        buf_clear(to[i]);
    buf_phi(&w->value, v->value);
    buf_phi(&w->payer, v->payer);
    w->person = person;
    snprintf(w->from, sizeof w->from, "%.*s", (int)v->from.n, v->from.n ? v->from.p : "");
    time_text(v->at_us, t);
    buf_printf(&w->origin, "%s from %.*s of %.10s", w->field, (int)v->source.n, v->source.p, t);
    if (!person)
        buf_printf(&w->origin, ", file %.12s bytes %lld to %lld", v->file_hex.p, (long long)v->off,
                   (long long)(v->off + v->len));
}

static int64_t patient_of(struct looking *l)
{
    const json_t *pt = json_object_get(l->enc, "pt");
    struct clear *c = l->c;
    phi_str dob;
    if (!c->registrar)
        c->registrar = registrar_open_existing(c->o.run);
    return c->registrar && office_day(text(pt, "dob"), &c->mem, &dob)
               ? registrar_patient(c->registrar, text(pt, "last"), text(pt, "first"), dob, false)
               : 0;
}

static bool same_id(phi_str a, phi_str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.n && (a.p[i] == ' ' || a.p[i] == '-'))
            i++;
        while (k < b.n && (b.p[k] == ' ' || b.p[k] == '-'))
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (toupper((unsigned char)a.p[i++]) != toupper((unsigned char)b.p[k++]))
            return false;
    }
}

static void noted(struct looking *l, const char *what)
{
    buf_printf(&l->origin, "%s%s", l->origin.len ? "; " : "", what);
}

/* Fills o[key] where it is empty, or, with over, where somebody else says something else. */
static void fill(struct looking *l, int64_t patient, json_t *o, const char *key, const char *field,
                 bool over)
{
    phi_str has = text(o, key), day;
    struct word w = {.l = l, .field = field, .any = phi_empty(has)};
    if ((!phi_empty(has) && !over) ||
        !office_day(text(json_object_get(l->enc, "dos"), "from"), &l->c->mem, &day))
        return;
    snprintf(w.day, sizeof w.day, "%.8s", day.p);
    registrar_values(l->c->registrar, patient, look_at, &w);
    if (w.value.len && !same_id(has, buf_view(&w.value))) {
        set(o, key, buf_view(&w.value));
        if (phi_empty(text(l->cov, "payer")))
            set(l->cov, "payer", buf_view(&w.payer));
        noted(l, buf_cstr(&w.origin));
    }
    struct buf *const all[] = {&w.value, &w.payer, &w.origin};
    for (int i = 0; i < 3; i++)
        buf_free(all[i]);
}

static void from_registrar(struct looking *l)
{
    int64_t patient = patient_of(l);
    if (!patient)
        return;
    fill(l, patient, l->cov, "member", "member", true);
    fill(l, patient, l->cov, "group", "group", false);
    fill(l, patient, l->cov, "rel", "relation", false);
    phi_str rel = text(l->cov, "rel");
    if (phi_empty(rel) || phi_is(rel, "18"))
        return;
    json_t *sub = json_object_get(l->cov, "sub");
    if (!sub)
        json_object_set_new(l->cov, "sub", sub = json_object());
    fill(l, patient, sub, "last", "subscriber_last", true);
    fill(l, patient, sub, "first", "subscriber_first", true);
}

/* ---- coverage ---- */

static void fix_of(const char *json, size_t n, char *out, size_t size)
{
    json_t *a = json_loadb(json, n, 0, NULL);
    const json_t *e = json_array_get(json_object_get(a, "errors"), 0);
    const char *code = json_string_value(json_object_get(e, "code")),
               *fix = json_string_value(json_object_get(e, "fix"));
    snprintf(out, size, "refused (AAA %s): %s", code ? code : "?", fix ? fix : "ask the payer");
    json_decref(a);
}

/* What the payer calls the member, where that is not what was asked with. */
static void corrected(struct looking *l, const struct buf *json)
{
    json_t *a = json_loadb(json->p, json->len, 0, NULL);
    if (json_object_get(a, "asked_member") && text(a, "member").n) {
        set(l->cov, "member", text(a, "member"));
        noted(l, "member from the payer's answer (271)");
    }
    json_decref(a);
}

static phi_str kept(struct clear *c, phi_str v)
{
    return arena_phi(&c->asking, v);
}

/* The question outlives its encounter: all of a payer go in one file. */
static void ask_coverage_now(struct looking *l)
{
    struct clear *c = l->c;
    if (c->questions_n == c->questions_room) {
        c->questions_room = 2 * c->questions_room + 16;
        c->questions = xrealloc(c->questions, c->questions_room * sizeof *c->questions);
    }
    struct question *q = arena_alloc(&c->asking, sizeof *q);
    *q = l->q;
    phi_str *const words[] = {&q->subscriber.last,
                              &q->subscriber.first,
                              &q->subscriber.dob,
                              &q->subscriber.sex,
                              &q->patient.last,
                              &q->patient.first,
                              &q->patient.dob,
                              &q->patient.sex,
                              &q->member,
                              &q->relation,
                              &q->day};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *words[i] = kept(c, *words[i]);
    c->questions[c->questions_n++] = (struct pending){q, l->r.usage == 'T' ? 'T' : 'P'};
}

static const struct ask_person *who(const struct question *q)
{
    return q->dependent ? &q->patient : &q->subscriber;
}

/* By payer, usage and provider; the same question twice stands together. */
static int by_payer(const void *x, const void *y)
{
    const struct pending *p = x, *r = y;
    const struct question *a = p->q, *b = r->q;
    int by = strcmp(a->payer.id, b->payer.id);
    by = by ? by : p->usage - r->usage;
    by = by ? by : strcmp(a->provider.npi, b->provider.npi);
    by = by ? by : phi_cmp(a->member, b->member);
    by = by ? by : phi_cmp(a->day, b->day);
    by = by ? by : phi_cmp(who(a)->first, who(b)->first);
    return by ? by : phi_cmp(who(a)->dob, who(b)->dob);
}

static void one_file(struct clear *c, struct question *const *q, size_t n, char usage)
{
    struct buf body = {0};
    int64_t file = cache_ask(c->cache, q, n, n > 1, c->now_us);
    ask_write(&body, &c->office, q, n, n > 1, usage, c->now_us,
              outgoing_control(OUTGOING_270, file));
    cache_file(c->cache, file, phi_lit(q[0]->payer.id), buf_view(&body));
    c->asked = true;
    buf_free(&body);
}

void clear_ask(struct clear *c)
{
    struct question **list = xcalloc(c->questions_n + 1, sizeof *list);
    size_t n = 0;
    if (c->questions_n)
        qsort(c->questions, c->questions_n, sizeof *c->questions, by_payer);
    for (size_t i = 0; i < c->questions_n; i++) {
        const struct pending *p = &c->questions[i], *next = p + 1;
        bool last = i + 1 == c->questions_n;
        if (last || by_payer(p, next) != 0)
            list[n++] = p->q;
        if (n &&
            (last || p->usage != next->usage || strcmp(p->q->payer.id, next->q->payer.id) != 0)) {
            one_file(c, list, n, p->usage);
            n = 0;
        }
    }
    c->questions_n = 0;
    arena_clear(&c->asking);
    free(list);
}

static void hold_cover(struct looking *l, const char *code, const char *why)
{
    char named[300];
    if (l->code && strcmp(l->code, "ELIG_UNKNOWN") == 0 && strcmp(code, "ELIG_UNKNOWN") != 0)
        l->code = NULL; /* what is certain is said before what is asked */
    if (!l->code)
        snprintf(l->fault_payer, sizeof l->fault_payer, "%s", l->q.payer.id);
    snprintf(named, sizeof named, "%s%s", l->cover, why);
    hold(l, code, named);
}

static void unknown(struct looking *l)
{
    struct clear *c = l->c;
    int64_t asked = cache_asked_us(c->cache, &l->q);
    char t[TIME_TEXT], why[120];
    if (!c->o.hold_unknown)
        return;
    if (!asked || asked <= c->now_us - DAY_US) {
        ask_coverage_now(l);
        asked = c->now_us;
    }
    snprintf(why, sizeof why, "asked on %.10s, waits for the payer's answer (271)",
             time_text(asked, t));
    hold_cover(l, "ELIG_UNKNOWN", why);
}

static void check_coverage(struct looking *l)
{
    struct clear *c = l->c;
    struct standing s;
    struct buf json = {0};
    char why[240];
    bool known = cache_standing(c->cache, &l->q, &s, &json);
    if (known && strcmp(s.status, "active") == 0) {
        int32_t day = 0;
        date_parse(l->q.day, &day);
        /* asked again before the claim goes out: coverage can end after an answer, and before the visit */
        bool fresh =
            c->now_us - s.came_us <= c->o.fresh_us && s.came_us >= (day - c->o.before) * DAY_US;
        corrected(l, &json);
        if (!fresh)
            unknown(l);
    } else if (known && strcmp(s.status, "inactive") == 0) {
        hold_cover(l, "ELIG_INACTIVE",
                   "not insured on the day of service, says the payer: find the coverage that was");
    } else if (known && strcmp(s.status, "refused") == 0) {
        fix_of(json.p, json.len, why, sizeof why);
        hold_cover(l, "ELIG_REFUSED", why);
    } else {
        unknown(l);
    }
    buf_free(&json);
}

/* ---- authorization ---- */

static const struct {
    enum auth_standing standing;
    const char *code, *why;
} WANTING[] = {
    {AUTH_DENIED, "AUTH_DENIED", "the payer does not certify it: appeal, or tell the patient"},
    {AUTH_CALL, "AUTH_CALL", "the payer wants to be called about the authorization"},
    {AUTH_ASKED, "AUTH_WAIT", "authorization asked for (278), no answer yet"},
    {AUTH_PENDED, "AUTH_WAIT", "authorization pended by the payer (278 A4)"},
    {AUTH_EXPIRED, "AUTH_EXPIRED",
     "certified, but not for the day of service: ask for an extension"},
    {AUTH_USED_UP, "AUTH_USED_UP", "the certified units are used up: ask for more"}};

static void wanting(struct looking *l, const struct auth_found *f)
{
    char why[300];
    if (f->standing == AUTH_REFUSED) {
        snprintf(why, sizeof why, "the request was refused (AAA %s): %s", f->reason,
                 words_fix(l->c->o.words, phi_lit(f->reason)));
        hold(l, "AUTH_REFUSED", why);
        return;
    }
    for (size_t i = 0; i < sizeof WANTING / sizeof *WANTING; i++)
        if (WANTING[i].standing == f->standing) {
            snprintf(why, sizeof why, "%s%s%s%s", WANTING[i].why, *f->reason ? " (" : "", f->reason,
                     *f->reason ? ")" : "");
            hold(l, WANTING[i].code, why);
        }
}

/* Units of one procedure over all lines. */
static int64_t units_of(const struct auth_ask *k, phi_str code)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < k->services_n; i++)
        if (phi_eq(k->services[i].code, code))
            n += k->services[i].units;
    return n;
}

static bool seen_before(const struct auth_ask *k, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (phi_eq(k->services[j].code, k->services[i].code))
            return true;
    return false;
}

/* What the claim takes: the row and number of each service. */
struct chosen {
    struct {
        phi_str code;
        int64_t service, units;
        char number[51];
    } v[AUTH_SERVICES];
    size_t n;
};

static void one_service(struct looking *l, const struct auth_ask *k, uint32_t i, phi_str named,
                        struct chosen *out)
{
    const struct auth_service *s = &k->services[i];
    phi_str code = phi_empty(s->code) ? s->revenue : s->code;
    int64_t units = phi_empty(s->code) ? s->units : units_of(k, code);
    bool listed = code_listed(l->needs, code);
    struct auth_found f;
    auth_find(l->c->auth, &l->q, code, units, l->r.id, named, &f);
    bool bad = f.standing == AUTH_EXPIRED || f.standing == AUTH_USED_UP;
    if (f.standing == AUTH_GOOD) {
        out->v[out->n].code = code;
        out->v[out->n].service = f.service;
        out->v[out->n].units = units;
        memcpy(out->v[out->n++].number, f.number, sizeof f.number);
    } else if (f.standing != AUTH_NONE && f.standing != AUTH_NOT_NEEDED &&
               (named.n ? bad : listed)) {
        wanting(l, &f);
    }
}

static void ask_authorization(struct looking *l)
{
    struct clear *c = l->c;
    struct auth_ask *k = arena_alloc(&c->mem, sizeof *k);
    k->q = l->q;
    if (!auth_of_encounter(l->enc, code_listed, l->needs, &c->mem, k))
        return;
    uint32_t keep = 0;
    for (uint32_t i = 0; i < k->services_n; i++) { /* what is not certified, nor asked */
        struct auth_found f;
        auth_find(c->auth, &l->q, k->services[i].code, k->services[i].units, l->r.id, phi_lit(""),
                  &f);
        if (f.standing == AUTH_NONE)
            k->services[keep++] = k->services[i];
    }
    k->services_n = keep;
    if (!keep)
        return;
    k->usage = l->r.usage == 'T' ? 'T' : 'P';
    struct auth_ask *list[] = {k};
    auth_request(c->auth, &c->office, list, 1, c->now_us);
    c->asked = true;
    hold(l, "AUTH_WAIT", "authorization asked for (278), no answer yet");
}

/* A bill of a hospital has room for one number alone (837I has no REF G1 below LX). */
static bool of_hospital(const json_t *enc)
{
    size_t i;
    const json_t *v, *lines = json_object_get(enc, "lines");
    if (json_is_object(json_object_get(enc, "inst")))
        return true;
    json_array_foreach(lines, i, v) if (text(v, "rev").n) return true;
    return false;
}

/* The first number is the claim's (2300 REF G1); services with another say so in their line (2400). */
static void put_numbers(struct looking *l, const struct chosen *got)
{
    size_t i;
    json_t *line, *list = json_array(), *lines = json_object_get(l->enc, "lines");
    json_array_append_new(list, json_string(got->v[0].number));
    json_object_set_new(l->enc, "auth", list);
    json_array_foreach(lines, i,
                       line) for (size_t n = 1; n < got->n;
                                  n++) if (phi_eq(text(line, "code"), got->v[n].code) &&
                                           strcmp(got->v[n].number, got->v[0].number) != 0)
        set(line, "auth", phi_lit(got->v[n].number));
    noted(l, "authorization from the payer's review (278)");
}

static phi_str line_auth(const json_t *enc, phi_str code)
{
    size_t i;
    const json_t *v, *lines = json_object_get(enc, "lines");
    json_array_foreach(lines, i, v) if (phi_eq(text(v, "code"), code) &&
                                        text(v, "auth").n) return text(v, "auth");
    return phi_lit("");
}

static phi_str own_number(struct looking *l, const struct auth_ask *k, uint32_t i, phi_str named)
{
    phi_str own = line_auth(l->enc, k->services[i].code);
    return own.n ? own : named;
}

static void check_authorization(struct looking *l)
{
    struct clear *c = l->c;
    struct auth_ask *k = arena_alloc(&c->mem, sizeof *k);
    struct chosen *chosen = arena_alloc(&c->mem, sizeof *chosen);
    const json_t *auth = json_object_get(l->enc, "auth");
    const char *said = json_string_value(json_array_get(auth, 0));
    phi_str named = phi_lit(said ? said : "");
    *chosen = (struct chosen){.n = 0};
    if (!auth_of_encounter(l->enc, any_code, NULL, &c->mem, k))
        return;
    for (uint32_t i = 0; i < k->services_n; i++)
        if (phi_empty(k->services[i].code) || !seen_before(k, i))
            one_service(l, k, i, own_number(l, k, i, named), chosen);
    for (size_t i = 1; i < chosen->n; i++)
        if (strcmp(chosen->v[i].number, chosen->v[0].number) != 0 && of_hospital(l->enc))
            hold(l, "AUTH_SPLIT", "services have different authorizations: split the claim");
    if (!named.n && !l->row->forced)
        ask_authorization(l);
    if (l->code && !l->row->forced)
        return;
    for (size_t i = 0; i < chosen->n; i++)
        auth_use(c->auth, chosen->v[i].service, l->r.id, chosen->v[i].units, c->now_us);
    if (chosen->n && !named.n)
        put_numbers(l, chosen);
}

/* ---- deciding ---- */

static void no_fault(void *ctx, const char *where, const char *what)
{
    (void)ctx, (void)where, (void)what; /* the coder says it, with the path */
}

static json_int_t rank_of(const json_t *cov)
{
    return json_integer_value(json_object_get(cov, "rank"));
}

/* The coverage with the smallest rank above `after`; NULL: none, or the coder has to say what is
 * wrong. */
static json_t *next_coverage(json_t *enc, json_int_t after)
{
    json_t *best = NULL, *v;
    size_t i;
    json_array_foreach(json_object_get(enc, "cov"), i,
                       v) if (json_is_object(v) && (after < 0 || rank_of(v) > after) &&
                              (!best || rank_of(v) < rank_of(best))) best = v;
    return best;
}

/* The first; made when the encounter names none. */
static json_t *first_coverage(json_t *enc)
{
    json_t *covers = json_object_get(enc, "cov"), *made;
    if (!covers || json_is_null(covers))
        json_object_set_new(enc, "cov", covers = json_array());
    if (json_is_array(covers) && json_array_size(covers) == 0) {
        json_array_append_new(covers, made = json_pack("{s:i}", "rank", 1));
        return made;
    }
    return next_coverage(enc, -1);
}

static int64_t charged(const json_t *enc)
{
    int64_t sum = 0;
    size_t i;
    const json_t *l, *lines = json_object_get(enc, "lines");
    json_array_foreach(lines, i, l) sum += json_integer_value(json_object_get(l, "chg"));
    return sum;
}

/* Completes l->cov and makes the question about it; false when the coder has to refuse it. */
static bool to_question(struct looking *l)
{
    if (l->cover[0] == '\0' || text(l->cov, "payer").n)
        from_registrar(l);
    return ask_coverage(l->enc, l->cov, &l->c->office, "30", &l->c->mem, no_fault, NULL, &l->q);
}

static const struct conf *needs_of_cover(const struct looking *l)
{
    return needs_of(l->c, text(l->cov, "payer"), l->q.payer.id);
}

/* Insurers after the first: what they owe is billed from what the first has paid, so each must hold. */
static void look_at_others(struct looking *l)
{
    struct question first = l->q;
    l->cover = "second coverage: ";
    while ((l->cov = next_coverage(l->enc, rank_of(l->cov)))) {
        if (to_question(l) && is_asked(needs_of_cover(l)))
            check_coverage(l);
        l->cover = "further coverage: ";
    }
    l->q = first;
}

static void look(struct looking *l)
{
    l->cov = first_coverage(l->enc);
    l->cents = charged(l->enc);
    if (!l->cov || !to_question(l))
        return;
    l->payer = phi_lit(l->q.payer.id);
    l->needs = needs_of_cover(l);
    if (!l->row->forced && is_asked(l->needs))
        check_coverage(l);
    if (!l->row->forced)
        look_at_others(l);
    check_authorization(l);
    if (l->row->forced)
        l->code = NULL;
    else if (*l->fault_payer)
        l->payer = phi_lit(l->fault_payer);
}

static phi_str dumped(struct looking *l)
{
    char *s = json_dumps(l->enc, JSON_COMPACT);
    phi_str out = arena_phi(&l->c->mem, phi_lit(s ? s : ""));
    free(s);
    return out;
}

void clear_decide(struct clear *c, const struct gate_row *row, int64_t now_us)
{
    struct looking l = {.c = c, .row = row, .payer = phi_lit(""), .cover = ""};
    c->now_us = now_us;
    store_begin(cache_store(c->cache));
    gate_record(c->cache, row->n, false, &c->mem, &l.r);
    l.enc = json_loadb(l.r.body.p, l.r.body.n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(l.enc) && phi_is(text(l.enc, "v"), "enc.v1"))
        look(&l);
    if (l.code)
        gate_hold(c->cache, row->n, l.code, l.why, l.payer, l.cents, now_us);
    else
        gate_pass(c->cache, row->n, l.origin.len ? dumped(&l) : l.r.body, l.payer,
                  buf_cstr(&l.origin));
    json_decref(l.enc);
    buf_free(&l.origin);
    arena_clear(&c->mem);
}

/* ---- authorizations that come ---- */

struct came {
    struct clear *c;
    int64_t at_us;
};

static void said(void *ctx, const struct auth_said *s)
{
    const struct came *k = ctx;
    auth_take(k->c->auth, s, k->at_us);
}

void clear_take_278(struct clear *c, phi_str body, int64_t at_us)
{
    struct came k = {c, at_us};
    auth_read(body, said, &k);
}

void clear_commit(struct clear *c)
{
    auth_commit(c->auth);
}

void clear_write(struct clear *c)
{
    struct buf dir = {0};
    if (!c->asked)
        return;
    c->asked = false;
    buf_printf(&dir, "%s/eligibility/out", c->o.run);
    cache_write(c->cache, buf_cstr(&dir), NULL, NULL);
    auth_write_files(c->auth, c->o.run, NULL, NULL);
    buf_free(&dir);
}
