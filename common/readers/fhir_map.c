/* FHIR R4 resources into enc.v1; the tables of docs/readers.md in the same order. */
#include "common/readers/fhir.h"
#include "common/readers/enc_out.h"
#include <stdio.h>
#include <stdlib.h>

#define ICD10CM  "http://hl7.org/fhir/sid/icd-10-cm urn:oid:2.16.840.1.113883.6.90"
#define ICD10PCS "http://www.cms.gov/Medicare/Coding/ICD10 http://hl7.org/fhir/sid/icd-10-pcs"
#define PROCEDURES                                                                                 \
    "http://www.ama-assn.org/go/cpt urn:oid:2.16.840.1.113883.6.12 "                               \
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets urn:oid:2.16.840.1.113883.6.285 "    \
    "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes http://www.ada.org/cdt"

#define REVENUE   "https://www.nubc.org/CodeSystem/RevenueCodes urn:oid:2.16.840.1.113883.6.301.3"
#define BILL_TYPE "https://www.nubc.org/CodeSystem/TypeOfBill urn:oid:2.16.840.1.113883.6.301.1"

struct mapping {
    struct fhir *f;
    struct fhir_res at; /* the Encounter */
    json_t *e;
    struct fhir_res patient;
};

static json_t *in(json_t *o, const char *key)
{
    return json_object_get(o, key);
}

static void put(struct mapping *x, json_t *o, const char *key, const json_t *from, const char *path)
{
    enc_out_put(o, key, fhir_text(x->f, from, path));
}

static bool has_word(struct mapping *x, const json_t *concept, const char *words)
{
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(concept, "coding"), i, c)
    {
        phi_str code = fhir_text(x->f, c, "code");
        for (const char *w = words; code.n && *w; w += strcspn(w, " "), w += *w == ' ')
            if (phi_eq(code, phi_of(w, strcspn(w, " "))))
                return true;
    }
    return false;
}

/* ---- people ---- */

static void read_person(struct mapping *x, json_t *p, struct fhir_res r)
{
    static const char *const words[][2] = {
        {"female", "F"}, {"male", "M"}, {"other", "U"}, {"unknown", "U"}};
    const json_t *name = fhir_at(r.r, "name.0"), *where = fhir_at(r.r, "address.0");
    phi_str sex = fhir_text(x->f, r.r, "gender");
    put(x, p, "last", name, "family");
    put(x, p, "first", name, "given.0");
    put(x, p, "middle", name, "given.1");
    if (!enc_out_put_date(p, "dob", fhir_text(x->f, r.r, "birthDate")))
        fhir_fault(x->f, r, "birthDate", "is no date");
    for (size_t i = 0; i < 4; i++)
        if (phi_is(sex, words[i][0]))
            json_object_set_new(p, "sex", json_string(words[i][1]));
    json_t *addr = in(p, "addr");
    put(x, addr, "l1", where, "line.0");
    put(x, addr, "l2", where, "line.1");
    put(x, addr, "city", where, "city");
    put(x, addr, "st", where, "state");
    enc_out_put(addr, "zip", enc_out_zip(fhir_text(x->f, where, "postalCode"), x->f->a));
}

static void read_patient(struct mapping *x)
{
    x->patient = fhir_follow(x->f, x->at, fhir_at(x->at.r, "subject"));
    if (!fhir_is(x->patient, "Patient")) {
        fhir_fault(x->f, x->at, "subject", "leads to no Patient of the bundle");
        return;
    }
    put(x, in(x->e, "pt"), "ref", x->patient.r, "identifier.0.value");
    if (json_is_null(in(in(x->e, "pt"), "ref")))
        put(x, in(x->e, "pt"), "ref", x->patient.r, "id");
    read_person(x, in(x->e, "pt"), x->patient);
}

/* An NPI that must be there because somebody is named. */
static phi_str must_npi(struct mapping *x, struct fhir_res from, const json_t *ref,
                        const char *path)
{
    phi_str npi = fhir_npi(x->f, from, ref);
    if (ref && !npi.n)
        fhir_fault(x->f, from, path, "names nobody by an NPI");
    return npi;
}

