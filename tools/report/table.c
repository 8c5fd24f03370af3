/* A table of numbers, each with where it comes from. */
#include "common/util/clock.h"
#include "common/util/id.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/report/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int texts_of(const struct table *t)
{
    int n = 0;
    while (n < t->n && t->col[n].kind == COL_TEXT)
        n++;
    return n;
}

struct row *table_new(struct table *t, const phi_str *words)
{
    struct row *r = arena_alloc(&t->mem, sizeof *r);
    r->cell = arena_alloc(&t->mem, (size_t)t->n * sizeof *r->cell);
    for (int i = 0; i < texts_of(t); i++)
        r->cell[i].text = arena_phi(&t->mem, words[i]);
    r->next = t->first;
    t->first = r;
    return r;
}

static bool is_row(const struct row *r, const phi_str *words, int n)
{
    for (int i = 0; i < n; i++)
        if (!phi_eq(r->cell[i].text, words[i]))
            return false;
    return true;
}

struct row *table_row(struct table *t, const phi_str *words)
{
    int n = texts_of(t);
    if (t->found && is_row(t->found, words, n))
        return t->found;
    for (struct row *r = t->first; r; r = r->next)
        if (is_row(r, words, n))
            return t->found = r;
    return t->found = table_new(t, words);
}

static void source_add(struct table *t, struct cell *c, int64_t amount, int64_t event)
{
    if (c->src_n == c->src_cap) {
        size_t cap = c->src_cap ? c->src_cap * 2 : 8;
        struct source *more = arena_alloc(&t->mem, cap * sizeof *more);
        if (c->src_n)
            memcpy(more, c->src, c->src_n * sizeof *more);
        c->src = more;
        c->src_cap = cap;
    }
    c->src[c->src_n++] = (struct source){event, amount};
}

void cell_add(struct table *t, struct row *r, int col, int64_t amount, int64_t event)
{
    r->cell[col].v += amount;
    if (t->trace && amount)
        source_add(t, &r->cell[col], amount, event);
}

void cell_value(struct table *t, struct row *r, int col, int64_t v, int64_t event)
{
    source_add(t, &r->cell[col], v, event);
}

static int by_amount(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    return (x->amount > y->amount) - (x->amount < y->amount);
}

/* num * scale / den, rounded half away from zero. */
static int64_t ratio(int64_t num, int64_t scale, int64_t den)
{
    __int128 n = (__int128)num * scale, d = den;
    bool minus = (n < 0) != (d < 0);
    n = n < 0 ? -n : n;
    d = d < 0 ? -d : d;
    n = (2 * n + d) / (2 * d);
    return (int64_t)(minus ? -n : n);
}

static void finish_cell(const struct table *t, struct row *r, int i)
{
    const struct col *k = &t->col[i];
    struct cell *c = &r->cell[i];
    if (k->den) {
        int64_t den = r->cell[k->den].v;
        c->none = den == 0;
        c->v = den ? ratio(r->cell[k->num].v, k->scale, den) : 0;
    } else if (k->kind == COL_DAYS) {
        c->none = c->src_n == 0;
        if (c->src_n) {
            qsort(c->src, c->src_n, sizeof *c->src, by_amount);
            c->v = c->src[(c->src_n * (size_t)k->rank + 99) / 100 - 1].amount;
        }
    }
}

static int texts;
static int by_texts(const void *pa, const void *pb)
{
    const struct row *a = *(struct row *const *)pa, *b = *(struct row *const *)pb;
    for (int i = 0; i < texts; i++) {
        bool all_a = phi_is(a->cell[i].text, "all"), all_b = phi_is(b->cell[i].text, "all");
        int c = all_a != all_b ? all_a - all_b : phi_cmp(a->cell[i].text, b->cell[i].text);
        if (c)
            return c;
    }
    return 0;
}

void table_finish(struct table *t)
{
    size_t n = 0;
    for (struct row *r = t->first; r; r = r->next, n++)
        for (int i = 0; i < t->n; i++)
            finish_cell(t, r, i);
    if (!n)
        return;
    struct row **list = arena_alloc(&t->mem, n * sizeof *list);
    for (struct row *r = t->first; r; r = r->next)
        list[--n] = r;
    for (struct row *r = t->first; r; r = r->next)
        n++;
    texts = texts_of(t);
    qsort(list, n, sizeof *list, by_texts);
    t->first = NULL;
    while (n) {
        list[--n]->next = t->first;
        t->first = list[n];
    }
}

void table_free(struct table *t)
{
    arena_free(&t->mem);
}

/* ---- printing ---- */

static void decimals(struct buf *b, int64_t v)
{
    int64_t a = v < 0 ? -v : v;
    buf_printf(b, "%s%" PRId64 ".%02" PRId64, v < 0 ? "-" : "", a / 100, a % 100);
}

