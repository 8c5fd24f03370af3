#include "common/codes/doses.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { NAME_LEN = 24, NEAR = 3, AMOUNT_MOST = 100000000 };
enum unit { U_NONE, U_MASS, U_COUNT };

struct amount {
    int64_t n; /* thousandths of a milligram, or units */
    enum unit unit;
    size_t end;
};
struct drug {
    char name[NAME_LEN];
    const struct code_row *row;
    int64_t per;
    enum unit unit;
};
struct doses {
    const struct codes *table;
    struct drug *at; /* sorted by name, then code */
    size_t n, cap;
};

static bool letter(char c)
{
    return isalpha((unsigned char)c) != 0;
}

static bool digit(char c)
{
    return isdigit((unsigned char)c) != 0;
}

/* A unit at i: how many thousandths of a milligram it is. */
static enum unit unit_at(phi_str s, size_t i, int64_t *factor, size_t *end)
{
    static const struct {
        const char *word;
        enum unit unit;
        int64_t factor;
    } known[] = {{"milligrams", U_MASS, 1000},
                 {"milligram", U_MASS, 1000},
                 {"mg", U_MASS, 1000},
                 {"micrograms", U_MASS, 1},
                 {"microgram", U_MASS, 1},
                 {"mcg", U_MASS, 1},
                 {"grams", U_MASS, 1000000},
                 {"gram", U_MASS, 1000000},
                 {"gm", U_MASS, 1000000},
                 {"g", U_MASS, 1000000},
                 {"units", U_COUNT, 1},
                 {"unit", U_COUNT, 1},
                 {"iu", U_COUNT, 1}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t n = strlen(known[k].word);
        if (i + n > s.n || strncasecmp(s.p + i, known[k].word, n) != 0 ||
            (i + n < s.n && (letter(s.p[i + n]) || s.p[i + n] == '/')))
            continue;
        *factor = known[k].factor;
        *end = i + n;
        return known[k].unit;
    }
    return U_NONE;
}

/* "40 mg", "1,000 units", "0.5 mg" at i, which begins a number. */
static struct amount amount_at(phi_str s, size_t i)
{
    struct amount a = {0};
    int64_t whole = 0, parts = 0, of = 1, factor;
    for (; i < s.n && whole < AMOUNT_MOST &&
           (digit(s.p[i]) || (s.p[i] == ',' && i + 1 < s.n && digit(s.p[i + 1])));
         i++)
        whole = s.p[i] == ',' ? whole : whole * 10 + (s.p[i] - '0');
    if (i + 1 < s.n && s.p[i] == '.' && digit(s.p[i + 1]))
        for (i++; i < s.n && digit(s.p[i]); i++)
            if (of < 1000) {
                parts = parts * 10 + (s.p[i] - '0');
                of *= 10;
            }
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '-'))
        i++;
    a.unit = i < s.n && whole < AMOUNT_MOST ? unit_at(s, i, &factor, &a.end) : U_NONE;
    if (a.unit != U_NONE)
        a.n = whole * factor + parts * factor / of;
    return a;
}

static bool begins_number(phi_str s, size_t i)
{
    return digit(s.p[i]) &&
           (i == 0 || (!digit(s.p[i - 1]) && !letter(s.p[i - 1]) && !strchr(".,/", s.p[i - 1])));
}

/* ---- the table ---- */