static void read_participants(struct mapping *x)
{
    json_t *prov = in(x->e, "prov"), *p;
    size_t i;
    json_array_foreach(fhir_at(x->at.r, "participant"), i, p)
    {
        const json_t *who = fhir_at(p, "individual"), *type = fhir_at(p, "type.0");
        if (has_word(x, type, "REF REFB")) {
            struct fhir_res r = fhir_follow(x->f, x->at, who);
            phi_str npi = must_npi(x, x->at, who, "participant.individual");
            json_object_set_new(prov, "ref",
                                enc_out_named(npi, fhir_text(x->f, r.r, "name.0.family"),
                                              fhir_text(x->f, r.r, "name.0.given.0")));
        } else if ((!type || has_word(x, type, "PPRF ATND")) && json_is_null(in(prov, "rend")))
            enc_out_put(prov, "rend", must_npi(x, x->at, who, "participant.individual"));
    }
    const json_t *bill = fhir_at(x->at.r, "serviceProvider");
    enc_out_put(prov, "bill", fhir_npi(x->f, x->at, bill));
}

/* ---- the visit ---- */

static void put_hour(json_t *o, phi_str when)
{
    enc_out_put(o, "hour",
                when.n >= 13 && when.p[10] == 'T' ? phi_of(when.p + 11, 2) : phi_of("", 0));
}

static void put_date(struct mapping *x, json_t *o, const char *key, struct fhir_res r,
                     const char *path)
{
    if (!enc_out_put_date(o, key, fhir_text(x->f, r.r, path)))
        fhir_fault(x->f, r, path, "is no date");
}

/* The type of bill among Encounter.type, or the subType of a Claim of the patient. */
static void read_bill_type(struct mapping *x)
{
    phi_str type = phi_of("", 0);
    const json_t *list = fhir_at(x->at.r, "type");
    for (size_t i = 0; !type.n && i < json_array_size(list); i++)
        type = fhir_code(x->f, json_array_get(list, i), BILL_TYPE, 3, 4);
    for (size_t i = 0; !type.n && i < json_array_size(x->f->entries); i++) {
        struct fhir_res r = fhir_entry(x->f, i);
        if (fhir_is(r, "Claim") && fhir_follow(x->f, r, fhir_at(r.r, "patient")).r == x->patient.r)
            type = fhir_code(x->f, fhir_at(r.r, "subType"), BILL_TYPE, 3, 4);
    }
    if (!type.n)
        return;
    if (!in(x->e, "inst")) {
        json_object_set_new(x->e, "inst", json_object());
        json_object_set(in(x->e, "inst"), "att", in(in(x->e, "prov"), "rend"));
    }
    enc_out_put(in(x->e, "inst"), "tob", type);
}

static void read_stay(struct mapping *x)
{
    phi_str cls = fhir_text(x->f, x->at.r, "class.code");
    json_t *admit, *leave, *inst;
    if (!phi_is(cls, "IMP") && !phi_is(cls, "ACUTE") && !phi_is(cls, "NONAC"))
        return;
    admit = json_object();
    leave = json_object();
    inst = json_object();
    put_date(x, admit, "date", x->at, "period.start");
    put_hour(admit, fhir_text(x->f, x->at.r, "period.start"));
    put(x, admit, "src", x->at.r, "hospitalization.admitSource.coding.0.code");
    put_date(x, leave, "date", x->at, "period.end");
    put_hour(leave, fhir_text(x->f, x->at.r, "period.end"));
    put(x, leave, "status", x->at.r, "hospitalization.dischargeDisposition.coding.0.code");
    json_object_set_new(inst, "admit", admit);
    json_object_set_new(inst, "discharge", leave);
    json_object_set(inst, "att", in(in(x->e, "prov"), "rend"));
    json_object_set_new(x->e, "inst", inst);
}

static void read_place(struct mapping *x)
{
    json_t *f = in(x->e, "facility");
    const json_t *ref = fhir_at(x->at.r, "location.0.location");
    struct fhir_res r = fhir_follow(x->f, x->at, ref);
    phi_str name = fhir_text(x->f, r.r, "name");
    enc_out_put(f, "npi", fhir_npi(x->f, x->at, ref));
    enc_out_put(f, "loc", name.n ? name : fhir_text(x->f, ref, "display"));
}

static void read_visit(struct mapping *x)
{
    phi_str id = fhir_text(x->f, x->at.r, "identifier.0.value");
    phi_str status = fhir_text(x->f, x->at.r, "status");
    enc_out_put(x->e, "enc", id.n ? id : fhir_text(x->f, x->at.r, "id"));
    if (json_is_null(in(x->e, "enc")))
        fhir_fault(x->f, x->at, "identifier", "is missing, and so is the id");
    if (!phi_is(status, "finished"))
        fhir_fault(x->f, x->at, "status", "is not finished");
    enc_out_put(in(x->e, "src"), "sys", fhir_text(x->f, x->f->bundle, "meta.source"));
    json_object_set_new(in(x->e, "src"), "event", json_string("Bundle"));
    read_participants(x);
    read_place(x);
    json_t *dos = in(x->e, "dos");
    put_date(x, dos, "from", x->at, "period.start");
    put_date(x, dos, "thru", x->at, fhir_at(x->at.r, "period.end") ? "period.end" : "period.start");
    read_stay(x);
    read_bill_type(x);
}

