/* The 277CA: source, submitter, billing providers, patients with their claims. */
#include "common/edi/ack_277ca_parts.h"
#include "common/edi/ack_parts.h"
#include "common/edi/write_line.h"
#include "common/util/clock.h"
#include "common/util/money.h"
#include <stdio.h>

enum { IN_STC = 3, STC_10 = 10, LAST_MODIFIER = ACK_MODIFIERS };

/* --- elements --- */

/* Delimiters and newline of an answer are always these (write_line.h). */
static struct line begin(struct ca *c, const char *id)
{
    c->w.segments++;
    return line_begin(c->w.out, id);
}

static void money(struct line *l, int64_t cents)
{
    char text[32];
    struct buf b = {.p = text, .cap = sizeof text};
    money_x12(&b, cents);
    line_lit(l, buf_cstr(&b));
}

static void write_hl(struct ca *c, uint32_t parent, const char *code, const char *child)
{
    struct line l = begin(c, "HL");
    line_int(&l, ++c->hl);
    if (parent)
        line_int(&l, parent);
    else
        line_lit(&l, "");
    line_lit(&l, code);
    line_lit(&l, child);
    line_end(&l);
}

/* What an NM1 says where the 837 left a required part open. */
struct nm1 {
    const char *who, *qual;
    bool organization, person; /* must be */
};

static void write_nm1(struct ca *c, const struct nm1 *k, const struct ack_party *p)
{
    bool person = (p->person || k->person) && !k->organization;
    struct line l = begin(c, "NM1");
    line_lit(&l, k->who);
    line_lit(&l, person ? "1" : "2");
    line_or(&l, p->last, "UNKNOWN");
    line_el(&l, person ? p->first : (phi_str){"", 0});
    line_el(&l, person ? p->middle : (phi_str){"", 0});
    line_lit(&l, "");
    line_el(&l, person ? p->suffix : (phi_str){"", 0});
    line_or(&l, phi_empty(p->id) ? p->id : p->qual, k->qual);
    line_or(&l, p->id, "UNKNOWN");
    line_end(&l);
}

static void write_trn(struct ca *c, const char *kind, phi_str number)
{
    struct line l = begin(c, "TRN");
    line_lit(&l, kind);
    line_or(&l, number, "0");
    line_end(&l);
}

static void write_ref(struct ca *c, const char *kind, phi_str v)
{
    if (phi_empty(v))
        return;
    struct line l = begin(c, "REF");
    line_lit(&l, kind);
    line_el(&l, v);
    line_end(&l);
}

static void write_day(struct ca *c, const char *kind, const char *from, const char *thru)
{
    char range[2 * ACK_DATE];
    bool same = strcmp(from, thru) == 0;
    struct line l = begin(c, "DTP");
    if (!same)
        snprintf(range, sizeof range, "%s-%s", from, thru);
    line_lit(&l, kind);
    line_lit(&l, same ? "D8" : "RD8");
    line_lit(&l, same ? from : range);
    line_end(&l);
}

/* "A7:562:82" as a composite. */
static void write_status(struct line *l, const char *report)
{
    phi_str part = {report, strcspn(report, ":")};
    line_or(l, part, "A3");
    for (uint32_t i = 2; i <= 3 && part.p[part.n]; i++) {
        part.p += part.n + 1;
        part.n = strcspn(part.p, ":");
        line_comp(l, part);
    }
}

/* STC with up to three statuses. line: STC04 is not used. */
static void write_stc(struct ca *c, const char *const *report, uint32_t n, bool accepted,
                      int64_t cents, bool line)
{
    struct line l = begin(c, "STC");
    write_status(&l, report[0]);
    line_lit(&l, c->day);
    line_lit(&l, accepted ? "WQ" : "U");
    if (line)
        line_lit(&l, "");
    else
        money(&l, cents);
    for (int i = 5; n > 1 && i < STC_10; i++)
        line_lit(&l, "");
    for (uint32_t i = 1; i < n; i++)
        write_status(&l, report[i]);
    line_end(&l);
}

/* --- a claim --- */

/* Faults of one line or of the claim itself, three in each STC. With them, at the claim, what says
 * that there is more below. */
