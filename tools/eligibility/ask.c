#include "tools/eligibility/ask.h"
#include "common/edi/write.h"
#include "common/util/clock.h"
#include "common/util/date.h"
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

bool ask_text(phi_str in, size_t most, struct arena *a, phi_str *out)
{
    for (; in.n && in.p[0] == ' '; in.n--)
        in.p++;
    for (; in.n && in.p[in.n - 1] == ' '; in.n--)
        ;
    if (!in.n || in.n > most)
        return false;
    char *copy = arena_strndup(a, in.p, in.n);
    for (size_t i = 0; i < in.n; i++) {
        copy[i] = (char)toupper((unsigned char)copy[i]);
        if (!isupper((unsigned char)copy[i]) && !isdigit((unsigned char)copy[i]) &&
            !strchr(" !\"&'()+,-./;?=", copy[i]))
            return false;
    }
    *out = phi_of(copy, in.n);
    return copy[0] != '\0';
}

bool ask_day(phi_str in, struct arena *a, phi_str *out)
{
    char eight[8];
    int32_t days;
    if (in.n == 10 && in.p[4] == '-' && in.p[7] == '-') {
        memcpy(eight, in.p, 4);
        memcpy(eight + 4, in.p + 5, 2);
        memcpy(eight + 6, in.p + 8, 2);
        in = phi_of(eight, 8);
    }
    if (!date_parse(in, &days))
        return false;
    *out = arena_phi(a, in);
    return true;
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
    if (!json_is_object(o) || !ask_text(text_of(o, "last"), 60, s->a, &out->last) ||
        !ask_text(text_of(o, "first"), 35, s->a, &out->first))
        return complain(s, path, "last and first name are wanted, in characters that X12 has");
    if (!ask_day(text_of(o, "dob"), s->a, &out->dob))
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
    if (!ask_text(text_of(cov, "member"), 80, s->a, &q->member) || q->member.n < 2)
        return complain(s, "cov.member", "missing, or with characters that X12 has not");
    if (!ask_day(text_of(json_object_get(enc, "dos"), "from"), s->a, &q->day))
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

static void level(struct writing *x, int parent, const char *code, const char *child)
{
    ew_begin(&x->w, "HL");
    ew_int(&x->w, ++x->hl);
    if (parent)
        ew_int(&x->w, parent);
    else
        ew_lit(&x->w, "");
    ew_lit(&x->w, code);
    ew_lit(&x->w, child);
    ew_end(&x->w);
}

static void name(struct writing *x, const char *who, const char *type, phi_str last, phi_str first,
                 const char *kind, phi_str id)
{
    ew_begin(&x->w, "NM1");
    ew_lit(&x->w, who);
    ew_lit(&x->w, type);
    ew_el(&x->w, last);
    ew_el(&x->w, first);
    for (int i = 5; i < 8; i++)
        ew_lit(&x->w, "");
    ew_lit(&x->w, kind);
    ew_el(&x->w, id);
    ew_end(&x->w);
}

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
    ew_begin(&x->w, "DTP");
    ew_lit(&x->w, "291");
    ew_lit(&x->w, "D8");
    ew_el(&x->w, q->day);
    ew_end(&x->w);
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
    level(x, 2, "22", q->dependent ? "1" : "0");
    int subscriber = x->hl;
    if (!q->dependent)
        trace(x, q);
    name(x, "IL", "1", q->subscriber.last, q->subscriber.first, "MI", q->member);
    birth(x, &q->subscriber);
    if (q->dependent) {
        level(x, subscriber, "23", "0");
        trace(x, q);
        name(x, "03", "1", q->patient.last, q->patient.first, "", phi_lit(""));
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
    level(x, 0, "20", "1");
    name(x, "PR", "2", phi_lit(q->payer.name), phi_lit(""), q->payer.kind, phi_lit(q->payer.id));
    level(x, 1, "21", "1");
    name(x, "1P", *q->provider.first ? "1" : "2", phi_lit(q->provider.name),
         phi_lit(q->provider.first), "XX", phi_lit(q->provider.npi));
}

static void set_end(struct writing *x)
{
    char st02[12], count[12];
    snprintf(st02, sizeof st02, "%04d", x->sets);
    snprintf(count, sizeof count, "%u", x->w.segments + 1);
    ew_seg(&x->w, "SE", count, st02);
}

void ask_write(struct buf *out, const struct office *o, struct question *const *q, size_t n,
               bool batch, char usage, int64_t at_us, uint32_t control)
{
    struct writing x = {.w = {.out = out, .d = EDI_CANONICAL}, .o = o, .at_us = at_us};
    char day[9], hour[5], nine[12], six[12], sets[12];
    const char use[2] = {usage, 0};
    struct ew_isa isa = {.sender_qual = o->qualifier,
                         .sender = o->id,
                         .receiver_qual = o->to_qualifier,
                         .receiver = o->to,
                         .usage = use,
                         .ack = "0",
                         .at_us = at_us,
                         .control = control};
    snprintf(nine, sizeof nine, "%09u", control);
    snprintf(six, sizeof six, "%u", control);
    ew_write_isa(&x.w, &isa);
    ew_seg(&x.w, "GS", "HS", o->id, o->to, time_ccyymmdd(at_us, day), time_hhmm(at_us, hour), six,
           "X", VERSION);
    for (size_t i = 0; i < n; i++) {
        bool same = i && strcmp(q[i]->reference, q[i - 1]->reference) == 0;
        if (!batch || !same) {
            if (i)
                set_end(&x);
            set_begin(&x, q[i]);
        }
        one_person(&x, q[i]);
    }
    set_end(&x);
    snprintf(sets, sizeof sets, "%d", x.sets);
    ew_seg(&x.w, "GE", sets, six);
    ew_seg(&x.w, "IEA", "1", nine);
}
