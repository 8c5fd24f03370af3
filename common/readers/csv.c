/*
 * A table of charges, a line a charge, as small offices keep it (RFC 4180: quotes, doubled quotes,
 * line ends inside of quotes; comma, semicolon or tab). The first row names the columns. Rows of one
 * encounter stand together and repeat or leave empty what is the encounter's. Notes are text files
 * beside the table; ingest puts both into one container (see csv.h).
 */
#include "common/readers/csv.h"
#include "common/readers/enc_out.h"
#include "common/util/buf.h"
#include <stdio.h>
#include <strings.h>

enum { COLUMNS = 100, ROWS = 200000 };

static const char *const NAMES[] = {
    "enc",           "sys",       "ref",       "last",      "first",
    "middle",        "dob",       "sex",       "l1",        "l2",
    "city",          "st",        "zip",       "loc",       "npi",
    "pos",           "bill",      "rend",      "refer",     "from",
    "thru",          "payer",     "member",    "group",     "rel",
    "sub_last",      "sub_first", "sub_dob",   "sub_sex",   "sub_l1",
    "sub_city",      "sub_st",    "sub_zip",   "payer2",    "member2",
    "group2",        "rel2",      "dx",        "code",      "mods",
    "units",         "chg",       "pointers",  "dos",       "ndc",
    "ndc_qty",       "ndc_unit",  "auth",      "accident",  "accident_state",
    "accident_date", "signed_by", "signed_at", "note_file", "note_type"};
enum { NAMED = sizeof NAMES / sizeof *NAMES };

struct row {
    phi_str cell[COLUMNS];
    size_t n;
    phi_str raw;
};
struct csv {
    phi_str s;
    size_t at;
    size_t row; /* number of the row that was read last; the names are row 1 */
    char sep;
    int place[NAMED]; /* column of a name, -1: none */
    struct arena *a;
    struct reader_items *out;
    struct csv_notes notes;
    /* the encounter that rows are being added to */
    json_t *e;
    phi_str id;
    size_t first_row, from;
    const char *why; /* its first fault */
    char where[60];
};

/* ---- rows ---- */

/* A cell in quotes: two of them mean one. */
static bool quoted_cell(struct csv *c, phi_str *cell)
{
    size_t b = ++c->at, doubled = 0, n = 0;
    for (; c->at < c->s.n; c->at++)
        if (c->s.p[c->at] == '"') {
            if (c->at + 1 == c->s.n || c->s.p[c->at + 1] != '"')
                break;
            c->at++;
            doubled++;
        }
    *cell = phi_of(c->s.p + b, c->at - b);
    if (c->at++ >= c->s.n)
        return false;
    if (doubled) {
        char *to = arena_alloc(c->a, cell->n);
        for (size_t i = 0; i < cell->n; i++) {
            to[n++] = cell->p[i];
            i += cell->p[i] == '"';
        }
        *cell = phi_of(to, n);
    }
    return c->at >= c->s.n || strchr("\r\n", c->s.p[c->at]) || c->s.p[c->at] == c->sep;
}

/* The cell at c->at, which moves behind it; quotes taken off. False when a quote is not closed. */
static bool next_cell(struct csv *c, phi_str *cell)
{
    size_t b = c->at;
    if (c->at < c->s.n && c->s.p[c->at] == '"')
        return quoted_cell(c, cell);
    while (c->at < c->s.n && c->s.p[c->at] != c->sep && c->s.p[c->at] != '\n')
        c->at++;
    size_t e = c->at;
    while (e > b && (c->s.p[e - 1] == '\r' || c->s.p[e - 1] == ' '))
        e--;
    while (b < e && c->s.p[b] == ' ')
        b++;
    *cell = phi_of(c->s.p + b, e - b);
    return true;
}

/* NULL, or what is wrong with the row; then nothing behind it can be read. */
static const char *next_row(struct csv *c, struct row *r)
{
    size_t from = c->at;
    r->n = 0;
    c->row++;
    for (;;) {
        if (r->n == COLUMNS)
            return "has more than 100 columns";
        if (!next_cell(c, &r->cell[r->n++]))
            return "has a quote that is not closed, or text behind one";
        while (c->at < c->s.n && c->s.p[c->at] == '\r')
            c->at++;
        if (c->at >= c->s.n || c->s.p[c->at] == '\n')
            break;
        c->at++;
    }
    c->at += c->at < c->s.n;
    r->raw = phi_of(c->s.p + from, c->at - from);
    return NULL;
}

