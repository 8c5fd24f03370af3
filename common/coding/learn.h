/*
 * Learning a model from coded notes.
 *
 * Counting comes first: which grams the notes used, and which codes those notes had. Then every note
 * is coded by the counts of all the others (its own are taken off), and the weights are fitted by
 * which candidates were right: logistic regression by stochastic gradient, in integers, the notes in
 * a fixed order, so that the same notes give the same model. The threshold is the one with the best
 * F1 over those left-out notes.
 */
#ifndef CLAIMWIRE_CODING_LEARN_H
#define CLAIMWIRE_CODING_LEARN_H

#include "common/coding/propose.h"

struct learn;
struct learn *learn_new(struct lexicon *l, struct stemmer *stems, struct context_rules *rules);
/* Adds a note with its n codes (as the tables have them, without dots). Text and codes must live
 * until learn_model(). */
void learn_note(struct learn *x, phi_str text, const phi_str *codes, size_t n);
struct learn_result {
    uint32_t notes, codes, grams, pairs;
    int threshold, f1; /* thousandths; F1 of the left-out notes */
};
/* Makes the model and writes it. 0, or -1 with a message in error (no notes, no room). */
int learn_model(struct learn *x, const char *path, struct learn_result *out, struct buf *error);
void learn_free(struct learn *x);

#endif
