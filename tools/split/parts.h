/*
 * parts: the files that an interchange is split into. Each is an interchange of its own: ISA with a
 * new number, the groups and sets that it got something of, counts and trailers.
 *
 * A part is written a buffer at a time, under a hidden name; all of them get their names at the
 * end, or none does. Memory is that of the parts that are open, not of what is in them.
 */
#ifndef CLAIMWIRE_TOOLS_SPLIT_PARTS_H
#define CLAIMWIRE_TOOLS_SPLIT_PARTS_H

#include "common/edi/envelope.h"
#include "common/edi/write.h"

struct parts_opts {
    const char *dir, *stem, *suffix; /* DIR/STEM-0001SUFFIX */
    uint32_t control;                /* ISA13 of the first part; 0: that of the interchange */
    bool json;
};

struct part {
    uint32_t key; /* number that the caller knows it by */
    uint32_t number;
    struct buf bytes; /* not yet written */
    struct edi_writer w;
    bool made, in_gs, in_st;
    uint32_t groups, sets, all_sets, claims;
    int64_t cents;
    uint64_t gs, st; /* offsets of those that it is in */
    struct buf gs06, st02;
    /* 837: where it stands in the tree */
    struct buf billing, subscriber, patient;
    uint32_t hl, hl_billing, hl_subscriber, on_patient; /* on_patient: CLM under the last level */
    bool dependents;                                    /* the last subscriber has HL04 1 */
    struct part *next;
};

struct parts;
struct parts *parts_new(const struct parts_opts *o);
/* An interchange begins: its ISA. */
void parts_isa(struct parts *p, const struct envelope_isa *isa, const struct edi_seg *seg);
/* What stands behind each terminator, for parts that are not yet made. */
void parts_newline(struct parts *p, const char *newline);
/* A group begins: its GS. */
void parts_gs(struct parts *p, const struct edi_seg *seg);
/* A set begins; what is written of it before parts_set_end() is in it. */
void parts_set(struct parts *p, const struct edi_seg *st);
/* The part with this key in the present interchange and group, made when it is new. */
struct part *parts_of(struct parts *p, uint32_t key);
/* Copies a segment as it came. */
void part_copy(struct part *q, const struct edi_seg *seg);
/* Writes what has come together, when it is much. */
void part_settle(struct parts *p, struct part *q);
/* ST has been written: the part has something of the present set. */
void part_in_set(struct parts *p, struct part *q);
/* The set is over: SE for each part that has something of it and wrote none itself. */
void parts_set_end(struct parts *p);
void parts_gs_end(struct parts *p);
/* All parts of the interchange are closed. key names one for people; borrowed. */
void parts_isa_end(struct parts *p, phi_str (*key)(void *ctx, uint32_t key), void *ctx);
/* Everything gets its name; returns how many. */
uint32_t parts_finish(struct parts *p);
void parts_free(struct parts *p);

#endif
