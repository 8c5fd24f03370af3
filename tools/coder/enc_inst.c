/* Encounters of an institution: what a bill of a hospital says of the stay (837I). */
#include "common/util/money.h"
#include "tools/coder/enc_parts.h"

static bool is_dental(const json_t *line)
{
    const json_t *v = json_object_get(line, "code");
    phi_str s = phi_of(json_is_string(v) ? json_string_value(v) : "", json_string_length(v));
    return s.n == 5 && (s.p[0] == 'D' || s.p[0] == 'd') && enc_digits(phi_of(s.p + 1, 4), 4);
}

static bool said(const json_t *o, const char *key)
{
    return enc_has((struct at){o, ""}, key);
}

enum enc_kind enc_kind_of(const json_t *top)
{
    const json_t *l, *lines = json_object_get(top, "lines");
    bool revenue = false, dental = json_array_size(lines) > 0;
    size_t i;
    json_array_foreach(lines, i, l)
    {
        revenue |= said(l, "rev");
        dental &= is_dental(l);
    }
    if (revenue || said(json_object_get(top, "inst"), "tob"))
        return ENC_INSTITUTIONAL;
    return dental || said(top, "dent") ? ENC_DENTAL : ENC_PROFESSIONAL;
}

/* ---- times ---- */

/* "09", "0930" or "09:30"; out is HHMM. */
static bool read_hour(struct enc_reader *r, struct at at, phi_str *out)
{
    phi_str s = {"", 0};
    char t[5] = "0000";
    size_t n = 0;
    const json_t *v = json_object_get(at.o, "hour");
    *out = s;
    if (!v || json_is_null(v))
        return true;
    const char *p = json_is_string(v) ? json_string_value(v) : "x";
    for (; *p && n < 4; p++)
        if (!(*p == ':' && n == 2))
            t[n++] = *p;
    bool good = !*p && (n == 2 || n == 4) && enc_digits(phi_of(t, 4), 4) &&
                (t[0] < '2' || (t[0] == '2' && t[1] < '4')) && t[2] < '6';
    if (!good)
        return enc_fail(r, "ENC_DATE", at, "hour", "expected an hour like 09 or 0930");
    *out = arena_phi(r->arena, phi_of(t, 4));
    return true;
}

/* ---- lists of codes ---- */

/* Fills one event of a list from its place in the encounter. */
typedef bool event_reader(struct enc_reader *, struct at, struct enc_event *);

static bool read_events(struct enc_reader *r, struct at inst, const char *key, event_reader *read,
                        struct enc_events *out)
{
    struct at list = enc_at(r, inst, key);
    size_t n = json_array_size(list.o);
    if (list.o && !json_is_array(list.o))
        return enc_fail(r, "ENC_VALUE", list, "", "expected a list here");
    if (n > ENC_EVENTS)
        return enc_fail(r, "ENC_VALUE", list, "", "more codes than a bill can hold (24)");
    for (out->n = 0; out->n < n; out->n++)
        if (!read(r, enc_item(r, list, out->n), &out->at[out->n]))
            return false;
    return true;
}

static bool ub_code(struct enc_reader *r, struct at at, struct enc_event *e)
{
    return enc_text(r, at, "code", 2, 2, &e->code);
}

static bool read_occurrence(struct enc_reader *r, struct at at, struct enc_event *e)
{
    return ub_code(r, at, e) && enc_date(r, at, "date", &e->from);
}

static bool read_span(struct enc_reader *r, struct at at, struct enc_event *e)
{
    return ub_code(r, at, e) && enc_date(r, at, "from", &e->from) &&
           enc_date(r, at, "thru", &e->thru) &&
           (e->from <= e->thru || enc_fail(r, "ENC_DATE", at, "thru", "is before from"));
}

static bool read_procedure(struct enc_reader *r, struct at at, struct enc_event *e)
{
    if (!enc_text(r, at, "code", 7, 7, &e->code) || !enc_date(r, at, "date", &e->from))
        return false;
    for (size_t i = 0; i < 7; i++)
        if (!((e->code.p[i] >= '0' && e->code.p[i] <= '9') ||
              (e->code.p[i] >= 'A' && e->code.p[i] <= 'Z')))
            return enc_fail(r, "ENC_VALUE", at, "code", "does not look like a procedure of a stay");
    return true;
}

