#include "tools/payersim/sets.h"
#include "common/edi/ack_parts.h"
#include <stdio.h>

bool sets_write(struct sets *s, struct buf *out, const struct envelope_isa *isa,
                const struct envelope_gs *gs, const char *code, const char *version, int64_t at_us,
                uint32_t control)
{
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL};
    struct ack_opts o = {.at_us = at_us, .control = control};
    bool any = s->n > 0;
    if (any) {
        ack_isa(&w, isa, &o);
        ack_gs(&w, gs, code, version, &o);
        buf_phi(out, buf_view(&s->text));
        ack_ge(&w, s->n, &o);
        ack_iea(&w, 1, &o);
    }
    buf_clear(&s->text);
    s->n = 0;
    return any;
}

void sets_free(struct sets *s)
{
    buf_free(&s->text);
}

phi_str sets_clean(struct arena *a, phi_str v)
{
    if (phi_empty(v) || ack_writable(v))
        return v;
    char *copy = arena_strndup(a, v.p, v.n);
    for (size_t i = 0; i < v.n; i++)
        if (!ack_writable(phi_of(v.p + i, 1)))
            copy[i] = '.';
    return phi_of(copy, v.n);
}

void sets_begin(struct edi_writer *w, struct sets *s, const char *st01, const char *version)
{
    char st02[12];
    snprintf(st02, sizeof st02, "%04u", ++s->n);
    w->segments = 0;
    ew_seg(w, "ST", st01, st02, version);
}
