/*
 * The guide walk: any bytes that scan as segments are walked through any guide without a crash;
 * what is found stands inside the set and has a rule, a report and a text; the same bytes give the
 * same findings again; a set that is accepted has none that would reject it.
 */
#include "common/edi/check.h"
#include "common/edi/split.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

struct seen {
    struct buf text;
    uint32_t n, grave, last;
};

static void found(void *ctx, const struct finding *f)
{
    struct seen *s = ctx;
    HOLDS(f->rule[0] == 'S' && f->text && f->text[0]);
    HOLDS(f->level >= 1 && f->level <= 3);
    s->last = f->position;
    s->n++;
    s->grave += f->severity >= SEV_TRANSACTION;
    finding_json(&s->text, "f", f);
    finding_text(&s->text, "f", f, true);
}

static const char *const headers[][2] = {{"HC", "005010X222A1"}, {"HP", "005010X221A1"},
                                         {"HB", "005010X279A1"}, {"HN", "005010X214"},
                                         {"FA", "005010X231A1"}, {"HC", "004010X098A1"}};

static void walk(const struct guide_set *g, const char *text, size_t n, struct seen *seen)
{
    struct check_opts o = {.guides = g, .extended_charset = n % 2, .allow_alias = n % 3};
    struct check *c = check_new(&o, (struct finding_sink){found, seen});
    struct scan *s = scan_memory(text, n);
    struct split split = {0};
    struct edi_seg seg;
    bool in = false;
    uint32_t segments = 0;
    size_t h = n % (sizeof headers / sizeof *headers);
    split_begin(&split, phi_of(text, n));
    for (enum scan_event e; (e = scan_next(s, &seg)) != SCAN_END;) {
        bool st = e == SCAN_SEG && seg_is(&seg, "ST");
        if (e == SCAN_SEG && !seg_is(&seg, "ISA"))
            split_segment(&split, &seg, scan_delims(s));
        if ((st || e == SCAN_FAULT) && in) {
            struct check_result r = e == SCAN_FAULT ? check_cut(c) : check_end(c);
            HOLDS(r.segments == segments && r.findings == seen->n);
            HOLDS(!r.accepted || seen->grave == 0);
            in = false;
        }
        if (st) {
            seen->n = seen->grave = 0;
            check_begin(c, scan_delims(s), phi_lit(headers[h][0]), phi_lit(headers[h][1]));
            in = true;
            segments = 0;
        }
        if (in && e == SCAN_SEG) {
            check_segment(c, &seg);
            segments++;
        }
    }
    if (in)
        check_end(c);
    for (uint32_t i = 0; i < split.claims; i++)
        split_write(&split, i, &seen->text);
    split_free(&split);
    scan_free(s);
    check_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct guide_set *guides;
    struct buf error = {0};
    if (!guides)
        HOLDS((guides = guides_load("config/guides", &error)) != NULL);
    char *text = malloc(n ? n : 1);
    if (n)
        memcpy(text, p, n);
    struct seen one = {0}, two = {0};
    walk(guides, text, n, &one);
    walk(guides, text, n, &two);
    HOLDS(phi_eq(buf_view(&one.text), buf_view(&two.text)));
    buf_free(&one.text);
    buf_free(&two.text);
    free(text);
    return 0;
}
