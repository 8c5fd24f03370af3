#include "tools/code/train.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/code/note.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* A line of the table: the note's name and a code without its dot. */
struct row {
    phi_str name;
    char code[CODE_LEN + 1];
    size_t line;
    bool there; /* the note was given */
};
struct table {
    struct row *at;
    size_t n;
};

static int by_name(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    int c = phi_cmp(a->name, b->name);
    return c ? c : strcmp(a->code, b->code);
}

static bool read_row(phi_str line, struct row *out)
{
    const char *tab = memchr(line.p, '\t', line.n);
    size_t n = 0;
    if (!tab)
        return false;
    *out = (struct row){.name = phi_of(line.p, (size_t)(tab - line.p))};
    for (const char *p = tab + 1; p < line.p + line.n && *p != '\t'; p++) {
        if (*p == '.' || *p == '\r' || *p == ' ')
            continue;
        if (!isalnum((unsigned char)*p) || n == CODE_LEN)
            return false;
        out->code[n++] = (char)toupper((unsigned char)*p);
    }
    return n > 0;
}

static struct table read_table(const char *path, phi_str text)
{
    struct table t = {0};
    size_t line = 0, cap = 0;
    for (size_t at = 0, end; at < text.n; at = end + 1) {
        const char *nl = memchr(text.p + at, '\n', text.n - at);
        end = nl ? (size_t)(nl - text.p) : text.n;
        line++;
        if (end == at)
            continue;
        if (t.n == cap) {
            cap = cap ? cap * 2 : 1024;
            t.at = xrealloc(t.at, cap * sizeof *t.at);
        }
        if (!read_row(phi_of(text.p + at, end - at), &t.at[t.n]))
            die(EXIT_UNREADABLE, "\"%s\", line %zu: the name of a note, a tab and a code expected",
                path, line);
        t.at[t.n++].line = line;
    }
    if (t.n)
        qsort(t.at, t.n, sizeof *t.at, by_name);
    return t;
}

/* The name a table may use for a file: without folder, and without its ending. */
static phi_str name_of(const char *path, bool ending)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = ending ? NULL : strrchr(name, '.');
    return phi_of(name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

/* The rows of a name; *n of them. */
static struct row *rows_of(const struct table *t, phi_str name, size_t *n)
{
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (phi_cmp(t->at[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *n = 0;
    while (lo + *n < t->n && phi_eq(t->at[lo + *n].name, name))
        ++*n;
    return t->at + lo;
}

static void give_note(struct learn *x, const struct table *t, const char *path, phi_str text)
{
    size_t n, kept = 0;
    struct row *r = rows_of(t, name_of(path, true), &n);
    if (n == 0)
        r = rows_of(t, name_of(path, false), &n);
    phi_str *codes = xcalloc(n + 1, sizeof *codes);
    for (size_t i = 0; i < n; i++) {
        r[i].there = true;
        if (i == 0 || strcmp(r[i].code, r[i - 1].code) != 0)
            codes[kept++] = phi_lit(r[i].code);
    }
    learn_note(x, text, codes, kept);
    free(codes);
}

/* How many rows of a kind there are, and the line of the first; the names of notes are not told. */
static void told(size_t n, size_t line, const char *what)
{
    if (n)
        fprintf(stderr, "claimwire code: rows of the table %s: %zu (the first in line %zu)\n", what,
                n, line);
}

/* What of the table nothing was learned from. */
static void tell_rest(const struct coding *c, const struct table *t)
{
    size_t absent = 0, absent_line = SIZE_MAX, unknown = 0, unknown_line = SIZE_MAX;
    for (size_t i = 0; i < t->n; i++) {
        const struct row *r = &t->at[i];
        if (!r->there) {
            absent++;
            absent_line = r->line < absent_line ? r->line : absent_line;
        } else if (!lexicon_code(c->lexicon, phi_lit(r->code))) {
            unknown++;
            unknown_line = r->line < unknown_line ? r->line : unknown_line;
        }
    }
    told(absent, absent_line, "about notes that are not among the files");
    told(unknown, unknown_line, "with a code that the code set of the day has not");
}

/* By name without folder, then by path: a model does not depend on the order of its notes. */
static int by_file(const void *x, const void *y)
{
    char *const *a = x, *const *b = y;
    int c = phi_cmp(name_of(*a, true), name_of(*b, true));
    return c ? c : strcmp(*a, *b);
}

int do_train(struct coding *c, const char *model, char **file, int n)
{
    struct arena texts = {0};
    struct buf text = {0}, note = {0}, error = {0};
    struct learn_result result = {0};
    if (!model || n < 2)
        die(EXIT_USAGE, "train wants --model FILE, the table of codes and the notes");
    int rc = read_text(file[0], ENCOUNTERS_MOST_MB, &text);
    if (rc != EXIT_DONE)
        return rc;
    struct table t = read_table(file[0], buf_view(&text));
    struct learn *x = learn_new(c->lexicon, c->stems, c->rules);
    if (!t.n)
        die(EXIT_UNREADABLE, "\"%s\" is empty: the name of a note, a tab and a code in a line",
            file[0]);
    qsort(file + 1, (size_t)n - 1, sizeof *file, by_file);
    for (int i = 1; i < n && rc == EXIT_DONE; i++) {
        rc = read_text(file[i], NOTE_MOST_MB, &note);
        if (rc == EXIT_DONE)
            give_note(x, &t, file[i], arena_phi(&texts, buf_view(&note)));
    }
    if (rc == EXIT_DONE && learn_model(x, model, &result, &error)) {
        fprintf(stderr, "claimwire code: %s\n", buf_cstr(&error));
        rc = EXIT_TRY_LATER;
    }
    if (rc == EXIT_DONE)
        tell_rest(c, &t);
    if (rc == EXIT_DONE)
        printf("%u notes, %u codes, %u grams, %u pairs; threshold %d; F1 of notes left out %d of "
               "1000\n",
               result.notes, result.codes, result.grams, result.pairs, result.threshold, result.f1);
    learn_free(x);
    free(t.at);
    buf_free(&text);
    buf_free(&note);
    buf_free(&error);
    arena_free(&texts);
    return rc;
}
