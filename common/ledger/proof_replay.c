/* Everything once more, backwards, into an empty ledger: it must come to the same. And, as it needs
 * every sealed value: that they open. */
#include "common/ledger/proof_parts.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LL(v) ((long long)(v))

static void open_all(struct proof *p, char table, struct stmt *q, const char *what)
{
    struct buf plain = {0};
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        buf_clear(&plain);
        proof_of(p, "sealed")->checked++;
        if (!unseal_value(p->l, table, no, stmt_col_bytes(q, 1), &plain))
            proof_broken(p, "sealed", no, 0,
                         "%s %lld does not open: altered, moved, or its key is"
                         " gone",
                         what, LL(no));
    }
    buf_free(&plain);
}

void proof_sealed(struct proof *p)
{
    struct store *s = p->l->store;
    open_all(p, 'c', store_sql(s, "SELECT no,facts FROM claim"), "claim");
    open_all(p, 'r', store_sql(s, "SELECT no,body FROM remit"), "remittance");
    open_all(p, 'p', store_sql(s, "SELECT no,body FROM post"), "entry");
    open_all(p, 'v', store_sql(s, "SELECT no,body FROM verdict"), "verdict");
    open_all(p, 'b', store_sql(s, "SELECT no,body FROM body"), "record");
}

struct replay {
    struct proof *p;
    struct ledger *to;
    int64_t *as; /* number of an event there, by its number here */
};

static struct record record_of(struct stmt *q)
{
    /* What is in the books was let in: nothing is held again. */
    struct record r = {.id = stmt_col_id(q, 2), .parent = stmt_col_id(q, 3), .tries = 1};
    phi_str file = stmt_col_bytes(q, 4);
    if (file.n == DIGEST_LEN)
        memcpy(r.file.b, file.p, DIGEST_LEN);
    r.off = (uint64_t)stmt_col_int(q, 5);
    r.len = (uint64_t)stmt_col_int(q, 6);
    r.seg = (uint32_t)stmt_col_int(q, 7);
    r.seq = (uint64_t)stmt_col_int(q, 8);
    r.pos = (uint32_t)stmt_col_int(q, 9);
    r.at_us = stmt_col_int(q, 10);
    return r;
}

static int64_t event_again(struct replay *x, const struct record *r, int kind, int64_t no)
{
    bool repeat;
    return x->as[no] = event_add(x->to, r, (enum ledger_kind)kind, &repeat);
}

