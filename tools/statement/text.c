/* A page as plain text, 78 columns. */
#include "common/edi/claim.h"
#include "common/util/date.h"
#include "common/util/money.h"
#include "tools/statement/statement.h"
#include <stdio.h>

const char *day_text(int32_t day, char out[16])
{
    char d[9];
    *out = 0;
    if (day != CLAIM_NO_DATE) {
        date_ccyymmdd(day, d);
        snprintf(out, 16, "%.2s/%.2s/%.4s", d + 4, d + 6, d);
    }
    return out;
}

static void word(struct buf *b, phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_putc(b, s.p[i] >= ' ' || s.p[i] < 0 ? s.p[i] : '?');
}

static void line(struct buf *b, phi_str s)
{
    if (phi_empty(s))
        return;
    word(b, s);
    buf_putc(b, '\n');
}

static void cell(struct buf *b, int64_t cents)
{
    struct buf n = {0};
    money_human(&n, cents);
    buf_printf(b, " %11s", buf_cstr(&n));
    buf_free(&n);
}

static void amounts(struct buf *b, const struct visit *v)
{
    cell(b, v->billed);
    cell(b, v->insurance);
    cell(b, v->adjusted);
    cell(b, v->received);
    cell(b, v->due);
    buf_putc(b, '\n');
}

static void rule(struct buf *b, char c)
{
    for (int i = 0; i < 78; i++)
        buf_putc(b, c);
    buf_putc(b, '\n');
}

static void one(struct buf *b, const struct page *p, const struct visit *v)
{
    char day[16];
    if (phi_empty(v->account))
        buf_printf(b, "%-18.18s", "earlier visits");
    else
        buf_printf(b, "%-18s", day_text(v->service, day));
    amounts(b, v);
    if (phi_empty(v->account)) {
        buf_printf(b, "  %d of them\n", p->more);
        return;
    }
    buf_puts(b, "  account ");
    word(b, v->account);
    buf_puts(b, phi_empty(v->why) ? "" : "; your part: ");
    word(b, v->why);
    buf_putc(b, '\n');
}

void page_text(struct buf *b, const struct page *p)
{
    char day[16];
    line(b, p->from.name);
    line(b, p->from.street);
    line(b, p->from.city);
    buf_printf(b, "\nSTATEMENT OF YOUR ACCOUNT, %s\n\nFor: ", day_text(p->day, day));
    word(b, p->first);
    buf_puts(b, phi_empty(p->first) ? "" : " ");
    line(b, phi_empty(p->last) ? phi_lit("-") : p->last);
    const phi_str at[] = {p->at.street, p->at.more, p->at.city};
    for (int i = 0; i < 3; i++) {
        buf_puts(b, phi_empty(at[i]) ? "" : "     ");
        line(b, at[i]);
    }
    buf_printf(b, "\n%-18s %11s %11s %11s %11s %11s\n", "Visit", "Billed", "Insurance", "Adjusted",
               "You paid", "You owe");
    rule(b, '-');
    for (int i = 0; i < p->visits; i++)
        one(b, p, &p->visit[i]);
    rule(b, '-');
    buf_printf(b, "%-18s", "Total");
    amounts(b, &p->sum);
    buf_puts(b, "\nPLEASE PAY: ");
    money_human(b, p->sum.due);
    buf_putc(b, '\n');
    if (p->sum.waiting > 0) {
        buf_puts(b, "Still with your insurance, not due from you now: ");
        money_human(b, p->sum.waiting);
        buf_putc(b, '\n');
    }
    if (!phi_empty(p->from.phone)) {
        buf_puts(b, "Questions? Please call ");
        line(b, p->from.phone);
    }
}
