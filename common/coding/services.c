#include "common/coding/services.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { WINDOW = 7, PREFIX = 4, SENTENCE_STEMS = 128 };

struct term {
    uint64_t key;
    const struct code_row *row;
    uint8_t prefix; /* characters of the row's code that what it leads to begins with */
    bool procedure;
};
struct services {
    const struct codes *table;
    struct stemmer *stems;
    int32_t day;
    const char *pcs; /* system the procedures are chosen from */
    struct term *at; /* sorted by key */
    size_t n, cap;
};

/* ---- terms ---- */

static void add_term(struct services *s, const struct term *t, phi_str words, unsigned least,
                     struct words *w)
{
    unsigned used;
    words_read(s->stems, words, w);
    uint64_t key = words_key(w->at, w->n, &used);
    if (used < least || used > WINDOW)
        return;
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1024;
        s->at = xrealloc(s->at, s->cap * sizeof *s->at);
    }
    s->at[s->n] = *t;
    s->at[s->n++].key = key;
}

static phi_str until(phi_str t, const char *marks)
{
    size_t n = 0;
    while (n < t.n && !strchr(marks, t.p[n]))
        n++;
    return phi_of(t.p, n);
}

/* Part number `from` and the next, of parts between commas. */
static phi_str two_parts(phi_str t, int from)
{
    size_t at = 0, end;
    for (int commas = 0; at < t.n && commas < from; at++)
        commas += t.p[at] == ',';
    for (end = at; end < t.n && t.p[end] != ',';)
        end++;
    for (end += end < t.n; end < t.n && t.p[end] != ',';)
        end++;
    return phi_of(t.p + at, end - at);
}

static bool on_day(const struct services *s, const struct code_row *r)
{
    return r->from <= s->day && s->day <= r->to;
}

static void read_index(struct services *s, struct words *w)
{
    struct code_system i;
    for (uint32_t k = 0; codes_system(s->table, PCS_INDEX, &i) && k < i.n; k++) {
        const struct code_row *r = &i.rows[k];
        struct term t = {.row = r, .prefix = (uint8_t)strnlen(r->code, 7), .procedure = true};
        if (on_day(s, r))
            add_term(s, &t, codes_title(s->table, r), 1, w);
    }
}

/* "Replacement of Right Hip Joint": notes say "hip replacement", and the side elsewhere. */
static void add_without_side(struct services *s, const struct term *t, phi_str head,
                             struct words *w)
{
    static const char *const drop[] = {"right", "left", "joint"};
    struct buf plain = {0};
    for (size_t i = 0; i < head.n;) {
        size_t n = 0;
        bool gone = false;
        while (i + n < head.n && isalpha((unsigned char)head.p[i + n]))
            n++;
        for (size_t k = 0; k < 3; k++)
            gone |= n == strlen(drop[k]) && strncasecmp(head.p + i, drop[k], n) == 0;
        n += n == 0;
        if (!gone)
            buf_add(&plain, head.p + i, n);
        i += n;
    }
    if (plain.len < head.n)
        add_term(s, t, buf_view(&plain), 2, w);
    buf_free(&plain);
}

/* Of codes that begin alike the first names operation and body part for all. */
static void read_procedures(struct services *s, struct words *w)
{
    struct code_system c = {0};
    s->pcs = codes_system(s->table, PCS_CODES, &c) && c.n ? PCS_CODES : PCS_TABLES;
    if (!codes_system(s->table, s->pcs, &c))
        return;
    bool tables = strcmp(s->pcs, PCS_TABLES) == 0;
    const struct code_row *last = NULL;
    for (uint32_t k = 0; k < c.n; k++) {
        const struct code_row *r = &c.rows[k];
        struct term t = {.row = r, .prefix = PREFIX, .procedure = true};
        phi_str title = codes_title(s->table, r);
        if (!on_day(s, r) || !(r->flags & CODE_BILLABLE) ||
            (last && memcmp(last->code, r->code, PREFIX) == 0))
            continue;
        last = r;
        phi_str head = tables ? two_parts(title, 2) : until(title, ",");
        const char *with = memmem(head.p, head.n, " with ", 6); /* a device */
        add_term(s, &t, head, 2, w);
        head.n = with ? (size_t)(with - head.p) : head.n;
        add_term(s, &t, head, 2, w);
        add_without_side(s, &t, head, w);
    }
}

