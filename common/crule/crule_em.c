/* Evaluation and management: families, levels, minutes, new and established patients. */
#include "common/crule/crule_int.h"
#include <ctype.h>

static phi_str code_of(struct run *r, struct value v)
{
    return v.kind == V_JSON ? crule_get(v.json, "code") : crule_text(r, v);
}

static const struct em_row *em_row_of(struct run *r, phi_str code)
{
    for (size_t i = 0; i < r->rules->em_n; i++)
        if (phi_is(code, r->rules->em[i].code))
            return &r->rules->em[i];
    return NULL;
}

struct value crule_em_family(struct run *r, const struct value *a, int n)
{
    const struct em_row *row = em_row_of(r, code_of(r, a[0]));
    (void)n;
    return value_text(phi_lit(row ? row->family : ""));
}

/* Minutes that a visit's total time must meet on the day of service; absent: never by time. */
struct value crule_em_minutes(struct run *r, const struct value *a, int n)
{
    phi_str code = code_of(r, a[0]);
    (void)n;
    for (size_t i = 0; i < r->rules->em_n; i++) {
        const struct em_row *row = &r->rules->em[i];
        if (phi_is(code, row->code) && row->from <= r->day && r->day <= row->to && row->minutes)
            return value_num(row->minutes);
    }
    return (struct value){.kind = V_NONE};
}

static int level_of(phi_str s)
{
    static const char *const words[][2] = {{"minimal", "straightforward"},
                                           {"low", "limited"},
                                           {"moderate", ""},
                                           {"high", "extensive"}};
    for (int i = 0; i < 4; i++)
        if (s.n && (phi_is(s, words[i][0]) || phi_is(s, words[i][1])))
            return i + 1;
    return 0;
}

/* Level by medical decision making: two of three elements reach it; 0: not documented. */
static int mdm_level(const json_t *em)
{
    int v[3] = {level_of(crule_get(em, "problems")), level_of(crule_get(em, "data")),
                level_of(crule_get(em, "risk"))};
    for (int i = 0; i < 2; i++)
        for (int k = i + 1; k < 3; k++)
            if (v[k] > v[i]) {
                int t = v[i];
                v[i] = v[k];
                v[k] = t;
            }
    return v[1];
}

struct value crule_mdm(struct run *r, const struct value *a, int n)
{
    (void)a, (void)n;
    return value_num(mdm_level(json_object_get(r->draft, "em")));
}

/* The code that the documented facts reach in a family, by decision making or by time, whichever
 * is more; "" when nothing is documented. em(family, patient) */
struct value crule_em(struct run *r, const struct value *a, int n)
{
    phi_str family = crule_text(r, a[0]), patient = crule_text(r, a[1]);
    const json_t *em = json_object_get(r->draft, "em"), *min = json_object_get(em, "minutes");
    int64_t minutes = json_is_integer(min) ? json_integer_value(min) : 0;
    int mdm = mdm_level(em), best = 0;
    const char *code = "";
    (void)n;
    for (size_t i = 0; i < r->rules->em_n; i++) {
        const struct em_row *row = &r->rules->em[i];
        bool mine = phi_is(family, row->family) && row->from <= r->day && r->day <= row->to &&
                    (!*row->patient || (patient.n && *row->patient == *patient.p));
        bool reached =
            (row->level && row->level <= mdm) || (row->minutes && minutes >= row->minutes);
        if (mine && reached && row->level >= best) {
            best = row->level;
            code = row->code;
        }
    }
    return value_text(phi_lit(code));
}

/* A professional service face to face: not a laboratory test, a film or a tracing read. */
static bool face_to_face(phi_str code)
{
    return !(code.n && (*code.p == '7' || *code.p == '8')) && !phi_is(code, "93010") &&
           !phi_is(code, "93018") && !phi_is(code, "93042");
}

/* The day of three years later as digits: what is seen before it is seen within three years. */
static int64_t day_number(phi_str date, int years)
{
    int64_t v = 0;
    for (size_t i = 0; i < date.n && i < 10; i++)
        if (isdigit((unsigned char)date.p[i]))
            v = v * 10 + (date.p[i] - '0');
    return v + (int64_t)years * 10000;
}

/* "new" or "est": what the office says, unless the group saw the patient within three years. */
struct value crule_patient_kind(struct run *r, const struct value *a, int n)
{
    phi_str said = crule_get(json_object_get(r->draft, "em"), "patient");
    phi_str day = crule_get(json_object_get(r->draft, "dos"), "from");
    json_t *p, *list = json_object_get(r->draft, "prior");
    int32_t valid;
    size_t i;
    (void)a, (void)n;
    bool seen = !phi_is(said, "new");
    json_array_foreach(list, i, p)
    {
        phi_str then = crule_get(p, "dos");
        seen |= crule_day(day, &valid) && crule_day(then, &valid) &&
                day_number(then, 0) <= day_number(day, 0) &&
                day_number(day, 0) < day_number(then, 3) && face_to_face(crule_get(p, "code")) &&
                !json_is_true(json_object_get(p, "other_specialty"));
    }
    return value_text(phi_lit(seen ? "est" : "new"));
}
