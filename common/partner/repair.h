/*
 * Repairs that a partner allows (section repair of its profile): small faults of writing are mended
 * in a copy of a set before it is walked. The bytes that came stay as they came in the store; each
 * repair is said with its rule and place, and without a value. Without the profile's word nothing is
 * mended, and the fault is a finding.
 */
#ifndef CLAIMWIRE_PARTNER_REPAIR_H
#define CLAIMWIRE_PARTNER_REPAIR_H

#include "common/edi/verdict.h"
#include "common/partner/profile.h"

/* A place where the copy and what came are not equally far on. */
struct repair_shift {
    uint64_t at;   /* in the copy */
    int64_t ahead; /* so many bytes further on in what came */
};
struct repaired {
    struct buf body;             /* the copy */
    struct verdict_repair *list; /* in the order of the set */
    uint32_t n, room;
    struct repair_shift *shift;
    uint32_t shifts, shift_room;
};

/* True when p (may be NULL) allows any repair. */
bool repair_allowed(const struct profile *p);
/* Makes the copy of a body that begins with ISA GS ST; false when there was nothing to mend, and
 * out->n is 0. Memory is kept for the next. */
bool repair_body(const struct profile *p, phi_str body, struct repaired *out);
/* The offset in what came of an offset in the copy. */
uint64_t repair_origin(const struct repaired *r, uint64_t off);
void repair_free(struct repaired *r);

#endif
