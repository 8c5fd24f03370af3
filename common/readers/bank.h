/*
 * bank: what banks and offices list, read into post.v1 entries (docs/posting.md): NACHA files (CCD+
 * and CTX), BAI2, CSV. Pure functions of the bytes; a file that is wrong anywhere gives nothing.
 *
 *   NACHA  each credit entry; its trace from the addenda. CTX: an 820 or 835 over many addenda. Counts
 *          and totals of batches and of the file must be those of what stands in them
 *   BAI2   each credit of a transaction record (16), its trace from its text (88); the number of
 *          records must be that of the trailer (99)
 *   CSV    a header line that names date, amount (or credit) and reference (or description: the trace
 *          is looked for in it); origin, account, method, from, by, reason when there are; what, when
 *          the rows are not all deposits
 */
#ifndef CLAIMWIRE_READERS_BANK_H
#define CLAIMWIRE_READERS_BANK_H

#include "common/readers/reader.h"
#include "common/util/arena.h"
#include "common/util/buf.h"

struct entry_line {
    phi_str what;                       /* deposit, patient, refund, write-off */
    phi_str account, reference, origin; /* empty: left out */
    phi_str method, from, by, reason;
    char date[11]; /* 2026-09-05 */
    int64_t cents;
};
/* Appends the entry as a JSON object without a line end; members that are empty are left out. */
void entry_write(struct buf *out, const struct entry_line *e);

/* What is wrong with a file: the line from 1 (0: the whole of it), and a sentence. */
struct bank_fault {
    int line;
    const char *why;
};
/* Where entries go. The line holds until the call returns; part are its bytes in the file. */
struct bank_sink {
    void (*give)(void *ctx, const struct entry_line *e, phi_str part);
    void *ctx;
};
/* Deposits of a file in any of the three forms, told by its first bytes; false with *f, and what was
 * given until then counts for nothing. Debits and entries without money are passed over. */
bool bank_deposits(phi_str file, const struct bank_sink *to, struct bank_fault *f);
/* Entries of a CSV. what: of rows that do not say; NULL: then the column `what` must be there when
 * there is a column `account`, and deposits are meant when there is none. */
bool bank_csv(phi_str file, const char *what, const struct bank_sink *to, struct bank_fault *f);

/* ---- rows of a CSV, for other lists that an office keeps ---- */

enum { BANK_COLUMNS = 64 };
struct bank_row {
    phi_str cell[BANK_COLUMNS];
    int n;
};
/* Cells are the arena's; quotes may enclose one, two of them in it stand for one. */
void bank_split(phi_str line, struct arena *a, struct bank_row *r);
/* The cell under the column of this name (of any case); empty: there is none. */
phi_str bank_named(const struct bank_row *head, const struct bank_row *r, const char *name);
/* "1,234.50", "$25.00", "(20.00)": what people write; false when it is no amount. */
bool bank_amount(phi_str s, int64_t *cents);

/* ---- for its parts ---- */

bool bank_wrong(struct bank_fault *f, int line, const char *why);
bool bank_is_nacha(phi_str head);
bool bank_is_bai2(phi_str head);
/* True when the first line names the columns of a list of money. */
bool bank_is_csv(phi_str head);
bool bank_nacha(phi_str file, const struct bank_sink *to, struct bank_fault *f);
bool bank_bai2(phi_str file, const struct bank_sink *to, struct bank_fault *f);
/* "2026-09-05", "20260905", "260905" or "9/5/2026" to the first form; false when it is no day. */
bool entry_date(phi_str s, char out[11]);
/* The next line of file from *at, without CR, LF and blanks at its end; false at the end. */
bool entry_next_line(phi_str file, size_t *at, phi_str *line);
/* TRN02 and TRN03 of a TRN segment anywhere in text, whatever its delimiters; false when there is
 * none. */
bool entry_trace(phi_str text, phi_str *trace, phi_str *origin);
/* All digits; false when one is none, when there is none, or too many. */
bool entry_digits(phi_str s, int64_t *v);

#endif
