/* The ledger as tables for rules. */
#include "common/ledger/export.h"
#include "common/ledger/parts.h"
#include "common/ledger/report.h"
#include "common/util/date.h"
#include "common/util/fs.h"
#include "common/util/money.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct tables {
    struct ledger *l;
    struct report *report;
    struct buf ledger, lines, history, posted, sent;
};

/* A value behind its comma; quoted when it has to be. */
static void cell(struct buf *b, phi_str v)
{
    bool plain = true;
    buf_putc(b, ',');
    for (size_t i = 0; i < v.n; i++)
        plain &= v.p[i] != '"' && v.p[i] != ',' && v.p[i] != '\n' && v.p[i] != '\r';
    if (plain) {
        buf_add(b, v.p, v.n);
        return;
    }
    buf_putc(b, '"');
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"')
            buf_putc(b, '"');
        buf_putc(b, v.p[i]);
    }
    buf_putc(b, '"');
}

/* The first value of a line. */
static void first(struct buf *b, phi_str v)
{
    size_t at = b->len;
    cell(b, v);
    memmove(b->p + at, b->p + at + 1, --b->len - at);
}

static void cents(struct buf *b, int64_t n)
{
    buf_putc(b, ',');
    money_x12(b, n);
}

static void day(struct buf *b, int32_t d)
{
    char text[9];
    cell(b, d == CLAIM_NO_DATE ? phi_of("", 0) : phi_lit(date_ccyymmdd(d, text)));
}

/* Thousandths as people write them: 1, 1.5. */
static void units(struct buf *b, int64_t n)
{
    buf_printf(b, ",%" PRId64, n / 1000);
    if (n % 1000)
        buf_printf(b, ".%03d", (int)(n % 1000));
}

/* One word for where the claim stands. */
static const char *standing(const struct report_claim *c)
{
    switch (c->state.a) {
    case A_PAID:
    case A_PARTIAL:
    case A_DENIED:
    case A_PAID_ZERO:
    case A_REVERSED:
    case A_VOIDED:
        return "closed";
    default:
        break;
    }
    switch (c->state.t) {
    case T_FILE_REJ:
    case T_SET_REJ:
    case T_REJ_CH:
    case T_REJ_PAYER:
    case T_REJ_LATE:
        return "rejected";
    case T_ACCEPTED:
        return "accepted";
    default:
        return c->versions_sent ? "sent" : "received";
    }
}

/* The number that the payer gave the claim last: in a remittance, else in an answer. */
static phi_str control_of(struct ledger *l, int64_t chain, phi_str key)
{
    struct stmt *q = store_sql(l->store, "SELECT control FROM remit WHERE chain=?1 AND control<>''"
                                         " ORDER BY no DESC LIMIT 1");
    stmt_int(q, 1, chain);
    if (!stmt_step(q)) {
        q = store_sql(l->store, "SELECT control FROM ack WHERE key=?1 AND control<>''"
                                " ORDER BY no DESC LIMIT 1");
        stmt_text(q, 1, key);
        if (!stmt_step(q))
            return phi_of("", 0);
    }
    return arena_phi(&l->arena, stmt_col_bytes(q, 0));
}

static void claim_lines(struct tables *t, const struct facts *f, const char *state)
{
    for (uint32_t i = 0; i < f->lines_n; i++) {
        const struct facts_line *line = &f->lines[i];
        int32_t on = line->from == CLAIM_NO_DATE ? f->from : line->from;
        struct buf *b = &t->lines;
        first(b, f->pcn);
        cell(b, line->control);
        cell(b, f->payer);
        cell(b, f->billing);
        cell(b, f->member);
        day(b, on);
        cell(b, line->code);
        for (uint32_t m = 0; m < FACTS_MODS; m++)
            cell(b, m < line->mods_n ? line->mods[m] : phi_of("", 0));
        units(b, line->units);
        cents(b, line->charge);
        cell(b, phi_lit(state));
        buf_putc(b, '\n');
        b = &t->history;
        first(b, f->member);
        day(b, f->dob);
        cell(b, f->billing);
        day(b, on);
        cell(b, line->code);
        buf_puts(b, ",\n"); /* days after an operation: a list of Medicare's says them */
    }
}

struct row {
    int64_t no, chain;
    phi_str key, sealed;
};

