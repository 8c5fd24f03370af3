#include "tools/payersim/cover.h"
#include "common/edi/ack_parts.h"
#include "common/elig/elig.h"
#include "common/util/clock.h"
#include <stdio.h>

#define VERSION "005010X279A1"

struct answering {
    struct edi_writer w;
    const struct script *s;
    const struct script_payer *p;
    const char *sender;
    int64_t at_us;
    int hl, sets;
    struct arena mem;
};

/* The next element: v with '.' for each byte that may not stand in our answer. */
static void el(struct edi_writer *w, phi_str v)
{
    char copy[128];
    size_t n = v.n < sizeof copy ? v.n : sizeof copy;
    for (size_t i = 0; i < n; i++)
        copy[i] = ack_writable(phi_of(v.p + i, 1)) ? v.p[i] : '.';
    ew_el(w, phi_of(copy, n));
}

static void level(struct answering *x, int parent, const char *code, const char *child)
{
    ew_begin(&x->w, "HL");
    ew_int(&x->w, ++x->hl);
    if (parent)
        ew_int(&x->w, parent);
    else
        ew_lit(&x->w, "");
    ew_lit(&x->w, code);
    ew_lit(&x->w, child);
    ew_end(&x->w);
}

static void name(struct answering *x, const char *who, const char *type, phi_str last,
                 phi_str first, phi_str kind, phi_str id)
{
    ew_begin(&x->w, "NM1");
    ew_lit(&x->w, who);
    ew_lit(&x->w, type);
    el(&x->w, last);
    el(&x->w, first);
    for (int i = 5; i < 8; i++)
        ew_lit(&x->w, "");
    el(&x->w, phi_empty(id) ? id : kind);
    el(&x->w, id);
    ew_end(&x->w);
}

static void refuse(struct answering *x, const struct script_case *k)
{
    ew_seg(&x->w, "AAA", "N", "", k->reason, k->follow);
}

/* ---- the top: payer and provider ---- */

static void set_begin(struct answering *x, const struct elig_said *q, bool payer_alone,
                      bool provider_last)
{
    char st02[12], day[9], hour[5];
    snprintf(st02, sizeof st02, "%04d", ++x->sets);
    x->w.segments = 0;
    x->hl = 0;
    ew_seg(&x->w, "ST", "271", st02, VERSION);
    ew_begin(&x->w, "BHT");
    ew_lit(&x->w, "0022");
    ew_lit(&x->w, "11");
    el(&x->w, q->reference);
    ew_lit(&x->w, time_ccyymmdd(x->at_us, day));
    ew_lit(&x->w, time_hhmm(x->at_us, hour));
    ew_end(&x->w);
    level(x, 0, "20", payer_alone ? "0" : "1");
    name(x, "PR", "2", phi_lit(x->p->name), phi_lit(""), phi_lit("PI"), phi_lit(x->p->id));
    if (payer_alone)
        return;
    level(x, 1, "21", provider_last ? "0" : "1");
    name(x, "1P", q->provider_person ? "1" : "2", q->provider_name, phi_lit(""), q->provider_kind,
         q->npi);
}

static void set_end(struct answering *x)
{
    char st02[12], count[12];
    snprintf(st02, sizeof st02, "%04d", x->sets);
    snprintf(count, sizeof count, "%u", x->w.segments + 1);
    ew_seg(&x->w, "SE", count, st02);
}

/* ---- what is covered ---- */

static void benefit(struct answering *x, const char *info, const char *type, const char *period,
                    const int64_t *cents, int64_t part)
{
    char share[16] = "";
    if (part) /* hundredths of a percent as a fraction */
        snprintf(share, sizeof share, ".%04lld", (long long)part);
    if (part == 10000)
        snprintf(share, sizeof share, "1");
    for (size_t n = strlen(share); n > 1 && share[n - 1] == '0'; n--)
        share[n - 1] = 0;
    ew_begin(&x->w, "EB");
    ew_lit(&x->w, info);
    ew_lit(&x->w, "IND");
    ew_lit(&x->w, type);
    ew_lit(&x->w, "");
    ew_lit(&x->w, "");
    ew_lit(&x->w, period);
    if (cents)
        ew_money(&x->w, *cents);
    else
        ew_lit(&x->w, "");
    ew_lit(&x->w, share);
    for (int i = 9; i < 12; i++)
        ew_lit(&x->w, "");
    ew_lit(&x->w, "Y");
    ew_end(&x->w);
}

