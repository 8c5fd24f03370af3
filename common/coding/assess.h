/*
 * Assessment: what a note's own list of diagnoses ("Assessment:", "Impression:", "Discharge
 * diagnoses:") says item by item, and what the rest of the note mentions.
 *
 * An item is sure when every word of it that counts belongs to a term of the code set that leads to
 * a code: nothing is left over that might say more, or otherwise. Only that is assigned without a
 * person; everything else the note mentions is a suggestion.
 */
#ifndef CLAIMWIRE_CODING_ASSESS_H
#define CLAIMWIRE_CODING_ASSESS_H

#include "common/coding/propose.h"

struct assessed {
    const struct code_row *code;
    uint32_t begin, end; /* bytes of the evidence in the note */
    bool sure;
    unsigned context;            /* enum context_flag of the evidence */
    const struct code_row *term; /* that led to it; NULL: learned */
};
struct assessments {
    struct assessed *at;
    size_t n, cap;
    size_t unread; /* items of the assessment that gave no sure code */
};
/* In the order of the note, sure ones first; out is emptied first. c's setting decides what an
 * uncertain item is worth. */
void assess(struct coding *c, phi_str note, struct assessments *out);
void assessments_free(struct assessments *a);

#endif
