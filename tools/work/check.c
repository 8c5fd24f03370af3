#include "tools/work/check.h"
#include <stdlib.h>

static int by_chain(const void *pa, const void *pb)
{
    int64_t a = (*(const struct item *const *)pa)->chain,
            b = (*(const struct item *const *)pb)->chain;
    return (a > b) - (a < b);
}

/* The items that are about claims, by claim. */
static const struct item **sorted(const struct followup *f, struct arena *a, size_t *n)
{
    const struct item **all = arena_alloc(a, (f->items.n + 1) * sizeof *all);
    *n = 0;
    for (size_t i = 0; i < f->items.n; i++)
        if (f->items.v[i].chain)
            all[(*n)++] = &f->items.v[i];
    qsort(all, *n, sizeof *all, by_chain);
    return all;
}

static void fault(struct checked *k, struct arena *a, const struct looked *x, phi_str claim,
                  const char *what)
{
    if (k->n == k->room) {
        size_t room = k->room ? 2 * k->room : 16;
        struct check_fault *wider = arena_alloc(a, room * sizeof *wider);
        if (k->n)
            memcpy(wider, k->fault, k->n * sizeof *wider);
        k->fault = wider;
        k->room = room;
    }
    k->fault[k->n++] = (struct check_fault){x ? x->chain : 0, x ? x->open : 0, claim, what};
}

enum cover { COVER_NONE, COVER_TIMER, COVER_OWNER };

/* What holds one item: its role, or, resolved, the day on which it comes back. */
static enum cover item_cover(const struct item *i, int64_t now)
{
    if (!i->resolved)
        return *i->role ? COVER_OWNER : COVER_NONE;
    return i->returns_us > now ? COVER_TIMER : COVER_NONE;
}

static void claim(const struct followup *f, const struct looked *x, enum cover cover,
                  struct checked *k, struct arena *a)
{
    int64_t silent = f->q->timers.of[TIMER_SILENT].v[0];
    const struct watch *w = &x->watch;
    k->claims++;
    if (cover == COVER_OWNER) {
        k->owned++;
    } else if (w->ended) {
        k->ended++;
    } else if (cover == COVER_TIMER || w->next > f->now_us) {
        k->timed++;
        if (f->now_us - w->heard_us > silent && cover == COVER_NONE)
            fault(k, a, x, x->pcn, "silent for longer than anything may be");
    } else {
        fault(k, a, x, x->pcn, "waits without a timer or an owner");
    }
}

void check_all(const struct followup *f, struct checked *k, struct arena *a)
{
    size_t n, at = 0;
    const struct item **items = sorted(f, a, &n);
    *k = (struct checked){0};
    for (size_t i = 0; i < f->claims.n; i++) {
        enum cover best = COVER_NONE;
        while (at < n && items[at]->chain < f->claims.v[i].chain)
            at++;
        for (; at < n && items[at]->chain == f->claims.v[i].chain; at++) {
            enum cover c = item_cover(items[at], f->now_us);
            best = c > best ? c : best;
        }
        claim(f, &f->claims.v[i], best, k, a);
    }
    for (size_t i = 0; i < f->items.n; i++)
        if (!f->items.v[i].chain && !f->items.v[i].resolved && !*f->items.v[i].role)
            fault(k, a, NULL, f->items.v[i].claim, "an item that is nobody's");
}
