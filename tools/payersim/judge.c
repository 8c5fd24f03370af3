#include "tools/payersim/judge.h"
#include "common/edi/write.h"
#include "common/util/date.h"
#include "common/util/money.h"

/* ---- amounts ---- */

static void adjust(struct judge_line *l, const char *group, const char *reason, int64_t cents)
{
    if (cents == 0)
        return;
    l->cas[l->cas_n++] = (struct judge_cas){group, reason, cents};
    if (group[0] == 'P' && group[1] == 'R')
        l->patient += cents;
}

/* What is left of a budget for this line; takes it out. */
static int64_t draw(int64_t *left, int64_t most)
{
    int64_t n = *left < most ? *left : most;
    *left -= n;
    return n;
}

static void sum(struct judgment *j)
{
    j->charge = j->paid = j->patient = 0;
    for (uint32_t i = 0; i < j->lines_n; i++) {
        j->charge += j->lines[i].l->charge;
        j->paid += j->lines[i].paid;
        j->patient += j->lines[i].patient;
    }
}

static struct judgment begin(const struct claim *c, const char *status, const char *icn,
                             struct arena *a)
{
    struct judgment j = {.c = c, .status = status, .account = c->pcn, .icn = icn};
    j.lines = arena_alloc(a, (c->lines_n + 1) * sizeof *j.lines);
    j.lines_n = c->lines_n;
    for (uint32_t i = 0; i < c->lines_n; i++)
        j.lines[i].l = &c->lines[i];
    return j;
}

/* As the first payer. */
static void pay_first(const struct script_payer *p, struct judgment *j)
{
    int64_t deductible = p->deductible, copay = p->copay;
    for (uint32_t i = 0; i < j->lines_n; i++) {
        struct judge_line *l = &j->lines[i];
        l->allowed = script_allowed(p, l->l);
        int64_t one = draw(&deductible, l->allowed), three = draw(&copay, l->allowed - one);
        int64_t two = ((l->allowed - one - three) * p->coinsurance + 5000) / 10000;
        adjust(l, "CO", "45", l->l->charge - l->allowed);
        adjust(l, "PR", "1", one);
        adjust(l, "PR", "2", two);
        adjust(l, "PR", "3", three);
        l->paid = l->allowed - one - two - three;
    }
}

/* What the payers before left: AMT*EAF of the first of them that says it, else charge less paid. */
static int64_t left_by_others(const struct claim *c)
{
    static const char mark[] = "AMT*EAF*";
    const char *at = memmem(c->parts.claim.p, c->parts.claim.n, mark, sizeof mark - 1);
    int64_t left = c->charge, told;
    for (uint32_t i = 0; i < c->others_n; i++)
        left -= c->others[i].paid;
    if (at) {
        at += sizeof mark - 1;
        const char *end = memchr(at, '~', (size_t)(c->parts.claim.p + c->parts.claim.n - at));
        if (end && money_parse(phi_of(at, (size_t)(end - at)), &told))
            left = told;
    }
    return left < 0 ? 0 : left;
}

/* What the last payer before left of line i to the patient: CAS PR of its last 2430; what the line
 * charges where there is none. */
static int64_t line_left(const struct claim *c, uint32_t line, int64_t charge)
{
    const char *p = c->parts.claim.p, *end = p + c->parts.claim.n;
    int64_t left = charge, cents;
    bool svd = false;
    for (uint32_t lx = 0; p < end && lx <= line + 1;) {
        const char *term = memchr(p, '~', (size_t)(end - p));
        phi_str seg = phi_of(p, (size_t)((term ? term : end) - p)), id = edi_part(seg, '*', 1);
        p = term ? term + 1 : end;
        lx += phi_is(id, "LX");
        if (lx != line + 1)
            continue;
        if (phi_is(id, "SVD"))
            svd = true, left = 0;
        if (svd && phi_is(id, "CAS") && phi_is(edi_part(seg, '*', 2), "PR"))
            for (uint32_t e = 4; e <= edi_parts(seg, '*'); e += 3)
                if (money_parse(edi_part(seg, '*', e), &cents))
                    left += cents;
    }
    return left;
}

