/* The guides of a folder. */
#include "common/edi/guide_data.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void index_codes(struct guide_set *s);

enum { GUIDE_FILE_MAX = 4 << 20 };

static bool add_guide(struct guide_set *s, const char *path, phi_str text, struct buf *error)
{
    struct guide *g = g_guide_parse(s, path, text, error);
    if (!g || !g_guide_compile(s, g, error))
        return false;
    struct guide **all = arena_alloc(&s->mem, (s->guides + 1) * sizeof *all);
    if (s->guides)
        memcpy(all, s->guide, s->guides * sizeof *all);
    for (uint32_t i = 0; i < s->guides; i++)
        if (!strcmp(all[i]->transaction, g->transaction) && !strcmp(all[i]->version, g->version) &&
            !all[i]->when.id[0] == !g->when.id[0]) {
            buf_printf(error, "%s:1:1: %s %s is also in %s", path, g->transaction, g->version,
                       all[i]->path);
            return false;
        }
    all[s->guides++] = g;
    s->guide = all;
    return true;
}

struct guide_set *guides_parse(phi_str elements, phi_str shapes, const phi_str *guides, size_t n,
                               struct buf *error)
{
    struct guide_set *s = xcalloc(1, sizeof *s);
    bool ok = g_dict_parse(s, "elements.dict", elements, error) &&
              g_shapes_parse(s, "shapes.dict", shapes, error);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_guide(s, "text.guide", guides[i], error);
    if (ok)
        return s;
    guides_free(s);
    return NULL;
}

static bool read_file(const char *dir, const char *name, struct buf *path, struct buf *text,
                      struct buf *error)
{
    buf_clear(path);
    buf_clear(text);
    buf_printf(path, "%s/%s", dir, name);
    buf_cstr(path);
    if (fs_read(path->p, GUIDE_FILE_MAX, text) == 0)
        return true;
    buf_printf(error, "%s:1:1: cannot read: %s", path->p, strerror(errno));
    return false;
}

static int is_guide(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 6 && e->d_name[0] != '.' && strcmp(e->d_name + n - 6, ".guide") == 0;
}

static bool load_dicts(struct guide_set *s, const char *dir, struct buf *error)
{
    struct buf path = {0}, text = {0};
    bool ok = read_file(dir, "elements.dict", &path, &text, error) &&
              g_dict_parse(s, path.p, buf_view(&text), error) &&
              read_file(dir, "shapes.dict", &path, &text, error) &&
              g_shapes_parse(s, path.p, buf_view(&text), error);
    buf_free(&path);
    buf_free(&text);
    return ok;
}

static bool load_guides(struct guide_set *s, const char *dir, struct buf *error)
{
    struct dirent **names = NULL;
    struct buf path = {0}, text = {0};
    int n = scandir(dir, &names, is_guide, alphasort);
    bool ok = n > 0;
    if (n < 0)
        buf_printf(error, "%s:1:1: cannot read: %s", dir, strerror(errno));
    else if (n == 0)
        buf_printf(error, "%s:1:1: no .guide file in this folder", dir);
    for (int i = 0; i < n; i++) {
        ok = ok && read_file(dir, names[i]->d_name, &path, &text, error) &&
             add_guide(s, path.p, buf_view(&text), error);
        free(names[i]);
    }
    free(names);
    buf_free(&path);
    buf_free(&text);
    return ok;
}

struct guide_set *guides_load(const char *dir, struct buf *error)
{
    struct guide_set *s = xcalloc(1, sizeof *s);
    if (load_dicts(s, dir, error) && load_guides(s, dir, error))
        return s;
    guides_free(s);
    return NULL;
}

void guides_free(struct guide_set *s)
{
    if (!s)
        return;
    arena_free(&s->mem);
    free(s);
}

/* True for a guide that sets are looked up by, when no more than their ST is known. */
static bool is_of(const struct guide *g, phi_str st01)
{
    return !g->envelope && !g->when.id[0] && phi_is(st01, g->transaction);
}

const struct guide *guides_find(const struct guide_set *s, phi_str st01, phi_str version,
                                bool allow_alias)
{
    for (uint32_t i = 0; i < s->guides; i++)
        if (is_of(s->guide[i], st01) && phi_is(version, s->guide[i]->version))
            return s->guide[i];
    for (uint32_t i = 0; i < s->guides; i++)
        for (uint32_t k = 0; k < (allow_alias ? s->guide[i]->aliases : s->guide[i]->agreed); k++)
            if (is_of(s->guide[i], st01) && phi_is(version, s->guide[i]->alias[k]))
                return s->guide[i];
    return NULL;
}

/* Values of a segment that its first node in g does not have in its lists. */
static uint32_t strange(const struct guide *g, const struct edi_seg *s)
{
    uint32_t n = 0;
    for (uint32_t i = 1; i < g->nodes; i++) {
        const struct g_node *k = &g->node[i];
        if (k->loop || !seg_is(s, k->id))
            continue;
        for (uint32_t e = 1; e <= k->elems_n; e++) {
            phi_str v = seg_el(s, e);
            n += v.n && k->elems[e - 1].codes && !g_has(k->elems[e - 1].codes, v);
        }
        break;
    }
    return n;
}

