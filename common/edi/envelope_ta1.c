/* A TA1 held against its guide. */
#include "common/edi/check_int.h"
#include "common/edi/envelope_parts.h"

struct ta1 {
    struct envelope_reader *r;
    const struct edi_seg *seg;
};

static void found(void *ctx, const struct finding *f)
{
    const struct ta1 *t = ctx;
    envelope_found(
        t->r, t->seg, 0,
        &(struct envelope_fault){f->rule, "TA1:024", f->text,
                                 f->severity == SEV_WARNING ? SEV_WARNING : SEV_INTERCHANGE,
                                 f->element, f->data_element});
}

void envelope_check_ta1(struct envelope_reader *r, const struct edi_seg *seg)
{
    const struct guide *g = r->o->guides ? g_envelope(r->o->guides) : NULL;
    if (!g)
        return;
    struct ta1 t = {r, seg};
    struct check *c =
        check_new(&(struct check_opts){.guides = r->o->guides}, (struct finding_sink){found, &t});
    check_begin(c, &r->isa.delims, phi_lit(""), phi_lit(""));
    for (uint16_t i = 1; i < g->nodes; i++)
        if (!g->node[i].loop && !strcmp(g->node[i].id, "TA1"))
            check_alone(c, g, i, seg);
    check_free(c);
}
