/*
 * The guide texts: any text is either compiled or refused with FILE:LINE:COLUMN and a reason. The
 * input is elements.dict, shapes.dict and one guide, parted by a line "%%".
 */
#include "common/edi/check.h"
#include "common/edi/guide_data.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

static phi_str cut(phi_str *rest)
{
    const char *at = rest->n ? memmem(rest->p, rest->n, "%%\n", 3) : NULL;
    phi_str part = at ? phi_of(rest->p, (size_t)(at - rest->p)) : *rest;
    *rest = at ? phi_of(at + 3, rest->n - part.n - 3) : phi_of(rest->p + rest->n, 0);
    return part;
}

/* What was compiled hangs together. */
static void sound(const struct guide *g)
{
    g_guide_ready(g); /* moves wait for the first set of a guide */
    HOLDS(g->nodes > 2 && g->node[0].loop && g->node[0].end == g->nodes);
    for (uint32_t i = 1; i < g->nodes; i++) {
        const struct g_node *k = &g->node[i];
        HOLDS(k->parent < i && k->end > i && k->end <= g->node[k->parent].end);
        HOLDS(!k->loop || (k->child == i + 1 && !g->node[k->child].loop));
        HOLDS(k->sid < g->ids && k->req <= k->req_end);
    }
    for (uint32_t i = 0; i < g->first[(size_t)g->nodes * g->ids]; i++)
        HOLDS(!g->node[g->move[i].node].loop && g->node[g->move[i].common].loop);
}

/* ST, SE and one segment of each kind through it. */
static void walk(const struct guide_set *s, const struct guide *g)
{
    struct check_opts o = {.guides = s};
    struct check *c = check_new(&o, (struct finding_sink){0});
    struct edi_delims d = {'*', ':', '^', '~'};
    check_begin(c, &d, phi_lit(g->group), phi_lit(g->version));
    for (uint32_t i = 0; i < g->ids + 2; i++) {
        char text[32];
        int n = snprintf(text, sizeof text, "%s*%s~",
                         i == 0            ? "ST"
                         : i == g->ids + 1 ? "SE"
                                           : g->id[i - 1],
                         i ? "1" : g->transaction);
        uint32_t at[2] = {(uint32_t)(strchr(text, '*') - text), (uint32_t)n - 1};
        struct edi_seg seg = {text, at, 0, 2, i * 10};
        check_segment(c, &seg);
    }
    check_end(c);
    check_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char *text = malloc(n ? n : 1);
    if (n)
        memcpy(text, p, n);
    phi_str rest = phi_of(text, n);
    phi_str elements = cut(&rest), shapes = cut(&rest);
    struct buf error = {0};
    struct guide_set *s = guides_parse(elements, shapes, &rest, 1, &error);
    HOLDS((s == NULL) == (error.len > 0));
    free(text); /* nothing points into it any more */
    if (s) {
        sound(s->guide[0]);
        walk(s, s->guide[0]);
    } else {
        const char *e = buf_cstr(&error);
        HOLDS(strchr(e, ':') && memchr(e, ' ', error.len));
    }
    guides_free(s);
    buf_free(&error);
    return 0;
}
