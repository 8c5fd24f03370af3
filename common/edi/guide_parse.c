/* One .guide file: from lines to a tree of nodes. guide_compile.c makes the tables from it. */
#include "common/edi/guide_lex.h"

struct reader {
    struct g_lex *x;
    struct guide_set *s;
    struct guide *g;
    struct g_node *node;            /* GUIDE_NODES of them while reading */
    uint16_t at[GUIDE_DEPTH + 2];   /* node at each level */
    uint16_t last[GUIDE_DEPTH + 2]; /* latest child of the loop at each level */
    int seg;                        /* segment whose elements are being read, -1 none */
    int seg_line, seg_level;
};

static bool read_usage(struct g_lex *x, const char *which, struct g_node *n)
{
    const struct g_word *w = lex_word(x);
    uint32_t max;
    if (!w || w->s.n != 1 || !strchr(which, w->s.p[0]))
        return lex_fail(x, "usage is one of M R S N");
    n->usage = w->s.p[0];
    if (!(w = lex_word(x)) || (!phi_is(w->s, ">1") && !lex_number(w->s, 1, 60000, &max)))
        return lex_fail(x, "the repeat is a number or >1");
    n->max = phi_is(w->s, ">1") ? 0 : (uint16_t)max;
    return true;
}

static bool read_id(struct g_lex *x, struct g_node *n)
{
    const struct g_word *w = lex_word(x);
    size_t most = n->loop ? sizeof n->id - 1 : 3;
    if (!w || w->s.n > most || (!n->loop && w->s.n < 2))
        return lex_fail(x, n->loop ? "a loop needs an id of at most 11 characters"
                                   : "a segment id has two or three characters");
    for (size_t i = 0; i < w->s.n; i++)
        if (!((w->s.p[i] >= 'A' && w->s.p[i] <= 'Z') || (w->s.p[i] >= '0' && w->s.p[i] <= '9') ||
              (n->loop && w->s.p[i] == '_')))
            return lex_fail(x, "ids are capital letters and digits");
    memcpy(n->id, w->s.p, w->s.n);
    return true;
}

/* "01=41" or "01-1=ABK|BK" */
static bool read_when(struct reader *r, struct g_qual *q)
{
    const struct g_word *w = lex_word(r->x);
    phi_str v[100];
    uint32_t n = 0, e = 0, c = 0;
    const char *eq = w ? memchr(w->s.p, '=', w->s.n) : NULL;
    if (!eq)
        return lex_fail(r->x, "\"when\" looks like 01=41 or 01-1=ABK|BK");
    size_t k = (size_t)(eq - w->s.p);
    const char *dash = memchr(w->s.p, '-', k);
    size_t en = dash ? (size_t)(dash - w->s.p) : k;
    if (!lex_number(phi_of(w->s.p, en), 1, GUIDE_ELEMENTS, &e) ||
        (dash && !lex_number(phi_of(dash + 1, k - en - 1), 1, 24, &c)))
        return lex_fail(r->x, "\"when\" looks like 01=41 or 01-1=ABK|BK");
    for (const char *p = eq + 1, *end = w->s.p + w->s.n; p <= end && n < 100;) {
        const char *bar = memchr(p, '|', (size_t)(end - p));
        const char *stop = bar ? bar : end;
        if (stop == p)
            return lex_fail(r->x, "\"when\" with an empty value");
        v[n++] = phi_of(p, (size_t)(stop - p));
        p = stop + 1;
    }
    q->element = (uint8_t)e;
    q->component = (uint8_t)c;
    q->codes = g_codes_make(&r->s->mem, v, n);
    return true;
}

/* Begins with the elements and notes of a shape. */
static bool read_like(struct reader *r, struct g_node *n)
{
    const struct g_word *w = lex_word(r->x);
    const struct g_shape *sh = w ? g_shape_find(r->s, w->s) : NULL;
    if (!sh)
        return lex_fail(r->x, "shape \"%.*s\" is not in shapes.dict", w ? (int)w->s.n : 0,
                        w ? w->s.p : "");
    struct g_elem *e = arena_alloc(&r->s->mem, (sh->elems_n + 1) * sizeof *e);
    if (sh->elems_n)
        memcpy(e, sh->elems, sh->elems_n * sizeof *e);
    n->elems = e;
    n->elems_n = (uint8_t)sh->elems_n;
    n->notes = sh->notes;
    n->notes_n = (uint16_t)sh->notes_n;
    return true;
}

