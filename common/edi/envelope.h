/*
 * Envelopes: ISA, GS, ST, SE, GE, IEA of a stream, taken apart and checked (S1-001 to S1-022:
 * TA1 and AK9 matters). What is inside a set is for check.h.
 *
 * The reader calls back in the order of the file. Sets are handed over as runs of segments; who
 * wants a set's bytes collects them between set_begin and set_end.
 */
#ifndef CLAIMWIRE_EDI_ENVELOPE_H
#define CLAIMWIRE_EDI_ENVELOPE_H

#include "common/edi/finding.h"
#include "common/edi/scan.h"

struct envelope_isa { /* copies, trimmed of trailing blanks, with a NUL */
    char sender_qual[3], sender[16], receiver_qual[3], receiver[16];
    char date[7], time[5], version[6], control[10], ack[2], usage[2];
    struct edi_delims delims;
    uint64_t off, end_off; /* of the ISA; behind the IEA's terminator */
    uint32_t groups;       /* counted */
    uint32_t number;       /* of the interchange in the file, from 0 */
    bool closed;           /* an IEA came */
};
struct envelope_gs {
    char code[3], sender[16], receiver[16], date[9], time[9], control[10], agency[3], version[13];
    uint64_t off, end_off;
    uint32_t sets;    /* counted */
    uint32_t claimed; /* GE01, 0 when there is no GE */
    uint32_t number;  /* of the group in the file, from 0 */
    bool closed;
};

/* Any callback may be NULL. Everything is borrowed for the call. */
struct envelope_events {
    void (*isa_begin)(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg);
    void (*gs_begin)(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg);
    void (*set_begin)(void *ctx, const struct edi_seg *st); /* the ST itself follows as segment */
    void (*segment)(void *ctx, const struct edi_seg *seg);  /* ST to SE, and TA1 outside groups */
    void (*set_end)(void *ctx, uint64_t end_off);           /* behind SE's terminator */
    void (*gs_end)(void *ctx, const struct envelope_gs *gs);
    void (*isa_end)(void *ctx, const struct envelope_isa *isa);
    void (*found)(void *ctx, const struct finding *f);
};

struct envelope_opts {
    int64_t now_us;       /* for S1-007; 0: dates in the future are not looked for */
    const char *versions; /* accepted ISA12, blank separated; NULL: "00501" */
};

/* Reads s to its end. Returns the gravest of: EXIT_DONE, EXIT_FINDINGS, EXIT_UNREADABLE (no
 * interchange at all). */
int envelope_read(struct scan *s, const struct envelope_opts *o, const struct envelope_events *ev,
                  void *ctx);

#endif
