#include "common/intake/give.h"
#include "common/edi/verdict.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { ISA_LEN = 106 };

/* Appends n bytes of the original from off on. */
static int append(struct in_hand *h, uint64_t off, uint64_t n, struct buf *out)
{
    buf_room(out, n + 1);
    while (n) {
        ssize_t got = pread(h->fd, out->p + out->len, n, (off_t)off);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got ? errno : EIO;
            return -1;
        }
        out->len += (size_t)got;
        off += (uint64_t)got;
        n -= (uint64_t)got;
    }
    return 0;
}

/* Facts of an ISA, and of a GS behind it, read from their bytes again. */
struct facts {
    struct envelope_isa isa;
    struct envelope_gs gs;
};

static void fact_isa(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    (void)seg;
    ((struct facts *)ctx)->isa = *isa;
}

static void fact_gs(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    (void)seg;
    ((struct facts *)ctx)->gs = *gs;
}

static struct facts read_facts(phi_str head)
{
    static const struct envelope_events ev = {.isa_begin = fact_isa, .gs_begin = fact_gs};
    struct facts f = {0};
    struct scan *s = scan_fragment(head.p, head.n);
    envelope_read(s, &(struct envelope_opts){0}, &ev, &f);
    scan_free(s);
    return f;
}

static void counted_isa(struct envelope_isa *to, const struct plan_isa *i)
{
    to->off = i->off;
    to->end_off = i->end;
    to->groups = i->groups;
    to->number = i->number;
    to->closed = i->closed;
}

static void counted_gs(struct envelope_gs *to, const struct plan_group *g)
{
    to->off = g->off;
    to->end_off = g->end;
    to->sets = g->sets;
    to->claimed = g->claimed;
    to->number = g->number;
    to->closed = g->closed;
}

/* The findings of a list, side by side, in the turn's memory. */
static struct finding *gather(struct giver *g, const struct plan_finding *list, uint32_t *n)
{
    *n = 0;
    for (const struct plan_finding *f = list; f; f = f->next)
        ++*n;
    struct finding *out = *n ? arena_alloc(stage_arena(g->s), *n * sizeof *out) : NULL;
    for (uint32_t i = 0; list; list = list->next)
        out[i++] = list->f;
    return out;
}

/* The gravest finding: what a refusal is for. */
static const struct finding *gravest(const struct finding *f, uint32_t n)
{
    const struct finding *worst = f;
    for (uint32_t i = 1; i < n; i++)
        if (f[i].severity > worst->severity)
            worst = &f[i];
    return worst;
}

static struct record start(const struct giver *g, const struct in_hand *h, const char *kind,
                           uint64_t off, uint64_t len)
{
    struct record r = {.schema = 1,
                       .usage = g->forced ? g->forced : 'P',
                       .at_us = h->at_us,
                       .file = h->digest,
                       .off = off,
                       .len = len};
    snprintf(r.kind, sizeof r.kind, "%s", kind);
    r.id = r.root = id_source(&h->digest, off);
    return r;
}

static char usage_of(const struct giver *g, const struct envelope_isa *isa)
{
    return g->forced ? g->forced : isa->usage[0] == 'T' ? 'T' : 'P';
}

static void refuse(struct giver *g, const struct record *r, const struct finding *f, uint32_t n)
{
    const struct finding *why = gravest(f, n);
    stage_refuse(g->s, r, why ? why->rule : "S1-000", why ? why->text : "refused");
    stage_count(g->s, "refused", 1);
}

enum { TA1_WITHIN = 4096 }; /* an interchange of nothing but an answer is no longer */

static void word(phi_str v, char *out, size_t room)
{
    size_t n = v.n < room - 1 ? v.n : room - 1;
    memcpy(out, v.p, n);
    out[n] = 0;
}

