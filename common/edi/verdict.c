/* The JSON bodies, written. */
#include "common/edi/verdict.h"
#include "common/edi/verdict_fields.h"
#include "common/util/log.h"
#include <stdlib.h>

static void key(struct buf *b, const char *name)
{
    char last = b->len ? b->p[b->len - 1] : '{';
    if (last != '{' && last != '[')
        buf_putc(b, ',');
    buf_putc(b, '"');
    buf_puts(b, name);
    buf_puts(b, "\":");
}

/* Nothing is written for what is empty or zero: absent means that. */
static void text(struct buf *b, const char *name, phi_str v)
{
    if (phi_empty(v))
        return;
    key(b, name);
    buf_json(b, v);
}
static void word(struct buf *b, const char *name, const char *v)
{
    text(b, name, phi_lit(v));
}
static void number(struct buf *b, const char *name, uint64_t v)
{
    if (v == 0)
        return;
    key(b, name);
    buf_int(b, (int64_t)v);
}
static void flag(struct buf *b, const char *name, bool v)
{
    key(b, name);
    buf_puts(b, v ? "true" : "false");
}

static void finding_fields(struct buf *b, const struct finding *f)
{
    word(b, "rule", f->rule);
    number(b, "level", f->level);
    word(b, "severity", severity_name(f->severity));
    word(b, "loop", f->loop);
    word(b, "segment", f->segment);
    number(b, "position", f->position);
    number(b, "element", f->element);
    number(b, "component", f->component);
    number(b, "repetition", f->repetition);
    number(b, "data_element", f->data_element);
    number(b, "offset", f->offset);
    number(b, "claim", f->claim);
    word(b, "report", f->report);
    word(b, "text", f->text ? f->text : "");
    text(b, "bad", f->bad);
}

static void ack_finding_write(struct buf *b, const struct ack_finding *a)
{
    buf_putc(b, '{');
    finding_fields(b, &a->f);
    text(b, "unit", a->unit);
    if (a->trigger.segment[0]) {
        key(b, "trigger");
        buf_putc(b, '{');
        word(b, "segment", a->trigger.segment);
        word(b, "loop", a->trigger.loop);
        number(b, "position", a->trigger.position);
        number(b, "element", a->trigger.element);
        number(b, "component", a->trigger.component);
        buf_putc(b, '}');
    }
    buf_putc(b, '}');
}

static void findings_write(struct buf *b, const struct finding *f, uint32_t n)
{
    key(b, "findings");
    buf_putc(b, '[');
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(b, i ? ",{" : "{");
        finding_fields(b, &f[i]);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void delims_write(struct buf *b, const struct edi_delims *d)
{
    const char four[] = {d->elem, d->comp, d->rep, d->term};
    key(b, "delims");
    buf_putc(b, '[');
    for (size_t i = 0; i < sizeof four; i++) {
        buf_puts(b, i ? "," : "");
        buf_int(b, (unsigned char)four[i]);
    }
    buf_putc(b, ']');
}

static void fields_write(struct buf *b, const char *name, const struct verdict_field *f,
                         const void *of)
{
    key(b, name);
    buf_putc(b, '{');
    for (; f->name; f++) {
        const char *p = (const char *)of + f->at;
        switch (f->kind) {
        case FIELD_WORD:
            word(b, f->name, p);
            break;
        case FIELD_U32:
            number(b, f->name, *(const uint32_t *)(const void *)p);
            break;
        case FIELD_U64:
            number(b, f->name, *(const uint64_t *)(const void *)p);
            break;
        case FIELD_FLAG:
            flag(b, f->name, *(const bool *)p);
            break;
        case FIELD_DELIMS:
            delims_write(b, (const struct edi_delims *)p);
        }
    }
    buf_putc(b, '}');
}

/* --- the claims, for the 277CA --- */

static void party_write(struct buf *b, const struct ack_party *p)
{
    buf_putc(b, '{');
    flag(b, "person", p->person);
    text(b, "last", p->last);
    text(b, "first", p->first);
    text(b, "middle", p->middle);
    text(b, "suffix", p->suffix);
    text(b, "qual", p->qual);
    text(b, "id", p->id);
    buf_putc(b, '}');
}

static void parties_write(struct buf *b, const char *name, const struct ack_party *p, uint32_t n)
{
    key(b, name);
    buf_putc(b, '[');
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(b, i ? "," : "");
        party_write(b, &p[i]);
    }
    buf_putc(b, ']');
}

static void cents(struct buf *b, int64_t v)
{
    key(b, "charge");
    buf_int(b, v);
}

static void line_write(struct buf *b, const struct ack_line *l)
{
    buf_putc(b, '{');
    number(b, "number", l->number);
    text(b, "qualifier", l->qualifier);
    text(b, "code", l->code);
    text(b, "revenue", l->revenue);
    text(b, "control", l->control);
    word(b, "from", l->from);
    word(b, "thru", l->thru);
    cents(b, l->charge);
    key(b, "mods");
    buf_putc(b, '[');
    for (int i = 0; i < ACK_MODIFIERS && !phi_empty(l->mods[i]); i++) {
        buf_puts(b, i ? "," : "");
        buf_json(b, l->mods[i]);
    }
    buf_puts(b, "]}");
}

