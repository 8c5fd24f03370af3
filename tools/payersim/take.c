#include "tools/payersim/take.h"
#include "common/edi/ack_277ca.h"
#include "common/edi/check.h"
#include "common/edi/envelope.h"
#include "common/edi/split.h"
#include "common/util/log.h"
#include "tools/payersim/cover.h"
#include "tools/payersim/judge.h"
#include "tools/payersim/sets.h"
#include <stdio.h>
#include <stdlib.h>

struct list {
    void *p;
    uint32_t n, room;
};

struct taker {
    const struct script *script;
    struct state *state;
    const struct guide_set *guides;
    struct check *check;
    struct split split;
    struct ack_gather gather;
    struct cover cover;         /* the 271 sets of the group */
    struct sets status, review; /* the 277 and 278 sets of it */
    phi_str claim;              /* text of the one that is judged */
    struct arena mem;           /* of one file */
    /* the file */
    const struct script_payer *p;
    int64_t now;
    struct envelope_isa isa;
    struct envelope_gs gs;
    struct buf envelope, body; /* ISA GS; ISA GS ST ... SE */
    struct list isa_found;     /* struct finding */
    struct list sets;          /* struct ack_set, of the group */
    struct list batches;       /* struct ack_batch */
    struct list outer;         /* struct finding of the group */
    struct list found;         /* struct ack_finding of the set */
    bool again, in_group;      /* the ISA13 was here before */
    bool refused;              /* by TA1, as the script has it */
};

static void *push(struct list *l, size_t size)
{
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->p = xrealloc(l->p, l->room * size);
    }
    char *at = (char *)l->p + l->n++ * size;
    memset(at, 0, size);
    return at;
}

/* ---- findings ---- */

static struct finding kept(struct taker *t, const struct finding *f)
{
    struct finding k = *f;
    k.text = arena_strdup(&t->mem, f->text ? f->text : "");
    k.bad = arena_phi(&t->mem, f->bad);
    return k;
}

static void found_in_set(void *ctx, const struct finding *f)
{
    struct taker *t = ctx;
    struct ack_finding *to = push(&t->found, sizeof *to);
    to->f = kept(t, f);
}

static void found_outside(void *ctx, const struct finding *f)
{
    struct taker *t = ctx;
    struct list *l = f->severity == SEV_INTERCHANGE || !t->in_group ? &t->isa_found : &t->outer;
    struct finding *to = push(l, sizeof *to);
    *to = kept(t, f);
}

/* ---- judging ---- */

/* To whom a remittance goes and whose it is. */
static struct planned plan_of(struct taker *t, const struct script_payer *p, const struct claim *c,
                              const char *icn)
{
    return (struct planned){.payer = phi_lit(p->id),
                            .sender = phi_lit(t->isa.sender),
                            .gs_sender = phi_lit(t->gs.sender),
                            .usage = c->usage,
                            .payee = c->billing.npi,
                            .payee_name = c->billing.last,
                            .tax = c->tax_id,
                            .account = c->pcn,
                            .icn = phi_lit(icn)};
}

/* The first cheque run that is not before `at`. */
static int64_t run_at(const struct script_payer *p, int64_t at)
{
    return p->cycle_us ? (at + p->cycle_us - 1) / p->cycle_us * p->cycle_us : at;
}

static void plan(struct taker *t, struct planned r, const struct judgment *j, bool reversed,
                 int64_t due)
{
    struct buf clp = {0};
    judge_write(j, reversed, &clp);
    r.clp = buf_view(&clp);
    r.paid = reversed ? -j->paid : j->paid;
    r.interest = reversed ? 0 : j->interest;
    r.due = due;
    state_plan_remit(t->state, &r);
    buf_free(&clp);
}