static void write_faults(struct ca *c, const struct ack_claim *k, uint32_t line)
{
    const char *three[IN_STC];
    uint32_t n = 0;
    bool below = false, of_line = line != ACK_NO_LINE;
    for (uint32_t i = 0; i < k->faults_n; i++) {
        below = below || k->faults[i].line != ACK_NO_LINE;
        if (k->faults[i].line != line)
            continue;
        if (n == IN_STC) {
            write_stc(c, three, n, false, k->charge, of_line);
            n = 0;
        }
        three[n++] = k->faults[i].report;
    }
    if (below && !of_line && n == IN_STC) {
        write_stc(c, three, n, false, k->charge, false);
        n = 0;
    }
    if (below && !of_line)
        three[n++] = "A3:247";
    if (n)
        write_stc(c, three, n, false, k->charge, of_line);
}

/* SVC: a service is known by its procedure, one of a hospital without such by its revenue code. */
static void write_svc(struct ca *c, const struct ack_line *l)
{
    bool revenue = phi_empty(l->code);
    struct line to = begin(c, "SVC");
    line_or(&to, revenue ? (phi_str){"NU", 2} : l->qualifier, "HC");
    line_comp(&to, revenue ? l->revenue : l->code);
    for (uint32_t i = 0; i < LAST_MODIFIER; i++)
        line_comp(&to, l->mods[i]);
    money(&to, l->charge);
    line_lit(&to, "");
    line_el(&to, revenue ? (phi_str){"", 0} : l->revenue);
    line_end(&to);
}

static void write_line(struct ca *c, const struct ack_claim *k, uint32_t line)
{
    const struct ack_line *l = &k->lines[line];
    char number[16];
    snprintf(number, sizeof number, "%u", l->number);
    write_svc(c, l);
    write_faults(c, k, line);
    write_ref(c, "FJ", phi_empty(l->control) ? phi_lit(number) : l->control);
    if (l->from[0])
        write_day(c, "472", l->from, l->thru);
}

static bool has_fault(const struct ack_claim *k, uint32_t line)
{
    for (uint32_t i = 0; i < k->faults_n; i++)
        if (k->faults[i].line == line)
            return true;
    return false;
}

void ca_claim(struct ca *c, const struct ack_claim *k)
{
    const char *taken = c->o->payer ? "A2:20" : "A1:19:40";
    write_trn(c, "2", k->pcn);
    if (k->faults_n)
        write_faults(c, k, ACK_NO_LINE);
    else
        write_stc(c, &taken, 1, true, k->charge, false);
    write_ref(c, "1K", k->control);
    write_ref(c, "D9", k->trace);
    write_ref(c, "BLT", phi_lit(k->bill));
    if (k->from[0])
        write_day(c, "472", k->from, k->thru);
    else /* a date must be here: of the batch, when the claim has none (an estimate) */
        write_day(c, "472", c->b->date, c->b->date);
    for (uint32_t i = 0; i < k->lines_n; i++)
        if (has_fault(k, i))
            write_line(c, k, i);
}

/* --- levels --- */

static struct ca_tally tally_of(const struct ack_claim *k, uint32_t n)
{
    struct ca_tally t = {0};
    for (uint32_t i = 0; i < n; i++) {
        bool bad = k[i].faults_n > 0;
        t.n[bad]++;
        t.cents[bad] += k[i].charge;
    }
    return t;
}

static void write_tally(struct ca *c, const struct ca_tally *t, const char *accepted,
                        const char *rejected)
{
    const char *const qty[] = {accepted, rejected}, *const amt[] = {"YU", "YY"};
    for (int i = 0; i < 2; i++) {
        if (!t->n[i])
            continue;
        struct line l = begin(c, "QTY");
        line_lit(&l, qty[i]);
        line_int(&l, t->n[i]);
        line_end(&l);
    }
    for (int i = 0; i < 2; i++) {
        if (!t->n[i])
            continue;
        struct line l = begin(c, "AMT");
        line_lit(&l, amt[i]);
        money(&l, t->cents[i]);
        line_end(&l);
    }
}

