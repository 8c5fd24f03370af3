/* The XML layouts: any bytes are read or refused with a reason; what is given are codes. */
#include "common/util/log.h"
#include "tools/codeset/import.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool take(void *ctx, const struct import_row *r)
{
    size_t *pair = ctx; /* length that every pair must have; 0: any that fits */
    if (r->code.len == 0 || r->code.len > 16 || r->pair.len > 16 || (*pair && r->pair.len != *pair))
        abort();
    return true;
}

static void read_as(const char *layout, size_t pair, const uint8_t *p, size_t n)
{
    struct import_sink sink = {take, &pair};
    struct buf error = {0};
    struct import im = {.layout = import_layouts, .sink = &sink};
    while (strcmp(im.layout->name, layout) != 0)
        im.layout++;
    im.system = im.layout->system;
    int fd = memfd_create("fuzz", 0);
    if (write(fd, p, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    if ((import_read(&im, fd, &error) != 0) != (error.len > 0) || im.xml || im.path || im.pcs ||
        im.notes)
        abort();
    close(fd);
    buf_free(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    read_as("icd10cm-index", 16, p, n);
    read_as("icd10cm-neoplasm", 16, p, n);
    read_as("icd10cm-tabular", 16, p, n);
    read_as("icd10cm-neoplasm-csv", 16, p, n);
    read_as("icd10cm-notes", 0, p, n);
    read_as("icd10pcs-tables", 0, p, n);
    return 0;
}
