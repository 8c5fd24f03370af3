/*
 * era: one 835 transaction set (body of a `set` record: ISA GS ST ... SE), walked.
 *
 * era_check() reads all of it once, a claim at a time, and says whether its three balances hold
 * (DOMAIN S3-012 to S3-017); era_split() writes the bodies of the records that it becomes. The
 * second is called only when the first found nothing, so an 835 is handed on whole or not at all.
 */
#ifndef CLAIMWIRE_TOOLS_REMIT835_ERA_H
#define CLAIMWIRE_TOOLS_REMIT835_ERA_H

#include "common/edi/remit.h"

/* Which part of the set a segment belongs to. */
enum era_part {
    ERA_HEAD,  /* ISA to 1000B */
    ERA_LX,    /* LX */
    ERA_GROUP, /* TS3, TS2, and what belongs to no part */
    ERA_CLP,   /* CLP: a claim begins */
    ERA_CLAIM, /* below the CLP */
    ERA_PLB,
    ERA_SE
};
enum era_part era_part(enum era_part before, const struct edi_seg *seg);

/* Why an 835 cannot be posted as it is. */
struct era_fault {
    const char *rule;   /* ERA_LINE_OUT ERA_CLAIM_OUT ERA_TX_OUT ERA_NEG ERA_UNREAD */
    const char *detail; /* rule of the domain: "S3-012" */
    char segment[4];
    uint32_t position; /* in the set, ST is 1 */
    const char *text;  /* carries no value */
};
struct era_count {
    uint32_t claims, adjustments; /* CLP; pairs of PLB */
};

/* Balances of one claim with its lines; position is that of its CLP. */
bool era_claim_balances(const struct remit *r, uint32_t position, struct era_fault *f);
/* Reads the whole set. False with the first fault in the order of the file. */
bool era_check(phi_str body, struct era_count *count, struct era_fault *f);

/* One record to be: its body and where it stood. */
struct era_piece {
    const char *kind;  /* payment, remit, plb */
    uint32_t ordinal;  /* among its kind, from 0 */
    uint32_t position; /* of its first own segment in the set, ST is 1 */
    uint64_t off, len; /* of its own segments, counted from the ST */
    phi_str body;      /* borrowed for the call */
};
/* Calls give for the payment, then each claim, then each adjustment, in the order of the file. The
 * bodies have canonical delimiters, or those of the set when a value of it holds a canonical one. */
void era_split(phi_str body, void (*give)(void *ctx, const struct era_piece *p), void *ctx);

/* Prints every BPR, CLP, SVC, CAS and PLB of a file as JSON lines. Returns an exit code. */
int era_json(const char *path, bool show);

#endif
