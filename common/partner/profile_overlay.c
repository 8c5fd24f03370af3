/*
 * A profile laid over the guides: a guide that it speaks of is copied, its facts are changed, and
 * its tables made anew. The tree stays as it is (nothing comes or goes, a node keeps its number), so
 * what was bound to the guide, such as the rules, fits the copy as well.
 */
#include "common/edi/guide_lex.h"
#include "common/partner/profile_int.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

struct laying {
    struct profile *p;
    struct profile_entry *e;
    struct guide *g; /* the copy */
    struct arena *mem;
    const char *label;
    struct buf *error;
};

static bool named(const struct guide *g, uint32_t loop, const char *id)
{
    return strcmp(id, "/") == 0 ? loop == 0 : loop != 0 && strcmp(g->node[loop].id, id) == 0;
}

/* All that the path asks for is what the guide tells this segment by. */
static bool qualifies(const struct g_node *n, const struct profile_path *p)
{
    if (!p->preds)
        return true;
    if (n->qual.element != p->pred_el || n->qual.component != p->pred_comp)
        return false;
    for (uint32_t i = 0; i < p->preds; i++)
        if (!g_has(n->qual.codes, p->pred[i]))
            return false;
    return true;
}

static bool meant(const struct guide *g, uint32_t i, const struct profile_path *p)
{
    const struct g_node *n = &g->node[i];
    if (!*p->seg)
        return n->loop && i && strcmp(n->id, p->loop) == 0;
    return !n->loop && strcmp(n->id, p->seg) == 0 && named(g, n->parent, p->loop) &&
           qualifies(n, p);
}

#define FAIL(i, ...) return profile_fault(l->p, l->e, i, l->error, __VA_ARGS__)

/* --- elements --- */

/* The element of a node, in memory of our own. NULL: the guide has none there. */
static struct g_elem *own_elem(struct laying *l, struct g_node *n, uint32_t el, uint32_t comp)
{
    if (el > n->elems_n)
        return NULL;
    struct g_elem *all = arena_alloc(l->mem, n->elems_n * sizeof *all);
    memcpy(all, n->elems, n->elems_n * sizeof *all);
    n->elems = all;
    struct g_elem *e = &all[el - 1];
    if (!comp)
        return e;
    if (comp > e->comps)
        return NULL;
    struct g_elem *c = arena_alloc(l->mem, e->comps * sizeof *c);
    memcpy(c, e->comp, e->comps * sizeof *c);
    e->comp = c;
    return &c[comp - 1];
}

static bool lay_values(struct laying *l, struct g_elem *e)
{
    const struct profile_line *line = &l->e->line;
    const struct profile_list *list =
        *line->word[1] == '@' ? profile_list(l->p, phi_lit(line->word[1] + 1)) : NULL;
    uint32_t n = list ? list->n : line->n - 1;
    phi_str *v = arena_alloc(l->mem, (n + 1) * sizeof *v);
    for (uint32_t i = 0; i < n; i++) {
        v[i] = list ? list->value[i] : phi_lit(line->word[i + 1]);
        if (e->codes && !g_has(e->codes, v[i]))
            FAIL(list ? 1 : (int)i + 1, "the guide does not take a value of these here: a profile "
                                        "narrows what the guide takes");
    }
    if (!n || e->comps)
        FAIL(0, n ? "values are those of a component here, such as -1" : "the list is empty");
    e->narrowed = !e->codes;
    e->codes = g_codes_make(l->mem, v, n);
    return true;
}

static bool lay_length(struct laying *l, struct g_elem *e)
{
    uint16_t lo = 0, hi = 0;
    lex_range(phi_lit(l->e->line.word[1]), &lo, &hi);
    if (e->comps || lo < e->min || hi > e->max)
        FAIL(1, "the guide takes %u to %u characters here: a profile narrows it", e->min, e->max);
    e->min = lo;
    e->max = hi;
    return true;
}

static bool is_wanted(char usage)
{
    return usage == 'M' || usage == 'R';
}

/* soft: "warn" stands behind the path. Of two lines the harder counts. */
static void forbid_element(struct g_elem *e, bool soft)
{
    if (!soft)
        e->usage = 'N';
    e->unwanted = soft;
}

static void require_element(struct g_elem *e, bool soft)
{
    e->missing_noted = soft && (e->missing_noted || !is_wanted(e->usage));
    if (!is_wanted(e->usage))
        e->usage = 'R';
}

static bool lay_element(struct laying *l, struct g_node *n)
{
    const struct profile_path *h = l->e->path;
    struct g_elem *e = own_elem(l, n, h->el, h->comp);
    if (!e)
        FAIL(0, "the guide has no such element");
    if (e->usage == 'N')
        FAIL(0, "the guide does not use this element");
    bool good = true, wanted = is_wanted(e->usage), soft = l->e->line.n == 2;
    if (l->e->key->kind == LINE_VALUES)
        good = lay_values(l, e);
    else if (l->e->key->kind == LINE_RANGE)
        good = lay_length(l, e);
    else if (strcmp(l->e->line.key, "forbid") == 0 && wanted)
        FAIL(0, "the guide requires this element");
    else if (*l->e->line.key == 'f')
        forbid_element(e, soft);
    else if (e->unwanted)
        FAIL(0, "a line above forbids this element");
    else
        require_element(e, soft);
    if (!e->label)
        e->label = l->label;
    g_elem_fast(e);
    n->last_wanted = 0;
    for (uint32_t k = 0; k < n->elems_n; k++)
        if (n->elems[k].usage == 'M' || n->elems[k].usage == 'R')
            n->last_wanted = (uint8_t)(k + 1);
    g_quick_make(l->mem, l->g, n);
    return good;
}

