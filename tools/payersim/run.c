#include "tools/payersim/run.h"
#include "common/edi/write.h"
#include "common/util/clock.h"
#include "common/util/log.h"
#include <stdio.h>

static const int64_t DAY_US = 86400LL * 1000000;
enum { PLB_PAIRS = 6 };

/* One payment while it is made. */
struct payment_run {
    const struct script_payer *p;
    struct planned *list;
    size_t n;
    int64_t number, at, bpr;
    char trace[24];
    struct plb_pair {
        const char *code;
        phi_str ref;
        int64_t cents;
    } plb[64];
    size_t plb_n;
};

static void add_plb(struct payment_run *r, const char *code, phi_str ref, int64_t cents)
{
    if (r->plb_n == sizeof r->plb / sizeof *r->plb)
        BUG("more provider level adjustments than one payment takes");
    r->plb[r->plb_n++] = (struct plb_pair){code, ref, cents};
    r->bpr -= cents;
}

/* ---- what a payee owes ---- */

/* Takes open debts out of what is paid now, as far as it goes. */
static void recoup(struct state *s, struct payment_run *r, struct arena *a)
{
    struct debt *list;
    size_t n = state_debts(s, r->list->payer, r->list->payee, a, &list);
    for (size_t i = 0; i < n; i++) {
        int64_t take = list[i].left < r->bpr || list[i].refund ? list[i].left : r->bpr;
        if (take <= 0)
            continue;
        add_plb(r, arena_strndup(a, list[i].code.p, list[i].code.n), list[i].ref, take);
        if (list[i].refund) /* the provider's own cheque: nothing is taken */
            add_plb(r, "72", list[i].ref, -take);
        state_settle(s, list[i].n, take);
    }
}

/* A reversal of this run pays less than it took: WO pays in full now and takes later. */
static void delay(struct state *s, struct payment_run *r, struct arena *a)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct planned *rev = &r->list[i];
        int64_t net = rev->paid;
        if (rev->paid >= 0)
            continue;
        for (size_t k = 0; k < r->n; k++)
            if (k != i && phi_eq(r->list[k].account, rev->account))
                net += r->list[k].paid;
        if (net >= 0 || (strcmp(r->p->recoup, "WO") != 0 && !rev->refund))
            continue;
        struct debt d = {
            .left = -net, .code = phi_lit("WO"), .ref = rev->icn, .refund = rev->refund};
        add_plb(r, "WO", arena_phi(a, rev->icn), net);
        state_owe(s, rev->payer, rev->payee, &d);
    }
}

/* A sum below nothing is carried forward. */
static void carry(struct state *s, struct payment_run *r)
{
    if (r->bpr >= 0)
        return;
    struct debt d = {.left = -r->bpr, .code = phi_lit("FB"), .ref = phi_lit(r->trace)};
    state_owe(s, r->list->payer, r->list->payee, &d);
    add_plb(r, "FB", phi_lit(r->trace), r->bpr);
}

/* ---- 835 ---- */

static void seg_phi(struct edi_writer *w, const char *id, const char *const *before, phi_str v,
                    const char *const *after)
{
    ew_begin(w, id);
    for (; *before; before++)
        ew_lit(w, *before);
    ew_el(w, v);
    for (; *after; after++)
        ew_lit(w, *after);
    ew_end(w);
}
#define L(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

static void write_bpr(struct edi_writer *w, const struct payment_run *r, int64_t cents)
{
    char day[9];
    ew_begin(w, "BPR");
    ew_lit(w, cents ? "I" : "H");
    ew_money(w, cents);
    ew_lit(w, "C");
    ew_lit(w, cents ? "ACH" : "NON");
    const char *const bank[] = {"CCP", "01", "111000025", "DA", "123456", r->p->tax,
                                "",    "01", "222000111", "DA", "98765"};
    for (size_t i = 0; i < sizeof bank / sizeof *bank; i++)
        ew_lit(w, cents ? bank[i] : "");
    ew_lit(w, time_ccyymmdd(r->at + r->p->after.eft, day));
    ew_end(w);
}

