/* Pipeline files: any bytes are read or refused with a place, never a crash. */
#include "common/link/pipeline.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct pipeline out;
    struct buf error = {0};
    int rc = pipeline_parse("f", phi_of((const char *)p, n), &out, &error);
    if ((rc == 0) != (error.len == 0) || (rc < 0 && strncmp(buf_cstr(&error), "f:", 2) != 0))
        abort();
    if (rc == 0 && (!out.stages_n || !pipeline_find(&out, out.stages[0].name)))
        abort();
    pipeline_free(&out);
    buf_free(&error);
    return 0;
}