/* Places of the lines among those that travel, from 1; 0 for a line without faults. */
static uint32_t *places(const struct ack_claim *c)
{
    uint32_t *as = xcalloc(c->lines_n + 1, sizeof *as);
    for (uint32_t i = 0; i < c->faults_n; i++)
        if (c->faults[i].line < c->lines_n)
            as[c->faults[i].line] = 1;
    for (uint32_t i = 0, n = 0; i < c->lines_n; i++)
        as[i] = as[i] ? ++n : 0;
    return as;
}

/* Faults as [code, line] and the lines that they are about. */
static void faults_write(struct buf *b, const struct ack_claim *c)
{
    uint32_t *as = places(c);
    key(b, "faults");
    buf_putc(b, '[');
    for (uint32_t i = 0; i < c->faults_n; i++) {
        uint32_t line = c->faults[i].line;
        buf_puts(b, i ? ",[" : "[");
        buf_json(b, phi_lit(c->faults[i].report));
        buf_printf(b, ",%u]", line < c->lines_n ? as[line] : 0);
    }
    buf_putc(b, ']');
    key(b, "lines");
    buf_putc(b, '[');
    for (uint32_t i = 0; i < c->lines_n; i++) {
        if (!as[i])
            continue;
        buf_puts(b, as[i] > 1 ? "," : "");
        line_write(b, &c->lines[i]);
    }
    buf_putc(b, ']');
    free(as);
}

static void claim_write(struct buf *b, const struct ack_claim *c)
{
    buf_putc(b, '{');
    text(b, "pcn", c->pcn);
    cents(b, c->charge);
    text(b, "trace", c->trace);
    word(b, "bill", c->bill);
    word(b, "from", c->from);
    word(b, "thru", c->thru);
    number(b, "provider", c->provider);
    number(b, "patient", c->patient);
    if (c->faults_n)
        faults_write(b, c);
    buf_putc(b, '}');
}

static void batch_write(struct buf *b, const struct ack_batch *a)
{
    key(b, "batch");
    buf_putc(b, '{');
    text(b, "bht03", a->bht03);
    word(b, "date", a->date);
    key(b, "submitter");
    party_write(b, &a->submitter);
    key(b, "receiver");
    party_write(b, &a->receiver);
    parties_write(b, "providers", a->providers, a->providers_n);
    parties_write(b, "patients", a->patients, a->patients_n);
    key(b, "claims");
    buf_putc(b, '[');
    for (uint32_t i = 0; i < a->claims_n; i++) {
        buf_puts(b, i ? "," : "");
        claim_write(b, &a->claims[i]);
    }
    buf_puts(b, "]}");
}

static void repairs_write(struct buf *b, const struct verdict *v)
{
    key(b, "repairs");
    buf_putc(b, '[');
    for (uint32_t i = 0; i < v->repairs_n; i++) {
        const struct verdict_repair *r = &v->repairs[i];
        buf_puts(b, i ? ",{" : "{");
        word(b, "rule", r->rule);
        word(b, "segment", r->segment);
        number(b, "position", r->position);
        number(b, "element", r->element);
        number(b, "claim", r->claim);
        number(b, "offset", r->offset);
        word(b, "text", r->what);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

void verdict_write(struct buf *b, const struct verdict *v)
{
    buf_putc(b, '{');
    word(b, "st01", v->set.st01);
    word(b, "st02", v->set.st02);
    word(b, "st03", v->set.st03);
    word(b, "gs08", v->gs08);
    flag(b, "accepted", v->accepted);
    number(b, "segments", v->segments);
    number(b, "claims", v->claims);
    number(b, "claims_refused", v->claims_refused);
    key(b, "findings");
    buf_putc(b, '[');
    for (uint32_t i = 0; i < v->set.findings_n; i++) {
        buf_puts(b, i ? "," : "");
        ack_finding_write(b, &v->set.findings[i]);
    }
    buf_putc(b, ']');
    if (v->batch)
        batch_write(b, v->batch);
    if (v->repairs_n)
        repairs_write(b, v);
    buf_putc(b, '}');
}

void verdict_group_write(struct buf *b, const struct verdict_group *g)
{
    buf_putc(b, '{');
    fields_write(b, "isa", ISA_FIELDS, &g->isa);
    fields_write(b, "gs", GS_FIELDS, &g->gs);
    number(b, "forwarded", g->forwarded);
    findings_write(b, g->findings, g->findings_n);
    buf_putc(b, '}');
}

void verdict_isa_write(struct buf *b, const struct verdict_isa *i)
{
    buf_putc(b, '{');
    fields_write(b, "isa", ISA_FIELDS, &i->isa);
    findings_write(b, i->findings, i->findings_n);
    if (i->ta1.control[0]) {
        key(b, "ta1");
        buf_putc(b, '{');
        word(b, "control", i->ta1.control);
        word(b, "code", i->ta1.code);
        word(b, "note", i->ta1.note);
        buf_putc(b, '}');
    }
    buf_putc(b, '}');
}
