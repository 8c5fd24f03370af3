#include "common/coding/words.h"
#include "common/util/log.h"
#include <ctype.h>
#include <libstemmer.h>
#include <stdlib.h>

enum { WORD_MAX_LEN = 40, MEMORY = 1 << 16 };

/* Written in capitals, as notes do; those that mean several things (MS, RA, PE) are left alone. */
static const char *const abbreviations[][2] = {
#include "common/coding/abbreviations.inc"
};

/* What a word was found to be, remembered by its spelling. */
struct known {
    char text[WORD_MAX_LEN];
    uint8_t len;
    bool stop;
    uint64_t stem, plain;
};
struct stemmer {
    struct sb_stemmer *snowball;
    struct known *memory;
};

/* Words that carry no meaning in a term, in titles as in notes. */
static const char *const stop_words[] = {
    "a",    "an",        "and",    "are", "as",   "at",         "be",        "been",
    "by",   "due",       "each",   "for", "from", "had",        "has",       "have",
    "he",   "her",       "his",    "in",  "is",   "it",         "its",       "nec",
    "nos",  "not",       "of",     "on",  "or",   "other",      "patient",   "patients",
    "she",  "specified", "that",   "the", "this", "to",         "type",      "unspecified",
    "was",  "were",      "which",  "who", "with", "classified", "elsewhere", "see",
    "also", "s",         "without"};

static uint64_t hash_of(const char *p, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 29;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    return h ^ h >> 32;
}

static bool is_stop(const char *p, size_t n)
{
    for (size_t i = 0; i < sizeof stop_words / sizeof *stop_words; i++)
        if (strlen(stop_words[i]) == n && memcmp(stop_words[i], p, n) == 0)
            return true;
    return false;
}

static bool ends(const char *p, size_t n, const char *with)
{
    size_t k = strlen(with);
    return n >= k && memcmp(p + n - k, with, k) == 0;
}

/* Singular by the plainest rules; medical Latin in -us, -is and -ss stays, and what ends in -osis,
 * -ysis or -tasis comes back from its plural. Returns its length. */
static size_t singular(char *p, size_t n)
{
    static const struct {
        const char *plural;
        size_t cut;
        const char *instead;
    } rules[] = {{"ies", 3, "y"}, {"oses", 2, "is"}, {"yses", 2, "is"}, {"tases", 2, "is"},
                 {"sses", 2, ""}, {"xes", 2, ""},    {"shes", 2, ""},   {"aches", 1, ""},
                 {"ches", 2, ""}, {"ss", 0, ""},     {"us", 0, ""},     {"is", 0, ""},
                 {"s", 1, ""}};
    if (n <= 3)
        return n;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (ends(p, n, rules[i].plural)) {
            n -= rules[i].cut;
            memcpy(p + n, rules[i].instead, strlen(rules[i].instead));
            return n + strlen(rules[i].instead);
        }
    return n;
}

struct stemmer *stemmer_new(void)
{
    struct stemmer *s = xcalloc(1, sizeof *s);
    s->snowball = sb_stemmer_new("english", NULL);
    s->memory = xcalloc(MEMORY, sizeof *s->memory);
    if (!s->snowball)
        BUG("libstemmer has no English");
    return s;
}

void stemmer_free(struct stemmer *s)
{
    if (!s)
        return;
    sb_stemmer_delete(s->snowball);
    free(s->memory);
    free(s);
}

/* Words that say the same in a term of several words: the first stands for the second. */
static const char *const same[][2] = {
    {"liver", "hepatic"},        {"kidney", "renal"},         {"lung", "pulmonary"},
    {"heart", "cardiac"},        {"stomach", "gastric"},      {"brain", "cerebral"},
    {"skin", "cutaneous"},       {"eye", "ocular"},           {"tooth", "dental"},
    {"bladder", "vesical"},      {"spleen", "splenic"},       {"chest", "thoracic"},
    {"prostate", "prostatic"},   {"pancreas", "pancreatic"},  {"ovary", "ovarian"},
    {"uterus", "uterine"},       {"nose", "nasal"},           {"mouth", "oral"},
    {"tongue", "lingual"},       {"neoplasm", "tumor"},       {"neoplasm", "tumour"},
    {"hemorrhage", "bleeding"},  {"calculus", "stone"},       {"edema", "oedema"},
    {"anemia", "anaemia"},       {"ischemia", "ischaemia"},   {"hemorrhage", "haemorrhage"},
    {"elevated", "increased"},   {"elevated", "raised"},      {"elevated", "high"},
    {"low", "decreased"},        {"low", "reduced"},          {"bone", "osseous"},
    {"intestine", "intestinal"}, {"intestine", "bowel"},      {"breast", "mammary"},
    {"muscle", "muscular"},      {"vein", "venous"},          {"artery", "arterial"},
    {"abdomen", "abdominal"},    {"spine", "spinal"},         {"vertebra", "vertebral"},
    {"bronchus", "bronchial"},   {"trachea", "tracheal"},     {"larynx", "laryngeal"},
    {"pharynx", "pharyngeal"},   {"esophagus", "esophageal"}, {"ureter", "ureteral"},
    {"urethra", "urethral"},     {"testis", "testicular"},    {"vagina", "vaginal"},
    {"retina", "retinal"},       {"cornea", "corneal"},       {"femur", "femoral"},
    {"tibia", "tibial"}};

