#include "tools/coder/enc_json.h"
#include "common/util/date.h"
#include <stdio.h>

static const char *join(struct enc_reader *r, const char *path, const char *key)
{
    size_t n = strlen(path) + strlen(key) + 2;
    char *s = arena_alloc(r->arena, n);
    snprintf(s, n, "%s%s%s", path, *path && *key ? "." : "", key);
    return s;
}

bool enc_fail(struct enc_reader *r, const char *rule, struct at at, const char *key,
              const char *why)
{
    r->fault->rule = rule;
    r->fault->why = why;
    snprintf(r->fault->path, sizeof r->fault->path, "%s", join(r, at.path, key));
    return false;
}

struct at enc_at(struct enc_reader *r, struct at at, const char *key)
{
    const json_t *o = json_object_get(at.o, key);
    return (struct at){json_is_null(o) ? NULL : o, join(r, at.path, key)};
}

struct at enc_item(struct enc_reader *r, struct at array, size_t i)
{
    size_t n = strlen(array.path) + 24;
    char *path = arena_alloc(r->arena, n);
    snprintf(path, n, "%s[%zu]", array.path, i);
    return (struct at){json_array_get(array.o, i), path};
}

bool enc_has(struct at at, const char *key)
{
    const json_t *o = json_object_get(at.o, key);
    return o && !json_is_null(o);
}

/* Copies with lower case made upper; NULL when a byte is outside of the basic character set or is
 * one of the delimiters that sets travel with. */
static char *basic(struct enc_reader *r, const char *s, size_t n)
{
    char *out = arena_strndup(r->arena, s, n);
    for (size_t i = 0; i < n; i++) {
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] - 'a' + 'A');
        else if (out[i] < ' ' || out[i] > 'Z' || strchr("*:^~", out[i]))
            return NULL;
    }
    return out;
}

bool enc_maybe(struct enc_reader *r, struct at at, const char *key, size_t min, size_t max,
               phi_str *out)
{
    const json_t *v = json_object_get(at.o, key);
    *out = phi_of("", 0);
    if (!v || json_is_null(v))
        return true;
    if (!json_is_string(v))
        return enc_fail(r, "ENC_VALUE", at, key, "expected a text here");
    const char *s = json_string_value(v);
    size_t n = json_string_length(v);
    while (n && s[n - 1] == ' ')
        n--;
    while (n && *s == ' ')
        s++, n--;
    if (n > max || (n && n < min))
        return enc_fail(r, "ENC_VALUE", at, key, "too long or too short for a claim");
    const char *copy = basic(r, s, n);
    if (!copy)
        return enc_fail(r, "ENC_VALUE", at, key, "holds a character that cannot stand in a claim");
    *out = phi_of(copy, n);
    return true;
}

bool enc_text(struct enc_reader *r, struct at at, const char *key, size_t min, size_t max,
              phi_str *out)
{
    if (!enc_maybe(r, at, key, min, max, out))
        return false;
    return out->n || enc_fail(r, "ENC_MISSING", at, key, "is missing");
}

bool enc_date(struct enc_reader *r, struct at at, const char *key, int32_t *out)
{
    const json_t *v = json_object_get(at.o, key);
    if (!v || json_is_null(v))
        return enc_fail(r, "ENC_MISSING", at, key, "is missing");
    const char *s = json_is_string(v) ? json_string_value(v) : "";
    char compact[8];
    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
        return enc_fail(r, "ENC_DATE", at, key, "expected a date like 2026-01-31");
    memcpy(compact, s, 4);
    memcpy(compact + 4, s + 5, 2);
    memcpy(compact + 6, s + 8, 2);
    return date_parse(phi_of(compact, 8), out) ||
           enc_fail(r, "ENC_DATE", at, key, "there is no such day");
}

bool enc_int(struct enc_reader *r, struct at at, const char *key, int64_t lo, int64_t hi,
             const char *rule, int64_t *out)
{
    const json_t *v = json_object_get(at.o, key);
    if (!v || json_is_null(v))
        return enc_fail(r, "ENC_MISSING", at, key, "is missing");
    if (!json_is_integer(v))
        return enc_fail(r, rule, at, key, "expected a whole number");
    *out = json_integer_value(v);
    return (*out >= lo && *out <= hi) || enc_fail(r, rule, at, key, "out of range");
}
