#include "tools/build837/partners.h"
#include "common/util/conf.h"
#include <errno.h>

enum { SEPARATOR = 0x1f };
static const char VERSION_837P[] = "005010X222A1";

struct payer {
    const char *id, *usage;
    const char *t[TERMS]; /* those of the receiver; NULL: default */
    struct payer *next;
};
struct partners {
    const char *us[TERMS];
    bool have_us;
    struct payer *payers;
    struct profiles *profiles;
};

/* A key of the file, where it goes, and how long it may be (ISA, GS, NM1, PER limits of X12). */
struct field {
    const char *key;
    enum term term;
    size_t min, max;
};
static const struct field US[] = {{"qualifier", T_US_QUAL, 2, 2}, {"id", T_US_ID, 1, 15},
                                  {"gs", T_US_GS, 2, 15},         {"etin", T_US_ETIN, 2, 80},
                                  {"name", T_US_NAME, 1, 60},     {"contact", T_US_CONTACT, 1, 60},
                                  {"phone", T_US_PHONE, 1, 256}};
static const struct field PAYER[] = {
    {"qualifier", T_QUAL, 2, 2},    {"id", T_ID, 1, 15},         {"gs", T_GS, 2, 15},
    {"etin", T_ETIN, 2, 80},        {"name", T_NAME, 1, 60},     {"version", T_VERSION, 1, 12},
    {"delimiters", T_DELIMS, 4, 4}, {"newline", T_NEWLINE, 0, 4}};
enum { US_N = sizeof US / sizeof *US, PAYER_N = sizeof PAYER / sizeof *PAYER };

static bool printable(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~' || strchr("*:^~", *s))
            return false;
    return true;
}

static bool good_delims(const char *d)
{
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < i; k++)
            if (d[i] == d[k])
                return false;
    for (; *d; d++)
        if ((*d >= '0' && *d <= '9') || (*d >= 'A' && *d <= 'Z') || (*d >= 'a' && *d <= 'z') ||
            *d == ' ' || *d == '.' || *d == '-')
            return false;
    return true;
}

static bool read_field(const struct conf *c, const struct field *f, const char **to,
                       struct buf *error)
{
    size_t n = strlen(c->text);
    if (!conf_is(c, CONF_VALUE, error))
        return false;
    if (n < f->min || n > f->max)
        return conf_fault(c, error, "\"%s\" must have %zu to %zu characters", f->key, f->min,
                          f->max);
    if (f->term == T_DELIMS && !good_delims(c->text))
        return conf_fault(c, error,
                          "delimiters must be four different marks: element, component, "
                          "repetition, terminator");
    if (f->term == T_NEWLINE && strcmp(c->text, "lf") && strcmp(c->text, "crlf") &&
        strcmp(c->text, "none"))
        return conf_fault(c, error, "newline must be none, lf or crlf");
    if (f->term != T_DELIMS && !printable(c->text))
        return conf_fault(c, error, "\"%s\" holds a byte that is no plain character", f->key);
    *to = c->text;
    return true;
}

static bool read_fields(const struct conf *map, const struct field *f, int n, const char **to,
                        struct buf *error)
{
    for (int i = 0; i < n; i++) {
        const struct conf *c = conf_get(map, f[i].key);
        if (c && !read_field(c, &f[i], &to[f[i].term], error))
            return false;
    }
    return true;
}

static bool read_us(struct partners *p, const struct conf *c, struct buf *error)
{
    static const char *const keys[] = {"qualifier", "id",      "gs",    "etin",
                                       "name",      "contact", "phone", NULL};
    if (p->have_us)
        return conf_fault(c, error, "another file says already who we are");
    if (!conf_only(c, keys, error) || !read_fields(c, US, US_N, p->us, error))
        return false;
    for (int i = 0; i < US_N; i++)
        if (!p->us[US[i].term] && US[i].term != T_US_GS && US[i].term != T_US_ETIN)
            return conf_fault(c, error, "\"%s\" is missing", US[i].key);
    if (!p->us[T_US_GS])
        p->us[T_US_GS] = p->us[T_US_ID];
    if (!p->us[T_US_ETIN])
        p->us[T_US_ETIN] = p->us[T_US_ID];
    return p->have_us = true;
}

static struct payer *find(const struct partners *p, phi_str id)
{
    for (struct payer *q = p->payers; q; q = q->next)
        if (phi_is(id, q->id))
            return q;
    return NULL;
}

