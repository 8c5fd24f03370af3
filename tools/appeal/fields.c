/* What templates can say about a claim. */
#include "common/edi/claim.h"
#include "common/util/date.h"
#include "common/util/money.h"
#include "tools/appeal/appeal.h"
#include <stdio.h>

static const int64_t DAY_US = 86400LL * 1000000;

phi_str appeal_day(struct appeal *p, int32_t day)
{
    char d[9], text[16];
    if (day == CLAIM_NO_DATE)
        return phi_lit("");
    date_ccyymmdd(day, d);
    snprintf(text, sizeof text, "%.2s/%.2s/%.4s", d + 4, d + 6, d);
    return arena_phi(p->a, phi_lit(text));
}

static phi_str day_at(struct appeal *p, int64_t us)
{
    return us ? appeal_day(p, (int32_t)(us / DAY_US)) : phi_lit("");
}

static phi_str kept(struct appeal *p, struct buf *b)
{
    phi_str s = arena_phi(p->a, buf_view(b));
    buf_free(b);
    return s;
}

static phi_str money(struct appeal *p, int64_t cents)
{
    struct buf b = {0};
    buf_puts(&b, "$");
    money_human(&b, cents);
    return kept(p, &b);
}

static phi_str joined(struct appeal *p, phi_str x, const char *between, phi_str y)
{
    struct buf b = {0};
    buf_phi(&b, x);
    buf_puts(&b, x.n && y.n ? between : "");
    buf_phi(&b, y);
    return kept(p, &b);
}

static bool denies(const struct remit_cas *cas)
{
    struct buf code = {0};
    buf_phi(&code, cas->group);
    buf_putc(&code, '-');
    buf_phi(&code, cas->reason);
    bool yes = report_denies(buf_view(&code));
    buf_free(&code);
    return yes;
}

static bool any_denies(const struct remit *r)
{
    bool any = false;
    for (uint32_t i = 0; i < r->cas_n; i++)
        any |= denies(&r->cas[i]);
    for (uint32_t k = 0; k < r->lines_n; k++)
        for (uint32_t i = 0; i < r->lines[k].cas_n; i++)
            any |= denies(&r->lines[k].cas[i]);
    return any;
}

/* The latest answer that stands and denies something, else the latest that stands. */
static const struct life_answer *decision(const struct appeal *p)
{
    const struct life_answer *found = NULL;
    bool denied = false;
    for (size_t i = 0; i < p->life.answers_n; i++) {
        const struct life_answer *a = &p->life.answers[i];
        bool here = a->stands && any_denies(&a->remit);
        if (a->stands && (here || !denied))
            found = a;
        denied |= here;
    }
    return found;
}

static void denial_row(struct buf *b, phi_str code, const struct remit_cas *cas, uint32_t n,
                       phi_str remark)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!denies(&cas[i]))
            continue;
        struct buf cents = {0};
        money_human(&cents, cas[i].cents);
        buf_printf(b, "%s  %-14.*s %12s   %.*s-%.*s", b->len ? "\n" : "", (int)code.n, code.p,
                   buf_cstr(&cents), (int)cas[i].group.n, cas[i].group.p, (int)cas[i].reason.n,
                   cas[i].reason.p);
        if (remark.n)
            buf_printf(b, " %.*s", (int)remark.n, remark.p);
        buf_free(&cents);
    }
}

/* Each denied service with its amount and reason; two lines at least, so that they stay a table. */
static phi_str denials(struct appeal *p)
{
    struct buf b = {0};
    buf_printf(&b, "  %-14s %12s   %s", "Service", "Amount", "Reason");
    for (size_t i = 0; i < p->life.answers_n; i++) {
        const struct life_answer *a = &p->life.answers[i];
        if (!a->stands)
            continue;
        denial_row(&b, phi_lit("claim"), a->remit.cas, a->remit.cas_n, phi_lit(""));
        for (uint32_t k = 0; k < a->remit.lines_n; k++) {
            const struct remit_line *l = &a->remit.lines[k];
            denial_row(&b, l->code, l->cas, l->cas_n,
                       l->remarks_n ? l->remarks[0].code : phi_lit(""));
        }
    }
    return kept(p, &b);
}

