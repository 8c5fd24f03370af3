#include "tools/post/paper.h"
#include "common/edi/write.h"
#include "common/office/office.h"
#include "common/readers/bank.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/id.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 16 << 20, ADJUSTMENTS = 24 };
static const int64_t DAY_US = 86400LL * 1000000;

struct adjustment {
    phi_str group, reason;
    int64_t cents;
};
struct typed { /* one row */
    phi_str payer, payee, check, account, status, control, last, first, member, code, mods, units,
        plb;
    char date[11], service[11];
    int64_t amount, charge, paid, patient;
    struct adjustment adj[ADJUSTMENTS];
    int adj_n, line;
};
struct reading {
    const char *path;
    struct arena a;
    struct office office;
    struct bank_row head;
    struct typed *row;
    size_t n;
    struct buf *error;
    struct edi_writer w;
    int sets;
};

static bool wrong(struct reading *r, int line, const char *why)
{
    buf_printf(r->error, "%s:%d: %s", r->path, line, why);
    return false;
}

/* ---- rows ---- */

static phi_str word(phi_str s, size_t *at)
{
    while (*at < s.n && strchr(" ;,", s.p[*at]))
        ++*at;
    size_t from = *at;
    while (*at < s.n && !strchr(" ;,", s.p[*at]))
        ++*at;
    return phi_of(s.p + from, *at - from);
}

/* "CO-45 55.00 PR-3 25.00". */
static bool adjustments(struct reading *r, phi_str s, struct typed *t)
{
    for (size_t at = 0;;) {
        phi_str code = word(s, &at), cents = word(s, &at);
        struct adjustment *x = &t->adj[t->adj_n];
        if (!code.n)
            return true;
        if (t->adj_n == ADJUSTMENTS)
            return wrong(r, t->line, "more adjustments than an 835 holds for one service");
        if (code.n < 4 || code.p[2] != '-' || !bank_amount(cents, &x->cents))
            return wrong(r, t->line, "\"adjustments\" are pairs like CO-45 55.00");
        x->group = phi_of(code.p, 2);
        x->reason = phi_of(code.p + 3, code.n - 3);
        if (!phi_is(x->group, "CO") && !phi_is(x->group, "PR") && !phi_is(x->group, "OA") &&
            !phi_is(x->group, "PI"))
            return wrong(r, t->line, "the group of an adjustment is CO, PR, OA or PI");
        t->patient += phi_is(x->group, "PR") ? x->cents : 0;
        t->adj_n++;
    }
}

static bool money(struct reading *r, const struct bank_row *row, const char *name, int line,
                  int64_t *cents)
{
    char why[80];
    snprintf(why, sizeof why, "\"%s\" is no amount like 86.50", name);
    return bank_amount(bank_named(&r->head, row, name), cents) || wrong(r, line, why);
}

static bool plain(phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || strchr("*~:^\\", s.p[i]))
            return false;
    return true;
}

static bool texts(struct reading *r, const struct bank_row *row, struct typed *t)
{
    const struct {
        const char *name;
        phi_str *to;
        size_t most;
    } fields[] = {
        {"payer", &t->payer, 80},     {"payee", &t->payee, 10},  {"check", &t->check, 50},
        {"account", &t->account, 38}, {"status", &t->status, 2}, {"control", &t->control, 50},
        {"last", &t->last, 60},       {"first", &t->first, 35},  {"member", &t->member, 80},
        {"code", &t->code, 48},       {"mods", &t->mods, 11},    {"units", &t->units, 15},
        {"plb", &t->plb, 60}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        *fields[i].to = bank_named(&r->head, row, fields[i].name);
        char why[80];
        snprintf(why, sizeof why, "\"%s\" is too long, or has a byte that X12 parts words with",
                 fields[i].name);
        if (fields[i].to->n > fields[i].most || !plain(*fields[i].to))
            return wrong(r, t->line, why);
    }
    return true;
}

