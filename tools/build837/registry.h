/*
 * registry: the enrollments that build837 asks before it sends a claim, read again when the file has
 * changed, so that a person who has mended it can release what was held at once.
 */
#ifndef CLAIMWIRE_BUILD837_REGISTRY_H
#define CLAIMWIRE_BUILD837_REGISTRY_H

#include "common/edi/claim.h"
#include "common/partner/enroll.h"

struct registry;
/* Reads DIR/enrollments.csv; dies with EXIT_CONFIG when it cannot be used. */
struct registry *registry_open(const char *dir);
void registry_close(struct registry *r);
/* Why the claim must wait, as a sentence; NULL: it may be sent. p: profile of its payer, or NULL. */
const char *registry_holds(struct registry *r, const struct profile *p, const struct claim *c,
                           int64_t now_us);

#endif