/* So that a replacement, a void or a change of mind can take it back. */
static void remember(struct taker *t, const struct script_payer *p, const struct judgment *j)
{
    struct buf clp = {0};
    judge_write(j, true, &clp);
    state_claim(t->state, phi_lit(p->id), phi_lit(t->isa.sender), j->c->pcn, phi_lit(j->icn),
                buf_view(&clp), j->paid);
    buf_free(&clp);
}

static const char *new_icn(struct taker *t, const struct script_payer *p)
{
    char icn[40];
    snprintf(icn, sizeof icn, "%.8s26%05lld", p->icn,
             (long long)state_next(t->state, p->id, "icn"));
    return arena_strdup(&t->mem, icn);
}

/* Paid, and `after` later reversed and paid less. */
static void take_back(struct taker *t, const struct script_payer *p, const struct script_case *k,
                      struct planned r, const struct judgment *j, int64_t due)
{
    struct judgment less = *j;
    int64_t later = run_at(p, due + k->after_us);
    plan(t, r, j, false, due);
    r.refund = k->act == ACT_REFUND;
    plan(t, r, j, true, later);
    r.refund = 0;
    less.icn = new_icn(t, p);
    less.lines = arena_alloc(&t->mem, (j->lines_n + 1) * sizeof *less.lines);
    memcpy(less.lines, j->lines, j->lines_n * sizeof *less.lines);
    judge_less(&less, k->percent);
    r.icn = phi_lit(less.icn);
    plan(t, r, &less, false, later);
    remember(t, p, &less);
}

/* What a payer that forwards a claim says it was to it, and what it is to the next: first, second, third. */
static const char *forwarded(const char *status)
{
    return *status == '2' ? "20" : *status == '3' ? "21" : "19";
}

/* The next payer answers a week after this one, by what this one left. */
static void cross(struct taker *t, const struct script_payer *to, const struct judgment *first,
                  int64_t due)
{
    struct judgment j = *first;
    const char *icn = new_icn(t, to);
    int64_t left = first->patient;
    j.status = strcmp(first->status, "19") == 0 ? "2" : "3";
    j.icn = icn;
    j.cross_id = NULL;
    j.lines = arena_alloc(&t->mem, (j.lines_n + 1) * sizeof *j.lines);
    j.paid = j.patient = 0;
    for (uint32_t i = 0; i < j.lines_n; i++) {
        const struct claim_line *l = first->lines[i].l;
        int64_t paid = first->lines[i].patient < left ? first->lines[i].patient : left;
        left -= paid;
        j.lines[i] = (struct judge_line){.l = l, .allowed = paid, .paid = paid, .cas_n = 1};
        j.lines[i].cas[0] = (struct judge_cas){"OA", "23", l->charge - paid};
        j.paid += paid;
    }
    plan(t, plan_of(t, to, first->c, icn), &j, false, run_at(to, due + 7LL * 86400 * 1000000));
    remember(t, to, &j);
}

static void split_in_two(struct taker *t, struct planned r, const struct judgment *j, int64_t due,
                         const struct script_payer *p)
{
    uint32_t half = (j->lines_n + 1) / 2;
    struct judgment a = judge_part(j, 0, half), b = judge_part(j, half, j->lines_n);
    plan(t, r, &a, false, due);
    remember(t, p, &a);
    if (b.lines_n == 0)
        return;
    b.icn = new_icn(t, p);
    r.icn = phi_lit(b.icn);
    plan(t, r, &b, false, due);
    remember(t, p, &b);
}

