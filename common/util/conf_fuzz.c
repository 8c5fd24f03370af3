/* Configuration: any bytes are read or refused with a place, never a crash. */
#include "common/util/conf.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Every node has a place; a map's children have keys and are found by them. */
static void walk(const struct conf *c)
{
    size_t n = 0;
    if (c->line < 1 || c->column < 1 || !c->text)
        abort();
    for (const struct conf *k = c->first; k; k = k->next, n++) {
        if ((k->key != NULL) != (c->kind == CONF_MAP) || (k->key && conf_get(c, k->key) != k))
            abort();
        walk(k);
    }
    if (n != c->n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena a = {0};
    struct buf error = {0};
    const struct conf *c = conf_parse("f", phi_of((const char *)p, n), &a, &error);
    if (c)
        walk(c);
    if ((c == NULL) != (error.len > 0) || (!c && strncmp(buf_cstr(&error), "f:", 2) != 0))
        abort();
    buf_free(&error);
    arena_free(&a);
    return 0;
}
