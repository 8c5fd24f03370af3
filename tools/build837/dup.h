/*
 * dup: services that went into a file before. The same patient, provider, payer, days, procedures and
 * amounts again, under whatever account, wait for a person (DUP_HOLD) before anything is sent: a payer
 * would deny them (CARC 18), or pay twice and take it back.
 *
 * Claims of two submitters are two, however alike. No duplicate is a replacement or void (CLM05-3), a claim for another payer, the same record again,
 * a claim whose predecessor was rejected or voided (the ledger says so, where the run has one), and
 * what a person has released.
 */
#ifndef CLAIMWIRE_BUILD837_DUP_H
#define CLAIMWIRE_BUILD837_DUP_H

#include "common/edi/claim.h"
#include "common/link/record.h"
#include "common/store/seal.h"
#include "common/store/store.h"

/* The tables, as migrations of the outbox. */
#define DUP_TABLE                                                                                  \
    "CREATE TABLE service (service INTEGER PRIMARY KEY, id BLOB NOT NULL, account TEXT NOT NULL)"  \
    " STRICT;"
/* What came lately, in the order in which it came: a keyed hash is as good as random, and a row at its
 * place in the large table would write a page for nearly every claim of every commit. When there are
 * many they go to their places together. */
#define DUP_LATE                                                                                   \
    "CREATE TABLE service_late (row INTEGER PRIMARY KEY, service INTEGER NOT NULL,"                \
    " id BLOB NOT NULL, account TEXT NOT NULL) STRICT;"

struct dup;

/* db is borrowed, the keys as well. */
struct dup *dup_new(struct store *db, struct seal_keys *keys);
void dup_free(struct dup *d);

/* Notes the service of a claim in the open transaction, or, when it is known from another record, says
 * so: true, the claim is to be held. run: run directory, whose ledger is asked; NULL: none. */
bool dup_holds(struct dup *d, const char *run, const struct record *r, const struct claim *c);

#endif
