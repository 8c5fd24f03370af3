/* Element lines of guides and shapes: "05-1 R 1331 len 1/2 = 11 12 @pos". */
#include "common/edi/guide_lex.h"

/* Which elements a line speaks of. */
struct place {
    uint32_t from, to;           /* elements */
    uint32_t comp_from, comp_to; /* components; 0: the element itself */
};

/* "3" or "3..6" */
static bool read_components(phi_str s, struct place *p)
{
    const char *dots = memmem(s.p, s.n, "..", 2);
    size_t n = dots ? (size_t)(dots - s.p) : s.n;
    if (!lex_number(phi_of(s.p, n), 1, 24, &p->comp_from))
        return false;
    p->comp_to = p->comp_from;
    return !dots || lex_number(phi_of(dots + 2, s.n - n - 2), p->comp_from, 24, &p->comp_to);
}

static bool read_place(struct g_lex *x, struct place *p)
{
    const struct g_word *w = lex_word(x);
    phi_str s = w->s;
    p->comp_from = p->comp_to = 0;
    const char *dash = memchr(s.p, '-', s.n);
    if (dash) {
        size_t k = (size_t)(dash - s.p);
        if (!read_components(phi_of(dash + 1, s.n - k - 1), p))
            return lex_fail(x, "components behind the dash are 1 to 24, such as 2 or 3..6");
        s.n = k;
    }
    bool many = s.n == 6 && s.p[2] == '.' && s.p[3] == '.';
    if ((s.n != 2 && !many) || !lex_number(phi_of(s.p, 2), 1, GUIDE_ELEMENTS, &p->from))
        return lex_fail(x, "an element line begins with two digits, such as 05 or 05-1");
    p->to = p->from;
    if (many && !lex_number(phi_of(s.p + 4, 2), p->from, GUIDE_ELEMENTS, &p->to))
        return lex_fail(x, "the range of elements ends before it begins");
    return true;
}

static bool read_de(struct g_lex *x, struct guide_set *s, const struct g_word *w, struct g_elem *e)
{
    uint32_t de;
    if (w->s.p[0] == 'C') {
        e->composite = g_composite_find(s, w->s);
        if (!e->composite)
            return lex_fail(x, "composite \"%.*s\" is not in elements.dict", (int)w->s.n, w->s.p);
        e->de = 0;
        return true;
    }
    if (!lex_de(w->s, &de) || !g_dict_find(s, de))
        return lex_fail(x, "data element \"%.*s\" is not in elements.dict", (int)w->s.n, w->s.p);
    e->de = (uint16_t)de;
    e->composite = NULL;
    return true;
}

/* What a line says beside place and usage; only that is set in e. */
static bool read_rest(struct g_lex *x, struct guide_set *s, struct g_elem *e)
{
    const struct g_word *w;
    uint32_t v;
    bool first = true;
    for (; (w = lex_word(x)); first = false) {
        if (w->quoted) {
            e->label = arena_strndup(&s->mem, w->s.p, w->s.n);
        } else if (phi_is(w->s, "=")) {
            if (!(e->codes = lex_codes(x, &s->mem)))
                return false;
        } else if (w->s.p[0] == '@') {
            e->set = arena_strndup(&s->mem, w->s.p + 1, w->s.n - 1);
        } else if (phi_is(w->s, "money")) {
            e->money = true;
        } else if (phi_is(w->s, "noted")) {
            const struct g_word *next = lex_peek(x);
            if (next && phi_is(next->s, "short")) {
                lex_word(x);
                e->noted_short = true;
            } else if (!lex_ends_codes(next)) {
                if (!(e->noted_codes = lex_codes(x, &s->mem)))
                    return false;
            } else {
                e->noted = true;
            }
        } else if (phi_is(w->s, "repeat")) {
            if (!(w = lex_word(x)) || (!phi_is(w->s, ">1") && !lex_number(w->s, 1, 60000, &v)))
                return lex_fail(x, "\"repeat\" needs a number or >1");
            e->repeat = phi_is(w->s, ">1") ? GUIDE_NONE : (uint16_t)v;
        } else if (phi_is(w->s, "len")) {
            if (!(w = lex_word(x)) || !lex_range(w->s, &e->min, &e->max))
                return lex_fail(x, "\"len\" needs MIN/MAX");
        } else if (!first) {
            return lex_fail(x, "\"%.*s\" is not understood here", (int)w->s.n, w->s.p);
        } else if (!read_de(x, s, w, e)) {
            return false;
        }
    }
    return true;
}