/* Drugs are found by their dose; what has a short head is handed out, the rest is done. */
static void read_supplies(struct services *s, struct words *w)
{
    struct code_system c;
    for (uint32_t k = 0; codes_system(s->table, HCPCS, &c) && k < c.n; k++) {
        const struct code_row *r = &c.rows[k];
        struct term t = {.row = r, .prefix = (uint8_t)strnlen(r->code, CODE_LEN)};
        bool supply = strchr("ABEKLV", *r->code) != NULL, drug = *r->code == 'J';
        if (on_day(s, r) && !drug && !(r->flags & CODE_MODIFIER))
            add_term(s, &t, until(codes_title(s->table, r), ",;("), supply ? 1 : 3, w);
    }
}

static int by_key(const void *x, const void *y)
{
    const struct term *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

struct services *services_new(const struct codes *table, struct stemmer *stems, int32_t day,
                              bool procedures)
{
    struct services *s = xcalloc(1, sizeof *s);
    struct words w = {0};
    *s = (struct services){.table = table, .stems = stems, .day = day, .pcs = PCS_CODES};
    if (procedures) {
        read_index(s, &w);
        read_procedures(s, &w);
    }
    read_supplies(s, &w);
    words_free(&w);
    if (s->n) {
        qsort(s->at, s->n, sizeof *s->at, by_key);
        return s;
    }
    services_free(s);
    return NULL;
}

void services_free(struct services *s)
{
    if (s)
        free(s->at);
    free(s);
}

/* First term of these words; *n of them. */
static const struct term *terms_of(const struct services *s, uint64_t key, size_t *n)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->at[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (*n = 0; lo + *n < s->n && s->at[lo + *n].key == key;)
        ++*n;
    return *n ? &s->at[lo] : NULL;
}

/* ---- what the sentence says ---- */

static bool has(phi_str s, const char *const *list)
{
    for (; *list; list++) {
        size_t n = strlen(*list);
        for (size_t i = 0; i + n <= s.n; i++)
            if (strncasecmp(s.p + i, *list, n) == 0 &&
                (i == 0 || !isalpha((unsigned char)s.p[i - 1])) &&
                (i + n == s.n || !isalpha((unsigned char)s.p[i + n])))
                return true;
    }
    return false;
}

static const char *const sides[2][2] = {{"right", NULL}, {"left", NULL}};

/* Fifth character of a procedure: how the place was reached; 0: not said. */
static char approach_of(phi_str sentence)
{
    static const struct {
        char approach;
        const char *words[8];
    } said[] = {{'4',
                 {"laparoscopic", "laparoscopically", "laparoscopy", "thoracoscopic",
                  "arthroscopic", "arthroscopy", "robotic"}},
                {'8',
                 {"endoscopic", "colonoscopy", "bronchoscopy", "cystoscopy", "gastroscopy",
                  "transurethral", "EGD"}},
                {'3', {"percutaneous", "percutaneously", "needle", "catheter"}},
                {'7', {"vaginal", "vaginally", "transvaginal"}},
                {'0', {"open", "laparotomy", "thoracotomy", "incision", "craniotomy"}},
                {'X', {"external", "closed"}}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (has(sentence, said[i].words))
            return said[i].approach;
    return 0;
}

struct sentence {
    phi_str text;
    uint64_t stem[SENTENCE_STEMS];
    size_t n;
    char approach;
    bool side[2], part; /* right, left; only a part was taken */
};

static struct sentence sentence_of(const struct words *w, phi_str note, size_t i)
{
    struct sentence s = {0};
    size_t from = i, to = i;
    while (from && w->at[from - 1].sentence == w->at[i].sentence)
        from--;
    while (to + 1 < w->n && w->at[to + 1].sentence == w->at[i].sentence)
        to++;
    s.text = phi_of(note.p + w->at[from].begin, w->at[to].end - w->at[from].begin);
    for (size_t k = from; k <= to && s.n < SENTENCE_STEMS; k++)
        if (!w->at[k].stop)
            s.stem[s.n++] = w->at[k].stem;
    static const char *const part[] = {"partial", "biopsy", "wedge", "lesion", NULL};
    s.approach = approach_of(s.text);
    s.part = has(s.text, part);
    for (int k = 0; k < 2; k++)
        s.side[k] = has(s.text, sides[k]);
    return s;
}

static bool says(const struct sentence *s, uint64_t stem)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->stem[i] == stem)
            return true;
    return false;
}

/* ---- choosing ---- */

