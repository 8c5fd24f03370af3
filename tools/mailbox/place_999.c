/* The 999 of a payer about one of our groups, told to each submitter about its own. */
#include "common/edi/ack.h"
#include "tools/mailbox/place.h"
#include <stdio.h>

enum { CODES = 5 };

/* What the payer says of one of our sets. */
struct said {
    phi_str st02;
    char code; /* IK501, first letter */
    phi_str codes[CODES];
    uint32_t codes_n;
};
struct said_group {
    phi_str gs06;
    char code; /* AK901 */
    struct said *sets;
    uint32_t n;
};

/* What becomes of one batch of a submitter. */
struct told {
    struct box_batch batch;
    uint32_t taken, noted, refused;
    const struct said *why; /* the first set of ours that was not simply taken */
    struct box_claim **lost;
    uint32_t lost_n;
};
struct telling {
    struct placing *p;
    struct told *list;
    uint32_t n;
};

static void *grown(struct arena *a, void *list, uint32_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    void *q = arena_alloc(a, (n ? 2 * n : 1) * size);
    if (n)
        memcpy(q, list, n * size);
    return q;
}

static char first(phi_str v)
{
    return v.n ? *v.p : 0;
}

static void read_set_end(struct said *s, const struct edi_seg *seg)
{
    s->code = first(seg_el(seg, 1));
    for (uint32_t i = 2; i < seg->n && s->codes_n < CODES; i++)
        if (!phi_empty(seg_el(seg, i)))
            s->codes[s->codes_n++] = seg_el(seg, i);
}

static void read_999(struct placing *p, struct said_group *g)
{
    struct scan *s = scan_fragment(p->answer->body.p, p->answer->body.n);
    struct edi_seg seg;
    *g = (struct said_group){.gs06 = {"", 0}};
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "AK1")) {
            g->gs06 = seg_el(&seg, 2);
        } else if (seg_is(&seg, "AK2")) {
            g->sets = grown(p->arena, g->sets, g->n, sizeof *g->sets);
            g->sets[g->n++] = (struct said){.st02 = seg_el(&seg, 2)};
        } else if (seg_is(&seg, "IK5") && g->n) {
            read_set_end(&g->sets[g->n - 1], &seg);
        } else if (seg_is(&seg, "AK9")) {
            g->code = first(seg_el(&seg, 1));
        }
    }
    scan_free(s);
}

/* What is said of a set of ours; of one that is not listed what is said of the whole group, and of
 * a part of a group nothing. */
static const struct said *said_of(const struct said_group *g, phi_str st02, struct said *whole)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (phi_eq(g->sets[i].st02, st02))
            return &g->sets[i];
    *whole = (struct said){.code = g->code};
    return g->code == 'P' || !g->code ? NULL : whole;
}

static struct told *told_of(struct telling *t, int64_t batch)
{
    for (uint32_t i = t->n; i-- > 0;)
        if (t->list[i].batch.no == batch)
            return &t->list[i];
    t->list = grown(t->p->arena, t->list, t->n, sizeof *t->list);
    t->list[t->n] = (struct told){.taken = 0};
    box_batch_of(t->p->box, batch, t->p->arena, &t->list[t->n].batch);
    return &t->list[t->n++];
}

static void tell_claim(struct telling *t, struct box_claim *c, const struct said *s)
{
    struct told *to = told_of(t, c->batch);
    bool taken = s->code == 'A', noted = s->code == 'E';
    to->taken += taken;
    to->noted += noted;
    to->refused += !taken && !noted;
    if (!taken && !to->why)
        to->why = s;
    if (taken || noted)
        return;
    to->lost = grown(t->p->arena, to->lost, to->lost_n, sizeof *to->lost);
    to->lost[to->lost_n++] = c;
}

/* A set is named that is none of the group: what is said of it, and so of the group, is about
 * another file than ours, and no claim may be told refused for it. */
