/* Somebody answered what we sent: a fact that moves no money. */
#include "common/ledger/parts.h"
#include <jansson.h>
#include <stdio.h>

static phi_str word(const json_t *o, const char *key)
{
    const json_t *s = json_object_get(o, key);
    return json_is_string(s) ? phi_of(json_string_value(s), json_string_length(s))
                             : (phi_str){"", 0};
}

/* The codes, a blank between them. */
static void codes_of(const json_t *list, struct buf *out)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v)
    {
        buf_puts(out, i ? " " : "");
        buf_puts(out, json_is_string(v) ? json_string_value(v) : "");
    }
}

static void insert(struct ledger *l, int64_t no, const json_t *o)
{
    static const char *const texts[] = {"answer", "of", "code", "gs06", "st02", "bht03", "pcn"};
    char key[MATCH_KEY];
    phi_str pcn = word(o, "pcn");
    struct stmt *q = store_sql(
        l->store, "INSERT INTO ack(no,answer,of,code,gs06,st02,bht03,pcn,key,who,control,codes,"
                  "accepted,charge,isa13,trace,due)"
                  " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)");
    stmt_int(q, 1, no);
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
        stmt_text(q, 2 + i, word(o, texts[i]));
    stmt_text(q, 9, phi_of(key, phi_empty(pcn) ? 0 : match_key(pcn, key)));
    stmt_text(q, 10, word(o, "by"));
    stmt_text(q, 11, word(o, "control"));
    buf_clear(&l->buf);
    codes_of(json_object_get(o, "codes"), &l->buf);
    stmt_text(q, 12, phi_of(buf_cstr(&l->buf), l->buf.len));
    stmt_int(q, 13, json_is_true(json_object_get(o, "accepted")));
    stmt_int(q, 14, json_integer_value(json_object_get(o, "charge")));
    stmt_text(q, 15, word(o, "isa13"));
    stmt_text(q, 16, word(o, "trace"));
    stmt_text(q, 17, word(o, "due"));
    stmt_run(q);
}

bool ack_of_another(struct ledger *l, phi_str trace, phi_str pcn, struct rec_id claim)
{
    char key[MATCH_KEY];
    bool other = false;
    if (trace.n != REC_TRACE - 1 || match_own_trace(trace, claim))
        return false;
    struct stmt *q = store_sql(l->store, "SELECT e.id FROM claim c JOIN event e ON e.no=c.no"
                                         " WHERE c.key=?1 AND c.pcn=?2");
    stmt_text(q, 1, phi_of(key, match_key(pcn, key)));
    stmt_text(q, 2, pcn);
    while (stmt_step(q))
        other = other || match_own_trace(trace, stmt_col_id(q, 0));
    return other;
}

void ack_again(struct ledger *from, int64_t no, struct ledger *to, int64_t as)
{
    enum { COLUMNS = 17 };
    struct stmt *q =
        store_sql(from->store, "SELECT no,answer,of,code,gs06,st02,bht03,pcn,key,who,control,codes,"
                               "accepted,charge,isa13,trace,due FROM ack WHERE no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return;
    struct stmt *i = store_sql(
        to->store, "INSERT INTO ack(no,answer,of,code,gs06,st02,bht03,pcn,key,who,control,codes,"
                   "accepted,charge,isa13,trace,due)"
                   " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)");
    stmt_int(i, 1, as);
    for (int c = 1; c < COLUMNS; c++)
        if (c == 12 || c == 13)
            stmt_int(i, c + 1, stmt_col_int(q, c));
        else
            stmt_text(i, c + 1, stmt_col_bytes(q, c));
    stmt_run(i);
    remits_settle(to, phi_of("", 0), stmt_col_bytes(q, 10), phi_of("", 0), as);
}

/* What an answer must say, so that it can be known what it is about. */
static bool whole(const json_t *o)
{
    phi_str of = word(o, "of");
    if (!json_is_boolean(json_object_get(o, "accepted")) || phi_empty(word(o, "answer")))
        return false;
    if (phi_is(of, "claim"))
        return word(o, "pcn").n > 0;
    if (phi_is(of, "status") || phi_is(of, "eligibility")) /* answers to inquiries of ours */
        return word(o, "trace").n > 0 || word(o, "pcn").n > 0;
    if (phi_is(of, "review"))
        return word(o, "trace").n > 0 || word(o, "bht03").n > 0;
    if (phi_is(of, "attachment"))
        return word(o, "pcn").n > 0;
    if (phi_is(of, "interchange"))
        return word(o, "isa13").n > 0;
    if (phi_is(of, "outgoing")) /* no claims of ours are in it */
        return word(o, "isa13").n > 0 || word(o, "gs06").n > 0;
    return word(o, "gs06").n && (phi_is(of, "group") || (phi_is(of, "set") && word(o, "st02").n));
}

/* A payer control number tells something of what waits only together with the claim it was given to. */
static bool claim_came(struct ledger *l, phi_str pcn)
{
    char key[MATCH_KEY];
    struct stmt *q =
        store_sql(l->store, "SELECT 1 FROM claim c WHERE c.key=?1 AND c.pcn=?2 LIMIT 1");
    stmt_text(q, 1, phi_of(key, match_key(pcn, key)));
    stmt_text(q, 2, pcn);
    return stmt_step(q);
}

static void add(struct ledger *l, int64_t no, const json_t *o)
{
    phi_str pcn = word(o, "pcn");
    insert(l, no, o);
    if (l->waiting && word(o, "control").n && pcn.n && claim_came(l, pcn))
        remits_settle(l, phi_of("", 0), word(o, "control"), phi_of("", 0), no);
}

bool add_ack(struct ledger *l, int64_t no, phi_str body)
{
    json_t *o = json_loadb(body.n ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL);
    bool good = whole(o);
    if (good)
        add(l, no, o);
    json_decref(o);
    return good;
}

enum ledger_result take_ack(struct ledger *l, const struct record *r, struct ledger_refusal *w)
{
    json_t *o = json_loadb(r->body.p ? r->body.p : "", r->body.n, JSON_REJECT_DUPLICATES, NULL);
    bool repeat = false, good = whole(o);
    if (good) {
        int64_t no = event_add(l, r, LEDGER_ACK, &repeat);
        if (!repeat) {
            body_keep(l, no, r);
            add(l, no, o);
        }
    }
    json_decref(o);
    if (good)
        return repeat ? LEDGER_REPEAT : LEDGER_NEW;
    w->rule = "LEDGER_ACK";
    snprintf(w->why, sizeof w->why, "%s",
             "the body is not that of an answer: it needs answer, of, accepted, and the numbers of "
             "what is answered");
    return LEDGER_REFUSED;
}
