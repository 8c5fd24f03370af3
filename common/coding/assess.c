#include "common/coding/assess.h"
#include "common/coding/refine.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { WHOLE_SET = 50000 };

static const struct assessed *find(const struct assessments *out, const struct code_row *code)
{
    for (size_t i = 0; i < out->n; i++)
        if (out->at[i].code == code)
            return &out->at[i];
    return NULL;
}

static void add(struct assessments *out, const struct proposal *p, uint32_t at, bool sure)
{
    if (find(out, p->code))
        return;
    if (out->n == out->cap) {
        out->cap = out->cap ? out->cap * 2 : 16;
        out->at = xrealloc(out->at, out->cap * sizeof *out->at);
    }
    out->at[out->n++] = (struct assessed){.code = p->code,
                                          .begin = p->begin + at,
                                          .end = p->end + at,
                                          .sure = sure,
                                          .context = p->context,
                                          .term = p->term};
}

/* ---- sections ---- */

static const char *const assessing[] = {"a",
                                        "assessment",
                                        "assessment and plan",
                                        "assessment/plan",
                                        "a/p",
                                        "impression",
                                        "diagnosis",
                                        "diagnoses",
                                        "dx",
                                        "final diagnosis",
                                        "final diagnoses",
                                        "discharge diagnosis",
                                        "discharge diagnoses",
                                        "principal diagnosis",
                                        "admission diagnosis",
                                        "postoperative diagnosis",
                                        "diagnosis at discharge",
                                        "clinical impression",
                                        "secondary diagnoses"};

/* Length of a heading ("Impression:") at the beginning of a line; 0: none. */
static size_t heading(phi_str line)
{
    size_t n = 0, words = 1;
    while (n < line.n && n < 40 && (isalpha((unsigned char)line.p[n]) || strchr(" /&", line.p[n])))
        words += line.p[n++] == ' ';
    return n && n < line.n && line.p[n] == ':' && words <= 4 ? n + 1 : 0;
}

static bool is_assessing(phi_str head)
{
    for (size_t i = 0; i < sizeof assessing / sizeof *assessing; i++)
        if (head.n == strlen(assessing[i]) + 1 &&
            strncasecmp(head.p, assessing[i], head.n - 1) == 0)
            return true;
    return false;
}

/* ---- items ---- */

/* Words beside a diagnosis that do not make it another one. */
static bool filler(phi_str w)
{
    static const char *const list[] = {
        "stable",    "today",    "well",    "controlled", "doing",   "improved",   "improving",
        "continued", "likewise", "new",     "now",        "still",   "patient",    "his",
        "her",       "as",       "above",   "also",       "current", "currently",  "active",
        "good",      "control",  "disease", "diagnosis",  "known",   "established"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (w.n == strlen(list[i]) && strncasecmp(w.p, list[i], w.n) == 0)
            return true;
    return false;
}

static bool in_evidence(const struct proposals *p, const struct word *w)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i].assigned && w->begin >= p->at[i].begin && w->end <= p->at[i].end)
            return true;
    return false;
}

/* ---- whether a term says what the item says ---- */

static bool is_word(phi_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static bool has_word(phi_str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, word, n) == 0 && (i == 0 || !isalpha((unsigned char)s.p[i - 1])) &&
            (i + n == s.n || !isalpha((unsigned char)s.p[i + n])))
            return true;
    return false;
}

/* A term as printed, without what stands in parentheses: those words may be there or not. */
static void bare(phi_str s, struct buf *out)
{
    int depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        depth += s.p[i] == '(';
        if (depth == 0)
            buf_putc(out, s.p[i]);
        depth -= s.p[i] == ')' && depth > 0;
    }
}

/* "without" and "no" are no words of a term's key: both sides must have them, or neither, and what
 * one denies the other must not affirm ("with aura, not intractable" is not "without aura"). */