const struct guide *g_choose(const struct guide *g, const struct edi_seg *second)
{
    const struct guide_set *s = g->set;
    const struct guide *best = g;
    for (uint32_t i = 0; i < s->guides; i++) {
        const struct guide *o = s->guide[i];
        if (!o->when.id[0] || strcmp(o->transaction, g->transaction) != 0 ||
            strcmp(o->version, g->version) != 0 || !seg_is(second, o->when.id))
            continue;
        if (g_has(o->when.qual.codes, seg_el(second, o->when.qual.element)))
            return o;
        if (strange(o, second) < strange(best, second))
            best = o; /* the value that tells them apart is wrong: the others speak */
    }
    return best;
}

const struct guide *g_envelope(const struct guide_set *s)
{
    for (uint32_t i = 0; i < s->guides; i++)
        if (s->guide[i]->envelope)
            return s->guide[i];
    return NULL;
}

void guides_versions(const struct guide_set *s, phi_str st01, struct buf *out)
{
    const char *comma = "";
    for (uint32_t i = 0; i < s->guides; i++) {
        if (!is_of(s->guide[i], phi_empty(st01) ? phi_lit(s->guide[i]->transaction) : st01))
            continue;
        buf_puts(out, comma);
        buf_puts(out, s->guide[i]->version);
        comma = ", ";
    }
}

const char *guide_name(const struct guide *g)
{
    return g->name;
}
const char *guide_transaction(const struct guide *g)
{
    return g->transaction;
}
const char *guide_group(const struct guide *g)
{
    return g->group;
}
const char *guide_version(const struct guide *g)
{
    return g->version;
}

const struct g_dict *g_dict_find(const struct guide_set *s, uint32_t de)
{
    uint32_t lo = 0, hi = s->dict_n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (s->dict[mid].de == de)
            return &s->dict[mid];
        if (s->dict[mid].de < de)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const struct g_composite *g_composite_find(const struct guide_set *s, phi_str name)
{
    for (uint32_t i = 0; i < s->composites; i++)
        if (phi_is(name, s->composite[i].name))
            return &s->composite[i];
    return NULL;
}

const struct g_shape *g_shape_find(const struct guide_set *s, phi_str name)
{
    for (uint32_t i = 0; i < s->shapes; i++)
        if (phi_is(name, s->shape[i].name))
            return &s->shape[i];
    return NULL;
}

static int by_de(const void *a, const void *b)
{
    const struct g_known *x = a, *y = b;
    if (x->de != y->de)
        return x->de < y->de ? -1 : 1;
    return phi_cmp(x->value, y->value);
}

/* Adds the values of a list; without room only counts them. */
static void list_codes(struct g_known *to, size_t *n, uint32_t de, const struct g_codes *c)
{
    for (uint32_t i = 0; c && i < c->n; i++, (*n)++)
        if (to)
            to[*n] = (struct g_known){de, c->text[i]};
}

static void list_elems(struct g_known *to, size_t *n, const struct g_elem *e, uint32_t many)
{
    for (uint32_t i = 0; i < many; i++) {
        list_codes(to, n, e[i].de, e[i].codes);
        list_elems(to, n, e[i].comp, e[i].comps);
    }
}

static size_t list_all(const struct guide_set *s, struct g_known *to)
{
    size_t n = 0;
    for (uint32_t i = 0; i < s->dict_n; i++)
        list_codes(to, &n, s->dict[i].de, s->dict[i].codes);
    for (uint32_t i = 0; i < s->shapes; i++)
        list_elems(to, &n, s->shape[i].elems, s->shape[i].elems_n);
    for (uint32_t i = 0; i < s->guides; i++)
        for (uint32_t k = 1; k < s->guide[i]->nodes; k++)
            list_elems(to, &n, s->guide[i]->node[k].elems, s->guide[i]->node[k].elems_n);
    return n;
}

/* The union of all values, for faults: each is looked up by data element and value. */
static void index_codes(struct guide_set *s)
{
    size_t n = list_all(s, NULL), kept = 0;
    struct g_known *all = arena_alloc(&s->mem, (n + 1) * sizeof *all);
    list_all(s, all);
    qsort(all, n, sizeof *all, by_de);
    for (size_t i = 0; i < n; i++)
        if (all[i].de && (!kept || by_de(&all[kept - 1], &all[i])))
            all[kept++] = all[i];
    s->code = all;
    s->codes = kept;
}

bool g_knows_code(const struct guide_set *s, uint32_t de, phi_str v)
{
    struct g_known key = {de, v};
    if (!s->code) /* faults are rare: the index is made when the first asks */
        index_codes((struct guide_set *)s);
    return de && bsearch(&key, s->code, s->codes, sizeof *s->code, by_de) != NULL;
}

bool g_knows_segment(const struct guide_set *s, phi_str id)
{
    uint32_t k = g_pack(id);
    for (uint32_t i = 0; i < s->known_n; i++)
        if (s->known[i] == k)
            return true;
    for (uint32_t i = 0; i < s->guides; i++)
        if (g_sid(s->guide[i], id) >= 0)
            return true;
    return g_shape_find(s, id) != NULL;
}

void g_path(const struct guide *g, const struct g_node *loop, struct buf *out)
{
    if (loop->parent == GUIDE_NONE || loop == &g->node[0])
        return;
    g_path(g, &g->node[loop->parent], out);
    if (out->len)
        buf_putc(out, '/');
    buf_puts(out, loop->id);
}
