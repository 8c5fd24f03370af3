/* HL7 v2 messages into enc.v1; the tables of docs/readers.md in the same order. */
#include "common/readers/enc_out.h"
#include "common/readers/hl7.h"
#include <stdio.h>

#define AT(...) ((struct hl7_at){__VA_ARGS__})

struct mapping {
    struct hl7 *m;
    json_t *e;
    size_t pid, pv1;
    bool charges, text, test;
    char from[11], thru[11]; /* days of the lines */
    json_int_t only_dx;      /* the only diagnosis, 0 when there are none or several */
};

static json_t *in(json_t *o, const char *key)
{
    return json_object_get(o, key);
}

static void field_fault(struct mapping *x, size_t seg, int field, const char *why)
{
    hl7_fault(x->m, "HL7_FIELD", seg, AT(.field = field), why);
}

static void put(struct mapping *x, json_t *o, const char *key, size_t seg, int field, int comp)
{
    enc_out_put(o, key, hl7_get(x->m, seg, field, comp));
}

static void put_date(struct mapping *x, json_t *o, const char *key, size_t seg, int field)
{
    if (!enc_out_put_date(o, key, hl7_get(x->m, seg, field, 1)))
        field_fault(x, seg, field, "is no date");
}

/* ---- header ---- */

static const struct {
    const char *type, *event;
    bool charges, text;
} MESSAGES[] = {{"DFT", "P03", true, false},
                {"ADT", "A04", false, false},
                {"ADT", "A08", false, false},
                {"MDM", "T02", false, true}};

static bool read_type(struct mapping *x)
{
    struct hl7 *m = x->m;
    phi_str type = hl7_get(m, 0, 9, 1), event = hl7_get(m, 0, 9, 2);
    for (size_t i = 0; i < sizeof MESSAGES / sizeof *MESSAGES; i++)
        if (phi_is(type, MESSAGES[i].type) && phi_is(event, MESSAGES[i].event)) {
            char name[8];
            snprintf(name, sizeof name, "%s^%s", MESSAGES[i].type, MESSAGES[i].event);
            json_object_set_new(in(x->e, "src"), "event", json_string(name));
            x->charges = MESSAGES[i].charges;
            x->text = MESSAGES[i].text;
            return true;
        }
    hl7_fault(m, "HL7_TYPE", 0, AT(.field = 9), "is none of DFT^P03, ADT^A04, ADT^A08 and MDM^T02");
    return false;
}

static bool is_ascii(const struct hl7 *m)
{
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->segs[i].n; k++)
            if (m->segs[i].p[k] < 0)
                return false;
    return true;
}

/* The bytes are UTF-8; a sender who says otherwise is not believed to mean what they look like. */
static void read_charset(struct mapping *x)
{
    struct hl7 *m = x->m;
    phi_str c = hl7_get(m, 0, 18, 0);
    if (!c.n || phi_is(c, "UNICODE UTF-8") || phi_is(c, "UTF-8") || phi_is(c, "UNICODE"))
        return;
    if (!phi_is(c, "ASCII"))
        hl7_fault(m, "HL7_CHARSET", 0, AT(.field = 18), "is not UNICODE UTF-8 or ASCII");
    else if (!is_ascii(m))
        hl7_fault(m, "HL7_CHARSET", 0, AT(.field = 18), "says ASCII, and the message is not");
}

static void read_header(struct mapping *x)
{
    struct hl7 *m = x->m;
    phi_str use = hl7_get(m, 0, 11, 1), version = hl7_get(m, 0, 12, 1);
    put(x, in(x->e, "src"), "sys", 0, 3, 1);
    if (use.n && !phi_is(use, "P") && !phi_is(use, "T") && !phi_is(use, "D"))
        hl7_fault(m, "HL7_TYPE", 0, AT(.field = 11), "is not P, T or D");
    x->test = use.n && !phi_is(use, "P");
    if (version.n < 3 || memcmp(version.p, "2.", 2) != 0)
        hl7_fault(m, "HL7_TYPE", 0, AT(.field = 12), "is no version 2");
    read_charset(x);
}

/* ---- people ---- */

static const char *sex_of(phi_str v)
{
    return phi_is(v, "F") || phi_is(v, "M") ? (v.p[0] == 'F' ? "F" : "M") : v.n ? "U" : NULL;
}