static void pay(struct taker *t, const struct script_payer *p, const struct script_case *k,
                const struct claim *c, const char *icn)
{
    enum script_act act = k ? k->act : ACT_PAY;
    struct judgment j =
        act == ACT_DENY ? judge_deny(c, k, icn, &t->mem) : judge_pay(p, c, icn, &t->mem);
    struct planned r = plan_of(t, p, c, icn);
    const struct script_payer *other =
        act == ACT_CROSS ? script_payer(t->script, phi_lit(k->to)) : NULL;
    int64_t due = run_at(p, t->now + p->after.pay + (act == ACT_LATE ? k->after_us : 0));
    char account[40];
    if (act == ACT_TAKE_BACK || act == ACT_REFUND) {
        take_back(t, p, k, r, &j, due);
        return;
    }
    if (act == ACT_SPLIT) {
        split_in_two(t, r, &j, due, p);
        return;
    }
    if (act == ACT_BUNDLE && j.lines_n > 1)
        judge_bundle(&j);
    if (act == ACT_LATE)
        j.interest = j.paid * k->percent / 10000;
    if (act == ACT_UNKNOWN) {
        snprintf(account, sizeof account, "ZZ-UNKNOWN-%.20s", icn);
        j.account = phi_lit(account);
    }
    if (other) {
        j.status = forwarded(j.status);
        j.cross_name = other->name;
        j.cross_id = other->id;
        cross(t, other, &j, due);
    }
    r.twice = act == ACT_TWICE;
    r.lie = act == ACT_UNBALANCED;
    plan(t, r, &j, false, due);
    remember(t, p, &j);
}

/* A replacement or a void: what was said before is taken back, in the same run, but after all that is
 * planned about it. The payer to whom it was forwarded hears of a void and takes back too. */
static void reverse_earlier(struct taker *t, const struct script_payer *p, const struct claim *c,
                            bool void_it)
{
    struct earlier e;
    phi_str sender = phi_lit(t->isa.sender), whose = void_it ? phi_lit("") : phi_lit(p->id);
    while (state_earlier(t->state, whose, sender, c->pcn, &t->mem, &e)) {
        const struct script_payer *of = script_payer(t->script, e.payer);
        if (!of)
            continue;
        struct planned r = plan_of(t, of, c, "");
        int64_t last = state_last(t->state, e.payer, sender, c->pcn);
        r.due = run_at(of, t->now + p->after.pay);
        r.due = r.due < last ? last : r.due;
        r.icn = e.icn;
        r.clp = e.reversal;
        r.paid = -e.paid;
        state_plan_remit(t->state, &r);
    }
}

static void plan_answer(struct taker *t, const char *kind, int64_t control, const struct buf *body,
                        int64_t after);

/* Records are wanted before it is paid: asked for later, and the claim kept until they come. */
static void want_records(struct taker *t, const struct script_payer *p, const struct script_case *k,
                         const struct claim *c, const char *icn)
{
    struct sets ask = {0};
    struct buf file = {0};
    int64_t control = state_next(t->state, t->p->id, "isa");
    struct wanted w = {.gs_sender = phi_lit(t->gs.sender), .icn = phi_lit(icn), .body = t->claim};
    state_silent(t->state, phi_lit(p->id), phi_lit(t->isa.sender), c->pcn, phi_lit(icn));
    state_want(t->state, phi_lit(p->id), phi_lit(t->isa.sender), c->pcn, &w);
    records_set(&ask, &(struct records_wish){c, p, k, icn, t->now + k->after_us});
    if (sets_write(&ask, &file, &t->isa, &t->gs, "HN", "005010X213", t->now + k->after_us,
                   (uint32_t)control))
        plan_answer(t, "277", control, &file, k->after_us);
    sets_free(&ask);
    buf_free(&file);
}

static void judge(struct taker *t, const struct script_payer *p, const struct script_case *k,
                  const struct claim *c, const char *icn)
{
    bool void_it = phi_is(c->frequency, "8");
    if (k && k->act == ACT_NEVER) {
        state_silent(t->state, phi_lit(p->id), phi_lit(t->isa.sender), c->pcn, phi_lit(icn));
        return;
    }
    if (void_it || phi_is(c->frequency, "7"))
        reverse_earlier(t, p, c, void_it);
    if (k && k->act == ACT_REQUEST && !void_it)
        want_records(t, p, k, c, icn);
    else if (!void_it)
        pay(t, p, k, c, icn);
}

