/* Exceptions and refused claims. */
#include "common/ledger/contract.h"
#include "common/ledger/deposit.h"
#include "common/ledger/parts.h"
#include "common/ledger/report.h"
#include "common/util/exits.h"
#include "common/util/json_part.h"
#include "common/util/log.h"
#include <jansson.h>

typedef void exception_fn(void *ctx, const char *code, int64_t subject, int64_t cents,
                          int64_t at_us);

static void each_open(struct stmt *q, exception_fn *each, void *ctx)
{
    while (stmt_step(q)) {
        char code[24];
        phi_str c = stmt_col_bytes(q, 0);
        size_t n = c.n < sizeof code - 1 ? c.n : sizeof code - 1;
        memcpy(code, c.p, n);
        code[n] = 0;
        each(ctx, code, stmt_col_int(q, 1), stmt_col_int(q, 2), stmt_col_int(q, 3));
    }
}

/* S2-041: answers whose numbers are of nothing that we sent. Asked when the list is: an answer may
 * come before the ledger knows what was sent. w: the words of bht03 and st02, a row each. */
static void orphans(struct ledger *l, exception_fn *each, void *ctx)
{
    each_open(
        store_sql(l->store,
                  "WITH RECURSIVE w(gs06,b,s,rb,rs) AS (SELECT gs06,'','',bht03||' ',st02||' ' FROM"
                  " sent UNION ALL SELECT gs06,substr(rb,1,instr(rb,' ')-1),"
                  "substr(rs,1,instr(rs,' ')-1),substr(rb,instr(rb,' ')+1),"
                  "substr(rs,instr(rs,' ')+1) FROM w WHERE rb<>'' OR rs<>'')"
                  " SELECT 'ACK_ORPHAN',a.no,a.charge,e.at FROM ack a JOIN event e USING(no) WHERE"
                  " a.of NOT IN('status','eligibility','review','outgoing','attachment') AND NOT"
                  " CASE a.of WHEN 'claim' THEN a.bht03<>'' AND a.bht03 IN (SELECT b FROM w) AND"
                  " EXISTS(SELECT 1 FROM claim c WHERE c.key=a.key AND c.pcn=a.pcn)"
                  " WHEN 'interchange' THEN a.isa13 IN (SELECT isa13 FROM sent)"
                  " WHEN 'group' THEN a.gs06 IN (SELECT gs06 FROM sent)"
                  " ELSE (a.gs06,a.st02) IN (SELECT gs06,s FROM w WHERE s<>'') END"),
        each, ctx);
}

/* A file of ours that holds no claims (270, 276, 278, 275) was rejected by TA1 or 999: nobody will answer
 * what it asked. One for each file. */
static void rejected_inquiries(struct ledger *l, exception_fn *each, void *ctx)
{
    each_open(store_sql(l->store,
                        "SELECT 'OUT_REJ',min(a.no),0,min(e.at) FROM ack a JOIN event e USING(no)"
                        " WHERE a.of='outgoing' AND NOT a.accepted GROUP BY a.gs06||a.isa13"),
              each, ctx);
}

/* S2-043: the status of a claim that we do not have. */
static void answers_to_nothing(struct ledger *l, exception_fn *each, void *ctx)
{
    each_open(store_sql(l->store,
                        "SELECT 'RESP_ORPHAN',a.no,a.charge,e.at FROM ack a JOIN event e USING(no)"
                        " WHERE a.of='status' AND NOT EXISTS(SELECT 1 FROM claim c WHERE"
                        " c.key=a.key AND c.pcn=a.pcn AND a.pcn<>'')"),
              each, ctx);
}

/* S3-027: a claim is answered under its number with a charge that no version of it has. */
static void mismatches(struct ledger *l, exception_fn *each, void *ctx)
{
    each_open(store_sql(l->store,
                        "SELECT 'ACK_MISMATCH',a.no,a.charge-(SELECT max(charge) FROM claim c WHERE"
                        " c.key=a.key AND c.pcn=a.pcn),e.at FROM ack a JOIN event e USING(no) WHERE"
                        " a.of='claim' AND EXISTS(SELECT 1 FROM claim c WHERE c.key=a.key AND"
                        " c.pcn=a.pcn) AND NOT EXISTS(SELECT 1 FROM claim c WHERE c.key=a.key AND"
                        " c.pcn=a.pcn AND c.charge=a.charge)"),
              each, ctx);
}

struct passing {
    exception_fn *each;
    void *ctx;
};

static void deposit_row(void *ctx, const struct deposit_match *m)
{
    const struct passing *p = ctx;
    if (m->code)
        p->each(p->ctx, m->code, m->deposit ? m->deposit : m->payment, m->cents, 0);
}

static void underpaid_row(void *ctx, const struct underpaid_claim *c)
{
    const struct passing *p = ctx;
    if (c->flagged)
        p->each(p->ctx, "UNDERPAID", c->chain, c->expected - c->allowed, c->at_us);
}

