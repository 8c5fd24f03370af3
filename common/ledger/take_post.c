/* What people and banks bring: patient payments, refunds, approved write-offs (money of one claim),
 * and bank deposits (facts that are held against payments, see deposit.c). Form: docs/posting.md. */
#include "common/ledger/parts.h"
#include "common/util/clock.h"
#include <jansson.h>
#include <stdio.h>

/* What an entry does to its claim: cents leave one account and come to the other. */
static const struct effect {
    const char *what;
    bool claim;                   /* names an account */
    enum ledger_account from, to; /* to: known claim; 0: none */
    const char *code;
} EFFECTS[] = {
    {"patient", true, ACCOUNT_PATIENT, ACCOUNT_RECEIPT, "RECEIPT"},
    {"refund", true, ACCOUNT_RECEIPT, ACCOUNT_PATIENT, "RECEIPT"},
    {"write-off", true, 0, ACCOUNT_WRITEOFF, "WRITE-OFF"}, /* from: which the entry says */
    {"deposit", false, 0, 0, ""},
    /* acts: they move no money, the claim's state and timers go by them */
    {"appeal", true, 0, 0, ""}, /* reference: digest of the letter */
    {"match", true, 0, 0, ""},  /* reference: account number as a payer wrote it (tier 5) */
};
enum { EFFECTS_N = sizeof EFFECTS / sizeof *EFFECTS };

static bool is_act(const struct effect *f)
{
    return f->claim && !f->to;
}

static const struct effect *effect_of(phi_str what)
{
    for (int i = 0; i < EFFECTS_N; i++)
        if (phi_is(what, EFFECTS[i].what))
            return &EFFECTS[i];
    return NULL;
}

struct entry {
    phi_str body; /* the record's, as it came */
    phi_str what, account, from, date, reference, origin, method, by, reason;
    int64_t cents;
};

static phi_str word(const json_t *o, const char *key)
{
    const json_t *s = json_object_get(o, key);
    return json_is_string(s) ? phi_of(json_string_value(s), json_string_length(s))
                             : (phi_str){"", 0};
}

static enum ledger_account pool(phi_str from)
{
    return phi_is(from, "denial")    ? ACCOUNT_DENIAL
           : phi_is(from, "payer")   ? ACCOUNT_RECEIVABLE
           : phi_is(from, "patient") ? ACCOUNT_PATIENT
                                     : 0;
}

/* NULL when it says what it must; else what is missing. */
static const char *fault(const struct entry *e)
{
    const struct effect *f = effect_of(e->what);
    int64_t day;
    if (!f)
        return "\"what\" must be patient, refund, write-off, deposit, match or appeal";
    if (is_act(f) ? e->cents != 0 : e->cents <= 0)
        return is_act(f) ? "an appeal or a match has no \"cents\"" : "\"cents\" must be above zero";
    if (e->date.n != 10 || !time_parse(e->date.p, &day))
        return "\"date\" must be a day like 2026-09-05";
    if (phi_empty(e->reference))
        return "\"reference\" is missing: the number of the receipt, cheque or transfer";
    if (f->claim && phi_empty(e->account))
        return "\"account\" is missing: the patient control number of the claim";
    if (is_act(f) && (phi_empty(e->by) || phi_empty(e->reason)))
        return "an appeal or a match needs \"by\" and \"reason\"";
    if (f->code[0] == 'W' && (!pool(e->from) || phi_empty(e->by) || phi_empty(e->reason)))
        return "a write-off needs \"from\" (payer, denial or patient), \"by\" and \"reason\"";
    return NULL;
}

static struct entry read(const json_t *o, phi_str body)
{
    return (struct entry){body,
                          word(o, "what"),
                          word(o, "account"),
                          word(o, "from"),
                          word(o, "date"),
                          word(o, "reference"),
                          word(o, "origin"),
                          word(o, "method"),
                          word(o, "by"),
                          word(o, "reason"),
                          json_integer_value(json_object_get(o, "cents"))};
}

