/* A claim for the next payer, from what the one before it answered. */
#include "common/edi/remit.h"
#include "common/ledger/match.h"
#include "common/util/date.h"
#include "common/util/money.h"
#include "tools/rebill/change.h"
#include "tools/rebill/form.h"
#include <stdio.h>
#include <stdlib.h>

bool form_has_next(const struct claim *c, int rank, int *next)
{
    *next = 0;
    for (uint32_t i = 0; i < c->others_n; i++) {
        int r = facts_rank(c->others[i].rank);
        if (r > rank && (!*next || r < *next))
            *next = r;
    }
    return *next != 0;
}

struct cob {
    struct form *f;
    const struct claim *c;
    const struct life *life;
    int rank;
    struct arena *mem;
    struct segs theirs; /* the 2320 of the next payer, taken out of the claim */
    int64_t paid, patient;
    char date[9]; /* of the latest answer */
    bool by_line;
};

static bool counts(const struct cob *x, const struct life_answer *a)
{
    return a->stands && a->rank == x->rank;
}

/* ---- the next payer's loops leave the claim ---- */

static void take_out(struct cob *x, int next)
{
    struct segs *s = &x->f->claim;
    size_t i = 0;
    x->theirs = (struct segs){.mem = x->mem};
    while (i < s->n && !segs_is(s, i, "LX", NULL) &&
           !(segs_is(s, i, "SBR", NULL) && facts_rank(seg_text_el(s->at[i], 1)) == next))
        i++;
    while (i < s->n && !segs_is(s, i, "LX", NULL) &&
           (x->theirs.n == 0 || !segs_is(s, i, "SBR", NULL))) {
        segs_add(&x->theirs, s->at[i]);
        segs_remove(s, i);
    }
}

/* The first segment of its kind at or behind `from`, empty when another NM1 comes first. */
static phi_str below(const struct segs *s, size_t from, const char *id, const char *qualifier)
{
    for (size_t i = from; i < s->n && (i == from || !segs_is(s, i, "NM1", NULL)); i++)
        if (segs_is(s, i, id, qualifier))
            return s->at[i];
    return (phi_str){"", 0};
}

static size_t place(const struct segs *s, const char *id, const char *qualifier)
{
    size_t i = 0;
    while (i < s->n && !segs_is(s, i, id, qualifier))
        i++;
    return i;
}

static void keep(struct segs *to, phi_str seg)
{
    if (seg.n)
        segs_add(to, seg);
}

/* ---- levels 2000B and 2000C ---- */

/* N3, N4 and, for a patient, DMG below the name at i. */
static void address(struct segs *to, const struct segs *from, size_t i, bool dmg)
{
    keep(to, below(from, i, "N3", NULL));
    keep(to, below(from, i, "N4", NULL));
    if (dmg)
        keep(to, below(from, i, "DMG", NULL));
}

static void new_payer(struct cob *x, struct segs *to)
{
    static const char *const refs[] = {"2U", "EI", "FY", "NF"};
    size_t at = place(&x->theirs, "NM1", "PR");
    keep(to, below(&x->theirs, at, "NM1", "PR"));
    address(to, &x->theirs, at, false);
    for (int i = 0; i < 4; i++)
        keep(to, below(&x->theirs, at, "REF", refs[i]));
}

static void new_subscriber(struct cob *x)
{
    struct form *f = x->f;
    phi_str sbr = x->theirs.at[0], rel = seg_text_el(sbr, 2);
    bool self = phi_is(rel, "18");
    const struct segs *who = f->dependent ? &f->patient : &f->subscriber;
    size_t name = place(who, "NM1", f->dependent ? "QC" : "IL"),
           il = place(&x->theirs, "NM1", "IL");
    struct segs sub = {.mem = x->mem}, pat = {.mem = x->mem};
    segs_add(&sub, self ? sbr : seg_text_set(x->mem, sbr, 2, 0, phi_lit("")));
    keep(&sub, below(&x->theirs, il, "NM1", "IL"));
    if (self)
        address(&sub, who, name, true);
    else
        address(&sub, &x->theirs, il, false);
    new_payer(x, &sub);
    if (!self) {
        phi_str nm1 = seg_text_set(x->mem, below(who, name, "NM1", NULL), 1, 0, phi_lit("QC"));
        nm1 = seg_text_set(x->mem, nm1, 8, 0, phi_lit(""));
        segs_addf(&pat, "PAT*%.*s", (int)rel.n, rel.p);
        segs_add(&pat, seg_text_set(x->mem, nm1, 9, 0, phi_lit("")));
        address(&pat, who, name, true);
    }
    f->subscriber = sub;
    f->patient = pat;
    f->dependent = !self;
}

