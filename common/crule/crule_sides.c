/* What is read from the note as a whole: whether examination and assessment name different sides of the same
 * part, and the units that a dose makes. */
#include "common/crule/crule_int.h"
#include <ctype.h>

enum { RIGHT = 1, LEFT = 2 };
enum section { S_STORY, S_EXAM, S_ASSESSED, S_PAST };

/* Parts that come in pairs, each with the words for it; what hurts in the eyelid is seen in the eye. */
static const char *const parts[] = {"eye|eyes|eyelid|conjunctiva|cornea",
                                    "ear|ears|canal|drum|tympanic",
                                    "shoulder|shoulders|cuff",
                                    "elbow|elbows",
                                    "wrist|wrists",
                                    "hand|hands|palm",
                                    "thumb",
                                    "index finger|index",
                                    "middle finger",
                                    "ring finger",
                                    "little finger",
                                    "hip|hips",
                                    "knee|knees",
                                    "ankle|ankles",
                                    "foot|feet|sole|heel",
                                    "great toe|big toe",
                                    "leg|legs|calf|shin|thigh",
                                    "arm|arms|forearm",
                                    "breast|breasts",
                                    "flank",
                                    "kidney|ureter",
                                    "testis|testicle|scrotum",
                                    "groin",
                                    "cheek",
                                    "temple",
                                    "clavicle|collarbone",
                                    "buttock"};
enum { PARTS = sizeof parts / sizeof *parts };

/* What is said of a side that has nothing. */
static const char sound[] =
    "normal|clear|quiet|fine|unremarkable|unaffected|intact|nontender|non-tender|not "
    "tender|no|not|without|"
    "negative|full range|symmetric|well|uninjured|uninvolved|healthy|asymptomatic|other|opposite";
static const char gone[] =
    "history|past|previous|previously|prior|ago|last year|years|replaced|replacement|"
    "status post|s/p|old|amputation|amputated|earlier|formerly|mother|father";

static bool letter(char c)
{
    return isalnum((unsigned char)c) != 0;
}

static bool word_at(phi_str s, size_t i, phi_str w)
{
    return i + w.n <= s.n && memcmp(s.p + i, w.p, w.n) == 0 && (i == 0 || !letter(s.p[i - 1])) &&
           (i + w.n == s.n || !letter(s.p[i + w.n]));
}

/* Place of the first of the words ("a|b") in s, from `from` on; s.n when none stands there. */
static size_t place(phi_str s, size_t from, const char *words, size_t *len)
{
    for (size_t i = from; i < s.n; i++)
        for (const char *w = words; w && *w;) {
            const char *bar = strchr(w, '|');
            phi_str one = phi_of(w, bar ? (size_t)(bar - w) : strlen(w));
            if (word_at(s, i, one)) {
                if (len)
                    *len = one.n;
                return i;
            }
            w = bar ? bar + 1 : NULL;
        }
    return s.n;
}

static bool has(phi_str s, const char *words)
{
    return place(s, 0, words, NULL) < s.n;
}

/* Sides that a clause names, right and left told apart; "both" is both. */
static int sides_in(phi_str s)
{
    if (has(s, "both|bilateral|bilaterally|each"))
        return RIGHT | LEFT;
    return (has(s, "right|rt|right-sided") ? RIGHT : 0) | (has(s, "left|lt|left-sided") ? LEFT : 0);
}

static enum section section_of(phi_str head, enum section now)
{
    static const struct {
        const char *words;
        enum section is;
    } known[] = {
        {"exam|examination|objective|o|pe|findings|physical", S_EXAM},
        {"assessment|impression|diagnosis|diagnoses|dx|a|a/p|procedure|operation", S_ASSESSED},
        {"hpi|present|subjective|s|complaint|cc|story|reason", S_STORY},
        {"past|pmh|psh|history|surgical|family|plan|social", S_PAST}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has(head, known[i].words))
            return known[i].is;
    return now;
}

struct seen {
    unsigned char side[4][PARTS]; /* by section: sides that have something */
};

static void take_clause(phi_str c, enum section in, struct seen *s)
{
    int side = sides_in(c);
    if (!side || in == S_PAST || (in != S_ASSESSED && (has(c, sound) || has(c, gone))))
        return;
    for (size_t k = 0; k < PARTS; k++)
        if (has(c, parts[k]))
            s->side[in][k] |= (unsigned char)side;
}

/* A clause ends at a mark, or at the second side that it names ("right knee swollen and left knee ..."). */
static void take_line(phi_str line, enum section in, struct seen *s)
{
    for (size_t from = 0, i = 0; i <= line.n; i++) {
        bool other = i > from && i < line.n && sides_in(phi_of(line.p + from, i - from)) &&
                     (place(line, i, "and|but|while|than", NULL) == i);
        if (i < line.n && !other && !strchr(",;.", line.p[i]))
            continue;
        take_clause(phi_of(line.p + from, i - from), in, s);
        from = i + !other;
    }
}

/* Length of a heading at the beginning of a line with its colon; 0: none. */
static size_t heading(phi_str line)
{
    size_t n = 0, blanks = 0;
    while (n < line.n && n < 40 && (isalpha((unsigned char)line.p[n]) || strchr(" /&", line.p[n])))
        blanks += line.p[n++] == ' ';
    return n && n < line.n && line.p[n] == ':' && blanks < 4 ? n + 1 : 0;
}

static void read_note(phi_str note, struct seen *s)
{
    enum section in = S_STORY;
    for (size_t at = 0; at < note.n;) {
        const char *nl = memchr(note.p + at, '\n', note.n - at);
        size_t end = nl ? (size_t)(nl - note.p) : note.n;
        phi_str line = phi_of(note.p + at, end - at);
        size_t h = heading(line);
        if (h)
            in = section_of(phi_of(line.p, h - 1), in);
        take_line(phi_of(line.p + h, line.n - h), in, s);
        at = end + 1;
    }
}

/* The examination decides; where it is silent about the part, the story does. */
struct value crule_sides_differ(struct run *r, const struct value *a, int n)
{
    struct seen s = {0};
    (void)a, (void)n;
    read_note(buf_view(&r->low), &s);
    for (size_t k = 0; k < PARTS; k++) {
        int found = s.side[S_EXAM][k] ? s.side[S_EXAM][k] : s.side[S_STORY][k];
        int said = s.side[S_ASSESSED][k];
        if (found && said && !(found & said))
            return value_num(1);
    }
    return value_num(0);
}

struct value crule_dose_units(struct run *r, const struct value *a, int n)
{
    (void)n;
    if (!r->doses_asked) {
        r->doses = doses_new(r->codes, r->day);
        r->doses_asked = true;
    }
    phi_str code = a[0].kind == V_JSON ? crule_get(a[0].json, "code") : crule_text(r, a[0]);
    return value_num(doses_units(r->doses, buf_view(&r->low), code));
}
