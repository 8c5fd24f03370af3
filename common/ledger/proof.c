#include "common/ledger/proof_parts.h"
#include "common/util/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct proof_result all[PROOFS] = {
    {"1", "each payment is its claims less its adjustments, each cent in one place"},
    {"2", "what payers sent is what was posted: claims, payer ledger, unapplied, interest"},
    {"3", "each claim's charge less what was paid and adjusted is its balance"},
    {"4", "no balance without journal rows, no journal row without its source"},
    {"5", "a reversal and what it takes back sum to zero, line by line, code by code"},
    {"6", "each payer ledger item is what its adjustments opened and closed"},
    {"7", "the paid lines of a claim sum to the claim's payment"},
    {"8", "what a later payer says the earlier settled is what they settled"},
    {"9", "the patient owes what the last payer says, not the sum over payers"},
    {"10", "bank deposits are the payments that they carry"},
    {"11", "nothing has an effect twice"},
    {"12", "the order in which records came does not matter"},
    {"13", "the charges answered by a payer are the charge of the version paid"},
    {"14", "nothing but reversals is posted to a voided claim"},
    {"15", "the journal sums to zero, event by event"},
    {"arrived", "each claim that was found valid is here, and no other"},
    {"originals", "each file that a row comes from is kept, byte for byte"},
    {"files", "each file that was sent is there, byte for byte"},
    {"once", "no claim was sent in two files"},
    {"sealed", "each sealed value opens in its place"},
    {"rows", "what a row says is what its sealed body says"},
};

struct proof_result *proof_of(struct proof *p, const char *id)
{
    for (int i = 0; i < PROOFS; i++)
        if (strcmp(p->out[i].id, id) == 0)
            return &p->out[i];
    BUG("no such invariant");
}

static void taint(struct proof *p, int64_t no)
{
    if (no > 0 && no <= p->last)
        p->ev[no].tainted = true;
}

bool proof_tainted(const struct proof *p, int64_t no)
{
    return no > 0 && no <= p->last && p->ev[no].tainted;
}

struct proof_event *proof_event(const struct proof *p, int64_t no)
{
    return no > 0 && no <= p->last && p->ev[no].kind ? &p->ev[no] : NULL;
}

void proof_broken(struct proof *p, const char *id, int64_t a, int64_t b, const char *fmt, ...)
{
    struct proof_result *r = proof_of(p, id);
    r->verdict = PROOF_BROKEN;
    if (r->broken++ == 0) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(r->example, sizeof r->example, fmt, ap);
        va_end(ap);
    }
    taint(p, a);
    taint(p, b);
}

const char *proof_place(struct proof *p, int64_t event, char out[160])
{
    char hex[DIGEST_HEX] = "";
    struct digest d;
    struct stmt *q = store_sql(p->l->store, "SELECT kind,off,len,digest FROM event JOIN file ON"
                                            " file.no=event.file WHERE event.no=?1");
    stmt_int(q, 1, event);
    if (!stmt_step(q)) {
        snprintf(out, 160, "event %lld", (long long)event);
        return out;
    }
    phi_str digest = stmt_col_bytes(q, 3);
    const char *kind = ledger_kind_name((int)stmt_col_int(q, 0));
    if (digest.n == DIGEST_LEN) {
        memcpy(d.b, digest.p, DIGEST_LEN);
        digest_hex(&d, hex);
    }
    snprintf(out, 160, "event %lld (%s, %lld bytes from offset %lld of file %.16s)",
             (long long)event, kind ? kind : "?", (long long)stmt_col_int(q, 2),
             (long long)stmt_col_int(q, 1), hex);
    return out;
}

void proof_run(struct ledger *l, const char *run_dir, bool replay, struct proof_result out[PROOFS])
{
    struct proof p = {.l = l, .run = run_dir, .out = out};
    memcpy(out, all, sizeof all);
    store_begin_read(l->store); /* one snapshot, while the keeper goes on writing */
    p.last = store_int(l->store, "SELECT max(no) FROM event", 0);
    p.ev = xcalloc((size_t)p.last + 1, sizeof *p.ev);
    p.chain = xcalloc((size_t)p.last + 1, sizeof *p.chain);
    proof_events(&p);
    proof_journal(&p);
    proof_rows(&p);
    proof_claims(&p);
    proof_files(&p);
    proof_sealed(&p);
    if (replay)
        proof_replay(&p);
    else
        proof_no_replay(&p, "everything was not posted again: --quick was asked for");
    proof_sources(&p);
    store_rollback(l->store);
    free(p.ev);
    free(p.chain);
}
