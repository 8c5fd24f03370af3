/*
 * What ingest makes of any bytes, X12 or JSON lines: the plan's items lie in the file, its frames
 * cover them in order, what is numbered is what goes on, and encounters are JSON objects.
 */
#include "common/intake/plan.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

/* Says of every third interchange that it came before, of others that they came otherwise. */
static enum plan_seen seen(void *ctx, const char *key, uint64_t off, const struct digest *d)
{
    unsigned *calls = ctx;
    (void)key, (void)off, (void)d;
    return (enum plan_seen)(++*calls % 3);
}

static void check_item(const struct plan *p, const struct plan_item *it, const uint8_t *text,
                       size_t n)
{
    int column;
    HOLDS(it->off <= n && it->len <= n - it->off);
    if (it->kind == ITEM_SET) {
        HOLDS(it->at < p->groups_n && !p->groups[it->at].refused);
        HOLDS(!p->isas[p->groups[it->at].isa].refused);
        HOLDS(memcmp(text + it->off, "ST", 2) == 0);
    }
    if (it->kind == ITEM_ENC)
        HOLDS(plan_is_encounter(phi_of((const char *)text + it->off, it->len), &column));
}

static void check_plan(const struct plan *p, const uint8_t *text, size_t n)
{
    uint32_t numbered = 0;
    size_t frame = 0;
    HOLDS(p->frames[p->frames_n].item == p->items_n && p->frames[p->frames_n].seqs == p->seqs);
    for (size_t i = 0; i < p->items_n; i++) {
        if (frame < p->frames_n && p->frames[frame].item == i)
            HOLDS(p->frames[frame++].seqs == numbered);
        HOLDS(frame > 0 && i - p->frames[frame - 1].item < PLAN_FRAME_RECORDS);
        check_item(p, &p->items[i], text, n);
        numbered += p->items[i].kind == ITEM_SET || p->items[i].kind == ITEM_ENC;
    }
    HOLDS(numbered == p->seqs && frame == p->frames_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    unsigned calls = 0;
    struct plan_opts o = {.seen = seen, .ctx = &calls};
    struct plan plan = {0};
    int fd = memfd_create("fuzz", 0);
    HOLDS(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    HOLDS(plan_read(&plan, fd, &o) == 0);
    check_plan(&plan, p, n);
    plan_free(&plan);
    close(fd);
    return 0;
}