static int name_of(phi_str cell)
{
    for (int i = 0; i < NAMED; i++)
        if (cell.n == strlen(NAMES[i]) && strncasecmp(cell.p, NAMES[i], cell.n) == 0)
            return i;
    return -1;
}

static char separator(phi_str line)
{
    size_t n[3] = {0};
    static const char seps[] = ",;\t";
    for (size_t i = 0; i < line.n && line.p[i] != '\n'; i++)
        for (int k = 0; k < 3; k++)
            n[k] += line.p[i] == seps[k];
    return n[1] > n[0] && n[1] >= n[2] ? ';' : n[2] > n[0] ? '\t' : ',';
}

/* ---- the encounter at hand ---- */

static void fault(struct csv *c, const char *column, const char *why)
{
    if (c->why)
        return;
    c->why = why;
    snprintf(c->where, sizeof c->where, "row %zu column %s", c->row, column);
}

static phi_str cell(struct csv *c, const struct row *r, const char *name)
{
    int i = name_of(phi_lit(name));
    size_t at = i < 0 || c->place[i] < 0 ? COLUMNS : (size_t)c->place[i];
    if (at >= r->n)
        return phi_of("", 0);
    if (r->cell[at].n > READER_FIELD_MAX) {
        fault(c, name, "is longer than a value may be");
        return phi_of("", 0);
    }
    return r->cell[at];
}

static json_t *in(json_t *o, const char *key)
{
    return json_object_get(o, key);
}

/* A value of the encounter: said once, or again the same. */
static void put(struct csv *c, json_t *o, const char *key, const struct row *r, const char *name)
{
    phi_str v = cell(c, r, name);
    const json_t *had = in(o, key);
    if (!v.n)
        return;
    if (json_is_string(had) && !phi_eq(v, phi_of(json_string_value(had), json_string_length(had))))
        fault(c, name, "differs from an earlier row of the encounter");
    enc_out_put(o, key, v);
}

static void put_date(struct csv *c, json_t *o, const char *key, const struct row *r,
                     const char *name)
{
    char day[11];
    phi_str v = cell(c, r, name);
    if (!v.n)
        return;
    if (!enc_out_date(v, day)) {
        fault(c, name, "is no date like 2026-09-03");
        return;
    }
    const char *had = json_string_value(in(o, key));
    if (had && strcmp(had, day) != 0)
        fault(c, name, "differs from an earlier row of the encounter");
    json_object_set_new(o, key, json_string(day));
}

static void read_patient(struct csv *c, const struct row *r)
{
    static const char *const keys[] = {"ref", "last", "first", "middle", "sex"};
    static const char *const where[] = {"l1", "l2", "city", "st"};
    json_t *pt = in(c->e, "pt");
    for (size_t i = 0; i < 5; i++)
        put(c, pt, keys[i], r, keys[i]);
    put_date(c, pt, "dob", r, "dob");
    for (size_t i = 0; i < 4; i++)
        put(c, in(pt, "addr"), where[i], r, where[i]);
    phi_str zip = enc_out_zip(cell(c, r, "zip"), c->a);
    if (zip.n)
        enc_out_put(in(pt, "addr"), "zip", zip);
}

static void read_sub(struct csv *c, json_t *cover, const struct row *r)
{
    static const char *const names[][2] = {
        {"last", "sub_last"}, {"first", "sub_first"}, {"sex", "sub_sex"}};
    static const char *const where[][2] = {
        {"l1", "sub_l1"}, {"city", "sub_city"}, {"st", "sub_st"}};
    json_t *sub = in(cover, "sub");
    if (!sub && cell(c, r, "sub_last").n) {
        sub = enc_out_person(false);
        json_object_set_new(cover, "sub", sub);
    }
    for (size_t i = 0; sub && i < 3; i++) {
        put(c, sub, names[i][0], r, names[i][1]);
        put(c, in(sub, "addr"), where[i][0], r, where[i][1]);
    }
    phi_str zip = enc_out_zip(cell(c, r, "sub_zip"), c->a);
    if (sub && zip.n)
        enc_out_put(in(sub, "addr"), "zip", zip);
    if (sub)
        put_date(c, sub, "dob", r, "sub_dob");
}

