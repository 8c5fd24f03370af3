#include "common/ledger/report.h"
#include "common/ledger/answers.h"
#include "common/ledger/parts.h"
#include "common/util/money.h"
#include "common/util/log.h"
#include <stdlib.h>

/* What an event denied of the claim that is read. */
struct denied {
    int64_t event, cents;
};

struct report {
    struct ledger *l;
    struct sent_index sent;
    bool answered; /* there are acks */
    struct answers_kept *answers;
    int64_t last; /* chain read last by report_next() */
    struct arena arena;
    struct denied *denied; /* by event, in order */
    size_t denied_n, denied_cap;
};

static int entry_cmp(const void *pa, const void *pb)
{
    const struct sent_entry *a = pa, *b = pb;
    int c = memcmp(a->claim.b, b->claim.b, REC_ID_LEN);
    return c ? c : (a->sent > b->sent) - (a->sent < b->sent);
}

/* Ids are hashes: their first bits part them evenly, and what is left to sort is few by few. */
static void sort_entries(struct sent_index *x)
{
    enum { BITS = 12, PARTS = 1 << BITS };
    struct sent_entry *to = xcalloc(x->n, sizeof *to);
    uint32_t *end = xcalloc(PARTS + 1, sizeof *end);
#define PART(e) ((uint32_t)(e)->claim.b[0] << (BITS - 8) | (e)->claim.b[1] >> (16 - BITS))
    for (size_t i = 0; i < x->n; i++)
        end[PART(&x->entry[i]) + 1]++;
    for (size_t p = 0; p < PARTS; p++)
        end[p + 1] += end[p];
    for (size_t i = 0; i < x->n; i++)
        to[end[PART(&x->entry[i])]++] = x->entry[i];
    for (size_t p = 0, from = 0; p < PARTS; from = end[p++])
        if (end[p] - from > 1)
            qsort(to + from, end[p] - from, sizeof *to, entry_cmp);
#undef PART
    free(end);
    free(x->entry);
    x->entry = to;
}

void sent_index_load(struct ledger *l, struct sent_index *x)
{
    struct stmt *q = store_sql(l->store, "SELECT no,claims FROM sent ORDER BY no");
    size_t room = 0;
    *x = (struct sent_index){0};
    while (stmt_step(q)) {
        phi_str ids = stmt_col_bytes(q, 1);
        size_t n = ids.n / REC_ID_LEN;
        if (x->n + n > room)
            x->entry = xrealloc(x->entry, (room = 2 * (x->n + n)) * sizeof *x->entry);
        for (size_t i = 0; i < n; i++) {
            memcpy(x->entry[x->n].claim.b, ids.p + i * REC_ID_LEN, REC_ID_LEN);
            x->entry[x->n].at = (uint32_t)i;
            x->entry[x->n++].sent = stmt_col_int(q, 0);
        }
    }
    if (x->n)
        sort_entries(x);
}

const struct sent_entry *sent_index_find(const struct sent_index *x, struct rec_id claim, size_t *n)
{
    size_t lo = 0, hi = x->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(x->entry[mid].claim.b, claim.b, REC_ID_LEN) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (*n = 0; lo + *n < x->n && rec_id_eq(x->entry[lo + *n].claim, claim);)
        ++*n;
    return *n ? &x->entry[lo] : NULL;
}

void sent_index_free(struct sent_index *x)
{
    free(x->entry);
    *x = (struct sent_index){0};
}

struct report *report_new(struct ledger *l)
{
    struct report *r = xcalloc(1, sizeof *r);
    r->l = l;
    sent_index_load(l, &r->sent);
    r->answered = store_int(l->store, "SELECT EXISTS(SELECT 1 FROM ack)", 0);
    r->answers = answers_new(l);
    return r;
}

void report_free(struct report *r)
{
    if (!r)
        return;
    sent_index_free(&r->sent);
    answers_free(r->answers);
    arena_free(&r->arena);
    free(r->denied);
    free(r);
}

const struct sent_index *report_sent(const struct report *r)
{
    return &r->sent;
}

/* Events of one claim, collected for the fold. */
struct facts_list {
    struct state_fact *fact;
    size_t n, cap;
};

static void add(struct report *r, struct facts_list *list, struct state_fact f)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;
        struct state_fact *more = arena_alloc(&r->arena, cap * sizeof *more);
        if (list->n)
            memcpy(more, list->fact, list->n * sizeof *more);
        list->fact = more;
        list->cap = cap;
    }
    f.tie = f.tie ? f.tie : list->n;
    list->fact[list->n++] = f;
}

