#include "common/coding/lexicon.h"
#include "common/coding/lexicon_index.h"
#include "common/util/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
    uint64_t key;
    char code[CODE_LEN];
    uint32_t kind, label, label_len;
};
/* Bytes of lexicon_build.labels. */
struct span {
    uint32_t at, len;
};
/* A path of the index with its code; a cross reference has none. */
struct index_path {
    struct span label;
    char code[CODE_LEN];
};
struct lexicon_build {
    struct entry *at;
    size_t n, cap;
    struct buf labels;
    struct stemmer *stems;
    struct words words;
    struct index_path *paths, *refs;
    size_t paths_n, refs_n;
    struct entry next; /* what the variants of the term under way have in common */
};

struct lexicon_build *lexicon_build_new(void)
{
    struct lexicon_build *b = xcalloc(1, sizeof *b);
    b->stems = stemmer_new();
    return b;
}

void lexicon_build_free(struct lexicon_build *b)
{
    free(b->at);
    free(b->paths);
    free(b->refs);
    buf_free(&b->labels);
    words_free(&b->words);
    stemmer_free(b->stems);
    free(b);
}

static void take_variant(void *ctx, phi_str text, bool alone)
{
    struct lexicon_build *b = ctx;
    unsigned used;
    words_read(b->stems, text, &b->words);
    uint64_t key = words_key(b->words.at, b->words.n, &used);
    if (used == 0 || used > LEXICON_WORDS || (used == 1 && !alone))
        return;
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 4096;
        b->at = xrealloc(b->at, b->cap * sizeof *b->at);
    }
    b->at[b->n] = b->next;
    b->at[b->n++].key = key;
}

static void keep_path(struct index_path **list, size_t *n, const struct index_path *path)
{
    if ((*n & (*n - 1)) == 0)
        *list = xrealloc(*list, (*n ? 2 * *n : 1) * sizeof **list);
    (*list)[(*n)++] = *path;
}

void lexicon_build_term(struct lexicon_build *b, phi_str code, uint32_t value, phi_str stored)
{
    b->next = (struct entry){.kind = value & 255};
    if (code.n == 0 || code.n > CODE_LEN)
        return;
    memcpy(b->next.code, code.p, code.n);
    b->next.label = (uint32_t)b->labels.len;
    b->next.label_len = (uint32_t)stored.n;
    buf_phi(&b->labels, stored);
    struct index_path path = {.label = {b->next.label, b->next.label_len}};
    memcpy(path.code, b->next.code, CODE_LEN);
    if (b->next.kind == TERM_SEE) { /* followed when all terms are there */
        keep_path(&b->refs, &b->refs_n, &path);
        return;
    }
    if (b->next.kind == TERM_INDEX)
        keep_path(&b->paths, &b->paths_n, &path);
    terms_expand(stored, value, take_variant, b);
}

void lexicon_build_title(struct lexicon_build *b, phi_str code, uint16_t flags, phi_str title)
{
    if (flags & CODE_ENDS)
        return;
    /* of a family of seventh characters the initial encounter speaks for all */
    if (code.n == 7 && code.p[6] != 'A')
        return;
    lexicon_build_term(b, code, flags & CODE_BILLABLE ? TERM_TITLE : TERM_HEADING, title);
}

static int by_key(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int c = (a->key > b->key) - (a->key < b->key);
    c = c ? c : memcmp(a->code, b->code, CODE_LEN);
    c = c ? c : (a->kind > b->kind) - (a->kind < b->kind);
    return c ? c : (a->label > b->label) - (a->label < b->label);
}

/* ---- cross references ---- */

enum { SEE_STEPS = 3, SEE_BELOW = 12 }; /* references in a row; paths below what is referred to */

static phi_str text_of(const struct lexicon_build *b, struct span s)
{
    return phi_of(b->labels.p + s.at, s.len);
}

static int by_label(const void *x, const void *y, void *ctx)
{
    const struct index_path *p = x, *q = y;
    return phi_cmp(text_of(ctx, p->label), text_of(ctx, q->label));
}

/* The index before titles and the like; a path before those below it that say nothing more. */
static bool says_it_better(const struct entry *x, const struct entry *than)
{
    if ((x->kind == TERM_INDEX) != (than->kind == TERM_INDEX))
        return x->kind == TERM_INDEX;
    return x->label_len < than->label_len;
}