static void pay_later(const struct script_payer *p, struct judgment *j)
{
    int64_t left = left_by_others(j->c), copay = p->copay;
    for (uint32_t i = 0; i < j->lines_n; i++) {
        struct judge_line *l = &j->lines[i];
        l->allowed = draw(&left, line_left(j->c, i, l->l->charge));
        int64_t three = draw(&copay, l->allowed);
        adjust(l, "OA", "23", l->l->charge - l->allowed);
        adjust(l, "PR", "3", three);
        l->paid = l->allowed - three;
    }
}

/* Others have answered before. */
static bool is_later(const struct claim *c)
{
    return c->others_n && !phi_is(c->rank, "P");
}

struct judgment judge_pay(const struct script_payer *p, const struct claim *c, const char *icn,
                          struct arena *a)
{
    bool later = is_later(c);
    struct judgment j = begin(c, later ? phi_is(c->rank, "T") ? "3" : "2" : "1", icn, a);
    if (later)
        pay_later(p, &j);
    else
        pay_first(p, &j);
    sum(&j);
    return j;
}

struct judgment judge_deny(const struct claim *c, const struct script_case *k, const char *icn,
                           struct arena *a)
{
    bool later = is_later(c);
    struct judgment j = begin(c, later ? phi_is(c->rank, "T") ? "3" : "2" : "1", icn, a);
    int64_t left = later ? left_by_others(c) : 0;
    for (uint32_t i = 0; i < j.lines_n; i++) {
        int64_t charge = j.lines[i].l->charge, own = charge;
        if (later)
            own = draw(&left, line_left(c, i, charge));
        adjust(&j.lines[i], "OA", "23", charge - own);
        adjust(&j.lines[i], k->group, k->reason, own);
        j.lines[i].remark = k->remark;
    }
    sum(&j);
    return j;
}

struct judgment judge_part(const struct judgment *j, uint32_t from, uint32_t to)
{
    struct judgment part = *j;
    part.lines = j->lines + from;
    part.lines_n = to - from;
    sum(&part);
    return part;
}

void judge_bundle(struct judgment *j)
{
    if (is_later(j->c))
        return; /* what the payer before allowed stands */
    struct judge_line *last = &j->lines[j->lines_n - 1];
    *last = (struct judge_line){.l = last->l};
    adjust(last, "CO", "97", last->l->charge);
    sum(j);
}

void judge_less(struct judgment *j, int64_t percent)
{
    for (uint32_t i = 0; i < j->lines_n; i++) {
        struct judge_line *l = &j->lines[i];
        int64_t paid = l->paid * percent / 10000, less = l->paid - paid;
        l->paid = paid;
        l->allowed -= less;
        if (l->cas_n && l->cas[0].group[0] == 'C')
            l->cas[0].cents += less;
        else
            adjust(l, "CO", "45", less);
    }
    sum(j);
}

/* ---- text ---- */

struct out {
    struct edi_writer w;
    int64_t sign;
};

static void amount(struct out *o, int64_t cents)
{
    ew_money(&o->w, o->sign * cents);
}

static void write_name(struct out *o, const char *who, phi_str last, phi_str first,
                       const char *qual, phi_str id)
{
    ew_begin(&o->w, "NM1");
    ew_lit(&o->w, who);
    ew_lit(&o->w, "1");
    ew_el(&o->w, last);
    ew_el(&o->w, first);
    for (int i = 0; i < 3; i++)
        ew_lit(&o->w, "");
    ew_lit(&o->w, phi_empty(id) ? "" : qual);
    ew_el(&o->w, id);
    ew_end(&o->w);
}

static void write_cas(struct out *o, const struct judge_line *l)
{
    for (int i = 0; i < l->cas_n; i++) {
        ew_begin(&o->w, "CAS");
        ew_lit(&o->w, l->cas[i].group);
        ew_lit(&o->w, l->cas[i].reason);
        amount(o, l->cas[i].cents);
        ew_end(&o->w);
    }
}

