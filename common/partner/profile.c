/* The profiles of a folder, and what is asked of them. */
#include "common/partner/profile_int.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char ENDING[] = ".partner";

static int is_profile(const struct dirent *d)
{
    size_t n = strlen(d->d_name), e = sizeof ENDING - 1;
    return n > e && d->d_name[0] != '.' && strcmp(d->d_name + n - e, ENDING) == 0;
}

static bool good_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n < 32 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static bool add(struct profiles *s, const char *name, const char *path, const char *dir,
                phi_str text, struct buf *error)
{
    struct profile *p = profile_read(s, name, path, dir, text, error);
    if (!p || !profile_overlay(s, p, error))
        return false;
    s->profile[s->n++] = p;
    return true;
}

static bool add_file(struct profiles *s, const char *dir, const char *file, struct buf *error)
{
    struct buf path = {0}, text = {0};
    char *name = arena_strndup(&s->mem, file, strlen(file) - (sizeof ENDING - 1));
    buf_printf(&path, "%s/%s", dir, file);
    bool good = false;
    if (!good_name(name))
        buf_printf(error, "%s:1:1: the name of a partner is 1 to 31 small letters, digits, - and _",
                   buf_cstr(&path));
    else if (fs_read(buf_cstr(&path), PROFILE_FILE_MAX, &text))
        buf_printf(error, "%s:1:1: cannot read: %s", buf_cstr(&path), strerror(errno));
    else
        good = add(s, name, path.p, dir, buf_view(&text), error);
    buf_free(&path);
    buf_free(&text);
    return good;
}

/* --- by id --- */

static int by_key(const void *a, const void *b)
{
    const struct profile_id *x = a, *y = b;
    int c = phi_cmp(x->key, y->key);
    return c ? c : (x->profile > y->profile) - (x->profile < y->profile);
}

static phi_str id_key(struct arena *mem, phi_str qualifier, phi_str id)
{
    struct buf b = {0};
    while (id.n && id.p[id.n - 1] == ' ')
        id.n--;
    buf_phi(&b, qualifier);
    buf_putc(&b, '/');
    buf_phi(&b, id);
    phi_str k = arena_phi(mem, buf_view(&b));
    buf_free(&b);
    return k;
}

static bool no_two(const struct profiles *s, const struct profile_id *id, uint32_t n,
                   const char *what, struct buf *error)
{
    for (uint32_t i = 1; i < n; i++)
        if (phi_eq(id[i - 1].key, id[i].key)) {
            const struct profile *p = s->profile[id[i].profile];
            const struct profile_line *l =
                profile_get(p, *what == 'p' ? "" : "envelope", *what == 'p' ? "payer" : "id");
            buf_printf(error, "%s:%d:%d: the %s is also that of partner \"%s\"", p->file,
                       l ? l->line : 1, l ? l->column : 1, what,
                       s->profile[id[i - 1].profile]->name);
            return false;
        }
    return true;
}

static bool index_ids(struct profiles *s, struct buf *error)
{
    uint32_t payers = 0;
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < s->profile[i]->entries; k++)
            if (!strcmp(s->profile[i]->entry[k].key->word, "payer"))
                payers += s->profile[i]->entry[k].line.n;
    s->payer = arena_alloc(&s->mem, (payers + 1) * sizeof *s->payer);
    s->id = arena_alloc(&s->mem, (s->n + 1) * sizeof *s->id);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct profile *p = s->profile[i];
        const struct profile_line *id = profile_get(p, "envelope", "id");
        if (id)
            s->id[s->ids++] =
                (struct profile_id){id_key(&s->mem, phi_lit(id->word[0]), phi_lit(id->word[1])), i};
        for (uint32_t k = 0; k < p->entries; k++)
            for (uint32_t w = 0; !strcmp(p->entry[k].key->word, "payer") && w < p->entry[k].line.n;
                 w++)
                s->payer[s->payers++] = (struct profile_id){phi_lit(p->entry[k].line.word[w]), i};
    }
    qsort(s->payer, s->payers, sizeof *s->payer, by_key);
    qsort(s->id, s->ids, sizeof *s->id, by_key);
    return no_two(s, s->payer, s->payers, "payer id", error) &&
           no_two(s, s->id, s->ids, "interchange id", error);
}

static const struct profile *find_id(const struct profiles *s, const struct profile_id *id,
                                     uint32_t n, phi_str key)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int c = phi_cmp(id[mid].key, key);
        if (c == 0)
            return s->profile[id[mid].profile];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const struct profile *profiles_of_payer(const struct profiles *s, phi_str payer)
{
    return s ? find_id(s, s->payer, s->payers, payer) : NULL;
}

const struct profile *profiles_of_id(const struct profiles *s, phi_str qualifier, phi_str id)
{
    char key[24];
    if (!s || !s->ids)
        return NULL;
    while (id.n && id.p[id.n - 1] == ' ')
        id.n--;
    if (qualifier.n > 2 || id.n > 15)
        return NULL;
    size_t n = 0;
    memcpy(key, qualifier.p, qualifier.n);
    n += qualifier.n;
    key[n++] = '/';
    if (id.n)
        memcpy(key + n, id.p, id.n);
    return find_id(s, s->id, s->ids, phi_of(key, n + id.n));
}

