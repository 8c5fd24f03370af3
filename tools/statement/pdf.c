/* A page as PDF (US Letter), with libharu and the fonts that every reader has. */
#include "common/letter/paper.h"
#include "common/util/money.h"
#include "tools/statement/statement.h"
#include <stdio.h>

enum { LEFT = PAPER_LEFT, RIGHT = PAPER_RIGHT };
static const int COLUMN[] = {246, 336, 410, 484, RIGHT}; /* right edges of the amounts */

static void amounts(struct paper *s, HPDF_Font font, const struct visit *v)
{
    const int64_t cents[] = {v->billed, v->insurance, v->adjusted, v->received, v->due};
    for (int i = 0; i < 5; i++) {
        struct buf n = {0};
        money_human(&n, cents[i]);
        paper_right(s, font, 10, COLUMN[i], buf_cstr(&n));
        buf_free(&n);
    }
}

static void sender(struct paper *s, const struct page *p)
{
    char w[PAPER_WORDS];
    const phi_str lines[] = {p->from.name, p->from.street, p->from.city};
    s->y = 730;
    for (int i = 0; i < 3; i++) {
        if (phi_empty(lines[i]))
            continue;
        paper_text(s, i ? s->plain : s->bold, i ? 10 : 13, LEFT, paper_latin(lines[i], w));
        s->y -= 15;
    }
}

static void head(struct paper *s, const struct page *p)
{
    char day[16], w[PAPER_WORDS], name[2 * PAPER_WORDS];
    int n = snprintf(name, sizeof name, "%s ", paper_latin(p->first, w));
    snprintf(name + n, sizeof name - (size_t)n, "%s", paper_latin(p->last, w));
    sender(s, p);
    s->y = 730;
    paper_right(s, s->bold, 13, RIGHT, "STATEMENT OF YOUR ACCOUNT");
    s->y -= 15;
    paper_right(s, s->plain, 10, RIGHT, day_text(p->day, day));
    s->y = 650;
    paper_text(s, s->plain, 11, LEFT, name + (*name == ' '));
    const phi_str at[] = {p->at.street, p->at.more, p->at.city};
    for (int i = 0; i < 3; i++) {
        if (phi_empty(at[i]))
            continue;
        s->y -= 14;
        paper_text(s, s->plain, 11, LEFT, paper_latin(at[i], w));
    }
    s->y = 580;
    static const char *const names[] = {"Billed", "Insurance paid", "Adjusted", "You paid",
                                        "You owe"};
    paper_text(s, s->bold, 10, LEFT, "Visit");
    for (int i = 0; i < 5; i++)
        paper_right(s, s->bold, 10, COLUMN[i], names[i]);
    s->y -= 6;
    paper_rule(s);
    s->y -= 16;
}

static void row(struct paper *s, const struct page *p, const struct visit *v)
{
    char day[16], w[PAPER_WORDS], line[2 * PAPER_WORDS];
    if (phi_empty(v->account))
        snprintf(line, sizeof line, "%d earlier visits", p->more);
    paper_text(s, s->plain, 10, LEFT, phi_empty(v->account) ? line : day_text(v->service, day));
    amounts(s, s->plain, v);
    s->y -= 11;
    if (!phi_empty(v->account)) {
        int n = snprintf(line, sizeof line, "Account %s", paper_latin(v->account, w));
        if (!phi_empty(v->why))
            snprintf(line + n, sizeof line - (size_t)n, "; your part: %s", paper_latin(v->why, w));
        paper_text(s, s->plain, 8, LEFT, line);
    }
    s->y -= 15;
}

static void foot(struct paper *s, const struct page *p)
{
    struct buf b = {0};
    char w[PAPER_WORDS];
    s->y += 6;
    paper_rule(s);
    s->y -= 14;
    paper_text(s, s->bold, 10, LEFT, "Total");
    amounts(s, s->bold, &p->sum);
    s->y -= 34;
    buf_puts(&b, "Please pay: $");
    money_human(&b, p->sum.due);
    paper_right(s, s->bold, 14, RIGHT, buf_cstr(&b));
    s->y -= 20;
    if (p->sum.waiting > 0) {
        buf_clear(&b);
        buf_puts(&b, "Still with your insurance, not due from you now: $");
        money_human(&b, p->sum.waiting);
        paper_right(s, s->plain, 10, RIGHT, buf_cstr(&b));
    }
    if (!phi_empty(p->from.phone)) {
        buf_clear(&b);
        buf_printf(&b, "Questions? Please call %s.", paper_latin(p->from.phone, w));
        s->y = 60;
        paper_text(s, s->plain, 10, LEFT, buf_cstr(&b));
    }
    buf_free(&b);
}

bool page_pdf(const char *path, const struct page *p, struct buf *error)
{
    struct paper s;
    if (!paper_begin(&s) || setjmp(s.fault))
        return paper_failed(&s, error);
    head(&s, p);
    for (int i = 0; i < p->visits; i++)
        row(&s, p, &p->visit[i]);
    foot(&s, p);
    paper_end(&s, path);
    return true;
}
