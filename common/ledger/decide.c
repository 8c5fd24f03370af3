/* Which claim a remit means. Candidates by key, by payer control number (of other remits
 * and of answers) and, where the threshold
 * allows it, by service; the best must stand alone. */
#include "common/ledger/parts.h"

enum { TOO_NEAR = 5 }; /* two candidates within this many percent: a person decides (tier 7) */

struct search {
    struct ledger *l;
    const struct remit *r;
    int64_t group; /* CLP03 of this payment's CLPs of this account */
    struct match best;
    struct candidate found;
    int second;               /* confidence of the best of another claim */
    struct line_match *lines; /* scratch */
    bool any;                 /* candidates, good or bad */
};

static void consider(struct search *s, const struct candidate *c, bool control_known)
{
    struct match m = match_claim(&c->facts, s->r, control_known, s->group, s->lines);
    bool same = s->found.chain == c->chain;
    s->any = true;
    if (m.confidence > s->best.confidence ||
        (same && m.confidence == s->best.confidence && c->facts.charge == s->r->charge)) {
        if (!same && s->best.confidence > s->second)
            s->second = s->best.confidence;
        s->best = m;
        s->found = *c;
    } else if (!same && m.confidence > s->second) {
        s->second = m.confidence;
    }
}

static void consider_all(struct search *s, struct stmt *q, bool control_known)
{
    while (stmt_step(q)) {
        struct candidate c = {.no = stmt_col_int(q, 0), .chain = stmt_col_int(q, 1)};
        phi_str facts = open_value(s->l, 'c', c.no, stmt_col_bytes(q, 2));
        if (facts_read(facts, &s->l->arena, &c.facts))
            consider(s, &c, control_known);
    }
}

static void by_key(struct search *s, phi_str key)
{
    struct stmt *q = store_sql(s->l->store, "SELECT no,chain,facts FROM claim WHERE key=?1");
    stmt_text(q, 1, key);
    consider_all(s, q, false);
}

/* Payers count alike: a number means a claim only together with the payer that gave it. */
static void by_control(struct search *s)
{
    struct stmt *q = store_sql(
        s->l->store, "SELECT 1 FROM remit WHERE control=?1 AND version IS NOT NULL LIMIT 1");
    stmt_text(q, 1, s->r->payer_control);
    if (!stmt_step(q)) /* asked first: the question below makes a table */
        return;
    q = store_sql(s->l->store,
                  "SELECT c.no,c.chain,c.facts FROM claim c WHERE c.no IN (SELECT o.version FROM"
                  " remit o JOIN payment p ON p.no=o.payment WHERE o.control=?1"
                  " AND o.version IS NOT NULL AND p.payer=?2)");
    stmt_text(q, 1, s->r->payer_control);
    stmt_text(q, 2, s->r->head.payer_number);
    consider_all(s, q, true);
}

/* True when the claim left in a batch of this BHT03. */
static bool left_in(struct ledger *l, phi_str bht03, struct rec_id claim)
{
    struct stmt *q = store_sql(l->store, "SELECT 1 FROM sent t WHERE instr(' '||t.bht03||' ',"
                                         " ' '||?1||' ') AND instr(t.claims,?2) LIMIT 1");
    stmt_text(q, 1, bht03);
    stmt_id(q, 2, claim);
    return bht03.n && stmt_step(q);
}

/* The number that a payer gave when it accepted the claim (277CA) or was asked for it (277). An answer
 * is about the claim when it names the batch in which that left; a status names no batch of ours. A payer
 * that the claim does not name has its own numbers, whatever they are for others. */
static void by_answer(struct search *s)
{
    struct stmt *q =
        store_sql(s->l->store,
                  "SELECT c.no,c.chain,c.facts,e.id,a.trace,c.pcn,a.of='status',a.bht03 FROM ack a"
                  " JOIN claim c ON c.key=a.key AND c.pcn=a.pcn JOIN event e ON e.no=c.no WHERE"
                  " a.control=?1 AND a.control<>'' AND a.key<>'' AND a.accepted AND"
                  " a.of IN ('status','claim')");
    stmt_text(q, 1, s->r->payer_control);
    while (stmt_step(q)) {
        struct candidate c = {.no = stmt_col_int(q, 0), .chain = stmt_col_int(q, 1)};
        phi_str facts = open_value(s->l, 'c', c.no, stmt_col_bytes(q, 2));
        struct rec_id id = stmt_col_id(q, 3);
        if (facts_read(facts, &s->l->arena, &c.facts) && match_payer_named(&c.facts, s->r) &&
            !match_stranger(&c.facts, s->r) &&
            (stmt_col_int(q, 6) || left_in(s->l, stmt_col_bytes(q, 7), id)) &&
            !ack_of_another(s->l, stmt_col_bytes(q, 4), stmt_col_bytes(q, 5), id))
            consider(s, &c, true);
    }
}

