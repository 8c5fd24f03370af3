/* C-CDA documents into enc.v1: header, narrative as the note, encounter diagnoses, procedures with
 * codes that a claim can carry, payers. The tables of docs/readers.md in the same order. */
#include "common/readers/enc_out.h"
#include "common/readers/xml_tree.h"
#include <stdio.h>

#define NPI     "2.16.840.1.113883.4.6"
#define ICD10CM "2.16.840.1.113883.6.90"
#define CPT     "2.16.840.1.113883.6.12"
#define HCPCS   "2.16.840.1.113883.6.285"
#define CDT     "2.16.840.1.113883.6.13"

struct ccda {
    struct arena *a;
    struct xml *doc, *visit; /* ClinicalDocument, encompassingEncounter */
    json_t *e;
    const char *where, *why; /* the first fault */
};

static json_t *in(json_t *o, const char *key)
{
    return json_object_get(o, key);
}

static void fault(struct ccda *c, const char *where, const char *why)
{
    if (!c->why) {
        c->where = where;
        c->why = why;
    }
}

/* A value that is not longer than one may be. */
static phi_str value(struct ccda *c, phi_str v)
{
    if (v.n <= READER_FIELD_MAX)
        return v;
    fault(c, "ClinicalDocument", "a value is longer than one may be");
    return phi_of("", 0);
}

static phi_str text(struct ccda *c, const struct xml *x)
{
    return value(c, xml_text(x, c->a));
}

static phi_str attr(struct ccda *c, const struct xml *x, const char *name)
{
    return value(c, xml_attr(x, name));
}

static void put_date(struct ccda *c, json_t *o, const char *key, const struct xml *x,
                     const char *where)
{
    if (!enc_out_put_date(o, key, attr(c, x, "value")))
        fault(c, where, "is no date");
}

/* ---- people ---- */

static const struct xml *given(const struct xml *name, int nth)
{
    const struct xml *g = xml_child(name, "given");
    while (g && nth-- > 0)
        g = xml_again(g);
    return g;
}

static void read_address(struct ccda *c, json_t *addr, const struct xml *x)
{
    const struct xml *line = xml_child(x, "streetAddressLine");
    enc_out_put(addr, "l1", text(c, line));
    enc_out_put(addr, "l2", text(c, line ? xml_again(line) : NULL));
    enc_out_put(addr, "city", text(c, xml_child(x, "city")));
    enc_out_put(addr, "st", text(c, xml_child(x, "state")));
    enc_out_put(addr, "zip", enc_out_zip(text(c, xml_child(x, "postalCode")), c->a));
}

static void read_name(struct ccda *c, json_t *p, const struct xml *name)
{
    enc_out_put(p, "last", text(c, xml_child(name, "family")));
    enc_out_put(p, "first", text(c, given(name, 0)));
    enc_out_put(p, "middle", text(c, given(name, 1)));
}

static void read_patient(struct ccda *c)
{
    const struct xml *role = xml_at(c->doc, "recordTarget/patientRole");
    const struct xml *p = xml_child(role, "patient");
    json_t *pt = in(c->e, "pt");
    phi_str sex = attr(c, xml_child(p, "administrativeGenderCode"), "code");
    if (!p)
        fault(c, "ClinicalDocument/recordTarget/patientRole/patient", "is missing");
    enc_out_put(pt, "ref", attr(c, xml_child(role, "id"), "extension"));
    read_name(c, pt, xml_child(p, "name"));
    put_date(c, pt, "dob", xml_child(p, "birthTime"),
             "ClinicalDocument/recordTarget/patientRole/patient/birthTime");
    if (sex.n)
        json_object_set_new(pt, "sex",
                            json_string(phi_is(sex, "F")   ? "F"
                                        : phi_is(sex, "M") ? "M"
                                                           : "U"));
    read_address(c, in(pt, "addr"), xml_child(role, "addr"));
}

