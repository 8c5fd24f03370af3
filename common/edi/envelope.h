/*
 * Envelopes: ISA, GS, ST, SE, GE, IEA of a stream, taken apart and checked (S1-001 to S1-022
 * of DOMAIN.md: TA1 and AK9 matters; S1-010 needs a memory and is for who has one). What is inside
 * a set is for check.h. One fault gives one finding: a missing GE is not said again as a count.
 *
 * The reader calls back in the order of the file. Sets are handed over as runs of segments; who
 * wants a set's bytes collects them between set_begin and set_end.
 */
#ifndef CLAIMWIRE_EDI_ENVELOPE_H
#define CLAIMWIRE_EDI_ENVELOPE_H

#include "common/edi/finding.h"
#include "common/edi/guide.h"
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
    char code[3], sender[16], receiver[16], date[9], time[9], control[11], agency[3], version[13];
    uint64_t off, end_off;
    uint32_t sets;    /* counted */
    uint32_t claimed; /* GE01, 0 when there is no GE */
    uint32_t number;  /* of the group in the file, from 0 */
    bool closed;
};

/* Any callback may be NULL. Everything is borrowed for the call. What begins also ends: when the
 * file is cut off, or an end is missing, set_end, gs_end and isa_end are called all the same, the
 * latter two with `closed` false. A finding comes after the begin of what it is about and before
 * its end; bytes outside of any interchange are found between isa_end and isa_begin. seg of
 * isa_begin is NULL for an ISA with impossible delimiters, of which nothing can be read on. */
struct envelope_events {
    void (*isa_begin)(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg);
    void (*gs_begin)(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg);
    void (*set_begin)(void *ctx, const struct edi_seg *st); /* the ST itself follows as segment */
    /* After set_begin: the ST02 stood in this group before (S1-027, for check_repeated()). */
    void (*set_again)(void *ctx, const struct edi_seg *st);
    void (*segment)(void *ctx, const struct edi_seg *seg); /* ST to SE, and TA1 outside groups */
    void (*set_end)(void *ctx, uint64_t end_off);          /* behind SE's terminator */
    void (*gs_end)(void *ctx, const struct envelope_gs *gs);
    void (*isa_end)(void *ctx, const struct envelope_isa *isa);
    void (*found)(void *ctx, const struct finding *f);
};

/* What is agreed with the partner of an interchange. */
struct envelope_terms {
    const struct guide_set *guides; /* in place of those of envelope_opts; NULL: these */
    const char *versions;           /* ISA12 accepted; NULL: as in envelope_opts */
    const char *usage;              /* ISA15 must be this; NULL: P or T */
    uint64_t sets, bytes;           /* at most so many (S7-009); 0: no limit */
    /* How grave a finding of this rule about this segment is; NULL: as it is. */
    enum severity (*severity)(const void *ctx, const char *rule, const char *loop,
                              const char *segment, enum severity s);
    const void *ctx;
};

struct envelope_opts {
    int64_t now_us;       /* for S1-007; 0: dates in the future are not looked for */
    const char *versions; /* accepted ISA12, blank separated; NULL: "00401 00501". An older
                                       group can be read and is refused as such, with AK905, and
                                       a newer one in it puts the interchange at fault */
    const struct guide_set *guides; /* for GS01 and GS08; NULL: not looked at */
    bool allow_alias;               /* versions that stand for another are accepted */
    /* The terms of the interchange that begins; NULL: nothing is agreed with anybody. */
    struct envelope_terms (*agreed)(void *ctx, const struct envelope_isa *isa);
    void *agreed_ctx;
};

/* Reads s to its end. Returns the gravest of: EXIT_DONE, EXIT_FINDINGS, EXIT_UNREADABLE (no
 * interchange at all). */
int envelope_read(struct scan *s, const struct envelope_opts *o, const struct envelope_events *ev,
                  void *ctx);

#endif