/* ---- 2320 of the payer that has answered ---- */

static phi_str amount(struct cob *x, int64_t cents)
{
    struct buf b = {0};
    money_x12(&b, cents);
    phi_str v = arena_phi(x->mem, buf_view(&b));
    buf_free(&b);
    return v;
}

static phi_str quantity(struct cob *x, int64_t thousandths)
{
    char t[32];
    int n = snprintf(t, sizeof t, "%lld.%03lld", (long long)(thousandths / 1000),
                     (long long)(thousandths % 1000));
    while (n && t[n - 1] == '0')
        n--;
    if (n && t[n - 1] == '.')
        n--;
    return arena_phi(x->mem, phi_of(t, (size_t)n));
}

/* One CAS a group, six reasons each; the groups in the order in which they came. */
static void put_cas(struct cob *x, struct segs *to, const struct remit_cas *cas, uint32_t n)
{
    bool *done = arena_alloc(x->mem, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        struct buf b = {0};
        uint32_t trios = 0;
        for (uint32_t k = i; k < n && !done[i]; k++) {
            if (!phi_eq(cas[k].group, cas[i].group) || done[k] || trios == 6 || !cas[k].cents)
                continue;
            if (trios++ == 0) {
                buf_puts(&b, "CAS*");
                buf_phi(&b, cas[k].group);
            } else {
                buf_putc(&b, '*'); /* the quantity before */
            }
            buf_putc(&b, '*');
            buf_phi(&b, cas[k].reason);
            buf_putc(&b, '*');
            money_x12(&b, cas[k].cents);
            done[k] = k != i;
        }
        if (b.len)
            segs_add(to, arena_phi(x->mem, buf_view(&b)));
        buf_free(&b);
        done[i] = true;
    }
}

static void put_amount(struct cob *x, struct segs *to, const char *qualifier, int64_t cents)
{
    phi_str a = amount(x, cents);
    segs_addf(to, "AMT*%s*%.*s", qualifier, (int)a.n, a.p);
}

/* The latest number that the payer gave to the claim. */
static phi_str control(const struct cob *x)
{
    phi_str v = {"", 0};
    for (size_t i = 0; i < x->life->answers_n; i++)
        if (counts(x, &x->life->answers[i]))
            v = x->life->answers[i].remit.payer_control;
    return v;
}

static phi_str claim_ref(const struct segs *s, const char *qualifier)
{
    for (size_t i = 0; i < s->n && !segs_is(s, i, "LX", NULL) && !segs_is(s, i, "SBR", NULL); i++)
        if (segs_is(s, i, "REF", qualifier))
            return s->at[i];
    return (phi_str){"", 0};
}

/* The subscriber level as it was, before new_subscriber(). */
static void old_payer(struct cob *x, const struct form *was, struct segs *to)
{
    const struct segs *s = &was->subscriber;
    size_t il = place(s, "NM1", "IL"), pr = place(s, "NM1", "PR");
    phi_str sbr = s->at[0], clm = was->claim.at[0], f8 = control(x);
    if (was->dependent)
        sbr = seg_text_set(x->mem, sbr, 2, 0, seg_text_el(was->patient.at[0], 1));
    segs_add(to, sbr);
    for (size_t i = 0; i < x->life->answers_n; i++)
        if (counts(x, &x->life->answers[i]))
            put_cas(x, to, x->life->answers[i].remit.cas, x->life->answers[i].remit.cas_n);
    put_amount(x, to, "D", x->paid);
    if (x->patient)
        put_amount(x, to, "EAF", x->patient);
    phi_str oi3 = seg_text_el(clm, 8), oi4 = seg_text_el(clm, 10), oi6 = seg_text_el(clm, 9);
    segs_addf(to, "OI***%.*s*%.*s**%.*s", (int)oi3.n, oi3.p, (int)oi4.n, oi4.p, (int)oi6.n, oi6.p);
    keep(to, below(s, il, "NM1", "IL"));
    address(to, s, il, false);
    keep(to, below(s, pr, "NM1", "PR"));
    if (!x->by_line)
        segs_addf(to, "DTP*573*D8*%s", x->date);
    keep(to, claim_ref(&was->claim, "G1"));
    if (f8.n)
        segs_addf(to, "REF*F8*%.*s", (int)f8.n, f8.p);
}

/* ---- 2430 ---- */

