/*
 * Facts: tables that rules look things up in. What a claim cannot say of itself - who is enrolled
 * where, what a payer takes, which authorizations are held, what was sent before - lies in CSV
 * files, one a table: NAME.csv, a header line with the names of the columns, then rows. docs/rules.md
 * says which tables the rules of config/rules ask, and with which columns.
 *
 * Two columns have a meaning of their own: `from` and `to` are the first and the last day on which
 * the row holds (2026-01-31 or 20260131; empty: no limit).
 *
 * A rule that asks a table that is not there is not tried at all, and `rules cover` says what it
 * waits for.
 */
#ifndef CLAIMWIRE_CODES_FACTS_H
#define CLAIMWIRE_CODES_FACTS_H

#include "common/util/buf.h"
#include "common/util/phi.h"
#include <stdint.h>

struct facts;      /* all tables */
struct fact_table; /* one of them */

/* No table yet. Never NULL. */
struct facts *facts_new(void);
/* Takes every NAME.csv of the folders in dirs (parted by colons). A table that stands in two
 * folders has the rows of both, and must have the same header. False with "FILE:LINE: what" (no
 * value of the table) in error. */
bool facts_load(struct facts *f, const char *dirs, struct buf *error);
/* The same for one table held in memory; path is for complaints. The text is copied. */
bool facts_add(struct facts *f, const char *name, const char *path, phi_str csv, struct buf *error);
void facts_free(struct facts *f);

/* The table of this name, NULL when there is none. */
struct fact_table *facts_table(const struct facts *f, phi_str name);
/* Number of the column of this name, -1 when there is none. */
int fact_column(const struct fact_table *t, phi_str name);
uint32_t fact_rows(const struct fact_table *t);
/* Borrowed from the facts; blanks around it are gone. */
phi_str fact_cell(const struct fact_table *t, uint32_t row, uint32_t column);
/* The row holds on that day; INT32_MIN is any day. */
bool fact_holds(const struct fact_table *t, uint32_t row, int32_t day);

/* Some cell of some table is this text. */
bool facts_say(const struct facts *f, phi_str s);

/* Rows by the values of some columns. Made when rules are loaded, kept with the facts: the same
 * columns give the same index. */
enum { FACT_KEYS = 8 };
struct fact_index;
const struct fact_index *fact_index_of(struct facts *f, struct fact_table *t, const uint8_t *column,
                                       uint32_t columns);
/* The first row after `after` (UINT32_MAX: from the beginning) whose columns have these values, in
 * the order of the file; UINT32_MAX when there is none (left). */
uint32_t fact_find(const struct fact_index *x, const phi_str *key, uint32_t after);

/* A day as 2026-01-31 or 20260131. */
bool fact_day(phi_str s, int32_t *day);

#endif
