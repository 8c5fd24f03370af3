/*
 * verdict: the JSON bodies of the records `interchange`, `group` and `verdict`, written and read.
 *
 * Who writes what, and how they find each other:
 * - `interchange` (ingest): envelope facts and findings of one ISA to IEA. Record: off and len are
 *   its byte range in the file, seq is the seq that its first set has (or would have).
 * - `group` (ingest): the same for GS to GE, with the interchange it stands in, and `forwarded`:
 * how many of its sets were handed on as `set` records, so that many verdicts come. A group that is
 *   rejected forwards none. Of an interchange that is rejected no group record is sent at all (the
 *   TA1 says everything). Record: off and len are its byte range, seq the seq of its first set.
 * - `verdict` (validator): a child of its `set` record; keeps file, off, len and seq of the set. It
 *   belongs to the group of the same file whose byte range holds its off.
 *
 * Bodies may hold values of patients (`bad`, `unit`): they are sealed at rest and never logged.
 */
#ifndef CLAIMWIRE_EDI_VERDICT_H
#define CLAIMWIRE_EDI_VERDICT_H

#include "common/edi/ack_claims.h"

/* What was mended in a set before it was judged, because the partner's profile allows it. */
struct verdict_repair {
    char rule[12]; /* that it would have broken */
    char segment[4];
    uint32_t position; /* from ST, which is 1 */
    uint16_t element;
    uint32_t claim;   /* ordinal of the claim, 0: above the claims */
    uint64_t offset;  /* in the body of the set, as it came */
    const char *what; /* sentence, no value */
};
/* Body of `verdict`: of one set. */
struct verdict {
    struct ack_set set;
    char gs08[13];     /* version it was checked by */
    bool accepted;     /* no finding of severity transaction or graver */
    uint32_t segments; /* ST to SE */
    uint32_t claims, claims_refused;
    /* What the 277CA says of the claims of an accepted 837; NULL: not carried. Only the lines with
     * faults travel. */
    const struct ack_batch *batch;
    const struct verdict_repair *repairs; /* not read back: the ledger keeps the body */
    uint32_t repairs_n;
};
/* Body of `group`. */
struct verdict_group {
    struct envelope_isa isa; /* of the interchange around it */
    struct envelope_gs gs;
    uint32_t forwarded;
    struct finding *findings;
    uint32_t findings_n;
};
/* Body of `interchange`. */
struct verdict_isa {
    struct envelope_isa isa;
    struct finding *findings;
    uint32_t findings_n;
    /* The TA1 that stands in it, when it has no groups: the ISA13 that is answered, A E or R, and
     * why; control is "" where there is none. */
    struct {
        char control[10], code[2], note[4];
    } ta1;
};

/* Append one JSON object, no newline. */
void verdict_write(struct buf *out, const struct verdict *v);
void verdict_group_write(struct buf *out, const struct verdict_group *g);
void verdict_isa_write(struct buf *out, const struct verdict_isa *i);
/* Read; everything that *out points to lives in mem. False when body is not such an object. */
bool verdict_read(phi_str body, struct arena *mem, struct verdict *out);
bool verdict_group_read(phi_str body, struct arena *mem, struct verdict_group *out);
bool verdict_isa_read(phi_str body, struct arena *mem, struct verdict_isa *out);

#endif
