#include "common/readers/enc_out.h"
#include "common/util/buf.h"
#include "common/util/date.h"
#include "common/util/money.h"
#include <stdio.h>
#include <stdlib.h>

static json_t *nulls(const char *const *keys)
{
    json_t *o = json_object();
    for (; *keys; keys++)
        json_object_set_new(o, *keys, json_null());
    return o;
}

json_t *enc_out_person(bool ref)
{
    static const char *const keys[] = {"ref", "last", "first", "middle", "dob", "sex", NULL};
    static const char *const where[] = {"l1", "l2", "city", "st", "zip", NULL};
    json_t *p = nulls(ref ? keys : keys + 1);
    json_object_set_new(p, "addr", nulls(where));
    return p;
}

json_t *enc_out_cover(int rank)
{
    static const char *const keys[] = {"payer", "member", "group", "rel", NULL};
    json_t *c = json_pack("{si}", "rank", rank), *rest = nulls(keys);
    json_object_update(c, rest);
    json_decref(rest);
    return c;
}

json_t *enc_out_line(size_t ln)
{
    return json_pack("{sI sn s[] sn sn s[] sn}", "ln", (json_int_t)ln, "code", "mods", "units",
                     "chg", "dx", "ndc");
}

json_t *enc_out_new(void)
{
    static const char *const src[] = {"sys", "event", NULL};
    static const char *const place[] = {"npi", "pos", "loc", NULL};
    static const char *const prov[] = {"bill", "rend", "ref", "sup", NULL};
    static const char *const days[] = {"from", "thru", NULL};
    return json_pack("{ss sn so so so s[] so so sn s[] sn s[] s[] sn}", "v", "enc.v1", "enc", "src",
                     nulls(src), "facility", nulls(place), "pt", enc_out_person(true), "cov",
                     "prov", nulls(prov), "dos", nulls(days), "accident", "auth", "note", "dx",
                     "lines", "signed");
}

void enc_out_put(json_t *o, const char *key, phi_str v)
{
    json_object_set_new(o, key, v.n ? json_stringn(v.p, v.n) : json_null());
}

/* Without points and blanks. */
static size_t plain_code(phi_str code, char out[16])
{
    size_t n = 0;
    for (size_t k = 0; k < code.n && n + 1 < 16; k++)
        if (code.p[k] != '.' && code.p[k] != ' ')
            out[n++] = code.p[k];
    out[n] = 0;
    return n;
}

void enc_out_code(json_t *o, const char *key, phi_str code)
{
    char plain[16];
    enc_out_put(o, key, phi_of(plain, plain_code(code, plain)));
}

json_int_t enc_out_dx(json_t *e, phi_str code, phi_str text, phi_str poa)
{
    json_t *list = json_object_get(e, "dx");
    size_t i;
    json_t *had;
    char plain[16];
    size_t n = plain_code(code, plain);
    json_array_foreach(list, i, had)
    {
        const char *c = json_string_value(json_object_get(had, "code"));
        if (n && c && strcmp(c, plain) == 0)
            return (json_int_t)i + 1;
    }
    json_int_t number = (json_int_t)json_array_size(list) + 1;
    json_t *dx = json_pack("{sI}", "n", number);
    enc_out_put(dx, "code", phi_of(plain, n));
    enc_out_put(dx, "text", text);
    if (poa.n)
        enc_out_put(dx, "poa", poa);
    json_array_append_new(list, dx);
    return number;
}

json_t *enc_out_named(phi_str npi, phi_str last, phi_str first)
{
    if (!npi.n)
        return json_null();
    if (!last.n || !first.n)
        return json_stringn(npi.p, npi.n);
    json_t *o = json_object();
    enc_out_put(o, "npi", npi);
    enc_out_put(o, "last", last);
    enc_out_put(o, "first", first);
    return o;
}

