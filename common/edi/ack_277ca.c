/* The 277CA: source, submitter, billing providers, patients with their claims. */
#include "common/edi/ack_277ca_parts.h"
#include "common/edi/ack_parts.h"
#include "common/util/clock.h"
#include <stdio.h>

enum { IN_STC = 3, STC_10 = 10, LAST_MODIFIER = ACK_MODIFIERS };

/* --- elements --- */

/* The next element: v without what cannot stand in our answer; fallback when v is empty. */
static void say(struct edi_writer *w, phi_str v, const char *fallback, bool component)
{
    char copy[256];
    for (; v.n && v.p[v.n - 1] == ' '; v.n--)
        ;
    for (; v.n && v.p[0] == ' '; v.n--)
        v.p++;
    size_t n = v.n < sizeof copy ? v.n : sizeof copy;
    if (n == 0) {
        v = phi_lit(fallback);
        n = v.n;
    }
    for (size_t i = 0; i < n; i++) {
        char c = v.p[i];
        copy[i] = c < ' ' || c > '~' || c == '*' || c == ':' || c == '^' || c == '~' ? '.' : c;
    }
    if (component)
        ew_comp(w, phi_of(copy, n));
    else
        ew_el(w, phi_of(copy, n));
}

static void el(struct edi_writer *w, phi_str v)
{
    say(w, v, "", false);
}

static void write_hl(struct ca *c, uint32_t parent, const char *code, const char *child)
{
    ew_begin(&c->w, "HL");
    ew_int(&c->w, ++c->hl);
    if (parent)
        ew_int(&c->w, parent);
    else
        ew_lit(&c->w, "");
    ew_lit(&c->w, code);
    ew_lit(&c->w, child);
    ew_end(&c->w);
}

/* What an NM1 says where the 837 left a required part open. */
struct nm1 {
    const char *who, *qual;
    bool organization, person; /* must be */
};

static void write_nm1(struct ca *c, const struct nm1 *k, const struct ack_party *p)
{
    bool person = (p->person || k->person) && !k->organization;
    ew_begin(&c->w, "NM1");
    ew_lit(&c->w, k->who);
    ew_lit(&c->w, person ? "1" : "2");
    say(&c->w, p->last, "UNKNOWN", false);
    el(&c->w, person ? p->first : (phi_str){"", 0});
    el(&c->w, person ? p->middle : (phi_str){"", 0});
    ew_lit(&c->w, "");
    el(&c->w, person ? p->suffix : (phi_str){"", 0});
    say(&c->w, phi_empty(p->id) ? p->id : p->qual, k->qual, false);
    say(&c->w, p->id, "UNKNOWN", false);
    ew_end(&c->w);
}

static void write_trn(struct ca *c, const char *kind, phi_str number)
{
    ew_begin(&c->w, "TRN");
    ew_lit(&c->w, kind);
    say(&c->w, number, "0", false);
    ew_end(&c->w);
}

static void write_ref(struct ca *c, const char *kind, phi_str v)
{
    if (phi_empty(v))
        return;
    ew_begin(&c->w, "REF");
    ew_lit(&c->w, kind);
    el(&c->w, v);
    ew_end(&c->w);
}

static void write_day(struct ca *c, const char *kind, const char *from, const char *thru)
{
    char range[2 * ACK_DATE];
    bool same = strcmp(from, thru) == 0;
    snprintf(range, sizeof range, "%s-%s", from, thru);
    ew_seg(&c->w, "DTP", kind, same ? "D8" : "RD8", same ? from : range);
}

/* "A7:562:82" as a composite. */
static void write_status(struct ca *c, const char *report)
{
    phi_str v = phi_lit(report);
    say(&c->w, edi_part(v, ':', 1), "A3", false);
    for (uint32_t i = 2; i <= edi_parts(v, ':') && i <= 3; i++)
        say(&c->w, edi_part(v, ':', i), "", true);
}

/* STC with up to three statuses. line: STC04 is not used. */
static void write_stc(struct ca *c, const char *const *report, uint32_t n, bool accepted,
                      int64_t cents, bool line)
{
    ew_begin(&c->w, "STC");
    write_status(c, report[0]);
    ew_lit(&c->w, c->day);
    ew_lit(&c->w, accepted ? "WQ" : "U");
    if (line)
        ew_lit(&c->w, "");
    else
        ew_money(&c->w, cents);
    for (int i = 5; n > 1 && i < STC_10; i++)
        ew_lit(&c->w, "");
    for (uint32_t i = 1; i < n; i++)
        write_status(c, report[i]);
    ew_end(&c->w);
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
    ew_begin(&c->w, "SVC");
    say(&c->w, revenue ? (phi_str){"NU", 2} : l->qualifier, "HC", false);
    say(&c->w, revenue ? l->revenue : l->code, "", true);
    for (uint32_t i = 0; i < LAST_MODIFIER; i++)
        say(&c->w, l->mods[i], "", true);
    ew_money(&c->w, l->charge);
    ew_lit(&c->w, "");
    el(&c->w, revenue ? (phi_str){"", 0} : l->revenue);
    ew_end(&c->w);
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
        ew_begin(&c->w, "QTY");
        ew_lit(&c->w, qty[i]);
        ew_int(&c->w, t->n[i]);
        ew_end(&c->w);
    }
    for (int i = 0; i < 2; i++) {
        if (!t->n[i])
            continue;
        ew_begin(&c->w, "AMT");
        ew_lit(&c->w, amt[i]);
        ew_money(&c->w, t->cents[i]);
        ew_end(&c->w);
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
