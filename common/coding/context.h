/*
 * Context: what a note says about a condition besides naming it: that it is absent, uncertain, of
 * the past, or somebody else's.
 *
 * The method is that of NegEx and ConText (Chapman and others 2001, Harkema and others 2009), with
 * a list of triggers of our own: a trigger before or behind a condition reaches over the words of
 * its sentence until another trigger's word ends it ("but", "although" ...). A heading at the
 * beginning of a line ("FAMILY HISTORY:") speaks for all that follows up to the next heading.
 */
#ifndef CLAIMWIRE_CODING_CONTEXT_H
#define CLAIMWIRE_CODING_CONTEXT_H

#include "common/coding/words.h"

enum context_flag {
    CONTEXT_NEGATED = 1,
    CONTEXT_UNCERTAIN = 2, /* probable, suspected, rule out ... */
    CONTEXT_HISTORY = 4,
    CONTEXT_FAMILY = 8,       /* of a relative or another person */
    CONTEXT_HYPOTHETICAL = 16 /* what may come: return if ..., risk of ... */
};

struct context_rules;
struct context_rules *context_rules_new(struct stemmer *stems);
void context_rules_free(struct context_rules *r);

/* Flags of every word of a text, enum context_flag. Zero at first; memory is kept. */
struct context {
    uint16_t *flags; /* [words.n]: said from ahead in the low byte, from behind in the high one */
    size_t cap;
};
void context_read(const struct context_rules *r, phi_str text, const struct words *w,
                  struct context *out);
/* Flags that hold for the words first to last: what is said of them from outside. A trigger among
 * them ("skin without lesion") is part of the condition. */
unsigned context_of(const struct context *c, size_t first, size_t last);
void context_free(struct context *c);

#endif