static void claim(struct tables *t, const struct row *r)
{
    struct facts f;
    struct report_claim c;
    if (!facts_read(open_value(t->l, 'c', r->no, r->sealed), &t->l->arena, &f) ||
        !report_chain(t->report, r->chain, &c))
        return;
    const char *state = standing(&c);
    struct buf *b = &t->ledger;
    first(b, f.pcn);
    cell(b, f.payer);
    cell(b, control_of(t->l, r->chain, r->key));
    cents(b, f.charge);
    cell(b, phi_of(&f.frequency, 1));
    cell(b, phi_lit(state));
    buf_putc(b, '\n');
    claim_lines(t, &f, state);
}

/* Rows by their numbers: while one is looked at, other questions are asked. */
static void claims(struct tables *t)
{
    int64_t no = 0;
    for (;;) {
        struct stmt *q = store_sql(t->l->store, "SELECT no,chain,key,facts FROM claim WHERE no>?1"
                                                " ORDER BY no LIMIT 1");
        stmt_int(q, 1, no);
        if (!stmt_step(q))
            return;
        struct row r = {.no = stmt_col_int(q, 0),
                        .chain = stmt_col_int(q, 1),
                        .key = arena_phi(&t->l->arena, stmt_col_bytes(q, 2)),
                        .sealed = arena_phi(&t->l->arena, stmt_col_bytes(q, 3))};
        no = r.no;
        claim(t, &r);
        arena_clear(&t->l->arena);
    }
}

static void posted(struct tables *t)
{
    struct stmt *q = store_sql(t->l->store, "SELECT control,charge,paid FROM remit WHERE chain IS "
                                            "NOT NULL AND control<>'' AND status<>'22'");
    while (stmt_step(q)) {
        first(&t->posted, stmt_col_bytes(q, 0));
        cents(&t->posted, stmt_col_int(q, 1));
        cents(&t->posted, stmt_col_int(q, 2));
        buf_putc(&t->posted, '\n');
    }
}

/* Word number n of a list with blanks between; the last one when there are fewer. */
static phi_str word(phi_str s, size_t n)
{
    size_t from = 0, to = 0;
    for (;;) {
        for (to = from; to < s.n && s.p[to] != ' '; to++)
            ;
        if (!n-- || to == s.n)
            return phi_of(s.p + from, to - from);
        from = to + 1;
    }
}

static void sent(struct tables *t)
{
    struct stmt *q = store_sql(t->l->store, "SELECT isa13,gs06,st02,bht03 FROM sent");
    while (stmt_step(q)) {
        phi_str sets = stmt_col_bytes(q, 2);
        size_t n = 1;
        for (size_t i = 0; i < sets.n; i++)
            n += sets.p[i] == ' ';
        for (size_t i = 0; i < n; i++) {
            first(&t->sent, stmt_col_bytes(q, 0));
            cell(&t->sent, stmt_col_bytes(q, 1));
            cell(&t->sent, phi_lit("HC"));
            cell(&t->sent, word(sets, i));
            cell(&t->sent, word(stmt_col_bytes(q, 3), i));
            buf_putc(&t->sent, '\n');
        }
    }
}

static bool put(const char *dir, const char *name, struct buf *b, struct buf *error)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s.csv", dir, name);
    bool good = fs_replace(buf_cstr(&path), b->p, b->len) == 0;
    if (!good)
        buf_printf(error, "%s: %s", buf_cstr(&path), strerror(errno));
    buf_free(&path);
    buf_free(b);
    return good;
}

bool ledger_export(struct ledger *l, const char *dir, struct buf *error)
{
    struct tables t = {.l = l};
    buf_puts(&t.ledger, "pcn,payer,control,charge,frequency,state\n");
    buf_puts(&t.lines, "pcn,line,payer,npi,member,date,code,m1,m2,m3,m4,units,charge,state\n");
    buf_puts(&t.history, "member,birth,npi,date,code,global\n");
    buf_puts(&t.posted, "control,charge,paid\n");
    buf_puts(&t.sent, "control,group_control,code,set_control,reference\n");
    if (l) {
        t.report = report_new(l);
        claims(&t);
        posted(&t);
        sent(&t);
        report_free(t.report);
    }
    bool good = fs_mkdirs(dir) == 0;
    if (!good)
        buf_printf(error, "%s: %s", dir, strerror(errno));
    static const char *const names[] = {"ledger", "lines", "history", "posted", "sent"};
    struct buf *all[] = {&t.ledger, &t.lines, &t.history, &t.posted, &t.sent};
    for (size_t i = 0; i < 5; i++) {
        good = good && put(dir, names[i], all[i], error);
        buf_free(all[i]);
    }
    return good;
}
