/* The JSON bodies, read. Texts are cut to the size of their fields. */
#include "common/edi/verdict.h"
#include "common/edi/verdict_fields.h"
#include <jansson.h>
#include <stdio.h>

static const char *text(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s ? s : "";
}
static uint64_t number(const json_t *o, const char *name)
{
    json_int_t v = json_integer_value(json_object_get(o, name));
    return v > 0 ? (uint64_t)v : 0;
}
static phi_str slice(const json_t *o, const char *name, struct arena *mem)
{
    const json_t *s = json_object_get(o, name);
    if (!json_is_string(s))
        return (phi_str){0};
    return arena_phi(mem, phi_of(json_string_value(s), json_string_length(s)));
}
#define TEXT(field, o, name) snprintf(field, sizeof(field), "%s", text(o, name))

static bool finding_read(const json_t *o, struct arena *mem, struct finding *f)
{
    *f = (struct finding){
        .level = (uint8_t)number(o, "level"),
        .position = (uint32_t)number(o, "position"),
        .element = (uint16_t)number(o, "element"),
        .component = (uint16_t)number(o, "component"),
        .repetition = (uint16_t)number(o, "repetition"),
        .data_element = (uint32_t)number(o, "data_element"),
        .offset = number(o, "offset"),
        .claim = (uint32_t)number(o, "claim"),
        .text = arena_strdup(mem, text(o, "text")),
        .bad = slice(o, "bad", mem),
    };
    TEXT(f->rule, o, "rule");
    TEXT(f->loop, o, "loop");
    TEXT(f->segment, o, "segment");
    TEXT(f->report, o, "report");
    return severity_parse(text(o, "severity"), &f->severity);
}

static bool ack_finding_read(const json_t *o, struct arena *mem, struct ack_finding *a)
{
    const json_t *t = json_object_get(o, "trigger");
    *a = (struct ack_finding){.unit = slice(o, "unit", mem)};
    TEXT(a->trigger.segment, t, "segment");
    TEXT(a->trigger.loop, t, "loop");
    a->trigger.position = (uint32_t)number(t, "position");
    a->trigger.element = (uint16_t)number(t, "element");
    a->trigger.component = (uint16_t)number(t, "component");
    return finding_read(o, mem, &a->f);
}

static bool findings_read(const json_t *root, struct arena *mem, struct finding **out,
                          uint32_t *count)
{
    const json_t *list = json_object_get(root, "findings");
    size_t n = json_array_size(list);
    *count = (uint32_t)n;
    *out = n ? arena_alloc(mem, n * sizeof **out) : NULL;
    for (size_t i = 0; i < n; i++)
        if (!finding_read(json_array_get(list, i), mem, &(*out)[i]))
            return false;
    return true;
}

static void delims_read(const json_t *four, struct edi_delims *d)
{
    char *const to[] = {&d->elem, &d->comp, &d->rep, &d->term};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++)
        *to[i] = (char)json_integer_value(json_array_get(four, i));
}

/* False when there is no such object. */
static bool fields_read(const json_t *root, const char *name, const struct verdict_field *f,
                        void *into)
{
    const json_t *o = json_object_get(root, name);
    for (; f->name; f++) {
        char *p = (char *)into + f->at;
        switch (f->kind) {
        case FIELD_WORD:
            snprintf(p, f->size, "%s", text(o, f->name));
            break;
        case FIELD_U32:
            *(uint32_t *)(void *)p = (uint32_t)number(o, f->name);
            break;
        case FIELD_U64:
            *(uint64_t *)(void *)p = number(o, f->name);
            break;
        case FIELD_FLAG:
            *(bool *)p = json_is_true(json_object_get(o, f->name));
            break;
        case FIELD_DELIMS:
            delims_read(json_object_get(o, f->name), (struct edi_delims *)p);
        }
    }
    return json_is_object(o);
}

static bool isa_read(const json_t *root, struct envelope_isa *i)
{
    *i = (struct envelope_isa){0};
    return fields_read(root, "isa", ISA_FIELDS, i);
}