/* A word from outside: control characters never reach a terminal, those above 127 (C2 80 to C2 9F in
 * UTF-8) neither. */
static void word(struct buf *b, phi_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i], d = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
        bool control = c < ' ' || c == 0x7f || (c == 0xc2 && d >= 0x80 && d < 0xa0);
        buf_putc(b, control ? '?' : s.p[i]);
        i += control && c == 0xc2;
    }
}

/* Letters of UTF-8, not bytes: columns stay in line. */
static size_t letters(const struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        n += ((unsigned char)b->p[i] & 0xc0) != 0x80;
    return n;
}

static void number(struct buf *b, const struct col *k, const struct cell *c)
{
    if (c->none)
        buf_puts(b, "-");
    else if (k->kind == COL_CENTS)
        money_human(b, c->v);
    else if (k->kind == COL_COUNT)
        buf_int(b, c->v);
    else
        decimals(b, c->v);
    if (!c->none && k->kind == COL_RATE)
        buf_puts(b, " %");
}

void table_words(const struct table *t, int i, const struct cell *c, struct buf *out)
{
    phi_str d = c->text;
    if (t->col[i].kind != COL_TEXT)
        number(out, &t->col[i], c);
    else if (t->col[i].day && d.n == 8)
        buf_printf(out, "%.4s-%.2s-%.2s", d.p, d.p + 4, d.p + 6);
    else
        word(out, d);
}

static size_t width_of(struct table *t, int i)
{
    size_t w = strlen(t->col[i].name);
    struct buf b = {0};
    for (struct row *r = t->first; r; r = r->next) {
        buf_clear(&b);
        table_words(t, i, &r->cell[i], &b);
        w = letters(&b) > w ? letters(&b) : w;
    }
    buf_free(&b);
    return w;
}

static void pad(struct buf *b, struct buf *s, size_t w, bool left)
{
    size_t fill = w > letters(s) ? w - letters(s) : 0;
    for (size_t i = 0; !left && i < fill; i++)
        buf_putc(b, ' ');
    buf_phi(b, buf_view(s));
    for (size_t i = 0; left && i < fill; i++)
        buf_putc(b, ' ');
}

struct place {
    const char *kind;
    char file[DIGEST_HEX];
    int64_t off, len, seg; /* seg: of the first segment in its set, ST is 1; 0: the whole file */
};
static bool place_of(struct ledger *l, int64_t event, struct place *out)
{
    struct stmt *q = store_sql(
        ledger_store(l), "SELECT e.kind,e.off,e.len,f.digest,e.seg FROM event e JOIN file f ON"
                         " f.no=e.file WHERE e.no=?1");
    stmt_int(q, 1, event);
    if (!stmt_step(q))
        return false;
    struct digest d = {{0}};
    phi_str bytes = stmt_col_bytes(q, 3);
    if (bytes.n == DIGEST_LEN)
        memcpy(d.b, bytes.p, DIGEST_LEN);
    const char *kind = ledger_kind_name((int)stmt_col_int(q, 0));
    *out = (struct place){.kind = kind ? kind : "",
                          .off = stmt_col_int(q, 1),
                          .len = stmt_col_int(q, 2),
                          .seg = stmt_col_int(q, 4)};
    digest_hex(&d, out->file);
    return true;
}

static void text_place(struct buf *b, const struct place *p, int64_t event)
{
    buf_printf(b, "  event %" PRId64 " %s, file %.16s, ", event, p->kind, p->file);
    if (p->seg)
        buf_printf(b, "segment %" PRId64 " of its set, ", p->seg);
    buf_printf(b, "bytes %" PRId64 " to %" PRId64, p->off, p->off + p->len);
}

static void text_trace(struct buf *b, struct table *t, struct ledger *l, struct row *r)
{
    for (int i = 0; i < t->n; i++) {
        const struct col *k = &t->col[i];
        const struct cell *c = &r->cell[i];
        if (k->den && !c->none)
            buf_printf(b, "    %s: %s over %s\n", k->name, t->col[k->num].name,
                       t->col[k->den].name);
        for (size_t s = 0; s < c->src_n; s++) {
            struct place p;
            struct cell part = {.v = c->src[s].amount};
            buf_printf(b, "    %s: ", k->name);
            number(b, k, &part);
            if (place_of(l, c->src[s].event, &p))
                text_place(b, &p, c->src[s].event);
            buf_putc(b, '\n');
        }
    }
}

static void flush(struct buf *b)
{
    if (b->len)
        fwrite(b->p, 1, b->len, stdout);
    buf_clear(b);
}