/* ---- coverages ---- */

static void read_payer(struct mapping *x, json_t *c, struct fhir_res r)
{
    const json_t *ref = fhir_at(r.r, "payor.0");
    struct fhir_res org = fhir_follow(x->f, r, ref);
    phi_str v = fhir_text(x->f, org.r, "identifier.0.value");
    if (!v.n)
        v = fhir_text(x->f, ref, "identifier.value");
    enc_out_put(c, "payer", v.n ? v : fhir_text(x->f, ref, "display"));
}

static void read_cover(struct mapping *x, struct fhir_res r, int nth)
{
    phi_str order = fhir_text(x->f, r.r, "order"), word;
    bool digit = order.n == 1 && order.p[0] > '0' && order.p[0] <= '9';
    json_t *c = enc_out_cover(digit ? order.p[0] - '0' : nth), *k;
    size_t i;
    read_payer(x, c, r);
    put(x, c, "member", r.r, "subscriberId");
    json_array_foreach(fhir_at(r.r, "class"), i, k)
    {
        if (has_word(x, fhir_at(k, "type"), "group"))
            put(x, c, "group", k, "value");
    }
    word = fhir_text(x->f, r.r, "relationship.coding.0.code");
    const char *rel = enc_out_relation(word);
    if (word.n && !*rel)
        fhir_fault(x->f, r, "relationship", "is no relationship that is known");
    if (*rel)
        json_object_set_new(c, "rel", json_string(rel));
    struct fhir_res sub = fhir_follow(x->f, r, fhir_at(r.r, "subscriber"));
    if (*rel && strcmp(rel, "18") != 0 && sub.r) {
        json_t *p = enc_out_person(false);
        read_person(x, p, sub);
        json_object_set_new(c, "sub", p);
    }
    json_array_append_new(in(x->e, "cov"), c);
}

static void read_covers(struct mapping *x)
{
    int nth = 0;
    for (size_t i = 0; i < json_array_size(x->f->entries); i++) {
        struct fhir_res r = fhir_entry(x->f, i);
        phi_str status = fhir_text(x->f, r.r, "status");
        if (fhir_is(r, "Coverage") && (!status.n || phi_is(status, "active")) &&
            fhir_follow(x->f, r, fhir_at(r.r, "beneficiary")).r == x->patient.r)
            read_cover(x, r, ++nth);
    }
}

/* ---- diagnoses ---- */

/* 0 when the condition is refuted or an error. One that is not confirmed comes without code; only
 * with `words` is one without code added. */
static json_int_t read_condition(struct mapping *x, struct fhir_res r, bool words)
{
    const json_t *state = fhir_at(r.r, "verificationStatus"), *code = fhir_at(r.r, "code");
    if (has_word(x, state, "refuted entered-in-error"))
        return 0;
    phi_str icd = fhir_code(x->f, code, ICD10CM, 3, 8);
    if (has_word(x, state, "unconfirmed provisional differential"))
        icd = phi_of("", 0);
    if (!icd.n && !words)
        return 0;
    return enc_out_dx(x->e, icd, fhir_words(x->f, code), phi_of("", 0));
}

struct ranked {
    size_t rank, nth;
    struct fhir_res r;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    if (p->rank != q->rank)
        return p->rank < q->rank ? -1 : 1;
    return p->nth < q->nth ? -1 : p->nth > q->nth;
}

/* Encounter.diagnosis by rank, those without one behind; then the conditions that name the
 * encounter. */
static size_t gather(struct mapping *x, struct ranked *list)
{
    const json_t *of = fhir_at(x->at.r, "diagnosis");
    size_t n = 0, i;
    json_t *d;
    json_array_foreach(of, i, d)
    {
        struct fhir_res r = fhir_follow(x->f, x->at, fhir_at(d, "condition"));
        json_int_t rank = json_integer_value(fhir_at(d, "rank"));
        if (!fhir_is(r, "Condition"))
            fhir_fault(x->f, x->at, "diagnosis.condition", "leads to no Condition of the bundle");
        else
            list[n++] = (struct ranked){rank > 0 ? (size_t)rank : 1000 + i, i, r};
    }
    qsort(list, n, sizeof *list, by_rank);
    for (i = 0; i < json_array_size(x->f->entries); i++) {
        struct fhir_res r = fhir_entry(x->f, i);
        bool had = !fhir_is(r, "Condition") ||
                   fhir_follow(x->f, r, fhir_at(r.r, "encounter")).r != x->at.r;
        for (size_t k = 0; k < n && !had; k++)
            had = list[k].r.r == r.r;
        if (!had)
            list[n++] = (struct ranked){0, 0, r};
    }
    return n;
}