static bool same_polarity(struct coding *c, phi_str item, phi_str term)
{
    enum { MAX = REFINE_DENIED };
    uint64_t a[MAX], b[MAX];
    size_t na = refine_denied(c, item, a), nb = refine_denied(c, term, b);
    if ((na == 0) != (nb == 0))
        return false;
    for (size_t i = 0; i < na; i++)
        if (!refine_among(b, nb, a[i]))
            return false;
    for (size_t i = 0; i < c->words.n; i++)
        if (!c->words.at[i].stop && refine_among(b, nb, c->words.at[i].stem) &&
            !refine_among(a, na, c->words.at[i].stem))
            return false;
    return true;
}

/* The course that the item states is not another one in the code's title. */
static bool same_course(phi_str item, phi_str title)
{
    bool acute = has_word(item, "acute"), chronic = has_word(item, "chronic");
    if (has_word(title, "acute") && !has_word(title, "chronic") && chronic && !acute)
        return false;
    if (has_word(title, "chronic") && !has_word(title, "acute") && acute)
        return false;
    return true;
}

/* True when every word of the title that counts is one of the item (c->words). */
static bool title_within(struct coding *c, phi_str title)
{
    struct words t = {0};
    bool all = true;
    words_read(c->stems, title, &t);
    for (size_t i = 0; i < t.n && all; i++) {
        bool found = t.at[i].stop;
        for (size_t k = 0; k < c->words.n && !found; k++)
            found = c->words.at[k].stem == t.at[i].stem;
        all = found;
    }
    words_free(&t);
    return all;
}

static bool says_the_same(struct coding *c, phi_str item, const struct proposal *p)
{
    const struct codes *table = lexicon_table(c->lexicon);
    phi_str title = codes_title(table, p->code);
    struct buf text = {0};
    if (!p->term || !same_course(item, title))
        return false;
    if (p->term->value == TERM_OWN)
        return true;
    if (has_word(codes_title(table, p->term), "NEC"))
        return false; /* what no other code says: the note may say more elsewhere */
    bare(codes_title(table, p->term), &text);
    bool good = same_polarity(c, item, buf_view(&text));
    buf_free(&text);
    /* what leads to a heading stands for one code below it only when that says no more */
    bool exact = memcmp(p->term->pair, p->code->code, CODE_LEN) == 0 &&
                 p->term->value != TERM_SEE; /* the reference may have said less than its target */
    return good && (exact || title_within(c, title));
}

