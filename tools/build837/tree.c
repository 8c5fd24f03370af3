#include "tools/build837/tree.h"
#include "tools/build837/render.h"
#include <sodium.h>

struct tree tree_new(uint32_t claims, struct arena *a)
{
    uint32_t slots = 16;
    while (slots < claims * 6) /* at most three levels a claim, half empty */
        slots *= 2;
    return (struct tree){
        .slots = arena_alloc(a, slots * sizeof(struct node *)), .mask = slots - 1, .arena = a};
}

static uint64_t hash(const struct node *parent, phi_str part)
{
    unsigned char key[crypto_shorthash_KEYBYTES] = {0}, h[crypto_shorthash_BYTES];
    uint64_t v;
    memcpy(key, &parent, sizeof parent);
    crypto_shorthash(h, (const unsigned char *)part.p, part.n, key);
    memcpy(&v, h, sizeof v);
    return v;
}

static struct node *append(struct tree *t, struct node *parent, phi_str part, uint32_t segments)
{
    struct node *n = arena_alloc(t->arena, sizeof *n);
    n->part = part;
    n->parent = parent;
    *(parent->last ? &parent->last->next : &parent->first) = n;
    parent->last = n;
    t->segments += segments;
    return n;
}

static bool full(const struct node *n)
{
    return n->claims_n >= CLAIMS_PER_PATIENT;
}

/* The level with this part under parent; a full one gives its place to a new one like it. */
static struct node *level(struct tree *t, struct node *parent, phi_str part, uint32_t segments)
{
    struct node *n = parent->last;
    if (n && phi_eq(n->part, part) && !full(n))
        return n;
    for (uint64_t i = hash(parent, part);; i++) {
        struct node **at = &t->slots[i & t->mask];
        if (*at && ((*at)->parent != parent || !phi_eq((*at)->part, part)))
            continue;
        if (!*at || full(*at))
            *at = append(t, parent, part, segments);
        return *at;
    }
}

static phi_str after(phi_str part, phi_str hl)
{
    return phi_of(part.p + hl.n, part.n - hl.n);
}

void tree_add(struct tree *t, const struct claim_parts *p)
{
    struct leaf *l = arena_alloc(t->arena, sizeof *l);
    struct node *n = level(t, &t->root, after(p->billing, p->billing_hl), p->billing_segments);
    n = level(t, n, after(p->subscriber, p->subscriber_hl), p->subscriber_segments);
    if (p->patient.n)
        n = level(t, n, after(p->patient, p->patient_hl), p->patient_segments);
    l->claim = p->claim;
    *(n->claims_last ? &n->claims_last->next : &n->claims) = l;
    n->claims_last = l;
    n->claims_n++;
    t->segments += p->claim_segments;
}