/* Lays what a line says over what was there. */
static void lay_over(struct g_elem *to, const struct g_elem *line)
{
    to->usage = line->usage;
    to->listed = true;
    if (line->de || line->composite) {
        if (to->composite != line->composite) {
            to->comp = NULL;
            to->comps = 0;
        }
        to->de = line->de;
        to->composite = line->composite;
    }
    if (line->repeat)
        to->repeat = line->repeat;
    if (line->max) {
        to->min = line->min;
        to->max = line->max;
    }
    if (line->codes || line->usage == 'N')
        to->codes = line->codes;
    if (line->noted_codes || line->usage == 'N')
        to->noted_codes = line->noted_codes;
    if (line->set || line->usage == 'N')
        to->set = line->set;
    if (line->label)
        to->label = line->label;
    to->money |= line->money;
    to->noted |= line->noted;
    to->noted_short |= line->noted_short;
}

static void grow(struct arena *mem, struct g_elem **elems, uint32_t *n, uint32_t to)
{
    if (to <= *n)
        return;
    struct g_elem *all = arena_alloc(mem, to * sizeof *all);
    if (*n)
        memcpy(all, *elems, *n * sizeof *all);
    *elems = all;
    *n = to;
}

static void put(struct arena *mem, struct g_elem *elem, uint32_t comp, const struct g_elem *line)
{
    if (!comp) {
        lay_over(elem, line);
        return;
    }
    uint32_t n = elem->comps;
    struct g_elem *c = (struct g_elem *)elem->comp;
    grow(mem, &c, &n, comp);
    /* Shapes share components with the segments made like them: never write into theirs. */
    struct g_elem *own = arena_alloc(mem, n * sizeof *own);
    memcpy(own, c, n * sizeof *own);
    lay_over(&own[comp - 1], line);
    elem->comp = own;
    elem->comps = (uint8_t)n;
}

bool lex_element(struct g_lex *x, struct guide_set *s, struct g_elem **elems, uint32_t *n)
{
    struct place p = {0};
    struct g_elem line = {0};
    if (!read_place(x, &p))
        return false;
    const struct g_word *w = lex_word(x);
    if (!w || w->s.n != 1 || !strchr("MRSN", w->s.p[0]))
        return lex_fail(x, "usage is one of M R S N");
    line.usage = w->s.p[0];
    if (!read_rest(x, s, &line))
        return false;
    grow(&s->mem, elems, n, p.to);
    for (uint32_t i = p.from; i <= p.to; i++)
        for (uint32_t c = p.comp_from; c <= p.comp_to; c++)
            put(&s->mem, &(*elems)[i - 1], c, &line);
    return true;
}

static void from_dict(struct g_elem *e, const struct g_dict *d)
{
    if (!d)
        return;
    e->type = d->type;
    e->decimals = d->decimals;
    e->money |= d->money;
    if (!e->max) {
        e->min = d->min;
        e->max = d->max;
    }
}

/* The last thing said of an element: how a good value of it is known. */
void g_elem_fast(struct g_elem *e)
{
    e->fast = FAST_NOT;
    if (e->usage == 'N' || e->unwanted || e->comps || e->de == 1250 || e->de == 1251)
        return;
    if (e->codes && !e->codes->wide && (e->type == TYPE_ID || e->type == TYPE_AN))
        e->fast = FAST_CODE;
    else if (!e->codes && (e->type == TYPE_ID || e->type == TYPE_AN))
        e->fast = FAST_TEXT;
    else if (e->type == TYPE_R || e->type == TYPE_N)
        e->fast = FAST_NUMBER;
}

static bool resolve_composite(struct g_lex *x, struct guide_set *s, struct g_elem *e, uint32_t at)
{
    const struct g_composite *k = e->composite;
    bool any = e->comps > 0;
    if (e->comps > k->n)
        return lex_fail_at(x, 1, "element %02u lists more components than %s has", at, k->name);
    struct g_elem *c = arena_alloc(&s->mem, k->n * sizeof *c);
    if (e->comps)
        memcpy(c, e->comp, e->comps * sizeof *c);
    for (uint32_t i = 0; i < k->n; i++) {
        if (!c[i].usage)
            c[i].usage = any ? 'N' : 'S';
        if (!c[i].de)
            c[i].de = k->de[i];
        if (!c[i].repeat)
            c[i].repeat = 1;
        from_dict(&c[i], g_dict_find(s, c[i].de));
        g_elem_fast(&c[i]);
    }
    e->comp = c;
    e->comps = k->n;
    return true;
}

bool lex_resolve(struct g_lex *x, struct guide_set *s, struct g_elem *elems, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct g_elem *e = &elems[i];
        if (!e->usage)
            return lex_fail_at(x, 1, "element %02u is left out; elements are listed without gaps",
                               i + 1);
        if (!e->repeat)
            e->repeat = 1;
        else if (e->repeat == GUIDE_NONE)
            e->repeat = 0;
        if (e->composite) {
            if (!resolve_composite(x, s, e, i + 1))
                return false;
        } else if (e->comps) {
            return lex_fail_at(x, 1, "element %02u has components but is no composite", i + 1);
        } else {
            from_dict(e, g_dict_find(s, e->de));
        }
        g_elem_fast(e);
    }
    return true;
}