/* Words that may make another diagnosis of what stands beside them, in a category of its own. */
static bool signals_more(phi_str item)
{
    static const char *const list[] = {
        "due",        "from",       "with",      "after",        "following",     "secondary",
        "induced",    "related",    "diabetic",  "hypertensive", "traumatic",     "pregnancy",
        "trimester",  "congenital", "newborn",   "neonatal",     "postoperative", "postprocedural",
        "septic",     "sepsis",     "alcoholic", "history",      "family",        "screening",
        "aftercare",  "status",     "drug",      "fracture",     "twin",          "metastatic",
        "metastases", "recurrent",  "encounter", "follow",       "without",       "no",
        "no"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (has_word(item, list[i]))
            return true;
    return false;
}

/* True when a title of the category or of its neighbours (the same two characters) speaks of this
 * word: a more specific code may exist. */
static bool category_speaks(struct coding *c, const struct code_row *code, uint64_t stem)
{
    const struct codes *table = lexicon_table(c->lexicon);
    struct code_system s;
    struct words t = {0};
    bool found = false;
    if (!codes_system(table, LEXICON_CODES, &s))
        return true;
    uint32_t lo = 0, hi = s.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (memcmp(s.rows[mid].code, code->code, 2) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < s.n && !found && memcmp(s.rows[lo].code, code->code, 2) == 0; lo++) {
        words_read(c->stems, codes_title(table, &s.rows[lo]), &t);
        for (size_t i = 0; i < t.n && !found; i++)
            found = t.at[i].stem == stem;
    }
    words_free(&t);
    return found;
}

/* A small table of common diagnoses does not know what else a word may lead to. */
static bool whole_set(struct coding *c)
{
    struct code_system s;
    return codes_system(lexicon_table(c->lexicon), LEXICON_CODES, &s) && s.n > WHOLE_SET;
}

static size_t vocabulary_slot(const struct vocabulary *v, uint64_t stem)
{
    size_t i = stem & (v->n - 1);
    while (v->stem[i] && v->stem[i] != stem)
        i = (i + 1) & (v->n - 1);
    return i;
}

static bool vocabulary_has(const struct vocabulary *v, uint64_t stem)
{
    return v->stem[vocabulary_slot(v, stem)] == stem;
}

static void vocabulary_add(struct vocabulary *v, uint64_t stem)
{
    size_t at = vocabulary_slot(v, stem);
    if (v->stem[at] == stem)
        return;
    v->stem[at] = stem;
    if (++v->used * 2 < v->n)
        return;
    struct vocabulary old = *v;
    v->n *= 2;
    v->stem = xcalloc(v->n, sizeof *v->stem);
    for (size_t i = 0; i < old.n; i++)
        if (old.stem[i])
            v->stem[vocabulary_slot(v, old.stem[i])] = old.stem[i];
    free(old.stem);
}

/* Stems of all terms of the table, sorted; made when they are first asked for. */
static void read_vocabulary(struct coding *c)
{
    const struct codes *table = lexicon_table(c->lexicon);
    struct vocabulary *v = &c->vocabulary;
    struct code_system s;
    struct words w = {0};
    size_t cap = 1 << 16; /* a power of two, at most half full */
    v->table = table;
    free(v->stem);
    v->stem = xcalloc(cap, sizeof *v->stem);
    v->n = cap;
    v->used = 0;
    for (uint32_t i = 0; codes_system(table, LEXICON_SYSTEM, &s) && i < s.n; i++) {
        words_read(c->stems, codes_title(table, &s.rows[i]), &w);
        for (size_t k = 0; k < w.n; k++)
            if (!w.at[k].stop)
                vocabulary_add(v, w.at[k].stem);
    }
    words_free(&w);
}

/* True when a term of the code set, of whatever category, has the word. */
static bool set_speaks(struct coding *c, uint64_t stem)
{
    if (c->vocabulary.table != lexicon_table(c->lexicon))
        read_vocabulary(c);
    return vocabulary_has(&c->vocabulary, stem);
}

enum { MORE_WORDS = 4 }; /* as many may stand beside a term */

/* What the item says besides the term is harmless: few words, none of which a code of the category
 * knows, and none that may lead to another category. */
static bool rest_is_harmless(struct coding *c, phi_str item, const struct proposals *p)
{
    const struct proposal *one = NULL;
    int more = 0;
    for (size_t i = 0; i < p->n; i++)
        one = p->at[i].assigned ? &p->at[i] : one;
    for (size_t i = 0; one && i < c->words.n; i++) {
        const struct word *w = &c->words.at[i];
        phi_str text = phi_of(item.p + w->begin, w->end - w->begin);
        if (w->stop || in_evidence(p, w) || filler(text))
            continue;
        if (++more > MORE_WORDS || category_speaks(c, one->code, w->stem) || set_speaks(c, w->stem))
            return false;
    }
    return one && (more == 0 || (whole_set(c) && !signals_more(item)));
}

/* True when one assigned code takes up all words of an item that count, and says nothing else. */
static bool covers(struct coding *c, phi_str item, const struct proposals *p)
{
    const struct proposal *one = NULL;
    size_t assigned = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i].assigned) {
            one = &p->at[i];
            assigned++;
        }
    return assigned == 1 && rest_is_harmless(c, item, p) && says_the_same(c, item, one);
}