/* What is between charge and paid is said, to the cent (the rule of level 3). */
static bool row_balances(struct reading *r, const struct typed *t)
{
    struct buf b = {0};
    int64_t sum = 0;
    for (int i = 0; i < t->adj_n; i++)
        sum += t->adj[i].cents;
    if (t->charge - sum == t->paid)
        return true;
    buf_puts(&b, "it does not balance: charge ");
    money_human(&b, t->charge);
    buf_puts(&b, " less adjustments ");
    money_human(&b, sum);
    buf_puts(&b, " is ");
    money_human(&b, t->charge - sum);
    buf_puts(&b, ", and paid says ");
    money_human(&b, t->paid);
    wrong(r, t->line, buf_cstr(&b));
    buf_free(&b);
    return false;
}

static bool read_row(struct reading *r, const struct bank_row *row, struct typed *t)
{
    phi_str service = bank_named(&r->head, row, "service");
    if (!texts(r, row, t) || !money(r, row, "amount", t->line, &t->amount) ||
        !money(r, row, "paid", t->line, &t->paid))
        return false;
    if (!entry_date(bank_named(&r->head, row, "date"), t->date) ||
        (service.n && !entry_date(service, t->service)))
        return wrong(r, t->line, "\"date\" or \"service\" is no day like 2026-09-20");
    if (!t->check.n || !t->payer.n || !t->payee.n)
        return wrong(r, t->line, "payer, payee and check must be said");
    if (!t->account.n)
        return t->plb.n ? true : wrong(r, t->line, "neither an account nor a plb is said");
    return money(r, row, "charge", t->line, &t->charge) &&
           adjustments(r, bank_named(&r->head, row, "adjustments"), t) && row_balances(r, t);
}

static bool read_rows(struct reading *r, phi_str file)
{
    size_t at = 0, room = 0;
    int line = 0;
    phi_str text;
    while (entry_next_line(file, &at, &text)) {
        struct bank_row row;
        line++;
        if (!text.n)
            continue;
        if (!r->head.n) {
            bank_split(text, &r->a, &r->head);
            continue;
        }
        bank_split(text, &r->a, &row);
        if (r->n == room)
            r->row = xrealloc(r->row, (room = 2 * room + 64) * sizeof *r->row);
        r->row[r->n] = (struct typed){.line = line};
        if (!read_row(r, &row, &r->row[r->n]))
            return false;
        r->n++;
    }
    return r->n || wrong(r, line, "there is no remittance in it");
}

/* ---- the 835 ---- */

static void el(struct edi_writer *w, const char *id, const char *a, phi_str b)
{
    ew_begin(w, id);
    ew_lit(w, a);
    ew_el(w, b);
    ew_end(w);
}

static phi_str packed(const char *day, char out[9])
{
    snprintf(out, 9, "%.4s%.2s%.2s", day, day + 5, day + 8);
    return phi_lit(out);
}

static void payment(struct reading *r, const struct typed *t, const struct office_payer *p,
                    const struct office_provider *us)
{
    struct edi_writer *w = &r->w;
    char day[9], origin[16], set[12];
    struct digest d = digest_of(p->id, strlen(p->id));
    unsigned number = ((unsigned)d.b[0] << 16 | (unsigned)d.b[1] << 8 | d.b[2]) % 1000000000u;
    snprintf(origin, sizeof origin, "1%09u", number);
    snprintf(set, sizeof set, "%04d", ++r->sets);
    w->segments = 0;
    el(w, "ST", "835", phi_lit(set));
    ew_begin(w, "BPR");
    ew_lit(w, t->amount ? "I" : "H");
    ew_money(w, t->amount);
    ew_lit(w, "C");
    ew_lit(w, t->amount ? "CHK" : "NON");
    for (int i = 5; i < 16; i++)
        ew_lit(w, "");
    ew_el(w, packed(t->date, day));
    ew_end(w);
    ew_begin(w, "TRN");
    ew_lit(w, "1");
    ew_el(w, t->check);
    ew_lit(w, origin);
    ew_end(w);
    el(w, "DTM", "405", phi_lit(day));
    ew_begin(w, "N1");
    ew_lit(w, "PR");
    ew_lit(w, p->name);
    ew_end(w);
    el(w, "REF", "2U", phi_lit(p->id));
    ew_begin(w, "N1");
    ew_lit(w, "PE");
    ew_lit(w, us->name);
    ew_lit(w, "XX");
    ew_lit(w, us->npi);
    ew_end(w);
    el(w, "LX", "1", phi_of("", 0));
}

