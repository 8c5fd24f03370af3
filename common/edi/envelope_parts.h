/*
 * Inside of envelope: the reader (envelope.c) and the rules it holds ISA and GS against
 * (envelope_isa.c, envelope_gs.c).
 */
#ifndef CLAIMWIRE_EDI_ENVELOPE_PARTS_H
#define CLAIMWIRE_EDI_ENVELOPE_PARTS_H

#include "common/edi/envelope.h"

/* Numbers seen in an interchange; 0 is an empty place, so numbers are stored plus one. */
struct number_set {
    uint64_t *place;
    size_t n, cap;
};

struct envelope_reader {
    struct scan *s;
    const struct envelope_opts *o;
    const struct envelope_events *ev;
    void *ctx;
    struct envelope_isa isa;
    struct envelope_terms t; /* of the interchange */
    uint64_t sets;           /* of it */
    struct envelope_gs gs;
    bool in_isa, in_gs, in_set;
    bool had_gs;                /* a group began in this interchange */
    bool stray;                 /* the segment before stood outside of everything too */
    bool isa_release;           /* that ISA12 is older than a group was said */
    bool isa_strays, gs_strays; /* counts that do not agree follow from these */
    uint32_t isas, groups;      /* begun in the file */
    uint64_t end_off;           /* behind the latest segment */
    struct number_set gs06;     /* of the interchange */
    struct number_set st02;     /* of the group, as keys */
    struct buf text;            /* of a finding that is not a fixed sentence */
    int rc;
};

/* What a finding says, but for where. */
struct envelope_fault {
    const char *rule, *report, *text;
    enum severity severity;
    uint16_t element;
    uint32_t data_element;
    const char *missing; /* id of a segment that never came; NULL */
};

/* Hands a finding on. seg may be NULL: then it is about the place `off`. */
void envelope_found(struct envelope_reader *r, const struct edi_seg *seg, uint64_t off,
                    const struct envelope_fault *f);
/* Copies v without blanks behind it, cut to size. */
void envelope_copy(char *to, size_t size, phi_str v);
#define ENVELOPE_COPY(field, v) envelope_copy(field, sizeof(field), v)
/* Adds a number to a set; false when it was there already. */
bool envelope_number_add(struct number_set *s, uint64_t v);
/* Empties a set. */
void envelope_numbers_clear(struct number_set *s);
/* True when v is 1 to max digits, its value in *out. */
bool envelope_number(phi_str v, size_t max, uint64_t *out);

void envelope_check_isa(struct envelope_reader *r, const struct edi_seg *seg);
/* An ISA12 that is accepted for old groups only, when a newer one comes. */
void envelope_check_release(struct envelope_reader *r, const struct edi_seg *gs);
void envelope_check_gs(struct envelope_reader *r, const struct edi_seg *seg);
/* A TA1 against its guide (envelope_ta1.c). What is wrong with it is told as a fault of the
 * interchange, of its content (024): nobody acknowledges an acknowledgment with more than that. */
void envelope_check_ta1(struct envelope_reader *r, const struct edi_seg *seg);
/* IEA and GE against what was counted. */
void envelope_check_iea(struct envelope_reader *r, const struct edi_seg *seg);
void envelope_check_ge(struct envelope_reader *r, const struct edi_seg *seg);

#endif