static phi_str trim_item(phi_str s)
{
    while (s.n && (isspace((unsigned char)*s.p) || strchr("-*#.,)", *s.p) ||
                   (isdigit((unsigned char)*s.p) && s.n > 1 && strchr("0123456789.) ", s.p[1]))))
        s = phi_of(s.p + 1, s.n - 1);
    while (s.n && (isspace((unsigned char)s.p[s.n - 1]) || strchr(".,;", s.p[s.n - 1])))
        s.n--;
    return s;
}

/* A label for what was, or what another has: "Hx: gout", "Mom: gout". */
static bool another_time(phi_str label)
{
    static const char *const list[] = {"hx",  "history", "past",   "prior",  "previous", "pmh",
                                       "fh",  "fhx",     "family", "mother", "father",   "mom",
                                       "dad", "pmhx",    "sister", "brother"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (has_word(label, list[i]))
            return true;
    return false;
}

/* "Gout?", "?gout", "(-) gout", O with a stroke, "Ddx: gout": doubt or absence written with marks. */
static bool doubted(phi_str item)
{
    const char *colon = memchr(item.p, ':', item.n);
    phi_str label = phi_of(item.p, colon ? (size_t)(colon - item.p) : 0);
    return memchr(item.p, '?', item.n) || memmem(item.p, item.n, "(-)", 3) ||
           memmem(item.p, item.n, "\xc3\x98", 2) || has_word(label, "ddx") ||
           has_word(label, "differential") || has_word(label, "out") ||
           has_word(label, "possible") || has_word(label, "probable") ||
           has_word(label, "suspected") || another_time(label);
}

static bool says_doubt(phi_str item)
{
    static const char *const list[] = {"possible", "probable", "suspected",    "likely",
                                       "vs",       "versus",   "differential", "questionable",
                                       "rule",     "presumed", "suspect",      "maybe",
                                       "possibly", "probably", "presumably",   "perhaps"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (has_word(item, list[i]))
            return true;
    return false;
}

/* "Pneumonia, resolved", "hepatitis C, cured": no disease of today, and for a person to judge. */
static bool says_over(phi_str item)
{
    static const char *const list[] = {
        "resolved",   "cured",       "gone",      "past",        "recovered",  "cleared",
        "eradicated", "disappeared", "subsided",  "former",      "formerly",   "ago",
        "previous",   "vanished",    "corrected", "healed",      "eliminated", "neg",
        "negative",   "none",        "denied",    "doubt",       "doubtful",   "outgrown",
        "childhood",  "survivor",    "finished",  "completed",   "last",       "eval",
        "evaluation", "workup",      "ppx",       "prophylaxis", "ros",        "clear",
        "wife",       "husband",     "son",       "daughter"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (has_word(item, list[i]))
            return true;
    return false;
}

/* "In remission" beside a code whose title knows none. */
static bool unsaid_remission(struct coding *c, phi_str item, const struct proposals *p)
{
    bool said = !has_word(item, "remission");
    for (size_t i = 0; i < p->n && !said; i++)
        said = p->at[i].assigned &&
               has_word(codes_title(lexicon_table(c->lexicon), p->at[i].code), "remission");
    return !said;
}

/* A letter A that stands alone and is no article ("influenza A"): it ends the text, or a stop or a word
 * such as "with" follows. */
static bool lone_a(phi_str s)
{
    static const char *const next[] = {"with", "and", "virus", "deficiency", "in", "due", "or"};
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != 'A' || s.p[i - 1] != ' ' ||
            (i + 1 < s.n && isalnum((unsigned char)s.p[i + 1])))
            continue;
        if (i + 1 == s.n || s.p[i + 1] != ' ')
            return true;
        phi_str rest = phi_of(s.p + i + 2, s.n - i - 2);
        for (size_t k = 0; k < sizeof next / sizeof *next; k++) {
            size_t n = strlen(next[k]);
            if (rest.n >= n && strncasecmp(rest.p, next[k], n) == 0 &&
                (rest.n == n || !isalpha((unsigned char)rest.p[n])))
                return true;
        }
    }
    return false;
}

/* "Influenza A" is not what "influenza" leads to: the letter is a stop word to the terms. */
static bool letter_differs(struct coding *c, phi_str item, const struct code_row *code)
{
    return lone_a(item) && !lone_a(codes_title(lexicon_table(c->lexicon), code));
}

static bool try_refine(struct coding *c, phi_str note, phi_str item, struct proposals *p,
                       struct assessments *out)
{
    for (size_t i = 0; i < p->n; i++) {
        struct proposal x = p->at[i];
        x.code = x.assigned && x.term && x.context == 0 ? refine(c, item, &x) : NULL;
        if (!x.code || refine_later_visit(x.code, note) || letter_differs(c, item, x.code))
            continue;
        x.begin = 0;
        x.end = (uint32_t)item.n;
        add(out, &x, (uint32_t)(item.p - note.p), true);
        return true;
    }
    return false;
}

/* The words of an item are in one term, or say one code of the term's category. */
static bool try_item(struct coding *c, phi_str note, phi_str item, struct proposals *p,
                     struct assessments *out)
{
    propose(c, item, p);
    if (says_over(item) || unsaid_remission(c, item, p))
        return false;
    if (covers(c, item, p)) {
        for (size_t i = 0; i < p->n; i++)
            if (p->at[i].assigned &&
                (refine_later_visit(p->at[i].code, note) || letter_differs(c, item, p->at[i].code)))
                return false;
        for (size_t i = 0; i < p->n; i++)
            if (p->at[i].assigned)
                add(out, &p->at[i], (uint32_t)(item.p - note.p), true);
        return true;
    }
    if (try_refine(c, note, item, p, out))
        return true;
    /* "twist of the left ankle": its term has no word for the side */
    struct buf bare = {0};
    refine_bare(item, &bare);
    propose(c, buf_view(&bare), p);
    words_read(c->stems, item, &c->words);
    bool good = try_refine(c, note, item, p, out);
    buf_free(&bare);
    return good;
}

/* "rule out pertussis": it begins with the doubt and is short, so nothing but what is doubted stands there,
 * whether the code set knows its word or not. */
static bool opens_with_doubt(phi_str item)
{
    static const char *const list[] = {"rule out ", "r/o ",       "possible ", "possibly ",
                                       "probable ", "suspected ", "probably "};
    size_t blanks = 0;
    for (size_t i = 0; i < item.n; i++)
        blanks += item.p[i] == ' ';
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (item.n > strlen(list[i]) && strncasecmp(item.p, list[i], strlen(list[i])) == 0)
            return blanks <= 3 && !has_word(item, "with") && !has_word(item, "and");
    return false;
}

/* A piece that only doubts or excludes: nothing is coded of it in the office (guideline IV.H). */
static bool only_doubt(struct coding *c, phi_str item, struct proposals *p)
{
    enum coding_setting setting = c->setting;
    bool any = false, all = true;
    c->setting = SETTING_MENTIONS;
    propose(c, item, p);
    c->setting = setting;
    for (size_t i = 0; i < p->n; i++) {
        unsigned doubt = p->at[i].context & (CONTEXT_UNCERTAIN | CONTEXT_NEGATED);
        any = true;
        all &= doubt != 0;
    }
    if (!any)
        return setting == SETTING_OUTPATIENT && opens_with_doubt(item);
    bool excluded = all && has_word(item, "ruled") && has_word(item, "out");
    return setting == SETTING_OUTPATIENT && all && (excluded || doubted(item) || says_doubt(item));
}

/* No word of a tail is one that a code beside the head's says, none may lead elsewhere. */
static bool adds_nothing(struct coding *c, phi_str s, const struct code_row *head)
{
    bool more = signals_more(s) || has_word(s, "left") || has_word(s, "right") ||
                has_word(s, "both") || has_word(s, "bilateral");
    words_read(c->stems, s, &c->words);
    for (size_t i = 0; i < c->words.n && !more; i++)
        more = !c->words.at[i].stop && category_speaks(c, head, c->words.at[i].stem);
    return !more;
}

/* What is done about it, or how it goes: no diagnosis is named, nothing said that changes the one before.
 * head: the diagnosis before it, where it is known: then other words will do as well. */
static bool is_tail(struct coding *c, phi_str s, struct proposals *p, const struct code_row *head)
{
    static const char *const does[] = {
        "continue",   "start",  "stop",   "raise",   "increase",    "decrease",    "lower",
        "refill",     "same",   "stay",   "recheck", "add",         "switch",      "hold",
        "taper",      "repeat", "order",  "check",   "refer",       "on",          "stable",
        "controlled", "well",   "at",     "today",   "improved",    "improving",   "treated",
        "will",       "labs",   "film",   "culture", "compensated", "progressing", "worse",
        "better",     "good",   "not at", "doing",   "see",         "worsening"};
    size_t n = 0;
    s = trim_item(s);
    while (n < s.n && isalpha((unsigned char)s.p[n]))
        n++;
    bool acts = false;
    for (size_t i = 0; i < sizeof does / sizeof *does; i++)
        acts |= is_word(phi_of(s.p, n), does[i]);
    if (has_word(s, "insulin") || doubted(s) || says_doubt(s) || says_over(s) ||
        has_word(s, "remission"))
        return false;
    if (!acts && (!head || !whole_set(c) || !adds_nothing(c, s, head)))
        return false;
    enum coding_setting setting = c->setting;
    c->setting = SETTING_MENTIONS;
    propose(c, s, p);
    c->setting = setting;
    return p->n == 0;
}

/* A head that is one diagnosis, when what stands behind it says nothing more of it. */
static bool take_with_tail(struct coding *c, phi_str note, phi_str head, phi_str tail,
                           struct proposals *p, struct assessments *out)
{
    size_t n = out->n;
    if (doubted(head) || !try_item(c, note, trim_item(head), p, out))
        return false;
    bool good = is_tail(c, tail, p, out->n > n ? out->at[out->n - 1].code : NULL);
    out->n = good ? out->n : n;
    return good;
}

/* Takes an item that is one diagnosis, with what is done about it behind a dash, colon or comma. */
static bool take_head(struct coding *c, phi_str note, phi_str item, struct proposals *p,
                      struct assessments *out)
{
    for (size_t i = 1; i + 1 < item.n; i++) {
        bool mark = item.p[i] == ':' || item.p[i] == ',' ||
                    (item.p[i] == '-' && item.p[i - 1] == ' ' && item.p[i + 1] == ' ');
        if (mark && take_with_tail(c, note, phi_of(item.p, i),
                                   phi_of(item.p + i + 1, item.n - i - 1), p, out))
            return true;
    }
    return false;
}

/* "A, B" and "A, possible B": every piece must be understood by itself. */
static bool take_pieces(struct coding *c, phi_str note, phi_str item, struct proposals *p,
                        struct assessments *out)
{
    size_t from = 0, n = out->n;
    bool before_one = false;
    for (size_t i = 0; i <= item.n; i++) {
        if (i < item.n && item.p[i] != ',')
            continue;
        phi_str piece = trim_item(phi_of(item.p + from, i - from));
        bool whole = from == 0 && i == item.n, one = !memchr(piece.p, ' ', piece.n);
        if (from && one && !before_one) /* "infection of the tract, urethritis" says one thing */
            whole = true;
        before_one = one;
        bool good = !whole && piece.n > 2 &&
                    (only_doubt(c, piece, p) || (from && is_tail(c, piece, p, NULL)) ||
                     (!doubted(piece) && try_item(c, note, piece, p, out)));
        if (!good) {
            out->n = n;
            return false;
        }
        from = i + 1;
    }
    return true;
}

static void take_item(struct coding *c, phi_str note, phi_str item, struct proposals *p,
                      struct assessments *out)
{
    item = trim_item(item);
    if (item.n < 3 || only_doubt(c, item, p))
        return;
    if (doubted(item) || (!try_item(c, note, item, p, out) && !take_head(c, note, item, p, out) &&
                          !take_pieces(c, note, item, p, out)))
        out->unread++;
}

/* Items end at line ends, semicolons, and points that end a sentence. */
static void take_items(struct coding *c, phi_str note, phi_str text, struct proposals *p,
                       struct assessments *out)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.n; i++) {
        bool point = i < text.n && text.p[i] == '.' &&
                     (i + 1 == text.n || isspace((unsigned char)text.p[i + 1])) &&
                     !(i && isdigit((unsigned char)text.p[i - 1]) && i - from < 4) &&
                     !(i > 2 && strncasecmp(text.p + i - 3, " vs", 3) == 0);
        if (i < text.n && text.p[i] != '\n' && text.p[i] != ';' && !point)
            continue;
        take_item(c, note, phi_of(text.p + from, i - from), p, out);
        from = i + 1;
    }
}