static bool gs_read(const json_t *root, struct envelope_gs *g)
{
    *g = (struct envelope_gs){0};
    return fields_read(root, "gs", GS_FIELDS, g);
}

/* --- the claims, for the 277CA --- */

static struct ack_party party_read(const json_t *o, struct arena *mem)
{
    return (struct ack_party){.person = json_is_true(json_object_get(o, "person")),
                              .last = slice(o, "last", mem),
                              .first = slice(o, "first", mem),
                              .middle = slice(o, "middle", mem),
                              .suffix = slice(o, "suffix", mem),
                              .qual = slice(o, "qual", mem),
                              .id = slice(o, "id", mem)};
}

static const struct ack_party *parties_read(const json_t *list, struct arena *mem, uint32_t *n)
{
    *n = (uint32_t)json_array_size(list);
    struct ack_party *p = arena_alloc(mem, (*n + 1) * sizeof *p);
    for (uint32_t i = 0; i < *n; i++)
        p[i] = party_read(json_array_get(list, i), mem);
    return p;
}

static bool date_read(const json_t *o, const char *name, char out[ACK_DATE])
{
    const char *s = text(o, name);
    snprintf(out, ACK_DATE, "%s", s);
    return !*s || (strlen(s) == ACK_DATE - 1 && strspn(s, "0123456789") == ACK_DATE - 1);
}

static bool dates_read(const json_t *o, char from[ACK_DATE], char thru[ACK_DATE])
{
    return date_read(o, "from", from) && date_read(o, "thru", thru) && !*from == !*thru;
}

static bool line_read(const json_t *o, struct arena *mem, struct ack_line *l)
{
    const json_t *mods = json_object_get(o, "mods");
    *l = (struct ack_line){.number = (uint32_t)number(o, "number"),
                           .qualifier = slice(o, "qualifier", mem),
                           .code = slice(o, "code", mem),
                           .revenue = slice(o, "revenue", mem),
                           .control = slice(o, "control", mem),
                           .charge = json_integer_value(json_object_get(o, "charge"))};
    for (size_t i = 0; i < ACK_MODIFIERS && i < json_array_size(mods); i++) {
        const json_t *m = json_array_get(mods, i);
        if (json_is_string(m))
            l->mods[i] = arena_phi(mem, phi_of(json_string_value(m), json_string_length(m)));
    }
    return dates_read(o, l->from, l->thru);
}

static bool faults_read(const json_t *o, struct arena *mem, struct ack_claim *c)
{
    const json_t *list = json_object_get(o, "faults"), *lines = json_object_get(o, "lines");
    c->faults_n = (uint32_t)json_array_size(list);
    c->lines_n = (uint32_t)json_array_size(lines);
    struct ack_fault *f = arena_alloc(mem, (c->faults_n + 1) * sizeof *f);
    struct ack_line *l = arena_alloc(mem, (c->lines_n + 1) * sizeof *l);
    for (uint32_t i = 0; i < c->faults_n; i++) {
        const json_t *pair = json_array_get(list, i);
        const char *report = json_string_value(json_array_get(pair, 0));
        json_int_t line = json_integer_value(json_array_get(pair, 1));
        if (!report || !*report || line < 0 || line > (json_int_t)c->lines_n)
            return false;
        snprintf(f[i].report, sizeof f[i].report, "%s", report);
        f[i].line = line ? (uint32_t)line - 1 : ACK_NO_LINE;
    }
    for (uint32_t i = 0; i < c->lines_n; i++)
        if (!line_read(json_array_get(lines, i), mem, &l[i]))
            return false;
    c->faults = f;
    c->lines = l;
    return true;
}

static bool claim_read(const json_t *o, struct arena *mem, struct ack_claim *c)
{
    *c = (struct ack_claim){.pcn = slice(o, "pcn", mem),
                            .charge = json_integer_value(json_object_get(o, "charge")),
                            .trace = slice(o, "trace", mem),
                            .provider = (uint32_t)number(o, "provider"),
                            .patient = (uint32_t)number(o, "patient")};
    TEXT(c->bill, o, "bill");
    return dates_read(o, c->from, c->thru) && faults_read(o, mem, c);
}

