/* 278 to 278: what is certified before it is given. */
#include "common/util/clock.h"
#include "common/util/money.h"
#include "tools/payersim/sets.h"
#include <stdio.h>
#include <stdlib.h>

#define VERSION "005010X217"
enum { LINES = 50 };
static const int64_t NINETY_DAYS = 90LL * 86400 * 1000000;

struct person {
    phi_str who, type, last, first, kind, id;
};
/* One service that is asked for; texts as canonical segments without terminator. */
struct service {
    phi_str trace, when, text;
};
struct request {
    const struct asking *a;
    struct arena mem;
    const struct edi_delims *d;
    phi_str reference;
    struct person payer, provider, subscriber, dependent;
    phi_str trace, origin, um, when, from, thru;
    struct service line[LINES];
    uint32_t lines;
    bool event; /* an EV level came */
    /* the answer */
    const struct script_payer *p;
    const struct script_case *k;
    char number[24];
};

/* The segment in canonical form, cleaned. */
static phi_str canonical(struct request *r, const struct edi_seg *s)
{
    phi_str text = seg_bytes(s);
    char *copy = arena_strndup(&r->mem, text.p, text.n);
    for (size_t i = 0; i < text.n; i++)
        if (copy[i] == r->d->elem)
            copy[i] = '*';
        else if (copy[i] == r->d->comp)
            copy[i] = ':';
        else
            copy[i] = *sets_clean(&r->mem, phi_of(text.p + i, 1)).p;
    return phi_of(copy, text.n);
}

/* ---- reading ---- */

static void nm1(struct request *r, const struct edi_seg *s)
{
    struct person p = {sets_clean(&r->mem, seg_el(s, 1)), sets_clean(&r->mem, seg_el(s, 2)),
                       sets_clean(&r->mem, seg_el(s, 3)), sets_clean(&r->mem, seg_el(s, 4)),
                       sets_clean(&r->mem, seg_el(s, 8)), sets_clean(&r->mem, seg_el(s, 9))};
    if (phi_is(p.who, "X3"))
        r->payer = p;
    else if ((phi_is(p.who, "1P") || phi_is(p.who, "FA")) && !r->event)
        r->provider = p;
    else if (phi_is(p.who, "IL"))
        r->subscriber = p;
    else if (phi_is(p.who, "QC"))
        r->dependent = p;
}

static void dates(struct request *r, const struct edi_seg *s)
{
    phi_str code = seg_el(s, 1), v = sets_clean(&r->mem, seg_el(s, 3));
    if (!phi_is(code, "AAH") && !phi_is(code, "472") && !phi_is(code, "435"))
        return;
    if (v.n >= 8 && phi_empty(r->from)) {
        r->from = phi_of(v.p, 8);
        r->thru = v.n == 17 ? phi_of(v.p + 9, 8) : r->from;
    }
    if (r->lines)
        r->line[r->lines - 1].when = canonical(r, s);
    else
        r->when = canonical(r, s);
}

static void trace(struct request *r, const struct edi_seg *s)
{
    phi_str t = sets_clean(&r->mem, seg_el(s, 2)), o = sets_clean(&r->mem, seg_el(s, 3));
    if (r->lines) {
        r->line[r->lines - 1].trace = t;
    } else {
        r->trace = t;
        r->origin = o;
    }
}

static void segment(struct request *r, const struct edi_seg *s)
{
    phi_str level = seg_el(s, 3);
    if (seg_is(s, "BHT"))
        r->reference = sets_clean(&r->mem, seg_el(s, 3));
    else if (seg_is(s, "NM1"))
        nm1(r, s);
    else if (seg_is(s, "HL") && phi_is(level, "EV"))
        r->event = true;
    else if (seg_is(s, "HL") && phi_is(level, "SS") && r->lines < LINES)
        r->lines++;
    else if (seg_is(s, "TRN"))
        trace(r, s);
    else if (seg_is(s, "UM") && !r->lines)
        r->um = canonical(r, s);
    else if (seg_is(s, "DTP"))
        dates(r, s);
    else if (r->lines && (seg_is(s, "SV1") || seg_is(s, "SV2") || seg_is(s, "SV3")))
        r->line[r->lines - 1].text = canonical(r, s);
}

/* ---- answering ---- */

static phi_str service_code(const struct service *s)
{
    bool stay =
        s->text.n > 3 && s->text.p[2] == '2'; /* SV2: its revenue code where it has no other */
    phi_str code = edi_part(edi_part(s->text, '*', stay ? 3 : 2), ':', 2);
    return stay && phi_empty(code) ? edi_part(s->text, '*', 2) : code;
}

