#include "common/ledger/answers.h"
#include "common/ledger/parts.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <stdlib.h>

/* Files of many payers are read in turn: so many are kept at once; all are dropped after so many. */
enum { SLOTS = 256, MISSES = 4096 };

struct answers_kept {
    struct ledger *l;
    struct set_answers slot[SLOTS];
    struct arena sets; /* of the slots */
    int misses;
    struct answers account;
    struct arena accounts; /* of the account that was asked for last */
    phi_str pcn;
};

struct answers_kept *answers_new(struct ledger *l)
{
    struct answers_kept *k = xcalloc(1, sizeof *k);
    k->l = l;
    return k;
}

void answers_free(struct answers_kept *k)
{
    if (!k)
        return;
    arena_free(&k->sets);
    arena_free(&k->accounts);
    free(k);
}

#define COLUMNS "a.no,e.at,a.of,a.who,a.code,a.bht03,a.trace,a.accepted"

static struct answers answers_read(struct stmt *q, struct arena *mem)
{
    struct answers a = {0};
    while (stmt_step(q)) {
        if ((a.n & (a.n - 1)) == 0) { /* doubled at each power of two */
            struct answer *more = arena_alloc(mem, (a.n ? 2 * a.n : 1) * sizeof *more);
            if (a.n)
                memcpy(more, a.v, a.n * sizeof *more);
            a.v = more;
        }
        a.v[a.n++] = (struct answer){.no = stmt_col_int(q, 0),
                                     .at = stmt_col_int(q, 1),
                                     .of = arena_phi(mem, stmt_col_bytes(q, 2)),
                                     .who = arena_phi(mem, stmt_col_bytes(q, 3)),
                                     .code = arena_phi(mem, stmt_col_bytes(q, 4)),
                                     .bht03 = arena_phi(mem, stmt_col_bytes(q, 5)),
                                     .trace = arena_phi(mem, stmt_col_bytes(q, 6)),
                                     .accepted = stmt_col_int(q, 7)};
    }
    return a;
}

/* Of the set, or of its group where that says nothing of sets: P and R without them say nothing of this
 * one. */
static struct answers to_set(struct answers_kept *k, phi_str gs06, phi_str st02)
{
    struct stmt *q = store_sql(
        k->l->store, "SELECT " COLUMNS " FROM ack a JOIN event e USING(no)"
                     " WHERE gs06=?1 AND gs06<>'' AND (st02=?2 OR (of='group' AND code<>'P' AND"
                     " NOT EXISTS(SELECT 1 FROM ack b WHERE b.gs06=a.gs06 AND b.gs06<>'' AND"
                     " b.of='set')))");
    stmt_text(q, 1, gs06);
    stmt_text(q, 2, st02);
    return answers_read(q, &k->sets);
}

/* TA1 025 is about a second copy: who says it has the first. */
static struct answers to_file(struct answers_kept *k, phi_str isa13)
{
    struct stmt *q = store_sql(k->l->store, "SELECT " COLUMNS
                                            " FROM ack a JOIN event e USING(no) WHERE isa13<>'' AND"
                                            " isa13=?1 AND NOT accepted AND codes<>'025'");
    stmt_text(q, 1, isa13);
    return answers_read(q, &k->sets);
}

static void set_read(struct answers_kept *k, uint32_t at, struct set_answers *s)
{
    struct stmt *q =
        store_sql(k->l->store, "SELECT gs06,st02,bht03,sets,isa13 FROM sent WHERE no=?1");
    stmt_int(q, 1, s->sent);
    s->from = 0;
    s->to = UINT32_MAX;
    if (!stmt_step(q))
        return;
    phi_str sets = stmt_col_bytes(q, 3);
    uint32_t set = 1, parts = edi_parts(sets, ' ');
    int64_t claims = 0, n;
    for (; set < parts && quantity_parse(edi_part(sets, ' ', set), &n); set++) {
        s->from = (uint32_t)claims;
        if ((claims += n / 1000) > at) {
            s->to = (uint32_t)claims;
            break;
        }
        s->from = (uint32_t)claims;
    }
    phi_str gs06 = stmt_col_bytes(q, 0), st02 = edi_part(stmt_col_bytes(q, 1), ' ', set);
    s->bht03 = arena_phi(&k->sets, edi_part(stmt_col_bytes(q, 2), ' ', set));
    s->set = to_set(k, gs06, st02);
    s->file = to_file(k, stmt_col_bytes(q, 4));
}

const struct set_answers *answers_of_set(struct answers_kept *k, int64_t sent, uint32_t at)
{
    struct set_answers *s = &k->slot[(uint64_t)sent % SLOTS];
    if (s->sent == sent && at >= s->from && at < s->to)
        return s;
    if (++k->misses > MISSES) {
        memset(k->slot, 0, sizeof k->slot);
        arena_clear(&k->sets);
        k->misses = 0;
    }
    *s = (struct set_answers){.sent = sent};
    set_read(k, at, s);
    return s;
}

const struct answers *answers_of_account(struct answers_kept *k, phi_str pcn)
{
    char key[MATCH_KEY];
    if (k->pcn.p && phi_eq(k->pcn, pcn))
        return &k->account;
    arena_clear(&k->accounts);
    k->pcn = arena_phi(&k->accounts, pcn);
    struct stmt *q = store_sql(k->l->store, "SELECT " COLUMNS " FROM ack a JOIN event e USING(no)"
                                            " WHERE key<>'' AND key=?1 AND pcn=?2");
    stmt_text(q, 1, phi_of(key, match_key(pcn, key)));
    stmt_text(q, 2, pcn);
    k->account = answers_read(q, &k->accounts);
    return &k->account;
}
