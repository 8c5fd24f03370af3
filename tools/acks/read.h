/* What a 999, 277CA, 277 or 271 says of what we sent, one answer at a time. */
#ifndef CLAIMWIRE_TOOLS_ACKS_READ_H
#define CLAIMWIRE_TOOLS_ACKS_READ_H

#include "common/edi/scan.h"

enum { ACK_CODES = 32 };

/* One answer. Everything is borrowed for the call. */
struct ack_said {
    const char *answer; /* "999", "277CA", "277", "271" or "278" */
    const char *of;     /* what is answered: "group", "set", "claim"; "status", "eligibility",
                           "review"; "outgoing": a group, or set of it, that holds no claims */
    phi_str group;      /* AK101 */
    phi_str due;        /* when what a payer asks for is due: CCYYMMDD */
    phi_str gs06, st02; /* ours: of the group; of the set */
    phi_str bht03, pcn; /* ours: of the batch; CLM01 */
    phi_str by;         /* who answers (NM101 of 2100A): AY a clearinghouse, PR a payer */
    phi_str control;    /* the payer's claim number (REF*1K) */
    phi_str trace;      /* the clearinghouse's (REF*D9); TRN02 of an inquiry that is answered */
    phi_str code;       /* IK501 or AK901 as sent; of a claim its STC03: WQ or U; of a status its
                           category; of an eligibility the first EB01, or AAA03 */
    phi_str charge;     /* STC04 */
    bool accepted;
    phi_str codes[ACK_CODES]; /* IK502 on, AK905 on; of a claim and its lines "A7:562:82" */
    uint32_t codes_n;         /* further ones are left out */
    char comp;                /* what separates the parts of a code there */
    /* where it stands in the set: counted from its ST */
    uint32_t position; /* of its first segment, ST is 1 */
    uint64_t off, len;
    uint32_t ordinal; /* from 0 */
};

struct ack_reader {
    void (*said)(void *ctx, const struct ack_said *a);
    void *ctx;
};

/* Reads the body of a `set` record (ISA GS ST ... SE). Returns how many answers it holds; 0 when
 * it is none of these, or answers nothing. */
uint32_t ack_read(phi_str body, const struct ack_reader *r);

#endif