static void read_cover(struct csv *c, const struct row *r, size_t rank, const char *const names[4])
{
    json_t *list = in(c->e, "cov"), *cover = json_array_get(list, rank - 1);
    phi_str word = cell(c, r, names[3]);
    const char *rel = enc_out_relation(word);
    if (!cell(c, r, names[0]).n && !cover)
        return;
    if (!cover) {
        cover = enc_out_cover((int)rank);
        json_array_append_new(list, cover);
    }
    put(c, cover, "payer", r, names[0]);
    put(c, cover, "member", r, names[1]);
    put(c, cover, "group", r, names[2]);
    if (word.n && !*rel)
        fault(c, names[3], "is no relationship that is known");
    else if (word.n)
        json_object_set_new(cover, "rel", json_string(rel));
    if (rank == 1)
        read_sub(c, cover, r);
}

/* "J02.0 I10": codes with blanks between them, in order. */
static void read_dx(struct csv *c, const struct row *r)
{
    phi_str v = cell(c, r, "dx");
    for (size_t i = 0; i < v.n;) {
        size_t b = i;
        while (i < v.n && v.p[i] != ' ' && v.p[i] != '|')
            i++;
        if (i - b > 8)
            fault(c, "dx", "is longer than a diagnosis code");
        else if (i > b)
            enc_out_dx(c->e, phi_of(v.p + b, i - b), phi_of("", 0), phi_of("", 0));
        i++;
    }
}

static void read_rest(struct csv *c, const struct row *r)
{
    json_t *e = c->e, *prov = in(e, "prov");
    put(c, in(e, "src"), "sys", r, "sys");
    put(c, in(e, "facility"), "npi", r, "npi");
    put(c, in(e, "facility"), "pos", r, "pos");
    put(c, in(e, "facility"), "loc", r, "loc");
    put(c, prov, "bill", r, "bill");
    put(c, prov, "rend", r, "rend");
    put(c, prov, "ref", r, "refer");
    put_date(c, in(e, "dos"), "from", r, "from");
    put_date(c, in(e, "dos"), "thru", r, "thru");
    phi_str auth = cell(c, r, "auth");
    if (auth.n && !json_array_size(in(e, "auth")))
        json_array_append_new(in(e, "auth"), json_stringn(auth.p, auth.n));
    if (cell(c, r, "accident").n && json_is_null(in(e, "accident")))
        json_object_set_new(e, "accident", json_object());
    if (json_is_object(in(e, "accident"))) {
        put(c, in(e, "accident"), "cause", r, "accident");
        put(c, in(e, "accident"), "state", r, "accident_state");
        put_date(c, in(e, "accident"), "date", r, "accident_date");
    }
}

static void read_signed(struct csv *c, const struct row *r)
{
    char at[40];
    phi_str by = cell(c, r, "signed_by"), when = cell(c, r, "signed_at");
    if (!by.n && !when.n)
        return;
    if (!enc_out_time(when, at)) {
        fault(c, "signed_at", "is no time like 2026-09-03T17:10:00-06:00");
        return;
    }
    json_t *s = json_object();
    enc_out_put(s, "by", by);
    json_object_set_new(s, "at", json_string(at));
    json_object_set_new(c->e, "signed", s);
}

static void read_note(struct csv *c, const struct row *r)
{
    phi_str name = cell(c, r, "note_file"), text;
    if (!name.n || json_is_object(in(c->e, "note")))
        return;
    if (!csv_note(&c->notes, name, &text))
        return; /* has_notes() saw to it */
    if (text.n > READER_NOTE_MAX) {
        fault(c, "note_file", "names a text of more than 1 MB");
        return;
    }
    json_t *note = json_object();
    enc_out_put(note, "type", cell(c, r, "note_type"));
    enc_out_put(note, "text", text);
    json_object_set_new(c->e, "note", note);
}

/* ---- charges ---- */

static void read_mods(struct csv *c, json_t *line, const struct row *r)
{
    phi_str v = cell(c, r, "mods");
    for (size_t i = 0; i < v.n;) {
        size_t b = i;
        while (i < v.n && v.p[i] != ' ' && v.p[i] != '|' && v.p[i] != ':')
            i++;
        if (i > b)
            json_array_append_new(in(line, "mods"), json_stringn(v.p + b, i - b));
        i++;
    }
}

/* "1 2": places in the encounter's dx; nothing said and one diagnosis: that one. */
static void read_pointers(struct csv *c, json_t *line, const struct row *r)
{
    phi_str v = cell(c, r, "pointers");
    size_t dx = json_array_size(in(c->e, "dx"));
    for (size_t i = 0; i < v.n; i++) {
        json_int_t n = 0;
        while (i < v.n && v.p[i] >= '0' && v.p[i] <= '9' && n < 100)
            n = n * 10 + (v.p[i++] - '0');
        if (n < 1 || n > 99 || (i < v.n && v.p[i] != ' ' && v.p[i] != '|' && v.p[i] != ':')) {
            fault(c, "pointers", "is no list of places among the diagnoses, like 1 2");
            return;
        }
        json_array_append_new(in(line, "dx"), json_integer(n));
    }
    if (!v.n && dx == 1)
        json_array_append_new(in(line, "dx"), json_integer(1));
}

