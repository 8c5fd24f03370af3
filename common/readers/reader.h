/*
 * reader: encounters in the forms that practice systems send, read into enc.v1 lines (docs/readers.md
 * has the mapping), and what banks send, read into post.v1 entries (bank.h). A reader is a pure function of the bytes: the same bytes give the same items in
 * the same order. Nothing is guessed: what a sender did not say is null, what he said and cannot be
 * mapped refuses the whole encounter, with the place and the reason, never a value.
 *
 * To add a form: an entry in READERS (reader.c) with its tell() and its read().
 */
#ifndef CLAIMWIRE_READERS_READER_H
#define CLAIMWIRE_READERS_READER_H

#include "common/util/arena.h"
#include <stdint.h>

enum {
    READER_UNIT_MAX = 16 << 20, /* bytes of a message, bundle, document or table */
    READER_FIELD_MAX = 1000,    /* bytes of any value but a note */
    READER_NOTE_MAX = 1 << 20,  /* bytes of a note */
    READER_DEPTH_MAX = 64       /* nesting of JSON and XML */
};

enum reader_form { READER_NONE, READER_HL7, READER_FHIR, READER_CCDA, READER_CSV, READER_BANK };

/* One encounter or entry, or one refusal. */
struct reader_item {
    phi_str json;     /* enc.v1 (of READER_BANK: post.v1) without a line end; empty when refused */
    const char *rule; /* "HL7_FIELD" ...; NULL when it stands */
    const char *why;  /* "FT1(2)-11: is no amount of money" */
    bool test;        /* the sender marked it as a test */
    phi_str part;     /* of the unit, that it was made of, when that is not all of it */
};
struct reader_items { /* in the arena */
    struct reader_item *v;
    size_t n, cap;
};
/* A part of a file that is read by itself. */
struct reader_unit {
    uint64_t off, len;
    phi_str key;       /* who sent it and its number, "" when it has none; in the arena */
    uint64_t body_off; /* from here on it is compared with what came before under this key */
    const char *rule;  /* of the envelope of a batch, not of a unit: refused, with why */
    const char *why;
};
struct reader_units {
    struct reader_unit *v;
    size_t n, cap;
};

/* The form of a file by its first bytes (up to 64 KB); READER_NONE: none of these. */
enum reader_form reader_tell(phi_str head);
/* By name ("hl7", "fhir", "ccda", "csv", "bank"); READER_NONE when there is no such form. */
enum reader_form reader_by_name(const char *name);
/* Cuts a whole file into units, in order. */
void reader_cut(enum reader_form form, phi_str file, struct arena *a, struct reader_units *out);
/* Reads one unit. At least one item comes of it, but of a bank's file without any deposit. */
void reader_read(enum reader_form form, phi_str unit, struct arena *a, struct reader_items *out);

/* ---- for the readers ---- */

void reader_give(struct reader_items *out, struct arena *a, phi_str json, bool test);
void reader_refuse(struct reader_items *out, struct arena *a, const char *rule, const char *fmt,
                   ...) __attribute__((format(printf, 4, 5)));
struct reader_unit *reader_unit_add(struct reader_units *out, struct arena *a);
/* NULL when the bytes are UTF-8 text, else what they are instead. */
const char *reader_not_text(phi_str s);

void hl7_cut(phi_str file, struct arena *a, struct reader_units *out);
void hl7_read(phi_str unit, struct arena *a, struct reader_items *out);
void fhir_read(phi_str unit, struct arena *a, struct reader_items *out);
void ccda_read(phi_str unit, struct arena *a, struct reader_items *out);
bool csv_tell(phi_str head);
void csv_read(phi_str unit, struct arena *a, struct reader_items *out);
bool bank_tell(phi_str head);
void bank_read(phi_str unit, struct arena *a, struct reader_items *out);

#endif
