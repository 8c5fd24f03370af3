/* A file was sealed, a set was judged: facts that move no money. */
#include "common/ledger/parts.h"
#include "common/util/json_part.h"
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>

static enum ledger_result refuse(struct ledger_refusal *w, const char *rule, const char *why)
{
    w->rule = rule;
    snprintf(w->why, sizeof w->why, "%s", why);
    return LEDGER_REFUSED;
}

static phi_str word(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return phi_lit(s ? s : "");
}

/* Numbers of the sets: one word, or a list of them. */
static phi_str words(struct ledger *l, const json_t *o, const char *key)
{
    const json_t *list = json_object_get(o, key);
    struct buf b = {0};
    size_t i;
    json_t *v;
    if (!json_is_array(list))
        return word(o, key);
    json_array_foreach(list, i, v)
    {
        if (i)
            buf_putc(&b, ' ');
        if (json_is_integer(v))
            buf_int(&b, json_integer_value(v));
        buf_puts(&b, json_is_string(v) ? json_string_value(v) : "");
    }
    phi_str all = arena_phi(&l->arena, buf_view(&b));
    buf_free(&b);
    return all;
}

/* Hex ids of the array into out, 16 bytes each; false when one is no id. */
static bool ids_read(const json_t *list, struct buf *out)
{
    size_t i;
    json_t *v;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, v)
    {
        struct rec_id id;
        if (!json_is_string(v) || !rec_id_parse(json_string_value(v), json_string_length(v), &id))
            return false;
        buf_add(out, id.b, REC_ID_LEN);
    }
    return true;
}

static void insert_sent(struct ledger *l, int64_t no, const json_t *o, const struct digest *d,
                        const struct buf *ids)
{
    struct stmt *q = store_sql(l->store, "INSERT INTO sent VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)");
    stmt_int(q, 1, no);
    stmt_blob(q, 2, d->b, DIGEST_LEN);
    stmt_text(q, 3, word(o, "name"));
    stmt_text(q, 4, word(o, "isa13"));
    stmt_text(q, 5, word(o, "gs06"));
    stmt_text(q, 6, words(l, o, "st02"));
    stmt_text(q, 7, word(o, "payer"));
    stmt_blob(q, 8, ids->p, ids->len);
    stmt_text(q, 9, words(l, o, "bht03"));
    stmt_text(q, 10, words(l, o, "set_claims"));
    stmt_run(q);
}

void sent_again(struct ledger *from, int64_t no, struct ledger *to, int64_t as)
{
    enum { COLUMNS = 10 };
    struct stmt *q = store_sql(from->store, "SELECT * FROM sent WHERE no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return;
    struct stmt *i =
        store_sql(to->store, "INSERT INTO sent VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)");
    stmt_int(i, 1, as);
    for (int c = 1; c < COLUMNS; c++) {
        phi_str v = stmt_col_bytes(q, c);
        if (c == 1 || c == 7) /* digest, ids */
            stmt_blob(i, c + 1, v.p, v.n);
        else
            stmt_text(i, c + 1, v);
    }
    stmt_run(i);
    remits_settle_batches(to, stmt_col_bytes(q, 8), as);
}

static bool digest_parse(phi_str hex, struct digest *out)
{
    size_t n = 0;
    return hex.n == DIGEST_HEX - 1 &&
           sodium_hex2bin(out->b, DIGEST_LEN, hex.p, hex.n, NULL, &n, NULL) == 0 && n == DIGEST_LEN;
}

/* What a sent file's body says; false when it does not say it. */
static bool sent_read(const json_t *o, struct digest *d, struct buf *ids)
{
    return o && digest_parse(word(o, "file"), d) && word(o, "name").n &&
           ids_read(json_object_get(o, "claims"), ids);
}

bool sent_add(struct ledger *l, int64_t no, phi_str body)
{
    json_t *o = json_loadb(body.n ? body.p : "", body.n, 0, NULL);
    struct buf ids = {0};
    struct digest d;
    bool good = sent_read(o, &d, &ids);
    if (good) {
        insert_sent(l, no, o, &d, &ids);
        remits_settle_batches(l, words(l, o, "bht03"), no);
    }
    json_decref(o);
    buf_free(&ids);
    return good;
}

enum ledger_result take_sent(struct ledger *l, const struct record *r, struct ledger_refusal *w)
{
    json_t *o = json_loadb(r->body.n ? r->body.p : "", r->body.n, 0, NULL);
    struct buf ids = {0};
    struct digest d;
    bool repeat = false, good = sent_read(o, &d, &ids);
    json_decref(o);
    buf_free(&ids);
    if (!good)
        return refuse(w, "LEDGER_SENT",
                      "the body is not that of a sent file: it needs file "
                      "(a digest), name and claims (a list of ids)");
    int64_t no = event_add(l, r, LEDGER_SENT, &repeat);
    if (repeat)
        return LEDGER_REPEAT;
    body_keep(l, no, r);
    sent_add(l, no, r->body);
    return LEDGER_NEW;
}

static int64_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key)); /* absent means 0 */
}

static void insert_verdict(struct ledger *l, int64_t no, const json_t *o, phi_str body)
{
    buf_clear(&l->buf);
    seal_value(l, 'v', no, body, &l->buf);
    struct stmt *q = store_sql(l->store, "INSERT INTO verdict VALUES(?1,?2,?3,?4,?5,?6)");
    stmt_int(q, 1, no);
    stmt_text(q, 2, word(o, "st01"));
    stmt_int(q, 3, json_is_true(json_object_get(o, "accepted")));
    stmt_int(q, 4, number(o, "claims"));
    stmt_int(q, 5, number(o, "claims_refused"));
    stmt_blob(q, 6, l->buf.p, l->buf.len);
    stmt_run(q);
}

/* What a row says of a verdict, without the claims that stand beside it: the body was whole when it was
 * taken. */
static json_t *verdict_head(phi_str body)
{
    static const char *const said[] = {"accepted", "st01", "claims", "claims_refused"};
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        phi_str part = json_part(body, said[i]);
        if (part.n)
            json_object_set_new(o, said[i], json_loadb(part.p, part.n, JSON_DECODE_ANY, NULL));
    }
    return o;
}

bool add_verdict(struct ledger *l, int64_t no, phi_str body)
{
    json_t *o = verdict_head(body);
    bool good = json_is_boolean(json_object_get(o, "accepted"));
    if (good)
        insert_verdict(l, no, o, body);
    json_decref(o);
    return good;
}

enum ledger_result take_verdict(struct ledger *l, const struct record *r, struct ledger_refusal *w)
{
    json_t *o = json_loadb(r->body.n ? r->body.p : "", r->body.n, 0, NULL);
    bool repeat = false, good = json_is_boolean(json_object_get(o, "accepted"));
    if (good) {
        int64_t no = event_add(l, r, LEDGER_VERDICT, &repeat);
        if (!repeat)
            insert_verdict(l, no, o, r->body);
    }
    json_decref(o);
    return good ? repeat ? LEDGER_REPEAT : LEDGER_NEW
                : refuse(w, "LEDGER_VERDICT", "the body is not that of a verdict");
}
