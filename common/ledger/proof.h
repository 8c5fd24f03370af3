/*
 * proof: the invariants of DOMAIN.md C.8, checked against the rows of a ledger and the files of a
 * run. Read-only. A row that broke one invariant is not named again by those that follow from it:
 * one fault, one finding.
 */
#ifndef CLAIMWIRE_LEDGER_PROOF_H
#define CLAIMWIRE_LEDGER_PROOF_H

#include "common/ledger/ledger.h"

enum proof_verdict {
    PROOF_HOLDS,
    PROOF_BROKEN,
    PROOF_NOT_APPLICABLE, /* why: in example */
    PROOF_NOT_CHECKED     /* why: in example */
};

struct proof_result {
    const char *id;    /* "1" to "15", "arrived", "originals", "files", "once", "sealed", "rows" */
    const char *title; /* one sentence */
    enum proof_verdict verdict;
    int64_t checked;   /* how many rows or files were looked at */
    int64_t broken;    /* how many do not hold */
    char example[400]; /* the first, which is the smallest: row, file, byte range; no value */
};

enum { PROOFS = 21 };
/* Checks everything. out has PROOFS entries, in the order in which they are reported. replay: also
 * post everything again in another order (12); takes as long as posting it did. */
void proof_run(struct ledger *l, const char *run_dir, bool replay, struct proof_result out[PROOFS]);

#endif
