/* The encounter in the form that rules read, and its short form. */
#include "common/crule/crule_int.h"
#include <ctype.h>
#include <stdlib.h>

phi_str crule_get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

bool crule_day(phi_str iso, int32_t *day)
{
    char d[8];
    if (iso.n < 10 || iso.p[4] != '-' || iso.p[7] != '-')
        return false;
    memcpy(d, iso.p, 4);
    memcpy(d + 4, iso.p + 5, 2);
    memcpy(d + 6, iso.p + 8, 2);
    return date_parse(phi_of(d, 8), day);
}

/* Capitals, no points, no blanks. */
static void clean_code(json_t *o)
{
    phi_str s = crule_get(o, "code");
    char out[24];
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < sizeof out - 1; i++)
        if (s.p[i] != '.' && s.p[i] != ' ')
            out[n++] = (char)toupper((unsigned char)s.p[i]);
    out[n] = 0;
    json_t *code = json_string(out);
    json_object_set_new(o, "code", code ? code : json_string(""));
}

static json_t *short_dx(const char *s)
{
    const char *poa = strchr(s, '/');
    json_t *o = json_object();
    json_object_set_new(o, "code", json_stringn(s, poa ? (size_t)(poa - s) : strlen(s)));
    if (poa)
        json_object_set_new(o, "poa", json_string(poa + 1));
    return o;
}

/* "99213-25-GTx2@1,3" */
static json_t *short_line(const char *s)
{
    json_t *o = json_object(), *mods = json_array(), *dx = json_array();
    size_t n = strcspn(s, "-x@");
    json_object_set_new(o, "code", json_stringn(s, n));
    for (s += n; *s == '-'; s += n) {
        n = strcspn(++s, "-x@");
        json_array_append_new(mods, json_stringn(s, n));
    }
    json_object_set_new(o, "units", json_integer(*s == 'x' ? strtol(s + 1, NULL, 10) : 1));
    s += strcspn(s, "@");
    while (*s == '@' || *s == ',') {
        char *end;
        json_array_append_new(dx, json_integer(strtol(s + 1, &end, 10)));
        s = end;
    }
    json_object_set_new(o, "mods", mods);
    json_object_set_new(o, "dx", dx);
    return o;
}

static bool absent_or(const json_t *o, const char *key, bool good)
{
    const json_t *v = json_object_get(o, key);
    return !v || json_is_null(v) || good;
}

static bool all_of(const json_t *list, int type)
{
    const json_t *x;
    size_t i;
    json_array_foreach(list, i, x) if ((int)json_typeof(x) != type) return false;
    return json_is_array(list);
}

static bool number_before(const json_t *list, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (json_equal(json_object_get(json_array_get(list, i), "n"),
                       json_object_get(json_array_get(list, at), "n")))
            return true;
    return false;
}

/* What rules would pass over, and drop, when it is of another type than it must be. */
static const char *wrong_type(const json_t *e)
{
    const json_t *o, *list = json_object_get(e, "dx");
    size_t i;
    json_array_foreach(list, i, o)
    {
        if (number_before(list, i))
            return "has two diagnoses with one number";
    }
    list = json_object_get(e, "lines");
    json_array_foreach(list, i, o)
    {
        if (!absent_or(o, "mods", all_of(json_object_get(o, "mods"), JSON_STRING)))
            return "has a line whose modifiers are no list of texts";
        if (!absent_or(o, "dx", all_of(json_object_get(o, "dx"), JSON_INTEGER)))
            return "has a line whose pointers are no list of numbers";
        if (!absent_or(o, "units", json_is_number(json_object_get(o, "units"))))
            return "has a line whose units are no number";
    }
    return absent_or(e, "em", json_is_object(json_object_get(e, "em")))
               ? NULL
               : "has an em that is no object";
}

static bool fill_list(json_t *e, const char *key, json_t *(*from_short)(const char *))
{
    json_t *list = json_object_get(e, key);
    if (!list || json_is_null(list)) {
        json_object_set_new(e, key, json_array());
        return true;
    }
    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *o = json_array_get(list, i);
        if (json_is_string(o))
            json_array_set_new(list, i, from_short(json_string_value(o)));
        o = json_array_get(list, i);
        if (!json_is_object(o))
            return false;
        const json_t *n = json_object_get(o, "n"), *code = json_object_get(o, "code");
        if (!absent_or(o, "n", json_is_integer(n)) || !absent_or(o, "code", json_is_string(code)))
            return false;
        clean_code(o);
        if (!json_is_integer(n))
            json_object_set_new(o, "n", json_integer((json_int_t)i + 1));
    }
    return true;
}