static bool names_stranger(const struct said_group *g, const struct box_set *sets, uint32_t n)
{
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t k = 0;
        while (k < n && !phi_eq(g->sets[i].st02, sets[k].st02))
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* Every claim of every set of the group that something is said of; false: some are not here yet. */
static bool tell_group(struct telling *t, const struct said_group *g, const struct box_set *sets,
                       uint32_t n)
{
    struct placing *p = t->p;
    bool whole = true;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t claims_n;
        struct said *all = arena_alloc(p->arena, sizeof *all);
        const struct said *s = said_of(g, sets[i].st02, all);
        if (!s)
            continue;
        whole = whole && box_set_whole(p->box, sets[i].no);
        struct box_claim *c =
            box_claims_of_set(p->box, sets[i].no, s->code != 'A', p->arena, &claims_n);
        for (uint32_t k = 0; k < claims_n; k++)
            tell_claim(t, &c[k], s);
    }
    return whole;
}

static void add_finding(struct ack_finding *f, uint32_t *n, enum severity severity,
                        const char *report, phi_str code)
{
    struct ack_finding *to = &f[(*n)++];
    *to = (struct ack_finding){.f = {.severity = severity}, .unit = {"", 0}};
    snprintf(to->f.report, sizeof to->f.report, "%s%.*s", report, (int)(code.n < 5 ? code.n : 5),
             code.p);
}

/* Refused as a whole: rejected. Refused in part: accepted with errors, and the claims named that the
 * payer did not take; they are held here, so that the submitter has nothing to send again. */
static void set_of(struct placing *p, const struct told *t, struct ack_set *out)
{
    bool all = t->refused && !t->taken && !t->noted;
    enum severity severity = all ? SEV_TRANSACTION : SEV_WARNING;
    struct ack_finding *f = arena_alloc(p->arena, (CODES + t->lost_n + 1) * sizeof *f);
    *out = (struct ack_set){.st01 = "837", .findings = f};
    snprintf(out->st02, sizeof out->st02, "%s", t->batch.st02);
    snprintf(out->st03, sizeof out->st03, "%s", t->batch.gs.version);
    if (!t->why)
        return;
    for (uint32_t i = 0; i < t->why->codes_n; i++)
        add_finding(f, &out->findings_n, severity, "IK502:", t->why->codes[i]);
    for (uint32_t i = 0; i < t->lost_n; i++) {
        add_finding(f, &out->findings_n, severity, "IK304:8", phi_lit(""));
        struct ack_finding *to = &f[out->findings_n - 1];
        memcpy(to->f.segment, "CLM", 4);
        memcpy(to->f.loop, "2300", 5);
        to->f.position = t->lost[i]->seg;
        to->unit = t->lost[i]->facts.pcn;
    }
    if (out->findings_n == 0)
        add_finding(f, &out->findings_n, severity, "IK502:", phi_lit("5"));
}

/* The batches from number i on that came in one group; marks them as done. */
static void put_group(struct telling *t, uint32_t i, bool *done)
{
    struct placing *p = t->p;
    struct ack_set *sets = arena_alloc(p->arena, t->n * sizeof *sets);
    struct buf out = {0};
    uint32_t n = 0, number = box_number(p->box);
    const struct box_batch *to = &t->list[i].batch;
    for (uint32_t k = i; k < t->n; k++) {
        if (done[k] || !place_same_group(to, &t->list[k].batch))
            continue;
        done[k] = true;
        set_of(p, &t->list[k], &sets[n++]);
    }
    struct ack_group g = {.gs = to->gs, .sets = sets, .sets_n = n};
    struct ack_opts o = {.at_us = p->answer->at, .control = number, .warnings = true};
    g.gs.sets = g.gs.claimed = n;
    g.gs.closed = true;
    ack_write_999(&out, &to->isa, &g, &o);
    place_put(p, to, number, "999", buf_view(&out));
    buf_free(&out);
}

bool place_999(struct placing *p)
{
    struct said_group g;
    struct telling t = {.p = p};
    uint32_t n;
    read_999(p, &g);
    const struct box_set *sets = box_sets_of_group(p->box, g.gs06, p->arena, &n);
    if (n > 0 && names_stranger(&g, sets, n)) {
        place_unplaced(p, "999", "it names a set that its group does not hold");
        return true;
    }
    bool whole = n > 0 && tell_group(&t, &g, sets, n);
    if (!whole && !p->force)
        return false;
    if (t.n == 0) {
        place_unplaced(p, "999", "it answers no group that was sent");
        return true;
    }
    bool *done = arena_alloc(p->arena, t.n * sizeof *done);
    for (uint32_t i = 0; i < t.n; i++)
        if (!done[i])
            put_group(&t, i, done);
    return true;
}