static int64_t sent_at(struct report *r, int64_t sent)
{
    struct stmt *q = store_sql(r->l->store, "SELECT at FROM event WHERE no=?1");
    stmt_int(q, 1, sent);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* What an answer does to a claim; a clearinghouse's is not the payer's. */
static enum state_event answered(phi_str of, phi_str who, bool accepted)
{
    if (phi_is(of, "interchange"))
        return EV_FILE_REJECTED;
    if (!phi_is(of, "claim"))
        return accepted ? EV_SYNTAX_OK : EV_SET_REJECTED;
    if (phi_is(who, "PR"))
        return accepted ? EV_ACCEPTED_BY_PAYER : EV_REJECTED_BY_PAYER;
    return accepted ? EV_ACCEPTED_HERE : EV_REJECTED_HERE;
}

static void add_answer(struct report *r, struct facts_list *list, struct state_fact f,
                       const struct answer *a, phi_str pcn, struct rec_id claim)
{
    if (ack_of_another(r->l, a->trace, pcn, claim))
        return;
    f.kind = answered(a->of, a->who, a->accepted);
    f.at = a->at > f.at ? a->at : f.at;
    f.event = a->no;
    add(r, list, f);
}

/* Answers to a claim in a sent file: of its set; of itself, under the number of its batch; that the file
 * is rejected. */
static void add_answers(struct report *r, struct facts_list *list, struct state_fact f,
                        const struct sent_entry *sent, phi_str pcn)
{
    const struct set_answers *in = answers_of_set(r->answers, sent->sent, sent->at);
    const struct answers *own = answers_of_account(r->answers, pcn);
    for (size_t i = 0; i < in->set.n; i++)
        add_answer(r, list, f, &in->set.v[i], pcn, sent->claim);
    for (size_t i = 0; i < own->n; i++)
        if (phi_eq(own->v[i].bht03, in->bht03))
            add_answer(r, list, f, &own->v[i], pcn, sent->claim);
    for (size_t i = 0; i < in->file.n; i++)
        add_answer(r, list, f, &in->file.v[i], pcn, sent->claim);
}

static void add_sent(struct report *r, struct facts_list *list, struct state_fact f,
                     struct rec_id id, struct report_claim *out)
{
    size_t n;
    const struct sent_entry *e = sent_index_find(&r->sent, id, &n);
    out->versions_sent += n > 0;
    for (size_t i = 0; i < n; i++) {
        f.kind = EV_BATCHED;
        add(r, list, f);
        f.kind = EV_SENT;
        f.bytes = (uint64_t)e[i].sent;
        f.event = e[i].sent;
        int64_t at = sent_at(r, e[i].sent);
        f.at = at > f.at ? at : f.at; /* a batch carries the time of its claims */
        add(r, list, f);
        if (r->answered)
            add_answers(r, list, f, &e[i], out->pcn);
    }
}

/* Ranks of versions and of other payers that the claim names. */
struct payers {
    bool billed[12], answered[12];
    int last_answer;
    int forwarded; /* rank of the payer that the claim was forwarded to; 0: none */
};

/* Category of a 277, whole or its first letter, and what it does (DOMAIN C.5, A). */
static const struct {
    const char *code;
    enum state_event kind;
} STATUSES[] = {
    {"P", EV_PENDED}, {"R", EV_INFO_WANTED}, {"F", EV_FINAL}, {"D0", EV_LOST}, {"A4", EV_LOST}};

static bool status_event(phi_str code, enum state_event *kind)
{
    for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++) {
        size_t n = strlen(STATUSES[i].code);
        if (code.n < n || memcmp(code.p, STATUSES[i].code, n) != 0)
            continue;
        *kind = STATUSES[i].kind;
        return true;
    }
    return false;
}

/* What a payer said when it was asked (277), or asked itself: the claim waits for it, or it for us.
 * That a claim is decided moves no money: the remittance does. */
