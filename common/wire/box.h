/*
 * box: the files that are on their way to partners, one row each, and our copy of their bytes.
 *
 * A row is known by (partner, name): a file is put once. It waits, goes, is delivered; or is held
 * when only a person can help. What was going when a process died waits again: putting it again is
 * harmless (common/wire).
 */
#ifndef CLAIMWIRE_WIRE_BOX_H
#define CLAIMWIRE_WIRE_BOX_H

#include "common/link/record.h"

enum box_state { BOX_WAITS, BOX_GOES, BOX_DELIVERED, BOX_HELD };
/* "waits" ... */
const char *box_state_name(enum box_state s);

struct box_row {
    int64_t n; /* from 1, in order of arrival */
    enum box_state state;
    phi_str partner, name;
    struct digest file;
    int64_t bytes;
    int64_t tries;
    int64_t next_us;      /* not tried again before */
    int64_t came_us;      /* when it came here */
    int64_t delivered_us; /* 0: not yet */
    int64_t gone_us;      /* when it was sent the last time; 0: never */
    phi_str rule, why;    /* of the latest failure */
    bool told;            /* that it is delivered was acknowledged */
};

struct box;
/* Opens dir/submit.db and dir/box; makes both. */
struct box *box_open(const char *dir);
/* Read-write too, for the commands; NULL when there is none. */
struct box *box_open_existing(const char *dir);
void box_close(struct box *b);
void box_commit(struct box *b);

/* Keeps a file: 1 new, 0 known, -1 the name is taken by other bytes. */
int box_keep(struct box *b, phi_str partner, phi_str name, const struct record *r, int64_t now_us);
/* Keeps a file of which no record speaks: its row, 0 when its name is known. Once delivered it is
 * told. */
int64_t box_keep_plain(struct box *b, phi_str partner, phi_str name, const struct digest *file,
                       int64_t bytes, int64_t now_us);
/* Number of the row of (partner, name); 0: none. */
int64_t box_find(struct box *b, phi_str partner, phi_str name);
/* True when no record waits for this row. */
bool box_is_plain(struct box *b, int64_t n);
/* Row number n, or the first after it in a state (-1: any); memory is a's. */
/* The row of this name; false: none. */
bool box_named(struct box *b, phi_str partner, phi_str name, struct arena *a, struct box_row *out);
bool box_row(struct box *b, int64_t n, struct arena *a, struct box_row *out);
bool box_next(struct box *b, int64_t after, int state, struct arena *a, struct box_row *out);
/* The first delivered row after number `after` whose delivery nobody has acknowledged yet. */
bool box_untold(struct box *b, int64_t after, struct arena *a, struct box_row *out);
/* The first row that waits and is due and may go, as may_go says of its partner, its last sending and
 * how often it was tried (0 again when a person said retry). */
bool box_due(struct box *b, int64_t now_us,
             bool (*may_go)(void *ctx, phi_str partner, int64_t gone_us, int64_t tries), void *ctx,
             struct arena *a, struct box_row *out);
/* Path of our copy into out. */
void box_path(const struct box *b, const struct digest *file, struct buf *out);
/* Where what comes back for a row is put first, into out. */
void box_answer_path(const struct box *b, const struct box_row *row, struct buf *out);
/* The record as it came. */
bool box_record(struct box *b, int64_t n, struct arena *a, struct record *out);

void box_going(struct box *b, int64_t n, int64_t now_us);
void box_delivered(struct box *b, int64_t n, int64_t now_us);
/* Failed: waits until next_us, or is held. */
void box_failed(struct box *b, int64_t n, bool held, int64_t next_us, const char *rule,
                const char *why);
/* That it is delivered was acknowledged downstream; our copy of its bytes is let go. */
void box_told(struct box *b, int64_t n);
/* A held or waiting row is due at once, its tries counted from 0; false when it is neither. */
bool box_retry(struct box *b, int64_t n);

#endif