/* What a code says that the sentence says, less what it does not. */
static int fit(const struct services *s, const struct sentence *said, const struct code_row *r,
               bool procedure, struct words *w)
{
    phi_str title = codes_title(s->table, r);
    char approach = procedure ? said->approach : 0;
    int score = 0;
    words_read(s->stems, title, w);
    for (size_t i = 0; i < w->n; i++)
        if (!w->at[i].stop)
            score += says(said, w->at[i].stem) ? 4 : -1;
    for (int k = 0; k < 2; k++)
        if (!said->side[k] && has(title, sides[k]))
            score -= said->side[1 - k] ? 100 : 8;
    if (approach)
        score += r->code[4] == approach ? 20 : 0;
    else if (procedure)
        score += r->code[4] == '0'; /* nothing is said */
    if (procedure && r->code[2] == 'T' && !said->part)
        score += 5; /* all of it (resection), unless a part is spoken of (excision) */
    return score;
}

struct choice {
    const struct code_row *row, *term;
    int score;
};
enum { ROWS_MOST = 200000 }; /* weighed for one note: a note of megabytes says the same again */

static void weigh(const struct services *s, const struct sentence *said, const struct term *t,
                  struct choice *best, uint32_t *rows, struct words *w)
{
    struct code_system c;
    uint32_t lo = 0, hi;
    if (!codes_system(s->table, t->procedure ? s->pcs : HCPCS, &c))
        return;
    hi = c.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (memcmp(c.rows[mid].code, t->row->code, t->prefix) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < c.n && memcmp(c.rows[lo].code, t->row->code, t->prefix) == 0 && *rows;
         lo++, --*rows) {
        const struct code_row *r = &c.rows[lo];
        if (!on_day(s, r) || (t->procedure && !(r->flags & CODE_BILLABLE)))
            continue;
        int score = fit(s, said, r, t->procedure, w);
        if (!best->row || score > best->score)
            *best = (struct choice){r, t->row, score};
    }
}

static bool was_done(const struct sentence *said, bool supply)
{
    static const char *const planned[] = {
        "scheduled", "plan",     "planned", "recommend", "recommended", "consider", "offered",
        "declined",  "declines", "refused", "candidate", "will",        NULL};
    static const char *const handed[] = {"dispensed", "provided", "supplied", "fitted",
                                         "issued",    "applied",  "given",    "gave",
                                         "delivered", "placed",   "received", NULL};
    return !has(said->text, planned) && (!supply || has(said->text, handed));
}

/* The longest run of words from i on that names something; its terms. */
static const struct term *longest(const struct services *s, const struct words *w, size_t i,
                                  size_t *n, size_t *last)
{
    struct word_bag bag = {0};
    const struct term *best = NULL;
    for (size_t k = i, counted = 0;
         k < w->n && w->at[k].sentence == w->at[i].sentence && counted < WINDOW; k++) {
        size_t here;
        if (w->at[k].stop)
            continue;
        counted++;
        word_bag_add(&bag, &w->at[k]);
        const struct term *t = terms_of(s, word_bag_key(&bag), &here);
        if (t) {
            best = t;
            *n = here;
            *last = k;
        }
    }
    return best;
}

static bool listed(const struct service *out, size_t n, const struct code_row *row)
{
    for (size_t i = 0; i < n; i++)
        if (out[i].row == row)
            return true;
    return false;
}

size_t services_find(const struct services *s, const struct coding *c, phi_str note,
                     struct service out[SERVICES_MOST])
{
    enum {
        SILENT = CONTEXT_NEGATED | CONTEXT_UNCERTAIN | CONTEXT_HISTORY | CONTEXT_FAMILY |
                 CONTEXT_HYPOTHETICAL
    };
    struct words w = {0};
    size_t found = 0, n = 0, last = 0;
    uint32_t rows = ROWS_MOST;
    for (size_t i = 0; s && i < c->words.n && found < SERVICES_MOST && rows; i++) {
        const struct term *t = c->words.at[i].stop ? NULL : longest(s, &c->words, i, &n, &last);
        if (!t || context_of(&c->context, i, last) & SILENT)
            continue;
        struct sentence said = sentence_of(&c->words, note, i);
        struct choice best = {0};
        for (size_t k = 0; k < n; k++)
            if (was_done(&said, !t[k].procedure && strchr("ABEKLV", *t[k].row->code)))
                weigh(s, &said, &t[k], &best, &rows, &w);
        if (!best.row || listed(out, found, best.row))
            continue;
        out[found++] = (struct service){best.row, best.term, c->words.at[i].begin,
                                        c->words.at[last].end, strnlen(best.row->code, 8) == 7};
        i = last;
    }
    words_free(&w);
    return found;
}