struct list {
    struct letter_field *v;
    size_t n;
};

static void put(struct list *l, const char *name, phi_str value)
{
    if (l->n < FIELDS_MOST)
        l->v[l->n++] = (struct letter_field){name, value};
}

static void about_us(struct appeal *p, const struct facts *f, struct list *l)
{
    struct sender s = sender_of(p->office, f->billing, p->a);
    put(l, "practice", s.name);
    put(l, "practice.street", s.street);
    put(l, "practice.city", s.city);
    put(l, "practice.phone", s.phone);
    put(l, "npi", f->billing);
    put(l, "tax", s.tax);
    put(l, "ids", joined(p, f->billing, ", ", s.tax));
    put(l, "by", phi_lit(p->by));
}

static void about_claim(struct appeal *p, const struct facts *f, struct list *l)
{
    phi_str from = appeal_day(p, f->from), thru = appeal_day(p, f->thru);
    put(l, "patient", joined(p, f->first, " ", f->last));
    put(l, "birth", appeal_day(p, f->dob));
    put(l, "member", f->member);
    put(l, "account", f->pcn);
    put(l, "service", phi_eq(from, thru) ? from : joined(p, from, " to ", thru));
    put(l, "charge", money(p, f->charge));
}

static void about_decision(struct appeal *p, const struct facts *f, phi_str accepted,
                           struct list *l)
{
    const struct life_answer *a = decision(p);
    const struct remit *r = a ? &a->remit : NULL;
    phi_str name = r && r->head.payer_name.n ? r->head.payer_name : f->payer_name;
    const struct profile *profile =
        p->f->profiles ? profiles_of_payer(p->f->profiles, p->claim->payer) : NULL;
    const struct profile_line *to = profile ? profile_get(profile, "follow-up", "appeal-to") : NULL;
    put(l, "payer.name", name);
    put(l, "payer.street", phi_lit(to && to->n > 0 ? to->word[0] : ""));
    put(l, "payer.city", phi_lit(to && to->n > 1 ? to->word[1] : ""));
    put(l, "payer", f->payer);
    put(l, "control", r && r->payer_control.n ? r->payer_control : accepted);
    put(l, "decided", a ? day_at(p, a->at) : phi_lit(""));
    put(l, "paid", money(p, p->life.now.paid));
    put(l, "denied", money(p, p->life.now.denied));
    put(l, "at-risk", money(p, p->item ? p->item->cents : 0));
    put(l, "reasons", p->item ? p->item->reason : phi_lit(""));
    put(l, "deadline", p->item ? day_at(p, p->item->due_us) : phi_lit(""));
    put(l, "denials", denials(p));
}

size_t appeal_fields(struct appeal *p, struct letter_field out[FIELDS_MOST])
{
    struct list l = {out, 0};
    const struct life_version *v = &p->life.versions[p->life.versions_n - 1];
    struct buf level = {0}, proof = {0};
    for (size_t i = 0; i + 1 < p->life.versions_n; i++)
        if (p->life.versions[i].accepted.n && !v->accepted.n)
            v = &p->life.versions[i];
    buf_printf(&level, "%d", p->level);
    put(&l, "date", day_at(p, p->f->now_us));
    put(&l, "level", kept(p, &level));
    put(&l, "why", phi_lit(p->why));
    about_us(p, &v->facts, &l);
    about_claim(p, &v->facts, &l);
    about_decision(p, &v->facts, v->accepted, &l);
    p->proven = proof_of_filing(p, &proof);
    put(&l, "proof", kept(p, &proof));
    return l.n;
}
