/*
 * An encounter coded: what the physician listed and what the note's assessment says, seen through
 * the coding rules. Shared by the stage `coder`, by `claimwire code check` and `audit`, and by
 * `review`.
 */
#ifndef CLAIMWIRE_ENCOUNTER_ENCOUNTER_H
#define CLAIMWIRE_ENCOUNTER_ENCOUNTER_H

#include "common/coding/assess.h"
#include "common/crule/crule.h"
#include "common/encounter/price.h"

struct encounter_coder {
    struct coding *coding; /* NULL: notes are not read. Its lexicon is opened anew when an encounter
                              is of another day */
    const struct crules *rules;
    const struct codes *codes;
    const struct practice *practice; /* NULL: none */
    int32_t today;                   /* 0: a signature is not compared with it */
};
struct coded {
    json_t *draft; /* enc.v1 as it shall be; every dx and line has "status" */
    struct remarks findings;
    bool held;  /* a person decides before anything is billed */
    bool whole; /* and that about the whole encounter: nothing of it is assigned */
};
/* Codes one encounter (a JSON object as text). False with a reason in error; nothing of the
 * encounter is in it. */
bool encounter_code(struct encounter_coder *c, phi_str text, struct coded *out, struct buf *error);
/* The same for an encounter that a person has looked at: rules decide nothing any more, and what
 * they hold counts only when it is not in accepted ("RULE/CODE RULE/CODE ..."; with an asterisk in
 * place of the rule: a code that the person put there). */
bool encounter_code_reviewed(struct encounter_coder *c, phi_str text, phi_str accepted,
                             struct coded *out, struct buf *error);
/* Appends the enc.v1 that is to be billed: dx and lines numbered anew, pointers that lead to
 * something (a line that has none points to the first four diagnoses), nothing of our own. */
void encounter_bill(const json_t *draft, struct buf *out);
/* Appends a finding as a JSON object. */
void remark_json(struct buf *out, const struct remark *f);
void coded_free(struct coded *c);
/* One JSON object and newline: held, enc, setting, dx, lines, said, findings. */
void coded_json(const struct coded *c, struct buf *out);
/* The same for people. */
void coded_text(const struct coded *c, struct buf *out);

#endif
