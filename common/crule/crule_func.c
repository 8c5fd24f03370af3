/* The functions of expressions. Each asks a table, the note or the draft; none changes anything. */
#include "common/crule/crule_int.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static struct value none(void)
{
    return (struct value){.kind = V_NONE};
}

static phi_str code_of(struct run *r, struct value v)
{
    return v.kind == V_JSON ? crule_get(v.json, "code") : crule_text(r, v);
}

/* ---- texts ---- */

static struct value fn_len(struct run *r, const struct value *a, int n)
{
    (void)n;
    if (a[0].kind == V_JSON)
        return value_num((int64_t)(json_is_array(a[0].json) ? json_array_size(a[0].json)
                                                            : json_object_size(a[0].json)));
    return value_num((int64_t)crule_text(r, a[0]).n);
}

static struct value fn_part(struct run *r, const struct value *a, int n)
{
    phi_str s = code_of(r, a[0]);
    int64_t from = 1, len = 99;
    crule_number(a[1], &from);
    if (n > 2)
        crule_number(a[2], &len);
    if (from < 1 || (size_t)from > s.n || len < 0)
        return value_text(phi_lit(""));
    size_t left = s.n - (size_t)from + 1;
    return value_text(phi_of(s.p + from - 1, (size_t)len < left ? (size_t)len : left));
}

static struct value fn_cat(struct run *r, const struct value *a, int n)
{
    struct buf b = {0};
    for (int i = 0; i < n; i++)
        buf_phi(&b, crule_text(r, a[i]));
    phi_str s = arena_phi(&r->mem, buf_view(&b));
    buf_free(&b);
    return value_text(s);
}

static struct value fn_if(struct run *r, const struct value *a, int n)
{
    (void)r, (void)n;
    return crule_true(a[0]) ? a[1] : a[2];
}

static struct value fn_days(struct run *r, const struct value *a, int n)
{
    int32_t from, to;
    (void)n;
    return crule_day(crule_text(r, a[0]), &from) && crule_day(crule_text(r, a[1]), &to)
               ? value_num(to - from)
               : none();
}

/* ---- the note ---- */

static bool letter(char c)
{
    return isalnum((unsigned char)c) != 0;
}