/* ---- refused whole ---- */

/* The script refuses this set of claims (999). */
static bool set_refused(struct taker *t, const struct check_result *r)
{
    struct ack_finding *f;
    if (!r->accepted || strcmp(r->st01, "837") != 0 || t->again || t->refused ||
        !script_refuses(t->p->reject_set, state_next(t->state, t->p->id, "set")))
        return false;
    f = push(&t->found, sizeof *f);
    f->f = (struct finding){.rule = "S1-025",
                            .level = 1,
                            .severity = SEV_TRANSACTION,
                            .segment = "SE",
                            .report = "IK502:5",
                            .text = "refused by the script"};
    return true;
}

/* The script refuses this file of claims (TA1). */
static void refuse_file(struct taker *t)
{
    static const struct finding refused = {.rule = "S1-001",
                                           .level = 1,
                                           .severity = SEV_INTERCHANGE,
                                           .segment = "ISA",
                                           .report = "TA1:022",
                                           .text = "refused by the script"};
    if (t->again || strcmp(t->gs.code, "HC") != 0 || t->refused ||
        !script_refuses(t->p->reject_file, state_next(t->state, t->p->id, "file")))
        return;
    t->refused = true;
    *(struct finding *)push(&t->isa_found, sizeof refused) = refused;
}

/* ---- one set ---- */

static bool walk(struct taker *t, struct check_result *r)
{
    struct scan *s = scan_fragment(t->body.p, t->body.len);
    struct edi_seg seg;
    uint32_t position = 0;
    t->found.n = 0;
    split_begin(&t->split, buf_view(&t->body));
    while (scan_next(s, &seg) == SCAN_SEG) {
        const struct edi_delims *d = scan_delims(s);
        if (position == 0 && seg_is(&seg, "ST")) {
            check_begin(t->check, d, phi_lit(t->gs.code), phi_lit(t->gs.version));
            ack_gather_begin(&t->gather, &t->mem, d);
        }
        if (position || seg_is(&seg, "ST")) {
            position++;
            check_segment(t->check, &seg);
            ack_gather_segment(&t->gather, &seg);
        }
        if (!t->split.failed)
            split_segment(&t->split, &seg, d);
    }
    if (position)
        *r = check_end(t->check);
    scan_free(s);
    return position > 0;
}

/* Says of one claim what the payer says, in the 277CA and later. */
static void one_claim(struct taker *t, uint32_t i, struct ack_claim *said)
{
    struct buf body = {0};
    struct claim c;
    split_write(&t->split, i, &body);
    phi_str text = arena_phi(&t->mem, buf_view(&body));
    buf_free(&body);
    if (said->faults_n || !claim_read(text, &c, &t->mem))
        return;
    t->claim = text;
    const struct script_payer *p = script_payer(t->script, c.payer_id);
    p = p ? p : t->p;
    const struct script_case *k = script_case(t->script, p, &c);
    if (k && k->act == ACT_REJECT) {
        struct ack_fault *f = arena_alloc(&t->mem, sizeof *f);
        snprintf(f->report, sizeof f->report, "%s", k->report);
        f->line = ACK_NO_LINE;
        said->faults = f;
        said->faults_n = 1;
        return;
    }
    const char *icn = new_icn(t, p);
    said->control = phi_lit(icn);
    judge(t, p, k, &c, icn);
}

static void claims_of(struct taker *t)
{
    struct ack_batch *b = push(&t->batches, sizeof *b);
    *b = ack_gather_end(&t->gather, t->found.p, t->found.n);
    struct ack_claim *said = arena_alloc(&t->mem, (b->claims_n + 1) * sizeof *said);
    if (b->claims_n)
        memcpy(said, b->claims, b->claims_n * sizeof *said);
    for (uint32_t i = 0; i < b->claims_n && i < t->split.claims; i++)
        one_claim(t, i, &said[i]);
    b->claims = said;
}