static void write_procedure(struct out *o, const struct claim_line *l)
{
    if (phi_empty(l->code)) {
        ew_lit(&o->w, "NU");
        ew_comp(&o->w, l->revenue);
        return;
    }
    ew_el(&o->w, l->qualifier);
    ew_comp(&o->w, l->code);
    for (uint32_t i = 0; i < l->mods_n; i++)
        ew_comp(&o->w, l->mods[i]);
}

static void write_dates(struct out *o, const struct claim_line *l)
{
    char day[9];
    if (l->from == CLAIM_NO_DATE)
        return;
    bool one = l->from == l->thru;
    ew_seg(&o->w, "DTM", one ? "472" : "150", date_ccyymmdd(l->from, day));
    if (!one)
        ew_seg(&o->w, "DTM", "151", date_ccyymmdd(l->thru, day));
}

static void write_line(struct out *o, const struct judge_line *j)
{
    const struct claim_line *l = j->l;
    ew_begin(&o->w, "SVC");
    write_procedure(o, l);
    amount(o, l->charge);
    amount(o, j->paid);
    ew_el(&o->w, phi_empty(l->code) ? (phi_str){"", 0} : l->revenue);
    ew_int(&o->w, l->units ? l->units / 1000 : 1);
    ew_end(&o->w);
    write_dates(o, l);
    write_cas(o, j);
    if (!phi_empty(l->control)) {
        ew_begin(&o->w, "REF");
        ew_lit(&o->w, "6R");
        ew_el(&o->w, l->control);
        ew_end(&o->w);
    }
    if (j->allowed && o->sign > 0) {
        ew_begin(&o->w, "AMT");
        ew_lit(&o->w, "B6");
        ew_money(&o->w, j->allowed);
        ew_end(&o->w);
    }
    if (j->remark)
        ew_seg(&o->w, "LQ", "HE", j->remark);
}

static void write_clp(struct out *o, const struct judgment *j)
{
    ew_begin(&o->w, "CLP");
    ew_el(&o->w, j->account);
    ew_lit(&o->w, o->sign < 0 ? "22" : j->status);
    amount(o, j->charge);
    amount(o, j->paid);
    if (j->patient && o->sign > 0)
        ew_money(&o->w, j->patient);
    else
        ew_lit(&o->w, "");
    ew_lit(&o->w, "12");
    ew_lit(&o->w, j->icn);
    ew_el(&o->w, j->c->place);
    ew_el(&o->w, j->c->frequency);
    ew_end(&o->w);
}

static void write_crossing(struct out *o, const struct judgment *j)
{
    ew_begin(&o->w, "NM1");
    ew_lit(&o->w, "TT");
    ew_lit(&o->w, "2");
    ew_lit(&o->w, j->cross_name);
    for (int i = 0; i < 4; i++)
        ew_lit(&o->w, "");
    ew_lit(&o->w, "PI");
    ew_lit(&o->w, j->cross_id);
    ew_end(&o->w);
}

void judge_write(const struct judgment *j, bool reversed, struct buf *out)
{
    const struct claim *c = j->c;
    struct out o = {.w = {.out = out, .d = EDI_CANONICAL}, .sign = reversed ? -1 : 1};
    write_clp(&o, j);
    write_name(&o, "QC", c->patient.last, c->patient.first, "MI", c->patient.id);
    if (!phi_empty(c->rendering.npi))
        write_name(&o, "82", c->rendering.last, c->rendering.first, "XX", c->rendering.npi);
    if (j->cross_id)
        write_crossing(&o, j);
    if (j->interest && !reversed) {
        ew_begin(&o.w, "AMT");
        ew_lit(&o.w, "I");
        ew_money(&o.w, j->interest);
        ew_end(&o.w);
    }
    for (uint32_t i = 0; i < j->lines_n; i++)
        write_line(&o, &j->lines[i]);
}
