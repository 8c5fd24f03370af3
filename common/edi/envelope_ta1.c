/* A TA1 held against its guide. */
#include "common/edi/check_int.h"
#include "common/edi/envelope_parts.h"

struct ta1 {
    struct envelope_reader *r;
    const struct edi_seg *seg;
};

/* TA101 to TA103 repeat ISA13, ISA09 and ISA10 as they were sent. Where the TA1 refuses an interchange
 * because one of these is wrong (TA105 014, 015, 018), what it repeats is wrong as well, and has to be. */
static bool repeats_a_fault(const struct edi_seg *seg, uint16_t element)
{
    phi_str why = seg_el(seg, 5);
    return element >= 1 && element <= 3 && !phi_empty(seg_el(seg, element)) &&
           phi_is(seg_el(seg, 4), "R") &&
           (phi_is(why, "014") || phi_is(why, "015") || phi_is(why, "018"));
}

static void found(void *ctx, const struct finding *f)
{
    const struct ta1 *t = ctx;
    bool noted = f->severity == SEV_WARNING || repeats_a_fault(t->seg, f->element);
    envelope_found(t->r, t->seg, 0,
                   &(struct envelope_fault){f->rule, "TA1:024", f->text,
                                            noted ? SEV_WARNING : SEV_INTERCHANGE, f->element,
                                            f->data_element});
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