/* False when it is none, or points to somebody who is not there. */
static bool batch_read(const json_t *o, struct arena *mem, struct ack_batch *b)
{
    const json_t *list = json_object_get(o, "claims");
    *b = (struct ack_batch){.bht03 = slice(o, "bht03", mem),
                            .submitter = party_read(json_object_get(o, "submitter"), mem),
                            .receiver = party_read(json_object_get(o, "receiver"), mem),
                            .claims_n = (uint32_t)json_array_size(list)};
    b->providers = parties_read(json_object_get(o, "providers"), mem, &b->providers_n);
    b->patients = parties_read(json_object_get(o, "patients"), mem, &b->patients_n);
    struct ack_claim *c = arena_alloc(mem, (b->claims_n + 1) * sizeof *c);
    b->claims = c;
    for (uint32_t i = 0; i < b->claims_n; i++)
        if (!claim_read(json_array_get(list, i), mem, &c[i]) || c[i].provider >= b->providers_n ||
            c[i].patient >= b->patients_n)
            return false;
    return json_is_object(o) && date_read(o, "date", b->date);
}

/* The claims of a verdict, when it carries them. */
static bool carried_read(const json_t *root, struct arena *mem, struct verdict *v)
{
    const json_t *o = json_object_get(root, "batch");
    if (!o)
        return true;
    struct ack_batch *b = arena_alloc(mem, sizeof *b);
    v->batch = b;
    return batch_read(o, mem, b);
}

static json_t *load(phi_str body)
{
    json_t *root = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

static bool verdict_fields(const json_t *root, struct arena *mem, struct verdict *v)
{
    const json_t *list = json_object_get(root, "findings"), *ok = json_object_get(root, "accepted");
    size_t n = json_array_size(list);
    struct ack_finding *f = n ? arena_alloc(mem, n * sizeof *f) : NULL;
    *v = (struct verdict){.accepted = json_is_true(ok),
                          .segments = (uint32_t)number(root, "segments"),
                          .claims = (uint32_t)number(root, "claims"),
                          .claims_refused = (uint32_t)number(root, "claims_refused"),
                          .set = {.findings = f, .findings_n = (uint32_t)n}};
    TEXT(v->set.st01, root, "st01");
    TEXT(v->set.st02, root, "st02");
    TEXT(v->set.st03, root, "st03");
    TEXT(v->gs08, root, "gs08");
    for (size_t i = 0; i < n; i++)
        if (!ack_finding_read(json_array_get(list, i), mem, &f[i]))
            return false;
    return json_is_boolean(ok) && carried_read(root, mem, v);
}

bool verdict_read(phi_str body, struct arena *mem, struct verdict *out)
{
    json_t *root = load(body);
    bool ok = root && verdict_fields(root, mem, out);
    json_decref(root);
    return ok;
}

bool verdict_group_read(phi_str body, struct arena *mem, struct verdict_group *out)
{
    json_t *root = load(body);
    bool ok = root && isa_read(root, &out->isa) && gs_read(root, &out->gs) &&
              findings_read(root, mem, &out->findings, &out->findings_n);
    if (ok)
        out->forwarded = (uint32_t)number(root, "forwarded");
    json_decref(root);
    return ok;
}

bool verdict_isa_read(phi_str body, struct arena *mem, struct verdict_isa *out)
{
    json_t *root = load(body);
    const json_t *ta1 = json_object_get(root, "ta1");
    bool ok = root && isa_read(root, &out->isa) &&
              findings_read(root, mem, &out->findings, &out->findings_n);
    TEXT(out->ta1.control, ta1, "control");
    TEXT(out->ta1.code, ta1, "code");
    TEXT(out->ta1.note, ta1, "note");
    json_decref(root);
    return ok;
}