/* ---- which claim ---- */

/* The claim of an account; 0 when there is none, or several count alike. */
static int64_t find_chain(struct ledger *l, phi_str key, phi_str account)
{
    struct stmt *q =
        store_sql(l->store, "SELECT min(chain),max(chain) FROM claim WHERE key=?1 AND pcn=?2");
    stmt_text(q, 1, key);
    stmt_text(q, 2, account);
    return stmt_step(q) && stmt_col_int(q, 0) == stmt_col_int(q, 1) ? stmt_col_int(q, 0) : 0;
}

/* A person said whose it is: remittances under that number that wait are looked at again. */
static void settle_match(struct ledger *l, int64_t no, const struct entry *e)
{
    char k[MATCH_KEY];
    if (phi_is(e->what, "match"))
        remits_settle(l, phi_of(k, match_key(e->reference, k)), phi_of("", 0), phi_of("", 0), no);
}

/* A number that a person gave to one account is not given to another: what was posted by it stands. */
static bool given_already(struct ledger *l, const struct entry *e)
{
    struct stmt *q =
        store_sql(l->store, "SELECT 1 FROM post WHERE reference=?1 AND what='match' AND"
                            " account<>?2");
    stmt_text(q, 1, e->reference);
    stmt_text(q, 2, e->account);
    return phi_is(e->what, "match") && stmt_step(q);
}

static void place(struct ledger *l, int64_t no, int64_t chain)
{
    struct stmt *q = store_sql(l->store, "UPDATE post SET chain=?2 WHERE no=?1");
    stmt_int(q, 1, no);
    stmt_int(q, 2, chain);
    stmt_run(q);
}

/* The rows stand under the entry's own event, whenever its claim comes. */
static void post(struct ledger *l, int64_t no, int64_t chain, const struct entry *e)
{
    const struct effect *f = effect_of(e->what);
    if (is_act(f))
        return;
    struct posting p = {no, journal_next(l, chain, no)};
    enum ledger_account from = f->from ? f->from : pool(e->from);
    journal_add(l, &p, chain, from, -e->cents, 0, phi_lit(f->code));
    journal_add(l, &p, chain, f->to, e->cents, 0, phi_lit(f->code));
}

/* ---- rows ---- */

/* The same receipt, cheque or transfer in another file: known by what it says. */
static bool said_before(struct ledger *l, const struct entry *e)
{
    const phi_str text[] = {e->reference, e->what, e->account, e->origin, e->date, e->from};
    struct stmt *q =
        store_sql(l->store, "SELECT 1 FROM post WHERE reference=?1 AND what=?2 AND account=?3 AND"
                            " origin=?4 AND date=?5 AND pool=?6 AND cents=?7");
    for (int i = 0; i < 6; i++)
        stmt_text(q, 1 + i, text[i]);
    stmt_int(q, 7, e->cents);
    return stmt_step(q);
}

static void insert(struct ledger *l, int64_t no, const struct entry *e, phi_str key, bool again)
{
    buf_clear(&l->buf);
    seal_value(l, 'p', no, e->body, &l->buf);
    const phi_str text[] = {e->what,      e->account, key,       e->from, e->date,
                            e->reference, e->origin,  e->method, e->by,   e->reason};
    struct stmt *q = store_sql(
        l->store,
        "INSERT INTO post(no,what,account,key,pool,date,reference,origin,method,by,reason,"
        "cents,body,again) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)");
    stmt_int(q, 1, no);
    for (int i = 0; i < 10; i++)
        stmt_text(q, 2 + i, text[i]);
    stmt_int(q, 12, e->cents);
    stmt_blob(q, 13, l->buf.p, l->buf.len);
    stmt_int(q, 14, again);
    stmt_run(q);
}