/* The first TA1 of an interchange that is in order and has no groups. */
static int read_ta1(struct giver *g, struct in_hand *h, const struct plan_isa *i,
                    struct verdict_isa *v)
{
    struct edi_seg seg;
    if (i->refused || i->groups || i->end - i->off > TA1_WITHIN)
        return 0;
    buf_clear(&g->body);
    if (append(h, i->off, i->end - i->off, &g->body))
        return -1;
    struct scan *s = scan_fragment(g->body.p, g->body.len);
    while (!v->ta1.control[0] && scan_next(s, &seg) == SCAN_SEG)
        if (seg_is(&seg, "TA1")) {
            word(seg_el(&seg, 1), v->ta1.control, sizeof v->ta1.control);
            word(seg_el(&seg, 4), v->ta1.code, sizeof v->ta1.code);
            word(seg_el(&seg, 5), v->ta1.note, sizeof v->ta1.note);
        }
    scan_free(s);
    return 0;
}

static int give_isa(struct giver *g, struct in_hand *h, const struct plan_item *it, uint64_t seq)
{
    const struct plan_isa *i = &h->plan.isas[it->at];
    buf_clear(&g->body);
    buf_clear(&g->json);
    if (append(h, i->off, ISA_LEN, &g->body))
        return -1;
    struct verdict_isa v = {.isa = read_facts(buf_view(&g->body)).isa};
    counted_isa(&v.isa, i);
    if (read_ta1(g, h, i, &v))
        return -1;
    v.findings = gather(g, i->findings, &v.findings_n);
    verdict_isa_write(&g->json, &v);
    struct record r = start(g, h, "interchange", i->off, i->end - i->off);
    r.usage = usage_of(g, &v.isa);
    r.seq = seq;
    r.body = buf_view(&g->json);
    stage_emit(g->s, "envelope", &r);
    if (i->refused)
        refuse(g, &r, v.findings, v.findings_n);
    stage_count(g->s, "interchanges", 1);
    return 0;
}

/* Reads ISA and GS of a group, unless they are at hand. */
static int head_of(struct giver *g, struct in_hand *h, uint32_t group)
{
    if (g->head_group == group + 1 && g->head_file == h->number)
        return 0;
    const struct plan_group *p = &h->plan.groups[group];
    g->head_group = 0;
    buf_clear(&g->head);
    if (append(h, h->plan.isas[p->isa].off, ISA_LEN, &g->head) ||
        append(h, p->off, p->head, &g->head))
        return -1;
    struct facts f = read_facts(buf_view(&g->head));
    g->delims = f.isa.delims;
    const struct envelope_opts *o = &g->o->envelope;
    g->guides = o->agreed ? o->agreed(o->agreed_ctx, &f.isa).guides : NULL;
    g->guides = g->guides ? g->guides : o->guides;
    g->usage = usage_of(g, &f.isa);
    memcpy(g->version, f.gs.version, sizeof g->version);
    g->head_group = group + 1;
    g->head_file = h->number;
    return 0;
}

static int give_group(struct giver *g, struct in_hand *h, const struct plan_item *it, uint64_t seq)
{
    const struct plan_group *p = &h->plan.groups[it->at];
    if (head_of(g, h, it->at))
        return -1;
    struct facts f = read_facts(buf_view(&g->head));
    struct verdict_group v = {.isa = f.isa, .gs = f.gs, .forwarded = p->forwarded};
    counted_isa(&v.isa, &h->plan.isas[p->isa]);
    counted_gs(&v.gs, p);
    v.findings = gather(g, p->findings, &v.findings_n);
    buf_clear(&g->json);
    verdict_group_write(&g->json, &v);
    struct record r = start(g, h, "group", p->off, p->end - p->off);
    r.usage = g->usage;
    r.seq = seq;
    r.of = p->forwarded;
    r.body = buf_view(&g->json);
    stage_emit(g->s, "envelope", &r);
    if (p->refused)
        refuse(g, &r, v.findings, v.findings_n);
    stage_count(g->s, "groups", 1);
    return 0;
}

