/*
 * A model: what coded notes of the past teach about the next one.
 *
 * It holds how many notes used each gram (grams.h), how many of those got each code, and weights
 * that make a probability of what speaks for a code in a note: how surely its grams led to it, how
 * many there are, which term of the lexicon names it, how common it is. Everything is integer
 * arithmetic, so that a note gets the same scores everywhere. No text of a note is in it, only
 * hashes; it is still made of patients' records: keep it where those are kept.
 *
 * The file: header, grams, codes, pairs. A digest over all of it is verified when it is
 * opened. Little endian.
 */
#ifndef CLAIMWIRE_CODING_MODEL_H
#define CLAIMWIRE_CODING_MODEL_H

#include "common/coding/context.h"
#include "common/coding/grams.h"
#include "common/util/id.h"

/* A pair or gram that fewer notes had says nothing. */
enum { MODEL_LEAST = 2, MODEL_ONE = 1 << 16 };

/* What speaks for a code, one value each, every value with a weight of its own. */
enum model_part {
    PART_TERM, /* how often the mention's term led to this code */
    PART_GRAM1,
    PART_GRAM2,
    PART_GRAM3,
    PART_GRAM4,
    PART_TOGETHER, /* chance that not all grams are wrong, if they were independent */
    PART_SUPPORT,  /* how many grams */
    PART_LEXICON,  /* kind, words and sureness of the mention */
    PART_MENTIONS, /* how many, and whether negated */
    PART_COMMON,   /* how many notes had the code */
    PART_RIVAL,    /* place among the candidates of its category */
    PART_CHAPTER,
    PART_TITLE, /* how many words of the code's title the note uses anywhere */
    MODEL_PARTS
};
enum { PART_VALUES = 80 };

/* A code that fewer than one in twelve of a gram's notes had is chance. */
static inline bool model_speaks(uint32_t hits, uint32_t notes)
{
    return hits >= MODEL_LEAST && hits * 12 >= notes;
}

struct model_code {
    char code[CODE_LEN];
    uint32_t notes; /* that had it */
};
struct model_gram {
    uint64_t hash;
    uint32_t notes; /* that used it */
    uint32_t pair;  /* its first pair; the next gram's first ends them */
};
struct model_pair {
    uint32_t code;
    uint32_t notes; /* that used the gram and had the code */
};
/* A pair as it speaks in a new note, worked out once. */
struct model_voice {
    uint32_t code;
    uint16_t sure, hits; /* thousandths; notes that had both, 65535 at most */
};
struct model_header {
    char magic[8]; /* "CWMODEL" */
    uint32_t version, order;
    uint32_t notes, codes, grams, pairs; /* one gram more is there, as an end */
    int32_t pad, threshold;              /* thousandths: from here a code is proposed as sure */
    int32_t weight[MODEL_PARTS][PART_VALUES]; /* in units of 1 / MODEL_ONE */
    struct digest digest;                     /* of the whole file with this one zero */
};
_Static_assert(sizeof(struct model_header) % 8 == 0, "grams behind it want their alignment");
struct model {
    const struct model_header *head;
    const struct model_code *codes; /* sorted by code */
    const struct model_gram *grams; /* sorted by hash */
    const struct model_pair *pairs;
    struct buf file;
    uint32_t *slots; /* open hash: number of a gram + 1; NULL until model_index() */
    uint64_t *hints; /* a bit for every gram: most grams of a note are unknown */
    uint64_t mask;
    struct model_voice *voices; /* those that speak, gram by gram */
    uint32_t *voice;            /* by gram: its first; one more as an end */
};

/* Makes the hash of the grams, once they are in place. */
void model_index(struct model *m);
/* Releases the hash alone: of a model that is made of parts of its maker. */
void model_index_free(struct model *m);

/* Opens a model file; NULL with a message in error when it is missing, damaged or of another
 * version. */
struct model *model_open(const char *path, struct buf *error);
void model_free(struct model *m);
/* Writes it in its file form, replacing path by rename. 0, or -1 with a message in error. */
int model_write(struct model *m, const char *path, struct buf *error);
/* Number of the code, or UINT32_MAX. */
uint32_t model_code(const struct model *m, const char code[CODE_LEN]);

/* A code that something in a note speaks for. */
struct candidate {
    const struct code_row *row;
    uint8_t title;               /* words of its title: in the note, tenths */
    uint32_t code;               /* in the model; UINT32_MAX: not in it */
    uint16_t best[GRAM_CLASSES]; /* thousandths: how surely the best gram of a length led here */
    uint16_t best_notes[GRAM_CLASSES];
    uint32_t miss; /* chance in 1/65536 that all of them are wrong */
    uint32_t support, mentions;
    const struct mention *mention; /* the best, or NULL */
    bool negated;
    uint32_t term_notes, term_hits; /* of its term: notes that used it, that had this code */
    uint32_t first, last;           /* words of the best evidence */
    uint16_t evidence;              /* thousandths: how sure that one is */
    uint32_t strength;              /* against its rivals of the same category */
    uint32_t rival;                 /* the next of its category + 1; 0: it was the first */
};
/* Stems of a code's title, read once: n of them from `at` on in model_work.stem. */
struct title_stems {
    uint32_t at;
    uint16_t n;
    bool read;
};
enum { MODEL_CATEGORIES = 1 << 18 };
struct model_work {
    struct candidate *at;
    size_t n, cap;
    struct grams grams;
    struct words title;
    struct title_stems *titles; /* [rows of the code set] */
    uint64_t *stem;
    size_t stem_n, stem_cap;
    uint32_t *said;              /* [rows of the code set] number of its proposal + 1 (propose.c) */
    uint32_t *heard, note;       /* [grams] number of the last note that had it; of this one */
    uint32_t *category;          /* [MODEL_CATEGORIES] last candidate of a category + 1 */
    uint64_t stems[1024];        /* a bit for every stem of the note */
    uint32_t *place;             /* [codes] number of its candidate + 1 */
    const struct code_row **row; /* [codes] what the day's code set has for them, once asked */
    bool *asked;                 /* [codes] */
};

/* What is left out while learning: the note under way must not testify for itself. */
struct model_note {
    bool left_out;         /* false: a new note */
    const uint32_t *codes; /* its codes, sorted; n of them */
    uint32_t n;
};
/* Finds the candidates of a note whose words, mentions and context are read. */
void model_candidates(const struct model *m, struct lexicon *l, const struct words *w,
                      const struct mentions *mentions, const struct context *context,
                      const struct model_note *note, struct model_work *work);
/* The values of a candidate, one a part. */
void model_values(const struct model *m, const struct model_work *work, const struct candidate *c,
                  const struct model_note *note, uint8_t value[MODEL_PARTS]);
/* Chance in thousandths that a candidate with these values is right. */
int model_score(const int32_t weight[MODEL_PARTS][PART_VALUES], const uint8_t value[MODEL_PARTS]);
/* The logistic function: x in 1/MODEL_ONE, result in 1/4096. */
int model_logistic(int64_t x);
void model_work_free(struct model_work *w);

#endif