static bool read_as(struct reader *r, struct g_node *n)
{
    const struct g_word *w = lex_word(r->x);
    if (!w)
        return lex_fail(r->x, "\"as\" needs the id of a loop");
    n->as = arena_strndup(&r->s->mem, w->s.p, w->s.n);
    return true;
}

/* "noted", or "noted missing" */
static void take_noted(struct reader *r, struct g_node *n)
{
    const struct g_word *next = lex_peek(r->x);
    if (next && !next->quoted && phi_is(next->s, "missing")) {
        lex_word(r->x);
        n->missing_noted = true;
    } else {
        n->noted = true;
    }
}

static bool read_tail(struct reader *r, struct g_node *n)
{
    const struct g_word *w;
    while ((w = lex_word(r->x))) {
        bool ok = true;
        if (w->quoted)
            n->label = arena_strndup(&r->s->mem, w->s.p, w->s.n);
        else if (!n->loop && phi_is(w->s, "like"))
            ok = read_like(r, n);
        else if (!n->loop && phi_is(w->s, "noted"))
            take_noted(r, n);
        else if (!n->loop && phi_is(w->s, "when"))
            ok = read_when(r, &n->qual);
        else if (n->loop && phi_is(w->s, "as"))
            ok = read_as(r, n);
        else
            ok = lex_fail(r->x, "\"%.*s\" is not understood here", (int)w->s.n, w->s.p);
        if (!ok)
            return false;
    }
    return true;
}

/* Makes a node the next child of the loop at level - 1; its number, or -1 when there are too many.
 */
static int add_node(struct reader *r, const struct g_node *n, uint16_t parent, uint16_t *last)
{
    uint32_t i = r->g->nodes;
    if (i == GUIDE_NODES) {
        lex_fail(r->x, "more than %d loops and segments", GUIDE_NODES);
        return -1;
    }
    if (r->node[parent].depth >= GUIDE_DEPTH) {
        lex_fail(r->x, "more than %d loops in loops", GUIDE_DEPTH);
        return -1;
    }
    r->node[i] = *n;
    r->node[i].parent = parent;
    r->node[i].next = r->node[i].child = GUIDE_NONE;
    r->node[i].depth = (uint8_t)(r->node[parent].depth + 1);
    if (*last == GUIDE_NONE)
        r->node[parent].child = (uint16_t)i;
    else
        r->node[*last].next = (uint16_t)i;
    *last = (uint16_t)i;
    r->g->nodes++;
    return (int)i;
}

/* Copies the children of loop `from` under loop `to`. Both stand already. */
static bool copy_children(struct reader *r, uint16_t from, uint16_t to)
{
    uint16_t last = GUIDE_NONE;
    for (uint16_t c = r->node[from].child; c != GUIDE_NONE; c = r->node[c].next) {
        struct g_node n = r->node[c];
        int made = add_node(r, &n, to, &last);
        if (made < 0 || (n.loop && !copy_children(r, c, (uint16_t)made)))
            return false;
    }
    return true;
}

static bool fill_as(struct reader *r, uint16_t to)
{
    for (uint32_t i = 1; i < r->g->nodes; i++) {
        if (!r->node[i].loop || i == to || strcmp(r->node[i].id, r->node[to].as) != 0)
            continue;
        for (uint16_t up = to; up != 0; up = r->node[up].parent)
            if (up == i)
                return lex_fail(r->x, "a loop cannot have the content of a loop around it");
        return copy_children(r, (uint16_t)i, to);
    }
    return lex_fail(r->x, "loop \"%s\" is not written above", r->node[to].as);
}

