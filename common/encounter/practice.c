#include "common/encounter/practice.h"
#include "common/util/conf.h"
#include "common/util/date.h"
#include <errno.h>
#include <strings.h>

struct price {
    phi_str code, mod;
    const char *payer; /* "" for every payer */
    int32_t from;
    int64_t cents;
    struct price *next;
};
enum { BUCKETS = 4096 };
struct provider_node {
    struct provider p;
    struct provider_node *next;
};
struct payer_node {
    struct payer p;
    struct payer_node *next;
};
struct place_node {
    struct place p;
    struct place_node *next;
};
struct system_node {
    const char *name;
    bool signs;
    struct system_node *next;
};
struct practice {
    const struct conf *office, *clearinghouse, *claims;
    struct provider_node *providers;
    struct payer_node *payers;
    struct place_node *places;
    struct system_node *systems;
    struct price *prices[BUCKETS];
    struct arena *arena;
    struct buf *error;
};

/* ---- values ---- */

/* A value of the basic character set, without the delimiters that sets travel with. */
static bool plain(struct practice *p, const struct conf *c, size_t min, size_t max)
{
    size_t n = strlen(c->text);
    if (!conf_is(c, CONF_VALUE, p->error))
        return false;
    if (n < min || n > max)
        return conf_fault(c, p->error, "this must have %zu to %zu characters", min, max);
    for (const char *s = c->text; *s; s++)
        if (*s < ' ' || *s > 'Z' || strchr("*:^~", *s))
            return conf_fault(c, p->error,
                              "a character that X12's basic set has not (capital "
                              "letters, digits, and common marks)");
    return true;
}

struct want {
    const char *key;
    size_t min, max;
    bool must;
};

/* Every wanted key of a map is there and good, and there are no others. */
static bool read_map(struct practice *p, const struct conf *m, const struct want *w, size_t n)
{
    const char *keys[24] = {NULL};
    for (size_t i = 0; i < n; i++)
        keys[i] = w[i].key;
    if (!conf_only(m, keys, p->error))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct conf *c = conf_get(m, w[i].key);
        if (!c && w[i].must)
            return conf_fault(m, p->error, "\"%s\" is missing", w[i].key);
        if (c && w[i].max && !plain(p, c, w[i].min, w[i].max))
            return false;
    }
    return true;
}
#define READ_MAP(p, m, w) read_map(p, m, w, sizeof(w) / sizeof *(w))

static bool all_digits(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789") == n;
}

/* ---- providers and payers ---- */

static bool read_address(struct practice *p, const struct conf *c, struct address *to)
{
    static const struct want want[] = {{"l1", 1, 55, true},
                                       {"l2", 0, 55, false},
                                       {"city", 2, 30, true},
                                       {"st", 2, 2, true},
                                       {"zip", 5, 9, true}};
    if (!READ_MAP(p, c, want))
        return false;
    to->line1 = phi_lit(conf_text(c, "l1", ""));
    to->line2 = phi_lit(conf_text(c, "l2", ""));
    to->city = phi_lit(conf_text(c, "city", ""));
    to->state = phi_lit(conf_text(c, "st", ""));
    to->zip = phi_lit(conf_text(c, "zip", ""));
    return true;
}

static bool read_provider(struct practice *p, const struct conf *c)
{
    static const struct want want[] = {{"name", 1, 60, true},       {"first", 0, 35, false},
                                       {"taxonomy", 10, 10, false}, {"ein", 9, 9, false},
                                       {"ssn", 9, 9, false},        {"address", 0, 0, false},
                                       {"clia", 10, 10, false}};
    struct provider_node *n = arena_alloc(p->arena, sizeof *n);
    const struct conf *address = conf_get(c, "address");
    if (!all_digits(c->key, 10))
        return conf_fault(c, p->error, "a provider is named by its NPI, ten digits");
    if (!READ_MAP(p, c, want) || (address && !read_address(p, address, &n->p.address)))
        return false;
    const char *ein = conf_text(c, "ein", ""), *ssn = conf_text(c, "ssn", "");
    n->p.npi = c->key;
    n->p.last = conf_text(c, "name", "");
    n->p.first = conf_text(c, "first", "");
    n->p.person = *n->p.first != 0;
    n->p.taxonomy = conf_text(c, "taxonomy", "");
    n->p.tax_kind = *ein ? "EI" : *ssn ? "SY" : "";
    n->p.tax_id = *ein ? ein : ssn;
    n->p.clia = conf_text(c, "clia", "");
    n->next = p->providers;
    p->providers = n;
    return true;
}