/* A value is an amount in cents or, of days and the like, a number. */
static bool read_value(struct enc_reader *r, struct at at, struct enc_event *e)
{
    int64_t n;
    struct buf b = {0};
    bool money = enc_has(at, "cents");
    if (!ub_code(r, at, e) ||
        !enc_int(r, at, money ? "cents" : "n", 0, 999999999, money ? "ENC_MONEY" : "ENC_VALUE", &n))
        return false;
    if (money)
        money_x12(&b, n);
    else
        buf_int(&b, n);
    e->amount = arena_phi(r->arena, buf_view(&b));
    buf_free(&b);
    return true;
}

/* A list of texts; each goes through `read` as if it were the member "". */
static bool read_condition(struct enc_reader *r, struct at at, struct enc_event *e)
{
    json_t *box = json_pack("{sO}", "", at.o ? at.o : json_null());
    bool good = enc_text(r, (struct at){box, at.path}, "", 2, 2, &e->code);
    json_decref(box);
    return good;
}

static bool read_reasons(struct enc_reader *r, struct at inst, struct enc_stay *s)
{
    struct at list = enc_at(r, inst, "reason");
    size_t n = json_array_size(list.o);
    if (n > ENC_REASONS)
        return enc_fail(r, "ENC_DX", list, "", "more than three reasons of a visit");
    for (; s->reason_n < n; s->reason_n++) {
        struct at at = enc_item(r, list, s->reason_n);
        json_t *box = json_pack("{sO}", "", at.o);
        bool good = enc_dx_code(r, (struct at){box, at.path}, "", &s->reason[s->reason_n]);
        json_decref(box);
        if (!good)
            return false;
    }
    return true;
}

/* ---- the stay ---- */

/* "111", or "0111" as it is printed on paper. */
static bool read_bill_type(struct enc_reader *r, struct at inst, struct enc_stay *s)
{
    phi_str t;
    if (!enc_text(r, inst, "tob", 3, 4, &t))
        return false;
    if (t.n == 4 && t.p[0] == '0')
        t = phi_of(t.p + 1, 3);
    if (t.n != 3 || !enc_digits(phi_of(t.p, 2), 2) || t.p[0] == '0' || t.p[1] == '0')
        return enc_fail(r, "ENC_VALUE", inst, "tob", "expected a bill type like 111");
    s->type = phi_of(t.p, 2);
    r->e->freq = phi_of(t.p + 2, 1);
    return true;
}

static bool read_admission(struct enc_reader *r, struct at inst, struct enc_stay *s)
{
    struct at a = enc_at(r, inst, "admit"), d = enc_at(r, inst, "discharge");
    s->admitted = enc_has(a, "date");
    return (!s->admitted || enc_date(r, a, "date", &s->admit_day)) &&
           read_hour(r, a, &s->admit_hour) && enc_text(r, a, "type", 1, 1, &s->admit_type) &&
           enc_maybe(r, a, "src", 1, 1, &s->admit_src) && read_hour(r, d, &s->leave_hour) &&
           enc_text(r, d, "status", 2, 2, &s->status) &&
           (enc_digits(s->status, 2) || enc_fail(r, "ENC_VALUE", d, "status", "is not two digits"));
}

static bool read_people(struct enc_reader *r, struct at inst, struct enc_stay *s)
{
    static const char *const keys[] = {"att", "op", "other_op"};
    struct enc_named *to[] = {&s->att, &s->op, &s->other_op};
    for (int i = 0; i < 3; i++) {
        if (!enc_named(r, inst, keys[i], to[i]))
            return false;
        if (to[i]->npi.n && !to[i]->person)
            return enc_fail(r, "ENC_PROVIDER", inst, keys[i], "is no person");
    }
    return s->att.npi.n || enc_fail(r, "ENC_MISSING", inst, "att", "is missing");
}