/* What the line itself says of its days; null when it says nothing. */
static json_t *said_days(const json_t *line)
{
    json_t *dos = json_object_get(line, "dos");
    return dos ? dos : json_null();
}

static void fill_lines(json_t *e)
{
    json_t *lines = json_object_get(e, "lines"), *l;
    size_t i;
    json_array_foreach(lines, i, l)
    {
        if (!json_is_array(json_object_get(l, "mods")))
            json_object_set_new(l, "mods", json_array());
        if (!json_is_array(json_object_get(l, "dx")))
            json_object_set_new(l, "dx", json_array());
        if (!json_object_get(l, "units"))
            json_object_set_new(l, "units", json_integer(1));
        phi_str dos = crule_get(l, "dos");
        if (!dos.n)
            dos = crule_get(json_object_get(l, "dos"), "from");
        if (!dos.n)
            dos = crule_get(json_object_get(e, "dos"), "from");
        if (!json_object_get(l, "own_dos"))
            json_object_set(l, "own_dos", said_days(l));
        json_object_set_new(l, "dos", json_stringn(dos.p, dos.n));
    }
}

/* Age in whole years and in days on the first day of service. */
static void fill_age(json_t *e)
{
    int32_t born, day;
    if (!crule_day(crule_get(json_object_get(e, "pt"), "dob"), &born) ||
        !crule_day(crule_get(json_object_get(e, "dos"), "from"), &day) || born > day)
        return;
    char b[9], d[9];
    date_ccyymmdd(born, b);
    date_ccyymmdd(day, d);
    long years = (strtol(d, NULL, 10) - strtol(b, NULL, 10)) / 10000;
    json_object_set_new(e, "age", json_integer(years));
    json_object_set_new(e, "days_old", json_integer(day - born));
}

json_t *crule_draft(json_t *e, const char **why)
{
    int32_t day;
    *why = NULL;
    if (!json_is_object(e))
        *why = "is no JSON object";
    else if (!crule_day(crule_get(json_object_get(e, "dos"), "from"), &day))
        *why = "has no first day of service (dos.from)";
    else if (!fill_list(e, "dx", short_dx) || !fill_list(e, "lines", short_line))
        *why = "has dx or lines that are no list, or a code or number there that is none";
    else
        *why = wrong_type(e);
    if (*why) {
        json_decref(e);
        return NULL;
    }
    fill_lines(e);
    fill_age(e);
    phi_str bill = crule_get(json_object_get(e, "inst"), "tob");
    if (bill.n == 4 && bill.p[0] == '0') /* 0111 and 111 are one */
        bill = phi_of(bill.p + 1, 3);
    bool inpatient = bill.n >= 2 && bill.p[0] == '1' && (bill.p[1] == '1' || bill.p[1] == '2');
    if (!json_object_get(e, "setting"))
        json_object_set_new(e, "setting", json_string(inpatient ? "inpatient" : "outpatient"));
    return e;
}

void crule_short(const json_t *e, struct buf *out)
{
    json_t *o, *m, *list = json_object_get(e, "dx");
    size_t i, k;
    json_array_foreach(list, i, o)
    {
        buf_puts(out, i ? " " : "");
        buf_phi(out, crule_get(o, "code"));
        if (crule_get(o, "poa").n) {
            buf_putc(out, '/');
            buf_phi(out, crule_get(o, "poa"));
        }
    }
    buf_puts(out, " |");
    list = json_object_get(e, "lines");
    json_array_foreach(list, i, o)
    {
        buf_putc(out, ' ');
        buf_phi(out, crule_get(o, "code"));
        json_t *mods = json_object_get(o, "mods");
        json_array_foreach(mods, k, m) buf_printf(out, "-%s", json_string_value(m));
        const json_t *u = json_object_get(o, "units");
        if (json_is_integer(u) && json_integer_value(u) != 1)
            buf_printf(out, "x%lld", (long long)json_integer_value(u));
    }
}