/* Claims that were allowed less than the contract says. */
static void underpayments(struct ledger *l, exception_fn *each, void *ctx)
{
    struct arena a = {0};
    struct buf error = {0};
    const struct contract *list;
    if (!contracts_load(contracts_dir(), &a, &list, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    underpaid_each(l, list, underpaid_row, &(struct passing){each, ctx});
    arena_free(&a);
}

/* The claim in row x.subject came again because the one before it was rejected (277CA): that is no
 * duplicate. The rejection stands between the two. */
#define SENT_BACK                                                                                  \
    "SELECT 1 FROM claim c JOIN event k ON k.no=c.no JOIN ack a ON a.key=c.key AND a.pcn=c.pcn"    \
    " JOIN event r ON r.no=a.no WHERE c.no=x.subject AND a.key<>'' AND a.of='claim' AND NOT"       \
    " a.accepted AND r.at<=k.at AND NOT EXISTS(SELECT 1 FROM claim o JOIN event p ON p.no=o.no"    \
    " WHERE o.key=c.key AND o.chain=c.chain AND o.no<>c.no AND o.frequency='1' AND"                \
    " o.rank=c.rank AND p.at>r.at AND p.at<=k.at)"

/* Since when claim j.subject is over-paid: the first event behind the last one that left something
 * open, or nothing. */
#define BALANCE_AT                                                                                 \
    "SELECT e.at,sum(sum(k.cents)) OVER (ORDER BY e.at) rest FROM journal k JOIN event e ON"       \
    " e.no=k.event WHERE k.subject=j.subject AND k.account IN (5,6,7) GROUP BY e.at"
#define CREDIT_SINCE                                                                               \
    "(SELECT min(at) FROM (" BALANCE_AT ") WHERE at>coalesce((SELECT max(at) FROM (" BALANCE_AT    \
    ") WHERE rest>=0),-1))"

void report_exceptions(struct ledger *l, exception_fn *each, void *ctx)
{
    struct stmt *q = store_sql(
        l->store,
        "SELECT x.code,subject,cents,e.at FROM exception x JOIN event e ON e.no=x.event"
        " WHERE closed IS NULL AND NOT (x.code='DUP_HOLD' AND EXISTS(" SENT_BACK "))"
        " UNION ALL SELECT 'ERA_DUP',c.payment,0,min(e.at) FROM copy c JOIN event e USING(no)"
        " GROUP BY c.payment,c.origin"
        " UNION ALL SELECT 'DENIAL',subject,sum(cents),NULL FROM journal WHERE account=6"
        " GROUP BY subject HAVING sum(cents)>0"
        " UNION ALL SELECT 'CREDIT_BAL',subject,sum(cents)," CREDIT_SINCE " FROM journal j"
        " WHERE account IN (5,6,7) GROUP BY subject HAVING sum(cents)<0"
        " UNION ALL SELECT 'PLB_OPEN',subject,sum(cents),NULL FROM journal WHERE account=11"
        " GROUP BY subject HAVING sum(cents)<>0"
        " UNION ALL SELECT 'ERA_TX_OUT',p.no,(SELECT sum(cents) FROM journal WHERE subject=p.no AND"
        " account=2),NULL FROM payment p WHERE head IS NOT NULL AND parts=(SELECT count(*) FROM"
        " remit WHERE payment=p.no)+(SELECT count(*) FROM plb WHERE payment=p.no) AND"
        " (SELECT sum(cents) FROM journal WHERE subject=p.no AND account=2)<>0");
    each_open(q, each, ctx);
    orphans(l, each, ctx);
    answers_to_nothing(l, each, ctx);
    rejected_inquiries(l, each, ctx);
    mismatches(l, each, ctx);
    deposits_match(l, deposit_row, &(struct passing){each, ctx});
    underpayments(l, each, ctx);
}
typedef void refused_fn(void *ctx, int64_t verdict, uint32_t ordinal, phi_str unit,
                        const char *rule);

/* A claim that was refused alone and released is in the ledger. */
static bool came_after_all(struct ledger *l, int64_t verdict, json_int_t ordinal)
{
    struct stmt *q = store_sql(l->store, "SELECT 1 FROM event e JOIN event c ON c.file=e.file AND"
                                         " c.off>=e.off AND c.off<e.off+e.len AND c.kind=1 AND"
                                         " c.pos=?2 WHERE e.no=?1 LIMIT 1");
    stmt_int(q, 1, verdict);
    stmt_int(q, 2, ordinal - 1);
    return stmt_step(q);
}

/* Each claim once, by its first finding that refuses it. */
static void refused_of(struct ledger *l, const json_t *findings, int64_t verdict, refused_fn *each,
                       void *ctx)
{
    size_t i;
    json_t *f;
    json_int_t last = 0;
    json_array_foreach(findings, i, f)
    {
        const char *severity = json_string_value(json_object_get(f, "severity"));
        const char *rule = json_string_value(json_object_get(f, "rule"));
        const char *unit = json_string_value(json_object_get(f, "unit"));
        json_int_t ordinal = json_integer_value(json_object_get(f, "claim"));
        if (!severity || strcmp(severity, "claim") != 0 || ordinal == last)
            continue;
        last = ordinal;
        if (came_after_all(l, verdict, ordinal))
            continue;
        each(ctx, verdict, (uint32_t)ordinal, phi_lit(unit ? unit : ""), rule ? rule : "");
    }
}

/* One list of a verdict's body: beside it may stand every claim of the set, which nobody asks for here.
 * NULL when there is none. */
static json_t *list_of(phi_str body, const char *name)
{
    phi_str list = json_part(body, name);
    return list.n ? json_loadb(list.p, list.n, 0, NULL) : NULL;
}

void report_refused(struct ledger *l, refused_fn *each, void *ctx)
{
    struct stmt *q = store_sql(l->store, "SELECT no,body FROM judged WHERE accepted=1 AND"
                                         " refused>0 ORDER BY no");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        phi_str body = open_value(l, 'v', no, stmt_col_bytes(q, 1));
        json_t *findings = list_of(body, "findings");
        refused_of(l, findings, no, each, ctx);
        json_decref(findings);
        arena_clear(&l->arena);
    }
}

typedef void repair_fn(void *ctx, int64_t verdict, const char *rule, const char *segment,
                       uint32_t position, uint32_t element, const char *text);

static const char *word_of(const json_t *o, const char *key)
{
    const char *w = json_string_value(json_object_get(o, key));
    return w ? w : "";
}

static void repairs_of(const json_t *repairs, int64_t verdict, uint32_t ordinal, repair_fn *each,
                       void *ctx)
{
    size_t i;
    json_t *r;
    json_array_foreach(repairs, i, r)
    {
        json_int_t claim = json_integer_value(json_object_get(r, "claim"));
        if (claim && claim != ordinal)
            continue;
        each(ctx, verdict, word_of(r, "rule"), word_of(r, "segment"),
             (uint32_t)json_integer_value(json_object_get(r, "position")),
             (uint32_t)json_integer_value(json_object_get(r, "element")), word_of(r, "text"));
    }
}

void report_repairs(struct ledger *l, int64_t file, int64_t off, uint32_t ordinal, repair_fn *each,
                    void *ctx)
{
    struct stmt *q = store_sql(l->store, "SELECT t.no,t.body FROM verdict t JOIN event e ON"
                                         " e.no=t.no WHERE e.file=?1 AND e.off<=?2 AND"
                                         " e.off+e.len>?2 ORDER BY t.no");
    stmt_int(q, 1, file);
    stmt_int(q, 2, off);
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0);
        phi_str body = open_value(l, 'v', no, stmt_col_bytes(q, 1));
        json_t *repairs = list_of(body, "repairs");
        repairs_of(repairs, no, ordinal, each, ctx);
        json_decref(repairs);
        arena_clear(&l->arena);
    }
}

