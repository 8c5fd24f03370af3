#include "common/elig/ask.h"
#include "common/outgoing/outgoing.h"
#include "common/util/clock.h"
#include "common/util/log.h"
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>

#define VERSION "005010X279A1"

struct question *ask_add(struct questions *q)
{
    if (q->n == q->room) {
        q->room = q->room ? 2 * q->room : 16;
        q->v = xrealloc(q->v, q->room * sizeof *q->v);
    }
    struct question *one = &q->v[q->n++];
    *one = (struct question){.types = "30"};
    return one;
}

/* ---- encounters ---- */

struct source {
    const struct office *o;
    const char *types;
    struct arena *a;
    struct questions *to;
    ask_fault *fault;
    void *ctx;
    char where[512];
    int faults;
};

static bool complain(struct source *s, const char *field, const char *why)
{
    char what[160];
    snprintf(what, sizeof what, "%s: %s", field, why);
    s->fault(s->ctx, s->where, what);
    s->faults++;
    return false;
}

static phi_str text_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v))
                             : (phi_str){"", 0};
}

static bool person(struct source *s, const json_t *o, const char *path, struct ask_person *out)
{
    phi_str sex = text_of(o, "sex");
    if (!json_is_object(o) || !office_text(text_of(o, "last"), 60, s->a, &out->last) ||
        !office_text(text_of(o, "first"), 35, s->a, &out->first))
        return complain(s, path, "last and first name are wanted, in characters that X12 has");
    if (!office_day(text_of(o, "dob"), s->a, &out->dob))
        return complain(s, path, "dob is no day like 1980-02-29");
    out->sex = phi_is(sex, "F") || phi_is(sex, "M") ? arena_phi(s->a, sex) : (phi_str){"", 0};
    return true;
}

static bool parties(struct source *s, const json_t *enc, const json_t *cov, struct question *q)
{
    const json_t *prov = json_object_get(enc, "prov");
    if (!office_payer(s->o, text_of(cov, "payer"), &q->payer))
        return complain(s, "cov.payer", "not among the payers of the practice");
    if (!office_provider(s->o, text_of(prov, "bill"), &q->provider))
        return complain(s, "prov.bill", "not among the providers of the practice");
    return true;
}

static bool coverage(struct source *s, const json_t *enc, const json_t *cov, struct question *q)
{
    const json_t *pt = json_object_get(enc, "pt");
    phi_str rel = text_of(cov, "rel");
    q->types = s->types;
    if (!parties(s, enc, cov, q))
        return false;
    if (!office_text(text_of(cov, "member"), 80, s->a, &q->member) || q->member.n < 2)
        return complain(s, "cov.member", "missing, or with characters that X12 has not");
    if (!office_day(text_of(json_object_get(enc, "dos"), "from"), s->a, &q->day))
        return complain(s, "dos.from", "no day like 2026-09-03");
    q->dependent = !phi_empty(rel) && !phi_is(rel, "18");
    if (!q->dependent)
        return person(s, pt, "pt", &q->subscriber);
    q->relation = arena_phi(s->a, rel);
    return person(s, json_object_get(cov, "sub"), "cov.sub", &q->subscriber) &&
           person(s, pt, "pt", &q->patient);
}

static void encounter(struct source *s, const json_t *enc)
{
    const json_t *covers = json_object_get(enc, "cov");
    if (!json_is_object(enc) || !phi_is(text_of(enc, "v"), "enc.v1")) {
        complain(s, "v", "no encounter (enc.v1)");
        return;
    }
    if (json_array_size(covers) == 0)
        complain(s, "cov", "the encounter names no coverage");
    for (size_t i = 0; i < json_array_size(covers); i++) {
        struct question q = {.types = s->types};
        if (coverage(s, enc, json_array_get(covers, i), &q))
            *ask_add(s->to) = q;
    }
}

bool ask_coverage(const json_t *enc, const json_t *cov, const struct office *o, const char *types,
                  struct arena *a, ask_fault *fault, void *ctx, struct question *out)
{
    struct source s = {.o = o, .types = types, .a = a, .fault = fault, .ctx = ctx};
    *out = (struct question){.types = types};
    return coverage(&s, enc, cov, out);
}

