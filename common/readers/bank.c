/* NACHA and BAI2, and what a reader gives of a bank's file. */
#include "common/readers/bank.h"
#include <stdio.h>

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

/* ---- NACHA: 94 columns a line; 5 begins a batch, 6 an entry, 7 is its addenda ---- */

enum { COLUMNS = 94 };

/* What stands in a batch, or in the file: the control record says the same. */
struct tally {
    int64_t n, debit, credit; /* entries and addenda; cents */
};
struct nacha {
    const struct bank_sink *to;
    struct entry_line e;
    struct buf text; /* what the addenda of the entry say, one behind the other */
    phi_str part;    /* of the entry, in the file */
    struct tally batch, file;
    bool open, money; /* an entry waits for its addenda; it brings money */
    bool ended;
    phi_str company;
    char date[11];
};

static void nacha_close(struct nacha *n)
{
    if (n->open && n->money) {
        entry_trace(buf_view(&n->text), &n->e.reference, &n->e.origin);
        n->to->give(n->to->ctx, &n->e, n->part);
    }
    n->open = false;
    buf_clear(&n->text);
}

/* Transaction codes (columns 2 and 3): 1 to 4 as the second digit are credits. */
static bool nacha_entry(struct nacha *n, phi_str line)
{
    phi_str code = columns(line, 2, 3);
    int64_t cents;
    if (!entry_digits(columns(line, 30, 39), &cents) || code.n != 2)
        return false;
    bool credit = code.p[1] >= '1' && code.p[1] <= '4';
    n->batch.n++;
    *(credit ? &n->batch.credit : &n->batch.debit) += cents;
    n->money = credit && cents > 0; /* no debits, and no notes that carry no money */
    n->e = (struct entry_line){.what = phi_lit("deposit"),
                               .reference = columns(line, 80, COLUMNS),
                               .origin = n->company,
                               .method = phi_lit("ach"),
                               .cents = cents};
    memcpy(n->e.date, n->date, sizeof n->date);
    n->part = line;
    n->open = true;
    return true;
}

static void nacha_addenda(struct nacha *n, phi_str line)
{
    n->batch.n++;
    n->part.n = (size_t)(line.p + line.n - n->part.p);
    /* a piece is 80 columns, blanks at the end of one may be of the text; trailing ones are cut off */
    if (line.n > 3)
        buf_add(&n->text, line.p + 3, (line.n < 83 ? line.n : 83) - 3);
    for (size_t i = line.n; i < 83; i++)
        buf_putc(&n->text, ' ');
}

static bool is_number(phi_str s, int64_t want)
{
    int64_t v;
    return entry_digits(s, &v) && v == want;
}

static bool nacha_batch_end(struct nacha *n, phi_str line)
{
    bool good = is_number(columns(line, 5, 10), n->batch.n) &&
                is_number(columns(line, 21, 32), n->batch.debit) &&
                is_number(columns(line, 33, 44), n->batch.credit);
    n->file.n += n->batch.n;
    n->file.debit += n->batch.debit;
    n->file.credit += n->batch.credit;
    n->batch = (struct tally){0};
    *n->date = 0;
    return good;
}

static bool nacha_end(struct nacha *n, phi_str line)
{
    if (n->ended) /* lines of nines fill the last block */
        return true;
    n->ended = true;
    return is_number(columns(line, 14, 21), n->file.n) &&
           is_number(columns(line, 32, 43), n->file.debit) &&
           is_number(columns(line, 44, 55), n->file.credit);
}

static bool nacha_line(struct nacha *n, phi_str line, const char **why)
{
    if (line.p[0] != '7')
        nacha_close(n);
    switch (line.p[0]) {
    case '1':
        return true;
    case '5':
        n->company = columns(line, 41, 50);
        *why = "the effective entry date of the batch is no date";
        return entry_date(columns(line, 70, 75), n->date);
    case '6':
        *why = *n->date ? "the transaction code or amount of the entry is no number"
                        : "an entry stands outside a batch";
        return *n->date && nacha_entry(n, line);
    case '7':
        *why = "an addenda record belongs to no entry";
        if (n->open)
            nacha_addenda(n, line);
        return n->open;
    case '8':
        *why = "count or totals of the batch are not those of its entries";
        return *n->date && nacha_batch_end(n, line);
    case '9':
        *why = *n->date ? "the batch before it has no control record (8)"
                        : "count or totals of the file are not those of its batches";
        return !*n->date && nacha_end(n, line);
    default:
        *why = "the line begins with none of 1, 5, 6, 7, 8, 9";
        return false;
    }
}

/* Lines by their ends, or, as banks' computers like it, of 94 columns each without any. */
static bool nacha_next(phi_str file, bool solid, size_t *at, phi_str *line)
{
    if (!solid)
        return entry_next_line(file, at, line);
    if (*at >= file.n)
        return false;
    *line = phi_of(file.p + *at, COLUMNS);
    *at += COLUMNS;
    return true;
}

bool bank_nacha(phi_str file, const struct bank_sink *to, struct bank_fault *f)
{
    struct nacha n = {.to = to};
    bool solid = file.n >= COLUMNS && file.n % COLUMNS == 0 && !memchr(file.p, '\n', file.n);
    bool good = true;
    phi_str line;
    size_t at = 0;
    const char *why = "";
    for (int no = 1; good && nacha_next(file, solid, &at, &line); no++) {
        if (line.n == 0)
            continue;
        if (line.n > COLUMNS)
            good = bank_wrong(f, no, "a line of a NACHA file has 94 columns, this one has more");
        else if (!nacha_line(&n, line, &why))
            good = bank_wrong(f, no, why);
    }
    if (good && !n.ended)
        good = bank_wrong(f, 0, "the file ends without its control record (9): it is cut off");
    buf_free(&n.text);
    return good;
}

