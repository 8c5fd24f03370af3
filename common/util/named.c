#include "common/util/named.h"
#include <ctype.h>
#include <jansson.h>
#include <strings.h>

enum { SHORTEST = 3, DAY = 8, ELEMENTS = 10 };

/* Bytes above 127 are of letters in UTF-8. */
static bool of_word(unsigned char c)
{
    return isalnum(c) || c > 127;
}

bool named_word(const char *text, phi_str v)
{
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    if (v.n < SHORTEST)
        return false;
    for (const char *p = text; strlen(p) >= v.n; p++)
        if (strncasecmp(p, v.p, v.n) == 0 && (p == text || !of_word((unsigned char)p[-1])) &&
            !of_word((unsigned char)p[v.n]))
            return true;
    return false;
}

/* The digits of text in runs, a dash, slash or dot inside a run left out; true when one run is `day`. */
static bool run_is(const char *text, const char day[DAY])
{
    size_t n = 0;
    bool same = true;
    for (;; text++) {
        unsigned char c = (unsigned char)*text;
        if (isdigit(c)) {
            same = same && n < DAY && day[n] == (char)c;
            n++;
        } else if (!(n && c && strchr("-/.", c))) {
            if (same && n == DAY)
                return true;
            n = 0;
            same = true;
        }
        if (!c)
            return false;
    }
}

bool named_day(const char *text, phi_str v)
{
    char day[DAY], turned[DAY];
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        if (isdigit((unsigned char)v.p[i])) {
            if (n == DAY)
                return false;
            day[n++] = v.p[i];
        }
    if (n != DAY)
        return false;
    memcpy(turned, day + 4, 4);
    memcpy(turned + 4, day, 4);
    return run_is(text, day) || run_is(text, turned);
}

/* ---- segments ---- */

static void elements(phi_str seg, phi_str el[ELEMENTS])
{
    memset(el, 0, ELEMENTS * sizeof *el);
    for (int k = 0; k < ELEMENTS; k++) {
        const char *star = memchr(seg.p, '*', seg.n);
        size_t n = star ? (size_t)(star - seg.p) : seg.n;
        el[k] = phi_of(seg.p, n);
        if (!star)
            return;
        seg = phi_of(star + 1, seg.n - n - 1);
    }
}

static bool of_person(phi_str qualifier)
{
    return phi_is(qualifier, "IL") || phi_is(qualifier, "QC") || phi_is(qualifier, "74");
}

static bool named_in_segment(const char *text, phi_str seg)
{
    phi_str el[ELEMENTS];
    elements(seg, el);
    if (phi_is(el[0], "NM1") && of_person(el[1]))
        return named_word(text, el[3]) || named_word(text, el[4]) || named_word(text, el[9]);
    if (phi_is(el[0], "DMG"))
        return named_day(text, el[2]);
    return phi_is(el[0], "REF") && phi_is(el[1], "SY") && named_word(text, el[2]);
}

static bool named_in_segments(const char *text, phi_str body)
{
    while (body.n) {
        const char *end = memchr(body.p, '~', body.n);
        size_t n = end ? (size_t)(end - body.p) : body.n;
        if (n && named_in_segment(text, phi_of(body.p, n)))
            return true;
        n += end != NULL;
        body = phi_of(body.p + n, body.n - n);
    }
    return false;
}

/* ---- encounters ---- */

static bool named_in_json(const char *text, const json_t *o)
{
    static const char *const words[] = {"last", "first", "ref", "member"};
    static const char *const within[] = {"pt", "cov", "sub"};
    const json_t *v;
    size_t i;
    if (!o)
        return false;
    json_array_foreach(o, i, v)
    {
        if (named_in_json(text, v))
            return true;
    }
    for (i = 0; i < sizeof words / sizeof *words; i++)
        if (json_is_string(v = json_object_get(o, words[i])) &&
            named_word(text, phi_of(json_string_value(v), json_string_length(v))))
            return true;
    if (json_is_string(v = json_object_get(o, "dob")) &&
        named_day(text, phi_of(json_string_value(v), json_string_length(v))))
        return true;
    for (i = 0; i < sizeof within / sizeof *within; i++)
        if (named_in_json(text, json_object_get(o, within[i])))
            return true;
    return false;
}

bool named_in(const char *text, phi_str body)
{
    if (!body.n || !text || !*text)
        return false;
    if (*body.p != '{')
        return named_in_segments(text, body);
    json_error_t e;
    json_t *o = json_loadb(body.p, body.n, 0, &e);
    bool named = o && named_in_json(text, o);
    json_decref(o);
    return named;
}
