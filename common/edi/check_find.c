/* Findings: made, held until the end of the set, sorted by place, told. */
#include "common/edi/check_int.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

static void copy_id(char *to, size_t room, const char *p, size_t n)
{
    size_t k = n < room ? n : room - 1;
    for (size_t i = 0; i < k; i++)
        to[i] = (unsigned char)p[i] > ' ' && (unsigned char)p[i] < 0x7f ? p[i] : '?';
    to[k] = 0;
}

/* The C string, cut to its room. */
static void copy_text(char *to, size_t room, const char *from)
{
    size_t n = strnlen(from, room - 1);
    memcpy(to, from, n);
    to[n] = 0;
}

/* Ordinal of the claim that a node stands in; 0 above the claims. */
static uint32_t claim_of(const struct check *c, uint16_t node)
{
    if (c->opening)
        return c->r.claims + 1;
    if (c->claim_loop == GUIDE_NONE || node == GUIDE_NONE)
        return 0;
    return node >= c->claim_loop && node < c->g->node[c->claim_loop].end ? c->r.claims : 0;
}

static struct finding *hold(struct check *c)
{
    if (c->held_n == FINDINGS_HELD)
        check_tell(c);
    if (c->held_n == c->held_cap) {
        c->held_cap = c->held_cap ? c->held_cap * 2 : 64;
        c->held = xrealloc(c->held, c->held_cap * sizeof *c->held);
    }
    struct held_finding *h = &c->held[c->held_n++];
    memset(h, 0, sizeof *h);
    h->missing = GUIDE_NONE;
    h->order = c->order++;
    return &h->f;
}

/* What the partner's profile makes of it. */
static enum severity agreed(const struct check *c, const char *rule, enum severity sev)
{
    uint16_t at = c->about != GUIDE_NONE ? c->about : c->at;
    const char *loop = "", *segment = "";
    if (c->known && at != GUIDE_NONE) {
        const struct g_node *n = &c->g->node[at];
        segment = n->loop ? c->g->node[n->child].id : n->id;
        loop = check_loop_of(c, at)->id;
    }
    enum severity s = c->terms.severity(c->terms.ctx, rule, loop, segment, sev);
    /* Above the claims, what is refused is the set. */
    return s == SEV_CLAIM && sev < SEV_CLAIM && !claim_of(c, at) ? SEV_TRANSACTION : s;
}

static struct finding *make(struct check *c, const char *rule, enum severity sev,
                            const char *report, const char *fmt, va_list ap)
{
    /* A partner's own rule may be named otherwise; who tells it knows its level. */
    bool ours = rule[0] == 'S' && rule[1] >= '1' && rule[1] <= '7';
    uint8_t level = ours ? (uint8_t)(rule[1] - '0') : 0;
    if (c->o.max_level && level > c->o.max_level)
        return NULL;
    if (c->terms.severity)
        sev = agreed(c, rule, sev);
    struct finding *f = hold(c);
    copy_text(f->rule, sizeof f->rule, rule);
    copy_text(f->report, sizeof f->report, report);
    f->level = level;
    f->severity = sev;
    f->position = c->pos;
    if (c->known && c->at != GUIDE_NONE)
        copy_text(f->loop, sizeof f->loop, check_loop_of(c, c->at)->id);
    f->claim = c->known ? claim_of(c, c->at) : 0;
    if (c->seg) {
        phi_str id = seg_el(c->seg, 0);
        copy_id(f->segment, sizeof f->segment, id.p, id.n);
        f->offset = c->seg->off;
    }
    char text[400];
    if (fmt[0] == '%' && fmt[1] == 's' && !fmt[2]) /* the text of a rule */
        copy_text(text, sizeof text, va_arg(ap, const char *));
    else
        vsnprintf(text, sizeof text, fmt, ap);
    f->text = arena_strdup(&c->mem, text);
    f->bad = phi_of("", 0);
    c->r.findings++;
    c->faults += sev >= SEV_TRANSACTION;
    return f;
}

struct finding *check_find(struct check *c, const char *rule, enum severity sev, const char *report,
                           const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct finding *f = make(c, rule, sev, report, fmt, ap);
    va_end(ap);
    return f;
}

struct finding *check_find_el(struct check *c, const char *rule, enum severity sev,
                              const char *report, uint32_t el, uint32_t comp, uint32_t de,
                              phi_str bad, const char *fmt, ...)
{
    c->faulted |= 1ull << (el & 63);
    va_list ap;
    va_start(ap, fmt);
    struct finding *f = make(c, rule, sev, report, fmt, ap);
    va_end(ap);
    if (!f)
        return NULL;
    f->element = (uint16_t)el;
    f->component = (uint16_t)comp;
    f->repetition = c->rep;
    f->data_element = de;
    f->bad = bad.n ? arena_phi(&c->mem, bad) : phi_of("", 0);
    if (c->seg && el < c->seg->n) {
        phi_str v = seg_el(c->seg, el);
        const char *at = bad.n && bad.p >= v.p && bad.p < v.p + v.n ? bad.p : v.p;
        f->offset = c->seg->off + (uint64_t)(at - (c->seg->base + c->seg->start));
    }
    return f;
}

