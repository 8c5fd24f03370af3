/* What the balances of 837 and 835 share. */
#include "common/edi/balance.h"
#include <stdio.h>

uint8_t balance_tag(const struct guide *g, const struct g_node *n)
{
    uint8_t tag = balance837_tag(g, n);
    return tag ? tag : balance835_tag(g, n);
}

uint8_t balance_place_tag(const struct guide *g, const struct g_node *n,
                          const struct balance_place *t, size_t many)
{
    const char *loop = g->node[n->parent].id;
    for (size_t i = 0; i < many; i++) {
        if (strcmp(t[i].segment, n->id) != 0 || (t[i].loop && strcmp(t[i].loop, loop) != 0))
            continue;
        if (!t[i].value || (n->qual.codes && g_has(n->qual.codes, phi_lit(t[i].value))))
            return t[i].tag;
    }
    return 0;
}

struct amount balance_amount(const struct check *c, const struct edi_seg *s, uint32_t el)
{
    struct amount a = {.pos = c->pos, .el = (uint8_t)el, .loop = check_node(c, c->at)->parent};
    phi_str v = seg_el(s, el);
    a.given = v.n && money_parse(v, &a.cents);
    a.off = s->off + (uint64_t)(v.p - (s->base + s->start));
    memcpy(a.segment, check_node(c, c->at)->id, sizeof a.segment);
    return a;
}

int64_t balance_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (money_add(a, b, &sum))
        return sum;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t balance_cas(const struct edi_seg *s)
{
    int64_t sum = 0, v;
    for (uint32_t i = 3; i < s->n && i <= 18; i += 3)
        if (money_parse(seg_el(s, i), &v))
            sum = balance_add(sum, v);
    return sum;
}

static int64_t size_of(int64_t v)
{
    return v == INT64_MIN ? INT64_MAX : v < 0 ? -v : v;
}

bool balance_explained(const struct told *t, int64_t diff)
{
    if (diff == 0)
        return true;
    for (uint32_t i = 0; i < t->n; i++)
        if (size_of(t->diff[i]) == size_of(diff))
            return true;
    return t->n && size_of(t->sum) == size_of(diff);
}

void balance_tell(struct told *t, int64_t diff)
{
    if (t->n < sizeof t->diff / sizeof *t->diff)
        t->diff[t->n++] = diff;
    t->sum = balance_add(t->sum, diff);
}

void balance_find(struct check *c, const char *rule, enum severity sev, const char *report,
                  const struct amount *at, const char *text)
{
    uint64_t faulted = c->faulted;
    struct finding *f =
        check_find_el(c, rule, sev, report, at->el, 0, 782, phi_of("", 0), "%s", text);
    c->faulted = faulted;
    check_move(c, f, at->pos, at->off, at->segment, check_node(c, at->loop));
    if (f && at->loop == 0)
        f->loop[0] = 0;
}
