#include "tools/codeset/release.h"
#include "common/coding/lexicon.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 30 };

struct release {
    struct {
        char system[SYSTEM_LEN];
        struct buf text;
    } * part;
    size_t n;
};

struct release *release_new(void)
{
    return xcalloc(1, sizeof(struct release));
}

void release_free(struct release *r)
{
    for (size_t i = 0; i < r->n; i++)
        buf_free(&r->part[i].text);
    free(r->part);
    free(r);
}

static struct buf *part_for(struct release *r, const char *system)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->part[i].system, system) == 0)
            return &r->part[i].text;
    r->part = xrealloc(r->part, (r->n + 1) * sizeof *r->part);
    memset(&r->part[r->n], 0, sizeof *r->part);
    snprintf(r->part[r->n].system, SYSTEM_LEN, "%s", system);
    return &r->part[r->n++].text;
}

void release_day(struct buf *out, int32_t day)
{
    char d[9];
    if (day == CODES_NO_END)
        return;
    date_ccyymmdd(day, d);
    buf_printf(out, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
}

bool release_day_parse(phi_str s, int32_t *day)
{
    if (s.n == 0) {
        *day = CODES_NO_END;
        return true;
    }
    return date_parse_iso(s, day);
}

/* Text with every byte that would end a field made a blank. */
static void put_text(struct buf *out, const struct buf *s)
{
    for (size_t i = 0; i < s->len; i++)
        buf_putc(out, (unsigned char)s->p[i] < ' ' ? ' ' : s->p[i]);
}

static bool printable(const struct buf *code)
{
    for (size_t i = 0; i < code->len; i++)
        if (code->p[i] <= ' ' || code->p[i] > '~')
            return false;
    return true;
}

static bool take_row(void *ctx, const struct import_row *row)
{
    struct buf *out = part_for(ctx, row->system);
    if (!printable(&row->code) || !printable(&row->pair))
        return false;
    buf_add(out, row->code.p, row->code.len);
    buf_putc(out, '\t');
    buf_add(out, row->pair.p, row->pair.len);
    buf_putc(out, '\t');
    release_day(out, row->from);
    buf_putc(out, '\t');
    release_day(out, row->to);
    buf_printf(out, "\t%u\t%lld\t", row->flags, (long long)row->value);
    put_text(out, &row->title);
    buf_putc(out, '\n');
    return true;
}

struct import_sink release_sink(struct release *r)
{
    return (struct import_sink){take_row, r};
}

int release_write(struct release *r, const char *dir, const char *name, struct buf *error)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < r->n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, r->part[i].system);
        int rc = fs_mkdirs(path);
        snprintf(path, sizeof path, "%s/%s/%s.tsv", dir, r->part[i].system, name);
        if (rc || fs_replace(path, r->part[i].text.p, r->part[i].text.len)) {
            buf_printf(error, "cannot write \"%s\": %s", path, strerror(errno));
            return -1;
        }
    }
    return 0;
}

int release_import(struct import *im, const char *path, const char *dir, const char *name,
                   struct buf *error)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), rc = EXIT_DONE;
    struct release *r = release_new();
    struct import_sink sink = release_sink(r);
    im->sink = &sink;
    if (fd < 0) {
        buf_printf(error, "cannot open \"%s\": %s", path, strerror(errno));
        rc = EXIT_TRY_LATER;
    } else if (import_read(im, fd, error)) {
        struct buf why = {0};
        buf_printf(&why, "%s: %s", path, buf_cstr(error));
        buf_clear(error);
        buf_phi(error, buf_view(&why));
        buf_free(&why);
        rc = EXIT_UNREADABLE;
    } else if (release_write(r, dir, name, error)) {
        rc = EXIT_TRY_LATER;
    }
    release_free(r);
    im->sink = NULL;
    if (fd >= 0 && !input)
        close(fd);
    return rc;
}

/* What a compilation fills: the table, and the lexicon made of titles and terms. */
struct compilation {
    struct codes_build *table;
    struct lexicon_build *lexicon;
};

/* Digits, nothing is 0; false above most. */
static bool number_of(phi_str s, uint64_t most, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || *out > most)
            return false;
        *out = *out * 10 + (uint64_t)(s.p[i] - '0');
    }
    return *out <= most;
}

