/* All rules of a folder. */
#include "common/rules/rules_int.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <unistd.h>

enum { RULE_LIMIT = 1 << 16, RULES_MOST = 4000 };

static bool add(struct rules *r, const char *path, phi_str text, struct buf *error)
{
    struct rule *u = rule_read(r, path, arena_phi(&r->mem, text), error);
    if (!u)
        return false;
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->rule[i]->id, u->id) == 0)
            return rule_fault(&u->src, u->src.text.p, error, "the id stands in %s already",
                              r->rule[i]->src.file);
    if (r->n == RULES_MOST)
        return rule_fault(&u->src, u->src.text.p, error, "more than %d rules", RULES_MOST);
    r->rule[r->n++] = u;
    return true;
}

static int is_rule(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".rule") == 0;
}

static bool read_folder(struct rules *r, const char *dir, struct buf *error)
{
    struct dirent **d;
    int n = scandir(dir, &d, is_rule, alphasort);
    bool good = n >= 0 && n <= RULES_MOST;
    if (n < 0) {
        buf_printf(error, "%s: %s", dir, strerror(errno));
        return false;
    }
    if (!good)
        buf_printf(error, "%s: more than %d rules", dir, RULES_MOST);
    for (int i = 0; i < n; i++) {
        struct buf path = {0}, text = {0};
        buf_printf(&path, "%s/%s", dir, d[i]->d_name);
        if (good && fs_read(buf_cstr(&path), RULE_LIMIT, &text)) {
            buf_printf(error, "%s: %s", buf_cstr(&path), strerror(errno));
            good = false;
        }
        good = good && add(r, buf_cstr(&path), buf_view(&text), error);
        buf_free(&path);
        buf_free(&text);
        free(d[i]);
    }
    free(d);
    return good;
}

static int by_id(const void *a, const void *b)
{
    const struct rule *const *x = a, *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static struct rules *make(const struct guide_set *guides, const struct codes *codes,
                          struct facts *facts)
{
    struct rules *r = xcalloc(1, sizeof *r);
    r->guides = guides;
    r->codes = codes;
    r->facts = facts;
    r->rule = arena_alloc(&r->mem, RULES_MOST * sizeof(struct rule *));
    return r;
}

static struct rules *finish(struct rules *r, bool good, struct buf *error)
{
    if (good && r->n)
        qsort(r->rule, r->n, sizeof *r->rule, by_id);
    if (good && rules_lay(r, error) && rules_bind(r, error))
        return r;
    rules_free(r);
    return NULL;
}

/* Rules in the folder of a partner are for it alone, whether they say so or not. */
static bool partner_folder(struct rules *r, const struct profile *p, struct buf *error)
{
    struct buf dir = {0};
    const char *file = profile_file(p), *dot = strrchr(file, '.');
    buf_printf(&dir, "%.*s/rules", (int)(dot ? dot - file : 0), file);
    uint32_t from = r->n;
    bool good = access(buf_cstr(&dir), F_OK) || read_folder(r, dir.p, error);
    for (uint32_t i = from; good && i < r->n; i++) {
        struct rule *u = r->rule[i];
        if (u->partner && strcmp(u->partner, profile_name(p)) != 0)
            good = rule_fault(&u->src, u->partner_at, error,
                              "the folder is that of another partner, \"%s\"", profile_name(p));
        u->partner = profile_name(p);
    }
    buf_free(&dir);
    return good;
}

struct rules *rules_load(const char *dir, const char *lists, const struct guide_set *guides,
                         const struct codes *codes, struct facts *facts, struct buf *error)
{
    return rules_load_for(dir, lists, guides, codes, facts, NULL, error);
}

static struct rules *load(struct rules *r, const char *dir, const char *lists, struct buf *error)
{
    bool good = lists_read(r, lists, error);
    for (const char *p = dir; good && p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
        char *one = arena_strndup(&r->mem, p, strcspn(p, ":"));
        good = read_folder(r, one, error);
    }
    for (uint32_t i = 0; good && i < profiles_count(r->profiles); i++)
        good = partner_folder(r, profiles_at(r->profiles, i), error);
    return finish(r, good, error);
}

struct rules *rules_load_profiled(const char *dir, const char *lists,
                                  const struct guide_set *guides, const struct codes *codes,
                                  struct facts *facts, const struct profiles *profiles,
                                  struct buf *error)
{
    struct rules *r = make(guides, codes, facts);
    r->profiles = profiles;
    r->only_profiled = true;
    return load(r, dir, lists, error);
}

struct rules *rules_load_for(const char *dir, const char *lists, const struct guide_set *guides,
                             const struct codes *codes, struct facts *facts,
                             const struct profiles *profiles, struct buf *error)
{
    struct rules *r = make(guides, codes, facts);
    r->profiles = profiles;
    return load(r, dir, lists, error);
}

struct rules *rules_parse(phi_str text, const struct guide_set *guides, struct facts *facts,
                          struct buf *error)
{
    struct rules *r = make(guides, NULL, facts);
    return finish(r, add(r, "rule", text, error), error);
}

struct codes *rules_codes(const char *file, bool *starter, struct buf *error)
{
    *starter = false;
    if (file)
        return codes_open(file, error);
    const char *own = fs_shared("config/codes/codes.cwt");
    if (access(own, R_OK) == 0)
        return codes_open(own, error);
    const char *some = fs_shared("config/codes/starter/codes.cwt");
    *starter = access(some, R_OK) == 0;
    return *starter ? codes_open(some, error) : NULL;
}

void rules_starter(struct rules *r, bool starter)
{
    r->starter = starter;
}

void rules_free(struct rules *r)
{
    if (!r)
        return;
    arena_free(&r->mem);
    free(r);
}

uint32_t rules_count(const struct rules *r)
{
    return r->n;
}

struct rule_info rules_at(const struct rules *r, uint32_t i)
{
    const struct rule *u = r->rule[i];
    return (struct rule_info){.id = u->id,
                              .path = u->src.file,
                              .text = u->text,
                              .report = u->report,
                              .source = u->origin,
                              .by = u->by,
                              .why = u->why,
                              .on = u->on,
                              .waits = u->waits,
                              .facts = u->facts,
                              .severity = u->severity,
                              .checked = u->checked,
                              .severities = u->severities,
                              .level = u->level,
                              .profiled = u->profiled || (u->by && strcmp(u->by, "profile") == 0),
                              .fixtures = u->fixtures};
}

struct rule_fixture rules_fixture(const struct rules *r, uint32_t i, uint32_t k)
{
    const struct fixture *f = &r->rule[i]->fixture[k];
    return (struct rule_fixture){f->fail, f->base, f->edits, f->line};
}
