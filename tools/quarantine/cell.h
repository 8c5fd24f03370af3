/*
 * cell: the store of quarantine: one row for each (id, kind, stage that refused it).
 *
 * A row is held, then marked for release by a person, then released when it was handed on and all
 * that was born from it is committed. A record that comes back after its release (its try count
 * has risen) is held again in the same row. The whole record rests sealed; rule, reason and origin
 * stand open, they carry no value.
 */
#ifndef CLAIMWIRE_TOOLS_QUARANTINE_CELL_H
#define CLAIMWIRE_TOOLS_QUARANTINE_CELL_H

#include "common/link/record.h"

enum cell_state { CELL_HELD, CELL_MARKED, CELL_RELEASED };
/* "held", "marked", "released". */
const char *cell_state_name(enum cell_state s);

struct cell;

/* One row; slices are in the arena that cell_next() was given. */
struct cell_row {
    int64_t n; /* number for people, from 1 */
    struct rec_id id;
    phi_str kind, refused_by, rule, why;
    char usage;
    uint32_t tries;
    int64_t at_us, came_us, released_us; /* of the record; kept; released (0: not) */
    struct digest file;
    uint64_t off, len;
    uint32_t seg;
    enum cell_state state;
    phi_str over, reason; /* rules that a person overrode, parted by blanks; why the last time */
};

/* dir holds quarantine.db, run_dir the keys. Dies when it cannot. */
struct cell *cell_open(const char *dir, const char *run_dir);
/* For commands: NULL when there is no store yet. */
struct cell *cell_open_existing(const char *dir, const char *run_dir);
/* Keeps a refused record, in the open transaction. 1 when that changed anything. */
int cell_keep(struct cell *c, const struct record *r, int64_t now_us);
void cell_commit(struct cell *c);
/* Marks for release; with override (why) its rule shall not hold it again. 1 done, 0 already marked or released, -1 there is no such row. Durable when it
 * returns. */
int cell_mark(struct cell *c, int64_t n, int64_t now_us, const char *override);
/* Notes that a row was handed on and is settled; in the open transaction. */
void cell_released(struct cell *c, int64_t n, int64_t now_us);
/* The row with the smallest number above `after` (state < 0: any): false when there is none. */
bool cell_next(struct cell *c, int64_t after, int state, struct arena *mem, struct cell_row *out);
/* The row that a person names: its number, or the beginning of its id (8 digits at least); 0 when
 * there is none, -1 when several begin so. */
int64_t cell_find(struct cell *c, const char *name);
/* The record as it was refused, unsealed into the arena. Dies when it does not open. */
void cell_record(struct cell *c, int64_t n, struct arena *mem, struct record *out);
int64_t cell_held(struct cell *c);
void cell_close(struct cell *c);

/* claimwire quarantine list|show|release ...; -1 when argv asks for none of them. */
int quarantine_command(int argc, char **argv);

#endif