static void put_line(struct cob *x, struct segs *to, const struct remit_line *l)
{
    struct buf b = {0};
    phi_str id = x->c->payer_id, paid = amount(x, l->paid);
    phi_str units = quantity(x, l->has_units ? l->units : 1000);
    buf_printf(&b, "SVD*%.*s*%.*s*", (int)id.n, id.p, (int)paid.n, paid.p);
    bool revenue = phi_is(l->qual, "NU");
    if (!revenue) {
        buf_phi(&b, l->qual);
        buf_putc(&b, ':');
        buf_phi(&b, l->code);
        for (uint32_t i = 0; i < l->mods_n; i++) {
            buf_putc(&b, ':');
            buf_phi(&b, l->mods[i]);
        }
    }
    buf_putc(&b, '*');
    buf_phi(&b, revenue ? l->code : l->revenue);
    buf_putc(&b, '*');
    buf_phi(&b, units);
    segs_add(to, arena_phi(x->mem, buf_view(&b)));
    buf_free(&b);
    put_cas(x, to, l->cas, l->cas_n);
    segs_addf(to, "DTP*573*D8*%s", x->date);
}

/* Behind the last segment of the line with this LX01, before a 2440. */
static size_t line_end(const struct segs *s, uint32_t lx)
{
    char want[16];
    snprintf(want, sizeof want, "%u", lx);
    size_t i = place(s, "LX", want);
    if (i == s->n)
        return 0;
    for (i++; i < s->n && !segs_is(s, i, "LX", NULL) && !segs_is(s, i, "LQ", NULL);)
        i++;
    return i;
}

static const char *put_lines(struct cob *x, const struct life_answer *a, const struct facts *facts,
                             bool *answered)
{
    const struct remit *r = &a->remit;
    struct line_match *m = arena_alloc(x->mem, (r->lines_n + 1) * sizeof *m);
    match_lines(facts, r, m);
    for (uint32_t i = 0; i < r->lines_n; i++) {
        struct segs loop = {.mem = x->mem};
        size_t at = m[i].how == LINE_NONE ? 0 : line_end(&x->f->claim, m[i].lx);
        if (!at)
            return "the payer answered a service that is no line of the claim: bill it by hand";
        put_line(x, &loop, &r->lines[i]);
        for (size_t k = 0; k < loop.n; k++)
            segs_insert(&x->f->claim, at + k, loop.at[k]);
        for (uint32_t k = 0; k < facts->lines_n; k++)
            answered[k] |= facts->lines[k].lx == m[i].lx;
    }
    return NULL;
}

static const char *all_lines(struct cob *x, const struct facts *facts)
{
    bool *answered = arena_alloc(x->mem, facts->lines_n + 1);
    for (size_t i = 0; i < x->life->answers_n; i++) {
        const struct life_answer *a = &x->life->answers[i];
        const char *why = counts(x, a) ? put_lines(x, a, facts, answered) : NULL;
        if (why)
            return why;
    }
    for (uint32_t k = 0; x->by_line && k < facts->lines_n; k++)
        if (!answered[k] && facts->lines[k].charge)
            return "a line of the claim was not answered by that payer: bill it by hand";
    return NULL;
}

/* ---- all of it ---- */

static void sum_up(struct cob *x)
{
    for (size_t i = 0; i < x->life->answers_n; i++) {
        const struct life_answer *a = &x->life->answers[i];
        const struct payment *h = &a->remit.head;
        if (!counts(x, a))
            continue;
        x->paid += a->remit.paid;
        x->patient += a->remit.patient;
        x->by_line |= a->remit.lines_n > 0;
        date_ccyymmdd(h->production.days != REMIT_NO_DATE ? h->production.days : h->date.days,
                      x->date);
    }
}

const char *form_next_payer(struct form *f, const struct claim *c, const struct life *life,
                            int rank)
{
    struct cob x = {.f = f, .c = c, .life = life, .rank = rank, .mem = f->head.mem};
    struct segs ours = {.mem = x.mem};
    struct facts facts;
    int next;
    if (!form_has_next(c, rank, &next))
        return "the claim names no payer behind the one that has answered";
    facts_of_claim(c, x.mem, &facts);
    sum_up(&x);
    take_out(&x, next);
    struct form was = *f;
    old_payer(&x, &was, &ours);
    new_subscriber(&x);
    size_t lx = place(&f->claim, "LX", NULL);
    for (size_t i = 0; i < ours.n; i++)
        segs_insert(&f->claim, lx + i, ours.at[i]);
    change_ref(&f->claim, "G1", (phi_str){"", 0});
    change_ref(&f->claim, "F8", (phi_str){"", 0});
    f->claim.at[0] = seg_text_set(x.mem, f->claim.at[0], 5, 3, phi_lit("1"));
    return all_lines(&x, &facts);
}