/* Name of the guide of the set at the end of the body; "" when none is known. */
static const char *guide_of(const struct giver *g, phi_str set)
{
    if (!g->guides || set.n < 4)
        return "";
    phi_str first = phi_of(set.p, set.n < 64 ? set.n : 64);
    phi_str st = edi_part(first, g->delims.term, 1);
    const struct guide *guide = guides_find(g->guides, edi_part(st, g->delims.elem, 2),
                                            phi_lit(g->version), g->o->envelope.allow_alias);
    return guide ? guide_name(guide) : "";
}

static int give_set(struct giver *g, struct in_hand *h, const struct plan_item *it, uint64_t seq,
                    size_t item)
{
    const struct plan_group *p = &h->plan.groups[it->at];
    char number[16], hex[REC_ID_HEX];
    buf_clear(&g->body);
    if (head_of(g, h, it->at))
        return -1;
    buf_phi(&g->body, buf_view(&g->head));
    if (append(h, it->off, it->len, &g->body))
        return -1;
    struct record r = start(g, h, "set", it->off, it->len);
    r.usage = g->usage;
    r.seq = seq;
    r.seg = 1;
    r.pos = (uint32_t)(item - p->first);
    r.of = p->forwarded;
    r.body = buf_view(&g->body);
    snprintf(number, sizeof number, "%u", r.pos);
    stage_note(g->s, &r, "gid", phi_lit(rec_id_hex(id_source(&h->digest, p->off), hex)));
    stage_note(g->s, &r, "gpos", phi_lit(number));
    const char *guide = guide_of(g, phi_of(g->body.p + g->head.len, it->len));
    if (*guide)
        stage_note(g->s, &r, "st", phi_lit(guide));
    if (it->again)
        stage_note(g->s, &r, "st02", phi_lit("again"));
    stage_emit(g->s, "sets", &r);
    stage_count(g->s, "sets", 1);
    return 0;
}

/* Bytes that belong to no interchange: nobody can be answered, so it goes to a person. */
static int give_loose(struct giver *g, struct in_hand *h, const struct plan_item *it, uint64_t seq)
{
    const struct plan_finding *f = h->plan.loose[it->at];
    struct verdict_isa v = {.isa = {.off = it->off}};
    v.findings = gather(g, f, &v.findings_n);
    buf_clear(&g->json);
    verdict_isa_write(&g->json, &v);
    struct record r = start(g, h, "interchange", it->off, 0);
    r.seq = seq;
    r.body = buf_view(&g->json);
    refuse(g, &r, v.findings, v.findings_n);
    return 0;
}

static void emit_entry(struct giver *g, struct record *r)
{
    strcpy(r->kind, "post");
    stage_emit(g->s, stage_leads(g->s, "posts") ? "posts" : "encounters", r);
    stage_count(g->s, "entries", 1);
}

static int give_encounter(struct giver *g, struct in_hand *h, const struct plan_item *it,
                          uint64_t seq)
{
    char why[120];
    int column = 0;
    buf_clear(&g->body);
    if (append(h, it->off, it->len, &g->body))
        return -1;
    struct record r = start(g, h, "enc", it->off, it->len);
    r.seq = seq;
    r.body = buf_view(&g->body);
    if (it->kind == ITEM_POST) {
        r.usage = g->forced ? g->forced : plan_encounter_usage(r.body);
        emit_entry(g, &r);
        return 0;
    }
    if (it->kind == ITEM_ENC) {
        r.usage = g->forced ? g->forced : plan_encounter_usage(r.body);
        stage_emit(g->s, "encounters", &r);
        stage_count(g->s, "encounters", 1);
        return 0;
    }
    if (it->len == 0)
        snprintf(why, sizeof why, "line %u is longer than 16 MB", it->at);
    else if (plan_is_encounter(r.body, &column) || column <= 1)
        snprintf(why, sizeof why, "line %u is no JSON object", it->at);
    else
        snprintf(why, sizeof why, "line %u is no JSON from column %d on", it->at, column);
    stage_refuse(g->s, &r, "ENC_JSON", why);
    stage_count(g->s, "refused", 1);
    return 0;
}