static void add_statuses(struct report *r, struct facts_list *list, struct state_fact f,
                         phi_str pcn)
{
    const struct answers *own = answers_of_account(r->answers, pcn);
    for (size_t i = 0; i < own->n; i++) {
        const struct answer *a = &own->v[i];
        struct state_fact e = f;
        bool documents = phi_is(a->of, "attachment");
        if (!documents && !phi_is(a->of, "status"))
            continue;
        if (documents ? !a->accepted : !status_event(a->code, &e.kind))
            continue;
        if (documents)
            e.kind = EV_ATTACHED;
        e.at = a->at > f.at ? a->at : f.at;
        e.phase = 3;
        e.event = a->no;
        add(r, list, e);
    }
}

/* Whom a claim is about, by its first version; the payers of all. */
static void who(struct report *r, const struct facts *f, struct report_claim *out)
{
    if (!out->versions) {
        out->service = f->from;
        out->dob = f->dob;
        out->billing = arena_phi(&r->arena, f->billing);
        out->member = arena_phi(&r->arena, f->member);
        out->last = arena_phi(&r->arena, f->last);
        out->first = arena_phi(&r->arena, f->first);
    }
    if (f->rank > 0 && f->rank < REPORT_RANKS)
        out->payer[f->rank] = arena_phi(&r->arena, f->payer);
    for (uint32_t i = 0; i < f->others_n; i++)
        if (f->others[i].rank > 0 && f->others[i].rank < REPORT_RANKS &&
            phi_empty(out->payer[f->others[i].rank]))
            out->payer[f->others[i].rank] = arena_phi(&r->arena, f->others[i].payer);
}

/* What a system before this one had sent is taken as accepted: whether it is, an inquiry finds out. It is
 * never sent from here. */
static void add_imported(struct report *r, struct facts_list *list, struct state_fact f,
                         struct report_claim *out)
{
    static const enum state_event had[] = {EV_SENT, EV_SYNTAX_OK, EV_ACCEPTED_BY_PAYER};
    out->imported = true;
    out->versions_sent++;
    f.bytes = (uint64_t)f.event;
    for (size_t i = 0; i < sizeof had / sizeof *had; i++) {
        f.kind = had[i];
        add(r, list, f);
    }
}

static bool add_versions(struct report *r, int64_t chain, struct facts_list *list,
                         struct report_claim *out, struct payers *p)
{
    struct stmt *q = store_sql(
        r->l->store,
        "SELECT c.no,c.pcn,c.rank,c.frequency,e.id,e.at,c.facts,c.imported FROM claim f JOIN claim"
        " c ON c.key=f.key AND c.chain=f.no JOIN event e ON e.no=c.no WHERE f.no=?1");
    bool stated = false; /* the versions of a claim have one number */
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        struct facts f;
        phi_str blob = open_value(r->l, 'c', stmt_col_int(q, 0), stmt_col_bytes(q, 6));
        if (!facts_read(blob, &r->arena, &f))
            continue;
        struct state_fact e = {.kind = EV_BUILT,
                               .version = stmt_col_int(q, 0),
                               .rank = f.rank,
                               .at = stmt_col_int(q, 5),
                               .frequency = f.frequency,
                               .control = f.control.n > 0,
                               .event = stmt_col_int(q, 0)};
        who(r, &f, out);
        out->pcn = arena_phi(&r->arena, stmt_col_bytes(q, 1));
        out->versions++;
        add(r, list, e);
        e.kind = EV_EDITS_PASSED; /* the validator hands on only what stands */
        add(r, list, e);
        p->billed[f.rank < 12 ? f.rank : 11] = true;
        for (uint32_t i = 0; i < f.others_n; i++)
            p->billed[f.others[i].rank < 12 ? f.others[i].rank : 11] = true;
        if (stmt_col_int(q, 7))
            add_imported(r, list, e, out);
        else
            add_sent(r, list, e, stmt_col_id(q, 4), out);
        if (r->answered && !stated) {
            stated = true;
            add_statuses(r, list, e, out->pcn);
        }
    }
    return out->versions > 0;
}

/* Denied cents of one remit, as they were posted. */
static int denied_cmp(const void *event, const void *d)
{
    int64_t a = *(const int64_t *)event, b = ((const struct denied *)d)->event;
    return (a > b) - (a < b);
}

static int64_t denied_by(const struct report *r, int64_t event)
{
    const struct denied *d =
        r->denied_n ? bsearch(&event, r->denied, r->denied_n, sizeof *d, denied_cmp) : NULL;
    return d ? d->cents : 0;
}

