/* JSON bodies of interchange, group and verdict records: any bytes are read or refused; what was
 * read can be written and read again. */
#include "common/edi/verdict.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    phi_str body = phi_of((const char *)p, n);
    struct arena mem = {0};
    struct buf out = {0};
    struct verdict v;
    struct verdict_group g;
    struct verdict_isa i;
    if (verdict_read(body, &mem, &v)) {
        verdict_write(&out, &v);
        if (!verdict_read(buf_view(&out), &mem, &v))
            abort();
    }
    buf_clear(&out);
    if (verdict_group_read(body, &mem, &g)) {
        verdict_group_write(&out, &g);
        if (!verdict_group_read(buf_view(&out), &mem, &g))
            abort();
    }
    buf_clear(&out);
    if (verdict_isa_read(body, &mem, &i)) {
        verdict_isa_write(&out, &i);
        if (!verdict_isa_read(buf_view(&out), &mem, &i))
            abort();
    }
    buf_free(&out);
    arena_free(&mem);
    return 0;
}
