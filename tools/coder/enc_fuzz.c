/* Any bytes as an encounter: refused by rule and path, or written as a claim that can be read and
 * whose lines add up. Run from the root of the repository (config/practice). */
#include "common/edi/claim.h"
#include "tools/coder/claim_write.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

static struct practice *practice(void)
{
    static struct arena a;
    static struct practice *p;
    struct buf error = {0};
    if (!p)
        p = practice_load("config/practice", &a, &error);
    HOLDS(p);
    buf_free(&error);
    return p;
}

static void check_set(struct buf *set, struct arena *a)
{
    struct claim c;
    int64_t sum;
    for (set->len--; set->p[set->len - 1] != '~'; set->len--) /* SE */
        ;
    HOLDS(claim_read(buf_view(set), &c, a));
    HOLDS(claim_line_sum(&c, &sum) && sum == c.charge && sum > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena a = {0};
    struct buf set = {0};
    struct enc *e = arena_alloc(&a, sizeof *e);
    struct enc_fault f;
    if (enc_read(phi_of((const char *)p, n), practice(), INT32_MAX, &a, e, &f)) {
        claim_write(&set, e, practice(), 'T', 0, 1);
        check_set(&set, &a);
    } else {
        HOLDS(f.rule && f.why);
    }
    buf_free(&set);
    arena_free(&a);
    return 0;
}
