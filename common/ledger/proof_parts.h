/* Inside the proof. */
#ifndef CLAIMWIRE_LEDGER_PROOF_PARTS_H
#define CLAIMWIRE_LEDGER_PROOF_PARTS_H

#include "common/ledger/parts.h"
#include "common/ledger/proof.h"

/* What is known of an event row, by its number. */
struct proof_event {
    uint8_t kind;   /* 0: no such event */
    bool tainted;   /* named already: as an event, or as the claim or payment it made */
    bool has_row;   /* the row that it brought is there */
    int64_t sum;    /* of its journal rows */
    int64_t pay;    /* rows PAY on claims */
    int64_t clear;  /* rows on clearing */
    int64_t parked; /* rows on unapplied and suspense */
};

/* A claim, by the row of its first version. */
struct proof_chain {
    int64_t billed, rank, at, seq, pos; /* of the version that says what is billed */
    bool any, is_void;
    int64_t patient; /* balance */
};

struct proof {
    struct ledger *l;
    const char *run;
    struct proof_result *out;
    int64_t last; /* greatest number of an event */
    struct proof_event *ev;
    struct proof_chain *chain;
};

/* The result with this id. */
struct proof_result *proof_of(struct proof *p, const char *id);
/* Counts a fault under id; the first one's text is kept. Taints the rows given (0: none). */
void proof_broken(struct proof *p, const char *id, int64_t a, int64_t b, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
bool proof_tainted(const struct proof *p, int64_t no);
/* "event 23 (remit, bytes 120 to 340 of file 1a2b3c...)": where a person can look. */
const char *proof_place(struct proof *p, int64_t event, char out[160]);
/* The event with this number, NULL when there is none. */
struct proof_event *proof_event(const struct proof *p, int64_t no);

void proof_events(struct proof *p);  /* loads; 11 */
void proof_journal(struct proof *p); /* 15, 4 */
void proof_rows(struct proof *p);    /* 6, 7, 5, 1, 2 */
void proof_claims(struct proof *p);  /* 14, 3, 13, 8, 9 */
void proof_sealed(struct proof *p);  /* sealed */
void proof_replay(struct proof *p);  /* 12, rows */
/* The journal of what was posted backwards against that of the books, event by event: 4. as: number of
 * an event there by its number here. */
void proof_journal_again(struct proof *p, struct ledger *to, const int64_t *as);
/* What each event came from is kept, sealed, and the event as it was written: 4, 11. */
void proof_sources(struct proof *p);
/* What replay would check is not checked. */
void proof_no_replay(struct proof *p, const char *why);
void proof_files(struct proof *p); /* arrived, originals, files, once */

#endif