/* Where PID, IN1 and their like have a person. */
struct person_at {
    int name, dob, sex, addr;
};

static void read_person(struct mapping *x, json_t *p, size_t seg, struct person_at at)
{
    json_t *where = in(p, "addr");
    const char *sex = sex_of(hl7_get(x->m, seg, at.sex, 1));
    put(x, p, "last", seg, at.name, 1);
    put(x, p, "first", seg, at.name, 2);
    put(x, p, "middle", seg, at.name, 3);
    put_date(x, p, "dob", seg, at.dob);
    if (sex)
        json_object_set_new(p, "sex", json_string(sex));
    put(x, where, "l1", seg, at.addr, 1);
    put(x, where, "l2", seg, at.addr, 2);
    put(x, where, "city", seg, at.addr, 3);
    put(x, where, "st", seg, at.addr, 4);
    enc_out_put(where, "zip", enc_out_zip(hl7_get(x->m, seg, at.addr, 5), x->m->a));
}

/* PID-3: the repetition of type MR, else the first. */
static void read_patient(struct mapping *x)
{
    struct hl7 *m = x->m;
    int best = 0;
    for (int i = hl7_reps(m, x->pid, 3); i-- > 0;)
        if (phi_is(hl7_value(m, x->pid, AT(3, i, 5, 1), 0), "MR"))
            best = i;
    enc_out_put(in(x->e, "pt"), "ref", hl7_value(m, x->pid, AT(3, best, 1, 1), 0));
    read_person(x, in(x->e, "pt"), x->pid, (struct person_at){5, 7, 8, 11});
}

static bool is_npi(phi_str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] < '0' || id.p[i] > '9')
            return false;
    return id.n == 10;
}

/* XCN: the first repetition whose id is an NPI: ten digits, and no other type is said of it. */
static int npi_rep(struct mapping *x, size_t seg, int field)
{
    int n = hl7_reps(x->m, seg, field);
    for (int i = 0; i < n; i++) {
        phi_str type = hl7_value(x->m, seg, AT(field, i, 13, 1), 0);
        if (is_npi(hl7_value(x->m, seg, AT(field, i, 1, 1), 0)) && (!type.n || phi_is(type, "NPI")))
            return i;
    }
    if (n)
        field_fault(x, seg, field, "names nobody by an NPI");
    return -1;
}

static json_t *read_named(struct mapping *x, size_t seg, int field)
{
    int i = npi_rep(x, seg, field);
    if (i < 0)
        return json_null();
    return enc_out_named(hl7_value(x->m, seg, AT(field, i, 1, 1), 0),
                         hl7_value(x->m, seg, AT(field, i, 2, 1), 0),
                         hl7_value(x->m, seg, AT(field, i, 3, 1), 0));
}

static phi_str read_npi(struct mapping *x, size_t seg, int field)
{
    int i = npi_rep(x, seg, field);
    return i < 0 ? phi_of("", 0) : hl7_value(x->m, seg, AT(field, i, 1, 1), 0);
}

/* ---- the visit ---- */

/* PV1-3: point of care ^ room ^ bed ^ facility (name & universal id & type). */
static void read_place(struct mapping *x)
{
    struct hl7 *m = x->m;
    json_t *f = in(x->e, "facility");
    phi_str name = hl7_value(m, x->pv1, AT(3, 0, 4, 1), 0);
    if (phi_is(hl7_value(m, x->pv1, AT(3, 0, 4, 3), 0), "NPI"))
        enc_out_put(f, "npi", hl7_value(m, x->pv1, AT(3, 0, 4, 2), 0));
    enc_out_put(f, "loc", name.n ? name : hl7_value(m, x->pv1, AT(3, 0, 1, 1), 0));
}

static void put_hour(json_t *o, phi_str when)
{
    bool has = when.n >= 10 && when.p[8] >= '0' && when.p[8] <= '2';
    enc_out_put(o, "hour", has ? phi_of(when.p + 8, 2) : phi_of("", 0));
}

