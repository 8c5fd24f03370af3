/* A remit comes: it is placed, or its cents wait where everybody can see them. */
#include "common/ledger/parts.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

static int64_t patient_sum(const struct remit *r, const char *group, const char *reason)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < r->cas_n; i++)
        if (phi_is(r->cas[i].group, group) && (!reason || phi_is(r->cas[i].reason, reason)))
            sum += r->cas[i].cents;
    for (uint32_t k = 0; k < r->lines_n; k++)
        for (uint32_t i = 0; i < r->lines[k].cas_n; i++)
            if (phi_is(r->lines[k].cas[i].group, group) &&
                (!reason || phi_is(r->lines[k].cas[i].reason, reason)))
                sum += r->lines[k].cas[i].cents;
    return sum;
}

static void shape_int(struct buf *b, int64_t v)
{
    v = v < 0 ? -v : v;
    buf_add(b, &v, sizeof v);
}

static void shape_cas(struct buf *b, const struct remit_cas *cas, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        buf_phi(b, cas[i].group);
        buf_phi(b, cas[i].reason);
        shape_int(b, cas[i].cents);
    }
}

int64_t remit_shape(const struct remit *r)
{
    struct buf b = {0};
    int64_t shape;
    shape_cas(&b, r->cas, r->cas_n);
    for (uint32_t i = 0; i < r->lines_n; i++) {
        buf_phi(&b, r->lines[i].code);
        shape_int(&b, r->lines[i].charge);
        shape_int(&b, r->lines[i].paid);
        shape_cas(&b, r->lines[i].cas, r->lines[i].cas_n);
    }
    struct digest d = digest_of(b.p ? b.p : "", b.len);
    memcpy(&shape, d.b, sizeof shape);
    buf_free(&b);
    return shape;
}

static void bind_decision(struct stmt *q, int from, const struct decision *d)
{
    stmt_int(q, from, d->tier);
    stmt_int(q, from + 1, d->chain);
    stmt_int(q, from + 2, d->version);
    stmt_int(q, from + 3, d->later);
    if (d->original)
        stmt_int(q, from + 4, d->original);
}

/* d NULL: it waits, and the last five columns stay NULL. */
static void insert(struct ledger *l, const struct remit_row *row, phi_str key, phi_str body,
                   const struct decision *d)
{
    const struct remit *r = row->r;
    int32_t from, to;
    remit_service_dates(r, &from, &to);
    buf_clear(&l->buf);
    seal_value(l, 'r', row->no, body, &l->buf);
    struct stmt *q = store_sql(l->store, "INSERT INTO remit VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,"
                                         "?11,?12,?13,?14,?15,?16,?17,?18,?19)");
    stmt_int(q, 1, row->no);
    stmt_int(q, 2, row->payment);
    stmt_text(q, 3, r->account);
    stmt_text(q, 4, key);
    stmt_text(q, 5, r->status);
    stmt_text(q, 6, r->payer_control);
    stmt_text(q, 7, remit_ref_of(r->refs, r->refs_n, "F8"));
    stmt_int(q, 8, r->charge);
    stmt_int(q, 9, r->paid);
    stmt_int(q, 10, patient_sum(r, "PR", NULL));
    stmt_int(q, 11, patient_sum(r, "OA", "23"));
    stmt_int(q, 12, remit_shape(r));
    stmt_int(q, 13, service_key(l, from, r->charge));
    stmt_blob(q, 14, l->buf.p, l->buf.len);
    if (d)
        bind_decision(q, 15, d);
    stmt_run(q);
}

static void update(struct ledger *l, int64_t no, const struct decision *d)
{
    struct stmt *q = store_sql(l->store, "UPDATE remit SET tier=?2,chain=?3,version=?4,later=?5,"
                                         "reverses=?6 WHERE no=?1");
    stmt_int(q, 1, no);
    bind_decision(q, 2, d);
    stmt_run(q);
}

/* A remit that waited is looked at again. */
static bool retry(struct ledger *l, int64_t no, int64_t by_event, struct remit *r)
{
    struct decision d;
    struct remit_fault why;
    struct stmt *q = store_sql(l->store, "SELECT payment,body FROM remit WHERE no=?1 AND chain IS"
                                         " NULL");
    stmt_int(q, 1, no);
    if (!stmt_step(q)) /* placed meanwhile */
        return false;
    struct remit_row row = {no, stmt_col_int(q, 0), r, true};
    phi_str body = open_value(l, 'r', no, stmt_col_bytes(q, 1));
    if (!remit_read(body, &l->arena, r, &why) || !remit_decide(l, &row, &d))
        return false;
    remit_post(l, &row, &d);
    update(l, no, &d);
    l->waiting--;
    exception_close(l, d.original ? "ERA_REV_UNMATCHED" : "ERA_UNMATCHED", no, by_event);
    check_payers(l, d.chain, by_event);
    return true;
}

