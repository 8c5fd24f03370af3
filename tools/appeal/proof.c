/* Proof of timely filing: sent files and accepting acknowledgments, each by its numbers and digest. */
#include "common/edi/claim.h"
#include "common/util/clock.h"
#include "tools/appeal/appeal.h"
#include <inttypes.h>

static const int64_t DAY_US = 86400LL * 1000000;

static void minute(struct buf *out, int64_t us)
{
    char t[TIME_TEXT];
    buf_printf(out, "  %.10s ", time_text(us, t));
    buf_printf(out, "%.5s UTC  ", t + 11);
}

static void digest_line(struct buf *out, phi_str d)
{
    struct digest x;
    char hex[DIGEST_HEX];
    if (d.n != DIGEST_LEN)
        return;
    memcpy(x.b, d.p, DIGEST_LEN);
    buf_printf(out, "    digest %s\n", digest_hex(&x, hex));
}

/* " GS06 1", with a comma behind what stands before it on the line. */
static void number(struct buf *out, const char *name, phi_str v)
{
    if (v.n) {
        buf_printf(out, "%s%s ", out->p[out->len - 1] == ' ' ? "" : ", ", name);
        buf_phi(out, v);
    }
}

static void sent_file(struct appeal *p, const struct state_fact *e, struct buf *out)
{
    struct stmt *q = store_sql(ledger_store(p->f->l),
                               "SELECT name,isa13,gs06,st02,bht03,digest FROM sent WHERE no=?1");
    stmt_int(q, 1, e->event);
    if (!stmt_step(q))
        return;
    minute(out, e->at);
    buf_puts(out, "sent in ");
    buf_phi(out, stmt_col_bytes(q, 0));
    buf_puts(out, "\n    ISA13 ");
    buf_phi(out, stmt_col_bytes(q, 1));
    number(out, "GS06", stmt_col_bytes(q, 2));
    number(out, "ST02", stmt_col_bytes(q, 3));
    number(out, "BHT03", stmt_col_bytes(q, 4));
    buf_putc(out, '\n');
    digest_line(out, stmt_col_bytes(q, 5));
}

static void answer(struct appeal *p, const struct state_fact *e, struct buf *out)
{
    struct stmt *q = store_sql(
        ledger_store(p->f->l),
        "SELECT a.answer,a.code,a.codes,a.gs06,a.st02,a.bht03,a.control,a.who,f.digest,k.off FROM"
        " ack a JOIN event k USING(no) JOIN file f ON f.no=k.file WHERE a.no=?1");
    stmt_int(q, 1, e->event);
    if (!stmt_step(q))
        return;
    minute(out, e->at);
    buf_phi(out, stmt_col_bytes(q, 0));
    buf_puts(out, e->kind == EV_SYNTAX_OK           ? ": taken"
                  : e->kind == EV_ACCEPTED_BY_PAYER ? ": accepted by the payer"
                                                    : ": accepted by the clearinghouse");
    phi_str codes = stmt_col_bytes(q, 2);
    buf_puts(out, ", ");
    buf_phi(out, codes.n ? codes : stmt_col_bytes(q, 1));
    buf_puts(out, "\n    ");
    number(out, "GS06", stmt_col_bytes(q, 3));
    number(out, "ST02", stmt_col_bytes(q, 4));
    number(out, "BHT03", stmt_col_bytes(q, 5));
    number(out, "claim number", stmt_col_bytes(q, 6));
    buf_printf(out, "\n");
    digest_line(out, stmt_col_bytes(q, 8));
}

static void in_time(struct appeal *p, const struct report_claim *c, int64_t first, struct buf *out)
{
    struct timers t = timers_for(
        &p->f->q->timers,
        p->f->profiles ? profiles_of_payer(p->f->profiles, p->claim->payer) : NULL, p->a);
    int64_t days = t.of[TIMER_TIMELY].v[0] / DAY_US;
    if (c->service == CLAIM_NO_DATE)
        return;
    int64_t after = first / DAY_US - c->service;
    buf_printf(out, "\n  First accepted on day %" PRId64 " after the first day of service", after);
    buf_printf(out, "; the time to file is %" PRId64 " days.\n", days);
}

bool proof_of_filing(struct appeal *p, struct buf *out)
{
    struct report *r = report_new(p->f->l);
    struct report_claim c;
    int64_t first = 0;
    bool there = report_chain(r, p->life.chain, &c);
    for (size_t i = 0; there && i < c.facts_n; i++) {
        const struct state_fact *e = &c.facts[i];
        bool takes = e->kind == EV_ACCEPTED_HERE || e->kind == EV_ACCEPTED_BY_PAYER;
        if (e->kind == EV_SENT)
            sent_file(p, e, out);
        if (takes || e->kind == EV_SYNTAX_OK)
            answer(p, e, out);
        if (takes && !first)
            first = e->at;
    }
    if (first)
        in_time(p, &c, first, out);
    report_free(r);
    while (out->len && out->p[out->len - 1] == '\n')
        out->len--;
    return first != 0;
}
