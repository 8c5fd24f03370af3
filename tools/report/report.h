/* Inside report: the table that every report fills, and the books that they read. */
#ifndef CLAIMWIRE_TOOLS_REPORT_H
#define CLAIMWIRE_TOOLS_REPORT_H

#include "common/ledger/report.h"
#include "common/util/arena.h"
#include "common/util/buf.h"

/* ---- tables ---- */

/* COL_NUMBER: hundredths */
enum col_kind { COL_TEXT, COL_COUNT, COL_CENTS, COL_RATE, COL_DAYS, COL_NUMBER };
struct col {
    const char *name;
    enum col_kind kind;
    int num, den; /* COL_RATE, and COL_DAYS with a den: column num * scale / column den */
    int scale;    /* 10000: hundredths of a percent; 9000: hundredths of a day of 90 */
    int rank;     /* COL_DAYS without a den: this percentile of the values, nearest rank */
    bool day;     /* COL_TEXT: YYYYMMDD, which people see as YYYY-MM-DD */
};
/* Where a part of a number comes from: the numbers of a cell's sources sum to it (of a percentile
 * they are the values themselves). */
struct source {
    int64_t event, amount;
};
struct cell {
    phi_str text;
    int64_t v;
    bool none; /* a rate of nothing */
    struct source *src;
    size_t src_n, src_cap;
};
struct row {
    struct cell *cell;
    struct row *next;
};
struct table {
    const char *name;
    const struct col *col;
    int n; /* columns */
    bool trace;
    struct row *first, *found;
    struct arena mem;
};
/* The row whose text columns are these words (as many as there are COL_TEXT), made when new. */
struct row *table_row(struct table *t, const phi_str *words);
/* A row of its own, in order of time; words as above. */
struct row *table_new(struct table *t, const phi_str *words);
/* Adds to a number, and says which event it is from; 0: none to name. */
void cell_add(struct table *t, struct row *r, int col, int64_t amount, int64_t event);
/* A value of a percentile, in hundredths of a day. */
void cell_value(struct table *t, struct row *r, int col, int64_t v, int64_t event);
/* Sorts the rows ("all" last), works out rates and percentiles. */
void table_finish(struct table *t);
enum table_form { TABLE_TEXT, TABLE_JSON, TABLE_CSV };
void table_print(struct table *t, struct ledger *l, enum table_form form);
/* What a person reads in a cell of column i, appended. */
void table_words(const struct table *t, int i, const struct cell *c, struct buf *out);
/* As pages (US Letter, lying down) into a file that only its owner reads; whole or not at all. False:
 * why stands in error. `what` is said below the title, `now` is the day that the report is of. */
bool table_pdf(struct table *t, const char *what, int64_t now, const char *path, struct buf *error);
void table_free(struct table *t);

/* ---- books ---- */

struct moved { /* a row of the journal */
    int64_t event, cents;
    enum ledger_account account;
    phi_str code;
};
/* An instant of a claim's life and the event that it is of; event 0: it has not come. */
struct moment {
    int64_t us, event;
};
struct book { /* a claim */
    struct report_claim c;
    phi_str payer; /* whose turn it is, or the first */
    struct moment came, sent, accepted, answered, paid, owned;
    struct moved *moved;
    size_t moved_n;
};
struct books {
    struct ledger *l;
    int64_t now;
    const char *contracts, *queues; /* folders */
    struct book *claim;
    size_t n;
    struct arena mem;
};
void books_load(struct books *b, struct ledger *l);
void books_free(struct books *b);
/* Cents of a claim's journal on an account. */
int64_t book_sum(const struct book *k, enum ledger_account a);
/* True when a fact of this kind is among the claim's. */
bool book_has(const struct book *k, enum state_event kind);
/* What the first payment that answered the claim denied, and its event of the first part. */
int64_t book_first_denied(struct books *b, const struct book *k);

/* Whether what a rule of ours found (its report, "277CA:A7:562:85") is what an answer then said: answer
 * "277CA", "835" ..., codes as "A7:562" or "CO-197", several parted by blanks. */
bool report_foresaw(phi_str answer, phi_str codes, const char *rule, phi_str report);

/* ---- reports ---- */

struct report_kind {
    const char *name, *what;
    const struct col *col;
    int n;
    void (*fill)(struct books *b, struct table *t);
};
extern const struct report_kind AGING[], RATES[], PAYERS[], MONEY[], DENIALS[], CONTRACT[];
enum { AGING_N = 1, RATES_N = 6, PAYERS_N = 1, MONEY_N = 3, DENIALS_N = 2, CONTRACT_N = 1 };

#endif
