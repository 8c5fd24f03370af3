#include "common/coding/refine.h"
#include <ctype.h>
#include <strings.h>

enum { TOKENS = 48 };

/* A word of a title: needed, or there may be without being said. */
struct token {
    uint64_t stem;
    int group; /* words of one group ("ankle and foot") stand for each other */
    bool optional;
};
struct title {
    struct token at[TOKENS];
    size_t n;
};

static bool is_word(phi_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static bool has(phi_str s, const char *words)
{
    for (const char *w = words; w;) {
        const char *bar = strchr(w, '|');
        size_t n = bar ? (size_t)(bar - w) : strlen(w);
        for (size_t i = 0; i + n <= s.n; i++)
            if (strncasecmp(s.p + i, w, n) == 0 &&
                (i == 0 || !isalnum((unsigned char)s.p[i - 1])) &&
                (i + n == s.n || !isalnum((unsigned char)s.p[i + n])))
                return true;
        w = bar ? bar + 1 : NULL;
    }
    return false;
}

/* ---- episodes ---- */

/* Where the words for the episode of care begin in a title; its length when there are none. */
static size_t episode_at(phi_str t)
{
    static const char *const begins[] = {", initial encounter", ", subsequent encounter",
                                         ", sequela"};
    for (size_t i = 0; i < t.n; i++)
        for (size_t k = 0; k < 3; k++) {
            size_t n = strlen(begins[k]);
            if (i + n <= t.n && strncasecmp(t.p + i, begins[k], n) == 0)
                return i;
        }
    return t.n;
}

/* What the episode's words of the title say is what the item says; closed and routine are what is meant
 * when nothing is said. */
static bool same_episode(phi_str item, phi_str episode)
{
    bool sequela = has(item, "sequela|late effect");
    bool later = has(item, "subsequent|healing|follow up|follow-up|aftercare|recheck");
    if (!episode.n)
        return true;
    if (has(episode, "sequela") != sequela || (!sequela && has(episode, "subsequent") != later))
        return false;
    if (has(episode, "open") != has(item, "open"))
        return false;
    static const char *const healing[] = {"delayed", "nonunion", "malunion"};
    for (size_t i = 0; i < 3; i++)
        if (has(episode, healing[i]) != has(item, healing[i]))
            return false;
    return true;
}

static bool episode_word(phi_str w)
{
    static const char *const list[] = {"initial", "subsequent", "encounter", "sequela",
                                       "routine", "healing",    "closed",    "open",
                                       "delayed", "nonunion",   "malunion"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (is_word(w, list[i]))
            return true;
    return false;
}

bool refine_later_visit(const struct code_row *code, phi_str note)
{
    return strnlen(code->code, CODE_LEN) == 7 && code->code[6] == 'A' &&
           has(note, "sequela|late effect|healing|follow up|follow-up|recheck|suture "
                     "removal|sutures removed|"
                     "cast removed|cast check|cast off|weeks ago|weeks after|months after|weeks "
                     "later|years ago");
}

/* ---- titles ---- */

/* Words that say that nothing is said: "of unspecified ligament of" -> "of"; ", unspecified ..." goes. */
static void plain_title(phi_str t, struct buf *out)
{
    static const char word[] = "unspecified ";
    for (size_t i = 0; i < t.n;) {
        bool here = i > 0 && i + 11 <= t.n && strncasecmp(t.p + i, word, 11) == 0 &&
                    !isalpha((unsigned char)t.p[i - 1]);
        if (!here) {
            buf_putc(out, t.p[i++]);
            continue;
        }
        size_t comma = i;
        while (comma < t.n && t.p[comma] != ',')
            comma++;
        bool clause = i >= 2 && t.p[i - 2] == ',';
        size_t next = i + 11;
        while (next < t.n && t.p[next] == ' ')
            next++;
        while (!clause && next < t.n && isalpha((unsigned char)t.p[next]))
            next++;
        i = clause ? comma : next;
    }
}

/* Takes a title apart. A clause that begins with "without" or "not" behind a comma, and what stands in
 * parentheses, may be missing in the item. */
static void read_title(struct coding *c, phi_str t, struct title *out)
{
    struct words w = {0};
    struct buf plain = {0};
    int depth = 0, group = 0;
    bool silent = false;
    plain_title(t, &plain);
    words_read(c->stems, buf_view(&plain), &w);
    *out = (struct title){0};
    uint32_t at = 0;
    for (size_t i = 0; i < w.n && out->n < TOKENS; i++) {
        phi_str text = phi_of(plain.p + w.at[i].begin, w.at[i].end - w.at[i].begin);
        bool comma = false;
        for (; at < w.at[i].begin; at++) {
            depth += (plain.p[at] == '(') - (plain.p[at] == ')' && depth > 0);
            comma |= plain.p[at] == ',';
        }
        if (comma)
            silent = is_word(text, "without") || is_word(text, "not");
        bool joins = is_word(text, "and") || is_word(text, "or");
        if (w.at[i].stop) {
            group -= joins && i > 0 && !w.at[i - 1].stop; /* the next one joins this group */
            continue;
        }
        bool implied = is_word(text, "unilateral"); /* by the side */
        out->at[out->n++] = (struct token){w.at[i].stem, ++group, depth > 0 || silent || implied};
    }
    words_free(&w);
    buf_free(&plain);
}

static bool item_says(const struct coding *c, uint64_t stem)
{
    for (size_t i = 0; i < c->words.n; i++)
        if (!c->words.at[i].stop && c->words.at[i].stem == stem)
            return true;
    return false;
}

static bool title_says(const struct title *t, uint64_t stem)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->at[i].stem == stem)
            return true;
    return false;
}

