/*
 * A finding: one fault in an interchange, said once.
 *
 * Where (offset, loop, segment, position, element), which rule, how grave, what to report to the
 * sender, and a sentence in the user's terms. A finding carries no value of a patient but `bad`,
 * which only the 999 writer (IK404) and `--show` may look at.
 */
#ifndef CLAIMWIRE_EDI_FINDING_H
#define CLAIMWIRE_EDI_FINDING_H

#include "common/util/buf.h"

/* How much is lost by it. */
enum severity {
    SEV_WARNING,     /* noted, nothing lost */
    SEV_EXCEPTION,   /* goes to a person, nothing rejected (an 835 that does not balance) */
    SEV_CLAIM,       /* that claim or inquiry */
    SEV_TRANSACTION, /* the whole set, ST to SE */
    SEV_GROUP,       /* the functional group */
    SEV_INTERCHANGE  /* the interchange */
};
/* "warning", "exception", "claim", "transaction", "group", "interchange". */
const char *severity_name(enum severity s);
bool severity_parse(const char *name, enum severity *out);

struct finding {
    char rule[12]; /* "S1-026" */
    uint8_t level; /* 1 to 7 */
    enum severity severity;
    char loop[12];         /* "2010AA", "" above the first loop */
    char segment[4];       /* "NM1" */
    uint32_t position;     /* of the segment from ST, which is 1; 0 outside a set */
    uint16_t element;      /* 0: the segment itself */
    uint16_t component;    /* 0: the whole element */
    uint16_t repetition;   /* 0: not a repeating element */
    uint32_t data_element; /* X12 data element number, 0 when there is none (IK402) */
    uint64_t offset;       /* byte offset in the file */
    uint32_t claim;        /* ordinal of the claim in the set from 1; 0 when above the claims */
    char report[28];       /* "TA1:022", "AK905:2", "IK502:4", "IK304:3", "IK403:7" (said with its
                              IK304:8), "277CA:A7:178", "ERA_TX_OUT" ... */
    const char *text;      /* sentence in the user's terms; static or in the checker's arena */
    phi_str bad;           /* the value at fault, borrowed; empty when there is none */
};

/* Where a claim stands in its set: positions of the HL of its provider, subscriber and patient (0:
 * none) and of its CLM; its ordinal from 1. */
struct finding_claim {
    uint32_t hl[3], position, ordinal;
};
/* True when the claim is lost by a finding of severity claim: its own, or one of a level that it
 * stands below (a billing provider's NPI is that of all its claims). */
bool finding_hits(const struct finding *f, const struct finding_claim *c);

/* Appends "element.component.repetition" as far as it goes: "3", "1.2", "2.1.3", "". */
void finding_element(struct buf *out, const struct finding *f);
/* Appends one line of JSON with keys file, offset, loop, segment, position, element, level, rule,
 * severity, report, text, and a newline. */
void finding_json(struct buf *out, const char *file, const struct finding *f);
/* Appends one line for people: file:offset, severity, rule, place, text. color: with escapes. */
void finding_text(struct buf *out, const char *file, const struct finding *f, bool color);

/* Where findings go. f and what it points to are borrowed for the call. */
struct finding_sink {
    void (*found)(void *ctx, const struct finding *f);
    void *ctx;
};

#endif