void check_move(struct check *c, struct finding *f, uint32_t pos, uint64_t off, const char *segment,
                const struct g_node *loop)
{
    if (!f)
        return;
    f->position = pos;
    f->offset = off;
    if (segment)
        copy_text(f->segment, sizeof f->segment, segment);
    if (loop) {
        copy_text(f->loop, sizeof f->loop, loop->id);
        f->claim = claim_of(c, (uint16_t)(loop - c->g->node));
    }
}

/* The unknown segment that came may stand for this one: it stood right before, or where this one
 * could have come. */
static bool stray_stands_for(const struct check *c, uint16_t node)
{
    const struct guide *g = c->g;
    uint16_t loop = g->node[node].parent, child = c->stray_at;
    if (!c->stray || c->stray + 1 == c->pos)
        return c->stray != 0;
    if (child < loop || child >= g->node[loop].end || c->instance[loop] > c->stray_stamp)
        return false;
    while (g->node[child].parent != loop)
        child = g->node[child].parent;
    return g->node[node].group >= g->node[child].group;
}

bool check_by_partner(const struct check *c, uint16_t node)
{
    return c->g->base && c->g->base->node[node].usage != c->g->node[node].usage;
}

void check_found_missing(struct check *c, uint16_t node)
{
    const struct g_node *n = check_node(c, node);
    if (stray_stands_for(c, node)) {
        c->stray = 0;
        return;
    }
    const struct g_node *first = n->loop ? &c->g->node[n->child] : n;
    /* What the base standard wants is 3; what only the guide wants is I8, a loop I7. A loop is
     * told by its first segment. */
    bool base = n->loop ? first->usage == 'M' : n->usage == 'M';
    c->about = node;
    struct finding *f = check_find(
        c, base ? "S1-032" : "S2-004", n->noted || n->missing_noted ? SEV_WARNING : SEV_TRANSACTION,
        base      ? "IK304:3"
        : n->loop ? "IK304:I7"
                  : "IK304:I8",
        n->loop ? "loop %s is missing%s%s%s%s" : "segment %s is missing%s%s%s%s", n->id,
        n->label ? " (" : "", n->label ? n->label : "", n->label ? ")" : "",
        check_by_partner(c, node) ? "; the partner's profile wants it" : "");
    c->about = GUIDE_NONE;
    if (!f)
        return;
    c->held[c->held_n - 1].missing = node;
    c->held[c->held_n - 1].missing_stamp = c->instance[n->parent];
    check_move(c, f, c->pos, f->offset, first->id, n->loop ? n : check_loop_of(c, node));
}

bool check_take_back(struct check *c, uint16_t node)
{
    for (uint32_t i = c->held_n; i-- > 0;) {
        struct held_finding *h = &c->held[i];
        if (h->gone || h->missing != node ||
            h->missing_stamp != c->instance[c->g->node[node].parent])
            continue;
        h->gone = true;
        c->r.findings--;
        c->faults -= h->f.severity >= SEV_TRANSACTION;
        return true;
    }
    return false;
}

void check_drop(struct check *c, const char *rule, uint32_t from)
{
    for (uint32_t i = c->held_n; i-- > 0 && c->held[i].f.position >= from;)
        if (!c->held[i].gone && strcmp(c->held[i].f.rule, rule) == 0) {
            c->held[i].gone = true;
            c->r.findings--;
        }
}

void check_unbalance(struct check *c)
{
    for (uint32_t i = c->held_n; i-- > 0;) {
        struct held_finding *h = &c->held[i];
        if (h->gone || h->f.level != 3 || h->f.claim != c->r.claims)
            continue;
        h->gone = true;
        c->r.findings--;
        c->faults -= h->f.severity >= SEV_TRANSACTION;
    }
}

static int by_place(const void *a, const void *b)
{
    const struct held_finding *x = a, *y = b;
    uint32_t k[] = {x->f.position, x->f.element, x->f.component, x->f.repetition, x->order};
    uint32_t m[] = {y->f.position, y->f.element, y->f.component, y->f.repetition, y->order};
    for (size_t i = 0; i < sizeof k / sizeof *k; i++)
        if (k[i] != m[i])
            return k[i] < m[i] ? -1 : 1;
    return 0;
}

void check_tell(struct check *c)
{
    if (c->held_n > 1)
        qsort(c->held, c->held_n, sizeof *c->held, by_place);
    for (uint32_t i = 0; i < c->held_n; i++)
        if (!c->held[i].gone && c->sink.found)
            c->sink.found(c->sink.ctx, &c->held[i].f);
    c->held_n = 0;
    arena_clear(&c->mem);
}