const struct profile *profiles_find(const struct profiles *s, phi_str name)
{
    for (uint32_t i = 0; s && i < s->n; i++)
        if (phi_is(name, s->profile[i]->name))
            return s->profile[i];
    return NULL;
}

/* --- loading --- */

static struct profiles *made(struct profiles *s, bool good, struct buf *error)
{
    if (good && index_ids(s, error))
        return s;
    profiles_free(s);
    return NULL;
}

struct profiles *profiles_load(const char *dir, const struct guide_set *guides, struct buf *error)
{
    struct profiles *s = xcalloc(1, sizeof *s);
    struct dirent **d = NULL;
    int n = scandir(dir, &d, is_profile, alphasort);
    bool usual = strcmp(dir, "config/partners") == 0; /* one can do without */
    bool good = n <= PROFILES_MOST && (n >= 0 || (errno == ENOENT && usual));
    s->guides = guides;
    if (n < 0 && !good)
        buf_printf(error, "%s:1:1: cannot read: %s", dir, strerror(errno));
    else if (!good)
        buf_printf(error, "%s:1:1: more than %d profiles", dir, PROFILES_MOST);
    s->profile = arena_alloc(&s->mem, (size_t)(n > 0 ? n + 1 : 1) * sizeof(struct profile *));
    for (int i = 0; i < n; i++) {
        good = good && add_file(s, dir, d[i]->d_name, error);
        free(d[i]);
    }
    free(d);
    return made(s, good, error);
}

struct profiles *profiles_parse(const char *name, phi_str text, const struct guide_set *guides,
                                struct buf *error)
{
    struct profiles *s = xcalloc(1, sizeof *s);
    struct buf path = {0};
    s->guides = guides;
    s->profile = arena_alloc(&s->mem, sizeof(struct profile *));
    buf_printf(&path, "%s%s", name, ENDING);
    bool good = add(s, name, buf_cstr(&path), NULL, text, error);
    buf_free(&path);
    return made(s, good, error);
}

void profiles_free(struct profiles *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->n; i++)
        guides_free(s->profile[i]->guides);
    arena_free(&s->mem);
    free(s);
}

/* --- what is asked --- */

uint32_t profiles_count(const struct profiles *s)
{
    return s ? s->n : 0;
}
const struct profile *profiles_at(const struct profiles *s, uint32_t i)
{
    return s->profile[i];
}
const char *profile_name(const struct profile *p)
{
    return p->name;
}
const char *profile_label(const struct profile *p)
{
    return p->label;
}
const char *profile_file(const struct profile *p)
{
    return p->file;
}
uint32_t profile_lines(const struct profile *p)
{
    return p->entries;
}
const struct profile_line *profile_line(const struct profile *p, uint32_t i)
{
    return &p->entry[i].line;
}
const struct guide_set *profile_guides(const struct profile *p)
{
    return p ? p->guides : NULL;
}

const struct profile_line *profile_get(const struct profile *p, const char *section,
                                       const char *key)
{
    for (uint32_t i = 0; p && i < p->entries; i++)
        if (!strcmp(p->entry[i].line.section, section) && !strcmp(p->entry[i].line.key, key))
            return &p->entry[i].line;
    return NULL;
}

const char *profile_word(const struct profile *p, const char *section, const char *key,
                         const char *otherwise)
{
    const struct profile_line *l = profile_get(p, section, key);
    return l ? l->word[0] : otherwise;
}

int64_t profile_number(const struct profile *p, const char *section, const char *key,
                       int64_t otherwise)
{
    const struct profile_line *l = profile_get(p, section, key);
    return l ? strtoll(l->word[0], NULL, 10) : otherwise;
}

bool profile_says(const struct profile *p, const char *section, const char *key, phi_str word)
{
    const struct profile_line *l = profile_get(p, section, key);
    for (uint32_t i = 0; l && i < l->n; i++)
        if (phi_is(word, l->word[i]))
            return true;
    return false;
}

const struct profile_list *profile_list(const struct profile *p, phi_str name)
{
    for (uint32_t i = 0; p && i < p->lists; i++)
        if (phi_is(name, p->list[i].name))
            return &p->list[i];
    return NULL;
}

bool profile_list_has(const struct profile_list *l, phi_str value)
{
    uint32_t lo = 0, hi = l->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int c = phi_cmp(l->value[mid], value);
        if (c == 0)
            return true;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

const char *profile_isa12(const struct profile *p)
{
    const struct profile_line *l = profile_get(p, "envelope", "isa12");
    return !l ? NULL : l->n == 2 ? "00401 00501" : l->word[0];
}

enum severity profile_severity(const struct profile *p, const char *rule, const char *loop,
                               const char *segment, enum severity severity)
{
    for (uint32_t i = 0; p && i < p->entries; i++) {
        const struct profile_entry *e = &p->entry[i];
        if (e->key->kind != LINE_RULE || strcmp(e->line.word[0], rule) != 0)
            continue;
        const struct profile_path *h = e->path;
        if (!h || ((!strcmp(h->loop, loop) || (*h->loop == '/' && !*loop)) &&
                   (!*h->seg || !strcmp(h->seg, segment))))
            return *e->line.key == 'w' ? SEV_WARNING : severity < SEV_CLAIM ? SEV_CLAIM : severity;
    }
    return severity;
}