/* A stay in hospital: what an institutional bill says of it. */
static void read_stay(struct mapping *x)
{
    if (!phi_is(hl7_get(x->m, x->pv1, 2, 1), "I"))
        return;
    json_t *admit = json_object(), *leave = json_object(), *inst = json_object();
    put_date(x, admit, "date", x->pv1, 44);
    put_hour(admit, hl7_get(x->m, x->pv1, 44, 1));
    put(x, admit, "type", x->pv1, 4, 1);
    put(x, admit, "src", x->pv1, 14, 1);
    put_date(x, leave, "date", x->pv1, 45);
    put_hour(leave, hl7_get(x->m, x->pv1, 45, 1));
    put(x, leave, "status", x->pv1, 36, 1);
    json_object_set_new(inst, "admit", admit);
    json_object_set_new(inst, "discharge", leave);
    enc_out_put(inst, "att", read_npi(x, x->pv1, 7));
    json_object_set_new(x->e, "inst", inst);
}

/* GP1-1: the type of bill, of a stay or of a hospital's outpatient. */
static void read_bill_type(struct mapping *x)
{
    size_t gp1 = hl7_find(x->m, "GP1", 0);
    phi_str type = gp1 < x->m->n ? hl7_get(x->m, gp1, 1, 1) : phi_of("", 0);
    if (!type.n)
        return;
    if (type.n < 3 || type.n > 4)
        field_fault(x, gp1, 1, "is no type of bill");
    if (!in(x->e, "inst"))
        json_object_set_new(x->e, "inst", json_object());
    enc_out_put(in(x->e, "inst"), "tob", type);
    if (!in(in(x->e, "inst"), "att"))
        enc_out_put(in(x->e, "inst"), "att", read_npi(x, x->pv1, 7));
}

static void read_visit(struct mapping *x)
{
    struct hl7 *m = x->m;
    phi_str id = hl7_get(m, x->pv1, 19, 1);
    enc_out_put(x->e, "enc", id.n ? id : hl7_get(m, x->pid, 18, 1));
    if (json_is_null(in(x->e, "enc")))
        hl7_fault(m, "HL7_FIELD", x->pv1 < m->n ? x->pv1 : x->pid,
                  AT(.field = x->pv1 < m->n ? 19 : 18),
                  "no visit number, and PID-18 has no account number");
    read_place(x);
    json_object_set_new(in(x->e, "prov"), "ref", read_named(x, x->pv1, 8));
    read_stay(x);
    read_bill_type(x);
}

/* ---- coverages ---- */

static void read_cover(struct mapping *x, size_t seg, int nth)
{
    struct hl7 *m = x->m;
    phi_str order = hl7_get(m, seg, 22, 1), word = hl7_get(m, seg, 17, 1);
    bool digit = order.n == 1 && order.p[0] > '0' && order.p[0] <= '9';
    json_t *c = enc_out_cover(digit ? order.p[0] - '0' : nth);
    const char *rel = enc_out_relation(word);
    put(x, c, "payer", seg, 3, 1);
    put(x, c, "member", seg, 36, 1);
    put(x, c, "group", seg, 8, 1);
    if (word.n && !*rel)
        field_fault(x, seg, 17, "is no relationship that is known");
    if (*rel)
        json_object_set_new(c, "rel", json_string(rel));
    if (*rel && strcmp(rel, "18") != 0) {
        json_t *sub = enc_out_person(false);
        read_person(x, sub, seg, (struct person_at){16, 18, 43, 19});
        json_object_set_new(c, "sub", sub);
    }
    json_array_append_new(in(x->e, "cov"), c);
}

static void read_covers(struct mapping *x)
{
    int nth = 0;
    for (size_t s = 0; (s = hl7_find(x->m, "IN1", s)) < x->m->n; s++)
        read_cover(x, s, ++nth);
}

static void read_accident(struct mapping *x)
{
    size_t s = hl7_find(x->m, "ACC", 0);
    if (s == x->m->n)
        return;
    phi_str cause = hl7_get(x->m, s, 2, 1);
    bool job = phi_is(hl7_get(x->m, s, 6, 1), "Y");
    json_t *o = json_object();
    if (job)
        cause = phi_lit("EM");
    else if (!phi_is(cause, "AA") && !phi_is(cause, "EM") && !phi_is(cause, "OA"))
        field_fault(x, s, 2, "is not AA, EM or OA");
    enc_out_put(o, "cause", cause);
    put(x, o, "state", s, 4, 1);
    put_date(x, o, "date", s, 1);
    json_object_set_new(x->e, "accident", o);
}

