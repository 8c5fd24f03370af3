#include "common/coding/context.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum reach {
    AHEAD,  /* what follows */
    BEHIND, /* what goes before */
    AROUND, /* both: one against the other */
    NOTHING /* looks like a trigger and is none; or ends the reach of those before it */
};
enum { TRIGGER_WORDS = 6, SCOPE = 8, BEHIND_SCOPE = 6, SLOTS = 1024, BEHIND_SHIFT = 8 };

struct trigger_text {
    const char *words;
    enum reach reach;
    unsigned flags;
};

static const struct trigger_text trigger_texts[] = {
#include "common/coding/triggers.inc"
};

struct trigger {
    uint64_t word[TRIGGER_WORDS];
    uint8_t n, reach, flags;
    bool ends; /* ends the reach of what stands before it */
};
struct context_rules {
    struct trigger *at;
    size_t n;
    uint16_t first[SLOTS]; /* by first word: number of trigger + 1 */
    uint16_t *next;
};

static struct trigger read_trigger(struct stemmer *stems, const struct trigger_text *t,
                                   struct words *w)
{
    struct trigger out = {.reach = (uint8_t)t->reach, .flags = (uint8_t)t->flags};
    words_read(stems, phi_lit(t->words), w);
    if (w->n == 0 || w->n > TRIGGER_WORDS)
        BUG("a trigger has no words, or too many");
    for (size_t i = 0; i < w->n; i++)
        out.word[i] = w->at[i].plain;
    out.n = (uint8_t)w->n;
    out.ends = t->reach == NOTHING && t->flags;
    return out;
}

struct context_rules *context_rules_new(struct stemmer *stems)
{
    struct context_rules *r = xcalloc(1, sizeof *r);
    struct words w = {0};
    r->n = sizeof trigger_texts / sizeof *trigger_texts;
    r->at = xcalloc(r->n, sizeof *r->at);
    r->next = xcalloc(r->n, sizeof *r->next);
    for (size_t i = 0; i < r->n; i++) {
        r->at[i] = read_trigger(stems, &trigger_texts[i], &w);
        uint16_t *head = &r->first[r->at[i].word[0] & (SLOTS - 1)];
        r->next[i] = *head;
        *head = (uint16_t)(i + 1);
    }
    words_free(&w);
    return r;
}

void context_rules_free(struct context_rules *r)
{
    if (!r)
        return;
    free(r->at);
    free(r->next);
    free(r);
}

static bool stands_at(const struct trigger *t, const struct words *w, size_t i)
{
    for (size_t k = 0; k < t->n; k++)
        if (i + k >= w->n || w->at[i + k].plain != t->word[k] ||
            w->at[i + k].sentence != w->at[i].sentence)
            return false;
    return true;
}

/* The longest trigger that begins at word i. */
static const struct trigger *trigger_at(const struct context_rules *r, const struct words *w,
                                        size_t i)
{
    const struct trigger *best = NULL;
    for (uint16_t k = r->first[w->at[i].plain & (SLOTS - 1)]; k; k = r->next[k - 1]) {
        const struct trigger *t = &r->at[k - 1];
        if (stands_at(t, w, i) && (!best || t->n > best->n))
            best = t;
    }
    return best;
}

/* Where the reach of a trigger ahead ends: at the next that ends it, or the sentence. */
static void reach_ahead(const struct context_rules *r, const struct words *w, size_t from,
                        const struct trigger *t, uint16_t *flags)
{
    unsigned counted = 0; /* words that carry meaning */
    for (size_t i = from; i < w->n && w->at[i].sentence == w->at[from - 1].sentence; i++) {
        const struct trigger *other = trigger_at(r, w, i);
        if (other && other->ends && !(t->flags & CONTEXT_HYPOTHETICAL)) /* "if she has" */
            return;
        if (counted >= SCOPE && !(t->flags & (CONTEXT_FAMILY | CONTEXT_HISTORY)))
            return;
        counted += !w->at[i].stop;
        flags[i] |= t->flags;
    }
}

static void reach_behind(const struct words *w, size_t at, size_t floor, const struct trigger *t,
                         uint16_t *flags)
{
    for (size_t i = at, n = 0; i-- > floor && n < BEHIND_SCOPE; n++) {
        if (w->at[i].sentence != w->at[at].sentence)
            return;
        flags[i] |= (uint16_t)(t->flags << BEHIND_SHIFT);
    }
}

static bool line_starts(phi_str text, uint32_t at)
{
    while (at && (text.p[at - 1] == ' ' || text.p[at - 1] == '\t'))
        at--;
    return at == 0 || text.p[at - 1] == '\n';
}

/* "Ddx: gout, cellulitis" and "Rule out: gout": what a doubt with a colon introduces, as far as the
 * line or the next point. */
static bool introduces(phi_str text, const struct words *w, size_t at, const struct trigger *t)
{
    uint32_t end = w->at[at + t->n - 1].end;
    while (end < text.n && text.p[end] == ' ')
        end++;
    return t->flags & CONTEXT_UNCERTAIN && end < text.n && text.p[end] == ':';
}

static void reach_list(phi_str text, const struct words *w, size_t from, uint16_t *flags)
{
    for (size_t i = from; i < w->n; i++) {
        uint32_t gap = i ? w->at[i - 1].end : 0, begin = w->at[i].begin;
        /* words of one abbreviation share their bytes */
        phi_str between = phi_of(text.p + gap, begin > gap ? begin - gap : 0);
        if (i > from && (memchr(between.p, '.', between.n) || memchr(between.p, '\n', between.n)))
            return;
        flags[i] |= CONTEXT_UNCERTAIN;
    }
}

