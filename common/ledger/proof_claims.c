/* Each claim: what was billed, what became of it, what its payers say. */
#include "common/ledger/proof_parts.h"

#define LL(v) ((long long)(v))

static bool is_newer(const struct proof_chain *a, const struct proof_chain *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->at != b->at)
        return a->at > b->at;
    return a->seq != b->seq ? a->seq > b->seq : a->pos > b->pos;
}

static void load_chains(struct proof *p)
{
    struct stmt *q = store_sql(p->l->store, "SELECT chain,rank,frequency='8',charge,at,seq,pos FROM"
                                            " claim JOIN event USING(no)");
    while (stmt_step(q)) {
        int64_t chain = stmt_col_int(q, 0);
        bool is_void = stmt_col_int(q, 2);
        struct proof_chain v = {.billed = is_void ? 0 : stmt_col_int(q, 3),
                                .rank = stmt_col_int(q, 1),
                                .at = stmt_col_int(q, 4),
                                .seq = stmt_col_int(q, 5),
                                .pos = stmt_col_int(q, 6),
                                .any = true};
        if (!proof_event(p, chain))
            continue;
        struct proof_chain *have = &p->chain[chain];
        v.is_void = is_void || have->is_void;
        if (!have->any || is_newer(&v, have))
            *have = v;
        have->is_void = v.is_void;
    }
}

/* 14: after the payer took a voided claim back, nothing but that stands on it. */
static void check_voids(struct proof *p)
{
    char where[160];
    for (int64_t chain = 1; chain <= p->last; chain++) {
        if (!p->chain[chain].is_void)
            continue;
        proof_of(p, "14")->checked++;
        struct stmt *q =
            store_sql(p->l->store,
                      "SELECT min(no) FROM remit r WHERE chain=?1 AND status<>'22' AND no>(SELECT"
                      " min(no) FROM remit WHERE chain=?1 AND reverses IS NOT NULL) AND NOT"
                      " EXISTS(SELECT 1 FROM remit x WHERE x.reverses=r.no)");
        stmt_int(q, 1, chain);
        if (stmt_step(q) && !stmt_col_null(q, 0) && !proof_tainted(p, chain))
            proof_broken(p, "14", chain, 0, "%s is posted to claim %lld, which was voided",
                         proof_place(p, stmt_col_int(q, 0), where), LL(chain));
    }
}

/* Rows of one claim, by what they say: cents that left its pools by code, and where they went. */
struct sums {
    int64_t chain;
    int64_t by_code[ACCOUNTS], to[ACCOUNTS], account[ACCOUNTS], paid, billed;
    int64_t by_hand; /* receipts and write-offs: out of the pools */
};

static enum ledger_account account_of_code(phi_str code)
{
    const char *dash = memchr(code.p, '-', code.n);
    if (!dash)
        return ACCOUNT_DENIAL;
    size_t n = (size_t)(dash - code.p);
    return cas_account(phi_of(code.p, n), phi_of(dash + 1, code.n - n - 1));
}

static void add_row(struct sums *s, int64_t account, int64_t cents, phi_str code)
{
    if (account <= 0 || account >= ACCOUNTS)
        return;
    s->account[account] += cents;
    if (phi_is(code, "PAY"))
        s->paid -= cents;
    else if (phi_is(code, "RECEIPT") || phi_is(code, "WRITE-OFF"))
        s->by_hand -= cents;
    else if (phi_is(code, "BILLED"))
        s->billed += account == ACCOUNT_RECEIVABLE ? cents : 0;
    else if (code.n)
        s->by_code[account_of_code(code)] += cents;
    else
        s->to[account] += cents;
}

