#include "common/rules/met.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST = 16, MAPPED = 1 << 14 };

/* Tables of some size are the system's, and go back to it when they are outgrown: in the heap each
 * would leave a hole that the next does not fit into. */
static uint64_t *make(uint32_t room)
{
    if (room < MAPPED)
        return xcalloc(room, sizeof(uint64_t));
    void *slot = mmap(NULL, room * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slot == MAP_FAILED)
        die(EXIT_TRY_LATER, "out of memory");
    return slot;
}

static void unmake(uint64_t *slot, uint32_t room)
{
    if (room < MAPPED)
        free(slot);
    else
        munmap(slot, room * sizeof *slot);
}

/* Rooms are 2^n and 3/2 of it. */
static uint32_t next_room(uint32_t room)
{
    return !room ? FIRST : room & (room - 1) ? room / 3 * 4 : room / 2 * 3;
}

/* Spreads the bits of a hash (the finalizer of MurmurHash3, which loses none); never 0. */
static uint64_t spread(uint64_t h)
{
    h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
    h ^= h >> 33;
    return h ? h : 1;
}

static uint64_t *place(uint64_t *slot, uint32_t room, uint64_t key)
{
    uint32_t i = (uint32_t)((key & UINT32_MAX) * room >> 32);
    while (slot[i] && slot[i] != key)
        i = i + 1 == room ? 0 : i + 1;
    return &slot[i];
}

static void grow(struct met_set *m, uint32_t part)
{
    uint32_t old = m->room[part], room = next_room(old);
    uint64_t *more = make(room);
    for (uint32_t i = 0; i < old; i++)
        if (m->slot[part][i])
            *place(more, room, m->slot[part][i]) = m->slot[part][i];
    unmake(m->slot[part], old);
    m->slot[part] = more;
    m->room[part] = room;
}

enum met_answer met_add(struct met_set *m, uint64_t hash)
{
    uint64_t key = spread(hash);
    uint32_t part = (uint32_t)(key >> 32) % MET_PARTS;
    bool full = m->n[part] >= m->room[part] / 8 * 7;
    if (full && m->room[part] < MET_PART_MOST) {
        grow(m, part);
        full = false;
    }
    uint64_t *at = place(m->slot[part], m->room[part], key);
    if (*at)
        return MET_AGAIN;
    if (full)
        return MET_FULL;
    *at = key;
    m->n[part]++;
    return MET_NEW;
}

void met_clear(struct met_set *m)
{
    for (uint32_t i = 0; i < MET_PARTS; i++) {
        if (m->n[i])
            memset(m->slot[i], 0, m->room[i] * sizeof *m->slot[i]);
        m->n[i] = 0;
    }
}

void met_free(struct met_set *m)
{
    for (uint32_t i = 0; i < MET_PARTS; i++)
        unmake(m->slot[i], m->room[i]);
    memset(m, 0, sizeof *m);
}
