/* Numbers of a set: ST and SE, HL, LX. */
#include "common/edi/check_int.h"
#include <stdio.h>

bool check_number(phi_str s, uint32_t *out)
{
    uint32_t v = 0;
    if (s.n == 0 || s.n > 9)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned char)s.p[i] - (unsigned)'0';
        if (d > 9)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

/* What a fault of that element costs: nothing where the guide says that it is noted. */
static enum severity cost(const struct g_node *n, uint32_t el)
{
    bool noted = n->noted || (el <= n->elems_n && n->elems[el - 1].noted);
    return noted ? SEV_WARNING : SEV_TRANSACTION;
}

/* --- ST, SE --- */

static void check_st03(struct check *c, const struct edi_seg *s)
{
    const struct g_node *st = check_node(c, c->g->node[0].child);
    phi_str v = seg_el(s, 3);
    char usage = st->elems_n >= 3 ? st->elems[2].usage : 'N';
    if (v.n ? !phi_is(v, c->gs08) : usage == 'R' || usage == 'M')
        check_find_el(c, "S1-028", v.n ? SEV_TRANSACTION : cost(st, 3), "IK502:I6", 3, 0, 1705, v,
                      v.n ? "ST03 is not the version that the group says (GS08)"
                          : "ST03 must say the version of the guide, as GS08 does");
    else if (v.n && usage == 'N')
        check_find_el(c, "S2-001", SEV_WARNING, "IK403:I10", 3, 0, 1705, v,
                      "ST03 is not used by the guide");
}

void check_st(struct check *c, const struct edi_seg *s)
{
    phi_str st02 = seg_el(s, 2);
    bool good = st02.n >= 4 && st02.n <= 9;
    for (size_t i = 0; i < st02.n; i++)
        good &= (unsigned char)st02.p[i] > ' ' && (unsigned char)st02.p[i] < 0x7f;
    c->st_bad = !good;
    if (!good)
        check_find_el(c, "S1-027", SEV_TRANSACTION, "IK502:7", 2, 0, 329, st02,
                      "ST02 is not a control number of 4 to 9 characters");
    else if (c->repeated)
        check_find_el(c, "S1-027", SEV_TRANSACTION, "IK502:23", 2, 0, 329, st02,
                      "ST02 was used by another set of the group");
    if (strcmp(c->gs01, c->g->group) != 0)
        check_find_el(c, "S1-016", SEV_TRANSACTION, "IK502:18", 1, 0, 143, seg_el(s, 1),
                      "a %s does not belong in a group of this kind (GS01 must be %s)",
                      c->g->transaction, c->g->group);
    check_st03(c, s);
    if (s->n > 4)
        check_find_el(c, "S1-036", SEV_TRANSACTION, "IK403:3", 4, 0, 0, seg_el(s, 4),
                      "ST04 does not exist: the segment has fewer elements");
}

void check_se(struct check *c, const struct edi_seg *s)
{
    uint32_t claimed;
    phi_str st02 = seg_el(s, 2);
    c->closed = true;
    bool counted = check_number(seg_el(s, 1), &claimed);
    if (!(c->faulted & 2) && !counted)
        check_find_el(c, "S1-026", SEV_TRANSACTION, "IK502:4", 1, 0, 96, seg_el(s, 1),
                      "SE01 is no count; there are %u segments from ST to SE", c->pos);
    else if (!(c->faulted & 2) && claimed != c->pos && claimed + c->empty != c->pos &&
             claimed != c->pos + c->run_together)
        check_find_el(c, "S1-026", SEV_TRANSACTION, "IK502:4", 1, 0, 96, seg_el(s, 1),
                      "SE01 counts %u segments, there are %u from ST to SE", claimed, c->pos);
    if (!c->st_bad && !(c->faulted & 4) && !phi_is(st02, c->r.st02))
        check_find_el(c, "S1-025", SEV_TRANSACTION, "IK502:3", 2, 0, 329, st02,
                      "SE02 is not the control number of ST02");
}

/* --- HL --- */

static struct level *parent_level(struct check *c, const struct g_node *loop)
{
    const struct g_node *up = &c->g->node[loop->parent];
    return loop->parent && up->sid == c->hl_sid ? &c->level[up->depth] : NULL;
}

