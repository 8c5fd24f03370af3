/*
 * source: the bytes of one version of a claim, as the body of a `claim` record. They come out of the
 * spool by the file's digest and the claim's place in it; of a claim that was coded from an encounter
 * there is no X12 there, and they come out of the file that it left in.
 */
#ifndef CLAIMWIRE_LEDGER_SOURCE_H
#define CLAIMWIRE_LEDGER_SOURCE_H

#include "common/ledger/life.h"

/* Appends the body. False when neither file has it. */
bool source_body(const char *run, const struct life_version *v, struct buf *out);

#endif