/* The id of an assigned entity that is an NPI; "" when none is. */
static phi_str npi_of(struct ccda *c, const struct xml *entity)
{
    for (const struct xml *id = xml_child(entity, "id"); id; id = xml_again(id))
        if (phi_is(attr(c, id, "root"), NPI))
            return attr(c, id, "extension");
    return phi_of("", 0);
}

static phi_str must_npi(struct ccda *c, const struct xml *entity, const char *where)
{
    phi_str npi = npi_of(c, entity);
    if (entity && !npi.n)
        fault(c, where, "names nobody by an NPI");
    return npi;
}

/* ---- the visit ---- */

static void read_days(struct ccda *c)
{
    const struct xml *t = xml_child(c->visit, "effectiveTime");
    const struct xml *low = xml_child(t, "low"), *high = xml_child(t, "high");
    const char *where = "ClinicalDocument/componentOf/encompassingEncounter/effectiveTime";
    json_t *dos = in(c->e, "dos");
    put_date(c, dos, "from", low ? low : t, where);
    put_date(c, dos, "thru", high && xml_attr(high, "value").n ? high : low ? low : t, where);
}

/* Responsible for the visit, else who performed the service, else the author. */
static void read_providers(struct ccda *c)
{
    json_t *prov = in(c->e, "prov");
    const struct xml *who = xml_at(c->visit, "responsibleParty/assignedEntity");
    if (!who)
        who = xml_at(c->visit, "encounterParticipant/assignedEntity");
    if (!who)
        who = xml_at(c->doc, "documentationOf/serviceEvent/performer/assignedEntity");
    if (!who)
        who = xml_at(c->doc, "author/assignedAuthor");
    enc_out_put(prov, "rend",
                must_npi(c, who, "ClinicalDocument/componentOf/encompassingEncounter"));
    const struct xml *org = xml_child(who, "representedOrganization");
    enc_out_put(prov, "bill", npi_of(c, org));
}

static void read_visit(struct ccda *c)
{
    const struct xml *place = xml_at(c->visit, "location/healthCareFacility");
    phi_str id = attr(c, xml_child(c->visit, "id"), "extension");
    enc_out_put(c->e, "enc", id);
    if (!id.n)
        fault(c, "ClinicalDocument/componentOf/encompassingEncounter/id", "has no extension");
    enc_out_put(in(c->e, "src"), "sys",
                text(c, xml_at(c->doc, "author/assignedAuthor/assignedAuthoringDevice/"
                                       "softwareName")));
    json_object_set_new(in(c->e, "src"), "event", json_string("C-CDA"));
    enc_out_put(in(c->e, "facility"), "npi", npi_of(c, place));
    enc_out_put(in(c->e, "facility"), "loc", text(c, xml_at(place, "location/name")));
    read_days(c);
    read_providers(c);
}

/* legalAuthenticator with signatureCode S. */
static void read_signature(struct ccda *c)
{
    const struct xml *s = xml_child(c->doc, "legalAuthenticator");
    char at[40];
    if (!s || !phi_is(xml_attr(xml_child(s, "signatureCode"), "code"), "S"))
        return;
    if (!enc_out_time(attr(c, xml_child(s, "time"), "value"), at)) {
        fault(c, "ClinicalDocument/legalAuthenticator/time", "is no time");
        return;
    }
    json_t *o = json_object();
    enc_out_put(o, "by",
                must_npi(c, xml_child(s, "assignedEntity"),
                         "ClinicalDocument/legalAuthenticator/assignedEntity"));
    json_object_set_new(o, "at", json_string(at));
    json_object_set_new(c->e, "signed", o);
}

/* ---- the note ---- */

static void add_section(const struct xml *section, struct buf *out, int depth)
{
    const struct xml *title = xml_child(section, "title"), *words = xml_child(section, "text");
    if (title && words) {
        xml_words(title, out);
        if (out->len && out->p[out->len - 1] == '\n')
            out->len--;
        buf_puts(out, ":\n");
    }
    if (words) {
        xml_words(words, out);
        while (out->len && out->p[out->len - 1] == ' ')
            out->len--;
        if (out->len && out->p[out->len - 1] != '\n')
            buf_putc(out, '\n');
    }
    for (const struct xml *k = xml_child(section, "component"); k && depth < 8; k = xml_again(k))
        add_section(xml_child(k, "section"), out, depth + 1);
}