static void hl_number(struct check *c, const struct edi_seg *s, struct level *l)
{
    uint32_t v;
    c->hl_n++;
    l->ordinal = l->value = c->hl_n;
    if (c->faulted & 2)
        return;
    if (!check_number(seg_el(s, 1), &v)) {
        v = 0;
    } else if (v == c->hl_n || v == c->hl_last + 1) {
        c->hl_last = l->value = v;
        return;
    }
    check_find_el(c, "S1-046", SEV_TRANSACTION, "IK403:I12", 1, 0, 628, seg_el(s, 1),
                  "HL01 counts the HL of the set from 1; this is number %u", c->hl_n);
    if (v) {
        l->value = v;
        c->hl_last = v;
    }
}

static void hl_parent(struct check *c, const struct edi_seg *s, const struct g_node *hl,
                      const struct level *up, const struct level *own)
{
    uint32_t v = 0;
    phi_str hl02 = seg_el(s, 2);
    if (!hl02.n || (c->faulted & 4))
        return;
    bool good = check_number(hl02, &v);
    /* A parent whose own number is wrong answers to its place as well: that fault is told. */
    if (good)
        good = up ? v == up->value || v == up->ordinal : v > 0 && v < own->value;
    if (!good)
        check_find_el(c, "S1-047", v > 0 && v < own->value ? cost(hl, 2) : SEV_TRANSACTION,
                      "IK403:I12", 2, 0, 734, hl02,
                      "HL02 does not name the HL that this one stands under");
}

static void open_level(struct check *c, const struct g_node *loop, struct level *l)
{
    struct level *up = parent_level(c, loop);
    if (up)
        up->child = true;
    l->child = false;
    l->pos = c->pos;
    l->off = c->seg ? c->seg->off : 0;
    l->hl04 = 0;
}

void check_hl(struct check *c, const struct edi_seg *s, const struct g_node *loop)
{
    struct level *l = &c->level[loop->depth];
    const struct g_node *hl = &c->g->node[loop->child];
    open_level(c, loop, l);
    hl_number(c, s, l);
    hl_parent(c, s, hl, parent_level(c, loop), l);
    phi_str hl04 = seg_el(s, 4);
    /* Where the guide leaves no choice, the code itself was checked. */
    bool free = hl->elems_n >= 4 && hl->elems[3].codes && hl->elems[3].codes->n > 1;
    if (free && hl04.n == 1 && !(c->faulted & 16))
        l->hl04 = hl04.p[0];
}

void check_hl_missing(struct check *c, const struct g_node *loop)
{
    struct level *l = &c->level[loop->depth];
    open_level(c, loop, l);
    l->ordinal = l->value = ++c->hl_n;
    c->hl_last++;
}

void check_hl_leave(struct check *c, const struct g_node *loop)
{
    struct level *l = &c->level[loop->depth];
    if ((l->hl04 == '1') == l->child || (l->hl04 != '0' && l->hl04 != '1'))
        return;
    phi_str bad = phi_of(l->hl04 == '1' ? "1" : "0", 1);
    struct finding *f =
        check_find_el(c, "S1-048", l->child ? SEV_TRANSACTION : cost(&c->g->node[loop->child], 4),
                      "IK403:I12", 4, 0, 736, bad,
                      l->child ? "HL04 says that no HL stands under this one, but one does"
                               : "HL04 says that an HL stands under this one, but none does");
    check_move(c, f, l->pos, l->off, "HL", loop);
    l->hl04 = 0;
}

/* --- LX --- */

void check_lx(struct check *c, const struct edi_seg *s, const struct g_node *loop)
{
    uint32_t v, n = check_seen(c, (uint16_t)(loop - c->g->node));
    uint32_t *last = &c->lx_last[loop->depth];
    const struct g_elem *lx = c->g->node[loop->child].elems; /* LX01 */
    if (n <= 1)
        *last = 0;
    if ((c->faulted & 2) || !check_number(seg_el(s, 1), &v))
        return;
    if (v != n && v != *last + 1)
        check_find_el(c, "S1-049", lx->noted ? SEV_WARNING : SEV_TRANSACTION, "IK403:I12", 1, 0,
                      554, seg_el(s, 1), "LX01 counts from 1; this is number %u", n);
    *last = v;
}