static void covered(struct answering *x)
{
    const struct script_payer *p = x->p;
    ew_seg(&x->w, "EB", "1", "", "30", "", p->plan);
    if (p->copay)
        benefit(x, "B", "98", "27", &p->copay, 0);
    if (p->deductible) {
        int64_t left = p->left < 0 || p->left > p->deductible ? p->deductible : p->left;
        benefit(x, "C", "30", "23", &p->deductible, 0);
        benefit(x, "C", "30", "29", &left, 0);
    }
    if (p->coinsurance)
        benefit(x, "A", "30", "", NULL, p->coinsurance);
    if (p->authorize)
        ew_seg(&x->w, "EB", "1", "", p->authorize, "", "", "", "", "", "", "", "Y", "Y");
}

/* ---- a person ---- */

static void trace(struct answering *x, const struct elig_said *q)
{
    if (phi_empty(q->trace))
        return;
    ew_begin(&x->w, "TRN");
    ew_lit(&x->w, "2");
    el(&x->w, q->trace);
    el(&x->w, q->origin);
    ew_end(&x->w);
}

static void birth(struct answering *x, const struct elig_person *p)
{
    if (phi_empty(p->dob))
        return;
    ew_begin(&x->w, "DMG");
    ew_lit(&x->w, "D8");
    el(&x->w, p->dob);
    el(&x->w, p->sex);
    ew_end(&x->w);
}

static void answer(struct answering *x, const struct elig_said *q, const struct script_case *k)
{
    bool refused = k && k->act == ACT_REFUSE;
    if (refused)
        refuse(x, k);
    birth(x, elig_person(q));
    if (!phi_empty(q->from)) {
        ew_begin(&x->w, "DTP");
        ew_lit(&x->w, "291");
        ew_lit(&x->w, "D8");
        el(&x->w, q->from);
        ew_end(&x->w);
    }
    if (k && k->act == ACT_INACTIVE)
        ew_seg(&x->w, "EB", "6", "", "30");
    else if (!refused)
        covered(x);
}

static void subscriber(struct answering *x, const struct elig_said *q, const struct script_case *k,
                       bool alone)
{
    level(x, 2, "22", alone ? "0" : "1");
    if (alone)
        trace(x, q);
    name(x, "IL", "1", q->subscriber.last, q->subscriber.first, phi_lit("MI"), q->subscriber.id);
    if (alone)
        answer(x, q, k);
}

static void one(struct answering *x, const struct elig_said *q, const struct script_case *k)
{
    char place = k && k->act == ACT_REFUSE ? script_refusal_place(k->reason) : 0;
    set_begin(x, q, place == 'A', place == 'B');
    if (place == 'A' || place == 'B')
        refuse(x, k);
    else if (!q->dependent || place == 'S') /* the subscriber is at fault: nothing below him */
        subscriber(x, q, k, true);
    else {
        subscriber(x, q, k, false);
        level(x, 3, "23", "0");
        trace(x, q);
        name(x, "03", "1", q->patient.last, q->patient.first, phi_lit(""), phi_lit(""));
        answer(x, q, k);
    }
    set_end(x);
}

static void asked(void *ctx, const struct elig_said *q)
{
    struct answering *x = ctx;
    if (!q->asks || !q->subscriber_there)
        return;
    const struct script_payer *p = script_payer(x->s, q->payer);
    struct claim c = {.isa_sender = phi_lit(x->sender), .pcn = q->trace};
    c.patient.id = q->subscriber.id;
    const struct script_payer *of = x->p;
    x->p = p ? p : of;
    const struct script_case *k = script_case_of(x->s, SCRIPT_COVER, x->p, &c);
    if (!k || k->act != ACT_MUTE)
        one(x, q, k);
    x->p = of;
}

void cover_set(struct cover *c, const struct script *s, const struct script_payer *p, phi_str body,
               const char *sender, int64_t at_us)
{
    struct answering x = {.w = {.out = &c->sets, .d = EDI_CANONICAL},
                          .s = s,
                          .p = p,
                          .sender = sender,
                          .at_us = at_us,
                          .sets = (int)c->n};
    elig_read(body, &x.mem, asked, &x);
    c->n = (uint32_t)x.sets;
    arena_free(&x.mem);
}

bool cover_write(struct cover *c, struct buf *out, const struct envelope_isa *isa,
                 const struct envelope_gs *gs, int64_t at_us, uint32_t control)
{
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL};
    struct ack_opts o = {.at_us = at_us, .control = control};
    bool any = c->n > 0;
    if (any) {
        ack_isa(&w, isa, &o);
        ack_gs(&w, gs, "HB", VERSION, &o);
        buf_phi(out, buf_view(&c->sets));
        ack_ge(&w, c->n, &o);
        ack_iea(&w, 1, &o);
    }
    buf_clear(&c->sets);
    c->n = 0;
    return any;
}

void cover_free(struct cover *c)
{
    buf_free(&c->sets);
}