static void write_plbs(struct edi_writer *w, const struct payment_run *r)
{
    char year[9], last[9];
    time_ccyymmdd(r->at, year);
    snprintf(last, sizeof last, "%.4s1231", year);
    for (size_t i = 0; i < r->plb_n; i++) {
        if (i % PLB_PAIRS == 0) {
            if (i)
                ew_end(w);
            ew_begin(w, "PLB");
            ew_el(w, r->list->payee);
            ew_lit(w, last);
        }
        ew_lit(w, r->plb[i].code);
        ew_comp(w, r->plb[i].ref);
        ew_money(w, r->plb[i].cents);
    }
    if (r->plb_n)
        ew_end(w);
}

static uint32_t count_segments(phi_str text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '~';
    return n;
}

static void write_set(struct edi_writer *w, const struct payment_run *r, int64_t cents)
{
    char day[9], number[16];
    w->segments = 0;
    ew_seg(w, "ST", "835", "0001");
    write_bpr(w, r, cents);
    ew_seg(w, "TRN", "1", r->trace, r->p->tax);
    ew_seg(w, "DTM", "405", time_ccyymmdd(r->at, day));
    ew_seg(w, "N1", "PR", r->p->name, "XV", r->p->id);
    ew_seg(w, "N3", "PO BOX 9000");
    ew_seg(w, "N4", "SALT LAKE CITY", "UT", "84101");
    ew_seg(w, "REF", "2U", r->p->id);
    ew_seg(w, "PER", "BL", "EDI DESK", "TE", "8005550101");
    ew_begin(w, "N1");
    ew_lit(w, "PE");
    ew_el(w, r->list->payee_name);
    ew_lit(w, "XX");
    ew_el(w, r->list->payee);
    ew_end(w);
    if (!phi_empty(r->list->tax))
        seg_phi(w, "REF", L("TJ"), r->list->tax, NOTHING);
    ew_seg(w, "LX", "1");
    for (size_t i = 0; i < r->n; i++) {
        buf_phi(w->out, r->list[i].clp);
        w->segments += count_segments(r->list[i].clp);
    }
    write_plbs(w, r);
    snprintf(number, sizeof number, "%u", w->segments + 1);
    ew_seg(w, "SE", number, "0001");
}

static void write_file(struct buf *out, const struct payment_run *r, int64_t at, int64_t control,
                       int64_t cents)
{
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL};
    const struct planned *to = r->list;
    char sender[16], day[9], hour[5], number[12], nine[12], usage[2] = {to->usage, 0};
    snprintf(sender, sizeof sender, "%.*s", (int)to->sender.n, to->sender.p);
    ew_write_isa(&w, &(struct ew_isa){r->p->qualifier, r->p->isa, "ZZ", sender, usage, "0", at,
                                      (uint32_t)control});
    snprintf(number, sizeof number, "%lld", (long long)control);
    snprintf(nine, sizeof nine, "%09lld", (long long)control);
    seg_phi(&w, "GS", L("HP", r->p->isa), to->gs_sender,
            L(time_ccyymmdd(at, day), time_hhmm(at, hour), number, "X", "005010X221A1"));
    write_set(&w, r, cents);
    ew_seg(&w, "GE", "1", number);
    ew_seg(&w, "IEA", "1", nine);
}

static void plan_835(struct state *s, const struct payment_run *r, int64_t at, int64_t cents)
{
    struct buf file = {0};
    char name[64];
    int64_t control = state_next(s, r->p->id, "isa");
    write_file(&file, r, at, control, cents);
    snprintf(name, sizeof name, "%s-%09lld.835", r->p->id, (long long)control);
    state_plan_file(s, r->p->id, name, buf_view(&file), at);
    buf_free(&file);
}

/* ---- EFT: a NACHA file of one CCD+ entry with its addenda ---- */

static void nacha_line(struct buf *b, const char *line)
{
    buf_printf(b, "%-94.94s\n", line);
}

