/*
 * Fuzzing of rule files: whatever the text, it is refused with a place or it can be carried out on
 * a claim, without reading outside of anything.
 */
#include "common/rules/rules_int.h"
#include "common/util/fs.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct guide_set *guides;
static struct buf claim;

static void load(void)
{
    struct buf error = {0};
    guides = guides_load("config/guides", &error);
    if (!guides || fs_read("fixtures/837p/clean.837", 1 << 20, &claim)) {
        fprintf(stderr, "run from the repository root: %s\n", buf_cstr(&error));
        exit(1);
    }
}

static void found(void *ctx, const struct finding *f)
{
    uint32_t *n = ctx;
    *n += f->level;
}

static void carry_out(const struct rules *r)
{
    struct rules_run *run = rules_run_new(r, 0, 1800000000000000);
    struct check_opts o = {.guides = guides, .watch = rules_run_watch(run)};
    uint32_t n = 0;
    struct check *c = check_new(&o, (struct finding_sink){found, &n});
    struct scan *s = scan_memory(claim.p, claim.len);
    struct edi_seg seg;
    bool in = false;
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "ST"))
            check_begin(c, scan_delims(s), phi_lit("HC"), phi_lit("005010X222A1"));
        in |= seg_is(&seg, "ST");
        if (in)
            check_segment(c, &seg);
        if (seg_is(&seg, "SE"))
            in = (check_end(c), false);
    }
    scan_free(s);
    check_free(c);
    rules_run_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf error = {0};
    if (!guides)
        load();
    char *copy = malloc(size + 1); /* so that a read behind the end is seen */
    memcpy(copy, data, size);
    struct rules *r = rules_parse(phi_of(copy, size), guides, NULL, &error);
    if (r)
        carry_out(r);
    else if (strncmp(buf_cstr(&error), "rule:", 5) != 0)
        abort();
    rules_free(r);
    buf_free(&error);
    free(copy);
    return 0;
}