/* True when every group of the title that must be said is in the item, or was said by the term. */
static bool covered(const struct coding *c, const struct title *t, const struct title *known)
{
    for (size_t i = 0; i < t->n; i++) {
        bool found = t->at[i].optional;
        for (size_t k = 0; k < t->n && !found; k++)
            found = t->at[k].group == t->at[i].group &&
                    (item_says(c, t->at[k].stem) || (known && title_says(known, t->at[k].stem)));
        if (!found)
            return false;
    }
    return true;
}

static bool side_word(phi_str w)
{
    return is_word(w, "right") || is_word(w, "left") || is_word(w, "bilateral");
}

/* Words of the item that the title says; -1 when one is left that nothing explains and that matters. */
static int explained(const struct coding *c, phi_str item, const struct title *t,
                     const struct title *term, bool has_episode)
{
    int n = 0;
    for (size_t i = 0; i < c->words.n; i++) {
        const struct word *w = &c->words.at[i];
        phi_str text = phi_of(item.p + w->begin, w->end - w->begin);
        if (w->stop)
            continue;
        if (title_says(t, w->stem)) {
            n++;
            continue;
        }
        bool harmless = (title_says(term, w->stem) && !side_word(text)) ||
                        (has_episode && episode_word(text)) || is_word(text, "side") ||
                        is_word(text, "sided") || is_word(text, "weeks");
        if (!harmless)
            return -1;
    }
    return n;
}

size_t refine_denied(struct coding *c, phi_str text, uint64_t stems[REFINE_DENIED])
{
    struct words w = {0};
    size_t n = 0;
    words_read(c->stems, text, &w);
    for (size_t i = 0; i < w.n && n < REFINE_DENIED; i++) {
        phi_str s = phi_of(text.p + w.at[i].begin, w.at[i].end - w.at[i].begin);
        if (!is_word(s, "without") && !is_word(s, "no") && !is_word(s, "not"))
            continue;
        size_t k = i + 1;
        while (k < w.n && w.at[k].stop && w.at[k].sentence == w.at[i].sentence)
            k++;
        stems[n++] = k < w.n && w.at[k].sentence == w.at[i].sentence ? w.at[k].stem : 0;
    }
    words_free(&w);
    return n;
}

bool refine_among(const uint64_t *stems, size_t n, uint64_t stem)
{
    for (size_t i = 0; i < n; i++)
        if (stems[i] == stem)
            return true;
    return false;
}

/* What the item denies the title must deny; what the title denies the item must not affirm. */
static bool same_denials(struct coding *c, phi_str item, phi_str title)
{
    uint64_t a[REFINE_DENIED], b[REFINE_DENIED];
    size_t na = refine_denied(c, item, a), nb = refine_denied(c, title, b);
    for (size_t i = 0; i < na; i++)
        if (!refine_among(b, nb, a[i]))
            return false;
    for (size_t i = 0; i < c->words.n; i++)
        if (!c->words.at[i].stop && refine_among(b, nb, c->words.at[i].stem) &&
            !refine_among(a, na, c->words.at[i].stem))
            return false;
    return true;
}

