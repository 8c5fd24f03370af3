/*
 * tree: the hierarchical levels of one set. Nodes are 2000A, then 2000B, then 2000C; claims hang
 * below 2000B or 2000C. Everything is the arena's; slices borrow from the bodies.
 */
#ifndef CLAIMWIRE_BUILD837_TREE_H
#define CLAIMWIRE_BUILD837_TREE_H

#include "common/edi/claim.h"

struct leaf {
    phi_str claim; /* 2300 on */
    struct leaf *next;
};
struct node {
    phi_str part; /* of the level, without its HL */
    struct node *parent, *next, *first, *last;
    struct leaf *claims, *claims_last;
    uint32_t claims_n;
};
struct tree {
    struct node root; /* its children are the 2000A */
    struct node **slots;
    uint32_t mask, used;
    uint32_t segments; /* of all levels and claims, HL included */
    struct arena *arena;
};

/* Room for so many claims. */
struct tree tree_new(uint32_t claims, struct arena *a);
/* Hangs a claim where it belongs. */
void tree_add(struct tree *t, const struct claim_parts *p);

#endif