static void by_service(struct search *s)
{
    int32_t from, to;
    remit_service_dates(s->r, &from, &to);
    struct stmt *q = store_sql(s->l->store, "SELECT no,chain,facts FROM claim WHERE service=?1");
    stmt_int(q, 1, service_key(s->l, from, s->r->charge));
    consider_all(s, q, false);
}

/* A person said which claim a payer's number means: the version with this charge, else the latest. */
static void by_person(struct search *s)
{
    struct stmt *q =
        store_sql(s->l->store, "SELECT 1 FROM post WHERE reference=?1 AND what='match' LIMIT 1");
    stmt_text(q, 1, s->r->account);
    if (!stmt_step(q)) /* asked first: the question below sorts */
        return;
    q = store_sql(s->l->store,
                  "SELECT c.no,c.chain,c.facts FROM post p JOIN claim c ON c.chain=p.chain AND"
                  " c.key=p.key JOIN event e ON e.no=c.no WHERE p.reference=?1 AND"
                  " p.what='match' ORDER BY c.charge=?2 DESC,c.rank,e.at DESC,e.seq DESC,e.pos"
                  " DESC LIMIT 1");
    stmt_text(q, 1, s->r->account);
    stmt_int(q, 2, s->r->charge);
    if (!stmt_step(q))
        return;
    struct candidate c = {.no = stmt_col_int(q, 0), .chain = stmt_col_int(q, 1)};
    phi_str facts = open_value(s->l, 'c', c.no, stmt_col_bytes(q, 2));
    if (!facts_read(facts, &s->l->arena, &c.facts))
        return;
    s->best = (struct match){.tier = 5, .confidence = 100};
    s->found = c;
    s->second = 0;
}

static bool sure(const struct search *s)
{
    return s->best.confidence >= s->l->threshold && s->best.confidence > 0 &&
           s->best.confidence - s->second >= TOO_NEAR;
}

static int64_t group_charge(struct ledger *l, const struct remit_row *row)
{
    struct stmt *q = store_sql(l->store, "SELECT sum(charge) FROM remit WHERE payment=?1 AND pcn=?2"
                                         " AND status<>'22' AND no<>?3");
    stmt_int(q, 1, row->payment);
    stmt_text(q, 2, row->r->account);
    stmt_int(q, 3, row->no);
    return (stmt_step(q) ? stmt_col_int(q, 0) : 0) + row->r->charge;
}

static void search(struct search *s, const struct remit_row *row, phi_str key)
{
    s->group = s->r->charge;
    s->lines = arena_alloc(&s->l->arena, (s->r->lines_n + 1) * sizeof *s->lines);
    if (key.n)
        by_key(s, key);
    if (!sure(s) && s->any) { /* perhaps one of several CLPs that together pay it */
        s->group = group_charge(s->l, row);
        by_key(s, key);
    }
    if (!sure(s) && s->r->payer_control.n) {
        by_control(s);
        by_answer(s);
    }
    if (!sure(s) && s->l->threshold <= 80)
        by_service(s);
    if (!sure(s) && s->r->account.n)
        by_person(s);
}

/* A reversal of this CLP waits: it was there before its taking back, and both may still be posted. */
static bool taken_back(struct ledger *l, const struct remit *r, phi_str key)
{
    struct stmt *q = store_sql(
        l->store, "SELECT 1 FROM remit x JOIN payment p ON p.no=x.payment WHERE x.control=?1 AND"
                  " x.key=?2 AND x.charge=-?3 AND x.paid=-?4 AND x.status='22' AND x.chain IS NULL"
                  " AND p.payer=?5");
    stmt_text(q, 1, r->payer_control);
    stmt_text(q, 2, key);
    stmt_int(q, 3, r->charge);
    stmt_int(q, 4, r->paid);
    stmt_text(q, 5, r->head.payer_number);
    return r->payer_control.n && stmt_step(q);
}