bool enc_out_date(phi_str v, char out[11])
{
    char d[8];
    size_t n = 0, i = 0;
    int32_t days;
    for (; i < v.n && n < 8; i++)
        if (v.p[i] != '-' || (i != 4 && i != 7))
            d[n++] = v.p[i];
    if (n < 8 || !date_parse(phi_of(d, 8), &days) || (i < v.n && i == 10 && v.p[10] != 'T'))
        return false;
    snprintf(out, 11, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
    return true;
}

bool enc_out_put_date(json_t *o, const char *key, phi_str v)
{
    char day[11];
    if (!v.n)
        json_object_set_new(o, key, json_null());
    else if (enc_out_date(v, day))
        json_object_set_new(o, key, json_string(day));
    else
        return false;
    return true;
}

/* "1710", "171000.1234-0600", "17:10:00-06:00", "": hour to second, then the zone as +hh:mm. */
bool enc_out_time(phi_str v, char out[40])
{
    char day[11], d[6] = "000000", zone[5] = "";
    size_t n = 0, z = 0, i;
    if (!enc_out_date(v, day))
        return false;
    i = v.n > 4 && v.p[4] == '-' ? 10 : 8;
    if (i < v.n && v.p[i] == 'T')
        i++;
    for (; i < v.n && n < 6 && (v.p[i] == ':' || (v.p[i] >= '0' && v.p[i] <= '9')); i++)
        if (v.p[i] != ':')
            d[n++] = v.p[i];
    while (i < v.n && (v.p[i] == '.' || (v.p[i] >= '0' && v.p[i] <= '9')))
        i++;
    bool utc = i < v.n && v.p[i] == 'Z';
    char sign = i < v.n ? v.p[i++] : 0;
    if (sign && !strchr("+-Z", sign))
        return false;
    for (; i < v.n && z < 4; i++)
        if (v.p[i] != ':')
            zone[z++] = v.p[i];
    if (i < v.n || n % 2 || !time_valid(phi_of(d, 6)) || (z != 0 && z != 4) ||
        strspn(zone, "0123456789") != z || (sign && !utc && z != 4))
        return false;
    int len = snprintf(out, 40, "%sT%.2s:%.2s:%.2s", day, d, d + 2, d + 4);
    if (utc)
        snprintf(out + len, 40 - (size_t)len, "Z");
    else if (sign)
        snprintf(out + len, 40 - (size_t)len, "%c%.2s:%.2s", sign, zone, zone + 2);
    return true;
}

bool enc_out_put_money(json_t *o, const char *key, phi_str v)
{
    int64_t cents;
    if (!v.n) {
        json_object_set_new(o, key, json_null());
        return true;
    }
    if (!money_parse(v, &cents) || cents < 0)
        return false;
    json_object_set_new(o, key, json_integer(cents));
    return true;
}

bool enc_out_put_units(json_t *line, phi_str v)
{
    int64_t thousandths;
    if (!v.n)
        return true;
    if (!quantity_parse(v, &thousandths) || thousandths <= 0)
        return false;
    if (thousandths % 1000 == 0)
        json_object_set_new(line, "units", json_integer(thousandths / 1000));
    else
        enc_out_put(line, "units", v);
    return true;
}

phi_str enc_out_zip(phi_str v, struct arena *a)
{
    char *d = arena_alloc(a, v.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] >= '0' && v.p[i] <= '9')
            d[n++] = v.p[i];
    return phi_of(d, n);
}

const char *enc_out_relation(phi_str w)
{
    static const struct {
        const char *word, *code;
    } words[] = {{"SEL", "18"},   {"SELF", "18"},    {"self", "18"},   {"18", "18"},
                 {"SPO", "01"},   {"SPS", "01"},     {"spouse", "01"}, {"HUSB", "01"},
                 {"WIFE", "01"},  {"01", "01"},      {"CHD", "19"},    {"CHILD", "19"},
                 {"child", "19"}, {"NCHILD", "19"},  {"SON", "19"},    {"DAU", "19"},
                 {"19", "19"},    {"EME", "20"},     {"EMP", "20"},    {"20", "20"},
                 {"DOM", "53"},   {"DOMPART", "53"}, {"53", "53"},     {"other", "G8"},
                 {"OTH", "G8"},   {"injured", "41"}, {"UNK", "21"},    {"21", "21"},
                 {"G8", "G8"},    {"39", "39"},      {"40", "40"},     {"41", "41"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (phi_is(w, words[i].word))
            return words[i].code;
    return "";
}

void enc_out_give(json_t *e, bool test, struct arena *a, struct reader_items *out)
{
    if (test)
        json_object_set_new(e, "usage", json_string("T"));
    char *s = json_dumps(e, JSON_COMPACT);
    reader_give(out, a, phi_of(s, s ? strlen(s) : 0), test);
    free(s);
    json_decref(e);
}