/* One CAS for each group. */
static void cas(struct edi_writer *w, const struct typed *t)
{
    static const char *const groups[] = {"CO", "OA", "PI", "PR"};
    for (int g = 0; g < 4; g++)
        for (int i = 0, n = 0; i < t->adj_n; i++) {
            if (!phi_is(t->adj[i].group, groups[g]))
                continue;
            if (n % 6 == 0) {
                ew_begin(w, "CAS");
                ew_lit(w, groups[g]);
            }
            ew_el(w, t->adj[i].reason);
            ew_money(w, t->adj[i].cents);
            bool last = true;
            for (int k = i + 1; k < t->adj_n; k++)
                last = last && !phi_is(t->adj[k].group, groups[g]);
            if (++n % 6 == 0 || last)
                ew_end(w);
            else
                ew_lit(w, "");
        }
}

static bool same_claim(const struct typed *a, const struct typed *b)
{
    return phi_eq(a->account, b->account) && phi_eq(a->control, b->control) &&
           phi_eq(a->status, b->status);
}

static void clp(struct edi_writer *w, const struct typed *t, size_t n)
{
    int64_t charge = 0, paid = 0, patient = 0;
    for (size_t i = 0; i < n; i++) {
        charge += t[i].charge;
        paid += t[i].paid;
        patient += t[i].patient;
    }
    ew_begin(w, "CLP");
    ew_el(w, t->account);
    ew_el(w, t->status.n ? t->status : phi_lit("1"));
    ew_money(w, charge);
    ew_money(w, paid);
    if (patient)
        ew_money(w, patient);
    else
        ew_lit(w, "");
    ew_lit(w, "12");
    ew_el(w, t->control.n ? t->control : phi_lit("0"));
    ew_end(w);
    if (!t->code.n)
        cas(w, t);
    ew_begin(w, "NM1");
    ew_lit(w, "QC");
    ew_lit(w, "1");
    ew_el(w, t->last);
    ew_el(w, t->first);
    for (int i = 0; t->member.n && i < 3; i++)
        ew_lit(w, "");
    if (t->member.n) {
        ew_lit(w, "MI");
        ew_el(w, t->member);
    }
    ew_end(w);
}

static void service(struct edi_writer *w, const struct typed *t)
{
    char day[9];
    ew_begin(w, "SVC");
    ew_lit(w, "HC");
    ew_comp(w, t->code);
    for (size_t at = 0;;) {
        phi_str mod = word(t->mods, &at);
        if (!mod.n)
            break;
        ew_comp(w, mod);
    }
    ew_money(w, t->charge);
    ew_money(w, t->paid);
    ew_lit(w, "");
    ew_el(w, t->units.n ? t->units : phi_lit("1"));
    ew_end(w);
    if (*t->service)
        el(w, "DTM", "472", packed(t->service, day));
    cas(w, t);
}

static void plb(struct edi_writer *w, const struct office_provider *us, const struct typed *t)
{
    size_t at = 0;
    phi_str code = word(t->plb, &at), ref = word(t->plb, &at);
    char year[9];
    snprintf(year, sizeof year, "%.4s1231", t->date);
    ew_begin(w, "PLB");
    ew_lit(w, us->npi);
    ew_lit(w, year);
    ew_el(w, code);
    if (ref.n)
        ew_comp(w, ref);
    ew_money(w, t->paid);
    ew_end(w);
}

static bool cheque_balances(struct reading *r, const struct typed *t, size_t n)
{
    int64_t claims = 0, kept = 0;
    struct buf b = {0};
    for (size_t i = 0; i < n; i++)
        *(t[i].account.n ? &claims : &kept) += t[i].paid;
    if (claims - kept == t->amount)
        return true;
    buf_puts(&b, "the cheque does not balance: its claims pay ");
    money_human(&b, claims);
    buf_puts(&b, ", plb takes ");
    money_human(&b, kept);
    buf_puts(&b, ", which is ");
    money_human(&b, claims - kept);
    buf_puts(&b, ", and its amount is ");
    money_human(&b, t->amount);
    wrong(r, t->line, buf_cstr(&b));
    buf_free(&b);
    return false;
}

