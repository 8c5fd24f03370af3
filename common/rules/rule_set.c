/* Conditions on the set as a whole, most of which has been dropped when its end comes: what is
 * counted, summed up, or remembered by a hash. */
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdlib.h>

static struct value answer(bool known, int64_t n)
{
    return (struct value){.known = known, .n = n};
}

struct value f_claims(struct eval *e, const struct expr *x)
{
    (void)x;
    return answer(true, e->r->c->r.claims);
}

struct value f_charged(struct eval *e, const struct expr *x)
{
    (void)x;
    return answer(e->r->charged != INT64_MIN, e->r->charged);
}

struct value f_separator(struct eval *e, const struct expr *x)
{
    (void)x;
    return (struct value){.known = true, .s = phi_of(&e->r->c->d.comp, 1)};
}

/* FNV-1a; never 0. */
static uint64_t hash_of(phi_str v, uint64_t h)
{
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
    return h ? h : 1;
}

/* The place of a text for this call of this rule; NULL when no room is left. */
static struct met *seen(struct eval *e, const struct expr *x, phi_str v)
{
    struct rules_run *r = e->r;
    if (!r->seen)
        r->seen = xcalloc(SEEN_ROOM, sizeof *r->seen);
    uint64_t key = hash_of(v, 14695981039346656037u ^ (uint64_t)(uintptr_t)x);
    uint32_t i = (uint32_t)(key >> 20) & (SEEN_ROOM - 1);
    while (r->seen[i].set == r->set && r->seen[i].key && r->seen[i].key != key)
        i = (i + 1) & (SEEN_ROOM - 1);
    if (r->seen[i].set != r->set)
        r->seen[i] = (struct met){.set = r->set};
    if (!r->seen[i].key && r->seens >= SEEN_ROOM / 2)
        return NULL;
    return &r->seen[i];
}

static void remember(struct eval *e, const struct expr *x, phi_str v, struct met *s, uint64_t with)
{
    s->key = hash_of(v, 14695981039346656037u ^ (uint64_t)(uintptr_t)x);
    s->with = with;
    e->r->seens++;
}

/* The text has not come before in this set. */
struct value f_first(struct eval *e, const struct expr *x)
{
    phi_str v = eval_text(e, x->arg[0]);
    struct met *s = seen(e, x, v);
    if (!s || !v.n)
        return answer(false, 0);
    if (s->key)
        return answer(true, false);
    remember(e, x, v, s, 0);
    return answer(true, true);
}

/* These texts together have not come before: in this set, or in all that the run has walked. */
struct value f_fresh(struct eval *e, const struct expr *x)
{
    uint64_t key = 14695981039346656037u ^ (uint64_t)(uintptr_t)x;
    for (int i = 0; i < 3 && x->arg[i]; i++) {
        phi_str v = eval_text(e, x->arg[i]);
        if (!i && !v.n)
            return answer(false, 0);
        key = hash_of(phi_of("", 1), hash_of(v, key)); /* a NUL between them */
    }
    key = hash_of(phi_of((const char *)&e->r->b, sizeof e->r->b), key);
    enum met_answer a = met_add(&e->r->met, key);
    return answer(a != MET_FULL, a == MET_NEW);
}

/* The text came before in this set always with the same other text. */
struct value f_steady(struct eval *e, const struct expr *x)
{
    phi_str v = eval_text(e, x->arg[0]), w = eval_text(e, x->arg[1]);
    uint64_t with = hash_of(w, 14695981039346656037u);
    struct met *s = seen(e, x, v);
    if (!s || !v.n)
        return answer(false, 0);
    if (s->key)
        return answer(true, s->with == with);
    remember(e, x, v, s, with);
    return answer(true, true);
}
