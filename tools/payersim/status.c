/* 276 to 277: what became of claims. */
#include "common/util/clock.h"
#include "common/util/money.h"
#include "tools/payersim/sets.h"
#include <stdio.h>

#define VERSION "005010X212"

struct person {
    phi_str type, last, first, kind, id;
};
/* What is open while a set is read. */
struct reading {
    const struct asking *a;
    struct sets *to;
    struct edi_writer w;
    struct arena mem;
    phi_str reference;
    struct person payer, who, provider, subscriber, dependent;
    bool below; /* the dependent is meant */
    bool open;  /* a TRN is */
    phi_str trace, control, account, bill, charge, dates;
};

static struct person person(struct reading *r, const struct edi_seg *s)
{
    return (struct person){sets_clean(&r->mem, seg_el(s, 2)), sets_clean(&r->mem, seg_el(s, 3)),
                           sets_clean(&r->mem, seg_el(s, 4)), sets_clean(&r->mem, seg_el(s, 8)),
                           sets_clean(&r->mem, seg_el(s, 9))};
}

static void name(struct reading *r, const char *who, const struct person *p, const char *kind)
{
    char type[4], id[4];
    snprintf(type, sizeof type, "%.*s", (int)(p->type.n < 3 ? p->type.n : 3),
             p->type.n ? p->type.p : "");
    snprintf(id, sizeof id, "%.*s", (int)(p->kind.n < 3 ? p->kind.n : 3),
             p->kind.n ? p->kind.p : "");
    outgoing_name(&r->w, who, *type ? type : "2", p->last, p->first, *id ? id : kind, p->id);
}

static void heads(struct reading *r)
{
    char day[9], hour[5];
    int hl = 0;
    sets_begin(&r->w, r->to, "277", VERSION);
    ew_begin(&r->w, "BHT");
    ew_lit(&r->w, "0010");
    ew_lit(&r->w, "08");
    ew_el(&r->w, r->reference);
    ew_lit(&r->w, time_ccyymmdd(r->a->at_us, day));
    ew_lit(&r->w, time_hhmm(r->a->at_us, hour));
    ew_lit(&r->w, "DG");
    ew_end(&r->w);
    outgoing_hl(&r->w, &hl, 0, "20", "1");
    name(r, "PR", &r->payer, "PI");
    outgoing_hl(&r->w, &hl, 1, "21", "1");
    name(r, "41", &r->who, "46");
    outgoing_hl(&r->w, &hl, 2, "19", "1");
    name(r, "1P", &r->provider, "XX");
    outgoing_hl(&r->w, &hl, 3, "22", r->below ? "1" : "0");
    name(r, "IL", &r->subscriber, "MI");
    if (r->below) {
        outgoing_hl(&r->w, &hl, 4, "23", "");
        name(r, "QC", &r->dependent, "");
    }
}

/* The payer's own word, by its books. */
static const char *standing(const struct status *s)
{
    return !s->known                   ? "A4:35"
           : s->records && !s->decided ? "P3:294"
           : !s->decided               ? "P1:20"
           : s->paid > 0               ? "F1:65"
                                       : "F2:65";
}

static void say(struct reading *r, const char *code, const struct status *s)
{
    char day[9], category[8];
    int64_t charge = 0;
    bool decided = code[0] == 'F';
    const char *colon = strchr(code, ':');
    money_parse(r->charge, &charge);
    snprintf(category, sizeof category, "%.*s", (int)(colon ? colon - code : 2), code);
    ew_begin(&r->w, "TRN");
    ew_lit(&r->w, "2");
    ew_el(&r->w, r->trace);
    ew_end(&r->w);
    ew_begin(&r->w, "STC");
    ew_lit(&r->w, category);
    ew_comp(&r->w, phi_lit(colon ? colon + 1 : "20"));
    ew_lit(&r->w, time_ccyymmdd(r->a->at_us, day));
    ew_lit(&r->w, "");
    ew_money(&r->w, charge);
    ew_money(&r->w, decided ? s->paid : 0);
    ew_lit(&r->w, decided ? time_ccyymmdd(s->decided_us, day) : "");
    ew_end(&r->w);
    outgoing_pair(&r->w, "REF", "1K", s->known ? s->icn : phi_of("", 0));
    outgoing_pair(&r->w, "REF", "BLT", r->bill);
    outgoing_pair(&r->w, "REF", "EJ", r->account);
    if (r->dates.n == 8)
        outgoing_dtp(&r->w, "472", r->dates, r->dates);
    else if (r->dates.n == 17)
        outgoing_dtp(&r->w, "472", phi_of(r->dates.p, 8), phi_of(r->dates.p + 9, 8));
}