static bool read_payer(struct practice *p, const struct conf *c)
{
    static const struct want want[] = {{"name", 1, 60, true},
                                       {"id", 2, 80, false},
                                       {"id_kind", 2, 2, false},
                                       {"filing", 1, 2, false}};
    struct payer_node *n = arena_alloc(p->arena, sizeof *n);
    if (!READ_MAP(p, c, want))
        return false;
    n->p = (struct payer){c->key, conf_text(c, "name", ""), conf_text(c, "id", c->key),
                          conf_text(c, "id_kind", "PI"), conf_text(c, "filing", "")};
    n->next = p->payers;
    p->payers = n;
    return true;
}

const struct provider *practice_provider(const struct practice *p, phi_str npi)
{
    for (const struct provider_node *n = p->providers; n; n = n->next)
        if (phi_is(npi, n->p.npi))
            return &n->p;
    return NULL;
}

const struct payer *practice_payer(const struct practice *p, phi_str key)
{
    for (const struct payer_node *n = p->payers; n; n = n->next)
        if (phi_is(key, n->p.key))
            return &n->p;
    return NULL;
}

/* ---- what the systems that send encounters do not say ---- */

static bool read_place(struct practice *p, const struct conf *c)
{
    static const struct want want[] = {{"npi", 10, 10, false},
                                       {"pos", 2, 2, false},
                                       {"bill", 10, 10, false},
                                       {"clia", 10, 10, false}};
    struct place_node *n = arena_alloc(p->arena, sizeof *n);
    if (!READ_MAP(p, c, want))
        return false;
    n->p = (struct place){c->key, conf_text(c, "npi", ""), conf_text(c, "pos", ""),
                          conf_text(c, "bill", ""), conf_text(c, "clia", "")};
    n->next = p->places;
    p->places = n;
    return true;
}

static bool read_system(struct practice *p, const struct conf *c)
{
    static const struct want want[] = {{"charges", 0, 0, true}};
    struct system_node *n = arena_alloc(p->arena, sizeof *n);
    const char *how;
    if (!READ_MAP(p, c, want))
        return false;
    how = conf_text(c, "charges", "");
    if (strcmp(how, "signed") != 0 && strcmp(how, "unsigned") != 0)
        return conf_fault(conf_get(c, "charges"), p->error, "expected signed or unsigned");
    *n = (struct system_node){c->key, strcmp(how, "signed") == 0, p->systems};
    p->systems = n;
    return true;
}

/* Encounters' texts are in capitals by then. */
static bool same_name(phi_str a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

const struct place *practice_place(const struct practice *p, phi_str name)
{
    for (const struct place_node *n = p->places; n; n = n->next)
        if (same_name(name, n->p.name))
            return &n->p;
    return NULL;
}

bool practice_signs(const struct practice *p, phi_str system)
{
    for (const struct system_node *n = p->systems; n; n = n->next)
        if (same_name(system, n->name))
            return n->signs;
    return false;
}

/* ---- charge master ---- */

static uint32_t bucket(phi_str code)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < code.n; i++)
        h = (h ^ (unsigned char)code.p[i]) * 16777619u;
    return h % BUCKETS;
}

/* Whole cents: a price in another unit would be read a hundred times too high or low. */
static bool whole_cents(const char *s, int64_t *cents)
{
    size_t n = strlen(s);
    if (n < 1 || n > 12 || strspn(s, "0123456789") != n)
        return false;
    for (*cents = 0; *s; s++)
        *cents = *cents * 10 + (*s - '0');
    return *cents > 0;
}

static bool read_price(struct practice *p, const struct conf *c)
{
    static const struct want want[] = {{"code", 1, 48, true},
                                       {"mod", 2, 2, false},
                                       {"payer", 1, 80, false},
                                       {"from", 0, 0, true},
                                       {"cents", 0, 0, true}};
    struct price *n = arena_alloc(p->arena, sizeof *n);
    if (!READ_MAP(p, c, want))
        return false;
    if (!date_parse_iso(phi_lit(conf_text(c, "from", "")), &n->from))
        return conf_fault(conf_get(c, "from"), p->error, "expected a date like 2026-01-31");
    if (!whole_cents(conf_text(c, "cents", ""), &n->cents))
        return conf_fault(conf_get(c, "cents"), p->error,
                          "expected whole cents above 0, digits alone");
    n->code = phi_lit(conf_text(c, "code", ""));
    n->mod = phi_lit(conf_text(c, "mod", ""));
    n->payer = conf_text(c, "payer", "");
    struct price **to = &p->prices[bucket(n->code)];
    n->next = *to;
    *to = n;
    return true;
}