static void read_line(struct csv *c, const struct row *r)
{
    phi_str code = cell(c, r, "code"), ndc = cell(c, r, "ndc");
    if (!code.n) {
        if (cell(c, r, "chg").n || cell(c, r, "units").n)
            fault(c, "code", "is empty, and the row has units or an amount");
        return;
    }
    json_t *list = in(c->e, "lines"), *line = enc_out_line(json_array_size(list) + 1);
    json_array_append_new(list, line);
    enc_out_put(line, "code", code);
    read_mods(c, line, r);
    if (!enc_out_put_units(line, cell(c, r, "units")))
        fault(c, "units", "is no number of units above 0");
    if (!enc_out_put_money(line, "chg", cell(c, r, "chg")))
        fault(c, "chg", "is no amount in dollars from 0 on, like 150.00");
    read_pointers(c, line, r);
    if (ndc.n) {
        json_t *o = json_object();
        enc_out_put(o, "code", ndc);
        enc_out_put(o, "qty", cell(c, r, "ndc_qty"));
        enc_out_put(o, "unit", cell(c, r, "ndc_unit"));
        json_object_set_new(line, "ndc", o);
    }
    if (cell(c, r, "dos").n)
        put_date(c, line, "dos", r, "dos");
}

/* ---- all ---- */

static void end_encounter(struct csv *c, size_t end)
{
    if (!c->e)
        return;
    json_t *dos = in(c->e, "dos");
    if (json_is_null(in(dos, "thru")))
        json_object_set(dos, "thru", in(dos, "from"));
    if (c->why) {
        reader_refuse(c->out, c->a, "CSV_FIELD", "%s: %s", c->where, c->why);
        json_decref(c->e);
    } else {
        enc_out_give(c->e, false, c->a, c->out);
    }
    c->out->v[c->out->n - 1].part = phi_of(c->s.p + c->from, end - c->from);
    c->e = NULL;
    c->why = NULL;
}

/* Seen before, not in the rows right above: its parts would become two claims. */
static bool came_before(struct csv *c, json_t *ids, phi_str id)
{
    char *key = arena_strndup(c->a, id.p, id.n);
    if (json_object_get(ids, key))
        return true;
    json_object_set_new(ids, key, json_true());
    return false;
}

static void take_row(struct csv *c, const struct row *r, json_t *ids)
{
    phi_str id = cell(c, r, "enc");
    if (!c->e || (id.n && !phi_eq(id, c->id))) {
        end_encounter(c, c->at - r->raw.n);
        c->e = enc_out_new();
        c->from = c->at - r->raw.n;
        c->id = id;
        json_object_set_new(in(c->e, "src"), "event", json_string("CSV"));
        enc_out_put(c->e, "enc", id);
        if (!id.n)
            fault(c, "enc", "is empty, and no encounter stands above it");
        else if (came_before(c, ids, id))
            fault(c, "enc", "stood further up already: the rows of an encounter stand together");
    }
    read_patient(c, r);
    read_cover(c, r, 1, (const char *const[4]){"payer", "member", "group", "rel"});
    read_cover(c, r, 2, (const char *const[4]){"payer2", "member2", "group2", "rel2"});
    read_dx(c, r);
    read_rest(c, r);
    read_signed(c, r);
    read_note(c, r);
    read_line(c, r);
}

/* The first row: every column is known and stands once, and those that must be are there. */
static bool read_names(struct csv *c)
{
    struct row r;
    const char *bad = next_row(c, &r);
    for (int i = 0; i < NAMED; i++)
        c->place[i] = -1;
    if (bad)
        reader_refuse(c->out, c->a, "CSV_FORM", "row 1: %s", bad);
    for (size_t k = 0; !bad && k < r.n; k++) {
        int i = name_of(r.cell[k]);
        if (i < 0 || c->place[i] >= 0) {
            reader_refuse(c->out, c->a, "CSV_FORM", "row 1: column %zu %s", k + 1,
                          i < 0 ? "has no name that is known (docs/readers.md has the list)"
                                : "has the name of an earlier one");
            return false;
        }
        c->place[i] = (int)k;
    }
    if (!bad && (c->place[name_of(phi_lit("enc"))] < 0 || c->place[name_of(phi_lit("code"))] < 0)) {
        reader_refuse(c->out, c->a, "CSV_FORM", "row 1: there is no column enc or no column code");
        return false;
    }
    return !bad;
}

