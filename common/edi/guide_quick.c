/* From the elements of a segment to flat tables by which check_quick.c knows a good one. */
#include "common/edi/guide_lex.h"

enum { LANES = 4 };

static uint8_t kind_of(const struct g_elem *e)
{
    if (e->comps)
        return QUICK_COMPOSITE;
    switch (e->type) {
    case TYPE_N:
    case TYPE_R:
        return QUICK_NUMBER;
    case TYPE_DT:
        return QUICK_DATE;
    case TYPE_NONE:
        return QUICK_LENGTH;
    case TYPE_AN:
    case TYPE_ID:
        if (e->de == 1251)
            return e->codes ? QUICK_NEVER : QUICK_FORMED;
        if (e->de == 1250)
            return QUICK_FORM;
        return !e->codes ? QUICK_LENGTH : e->codes->wide ? QUICK_WIDE : QUICK_CODE;
    default:
        return QUICK_NEVER;
    }
}

static bool is_wanted(const struct g_elem *e)
{
    return e->usage == 'M' || e->usage == 'R';
}

/* Lengths that a good value may have; of a number its digits are counted by whoever reads it. */
static void lengths(const struct g_elem *e, const struct g_glance *q, int32_t *min, int32_t *max)
{
    bool any = q->kind == QUICK_NUMBER || q->kind == QUICK_COMPOSITE || e->type == TYPE_NONE ||
               e->type == TYPE_DT;
    *min = e->usage == 'N' || e->unwanted ? INT32_MAX : any ? 1 : e->min;
    *max = any || !e->max ? INT32_MAX : e->max;
}

/* Every value that the segment is told by is one that the element may have, so that a segment that
 * stands where it does was looked at there already. */
static bool told_by(const struct g_qual *q, uint32_t el, uint32_t comp, const struct g_codes *codes)
{
    if (q->element != el || q->component != comp)
        return false;
    for (uint32_t i = 0; i < q->codes->n; i++)
        if (!g_has(codes, q->codes->text[i]))
            return false;
    return true;
}

static const struct g_glance *glances(struct arena *mem, const struct guide *g,
                                      const struct g_node *n, const struct g_elem *e, uint32_t many,
                                      uint32_t el)
{
    bool claim = strcmp(g->transaction, "837") == 0 && strcmp(n->id, "CAS") != 0;
    struct g_glance *all = arena_alloc(mem, (many + 1) * sizeof *all);
    for (uint32_t i = 0; i < many; i++) {
        struct g_glance *q = &all[i];
        q->kind = e[i].usage == 'N' ? QUICK_NEVER : kind_of(&e[i]);
        q->digits_min = e[i].min;
        q->digits_max = e[i].max ? e[i].max : UINT16_MAX;
        q->whole = e[i].type == TYPE_N;
        q->minus = !(e[i].money && claim);
        q->codes = e[i].codes;
        lengths(&e[i], q, &q->min, &q->max);
        bool listed = q->kind == QUICK_CODE || q->kind == QUICK_WIDE;
        if (listed && told_by(&n->qual, el ? el : i + 1, el ? i + 1 : 0, q->codes))
            q->kind = QUICK_LENGTH;
        if (q->kind != QUICK_COMPOSITE)
            continue;
        q->comps = e[i].comps;
        q->comp = glances(mem, g, n, e[i].comp, e[i].comps, i + 1);
        for (uint32_t k = 0; k < e[i].comps; k++)
            q->comps_wanted |= is_wanted(&e[i].comp[k]) ? 1u << (k + 1) : 0;
        if (e[i].composite) {
            q->notes = e[i].composite->notes;
            q->notes_n = e[i].composite->notes_n;
        }
    }
    return all;
}

void g_quick_make(struct arena *mem, struct guide *g, struct g_node *n)
{
    struct g_quick *q = arena_alloc(mem, sizeof *q);
    uint32_t room = (n->elems_n + LANES - 1u) / LANES * LANES;
    int32_t *min = arena_alloc(mem, (room + 1) * sizeof *min);
    int32_t *max = arena_alloc(mem, (room + 1) * sizeof *max);
    q->glance = glances(mem, g, n, n->elems, n->elems_n, 0);
    for (uint32_t i = 0; i < n->elems_n; i++) {
        min[i] = q->glance[i].min;
        max[i] = q->glance[i].max;
        if (is_wanted(&n->elems[i]))
            q->wanted |= 2ull << i;
        if (q->glance[i].kind != QUICK_LENGTH)
            q->looked_at |= 2ull << i;
    }
    q->min = min;
    q->max = max;
    n->quick = q;
}