/* Bills of stays: what they must have beyond the others (S4-030, S4-031). */
static bool check_inpatient(struct enc_reader *r, struct at inst, const struct enc_stay *s)
{
    struct at a = enc_at(r, inst, "admit"), d = enc_at(r, inst, "discharge");
    bool last = enc_one_of(r->e->freq, "1 4"), goes_on = enc_one_of(r->e->freq, "2 3");
    bool there = phi_is(s->status, "30");
    if (!enc_one_of(s->type, "11 18 21"))
        return true;
    if (!s->admitted)
        return enc_fail(r, "ENC_MISSING", a, "date", "is missing: this is a stay");
    if (!s->admit_src.n)
        return enc_fail(r, "ENC_MISSING", a, "src", "is missing: this is a stay");
    if (!s->adm_dx.n)
        return enc_fail(r, "ENC_MISSING", inst, "adm_dx", "is missing: this is a stay");
    if (last && !s->leave_hour.n)
        return enc_fail(r, "ENC_MISSING", d, "hour", "is missing: this bill ends the stay");
    return (last && there) || (goes_on && !there)
               ? enc_fail(r, "ENC_VALUE", d, "status",
                          "and bill type do not say the same of whether the patient has left")
               : true;
}

static bool check_stay(struct enc_reader *r, struct at inst, const struct enc_stay *s)
{
    if (s->admitted && s->admit_day > r->e->thru)
        return enc_fail(r, "ENC_DATE", enc_at(r, inst, "admit"), "date",
                        "is behind the last day of the bill");
    if (s->pcs.n && !s->op.npi.n)
        return enc_fail(r, "ENC_MISSING", inst, "op", "is missing: there was an operation");
    if (r->e->bill->person)
        return enc_fail(r, "ENC_PROVIDER", (struct at){NULL, "prov"}, "bill",
                        "is a person, and a bill like this is an institution's");
    return check_inpatient(r, inst, s);
}

/* An accident is told by an occurrence (01 to 06) with its day. */
static bool check_accident(struct enc_reader *r, const struct enc_stay *s)
{
    bool told = r->e->accident.n == 0;
    for (uint32_t i = 0; i < s->occ.n; i++)
        told |= enc_one_of(s->occ.at[i].code, "01 02 03 04 05 06");
    return told || enc_fail(r, "ENC_MISSING", (struct at){NULL, "inst"}, "occ",
                            "says nothing of the accident (occurrence 01 to 06)");
}

bool enc_read_stay(struct enc_reader *r, struct at top)
{
    struct enc_stay *s = arena_alloc(r->arena, sizeof *s);
    struct at inst = enc_at(r, top, "inst");
    if (!read_bill_type(r, inst, s) || !read_admission(r, inst, s) || !read_people(r, inst, s) ||
        (enc_has(inst, "adm_dx") && !enc_dx_code(r, inst, "adm_dx", &s->adm_dx)) ||
        !read_reasons(r, inst, s) || !enc_maybe(r, inst, "drg", 3, 4, &s->drg) ||
        !read_events(r, inst, "pcs", read_procedure, &s->pcs) ||
        !read_events(r, inst, "occ", read_occurrence, &s->occ) ||
        !read_events(r, inst, "span", read_span, &s->span) ||
        !read_events(r, inst, "cond", read_condition, &s->cond) ||
        !read_events(r, inst, "val", read_value, &s->val))
        return false;
    r->e->stay = s;
    return check_stay(r, inst, s) && check_accident(r, s);
}

bool enc_read_revenue(struct enc_reader *r, struct at at, struct enc_line *l)
{
    phi_str rev;
    if (!enc_text(r, at, "rev", 3, 4, &rev))
        return false;
    if (!enc_digits(rev, rev.n))
        return enc_fail(r, "ENC_LINE", at, "rev", "expected a revenue code like 0120");
    char four[4] = {'0'};
    memcpy(four + 4 - rev.n, rev.p, rev.n);
    l->rev = arena_phi(r->arena, phi_of(four, 4));
    return !enc_has(at, "noncov") ||
           enc_int(r, at, "noncov", 0, 9999999999, "ENC_MONEY", &l->noncov);
}
