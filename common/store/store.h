/*
 * store: a keeper's durable state. SQLite in WAL mode with synchronous=FULL and one writer, behind
 * an interface that PostgreSQL can stand behind as well. A store carries a schema version and
 * moves forward by migrations; a newer one than this program knows is refused (EXIT_CONFIG).
 *
 * Statements are prepared once and kept. Faults of the disk end the tool with EXIT_TRY_LATER after
 * saying which statement failed: nothing uncommitted has been acknowledged, so nothing is lost.
 * Values are never part of such a message.
 */
#ifndef CLAIMWIRE_STORE_STORE_H
#define CLAIMWIRE_STORE_STORE_H

#include "common/util/buf.h"
#include "common/util/id.h"

struct store;
struct stmt;

/* Migration number i (from 0) takes the schema from version i to i + 1. */
struct store_schema {
    const char *name;              /* "ledger" */
    const char *const *migrations; /* SQL scripts, NULL ends */
    int page_size;                 /* of a store that is made now; 0: SQLite's 4,096 bytes */
};

/* Opens or creates path (0600), applies missing migrations in one transaction each. Dies with
 * EXIT_CONFIG on a newer schema or a file that is no store, EXIT_TRY_LATER when it is locked. */
struct store *store_open(const char *path, const struct store_schema *schema);
/* Read-only, for reports and prove while the keeper runs; NULL when there is no such file. A schema
 * without migrations is any version: who reads the store of another tool asks for columns that it has
 * always had. */
struct store *store_open_ro(const char *path, const struct store_schema *schema);
/* Begins a transaction unless one is open. */
void store_begin(struct store *s);
/* Begins a transaction that only reads, unless one is open: everything read until the next
 * store_rollback() is of one instant, while others write. */
void store_begin_read(struct store *s);
/* Commits the open transaction, if any; durable when it returns. */
void store_commit(struct store *s);
/* Undoes the open transaction, if any. */
void store_rollback(struct store *s);
/* A consistent copy to path, while others write. 0, or -1 with a message in error. */
int store_copy(struct store *s, const char *path, struct buf *error);
void store_close(struct store *s);

/* The statement for sql, prepared at first use and kept with the store; reset and unbound.
 * sql must be a string literal (its address is the key). */
struct stmt *store_sql(struct store *s, const char *sql);
/* Parameters are numbered from 1; bytes are borrowed until the next reset. */
void stmt_int(struct stmt *q, int i, int64_t v);
void stmt_text(struct stmt *q, int i, phi_str v);
void stmt_blob(struct stmt *q, int i, const void *p, size_t n);
void stmt_id(struct stmt *q, int i, struct rec_id id);
void stmt_null(struct stmt *q, int i);
/* Next row: true when there is one. */
bool stmt_step(struct stmt *q);
/* Runs to the end; returns the number of rows changed. A repeat that a unique id turned away
 * (INSERT OR IGNORE) counts 0. */
int stmt_run(struct stmt *q);
/* Columns are numbered from 0; slices are borrowed until the next step. */
int64_t stmt_col_int(struct stmt *q, int c);
phi_str stmt_col_bytes(struct stmt *q, int c);
struct rec_id stmt_col_id(struct stmt *q, int c);
bool stmt_col_null(struct stmt *q, int c);
/* The row id that the latest INSERT gave. */
int64_t store_last_id(const struct store *s);
/* One integer of one row; fallback when there is no row. */
int64_t store_int(struct store *s, const char *sql, int64_t fallback);

#endif
