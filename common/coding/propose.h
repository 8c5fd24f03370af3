/*
 * Proposals: the codes that a note supports, each with its best evidence.
 *
 * The settings say what counts. SETTING_MENTIONS proposes every condition that is mentioned, as
 * annotated sets count them: negated, historical and uncertain ones too. SETTING_OUTPATIENT and
 * SETTING_INPATIENT leave out what is denied or another person's; history is only suggested, and an
 * uncertain diagnosis ("probable", "rule out") is suggested outpatient and stands as if established
 * inpatient (ICD-10-CM guidelines IV.H, II.H and III.C).
 *
 * With a model, every code gets a probability, and codes that no term of the note leads to are
 * proposed where notes like it had them; those are only ever suggested, except as mentions.
 */
#ifndef CLAIMWIRE_CODING_PROPOSE_H
#define CLAIMWIRE_CODING_PROPOSE_H

#include "common/coding/context.h"
#include "common/coding/match.h"
#include "common/coding/model.h"

enum coding_setting { SETTING_OUTPATIENT, SETTING_INPATIENT, SETTING_MENTIONS };

/* What joins the two conditions of a combination code (combine.h). */
enum proposal_link { LINK_NONE, LINK_PRESUMED, LINK_STATED };

struct proposal {
    const struct code_row *code;
    uint32_t begin, end;           /* bytes of the best evidence in the note */
    int score;                     /* 0 to 1000 */
    bool assigned;                 /* else suggested */
    const struct code_row *term;   /* the term that led to it; NULL: learned from coded notes */
    unsigned context;              /* enum context_flag of the evidence */
    uint32_t mentions;             /* how often the note says it */
    uint32_t also_begin, also_end; /* of a combination code: the other condition; 0, 0: none */
    enum proposal_link link;
};
struct proposals {
    struct proposal *at;
    size_t n, cap;
};

/* The words of a table's terms, by stem: an open hash (assess.h). */
struct vocabulary {
    const struct codes *table; /* NULL: not read yet */
    uint64_t *stem;
    size_t n, used;
};

struct coding {
    struct lexicon *lexicon;
    struct stemmer *stems;
    struct context_rules *rules;
    const struct model *model; /* NULL: untrained */
    enum coding_setting setting;
    /* memory kept from note to note; zero at first */
    struct words words;
    struct mentions mentions;
    struct context context;
    struct model_work work;
    struct vocabulary vocabulary;
};
/* Codes for a note, best first. out is emptied first. */
void propose(struct coding *c, phi_str note, struct proposals *out);
/* Releases the memory kept; lexicon, stems, rules and model stay the caller's. */
void coding_free(struct coding *c);
void proposals_free(struct proposals *p);

#endif