/* A canonical segment; element `at` (from 1) becomes value, those from `most` on are left out. */
static void put(struct edi_writer *w, phi_str text, uint32_t most, uint32_t at, const char *value)
{
    char id[4];
    uint32_t n = edi_parts(text, '*');
    if (phi_empty(text))
        return;
    snprintf(id, sizeof id, "%.*s", (int)edi_part(text, '*', 1).n, text.p);
    ew_begin(w, id);
    for (uint32_t i = 1; i < n && i < most; i++) {
        phi_str el = edi_part(text, '*', i + 1);
        if (i == at) {
            ew_lit(w, value);
            continue;
        }
        for (uint32_t c = 1; c <= edi_parts(el, ':'); c++)
            if (c == 1)
                ew_el(w, edi_part(el, ':', c));
            else
                ew_comp(w, edi_part(el, ':', c));
    }
    ew_end(w);
}

static void person(struct edi_writer *w, const char *who, const struct person *p, const char *kind)
{
    char type[4], id[4];
    snprintf(type, sizeof type, "%.*s", (int)(p->type.n < 3 ? p->type.n : 3), p->type.p);
    snprintf(id, sizeof id, "%.*s", (int)(p->kind.n < 3 ? p->kind.n : 3), p->kind.p);
    outgoing_name(w, who, type, p->last, p->first, *id ? id : kind, p->id);
}

static void refused(const struct request *r, struct edi_writer *w, char place)
{
    if (r->k && r->k->act == ACT_REFUSE_278 && script_refusal_place(r->k->reason) == place)
        ew_seg(w, "AAA", "N", "", r->k->reason, r->k->follow);
}

static void number(const struct request *r, struct edi_writer *w, phi_str trace)
{
    if (phi_empty(trace))
        return;
    ew_begin(w, "TRN");
    ew_lit(w, "2");
    ew_el(w, trace);
    ew_el(w, r->origin);
    ew_end(w);
}

/* How an act is said: HCR01, and a reason where there must be one. */
static const struct {
    enum script_act act;
    const char *hcr, *reason;
    bool certified, units;
} SAYINGS[] = {
    {ACT_CERTIFY, "A1", "", true, false},    {ACT_CERTIFY_PART, "A2", "", true, true},
    {ACT_MODIFY, "A6", "0X", true, true},    {ACT_NOT_CERTIFIED, "A3", NULL, false, false},
    {ACT_PEND, "A4", "0U", false, false},    {ACT_CONTACT, "CT", "", false, false},
    {ACT_NOT_NEEDED, "NA", "", false, false}};

static void decided(const struct request *r, struct edi_writer *w, enum script_act act)
{
    size_t i = 0;
    while (i + 1 < sizeof SAYINGS / sizeof *SAYINGS && SAYINGS[i].act != act)
        i++;
    const char *reason = SAYINGS[i].reason ? SAYINGS[i].reason : r->k ? r->k->reason : "";
    if (act == ACT_NOT_CERTIFIED && (!*reason || strcmp(reason, "16") == 0))
        reason = "0V"; /* nothing was said */
    ew_seg(w, "HCR", SAYINGS[i].hcr, SAYINGS[i].certified ? r->number : "", reason);
}

/* From the day of service on, for as long as the script says. */
static void certified_for(const struct request *r, struct edi_writer *w, int64_t at)
{
    char from[9], until[9];
    time_ccyymmdd(at, from);
    if (r->from.n == 8)
        snprintf(from, sizeof from, "%.8s", r->from.p);
    time_ccyymmdd(at + (r->k ? r->k->by_us : NINETY_DAYS), until);
    outgoing_dtp(w, "007", phi_lit(strcmp(from, until) < 0 ? from : until), phi_lit(until));
}

static bool certifies_part(enum script_act act)
{
    return act == ACT_CERTIFY_PART || act == ACT_MODIFY;
}

static void services(const struct request *r, struct edi_writer *w, int *hl, int event,
                     enum script_act act, int64_t at)
{
    for (uint32_t i = 0; i < r->lines; i++) {
        const struct service *s = &r->line[i];
        phi_str id = edi_part(s->text, '*', 1);
        uint32_t units = phi_is(id, "SV1") ? 4 : phi_is(id, "SV2") ? 5 : 6;
        outgoing_hl(w, hl, event, "SS", "0");
        number(r, w, s->trace);
        decided(r, w, act);
        put(w, s->when, 4, 0, "");
        if (act == ACT_CERTIFY || certifies_part(act))
            certified_for(r, w, at);
        put(w, s->text, units + 1, certifies_part(act) ? units : 0, r->k ? r->k->units : "");
    }
}

