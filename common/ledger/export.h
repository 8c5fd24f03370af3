/*
 * export: what the ledger knows, as tables that rules ask (docs/rules.md): ledger.csv, lines.csv,
 * history.csv, posted.csv and sent.csv in a folder. They name members and what was done to them: the
 * folder is for its owner alone (0700, files 0600), and goes away with whoever made it.
 */
#ifndef CLAIMWIRE_LEDGER_EXPORT_H
#define CLAIMWIRE_LEDGER_EXPORT_H

#include "common/ledger/ledger.h"

/* Writes all tables to dir, which is made when it is not there; each replaces the one before as a
 * whole. l NULL: tables without rows. False with a reason in error. */
bool ledger_export(struct ledger *l, const char *dir, struct buf *error);

#endif
