#include "tools/rebill/form.h"
#include "common/edi/check.h"
#include "common/edi/scan.h"
#include "common/util/clock.h"
#include "common/util/fs.h"
#include <stdio.h>
#include <stdlib.h>

static phi_str behind(phi_str part, phi_str hl)
{
    return phi_of(part.p + hl.n, part.n - hl.n);
}

static void level(struct segs *s, struct arena *mem, phi_str part)
{
    *s = (struct segs){.mem = mem};
    segs_add_text(s, part);
}

void form_read(const struct claim *c, struct arena *mem, struct form *f)
{
    const struct claim_parts *p = &c->parts;
    struct segs envelope;
    level(&envelope, mem, p->envelope);
    *f = (struct form){.isa = envelope.at[0], .gs = envelope.at[1], .dependent = p->patient.n > 0};
    level(&f->head, mem, p->head);
    level(&f->billing, mem, behind(p->billing, p->billing_hl));
    level(&f->subscriber, mem, behind(p->subscriber, p->subscriber_hl));
    level(&f->patient, mem, p->patient.n ? behind(p->patient, p->patient_hl) : p->patient);
    level(&f->claim, mem, p->claim);
}

static phi_str text(struct arena *mem, const char *s)
{
    return phi_lit(arena_strdup(mem, s));
}

/* ISA, GS, ST and BHT get numbers and times of their own. */
static void stamp(struct form *f, uint32_t control, int64_t at_us, struct segs *out)
{
    struct arena *mem = f->head.mem;
    char day[9], hour[5], nine[16], number[16], batch[24];
    time_ccyymmdd(at_us, day);
    time_hhmm(at_us, hour);
    snprintf(nine, sizeof nine, "%09u", control);
    snprintf(number, sizeof number, "%u", control);
    snprintf(batch, sizeof batch, "R%u", control);
    /* ISA: fixed widths, its elements kept as they are */
    struct buf isa = {0};
    for (uint32_t i = 0; i <= 16; i++) {
        if (i)
            buf_putc(&isa, '*');
        if (i == 9)
            buf_puts(&isa, day + 2);
        else if (i == 10)
            buf_puts(&isa, hour);
        else if (i == 13)
            buf_puts(&isa, nine);
        else if (i == 14)
            buf_puts(&isa, "0");
        else if (i == 16)
            buf_putc(&isa, ':');
        else
            buf_phi(&isa, seg_text_el(f->isa, i));
    }
    segs_add(out, arena_phi(mem, buf_view(&isa)));
    buf_free(&isa);
    phi_str gs = seg_text_set(mem, f->gs, 4, 0, text(mem, day));
    gs = seg_text_set(mem, gs, 5, 0, text(mem, hour));
    segs_add(out, seg_text_set(mem, gs, 6, 0, text(mem, number)));
    for (size_t i = 0; i < f->head.n; i++) {
        phi_str s = f->head.at[i];
        if (seg_text_is(s, "ST", NULL)) {
            s = seg_text_set(mem, s, 2, 0, phi_lit("0001"));
        } else if (seg_text_is(s, "BHT", NULL)) {
            s = seg_text_set(mem, s, 2, 0, phi_lit("00"));
            s = seg_text_set(mem, s, 3, 0, text(mem, batch));
            s = seg_text_set(mem, s, 4, 0, text(mem, day));
            s = seg_text_set(mem, s, 5, 0, text(mem, hour));
        }
        segs_add(out, s);
    }
}

static void add_all(struct segs *out, const struct segs *s)
{
    for (size_t i = 0; i < s->n; i++)
        segs_add(out, s->at[i]);
}

void form_write(const struct form *given, uint32_t control, int64_t at_us, struct buf *out)
{
    struct form f = *given;
    struct segs all = {.mem = f.head.mem};
    stamp(&f, control, at_us, &all);
    segs_addf(&all, "HL*1**20*1");
    add_all(&all, &f.billing);
    segs_addf(&all, "HL*2*1*22*%d", f.dependent);
    add_all(&all, &f.subscriber);
    if (f.dependent) {
        segs_addf(&all, "HL*3*2*23*0");
        add_all(&all, &f.patient);
    }
    add_all(&all, &f.claim);
    segs_addf(&all, "SE*%zu*0001", all.n - 2 + 1);
    segs_addf(&all, "GE*1*%u", control);
    segs_addf(&all, "IEA*1*%09u", control);
    segs_write(&all, out);
}
