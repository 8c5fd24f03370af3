#include "common/readers/fhir.h"
#include "common/readers/enc_out.h"
#include "common/readers/json_text.h"
#include <stdio.h>
#include <stdlib.h>

void fhir_fault(struct fhir *f, struct fhir_res r, const char *path, const char *why)
{
    if (f->rule)
        return;
    f->rule = "FHIR_FIELD";
    f->why = why;
    snprintf(f->where, sizeof f->where, "entry[%zu].resource%s%s", r.index, *path ? "." : "", path);
}

const json_t *fhir_at(const json_t *o, const char *path)
{
    char key[64];
    while (o && *path) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof key)
            return NULL;
        memcpy(key, path, n);
        key[n] = 0;
        o = json_is_array(o) ? json_array_get(o, strtoul(key, NULL, 10)) : json_object_get(o, key);
        path += n + (path[n] == '.');
    }
    return o;
}

phi_str fhir_text(struct fhir *f, const json_t *o, const char *path)
{
    const json_t *v = fhir_at(o, path);
    char *number;
    if (json_is_integer(v)) {
        number = arena_alloc(f->a, 24);
        int n = snprintf(number, 24, "%lld", (long long)json_integer_value(v));
        return phi_of(number, (size_t)n);
    }
    if (!json_is_string(v))
        return phi_of("", 0);
    if (json_string_length(v) > READER_FIELD_MAX) {
        fhir_fault(f, (struct fhir_res){NULL, f->encounter}, path,
                   "(or a resource of it): is longer than a value may be");
        return phi_of("", 0);
    }
    return phi_of(json_string_value(v), json_string_length(v));
}

struct fhir_res fhir_entry(const struct fhir *f, size_t i)
{
    const json_t *r = json_object_get(json_array_get(f->entries, i), "resource");
    return (struct fhir_res){json_is_object(r) ? r : NULL, i};
}

bool fhir_is(struct fhir_res r, const char *type)
{
    const char *t = json_string_value(json_object_get(r.r, "resourceType"));
    return t && strcmp(t, type) == 0;
}

static struct fhir_res contained(struct fhir_res from, const char *id)
{
    const json_t *list = json_object_get(from.r, "contained");
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r)
    {
        const char *had = json_string_value(json_object_get(r, "id"));
        if (had && strcmp(had, id) == 0)
            return (struct fhir_res){r, from.index};
    }
    return (struct fhir_res){NULL, from.index};
}

/* "Type/id" at the end of a longer address. */
static const char *last_two(const char *ref)
{
    const char *p = strrchr(ref, '/');
    while (p && p > ref && p[-1] != '/')
        p--;
    return p ? p : ref;
}

struct fhir_res fhir_follow(const struct fhir *f, struct fhir_res from, const json_t *reference)
{
    const char *ref = json_string_value(json_object_get(reference, "reference"));
    if (!ref)
        return (struct fhir_res){NULL, from.index};
    if (*ref == '#')
        return contained(from, ref + 1);
    const json_t *i = json_object_get(f->index, ref);
    if (!i)
        i = json_object_get(f->index, last_two(ref));
    return i ? fhir_entry(f, (size_t)json_integer_value(i)) : (struct fhir_res){NULL, from.index};
}

static bool in_list(phi_str v, const char *list)
{
    for (; v.n && *list; list += strcspn(list, " "), list += *list == ' ')
        if (phi_eq(v, phi_of(list, strcspn(list, " "))))
            return true;
    return false;
}

static phi_str npi_in(struct fhir *f, const json_t *identifiers)
{
    size_t i;
    json_t *id;
    json_array_foreach(identifiers, i, id)
    {
        if (phi_is(fhir_text(f, id, "system"), "http://hl7.org/fhir/sid/us-npi"))
            return fhir_text(f, id, "value");
    }
    return phi_of("", 0);
}

phi_str fhir_npi(struct fhir *f, struct fhir_res from, const json_t *reference)
{
    const json_t *own = json_object_get(reference, "identifier");
    if (phi_is(fhir_text(f, own, "system"), "http://hl7.org/fhir/sid/us-npi"))
        return fhir_text(f, own, "value");
    struct fhir_res r = fhir_follow(f, from, reference);
    if (fhir_is(r, "PractitionerRole")) {
        phi_str npi = npi_in(f, json_object_get(r.r, "identifier"));
        if (npi.n)
            return npi;
        r = fhir_follow(f, r, json_object_get(r.r, "practitioner"));
    }
    return npi_in(f, json_object_get(r.r, "identifier"));
}