static bool read_payer(struct partners *p, const struct conf *c, struct arena *a, struct buf *error)
{
    static const char *const keys[] = {"qualifier", "id",         "gs",      "etin",  "name",
                                       "version",   "delimiters", "newline", "usage", NULL};
    struct payer *q = arena_alloc(a, sizeof *q);
    if (!conf_only(c, keys, error))
        return false;
    if (find(p, phi_lit(c->key)))
        return conf_fault(c, error, "payer \"%s\" is listed twice", c->key);
    q->id = c->key;
    q->usage = conf_text(c, "usage", "");
    if (*q->usage && strcmp(q->usage, "T") != 0 && strcmp(q->usage, "P") != 0)
        return conf_fault(conf_get(c, "usage"), error, "usage must be T or P");
    q->next = p->payers;
    p->payers = q;
    return read_fields(c, PAYER, PAYER_N, q->t, error);
}

static bool read_file(struct partners *p, const char *path, struct arena *a, struct buf *error)
{
    const struct conf *c = conf_read(path, a, error);
    if (!c || !conf_only(c, (const char *const[]){"us", "payers", NULL}, error))
        return false;
    const struct conf *us = conf_get(c, "us"), *payers = conf_get(c, "payers");
    if (us && !read_us(p, us, error))
        return false;
    if (payers && !conf_is(payers, CONF_MAP, error))
        return false;
    for (const struct conf *q = payers ? payers->first : NULL; q; q = q->next)
        if (!read_payer(p, q, a, error))
            return false;
    return true;
}

/* No payer is listed in a .yaml file and in a profile. */
static bool once(struct partners *p, struct buf *error)
{
    for (struct payer *q = p->payers; q; q = q->next) {
        const struct profile *f = profiles_of_payer(p->profiles, phi_lit(q->id));
        if (!f)
            continue;
        const struct profile_line *l = profile_get(f, "", "payer");
        buf_printf(error, "%s:%d:%d: payer \"%s\" is listed in a .yaml file already",
                   profile_file(f), l->line, l->column, q->id);
        profiles_free(p->profiles);
        return false;
    }
    return true;
}

void partners_free(struct partners *p)
{
    profiles_free(p->profiles);
    p->profiles = NULL;
}

const struct profile *partners_profile(const struct partners *p, phi_str payer)
{
    return profiles_of_payer(p->profiles, payer);
}

struct file_limits partners_limits(const struct partners *p, phi_str payer, uint32_t per_set)
{
    const struct profile *f = partners_profile(p, payer);
    uint64_t claims = (uint64_t)profile_number(f, "limits", "claims-per-file", 0);
    uint64_t sets = (uint64_t)profile_number(f, "limits", "sets-per-file", 0);
    uint32_t each = (uint32_t)profile_number(f, "limits", "claims-per-set", per_set);
    each = each < per_set ? each : per_set;
    if (sets && (!claims || sets * each < claims))
        claims = sets * each;
    return (struct file_limits){(uint32_t)(claims < UINT32_MAX ? claims : UINT32_MAX), each,
                                (uint64_t)profile_number(f, "limits", "bytes-per-file", 0)};
}

struct partners *partners_load(const char *dir, struct arena *a, struct buf *error)
{
    struct partners *p = arena_alloc(a, sizeof *p);
    char **files = conf_files(dir, a);
    if (!files) {
        buf_printf(error, "cannot read the folder \"%s\": %s", dir, strerror(errno));
        return NULL;
    }
    for (char **f = files; *f; f++)
        if (!read_file(p, *f, a, error))
            return NULL;
    p->profiles = profiles_load(dir, NULL, error);
    if (!p->profiles || !once(p, error))
        return NULL;
    if (!p->have_us) {
        buf_printf(error, "no file in \"%s\" says who we are (us: qualifier, id, name ...)", dir);
        return NULL;
    }
    return p;
}

static const char *newline_of(const char *name)
{
    return strcmp(name, "lf") == 0 ? "\n" : strcmp(name, "crlf") == 0 ? "\r\n" : "";
}

/* The words of a profile's line joined: delimiters without, an order with blanks between. */
static const char *joined(const struct profile_line *l, const char *between, struct arena *a)
{
    struct buf b = {0};
    for (uint32_t i = 0; l && i < l->n; i++)
        buf_printf(&b, "%s%s", i ? between : "", l->word[i]);
    const char *text = l ? arena_strdup(a, buf_cstr(&b)) : NULL;
    buf_free(&b);
    return text;
}