static phi_str canonical(const char *p, size_t n)
{
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strlen(same[i][1]) == n && memcmp(same[i][1], p, n) == 0)
            return phi_lit(same[i][0]);
    return phi_of(p, n);
}

static void learn(struct stemmer *s, struct known *k, const char *p, size_t n)
{
    char copy[WORD_MAX_LEN];
    memcpy(k->text, p, n);
    k->len = (uint8_t)n;
    k->stop = is_stop(p, n);
    phi_str word = canonical(p, n);
    const sb_symbol *stem = sb_stemmer_stem(s->snowball, (const sb_symbol *)word.p, (int)word.n);
    k->stem = hash_of((const char *)stem, (size_t)sb_stemmer_length(s->snowball));
    memcpy(copy, p, n);
    k->plain = hash_of(copy, singular(copy, n)) ^ 1;
}

/* One slot a hash: a word that shares its slot with another is simply learned again. */
static const struct known *know(struct stemmer *s, const char *p, size_t n)
{
    struct known *k = &s->memory[hash_of(p, n) & (MEMORY - 1)];
    if (k->len != n || memcmp(k->text, p, n) != 0)
        learn(s, k, p, n);
    return k;
}

static bool word_byte(char c)
{
    return isalnum((unsigned char)c);
}

/* A line that was only wrapped goes on with a small letter. */
static bool goes_on(phi_str t, size_t newline)
{
    size_t i = newline + 1;
    while (i < t.n && (t.p[i] == ' ' || t.p[i] == '\t'))
        i++;
    return i < t.n && islower((unsigned char)t.p[i]);
}

static bool ends_sentence(phi_str t, size_t i)
{
    char c = t.p[i];
    if (c == '\n')
        return !goes_on(t, i);
    if (c == '.' && i > 2 && tolower((unsigned char)t.p[i - 2]) == 'v' &&
        tolower((unsigned char)t.p[i - 1]) == 's' && !word_byte(t.p[i - 3]))
        return false; /* versus */
    if (c == '.' && i + 1 < t.n && i > 0)
        return !(isdigit((unsigned char)t.p[i - 1]) && isdigit((unsigned char)t.p[i + 1]));
    return c == '.' || c == ';' || c == ':' || c == '!' || c == '?';
}

static struct word *push(struct words *w)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 512;
        w->at = xrealloc(w->at, w->cap * sizeof *w->at);
    }
    return &w->at[w->n++];
}

/* The words that an abbreviation stands for; NULL: it is none. */
static const char *expansion(phi_str word)
{
    if (word.n < 2 || word.n > 6 || !isupper((unsigned char)word.p[0]) ||
        islower((unsigned char)word.p[1]))
        return NULL;
    for (size_t i = 0; i < sizeof abbreviations / sizeof *abbreviations; i++)
        if (phi_is(word, abbreviations[i][0]))
            return abbreviations[i][1];
    return NULL;
}

/* All words of an abbreviation stand where it does. */
static void push_expansion(struct stemmer *s, const char *words, size_t from, size_t to,
                           uint32_t sentence, struct words *w)
{
    while (*words) {
        size_t n = strcspn(words, " ");
        const struct known *k = know(s, words, n);
        *push(w) =
            (struct word){(uint32_t)from, (uint32_t)to, sentence, k->stop, k->stem, k->plain};
        words += n + (words[n] == ' ');
    }
}

void words_read(struct stemmer *s, phi_str text, struct words *w)
{
    uint32_t sentence = 0;
    char low[WORD_MAX_LEN];
    w->n = 0;
    for (size_t i = 0; i < text.n;) {
        if (!word_byte(text.p[i])) {
            sentence += ends_sentence(text, i);
            i++;
            continue;
        }
        size_t from = i, n = 0;
        for (; i < text.n && word_byte(text.p[i]); i++)
            if (n < sizeof low)
                low[n++] = (char)tolower((unsigned char)text.p[i]);
        const char *words = expansion(phi_of(text.p + from, i - from));
        if (words) {
            push_expansion(s, words, from, i, sentence, w);
            continue;
        }
        const struct known *k = know(s, low, n);
        *push(w) = (struct word){(uint32_t)from, (uint32_t)i, sentence, k->stop, k->stem, k->plain};
    }
}

void words_free(struct words *w)
{
    free(w->at);
    *w = (struct words){0};
}

void word_bag_add(struct word_bag *b, const struct word *w)
{
    if (w->stop)
        return;
    for (unsigned i = 0; i < b->used && i < BAG_WORDS; i++)
        if (b->stem[i] == w->stem)
            return;
    if (b->used < BAG_WORDS)
        b->stem[b->used] = w->stem;
    if (b->used++ == 0)
        b->plain = w->plain;
    b->sum += w->stem * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t word_bag_key(const struct word_bag *b)
{
    if (b->used == 0)
        return 0;
    uint64_t k = b->used == 1 ? b->plain : b->sum;
    return k ? k : 1;
}

uint64_t words_key(const struct word *at, size_t n, unsigned *used)
{
    struct word_bag b = {0};
    for (size_t i = 0; i < n; i++)
        word_bag_add(&b, &at[i]);
    *used = b.used;
    return word_bag_key(&b);
}