/* The records of a claim have come: it is judged as any other. */
static void records_came(void *ctx, phi_str account, bool asked, phi_str number)
{
    struct taker *t = ctx;
    struct wanted w;
    struct claim c;
    (void)asked, (void)number;
    if (!state_came(t->state, phi_lit(t->p->id), phi_lit(t->isa.sender), account, &t->mem, &w) ||
        !claim_read(w.body, &c, &t->mem))
        return;
    struct envelope_gs now = t->gs;
    snprintf(t->gs.sender, sizeof t->gs.sender, "%.*s", (int)w.gs_sender.n, w.gs_sender.p);
    pay(t, t->p, NULL, &c, arena_strndup(&t->mem, w.icn.p, w.icn.n));
    t->gs = now;
}

static void plan_278(struct taker *t, struct sets *s, int64_t after)
{
    struct buf b = {0};
    int64_t control = state_next(t->state, t->p->id, "isa");
    if (sets_write(s, &b, &t->isa, &t->gs, "HI", "005010X217", t->now + after, (uint32_t)control))
        plan_answer(t, "278", control, &b, after);
    buf_free(&b);
}

/* What is asked in sets that are no claims. */
static void inquiry(struct taker *t, const char *st01)
{
    struct asking a = {.s = t->script,
                       .state = t->state,
                       .p = t->p,
                       .body = buf_view(&t->body),
                       .sender = t->isa.sender,
                       .now = t->now,
                       .at_us = t->now + t->p->after.answer_277};
    if (strcmp(st01, "270") == 0)
        cover_set(&t->cover, t->script, t->p, a.body, a.sender, t->now + t->p->after.answer_271);
    if (strcmp(st01, "276") == 0)
        status_set(&t->status, &a);
    if (strcmp(st01, "275") == 0)
        records_read(a.body, records_came, t);
    if (strcmp(st01, "278") == 0) {
        struct sets later = {0};
        int64_t after = 0;
        a.at_us = t->now + t->p->after.answer_278;
        review_set(&t->review, &a, &later, &after);
        if (later.n)
            plan_278(t, &later, t->p->after.answer_278 + after);
        sets_free(&later);
    }
}

static void set_end(void *ctx, uint64_t end_off)
{
    struct taker *t = ctx;
    struct check_result r;
    (void)end_off;
    if (!walk(t, &r))
        return;
    bool refused = set_refused(t, &r);
    struct ack_finding *own = arena_alloc(&t->mem, (t->found.n + 1) * sizeof *own);
    if (t->found.n)
        memcpy(own, t->found.p, t->found.n * sizeof *own);
    struct ack_set *set = push(&t->sets, sizeof *set);
    snprintf(set->st01, sizeof set->st01, "%s", r.st01);
    snprintf(set->st02, sizeof set->st02, "%s", r.st02);
    snprintf(set->st03, sizeof set->st03, "%s", t->gs.version);
    set->findings = own;
    set->findings_n = t->found.n;
    if (!r.accepted || t->again || t->refused || refused)
        return;
    if (strcmp(r.st01, "837") == 0)
        claims_of(t);
    else
        inquiry(t, r.st01);
}

static void add_segment(struct buf *b, const struct edi_seg *seg, const struct edi_delims *d)
{
    buf_phi(b, seg_bytes(seg));
    buf_putc(b, d->term);
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct taker *t = ctx;
    (void)st;
    buf_clear(&t->body);
    buf_phi(&t->body, buf_view(&t->envelope));
}

static void segment(void *ctx, const struct edi_seg *seg)
{
    struct taker *t = ctx;
    add_segment(&t->body, seg, &t->isa.delims);
}

/* ---- groups and interchanges ---- */