/* The findings of a verdict, which never change; borrowed until those of another are asked for. */
static const json_t *findings_of(struct ledger *l, int64_t verdict)
{
    if (l->findings.verdict == verdict)
        return l->findings.list;
    struct stmt *q = store_sql(l->store, "SELECT body FROM verdict WHERE no=?1");
    stmt_int(q, 1, verdict);
    json_decref(l->findings.list);
    l->findings.list = NULL;
    if (stmt_step(q))
        l->findings.list = list_of(open_value(l, 'v', verdict, stmt_col_bytes(q, 0)), "findings");
    l->findings.verdict = verdict;
    arena_clear(&l->arena);
    return l->findings.list;
}

void report_findings(struct ledger *l, int64_t file, int64_t off, uint32_t ordinal,
                     void (*each)(void *ctx, const char *rule, const char *report, bool refuses),
                     void *ctx)
{
    struct stmt *q = store_sql(l->store, "SELECT t.no FROM verdict t JOIN event e ON e.no=t.no"
                                         " WHERE e.file=?1 AND e.off<=?2 AND e.off+e.len>?2"
                                         " ORDER BY t.no");
    stmt_int(q, 1, file);
    stmt_int(q, 2, off);
    while (stmt_step(q)) {
        const json_t *findings = findings_of(l, stmt_col_int(q, 0)), *f;
        size_t i;
        json_array_foreach(findings, i, f)
        {
            if (json_integer_value(json_object_get(f, "claim")) == ordinal)
                each(ctx, word_of(f, "rule"), word_of(f, "report"),
                     strcmp(word_of(f, "severity"), "warning") != 0);
        }
    }
}

bool report_denies(phi_str code)
{
    const char *dash = memchr(code.p, '-', code.n);
    if (!dash || phi_is(code, "WRITE-OFF"))
        return false;
    phi_str group = phi_of(code.p, (size_t)(dash - code.p));
    return cas_account(group, phi_of(dash + 1, code.n - group.n - 1)) == ACCOUNT_DENIAL;
}
