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

/* Amounts as nearly all are; anything else is for money_parse(). */
bool balance_money(phi_str s, int64_t *cents)
{
    int64_t v = 0;
    size_t i = 0;
    if (s.n == 0 || s.n > 15)
        return money_parse(s, cents);
    for (; i < s.n && (unsigned char)(s.p[i] - '0') <= 9; i++)
        v = v * 10 + (s.p[i] - '0');
    size_t left = s.n - i;
    if (left == 0) {
        *cents = v * 100;
        return true;
    }
    if (s.p[i] != '.' || left == 1 || left > 3)
        return money_parse(s, cents);
    for (size_t k = 1; k < 3; k++) {
        unsigned char d = k < left ? (unsigned char)(s.p[i + k] - '0') : 0;
        if (d > 9)
            return money_parse(s, cents);
        v = v * 10 + d;
    }
    *cents = v;
    return true;
}

struct amount balance_amount(const struct check *c, const struct edi_seg *s, uint32_t el)
{
    struct amount a = {.pos = c->pos, .el = (uint8_t)el, .node = c->at};
    phi_str v = seg_el(s, el);
    a.given = v.n && balance_money(v, &a.cents);
    a.off = s->off + (uint64_t)(v.p - (s->base + s->start));
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
        if (balance_money(seg_el(s, i), &v))
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

void balance_excuse(struct told *t, int64_t diff)
{
    if (t->n < sizeof t->diff / sizeof *t->diff)
        t->diff[t->n++] = diff;
}

void balance_tell(struct told *t, int64_t diff)
{
    balance_excuse(t, diff);
    t->sum = balance_add(t->sum, diff);
}

void balance_find(struct check *c, const char *rule, enum severity sev, const char *report,
                  const struct amount *at, const char *text)
{
    uint64_t faulted = c->faulted;
    struct buf amount = {0};
    if (at->given)
        money_x12(&amount, at->cents);
    struct finding *f =
        check_find_el(c, rule, sev, report, at->el, 0, 782, buf_view(&amount), "%s", text);
    buf_free(&amount);
    c->faulted = faulted;
    const struct g_node *n = check_node(c, at->node);
    check_move(c, f, at->pos, at->off, n->id, check_node(c, n->parent));
    if (f && n->parent == 0)
        f->loop[0] = 0;
}