static void claim_again(struct replay *x, struct record *r, int64_t no)
{
    struct facts f;
    struct ledger *l = x->p->l;
    struct stmt *q = store_sql(l->store, "SELECT facts,imported FROM claim WHERE no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return;
    ledger_importing(x->to, stmt_col_int(q, 1));
    if (facts_read(open_value(l, 'c', no, stmt_col_bytes(q, 0)), &l->arena, &f))
        add_claim(x->to, event_again(x, r, LEDGER_CLAIM, no), &f);
}

static void remit_again(struct replay *x, struct record *r, int64_t no)
{
    struct ledger *l = x->p->l;
    struct ledger_refusal why;
    struct stmt *q = store_sql(l->store, "SELECT body,imported FROM remit r JOIN payment p ON"
                                         " p.no=r.payment WHERE r.no=?1");
    bool repeat;
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return;
    ledger_importing(x->to, stmt_col_int(q, 1));
    strcpy(r->kind, "remit");
    r->body = open_value(l, 'r', no, stmt_col_bytes(q, 0));
    if (take_remit(x->to, r, &why) == LEDGER_NEW)
        x->as[no] = store_int(x->to->store, "SELECT max(no) FROM event", 0);
    else
        x->as[no] = event_add(x->to, r, LEDGER_REMIT, &repeat);
}

/* The head of a payment, from its row. */
static bool head_of(struct replay *x, int64_t payment, struct payment *h, struct record *r)
{
    struct arena *mem = &x->p->l->arena;
    struct stmt *q = store_sql(x->p->l->store,
                               "SELECT trace,trace_origin,payer,payer_name,payee,method,date,cents,"
                               "parts,origin FROM payment WHERE no=?1");
    stmt_int(q, 1, payment);
    if (!stmt_step(q))
        return false;
    *h = (struct payment){.trace = arena_phi(mem, stmt_col_bytes(q, 0)),
                          .trace_origin = arena_phi(mem, stmt_col_bytes(q, 1)),
                          .payer_number = arena_phi(mem, stmt_col_bytes(q, 2)),
                          .payer_name = arena_phi(mem, stmt_col_bytes(q, 3)),
                          .payee_npi = arena_phi(mem, stmt_col_bytes(q, 4)),
                          .method = arena_phi(mem, stmt_col_bytes(q, 5)),
                          .cents = stmt_col_int(q, 7)};
    h->date.value = arena_phi(mem, stmt_col_bytes(q, 6));
    r->of = (uint32_t)stmt_col_int(q, 8);
    r->parent = stmt_col_id(q, 9);
    return true;
}

static void payment_again(struct replay *x, struct record *r, int64_t no)
{
    struct payment h;
    struct stmt *q = store_sql(x->p->l->store, "SELECT no,imported FROM payment WHERE head=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return;
    ledger_importing(x->to, stmt_col_int(q, 1));
    struct remit_fault why = {0};
    if (body_open(x->p->l, no, r) ? payment_read(r->body, &x->p->l->arena, &h, &why)
                                  : head_of(x, stmt_col_int(q, 0), &h, r))
        add_payment(x->to, r, event_again(x, r, LEDGER_PAYMENT, no), &h);
}

static void plb_again(struct replay *x, struct record *r, int64_t no)
{
    struct plb b = {0};
    struct arena *mem = &x->p->l->arena;
    struct remit_fault why = {0};
    struct stmt *p = store_sql(x->p->l->store, "SELECT imported FROM plb b JOIN payment p ON"
                                               " p.no=b.payment WHERE b.no=?1");
    stmt_int(p, 1, no);
    ledger_importing(x->to, stmt_step(p) && stmt_col_int(p, 0));
    if (body_open(x->p->l, no, r)) {
        if (plb_read(r->body, mem, &b, &why))
            add_plb(x->to, r, event_again(x, r, LEDGER_PLB, no), &b);
        return;
    }
    struct stmt *q =
        store_sql(x->p->l->store, "SELECT payment,provider,code,ref,cents FROM plb WHERE no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return;
    b.provider = arena_phi(mem, stmt_col_bytes(q, 1));
    b.code = arena_phi(mem, stmt_col_bytes(q, 2));
    b.reference = arena_phi(mem, stmt_col_bytes(q, 3));
    b.cents = stmt_col_int(q, 4);
    if (head_of(x, stmt_col_int(q, 0), &b.head, r))
        add_plb(x->to, r, event_again(x, r, LEDGER_PLB, no), &b);
}

static void entry_again(struct replay *x, struct record *r, int64_t no)
{
    post_again(x->p->l, no, x->to, event_again(x, r, LEDGER_POST, no));
}

static void sent_once_more(struct replay *x, struct record *r, int64_t no)
{
    int64_t as = event_again(x, r, LEDGER_SENT, no);
    if (body_open(x->p->l, no, r))
        sent_add(x->to, as, r->body);
    else
        sent_again(x->p->l, no, x->to, as);
}

static void answer_again(struct replay *x, struct record *r, int64_t no)
{
    int64_t as = event_again(x, r, LEDGER_ACK, no);
    if (body_open(x->p->l, no, r))
        add_ack(x->to, as, r->body);
    else
        ack_again(x->p->l, no, x->to, as);
}

static void verdict_again(struct replay *x, struct record *r, int64_t no)
{
    struct ledger *l = x->p->l;
    struct stmt *q = store_sql(l->store, "SELECT body FROM verdict WHERE no=?1");
    stmt_int(q, 1, no);
    if (stmt_step(q))
        add_verdict(x->to, event_again(x, r, LEDGER_VERDICT, no),
                    open_value(l, 'v', no, stmt_col_bytes(q, 0)));
}

static void all_again(struct replay *x)
{
    static void (*const again[])(struct replay *, struct record *, int64_t) = {
        [LEDGER_CLAIM] = claim_again,   [LEDGER_PAYMENT] = payment_again,
        [LEDGER_REMIT] = remit_again,   [LEDGER_PLB] = plb_again,
        [LEDGER_SENT] = sent_once_more, [LEDGER_ACK] = answer_again,
        [LEDGER_POST] = entry_again,    [LEDGER_VERDICT] = verdict_again};
    struct stmt *q = store_sql(
        x->p->l->store, "SELECT event.no,kind,id,parent,digest,off,len,seg,seq,pos,at FROM event"
                        " JOIN file ON file.no=event.file WHERE NOT EXISTS(SELECT 1 FROM copy WHERE"
                        " copy.no=event.no) ORDER BY event.no DESC");
    store_begin(x->to->store);
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), kind = stmt_col_int(q, 1);
        struct record r = record_of(q);
        if (proof_event(x->p, no) && kind <= LEDGER_POST && again[kind])
            again[kind](x, &r, no);
        arena_clear(&x->p->l->arena);
        arena_clear(&x->to->arena);
    }
}

/* --- what the rows say beside their cents --- */

enum { COLUMNS = 16 };

/* Columns that a row has from its sealed body; here: number, event of the body, claim, then they. */
struct said {
    const char *table, *here, *there;
    const char *column[COLUMNS + 1];
};
static const struct said SAID[] = {
    {"claim",
     "SELECT no,no,chain,pcn,key,billing,payer,rank,frequency,charge,service FROM claim",
     "SELECT pcn,key,billing,payer,rank,frequency,charge,service FROM claim WHERE no=?1",
     {"pcn", "key", "billing", "payer", "rank", "frequency", "charge", "service"}},
    {"remit",
     "SELECT r.no,r.no,r.chain,r.pcn,r.key,status,control,ref,r.charge,paid,patient,prior,shape,"
     "r.service,hex(y.key),c.pcn FROM remit r LEFT JOIN payment y ON y.no=r.payment LEFT JOIN claim"
     " c ON c.no=r.chain",
     "SELECT r.pcn,r.key,status,control,ref,r.charge,paid,patient,prior,shape,r.service,hex(y.key),"
     "c.pcn FROM remit r LEFT JOIN payment y ON y.no=r.payment LEFT JOIN claim c ON c.no=r.chain"
     " WHERE r.no=?1",
     {"pcn", "key", "status", "control", "ref", "charge", "paid", "patient", "prior", "shape",
      "service", "payment", "claim"}},
    {"post",
     "SELECT no,no,chain,what,account,pool,date,reference,origin,method,by,reason,cents FROM "
     "post",
     "SELECT what,account,pool,date,reference,origin,method,by,reason,cents FROM post WHERE"
     " no=?1",
     {"what", "account", "pool", "date", "reference", "origin", "method", "by", "reason", "cents"}},
    /* A payment by any one of its remittances, each of which has its head. */
    {"payment",
     "SELECT "
     "p.no,r.no,r.chain,trace,trace_origin,payer,payer_name,payee,method,date,p.cents,hex(p.key) "
     "FROM"
     " payment p JOIN remit r ON r.no=(SELECT min(no) FROM remit WHERE payment=p.no)",
     "SELECT trace,trace_origin,payer,payer_name,payee,method,date,p.cents,hex(p.key) FROM payment "
     "p"
     " JOIN remit r ON r.payment=p.no WHERE r.no=?1",
     {"trace", "trace_origin", "payer", "payer_name", "payee", "method", "date", "cents", "key"}},
    /* and by its own head, which says how many parts it has */
    {"payment",
     "SELECT no,head,NULL,trace,trace_origin,payer,payer_name,payee,method,date,cents,hex(key),"
     "hex(origin),parts FROM payment WHERE head IS NOT NULL",
     "SELECT trace,trace_origin,payer,payer_name,payee,method,date,cents,hex(key),hex(origin),parts"
     " FROM payment WHERE head=?1",
     {"trace", "trace_origin", "payer", "payer_name", "payee", "method", "date", "cents", "key",
      "origin", "number of parts"}},
    {"adjustment",
     "SELECT b.no,b.no,b.payment,b.provider,code,b.ref,b.cents,hex(y.key),i.payer,i.provider,"
     "i.family,i.ref FROM plb b LEFT JOIN payment y ON y.no=b.payment LEFT JOIN item i ON"
     " i.no=b.item",
     "SELECT b.provider,code,b.ref,b.cents,hex(y.key),i.payer,i.provider,i.family,i.ref FROM plb b"
     " LEFT JOIN payment y ON y.no=b.payment LEFT JOIN item i ON i.no=b.item WHERE b.no=?1",
     {"provider", "code", "reference", "cents", "payment", "item's payer", "item's provider",
      "item's code", "item's reference"}},
    {"answer",
     "SELECT no,no,NULL,answer,of,code,gs06,st02,bht03,pcn,key,who,control,codes,accepted,charge,"
     "isa13,trace,due FROM ack",
     "SELECT answer,of,code,gs06,st02,bht03,pcn,key,who,control,codes,accepted,charge,isa13,trace,"
     "due FROM ack WHERE no=?1",
     {"answer", "of", "code", "gs06", "st02", "bht03", "pcn", "key", "who", "control", "codes",
      "accepted", "charge", "isa13", "trace", "due"}},
    {"sent file",
     "SELECT no,no,NULL,hex(digest),name,isa13,gs06,st02,payer,hex(claims),bht03,sets FROM sent",
     "SELECT hex(digest),name,isa13,gs06,st02,payer,hex(claims),bht03,sets FROM sent WHERE no=?1",
     {"digest", "name", "isa13", "gs06", "st02", "payer", "claims", "bht03", "sets"}},
    {"verdict",
     "SELECT no,no,NULL,st01,accepted,claims,refused FROM verdict",
     "SELECT st01,accepted,claims,refused FROM verdict WHERE no=?1",
     {"st01", "accepted", "claims", "refused"}},
};

static void compare_row(struct replay *x, const struct said *t, struct stmt *here)
{
    char where[160];
    struct proof *p = x->p;
    int64_t no = stmt_col_int(here, 0), by = stmt_col_int(here, 1);
    struct stmt *there = store_sql(x->to->store, t->there);
    stmt_int(there, 1, x->as[by]);
    if (!stmt_step(there))
        return; /* it did not come to be there at all: others say so */
    for (int i = 0; t->column[i]; i++)
        if (!phi_eq(stmt_col_bytes(here, i + 3), stmt_col_bytes(there, i))) {
            proof_broken(p, "rows", no, by, "%s of the %s of %s is not what its sealed body says",
                         t->column[i], t->table, proof_place(p, by, where));
            return;
        }
}

static void compare_rows(struct replay *x)
{
    for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++) {
        struct stmt *q = store_sql(x->p->l->store, SAID[i].here);
        while (stmt_step(q)) {
            proof_of(x->p, "rows")->checked++;
            if (!proof_tainted(x->p, stmt_col_int(q, 0)) &&
                !proof_tainted(x->p, stmt_col_int(q, 1)) &&
                !proof_tainted(x->p, stmt_col_int(q, 2)))
                compare_row(x, &SAID[i], q);
        }
    }
}

