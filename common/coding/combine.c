#include "common/coding/combine.h"
#include "common/util/log.h"
#include <ctype.h>
#include <strings.h>

/* Proposals looked at; ways to say one of them: its words in the note, its headings. */
enum { PARTS = 32, WAYS = 4 };

struct part {
    struct word_bag way[WAYS];
    int ways;
};
struct found {
    const struct meaning *meaning;
    bool stated; /* "due to": the note must say the link */
};

static bool has(phi_str s, const char *words)
{
    size_t n = strlen(words);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, words, n) == 0 &&
            (i == 0 || !isalpha((unsigned char)s.p[i - 1])) &&
            (i + n == s.n || !isalpha((unsigned char)s.p[i + n])))
            return true;
    return false;
}

static bool has_one(phi_str s, const char *const *list)
{
    for (; *list; list++)
        if (has(s, *list))
            return true;
    return false;
}

/* ---- what a proposal may be called ---- */

static void call_it(struct part *x, const struct words *w, uint32_t begin, uint32_t end)
{
    struct word_bag *b = &x->way[x->ways++];
    *b = (struct word_bag){0};
    for (size_t i = 0; i < w->n; i++)
        if (w->at[i].begin >= begin && w->at[i].end <= end)
            word_bag_add(b, &w->at[i]);
}

/* "Chronic kidney disease (CKD)" without what stands in parentheses. */
static void bare_title(phi_str t, struct buf *out)
{
    int depth = 0;
    buf_clear(out);
    for (size_t i = 0; i < t.n; i++) {
        depth += t.p[i] == '(';
        buf_putc(out, depth ? ' ' : t.p[i]);
        depth -= t.p[i] == ')' && depth > 0;
    }
}

/* The category's heading: what stage or site is said beside it does not matter for the path. */
static void call_by_heading(struct coding *c, struct part *x, const struct code_row *code,
                            struct words *w, struct buf *text)
{
    const struct codes *table = lexicon_table(c->lexicon);
    const struct code_row *h = codes_find(table, LEXICON_CODES, phi_of(code->code, 3), (phi_str){0},
                                          lexicon_day(c->lexicon));
    if (!h)
        return;
    bare_title(codes_title(table, h), text);
    words_read(c->stems, buf_view(text), w);
    call_it(x, w, 0, (uint32_t)text->len);
}

static void read_part(struct coding *c, const struct proposal *p, struct part *x)
{
    struct words w = {0};
    struct buf text = {0};
    x->ways = 0;
    call_it(x, &c->words, p->begin, p->end);
    call_by_heading(c, x, p->code, &w, &text);
    bare_title(codes_title(lexicon_table(c->lexicon), p->code), &text);
    const char *comma = memchr(text.p ? text.p : "", ',', text.len);
    if (comma) { /* "Heart failure, unspecified" */
        words_read(c->stems, phi_of(text.p, (size_t)(comma - text.p)), &w);
        call_it(x, &w, 0, (uint32_t)text.len);
    }
    if (p->term) { /* by the term as printed */
        bare_title(codes_title(lexicon_table(c->lexicon), p->term), &text);
        words_read(c->stems, buf_view(&text), &w);
        call_it(x, &w, 0, (uint32_t)text.len);
    }
    words_free(&w);
    buf_free(&text);
}

/* ---- the path that joins two ---- */

/* Where the link stands in a path or title; its length when there is none. *due: it must be said. */
static size_t link_at(phi_str s, bool *due)
{
    static const struct {
        const char *words;
        bool due;
    } links[] = {{" with ", false}, {" in (due to) ", false}, {" due to ", true}, {" in ", false}};
    for (size_t k = 0; k < sizeof links / sizeof *links; k++) {
        const char *at = memmem(s.p, s.n, links[k].words, strlen(links[k].words));
        if (at) {
            *due = links[k].due;
            return (size_t)(at - s.p);
        }
    }
    return s.n;
}

static bool in_bag(const struct word_bag *b, uint64_t stem)
{
    for (unsigned i = 0; i < b->used && i < BAG_WORDS; i++)
        if (b->stem[i] == stem)
            return true;
    return false;
}

static struct word_bag joined(const struct word_bag *a, const struct word_bag *b)
{
    struct word_bag out = *a;
    for (unsigned i = 0; i < b->used && i < BAG_WORDS; i++)
        word_bag_add(&out, &(struct word){.stem = b->stem[i]});
    return out;
}

/* True when the path names `first` before its link and `second` behind it. */
static bool in_order(struct coding *c, phi_str path, size_t link, const struct word_bag *first,
                     const struct word_bag *second)
{
    struct words w = {0};
    bool head = false, good = true;
    unsigned behind = 0;
    words_read(c->stems, path, &w);
    for (size_t i = 0; i < w.n; i++) {
        if (w.at[i].stop)
            continue;
        if (w.at[i].begin < link)
            head |= in_bag(first, w.at[i].stem) && !in_bag(second, w.at[i].stem);
        else if (in_bag(second, w.at[i].stem))
            behind++;
        else if (!in_bag(first, w.at[i].stem))
            good &= behind > 0; /* modifiers in parentheses may follow */
    }
    words_free(&w);
    return head && good && behind > 0;
}

