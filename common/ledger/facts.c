#include "common/ledger/facts.h"

int facts_rank(phi_str sbr01)
{
    static const char order[] = "PSTABCDEFGH"; /* X12 data element 1138 */
    const char *at = sbr01.n == 1 ? memchr(order, sbr01.p[0], sizeof order - 1) : NULL;
    return at ? (int)(at - order) + 1 : 1;
}

static void line_of(const struct claim_line *l, struct facts_line *to)
{
    *to = (struct facts_line){.lx = l->number,
                              .revenue = l->revenue,
                              .code = l->code,
                              .mods_n = l->mods_n,
                              .charge = l->charge,
                              .units = l->units,
                              .from = l->from,
                              .control = l->control};
    memcpy(to->mods, l->mods, sizeof to->mods);
}

void facts_of_claim(const struct claim *c, struct arena *mem, struct facts *out)
{
    *out = (struct facts){.pcn = c->pcn,
                          .submitter = c->isa_sender,
                          .billing = c->billing.npi,
                          .payer = c->payer_id,
                          .payer_name = c->payer,
                          .member = c->subscriber.id,
                          .last = c->patient.last,
                          .first = c->patient.first,
                          .control = c->payer_control,
                          .rank = facts_rank(c->rank),
                          .frequency = c->frequency.n ? c->frequency.p[0] : '1',
                          .kind = "PID"[c->kind],
                          .charge = c->charge,
                          .from = c->from,
                          .thru = c->thru,
                          .dob = c->patient.dob,
                          .lines_n = c->lines_n,
                          .others_n = c->others_n};
    out->lines = arena_alloc(mem, c->lines_n * sizeof *out->lines);
    for (uint32_t i = 0; i < c->lines_n; i++)
        line_of(&c->lines[i], &out->lines[i]);
    out->others = arena_alloc(mem, c->others_n * sizeof *out->others);
    for (uint32_t i = 0; i < c->others_n; i++)
        out->others[i] = (struct facts_other){facts_rank(c->others[i].rank), c->others[i].payer_id};
}

/* Integers are zigzag varints, strings a length and their bytes. */
static void put_int(struct buf *b, int64_t v)
{
    uint64_t u = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    for (; u >= 0x80; u >>= 7)
        buf_putc(b, (char)(u | 0x80));
    buf_putc(b, (char)u);
}

static void put_str(struct buf *b, phi_str s)
{
    put_int(b, (int64_t)s.n);
    buf_add(b, s.p, s.n);
}

static void put_line(struct buf *b, const struct facts_line *l)
{
    put_int(b, l->lx);
    put_str(b, l->revenue);
    put_str(b, l->code);
    put_int(b, l->mods_n);
    for (uint32_t i = 0; i < l->mods_n; i++)
        put_str(b, l->mods[i]);
    put_int(b, l->charge);
    put_int(b, l->units);
    put_int(b, l->from);
    put_str(b, l->control);
}

/* Form 1 had neither the kind nor revenue codes: every claim was an 837P. */
enum { FORM_OLD = 1, FORM = 2 };

void facts_write(struct buf *b, const struct facts *f)
{
    const phi_str words[] = {f->pcn,    f->submitter, f->billing, f->payer,  f->payer_name,
                             f->member, f->last,      f->first,   f->control};
    put_int(b, FORM);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put_str(b, words[i]);
    put_int(b, f->kind);
    put_int(b, f->rank);
    put_int(b, f->frequency);
    put_int(b, f->charge);
    put_int(b, f->from);
    put_int(b, f->thru);
    put_int(b, f->dob);
    put_int(b, f->lines_n);
    for (uint32_t i = 0; i < f->lines_n; i++)
        put_line(b, &f->lines[i]);
    put_int(b, f->others_n);
    for (uint32_t i = 0; i < f->others_n; i++) {
        put_int(b, f->others[i].rank);
        put_str(b, f->others[i].payer);
    }
}

struct reader {
    const char *p, *end;
    bool torn, old;
};

static int64_t get_int(struct reader *r)
{
    uint64_t u = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (r->p == r->end)
            break;
        uint8_t c = (uint8_t)*r->p++;
        u |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            return (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
    }
    r->torn = true;
    return 0;
}

static phi_str get_str(struct reader *r)
{
    int64_t n = get_int(r);
    if (n < 0 || n > r->end - r->p) {
        r->torn = true;
        return phi_of(r->p, 0);
    }
    phi_str s = phi_of(r->p, (size_t)n);
    r->p += n;
    return s;
}

/* How many things follow: each takes at least one byte, so a torn count cannot ask for much. */
static uint32_t get_count(struct reader *r, int64_t most)
{
    int64_t n = get_int(r);
    if (n < 0 || n > r->end - r->p || n > most)
        r->torn = true;
    return r->torn ? 0 : (uint32_t)n;
}

static void get_line(struct reader *r, struct facts_line *l)
{
    l->lx = (uint32_t)get_int(r);
    if (!r->old)
        l->revenue = get_str(r);
    l->code = get_str(r);
    l->mods_n = get_count(r, FACTS_MODS);
    for (uint32_t i = 0; i < l->mods_n; i++)
        l->mods[i] = get_str(r);
    l->charge = get_int(r);
    l->units = get_int(r);
    l->from = (int32_t)get_int(r);
    l->control = get_str(r);
}

static void get_lists(struct reader *r, struct arena *mem, struct facts *f)
{
    f->lines_n = get_count(r, INT32_MAX);
    f->lines = arena_alloc(mem, f->lines_n * sizeof *f->lines);
    for (uint32_t i = 0; i < f->lines_n; i++)
        get_line(r, &f->lines[i]);
    f->others_n = get_count(r, INT32_MAX);
    f->others = arena_alloc(mem, f->others_n * sizeof *f->others);
    for (uint32_t i = 0; i < f->others_n; i++) {
        f->others[i].rank = (int)get_int(r);
        f->others[i].payer = get_str(r);
    }
}

bool facts_read(phi_str bytes, struct arena *mem, struct facts *f)
{
    struct reader r = {.p = bytes.p, .end = bytes.p + bytes.n};
    phi_str *const words[] = {&f->pcn,    &f->submitter, &f->billing, &f->payer,  &f->payer_name,
                              &f->member, &f->last,      &f->first,   &f->control};
    *f = (struct facts){.kind = 'P'};
    int64_t form = get_int(&r);
    if (form != FORM && form != FORM_OLD)
        return false;
    r.old = form == FORM_OLD;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *words[i] = get_str(&r);
    if (!r.old)
        f->kind = (char)get_int(&r);
    f->rank = (int)get_int(&r);
    f->frequency = (char)get_int(&r);
    f->charge = get_int(&r);
    f->from = (int32_t)get_int(&r);
    f->thru = (int32_t)get_int(&r);
    f->dob = (int32_t)get_int(&r);
    get_lists(&r, mem, f);
    return !r.torn && r.p == r.end;
}