/* "due to", "following" and their like are part of what the code must say. */
static bool same_cause(phi_str item, phi_str title)
{
    static const char *const causes[] = {"due",     "secondary", "following", "after",  "from",
                                         "induced", "history",   "family",    "related"};
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (has(item, causes[i]) != has(title, causes[i]))
            return false;
    return true;
}

void refine_bare(phi_str item, struct buf *out)
{
    for (size_t i = 0; i < item.n;) {
        size_t n = 0;
        while (i + n < item.n && isalpha((unsigned char)item.p[i + n]))
            n++;
        phi_str word = phi_of(item.p + i, n);
        bool gone = side_word(word) || episode_word(word);
        for (size_t k = 0; k < n; k++)
            buf_putc(out, gone ? ' ' : word.p[k]);
        i += n;
        if (i < item.n)
            buf_putc(out, item.p[i++]);
    }
}

static void read_term(struct coding *c, const struct proposal *p, struct title *out)
{
    struct words w = {0};
    *out = (struct title){0};
    if (!p->term)
        return;
    phi_str text = codes_title(lexicon_table(c->lexicon), p->term);
    words_read(c->stems, text, &w);
    uint32_t at = 0;
    int depth = 0;
    for (size_t i = 0; i < w.n && out->n < TOKENS; i++) {
        for (; at < w.at[i].begin; at++)
            depth += (text.p[at] == '(') - (text.p[at] == ')' && depth > 0);
        if (!w.at[i].stop)
            out->at[out->n++] = (struct token){w.at[i].stem, 0, depth > 0};
    }
    words_free(&w);
}

/* Another code of the category must still say all that the term says. */
static bool says_term(const struct title *t, const struct title *term)
{
    for (size_t i = 0; i < term->n; i++)
        if (!term->at[i].optional && !title_says(t, term->at[i].stem))
            return false;
    return true;
}

struct best {
    const struct code_row *row;
    int words, silent;
    bool tie;
};

static void weigh(struct coding *c, phi_str item, const struct code_row *row,
                  const struct proposal *p, const struct title *term, const struct title *base,
                  struct best *best)
{
    struct title t;
    phi_str whole = codes_title(lexicon_table(c->lexicon), row);
    size_t cut = episode_at(whole);
    phi_str title = phi_of(whole.p, cut), episode = phi_of(whole.p + cut, whole.n - cut);
    if (!same_episode(item, episode) || !same_cause(item, title))
        return;
    read_title(c, title, &t);
    if (row != p->code && !says_term(&t, term))
        return;
    if (!covered(c, &t, row == p->code ? base : NULL) || !same_denials(c, item, title))
        return;
    int words = explained(c, item, &t, term, episode.n > 0), silent = 0;
    for (size_t i = 0; i < t.n; i++)
        silent += !item_says(c, t.at[i].stem);
    if (words < 0)
        return;
    bool better =
        !best->row || words > best->words || (words == best->words && silent < best->silent);
    best->tie = better ? false : best->tie || (words == best->words && silent == best->silent);
    if (better) {
        best->row = row;
        best->words = words;
        best->silent = silent;
    }
}

const struct code_row *refine(struct coding *c, phi_str item, const struct proposal *p)
{
    struct code_system s;
    struct title term, base;
    struct best best = {0};
    int32_t day = lexicon_day(c->lexicon);
    if (!codes_system(lexicon_table(c->lexicon), LEXICON_CODES, &s))
        return NULL;
    read_term(c, p, &term);
    /* what the index leads to by itself is what it says, whatever its title adds */
    bool exact = p->term && memcmp(p->term->pair, p->code->code, CODE_LEN) == 0;
    read_title(c, codes_title(lexicon_table(c->lexicon), p->code), &base);
    base.n = exact ? base.n : 0;
    uint32_t lo = 0, hi = s.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (memcmp(s.rows[mid].code, p->code->code, 3) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < s.n && memcmp(s.rows[lo].code, p->code->code, 3) == 0; lo++)
        if (s.rows[lo].flags & CODE_BILLABLE && s.rows[lo].from <= day && day <= s.rows[lo].to)
            weigh(c, item, &s.rows[lo], p, &term, &base, &best);
    return best.tie ? NULL : best.row;
}