static enum state_event answer(phi_str status, int64_t paid, int64_t denied)
{
    if (match_is_reversal(status))
        return EV_REVERSED;
    if (paid > 0)
        return denied > 0 ? EV_PARTIAL : EV_PAID;
    return denied > 0 ? EV_DENIED : EV_PATIENT_ONLY;
}

static void add_remits(struct report *r, int64_t chain, struct facts_list *list, struct payers *p)
{
    /* What was taken back was there before its taking back, whichever came here first. */
    struct stmt *q = store_sql(
        r->l->store,
        "SELECT m.no,m.status,m.paid,m.version,min(e.at,coalesce(t.at,e.at)),CASE WHEN m.reverses"
        " IS NOT NULL THEN 2 WHEN x.no IS NOT NULL THEN 1 ELSE 3 END FROM remit m JOIN event e ON"
        " e.no=m.no LEFT JOIN remit x ON x.reverses=m.no LEFT JOIN event t ON t.no=x.no WHERE"
        " m.chain=?1 ORDER BY m.no");
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        phi_str status = stmt_col_bytes(q, 1);
        int rank = match_rank(status);
        struct state_fact e = {.version = stmt_col_int(q, 3),
                               .rank = rank ? rank : 1,
                               .at = stmt_col_int(q, 4),
                               .phase = (int)stmt_col_int(q, 5),
                               .event = stmt_col_int(q, 0)};
        bool forwarded = status.n == 2 && (status.p[0] == '1' || phi_is(status, "20") ||
                                           phi_is(status, "21") || phi_is(status, "23"));
        if (forwarded) {
            e.kind = EV_FORWARDED;
            add(r, list, e);
            p->forwarded = e.rank + 1 > p->forwarded ? e.rank + 1 : p->forwarded;
        }
        if (phi_is(status, "23") || phi_is(status, "25"))
            continue;
        e.kind = answer(status, stmt_col_int(q, 2), denied_by(r, stmt_col_int(q, 0)));
        p->answered[e.rank] = true;
        p->last_answer = e.rank > p->last_answer ? e.rank : p->last_answer;
        add(r, list, e);
    }
}

/* An entry of a person, the patient or the follow-up. Acts go to the payer that was answered last,
 * else the first: `rank`. */
static const struct {
    const char *what;
    enum state_event kind;
} ENTRIES[] = {{"write-off", EV_USER_WRITE_OFF}, {"appeal", EV_USER_APPEAL}};

static enum state_event entry_event(phi_str what)
{
    for (size_t i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++)
        if (phi_is(what, ENTRIES[i].what))
            return ENTRIES[i].kind;
    return EV_PATIENT_PAID;
}

static void add_entries(struct report *r, int64_t chain, struct facts_list *list, int rank)
{
    struct stmt *q =
        store_sql(r->l->store, "SELECT p.what,e.at,p.no FROM post p JOIN event e USING(no)"
                               " WHERE p.chain=?1 AND what NOT IN('refund','match') ORDER BY no");
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        enum state_event kind = entry_event(stmt_col_bytes(q, 0));
        add(r, list,
            (struct state_fact){.kind = kind,
                                .rank = kind == EV_USER_APPEAL && rank ? rank : 1,
                                .at = stmt_col_int(q, 1),
                                .phase = 3,
                                .event = stmt_col_int(q, 2)});
    }
}

static void add_denied(struct report *r, int64_t event, int64_t cents)
{
    if (r->denied_n && r->denied[r->denied_n - 1].event == event) {
        r->denied[r->denied_n - 1].cents += cents;
        return;
    }
    if (r->denied_n == r->denied_cap)
        r->denied = xrealloc(r->denied, (r->denied_cap = r->denied_cap ? 2 * r->denied_cap : 16) *
                                            sizeof *r->denied);
    r->denied[r->denied_n++] = (struct denied){event, cents};
}