/* Balances of one claim, by account. */
static void sums(struct ledger *l, int64_t chain, int64_t out[ACCOUNTS])
{
    struct stmt *q = store_sql(l->store, "SELECT account,cents FROM journal WHERE subject=?1 AND"
                                         " (account BETWEEN 5 AND 10 OR account=15)");
    memset(out, 0, ACCOUNTS * sizeof *out);
    stmt_int(q, 1, chain);
    while (stmt_step(q))
        out[stmt_col_int(q, 0)] += stmt_col_int(q, 1);
}

static int64_t chain_there(struct replay *x, int64_t no)
{
    struct stmt *q = store_sql(x->to->store, "SELECT chain FROM claim WHERE no=?1");
    stmt_int(q, 1, x->as[no]);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void compare_claims(struct replay *x)
{
    int64_t here[ACCOUNTS], there[ACCOUNTS];
    struct proof *p = x->p;
    struct stmt *q = store_sql(p->l->store, "SELECT no,chain FROM claim");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), chain = stmt_col_int(q, 1);
        proof_of(p, "12")->checked++;
        if (proof_tainted(p, chain) || proof_tainted(p, no))
            continue;
        sums(p->l, chain, here);
        sums(x->to, chain_there(x, no), there);
        for (int a = 1; a < ACCOUNTS; a++)
            if (here[a] != there[a] && !proof_tainted(p, chain))
                proof_broken(
                    p, "12", chain, 0,
                    "claim %lld has %lld cents in %s, and %lld when all is posted backwards",
                    LL(chain), LL(here[a]), ledger_account_name((enum ledger_account)a),
                    LL(there[a]));
    }
}