/* The path that these words name in the index; else any term that has them. NULL: none. */
static const struct entry *named(struct lexicon_build *b, size_t known, phi_str words)
{
    const struct entry *best = NULL;
    unsigned used;
    words_read(b->stems, words, &b->words);
    uint64_t key = words_key(b->words.at, b->words.n, &used);
    size_t lo = 0, hi = known;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (b->at[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; used && lo < known && b->at[lo].key == key; lo++)
        if (!best || says_it_better(&b->at[lo], best))
            best = &b->at[lo];
    return best;
}

/* "path below => whole path it stands for", as a term that leads to the code. */
static void add_followed(struct lexicon_build *b, phi_str source, phi_str below, phi_str target,
                         const char code[CODE_LEN])
{
    struct buf path = {0}, label = {0};
    buf_phi(&path, source);
    buf_phi(&path, below);
    buf_phi(&label, buf_view(&path));
    buf_puts(&label, TERM_REFERS);
    buf_phi(&label, target);
    buf_phi(&label, below);
    b->next = (struct entry){
        .kind = TERM_SEE, .label = (uint32_t)b->labels.len, .label_len = (uint32_t)label.len};
    memcpy(b->next.code, code, CODE_LEN);
    buf_phi(&b->labels, buf_view(&label));
    terms_expand(buf_view(&path), TERM_SEE, take_variant, b);
    buf_free(&path);
    buf_free(&label);
}

/* The first path that begins with the label and goes deeper. */
static size_t first_below(const struct lexicon_build *b, phi_str label)
{
    size_t lo = 0, hi = b->paths_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (phi_cmp(text_of(b, b->paths[mid].label), label) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_below(phi_str path, phi_str label)
{
    return path.n > label.n + 3 && memcmp(path.p, label.p, label.n) == 0 &&
           memcmp(path.p + label.n, " > ", 3) == 0;
}

static bool says_words(struct lexicon_build *b, phi_str text)
{
    unsigned used;
    words_read(b->stems, text, &b->words);
    words_key(b->words.at, b->words.n, &used);
    return used > 0;
}

/* "Backache, see Dorsalgia": what the target leads to, and what stands below it. */
static void follow(struct lexicon_build *b, size_t known, const struct index_path *ref)
{
    struct buf source = {0}, label = {0}; /* labels move while they are added to */
    phi_str stored = text_of(b, ref->label);
    const char *arrow = memmem(stored.p, stored.n, TERM_REFERS, strlen(TERM_REFERS));
    size_t n = arrow ? (size_t)(arrow - stored.p) : 0, skip = n + strlen(TERM_REFERS);
    const struct entry *e =
        arrow ? named(b, known, phi_of(stored.p + skip, stored.n - skip)) : NULL;
    if (!e)
        return;
    struct entry target = *e;
    buf_add(&source, stored.p, n);
    phi_str whole = text_of(b, (struct span){target.label, target.label_len});
    arrow = memmem(whole.p, whole.n, TERM_REFERS, strlen(TERM_REFERS)); /* itself one that refers */
    skip = arrow ? (size_t)(arrow - whole.p) + strlen(TERM_REFERS) : 0;
    buf_add(&label, whole.p + skip, whole.n - skip);
    add_followed(b, buf_view(&source), (phi_str){"", 0}, buf_view(&label), target.code);
    for (size_t given = 0, at = first_below(b, buf_view(&label));
         at < b->paths_n && given < SEE_BELOW; at++) {
        struct buf below = {0};
        phi_str path = text_of(b, b->paths[at].label);
        if (path.n < label.len || memcmp(path.p, label.p, label.len) != 0)
            break;
        if (is_below(path, buf_view(&label)) && /* "specified NEC" says nothing more */
            says_words(b, phi_of(path.p + label.len, path.n - label.len))) {
            buf_add(&below, path.p + label.len, path.n - label.len);
            add_followed(b, buf_view(&source), buf_view(&below), buf_view(&label),
                         b->paths[at].code);
            given++;
        }
        buf_free(&below);
    }
    buf_free(&source);
    buf_free(&label);
}

/* References to references are followed in further steps; a circle ends with them. */
static void follow_all(struct lexicon_build *b)
{
    if (b->refs_n == 0)
        return;
    if (b->paths_n)
        qsort_r(b->paths, b->paths_n, sizeof *b->paths, by_label, b);
    size_t before = 0;
    for (int step = 0; step < SEE_STEPS && b->n != before; step++) {
        struct buf done = {0};
        size_t known = b->n;
        before = b->n;
        qsort(b->at, b->n, sizeof *b->at, by_key);
        for (size_t i = 0, left = b->refs_n; i < left; i++) {
            size_t had = b->n;
            follow(b, known, &b->refs[i]);
            if (b->n == had)
                buf_add(&done, &b->refs[i], sizeof b->refs[i]);
        }
        b->refs_n = done.len / sizeof *b->refs; /* those that lead nowhere yet */
        if (done.len)
            memcpy(b->refs, done.p, done.len);
        buf_free(&done);
    }
}

void lexicon_build_add(struct lexicon_build *b, struct codes_build *table)
{
    char key[CODE_LEN + 1];
    struct lexicon_index index;
    uint32_t rows = 0;
    uint64_t last = 0;
    follow_all(b);
    lexicon_index_new(&index, b->n);
    if (b->n)
        qsort(b->at, b->n, sizeof *b->at, by_key);
    for (size_t i = 0; i < b->n; i++) {
        const struct entry *e = &b->at[i];
        if (i && e->key == e[-1].key && memcmp(e->code, e[-1].code, CODE_LEN) == 0)
            continue;
        snprintf(key, sizeof key, "%016" PRIx64, e->key);
        if (!codes_build_add(table, LEXICON_SYSTEM, phi_of(key, CODE_LEN),
                             phi_of(e->code, strnlen(e->code, CODE_LEN)), 0, CODES_NO_END, 0,
                             e->kind, phi_of(b->labels.p + e->label, e->label_len)))
            continue;
        rows++; /* rows are sorted as they are here: by key in hexadecimal, then by code */
        if (rows == 1 || e->key != last)
            lexicon_index_put(&index, e->key, rows);
        last = e->key;
    }
    codes_build_blob(table, LEXICON_SYSTEM, phi_of((const char *)index.head, index.len));
    free(index.head);
}