int ask_encounters(const char *path, phi_str text, const struct office *o, const char *types,
                   struct arena *a, struct questions *to, ask_fault *fault, void *ctx)
{
    struct source s = {.o = o, .types = types, .a = a, .to = to, .fault = fault, .ctx = ctx};
    size_t line = 0;
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        size_t blank = 0;
        line++;
        while (blank < n && isspace((unsigned char)text.p[blank]))
            blank++;
        snprintf(s.where, sizeof s.where, "%s:%zu", path, line);
        if (blank < n) {
            json_t *enc = json_loadb(text.p, n, JSON_REJECT_DUPLICATES, NULL);
            if (enc)
                encounter(&s, enc);
            else
                complain(&s, "line", "no JSON object");
            json_decref(enc);
        }
        n += end != NULL;
        text = phi_of(text.p + n, text.n - n);
    }
    if (!line)
        complain(&s, "file", "it is empty");
    return s.faults;
}

/* ---- 270 ---- */

struct writing {
    struct edi_writer w;
    const struct office *o;
    int hl, sets;
    int64_t at_us;
};

static void birth(struct writing *x, const struct ask_person *p)
{
    ew_begin(&x->w, "DMG");
    ew_lit(&x->w, "D8");
    ew_el(&x->w, p->dob);
    ew_el(&x->w, p->sex);
    ew_end(&x->w);
}

static void trace(struct writing *x, const struct question *q)
{
    ew_seg(&x->w, "TRN", "1", q->trace, x->o->origin);
}

static void wanted(struct writing *x, const struct question *q)
{
    outgoing_dtp(&x->w, "291", q->day, q->day);
    ew_seg(&x->w, "EQ", q->types);
}

static void relation(struct writing *x, phi_str rel)
{
    if (phi_is(rel, "01") || phi_is(rel, "19") || phi_is(rel, "34")) {
        ew_begin(&x->w, "INS");
        ew_lit(&x->w, "N");
        ew_el(&x->w, rel);
        ew_end(&x->w);
    }
}

static void one_person(struct writing *x, const struct question *q)
{
    outgoing_hl(&x->w, &x->hl, 2, "22", q->dependent ? "1" : "0");
    int subscriber = x->hl;
    if (!q->dependent)
        trace(x, q);
    outgoing_name(&x->w, "IL", "1", q->subscriber.last, q->subscriber.first, "MI", q->member);
    birth(x, &q->subscriber);
    if (q->dependent) {
        outgoing_hl(&x->w, &x->hl, subscriber, "23", "0");
        trace(x, q);
        outgoing_name(&x->w, "03", "1", q->patient.last, q->patient.first, "", phi_lit(""));
        birth(x, &q->patient);
        relation(x, q->relation);
    }
    wanted(x, q);
}

static void set_begin(struct writing *x, const struct question *q)
{
    char st02[12], day[9], hour[5];
    snprintf(st02, sizeof st02, "%04d", ++x->sets);
    x->w.segments = 0;
    x->hl = 0;
    ew_seg(&x->w, "ST", "270", st02, VERSION);
    ew_seg(&x->w, "BHT", "0022", "13", q->reference, time_ccyymmdd(x->at_us, day),
           time_hhmm(x->at_us, hour));
    outgoing_hl(&x->w, &x->hl, 0, "20", "1");
    outgoing_name(&x->w, "PR", "2", phi_lit(q->payer.name), phi_lit(""), q->payer.kind,
                  phi_lit(q->payer.id));
    outgoing_hl(&x->w, &x->hl, 1, "21", "1");
    outgoing_name(&x->w, "1P", *q->provider.first ? "1" : "2", phi_lit(q->provider.name),
                  phi_lit(q->provider.first), "XX", phi_lit(q->provider.npi));
}

void ask_write(struct buf *out, const struct office *o, struct question *const *q, size_t n,
               bool batch, char usage, int64_t at_us, uint32_t control)
{
    struct writing x = {.w = {.out = out, .d = EDI_CANONICAL}, .o = o, .at_us = at_us};
    outgoing_begin(&x.w, o, "HS", VERSION, usage, at_us, control);
    for (size_t i = 0; i < n; i++) {
        bool same = i && strcmp(q[i]->reference, q[i - 1]->reference) == 0;
        if (!batch || !same) {
            if (i)
                outgoing_se(&x.w, x.sets);
            set_begin(&x, q[i]);
        }
        one_person(&x, q[i]);
    }
    outgoing_se(&x.w, x.sets);
    outgoing_end(&x.w, x.sets, control);
}