static bool post_as_later(struct ledger *l, int64_t no)
{
    struct remit r;
    struct facts f;
    struct remit_fault why;
    struct decision d = {.later = true};
    struct stmt *q = store_sql(l->store, "SELECT r.payment,r.body,r.chain,r.version,c.facts FROM"
                                         " remit r JOIN claim c ON c.no=r.version WHERE r.no=?1");
    stmt_int(q, 1, no);
    if (!stmt_step(q))
        return false;
    struct remit_row row = {no, stmt_col_int(q, 0), &r, false};
    d.chain = stmt_col_int(q, 2);
    d.version = stmt_col_int(q, 3);
    phi_str body = open_value(l, 'r', no, stmt_col_bytes(q, 1));
    phi_str facts = open_value(l, 'c', d.version, stmt_col_bytes(q, 4));
    if (!remit_read(body, &l->arena, &r, &why) || !facts_read(facts, &l->arena, &f))
        return false;
    d.lines = arena_alloc(&l->arena, (r.lines_n + 1) * sizeof *d.lines);
    match_lines(&f, &r, d.lines);
    remit_post_as_later(l, &row, &d);
    return true;
}

static void mark_later(struct ledger *l, int64_t no)
{
    struct stmt *q = store_sql(l->store, "UPDATE remit SET later=1 WHERE no=?1");
    stmt_int(q, 1, no);
    stmt_run(q);
}

void remits_made_later(struct ledger *l, int64_t chain, int rank, int64_t by_event)
{
    struct {
        int64_t no, back; /* back: what takes it back, 0: nothing does */
    } made[64];
    int n = 0;
    struct stmt *q = store_sql(
        l->store, "SELECT r.no,status,coalesce((SELECT x.no FROM remit x WHERE x.reverses=r.no),0)"
                  " FROM remit r WHERE chain=?1 AND later=0 AND status<>'22'");
    stmt_int(q, 1, chain);
    while (n < 64 && stmt_step(q))
        if (match_rank(stmt_col_bytes(q, 1)) > rank) {
            made[n].no = stmt_col_int(q, 0);
            made[n++].back = stmt_col_int(q, 2);
        }
    for (int i = 0; i < n; i++) {
        if (!post_as_later(l, made[i].no))
            continue;
        mark_later(l, made[i].no);
        if (!made[i].back)
            continue;
        remit_reverse_again(l, made[i].back, made[i].no, chain);
        mark_later(l, made[i].back);
    }
    if (n)
        check_payers(l, chain, by_event);
}

/* Numbers of remits: read to the end before any of them is tried, as trying asks the same statements
 * again; put in order and made single here, where it costs less than a table of its own in SQLite. */
struct numbers {
    int64_t *no;
    size_t n, cap;
};

static void numbers_add(struct numbers *list, struct stmt *q)
{
    while (stmt_step(q)) {
        if (list->n == list->cap)
            list->no =
                xrealloc(list->no, (list->cap = list->cap ? 2 * list->cap : 16) * sizeof *list->no);
        list->no[list->n++] = stmt_col_int(q, 0);
    }
}

static int number_cmp(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return (a > b) - (a < b);
}

/* Tries each once, in order, and frees the list. */
static void retry_all(struct ledger *l, struct numbers *list, int64_t by_event)
{
    if (list->n > 1)
        qsort(list->no, list->n, sizeof *list->no, number_cmp);
    for (size_t i = 0; i < list->n; i++) {
        struct remit r;
        char k[MATCH_KEY];
        if (i > 0 && list->no[i] == list->no[i - 1])
            continue;
        if (retry(l, list->no[i], by_event, &r))
            remits_settle(l, phi_of(k, match_key(r.account, k)), r.payer_control,
                          r.head.payer_number, by_event);
    }
    free(list->no);
}