/* Ends the segment whose elements were being read. */
static bool end_segment(struct reader *r)
{
    if (r->seg < 0)
        return true;
    struct g_node *n = &r->node[r->seg];
    int line = r->x->line;
    r->seg = -1;
    r->x->line = r->seg_line;
    if (!lex_resolve(r->x, r->s, (struct g_elem *)n->elems, n->elems_n))
        return false;
    if (n->qual.element > n->elems_n && n->usage != 'N')
        return lex_fail_at(r->x, 1, "\"when\" speaks of an element that is not listed");
    r->x->line = line;
    return true;
}

static bool node_line(struct reader *r, bool loop)
{
    int level = r->x->level;
    struct g_node n = {.loop = loop};
    if (level > GUIDE_DEPTH)
        return lex_fail_at(r->x, r->x->indent_col, "more than %d loops in loops", GUIDE_DEPTH);
    uint16_t parent = r->at[level];
    if (parent == GUIDE_NONE)
        return lex_fail_at(r->x, r->x->indent_col, "indented, but the line above is no loop");
    if (!read_id(r->x, &n) || !read_usage(r->x, "MRSN", &n) || !read_tail(r, &n))
        return false;
    if (loop && r->node[parent].child == GUIDE_NONE && parent != 0)
        return lex_fail(r->x, "a loop begins with a segment, not with a loop");
    if (r->node[parent].as)
        return lex_fail(r->x, "a loop with \"as\" has no lines of its own");
    int i = add_node(r, &n, parent, &r->last[level]);
    if (i < 0 || (n.as && !fill_as(r, (uint16_t)i)))
        return false;
    r->at[level + 1] = loop ? (uint16_t)i : GUIDE_NONE;
    r->last[level + 1] = GUIDE_NONE;
    for (int k = level + 2; k < GUIDE_DEPTH + 2; k++)
        r->at[k] = GUIDE_NONE;
    r->seg = loop ? -1 : i;
    r->seg_line = r->x->line;
    r->seg_level = level + 1;
    return true;
}

static bool detail_line(struct reader *r)
{
    if (r->seg < 0 || r->x->level != r->seg_level)
        return lex_fail_at(r->x, r->x->indent_col,
                           "an element line stands two blanks inside its segment");
    struct g_node *n = &r->node[r->seg];
    if (phi_is(lex_peek(r->x)->s, "note")) {
        struct g_note *notes = (struct g_note *)n->notes;
        uint32_t many = n->notes_n;
        lex_word(r->x);
        bool ok = lex_notes(r->x, &r->s->mem, &notes, &many);
        n->notes = notes;
        n->notes_n = (uint16_t)many;
        return ok;
    }
    struct g_elem *e = (struct g_elem *)n->elems;
    uint32_t many = n->elems_n;
    bool ok = lex_element(r->x, r->s, &e, &many);
    n->elems = e;
    n->elems_n = (uint8_t)many;
    return ok;
}

static bool head_line(struct reader *r, const char **to, size_t most)
{
    lex_word(r->x);
    const struct g_word *w = lex_word(r->x);
    if (!w || w->s.n == 0 || w->s.n > most || lex_peek(r->x))
        return lex_fail(r->x, "one word of at most %zu characters is wanted", most);
    if (*to)
        return lex_fail(r->x, "the line stands twice");
    *to = arena_strndup(&r->s->mem, w->s.p, w->s.n);
    return true;
}

static bool alias_line(struct reader *r)
{
    lex_word(r->x);
    for (const struct g_word *w; (w = lex_word(r->x));) {
        if (r->g->aliases == sizeof r->g->alias / sizeof *r->g->alias)
            return lex_fail(r->x, "too many aliases");
        r->g->alias[r->g->aliases++] = arena_strndup(&r->s->mem, w->s.p, w->s.n);
    }
    return true;
}

/* "when BHT02=11" */
static bool choice_line(struct reader *r)
{
    lex_word(r->x);
    const struct g_word *w = lex_peek(r->x);
    struct g_choice *k = &r->g->when;
    if (k->id[0])
        return lex_fail(r->x, "the line stands twice");
    if (!w || w->s.n < 7 || w->s.p[5] != '=')
        return lex_fail(r->x, "\"when\" of a guide looks like BHT02=11");
    memcpy(k->id, w->s.p, 3);
    struct g_word *rest = &r->x->word[r->x->next];
    rest->s = phi_of(w->s.p + 3, w->s.n - 3);
    return read_when(r, &k->qual) && (!lex_peek(r->x) || lex_fail(r->x, "one value is wanted"));
}