static const struct xml *sections(const struct ccda *c)
{
    return xml_child(xml_at(c->doc, "component/structuredBody"), "component");
}

static void read_note(struct ccda *c)
{
    struct buf out = {0};
    for (const struct xml *k = sections(c); k; k = xml_again(k))
        if (xml_child(k, "section"))
            add_section(xml_child(k, "section"), &out, 0);
    if (out.len > READER_NOTE_MAX)
        fault(c, "ClinicalDocument/component", "its text is longer than 1 MB");
    else if (out.len) {
        json_t *note = json_object();
        enc_out_put(note, "type", text(c, xml_child(c->doc, "title")));
        enc_out_put(note, "text", buf_view(&out));
        json_object_set_new(c->e, "note", note);
    }
    buf_free(&out);
}

/* ---- coded entries ---- */

/* The code of x, or of a translation of it, in one of the systems. */
static phi_str code_in(struct ccda *c, const struct xml *x, const char *systems)
{
    phi_str system = xml_attr(x, "codeSystem");
    if (system.n && memmem(systems, strlen(systems), system.p, system.n))
        return attr(c, x, "code");
    for (const struct xml *t = xml_child(x, "translation"); t; t = xml_again(t)) {
        system = xml_attr(t, "codeSystem");
        if (system.n && memmem(systems, strlen(systems), system.p, system.n))
            return attr(c, t, "code");
    }
    return phi_of("", 0);
}

/* Every observation below x with a value in ICD-10-CM. One that is negated is none. */
static void read_observations(struct ccda *c, const struct xml *x)
{
    for (const struct xml *k = x->first; k; k = k->next) {
        if (!k->name)
            continue;
        if (strcmp(k->name, "observation") == 0) {
            const struct xml *v = xml_child(k, "value");
            phi_str code = code_in(c, v, ICD10CM);
            if (phi_is(xml_attr(k, "negationInd"), "true"))
                continue;
            if (code.n > 8)
                fault(c, "observation/value", "is longer than a diagnosis code");
            else if (code.n)
                enc_out_dx(c->e, code, attr(c, v, "displayName"), phi_of("", 0));
        }
        read_observations(c, k);
    }
}

/* A line for a code that a claim can carry: once, without a price. Two-character codes beside it
 * (qualifier, translation) are not looked at. */
static void add_line(struct ccda *c, const struct xml *code, const struct xml *time,
                     const struct xml *who)
{
    phi_str v = code_in(c, code, CPT " " HCPCS " " CDT);
    json_t *list = in(c->e, "lines");
    const struct xml *low = xml_child(time, "low");
    if (v.n != 5)
        return;
    json_t *line = enc_out_line(json_array_size(list) + 1);
    json_array_append_new(list, line);
    enc_out_put(line, "code", v);
    json_object_set_new(line, "units", json_integer(1));
    if (low || xml_attr(time, "value").n)
        put_date(c, line, "dos", low ? low : time, "entry/effectiveTime");
    if (npi_of(c, who).n)
        enc_out_put(line, "rend", npi_of(c, who));
}

static void read_entries(struct ccda *c, const struct xml *section)
{
    for (const struct xml *k = xml_child(section, "entry"); k; k = xml_again(k)) {
        static const char *const kinds[] = {"encounter", "procedure", "act", "observation"};
        for (size_t i = 0; i < 4; i++) {
            const struct xml *x = xml_child(k, kinds[i]);
            bool done = x && phi_is(xml_attr(x, "moodCode"), "EVN") &&
                        !phi_is(xml_attr(x, "negationInd"), "true");
            if (done)
                add_line(c, xml_child(x, "code"), xml_child(x, "effectiveTime"),
                         xml_at(x, "performer/assignedEntity"));
        }
    }
}

/* ---- payers ---- */

static const struct xml *typed(const struct xml *x, const char *child, const char *type)
{
    const struct xml *k = xml_child(x, child);
    while (k && !phi_is(xml_attr(k, "typeCode"), type))
        k = xml_again(k);
    return k;
}