static bool is_blank(const struct row *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->cell[i].n)
            return false;
    return true;
}

/* Refuses the table when a note that it names is not there, so that it can come again whole with no
 * encounter taken twice. */
static bool has_notes(struct csv *c)
{
    struct csv look = *c;
    struct row r;
    phi_str text;
    while (look.at < look.s.n && !next_row(&look, &r)) {
        phi_str name = cell(&look, &r, "note_file");
        if (name.n && !csv_note(&c->notes, name, &text)) {
            reader_refuse(c->out, c->a, "CSV_FORM",
                          "row %zu column note_file: names no text file beside the table; nothing "
                          "of the table was taken",
                          look.row);
            return false;
        }
    }
    return true;
}

static void read_rows(struct csv *c)
{
    json_t *ids = json_object();
    const char *bad = NULL;
    struct row r;
    while (c->at < c->s.n && !bad) {
        bad = c->row > ROWS ? "is one of more than 200,000" : next_row(c, &r);
        if (!bad && !is_blank(&r))
            take_row(c, &r, ids);
    }
    if (bad) {
        /* the encounter above it may go on in what cannot be read */
        c->why = NULL;
        json_decref(c->e);
        c->e = NULL;
        reader_refuse(c->out, c->a, "CSV_FORM",
                      "row %zu: %s; it and what stands behind it, and "
                      "the encounter above it, were not read",
                      c->row, bad);
    }
    end_encounter(c, c->s.n);
    json_decref(ids);
}

void csv_read(phi_str unit, struct arena *a, struct reader_items *out)
{
    struct csv c = {.a = a, .out = out};
    if (!csv_open(unit, &c.s, &c.notes)) {
        reader_refuse(out, a, "CSV_FORM", "the container of table and notes is damaged");
        return;
    }
    if (c.s.n > 3 && memcmp(c.s.p, "\xEF\xBB\xBF", 3) == 0)
        c.s = phi_of(c.s.p + 3, c.s.n - 3);
    c.sep = separator(c.s);
    if (read_names(&c) && has_notes(&c))
        read_rows(&c);
}

size_t csv_note_names(phi_str table, struct arena *a, phi_str **names)
{
    struct reader_items ignored = {0};
    struct csv c = {.a = a, .out = &ignored, .s = table};
    json_t *had = json_object();
    size_t n = 0, cap = 0;
    struct row r;
    if (c.s.n > 3 && memcmp(c.s.p, "\xEF\xBB\xBF", 3) == 0)
        c.s = phi_of(c.s.p + 3, c.s.n - 3);
    c.sep = separator(c.s);
    bool good = !reader_not_text(table) && read_names(&c);
    while (good && c.at < c.s.n && !next_row(&c, &r)) {
        phi_str name = cell(&c, &r, "note_file");
        if (!name.n || came_before(&c, had, name))
            continue;
        if (n == cap) {
            phi_str *more = arena_alloc(a, (cap = cap * 2 + 16) * sizeof *more);
            if (n)
                memcpy(more, *names, n * sizeof *more);
            *names = more;
        }
        (*names)[n++] = name;
    }
    json_decref(had);
    return n;
}

bool csv_tell(phi_str head)
{
    phi_str s = head;
    if (head.n >= CSV_MAGIC_LEN && memcmp(head.p, CSV_MAGIC, CSV_MAGIC_LEN) == 0)
        return true;
    if (s.n > 3 && memcmp(s.p, "\xEF\xBB\xBF", 3) == 0)
        s = phi_of(s.p + 3, s.n - 3);
    char sep = separator(s);
    bool enc = false, code = false;
    for (size_t i = 0, b = 0; i <= s.n && i < 4096; i++) {
        if (i < s.n && s.p[i] != sep && s.p[i] != '\n' && s.p[i] != '\r')
            continue;
        phi_str name = phi_of(s.p + b, i - b);
        if (name.n > 1 && name.p[0] == '"')
            name = phi_of(name.p + 1, name.n - 2);
        enc = enc || (name.n == 3 && strncasecmp(name.p, "enc", 3) == 0);
        code = code || (name.n == 4 && strncasecmp(name.p, "code", 4) == 0);
        if (i == s.n || s.p[i] != sep)
            break;
        b = i + 1;
    }
    return enc && code;
}
