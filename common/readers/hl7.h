/*
 * hl7: HL7 version 2 messages in their delimited form. A message is a list of segments ended by CR
 * (LF and CRLF are taken too); MSH says the delimiters. Values are unescaped; the first thing wrong
 * with one is kept with its place, and later calls go on.
 */
#ifndef CLAIMWIRE_READERS_HL7_H
#define CLAIMWIRE_READERS_HL7_H

#include "common/readers/reader.h"
#include "common/util/buf.h"

enum { HL7_SEGMENTS = 5000 };

struct hl7 {
    char field, comp, rep, esc, sub;
    phi_str *segs; /* with their names, without ends */
    size_t n;
    struct arena *a;
    const char *rule; /* the first fault, NULL when there is none */
    char where[48];
    const char *why;
};
/* A place: field (from 1), repetition (from 0), component and subcomponent (from 1). */
struct hl7_at {
    int field, rep, comp, sub;
};

/* False, with rule and why, when the bytes are no message. */
bool hl7_parse(struct hl7 *m, phi_str unit, struct arena *a);
/* Notes a fault at field of segment seg, unless there is one: "FT1(2)-11.1". */
void hl7_fault(struct hl7 *m, const char *rule, size_t seg, struct hl7_at at, const char *why);
bool hl7_is(const struct hl7 *m, size_t seg, const char *name);
/* Index of the first segment of this name from `from` on; m->n when there is none. */
size_t hl7_find(const struct hl7 *m, const char *name, size_t from);
/* Repetitions of a field that is not empty; else 0. */
int hl7_reps(const struct hl7 *m, size_t seg, int field);
/* An unescaped value, at most max bytes long (0: READER_FIELD_MAX); "" when absent, or "" said. */
phi_str hl7_value(struct hl7 *m, size_t seg, struct hl7_at at, size_t max);
/* The usual case: first repetition. */
phi_str hl7_get(struct hl7 *m, size_t seg, int field, int comp);

/* Maps a parsed message (hl7_map.c). */
void hl7_map(struct hl7 *m, struct reader_items *out);

/* The answer to a message: AA, or AE with the place and reason of the first refusal, or AR when it
 * is no message that is taken here; now is written as MSH-7, number into MSH-10. */
enum hl7_answer { HL7_AA, HL7_AE, HL7_AR };
enum hl7_answer hl7_judge(phi_str message, struct arena *a, const char **why);
/* True when the bytes are one message, good or bad, so that there is something to keep. */
bool hl7_is_one(phi_str bytes);
void hl7_ack(phi_str message, enum hl7_answer answer, const char *why, int64_t now_us,
             uint64_t number, struct buf *out);

#endif