/* A CLP for a claim that we voided and the payer took back: only reversals may still be posted. */
static bool claim_is_void(struct ledger *l, phi_str pcn_key, int64_t chain)
{
    struct stmt *q = store_sql(
        l->store, "SELECT EXISTS(SELECT 1 FROM claim WHERE key=?1 AND chain=?2 AND frequency='8')"
                  " AND EXISTS(SELECT 1 FROM remit WHERE chain=?2 AND reverses IS NOT NULL)");
    stmt_text(q, 1, pcn_key);
    stmt_int(q, 2, chain);
    return stmt_step(q) && stmt_col_int(q, 0);
}

/* Is the payer that answers behind the first that was billed? */
static bool is_later(struct ledger *l, phi_str pcn_key, int64_t chain, phi_str status)
{
    int rank = match_rank(status);
    if (rank < 2)
        return false;
    struct stmt *q = store_sql(l->store, "SELECT min(rank) FROM claim WHERE key=?1 AND chain=?2");
    stmt_text(q, 1, pcn_key);
    stmt_int(q, 2, chain);
    return stmt_step(q) && rank > stmt_col_int(q, 0);
}

/* The CLP that a reversal takes back: same payer, account and control number, opposite sums. Of two
 * with equal sums the one with equal lines. */
static int64_t find_original(struct ledger *l, const struct remit *r, phi_str key, phi_str control,
                             int64_t shape)
{
    struct stmt *q = store_sql(
        l->store, "SELECT o.no FROM remit o JOIN payment p ON p.no=o.payment WHERE o.control=?1"
                  " AND o.key=?2 AND o.charge=-?3 AND o.paid=-?4 AND o.status<>'22' AND"
                  " o.chain IS NOT NULL AND p.payer=?5 AND"
                  " NOT EXISTS(SELECT 1 FROM remit x WHERE x.reverses=o.no)"
                  " ORDER BY o.shape=?6 DESC,o.shape,o.no LIMIT 1");
    stmt_text(q, 1, control);
    stmt_text(q, 2, key);
    stmt_int(q, 3, r->charge);
    stmt_int(q, 4, r->paid);
    stmt_text(q, 5, r->head.payer_number);
    stmt_int(q, 6, shape);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static bool decide_reversal(struct ledger *l, const struct remit *r, phi_str key,
                            struct decision *d)
{
    phi_str ref = remit_ref_of(r->refs, r->refs_n, "F8");
    int64_t shape = remit_shape(r);
    d->original = r->payer_control.n ? find_original(l, r, key, r->payer_control, shape) : 0;
    if (!d->original && ref.n)
        d->original = find_original(l, r, key, ref, shape);
    if (!d->original)
        return false;
    struct stmt *q = store_sql(l->store, "SELECT chain,version,later FROM remit WHERE no=?1");
    stmt_int(q, 1, d->original);
    stmt_step(q);
    d->chain = stmt_col_int(q, 0);
    d->version = stmt_col_int(q, 1);
    d->later = stmt_col_int(q, 2);
    return true;
}

bool remit_decide(struct ledger *l, const struct remit_row *row, struct decision *d)
{
    struct search s = {.l = l, .r = row->r};
    char k[MATCH_KEY];
    phi_str key = phi_of(k, match_key(row->r->account, k));
    *d = (struct decision){0};
    if (match_is_reversal(row->r->status))
        return decide_reversal(l, row->r, key, d);
    search(&s, row, key);
    if (!sure(&s))
        return false;
    char own[MATCH_KEY];
    key = phi_of(own, match_key(s.found.facts.pcn, own));
    if (claim_is_void(l, key, s.found.chain) &&
        !taken_back(l, row->r, phi_of(k, match_key(row->r->account, k))))
        return false;
    match_lines(&s.found.facts, row->r, s.lines);
    *d = (struct decision){.tier = s.best.tier,
                           .chain = s.found.chain,
                           .version = s.found.no,
                           .later = is_later(l, key, s.found.chain, row->r->status),
                           .lines = s.lines};
    return true;
}
