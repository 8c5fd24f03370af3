/* check: sets from ST to SE, and what waits until it is clear how it is to be read. */
#include "common/edi/check_int.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

struct check *check_new(const struct check_opts *opts, struct finding_sink sink)
{
    struct check *c = xcalloc(1, sizeof *c);
    c->o = *opts;
    c->own = opts->guides;
    c->about = GUIDE_NONE;
    c->sink = sink;
    return c;
}

void check_free(struct check *c)
{
    if (!c)
        return;
    for (int i = 0; i <= LOOK; i++) {
        buf_free(&c->queue[i].bytes);
        buf_free(&c->queue[i].at);
    }
    balance837_free(c->b837);
    balance835_free(c->b835);
    arena_free(&c->mem);
    buf_free(&c->text);
    free(c->held);
    free(c->seen);
    free(c->instance);
    free(c->together);
    free(c->clean);
    free(c->next);
    free(c);
}

void check_agree(struct check *c, const struct check_terms *t)
{
    c->terms = t ? *t : (struct check_terms){0};
    c->o.guides = c->terms.guides ? c->terms.guides : c->own;
}

static void copy_word(char *to, size_t room, phi_str s)
{
    size_t n = s.n < room - 1 ? s.n : room - 1;
    memcpy(to, s.p, n);
    to[n] = 0;
}

void check_begin(struct check *c, const struct edi_delims *d, phi_str gs01, phi_str gs08)
{
    c->d = *d;
    copy_word(c->gs01, sizeof c->gs01, gs01);
    copy_word(c->gs08, sizeof c->gs08, gs08);
    memset(&c->r, 0, sizeof c->r);
    c->g = NULL;
    c->wanted = NULL;
    c->open = c->closed = c->known = false;
    c->at = c->ghost = c->late = c->claim_loop = GUIDE_NONE;
    c->st_bad = c->repeated = false;
    c->pos = c->arrived = c->stray = c->faults = c->order = 0;
    c->hl_n = c->hl_last = c->empty = c->run_together = 0;
    c->queued = 0;
    c->seg = NULL;
    c->rep = 0;
    c->faulted = 0;
    memset(c->level, 0, sizeof c->level);
    memset(c->lx_last, 0, sizeof c->lx_last);
}

void check_repeated(struct check *c)
{
    c->repeated = true;
}

static void make_room(struct check *c)
{
    const struct guide *g = c->g;
    g_guide_ready(g);
    if (c->nodes < g->nodes) {
        c->seen = xrealloc(c->seen, g->nodes * sizeof *c->seen);
        c->instance = xrealloc(c->instance, g->nodes * sizeof *c->instance);
        c->together = xrealloc(c->together, g->nodes * sizeof *c->together);
        c->next = xrealloc(c->next, g->nodes * sizeof *c->next);
        c->flat_of = NULL;
        c->nodes = g->nodes;
    }
    if (c->flat_of != g) {
        memset(c->together, 0xff, g->nodes * sizeof *c->together);
        memset(c->picked, 0, sizeof c->picked);
    }
    if (c->flat_of != g || memcmp(&c->next_of, &c->d, sizeof c->d) != 0)
        memset(c->next, 0, g->nodes * sizeof *c->next);
    c->flat_of = g;
    c->next_of = c->d;
    print_key_make(&c->key);
    if (!c->clean)
        c->clean = xcalloc(1u << CLEAN_BITS, sizeof *c->clean);
    c->in = seg_print(&c->key, (uintptr_t)g, (const char *)&c->d, sizeof c->d);
    memset(c->seen, 0, g->nodes * sizeof *c->seen);
    memset(c->instance, 0, g->nodes * sizeof *c->instance);
    c->stamp = 0;
    c->hl_sid = g_sid(g, phi_lit("HL"));
    c->lx_sid = g_sid(g, phi_lit("LX"));
    c->se_sid = g_sid(g, phi_lit("SE"));
}

static void take_balance(struct check *c)
{
    /* Also when level 3 is not asked for: the balances count the claims. */
    bool is837 = balance837_tag(c->g, NULL), is835 = balance835_tag(c->g, NULL);
    if (!is837) {
        balance837_free(c->b837);
        c->b837 = NULL;
    } else {
        c->b837 = c->b837 ? c->b837 : balance837_new();
        balance837_begin(c->b837);
    }
    if (!is835) {
        balance835_free(c->b835);
        c->b835 = NULL;
    } else {
        c->b835 = c->b835 ? c->b835 : balance835_new();
        balance835_begin(c->b835);
    }
}

/* GS01 of the groups that a transaction belongs in; NULL when no guide says so. */
static const char *group_of(const struct check *c, phi_str st01)
{
    for (uint32_t i = 0; i < c->o.guides->guides; i++)
        if (!c->o.guides->guide[i]->envelope && phi_is(st01, c->o.guides->guide[i]->transaction))
            return c->o.guides->guide[i]->group;
    return NULL;
}

static void no_guide(struct check *c, phi_str st01)
{
    struct buf known = {0};
    const char *group = group_of(c, st01);
    guides_versions(c->o.guides, st01, &known);
    if (!st01.n)
        check_find_el(c, "S1-023", SEV_TRANSACTION, "IK502:6", 1, 0, 143, st01,
                      "ST01 must say what kind of transaction this is");
    else if (!known.len)
        check_find_el(c, "S1-023", SEV_TRANSACTION, "IK502:1", 1, 0, 143, st01,
                      "there is no guide for this kind of transaction");
    else if (strcmp(group, c->gs01) != 0)
        check_find_el(c, "S1-016", SEV_TRANSACTION, "IK502:18", 1, 0, 143, st01,
                      "a transaction of this kind does not belong in this group (GS01 must be %s)",
                      group);
    else
        check_find_el(c, "S1-017", SEV_GROUP, "AK905:2", 0, 0, 480, phi_lit(c->gs08),
                      "the version of the group (GS08) is not known for this transaction; "
                      "known are %s",
                      buf_cstr(&known));
    buf_free(&known);
}

