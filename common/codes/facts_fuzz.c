/* Fuzzing of tables of facts: whatever the file, it is refused with its line, or every cell can be
 * found again through an index. */
#include "common/codes/facts.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(struct facts *f)
{
    struct fact_table *t = facts_table(f, phi_lit("t"));
    uint8_t first = 0;
    const struct fact_index *x = fact_index_of(f, t, &first, 1);
    for (uint32_t r = 0; r < fact_rows(t); r++) {
        phi_str key = fact_cell(t, r, 0);
        uint32_t at = fact_find(x, &key, UINT32_MAX);
        while (at != r && at != UINT32_MAX)
            at = fact_find(x, &key, at);
        if (at != r)
            abort();
        (void)fact_holds(t, r, 20000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf error = {0};
    struct facts *f = facts_new();
    char *copy = malloc(size + 1); /* so that a read behind the end is seen */
    memcpy(copy, data, size);
    if (size > 1 << 16)
        size = 1 << 16;
    if (facts_add(f, "t", "t.csv", phi_of(copy, size), &error))
        look_up(f);
    else if (strncmp(buf_cstr(&error), "t.csv:", 6) != 0)
        abort();
    facts_free(f);
    buf_free(&error);
    free(copy);
    return 0;
}