/* ---- diagnoses ---- */

static bool is_icd10(phi_str system)
{
    return !system.n || phi_is(system, "I10") || phi_is(system, "I10C") ||
           phi_is(system, "ICD10") || phi_is(system, "ICD-10") || phi_is(system, "ICD-10-CM") ||
           phi_is(system, "ICD10CM");
}

static json_int_t read_dx(struct mapping *x, size_t seg)
{
    struct hl7 *m = x->m;
    phi_str code = hl7_get(m, seg, 3, 1), text = hl7_get(m, seg, 3, 2);
    if (code.n && !is_icd10(hl7_get(m, seg, 3, 3)))
        hl7_fault(m, "HL7_FIELD", seg, AT(.field = 3, .comp = 3), "is not ICD-10-CM");
    if (code.n > 8)
        field_fault(x, seg, 3, "is longer than a diagnosis code");
    if (!text.n)
        text = hl7_get(m, seg, 4, 1);
    json_t *inst = in(x->e, "inst");
    if (inst && phi_is(hl7_get(m, seg, 6, 1), "A")) {
        enc_out_code(inst, "adm_dx", code);
        return 0;
    }
    return enc_out_dx(x->e, code, text, hl7_get(m, seg, 26, 1));
}

static void read_dxs(struct mapping *x)
{
    for (size_t s = 0; (s = hl7_find(x->m, "DG1", s)) < x->m->n; s++)
        read_dx(x, s);
    x->only_dx = json_array_size(in(x->e, "dx")) == 1;
}

/* FT1-19: codes; those that no DG1 has are added behind them. */
static void read_pointers(struct mapping *x, json_t *line, size_t seg)
{
    struct hl7 *m = x->m;
    json_t *list = in(line, "dx");
    int n = hl7_reps(m, seg, 19);
    for (int i = 0; i < n; i++) {
        phi_str code = hl7_value(m, seg, AT(19, i, 1, 1), 0);
        if (!code.n || code.n > 8 || !is_icd10(hl7_value(m, seg, AT(19, i, 3, 1), 0))) {
            hl7_fault(m, "HL7_FIELD", seg, AT(19, i), "is no ICD-10-CM code");
            return;
        }
        phi_str text = hl7_value(m, seg, AT(19, i, 2, 1), 0);
        json_array_append_new(list, json_integer(enc_out_dx(x->e, code, text, phi_of("", 0))));
    }
    if (!n && x->only_dx)
        json_array_append_new(list, json_integer(1));
}

/* ---- charges ---- */

