/* elements.dict and shapes.dict. */
#include "common/edi/guide_lex.h"
#include <stdlib.h>

static bool read_type(struct g_lex *x, phi_str s, struct g_dict *d)
{
    static const struct {
        const char *name;
        uint8_t type;
    } types[] = {{"AN", TYPE_AN}, {"ID", TYPE_ID}, {"R", TYPE_R},
                 {"DT", TYPE_DT}, {"TM", TYPE_TM}, {"B", TYPE_B}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (phi_is(s, types[i].name)) {
            d->type = types[i].type;
            return true;
        }
    if (s.n == 2 && s.p[0] == 'N' && s.p[1] >= '0' && s.p[1] <= '9') {
        d->type = TYPE_N;
        d->decimals = (uint8_t)(s.p[1] - '0');
        return true;
    }
    return lex_fail(x, "type is one of AN ID N0 N2 R DT TM B");
}

static bool read_dict(struct g_lex *x, struct guide_set *s, struct g_dict *d)
{
    uint32_t de;
    const struct g_word *w = lex_word(x);
    if (!lex_de(w->s, &de))
        return lex_fail(x, "a line begins with a data element number, composite or segments");
    d->de = (uint16_t)de;
    if (!(w = lex_word(x)) || !read_type(x, w->s, d))
        return lex_fail(x, "type is one of AN ID N0 N2 R DT TM B");
    if (!(w = lex_word(x)) || !lex_range(w->s, &d->min, &d->max))
        return lex_fail(x, "the lengths are MIN/MAX");
    while ((w = lex_word(x))) {
        if (phi_is(w->s, "money"))
            d->money = true;
        else if (phi_is(w->s, "=") && !d->codes) {
            if (!(d->codes = lex_codes(x, &s->mem)))
                return false;
        } else if (!w->quoted)
            return lex_fail(x, "\"%.*s\" is not understood here", (int)w->s.n, w->s.p);
    }
    return true;
}

static bool read_composite(struct g_lex *x, struct guide_set *s, struct g_composite *c)
{
    const struct g_word *w = lex_word(x);
    uint32_t de;
    if (!w || w->s.n < 2 || w->s.n >= sizeof c->name || w->s.p[0] != 'C')
        return lex_fail(x, "a composite's name looks like C003");
    memcpy(c->name, w->s.p, w->s.n);
    while ((w = lex_word(x))) {
        if (w->quoted)
            continue;
        if (phi_is(w->s, "note")) {
            struct g_note *notes = NULL;
            bool ok = lex_notes(x, &s->mem, &notes, &c->notes_n);
            c->notes = notes;
            return ok;
        }
        if (c->n == sizeof c->de / sizeof *c->de || !lex_de(w->s, &de))
            return lex_fail(x, "a composite lists data element numbers, 24 at most");
        c->de[c->n++] = (uint16_t)de;
    }
    return c->n ? true : lex_fail(x, "a composite without components");
}

static bool read_segments(struct g_lex *x, struct guide_set *s)
{
    for (const struct g_word *w; (w = lex_word(x));) {
        uint32_t k = g_pack(w->s);
        if (!k)
            return lex_fail(x, "a segment id has two or three characters");
        uint32_t *all = arena_alloc(&s->mem, (s->known_n + 1) * sizeof *all);
        if (s->known_n)
            memcpy(all, s->known, s->known_n * sizeof *all);
        all[s->known_n++] = k;
        s->known = all;
    }
    return true;
}

/* Growing by doubling in an arena: what is left behind is freed with the set. */
static void *grown(struct arena *mem, void *old, uint32_t n, size_t size)
{
    if (n & (n - 1) || n == 0) {
        if (n)
            return old;
        return arena_alloc(mem, size);
    }
    void *p = arena_alloc(mem, (size_t)n * 2 * size);
    memcpy(p, old, n * size);
    return p;
}

static int by_number(const void *a, const void *b)
{
    return (int)((const struct g_dict *)a)->de - (int)((const struct g_dict *)b)->de;
}

bool g_dict_parse(struct guide_set *s, const char *path, phi_str text, struct buf *error)
{
    struct g_lex *x = arena_alloc(&s->mem, sizeof *x);
    lex_open(x, path, text, error);
    while (lex_line(x)) {
        const struct g_word *w = lex_peek(x);
        if (x->level)
            return lex_fail_at(x, x->indent_col, "no line of this file is indented");
        if (phi_is(w->s, "composite")) {
            lex_word(x);
            s->composite = grown(&s->mem, s->composite, s->composites, sizeof *s->composite);
            memset(&s->composite[s->composites], 0, sizeof *s->composite);
            if (!read_composite(x, s, &s->composite[s->composites++]))
                return false;
        } else if (phi_is(w->s, "segments")) {
            lex_word(x);
            if (!read_segments(x, s))
                return false;
        } else {
            s->dict = grown(&s->mem, s->dict, s->dict_n, sizeof *s->dict);
            memset(&s->dict[s->dict_n], 0, sizeof *s->dict);
            if (!read_dict(x, s, &s->dict[s->dict_n++]))
                return false;
        }
    }
    if (x->failed)
        return false;
    if (s->dict_n)
        qsort(s->dict, s->dict_n, sizeof *s->dict, by_number);
    for (uint32_t i = 1; i < s->dict_n; i++)
        if (s->dict[i].de == s->dict[i - 1].de) {
            buf_printf(error, "%s:%d:1: data element %u is given twice", path, x->line,
                       s->dict[i].de);
            return false;
        }
    return true;
}

static bool shape_line(struct g_lex *x, struct guide_set *s, struct g_shape *to)
{
    if (phi_is(lex_peek(x)->s, "note")) {
        lex_word(x);
        return lex_notes(x, &s->mem, &to->notes, &to->notes_n);
    }
    return lex_element(x, s, &to->elems, &to->elems_n);
}

static bool shape_head(struct g_lex *x, struct guide_set *s, struct g_shape *to)
{
    const struct g_word *w = lex_word(x);
    if (!phi_is(w->s, "shape") || !(w = lex_word(x)))
        return lex_fail(x, "a shape begins with \"shape NAME\"");
    if (g_shape_find(s, w->s))
        return lex_fail(x, "shape \"%.*s\" is written twice", (int)w->s.n, w->s.p);
    to->name = arena_strndup(&s->mem, w->s.p, w->s.n);
    while ((w = lex_word(x)) && w->quoted)
        ;
    if (w && phi_is(w->s, "like") && (w = lex_word(x))) {
        const struct g_shape *base = g_shape_find(s, w->s);
        if (!base)
            return lex_fail(x, "shape \"%.*s\" is not written above", (int)w->s.n, w->s.p);
        const char *name = to->name;
        *to = *base;
        to->name = name;
        to->elems = arena_alloc(&s->mem, (base->elems_n + 1) * sizeof *to->elems);
        if (base->elems_n)
            memcpy(to->elems, base->elems, base->elems_n * sizeof *to->elems);
    } else if (w) {
        return lex_fail(x, "\"%.*s\" is not understood here", (int)w->s.n, w->s.p);
    }
    return true;
}

bool g_shapes_parse(struct guide_set *s, const char *path, phi_str text, struct buf *error)
{
    struct g_lex *x = arena_alloc(&s->mem, sizeof *x);
    lex_open(x, path, text, error);
    while (lex_line(x)) {
        if (x->level == 0) {
            struct g_shape next = {0};
            if (!shape_head(x, s, &next))
                return false;
            s->shape = grown(&s->mem, s->shape, s->shapes, sizeof *s->shape);
            s->shape[s->shapes++] = next;
        } else if (x->level != 1 || !s->shapes) {
            return lex_fail_at(x, x->indent_col, "lines of a shape are indented by two blanks");
        } else if (!shape_line(x, s, &s->shape[s->shapes - 1])) {
            return false;
        }
    }
    return !x->failed;
}