static void answer(struct reading *r)
{
    struct status s = {0};
    if (!r->open)
        return;
    r->open = false;
    const struct script_payer *p = script_payer(r->a->s, r->payer.id);
    p = p ? p : r->a->p;
    struct claim c = {.isa_sender = phi_lit(r->a->sender), .pcn = r->account};
    c.patient.id = r->subscriber.id;
    const struct script_case *k = script_case_of(r->a->s, SCRIPT_STATUS, p, &c);
    if (k && k->act == ACT_MUTE_277)
        return;
    state_status(r->a->state, phi_lit(p->id), phi_lit(r->a->sender), r->account, r->a->now, &r->mem,
                 &s);
    heads(r);
    say(r, k && k->act == ACT_STATUS ? k->report : standing(&s), &s);
    outgoing_se(&r->w, (int)r->to->n);
}

static void level(struct reading *r, const struct edi_seg *s)
{
    phi_str code = seg_el(s, 3);
    answer(r);
    if (phi_is(code, "22") || phi_is(code, "23"))
        r->below = phi_is(code, "23");
}

static void nm1(struct reading *r, const struct edi_seg *s)
{
    const struct {
        const char *code;
        struct person *to;
    } all[] = {{"PR", &r->payer},
               {"41", &r->who},
               {"1P", &r->provider},
               {"IL", &r->subscriber},
               {"QC", &r->dependent}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (phi_is(seg_el(s, 1), all[i].code))
            *all[i].to = person(r, s);
}

static void trace(struct reading *r, const struct edi_seg *s)
{
    answer(r);
    r->open = true;
    r->trace = sets_clean(&r->mem, seg_el(s, 2));
    r->control = r->account = r->bill = r->charge = r->dates = phi_of("", 0);
}

static void segment(struct reading *r, const struct edi_seg *s)
{
    phi_str code = seg_el(s, 1), value = sets_clean(&r->mem, seg_el(s, 2));
    if (seg_is(s, "BHT"))
        r->reference = sets_clean(&r->mem, seg_el(s, 3));
    else if (seg_is(s, "HL"))
        level(r, s);
    else if (seg_is(s, "NM1"))
        nm1(r, s);
    else if (seg_is(s, "TRN"))
        trace(r, s);
    else if (seg_is(s, "REF") && phi_is(code, "1K"))
        r->control = value;
    else if (seg_is(s, "REF") && phi_is(code, "EJ"))
        r->account = value;
    else if (seg_is(s, "REF") && phi_is(code, "BLT"))
        r->bill = value;
    else if (seg_is(s, "AMT"))
        r->charge = value;
    else if (seg_is(s, "DTP") && phi_empty(r->dates))
        r->dates = sets_clean(&r->mem, seg_el(s, 3));
    else if (seg_is(s, "SE"))
        answer(r);
}

void status_set(struct sets *to, const struct asking *a)
{
    struct reading r = {.a = a, .to = to, .w = {.out = &to->text, .d = EDI_CANONICAL}};
    struct scan *s = scan_fragment(a->body.p, a->body.n);
    struct edi_seg seg;
    while (scan_next(s, &seg) == SCAN_SEG)
        segment(&r, &seg);
    scan_free(s);
    arena_free(&r.mem);
}
