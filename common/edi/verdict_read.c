/* The JSON bodies, read. Texts are cut to the size of their fields. */
#include "common/edi/verdict.h"
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

static bool isa_read(const json_t *root, struct envelope_isa *i)
{
    const json_t *o = json_object_get(root, "isa"), *d = json_object_get(o, "delims");
    if (!json_is_object(o))
        return false;
    *i = (struct envelope_isa){.off = number(o, "off"),
                               .end_off = number(o, "end_off"),
                               .groups = (uint32_t)number(o, "groups"),
                               .number = (uint32_t)number(o, "number"),
                               .closed = json_is_true(json_object_get(o, "closed"))};
    char *const four[] = {&i->delims.elem, &i->delims.comp, &i->delims.rep, &i->delims.term};
    for (size_t k = 0; k < 4; k++)
        *four[k] = (char)json_integer_value(json_array_get(d, k));
    TEXT(i->sender_qual, o, "sender_qual");
    TEXT(i->sender, o, "sender");
    TEXT(i->receiver_qual, o, "receiver_qual");
    TEXT(i->receiver, o, "receiver");
    TEXT(i->date, o, "date");
    TEXT(i->time, o, "time");
    TEXT(i->version, o, "version");
    TEXT(i->control, o, "control");
    TEXT(i->ack, o, "ack");
    TEXT(i->usage, o, "usage");
    return true;
}

static bool gs_read(const json_t *root, struct envelope_gs *g)
{
    const json_t *o = json_object_get(root, "gs");
    if (!json_is_object(o))
        return false;
    *g = (struct envelope_gs){.off = number(o, "off"),
                              .end_off = number(o, "end_off"),
                              .sets = (uint32_t)number(o, "sets"),
                              .claimed = (uint32_t)number(o, "claimed"),
                              .number = (uint32_t)number(o, "number"),
                              .closed = json_is_true(json_object_get(o, "closed"))};
    TEXT(g->code, o, "code");
    TEXT(g->sender, o, "sender");
    TEXT(g->receiver, o, "receiver");
    TEXT(g->date, o, "date");
    TEXT(g->time, o, "time");
    TEXT(g->control, o, "control");
    TEXT(g->agency, o, "agency");
    TEXT(g->version, o, "version");
    return true;
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
    return json_is_boolean(ok);
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
    bool ok = root && isa_read(root, &out->isa) &&
              findings_read(root, mem, &out->findings, &out->findings_n);
    json_decref(root);
    return ok;
}
