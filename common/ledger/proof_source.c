/* What the books came from: each event as it was written, its sealed body, and what it posted. */
#include "common/ledger/proof_parts.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

#define LL(v) ((long long)(v))

/* The first event that was written with a mark and a body; 1 when nothing older is there. */
static int64_t sealed_from(struct proof *p)
{
    return store_int(p->l->store, "SELECT value FROM setting WHERE name='sealed_from'", 1);
}

static bool mark_holds(struct proof *p, struct stmt *q)
{
    struct record r = {.id = stmt_col_id(q, 2), .parent = stmt_col_id(q, 3)};
    phi_str file = stmt_col_bytes(q, 4);
    if (stmt_col_null(q, 12) || file.n != DIGEST_LEN)
        return false;
    memcpy(r.file.b, file.p, DIGEST_LEN);
    r.off = (uint64_t)stmt_col_int(q, 5);
    r.len = (uint64_t)stmt_col_int(q, 6);
    r.seg = (uint32_t)stmt_col_int(q, 7);
    r.seq = (uint64_t)stmt_col_int(q, 8);
    r.pos = (uint32_t)stmt_col_int(q, 9);
    r.at_us = stmt_col_int(q, 10);
    return event_mark(p->l, &r, (int)stmt_col_int(q, 1), stmt_col_int(q, 11)) ==
           stmt_col_int(q, 12);
}

/* What an event says of its place, its time and its ids has no other witness. */
static void check_marks(struct proof *p)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store, "SELECT event.no,kind|coalesce((SELECT 256 FROM claim c WHERE c.no=event.no "
                     "AND imported),0)"
                     ",id,parent,digest,off,len,seg,seq,pos,at,n,mark FROM event"
                     " JOIN file ON file.no=event.file WHERE event.no>=?1 OR mark IS NOT NULL");
    stmt_int(q, 1, sealed_from(p));
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        if (!mark_holds(p, q) && !proof_tainted(p, no))
            proof_broken(p, "4", no, 0, "%s is not as it was written: its mark differs",
                         proof_place(p, no, where));
    }
}

static void check_bodies(struct proof *p)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store,
        "SELECT no FROM event e WHERE no>=?1 AND (kind IN (3,4,6,7) OR EXISTS(SELECT 1 FROM copy c"
        " WHERE c.no=e.no)) AND NOT EXISTS(SELECT 1 FROM body b WHERE b.no=e.no)");
    stmt_int(q, 1, sealed_from(p));
    while (stmt_step(q))
        if (!proof_tainted(p, stmt_col_int(q, 0)))
            proof_broken(p, "4", stmt_col_int(q, 0), 0, "%s has no sealed body",
                         proof_place(p, stmt_col_int(q, 0), where));
    q = store_sql(p->l->store, "SELECT no FROM body WHERE no NOT IN (SELECT no FROM event)");
    while (stmt_step(q))
        if (!proof_tainted(p, stmt_col_int(q, 0)))
            proof_broken(p, "4", stmt_col_int(q, 0), 0, "a sealed body has no event %lld",
                         LL(stmt_col_int(q, 0)));
}

/* The head of the payment that a record is part of. */
static bool head_in(struct proof *p, int kind, phi_str body, struct payment *h)
{
    struct remit_fault why = {0};
    struct remit r;
    struct plb b;
    if (kind == LEDGER_PAYMENT)
        return payment_read(body, &p->l->arena, h, &why);
    if (kind == LEDGER_REMIT && remit_read(body, &p->l->arena, &r, &why))
        *h = r.head;
    else if (kind == LEDGER_PLB && plb_read(body, &p->l->arena, &b, &why))
        *h = b.head;
    else
        return false;
    return true;
}

/* 11: what was passed over as a second copy is one of the payment that it names. */
static void check_copies(struct proof *p)
{
    char where[160];
    struct stmt *q = store_sql(
        p->l->store, "SELECT c.no,e.kind,y.key,c.origin=e.parent FROM copy c JOIN event e USING(no)"
                     " LEFT JOIN payment y ON y.no=c.payment WHERE c.no>=?1");
    stmt_int(q, 1, sealed_from(p));
    while (stmt_step(q)) {
        struct record r = {0};
        struct payment h;
        int64_t no = stmt_col_int(q, 0);
        if (proof_tainted(p, no) || !body_open(p->l, no, &r))
            continue;
        bool same = head_in(p, (int)stmt_col_int(q, 1), r.body, &h) && !stmt_col_null(q, 2) &&
                    rec_id_eq(payment_key(&h), stmt_col_id(q, 2)) && stmt_col_int(q, 3);
        if (!same)
            proof_broken(p, "11", no, 0,
                         "%s was passed over as a copy of a payment that it is not of",
                         proof_place(p, no, where));
        arena_clear(&p->l->arena);
    }
}

