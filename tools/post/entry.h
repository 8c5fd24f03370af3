/* entry: one post.v1 line (docs/posting.md), as `claimwire post` writes it. */
#ifndef CLAIMWIRE_POST_ENTRY_H
#define CLAIMWIRE_POST_ENTRY_H

#include "common/util/buf.h"

struct entry_line {
    const char *what;                   /* deposit, patient, refund, write-off */
    phi_str account, reference, origin; /* empty: left out */
    phi_str method, from, by, reason;
    char date[11]; /* 2026-09-05 */
    int64_t cents;
};
/* Appends the line with its newline; members that are empty are left out. */
void entry_write(struct buf *out, const struct entry_line *e);

/* What is wrong with a file: the line from 1, and a sentence. */
struct entry_fault {
    int line;
    const char *why;
};
/* Readers of bank files: append a line for each deposit; false with *f. Debits are passed over. */
bool nacha_read(phi_str file, struct buf *out, struct entry_fault *f);
bool bai2_read(phi_str file, struct buf *out, struct entry_fault *f);
/* CSV with a header line: date, amount, reference, and what else an entry has (origin, account, method,
 * from, by, reason). */
bool csv_read(phi_str file, const char *what, struct buf *out, struct entry_fault *f);

/* "2026-09-05", "20260905", "260905" or "9/5/2026" to the first form; false when it is no day. */
bool entry_date(phi_str s, char out[11]);
/* The next line of file from *at, without CR and LF; false at the end. */
bool entry_next_line(phi_str file, size_t *at, phi_str *line);
/* TRN02 and TRN03 of a TRN segment anywhere in text; false when there is none. */
bool entry_trace(phi_str text, phi_str *trace, phi_str *origin);

#endif