static bool no_word(phi_str w)
{
    static const char *const list[] = {"no",    "not",  "without", "denies", "denied",
                                       "never", "none", "nor",     "neither"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (phi_is(w, list[i]))
            return true;
    return false;
}

/* True when one of the five words before `at`, in the same sentence, denies. */
static bool denied(const struct buf *low, size_t at)
{
    for (int words = 0; at > 0 && words < 5; words++) {
        while (at > 0 && !letter(low->p[at - 1]))
            if (strchr(".;\n:", low->p[--at]) && (at + 1 >= low->len || !letter(low->p[at + 1])))
                return false;
        size_t end = at;
        while (at > 0 && letter(low->p[at - 1]))
            at--;
        if (no_word(phi_of(low->p + at, end - at)))
            return true;
    }
    return false;
}

/* Finds one alternative: words at word boundaries; a star at its end lets the word go on. */
static bool finds(const struct buf *low, phi_str w, bool even_denied)
{
    bool open_end = w.n && w.p[w.n - 1] == '*';
    w.n -= open_end;
    for (const char *p = low->p, *end = low->p + low->len;
         w.n && (p = memmem(p, (size_t)(end - p), w.p, w.n)); p++) {
        bool starts = p == low->p || !letter(p[-1]) || !letter(*w.p);
        bool ends = open_end || p + w.n == end || !letter(p[w.n]) || !letter(w.p[w.n - 1]);
        if (starts && ends && (even_denied || !denied(low, (size_t)(p - low->p))))
            return true;
    }
    return false;
}

static bool finds_any(const struct buf *low, phi_str list, bool even_denied)
{
    while (list.n) {
        const char *bar = memchr(list.p, '|', list.n);
        size_t n = bar ? (size_t)(bar - list.p) : list.n;
        if (low->len && finds(low, phi_of(list.p, n), even_denied))
            return true;
        list = phi_of(list.p + n + (bar != NULL), list.n - n - (bar != NULL));
    }
    return false;
}

bool crule_finds(const struct buf *low, phi_str list)
{
    return finds_any(low, list, false);
}

static struct value say(struct run *r, phi_str list, bool even_denied)
{
    return value_num(finds_any(&r->low, list, even_denied));
}

static struct value fn_says(struct run *r, const struct value *a, int n)
{
    (void)n;
    return say(r, crule_text(r, a[0]), false);
}

static struct value fn_mentions(struct run *r, const struct value *a, int n)
{
    (void)n;
    return say(r, crule_text(r, a[0]), true);
}

/* The side that the whole note speaks of: right, left, both; "" when it says none. */
static struct value fn_side_said(struct run *r, const struct value *a, int n)
{
    (void)a, (void)n;
    bool right = crule_true(say(r, phi_lit("right"), false));
    bool left = crule_true(say(r, phi_lit("left"), false));
    bool both = crule_true(say(r, phi_lit("both|bilateral|bilaterally"), false));
    return value_text(phi_lit(both || (right && left) ? "both"
                              : right                 ? "right"
                              : left                  ? "left"
                                                      : ""));
}

/* ---- tables ---- */

static const struct code_row *row_of(struct run *r, const struct value *a, int n)
{
    phi_str system = crule_text(r, a[0]);
    char name[SYSTEM_LEN] = {0};
    if (!r->codes)
        return NULL;
    /* names made of lists' names are cut at this length when they are imported */
    memcpy(name, system.p, system.n < sizeof name ? system.n : sizeof name - 1);
    return codes_find(r->codes, name, code_of(r, a[1]), n > 2 ? code_of(r, a[2]) : (phi_str){"", 0},
                      r->day);
}

static struct value fn_table(struct run *r, const struct value *a, int n)
{
    return value_num(row_of(r, a, n) != NULL);
}

static struct value fn_value(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = row_of(r, a, n);
    return row ? value_num(row->value) : none();
}

static struct value fn_indicator(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = row_of(r, a, n);
    return row ? value_num(code_indicator(row->flags)) : none();
}

static struct value fn_title(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = row_of(r, a, n);
    return row ? value_text(codes_title(r->codes, row)) : none();
}

/* True when the table has the system at all: without it, what asks it is silent. */
static struct value fn_loaded(struct run *r, const struct value *a, int n)
{
    struct code_system s;
    char name[SYSTEM_LEN] = {0};
    phi_str system = crule_text(r, a[0]);
    (void)n;
    if (!r->codes)
        return value_num(0);
    memcpy(name, system.p, system.n < sizeof name ? system.n : sizeof name - 1);
    return value_num(codes_system(r->codes, name, &s) && s.n > 0);
}

static const struct code_row *dx_row(struct run *r, phi_str code)
{
    return r->codes ? codes_find(r->codes, "icd10cm", code, (phi_str){"", 0}, r->day) : NULL;
}

static struct value fn_billable(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = dx_row(r, code_of(r, a[0]));
    (void)n;
    return value_num(row && (row->flags & CODE_BILLABLE));
}

static struct value fn_heading(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = dx_row(r, code_of(r, a[0]));
    (void)n;
    return value_num(row && !(row->flags & CODE_BILLABLE));
}

static struct value fn_known(struct run *r, const struct value *a, int n)
{
    (void)n;
    return value_num(r->codes && codes_known(r->codes, "icd10cm", code_of(r, a[0])));
}

/* The only billable code of the day that a code which ended or became a heading leads to: its child
 * whose title ends with "unspecified"; "" when there is none, or there are several. */
static struct value fn_now(struct run *r, const struct value *a, int n)
{
    static const char word[] = "unspecified";
    struct code_system s;
    phi_str code = code_of(r, a[0]), found = phi_lit("");
    size_t w = sizeof word - 1;
    (void)n;
    if (!r->codes || !codes_system(r->codes, "icd10cm", &s))
        return value_text(found);
    for (uint32_t i = 0; i < s.n; i++) {
        const struct code_row *row = &s.rows[i];
        size_t len = strnlen(row->code, CODE_LEN);
        phi_str t = codes_title(r->codes, row);
        if (len != code.n + 1 || memcmp(row->code, code.p, code.n) != 0 || row->from > r->day ||
            r->day > row->to || !(row->flags & CODE_BILLABLE) || t.n < w ||
            memcmp(t.p + t.n - w, word, w) != 0 || phi_eq(found, phi_of(row->code, len)))
            continue;
        if (found.n)
            return value_text(phi_lit(""));
        found = phi_of(row->code, len);
    }
    return value_text(found);
}

/* ---- tabular notes and seventh characters ---- */

static enum note_kind kind_of(phi_str s)
{
    static const char *const names[] = {"",           "excludes1",  "excludes2",
                                        "code_first", "additional", "also"};
    for (int i = 1; i < NOTE_KINDS; i++)
        if (phi_is(s, names[i]))
            return (enum note_kind)i;
    return NOTE_KINDS;
}

static struct value fn_note(struct run *r, const struct value *a, int n)
{
    (void)n;
    return value_num(codes_note_naming(r->notes, code_of(r, a[1]), kind_of(crule_text(r, a[0])),
                                       code_of(r, a[2])) != NULL);
}

static bool firm(void *ctx, const struct code_row *note, phi_str target)
{
    int *count = ctx;
    *count += target.n && !(note->value & NOTE_IF_APPLICABLE);
    return true;
}

/* How many codes notes of this kind name, those "if applicable" not counted. */
static struct value fn_demands(struct run *r, const struct value *a, int n)
{
    int count = 0;
    (void)n;
    codes_notes_of(r->notes, code_of(r, a[1]), kind_of(crule_text(r, a[0])), firm, &count);
    return value_num(count);
}

struct met {
    struct run *r;
    bool met;
};

static bool in_draft(void *ctx, const struct code_row *note, phi_str target)
{
    struct met *m = ctx;
    json_t *d, *list = json_object_get(m->r->draft, "dx");
    size_t i;
    (void)note;
    json_array_foreach(list, i, d) if (target.n && code_within(crule_get(d, "code"), target))
        m->met = true;
    return !m->met;
}

/* True when one of the codes that notes of this kind name is on the bill. */
static struct value fn_met(struct run *r, const struct value *a, int n)
{
    struct met m = {r, false};
    (void)n;
    codes_notes_of(r->notes, code_of(r, a[1]), kind_of(crule_text(r, a[0])), in_draft, &m);
    return value_num(m.met);
}

static struct value fn_seventh(struct run *r, const struct value *a, int n)
{
    (void)n;
    return value_text(codes_seventh_owner(r->codes, code_of(r, a[0]), r->day));
}

/* The code with placeholders up to six and this character behind. */
static struct value fn_pad7(struct run *r, const struct value *a, int n)
{
    phi_str code = code_of(r, a[0]), ch = crule_text(r, a[1]);
    struct buf b = {0};
    (void)n;
    buf_phi(&b, phi_of(code.p, code.n < 6 ? code.n : 6));
    while (b.len < 6)
        buf_putc(&b, 'X');
    buf_phi(&b, ch);
    phi_str s = arena_phi(&r->mem, buf_view(&b));
    buf_free(&b);
    return value_text(s);
}

/* ---- sides ---- */

static const char *const side_words[] = {"right", "left", "bilateral", "unspecified"};

/* Place (of the last) and number of the side word of a title; -1: none. "unspecified" counts when
 * there is no other; whether it speaks of a side is seen by looking for a sibling that has one. */
static int side_word(phi_str t, size_t *at)
{
    int found = -1;
    for (int k = 0; k < 4 && found < 0; k++) {
        size_t n = strlen(side_words[k]);
        for (size_t i = 0; i + n <= t.n; i++)
            if (strncasecmp(t.p + i, side_words[k], n) == 0 && (i == 0 || !letter(t.p[i - 1])) &&
                (i + n == t.n || !letter(t.p[i + n]))) {
                *at = i;
                found = k;
            }
    }
    return found;
}

/* The words of a title without its side word: what its siblings of other sides have too. */
static void without_side(phi_str t, size_t at, struct buf *out)
{
    size_t organ = t.n + 1; /* "right eye", where the other title says "bilateral" */
    buf_clear(out);
    for (size_t i = 0; i < t.n;) {
        size_t end = i;
        while (end < t.n && letter(t.p[end]))
            end++;
        phi_str w = phi_of(t.p + i, end - i);
        bool filler = (w.n == 2 && strncasecmp(w.p, "of", 2) == 0) ||
                      (w.n == 10 && strncasecmp(w.p, "unilateral", 10) == 0) ||
                      (i == organ && w.n == 3 &&
                       (strncasecmp(w.p, "eye", 3) == 0 || strncasecmp(w.p, "ear", 3) == 0));
        if (i == at)
            organ = end + 1;
        w.n -= w.n > 3 && w.p[w.n - 1] == 's'; /* both limbs, right limb */
        if (w.n && i != at && !filler)
            for (size_t k = 0; k <= w.n; k++)
                buf_putc(out, k == w.n ? ' ' : (char)tolower((unsigned char)w.p[k]));
        i = end + (end == i);
    }
}

static struct value fn_side(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = dx_row(r, code_of(r, a[0]));
    size_t at;
    (void)n;
    int k = row ? side_word(codes_title(r->codes, row), &at) : -1;
    return value_text(phi_lit(k < 0 ? "" : side_words[k]));
}

/* The sibling of a code that says this side in place of its own; "" when there is none. */
static struct value fn_sided(struct run *r, const struct value *a, int n)
{
    phi_str code = code_of(r, a[0]), want = crule_text(r, a[1]);
    const struct code_row *row = dx_row(r, code);
    struct code_system s;
    size_t at;
    (void)n;
    if (phi_is(want, "both"))
        want = phi_lit("bilateral");
    int k = row ? side_word(codes_title(r->codes, row), &at) : -1;
    if (k < 0 || code.n < 4 || !codes_system(r->codes, "icd10cm", &s))
        return value_text(phi_lit(""));
    struct buf mine = {0}, theirs = {0};
    without_side(codes_title(r->codes, row), at, &mine);
    phi_str found = phi_lit("");
    for (uint32_t i = 0; i < s.n && !found.n; i++) {
        const struct code_row *x = &s.rows[i];
        if (memcmp(x->code, code.p, 3) != 0 || !(x->flags & CODE_BILLABLE) || x->from > r->day ||
            r->day > x->to || (k = side_word(codes_title(r->codes, x), &at)) < 0 ||
            !phi_is(want, side_words[k]))
            continue;
        without_side(codes_title(r->codes, x), at, &theirs);
        if (mine.len && mine.len == theirs.len && memcmp(mine.p, theirs.p, mine.len) == 0)
            found = phi_of(x->code, strnlen(x->code, CODE_LEN));
    }
    buf_free(&mine);
    buf_free(&theirs);
    return value_text(found);
}

/* ---- the draft ---- */

static struct value fn_pos(struct run *r, const struct value *a, int n)
{
    static const char *const lists[] = {"dx", "lines"};
    (void)n;
    for (size_t k = 0; k < 2 && a[0].kind == V_JSON; k++) {
        json_t *o, *list = json_object_get(r->draft, lists[k]);
        size_t i;
        json_array_foreach(list, i, o) if (o == a[0].json) return value_num((int64_t)i + 1);
    }
    return none();
}

/* True when the line points to the diagnosis; a line without pointers points to all. */
static struct value fn_points(struct run *r, const struct value *a, int n)
{
    (void)r, (void)n;
    if (a[0].kind != V_JSON || a[1].kind != V_JSON)
        return value_num(0);
    json_t *p, *list = json_object_get(a[0].json, "dx"), *number = json_object_get(a[1].json, "n");
    size_t i;
    json_array_foreach(list, i, p) if (json_equal(p, number)) return value_num(1);
    return value_num(json_array_size(list) == 0);
}

/* A word of the fee schedule's indicators: pfs(code, "global"). */
static struct value fn_pfs(struct run *r, const struct value *a, int n)
{
    phi_str key = crule_text(r, a[1]);
    (void)n;
    const struct code_row *row =
        r->codes ? codes_find(r->codes, "pfs", code_of(r, a[0]), (phi_str){"", 0}, r->day) : NULL;
    phi_str t = row ? codes_title(r->codes, row) : phi_lit("");
    for (size_t i = 0; i + key.n < t.n; i++)
        if ((i == 0 || t.p[i - 1] == ' ') && memcmp(t.p + i, key.p, key.n) == 0 &&
            t.p[i + key.n] == '=') {
            const char *from = t.p + i + key.n + 1, *end = t.p + t.n, *to = from;
            while (to < end && *to != ' ')
                to++;
            return value_text(phi_of(from, (size_t)(to - from)));
        }
    return none();
}

static struct value fn_medicare(struct run *r, const struct value *a, int n)
{
    const json_t *cov = json_array_get(json_object_get(r->draft, "cov"), 0);
    phi_str f = crule_get(json_object_get(r->draft, "payer"), "filing");
    (void)a, (void)n;
    if (!f.n)
        f = crule_get(cov, "sbr09");
    return value_num(phi_is(f, "MA") || phi_is(f, "MB") || phi_is(f, "16"));
}

/* The whole part of a quotient; absent when it has none. */
static struct value fn_div(struct run *r, const struct value *a, int n)
{
    (void)r, (void)n;
    return a[0].kind == V_NUM && a[1].kind == V_NUM && a[1].num > 0 ? value_num(a[0].num / a[1].num)
                                                                    : none();
}

/* ---- more of codes ---- */

static struct value fn_says_unspecified(struct run *r, const struct value *a, int n)
{
    const struct code_row *row = dx_row(r, code_of(r, a[0]));
    phi_str t = row ? codes_title(r->codes, row) : phi_lit("");
    (void)n;
    return value_num(t.n && memmem(t.p, t.n, "nspecified", 10) != NULL);
}

/* The words of a title that name the condition, without those for its course; true when this
 * course is among the words left out. */
static bool bare_title(struct run *r, phi_str code, const char *course, struct buf *out)
{
    static const char *const left_out[] = {"acute",     "chronic", "subacute", "unspecified",
                                           "recurrent", "other",   "and"};
    const struct code_row *row = dx_row(r, code);
    phi_str t = row ? codes_title(r->codes, row) : phi_lit("");
    bool has = false;
    for (size_t i = 0; i < t.n;) {
        size_t end = i;
        char w[40];
        while (end < t.n && letter(t.p[end]))
            end++;
        size_t len = end - i < sizeof w - 1 ? end - i : sizeof w - 1;
        for (size_t k = 0; k < len; k++)
            w[k] = (char)tolower((unsigned char)t.p[i + k]);
        w[len] = 0;
        bool skip = len == 0;
        for (size_t k = 0; k < sizeof left_out / sizeof *left_out; k++)
            skip |= strcmp(w, left_out[k]) == 0;
        has |= strcmp(w, course) == 0;
        if (!skip)
            buf_printf(out, "%s ", w);
        i = end + (end == i);
    }
    return has;
}

/* True when a is the acute form of what b is the chronic form of. */
static struct value fn_acute_of(struct run *r, const struct value *a, int n)
{
    struct buf x = {0}, y = {0};
    (void)n;
    bool acute = bare_title(r, code_of(r, a[0]), "acute", &x);
    bool chronic = bare_title(r, code_of(r, a[1]), "chronic", &y);
    bool same = acute && chronic && x.len && x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
    buf_free(&x);
    buf_free(&y);
    return value_num(same);
}

/* How many rows a system has for a code, whatever their pair: rows_of("coverage", code). */
static struct value fn_rows_of(struct run *r, const struct value *a, int n)
{
    struct code_system s;
    phi_str system = crule_text(r, a[0]), code = code_of(r, a[1]);
    char name[SYSTEM_LEN] = {0};
    int64_t found = 0;
    (void)n;
    if (!r->codes || system.n >= sizeof name)
        return value_num(0);
    memcpy(name, system.p, system.n);
    if (!codes_system(r->codes, name, &s))
        return value_num(0);
    uint32_t lo = 0, hi = s.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        phi_str at = phi_of(s.rows[mid].code, strnlen(s.rows[mid].code, CODE_LEN));
        if (phi_cmp(at, code) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < s.n && phi_eq(phi_of(s.rows[lo].code, strnlen(s.rows[lo].code, CODE_LEN)), code);
         lo++)
        found += s.rows[lo].from <= r->day && r->day <= s.rows[lo].to;
    return value_num(found);
}

/* ---- the draft ---- */

static int64_t global_days(struct run *r, phi_str code)
{
    struct value arg[2] = {value_text(code), value_text(phi_lit("global"))};
    phi_str g = crule_text(r, fn_pfs(r, arg, 2));
    return phi_is(g, "090") ? 90 : phi_is(g, "010") ? 10 : -1;
}

/* True when the line is of a day within the global period of an earlier surgery of the same
 * provider. */
static struct value fn_in_global(struct run *r, const struct value *a, int n)
{
    phi_str mine = crule_get(json_object_get(r->draft, "prov"), "rend");
    json_t *p, *list = json_object_get(r->draft, "prior");
    int32_t day, then;
    size_t i;
    (void)n;
    if (a[0].kind != V_JSON || !crule_day(crule_get(a[0].json, "dos"), &day))
        return value_num(0);
    json_array_foreach(list, i, p)
    {
        phi_str whose = crule_get(p, "rend");
        if (whose.n && mine.n && !phi_eq(whose, mine))
            continue;
        if (crule_day(crule_get(p, "dos"), &then) && day >= then &&
            day - then <= global_days(r, crule_get(p, "code")))
            return value_num(1);
    }
    return value_num(0);
}

/* Weeks of gestation that the note states, as the code for them; "" when it states none, or
 * several. */
static struct value fn_weeks(struct run *r, const struct value *a, int n)
{
    int found = 0;
    char code[12] = "";
    (void)a, (void)n;
    for (size_t i = 0; i + 7 < r->low.len; i++) {
        const char *p = r->low.p + i;
        bool starts = i == 0 || !letter(p[-1]);
        if (!starts || !isdigit((unsigned char)p[0]))
            continue;
        int weeks = p[0] - '0', len = 1;
        if (isdigit((unsigned char)p[1]))
            weeks = weeks * 10 + (p[len++] - '0');
        if (strncmp(p + len, " week", 5) != 0 || weeks < 8 || weeks > 42 || weeks == found)
            continue;
        if (found)
            return value_text(phi_lit(""));
        found = weeks;
        snprintf(code, sizeof code, "Z3A%02d", weeks);
    }
    return value_text(phi_lit(arena_strdup(&r->mem, code)));
}

static struct value fn_same_mods(struct run *r, const struct value *a, int n)
{
    (void)r, (void)n;
    return value_num(
        a[0].kind == V_JSON && a[1].kind == V_JSON &&
        json_equal(json_object_get(a[0].json, "mods"), json_object_get(a[1].json, "mods")));
}

static const struct function functions[] = {
    {"says_unspecified", 1, 1, fn_says_unspecified},
    {"acute_of", 2, 2, fn_acute_of},
    {"rows_of", 2, 2, fn_rows_of},
    {"in_global", 1, 1, fn_in_global},
    {"weeks", 0, 0, fn_weeks},
    {"patient_kind", 0, 0, crule_patient_kind},
    {"digit_said", 0, 0, crule_digit_said},
    {"count_digits", 0, 0, crule_count_digits},
    {"lid_said", 0, 0, crule_lid_said},
    {"vessel_said", 0, 0, crule_vessel_said},
    {"same_mods", 2, 2, fn_same_mods},
    {"len", 1, 1, fn_len},
    {"part", 2, 3, fn_part},
    {"cat", 1, CALL_ARGS, fn_cat},
    {"if", 3, 3, fn_if},
    {"days", 2, 2, fn_days},
    {"says", 1, 1, fn_says},
    {"mentions", 1, 1, fn_mentions},
    {"side_said", 0, 0, fn_side_said},
    {"dose_units", 1, 1, crule_dose_units},
    {"sides_differ", 0, 0, crule_sides_differ},
    {"table", 2, 3, fn_table},
    {"value", 2, 3, fn_value},
    {"indicator", 2, 3, fn_indicator},
    {"title", 2, 3, fn_title},
    {"loaded", 1, 1, fn_loaded},
    {"billable", 1, 1, fn_billable},
    {"heading", 1, 1, fn_heading},
    {"known", 1, 1, fn_known},
    {"now", 1, 1, fn_now},
    {"note", 3, 3, fn_note},
    {"demands", 2, 2, fn_demands},
    {"met", 2, 2, fn_met},
    {"seventh", 1, 1, fn_seventh},
    {"pad7", 2, 2, fn_pad7},
    {"side", 1, 1, fn_side},
    {"sided", 2, 2, fn_sided},
    {"pos", 1, 1, fn_pos},
    {"points", 2, 2, fn_points},
    {"pfs", 2, 2, fn_pfs},
    {"medicare", 0, 0, fn_medicare},
    {"em_family", 1, 1, crule_em_family},
    {"mdm", 0, 0, crule_mdm},
    {"em", 2, 2, crule_em},
    {"em_minutes", 1, 1, crule_em_minutes},
    {"div", 2, 2, fn_div},
};

const struct function *crule_function(phi_str name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (phi_is(name, functions[i].name))
            return &functions[i];
    return NULL;
}
