/*
 * outgoing: files that leave for partners and are no claims: inquiries about coverage (270) and about
 * claims (276), requests for review (278), documents (275). A tool keeps each in a table of its own
 * store, with the rows that it is made of, and writes it to RUN/TOOL/out/PAYER-NUMBER.EXT from there; a
 * death in between writes the same bytes under the same name later. `submit` finds them there.
 *
 * Each kind has a range of control numbers (ISA13, GS06) of its own, apart from those of claims
 * (build837 counts from 1), so that what is answered to it (TA1, 999) is never taken for an answer
 * to claims.
 */
#ifndef CLAIMWIRE_OUTGOING_OUTGOING_H
#define CLAIMWIRE_OUTGOING_OUTGOING_H

#include "common/edi/write.h"
#include "common/office/office.h"
#include "common/store/seal.h"
#include "common/store/store.h"

/* The first numbers; each range is a hundred million wide. */
enum outgoing_range {
    OUTGOING_270 = 200000000,
    OUTGOING_276 = 300000000,
    OUTGOING_278 = 400000000,
    OUTGOING_275 = 500000000,
    OUTGOING_END = 600000000
};
/* True for a control number, as text, of one of these files. */
bool outgoing_owns(phi_str control);

/* For the tool's migrations. */
#define OUTGOING_TABLE                                                                             \
    "CREATE TABLE file(n INTEGER PRIMARY KEY AUTOINCREMENT, payer TEXT NOT NULL DEFAULT '',"       \
    "  body BLOB, done INTEGER NOT NULL DEFAULT 0);"

/* A new file in the open transaction: its number, from 1. */
int64_t outgoing_new(struct store *db);
/* Its control number; dies with EXIT_CONFIG when the range is used up. */
uint32_t outgoing_control(enum outgoing_range range, int64_t file);
/* What it holds and to whom it goes, in the open transaction. */
void outgoing_keep(struct store *db, struct seal_keys *keys, int64_t file, phi_str payer,
                   phi_str body);
/* PAYER-NUMBER.EXT in place of what b holds. */
void outgoing_file_name(struct buf *b, phi_str payer, int64_t file, const char *ext);
struct outgoing_to {
    const char *dir, *ext; /* ext: "270" */
    const char *point;     /* kill point behind each write */
    void (*say)(void *ctx, const char *name);
    void *ctx;
};
/* Writes what was kept (and committed) and is not there yet. Returns how many. */
int outgoing_write(struct store *db, struct seal_keys *keys, const struct outgoing_to *to);

/* Sender and receiver as in a file of claims that went out (RUN/build837/out/NAME), so that the payer
 * knows whose claim is meant; o is left as it is when there is no such file. */
void outgoing_as_sent(struct office *o, const char *run, phi_str name, struct arena *a);
/* ISA and GS from the office, GE and IEA. code: GS01. */
void outgoing_begin(struct edi_writer *w, const struct office *o, const char *code,
                    const char *version, char usage, int64_t at_us, uint32_t control);
void outgoing_end(struct edi_writer *w, int sets, uint32_t control);
/* HL with the next number of *hl; parent 0: none; child "" leaves HL04 out. */
void outgoing_hl(struct edi_writer *w, int *hl, int parent, const char *code, const char *child);
/* NM1: type "1" or "2"; kind and id are left out together. */
void outgoing_name(struct edi_writer *w, const char *who, const char *type, phi_str last,
                   phi_str first, const char *kind, phi_str id);
/* DTP: D8, or RD8 when `to` is another day. Both CCYYMMDD; nothing when `from` is empty. */
void outgoing_dtp(struct edi_writer *w, const char *code, phi_str from, phi_str to);
/* A segment of one qualifier and one value; nothing when that is empty. */
void outgoing_pair(struct edi_writer *w, const char *id, const char *qualifier, phi_str v);
/* SE with the count since ST. */
void outgoing_se(struct edi_writer *w, int set);

#endif