static bool one_cheque(struct reading *r, const struct typed *t, size_t n)
{
    struct office_payer p;
    struct office_provider us;
    char count[12], set[12];
    if (!office_payer(&r->office, t->payer, &p))
        return wrong(r, t->line, "the practice knows no such payer");
    if (!office_provider(&r->office, t->payee, &us))
        return wrong(r, t->line, "the practice knows no such payee (NPI)");
    if (!cheque_balances(r, t, n))
        return false;
    payment(r, t, &p, &us);
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; t[i].account.n && k < n && same_claim(&t[i], &t[k]); k++)
            if (!t[i].code.n || !t[k].code.n)
                return wrong(r, t[k].line,
                             "a claim of several rows needs the code of each service");
        if (!t[i].account.n)
            continue;
        clp(&r->w, t + i, k - i);
        for (size_t s = i; s < k && t[s].code.n; s++)
            service(&r->w, &t[s]);
    }
    for (size_t i = 0; i < n; i++)
        if (!t[i].account.n)
            plb(&r->w, &us, &t[i]);
    snprintf(count, sizeof count, "%u", (unsigned)r->w.segments + 1);
    snprintf(set, sizeof set, "%04d", r->sets);
    el(&r->w, "SE", count, phi_lit(set));
    return true;
}

static bool same_cheque(const struct typed *a, const struct typed *b)
{
    return phi_eq(a->payer, b->payer) && phi_eq(a->payee, b->payee) && phi_eq(a->check, b->check) &&
           a->amount == b->amount && strcmp(a->date, b->date) == 0;
}

/* Numbered by its bytes, so that the same file is the same interchange. */
static bool interchange(struct reading *r, phi_str file, char usage)
{
    struct digest d = digest_of(file.p, file.n);
    uint32_t number =
        1 + ((uint32_t)d.b[0] << 24 | (uint32_t)d.b[1] << 16 | (uint32_t)d.b[2] << 8 | d.b[3]) %
                999999998u;
    const char use[2] = {usage, 0};
    char day[9], control[12], nine[12], sets[12];
    int32_t days = 0;
    date_parse(packed(r->row->date, day), &days);
    ew_write_isa(&r->w, &(struct ew_isa){"ZZ", "PAPER", "ZZ", r->office.id, use, "0", days * DAY_US,
                                         number});
    snprintf(control, sizeof control, "%u", number);
    snprintf(nine, sizeof nine, "%09u", number);
    ew_begin(&r->w, "GS");
    const char *const gs[] = {"HP",   "PAPER", r->office.id, day,
                              "0000", control, "X",          "005010X221A1"};
    for (int i = 0; i < 8; i++)
        ew_lit(&r->w, gs[i]);
    ew_end(&r->w);
    for (size_t i = 0, k; i < r->n; i = k) {
        for (k = i + 1; k < r->n && same_cheque(&r->row[i], &r->row[k]);)
            k++;
        if (!one_cheque(r, r->row + i, k - i))
            return false;
    }
    snprintf(sets, sizeof sets, "%d", r->sets);
    el(&r->w, "GE", sets, phi_lit(control));
    el(&r->w, "IEA", "1", phi_lit(nine));
    return true;
}

int paper_835(const struct paper_opts *o, const char *path, struct buf *out, struct buf *error)
{
    struct buf file = {0}, made = {0};
    struct reading r = {.path = path, .error = error, .w = {.out = &made, .d = EDI_CANONICAL}};
    int code = EXIT_UNREADABLE;
    if (fs_read(path, FILE_MOST, &file))
        buf_printf(error, "cannot read \"%s\": %s", path, strerror(errno));
    else if (!office_read(&r.office, o->practice, &r.a, error))
        code = EXIT_CONFIG;
    else if (read_rows(&r, buf_view(&file)) && interchange(&r, buf_view(&file), o->usage))
        code = EXIT_DONE;
    if (code == EXIT_DONE)
        buf_phi(out, buf_view(&made));
    buf_free(&file);
    buf_free(&made);
    arena_free(&r.a);
    free(r.row);
    return code;
}