static void print_text(struct table *t, struct ledger *l)
{
    struct buf b = {0}, s = {0};
    size_t *w = arena_alloc(&t->mem, (size_t)t->n * sizeof *w);
    for (int i = 0; i < t->n; i++) {
        w[i] = width_of(t, i);
        buf_clear(&s);
        buf_puts(&s, t->col[i].name);
        buf_puts(&b, i ? "  " : "");
        pad(&b, &s, i + 1 < t->n || t->col[i].kind != COL_TEXT ? w[i] : 0,
            t->col[i].kind == COL_TEXT);
    }
    buf_putc(&b, '\n');
    for (struct row *r = t->first; r; r = r->next) {
        for (int i = 0; i < t->n; i++) {
            buf_clear(&s);
            table_words(t, i, &r->cell[i], &s);
            buf_puts(&b, i ? "  " : "");
            pad(&b, &s, w[i], t->col[i].kind == COL_TEXT);
        }
        buf_putc(&b, '\n');
        if (t->trace)
            text_trace(&b, t, l, r);
        flush(&b);
    }
    flush(&b);
    buf_free(&b);
    buf_free(&s);
}

static void json_trace(struct buf *b, struct table *t, struct ledger *l, struct row *r)
{
    buf_puts(b, ",\"trace\":[");
    int n = 0;
    for (int i = 0; i < t->n; i++)
        for (size_t s = 0; s < r->cell[i].src_n; s++) {
            const struct source *src = &r->cell[i].src[s];
            struct place p = {.kind = ""};
            place_of(l, src->event, &p);
            buf_printf(b,
                       "%s{\"of\":\"%s\",\"amount\":%" PRId64 ",\"event\":%" PRId64
                       ",\"kind\":\"%s\",\"file\":\"%s\",\"seg\":%" PRId64 ",\"off\":%" PRId64
                       ",\"len\":%" PRId64 "}",
                       n++ ? "," : "", t->col[i].name, src->amount, src->event, p.kind, p.file,
                       p.seg, p.off, p.len);
        }
    buf_putc(b, ']');
}

static void print_json(struct table *t, struct ledger *l)
{
    struct buf b = {0};
    for (struct row *r = t->first; r; r = r->next) {
        buf_printf(&b, "{\"report\":\"%s\"", t->name);
        for (int i = 0; i < t->n; i++) {
            buf_printf(&b, ",\"%s\":", t->col[i].name);
            if (t->col[i].kind == COL_TEXT)
                buf_json(&b, r->cell[i].text);
            else if (r->cell[i].none)
                buf_puts(&b, "null");
            else
                buf_int(&b, r->cell[i].v);
        }
        if (t->trace)
            json_trace(&b, t, l, r);
        buf_puts(&b, "}\n");
        flush(&b);
    }
    buf_free(&b);
}

/* A word that a spreadsheet would take for a formula gets an apostrophe. */
static void csv_word(struct buf *b, phi_str s)
{
    buf_putc(b, '"');
    if (s.n && strchr("=+-@", s.p[0]))
        buf_putc(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_putc(b, '"');
        buf_putc(b, (unsigned char)s.p[i] >= ' ' ? s.p[i] : '?');
    }
    buf_putc(b, '"');
}

static void csv_sources(struct buf *b, struct table *t, struct ledger *l, struct row *r)
{
    for (int i = 0; i < t->n; i++)
        for (size_t s = 0; s < r->cell[i].src_n; s++) {
            struct place p = {.kind = ""};
            place_of(l, r->cell[i].src[s].event, &p);
            buf_printf(b, "#trace,\"%s\",", t->col[i].name);
            if (t->col[i].kind == COL_COUNT)
                buf_int(b, r->cell[i].src[s].amount);
            else
                decimals(b, r->cell[i].src[s].amount);
            buf_printf(b, ",%" PRId64 ",%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
                       r->cell[i].src[s].event, p.kind, p.file, p.off, p.len, p.seg);
        }
}

static void print_csv(struct table *t, struct ledger *l)
{
    struct buf b = {0};
    for (int i = 0; i < t->n; i++)
        buf_printf(&b, "%s\"%s\"", i ? "," : "", t->col[i].name);
    buf_putc(&b, '\n');
    for (struct row *r = t->first; r; r = r->next) {
        for (int i = 0; i < t->n; i++) {
            buf_puts(&b, i ? "," : "");
            if (t->col[i].kind == COL_TEXT)
                csv_word(&b, r->cell[i].text);
            else if (t->col[i].kind == COL_COUNT)
                buf_int(&b, r->cell[i].v);
            else if (!r->cell[i].none)
                decimals(&b, r->cell[i].v);
        }
        buf_putc(&b, '\n');
        if (t->trace)
            csv_sources(&b, t, l, r);
        flush(&b);
    }
    flush(&b);
    buf_free(&b);
}

void table_print(struct table *t, struct ledger *l, enum table_form form)
{
    static void (*const print[])(struct table *, struct ledger *) = {print_text, print_json,
                                                                     print_csv};
    print[form](t, l);
}