static void plan_answer(struct taker *t, const char *kind, int64_t control, const struct buf *body,
                        int64_t after)
{
    char name[80];
    snprintf(name, sizeof name, "%s-%09lld.%s", t->p->id, (long long)control, kind);
    state_plan_file(t->state, t->p->id, name, buf_view(body), t->now + after);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct taker *t = ctx;
    t->gs = *gs;
    snprintf(t->gs.receiver, sizeof t->gs.receiver, "%s", t->p->isa);
    t->in_group = true;
    t->sets.n = t->batches.n = t->outer.n = 0;
    uint32_t isa = 0;
    while (isa < t->envelope.len && t->envelope.p[isa] != t->isa.delims.term)
        isa++;
    t->envelope.len = isa + 1;
    add_segment(&t->envelope, seg, &t->isa.delims);
    refuse_file(t);
}

static void answer_999(struct taker *t, const struct envelope_gs *gs)
{
    struct buf b = {0};
    int64_t control = state_next(t->state, t->p->id, "isa");
    struct ack_group g = {.gs = *gs,
                          .sets = t->sets.p,
                          .sets_n = t->sets.n,
                          .findings = t->outer.p,
                          .findings_n = t->outer.n};
    struct ack_opts o = {.at_us = t->now + t->p->after.answer_999, .control = (uint32_t)control};
    ack_write_999(&b, &t->isa, &g, &o);
    plan_answer(t, "999", control, &b, t->p->after.answer_999);
    buf_free(&b);
}

static void answer_277ca(struct taker *t, const struct envelope_gs *gs)
{
    struct buf b = {0};
    int64_t control = state_next(t->state, t->p->id, "isa");
    struct ack_277ca_opts o = {t->now + t->p->after.answer_277ca, (uint32_t)control, true};
    if (ack_write_277ca(&b, &t->isa, gs, t->batches.p, t->batches.n, &o).sets)
        plan_answer(t, "277ca", control, &b, t->p->after.answer_277ca);
    buf_free(&b);
}

static void answer_271(struct taker *t, const struct envelope_gs *gs)
{
    struct buf b = {0};
    int64_t control = state_next(t->state, t->p->id, "isa");
    if (cover_write(&t->cover, &b, &t->isa, gs, t->now + t->p->after.answer_271, (uint32_t)control))
        plan_answer(t, "271", control, &b, t->p->after.answer_271);
    buf_free(&b);
}

static void answer_277(struct taker *t, const struct envelope_gs *gs)
{
    struct buf b = {0};
    int64_t control = state_next(t->state, t->p->id, "isa"), after = t->p->after.answer_277;
    if (sets_write(&t->status, &b, &t->isa, gs, "HN", "005010X212", t->now + after,
                   (uint32_t)control))
        plan_answer(t, "277", control, &b, after);
    buf_free(&b);
}

static void gs_end(void *ctx, const struct envelope_gs *theirs)
{
    struct taker *t = ctx;
    struct envelope_gs own = *theirs;
    const struct envelope_gs *gs = &own;
    snprintf(own.receiver, sizeof own.receiver, "%s", t->p->isa);
    t->in_group = false;
    if (t->again || t->isa_found.n || strcmp(gs->code, "FA") == 0)
        return;
    if (!t->p->silent_999)
        answer_999(t, gs);
    if (t->batches.n && !t->p->silent_277ca)
        answer_277ca(t, gs);
    if (t->cover.n)
        answer_271(t, gs);
    if (t->status.n)
        answer_277(t, gs);
    if (t->review.n)
        plan_278(t, &t->review, t->p->after.answer_278);
}