/* ST03 names a guide that is known, GS08 another one of the same kind: the group may be what is
 * wrong, and a walk by its guide would find fault with everything. */
static bool of_another_guide(const struct check *c, phi_str st01, phi_str st03)
{
    const struct guide *g = guides_find(c->o.guides, st01, st03, true);
    return g && g != c->g;
}

/* The walk stands on the ST of c->g. */
static void take_guide(struct check *c)
{
    make_room(c);
    take_balance(c);
    check_enter_set(c);
    if (c->o.watch)
        c->wanted = c->o.watch->begin(c->o.watch->ctx, c, c->g);
}

static void open_set(struct check *c, const struct edi_seg *s)
{
    phi_str st01 = seg_el(s, 1), st02 = seg_el(s, 2);
    c->open = true;
    copy_word(c->r.st01, sizeof c->r.st01, st01);
    copy_word(c->r.st02, sizeof c->r.st02, st02);
    c->g = guides_find(c->o.guides, st01, phi_lit(c->gs08), c->o.allow_alias);
    c->known = c->g != NULL;
    if (!c->known) {
        no_guide(c, st01);
        return;
    }
    take_guide(c);
    check_st(c, s);
    c->known = !of_another_guide(c, st01, seg_el(s, 3));
}

/* Inquiry and answer may share a version: only behind the ST it is seen which of them this is. */
static void choose(struct check *c, const struct edi_seg *second)
{
    const struct guide *g = g_choose(c->g, second);
    if (g == c->g)
        return;
    c->g = g;
    take_guide(c);
}

/* A set of a kind that nobody described: its envelope is all that can be checked. */
static void unknown_segment(struct check *c, const struct edi_seg *s)
{
    if (seg_is(s, "SE"))
        check_se(c, s);
}

static void hold_segment(struct check *c, const struct edi_seg *s)
{
    struct held_segment *h = &c->queue[c->queued++];
    phi_str all = seg_bytes(s);
    uint32_t *at = (uint32_t *)(buf_clear(&h->at), buf_room(&h->at, s->n * sizeof *at));
    buf_clear(&h->bytes);
    buf_phi(&h->bytes, all);
    buf_putc(&h->bytes, c->d.term);
    for (uint32_t i = 0; i < s->n; i++)
        at[i] = s->at[i] - s->start;
    h->seg = (struct edi_seg){h->bytes.p, at, 0, s->n, s->off};
    h->pos = c->arrived;
}

/* Takes the first segment out of the queue, keeping its memory for the next. */
static void next_held(struct check *c)
{
    struct held_segment first = c->queue[0];
    memmove(&c->queue[0], &c->queue[1], (c->queued - 1) * sizeof *c->queue);
    c->queue[--c->queued] = first;
}

/* Handles what waits, as long as enough is known of what follows. */
static void drain(struct check *c, bool end)
{
    while (c->queued) {
        const struct edi_seg *s = &c->queue[0].seg;
        c->pos = c->queue[0].pos;
        c->seg = s;
        if (!check_step(c, s)) {
            if (c->queued <= LOOK && !end)
                return;
            check_misfit(c, s);
        }
        next_held(c);
    }
}

void check_segment(struct check *c, const struct edi_seg *s)
{
    c->arrived++;
    c->last_off = s->off;
    if (c->arrived == 2 && c->known)
        choose(c, s);
    if (!c->known || !c->queued) {
        c->pos = c->arrived;
        c->seg = s;
        if (!c->open)
            open_set(c, s);
        else if (!c->known)
            unknown_segment(c, s);
        else if (!check_step(c, s))
            hold_segment(c, s);
    } else {
        hold_segment(c, s);
        drain(c, false);
    }
}

void check_alone(struct check *c, const struct guide *g, uint16_t node, const struct edi_seg *s)
{
    c->g = g;
    make_room(c);
    c->known = true;
    c->seg = s;
    c->at = node;
    check_elements(c, s, &g->node[node]);
    check_tell(c);
    c->seg = NULL;
}

/* S7-009 */
static void too_many_claims(struct check *c)
{
    c->pos = 1;
    c->at = c->g->node[0].child;
    struct finding *f = check_find(c, "S7-009", SEV_TRANSACTION, "IK502:I5",
                                   "the set has %u claims, %u were agreed as the most", c->r.claims,
                                   c->terms.claims);
    check_move(c, f, 1, f ? f->offset : 0, "ST", NULL);
}

static struct check_result end(struct check *c, bool cut)
{
    drain(c, true);
    if (!c->closed && !cut) {
        c->pos = c->arrived;
        c->seg = NULL;
        c->at = c->known ? c->g->node[0].child : GUIDE_NONE;
        struct finding *f =
            check_find(c, "S1-024", SEV_TRANSACTION, "IK502:2", "the set ends without its SE");
        check_move(c, f, c->arrived + 1, c->last_off, "SE", NULL);
    }
    if (c->terms.claims && c->r.claims > c->terms.claims)
        too_many_claims(c);
    if (c->wanted)
        c->o.watch->end(c->o.watch->ctx, c);
    c->r.segments = c->arrived;
    c->r.accepted = c->faults == 0 && !cut;
    check_tell(c);
    c->seg = NULL;
    return c->r;
}

struct check_result check_end(struct check *c)
{
    return end(c, false);
}

struct check_result check_cut(struct check *c)
{
    return end(c, true);
}
