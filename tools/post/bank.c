/* NACHA and BAI2. */
#include "common/util/money.h"
#include "tools/post/entry.h"
#include <stdlib.h>

/* Columns from..to (from 1) of a line, trimmed. */
static phi_str columns(phi_str line, size_t from, size_t to)
{
    phi_str v = line.n >= from ? phi_of(line.p + from - 1, (line.n < to ? line.n : to) - from + 1)
                               : phi_of("", 0);
    while (v.n && v.p[0] == ' ') {
        v.p++;
        v.n--;
    }
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    return v;
}

static bool digits(phi_str s, int64_t *v)
{
    *v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || *v > 100000000000000)
            return false;
        *v = *v * 10 + (s.p[i] - '0');
    }
    return s.n > 0;
}

static bool wrong(struct entry_fault *f, int line, const char *why)
{
    *f = (struct entry_fault){line, why};
    return false;
}

/* ---- NACHA: 94 columns a line; 5 begins a batch, 6 an entry, 7 is its addenda ---- */

struct nacha {
    struct buf *out;
    struct entry_line e;
    bool open; /* an entry waits for its addenda */
    phi_str company;
    char date[11];
    int64_t entries;
};

static void nacha_close(struct nacha *n)
{
    if (n->open)
        entry_write(n->out, &n->e);
    n->open = false;
}

static bool nacha_entry(struct nacha *n, phi_str line)
{
    phi_str code = columns(line, 2, 3);
    int64_t cents;
    bool credit = phi_is(code, "22") || phi_is(code, "32");
    if (!digits(columns(line, 30, 39), &cents))
        return false;
    n->entries++;
    if (!credit || cents == 0) /* debits, and notes that carry no money */
        return true;
    n->e = (struct entry_line){.what = "deposit",
                               .reference = columns(line, 80, 94),
                               .origin = n->company,
                               .method = phi_lit("ach"),
                               .cents = cents};
    memcpy(n->e.date, n->date, sizeof n->date);
    n->open = true;
    return true;
}

static bool nacha_line(struct nacha *n, phi_str line, const char **why)
{
    switch (line.p[0]) {
    case '5':
        n->company = columns(line, 41, 50);
        *why = "the effective entry date of the batch is no date";
        return entry_date(columns(line, 70, 75), n->date);
    case '6':
        nacha_close(n);
        *why =
            *n->date ? "the amount of the entry is no number" : "an entry stands outside a batch";
        return *n->date && nacha_entry(n, line);
    case '7':
        if (n->open)
            entry_trace(columns(line, 4, 83), &n->e.reference, &n->e.origin);
        return true;
    case '8':
        nacha_close(n);
        return true;
    case '1':
    case '9':
        return true;
    default:
        *why = "the line begins with none of 1, 5, 6, 7, 8, 9";
        return false;
    }
}

bool nacha_read(phi_str file, struct buf *out, struct entry_fault *f)
{
    struct nacha n = {.out = out};
    phi_str line;
    size_t at = 0;
    const char *why = "";
    bool ended = false;
    for (int no = 1; entry_next_line(file, &at, &line); no++) {
        if (line.n == 0)
            continue;
        if (line.n > 94)
            return wrong(f, no, "a line of a NACHA file has 94 columns, this one has more");
        if (!nacha_line(&n, line, &why))
            return wrong(f, no, why);
        ended |= line.p[0] == '9';
    }
    nacha_close(&n);
    return ended || wrong(f, 0, "the file ends without its control record (9): it is cut off");
}

/* ---- BAI2: records by comma, ended by '/'; 16 is a transaction, 88 goes on ---- */

struct bai {
    struct buf *out;
    struct buf text; /* of the transaction, with what 88 adds */
    struct entry_line e;
    char date[11];
    bool open, ended;
};

static phi_str field(phi_str line, int n)
{
    const char *p = line.p, *end = line.p + line.n;
    for (; n > 0 && p < end; n--) {
        const char *c = memchr(p, ',', (size_t)(end - p));
        p = c ? c + 1 : end;
    }
    const char *c = memchr(p, ',', (size_t)(end - p));
    phi_str v = phi_of(p, (size_t)((c ? c : end) - p));
    while (v.n && (v.p[v.n - 1] == '/' || v.p[v.n - 1] == ' '))
        v.n--;
    return v;
}

/* Everything from field n on. */
static phi_str rest(phi_str line, int n)
{
    const char *p = line.p, *end = line.p + line.n;
    for (; n > 0 && p < end; n--) {
        const char *c = memchr(p, ',', (size_t)(end - p));
        p = c ? c + 1 : end;
    }
    return phi_of(p, (size_t)(end - p));
}

static void bai_close(struct bai *b)
{
    if (b->open) {
        entry_trace(buf_view(&b->text), &b->e.reference, &b->e.origin);
        entry_write(b->out, &b->e);
    }
    b->open = false;
    buf_clear(&b->text);
}

static bool bai_transaction(struct bai *b, phi_str line)
{
    int64_t type, cents;
    phi_str customer = field(line, 5), bank = field(line, 4);
    if (!digits(field(line, 1), &type) || !digits(field(line, 2), &cents))
        return false;
    if (type < 100 || type > 399 || cents == 0) /* only credits bring money */
        return true;
    b->e = (struct entry_line){.what = "deposit",
                               .reference = phi_empty(customer) ? bank : customer,
                               .method = phi_lit("bank"),
                               .cents = cents};
    memcpy(b->e.date, b->date, sizeof b->date);
    if (phi_empty(b->e.reference))
        b->e.reference = phi_lit("BAI2");
    b->open = true;
    buf_phi(&b->text, rest(line, 6));
    return true;
}

static bool bai_line(struct bai *b, phi_str line, const char **why)
{
    phi_str code = field(line, 0);
    if (phi_is(code, "88")) {
        buf_phi(&b->text, rest(line, 1));
        return true;
    }
    bai_close(b);
    b->ended |= phi_is(code, "99");
    *why = "the as-of date of the group is no date";
    if (phi_is(code, "02"))
        return entry_date(field(line, 4), b->date);
    *why = *b->date ? "type code or amount of the transaction is no number"
                    : "a transaction stands outside a group";
    if (phi_is(code, "16"))
        return *b->date && bai_transaction(b, line);
    *why = "the record code is none of 01, 02, 03, 16, 49, 88, 98, 99";
    return phi_is(code, "01") || phi_is(code, "03") || phi_is(code, "49") || phi_is(code, "98") ||
           phi_is(code, "99");
}

bool bai2_read(phi_str file, struct buf *out, struct entry_fault *f)
{
    struct bai b = {.out = out};
    phi_str line;
    size_t at = 0;
    const char *why = "";
    bool good = true;
    for (int no = 1; good && entry_next_line(file, &at, &line); no++)
        if (line.n && !bai_line(&b, line, &why))
            good = wrong(f, no, why);
    bai_close(&b);
    buf_free(&b.text);
    return good &&
           (b.ended || wrong(f, 0, "the file ends without its trailer (99): it is cut off"));
}