phi_str fhir_code(struct fhir *f, const json_t *concept, const char *systems, size_t min,
                  size_t max)
{
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(concept, "coding"), i, c)
    {
        phi_str code = fhir_text(f, c, "code");
        if (code.n >= min && code.n <= max && in_list(fhir_text(f, c, "system"), systems))
            return code;
    }
    return phi_of("", 0);
}

phi_str fhir_words(struct fhir *f, const json_t *concept)
{
    phi_str text = fhir_text(f, concept, "text");
    for (size_t i = 0; !text.n && i < json_array_size(json_object_get(concept, "coding")); i++)
        text = fhir_text(f, json_array_get(json_object_get(concept, "coding"), i), "display");
    return text;
}

/* HTEST among the tags of the bundle: all of it is a test. */
static bool is_test(struct fhir *f)
{
    static const char *const lists[] = {"meta.tag", "meta.security"};
    size_t i;
    json_t *tag;
    for (int k = 0; k < 2; k++)
        json_array_foreach(fhir_at(f->bundle, lists[k]), i, tag)
        {
            if (phi_is(fhir_text(f, tag, "code"), "HTEST"))
                return true;
        }
    return false;
}

static void read_encounter(struct fhir *f, struct reader_items *out)
{
    json_t *e = enc_out_new();
    fhir_map(f, e);
    if (!f->rule) {
        enc_out_give(e, is_test(f), f->a, out);
        return;
    }
    json_decref(e);
    reader_refuse(out, f->a, f->rule, "%s: %s", f->where, f->why);
    f->rule = NULL;
}

/* Entries by fullUrl and by Type/id; the first one of a name stays. */
static json_t *make_index(const struct fhir *f)
{
    json_t *index = json_object();
    struct buf name = {0};
    for (size_t i = 0; i < json_array_size(f->entries); i++) {
        const char *url = json_string_value(fhir_at(json_array_get(f->entries, i), "fullUrl"));
        const json_t *r = fhir_entry(f, i).r;
        const char *type = json_string_value(json_object_get(r, "resourceType"));
        const char *id = json_string_value(json_object_get(r, "id"));
        if (url && !json_object_get(index, url))
            json_object_set_new(index, url, json_integer((json_int_t)i));
        buf_clear(&name);
        buf_printf(&name, "%s/%s", type ? type : "", id ? id : "");
        if (type && id && !json_object_get(index, buf_cstr(&name)))
            json_object_set_new(index, buf_cstr(&name), json_integer((json_int_t)i));
    }
    buf_free(&name);
    return index;
}

static void read_bundle(struct fhir *f, phi_str unit, struct reader_items *out)
{
    size_t n;
    const phi_str *spans = json_entries(unit, f->a, &n);
    if (json_array_size(f->entries) > FHIR_ENTRIES) {
        reader_refuse(out, f->a, "FHIR_FORM", "entry: there are more than 10,000");
        return;
    }
    f->index = make_index(f);
    for (size_t i = 0; i < json_array_size(f->entries); i++)
        if (fhir_is(fhir_entry(f, i), "Encounter")) {
            f->encounter = i;
            read_encounter(f, out);
            if (n == json_array_size(f->entries))
                out->v[out->n - 1].part = spans[i];
        }
    json_decref(f->index);
    if (out->n == 0)
        reader_refuse(out, f->a, "FHIR_FORM", "entry: there is no Encounter in the bundle");
}

void fhir_read(phi_str unit, struct arena *a, struct reader_items *out)
{
    struct buf text = {0};
    json_error_t e = {0};
    size_t at, skip = unit.n > 3 && memcmp(unit.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    const char *bad = json_text(phi_of(unit.p + skip, unit.n - skip), &text, &at);
    json_t *top =
        bad ? NULL : json_loadb(text.p ? text.p : "", text.len, JSON_REJECT_DUPLICATES, &e);
    struct fhir f = {.a = a, .bundle = top, .entries = json_object_get(top, "entry")};
    if (bad)
        reader_refuse(out, a, "FHIR_FORM", "byte %zu: %s", at + skip, bad);
    else if (!top) /* e.text may quote the file */
        reader_refuse(out, a, "FHIR_FORM", "line %d: is no JSON from column %d on", e.line,
                      e.column);
    else if (!fhir_is((struct fhir_res){top, 0}, "Bundle"))
        reader_refuse(out, a, "FHIR_FORM", "resourceType: is not Bundle");
    else
        read_bundle(&f, unit, out);
    json_decref(top);
    buf_free(&text);
}