static void sum_journal(struct report *r, int64_t chain, struct report_claim *out,
                        struct state_money *m)
{
    int64_t sum[ACCOUNTS] = {0};
    struct stmt *q = store_sql(r->l->store, "SELECT account,cents,code,event FROM journal WHERE"
                                            " subject=?1 ORDER BY event");
    r->denied_n = 0;
    stmt_int(q, 1, chain);
    while (stmt_step(q)) {
        int64_t a = stmt_col_int(q, 0), cents = stmt_col_int(q, 1);
        if (a > 0 && a < ACCOUNTS)
            sum[a] += cents;
        if (a == ACCOUNT_DENIAL)
            add_denied(r, stmt_col_int(q, 3), cents);
        if (phi_is(stmt_col_bytes(q, 2), "PAY"))
            out->paid -= cents;
    }
    out->charged = -sum[ACCOUNT_CHARGES] - sum[ACCOUNT_OPENING];
    out->adjusted = sum[ACCOUNT_CONTRACTUAL] + sum[ACCOUNT_PRIOR];
    out->received = sum[ACCOUNT_RECEIPT];
    out->written_off = sum[ACCOUNT_WRITEOFF];
    out->denied = sum[ACCOUNT_DENIAL];
    *m = (struct state_money){sum[ACCOUNT_RECEIVABLE], sum[ACCOUNT_DENIAL], sum[ACCOUNT_PATIENT],
                              false};
}

static bool next_payer(const struct payers *p)
{
    if (p->forwarded > p->last_answer)
        return true;
    for (int k = p->last_answer + 1; k < 12 && p->last_answer; k++)
        if (p->billed[k])
            return true;
    return false;
}

bool report_chain(struct report *r, int64_t chain, struct report_claim *out)
{
    struct facts_list list = {0};
    struct payers p = {0};
    struct state_money m;
    arena_clear(&r->arena);
    *out = (struct report_claim){.chain = chain};
    if (!add_versions(r, chain, &list, out, &p))
        return false;
    arena_clear(&r->l->arena);
    sum_journal(r, chain, out, &m);
    add_remits(r, chain, &list, &p);
    add_entries(r, chain, &list, p.last_answer);
    m.next_payer = next_payer(&p);
    out->state = state_fold(list.fact, list.n, &m);
    out->facts = list.fact;
    out->facts_n = list.n;
    out->patient = m.next_payer ? 0 : m.patient;
    out->open = m.receivable + m.denial + (m.next_payer ? m.patient : 0);
    return true;
}

bool report_next(struct report *r, struct report_claim *out)
{
    struct stmt *q = store_sql(r->l->store, "SELECT no FROM claim WHERE no>?1 AND chain=no"
                                            " ORDER BY no LIMIT 1");
    stmt_int(q, 1, r->last);
    if (!stmt_step(q))
        return false;
    r->last = stmt_col_int(q, 0);
    return report_chain(r, r->last, out);
}

void report_totals(struct ledger *l, struct report_totals *t)
{
    int64_t sum[ACCOUNTS] = {0}, pay = 0, interest = 0; /* interest: of payments brought forward */
    struct stmt *q = store_sql(l->store, "SELECT account,cents,code FROM journal");
    *t = (struct report_totals){0};
    while (stmt_step(q)) {
        int64_t a = stmt_col_int(q, 0), cents = stmt_col_int(q, 1);
        t->trial += cents;
        if (a <= 0 || a >= ACCOUNTS)
            continue;
        sum[a] += cents;
        if (a == ACCOUNT_OPENING && phi_is(stmt_col_bytes(q, 2), "L6"))
            interest += cents;
        if ((a == ACCOUNT_RECEIVABLE || a == ACCOUNT_PATIENT) &&
            phi_is(stmt_col_bytes(q, 2), "PAY"))
            pay -= cents;
    }
    t->cash = store_int(l->store, "SELECT sum(cents) FROM payment WHERE head IS NOT NULL", 0);
    t->opening = store_int(l->store,
                           "SELECT sum(cents) FROM payment WHERE head IS NOT NULL AND imported", 0);
    t->claims = pay;
    t->unapplied = -sum[ACCOUNT_UNAPPLIED] - sum[ACCOUNT_SUSPENSE];
    t->ledger = -sum[ACCOUNT_ITEM];
    t->interest = -sum[ACCOUNT_INTEREST] - interest;
    t->in_transit = -sum[ACCOUNT_CLEARING];
    t->payments = store_int(l->store, "SELECT count(*) FROM payment", 0);
    t->payments_open =
        store_int(l->store,
                  "SELECT count(*) FROM payment p WHERE head IS NULL OR parts>(SELECT count(*) FROM"
                  " remit WHERE payment=p.no)+(SELECT count(*) FROM plb WHERE payment=p.no)",
                  0);
}

bool report_balanced(const struct report_totals *t)
{
    return t->trial == 0 &&
           t->cash == t->claims + t->unapplied + t->ledger + t->interest + t->in_transit;
}
