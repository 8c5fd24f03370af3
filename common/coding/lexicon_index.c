#include "common/coding/lexicon_index.h"
#include "common/util/log.h"

static uint64_t hint_of(const struct lexicon_index *x, uint64_t key)
{
    return (key ^ key >> 23) & (x->head->hint_bits - 1);
}

static void place_parts(struct lexicon_index *x)
{
    x->hints = (const uint64_t *)(x->head + 1);
    x->slots = (const void *)(x->hints + x->head->hint_bits / 64);
}

void lexicon_index_new(struct lexicon_index *x, size_t n)
{
    struct lexicon_head h = {.hint_bits = LEXICON_HINT_BITS, .slots = 16};
    while (h.slots < 2 * (uint64_t)n)
        h.slots *= 2;
    while (n < 4096 && h.hint_bits > 1 << 16) /* a starter table stays small */
        h.hint_bits /= 2;
    x->len = sizeof h + h.hint_bits / 8 + h.slots * sizeof(struct lexicon_slot);
    x->head = xcalloc(1, x->len);
    *x->head = h;
    place_parts(x);
}

void lexicon_index_put(struct lexicon_index *x, uint64_t key, uint32_t row)
{
    struct lexicon_slot *slots = (struct lexicon_slot *)(uintptr_t)x->slots;
    uint64_t *hints = (uint64_t *)(uintptr_t)x->hints, h = hint_of(x, key);
    uint64_t i = (key ^ key >> 31) & (x->head->slots - 1);
    while (slots[i].row)
        i = (i + 1) & (x->head->slots - 1);
    slots[i] = (struct lexicon_slot){key, row, (uint32_t)x->head->keys++};
    hints[h >> 6] |= UINT64_C(1) << (h & 63);
}

static bool power_of_two(uint64_t v)
{
    return v >= 16 && v <= UINT64_C(1) << 40 && (v & (v - 1)) == 0;
}

bool lexicon_index_open(struct lexicon_index *x, phi_str bytes)
{
    struct lexicon_head h;
    if (bytes.n < sizeof h)
        return false;
    memcpy(&h, bytes.p, sizeof h);
    if (!power_of_two(h.slots) || !power_of_two(h.hint_bits) || h.hint_bits < 64 ||
        h.keys > h.slots / 2 + 1 ||
        bytes.n != sizeof h + h.hint_bits / 8 + h.slots * sizeof(struct lexicon_slot))
        return false;
    x->head = (struct lexicon_head *)(uintptr_t)bytes.p;
    x->len = bytes.n;
    place_parts(x);
    return true;
}

const struct lexicon_slot *lexicon_index_find(const struct lexicon_index *x, uint64_t key)
{
    uint64_t h = hint_of(x, key), mask = x->head->slots - 1;
    if (!(x->hints[h >> 6] >> (h & 63) & 1))
        return NULL;
    uint64_t i = (key ^ key >> 31) & mask;
    for (uint64_t tries = 0; tries <= mask && x->slots[i].row; tries++, i = (i + 1) & mask)
        if (x->slots[i].key == key)
            return &x->slots[i];
    return NULL;
}
