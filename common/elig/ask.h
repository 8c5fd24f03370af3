/* ask: questions to payers, from encounters or from the command line, and the 270 made of them. */
#ifndef CLAIMWIRE_ELIG_ASK_H
#define CLAIMWIRE_ELIG_ASK_H

#include "common/office/office.h"
#include <jansson.h>
#include <stdint.h>

struct ask_person {
    phi_str last, first, dob, sex; /* upper case; dob CCYYMMDD; sex F, M or empty */
};
struct question {
    struct office_payer payer;
    struct office_provider provider;
    struct ask_person subscriber, patient; /* patient: of a dependent */
    bool dependent;
    phi_str member, relation; /* relation: of a dependent, as encounters say it */
    phi_str day;              /* CCYYMMDD */
    const char *types;        /* service type */
    int64_t n;                /* of the inquiry, once it is kept */
    char trace[24], reference[24];
};
struct questions {
    struct question *v;
    size_t n, room;
};
/* What is wrong with one question: in "FILE:LINE: " or "--OPTION", and no value of it. */
typedef void ask_fault(void *ctx, const char *where, const char *what);

/* Every coverage of every encounter (enc.v1, one JSON object a line) of a file. Returns faults. */
int ask_encounters(const char *path, phi_str text, const struct office *o, const char *types,
                   struct arena *a, struct questions *to, ask_fault *fault, void *ctx);
/* One coverage of an encounter; what is wrong is said to fault(where). */
bool ask_coverage(const json_t *enc, const json_t *cov, const struct office *o, const char *types,
                  struct arena *a, ask_fault *fault, void *ctx, struct question *out);
struct question *ask_add(struct questions *q);
/* One interchange for the questions, all of one payer. One set each, or one for all those of a
 * provider (batch). usage 'P' or 'T'. */
void ask_write(struct buf *out, const struct office *o, struct question *const *q, size_t n,
               bool batch, char usage, int64_t at_us, uint32_t control);

#endif