void ca_head(struct ca *c, const char *number)
{
    static const struct nm1 clearinghouse = {"AY", "46", true, false},
                            payer = {"PR", "46", true, false};
    char time[5];
    ew_seg(&c->w, "ST", "277", number, CA_VERSION);
    char ref[32];
    snprintf(ref, sizeof ref, "%09u-%s", c->o->control, number);
    ew_seg(&c->w, "BHT", "0085", "08", ref, c->day, time_hhmm(c->o->at_us, time), "TH");
    write_hl(c, 0, "20", "1");
    write_nm1(c, c->o->payer ? &payer : &clearinghouse, &c->b->receiver);
    write_trn(c, "1", phi_lit(ref));
    write_day(c, "050", c->day, c->day);
    write_day(c, "009", c->day, c->day);
}

void ca_submitter(struct ca *c, const struct ca_tally *t)
{
    static const struct nm1 submitter = {"41", "46", false, false};
    const char *taken = c->o->payer ? "A1:19:PR" : "A1:19:AY";
    write_hl(c, 1, "21", "1");
    write_nm1(c, &submitter, &c->b->submitter);
    write_trn(c, "2", c->b->bht03);
    write_stc(c, &taken, 1, true, t->cents[0] + t->cents[1], false);
    write_tally(c, t, "90", "AA");
}

void ca_provider(struct ca *c, const struct ack_party *p, const struct ca_tally *t)
{
    static const struct nm1 provider = {"85", "SV", false, false};
    c->level = c->hl + 1;
    write_hl(c, 2, "19", "1");
    write_nm1(c, &provider, p);
    write_trn(c, "1", (phi_str){"", 0});
    write_tally(c, t, "QA", "QC");
}

void ca_patient(struct ca *c, const struct ack_party *p)
{
    static const struct nm1 patient = {"QC", "MI", false, true};
    write_hl(c, c->level, "PT", "");
    write_nm1(c, &patient, p);
}

/* One billing provider: its claims follow each other. */
static void write_provider(struct ca *c, const struct ack_claim *k, uint32_t n)
{
    struct ca_tally t = tally_of(k, n);
    uint32_t about = UINT32_MAX;
    ca_provider(c, &c->b->providers[k->provider], &t);
    for (uint32_t i = 0; i < n; i++) {
        if (k[i].patient != about) {
            about = k[i].patient;
            ca_patient(c, &c->b->patients[about]);
        }
        ca_claim(c, &k[i]);
    }
}

static void write_set(struct edi_writer *w, const struct ack_batch *b, uint32_t number,
                      const struct ack_277ca_opts *o, struct ack_277ca_result *r)
{
    struct ca c = {.w = *w, .b = b, .o = o};
    struct ca_tally t = tally_of(b->claims, b->claims_n);
    char st02[12], count[12];
    time_ccyymmdd(o->at_us, c.day);
    snprintf(st02, sizeof st02, "%04u", number);
    c.w.segments = 0;
    ca_head(&c, st02);
    ca_submitter(&c, &t);
    for (uint32_t i = 0, k; i < b->claims_n; i = k) {
        for (k = i + 1; k < b->claims_n && b->claims[k].provider == b->claims[i].provider; k++)
            ;
        write_provider(&c, &b->claims[i], k - i);
    }
    snprintf(count, sizeof count, "%u", c.w.segments + 1);
    ew_seg(&c.w, "SE", count, st02);
    *w = c.w;
    r->accepted += t.n[0];
    r->rejected += t.n[1];
    r->accepted_cents += t.cents[0];
    r->rejected_cents += t.cents[1];
}

struct ack_277ca_result ack_write_277ca(struct buf *out, const struct envelope_isa *to,
                                        const struct envelope_gs *gs,
                                        const struct ack_batch *batches, uint32_t n,
                                        const struct ack_277ca_opts *o)
{
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL, .newline = "\n"};
    struct ack_opts envelope = {.at_us = o->at_us, .control = o->control};
    struct ack_277ca_result r = {0};
    for (uint32_t i = 0; i < n; i++) {
        if (!batches[i].claims_n)
            continue;
        if (!r.sets) {
            ack_isa(&w, to, &envelope);
            ack_gs(&w, gs, "HN", CA_VERSION, &envelope);
        }
        write_set(&w, &batches[i], ++r.sets, o, &r);
    }
    if (r.sets) {
        ack_ge(&w, r.sets, &envelope);
        ack_iea(&w, 1, &envelope);
    }
    return r;
}
