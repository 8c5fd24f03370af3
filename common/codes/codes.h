/*
 * Code tables by date: one memory-mapped file that all processes share.
 *
 * A table file holds any number of code systems ("icd10cm", "hcpcs", "mue", ...). A row is a code
 * (and, in systems of pairs such as NCCI PTP, a second code) with the days on which it is valid,
 * flags, a value and a title. Several versions stand side by side as rows of the same code with
 * different days; a lookup names the day: the date of service.
 *
 * The file is opened by mapping it and comparing all of it: magic, version, byte order, length, the
 * digest of the directory, a sum over everything behind it (90 MB in some 12 ms; `codeset check`
 * compares a digest of the same bytes as well). A file that is damaged or half-written is refused;
 * the compiler replaces a file by rename, so the old one stays until the new one is whole.
 */
#ifndef CLAIMWIRE_CODES_CODES_H
#define CLAIMWIRE_CODES_CODES_H

#include "common/util/buf.h"
#include "common/util/date.h"

enum { CODE_LEN = 16, SYSTEM_LEN = 24, CODES_VERSION = 3 };
/* Days of a row without an end. */
static const int32_t CODES_NO_END = INT32_MAX;

enum code_flag {
    CODE_BILLABLE = 1 << 0,  /* a leaf that may stand on a claim */
    CODE_MODIFIER = 1 << 1,  /* a modifier, not a procedure */
    CODE_ENDS = 1 << 2,      /* only while building: an addenda line that ends the code */
    CODE_INDICATOR = 15 << 8 /* NCCI modifier indicator 0, 1 or 9; MUE adjudication 1 to 3 */
};
static inline unsigned code_indicator(uint16_t flags)
{
    return (flags & CODE_INDICATOR) >> 8;
}

/* A row as the file has it: 52 bytes, zero-padded codes. Borrowed from the map. */
struct code_row {
    char code[CODE_LEN], pair[CODE_LEN];
    int32_t from, to; /* first and last day, days since 1970-01-01 */
    uint32_t title;   /* offset in the strings */
    uint16_t flags;   /* enum code_flag */
    uint16_t title_len;
    uint32_t value; /* units of MUE, order number ... */
};

struct codes;
/* Maps a table file. NULL with a message in error when it is missing, damaged or of another
 * version. */
struct codes *codes_open(const char *path, struct buf *error);
void codes_close(struct codes *c);

struct code_system {
    const char *name;
    const struct code_row *rows; /* sorted by code, pair, from */
    uint32_t n;
};
/* The system of that name; false when the file has none. */
bool codes_system(const struct codes *c, const char *name, struct code_system *out);
/* System number i, for listings; false behind the last. */
bool codes_system_at(const struct codes *c, uint32_t i, struct code_system *out);
/* The row of code (and pair; empty for none) valid on day; NULL when there is none. A hash lookup,
 * well under a microsecond. */
const struct code_row *codes_find(const struct codes *c, const char *system, phi_str code,
                                  phi_str pair, int32_t day);
/* True when the code is known on any day (to tell "unknown" from "not on that date"). */
bool codes_known(const struct codes *c, const char *system, phi_str code);
/* Title of a row; borrowed from the map. */
phi_str codes_title(const struct codes *c, const struct code_row *r);
/* Bytes that stand in the file beside the rows (an index made when it was compiled), by the name
 * they were given; empty when there are none. Borrowed from the map, aligned to 8. */
phi_str codes_blob(const struct codes *c, const char *name);
/* Reads every byte and compares the digest; false when the rows were altered since it was opened, or
 * so that the sum is the same. */
bool codes_verify(const struct codes *c);

/* Making a table file. */
struct codes_build;
struct codes_build *codes_build_new(void);
/* Adds a row; false when a code is longer than CODE_LEN, holds other than printable ASCII, or from
 * is after to. */
bool codes_build_add(struct codes_build *b, const char *system, phi_str code, phi_str pair,
                     int32_t from, int32_t to, uint16_t flags, uint32_t value, phi_str title);
/* Bytes to stand in the file beside the rows; at most 4. Copied. */
void codes_build_blob(struct codes_build *b, const char *name, phi_str bytes);
/* Sorts, joins what continues (same code and meaning in adjoining days), and replaces path by
 * rename. EXIT_DONE, or with a message in error EXIT_CONFIG (rows of one code contradict each other on
 * a day; the code is named) or EXIT_TRY_LATER (no room, or it may not be written). */
int codes_build_write(struct codes_build *b, const char *path, struct buf *error);
void codes_build_free(struct codes_build *b);

/* An NPI: ten digits, the last of them the ISO Luhn digit of 80840 and the nine before it
 * (45 CFR 162.406); the first is 1 or 2. */
bool npi_good(phi_str v);

#endif
