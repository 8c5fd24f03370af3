#include "common/office/office.h"
#include "common/util/date.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

/* The basic character set without the delimiters that inquiries are written with. */
static bool writable(const char *s, size_t most)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' || s[i] > '~' || strchr("*:^~", s[i]))
            return false;
    return n && n <= most;
}

static const struct conf *section(const struct office *o, const char *name)
{
    for (const struct conf **f = o->files; *f; f++)
        if (conf_get(*f, name))
            return conf_get(*f, name);
    return NULL;
}

static bool ids(struct office *o, const char *dir, struct buf *error)
{
    const struct conf *us = section(o, "office"), *house = section(o, "clearinghouse");
    o->id = conf_text(us, "id", "");
    o->qualifier = conf_text(us, "qualifier", "ZZ");
    o->to = conf_text(house, "id", "");
    o->to_qualifier = conf_text(house, "qualifier", "ZZ");
    if (!writable(o->id, 15) || !writable(o->to, 15) || strlen(o->qualifier) != 2 ||
        strlen(o->to_qualifier) != 2) {
        buf_printf(error,
                   "\"%s\": office and clearinghouse need an id of 1 to 15 characters and a "
                   "qualifier of 2",
                   dir);
        return false;
    }
    snprintf(o->origin, sizeof o->origin, "9%.9s", o->id);
    while (strlen(o->origin) < 10)
        strcat(o->origin, "0");
    return true;
}

bool office_read(struct office *o, const char *dir, struct arena *a, struct buf *error)
{
    char **paths = conf_files(dir, a);
    size_t n = 0;
    while (paths && paths[n])
        n++;
    if (!n) {
        buf_printf(error, "cannot read a .yaml file in the folder \"%s\"%s%s", dir,
                   paths ? "" : ": ", paths ? "" : strerror(errno));
        return false;
    }
    o->files = arena_alloc(a, (n + 1) * sizeof *o->files);
    for (size_t i = 0; i < n; i++)
        if (!(o->files[i] = conf_read(paths[i], a, error)))
            return false;
    return ids(o, dir, error);
}

bool office_payer(const struct office *o, phi_str key, struct office_payer *out)
{
    for (const struct conf **f = o->files; *f; f++) {
        const struct conf *list = conf_get(*f, "payers");
        for (const struct conf *c = list ? list->first : NULL; c; c = c->next) {
            *out = (struct office_payer){conf_text(c, "name", c->key), conf_text(c, "id", c->key),
                                         conf_text(c, "id_kind", "PI")};
            if (phi_is(key, c->key) || phi_is(key, out->id))
                return writable(out->name, 60) && writable(out->id, 80) && writable(out->kind, 2);
        }
    }
    return false;
}

bool office_provider(const struct office *o, phi_str npi, struct office_provider *out)
{
    for (const struct conf **f = o->files; *f; f++) {
        const struct conf *list = conf_get(*f, "providers");
        for (const struct conf *c = list ? list->first : NULL; c; c = c->next) {
            if (!c->key || !phi_is(npi, c->key))
                continue;
            *out = (struct office_provider){c->key, conf_text(c, "name", ""),
                                            conf_text(c, "first", "")};
            return writable(out->npi, 80) && writable(out->name, 60) &&
                   (!*out->first || writable(out->first, 35));
        }
    }
    return false;
}

/* ---- values ---- */

bool office_text(phi_str in, size_t most, struct arena *a, phi_str *out)
{
    for (; in.n && in.p[0] == ' '; in.n--)
        in.p++;
    for (; in.n && in.p[in.n - 1] == ' '; in.n--)
        ;
    if (!in.n || in.n > most)
        return false;
    char *copy = arena_strndup(a, in.p, in.n);
    for (size_t i = 0; i < in.n; i++) {
        copy[i] = (char)toupper((unsigned char)copy[i]);
        if (!isupper((unsigned char)copy[i]) && !isdigit((unsigned char)copy[i]) &&
            !strchr(" !\"&'()+,-./;?=", copy[i]))
            return false;
    }
    *out = phi_of(copy, in.n);
    return copy[0] != '\0';
}

bool office_day(phi_str in, struct arena *a, phi_str *out)
{
    char eight[8];
    int32_t days;
    if (in.n == 10 && in.p[4] == '-' && in.p[7] == '-') {
        memcpy(eight, in.p, 4);
        memcpy(eight + 4, in.p + 5, 2);
        memcpy(eight + 6, in.p + 8, 2);
        in = phi_of(eight, 8);
    }
    if (!date_parse(in, &days))
        return false;
    *out = arena_phi(a, in);
    return true;
}