static bool is_filler(const char *name)
{
    static const char *const list[] = {"injection", "infusion", "solution", "powder",
                                       "sodium",    "vaccine",  "vitamin",  "immune",
                                       "globulin",  "human",    "factor"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* The first word of five letters or more that names something. */
static void name_of(phi_str title, char out[NAME_LEN])
{
    memset(out, 0, NAME_LEN);
    for (size_t i = 0; i < title.n && !*out; i++) {
        size_t n = 0;
        for (; i < title.n && letter(title.p[i]); i++)
            if (n < NAME_LEN - 1)
                out[n++] = (char)tolower((unsigned char)title.p[i]);
        if (n < 5 || is_filler(out))
            memset(out, 0, NAME_LEN);
    }
}

static void add_row(struct doses *d, const struct code_row *row)
{
    phi_str title = codes_title(d->table, row);
    struct drug x = {.row = row};
    for (size_t i = 0; i < title.n; i++) {
        struct amount a = begins_number(title, i) ? amount_at(title, i) : (struct amount){0};
        if (a.unit != U_NONE && a.n > 0) {
            x.per = a.n;
            x.unit = a.unit;
        }
    }
    name_of(title, x.name);
    if (!x.per || !*x.name)
        return;
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 256;
        d->at = xrealloc(d->at, d->cap * sizeof *d->at);
    }
    d->at[d->n++] = x;
}

static int by_name(const void *x, const void *y)
{
    const struct drug *a = x, *b = y;
    int c = strcmp(a->name, b->name);
    return c ? c : memcmp(a->row->code, b->row->code, CODE_LEN);
}

struct doses *doses_new(const struct codes *table, int32_t day)
{
    struct code_system s;
    if (!table || !codes_system(table, DOSES_SYSTEM, &s))
        return NULL;
    struct doses *d = xcalloc(1, sizeof *d);
    d->table = table;
    for (uint32_t i = 0; i < s.n; i++)
        if (strchr("JQC", *s.rows[i].code) && s.rows[i].from <= day && day <= s.rows[i].to &&
            !(s.rows[i].flags & CODE_MODIFIER))
            add_row(d, &s.rows[i]);
    if (d->n)
        qsort(d->at, d->n, sizeof *d->at, by_name);
    return d;
}

void doses_free(struct doses *d)
{
    if (d)
        free(d->at);
    free(d);
}

static phi_str code_of(const struct code_row *r)
{
    return phi_of(r->code, strnlen(r->code, CODE_LEN));
}

/* First drug of that name; n: how many there are. */
static const struct drug *find(const struct doses *d, const char *name, size_t *n)
{
    size_t lo = 0, hi = d->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(d->at[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (*n = 0; lo + *n < d->n && strcmp(d->at[lo + *n].name, name) == 0;)
        ++*n;
    return *n ? &d->at[lo] : NULL;
}

/* ---- a note ---- */

static bool is_end(phi_str s, size_t i)
{
    return s.p[i] == '\n' || s.p[i] == ';' ||
           (s.p[i] == '.' && !(i + 1 < s.n && digit(s.p[i + 1])));
}

static phi_str sentence_of(phi_str s, size_t at, size_t end)
{
    while (at > 0 && !is_end(s, at - 1))
        at--;
    while (end < s.n && !is_end(s, end))
        end++;
    return phi_of(s.p + at, end - at);
}

static bool says(phi_str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, word, n) == 0 && (i == 0 || !letter(s.p[i - 1])) &&
            (i + n == s.n || !letter(s.p[i + n])))
            return true;
    return false;
}

static bool was_given(phi_str sentence)
{
    static const char *const words[] = {
        "im",          "iv",           "sc",          "sq",    "subq", "injection",
        "injected",    "infused",      "infusion",    "given", "shot", "intramuscular",
        "intravenous", "subcutaneous", "administered"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (says(sentence, words[i]))
            return true;
    return false;
}

/* The row that is wanted, else that with most of its title's words in the sentence. */
static const struct drug *best_of(const struct doses *d, const struct drug *first, size_t n,
                                  enum unit unit, phi_str sentence, phi_str wanted)
{
    const struct drug *best = NULL;
    int most = -1;
    for (size_t k = 0; k < n; k++) {
        if (wanted.n && first[k].unit == unit && phi_eq(code_of(first[k].row), wanted))
            return &first[k];
        phi_str t = codes_title(d->table, first[k].row);
        int here = 0;
        for (size_t i = 0; i < t.n; i++) {
            char word[NAME_LEN] = "";
            size_t len = 0;
            for (; i < t.n && letter(t.p[i]); i++)
                if (len < NAME_LEN - 1)
                    word[len++] = t.p[i];
            word[len] = 0;
            here += len > 3 && says(sentence, word);
        }
        if (first[k].unit == unit && here > most) {
            most = here;
            best = &first[k];
        }
    }
    return best;
}

/* Tries the words beside an amount as names: up to NEAR before it and behind it. */
static const struct drug *drug_beside(const struct doses *d, phi_str s, size_t at,
                                      const struct amount *a, phi_str wanted, struct dose *out)
{
    char name[NAME_LEN];
    size_t n;
    phi_str sentence = sentence_of(s, at, a->end);
    for (int ahead = 0; ahead < 2; ahead++) {
        size_t i = ahead ? a->end : at;
        for (int k = 0; k < NEAR; k++) {
            while (ahead ? i < s.n && !letter(s.p[i]) && !is_end(s, i) && !digit(s.p[i])
                         : i > 0 && !letter(s.p[i - 1]) && !is_end(s, i - 1) && !digit(s.p[i - 1]))
                i += ahead ? 1 : (size_t)-1;
            size_t from = i;
            while (ahead ? i < s.n && letter(s.p[i]) : i > 0 && letter(s.p[i - 1]))
                i += ahead ? 1 : (size_t)-1;
            size_t lo = ahead ? from : i, hi = ahead ? i : from;
            if (lo == hi)
                break;
            size_t len = hi - lo < NAME_LEN - 1 ? hi - lo : NAME_LEN - 1;
            for (size_t c = 0; c < len; c++)
                name[c] = (char)tolower((unsigned char)s.p[lo + c]);
            name[len] = 0;
            const struct drug *first = find(d, name, &n);
            const struct drug *x = first ? best_of(d, first, n, a->unit, sentence, wanted) : NULL;
            if (x) {
                out->begin = (uint32_t)(lo < at ? lo : at);
                out->end = (uint32_t)(hi > a->end ? hi : a->end);
                out->given = was_given(sentence);
                return x;
            }
        }
    }
    return NULL;
}

static size_t find_doses(const struct doses *d, phi_str note, phi_str wanted,
                         struct dose out[DOSES_MOST])
{
    size_t found = 0;
    for (size_t i = 0; d && i < note.n && found < DOSES_MOST; i++) {
        if (!begins_number(note, i))
            continue;
        struct amount a = amount_at(note, i);
        struct dose *x = &out[found];
        const struct drug *drug =
            a.unit == U_NONE || a.n == 0 ? NULL : drug_beside(d, note, i, &a, wanted, x);
        if (!drug)
            continue;
        x->row = drug->row;
        x->units = (uint32_t)((a.n + drug->per - 1) / drug->per);
        found++;
        i = a.end - 1;
    }
    return found;
}

size_t doses_find(const struct doses *d, phi_str note, struct dose out[DOSES_MOST])
{
    return find_doses(d, note, (phi_str){"", 0}, out);
}

uint32_t doses_units(const struct doses *d, phi_str note, phi_str code)
{
    struct dose at[DOSES_MOST];
    size_t n = find_doses(d, note, code, at);
    uint32_t units = 0;
    for (size_t i = 0; i < n; i++) {
        if (!phi_eq(code_of(at[i].row), code))
            continue;
        if (units && units != at[i].units)
            return 0;
        units = at[i].units;
    }
    return units;
}