/* Its tier may differ: it says what was known when the remit was placed. */
static void compare_remits(struct replay *x)
{
    char where[160];
    struct proof *p = x->p;
    struct stmt *q = store_sql(p->l->store, "SELECT no,chain IS NULL,coalesce(later,0),"
                                            "coalesce(chain,0),payment FROM remit");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), waits = stmt_col_int(q, 1), later = stmt_col_int(q, 2);
        if (proof_tainted(p, no) || proof_tainted(p, stmt_col_int(q, 3)) ||
            proof_tainted(p, stmt_col_int(q, 4)))
            continue;
        struct stmt *t = store_sql(x->to->store, "SELECT chain IS NULL,coalesce(later,0) FROM remit"
                                                 " WHERE no=?1");
        stmt_int(t, 1, x->as[no]);
        if (!stmt_step(t) || stmt_col_int(t, 0) != waits || stmt_col_int(t, 1) != later)
            proof_broken(p, "12", no, 0, "%s is placed otherwise when all is posted backwards",
                         proof_place(p, no, where));
    }
}

static bool any_broken(const struct proof *p)
{
    for (int i = 0; i < PROOFS; i++)
        if (p->out[i].verdict == PROOF_BROKEN)
            return true;
    return false;
}

/* An open exception says the same of the same, whatever came first. Which of two claims alike is held as
 * the second is all that the order settles. */