static bool noted_line(struct reader *r)
{
    lex_word(r->x);
    const struct g_word *w = lex_word(r->x);
    if (!w || !phi_is(w->s, "unused") || lex_peek(r->x))
        return lex_fail(r->x,
                        "\"noted\" is said of a segment, of an element, or as \"noted unused\"");
    r->g->noted_unused = true;
    return true;
}

static bool guide_line(struct reader *r)
{
    phi_str w = lex_peek(r->x)->s;
    struct {
        const char *word, **to;
        size_t most;
    } heads[] = {{"guide", &r->g->name, 15},
                 {"transaction", &r->g->transaction, 3},
                 {"group", &r->g->group, 2},
                 {"version", &r->g->version, 12}};
    for (size_t i = 0; r->x->level == 0 && i < sizeof heads / sizeof *heads; i++)
        if (phi_is(w, heads[i].word))
            return head_line(r, heads[i].to, heads[i].most);
    if (r->x->level == 0 && phi_is(w, "alias"))
        return alias_line(r);
    if (r->x->level == 0 && phi_is(w, "when"))
        return choice_line(r);
    if (r->x->level == 0 && phi_is(w, "noted"))
        return noted_line(r);
    bool loop = phi_is(w, "loop");
    if (loop || phi_is(w, "segment")) {
        lex_word(r->x);
        return end_segment(r) && node_line(r, loop);
    }
    return detail_line(r);
}

static bool whole(struct reader *r)
{
    struct guide *g = r->g;
    if (!g->name || !g->transaction || !g->group || !g->version)
        return lex_fail_at(r->x, 1, "guide, transaction, group and version must be given");
    uint16_t st = r->node[0].child;
    g->envelope = st != GUIDE_NONE && strcmp(r->node[st].id, "ISA") == 0;
    if (st == GUIDE_NONE || (!g->envelope && (strcmp(r->node[st].id, "ST") != 0 ||
                                              strcmp(r->node[r->last[0]].id, "SE") != 0)))
        return lex_fail_at(r->x, 1, "a guide begins with segment ST and ends with segment SE");
    for (uint32_t i = 1; i < g->nodes; i++)
        if (r->node[i].loop && r->node[i].child == GUIDE_NONE)
            return lex_fail_at(r->x, 1, "loop \"%s\" is empty", r->node[i].id);
    return true;
}

struct guide *g_guide_parse(struct guide_set *s, const char *path, phi_str text, struct buf *error)
{
    struct reader *r = arena_alloc(&s->mem, sizeof *r);
    struct buf room = {0};
    r->x = arena_alloc(&s->mem, sizeof *r->x);
    r->s = s;
    r->g = arena_alloc(&s->mem, sizeof *r->g);
    r->g->set = s;
    r->g->path = arena_strdup(&s->mem, path);
    r->node = (struct g_node *)buf_room(&room, GUIDE_NODES * sizeof *r->node);
    r->seg = -1;
    memset(r->at, 0xff, sizeof r->at);
    memset(r->last, 0xff, sizeof r->last);
    memset(&r->node[0], 0, sizeof *r->node);
    r->node[0].loop = true;
    r->node[0].parent = r->node[0].next = r->node[0].child = GUIDE_NONE;
    r->at[0] = 0;
    r->g->nodes = 1;
    lex_open(r->x, r->g->path, text, error);
    bool ok = true;
    while (ok && lex_line(r->x))
        ok = guide_line(r);
    ok = ok && !r->x->failed && end_segment(r) && whole(r);
    if (ok) {
        r->g->node = arena_alloc(&s->mem, r->g->nodes * sizeof *r->g->node);
        memcpy(r->g->node, r->node, r->g->nodes * sizeof *r->g->node);
    }
    buf_free(&room);
    return ok ? r->g : NULL;
}
