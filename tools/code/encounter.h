/*
 * An encounter coded: what the physician listed and what the note's assessment says, seen through
 * the coding rules. Shared by `claimwire code check`, `review` and `audit`.
 */
#ifndef CLAIMWIRE_CODE_ENCOUNTER_H
#define CLAIMWIRE_CODE_ENCOUNTER_H

#include "common/coding/assess.h"
#include "common/crule/crule.h"

struct encounter_coder {
    struct coding *coding; /* NULL: notes are not read */
    const struct crules *rules;
    const struct codes *codes;
    const char *practice; /* folder of the office's facts; NULL: none */
};
struct coded {
    json_t *draft; /* enc.v1 as it shall be; every dx and line has "status" */
    struct findings findings;
    bool held;  /* a person decides before anything is billed */
    bool whole; /* and that about the whole encounter: nothing of it is assigned */
};
/* Codes one encounter (a JSON object as text). False with a reason in error; nothing of the
 * encounter is in it. */
bool encounter_code(struct encounter_coder *c, phi_str text, struct coded *out, struct buf *error);
void coded_free(struct coded *c);
/* One JSON object and newline: enc, held, dx, lines, said, findings. */
void coded_json(const struct coded *c, struct buf *out);
/* The same for people. */
void coded_text(const struct coded *c, struct buf *out);

#endif