static void compare_exceptions(struct replay *x)
{
    struct proof *p = x->p;
    struct stmt *q = store_sql(p->l->store, "SELECT no,code,subject,cents FROM exception WHERE"
                                            " closed IS NULL AND code<>'DUP_HOLD'");
    while (stmt_step(q)) {
        int64_t subject = stmt_col_int(q, 2);
        struct stmt *t = store_sql(x->to->store, "SELECT 1 FROM exception WHERE code=?1 AND subject"
                                                 " IN (?2,?3) AND cents=?4 AND closed IS NULL");
        bool there = subject > 0 && subject <= p->last;
        stmt_text(t, 1, stmt_col_bytes(q, 1));
        stmt_int(t, 2, there ? x->as[subject] : 0);
        stmt_int(t, 3, there ? chain_there(x, subject) : 0);
        stmt_int(t, 4, stmt_col_int(q, 3));
        if (!stmt_step(t))
            proof_broken(p, "rows", subject, 0, "exception %lld does not follow from the records",
                         LL(stmt_col_int(q, 0)));
    }
    int64_t here = store_int(p->l->store, "SELECT count(*) FROM exception WHERE closed IS NULL", 0);
    int64_t there =
        store_int(x->to->store, "SELECT count(*) FROM exception WHERE closed IS NULL", 0);
    if (here != there && !any_broken(p))
        proof_broken(p, "rows", 0, 0, "%lld exceptions are open, of the records follow %lld",
                     LL(here), LL(there));
}

static void totals(struct ledger *l, int64_t out[ACCOUNTS])
{
    struct stmt *q = store_sql(l->store, "SELECT account,cents FROM journal");
    memset(out, 0, ACCOUNTS * sizeof *out);
    while (stmt_step(q)) {
        int64_t account = stmt_col_int(q, 0);
        if (account > 0 && account < ACCOUNTS)
            out[account] += stmt_col_int(q, 1);
    }
}

static void compare_totals(struct replay *x)
{
    int64_t here[ACCOUNTS], there[ACCOUNTS];
    if (any_broken(x->p))
        return;
    totals(x->p->l, here);
    totals(x->to, there);
    for (int a = 1; a < ACCOUNTS && !any_broken(x->p); a++)
        if (here[a] != there[a])
            proof_broken(x->p, "12", 0, 0,
                         "the account %s has %lld cents, and %lld when all is"
                         " posted backwards",
                         ledger_account_name((enum ledger_account)a), LL(here[a]), LL(there[a]));
}

static void remove_dir(const char *dir)
{
    static const char *const names[] = {"reconciler/ledger.db", "reconciler/ledger.db-wal",
                                        "reconciler/ledger.db-shm", "reconciler", NULL};
    char path[256];
    for (int i = 0; names[i]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        if (remove(path) && i == 3)
            log_warn("CW-PRF-001", "a folder for posting backwards could not be removed",
                     KV("folder", dir));
    }
    rmdir(dir);
}

void proof_no_replay(struct proof *p, const char *why)
{
    static const char *const ids[] = {"12", "rows"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct proof_result *r = proof_of(p, ids[i]);
        r->verdict = PROOF_NOT_CHECKED;
        snprintf(r->example, sizeof r->example, "%s", why);
    }
}

void proof_replay(struct proof *p)
{
    char dir[128];
    const char *tmp = getenv("TMPDIR");
    struct replay x = {.p = p};
    if (proof_of(p, "sealed")->verdict == PROOF_BROKEN) {
        proof_no_replay(p, "not everything that is sealed opens");
        return;
    }
    snprintf(dir, sizeof dir, "%.100s/claimwire-prove-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        proof_no_replay(p, "there is no room for a second ledger: set TMPDIR");
        return;
    }
    x.to = ledger_open_with(dir, p->l);
    x.as = xcalloc((size_t)p->last + 1, sizeof *x.as);
    all_again(&x);
    compare_rows(&x);
    compare_claims(&x);
    compare_remits(&x);
    compare_totals(&x);
    if (!any_broken(p))
        compare_exceptions(&x);
    if (!any_broken(p))
        proof_journal_again(p, x.to, x.as);
    ledger_close(x.to);
    free(x.as);
    remove_dir(dir);
}
