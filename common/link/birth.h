/*
 * A birth: one input frame (or one token of a source) and how many frames descend from it that are
 * not DONE. The whole delivery bookkeeping is this counter. It begins at 1 for the handler (a
 * keeper: its commit) itself.
 */
#ifndef CLAIMWIRE_LINK_BIRTH_H
#define CLAIMWIRE_LINK_BIRTH_H

#include <stdint.h>

struct birth {
    uint32_t open;
    void (*closed)(struct birth *b); /* open reached 0; frees b */
};

static inline void birth_add(struct birth *b)
{
    if (b)
        b->open++;
}
static inline void birth_drop(struct birth *b)
{
    if (b && --b->open == 0)
        b->closed(b);
}

#endif