/* The words before a colon are a diagnosis, not a heading. */
static bool names_one(struct coding *c, phi_str label, struct proposals *p)
{
    static const char *const headings[] = {
        "plan",      "p",           "allergies",   "allergy",     "history", "exam",
        "labs",      "meds",        "hpi",         "medications", "imaging", "procedure",
        "pmh",       "disposition", "ros",         "s",           "o",       "vitals",
        "objective", "subjective",  "complaint",   "cc",          "chief",   "family",
        "social",    "past",        "examination", "operation",   "orders"};
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (has_word(label, headings[i]))
            return false;
    if (is_assessing(phi_of(label.p, label.n + 1)))
        return false;
    propose(c, trim_item(label), p);
    return covers(c, trim_item(label), p);
}

/* A line that is nothing but the heading of an assessment, without its colon. */
static bool stands_alone(phi_str line)
{
    while (line.n && isspace((unsigned char)line.p[line.n - 1]))
        line.n--;
    return line.n > 1 && is_assessing(phi_of(line.p, line.n + 1));
}

static void take_sections(struct coding *c, phi_str note, struct proposals *p,
                          struct assessments *out)
{
    bool inside = false;
    for (size_t at = 0; at < note.n;) {
        const char *nl = memchr(note.p + at, '\n', note.n - at);
        size_t end = nl ? (size_t)(nl - note.p) : note.n;
        phi_str line = phi_of(note.p + at, end - at);
        size_t h = heading(line);
        if (h && inside && names_one(c, phi_of(line.p, h - 1), p))
            h = 0; /* "Hypokalemia: potassium 20 mEq": an item, no heading */
        else if (h)
            inside = is_assessing(phi_of(line.p, h));
        else if (stands_alone(line)) {
            inside = true;
            h = line.n;
        }
        if (inside)
            take_items(c, note, phi_of(line.p + h, line.n - h), p, out);
        at = end + 1;
    }
}

void assess(struct coding *c, phi_str note, struct assessments *out)
{
    struct proposals p = {0};
    out->n = out->unread = 0;
    take_sections(c, note, &p, out);
    /* the rest with everything that is said of it, so that rules can tell who and whether */
    enum coding_setting setting = c->setting;
    c->setting = SETTING_MENTIONS;
    propose(c, note, &p);
    c->setting = setting;
    for (size_t i = 0; i < p.n; i++)
        add(out, &p.at[i], 0, false);
    proposals_free(&p);
}

void assessments_free(struct assessments *a)
{
    free(a->at);
    *a = (struct assessments){0};
}
