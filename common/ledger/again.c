/* A claim that was refused and came again, mended, in another file. */
#include "common/ledger/parts.h"
#include "common/ledger/source.h"

/* The same claim: account, biller and payer's rank, and the same member, or, where the member's number
 * was what had to be mended, the same patient. */
static bool same_claim(const struct facts *a, const struct facts *b)
{
    bool patient = a->dob != CLAIM_NO_DATE && a->dob == b->dob && !phi_empty(a->last) &&
                   phi_eq(a->last, b->last) && phi_eq(a->first, b->first);
    return phi_eq(a->pcn, b->pcn) && phi_eq(a->billing, b->billing) && a->rank == b->rank &&
           (phi_eq(a->member, b->member) || patient);
}

int64_t report_came_again(struct ledger *l, const struct claim *refused, int64_t at, int64_t seq)
{
    struct arena mem = {0};
    struct facts want, have;
    char key[MATCH_KEY];
    int64_t row = 0;
    facts_of_claim(refused, &mem, &want);
    struct stmt *q = store_sql(
        l->store, "SELECT c.no,c.facts FROM claim c JOIN event e ON e.no=c.no WHERE c.key=?1 AND"
                  " NOT c.imported AND (e.at,e.seq)>(?2,?3) ORDER BY e.at,e.seq,e.pos");
    stmt_text(q, 1, phi_of(key, match_key(want.pcn, key)));
    stmt_int(q, 2, at);
    stmt_int(q, 3, seq);
    while (!row && stmt_step(q)) {
        phi_str blob =
            arena_phi(&mem, open_value(l, 'c', stmt_col_int(q, 0), stmt_col_bytes(q, 1)));
        if (facts_read(blob, &mem, &have) && same_claim(&want, &have))
            row = stmt_col_int(q, 0);
    }
    arena_free(&mem);
    return row;
}

static bool known_account(struct ledger *l, phi_str pcn)
{
    char key[MATCH_KEY];
    struct stmt *q = store_sql(l->store, "SELECT 1 FROM claim WHERE key=?1 LIMIT 1");
    stmt_text(q, 1, phi_of(key, match_key(pcn, key)));
    bool known = stmt_step(q);
    return known;
}

int64_t report_refused_again(struct ledger *l, const char *run, int64_t verdict, uint32_t ordinal,
                             phi_str unit)
{
    if (phi_empty(unit) || ordinal == 0 || !known_account(l, unit))
        return 0;
    struct stmt *q = store_sql(l->store, "SELECT e.at,e.seq,e.off,f.digest FROM event e JOIN file f"
                                         " ON f.no=e.file WHERE e.no=?1");
    stmt_int(q, 1, verdict);
    if (!stmt_step(q))
        return 0;
    int64_t at = stmt_col_int(q, 0), seq = stmt_col_int(q, 1), row = 0;
    struct life_version v = {.off = stmt_col_int(q, 2), .pos = (int64_t)ordinal - 1};
    v.facts.pcn = unit;
    phi_str d = stmt_col_bytes(q, 3);
    if (d.n == DIGEST_LEN)
        memcpy(v.file.b, d.p, DIGEST_LEN);
    struct buf body = {0};
    struct arena mem = {0};
    struct claim c;
    if (source_body(run, &v, &body) && claim_read(buf_view(&body), &c, &mem))
        row = report_came_again(l, &c, at, seq);
    buf_free(&body);
    arena_free(&mem);
    return row;
}