static void event(const struct request *r, struct edi_writer *w, int *hl, enum script_act act,
                  int64_t at)
{
    int own = *hl + 1;
    outgoing_hl(w, hl, own - 1, "EV", r->lines ? "1" : "0");
    number(r, w, r->trace);
    put(w, r->um, 5, 0, "");
    decided(r, w, act);
    put(w, r->when, 4, 0, "");
    if (act == ACT_CERTIFY || certifies_part(act))
        certified_for(r, w, at);
    services(r, w, hl, own, act, at);
}

/* Where the refusal ends the answer, nothing stands below it. */
static void answer(const struct request *r, struct sets *to, enum script_act act, int64_t at)
{
    struct edi_writer w = {.out = &to->text, .d = EDI_CANONICAL};
    char day[9], hour[5];
    char place = act == ACT_REFUSE_278 ? script_refusal_place(r->k->reason) : 0;
    bool below = r->dependent.last.n && place != 'S';
    int hl = 0;
    sets_begin(&w, to, "278", VERSION);
    ew_begin(&w, "BHT");
    ew_lit(&w, "0007");
    ew_lit(&w, "11");
    ew_el(&w, r->reference);
    ew_lit(&w, time_ccyymmdd(at, day));
    ew_lit(&w, time_hhmm(at, hour));
    ew_lit(&w, act == ACT_PEND ? "19" : "18");
    ew_end(&w);
    outgoing_hl(&w, &hl, 0, "20", place == 'A' ? "0" : "1");
    outgoing_name(&w, "X3", "2", phi_lit(r->p->name), phi_of("", 0), "PI", phi_lit(r->p->id));
    refused(r, &w, 'A');
    if (place != 'A') {
        char who[4];
        snprintf(who, sizeof who, "%.*s", (int)(r->provider.who.n < 3 ? r->provider.who.n : 3),
                 r->provider.who.n ? r->provider.who.p : "1P");
        outgoing_hl(&w, &hl, 1, "21", place == 'B' ? "0" : "1");
        person(&w, who, &r->provider, "XX");
        refused(r, &w, 'B');
    }
    if (place != 'A' && place != 'B') {
        bool ends = place && !below;
        outgoing_hl(&w, &hl, 2, "22", ends ? "0" : "1");
        person(&w, "IL", &r->subscriber, "MI");
        if (!below || place == 'S') {
            refused(r, &w, 'S');
            refused(r, &w, 'P');
        }
        if (below) {
            outgoing_hl(&w, &hl, 3, "23", place ? "0" : "1");
            person(&w, "QC", &r->dependent, "");
            refused(r, &w, 'P');
        }
        if (!place && r->event)
            event(r, &w, &hl, act, at);
    }
    outgoing_se(&w, (int)to->n);
}

void review_set(struct sets *to, const struct asking *a, struct sets *later, int64_t *after_us)
{
    struct request r = {.a = a};
    struct scan *s = scan_fragment(a->body.p, a->body.n);
    struct edi_seg seg;
    struct claim_line lines[LINES] = {0};
    while (scan_next(s, &seg) == SCAN_SEG) {
        r.d = scan_delims(s);
        segment(&r, &seg);
    }
    r.p = script_payer(a->s, r.payer.id);
    r.p = r.p ? r.p : a->p;
    struct claim c = {.isa_sender = phi_lit(a->sender), .pcn = r.trace, .lines = lines};
    c.patient.id = r.subscriber.id;
    for (; c.lines_n < r.lines; c.lines_n++)
        lines[c.lines_n].code = service_code(&r.line[c.lines_n]);
    r.k = script_case_of(a->s, SCRIPT_REVIEW, r.p, &c);
    enum script_act act = r.k ? r.k->act : ACT_CERTIFY;
    if (act != ACT_MUTE_278) {
        snprintf(r.number, sizeof r.number, "%.2sA%07lld", r.p->id,
                 (long long)state_next(a->state, r.p->id, "review"));
        answer(&r, to, act, a->at_us);
        *after_us = act == ACT_PEND ? r.k->after_us : 0;
        if (act == ACT_PEND)
            answer(&r, later, strcmp(r.k->then, "deny") == 0 ? ACT_NOT_CERTIFIED : ACT_CERTIFY,
                   a->at_us + r.k->after_us);
    }
    scan_free(s);
    arena_free(&r.mem);
}