/* 3 */
static void check_sums(struct proof *p, const struct sums *s)
{
    static const enum ledger_account way[] = {ACCOUNT_CONTRACTUAL, ACCOUNT_DENIAL, ACCOUNT_PATIENT,
                                              ACCOUNT_PRIOR};
    if (!s->chain || !proof_event(p, s->chain) || !p->chain[s->chain].any)
        return;
    const int64_t *a = s->account;
    int64_t billed = p->chain[s->chain].billed;
    int64_t left = a[ACCOUNT_RECEIVABLE] + a[ACCOUNT_DENIAL] + a[ACCOUNT_PATIENT];
    int64_t want = billed - a[ACCOUNT_CONTRACTUAL] - a[ACCOUNT_PRIOR] - s->paid - s->by_hand;
    p->chain[s->chain].patient = a[ACCOUNT_PATIENT];
    proof_of(p, "3")->checked++;
    if (proof_tainted(p, s->chain))
        return;
    if (s->billed != billed || a[ACCOUNT_CHARGES] + a[ACCOUNT_OPENING] != -billed)
        proof_broken(p, "3", s->chain, 0, "claim %lld bills %lld cents and the journal has %lld",
                     LL(s->chain), LL(billed), LL(s->billed));
    else if (left != want)
        proof_broken(p, "3", s->chain, 0,
                     "claim %lld has a balance of %lld cents and should have"
                     " %lld",
                     LL(s->chain), LL(left), LL(want));
    for (size_t i = 0; i < sizeof way / sizeof *way && !proof_tainted(p, s->chain); i++)
        if (s->to[way[i]] + s->by_code[way[i]])
            proof_broken(p, "3", s->chain, 0,
                         "claim %lld: %lld cents were adjusted towards %s and %lld are there",
                         LL(s->chain), LL(-s->by_code[way[i]]), ledger_account_name(way[i]),
                         LL(s->to[way[i]]));
}

static void check_balances(struct proof *p)
{
    struct sums s = {0};
    struct stmt *q =
        store_sql(p->l->store, "SELECT subject,account,cents,code FROM journal WHERE"
                               " account BETWEEN 5 AND 10 OR account=15 ORDER BY subject");
    while (stmt_step(q)) {
        if (stmt_col_int(q, 0) != s.chain) {
            check_sums(p, &s);
            s = (struct sums){.chain = stmt_col_int(q, 0)};
        }
        add_row(&s, stmt_col_int(q, 1), stmt_col_int(q, 2), stmt_col_bytes(q, 3));
    }
    check_sums(p, &s);
}

static int64_t excepted(struct proof *p, const char *code, int64_t chain)
{
    struct stmt *q = store_sql(p->l->store, "SELECT cents FROM exception WHERE code=?1 AND"
                                            " subject=?2 AND closed IS NULL");
    stmt_text(q, 1, phi_lit(code));
    stmt_int(q, 2, chain);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* A CLP for a part of a claim leaves the rest to others. */
static bool is_partial(struct proof *p, int64_t chain)
{
    struct stmt *q = store_sql(p->l->store, "SELECT EXISTS(SELECT 1 FROM remit WHERE chain=?1 AND"
                                            " tier IN (2,4,5))");
    stmt_int(q, 1, chain);
    return stmt_step(q) && stmt_col_int(q, 0);
}

/* 13, 8, 9: a difference is a payer's to explain and stands as an exception; one that does not is
 * ours. */
static void check_chain_payers(struct proof *p, int64_t chain)
{
    struct payers_off off;
    payers_differ(p->l, chain, &off);
    if (off.over != excepted(p, "ERA_CLAIM_OVER", chain) || (off.under && !is_partial(p, chain)))
        proof_broken(
            p, "13", chain, 0,
            "claim %lld: charges answered are %lld cents over and %lld under what was sent",
            LL(chain), LL(off.over), LL(off.under));
    else if (off.prior != excepted(p, "COB_PRIOR_OUT", chain))
        proof_broken(p, "8", chain, 0,
                     "claim %lld: a later payer's OA-23 is %lld cents off what the earlier settled",
                     LL(chain), LL(off.prior));
    else if (off.patient != excepted(p, "COB_PATIENT_OUT", chain))
        proof_broken(p, "9", chain, 0,
                     "claim %lld: the patient's balance is %lld cents off what the last payer says",
                     LL(chain), LL(off.patient));
}

static void check_payers_all(struct proof *p)
{
    int64_t last = 0;
    struct stmt *q = store_sql(
        p->l->store, "SELECT chain,later FROM remit WHERE chain IS NOT NULL ORDER BY chain");
    while (stmt_step(q)) {
        int64_t chain = stmt_col_int(q, 0);
        proof_of(p, "8")->checked += stmt_col_int(q, 1);
        proof_of(p, "9")->checked += stmt_col_int(q, 1);
        if (chain == last)
            continue;
        last = chain;
        proof_of(p, "13")->checked++;
        if (!proof_tainted(p, chain))
            check_chain_payers(p, chain);
    }
}

void proof_claims(struct proof *p)
{
    load_chains(p);
    check_voids(p);
    check_balances(p);
    check_payers_all(p);
}