void remits_settle(struct ledger *l, phi_str key, phi_str control, phi_str payer, int64_t by_event)
{
    struct numbers list = {0};
    if (l->waiting == 0)
        return;
    if (key.n) {
        struct stmt *q = store_sql(l->store, "SELECT no FROM remit WHERE key=?1 AND chain IS NULL");
        stmt_text(q, 1, key);
        numbers_add(&list, q);
    }
    if (control.n) {
        struct stmt *q = store_sql(
            l->store, "SELECT no FROM remit WHERE control=?1 AND chain IS NULL AND"
                      " (?2='' OR (SELECT payer FROM payment p WHERE p.no=remit.payment)=?2)");
        stmt_text(q, 1, control);
        stmt_text(q, 2, payer);
        numbers_add(&list, q);
    }
    retry_all(l, &list, by_event);
}

void remits_settle_answered(struct ledger *l, phi_str key, int64_t by_event)
{
    if (l->waiting == 0)
        return;
    /* from the answers: those of one claim are few, and what waits may be much */
    struct numbers list = {0};
    struct stmt *q =
        store_sql(l->store, "SELECT r.no FROM ack a CROSS JOIN remit r ON r.control=a.control WHERE"
                            " a.key=?1 AND a.key<>'' AND a.control<>'' AND a.accepted AND r.chain"
                            " IS NULL");
    stmt_text(q, 1, key);
    numbers_add(&list, q);
    retry_all(l, &list, by_event);
}

void remits_settle_batches(struct ledger *l, phi_str batches, int64_t by_event)
{
    uint32_t parts = l->waiting && batches.n ? edi_parts(batches, ' ') : 0;
    for (uint32_t i = 1; i <= parts; i++) {
        struct numbers list = {0};
        struct stmt *q = store_sql(
            l->store,
            "SELECT r.no FROM ack a CROSS JOIN remit r ON r.control=a.control"
            " WHERE a.bht03=?1 AND a.bht03<>'' AND a.control<>'' AND a.accepted AND"
            " r.chain IS NULL AND EXISTS(SELECT 1 FROM claim c WHERE c.key=a.key AND"
            " c.pcn=a.pcn)"); /* an answer about a claim that has not come tells nothing */
        stmt_text(q, 1, edi_part(batches, ' ', i));
        numbers_add(&list, q);
        retry_all(l, &list, by_event);
    }
}

void remits_settle_service(struct ledger *l, int64_t service, int64_t by_event)
{
    struct numbers list = {0};
    struct stmt *q = store_sql(l->store, "SELECT no FROM remit WHERE chain IS NULL AND service=?1");
    stmt_int(q, 1, service);
    numbers_add(&list, q);
    retry_all(l, &list, by_event);
}

static void add_remit(struct ledger *l, struct remit_row *row, phi_str body)
{
    char k[MATCH_KEY];
    struct decision d;
    const struct remit *r = row->r;
    phi_str key = phi_of(k, match_key(r->account, k));
    bool placed = remit_decide(l, row, &d);
    insert(l, row, key, body, placed ? &d : NULL);
    if (!placed) { /* what waits already learns nothing from this one, but that it is taken back */
        remit_park(l, row);
        l->waiting++;
        if (match_is_reversal(r->status))
            remits_settle(l, key, r->payer_control, r->head.payer_number, row->no);
        return;
    }
    remit_post(l, row, &d);
    /* a reversal that came before this, the other half of a split, an account number cut short */
    remits_settle(l, key, r->payer_control, r->head.payer_number, row->no);
}

enum ledger_result refuse_remit(struct ledger_refusal *w, const char *rule, const char *what,
                                const struct remit_fault *f)
{
    w->rule = rule;
    snprintf(w->why, sizeof w->why, "the %s cannot be read at segment %u %s element %u: %s", what,
             f->position, f->segment, f->element, f->text ? f->text : "not as expected");
    return LEDGER_REFUSED;
}

enum ledger_result take_remit(struct ledger *l, const struct record *rec, struct ledger_refusal *w)
{
    struct remit r;
    struct remit_fault f = {0};
    bool repeat;
    if (!remit_read(rec->body, &l->arena, &r, &f))
        return refuse_remit(w, "LEDGER_REMIT", "remittance of a claim", &f);
    if (payment_suspect(l, rec, &r.head, w))
        return LEDGER_REFUSED;
    int64_t no = event_add(l, rec, LEDGER_REMIT, &repeat);
    if (repeat)
        return LEDGER_REPEAT;
    struct remit_row row = {no, payment_find(l, rec, &r.head, no), &r, false};
    if (row.payment > 0)
        add_remit(l, &row, rec->body);
    return LEDGER_NEW;
}