enum { CODE, PAIR, FROM, TO, FLAGS, VALUE, TITLE, CELLS };

static bool add_row(struct compilation *b, const char *system, const phi_str cell[CELLS])
{
    int32_t from, to;
    uint64_t flags, value;
    if (!release_day_parse(cell[FROM], &from) || from == CODES_NO_END ||
        !release_day_parse(cell[TO], &to) || !number_of(cell[FLAGS], UINT16_MAX, &flags) ||
        !number_of(cell[VALUE], UINT32_MAX, &value))
        return false;
    if (strcmp(system, TERMS_SYSTEM) == 0) {
        lexicon_build_term(b->lexicon, cell[CODE], (uint32_t)value, cell[TITLE]);
        return true;
    }
    if (strcmp(system, LEXICON_CODES) == 0)
        lexicon_build_title(b->lexicon, cell[CODE], (uint16_t)flags, cell[TITLE]);
    return codes_build_add(b->table, system, cell[CODE], cell[PAIR], from, to, (uint16_t)flags,
                           (uint32_t)value, cell[TITLE]);
}

/* False when the line has not all its cells, as one of a file that was cut. */
static bool add_line(struct compilation *b, const char *system, phi_str line)
{
    phi_str cell[CELLS];
    size_t at = 0;
    for (int i = 0; i < TITLE; i++) {
        const char *tab = memchr(line.p + at, '\t', line.n - at);
        if (!tab)
            return false;
        size_t end = (size_t)(tab - line.p);
        cell[i] = phi_of(line.p + at, end - at);
        at = end + 1;
    }
    cell[TITLE] = phi_of(line.p + at, line.n - at);
    return add_row(b, system, cell);
}

static int add_file(struct compilation *b, const char *system, const char *path, struct buf *error)
{
    struct buf text = {0};
    int rc = fs_read(path, FILE_LIMIT, &text) ? EXIT_TRY_LATER : EXIT_DONE, line = 0;
    if (rc != EXIT_DONE)
        buf_printf(error, "cannot read \"%s\": %s", path, strerror(errno));
    for (size_t at = 0; rc == 0 && at < text.len;) {
        const char *nl = memchr(text.p + at, '\n', text.len - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.len;
        line++;
        if (end > at && text.p[at] != '#' && !add_line(b, system, phi_of(text.p + at, end - at))) {
            buf_printf(error, "%s:%d: not a row of code, pair, from, to, flags, value, title", path,
                       line);
            rc = EXIT_CONFIG;
        }
        at = end + 1;
    }
    buf_free(&text);
    return rc;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_system(struct compilation *b, const char *dir, const char *system, struct buf *error)
{
    char path[PATH_MAX];
    struct dirent **file;
    snprintf(path, sizeof path, "%s/%s", dir, system);
    int n = scandir(path, &file, NULL, by_name), rc = 0;
    for (int i = 0; i < n; i++) {
        size_t len = strlen(file[i]->d_name);
        if (rc == 0 && len > 4 && strcmp(file[i]->d_name + len - 4, ".tsv") == 0) {
            snprintf(path, sizeof path, "%s/%s/%s", dir, system, file[i]->d_name);
            rc = add_file(b, system, path, error);
        }
        free(file[i]);
    }
    if (n >= 0)
        free(file);
    return rc;
}

int release_compile(const char *dir, struct buf *error)
{
    struct compilation b = {codes_build_new(), lexicon_build_new()};
    struct dirent **sub;
    char path[PATH_MAX];
    int n = scandir(dir, &sub, NULL, by_name), rc = n < 0 ? EXIT_CONFIG : EXIT_DONE;
    if (n < 0)
        buf_printf(error, "cannot read folder \"%s\": %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (rc == 0 && sub[i]->d_name[0] != '.' && strcmp(sub[i]->d_name, "fetched") != 0 &&
            strlen(sub[i]->d_name) < SYSTEM_LEN)
            rc = add_system(&b, dir, sub[i]->d_name, error);
        free(sub[i]);
    }
    if (n >= 0)
        free(sub);
    snprintf(path, sizeof path, "%s/codes.cwt", dir);
    if (rc == 0) {
        lexicon_build_add(b.lexicon, b.table);
        rc = codes_build_write(b.table, path, error);
    }
    lexicon_build_free(b.lexicon);
    codes_build_free(b.table);
    return rc;
}