void proof_sources(struct proof *p)
{
    if (proof_of(p, "sealed")->verdict != PROOF_BROKEN)
        check_copies(p);
    check_bodies(p);
    check_marks(p);
}

/* ---- the journal, event by event ---- */

/* What the rows of an event come to: a sum over them that is the same for the same cents on the same
 * accounts, codes and lines. A row and one that takes it back add nothing. */
struct posted {
    uint64_t exact, rough; /* rough: without the lines */
};

static uint64_t code_number(int64_t account, phi_str code)
{
    uint64_t h = 1469598103934665603U ^ (uint64_t)account; /* FNV-1a, then mixed */
    for (size_t i = 0; i < code.n; i++)
        h = (h ^ (unsigned char)code.p[i]) * 1099511628211U;
    return h;
}

static uint64_t place_number(uint64_t h, int64_t line)
{
    h = (h ^ (uint64_t)line) * 1099511628211U;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9U;
    return (h ^ (h >> 32)) | 1;
}

static struct posted *posted_by(struct ledger *l, int64_t last)
{
    struct posted *v = xcalloc((size_t)last + 1, sizeof *v);
    struct stmt *q = store_sql(l->store, "SELECT event,account,cents,line,code FROM journal");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        uint64_t cents = (uint64_t)stmt_col_int(q, 2);
        uint64_t code = code_number(stmt_col_int(q, 1), stmt_col_bytes(q, 4));
        if (no <= 0 || no > last)
            continue;
        v[no].exact += cents * place_number(code, stmt_col_int(q, 3) + 1);
        v[no].rough += cents * place_number(code, 0);
    }
    return v;
}

/* The lines of a claim are those of the version that was paid. */
static bool same_version(struct proof *p, struct ledger *to, const int64_t *as, int64_t no)
{
    struct stmt *q = store_sql(p->l->store, "SELECT version FROM remit WHERE no=?1 AND version>0");
    stmt_int(q, 1, no);
    int64_t here = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    q = store_sql(to->store, "SELECT version FROM remit WHERE no=?1");
    stmt_int(q, 1, as[no]);
    return here > 0 && here <= p->last && stmt_step(q) && stmt_col_int(q, 0) == as[here];
}

/* Which of two entries that say the same counts is the one that came first. */
static bool same_entry(struct proof *p, struct ledger *to, int64_t no, int64_t as)
{
    static const char sql[] = "SELECT again FROM post WHERE no=?1";
    struct stmt *here = store_sql(p->l->store, sql), *there = store_sql(to->store, sql);
    stmt_int(here, 1, no);
    stmt_int(there, 1, as);
    return stmt_step(here) && stmt_step(there) && stmt_col_int(here, 0) == stmt_col_int(there, 0);
}

/* What a claim's event posts depends on what came before it; of the others it does not. */
void proof_journal_again(struct proof *p, struct ledger *to, const int64_t *as)
{
    char where[160];
    int64_t last = store_int(to->store, "SELECT max(no) FROM event", 0);
    struct posted *here = posted_by(p->l, p->last), *there = posted_by(to, last);
    for (int64_t no = 1; no <= p->last; no++) {
        int kind = p->ev[no].kind;
        if (as[no] <= 0 || as[no] > last || kind == LEDGER_CLAIM ||
            (kind == LEDGER_POST && !same_entry(p, to, no, as[no])))
            continue;
        const struct posted *t = &there[as[no]];
        bool same =
            here[no].rough == t->rough &&
            (here[no].exact == t->exact || (kind == LEDGER_REMIT && !same_version(p, to, as, no)));
        if (!same)
            proof_broken(p, "4", no, 0, "the journal rows of %s are not what it posts",
                         proof_place(p, no, where));
    }
    free(here);
    free(there);
}
