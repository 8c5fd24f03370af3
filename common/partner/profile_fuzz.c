/*
 * Fuzzing of partner profiles: whatever the text, it is refused with file, line, column and reason, or
 * a claim can be walked by it and by the rules made of it; what is shown of it is the same profile.
 */
#include "common/partner/calendar.h"
#include "common/partner/repair.h"
#include "common/partner/terms.h"
#include "common/rules/rules.h"
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

static void walk(const struct rules *r, const struct profile *p, phi_str body)
{
    struct rules_run *run = rules_run_new(r, 0, 1800000000000000);
    struct check_opts o = {.guides = guides, .watch = rules_run_watch(run)};
    uint32_t n = 0;
    struct check *c = check_new(&o, (struct finding_sink){found, &n});
    struct check_terms terms = profile_terms(p);
    struct scan *s = scan_memory(body.p, body.n);
    struct edi_seg seg;
    bool in = false;
    check_agree(c, &terms);
    rules_run_sender(run, p);
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

static void none(void *ctx, const struct profile_difference *d)
{
    (void)ctx;
    (void)d;
    abort();
}

/* What is shown can be read, and differs in nothing. */
static void shown(const struct profile *p)
{
    struct buf text = {0}, error = {0};
    profile_write(p, &text);
    struct profiles *again = profiles_parse("acme", buf_view(&text), guides, &error);
    if (!again)
        abort();
    profile_diff(p, profiles_at(again, 0), none, NULL);
    profiles_free(again);
    buf_free(&text);
    buf_free(&error);
}

static void use(struct profiles *s)
{
    const struct profile *p = profiles_at(s, 0);
    struct buf error = {0};
    struct repaired mended = {0};
    shown(p);
    calendar_due(p, 1800000000000000);
    struct rules *r = rules_load_for(NULL, NULL, guides, NULL, NULL, s, &error);
    if (r) {
        walk(r, p, buf_view(&claim));
        walk(r, NULL, buf_view(&claim));
        if (repair_body(p, buf_view(&claim), &mended))
            walk(r, p, buf_view(&mended.body));
    } else if (strncmp(buf_cstr(&error), "acme.partner:", 13) != 0) {
        abort();
    }
    rules_free(r);
    repair_free(&mended);
    buf_free(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf error = {0};
    if (!guides)
        load();
    char *copy = malloc(size + 1); /* so that a read behind the end is seen */
    memcpy(copy, data, size);
    struct profiles *s = profiles_parse("acme", phi_of(copy, size), guides, &error);
    int line = 0, column = 0;
    if (s)
        use(s);
    else if (sscanf(buf_cstr(&error), "acme.partner:%d:%d: ", &line, &column) != 2 || line < 1)
        abort();
    profiles_free(s);
    buf_free(&error);
    free(copy);
    return 0;
}