static bool is_procedure(phi_str system)
{
    static const char *const names[] = {"",      "C4",    "C5",   "CPT", "CPT4",
                                        "CPT-4", "HCPCS", "HCPT", "HPC", "CDT"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (phi_is(system, names[i]))
            return true;
    return false;
}

/* FT1-7 where its system is one of revenue codes; three digits get the zero in front that a bill has. */
static void read_revenue(struct mapping *x, json_t *line, size_t seg)
{
    static const char *const names[] = {"UB", "UB04", "UB92", "NUBC", "RC", "REV", "REVC"};
    phi_str code = hl7_get(x->m, seg, 7, 1), system = hl7_get(x->m, seg, 7, 3);
    char four[5] = "0";
    bool is = false;
    for (size_t i = 0; code.n && i < sizeof names / sizeof *names; i++)
        is |= phi_is(system, names[i]);
    for (size_t i = 0; is && i < code.n; i++)
        if (code.n < 3 || code.n > 4 || code.p[i] < '0' || code.p[i] > '9') {
            field_fault(x, seg, 7, "is no revenue code of four digits");
            return;
        }
    if (!is)
        return;
    memcpy(four + (code.n == 3), code.p, code.n);
    json_object_set_new(line, "rev", json_string(four));
}

/* FT1-25, else PR1-3 of the PR1 behind the FT1, else FT1-7 where it is a code of procedures. */
static void read_code(struct mapping *x, json_t *line, size_t seg)
{
    struct hl7 *m = x->m;
    size_t pr1 = hl7_is(m, seg + 1, "PR1") ? seg + 1 : m->n;
    struct {
        size_t seg;
        int code, mods;
    } at[] = {{seg, 25, 26}, {pr1, 3, 16}, {seg, 7, 26}};
    for (size_t i = 0; i < 3; i++) {
        phi_str code = hl7_get(m, at[i].seg, at[i].code, 1);
        if (!code.n || !is_procedure(hl7_get(m, at[i].seg, at[i].code, 3)))
            continue;
        enc_out_put(line, "code", code);
        for (int k = 0; k < hl7_reps(m, at[i].seg, at[i].mods); k++) {
            phi_str mod = hl7_value(m, at[i].seg, AT(at[i].mods, k, 1, 1), 0);
            json_array_append_new(in(line, "mods"), json_stringn(mod.p ? mod.p : "", mod.n));
        }
        return;
    }
    if (in(line, "rev"))
        return; /* room and board have no procedure */
    hl7_fault(m, "HL7_FIELD", seg, AT(.field = 25),
              "no code of a procedure here, in PR1-3 or in FT1-7");
}

/* FT1-11 the amount of the line, else FT1-12 that of one unit. */
static void read_amount(struct mapping *x, json_t *line, size_t seg)
{
    phi_str all = hl7_get(x->m, seg, 11, 1), each = hl7_get(x->m, seg, 12, 1);
    json_int_t units = json_integer_value(in(line, "units")), cents;
    if (all.n) {
        if (!enc_out_put_money(line, "chg", all))
            field_fault(x, seg, 11, "is no amount of whole cents from 0 on");
        return;
    }
    if (!each.n || units <= 0)
        return;
    if (!enc_out_put_money(line, "chg", each) ||
        __builtin_mul_overflow(json_integer_value(in(line, "chg")), units, &cents))
        field_fault(x, seg, 12, "is no amount of whole cents from 0 on");
    else
        json_object_set_new(line, "chg", json_integer(cents));
}

static void widen(struct mapping *x, const char *from, const char *thru)
{
    if (!*x->from || strcmp(from, x->from) < 0)
        snprintf(x->from, sizeof x->from, "%s", from);
    if (!*x->thru || strcmp(thru, x->thru) > 0)
        snprintf(x->thru, sizeof x->thru, "%s", thru);
}

/* FT1-4, a day or from and thru, else the day of admission. */
static void read_days(struct mapping *x, json_t *line, size_t seg)
{
    char from[11], thru[11];
    phi_str v = hl7_get(x->m, seg, 4, 1), end = hl7_get(x->m, seg, 4, 2);
    if (!v.n)
        v = hl7_get(x->m, x->pv1, 44, 1);
    if (!enc_out_date(v, from) || (end.n && !enc_out_date(end, thru))) {
        field_fault(x, seg, 4, "is no date, and PV1-44 has none");
        return;
    }
    if (!end.n)
        memcpy(thru, from, sizeof thru);
    widen(x, from, thru);
    json_object_set_new(line, "dos",
                        strcmp(from, thru) == 0 ? json_string(from)
                                                : json_pack("{ss ss}", "from", from, "thru", thru));
}

static void read_charge(struct mapping *x, size_t seg)
{
    struct hl7 *m = x->m;
    phi_str type = hl7_get(m, seg, 6, 1), ndc = hl7_get(m, seg, 29, 1);
    json_t *list = in(x->e, "lines"), *line = enc_out_line(json_array_size(list) + 1);
    json_array_append_new(list, line);
    if (type.n && !phi_is(type, "CG"))
        field_fault(x, seg, 6, "is not CG: only charges become lines, no credits or payments");
    read_revenue(x, line, seg);
    read_code(x, line, seg);
    if (!enc_out_put_units(line, hl7_get(m, seg, 10, 1)))
        field_fault(x, seg, 10, "is no number of units above 0");
    read_amount(x, line, seg);
    read_pointers(x, line, seg);
    if (ndc.n)
        json_object_set_new(line, "ndc",
                            json_pack("{ss% sn sn}", "code", ndc.p, ndc.n, "qty", "unit"));
    read_days(x, line, seg);
    if (hl7_reps(m, seg, 20))
        enc_out_put(line, "rend", read_npi(x, seg, 20));
}

/* The rendering provider of the encounter: of the first line, else the attending one. */
static void read_charges(struct mapping *x)
{
    json_t *prov = in(x->e, "prov");
    for (size_t s = 0; (s = hl7_find(x->m, "FT1", s)) < x->m->n; s++)
        read_charge(x, s);
    json_t *first = json_array_get(in(x->e, "lines"), 0);
    if (!first)
        hl7_fault(x->m, "HL7_FIELD", x->m->n, AT(0), "has no FT1: there is no charge");
    json_t *rend = in(first, "rend");
    if (json_is_string(rend))
        json_object_set(prov, "rend", rend);
}

/* ---- notes ---- */

static void read_text(struct mapping *x)
{
    struct hl7 *m = x->m;
    struct buf text = {0};
    for (size_t s = 0; (s = hl7_find(m, "OBX", s)) < m->n; s++) {
        phi_str type = hl7_get(m, s, 2, 1);
        if (!phi_is(type, "TX") && !phi_is(type, "FT") && !phi_is(type, "ST")) {
            field_fault(x, s, 2, "is no text (TX, FT, ST)");
            break;
        }
        for (int i = 0; i < hl7_reps(m, s, 5) || i == 0; i++) {
            buf_phi(&text, hl7_value(m, s, AT(5, i, 0, 0), READER_NOTE_MAX));
            buf_putc(&text, '\n');
        }
    }
    size_t txa = hl7_find(m, "TXA", 0);
    if (!text.len)
        hl7_fault(m, "HL7_FIELD", m->n, AT(0), "has no OBX with the text");
    else if (text.len > READER_NOTE_MAX)
        hl7_fault(m, "HL7_FIELD", m->n, AT(0), "has a text of more than 1 MB");
    json_t *note = json_object();
    put(x, note, "type", txa, 2, 1);
    enc_out_put(note, "text", buf_view(&text));
    json_object_set_new(x->e, "note", note);
    buf_free(&text);
}

/* TXA-17 AU or LA: authenticated; TXA-22 by whom, its 15th component when. */
static void read_signature(struct mapping *x)
{
    struct hl7 *m = x->m;
    size_t txa = hl7_find(m, "TXA", 0);
    phi_str state = hl7_get(m, txa, 17, 1), when = hl7_get(m, txa, 22, 15);
    char at[40];
    if (!phi_is(state, "AU") && !phi_is(state, "LA"))
        return;
    if (!enc_out_time(when, at)) {
        hl7_fault(m, "HL7_FIELD", txa, AT(.field = 22, .comp = 15),
                  "is no time, and the text is authenticated");
        return;
    }
    phi_str by = read_npi(x, txa, 22);
    json_t *s = json_object();
    enc_out_put(s, "by", by);
    json_object_set_new(s, "at", json_string(at));
    json_object_set_new(x->e, "signed", s);
}

/* ---- all ---- */

static void put_days(struct mapping *x)
{
    json_t *dos = in(x->e, "dos");
    if (!*x->from) {
        put_date(x, dos, "from", x->pv1, 44);
        put_date(x, dos, "thru", x->pv1, hl7_get(x->m, x->pv1, 45, 1).n ? 45 : 44);
        return;
    }
    json_object_set_new(dos, "from", json_string(x->from));
    json_object_set_new(dos, "thru", json_string(x->thru));
}

static void read_all(struct mapping *x)
{
    read_patient(x);
    read_visit(x);
    read_covers(x);
    read_accident(x);
    read_dxs(x);
    if (x->charges)
        read_charges(x);
    json_t *prov = in(x->e, "prov");
    if (json_is_null(in(prov, "rend")))
        enc_out_put(prov, "rend", read_npi(x, x->pv1, 7));
    if (x->text) {
        read_text(x);
        read_signature(x);
    }
    put_days(x);
}

void hl7_map(struct hl7 *m, struct reader_items *out)
{
    struct mapping x = {.m = m, .e = enc_out_new()};
    read_header(&x);
    if (!m->rule && read_type(&x)) {
        x.pid = hl7_find(m, "PID", 0);
        x.pv1 = hl7_find(m, "PV1", 0);
        if (x.pid == m->n)
            hl7_fault(m, "HL7_FIELD", m->n, AT(0), "has no PID: nobody is named");
        else
            read_all(&x);
    }
    if (m->rule)
        json_decref(x.e);
    else
        enc_out_give(x.e, x.test, m->a, out);
}
