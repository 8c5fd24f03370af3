#include "common/coding/terms.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { LEVELS = 12, ALTERNATIVES = 6, MODIFIERS = 12, PRODUCTS = 24 };

struct level {
    phi_str alternative[ALTERNATIVES];
    size_t n;
};
struct path {
    struct level level[LEVELS];
    size_t n;
    phi_str modifier[MODIFIERS];
    size_t modifiers;
};

static phi_str trim(phi_str s)
{
    while (s.n && s.p[0] == ' ')
        s = phi_of(s.p + 1, s.n - 1);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* Cuts the next piece off *rest at the separator; false when nothing is left. */
static bool piece(phi_str *rest, const char *sep, phi_str *out)
{
    if (rest->n == 0)
        return false;
    const char *at = memmem(rest->p, rest->n, sep, strlen(sep));
    size_t n = at ? (size_t)(at - rest->p) : rest->n;
    *out = trim(phi_of(rest->p, n));
    n += at ? strlen(sep) : 0;
    *rest = phi_of(rest->p + n, rest->n - n);
    return true;
}

/* Modifiers out of a level: "(s)" is a plural, every other parenthesis a modifier. Returns what is
 * printed outside of them, in `outside`. */
static phi_str take_modifiers(struct path *p, phi_str level, struct buf *outside)
{
    size_t from = outside->len;
    for (size_t i = 0; i < level.n; i++) {
        const char *close = level.p[i] == '(' ? memchr(level.p + i, ')', level.n - i) : NULL;
        size_t n = close ? (size_t)(close - level.p) - i - 1 : 0;
        if (close && n == 1 && level.p[i + 1] == 's')
            buf_putc(outside, 's');
        else if (close && p->modifiers < MODIFIERS)
            p->modifier[p->modifiers++] = phi_of(level.p + i + 1, n);
        else if (!close)
            buf_putc(outside, level.p[i]);
        i += close ? n + 1 : 0;
    }
    return phi_of(outside->p + from, outside->len - from);
}

static void read_path(struct path *p, phi_str stored, struct buf *text)
{
    phi_str level, part;
    *p = (struct path){0};
    buf_room(text, stored.n + 1); /* slices point into it: it must not move */
    while (p->n < LEVELS && piece(&stored, " > ", &level)) {
        struct level *l = &p->level[p->n++];
        phi_str outside = take_modifiers(p, level, text);
        while (l->n < ALTERNATIVES && piece(&outside, ",", &part))
            if (part.n)
                l->alternative[l->n++] = part;
    }
}

/* Words that say the behaviour, by column of the neoplasm table. */
static const char *const behaviour[8][7] = {
    [2] = {"carcinoma", "cancer", "malignant neoplasm", "malignant tumor", "adenocarcinoma",
           "malignancy"},
    [3] = {"metastasis", "metastases", "metastatic", "secondary malignant"},
    [4] = {"carcinoma in situ"},
    [5] = {"benign neoplasm", "benign tumor"},
    [7] = {"neoplasm", "tumor", "mass"}};

/* Words that say what a drug did, by column of the drug table: poisoning by accident and by intent, adverse
 * effect, underdosing. Assault and "undetermined" are for a person. */
static const char *const drug_did[8][5] = {
    [2] = {"poisoning", "accidental poisoning", "overdose", "accidental overdose"},
    [3] = {"intentional poisoning", "intentional overdose", "suicidal overdose"},
    [6] = {"adverse effect", "adverse reaction", "side effect"},
    [7] = {"underdosing", "underdose"}};

/* The words of the path, each with those of the column behind. */
static void give_columns(struct buf *words, const char *const *w, term_variant_fn *take, void *ctx)
{
    size_t site = words->len;
    for (size_t i = 0; w[i]; i++) {
        words->len = site;
        buf_puts(words, w[i]);
        take(ctx, buf_view(words), i < 2);
    }
}

static void give(const struct path *p, const size_t *pick, uint32_t value, term_variant_fn *take,
                 void *ctx)
{
    struct buf words = {0};
    bool neoplasm = (value & 255) == TERM_NEOPLASM, drug = (value & 255) == TERM_DRUG;
    for (size_t i = 0; i < p->n; i++)
        if (p->level[i].n) {
            buf_phi(&words, p->level[i].alternative[pick[i]]);
            buf_putc(&words, ' ');
        }
    if (drug) {
        give_columns(&words, drug_did[value >> 8 & 7], take, ctx);
    } else if (!neoplasm) {
        take(ctx, buf_view(&words), p->n == 1 && pick[0] == 0);
    } else {
        give_columns(&words, behaviour[value >> 8 & 7], take, ctx);
    }
    buf_free(&words);
}

/* Counts through the alternatives like an odometer. */
static bool next_pick(const struct path *p, size_t *pick)
{
    for (size_t i = p->n; i-- > 0;) {
        if (++pick[i] < p->level[i].n)
            return true;
        pick[i] = 0;
    }
    return false;
}

static void give_modifiers(const struct path *p, term_variant_fn *take, void *ctx)
{
    struct buf words = {0};
    for (size_t i = 0; i < p->n; i++)
        if (p->level[i].n) {
            buf_phi(&words, p->level[i].alternative[0]);
            buf_putc(&words, ' ');
        }
    size_t bare = words.len;
    for (size_t m = 0; m < p->modifiers; m++) {
        words.len = bare;
        buf_phi(&words, p->modifier[m]);
        take(ctx, buf_view(&words), false);
    }
    buf_free(&words);
}

static void expand_path(phi_str stored, uint32_t value, term_variant_fn *take, void *ctx)
{
    struct path p;
    struct buf text = {0};
    size_t pick[LEVELS] = {0}, given = 0;
    read_path(&p, stored, &text);
    if ((value & 255) == TERM_NEOPLASM)
        p.level[0].n = 0; /* "Neoplasm" itself: the column says it better */
    do
        give(&p, pick, value, take, ctx);
    while (++given < PRODUCTS && next_pick(&p, pick));
    if ((value & 255) == TERM_INDEX)
        give_modifiers(&p, take, ctx);
    buf_free(&text);
}

/* A title as printed, and without what stands in parentheses, which a note may leave out. */
static void take_both(const struct buf *title, term_variant_fn *take, void *ctx)
{
    struct buf bare = {0};
    int depth = 0;
    take(ctx, buf_view(title), true);
    for (size_t i = 0; i < title->len; i++) {
        depth += title->p[i] == '(';
        if (depth == 0)
            buf_putc(&bare, title->p[i]);
        depth -= title->p[i] == ')' && depth > 0;
    }
    if (bare.len && bare.len < title->len)
        take(ctx, buf_view(&bare), true);
    buf_free(&bare);
}

void terms_expand(phi_str stored, uint32_t value, term_variant_fn *take, void *ctx)
{
    uint32_t kind = value & 255;
    if (kind == TERM_INDEX || kind == TERM_NEOPLASM || kind == TERM_DRUG || kind == TERM_SEE) {
        expand_path(stored, value, take, ctx);
        return;
    }
    struct buf clean = {0};
    bool residual = stored.n > 6 && strncasecmp(stored.p, "other ", 6) == 0;
    terms_clean(stored, &clean);
    if (!residual || kind == TERM_INCLUSION ||
        kind == TERM_OWN) /* "Other ..." is what no term says */
        take_both(&clean, take, ctx);
    buf_free(&clean);
}

static size_t find(phi_str s, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, what, n) == 0)
            return i;
    return s.n;
}

void terms_clean(phi_str s, struct buf *out)
{
    static const char *const ends[] = {" initial encounter", " subsequent encounter", " sequela"};
    static const char *const silent[] = {"unspecified", "not elsewhere classified", "specified"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        s.n = find(s, ends[i]);
    while (s.n) {
        size_t best = s.n, skip = 0;
        for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
            size_t at = find(s, silent[i]);
            if (at < best) {
                best = at;
                skip = strlen(silent[i]);
            }
        }
        buf_add(out, s.p, best);
        s = phi_of(s.p + best + skip, s.n - best - skip);
    }
}