/* "Gout?" and "?gout": a sentence with a question mark at either end is a question. */
static void read_questions(phi_str text, const struct words *w, uint16_t *flags)
{
    for (size_t first = 0, next; first < w->n; first = next) {
        for (next = first; next < w->n && w->at[next].sentence == w->at[first].sentence;)
            next++;
        uint32_t from = first ? w->at[first - 1].end : 0, at = w->at[first].begin;
        uint32_t end = w->at[next - 1].end,
                 stop = next < w->n ? w->at[next].begin : (uint32_t)text.n;
        bool asks = false;
        for (; end < stop && !asks && (ispunct((unsigned char)text.p[end]) || text.p[end] == ' ') &&
               !strchr(".;:!", text.p[end]);
             end++)
            asks =
                text.p[end] == '?' && !(end + 1 < stop && isalnum((unsigned char)text.p[end + 1]));
        while (at > from && text.p[at - 1] == ' ')
            at--;
        asks |= at > from && text.p[at - 1] == '?' &&
                (at == 1 || !isalnum((unsigned char)text.p[at - 2]));
        for (size_t i = first; asks && i < next; i++)
            flags[i] |= CONTEXT_UNCERTAIN;
    }
}

/* A heading: at the beginning of a line, at most five words, then a colon. *flags: what it says of
 * its section. Returns its words, 0 when there is none. */
static size_t heading_at(const struct context_rules *r, phi_str text, const struct words *w,
                         size_t i, unsigned *flags)
{
    static const char family[] = "family", past[] = "past";
    size_t k = i;
    if (!line_starts(text, w->at[i].begin))
        return 0;
    while (k + 1 < w->n && k - i < 5 && w->at[k + 1].sentence == w->at[i].sentence)
        k++;
    if (k - i >= 5 || w->at[k].end >= text.n || text.p[w->at[k].end] != ':')
        return 0;
    phi_str first = phi_of(text.p + w->at[i].begin, w->at[i].end - w->at[i].begin);
    *flags = 0;
    if (first.n == strlen(family) && strncasecmp(first.p, family, first.n) == 0)
        *flags = CONTEXT_FAMILY;
    if (first.n == strlen(past) && strncasecmp(first.p, past, first.n) == 0)
        *flags = CONTEXT_HISTORY;
    const struct trigger *t = trigger_at(r, w, i);
    uint32_t colon = w->at[k].end;
    if (t && t->reach == AHEAD && t->flags == CONTEXT_UNCERTAIN && t->n == k - i + 1 &&
        colon + 1 < text.n && text.p[colon + 1] == '\n')
        *flags = CONTEXT_UNCERTAIN; /* a differential, one on each line */
    return k - i + 1;
}

static void read_sections(const struct context_rules *r, phi_str text, const struct words *w,
                          uint16_t *flags)
{
    unsigned now = 0;
    for (size_t i = 0; i < w->n; i++) {
        size_t heading = heading_at(r, text, w, i, &now);
        flags[i] |= (uint16_t)(heading ? 0 : now);
        i += heading ? heading - 1 : 0;
    }
}

/* "Embolism ruled out", "gout suspected": where nothing follows, what is meant stands before. */
static bool speaks_behind(phi_str text, const struct words *w, size_t at, const struct trigger *t)
{
    size_t end = at + t->n;
    if (!(t->n > 1 || t->flags & CONTEXT_UNCERTAIN) || !at ||
        !(t->flags & (CONTEXT_NEGATED | CONTEXT_UNCERTAIN)) ||
        w->at[at - 1].sentence != w->at[at].sentence)
        return false;
    if (end >= w->n || w->at[end].sentence != w->at[at].sentence)
        return true;
    /* "pneumonia possible, to be filmed" */
    return t->flags & CONTEXT_UNCERTAIN && strchr(",)-", text.p[w->at[end - 1].end]) &&
           text.p[w->at[at].begin - 1] == ' ' && text.p[w->at[at - 1].end] != ',';
}

void context_read(const struct context_rules *r, phi_str text, const struct words *w,
                  struct context *out)
{
    if (w->n > out->cap) {
        out->cap = w->n * 2;
        out->flags = xrealloc(out->flags, out->cap * sizeof *out->flags);
    }
    if (w->n)
        memset(out->flags, 0, w->n * sizeof *out->flags);
    read_sections(r, text, w, out->flags);
    read_questions(text, w, out->flags);
    size_t floor = 0; /* nothing reaches back behind this word */
    for (size_t i = 0; i < w->n;) {
        const struct trigger *t = trigger_at(r, w, i);
        if (!t) {
            i++;
            continue;
        }
        if (t->reach == AHEAD && introduces(text, w, i, t))
            reach_list(text, w, i + t->n, out->flags);
        else if (t->reach == AHEAD && speaks_behind(text, w, i, t))
            reach_behind(w, i, floor, t, out->flags);
        else if (t->reach == AHEAD)
            reach_ahead(r, w, i + t->n, t, out->flags);
        else if (t->reach == BEHIND || t->reach == AROUND)
            reach_behind(w, i, floor, t, out->flags);
        if (t->reach == AROUND)
            reach_ahead(r, w, i + t->n, t, out->flags);
        floor = t->ends || t->reach != NOTHING ? i + t->n : floor;
        i += t->n;
    }
}

unsigned context_of(const struct context *c, size_t first, size_t last)
{
    return (c->flags[first] & ((1 << BEHIND_SHIFT) - 1)) | c->flags[last] >> BEHIND_SHIFT;
}

void context_free(struct context *c)
{
    free(c->flags);
    *c = (struct context){0};
}
