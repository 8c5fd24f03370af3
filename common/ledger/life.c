/* One claim with its versions and answers. */
#include "common/ledger/life.h"
#include "common/ledger/parts.h"

size_t life_find(struct ledger *l, phi_str account, int64_t *chain, size_t room)
{
    size_t n = 0;
    char key[MATCH_KEY];
    struct stmt *q = store_sql(
        l->store, "SELECT DISTINCT chain FROM claim WHERE key=?2 AND pcn=?1 ORDER BY chain");
    stmt_text(q, 1, account);
    stmt_text(q, 2, phi_of(key, match_key(account, key)));
    while (stmt_step(q)) {
        if (n < room)
            chain[n] = stmt_col_int(q, 0);
        n++;
    }
    return n;
}

int64_t life_choose(struct ledger *l, phi_str account, int64_t row, const char **why)
{
    int64_t chain[64];
    size_t n = l ? life_find(l, account, chain, 64) : 0;
    if (n == 1 && (!row || chain[0] == row))
        return chain[0];
    for (size_t i = 0; row && i < n && i < 64; i++)
        if (chain[i] == row)
            return row;
    *why =
        !n ? "this run knows no such claim"
        : row
            ? "no claim of this account stands in that row"
            : "several claims have this account number: say which by its row (claimwire explain), "
              "--claim ROW";
    return 0;
}

int64_t life_row(const char *text)
{
    int64_t row = 0;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9' || p - text > 17)
            return 0;
        row = row * 10 + (*p - '0');
    }
    return row;
}

static size_t count(struct ledger *l, struct stmt *q, int64_t chain)
{
    (void)l;
    stmt_int(q, 1, chain);
    return stmt_step(q) ? (size_t)stmt_col_int(q, 0) : 0;
}

/* The payer's number for this version in its latest 277CA that accepted it. */
static phi_str accepted_as(struct ledger *l, const struct life_version *v, struct arena *mem)
{
    char key[MATCH_KEY];
    struct stmt *q = store_sql(
        l->store, "SELECT a.control FROM ack a JOIN event e USING(no) WHERE a.key<>'' AND a.key=?1"
                  " AND a.pcn=?2 AND a.of='claim' AND a.accepted AND a.who='PR' AND a.control<>''"
                  " AND e.at>=?3 ORDER BY e.at DESC LIMIT 1");
    stmt_text(q, 1, phi_of(key, match_key(v->facts.pcn, key)));
    stmt_text(q, 2, v->facts.pcn);
    stmt_int(q, 3, v->at);
    return stmt_step(q) ? arena_phi(mem, stmt_col_bytes(q, 0)) : (phi_str){"", 0};
}

static void left_in(struct ledger *l, const struct sent_index *x, struct life_version *v,
                    struct arena *mem)
{
    size_t n;
    const struct sent_entry *e = sent_index_find(x, v->id, &n);
    if (!e)
        return;
    struct stmt *q = store_sql(l->store, "SELECT name FROM sent WHERE no=?1");
    stmt_int(q, 1, e->sent);
    if (stmt_step(q)) {
        v->sent = arena_phi(mem, stmt_col_bytes(q, 0));
        v->sent_at = e->at;
    }
}

static void versions(struct ledger *l, struct arena *mem, struct life *out)
{
    size_t room = count(l,
                        store_sql(l->store, "SELECT count(*) FROM claim WHERE chain=?1 AND key="
                                            "(SELECT key FROM claim WHERE no=?1)"),
                        out->chain);
    out->versions = arena_alloc(mem, (room + 1) * sizeof *out->versions);
    struct stmt *q = store_sql(
        l->store, "SELECT c.no,e.at,e.off,e.pos,e.id,f.digest,c.facts FROM claim c JOIN event e"
                  " ON e.no=c.no JOIN file f ON f.no=e.file WHERE c.chain=?1"
                  " AND c.key=(SELECT key FROM claim WHERE no=?1) ORDER BY e.at,e.seq,e.pos");
    stmt_int(q, 1, out->chain);
    while (out->versions_n < room && stmt_step(q)) {
        struct life_version *v = &out->versions[out->versions_n++];
        *v = (struct life_version){.no = stmt_col_int(q, 0),
                                   .at = stmt_col_int(q, 1),
                                   .off = stmt_col_int(q, 2),
                                   .pos = stmt_col_int(q, 3),
                                   .id = stmt_col_id(q, 4)};
        phi_str d = stmt_col_bytes(q, 5);
        if (d.n == DIGEST_LEN)
            memcpy(v->file.b, d.p, DIGEST_LEN);
        phi_str facts = arena_phi(mem, open_value(l, 'c', v->no, stmt_col_bytes(q, 6)));
        if (!facts_read(facts, mem, &v->facts))
            out->versions_n--;
    }
}

static void answers(struct ledger *l, struct arena *mem, struct life *out)
{
    size_t room =
        count(l, store_sql(l->store, "SELECT count(*) FROM remit WHERE chain=?1"), out->chain);
    out->answers = arena_alloc(mem, (room + 1) * sizeof *out->answers);
    struct stmt *q = store_sql(
        l->store, "SELECT m.no,e.at,m.version,m.status,e.id,m.body,EXISTS(SELECT 1 FROM remit x"
                  " WHERE x.reverses=m.no) FROM remit m JOIN event e ON e.no=m.no WHERE m.chain=?1"
                  " ORDER BY e.at,e.seq,e.pos");
    stmt_int(q, 1, out->chain);
    while (out->answers_n < room && stmt_step(q)) {
        struct life_answer *a = &out->answers[out->answers_n++];
        phi_str status = stmt_col_bytes(q, 3);
        int rank = match_rank(status);
        *a = (struct life_answer){.no = stmt_col_int(q, 0),
                                  .at = stmt_col_int(q, 1),
                                  .version = stmt_col_int(q, 2),
                                  .rank = rank ? rank : 1,
                                  .reversal = match_is_reversal(status),
                                  .id = stmt_col_id(q, 4)};
        a->stands =
            !a->reversal && !stmt_col_int(q, 6) && !phi_is(status, "23") && !phi_is(status, "25");
        phi_str body = arena_phi(mem, open_value(l, 'r', a->no, stmt_col_bytes(q, 5)));
        struct remit_fault why;
        if (!remit_read(body, mem, &a->remit, &why))
            out->answers_n--;
    }
}

/* Which file a claim left in is an index of all that were sent: it is read again only when something
 * has happened since. */
static struct report *report_of(struct ledger *l)
{
    int64_t last = store_int(l->store, "SELECT max(no) FROM event", 0);
    if (l->lives && l->lives_at != last) {
        report_free(l->lives);
        l->lives = NULL;
    }
    if (!l->lives)
        l->lives = report_new(l);
    l->lives_at = last;
    return l->lives;
}

bool life_read(struct ledger *l, int64_t chain, struct arena *mem, struct life *out)
{
    struct report *r = report_of(l);
    *out = (struct life){.chain = chain};
    bool there = report_chain(r, chain, &out->now);
    out->now.pcn = arena_phi(mem, out->now.pcn);
    if (there) {
        versions(l, mem, out);
        answers(l, mem, out);
        for (size_t i = 0; i < out->versions_n; i++) {
            left_in(l, report_sent(r), &out->versions[i], mem);
            out->versions[i].accepted = accepted_as(l, &out->versions[i], mem);
        }
    }
    arena_clear(&l->arena);
    return there && out->versions_n;
}