static void read_dxs(struct mapping *x)
{
    size_t room = json_array_size(x->f->entries) + json_array_size(fhir_at(x->at.r, "diagnosis"));
    struct ranked *list = arena_alloc(x->f->a, (room + 1) * sizeof *list);
    size_t n = gather(x, list);
    for (size_t i = 0; i < n; i++)
        read_condition(x, list[i].r, true);
}

static void point(struct mapping *x, json_t *line, json_int_t dx)
{
    (void)x;
    size_t i;
    json_t *had;
    json_array_foreach(in(line, "dx"), i, had)
    {
        if (json_integer_value(had) == dx)
            return;
    }
    if (dx > 0)
        json_array_append_new(in(line, "dx"), json_integer(dx));
}

/* Codes in `reasons`, conditions behind `refs`; the only diagnosis when nothing is said. */
static void read_pointers(struct mapping *x, json_t *line, struct fhir_res r, const char *reasons,
                          const char *refs)
{
    size_t i;
    json_t *v;
    json_array_foreach(fhir_at(r.r, reasons), i, v)
    {
        phi_str icd = fhir_code(x->f, v, ICD10CM, 3, 8);
        if (!icd.n)
            fhir_fault(x->f, r, reasons, "has no ICD-10-CM code");
        else
            point(x, line, enc_out_dx(x->e, icd, fhir_words(x->f, v), phi_of("", 0)));
    }
    json_array_foreach(fhir_at(r.r, refs), i, v)
    {
        struct fhir_res c = fhir_follow(x->f, r, v);
        if (fhir_is(c, "Condition"))
            point(x, line, read_condition(x, c, false));
    }
    if (!json_array_size(in(line, "dx")) && json_array_size(in(x->e, "dx")) == 1)
        json_array_append_new(in(line, "dx"), json_integer(1));
}

/* ---- charges ---- */

/* CPT, HCPCS or CDT: the five characters are the code, each of two a modifier. */
static bool read_code(struct mapping *x, json_t *line, const json_t *concept)
{
    phi_str code = fhir_code(x->f, concept, PROCEDURES, 5, 5);
    size_t i;
    json_t *c;
    enc_out_put(line, "code", code);
    json_array_foreach(json_object_get(concept, "coding"), i, c)
    {
        phi_str mod = fhir_text(x->f, c, "code");
        json_t *one = json_pack("{s[O]}", "coding", c);
        if (mod.n == 2 && fhir_code(x->f, one, PROCEDURES, 2, 2).n)
            json_array_append_new(in(line, "mods"), json_stringn(mod.p, mod.n));
        json_decref(one);
    }
    return code.n > 0;
}

static void read_days(struct mapping *x, json_t *line, struct fhir_res r, const char *kind)
{
    char key[40], from[11], thru[11];
    snprintf(key, sizeof key, "%sDateTime", kind);
    phi_str v = fhir_text(x->f, r.r, key), end = v;
    if (!v.n) {
        snprintf(key, sizeof key, "%sPeriod.start", kind);
        v = fhir_text(x->f, r.r, key);
        snprintf(key, sizeof key, "%sPeriod.end", kind);
        end = fhir_text(x->f, r.r, key).n ? fhir_text(x->f, r.r, key) : v;
    }
    if (!v.n)
        return;
    if (!enc_out_date(v, from) || !enc_out_date(end, thru)) {
        fhir_fault(x->f, r, kind, "is no date");
        return;
    }
    json_object_set_new(line, "dos",
                        strcmp(from, thru) == 0 ? json_string(from)
                                                : json_pack("{ss ss}", "from", from, "thru", thru));
}

static json_t *new_line(struct mapping *x)
{
    json_t *list = in(x->e, "lines"), *line = enc_out_line(json_array_size(list) + 1);
    json_array_append_new(list, line);
    return line;
}