static bool isa_known(struct taker *t)
{
    struct stmt *q =
        store_sql(state_store(t->state), "INSERT OR IGNORE INTO isa VALUES(?1, ?2, ?3)");
    stmt_text(q, 1, phi_lit(t->p->id));
    stmt_text(q, 2, phi_lit(t->isa.sender));
    stmt_text(q, 3, phi_lit(t->isa.control));
    return stmt_run(q) == 0;
}

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct taker *t = ctx;
    t->isa = *isa;
    if (seg) { /* it answers under its own name, whatever house it was reached by */
        snprintf(t->isa.receiver, sizeof t->isa.receiver, "%s", t->p->isa);
        snprintf(t->isa.receiver_qual, sizeof t->isa.receiver_qual, "%s", t->p->qualifier);
    }
    t->isa_found.n = 0;
    t->in_group = false;
    buf_clear(&t->envelope);
    if (seg)
        add_segment(&t->envelope, seg, &isa->delims);
    t->again = isa_known(t);
    t->refused = false;
}

static void isa_end(void *ctx, const struct envelope_isa *isa)
{
    struct taker *t = ctx;
    static const struct finding again = {.rule = "S1-010",
                                         .level = 1,
                                         .severity = SEV_INTERCHANGE,
                                         .segment = "ISA",
                                         .element = 13,
                                         .report = "TA1:025",
                                         .text = "this control number was here before"};
    if (t->again)
        *(struct finding *)push(&t->isa_found, sizeof again) = again;
    if (!t->p->ta1 && !ack_owes_ta1(isa, t->isa_found.p, t->isa_found.n))
        return;
    struct buf b = {0};
    int64_t control = state_next(t->state, t->p->id, "isa");
    struct ack_opts o = {.at_us = t->now, .control = (uint32_t)control};
    ack_write_ta1(&b, &t->isa, t->isa_found.p, t->isa_found.n, &o);
    plan_answer(t, "ta1", control, &b, 0);
    buf_free(&b);
}

/* ---- a file ---- */

static bool new_file(struct taker *t, const char *name, phi_str bytes)
{
    struct digest d = digest_of(bytes.p, bytes.n);
    struct stmt *q = store_sql(state_store(t->state), "INSERT OR IGNORE INTO came VALUES(?1, ?2)");
    stmt_blob(q, 1, d.b, DIGEST_LEN);
    stmt_text(q, 2, phi_lit(name));
    return stmt_run(q) == 1;
}

bool taker_file(struct taker *t, const struct script_payer *p, const char *name, phi_str bytes,
                int64_t now)
{
    static const struct envelope_events events = {.isa_begin = isa_begin,
                                                  .gs_begin = gs_begin,
                                                  .set_begin = set_begin,
                                                  .segment = segment,
                                                  .set_end = set_end,
                                                  .gs_end = gs_end,
                                                  .isa_end = isa_end,
                                                  .found = found_outside};
    struct envelope_opts o = {.guides = t->guides};
    bool fresh;
    t->p = p;
    t->now = now;
    store_begin(state_store(t->state));
    if ((fresh = new_file(t, name, bytes))) {
        struct scan *s = scan_memory(bytes.p, bytes.n);
        envelope_read(s, &o, &events, t);
        scan_free(s);
    }
    store_commit(state_store(t->state));
    arena_clear(&t->mem);
    return fresh;
}

struct taker *taker_new(const struct script *script, struct state *state,
                        const struct guide_set *guides)
{
    struct taker *t = xcalloc(1, sizeof *t);
    struct check_opts o = {.guides = guides, .extended_charset = true};
    t->script = script;
    t->state = state;
    t->guides = guides;
    t->check = check_new(&o, (struct finding_sink){found_in_set, t});
    return t;
}

void taker_free(struct taker *t)
{
    struct list *lists[] = {&t->isa_found, &t->sets, &t->batches, &t->outer, &t->found};
    for (int i = 0; i < 5; i++)
        free(lists[i]->p);
    check_free(t->check);
    split_free(&t->split);
    ack_gather_free(&t->gather);
    cover_free(&t->cover);
    sets_free(&t->status);
    sets_free(&t->review);
    buf_free(&t->envelope);
    buf_free(&t->body);
    arena_free(&t->mem);
    free(t);
}