static struct found find_path(struct coding *c, const struct part *a, const struct part *b)
{
    struct found best = {0};
    unsigned most = 0;
    for (int i = 0; i < a->ways; i++)
        for (int k = 0; k < b->ways; k++) {
            struct word_bag both = joined(&a->way[i], &b->way[k]);
            /* each must add words of its own */
            if (!a->way[i].used || !b->way[k].used || both.used <= a->way[i].used ||
                both.used <= b->way[k].used || both.used <= most || both.used > LEXICON_WORDS)
                continue;
            const struct meaning *m = lexicon_find(c->lexicon, &both);
            bool due = false;
            phi_str path = m ? codes_title(lexicon_table(c->lexicon), m->term) : phi_lit("");
            size_t link = link_at(path, &due);
            if (link == path.n || !in_order(c, path, link, &a->way[i], &b->way[k]))
                continue;
            most = both.used;
            best = (struct found){m, due};
        }
    return best;
}

/* ---- what the note says of the link ---- */

static phi_str sentences_of(phi_str note, const struct proposal *p)
{
    uint32_t from = p->begin, to = p->end;
    while (from && note.p[from - 1] != '\n' && note.p[from - 1] != '.')
        from--;
    while (to < note.n && note.p[to] != '\n' && note.p[to] != '.')
        to++;
    return phi_of(note.p + from, to - from);
}

static bool denied(phi_str note, const struct proposal *a, const struct proposal *b)
{
    static const char *const no_link[] = {"not due to",       "unrelated to",   "not related to",
                                          "not caused by",    "unrelated",      "not from",
                                          "not secondary to", "independent of", NULL};
    return has_one(sentences_of(note, a), no_link) || has_one(sentences_of(note, b), no_link);
}

/* "A due to B": said between the two, in one sentence. */
static bool stated(phi_str note, const struct proposal *a, const struct proposal *b)
{
    static const char *const cause[] = {"due to", "secondary to", "caused by", "because of",
                                        "from",   "related to",   NULL};
    if (b->begin < a->end || sentences_of(note, a).p != sentences_of(note, b).p)
        return false;
    return has_one(phi_of(note.p + a->end, b->begin - a->end), cause);
}

/* The first is said by the combination, unless it is one itself ("diabetes with retinopathy"); the
 * second stays as what is coded in addition, unless it is of the same category. */
static bool replaced(struct coding *c, const struct proposal *x, const struct code_row *by,
                     bool first)
{
    phi_str title = codes_title(lexicon_table(c->lexicon), x->code);
    bool one_already = has(title, "with") || has(title, "due to");
    return !one_already && (first || memcmp(x->code->code, by->code, 3) == 0);
}

static struct proposal joint(const struct proposal *a, const struct proposal *b, struct found f)
{
    return (struct proposal){.code = f.meaning->code,
                             .begin = a->begin,
                             .end = a->end,
                             .also_begin = b->begin,
                             .also_end = b->end,
                             .score = a->score > b->score ? a->score : b->score,
                             .assigned = a->assigned && b->assigned,
                             .term = f.meaning->term,
                             .context = a->context | b->context,
                             .link = f.stated ? LINK_STATED : LINK_PRESUMED,
                             .mentions = 1};
}

static void put(struct proposals *p, const struct proposal *x, bool *gone)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i].code == x->code) {
            if (p->at[i].assigned < x->assigned)
                p->at[i] = *x;
            gone[i] = false;
            return;
        }
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->at = xrealloc(p->at, p->cap * sizeof *p->at);
    }
    gone[p->n] = false;
    p->at[p->n++] = *x;
}

/* Hypertension with heart failure, and with kidney disease: one condition in codes of two categories is a
 * third code's, or a person's to decide. */
static void doubt_rivals(struct proposals *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->n; k++) {
            struct proposal *x = &p->at[i], *y = &p->at[k];
            if (x->link && y->link && x->begin == y->begin &&
                memcmp(x->code->code, y->code->code, 3) != 0)
                x->assigned = y->assigned = false;
        }
}

void combine(struct coding *c, phi_str note, struct proposals *p)
{
    struct part part[PARTS];
    bool gone[PARTS * (PARTS + 1)] = {false};
    size_t n = p->n < PARTS ? p->n : PARTS, kept = 0;
    for (size_t i = 0; i < n; i++)
        read_part(c, &p->at[i], &part[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            struct proposal a = p->at[i], b = p->at[k];
            struct found f = {0};
            if (i != k && a.term && b.term)
                f = find_path(c, &part[i], &part[k]);
            if (!f.meaning || f.meaning->code == a.code || f.meaning->code == b.code ||
                denied(note, &a, &b) || (f.stated && !stated(note, &a, &b)))
                continue;
            struct proposal x = joint(&a, &b, f);
            gone[i] |= x.assigned >= a.assigned && replaced(c, &a, x.code, true);
            gone[k] |= x.assigned >= b.assigned && replaced(c, &b, x.code, false);
            put(p, &x, gone);
        }
    doubt_rivals(p);
    for (size_t i = 0; i < p->n; i++)
        if (i >= sizeof gone / sizeof *gone || !gone[i])
            p->at[kept++] = p->at[i];
    p->n = kept;
}