static void write_eft(struct buf *b, const struct payment_run *r)
{
    char day[9], at[9], hour[5], line[200];
    long long cents = r->bpr, n = r->number % 10000000, hash = 22200011;
    time_ccyymmdd(r->at + r->p->after.eft, day);
    snprintf(line, sizeof line, "101 222000111 111000025%.6s%.4sA094101%-23.23s%-23.23s",
             time_ccyymmdd(r->at, at) + 2, time_hhmm(r->at, hour), "PROVIDER BANK", r->p->name);
    nacha_line(b, line);
    snprintf(line, sizeof line, "5220%-16.16s%20s%-10.10sCCDHCCLAIMPMT%6s%.6s   111100002%07lld",
             r->p->name, "", r->p->tax, "", day + 2, n);
    nacha_line(b, line);
    snprintf(line, sizeof line,
             "62222200011198765            %010lld%-15s%-22.22s  111100002%07lld", cents, "",
             "PROVIDER", n);
    nacha_line(b, line);
    snprintf(line, sizeof line, "705TRN*1*%s*%s\\", r->trace, r->p->tax);
    struct buf addenda = {0};
    buf_printf(&addenda, "%-83.83s0001%07lld", line, n);
    nacha_line(b, buf_cstr(&addenda));
    buf_free(&addenda);
    snprintf(line, sizeof line, "8220000002%010lld%012d%012lld%-10.10s%25s11100002%07lld", hash, 0,
             cents, r->p->tax, "", n);
    nacha_line(b, line);
    snprintf(line, sizeof line, "9000001000001%08d%010lld%012d%012lld", 2, hash, 0, cents);
    nacha_line(b, line);
    for (int i = 6; i < 10; i++)
        nacha_line(b, "9999999999999999999999999999999999999999999999999999999999999999999999999999"
                      "999999999999999999");
}

static void plan_eft(struct state *s, const struct payment_run *r)
{
    struct buf file = {0};
    char name[64];
    if (r->bpr <= 0)
        return;
    write_eft(&file, r);
    snprintf(name, sizeof name, "%s-%s.ach", r->p->id, r->trace);
    state_plan_file(s, r->p->id, name, buf_view(&file), r->at + r->p->after.eft);
    buf_free(&file);
}

/* ---- a run ---- */

static void sum_up(struct state *s, struct payment_run *r, struct arena *a)
{
    for (size_t i = 0; i < r->n; i++) {
        r->bpr += r->list[i].paid;
        if (r->list[i].interest)
            add_plb(r, "L6", r->list[i].account, -r->list[i].interest);
    }
    recoup(s, r, a); /* before this run's own debts come */
    delay(s, r, a);
    carry(s, r);
}

static void one_run(struct state *s, const struct script *script, const struct planned *first,
                    struct arena *a)
{
    struct payment_run r = {.p = script_payer(script, first->payer), .at = first->due};
    bool twice = false, lie = false;
    if (!r.p)
        die(78, "the script no longer names a payer whose cheque is due");
    r.n = state_run(s, first, a, &r.list);
    r.number = state_next(s, r.p->id, "payment");
    snprintf(r.trace, sizeof r.trace, "EFT%s%06lld", r.p->id, (long long)r.number);
    sum_up(s, &r, a);
    for (size_t i = 0; i < r.n; i++) {
        state_paid(s, r.list[i].n, r.number);
        twice |= r.list[i].twice != 0;
        lie |= r.list[i].lie != 0;
    }
    plan_835(s, &r, r.at, lie ? r.bpr + 100 : r.bpr);
    if (lie)
        plan_835(s, &r, r.at + DAY_US, r.bpr);
    if (twice || r.p->twice)
        plan_835(s, &r, r.at + 2 * DAY_US, r.bpr);
    plan_eft(s, &r);
}

void run_cheques(struct state *s, const struct script *script, int64_t now)
{
    struct arena a = {0};
    struct planned first;
    store_begin(state_store(s));
    while (state_run_due(s, now, &a, &first)) {
        one_run(s, script, &first, &a);
        arena_clear(&a);
    }
    store_commit(state_store(s));
    arena_free(&a);
}