static void read_charge(struct mapping *x, struct fhir_res r)
{
    json_t *line = new_line(x);
    phi_str money = fhir_text(x->f, r.r, "priceOverride.currency");
    const json_t *who = fhir_at(r.r, "performer.0.actor");
    phi_str revenue = fhir_code(x->f, fhir_at(r.r, "code"), REVENUE, 4, 4);
    if (revenue.n)
        enc_out_put(line, "rev", revenue);
    if (!read_code(x, line, fhir_at(r.r, "code")) && !revenue.n)
        fhir_fault(x->f, r, "code", "has no CPT, HCPCS or CDT code");
    if (!enc_out_put_units(line, fhir_text(x->f, r.r, "quantity.value")))
        fhir_fault(x->f, r, "quantity.value", "is no number of units above 0");
    if (money.n && !phi_is(money, "USD"))
        fhir_fault(x->f, r, "priceOverride.currency", "is not USD");
    if (!enc_out_put_money(line, "chg", fhir_text(x->f, r.r, "priceOverride.value")))
        fhir_fault(x->f, r, "priceOverride.value", "is no amount of whole cents from 0 on");
    read_pointers(x, line, r, "reason", "supportingInformation");
    read_days(x, line, r, "occurrence");
    if (who)
        enc_out_put(line, "rend", must_npi(x, r, who, "performer.actor"));
}

static bool of_encounter(struct mapping *x, struct fhir_res r, const char *type, const char *key)
{
    return fhir_is(r, type) && fhir_follow(x->f, r, fhir_at(r.r, key)).r == x->at.r;
}

static void read_charges(struct mapping *x)
{
    for (size_t i = 0; i < json_array_size(x->f->entries); i++) {
        struct fhir_res r = fhir_entry(x->f, i);
        phi_str status = fhir_text(x->f, r.r, "status");
        if (of_encounter(x, r, "ChargeItem", "context") && !phi_is(status, "not-billable") &&
            !phi_is(status, "aborted") && !phi_is(status, "entered-in-error"))
            read_charge(x, r);
    }
}

/* ---- procedures ---- */

static bool is_charged(struct mapping *x, phi_str code)
{
    size_t i;
    json_t *l;
    json_array_foreach(in(x->e, "lines"), i, l)
    {
        const char *had = json_string_value(in(l, "code"));
        if (had && phi_is(code, had))
            return true;
    }
    return false;
}

static void read_pcs(struct mapping *x, struct fhir_res r, phi_str code)
{
    json_t *inst = in(x->e, "inst"), *p = json_object();
    char day[11];
    phi_str when = fhir_text(x->f, r.r, "performedDateTime");
    if (!when.n)
        when = fhir_text(x->f, r.r, "performedPeriod.start");
    enc_out_put(p, "code", code);
    json_object_set_new(p, "date", enc_out_date(when, day) ? json_string(day) : json_null());
    if (!in(inst, "pcs"))
        json_object_set_new(inst, "pcs", json_array());
    json_array_append_new(in(inst, "pcs"), p);
}

/* A completed procedure that no charge has is one: once, without a price. */
static void read_procedure(struct mapping *x, struct fhir_res r)
{
    phi_str pcs = fhir_code(x->f, fhir_at(r.r, "code"), ICD10PCS, 7, 7);
    phi_str code = fhir_code(x->f, fhir_at(r.r, "code"), PROCEDURES, 5, 5);
    if (pcs.n && in(x->e, "inst"))
        read_pcs(x, r, pcs);
    if (!code.n || is_charged(x, code))
        return;
    json_t *line = new_line(x);
    const json_t *who = fhir_at(r.r, "performer.0.actor");
    read_code(x, line, fhir_at(r.r, "code"));
    json_object_set_new(line, "units", json_integer(1));
    read_pointers(x, line, r, "reasonCode", "reasonReference");
    read_days(x, line, r, "performed");
    if (who)
        enc_out_put(line, "rend", must_npi(x, r, who, "performer.actor"));
}

static void read_procedures(struct mapping *x)
{
    for (size_t i = 0; i < json_array_size(x->f->entries); i++) {
        struct fhir_res r = fhir_entry(x->f, i);
        if (of_encounter(x, r, "Procedure", "encounter") &&
            phi_is(fhir_text(x->f, r.r, "status"), "completed"))
            read_procedure(x, r);
    }
}

void fhir_map(struct fhir *f, json_t *e)
{
    struct mapping x = {.f = f, .at = fhir_entry(f, f->encounter), .e = e};
    read_patient(&x);
    read_visit(&x);
    read_covers(&x);
    read_dxs(&x);
    read_charges(&x);
    read_procedures(&x);
    json_t *prov = in(e, "prov"), *rend = in(json_array_get(in(e, "lines"), 0), "rend");
    if (json_is_null(in(prov, "rend")) && json_is_string(rend))
        json_object_set(prov, "rend", rend);
    fhir_note(f, x.at, e);
}