/* --- segments and loops --- */

static bool lay_node(struct laying *l, struct g_node *n)
{
    struct g_node *first = n->loop ? &l->g->node[n->child] : n;
    bool wanted = is_wanted(n->usage), soft = l->e->line.n == 2;
    if (n->usage == 'N')
        FAIL(0, "the guide does not use this");
    if (l->e->key->kind == LINE_TIMES) {
        uint32_t times = (uint32_t)strtoul(l->e->line.word[1], NULL, 10);
        if (n->max && times > n->max)
            FAIL(1, "the guide takes %u of it at most: a profile narrows it", n->max);
        n->max = (uint16_t)times;
    } else if (*l->e->line.key == 'f') {
        if (wanted)
            FAIL(0, "the guide requires this");
        if (!n->loop && l->g->node[n->parent].child == (uint16_t)(n - l->g->node))
            FAIL(0, "a loop begins with this segment: forbid the loop");
        if (!soft)
            first->usage = n->usage = 'N';
        first->unwanted = soft;
    } else if (first->unwanted) {
        FAIL(0, "a line above forbids this");
    } else {
        n->missing_noted = soft && (n->missing_noted || !wanted);
        n->usage = wanted ? n->usage : 'R';
    }
    if (!n->label)
        n->label = l->label;
    return true;
}

static bool lay(struct laying *l)
{
    uint32_t met = 0;
    for (uint32_t i = 1; i < l->g->nodes; i++) {
        if (!meant(l->g, i, l->e->path))
            continue;
        struct g_node *n = &l->g->node[i];
        if (n->usage == 'N' && l->e->path->el)
            continue;
        met++;
        if (!(l->e->path->el ? lay_element(l, n) : lay_node(l, n)))
            return false;
    }
    if (!met)
        FAIL(0, "the guide has no such loop or segment");
    return true;
}

/* Versions that stand for the guide's, for this partner. */
static bool agree(struct laying *l)
{
    const struct profile_line *line = &l->e->line;
    if (line->n > sizeof l->g->alias / sizeof *l->g->alias)
        FAIL(0, "too many versions");
    for (uint32_t i = 0; i < line->n; i++) {
        phi_str v = phi_lit(line->word[i]);
        for (uint32_t k = 0; k < l->g->set->guides; k++)
            if (phi_is(v, l->g->set->guide[k]->version))
                FAIL((int)i, "this version has a guide of its own");
        l->g->alias[i] = line->word[i];
    }
    l->g->aliases = l->g->agreed = line->n;
    return true;
}

static struct guide *copy(struct arena *mem, const struct guide *g)
{
    struct guide *c = arena_alloc(mem, sizeof *c);
    *c = *g;
    c->base = g;
    c->node = arena_alloc(mem, g->nodes * sizeof *c->node);
    memcpy(c->node, g->node, g->nodes * sizeof *c->node);
    return c;
}

static struct guide *own_guide(struct profiles *s, struct profile *p, const char *name)
{
    struct guide_set *o = p->guides;
    if (!o) {
        o = p->guides = xcalloc(1, sizeof *o);
        *o = *s->guides;
        o->mem = (struct arena){0};
        o->guide = arena_alloc(&o->mem, (o->guides + 1) * sizeof(struct guide *));
        memcpy(o->guide, s->guides->guide, o->guides * sizeof(struct guide *));
    }
    for (uint32_t i = 0; i < o->guides; i++) {
        if (strcmp(o->guide[i]->name, name) != 0)
            continue;
        if (!o->guide[i]->base)
            o->guide[i] = copy(&o->mem, o->guide[i]);
        return o->guide[i];
    }
    return NULL;
}

bool profile_overlay(struct profiles *s, struct profile *p, struct buf *error)
{
    char label[60];
    snprintf(label, sizeof label, "partner %s", p->name);
    for (uint32_t i = 0; s->guides && i < p->entries; i++) {
        struct profile_entry *e = &p->entry[i];
        if (!e->line.guide)
            continue;
        struct guide *g = own_guide(s, p, e->line.guide);
        struct laying l = {.p = p,
                           .e = e,
                           .g = g,
                           .mem = &p->guides->mem,
                           .label = arena_strdup(&s->mem, label),
                           .error = error};
        if (!(e->path ? lay(&l) : agree(&l))) {
            guides_free(p->guides);
            return false;
        }
    }
    for (uint32_t i = 0; p->guides && i < p->guides->guides; i++)
        if (p->guides->guide[i]->base)
            g_guide_require(&p->guides->mem, p->guides->guide[i]);
    return true;
}