static void read_policy(struct ccda *c, const struct xml *act, int nth)
{
    const struct xml *payer = xml_child(typed(act, "performer", "PRF"), "assignedEntity");
    const struct xml *cov = xml_child(typed(act, "participant", "COV"), "participantRole");
    const struct xml *hld = xml_child(typed(act, "participant", "HLD"), "participantRole");
    json_t *cover = enc_out_cover(nth);
    phi_str word = attr(c, xml_child(cov, "code"), "code");
    const char *rel = enc_out_relation(word);
    enc_out_put(cover, "payer", attr(c, xml_child(payer, "id"), "extension"));
    enc_out_put(cover, "member", attr(c, xml_child(cov, "id"), "extension"));
    enc_out_put(cover, "group", attr(c, xml_child(act, "id"), "extension"));
    if (word.n && !*rel)
        fault(c, "act/participant/participantRole/code", "is no relationship that is known");
    if (*rel)
        json_object_set_new(cover, "rel", json_string(rel));
    if (*rel && strcmp(rel, "18") != 0 && hld) {
        const struct xml *e = xml_child(hld, "playingEntity");
        json_t *p = enc_out_person(false);
        read_name(c, p, xml_child(e, "name"));
        put_date(c, p, "dob", xml_child(e, "birthTime"), "act/participant/birthTime");
        read_address(c, in(p, "addr"), xml_child(hld, "addr"));
        json_object_set_new(cover, "sub", p);
    }
    json_array_append_new(in(c->e, "cov"), cover);
}

/* Coverage activity, and the policy activities in it. */
static void read_payers(struct ccda *c, const struct xml *section)
{
    int nth = 0;
    for (const struct xml *k = xml_child(section, "entry"); k; k = xml_again(k)) {
        const struct xml *r = xml_at(k, "act/entryRelationship");
        for (; r; r = xml_again(r))
            if (xml_child(r, "act"))
                read_policy(c, xml_child(r, "act"), ++nth);
    }
}

/* ---- all ---- */

/* Sections by their LOINC code, with what is read of them besides the words. */
static void read_sections(struct ccda *c)
{
    for (const struct xml *k = sections(c); k; k = xml_again(k)) {
        const struct xml *s = xml_child(k, "section");
        phi_str code = xml_attr(xml_child(s, "code"), "code");
        if (phi_is(code, "46240-8")) {
            read_observations(c, s);
            read_entries(c, s);
        } else if (phi_is(code, "47519-4"))
            read_entries(c, s);
        else if (phi_is(code, "48768-6"))
            read_payers(c, s);
        else if (phi_is(code, "51848-0") || phi_is(code, "51847-2"))
            read_observations(c, s);
    }
    json_t *line;
    size_t i;
    json_array_foreach(in(c->e, "lines"), i, line)
    {
        if (json_array_size(in(c->e, "dx")) == 1)
            json_array_append_new(in(line, "dx"), json_integer(1));
    }
}

void ccda_read(phi_str unit, struct arena *a, struct reader_items *out)
{
    unsigned long line;
    const char *why;
    struct ccda c = {.a = a, .doc = xml_read(unit, a, &line, &why)};
    if (!c.doc) {
        reader_refuse(out, a, "CCDA_FORM", "line %lu: %s", line, why);
        return;
    }
    if (strcmp(c.doc->name, "ClinicalDocument") != 0) {
        reader_refuse(out, a, "CCDA_FORM", "the root element is not ClinicalDocument");
        return;
    }
    c.visit = xml_at(c.doc, "componentOf/encompassingEncounter");
    c.e = enc_out_new();
    read_patient(&c);
    read_visit(&c);
    read_signature(&c);
    read_sections(&c);
    read_note(&c);
    if (!c.why) {
        enc_out_give(c.e, false, a, out);
        return;
    }
    reader_refuse(out, a, "CCDA_FIELD", "%s: %s", c.where, c.why);
    json_decref(c.e);
}
