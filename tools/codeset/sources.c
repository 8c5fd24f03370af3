#include "tools/codeset/sources.h"
#include "tools/codeset/release.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool a_name(const char *s, size_t longest)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("-_.", s[i]))
            return false;
    return n > 0 && n < longest && *s != '.';
}

static const struct import_layout *layout_of(const char *name)
{
    for (const struct import_layout *l = import_layouts; l->name; l++)
        if (strcmp(l->name, name) == 0)
            return l;
    return NULL;
}

static bool read_day(const struct conf *m, const char *key, int32_t fallback, int32_t *out,
                     struct buf *error)
{
    const struct conf *c = conf_get(m, key);
    *out = fallback;
    return !c || (release_day_parse(phi_lit(c->text), out) && *out != CODES_NO_END) ||
           conf_fault(c, error, "a date CCYY-MM-DD expected");
}

static bool read_import(const struct conf *c, struct arena *a, struct source_import **out,
                        struct buf *error)
{
    static const char *const keys[] = {"file", "layout", "system", "release", "from", "to", NULL};
    struct source_import *im = arena_alloc(a, sizeof *im);
    *out = im;
    memset(im, 0, sizeof *im);
    if (!conf_is(c, CONF_MAP, error) || !conf_only(c, keys, error))
        return false;
    im->file = conf_text(c, "file", "");
    im->layout = layout_of(conf_text(c, "layout", ""));
    im->system = conf_text(c, "system", NULL);
    im->release = conf_text(c, "release", "");
    if (!*im->file || !conf_get(c, "from"))
        return conf_fault(c, error, "file, layout, release and from are needed");
    if (!im->layout)
        return conf_fault(c, error, "unknown layout (claimwire codeset layouts lists them)");
    if (!a_name(im->release, 64) || (im->system && !a_name(im->system, SYSTEM_LEN)))
        return conf_fault(c, error, "release and system are made of letters, digits, - _ .");
    return read_day(c, "from", 0, &im->from, error) &&
           read_day(c, "to", CODES_NO_END, &im->to, error);
}

static bool a_digest(const char *s)
{
    return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

static bool read_source(const struct conf *c, struct arena *a, struct source *s, struct buf *error)
{
    static const char *const keys[] = {"url", "sha256", "import", NULL};
    if (!a_name(c->key, 64))
        return conf_fault(c, error, "a source's name is made of letters, digits, - _ .");
    if (!conf_is(c, CONF_MAP, error) || !conf_only(c, keys, error))
        return false;
    s->name = c->key;
    s->url = conf_text(c, "url", "");
    s->sha256 = conf_text(c, "sha256", NULL);
    if (strncasecmp(s->url, "http://", 7) != 0 && strncasecmp(s->url, "https://", 8) != 0)
        return conf_fault(c, error, "url must begin with http:// or https://");
    if (s->sha256 && !a_digest(s->sha256))
        return conf_fault(conf_get(c, "sha256"), error, "64 digits 0-9 a-f expected");
    const struct conf *list = conf_get(c, "import");
    struct source_import **end = &s->imports;
    if (list && !conf_is(list, CONF_LIST, error))
        return false;
    for (const struct conf *i = list ? list->first : NULL; i; i = i->next, end = &(*end)->next)
        if (!read_import(i, a, end, error))
            return false;
    return true;
}

bool sources_read(const char *path, struct arena *a, struct source **out, struct buf *error)
{
    static const char *const keys[] = {"sources", NULL};
    const struct conf *top = conf_read(path, a, error);
    const struct conf *list = conf_get(top, "sources");
    *out = NULL;
    if (!top || !conf_is(top, CONF_MAP, error) || !conf_only(top, keys, error))
        return false;
    if (!list)
        return conf_fault(top, error, "\"sources\" is missing");
    if (!conf_is(list, CONF_MAP, error))
        return false;
    for (const struct conf *c = list->first; c; c = c->next, out = &(*out)->next) {
        *out = arena_alloc(a, sizeof **out);
        memset(*out, 0, sizeof **out);
        if (!read_source(c, a, *out, error))
            return false;
    }
    return true;
}
