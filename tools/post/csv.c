/* CSV of a bank or of an office's own list. */
#include "common/util/arena.h"
#include "common/util/money.h"
#include "tools/post/entry.h"

enum { COLUMNS_MOST = 64 };

struct row {
    phi_str cell[COLUMNS_MOST];
    int n;
};

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

static void split(phi_str line, struct arena *a, struct row *r)
{
    const char *p = line.p, *end = line.p + line.n;
    for (r->n = 0; r->n < COLUMNS_MOST; p++) {
        p = cell(p, end, a, &r->cell[r->n++]);
        if (p >= end)
            return;
    }
}

static bool wrong(struct entry_fault *f, int line, const char *why)
{
    *f = (struct entry_fault){line, why};
    return false;
}

static phi_str named(const struct row *head, const struct row *r, const char *name)
{
    for (int i = 0; i < head->n && i < r->n; i++)
        if (head->cell[i].n == strlen(name) &&
            strncasecmp(head->cell[i].p, name, head->cell[i].n) == 0)
            return r->cell[i];
    return phi_of("", 0);
}

/* "1,234.50", "$25.00": what people write. */
static bool amount(phi_str s, int64_t *cents)
{
    char plain[32];
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < sizeof plain; i++)
        if (!strchr(", $", s.p[i]))
            plain[n++] = s.p[i];
    return n < sizeof plain && money_parse(phi_of(plain, n), cents);
}

static bool one_row(const struct row *head, const struct row *r, const char *what, int line,
                    struct buf *out, struct entry_fault *f)
{
    struct entry_line e = {.what = what,
                           .account = named(head, r, "account"),
                           .reference = named(head, r, "reference"),
                           .origin = named(head, r, "origin"),
                           .method = named(head, r, "method"),
                           .from = named(head, r, "from"),
                           .by = named(head, r, "by"),
                           .reason = named(head, r, "reason")};
    bool deposit = strcmp(what, "deposit") == 0;
    if (!entry_date(named(head, r, "date"), e.date))
        return wrong(f, line, "\"date\" is no day");
    if (!amount(named(head, r, "amount"), &e.cents))
        return wrong(f, line, "\"amount\" is no amount");
    if (deposit && e.cents <= 0) /* what went out */
        return true;
    if (e.cents <= 0)
        return wrong(f, line, "\"amount\" must be above zero");
    if (phi_empty(e.reference))
        return wrong(f, line, "\"reference\" is empty");
    if (!deposit && phi_empty(e.account))
        return wrong(f, line, "\"account\" is empty");
    entry_write(out, &e);
    return true;
}

bool csv_read(phi_str file, const char *what, struct buf *out, struct entry_fault *f)
{
    struct arena heads = {0}, rows = {0};
    struct row head, r;
    phi_str line;
    size_t at = 0;
    int no = 1;
    bool good = true;
    if (!entry_next_line(file, &at, &line))
        return wrong(f, 0, "the file is empty");
    split(line, &heads, &head);
    if (phi_empty(named(&head, &head, "date")) || phi_empty(named(&head, &head, "amount")) ||
        phi_empty(named(&head, &head, "reference")))
        good = wrong(f, 1, "the first line must name the columns date, amount and reference");
    while (good && entry_next_line(file, &at, &line)) {
        no++;
        if (line.n == 0)
            continue;
        split(line, &rows, &r);
        good = one_row(&head, &r, what, no, out, f);
        arena_clear(&rows);
    }
    arena_free(&heads);
    arena_free(&rows);
    return good;
}