/* What a profile says of the terms; NULL where it says nothing. */
static void profile_says_terms(const struct profile *f, const char **t, struct arena *a)
{
    const struct profile_line *id = profile_get(f, "envelope", "id");
    const struct profile_line *us = profile_get(f, "envelope", "our-id");
    t[T_QUAL] = id ? id->word[0] : NULL;
    t[T_ID] = id ? id->word[1] : NULL;
    t[T_GS] = profile_word(f, "envelope", "group", NULL);
    t[T_ETIN] = profile_word(f, "envelope", "etin", NULL);
    t[T_NAME] = profile_word(f, "envelope", "name", NULL);
    t[T_US_QUAL] = us ? us->word[0] : NULL;
    t[T_US_ID] = us ? us->word[1] : NULL;
    t[T_US_GS] = profile_word(f, "envelope", "our-group", t[T_US_ID]);
    t[T_US_ETIN] = profile_word(f, "envelope", "our-etin", t[T_US_ID]);
    t[T_VERSION] = profile_word(f, "write", "version", NULL);
    t[T_NEWLINE] = profile_word(f, "write", "newline", NULL);
    t[T_DELIMS] = joined(profile_get(f, "write", "delimiters"), "", a);
    t[T_CASE] = profile_word(f, "write", "case", NULL);
    t[T_REFS] = joined(profile_get(f, "write", "refs"), " ", a);
}

struct terms partners_terms(const struct partners *p, phi_str payer, struct arena *a)
{
    struct terms t;
    const struct payer *q = find(p, payer);
    const char *own = arena_strndup(a, payer.p, payer.n < 15 ? payer.n : 15);
    const char *const fallback[TERMS] = {[T_QUAL] = "ZZ",
                                         [T_ID] = own,
                                         [T_ETIN] = own,
                                         [T_NAME] = "",
                                         [T_VERSION] = VERSION_837P,
                                         [T_DELIMS] = "*:^~",
                                         [T_NEWLINE] = "none",
                                         [T_PURPOSE] = "CH",
                                         [T_USAGE] = "P",
                                         [T_CASE] = "",
                                         [T_REFS] = ""};
    const char *said[TERMS] = {0};
    const struct profile *f = partners_profile(p, payer);
    if (f)
        profile_says_terms(f, said, a);
    for (int i = 0; i < TERMS; i++)
        t.t[i] = said[i] ? said[i] : p->us[i] ? p->us[i] : q && q->t[i] ? q->t[i] : fallback[i];
    if (!t.t[T_GS])
        t.t[T_GS] = t.t[T_ID];
    t.t[T_NEWLINE] = newline_of(t.t[T_NEWLINE]);
    return t;
}

const char *partners_usage(const struct partners *p, phi_str payer)
{
    const struct payer *q = find(p, payer);
    return q ? q->usage : profile_word(partners_profile(p, payer), "envelope", "usage", "");
}

struct edi_delims partners_delims(const struct partners *p, phi_str payer)
{
    const struct payer *q = find(p, payer);
    const char *d = q && q->t[T_DELIMS] ? q->t[T_DELIMS] : "*:^~";
    const struct profile_line *l = profile_get(partners_profile(p, payer), "write", "delimiters");
    if (l)
        return (struct edi_delims){*l->word[0], *l->word[1], *l->word[2], *l->word[3]};
    return (struct edi_delims){d[0], d[1], d[2], d[3]};
}

void terms_pack(const struct terms *t, struct buf *out)
{
    for (int i = 0; i < TERMS; i++) {
        buf_puts(out, t->t[i]);
        buf_putc(out, SEPARATOR);
    }
}

bool terms_unpack(phi_str packed, struct terms *out, struct arena *a)
{
    const char *p = packed.p, *end = packed.p + packed.n;
    for (int i = 0; i < TERMS; i++) {
        const char *q = p < end ? memchr(p, SEPARATOR, (size_t)(end - p)) : NULL;
        if (!q && i >= T_CASE) { /* a batch that was sealed before there was this term */
            out->t[i] = "";
            continue;
        }
        if (!q)
            return false;
        out->t[i] = arena_strndup(a, p, (size_t)(q - p));
        p = q + 1;
    }
    return p == end && strlen(out->t[T_DELIMS]) == 4;
}
