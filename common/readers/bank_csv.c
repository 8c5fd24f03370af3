/* CSV of a bank or of an office's own list. */
#include "common/readers/bank.h"
#include "common/util/arena.h"
#include "common/util/money.h"

/* One cell from p on; quotes may enclose it, two of them stand for one. */
static const char *cell(const char *p, const char *end, struct arena *a, phi_str *out)
{
    struct buf b = {0};
    bool quoted = p < end && *p == '"';
    for (p += quoted; p < end && (quoted || *p != ','); p++) {
        if (quoted && *p == '"') {
            if (p + 1 < end && p[1] == '"') {
                p++;
            } else {
                quoted = false;
                continue;
            }
        }
        buf_putc(&b, *p);
    }
    *out = arena_phi(a, buf_view(&b));
    buf_free(&b);
    return p;
}

void bank_split(phi_str line, struct arena *a, struct bank_row *r)
{
    const char *p = line.p, *end = line.p + line.n;
    for (r->n = 0; r->n < BANK_COLUMNS; p++) {
        p = cell(p, end, a, &r->cell[r->n++]);
        if (p >= end)
            return;
    }
}

phi_str bank_named(const struct bank_row *head, const struct bank_row *r, const char *name)
{
    for (int i = 0; i < head->n && i < r->n; i++)
        if (head->cell[i].n == strlen(name) &&
            strncasecmp(head->cell[i].p, name, head->cell[i].n) == 0)
            return r->cell[i];
    return phi_of("", 0);
}

/* The first that says something, of two names. */
static phi_str either(const struct bank_row *head, const struct bank_row *r, const char *a,
                      const char *b)
{
    phi_str v = bank_named(head, r, a);
    return phi_empty(v) ? bank_named(head, r, b) : v;
}

/* "1,234.50", "$25.00", "(20.00)": what people write. */
bool bank_amount(phi_str s, int64_t *cents)
{
    char plain[32];
    size_t n = 0;
    bool out = s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')';
    for (size_t i = out; i < s.n - out && n < sizeof plain; i++)
        if (!strchr(", $", s.p[i]))
            plain[n++] = s.p[i];
    if (n == sizeof plain || !money_parse(phi_of(plain, n), cents))
        return false;
    *cents = out ? -*cents : *cents;
    return true;
}

struct table {
    const struct bank_sink *to;
    const char *what;
    struct bank_row head;
};

/* A bank's column credit is empty where money went out. */
static bool money_of(const struct table *t, const struct bank_row *r, int64_t *cents)
{
    phi_str v = bank_named(&t->head, r, "amount");
    *cents = 0;
    if (!phi_empty(v))
        return bank_amount(v, cents);
    v = bank_named(&t->head, r, "credit");
    return phi_empty(v) ? !phi_empty(bank_named(&t->head, r, "debit")) : bank_amount(v, cents);
}

static const char *entry_fault(const struct entry_line *e, bool deposit)
{
    if (e->cents <= 0)
        return "\"amount\" must be above zero";
    if (phi_empty(e->reference))
        return "\"reference\" is empty";
    if (!deposit && phi_empty(e->account))
        return "\"account\" is empty";
    if (phi_is(e->what, "write-off") &&
        (phi_empty(e->from) || phi_empty(e->by) || phi_empty(e->reason)))
        return "a write-off needs \"from\", \"by\" and \"reason\"";
    return NULL;
}

static bool is_what(phi_str s)
{
    return phi_is(s, "deposit") || phi_is(s, "patient") || phi_is(s, "refund") ||
           phi_is(s, "write-off");
}

static bool one_row(const struct table *t, const struct bank_row *r, int line, phi_str part,
                    struct bank_fault *f)
{
    const struct bank_row *head = &t->head;
    struct entry_line e = {.what = t->what ? phi_lit(t->what) : bank_named(head, r, "what"),
                           .account = bank_named(head, r, "account"),
                           .reference = bank_named(head, r, "reference"),
                           .origin = bank_named(head, r, "origin"),
                           .method = bank_named(head, r, "method"),
                           .from = bank_named(head, r, "from"),
                           .by = bank_named(head, r, "by"),
                           .reason = bank_named(head, r, "reason")};
    bool deposit = phi_is(e.what, "deposit");
    phi_str text = bank_named(head, r, "description");
    if (!is_what(e.what))
        return bank_wrong(f, line, "\"what\" is none of deposit, patient, refund, write-off");
    if (!entry_date(either(head, r, "date", "posting date"), e.date))
        return bank_wrong(f, line, "\"date\" is no day");
    if (!money_of(t, r, &e.cents))
        return bank_wrong(f, line, "\"amount\" is no amount");
    if (deposit && e.cents <= 0) /* what went out */
        return true;
    if (deposit && phi_empty(e.reference) && !entry_trace(text, &e.reference, &e.origin))
        e.reference = text;
    const char *why = entry_fault(&e, deposit);
    if (why)
        return bank_wrong(f, line, why);
    t->to->give(t->to->ctx, &e, part);
    return true;
}

static bool has(const struct bank_row *head, const char *name)
{
    return !phi_empty(bank_named(head, head, name));
}

static bool names_money(const struct bank_row *head)
{
    return (has(head, "date") || has(head, "posting date")) &&
           (has(head, "amount") || has(head, "credit")) &&
           (has(head, "reference") || has(head, "description"));
}

static phi_str without_mark(phi_str file)
{
    bool mark = file.n >= 3 && memcmp(file.p, "\xEF\xBB\xBF", 3) == 0;
    return mark ? phi_of(file.p + 3, file.n - 3) : file;
}

bool bank_is_csv(phi_str head)
{
    struct arena mem = {0};
    struct bank_row r;
    phi_str line;
    size_t at = 0;
    bool is = false;
    if (entry_next_line(without_mark(head), &at, &line) && line.n < 4096) {
        bank_split(line, &mem, &r);
        is = names_money(&r);
    }
    arena_free(&mem);
    return is;
}

static const char *head_fault(struct table *t)
{
    if (!names_money(&t->head))
        return "the first line must name the columns date, amount and reference";
    if (!t->what && !has(&t->head, "what")) {
        if (has(&t->head, "account"))
            return "a list with accounts must say in a column \"what\" what each row is: deposit, "
                   "patient, refund or write-off";
        t->what = "deposit";
    }
    return NULL;
}

bool bank_csv(phi_str file, const char *what, const struct bank_sink *to, struct bank_fault *f)
{
    struct arena heads = {0}, rows = {0};
    struct table t = {.to = to, .what = what};
    struct bank_row r;
    phi_str line;
    size_t at = 0;
    int no = 1;
    file = without_mark(file);
    if (!entry_next_line(file, &at, &line))
        return bank_wrong(f, 0, "the file is empty");
    bank_split(line, &heads, &t.head);
    const char *why = head_fault(&t);
    bool good = !why || bank_wrong(f, 1, why);
    while (good && entry_next_line(file, &at, &line)) {
        no++;
        if (line.n == 0)
            continue;
        bank_split(line, &rows, &r);
        good = one_row(&t, &r, no, line, f);
        arena_clear(&rows);
    }
    arena_free(&heads);
    arena_free(&rows);
    return good;
}