static bool has_mod(const phi_str *mods, uint32_t n, phi_str mod)
{
    for (uint32_t i = 0; i < n; i++)
        if (phi_eq(mods[i], mod))
            return true;
    return false;
}

bool practice_price(const struct practice *p, phi_str code, const phi_str *mods, uint32_t mods_n,
                    const struct payer *payer, int32_t day, int64_t *cents)
{
    int64_t best = -1;
    for (const struct price *q = p->prices[bucket(code)]; q; q = q->next) {
        if (!phi_eq(q->code, code) || q->from > day ||
            (*q->payer && (!payer || strcmp(q->payer, payer->key) != 0)) ||
            (q->mod.n && !has_mod(mods, mods_n, q->mod)))
            continue;
        /* days fit in 20 bits from 1800 on; payer and modifier count for more */
        int64_t rank =
            ((int64_t)(*q->payer != 0) << 32 | (int64_t)(q->mod.n != 0) << 31) + (q->from + 100000);
        if (rank > best) {
            best = rank;
            *cents = q->cents;
        }
    }
    return best >= 0;
}

/* ---- files ---- */

static bool each(struct practice *p, const struct conf *of, enum conf_kind kind,
                 bool (*read)(struct practice *, const struct conf *))
{
    if (!of)
        return true;
    if (!conf_is(of, kind, p->error))
        return false;
    for (const struct conf *c = of->first; c; c = c->next)
        if (!read(p, c))
            return false;
    return true;
}

static bool once(struct practice *p, const struct conf *c, const struct conf **to,
                 const struct want *w, size_t n)
{
    if (!c)
        return true;
    if (*to)
        return conf_fault(c, p->error, "\"%s\" stands in another file already", c->key);
    *to = c;
    return read_map(p, c, w, n);
}

static bool read_file(struct practice *p, const char *path)
{
    static const char *const keys[] = {"office",  "clearinghouse", "claims",  "providers", "payers",
                                       "charges", "places",        "systems", NULL};
    static const struct want office[] = {{"id", 2, 15, true},
                                         {"qualifier", 2, 2, true},
                                         {"name", 1, 60, true},
                                         {"contact", 1, 60, true},
                                         {"phone", 1, 256, true}};
    static const struct want house[] = {
        {"id", 2, 15, true}, {"qualifier", 2, 2, true}, {"name", 1, 60, true}};
    static const struct want claims[] = {{"assignment", 1, 1, true},
                                         {"release", 1, 1, true},
                                         {"benefits", 1, 1, true},
                                         {"signature", 1, 1, true}};
    const struct conf *c = conf_read(path, p->arena, p->error);
    return c && conf_only(c, keys, p->error) &&
           once(p, conf_get(c, "office"), &p->office, office, 5) &&
           once(p, conf_get(c, "clearinghouse"), &p->clearinghouse, house, 3) &&
           once(p, conf_get(c, "claims"), &p->claims, claims, 4) &&
           each(p, conf_get(c, "providers"), CONF_MAP, read_provider) &&
           each(p, conf_get(c, "payers"), CONF_MAP, read_payer) &&
           each(p, conf_get(c, "places"), CONF_MAP, read_place) &&
           each(p, conf_get(c, "systems"), CONF_MAP, read_system) &&
           each(p, conf_get(c, "charges"), CONF_LIST, read_price);
}

struct practice *practice_read(const char *dir, struct arena *a, struct buf *error)
{
    struct practice *p = arena_alloc(a, sizeof *p);
    char **files = conf_files(dir, a);
    p->arena = a;
    p->error = error;
    if (!files) {
        buf_printf(error, "cannot read the folder \"%s\": %s", dir, strerror(errno));
        return NULL;
    }
    for (char **f = files; *f; f++)
        if (!read_file(p, *f))
            return NULL;
    return p;
}

struct practice *practice_load(const char *dir, struct arena *a, struct buf *error)
{
    struct practice *p = practice_read(dir, a, error);
    if (p && (!p->office || !p->clearinghouse || !p->claims)) {
        buf_printf(error, "no file in \"%s\" has \"%s\"", dir,
                   !p->office          ? "office"
                   : !p->clearinghouse ? "clearinghouse"
                                       : "claims");
        return NULL;
    }
    return p;
}

const char *practice_text(const struct practice *p, const char *section, const char *key)
{
    const struct conf *c = strcmp(section, "office") == 0   ? p->office
                           : strcmp(section, "claims") == 0 ? p->claims
                                                            : p->clearinghouse;
    return conf_text(c, key, "");
}