/* Reads the unit of an item, unless it is at hand. */
static int unit_of(struct giver *g, struct in_hand *h, const struct plan_item *it)
{
    const struct reader_unit *u = &h->plan.units.v[it->at];
    if (g->unit == it->at + 1 && g->unit_file == h->number)
        return 0;
    bool huge = u->len > READER_UNIT_MAX; /* refused by its size: no byte of it is needed */
    g->unit = 0;
    buf_clear(&g->body);
    if (!huge && append(h, u->off, u->len, &g->body))
        return -1;
    arena_clear(&g->mem);
    g->items = (struct reader_items){0};
    g->raw = arena_phi(&g->mem, buf_view(&g->body));
    if (u->rule)
        reader_refuse(&g->items, &g->mem, u->rule, "%s", u->why);
    else
        reader_read(h->plan.reader, huge ? phi_of("", u->len) : g->raw, &g->mem, &g->items);
    g->unit = it->at + 1;
    g->unit_file = h->number;
    return 0;
}

/* What a reader made of a unit. Ids are those of the unit's place, then of children of it. */
static int give_read(struct giver *g, struct in_hand *h, const struct plan_item *it, uint64_t seq)
{
    if (unit_of(g, h, it))
        return -1;
    const struct reader_unit *u = &h->plan.units.v[it->at];
    if (it->len >= g->items.n) { /* the readers are functions of the bytes: damage on disk */
        errno = EIO;
        return -1;
    }
    const struct reader_item *made = &g->items.v[it->len];
    bool all = made->part.n == 0;
    uint64_t off = u->off + (all ? 0 : (uint64_t)(made->part.p - g->raw.p));
    struct record r = start(g, h, "enc", off, all ? u->len : made->part.n);
    if (all && it->len)
        r.id = r.root = id_child(r.id, it->len);
    r.seq = seq;
    if (made->rule) {
        r.body = !all ? made->part : g->items.n == 1 ? g->raw : phi_of("", 0);
        stage_refuse(g->s, &r, made->rule, made->why);
        stage_count(g->s, "refused", 1);
        return 0;
    }
    r.usage = g->forced ? g->forced : made->test ? 'T' : 'P';
    r.body = made->json;
    if (it->kind == ITEM_READ_POST) {
        emit_entry(g, &r);
        return 0;
    }
    stage_emit(g->s, "encounters", &r);
    stage_count(g->s, "encounters", 1);
    return 0;
}

static int give_item(struct giver *g, struct in_hand *h, size_t item, uint64_t seq)
{
    const struct plan_item *it = &h->plan.items[item];
    switch (it->kind) {
    case ITEM_ISA:
        return give_isa(g, h, it, seq);
    case ITEM_GROUP:
        return give_group(g, h, it, seq);
    case ITEM_SET:
        return give_set(g, h, it, seq, item);
    case ITEM_LOOSE:
        return give_loose(g, h, it, seq);
    case ITEM_READ:
    case ITEM_BAD_READ:
    case ITEM_READ_POST:
        return give_read(g, h, it, seq);
    default:
        return give_encounter(g, h, it, seq);
    }
}

int give_frame(struct giver *g, struct in_hand *h, size_t f)
{
    uint64_t seq = h->seq0 + h->plan.frames[f].seqs;
    for (size_t i = h->plan.frames[f].item; i < h->plan.frames[f + 1].item; i++) {
        uint16_t kind = h->plan.items[i].kind;
        if (give_item(g, h, i, seq))
            return -1;
        seq += plan_has_seq(kind);
    }
    return 0;
}

void giver_free(struct giver *g)
{
    buf_free(&g->head);
    buf_free(&g->body);
    buf_free(&g->json);
    arena_free(&g->mem);
}
