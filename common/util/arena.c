#include "common/util/arena.h"
#include "common/util/log.h"
#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, cap;
    alignas(max_align_t) char mem[];
};

static struct arena_block *block_new(struct arena *a, size_t least)
{
    size_t cap = least > BLOCK ? least : BLOCK;
    struct arena_block *b = xrealloc(NULL, sizeof *b + cap);
    b->used = 0;
    b->cap = cap;
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    n = (n + align - 1) / align * align;
    struct arena_block *b = a->blocks;
    if (!b || b->cap - b->used < n)
        b = block_new(a, n);
    void *p = b->mem + b->used;
    b->used += n;
    return memset(p, 0, n);
}

char *arena_strndup(struct arena *a, const char *p, size_t n)
{
    char *s = arena_alloc(a, n + 1);
    if (n)
        memcpy(s, p, n);
    return s;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

phi_str arena_phi(struct arena *a, phi_str s)
{
    return phi_of(arena_strndup(a, s.p, s.n), s.n);
}

void arena_clear(struct arena *a)
{
    struct arena_block *keep = a->blocks;
    if (!keep)
        return;
    for (struct arena_block *b = keep->next, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    keep->next = NULL;
    keep->used = 0;
}

void arena_free(struct arena *a)
{
    arena_clear(a);
    free(a->blocks);
    a->blocks = NULL;
}