/* ---- BAI2: records by comma, ended by '/'; 16 is a transaction, 88 goes on ---- */

struct bai {
    const struct bank_sink *to;
    struct buf text; /* of the transaction, with what 88 adds */
    struct entry_line e;
    phi_str part;
    char date[11];
    bool open, ended;
    int64_t records;
};

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

static phi_str field(phi_str line, int n)
{
    phi_str v = rest(line, n);
    const char *c = v.n ? memchr(v.p, ',', v.n) : NULL;
    v.n = c ? (size_t)(c - v.p) : v.n;
    while (v.n && (v.p[v.n - 1] == '/' || v.p[v.n - 1] == ' '))
        v.n--;
    return v;
}

static void bai_close(struct bai *b)
{
    if (b->open) {
        entry_trace(buf_view(&b->text), &b->e.reference, &b->e.origin);
        b->to->give(b->to->ctx, &b->e, b->part);
    }
    b->open = false;
    buf_clear(&b->text);
}

static bool bai_transaction(struct bai *b, phi_str line)
{
    int64_t type, cents;
    phi_str customer = field(line, 5), bank = field(line, 4);
    if (!entry_digits(field(line, 1), &type) || !entry_digits(field(line, 2), &cents))
        return false;
    if (type < 100 || type > 399 || cents == 0) /* only credits bring money */
        return true;
    b->e = (struct entry_line){.what = phi_lit("deposit"),
                               .reference = phi_empty(customer) ? bank : customer,
                               .method = phi_lit("bank"),
                               .cents = cents};
    memcpy(b->e.date, b->date, sizeof b->date);
    if (phi_empty(b->e.reference))
        b->e.reference = phi_lit("BAI2");
    b->part = line;
    b->open = true;
    buf_phi(&b->text, rest(line, 6));
    return true;
}

static bool bai_more(struct bai *b, phi_str line)
{
    if (b->open)
        b->part.n = (size_t)(line.p + line.n - b->part.p);
    buf_phi(&b->text, rest(line, 1));
    return true;
}

static bool bai_line(struct bai *b, phi_str line, const char **why)
{
    phi_str code = field(line, 0);
    b->records++;
    if (phi_is(code, "88"))
        return bai_more(b, line);
    bai_close(b);
    *why = "the as-of date of the group is no date";
    if (phi_is(code, "02"))
        return entry_date(field(line, 4), b->date);
    *why = *b->date ? "type code or amount of the transaction is no number"
                    : "a transaction stands outside a group";
    if (phi_is(code, "16"))
        return *b->date && bai_transaction(b, line);
    *why = "the trailer (99) counts other records than there are";
    if (phi_is(code, "99")) {
        b->ended = true;
        return is_number(field(line, 3), b->records);
    }
    *why = "the record code is none of 01, 02, 03, 16, 49, 88, 98, 99";
    return phi_is(code, "01") || phi_is(code, "03") || phi_is(code, "49") || phi_is(code, "98");
}

bool bank_bai2(phi_str file, const struct bank_sink *to, struct bank_fault *f)
{
    struct bai b = {.to = to};
    phi_str line;
    size_t at = 0;
    const char *why = "";
    bool good = true;
    for (int no = 1; good && entry_next_line(file, &at, &line); no++)
        if (line.n && !bai_line(&b, line, &why))
            good = bank_wrong(f, no, why);
    if (good && !b.ended)
        good = bank_wrong(f, 0, "the file ends without its trailer (99): it is cut off");
    buf_free(&b.text);
    return good;
}

/* ---- which of them, and as a reader ---- */

bool bank_is_nacha(phi_str head)
{
    return head.n > 3 && memcmp(head.p, "101", 3) == 0;
}

bool bank_is_bai2(phi_str head)
{
    return head.n > 3 && memcmp(head.p, "01,", 3) == 0;
}

bool bank_deposits(phi_str file, const struct bank_sink *to, struct bank_fault *f)
{
    if (bank_is_nacha(file))
        return bank_nacha(file, to, f);
    if (bank_is_bai2(file))
        return bank_bai2(file, to, f);
    return bank_csv(file, "deposit", to, f);
}

bool bank_tell(phi_str head)
{
    return bank_is_nacha(head) || bank_is_bai2(head) || bank_is_csv(head);
}

struct giving {
    struct arena *a;
    struct reader_items *out;
};

static void give(void *ctx, const struct entry_line *e, phi_str part)
{
    struct giving *g = ctx;
    struct buf json = {0};
    entry_write(&json, e);
    reader_give(g->out, g->a, buf_view(&json), false);
    g->out->v[g->out->n - 1].part = part;
    buf_free(&json);
}

void bank_read(phi_str unit, struct arena *a, struct reader_items *out)
{
    struct reader_items made = {0};
    struct giving g = {a, &made};
    const struct bank_sink to = {give, &g};
    struct bank_fault f = {0};
    bool good = bank_is_nacha(unit)  ? bank_nacha(unit, &to, &f)
                : bank_is_bai2(unit) ? bank_bai2(unit, &to, &f)
                                     : bank_csv(unit, NULL, &to, &f);
    if (good)
        *out = made;
    else
        reader_refuse(out, a, "BANK_FORM", "line %d: %s; nothing of this file is taken", f.line,
                      f.why);
}