void add_post(struct ledger *l, int64_t no, const struct entry *e)
{
    char k[MATCH_KEY];
    bool again = said_before(l, e), claim = effect_of(e->what)->claim && !again;
    phi_str key = phi_of(k, claim ? match_key(e->account, k) : 0);
    int64_t chain = claim ? find_chain(l, key, e->account) : 0;
    insert(l, no, e, key, again);
    if (chain) {
        place(l, no, chain);
        post(l, no, chain, e);
        settle_match(l, no, e);
    } else if (claim) {
        exception_open(l, "POST_UNMATCHED", no, no, e->cents);
    }
}

/* One that waits, in the record's arena; false when there is none. */
static bool next_waiting(struct ledger *l, phi_str key, int64_t after, int64_t *no, struct entry *e)
{
    struct stmt *q = store_sql(
        l->store, "SELECT no,what,account,pool,cents,reference FROM post WHERE key=?1 AND key<>''"
                  " AND chain IS NULL AND no>?2 ORDER BY no LIMIT 1");
    stmt_text(q, 1, key);
    stmt_int(q, 2, after);
    if (!stmt_step(q))
        return false;
    *no = stmt_col_int(q, 0);
    *e = (struct entry){.what = arena_phi(&l->arena, stmt_col_bytes(q, 1)),
                        .account = arena_phi(&l->arena, stmt_col_bytes(q, 2)),
                        .from = arena_phi(&l->arena, stmt_col_bytes(q, 3)),
                        .cents = stmt_col_int(q, 4),
                        .reference = arena_phi(&l->arena, stmt_col_bytes(q, 5))};
    return true;
}

void posts_settle(struct ledger *l, phi_str key, int64_t by_event)
{
    struct entry e;
    for (int64_t no = 0; next_waiting(l, key, no, &no, &e);) {
        int64_t chain = find_chain(l, key, e.account);
        if (!chain)
            continue;
        place(l, no, chain);
        post(l, no, chain, &e);
        exception_close(l, "POST_UNMATCHED", no, by_event);
        settle_match(l, no, &e);
    }
}

bool post_again(struct ledger *from, int64_t no, struct ledger *to, int64_t as)
{
    struct stmt *q = store_sql(from->store, "SELECT body FROM post WHERE no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return false;
    phi_str body = open_value(from, 'p', no, stmt_col_bytes(q, 0));
    json_t *o = json_loadb(body.p, body.n, 0, NULL);
    struct entry e = read(o, body);
    bool good = fault(&e) == NULL;
    if (good)
        add_post(to, as, &e);
    json_decref(o);
    return good;
}

int64_t post_cents(struct ledger *l, int64_t no)
{
    struct stmt *q = store_sql(l->store, "SELECT body FROM post WHERE no=?1");
    struct buf body = {0};
    int64_t cents = 0;
    stmt_int(q, 1, no);
    if (stmt_step(q) && unseal_value(l, 'p', no, stmt_col_bytes(q, 0), &body)) {
        json_t *o = json_loadb(body.p, body.len, 0, NULL);
        cents = json_integer_value(json_object_get(o, "cents"));
        json_decref(o);
    }
    buf_free(&body);
    return cents;
}

enum ledger_result take_post(struct ledger *l, const struct record *r, struct ledger_refusal *w)
{
    json_t *o = json_loadb(r->body.p ? r->body.p : "", r->body.n, JSON_REJECT_DUPLICATES, NULL);
    struct entry e = read(o, r->body);
    const char *why = phi_is(word(o, "v"), "post.v1") ? fault(&e) : "\"v\" must be post.v1";
    bool repeat = false;
    if (!why && given_already(l, &e))
        why = "a person gave this number to another account before";
    if (!why) {
        int64_t no = event_add(l, r, LEDGER_POST, &repeat);
        if (!repeat)
            add_post(l, no, &e);
    }
    json_decref(o);
    w->rule = "LEDGER_POST";
    snprintf(w->why, sizeof w->why, "%s", why ? why : "");
    return why ? LEDGER_REFUSED : repeat ? LEDGER_REPEAT : LEDGER_NEW;
}
