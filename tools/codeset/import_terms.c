/* Terms of the flattened index and neoplasm table, and what the XML reader shares with them. */
#include "tools/codeset/import_terms.h"
#include "common/codes/codes.h"
#include "common/coding/terms.h"
#include "common/util/log.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

bool term_path_set(struct term_path *p, int level, phi_str term, phi_str modifiers)
{
    if (level < 0 || level >= TERM_LEVELS)
        return false;
    p->n = level + 1;
    struct buf *b = &p->level[level];
    buf_clear(b);
    for (size_t i = 0; i < term.n; i++) /* ">" parts levels */
        buf_putc(b, term.p[i] == '>' ? ' ' : term.p[i]);
    if (modifiers.n) {
        buf_putc(b, ' ');
        buf_phi(b, modifiers);
    }
    return true;
}

void term_path_free(struct term_path *p)
{
    for (int i = 0; i < TERM_LEVELS; i++)
        buf_free(&p->level[i]);
}

static uint64_t hash_of(const struct buf *b, uint32_t value)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ value;
    for (size_t i = 0; i < b->len; i++)
        h = (h ^ (unsigned char)b->p[i]) * UINT64_C(0x100000001b3);
    return h ^ h >> 32;
}

/* "S72.00-" is the heading S7200. */
static void strip_code(struct buf *out, phi_str code)
{
    for (size_t i = 0; i < code.n; i++)
        if (isalnum((unsigned char)code.p[i]))
            buf_putc(out, (char)toupper((unsigned char)code.p[i]));
}

bool term_give(struct import *im, const struct term_path *p, phi_str code, uint32_t value)
{
    struct import_row r = {.from = im->from, .to = im->to, .value = value};
    strncpy(r.system, im->system, sizeof r.system - 1);
    strip_code(&r.code, code);
    for (int i = 0; i < p->n; i++) {
        buf_puts(&r.title, i ? " > " : "");
        buf_phi(&r.title, buf_view(&p->level[i]));
    }
    /* several terms lead to one code: the pair keeps their rows apart */
    buf_printf(&r.pair, "%016" PRIx64, hash_of(&r.title, value));
    bool ok = true;
    if (r.code.len == 0)
        im->passed++;
    else
        ok = import_give(im, &r);
    buf_free(&r.code);
    buf_free(&r.pair);
    buf_free(&r.title);
    return ok;
}

bool term_refer(struct import *im, const struct term_path *p, phi_str target)
{
    struct import_row r = {.from = im->from, .to = im->to, .value = term_value(TERM_SEE, 0)};
    /* what can be looked up only by what it is of: a person does that */
    if (target.n == 0 || phi_is(target, "condition"))
        return true;
    strncpy(r.system, im->system, sizeof r.system - 1);
    buf_puts(&r.code, TERM_REFERENCE);
    for (int i = 0; i < p->n; i++) {
        buf_puts(&r.title, i ? " > " : "");
        buf_phi(&r.title, buf_view(&p->level[i]));
    }
    buf_puts(&r.title, TERM_REFERS);
    buf_phi(&r.title, target);
    buf_printf(&r.pair, "%016" PRIx64, hash_of(&r.title, (uint32_t)r.value));
    bool ok = import_give(im, &r);
    buf_free(&r.code);
    buf_free(&r.pair);
    buf_free(&r.title);
    return ok;
}

bool import_terms_end(struct import *im)
{
    if (im->path)
        term_path_free(im->path);
    free(im->path);
    im->path = NULL;
    return true;
}

static int column_of(phi_str line, const char *name)
{
    struct buf cell = {0};
    int at = -1;
    for (int k = 0; k < 32 && at < 0; k++)
        if (phi_is(import_column(line, ',', k, &cell), name))
            at = k;
    buf_free(&cell);
    return at;
}

/* Finds the wanted headings; im->column[i] is where names[i] stands. */
static bool headings(struct import *im, const char *const *names, phi_str line)
{
    bool all = true;
    for (int i = 0; names[i]; i++) {
        im->column[i] = column_of(line, names[i]);
        all = all && im->column[i] >= 0;
    }
    im->header_done = true;
    im->passed++;
    if (!all)
        im->why = "the heading line does not name the columns of this layout";
    else
        im->path = xcalloc(1, sizeof *im->path);
    return all;
}

static bool read_path(struct import *im, phi_str line, int level_at, int term_at, int mod_at)
{
    struct buf level = {0}, term = {0}, modifiers = {0};
    phi_str lv = import_column(line, ',', im->column[level_at], &level);
    bool digit = lv.n == 1 && isdigit((unsigned char)lv.p[0]);
    bool ok =
        digit && lv.p[0] - '0' <= im->path->n &&
        term_path_set(im->path, lv.p[0] - '0', import_column(line, ',', im->column[term_at], &term),
                      import_column(line, ',', im->column[mod_at], &modifiers));
    if (!ok)
        im->why = "the level is no digit or leaves one out";
    buf_free(&level);
    buf_free(&term);
    buf_free(&modifiers);
    return ok;
}

bool import_index_csv(struct import *im, phi_str line)
{
    static const char *const names[] = {"Level", "Term", "NonEssModif", "Code", NULL};
    static const char *const more[] = {"See", "SeeAlso"};
    if (!im->header_done) {
        for (int i = 0; i < 2; i++)
            im->column[4 + i] = column_of(line, more[i]);
        return headings(im, names, line);
    }
    struct buf cell = {0};
    bool ok = read_path(im, line, 0, 1, 2) &&
              term_give(im, im->path, import_column(line, ',', im->column[3], &cell),
                        term_value(TERM_INDEX, 0));
    for (int c = 4; c < 6; c++) /* "see", "see also": a file may be without */
        if (ok && im->column[c] >= 0)
            ok = term_refer(im, im->path, import_column(line, ',', im->column[c], &cell));
    buf_free(&cell);
    return ok;
}

bool import_neoplasm_csv(struct import *im, phi_str line)
{
    static const char *const names[] = {
        "Level",    "Term",   "NonEssModif",       "MalignantPrimary",    "MalignantSecondary",
        "CaInSitu", "Benign", "UncertainBehavior", "UnspecifiedBehavior", NULL};
    if (!im->header_done)
        return headings(im, names, line);
    struct buf code = {0};
    bool ok = read_path(im, line, 0, 1, 2);
    for (int c = 3; ok && c < 9; c++)
        ok = term_give(im, im->path, import_column(line, ',', im->column[c], &code),
                       term_value(TERM_NEOPLASM, (unsigned)c - 1));
    buf_free(&code);
    return ok;
}
